//! What is watched, as plain data.

use super::{FeatureKeys, Package};
use crate::message::{NameAddr, Uri};
use serde::{Deserialize, Serialize};

/// The whole state of one resource in one package.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ResourceState {
    /// Its dialogs; an idle phone has none.
    Dialog(Vec<WatchedDialog>),
    /// Its mailbox.
    MessageSummary(MessageSummary),
    /// Its presence, as the exchange knows it. What the phone itself has published goes before it.
    Presence(Presence),
    /// How the soft keys of its phones stand.
    FeatureKeys(FeatureKeys),
}

impl ResourceState {
    /// Of which package it is.
    pub fn package(&self) -> Package {
        match self {
            Self::Dialog(_) => Package::Dialog,
            Self::MessageSummary(_) => Package::MessageSummary,
            Self::Presence(_) => Package::Presence,
            Self::FeatureKeys(_) => Package::FeatureKeys,
        }
    }

    /// The state of a resource that nothing is known of.
    pub(super) fn unknown(package: Package) -> Self {
        match package {
            Package::Dialog => Self::Dialog(Vec::new()),
            Package::MessageSummary => Self::MessageSummary(MessageSummary::default()),
            Package::Presence => Self::Presence(Presence::default()),
            Package::FeatureKeys => Self::FeatureKeys(FeatureKeys::default()),
        }
    }
}

/// How far a dialog is (RFC 4235 §3.7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DialogPhase {
    /// Dialled, nothing heard yet.
    Trying,
    /// Dialled, a provisional response without a tag.
    Proceeding,
    /// It rings.
    Early,
    /// They talk.
    Confirmed,
    /// It is over.
    Terminated,
}

/// Who called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DialogDirection {
    /// The resource did.
    Initiator,
    /// The resource was called.
    Recipient,
}

/// One dialog of a resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WatchedDialog {
    /// Tells it apart from others of the resource; stays the same for its life.
    pub id: String,
    /// How far it is.
    pub phase: DialogPhase,
    /// Who called.
    pub direction: DialogDirection,
    /// The other side, if watchers may know.
    pub remote: Option<NameAddr>,
    /// What a watcher puts into Replaces to pick the call up: Call-ID, the resource's tag, our tag.
    pub replaces: Option<(String, String, String)>,
}

/// A mailbox's counts (RFC 3842 §5.2).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageSummary {
    /// Where to call to hear them.
    pub account: Option<Uri>,
    /// New messages, urgent ones included.
    pub new: u32,
    /// Old messages, urgent ones included.
    pub old: u32,
    /// New urgent messages.
    pub new_urgent: u32,
    /// Old urgent messages.
    pub old_urgent: u32,
}

/// Whether somebody can be reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Availability {
    /// No phone is there.
    #[default]
    Offline,
    /// A phone is there, and idle.
    Available,
    /// In a call.
    OnThePhone,
    /// Away from the desk.
    Away,
    /// Not to be disturbed.
    Busy,
}

/// Presence as the exchange knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// Whether somebody can be reached.
    pub availability: Availability,
    /// In words.
    pub note: Option<String>,
}
