//! A provider: the far end of a trunk, which answers by itself as long as it lives. It plays no audio.

use crate::World;
use bytes::Bytes;
use cordboard_sip::message::{Message, Method, Request, Response, name, parse_datagram};
use core::net::SocketAddr;

/// The nonce of its challenges; a provider may keep one for a while.
const NONCE: &str = "5f0c2b7e91";

/// What the world knows of a provider.
#[derive(Debug)]
pub(crate) struct ProviderNode {
    pub(crate) address: SocketAddr,
    pub(crate) alive: bool,
    /// Seconds that it registers somebody for.
    pub(crate) grants_s: u32,
    /// Whether it wants credentials; it believes whatever they are.
    pub(crate) challenges: bool,
    /// All that it got, retransmissions too.
    pub(crate) got: Vec<Request>,
    /// All responses that it got.
    pub(crate) told: Vec<Response>,
}

impl ProviderNode {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, alive: true, grants_s: 600, challenges: false, got: Vec::new(), told: Vec::new() }
    }

    /// What it answers to a datagram.
    pub(crate) fn answer(&mut self, bytes: &Bytes) -> Option<Bytes> {
        if !self.alive {
            return None;
        }
        let request = match parse_datagram(bytes) {
            Ok(Message::Request(request)) => request,
            Ok(Message::Response(response)) => {
                self.told.push(response);
                return None;
            }
            Err(_) => return None,
        };
        let response = self.respond(&request);
        self.got.push(request);
        response.map(|response| response.to_bytes())
    }

    fn respond(&self, request: &Request) -> Option<Response> {
        let known = request.headers.first(name::AUTHORIZATION).is_some();
        let asks_for_trust = matches!(request.method, Method::Register | Method::Invite);
        let in_dialog = request.headers.to().is_ok_and(|to| to.params.value("tag").is_some());
        if request.method == Method::Ack {
            return None;
        }
        if self.challenges && asks_for_trust && !known && !in_dialog {
            let mut response = tagged(request, 401);
            let challenge = format!("Digest realm=\"itsp\", nonce=\"{NONCE}\", algorithm=MD5, qop=\"auth\"");
            response.headers.push(name::WWW_AUTHENTICATE, challenge);
            return Some(response);
        }
        let mut response = tagged(request, 200);
        if request.method == Method::Register
            && let Some(contact) = request.headers.first(name::CONTACT)
        {
            response.headers.push(name::CONTACT, format!("{contact};expires={}", self.grants_s));
        }
        if request.method == Method::Invite {
            response.headers.push(name::CONTACT, format!("<sip:gateway@{}>", self.address));
            response.headers.push(name::CONTENT_TYPE, "application/sdp");
            response.body = self.description();
        }
        Some(response)
    }

    fn description(&self) -> Bytes {
        let ip = self.address.ip();
        Bytes::from(format!(
            "v=0\r\no=itsp 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8 101\r\n\
             a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
        ))
    }
}

pub(crate) fn tagged(request: &Request, status: u16) -> Response {
    let mut response = request.response(status);
    let to = response.headers.first(name::TO).unwrap_or_default().to_owned();
    if !to.contains(";tag=") {
        response.headers.set(name::TO, format!("{to};tag=itsp"));
    }
    response
}

/// A provider's handle.
#[derive(Clone)]
pub struct Provider {
    pub(crate) world: World,
    pub(crate) index: usize,
}

impl Provider {
    fn node<T>(&self, look: impl FnOnce(&mut ProviderNode) -> T) -> T {
        self.world.inner(|inner| look(&mut inner.providers[self.index]))
    }

    /// It answers nothing any more, until [`Self::comes_back`].
    pub fn dies(&self) {
        self.node(|node| node.alive = false);
    }

    /// It answers again.
    pub fn comes_back(&self) {
        self.node(|node| node.alive = true);
    }

    /// It wants credentials.
    pub fn challenges(&self) {
        self.node(|node| node.challenges = true);
    }

    /// It registers people for so many seconds.
    pub fn grants(&self, seconds: u32) {
        self.node(|node| node.grants_s = seconds);
    }

    /// What it got of a method, retransmissions too.
    pub fn got(&self, method: &Method) -> Vec<Request> {
        self.node(|node| node.got.iter().filter(|request| request.method == *method).cloned().collect())
    }

    /// The responses that it got to a request of its own, by status.
    pub fn told(&self, method: &Method) -> Vec<u16> {
        let of = |response: &&Response| response.headers.cseq().is_ok_and(|cseq| cseq.method == *method);
        self.node(|node| node.told.iter().filter(of).map(|response| response.status).collect())
    }

    /// Ends the latest call that it was sent.
    pub fn hangs_up(&self) {
        self.sends_in_dialog(&Method::Bye, 2, "");
    }

    /// The same, with further header lines.
    pub fn hangs_up_with(&self, lines: &str) {
        self.sends_in_dialog(&Method::Bye, 2, lines);
    }

    /// In the latest call that it was sent: has the office transfer its partner to `uri`.
    pub fn refers(&self, uri: &str) {
        self.sends_in_dialog(
            &Method::Refer,
            1,
            &format!("Refer-To: <{uri}>\r\nContact: <sip:gateway@itsp>\r\n"),
        );
    }

    /// A request in the latest call that it was sent.
    fn sends_in_dialog(&self, method: &Method, cseq: u8, lines: &str) {
        let Some(invite) = self.got(&Method::Invite).pop() else { panic!("no call") };
        let header = |name: &str| invite.headers.first(name).unwrap_or_default().to_owned();
        let to = header(name::TO);
        let to = if to.contains(";tag=") { to } else { format!("{to};tag=itsp") };
        let contact = header(name::CONTACT);
        let target = contact.trim_start_matches('<').split('>').next().unwrap_or_default();
        let (address, call, from) =
            (self.node(|node| node.address), header(name::CALL_ID), header(name::FROM));
        let method = method.as_str();
        let text = format!(
            "{method} {target} SIP/2.0\r\nVia: SIP/2.0/UDP {address};branch=z9hG4bKitsp{call}{cseq}\r\n\
             Max-Forwards: 70\r\nFrom: {to}\r\nTo: {from}\r\nCall-ID: {call}\r\nCSeq: {cseq} {method}\r\n{lines}\
             Content-Length: 0\r\n\r\n"
        );
        self.world.inner(|inner| inner.send(address, crate::OFFICE, Bytes::from(text)));
    }
}
