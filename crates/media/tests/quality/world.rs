//! Phones of any codec around one engine in virtual time, with networks between that delay, double and lose.
#![allow(dead_code, reason = "the benchmark uses a part of it")]

use super::pairs::said_of;
use cordboard_base::{Anchor, CallId, Format, LegId, Time};
use cordboard_media::codec::{self, Codec, Encoder};
use cordboard_media::rtp::{Fields, Packet, is_rtcp};
use cordboard_media::{
    Command, Engine, EngineConfig, Event, EventPayload, Output, SampleKey, Samples, SlotId, Source,
    StreamKind, StreamSeed, StreamSetup, TelephoneEvent,
};
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::Arc;

/// When everything begins.
pub(crate) const START: Time = Time::from_secs(10);
/// The number of telephone events, both ways.
pub(crate) const EVENTS: u8 = 101;

/// A packet that reached a phone.
#[derive(Clone, Debug)]
pub(crate) struct Got {
    pub(crate) at: Time,
    pub(crate) payload_type: u8,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    pub(crate) payload: Vec<u8>,
}

/// One phone and our leg towards it.
#[derive(Debug)]
pub(crate) struct Phone {
    pub(crate) leg: LegId,
    pub(crate) slot: SlotId,
    pub(crate) address: SocketAddr,
    pub(crate) codec: &'static dyn Codec,
    pub(crate) format: Format,
    pub(crate) encoder: Box<dyn Encoder>,
    pub(crate) ptime_ms: u32,
    /// How much its clock is fast.
    pub(crate) ppm: i64,
    pub(crate) sequence: u16,
    /// Samples said so far.
    pub(crate) said: u64,
    pub(crate) got: Vec<Got>,
}

/// A recording as it was handed out.
#[derive(Debug, Default)]
pub(crate) struct Recorded {
    pub(crate) rate_hz: u32,
    pub(crate) channels: usize,
    pub(crate) samples: Vec<i16>,
}

/// The engine and its phones.
pub(crate) struct World {
    pub(crate) now: Time,
    pub(crate) engine: Engine,
    pub(crate) phones: Vec<Phone>,
    /// Datagrams under way, by their time of arrival.
    under_way: BTreeMap<(Time, u64), (usize, Vec<u8>)>,
    sent: u64,
    pub(crate) events: Vec<(Time, Event)>,
    pub(crate) recorded: Recorded,
    pub(crate) sounds: BTreeMap<SampleKey, Arc<Samples>>,
}

/// How a phone is set up, where it is not as usual.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    /// Packets of the phone's and of ours, in ms.
    pub(crate) ptime_ms: u32,
    /// The clock of telephone events; `None`: keys are tones.
    pub(crate) event_clock_hz: Option<u32>,
}

impl Manner {
    pub(crate) fn of(codec: &dyn Codec) -> Self {
        Self { ptime_ms: 20, event_clock_hz: Some(codec.clock_rate_hz()) }
    }
}

/// What the network does to packet number n: how much later than sent it comes; none: never; several: several times.
pub(crate) type Network<'a> = &'a dyn Fn(usize) -> Vec<Duration>;

/// Nothing.
pub(crate) fn calm(_: usize) -> Vec<Duration> {
    vec![Duration::ZERO]
}

/// Samples of one packet, at the codec's rate.
pub(crate) fn packet_samples(codec: &dyn Codec, ptime_ms: u32) -> usize {
    let samples = u64::from(codec.sample_rate_hz()) * u64::from(ptime_ms) / 1_000;
    usize::try_from(samples).unwrap().next_multiple_of(codec.frame_samples())
}

/// How long so many samples last.
pub(crate) fn lasting(samples: u64, rate_hz: u32) -> Duration {
    Duration::from_micros(samples * 1_000_000 / u64::from(rate_hz))
}

impl World {
    pub(crate) fn new() -> Self {
        let anchor = Anchor { unix_us: 1_800_000_000_000_000 };
        Self {
            now: START,
            engine: Engine::new(EngineConfig { anchor, figures: false, number: 0 }),
            phones: Vec::new(),
            under_way: BTreeMap::new(),
            sent: 0,
            events: Vec::new(),
            recorded: Recorded::default(),
            sounds: BTreeMap::new(),
        }
    }

