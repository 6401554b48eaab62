//! A lamp on somebody's phone: a subscription to another user's state (RFC 4235) or to a mailbox (RFC 3842), by hand.

use super::{raw, wait};
use cordboard_sip::auth;
use cordboard_sip::message::{Method, Uri};
use cordboard_sip::session::Credentials;
use std::net::{SocketAddr, UdpSocket};

/// The subscriber.
pub(crate) struct Watcher {
    socket: UdpSocket,
    /// The state of the last NOTIFY: `terminated`, `early`, `confirmed`; of a mailbox its counts: `1/0 (0/0)`.
    pub(crate) state: String,
    /// How many NOTIFYs came.
    pub(crate) notified: usize,
}

impl Watcher {
    /// Subscribes, and has the first NOTIFY.
    pub(crate) fn new(server: SocketAddr, user: &str, password: &str, watched: &str) -> Self {
        Self::to(("dialog", "application/dialog-info+xml"), server, (user, password), watched)
    }

    /// The same of a user's mailbox.
    pub(crate) fn of_mailbox(server: SocketAddr, user: &str, password: &str) -> Self {
        Self::to(("message-summary", "application/simple-message-summary"), server, (user, password), user)
    }

    fn to(
        (package, body): (&str, &str),
        server: SocketAddr,
        (user, password): (&str, &str),
        watched: &str,
    ) -> Self {
        let socket = raw::socket();
        let local = socket.local_addr().unwrap();
        let id = raw::unique();
        let uri = format!("sip:{watched}@cordboard.local");
        let subscribe = |cseq: u32, more: &str| {
            format!(
                "SUBSCRIBE {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {local};branch=z9hG4bK{id}{cseq};rport\r\n\
                 Max-Forwards: 70\r\nFrom: <sip:{user}@cordboard.local>;tag={id}\r\nTo: <{uri}>\r\n\
                 Call-ID: {id}\r\nCSeq: {cseq} SUBSCRIBE\r\nContact: <sip:{user}@{local}>\r\nEvent: {package}\r\n\
                 Accept: {body}\r\nExpires: 600\r\n{more}Content-Length: 0\r\n\r\n"
            )
        };
        let mut watcher = Self { socket, state: String::new(), notified: 0 };
        watcher.send(server, &subscribe(1, ""));
        let challenged = wait::until("a challenge", wait::SOON, || watcher.receive("SIP/2.0 401"));
        let challenge = header(&challenged, "WWW-Authenticate").unwrap();
        let credentials = Credentials { username: user.to_owned(), password: password.to_owned() };
        let parsed = Uri::parse(&uri).unwrap();
        let answer =
            auth::answer(challenge, &Method::Subscribe, &parsed, b"", &credentials, "0a4f113b", 1).unwrap();
        watcher.send(server, &subscribe(2, &format!("Authorization: {answer}\r\n")));
        wait::until("the first NOTIFY", wait::SOON, || {
            watcher.receive("NOTIFY");
            (watcher.notified > 0).then_some(())
        });
        watcher
    }

    /// Waits until the lamp shows this.
    pub(crate) fn shows(&mut self, state: &str) {
        let is_shown = wait::at_most(wait::LONG, || {
            self.receive("NOTIFY");
            (self.state == state).then_some(())
        });
        assert!(is_shown.is_some(), "the lamp shows `{}`, not `{state}`", self.state);
    }

    fn send(&self, server: SocketAddr, text: &str) {
        self.socket.send_to(text.as_bytes(), server).unwrap();
    }

    /// Takes one message; what is not wanted is passed over. NOTIFYs are answered whatever is wanted.
    fn receive(&mut self, wanted: &str) -> Option<String> {
        let mut buffer = [0; 65_536];
        let (length, from) = self.socket.recv_from(&mut buffer).ok()?;
        let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
        if text.starts_with("NOTIFY") {
            self.notified += 1;
            let state = text.split("<state").nth(1).and_then(|rest| rest.split(['>', '<']).nth(1));
            let state = header(&text, "Voice-Message").or(state);
            self.state = state.unwrap_or("terminated").to_owned();
            let copied = text.lines().filter(|line| {
                let name = line.split(':').next().unwrap_or_default();
                ["Via", "From", "To", "Call-ID", "CSeq"].contains(&name)
            });
            let copied: String = copied.map(|line| format!("{line}\r\n")).collect();
            self.send(from, &format!("SIP/2.0 200 OK\r\n{copied}Content-Length: 0\r\n\r\n"));
        }
        text.starts_with(wanted).then_some(text)
    }
}

/// A header's value.
pub(crate) fn header<'a>(message: &'a str, name: &str) -> Option<&'a str> {
    message.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':').map(str::trim))
}
