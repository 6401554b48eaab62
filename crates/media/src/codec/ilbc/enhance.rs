//! The enhancer (RFC 3951 §4.6): each 80 samples of the residual are made more like the pitch cycles around them, where that
//! changes them little. It looks ahead, so what comes out is 40 samples (20 ms frames) or 80 (30 ms) late.

use super::filter::{are_sound, dot, likeness};
use super::{Mode, tables};
use crate::codec::memory::Words;
use core::f32::consts::PI;

/// Samples that are enhanced at a time.
const BLOCK: usize = 80;
/// Blocks of residual that are kept.
const BLOCKS: usize = 8;
const KEPT: usize = BLOCK * BLOCKS;
/// Cycles on either side.
const SIDE: usize = 3;
/// A cycle is looked for this many samples around where the pitch says that it is.
const SLOP: usize = 2;
/// By how much of its energy a block may change.
const CHANGE_MAX: f32 = 0.05;
/// Samples at 4,000 Hz of 30 ms of residual and the 15 ms before it, where the pitch is looked for.
const HALVED: usize = 180;
/// Lags that the pitch of a block can have.
const LAGS: core::ops::RangeInclusive<u8> = 19..=119;

#[derive(Clone, Debug)]
pub(super) struct Enhancer {
    kept: [f32; KEPT],
    /// The pitch of each block.
    lags: [u8; BLOCKS],
}

impl Default for Enhancer {
    fn default() -> Self {
        Self { kept: [0.0; KEPT], lags: [40; BLOCKS] }
    }
}

impl Enhancer {
    /// The newest block's pitch.
    pub(super) fn lag(&self) -> usize {
        usize::from(self.lags[BLOCKS - 1])
    }

    /// Takes a frame's residual and gives as many samples, some of them of the frame before. `was_lost`: the frame before was
    /// concealed, and its end can now be made better.
    pub(super) fn run(&mut self, mode: Mode, residual: &[f32], was_lost: bool, out: &mut [f32]) {
        self.kept.copy_within(residual.len().., 0);
        self.kept[KEPT - residual.len()..].copy_from_slice(residual);
        let new = residual.len() / BLOCK;
        self.lags.copy_within(new.., 0);
        self.find_lags(new);
        if was_lost {
            self.join(mode, residual, BLOCKS - new);
        }
        let first = KEPT - residual.len() - mode.delayed_parts() * super::PART;
        for (n, out) in out.as_chunks_mut::<BLOCK>().0.iter_mut().enumerate() {
            *out = smoothed(&self.cycles(first + n * BLOCK));
        }
    }

    /// The pitch of the newest blocks, to two samples.
    fn find_lags(&mut self, new: usize) {
        let from = KEPT - new * BLOCK - 120;
        let mut halved = [0.0; HALVED];
        for (m, out) in halved.iter_mut().enumerate().take(new * BLOCK / 2 + 60) {
            let newest = from + 3 + 2 * m;
            let filter = tables::HALVING_FILTER.iter().enumerate();
            *out = filter.map(|(j, f)| f * self.kept.get(newest - j).copied().unwrap_or(0.0)).sum();
        }
        for block in 0..new {
            let at = 60 + block * 40;
            let mut best = (10, f32::NEG_INFINITY);
            for lag in 10..60 {
                let found = likeness(&halved[at..at + 40], &halved[at - lag..at - lag + 40]);
                if found > best.1 {
                    best = (lag, found);
                }
            }
            self.lags[BLOCKS - new + block] = u8::try_from(2 * best.0).unwrap_or(40);
        }
    }

    /// §4.6 with §4.5: the concealed samples that were not given out yet are faded into what the new frame says of them.
    fn join(&mut self, mode: Mode, new: &[f32], block: usize) {
        let count = mode.delayed_parts() * super::PART;
        let near = usize::from(self.lags[block]);
        let mut best = (near, f32::NEG_INFINITY);
        for lag in near - 1..=near + 1 {
            let found = likeness(&new[..count], &new[lag..lag + count]);
            if found > best.1 {
                best = (lag, found);
            }
        }
        let lag = best.0;
        self.lags[block - 1] = u8::try_from(lag).unwrap_or(40);
        let old = &mut self.kept[KEPT - new.len() - count..KEPT - new.len()];
        // Backwards in time: the new frame's first cycle, and before it what stands there.
        let mut back = [0.0; BLOCK];
        for (n, back) in back[..count].iter_mut().enumerate() {
            *back = if n < lag { new[lag - 1 - n] } else { old[count - 1 - (n - lag)] };
        }
        let back = &mut back[..count];
        let (loud, quiet) = (dot(back, back).sqrt(), dot(old, old).sqrt());
        if loud > 2.0 * quiet && loud > 0.0 {
            let factor = 2.0 * quiet / loud;
            for (n, back) in back.iter_mut().enumerate() {
                // Up to the border the factor grows back to 1.
                *back *= if n < 10 { factor + (10 - n) as f32 * (1.0 - factor) / 10.0 } else { factor };
            }
        }
        for (n, (old, back)) in old.iter_mut().rev().zip(back.iter()).enumerate() {
            let share = (n + 1) as f32 / (count + 1) as f32;
            *old = share * *old + (1.0 - share) * back;
        }
    }

