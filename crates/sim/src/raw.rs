//! A registered phone that is played by hand, message by message: for whatever the softphone would never do. It says nothing of
//! itself but the ACK of a refusal and the answer to a keep-alive; what is not asked for is passed over.
//!
//! ```text
//! let (anna, ben) = (world.registered("101"), world.raw("102"));
//! anna.calls("102");
//! let mut call = ben.invited();
//! call.replies(180, "Require: 100rel\nRSeq: 7", None);
//! let prack = call.gets("PRACK");
//! call.answers(&prack, 200, "", None);
//! call.replies(200, "", Some(&ben.sdp()));
//! call.gets("ACK");
//! call.talks_with(&anna);
//! ```

use crate::office::{DOMAIN, password};
use crate::raw_media::RawMedia;
use crate::{Peer, World};
use cordboard_sip::auth;
use cordboard_sip::message::{
    Headers, Message, Method, NameAddr, Request, Response, Uri, name, parse_datagram,
};
use cordboard_sip::session::Credentials;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use core::time::Duration;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

/// Longer than any transaction (64·T1 = 32 s), and than half of the shortest session (RFC 4028 §5: 90 s).
const PATIENCE: Duration = Duration::from_secs(60);

/// A phone that is played by hand.
#[derive(Clone)]
pub struct Raw {
    pub(crate) peer: Peer,
    pub(crate) user: String,
    pub(crate) media: RawMedia,
    /// What has been looked at: a repetition is nothing new.
    seen: Rc<RefCell<BTreeSet<String>>>,
    made: Rc<RefCell<u32>>,
}

/// One dialog of such a phone.
#[derive(Clone)]
pub struct RawCall {
    /// Whose it is.
    pub phone: Raw,
    /// The first INVITE, in either direction.
    pub invite: Request,
    /// Our address with our tag, as it stands in what we send.
    local: String,
    remote: String,
    target: Uri,
    cseq: u32,
    /// The office called.
    called: bool,
}

impl World {
    /// A registered phone that is played by hand.
    pub fn raw(&self, user: &str) -> Raw {
        let last = 100 + self.inner(|inner| u8::try_from(inner.peers.len()).unwrap_or(0));
        let ip = IpAddr::V4(Ipv4Addr::new(192, 0, 2, last));
        let peer = self.peer(&SocketAddr::new(ip, 5060).to_string());
        self.inner(|inner| inner.ladder.names.insert(SocketAddr::new(ip, 5060), format!("{user}-raw")));
        let media = RawMedia::new(self, SocketAddr::new(ip, 30_000), u16::from(last));
        let raw = Raw { peer, user: user.to_owned(), media, seen: Rc::default(), made: Rc::default() };
        let contact = format!("Contact: <{}>\nExpires: 7200\nContent-Length: 0", raw.contact());
        let to = format!("To: <sip:{user}@{DOMAIN}>");
        let register = format!("REGISTER sip:{DOMAIN} SIP/2.0\n{to}\n{contact}");
        assert_eq!(raw.peer.asks_as(user, &format!("register-{user}-{last}"), &register).status, 200);
        raw
    }
}

impl Raw {
    /// Its Contact.
    pub fn contact(&self) -> String {
        format!("sip:{}@{}", self.user, self.peer.address())
    }

    /// Its address.
    pub fn address(&self) -> SocketAddr {
        self.peer.address()
    }

    /// A description of what it speaks: PCMA, both ways.
    pub fn sdp(&self) -> String {
        self.media.sdp("sendrecv")
    }

    /// The next message that was not there before, and is none of a keep-alive.
    fn next(&self, limit: Duration) -> Option<Message> {
        let end = self.peer.world.now() + limit;
        loop {
            let text = self.peer.next_within(end.since(self.peer.world.now()))?;
            let Ok(message) = parse_datagram(text.as_bytes()) else { panic!("not SIP: {text}") };
            if let Message::Request(request) = &message
                && request.method == Method::Options
            {
                self.peer.answers(request, 200);
            } else if self.seen.borrow_mut().insert(text) {
                return Some(message);
            }
        }
    }

    /// The next new message that begins like this; others are passed over.
    pub fn gets_within(&self, start: &str, limit: Duration) -> Option<Message> {
        let end = self.peer.world.now() + limit;
        loop {
            let message = self.next(end.since(self.peer.world.now()))?;
            if String::from_utf8_lossy(&message.to_bytes()).starts_with(start) {
                return Some(message);
            }
        }
    }

    fn expects(&self, start: &str) -> Message {
        let message = self.gets_within(start, PATIENCE);
        message.unwrap_or_else(|| panic!("{} never got {start:?}", self.user))
    }

