//! The start state (RFC 3951 §3.5, §4.2): the 57 or 58 samples of the residual with the most energy, sent as they are; all else is
//! foretold from them, forwards and backwards in time.
//!
//! An all-pass filter, run round and round over the state, spreads its energy evenly, so that three bits a sample do. The decoder
//! runs it backwards in time.

use super::filter::{Predictor, all_pole, all_zero};
use super::frame::Frame;
use super::{Mode, ORDER, PART, tables};

/// Samples of the longest state.
const LONGEST: usize = 58;
/// History, the state, and once more its length to come round.
const ROUND: usize = ORDER + 2 * LONGEST;

/// Where the start state stands and the filters there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) mode: Mode,
    pub(super) is_first: bool,
    /// Of the two parts that hold it: synthesis and weighting.
    pub(super) synthesis: [Predictor; 2],
    pub(super) weighting: [Predictor; 2],
}

/// The all-pass filter over `values`, the tail folded onto the beginning.
fn turned(values: &[f32], a: &Predictor, out: &mut [f32; LONGEST]) {
    let length = values.len();
    let mut input = [0.0; ROUND];
    input[ORDER..ORDER + length].copy_from_slice(values);
    let mut reversed = *a;
    reversed.reverse();
    let mut round = [0.0; ROUND];
    all_zero(&input, ORDER, &reversed, &mut round[ORDER..ORDER + 2 * length]);
    all_pole(&mut round[..ORDER + 2 * length], ORDER, a);
    for (n, out) in out.iter_mut().take(length).enumerate() {
        *out = round[ORDER + n] + round[ORDER + length + n];
    }
}

/// The state that a frame describes.
pub(super) fn dequantised(mode: Mode, frame: &Frame, synthesis: &Predictor) -> [f32; LONGEST] {
    let length = mode.state_samples();
    let scale = 10f32.powf(tables::STATE_SCALES[usize::from(frame.scale) % 64]) / 4.5;
    let mut values = [0.0; LONGEST];
    for (value, code) in values.iter_mut().zip(frame.state[..length].iter().rev()) {
        *value = scale * tables::STATE_VALUES[usize::from(*code) % 8];
    }
    let mut state = [0.0; LONGEST];
    turned(&values[..length], synthesis, &mut state);
    state[..length].reverse();
    state
}

/// Writes the state's scale and values into the frame (§3.5.2–3.5.3).
pub(super) fn quantise(place: &Place, residual: &[f32], frame: &mut Frame) {
    let length = place.mode.state_samples();
    let mut target = [0.0; LONGEST];
    turned(&residual[..length], &place.synthesis[0], &mut target);
    let largest = target.iter().fold(10.0f32, |largest, value| largest.max(value.abs())).log10();
    let scale = nearest(&tables::STATE_SCALES, largest);
    (frame.scale, _) = scale;
    let factor = 4.5 / 10f32.powf(scale.1);
    let mut weighted = [0.0; ORDER + LONGEST];
    weighted[ORDER..].iter_mut().zip(&target).for_each(|(to, value)| *to = value * factor);
    let weighted = &mut weighted[..ORDER + length];
    // Where the first part's filters end within the state.
    let border = if place.is_first { PART } else { length - PART };
    all_pole(&mut weighted[..ORDER + border], ORDER, &place.weighting[0]);
    all_pole(weighted, ORDER + border, &place.weighting[1]);
    // Each value is chosen with what the ones before it ring on to.
    let mut rung = [0.0; ORDER + LONGEST];
    for n in 0..length {
        let at = ORDER + n;
        let filter = &place.weighting[usize::from(n >= border)];
        all_pole(&mut rung[..=at], at, filter);
        let (code, value) = nearest(&tables::STATE_VALUES, weighted[at] - rung[at]);
        frame.state[n] = code;
        rung[at] += value;
    }
}

/// The entry nearest to a value, and the entry's value.
pub(super) fn nearest(table: &[f32], wanted: f32) -> (u8, f32) {
    let distance = |value: &f32| (value - wanted).abs();
    let best = table.iter().enumerate().min_by(|a, b| distance(a.1).total_cmp(&distance(b.1)));
    best.map_or((0, 0.0), |(at, value)| (u8::try_from(at).unwrap_or(0), *value))
}
