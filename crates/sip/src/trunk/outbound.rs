//! Calls that go out: which trunk, which hops, which numbers, how many at once.

use super::{Life, Rule, Trunks, numbers};
use crate::message::{Host, NameAddr, Uri, name};
use cordboard_base::{Hop, Time};
use serde::{Deserialize, Serialize};

/// Most trunks that are looked at for one that can be used: a chain of fallbacks may be a ring.
const FALLBACKS_MAX: usize = 8;

/// Which way a call goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Direction {
    /// From the trunk to us.
    In,
    /// From us to the trunk.
    Out,
}

/// Calls of a trunk at the moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channels {
    /// Incoming.
    pub inbound: u16,
    /// Outgoing.
    pub outbound: u16,
}

/// Whose number a trunk's peer is shown as the caller's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shown {
    /// The trunk's own, whoever calls.
    #[default]
    Line,
    /// The caller's, in the trunk's format; the trunk's own where the caller has none.
    Caller,
}

/// What a trunk's peer is told of who diverted or transferred a call (Diversion, Referred-By): people of the office, whose
/// extensions are nobody's business outside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Past {
    /// Nothing.
    None,
    /// That it was the trunk's own number, whoever it was.
    #[default]
    Line,
    /// Their numbers, in the trunk's format.
    Own,
}

/// How callers are shown to a trunk's peer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presentation {
    /// Whose number.
    pub shown: Shown,
    /// Our own address there.
    pub line: Uri,
    /// Callers' numbers, as they are sent.
    pub format: Vec<Rule>,
    /// What is told of who diverted or transferred.
    #[serde(default)]
    pub past: Past,
}

/// A caller as an INVITE to a trunk says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// From, without tag.
    pub from: NameAddr,
    /// P-Asserted-Identity, and Privacy where the caller wants it (RFC 3325 §9.1, RFC 3323).
    pub headers: Vec<(String, String)>,
}

impl Presentation {
    /// A caller with this number and display name. `private`: only the provider may know who it is; it is told all the same,
    /// since it passes nothing on (RFC 3325 §7) and may want to know whom it bills.
    pub fn caller(&self, number: &str, display: &str, private: bool) -> Caller {
        self.shows(self.shown, number, display, private)
    }

    /// Who diverted or transferred a call, by number; never by name.
    pub fn past(&self, number: &str) -> Option<NameAddr> {
        match self.past {
            Past::None => None,
            Past::Line => Some(NameAddr::new(self.line.clone())),
            Past::Own => Some(self.shows(Shown::Caller, number, "", false).from),
        }
    }

    /// As [`Self::caller`], where another than the configured number is to be shown.
    pub fn shows(&self, shown: Shown, number: &str, display: &str, private: bool) -> Caller {
        let own = match shown {
            // A rule that only adds would make a number of none.
            Shown::Caller if !number.is_empty() => numbers::apply(&self.format, number),
            Shown::Caller | Shown::Line => String::new(),
        };
        let asserted = if own.is_empty() {
            NameAddr::new(self.line.clone())
        } else {
            let display = Some(display).filter(|display| !display.is_empty()).map(str::to_owned);
            NameAddr { display, ..NameAddr::new(Uri { user: Some(own), ..self.line.clone() }) }
        };
        let mut headers = vec![(name::P_ASSERTED_IDENTITY.to_owned(), asserted.to_string())];
        if !private {
            return Caller { from: asserted, headers };
        }
        headers.push((name::PRIVACY.to_owned(), "id".to_owned()));
        // RFC 3323 §4.1.1.3.
        let anonymous = Uri::sip(Some("anonymous"), Host::Name("anonymous.invalid".to_owned()), None);
        let from = NameAddr { display: Some("Anonymous".to_owned()), ..NameAddr::new(anonymous) };
        Caller { from, headers }
    }
}

impl Trunks {
    /// Whether a call can go out by it: an address is known, one at least of its servers answers, and we are registered if we
    /// are to be.
    pub fn usable(&self, now: Time, trunk: &str) -> bool {
        let Some(trunk) = self.trunks.get(trunk) else { return false };
        let registered = trunk.registration.as_ref().is_none_or(|registration| registration.holds(now));
        trunk.life == Life::Serving && registered && trunk.all_hops().iter().any(|hop| trunk.is_up(hop))
    }