    /// Opens and sets up a leg.
    pub(crate) fn phone(&mut self, codec: &'static dyn Codec, manner: Manner) -> usize {
        let n = u8::try_from(self.phones.len()).unwrap() + 1;
        let leg = LegId { call: CallId(1), index: u16::from(n) };
        let ip = IpAddr::V4(Ipv4Addr::new(192, 0, 2, n));
        let address = SocketAddr::new(ip, 4_000);
        let seed = StreamSeed { ssrc: 0x1000 + u32::from(n), sequence: 65_500, timestamp: u32::MAX - 9_000 };
        self.handle(Command::Open { leg, peer: ip, video: false, seed });
        let slot = self.engine.slot(leg).unwrap();
        let format = Format { fmtp: said_of(codec).to_owned(), ..codec::offered(codec) };
        let encoder = codec.encoder(said_of(codec), codec.sample_rate_hz()).unwrap();
        let ptime_ms = manner.ptime_ms;
        let phone = Phone {
            leg,
            slot,
            address,
            codec,
            format: format.clone(),
            encoder,
            ptime_ms,
            ppm: 0,
            sequence: 65_530,
            said: 0,
            got: vec![],
        };
        self.phones.push(phone);
        let telephone_event = manner.event_clock_hz.map(|clock_rate_hz| TelephoneEvent {
            send_payload_type: EVENTS,
            receive_payload_type: EVENTS,
            clock_rate_hz,
        });
        let audio = StreamSetup {
            remote_rtp: Some(address),
            remote_rtcp: None,
            rtcp_mux: false,
            send: vec![format.clone()],
            receive: vec![format],
            telephone_event,
            ptime_ms: u16::try_from(ptime_ms).unwrap(),
            sends: true,
            receives: true,
            timeout_ms: 0,
            extended_reports: Default::default(),
        };
        self.handle(Command::Setup { leg, audio: Some(audio), video: None });
        self.phones.len() - 1
    }

    pub(crate) fn leg(&self, phone: usize) -> LegId {
        self.phones[phone].leg
    }

    pub(crate) fn hear(&mut self, phone: usize, source: Source) {
        let leg = self.leg(phone);
        self.handle(Command::Hear { leg, source });
    }

    /// Both hear each other.
    pub(crate) fn bridge(&mut self, a: usize, b: usize) {
        self.hear(a, Source::Leg(self.leg(b)));
        self.hear(b, Source::Leg(self.leg(a)));
    }

    pub(crate) fn handle(&mut self, command: Command) {
        self.engine.handle(self.now, command);
        self.drain();
    }

    /// A phone says samples of its codec's rate from `begin` on: each packet is sent when its last sample has been said.
    pub(crate) fn say(&mut self, phone: usize, begin: Time, samples: &[i16], network: Network<'_>) {
        let state = &mut self.phones[phone];
        let (rate_hz, clock_hz) = (state.codec.sample_rate_hz(), state.codec.clock_rate_hz());
        let count = packet_samples(state.codec, state.ptime_ms);
        let mut frame = vec![0; count];
        for (n, piece) in samples.chunks(count).enumerate() {
            frame[..piece.len()].copy_from_slice(piece);
            frame[piece.len()..].fill(0);
            let mut payload = Vec::new();
            state.encoder.encode(&frame, &mut payload);
            let timestamp = state.said * u64::from(clock_hz) / u64::from(rate_hz) + 7_000;
            let bytes = Fields {
                marker: n == 0,
                payload_type: state.format.payload_type,
                sequence: state.sequence,
                timestamp: (timestamp & 0xFFFF_FFFF) as u32,
                ssrc: 77,
            }
            .packet(&payload);
            state.sequence = state.sequence.wrapping_add(1);
            state.said += count as u64;
            let us = (n as u64 + 1) * count as u64 * 1_000_000 / u64::from(rate_hz);
            let us = i128::from(us) * i128::from(1_000_000 - state.ppm) / 1_000_000;
            let sent = begin + Duration::from_micros(u64::try_from(us).unwrap());
            for late in network(n) {
                self.sent += 1;
                self.under_way.insert((sent + late, self.sent), (phone, bytes.clone()));
            }
        }
    }

    /// A phone presses a key at `begin` in the manner of RFC 4733.
    pub(crate) fn press(&mut self, phone: usize, begin: Time, code: u8, ms: u32, clock_hz: u32) {
        let state = &mut self.phones[phone];
        let timestamp = state.said * u64::from(state.codec.clock_rate_hz())
            / u64::from(state.codec.sample_rate_hz())
            + 7_000;
        let steps = ms.div_ceil(20);
        for n in 1..=steps + 2 {
            let lasted_ms = (n * 20).min(ms);
            let duration = u16::try_from(lasted_ms * (clock_hz / 1_000)).unwrap();
            let payload = EventPayload { code, end: n >= steps, volume: 10, duration }.to_bytes();
            let bytes = Fields {
                marker: n == 1,
                payload_type: EVENTS,
                sequence: state.sequence,
                timestamp: (timestamp & 0xFFFF_FFFF) as u32,
                ssrc: 77,
            }
            .packet(&payload);
            state.sequence = state.sequence.wrapping_add(1);
            self.sent += 1;
            let sent = begin + Duration::from_millis(u64::from(n.min(steps) * 20));
            self.under_way.insert((sent, self.sent), (phone, bytes));
        }
        state.said += u64::from(steps) * u64::from(state.codec.sample_rate_hz()) / 50;
    }

