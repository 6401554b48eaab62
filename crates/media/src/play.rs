//! What is played to one leg: a list without gaps, sample by sample at the leg's rate.
//!
//! ```text
//!  Waiting ──all samples answered──▶ Playing ──list at its end, stopped, interrupted, or a prompt missing──▶ over
//! ```

use crate::music::{Music, block_at, block_length};
use crate::resample::Filters;
use crate::{Audio, Play, PlayEnd, PlayId, Playhead, SampleKey, Samples, Tone, tone};
use cordboard_base::Time;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A play and how far it is; the position in its current item stands in the session's counters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Playing {
    play: Play,
    item: usize,
    /// Whether all samples have been answered once: it covers the source from then on.
    started: bool,
    /// Samples per second in which the position counts.
    rate_hz: u32,
    /// Whether this turn through the list has given any sample: an empty list must not turn for ever.
    sounded: bool,
}

/// The samples of a play's items, as far as they have been answered.
#[derive(Debug, Default)]
pub(crate) struct Loaded(Vec<Answer>);

#[derive(Clone, Debug)]
enum Answer {
    /// Nothing to load for this item.
    NotAsked,
    Waiting,
    Missing,
    Ready(Arc<Samples>),
}

impl Loaded {
    pub(crate) fn nothing_of(playing: &Playing) -> Self {
        let waiting = |item| if key(item, Time::ZERO).is_some() { Answer::Waiting } else { Answer::NotAsked };
        Self(playing.play.items.iter().map(waiting).collect())
    }

    /// Takes an answer, for all items that it is for.
    pub(crate) fn answer(&mut self, playing: &Playing, answered: &SampleKey, samples: Option<&Arc<Samples>>) {
        for (item, answer) in playing.play.items.iter().zip(&mut self.0) {
            let is_for = match (item, answered) {
                (Audio::Prompt { name, lang }, SampleKey::Prompt { name: of, lang: tongue }) => {
                    name == of && lang == tongue
                }
                // Which block it began with is past: music goes on by its clock.
                (Audio::Music(class), SampleKey::Music { class: of, .. }) => {
                    class == of && matches!(answer, Answer::Waiting)
                }
                _ => false,
            };
            if is_for {
                *answer = samples.map_or(Answer::Missing, |samples| Answer::Ready(Arc::clone(samples)));
            }
        }
    }

    fn is_complete(&self) -> bool {
        !self.0.iter().any(|answer| matches!(answer, Answer::Waiting))
    }
}

/// Where and how a frame is filled.
#[derive(Debug)]
pub(crate) struct Canvas<'a> {
    pub(crate) now: Time,
    /// Samples per second of the leg.
    pub(crate) rate_hz: u32,
    /// In the current item, in samples of that rate.
    pub(crate) position: &'a mut u64,
    pub(crate) filters: &'a mut Filters,
    pub(crate) music: &'a mut Music,
}

impl Playing {
    pub(crate) fn new(play: Play) -> Self {
        Self { play, item: 0, started: false, rate_hz: 0, sounded: false }
    }

    pub(crate) fn id(&self) -> PlayId {
        self.play.id
    }

    /// Whether it covers what the leg would hear else.
    pub(crate) fn is_started(&self) -> bool {
        self.started
    }

    pub(crate) fn is_interrupted_by(&self, digit: char) -> bool {
        self.play.interrupt.contains(digit)
    }

    /// Where it stands, `position` being how far in its current item.
    pub(crate) fn playhead(&self, loaded: &Loaded, position: u64) -> Playhead {
        let Some(last) = self.play.items.len().checked_sub(1) else { return Playhead::default() };
        let at = self.item.min(last);
        let length_ms = self.play.items.get(at).and_then(|item| length_ms(item, loaded.0.get(at)));
        let played_ms = match self.play.items.get(self.item) {
            Some(Audio::Music(_)) => 0,
            Some(Audio::Prompt { .. } | Audio::Silence(_) | Audio::Tone(_)) => {
                position.saturating_mul(1_000).checked_div(u64::from(self.rate_hz)).unwrap_or(0)
            }
            None => length_ms.unwrap_or(0),
        };
        let position_ms = played_ms.min(length_ms.unwrap_or(u64::MAX));
        Playhead { item: u32::try_from(at).unwrap_or(u32::MAX), position_ms, length_ms }
    }

