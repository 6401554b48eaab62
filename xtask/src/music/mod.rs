//! Music on hold of our own making: three quiet pieces, played by instruments that are computed, the same every time.
//!
//! Written for a telephone: what carries the tune lies between 250 and 3,400 Hz, nothing leans on a bass that a handset does not
//! have, and nothing is sudden. A piece is a ring: what still sounds at its end goes on at its beginning, so it loops unheard.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "samples and their numbers: rounded, clamped, far below 2^52"
)]

mod instruments;
mod loudness;
mod pieces;
mod ring;

use crate::sounds::RATE_HZ;
use anyhow::{Result, ensure};
use instruments::Instrument;
pub(crate) use pieces::PIECES;

/// Integrated loudness of every piece: as loud as the prompts' speech, and what EBU R 128 asks of a programme.
const LOUDNESS_LUFS: f64 = -23.0;
const LOUDNESS_TOLERANCE_DB: f64 = 0.5;
/// The largest sample that a piece may have.
const PEAK_MAX: f64 = 0.7;
/// What the loudest peaks are bent towards.
const TIP: f64 = 0.55;
/// How much of a piece's power a telephone passes on, at least.
const IN_BAND_MIN: f64 = 0.75;

/// Parts that play together.
pub(crate) struct Piece {
    pub(crate) name: &'static str,
    beats_per_minute: f64,
    parts: &'static [Part],
}

/// One instrument's notes.
struct Part {
    instrument: Instrument,
    gain: f64,
    notes: Notes,
}

/// What a part plays.
enum Notes {
    /// `c5*1.5 -*0.5 f#5`: notes and rests, each as many beats as stand behind the star, else one.
    Melody(&'static [&'static str]),
    /// One chord a bar, its notes in the order of `pattern`, one every `step` beats.
    Broken { chords: &'static [&'static str], beats: usize, pattern: &'static [usize], step: f64 },
    /// One chord a bar, all notes at each of the beats in `at`.
    Struck { chords: &'static [&'static str], beats: usize, at: &'static [f64] },
}

/// A note to be played.
struct Note {
    beat: f64,
    beats: f64,
    hz: f64,
    /// From 0 to 1.
    strength: f64,
}

impl Piece {
    /// Its samples at 16 kHz.
    pub(crate) fn played(&self) -> Vec<f64> {
        let beat = 60.0 / self.beats_per_minute * RATE_HZ as f64;
        let parts: Vec<Vec<Note>> = self.parts.iter().map(|part| part.notes.list()).collect();
        let beats = parts.iter().flatten().map(|note| note.beat + note.beats).fold(0.0, f64::max);
        let mut ring = vec![0.0; (beats.ceil() * beat) as usize];
        for (part, notes) in self.parts.iter().zip(&parts) {
            for (number, note) in notes.iter().enumerate() {
                // Nobody plays like a clock: up to 9 ms late, always the same way.
                let late = (number * 37 % 10) as f64 * RATE_HZ as f64 / 1_000.0;
                let samples = part.instrument.note(note.hz, note.beats * beat, note.strength * part.gain);
                ring::add(&mut ring, (note.beat * beat + late) as usize, &samples);
            }
        }
        let mut ring = ring::for_telephones(&ring::room(&ring));
        levelled(&mut ring);
        // The tips of the loudest plucks are rounded; what is below a quarter of the range stays as it is, to 0.1 dB.
        ring.iter_mut().for_each(|sample| *sample /= (1.0 + (*sample / TIP).powi(4)).powf(0.25));
        levelled(&mut ring);
        ring
    }
}

fn levelled(ring: &mut [f64]) {
    let gain = 10f64.powf((LOUDNESS_LUFS - loudness::lufs(ring)) / 20.0);
    ring.iter_mut().for_each(|sample| *sample *= gain);
}

/// Whether a piece's samples are as they should be: level, length, band, and no click where it loops.
pub(crate) fn check(samples: &[f64]) -> Result<()> {
    let seconds = samples.len() / RATE_HZ;
    ensure!((60..=120).contains(&seconds), "lasts {seconds} s");
    let loudness = loudness::lufs(samples);
    ensure!((loudness - LOUDNESS_LUFS).abs() <= LOUDNESS_TOLERANCE_DB, "has {loudness:.1} LUFS");
    let peak = samples.iter().fold(0f64, |peak, sample| peak.max(sample.abs()));
    ensure!(peak <= PEAK_MAX, "has a peak of {peak:.2}");
    let in_band = ring::power(&ring::band(samples, 250.0, 3_400.0)) / ring::power(samples);
    ensure!(in_band >= IN_BAND_MIN, "has {in_band:.2} of its power in a telephone's band");
    let jump = |pair: &[f64]| (pair[1] - pair[0]).abs();
    let largest = samples.windows(2).map(jump).fold(0f64, f64::max);
    if let (Some(first), Some(last)) = (samples.first(), samples.last()) {
        ensure!((first - last).abs() <= largest, "clicks where it loops");
    }
    // Pleasant is gentle: no tenth of a second is silent, none much louder than the whole.
    let mean = ring::power(samples);
    let loudest = samples.chunks(RATE_HZ / 10).map(ring::power).fold(0f64, f64::max);
    ensure!(loudest < 12.0 * mean, "has a burst {:.1} dB above its mean", 10.0 * (loudest / mean).log10());
    Ok(())
}

