//! One band of G.722 as ADPCM: the quantiser whose step follows the signal (blocks QUANTL … SCALEL and their upper twins)
//! and the predictor of two poles and six zeros (blocks RECONS … PREDIC). The names in capitals are those of G.722 §6.2.
#![allow(
    clippy::inline_always,
    reason = "a band's state stays in registers only where all of a sample's steps are in one loop"
)]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the recommendation's 16-bit arithmetic: products are shifted back and limits stand where it has them"
)]

use super::super::memory::Words;
use core::fmt::Debug;
use core::marker::PhantomData;

/// What differs between the bands.
pub(super) trait Side: Clone + Debug + Default {
    /// The largest logarithmic step (LOGSCL, LOGSCH).
    const LOG_STEP_MAX: i32;
    /// SCALEL and SCALEH: the logarithm's offset.
    const SCALE: i16;

    /// The code word of a difference in a step (QUANTL, QUANTH).
    fn quantise(difference: i32, step: Step) -> u8;
    /// The steps, by the upper bits of their logarithm.
    fn steps() -> &'static [Step; STEPS];
    /// The difference that the predictor is fed, in 2^-15 steps (INVQAL, INVQAH).
    fn predicted(code: u8) -> i16;
    /// The difference that is heard (INVQBL, INVQAH).
    fn heard(code: u8) -> i16;
    /// How the logarithmic step moves (LOGSCL, LOGSCH).
    fn log_step_change(code: u8) -> i16;
}

/// The lower band, six bits, of which the predictor sees four.
#[derive(Clone, Debug, Default)]
pub(super) struct Low;

/// The upper band, two bits.
#[derive(Clone, Debug, Default)]
pub(super) struct High;

/// Decision levels of the lower band from the second on, in 2^-12 steps (table 14, Q6).
static LEVELS: [i16; 29] = [
    35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1_023, 1_121,
    1_219, 1_339, 1_458, 1_612, 1_765, 1_980, 2_195, 2_557, 2_919,
];

/// Differences of the lower band by code word (table 14, QQ6 with its signs; the first four words are never sent).
static HEARD_LOW: [i16; 64] = [
    -136, -136, -136, -136, -24_808, -21_904, -19_008, -16_704, -14_984, -13_512, -12_280, -11_192, -10_232,
    -9_360, -8_576, -7_856, -7_192, -6_576, -6_000, -5_456, -4_944, -4_464, -4_008, -3_576, -3_168, -2_776,
    -2_400, -2_032, -1_688, -1_360, -1_040, -728, 24_808, 21_904, 19_008, 16_704, 14_984, 13_512, 12_280,
    11_192, 10_232, 9_360, 8_576, 7_856, 7_192, 6_576, 6_000, 5_456, 4_944, 4_464, 4_008, 3_576, 3_168,
    2_776, 2_400, 2_032, 1_688, 1_360, 1_040, 728, 432, 136, -432, -136,
];

/// The same by the upper four bits of the word (QQ4).
static PREDICTED_LOW: [i16; 16] = [
    0, -20_456, -12_896, -8_968, -6_288, -4_240, -2_584, -1_200, 20_456, 12_896, 8_968, 6_288, 4_240, 2_584,
    1_200, 0,
];

/// Logarithmic multipliers by the same bits (WL over RIL).
static LOG_CHANGE_LOW: [i16; 16] =
    [-60, 3_042, 1_198, 538, 334, 172, 58, -30, 3_042, 1_198, 538, 334, 172, 58, -30, -60];

/// 2^11 · 2^(n/32), for the step's way back from the logarithm (ILB).
static ANTILOGARITHMS: [i16; 32] = [
    2_048, 2_093, 2_139, 2_186, 2_233, 2_282, 2_332, 2_383, 2_435, 2_489, 2_543, 2_599, 2_656, 2_714, 2_774,
    2_834, 2_896, 2_960, 3_025, 3_091, 3_158, 3_228, 3_298, 3_371, 3_444, 3_520, 3_597, 3_676, 3_756, 3_838,
    3_922, 4_008,
];

/// A step of the quantiser.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    /// DETL, DETH.
    size: i16,
    /// 2^40 / `size`, rounded up.
    inverse: u64,
}

/// As many as an index of 9 bits reaches; fewer are in use.
const STEPS: usize = 512;
const INVERSE_BITS: u32 = 40;

/// From the logarithm's upper bits to the step (SCALEL, SCALEH).
const fn steps(scale: i16, log_step_max: i32) -> [Step; STEPS] {
    let mut steps = [Step { size: 1, inverse: 0 }; STEPS];
    let mut n = 0;
    while n <= log_step_max as usize >> 6 {
        let mantissa = ANTILOGARITHMS[n & 31];
        let shift = scale - (n as i16 >> 5);
        let size = (if shift < 0 { mantissa << -shift } else { mantissa >> shift }) << 2;
        steps[n] = Step { size, inverse: (1u64 << INVERSE_BITS).div_ceil(size as u64) };
        n += 1;
    }
    steps
}

