//! A leg's offer/answer: what it and its peer have agreed on (RFC 3264). Every leg negotiates on its own; the other leg of a
//! bridge only says what is preferred.
//!
//! ```text
//! Idle ──our offer──▶ Offered ──answer──▶ Idle          Idle ──peer's offer──▶ answered at once, or
//!   ▲                    └──refused──────────┘               ▼
//!   └──────answered─────────────────────────────────── Relaying: the other leg is asked first (video)
//! ```

use super::codecs;
use bytes::Bytes;
use cordboard_base::{Direction, Format};
use cordboard_sdp::{Agreed, Capabilities, Local, MediaKind, Refusal, SdpError, SessionDescription};
use core::net::SocketAddr;
use serde::{Deserialize, Serialize};

/// The packet length that we like, in ms.
const PTIME_MS: u16 = 20;

/// One leg's session descriptions.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Negotiation {
    /// For `o=`.
    session_id: u64,
    /// Our last description that holds.
    ours: Option<SessionDescription>,
    /// Audio formats that the peer is known to take.
    known: Vec<Format>,
    /// Video formats that the peer offered or took.
    pub(crate) video: Vec<Format>,
    /// What holds.
    pub(crate) agreed: Option<Agreed>,
    pub(crate) exchange: Exchange,
}

/// The offer under way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Exchange {
    Idle,
    /// Ours is out.
    Offered(Box<SessionDescription>),
    /// The peer's waits until the other leg has answered to the same change.
    Relaying(Box<SessionDescription>),
}

/// Our end of the media, and what may be said of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Terms {
    pub(crate) audio: SocketAddr,
    pub(crate) video: Option<SocketAddr>,
    /// Our encodings, best first.
    pub(crate) formats: Vec<Format>,
    /// Encodings of the other leg, its present one first: nothing is transcoded that need not be.
    pub(crate) prefer: Vec<Format>,
    /// Video formats of the other leg.
    pub(crate) other_video: Option<Vec<Format>>,
}

impl Terms {
    fn local(&self, session_id: u64, rtcp_mux: bool) -> Local {
        Local { session_id, version: 1, audio: Some(self.audio), video: self.video, rtcp_mux }
    }

    /// For an answer. Comfort noise is taken from whoever has it: who else hears the leg gets it as sound.
    fn taken(&self) -> Capabilities {
        self.capabilities(Some(codecs::comfort_noise()))
    }

    /// For an offer. A phone is asked for comfort noise where the other leg's sends it: it is relayed then.
    fn offered(&self) -> Capabilities {
        let noise = codecs::comfort_noise();
        self.capabilities(self.prefer.iter().any(|format| format.same_encoding(&noise)).then_some(noise))
    }

    fn capabilities(&self, noise: Option<Format>) -> Capabilities {
        let mut audio = codecs::preferring(self.formats.clone(), &self.prefer);
        audio.extend(noise);
        Capabilities {
            audio,
            telephone_event: true,
            ptime_ms: PTIME_MS,
            video: self.other_video.clone().filter(|formats| self.video.is_some() && !formats.is_empty()),
        }
    }
}

impl Negotiation {
    pub(crate) fn new(session_id: u64) -> Self {
        // o= wants a number that fits NTP's habits; phones choke on 64 bits with the top one set.
        Self {
            session_id: session_id >> 2,
            ours: None,
            known: Vec::new(),
            video: Vec::new(),
            agreed: None,
            exchange: Exchange::Idle,
        }
    }

    /// Our offer. It counts when it is answered.
    pub(crate) fn offer(&mut self, terms: &Terms) -> Bytes {
        // An old phone's parser that stumbles over rtcp-mux is likelier than one that needs it: never offered, always taken.
        let local = terms.local(self.session_id, false);
        let description =
            cordboard_sdp::offer(&local, &terms.offered(), Direction::SendRecv, self.ours.as_ref());
        let bytes = Bytes::from(description.to_bytes());
        self.exchange = Exchange::Offered(Box::new(description.to_keep()));
        bytes
    }

