//! A recording: two sides on one clock. Each round is put where its time is, so the sides stay together whatever joins, leaves or
//! is lost; what never comes is silence. Everything is given away a little later than it happened: what turns out to have been
//! the beginning of a key's tone can still be taken out.
//!
//! ```text
//!            ┌───────────────── resume ─────────────────┐
//!  running ──┴─ pause(Silence): the clock goes on,      │
//!             └ pause(Gap): the clock stands still ─────┘
//! ```

use crate::level::{amplify, mix};
use crate::record::{BeepFor, RecordBeep, RecordPause, RecordSettings, RecordSides};
use crate::resample::{Filters, Tail};
use crate::{RecordingId, Tone, tone};
use cordboard_base::Time;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// How often samples are handed out.
pub(crate) const FLUSH_EVERY: Duration = Duration::from_millis(100);
/// Samples are held back for so long: longer than a playout's delay with the lateness of a worker that still makes up for it.
const HOLD_MS: u64 = 350;
/// A side that runs on may be off its time by so much: a filter's delay, never heard.
const SLACK_MS: u64 = 3;
/// Whoever speaks is not cut for being off by less than this: the side is brought to its time when it is quiet.
const PATIENCE_MS: u64 = 60;
/// Quiet is what stays below this, as a peak: −50 dBov.
const QUIET: u16 = 100;
/// A side may run ahead of the clock by so much; what is beyond is dropped, so that a fault can't fill the memory.
const AHEAD_MS: u64 = 200;
/// So much before a key's tone is found it has begun to sound.
const DETECTION_MS: u64 = 60;
/// Bounds of the time between two beeps, in ms.
const BEEP_EVERY_MS: (u32, u32) = (1_000, 60_000);
/// How long a beep is, its pitch, and how loud over what is said.
const BEEP_MS: u16 = 200;
const BEEP_HZ: u16 = 1_400;
const BEEP_DBM0: i8 = -20;

/// Who is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// The leg's peer; the whole of a mix.
    Says,
    /// What the leg's peer is given to hear.
    Hears,
}

/// Who may hear a beep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ear {
    /// The recorded leg's peer.
    Peer,
    /// Who hears the recorded leg, or the recorded mix.
    Other,
}

/// A running recording: plain data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Recording {
    id: RecordingId,
    settings: RecordSettings,
    rate_hz: u32,
    /// When it would have begun if there had been no gaps.
    origin: Time,
    /// When it began: beeps count from there.
    began: Time,
    paused: Option<(RecordPause, Time)>,
    /// Samples per channel handed out so far.
    handed: u64,
    handed_at: Time,
    sides: [Track; 2],
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Track {
    /// From the first sample that was not handed out.
    pending: Vec<i16>,
    /// For a stream of another rate: which, and its filter's memory.
    tail: Option<(u32, Tail)>,
    /// How long after they arrived its samples are heard, in µs: the playout's delay, which differs from side to side.
    delay_us: u32,
}

/// Samples for a recording.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sounding<'a> {
    pub(crate) rate_hz: u32,
    pub(crate) samples: &'a [i16],
    /// By how much they are heard later than they came, in µs; none: as before.
    pub(crate) delay_us: Option<u32>,
}

impl<'a> Sounding<'a> {
    /// What is made here and now.
    pub(crate) fn now(rate_hz: u32, samples: &'a [i16]) -> Self {
        Self { rate_hz, samples, delay_us: Some(0) }
    }
}

impl Recording {
    pub(crate) fn new(now: Time, id: RecordingId, settings: RecordSettings, rate_hz: u32) -> Self {
        Self {
            id,
            settings,
            rate_hz,
            origin: now,
            began: now,
            paused: None,
            handed: 0,
            handed_at: now,
            sides: [Track::default(), Track::default()],
        }
    }

    pub(crate) fn id(&self) -> RecordingId {
        self.id
    }

    pub(crate) fn settings(&self) -> &RecordSettings {
        &self.settings
    }

    pub(crate) fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    pub(crate) fn channels(&self) -> u8 {
        match self.settings.sides {
            RecordSides::Stereo => 2,
            RecordSides::Mixed | RecordSides::Says | RecordSides::Hears => 1,
        }
    }

    /// Samples per channel that were handed out.
    pub(crate) fn handed(&self) -> u64 {
        self.handed
    }

