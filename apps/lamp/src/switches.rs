//! The office's part, and all of it: which lamp is how.

use crate::KIND;
use cordboard_app::{Answered, AskId, Asker, Change, Identity, Moment, Service, ServiceOutput, Value};
use cordboard_base::Time;
use core::time::Duration;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// Lamps that are kept: what scripts name after callers has an end. A further one is refused.
pub const LAMPS_MAX: usize = 10_000;
/// As long as a name may be.
const NAME_MAX: usize = 64;

/// How a lamp is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Light {
    #[default]
    Off,
    On,
    Blinking,
}

impl Light {
    fn of(word: &str) -> Option<Self> {
        match word {
            "off" => Some(Self::Off),
            "on" => Some(Self::On),
            "blinking" => Some(Self::Blinking),
            _ => None,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::On => "on",
            Self::Blinking => "blinking",
        }
    }

    /// As phones see a call by which they light a key.
    fn state(self) -> &'static str {
        match self {
            Self::Off => "idle",
            Self::On => "busy",
            Self::Blinking => "ringing",
        }
    }
}

/// A lamp, and when it goes out by itself, in Unix seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Row", into = "Row")]
struct Lit {
    light: Light,
    until_unix_s: Option<i64>,
}

/// As it is kept: the state alone, where it has no end.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Row {
    Lasting(Light),
    Ending { light: Light, until_unix_s: i64 },
}

impl From<Row> for Lit {
    fn from(row: Row) -> Self {
        match row {
            Row::Lasting(light) => Self { light, until_unix_s: None },
            Row::Ending { light, until_unix_s } => Self { light, until_unix_s: Some(until_unix_s) },
        }
    }
}

impl From<Lit> for Row {
    fn from(Lit { light, until_unix_s }: Lit) -> Self {
        match until_unix_s {
            None => Self::Lasting(light),
            Some(until_unix_s) => Self::Ending { light, until_unix_s },
        }
    }
}

/// All lamps.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Switches {
    /// Those that were ever switched.
    lamps: BTreeMap<String, Lit>,
    /// When the next one goes out by itself.
    deadline: Option<Time>,
    /// What is being written, by its number.
    writing: BTreeMap<u64, Wish>,
    next_number: u64,
    #[serde(skip)]
    out: VecDeque<ServiceOutput>,
}

/// Who wants which lamp how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Wish {
    ask: AskId,
    lamp: String,
    lit: Lit,
}

impl Service for Switches {
    const KIND: &'static str = KIND;

    fn out(&mut self) -> &mut VecDeque<ServiceOutput> {
        &mut self.out
    }

    fn kept(&mut self, _at: Moment, key: String, row: &str) {
        if let Ok(lit) = serde_json::from_str(row) {
            self.light(key, lit);
        }
    }

    fn asked(&mut self, _at: Moment, ask: AskId, _asker: &Asker, request: &Value) -> Answered {
        self.lamp(ask, request)
    }

    fn written(&mut self, _at: Moment, number: u64, failed: Option<String>) {
        let Some(Wish { ask, lamp, lit }) = self.writing.remove(&number) else { return };
        let value = match failed {
            Some(error) => Err(error),
            None => {
                self.light(lamp, lit);
                Ok(Value::Unit)
            }
        };
        self.out.push_back(ServiceOutput::Answer { ask, value });
    }

    /// What is due goes out, after a restart as well, and it is worked out what is due next.
    fn settle(&mut self, at: Moment) {
        let due = |(_, lit): &(&String, &Lit)| lit.until_unix_s.is_some_and(|until| until <= at.unix_s());
        let over: Vec<String> = self.lamps.iter().filter(due).map(|(name, _)| name.clone()).collect();
        for key in over {
            let lit = Lit::default();
            let row = serde_json::to_string(&lit).unwrap_or_default();
            self.light(key.clone(), lit);
            self.out.push_back(ServiceOutput::Keep { key, row, expires_unix_s: i64::MAX });
        }
        self.deadline = self.lamps.values().filter_map(|lit| lit.until_unix_s).min().map(|until_s| {
            let left_us = until_s.saturating_mul(1_000_000).saturating_sub(at.unix_us);
            at.now + Duration::from_micros(u64::try_from(left_us).unwrap_or(0))
        });
    }

