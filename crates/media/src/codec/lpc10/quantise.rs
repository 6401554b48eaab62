//! Codes to numbers and numbers to codes. Each number becomes the code whose number is nearest to it.

use super::frame::{Frame, RATIO_BITS};
use super::{ORDER, Spoken};

/// The level of each code.
const LEVELS: [f32; 32] = [
    1.0, 3.0, 5.0, 7.0, 9.0, 11.0, 13.0, 15.0, 18.0, 22.0, 26.0, 30.0, 34.0, 42.0, 50.0, 60.0, 70.0, 84.0,
    102.0, 120.0, 144.0, 172.0, 206.0, 246.0, 294.0, 352.0, 420.0, 502.0, 600.0, 718.0, 856.0, 1_024.0,
];

/// The first two coefficients by their code's magnitude, in 1/128: even steps of the logarithm of area ratios.
const FIRST_RATIOS: [f32; 16] =
    [4.0, 18.0, 32.0, 46.0, 60.0, 72.0, 82.0, 92.0, 101.0, 108.0, 114.0, 117.0, 121.0, 123.0, 125.0, 127.0];
/// The others are even steps of a range: its scale, and its middle in 1/16384.
const SCALES: [f32; 8] = [0.6953, 0.6250, 0.5781, 0.5469, 0.5312, 0.5391, 0.4688, 0.3828];
const MIDDLES: [f32; 8] = [1_152.0, -2_816.0, -1_536.0, -3_584.0, -1_280.0, -2_432.0, 768.0, -1_920.0];

/// The pitch code of a frame that is not voiced, and of one that becomes or ceases to be.
pub(super) const UNVOICED: u8 = 0;
pub(super) const TRANSITION: u8 = 127;

/// What a pitch code means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pitch {
    Unvoiced,
    Transition,
    /// The pitch period in samples.
    Voiced(u8),
    /// One that nobody sends.
    Wrong,
}

/// Pitch codes: 0, 1 and 3 stand for what is not voiced, in transition and wrong, other numbers for the period. Each period's code
/// differs from the unvoiced one by three bits or four.
#[rustfmt::skip]
const PITCHES: [u8; 128] = [
    0, 0, 0, 3, 0, 3, 3, 31, 0, 3, 3, 21, 3, 3, 29, 30,
    0, 3, 3, 20, 3, 25, 27, 26, 3, 23, 58, 22, 3, 24, 28, 3,
    0, 3, 3, 3, 3, 39, 33, 32, 3, 37, 35, 36, 3, 38, 34, 3,
    3, 42, 46, 44, 50, 40, 48, 3, 54, 3, 56, 3, 52, 3, 3, 1,
    0, 3, 3, 108, 3, 78, 100, 104, 3, 84, 92, 88, 156, 80, 96, 3,
    3, 74, 70, 72, 66, 76, 68, 3, 62, 3, 60, 3, 64, 3, 3, 1,
    3, 116, 132, 112, 148, 152, 3, 3, 140, 3, 136, 3, 144, 3, 3, 1,
    124, 120, 128, 3, 3, 3, 3, 1, 3, 3, 3, 1, 3, 1, 1, 1,
];

pub(super) fn pitch(code: u8) -> Pitch {
    match PITCHES.get(usize::from(code)).copied().unwrap_or(3) {
        0 => Pitch::Unvoiced,
        1 => Pitch::Transition,
        2..=4 => Pitch::Wrong,
        period => Pitch::Voiced(period),
    }
}

/// The code of the period nearest to one.
pub(super) fn pitch_code(period: usize) -> u8 {
    let apart = |known: u8| if known < 20 { usize::MAX } else { usize::from(known).abs_diff(period) };
    let codes = PITCHES.iter().zip(0u8..);
    codes.min_by_key(|(known, _)| apart(**known)).map_or(UNVOICED, |(_, code)| code)
}

pub(super) fn level(code: u8) -> f32 {
    LEVELS.get(usize::from(code)).copied().unwrap_or(1.0)
}

/// The number that a code of coefficient `n` means.
pub(super) fn ratio(n: usize, code: i8) -> f32 {
    let Some(at) = n.checked_sub(2) else {
        // −16 is no code.
        let magnitude = usize::from(code.unsigned_abs());
        let ratio = FIRST_RATIOS.get(magnitude).copied().unwrap_or(FIRST_RATIOS[0]) / 128.0;
        return if code < 0 { -ratio } else { ratio };
    };
    let bits = RATIO_BITS.get(n).copied().unwrap_or(2);
    let step = 1i32 << (15 - bits);
    let middle = i32::from(code) * step + step / 2 - 1;
    let (scale, offset) = (SCALES.get(at).copied().unwrap_or(0.0), MIDDLES.get(at).copied().unwrap_or(0.0));
    (middle as f32 * scale + offset).trunc() / 16_384.0
}

/// The code of a coefficient. Compared by the arc sine, in which equal steps are heard alike.
fn ratio_code(n: usize, wanted: f32) -> i8 {
    let wanted = wanted.clamp(-0.999, 0.999).asin();
    let bits = RATIO_BITS.get(n).copied().unwrap_or(2);
    let (least, most) = (-(1i8 << (bits - 1)), (1i8 << (bits - 1)) - 1);
    let least = if n < 2 { least + 1 } else { least };
    let apart = |code: i8| (ratio(n, code).clamp(-0.999, 0.999).asin() - wanted).abs();
    (least..=most).min_by(|&a, &b| apart(a).total_cmp(&apart(b))).unwrap_or(0)
}

fn level_code(wanted: f32) -> u8 {
    let wanted = wanted.max(1.0).ln();
    let apart = |known: f32| (known.ln() - wanted).abs();
    let codes = LEVELS.iter().zip(0u8..);
    codes.min_by(|(a, _), (b, _)| apart(**a).total_cmp(&apart(**b))).map_or(0, |(_, code)| code)
}

/// A frame without protection.
pub(super) fn code(spoken: &Spoken) -> Frame {
    let pitch = match spoken.voiced {
        [true, true] => pitch_code(spoken.pitch),
        [false, false] => UNVOICED,
        [true, false] | [false, true] => TRANSITION,
    };
    let ratios = core::array::from_fn(|n| ratio_code(n, spoken.ratios.get(n).copied().unwrap_or(0.0)));
    Frame { pitch, rms: level_code(spoken.rms), ratios }
}

/// The numbers of a frame's coefficients.
pub(super) fn ratios(codes: &[i8; ORDER]) -> [f32; ORDER] {
    core::array::from_fn(|n| ratio(n, codes.get(n).copied().unwrap_or(0)))
}
