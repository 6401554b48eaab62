//! Packet loss concealment for any codec, in the manner of ITU-T G.711 Appendix I: the last pitch periods before the loss are
//! repeated, one at first, then two, then three, overlapped where they meet, and fade to silence in 60 ms.
//!
//! ```text
//!   good ──▶ remembers (a copy into a ring)
//!     │ lost                                  ┌── lost ──┐
//!     ▼                                       ▼          │
//!   the pitch is measured once ──▶ synthesis, fading ────┘ ──▶ good: synthesis and signal are cross-faded
//! ```
//! Unlike the appendix it adds no delay: where the appendix blends the end of the signal with the synthesis, the synthesis
//! starts here at the signal's own last value and is led to its own course within a quarter of a period.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "blends of 16-bit samples stay within 16 bits, lengths are a few thousand samples"
)]

use crate::pitch;
use crate::scratch::Scratch;
use serde::{Deserialize, Serialize};

/// Rates that are handled; others are taken as the nearest.
const RATE_HZ: (u32, u32) = (8_000, 48_000);
/// The longest run of periods that is repeated (Appendix I §2.4: three).
const CYCLES_MAX: usize = 3;
/// Below this likeness there is no pitch: the longest lag is the one that is least heard as a tone.
const VOICED: f64 = 0.25;

/// One stream's memory: plain data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Concealer {
    rate_hz: u32,
    /// A ring of what was played last; empty before the first sample.
    history: Vec<i16>,
    /// Where the next sample goes.
    at: usize,
    /// The history as it was when the loss began, in order.
    recent: Vec<i16>,
    loss: Option<Loss>,
    #[serde(skip)]
    coarse: Scratch<i16>,
}

/// A loss that goes on, or has just ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Loss {
    /// Samples per period.
    pitch: usize,
    reading: Reading,
    /// What was read before the last change of the number of periods, and how many samples it is blended for.
    before: Option<(Reading, usize)>,
    /// Samples made so far.
    made: usize,
    /// By how much the signal's last sample differs from the one a period before.
    step: i32,
}

/// A place in the repeated periods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Reading {
    cycles: usize,
    position: usize,
}

impl Concealer {
    /// Of a stream of `rate_hz` samples per second, 8,000 to 48,000.
    pub fn new(rate_hz: u32) -> Self {
        let rate_hz = rate_hz.clamp(RATE_HZ.0, RATE_HZ.1);
        Self { rate_hz, history: vec![], at: 0, recent: vec![], loss: None, coarse: Scratch::default() }
    }

    /// Remembers samples that are about to be played. The first after a loss are blended with the synthesis.
    pub fn good(&mut self, samples: &mut [i16]) {
        if !samples.is_empty()
            && let Some(mut loss) = self.loss.take()
        {
            self.blend(&mut loss, samples);
        }
        self.remember(samples);
    }

    /// Appends `count` samples in place of lost ones. With a count of 0 nothing is appended, but what comes next is blended with
    /// the synthesis: for a place where the stream was cut.
    pub fn lost(&mut self, count: usize, out: &mut Vec<i16>) {
        let mut loss = self.loss.take().unwrap_or_else(|| self.begin());
        let start = out.len();
        out.extend((0..count).map(|_| self.synthesis(&mut loss)));
        self.loss = Some(loss);
        self.remember(out.get(start..).unwrap_or_default());
    }

    /// Ends a loss with nothing to be blended: what comes next begins anew.
    pub fn forget_loss(&mut self) {
        self.loss = None;
    }

    /// The quarter of a period over which ends are joined.
    fn overlap(loss: &Loss) -> usize {
        (loss.pitch / 4).max(1)
    }

    fn samples_of_ms(&self, ms: u32) -> usize {
        (self.rate_hz / 1_000 * ms) as usize
    }

    /// The longest period: 15 ms; the shortest is 5 ms (Appendix I: 66 to 200 Hz; a higher voice repeats several periods).
    fn pitch_max(&self) -> usize {
        self.samples_of_ms(15)
    }

    fn history_len(&self) -> usize {
        let longest = self.pitch_max();
        longest * CYCLES_MAX + longest / 4 + 1
    }

    fn remember(&mut self, samples: &[i16]) {
        if self.history.is_empty() {
            self.history.resize(self.history_len(), 0);
        }
        let len = self.history.len();
        let newest = samples.get(samples.len().saturating_sub(len)..).unwrap_or_default();
        let (first, second) = newest.split_at(newest.len().min(len - self.at));
        for (place, part) in [(self.at, first), (0, second)] {
            if let Some(place) = self.history.get_mut(place..place + part.len()) {
                place.copy_from_slice(part);
            }
        }
        self.at = (self.at + newest.len()) % len;
    }

