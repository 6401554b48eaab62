//! One direction of G.726: the adaptive quantiser's step and the predictor of two poles and six zeros. Encoder and decoder
//! keep the same state, as both follow the code words only. The names in capitals are the blocks of G.726 §4.2.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the recommendation's 16-bit arithmetic, in 32 bits and limited where it has its limits"
)]

use super::super::memory::Words;
use super::rates::{Level, Rate};

/// Magnitude bits of a signal, without the sign.
const MAGNITUDE: i32 = 0x7FFF;
/// The largest unlimited speed parameter, and where the lock to the slow scale begins (SUBTB … LIMA).
const LOCKED: i16 = 256;

/// Eleven bits of floating point as the multipliers take them (FLOATA, FLOATB): sign, four bits of exponent, six of mantissa.
#[derive(Clone, Copy, Debug)]
struct Float {
    negative: bool,
    exponent: i32,
    mantissa: i32,
}

impl Float {
    #[inline]
    fn new(negative: bool, magnitude: i32) -> Self {
        let exponent = bits(magnitude);
        let mantissa = if magnitude == 0 { 32 } else { (magnitude << 6) >> exponent };
        Self { negative, exponent, mantissa }
    }

    /// FMULT: the product with a coefficient of 14 fractional bits.
    #[inline]
    fn times(self, coefficient: i16) -> i32 {
        let coefficient = i32::from(coefficient) >> 2;
        let magnitude = if coefficient > 0 { coefficient } else { -coefficient & 0x1FFF };
        let factor = Self::new(coefficient < 0, magnitude);
        let exponent = self.exponent + factor.exponent;
        let mantissa = (self.mantissa * factor.mantissa + 48) >> 4;
        let product = if exponent <= 26 {
            (mantissa << 7) >> (26 - exponent)
        } else {
            (mantissa << 7) << (exponent - 26)
        };
        let product = product & MAGNITUDE;
        if self.negative == factor.negative { product } else { -product }
    }
}

/// How many bits a magnitude has.
#[inline]
fn bits(magnitude: i32) -> i32 {
    (32 - magnitude.leading_zeros()) as i32
}

/// A quantised difference in sign and magnitude.
#[derive(Clone, Copy, Debug)]
struct Difference {
    negative: bool,
    magnitude: i32,
}

impl Difference {
    fn value(self) -> i32 {
        if self.negative { -self.magnitude } else { self.magnitude }
    }
}

/// What the predictor and the step say before a sample is known.
#[derive(Clone, Copy, Debug)]
struct Guess {
    /// SEZ: the zeros' share.
    of_zeros: i32,
    /// SE.
    signal: i32,
    /// Y: the logarithmic step, 2^-9.
    log_step: i32,
}

/// The state of §4.2's delay blocks.
#[derive(Clone, Debug)]
pub(super) struct Coder {
    /// YU: the fast scale factor.
    fast: i16,
    /// YL: the slow one, with six more bits.
    slow: i32,
    /// DMS, DML: short and long averages of F(I).
    short_average: i16,
    long_average: i16,
    /// AP: how fast the step may move.
    speed: i16,
    /// TD: a narrow-band signal, as of a modem.
    tone: u8,
    poles: [i16; 2],
    zeros: [i16; 6],
    /// PK: the two latest signs of the zeros' sum, 1 where negative.
    signs: [u8; 2],
    /// DQ: past differences by magnitude, with their signs in `difference_signs`, newest first.
    differences: [i16; 6],
    difference_signs: [u8; 6],
    /// SR: the two latest rebuilt signals.
    rebuilt: [i16; 2],
}

impl Coder {
    /// §4.2.1's reset.
    pub(super) fn new() -> Self {
        Self {
            fast: 544,
            slow: 34_816,
            short_average: 0,
            long_average: 0,
            speed: 0,
            tone: 0,
            poles: [0; 2],
            zeros: [0; 6],
            signs: [0; 2],
            differences: [0; 6],
            difference_signs: [0; 6],
            rebuilt: [0; 2],
        }
    }

