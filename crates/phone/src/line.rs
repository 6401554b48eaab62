//! One call of the phone's: a session of its endpoint and a session of its media engine.
//!
//! ```text
//! Opening(what to do when the media port is there) ─▶ Ringing / Calling ─▶ Talking ─▶ gone
//! ```

use cordboard_base::{Direction, LegId};
use cordboard_sdp::{Agreed, Local, SessionDescription};
use cordboard_sip::message::{Host, Request, Uri};
use serde::{Deserialize, Serialize};

/// Where a line stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum State {
    /// Waits for its media port to call this address.
    OpeningToCall(Box<Uri>),
    /// Waits for its media port to ring.
    OpeningToRing,
    /// We called.
    Calling,
    /// We are called.
    Ringing,
    /// Answered.
    Talking,
    /// Over; waits for the last figures of its media.
    Ending,
}

/// One call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) leg: LegId,
    pub(crate) state: State,
    /// Ours; known once the media port is there.
    pub(crate) local: Option<Local>,
    /// The peer's offer that has no answer yet.
    pub(crate) offer: Option<SessionDescription>,
    /// Our last description.
    pub(crate) said: Option<SessionDescription>,
    pub(crate) agreed: Option<Agreed>,
    /// The INVITE that came.
    pub(crate) invite: Option<Box<Request>>,
    /// What we want of the audio: `SendOnly` while we hold.
    pub(crate) wanted: Direction,
    pub(crate) held_by_peer: bool,
    /// The offer in flight is a hold or resume of ours.
    pub(crate) holding: bool,
    /// How it ended, once it has: told when the media's figures are there.
    pub(crate) end: Option<End>,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct End {
    pub(crate) status: Option<u16>,
    pub(crate) q850: Option<u8>,
    pub(crate) sip: Option<u16>,
}

impl Line {
    pub(crate) fn new(leg: LegId, state: State) -> Self {
        Self {
            leg,
            state,
            local: None,
            offer: None,
            said: None,
            agreed: None,
            invite: None,
            wanted: Direction::SendRecv,
            held_by_peer: false,
            holding: false,
            end: None,
        }
    }

    /// The codec that we send.
    pub(crate) fn codec(&self) -> String {
        let audio = self.agreed.as_ref().and_then(|agreed| agreed.audio.as_ref());
        audio.and_then(|audio| audio.send.first()).map_or_else(String::new, |format| format.name.clone())
    }
}

/// A host from configured text; whatever is no address is a name.
pub(crate) fn host(text: &str) -> Host {
    Host::parse(text).unwrap_or_else(|_| Host::Name(text.to_ascii_lowercase()))
}
