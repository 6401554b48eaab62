//! One band of G.722 as ADPCM: the quantiser whose step follows the signal (blocks QUANTL … SCALEL and their upper twins)
//! and the predictor of two poles and six zeros (blocks RECONS … PREDIC). The names in capitals are those of G.722 §6.2.
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
    const LOG_STEP_MAX: i16;
    /// SCALEL and SCALEH: the logarithm's offset.
    const SCALE: i16;

    /// The code word of a difference (QUANTL, QUANTH).
    fn quantise(difference: i16, step: i16) -> u8;
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

impl Side for Low {
    const LOG_STEP_MAX: i16 = 18_432;
    const SCALE: i16 = 8;

    #[inline]
    fn quantise(difference: i16, step: i16) -> u8 {
        let magnitude = i32::from(if difference < 0 { !difference } else { difference });
        let above = LEVELS.partition_point(|&level| (i32::from(level) * i32::from(step)) >> 12 <= magnitude);
        let above = above as u8; // 0–29
        match (difference < 0, above) {
            (false, _) => 61 - above,
            (true, 0 | 1) => 63 - above,
            (true, _) => 33 - above,
        }
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
    const LOG_STEP_MAX: i16 = 22_528;
    const SCALE: i16 = 10;

    #[inline]
    fn quantise(difference: i16, step: i16) -> u8 {
        let magnitude = i32::from(if difference < 0 { !difference } else { difference });
        let large = magnitude >= (564 * i32::from(step)) >> 12;
        match (difference < 0, large) {
            (false, false) => 3,
            (false, true) => 2,
            (true, false) => 1,
            (true, true) => 0,
        }
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

/// The state of one band, the same at both ends of the line.
#[derive(Clone, Debug, Default)]
pub(super) struct Band<S> {
    /// NBL, NBH.
    log_step: i16,
    /// What the next sample is guessed to be (SL, SH).
    guess: i16,
    /// The zeros' share of it (SZL, SZH).
    guess_of_zeros: i16,
    /// Pole coefficients, 2^-14.
    poles: [i16; 2],
    /// Zero coefficients, 2^-14.
    zeros: [i16; 6],
    /// Past differences, newest first.
    differences: [i16; 6],
    /// The two latest partially rebuilt signals.
    partial: [i16; 2],
    /// The latest rebuilt signal.
    rebuilt: i16,
    side: PhantomData<S>,
}

impl<S: Side> Band<S> {
    /// The code word of a sample.
    #[inline]
    pub(super) fn encode(&mut self, sample: i16) -> u8 {
        let code = S::quantise(sample.saturating_sub(self.guess), self.step());
        self.adapt(code);
        code
    }

    /// The sample of a code word, within ±2^14 (RECONS and LIMIT).
    #[inline]
    pub(super) fn decode(&mut self, code: u8) -> i16 {
        let difference = times(self.step(), S::heard(code));
        let sample = self.guess.saturating_add(difference).clamp(-16_384, 16_383);
        self.adapt(code);
        sample
    }

    /// DETL, DETH from the logarithm (SCALEL, SCALEH).
    #[inline]
    fn step(&self) -> i16 {
        let mantissa = ANTILOGARITHMS[usize::from(self.log_step as u16 >> 6 & 31)];
        let shift = S::SCALE - (self.log_step >> 11);
        (if shift < 0 { mantissa << -shift } else { mantissa >> shift }) << 2
    }

    #[inline]
    fn adapt(&mut self, code: u8) {
        let difference = times(self.step(), S::predicted(code));
        let kept = ((i32::from(self.log_step) * 127) >> 7) as i16;
        self.log_step = (kept + S::log_step_change(code)).clamp(0, S::LOG_STEP_MAX);
        self.predict(difference);
    }

    #[inline]
    fn predict(&mut self, difference: i16) {
        let rebuilt = self.guess.saturating_add(difference); // RECONS
        let partial = self.guess_of_zeros.saturating_add(difference); // PARREC
        self.move_poles(partial);
        self.move_zeros(difference);
        self.differences.copy_within(..5, 1);
        self.differences[0] = difference;
        self.partial = [partial, self.partial[0]];
        // FILTEP over the new and the last signal, FILTEZ, PREDIC.
        let of_poles = times(self.poles[0], rebuilt.saturating_mul(2))
            .saturating_add(times(self.poles[1], self.rebuilt.saturating_mul(2)));
        let of_zeros: i32 = (self.zeros.iter().zip(&self.differences))
            .map(|(&zero, &difference)| i32::from(times(zero, difference.saturating_mul(2))))
            .sum();
        self.rebuilt = rebuilt;
        self.guess_of_zeros = of_zeros.clamp(-32_768, 32_767) as i16;
        self.guess = of_poles.saturating_add(self.guess_of_zeros);
    }

    /// UPPOL2, UPPOL1 with their limits, which keep the filter stable.
    #[inline]
    fn move_poles(&mut self, partial: i16) {
        let alike = |other: i16| (partial ^ other) >= 0;
        let (with_last, with_one_before) = (alike(self.partial[0]), alike(self.partial[1]));
        let [first, second] = self.poles;
        let pull = i32::from(first.saturating_mul(4));
        let pull = if with_last { (-pull).min(32_767) } else { pull } >> 7;
        let drift = if with_one_before { 128 } else { -128 };
        let second = (drift + pull + i32::from(times(second, 32_512))).clamp(-12_288, 12_288) as i16;
        let drift = if with_last { 192 } else { -192 };
        let limit = 15_360 - second;
        self.poles = [times(first, 32_640).saturating_add(drift).clamp(-limit, limit), second];
    }

    /// UPZERO.
    #[inline]
    fn move_zeros(&mut self, difference: i16) {
        let drift = if difference == 0 { 0 } else { 128 };
        for (zero, &past) in self.zeros.iter_mut().zip(&self.differences) {
            let drift = if (past ^ difference) >= 0 { drift } else { -drift };
            *zero = times(*zero, 32_640).saturating_add(drift);
        }
    }

    pub(super) fn visit(&mut self, words: &mut Words<'_>) {
        for word in [&mut self.log_step, &mut self.guess, &mut self.guess_of_zeros, &mut self.rebuilt] {
            words.i16(word);
        }
        words.i16s(&mut self.poles);
        words.i16s(&mut self.zeros);
        words.i16s(&mut self.differences);
        words.i16s(&mut self.partial);
    }

    pub(super) fn is_sound(&self) -> bool {
        (0..=S::LOG_STEP_MAX).contains(&self.log_step) && self.poles[1].unsigned_abs() <= 12_288
    }
}

/// A product of 15 fractional bits.
#[inline]
fn times(a: i16, b: i16) -> i16 {
    ((i32::from(a) * i32::from(b)) >> 15) as i16
}
