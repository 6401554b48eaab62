//! Another configuration for a single test. What a file of `etc` may hold is the shell's to know: it is asked, and as strict as it
//! is with the file.

use crate::fault::{Fault, fault};
use cordboard_dialplan::Configured;
use cordboard_exchange::Setup;
use rhai::{Array, Dynamic, Map};
use serde_json::Value;
use std::collections::BTreeMap;

/// Maps within maps of a setting at most: a file has three.
const DEPTH_MAX: usize = 8;

/// What stands otherwise: by the name of a file, without `.toml`. `null` takes a key out, so that it has its default.
pub type Changes = BTreeMap<String, serde_json::Map<String, Value>>;

/// Knows the configuration's files.
pub trait Configuration {
    /// Their names, without `.toml`.
    fn files(&self) -> Vec<String>;

    /// The office with these settings in its files, and what its scripts are told while they are loaded. The error says in a
    /// sentence what is wrong with a setting.
    fn changed(&self, changes: &Changes) -> Result<(Setup, Configured), String>;
}

/// Puts settings into others: maps are joined, anything else takes the place of what was there.
pub fn overlay(under: &mut serde_json::Map<String, Value>, over: &serde_json::Map<String, Value>) {
    for (key, value) in over {
        match (under.get_mut(key), value) {
            (Some(Value::Object(under)), Value::Object(over)) => overlay(under, over),
            (Some(_) | None, value) => drop(under.insert(key.clone(), value.clone())),
        }
    }
}

/// Settings as a test writes them.
pub(crate) fn settings(map: &Map) -> Result<serde_json::Map<String, Value>, Fault> {
    let entries = map.iter().map(|(key, of)| Ok((key.to_string(), setting(of, DEPTH_MAX)?)));
    entries.collect()
}

fn setting(value: &Dynamic, depth: usize) -> Result<Value, Fault> {
    let Some(depth) = depth.checked_sub(1) else { return Err(fault("settings are not nested so deeply")) };
    if value.is_unit() {
        return Ok(Value::Null);
    }
    if let Ok(truth) = value.as_bool() {
        return Ok(truth.into());
    }
    if let Ok(number) = value.as_int() {
        return Ok(number.into());
    }
    if let Ok(number) = value.as_float() {
        return Ok(number.into());
    }
    if let Some(list) = value.read_lock::<Array>() {
        return list.iter().map(|item| setting(item, depth)).collect();
    }
    if let Some(map) = value.read_lock::<Map>() {
        let entries = map.iter().map(|(key, of)| Ok((key.to_string(), setting(of, depth)?)));
        return entries.collect::<Result<serde_json::Map<_, _>, Fault>>().map(Value::Object);
    }
    value.clone().into_string().map(Value::String).map_err(|kind| fault(format!("a {kind} is no setting")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_are_joined_and_anything_else_is_replaced() {
        let map = |text: &str| serde_json::from_str::<serde_json::Map<String, Value>>(text).unwrap();
        let mut under = map(r#"{"a": {"b": 1, "c": [1, 2]}, "d": 1}"#);
        overlay(&mut under, &map(r#"{"a": {"c": [3], "e": null}, "d": {"f": 1}, "g": true}"#));
        assert_eq!(under, map(r#"{"a": {"b": 1, "c": [3], "e": null}, "d": {"f": 1}, "g": true}"#));
    }
}
