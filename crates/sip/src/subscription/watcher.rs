//! One subscription: its dialog, and what the watcher has been told.

use super::package::Event;
use super::{Package, Row};
use crate::message::{CSeq, Method, NameAddr, Request, Uri, name};
use cordboard_base::{Hop, Time};
use serde::{Deserialize, Serialize};

/// A subscription's number: for the store, and to find a NOTIFY's outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SubscriptionId(pub u64);

/// One watcher of one resource, and the dialog that its NOTIFYs travel in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Subscription {
    /// Its number.
    pub id: SubscriptionId,
    /// The package.
    pub package: Package,
    /// What is watched, by the name that [`super::Notifier::set_state`] is given.
    pub resource: String,
    /// `id` of the Event header.
    pub event_id: Option<String>,
    /// The dialog's Call-ID.
    pub call_id: String,
    /// We: To of the SUBSCRIBE, with our tag.
    pub local: NameAddr,
    /// The watcher: From of the SUBSCRIBE, with its tag.
    pub remote: NameAddr,
    /// The watcher's Contact.
    pub target: Uri,
    /// The route set, topmost first.
    pub routes: Vec<NameAddr>,
    /// Where its NOTIFYs go.
    pub hop: Hop,
    /// Our Contact.
    pub contact: Uri,
    /// What the watcher calls itself.
    pub user_agent: Option<String>,
    /// When it ends.
    pub expires: Time,
    /// CSeq of the watcher's last SUBSCRIBE.
    pub(super) remote_cseq: u32,
    /// CSeq of our last NOTIFY.
    pub(super) local_cseq: u32,
    /// Version of the next document.
    pub(super) version: u32,
    pub(super) telling: Telling,
    pub(super) ending: Option<EndReason>,
    /// When the last NOTIFY was sent.
    pub(super) told: Option<Time>,
}

/// Where a subscription's NOTIFY is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Telling {
    /// The watcher knows all.
    Idle,
    /// It will be told when its timer fires.
    Waiting,
    /// A NOTIFY is under way.
    InFlight {
        /// Something has changed since.
        again: bool,
    },
}

/// Why a subscription ends (RFC 6665 §4.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum EndReason {
    /// It ran out, or the watcher ended it.
    Timeout,
    /// What it watches is no more.
    NoResource,
}

impl EndReason {
    fn token(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::NoResource => "noresource",
        }
    }
}

impl Subscription {
    pub(super) fn dialog_key(&self) -> (String, String) {
        (self.call_id.clone(), self.local.tag().unwrap_or("").to_owned())
    }

    /// Who watches, for the limit of one watcher.
    pub(super) fn watcher(&self) -> String {
        watcher_of(&self.remote)
    }

    /// Seconds left, rounded up.
    pub fn remaining_s(&self, now: Time) -> u32 {
        u32::try_from((self.expires - now).as_millis().div_ceil(1_000)).unwrap_or(u32::MAX)
    }

    pub(super) fn row(&self, now: Time) -> Row {
        Row::Subscription { subscription: Box::new(self.clone()), remaining_s: self.remaining_s(now) }
    }

    /// Made ready for another process's clock; its next NOTIFY repeats no CSeq and no version.
    pub(super) fn restart(&mut self, expires: Time, step: u32) {
        self.expires = expires;
        self.local_cseq = self.local_cseq.saturating_add(step);
        self.version = self.version.saturating_add(step);
        self.hop = self.hop.by_address();
        self.telling = Telling::Waiting;
        self.told = None;
    }

    pub(super) fn event(&self) -> Event {
        Event { package: self.package, id: self.event_id.clone() }
    }

    /// The next NOTIFY, without its document (RFC 6665 §4.2.2).
    pub(super) fn next_notify(&mut self, now: Time) -> Request {
        self.local_cseq = self.local_cseq.saturating_add(1);
        let mut request = Request::new(Method::Notify, self.target.clone());
        let headers = &mut request.headers;
        for route in &self.routes {
            headers.push(name::ROUTE, route.to_string());
        }
        headers.push(name::FROM, self.local.to_string());
        headers.push(name::TO, self.remote.to_string());
        headers.push(name::CALL_ID, self.call_id.as_str());
        headers.push(name::CSEQ, CSeq { number: self.local_cseq, method: Method::Notify }.to_string());
        headers.push(name::CONTACT, NameAddr::new(self.contact.clone()).to_string());
        headers.push(name::EVENT, self.event().to_string());
        let state = match self.ending {
            None => format!("active;expires={}", self.remaining_s(now)),
            Some(reason) => format!("terminated;reason={}", reason.token()),
        };
        headers.push(name::SUBSCRIPTION_STATE, state);
        request
    }
}

/// The watcher's address, without its tag.
pub(super) fn watcher_of(from: &NameAddr) -> String {
    format!("{}@{}", from.uri.user.as_deref().unwrap_or(""), from.uri.host)
}
