//! Requests outside of any dialog: what is refused at the door (RFC 3261 §8.2), and what goes to the exchange.

use super::dispatch::Arrived;
use super::transmit::Core;
use super::{Endpoint, Event, ServerTxn};
use crate::message::{BodyError, Method, Request, Response, Scheme, name, session_description};
use crate::session::{ALLOW, MIN_SE, SUPPORTED, is_too_short};
use crate::transaction::{ServerKey, ServerOwner};
use cordboard_base::Source;

/// The methods that the exchange takes outside of dialogs, besides those of [`ALLOW`].
const ALLOW_FURTHER: &str = "REGISTER, PUBLISH";
/// The bodies that a request about a session may have.
const ACCEPT: &str = "application/sdp, multipart/mixed, multipart/alternative";

/// A status, and the header fields that say more.
type AtDoor = (u16, Vec<(&'static str, String)>);

impl Endpoint {
    /// A request without To tag.
    pub(super) fn admit(&mut self, key: ServerKey, arrived: Arrived) {
        let limits = self.core.config.limits;
        let full = self.core.servers.len() >= limits.transactions;
        let invite = arrived.cseq.method == Method::Invite;
        if full || (invite && self.live >= limits.sessions) {
            self.overloaded(&arrived);
            return;
        }
        if let Some(refusal) = refusal(&arrived.request) {
            return self.core.refuse_at_door(&arrived, &refusal);
        }
        let merge = arrived.merge_key();
        if self.core.servers.is_merged(&merge) {
            self.core.refuse_statelessly(&arrived, 482, &[]);
            return;
        }
        let from = arrived.from;
        if invite {
            let owner = ServerOwner::Unadopted(arrived.request.clone(), from);
            let txn = self.core.start_server(key, Some(merge), owner, &arrived);
            self.core.respond(txn, arrived.request.response(100));
            self.core.turn.event(Event::Invite { txn, request: arrived.request, from });
        } else {
            let txn = self.core.start_server(key, Some(merge), ServerOwner::Exchange, &arrived);
            self.core.turn.event(Event::Request { txn, request: arrived.request, from });
        }
    }

    /// A request whose To tag names no leg of ours: subscriptions are the exchange's, everything else is lost.
    pub(super) fn on_foreign_dialog(&mut self, key: ServerKey, arrived: Arrived) {
        if !matches!(arrived.cseq.method, Method::Subscribe | Method::Notify) {
            self.core.refuse_statelessly(&arrived, 481, &[]);
            return;
        }
        if self.core.servers.len() >= self.core.config.limits.transactions {
            self.overloaded(&arrived);
            return;
        }
        let txn = self.core.start_server(key, None, ServerOwner::Exchange, &arrived);
        self.core.turn.event(Event::Request { txn, request: arrived.request, from: arrived.from });
    }
}

/// Why a request is refused before anybody sees it, with the header fields that say more.
fn refusal(request: &Request) -> Option<AtDoor> {
    let status = match &request.method {
        // They make sense within a dialog only (RFC 3261 §15.1.2, RFC 3262 §3, RFC 3311 §5.2, RFC 6086 §4.2.2).
        Method::Bye | Method::Prack | Method::Update | Method::Info => 481,
        Method::Other(_) => return Some((501, vec![(name::ALLOW, format!("{ALLOW}, {ALLOW_FURTHER}"))])),
        Method::Ack | Method::Cancel => return None,
        Method::Invite
        | Method::Register
        | Method::Options
        | Method::Message
        | Method::Refer
        | Method::Subscribe
        | Method::Notify
        | Method::Publish => 0,
    };
    if status != 0 {
        return Some((status, Vec::new()));
    }
    match &request.uri.scheme {
        Scheme::Sip | Scheme::Sips | Scheme::Tel => {}
        // RFC 3261 §8.2.2.1; `urn:service:sos` (RFC 5031) is a number to dial like any other.
        Scheme::Other(scheme) if scheme == "urn" => {}
        Scheme::Other(_) => return Some((416, Vec::new())),
    }
    if let Some(unknown) = unknown_extension(request) {
        return Some((420, vec![(name::UNSUPPORTED, unknown)]));
    }
    // What is passed on counts hops (RFC 3261 §16.3); what is answered here does not.
    let passed_on = matches!(request.method, Method::Invite | Method::Message);
    if passed_on && request.headers.number(name::MAX_FORWARDS) == Some(0) {
        return Some((483, Vec::new()));
    }
    if let Some(refusal) = unreadable(request) {
        return Some(refusal);
    }
    if request.method == Method::Invite {
        // RFC 3261 §8.1.1.8: exactly one Contact.
        if request.headers.addresses(name::CONTACT).map_or(0, |contacts| contacts.len()) != 1 {
            return Some((400, Vec::new()));
        }
        if is_too_short(&request.headers) && request.headers.lists(name::SUPPORTED, "timer") {
            return Some((422, vec![(name::MIN_SE, MIN_SE.as_secs().to_string())]));
        }
    }
    None
}

/// Why the body of a request about a session can't serve (RFC 3261 §8.2.3, RFC 5621 §4).
pub(super) fn unreadable(request: &Request) -> Option<AtDoor> {
    if !matches!(request.method, Method::Invite | Method::Update | Method::Prack) {
        return None;
    }
    let error = session_description(&request.headers, &request.body).err()?;
    let mut headers = Vec::new();
    if error == BodyError::Unsupported {
        headers.push((name::ACCEPT, ACCEPT.to_owned()));
        headers.push((name::ACCEPT_ENCODING, "identity".to_owned()));
    }
    Some((error.status(), headers))
}

/// The extensions that a request requires and we don't have (RFC 3261 §8.2.2.3).
pub(super) fn unknown_extension(request: &Request) -> Option<String> {
    let known = |token: &str| {
        let registers = request.method == Method::Register && token.eq_ignore_ascii_case("path");
        registers || token.is_empty() || SUPPORTED.split(", ").any(|ours| ours.eq_ignore_ascii_case(token))
    };
    let required = request.headers.all(name::REQUIRE).flat_map(|value| value.split(','));
    let unknown: Vec<&str> = required.map(str::trim).filter(|token| !known(token)).collect();
    (!unknown.is_empty()).then(|| unknown.join(", "))
}

impl Core {
    pub(crate) fn count_refusal(&mut self) {
        self.turn.counters.refused = self.turn.counters.refused.saturating_add(1);
    }

    /// Refuses a request within a dialog.
    pub(crate) fn refuse(&mut self, txn: ServerTxn, request: &Request, status: u16) {
        self.count_refusal();
        self.reply(txn, request, status);
    }

    pub(super) fn refuse_at_door(&mut self, arrived: &Arrived, (status, headers): &AtDoor) {
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.refuse_statelessly(arrived, *status, &headers);
    }

    /// Refuses a request and keeps nothing of it (RFC 3261 §8.2.7): a repeat is refused again, in the same words.
    pub(super) fn refuse_statelessly(&mut self, arrived: &Arrived, status: u16, headers: &[(&str, &str)]) {
        if status != 503 {
            self.count_refusal();
        }
        let mut response = arrived.request.response(status);
        self.tag(&mut response);
        for (name, value) in headers {
            response.headers.push(name, *value);
        }
        self.add_server(&mut response);
        self.turn.transmit(arrived.reply_to.hop, response.to_bytes());
    }

    /// Adds a To tag where there is none: always the same for the same request, and not to be guessed.
    pub(super) fn tag(&self, response: &mut Response) {
        let Ok(to) = response.headers.to() else { return };
        if to.tag().is_some() {
            return;
        }
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for part in [name::CALL_ID, name::FROM, name::CSEQ] {
            let value = response.headers.first(part).unwrap_or("");
            // Of CSeq the number alone: a CANCEL is answered with its INVITE's tag (RFC 3261 §9.2).
            let text = if part == name::CSEQ { value.split(' ').next().unwrap_or("") } else { value };
            for byte in text.bytes() {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
        let stream = u32::try_from(hash >> 32).unwrap_or_default()
            ^ u32::try_from(hash & 0xffff_ffff).unwrap_or_default();
        let token = Source::new(self.config.key, stream).token();
        response.headers.set(name::TO, to.with_tag(&token).to_string());
    }
}