impl Notes {
    fn list(&self) -> Vec<Note> {
        match self {
            Self::Melody(bars) => melody(bars),
            Self::Broken { chords, beats, pattern, step } => {
                let mut notes = Vec::new();
                for (bar, chord) in chords.iter().enumerate() {
                    let tones: Vec<f64> = chord.split(' ').map(hz).collect();
                    for (i, tone) in pattern.iter().enumerate() {
                        let strength = if i == 0 { 1.0 } else { 0.62 + 0.1 * (i % 3) as f64 };
                        let beat = (bar * beats) as f64 + i as f64 * step;
                        notes.push(Note { beat, beats: *step, hz: tones[tone % tones.len()], strength });
                    }
                }
                notes
            }
            Self::Struck { chords, beats, at } => {
                let mut notes = Vec::new();
                for (bar, chord) in chords.iter().enumerate() {
                    for (i, offset) in at.iter().enumerate() {
                        let length = at.get(i + 1).copied().unwrap_or(*beats as f64) - offset;
                        let strength = if i == 0 { 0.8 } else { 0.5 };
                        notes.extend(chord.split(' ').map(|tone| Note {
                            beat: (bar * beats) as f64 + offset,
                            beats: length,
                            hz: hz(tone),
                            strength,
                        }));
                    }
                }
                notes
            }
        }
    }
}

fn melody(bars: &[&str]) -> Vec<Note> {
    let (mut beat, mut notes) = (0.0, Vec::new());
    for word in bars.iter().flat_map(|bar| bar.split(' ')) {
        let (tone, beats) = word.split_once('*').unwrap_or((word, "1"));
        let beats: f64 = beats.parse().unwrap_or(1.0);
        if tone != "-" {
            // A phrase breathes: longer notes are played a little stronger, those on the beat too.
            let strength = 0.6 + 0.08 * beats.min(3.0) + if beat % 2.0 == 0.0 { 0.12 } else { 0.0 };
            notes.push(Note { beat, beats, hz: hz(tone), strength });
        }
        beat += beats;
    }
    notes
}

/// `a4` is 440 Hz; `f#5`, `bb3`.
fn hz(tone: &str) -> f64 {
    let mut letters = tone.chars();
    let step = letters.next().and_then(|c| "c d ef g a b".find(c)).unwrap_or(0) as f64;
    let (mut shift, mut octave) = (0.0, 4.0);
    for c in letters {
        match c {
            '#' => shift = 1.0,
            'b' => shift = -1.0,
            digit => octave = digit.to_digit(10).map_or(4.0, f64::from),
        }
    }
    440.0 * 2f64.powf((step + shift - 9.0) / 12.0 + octave - 4.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tones_have_their_pitch() {
        for (tone, wanted) in
            [("a4", 440.0), ("c4", 261.63), ("bb3", 233.08), ("f#5", 739.99), ("e5", 659.26)]
        {
            assert!((hz(tone) - wanted).abs() < 0.01, "{tone} {}", hz(tone));
        }
    }

    #[test]
    fn every_bar_of_every_melody_is_full() {
        for piece in PIECES {
            let ends: Vec<f64> = piece
                .parts
                .iter()
                .map(|part| match &part.notes {
                    Notes::Melody(bars) => bars
                        .iter()
                        .flat_map(|bar| bar.split(' '))
                        .map(|word| {
                            word.split_once('*').map_or(1.0, |(_, beats)| beats.parse::<f64>().unwrap())
                        })
                        .sum(),
                    Notes::Broken { chords, beats, .. } | Notes::Struck { chords, beats, .. } => {
                        (chords.len() * beats) as f64
                    }
                })
                .collect();
            assert!(ends.iter().all(|end| (end - ends[0]).abs() < 1e-9), "{}: {ends:?}", piece.name);
        }
    }
}
