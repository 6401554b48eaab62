//! What a program and the service say to each other.

use crate::may::May;
use crate::summary::SlotSummary;
use cordboard_app::{Identity, Value};
use cordboard_base::CallId;
use serde::{Deserialize, Serialize};

/// A program asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Request {
    /// A place for me.
    Park(Wish),
    /// Who is parked there? It is mine then.
    Fetch { lot: Option<String>, slot: Option<u32> },
    /// What a key with a lamp means now.
    Key(Wish),
    /// I could not connect with it: it goes on waiting.
    PutBack { call: CallId },
    /// My time is over.
    ComeBack,
    /// I am gone, or fetched.
    Leave,
    /// The command line: who is parked?
    List,
}

/// How a call is to be parked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Wish {
    pub(crate) lot: Option<String>,
    pub(crate) slot: Option<u32>,
    /// The user who parks, as far as it is one.
    pub(crate) parker: Option<String>,
    /// Whether somebody transferred the call here.
    pub(crate) transferred: bool,
}

/// The service answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// A place.
    Parked(Place),
    /// None is free.
    Full,
    /// That one is not.
    Taken,
    /// There is no such place.
    NoPlace,
    /// To `Fetch` and `Key`: this call.
    Call { call: CallId, slot: u32, tone: bool, may: May },
    /// To `Fetch` and `Key`: nobody is there.
    Nobody,
    /// To `ComeBack`: go on waiting, somebody is about to fetch you.
    Stay,
    /// To `ComeBack`: this is who you are, and who parked you.
    Back { who: Identity, parker: Option<String>, comeback: bool, ring_ms: u32, may: May },
    /// To `List`.
    Slots(Vec<SlotSummary>),
    /// To all others.
    Done,
}

/// A place in a lot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) slot: u32,
    pub(crate) music: String,
    pub(crate) timeout_ms: u32,
}

/// A place's number, from a number or the digits of a text.
pub(crate) fn slot_of(value: &Value) -> Option<u32> {
    match value.int() {
        Some(number) => u32::try_from(number).ok(),
        None => value.text().filter(|text| text.len() <= 9)?.parse().ok(),
    }
}
