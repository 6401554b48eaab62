//! Predictions in words.

use super::Prediction;
use super::event::{End, Event, Heard, Rung, What};
use cordboard_dialplan::Candidate;
use core::fmt::Write;
use jiff::civil::DateTime;

/// Routes that do not match and are shown where nothing but the last resort does.
const NEAR_MAX: usize = 8;
/// Words of a sentence that is only named.
const WORDS_MAX: usize = 90;

/// `Thu 2026-12-24 18:05`.
pub(crate) fn shown_time(at: DateTime) -> String {
    let format = if at.second() == 0 { "%a %Y-%m-%d %H:%M" } else { "%a %Y-%m-%d %H:%M:%S" };
    at.strftime(format).to_string()
}

impl Prediction {
    /// As text. With `every` the routes that do not match are listed too.
    pub fn text(&self, every: bool) -> String {
        let mut out = format!(
            "{} in context {}, from {}, {} ({})\n\nroute\n",
            self.number, self.context, self.from, self.at, self.time_zone
        );
        self.routes_text(&mut out, every);
        out.push_str("\nwhat happens\n");
        for line in lines(&self.events, self.end.as_ref()) {
            line_to(&mut out, &line);
        }
        if !self.otherwise.is_empty() {
            out.push_str("\notherwise\n");
            for other in &self.otherwise {
                line_to(&mut out, &format!("if {}: {}", other.when, once(&other.then)));
            }
        }
        out.push_str("\nassumed\n");
        for sentence in &self.assumed {
            line_to(&mut out, sentence);
        }
        out
    }

    fn routes_text(&self, out: &mut String, every: bool) {
        let taken = self.routes.iter().find(|route| route.taken);
        let is_last_resort = taken.is_none_or(|route| route.pattern == "otherwise");
        let mut shown: Vec<&Candidate> = Vec::new();
        let mut near = 0;
        for route in &self.routes {
            let is_loser = route.matched || route.reason.contains("comes first");
            let is_near = is_last_resort && !route.is_code && near < NEAR_MAX;
            if route.taken || every || (is_loser && route.pattern != "otherwise") || (!is_loser && is_near) {
                near += usize::from(!is_loser);
                shown.push(route);
            }
        }
        let width = |of: &dyn Fn(&Candidate) -> usize| shown.iter().map(|route| of(route)).max().unwrap_or(0);
        let pattern = width(&|route| route.pattern.chars().count());
        let context = width(&|route| route.context.chars().count());
        let place = width(&|route| place_of(route).chars().count());
        for route in &shown {
            let mark = if route.taken { "->" } else { "  " };
            let (at, of) = (place_of(route), &route.context);
            let pat = &route.pattern;
            line_to(out, &format!("{mark} {pat:<pattern$}  {of:<context$}  {at:<place$}  {}", route.reason));
        }
        if taken.is_none() {
            line_to(out, "   no route takes it");
        }
        let left = self.routes.len() - shown.len();
        if left > 0 {
            line_to(out, "   the others do not take it (--all lists them)");
        }
    }
}

fn place_of(route: &Candidate) -> String {
    format!("{}:{}", route.place.file, route.place.line)
}

fn line_to(out: &mut String, line: &str) {
    let _infallible = writeln!(out, "  {}", line.trim_end());
}

/// Whether it is over before anybody could notice it, such as music between two prompts.
fn is_moment(what: &What) -> bool {
    matches!(what, What::Hears { ms: Some(0..50), .. })
}

/// One line for each event.
fn lines(events: &[Event], end: Option<&End>) -> Vec<String> {
    let time = |ms: u64| format!("{:>7}", seconds(ms));
    // What is only written down when all is over is of interest to nobody who asks what a caller gets.
    let is_kept = |event: &Event| {
        let What::Step { does, .. } = &event.what else { return false };
        does.starts_with("write ") || does.starts_with("delete ")
    };
    let last = events.iter().rposition(|event| !is_kept(event)).map_or(0, |last| last + 1);
    let events = events.get(..last).unwrap_or_default();
    let mut lines: Vec<String> = Vec::new();
    let mut at = 0;
    while let Some(event) = events.get(at) {
        let rest = events.get(at..).unwrap_or_default();
        let (what, count) = together(rest).or_else(|| unreached(rest)).unwrap_or((line(&event.what), 1));
        at += count;
        if !is_moment(&event.what) {
            lines.push(format!("{}  {what}", time(event.at_ms)));
        }
    }
    match end {
        Some(end) => lines.push(format!("{}  {}", time(end.at_ms), ended(end))),
        None => lines.push(format!("{}  the call does not end by itself", " ".repeat(7))),
    }
    lines
}

/// Phones that ring alike are told together. Says how many events these are.
fn together(events: &[Event]) -> Option<(String, usize)> {
    let mut names = Vec::new();
    let mut first: Option<(u64, u64, Rung)> = None;
    for event in events {
        let What::Rings { who, ms, then } = &event.what else { break };
        // The network takes some milliseconds for each.
        let is_like = |(at, for_ms, like): (u64, u64, Rung)| {
            event.at_ms.abs_diff(at) < 500 && ms.abs_diff(for_ms) < 500 && *then == like
        };
        if !first.is_none_or(is_like) {
            break;
        }
        first = first.or(Some((event.at_ms, *ms, *then)));
        names.push(who.as_str());
    }
    let (_, ms, then) = first?;
    let (verb, how) = (if names.len() == 1 { "rings" } else { "ring" }, rung(then));
    Some((format!("{} {verb} for {} s{how}", names.join(", "), seconds(ms)), names.len()))
}

