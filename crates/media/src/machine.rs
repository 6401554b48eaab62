//! Answering machines, told from people by how they greet: a person says a word and waits, a machine goes on. And the beep after
//! which a machine records.
//!
//! ```text
//!  Initial ──a word──▶ Greeting ──quiet for long enough──────────────▶ human
//!     │                   ├ too many words, one too long, all too long ─▶ machine ─▶ (beep awaited)
//!     └ quiet too long ─▶ machine                                        └ a tone, steady and pure ─▶ machine, at its end
//!  nothing of this in time ─▶ unsure
//! ```
//! The parameters are those of Asterisk's `amd.conf`, with its defaults; all times in ms.

use crate::goertzel;
use cordboard_base::Time;
use core::f64::consts::TAU;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// A tone is a beep from so long on: no vowel is as steady for as long.
const BEEP_MS: u32 = 120;
/// What share of the power a single frequency has in a beep.
const PURE: f64 = 0.9;
/// Where beeps are, in Hz: those of machines lie between 400 and 2,100.
const BEEP_HZ: (f64, f64) = (350.0, 2_600.0);
/// How far a beep's frequency wanders from one round to the next, in Hz, and its power, one part in so many. Two tones that are too
/// close to be told apart in a round, such as ringback's 440 and 480 Hz, beat more than that.
const STEADY_HZ: u32 = 15;
const STEADY_PART: u64 = 6;

/// How to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MachineDetection {
    /// Who says nothing for so long at first is a machine.
    pub initial_silence_ms: u32,
    /// A greeting with so much speech in it is a machine's.
    pub greeting_ms: u32,
    /// So long a silence after a greeting is a person's.
    pub after_greeting_silence_ms: u32,
    /// After so long it is not known.
    pub total_analysis_ms: u32,
    /// What is shorter is no word.
    pub minimum_word_ms: u32,
    /// So long a silence ends a word.
    pub between_words_silence_ms: u32,
    /// More words are a machine's.
    pub maximum_words: u32,
    /// A longer word is a machine's.
    pub maximum_word_ms: u32,
    /// The mean of the samples' magnitudes from which on it is speech, of 32,767.
    pub silence_threshold: u16,
    /// How long a machine's beep is waited for after the verdict; 0: beeps are not listened for.
    pub beep_ms: u32,
}

impl Default for MachineDetection {
    fn default() -> Self {
        Self {
            initial_silence_ms: 2_500,
            greeting_ms: 1_500,
            after_greeting_silence_ms: 800,
            total_analysis_ms: 5_000,
            minimum_word_ms: 100,
            between_words_silence_ms: 50,
            maximum_words: 3,
            maximum_word_ms: 5_000,
            silence_threshold: 256,
            beep_ms: 0,
        }
    }
}

impl MachineDetection {
    /// The longest that it takes.
    pub fn longest_ms(&self) -> u32 {
        self.total_analysis_ms.saturating_add(self.beep_ms)
    }
}

/// Who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Answerer {
    Human,
    Machine,
    Unsure,
}

/// What was found, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AnswererCause {
    /// Nothing was said at first.
    InitialSilence,
    /// More words than a person says.
    MaxWords,
    /// A word without end.
    MaxWordLength,
    /// Too much speech.
    LongGreeting,
    /// A beep.
    Beep,
    /// A greeting, and then silence.
    Silence,
    /// None of this in time.
    TooLong,
}

/// The end of a detection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineVerdict {
    /// Who it is.
    pub answerer: Answerer,
    /// Why.
    pub cause: AnswererCause,
    /// How long it took, without the wait for a beep.
    pub ms: u32,
    /// How many words were said until then.
    pub words: u32,
    /// Whether a beep was heard, and has ended.
    pub beep: bool,
}

/// Listens to one who has answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct MachineDetector {
    settings: MachineDetection,
    began: Time,
    /// The end of the last speech.
    spoke: Time,
    /// Of this word; of all.
    word_ms: u32,
    voice_ms: u32,
    words: u32,
    /// Whether a word goes on.
    in_word: bool,
    /// Whether a word was said.
    greets: bool,
    tone: Option<Steady>,
    /// It is a machine: its beep is awaited until then.
    awaited: Option<(MachineVerdict, Time)>,
}

/// A tone that goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Steady {
    hz: u32,
    /// Mean square.
    power: u64,
    ms: u32,
}

impl Steady {
    fn goes_on(&self, other: &Self) -> bool {
        self.hz.abs_diff(other.hz) <= STEADY_HZ
            && self.power.abs_diff(other.power) <= self.power.max(other.power) / STEADY_PART
    }
}

impl MachineDetector {
    pub(crate) fn new(now: Time, settings: MachineDetection) -> Self {
        Self {
            settings,
            began: now,
            spoke: now,
            word_ms: 0,
            voice_ms: 0,
            words: 0,
            in_word: false,
            greets: false,
            tone: None,
            awaited: None,
        }
    }

    /// When it is to be checked if nothing more is heard.
    pub(crate) fn due(&self) -> Time {
        if let Some((_, until)) = self.awaited {
            return until;
        }
        let quiet_ms = if self.greets {
            self.settings.after_greeting_silence_ms
        } else {
            self.settings.initial_silence_ms
        };
        (self.spoke + ms(quiet_ms)).min(self.began + ms(self.settings.total_analysis_ms))
    }

