//! `Event` and `Subscription-State` (RFC 6665 §8.2).

use super::Parameterised;
use crate::message::{MessageError, Params, lex, name};
use core::fmt;

/// An Event header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// `dialog`, `message-summary`, `presence`, `refer`, … with templates (`presence.winfo`); compares with case.
    pub package: String,
    /// `id`: tells the subscriptions of one dialog apart.
    pub id: Option<String>,
    /// The other parameters.
    pub params: Params,
}

impl Event {
    /// A package without id.
    pub fn new(package: &str) -> Self {
        Self { package: package.to_owned(), id: None, params: Params::default() }
    }

    /// From the header's value.
    pub fn parse(value: &str) -> Result<Self, MessageError> {
        const MALFORMED: MessageError = MessageError::Malformed(name::EVENT);
        let Parameterised { value: package, mut params } =
            Parameterised::parse(value).map_err(|_| MALFORMED)?;
        if !lex::is_token(&package) {
            return Err(MALFORMED);
        }
        let id = params.value("id").map(str::to_owned);
        params.remove("id");
        Ok(Self { package, id, params })
    }

    /// Same package and same id: the same subscription within a dialog (RFC 6665 §8.2.1). Other parameters do not count.
    pub fn matches(&self, other: &Self) -> bool {
        self.package == other.package && self.id == other.id
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.package)?;
        if let Some(id) = &self.id {
            write!(f, ";id={id}")?;
        }
        write!(f, "{}", self.params)
    }
}

/// The state named in a Subscription-State header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Substate {
    /// Accepted; notifications come.
    Active,
    /// Not yet decided.
    Pending,
    /// Over.
    Terminated,
    /// An extension.
    Other(String),
}

/// A Subscription-State header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionState {
    /// The state.
    pub state: Substate,
    /// Seconds left.
    pub expires_s: Option<u32>,
    /// Why it ended: `timeout`, `deactivated`, `noresource`, … (RFC 6665 §4.1.3)
    pub reason: Option<String>,
    /// When to try again, in seconds.
    pub retry_after_s: Option<u32>,
}

impl SubscriptionState {
    /// `active`, with the seconds left.
    pub fn active(expires_s: u32) -> Self {
        Self { state: Substate::Active, expires_s: Some(expires_s), reason: None, retry_after_s: None }
    }

    /// `terminated`, with a reason.
    pub fn terminated(reason: &str) -> Self {
        let reason = Some(reason.to_owned());
        Self { state: Substate::Terminated, expires_s: None, reason, retry_after_s: None }
    }

    /// From the header's value. Numbers that do not parse are left out.
    pub fn parse(value: &str) -> Result<Self, MessageError> {
        const MALFORMED: MessageError = MessageError::Malformed(name::SUBSCRIPTION_STATE);
        let Parameterised { value, params } = Parameterised::parse(value).map_err(|_| MALFORMED)?;
        let state = match value.to_ascii_lowercase().as_str() {
            "active" => Substate::Active,
            "pending" => Substate::Pending,
            "terminated" => Substate::Terminated,
            other if lex::is_token(other) => Substate::Other(other.to_owned()),
            _ => return Err(MALFORMED),
        };
        let number = |name| params.value(name).and_then(|value| value.parse().ok());
        let reason = params.value("reason").map(str::to_owned);
        Ok(Self { state, expires_s: number("expires"), reason, retry_after_s: number("retry-after") })
    }
}

impl fmt::Display for SubscriptionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.state {
            Substate::Active => "active",
            Substate::Pending => "pending",
            Substate::Terminated => "terminated",
            Substate::Other(other) => other,
        })?;
        if let Some(expires_s) = self.expires_s {
            write!(f, ";expires={expires_s}")?;
        }
        if let Some(reason) = &self.reason {
            write!(f, ";reason={reason}")?;
        }
        if let Some(retry_after_s) = self.retry_after_s {
            write!(f, ";retry-after={retry_after_s}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_match_by_package_and_id() {
        let event = Event::parse("dialog;sla;id=7").unwrap();
        assert_eq!(event.to_string(), "dialog;id=7;sla");
        assert!(event.matches(&Event::parse("dialog; id=7").unwrap()));
        assert!(
            !event.matches(&Event::new("dialog")) && !event.matches(&Event::parse("Dialog;id=7").unwrap())
        );
        assert!(Event::parse("").is_err() && Event::parse("a b").is_err());
    }

    #[test]
    fn subscription_states_round_trip() {
        for text in
            ["active;expires=599", "pending", "terminated;reason=timeout;retry-after=5", "odd;expires=1"]
        {
            assert_eq!(SubscriptionState::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(SubscriptionState::parse("Active;expires=60"), Ok(SubscriptionState::active(60)));
        assert_eq!(SubscriptionState::terminated("noresource").to_string(), "terminated;reason=noresource");
        assert!(SubscriptionState::parse("").is_err());
    }
}
