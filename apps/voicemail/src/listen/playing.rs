//! A message while it is heard.
//!
//! ```text
//!  Heard ─▶ Title ─[envelope: Now, WallNow, WallThen, Envelope]─▶ Body ──end, 1 3–9──▶ menu
//!                                                                ▲ │ # * 2 wind
//!                                                                │ ▼ 0
//!                                                              Paused
//! ```

use super::menus::MenuId;
use super::{Listener, State};
use crate::Part;
use crate::desk::{KEYS, ask, play};
use crate::request::Request;
use crate::speech::{duration, envelope, file, title};
use cordboard_app::say::WallTime;
use cordboard_app::spoken::{number, pressed};
use cordboard_app::{Level, Note, PlayResult, Query, ReadDigits, Reply, Step};
use cordboard_media::{Audio, Playhead};
use serde::{Deserialize, Serialize};

/// Somebody who pauses a message for longer has gone away, in ms.
const PAUSE_MS: u32 = 300_000;

/// Where it stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Stage {
    Heard,
    Title,
    Now(Then),
    WallNow(Then),
    WallThen(Then, Box<Option<WallTime>>),
    Envelope(Then),
    /// From which of its parts on.
    Body(usize),
    /// So far in it, in ms.
    Paused(u64),
    /// Its file can't be played.
    Unreadable,
}

/// What follows an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Then {
    Body,
    /// It was asked for by itself, and is said with the length.
    Menu,
}

impl Listener {
    /// Plays a message of the list, or says that there is none.
    pub(super) fn play_at(&mut self, at: usize) -> Step {
        let Some(message) = self.list.get(at) else { return self.mailbox(&["vm-nomore"]) };
        let id = message.id;
        self.at = Some(at);
        self.state = State::Playing(Stage::Heard);
        ask(&Request::Heard { id })
    }

    /// When the present message came, from whom, and how long it is.
    pub(super) fn envelope(&mut self) -> Step {
        if self.current().is_none() {
            return self.mailbox(&["vm-nomore"]);
        }
        self.state = State::Playing(Stage::Now(Then::Menu));
        Step::Ask(Query::Now)
    }

    pub(super) fn playing(&mut self, stage: Stage, reply: &Reply) -> Step {
        match stage {
            Stage::Heard => self.title(),
            Stage::Title => match interrupted(reply) {
                Some(key) => self.cut_short(key),
                None if self.opened.envelope => {
                    self.state = State::Playing(Stage::Now(Then::Body));
                    Step::Ask(Query::Now)
                }
                None => self.body(0),
            },
            Stage::Now(then) => {
                self.state = State::Playing(Stage::WallNow(then));
                self.ask_wall(number(reply))
            }
            Stage::WallNow(then) => {
                let received = self.current().map_or(0, |message| message.received_unix_us);
                self.state = State::Playing(Stage::WallThen(then, Box::new(wall(reply))));
                self.ask_wall(received)
            }
            Stage::WallThen(then, now) => self.say_envelope(then, *now, wall(reply)),
            Stage::Envelope(then) => match (interrupted(reply), then) {
                (Some(key), _) => self.cut_short(key),
                (None, Then::Body) => self.body(0),
                (None, Then::Menu) => self.mailbox(&[]),
            },
            Stage::Body(first) => self.body_over(first, reply),
            Stage::Unreadable => self.mailbox(&["an-error-has-occurred"]),
            Stage::Paused(at_ms) => match pressed(reply) {
                Some(key) => self.wind(key, at_ms, true),
                None => self.mailbox(&[]),
            },
        }
    }

    /// How late a moment is by the owner's clock.
    fn ask_wall(&self, unix_us: i64) -> Step {
        let zone = self.opened.time_zone.clone();
        Step::Ask(if zone.is_empty() {
            Query::WallTime(unix_us)
        } else {
            Query::WallTimeIn { unix_us, zone }
        })
    }

    fn title(&mut self) -> Step {
        let Some((at, message)) = self.at.zip(self.current()) else { return self.mailbox(&["vm-nomore"]) };
        let items = title(&self.lang, message, at, self.list.len());
        self.state = State::Playing(Stage::Title);
        play(items, KEYS)
    }

    fn say_envelope(&mut self, then: Then, now: Option<WallTime>, received: Option<WallTime>) -> Step {
        let mut items = Vec::new();
        if let (Some(now), Some(received), Some(message)) = (now, received, self.current()) {
            items = envelope(&self.lang, message, &received, &now);
            if then == Then::Menu {
                items.extend(duration(&self.lang, message));
            }
        }
        self.state = State::Playing(Stage::Envelope(then));
        play(items, KEYS)
    }

