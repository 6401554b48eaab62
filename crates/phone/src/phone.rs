//! The phone: its endpoint, its registration and its lines.

use crate::line::{Line, State, host};
use crate::registration::{Progress, Registration};
use crate::{Command, Happening, Input, Output, PhoneConfig};
use cordboard_base::{CallId, Deadlines, LegId, Source, Time};
use cordboard_media::{Command as MediaCommand, StreamSeed};
use cordboard_sip::auth;
use cordboard_sip::endpoint::{self, Endpoint, Event, Outcome, RequestId};
use cordboard_sip::message::{Method, NameAddr, Request, Response, Scheme, Uri, name};
use cordboard_sip::session::{Credentials, LegCommand, Reason};
use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

/// Requests outside of sessions, told apart by their ids.
const REGISTER: RequestId = RequestId(1);
const MESSAGE: RequestId = RequestId(2);

/// A phone has so many lines; a further caller hears busy.
const LINES_MAX: usize = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    AutoAnswer(LegId),
}

/// A softphone. `handle` an input, then drain `poll`; come back at `next_deadline` with `handle_timeout`.
pub struct Phone {
    pub(crate) config: PhoneConfig,
    pub(crate) source: Source,
    pub(crate) endpoint: Endpoint,
    registration: Option<Registration>,
    /// The text on its way, until it is accepted or refused; a challenge is answered once.
    text: Option<Request>,
    pub(crate) lines: BTreeMap<LegId, Line>,
    next_line: u64,
    pub(crate) timers: Deadlines<Timer>,
    pub(crate) out: VecDeque<Output>,
}

impl Phone {
    /// A phone that does nothing yet.
    pub fn new(config: PhoneConfig) -> Self {
        let endpoint = Endpoint::new(config.endpoint.clone());
        let source = Source::new(config.endpoint.key, config.endpoint.stream.wrapping_add(1_000));
        Self {
            config,
            source,
            endpoint,
            registration: None,
            text: None,
            lines: BTreeMap::new(),
            next_line: 0,
            timers: Deadlines::default(),
            out: VecDeque::new(),
        }
    }

    /// Takes an input.
    pub fn handle(&mut self, now: Time, input: Input) {
        match input {
            Input::Message { from, bytes } => {
                self.endpoint.handle(now, endpoint::Input::Message { from, bytes })
            }
            Input::Unreachable(hop) => self.endpoint.handle(now, endpoint::Input::Unreachable(hop)),
            Input::Undelivered { hop, quoted } => {
                self.endpoint.handle(now, endpoint::Input::Undelivered { hop, quoted })
            }
            Input::Media(event) => self.handle_media(now, event),
            Input::Command(command) => self.handle_command(now, command),
        }
        self.settle(now);
    }

    /// Lets time pass.
    pub fn handle_timeout(&mut self, now: Time) {
        self.endpoint.handle(now, endpoint::Input::Tick);
        while let Some(timer) = self.timers.pop_due(now) {
            match timer {
                Timer::AutoAnswer(line) => self.answer(now, line),
            }
        }
        if self.registration.as_ref().and_then(Registration::due).is_some_and(|due| due <= now) {
            self.send_register(now);
        }
        self.settle(now);
    }

    /// The next output.
    pub fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// When to `handle_timeout` next.
    pub fn next_deadline(&self) -> Option<Time> {
        let registration = self.registration.as_ref().and_then(Registration::due);
        [self.endpoint.next_deadline(), self.timers.next(), registration].into_iter().flatten().min()
    }

    /// Whether nothing of its registration is under way.
    pub fn is_quiet(&self) -> bool {
        self.registration.as_ref().is_none_or(|registration| !registration.is_asking())
    }

    /// Its lines, oldest first.
    pub fn lines(&self) -> Vec<LegId> {
        self.lines.keys().copied().collect()
    }

    fn settle(&mut self, now: Time) {
        while let Some(output) = self.endpoint.poll() {
            match output {
                endpoint::Output::Transmit { to, bytes } => {
                    self.out.push_back(Output::Transmit { to, bytes })
                }
                endpoint::Output::Event(event) => self.handle_event(now, event),
            }
        }
    }

    pub(crate) fn tell(&mut self, happening: Happening) {
        self.out.push_back(Output::Happened(happening));
    }

    pub(crate) fn media(&mut self, command: MediaCommand) {
        self.out.push_back(Output::Media(command));
    }

    pub(crate) fn leg(&mut self, now: Time, leg: LegId, command: LegCommand) {
        self.endpoint.handle(now, endpoint::Input::Command(endpoint::Command::Leg(leg, command)));
    }

