//! `etc/users.toml`, `etc/trunks.toml` and `etc/hours.toml`. Every key is documented in these files.

use super::holidays::Holidays;
use super::value::{Algorithm, CodecName, Domain, Name, Net, ServerName, Span, TransportName, Within};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use toml::Spanned;

/// `etc/users.toml`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UsersFile {
    /// By name: what the phone registers as.
    #[serde(default)]
    pub user: BTreeMap<Name, User>,
}

/// A user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct User {
    pub name: String,
    pub number: Option<String>,
    pub algorithms: Vec<Algorithm>,
    pub context: Option<Name>,
    pub codecs: Vec<CodecName>,
    pub lang: String,
    pub group: Vec<Name>,
    pub calls_max: Within<0, 1_000>,
    pub may_spy: bool,
    pub listed: bool,
    pub mwi: cordboard_exchange::Mwi,
    pub place: String,
    pub emergency_number: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<cordboard_app::RecordRule>,
}

impl Default for User {
    fn default() -> Self {
        Self {
            name: String::new(),
            number: None,
            algorithms: vec![Algorithm::Md5],
            context: None,
            codecs: Vec::new(),
            lang: String::new(),
            group: Vec::new(),
            calls_max: Within::new(4),
            may_spy: false,
            listed: true,
            mwi: cordboard_exchange::Mwi::Unsolicited,
            place: String::new(),
            emergency_number: String::new(),
            record: None,
        }
    }
}

/// `etc/trunks.toml`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrunksFile {
    /// By name.
    #[serde(default)]
    pub trunk: BTreeMap<Name, Trunk>,
}

/// A trunk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct Trunk {
    pub servers: Vec<ServerName>,
    pub transport: TransportName,
    pub domain: Domain,
    pub username: Option<Spanned<String>>,
    pub password: Option<Spanned<Password>>,
    pub register: bool,
    pub register_s: Within<30, 86_400>,
    pub qualify_s: Within<0, 3_600>,
    pub accept_from: Vec<Net>,
    pub inbound_username: Option<Spanned<String>>,
    pub inbound_password: Option<Spanned<Password>>,
    pub context: Option<Name>,
    pub channels: Within<0, 10_000>,
    pub number: String,
    pub show_caller: bool,
    pub show_past: cordboard_sip::trunk::Past,
    pub caller: Vec<NumberRule>,
    pub outgoing: Vec<NumberRule>,
    pub incoming: Vec<NumberRule>,
    pub codecs: Vec<CodecName>,
    pub fallback: Option<Spanned<Name>>,
}

impl Default for Trunk {
    fn default() -> Self {
        Self {
            servers: Vec::new(),
            transport: TransportName::Auto,
            domain: Domain::default(),
            username: None,
            password: None,
            register: false,
            register_s: Within::new(600),
            qualify_s: Within::new(60),
            accept_from: Vec::new(),
            inbound_username: None,
            inbound_password: None,
            context: None,
            channels: Within::new(0),
            number: String::new(),
            show_caller: false,
            show_past: cordboard_sip::trunk::Past::Line,
            caller: Vec::new(),
            outgoing: Vec::new(),
            incoming: Vec::new(),
            codecs: Vec::new(),
            fallback: None,
        }
    }
}

/// A rule for numbers: what begins with `strip` loses it and gets `add` instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct NumberRule {
    pub strip: String,
    pub add: String,
}

/// A text that no log shows.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Password(pub String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// `etc/hours.toml`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoursFile {
    /// By name.
    #[serde(default)]
    pub hours: BTreeMap<Name, OpeningHours>,
    /// Public holidays.
    #[serde(default)]
    pub holidays: Holidays,
}

impl HoursFile {
    /// Two that a code could not tell apart.
    pub(super) fn same_number(&self) -> Option<String> {
        let mut known: BTreeMap<u8, &Name> = BTreeMap::new();
        for (name, hours) in &self.hours {
            let Some(number) = hours.number.map(Within::get) else { continue };
            if let Some(other) = known.insert(number, name) {
                return Some(format!(
                    "`{}` and `{}` both have the number {number}",
                    other.as_str(),
                    name.as_str()
                ));
            }
        }
        None
    }
}

/// Opening hours.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct OpeningHours {
    pub open: Vec<Span>,
    pub closed_on_holidays: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<Within<0, 9>>,
}

impl Default for OpeningHours {
    fn default() -> Self {
        Self { open: Vec::new(), closed_on_holidays: true, number: None }
    }
}
