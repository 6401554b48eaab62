//! What the verb takes.

use cordboard_app::{Argument, Manual, Menu, Param, Takes};

/// `ch.disa`.
pub(crate) static DISA: Manual = Manual {
    verb: "disa",
    summary: "lets who knows a PIN dial as if inside; the lines and their PINs are in etc/disa.toml",
    params: &[Param { name: "line", takes: Argument::One(Takes::Text), help: "Which line." }],
    required: 1,
    outcome: "#{ status }; status: denied (wrong PINs), locked, unknown (no such line), nothing (no number was dialled), hungup; \
              who dials a number does not come back",
    menus: &[
        Menu { name: "at the question", keys: &[("0-9", "the PIN"), ("#", "its end")] },
        Menu { name: "at the dial tone", keys: &[("0-9 *", "the number"), ("#", "its end; so is a pause")] },
    ],
    example: "ch.disa(\"main\")",
};
