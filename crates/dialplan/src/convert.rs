//! Values between scripts and the call core.

use crate::untrusted::Untrusted;
use cordboard_app::Value;
use rhai::{Array, Dynamic, Map};

/// How deep a value may nest on its way out of a script.
const DEPTH_MAX: u32 = 32;

/// A script's value as plain data; the text says what can't be data.
pub(crate) fn to_value(value: &Dynamic) -> Result<Value, String> {
    convert(value, DEPTH_MAX)
}

fn convert(value: &Dynamic, depth: u32) -> Result<Value, String> {
    let deeper = depth.checked_sub(1).ok_or_else(|| format!("data nests at most {DEPTH_MAX} deep"))?;
    if value.is_unit() {
        return Ok(Value::Unit);
    }
    if let Some(untrusted) = value.read_lock::<Untrusted>() {
        return Ok(Value::Untrusted(untrusted.0.to_string()));
    }
    if let Some(target) = value.read_lock::<crate::verbs::Target>() {
        return Ok(Value::Destination(Box::new(target.0.clone())));
    }
    if let Ok(truth) = value.as_bool() {
        return Ok(Value::Bool(truth));
    }
    if let Ok(number) = value.as_int() {
        return Ok(Value::Int(number));
    }
    if let Ok(number) = value.as_float() {
        return if number.is_finite() {
            Ok(Value::Float(number))
        } else {
            Err("this is no number".to_owned())
        };
    }
    if let Ok(c) = value.as_char() {
        return Ok(Value::Text(c.to_string()));
    }
    if let Some(list) = value.read_lock::<Array>() {
        return list.iter().map(|item| convert(item, deeper)).collect::<Result<_, _>>().map(Value::List);
    }
    if let Some(map) = value.read_lock::<Map>() {
        let pairs = map.iter().map(|(key, item)| Ok((key.to_string(), convert(item, deeper)?)));
        return pairs.collect::<Result<_, String>>().map(Value::Map);
    }
    if value.is_string() {
        return Ok(Value::Text(value.clone().into_string().unwrap_or_default()));
    }
    Err(format!("{} can't be kept as data", crate::options::kind(value)))
}

/// Plain data as a script's value; what is marked as untrusted stays so.
pub(crate) fn from_value(value: &Value) -> Dynamic {
    match value {
        Value::Unit => Dynamic::UNIT,
        Value::Bool(truth) => (*truth).into(),
        Value::Int(number) => (*number).into(),
        Value::Float(number) => (*number).into(),
        Value::Text(text) => text.as_str().into(),
        Value::Untrusted(text) => Untrusted::dynamic(text),
        Value::Destination(target) => Dynamic::from(crate::verbs::Target((**target).clone())),
        Value::List(list) => list.iter().map(from_value).collect::<Array>().into(),
        Value::Map(map) => {
            map.iter().map(|(key, item)| (key.as_str().into(), from_value(item))).collect::<Map>().into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn values_survive_the_way_there_and_back() {
        let map = BTreeMap::from([(
            "a".to_owned(),
            Value::List(vec![Value::Int(1), Value::Float(0.5), Value::Unit]),
        )]);
        for value in
            [Value::Text("x".into()), Value::Untrusted("y".into()), Value::Bool(true), Value::Map(map)]
        {
            assert_eq!(to_value(&from_value(&value)), Ok(value));
        }
    }

    #[test]
    fn functions_and_numbers_that_are_none_are_refused() {
        assert!(to_value(&Dynamic::from(rhai::FnPtr::new("f").unwrap())).is_err());
        assert!(to_value(&Dynamic::from(f64::NAN)).is_err());
    }
}
