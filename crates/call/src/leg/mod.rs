//! A leg: one dialog and one media session, for life. Transfers, pickup and parking change what it is bridged with and which
//! call it is in; nothing swaps its inside.
//!
//! ```text
//! incoming:  Preparing ──adopted──▶ Trying ──180/183──▶ Early ──200──▶ Up ──▶ Leaving ──▶ Gone
//! outgoing:  Preparing ──INVITE───▶ Trying ──1xx─────▶ Early ──2xx──▶ Up ──▶ Leaving ──▶ Gone
//! port:      Opening ──▶ Open ──▶ Closing ──▶ Closed
//! ```

pub(crate) mod codecs;
pub(crate) mod hold;
pub(crate) mod identity;
pub(crate) mod negotiate;
pub(crate) mod owner;

use crate::feature::typing::Typing;
use crate::world::World;
use crate::{LegRecord, LegState};
use cordboard_app::{Cause, Destination, Identity, JoinMix, Privacy};
use cordboard_base::{Format, LegId, Time};
use cordboard_media::{Command, Event, MixId, PlayId, Source, StreamSetup, StreamStats, VideoSetup};
use cordboard_sdp::SessionDescription;
use cordboard_sip::message::name;
use cordboard_sip::session::{LegCommand, NewLeg, Reason};
use cordboard_sip::trunk::Presentation;
use core::net::{IpAddr, SocketAddr};
use negotiate::{Negotiation, Terms};
use owner::Owner;
use serde::{Deserialize, Serialize};

/// Digits typed ahead of any read, at most; further ones are dropped. As many as a read may ask for.
pub(crate) const TYPED_MAX: usize = 64;

/// What the Retry-After of a 503 says, in s: by then a line of a busy trunk or a port may be free again.
pub(crate) const RETRY_AFTER_S: u32 = 5;

/// A leg.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Leg {
    pub(crate) id: LegId,
    pub(crate) side: Side,
    pub(crate) stage: Stage,
    pub(crate) port: Port,
    /// Boxed, as `setup` is: a call's table of legs has room for more of them than a call has.
    pub(crate) sdp: Box<Negotiation>,
    /// Codec names, best first; empty: the office's.
    pub(crate) codecs: Vec<String>,
    /// Who is at its other end, as others are shown.
    pub(crate) party: Identity,
    pub(crate) privacy: Privacy,
    pub(crate) owner: Owner,
    /// An emergency service is behind it.
    #[serde(default)]
    pub(crate) emergency: bool,
    /// For whom it has answered, where that led to it by a route of the dialplan.
    #[serde(default)]
    pub(crate) answers_for: Option<Box<Destination>>,
    /// How others are shown to a trunk's peer, the same in every request and response; a trunk without one is told of nobody.
    pub(crate) presentation: Option<Box<Presentation>>,
    /// Who its peer was last told to be connected with.
    pub(crate) shown: Option<Identity>,
    /// Digits that no program has taken yet.
    pub(crate) typed: String,
    /// A digit that ended a play and is still to be reported: not to be taken for a new one.
    pub(crate) swallow: Option<char>,
    /// What was typed of a feature code while talking.
    #[serde(default)]
    pub(crate) typing: Typing,
    /// Whether the media engine keeps its digits from whom it talks with.
    #[serde(default)]
    pub(crate) withholds: bool,
    /// Its recordings whose files are not complete.
    pub(crate) recordings: Vec<crate::recording::LegRecording>,
    pub(crate) playing: Playing,
    /// Music asked for by the program.
    pub(crate) music: Option<String>,
    /// The mix that it takes part in, and how.
    #[serde(default)]
    pub(crate) mix: Option<(MixId, JoinMix)>,
    pub(crate) hears: Source,
    pub(crate) setup: Option<Box<(Option<StreamSetup>, Option<VideoSetup>)>>,
    pub(crate) lamp: Option<LegState>,
    pub(crate) codec_told: Option<(String, bool)>,
    pub(crate) began: Time,
    pub(crate) answered: Option<Time>,
    pub(crate) ended: Option<Time>,
    pub(crate) cause: Cause,
    pub(crate) stats: StreamStats,
}

