//! The manuals.

use cordboard_app::{Argument, Manual, Menu, Param, Takes};

pub(crate) static LOGIN: Manual = Manual {
    verb: "hotdesk_login",
    summary: "asks who somebody is, by the number and the PIN of the mailbox, and makes the phone theirs until they log out: \
              their calls ring there, and what is dialled there they have dialled",
    params: &[Param {
        name: "number",
        takes: Argument::One(Takes::AnyText),
        help: "whose; it is asked for where none is given",
    }],
    required: 0,
    outcome: "true if somebody is logged in now",
    menus: &[Menu { name: "at the questions", keys: &[("digits", "number or PIN"), ("#", "ends it")] }],
    example: "ch.hotdesk_login(\"102\")",
};

pub(crate) static LOGOUT: Manual = Manual {
    verb: "hotdesk_logout",
    summary: "whoever has logged in at the phone that calls is logged out: it is its own user's again",
    params: &[],
    required: 0,
    outcome: "true; false if that could not be written",
    menus: &[],
    example: "ch.hotdesk_logout()",
};
