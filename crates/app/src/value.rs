//! A plain value, as it crosses between scripts, stores and applications.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A value. Floats compare by bits here; none of them is a NaN.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// Nothing (`()` in Rhai).
    #[default]
    Unit,
    /// A truth.
    Bool(bool),
    /// A number.
    Int(i64),
    /// A number.
    Float(f64),
    /// A text.
    Text(String),
    /// A text that somebody outside supplied; it stays marked on its way through a script.
    Untrusted(String),
    /// A validated destination.
    Destination(Box<crate::Destination>),
    /// Values in order.
    List(Vec<Value>),
    /// Values by name.
    Map(BTreeMap<String, Value>),
}

impl Value {
    /// How much room it takes, roughly.
    pub fn bytes(&self) -> usize {
        const FRAME: usize = 16;
        match self {
            Self::Unit | Self::Bool(_) | Self::Int(_) | Self::Float(_) => FRAME,
            Self::Text(text) | Self::Untrusted(text) => FRAME + text.len(),
            Self::Destination(_) => FRAME + 64,
            Self::List(list) => list.iter().map(Self::bytes).sum::<usize>() + FRAME,
            Self::Map(map) => map.iter().map(|(key, item)| key.len() + item.bytes()).sum::<usize>() + FRAME,
        }
    }

    /// A value of an application's own type, on its way to a service or back.
    pub fn of<T: Serialize>(value: &T) -> Self {
        serde_json::to_string(value).map_or(Self::Unit, Self::Text)
    }

    /// What [`Value::of`] made; `None`: it is something else.
    pub fn to<T: for<'de> Deserialize<'de>>(&self) -> Option<T> {
        serde_json::from_str(self.text()?).ok()
    }

    /// A request of the service of that kind, which [`Value::of`] has made; else what the asker is told.
    pub fn request<T: for<'de> Deserialize<'de>>(&self, kind: &str) -> Result<T, String> {
        self.to().ok_or_else(|| format!("no request that the service {kind} knows"))
    }

    /// A text, whoever supplied it.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Untrusted(text) => Some(text),
            Self::Unit
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Float(_)
            | Self::Destination(_)
            | Self::List(_)
            | Self::Map(_) => None,
        }
    }

    /// An argument of a verb by its place.
    pub fn argument(&self, n: usize) -> &Self {
        static NONE: Value = Value::Unit;
        match self {
            Self::List(values) => values.get(n).unwrap_or(&NONE),
            Self::Unit
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Float(_)
            | Self::Text(_)
            | Self::Untrusted(_)
            | Self::Destination(_)
            | Self::Map(_) => &NONE,
        }
    }

    /// An entry of a map.
    pub fn entry(&self, key: &str) -> &Self {
        static NONE: Value = Value::Unit;
        match self {
            Self::Map(values) => values.get(key).unwrap_or(&NONE),
            Self::Unit
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Float(_)
            | Self::Text(_)
            | Self::Untrusted(_)
            | Self::Destination(_)
            | Self::List(_) => &NONE,
        }
    }

    /// A destination, or those of a list; whatever else stands in it is left out.
    pub fn destinations(&self) -> Vec<crate::Destination> {
        let one = |value: &Self| if let Self::Destination(to) = value { Some((**to).clone()) } else { None };
        if let Self::List(list) = self {
            list.iter().filter_map(one).collect()
        } else {
            one(self).into_iter().collect()
        }
    }

    /// A truth.
    pub fn truth(&self) -> Option<bool> {
        if let Self::Bool(truth) = self { Some(*truth) } else { None }
    }

    /// A whole number.
    pub fn int(&self) -> Option<i64> {
        if let Self::Int(number) = self { Some(*number) } else { None }
    }

    /// Seconds, in ms, `None` where there are none.
    pub fn seconds_ms(&self) -> Option<u32> {
        match self {
            Self::Int(seconds) => u32::try_from(seconds.saturating_mul(1_000)).ok(),
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded just before")]
            Self::Float(seconds) if (0.0..=86_400.0).contains(seconds) => Some((seconds * 1_000.0) as u32),
            Self::Float(_)
            | Self::Unit
            | Self::Bool(_)
            | Self::Text(_)
            | Self::Untrusted(_)
            | Self::Destination(_)
            | Self::List(_)
            | Self::Map(_) => None,
        }
    }
}
