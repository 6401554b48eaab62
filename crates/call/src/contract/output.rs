//! What the call core yields.

use super::{Fact, QueryId};
use crate::CallRecord;
use cordboard_app::{Cause, Destination, Query};
use cordboard_base::{CallId, LegId};
use cordboard_sip::session::LegCommand;
use serde::{Deserialize, Serialize};

/// What the call core yields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Output {
    /// To a leg's session.
    Leg(LegId, LegCommand),
    /// To the media engine.
    Media(cordboard_media::Command),
    /// A program's question; the answer comes as [`Input::Answered`]. The call core answers `Header`, `Var` and `Record` itself.
    Ask {
        /// To answer by.
        query: QueryId,
        /// Whose program asks.
        call: CallId,
        /// What.
        question: Query,
    },
    /// How to reach a destination; the answer comes as [`Input::Reached`].
    Reach {
        /// To answer by.
        query: QueryId,
        /// For which call.
        call: CallId,
        /// Whom.
        destination: Destination,
        /// Whether it is for an emergency call, for which any way is good enough.
        emergency: bool,
    },
    /// Which leg of ours a Replaces names (RFC 3891 §3); the answer comes as [`Input::Found`]. The tags are as the header
    /// says them: `to-tag` is ours on that leg, `from-tag` its peer's.
    FindDialog {
        /// To answer by.
        query: QueryId,
        /// Its Call-ID.
        call_id: String,
        /// Our tag.
        to_tag: String,
        /// The peer's tag.
        from_tag: String,
    },
    /// How a call that the office made of itself went.
    Originated {
        /// Which.
        call: CallId,
        /// `None`: somebody has answered, and its program starts.
        failed: Option<Cause>,
    },
    /// What befell a mix as a whole.
    Mix {
        /// Its name.
        mix: String,
        /// What.
        news: MixNews,
    },
    /// What happened, for log, lamps, metrics and event stream.
    Fact(CallId, Fact),
    /// The call is over and forgotten: its one record.
    Ended(Box<CallRecord>),
}

/// What befell a mix as a whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum MixNews {
    /// What was played to all has ended.
    Played,
    /// Somebody in it begins or ends to talk.
    Talking {
        /// Whose call.
        call: CallId,
        /// Whether.
        talks: bool,
    },
    /// Its recording is complete.
    Recorded {
        /// The file within the recordings' directory; empty if none could be made.
        file: String,
        /// How much it holds, in ms.
        ms: u64,
    },
}
