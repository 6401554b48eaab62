//! Two endpoints on a wire with virtual time, which loses, delays and doubles what it is told to; or one endpoint and a peer
//! that is played by hand.

use bytes::Bytes;
use cordboard_base::{CallId, Hop, Interface, LegId, Networks, SourceKey, Time, Transport};
use cordboard_sip::endpoint::{Command, Config, Endpoint, Event, Input, Output, ServerTxn};
use cordboard_sip::message::{Message, NameAddr, Request, Response, Uri, parse_datagram};
use cordboard_sip::session::{EndedBy, LegCommand, LegEvent, NewLeg, Reason};
use core::time::Duration;

pub(crate) const A: usize = 0;
pub(crate) const B: usize = 1;
pub(crate) const LATENCY: Duration = Duration::from_millis(5);
pub(crate) const OFFER: &[u8] = b"v=0 offer";
pub(crate) const ANSWER: &[u8] = b"v=0 answer";

/// What happens to a message on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Arrives,
    Lost,
    Late(Duration),
    Twice(Duration),
}

/// Decides on each message, by who sends it.
pub(crate) type Judge = Box<dyn FnMut(usize, &Message) -> Fate>;

struct Flying {
    at: Time,
    number: u64,
    to: usize,
    from: Hop,
    bytes: Bytes,
}

pub(crate) struct Wire {
    pub(crate) ends: [Endpoint; 2],
    pub(crate) now: Time,
    flying: Vec<Flying>,
    sent: u64,
    pub(crate) fate: Judge,
    pub(crate) events: [Vec<Event>; 2],
    /// Everything sent, by whom.
    pub(crate) log: Vec<(usize, Message)>,
    /// Whether streams come up.
    pub(crate) streams: bool,
}

pub(crate) fn address(end: usize) -> core::net::SocketAddr {
    core::net::SocketAddr::from(([10, 0, 0, 1 + u8::try_from(end).unwrap()], 5060))
}

pub(crate) fn config(end: usize) -> Config {
    let interface = Interface { address: address(end).ip(), bits: 24, external: None };
    let networks = Networks { interfaces: vec![interface], local: vec![] };
    let seed = [u8::try_from(end).unwrap() + 1; 16];
    Config::new(SourceKey { seed, node: 0, epoch: 1 }, 1, networks)
}

pub(crate) fn leg(number: u64) -> LegId {
    LegId { call: CallId(number), index: 0 }
}

