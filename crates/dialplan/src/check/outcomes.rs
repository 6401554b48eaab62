//! What verbs and functions yield: the fields and words of their results. For applications it is what their manuals say.

use super::tree::{Kind, Node};
use super::values::{Record, Value, Words};
use crate::office::Office;
use cordboard_app::Manual;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Statuses of `ch.dial`; `key` only with the option `keys`.
const DIAL: [&str; 5] = ["answered", "busy", "no-answer", "unavailable", "failed"];

/// Results by the verb's name.
pub(super) struct Outcomes {
    /// What `holiday` yields where it is one.
    holidays: Value,
    applications: BTreeMap<&'static str, Value>,
}

impl Outcomes {
    pub(super) fn new(manuals: &[&'static Manual], office: Option<&Office>) -> Self {
        let applications = manuals.iter().map(|manual| (manual.verb, of_manual(manual))).collect();
        let holidays = office.map_or(Value::Any, |office| {
            let words = office.holidays.clone();
            Value::WordOrNothing(Words { words, verb: Some("holiday".to_owned()) })
        });
        Self { holidays, applications }
    }

    /// `f(x)`, `module::f(x)`
    pub(super) fn of_function(&self, module: Option<&str>, name: &str) -> Value {
        match (module, name) {
            (None, "user" | "trunk" | "extension") => Value::Target,
            (None, "only" | "strftime" | "today") => Value::Text(None),
            (None, "matches" | "in_time" | "limit" | "user_exists") => Value::Bool,
            (None, "rand") => Value::Number,
            (None, "holiday") => self.holidays.clone(),
            (None, "hours") => record("hours", &[("open", Value::Bool), ("next", Value::Any)]),
            _ => Value::Any,
        }
    }

    /// `x.f(y)`
    pub(super) fn of_method(&self, on: &Node, name: &str, args: &[Node]) -> Value {
        if on.is_var("ch") {
            return self.of_verb(name, args);
        }
        match name {
            "sub_string" | "to_upper" | "to_lower" | "to_string" => Value::Text(None),
            "starts_with" | "ends_with" | "is_empty" => Value::Bool,
            "parse_int" | "len" => Value::Number,
            _ => Value::Any,
        }
    }

    fn of_verb(&self, name: &str, args: &[Node]) -> Value {
        match name {
            "dial" => dial(args.get(1)),
            "menu" => Value::Text(args.first().and_then(choices)),
            "read" => Value::Text(None),
            "authenticate" => Value::Bool,
            "wait_silence" => Value::Bool,
            _ => self.applications.get(name).cloned().unwrap_or(Value::Any),
        }
    }

    /// `x.f` of what is no known map.
    pub(super) fn of_field(&self, on: &Node, name: &str) -> Value {
        match &on.kind {
            Kind::Var(variable) if variable == "ch" => match name {
                "dialed" | "argument" | "lang" | "context" => Value::Text(None),
                _ => Value::Any,
            },
            Kind::Field { on, name: part } if on.is_var("ch") => match (part.as_str(), name) {
                ("caller", "number" | "name" | "privacy") => Value::Text(None),
                ("cdr", "billsec") => Value::Number,
                ("cdr", "answered") => Value::Bool,
                _ => Value::Any,
            },
            _ => Value::Any,
        }
    }
}

fn record(verb: &str, fields: &[(&str, Value)]) -> Value {
    let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    Value::Record(Rc::new(Record { verb: Some(verb.to_owned()), fields }))
}

fn words<'w>(verb: &str, words: impl IntoIterator<Item = &'w str>) -> Value {
    let words: BTreeSet<String> = words.into_iter().map(str::to_owned).collect();
    Value::Text(Some(Words { words, verb: Some(verb.to_owned()) }))
}

