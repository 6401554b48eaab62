//! Phones around one engine in virtual time: what they send, what reaches them.
#![allow(dead_code, reason = "every test file uses a part of it")]

use cordboard_base::{Anchor, CallId, Format, LegId, Time};
use cordboard_media::rtp::{Fields, Packet, is_rtcp};
use cordboard_media::{
    Block, Command, Engine, EngineConfig, Event, Found, Output, RecordingId, RecordingOf, SampleKey, Samples,
    SlotId, Source, StreamKind, StreamSeed, StreamSetup, TelephoneEvent,
};
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A packet as a phone got it.
#[derive(Clone, Debug)]
pub(crate) struct Got {
    pub(crate) at: Time,
    pub(crate) stream: StreamKind,
    pub(crate) to: SocketAddr,
    pub(crate) bytes: Vec<u8>,
}

impl Got {
    pub(crate) fn rtp(&self) -> Packet<'_> {
        Packet::parse(&self.bytes).unwrap()
    }
}

/// One phone and our leg towards it.
#[derive(Clone, Debug)]
pub(crate) struct Phone {
    pub(crate) leg: LegId,
    pub(crate) slot: SlotId,
    pub(crate) address: SocketAddr,
    pub(crate) payload_type: u8,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    pub(crate) ssrc: u32,
}

pub(crate) struct World {
    pub(crate) now: Time,
    pub(crate) engine: Engine,
    pub(crate) phones: Vec<Phone>,
    pub(crate) got: BTreeMap<SlotId, Vec<Got>>,
    pub(crate) events: Vec<(Time, Event)>,
    pub(crate) others: Vec<Output>,
    /// Payloads that came under headers of their own.
    pub(crate) shared: Vec<Arc<[u8]>>,
    pub(crate) sounds: BTreeMap<SampleKey, Arc<Samples>>,
    /// Files, and prompts that are long, at 16 kHz.
    pub(crate) long: BTreeMap<String, Vec<i16>>,
    /// Their blocks: all are given the same.
    pub(crate) cut: BTreeMap<(String, u64), Found>,
    /// The numbers of the blocks of those that were asked for.
    pub(crate) blocks_asked: Vec<u64>,
    /// What every block of music sounds like.
    pub(crate) music: Option<Arc<Samples>>,
    /// Loads are answered at once unless this is set.
    pub(crate) hold_loads: bool,
}

/// A block as the shell cuts it: with both neighbours' ends, the last one as long as it is.
pub(crate) fn block_of(data: &[i16], number: u64) -> Found {
    use cordboard_media::music::{BLOCK_MS, BLOCK_RATE_HZ, MARGIN_MS};
    let (block, margin) = ((BLOCK_RATE_HZ / 1_000 * BLOCK_MS) as usize, (16 * MARGIN_MS) as usize);
    let start = usize::try_from(number).unwrap().saturating_mul(block).min(data.len());
    let end = (start + block).min(data.len());
    let at = |n: usize| n.checked_sub(margin).and_then(|n| data.get(n)).copied().unwrap_or(0);
    let samples = Samples { rate_hz: BLOCK_RATE_HZ, data: (start..end + 2 * margin).map(at).collect() };
    let length_ms = Some(data.len() as u64 / 16);
    Found::Block(Block { samples: Arc::new(samples), is_last: end == data.len(), length_ms })
}

pub(crate) const PCMU: u8 = 0;
pub(crate) const PCMA: u8 = 8;
pub(crate) const G722: u8 = 9;
pub(crate) const OPUS: u8 = 111;

pub(crate) fn format(payload_type: u8) -> Format {
    match payload_type {
        0 => Format::new(0, "PCMU", 8_000),
        8 => Format::new(8, "PCMA", 8_000),
        9 => Format::new(9, "G722", 8_000),
        18 => Format::new(18, "G729", 8_000),
        OPUS => Format { channels: 2, ..Format::new(OPUS, "opus", 48_000) },
        96 => Format::new(96, "L16", 16_000),
        other => Format::new(other, "L16", 8_000),
    }
}

