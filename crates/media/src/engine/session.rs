//! One leg's media: what it was told, what it keeps count of, and what is made from both.

use crate::codec::{self, Codec, Decoder, Encoder};
use crate::counters::Counters;
use crate::latch::Latch;
use crate::mapping::Mapping;
use crate::{SlotId, Source, StreamKind, StreamSeed, StreamSetup, VideoSetup};
use cordboard_base::{LegId, Time};
use core::net::{IpAddr, SocketAddr};
use serde::{Deserialize, Serialize};

/// What a payload number means where nothing was agreed for it.
const NO_FORMAT: u8 = 0xFF;
/// What the payload number of telephone events means.
const EVENT: u8 = 0xFE;
/// Formats per direction that are looked at: more never fit in a description that we make.
const FORMATS_MAX: usize = 32;

/// All that a session is, but for what [`Made`] holds: plain data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) slot: SlotId,
    pub(super) leg: LegId,
    pub(super) peer: IpAddr,
    pub(super) with_video: bool,
    pub(super) seed: StreamSeed,
    pub(super) counters: Counters,
    pub(super) audio: Option<StreamSetup>,
    pub(super) video: Option<VideoSetup>,
    pub(super) source: Source,
    pub(super) latches: [Latch; 4],
    pub(super) mapping: Option<Mapping>,
    pub(super) timed_out: bool,
}

/// A session: its state and what is made from it.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) state: State,
    pub(super) made: Made,
}

/// What can be made anew from the state at any time: tables for the packet path, codecs.
#[derive(Debug)]
pub(super) struct Made {
    /// Sessions that hear this one.
    pub(super) listeners: Vec<u32>,
    /// Whom this one hears.
    pub(super) heard: Option<u32>,
    /// By payload number from the peer: index into `formats`, [`EVENT`] or [`NO_FORMAT`].
    types: [u8; 128],
    formats: Vec<ReceiveFormat>,
    /// By payload number of the heard session's peer: the number that this session's peer has for the same format.
    pub(super) relay_types: [u8; 128],
    pub(super) encoder: Option<SendFormat>,
}

/// A format that the peer may send.
#[derive(Debug)]
pub(super) struct ReceiveFormat {
    pub(super) clock_rate_hz: u32,
    pub(super) codec: Option<&'static dyn Codec>,
    pub(super) decoder: Option<Box<dyn Decoder>>,
}

/// The format in which we send what is not relayed: the first agreed one that can be encoded.
#[derive(Debug)]
pub(super) struct SendFormat {
    pub(super) payload_type: u8,
    pub(super) codec: &'static dyn Codec,
    pub(super) encoder: Box<dyn Encoder>,
}

/// What a payload number from the peer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Audio { format: u8, clock_rate_hz: u32 },
    Event { clock_rate_hz: u32 },
    Unknown,
}

impl Session {
    pub(super) fn new(
        now: Time,
        slot: SlotId,
        leg: LegId,
        (peer, with_video): (IpAddr, bool),
        seed: StreamSeed,
    ) -> Self {
        Self::of(State {
            slot,
            leg,
            peer,
            with_video,
            seed,
            counters: Counters::new(seed, now),
            audio: None,
            video: None,
            source: Source::Nothing,
            latches: [Latch::default(); 4],
            mapping: None,
            timed_out: false,
        })
    }

    /// A session made from its state alone; whom it hears is wired by the engine.
    pub(super) fn of(state: State) -> Self {
        let made = Made {
            listeners: Vec::new(),
            heard: None,
            types: [NO_FORMAT; 128],
            formats: Vec::new(),
            relay_types: [NO_FORMAT; 128],
            encoder: None,
        };
        let mut session = Self { state, made };
        session.make_formats();
        session
    }

    /// Takes a new agreement.
    pub(super) fn setup(&mut self, now: Time, audio: Option<StreamSetup>, video: Option<VideoSetup>) {
        let [rtp, rtcp, video_rtp, video_rtcp] = &mut self.state.latches;
        rtp.setup(audio.as_ref().and_then(|a| a.remote_rtp));
        rtcp.setup(audio.as_ref().and_then(|a| a.remote_rtcp));
        video_rtp.setup(video.as_ref().and_then(|v| v.remote_rtp));
        video_rtcp.setup(video.as_ref().and_then(|v| v.remote_rtcp));
        self.state.counters.last_packet = now;
        self.state.audio = audio;
        self.state.video = video;
        self.make_formats();
    }