    /// The peer's answer to our offer. An early answer keeps the offer out, since the final one may differ.
    pub(crate) fn accept(&mut self, answer: &[u8], early: bool) -> Result<(), SdpError> {
        let offered = match (&self.exchange, &self.ours) {
            (Exchange::Offered(description), _) => &**description,
            // The session repeated our last description for a reason of its own (an identity, a session timer), and the
            // answer has changed.
            (Exchange::Idle, Some(ours)) => ours,
            (Exchange::Idle, None) | (Exchange::Relaying(_), _) => return Ok(()),
        };
        let answer = SessionDescription::parse(answer)?;
        let agreed = cordboard_sdp::accept(offered, &answer)?;
        self.known = answer.formats_of(&MediaKind::Audio);
        self.video = answer.formats_of(&MediaKind::Video);
        self.agreed = Some(agreed);
        if !early && let Exchange::Offered(offered) = core::mem::replace(&mut self.exchange, Exchange::Idle) {
            self.ours = Some(*offered);
        }
        Ok(())
    }

    /// The 2xx brought no description: the early answer, sent reliably, is the answer (RFC 3262 §5). Says whether there was one.
    pub(crate) fn keep_early(&mut self) -> bool {
        if self.agreed.is_none() {
            return false;
        }
        if let Exchange::Offered(offered) = core::mem::replace(&mut self.exchange, Exchange::Idle) {
            self.ours = Some(*offered);
        }
        true
    }

    /// Our offer was refused: everything stays as it was.
    pub(crate) fn refused(&mut self) {
        if matches!(self.exchange, Exchange::Offered(_)) {
            self.exchange = Exchange::Idle;
        }
    }

    /// The peer's offer that waited is dealt with.
    pub(crate) fn end_relay(&mut self) {
        if matches!(self.exchange, Exchange::Relaying(_)) {
            self.exchange = Exchange::Idle;
        }
    }

    /// Notes what an offer says of its maker, before it is answered.
    pub(crate) fn learn(&mut self, offer: &SessionDescription) {
        self.known = offer.formats_of(&MediaKind::Audio);
        self.video = offer.formats_of(&MediaKind::Video);
    }

    fn answer_of(
        &self,
        offer: &SessionDescription,
        terms: &Terms,
    ) -> Result<(SessionDescription, Agreed), Refusal> {
        let local = terms.local(self.session_id, true);
        let capabilities = terms.taken();
        cordboard_sdp::answer(
            offer,
            &local,
            &capabilities,
            &terms.prefer,
            Direction::SendRecv,
            self.ours.as_ref(),
        )
    }

    /// Whether there is an answer to an offer of the peer's.
    pub(crate) fn can_answer(&self, offer: &SessionDescription, terms: &Terms) -> Result<(), Refusal> {
        self.answer_of(offer, terms).map(|_| ())
    }

    /// Our answer to an offer of the peer's.
    pub(crate) fn answer(&mut self, offer: &SessionDescription, terms: &Terms) -> Result<Bytes, Refusal> {
        self.learn(offer);
        let (description, agreed) = self.answer_of(offer, terms)?;
        let bytes = Bytes::from(description.to_bytes());
        self.ours = Some(description.to_keep());
        self.agreed = Some(agreed);
        // An offer of ours that waits in the session for this one's end stays the one that will be answered.
        self.end_relay();
        Ok(bytes)
    }

    /// Our description that holds, as it was sent.
    pub(crate) fn last_sent(&self) -> Option<Bytes> {
        self.ours.as_ref().map(|ours| Bytes::from(ours.to_bytes()))
    }

    /// The encoding in use towards the peer.
    pub(crate) fn codec(&self) -> Option<&Format> {
        self.agreed.as_ref()?.audio.as_ref()?.send.first()
    }

    /// What the peer takes, the present encoding first.
    pub(crate) fn formats(&self) -> Vec<Format> {
        let mut formats: Vec<Format> = self.codec().cloned().into_iter().collect();
        for format in &self.known {
            if !formats.iter().any(|f| f.same_encoding(format)) {
                formats.push(format.clone());
            }
        }
        formats
    }

    /// Whether the peer is known to take an encoding.
    pub(crate) fn takes(&self, format: &Format) -> bool {
        self.known.iter().any(|known| known.same_encoding(format))
    }

    /// Whether the peer has put us on hold.
    pub(crate) fn held_by_peer(&self) -> bool {
        self.agreed.as_ref().and_then(|a| a.audio.as_ref()).is_some_and(|audio| audio.held_by_peer)
    }

    /// Whether there is video both ways.
    pub(crate) fn has_video(&self) -> bool {
        self.agreed.as_ref().is_some_and(|agreed| agreed.video.is_some())
    }

    pub(crate) fn is_idle(&self) -> bool {
        matches!(self.exchange, Exchange::Idle)
    }
}
