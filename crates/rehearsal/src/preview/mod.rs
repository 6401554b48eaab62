//! What will change in the days to come: every moment from which on callers are treated otherwise.
//!
//! ```text
//!  entries (each route, with a number) ─▶ one simulated call each ─▶ those that ask the clock
//!                                                                        │ at each boundary of hours, holidays, in_time:
//!                     changes ◀─ compared with before ◀─ simulated calls ◀┘ once for every new set of the clock's answers
//! ```
//! A call that asks for nothing of the clock is the same at any time: two calls of a script differ only in what they are answered.
//! What applications say of the time (the speaking clock, when a message came) is no change.

mod clockwork;
mod entries;
mod ics;
mod text;

use crate::predict::{
    Assumed, Event, Prediction, Predictor, Question, What, in_short, local, shown_time, zone_of,
};
use clockwork::{Answers, At, Clockwork, Use};
use cordboard_app::{Query, Step};
use entries::{Entry, entries};
use jiff::{Timestamp, Zoned};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Days that can be looked ahead: a year, and a day of a leap year.
pub const DAYS_MAX: i64 = 366;
/// Simulated calls at most; what is left then is counted and told.
pub const CALLS_MAX: usize = 20_000;
/// Keys that are tried where a caller is asked for some.
const KEYS: [&str; 12] = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "*", "#"];

/// What will change.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Preview {
    /// From when, as clocks on the office's walls show it.
    pub from: String,
    /// Until when.
    pub until: String,
    /// The office's time zone.
    pub time_zone: String,
    /// Calls that are treated otherwise at some time, and the ways in which they are.
    pub lines: Vec<Line>,
    /// Every change, in the order of time.
    pub changes: Vec<Change>,
    /// The holidays of that time: date and name.
    pub holidays: Vec<(String, String)>,
    /// What is assumed, in sentences.
    pub assumed: Vec<String>,
    /// What was looked at.
    pub examined: Examined,
    /// What could not be foreseen.
    pub notes: Vec<String>,
}

/// Calls that change together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// Which, each as ``from itsp to `_X.` (as 5550100)``.
    pub calls: Vec<String>,
    /// What becomes of them, one way or another.
    pub ways: Vec<Way>,
    /// Which of these is so at first.
    pub first: usize,
}

/// What becomes of calls.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Way {
    /// If the caller presses nothing.
    pub text: String,
    /// If it presses keys that lead elsewhere: keys, and where.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<(String, String)>,
}

/// From a moment on calls are treated otherwise.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// When, as clocks on the office's walls show it.
    pub at: String,
    /// The same in seconds since the Unix epoch.
    pub unix_s: i64,
    /// Which calls: a place in [`Preview::lines`].
    pub line: usize,
    /// How they were: a place in [`Line::ways`].
    pub was: usize,
    /// How they are from now on.
    pub is: usize,
    /// What of the clock has changed: `hours office: closed`.
    pub because: Vec<String>,
}

/// What was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Examined {
    /// Ways into the dialplan: each route of each context that somebody can call in.
    pub routes: usize,
    /// Of these no number was found that takes them.
    pub without_number: usize,
    /// Those that go by the clock.
    pub by_the_clock: usize,
    /// Moments at which something might change.
    pub moments: usize,
    /// Simulated calls.
    pub calls: usize,
    /// Whether there would have been more: [`CALLS_MAX`].
    pub is_cut: bool,
}

/// The scripts' uses of the clock that were met on the way.
#[derive(Clone, Debug, Default)]
struct Met {
    asks: bool,
    date: BTreeSet<At>,
    time: BTreeSet<At>,
}

struct Looking<'a> {
    predictor: &'a Predictor,
    clockwork: &'a Clockwork,
    assumed: &'a Assumed,
    examined: Examined,
}

