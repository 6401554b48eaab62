//! Transfers by digits: what the program of an in-call feature does with the talk that it was taken from.

use crate::Cause;
use serde::{Deserialize, Serialize};

/// What becomes of a talk, one end of which (the transferer) a program has begun to drive beside it. The other end, its partner, hears
/// music meanwhile; when the program ends, the two talk again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Transfer {
    /// The partner goes to a number in the transferer's context, and the transferer leaves. → `HungUp`, or `Failed`: there is no
    /// such number
    Blind {
        /// Which. Untrusted: it is looked up in the dialplan.
        number: String,
    },
    /// The transferer calls a number in its own context. → [`Consulted`], or `Failed`: there is no such number
    Consult {
        /// Which.
        number: String,
        /// How long until somebody has to answer, in ms.
        timeout_ms: u32,
        /// What the transferer may type meanwhile.
        codes: Vec<String>,
    },
    /// The partner takes the transferer's place in the consultation, and the transferer leaves. A hang-up does the same. → `HungUp`
    Complete,
    /// All three hear each other. → [`Consulted`]
    ThreeWay,
    /// The transferer talks with the other of the two. → [`Consulted`]
    Swap,
    /// The consultation ends. → `Ok`
    Abort,
}

/// How a consultation goes; the reply to some [`Transfer`]s as [`crate::Value::of`] it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Consulted {
    /// Nobody has answered.
    Failed(Cause),
    /// Who was called is gone again.
    Over,
    /// The transferer has typed one of the codes; the consultation goes on.
    Code(String),
}
