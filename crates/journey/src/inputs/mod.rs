//! What came into a call from outside, as far as it was kept: who called and when, what was typed, who was called and what they did
//! about it, what the database and web servers answered. With that it can be run again.
//!
//! | File | Takes out of the entries |
//! |---|---|
//! | [`tracks`] | what each leg did, and when |
//! | [`messages`] | messages that the caller left |
//! | [`missing`] | what programs were answered, and what no journey holds |

mod messages;
mod missing;
mod tracks;

use crate::family::family;
use crate::{Entry, Event};
use cordboard_app::Value;
use cordboard_base::{CallId, LegId};
use serde::{Deserialize, Serialize};
use tracks::Tracks;

/// Why a call can't be run again at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InputsError {
    /// There was never a program.
    #[error("it was refused with {0} before any script was asked: {1}")]
    Refused(u16, String),
    /// What is needed first is gone.
    #[error("its beginning is not kept any more")]
    NoBeginning,
    /// It goes on.
    #[error("it is not over yet, or its end was not kept")]
    NoEnd,
    /// Nobody called.
    #[error("nobody called: the exchange made this call itself")]
    NoCaller,
}

/// Who called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Caller {
    /// A user of the office.
    User(String),
    /// Somebody outside.
    Outside {
        /// The trunk.
        trunk: String,
        /// The caller's number; empty: hidden.
        number: String,
        /// The caller's name.
        name: String,
    },
}

/// Since when somebody counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Since {
    /// Since the call began; of somebody who was called: since it rang there.
    Began,
    /// Since it was answered.
    Answered,
    /// Since somebody who was called has answered; of several the last one.
    Talk,
    /// Since digits were asked for, for the nth time from 1 on.
    Read(usize),
}

/// What somebody does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Does {
    /// Presses a key.
    Presses(char),
    /// Picks up.
    Answers,
    /// Refuses with a status.
    Refuses(u16),
    /// Puts the other end on hold.
    Holds,
    /// Takes it back.
    Resumes,
    /// Transfers the other end.
    Transfers(String),
    /// Hangs up, or gives up.
    HangsUp,
}

/// Something that somebody does, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deed {
    /// Since when it counts.
    pub since: Since,
    /// So long after that, in microseconds.
    pub after_us: i64,
    /// What.
    pub does: Does,
}

/// Somebody who was called, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Callee {
    /// The user, or the trunk.
    pub who: String,
    /// What it did.
    pub deeds: Vec<Deed>,
}

/// An answer that a program was given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// To what.
    pub what: String,
    /// What it was; `None`: it is not kept. An error is a text.
    pub value: Option<Result<Value, String>>,
}

/// What can't be run again as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// When, in microseconds since the call began.
    pub after_us: i64,
    /// What, in words.
    pub what: String,
    /// Whether nothing after it can be compared.
    pub is_the_end: bool,
}

/// A message that the caller was let leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// How long it took, in microseconds.
    pub took_us: i64,
    /// Whether no key and no hang-up of the caller's ended it: silence did, or its greatest length.
    pub ended_itself: bool,
}

/// What came into a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inputs {
    /// The call.
    pub call: CallId,
    /// When it began, in microseconds since the Unix epoch.
    pub began_us: i64,
    /// How long it took, in microseconds.
    pub took_us: i64,
    /// Who called.
    pub caller: Caller,
    /// What was dialled.
    pub dialed: String,
    /// In which context.
    pub context: String,
    /// What the caller did.
    pub deeds: Vec<Deed>,
    /// Who was called, in order.
    pub callees: Vec<Callee>,
    /// Users without a phone, and trunks that did not answer.
    pub offline: Vec<(String, bool)>,
    /// Messages that were left.
    pub messages: Vec<Message>,
    /// What was answered to programs, in order.
    pub answers: Vec<Answer>,
    /// What is missing.
    pub gaps: Vec<Gap>,
}

impl Inputs {
    /// Of one call of a journey.
    pub fn of(entries: &[Entry], call: CallId) -> Result<Self, InputsError> {
        let own: Vec<&Entry> = entries.iter().filter(|entry| entry.call == call).collect();
        let family = family(entries, call);
        // What happened in its parts happened to it.
        let all: Vec<&Entry> = entries.iter().filter(|entry| family.contains(&entry.call)).collect();
        if let Some(refused) =
            own.iter().find_map(|entry| if let Event::Refused(it) = &entry.event { Some(it) } else { None })
        {
            return Err(InputsError::Refused(refused.status, refused.why.clone()));
        }
        let mut inputs = began(&own, call)?;
        let end = own
            .iter()
            .rev()
            .find(|entry| matches!(entry.event, Event::Ended { .. }))
            .ok_or(InputsError::NoEnd)?;
        inputs.took_us = end.at_us.saturating_sub(inputs.began_us);
        let tracks = Tracks::of(&all, call, inputs.began_us);
        inputs.deeds = tracks.caller(LegId { call, index: 0 });
        inputs.callees = tracks.callees();
        inputs.gaps = tracks.gaps;
        inputs.messages = messages::left(&own, LegId { call, index: 0 });
        inputs.rest(&all, &family);
        Ok(inputs)
    }

    /// From when on nothing can be compared, in microseconds since the call began.
    pub fn known_until(&self) -> Option<&Gap> {
        self.gaps.iter().filter(|gap| gap.is_the_end).min_by_key(|gap| gap.after_us)
    }
}

/// All but what was done.
fn began(own: &[&Entry], call: CallId) -> Result<Inputs, InputsError> {
    for entry in own {
        let Event::Began { from, name, dialed, context, user, trunk } = &entry.event else { continue };
        let caller = match (user, trunk) {
            (Some(user), _) => Caller::User(user.clone()),
            (None, Some(trunk)) => {
                Caller::Outside { trunk: trunk.clone(), number: from.clone(), name: name.clone() }
            }
            (None, None) => return Err(InputsError::NoCaller),
        };
        return Ok(Inputs {
            call,
            began_us: entry.at_us,
            took_us: 0,
            caller,
            dialed: dialed.clone(),
            context: context.clone(),
            deeds: Vec::new(),
            callees: Vec::new(),
            offline: Vec::new(),
            messages: Vec::new(),
            answers: Vec::new(),
            gaps: Vec::new(),
        });
    }
    Err(InputsError::NoBeginning)
}