/// The same for those who can't be rung, for one reason.
fn unreached(events: &[Event]) -> Option<(String, usize)> {
    let What::Unreached { why, .. } = &events.first()?.what else { return None };
    let alike = events.iter().map_while(|event| {
        let What::Unreached { who, why: other } = &event.what else { return None };
        (other == why).then_some(who.as_str())
    });
    let names: Vec<&str> = alike.collect();
    let verb = if names.len() == 1 { "does" } else { "do" };
    Some((format!("{} {verb} not ring: {why}", names.join(", ")), names.len()))
}

fn rung(then: Rung) -> &'static str {
    match then {
        Rung::Answered => " and is answered",
        Rung::Refused => " and refuses",
        Rung::Ends => ", nobody answers there",
    }
}

fn line(what: &What) -> String {
    match what {
        What::Route { context, pattern, number, place } => {
            format!("{number} takes `{pattern}` in {context} ({}:{})", place.file, place.line)
        }
        What::Step { place, does } => format!("    {}:{}  {does}", place.file, place.line),
        What::Answered => "the caller is answered".to_owned(),
        What::Hears { heard, ms } => match ms {
            Some(ms) => format!("the caller hears {} ({} s)", sounds(heard, usize::MAX), seconds(*ms)),
            None => format!("the caller hears {}", sounds(heard, usize::MAX)),
        },
        What::Rings { who, ms, then } => format!("{who} rings for {} s{}", seconds(*ms), rung(*then)),
        What::Unreached { who, why } => format!("{who} does not ring: {why}"),
        What::Talks { with, ms } => format!("the caller talks with {with} for {} s", seconds(*ms)),
        What::Presses { keys } => format!("the caller presses {keys}"),
        What::Message { ms } => format!("the caller's message is taken: {} s", seconds(*ms)),
        What::Joins { mix } => format!("the caller is in {mix}"),
        What::Emergency { number } => {
            format!("{number} is an emergency number: it goes out by any trunk, whatever the dialplan says")
        }
        What::ScriptError { message } => format!("the script fails: {message}"),
        What::GivesUp { why } => format!("the caller {why} and hangs up"),
    }
}

/// Prompts with their words.
fn sounds(heard: &[Heard], most: usize) -> String {
    let names: Vec<&str> = heard.iter().map(|heard| heard.name.as_str()).collect();
    let said: Vec<&str> = heard.iter().filter_map(|heard| heard.words.as_deref()).collect();
    let cut = if heard.iter().all(|heard| heard.whole || heard.words.is_none()) { "" } else { " …" };
    let mut names = names.join(", ");
    if names.chars().count() > most {
        names = names.chars().take(most).chain(['…']).collect();
    }
    if said.is_empty() {
        return names;
    }
    let mut said = said.join(" ");
    if said.chars().count() > most {
        said = said.chars().take(most).chain(['…']).collect();
    }
    format!("{names}: \"{said}{cut}\"")
}

fn ended(end: &End) -> String {
    let by = match end.by.as_str() {
        "caller" => "the caller hangs up",
        "callee" => "who was called hangs up",
        _ => "the office ends the call",
    };
    format!("{by}: {} ({})", end.cause, end.disposition)
}

/// Seconds with a tenth where it says something.
fn seconds(ms: u64) -> String {
    let tenths = (ms + 50) / 100;
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// A sentence of [`in_short`], each part but once: who waits in a queue hears the same again and again.
pub(crate) fn once(text: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in text.split("; ") {
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    parts.join("; ")
}

/// Events in one sentence: who rings, what is heard, how it ends.
pub(crate) fn in_short(events: &[Event], end: Option<&End>) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut at = 0;
    while let Some(event) = events.get(at) {
        let rest = events.get(at..).unwrap_or_default();
        let alike = together(rest).or_else(|| unreached(rest));
        let (part, count) = match &event.what {
            What::Rings { .. } | What::Unreached { .. } => {
                let (text, count) = alike.unwrap_or_default();
                (Some(text), count.max(1))
            }
            What::Hears { .. } if is_moment(&event.what) => (None, 1),
            What::Hears { heard, .. } => (Some(format!("hears {}", sounds(heard, WORDS_MAX))), 1),
            What::Talks { with, .. } => (Some(format!("talks with {with}")), 1),
            What::Message { .. } => (Some("leaves a message".to_owned()), 1),
            What::Joins { mix } => (Some(format!("is in {mix}")), 1),
            What::ScriptError { .. } | What::Emergency { .. } => (Some(line(&event.what)), 1),
            What::Route { .. }
            | What::Step { .. }
            | What::Answered
            | What::Presses { .. }
            | What::GivesUp { .. } => (None, 1),
        };
        if let Some(part) = part.filter(|part| parts.last() != Some(part)) {
            parts.push(part);
        }
        at += count;
    }
    match end {
        Some(end) => parts.push(format!("over: {}", end.cause)),
        None => parts.push("no end by itself".to_owned()),
    }
    parts.join("; ")
}