/// An agreement on one format and telephone events under 101.
pub(crate) fn setup(payload_type: u8, address: SocketAddr) -> StreamSetup {
    StreamSetup {
        remote_rtp: Some(address),
        remote_rtcp: None,
        rtcp_mux: false,
        send: vec![format(payload_type)],
        receive: vec![format(payload_type)],
        telephone_event: Some(TelephoneEvent {
            send_payload_type: 101,
            receive_payload_type: 101,
            clock_rate_hz: format(payload_type).clock_rate_hz,
        }),
        ptime_ms: 20,
        sends: true,
        receives: true,
        timeout_ms: 0,
        extended_reports: Default::default(),
    }
}

const ANCHOR: Anchor = Anchor { unix_us: 1_800_000_000_000_000 };

impl World {
    pub(crate) fn anchor(&self) -> Anchor {
        ANCHOR
    }

    pub(crate) fn new() -> Self {
        Self {
            now: Time::from_secs(1),
            engine: Engine::new(EngineConfig { anchor: ANCHOR, figures: false, number: 0 }),
            phones: Vec::new(),
            got: BTreeMap::new(),
            events: Vec::new(),
            others: Vec::new(),
            shared: Vec::new(),
            sounds: BTreeMap::new(),
            long: BTreeMap::new(),
            cut: BTreeMap::new(),
            blocks_asked: Vec::new(),
            music: None,
            hold_loads: false,
        }
    }

    /// Two phones of these formats that hear each other.
    pub(crate) fn bridge(a: u8, b: u8) -> (Self, usize, usize) {
        let mut world = Self::new();
        let (a, b) = (world.phone(a), world.phone(b));
        world.hear(a, Source::Leg(world.leg(b)));
        world.hear(b, Source::Leg(world.leg(a)));
        (world, a, b)
    }

    /// Opens and sets up a leg.
    pub(crate) fn phone(&mut self, payload_type: u8) -> usize {
        let n = u8::try_from(self.phones.len()).unwrap() + 1;
        let leg = LegId { call: CallId(1), index: u16::from(n) };
        let ip = IpAddr::V4(Ipv4Addr::new(192, 0, 2, n));
        let address = SocketAddr::new(ip, 4_000);
        let seed =
            StreamSeed { ssrc: 0x1000 + u32::from(n), sequence: 1_000 * u16::from(n), timestamp: 50_000 };
        self.handle(Command::Open { leg, peer: ip, video: true, seed });
        let slot = self.engine.slot(leg).unwrap();
        let (sequence, timestamp, ssrc) = (100, 7_000, 0xAA00 + u32::from(n));
        self.phones.push(Phone { leg, slot, address, payload_type, sequence, timestamp, ssrc });
        self.handle(Command::Setup { leg, audio: Some(setup(payload_type, address)), video: None });
        self.phones.len() - 1
    }

    pub(crate) fn leg(&self, phone: usize) -> LegId {
        self.phones[phone].leg
    }

    /// A name for a recording of a phone's leg.
    pub(crate) fn recording(&self, phone: usize) -> RecordingId {
        RecordingId { of: RecordingOf::Leg(self.leg(phone)), number: 1 }
    }

    /// What a recording holds so far.
    pub(crate) fn recorded(&self, wanted: RecordingId) -> Vec<i16> {
        let of = |output: &Output| {
            let Output::Recorded { id, samples } = output else { return None };
            (*id == wanted).then(|| samples.clone())
        };
        self.others.iter().filter_map(of).flatten().collect()
    }

    pub(crate) fn setup(&mut self, phone: usize, change: impl FnOnce(&mut StreamSetup)) {
        let Phone { leg, address, payload_type, .. } = self.phones[phone];
        let mut audio = setup(payload_type, address);
        change(&mut audio);
        self.handle(Command::Setup { leg, audio: Some(audio), video: None });
    }

