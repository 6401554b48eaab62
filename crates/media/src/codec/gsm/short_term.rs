//! The short-term filters: eight reflection coefficients, sent as logarithmic area ratios (§4.2.4–10, §4.3.4).
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "values are normalised or limited to 16 bits, codes to their few bits, before the cast"
)]

use super::super::memory::Words;
use super::FRAME_SAMPLES;
use super::arithmetic::{divide, norm, peak, times, times_rounded};

/// Coefficients of the filter.
pub(super) const ORDER: usize = 8;

/// How one ratio is quantised (tables 4.1 and 4.2).
struct Quantiser {
    scale: i16,
    offset: i16,
    smallest: i16,
    largest: i16,
    scale_back: i16,
}

const fn quantiser(scale: i16, offset: i16, smallest: i16, scale_back: i16) -> Quantiser {
    Quantiser { scale, offset, smallest, largest: -smallest - 1, scale_back }
}

static QUANTISERS: [Quantiser; ORDER] = [
    quantiser(20_480, 0, -32, 13_107),
    quantiser(20_480, 0, -32, 13_107),
    quantiser(20_480, 2_048, -16, 13_107),
    quantiser(20_480, -2_560, -16, 13_107),
    quantiser(13_964, 94, -8, 19_223),
    quantiser(15_360, -1_792, -8, 17_476),
    quantiser(8_534, -341, -4, 31_454),
    quantiser(9_036, -1_144, -4, 29_708),
];

type Ratios = [i16; ORDER];

/// The transmit side.
#[derive(Clone, Debug, Default)]
pub(super) struct Analysis {
    previous: Ratios,
    delayed: [i16; ORDER],
}

impl Analysis {
    /// Turns the signal into its residual and gives the codes of the filter's ratios.
    pub(super) fn run(&mut self, signal: &mut [i16; FRAME_SAMPLES]) -> [u8; ORDER] {
        let reflection = reflection(&autocorrelation(signal));
        let codes = core::array::from_fn(|n| code(&QUANTISERS[n], ratio(reflection[n])));
        for (samples, coefficients) in stretches(signal, &mut self.previous, decoded(&codes)) {
            samples.iter_mut().for_each(|sample| *sample = self.filter(&coefficients, *sample));
        }
        codes
    }

    #[inline]
    fn filter(&mut self, coefficients: &Ratios, sample: i16) -> i16 {
        let (mut forward, mut backward) = (sample, sample);
        for (delayed, &coefficient) in self.delayed.iter_mut().zip(coefficients) {
            let before = core::mem::replace(delayed, backward);
            backward = before.saturating_add(times_rounded(coefficient, forward));
            forward = forward.saturating_add(times_rounded(coefficient, before));
        }
        forward
    }

    pub(super) fn visit(&mut self, words: &mut Words<'_>) {
        words.i16s(&mut self.previous);
        words.i16s(&mut self.delayed);
    }
}

/// The receive side.
#[derive(Clone, Debug, Default)]
pub(super) struct Synthesis {
    previous: Ratios,
    delayed: [i16; ORDER],
}

impl Synthesis {
    /// Turns the residual into the signal.
    pub(super) fn run(&mut self, codes: &[u8; ORDER], residual: &mut [i16; FRAME_SAMPLES]) {
        for (samples, coefficients) in stretches(residual, &mut self.previous, decoded(codes)) {
            samples.iter_mut().for_each(|sample| *sample = self.filter(&coefficients, *sample));
        }
    }

    #[inline]
    fn filter(&mut self, coefficients: &Ratios, mut sample: i16) -> i16 {
        for n in (0..ORDER).rev() {
            let delayed = self.delayed[n];
            sample = sample.saturating_sub(times_rounded(coefficients[n], delayed));
            if n + 1 < ORDER {
                self.delayed[n + 1] = delayed.saturating_add(times_rounded(coefficients[n], sample));
            }
        }
        self.delayed[0] = sample;
        sample
    }

    pub(super) fn visit(&mut self, words: &mut Words<'_>) {
        words.i16s(&mut self.previous);
        words.i16s(&mut self.delayed);
    }
}

