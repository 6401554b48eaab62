//! `codecs`: the registry, with the cost of each codec measured on the spot.

use super::table;
use crate::codec_libs;
use crate::config::Config;
use anyhow::Result;
use cordboard_media::codec::{Codec, offered, registry};
use std::path::Path;
use std::time::{Duration, Instant};

/// Packets of 20 ms that each direction of a codec is measured on: two seconds of speech.
const PACKETS: usize = 100;
/// However slow a machine is, a codec's measurement ends after this.
const MEASURE_MAX: Duration = Duration::from_millis(100);

/// `codecs`.
pub(super) fn codecs(etc: &Path, json: bool) -> Result<()> {
    // Without a configuration the libraries are as a new one has them: in use.
    let config = Config::check(etc).ok();
    if config.as_ref().is_none_or(|config| config.office.codecs.libraries) {
        codec_libs::load();
    }
    let office: Vec<&str> =
        config.iter().flat_map(|config| &config.office.office.codecs).map(|name| name.as_str()).collect();
    let is_offered = |codec: &dyn Codec| {
        office
            .iter()
            .filter_map(|name| cordboard_media::codec::named(name))
            .any(|named| named.name() == codec.name() && named.clock_rate_hz() == codec.clock_rate_hz())
    };
    let rows: Vec<Row> = registry().iter().map(|codec| Row::of(*codec, is_offered(*codec))).collect();
    if json {
        table::say(&serde_json::to_string_pretty(&rows)?);
        return Ok(());
    }
    let heading = ["NAME", "CLOCK", "RATE", "PT", "FRAME", "OFFERED", "BY", "ENCODE", "DECODE"];
    table::print(&heading, &rows.iter().map(Row::cells).collect::<Vec<_>>());
    Ok(())
}

#[derive(Debug, serde::Serialize)]
struct Row {
    name: &'static str,
    clock_rate_hz: u32,
    sample_rate_hz: u32,
    payload_type: u8,
    is_static: bool,
    frame_ms: f64,
    /// By the office's list.
    offered: bool,
    by: &'static str,
    encode_us: Option<f64>,
    decode_us: Option<f64>,
}

impl Row {
    fn of(codec: &dyn Codec, offered_by_office: bool) -> Self {
        let cost = Cost::of(codec);
        let sample_rate_hz = codec.sample_rate_hz();
        let frame_us = codec.frame_samples() * 1_000_000 / sample_rate_hz.max(1) as usize;
        Self {
            name: codec.name(),
            clock_rate_hz: codec.clock_rate_hz(),
            sample_rate_hz,
            payload_type: offered(codec).payload_type,
            is_static: codec.static_payload_type().is_some(),
            frame_ms: frame_us as f64 / 1_000.0,
            offered: offered_by_office,
            by: codec.maker(),
            encode_us: cost.as_ref().map(|cost| cost.encode_us),
            decode_us: cost.as_ref().map(|cost| cost.decode_us),
        }
    }

    fn cells(&self) -> Vec<String> {
        let us = |us: Option<f64>| us.map_or_else(|| "-".to_owned(), |us| format!("{us:.1} µs"));
        let number = if self.is_static { self.payload_type.to_string() } else { "dynamic".to_owned() };
        let frame = if self.frame_ms < 1.0 { "sample".to_owned() } else { format!("{} ms", self.frame_ms) };
        vec![
            self.name.to_owned(),
            self.clock_rate_hz.to_string(),
            self.sample_rate_hz.to_string(),
            number,
            frame,
            if self.offered { "yes" } else { "" }.to_owned(),
            self.by.to_owned(),
            us(self.encode_us),
            us(self.decode_us),
        ]
    }
}

/// What 20 ms cost, in µs.
struct Cost {
    encode_us: f64,
    decode_us: f64,
}

impl Cost {
    /// `None` for a codec that is passed through.
    fn of(codec: &dyn Codec) -> Option<Self> {
        let rate_hz = codec.sample_rate_hz();
        let (mut encoder, mut decoder) =
            (codec.encoder(codec.fmtp(), rate_hz)?, codec.decoder(codec.fmtp(), rate_hz)?);
        let samples = (rate_hz as usize / 50).next_multiple_of(codec.frame_samples().max(1));
        let speech = speech(rate_hz, samples * PACKETS);
        let mut payloads: Vec<Vec<u8>> = Vec::with_capacity(PACKETS);
        let start = Instant::now();
        for frame in speech.chunks_exact(samples) {
            let mut payload = Vec::with_capacity(samples * 2);
            encoder.encode(frame, &mut payload);
            payloads.push(payload);
            if start.elapsed() > MEASURE_MAX {
                break;
            }
        }
        let encoded = start.elapsed();
        let mut heard = Vec::with_capacity(samples);
        let (start, mut count) = (Instant::now(), 0usize);
        for payload in &payloads {
            heard.clear();
            decoder.decode(payload, &mut heard).ok()?;
            count += 1;
            if start.elapsed() > MEASURE_MAX {
                break;
            }
        }
        let decoded = start.elapsed();
        let ms_per_packet = samples as f64 * 1_000.0 / f64::from(rate_hz);
        let per_20_ms = |time: Duration, packets: usize| {
            time.as_secs_f64() * 1e6 / packets.max(1) as f64 * 20.0 / ms_per_packet
        };
        Some(Self { encode_us: per_20_ms(encoded, payloads.len()), decode_us: per_20_ms(decoded, count) })
    }
}

/// Vowels that come and go, with some breath: what a codec's searches have to work on.
fn speech(rate_hz: u32, count: usize) -> Vec<i16> {
    let mut noise = 1u32;
    let tones = [(130.0, 0.5), (260.0, 0.3), (650.0, 0.25), (1_170.0, 0.15), (2_600.0, 0.08)];
    let sample = |n: usize| {
        let t = n as f64 / f64::from(rate_hz);
        let wave = |hz: f64| (std::f64::consts::TAU * hz * t).sin();
        let vowel: f64 = tones.iter().map(|(hz, level)| level * wave(*hz)).sum();
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let breath = f64::from(noise >> 16) / 65_536.0 - 0.5;
        let loudness = 7_000.0 * (0.55 + 0.45 * wave(3.0));
        #[allow(clippy::cast_possible_truncation, reason = "at most 1.4 times 7,000")]
        let sample = ((vowel + 0.1 * breath) * loudness) as i16;
        sample
    };
    (0..count).map(sample).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_spoken_has_a_cost_and_what_is_passed_through_has_none() {
        for codec in registry() {
            let row = Row::of(*codec, false);
            let is_spoken = codec.encoder("", codec.sample_rate_hz()).is_some();
            assert_eq!((row.encode_us.is_some(), row.decode_us.is_some()), (is_spoken, is_spoken), "{row:?}");
            assert_eq!(row.cells().len(), 9);
            assert!(row.encode_us.is_none_or(|us| us > 0.0));
        }
    }
}
