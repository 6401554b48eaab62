//! Dialogs (RFC 3261 §12): who the two ends are, the sequence numbers, and where requests within go.

mod id;
mod route_set;
mod target;

pub(crate) use id::{leg_of_tag, tag_of_leg};
pub(crate) use target::{Reach, next_hop};

use crate::endpoint::transmit::cseq;
use crate::message::{Headers, Method, NameAddr, Request, Response, Uri, name};
use bytes::Bytes;
use cordboard_base::{Hop, Networks};
use route_set::RouteSet;
use serde::{Deserialize, Serialize};

/// One dialog, early or confirmed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Dialog {
    pub(crate) call_id: String,
    /// Our From in requests of ours, tag included.
    local: String,
    /// Our To.
    remote: String,
    pub(crate) local_tag: String,
    pub(crate) remote_tag: String,
    pub(crate) local_cseq: u32,
    pub(crate) remote_cseq: Option<u32>,
    pub(crate) remote_target: Uri,
    routes: RouteSet,
    /// Where the peer's last message came from.
    pub(crate) peer: Hop,
    /// Where the next request goes.
    pub(crate) hop: Hop,
    /// Where it goes when that is unreachable.
    pub(crate) second: Option<Hop>,
    /// Whether the peer takes UPDATE, as far as it said.
    pub(crate) allows_update: bool,
    /// Whether the peer knows session timers.
    pub(crate) supports_timer: bool,
    /// Whether the INVITE's offer has been answered reliably.
    pub(crate) answered: bool,
    /// The peer's last description in this dialog.
    pub(crate) remote_sdp: Option<Bytes>,
    /// The last RSeq taken (RFC 3262 §4).
    pub(crate) rseq: Option<u32>,
}

impl Dialog {
    /// The caller's dialog (§12.1.2). `None` if the response does not make one.
    pub(crate) fn of_caller(invite: &Head, response: &Response, peer: Hop, reach: &Networks) -> Option<Self> {
        let to = response.headers.to().ok()?;
        let contact = first_address(&response.headers, name::CONTACT);
        let remote_target = contact.map_or_else(|| invite.target.clone(), |contact| contact.uri);
        let mut dialog = Self {
            call_id: invite.call_id.clone(),
            local: invite.from.clone(),
            remote: response.headers.first(name::TO)?.to_owned(),
            local_tag: invite.local_tag.clone(),
            remote_tag: to.tag().unwrap_or("").to_owned(),
            local_cseq: invite.cseq,
            remote_cseq: None,
            remote_target,
            routes: RouteSet::of_response(&response.headers),
            peer: peer.by_address(),
            hop: peer.by_address(),
            second: None,
            allows_update: false,
            supports_timer: false,
            answered: false,
            remote_sdp: None,
            rseq: None,
        };
        dialog.learn(&response.headers);
        dialog.aim(reach);
        Some(dialog)
    }

    /// The callee's dialog (§12.1.1). `None` if the request can't make one.
    pub(crate) fn of_callee(request: &Request, local_tag: &str, peer: Hop, reach: &Networks) -> Option<Self> {
        let from = request.headers.from().ok()?;
        let to = request.headers.to().ok()?;
        let contact = first_address(&request.headers, name::CONTACT)?;
        let mut dialog = Self {
            call_id: request.headers.call_id().ok()?.to_owned(),
            local: to.with_tag(local_tag).to_string(),
            remote: request.headers.first(name::FROM)?.to_owned(),
            local_tag: local_tag.to_owned(),
            remote_tag: from.tag().unwrap_or("").to_owned(),
            local_cseq: 0,
            remote_cseq: request.headers.cseq().ok().map(|cseq| cseq.number),
            remote_target: contact.uri,
            routes: RouteSet::of_request(&request.headers),
            peer: peer.by_address(),
            hop: peer.by_address(),
            second: None,
            allows_update: false,
            supports_timer: false,
            answered: false,
            remote_sdp: None,
            rseq: None,
        };
        dialog.learn(&request.headers);
        dialog.aim(reach);
        Some(dialog)
    }

    /// Our From, tag included.
    pub(crate) fn local(&self) -> &str {
        &self.local
    }

    /// The 2xx confirms it: its Record-Route counts (§13.2.2.4).
    pub(crate) fn confirm(&mut self, response: &Response, peer: Hop, reach: &Networks) {
        self.routes = RouteSet::of_response(&response.headers);
        self.refresh(&response.headers, peer, reach);
    }

    /// A target refresh (§12.2): a new Contact, and what the peer can do.
    pub(crate) fn refresh(&mut self, headers: &Headers, peer: Hop, reach: &Networks) {
        if let Some(contact) = first_address(headers, name::CONTACT) {
            self.remote_target = contact.uri;
        }
        self.learn(headers);
        self.heard(peer, reach);
    }

    /// The peer spoke from `peer`.
    pub(crate) fn heard(&mut self, peer: Hop, reach: &Networks) {
        self.peer = peer.by_address();
        self.aim(reach);
    }

    fn aim(&mut self, networks: &Networks) {
        let uri = self.routes.first().unwrap_or(&self.remote_target);
        let way = next_hop(uri, Reach { peer: self.peer, networks });
        (self.hop, self.second) = (way.hop, way.second);
    }

    fn learn(&mut self, headers: &Headers) {
        if headers.first(name::ALLOW).is_some() {
            self.allows_update = headers.lists(name::ALLOW, "UPDATE");
        }
        if headers.first(name::SUPPORTED).is_some() {
            self.supports_timer = headers.lists(name::SUPPORTED, "timer");
        }
    }

    /// A request within the dialog, with the next sequence number (§12.2.1.1).
    pub(crate) fn request(&mut self, method: Method) -> Box<Request> {
        self.local_cseq = self.local_cseq.wrapping_add(1) & 0x7fff_ffff;
        self.request_numbered(method, self.local_cseq)
    }

    /// A request with the number of another: ACK.
    pub(crate) fn request_numbered(&self, method: Method, number: u32) -> Box<Request> {
        let (uri, routes) = self.routes.applied_to(&self.remote_target);
        let mut request = Box::new(Request::new(method, uri));
        for route in routes {
            request.headers.push(name::ROUTE, route);
        }
        request.headers.push(name::FROM, self.local.as_str());
        request.headers.push(name::TO, self.remote.as_str());
        request.headers.push(name::CALL_ID, self.call_id.as_str());
        request.headers.push(name::CSEQ, cseq(number, &request.method));
        request
    }
}

/// What a caller's dialogs take from the INVITE.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Head {
    pub(crate) call_id: String,
    pub(crate) from: String,
    pub(crate) local_tag: String,
    pub(crate) target: Uri,
    pub(crate) cseq: u32,
}

fn first_address(headers: &Headers, name: &str) -> Option<NameAddr> {
    NameAddr::parse(headers.first(name)?).ok()
}
