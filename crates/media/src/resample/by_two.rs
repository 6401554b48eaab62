//! Twice and half the rate, which telephones of two qualities need of each other all the time: the sums that any filter takes, but for
//! many outputs side by side, and without what is zero in them.
#![allow(clippy::cast_possible_truncation, reason = "taps are no longer than those of other filters")]

use super::{CROSSINGS, ONE, ONE_BITS, limited};

/// Outputs that are made at a time.
const AT_ONCE: usize = 16;
/// Taps that are not zero, but for the one in the middle.
const TAPS: usize = 2 * CROSSINGS;
/// Samples that so many outputs are made of.
const LINE: usize = TAPS + AT_ONCE - 1;

/// A filter that doubles or halves the rate.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum ByTwo {
    /// Every other output is an input as it is; the taps of those between.
    Up([i16; TAPS]),
    /// Every other tap is zero, but for the one in the middle.
    Down { taps: [i16; TAPS], middle: i16 },
}

impl ByTwo {
    /// What a filter is in this form, if it has it.
    pub(super) fn of(up: u32, down: u32, taps: &[i16]) -> Option<Self> {
        match (up, down) {
            (2, 1) => {
                let (own, between) = taps.split_first_chunk::<TAPS>()?;
                let is_own = own.get(CROSSINGS - 1) == Some(&(ONE as i16));
                between.first_chunk().filter(|_| is_own).copied().map(Self::Up)
            }
            (1, 2) => {
                let (pairs, _) = taps.as_chunks::<2>();
                let others = pairs.iter().map(|pair| pair[1]).enumerate();
                let (middle, zeros): (Vec<_>, Vec<_>) = others.partition(|(n, _)| *n == CROSSINGS - 1);
                let is_half = zeros.iter().all(|(_, tap)| *tap == 0);
                let middle = middle.first().filter(|_| is_half)?.1;
                let kept: Vec<i16> = pairs.iter().map(|pair| pair[0]).collect();
                Some(Self::Down { taps: *kept.first_chunk()?, middle })
            }
            _ => None,
        }
    }

    /// Appends the outputs from `point` on, as long as there are samples for a whole row of them. Says how many inputs further the next
    /// one lies, and how many outputs there were.
    pub(super) fn run(&self, samples: &[i16], point: usize, out: &mut Vec<i16>) -> (usize, usize) {
        let (mut moved, before) = (0, out.len());
        match self {
            Self::Up(taps) => {
                while let Some(line) = line::<LINE>(samples, point + moved, CROSSINGS)
                    && let Some(own) = line.get(CROSSINGS - 1..).and_then(<[i16]>::first_chunk::<AT_ONCE>)
                {
                    let sums = filtered(taps, line);
                    let pairs: [[i16; 2]; AT_ONCE] = core::array::from_fn(|n| [own[n], rounded(sums[n])]);
                    out.extend_from_slice(pairs.as_flattened());
                    moved += AT_ONCE;
                }
            }
            Self::Down { taps, middle } => {
                while let Some(line) = line::<{ 2 * LINE }>(samples, point + moved, 2 * CROSSINGS) {
                    let kept: [i16; LINE] = core::array::from_fn(|n| line[2 * n]);
                    let sums = filtered(taps, &kept);
                    let made: [i16; AT_ONCE] = core::array::from_fn(|n| {
                        let own = i32::from(line[2 * (CROSSINGS + n) - 1]);
                        rounded(sums[n] + own * i32::from(*middle))
                    });
                    out.extend_from_slice(&made);
                    moved += 2 * AT_ONCE;
                }
            }
        }
        (moved, out.len() - before)
    }
}

/// So many samples for a filter with `half` taps on each side of the first point.
fn line<const N: usize>(samples: &[i16], point: usize, half: usize) -> Option<&[i16; N]> {
    samples.get((point + 1).checked_sub(half)?..)?.first_chunk()
}

/// The sums of as many places as are made at a time; two taps together, as processors multiply.
#[inline]
fn filtered(taps: &[i16; TAPS], line: &[i16; LINE]) -> [i32; AT_ONCE] {
    let mut sums = [0; AT_ONCE];
    for (k, [first, second]) in taps.as_chunks::<2>().0.iter().enumerate() {
        for (n, sum) in sums.iter_mut().enumerate() {
            *sum += i32::from(line[2 * k + n]) * i32::from(*first)
                + i32::from(line[2 * k + n + 1]) * i32::from(*second);
        }
    }
    sums
}

#[inline]
fn rounded(sum: i32) -> i16 {
    limited((sum + ONE / 2) >> ONE_BITS)
}