static STEPS_LOW: [Step; STEPS] = steps(Low::SCALE, Low::LOG_STEP_MAX);
static STEPS_HIGH: [Step; STEPS] = steps(High::SCALE, High::LOG_STEP_MAX);

/// One more than the highest decision level.
const QUOTIENTS: usize = LEVELS[LEVELS.len() - 1] as usize + 1;

/// Code words of the lower band, of differences up from zero and of those below, by how often the step is in them (in 2^-12): the
/// search for the decision level, done beforehand.
static CODES_LOW: [[u8; QUOTIENTS]; 2] = {
    let mut codes = [[0; QUOTIENTS]; 2];
    let (mut quotient, mut above) = (0, 0);
    while quotient < QUOTIENTS {
        while above < LEVELS.len() && LEVELS[above] as usize <= quotient {
            above += 1;
        }
        let reached = above as u8; // 0–29
        codes[0][quotient] = 61 - reached;
        codes[1][quotient] = if reached < 2 { 63 - reached } else { 33 - reached };
        quotient += 1;
    }
    codes
};

/// How far a difference is from zero, one less below it.
#[inline]
fn magnitude(difference: i32) -> u32 {
    (difference ^ (difference >> 31)) as u32
}

impl Side for Low {
    const LOG_STEP_MAX: i32 = 18_432;
    const SCALE: i16 = 8;

    /// A level is reached where `level · step >> 12 <= magnitude`, that is where it is no more than the quotient. As this is below
    /// 2,920 and a step at most 2^14, the inverse's error doesn't reach the next whole number; what is more is the last code anyway.
    #[inline]
    fn quantise(difference: i32, step: Step) -> u8 {
        let limit = ((u64::from(magnitude(difference)) + 1) << 12) - 1;
        let quotient = (limit * step.inverse) >> INVERSE_BITS;
        let quotient = (quotient as usize).min(QUOTIENTS - 1);
        CODES_LOW[usize::from(difference < 0)][quotient]
    }

    #[inline]
    fn steps() -> &'static [Step; STEPS] {
        &STEPS_LOW
    }

    #[inline]
    fn predicted(code: u8) -> i16 {
        PREDICTED_LOW[usize::from(code >> 2 & 0x0F)]
    }

    #[inline]
    fn heard(code: u8) -> i16 {
        HEARD_LOW[usize::from(code & 0x3F)]
    }

    #[inline]
    fn log_step_change(code: u8) -> i16 {
        LOG_CHANGE_LOW[usize::from(code >> 2 & 0x0F)]
    }
}

impl Side for High {
    const LOG_STEP_MAX: i32 = 22_528;
    const SCALE: i16 = 10;

    #[inline]
    fn quantise(difference: i32, step: Step) -> u8 {
        let is_small = magnitude(difference) < (564 * step.size as u32) >> 12;
        u8::from(difference >= 0) << 1 | u8::from(is_small)
    }

    #[inline]
    fn steps() -> &'static [Step; STEPS] {
        &STEPS_HIGH
    }

    #[inline]
    fn predicted(code: u8) -> i16 {
        [-7_408, -1_616, 7_408, 1_616][usize::from(code & 3)]
    }

    #[inline]
    fn heard(code: u8) -> i16 {
        Self::predicted(code)
    }

    #[inline]
    fn log_step_change(code: u8) -> i16 {
        if code & 1 == 0 { 798 } else { -214 }
    }
}

/// Zeros of the predictor.
const ZEROS: usize = 6;
/// The state of one band, the same at both ends of the line.
#[derive(Clone, Debug, Default)]
pub(super) struct Band<S> {
    /// NBL, NBH.
    log_step: i32,
    /// What the next sample is guessed to be (SL, SH).
    guess: i32,
    /// The zeros' share of it (SZL, SZH).
    guess_of_zeros: i32,
    /// Pole coefficients, 2^-14.
    poles: [i32; 2],
    /// Zero coefficients, 2^-14.
    zeros: [i32; ZEROS],
    /// Past differences, the newest first, each twice as large.
    differences: [i32; ZEROS],
    /// The two latest partially rebuilt signals.
    partial: [i32; 2],
    /// The latest rebuilt signal, twice as large.
    rebuilt: i32,
    side: PhantomData<S>,
}

impl<S: Side> Band<S> {
    /// The code word of a sample.
    #[inline(always)]
    pub(super) fn encode(&mut self, sample: i16) -> u8 {
        let step = self.step();
        let code = S::quantise(limited(i32::from(sample) - self.guess), step);
        self.adapt(code, step);
        code
    }

    /// The sample of a code word, within ±2^14 (RECONS and LIMIT).
    #[inline(always)]
    pub(super) fn decode(&mut self, code: u8) -> i16 {
        let step = self.step();
        let difference = times(i32::from(step.size), i32::from(S::heard(code)));
        let sample = (self.guess + difference).clamp(-16_384, 16_383);
        self.adapt(code, step);
        sample as i16
    }

