//! Calls that go out: which trunk, which hops, which numbers, how many at once.

use super::{Life, Trunks, numbers};
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

/// How a caller is shown to a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// From, without tag.
    pub from: NameAddr,
    /// P-Asserted-Identity, and Privacy where the caller wants it (RFC 3325 §9.1, RFC 3323).
    pub headers: Vec<(String, String)>,
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

    /// How a caller is shown. `private`: only the provider may know the number.
    pub fn caller(&self, trunk: &str, number: &str, display: Option<&str>, private: bool) -> Option<Caller> {
        let settings = self.settings(trunk)?;
        let own = if settings.show_caller { numbers::apply(&settings.caller, number) } else { String::new() };
        let (shown, display) = if own.is_empty() {
            (numbers::plain(&settings.number), None)
        } else {
            (own, display.filter(|display| !display.is_empty()).map(str::to_owned))
        };
        let uri = if shown.is_empty() {
            settings.account()
        } else {
            Uri::sip(Some(&shown), settings.domain_host(), None)
        };
        let asserted = NameAddr { display, ..NameAddr::new(uri) };
        let mut headers = vec![(name::P_ASSERTED_IDENTITY.to_owned(), asserted.to_string())];
        if !private {
            return Some(Caller { from: asserted, headers });
        }
        headers.push((name::PRIVACY.to_owned(), "id".to_owned()));
        let anonymous = Uri::sip(Some("anonymous"), Host::Name("anonymous.invalid".to_owned()), None);
        let from = NameAddr { display: Some("Anonymous".to_owned()), ..NameAddr::new(anonymous) };
        Some(Caller { from, headers })
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
