//! What the verbs take.

use cordboard_app::{Argument, Key, Manual, Param, Schema, Takes, option};

const LOT: Key = option("lot", Takes::Text, "The lot; default: the one called \"default\".");
const TIMEOUT: Key = option("timeout", Takes::Seconds, "How long it waits; default: the lot's, 45 s.");
const COMEBACK: Key = option(
    "comeback",
    Takes::Bool,
    "Whether it rings who parked it when the time is over; default: the lot's.",
);
const RETURN_TO: Key = option("return_to", Takes::Destinations, "Who is rung then; default: who parked it.");

const TRANSFER: Key = option(
    "transfer",
    Takes::Data,
    "Who transfers by digits in the talk then: true for both, \"fetcher\" (who fetched it, or has it back), \"parked\", false; default: the lot's.",
);
const PARK_AGAIN: Key = option("park", Takes::Data, "Who parks by digits then, in the same words.");
const HOLD: Key = option("hold", Takes::Data, "Who holds by digits then, in the same words.");
const DISCONNECT: Key =
    option("disconnect", Takes::Data, "Who ends the talk by digits then, in the same words.");

/// Of these the talk is told.
pub(crate) const MAY: [&str; 4] = [TRANSFER.name, PARK_AGAIN.name, HOLD.name, DISCONNECT.name];

/// `ch.park`.
pub(crate) static PARK: Manual = Manual {
    verb: "park",
    summary: "parks the caller, or who was transferred here, in a free place until somebody fetches it",
    params: &[Param {
        name: "options",
        takes: Argument::Options(&Schema {
            keys: &[
                LOT,
                option("slot", Takes::Data, "This place and no other: 705, or what was dialled."),
                TIMEOUT,
                COMEBACK,
                RETURN_TO,
                TRANSFER,
                PARK_AGAIN,
                HOLD,
                DISCONNECT,
            ],
        }),
        help: "Where and how long; what each may do when it has come back to who parked it.",
    }],
    required: 0,
    outcome: "#{ status, slot }; status: returned (who parked it has talked to it again), timeout (nobody fetched it and who \
              parked it did not answer: the call is still there), full, taken, failed, retrieved, hungup",
    menus: &[],
    example: "let r = ch.park(#{ timeout: 60 })",
};

/// `ch.unpark`.
pub(crate) static UNPARK: Manual = Manual {
    verb: "unpark",
    summary: "connects the caller with the call that is parked in a place",
    params: &[
        Param {
            name: "slot",
            takes: Argument::One(Takes::Data),
            help: "The place: 701, or what was dialled; \"\": whoever waits longest.",
        },
        Param {
            name: "options",
            takes: Argument::Options(&Schema { keys: &[LOT, TRANSFER, PARK_AGAIN, HOLD, DISCONNECT] }),
            help: "Of which lot, and what each may do then.",
        },
    ],
    required: 1,
    outcome: "#{ status, slot, secs }; status: answered, nobody, failed",
    menus: &[],
    example: "ch.unpark(701)",
};

/// `ch.park_or_retrieve`.
pub(crate) static PARK_OR_RETRIEVE: Manual = Manual {
    verb: "park_or_retrieve",
    summary: "what a key with a place's lamp does: parks who was transferred to it, fetches who is parked there",
    params: &[
        Param {
            name: "slot",
            takes: Argument::One(Takes::Data),
            help: "The place: 701, or what was dialled.",
        },
        Param {
            name: "options",
            takes: Argument::Options(&Schema {
                keys: &[TIMEOUT, COMEBACK, RETURN_TO, TRANSFER, PARK_AGAIN, HOLD, DISCONNECT],
            }),
            help: "How long; what each may do when it is fetched, or has come back.",
        },
    ],
    required: 1,
    outcome: "that of park or of unpark",
    menus: &[],
    example: "ch.park_or_retrieve(ch.dialed)",
};

/// `ch.parked_returns`.
pub(crate) static RETURNS: Manual = Manual {
    verb: "parked_returns",
    summary: "says that a call comes back that was parked",
    params: &[Param {
        name: "slot",
        takes: Argument::One(Takes::Data),
        help: "The place that it was parked in.",
    }],
    required: 1,
    outcome: "true",
    menus: &[],
    example: "ch.parked_returns(701)",
};
