//! Programs and their steps. A step changes the call's state and either is answered at once or parks its stack; no program is
//! resumed from within an event: the turn does that when the event has been dealt with.

pub(crate) mod awaiting;
pub(crate) mod message;
pub(crate) mod mix;
pub(crate) mod play;
pub(crate) mod query;
pub(crate) mod question;
pub(crate) mod read;
pub(crate) mod stack;
pub(crate) mod step;
pub(crate) mod typed;
pub(crate) mod words;
