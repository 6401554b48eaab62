//! What a program knows of its call when it starts.

use serde::{Deserialize, Serialize};

/// Who somebody is, as a display shows it. Supplied from outside: never a destination by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The number or user part; empty when unknown.
    pub number: String,
    /// The name; empty when unknown.
    pub name: String,
}

/// Whether the identity may be shown (RFC 3323, RFC 3325).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Privacy {
    /// It may.
    #[default]
    Allowed,
    /// It is known to us, not to be shown to the other side.
    Restricted,
}

/// A call as its program sees it at the start. What changes later is asked for by steps.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CallInfo {
    /// The call, as logs and the command line name it.
    pub call: String,
    /// The context that the call is routed in.
    pub context: String,
    /// The number dialled. Untrusted.
    pub dialed: String,
    /// Who calls. Untrusted unless `user` is set.
    pub caller: Identity,
    /// Whether the caller's identity may be shown.
    pub privacy: Privacy,
    /// The authenticated user that calls, if it is one of ours.
    pub user: Option<String>,
    /// The user whose phone it is: another than `user` where somebody else has logged in at it (hot desk).
    #[serde(default)]
    pub phone: Option<String>,
    /// The trunk that it came by, if it did.
    pub trunk: Option<String>,
    /// Who was called before the call was diverted to us (Diversion, History-Info). Untrusted.
    pub redirecting: Option<Identity>,
    /// The language for prompts.
    pub lang: String,
    /// Of a program that runs on whoever has answered a dial, before the talk ([`crate::Screen`]): the destination that was rung.
    #[serde(default)]
    pub callee: Option<Box<crate::Destination>>,
}
