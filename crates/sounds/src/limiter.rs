//! A gain that never clips: 5 ms ahead of a peak it is turned down smoothly, and recovers slowly behind it.

use crate::RATE_HZ;
use std::collections::VecDeque;

/// How far it looks ahead, and how late it therefore is: 5 ms.
const AHEAD: usize = RATE_HZ as usize / 200;
/// −1 dBFS: room for what resampling and a codec add.
const CEILING: f64 = 29_204.0;
/// From nothing to all in so many samples: 200 ms.
const RECOVERY: f64 = RATE_HZ as f64 / 5.0;

/// See the module's documentation. What goes in comes out 5 ms later.
#[derive(Clone, Debug)]
pub struct Limiter {
    gain: f64,
    /// The last samples, with what each may be multiplied by at most beside the gain.
    ahead: VecDeque<(f64, f64)>,
    /// The least of what `ahead` allows, over as long, eased by the mean of that over as long.
    allowed: VecDeque<f64>,
    allowed_sum: f64,
    recovering: f64,
}

impl Limiter {
    /// With a gain in dB.
    pub fn new(gain_db: f64) -> Self {
        Self {
            gain: 10f64.powf(gain_db / 20.0),
            ahead: core::iter::repeat_n((0.0, 1.0), AHEAD).collect(),
            allowed: core::iter::repeat_n(1.0, AHEAD).collect(),
            allowed_sum: AHEAD as f64,
            recovering: 1.0,
        }
    }

    /// How many samples it is late.
    pub const LATE: usize = AHEAD;

    /// Another gain from here on.
    pub fn set_gain(&mut self, gain_db: f64) {
        self.gain = 10f64.powf(gain_db / 20.0);
    }

    /// Takes as many samples as it gives.
    pub fn run(&mut self, samples: &mut [i16]) {
        for sample in samples {
            *sample = self.step(*sample);
        }
    }

    #[allow(clippy::cast_possible_truncation, reason = "limited right before")]
    fn step(&mut self, sample: i16) -> i16 {
        let value = f64::from(sample) * self.gain;
        let allows = if value.abs() > CEILING { CEILING / value.abs() } else { 1.0 };
        self.ahead.push_back((value, allows));
        let least = self.ahead.iter().fold(1.0f64, |least, (_, allows)| least.min(*allows));
        self.recovering = least.min(self.recovering + 1.0 / RECOVERY);
        self.allowed.push_back(self.recovering);
        self.allowed_sum += self.recovering - self.allowed.pop_front().unwrap_or(1.0);
        let (value, allows) = self.ahead.pop_front().unwrap_or((0.0, 1.0));
        // The mean is of values that each allow this sample; rounding may leave it a hair above.
        let eased = (self.allowed_sum / AHEAD as f64).min(allows);
        (value * eased).clamp(-CEILING, CEILING) as i16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(gain_db: f64, samples: &[i16]) -> Vec<i16> {
        let mut samples = samples.to_vec();
        Limiter::new(gain_db).run(&mut samples);
        samples
    }

    #[test]
    fn below_the_ceiling_it_is_the_gain_and_5_ms() {
        let given: Vec<i16> = (0..1_000).map(|n: i16| n % 100 * 50 - 2_500).collect();
        let got = run(6.020_6, &given);
        assert!(got[..AHEAD].iter().all(|&sample| sample == 0));
        for (&got, &given) in got[AHEAD..].iter().zip(&given) {
            assert!((i32::from(got) - 2 * i32::from(given)).abs() <= 2);
        }
    }

    #[test]
    fn a_peak_is_eased_into_and_nothing_clips_nor_jumps() {
        let mut given = vec![0i16; 16_000];
        for (n, sample) in given.iter_mut().enumerate() {
            let loud = if (5_970..6_975).contains(&n) { 8.0 } else { 1.0 };
            #[allow(clippy::cast_possible_truncation, reason = "in range")]
            let value = ((n as f64 * 0.05).sin() * 4_000.0 * loud) as i16;
            *sample = value;
        }
        let got = run(12.0, &given);
        assert!(got.iter().all(|&sample| f64::from(sample).abs() <= CEILING));
        // The louder stretch begins and ends where the tone crosses zero: every jump would be of the limiter.
        let steps = got.windows(2).map(|pair| (i32::from(pair[1]) - i32::from(pair[0])).abs());
        assert!(steps.max().unwrap() < 3_200, "a click");
        let (loudest, later) = (got[6_200..6_900].iter().max(), got[12_000..].iter().max());
        assert!(*loudest.unwrap() > 27_000 && *later.unwrap() > 15_500, "{loudest:?} {later:?}");
    }
}