    /// Takes a round that ends now.
    pub(crate) fn hear(&mut self, now: Time, rate_hz: u32, samples: &[i16]) -> Option<MachineVerdict> {
        let length_ms = u32::try_from(samples.len()).unwrap_or(0).saturating_mul(1_000) / rate_hz.max(1);
        let sum: u64 = samples.iter().map(|sample| u64::from(sample.unsigned_abs())).sum();
        let count = u64::try_from(samples.len()).unwrap_or(u64::MAX).max(1);
        let is_loud = sum / count >= u64::from(self.settings.silence_threshold);
        if self.settings.beep_ms > 0 && self.beeped(is_loud, length_ms, rate_hz, samples) {
            return Some(match self.awaited {
                Some((verdict, _)) => MachineVerdict { beep: true, ..verdict },
                None => {
                    MachineVerdict { beep: true, ..self.verdict(now, Answerer::Machine, AnswererCause::Beep) }
                }
            });
        }
        if self.awaited.is_some() || !is_loud {
            return self.check(now);
        }
        self.spoke = now;
        self.word_ms = self.word_ms.saturating_add(length_ms);
        self.voice_ms = self.voice_ms.saturating_add(length_ms);
        let settings = self.settings;
        if self.word_ms >= settings.minimum_word_ms && !self.in_word {
            (self.in_word, self.greets) = (true, true);
            self.words = self.words.saturating_add(1);
        }
        let cause = if self.word_ms >= settings.maximum_word_ms {
            AnswererCause::MaxWordLength
        } else if self.words > settings.maximum_words {
            AnswererCause::MaxWords
        } else if self.greets && self.voice_ms >= settings.greeting_ms {
            AnswererCause::LongGreeting
        } else {
            return self.check(now);
        };
        // What is said may be the beep itself: it is known when it has ended.
        self.machine(now, cause)
    }

    /// What silence and time say now.
    pub(crate) fn check(&mut self, now: Time) -> Option<MachineVerdict> {
        if let Some((verdict, until)) = self.awaited {
            return (until <= now).then_some(verdict);
        }
        let quiet_ms = millis(now.since(self.spoke));
        let settings = self.settings;
        if quiet_ms >= settings.between_words_silence_ms {
            (self.in_word, self.word_ms) = (false, 0);
        }
        if self.greets && quiet_ms >= settings.after_greeting_silence_ms {
            return Some(self.verdict(now, Answerer::Human, AnswererCause::Silence));
        }
        if !self.greets && quiet_ms >= settings.initial_silence_ms {
            return self.machine(now, AnswererCause::InitialSilence);
        }
        let is_over = millis(now.since(self.began)) >= settings.total_analysis_ms;
        is_over.then(|| self.verdict(now, Answerer::Unsure, AnswererCause::TooLong))
    }

    fn verdict(&self, now: Time, answerer: Answerer, cause: AnswererCause) -> MachineVerdict {
        MachineVerdict { answerer, cause, ms: millis(now.since(self.began)), words: self.words, beep: false }
    }

    /// It is one: that is all, or its beep is waited for.
    fn machine(&mut self, now: Time, cause: AnswererCause) -> Option<MachineVerdict> {
        let verdict = self.verdict(now, Answerer::Machine, cause);
        if self.settings.beep_ms == 0 {
            return Some(verdict);
        }
        self.awaited = Some((verdict, now + ms(self.settings.beep_ms)));
        None
    }

    /// Whether a beep has ended with this round.
    fn beeped(&mut self, is_loud: bool, length_ms: u32, rate_hz: u32, samples: &[i16]) -> bool {
        let heard = if is_loud { pure_tone(samples, rate_hz) } else { None };
        let before = self.tone.take();
        match (before, heard) {
            (Some(before), Some(tone)) if before.goes_on(&tone) => {
                self.tone = Some(Steady { ms: before.ms.saturating_add(length_ms), ..tone });
                false
            }
            (before, heard) => {
                self.tone = heard.map(|tone| Steady { ms: length_ms, ..tone });
                before.is_some_and(|tone| tone.ms >= BEEP_MS)
            }
        }
    }
}

fn ms(ms: u32) -> Duration {
    Duration::from_millis(u64::from(ms))
}

fn millis(span: Duration) -> u32 {
    u32::try_from(span.as_millis()).unwrap_or(u32::MAX)
}

/// The tone of a window in which there is only one. A sine is `x[n] = 2 cos ω x[n−1] − x[n−2]`: the ω that fits best is looked
/// for, and must have nearly all of the power.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "bounded just before, and a mean of squares of 16 bits"
)]
fn pure_tone(samples: &[i16], rate_hz: u32) -> Option<Steady> {
    let (mut with, mut power) = (0.0, 0.0);
    for window in samples.windows(3) {
        let [a, b, c] = window else { continue };
        let (a, b, c) = (f64::from(*a), f64::from(*b), f64::from(*c));
        with += b * (a + c);
        power += b * b;
    }
    if power <= 0.0 {
        return None;
    }
    let hz = (with / (2.0 * power)).clamp(-1.0, 1.0).acos() / TAU * f64::from(rate_hz);
    if !(BEEP_HZ.0..=BEEP_HZ.1).contains(&hz) {
        return None;
    }
    let amplitude = goertzel::amplitude(samples, rate_hz, hz);
    let count = f64::from(u32::try_from(samples.len()).unwrap_or(u32::MAX));
    let all = samples.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>() / count;
    let is_pure = amplitude * amplitude / 2.0 >= PURE * all;
    is_pure.then_some(Steady { hz: hz.round() as u32, power: all as u64, ms: 0 })
}

#[cfg(test)]
mod tests;
