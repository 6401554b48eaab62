//! A journey as lines of text, in order of time.

use crate::sdp::Audio;
use crate::story::{Leg, Story};
use crate::{Entry, Event, LegEnd, Refused};
use cordboard_app::Value;
use cordboard_base::LegId;
use cordboard_call::{Disposition, LegState, OutOfReach};
use cordboard_media::Second;

/// Says a moment (in microseconds since the Unix epoch) as clocks on the office's walls do.
pub type Clock<'a> = &'a dyn Fn(i64) -> String;

/// Lines longer than this are cut: a terminal that wraps shows nothing any more.
const LINE_MAX: usize = 240;

/// A line for each entry. Messages that were repeated stand once, with how often.
pub fn timeline(entries: &[Entry], clock: Clock<'_>) -> Vec<String> {
    let story = Story::of(entries);
    let began = entries.first().map_or(0, |entry| entry.at_us);
    let mut calls: Vec<_> = entries.iter().map(|entry| entry.call).filter(|call| call.0 != 0).collect();
    calls.sort_unstable();
    calls.dedup();
    let mut lines = Vec::with_capacity(entries.len());
    for (index, entry) in entries.iter().enumerate() {
        let Some(text) = line(&story, index, entry) else { continue };
        let call = if calls.len() > 1 { format!(" [{}]", entry.call) } else { String::new() };
        lines.push(cut(format!("{} {}{call}  {text}", clock(entry.at_us), since(began, entry.at_us))));
    }
    lines
}

/// `   +0.000`: how long after the beginning.
pub(crate) fn since(began_us: i64, at_us: i64) -> String {
    let ms = at_us.saturating_sub(began_us) / 1_000;
    format!("{:>9}", format!("+{}.{:03}", ms / 1_000, ms % 1_000))
}

pub(crate) fn cut(line: String) -> String {
    if line.chars().count() <= LINE_MAX {
        return line;
    }
    line.chars().take(LINE_MAX - 1).chain(['…']).collect()
}

