//! The table of routes, which is built while a dialplan is loaded.

use super::{Group, Page};

pub(super) const GROUP: Group = Group { title: "Routes (while loading)", pages: PAGES };

const PAGES: &[Page] = &[
    Page {
        name: "context",
        usage: "context(name)",
        summary: "Names a context, a set of routes: users and trunks have the one in which their calls begin.",
        arguments: &[("name", "Its name.")],
        outcome: "The context, for the verbs below.",
        example: "let internal = context(\"internal\");\ninternal.on(\"100\", |ch| ch.answer());",
    },
    Page {
        name: "context.on",
        usage: "context.on(pattern, handler)",
        summary: "Gives the calls of a number, or of a pattern of numbers, to a function.",
        arguments: &[
            (
                "pattern",
                "A number as it stands; or after a `_` a pattern: X is 0-9, Z 1-9, N 2-9, [1-5] a set, . one or more of anything, ! none or more. Or all numbers of a range, 701..=720.",
            ),
            ("handler", "A function of the call, |ch| …"),
        ],
        outcome: "",
        example: "context(\"internal\").on(\"_1XX\", |ch| ch.dial(user(ch.dialed)));",
    },
    Page {
        name: "context.code",
        usage: "context.code(code [, more], handler)",
        summary: "Gives the calls of a feature code to a function, which finds what was dialled after it in ch.argument.",
        arguments: &[
            ("code", "Digits, * and #; \"\" is no code, and nothing happens."),
            ("more", "What is dialled after it, as a pattern without `_`: \"XXX\", \".\"."),
            ("handler", "A function of the call, |ch| …"),
        ],
        outcome: "",
        example: "context(\"internal\").code(\"*72\", \".\", |ch| ch.say.digits(ch.argument));",
    },
    Page {
        name: "context.include",
        usage: "context.include(other)",
        summary: "Looks in another context for the numbers that have no route in this one.",
        arguments: &[("other", "A context, or its name.")],
        outcome: "",
        example: "let codes = context(\"codes\");\ncodes.on(\"*43\", |ch| ch.echo());\ncontext(\"internal\").include(codes);",
    },
    Page {
        name: "context.otherwise",
        usage: "context.otherwise(handler)",
        summary: "Gives the calls of all other numbers to a function.",
        arguments: &[("handler", "A function of the call, |ch| …")],
        outcome: "",
        example: "context(\"internal\").otherwise(|ch| ch.hangup(\"unallocated\"));",
    },
    Page {
        name: "context.on_hangup",
        usage: "context.on_hangup(handler)",
        summary: "Runs a function when a call of this context is over. It can ask, store and log; nobody hears it.",
        arguments: &[("handler", "A function of the call, |ch| …")],
        outcome: "",
        example: "let internal = context(\"internal\");\ninternal.on(\"100\", |ch| ch.answer());\ninternal.on_hangup(|ch| log::info(`${ch.dialed}: ${ch.cdr.disposition}`));",
    },
    Page {
        name: "context.on_recording",
        usage: "context.on_recording(handler)",
        summary: "Runs a function when a recording of a call of this context is complete.",
        arguments: &[(
            "handler",
            "A function of the recording: |recording| …, a map #{path, seconds, id, failure}; id names the call, failure is () if all is well.",
        )],
        outcome: "",
        example: "let internal = context(\"internal\");\ninternal.on(\"100\", |ch| ch.answer());\ninternal.on_recording(|recording| log::info(`recorded: ${recording.path}`));",
    },
];
