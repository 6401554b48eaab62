//! Concealment (RFC 3951 §4.5): the residual of a lost frame is the last one's, repeated with its pitch as far as it had one and
//! mixed with pieces of it in random order, fading out over 80 ms.

use super::filter::{FLAT, Predictor, are_sound, dot};
use super::{FRAME_MAX, ORDER};
use crate::codec::memory::Words;

/// The pitch is compared over this many samples at the end of the last residual.
const COMPARED: usize = 60;
/// The shortest and the longest lag that can come about.
const LAGS: core::ops::RangeInclusive<usize> = 17..=125;

#[derive(Clone, Debug)]
pub(super) struct Concealment {
    /// The residual of the frame before, and its last filter.
    last: [f32; FRAME_MAX],
    filter: Predictor,
    lag: usize,
    /// How periodic the last residual was: a squared correlation.
    periodicity: f32,
    /// Frames lost in a row.
    lost: u8,
    seed: u32,
}

impl Default for Concealment {
    fn default() -> Self {
        Self { last: [0.0; FRAME_MAX], filter: FLAT, lag: 120, periodicity: 0.0, lost: 0, seed: 777 }
    }
}

impl Concealment {
    /// Whether the last frame was lost.
    pub(super) fn is_lost(&self) -> bool {
        self.lost > 0
    }

    /// The filter with which a concealed residual is heard.
    pub(super) fn filter(&self) -> &Predictor {
        &self.filter
    }

    /// Takes note of a frame that arrived.
    pub(super) fn heard(&mut self, residual: &[f32], filter: &Predictor) {
        self.last[..residual.len()].copy_from_slice(residual);
        (self.filter, self.lost) = (*filter, 0);
    }

    /// Makes the residual of a lost frame; `lag` is the pitch that was found last.
    pub(super) fn fill(&mut self, lag: usize, residual: &mut [f32]) {
        let length = residual.len();
        self.lost = self.lost.saturating_add(1);
        if self.lost == 1 {
            self.find_pitch(lag, length);
        }
        let gain = match usize::from(self.lost) * length {
            0..=320 => 1.0,
            321..=640 => 0.9,
            641..=960 => 0.7,
            961..=1_280 => 0.5,
            _ => 0.0,
        };
        let pitched = ((self.periodicity.sqrt() - 0.4) / 0.3).clamp(0.0, 1.0);
        // A cycle that is repeated too often is heard as a tone.
        let lag = if self.lag < 80 { 2 * self.lag } else { self.lag };
        let mut noise = [0.0; FRAME_MAX];
        for n in 0..length {
            self.seed = self.seed.wrapping_mul(69_069).wrapping_add(1) & 0x7FFF_FFFF;
            let back = 50 + self.seed as usize % 70;
            noise[n] = if n < back { self.last[length + n - back] } else { noise[n - back] };
            let repeated = if n < lag { self.last[length + n - lag] } else { residual[n - lag] };
            let gain = gain * [1.0, 0.95, 0.9][n / 80];
            residual[n] = gain * (pitched * repeated + (1.0 - pitched) * noise[n]);
        }
        // Below 30 dB there is no pitch, only noise.
        if dot(residual, residual) < 900.0 * length as f32 {
            residual.copy_from_slice(&noise[..length]);
        }
        self.last[..length].copy_from_slice(residual);
    }

    /// The best lag near the one that is known.
    fn find_pitch(&mut self, near: usize, length: usize) {
        let mut best = f32::NEG_INFINITY;
        for lag in near.saturating_sub(3)..=near + 3 {
            let lag = lag.clamp(*LAGS.start(), *LAGS.end());
            let compared = COMPARED.min(length - lag);
            let now = &self.last[length - compared..length];
            let then = &self.last[length - compared - lag..length - lag];
            let (cross, energy) = (dot(now, then), dot(then, then));
            let measure = if energy > 0.0 { cross * cross / energy } else { 0.0 };
            if measure > best {
                best = measure;
                let energies = (energy * dot(now, now)).sqrt();
                self.periodicity = if energies > 0.0 { (cross.abs() / energies).min(1.0) } else { 0.0 };
                self.lag = lag;
            }
        }
    }

    pub(super) fn visit(&mut self, words: &mut Words<'_>) {
        self.last.iter_mut().chain(&mut self.filter).for_each(|word| words.f32(word));
        words.f32(&mut self.periodicity);
        let (mut lag, mut seed) = (u8::try_from(self.lag).unwrap_or(0), self.seed.cast_signed());
        words.u8(&mut lag);
        words.u8(&mut self.lost);
        words.i32(&mut seed);
        (self.lag, self.seed) = (usize::from(lag), seed.cast_unsigned());
    }

    pub(super) fn is_sound(&self) -> bool {
        are_sound(&self.last)
            && are_sound(&self.filter)
            && self.filter.len() == ORDER + 1
            && (0.0..=1.0).contains(&self.periodicity)
            && LAGS.contains(&self.lag)
    }
}
