//! What the verb takes, and the keys.

use cordboard_app::{Argument, Manual, Menu, Param, Takes};

/// `ch.spy`.
pub(crate) static MANUAL: Manual = Manual {
    verb: "spy",
    summary: "listens to a user's talk, whispers to that user, or joins in",
    params: &[
        Param {
            name: "whom",
            takes: Argument::One(Takes::Destinations),
            help: "The user whose talk it is, or several: the first one who talks, then the next by `*`.",
        },
        Param {
            name: "way",
            takes: Argument::One(Takes::Word(&["listen", "whisper", "barge"])),
            help: "How it begins: heard by nobody, by that user, by both; default: listen.",
        },
    ],
    required: 1,
    outcome: "#{ status, secs }; status: over (the talk is), denied (the caller may not: `may_spy` in users.toml), nocall, \
              failed, hungup",
    menus: &[Menu {
        name: "while listening",
        keys: &[
            ("4", "only listens"),
            ("5", "whispers to the user"),
            ("6", "joins in"),
            ("#", "hears louder, by turns"),
            ("*", "goes on to the next user who talks; hanging up ends it"),
        ],
    }],
    example: "ch.spy(user(\"102\"), \"whisper\")",
};