    /// The trunk itself and its chain of fallbacks, those that are usable, in order.
    pub fn all_usable(&self, now: Time, trunk: &str) -> Vec<String> {
        let next = |name: &&str| self.settings(name)?.fallback.as_deref();
        let chain = core::iter::successors(Some(trunk), next).take(FALLBACKS_MAX);
        chain.filter(|name| self.usable(now, name)).map(str::to_owned).collect()
    }

    /// Every known hop, and whether it answers as far as we know.
    pub fn servers(&self, trunk: &str) -> Vec<(Hop, bool)> {
        let Some(trunk) = self.trunks.get(trunk) else { return Vec::new() };
        trunk.all_hops().into_iter().map(|hop| (hop, trunk.is_up(&hop))).collect()
    }

    /// Where to send a call, in order: as known now, those that answer first. Empty: nothing is known yet.
    pub fn hops(&self, trunk: &str) -> Vec<Hop> {
        self.trunks.get(trunk).map(|trunk| trunk.hops()).unwrap_or_default()
    }

    /// The Request-URI and To for a dialled number, in the provider's format.
    pub fn target(&self, trunk: &str, dialled: &str) -> Option<Uri> {
        let settings = self.settings(trunk)?;
        let number = numbers::apply(&settings.outgoing, dialled);
        Some(Uri::sip(
            Some(&number).filter(|n| !n.is_empty()).map(String::as_str),
            settings.domain_host(),
            None,
        ))
    }

    /// The same for a number that is sent as it is, whatever the provider's format: an emergency number.
    pub fn target_as_is(&self, trunk: &str, number: &str) -> Option<Uri> {
        let settings = self.settings(trunk)?;
        Some(Uri::sip(Some(&numbers::plain(number)), settings.domain_host(), None))
    }

    /// How callers are shown.
    pub fn presentation(&self, trunk: &str) -> Option<Presentation> {
        let settings = self.settings(trunk)?;
        let number = numbers::plain(&settings.number);
        let line = if number.is_empty() {
            settings.account()
        } else {
            Uri::sip(Some(&number), settings.domain_host(), None)
        };
        Some(Presentation {
            shown: settings.shown,
            line,
            format: settings.caller.clone(),
            past: settings.past,
        })
    }

    /// Takes a channel for a call, if there is one; to be given back with [`Self::release`].
    pub fn reserve(&mut self, trunk: &str, direction: Direction) -> bool {
        let Some(trunk) = self.trunks.get_mut(trunk) else { return false };
        let (settings, channels) = (&trunk.settings, &mut trunk.channels);
        let below = |count: u32, most: u16| most == 0 || count < u32::from(most);
        let total = u32::from(channels.inbound) + u32::from(channels.outbound);
        let (own, most) = match direction {
            Direction::In => (&mut channels.inbound, settings.channels_in),
            Direction::Out => (&mut channels.outbound, settings.channels_out),
        };
        if !below(total, settings.channels) || !below(u32::from(*own), most) || *own == u16::MAX {
            return false;
        }
        *own += 1;
        true
    }

    /// Takes a channel whether there is one or not, for an emergency call; to be given back with [`Self::release`].
    pub fn reserve_anyway(&mut self, trunk: &str, direction: Direction) {
        let Some(trunk) = self.trunks.get_mut(trunk) else { return };
        let own = match direction {
            Direction::In => &mut trunk.channels.inbound,
            Direction::Out => &mut trunk.channels.outbound,
        };
        *own = own.saturating_add(1);
    }

    /// Gives a channel back.
    pub fn release(&mut self, trunk: &str, direction: Direction) {
        let Some(trunk) = self.trunks.get_mut(trunk) else { return };
        let own = match direction {
            Direction::In => &mut trunk.channels.inbound,
            Direction::Out => &mut trunk.channels.outbound,
        };
        *own = own.saturating_sub(1);
    }

    /// Calls at the moment.
    pub fn channels(&self, trunk: &str) -> Channels {
        self.trunks.get(trunk).map(|trunk| trunk.channels).unwrap_or_default()
    }
}
