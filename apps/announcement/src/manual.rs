//! What the verb takes, and the keys.

use cordboard_app::{Argument, Manual, Menu, Param, Takes};

/// `ch.announcement`.
pub(crate) static MANUAL: Manual = Manual {
    verb: "announcement",
    summary: "records one of the office's announcements anew, by its number in etc/announcements.toml",
    params: &[Param { name: "number", takes: Argument::One(Takes::AnyText), help: "Which." }],
    required: 1,
    outcome: "#{ status }; status: saved, original (it was put back), unchanged, denied (no right, three wrong PINs), nothing (no \
              such number), failed",
    menus: &[
        Menu {
            name: "at first",
            keys: &[
                ("1", "records it, after the tone; # ends that"),
                ("2", "hears it as callers do"),
                ("3", "has the original played again"),
                ("#", "leaves"),
            ],
        },
        Menu {
            name: "after it was recorded",
            keys: &[("1", "accepts it"), ("2", "hears it"), ("3", "records it again"), ("*", "gives it up")],
        },
    ],
    example: "ch.announcement(\"1\")",
};

/// Every prompt that the program plays.
pub(crate) const PROMPTS: [&str; 16] = [
    "announcement-menu",
    "auth-incorrect",
    "auth-locked",
    "call-not-allowed",
    "dictate/nothing",
    "dictate/truncating_audio",
    "enter-password",
    "goodbye",
    "record-failed",
    "record-none",
    "record-prompt",
    "record-saved",
    "record-unchanged",
    "vm-review",
    "vm-sorry",
    "vm-tooshort",
];
