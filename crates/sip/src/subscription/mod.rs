//! Event packages: who watches what, and telling them (RFC 6665, RFC 3903).
//!
//! ```text
//!              SUBSCRIBE                 expiry, Expires: 0, noresource
//! (nothing) ──────────────▶ Subscription ──────────────────────────────▶ last NOTIFY (terminated) ─▶ (nothing)
//!                             │    ▲                                           481, 408, … to a NOTIFY ─▶ (nothing)
//!                 state changed    2xx to the NOTIFY
//!                             ▼    │
//!     Idle ─▶ Waiting (rate limit) ─▶ InFlight ─▶ Idle, or Waiting again if the state changed meanwhile
//! ```
//! The state of resources comes in as plain data ([`Notifier::set_state`]); every NOTIFY carries the whole state, so a lost one is
//! healed by the next. Who may watch what is the caller's decision. One NOTIFY of a subscription is under way at a time;
//! changes meanwhile are merged into the next.
//!
//! Subscriptions, states and publications are handed out as rows to be kept; after a restart [`Notifier::restore_rows`] puts them
//! back and tells every watcher the state, without waiting for its next SUBSCRIBE.

mod document;
mod features;
#[cfg(test)]
mod model;
mod notify;
mod package;
mod publish;
mod state;
mod subscribe;
#[cfg(test)]
mod tests;
mod watcher;

pub use document::DIALOGS_MAX;
pub use features::{FeatureKeys, FeatureWish, ForwardKind, Forwarding};
pub use package::Package;
pub use publish::{BODY_MAX, ETag, PUBLICATIONS_PER_RESOURCE_MAX, Publication};
pub use state::{
    Availability, DialogDirection, DialogPhase, MessageSummary, Presence, ResourceState, WatchedDialog,
};
pub use watcher::{Subscription, SubscriptionId};

use crate::message::{Request, Response};
use cordboard_base::{Deadlines, Hop, Source, Time};
use core::time::Duration;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How subscriptions behave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// The expiry of a request that names none, in seconds.
    pub expires_default_s: u32,
    /// A shorter wish is answered 423.
    pub expires_min_s: u32,
    /// A longer wish is shortened.
    pub expires_max_s: u32,
    /// Most subscriptions in all; past that, 503 with Retry-After.
    pub subscriptions_max: usize,
    /// Most subscriptions of one watcher, by its From; past that, 403. The biggest key modules have some 120 lamps.
    pub subscriptions_per_watcher_max: usize,
    /// Most publications in all; past that, 503 with Retry-After.
    pub publications_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            expires_default_s: 3_600,
            expires_min_s: 60,
            expires_max_s: 7_200,
            subscriptions_max: 20_000,
            subscriptions_per_watcher_max: 300,
            publications_max: 10_000,
        }
    }
}

/// Something to be kept over a restart. The times within mean nothing to another process; what counts is `remaining_s`,
/// which the store ties to its wall clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Row {
    /// A subscription.
    Subscription {
        /// It.
        subscription: Box<Subscription>,
        /// Seconds left.
        remaining_s: u32,
    },
    /// A resource's last state. Has no expiry.
    State {
        /// Of which resource.
        resource: String,
        /// It.
        state: ResourceState,
    },
    /// A publication.
    Publication {
        /// It.
        publication: Publication,
        /// Seconds left.
        remaining_s: u32,
    },
}

/// What tells rows apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum RowKey {
    /// A subscription.
    Subscription(SubscriptionId),
    /// A state.
    State(Package, String),
    /// A publication.
    Publication(ETag),
}

impl Row {
    /// What tells it apart: a later row of that key takes its place.
    pub fn key(&self) -> RowKey {
        match self {
            Self::Subscription { subscription, .. } => RowKey::Subscription(subscription.id),
            Self::State { resource, state } => RowKey::State(state.package(), resource.clone()),
            Self::Publication { publication, .. } => RowKey::Publication(publication.etag.clone()),
        }
    }

    /// Seconds that it is worth something; `None`: until it is forgotten.
    pub fn remaining_s(&self) -> Option<u32> {
        match self {
            Self::Subscription { remaining_s, .. } | Self::Publication { remaining_s, .. } => {
                Some(*remaining_s)
            }
            Self::State { .. } => None,
        }
    }

    /// With the seconds that are left when it is read back.
    pub fn with_remaining_s(mut self, left_s: u32) -> Self {
        match &mut self {
            Self::Subscription { remaining_s, .. } | Self::Publication { remaining_s, .. } => {
                *remaining_s = left_s
            }
            Self::State { .. } => {}
        }
        self
    }
}

