//! Hot desks: who has logged in at whose phone. The phone registers and proves itself as what it is; whose calls it makes and takes
//! is another matter, settled here and nowhere else:
//!
//! ```text
//!  INVITE, proven as 106 ──▶ person_at(106) = 102 ──▶ 102's context, identity, rights, lamps; the phone stays 106 for emergencies
//!  a call for 102 ─────────▶ phones_of(102) = 106's contacts, and 102's own unless they are to be silent
//!  a call for 106 ─────────▶ phones_of(106) = none, unless the phone rings for its own user too
//! ```
//! The service `hotdesk` decides who may, and keeps it over a restart.

use crate::Exchange;
use cordboard_app::Guest;
use cordboard_base::Time;
use cordboard_sip::registrar::Binding;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// By the user whose phone it is: a phone has one guest, and somebody sits at one phone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Desks(BTreeMap<String, Guest>);

impl Exchange {
    /// Whose calls the phone of a user makes: that user's, or who has logged in there.
    pub(crate) fn person_at<'a>(&'a self, phone: &'a str) -> &'a str {
        let guest = self.desks.0.get(phone).map(|guest| guest.user.as_str());
        guest.filter(|user| self.setup.users.contains_key(*user)).unwrap_or(phone)
    }

    /// Every contact by which a user is reached now, with the user whose phone it is.
    pub(crate) fn phones_of(&self, user: &str) -> Vec<(String, &Binding)> {
        let taken = self.desks.0.get(user).filter(|_| self.person_at(user) != user);
        let away = self.desks.0.values().find(|guest| guest.user == user);
        let own = taken.is_none_or(|guest| guest.for_owner) && away.is_none_or(|guest| guest.at_home);
        let at = |phone: &String| {
            self.registrar.bindings(phone).into_iter().map(|it| (phone.clone(), it)).collect()
        };
        let mut phones: Vec<(String, &Binding)> = if own { at(&user.to_owned()) } else { Vec::new() };
        for phone in self.desks.0.iter().filter(|(_, guest)| guest.user == user).map(|(phone, _)| phone) {
            phones.extend(at(phone));
        }
        phones
    }

    /// The phones at which one of these users has logged in.
    pub(crate) fn phones_with_guests(&self, users: &[String]) -> Vec<String> {
        let guests = self.desks.0.iter().filter(|(_, guest)| users.contains(&guest.user));
        guests.map(|(phone, _)| phone.clone()).collect()
    }

    /// Somebody logs in at a phone, or out.
    pub(crate) fn set_desk(&mut self, now: Time, phone: &str, guest: Option<Guest>) {
        let before = self.person_at(phone).to_owned();
        match guest {
            Some(guest) => drop(self.desks.0.insert(phone.to_owned(), guest)),
            None => drop(self.desks.0.remove(phone)),
        }
        self.user_changed(now, &before);
        self.user_changed(now, phone);
        self.show_messages(now, phone);
        self.soft_keys_moved(phone);
    }

    /// A phone's name as `cordboard phones` shows it.
    pub(crate) fn name_at(&self, phone: &str, name: &str) -> String {
        let person = self.person_at(phone);
        if person == phone { name.to_owned() } else { format!("{name} ({person} has logged in)") }
    }
}
