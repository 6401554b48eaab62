//! What a service takes.

use crate::{Cause, Destination, Value};
use cordboard_base::CallId;
use serde::{Deserialize, Serialize};

/// A request's way back; chosen by the exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AskId(pub u64);

/// Who asks: a call and who is in it, as a display shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asker {
    /// The call. A service forgets it when [`ServiceInput::Gone`] comes.
    pub call: CallId,
    /// Who called.
    pub caller: crate::Identity,
    /// The authenticated user, if it is one of ours.
    pub user: Option<String>,
    /// The language that the caller hears.
    pub lang: String,
}

impl Asker {
    /// The command line, when it asks for something: no call has this number.
    pub const COMMAND_LINE: CallId = CallId(0);
}

/// What a service takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ServiceInput {
    /// Its configuration, JSON of a shape of its own: at the start, before anything else, and at each reload.
    Configured {
        /// JSON.
        settings: String,
    },
    /// A row that it kept in a former life; all of them come after the first `Configured`, before anything else.
    Kept {
        /// As it was kept.
        key: String,
        /// JSON.
        row: String,
    },
    /// A request. It is answered sooner or later, unless the asker is gone first.
    Asked {
        /// To answer by.
        ask: AskId,
        /// Who.
        asker: Asker,
        /// What, in the service's own terms.
        request: Value,
    },
    /// A call that has asked is over, or its program has ended or was left behind by a transfer.
    Gone {
        /// Which.
        call: CallId,
    },
    /// A destination is in another state now: `idle`, `ringing`, `busy`, `hold`, `offline`. Comes for those that were watched.
    State {
        /// Whose.
        who: Destination,
        /// Its state.
        state: String,
    },
    /// What was played to all of a mix has ended.
    Played {
        /// Its mix.
        mix: String,
    },
    /// The recording of a mix is complete.
    Recorded {
        /// Its mix.
        mix: String,
        /// The file within the recordings' directory; empty if none could be made.
        file: String,
        /// How much it holds, in ms.
        ms: u64,
    },
    /// Somebody in a mix begins or ends to talk, where its settings tell it.
    Talking {
        /// Its mix.
        mix: String,
        /// Whose call.
        call: CallId,
        /// Whether.
        talks: bool,
    },
    /// How a call that was originated went: it was answered and its program runs, or it failed.
    Originated {
        /// Which.
        number: u64,
        /// The call and whether somebody answered.
        call: CallId,
        /// `None`: answered; else why not.
        failed: Option<Cause>,
    },
    /// Two parties of a call that has asked talk with each other from now on: a dial was answered, a ringing call picked up.
    Connected {
        /// The call.
        call: CallId,
        /// Who they are, where that is known: first the one that its program drives, then who answered.
        parties: [Option<Destination>; 2],
    },
    /// One of those who talk in a call that has asked leaves the talk to somebody else. The program of the call goes on with that
    /// one, or it is left behind: then [`ServiceInput::Gone`] follows.
    Transferred {
        /// The call.
        call: CallId,
        /// Who leaves, where that is known.
        by: Option<Destination>,
        /// Where the other one goes.
        handover: Handover,
    },
    /// How a [`ServiceOutput::Commit`] went: all of it is on the disk, or none of it.
    Written {
        /// Which.
        number: u64,
        /// `None`: it is written; else why not.
        failed: Option<String>,
    },
    /// Another part of the house says something, in the service's own terms: a mail was delivered.
    Told {
        /// What.
        message: Value,
    },
    /// Time has passed: what was due at [`Service::next_deadline`] is.
    Tick,
}

/// Where somebody is transferred.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handover {
    /// The number, where one was dialled for it. Untrusted.
    pub number: String,
    /// The context in which a blind transfer's number is looked up; empty: it is an attended one.
    pub context: String,
    /// The call in which it talks from now on.
    pub into: CallId,
}