    /// The code of a 16-bit sample, of which the upper 14 bits count.
    #[inline]
    pub(super) fn encode(&mut self, rate: &Rate, sample: i16) -> u8 {
        let guess = self.guess();
        let code = quantise(rate, i32::from(sample >> 2) - guess.signal, guess.log_step);
        self.follow(rate, guess, code);
        code as u8
    }

    /// The sample of a code; other bits than the rate's are left out.
    #[inline]
    pub(super) fn decode(&mut self, rate: &Rate, code: u32) -> i16 {
        let guess = self.guess();
        let rebuilt = self.follow(rate, guess, code & ((1 << rate.bits) - 1));
        (rebuilt << 2).clamp(-32_768, 32_767) as i16
    }

    #[inline]
    fn guess(&self) -> Guess {
        let past = self.differences.iter().zip(&self.difference_signs).zip(&self.zeros);
        let of_zeros: i32 = past
            .map(|((&magnitude, &sign), &zero)| Float::new(sign != 0, i32::from(magnitude)).times(zero))
            .sum();
        let of_poles: i32 = (self.rebuilt.iter().zip(&self.poles))
            .map(|(&signal, &pole)| Float::new(signal < 0, i32::from(signal).abs() & MAGNITUDE).times(pole))
            .sum();
        let of_zeros = i32::from(of_zeros as i16);
        let signal = i32::from((of_zeros + of_poles) as i16);
        Guess { of_zeros: of_zeros >> 1, signal: signal >> 1, log_step: self.log_step() }
    }

    /// LIMA, MIX: between the slow and the fast scale.
    #[inline]
    fn log_step(&self) -> i32 {
        let (fast, slow) = (i32::from(self.fast), self.slow >> 6);
        let weight = i32::from(self.speed >> 2).min(64);
        let product = (fast - slow) * weight;
        // Magnitudes are truncated towards zero.
        slow + if product < 0 { (product + 63) >> 6 } else { product >> 6 }
    }

    /// What both ends do with a code; gives the rebuilt signal (14 bits).
    #[inline]
    fn follow(&mut self, rate: &Rate, guess: Guess, code: u32) -> i32 {
        let (negative, level) = meaning(rate, code);
        let difference = rebuild(negative, level, guess.log_step);
        let rebuilt = i32::from((guess.signal + difference.value()) as i16);
        let sum = i32::from((guess.of_zeros + difference.value()) as i16); // ADDC wraps
        let trigger = self.is_transition(difference);
        self.move_scales(guess.log_step, level);
        let second = self.move_predictor(rate, difference, sum, trigger);
        self.differences.copy_within(..5, 1);
        self.difference_signs.copy_within(..5, 1);
        (self.differences[0], self.difference_signs[0]) =
            (difference.magnitude as i16, u8::from(difference.negative));
        self.rebuilt = [rebuilt as i16, self.rebuilt[0]];
        self.signs = [u8::from(sum < 0), self.signs[0]];
        self.tone = u8::from(!trigger && second < -11_776); // TONE, TRIGB
        self.move_speed(guess.log_step, level, trigger);
        rebuilt
    }

    /// TRANS: a tone has given way to something large.
    fn is_transition(&self, difference: Difference) -> bool {
        let (whole, fraction) = (self.slow >> 15, self.slow >> 10 & 0x1F);
        let threshold = if whole > 9 { 31 << 10 } else { (32 + fraction) << whole };
        self.tone != 0 && difference.magnitude > (threshold + (threshold >> 1)) >> 1
    }

    /// FILTD, LIMB, FILTE.
    fn move_scales(&mut self, log_step: i32, level: &Level) {
        let fast = (log_step + ((level.scale - log_step) >> 5)).clamp(544, 5_120);
        self.fast = fast as i16;
        self.slow += fast + (-self.slow >> 6);
    }

