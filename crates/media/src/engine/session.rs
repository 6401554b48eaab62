//! One leg's media: what it was told, what it keeps count of, and what is made from both.

use super::figures::Figures;
use super::formats::{Converts, Formats, SavedCodecs, SendFormat};
use super::generate::RelayTone;
use super::packet_length::PacketLength;
use super::remade::Remade;
use super::reports::PeerReport;
use super::silence::Watch;
use super::tones_heard::HeldBack;
use crate::codec::{self, Said};
use crate::counters::Counters;
use crate::digits::DigitSender;
use crate::inband::Detector;
use crate::latch::Latch;
use crate::loaded::Loaded;
use crate::machine::MachineDetector;
use crate::mapping::{Mapping, Origin};
use crate::play::Playing;
use crate::playout::Playout;
use crate::recording::Recording;
use crate::resample::Tail;
use crate::telephone_event::EventReceiver;
use crate::{MixId, SlotId, Source, StreamKind, StreamSeed, StreamSetup, VideoSetup};
use cordboard_base::{Format, LegId, Time};
use core::net::{IpAddr, SocketAddr};
use serde::{Deserialize, Serialize};

/// What a payload number means where nothing was agreed for it.
const NO_FORMAT: u8 = 0xFF;
/// What the payload number of telephone events means.
const EVENT: u8 = 0xFE;
/// Clock and sample rate where nothing is agreed.
pub(super) const DEFAULT_RATE_HZ: u32 = 8_000;
/// Telephone quality.
pub(super) const NARROW_BAND_HZ: u32 = 8_000;
/// Packet lengths that we make, in ms, whatever a peer asks for.
const PTIME_MS: (u16, u16) = (10, 60);
/// Formats per direction that are looked at: more never fit in a description that we make.
const FORMATS_MAX: usize = 32;

/// All that a session is, but for what [`Made`] holds: plain data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) slot: SlotId,
    /// What the peer's stream is known by to those who hear it.
    pub(super) origin: Origin,
    pub(super) leg: LegId,
    pub(super) peer: IpAddr,
    pub(super) with_video: bool,
    pub(super) seed: StreamSeed,
    pub(super) counters: Counters,
    pub(super) audio: Option<StreamSetup>,
    pub(super) video: Option<Box<VideoSetup>>,
    pub(super) source: Source,
    pub(super) latches: [Latch; 4],
    pub(super) mapping: Option<Mapping>,
    /// What is on its way into packets of our own making, where what is heard is not relayed.
    pub(super) remade: Remade,
    /// What the peer says as an even stream, while somebody needs it decoded.
    pub(super) playout: Option<Box<Playout>>,
    /// Which run of the peer's numbering it plays.
    pub(super) playout_epoch: u32,
    /// The peer's network has lost or changed the order of packets that were converted one by one, or the peer leaves out silence:
    /// from then on they are played out.
    #[serde(default)]
    pub(super) is_disordered: bool,
    /// Which packet was converted last: the end of its sequence number, and its timestamp.
    #[serde(default)]
    pub(super) converted: Option<(u32, u32)>,
    /// The peer has described silence instead of sending it.
    #[serde(default)]
    pub(super) describes_silence: bool,
    /// The newest round of it, for mixes.
    pub(super) round: Option<Round>,
    /// The mixes that it is said into; the first one's rounds drive its playout.
    pub(super) said_into: Vec<MixId>,
    /// How loud it hears a mix, in dB.
    pub(super) hearing_db: i8,
    /// Memory of the filter that brings what is heard to this leg's sample rate, and the rate it came with.
    pub(super) tail: Option<(u32, Tail)>,
    pub(super) packet_length: PacketLength,
    /// RTP clocks of the newest audio in and out: an event has no clock of its own.
    pub(super) clock_in_hz: u32,
    /// Which of the agreed formats that was.
    pub(super) format_in: u8,
    pub(super) clock_out_hz: u32,
    pub(super) play: Option<Playing>,
    pub(super) digits: DigitSender,
    /// Of the event that is being sent.
    pub(super) event_timestamp: u32,
    pub(super) relay_tone: Option<RelayTone>,
    pub(super) events: EventReceiver,
    /// Digits of the peer are kept from those who hear it.
    #[serde(default)]
    pub(super) withholds_digits: bool,
    /// But not the one that was down before, by its tones.
    #[serde(default)]
    pub(super) lets_tone_pass: bool,
    /// The newest digit of the leg that it hears when it began to: what comes of that one is not for its peer.
    #[serde(default)]
    pub(super) missed_event: Option<(u32, u32)>,
    /// Looks for digits in what a peer without telephone events says.
    pub(super) tones: Option<Box<Detector>>,
    /// What such a peer has said and nobody has heard yet.
    #[serde(default)]
    pub(super) held_back: Option<HeldBack>,
    /// The key that is down, by its tones.
    pub(super) tone_pressed: Option<char>,
    pub(super) watch: Option<Watch>,
    #[serde(default)]
    pub(super) detection: Option<Box<MachineDetector>>,
    /// [`crate::RECORDINGS_MAX`] at most.
    pub(super) recordings: Vec<Recording>,
    pub(super) peer_report: PeerReport,
    pub(super) timed_out: bool,
    /// Its figures, second by second, that have not been told yet.
    #[serde(default)]
    pub(super) figures: Figures,
    /// Packets sent at the last report: whether we are a sender (RFC 3550 §6.4).
    pub(super) sent_at_report: u64,
    /// What encoder and decoders said of themselves when the state was taken.
    #[serde(default)]
    pub(super) codecs: Option<Box<SavedCodecs>>,
}

