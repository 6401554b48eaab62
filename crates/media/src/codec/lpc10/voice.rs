//! Whether there is a voice, and its pitch: the lag at which the low, flattened part of the signal is most like itself. A pitch does not
//! jump, so each lag's likeness is added to that of the best way to it from the frame before.

use super::analysis::{KEPT, MIDDLE};
use super::memory::Words;
use super::{FRAME_SAMPLES, PITCH, are_sound, visit_all};

/// The periods that can be sent.
const LAGS: usize = 60;
/// Samples that are compared with those a lag away.
const COMPARED: usize = 160;
const COMPARED_HALF: usize = 90;
/// Taps of the low pass at 800 Hz.
const TAPS: usize = 31;
/// What of the past counts, and what a change of the pitch costs (times its logarithm).
const MEMORY: f32 = 0.6;
const CHANGE_COST: f32 = 1.5;
/// What a longest period costs against a shortest: multiples of a period are periods, too.
const LENGTH_COST: f32 = 0.12;
/// A half frame is voiced above this; where there was a voice, or none, before, it takes less or more by the second.
const VOICED: f32 = 0.60;
const INERTIA: f32 = 0.06;
/// The softest voice, of 12 bits: about −55 dBov.
const SOFTEST: f32 = 3.0;

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Voice {
    pub(super) voiced: [bool; 2],
    pub(super) pitch: usize,
}

/// The tracker.
#[derive(Clone, Debug)]
pub(super) struct VoiceFinder {
    /// How likely each lag is, with all that was before.
    likely: [f32; LAGS],
    was_voiced: bool,
    taps: [f32; TAPS],
    /// The lags' logarithms.
    logs: [f32; LAGS],
}

/// A low pass at 800 Hz: a sine cardinal in a Hamming window.
fn low_pass() -> [f32; TAPS] {
    let mut taps = [0.0f32; TAPS];
    let middle = (TAPS / 2) as f32;
    for (n, tap) in taps.iter_mut().enumerate() {
        let from_middle = n as f32 - middle;
        let turn = core::f32::consts::TAU * 0.1 * from_middle;
        let sinc = if n == TAPS / 2 { 1.0 } else { turn.sin() / turn };
        *tap = 0.2 * sinc * (0.54 + 0.46 * (core::f32::consts::PI * from_middle / middle).cos());
    }
    taps
}

impl Default for VoiceFinder {
    fn default() -> Self {
        Self {
            likely: [0.0; LAGS],
            was_voiced: false,
            taps: low_pass(),
            logs: core::array::from_fn(|n| (lag(n) as f32).ln()),
        }
    }
}

/// Period number `n`: by single samples up to 40, by two up to 80, then by four.
fn lag(n: usize) -> usize {
    match n {
        0..=20 => PITCH.0 + n,
        21..=40 => 2 * n,
        _ => (4 * n).saturating_sub(80),
    }
}

fn energy(samples: &[f32]) -> f32 {
    samples.iter().map(|sample| sample * sample).sum()
}

/// How alike a stretch around `middle` and the one a lag later are, −1 to 1.
fn likeness(signal: &[f32], middle: usize, span: usize, lag: usize) -> f32 {
    let begin = middle.saturating_sub(span / 2 + lag / 2);
    let one = signal.get(begin..begin + span).unwrap_or_default();
    let other = signal.get(begin + lag..begin + lag + span).unwrap_or_default();
    let product: f32 = one.iter().zip(other).map(|(a, b)| a * b).sum();
    product / (energy(one) * energy(other)).sqrt().max(1.0)
}

impl VoiceFinder {
    pub(super) fn find(&mut self, signal: &[f32; KEPT]) -> Voice {
        let low = self.low(signal);
        let flat = flattened(&low);
        let pitch = self.track(&flat);
        let mut voiced = [false; 2];
        let mut before = self.was_voiced;
        for (half, is_voiced) in voiced.iter_mut().enumerate() {
            let begin = MIDDLE - FRAME_SAMPLES / 2 + half * COMPARED_HALF;
            let middle = begin + COMPARED_HALF / 2;
            let span = begin..begin + COMPARED_HALF;
            let all = energy(signal.get(span.clone()).unwrap_or_default());
            let part = energy(low.get(span).unwrap_or_default()) / all.max(1.0);
            let alike = likeness(&flat, middle, COMPARED_HALF.max(pitch), pitch);
            let score = 0.75 * alike + 0.35 * part.min(1.0).sqrt();
            let threshold = if before { VOICED - INERTIA } else { VOICED + INERTIA };
            let is_loud = (all / COMPARED_HALF as f32).sqrt() > SOFTEST;
            *is_voiced = is_loud && score > threshold;
            before = *is_voiced;
        }
        // A frame can't be voiced in one half alone with the other in between: decoders take that for an error.
        if voiced[0] != voiced[1] && voiced[0] != self.was_voiced {
            voiced = [voiced[1]; 2];
        }
        self.was_voiced = voiced[1];
        Voice { voiced, pitch }
    }

    fn low(&self, signal: &[f32; KEPT]) -> Vec<f32> {
        let mut padded = vec![0.0; TAPS / 2];
        padded.extend(signal);
        padded.resize(KEPT + TAPS - 1, 0.0);
        padded.windows(TAPS).map(|window| window.iter().zip(&self.taps).map(|(a, b)| a * b).sum()).collect()
    }

    fn track(&mut self, flat: &[f32]) -> usize {
        let (before, logs) = (self.likely, self.logs);
        let way = |to: f32| {
            let ways =
                before.iter().zip(&logs).map(|(likely, from)| likely - CHANGE_COST * (to - from).abs());
            ways.fold(f32::MIN, f32::max)
        };
        for ((n, likely), &log) in self.likely.iter_mut().enumerate().zip(&logs) {
            let length = LENGTH_COST * lag(n) as f32 / PITCH.1 as f32;
            *likely = likeness(flat, MIDDLE, COMPARED, lag(n)).max(0.0) - length + MEMORY * way(log);
        }
        let best = self.likely.iter().enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b));
        best.map_or(PITCH.0, |(n, _)| lag(n))
    }

    pub(super) fn visit(&mut self, words: &mut Words<'_>) {
        visit_all(words, &mut self.likely);
        let mut byte = u8::from(self.was_voiced);
        words.u8(&mut byte);
        self.was_voiced = byte == 1;
    }

    pub(super) fn is_sound(&self) -> bool {
        are_sound(&self.likely)
    }
}

/// Without the first formant, which would be taken for a pitch: the error of a prediction from two samples.
fn flattened(low: &[f32]) -> Vec<f32> {
    let product = |lag: usize| -> f32 { low.iter().zip(low.iter().skip(lag)).map(|(a, b)| a * b).sum() };
    let (r0, r1, r2) = (product(0) * 1.001 + 1.0, product(1), product(2));
    let determinant = (r0 * r0 - r1 * r1).max(1.0);
    let (first, second) = ((r1 * r0 - r1 * r2) / determinant, (r0 * r2 - r1 * r1) / determinant);
    let mut before = (0.0, 0.0);
    let flat = low.iter().map(|&sample| {
        let error = sample - first * before.0 - second * before.1;
        before = (sample, before.0);
        error
    });
    flat.collect()
}
