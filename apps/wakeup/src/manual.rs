//! What the verbs take.

use cordboard_app::{Argument, Manual, Menu, Param, Schema, Takes, option};

/// `ch.wakeup`.
pub(crate) static WAKEUP: Manual = Manual {
    verb: "wakeup",
    summary: "the menu in which wake-up calls are set, heard and cancelled",
    params: &[Param {
        name: "options",
        takes: Argument::Options(&Schema {
            keys: &[
                option(
                    "for",
                    Takes::AnyText,
                    "The user to be woken, for those whom etc/wakeup.toml names as operators; default: the caller.",
                ),
                option(
                    "clock",
                    Takes::Integer(12, 24),
                    "12: for hours from 1 to 12 it is asked whether A M or P M is meant; 24: never; default: 12 in English.",
                ),
            ],
        }),
        help: "Whom, and how times are typed.",
    }],
    required: 0,
    outcome: "#{ status, set, cancelled }; status: done, refused, unknown, hungup; set and cancelled: how many",
    menus: &[
        Menu {
            name: "at the beginning",
            keys: &[("1", "set one"), ("2", "hear what is set"), ("3", "cancel"), ("#", "leave")],
        },
        Menu { name: "at the time", keys: &[("0-9", "hour and minute: 0630, or 630 and #"), ("*", "back")] },
        Menu {
            name: "how often",
            keys: &[
                ("1", "every day"),
                ("2", "once; so does no key"),
                ("3", "from Monday to Friday"),
                ("*", "back"),
            ],
        },
        Menu { name: "which to cancel, if there are several", keys: &[("1-9", "that one"), ("*", "back")] },
    ],
    example: "ch.wakeup()",
};

/// What runs on the phone that is called.
pub(crate) static WAKEUP_CALL: Manual = Manual {
    verb: "wakeup_call",
    summary: "wakes: what runs on the phone that is called",
    params: &[Param {
        name: "number",
        takes: Argument::One(Takes::Integer(0, i64::MAX)),
        help: "Which wake-up call.",
    }],
    required: 1,
    outcome: "nothing",
    menus: &[Menu {
        name: "while it is said",
        keys: &[("1", "again in ten minutes"), ("2 #", "I am awake; so does hanging up")],
    }],
    example: "ch.wakeup_call(1)",
};
