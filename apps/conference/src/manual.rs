//! What the verb takes, and the keys.

use crate::settings::{Announce, PARTICIPANTS_MAX};
use cordboard_app::{Argument, Manual, Menu, Param, Schema, Takes, option};

/// The verb `ch.conference`.
pub(crate) static MANUAL: Manual = Manual {
    verb: "conference",
    summary: "takes part in a conference until the caller leaves it",
    params: &[
        Param {
            name: "room",
            takes: Argument::One(Takes::AnyText),
            help: "The room: one of etc/conference.toml, or a new one by any name of letters and digits.",
        },
        Param { name: "options", takes: Argument::Options(&OPTIONS), help: "How the caller takes part." },
    ],
    required: 1,
    outcome: "#{ status, secs }; status: left, kicked, ended (the last marked one left, the time was over, an administrator \
              ended it), timeout, pin (three wrong ones), locked, full, failed, hungup",
    menus: &[
        Menu {
            name: "in the room, directly or after `*`",
            keys: &[
                ("*", "the menu is read out"),
                ("1", "mutes oneself, and back"),
                ("4 6", "hear softer, louder"),
                ("7 9", "speak softer, louder"),
                ("5", "hears nothing, and hears again"),
                ("0", "how many are in the room"),
                ("8", "leaves"),
            ],
        },
        Menu {
            name: "after one's name is said, where names are announced",
            keys: &[("1", "accepts it"), ("2", "hears it"), ("3", "says it again")],
        },
        Menu {
            name: "administrators, too",
            keys: &[
                ("2", "locks the room, and unlocks it"),
                ("3", "removes who came last"),
                ("#1", "mutes all but administrators, and back"),
                ("#2", "extends the conference"),
                ("#3", "calls somebody in"),
                ("#4", "starts and ends the recording"),
                ("#9", "ends the conference"),
            ],
        },
    ],
    example: "ch.conference(\"main\", #{ pin: \"2468\", record: true })",
};

/// The verb `ch.conference_status`.
pub(crate) static STATUS: Manual = Manual {
    verb: "conference_status",
    summary: "says in which conference rooms somebody is, and how many are there",
    params: &[],
    required: 0,
    outcome: "in how many rooms somebody is",
    menus: &[Menu { name: "while it speaks", keys: &[("any key", "ends it")] }],
    example: "ch.conference_status()",
};

static OPTIONS: Schema = Schema {
    keys: &[
        option("pin", Takes::Digits, "Must be typed to enter; default: the room's, or none."),
        option("admin_pin", Takes::Digits, "Who types it is an administrator; default: the room's, or none."),
        option("admin", Takes::Bool, "The caller is an administrator, without a PIN; default: false."),
        option("marked", Takes::Bool, "The caller is one whom others wait for; default: administrators are."),
        option("wait_marked", Takes::Bool, "Waits, with music, until a marked one is there."),
        option("end_marked", Takes::Bool, "Has to go when the last marked one leaves."),
        option("muted", Takes::Bool, "Begins muted."),
        option("record", Takes::Bool, "The conference is recorded, from the first to the last."),
        option("music", Takes::Text, "The class of music for who is alone or waits; \"\": silence."),
        option(
            "announce",
            Takes::Word(Announce::WORDS),
            "How comings and goings are told: tones by default.",
        ),
        option("count", Takes::Bool, "Who enters is told how many are there; default: true."),
        option(
            "count_all",
            Takes::Bool,
            "Whenever somebody enters, all who are there are told how many others there are; default: false.",
        ),
        option("max", Takes::Integer(1, PARTICIPANTS_MAX as i64), "Participants of the room at most."),
        option(
            "quiet",
            Takes::Bool,
            "The caller is told nothing on entering, others don't hear it come and go.",
        ),
        option("timeout", Takes::Seconds, "How long the caller stays at most; default: no limit."),
        option("limit", Takes::Seconds, "How long the conference lasts at most; default: the room's."),
        option("invite", Takes::Destinations, "These are called into the room when the caller enters."),
    ],
};
