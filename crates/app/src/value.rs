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
    /// Values in order.
    List(Vec<Value>),
    /// Values by name.
    Map(BTreeMap<String, Value>),
}
