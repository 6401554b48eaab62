//! The office as configured: one checked snapshot, plain data, made by the shell from `etc/*.toml`.

use cordboard_app::Identity;
use cordboard_base::{Anchor, Networks, SourceKey};
use cordboard_call::Office;
use cordboard_sip::trunk::TrunkSettings;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Everything that the exchange is told of its office.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setup {
    /// What identifiers are drawn from. Kept from the first setup at a reload.
    pub key: SourceKey,
    /// The wall clock at [`cordboard_base::Time::ZERO`]. Kept from the first setup at a reload.
    pub anchor: Anchor,
    /// Our addresses.
    pub networks: Networks,
    /// The ports we listen on.
    pub listeners: Listeners,
    /// The digest realm and the host of our identities.
    pub realm: String,
    /// `User-Agent` and `Server`.
    pub agent: String,
    /// The IANA time zone.
    pub time_zone: String,
    /// What the call core is told.
    pub office: Office,
    /// Users by name.
    pub users: BTreeMap<String, UserSetup>,
    /// Trunks by name.
    pub trunks: BTreeMap<String, TrunkSetup>,
    /// Opening hours by name.
    pub hours: BTreeMap<String, Hours>,
    /// Public holidays: `YYYY-MM-DD` → name.
    pub holidays: BTreeMap<String, String>,
    /// Settings of services by kind: JSON of each one's own shape.
    #[serde(default)]
    pub services: BTreeMap<String, String>,
    /// Who is told of emergency calls.
    #[serde(default)]
    pub emergency: EmergencySetup,
    /// Whether the journeys of calls are kept.
    #[serde(default)]
    pub journey: crate::JourneySetup,
    /// Bounds.
    pub limits: Limits,
}

/// Who is told of an emergency call, and what follows one. Its numbers and trunks are the call core's
/// ([`cordboard_call::OfficeEmergency`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EmergencySetup {
    /// Users whose phones show a text.
    pub notify: Vec<String>,
    /// Users whose phones are rung, and told who calls for help.
    pub ring: Vec<String>,
    /// Who gets a mail: addresses.
    pub mail: Vec<String>,
    /// Where the phones of users are, in words: `first floor, east`.
    pub places: BTreeMap<String, String>,
    /// For so long the service reaches the phone that has called it, whatever that has set, in s.
    pub callback_s: u32,
}

impl Default for EmergencySetup {
    fn default() -> Self {
        Self {
            notify: Vec::new(),
            ring: Vec::new(),
            mail: Vec::new(),
            places: BTreeMap::new(),
            callback_s: 1_800,
        }
    }
}

/// The ports we listen on; `None`: not on that transport.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Listeners {
    pub udp: Option<u16>,
    pub tcp: Option<u16>,
    pub tls: Option<u16>,
}

/// Bounds of an office.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Calls at once; above it 503 with Retry-After.
    pub calls: u32,
    /// Contacts of one address of record.
    pub contacts_per_user: u16,
    /// Bindings in all.
    pub bindings: u32,
    /// Subscriptions in all.
    pub subscriptions: u32,
    /// The shortest registration, in s: 423 below it.
    pub register_min_s: u32,
    /// Where the phone names none, in s.
    pub register_default_s: u32,
    /// The longest, in s: cut to it.
    pub register_max_s: u32,
    /// Between keep-alives to phones behind NAT, in s; below 30, the shortest time-out of NATs in use.
    pub keep_alive_s: u32,
}

/// A user: an address of record, a name, a phone or several.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserSetup {
    /// Name and number that others are shown.
    pub identity: Identity,
    /// The password. Never logged.
    pub password: String,
    /// Digest algorithms offered, strongest first: `MD5`, `SHA-256`.
    pub algorithms: Vec<String>,
    /// The context in which this user's calls are routed.
    pub context: String,
    /// Codecs, best first; empty: the office's.
    pub codecs: Vec<String>,
    /// The language of prompts; empty: the office's.
    pub lang: String,
    /// Groups in which calls are picked up for each other.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Calls of this user at once; 0: no bound of its own.
    pub calls_max: u16,
    /// How its phones learn of messages in its mailbox.
    #[serde(default)]
    pub mwi: Mwi,
}

/// How phones learn of messages in a mailbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mwi {
    /// They subscribe (RFC 3842).
    #[default]
    Subscribed,
    /// Those that have not subscribed some seconds after their registration are told all the same.
    Unsolicited,
}

/// A trunk: a provider, a gateway, another exchange.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrunkSetup {
    /// The line: servers, registration, numbers.
    pub settings: TrunkSettings,
    /// The context in which its calls are routed.
    pub context: String,
    /// Codecs, best first; empty: the office's.
    pub codecs: Vec<String>,
}

/// Opening hours.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hours {
    /// Open when one fits.
    pub open: Vec<HoursRule>,
    /// Whether public holidays are closed.
    pub closed_on_holidays: bool,
}

/// A span of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoursRule {
    /// Monday 1 … Sunday 7: bit n−1.
    pub weekdays: u8,
    /// Minutes from midnight.
    pub from_min: u16,
    /// Minutes from midnight, exclusive; up to 1,440.
    pub to_min: u16,
}
