//! How loud a piece is, as ITU-R BS.1770-4 and EBU R 128 say: K-weighted energy in blocks of 400 ms that overlap by three
//! quarters, without those below −70 LUFS nor those 10 LU below the mean of the rest. In LUFS of one channel at 16 kHz: what
//! lies above 8 kHz nobody on a telephone hears.

use crate::RATE_HZ;
use core::f64::consts::PI;

/// A quarter of a block: 100 ms.
const STEP: usize = RATE_HZ as usize / 10;
/// Steps that are kept: six hours. What comes later no longer counts.
const STEPS_MAX: usize = 6 * 3_600 * 10;
/// Blocks below count as silence (BS.1770-4 annex 1).
const SILENCE_LUFS: f64 = -70.0;
/// Blocks so far below the mean of the others do not count.
const RELATIVE_LU: f64 = 10.0;

/// Measures the loudness of a whole piece.
#[derive(Clone, Debug)]
pub struct Meter {
    shelf: Biquad,
    high_pass: Biquad,
    /// Mean energy of each step.
    steps: Vec<f64>,
    sum: f64,
    count: usize,
}

impl Default for Meter {
    fn default() -> Self {
        Self { shelf: shelf(), high_pass: high_pass(), steps: Vec::new(), sum: 0.0, count: 0 }
    }
}

impl Meter {
    /// Takes samples at [`RATE_HZ`].
    pub fn push(&mut self, samples: &[i16]) {
        for &sample in samples {
            let weighted = self.high_pass.step(self.shelf.step(f64::from(sample) / 32_768.0));
            self.sum += weighted * weighted;
            self.count += 1;
            if self.count == STEP {
                if self.steps.len() < STEPS_MAX {
                    self.steps.push(self.sum / STEP as f64);
                }
                (self.sum, self.count) = (0.0, 0);
            }
        }
    }

    /// The loudness of all so far in LUFS; none if it is silence or shorter than a block.
    pub fn lufs(&self) -> Option<f64> {
        let blocks: Vec<f64> = self
            .steps
            .windows(4)
            .map(|block| block.iter().sum::<f64>() / 4.0)
            .filter(|&energy| lufs(energy) > SILENCE_LUFS)
            .collect();
        let threshold = lufs(mean(&blocks)?) - RELATIVE_LU;
        let loud: Vec<f64> = blocks.into_iter().filter(|&energy| lufs(energy) > threshold).collect();
        mean(&loud).map(lufs)
    }
}

fn lufs(energy: f64) -> f64 {
    -0.691 + 10.0 * energy.max(1e-15).log10()
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// A second-order filter, direct form II transposed.
#[derive(Clone, Debug)]
struct Biquad {
    b: [f64; 3],
    a: [f64; 2],
    z: [f64; 2],
}

impl Biquad {
    fn step(&mut self, x: f64) -> f64 {
        let [b0, b1, b2] = self.b;
        let [a1, a2] = self.a;
        let [z1, z2] = self.z;
        let y = b0 * x + z1;
        self.z = [b1 * x - a1 * y + z2, b2 * x - a2 * y];
        y
    }
}

/// The head's shelf of BS.1770's first stage. The recommendation gives coefficients for 48 kHz alone; these are the analogue
/// filter's that they come from, brought to our rate by the bilinear transform.
fn shelf() -> Biquad {
    const FREQUENCY_HZ: f64 = 1_681.974_450_955_533;
    const GAIN_DB: f64 = 3.999_843_853_973_347;
    const Q: f64 = 0.707_175_236_955_419_6;
    let k = (PI * FREQUENCY_HZ / f64::from(RATE_HZ)).tan();
    let high = 10f64.powf(GAIN_DB / 20.0);
    let middle = high.powf(0.499_666_774_154_541_6);
    let a0 = 1.0 + k / Q + k * k;
    Biquad {
        b: [
            (high + middle * k / Q + k * k) / a0,
            2.0 * (k * k - high) / a0,
            (high - middle * k / Q + k * k) / a0,
        ],
        a: [2.0 * (k * k - 1.0) / a0, (1.0 - k / Q + k * k) / a0],
        z: [0.0; 2],
    }
}

/// The high pass of its second stage, likewise.
fn high_pass() -> Biquad {
    const FREQUENCY_HZ: f64 = 38.135_470_876_024_44;
    const Q: f64 = 0.500_327_037_323_877_3;
    let k = (PI * FREQUENCY_HZ / f64::from(RATE_HZ)).tan();
    let a0 = 1.0 + k / Q + k * k;
    Biquad { b: [1.0, -2.0, 1.0], a: [2.0 * (k * k - 1.0) / a0, (1.0 - k / Q + k * k) / a0], z: [0.0; 2] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(samples: &[i16]) -> Option<f64> {
        let mut meter = Meter::default();
        samples.chunks(777).for_each(|chunk| meter.push(chunk));
        meter.lufs()
    }

    #[allow(clippy::cast_possible_truncation, reason = "in range by construction")]
    fn sine(hz: f64, amplitude: f64, seconds: usize) -> Vec<i16> {
        let rate = f64::from(RATE_HZ);
        (0..seconds * RATE_HZ as usize)
            .map(|n| ((2.0 * PI * hz * n as f64 / rate).sin() * amplitude * 32_768.0) as i16)
            .collect()
    }

    #[test]
    fn tones_measure_as_the_recommendation_says() {
        // BS.1770-4: 997 Hz at 0 dBFS in one channel is −3.01 LUFS; EBU Tech 3341 test 1 and 2 at −23 and −33.
        for (amplitude_db, expected) in [(-3.0f64, -6.01), (-20.0, -23.01), (-30.0, -33.01)] {
            let measured = of(&sine(997.0, 10f64.powf(amplitude_db / 20.0), 10)).unwrap();
            assert!((measured - expected).abs() < 0.1, "{measured} for {expected}");
        }
        assert_eq!(of(&[0; 100_000]), None);
        assert_eq!(of(&sine(997.0, 0.5, 1)[..4 * STEP - 1]), None, "shorter than a block");
        assert!(of(&sine(997.0, 0.5, 1)[..4 * STEP]).is_some());
    }

    #[test]
    fn pauses_and_quiet_stretches_do_not_count() {
        let mut samples = sine(997.0, 0.1, 20);
        samples.resize(samples.len() + 20 * RATE_HZ as usize, 0);
        samples.extend(sine(997.0, 0.01, 20));
        let (all, loud) = (of(&samples).unwrap(), of(&sine(997.0, 0.1, 20)).unwrap());
        assert!((all - loud).abs() < 0.1, "{all} and {loud}");
    }

    /// What ffmpeg 5.1 says of these files by its filter `ebur128`.
    #[test]
    fn real_sounds_measure_as_with_ffmpeg() {
        for (file, expected) in [
            (&include_bytes!("../../../sounds/en/conf-full.flac")[..], -22.8),
            (include_bytes!("../../../sounds/music/default/harbour.flac"), -23.0),
        ] {
            let source = std::io::Cursor::new(file.to_vec());
            let mut stream = crate::Stream::open(Box::new(source), "flac").unwrap();
            let (mut meter, mut samples) = (Meter::default(), Vec::new());
            while stream.read(RATE_HZ as usize, &mut samples).unwrap() > 0 {
                meter.push(&samples);
                samples.clear();
            }
            let measured = meter.lufs().unwrap();
            assert!((measured - expected).abs() < 0.2, "{measured} for {expected}");
        }
    }
}