    fn next_deadline(&self) -> Option<Time> {
        self.deadline
    }
}

impl Switches {
    /// `#{ lamp, to }` switches it, until the Unix time `until` if one is said; `#{ lamp }` asks how it is.
    fn lamp(&mut self, ask: AskId, request: &Value) -> Answered {
        let lamp = request.entry("lamp").text().filter(|name| is_name(name));
        let lamp = lamp.ok_or("no lamp can be named so")?.to_owned();
        let known = self.lamps.get(&lamp).copied();
        let Some(word) = request.entry("to").text() else {
            return Ok(Some(Value::Text(known.unwrap_or_default().light.word().to_owned())));
        };
        let light = Light::of(word).ok_or_else(|| format!("a lamp is on, off or blinking, not {word}"))?;
        if known.is_none() && self.lamps.len() >= LAMPS_MAX {
            return Err(format!("there are {LAMPS_MAX} lamps already"));
        }
        let number = self.next_number;
        self.next_number += 1;
        let lit = Lit { light, until_unix_s: request.entry("until").int() };
        let row = serde_json::to_string(&lit).unwrap_or_default();
        let changes = vec![Change::Keep { key: lamp.clone(), row, expires_unix_s: i64::MAX }];
        self.writing.insert(number, Wish { ask, lamp, lit });
        self.out.push_back(ServiceOutput::Commit { number, changes });
        Ok(None)
    }

    fn light(&mut self, name: String, lit: Lit) {
        self.lamps.insert(name.clone(), lit);
        let (state, other) = (lit.light.state().to_owned(), Identity::default());
        self.out.push_back(ServiceOutput::Lamp { name, state, other });
    }
}