/// What an entry says; `None`: another one says it too.
pub(crate) fn line(story: &Story<'_>, index: usize, entry: &Entry) -> Option<String> {
    let name = |leg: LegId| story.name(leg);
    Some(match &entry.event {
        Event::Began { from, name, dialed, context, trunk, .. } => {
            let name = if name.is_empty() { String::new() } else { format!(" \"{name}\"") };
            let by = trunk.as_ref().map_or_else(String::new, |trunk| format!(" by {trunk}"));
            format!("call {} begins: {from}{name}{by} dials {dialed} in {context}", entry.call)
        }
        Event::Refused(refused) => refused_line(refused),
        Event::Leg { leg, outgoing, state, .. } => format!("{} {}", name(*leg), state_of(*state, *outgoing)),
        Event::Message { .. } => return message(story, index),
        Event::Step { what, place: Some(place) } => format!("{place}  {what}"),
        Event::Step { what, place: None } => what.clone(),
        Event::Routed { context, pattern } => format!("takes the route {pattern} in {context}"),
        Event::Answered { what, value } => answered(what, value.as_ref()),
        Event::Digit { leg, digit: Some(digit) } => format!("{} presses {digit}", name(*leg)),
        Event::Digit { leg, digit: None } => format!("{} presses a key (not shown)", name(*leg)),
        Event::Read { leg, digits, count, timed_out } => {
            let typed = match (digits, count) {
                (_, 0) => "nothing".to_owned(),
                (Some(digits), _) => digits.clone(),
                (None, count) => "*".repeat(usize::from(*count)),
            };
            let late = if *timed_out { ", and no more in time" } else { "" };
            format!("{} has typed {typed}{late}", name(*leg))
        }
        Event::Codec { leg, name: codec, transcoded } => {
            let why = story.legs.get(leg).and_then(|leg| why(leg, entry.at_us)).unwrap_or_default();
            let transcoded = if *transcoded { "; transcoded, the other end has another one" } else { "" };
            format!("{} talks {codec}{why}{transcoded}", name(*leg))
        }
        Event::Bridged { a, b } => format!("{} and {} are connected", name(*a), name(*b)),
        Event::Transferred { by, subject, to } => {
            let to =
                if to.is_empty() { "to who is on the line already".to_owned() } else { format!("to {to}") };
            format!("{} transfers {} {to}", name(*by), name(*subject))
        }
        Event::Moved { leg, to } => format!("{} goes on in call {to}", name(*leg)),
        Event::Joined { leg, from } => format!("{} comes from call {from}", name(*leg)),
        Event::Inside { call, who } => format!("{who} is reached by its route, in call {call}"),
        Event::Mixed { leg, mix } => format!("{} joins {mix}", name(*leg)),
        Event::Met { call, mix } => format!("call {call} is in {mix} too"),
        Event::Recorded { path, ms, failure, .. } => {
            let failure = failure.as_ref().map_or_else(String::new, |why| format!(" ({why})"));
            format!("recording {path}, {}.{} s{failure}", ms / 1_000, ms % 1_000 / 100)
        }
        Event::Mailed { mailbox, kind, message, state } => {
            let state = state.as_ref().map_or_else(String::new, |state| format!(": {state}"));
            format!("mail about {kind} {message} to {mailbox}{state}")
        }
        Event::Emergency { user, number } => format!("EMERGENCY: {user} calls {number}"),
        Event::Said { what, text } => format!("{what}: {text}"),
        Event::ScriptError(text) => format!("SCRIPT ERROR {text}"),
        Event::OutOfReach { who, trunk, why } => out_of_reach(who, *trunk, *why),
        Event::Figures { leg, seconds, .. } => figures(&name(*leg), seconds),
        Event::Latched { leg, address } => format!("audio of {} comes from {address}", name(*leg)),
        Event::Silent { leg } => format!("no audio has come from {} for too long", name(*leg)),
        Event::Ended { disposition, cause, by, error, legs } => {
            let error = error.as_ref().map_or_else(String::new, |error| format!(", {error}"));
            let audio: String = legs.iter().map(|leg| format!("; {}", packets(story, leg))).collect();
            let how = word(*disposition);
            format!("call {} ends: {how}, cause {cause}, by {by}{error}{audio}", entry.call)
        }
        Event::Missing { entries } => {
            format!(
                "({entries} entries of this or other calls are missing here: they came faster than they could be kept)"
            )
        }
    })
}

fn answered(what: &str, value: Option<&Result<Value, String>>) -> String {
    match value {
        None => format!("{what} is (not kept)"),
        Some(Err(why)) => format!("{what}: {why}"),
        Some(Ok(value)) => {
            let text = match value {
                Value::Unit => "nothing".to_owned(),
                Value::Text(text) | Value::Untrusted(text) => format!("{text:?}"),
                Value::Bool(_)
                | Value::Int(_)
                | Value::Float(_)
                | Value::Destination(_)
                | Value::List(_)
                | Value::Map(_) => serde_json::to_string(value).unwrap_or_default(),
            };
            format!("{what} is {text}")
        }
    }
}

/// As call records say it.
pub(crate) fn word(disposition: Disposition) -> &'static str {
    match disposition {
        Disposition::Answered => "answered",
        Disposition::Busy => "busy",
        Disposition::NoAnswer => "no-answer",
        Disposition::Failed => "failed",
        Disposition::Cancelled => "cancelled",
    }
}

fn refused_line(refused: &Refused) -> String {
    let Refused { from, dialed, address, status, why, .. } = refused;
    let why = if why.is_empty() { String::new() } else { format!(": {why}") };
    format!("{from} dials {dialed} from {address} and is refused with {status}{why}")
}

