//! The filters that every step shares. A predictor is A(z) = 1 + a₁z⁻¹ + … + a₁₀z⁻¹⁰ with its leading 1.

use super::ORDER;
use crate::codec::memory::Words;

/// The coefficients of A(z).
pub(super) type Predictor = [f32; ORDER + 1];

/// The predictor that predicts nothing.
pub(super) const FLAT: Predictor = {
    let mut flat = [0.0; ORDER + 1];
    flat[0] = 1.0;
    flat
};

/// 1/A(z) over `signal[from..]`, in place; what stands before are its earlier outputs, at least ten.
pub(super) fn all_pole(signal: &mut [f32], from: usize, a: &Predictor) {
    for n in from..signal.len() {
        let past: f32 = a[1..].iter().zip(signal[..n].iter().rev()).map(|(a, y)| a * y).sum();
        signal[n] -= past;
    }
}

/// A(z) over `signal[from..]`; what stands before are earlier inputs, at least ten.
pub(super) fn all_zero(signal: &[f32], from: usize, a: &Predictor, out: &mut [f32]) {
    for (n, out) in out.iter_mut().enumerate() {
        *out = a.iter().zip(signal[..=from + n].iter().rev()).map(|(a, x)| a * x).sum();
    }
}

/// A(z/factor).
pub(super) fn widened(a: &Predictor, factor: f32) -> Predictor {
    let mut power = 1.0;
    a.map(|a| {
        let widened = a * power;
        power *= factor;
        widened
    })
}

/// The sum of products.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// How well `past` foretells `target`: the share of its energy, times it, that a positive gain takes away. 0 where there is none.
pub(super) fn likeness(target: &[f32], past: &[f32]) -> f32 {
    let (cross, energy) = (dot(target, past), dot(past, past));
    if cross > 0.0 && energy > 0.0 { cross * cross / energy } else { 0.0 }
}

/// A filter of the second order: what is below the voice is taken away before the encoder and after the decoder (§3.1, §4.8).
#[derive(Clone, Copy, Debug)]
pub(super) struct HighPass {
    zeros: [f32; 3],
    poles: [f32; 2],
    inputs: [f32; 2],
    outputs: [f32; 2],
}

impl HighPass {
    /// Before the encoder: 90 Hz.
    pub(super) fn of_input() -> Self {
        Self::new([0.927_274_36, -1.854_494_1, 0.927_274_36], [-1.905_946_5, 0.911_402_4])
    }

    /// After the decoder: 65 Hz.
    pub(super) fn of_output() -> Self {
        Self::new([0.939_805_8, -1.879_583_4, 0.939_805_8], [-1.933_073_5, 0.935_892])
    }

    fn new(zeros: [f32; 3], poles: [f32; 2]) -> Self {
        Self { zeros, poles, inputs: [0.0; 2], outputs: [0.0; 2] }
    }

    pub(super) fn next(&mut self, input: f32) -> f32 {
        let output =
            self.zeros[0] * input + dot(&self.zeros[1..], &self.inputs) - dot(&self.poles, &self.outputs);
        self.inputs = [input, self.inputs[0]];
        self.outputs = [output, self.outputs[0]];
        output
    }

    pub(super) fn visit(&mut self, words: &mut Words<'_>) {
        self.inputs.iter_mut().chain(&mut self.outputs).for_each(|word| words.f32(word));
    }

    pub(super) fn is_sound(&self) -> bool {
        are_sound(&self.inputs) && are_sound(&self.outputs)
    }
}

/// Larger values come about by no signal, only by a frame that is not an encoder's or a memory that is not ours.
const VALUE_MAX: f32 = 1.0e7;

/// Whether values can be worked with.
pub(super) fn are_sound(values: &[f32]) -> bool {
    values.iter().all(|value| value.abs() < VALUE_MAX)
}