/// Who called whom.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Side {
    /// The peer called us; its offer, if the INVITE had one, until the leg is answered.
    Incoming {
        /// `None`: late offer, or answered.
        offer: Option<Box<SessionDescription>>,
    },
    /// We call the peer.
    Outgoing {
        /// Whom.
        who: Destination,
        /// The INVITE, until its port is open.
        invite: Option<Box<NewLeg>>,
        /// Whether 180 or 183 has come.
        rang: bool,
    },
}

/// How far a leg is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Stage {
    /// Incoming: not adopted by the endpoint yet. Outgoing: waits for its port.
    Preparing,
    Trying,
    Early,
    Up,
    /// `End` or `Reject` has been sent.
    Leaving,
    Gone,
}

/// Its media session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Port {
    Opening,
    Open { audio: SocketAddr, video: Option<SocketAddr> },
    Closing,
    Closed,
}

/// What is played to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Playing {
    Nothing,
    /// A program's prompt; its interrupting digits.
    Prompt(PlayId, String),
    /// Music of a class.
    Music(PlayId, String),
    /// Ringback.
    Ringback(PlayId),
}

impl Leg {
    pub(crate) fn new(w: &mut World, now: Time, id: LegId, side: Side, peer: IpAddr, video: bool) -> Self {
        let seed = w.stream_seed();
        w.media(Command::Open { leg: id, peer, video, seed });
        Self {
            id,
            side,
            stage: Stage::Preparing,
            port: Port::Opening,
            sdp: Box::new(Negotiation::new(w.source.next_u64())),
            codecs: Vec::new(),
            party: Identity::default(),
            privacy: Privacy::Allowed,
            owner: Owner::default(),
            emergency: false,
            answers_for: None,
            presentation: None,
            shown: None,
            typed: String::new(),
            swallow: None,
            typing: Typing::default(),
            withholds: false,
            recordings: Vec::new(),
            playing: Playing::Nothing,
            music: None,
            mix: None,
            hears: Source::Nothing,
            setup: None,
            lamp: None,
            codec_told: None,
            began: now,
            answered: None,
            ended: None,
            cause: Cause::NORMAL,
            stats: StreamStats::default(),
        }
    }

    pub(crate) fn is_incoming(&self) -> bool {
        matches!(self.side, Side::Incoming { .. })
    }

    pub(crate) fn who(&self) -> Option<&Destination> {
        match &self.side {
            Side::Incoming { .. } => None,
            Side::Outgoing { who, .. } => Some(who),
        }
    }

    /// Whether a trunk is behind it, so that it is believed what it asserts, and is told identities with privacy.
    pub(crate) fn is_trunk(&self) -> bool {
        self.owner.trunk().is_some()
    }

    /// Whose phone it is, if one of our users'.
    pub(crate) fn user(&self) -> Option<&str> {
        self.owner.user().map(String::as_str)
    }

    /// Whether it can still be talked to.
    pub(crate) fn is_live(&self) -> bool {
        !matches!(self.stage, Stage::Leaving | Stage::Gone)
    }

    pub(crate) fn is_up(&self) -> bool {
        self.stage == Stage::Up
    }

    /// Whether media can flow to it: descriptions are exchanged.
    pub(crate) fn is_audible(&self) -> bool {
        self.is_live() && self.sdp.agreed.is_some()
    }

    /// Our end of its media with what may be said of it.
    pub(crate) fn terms(&self, w: &World, prefer: Vec<Format>, video: Option<Vec<Format>>) -> Option<Terms> {
        let Port::Open { audio, video: video_port } = self.port else {
            return None;
        };
        let names = if self.codecs.is_empty() { &w.office.codecs } else { &self.codecs };
        let formats = codecs::formats(names);
        Some(Terms { audio, video: video_port, formats, prefer, other_video: video })
    }

