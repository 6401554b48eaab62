//! What would happen to a call: to a number, from somebody, at a moment, with people, lines and stored values as they are assumed.
//!
//! ```text
//!  Question ─▶ route (the table alone) ─▶ enact (one simulated call) ─▶ inside (what the exchange decided) ─▶ Prediction
//!                                             └── again for what else might be: busy, offline, answered, each key
//! ```
//! Nothing of a live system is read or written.

mod assume;
mod enact;
mod event;
mod inside;
mod moment;
mod otherwise;
mod tell;
#[cfg(test)]
mod tests;

pub use assume::{Assumed, LineState, Manner};
pub use enact::Switched;
pub use event::{End, Event, Heard, Rung, What};
pub use otherwise::Otherwise;

pub(crate) use moment::{local, unix_us, zone_of};
pub(crate) use tell::{in_short, once, shown_time};

use crate::house::House;
use cordboard_dialplan::{Candidate, WatchedStep};
use serde::Serialize;
use std::collections::BTreeMap;
use std::rc::Rc;

/// The number of a caller outside of whom nothing is said: one that no real line has (Ofcom's for drama).
const CALLER: &str = "+442079460000";

/// The words of prompts, by language and name.
#[derive(Clone, Debug, Default)]
pub struct Wording(BTreeMap<(String, String), String>);

impl Wording {
    /// These words, by (language, name).
    pub fn new(words: BTreeMap<(String, String), String>) -> Self {
        Self(words)
    }

    /// A prompt's words in a language, else in any.
    fn of(&self, name: &str, lang: &str) -> Option<String> {
        let short = lang.split(['-', '_']).next().unwrap_or_default();
        let of = |lang: &str| self.0.get(&(lang.to_owned(), name.to_owned())).cloned();
        of(lang)
            .or_else(|| of(short))
            .or_else(|| of("en"))
            .or_else(|| self.0.iter().find(|((_, known), _)| known == name).map(|(_, words)| words.clone()))
    }
}

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Caller {
    /// A user of the office.
    User(String),
    /// Somebody outside, by a trunk.
    Outside {
        /// The trunk.
        trunk: String,
        /// The number that is shown; empty: it is hidden.
        number: String,
        /// The name that is shown.
        name: String,
    },
}

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// Who calls.
    pub caller: Caller,
    /// What is dialled.
    pub number: String,
    /// When, in microseconds since the Unix epoch.
    pub at_us: i64,
    /// What is assumed of all others.
    pub assumed: Assumed,
}

/// What would happen.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Prediction {
    /// What is dialled.
    pub number: String,
    /// Who calls, in words.
    pub from: String,
    /// The context in which the number is looked up.
    pub context: String,
    /// When, as clocks on the office's walls show it.
    pub at: String,
    /// The office's time zone.
    pub time_zone: String,
    /// What is assumed, in sentences.
    pub assumed: Vec<String>,
    /// Every route that was looked at, in order: which is taken, which match too and why they lose, and why the others do not match.
    pub routes: Vec<Candidate>,
    /// What happens, in the order of time.
    pub events: Vec<Event>,
    /// How it ends; `None`: it does not within the caller's patience.
    pub end: Option<End>,
    /// What would happen if something that is assumed were otherwise.
    pub otherwise: Vec<Otherwise>,
    /// Whether the caller is asked for keys.
    #[serde(skip)]
    pub(crate) asked: usize,
}

/// Foresees calls of one office.
pub struct Predictor {
    house: Rc<House>,
    wording: Wording,
}

impl Predictor {
    /// Of this office.
    pub fn new(house: &Rc<House>, wording: Wording) -> Self {
        Self { house: Rc::clone(house), wording }
    }

    /// The office.
    pub fn house(&self) -> &House {
        &self.house
    }

    /// What is assumed, with what codes have left behind that are dialled just before a moment.
    pub(crate) fn assumed_from(&self, assumed: &Assumed, at_us: i64) -> Assumed {
        assumed.from(&self.house, at_us)
    }

