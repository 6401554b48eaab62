//! The way that a call took, line by line: what its callers and callees would tell, and what two runs of it can be compared by.

use crate::family::family;
use crate::timeline::{out_of_reach, word};
use crate::{Entry, Event};
use cordboard_base::{CallId, LegId};
use cordboard_call::LegState;
use serde::{Deserialize, Serialize};

/// Lines that are compared at most: a call of a day has some hundred.
const LINES_MAX: usize = 2_000;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// When, in microseconds since the call began.
    pub after_us: i64,
    /// What; times and places are not in it.
    pub text: String,
    /// Where in the script; lines move when others are put before them.
    pub place: Option<String>,
}

/// The way of a call: its routes, the steps of its programs, who was called and answered, how it ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Course {
    /// In order.
    pub lines: Vec<Line>,
}

impl Course {
    /// Of one call of a journey, with its parts.
    pub fn of(entries: &[Entry], call: CallId) -> Self {
        let family = family(entries, call);
        let own = || entries.iter().filter(|entry| family.contains(&entry.call));
        let began_us = own().next().map_or(0, |entry| entry.at_us);
        let mut legs = Legs::default();
        let mut lines = Vec::new();
        for entry in own() {
            // That a part of it is over is nothing that its caller sees.
            if entry.call != call && matches!(entry.event, Event::Ended { .. }) {
                continue;
            }
            let Some((text, place)) = told(&entry.event, &mut legs) else { continue };
            lines.push(Line { after_us: entry.at_us.saturating_sub(began_us), text, place });
            if lines.len() >= LINES_MAX {
                break;
            }
        }
        Self { lines }
    }

    /// Up to a moment, in microseconds since the call began.
    #[must_use]
    pub fn until(mut self, after_us: i64) -> Self {
        self.lines.retain(|line| line.after_us < after_us);
        self
    }

    /// The first of its lines.
    #[must_use]
    pub fn first(mut self, lines: usize) -> Self {
        self.lines.truncate(lines);
        self
    }

    /// Line by line beside another one: what is the same stands on one row.
    pub fn beside(&self, other: &Self) -> Vec<(Option<Line>, Option<Line>)> {
        let (a, b) = (&self.lines, &other.lines);
        // How many lines are the same from there on: the longest common subsequence, from its end.
        let mut same = vec![vec![0_u16; b.len() + 1]; a.len() + 1];
        let at = |same: &Vec<Vec<u16>>, i: usize, j: usize| {
            same.get(i).and_then(|row| row.get(j)).copied().unwrap_or(0)
        };
        for (i, left) in a.iter().enumerate().rev() {
            for (j, right) in b.iter().enumerate().rev() {
                let longest = if left.text == right.text {
                    at(&same, i + 1, j + 1) + 1
                } else {
                    at(&same, i + 1, j).max(at(&same, i, j + 1))
                };
                if let Some(cell) = same.get_mut(i).and_then(|row| row.get_mut(j)) {
                    *cell = longest;
                }
            }
        }
        let (mut i, mut j, mut rows) = (0, 0, Vec::new());
        loop {
            match (a.get(i), b.get(j)) {
                (Some(left), Some(right)) if left.text == right.text => {
                    rows.push((Some(left.clone()), Some(right.clone())));
                    (i, j) = (i + 1, j + 1);
                }
                (Some(left), right) if right.is_none() || at(&same, i + 1, j) >= at(&same, i, j + 1) => {
                    rows.push((Some(left.clone()), None));
                    i += 1;
                }
                (_, Some(right)) => {
                    rows.push((None, Some(right.clone())));
                    j += 1;
                }
                (_, None) => return rows,
            }
        }
    }
}

/// What is known of the legs so far.
#[derive(Default)]
struct Legs {
    /// Called, and not answered yet.
    called: Vec<LegId>,
    /// Whose other end is on hold.
    holding: Vec<LegId>,
}

impl Legs {
    /// What a leg does that is of the way. `whose`: its user or trunk, whether it is a trunk's, whether we call it.
    fn told(&mut self, leg: LegId, whose: (&str, bool, bool), state: LegState) -> Option<String> {
        let whom = match whose {
            (_, _, false) => "the caller".to_owned(),
            (who, true, true) => format!("trunk {who}"),
            (who, false, true) => who.to_owned(),
        };
        if let Some(holds) = self.holds(leg, state) {
            return Some(format!("{whom} {}", if holds { "holds" } else { "resumes" }));
        }
        let (.., outgoing) = whose;
        match state {
            LegState::Talking if outgoing && self.called.contains(&leg) => {
                self.called.retain(|other| *other != leg);
                Some(format!("{whom} answers"))
            }
            LegState::Trying if outgoing && !self.called.contains(&leg) => {
                self.called.push(leg);
                Some(format!("{whom} is called"))
            }
            LegState::Trying
            | LegState::Ringing
            | LegState::Talking
            | LegState::Holding
            | LegState::Ended => None,
        }
    }