    fn begin(&mut self) -> Loss {
        self.remember(&[]);
        let (newer, older) = self.history.split_at(self.at);
        self.recent.clear();
        self.recent.extend_from_slice(older);
        self.recent.extend_from_slice(newer);
        let longest = self.pitch_max();
        let lags = self.samples_of_ms(5)..=longest;
        let window = self.samples_of_ms(20);
        let found =
            pitch::search(&self.recent, self.rate_hz, window, lags, pitch::at_the_end, &mut self.coarse);
        let pitch = if found.likeness < VOICED { longest } else { found.lag };
        let back = |n: usize| {
            i32::from(
                self.recent.len().checked_sub(n).and_then(|at| self.recent.get(at)).copied().unwrap_or(0),
            )
        };
        let step = back(1) - back(1 + pitch);
        Loss { pitch, reading: Reading { cycles: 1, position: 0 }, before: None, made: 0, step }
    }

    /// The next sample of the synthesis.
    fn synthesis(&self, loss: &mut Loss) -> i16 {
        let gain = self.gain(loss.made);
        if gain == 0 {
            loss.made = loss.made.saturating_add(1);
            return 0;
        }
        let overlap = Self::overlap(loss);
        // Appendix I §2.4: after 10 ms two periods, after 20 ms three, lest a tone is heard.
        let cycles = (1 + loss.made / self.samples_of_ms(10)).min(CYCLES_MAX);
        if cycles != loss.reading.cycles {
            loss.before = Some((loss.reading, overlap));
            loss.reading = Reading { cycles, position: loss.reading.position % loss.pitch };
        }
        let mut value = self.read(loss.pitch, &mut loss.reading);
        if let Some((before, left)) = &mut loss.before {
            let old = self.read(loss.pitch, before);
            value = mixed(value, old, *left, overlap + 1);
            *left -= 1;
            if *left == 0 {
                loss.before = None;
            }
        }
        let lead = overlap.saturating_sub(loss.made) as i32;
        value += loss.step * lead / (overlap as i32 + 1);
        loss.made += 1;
        ((value.clamp(-32_768, 32_767) * gain) >> 15) as i16
    }

    /// One sample of the repeated periods, whose end is blended into what stands before their beginning.
    fn read(&self, pitch: usize, reading: &mut Reading) -> i32 {
        let (len, overlap) = (reading.cycles * pitch, (pitch / 4).max(1));
        let start = self.recent.len().saturating_sub(len);
        let position = reading.position;
        let value = self.recent.get(start + position).copied().map_or(0, i32::from);
        reading.position = (position + 1) % len.max(1);
        let Some(into) = position.checked_sub(len - overlap) else { return value };
        let before = (start + into).checked_sub(overlap).and_then(|at| self.recent.get(at));
        mixed(value, before.copied().map_or(0, i32::from), into + 1, overlap + 1)
    }

    /// Full for 10 ms, then falling to nothing at 60 ms (Appendix I §2.6), in 1/32768.
    fn gain(&self, made: usize) -> i32 {
        let (full, end) = (self.samples_of_ms(10), self.samples_of_ms(60));
        let left = end.saturating_sub(made.max(full)) as i64;
        ((left << 15) / (end - full) as i64) as i32
    }

    /// Appendix I §2.5: a quarter of a period, and 4 ms more for every 10 ms that were lost, 10 ms at most.
    fn blend(&self, loss: &mut Loss, samples: &mut [i16]) {
        let lost_10_ms = loss.made / self.samples_of_ms(10);
        let overlap = Self::overlap(loss) + self.samples_of_ms(4) * lost_10_ms.min(3);
        let overlap = overlap.min(self.samples_of_ms(10)).min(samples.len());
        for (n, sample) in samples.iter_mut().take(overlap).enumerate() {
            let synthetic = i32::from(self.synthesis(loss));
            *sample = mixed(i32::from(*sample), synthetic, overlap - n, overlap + 1) as i16;
        }
    }
}

