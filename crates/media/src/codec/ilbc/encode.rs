//! The encoder (RFC 3951 §3): high pass, prediction, start state, codebook searches.

use super::codebook::{self, MEMORY};
use super::filter::{HighPass, Predictor, all_zero, are_sound, dot, widened};
use super::frame::Frame;
use super::residual::{Block, state_at};
use super::{FRAME_MAX, Mode, ORDER, PART, analysis::Analysis, lsf, lsf::Lsf, state, tables};
use crate::codec::memory::Words;

/// How much of the spectrum's shape the weighting filter keeps (`LPC_CHIRP_WEIGHTDENUM`).
const WEIGHTING: f32 = 0.422_2;

#[derive(Clone, Debug)]
pub(super) struct Encoding {
    mode: Mode,
    high_pass: HighPass,
    analysis: Analysis,
    /// The last set of the frame before, as it was and as it was sent.
    lsf: Lsf,
    lsf_sent: Lsf,
    /// The last samples of the frame before.
    past: [f32; ORDER],
}

impl Encoding {
    pub(super) fn new(mode: Mode) -> Self {
        Self {
            mode,
            high_pass: HighPass::of_input(),
            analysis: Analysis::default(),
            lsf: tables::LSF_MEAN,
            lsf_sent: tables::LSF_MEAN,
            past: [0.0; ORDER],
        }
    }

    /// Appends the octets of one frame.
    pub(super) fn frame(&mut self, samples: &[i16], octets: &mut Vec<u8>) {
        let mode = self.mode;
        let mut signal = [0.0; ORDER + FRAME_MAX];
        signal[..ORDER].copy_from_slice(&self.past);
        let signal = &mut signal[..ORDER + samples.len()];
        for (to, sample) in signal[ORDER..].iter_mut().zip(samples) {
            *to = self.high_pass.next(f32::from(*sample));
        }
        let mut frame = Frame::default();
        let (synthesis, weighting) = self.filters(&signal[ORDER..], &mut frame);
        let mut residual = [0.0; FRAME_MAX];
        for part in 0..mode.parts() {
            all_zero(signal, ORDER + part * PART, &synthesis[part], &mut residual[part * PART..][..PART]);
        }
        self.past.copy_from_slice(&signal[samples.len()..]);

        let start = loudest(&residual[..mode.samples()]);
        let energy = |is_first| {
            let state = &residual[state_at(mode, start, is_first)..][..mode.state_samples()];
            dot(state, state)
        };
        let is_first = energy(true) > energy(false);
        frame.start = u8::try_from(start).unwrap_or(1);
        frame.is_first = u8::from(is_first);
        let place = state::Place {
            mode,
            is_first,
            synthesis: [synthesis[start - 1], synthesis[start]],
            weighting: [weighting[start - 1], weighting[start]],
        };
        let at = state_at(mode, start, is_first);
        state::quantise(&place, &residual[at..], &mut frame);
        let mut decoded = [0.0; FRAME_MAX];
        let state = state::dequantised(mode, &frame, &place.synthesis[0]);
        decoded[at..at + mode.state_samples()].copy_from_slice(&state[..mode.state_samples()]);
        for block in Block::all(mode, start, is_first) {
            let mut memory = [0.0; MEMORY];
            let memory = block.memory(mode, &decoded, &mut memory);
            let (mut target, length) = block.taken(&residual);
            let target = &mut target[..length];
            let (vectors, gains) = codebook::search(block.number, memory, target, &weighting[block.part]);
            codebook::construct(memory, &vectors, &gains, target);
            block.put(target, &mut decoded);
            (frame.vectors[block.number], frame.gains[block.number]) = (vectors, gains);
        }
        frame.close_gaps();
        frame.write(mode, octets);
    }

    /// The parts' filters: those that the decoder will use, and those by which errors are weighted.
    fn filters(&mut self, signal: &[f32], frame: &mut Frame) -> ([Predictor; 6], [Predictor; 6]) {
        let mode = self.mode;
        let sets = self.analysis.run(mode, signal);
        let mut sent = sets;
        for n in 0..mode.analyses() {
            let entries = lsf::quantised(&sets[n]);
            frame.lsf[n * 3..n * 3 + 3].copy_from_slice(&entries);
            sent[n] = lsf::dequantised(&entries);
        }
        let synthesis = lsf::interpolated(mode, &self.lsf_sent, &sent).map(|lsf| lsf::predictor(&lsf));
        let weighting =
            lsf::interpolated(mode, &self.lsf, &sets).map(|lsf| widened(&lsf::predictor(&lsf), WEIGHTING));
        (self.lsf, self.lsf_sent) = (sets[mode.analyses() - 1], sent[mode.analyses() - 1]);
        (synthesis, weighting)
    }

    pub(super) fn visit(&mut self, words: &mut Words<'_>) {
        self.high_pass.visit(words);
        self.analysis.visit(words);
        self.lsf.iter_mut().chain(&mut self.lsf_sent).chain(&mut self.past).for_each(|word| words.f32(word));
    }

    pub(super) fn is_sound(&self) -> bool {
        self.high_pass.is_sound()
            && self.analysis.is_sound()
            && are_sound(&self.lsf)
            && are_sound(&self.lsf_sent)
            && are_sound(&self.past)
    }
}

/// The second of the two neighbouring parts with the most energy (§3.4): five samples at either end count less, and so do pairs
/// at the frame's ends.
fn loudest(residual: &[f32]) -> usize {
    let energy = |pair: &[f32]| -> f32 {
        let fade = |n: usize| (n + 1).min(pair.len() - n).min(6) as f32 / 6.0;
        pair.iter().enumerate().map(|(n, x)| fade(n) * x * x).sum()
    };
    let favour: &[f32] =
        if residual.len() == FRAME_MAX { &[0.8, 0.9, 1.0, 0.9, 0.8] } else { &[0.9, 1.0, 0.9] };
    let pairs = favour
        .iter()
        .enumerate()
        .map(|(n, favour)| (n + 1, favour * energy(&residual[n * PART..][..2 * PART])));
    pairs.max_by(|a, b| a.1.total_cmp(&b.1)).map_or(1, |(start, _)| start)
}
