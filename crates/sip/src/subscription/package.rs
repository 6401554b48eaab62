//! The event packages that we know.

use core::fmt;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// An event package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Package {
    /// `dialog`: lamps (RFC 4235).
    Dialog,
    /// `message-summary`: messages waiting (RFC 3842).
    MessageSummary,
    /// `presence` (RFC 3856).
    Presence,
    /// `as-feature-event`: soft keys, see `features.rs`.
    FeatureKeys,
}

impl Package {
    /// All of them, as `Allow-Events` lists them.
    pub const ALL: [Self; 4] = [Self::Dialog, Self::MessageSummary, Self::Presence, Self::FeatureKeys];

    /// As `Event` writes it.
    pub fn token(self) -> &'static str {
        match self {
            Self::Dialog => "dialog",
            Self::MessageSummary => "message-summary",
            Self::Presence => "presence",
            Self::FeatureKeys => "as-feature-event",
        }
    }

    /// The type of its documents.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Dialog => "application/dialog-info+xml",
            Self::MessageSummary => "application/simple-message-summary",
            Self::Presence => "application/pidf+xml",
            Self::FeatureKeys => super::features::CONTENT_TYPE,
        }
    }

    /// The type of the whole state, where it is of several documents.
    pub(super) fn content_type_of_all(self) -> &'static str {
        match self {
            Self::Dialog | Self::MessageSummary | Self::Presence => self.content_type(),
            Self::FeatureKeys => super::features::CONTENT_TYPE_OF_ALL,
        }
    }

    /// Shortest time between two NOTIFYs of one subscription. RFC 4235 §3.10 and RFC 3842 §3.10 want a second at least on
    /// average and RFC 3856 §6.10 five; a lamp that is a second late is a defect to its user, so changes of a dialog are
    /// merged over 200 ms only.
    pub(super) fn gap(self) -> Duration {
        match self {
            Self::Dialog | Self::FeatureKeys => Duration::from_millis(200),
            Self::MessageSummary => Duration::from_secs(1),
            Self::Presence => Duration::from_secs(5),
        }
    }

    /// `Allow-Events` (RFC 6665 §8.2.2).
    pub fn allow() -> String {
        Self::ALL.map(Self::token).join(", ")
    }
}

/// An `Event` header (RFC 6665 §8.2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) package: Package,
    pub(super) id: Option<String>,
}

impl Event {
    /// `None`: not one of our packages.
    pub(super) fn parse(value: &str) -> Option<Self> {
        let mut parts = value.split(';').map(str::trim);
        let token = parts.next()?;
        let package = Package::ALL.into_iter().find(|package| package.token().eq_ignore_ascii_case(token))?;
        let id = parts
            .filter_map(|part| part.split_once('='))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case("id"));
        Some(Self { package, id: id.map(|(_, value)| value.trim().to_owned()) })
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.package.token())?;
        match &self.id {
            Some(id) => write!(f, ";id={id}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_a_package_and_perhaps_an_id() {
        assert_eq!(Event::parse("dialog").unwrap().to_string(), "dialog");
        assert_eq!(Event::parse("Dialog ; sla; ID = 7").unwrap().to_string(), "dialog;id=7");
        assert_eq!(Event::parse("presence.winfo"), None);
        assert_eq!(Event::parse(""), None);
    }
}
