//! What the verbs take, and the keys.

use cordboard_app::{Argument, Manual, Menu, Param, Takes};

const NUMBER: Param = Param {
    name: "number",
    takes: Argument::One(Takes::AnyText),
    help: "the dictation's number, digits; without it, or \"\", it is asked for",
};

/// `ch.dictate`.
pub(crate) static DICTATE: Manual = Manual {
    verb: "dictate",
    summary: "a dictation machine: what is spoken is kept by a number, heard again, and gone on with at any time",
    params: &[NUMBER],
    required: 0,
    outcome: "#{ status }; status: over, full (of dictations), denied (the caller is no user), failed, hungup",
    menus: &[
        Menu {
            name: "while hearing",
            keys: &[
                ("*", "plays, or pauses"),
                ("1", "changes to recording"),
                ("7", "goes back"),
                ("8", "goes forward"),
                ("0", "says the keys"),
                ("#", "another dictation; without a number: ends"),
            ],
        },
        Menu {
            name: "while recording",
            keys: &[
                ("*", "records behind what there is, or pauses"),
                ("1", "changes to hearing"),
                ("8", "erases all of it"),
                ("0", "says the keys"),
                ("#", "another dictation; without a number: ends"),
            ],
        },
    ],
    example: "ch.dictate();",
};

/// `ch.dictation_send`.
pub(crate) static SEND: Manual = Manual {
    verb: "dictation_send",
    summary: "mails a dictation to who has spoken it and to whoever etc/dictation.toml names",
    params: &[NUMBER],
    required: 0,
    outcome: "#{ status }; status: sent (the mail is in the queue), nothing (there is no such dictation), noaddress, denied, failed, \
              hungup",
    menus: &[],
    example: "ch.dictation_send();",
};

/// Every prompt that they can play.
pub(crate) const PROMPTS: [&str; 11] = [
    "dictate/enter_filename",
    "dictate/record_mode",
    "dictate/playback_mode",
    "dictate/pause",
    "dictate/play_help",
    "dictate/record_help",
    "dictate/truncating_audio",
    "dictate/nothing",
    "dictate/noaddress",
    "vm-msgsent",
    "vm-nomail",
];
