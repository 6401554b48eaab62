//! A peer that is scripted by hand: it sends the text it is given, and keeps what comes.

use crate::World;
use crate::office::{DOMAIN, OFFICE, password};
use bytes::Bytes;
use cordboard_sip::auth;
use cordboard_sip::message::{Message, Method, Request, Response, name, parse_datagram};
use cordboard_sip::session::Credentials;
use core::net::SocketAddr;
use core::time::Duration;

/// What the world knows of a peer.
#[derive(Debug)]
pub(crate) struct PeerNode {
    pub(crate) address: SocketAddr,
    pub(crate) inbox: Vec<(SocketAddr, Bytes)>,
    pub(crate) read: usize,
}

/// A peer's handle.
#[derive(Clone)]
pub struct Peer {
    pub(crate) world: World,
    pub(crate) index: usize,
}

impl Peer {
    /// Its address.
    pub fn address(&self) -> SocketAddr {
        self.world.inner(|inner| inner.peers[self.index].address)
    }

    /// Sends a message to the office. Lines may end in a bare LF; a missing empty line at the end is added, and
    /// `Content-Length: auto` is counted.
    pub fn sends(&self, text: &str) {
        let text = text.replace("\r\n", "\n");
        let (head, body) = text.split_once("\n\n").unwrap_or((text.trim_end(), ""));
        let body = body.replace('\n', "\r\n");
        let head = head.trim_start().replace('\n', "\r\n");
        let head = head.replace("Content-Length: auto", &format!("Content-Length: {}", body.len()));
        self.sends_bytes(format!("{head}\r\n\r\n{body}").as_bytes());
    }

    /// Sends bytes as they are.
    pub fn sends_bytes(&self, bytes: &[u8]) {
        self.sends_bytes_to(OFFICE, bytes);
    }

    /// Sends bytes to any address.
    pub fn sends_bytes_to(&self, to: SocketAddr, bytes: &[u8]) {
        let bytes = Bytes::copy_from_slice(bytes);
        let address = self.address();
        self.world.inner(|inner| inner.send(address, to, bytes));
    }

    /// The next message that comes within `limit`.
    pub fn next_within(&self, limit: Duration) -> Option<String> {
        self.next_bytes_within(limit).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The next datagram that comes within `limit`, whatever it is.
    pub fn next_bytes_within(&self, limit: Duration) -> Option<Bytes> {
        let waiting = || {
            self.world.inner(|inner| {
                let peer = &inner.peers[self.index];
                peer.inbox.get(peer.read).map(|(_, bytes)| bytes.clone())
            })
        };
        self.world.run_until(|_| waiting().is_some(), limit);
        let bytes = waiting()?;
        self.world.inner(|inner| inner.peers[self.index].read += 1);
        Some(bytes)
    }

    /// The next message that begins like this; others are passed over. Fails after 40 s.
    pub fn receives(&self, start: &str) -> String {
        let mut passed = Vec::new();
        while let Some(text) = self.next_within(Duration::from_secs(40)) {
            if text.starts_with(start) {
                return text;
            }
            passed.push(text.lines().next().unwrap_or("").to_owned());
        }
        panic!("{} never got {start:?}, but {passed:?}", self.address())
    }

    /// The same, parsed.
    pub fn receives_message(&self, start: &str) -> Message {
        let text = self.receives(start);
        parse_datagram(text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// Sends a request as a user, answering one challenge, and gives the response. The request is written without Via, From,
    /// Call-ID and CSeq: they are the peer's own, and `call` tells its dialogs apart.
    pub fn asks_as(&self, user: &str, call: &str, text: &str) -> Response {
        self.sends_as(user, call, text);
        self.next_response()
    }

    /// The same, without waiting for more than the challenge.
    pub fn sends_as(&self, user: &str, call: &str, text: &str) {
        let mut request = self.request(user, call, 1, text);
        self.sends_bytes(&request.to_bytes());
        let challenge = self.next_response();
        assert_eq!(challenge.status, 401, "no challenge");
        if request.method == Method::Invite {
            self.acknowledges(&request, &challenge);
        }
        request = self.request(user, call, 2, text);
        let credentials = Credentials { username: user.to_owned(), password: password(user) };
        assert!(auth::authorize(&mut request, &challenge, &credentials, "cnonce", 1), "no challenge");
        self.sends_bytes(&request.to_bytes());
    }

    fn request(&self, user: &str, call: &str, cseq: u8, text: &str) -> Request {
        let address = self.address();
        let (first, rest) = text.trim_start().split_once('\n').unwrap_or((text, ""));
        let method = first.split(' ').next().unwrap_or("");
        let head = format!(
            "Via: SIP/2.0/UDP {address};rport;branch=z9hG4bK{call}{cseq}\nMax-Forwards: 70\n\
             From: <sip:{user}@{DOMAIN}>;tag=tag{call}\nCall-ID: {call}\nCSeq: {cseq} {method}"
        );
        let whole = format!("{first}\n{head}\n{}\n\n", rest.trim()).replace('\n', "\r\n");
        match parse_datagram(whole.as_bytes()) {
            Ok(Message::Request(request)) => request,
            Ok(Message::Response(_)) | Err(_) => panic!("not a request: {whole}"),
        }
    }

    /// The next response that says more than 100.
    fn next_response(&self) -> Response {
        loop {
            let Message::Response(response) = self.receives_message("SIP/2.0") else {
                panic!("a request came instead of a response")
            };
            if response.status > 100 {
                return response;
            }
        }
    }

    /// The ACK of a refusal, by the INVITE's own transaction (RFC 3261 §17.1.1.3).
    fn acknowledges(&self, invite: &Request, refusal: &Response) {
        let mut ack = invite.clone();
        ack.method = Method::Ack;
        ack.body = Bytes::new();
        ack.headers.set(name::CSEQ, "1 ACK");
        if let Some(to) = refusal.headers.first(name::TO) {
            ack.headers.set(name::TO, to.to_owned());
        }
        self.sends_bytes(&ack.to_bytes());
    }

    /// Answers a request that it got.
    pub fn answers(&self, request: &Request, status: u16) {
        self.sends_bytes(&request.response(status).to_bytes());
    }

    /// The next request of this method; it is answered with 200.
    pub fn takes(&self, method: &str) -> Request {
        let Message::Request(request) = self.receives_message(method) else { panic!("no {method}") };
        self.answers(&request, 200);
        request
    }

    /// Nothing comes for so long.
    pub fn receives_nothing_for(&self, span: Duration) {
        if let Some(text) = self.next_within(span) {
            panic!("{} got {text}", self.address());
        }
    }
}