fn dial(options: Option<&Node>) -> Value {
    let has_keys = match options.map(|options| &options.kind) {
        None => false,
        Some(Kind::Map(entries)) => entries.iter().any(|(key, _)| key == "keys"),
        // Options that were made elsewhere may have anything.
        Some(_) => true,
    };
    let status = words("dial", DIAL.into_iter().chain(has_keys.then_some("key")));
    let any = || Value::Any;
    record(
        "dial",
        &[
            ("status", status),
            ("by", any()),
            ("cause", Value::Text(None)),
            ("secs", Value::Number),
            ("hangup_by", any()),
            ("key", any()),
        ],
    )
}

/// What a menu can yield: its `choices`, or nothing typed.
fn choices(options: &Node) -> Option<Words> {
    let Kind::Map(entries) = &options.kind else { return None };
    let (_, choices) = entries.iter().find(|(key, _)| key == "choices")?;
    let mut words = BTreeSet::from([String::new()]);
    match &choices.kind {
        Kind::Text(digits) => words.extend(digits.chars().map(String::from)),
        Kind::Array(items) => {
            for item in items {
                let Kind::Text(text) = &item.kind else { return None };
                words.insert(text.clone());
            }
        }
        _ => return None,
    }
    Some(Words { words, verb: Some("menu".to_owned()) })
}

/// `#{ status, secs }; status: left, kicked (by whom), full`, or `#{status: "a"|"b", saved: true|false}`: what is not written
/// like this is not known.
fn of_manual(manual: &'static Manual) -> Value {
    let Some((map, rest)) = manual.outcome.strip_prefix("#{").and_then(|text| text.split_once('}')) else {
        return Value::Any;
    };
    // Another map may be yielded in its place.
    if rest.contains("#{") {
        return Value::Any;
    }
    let rest = without_brackets(rest);
    let fields: Vec<(&str, Value)> = map
        .split(',')
        .map(|field| {
            let (name, values) = field.split_once(':').unwrap_or((field, ""));
            let name = name.trim();
            let quoted: Vec<&str> = values.split('|').map(str::trim).filter(|w| w.starts_with('"')).collect();
            if !quoted.is_empty() {
                return (name, words(manual.verb, quoted.into_iter().map(|word| word.trim_matches('"'))));
            }
            (name, listed(&rest, name).map_or(Value::Any, |list| words(manual.verb, list)))
        })
        .collect();
    record(manual.verb, &fields)
}

/// The words behind `status:` or `status is`, if they are words.
fn listed<'t>(text: &'t str, field: &str) -> Option<Vec<&'t str>> {
    let start = [format!("{field}: "), format!("{field} is ")]
        .iter()
        .find_map(|mark| text.find(mark.as_str()).map(|at| at + mark.len()))?;
    let list = text.get(start..)?.split(['.', ';']).next()?;
    let words: Vec<&str> = list.split([',']).flat_map(|part| part.split(" or ")).map(str::trim).collect();
    let is_word = |word: &&str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    words.iter().all(is_word).then_some(words)
}

fn without_brackets(text: &str) -> String {
    let mut depth = 0_usize;
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statuses(verb: &str) -> Option<Vec<String>> {
        let outcomes = Outcomes::new(&cordboard_installed::installed().applications.manuals(), None);
        match outcomes.of_verb(verb, &[]) {
            Value::Record(record) => match record.fields.get("status") {
                Some(Value::Text(Some(words))) => Some(words.words.iter().cloned().collect()),
                _ => None,
            },
            _ => None,
        }
    }

    #[test]
    fn manuals_tell_which_statuses_there_are() {
        assert_eq!(statuses("voicemail").unwrap(), ["failed", "success", "userexit"]);
        assert_eq!(statuses("unpark").unwrap(), ["answered", "failed", "nobody"]);
        let queue = statuses("queue").unwrap();
        for wanted in ["answered", "timeout", "full", "joinempty", "callback", "failed"] {
            assert!(queue.iter().any(|word| word == wanted), "{wanted}: {queue:?}");
        }
        for verb in ["conference", "park", "page", "amd", "disa", "spy", "directory", "dictate", "wakeup"] {
            assert!(statuses(verb).is_some_and(|words| words.len() > 2), "{verb}: {:?}", statuses(verb));
        }
        assert_eq!(statuses("park_or_retrieve"), None);
    }
}
