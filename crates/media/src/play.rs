//! What is played to one leg: a list without gaps, sample by sample at the leg's rate.
//!
//! ```text
//!  Waiting ──all items answered──▶ Playing ──list at its end, stopped, interrupted, or a prompt missing──▶ over
//! ```

use crate::loaded::{Answer, At, Blocks, Loaded, first_block};
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
    /// Where blocks of long sounds that will be needed soon are asked for.
    pub(crate) wanted: &'a mut Vec<SampleKey>,
}

impl Canvas<'_> {
    /// Where all who join some music now join it, on a whole frame.
    fn music_now(&self) -> u64 {
        let frame = u64::from(self.rate_hz / 50).max(1);
        self.now.as_millis() * u64::from(self.rate_hz) / 1_000 / frame * frame
    }
}

/// What a frame is made with.
#[derive(Debug)]
pub(crate) struct Supply<'a> {
    pub(crate) filters: &'a mut Filters,
    pub(crate) music: &'a mut Music,
    pub(crate) wanted: &'a mut Vec<SampleKey>,
}

impl Playing {
    pub(crate) fn new(play: Play) -> Self {
        Self { play, item: 0, started: false, rate_hz: 0, sounded: false }
    }

    pub(crate) fn id(&self) -> PlayId {
        self.play.id
    }

    /// The classes of music in it.
    pub(crate) fn classes(&self) -> impl Iterator<Item = &str> {
        self.play.items.iter().filter_map(|item| match item {
            Audio::Music(class) => Some(class.as_str()),
            Audio::Prompt { .. } | Audio::File { .. } | Audio::Silence(_) | Audio::Tone(_) => None,
        })
    }

    /// Whether it covers what the leg would hear else.
    pub(crate) fn is_started(&self) -> bool {
        self.started
    }

    pub(crate) fn is_interrupted_by(&self, digit: char) -> bool {
        self.play.interrupt.contains(digit)
    }

    pub(crate) fn items(&self) -> &[Audio] {
        &self.play.items
    }

    /// Whether this is the item that it is at.
    pub(crate) fn is_at(&self, item: usize) -> bool {
        self.item == item
    }

    /// Where it stands, `position` being how far in its current item.
    pub(crate) fn playhead(&self, loaded: &Loaded, position: u64) -> Playhead {
        let Some(last) = self.play.items.len().checked_sub(1) else { return Playhead::default() };
        let at = self.item.min(last);
        let length_ms = self.play.items.get(at).and_then(|item| length_ms(item, loaded.of(at)));
        let played_ms = match self.play.items.get(self.item) {
            Some(Audio::Music(_)) => 0,
            Some(Audio::File { from_ms, .. }) if position == 0 => *from_ms,
            Some(Audio::File { .. } | Audio::Prompt { .. } | Audio::Silence(_) | Audio::Tone(_)) => {
                position.saturating_mul(1_000).checked_div(u64::from(self.rate_hz)).unwrap_or(0)
            }
            None => length_ms.unwrap_or(0),
        };
        let position_ms = played_ms.min(length_ms.unwrap_or(u64::MAX));
        Playhead { item: u32::try_from(at).unwrap_or(u32::MAX), position_ms, length_ms }
    }

    /// What it needs loaded before it can start, or go on: `position` is where it stands in its current item.
    pub(crate) fn keys(&self, now: Time, loaded: &Loaded, position: u64) -> Vec<SampleKey> {
        let mut keys = Vec::new();
        for (number, item) in self.play.items.iter().enumerate() {
            let answer = loaded.of(number);
            if matches!(answer, Some(Answer::Waiting)) {
                keys.extend(key(item, now));
            } else if matches!(answer, Some(Answer::WaitingLong)) {
                keys.extend(block_key(item, first_block(item)));
            }
        }
        // One that is restored stands in the middle of something long; or a frame behind music's clock, or at the end of a block.
        if let Some(item) = self.play.items.get(self.item)
            && position > 0
            && self.rate_hz > 0
        {
            let block = position / block_length(self.rate_hz);
            let is_long = match item {
                Audio::Prompt { .. } => matches!(loaded.of(self.item), Some(Answer::WaitingLong)),
                Audio::File { .. } | Audio::Music(_) => true,
                Audio::Silence(_) | Audio::Tone(_) => false,
            };
            keys.extend(
                [block, block + 1].into_iter().filter(|_| is_long).filter_map(|n| block_key(item, n)),
            );
        }
        keys
    }

    /// Starts it if all that it needs has been answered. Says whether it has just started.
    pub(crate) fn start(&mut self, loaded: &Loaded) -> bool {
        let starts = !self.started && loaded.is_complete();
        self.started |= starts;
        starts
    }

    /// While something else covers it: asks for the music that it goes on with.
    pub(crate) fn look_ahead(&self, canvas: &mut Canvas<'_>) {
        if let Some(Audio::Music(class)) = self.play.items.get(self.item).filter(|_| self.started) {
            let at = if *canvas.position == 0 { canvas.music_now() } else { *canvas.position };
            canvas.music.at(class, canvas.rate_hz, at);
        }
    }