    /// Whether a leg holds from now on, or resumes; `None`: neither.
    fn holds(&mut self, leg: LegId, state: LegState) -> Option<bool> {
        let held = self.holding.contains(&leg);
        match state {
            LegState::Holding if !held => {
                self.holding.push(leg);
                Some(true)
            }
            LegState::Talking if held => {
                self.holding.retain(|other| *other != leg);
                Some(false)
            }
            LegState::Trying
            | LegState::Ringing
            | LegState::Talking
            | LegState::Holding
            | LegState::Ended => None,
        }
    }
}

/// What an event says of the way; `None`: nothing, or nothing that two runs have in common.
fn told(event: &Event, legs: &mut Legs) -> Option<(String, Option<String>)> {
    let alone = |text: String| Some((text, None));
    match event {
        Event::Routed { context, pattern } => alone(format!("route {pattern} in {context}")),
        Event::Step { what, place } => {
            let asks = ["ask", "log", "tag", "set ", "tell ", "wait_for", "await", "done"];
            if asks.iter().any(|word| what.starts_with(word)) {
                return None;
            }
            // Which leg of the call it was is a number that counts legs.
            let what = what.split(" on ").next().unwrap_or(what);
            Some((what.to_owned(), place.as_ref().map(ToString::to_string)))
        }
        Event::Leg { leg, who, trunk, outgoing, state, .. } => {
            legs.told(*leg, (who, *trunk, *outgoing), *state).and_then(alone)
        }
        Event::OutOfReach { who, trunk, why } => alone(out_of_reach(who, *trunk, *why)),
        Event::Read { digits, count, .. } => alone(match (digits, count) {
            (_, 0) => "nothing is typed".to_owned(),
            (Some(digits), _) => format!("{digits} is typed"),
            (None, _) => "a secret is typed".to_owned(),
        }),
        Event::Transferred { to, .. } if to.is_empty() => alone("a transfer".to_owned()),
        Event::Transferred { to, .. } => alone(format!("a transfer to {to}")),
        Event::Mixed { mix, .. } => alone(format!("in {mix}")),
        Event::Emergency { number, .. } => alone(format!("EMERGENCY: {number} is called")),
        Event::Said { what, text } if what == "event" => alone(format!("event {text}")),
        Event::ScriptError(text) => alone(format!("SCRIPT ERROR {}", without_place(text))),
        Event::Ended { disposition, cause, by, .. } => {
            alone(format!("ends: {}, cause {cause}, by {by}", word(*disposition)))
        }
        Event::Began { .. }
        | Event::Refused(_)
        | Event::Message { .. }
        | Event::Digit { .. }
        | Event::Codec { .. }
        | Event::Bridged { .. }
        | Event::Moved { .. }
        | Event::Joined { .. }
        | Event::Met { .. }
        | Event::Answered { .. }
        | Event::Recorded { .. }
        | Event::Mailed { .. }
        | Event::Inside { .. }
        | Event::Said { .. }
        | Event::Figures { .. }
        | Event::Latched { .. }
        | Event::Silent { .. }
        | Event::Missing { .. } => None,
    }
}

/// `file:line:column: message` without its place.
fn without_place(text: &str) -> &str {
    text.split_once(": ").map_or(text, |(_, message)| message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn course(texts: &[&str]) -> Course {
        let line = |text: &&str| Line { after_us: 0, text: (*text).to_owned(), place: None };
        Course { lines: texts.iter().map(line).collect() }
    }

    fn rows(a: &[&str], b: &[&str]) -> Vec<String> {
        let rows = course(a).beside(&course(b));
        let side = |line: Option<Line>| line.map_or_else(|| "-".to_owned(), |line| line.text);
        rows.into_iter().map(|(left, right)| format!("{} {}", side(left), side(right))).collect()
    }

    #[test]
    fn what_is_the_same_stands_beside_each_other_and_the_rest_alone() {
        assert_eq!(rows(&["a", "b"], &["a", "b"]), ["a a", "b b"]);
        assert_eq!(rows(&["a", "b", "d"], &["a", "c", "d", "e"]), ["a a", "b -", "- c", "d d", "- e"]);
        assert_eq!(rows(&[], &["a"]), ["- a"]);
        assert_eq!(rows(&["a"], &[]), ["a -"]);
        assert_eq!(rows(&[], &[]), [""; 0]);
    }

    proptest::proptest! {
        #[test]
        fn both_ways_are_whole_in_their_rows(a in "[abc]{0,12}", b in "[abc]{0,12}") {
            let split = |text: &str| Course {
                lines: text.chars().map(|c| Line { after_us: 0, text: c.to_string(), place: None }).collect(),
            };
            let rows = split(&a).beside(&split(&b));
            let left: String = rows.iter().filter_map(|(left, _)| left.as_ref()).map(|line| line.text.as_str()).collect();
            let right: String = rows.iter().filter_map(|(_, right)| right.as_ref()).map(|line| line.text.as_str()).collect();
            proptest::prop_assert_eq!((left, right), (a.clone(), b.clone()));
            let differs = rows.iter().any(|(left, right)| left.is_none() || right.is_none());
            proptest::prop_assert_eq!(differs, a != b);
        }
    }
}
