//! The order in which a frame's residual is built from its start state (RFC 3951 §3.6.1, §4.3): the rest of the state's two
//! parts, then every part after them, then every part before them, backwards in time. Encoder and decoder go the same way.

use super::codebook::{MEMORY, MEMORY_OF_REST};
use super::{FRAME_MAX, Mode, PART};

/// A piece of the residual that the codebook gives.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    /// 0 is the rest of the state's parts.
    pub(super) number: usize,
    /// Its place in the frame.
    at: usize,
    length: usize,
    /// The part whose filters weight it.
    pub(super) part: usize,
    is_backward: bool,
}

/// Where the start state stands in the frame.
pub(super) fn state_at(mode: Mode, start: usize, is_first: bool) -> usize {
    (start - 1) * PART + if is_first { 0 } else { 2 * PART - mode.state_samples() }
}

impl Block {
    /// All blocks of a frame, in their order.
    pub(super) fn all(mode: Mode, start: usize, is_first: bool) -> impl Iterator<Item = Self> {
        let state = mode.state_samples();
        let rest = Self {
            number: 0,
            at: (start - 1) * PART + if is_first { state } else { 0 },
            length: 2 * PART - state,
            part: if is_first { start } else { start - 1 },
            is_backward: !is_first,
        };
        let part = |(part, is_backward)| Self { number: 0, at: part * PART, length: PART, part, is_backward };
        let after = (start + 1..mode.parts()).map(|part| (part, false));
        let before = (0..start - 1).rev().map(|part| (part, true));
        let all = core::iter::once(rest).chain(after.chain(before).map(part));
        all.enumerate().map(|(number, block)| Self { number, ..block })
    }

    /// What the codebook sees of the frame so far: the samples next to the block, the nearest last, zeros where there are none.
    pub(super) fn memory<'a>(
        &self,
        mode: Mode,
        residual: &[f32],
        memory: &'a mut [f32; MEMORY],
    ) -> &'a [f32] {
        let memory = if self.number == 0 { &mut memory[..MEMORY_OF_REST] } else { &mut memory[..] };
        memory.fill(0.0);
        let known = &residual[..mode.samples()];
        let near_first = memory.iter_mut().rev();
        if self.is_backward {
            near_first.zip(&known[self.at + self.length..]).for_each(|(to, x)| *to = *x);
        } else {
            near_first.zip(known[..self.at].iter().rev()).for_each(|(to, x)| *to = *x);
        }
        memory
    }

    /// The block's samples in the direction of the search.
    pub(super) fn taken(&self, residual: &[f32]) -> ([f32; PART], usize) {
        let mut samples = [0.0; PART];
        samples[..self.length].copy_from_slice(&residual[self.at..self.at + self.length]);
        if self.is_backward {
            samples[..self.length].reverse();
        }
        (samples, self.length)
    }

    /// Puts the block's samples into the frame; they are given in the direction of the search.
    pub(super) fn put(&self, samples: &mut [f32], residual: &mut [f32; FRAME_MAX]) {
        if self.is_backward {
            samples.reverse();
        }
        residual[self.at..self.at + self.length].copy_from_slice(samples);
    }
}
