//! Music on hold of our own making: a quiet plucked piece that survives a telephone line.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "samples: rounded and clamped to their range"
)]

/// Samples per second.
const RATE: usize = 16_000;
/// Length of a quarter note in samples, at 84 beats a minute.
const BEAT: usize = RATE * 60 / 84;
/// Four bars of four quarters, twice through with a variation.
const CHORDS: [[i32; 4]; 8] = [
    [48, 55, 64, 67],
    [45, 52, 60, 64],
    [41, 53, 57, 60],
    [43, 50, 59, 62],
    [48, 55, 64, 71],
    [45, 52, 60, 67],
    [41, 53, 60, 65],
    [43, 55, 59, 65],
];
/// A melody over them, one note (or rest, 0) for every quarter.
const MELODY: [i32; 32] = [
    76, 0, 74, 72, 69, 0, 72, 0, 77, 76, 74, 0, 74, 0, 71, 0, 79, 0, 76, 72, 76, 0, 74, 72, 69, 72, 77, 0,
    74, 0, 0, 0,
];

/// The piece as 16-bit little-endian samples at 16 kHz.
pub(crate) fn morning() -> Vec<u8> {
    let beats = MELODY.len() * 2;
    let mut mix = vec![0f64; beats * BEAT + RATE];
    for (beat, note) in MELODY.iter().cycle().take(beats).enumerate() {
        let chord = CHORDS[(beat / 4) % CHORDS.len()];
        for half in 0..2 {
            let tone = chord[(beat * 2 + half) % 4];
            pluck(&mut mix[beat * BEAT + half * BEAT / 2..], frequency_hz(tone), 0.16);
        }
        if beat % 4 == 0 {
            pluck(&mut mix[beat * BEAT..], frequency_hz(chord[0] - 12), 0.2);
        }
        if *note > 0 && (beat >= 8) {
            pluck(&mut mix[beat * BEAT..], frequency_hz(*note), 0.24);
        }
    }
    // The tail runs into the beginning, so that the piece loops without a gap.
    let (length, tail) = (beats * BEAT, mix.split_off(beats * BEAT));
    for (sample, late) in mix.iter_mut().zip(tail) {
        *sample += late;
    }
    let peak = mix.iter().fold(0f64, |peak, sample| peak.max(sample.abs())).max(1e-9);
    let to_i16 =
        |sample: &f64| (sample / peak * 0.35 * f64::from(i16::MAX)).round().clamp(-32_768.0, 32_767.0) as i16;
    mix.iter().take(length).map(to_i16).flat_map(i16::to_le_bytes).collect()
}

fn frequency_hz(note: i32) -> f64 {
    440.0 * 2f64.powf(f64::from(note - 69) / 12.0)
}

/// A plucked string after Karplus and Strong: a burst of noise that goes round a damped delay line.
fn pluck(out: &mut [f64], frequency_hz: f64, gain: f64) {
    let period = (RATE as f64 / frequency_hz).round().max(2.0) as usize;
    let mut seed = 0x9e37_79b9u32 ^ (period as u32);
    let mut line: Vec<f64> = (0..period)
        .map(|_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(seed >> 8) / f64::from(1u32 << 23) - 1.0
        })
        .collect();
    for _ in 0..3 {
        let first = line[0];
        for i in 0..period {
            let next = if i + 1 < period { line[i + 1] } else { first };
            line[i] = (line[i] + next) / 2.0;
        }
    }
    for (i, sample) in out.iter_mut().take(RATE * 2).enumerate() {
        let at = i % period;
        let value = line[at];
        line[at] = 0.996 * (value + line[(at + 1) % period]) / 2.0;
        *sample += gain * value;
    }
}
