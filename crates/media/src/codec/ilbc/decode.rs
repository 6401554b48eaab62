//! The decoder (RFC 3951 §4): residual, concealment, enhancer, synthesis, high pass.

use super::codebook::{self, MEMORY};
use super::conceal::Concealment;
use super::enhance::Enhancer;
use super::filter::{FLAT, HighPass, Predictor, all_pole, are_sound};
use super::frame::Frame;
use super::residual::{Block, state_at};
use super::{FRAME_MAX, Mode, ORDER, PART, lsf, lsf::Lsf, state, tables};
use crate::codec::memory::Words;

#[derive(Clone, Debug)]
pub(super) struct Decoding {
    mode: Mode,
    /// The last set of the frame before.
    lsf: Lsf,
    /// The filters of the frame before: the enhancer gives some of its samples only now.
    filters: [Predictor; 6],
    concealment: Concealment,
    enhancer: Enhancer,
    /// The last synthesised samples.
    past: [f32; ORDER],
    high_pass: HighPass,
}

impl Decoding {
    pub(super) fn new(mode: Mode) -> Self {
        Self {
            mode,
            lsf: tables::LSF_MEAN,
            filters: [FLAT; 6],
            concealment: Concealment::default(),
            enhancer: Enhancer::default(),
            past: [0.0; ORDER],
            high_pass: HighPass::of_output(),
        }
    }

    pub(super) fn mode(&self) -> Mode {
        self.mode
    }

    /// Appends the samples of one frame, or of one that was lost.
    pub(super) fn frame(&mut self, octets: Option<&[u8]>, samples: &mut Vec<i16>) {
        let mode = self.mode;
        let mut residual = [0.0; FRAME_MAX];
        let frame = octets.and_then(|octets| Frame::read(mode, octets));
        let (filters, was_lost) = match frame {
            Some(frame) => {
                let filters = self.predictors(&frame);
                decode_residual(mode, frame, &filters, &mut residual);
                let was_lost = self.concealment.is_lost();
                self.concealment.heard(&residual[..mode.samples()], &filters[mode.parts() - 1]);
                (filters, was_lost)
            }
            None => {
                self.concealment.fill(self.enhancer.lag(), &mut residual[..mode.samples()]);
                ([*self.concealment.filter(); 6], false)
            }
        };
        let mut signal = [0.0; ORDER + FRAME_MAX];
        signal[..ORDER].copy_from_slice(&self.past);
        let signal = &mut signal[..ORDER + mode.samples()];
        self.enhancer.run(mode, &residual[..mode.samples()], was_lost, &mut signal[ORDER..]);
        // The enhancer is behind by one or two parts.
        let late = mode.delayed_parts();
        for part in 0..mode.parts() {
            let filter =
                if part < late { &self.filters[mode.parts() - late + part] } else { &filters[part - late] };
            let at = ORDER + part * PART;
            all_pole(&mut signal[..at + PART], at, filter);
        }
        if !are_sound(signal) {
            // No encoder sends frequencies that do not ascend; a filter of such ones may run away.
            *self = Self::new(mode);
            samples.resize(samples.len() + mode.samples(), 0);
            return;
        }
        self.past.copy_from_slice(&signal[mode.samples()..]);
        self.filters = filters;
        samples.extend(signal[ORDER..].iter().map(|&x| self.high_pass.next(x).round() as i16));
    }

    /// The synthesis filters of the frame's parts.
    fn predictors(&mut self, frame: &Frame) -> [Predictor; 6] {
        let sets = [lsf::dequantised(&frame.lsf[..3]), lsf::dequantised(&frame.lsf[3..])];
        let filters = lsf::interpolated(self.mode, &self.lsf, &sets).map(|lsf| lsf::predictor(&lsf));
        self.lsf = sets[self.mode.analyses() - 1];
        filters
    }

    pub(super) fn visit(&mut self, words: &mut Words<'_>) {
        self.lsf.iter_mut().chain(self.filters.as_flattened_mut()).for_each(|word| words.f32(word));
        self.concealment.visit(words);
        self.enhancer.visit(words);
        self.past.iter_mut().for_each(|word| words.f32(word));
        self.high_pass.visit(words);
    }

    pub(super) fn is_sound(&self) -> bool {
        are_sound(&self.lsf)
            && are_sound(self.filters.as_flattened())
            && are_sound(&self.past)
            && self.high_pass.is_sound()
            && self.concealment.is_sound()
            && self.enhancer.is_sound()
    }
}

/// §4.2–4.3.
fn decode_residual(mode: Mode, mut frame: Frame, filters: &[Predictor; 6], residual: &mut [f32; FRAME_MAX]) {
    frame.open_gaps();
    let (start, is_first) = (usize::from(frame.start), frame.is_first == 1);
    let at = state_at(mode, start, is_first);
    let state = state::dequantised(mode, &frame, &filters[start - 1]);
    residual[at..at + mode.state_samples()].copy_from_slice(&state[..mode.state_samples()]);
    for block in Block::all(mode, start, is_first) {
        let mut memory = [0.0; MEMORY];
        let memory = block.memory(mode, residual, &mut memory);
        let (mut out, length) = block.taken(residual);
        let out = &mut out[..length];
        codebook::construct(memory, &frame.vectors[block.number], &frame.gains[block.number], out);
        block.put(out, residual);
    }
}
