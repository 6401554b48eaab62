//! The one record that every call leaves, whatever happens to it.

use crate::CallSummary;
use crate::leg::Leg;
use crate::state::{EndBy, Phase, State};
use cordboard_app::{Cause, Destination, Identity};
use cordboard_base::{CallId, LegId, Time};
use cordboard_media::StreamStats;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How a call went, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Disposition {
    Answered,
    Busy,
    NoAnswer,
    Failed,
    Cancelled,
}

/// One call. Times are microseconds on the cores' clock; the store adds the wall clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallRecord {
    /// Which.
    pub call: CallId,
    /// The context it was routed in.
    pub context: String,
    /// Who called.
    pub caller: Identity,
    /// The authenticated user, if one of ours.
    pub user: Option<String>,
    /// The trunk it came by.
    pub trunk: Option<String>,
    /// What was dialled.
    pub dialed: String,
    /// When the INVITE came.
    pub began_us: u64,
    /// When the caller was answered.
    pub answered_us: Option<u64>,
    /// When the last leg was gone.
    pub ended_us: u64,
    /// How it went.
    pub disposition: Disposition,
    /// Why it ended.
    pub cause: Cause,
    /// Who hung up: `caller`, `callee`, `system`.
    pub hangup_by: String,
    /// Who answered.
    pub answered_by: Option<Destination>,
    /// `ch.cdr.tag` and marks.
    pub tags: BTreeMap<String, String>,
    /// A script error, with its place.
    pub error: Option<String>,
    /// Every leg it had.
    pub legs: Vec<LegRecord>,
    /// Its recordings.
    #[serde(default)]
    pub recordings: Vec<RecordingRecord>,
    /// The call that this one has found somebody for, by a route of the dialplan; `None`: it is a call as its caller sees it. Its own
    /// id: a key of a phone has asked for it.
    #[serde(default)]
    pub part_of: Option<CallId>,
}

/// A recording of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingRecord {
    /// Of which leg.
    pub leg: LegId,
    /// The file within the recordings' directory; empty if none could be made.
    pub path: String,
    /// How much it holds, in ms.
    pub ms: u64,
    /// Why it ended early, if it did.
    pub failure: Option<String>,
    /// When it was complete.
    pub ended_us: u64,
}

/// One leg of a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LegRecord {
    /// Which.
    pub leg: LegId,
    /// Whose; `None` for the caller's.
    pub who: Option<Destination>,
    /// When it was made.
    pub began_us: u64,
    /// When it was answered.
    pub answered_us: Option<u64>,
    /// When it was gone.
    pub ended_us: Option<u64>,
    /// Its codec.
    pub codec: String,
    /// Why it ended.
    pub cause: Cause,
    /// Its media.
    pub stats: StreamStats,
}

/// A disposition as records and scripts write it.
pub(crate) fn word(disposition: Disposition) -> &'static str {
    match disposition {
        Disposition::Answered => "answered",
        Disposition::Busy => "busy",
        Disposition::NoAnswer => "no-answer",
        Disposition::Failed => "failed",
        Disposition::Cancelled => "cancelled",
    }
}

impl State {
    /// How the call went, as far as it is known.
    pub(crate) fn disposition(&self) -> Disposition {
        if self.answered.is_some() {
            return Disposition::Answered;
        }
        match &self.end {
            Some(end) if end.by == EndBy::Caller => Disposition::Cancelled,
            Some(end) => match end.cause {
                Cause::BUSY | Cause::REJECTED => Disposition::Busy,
                Cause::NORMAL | Cause::NO_ANSWER | Cause::NO_RESPONSE | Cause::ABSENT => {
                    Disposition::NoAnswer
                }
                _ => Disposition::Failed,
            },
            None => Disposition::NoAnswer,
        }
    }

    /// The call as the command line lists it.
    pub(crate) fn summary(&self, now: Time) -> CallSummary {
        let talking = self.bridge.is_some();
        let state = match &self.phase {
            Phase::Opening { .. } | Phase::Replacing { .. } => "routing",
            Phase::Ending => "ending",
            Phase::Live if talking && self.legs.values().any(Leg::is_holding) => "holding",
            Phase::Live if talking => "talking",
            Phase::Live if self.legs.values().any(|leg| leg.is_live() && leg.who().is_some()) => "ringing",
            Phase::Live => "application",
        };
        CallSummary {
            call: self.id,
            caller: self.info.caller.clone(),
            dialed: self.info.dialed.clone(),
            state: state.to_owned(),
            part_of: self.part_of(),
            age_us: u64::try_from(now.since(self.began).as_micros()).unwrap_or(u64::MAX),
            legs: self.legs.values().map(Leg::in_words).collect(),
        }
    }

    /// The call's one record.
    pub(crate) fn record(&self, now: Time) -> CallRecord {
        let mut legs = self.moved.clone();
        legs.extend(self.legs.values().map(Leg::record));
        legs.sort_by_key(|leg| (leg.began_us, leg.leg));
        let by = self.end.as_ref().map_or(EndBy::System, |end| end.by);
        CallRecord {
            call: self.id,
            context: self.info.context.clone(),
            caller: self.info.caller.clone(),
            user: self.info.user.clone(),
            trunk: self.info.trunk.clone(),
            dialed: self.info.dialed.clone(),
            began_us: self.began.as_micros(),
            answered_us: self.answered.map(Time::as_micros),
            ended_us: now.as_micros(),
            disposition: self.disposition(),
            cause: self.end.as_ref().map_or(Cause::NORMAL, |end| end.cause),
            hangup_by: match by {
                EndBy::Caller => "caller",
                EndBy::Callee => "callee",
                EndBy::System => "system",
            }
            .to_owned(),
            answered_by: self.answered_by.clone(),
            tags: self.tags.clone(),
            error: self.error.clone(),
            legs,
            recordings: self.recordings.clone(),
            part_of: self.part_of(),
        }
    }
}
