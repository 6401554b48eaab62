//! What the verbs take.

use cordboard_app::{Argument, Manual, Menu, Param, Schema, Takes, option};

/// `ch.page`.
pub(crate) static PAGE: Manual = Manual {
    verb: "page",
    summary: "speaks by the loudspeakers of phones that answer by themselves",
    params: &[
        Param { name: "to", takes: Argument::One(Takes::Destinations), help: "Whose phones." },
        Param {
            name: "options",
            takes: Argument::Options(&Schema {
                keys: &[
                    option("duplex", Takes::Bool, "They are heard as well; default: only the caller speaks."),
                    option("skip_busy", Takes::Bool, "Leaves out who is in a call; default: true."),
                    option("override", Takes::Bool, "In an emergency: nobody is left out; default: false."),
                    option("timeout", Takes::Seconds, "How long at most; default: 60 s, in duplex an hour."),
                    option(
                        "group",
                        Takes::Text,
                        "A group of etc/paging.toml, whose multicast addresses hear the page too; without duplex.",
                    ),
                    option("beep", Takes::Bool, "The phones beep first; default: true."),
                ],
            }),
            help: "How.",
        },
    ],
    required: 1,
    outcome: "#{ status, called, answered }; status: done, nobody (none could be called, and there is no such group), timeout, hungup, failed",
    menus: &[Menu { name: "while speaking", keys: &[("#", "ends it")] }],
    example: "ch.page([user(\"102\"), user(\"103\")], #{ duplex: false })",
};

/// What runs on the phones.
pub(crate) static PAGED: Manual = Manual {
    verb: "paged",
    summary: "takes part in a page: what runs on the phones that are called",
    params: &[Param { name: "page", takes: Argument::One(Takes::Integer(0, i64::MAX)), help: "Which page." }],
    required: 1,
    outcome: "nothing",
    menus: &[],
    example: "ch.paged(1)",
};
