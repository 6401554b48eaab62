//! Requests of ours outside of sessions, and whose they are.

use cordboard_sip::endpoint::RequestId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Which machine sent a request, with its own number for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Owner {
    /// A keep-alive of a binding.
    KeepAlive(cordboard_sip::registrar::BindingId),
    /// A NOTIFY.
    Subscription(Option<cordboard_sip::subscription::SubscriptionId>),
    /// A NOTIFY that nobody has subscribed to, to this contact.
    Unsolicited(cordboard_sip::registrar::BindingId),
    /// A REGISTER or OPTIONS of a trunk.
    Trunk(cordboard_sip::trunk::TrunkRequestId),
    /// A MESSAGE that we pass on; nobody waits for its fate but the sender's transaction.
    Relay(cordboard_sip::endpoint::ServerTxn),
    /// A MESSAGE of our own.
    Text,
}

/// Those under way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Requests {
    next: u64,
    owners: BTreeMap<u64, Owner>,
}

impl Requests {
    pub(crate) fn add(&mut self, owner: Owner) -> RequestId {
        self.next += 1;
        self.owners.insert(self.next, owner);
        RequestId(self.next)
    }

    /// Every request ends in exactly one response, so the table is as long as the endpoint's.
    pub(crate) fn take(&mut self, id: RequestId) -> Option<Owner> {
        self.owners.remove(&id.0)
    }
}
