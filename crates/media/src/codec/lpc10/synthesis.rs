//! Samples out of epochs: pulses or noise through the filter of the mouth, brought to the level, and the emphasis taken back.

use super::epochs::{Epoch, Plan};
use super::memory::Words;
use super::{FRAME_SAMPLES, ORDER, PITCH, SCALE, are_sound, visit_all};

/// One pulse of a voice.
const PULSE: [f32; 25] = [
    8.0, -16.0, 26.0, -48.0, 86.0, -162.0, 294.0, -502.0, 718.0, -728.0, 184.0, 672.0, -610.0, -672.0, 184.0,
    728.0, 718.0, 502.0, 294.0, 162.0, 86.0, 48.0, 26.0, 16.0, 8.0,
];
/// What makes pulses of all periods equally strong.
const PULSE_PERIOD: f32 = 6.928;
/// The low pass of pulses and the high pass of the noise among them.
const PULSE_FILTER: [f32; 3] = [0.125, 0.75, 0.125];
const NOISE_FILTER: [f32; 3] = [-0.125, 0.25, -0.125];
/// How much of the spectrum's shape the excitation has already.
const SHARPENING: f32 = 0.7;
/// The strongest pulse with which a bang begins.
const BANG_MAX: f32 = 2_000.0;
/// The longest epoch: half of all that can be left over and a frame's first three quarters.
const EPOCH_MAX: usize = (PITCH.1 + FRAME_SAMPLES) / 2;

/// The noise: sums of earlier numbers, run over on purpose (Knuth, volume 2, 3.2.2).
#[derive(Clone, Debug)]
struct Noise {
    numbers: [i16; 5],
    near: u8,
    far: u8,
}

impl Default for Noise {
    fn default() -> Self {
        Self { numbers: [-21_161, -8_478, 30_892, -10_216, 16_950], near: 1, far: 4 }
    }
}

impl Noise {
    fn next(&mut self) -> i16 {
        let near = self.numbers.get(usize::from(self.near)).copied().unwrap_or(0);
        let Some(far) = self.numbers.get_mut(usize::from(self.far)) else { return 0 };
        *far = far.wrapping_add(near);
        let number = *far;
        let before = |place: u8| place.checked_sub(1).unwrap_or(4);
        (self.near, self.far) = (before(self.near), before(self.far));
        number
    }

    /// Of ten bits with a sign.
    fn small(&mut self) -> f32 {
        f32::from(self.next() / 64)
    }
}

/// The synthesiser's memory.
#[derive(Clone, Debug)]
pub(super) struct Synthesis {
    noise: Noise,
    /// The excitation's last samples, and those behind the filter, newest last.
    excited: [f32; ORDER],
    spoken: [f32; ORDER],
    pulse_filter: [f32; 2],
    noise_filter: [f32; 2],
    rms: f32,
    emphasis_in: [f32; 2],
    emphasis_out: [f32; 3],
    /// Samples that wait for their frame.
    waiting: Vec<f32>,
}

impl Default for Synthesis {
    fn default() -> Self {
        Self {
            noise: Noise::default(),
            excited: [0.0; ORDER],
            spoken: [0.0; ORDER],
            pulse_filter: [0.0; 2],
            noise_filter: [0.0; 2],
            rms: 0.0,
            emphasis_in: [0.0; 2],
            emphasis_out: [0.0; 3],
            // As many as can be wanting when a frame is due: its epochs end before it does.
            waiting: vec![0.0; FRAME_SAMPLES],
        }
    }
}

/// Predictor coefficients of reflection coefficients, and the part of a signal's level that they can't predict.
fn predictor(ratios: &[f32; ORDER]) -> ([f32; ORDER], f32) {
    let mut predictor = [0.0; ORDER];
    let mut rest = 1.0f32;
    for (n, &ratio) in ratios.iter().enumerate() {
        rest *= 1.0 - ratio * ratio;
        let before = predictor;
        let turned = before.iter().take(n).rev();
        for (place, turned) in predictor.iter_mut().take(n).zip(turned) {
            *place -= ratio * turned;
        }
        if let Some(place) = predictor.get_mut(n) {
            *place = ratio;
        }
    }
    (predictor, rest.sqrt())
}

/// The sum of the predictor over the ten samples before place `at`.
fn predicted(predictor: &[f32; ORDER], samples: &[f32], at: usize) -> f32 {
    let past = samples.get(..at).unwrap_or_default().iter().rev();
    predictor.iter().zip(past).fold(0.0, |sum, (coefficient, sample)| sum + coefficient * sample)
}

fn last(samples: &[f32]) -> [f32; ORDER] {
    samples.last_chunk().copied().unwrap_or_default()
}