/// `new`, but for the part `weight` / `whole` of `old`.
fn mixed(new: i32, old: i32, weight: usize, whole: usize) -> i32 {
    let (weight, whole) = (weight as i32, whole.max(1) as i32);
    (new * (whole - weight) + old * weight) / whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::level::to_i16;
    use core::f64::consts::TAU;

    /// Something like a vowel: a fundamental and its harmonics.
    fn vowel(rate_hz: u32, count: usize) -> Vec<i16> {
        let at = |n: usize| {
            let t = n as f64 / f64::from(rate_hz);
            (1..8).map(|k| (TAU * 117.0 * f64::from(k) * t).sin() * 4_000.0 / f64::from(k)).sum()
        };
        (0..count).map(|n| to_i16(at(n))).collect()
    }

    fn energy(samples: &[i16]) -> f64 {
        samples.iter().map(|&s| f64::from(s) * f64::from(s)).sum::<f64>() / samples.len().max(1) as f64
    }

    fn largest_jump(samples: &[i16]) -> i32 {
        samples.windows(2).map(|w| (i32::from(w[1]) - i32::from(w[0])).abs()).max().unwrap_or(0)
    }

    /// The vowel with every frame in `lost` (of 10 ms) concealed.
    fn played(rate_hz: u32, clean: &[i16], lost: &[usize]) -> Vec<i16> {
        let (mut concealer, mut out) = (Concealer::new(rate_hz), Vec::new());
        for (n, frame) in clean.chunks(rate_hz as usize / 100).enumerate() {
            if lost.contains(&n) {
                concealer.lost(frame.len(), &mut out);
            } else {
                let mut frame = frame.to_vec();
                concealer.good(&mut frame);
                out.extend(frame);
            }
        }
        out
    }

    #[test]
    fn without_loss_nothing_is_changed() {
        let clean = vowel(8_000, 8_000);
        assert_eq!(played(8_000, &clean, &[]), clean);
    }

    #[test]
    fn a_lost_frame_of_a_vowel_is_close_to_what_it_was_at_every_rate() {
        for rate_hz in [8_000, 16_000, 24_000, 48_000] {
            let clean = vowel(rate_hz, rate_hz as usize);
            let out = played(rate_hz, &clean, &[30, 50]);
            let error: Vec<i16> = out.iter().zip(&clean).map(|(a, b)| a.saturating_sub(*b)).collect();
            let frame = rate_hz as usize / 100;
            let snr = 10.0 * (energy(&clean) / energy(&error[30 * frame..31 * frame])).log10();
            assert!(snr > 10.0, "{rate_hz}: {snr}");
        }
    }

    #[test]
    fn no_seam_jumps_more_than_the_signal_itself() {
        for rate_hz in [8_000, 16_000, 48_000] {
            let clean = vowel(rate_hz, rate_hz as usize);
            for losses in
                [&[20][..], &[20, 21], &[20, 21, 22, 23], &[20, 21, 22, 23, 24, 25, 26, 27], &[20, 22, 24]]
            {
                let out = played(rate_hz, &clean, losses);
                let (jump, bound) = (largest_jump(&out), largest_jump(&clean) * 5 / 4);
                assert!(jump <= bound, "{rate_hz} {losses:?}: {jump} > {bound}");
            }
        }
    }

    #[test]
    fn a_long_loss_fades_to_silence_in_60_ms() {
        let (mut concealer, mut out) = (Concealer::new(8_000), Vec::new());
        concealer.good(&mut vowel(8_000, 800));
        concealer.lost(800, &mut out);
        let tens: Vec<f64> = out.chunks(80).map(energy).collect();
        assert!(tens[0] > 0.5 * energy(&vowel(8_000, 800)));
        assert!(tens[1] > tens[3] && tens[3] > tens[4] && tens[4] > tens[5], "{tens:?}");
        assert!(out[480..].iter().all(|&sample| sample == 0));
    }

    #[test]
    fn a_loss_before_anything_was_heard_is_silence() {
        let (mut concealer, mut out) = (Concealer::new(8_000), Vec::new());
        concealer.lost(160, &mut out);
        assert_eq!(out, [0; 160]);
    }

    #[test]
    fn a_cut_is_smoothed_like_a_loss() {
        let clean = vowel(8_000, 8_000);
        let mut concealer = Concealer::new(8_000);
        concealer.good(&mut clean[..800].to_vec());
        concealer.lost(0, &mut Vec::new());
        let mut behind = clean[833..1_000].to_vec();
        concealer.good(&mut behind);
        let joined = [&clean[..800], &behind].concat();
        assert!(largest_jump(&joined) <= largest_jump(&clean) * 5 / 4);
        assert_eq!(behind[40..], clean[873..1_000]);
    }

    #[test]
    fn kept_and_restored_in_the_middle_of_a_loss_it_goes_on_the_same() {
        let (mut concealer, mut out) = (Concealer::new(8_000), Vec::new());
        concealer.good(&mut vowel(8_000, 500));
        concealer.lost(130, &mut out);
        let text = serde_json::to_string(&concealer).unwrap();
        let mut other: Concealer = serde_json::from_str(&text).unwrap();
        let goes_on = |concealer: &mut Concealer| {
            let (mut out, mut next) = (Vec::new(), vowel(8_000, 160));
            concealer.lost(200, &mut out);
            concealer.good(&mut next);
            [out, next].concat()
        };
        assert_eq!(goes_on(&mut concealer), goes_on(&mut other));
        assert_eq!(concealer, other);
    }

    proptest::proptest! {
        #[test]
        fn nothing_panics_and_counts_are_kept(
            rate_hz in 0u32..100_000,
            steps in proptest::collection::vec((proptest::bool::ANY, 0usize..700, proptest::num::i16::ANY), 0..30),
        ) {
            let mut concealer = Concealer::new(rate_hz);
            for (is_good, count, seed) in steps {
                if is_good {
                    let mut samples: Vec<i16> = (0..count).map(|n| seed.wrapping_mul(n as i16 | 1)).collect();
                    concealer.good(&mut samples);
                } else {
                    let mut out = vec![1];
                    concealer.lost(count, &mut out);
                    proptest::prop_assert_eq!(out.len(), count + 1);
                }
            }
        }
    }
}