    /// The block at `centre` in the middle of the cycles before and after it; zeros where there is none.
    fn cycles(&self, centre: usize) -> [[f32; BLOCK]; 2 * SIDE + 1] {
        let mut cycles = [[0.0; BLOCK]; 2 * SIDE + 1];
        cycles[SIDE].copy_from_slice(&self.kept[centre..centre + BLOCK]);
        let lags = self.lags.map(f32::from);
        let middles: [f32; BLOCKS] = core::array::from_fn(|n| (40 + n * BLOCK) as f32);
        let half = (BLOCK / 2) as f32;

        let (mut at, mut block) = (centre as f32, nearest(&middles, centre as f32 + half - 0.5));
        for cycle in (0..SIDE).rev() {
            let lag = lags[block];
            at -= lag;
            block = nearest(&middles, at + half - lag);
            if at >= SLOP as f32 {
                at = self.refined(centre, at, &mut cycles[cycle]);
            }
        }
        let before: [f32; BLOCKS] = core::array::from_fn(|n| middles[n] - lags[n]);
        let mut at = centre as f32;
        for cycle in &mut cycles[SIDE + 1..] {
            at += lags[nearest(&before, at + half)];
            if at + ((BLOCK + SLOP) as f32) < KEPT as f32 {
                at = self.refined(centre, at, cycle);
            }
        }
        cycles
    }

    /// Finds the cycle most like the block at `centre` around `at`, to a quarter of a sample, and says where it was.
    fn refined(&self, centre: usize, at: f32, cycle: &mut [f32; BLOCK]) -> f32 {
        let rounded = (at - 0.5).max(0.0) as usize;
        let from = rounded.saturating_sub(SLOP);
        let to = (rounded + SLOP).min(KEPT - BLOCK - 1);
        let block = &self.kept[centre..centre + BLOCK];
        let mut likenesses = [0.0; 2 * SLOP + 1];
        let count = (to + 1).saturating_sub(from).min(likenesses.len());
        for (n, out) in likenesses.iter_mut().take(count).enumerate() {
            *out = dot(&self.kept[from + n..from + n + BLOCK], block);
        }
        let quarters = in_quarters(&likenesses[..count]);
        let quarters = quarters.iter().take(4 * count).enumerate();
        let best =
            quarters.fold((0, f32::NEG_INFINITY), |best, (n, &q)| if q > best.1 { (n, q) } else { best }).0;
        // Samples from the next whole one on, delayed by what is missing.
        let whole = from + best.div_ceil(4);
        let delay = &tables::QUARTERS[(4 - best % 4) % 4];
        for (n, out) in cycle.iter_mut().enumerate() {
            let sample = |j: usize| (whole + n + j).checked_sub(3).and_then(|at| self.kept.get(at)).copied();
            *out = delay.iter().enumerate().map(|(j, f)| f * sample(j).unwrap_or(0.0)).sum();
        }
        from as f32 + best as f32 / 4.0 + 1.0
    }

    pub(super) fn visit(&mut self, words: &mut Words<'_>) {
        self.kept.iter_mut().for_each(|word| words.f32(word));
        self.lags.iter_mut().for_each(|lag| words.u8(lag));
    }

    pub(super) fn is_sound(&self) -> bool {
        are_sound(&self.kept) && self.lags.iter().all(|lag| LAGS.contains(lag))
    }
}

fn nearest(places: &[f32; BLOCKS], wanted: f32) -> usize {
    let distance = |n: &usize| (places[*n] - wanted).abs();
    (0..BLOCKS).min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or(0)
}

/// Four values for each, of which the first is the one that was there.
fn in_quarters(values: &[f32]) -> [f32; 4 * (2 * SLOP + 1)] {
    // The filter is cut to the length of what there is.
    let half = if values.len() < 7 { values.len() / 2 } else { 3 };
    let mut quarters = [0.0; 4 * (2 * SLOP + 1)];
    for (n, out) in quarters.iter_mut().take(4 * values.len()).enumerate() {
        let filter = &tables::QUARTERS[n % 4][3 - half..=3 + half];
        let at = |k: usize| (n / 4 + half).checked_sub(k).and_then(|at| values.get(at)).copied();
        *out = filter.iter().enumerate().map(|(k, f)| f * at(k).unwrap_or(0.0)).sum();
    }
    quarters
}

/// §4.6.3: the block as its neighbours say that it should be, but not further from itself than [`CHANGE_MAX`].
fn smoothed(cycles: &[[f32; BLOCK]; 2 * SIDE + 1]) -> [f32; BLOCK] {
    let own = &cycles[SIDE];
    let mut around = [0.0; BLOCK];
    for (k, cycle) in cycles.iter().enumerate().filter(|(k, _)| *k != SIDE) {
        let weight = 0.5 * (1.0 - (2.0 * PI * (k + 1) as f32 / (2 * SIDE + 2) as f32).cos());
        around.iter_mut().zip(cycle).for_each(|(sum, x)| *sum += weight * x);
    }
    let (own_energy, cross) = (dot(own, own), dot(own, &around));
    let energy = dot(&around, &around).max(1.0);
    let gain = (own_energy / energy).sqrt();
    let out: [f32; BLOCK] = core::array::from_fn(|n| gain * around[n]);
    let change: f32 = out.iter().zip(own).map(|(a, b)| (a - b).powi(2)).sum();
    if change <= CHANGE_MAX * own_energy {
        return out;
    }
    let own_energy = own_energy.max(1.0);
    let spread = (energy * own_energy - cross * cross) / (own_energy * own_energy);
    let (a, b) = if spread > 0.000_1 {
        let a = ((CHANGE_MAX - CHANGE_MAX * CHANGE_MAX / 4.0) / spread).sqrt();
        (a, 1.0 - CHANGE_MAX / 2.0 - a * cross / own_energy)
    } else {
        (0.0, 1.0)
    };
    core::array::from_fn(|n| a * around[n] + b * own[n])
}