    /// Ends it, whatever its state.
    pub(crate) fn end(&mut self, w: &mut World, now: Time, cause: Cause, reason: Reason) {
        match self.stage {
            Stage::Leaving | Stage::Gone => return,
            Stage::Preparing if !self.is_incoming() => {
                self.cause = cause;
                self.gone(w, now);
                return;
            }
            // An INVITE that the endpoint has not handed over yet is refused when it does.
            Stage::Preparing => {}
            Stage::Trying | Stage::Early if self.is_incoming() => self.reject(w, cause, &reason),
            Stage::Trying | Stage::Early | Stage::Up => w.leg(self.id, LegCommand::End { reason }),
        }
        self.cause = cause;
        self.stage = Stage::Leaving;
        self.close(w);
    }

    /// The final refusal of an incoming leg.
    pub(crate) fn reject(&self, w: &mut World, cause: Cause, reason: &Reason) {
        let status = cause.status();
        // Without it a 503 counts as a 500 (RFC 3261 §21.5.4).
        let headers = match status {
            503 => vec![(name::RETRY_AFTER.to_owned(), RETRY_AFTER_S.to_string())],
            _ => Vec::new(),
        };
        w.leg(self.id, LegCommand::Reject { status, reason: reason.clone(), headers });
    }

    /// Its dialog is over.
    pub(crate) fn gone(&mut self, w: &mut World, now: Time) {
        if self.stage != Stage::Gone {
            self.stage = Stage::Gone;
            self.ended = Some(now);
        }
        self.close(w);
    }

    /// Takes it out of the mix that it is in, if it is in one.
    pub(crate) fn leave_mix(&mut self, w: &mut World) {
        if let Some((mix, joined)) = self.mix.take() {
            w.media(Command::SayInto { mix, leg: self.id, input: None });
            w.media(Command::HearingVolume { leg: self.id, gain_db: 0 });
            w.left_mix(&joined.mix);
        }
    }

    fn close(&mut self, w: &mut World) {
        self.leave_mix(w);
        match self.port {
            Port::Opening | Port::Open { .. } => {
                w.media(Command::Close { leg: self.id });
                self.port = Port::Closing;
                self.playing = Playing::Nothing;
            }
            Port::Closing | Port::Closed => {}
        }
    }

    /// Its media session is gone or was never made.
    pub(crate) fn port_closed(&mut self, event: &Event) {
        if let Event::Closed { stats, .. } = event {
            self.stats = *stats;
        }
        self.port = Port::Closed;
    }

    /// Whether nothing is left of it but its record.
    pub(crate) fn is_over(&self) -> bool {
        self.stage == Stage::Gone && self.port == Port::Closed
    }

    /// `3.1 user 102 talking PCMA`
    pub(crate) fn in_words(&self) -> String {
        let who = match self.who() {
            None => "caller".to_owned(),
            Some(Destination::User(user)) => format!("user {user}"),
            Some(Destination::Trunk { trunk, number }) => format!("trunk {trunk} {number}"),
            Some(Destination::Extension { context, number }) => format!("extension {number}@{context}"),
        };
        let state = match self.stage {
            Stage::Preparing | Stage::Trying => "trying",
            Stage::Early => "ringing",
            Stage::Up if self.is_holding() => "holding",
            Stage::Up => "talking",
            Stage::Leaving | Stage::Gone => "ending",
        };
        let codec = self.sdp.codec().map(|format| format.name.as_str()).unwrap_or_default();
        format!("{} {who} {state} {codec}", self.id).trim_end().to_owned()
    }

    pub(crate) fn record(&self) -> LegRecord {
        LegRecord {
            leg: self.id,
            who: self.who().cloned(),
            began_us: self.began.as_micros(),
            answered_us: self.answered.map(Time::as_micros),
            ended_us: self.ended.map(Time::as_micros),
            codec: self.sdp.codec().map(|format| format.name.clone()).unwrap_or_default(),
            cause: self.cause,
            stats: self.stats,
        }
    }
}

/// A Reason header that tells a Q.850 cause.
pub(crate) fn reason_of(cause: Cause) -> Reason {
    Reason { q850: Some(cause.0), sip: None, text: None }
}

/// The Reason for legs that lose to another one (RFC 3326 §3.1).
pub(crate) fn reason_elsewhere() -> Reason {
    Reason { q850: None, sip: Some(200), text: Some("Call completed elsewhere".to_owned()) }
}