/// What will change in so many days from a moment on, in microseconds since the Unix epoch. `among` leaves out those who call.
pub fn preview(
    predictor: &Predictor,
    from_us: i64,
    days: i64,
    assumed: &Assumed,
    among: &dyn Fn(&str) -> bool,
) -> Preview {
    let days = days.clamp(1, DAYS_MAX);
    let zone = zone_of(&predictor.house().setup.time_zone);
    let clockwork = Clockwork::of(predictor.house(), zone.clone());
    let from = Timestamp::from_microsecond(from_us).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone.clone());
    let until = local(from_us.saturating_add(days.saturating_mul(86_400_000_000)), &zone);
    let (entries, without_number) = entries(predictor, among);
    let assumed = &predictor.assumed_from(assumed, from_us);
    let examined = Examined { routes: entries.len(), without_number, ..Examined::default() };
    let mut looking = Looking { predictor, clockwork: &clockwork, assumed, examined };
    let (mut histories, mut met) = (Vec::new(), Met::default());
    for entry in &entries {
        if let Some(history) = looking.history(entry, &from, days, &mut met) {
            histories.push((entry, history));
        }
    }
    let examined = looking.examined;
    let (lines, changes) = together(histories);
    Preview {
        from: shown_time(from.datetime()),
        until: shown_time(until),
        time_zone: predictor.house().setup.time_zone.clone(),
        lines,
        changes,
        holidays: clockwork.holidays(&from, days),
        assumed: assumed.in_words(),
        examined,
        notes: notes(&met, &examined),
    }
}

/// What becomes of an entry's calls: at first, and each change with what has changed of the clock.
struct History {
    first: Way,
    changes: Vec<(Zoned, Way, Vec<String>)>,
}

impl Looking<'_> {
    /// `None`: it is the same at any time.
    fn history(&mut self, entry: &Entry, from: &Zoned, days: i64, all: &mut Met) -> Option<History> {
        let mut met = Met::default();
        let first = self.way(entry, from, &mut met)?;
        if !met.asks {
            return None;
        }
        self.examined.by_the_clock += 1;
        let boundaries = self.clockwork.boundaries(from, days, !met.time.is_empty());
        self.examined.moments = self.examined.moments.max(boundaries.len());
        let mut known: BTreeMap<Vec<String>, Way> = BTreeMap::new();
        let mut answers = self.clockwork.answers(from);
        known.insert(key(&answers, from, &met), first.clone());
        let (mut way, mut changes) = (first.clone(), Vec::new());
        for at in boundaries {
            let now = self.clockwork.answers(&at);
            let key = key(&now, &at, &met);
            let next = match known.get(&key) {
                Some(next) => next.clone(),
                None => {
                    let Some(next) = self.way(entry, &at, &mut met) else { break };
                    known.insert(key, next.clone());
                    next
                }
            };
            if next != way {
                changes.push((at, next.clone(), because(&answers, &now)));
                way = next;
            }
            answers = now;
        }
        all.date.extend(met.date);
        all.time.extend(met.time);
        (!changes.is_empty()).then_some(History { first, changes })
    }

    /// What becomes of a call at a moment, whatever keys are pressed first. `None`: there were enough calls.
    fn way(&mut self, entry: &Entry, at: &Zoned, met: &mut Met) -> Option<Way> {
        let usual = self.call(entry, at, &[], met)?;
        let text = short(&usual);
        let mut keys: Vec<(String, String)> = Vec::new();
        if usual.asked > 0 && self.assumed.keys.is_empty() {
            for key in KEYS {
                let pressed = short(&self.call(entry, at, &[key.to_owned()], met)?);
                match keys.iter_mut().find(|(_, known)| *known == pressed) {
                    Some((keys, _)) => keys.push_str(&format!(" {key}")),
                    None => keys.push((key.to_owned(), pressed)),
                }
            }
        }
        Some(Way { text, keys })
    }

    fn call(&mut self, entry: &Entry, at: &Zoned, keys: &[String], met: &mut Met) -> Option<Prediction> {
        if self.examined.calls >= CALLS_MAX {
            self.examined.is_cut = true;
            return None;
        }
        self.examined.calls += 1;
        let mut assumed = self.assumed.clone();
        if !keys.is_empty() {
            assumed.keys = keys.to_vec();
        }
        let question = Question {
            caller: entry.caller.clone(),
            number: entry.number.clone(),
            at_us: at.timestamp().as_microsecond(),
            assumed,
        };
        let (prediction, steps) = self.predictor.predict_watched(&question);
        for step in &steps {
            let Step::Ask(query) = &step.step else { continue };
            let asks = matches!(
                query,
                Query::Now
                    | Query::TimeZone
                    | Query::WallTime(_)
                    | Query::WallTimeIn { .. }
                    | Query::Hours(_)
                    | Query::Holiday(_)
            );
            met.asks |= asks;
            let place = (step.place.file.clone(), step.place.line, step.place.column);
            match self.clockwork.used_at(&place).filter(|_| asks) {
                Some(Use::Date) => drop(met.date.insert(place)),
                Some(Use::Time) => drop(met.time.insert(place)),
                Some(Use::Foreseen) | None => {}
            }
        }
        Some(prediction)
    }
}