    /// Lets time pass until then: packets arrive, timers run.
    pub(crate) fn run_until(&mut self, end: Time) {
        loop {
            let due = self.engine.next_deadline().filter(|&due| due <= end);
            let arrival = self.under_way.keys().next().copied().filter(|(at, _)| *at <= end);
            match (due, arrival) {
                (Some(due), arrival) if arrival.is_none_or(|(at, _)| due <= at) => {
                    self.now = self.now.max(due);
                    self.engine.tick(self.now);
                    self.drain();
                }
                (_, Some(key)) => {
                    let (phone, mut bytes) = self.under_way.remove(&key).unwrap();
                    self.now = self.now.max(key.0);
                    let (slot, address) = (self.phones[phone].slot, self.phones[phone].address);
                    let forward =
                        self.engine.packet(self.now, slot, StreamKind::AudioRtp, address, &mut bytes);
                    if let Some(f) = forward {
                        self.got(f.slot, &bytes[f.start..f.end]);
                    }
                    self.drain();
                }
                (Some(_) | None, None) => break,
            }
        }
        self.now = end;
    }

    fn got(&mut self, slot: SlotId, bytes: &[u8]) {
        if is_rtcp(bytes) {
            return;
        }
        let packet = Packet::parse(bytes).unwrap();
        let header = packet.header;
        let got = Got {
            at: self.now,
            payload_type: header.payload_type,
            sequence: header.sequence,
            timestamp: header.timestamp,
            payload: packet.payload.to_vec(),
        };
        self.phones.iter_mut().find(|phone| phone.slot == slot).unwrap().got.push(got);
    }

    fn drain(&mut self) {
        while let Some(output) = self.engine.poll() {
            match output {
                Output::Packet { slot, stream: StreamKind::AudioRtp, bytes, .. } => self.got(slot, &bytes),
                Output::Shared { slot, header, payload, .. } => {
                    self.got(slot, &[header.as_slice(), &payload].concat());
                }
                Output::Event(event) => self.events.push((self.now, event)),
                Output::Load(key) => {
                    let samples = self.sounds.get(&key).cloned();
                    self.engine.loaded(self.now, &key, samples);
                }
                Output::RecordStarted { rate_hz, channels, .. } => {
                    self.recorded = Recorded { rate_hz, channels: usize::from(channels), samples: vec![] };
                }
                Output::Recorded { samples, .. } => self.recorded.samples.extend(samples),
                _ => {}
            }
        }
    }

    /// Digits that were told, with their lengths.
    pub(crate) fn digits(&self) -> Vec<(char, u16)> {
        let of = |(_, event): &(Time, Event)| {
            let Event::Digit { digit, duration_ms, .. } = event else { return None };
            Some((*digit, *duration_ms))
        };
        self.events.iter().filter_map(of).collect()
    }

    /// What a phone's owner hears from `begin` on, at its codec's rate: packets stand where their timestamps say, as early as the
    /// latest of them allows. Silence where there are none.
    pub(crate) fn ear(&self, phone: usize, begin: Time) -> Vec<i16> {
        let Phone { codec, got, .. } = &self.phones[phone];
        let (rate_hz, clock_hz) = (i64::from(codec.sample_rate_hz()), i64::from(codec.clock_rate_hz()));
        let mut audio: Vec<&Got> = got.iter().filter(|got| got.payload_type != EVENTS).collect();
        let Some(first) = audio.first().copied() else { return vec![] };
        let age = |got: &Got| i64::from(got.timestamp.wrapping_sub(first.timestamp).cast_signed());
        audio.sort_by_key(|got| age(got));
        let us = |at: Time| i64::try_from(at.as_micros()).unwrap();
        let offset_us = audio.iter().map(|got| us(got.at) - age(got) * 1_000_000 / clock_hz).max().unwrap();
        let mut decoder = codec.decoder("", codec.sample_rate_hz()).unwrap();
        let mut heard = Vec::new();
        for got in audio {
            let mut samples = Vec::new();
            decoder.decode(&got.payload, &mut samples).unwrap();
            let at = (offset_us - us(begin)) * rate_hz / 1_000_000 + age(got) * rate_hz / clock_hz;
            for (n, sample) in (at..).zip(samples) {
                let Ok(n) = usize::try_from(n) else { continue };
                if heard.len() <= n {
                    heard.resize(n + 1, 0);
                }
                heard[n] = sample;
            }
        }
        heard
    }
}
