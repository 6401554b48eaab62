//! What is done to a piece as a ring of samples: the effects run round twice, so that its beginning hears its end.

use crate::sounds::RATE_HZ;
use std::f64::consts::TAU;

/// Adds a note at a place, past the end into the beginning.
pub(super) fn add(ring: &mut [f64], at: usize, samples: &[f64]) {
    let length = ring.len();
    for (i, sample) in samples.iter().enumerate() {
        ring[(at + i) % length] += sample;
    }
}

/// A small room after Schroeder: four combs, two all-passes, a fifth of the sound.
pub(super) fn room(ring: &[f64]) -> Vec<f64> {
    let mut wet = vec![0.0; ring.len()];
    for (delay, feedback) in [(587, 0.74), (661, 0.72), (739, 0.70), (811, 0.68)] {
        let mut line = vec![0.0; delay];
        let mut dull = 0.0;
        round(ring, |i, sample, kept| {
            let back: f64 = line[i % delay];
            dull += 0.45 * (back - dull);
            line[i % delay] = sample + feedback * dull;
            if kept {
                wet[i % ring.len()] += 0.25 * back;
            }
        });
    }
    for delay in [223, 79] {
        let (source, mut line) = (wet.clone(), vec![0.0; delay]);
        round(&source, |i, sample, kept| {
            let back: f64 = line[i % delay];
            let fed = sample + 0.6 * back;
            line[i % delay] = fed;
            if kept {
                wet[i % source.len()] = back - 0.6 * fed;
            }
        });
    }
    ring.iter().zip(&wet).map(|(dry, wet)| dry + 0.22 * wet).collect()
}

/// Without what a handset can't play and what a line would fold.
pub(super) fn for_telephones(ring: &[f64]) -> Vec<f64> {
    band(ring, 180.0, 3_600.0)
}

/// What lies between two frequencies, 12 dB an octave on either side.
pub(super) fn band(ring: &[f64], low_hz: f64, high_hz: f64) -> Vec<f64> {
    let high_pass = Biquad::new(low_hz, Side::High).around(ring);
    Biquad::new(high_hz, Side::Low).around(&high_pass)
}

/// The mean of the squares.
pub(super) fn power(samples: &[f64]) -> f64 {
    samples.iter().map(|s| s * s).sum::<f64>() / samples.len().max(1) as f64
}

/// Twice round; what is computed the second time is kept.
fn round(ring: &[f64], mut step: impl FnMut(usize, f64, bool)) {
    for i in 0..ring.len() * 2 {
        step(i, ring[i % ring.len()], i >= ring.len());
    }
}

#[derive(Clone, Copy)]
pub(super) enum Side {
    Low,
    High,
}

/// A second-order filter: the feed-forward and the feedback coefficients.
pub(super) struct Biquad(pub(super) [f64; 3], pub(super) [f64; 2]);

impl Biquad {
    /// Butterworth's, by the bilinear transform.
    fn new(hz: f64, side: Side) -> Self {
        let w = TAU * hz / RATE_HZ as f64;
        let alpha = w.sin() / std::f64::consts::SQRT_2;
        let a0 = 1.0 + alpha;
        let b = match side {
            Side::Low => (1.0 - w.cos()) / 2.0,
            Side::High => f64::midpoint(1.0, w.cos()),
        };
        let middle = if matches!(side, Side::Low) { 2.0 * b } else { -2.0 * b };
        Self([b / a0, middle / a0, b / a0], [-2.0 * w.cos() / a0, (1.0 - alpha) / a0])
    }

    pub(super) fn around(&self, ring: &[f64]) -> Vec<f64> {
        let Self([b0, b1, b2], [a1, a2]) = self;
        let (mut s1, mut s2) = (0.0, 0.0);
        let mut out = vec![0.0; ring.len()];
        round(ring, |i, x, kept| {
            let y = b0 * x + s1;
            s1 = b1 * x - a1 * y + s2;
            s2 = b2 * x - a2 * y;
            if kept {
                out[i % ring.len()] = y;
            }
        });
        out
    }
}