    /// Who calls: a user; a trunk or the context of its calls; a number outside, which calls by the office's only trunk. Nobody
    /// said: the first user. `shown` is the number that somebody outside shows, empty for none.
    pub fn caller(&self, from: Option<&str>, shown: Option<&str>) -> Result<Caller, String> {
        let house = &self.house;
        let outside = |trunk: &str, number: &str| {
            let (trunk, name) = (trunk.to_owned(), String::new());
            Caller::Outside { trunk, number: number.to_owned(), name }
        };
        let Some(from) = from else {
            let users = &house.setup.users;
            let internal = users.iter().find(|(_, user)| user.context == "internal");
            let first = internal.or_else(|| users.iter().next());
            return first
                .map(|(user, _)| Caller::User(user.clone()))
                .ok_or_else(|| "there is no user: say who calls".to_owned());
        };
        if house.seat_of(from).is_some() {
            return Ok(Caller::User(from.to_owned()));
        }
        if let Some((trunk, _)) = house.line(from) {
            return Ok(outside(trunk, shown.unwrap_or(CALLER)));
        }
        let digits = from.trim_start_matches('+');
        if digits.len() >= 5 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            let mut trunks = house.lines.keys();
            return match (trunks.next(), trunks.next()) {
                (Some(only), None) => Ok(outside(only, from)),
                (_, _) => {
                    let known: Vec<&str> = house.lines.keys().map(String::as_str).collect();
                    Err(format!(
                        "by which trunk does {from} call? `--from TRUNK --shows {from}` ({})",
                        known.join(", ")
                    ))
                }
            };
        }
        let users = house.seats.iter().map(|seat| seat.user.as_str());
        let contexts = house.lines.iter().flat_map(|(name, line)| [name.as_str(), line.context.as_str()]);
        let known: Vec<&str> = users.chain(contexts).collect();
        Err(assume::like(format!("there is no user or trunk `{from}`"), from, &known))
    }

    /// A time as somebody writes it, in the office's zone: microseconds since the Unix epoch. `now_us` is now.
    pub fn moment(&self, text: &str, now_us: i64) -> Result<i64, String> {
        let zone = zone_of(&self.house.setup.time_zone);
        let at = moment::parse(text, local(now_us, &zone))?;
        unix_us(at, &zone).ok_or_else(|| format!("there is no such time: {text}"))
    }

    /// The context in which somebody's numbers are looked up.
    pub fn context(&self, caller: &Caller) -> String {
        let setup = &self.house.setup;
        match caller {
            Caller::User(user) => setup.users.get(user).map(|user| user.context.clone()),
            Caller::Outside { trunk, .. } => setup.trunks.get(trunk).map(|trunk| trunk.context.clone()),
        }
        .unwrap_or_default()
    }

    /// What would happen, and if `widely` what else might.
    pub fn predict(&self, question: &Question, widely: bool) -> Prediction {
        let mut prediction = self.predict_once(question);
        if widely {
            prediction.otherwise = otherwise::of(self, question, &prediction);
        }
        prediction
    }

    pub(crate) fn predict_once(&self, question: &Question) -> Prediction {
        self.predict_watched(question).0
    }

    /// The same, with every step of the scripts.
    pub(crate) fn predict_watched(&self, question: &Question) -> (Prediction, Vec<WatchedStep>) {
        let context = self.context(&question.caller);
        let enacted = enact::enact(&self.house, question);
        let (events, end) = inside::events(&enacted, &self.wording);
        let zone = zone_of(&self.house.setup.time_zone);
        let prediction = Prediction {
            number: question.number.clone(),
            from: in_words(&question.caller),
            at: shown_time(local(question.at_us, &zone)),
            time_zone: self.house.setup.time_zone.clone(),
            assumed: question.assumed.in_words(),
            routes: self.house.scripts.why(&question.number, &context),
            context,
            events,
            end,
            otherwise: Vec::new(),
            asked: enacted.asked,
        };
        (prediction, enacted.steps)
    }
}

fn in_words(caller: &Caller) -> String {
    match caller {
        Caller::User(user) => user.clone(),
        Caller::Outside { trunk, number, .. } if number.is_empty() => format!("a hidden caller by {trunk}"),
        Caller::Outside { trunk, number, .. } => format!("{number} by {trunk}"),
    }
}
