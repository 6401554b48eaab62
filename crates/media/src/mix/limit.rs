//! The end of the sum: several loud voices together do not fit into 16 bits, and are bent in rather than cut off.

/// Up to here (−6 dB) nothing is changed.
const KNEE: i32 = 16_384;
/// The rest of the way.
const ROOM: i32 = 32_767 - KNEE;

/// Brings a sum into 16 bits: unchanged up to the knee, then ever flatter, without a corner.
#[inline]
pub(super) fn limit(sum: i32) -> i16 {
    if sum.unsigned_abs() <= KNEE.unsigned_abs() {
        return i16::try_from(sum).unwrap_or(0);
    }
    let over = i64::from(sum.unsigned_abs()) - i64::from(KNEE);
    let room = i64::from(ROOM);
    let bent = i64::from(KNEE) + over * room / (over + room);
    let bent = i16::try_from(bent).unwrap_or(i16::MAX);
    if sum < 0 { -bent } else { bent }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn soft_is_unchanged_and_loud_is_bent_in_evenly() {
        assert_eq!([0, 1, -1, 16_384, -16_384].map(limit), [0, 1, -1, 16_384, -16_384]);
        let mut before = limit(-4_000_000);
        for sum in (-4_000_000..4_000_000).step_by(101) {
            let here = limit(sum);
            assert!(here >= before && i32::from(here) - i32::from(before) <= 101);
            before = here;
        }
        assert_eq!(limit(i32::MAX), 32_766);
        assert_eq!(limit(i32::MIN), -32_766);
    }
}