pub(crate) fn out_of_reach(who: &str, trunk: bool, why: OutOfReach) -> String {
    match (why, trunk) {
        (OutOfReach::Offline, false) => format!("{who} has no phone registered"),
        (OutOfReach::Offline, true) => format!("trunk {who} is offline"),
        (OutOfReach::Unknown, false) => format!("there is no user {who}"),
        (OutOfReach::Unknown, true) => format!("there is no trunk {who}"),
        (OutOfReach::Full, _) => format!("all channels of trunk {who} are in use"),
    }
}

fn state_of(state: LegState, outgoing: bool) -> &'static str {
    match (state, outgoing) {
        (LegState::Trying, true) => "is called",
        (LegState::Trying, false) => "calls",
        (LegState::Ringing, _) => "rings",
        (LegState::Talking, _) => "is answered",
        (LegState::Holding, _) => "is on hold",
        (LegState::Ended, _) => "is gone",
    }
}

fn message(story: &Story<'_>, index: usize) -> Option<String> {
    let told = story
        .legs
        .iter()
        .find_map(|(id, leg)| leg.messages.iter().find(|told| told.index == index).map(|told| (*id, told)));
    let (id, told) = told?;
    let way = if told.sent { "→" } else { "←" };
    let audio = Audio::of(&told.sip).map_or_else(String::new, |audio| format!("  [{}]", audio.in_short()));
    let again = match told.again_us.last() {
        None => String::new(),
        Some(last) => {
            let ms = last.saturating_sub(told.at_us) / 1_000;
            format!("  (×{}, within {}.{:03} s)", told.again_us.len() + 1, ms / 1_000, ms % 1_000)
        }
    };
    let (name, transport) = (story.name(id), told.transport.param());
    let method =
        if told.sip.status().is_some() { format!(" ({})", told.sip.method()) } else { String::new() };
    Some(format!("{way} {name} {transport}:{}  {}{method}{audio}{again}", told.peer, told.sip.first))
}

/// Why it is that codec: who offered what, and what was answered.
fn why(leg: &Leg<'_>, at_us: i64) -> Option<String> {
    /// Our own answer goes out in the turn in which the codec is told.
    const TURN_US: i64 = 1_000;
    let until_us = at_us.saturating_add(TURN_US);
    let described = leg.messages.iter().filter(|told| told.at_us <= until_us).filter_map(|told| {
        let audio = Audio::of(&told.sip)?;
        Some((told.sent, audio.codecs()))
    });
    let last: Vec<(bool, String)> = described.collect();
    let (sent, answer) = last.last()?;
    let (_, offer) = last.iter().rev().find(|(by, _)| by != sent)?;
    let (offers, answers) = if *sent { ("it offered", "we answered") } else { ("we offered", "it answered") };
    Some(format!(": {offers} {offer}, {answers} {answer}"))
}

fn figures(name: &str, seconds: &[Second]) -> String {
    let sum = |of: fn(&Second) -> u16| seconds.iter().map(|second| u64::from(of(second))).sum::<u64>();
    let jitter = seconds.iter().map(|second| second.jitter_ms).max().unwrap_or(0);
    let strangers = match sum(|second| second.strangers) {
        0 => String::new(),
        number => format!(", {number} from other addresses dropped"),
    };
    let level = match seconds.iter().filter_map(|second| second.below_dbov).min() {
        Some(loudest) => format!(", −{loudest} dBov at its loudest"),
        None => String::new(),
    };
    format!(
        "audio of {name}, {} s: {} packets came, {} went, {} lost, jitter up to {jitter} ms{level}{strangers}",
        seconds.len(),
        sum(|second| second.received),
        sum(|second| second.sent),
        sum(|second| second.lost),
    )
}

fn packets(story: &Story<'_>, leg: &LegEnd) -> String {
    let lost = if leg.lost > 0 { format!(", {} lost", leg.lost) } else { String::new() };
    format!("{}: {} packets came, {} went{lost}", story.name(leg.leg), leg.received, leg.sent)
}