    pub(crate) fn hear(&mut self, phone: usize, source: Source) {
        let leg = self.leg(phone);
        self.handle(Command::Hear { leg, source });
    }

    pub(crate) fn handle(&mut self, command: Command) {
        self.engine.handle(self.now, command);
        self.drain();
    }

    /// A datagram to a phone's leg from any address.
    pub(crate) fn datagram(&mut self, phone: usize, stream: StreamKind, from: SocketAddr, bytes: &[u8]) {
        let mut buffer = bytes.to_vec();
        let slot = self.phones[phone].slot;
        let forward = self.engine.packet(self.now, slot, stream, from, &mut buffer);
        if let Some(f) = forward {
            let got =
                Got { at: self.now, stream: f.stream, to: f.to, bytes: buffer[f.start..f.end].to_vec() };
            self.got.entry(f.slot).or_default().push(got);
        }
        self.drain();
    }

    /// The next packet of a phone's stream, its numbers counted on.
    pub(crate) fn send(&mut self, phone: usize, payload: &[u8]) {
        let phone_state = self.phones[phone].clone();
        let bytes = Fields {
            marker: false,
            payload_type: phone_state.payload_type,
            sequence: phone_state.sequence,
            timestamp: phone_state.timestamp,
            ssrc: phone_state.ssrc,
        }
        .packet(payload);
        let ticks = match phone_state.payload_type {
            0 | 8 | 9 | 18 => payload.len(),
            OPUS => 960,
            _ => payload.len() / 2,
        };
        let p = &mut self.phones[phone];
        p.sequence = p.sequence.wrapping_add(1);
        p.timestamp = p.timestamp.wrapping_add(u32::try_from(ticks).unwrap());
        self.datagram(phone, StreamKind::AudioRtp, phone_state.address, &bytes);
    }

    /// Lets time pass up to a moment.
    pub(crate) fn run_until(&mut self, at: Time) {
        self.run_for(at.since(self.now));
    }

    /// A packet of so many samples that never arrives.
    pub(crate) fn lose(&mut self, phone: usize, samples: u32) {
        let phone = &mut self.phones[phone];
        phone.sequence = phone.sequence.wrapping_add(1);
        phone.timestamp = phone.timestamp.wrapping_add(samples);
    }

    /// Lets time pass, ticking at every deadline.
    pub(crate) fn run_ms(&mut self, ms: u64) {
        self.run_for(Duration::from_millis(ms));
    }

    fn run_for(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(due) = self.engine.next_deadline().filter(|&due| due <= end) {
            self.now = self.now.max(due);
            self.engine.tick(self.now);
            self.drain();
        }
        self.now = end;
    }

    pub(crate) fn drain(&mut self) {
        while let Some(output) = self.engine.poll() {
            match output {
                Output::Packet { slot, stream, to, bytes } => {
                    self.got.entry(slot).or_default().push(Got { at: self.now, stream, to, bytes });
                }
                Output::Shared { slot, to, header, payload } => {
                    let bytes = [header.as_slice(), &payload].concat();
                    let stream = StreamKind::AudioRtp;
                    self.got.entry(slot).or_default().push(Got { at: self.now, stream, to, bytes });
                    self.shared.push(payload);
                }
                Output::Event(event) => self.events.push((self.now, event)),
                Output::Load(key) if !self.hold_loads => {
                    let found = match &key {
                        SampleKey::Music { .. } => self.music.clone().into(),
                        SampleKey::Prompt { name, .. } if self.long.contains_key(name) => Found::Long,
                        SampleKey::Prompt { .. } => self.sounds.get(&key).cloned().into(),
                        SampleKey::PromptBlock { name, block, .. }
                        | SampleKey::FileBlock { path: name, block } => {
                            self.blocks_asked.push(*block);
                            let data = self.long.get(name);
                            let cut = self.cut.entry((name.clone(), *block));
                            cut.or_insert_with(|| data.map_or(Found::Missing, |d| block_of(d, *block)))
                                .clone()
                        }
                    };
                    self.engine.loaded(self.now, &key, found);
                }
                other @ (Output::Load(_)
                | Output::Bind { .. }
                | Output::Unbind { .. }
                | Output::Latch { .. }
                | Output::RecordStarted { .. }
                | Output::Recorded { .. }
                | Output::RecordEnded { .. }) => self.others.push(other),
            }
        }
    }