    /// UPA2, LIMC, UPA1, LIMD, UPB, TRIGB. Gives the second pole as it was before the trigger cleared it.
    fn move_predictor(&mut self, rate: &Rate, difference: Difference, sum: i32, trigger: bool) -> i32 {
        let [first, second] = self.poles.map(i32::from);
        let sign = u8::from(sum < 0);
        let (with_last, with_one_before) = (sign == self.signs[0], sign == self.signs[1]);
        let mut next = second - (second >> 7);
        let mut next_first = first - (first >> 8);
        if sum != 0 {
            let pull = if with_last { -first } else { first };
            next += if pull < -8_191 {
                -256
            } else if pull > 8_191 {
                255
            } else {
                pull >> 5
            };
            next += if with_one_before { 128 } else { -128 };
            next_first += if with_last { 192 } else { -192 };
        }
        next = next.clamp(-12_288, 12_288);
        let limit = 15_360 - next;
        if trigger {
            (self.poles, self.zeros) = ([0; 2], [0; 6]);
            return next;
        }
        self.poles = [next_first.clamp(-limit, limit) as i16, next as i16];
        for (zero, &past_sign) in self.zeros.iter_mut().zip(&self.difference_signs) {
            let drift = match (difference.magnitude, (past_sign != 0) == difference.negative) {
                (0, _) => 0,
                (_, true) => 128,
                (_, false) => -128,
            };
            *zero = zero.wrapping_add(drift - (*zero >> rate.leak));
        }
        next
    }

    /// FILTA, FILTB, SUBTC, FILTC, TRIGA.
    fn move_speed(&mut self, log_step: i32, level: &Level, trigger: bool) {
        self.short_average += (level.rate_of_change - self.short_average) >> 5;
        let long = i32::from(self.long_average);
        self.long_average = (long + (((i32::from(level.rate_of_change) << 2) - long) >> 7)) as i16;
        if trigger {
            self.speed = LOCKED;
            return;
        }
        let (short, long) = (i32::from(self.short_average) << 2, i32::from(self.long_average));
        let fast = log_step < 1_536 || self.tone != 0 || (short - long).abs() >= long >> 3;
        self.speed += if fast { (512 - self.speed) >> 4 } else { -self.speed >> 4 };
    }

    pub(super) fn visit(&mut self, words: &mut Words<'_>) {
        words.i32(&mut self.slow);
        for word in [&mut self.fast, &mut self.short_average, &mut self.long_average, &mut self.speed] {
            words.i16(word);
        }
        words.i16s(&mut self.poles);
        words.i16s(&mut self.zeros);
        words.i16s(&mut self.differences);
        words.i16s(&mut self.rebuilt);
        words.u8(&mut self.tone);
        self.signs.iter_mut().chain(&mut self.difference_signs).for_each(|sign| words.u8(sign));
    }

    pub(super) fn is_sound(&self) -> bool {
        let averages = [self.short_average, self.long_average, self.speed];
        (544..=5_120).contains(&self.fast)
            && (0..=5_120 << 6).contains(&self.slow)
            && averages.iter().all(|average| (0..=14_336).contains(average))
            && self.poles[1].unsigned_abs() <= 12_288
            && self.differences.iter().all(|difference| *difference >= 0)
    }
}

/// LOG, SUBTB, QUAN: the code of a difference.
#[inline]
fn quantise(rate: &Rate, difference: i32, log_step: i32) -> u32 {
    let magnitude = difference.abs();
    let exponent = bits(magnitude >> 1);
    let log = (exponent << 7) + (((magnitude << 7) >> exponent) & 0x7F);
    let normal = log - (log_step >> 2);
    let level = rate.decisions.partition_point(|&decision| i32::from(decision) <= normal) as u32;
    let all = (1 << rate.bits) - 1;
    // Codes of negative differences are ones' complements; except at 16 kbit/s zero is never sent.
    if difference < 0 || (level == 0 && rate.bits != 2) { all - level } else { level }
}

/// The sign and the level of a code.
#[inline]
fn meaning(rate: &Rate, code: u32) -> (bool, &Level) {
    let negative = code >> (rate.bits - 1) != 0;
    let magnitude = if negative { (1 << rate.bits) - 1 - code } else { code };
    (negative, &rate.levels[magnitude as usize])
}

/// RECONST, ADDA, ANTILOG.
#[inline]
fn rebuild(negative: bool, level: &Level, log_step: i32) -> Difference {
    let log = i32::from(level.log) + (log_step >> 2);
    if log < 0 {
        return Difference { negative, magnitude: 0 };
    }
    let exponent = log >> 7 & 15;
    let magnitude = ((128 + (log & 127)) << 7) >> (14 - exponent);
    Difference { negative, magnitude }
}