    fn handle_command(&mut self, now: Time, command: Command) {
        match command {
            Command::Register => self.register(now, self.config.expires_s),
            Command::Unregister => self.register(now, 0),
            Command::Call(to) => self.call(&to),
            Command::Answer => {
                self.with_newest(|line| line.state == State::Ringing, |phone, id| phone.answer(now, id))
            }
            Command::Decline(status) => self.refuse(now, status, Vec::new()),
            Command::Redirect(to) => {
                let contact = format!("<{}>", self.address(&to));
                self.refuse(now, 302, vec![(name::CONTACT.to_owned(), contact)]);
            }
            Command::Hangup(line) => self.hang_up(now, line),
            Command::Hold => self.with_newest(Line::can_hold, |phone, id| phone.hold(now, id, true)),
            Command::Resume => self.with_newest(Line::can_resume, |phone, id| phone.hold(now, id, false)),
            Command::Digits(digits) => self.with_newest(Line::is_talking, |phone, leg| {
                phone.media(MediaCommand::SendDigits { leg, digits, duration_ms: 100, gap_ms: 80 });
            }),
            Command::DigitsByInfo(digits) => {
                self.with_newest(Line::is_talking, |phone, id| phone.info(now, id, &digits))
            }
            Command::Transfer(to) => {
                self.with_newest(Line::is_talking, |phone, id| phone.transfer(now, id, &to))
            }
            Command::TransferAttended => self.transfer_attended(now),
            Command::Message { to, text } => self.message(now, &to, text),
        }
    }

    fn with_newest(&mut self, fits: impl Fn(&Line) -> bool, action: impl FnOnce(&mut Self, LegId)) {
        if let Some(line) = self.lines.values().rev().find(|line| fits(line)).map(|line| line.leg) {
            action(self, line);
        }
    }

    fn register(&mut self, now: Time, wished_s: u32) {
        let mut registration =
            self.registration.take().unwrap_or_else(|| Registration::new(&mut self.source));
        registration.start(wished_s);
        self.registration = Some(registration);
        self.send_register(now);
    }

    fn send_register(&mut self, now: Time) {
        let contact = self.contact();
        let Some(registration) = &mut self.registration else { return };
        let request = registration.request(&self.config, contact, &mut self.source);
        self.send(now, REGISTER, request);
    }

    fn send(&mut self, now: Time, id: RequestId, request: Request) {
        let command = endpoint::Command::Send { id, to: self.config.server, request: Box::new(request) };
        self.endpoint.handle(now, endpoint::Input::Command(command));
    }

    /// Where calls reach this phone.
    fn contact(&self) -> Uri {
        let server = self.config.server;
        let ip = self.config.endpoint.networks.advertised(server.remote.ip());
        let host = ip.map_or_else(|| host(&self.config.domain), cordboard_sip::message::Host::Ip);
        let mut uri =
            Uri::sip(Some(&self.config.user), host, Some(self.config.endpoint.ports.of(server.transport)));
        if server.transport.is_reliable() {
            uri.params.set("transport", Some(server.transport.param()));
        }
        uri
    }

    /// A number at our domain, or a whole URI.
    pub(crate) fn address(&self, to: &str) -> Uri {
        match Uri::parse(to) {
            Ok(uri) if matches!(uri.scheme, Scheme::Sip | Scheme::Sips) => uri,
            Ok(_) | Err(_) => Uri::sip(Some(to), host(&self.config.domain), None),
        }
    }

    pub(crate) fn own_address(&self) -> NameAddr {
        let mut own = NameAddr::new(Uri::sip(Some(&self.config.user), host(&self.config.domain), None));
        own.display = (!self.config.display.is_empty()).then(|| self.config.display.clone());
        own
    }

    pub(crate) fn new_line(&mut self, state: State) -> Option<LegId> {
        if self.lines.len() >= LINES_MAX {
            return None;
        }
        self.next_line += 1;
        let leg = LegId { call: CallId(self.next_line), index: 0 };
        self.lines.insert(leg, Line::new(leg, state));
        let seed = StreamSeed {
            ssrc: self.source.next_u32(),
            sequence: (self.source.next_u32() >> 16) as u16,
            timestamp: self.source.next_u32(),
        };
        self.media(MediaCommand::Open { leg, peer: self.config.server.remote.ip(), video: false, seed });
        Some(leg)
    }

    fn call(&mut self, to: &str) {
        let target = self.address(to);
        self.new_line(State::OpeningToCall(Box::new(target)));
    }

    fn refuse(&mut self, now: Time, status: u16, headers: Vec<(String, String)>) {
        let rings = |line: &Line| matches!(line.state, State::Ringing | State::OpeningToRing);
        self.with_newest(rings, |phone, leg| {
            phone.leg(now, leg, LegCommand::Reject { status, reason: Reason::default(), headers });
        });
    }