impl Synthesis {
    /// Appends a frame.
    pub(super) fn run(&mut self, plan: &Plan, samples: &mut Vec<i16>) {
        for epoch in &plan.epochs {
            self.epoch(epoch, plan.rise);
        }
        // Epochs always reach far enough; silence would be made up.
        if self.waiting.len() < FRAME_SAMPLES {
            self.waiting.resize(FRAME_SAMPLES, 0.0);
        }
        let frame = self.waiting.drain(..FRAME_SAMPLES);
        samples.extend(frame.map(|sample| (sample * SCALE).trunc().clamp(-32_768.0, 32_767.0) as i16));
    }

    fn epoch(&mut self, epoch: &Epoch, rise: f32) {
        let length = epoch.length.min(EPOCH_MAX);
        let louder = (self.rms / (epoch.rms + 1e-6)).min(8.0);
        self.rms = epoch.rms;
        let mut excitation = self.excited.to_vec();
        if epoch.is_voiced {
            self.pulse(length, &mut excitation);
        } else {
            self.hiss(length, rise, &mut excitation);
        }
        let (predictor, rest) = predictor(&epoch.ratios);
        let mut speech: Vec<f32> = self.spoken.iter().map(|sample| sample * louder).collect();
        let mut energy = 0.0;
        for at in ORDER..ORDER + length {
            let shaped = SHARPENING * rest * predicted(&predictor, &excitation, at)
                + excitation.get(at).copied().unwrap_or(0.0);
            let sample = shaped + predicted(&predictor, &speech, at);
            energy += sample * sample;
            speech.push(sample);
        }
        (self.excited, self.spoken) = (last(&excitation), last(&speech));
        let gain = (epoch.rms * epoch.rms * length as f32 / energy.max(1e-6)).sqrt();
        for sample in speech.iter().skip(ORDER) {
            let sample = self.without_emphasis(gain * sample);
            self.waiting.push(sample);
        }
    }

    /// A pulse, with a little noise of high frequencies.
    fn pulse(&mut self, length: usize, excitation: &mut Vec<f32>) {
        let scale = (length as f32).sqrt() / PULSE_PERIOD;
        let through = |filter: [f32; 3], memory: &mut [f32; 2], sample: f32| {
            let [a, b, c] = filter;
            let out = a * sample + b * memory[0] + c * memory[1];
            *memory = [sample, memory[0]];
            out
        };
        for n in 0..length {
            let pulse = scale * PULSE.get(n).copied().unwrap_or(0.0);
            let noise = self.noise.small();
            excitation.push(
                through(PULSE_FILTER, &mut self.pulse_filter, pulse)
                    + through(NOISE_FILTER, &mut self.noise_filter, noise),
            );
        }
    }

    /// Noise, with a doublet somewhere where it has grown much louder.
    fn hiss(&mut self, length: usize, rise: f32, excitation: &mut Vec<f32>) {
        for _ in 0..length {
            excitation.push(self.noise.small());
        }
        let part = usize::try_from(i32::from(self.noise.next()) + 32_768).unwrap_or(0);
        let at = ORDER + part * length.saturating_sub(1) / 65_536;
        let bang = (rise / 4.0 * 342.0).min(BANG_MAX);
        for (place, bang) in excitation.iter_mut().skip(at).zip([bang, -bang]) {
            *place += bang;
        }
    }

    /// What emphasis the analysis gave is taken back, and what is below 200 Hz.
    fn without_emphasis(&mut self, sample: f32) -> f32 {
        let ([i1, i2], [o1, o2, o3]) = (self.emphasis_in, self.emphasis_out);
        let out = sample - 1.9998 * i1 + i2 + 2.5 * o1 - 2.0925 * o2 + 0.585 * o3;
        self.emphasis_in = [sample, i1];
        self.emphasis_out = [out, o1, o2];
        out
    }

    pub(super) fn visit(&mut self, words: &mut Words<'_>) {
        words.i16s(&mut self.noise.numbers);
        words.u8(&mut self.noise.near);
        words.u8(&mut self.noise.far);
        visit_all(words, &mut self.excited);
        visit_all(words, &mut self.spoken);
        visit_all(words, &mut self.pulse_filter);
        visit_all(words, &mut self.noise_filter);
        words.f32(&mut self.rms);
        visit_all(words, &mut self.emphasis_in);
        visit_all(words, &mut self.emphasis_out);
        let mut count = self.waiting.len().min(FRAME_SAMPLES) as u8;
        words.u8(&mut count);
        // Words of a fixed number, so that what is read has one length.
        let mut waiting = [0.0; FRAME_SAMPLES];
        waiting.iter_mut().zip(&self.waiting).for_each(|(to, from)| *to = *from);
        visit_all(words, &mut waiting);
        self.waiting = waiting.into_iter().take(usize::from(count)).collect();
    }

    pub(super) fn is_sound(&self) -> bool {
        let memories = [&self.excited[..], &self.spoken, &self.pulse_filter, &self.noise_filter];
        let others =
            [&self.emphasis_in[..], &self.emphasis_out, &self.waiting, core::slice::from_ref(&self.rms)];
        self.noise.near < 5 && self.noise.far < 5 && memories.into_iter().chain(others).all(are_sound)
    }
}
