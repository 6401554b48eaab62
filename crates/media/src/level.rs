//! Levels. Here 0 dBov is a sine that just reaches full scale, so 0 dBm0 is −3.14 dBov (ITU-T G.711 table 5: the A-law
//! overload point is +3.14 dBm0).
#![allow(
    clippy::cast_possible_truncation,
    reason = "levels are rounded and clamped to their range before the cast"
)]

/// The overload point of A-law in dBm0 (ITU-T G.711).
#[allow(clippy::approx_constant, reason = "decibels, by chance near π")]
pub const OVERLOAD_DBM0: f64 = 3.14;
/// What an empty or all-zero window is said to have.
pub const SILENCE_DBOV: f64 = -127.0;

/// The amplitude ratio of a level in dB.
pub fn ratio(db: f64) -> f64 {
    10f64.powf(db / 20.0)
}

/// The peak of a sine of this level, in 16-bit units; at most full scale.
pub fn peak_of_dbm0(level_dbm0: f64) -> f64 {
    (ratio(level_dbm0 - OVERLOAD_DBM0) * 32_767.0).min(32_767.0)
}

/// The level of a window in dBov: of a sine with the same energy.
pub fn dbov(samples: &[i16]) -> f64 {
    let energy: i64 = samples.iter().map(|&sample| i64::from(sample) * i64::from(sample)).sum();
    if energy == 0 {
        return SILENCE_DBOV;
    }
    let mean = energy as f64 / samples.len() as f64;
    (10.0 * (2.0 * mean / (32_767.0 * 32_767.0)).log10()).max(SILENCE_DBOV)
}

/// The sum of squares per sample at which a window reaches a level in dBov: for comparing without a logarithm.
pub fn mean_square_of_dbov(level_dbov: f64) -> f64 {
    let peak = ratio(level_dbov) * 32_767.0;
    peak * peak / 2.0
}

/// Rounds and limits to 16 bits.
pub fn to_i16(sample: f64) -> i16 {
    sample.round().clamp(-32_768.0, 32_767.0) as i16
}

/// The sum of two samples, limited.
pub fn mix(a: i16, b: i16) -> i16 {
    a.saturating_add(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_scale_sine_is_0_dbov() {
        let sine: Vec<i16> = (0..800)
            .map(|n| to_i16(32_767.0 * (f64::from(n) * core::f64::consts::TAU / 80.0).sin()))
            .collect();
        assert!(dbov(&sine).abs() < 0.01);
        assert!((dbov(&[]) - SILENCE_DBOV).abs() < f64::EPSILON);
    }

    #[test]
    fn the_overload_point_is_full_scale() {
        assert!((peak_of_dbm0(OVERLOAD_DBM0) - 32_767.0).abs() < 0.001);
        assert!((peak_of_dbm0(-10.0) / peak_of_dbm0(-16.02) - 2.0).abs() < 0.001);
    }
}
