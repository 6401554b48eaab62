//! A play by name: which item is heard until when.

use super::{Prompts, Stage};
use cordboard_base::{LegId, Time};
use cordboard_media::{Audio, Play, PlayEnd, PlayId, Playhead};
use core::time::Duration;
use std::collections::BTreeMap;

/// One thing that is played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// A prompt, by its name.
    Prompt(String),
    /// An application's file, by its path.
    File(String),
    /// Music of a class.
    Music(String),
    /// A tone: its frequencies in Hz, the second 0 for a single one.
    Tone([u16; 2]),
    /// Silence, in ms.
    Silence(u32),
}

impl Given {
    fn of(item: &Audio) -> Self {
        match item {
            Audio::Prompt { name, .. } => Self::Prompt(name.clone()),
            Audio::File { path, .. } => Self::File(path.clone()),
            Audio::Music(class) => Self::Music(class.clone()),
            Audio::Tone(tone) => Self::Tone(tone.frequencies_hz),
            Audio::Silence(ms) => Self::Silence(*ms),
        }
    }
}

/// Something that was played to somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// From when.
    pub from: Time,
    /// Until when; `None`: it goes on.
    pub until: Option<Time>,
    /// To which phone; `None`: to somebody of whom the world knows only the address.
    pub phone: Option<usize>,
    /// On which line.
    pub line: LegId,
    /// What.
    pub what: Given,
    /// Whether it was played to its end.
    pub whole: bool,
}

/// A play and how far it is.
#[derive(Debug)]
pub(super) struct Playing {
    play: Play,
    item: usize,
    began: Time,
    ends: Option<Time>,
    /// Its place in the list of all that was heard, for each who hears it.
    heard: Vec<usize>,
}

/// What became of a play.
pub(super) enum Progress {
    Goes,
    Over(PlayEnd, Playhead),
}

impl Playing {
    pub(super) fn new(play: Play) -> Self {
        Self { play, item: 0, began: Time::ZERO, ends: Some(Time::ZERO), heard: Vec::new() }
    }

    pub(super) fn id(&self) -> PlayId {
        self.play.id
    }

    pub(super) fn ends(&self) -> Option<Time> {
        self.ends
    }

    pub(super) fn current(&self) -> Option<Given> {
        self.play.items.get(self.item).map(Given::of)
    }

    pub(super) fn is_interrupted_by(&self, digit: char) -> bool {
        self.play.interrupt.contains(digit)
    }

    pub(super) fn playhead(&self, now: Time) -> Playhead {
        let from_ms = match self.play.items.get(self.item) {
            Some(Audio::File { from_ms, .. }) => *from_ms,
            Some(Audio::Prompt { .. } | Audio::Music(_) | Audio::Silence(_) | Audio::Tone(_)) | None => 0,
        };
        let ms = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        let last = self.play.items.len().saturating_sub(1);
        Playhead {
            item: u32::try_from(self.item.min(last)).unwrap_or(u32::MAX),
            position_ms: from_ms + ms(now.since(self.began)),
            length_ms: self.ends.map(|ends| from_ms + ms(ends.since(self.began))),
        }
    }
}

/// The lengths of what can be played.
pub(super) struct Lengths<'a> {
    pub(super) prompts: &'a Prompts,
    pub(super) files: &'a BTreeMap<String, u64>,
}

impl Lengths<'_> {
    /// In ms; `None`: without end. An error is the name of what is missing.
    fn of(&self, item: &Audio) -> Result<Option<u64>, String> {
        match item {
            Audio::Prompt { name, lang } => {
                let ms = self.prompts.length_ms(name, lang).ok_or_else(|| name.clone())?;
                Ok(Some(u64::from(ms)))
            }
            Audio::File { path, from_ms } => {
                let ms = self.files.get(path).ok_or_else(|| path.clone())?;
                Ok(Some(ms.saturating_sub(*from_ms)))
            }
            Audio::Music(_) => Ok(None),
            Audio::Silence(ms) => Ok(Some(u64::from(*ms))),
            Audio::Tone(tone) => Ok((tone.duration_ms > 0).then_some(u64::from(tone.duration_ms))),
        }
    }
}

impl Playing {
    /// Begins with its first item.
    pub(super) fn begin(&mut self, now: Time, stage: (&Lengths<'_>, &mut Ears<'_>)) -> Progress {
        self.item = 0;
        self.start_item(now, stage)
    }

    /// Goes on to the next item if this one is over.
    pub(super) fn advance(&mut self, now: Time, (lengths, ears): (&Lengths<'_>, &mut Ears<'_>)) -> Progress {
        match self.ends {
            Some(ends) if ends <= now => {
                let at = self.playhead(ends);
                ears.end(&mut self.heard, ends, true);
                self.item += 1;
                if self.item < self.play.items.len() {
                    return self.start_item(ends, (lengths, ears));
                }
                if !self.play.repeat {
                    return Progress::Over(PlayEnd::Finished, at);
                }
                self.item = 0;
                // A list without any length must not turn for ever within a moment.
                let next = if ends > self.began { ends } else { ends + Duration::from_millis(20) };
                self.start_item(next, (lengths, ears))
            }
            Some(_) | None => Progress::Goes,
        }
    }

    /// It ends before its end.
    pub(super) fn cut(&mut self, now: Time, ears: &mut Ears<'_>) {
        ears.end(&mut self.heard, now, false);
    }

    fn start_item(&mut self, now: Time, (lengths, ears): (&Lengths<'_>, &mut Ears<'_>)) -> Progress {
        self.began = now;
        let Some(item) = self.play.items.get(self.item) else {
            return Progress::Over(PlayEnd::Finished, Playhead::default());
        };
        match lengths.of(item) {
            Ok(ms) => {
                self.ends = ms.map(|ms| now + Duration::from_millis(ms));
                self.heard = ears.begin(now, &Given::of(item));
                Progress::Goes
            }
            Err(name) => {
                let at = self.playhead(now);
                Progress::Over(PlayEnd::Missing(name), at)
            }
        }
    }
}

/// Who hears a play, and the list into which it is written.
pub(super) struct Ears<'a> {
    pub(super) heard: &'a mut Vec<Heard>,
    pub(super) lines: Vec<(Option<usize>, LegId)>,
}

impl Ears<'_> {
    fn begin(&mut self, now: Time, what: &Given) -> Vec<usize> {
        let mut places = Vec::with_capacity(self.lines.len());
        for (phone, line) in &self.lines {
            places.push(self.heard.len());
            let (phone, line) = (*phone, *line);
            self.heard.push(Heard { from: now, until: None, phone, line, what: what.clone(), whole: false });
        }
        places
    }

    fn end(&mut self, places: &mut Vec<usize>, now: Time, whole: bool) {
        for place in core::mem::take(places) {
            if let Some(heard) = self.heard.get_mut(place) {
                heard.until = Some(now);
                heard.whole = whole;
            }
        }
    }
}

impl Stage {
    /// What was played to a leg before it was known who is at its other end was played to whoever that is.
    pub(super) fn find_ears(&mut self, leg: LegId) {
        let Some((phone, line)) = self.line_of(leg) else { return };
        let unknown = self.heard.iter_mut().filter(|heard| heard.phone.is_none() && heard.line == leg);
        for heard in unknown {
            (heard.phone, heard.line) = (Some(phone), line);
        }
    }

    /// Whoever is at the other end of a leg, as those who hear are listed.
    pub(super) fn ears_of(&self, leg: LegId) -> (Option<usize>, LegId) {
        match self.line_of(leg) {
            Some((phone, line)) => (Some(phone), line),
            None => (None, leg),
        }
    }
}
