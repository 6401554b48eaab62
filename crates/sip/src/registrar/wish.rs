//! What a REGISTER asks for, and what it would make of the bindings: computed on a copy, so that a request is applied as a
//! whole or not at all (RFC 3261 §10.3 step 7).

use super::binding::{ContactState, Instance, parse_q};
use super::{Binding, BindingId, Gone, Settings, WhenFull, reach};
use crate::message::{NameAddr, Request, Response, Scheme, name};
use cordboard_base::{Hop, Time};
use core::time::Duration;

/// Longest Contact URI, instance or Path entry that is stored, in bytes; past that 400. Real ones are under 300.
pub const CONTACT_BYTES_MAX: usize = 1_024;

/// Most Path entries of a request; past that 400. There is one, for the edge proxy; two where edges are stacked.
pub const PATH_MAX: usize = 8;

/// Longest product name that is kept of User-Agent, in characters.
const USER_AGENT_MAX: usize = 128;

/// Wishes of an hour and more are never called too brief (RFC 3261 §10.3 step 7).
const NEVER_BRIEF_S: u32 = 3_600;

/// After which time a request may be tried again when we are full.
const RETRY_AFTER_S: u32 = 60;

/// Option tags that a request may require (RFC 3327, RFC 5626).
const OPTIONS: [&str; 2] = ["path", "outbound"];

/// Why a REGISTER is not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    /// 400, with what is wrong.
    #[error("{0}")]
    Malformed(&'static str),
    /// 420, with the option tags that we lack.
    #[error("unsupported: {0}")]
    Unsupported(String),
    /// 423.
    #[error("interval too brief")]
    TooBrief,
    /// 500: a later request of that Call-ID has been carried out already.
    #[error("out of order")]
    OutOfOrder,
    /// 403.
    #[error("too many contacts")]
    TooManyContacts,
    /// 503.
    #[error("too many bindings")]
    Full,
}

impl Refusal {
    pub(super) fn response(&self, request: &Request, settings: &Settings) -> Response {
        let status = match self {
            Self::Malformed(_) => 400,
            Self::Unsupported(_) => 420,
            Self::TooBrief => 423,
            Self::OutOfOrder => 500,
            Self::TooManyContacts => 403,
            Self::Full => 503,
        };
        let mut response = request.response(status);
        match self {
            Self::Malformed(what) => response.reason = format!("Bad Request: {what}"),
            Self::Unsupported(tags) => response.headers.push(name::UNSUPPORTED, tags),
            Self::TooBrief => response.headers.push(name::MIN_EXPIRES, settings.expires_min_s.to_string()),
            Self::Full => response.headers.push(name::RETRY_AFTER, RETRY_AFTER_S.to_string()),
            Self::OutOfOrder | Self::TooManyContacts => {}
        }
        response
    }
}

