//! What happens to calls.

use super::QueryId;
use cordboard_app::{CallInfo, Destination, Identity, Level, Note};
use cordboard_base::{CallId, LegId};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Something that happened to a call. A value, never a sentence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Fact {
    /// A call began.
    Began {
        /// As its program sees it.
        info: CallInfo,
    },
    /// A leg's state, for lamps: of a user's (or trunk's) leg.
    LegState {
        /// Which.
        leg: LegId,
        /// Whose.
        who: Option<Destination>,
        /// `trying`, `ringing`, `talking`, `holding`, `ended`.
        state: LegState,
        /// Whether the office calls it (or it called us).
        outgoing: bool,
        /// The other end.
        other: Identity,
    },
    /// Somebody of ours calls an emergency number.
    Emergency {
        /// Who.
        user: String,
        /// The user whose phone it is: another where somebody has logged in at it.
        phone: String,
        /// The number.
        number: String,
        /// What is shown as the caller's; empty: the trunk's own.
        caller: String,
    },
    /// Two legs talk.
    Bridged(LegId, LegId),
    /// Somebody was connected elsewhere: by REFER, or by an INVITE with Replaces.
    Transferred {
        /// Who asked for it, and leaves.
        by: LegId,
        /// Who stays and is connected anew.
        subject: LegId,
        /// Where to: the number for a blind transfer or a consultation by digits; empty for another attended one or a pickup.
        to: String,
        /// The context in which a blind transfer's number was looked up; empty: it was no blind one.
        context: String,
    },
    /// A leg goes on in another call, by a transfer or a pickup: what was counted of it here counts there.
    Moved {
        /// Which; it keeps its name.
        leg: LegId,
        /// Into which call.
        to: CallId,
    },
    /// A leg that was rung by a route of the dialplan has answered for the one that leads there, in this call from now on.
    AnswersFor {
        /// Which; it has kept its name, which says in which call it was rung.
        leg: LegId,
        /// For whom.
        who: Destination,
        /// The call in which the route's program ran.
        inner: CallId,
    },
    /// A route of the dialplan is asked who rings, in a call of its own that is a part of this one.
    Inside {
        /// That call.
        inner: CallId,
        /// The destination that leads there.
        who: Destination,
    },
    /// Which codec a leg uses, and whether it is transcoded.
    Codec {
        /// Which.
        leg: LegId,
        /// Its name.
        name: String,
        /// Whether its bridge transcodes.
        transcoded: bool,
    },
    /// A recording is complete, or could not be written any more.
    Recorded {
        /// Of which leg.
        leg: LegId,
        /// Which file, and how it ended.
        recording: cordboard_app::RecordingInfo,
    },
    /// A digit.
    Digit {
        /// From which leg.
        leg: LegId,
        /// Which; `None` where it is nobody's business: a PIN is being typed, or what is typed goes to whoever the leg talks with,
        /// or nobody knows yet what it is for.
        digit: Option<char>,
    },
    /// A program has had digits typed.
    Read {
        /// From which leg.
        leg: LegId,
        /// What was typed; `None`: a PIN or a password.
        digits: Option<String>,
        /// How many digits.
        count: u16,
        /// Whether no more came in time.
        timed_out: bool,
    },
    /// What was typed where a secret was asked for: only for whoever must know it to hide it, and kept nowhere.
    Typed(Hidden),
    /// A leg takes part in a mix from now on: a conference, a page.
    Mixed {
        /// Which.
        leg: LegId,
        /// The mix's name: `conference/main`.
        mix: String,
    },
    /// What a program told.
    Note(Note),
    /// A step of the program, for traces. No secrets are in it.
    Step {
        /// What, in short: `dial user 102`.
        what: Cow<'static, str>,
        /// Where in its script.
        place: Option<cordboard_app::Place>,
    },
    /// A route of the dialplan was taken.
    Routed {
        /// The context that it stands in.
        context: String,
        /// Its pattern.
        pattern: String,
    },
    /// A program has asked something that only the moment knows; an answer follows, unless the call ends before.
    Asked {
        /// Which question.
        query: QueryId,
        /// What: see [`crate::question`].
        what: String,
        /// Whether the answer is nobody's business.
        secret: bool,
    },
    /// It was answered.
    Answered {
        /// Which question.
        query: QueryId,
        /// What; a text says why there is none.
        value: Result<cordboard_app::Value, String>,
    },
    /// A line for the log.
    Log {
        /// How grave.
        level: Level,
        /// What.
        text: String,
    },
}

/// A leg as a lamp shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub enum LegState {
    Trying,
    Ringing,
    Talking,
    Holding,
    Ended,
}

/// A PIN or a password that somebody has typed. Printing shows none of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hidden(pub String);

impl core::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Hidden")
    }
}
