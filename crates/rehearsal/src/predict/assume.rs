//! What is assumed of people, lines and stored values: what the dialplan can't know before a call.

use super::enact::{Switched, switch};
use crate::house::House;
use cordboard_app::Value;
use cordboard_dialplan::nearest;
use serde::Serialize;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Seconds after which somebody answers, where nothing else is said.
const ANSWERS_AFTER_S: u32 = 5;
/// A longer time than any phone rings, in s.
const SECONDS_MAX: u32 = 3_600;
/// Things that are assumed, at most.
const ASSUMED_MAX: usize = 1_000;

/// How somebody takes a call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Manner {
    /// The phone rings, and nobody answers.
    #[default]
    Silent,
    /// Answers after so many seconds.
    Answers(u32),
    /// Refuses at once, with this SIP status: 486 busy, 603 declined.
    Refuses(u16),
    /// No phone is there.
    Offline,
}

/// How a trunk is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LineState {
    /// The provider answers nothing, and the exchange has noticed.
    Down,
    /// The provider refuses all calls with this SIP status.
    Refuses(u16),
    /// Whoever is called by it takes the call so.
    Called(Manner),
}

/// What is assumed. What is not named is as usual: phones ring and nobody answers, trunks work, nothing is stored.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Assumed {
    /// How users take calls.
    pub users: BTreeMap<String, Manner>,
    /// How trunks are, and those who are called by them.
    pub lines: BTreeMap<String, LineState>,
    /// What users have dialled before: codes that switch something.
    pub dialed: Vec<(String, String)>,
    /// What that has left behind, where it was dialled once for many calls.
    #[serde(skip)]
    pub switched: Option<Rc<Switched>>,
    /// Values of the scripts' database: family, key, value.
    pub values: Vec<(String, String, Value)>,
    /// Keys that the caller presses each time that it is asked for some.
    pub keys: Vec<String>,
    /// How long people talk, in s.
    pub talk_s: u32,
    /// How long the caller speaks as a message, in s; then it hangs up.
    pub message_s: u32,
    /// The caller hangs up after so long, in s.
    pub patience_s: u32,
}

impl Assumed {
    /// What is assumed if nothing is said.
    pub fn usual() -> Self {
        Self { talk_s: 30, message_s: 5, patience_s: 900, ..Self::default() }
    }

    /// `101=busy`, `101=answers:8`, `101=silent`, `101=declines`, `101=refuses:480`, `101=offline`, `101=dnd`.
    pub fn state(&mut self, house: &House, text: &str) -> Result<(), String> {
        let (user, how) =
            text.split_once('=').ok_or_else(|| format!("\"{text}\": write 101=busy, or 101=answers:8"))?;
        self.bounded(self.users.len())?;
        let user = known_user(house, user)?;
        self.users.insert(user, manner(how)?);
        Ok(())
    }

    /// `103` or `103:8`: answers after 8 s.
    pub fn answer(&mut self, house: &House, text: &str) -> Result<(), String> {
        let (user, after) = text.split_once(':').map_or((text, None), |(user, after)| (user, Some(after)));
        let after = after.map_or(Ok(ANSWERS_AFTER_S), seconds)?;
        self.bounded(self.users.len())?;
        let user = known_user(house, user)?;
        self.users.insert(user, Manner::Answers(after));
        Ok(())
    }

    /// `itsp=down`, `itsp=refuses:503`, `itsp=busy`, `itsp=answers:8`, `itsp=silent`.
    pub fn trunk(&mut self, house: &House, text: &str) -> Result<(), String> {
        let (name, how) = text.split_once('=').ok_or_else(|| format!("\"{text}\": write itsp=down"))?;
        let Some((name, _)) = house.line(name) else {
            let known: Vec<&str> = house.lines.keys().map(String::as_str).collect();
            return Err(like(format!("there is no trunk \"{name}\""), name, &known));
        };
        let name = name.to_owned();
        let state = match how.split_once(':') {
            None if how == "down" => LineState::Down,
            None if how == "refuses" => LineState::Refuses(503),
            Some(("refuses", status)) => LineState::Refuses(sip_status(status)?),
            Some(_) | None => LineState::Called(manner_of_line(how)?),
        };
        self.bounded(self.lines.len())?;
        self.lines.insert(name, state);
        Ok(())
    }

    /// `101=*78`: this user has dialled it before.
    pub fn dialed(&mut self, house: &House, text: &str) -> Result<(), String> {
        let (user, number) = text.split_once('=').ok_or_else(|| format!("\"{text}\": write 105=*280"))?;
        self.bounded(self.dialed.len())?;
        let user = known_user(house, user)?;
        self.dialed.push((user, number.to_owned()));
        Ok(())
    }

    /// `night/0=true`: this value is stored, in JSON; what is no JSON is a text.
    pub fn value(&mut self, text: &str) -> Result<(), String> {
        let wanted = || format!("\"{text}\": write FAMILY/KEY=VALUE, as night/0=true");
        let (place, value) = text.split_once('=').ok_or_else(wanted)?;
        let (family, key) = place.split_once('/').ok_or_else(wanted)?;
        self.bounded(self.values.len())?;
        let value: serde_json::Value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
        self.values.push((family.to_owned(), key.to_owned(), value_of(&value)));
        Ok(())
    }

    /// `1,2#`: keys for each time that the caller is asked for some.
    pub fn keys(&mut self, text: &str) -> Result<(), String> {
        let is_key = |c: char| c.is_ascii_digit() || "*#ABCDw".contains(c);
        if let Some(wrong) = text.chars().find(|c| !is_key(*c) && *c != ',') {
            return Err(format!(
                "there is no key `{wrong}`: keys are 0-9 * #, with a comma between two answers"
            ));
        }
        self.keys = text.split(',').map(str::to_owned).take(ASSUMED_MAX).collect();
        Ok(())
    }