/// A round of a session's audio.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Round {
    pub(super) at: Time,
    pub(super) rate_hz: u32,
    pub(super) samples: Vec<i16>,
}

/// A session: its state and what is made from it.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) state: State,
    pub(super) made: Made,
}

/// One more octet, and the allocator gives every session 2,560 (docs/PERFORMANCE.md).
const _: () = assert!(size_of::<Session>() <= 2_048, "a session takes 2 KiB");

/// What can be made anew from the state at any time: tables for the packet path, codecs.
#[derive(Debug)]
pub(super) struct Made {
    /// Sessions that hear this one.
    pub(super) listeners: Vec<u32>,
    /// Whom this one hears.
    pub(super) heard: Option<u32>,
    /// The mix that this one hears.
    pub(super) hears_mix: Option<MixId>,
    /// Whether what the peer says is to be decoded whoever hears it: for a recording, a watch, a mix.
    pub(super) is_wanted: bool,
    /// Whether a recording's beep is laid over what it hears, which is then never relayed as it is.
    pub(super) hears_beeps: bool,
    /// By payload number from the peer: index into `formats`, [`EVENT`] or [`NO_FORMAT`].
    types: [u8; 128],
    pub(super) formats: Formats,
    /// By payload number of the heard session's peer: the number that this session's peer has for the same format.
    pub(super) relay_types: [u8; 128],
    /// Whether the heard peer's keys are tones, and this one's peer takes events: the tones are taken out, and events sent.
    pub(super) gets_digits_as_events: bool,
    /// By the heard session's format: whether its packets can be converted one by one.
    pub(super) converts: Vec<Converts>,
    pub(super) encoder: Option<SendFormat>,
    pub(super) loaded: Loaded,
}

/// What a payload number from the peer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Audio { format: u8, clock_rate_hz: u32 },
    Event { clock_rate_hz: u32 },
    Unknown,
}

/// Whether payloads of an encoding that two legs share go from one's peer to the other's as they are. What can't be made anew does,
/// whatever the two have said of it.
fn is_relayed((heard, from): (&StreamSetup, &Format), (own, to): (&StreamSetup, &Format)) -> bool {
    let Some(codec) = codec::find(from) else { return true };
    let said = |formats: &[Format]| {
        formats.iter().find(|format| format.same_encoding(from)).map_or(String::new(), |f| f.fmtp.clone())
    };
    let (sender, own_said) = (said(&heard.send), said(&own.receive));
    let from_leg = Said { ours: &from.fmtp, peers: &sender };
    let to_leg = Said { ours: &own_said, peers: &to.fmtp };
    codec.relays(from_leg, to_leg) || codec.encoder(&to.fmtp, codec.rate_near(DEFAULT_RATE_HZ)).is_none()
}

impl Session {
    pub(super) fn new(
        now: Time,
        (slot, origin): (SlotId, Origin),
        leg: LegId,
        (peer, with_video): (IpAddr, bool),
        seed: StreamSeed,
    ) -> Self {
        Self::of(State {
            slot,
            origin,
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
            remade: Remade::default(),
            playout: None,
            playout_epoch: 0,
            is_disordered: false,
            converted: None,
            describes_silence: false,
            round: None,
            said_into: Vec::new(),
            hearing_db: 0,
            tail: None,
            packet_length: PacketLength::default(),
            clock_in_hz: DEFAULT_RATE_HZ,
            format_in: 0,
            clock_out_hz: DEFAULT_RATE_HZ,
            play: None,
            digits: DigitSender::default(),
            event_timestamp: 0,
            relay_tone: None,
            events: EventReceiver::default(),
            withholds_digits: false,
            lets_tone_pass: false,
            missed_event: None,
            tones: None,
            held_back: None,
            tone_pressed: None,
            watch: None,
            detection: None,
            recordings: Vec::new(),
            peer_report: PeerReport::default(),
            timed_out: false,
            figures: Figures::default(),
            sent_at_report: 0,
            codecs: None,
        })
    }