    /// Adds samples that begin to sound at `at`.
    pub(crate) fn add(&mut self, side: Side, at: Time, sound: Sounding<'_>, filters: &mut Filters) {
        if self.paused.is_some() {
            return;
        }
        let track = self.track(side);
        track.delay_us = sound.delay_us.unwrap_or(track.delay_us);
        let came_us = at.as_micros().saturating_sub(u64::from(track.delay_us));
        let begin = self.position(Time::from_micros(came_us));
        let (slack, patience) = (self.samples(SLACK_MS), self.samples(PATIENCE_MS));
        let (own_rate, handed) = (self.rate_hz, self.handed);
        let most = handed + self.samples(HOLD_MS) + self.samples(2_000);
        let ahead = begin + self.samples(AHEAD_MS);
        let is_before = came_us < self.origin.as_micros();
        let track = self.track(side);
        let cursor = handed + track.pending.len() as u64;
        if cursor > ahead || begin > most || is_before {
            // Twice the same time, seconds that nobody has fetched, or what came before the recording began.
            return;
        }
        let quiet = sound.samples.iter().all(|sample| sample.unsigned_abs() < QUIET);
        let runs_on =
            !track.pending.is_empty() && cursor.abs_diff(begin) <= if quiet { slack } else { patience };
        if !runs_on && cursor < begin {
            let gap = usize::try_from(begin - cursor).unwrap_or(0);
            track.pending.resize(track.pending.len() + gap, 0);
        }
        let overlap = if runs_on { 0 } else { cursor.saturating_sub(begin) };
        let start = track.pending.len();
        track.push(own_rate, (sound.rate_hz, sound.samples), filters);
        let overlap = usize::try_from(overlap).unwrap_or(usize::MAX).min(track.pending.len() - start);
        track.pending.drain(start..start + overlap);
    }

    /// Adds what the recorded leg's peer hears, with the beep if that is to be recorded.
    pub(crate) fn add_heard(&mut self, at: Time, sound: Sounding<'_>, filters: &mut Filters) {
        if self.settings.beep.is_some_and(|beep| beep.recorded) {
            let mut samples = sound.samples.to_vec();
            self.beep_recorded(at, sound.rate_hz, &mut samples);
            self.add(Side::Hears, at, Sounding { samples: &samples, ..sound }, filters);
        } else {
            self.add(Side::Hears, at, sound, filters);
        }
    }

    /// Takes out what came last on one side: it was the beginning of a key's tone.
    pub(crate) fn mute_key(&mut self, side: Side) {
        let count = usize::try_from(self.samples(DETECTION_MS)).unwrap_or(0);
        self.track(side).pending.iter_mut().rev().take(count).for_each(|sample| *sample = 0);
    }

    /// Pauses, or goes on; gives what was recorded until now, interleaved.
    pub(crate) fn pause(&mut self, now: Time, pause: Option<RecordPause>) -> Vec<i16> {
        if let Some((RecordPause::Gap, since)) = self.paused {
            self.origin = self.origin + now.since(since);
        }
        self.paused = None;
        let rest = if pause.is_some() { self.flush(now, true) } else { Vec::new() };
        if pause.is_some() {
            self.sides.iter_mut().for_each(|track| *track = Track::default());
        }
        self.paused = pause.map(|pause| (pause, now));
        rest
    }

    /// Whether enough has gathered to be handed out.
    pub(crate) fn is_due(&self, now: Time) -> bool {
        self.handed_at + FLUSH_EVERY <= now
    }

    /// What may be handed out now, interleaved; `last`: all up to now.
    pub(crate) fn flush(&mut self, now: Time, last: bool) -> Vec<i16> {
        self.handed_at = now;
        let hold = if last { 0 } else { self.samples(HOLD_MS) };
        let until = self.position(now).saturating_sub(hold);
        let count = usize::try_from(until.saturating_sub(self.handed)).unwrap_or(0);
        let [says, hears] = self.sides.each_mut().map(|track| track.take(count));
        self.handed += count as u64;
        let mut samples: Vec<i16> = match self.settings.sides {
            RecordSides::Says => says,
            RecordSides::Hears => hears,
            RecordSides::Stereo => {
                says.into_iter().zip(hears).flat_map(|(says, hears)| [says, hears]).collect()
            }
            RecordSides::Mixed => says.into_iter().zip(hears).map(|(says, hears)| mix(says, hears)).collect(),
        };
        amplify(&mut samples, self.settings.gain_db);
        samples
    }