    /// The next new request of this method.
    pub fn gets_request(&self, method: &str) -> Request {
        let Message::Request(request) = self.expects(&format!("{method} ")) else { panic!("no {method}") };
        request
    }

    /// The next new response with a status that begins like this.
    pub fn gets_response(&self, status: &str) -> Response {
        let Message::Response(response) = self.expects(&format!("SIP/2.0 {status}")) else {
            panic!("no {status}")
        };
        response
    }

    /// Is called. Nothing is answered yet.
    pub fn invited(&self) -> RawCall {
        let invite = self.gets_request("INVITE");
        let (Ok(from), Ok(to)) = (invite.headers.from(), invite.headers.to()) else {
            panic!("an INVITE without From or To")
        };
        let made = self.count();
        RawCall {
            phone: self.clone(),
            local: to.with_tag(&format!("raw{made}")).to_string(),
            remote: from.to_string(),
            target: contact_of(invite.headers.first(name::CONTACT)),
            invite,
            cseq: 1,
            called: true,
        }
    }

    fn count(&self) -> u32 {
        *self.made.borrow_mut() += 1;
        *self.made.borrow()
    }

    /// Sends an INVITE without credentials. Nothing is waited for.
    pub fn begins(&self, number: &str, lines: &str, sdp: Option<&str>) -> RawCall {
        let made = self.count();
        let Ok(uri) = Uri::parse(&format!("sip:{number}@{DOMAIN}")) else { panic!("no number: {number}") };
        let mut call = RawCall {
            phone: self.clone(),
            local: format!("<sip:{}@{DOMAIN}>;tag=raw{made}", self.user),
            remote: format!("<{uri}>"),
            target: uri.clone(),
            invite: Request::new(Method::Invite, uri),
            cseq: 0,
            called: false,
        };
        call.invite.headers.push(name::CALL_ID, format!("raw-{}-{made}", self.user));
        call.invite = call.sends("INVITE", lines, sdp);
        call
    }

    /// Calls a number with these further header lines, and answers the challenge.
    pub fn calls(&self, number: &str, lines: &str, sdp: Option<&str>) -> RawCall {
        let mut call = self.begins(number, lines, sdp);
        let challenge = self.gets_response("401");
        call.ack_refusal(&call.invite, &challenge);
        call.cseq += 1;
        let via = call.via();
        call.invite.headers.set(name::CSEQ, format!("{} INVITE", call.cseq));
        call.invite.headers.set(name::VIA, via);
        let credentials = Credentials { username: self.user.clone(), password: password(&self.user) };
        assert!(auth::authorize(&mut call.invite, &challenge, &credentials, "cnonce", 1), "no challenge");
        call.send(&call.invite);
        call
    }
}

impl RawCall {
    /// Another branch of a forked INVITE: the same call with another tag of ours.
    #[must_use]
    pub fn fork(&self, tag: &str) -> Self {
        let mut fork = self.clone();
        if let Ok(to) = self.invite.headers.to() {
            fork.local = to.with_tag(tag).to_string();
        }
        fork
    }

    /// The status's response to the INVITE that called us.
    pub fn replies(&self, status: u16, lines: &str, sdp: Option<&str>) {
        self.answers(&self.invite, status, lines, sdp);
    }

    /// A response to any request of the office's in this call.
    pub fn answers(&self, request: &Request, status: u16, lines: &str, sdp: Option<&str>) {
        self.phone.media.learn(&request.body);
        let mut response = request.response(status);
        if status > 100 && request.headers.to().is_ok_and(|to| to.tag().is_none()) {
            response.headers.set(name::TO, self.local.as_str());
        }
        if (101..300).contains(&status) {
            response.headers.push(name::CONTACT, format!("<{}>", self.phone.contact()));
        }
        put(&mut response.headers, lines);
        if let Some(sdp) = sdp {
            put_type(&mut response.headers);
            response.body = sdp.to_owned().into();
        }
        self.phone.peer.sends_bytes(&response.to_bytes());
    }

    fn via(&self) -> String {
        let branch = self.phone.count();
        format!(
            "SIP/2.0/UDP {};rport;branch=z9hG4bKraw{}x{branch}",
            self.phone.peer.address(),
            self.phone.user
        )
    }

    fn headers(&self, method: &str, cseq: u32) -> Request {
        let mut request = Request::new(Method::from_token(method), self.target.clone());
        let headers = &mut request.headers;
        headers.push(name::VIA, self.via());
        headers.push(name::MAX_FORWARDS, "70");
        headers.push(name::FROM, self.local.as_str());
        headers.push(name::TO, self.remote.as_str());
        headers.push(name::CALL_ID, self.invite.headers.call_id().unwrap_or_default());
        headers.push(name::CSEQ, format!("{cseq} {method}"));
        headers.push(name::CONTACT, format!("<{}>", self.phone.contact()));
        request
    }