    /// What it needs loaded before it can start, or go on: `position` is where it stands in its current item.
    pub(crate) fn keys(&self, now: Time, position: u64) -> Vec<SampleKey> {
        let mut keys: Vec<SampleKey> = self.play.items.iter().filter_map(|item| key(item, now)).collect();
        if let Some(Audio::Music(class)) = self.play.items.get(self.item)
            && position > 0
            && self.rate_hz > 0
        {
            // One that is restored stands a frame behind the clock, or at the end of a block.
            let block = position / block_length(self.rate_hz);
            keys.extend([block, block + 1].map(|block| SampleKey::Music { class: class.clone(), block }));
        }
        keys
    }

    /// Starts it if all that it needs has been answered. Says whether it has just started.
    pub(crate) fn start(&mut self, loaded: &Loaded) -> bool {
        let starts = !self.started && loaded.is_complete();
        self.started |= starts;
        starts
    }

    /// A whole frame of one recording, where that is what comes next: which recording, and from which of its samples at the
    /// canvas's rate. It counts as played then; else nothing has changed.
    pub(crate) fn whole_frame(
        &mut self,
        loaded: &Loaded,
        canvas: &mut Canvas<'_>,
        count: usize,
    ) -> Option<(Arc<Samples>, u64)> {
        if self.rate_hz != canvas.rate_hz || !loaded.is_complete() {
            return None;
        }
        let (item, Answer::Ready(samples)) = (self.play.items.get(self.item)?, loaded.0.get(self.item)?)
        else {
            return None;
        };
        let (samples, at) = match item {
            Audio::Music(_) if *canvas.position == 0 => return None,
            Audio::Music(class) => canvas.music.at(class, canvas.rate_hz, *canvas.position)?,
            Audio::Prompt { .. } | Audio::Silence(_) | Audio::Tone(_) => {
                (Arc::clone(samples), *canvas.position)
            }
        };
        let length =
            samples.data.len() as u64 * u64::from(canvas.rate_hz) / u64::from(samples.rate_hz.max(1));
        if at + count as u64 > length || !canvas.position.is_multiple_of(count as u64) {
            return None;
        }
        *canvas.position += count as u64;
        self.sounded = true;
        Some((samples, at))
    }

    /// Fills a frame from where it is; the rest of the frame after the list's end is silence. `Some` once nothing is left at
    /// all: how it ended. While samples have to be loaded again after a restore the frame is silent and the position stays.
    pub(crate) fn fill(
        &mut self,
        loaded: &Loaded,
        canvas: &mut Canvas<'_>,
        frame: &mut [i16],
    ) -> Option<PlayEnd> {
        frame.fill(0);
        if !loaded.is_complete() {
            return None;
        }
        if self.rate_hz != canvas.rate_hz {
            let scaled = *canvas.position * u64::from(canvas.rate_hz);
            *canvas.position = scaled.checked_div(u64::from(self.rate_hz)).unwrap_or(0);
            self.rate_hz = canvas.rate_hz;
        }
        let mut filled = 0;
        while let Some(rest) = frame.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            let (Some(item), Some(answer)) = (self.play.items.get(self.item), loaded.0.get(self.item)) else {
                if self.play.repeat && self.sounded {
                    (self.item, self.sounded) = (0, false);
                    continue;
                }
                return (filled == 0).then_some(PlayEnd::Finished);
            };
            let count = match (item, answer) {
                (Audio::Silence(ms), _) => {
                    let length = u64::from(*ms) * u64::from(canvas.rate_hz) / 1_000;
                    limit(length.saturating_sub(*canvas.position), rest)
                }
                (Audio::Tone(tone), _) => fill_tone(tone, canvas, rest),
                (Audio::Prompt { .. }, Answer::Ready(samples)) => {
                    fill_samples(samples, *canvas.position, canvas, rest)
                }
                (Audio::Music(class), Answer::Ready(_)) => fill_music(class, canvas, rest),
                (Audio::Prompt { name, .. } | Audio::Music(name), _) => {
                    return (filled == 0).then(|| PlayEnd::Missing(name.clone()));
                }
            };
            filled += count;
            *canvas.position += count as u64;
            self.sounded |= count > 0;
            if count == 0 {
                self.item += 1;
                *canvas.position = 0;
            }
        }
        None
    }
}

