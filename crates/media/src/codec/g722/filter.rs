//! The quadrature mirror filters that part a signal into two bands of half the rate and join them again (G.722 §3.1, §4.4):
//! 24 coefficients, symmetric, held here by their even places.
#![allow(clippy::cast_possible_truncation, reason = "the filters' gain keeps the sums within 16 bits")]

use super::super::memory::Words;

/// Length of the filters.
const TAPS: usize = 24;
/// Samples that are filtered at a time, so that the history is moved once for all of them.
const BLOCK: usize = 160;

/// Table 11: h0, h2, …, h22 of G.722, in units of 2^-13.
const EVEN: [i16; TAPS / 2] = [3, -11, 12, 32, -210, 951, 3_876, -805, 362, -156, 53, -11];

/// The others, which are the same backwards.
const ODD: [i16; TAPS / 2] = {
    let mut odd = EVEN;
    let mut n = 0;
    while n < TAPS / 2 {
        odd[n] = EVEN[TAPS / 2 - 1 - n];
        n += 1;
    }
    odd
};

/// The impulse response, with one sign for the places of even number.
const fn response(even: i16) -> [i16; TAPS] {
    let mut taps = [0; TAPS];
    let mut n = 0;
    while n < TAPS / 2 {
        taps[2 * n] = even * EVEN[n];
        taps[2 * n + 1] = ODD[n];
        n += 1;
    }
    taps
}

static LOW: [i16; TAPS] = response(1);
static HIGH: [i16; TAPS] = response(-1);

/// A pair of samples, one of each band.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bands {
    pub(super) low: i16,
    pub(super) high: i16,
}

/// The transmit filters.
#[derive(Clone, Debug, Default)]
pub(super) struct Analysis {
    /// The latest samples, oldest first.
    history: [i16; TAPS - 2],
}

impl Analysis {
    /// Appends a pair for every two samples; an odd one at the end is left out.
    pub(super) fn split(&mut self, samples: &[i16], pairs: &mut Vec<Bands>) {
        let mut line = [0; TAPS - 2 + BLOCK];
        for block in samples.chunks(BLOCK) {
            let length = block.len() & !1;
            line[..TAPS - 2].copy_from_slice(&self.history);
            line[TAPS - 2..TAPS - 2 + length].copy_from_slice(&block[..length]);
            let windows = line[..TAPS - 2 + length].windows(TAPS).step_by(2);
            pairs.extend(
                windows
                    .filter_map(<[i16]>::first_chunk)
                    .map(|window| Bands { low: halved(dot(window, &LOW)), high: halved(dot(window, &HIGH)) }),
            );
            self.history.copy_from_slice(&line[length..length + TAPS - 2]);
        }
    }

    pub(super) fn visit(&mut self, words: &mut Words<'_>) {
        words.i16s(&mut self.history);
    }
}

/// The gain is a half: a sum of 13 fractional bits and one more.
#[inline]
fn halved(sum: i32) -> i16 {
    (sum >> 14) as i16
}

/// From 15 bits to 16: one fractional bit less than the coefficients have, and the gain of two.
#[inline]
fn doubled(sum: i32) -> i16 {
    (sum >> 11).clamp(-32_768, 32_767) as i16
}

#[inline]
fn dot<const N: usize>(window: &[i16; N], taps: &[i16; N]) -> i32 {
    let mut sum = 0;
    for (&sample, &tap) in window.iter().zip(taps) {
        sum += i32::from(sample) * i32::from(tap);
    }
    sum
}

/// The receive filters.
#[derive(Clone, Debug, Default)]
pub(super) struct Synthesis {
    /// Sums of both bands, oldest first.
    sums: [i16; TAPS / 2],
    /// Differences of both bands.
    differences: [i16; TAPS / 2],
}

impl Synthesis {
    /// Appends two samples of the whole band for each pair; both of a pair are within ±2^14 (LIMIT).
    pub(super) fn join(&mut self, pairs: &[Bands], samples: &mut Vec<i16>) {
        const BEFORE: usize = TAPS / 2 - 1;
        let (mut sums, mut differences) = ([0; BEFORE + BLOCK], [0; BEFORE + BLOCK]);
        for block in pairs.chunks(BLOCK) {
            sums[..BEFORE].copy_from_slice(&self.sums[1..]);
            differences[..BEFORE].copy_from_slice(&self.differences[1..]);
            let lines = sums[BEFORE..].iter_mut().zip(&mut differences[BEFORE..]);
            for ((sum, difference), Bands { low, high }) in lines.zip(block) {
                (*sum, *difference) = (low + high, low - high);
            }
            let end = BEFORE + block.len();
            let (sums, differences) = (&sums[..end], &differences[..end]);
            let windows = sums.windows(TAPS / 2).zip(differences.windows(TAPS / 2));
            let windows =
                windows.filter_map(|(sums, differences)| sums.first_chunk().zip(differences.first_chunk()));
            samples.extend(windows.flat_map(|(sums, differences)| {
                [doubled(dot(differences, &ODD)), doubled(dot(sums, &EVEN))]
            }));
            self.sums.copy_from_slice(&sums[end - TAPS / 2..]);
            self.differences.copy_from_slice(&differences[end - TAPS / 2..]);
        }
    }

    pub(super) fn visit(&mut self, words: &mut Words<'_>) {
        words.i16s(&mut self.sums);
        words.i16s(&mut self.differences);
    }
}
