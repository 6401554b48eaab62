//! What one packet costs in the engine alone: a bridge of two phones of one format, of two formats, and with a recording.
//! Run with `cargo bench -p cordboard-media`; each figure is for one packet.
#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark")]

use cordboard_base::{CallId, Format, LegId, Time};
use cordboard_media::rtp::Fields;
use cordboard_media::{Command, Engine, EngineConfig, SlotId, Source, StreamKind, StreamSeed, StreamSetup};
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use core::time::Duration;
use divan::counter::ItemsCount;

/// Sessions of an office with 400 calls.
const CALLS: u16 = 400;

/// Shows allocations beside the times: relaying must have none.
#[global_allocator]
static ALLOCATOR: divan::AllocProfiler = divan::AllocProfiler::system();

fn main() {
    divan::main();
}

struct Line {
    slot: SlotId,
    from: SocketAddr,
    sequence: u16,
}

struct Office {
    engine: Engine,
    now: Time,
    lines: Vec<Line>,
    payload_type: u8,
}

impl Office {
    fn new(first: &Format, second: &Format) -> Self {
        let mut engine = Engine::new(EngineConfig::default());
        let mut lines = Vec::new();
        for call in 0..CALLS {
            let legs = [0, 1].map(|index| LegId { call: CallId(u64::from(call)), index });
            for (leg, format) in legs.iter().zip([first, second]) {
                let ip = IpAddr::V4(Ipv4Addr::from(0x0A00_0000 + u32::from(call) * 2 + u32::from(leg.index)));
                let from = SocketAddr::new(ip, 4_000);
                let seed = StreamSeed { ssrc: u32::from(call), sequence: 0, timestamp: 0 };
                engine.handle(Time::ZERO, Command::Open { leg: *leg, peer: ip, video: false, seed });
                let audio = StreamSetup {
                    remote_rtp: Some(from),
                    remote_rtcp: None,
                    rtcp_mux: false,
                    send: vec![format.clone()],
                    receive: vec![format.clone()],
                    telephone_event: None,
                    ptime_ms: 20,
                    sends: true,
                    receives: true,
                    timeout_ms: 30_000,
                    extended_reports: Default::default(),
                };
                engine.handle(Time::ZERO, Command::Setup { leg: *leg, audio: Some(audio), video: None });
                lines.push(Line { slot: engine.slot(*leg).unwrap(), from, sequence: 0 });
            }
            let [a, b] = legs;
            engine.handle(Time::ZERO, Command::Hear { leg: a, source: Source::Leg(b) });
            engine.handle(Time::ZERO, Command::Hear { leg: b, source: Source::Leg(a) });
        }
        while engine.poll().is_some() {}
        Self { engine, now: Time::ZERO, lines, payload_type: first.payload_type }
    }

    /// One packet from every first leg, as the sockets would give them.
    fn round(&mut self, buffer: &mut [u8; 172]) -> usize {
        self.now = self.now + Duration::from_millis(20);
        let mut sent = 0;
        for line in self.lines.iter_mut().step_by(2) {
            let timestamp = u32::from(line.sequence) * 160;
            let fields = Fields {
                marker: false,
                payload_type: self.payload_type,
                sequence: line.sequence,
                timestamp,
                ssrc: 7,
            };
            line.sequence = line.sequence.wrapping_add(1);
            buffer[..12].copy_from_slice(&fields.to_bytes());
            let forward = self.engine.packet(self.now, line.slot, StreamKind::AudioRtp, line.from, buffer);
            sent += usize::from(divan::black_box(forward).is_some());
        }
        while self.engine.poll().is_some() {}
        sent
    }
}

fn bench(bencher: divan::Bencher<'_, '_>, first: Format, second: Format) {
    let mut office = Office::new(&first, &second);
    let mut buffer = [0x55; 172];
    assert_eq!(office.round(&mut buffer), usize::from(CALLS));
    bencher.counter(ItemsCount::new(CALLS)).bench_local(|| office.round(&mut buffer));
}

/// 400 calls, header rewritten.
#[divan::bench]
fn relay(bencher: divan::Bencher<'_, '_>) {
    bench(bencher, Format::new(8, "PCMA", 8_000), Format::new(8, "PCMA", 8_000));
}

/// 400 calls, A-law to µ-law.
#[divan::bench]
fn convert(bencher: divan::Bencher<'_, '_>) {
    bench(bencher, Format::new(8, "PCMA", 8_000), Format::new(0, "PCMU", 8_000));
}
