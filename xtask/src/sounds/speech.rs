//! What is done to spoken samples: silence cut at both ends, one level for all.
//!
//! The level is the active speech level of ITU-T P.56 (method B): the mean power while somebody speaks, pauses left out,
//! in dB relative to the overload point. −23 dBov is −17 dBm0 on a G.711 line, in the middle of what networks are planned for.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "samples and their numbers: rounded, clamped, far below 2^52"
)]

/// Samples per second of everything under `sounds/`.
pub(crate) const RATE_HZ: usize = 16_000;
/// Bits of a sample in a file.
pub(super) const BITS: u32 = 16;
/// The active speech level of every prompt.
pub(super) const LEVEL_DBOV: f64 = -23.0;
/// How far a prompt may be from it.
pub(super) const LEVEL_TOLERANCE_DB: f64 = 1.0;
/// The largest sample that a prompt may have.
pub(super) const PEAK_MAX: f64 = 0.89;
/// Silence left before the first sound, and at most there.
const LEAD: usize = RATE_HZ * 30 / 1_000;
pub(super) const LEAD_MAX: usize = RATE_HZ * 50 / 1_000;
/// Silence left after the last one, and what may be there.
const TAIL: usize = RATE_HZ / 10;
pub(super) const TAIL_MIN: usize = RATE_HZ * 60 / 1_000;
pub(super) const TAIL_MAX: usize = RATE_HZ * 160 / 1_000;
/// The window in which sound and silence are told apart.
const WINDOW: usize = RATE_HZ * 5 / 1_000;
/// What is this far below the loudest window is silence.
const SILENCE_DB: f64 = -42.0;

/// Cuts and levels: what is written to a file, in so many bits. What rounding makes silent counts no more as speech, so that the level
/// is looked at once more.
pub(super) fn finished(samples: &[f64], bits: u32) -> Vec<f64> {
    let cut = trimmed(samples);
    let with = |gain: f64| -> Vec<f64> { cut.iter().map(|sample| rounded(sample * gain, bits)).collect() };
    let gain = 10f64.powf((LEVEL_DBOV - active_level_dbov(&cut)) / 20.0);
    let again = 10f64.powf((LEVEL_DBOV - active_level_dbov(&with(gain))) / 20.0);
    let gain = if again.is_finite() { gain * again } else { gain };
    let peak = peak(&cut) * gain;
    with(if peak > PEAK_MAX { gain * PEAK_MAX / peak } else { gain })
}

/// A sample in `bits` bits of the 16 of a file: the others are 0.
pub(super) fn rounded(sample: f64, bits: u32) -> f64 {
    let half = f64::from(1u32 << (bits.clamp(2, BITS) - 1));
    (sample * half).round().clamp(-half, half - 1.0) / half
}

/// The largest absolute sample.
pub(super) fn peak(samples: &[f64]) -> f64 {
    samples.iter().fold(0f64, |peak, sample| peak.max(sample.abs()))
}

/// Samples before the first sound and after the last one; `None` where nothing is heard.
pub(super) fn silence(samples: &[f64]) -> Option<(usize, usize)> {
    let power = |window: &[f64]| window.iter().map(|s| s * s).sum::<f64>() / window.len().max(1) as f64;
    let loudest = samples.chunks(WINDOW).map(power).fold(0f64, f64::max);
    let heard = |window: &&[f64]| power(window) > loudest * 10f64.powf(SILENCE_DB / 10.0);
    let first = samples.chunks(WINDOW).position(|window| heard(&window))?;
    let last = samples.rchunks(WINDOW).position(|window| heard(&window))?;
    Some((first * WINDOW, last * WINDOW))
}

fn trimmed(samples: &[f64]) -> Vec<f64> {
    let Some((lead, tail)) = silence(samples) else { return Vec::new() };
    let start = lead.saturating_sub(LEAD);
    let end = (samples.len() - tail + TAIL).min(samples.len());
    let missing = (LEAD.saturating_sub(lead), TAIL.saturating_sub(tail));
    let mut out = vec![0.0; missing.0];
    out.extend_from_slice(samples.get(start..end).unwrap_or_default());
    // Without a click at the cuts, whatever was there.
    let fade = WINDOW.min(out.len());
    let length = out.len();
    for i in 0..fade {
        let gain = i as f64 / fade as f64;
        out[i] *= gain;
        out[length - 1 - i] *= gain;
    }
    out.resize(length + missing.1, 0.0);
    out
}

