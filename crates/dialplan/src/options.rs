//! Option maps: one schema per verb, used twice. While loading it checks literal maps, and at the call the map itself.

use crate::nearest::did_you_mean;
use crate::running::Fault;
use crate::untrusted::{is_untrusted, text_of};
use rhai::{Dynamic, Map};

pub(crate) use cordboard_app::{Schema, Takes, option};

/// The longest time an option can give, in seconds.
pub(crate) const SECONDS_MAX: f64 = 86_400.0;

/// What the dialplan does with a schema.
pub(crate) trait Reads {
    /// What is wrong with a key, if it is, and what may be meant.
    fn unknown(&self, name: &str) -> Option<(String, Option<String>)>;
    /// Checks a whole map at the call.
    fn read(&'static self, value: Option<&Dynamic>) -> Result<Options, Fault>;
}

/// What the dialplan does with what an option takes.
pub(crate) trait Checks {
    /// Whether a value fits; else what would.
    fn check(self, value: &Dynamic) -> Result<(), String>;
    /// Whether a value fits.
    fn fits(self, value: &Dynamic) -> bool;
}

impl Reads for Schema {
    fn unknown(&self, name: &str) -> Option<(String, Option<String>)> {
        if self.key(name).is_some() {
            return None;
        }
        let hint = did_you_mean(name, self.names()).or_else(|| {
            let names: Vec<&str> = self.names().collect();
            Some(if names.is_empty() {
                "it has no options".to_owned()
            } else {
                format!("known: {}", names.join(", "))
            })
        });
        Some((format!("there is no option `{name}`"), hint))
    }

    fn read(&'static self, value: Option<&Dynamic>) -> Result<Options, Fault> {
        let Some(value) = value else { return Ok(Options::default()) };
        let Some(map) = value.read_lock::<Map>() else {
            return Err(Fault::Error(format!("options are a map, `#{{ … }}`, not {}", kind(value))));
        };
        for (name, value) in map.iter() {
            if let Some((message, hint)) = self.unknown(name) {
                return Err(Fault::Error(hint.map_or(message.clone(), |hint| format!("{message}: {hint}"))));
            }
            if let Some(key) = self.key(name) {
                key.takes.check(value).map_err(|wanted| {
                    Fault::Error(format!("the option `{name}` takes {wanted}, not {}", kind(value)))
                })?;
            }
        }
        Ok(Options(map.clone()))
    }
}

impl Checks for Takes {
    fn check(self, value: &Dynamic) -> Result<(), String> {
        if self.fits(value) { Ok(()) } else { Err(self.to_string()) }
    }

    fn fits(self, value: &Dynamic) -> bool {
        let list = || value.read_lock::<rhai::Array>();
        match self {
            Self::Seconds => seconds(value).is_some(),
            Self::SecondsList => {
                list().map_or_else(|| seconds(value).is_some(), |l| l.iter().all(|v| seconds(v).is_some()))
            }
            Self::Integer(from, to) => value.as_int().is_ok_and(|n| (from..=to).contains(&n)),
            Self::Text => value.is_string(),
            Self::AnyText => text_of(value).is_some(),
            Self::Prompts => value.is_string() || list().is_some(),
            Self::Digits => value.is_string() && text_of(value).is_some_and(|t| is_digits(&t)),
            Self::Word(words) => {
                value.is_string() && text_of(value).is_some_and(|text| words.contains(&text.as_str()))
            }
            Self::Bool => value.is_bool(),
            Self::Map => value.is_map(),
            Self::Destinations => list().map_or_else(|| is_target(value), |l| l.iter().all(is_target)),
            Self::Data => crate::convert::to_value(value).is_ok(),
        }
    }
}

fn is_target(value: &Dynamic) -> bool {
    value.read_lock::<crate::verbs::Target>().is_some()
}

/// Whether all are digits of a telephone key pad.
pub(crate) fn is_digits(text: &str) -> bool {
    text.chars().all(|c| matches!(c, '0'..='9' | '*' | '#' | 'A'..='D'))
}

/// What a value is, for messages.
pub(crate) fn kind(value: &Dynamic) -> String {
    if is_untrusted(value) {
        return "a text that the caller supplied".to_owned();
    }
    match value.type_name() {
        "string" => format!("\"{}\"", value.clone().into_immutable_string().unwrap_or_default()),
        "i64" | "f64" | "bool" => value.to_string(),
        "()" => "nothing".to_owned(),
        "array" => "an array".to_owned(),
        "map" => "a map".to_owned(),
        "Fn" => "a function".to_owned(),
        other => other.rsplit("::").next().unwrap_or(other).to_owned(),
    }
}

/// Seconds, as a whole number or with fractions, within a day.
pub(crate) fn seconds(value: &Dynamic) -> Option<f64> {
    #[allow(clippy::cast_precision_loss, reason = "whole seconds of a day are exact")]
    let seconds = value.as_float().or_else(|_| value.as_int().map(|n| n as f64)).ok()?;
    (0.0..=SECONDS_MAX).contains(&seconds).then_some(seconds)
}

/// Seconds in ms.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 86,400,000 fits")]
pub(crate) fn milliseconds(seconds: f64) -> u32 {
    (seconds.clamp(0.0, SECONDS_MAX) * 1_000.0).round() as u32
}

/// A checked option map.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options(Map);

impl Options {
    pub(crate) fn get(&self, name: &str) -> Option<&Dynamic> {
        self.0.get(name).filter(|value| !value.is_unit())
    }

    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.get(name).and_then(text_of).map(|text| text.to_string())
    }

    /// In ms.
    pub(crate) fn ms(&self, name: &str) -> Option<u32> {
        self.get(name).and_then(seconds).map(milliseconds)
    }

    pub(crate) fn bool(&self, name: &str) -> Option<bool> {
        self.get(name).and_then(|value| value.as_bool().ok())
    }

    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        self.get(name).and_then(|value| value.as_int().ok())
    }
}