/// What a REGISTER asks for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Registration {
    call_id: String,
    cseq: u32,
    user_agent: Option<String>,
    path: Vec<NameAddr>,
    pub(super) wish: Wish,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Wish {
    /// No Contact: which are there?
    Query,
    /// `Contact: *` with `Expires: 0`.
    RemoveAll,
    /// These, each with its own expiry; 0 removes it.
    Set(Vec<ContactWish>),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct ContactWish {
    contact: NameAddr,
    reach: reach::Reach,
    q_thousandths: Option<u16>,
    instance: Option<Instance>,
    expires_s: u32,
}

impl Registration {
    /// Reads a request; `from` is where it came from.
    pub(super) fn read(request: &Request, from: &Hop, settings: &Settings) -> Result<Self, Refusal> {
        let headers = &request.headers;
        let required = headers.all(name::REQUIRE).flat_map(|value| value.split(',')).map(str::trim);
        let missing: Vec<&str> = required
            .filter(|tag| !tag.is_empty() && !OPTIONS.iter().any(|o| o.eq_ignore_ascii_case(tag)))
            .collect();
        if !missing.is_empty() {
            return Err(Refusal::Unsupported(missing.join(", ")));
        }
        let call_id = headers.call_id().map_err(|_| Refusal::Malformed("Call-ID"))?.to_owned();
        let cseq = headers.cseq().map_err(|_| Refusal::Malformed("CSeq"))?.number;
        let path = headers.addresses(name::PATH).map_err(|_| Refusal::Malformed("Path"))?;
        if path.len() > PATH_MAX || headers.all(name::PATH).any(|text| text.len() > CONTACT_BYTES_MAX) {
            return Err(Refusal::Malformed("Path is too long"));
        }
        let user_agent =
            headers.first(name::USER_AGENT).map(|text| text.chars().take(USER_AGENT_MAX).collect());
        let wish = Wish::read(request, from, !path.is_empty(), settings)?;
        Ok(Self { call_id, cseq, user_agent, path, wish })
    }
}

impl Wish {
    fn read(request: &Request, from: &Hop, routed: bool, settings: &Settings) -> Result<Self, Refusal> {
        let headers = &request.headers;
        // A malformed value counts as 3600 (RFC 3261 §10.2.1.1): the default is that, unless an office sets another.
        let header_s = headers.first(name::EXPIRES).map(|text| parse_expires(text, settings));
        let values: Vec<&str> = headers.all(name::CONTACT).map(str::trim).collect();
        if values.is_empty() {
            return Ok(Self::Query);
        }
        if values.contains(&"*") {
            // RFC 3261 §10.3 step 6.
            return if values.len() == 1 && header_s == Some(0) {
                Ok(Self::RemoveAll)
            } else {
                Err(Refusal::Malformed("Contact: * stands alone, with Expires: 0"))
            };
        }
        // Twice as many as an address may have, so that a phone can remove its old ones in the same request.
        if values.len() > settings.contacts_max.saturating_mul(2) {
            return Err(Refusal::TooManyContacts);
        }
        let via = headers.via().ok();
        let mut wishes = Vec::with_capacity(values.len());
        for value in values {
            let contact = NameAddr::parse(value).map_err(|_| Refusal::Malformed("Contact"))?;
            let reach = reach::reach(&contact.uri, via.as_ref(), from, routed);
            wishes.push(ContactWish::read(contact, value.len(), reach, header_s, settings)?);
        }
        Ok(Self::Set(wishes))
    }
}

/// `delta-seconds`; a number past 32 bits is as good as the longest (RFC 3261 §20.19), anything else the default.
fn parse_expires(text: &str, settings: &Settings) -> u32 {
    let text = text.split(';').next().unwrap_or("").trim();
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return settings.expires_default_s;
    }
    text.parse().unwrap_or(u32::MAX)
}

impl ContactWish {
    fn read(
        contact: NameAddr,
        length: usize,
        reach: reach::Reach,
        header_s: Option<u32>,
        settings: &Settings,
    ) -> Result<Self, Refusal> {
        if length > CONTACT_BYTES_MAX {
            return Err(Refusal::Malformed("Contact is too long"));
        }
        if !matches!(contact.uri.scheme, Scheme::Sip | Scheme::Sips) {
            return Err(Refusal::Malformed("Contact is no SIP URI"));
        }
        let own_s = contact.params.value("expires").map(|text| parse_expires(text, settings));
        let wished_s = own_s.or(header_s).unwrap_or(settings.expires_default_s);
        if wished_s > 0 && wished_s < settings.expires_min_s.min(NEVER_BRIEF_S) {
            return Err(Refusal::TooBrief);
        }
        let most = if reach.nat {
            settings.expires_nat_max_s.min(settings.expires_max_s)
        } else {
            settings.expires_max_s
        };
        let q_thousandths = match contact.params.value("q") {
            None => None,
            Some(text) => Some(parse_q(text).ok_or(Refusal::Malformed("q"))?),
        };
        let urn = contact.params.text("+sip.instance").map(|text| text.into_owned());
        let reg_id = contact.params.value("reg-id").and_then(|text| text.parse().ok());
        let instance = urn
            .filter(|urn| !urn.is_empty() && !urn.contains(['"', '\\']))
            .map(|urn| Instance { urn, reg_id });
        Ok(Self { contact, reach, q_thousandths, instance, expires_s: wished_s.min(most) })
    }
}

