//! The residual as thirteen pulses on one of four grids, in blocks with a common exponent (§4.2.13–17, §4.3.1).
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "codes are limited by the quantiser's construction to six and three bits"
)]

use super::PART_SAMPLES;
use super::arithmetic::{limited, peak, times, times_rounded};

/// Pulses of a part.
pub(super) const COUNT: usize = 13;

/// The weighting filter's impulse response (table 4.4), 2^-13.
const WEIGHTS: [i16; 11] = [-134, -374, 0, 2_054, 5_741, 8_192, 5_741, 2_054, 0, -374, -134];
/// Inverse mantissas (table 4.5).
const INVERSE: [i16; 8] = [29_128, 26_215, 23_832, 21_846, 20_165, 18_725, 17_476, 16_384];
/// Mantissas (table 4.6).
const MANTISSAS: [i16; 8] = [18_431, 20_479, 22_527, 24_575, 26_623, 28_671, 30_719, 32_767];

/// A part's pulses as they are sent.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pulses {
    /// The first pulse's place, 0–3.
    pub(super) grid: u8,
    /// The largest magnitude, six bits of a logarithmic scale.
    pub(super) peak: u8,
    /// Three bits each.
    pub(super) heights: [u8; COUNT],
}

/// The block's scale: an exponent, −4 to 6, and a mantissa, 0 to 7.
#[derive(Clone, Copy, Debug)]
struct Scale {
    exponent: i16,
    mantissa: usize,
}

pub(super) fn quantise(residual: &[i16; PART_SAMPLES]) -> Pulses {
    let weighted = weighted(residual);
    let grid = loudest_grid(&weighted);
    let pulses: [i16; COUNT] = core::array::from_fn(|n| weighted[grid + 3 * n]);
    let peak = peak_code(peak(&pulses));
    let Scale { exponent, mantissa } = scale(peak);
    let heights = pulses.map(|pulse| {
        let normal = times(limited(i32::from(pulse) << (6 - exponent)), INVERSE[mantissa]);
        ((normal >> 12) + 4) as u8 & 7
    });
    Pulses { grid: grid as u8, peak, heights }
}

pub(super) fn rebuild(pulses: &Pulses) -> [i16; PART_SAMPLES] {
    let Scale { exponent, mantissa } = scale(pulses.peak & 0x3F);
    let shift = 6 - exponent;
    let half = if shift > 0 { 1 << (shift - 1) } else { 0 };
    let mut part = [0; PART_SAMPLES];
    let places = part.iter_mut().skip(usize::from(pulses.grid & 3)).step_by(3);
    for (place, &height) in places.zip(&pulses.heights) {
        let level = (i16::from(height & 7) * 2 - 7) << 12;
        *place = times_rounded(MANTISSAS[mantissa], level).saturating_add(half) >> shift;
    }
    part
}

/// §4.2.13: the block-wise filter, with zeros on both sides.
fn weighted(residual: &[i16; PART_SAMPLES]) -> [i16; PART_SAMPLES] {
    let mut padded = [0; PART_SAMPLES + 10];
    padded[5..5 + PART_SAMPLES].copy_from_slice(residual);
    core::array::from_fn(|n| {
        let pairs = padded[n..n + WEIGHTS.len()].iter().zip(&WEIGHTS);
        let sum: i32 = pairs.map(|(&sample, &weight)| i32::from(sample) * i32::from(weight)).sum();
        limited((sum + 4_096) >> 13)
    })
}

/// §4.2.14.
fn loudest_grid(weighted: &[i16; PART_SAMPLES]) -> usize {
    let energy = |grid: usize| -> i32 {
        let pulses = weighted.iter().skip(grid).step_by(3).take(COUNT);
        pulses.map(|&pulse| i32::from(pulse >> 2) * i32::from(pulse >> 2)).sum()
    };
    (1..4)
        .fold((0, energy(0)), |best, grid| if energy(grid) > best.1 { (grid, energy(grid)) } else { best })
        .0
}

/// §4.2.15: the peak's code, three bits of exponent and three of mantissa.
fn peak_code(peak: i16) -> u8 {
    let exponent = (16 - (peak >> 9).leading_zeros()).min(6);
    ((peak >> (exponent + 5)) + ((exponent as i16) << 3)) as u8
}

/// §4.2.15: what a peak's code means.
fn scale(peak: u8) -> Scale {
    let peak = i16::from(peak);
    let mut exponent = if peak > 15 { (peak >> 3) - 1 } else { 0 };
    let mut mantissa = peak - (exponent << 3);
    if mantissa == 0 {
        return Scale { exponent: -4, mantissa: 7 };
    }
    while mantissa <= 7 {
        mantissa = mantissa << 1 | 1;
        exponent -= 1;
    }
    Scale { exponent, mantissa: (mantissa - 8) as usize & 7 }
}
