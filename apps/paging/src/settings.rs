//! `etc/paging.toml`: how phones are told to answer by themselves. Every key is documented in that file, which may be absent.

use crate::bell::Bell;
use cordboard_base::Format;
use cordboard_media::MulticastStream;
use core::net::{Ipv4Addr, SocketAddr};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The whole file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct Settings {
    pub auto_answer: Vec<HeaderLine>,
    #[serde(deserialize_with = "ttl")]
    pub multicast_ttl: u8,
    pub multicast_from: Option<Ipv4Addr>,
    pub group: BTreeMap<String, Group>,
    pub bell: BTreeMap<String, Bell>,
}

/// What the service is told: the file, and what its bells have to know of the office.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Office {
    /// `etc/paging.toml`.
    pub settings: Settings,
    /// The office's time zone, IANA.
    pub time_zone: String,
    /// The language of its prompts.
    pub lang: String,
    /// Public holidays, `YYYY-MM-DD`.
    pub holidays: BTreeSet<String>,
}

/// Phones and loudspeakers that listen to multicast addresses.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct Group {
    #[serde(deserialize_with = "addresses")]
    pub multicast: Vec<SocketAddr>,
    pub codec: GroupCodec,
}

/// What phones take that listen for pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub enum GroupCodec {
    #[default]
    PCMU,
    PCMA,
    G722,
}

impl Group {
    pub(crate) fn streams(&self) -> Vec<MulticastStream> {
        let format = match self.codec {
            GroupCodec::PCMU => Format::new(0, "PCMU", 8_000),
            GroupCodec::PCMA => Format::new(8, "PCMA", 8_000),
            // RFC 3551 §4.5.2: the clock is half of the samples' rate, by an old mistake.
            GroupCodec::G722 => Format::new(9, "G722", 8_000),
        };
        self.multicast.iter().map(|to| MulticastStream { to: *to, format: format.clone() }).collect()
    }
}

/// How many routers a page may pass.
fn ttl<'de, D: Deserializer<'de>>(from: D) -> Result<u8, D::Error> {
    let ttl = u8::deserialize(from)?;
    (ttl > 0).then_some(ttl).ok_or_else(|| D::Error::custom("must be 1 to 255"))
}

/// Of one group at most.
const ADDRESSES_MAX: usize = 16;

/// One address, or a list.
fn addresses<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<SocketAddr>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        One(String),
        Many(Vec<String>),
    }
    let wrong = "a multicast address is written `224.0.1.75:5555`: 224.0.0.0 to 239.255.255.255, and a port";
    let texts = match OneOrMany::deserialize(from).map_err(|_| D::Error::custom(wrong))? {
        OneOrMany::One(text) => vec![text],
        OneOrMany::Many(texts) => texts,
    };
    if texts.len() > ADDRESSES_MAX {
        return Err(D::Error::custom(format!("a group has at most {ADDRESSES_MAX} addresses")));
    }
    let address = |text: &String| {
        let address = text.parse::<SocketAddr>().ok();
        address.filter(|to| to.is_ipv4() && to.ip().is_multicast() && to.port() > 0)
    };
    texts.iter().map(|text| address(text).ok_or_else(|| D::Error::custom(wrong))).collect()
}

impl Default for Settings {
    /// What the common makes look at: `answer-after` is Snom's, Grandstream's, Yealink's, Fanvil's, Linphone's; the three of
    /// Alert-Info are Cisco's and Mitel's, Polycom's, and Aastra's; RFC 5373 is everybody's who reads it.
    fn default() -> Self {
        let lines = [
            "Call-Info: <http://127.0.0.1>;answer-after=0",
            "Alert-Info: <http://127.0.0.1>;info=alert-autoanswer;delay=0",
            "Alert-Info: <http://127.0.0.1>;info=\"Ring Answer\"",
            "Alert-Info: <http://127.0.0.1>;info=\"Auto Answer\"",
            "Answer-Mode: Auto",
        ];
        Self {
            auto_answer: lines
                .iter()
                .filter_map(|line| HeaderLine::try_from((*line).to_owned()).ok())
                .collect(),
            multicast_ttl: 1,
            multicast_from: None,
            group: BTreeMap::new(),
            bell: BTreeMap::new(),
        }
    }
}

/// A header field: `Call-Info: <http://127.0.0.1>;answer-after=0`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HeaderLine {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// Those that tell a phone how to alert. Others are the exchange's own.
const NAMES: [&str; 5] = ["Alert-Info", "Answer-Mode", "Call-Info", "Priority", "Subject"];

impl TryFrom<String> for HeaderLine {
    type Error = String;

    fn try_from(line: String) -> Result<Self, String> {
        let Some((name, value)) = line.split_once(':') else {
            return Err("a header field is written `Name: value`".to_owned());
        };
        let (name, value) = (name.trim(), value.trim());
        let is_own = name.starts_with("X-") && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        if !is_own && !NAMES.contains(&name) {
            return Err(format!(
                "`{name}` can't be set here, expected one of `{}` or X-…",
                NAMES.join("`, `")
            ));
        }
        if value.is_empty() || value.len() > 256 || value.chars().any(char::is_control) {
            return Err("a header field's value has 1 to 256 characters".to_owned());
        }
        Ok(Self { name: name.to_owned(), value: value.to_owned() })
    }
}

impl From<HeaderLine> for String {
    fn from(line: HeaderLine) -> Self {
        format!("{}: {}", line.name, line.value)
    }
}
