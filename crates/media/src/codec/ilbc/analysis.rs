//! Linear prediction (RFC 3951 §3.2): the last 37.5 ms of the input become one or two sets of line spectral frequencies.

use super::filter::{FLAT, Predictor, widened};
use super::lsf::{self, Lsf};
use super::{Mode, ORDER, tables};
use crate::codec::memory::Words;
use core::f32::consts::PI;

/// Samples that are looked at: a frame of 30 ms and 7.5 ms before it.
const SPAN: usize = 300;
/// Samples under a window.
const WINDOW: usize = 240;
/// Of the window over the newest samples, those that fall off.
const FALL: usize = 20;
/// By how much the spectrum's peaks are widened (`LPC_CHIRP_SYNTDENUM`).
const WIDENING: f32 = 0.902_5;

#[derive(Clone, Debug)]
pub(super) struct Analysis {
    /// The newest samples, high-passed.
    heard: [f32; SPAN],
    /// What the last set was, for a signal that has none that can be told.
    last: Lsf,
}

impl Default for Analysis {
    fn default() -> Self {
        Self { heard: [0.0; SPAN], last: tables::LSF_MEAN }
    }
}

impl Analysis {
    /// The sets of the frame that ends now; in 20 ms there is only the first.
    pub(super) fn run(&mut self, mode: Mode, frame: &[f32]) -> [Lsf; 2] {
        self.heard.rotate_left(frame.len());
        self.heard[SPAN - frame.len()..].copy_from_slice(frame);
        let newest = self.frequencies(SPAN - WINDOW, rising);
        match mode {
            Mode::Ms20 => [newest; 2],
            Mode::Ms30 => [self.frequencies(0, symmetric), newest],
        }
    }

    fn frequencies(&mut self, from: usize, window: fn(usize) -> f32) -> Lsf {
        let mut windowed = [0.0; WINDOW];
        let heard = &self.heard[from..];
        windowed.iter_mut().zip(heard).enumerate().for_each(|(n, (to, x))| *to = x * window(n));
        let correlation: [f32; ORDER + 1] = core::array::from_fn(|lag| {
            let sum: f32 = windowed.iter().zip(&windowed[lag..]).map(|(a, b)| a * b).sum();
            sum * lag_window(lag)
        });
        if let Some(lsf) = lsf::of_predictor(&widened(&predictor(&correlation), WIDENING)) {
            self.last = lsf;
        }
        self.last
    }

    pub(super) fn visit(&mut self, words: &mut Words<'_>) {
        self.heard.iter_mut().chain(&mut self.last).for_each(|word| words.f32(word));
    }

    pub(super) fn is_sound(&self) -> bool {
        super::filter::are_sound(&self.heard) && super::filter::are_sound(&self.last)
    }
}

/// §3.2.1: a Hanning window over the first samples of 30 ms.
fn symmetric(n: usize) -> f32 {
    0.5 * (1.0 - (2.0 * PI * (n + 1) as f32 / (WINDOW + 1) as f32).cos())
}

/// §3.2.1: over the newest samples, which end abruptly.
fn rising(n: usize) -> f32 {
    let rise = WINDOW - FALL;
    if n < rise {
        (PI * (n + 1) as f32 / (2 * rise + 1) as f32).sin().powi(2)
    } else {
        (PI * (n - rise) as f32 / (2 * FALL) as f32).cos()
    }
}

/// §3.2.1: 60 Hz of widening, and white noise 40 dB below.
fn lag_window(lag: usize) -> f32 {
    let angle = 2.0 * PI * 60.0 * lag as f32 / 8_000.0;
    if lag == 0 { 1.000_1 } else { (-0.5 * angle * angle).exp() }
}

/// Levinson's and Durbin's recursion.
fn predictor(correlation: &[f32; ORDER + 1]) -> Predictor {
    let mut a = FLAT;
    let mut error = correlation[0];
    if error <= f32::EPSILON {
        return a;
    }
    for order in 1..=ORDER {
        let sum: f32 = (0..order).map(|n| a[n] * correlation[order - n]).sum();
        let reflection = -sum / error;
        let before = a;
        (1..=order).for_each(|n| a[n] += reflection * before[order - n]);
        error *= 1.0 - reflection * reflection;
        if error <= 0.0 {
            return before;
        }
    }
    a
}
