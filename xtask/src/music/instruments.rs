//! Instruments: each computes one note.

use crate::sounds::RATE_HZ;
use std::f64::consts::TAU;

/// What plays a part.
#[derive(Clone, Copy, Debug)]
pub(super) enum Instrument {
    /// An electric piano: two sines, one bending the other's phase, after Chowning.
    Piano,
    /// A plucked nylon string, after Karplus and Strong.
    String,
    /// A vibraphone's bar.
    Bar,
    /// Voices that swell and fade, slightly apart in pitch.
    Pad,
}

impl Instrument {
    /// A note as long as it rings, of which `samples` are its written length.
    pub(super) fn note(self, hz: f64, samples: f64, gain: f64) -> Vec<f64> {
        match self {
            Self::Piano => piano(hz, samples, gain),
            Self::String => string(hz, gain),
            Self::Bar => bar(hz, gain),
            Self::Pad => pad(hz, samples, gain),
        }
    }
}

/// From 0 to 1 within `ms` milliseconds, without a corner.
fn attack(seconds: f64, ms: f64) -> f64 {
    let x = (seconds * 1_000.0 / ms).min(1.0);
    x * x * (3.0 - 2.0 * x)
}

fn piano(hz: f64, samples: f64, gain: f64) -> Vec<f64> {
    let held = samples / RATE_HZ as f64;
    let decay = 0.7 + 0.9 * (300.0 / hz).min(1.6);
    sampled(held + 0.9, |t| {
        let release = if t > held { (-(t - held) / 0.16).exp() } else { 1.0 };
        let bend = 1.3 * gain.min(1.0) * (-t / 0.5).exp() * (TAU * hz * t).sin();
        let tine = 0.10 * (-t / 0.05).exp() * (TAU * hz * 5.0 * t).sin();
        let body = (TAU * hz * t + bend).sin() + 0.25 * (TAU * 2.0 * hz * t).sin() * (-t / 0.8).exp();
        let tremble = 1.0 - 0.06 * (TAU * 4.6 * t).sin();
        gain * attack(t, 6.0) * release * tremble * (-t / decay).exp() * (body + tine)
    })
}

fn bar(hz: f64, gain: f64) -> Vec<f64> {
    sampled(3.2, |t| {
        let slow = 1.0 - 0.18 * (0.5 - 0.5 * (TAU * 4.1 * t).cos());
        let tone = (TAU * hz * t).sin() * (-t / 0.95).exp();
        let upper = 0.22 * (TAU * 3.99 * hz * t).sin() * (-t / 0.18).exp();
        // The fourth partial would fold over above half the rate.
        let upper = if 3.99 * hz < 3_600.0 { upper } else { 0.0 };
        gain * attack(t, 5.0) * slow * (tone + upper)
    })
}

fn pad(hz: f64, samples: f64, gain: f64) -> Vec<f64> {
    let held = samples / RATE_HZ as f64;
    sampled(held + 1.4, |t| {
        let release = if t > held { 1.0 - attack(t - held, 1_400.0) } else { 1.0 };
        let voices = [-0.0016, 0.0, 0.0019].iter().map(|apart| {
            let phase = TAU * hz * (1.0 + apart) * t;
            phase.sin() + 0.4 * (2.0 * phase).sin() + 0.2 * (3.0 * phase).sin() + 0.08 * (4.0 * phase).sin()
        });
        gain / 3.0 * attack(t, 650.0) * release * voices.sum::<f64>()
    })
}

/// A burst of soft noise goes round a delay line whose length is the period, to a fraction of a sample.
fn string(hz: f64, gain: f64) -> Vec<f64> {
    // The mean of two neighbours delays by half a sample, the reading between two samples by the rest.
    let period = RATE_HZ as f64 / hz - 0.5;
    let (whole, fraction) = (period.floor() as usize, period.fract());
    let mut seed = 0x9e37_79b9u32 ^ (hz * 16.0) as u32;
    let mut line: Vec<f64> = (0..=whole)
        .map(|_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(seed >> 8) / f64::from(1u32 << 23) - 1.0
        })
        .collect();
    for _ in 0..4 {
        for i in 0..line.len() {
            line[i] = (line[i] + line[(i + 1) % line.len()]) / 2.0;
        }
    }
    let mean = line.iter().sum::<f64>() / line.len() as f64;
    let peak = line.iter().fold(1e-9f64, |peak, s| peak.max((s - mean).abs()));
    line.iter_mut().for_each(|s| *s = (*s - mean) / peak);
    let damping = 0.001f64.powf(1.0 / (hz * (1.6 + 240.0 / hz)));
    let length = RATE_HZ * 5 / 2;
    let mut out = line.clone();
    while out.len() < length {
        let n = out.len();
        let at = |back: usize| out[n - back];
        let read = |shift: usize| {
            at(whole + shift) * (1.0 - fraction) + out[(n - whole - shift).saturating_sub(1)] * fraction
        };
        let next = damping * 0.5 * (read(0) + if n > whole + 1 { read(1) } else { read(0) });
        out.push(next);
    }
    let fade = length - RATE_HZ / 5;
    for (i, sample) in out.iter_mut().enumerate() {
        let t = i as f64 / RATE_HZ as f64;
        let end = if i > fade { 1.0 - (i - fade) as f64 / (length - fade) as f64 } else { 1.0 };
        *sample *= gain * attack(t, 3.0) * end;
    }
    out
}

fn sampled(seconds: f64, at: impl Fn(f64) -> f64) -> Vec<f64> {
    let length = (seconds * RATE_HZ as f64) as usize;
    let fade = (RATE_HZ / 20).min(length);
    let end = |i: usize| ((length - i) as f64 / fade as f64).min(1.0);
    (0..length).map(|i| at(i as f64 / RATE_HZ as f64) * end(i)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_is_in_tune() {
        for hz in [196.0, 329.63, 659.26] {
            let note = string(hz, 1.0);
            let power = |hz: f64| {
                let part = &note[RATE_HZ / 2..RATE_HZ * 3 / 2];
                let (mut re, mut im) = (0.0, 0.0);
                for (i, s) in part.iter().enumerate() {
                    let phase = TAU * hz * i as f64 / RATE_HZ as f64;
                    re += s * phase.cos();
                    im += s * phase.sin();
                }
                re * re + im * im
            };
            let best = (-40..=40)
                .map(|cents| hz * 2f64.powf(f64::from(cents) / 1_200.0))
                .max_by(|a, b| power(*a).total_cmp(&power(*b)));
            let cents = 1_200.0 * (best.unwrap() / hz).log2();
            assert!(cents.abs() <= 8.0, "{hz}: {cents}");
        }
    }

    #[test]
    fn notes_begin_and_end_in_silence() {
        for instrument in [Instrument::Piano, Instrument::String, Instrument::Bar, Instrument::Pad] {
            let note = instrument.note(440.0, 8_000.0, 1.0);
            assert!(note[0].abs() < 0.01 && note.last().unwrap().abs() < 0.01, "{instrument:?}");
            assert!(note.iter().any(|s| s.abs() > 0.2), "{instrument:?}");
        }
    }
}
