//! The verbs, as they are documented, checked and called.

use cordboard_app::{Argument, Manual, Menu, Param, Schema, Takes, option};

const QUEUE_PARAM: Param =
    Param { name: "queue", takes: Argument::One(Takes::AnyText), help: "the queue, by its name or number" };

static QUEUE_OPTIONS: Schema = Schema {
    keys: &[
        option("timeout", Takes::Seconds, "the longest wait; without it, or with 0, there is none"),
        option("priority", Takes::Integer(-1_000, 1_000), "callers of a higher one are served first; 0"),
        option(
            "callback",
            Takes::Bool,
            "false: this caller may not ask to be called back; as the queue says",
        ),
        option("music", Takes::Text, "the class of music; the queue's"),
        option("ringing", Takes::Bool, "the caller hears ringing instead of music; false"),
        option(
            "continue",
            Takes::Bool,
            "the status is continue when the agent hung up first; false: answered",
        ),
        option("penalty_min", Takes::Integer(0, 1_000), "members of a lower penalty are not rung"),
        option("penalty_max", Takes::Integer(0, 1_000), "members of a higher penalty are not rung"),
        option(
            "record",
            Takes::Word(&["always", "on-demand", "never"]),
            "whether the talk is recorded; as the rules say",
        ),
        option("transfer", Takes::Data, "as ch.dial takes it"),
        option("park", Takes::Data, "as ch.dial takes it"),
    ],
};

pub(super) static QUEUE: Manual = Manual {
    verb: "queue",
    summary: "The caller waits with music until an agent of the queue is free, and talks to it.",
    params: &[
        QUEUE_PARAM,
        Param { name: "options", takes: Argument::Options(&QUEUE_OPTIONS), help: "how the caller waits" },
    ],
    required: 1,
    outcome: "#{ status, queue, by, wait, secs, position }: status is answered (the talk is over), continue (the same, with the \
              option continue, after the agent hung up), timeout, full, joinempty (no members), joinunavail (none that counts), \
              leaveempty, leaveunavail, withdraw, callback (the caller will be called back) or failed (no such queue)",
    menus: &[
        Menu {
            name: "while the caller waits",
            keys: &[
                ("the queue's callback.key", "asks to be called back, and keeps the place"),
                ("the queue's exit keys", "leave it for a number of the dialplan"),
            ],
        },
        Menu {
            name: "after the number is said back",
            keys: &[("1", "confirms it"), ("2", "another number")],
        },
    ],
    example: "let r = ch.queue(\"sales\", #{ timeout: 300, priority: 5 });",
};

static SCREEN_OPTIONS: Schema = Schema {
    keys: &[
        option("announce", Takes::Prompts, "what is said"),
        option("accept", Takes::Bool, "whether 1 must be pressed; false"),
        option("lang", Takes::Text, "the language of prompts"),
    ],
};

pub(super) static SCREEN: Manual = Manual {
    verb: "queue_screen",
    summary: "What whoever answers hears before it is connected; used by queues themselves.",
    params: &[Param {
        name: "options",
        takes: Argument::Options(&SCREEN_OPTIONS),
        help: "what is said, and whether it is asked for",
    }],
    required: 0,
    outcome: "true: the call is taken",
    menus: &[Menu { name: "if the call must be accepted", keys: &[("1", "takes it"), ("2", "declines")] }],
    example: "ch.queue_screen(#{ announce: \"agent-callfrom\", accept: true });",
};

pub(super) static CALLBACK: Manual = Manual {
    verb: "queue_callback",
    summary: "Calls a caller back whom a queue owes that, from the agent who answered; used by queues themselves.",
    params: &[Param { name: "number", takes: Argument::One(Takes::Data), help: "which caller" }],
    required: 1,
    outcome: "nothing",
    menus: &[],
    example: "ch.queue_callback(17);",
};

static LOGIN_OPTIONS: Schema = Schema {
    keys: &[
        option("penalty", Takes::Integer(0, 1_000), "members of a lower one are rung first; 0"),
        option("name", Takes::Text, "as reports call it; SIP/ and the user"),
        option("toggle", Takes::Bool, "who is in logs out; false"),
    ],
};

pub(super) static LOGIN: Manual = Manual {
    verb: "queue_login",
    summary: "The user who calls takes calls of a queue from now on.",
    params: &[QUEUE_PARAM, Param { name: "options", takes: Argument::Options(&LOGIN_OPTIONS), help: "how" }],
    required: 1,
    outcome: "#{ queues, member, paused }, or #{ error } if it may not",
    menus: &[],
    example: "ch.queue_login(\"sales\", #{ toggle: true });",
};

const QUEUE_OR_ALL: Param = Param {
    name: "queue",
    takes: Argument::One(Takes::AnyText),
    help: "the queue, by its name or number; without it, or with \"\", all that the user is a member of",
};

pub(super) static LOGOUT: Manual = Manual {
    verb: "queue_logout",
    summary: "The user who calls takes no more calls of a queue; one that is always a member pauses.",
    params: &[QUEUE_OR_ALL],
    required: 0,
    outcome: "as queue_login",
    menus: &[],
    example: "ch.queue_logout();",
};

static PAUSE_OPTIONS: Schema = Schema {
    keys: &[
        option("reason", Takes::AnyText, "why, for reports"),
        option("toggle", Takes::Bool, "who pauses takes calls again; false"),
    ],
};

pub(super) static PAUSE: Manual = Manual {
    verb: "queue_pause",
    summary: "The user who calls gets no calls of queues for a while.",
    params: &[QUEUE_OR_ALL, Param { name: "options", takes: Argument::Options(&PAUSE_OPTIONS), help: "why" }],
    required: 0,
    outcome: "as queue_login",
    menus: &[],
    example: "ch.queue_pause(\"\", #{ reason: \"lunch\" });",
};

pub(super) static RESUME: Manual = Manual {
    verb: "queue_resume",
    summary: "The user who calls gets calls of queues again.",
    params: &[QUEUE_OR_ALL],
    required: 0,
    outcome: "as queue_login",
    menus: &[],
    example: "ch.queue_resume();",
};

/// What each can play, beside what the settings name.
pub(super) fn prompts(verb: &str) -> Vec<&'static str> {
    match verb {
        "queue" => vec![
            "queue-youarenext",
            "queue-thereare",
            "queue-callswaiting",
            "queue-quantity1",
            "queue-quantity2",
            "queue-holdtime",
            "queue-less-than",
            "queue-thankyou",
            "queue-periodic-announce",
            "queue-callback-offer",
            "queue-callback-confirm",
            "queue-callback-other",
            "queue-callback-number",
            "queue-callback-set",
            "queue-callback-invalid",
            "queue-position-kept",
            "press-1",
        ],
        "queue_screen" => vec!["queue-reporthold", "queue-taken", "agent-callfrom", "press-1"],
        "queue_callback" => vec!["agent-callfrom", "queue-callback-here"],
        "queue_login" => vec!["agent-loginok", "agent-loggedoff", "agent-nomember"],
        "queue_logout" => vec!["agent-loggedoff", "agent-paused", "agent-nomember"],
        "queue_pause" | "queue_resume" => vec!["agent-paused", "agent-unpaused", "agent-nomember"],
        _ => Vec::new(),
    }
}