    fn make_formats(&mut self) {
        self.made.types = [NO_FORMAT; 128];
        self.made.formats.clear();
        self.made.encoder = None;
        let Some(audio) = &self.state.audio else { return };
        for (at, format) in audio.receive.iter().take(FORMATS_MAX).enumerate() {
            if let (Some(meaning), Ok(at)) =
                (self.made.types.get_mut(usize::from(format.payload_type)), u8::try_from(at))
            {
                *meaning = at;
            }
            let codec = codec::find(format);
            let decoder = codec.map(|codec| codec.decoder(&format.fmtp));
            self.made.formats.push(ReceiveFormat { clock_rate_hz: format.clock_rate_hz, codec, decoder });
        }
        if let Some(event) = audio.telephone_event
            && let Some(meaning) = self.made.types.get_mut(usize::from(event.receive_payload_type))
        {
            *meaning = EVENT;
        }
        self.made.encoder = audio.send.iter().take(FORMATS_MAX).find_map(|format| {
            let codec = codec::find(format)?;
            let encoder = codec.encoder(&format.fmtp);
            Some(SendFormat { payload_type: format.payload_type, codec, encoder })
        });
    }

    /// What a payload number from the peer means.
    #[inline]
    pub(super) fn meaning(&self, payload_type: u8) -> Meaning {
        let known = self.made.types.get(usize::from(payload_type)).copied().unwrap_or(NO_FORMAT);
        if let Some(format) = self.made.formats.get(usize::from(known)) {
            return Meaning::Audio { format: known, clock_rate_hz: format.clock_rate_hz };
        }
        match (known, self.state.audio.as_ref().and_then(|audio| audio.telephone_event)) {
            (EVENT, Some(event)) => Meaning::Event { clock_rate_hz: event.clock_rate_hz },
            (_, _) => Meaning::Unknown,
        }
    }

    /// Works out which of the heard peer's payload numbers can be relayed to this one's as they are, and as what.
    pub(super) fn make_relay_types(&mut self, heard: Option<&StreamSetup>) {
        self.made.relay_types = [NO_FORMAT; 128];
        let (Some(heard), Some(own)) = (heard, &self.state.audio) else { return };
        for from in heard.receive.iter().take(FORMATS_MAX) {
            let same = own.send.iter().take(FORMATS_MAX).find(|to| to.same_encoding(from));
            if let (Some(to), Some(entry)) =
                (same, self.made.relay_types.get_mut(usize::from(from.payload_type)))
            {
                *entry = to.payload_type;
            }
        }
        if let (Some(from), Some(to)) = (heard.telephone_event, own.telephone_event)
            && let Some(entry) = self.made.relay_types.get_mut(usize::from(from.receive_payload_type))
        {
            *entry = to.send_payload_type;
        }
    }

    /// The number under which a packet of the heard peer's goes to this one's unchanged.
    #[inline]
    pub(super) fn relay_type(&self, payload_type: u8) -> Option<u8> {
        self.made.relay_types.get(usize::from(payload_type)).copied().filter(|&to| to != NO_FORMAT)
    }

    /// Whether the peer may send to us.
    #[inline]
    pub(super) fn receives(&self) -> bool {
        self.state.audio.as_ref().is_some_and(|audio| audio.receives)
    }

    /// Where our audio goes, if we may send and know the address.
    #[inline]
    pub(super) fn audio_remote(&self) -> Option<SocketAddr> {
        if self.state.audio.as_ref().is_some_and(|audio| audio.sends) {
            self.latch(StreamKind::AudioRtp).remote()
        } else {
            None
        }
    }

    #[inline]
    pub(super) fn latch(&self, stream: StreamKind) -> &Latch {
        &self.state.latches[stream.index()]
    }

    #[inline]
    pub(super) fn latch_mut(&mut self, stream: StreamKind) -> &mut Latch {
        &mut self.state.latches[stream.index()]
    }
}
