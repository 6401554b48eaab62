//! The files of `etc` as a test may have them otherwise, for itself alone.

use crate::agree;
use crate::config::{self, Config, ConfigError, Facts, Place};
use cordboard_dialplan::{Configured, Dialplan};
use cordboard_exchange::Setup;
use cordboard_rehearsal::{Changes, Configuration, overlay};
use serde_json::{Map, Value};
use std::path::PathBuf;

/// The configuration as it was read, where its files are, and the dialplan that is to fit it.
pub(super) struct Files {
    pub(super) config: Config,
    pub(super) etc: PathBuf,
    pub(super) dialplan: Dialplan,
}

impl Configuration for Files {
    fn files(&self) -> Vec<String> {
        config::FILES.map(str::to_owned).to_vec()
    }

    fn changed(&self, changes: &Changes) -> Result<(Setup, Configured), String> {
        let change = |name: &str, own: toml::Table| {
            let mut whole = json(own);
            if let Some(settings) = changes.get(name) {
                overlay(&mut whole, settings);
            }
            table(whole)
        };
        let config = self.config.changed(&self.etc, changes.keys().map(String::as_str), change);
        let config = config.map_err(|errors| {
            let told: Vec<String> = errors.0.iter().map(told).collect();
            told.join("\n")
        })?;
        let setup = config.setup(Facts::of_no_process());
        let findings = agree::findings(&setup, &self.dialplan, Some(config.office.features.profile));
        let wrong: Vec<&str> =
            findings.iter().filter(|it| it.is_error()).map(|it| it.message.as_str()).collect();
        if wrong.is_empty() { Ok((setup, config.configured())) } else { Err(wrong.join("\n")) }
    }
}

/// What is wrong, without a place: the text in which it stands is nobody's file.
fn told(error: &ConfigError) -> String {
    let file = error.file.file_name().unwrap_or_default().to_string_lossy();
    let line = error.place.as_deref().map(|Place { text, .. }| format!(" `{}`:", text.trim()));
    let advice = error.advice().map(|advice| format!(", {advice}")).unwrap_or_default();
    format!("{file}:{} {}{advice}", line.unwrap_or_default(), error.message.trim_end())
}

fn json(table: toml::Table) -> Map<String, Value> {
    table.into_iter().map(|(key, value)| (key, json_of(value))).collect()
}

fn json_of(value: toml::Value) -> Value {
    match value {
        toml::Value::Table(table) => Value::Object(json(table)),
        toml::Value::Array(list) => list.into_iter().map(json_of).collect(),
        toml::Value::String(text) => Value::String(text),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::Boolean(truth) => truth.into(),
        // None of our keys takes one: the file is refused for it, whatever it is called here.
        toml::Value::Datetime(time) => Value::String(time.to_string()),
    }
}

/// Back again; what is `null` is not there.
fn table(map: Map<String, Value>) -> toml::Table {
    map.into_iter().filter_map(|(key, value)| Some((key, toml_of(value)?))).collect()
}

fn toml_of(value: Value) -> Option<toml::Value> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(truth) => toml::Value::Boolean(truth),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => toml::Value::Integer(whole),
            None => toml::Value::Float(number.as_f64()?),
        },
        Value::String(text) => toml::Value::String(text),
        Value::Array(list) => toml::Value::Array(list.into_iter().filter_map(toml_of).collect()),
        Value::Object(map) => toml::Value::Table(table(map)),
    })
}
