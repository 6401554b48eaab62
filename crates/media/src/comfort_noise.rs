//! Comfort noise (RFC 3389): what a phone with silence suppression says about the quiet that it does not send, and a noise
//! that sounds like it.
//!
//! Quantisation as in §3.2 (kᵢ = 258 · (Nᵢ − 127) / 32768, 255 reserved), which is that of G.711 Appendix II.
//!
//! A payload is a level in −dBov and, if its sender took the trouble, reflection coefficients of the noise's spectrum. Their
//! sign is that of the lattice `A(z) = 1 + Σ aᵢ z⁻ⁱ` (a rumbling noise has a negative first coefficient), as browsers send it.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "values are clamped to their range before each cast"
)]

use serde::{Deserialize, Serialize};

/// Coefficients that are used: more do not sound better (RFC 3389 §3.1 leaves the order open). Further ones are ignored.
pub const ORDER_MAX: usize = 12;
/// 0 dBov of RFC 3389 §3.1 is a square wave at full scale: its mean square.
const FULL_SCALE: f32 = 32_768.0 * 32_768.0;
/// The quietest level that can be told (seven bits).
const LEVEL_MIN: u8 = 127;
/// Index of the coefficient 0 (§3.2).
const ZERO_INDEX: u8 = 127;
/// The highest index; 255 is reserved (§3.2).
const INDEX_MAX: u8 = 254;

/// What a payload says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComfortNoise {
    /// 0 to 127, for 0 to −127 dBov.
    pub level: u8,
    /// How many of the indices count.
    order: u8,
    indices: [u8; ORDER_MAX],
}

impl ComfortNoise {
    /// White noise of a level in −dBov.
    pub fn white(level: u8) -> Self {
        Self { level: level.min(LEVEL_MIN), order: 0, indices: [ZERO_INDEX; ORDER_MAX] }
    }

    /// Reads a payload; `None` for an empty one, or one whose level has its reserved bit set (§3.1: must be 0).
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let (&level, rest) = payload.split_first()?;
        if level > LEVEL_MIN {
            return None;
        }
        let mut noise = Self::white(level);
        for (place, &index) in noise.indices.iter_mut().zip(rest) {
            *place = index.min(INDEX_MAX);
            noise.order += 1;
        }
        Some(noise)
    }

    /// Appends the payload.
    pub fn write(&self, payload: &mut Vec<u8>) {
        payload.push(self.level);
        payload.extend(self.indices.iter().take(usize::from(self.order)));
    }

    /// Describes a frame of quiet, of 10 ms at least, with up to `order` coefficients.
    pub fn analyse(samples: &[i16], order: usize) -> Self {
        let order = order.min(ORDER_MAX).min(samples.len().saturating_sub(1));
        let products = |lag: usize| -> f64 {
            samples.iter().zip(samples.iter().skip(lag)).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
        };
        let energy = products(0);
        if energy <= 0.0 {
            return Self::white(LEVEL_MIN);
        }
        let mean = energy / samples.len() as f64;
        let level = -10.0 * (mean / f64::from(FULL_SCALE)).log10();
        let mut noise = Self::white(level.round().clamp(0.0, f64::from(LEVEL_MIN)) as u8);
        // Levinson and Durbin; a little white noise keeps it stable.
        let mut error = energy * 1.000_1;
        let mut a = [0.0f64; ORDER_MAX];
        for m in 0..order {
            let known: f64 = a.iter().take(m).enumerate().map(|(i, a)| a * products(m - i)).sum();
            let k = -(products(m + 1) + known) / error;
            let before = a;
            for (i, place) in a.iter_mut().take(m).enumerate() {
                *place += k * before.get(m - 1 - i).copied().unwrap_or(0.0);
            }
            if let (Some(place), Some(index)) = (a.get_mut(m), noise.indices.get_mut(m)) {
                *place = k;
                let quantised = (k * 32_768.0 / 258.0).round() + f64::from(ZERO_INDEX);
                *index = quantised.clamp(0.0, f64::from(INDEX_MAX)) as u8;
            }
            error *= (1.0 - k * k).max(1e-9);
        }
        noise.order = order as u8;
        noise
    }

    /// Coefficient number `n`, −1 to 1 (§3.2: kᵢ = 258 · (Nᵢ − 127) / 32768).
    fn coefficient(&self, n: usize) -> f32 {
        let index = self.indices.get(n).copied().unwrap_or(ZERO_INDEX);
        258.0 * (f32::from(index) - f32::from(ZERO_INDEX)) / 32_768.0
    }

    /// The peak of the white noise that the filter brings to the level.
    fn excitation(&self) -> f32 {
        let mean_square = FULL_SCALE * 10f32.powf(-f32::from(self.level) / 10.0);
        let order = usize::from(self.order);
        let shrink: f32 = (0..order).map(|n| 1.0 - self.coefficient(n) * self.coefficient(n)).product();
        (3.0 * mean_square * shrink).sqrt() // evenly distributed noise has a third of its peak's square
    }
}

