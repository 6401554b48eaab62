//! Integrated loudness after ITU-R BS.1770-4, of one channel.

use super::ring::{Biquad, power};
use crate::sounds::RATE_HZ;
use std::f64::consts::PI;

/// In LUFS; silence is −∞.
pub(super) fn lufs(samples: &[f64]) -> f64 {
    let weighted = high_pass().around(&shelf().around(samples));
    let blocks: Vec<f64> = weighted.windows(RATE_HZ * 2 / 5).step_by(RATE_HZ / 10).map(power).collect();
    let loudness = |power: f64| -0.691 + 10.0 * power.log10();
    let mean = |blocks: &[f64]| blocks.iter().sum::<f64>() / blocks.len().max(1) as f64;
    let heard: Vec<f64> = blocks.into_iter().filter(|power| loudness(*power) > -70.0).collect();
    let gate = loudness(mean(&heard)) - 10.0;
    let kept: Vec<f64> = heard.into_iter().filter(|power| loudness(*power) > gate).collect();
    loudness(mean(&kept))
}

/// The head's shelf: the recommendation's filter for 48 kHz, for this rate.
fn shelf() -> Biquad {
    let (hz, gain_db, q) = (1_681.974_450_955_533, 3.999_843_853_973_347, 0.707_175_236_955_419_6);
    let k = (PI * hz / RATE_HZ as f64).tan();
    let vh = 10f64.powf(gain_db / 20.0);
    let vb = vh.powf(0.499_666_774_154_541_6);
    let a0 = 1.0 + k / q + k * k;
    Biquad(
        [(vh + vb * k / q + k * k) / a0, 2.0 * (k * k - vh) / a0, (vh - vb * k / q + k * k) / a0],
        [2.0 * (k * k - 1.0) / a0, (1.0 - k / q + k * k) / a0],
    )
}

fn high_pass() -> Biquad {
    let (hz, q) = (38.135_470_876_024_44, 0.500_327_037_323_877_3);
    let k = (PI * hz / RATE_HZ as f64).tan();
    let a0 = 1.0 + k / q + k * k;
    Biquad([1.0, -2.0, 1.0], [2.0 * (k * k - 1.0) / a0, (1.0 - k / q + k * k) / a0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sine_of_997_hz_at_full_scale_has_minus_three_lufs() {
        let sine: Vec<f64> =
            (0..RATE_HZ * 5).map(|i| (2.0 * PI * 997.0 * i as f64 / RATE_HZ as f64).sin()).collect();
        assert!((lufs(&sine) + 3.01).abs() < 0.1, "{}", lufs(&sine));
        assert!(lufs(&[0.0; 32_000]).is_infinite() || lufs(&[0.0; 32_000]).is_nan());
    }
}