    fn hang_up(&mut self, now: Time, line: Option<LegId>) {
        let Some(leg) = line.or_else(|| self.lines.keys().next_back().copied()) else { return };
        let Some(line) = self.lines.get_mut(&leg) else { return };
        if matches!(line.state, State::OpeningToCall(_)) {
            return self.ended(leg, None, None, None);
        }
        line.state = State::Ending;
        self.leg(now, leg, LegCommand::End { reason: Reason { q850: Some(16), sip: None, text: None } });
    }

    fn message(&mut self, now: Time, to: &str, text: String) {
        let target = self.address(to);
        let mut request = Request::new(Method::Message, target.clone());
        let tag = self.source.token();
        request.headers.push(name::FROM, self.own_address().with_tag(&tag).to_string());
        request.headers.push(name::TO, NameAddr::new(target).to_string());
        request.headers.push(name::CALL_ID, self.source.token());
        request.headers.push(name::CSEQ, "1 MESSAGE");
        request.headers.push(name::CONTENT_TYPE, "text/plain");
        request.body = text.into_bytes().into();
        self.text = Some(request.clone());
        self.send(now, MESSAGE, request);
    }

    fn handle_event(&mut self, now: Time, event: Event) {
        match event {
            Event::Invite { txn, request, .. } => self.handle_invite(now, txn, &request),
            Event::InviteCancelled(_) => {}
            Event::Request { txn, request, .. } => self.handle_request(now, txn, &request),
            Event::Response { id, outcome } => self.handle_response(now, id, outcome),
            Event::Leg(leg, event) => self.handle_leg(now, leg, event),
        }
    }

    fn handle_invite(&mut self, now: Time, txn: endpoint::ServerTxn, request: &Request) {
        let command = match self.new_line(State::OpeningToRing) {
            Some(leg) => endpoint::Command::Adopt { txn, leg },
            None => endpoint::Command::Respond { txn, response: Box::new(request.response(486)) },
        };
        self.endpoint.handle(now, endpoint::Input::Command(command));
    }

    fn handle_request(&mut self, now: Time, txn: endpoint::ServerTxn, request: &Request) {
        let status = match request.method {
            Method::Options | Method::Notify => 200,
            Method::Message => {
                let from = request.headers.from().ok().and_then(|from| from.uri.user).unwrap_or_default();
                self.tell(Happening::Text {
                    from,
                    text: String::from_utf8_lossy(&request.body).into_owned(),
                });
                200
            }
            Method::Invite
            | Method::Ack
            | Method::Bye
            | Method::Cancel
            | Method::Register
            | Method::Prack
            | Method::Update
            | Method::Info
            | Method::Refer
            | Method::Subscribe
            | Method::Publish
            | Method::Other(_) => 501,
        };
        let response = Box::new(request.response(status));
        self.endpoint.handle(now, endpoint::Input::Command(endpoint::Command::Respond { txn, response }));
    }

    fn handle_response(&mut self, now: Time, id: RequestId, outcome: Outcome) {
        let response = match outcome {
            Outcome::Final(response, _) => Some(*response),
            Outcome::TimedOut | Outcome::Unreachable => None,
        };
        if id == MESSAGE {
            if let Some(again) = self.authorized_text(response.as_ref()) {
                return self.send(now, MESSAGE, again);
            }
            let status = response.map_or(408, |r| r.status);
            self.tell(Happening::Text { from: String::new(), text: status.to_string() });
            return;
        }
        let Some(registration) = &mut self.registration else { return };
        match registration.handle_response(now, response) {
            Progress::Again => self.send_register(now),
            Progress::Registered { expires_s } => self.tell(Happening::Registered { expires_s }),
            Progress::Unregistered => {
                self.registration = None;
                self.tell(Happening::Unregistered);
            }
            Progress::Failed { status } => self.tell(Happening::RegistrationFailed { status }),
        }
    }

    /// The text once more with our credentials, if that was all it lacked (RFC 3261 §22.2).
    fn authorized_text(&mut self, response: Option<&Response>) -> Option<Request> {
        let mut request = self.text.take()?;
        let challenge = response.filter(|response| matches!(response.status, 401 | 407))?;
        let credentials =
            Credentials { username: self.config.user.clone(), password: self.config.password.clone() };
        request.headers.remove(name::CSEQ);
        request.headers.push(name::CSEQ, "2 MESSAGE");
        auth::authorize(&mut request, challenge, &credentials, &self.source.token(), 1).then_some(request)
    }

    pub(crate) fn ring(&mut self, now: Time, leg: LegId) {
        if let Some(ms) = self.config.auto_answer_ms {
            self.timers.set(Timer::AutoAnswer(leg), now + Duration::from_millis(u64::from(ms)));
        }
    }
}