    /// A whole frame of one recording, where that is what comes next: which recording, and from which of its samples at the
    /// canvas's rate. It counts as played then; else nothing has changed.
    pub(crate) fn whole_frame(
        &mut self,
        loaded: &mut Loaded,
        canvas: &mut Canvas<'_>,
        count: usize,
    ) -> Option<(Arc<Samples>, u64)> {
        if self.rate_hz != canvas.rate_hz || !loaded.is_complete() {
            return None;
        }
        let item = self.play.items.get(self.item)?;
        let (samples, at) = match (item, loaded.of_mut(self.item)?) {
            (Audio::Music(class), Answer::Ready(_)) if *canvas.position > 0 => {
                canvas.music.at(class, canvas.rate_hz, *canvas.position)?
            }
            (Audio::Prompt { .. }, Answer::Ready(samples)) => (Arc::clone(samples), *canvas.position),
            (Audio::Prompt { .. }, Answer::Blocks(blocks)) => {
                match blocks
                    .at(canvas.rate_hz, *canvas.position, |n| canvas.wanted.extend(block_key(item, n)))
                {
                    At::Here { samples, place, count: left } if left >= count as u64 => (samples, place),
                    At::Here { .. } | At::Late | At::Over => return None,
                }
            }
            // One person listens to a message: its frames are worth nothing to others.
            (Audio::File { .. } | Audio::Silence(_) | Audio::Tone(_), _)
            | (
                Audio::Prompt { .. } | Audio::Music(_),
                Answer::NotAsked
                | Answer::Waiting
                | Answer::WaitingLong
                | Answer::Missing
                | Answer::Ready(_)
                | Answer::Blocks(_),
            ) => return None,
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
        loaded: &mut Loaded,
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
            let (Some(item), Some(answer)) = (self.play.items.get(self.item), loaded.of_mut(self.item))
            else {
                if self.play.repeat && self.sounded {
                    (self.item, self.sounded) = (0, false);
                    continue;
                }
                return (filled == 0).then_some(PlayEnd::Finished);
            };
            let count = match fill_item(item, answer, canvas, rest) {
                Filled::Samples(count) => count,
                Filled::Late => return None,
                Filled::Missing(name) => return (filled == 0).then_some(PlayEnd::Missing(name)),
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

/// What became of a frame, or the rest of one.
enum Filled {
    /// So many samples are there; none: the item is over.
    Samples(usize),
    /// What is needed has not come in time: the play stands still.
    Late,
    Missing(String),
}

fn fill_item(item: &Audio, answer: &mut Answer, canvas: &mut Canvas<'_>, out: &mut [i16]) -> Filled {
    if let Audio::File { from_ms, .. } = item
        && *canvas.position == 0
    {
        *canvas.position = from_ms.saturating_mul(u64::from(canvas.rate_hz)) / 1_000;
    }
    Filled::Samples(match (item, answer) {
        (Audio::Silence(ms), _) => {
            let length = u64::from(*ms) * u64::from(canvas.rate_hz) / 1_000;
            limit(length.saturating_sub(*canvas.position), out)
        }
        (Audio::Tone(tone), _) => fill_tone(tone, canvas, out),
        (Audio::Prompt { .. } | Audio::File { .. }, Answer::Ready(samples)) => {
            fill_samples(samples, *canvas.position, canvas, out)
        }
        (Audio::Prompt { .. } | Audio::File { .. }, Answer::Blocks(blocks)) => {
            return fill_blocks(item, blocks, canvas, out).map_or(Filled::Late, Filled::Samples);
        }
        (Audio::Music(class), Answer::Ready(_)) => fill_music(class, canvas, out),
        (Audio::Prompt { name, .. } | Audio::File { path: name, .. } | Audio::Music(name), _) => {
            return Filled::Missing(name.clone());
        }
    })
}

fn fill_blocks(item: &Audio, blocks: &mut Blocks, canvas: &mut Canvas<'_>, out: &mut [i16]) -> Option<usize> {
    match blocks.at(canvas.rate_hz, *canvas.position, |n| canvas.wanted.extend(block_key(item, n))) {
        At::Over => Some(0),
        At::Late => None,
        At::Here { samples, place, count } => {
            let count = limit(count, out);
            fill_samples(&samples, place, canvas, out.get_mut(..count).unwrap_or_default());
            Some(count)
        }
    }
}

/// How long an item is, as far as that is known.
fn length_ms(item: &Audio, answer: Option<&Answer>) -> Option<u64> {
    match item {
        Audio::Silence(ms) => Some(u64::from(*ms)),
        Audio::Tone(tone) => (tone.duration_ms > 0).then_some(u64::from(tone.duration_ms)),
        Audio::Prompt { .. } | Audio::File { .. } => answer.and_then(Answer::length_ms),
        Audio::Music(_) => None,
    }
}

fn key(item: &Audio, now: Time) -> Option<SampleKey> {
    match item {
        Audio::Prompt { name, lang } => Some(SampleKey::Prompt { name: name.clone(), lang: lang.clone() }),
        Audio::File { .. } => block_key(item, first_block(item)),
        Audio::Music(_) => block_key(item, block_at(now)),
        Audio::Silence(_) | Audio::Tone(_) => None,
    }
}

fn block_key(item: &Audio, block: u64) -> Option<SampleKey> {
    match item {
        Audio::Prompt { name, lang } => {
            Some(SampleKey::PromptBlock { name: name.clone(), lang: lang.clone(), block })
        }
        Audio::File { path, .. } => Some(SampleKey::FileBlock { path: path.clone(), block }),
        Audio::Music(class) => Some(SampleKey::Music { class: class.clone(), block }),
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
        *canvas.position = canvas.music_now();
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