/// Moments with the same key are alike for a route.
fn key(answers: &Answers, at: &Zoned, met: &Met) -> Vec<String> {
    let mut key: Vec<String> = answers.iter().map(|(what, answer)| format!("{what}: {answer}")).collect();
    if !met.date.is_empty() || !met.time.is_empty() {
        key.push(at.date().to_string());
    }
    if !met.time.is_empty() {
        key.push(at.time().to_string());
    }
    key
}

fn because(before: &Answers, now: &Answers) -> Vec<String> {
    let changed = now.iter().filter(|(what, answer)| before.get(*what) != Some(*answer));
    changed.map(|(what, answer)| format!("{what}: {answer}")).collect()
}

/// A prediction in a sentence, without what the clock says itself: numbers and times that are read out.
fn short(prediction: &Prediction) -> String {
    let events: Vec<Event> = prediction.events.iter().filter_map(without_numbers).collect();
    in_short(&events, prediction.end.as_ref())
}

fn without_numbers(event: &Event) -> Option<Event> {
    let mut event = event.clone();
    if let What::Hears { heard, .. } = &mut event.what {
        heard.retain(|heard| !heard.name.starts_with("digits/"));
        if heard.is_empty() {
            return None;
        }
    }
    Some(event)
}

/// Calls whose ways are the same at all times are one line.
fn together(histories: Vec<(&Entry, History)>) -> (Vec<Line>, Vec<Change>) {
    let (mut lines, mut changes) = (Vec::<Line>::new(), Vec::<Change>::new());
    let mut known: Vec<Vec<(i64, Way)>> = Vec::new();
    for (entry, history) in histories {
        let calls = format!("from {} to `{}` (as {})", entry.from, entry.pattern, entry.number);
        let moments = history.changes.iter().map(|(at, way, _)| (at.timestamp().as_second(), way.clone()));
        let all: Vec<(i64, Way)> = [(i64::MIN, history.first.clone())].into_iter().chain(moments).collect();
        if let Some(place) = known.iter().position(|other| *other == all) {
            lines.get_mut(place).into_iter().for_each(|line| line.calls.push(calls.clone()));
            continue;
        }
        known.push(all);
        let mut line = Line { calls: vec![calls], ways: vec![history.first], first: 0 };
        let mut was = 0;
        for (at, way, because) in history.changes {
            let is = line.ways.iter().position(|known| *known == way).unwrap_or_else(|| {
                line.ways.push(way);
                line.ways.len() - 1
            });
            let (unix_s, at) = (at.timestamp().as_second(), shown_time(at.datetime()));
            changes.push(Change { at, unix_s, line: lines.len(), was, is, because });
            was = is;
        }
        lines.push(line);
    }
    changes.sort_by_key(|change| (change.unix_s, change.line));
    (lines, changes)
}

fn notes(met: &Met, examined: &Examined) -> Vec<String> {
    let place = |(file, line, _): &At| format!("{file}:{line}");
    let mut notes: Vec<String> = Vec::new();
    for at in &met.date {
        notes.push(format!("{}: the date may matter there in any way: looked at once a day", place(at)));
    }
    for at in &met.time {
        notes.push(format!("{}: the time may matter there in any way: looked at once an hour", place(at)));
    }
    if examined.without_number > 0 {
        notes.push(format!(
            "{} routes were left out: no number was found that takes them",
            examined.without_number
        ));
    }
    if examined.is_cut {
        notes.push(format!(
            "{CALLS_MAX} simulated calls were made; what would have come after them was not looked at"
        ));
    }
    notes
}

#[cfg(test)]
mod tests;
