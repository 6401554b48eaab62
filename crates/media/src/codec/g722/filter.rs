//! The quadrature mirror filters that part a signal into two bands of half the rate and join them again (G.722 §3.1, §4.4):
//! 24 coefficients, symmetric, held here by their even places.
#![allow(clippy::cast_possible_truncation, reason = "the filters' gain keeps the sums within 16 bits")]

use super::super::memory::Words;

/// Length of the filters.
const TAPS: usize = 24;
/// Samples that are filtered at a time, so that the history is moved once for all of them.
const BLOCK: usize = 160;
/// Pairs that are made side by side, and those that are joined: as many as stay in registers.
const SPLIT_AT_ONCE: usize = 8;
const JOIN_AT_ONCE: usize = 16;

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
        let mut line = [0; TAPS - 2 + BLOCK + 2 * SPLIT_AT_ONCE];
        for block in samples.chunks(BLOCK) {
            let length = block.len() & !1;
            line[..TAPS - 2].copy_from_slice(&self.history);
            line[TAPS - 2..TAPS - 2 + length].copy_from_slice(&block[..length]);
            let start = pairs.len();
            for at in (0..length).step_by(2 * SPLIT_AT_ONCE) {
                let Some(line) = line[at..].first_chunk() else { break };
                pairs.extend_from_slice(&parted(line));
            }
            pairs.truncate(start + length / 2);
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

/// The bands of so many pairs of samples, behind those that came before. Both bands are made of the same two sums, which are taken for all
/// pairs at once: what a processor does side by side.
#[inline]
fn parted(line: &[i16; TAPS - 2 + 2 * SPLIT_AT_ONCE]) -> [Bands; SPLIT_AT_ONCE] {
    let (mut even, mut odd) = ([0; SPLIT_AT_ONCE], [0; SPLIT_AT_ONCE]);
    for k in 0..TAPS / 2 {
        for n in 0..SPLIT_AT_ONCE {
            even[n] += i32::from(line[2 * (n + k)]) * i32::from(EVEN[k]);
            odd[n] += i32::from(line[2 * (n + k) + 1]) * i32::from(ODD[k]);
        }
    }
    core::array::from_fn(|n| Bands { low: halved(odd[n] + even[n]), high: halved(odd[n] - even[n]) })
}

/// The sums of so many places of a line.
#[inline]
fn filtered(line: &[i16; TAPS / 2 - 1 + JOIN_AT_ONCE], taps: &[i16; TAPS / 2]) -> [i32; JOIN_AT_ONCE] {
    let mut sums = [0; JOIN_AT_ONCE];
    for (k, &tap) in taps.iter().enumerate() {
        for (n, sum) in sums.iter_mut().enumerate() {
            *sum += i32::from(line[n + k]) * i32::from(tap);
        }
    }
    sums
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
        let (mut sums, mut differences) =
            ([0; BEFORE + BLOCK + JOIN_AT_ONCE], [0; BEFORE + BLOCK + JOIN_AT_ONCE]);
        for block in pairs.chunks(BLOCK) {
            sums[..BEFORE].copy_from_slice(&self.sums[1..]);
            differences[..BEFORE].copy_from_slice(&self.differences[1..]);
            let lines = sums[BEFORE..].iter_mut().zip(&mut differences[BEFORE..]);
            for ((sum, difference), Bands { low, high }) in lines.zip(block) {
                (*sum, *difference) = (low + high, low - high);
            }
            let end = BEFORE + block.len();
            let start = samples.len();
            for at in (0..block.len()).step_by(JOIN_AT_ONCE) {
                let lines = sums[at..].first_chunk().zip(differences[at..].first_chunk());
                let Some((sums, differences)) = lines else { break };
                let (even, odd) = (filtered(sums, &EVEN), filtered(differences, &ODD));
                let joined: [i16; 2 * JOIN_AT_ONCE] =
                    core::array::from_fn(|n| doubled(if n % 2 == 0 { odd[n / 2] } else { even[n / 2] }));
                samples.extend_from_slice(&joined);
            }
            samples.truncate(start + 2 * block.len());
            self.sums.copy_from_slice(&sums[end - TAPS / 2..end]);
            self.differences.copy_from_slice(&differences[end - TAPS / 2..end]);
        }
    }

    pub(super) fn visit(&mut self, words: &mut Words<'_>) {
        words.i16s(&mut self.sums);
        words.i16s(&mut self.differences);
    }
}