/// What phones can watch as a number: no space, no quote, nothing that an address of SIP would have to escape.
fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '*' | '-' | '_' | '.' | '+');
    !name.is_empty() && name.len() <= NAME_MAX && name.chars().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cordboard_app::{Hosted, ServiceInput};
    use cordboard_base::{CallId, Time};

    fn handle(switches: &mut Switches, input: ServiceInput) -> Vec<ServiceOutput> {
        *switches = {
            let mut restored = Switches::default();
            assert!(restored.restore(&switches.snapshot()));
            restored
        };
        switches.handle(Time::ZERO, 0, input);
        core::iter::from_fn(|| switches.poll()).collect()
    }

    fn asks(switches: &mut Switches, lamp: &str, to: Option<&str>) -> Vec<ServiceOutput> {
        let text = |text: &str| Value::Text(text.to_owned());
        let mut request = BTreeMap::from([("lamp".to_owned(), text(lamp))]);
        request.extend(to.map(|to| ("to".to_owned(), text(to))));
        let asker = Asker { call: CallId(1), caller: Identity::default(), user: None, lang: String::new() };
        handle(switches, ServiceInput::Asked { ask: AskId(7), asker, request: Value::Map(request) })
    }

    fn answer(outputs: &[ServiceOutput]) -> Result<Value, String> {
        match outputs {
            [.., ServiceOutput::Answer { ask: AskId(7), value }] => value.clone(),
            _ => panic!("no answer: {outputs:?}"),
        }
    }

    #[test]
    fn a_lamp_is_lit_and_answered_for_when_it_is_on_the_disk() {
        let mut switches = Switches::default();
        let outputs = asks(&mut switches, "*280", Some("on"));
        let [ServiceOutput::Commit { number, changes }] = outputs.as_slice() else { panic!("{outputs:?}") };
        assert!(matches!(&changes[..], [Change::Keep { key, .. }] if key == "*280"), "{changes:?}");
        assert_eq!(answer(&asks(&mut switches, "*280", None)), Ok(Value::Text("off".to_owned())));
        let outputs = handle(&mut switches, ServiceInput::Written { number: *number, failed: None });
        assert!(
            matches!(&outputs[0], ServiceOutput::Lamp { name, state, .. } if name == "*280" && state == "busy")
        );
        assert_eq!(answer(&outputs), Ok(Value::Unit));
        assert_eq!(answer(&asks(&mut switches, "*280", None)), Ok(Value::Text("on".to_owned())));
    }

    #[test]
    fn what_could_not_be_written_stays_as_it_was_and_is_said() {
        let mut switches = Switches::default();
        asks(&mut switches, "*280", Some("blinking"));
        let failed = Some("the disk is full".to_owned());
        let outputs = handle(&mut switches, ServiceInput::Written { number: 0, failed });
        assert_eq!((outputs.len(), answer(&outputs)), (1, Err("the disk is full".to_owned())));
        assert_eq!(answer(&asks(&mut switches, "*280", None)), Ok(Value::Text("off".to_owned())));
    }

    #[test]
    fn a_kept_lamp_is_as_it_was_and_a_spoilt_row_lights_nothing() {
        let mut switches = Switches::default();
        let kept = |row: &str| ServiceInput::Kept { key: "door".to_owned(), row: row.to_owned() };
        assert_eq!(handle(&mut switches, kept("{")), []);
        let outputs = handle(&mut switches, kept("\"blinking\""));
        assert!(matches!(&outputs[..], [ServiceOutput::Lamp { state, .. }] if state == "ringing"));
    }

    #[test]
    fn a_lamp_that_has_an_end_goes_out_by_itself_and_stays_out() {
        let mut switches = Switches::default();
        let row = serde_json::to_string(&Lit { light: Light::On, until_unix_s: Some(100) }).unwrap();
        let mut at = |unix_s: i64, input: ServiceInput| {
            switches.handle(Time::ZERO, unix_s * 1_000_000, input);
            let outputs: Vec<ServiceOutput> = core::iter::from_fn(|| switches.poll()).collect();
            (outputs, Hosted::next_deadline(&switches))
        };
        let kept = ServiceInput::Kept { key: "*271".to_owned(), row };
        let (outputs, deadline) = at(40, kept.clone());
        assert!(matches!(&outputs[..], [ServiceOutput::Lamp { state, .. }] if state == "busy"));
        assert_eq!(deadline, Some(Time::ZERO + Duration::from_secs(60)));
        assert_eq!(at(99, ServiceInput::Tick).0, []);
        let (outputs, deadline) = at(100, ServiceInput::Tick);
        let [ServiceOutput::Lamp { state, .. }, ServiceOutput::Keep { key, row, .. }] = &outputs[..] else {
            panic!("{outputs:?}")
        };
        assert_eq!((state.as_str(), key.as_str(), row.as_str(), deadline), ("idle", "*271", "\"off\"", None));
        // Its time came while the exchange was down.
        let (outputs, _) = at(200, kept);
        assert!(
            matches!(&outputs[..], [.., ServiceOutput::Lamp { state, .. }, ServiceOutput::Keep { .. }] if state == "idle")
        );
    }

    #[test]
    fn names_words_and_numbers_of_lamps_are_bounded() {
        let mut switches = Switches::default();
        let longest = "x".repeat(NAME_MAX);
        assert!(matches!(&asks(&mut switches, &longest, Some("on"))[..], [ServiceOutput::Commit { .. }]));
        for name in ["", "a b", "a@b", "<a>", &"x".repeat(NAME_MAX + 1)] {
            assert!(answer(&asks(&mut switches, name, Some("on"))).is_err(), "{name}");
        }
        assert!(answer(&asks(&mut switches, "door", Some("green"))).unwrap_err().contains("green"));
        switches.lamps = (0..LAMPS_MAX).map(|n| (n.to_string(), Lit::default())).collect();
        assert!(answer(&asks(&mut switches, "door", Some("on"))).unwrap_err().contains("10000"));
        assert!(matches!(&asks(&mut switches, "7", Some("on"))[..], [ServiceOutput::Commit { .. }]));
    }
}
