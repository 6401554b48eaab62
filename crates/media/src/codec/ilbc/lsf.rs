//! Line spectral frequencies (RFC 3951 §3.2.2–3.2.6, §4.1): the predictor's form that can be quantised and interpolated. In
//! radians, ascending.

use super::filter::{FLAT, Predictor};
use super::{Mode, ORDER, lsf_codebook as codebook};
use core::f32::consts::PI;

pub(super) type Lsf = [f32; ORDER];

/// The predictor of ten frequencies: the mean of two polynomials whose roots lie on the unit circle, at every other one.
pub(super) fn predictor(lsf: &Lsf) -> Predictor {
    let product = |first: usize| {
        let mut product = [0.0f32; ORDER + 2];
        product[0] = 1.0;
        for frequency in lsf.iter().skip(first).step_by(2) {
            let middle = -2.0 * frequency.cos();
            for n in (1..=ORDER).rev() {
                let twice = if n > 1 { product[n - 2] } else { 0.0 };
                product[n] += middle * product[n - 1] + twice;
            }
        }
        product
    };
    let (sum, difference) = (product(0), product(1));
    let mut a = FLAT;
    for n in 1..=ORDER {
        a[n] = 0.5 * (sum[n] + sum[n - 1] + difference[n] - difference[n - 1]);
    }
    a
}

/// Steps in which roots are looked for; voices' frequencies come no closer than two of them.
const GRID: usize = 400;

/// The frequencies of a predictor, or `None` where they can't be told apart.
pub(super) fn of_predictor(a: &Predictor) -> Option<Lsf> {
    let (mut sum, mut difference) = ([1.0f32; 6], [1.0f32; 6]);
    for n in 1..6 {
        sum[n] = a[n] + a[ORDER + 1 - n] - sum[n - 1];
        difference[n] = a[n] - a[ORDER + 1 - n] + difference[n - 1];
    }
    let roots = |half: &[f32; 6], first: usize, lsf: &mut Lsf| {
        let value = |w: f32| {
            let cosines: f32 = (0..5).map(|n| half[n] * ((5 - n) as f32 * w).cos()).sum();
            2.0 * cosines + half[5]
        };
        let mut found = lsf.iter_mut().skip(first).step_by(2);
        let mut before = value(0.0);
        for step in 1..=GRID {
            let (mut low, mut high) = ((step - 1) as f32 * PI / GRID as f32, step as f32 * PI / GRID as f32);
            let after = value(high);
            if before * after <= 0.0 && before != 0.0 {
                for _ in 0..12 {
                    let middle = 0.5 * (low + high);
                    if value(middle) * before > 0.0 { low = middle } else { high = middle }
                }
                let Some(root) = found.next() else { return false };
                *root = 0.5 * (low + high);
            }
            before = after;
        }
        found.next().is_none()
    };
    let mut lsf = [0.0; ORDER];
    let is_whole = roots(&sum, 0, &mut lsf) && roots(&difference, 1, &mut lsf);
    (is_whole && lsf.is_sorted()).then_some(lsf)
}

/// The codebook's three entries nearest to the frequencies (§3.2.4).
pub(super) fn quantised(lsf: &Lsf) -> [u8; 3] {
    fn nearest<const N: usize>(entries: &[[i16; N]], wanted: &[f32]) -> u8 {
        let distance = |entry: &[i16; N]| -> f32 {
            entry.iter().zip(wanted).map(|(&q, w)| (f32::from(q) / 8_192.0 - w).powi(2)).sum()
        };
        let best = entries.iter().enumerate().min_by(|a, b| distance(a.1).total_cmp(&distance(b.1)));
        best.and_then(|(at, _)| u8::try_from(at).ok()).unwrap_or(0)
    }
    [
        nearest(&codebook::LOW, &lsf[..3]),
        nearest(&codebook::MIDDLE, &lsf[3..6]),
        nearest(&codebook::HIGH, &lsf[6..]),
    ]
}

/// The frequencies of three entries, made stable (§3.2.5).
pub(super) fn dequantised(entries: &[u8]) -> Lsf {
    let entry = |n: usize| usize::from(entries.get(n).copied().unwrap_or(0));
    let (low, middle) = (codebook::LOW[entry(0) % 64], codebook::MIDDLE[entry(1) % 128]);
    let mut all = low.iter().chain(&middle).chain(&codebook::HIGH[entry(2) % 128]);
    let mut lsf = [0.0; ORDER].map(|_: f32| f32::from(*all.next().unwrap_or(&0)) / 8_192.0);
    spread(&mut lsf);
    lsf
}

/// Frequencies that are closer than 50 Hz are pushed apart, twice over.
fn spread(lsf: &mut Lsf) {
    const NEAR: f32 = 0.039;
    const HALF: f32 = 0.019_5;
    const LOWEST: f32 = 0.01;
    const HIGHEST: f32 = 25_723.0 / 8_192.0; // 3.14
    for _ in 0..2 {
        for n in 0..ORDER - 1 {
            if lsf[n + 1] - lsf[n] < NEAR {
                if lsf[n + 1] < lsf[n] {
                    lsf[n + 1] = lsf[n] + HALF;
                } else {
                    lsf[n] -= HALF;
                    lsf[n + 1] += HALF;
                }
            }
            lsf[n] = lsf[n].clamp(LOWEST, HIGHEST);
        }
    }
}

/// The frequencies of every part of a frame between those of the frame before and its own one or two sets (§3.2.6).
pub(super) fn interpolated(mode: Mode, before: &Lsf, sets: &[Lsf; 2]) -> [Lsf; 6] {
    let between = |a: &Lsf, b: &Lsf, share: f32| -> Lsf {
        core::array::from_fn(|n| share * a[n] + (1.0 - share) * b[n])
    };
    let [first, second] = sets;
    match mode {
        Mode::Ms20 => [0.75, 0.5, 0.25, 0.0, 0.0, 0.0].map(|share| between(before, first, share)),
        Mode::Ms30 => {
            let mut parts =
                [1.0, 1.0, 2.0 / 3.0, 1.0 / 3.0, 0.0, 0.0].map(|share| between(first, second, share));
            parts[0] = between(before, first, 0.5);
            parts
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_predictor_comes_back_from_its_frequencies() {
        let lsf = dequantised(&[7, 90, 33]);
        let again = of_predictor(&predictor(&lsf)).unwrap();
        lsf.iter().zip(again).for_each(|(a, b)| assert!((a - b).abs() < 0.001, "{a} {b}"));
        assert_eq!(quantised(&again), [7, 90, 33]);
    }
}
