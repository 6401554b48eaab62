//! The registrar: which contacts an address of record has (RFC 3261 §10.3, RFC 3327, RFC 5626 in its light form).
//!
//! ```text
//!            REGISTER                    REGISTER (refresh)
//! (nothing) ──────────▶ Binding ─┐◀──────────────────────────┐
//!     ▲                    │     └────────────────────────────┘
//!     └────────────────────┴── Expires: 0, `*`, expiry, replaced, removed by hand
//! ```
//! Who may register what is the caller's decision: it comes here with the address of record it has authenticated. A request
//! is applied as a whole or not at all (§10.3 step 7).
//!
//! A phone behind a NAT keeps the Contact it gave, as the responses must show it; calls go to [`Binding::via`] instead, the
//! address its request came from, and an OPTIONS every 20–25 s keeps that path open ([`Output::KeepAlive`]).

mod binding;
mod keep_alive;
#[cfg(test)]
mod model;
mod reach;
#[cfg(test)]
mod tests;
mod wish;

pub use binding::{Binding, BindingId, ContactState, Row};
pub(crate) use reach::reach;
pub use wish::{CONTACT_BYTES_MAX, PATH_MAX};

use crate::message::{NameAddr, Request, Response, Uri, name};
use cordboard_base::{Deadlines, Hop, Source, Time};
use core::time::Duration;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use wish::{Refusal, Registration, Update, Wish};

/// How the registrar behaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// The expiry of a request that names none, in seconds.
    pub expires_default_s: u32,
    /// A shorter wish is answered 423, unless it is an hour or more (RFC 3261 §10.3 step 7).
    pub expires_min_s: u32,
    /// A longer wish is shortened.
    pub expires_max_s: u32,
    /// A longer wish of a phone behind a NAT is shortened; keep-alives make a short one unnecessary.
    pub expires_nat_max_s: u32,
    /// Most contacts of one address of record.
    pub contacts_max: usize,
    /// What happens to a contact past that.
    pub when_full: WhenFull,
    /// Most bindings in all; past that, 503 with Retry-After.
    pub bindings_max: usize,
    /// Longest time between two keep-alives of a phone behind a NAT, in seconds; a fifth less is the shortest. NATs in use
    /// forget a UDP mapping after 30 s.
    pub keep_alive_s: u32,
    /// Who our OPTIONS come from.
    pub identity: Uri,
}

impl Settings {
    /// The usual values: an hour, 60 s to two hours, ten contacts, 10,000 bindings.
    pub fn new(identity: Uri) -> Self {
        Self {
            expires_default_s: 3_600,
            expires_min_s: 60,
            expires_max_s: 7_200,
            expires_nat_max_s: 3_600,
            contacts_max: 10,
            when_full: WhenFull::default(),
            bindings_max: 10_000,
            keep_alive_s: 25,
            identity,
        }
    }
}

/// What happens to one contact more than an address of record may have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhenFull {
    /// It takes the place of the one that was refreshed longest ago: a phone that changes its port at every start, and
    /// never says good-bye, does not lock itself out.
    #[default]
    Replace,
    /// It is refused with 403.
    Refuse,
}

/// Why a binding went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Gone {
    /// It was not refreshed.
    Expired,
    /// The phone said so.
    Unregistered,
    /// Another contact took its place.
    Replaced,
    /// By hand.
    Removed,
}

/// What the registrar yields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Output {
    /// To be kept, in place of an earlier row of that id.
    Store(Box<Row>),
    /// No longer to be kept.
    Erase(BindingId),
    /// A fact: a contact is new, or has moved to another address. A mere refresh is none.
    Registered(Box<Binding>),
    /// A fact: a contact is gone.
    Unregistered {
        /// It.
        binding: Box<Binding>,
        /// Why.
        why: Gone,
    },
    /// An OPTIONS that keeps a NAT's mapping open, to be sent with `Command::Send`; its outcome goes to
    /// [`Registrar::handle_keep_alive`].
    KeepAlive {
        /// For which binding.
        id: BindingId,
        /// Where to.
        hop: Hop,
        /// The request, complete but for Via.
        request: Box<Request>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Timer {
    Expiry(BindingId),
    KeepAlive(BindingId),
}

/// All bindings. Its own state is what is snapshot; a store keeps [`Row`]s.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Registrar {
    settings: Settings,
    source: Source,
    #[serde(with = "cordboard_base::pairs")]
    bindings: BTreeMap<BindingId, Binding>,
    by_aor: BTreeMap<String, Vec<BindingId>>,
    next_id: u64,
    timers: Deadlines<Timer>,
    outputs: VecDeque<Output>,
}

impl Registrar {
    /// An empty registrar.
    pub fn new(settings: Settings, source: Source) -> Self {
        Self {
            settings,
            source,
            bindings: BTreeMap::new(),
            by_aor: BTreeMap::new(),
            next_id: 0,
            timers: Deadlines::default(),
            outputs: VecDeque::new(),
        }
    }

    /// Takes new settings; bindings stay as they are until their next refresh.
    pub fn configure(&mut self, settings: Settings) {
        self.settings = settings;
    }