/// What comes out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Output {
    /// A NOTIFY for `Command::Send`. To be sent after the response of the request that was being handled.
    Send {
        /// Its outcome goes to [`Notifier::handle_response`] with this; `None`: the outcome matters to nobody.
        id: Option<SubscriptionId>,
        /// Where to.
        hop: Hop,
        /// The request, complete but for Via.
        request: Box<Request>,
    },
    /// To be kept.
    Persist(Row),
    /// No longer to be kept.
    Forget(RowKey),
    /// A fact: a phone has published its presence, or no longer does (`None`).
    Published {
        /// Of which resource.
        resource: String,
        /// Whether the newest publication says `open`.
        open: Option<bool>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Timer {
    Expiry(SubscriptionId),
    Notify(SubscriptionId),
    Publication(String, ETag),
}

/// All subscriptions and publications. Its own state is what is snapshot; a store keeps [`Row`]s.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notifier {
    settings: Settings,
    source: Source,
    next_id: u64,
    #[serde(with = "cordboard_base::pairs")]
    subscriptions: BTreeMap<SubscriptionId, Subscription>,
    /// By Call-ID and our tag.
    #[serde(with = "cordboard_base::pairs")]
    by_dialog: BTreeMap<(String, String), SubscriptionId>,
    #[serde(with = "cordboard_base::pairs")]
    by_resource: BTreeMap<(Package, String), BTreeSet<SubscriptionId>>,
    by_watcher: BTreeMap<String, usize>,
    #[serde(with = "cordboard_base::pairs")]
    states: BTreeMap<(Package, String), ResourceState>,
    /// By resource and entity tag.
    #[serde(with = "cordboard_base::pairs")]
    publications: BTreeMap<(String, ETag), Publication>,
    timers: Deadlines<Timer>,
    outputs: VecDeque<Output>,
}

/// Added to a restored subscription's CSeq: more NOTIFYs than the busiest lamp gets between two refreshes, which is when
/// its row is written. So a restart never repeats a CSeq (RFC 3261 §12.2.1.1), and nothing is written per NOTIFY.
const RESTART_CSEQ_STEP: u32 = 100_000;

/// Time between the first NOTIFYs after a restart: a thousand a second, so that neither we nor the phones choke.
const RESTART_SPREAD: Duration = Duration::from_millis(1);

impl Notifier {
    /// One without subscriptions.
    pub fn new(settings: Settings, source: Source) -> Self {
        Self {
            settings,
            source,
            next_id: 0,
            subscriptions: BTreeMap::new(),
            by_dialog: BTreeMap::new(),
            by_resource: BTreeMap::new(),
            by_watcher: BTreeMap::new(),
            states: BTreeMap::new(),
            publications: BTreeMap::new(),
            timers: Deadlines::default(),
            outputs: VecDeque::new(),
        }
    }

    /// Takes new settings; what is there stays.
    pub fn configure(&mut self, settings: Settings) {
        self.settings = settings;
    }

    /// The state of a resource, as its watchers shall see it. An unchanged one tells nobody anything.
    pub fn set_state(&mut self, now: Time, resource: &str, state: ResourceState) {
        let key = (state.package(), resource.to_owned());
        if self.states.get(&key) == Some(&state) {
            return;
        }
        self.outputs
            .push_back(Output::Persist(Row::State { resource: resource.to_owned(), state: state.clone() }));
        self.states.insert(key.clone(), state);
        self.changed(now, &key);
    }

    /// A resource is no more: its watchers are told so, and their subscriptions end (`noresource`).
    pub fn remove_resource(&mut self, now: Time, package: Package, resource: &str) {
        let key = (package, resource.to_owned());
        for id in self.watchers(&key) {
            self.terminate(now, id, watcher::EndReason::NoResource);
        }
        if self.states.remove(&key).is_some() {
            self.outputs.push_back(Output::Forget(RowKey::State(package, key.1)));
        }
    }

    /// A phone of `user` is reached elsewhere now, as its REGISTER shows: the NOTIFYs of its subscriptions follow, and those that
    /// could not be delivered to the old place go out at once.
    pub fn handle_moved(&mut self, now: Time, user: &str, from: Hop, to: Hop) {
        let (from, to) = (from.by_address(), to.by_address());
        let mut waiting = Vec::new();
        for subscription in self.subscriptions.values_mut() {
            if subscription.hop.by_address() == from && subscription.remote.uri.user.as_deref() == Some(user)
            {
                subscription.hop = to;
                self.outputs.push_back(Output::Persist(subscription.row(now)));
                if subscription.telling == watcher::Telling::Waiting {
                    waiting.push(subscription.id);
                }
            }
        }
        for id in waiting {
            self.notify(now, id);
        }
    }