pub(crate) fn sdp(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

/// A leg from one end to the other, with an offer.
pub(crate) fn new_leg(from: usize) -> NewLeg {
    let to = address(1 - from);
    let uri = |user: &str, end: core::net::SocketAddr| Uri::parse(&format!("sip:{user}@{end}")).unwrap();
    NewLeg {
        target: uri("bob", to),
        hops: vec![Hop::new(Transport::Udp, to)],
        route: vec![],
        from: NameAddr::new(uri("alice", address(from))),
        to: NameAddr::new(uri("bob", to)),
        sdp: Some(Bytes::from_static(OFFER)),
        headers: vec![],
        credentials: None,
        session_expires: None,
    }
}

pub(crate) fn describe(message: &Message) -> String {
    match message {
        Message::Request(request) => request.method.to_string(),
        Message::Response(response) => {
            format!("{} {}", response.status, response.headers.cseq().unwrap().method)
        }
    }
}

impl Wire {
    pub(crate) fn new() -> Self {
        Self::with(|_, _| {})
    }

    pub(crate) fn with(change: impl Fn(usize, &mut Config)) -> Self {
        let end = |end| {
            let mut config = config(end);
            change(end, &mut config);
            Endpoint::new(config)
        };
        Self {
            ends: [end(A), end(B)],
            now: Time::from_secs(1),
            flying: Vec::new(),
            sent: 0,
            fate: Box::new(|_, _| Fate::Arrives),
            events: [Vec::new(), Vec::new()],
            log: Vec::new(),
            streams: false,
        }
    }

    pub(crate) fn input(&mut self, end: usize, input: Input) {
        self.ends[end].handle(self.now, input);
        self.drain(end);
    }

    fn drain(&mut self, end: usize) {
        while let Some(output) = self.ends[end].poll() {
            match output {
                Output::Event(event) => self.events[end].push(event),
                Output::Transmit { to, bytes } => self.fly(end, to, bytes),
            }
        }
    }

    fn fly(&mut self, end: usize, to: Hop, bytes: Bytes) {
        if to.transport.is_reliable() && !self.streams {
            self.ends[end].handle(self.now, Input::Unreachable(to));
            return;
        }
        let message = parse_datagram(&bytes).unwrap();
        let fate = (self.fate)(end, &message);
        self.log.push((end, message));
        assert_eq!(to.remote, address(1 - end), "{}", String::from_utf8_lossy(&bytes));
        let waits: &[Duration] = match fate {
            Fate::Lost => &[],
            Fate::Arrives => &[LATENCY],
            Fate::Late(wait) => &[wait],
            Fate::Twice(wait) => &[LATENCY, wait],
        };
        for wait in waits {
            self.sent += 1;
            let from = Hop::new(to.transport, address(end));
            let at = self.now + *wait;
            self.flying.push(Flying { at, number: self.sent, to: 1 - end, from, bytes: bytes.clone() });
        }
    }

    /// Lets `span` pass.
    pub(crate) fn run(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(at) = self.next_at().filter(|at| *at <= end) {
            self.now = at.max(self.now);
            self.step();
        }
        self.now = end;
    }

    fn next_at(&self) -> Option<Time> {
        let flying = self.flying.iter().map(|flying| flying.at).min();
        let timers = self.ends.iter().filter_map(Endpoint::next_deadline).min();
        flying.into_iter().chain(timers).min()
    }

    fn step(&mut self) {
        let due = self.flying.iter().enumerate().filter(|(_, f)| f.at <= self.now);
        if let Some((index, _)) = due.min_by_key(|(_, f)| (f.at, f.number)) {
            let Flying { to, from, bytes, .. } = self.flying.remove(index);
            self.input(to, Input::Message { from, bytes });
            return;
        }
        for end in [A, B] {
            if self.ends[end].next_deadline().is_some_and(|at| at <= self.now) {
                self.input(end, Input::Tick);
            }
        }
    }

    /// Lets half a second pass.
    pub(crate) fn settle(&mut self) {
        self.run(Duration::from_millis(400));
    }

    /// Lets everything come to its end.
    pub(crate) fn run_out(&mut self) {
        self.run(Duration::from_secs(200));
    }

    pub(crate) fn command(&mut self, end: usize, command: Command) {
        self.input(end, Input::Command(command));
    }

    pub(crate) fn leg(&mut self, end: usize, number: u64, command: LegCommand) {
        self.command(end, Command::Leg(leg(number), command));
    }

    pub(crate) fn take(&mut self, end: usize) -> Vec<Event> {
        core::mem::take(&mut self.events[end])
    }

    /// The events of legs, taken.
    pub(crate) fn told(&mut self, end: usize) -> Vec<LegEvent> {
        let legs = self.take(end).into_iter().filter_map(|event| match event {
            Event::Leg(_, event) => Some(event),
            _ => None,
        });
        legs.collect()
    }

    pub(crate) fn invited(&mut self, end: usize) -> ServerTxn {
        let events = self.take(end);
        let found = events.iter().find_map(|event| match event {
            Event::Invite { txn, .. } => Some(*txn),
            _ => None,
        });
        found.unwrap_or_else(|| panic!("no INVITE in {events:?}"))
    }

    /// A calls B, which adopts the call; nothing is answered yet.
    pub(crate) fn ring(&mut self, new: NewLeg) {
        self.leg(A, 1, LegCommand::Invite(Box::new(new)));
        self.settle();
        let txn = self.invited(B);
        self.command(B, Command::Adopt { txn, leg: leg(2) });
        assert!(matches!(self.told(B)[..], [LegEvent::Incoming { .. }]));
    }

    /// A has called B and B has answered.
    pub(crate) fn talk(&mut self) {
        self.talk_with(new_leg(A));
    }

    pub(crate) fn talk_with(&mut self, new: NewLeg) {
        let late = new.sdp.is_none();
        self.ring(new);
        self.leg(
            B,
            2,
            LegCommand::Accept {
                sdp: Some(Bytes::from_static(if late { OFFER } else { ANSWER })),
                headers: vec![],
            },
        );
        self.settle();
        assert!(matches!(self.told(A)[..], [LegEvent::Answered { .. }]));
        if late {
            self.leg(A, 1, LegCommand::Answer { sdp: Bytes::from_static(ANSWER) });
            self.settle();
        }
        assert!(matches!(self.told(B)[..], [LegEvent::Acknowledged { .. }]));
        self.log.clear();
    }

    pub(crate) fn hang_up(&mut self, end: usize, number: u64) {
        self.leg(end, number, LegCommand::End { reason: Reason::of_q850(16) });
    }

    /// The messages on the wire so far, in order: `A INVITE`, `B 200 INVITE`.
    pub(crate) fn ladder(&self) -> Vec<String> {
        let name = |end: &usize| if *end == A { "A" } else { "B" };
        self.log.iter().map(|(end, message)| format!("{} {}", name(end), describe(message))).collect()
    }

    /// Nothing is left behind.
    pub(crate) fn assert_empty(&self) {
        for end in &self.ends {
            let empty = cordboard_sip::endpoint::Load::default();
            assert_eq!(end.load(), empty, "{}", serde_json::to_string(&end.snapshot()).unwrap());
            assert_eq!(end.next_deadline(), None);
        }
    }
}

pub(crate) fn ended_by(events: &[LegEvent]) -> Vec<EndedBy> {
    let ended = events.iter().filter_map(|event| match event {
        LegEvent::Ended { by, .. } => Some(*by),
        _ => None,
    });
    ended.collect()
}

/// One endpoint (A) and a peer played by hand.
pub(crate) struct Solo {
    pub(crate) end: Endpoint,
    pub(crate) now: Time,
    pub(crate) from: Hop,
    pub(crate) sent: Vec<(Hop, Message)>,
    pub(crate) events: Vec<Event>,
}

impl Solo {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl Fn(&mut Config)) -> Self {
        let mut config = config(A);
        change(&mut config);
        let end = Endpoint::new(config);
        let from = Hop::new(Transport::Udp, address(B));
        Self { end, now: Time::from_secs(1), from, sent: vec![], events: vec![] }
    }

    pub(crate) fn input(&mut self, input: Input) {
        self.end.handle(self.now, input);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.end.poll() {
            match output {
                Output::Event(event) => self.events.push(event),
                Output::Transmit { to, bytes } => self.sent.push((to, parse_datagram(&bytes).unwrap())),
            }
        }
    }

    pub(crate) fn receive(&mut self, bytes: Bytes) {
        let from = self.from;
        self.input(Input::Message { from, bytes });
    }

    pub(crate) fn response(&mut self, response: &Response) {
        self.receive(response.to_bytes());
    }

    pub(crate) fn command(&mut self, command: Command) {
        self.input(Input::Command(command));
    }

    pub(crate) fn leg(&mut self, number: u64, command: LegCommand) {
        self.command(Command::Leg(leg(number), command));
    }

    pub(crate) fn run(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(at) = self.end.next_deadline().filter(|at| *at <= end) {
            self.now = at;
            self.input(Input::Tick);
        }
        self.now = end;
    }

    pub(crate) fn sent(&mut self) -> Vec<Message> {
        core::mem::take(&mut self.sent).into_iter().map(|(_, message)| message).collect()
    }

    /// The only request sent since the last look.
    pub(crate) fn sent_request(&mut self) -> Request {
        let sent = self.sent();
        match &sent[..] {
            [Message::Request(request)] => request.clone(),
            _ => panic!("{:?}", sent.iter().map(describe).collect::<Vec<_>>()),
        }
    }

    /// The only response sent since the last look.
    pub(crate) fn sent_response(&mut self) -> Response {
        let sent = self.sent();
        match &sent[..] {
            [Message::Response(response)] => response.clone(),
            _ => panic!("{:?}", sent.iter().map(describe).collect::<Vec<_>>()),
        }
    }

    pub(crate) fn ladder(&mut self) -> Vec<String> {
        self.sent().iter().map(describe).collect()
    }

    pub(crate) fn told(&mut self) -> Vec<LegEvent> {
        let events = core::mem::take(&mut self.events);
        let legs = events.into_iter().filter_map(|event| match event {
            Event::Leg(_, event) => Some(event),
            _ => None,
        });
        legs.collect()
    }
}

