//! Calls that the office makes of itself: a wake-up call, a caller called back, somebody fetched into a conference.

use crate::{DialOptions, Identity, Value};
use serde::{Deserialize, Serialize};

/// A call to be made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Originate {
    /// Whom to ring, and how long. `caller` in it is whom they see.
    pub dial: DialOptions,
    /// In whose name: the context, user and language of the new call.
    pub on_behalf_of: OnBehalfOf,
    /// What runs when somebody answers, on the leg that did.
    pub then: Then,
}

/// In whose name a call is made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnBehalfOf {
    /// The user; `None`: the office itself.
    pub user: Option<String>,
    /// The context that `then` and transfers are routed in.
    pub context: String,
    /// Who the call record says called.
    pub caller: Identity,
    /// The language of prompts; empty: the office's.
    pub lang: String,
}

/// What an answered call does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Then {
    /// It runs an application.
    Run {
        /// Its name.
        app: String,
        /// Its arguments.
        args: Value,
    },
    /// It goes to the route of a number.
    Enter {
        /// The number, in the context of `on_behalf_of`.
        number: String,
    },
}