/// The noise's source: plain data, the same seed gives the same noise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NoiseGenerator {
    seed: u32,
    noise: ComfortNoise,
    /// The excitation's peak as it is, on its way to what the noise asks for.
    peak: f32,
    memory: [f32; ORDER_MAX],
}

/// How much of the way to a new level is made with every sample: most of it in 10 ms at 8,000 Hz.
const APPROACH: f32 = 1.0 / 32.0;

impl NoiseGenerator {
    /// Begins in silence and swells to the noise. Any seed will do.
    pub fn new(seed: u32, noise: ComfortNoise) -> Self {
        Self { seed: seed | 1, noise, peak: 0.0, memory: [0.0; ORDER_MAX] }
    }

    /// Goes over to another noise without a step.
    pub fn set(&mut self, noise: ComfortNoise) {
        self.noise = noise;
    }

    /// Appends `count` samples.
    pub fn generate(&mut self, count: usize, out: &mut Vec<i16>) {
        let (target, order) = (self.noise.excitation(), usize::from(self.noise.order));
        let mut k = [0.0; ORDER_MAX];
        k.iter_mut().enumerate().take(order).for_each(|(n, k)| *k = self.noise.coefficient(n));
        for _ in 0..count {
            self.peak += (target - self.peak) * APPROACH;
            let mut forward = self.white() * self.peak;
            // The all-pole lattice, from the highest stage down: memory[m] is stage m's backward value, one sample ago.
            let mut backward = [0.0; ORDER_MAX];
            for m in (0..order).rev() {
                forward -= k[m] * self.memory[m];
                backward[m] = self.memory[m] + k[m] * forward;
            }
            for m in (1..order).rev() {
                self.memory[m] = backward[m - 1];
            }
            self.memory[0] = forward;
            out.push(forward.clamp(-32_768.0, 32_767.0) as i16);
        }
        if order == 0 {
            self.memory = [0.0; ORDER_MAX];
        }
    }

