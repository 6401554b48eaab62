//! How somebody is reached.

use cordboard_app::Identity;
use cordboard_base::{CallId, Hop};
use cordboard_sip::message::{NameAddr, Uri};
use cordboard_sip::session::Credentials;
use cordboard_sip::trunk::Presentation;
use serde::{Deserialize, Serialize};

/// How a destination is reached: one new leg for each contact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::large_enum_variant, reason = "lives for one input, never in a table")]
pub enum Reach {
    /// A user's registered contacts.
    User(UserRoute),
    /// A trunk.
    Trunk(TrunkRoute),
    /// A route of the dialplan, in a call of this id.
    Route(CallId),
}

/// A user's phones.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct UserRoute {
    /// The user.
    pub user: String,
    /// The name and number that others are shown.
    pub identity: Identity,
    /// All registered contacts, best q first.
    pub contacts: Vec<Contact>,
    /// Codecs this user may use, best first; empty: the office's.
    pub codecs: Vec<String>,
    /// The context that the user's own calls are routed in: transfers that this user makes go there. Empty: it transfers
    /// nobody.
    pub context: String,
}

/// One registered contact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contact {
    /// The Request-URI.
    pub uri: Uri,
    /// Where to send it.
    pub hop: Hop,
    /// Path (RFC 3327).
    pub route: Vec<NameAddr>,
    /// q in thousandths.
    pub q: u16,
    /// The user whose phone it is.
    #[serde(default)]
    pub phone: Option<String>,
}

/// A trunk, with the number in its format.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrunkRoute {
    /// The trunk.
    pub trunk: String,
    /// The Request-URI.
    pub uri: Uri,
    /// Where to, in order of preference.
    pub hops: Vec<Hop>,
    /// Preloaded routes.
    pub route: Vec<NameAddr>,
    /// How callers are shown there.
    pub presentation: Presentation,
    /// The context that its own calls are routed in: transfers that whoever is behind it makes go there. Empty: it transfers
    /// nobody.
    pub context: String,
    /// For 401 and 407.
    pub credentials: Option<Credentials>,
    /// Codecs, best first; empty: the office's.
    pub codecs: Vec<String>,
}

/// Why a destination can't be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OutOfReach {
    /// There is no such user or trunk.
    Unknown,
    /// The user has no contact, the trunk is down.
    Offline,
    /// The trunk's channels are all taken; the office has as many calls as it may.
    Full,
}
