//! What else might happen: somebody answers, all are busy, nobody's phone is there, the trunk is down, a key is pressed.

use super::assume::{LineState, Manner};
use super::event::{End, Event, What};
use super::{Caller, Prediction, Predictor, Question};
use serde::Serialize;
use std::collections::BTreeSet;

/// Keys that are tried where the caller is asked for some.
const KEYS: [&str; 12] = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "*", "#"];

/// If something were otherwise.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Otherwise {
    /// What, in words: `101 is busy`.
    #[serde(rename = "if")]
    pub when: String,
    /// What happens from there on that happens so else not.
    pub events: Vec<Event>,
    /// How it ends.
    pub end: Option<End>,
    /// The same in a sentence.
    pub then: String,
}

/// Everything that is worth trying after a prediction.
pub(super) fn of(predictor: &Predictor, question: &Question, usual: &Prediction) -> Vec<Otherwise> {
    let mut all = Vec::new();
    for (when, other) in people(predictor, question, usual) {
        all.push(told(when, usual, &predictor.predict_once(&other)));
    }
    if usual.asked > 0 && question.assumed.keys.is_empty() {
        all.extend(keys(predictor, question, usual));
    }
    all
}

/// Those who are called behave otherwise: where nothing is assumed of any of them.
fn people(predictor: &Predictor, question: &Question, usual: &Prediction) -> Vec<(String, Question)> {
    let (users, lines) = called(predictor, usual);
    let assumed = &question.assumed;
    let is_said = users.iter().any(|user| assumed.users.contains_key(user))
        || lines.iter().any(|line| assumed.lines.contains_key(line));
    let own = match &question.caller {
        Caller::User(user) => Some(user.as_str()),
        Caller::Outside { .. } => None,
    };
    let users: Vec<String> = users.into_iter().filter(|user| Some(user.as_str()) != own).collect();
    if is_said || (users.is_empty() && lines.is_empty()) {
        return Vec::new();
    }
    let with = |change: &dyn Fn(&mut Question)| {
        let mut other = question.clone();
        change(&mut other);
        other
    };
    let mut all = Vec::new();
    let first = usual.events.iter().find_map(|event| {
        let What::Rings { who, .. } = &event.what else { return None };
        (Some(who.as_str()) != own).then(|| who.clone())
    });
    if let Some(first) = first {
        let answers = with(&|other| {
            match users.iter().find(|user| **user == first) {
                Some(user) => drop(other.assumed.users.insert(user.clone(), Manner::Answers(5))),
                None => set_lines(other, &lines, &LineState::Called(Manner::Answers(5))),
            };
        });
        all.push((format!("{first} answers"), answers));
    }
    let busy = with(&|other| {
        set_users(other, &users, &Manner::Refuses(486));
        set_lines(other, &lines, &LineState::Called(Manner::Refuses(486)));
    });
    let every = if users.len() + lines.len() > 1 { "everybody who is called" } else { "who is called" };
    all.push((format!("{every} is busy"), busy));
    if !users.is_empty() {
        all.push((
            format!("no phone of {} is there", users.join(", ")),
            with(&|other| {
                set_users(other, &users, &Manner::Offline);
            }),
        ));
    }
    for line in &lines {
        all.push((
            format!("the trunk {line} is down"),
            with(&|other| {
                set_lines(other, core::slice::from_ref(line), &LineState::Down);
            }),
        ));
    }
    all
}

fn set_users(question: &mut Question, users: &[String], manner: &Manner) {
    question.assumed.users.extend(users.iter().map(|user| (user.clone(), manner.clone())));
}

fn set_lines(question: &mut Question, lines: &[String], state: &LineState) {
    question.assumed.lines.extend(lines.iter().map(|line| (line.clone(), state.clone())));
}

/// The users and the trunks that were called.
fn called(predictor: &Predictor, usual: &Prediction) -> (Vec<String>, Vec<String>) {
    let (mut users, mut lines) = (BTreeSet::new(), BTreeSet::new());
    for event in &usual.events {
        let (What::Rings { who, .. } | What::Unreached { who, .. }) = &event.what else { continue };
        let by = who.rsplit_once(" by ").map(|(_, trunk)| trunk);
        if predictor.house.seat_of(who).is_some() {
            users.insert(who.clone());
        } else if let Some(trunk) = by.filter(|trunk| predictor.house.lines.contains_key(*trunk)) {
            lines.insert(trunk.to_owned());
        }
    }
    (users.into_iter().collect(), lines.into_iter().collect())
}

/// Each key at the first question for keys; keys that lead to the same are told together.
fn keys(predictor: &Predictor, question: &Question, usual: &Prediction) -> Vec<Otherwise> {
    let mut groups: Vec<(Vec<&str>, Otherwise)> = Vec::new();
    for key in KEYS {
        let mut other = question.clone();
        other.assumed.keys = vec![key.to_owned()];
        let prediction = predictor.predict_once(&other);
        let told = told(String::new(), usual, &prediction);
        match groups.iter_mut().find(|(_, known)| known.then == told.then) {
            Some((keys, _)) => keys.push(key),
            None => groups.push((vec![key], told)),
        }
    }
    let name = |(keys, told): (Vec<&str>, Otherwise)| {
        let when = match keys.as_slice() {
            [only] => format!("the caller presses {only}"),
            [.., _] => format!("the caller presses one of {}", keys.join(" ")),
            [] => String::new(),
        };
        Otherwise { when, ..told }
    };
    groups.into_iter().map(name).collect()
}

/// What is different: all from the first event on that the usual case has not.
fn told(when: String, usual: &Prediction, other: &Prediction) -> Otherwise {
    let is_same = |(one, two): &(&Event, &Event)| one.what == two.what;
    let same = usual.events.iter().zip(&other.events).take_while(is_same).count();
    let events: Vec<Event> = other.events.iter().skip(same).cloned().collect();
    let then = super::in_short(&events, other.end.as_ref());
    Otherwise { when, events, end: other.end.clone(), then }
}
