//! The SIP of a journey as a ladder: a column for each leg and one for us, an arrow for each message, repeats folded.
//!
//! ```text
//!                      101        Cordboard        102
//!  09:00:00.000         │──INVITE SDP─▶│            │
//!  09:00:00.012         │              │─INVITE SDP▶│
//! ```

use crate::Entry;
use crate::Event;
use crate::story::Story;
use crate::timeline::{Clock, line};
use cordboard_base::LegId;

/// Legs that have a column; a page of fifty phones does not fit a terminal. What is of others is left out, and said.
pub const COLUMNS_MAX: usize = 6;
/// The narrowest that an arrow can have a word in, and the widest that the eye follows.
const COLUMN: (usize, usize) = (18, 34);
const US: &str = "Cordboard";

/// Lines of a ladder that is `width` characters wide, if it can be.
pub fn ladder(entries: &[Entry], width: usize, clock: Clock<'_>) -> Vec<String> {
    let story = Story::of(entries);
    let with_messages = |id: &&LegId| story.legs.get(id).is_some_and(|leg| !leg.messages.is_empty());
    let all: Vec<LegId> = story.order.iter().filter(with_messages).copied().collect();
    let shown: Vec<LegId> = all.iter().copied().take(COLUMNS_MAX).collect();
    if shown.is_empty() {
        return vec!["no SIP message of this call is kept".to_owned()];
    }
    let stamp = entries.first().map_or(0, |entry| clock(entry.at_us).chars().count()) + 2;
    let paper = Paper::new(&story, &shown, stamp, width);
    let mut lines = vec![paper.heading(&story)];
    for (index, entry) in entries.iter().enumerate() {
        let at = clock(entry.at_us);
        if let Event::Message { leg: Some(leg), sent, .. } = &entry.event {
            let told =
                story.legs.get(leg).and_then(|leg| leg.messages.iter().find(|told| told.index == index));
            if let Some(told) = told.filter(|_| shown.contains(leg)) {
                lines.push(paper.arrow(&at, *leg, *sent, &told.in_short()));
            }
        } else if is_shown(&entry.event)
            && let Some(text) = line(&story, index, entry)
        {
            lines.push(paper.note(&at, &text));
        }
    }
    if all.len() > shown.len() {
        lines.push(format!("{} more legs are left out; --pcap has them", all.len() - shown.len()));
    }
    lines
}

/// What explains the messages around it.
fn is_shown(event: &Event) -> bool {
    match event {
        Event::Refused(_)
        | Event::Bridged { .. }
        | Event::Transferred { .. }
        | Event::Moved { .. }
        | Event::ScriptError(_)
        | Event::OutOfReach { .. }
        | Event::Silent { .. }
        | Event::Missing { .. } => true,
        Event::Began { .. }
        | Event::Leg { .. }
        | Event::Message { .. }
        | Event::Step { .. }
        | Event::Digit { .. }
        | Event::Read { .. }
        | Event::Codec { .. }
        | Event::Joined { .. }
        | Event::Mixed { .. }
        | Event::Met { .. }
        | Event::Recorded { .. }
        | Event::Mailed { .. }
        | Event::Inside { .. }
        | Event::Emergency { .. }
        | Event::Said { .. }
        | Event::Figures { .. }
        | Event::Latched { .. }
        | Event::Routed { .. }
        | Event::Answered { .. }
        | Event::Ended { .. } => false,
    }
}

struct Paper {
    /// Where each leg's line stands; ours is second.
    columns: Vec<(Option<LegId>, usize)>,
    stamp: usize,
    width: usize,
}

impl Paper {
    fn new(story: &Story<'_>, shown: &[LegId], stamp: usize, width: usize) -> Self {
        let mut order: Vec<Option<LegId>> = shown.iter().copied().map(Some).collect();
        order.insert(1.min(order.len()), None);
        let gaps = order.len().saturating_sub(1).max(1);
        let first = shown.first().map_or(0, |leg| story.name(*leg).chars().count() / 2);
        let room = width.saturating_sub(stamp + first + 8) / gaps;
        let column = room.clamp(COLUMN.0, COLUMN.1);
        let begin = stamp + first.max(2);
        let columns: Vec<(Option<LegId>, usize)> =
            order.into_iter().enumerate().map(|(at, leg)| (leg, begin + at * column)).collect();
        let width = columns.last().map_or(0, |(_, at)| at + 12).max(width.min(200));
        Self { columns, stamp, width }
    }

    fn blank(&self, at: &str) -> Vec<char> {
        let mut line: Vec<char> = format!("{at:<stamp$}", stamp = self.stamp).chars().collect();
        line.resize(self.width, ' ');
        for (_, column) in &self.columns {
            put(&mut line, *column, '│');
        }
        line
    }

    fn heading(&self, story: &Story<'_>) -> String {
        let mut line = vec![' '; self.width];
        for (leg, column) in &self.columns {
            let name = leg.map_or(US.to_owned(), |leg| story.name(leg));
            let name: String = name.chars().take(COLUMN.0 - 2).collect();
            write(&mut line, column.saturating_sub(name.chars().count() / 2), &name);
        }
        finished(&line)
    }

    fn arrow(&self, at: &str, leg: LegId, sent: bool, text: &str) -> String {
        let mut line = self.blank(at);
        let place =
            |wanted: Option<LegId>| self.columns.iter().find(|(leg, _)| *leg == wanted).map(|(_, at)| *at);
        let (Some(us), Some(them)) = (place(None), place(Some(leg))) else { return finished(&line) };
        let (from, to) = (us.min(them), us.max(them));
        for at in from + 1..to {
            put(&mut line, at, '─');
        }
        if sent == (us < them) {
            put(&mut line, to - 1, '▶');
        } else {
            put(&mut line, from + 1, '◀');
        }
        // Next to the one whose leg it is: an arrow across other columns is long.
        let room = (to - from).saturating_sub(4).min(COLUMN.1);
        let text: String = if text.chars().count() > room {
            text.chars().take(room.saturating_sub(1)).chain(['…']).collect()
        } else {
            text.to_owned()
        };
        let begin = if them < us { from + 2 } else { to.saturating_sub(2 + text.chars().count()) };
        write(&mut line, begin, &text);
        finished(&line)
    }

    fn note(&self, at: &str, text: &str) -> String {
        let mut line = self.blank(at);
        let text: String = text.chars().take(self.width.saturating_sub(self.stamp + 4)).collect();
        write(&mut line, self.stamp, &format!("· {text} "));
        finished(&line)
    }
}

fn put(line: &mut [char], at: usize, c: char) {
    if let Some(place) = line.get_mut(at) {
        *place = c;
    }
}

fn write(line: &mut [char], from: usize, text: &str) {
    for (at, c) in text.chars().enumerate() {
        put(line, from + at, c);
    }
}

fn finished(line: &[char]) -> String {
    line.iter().collect::<String>().trim_end().to_owned()
}