    /// Puts stored rows back, after a restart. Rows that have no time left are erased. The ids of the rows are kept.
    pub fn restore_rows(&mut self, now: Time, rows: impl IntoIterator<Item = Row>) {
        for Row { mut binding, remaining_s } in rows {
            self.next_id = self.next_id.max(binding.id.0.saturating_add(1));
            if remaining_s == 0 || self.bindings.len() >= self.settings.bindings_max {
                self.outputs.push_back(Output::Erase(binding.id));
                continue;
            }
            binding.expires = now + Duration::from_secs(remaining_s.into());
            binding.via = binding.via.by_address();
            self.put(now, binding);
        }
    }

    /// Answers a REGISTER for `aor`, whose sender the caller has authenticated and allowed. `from` is where it came from.
    pub fn handle_register(&mut self, now: Time, aor: &str, request: &Request, from: &Hop) -> Response {
        self.handle_timeout(now);
        let outcome = Registration::read(request, from, &self.settings)
            .and_then(|registration| self.apply(now, aor, &registration));
        match outcome {
            Ok(()) => self.accepted(now, aor, request),
            Err(refusal) => refusal.response(request, &self.settings),
        }
    }

    /// The bindings of an address of record, the most wanted first (RFC 3261 §16.6: q), then the newest.
    pub fn bindings(&self, aor: &str) -> Vec<&Binding> {
        let ids = self.by_aor.get(aor).map(Vec::as_slice).unwrap_or_default();
        let mut list: Vec<&Binding> = ids.iter().filter_map(|id| self.bindings.get(id)).collect();
        list.sort_by_key(|binding| core::cmp::Reverse((binding.q(), binding.refreshed, binding.id)));
        list
    }

    /// Every binding, by address of record.
    pub fn all(&self) -> impl Iterator<Item = &Binding> {
        self.by_aor.values().flatten().filter_map(|id| self.bindings.get(id))
    }

    /// One binding.
    pub fn binding(&self, id: BindingId) -> Option<&Binding> {
        self.bindings.get(&id)
    }

    /// Removes a binding by hand. Says whether there was one.
    pub fn remove(&mut self, id: BindingId) -> bool {
        self.take(id, Gone::Removed)
    }

    /// Next output; to be drained after every call that may change something.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Self::handle_timeout`] is due.
    pub fn next_deadline(&self) -> Option<Time> {
        self.timers.next()
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Time) {
        while let Some(timer) = self.timers.pop_due(now) {
            match timer {
                Timer::Expiry(id) => {
                    self.take(id, Gone::Expired);
                }
                Timer::KeepAlive(id) => self.keep_alive(now, id),
            }
        }
    }

    fn apply(&mut self, now: Time, aor: &str, registration: &Registration) -> Result<(), Refusal> {
        let mut update = Update::of(self.bindings(aor), registration);
        match &registration.wish {
            Wish::Query => return Ok(()),
            Wish::RemoveAll => update.remove_all()?,
            Wish::Set(contacts) => {
                for contact in contacts {
                    update.set(now, aor, registration, contact)?;
                }
            }
        }
        update.make_room(&self.settings)?;
        let others = self.bindings.len().saturating_sub(self.by_aor.get(aor).map_or(0, Vec::len));
        if others.saturating_add(update.kept.len()) > self.settings.bindings_max && update.adds() {
            return Err(Refusal::Full);
        }
        for (id, why) in update.gone {
            self.take(id, why);
        }
        for (mut binding, touched) in update.kept {
            if touched {
                if binding.id == BindingId::NEW {
                    binding.id = BindingId(self.next_id);
                    self.next_id = self.next_id.saturating_add(1);
                }
                self.put(now, binding);
            }
        }
        Ok(())
    }

    /// Adds or changes one binding, sets its timers and says what changed.
    fn put(&mut self, now: Time, binding: Binding) {
        let id = binding.id;
        self.timers.set(Timer::Expiry(id), binding.expires);
        self.plan_keep_alive(now, &binding);
        self.outputs.push_back(Output::Store(Box::new(binding.row(now))));
        let before = self.bindings.insert(id, binding.clone());
        let moved =
            before.as_ref().is_none_or(|old| old.via != binding.via || old.contact != binding.contact);
        if before.is_none() {
            self.by_aor.entry(binding.aor.clone()).or_default().push(id);
        }
        if moved {
            self.outputs.push_back(Output::Registered(Box::new(binding)));
        }
    }

    fn take(&mut self, id: BindingId, why: Gone) -> bool {
        let Some(binding) = self.bindings.remove(&id) else { return false };
        self.timers.cancel(&Timer::Expiry(id));
        self.timers.cancel(&Timer::KeepAlive(id));
        if let Some(ids) = self.by_aor.get_mut(&binding.aor) {
            ids.retain(|other| *other != id);
            if ids.is_empty() {
                self.by_aor.remove(&binding.aor);
            }
        }
        self.outputs.push_back(Output::Erase(id));
        self.outputs.push_back(Output::Unregistered { binding: Box::new(binding), why });
        true
    }

    /// 200 with every binding and its seconds left (RFC 3261 §10.3 step 8).
    fn accepted(&self, now: Time, aor: &str, request: &Request) -> Response {
        let mut response = request.response(200);
        for binding in self.bindings(aor) {
            let contact: NameAddr = binding.listed(now);
            response.headers.push(name::CONTACT, contact.to_string());
        }
        // RFC 3327 §5.3: the Path is shown to the phone as it was stored.
        for path in request.headers.all(name::PATH) {
            response.headers.push(name::PATH, path);
        }
        response.headers.push(name::SUPPORTED, "path, outbound");
        response
    }
}
