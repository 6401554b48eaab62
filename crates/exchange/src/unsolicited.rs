//! Lamps of phones that do not subscribe to them: they are told of their mailbox without having asked (RFC 3842 §3.1 knows such
//! phones; RFC 6665 wants a subscription, and a phone that does too says so).
//!
//! ```text
//!  REGISTER (new, or with another Call-ID: the phone has started) ─▶ Due, after a while in which it may subscribe
//!  counts change ──────────────────────────────────────────────────▶ Due
//!  Due ─[its mailbox is watched from there]─▶ nothing     ─[else]─▶ NOTIFY ─405, 481, 489 …─▶ never again until it has started anew
//! ```

use crate::Exchange;
use crate::requests::Owner;
use crate::setup::Mwi;
use cordboard_app::MailboxCounts;
use cordboard_base::Time;
use cordboard_sip::endpoint::Outcome;
use cordboard_sip::message::{Uri, name};
use cordboard_sip::registrar::{Binding, BindingId};
use cordboard_sip::subscription::Package;
use core::time::Duration;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A phone that wants to subscribe does so within seconds of its registration.
const WAIT: Duration = Duration::from_secs(5);
/// Between two NOTIFYs to one phone: what comes in between is told by the second.
const GAP: Duration = Duration::from_secs(1);

/// The phones that are told, by their bindings: no more than there may be of those.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Unsolicited(#[serde(with = "cordboard_base::pairs")] BTreeMap<BindingId, Phone>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Phone {
    /// Of its REGISTERs: another one means that it has started anew, with its lamp out.
    call_id: String,
    due: Option<Time>,
    /// When it was told last, and what.
    told: Option<(Time, MailboxCounts)>,
    /// It wants to hear nothing of the kind.
    refuses: bool,
}

impl Unsolicited {
    pub(crate) fn next_deadline(&self) -> Option<Time> {
        self.0.values().filter_map(|phone| phone.due).min()
    }

    pub(crate) fn forget(&mut self, binding: BindingId) {
        self.0.remove(&binding);
    }
}

impl Exchange {
    /// A contact of a user's is there, or was refreshed.
    pub(crate) fn watch_unasked(&mut self, now: Time, binding: &Binding) {
        let user = self.setup.users.get(&binding.aor);
        if user.is_none_or(|user| user.mwi == Mwi::Subscribed) {
            return self.unsolicited.forget(binding.id);
        }
        let known = self.unsolicited.0.get(&binding.id);
        if known.is_none_or(|phone| phone.call_id != binding.call_id) {
            let (call_id, due) = (binding.call_id.clone(), Some(now + WAIT));
            let phone = Phone { call_id, due, told: None, refuses: false };
            self.unsolicited.0.insert(binding.id, phone);
        }
    }

    /// The same for all contacts: after a start, and when the settings have changed.
    pub(crate) fn watch_all_unasked(&mut self, now: Time) {
        let bindings: Vec<Binding> = self.registrar.all().cloned().collect();
        bindings.iter().for_each(|binding| self.watch_unasked(now, binding));
    }

    /// The messages of these users' mailbox have changed.
    pub(crate) fn tell_unasked(&mut self, now: Time, users: &[String]) {
        let bindings = users.iter().flat_map(|user| self.registrar.bindings(user));
        for id in bindings.map(|binding| binding.id) {
            if let Some(phone) = self.unsolicited.0.get_mut(&id) {
                let free = phone.told.map_or(now, |(at, _)| (at + GAP).max(now));
                phone.due = Some(phone.due.map_or(free, |due| due.max(free)));
            }
        }
    }

    /// Tells those whose time has come.
    pub(crate) fn tell_due_unasked(&mut self, now: Time) {
        let is_due = |phone: &Phone| phone.due.is_some_and(|due| due <= now);
        let due: Vec<BindingId> =
            self.unsolicited.0.iter().filter(|(_, phone)| is_due(phone)).map(|(id, _)| *id).collect();
        for id in due {
            if let Some(phone) = self.unsolicited.0.get_mut(&id) {
                phone.due = None;
            }
            match self.registrar.binding(id).cloned() {
                Some(binding) => self.notify_unasked(now, &binding),
                None => self.unsolicited.forget(id),
            }
        }
    }

    fn notify_unasked(&mut self, now: Time, binding: &Binding) {
        let Some((counts, summary)) = self.mailbox_of(self.person_at(&binding.aor)) else { return };
        let hops = binding.hops();
        let watches = self
            .notifier
            .subscriptions()
            .any(|one| one.package == Package::MessageSummary && hops.contains(&one.hop));
        let Some(phone) = self.unsolicited.0.get_mut(&binding.id) else { return };
        if watches {
            // Should it give the subscription up, it knows what it was told by it.
            phone.told = None;
            return;
        }
        if phone.refuses || phone.told.is_some_and(|(_, told)| told == counts) {
            return;
        }
        phone.told = Some((now, counts));
        let host = crate::configure::host(&self.setup.realm);
        let identity = Uri::sip(Some(&binding.aor), host, None);
        let contact = self.contact_towards(&binding.via);
        let mut request = self.notifier.unsolicited(&binding.contact, &identity, &contact, &summary);
        for route in &binding.path {
            request.headers.push(name::ROUTE, route.to_string());
        }
        self.send(now, Owner::Unsolicited(binding.id), binding.via, Box::new(request));
    }

    /// What a phone said to it.
    pub(crate) fn unasked_response(&mut self, id: BindingId, outcome: &Outcome) {
        let Some(phone) = self.unsolicited.0.get_mut(&id) else { return };
        match outcome {
            Outcome::Final(response, _) => match response.status {
                200..=299 => {}
                403..=405 | 481 | 489 | 501 | 603..=606 => phone.refuses = true,
                _ => phone.told = None,
            },
            Outcome::TimedOut | Outcome::Unreachable => phone.told = None,
        }
    }
}
