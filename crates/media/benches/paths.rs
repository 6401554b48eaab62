//! What a packet of speech costs in the engine alone on its way from one codec to another: decoded, played out, resampled and
//! encoded. `cargo bench -p cordboard-media --bench paths`, or with a part of a pair's name after `--`.
#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark")]

#[path = "../tests/quality/measure.rs"]
mod measure;

use cordboard_base::{CallId, LegId, Time};
use cordboard_media::codec::{Codec, G722, OPUS, PCMA, PCMU, offered};
use cordboard_media::rtp::Fields;
use cordboard_media::{
    Command, Engine, EngineConfig, SlotId, Source, StreamKind, StreamSeed, StreamSetup, TelephoneEvent,
};
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use core::time::Duration;
use std::time::Instant;

/// So many at a time, that no coder stays in the nearest cache.
const CALLS: u16 = 100;
/// Of 20 ms each.
const ROUNDS: usize = 100;
/// Each is counted so often.
const TURNS: usize = 8;
/// Phones have them: else their tones would be looked for.
const EVENTS: TelephoneEvent =
    TelephoneEvent { send_payload_type: 101, receive_payload_type: 101, clock_rate_hz: 8_000 };

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let codecs: [&'static dyn Codec; 4] = [&PCMU, &PCMA, &G722, &OPUS];
    for from in codecs {
        let packets = spoken(from);
        for to in codecs {
            let name = format!("{} → {}", from.name(), to.name());
            if !wanted.is_empty() && !wanted.iter().any(|part| name.contains(part.as_str())) {
                continue;
            }
            let mut office = Office::new(from, to);
            // Each round's least: who has the processor between two of them only ever adds.
            let mut least = [f64::INFINITY; ROUNDS];
            for _ in 0..TURNS {
                for least in &mut least {
                    *least = office.round(&packets).min(*least);
                }
            }
            let us = least.iter().sum::<f64>() / ROUNDS as f64;
            println!("{name:16} {us:6.2} µs a packet");
        }
    }
}

fn spoken(codec: &dyn Codec) -> Vec<Vec<u8>> {
    let samples = measure::resampled(&measure::speech_16k(), 16_000, codec.sample_rate_hz());
    let mut encoder = codec.encoder("", codec.sample_rate_hz()).unwrap();
    let encode = |frame: &[i16]| {
        let mut payload = Vec::new();
        encoder.encode(frame, &mut payload);
        payload
    };
    samples.chunks_exact(codec.sample_rate_hz() as usize / 50).map(encode).collect()
}

struct Office {
    engine: Engine,
    now: Time,
    lines: Vec<(SlotId, SocketAddr)>,
    payload_type: u8,
    clock_hz: u32,
    sequence: u16,
}

impl Office {
    fn new(from: &'static dyn Codec, to: &'static dyn Codec) -> Self {
        let mut engine = Engine::new(EngineConfig::default());
        let mut lines = Vec::new();
        for call in 0..CALLS {
            let legs = [0, 1].map(|index| LegId { call: CallId(u64::from(call)), index });
            for (leg, codec) in legs.into_iter().zip([from, to]) {
                let ip = IpAddr::V4(Ipv4Addr::from(0x0A00_0000 + u32::from(call) * 2 + u32::from(leg.index)));
                let remote = SocketAddr::new(ip, 4_000);
                let seed = StreamSeed { ssrc: u32::from(call), sequence: 0, timestamp: 0 };
                engine.handle(Time::ZERO, Command::Open { leg, peer: ip, video: false, seed });
                let audio = StreamSetup {
                    remote_rtp: Some(remote),
                    remote_rtcp: None,
                    rtcp_mux: false,
                    send: vec![offered(codec)],
                    receive: vec![offered(codec)],
                    telephone_event: Some(EVENTS),
                    ptime_ms: 20,
                    sends: true,
                    receives: true,
                    timeout_ms: 0,
                    extended_reports: Default::default(),
                };
                engine.handle(Time::ZERO, Command::Setup { leg, audio: Some(audio), video: None });
                lines.push((engine.slot(leg).unwrap(), remote));
            }
            let [a, b] = legs;
            engine.handle(Time::ZERO, Command::Hear { leg: b, source: Source::Leg(a) });
        }
        while engine.poll().is_some() {}
        let (payload_type, clock_hz) = (offered(from).payload_type, from.clock_rate_hz());
        Self { engine, now: Time::ZERO, lines, payload_type, clock_hz, sequence: 0 }
    }

    /// A packet from every first leg; µs of each.
    fn round(&mut self, packets: &[Vec<u8>]) -> f64 {
        let begun = Instant::now();
        let mut buffer = [0; 1_500];
        let mut sent = 0;
        self.now = self.now + Duration::from_millis(20);
        let sequence = self.sequence;
        self.sequence = sequence.wrapping_add(1);
        let payload = &packets[usize::from(sequence) % ROUNDS % packets.len()];
        let fields = Fields {
            marker: false,
            payload_type: self.payload_type,
            sequence,
            timestamp: u32::from(sequence) * (self.clock_hz / 50),
            ssrc: 7,
        };
        for &(slot, from) in self.lines.iter().step_by(2) {
            let bytes = &mut buffer[..12 + payload.len()];
            bytes[..12].copy_from_slice(&fields.to_bytes());
            bytes[12..].copy_from_slice(payload);
            let forward = self.engine.packet(self.now, slot, StreamKind::AudioRtp, from, bytes);
            sent += usize::from(forward.is_some());
            self.engine.tick(self.now);
            while let Some(output) = self.engine.poll() {
                std::hint::black_box(output);
                sent += 1;
            }
        }
        assert!(sequence < 5 || sent > 0, "nothing was sent");
        begun.elapsed().as_secs_f64() * 1e6 / f64::from(CALLS)
    }
}