    /// RTP packets that reached a phone since they were last taken.
    pub(crate) fn take_rtp(&mut self, phone: usize) -> Vec<Got> {
        let slot = self.phones[phone].slot;
        let (rtp, rest) = self
            .got
            .remove(&slot)
            .unwrap_or_default()
            .into_iter()
            .partition(|got| got.stream == StreamKind::AudioRtp && !is_rtcp(&got.bytes));
        self.got.insert(slot, rest);
        rtp
    }
}

impl World {
    /// What reached a phone's ear since it was last asked, packets put together in their order of arrival.
    pub(crate) fn audio(&mut self, phone: usize) -> Vec<i16> {
        let codec = cordboard_media::codec::find(&format(self.phones[phone].payload_type)).unwrap();
        let mut decoder = codec.decoder("", codec.sample_rate_hz()).unwrap();
        let mut samples = Vec::new();
        for got in self.take_rtp(phone) {
            if got.rtp().header.payload_type != 101 {
                decoder.decode(got.rtp().payload, &mut samples).unwrap();
            }
        }
        samples
    }

    /// A packet of linear audio in a phone's own format.
    pub(crate) fn speak(&mut self, phone: usize, samples: &[i16]) {
        let codec = cordboard_media::codec::find(&format(self.phones[phone].payload_type)).unwrap();
        let mut payload = Vec::new();
        codec.encoder("", codec.sample_rate_hz()).unwrap().encode(samples, &mut payload);
        self.send(phone, &payload);
    }

    /// One packet of an event; the stream's sequence goes on, its timestamp stands still.
    pub(crate) fn event_packet(&mut self, phone: usize, code: u8, duration: u16, end: bool) {
        let p = self.phones[phone].clone();
        let payload = cordboard_media::EventPayload { code, end, volume: 10, duration }.to_bytes();
        let bytes = Fields {
            marker: duration == 160,
            payload_type: 101,
            sequence: p.sequence,
            timestamp: p.timestamp,
            ssrc: p.ssrc,
        }
        .packet(&payload);
        self.phones[phone].sequence = p.sequence.wrapping_add(1);
        self.datagram(phone, StreamKind::AudioRtp, p.address, &bytes);
    }

    /// Presses a key for 100 ms, as phones do.
    pub(crate) fn press(&mut self, phone: usize, code: u8) {
        for n in 1..=5 {
            self.event_packet(phone, code, n * 160, false);
            self.run_ms(20);
        }
        for _ in 0..3 {
            self.event_packet(phone, code, 800, true);
        }
        self.phones[phone].timestamp += 1_600;
        self.run_ms(100);
    }

    pub(crate) fn digits(&self) -> Vec<(char, u16)> {
        let of = |(_, event): &(_, Event)| {
            let Event::Digit { digit, duration_ms, .. } = event else { return None };
            Some((*digit, *duration_ms))
        };
        self.events.iter().filter_map(of).collect()
    }

    /// A packet to a phone's leg whose fate nobody looks at.
    pub(crate) fn engine_only(&mut self, phone: usize) {
        let p = &self.phones[phone];
        let (payload_type, sequence, timestamp, ssrc) = (p.payload_type, p.sequence, p.timestamp, p.ssrc);
        let fields = Fields { marker: false, payload_type, sequence, timestamp, ssrc };
        let mut bytes = [0; 12];
        bytes.copy_from_slice(&fields.to_bytes());
        self.engine.packet(self.now, p.slot, StreamKind::AudioRtp, p.address, &mut bytes);
        self.drain();
    }
}