/// ITU-T P.56, method B: thresholds 6 dB apart, a hangover of 200 ms, a margin of 15.9 dB.
pub(super) fn active_level_dbov(samples: &[f64]) -> f64 {
    const MARGIN_DB: f64 = 15.9;
    const THRESHOLDS: usize = 15;
    let hangover = RATE_HZ / 5;
    let smoothing = (-1.0 / (RATE_HZ as f64 * 0.03)).exp();
    let (mut p, mut q, mut energy) = (0f64, 0f64, 0f64);
    let mut active = [(0usize, hangover); THRESHOLDS];
    let threshold = |j: usize| 2f64.powi(j as i32 - THRESHOLDS as i32);
    // The silence that follows belongs to the measurement: a short word must not end before its hangover.
    for sample in samples.iter().copied().chain(std::iter::repeat_n(0.0, RATE_HZ / 2)) {
        energy += sample * sample;
        p = smoothing * p + (1.0 - smoothing) * sample.abs();
        q = smoothing * q + (1.0 - smoothing) * p;
        for (j, (count, silent)) in active.iter_mut().enumerate() {
            if q >= threshold(j) {
                (*count, *silent) = (*count + 1, 0);
            } else if *silent < hangover {
                (*count, *silent) = (*count + 1, *silent + 1);
            }
        }
    }
    let mut before: Option<(f64, f64)> = None;
    for (j, (count, _)) in active.iter().enumerate() {
        if *count == 0 {
            break;
        }
        let level = 10.0 * (energy / *count as f64).log10();
        let above = level - 20.0 * threshold(j).log10() - MARGIN_DB;
        if above <= 0.0 {
            let Some((level_before, above_before)) = before else { return level };
            return level_before + (level - level_before) * above_before / (above_before - above);
        }
        before = Some((level, above));
    }
    before.map_or(f64::NEG_INFINITY, |(level, _)| level)
}

/// Tones one after the other, each with soft edges.
pub(super) fn tones(list: &[(f64, u32)]) -> Vec<f64> {
    let mut out = Vec::new();
    for (hz, ms) in list {
        let length = RATE_HZ * *ms as usize / 1_000;
        let edge = (RATE_HZ / 125) as f64;
        out.extend((0..length).map(|i| {
            let envelope = (i as f64 / edge).min((length - i) as f64 / edge).min(1.0);
            (std::f64::consts::TAU * hz * i as f64 / RATE_HZ as f64).sin() * envelope * 0.3
        }));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(amplitude: f64, ms: u32) -> Vec<f64> {
        tones(&[(800.0, ms)]).iter().map(|s| s / 0.3 * amplitude).collect()
    }

    #[test]
    fn the_level_of_a_long_tone_is_its_power_and_pauses_do_not_count() {
        let mut speech = tone(0.1, 20_000);
        let level = active_level_dbov(&speech);
        assert!((level + 23.01).abs() < 0.2, "{level}");
        speech.extend(vec![0.0; 20 * RATE_HZ]);
        assert!((active_level_dbov(&speech) - level).abs() < 0.1);
    }

    #[test]
    fn what_comes_out_is_cut_and_levelled() {
        for amplitude in [0.003, 0.05, 0.9] {
            let mut raw = vec![0.0; 7_000];
            raw.extend(tone(amplitude, 700));
            raw.extend(vec![0.0; 100]);
            let done = finished(&raw, 12);
            let level = active_level_dbov(&done);
            assert!((level - LEVEL_DBOV).abs() < 0.1, "{level}");
            let (lead, tail) = silence(&done).unwrap();
            assert!(lead <= LEAD_MAX && (TAIL_MIN..=TAIL_MAX).contains(&tail), "{lead} {tail}");
        }
    }

    #[test]
    fn samples_are_rounded_to_the_bits_that_are_in_use() {
        let whole = |sample: f64, bits| rounded(sample, bits) * 32_768.0;
        assert_eq!([0.0, 1.0, -1.0].map(|sample| whole(sample, 12)), [0.0, 32_752.0, -32_768.0]);
        assert_eq!([7.0, 8.0].map(|sample| whole(sample / 32_768.0, 12)), [0.0, 16.0]);
        assert_eq!([32_768.0, 7.0].map(|sample| whole(sample / 32_768.0, BITS)), [32_767.0, 7.0]);
    }

    #[test]
    fn peaks_are_never_cut() {
        let mut raw = tone(0.01, 1_000);
        raw[8_000] = 0.9;
        // But for the last bit.
        assert!(peak(&finished(&raw, BITS)) <= PEAK_MAX + 1.0 / 32_768.0);
    }

    #[test]
    fn silence_stays_silence() {
        assert!(finished(&[0.0; 1_000], BITS).is_empty() && silence(&[]).is_none());
    }
}