    /// A new request of this call; it is not sent.
    pub fn request(&mut self, method: &str, lines: &str, sdp: Option<&str>) -> Request {
        self.cseq += 1;
        let mut request = self.headers(method, self.cseq);
        put(&mut request.headers, lines);
        if let Some(sdp) = sdp {
            put_type(&mut request.headers);
            request.body = sdp.to_owned().into();
        }
        request
    }

    /// Sends a message as it is.
    pub fn send(&self, request: &Request) {
        self.phone.peer.sends_bytes(&request.to_bytes());
    }

    /// Sends a request of this call. Nothing is waited for.
    pub fn sends(&mut self, method: &str, lines: &str, sdp: Option<&str>) -> Request {
        let request = self.request(method, lines, sdp);
        self.send(&request);
        request
    }

    /// The next request of this method in this call.
    pub fn gets(&mut self, method: &str) -> Request {
        let request = self.phone.gets_request(method);
        assert_eq!(request.headers.call_id().ok(), self.invite.headers.call_id().ok(), "another call's");
        self.phone.media.learn(&request.body);
        request
    }

    /// The next response whose status begins like this: to whatever of ours. The dialog is what it says.
    pub fn gets_answer(&mut self, status: &str) -> Response {
        let response = self.phone.gets_response(status);
        assert_eq!(response.headers.call_id().ok(), self.invite.headers.call_id().ok(), "another call's");
        self.phone.media.learn(&response.body);
        if !self.called
            && let Ok(to) = response.headers.to()
        {
            self.remote = to.to_string();
        }
        if let Some(contact) = response.headers.first(name::CONTACT) {
            self.target = contact_of(Some(contact));
        }
        response
    }

    /// ACKs a 2xx, with the answer to its offer if there was one.
    pub fn acks(&self, success: &Response, sdp: Option<&str>) {
        let number = success.headers.cseq().map(|cseq| cseq.number).unwrap_or_default();
        let mut ack = self.headers("ACK", number);
        if let Some(sdp) = sdp {
            put_type(&mut ack.headers);
            ack.body = sdp.to_owned().into();
        }
        self.send(&ack);
    }

    /// ACKs a refusal of `request`: the transaction's own ACK (RFC 3261 §17.1.1.3).
    pub fn ack_refusal(&self, request: &Request, refusal: &Response) {
        let mut ack = request.clone();
        ack.method = Method::Ack;
        ack.body = Default::default();
        for gone in [name::CONTENT_TYPE, name::CONTENT_LENGTH] {
            ack.headers.remove(gone);
        }
        let number = request.headers.cseq().map(|cseq| cseq.number).unwrap_or_default();
        ack.headers.set(name::CSEQ, format!("{number} ACK"));
        if let Some(to) = refusal.headers.first(name::TO) {
            ack.headers.set(name::TO, to);
        }
        self.send(&ack);
    }

    /// Cancels the INVITE that we sent.
    pub fn cancels(&self) {
        let mut cancel = self.invite.clone();
        cancel.method = Method::Cancel;
        cancel.body = Default::default();
        cancel.headers.remove(name::CONTENT_TYPE);
        let number = self.invite.headers.cseq().map(|cseq| cseq.number).unwrap_or_default();
        cancel.headers.set(name::CSEQ, format!("{number} CANCEL"));
        self.send(&cancel);
    }

    /// Answers, and gets the ACK.
    pub fn picks_up(&mut self) {
        self.replies(200, "", Some(&self.phone.sdp()));
        self.gets("ACK");
    }

    /// Is answered, and ACKs.
    pub fn is_answered(&mut self) -> Response {
        let success = self.gets_answer("200");
        self.acks(&success, None);
        success
    }

    /// Hangs up, and that is answered.
    pub fn hangs_up(&mut self) {
        self.sends("BYE", "", None);
        self.gets_answer("200");
    }

    /// Is hung up on.
    pub fn is_over(&mut self) {
        let bye = self.gets("BYE");
        self.answers(&bye, 200, "", None);
    }
}

fn contact_of(value: Option<&str>) -> Uri {
    match value.map(NameAddr::parse) {
        Some(Ok(contact)) => contact.uri,
        Some(Err(_)) | None => panic!("no Contact: {value:?}"),
    }
}

fn put(headers: &mut Headers, lines: &str) {
    for (name, value) in lines.lines().filter_map(|line| line.split_once(':')) {
        headers.push(name.trim(), value.trim());
    }
}

/// The Content-Type, unless the lines have said it.
fn put_type(headers: &mut Headers) {
    if headers.first(name::CONTENT_TYPE).is_none() {
        headers.push(name::CONTENT_TYPE, "application/sdp");
    }
}
