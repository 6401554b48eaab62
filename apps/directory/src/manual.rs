//! What the verb takes, and the keys.

use cordboard_app::{Argument, Manual, Menu, Param, Schema, Takes, option};

static OPTIONS: Schema = Schema {
    keys: &[
        option("by", Takes::Word(&["last", "first", "both"]), "which name is typed; \"last\" without it"),
        option(
            "letters",
            Takes::Integer(1, 8),
            "so many letters are asked for; # ends them before; 3 without it",
        ),
        option("say_number", Takes::Bool, "the extension is said after the name"),
        option(
            "menu",
            Takes::Bool,
            "up to eight names are read out with a key for each, instead of one after the other",
        ),
        option("operator", Takes::Bool, "0 leaves for the operator: status \"operator\""),
        option("tries", Takes::Integer(1, 10), "how often letters are asked for; 3 without it"),
    ],
};

/// `ch.directory`.
pub(crate) static MANUAL: Manual = Manual {
    verb: "directory",
    summary: "finds an extension by the first letters of a name, typed on the keypad",
    params: &[Param { name: "options", takes: Argument::Options(&OPTIONS), help: "how" }],
    required: 0,
    outcome: "#{ status, number, name }; status: chosen, none (nobody was), operator (0), exit (* or #), hungup",
    menus: &[
        Menu {
            name: "at the letters",
            keys: &[
                ("2-9", "letters"),
                ("#", "ends them; without any: leaves"),
                ("*", "leaves"),
                ("0", "the operator, where the option says so"),
            ],
        },
        Menu {
            name: "at a name",
            keys: &[
                ("1", "takes it"),
                ("*", "the next one"),
                ("#", "leaves"),
                ("0", "the operator, where the option says so"),
            ],
        },
        Menu {
            name: "at a list of names (option `menu`)",
            keys: &[
                ("1-8", "takes that one"),
                ("9", "more of them"),
                ("*", "other letters"),
                ("#", "leaves"),
            ],
        },
    ],
    example: "let r = ch.directory(#{ by: \"both\" }); if r.status == \"chosen\" { ch.enter(ch.context, r.number); }",
};

/// Every prompt that it can play, those of letters and numbers left out.
pub(crate) const PROMPTS: [&str; 12] = [
    "dir-welcome",
    "dir-usingkeypad",
    "dir-nomatch",
    "dir-nomore",
    "dir-instr",
    "dir-multi1",
    "dir-multi2",
    "dir-multi9",
    "dir-exit",
    "dir-toomany",
    "dir-nobody",
    "extension",
];