/// A request of the peer as text, with CRLFs put in; `branch` makes it unique.
pub(crate) fn raw(method: &str, branch: &str, to_tag: &str, cseq: u32, extra: &[&str], body: &[u8]) -> Bytes {
    let to_tag = if to_tag.is_empty() { String::new() } else { format!(";tag={to_tag}") };
    let mut text = format!(
        "{method} sip:alice@10.0.0.1:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2:5060;rport;branch=z9hG4bK{branch}\r\n\
         Max-Forwards: 70\r\nFrom: <sip:bob@10.0.0.2>;tag=peer\r\nTo: <sip:alice@10.0.0.1>{to_tag}\r\n\
         Call-ID: hand@10.0.0.2\r\nCSeq: {cseq} {method}\r\nContact: <sip:bob@10.0.0.2:5060>\r\n"
    );
    for line in extra {
        text.push_str(line);
        text.push_str("\r\n");
    }
    if !body.is_empty() {
        text.push_str("Content-Type: application/sdp\r\n");
    }
    text.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
    Bytes::from([text.as_bytes(), body].concat())
}

/// A response of the peer to `request`, with a To tag and a Contact.
pub(crate) fn answer(request: &Request, status: u16, tag: &str, body: Option<&[u8]>) -> Response {
    let mut response = request.response(status);
    if !tag.is_empty() {
        let to = request.headers.to().unwrap();
        if to.tag().is_none() {
            response.headers.set("To", to.with_tag(tag).to_string());
        }
    }
    response.headers.push("Contact", "<sip:bob@10.0.0.2:5060>");
    if let Some(body) = body {
        response.headers.push("Content-Type", "application/sdp");
        response.body = Bytes::copy_from_slice(body);
    }
    response
}