    /// A session made from its state alone; whom it hears is wired by the engine.
    pub(super) fn of(state: State) -> Self {
        let made = Made {
            listeners: Vec::new(),
            heard: None,
            hears_mix: None,
            is_wanted: false,
            hears_beeps: false,
            types: [NO_FORMAT; 128],
            formats: Formats::default(),
            relay_types: [NO_FORMAT; 128],
            gets_digits_as_events: false,
            converts: Vec::new(),
            encoder: None,
            loaded: state.play.as_ref().map(|play| Loaded::nothing_of(play.items())).unwrap_or_default(),
        };
        let mut session = Self { state, made };
        session.make_formats();
        session.load_codecs();
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
        self.state.video = video.map(Box::new);
        self.state.remade = Remade::default();
        self.state.playout = None;
        self.state.is_disordered = false;
        self.state.converted = None;
        self.state.describes_silence = false;
        self.state.tones = None;
        self.state.held_back = None;
        self.state.tone_pressed = None;
        self.state.lets_tone_pass = false;
        self.state.packet_length = PacketLength::default();
        self.make_formats();
        self.state.clock_out_hz =
            self.made.encoder.as_ref().map_or(DEFAULT_RATE_HZ, |e| e.codec.clock_rate_hz());
    }

    /// The state, with what the codecs remember.
    pub(super) fn kept(&self) -> State {
        let codecs = Some(Box::new(SavedCodecs::of(self.made.encoder.as_ref(), &self.made.formats)));
        State { codecs, ..self.state.clone() }
    }

    fn load_codecs(&mut self) {
        if let Some(saved) = self.state.codecs.take() {
            saved.load(self.made.encoder.as_mut(), &mut self.made.formats);
        }
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
            self.made.formats.push(format);
        }
        if let Some(event) = audio.telephone_event
            && let Some(meaning) = self.made.types.get_mut(usize::from(event.receive_payload_type))
        {
            *meaning = EVENT;
        }
        self.made.encoder = audio.send.iter().take(FORMATS_MAX).find_map(SendFormat::of);
    }

    /// What a payload number from the peer means.
    #[inline]
    pub(super) fn meaning(&self, payload_type: u8) -> Meaning {
        let known = self.made.types.get(usize::from(payload_type)).copied().unwrap_or(NO_FORMAT);
        if let Some(clock_rate_hz) = self.made.formats.clock_rate_hz(known) {
            return Meaning::Audio { format: known, clock_rate_hz };
        }
        match (known, self.state.audio.as_ref().and_then(|audio| audio.telephone_event)) {
            (EVENT, Some(event)) => Meaning::Event { clock_rate_hz: event.clock_rate_hz },
            (_, _) => Meaning::Unknown,
        }
    }

    /// Works out which of the heard peer's payload numbers can be relayed to this one's as they are, and as what.
    pub(super) fn make_relay_types(&mut self, heard: Option<&StreamSetup>) {
        self.made.relay_types = [NO_FORMAT; 128];
        self.made.converts.clear();
        self.made.gets_digits_as_events = false;
        let (Some(heard), Some(own)) = (heard, &self.state.audio) else { return };
        if heard.telephone_event.is_none() && own.telephone_event.is_some() && self.made.encoder.is_some() {
            self.made.gets_digits_as_events = true;
            return;
        }
        for from in heard.receive.iter().take(FORMATS_MAX) {
            let to = self.made.encoder.as_ref();
            let converts = to.map_or(Converts::No, |to| Converts::between(from, to, self.ptime_ms()));
            self.made.converts.push(converts);
            let same = own.send.iter().take(FORMATS_MAX).find(|to| to.same_encoding(from));
            let same = same.filter(|to| is_relayed((heard, from), (own, to)));
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

    /// Whether something of our own is sent in place of what the leg hears.
    #[inline]
    pub(super) fn is_covered(&self) -> bool {
        let state = &self.state;
        state.play.as_ref().is_some_and(Playing::is_started)
            || state.relay_tone.is_some()
            || state.digits.is_active()
    }

    /// The length of the packets that we make, in ms.
    pub(super) fn ptime_ms(&self) -> u16 {
        self.state.audio.as_ref().map_or(20, |audio| audio.ptime_ms.clamp(PTIME_MS.0, PTIME_MS.1))
    }

    /// Samples per second of what we make.
    pub(super) fn rate_hz(&self) -> u32 {
        self.made.encoder.as_ref().map_or(DEFAULT_RATE_HZ, |format| format.rate_hz)
    }

    /// A packet length as ticks of a clock.
    pub(super) fn ticks_of_ms(ms: u16, clock_rate_hz: u32) -> u32 {
        u32::try_from(u64::from(ms) * u64::from(clock_rate_hz) / 1_000).unwrap_or(u32::MAX)
    }

    /// Samples of our packets, at our rate: as long as was agreed, but whole frames of the codec. Those of some codecs and rates
    /// fit no round of ours: 30 ms of iLBC, 442 samples at 22,050 Hz.
    pub(super) fn frame_len(&self) -> usize {
        let rate_hz = self.rate_hz();
        let samples = Self::ticks_of_ms(self.ptime_ms(), rate_hz) as usize;
        samples.next_multiple_of(self.made.encoder.as_ref().map_or(1, SendFormat::unit))
    }

    /// How long they last in µs, rounded up: a timer that is a fraction early would give a packet the time of the one before.
    pub(super) fn frame_us(&self) -> u64 {
        (self.frame_len() as u64 * 1_000_000).div_ceil(u64::from(self.rate_hz().max(1)))
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