/// The bindings of one address of record as they would be after a request.
pub(super) struct Update {
    /// With whether this request has touched them.
    pub(super) kept: Vec<(Binding, bool)>,
    pub(super) gone: Vec<(BindingId, Gone)>,
    call_id: String,
    cseq: u32,
}

impl Update {
    pub(super) fn of(bindings: Vec<&Binding>, registration: &Registration) -> Self {
        let kept = bindings.into_iter().map(|binding| (binding.clone(), false)).collect();
        Self { kept, gone: Vec::new(), call_id: registration.call_id.clone(), cseq: registration.cseq }
    }

    /// Whether there is a binding more than before.
    pub(super) fn adds(&self) -> bool {
        self.kept.iter().any(|(binding, _)| binding.id == BindingId::NEW)
    }

    /// Whether a binding was set by a later, or by this very CSeq of the same Call-ID (§10.3 steps 6 and 7).
    fn in_order(&self, binding: &Binding) -> Result<(), Refusal> {
        if binding.call_id == self.call_id && binding.cseq >= self.cseq {
            return Err(Refusal::OutOfOrder);
        }
        Ok(())
    }

    pub(super) fn remove_all(&mut self) -> Result<(), Refusal> {
        for (binding, _) in &self.kept {
            self.in_order(binding)?;
        }
        let all = core::mem::take(&mut self.kept);
        self.gone.extend(all.into_iter().map(|(binding, _)| (binding.id, Gone::Unregistered)));
        Ok(())
    }

    pub(super) fn set(
        &mut self,
        now: Time,
        aor: &str,
        registration: &Registration,
        wish: &ContactWish,
    ) -> Result<(), Refusal> {
        let mut id = BindingId::NEW;
        let mut contact_state = ContactState::Unknown;
        let mut moved_from = None;
        let why = if wish.expires_s == 0 { Gone::Unregistered } else { Gone::Replaced };
        let before = core::mem::take(&mut self.kept);
        for (binding, touched) in before {
            if !binding.is(&wish.contact.uri, wish.instance.as_ref()) {
                self.kept.push((binding, touched));
                continue;
            }
            if !touched {
                self.in_order(&binding)?;
            }
            if binding.id == BindingId::NEW {
                continue;
            }
            if wish.expires_s > 0 && id == BindingId::NEW {
                id = binding.id;
                if binding.via == wish.reach.hop {
                    contact_state = binding.contact_state;
                } else {
                    moved_from = Some(binding.via);
                }
            } else {
                self.gone.push((binding.id, why));
            }
        }
        if wish.expires_s == 0 {
            return Ok(());
        }
        let binding = Binding {
            id,
            aor: aor.to_owned(),
            contact: wish.contact.uri.clone(),
            via: wish.reach.hop,
            fallback: wish.reach.fallback,
            moved_from,
            nat: wish.reach.nat,
            path: registration.path.clone(),
            q_thousandths: wish.q_thousandths,
            call_id: registration.call_id.clone(),
            cseq: registration.cseq,
            instance: wish.instance.clone(),
            user_agent: registration.user_agent.clone(),
            expires: now + Duration::from_secs(wish.expires_s.into()),
            refreshed: now,
            contact_state,
        };
        self.kept.push((binding, true));
        Ok(())
    }

    /// Keeps an address of record within its number of contacts.
    pub(super) fn make_room(&mut self, settings: &Settings) -> Result<(), Refusal> {
        while self.kept.len() > settings.contacts_max && self.adds() {
            let oldest = self
                .kept
                .iter()
                .enumerate()
                .filter(|(_, (_, touched))| !touched)
                .min_by_key(|(_, (binding, _))| (binding.refreshed, binding.id))
                .map(|(index, _)| index);
            match (settings.when_full, oldest) {
                (WhenFull::Replace, Some(index)) => {
                    let (binding, _) = self.kept.remove(index);
                    self.gone.push((binding.id, Gone::Replaced));
                }
                (WhenFull::Replace, None) | (WhenFull::Refuse, _) => return Err(Refusal::TooManyContacts),
            }
        }
        Ok(())
    }
}
