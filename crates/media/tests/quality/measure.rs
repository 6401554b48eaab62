//! How alike two signals are.
#![allow(dead_code, reason = "the benchmark uses a part of it")]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "lengths of short signals")]

use cordboard_media::{Resampler, level};
use std::path::Path;

/// Speech of our own at 16 kHz: 1.2 s, without the noise at the vector's end.
pub(crate) fn speech_16k() -> Vec<i16> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/speech-16k.s16");
    let bytes = std::fs::read(path).unwrap();
    bytes.as_chunks::<2>().0.iter().take(19_200).map(|pair| i16::from_le_bytes(*pair)).collect()
}

/// A tone that rises from 200 to `to_hz` within a second, at −12 dBov, faded at both ends.
pub(crate) fn sweep_16k(to_hz: f64) -> Vec<i16> {
    let (count, rate, from_hz) = (16_000, 16_000.0, 200.0f64);
    let k = (to_hz / from_hz).ln();
    let at = |n: usize| {
        let t = n as f64 / rate;
        let phase = core::f64::consts::TAU * from_hz * ((k * t).exp() - 1.0) / k;
        let edge = (n.min(count - n) as f64 / 160.0).min(1.0);
        level::to_i16(phase.sin() * 8_230.0 * edge)
    };
    (0..count).map(at).collect()
}

/// All of a signal at another rate.
pub(crate) fn resampled(samples: &[i16], from_hz: u32, to_hz: u32) -> Vec<i16> {
    if from_hz == to_hz {
        return samples.to_vec();
    }
    let filter = Resampler::new(from_hz, to_hz);
    (0..filter.output_len(samples.len())).map(|n| filter.at(samples, n)).collect()
}

/// How a signal relates to the one that it should be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Likeness {
    /// How much later it comes, in samples.
    pub(crate) lag: f64,
    /// Of all its energy, in dB.
    pub(crate) snr_db: f64,
    /// Louder than it should be by so much, in dB.
    pub(crate) gain_db: f64,
}

/// Compares `heard` with `wanted`, at the lag of up to `lag_max` samples where they agree best.
pub(crate) fn compare(wanted: &[i16], heard: &[i16], lag_max: usize) -> Likeness {
    let coarse = |lag: usize| -> f64 {
        let pairs = wanted.iter().zip(heard.get(lag..).unwrap_or_default()).step_by(7);
        pairs.map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
    };
    let best = (0..=lag_max).max_by(|&a, &b| coarse(a).total_cmp(&coarse(b))).unwrap_or(0);
    let mut found = at_lag(wanted, heard, best as f64, 11);
    for step in [0.25, 0.125, 0.06, 0.03] {
        for side in [-2.0, -1.0, 1.0, 2.0] {
            let other = at_lag(wanted, heard, found.lag + step * side, 11);
            if other.snr_db > found.snr_db {
                found = other;
            }
        }
    }
    at_lag(wanted, heard, found.lag, 1)
}

/// Of every `step`th sample.
fn at_lag(wanted: &[i16], heard: &[i16], lag: f64, step: usize) -> Likeness {
    let (mut signal, mut noise, mut energy) = (0.0, 0.0, 0.0);
    let (whole, fraction) = (lag.floor(), lag - lag.floor());
    let taps = taps(fraction);
    for (n, &wanted) in wanted.iter().enumerate().step_by(step) {
        let at = n as i64 + whole as i64 - (taps.len() as i64 / 2 - 1);
        let heard = if fraction < 1e-6 {
            usize::try_from(n as i64 + whole as i64)
                .ok()
                .and_then(|n| heard.get(n))
                .map_or(0.0, |&s| f64::from(s))
        } else {
            let sample = |k: i64| {
                usize::try_from(at + k).ok().and_then(|n| heard.get(n)).map_or(0.0, |&s| f64::from(s))
            };
            (0i64..).zip(&taps).map(|(k, tap)| tap * sample(k)).sum()
        };
        let wanted = f64::from(wanted);
        signal += wanted * wanted;
        noise += (wanted - heard) * (wanted - heard);
        energy += heard * heard;
    }
    let db = |ratio: f64| 10.0 * ratio.max(1e-9).log10();
    Likeness { lag, snr_db: db(signal / noise.max(1.0)), gain_db: db(energy / signal.max(1.0)) }
}

/// A sinc of 24 taps that reads a signal `fraction` of a sample later.
fn taps(fraction: f64) -> Vec<f64> {
    let half = 12i32;
    let tap = |k: i32| {
        let x = f64::from(k - (half - 1)) - fraction;
        let sinc = if x.abs() < 1e-9 {
            1.0
        } else {
            (core::f64::consts::PI * x).sin() / (core::f64::consts::PI * x)
        };
        sinc * (0.5 + 0.5 * (core::f64::consts::PI * x / f64::from(half)).cos())
    };
    (0..2 * half).map(tap).collect()
}

/// The signal-to-noise ratio of each piece of 40 ms that is loud enough to matter, each at the lag around `lag` where it agrees
/// best: what is moved in time as a whole is not noise. In dB, sorted.
pub(crate) fn piecewise_snr_db(
    wanted: &[i16],
    heard: &[i16],
    rate_hz: u32,
    lags: core::ops::Range<usize>,
) -> Vec<f64> {
    let length = rate_hz as usize / 25;
    let mut all: Vec<f64> = Vec::new();
    for (n, piece) in wanted.chunks_exact(length).enumerate() {
        if level::dbov(piece) < -45.0 {
            continue;
        }
        let energy: f64 = piece.iter().map(|&s| f64::from(s) * f64::from(s)).sum();
        let noise = |lag: usize| -> f64 {
            let heard = heard.get(n * length + lag..).unwrap_or_default();
            let pairs = piece.iter().zip(heard.iter().chain(core::iter::repeat(&0)));
            pairs.map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2)).sum()
        };
        let least = lags.clone().map(noise).min_by(f64::total_cmp).unwrap_or(energy);
        all.push(10.0 * (energy / least.max(1.0)).log10());
    }
    all.sort_by(f64::total_cmp);
    all
}

/// The largest step between two samples.
pub(crate) fn largest_jump(samples: &[i16]) -> i32 {
    samples.windows(2).map(|pair| (i32::from(pair[1]) - i32::from(pair[0])).abs()).max().unwrap_or(0)
}
