//! Emergency calls: a number of these that one of our users dials goes out by any trunk there is, whatever else is set.
//!
//! The number is looked at before the dialplan: no route, script, context or limit of a script has a say in it. An application of
//! its own dials ([`APP`]); what it dials is flagged in its stack and on the trunk's leg, so that the exchange finds a way where
//! other calls would find none, and neither the longest time of calls nor a shutdown ends it.
//!
//! Only a call that somebody of ours makes to such a number counts: dialled, or as the number that a user of ours transfers to or
//! consults. A forward that leads there does not, nor does whoever is outside.

use crate::leg::Leg;
use crate::program::stack::Stack;
use crate::state::State;
use crate::transfer::blind::{TRANSFERRED_AT, TRANSFERRED_BY};
use crate::world::World;
use cordboard_app::Value;
use cordboard_base::LegId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The application that dials.
pub(crate) const APP: &str = "emergency";

/// What the user part of `urn:service:sos` and of its kinds is (RFC 5031 §4.1).
const SOS: &str = "service:sos";

/// Which numbers are for emergencies, and how they go out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OfficeEmergency {
    /// The numbers.
    pub numbers: Vec<String>,
    /// What people dial before a number out of habit.
    pub prefixes: Vec<String>,
    /// The trunks, in order. Empty: there is no way out, and such a number is one like others.
    pub trunks: Vec<String>,
    /// The number that is shown as the caller's; empty: the trunk's own.
    pub caller: String,
    /// The number of the place where a user's phone is, shown instead.
    pub callers: BTreeMap<String, String>,
}

impl Default for OfficeEmergency {
    fn default() -> Self {
        let texts = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect();
        Self {
            numbers: texts(&["112", "911", "999"]),
            prefixes: texts(&["9", "0"]),
            trunks: Vec::new(),
            caller: String::new(),
            callers: BTreeMap::new(),
        }
    }
}

impl OfficeEmergency {
    /// The emergency number that `dialed` means; `None`: it means another, or nothing could carry it.
    pub fn number_of(&self, dialed: &str) -> Option<&str> {
        if self.trunks.is_empty() {
            return None;
        }
        let dialed = dialed.split(';').next().unwrap_or_default().trim_end_matches('#');
        let sos = dialed.get(..SOS.len()).is_some_and(|start| start.eq_ignore_ascii_case(SOS));
        if sos {
            return self.numbers.first().map(String::as_str);
        }
        let known = |number: &str| self.numbers.iter().find(|known| *known == number).map(String::as_str);
        let prefixed = |prefix: &String| known(dialed.strip_prefix(prefix.as_str())?);
        known(dialed).or_else(|| self.prefixes.iter().find_map(prefixed))
    }

    /// The number of the place where a user's phone is; empty: the trunk's own is shown.
    pub fn caller_of(&self, user: &str) -> &str {
        self.callers.get(user).unwrap_or(&self.caller)
    }
}

/// A number that is to be dialled for an emergency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Emergency {
    /// Which of our users is in need, or has transferred who is.
    pub(crate) user: String,
    /// Whose phone it is.
    pub(crate) phone: String,
    /// The number itself, without what was dialled before it.
    pub(crate) number: String,
    /// What is shown as the caller's; empty: the trunk's own.
    pub(crate) caller: String,
    trunks: Vec<String>,
}

impl Emergency {
    /// What the application is told.
    pub(crate) fn arguments(&self) -> Value {
        let text = |text: &String| Value::Text(text.clone());
        let trunks = self.trunks.iter().map(text).collect();
        Value::List(vec![text(&self.number), Value::List(trunks), text(&self.caller)])
    }
}

impl State {
    /// Whether a leg dials an emergency number: it is one of our users', or a user of ours has transferred it there.
    pub(crate) fn emergency(
        &self,
        w: &World,
        subject: LegId,
        dialed: &str,
        vars: &BTreeMap<String, Value>,
    ) -> Option<Emergency> {
        let office = &w.office.emergency;
        let number = office.number_of(dialed)?.to_owned();
        let leg = self.legs.get(&subject);
        // Who is outside sends nobody of ours there, who has not dialled it.
        if matches!(vars.get(TRANSFERRED_BY), Some(Value::Untrusted(_))) {
            return None;
        }
        let by = |variable: &str| match vars.get(variable) {
            Some(Value::Text(user)) => Some(user.as_str()),
            Some(_) | None => None,
        };
        // Where somebody is shows by the phone, whoever has logged in at it.
        let (user, phone) = match leg.and_then(Leg::user) {
            Some(user) => (user, leg.and_then(|leg| leg.owner.phone.as_deref()).unwrap_or(user)),
            None => (by(TRANSFERRED_BY)?, by(TRANSFERRED_AT).or(by(TRANSFERRED_BY))?),
        };
        let (user, phone) = (user.to_owned(), phone.to_owned());
        let caller = office.caller_of(&phone).to_owned();
        Some(Emergency { user, phone, number, caller, trunks: office.trunks.clone() })
    }

    /// Whether somebody in this call talks with an emergency service, or calls it.
    pub(crate) fn is_emergency(&self) -> bool {
        let dials = |stack: &Stack| stack.emergency && stack.hung.is_none();
        self.stacks.values().any(dials) || self.legs.values().any(|leg| leg.emergency && leg.is_live())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn office() -> OfficeEmergency {
        OfficeEmergency { trunks: vec!["itsp".to_owned()], ..OfficeEmergency::default() }
    }

    #[test]
    fn a_number_is_known_as_people_and_phones_write_it() {
        let office = office();
        for (dialed, number) in [
            ("112", Some("112")),
            ("9112", Some("112")),
            ("0911", Some("911")),
            ("999", Some("999")),
            ("9999", Some("999")),
            ("112#", Some("112")),
            ("911;phone-context=+1", Some("911")),
            ("service:sos", Some("112")),
            ("service:SOS.police", Some("112")),
            ("99", None),
            ("99112", None),
            ("1123", None),
            ("1112", None),
            ("*112", None),
            ("", None),
            ("servicé:sos", None),
        ] {
            assert_eq!(office.number_of(dialed), number, "{dialed}");
        }
    }

    #[test]
    fn without_a_way_out_it_is_a_number_like_others() {
        assert_eq!(OfficeEmergency::default().number_of("112"), None);
    }

    #[test]
    fn a_phones_own_place_is_shown_before_the_offices() {
        let callers = BTreeMap::from([("101".to_owned(), "+4930555101".to_owned())]);
        let office = OfficeEmergency { caller: "+4930555000".to_owned(), callers, ..office() };
        assert_eq!((office.caller_of("101"), office.caller_of("102")), ("+4930555101", "+4930555000"));
    }
}
