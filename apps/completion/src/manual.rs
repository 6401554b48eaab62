//! What the verbs take.

use cordboard_app::{Argument, Manual, Param, Schema, Takes, option};

/// `ch.completion_request`.
pub(crate) static REQUEST: Manual = Manual {
    verb: "completion_request",
    summary: "has the caller called back when a colleague is free who was busy or did not answer",
    params: &[
        Param {
            name: "to",
            takes: Argument::One(Takes::Destinations),
            help: "Whom the caller wants: a user.",
        },
        Param {
            name: "options",
            takes: Argument::Options(&Schema {
                keys: &[
                    option(
                        "reason",
                        Takes::Word(&["busy", "no-answer"]),
                        "Why the call was in vain; default: busy. After no-answer the colleague has to be on the phone first.",
                    ),
                    option(
                        "number",
                        Takes::AnyText,
                        "What is dialled in the caller's context then; default: the user's name.",
                    ),
                ],
            }),
            help: "How.",
        },
    ],
    required: 1,
    outcome: "#{ status }; status: set (by now it is on the disk), full, refused (no phone of ours calls, or it calls itself), \
              unknown, failed, hungup",
    menus: &[],
    example: "ch.completion_request(user(\"102\"), #{ reason: \"no-answer\" })",
};

/// `ch.completion_cancel`.
pub(crate) static CANCEL: Manual = Manual {
    verb: "completion_cancel",
    summary: "forgets whom the caller wanted to be called back for",
    params: &[Param {
        name: "to",
        takes: Argument::One(Takes::Destinations),
        help: "Only for this user; default: all.",
    }],
    required: 0,
    outcome: "#{ status, cancelled }; status: done, refused, failed, hungup; cancelled: how many",
    menus: &[],
    example: "ch.completion_cancel()",
};

/// What runs on the phone that is called back.
pub(crate) static RECALL: Manual = Manual {
    verb: "completion_recall",
    summary: "connects who is called back: what runs on the caller's phone when both are free",
    params: &[Param {
        name: "number",
        takes: Argument::One(Takes::Integer(0, i64::MAX)),
        help: "Which request.",
    }],
    required: 1,
    outcome: "nothing",
    menus: &[],
    example: "ch.completion_recall(1)",
};
