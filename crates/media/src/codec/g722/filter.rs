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

/// The impulse response, with one sign for the places of even number.
const fn response(even: i16) -> [i16; TAPS] {
    let mut taps = [0; TAPS];
    let mut n = 0;
    while n < TAPS / 2 {
        taps[2 * n] = even * EVEN[n];
        taps[2 * n + 1] = EVEN[TAPS / 2 - 1 - n];
        n += 1;
    }
    taps
}

static LOW: [i16; TAPS] = response(1);
static HIGH: [i16; TAPS] = response(-1);

/// A pair of samples, one of each band.
#[derive(Clone, Copy, Debug)]
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
    /// Gives a pair for every two samples; an odd one at the end is left out.
    pub(super) fn split(&mut self, samples: &[i16], mut each: impl FnMut(Bands)) {
        let mut line = [0; TAPS - 2 + BLOCK];
        for block in samples.chunks(BLOCK) {
            let length = block.len() & !1;
            let (before, new) = line.split_at_mut(TAPS - 2);
            before.copy_from_slice(&self.history);
            new[..length].copy_from_slice(&block[..length]);
            for window in line[..TAPS - 2 + length].windows(TAPS).step_by(2) {
                each(Bands { low: dot(window, &LOW), high: dot(window, &HIGH) });
            }
            self.history.copy_from_slice(&line[length..length + TAPS - 2]);
        }
    }

    pub(super) fn visit(&mut self, words: &mut Words<'_>) {
        words.i16s(&mut self.history);
    }
}

/// The gain is a half: a sum of 13 fractional bits and one more.
#[inline]
fn dot(window: &[i16], taps: &[i16; TAPS]) -> i16 {
    let sum: i32 = window.iter().zip(taps).map(|(&sample, &tap)| i32::from(sample) * i32::from(tap)).sum();
    (sum >> 14) as i16
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
    /// Two samples of the whole band; both of `low` and `high` are within ±2^14 (LIMIT).
    #[inline]
    pub(super) fn join(&mut self, low: i16, high: i16) -> [i16; 2] {
        self.sums.copy_within(1.., 0);
        self.differences.copy_within(1.., 0);
        self.sums[TAPS / 2 - 1] = low.saturating_add(high);
        self.differences[TAPS / 2 - 1] = low.saturating_sub(high);
        let (mut first, mut second) = (0, 0);
        for n in 0..TAPS / 2 {
            first += i32::from(self.differences[n]) * i32::from(EVEN[TAPS / 2 - 1 - n]);
            second += i32::from(self.sums[n]) * i32::from(EVEN[n]);
        }
        // From 15 bits to 16: one fractional bit less than the coefficients have, and the gain of two.
        [first, second].map(|sum| (sum >> 11).clamp(-32_768, 32_767) as i16)
    }

    pub(super) fn visit(&mut self, words: &mut Words<'_>) {
        words.i16s(&mut self.sums);
        words.i16s(&mut self.differences);
    }
}
