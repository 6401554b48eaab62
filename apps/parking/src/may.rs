//! What the two may do by digits when a parked call was fetched, or has come back.

use crate::manual::MAY;
use cordboard_app::Value;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Who may do something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Who {
    /// Nobody.
    #[default]
    No,
    /// Who has fetched it, or to whom it has come back.
    Fetcher,
    /// Who was parked.
    Parked,
    /// Each of them.
    Both,
}

impl Who {
    /// As scripts say it; what is no word for it lets nobody.
    fn of(value: &Value) -> Self {
        match (value.truth(), value.text()) {
            (Some(true), _) | (_, Some("both")) => Self::Both,
            (_, Some("fetcher")) => Self::Fetcher,
            (_, Some("parked")) => Self::Parked,
            (_, _) => Self::No,
        }
    }

    /// As a talk is told, in which this one called.
    fn of_talk(self, caller: Self) -> Value {
        match self {
            Self::No => Value::Bool(false),
            Self::Both => Value::Bool(true),
            one if one == caller => Value::Text("caller".to_owned()),
            Self::Fetcher | Self::Parked => Value::Text("callee".to_owned()),
        }
    }
}

/// Who may do what; only what is said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct May(BTreeMap<String, Who>);

impl May {
    /// By the options of a script.
    pub(crate) fn of_options(options: &Value) -> Self {
        let said = MAY.iter().map(|key| (*key, options.entry(key)));
        let said = said.filter(|(_, value)| **value != Value::Unit);
        Self(said.map(|(key, value)| (key.to_owned(), Who::of(value))).collect())
    }

    /// By a lot's settings.
    pub(crate) fn of_lot(settings: [Who; MAY.len()]) -> Self {
        Self(MAY.iter().zip(settings).map(|(key, who)| ((*key).to_owned(), who)).collect())
    }

    /// As a talk is told in which `caller` called; what is not said here is as in `lot`.
    pub(crate) fn of_talk(&self, lot: &Self, caller: Who) -> BTreeMap<String, Value> {
        let all = lot.0.iter().chain(&self.0);
        all.map(|(key, who)| (key.clone(), who.of_talk(caller))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_script_does_not_say_is_as_in_the_lot_and_sides_are_those_of_the_talk() {
        let lot = May::of_lot([Who::Both, Who::Fetcher, Who::No, Who::No]);
        let options = Value::Map(BTreeMap::from([
            ("transfer".to_owned(), Value::Text("parked".to_owned())),
            ("hold".to_owned(), Value::Bool(true)),
            ("disconnect".to_owned(), Value::Text("everybody".to_owned())),
        ]));
        let text = |text: &str| Value::Text(text.to_owned());
        for (caller, [parked, fetcher]) in
            [(Who::Fetcher, ["callee", "caller"]), (Who::Parked, ["caller", "callee"])]
        {
            let told = May::of_options(&options).of_talk(&lot, caller);
            let wanted = [text(parked), text(fetcher), Value::Bool(true), Value::Bool(false)];
            assert_eq!(MAY.map(|key| told[key].clone()), wanted);
        }
    }
}