    /// Every subscription.
    pub fn subscriptions(&self) -> impl Iterator<Item = &Subscription> {
        self.subscriptions.values()
    }

    /// What an in-dialog SUBSCRIBE watches; `None` if it belongs to no subscription of ours.
    pub fn resource_of(&self, request: &Request) -> Option<&str> {
        let id = self.find(request)?;
        self.subscriptions.get(&id).map(|subscription| subscription.resource.as_str())
    }

    /// Next output; to be drained after every call.
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
                Timer::Expiry(id) => self.terminate(now, id, watcher::EndReason::Timeout),
                Timer::Notify(id) => self.notify(now, id),
                Timer::Publication(resource, etag) => self.unpublish(now, (resource, etag)),
            }
        }
    }

    /// Puts stored rows back after a restart, and tells every watcher what the state is.
    pub fn restore_rows(&mut self, now: Time, rows: impl IntoIterator<Item = Row>) {
        let mut first_notify = now;
        for row in rows {
            if row.remaining_s() == Some(0) {
                self.outputs.push_back(Output::Forget(row.key()));
                continue;
            }
            match row {
                Row::State { resource, state } => {
                    self.states.entry((state.package(), resource)).or_insert(state);
                }
                Row::Publication { publication, remaining_s } => {
                    let expires = now + Duration::from_secs(remaining_s.into());
                    let key = publication.key();
                    self.timers.set(Timer::Publication(key.0.clone(), key.1.clone()), expires);
                    self.publications.insert(key, Publication { expires, at: now, ..publication });
                }
                Row::Subscription { mut subscription, remaining_s } => {
                    let id = subscription.id;
                    self.next_id = self.next_id.max(id.0.saturating_add(1));
                    let expires = now + Duration::from_secs(remaining_s.into());
                    subscription.restart(expires, RESTART_CSEQ_STEP);
                    self.insert(now, *subscription);
                    first_notify = first_notify + RESTART_SPREAD;
                    self.timers.set(Timer::Notify(id), first_notify);
                }
            }
        }
    }

    /// Whether anybody watches this of a resource.
    pub fn is_watched(&self, package: Package, resource: &str) -> bool {
        self.by_resource.contains_key(&(package, resource.to_owned()))
    }

    fn watchers(&self, key: &(Package, String)) -> Vec<SubscriptionId> {
        self.by_resource.get(key).map(|ids| ids.iter().copied().collect()).unwrap_or_default()
    }

    fn changed(&mut self, now: Time, key: &(Package, String)) {
        for id in self.watchers(key) {
            self.touch(now, id);
        }
    }

    fn insert(&mut self, now: Time, subscription: Subscription) {
        let id = subscription.id;
        self.timers.set(Timer::Expiry(id), subscription.expires);
        self.by_dialog.insert(subscription.dialog_key(), id);
        let key = (subscription.package, subscription.resource.clone());
        self.by_resource.entry(key).or_default().insert(id);
        *self.by_watcher.entry(subscription.watcher()).or_default() += 1;
        self.outputs.push_back(Output::Persist(subscription.row(now)));
        self.subscriptions.insert(id, subscription);
    }

    fn remove(&mut self, id: SubscriptionId) {
        let Some(subscription) = self.subscriptions.remove(&id) else { return };
        self.timers.cancel(&Timer::Expiry(id));
        self.timers.cancel(&Timer::Notify(id));
        self.by_dialog.remove(&subscription.dialog_key());
        let key = (subscription.package, subscription.resource.clone());
        if let Some(ids) = self.by_resource.get_mut(&key) {
            ids.remove(&id);
            if ids.is_empty() {
                self.by_resource.remove(&key);
            }
        }
        let watcher = subscription.watcher();
        if let Some(count) = self.by_watcher.get_mut(&watcher) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.by_watcher.remove(&watcher);
            }
        }
        self.outputs.push_back(Output::Forget(RowKey::Subscription(id)));
    }
}

/// 503, to be tried again.
fn full(request: &Request) -> Response {
    let mut response = request.response(503);
    response.headers.push(crate::message::name::RETRY_AFTER, "60");
    response
}