/// §4.2.4: of the signal scaled so that the sums fit. The scaling of §4.2.4 stays in the signal: what is shifted down for the
/// sums is shifted up again.
fn autocorrelation(signal: &mut [i16; FRAME_SAMPLES]) -> [i32; ORDER + 1] {
    let peak = peak(signal);
    let shift = if peak == 0 { 0 } else { 4u32.saturating_sub(norm(i32::from(peak) << 16)) };
    if shift > 0 {
        signal.iter_mut().for_each(|sample| *sample = times_rounded(*sample, 16_384 >> (shift - 1)));
    }
    let sums = core::array::from_fn(|lag| {
        let pairs = signal[lag..].iter().zip(signal.iter());
        let sum: i32 = pairs.map(|(&a, &b)| i32::from(a) * i32::from(b)).sum();
        sum << 1
    });
    signal.iter_mut().for_each(|sample| *sample <<= shift);
    sums
}

/// §4.2.5: the Schur recursion.
fn reflection(sums: &[i32; ORDER + 1]) -> Ratios {
    let mut coefficients = [0; ORDER];
    if sums[0] == 0 {
        return coefficients;
    }
    let shift = norm(sums[0]);
    let mut p = sums.map(|sum| ((sum << shift) >> 16) as i16);
    let mut k = p;
    for (n, coefficient) in coefficients.iter_mut().enumerate() {
        let magnitude = p[1].saturating_abs();
        if p[0] < magnitude {
            break;
        }
        let quotient = divide(magnitude, p[0]);
        let r = if p[1] > 0 { -quotient } else { quotient };
        *coefficient = r;
        p[0] = p[0].saturating_add(times_rounded(p[1], r));
        for m in 1..ORDER - n {
            let (past, future) = (k[m], p[m + 1]);
            p[m] = future.saturating_add(times_rounded(past, r));
            k[m] = past.saturating_add(times_rounded(future, r));
        }
        if p[0] == 0 {
            break;
        }
    }
    coefficients
}

/// §4.2.6: from a reflection coefficient to a ratio, in three straight pieces.
fn ratio(coefficient: i16) -> i16 {
    let magnitude = coefficient.saturating_abs();
    let ratio = match magnitude {
        ..22_118 => magnitude >> 1,
        22_118..31_130 => magnitude - 11_059,
        31_130.. => (magnitude - 26_112) << 2,
    };
    if coefficient < 0 { -ratio } else { ratio }
}

/// §4.2.9.2: the way back.
fn coefficient(ratio: i16) -> i16 {
    let magnitude = ratio.saturating_abs();
    let coefficient = match magnitude {
        ..11_059 => magnitude << 1,
        11_059..20_070 => magnitude + 11_059,
        20_070.. => (magnitude >> 2).saturating_add(26_112),
    };
    if ratio < 0 { -coefficient } else { coefficient }
}

/// §4.2.7.
fn code(quantiser: &Quantiser, ratio: i16) -> u8 {
    let scaled = times(quantiser.scale, ratio).saturating_add(quantiser.offset).saturating_add(256) >> 9;
    (scaled.clamp(quantiser.smallest, quantiser.largest) - quantiser.smallest) as u8
}

/// §4.2.8.
fn decoded(codes: &[u8; ORDER]) -> Ratios {
    core::array::from_fn(|n| {
        let quantiser = &QUANTISERS[n];
        let scaled = ((i16::from(codes[n]) + quantiser.smallest) << 10).saturating_sub(quantiser.offset << 1);
        times_rounded(quantiser.scale_back, scaled).saturating_mul(2)
    })
}

/// §4.2.9.1: the four stretches of a frame, with coefficients that move from the last frame's to this one's.
fn stretches<'a>(
    signal: &'a mut [i16; FRAME_SAMPLES],
    previous: &mut Ratios,
    current: Ratios,
) -> [(&'a mut [i16], Ratios); 4] {
    let last = core::mem::replace(previous, current);
    let between =
        |weigh: fn(i16, i16) -> i16| core::array::from_fn(|n| coefficient(weigh(last[n], current[n])));
    let (first, rest) = signal.split_at_mut(13);
    let (second, rest) = rest.split_at_mut(14);
    let (third, fourth) = rest.split_at_mut(13);
    [
        (first, between(|last, current| (last >> 2).saturating_add(current >> 2).saturating_add(last >> 1))),
        (second, between(|last, current| (last >> 1).saturating_add(current >> 1))),
        (
            third,
            between(|last, current| (last >> 2).saturating_add(current >> 2).saturating_add(current >> 1)),
        ),
        (fourth, between(|_, current| current)),
    ]
}
