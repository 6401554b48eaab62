//! The basic operations of §5.1 that Rust has not by itself (it has add, sub, abs and neg as `saturating_…`).
#![allow(clippy::cast_possible_truncation, reason = "all results are limited to 16 bits before the cast")]

/// `mult`: a product of 15 fractional bits, truncated.
#[inline]
pub(super) fn times(a: i16, b: i16) -> i16 {
    limited((i32::from(a) * i32::from(b)) >> 15)
}

/// `mult_r`: the same, rounded.
#[inline]
pub(super) fn times_rounded(a: i16, b: i16) -> i16 {
    limited((i32::from(a) * i32::from(b) + 16_384) >> 15)
}

/// To 16 bits.
#[inline]
pub(super) fn limited(value: i32) -> i16 {
    value.clamp(-32_768, 32_767) as i16
}

/// `norm`: the left shifts that bring a positive value to 2^30 or more.
#[inline]
pub(super) fn norm(value: i32) -> u32 {
    value.leading_zeros().saturating_sub(1)
}

/// `div`: the quotient of 15 fractional bits for 0 ≤ `a` ≤ `b`, `b` > 0.
#[inline]
pub(super) fn divide(a: i16, b: i16) -> i16 {
    limited((i32::from(a) << 15) / i32::from(b))
}

/// The greatest magnitude.
#[inline]
pub(super) fn peak(signal: &[i16]) -> i16 {
    signal.iter().fold(0, |peak, sample| peak.max(sample.saturating_abs()))
}
