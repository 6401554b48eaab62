//! What a frame is like: its level and its spectrum, as a tube of eleven pieces would have it. The frame is described when
//! the next one is there, which the pitch needs, too.

use super::memory::Words;
use super::voice::Voice;
use super::{FRAME_SAMPLES, ORDER, SCALE, Spoken, are_sound, visit_all};

/// Samples that are kept: the frame before, the one that is described, and the one after it.
pub(super) const KEPT: usize = 3 * FRAME_SAMPLES;
/// The middle of the frame that is described.
pub(super) const MIDDLE: usize = KEPT / 2;
/// High frequencies are raised before the analysis; the decoder takes that back.
const EMPHASIS: f32 = 0.9375;
/// Samples over which the spectrum is taken, and its middle where a voice begins or ends in the frame.
const WINDOW: usize = 200;
const WINDOW_CHANGING: usize = 140;
/// A white noise this much softer keeps the spectrum's valleys from growing deeper than they are heard.
const FLOOR: f32 = 1.0001;
/// The high pass at 100 Hz (Butterworth, second order): what a telephone does not carry confuses the pitch.
const HIGH_PASS: [f32; 5] = [0.945_976, -1.891_952, 0.945_976, -1.889_033, 0.894_871];

/// The signal as it comes in.
#[derive(Clone, Debug)]
pub(super) struct Analysis {
    kept: [f32; KEPT],
    filter: [f32; 4],
}

impl Default for Analysis {
    fn default() -> Self {
        Self { kept: [0.0; KEPT], filter: [0.0; 4] }
    }
}

/// Reflection coefficients of a stretch of samples (Levinson and Durbin).
fn reflections(samples: &[f32]) -> [f32; ORDER] {
    let span = samples.len() as f32;
    let windowed: Vec<f32> = samples
        .iter()
        .enumerate()
        .map(|(n, sample)| {
            let turn = core::f32::consts::TAU * (n as f32 + 0.5) / span;
            sample * (0.54 - 0.46 * turn.cos())
        })
        .collect();
    let product =
        |lag: usize| -> f32 { windowed.iter().zip(windowed.iter().skip(lag)).map(|(a, b)| a * b).sum() };
    let products: [f32; ORDER + 1] = core::array::from_fn(product);
    let mut ratios = [0.0; ORDER];
    let mut error = products[0] * FLOOR + 1.0;
    let mut predictor = [0.0f32; ORDER];
    for n in 0..ORDER {
        let known: f32 = predictor.iter().take(n).enumerate().map(|(i, p)| p * products[n - i]).sum();
        let ratio = ((products[n + 1] - known) / error).clamp(-0.99, 0.99);
        let before = predictor;
        let turned = before.iter().take(n).rev();
        predictor.iter_mut().take(n).zip(turned).for_each(|(place, turned)| *place -= ratio * turned);
        predictor[n] = ratio;
        ratios[n] = ratio;
        error *= 1.0 - ratio * ratio;
    }
    ratios
}

fn rms(samples: &[f32]) -> f32 {
    let energy: f32 = samples.iter().map(|sample| sample * sample).sum();
    (energy / samples.len().max(1) as f32).sqrt()
}

impl Analysis {
    /// Takes the next frame; the one before it can be described now.
    pub(super) fn take(&mut self, samples: &[i16; FRAME_SAMPLES]) {
        self.kept.copy_within(FRAME_SAMPLES.., 0);
        let [b0, b1, b2, a1, a2] = HIGH_PASS;
        for (place, &sample) in self.kept.iter_mut().skip(KEPT - FRAME_SAMPLES).zip(samples) {
            let [x1, x2, y1, y2] = self.filter;
            let x = f32::from(sample) / SCALE;
            let y = b0 * x + b1 * x1 + b2 * x2 - a1 * y1 - a2 * y2;
            self.filter = [x, x1, y, y1];
            *place = y;
        }
    }

    /// What is kept.
    pub(super) fn signal(&self) -> &[f32; KEPT] {
        &self.kept
    }

    /// The frame in the middle, in which the voice is such.
    pub(super) fn describe(&self, voice: Voice) -> Spoken {
        let Voice { voiced, pitch } = voice;
        // In a frame that changes the coefficients are those of its second half.
        let (middle, window, level) = match voiced {
            [true, true] => (MIDDLE, WINDOW, (FRAME_SAMPLES / pitch.max(1)).max(1) * pitch),
            [false, false] => (MIDDLE, WINDOW, FRAME_SAMPLES),
            [true, false] | [false, true] => (MIDDLE + FRAME_SAMPLES / 4, WINDOW_CHANGING, FRAME_SAMPLES / 2),
        };
        let emphasised = |span: usize| -> Vec<f32> {
            let begin = middle.saturating_sub(span / 2).max(1);
            let now = self.kept.iter().skip(begin).take(span);
            now.zip(self.kept.iter().skip(begin - 1)).map(|(now, before)| now - EMPHASIS * before).collect()
        };
        Spoken { voiced, pitch, rms: rms(&emphasised(level)), ratios: reflections(&emphasised(window)) }
    }

    pub(super) fn visit(&mut self, words: &mut Words<'_>) {
        visit_all(words, &mut self.kept);
        visit_all(words, &mut self.filter);
    }

    pub(super) fn is_sound(&self) -> bool {
        are_sound(&self.kept) && are_sound(&self.filter)
    }
}