/// How long an item is, as far as that is known.
fn length_ms(item: &Audio, answer: Option<&Answer>) -> Option<u64> {
    match (item, answer) {
        (Audio::Silence(ms), _) => Some(u64::from(*ms)),
        (Audio::Tone(tone), _) => (tone.duration_ms > 0).then_some(u64::from(tone.duration_ms)),
        (Audio::Prompt { .. }, Some(Answer::Ready(samples))) => {
            (samples.data.len() as u64 * 1_000).checked_div(u64::from(samples.rate_hz))
        }
        (Audio::Prompt { .. } | Audio::Music(_), _) => None,
    }
}

fn key(item: &Audio, now: Time) -> Option<SampleKey> {
    match item {
        Audio::Prompt { name, lang } => Some(SampleKey::Prompt { name: name.clone(), lang: lang.clone() }),
        Audio::Music(class) => Some(SampleKey::Music { class: class.clone(), block: block_at(now) }),
        Audio::Silence(_) | Audio::Tone(_) => None,
    }
}

fn limit(left: u64, out: &[i16]) -> usize {
    usize::try_from(left).unwrap_or(usize::MAX).min(out.len())
}

fn fill_tone(played: &Tone, canvas: &Canvas<'_>, out: &mut [i16]) -> usize {
    let length = tone::length(played, canvas.rate_hz);
    let count = limit(length.map_or(u64::MAX, |length| length.saturating_sub(*canvas.position)), out);
    tone::fill(played, canvas.rate_hz, *canvas.position, out.get_mut(..count).unwrap_or_default());
    count
}

pub(crate) fn fill_samples(
    samples: &Samples,
    position: u64,
    canvas: &mut Canvas<'_>,
    out: &mut [i16],
) -> usize {
    let Some(filter) = canvas.filters.between(samples.rate_hz, canvas.rate_hz) else {
        let rest = usize::try_from(position).ok().and_then(|at| samples.data.get(at..)).unwrap_or_default();
        let count = rest.len().min(out.len());
        for (to, from) in out.iter_mut().zip(rest) {
            *to = *from;
        }
        return count;
    };
    let count = limit(filter.output_len(samples.data.len()).saturating_sub(position), out);
    for (n, to) in (position..).zip(out.iter_mut().take(count)) {
        *to = filter.at(&samples.data, n);
    }
    count
}

/// Music runs by the clock, one for all: who comes back finds it where it would be. Only where it is joined is looked up; from
/// there on it is played sample by sample, on whole frames, so that all who hear it are sent the same ones. A block that is not
/// there in time is silence.
fn fill_music(class: &str, canvas: &mut Canvas<'_>, out: &mut [i16]) -> usize {
    if *canvas.position == 0 {
        let frame = u64::from(canvas.rate_hz / 50).max(1);
        *canvas.position = canvas.now.as_millis() * u64::from(canvas.rate_hz) / 1_000 / frame * frame;
    }
    let length = block_length(canvas.rate_hz);
    let (start, mut filled) = (*canvas.position, 0);
    while let Some(rest) = out.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        let at = start + filled as u64;
        let count = limit(length - at % length, rest);
        if let Some((samples, place)) = canvas.music.at(class, canvas.rate_hz, at) {
            fill_samples(&samples, place, canvas, rest.get_mut(..count).unwrap_or_default());
        }
        filled += count;
    }
    out.len()
}