    /// −1 to 1, evenly distributed (xorshift).
    fn white(&mut self) -> f32 {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 17;
        self.seed ^= self.seed << 5;
        (self.seed >> 8) as f32 / 8_388_608.0 - 1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{goertzel, level};

    fn generated(noise: ComfortNoise, count: usize) -> Vec<i16> {
        let mut out = Vec::new();
        NoiseGenerator::new(7, noise).generate(count, &mut out);
        out
    }

    /// A sine at full scale is 3.01 dB below the square wave that 0 dBov means here.
    fn level_of(samples: &[i16]) -> f64 {
        -(level::dbov(samples) - 3.01)
    }

    #[test]
    fn white_noise_has_the_level_that_was_told() {
        for told in [20, 40, 60] {
            let level = level_of(&generated(ComfortNoise::white(told), 16_000)[800..]);
            assert!((level - f64::from(told)).abs() < 0.5, "{told}: {level}");
        }
        assert!(generated(ComfortNoise::white(127), 800).iter().all(|&sample| sample == 0));
    }

    #[test]
    fn a_payload_is_read_as_it_was_written() {
        for payload in [&[40][..], &[0, 127], &[127, 0, 254, 3, 200], &[9; 1 + ORDER_MAX]] {
            let mut written = Vec::new();
            ComfortNoise::parse(payload).unwrap().write(&mut written);
            assert_eq!(written, payload);
        }
    }

    #[test]
    fn what_is_no_payload_is_refused_and_more_coefficients_than_used_are_ignored() {
        assert_eq!((ComfortNoise::parse(&[]), ComfortNoise::parse(&[128])), (None, None));
        let (long, exact) = ([9; 2 + ORDER_MAX], [9; 1 + ORDER_MAX]);
        assert_eq!(ComfortNoise::parse(&long), ComfortNoise::parse(&exact));
    }

    #[test]
    fn a_described_noise_is_made_again_with_its_level_and_colour() {
        let mut rumble = generated(ComfortNoise::white(30), 16_000);
        (1..rumble.len()).for_each(|n| rumble[n] = (rumble[n] / 4).saturating_add(rumble[n - 1] / 4 * 3));
        let noise = ComfortNoise::analyse(&rumble[1_000..], 4);
        let again = generated(noise, 16_000);
        assert!((level_of(&again[800..]) - level_of(&rumble[800..])).abs() < 1.0);
        let band = |samples: &[i16], hz: u32| -> f64 {
            let sum = (0..40).map(|n| {
                let window = &samples[1_000 + n * 300..1_300 + n * 300];
                level::ratio(goertzel::level_dbm0(window, 8_000, f64::from(hz)))
            });
            20.0 * (sum.sum::<f64>() / 40.0).log10()
        };
        let slope = |samples: &[i16]| band(samples, 300) - band(samples, 3_300);
        assert!(slope(&rumble) > 8.0);
        assert!((slope(&again) - slope(&rumble)).abs() < 2.5, "{} {}", slope(&again), slope(&rumble));
    }

    #[test]
    fn silence_is_described_as_silence() {
        assert_eq!(ComfortNoise::analyse(&[0; 160], 8), ComfortNoise::white(127));
        assert_eq!(ComfortNoise::analyse(&[], 8), ComfortNoise::white(127));
    }

    #[test]
    fn it_swells_and_changes_without_a_step_and_goes_on_after_a_restore() {
        let mut generator = NoiseGenerator::new(1, ComfortNoise::white(30));
        let mut out = Vec::new();
        generator.generate(8, &mut out);
        assert!(out[0].unsigned_abs() < 100);
        generator.generate(500, &mut out);
        let text = serde_json::to_string(&generator).unwrap();
        let mut other: NoiseGenerator = serde_json::from_str(&text).unwrap();
        let (mut first, mut second) = (Vec::new(), Vec::new());
        generator.generate(500, &mut first);
        other.generate(500, &mut second);
        assert_eq!(first, second);
    }

    /// `vectors/cn.bin`: what ffmpeg says of the speech vector, 80 ms a payload, with ten coefficients each. Its window is another.
    #[test]
    fn a_description_is_that_of_another_implementation_but_for_the_window() {
        let bytes = include_bytes!("../tests/vectors/speech-8k.s16").as_chunks::<2>().0;
        let speech: Vec<i16> = bytes.iter().map(|pair| i16::from_le_bytes(*pair)).collect();
        let theirs = include_bytes!("../tests/vectors/cn.bin");
        let mut near = 0;
        for (frame, theirs) in speech.chunks(640).zip(theirs.chunks(11)).take(15) {
            let ours = ComfortNoise::analyse(frame, 10);
            assert!(ours.level.abs_diff(theirs[0]) <= 1, "{ours:?} {theirs:?}");
            // The first one carries the slope: its sign where it is of any size, and mostly its size.
            let (first, known) = (ours.indices[0], theirs[1]);
            assert_eq!(first < ZERO_INDEX, known < ZERO_INDEX, "{ours:?} {theirs:?}");
            near += u8::from(first.abs_diff(known) <= 12);
        }
        assert!(near >= 12, "{near} of 15");
    }

    proptest::proptest! {
        #[test]
        fn any_payload_makes_bounded_noise(
            payload in proptest::collection::vec(proptest::num::u8::ANY, 0..30),
            next in proptest::collection::vec(proptest::num::u8::ANY, 1..30),
        ) {
            let Some(noise) = ComfortNoise::parse(&payload) else { return Ok(()) };
            let mut generator = NoiseGenerator::new(u32::from(noise.level), noise);
            let mut out = Vec::new();
            generator.generate(300, &mut out);
            if let Some(noise) = ComfortNoise::parse(&next) {
                generator.set(noise);
            }
            generator.generate(300, &mut out);
            proptest::prop_assert!(out.len() == 600 && generator.memory.iter().all(|m| m.is_finite()));
        }
    }
}