    /// A key before the message itself: `#` goes on to it, others are the menu's.
    fn cut_short(&mut self, key: char) -> Step {
        if key == '#' { self.body(0) } else { self.press(MenuId::Mailbox, key) }
    }

    /// The message from so far in it on.
    fn body(&mut self, from_ms: u64) -> Step {
        let Some(message) = self.current() else { return self.mailbox(&["vm-nomore"]) };
        let (first, items) = items_from(&message.audio, from_ms);
        self.state = State::Playing(Stage::Body(first));
        play(items, KEYS)
    }

    fn body_over(&mut self, first: usize, reply: &Reply) -> Step {
        let Reply::Played(result, head) = reply else { return self.mailbox(&["vm-nomail"]) };
        match result {
            PlayResult::Finished => self.mailbox(&[]),
            PlayResult::Missing(file) => self.unreadable(file),
            PlayResult::Interrupted(key) => {
                let at_ms = self.current().map_or(0, |message| position(&message.audio, first, *head));
                self.wind(*key, at_ms, false)
            }
        }
    }

    /// The owner hears that something is wrong, and the log says what. The message stays.
    fn unreadable(&mut self, file: &str) -> Step {
        let text = format!("mailbox {}: a message can't be played: {file}", self.opened.mailbox);
        self.state = State::Playing(Stage::Unreadable);
        Step::Note(Note::Log { level: Level::Error, text })
    }

    /// A key while a message plays, or pauses.
    fn wind(&mut self, key: char, at_ms: u64, paused: bool) -> Step {
        let skip_ms = self.opened.skip_ms;
        match key {
            '#' => self.body(at_ms.saturating_add(skip_ms)),
            '*' => self.body(at_ms.saturating_sub(skip_ms)),
            '2' => self.body(0),
            '0' if paused => self.body(at_ms),
            '0' => {
                self.state = State::Playing(Stage::Paused(at_ms));
                let (prompt, end) = (self.prompts(&["vm-paused"]), String::new());
                let (timeout_ms, digit_timeout_ms) = (PAUSE_MS, PAUSE_MS);
                Step::Read(ReadDigits { prompt, max: 1, timeout_ms, digit_timeout_ms, end, secret: false })
            }
            other => self.press(MenuId::Mailbox, other),
        }
    }
}

fn interrupted(reply: &Reply) -> Option<char> {
    if let Reply::Played(PlayResult::Interrupted(key), _) = reply { Some(*key) } else { None }
}

fn wall(reply: &Reply) -> Option<WallTime> {
    reply.answer()
}

/// What is left of a message from so far in it on, and which of its parts comes first.
fn items_from(parts: &[Part], mut from_ms: u64) -> (usize, Vec<Audio>) {
    let mut first = 0;
    for part in parts.iter().take(parts.len().saturating_sub(1)) {
        if from_ms < part.ms {
            break;
        }
        from_ms -= part.ms;
        first += 1;
    }
    let rest = parts.iter().skip(first).enumerate();
    (first, rest.map(|(n, part)| file(part, if n == 0 { from_ms } else { 0 })).collect())
}

/// How far in a message a play stands that began with the part `first`.
fn position(parts: &[Part], first: usize, head: Playhead) -> u64 {
    let at = first.saturating_add(usize::try_from(head.item).unwrap_or(usize::MAX));
    parts.iter().take(at).map(|part| part.ms).sum::<u64>().saturating_add(head.position_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts() -> Vec<Part> {
        [("a", 4_000), ("b", 10_000)].map(|(file, ms)| Part { file: file.to_owned(), ms }).to_vec()
    }

    #[test]
    fn winding_goes_over_the_border_of_comment_and_message() {
        assert_eq!(items_from(&parts(), 3_999).0, 0);
        assert_eq!(items_from(&parts(), 4_000), (1, vec![file(&parts()[1], 0)]));
        assert_eq!(items_from(&parts(), 99_000), (1, vec![file(&parts()[1], 95_000)]));
        assert_eq!(items_from(&[], 5), (0, vec![]));
        let head = Playhead { item: 1, position_ms: 500, length_ms: None };
        assert_eq!(position(&parts(), 0, head), 4_500);
        assert_eq!(position(&parts(), 1, Playhead { item: 0, ..head }), 4_500);
        assert_eq!(position(&parts(), 1, Playhead { item: u32::MAX, ..head }), 14_500);
    }
}