    #[inline(always)]
    fn step(&self) -> Step {
        S::steps()[self.log_step as usize >> 6 & (STEPS - 1)]
    }

    #[inline(always)]
    fn adapt(&mut self, code: u8, step: Step) {
        let difference = times(i32::from(step.size), i32::from(S::predicted(code)));
        let kept = (self.log_step * 127) >> 7;
        self.log_step = (kept + i32::from(S::log_step_change(code))).clamp(0, S::LOG_STEP_MAX);
        self.predict(difference);
    }

    #[inline(always)]
    fn predict(&mut self, difference: i32) {
        let rebuilt = limited(limited(self.guess + difference) * 2); // RECONS
        let partial = limited(self.guess_of_zeros + difference); // PARREC
        self.move_poles(partial);
        self.partial = [partial, self.partial[0]];
        // FILTEP over the new and the last signal, FILTEZ, PREDIC.
        let of_poles = times(self.poles[0], rebuilt) + times(self.poles[1], self.rebuilt);
        self.rebuilt = rebuilt;
        self.guess_of_zeros = limited(self.move_zeros(difference));
        self.guess = limited(limited(of_poles) + self.guess_of_zeros);
    }

    /// UPPOL2, UPPOL1 with their limits, which keep the filter stable.
    #[inline(always)]
    fn move_poles(&mut self, partial: i32) {
        // Whether the signs are apart, as all bits or none.
        let apart = |other: i32| (partial ^ other) >> 31;
        let (from_last, from_one_before) = (apart(self.partial[0]), apart(self.partial[1]));
        let [first, second] = self.poles;
        let pull = limited(first * 4);
        let pull = ((pull ^ !from_last) - !from_last).min(32_767) >> 7;
        let drift = (128 ^ from_one_before) - from_one_before;
        let second = (drift + pull + times(second, 32_512)).clamp(-12_288, 12_288);
        let drift = (192 ^ from_last) - from_last;
        let limit = 15_360 - second;
        self.poles = [(times(first, 32_640) + drift).min(limit).max(-limit), second];
    }

    /// UPZERO, the delay line, and the sum of FILTEZ. A coefficient's sum does not overflow: what is left of it is a 256th smaller.
    #[inline(always)]
    fn move_zeros(&mut self, difference: i32) -> i32 {
        let moved = if difference == 0 { 0 } else { 128 };
        let mut sum = 0;
        let mut newer = limited(difference * 2);
        for (zero, past) in self.zeros.iter_mut().zip(&mut self.differences) {
            let apart = (*past ^ difference) >> 31;
            *zero = ((*zero * 255) >> 8) + ((moved ^ apart) - apart);
            (*past, newer) = (newer, *past);
            sum += times(*zero, *past);
        }
        sum
    }

    pub(super) fn visit(&mut self, words: &mut Words<'_>) {
        for word in [&mut self.log_step, &mut self.guess, &mut self.guess_of_zeros, &mut self.rebuilt] {
            short(words, word);
        }
        self.poles.iter_mut().for_each(|word| short(words, word));
        self.zeros.iter_mut().chain(&mut self.differences).for_each(|word| short(words, word));
        self.partial.iter_mut().for_each(|word| short(words, word));
    }

    pub(super) fn is_sound(&self) -> bool {
        (0..=S::LOG_STEP_MAX).contains(&self.log_step) && self.poles[1].unsigned_abs() <= 12_288
    }
}

/// The mean square of the lower band's differences, but for so many at the beginning, in units of the whole band's samples: by the
/// steps alone, which follow the signal without a predictor.
pub(super) fn mean_square(codes: impl Iterator<Item = u8>, led_up_by: usize) -> Option<u32> {
    let (mut log_step, mut sum, mut count) = (0_i32, 0_u64, 0_u64);
    for (at, code) in codes.enumerate() {
        let step = Low::steps()[log_step as usize >> 6 & (STEPS - 1)];
        if at >= led_up_by {
            // A band has half the amplitude of the whole (see `filter`).
            let difference = 2 * times(i32::from(step.size), i32::from(Low::heard(code)));
            sum += u64::from(difference.unsigned_abs()).pow(2);
            count += 1;
        }
        let kept = (log_step * 127) >> 7;
        log_step = (kept + i32::from(Low::log_step_change(code))).clamp(0, Low::LOG_STEP_MAX);
    }
    Some(u32::try_from(sum.checked_div(count)?).unwrap_or(u32::MAX))
}

/// A product of 15 fractional bits.
#[inline(always)]
fn times(a: i32, b: i32) -> i32 {
    (a * b) >> 15
}

/// Within 16 bits.
#[inline(always)]
fn limited(value: i32) -> i32 {
    value.clamp(-32_768, 32_767)
}

/// A word that has 16 bits.
fn short(words: &mut Words<'_>, word: &mut i32) {
    let mut kept = *word as i16;
    words.i16(&mut kept);
    *word = i32::from(kept);
}