    /// The same, with what codes leave behind that are dialled just before this moment, in microseconds since the Unix epoch: for calls
    /// at later ones, which find it as it is then.
    pub(crate) fn from(&self, house: &Rc<House>, at_us: i64) -> Self {
        let switched = (!self.dialed.is_empty()).then(|| Rc::new(switch(house, self, at_us)));
        Self { switched, ..self.clone() }
    }

    fn bounded(&self, count: usize) -> Result<(), String> {
        if count < ASSUMED_MAX { Ok(()) } else { Err(format!("more than {ASSUMED_MAX} assumptions")) }
    }

    /// In words, one sentence each.
    pub(crate) fn in_words(&self) -> Vec<String> {
        let mut words = Vec::new();
        for (user, manner) in &self.users {
            words.push(format!("{user} {}", manner_in_words(manner)));
        }
        for (trunk, state) in &self.lines {
            words.push(match state {
                LineState::Down => format!("the trunk {trunk} is down"),
                LineState::Refuses(status) => format!("the trunk {trunk} refuses calls with {status}"),
                LineState::Called(manner) => {
                    format!("who is called by the trunk {trunk} {}", manner_in_words(manner))
                }
            });
        }
        for (user, number) in &self.dialed {
            words.push(format!("{user} has dialled {number} before"));
        }
        for (family, key, value) in &self.values {
            words.push(format!("{family}/{key} is {}", crate::words::value(value)));
        }
        if !self.keys.is_empty() {
            words.push(format!("the caller presses {} when it is asked", self.keys.join(", then ")));
        }
        let others =
            if self.users.is_empty() && self.lines.is_empty() { "phones" } else { "all other phones" };
        words.push(format!("{others} are there and ring, and nobody answers"));
        words.push(format!(
            "a talk lasts {} s; who leaves a message speaks for {} s and hangs up; the caller waits {} s at most",
            self.talk_s, self.message_s, self.patience_s
        ));
        words.push("nothing else is stored or switched, and there is no other call".to_owned());
        words
    }
}

fn manner_in_words(manner: &Manner) -> String {
    match manner {
        Manner::Silent => "does not answer".to_owned(),
        Manner::Answers(after) => format!("answers after {after} s"),
        Manner::Refuses(486) => "is busy".to_owned(),
        Manner::Refuses(603) => "declines".to_owned(),
        Manner::Refuses(status) => format!("refuses with {status}"),
        Manner::Offline => "is offline".to_owned(),
    }
}

/// The words for manners.
const MANNERS: [&str; 7] = ["silent", "answers", "busy", "declines", "refuses", "offline", "dnd"];

fn manner(text: &str) -> Result<Manner, String> {
    let (word, number) = text.split_once(':').map_or((text, None), |(word, number)| (word, Some(number)));
    match (word, number) {
        ("silent", None) => Ok(Manner::Silent),
        ("answers", None) => Ok(Manner::Answers(ANSWERS_AFTER_S)),
        ("answers", Some(after)) => Ok(Manner::Answers(seconds(after)?)),
        // What phones say that are not to be disturbed.
        ("busy" | "dnd", None) => Ok(Manner::Refuses(486)),
        ("declines", None) => Ok(Manner::Refuses(603)),
        ("refuses", Some(status)) => Ok(Manner::Refuses(sip_status(status)?)),
        ("offline", None) => Ok(Manner::Offline),
        ("refuses", None) => Err("refuses takes a SIP status: refuses:480".to_owned()),
        _ => Err(like(format!("there is no state \"{text}\" ({})", MANNERS.join(", ")), word, &MANNERS)),
    }
}

fn manner_of_line(text: &str) -> Result<Manner, String> {
    const WORDS: [&str; 6] = ["down", "refuses", "silent", "answers", "busy", "declines"];
    match manner(text) {
        Ok(Manner::Offline) | Err(_) => {
            let word = text.split(':').next().unwrap_or_default();
            Err(like(format!("a trunk is no \"{text}\" ({})", WORDS.join(", ")), word, &WORDS))
        }
        Ok(manner) => Ok(manner),
    }
}

fn seconds(text: &str) -> Result<u32, String> {
    let s = text.parse::<u32>().ok().filter(|s| *s <= SECONDS_MAX);
    s.ok_or_else(|| format!("\"{text}\" are no seconds, from 0 to {SECONDS_MAX}"))
}

fn sip_status(text: &str) -> Result<u16, String> {
    let status = text.parse::<u16>().ok().filter(|status| (400..=699).contains(status));
    status.ok_or_else(|| format!("\"{text}\" refuses nothing: a SIP status from 400 to 699 does"))
}

pub(crate) fn known_user(house: &House, user: &str) -> Result<String, String> {
    if house.seat_of(user).is_some() {
        return Ok(user.to_owned());
    }
    let known: Vec<&str> = house.seats.iter().map(|seat| seat.user.as_str()).collect();
    Err(like(format!("there is no user \"{user}\" in users.toml"), user, &known))
}

/// A message with the nearest right word.
pub(crate) fn like(message: String, word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("{message}, did you mean \"{near}\"?"),
        None => message,
    }
}

fn value_of(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Unit,
        serde_json::Value::Bool(truth) => Value::Bool(*truth),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(whole) => Value::Int(whole),
            None => Value::Float(number.as_f64().unwrap_or_default()),
        },
        serde_json::Value::String(text) => Value::Text(text.clone()),
        serde_json::Value::Array(list) => Value::List(list.iter().map(value_of).collect()),
        serde_json::Value::Object(map) => {
            Value::Map(map.iter().map(|(key, of)| (key.clone(), value_of(of))).collect())
        }
    }
}