    /// Lays the beep over what somebody hears from `at` on.
    pub(crate) fn beep(&self, ear: Ear, at: Time, rate_hz: u32, samples: &mut [i16]) {
        let is_heard = |beep: &RecordBeep| match (beep.heard_by, ear) {
            (BeepFor::Both, Ear::Peer | Ear::Other)
            | (BeepFor::Peer, Ear::Peer)
            | (BeepFor::Others, Ear::Other) => true,
            (BeepFor::Peer, Ear::Other) | (BeepFor::Others, Ear::Peer) => false,
        };
        if let Some(beep) = self.settings.beep.filter(is_heard) {
            self.lay(beep, at, rate_hz, samples);
        }
    }

    /// Lays the beep over a frame that is recorded, if it is to stand there.
    pub(crate) fn beep_recorded(&self, at: Time, rate_hz: u32, samples: &mut [i16]) {
        if let Some(beep) = self.settings.beep.filter(|beep| beep.recorded) {
            self.lay(beep, at, rate_hz, samples);
        }
    }

    fn lay(&self, beep: RecordBeep, at: Time, rate_hz: u32, samples: &mut [i16]) {
        let every = beep.every_ms.clamp(BEEP_EVERY_MS.0, BEEP_EVERY_MS.1);
        let since_us = u64::try_from(at.since(self.began).as_micros()).unwrap_or(u64::MAX);
        let (into_us, length_us) = (since_us % (u64::from(every) * 1_000), u64::from(BEEP_MS) * 1_000);
        let frame_us = samples.len() as u64 * 1_000_000 / u64::from(rate_hz.max(1));
        let sounds = into_us < length_us || into_us + frame_us > u64::from(every) * 1_000;
        if self.paused.is_some() || at < self.began || !sounds {
            return;
        }
        let off = u16::try_from(every - u32::from(BEEP_MS)).unwrap_or(u16::MAX);
        let cadence_ms = vec![BEEP_MS, off];
        let tone = Tone { frequencies_hz: [BEEP_HZ, 0], level_dbm0: BEEP_DBM0, cadence_ms, duration_ms: 0 };
        let mut sound = vec![0; samples.len()];
        tone::fill(&tone, rate_hz, samples_of(since_us, rate_hz), &mut sound);
        samples.iter_mut().zip(sound).for_each(|(sample, beep)| *sample = mix(*sample, beep));
    }

    /// Whether somebody is to hear a beep.
    pub(crate) fn beeps_for(&self, ear: Ear) -> bool {
        self.settings.beep.is_some_and(|beep| match ear {
            Ear::Peer => beep.heard_by != BeepFor::Others,
            Ear::Other => beep.heard_by != BeepFor::Peer,
        })
    }

    fn track(&mut self, side: Side) -> &mut Track {
        let [says, hears] = &mut self.sides;
        match side {
            Side::Says => says,
            Side::Hears => hears,
        }
    }

    fn position(&self, at: Time) -> u64 {
        let at = match self.paused {
            Some((RecordPause::Gap, since)) => since,
            Some((RecordPause::Silence, _)) | None => at,
        };
        samples_of(at.as_micros().saturating_sub(self.origin.as_micros()), self.rate_hz)
    }

    fn samples(&self, ms: u64) -> u64 {
        ms * u64::from(self.rate_hz) / 1_000
    }
}

/// Samples in so many µs; a recording of a century still fits.
fn samples_of(us: u64, rate_hz: u32) -> u64 {
    us / 10 * u64::from(rate_hz) / 100_000
}

impl Track {
    fn push(&mut self, own_rate: u32, (rate_hz, samples): (u32, &[i16]), filters: &mut Filters) {
        let Some(filter) = filters.between(rate_hz, own_rate) else {
            self.pending.extend_from_slice(samples);
            return;
        };
        if self.tail.as_ref().is_none_or(|(rate, _)| *rate != rate_hz) {
            self.tail = Some((rate_hz, Tail::default()));
        }
        if let Some((_, tail)) = &mut self.tail {
            tail.push(filter, samples, &mut self.pending);
        }
    }

    /// Takes `count` samples from the front, silence where there are none.
    fn take(&mut self, count: usize) -> Vec<i16> {
        let rest = self.pending.split_off(count.min(self.pending.len()));
        let mut taken = core::mem::replace(&mut self.pending, rest);
        taken.resize(count, 0);
        taken
    }
}

#[cfg(test)]
mod tests;
