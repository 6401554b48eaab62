//! Talk-off: speech that is taken for a digit. A minute of the house's own prompts here, in two languages, faster and slower, higher and
//! lower, louder and softer; `cargo bench -p cordboard-sounds --bench talk_off` makes an hour of it (Q.24 asks for next to none in that).
#![allow(clippy::unwrap_used, reason = "a test")]
#![allow(dead_code, reason = "the benchmark uses a part of it")]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "lengths of short signals")]

use cordboard_media::codec::{Codec, PCMA};
use cordboard_media::rtp::Fields;
use cordboard_media::{
    Command, Engine, EngineConfig, Event, Output, Resampler, SlotId, Source, StreamKind, StreamSeed,
    StreamSetup, tone,
};
use cordboard_sounds::Reader;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use cordboard_base::{CallId, Format, LegId, Time};

/// What a telephone carries.
const RATE_HZ: u32 = 8_000;
/// Samples of a packet.
const PACKET: usize = 160;
/// How fast a prompt is said, which moves its pitch as much: from a man's voice to a child's.
const SPEEDS: [f64; 7] = [1.0, 0.8, 1.25, 0.9, 1.12, 0.72, 1.4];
/// How loud, in dB.
const LEVELS_DB: [f64; 5] = [0.0, -6.0, 4.0, -12.0, 8.0];

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) seconds: f64,
    pub(crate) prompts: usize,
    pub(crate) digits: Vec<char>,
}

/// All prompts of the languages, in an order of their own.
fn prompts() -> Vec<PathBuf> {
    let mut all = Vec::new();
    for language in ["en", "de"] {
        let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sounds").join(language)];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "flac") {
                    all.push(path);
                }
            }
        }
    }
    all.sort();
    // Neighbours in the list are of one kind: digits, letters.
    let step = 331;
    (0..all.len()).map(|n| all[n * step % all.len()].clone()).collect()
}

/// A prompt as a telephone carries it.
fn narrow(path: &Path) -> Vec<i16> {
    let mut reader = Reader::open(Box::new(std::fs::File::open(path).unwrap()), "flac").unwrap();
    let mut samples = Vec::new();
    while reader.read(&mut samples).unwrap() {}
    let filter = Resampler::new(reader.rate_hz(), RATE_HZ);
    (0..filter.output_len(samples.len())).map(|n| filter.at(&samples, n)).collect()
}

/// The same faster and louder.
fn varied(samples: &[i16], speed: f64, level_db: f64) -> Vec<i16> {
    let gain = 10f64.powf(level_db / 20.0);
    let count = (samples.len() as f64 / speed) as usize;
    let sample = |n: usize| {
        let at = n as f64 * speed;
        let (whole, part) = (at as usize, at.fract());
        let of = |n: usize| samples.get(n).map_or(0.0, |&sample| f64::from(sample));
        cordboard_media::level::to_i16(gain * (of(whole) * (1.0 - part) + of(whole + 1) * part))
    };
    (0..count).map(sample).collect()
}

/// A leg whose phone knows no telephone events, so that its keys are tones.
struct Line {
    engine: Engine,
    now: Time,
    slot: SlotId,
    address: SocketAddr,
    sent: u32,
    waiting: Vec<i16>,
    heard: Heard,
}

impl Line {
    fn new() -> Self {
        let mut engine = Engine::new(EngineConfig::default());
        let now = Time::from_secs(1);
        let leg = LegId { call: CallId(1), index: 1 };
        let peer = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
        let address = SocketAddr::new(peer, 4_000);
        let seed = StreamSeed { ssrc: 1, sequence: 1, timestamp: 1 };
        engine.handle(now, Command::Open { leg, peer, video: false, seed });
        let format = vec![Format::new(8, "PCMA", RATE_HZ)];
        let audio = StreamSetup {
            remote_rtp: Some(address),
            remote_rtcp: None,
            rtcp_mux: false,
            send: format.clone(),
            receive: format,
            telephone_event: None,
            ptime_ms: 20,
            sends: true,
            receives: true,
            timeout_ms: 0,
            extended_reports: Default::default(),
        };
        engine.handle(now, Command::Setup { leg, audio: Some(audio), video: None });
        engine.handle(now, Command::Hear { leg, source: Source::Nothing });
        let slot = engine.slot(leg).unwrap();
        Self { engine, now, slot, address, sent: 0, waiting: Vec::new(), heard: Heard::default() }
    }

    fn say(&mut self, samples: &[i16]) {
        self.waiting.extend_from_slice(samples);
        let mut encoder = PCMA.encoder("", RATE_HZ).unwrap();
        let whole = self.waiting.len() / PACKET * PACKET;
        for packet in self.waiting.drain(..whole).collect::<Vec<_>>().chunks(PACKET) {
            let mut payload = Vec::new();
            encoder.encode(packet, &mut payload);
            let fields = Fields {
                marker: false,
                payload_type: 8,
                sequence: (self.sent & 0xFFFF) as u16,
                timestamp: self.sent.wrapping_mul(160),
                ssrc: 7,
            };
            self.sent += 1;
            let mut bytes = fields.packet(&payload);
            let end = Time::from_secs(1) + core::time::Duration::from_millis(20) * self.sent;
            while let Some(due) = self.engine.next_deadline().filter(|&due| due < end) {
                self.now = self.now.max(due);
                self.engine.tick(self.now);
                self.drain();
            }
            self.now = end;
            self.engine.packet(self.now, self.slot, StreamKind::AudioRtp, self.address, &mut bytes);
            self.drain();
        }
        self.heard.seconds = f64::from(self.sent) / 50.0;
    }

    fn drain(&mut self) {
        while let Some(output) = self.engine.poll() {
            if let Output::Event(Event::Digit { digit, .. }) = output {
                self.heard.digits.push(digit);
            }
        }
    }
}

/// So many seconds of speech; then the key 5, to show that the line is heard at all.
pub(crate) fn talk(seconds: f64) -> Heard {
    let mut line = Line::new();
    let prompts = prompts();
    'all: for (turn, _) in SPEEDS.iter().enumerate().cycle() {
        for (n, path) in prompts.iter().enumerate() {
            let (speed, level_db) =
                (SPEEDS[(n + turn) % SPEEDS.len()], LEVELS_DB[(n + turn) % LEVELS_DB.len()]);
            line.say(&varied(&narrow(path), speed, level_db));
            line.say(&[0; 800]);
            line.heard.prompts += 1;
            if line.heard.seconds >= seconds {
                break 'all;
            }
        }
    }
    let mut key = vec![0; 960];
    let five = cordboard_media::dtmf::tone('5', 0).unwrap();
    tone::fill(&five, RATE_HZ, 0, &mut key[..800]);
    line.say(&key);
    line.say(&[0; 8_000]);
    line.heard
}

#[test]
fn a_minute_of_speech_is_no_digit_and_a_key_after_it_is_one() {
    let heard = talk(60.0);
    assert_eq!(heard.digits, ['5'], "{heard:?}");
    assert!(heard.prompts > 20, "{heard:?}");
}
