//! The exchange as its shell sees it: messages in, messages, lines and answers out. Whole calls are the simulation's.

use crate::{
    AdminReply, AdminRequest, Exchange, Hours, Input, Limits, Listeners, Output, Setup, TrunkSetup, UserSetup,
};
use bytes::Bytes;
use cordboard_app::{App, AppState, CallInfo, Identity, Programs, RouteError, RouteRequest, Value};
use cordboard_base::{Anchor, Hop, Interface, Networks, Prefix, SourceKey, Time, Transport};
use cordboard_call::Office;
use cordboard_media::{Command, Event};
use cordboard_sip::message::{Message, Response, parse_datagram};
use cordboard_sip::trunk::{Server, TrunkSettings};
use std::collections::BTreeMap;
use std::rc::Rc;

/// A dialplan without a route.
struct NoRoutes;

impl Programs for NoRoutes {
    fn route(&self, _: &RouteRequest) -> Result<Box<dyn App>, RouteError> {
        Err(RouteError::NoRoute)
    }

    fn app(&self, _: &str, _: &CallInfo, _: &Value) -> Result<Box<dyn App>, RouteError> {
        Err(RouteError::NoApp)
    }

    fn restore(&self, _: &AppState) -> Result<Box<dyn App>, RouteError> {
        Err(RouteError::NoApp)
    }

    fn version(&self) -> &str {
        "none"
    }
}

fn user() -> UserSetup {
    UserSetup {
        identity: Identity { number: "101".into(), name: "Anna".into() },
        password: "secret".into(),
        algorithms: vec!["MD5".into()],
        context: "internal".into(),
        codecs: Vec::new(),
        lang: String::new(),
        groups: Vec::new(),
        calls_max: 0,
        mwi: crate::Mwi::Subscribed,
    }
}

/// A trunk whose calls come from 198.51.100.0/24.
fn trunk() -> TrunkSetup {
    TrunkSetup {
        settings: TrunkSettings {
            servers: vec![Server::parse("198.51.100.1").unwrap()],
            accept_from: vec![Prefix { address: [198, 51, 100, 0].into(), bits: 24 }],
            ..TrunkSettings::default()
        },
        context: "from-itsp".into(),
        codecs: Vec::new(),
    }
}

pub(crate) fn setup() -> Setup {
    Setup {
        key: SourceKey { seed: [7; 16], node: 0, epoch: 1 },
        anchor: Anchor::default(),
        networks: Networks {
            interfaces: vec![Interface { address: [192, 0, 2, 1].into(), bits: 24, external: None }],
            local: Vec::new(),
        },
        listeners: Listeners { udp: Some(5_060), tcp: None, tls: None },
        realm: "office.example".into(),
        agent: "Cordboard".into(),
        time_zone: "UTC".into(),
        office: Office {
            codecs: vec!["PCMA".into(), "PCMU".into()],
            domain: "office.example".into(),
            ..Office::default()
        },
        users: BTreeMap::from([("101".to_owned(), user())]),
        trunks: BTreeMap::from([("itsp".to_owned(), trunk())]),
        hours: BTreeMap::from([("office".to_owned(), Hours::default())]),
        holidays: BTreeMap::new(),
        services: std::collections::BTreeMap::new(),
        emergency: Default::default(),
        journey: Default::default(),
        limits: Limits {
            calls: 10,
            contacts_per_user: 10,
            bindings: 100,
            subscriptions: 100,
            register_min_s: 60,
            register_default_s: 600,
            register_max_s: 3_600,
            keep_alive_s: 25,
        },
    }
}

/// An exchange whose media ports are there at once.
struct Desk {
    exchange: Exchange,
    now: Time,
    sent: Vec<Response>,
    answers: Vec<AdminReply>,
    calls: u32,
}

impl Desk {
    fn new(setup: Setup) -> Self {
        let now = Time::from_secs(1);
        let exchange = Exchange::new(now, setup, Rc::new(NoRoutes), Vec::new(), Vec::new());
        let mut desk = Self { exchange, now, sent: Vec::new(), answers: Vec::new(), calls: 0 };
        desk.drain();
        desk
    }

    fn input(&mut self, input: Input) {
        self.exchange.handle(self.now, input);
        self.drain();
    }

    fn drain(&mut self) {
        let mut events = Vec::new();
        while let Some(output) = self.exchange.poll() {
            match output {
                Output::Transmit { bytes, .. } => match parse_datagram(&bytes).unwrap() {
                    Message::Response(response) => self.sent.push(response),
                    Message::Request(_) => {}
                },
                Output::Media(Command::Open { leg, .. }) => {
                    let audio = ([192, 0, 2, 1], 10_000).into();
                    events.push(Event::Opened { leg, audio, video: None });
                }
                Output::Media(Command::Close { leg }) => {
                    events.push(Event::Closed { leg, stats: Default::default() });
                }
                Output::Admin { reply, .. } => self.answers.push(reply),
                Output::Media(_)
                | Output::Store(_)
                | Output::Resolve { .. }
                | Output::Fetch { .. }
                | Output::Log(_)
                | Output::Journey(_)
                | Output::Drained => {}
            }
        }
        events.into_iter().for_each(|event| self.input(Input::Media(event)));
    }

    fn receive(&mut self, text: &str) {
        let from = Hop::new(Transport::Udp, ([198, 51, 100, 1], 5_060).into());
        self.input(Input::Message { from, bytes: Bytes::copy_from_slice(text.as_bytes()) });
    }

    /// The trunk calls with one codec on offer: the statuses of what it is answered, and their Retry-After.
    fn called_by_trunk(&mut self, payload_type: u8) -> Vec<(u16, Option<u32>)> {
        self.called_from_its_address("4420@itsp.example", "", payload_type)
    }

    /// Somebody at the trunk's address calls, as it says of itself.
    fn called_from_its_address(
        &mut self,
        who: &str,
        more: &str,
        payload_type: u8,
    ) -> Vec<(u16, Option<u32>)> {
        self.calls += 1;
        let (n, sdp) = (
            self.calls,
            format!(
                "v=0\r\no=- 1 1 IN IP4 198.51.100.1\r\ns=-\r\nc=IN IP4 198.51.100.1\r\nt=0 0\r\n\
                 m=audio 4000 RTP/AVP {payload_type}\r\n"
            ),
        );
        self.sent.clear();
        self.receive(&format!(
            "INVITE sip:555@office.example SIP/2.0\r\n\
             Via: SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bK{n}\r\nMax-Forwards: 70\r\n\
             From: <sip:{who}>;tag=t{n}\r\nTo: <sip:555@office.example>\r\nCall-ID: c{n}\r\n\
             CSeq: 1 INVITE\r\nContact: <sip:198.51.100.1>\r\n{more}Content-Type: application/sdp\r\n\
             Content-Length: {}\r\n\r\n{sdp}",
            sdp.len()
        ));
        self.sent.iter().map(|response| (response.status, response.headers.number("Retry-After"))).collect()
    }

    fn counters(&mut self) -> BTreeMap<String, u64> {
        self.input(Input::Admin { id: 1, request: AdminRequest::Counters });
        match self.answers.pop() {
            Some(AdminReply::Counters(counted)) => counted,
            other => panic!("{other:?}"),
        }
    }
}

fn with_trunk(change: impl FnOnce(&mut TrunkSetup)) -> Desk {
    let mut setup = setup();
    change(setup.trunks.get_mut("itsp").unwrap());
    Desk::new(setup)
}

#[test]
fn a_trunks_own_codecs_rule_its_incoming_calls() {
    let mut desk = with_trunk(|trunk| trunk.codecs = vec!["PCMU".into()]);
    assert_eq!(desk.called_by_trunk(8), [(100, None), (488, None)]);
    // It has one in common now, and fails for want of a route alone.
    assert_eq!(desk.called_by_trunk(0), [(100, None), (404, None)]);
}

#[test]
fn who_names_a_user_of_ours_must_prove_it_even_at_a_trunks_address() {
    let mut desk = Desk::new(setup());
    let answered = |desk: &mut Desk, who: &str, more: &str| {
        let told = desk.called_from_its_address(who, more, 8);
        told.last().map(|(status, _)| *status)
    };
    assert_eq!(answered(&mut desk, "101@office.example", ""), Some(401));
    assert_eq!(answered(&mut desk, "101@192.0.2.1", ""), Some(401), "our address is as good as our name");
    let credentials = "Authorization: Digest username=\"101\", realm=\"office.example\", nonce=\"1\", \
                       uri=\"sip:office.example\", response=\"00000000000000000000000000000000\"\r\n";
    assert_eq!(answered(&mut desk, "anonymous@anonymous.invalid", credentials), Some(401));
    // The trunk's: a number like a user's at a host of its own, and whoever is no user of ours. They want a route alone.
    for who in ["101@itsp.example", "anonymous@anonymous.invalid", "4420@office.example"] {
        assert_eq!(answered(&mut desk, who, ""), Some(404), "{who}");
    }
}

#[test]
fn a_full_office_says_when_to_try_again() {
    let mut setup = setup();
    setup.limits.calls = 0;
    let mut desk = Desk::new(setup);
    assert!(matches!(desk.called_by_trunk(8)[..], [(100, None), (503, Some(1..))]));
}

#[test]
fn bad_input_is_counted_by_name() {
    let mut desk = Desk::new(setup());
    let before = desk.counters();
    desk.receive("no such thing\r\n\r\n");
    desk.receive(
        "OPTIONS sip:101@office.example SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.1;branch=z9hG4bKx\r\n\r\n",
    );
    desk.called_by_trunk(8);
    let after = desk.counters();
    let more: Vec<(&str, u64)> =
        ["sip.garbage", "sip.malformed", "sip.received", "calls.began", "calls.ended"]
            .into_iter()
            .map(|name| (name, after[name] - before[name]))
            .collect();
    assert_eq!(
        more,
        [
            ("sip.garbage", 1),
            ("sip.malformed", 1),
            ("sip.received", 3),
            ("calls.began", 1),
            ("calls.ended", 1)
        ]
    );
}

#[test]
fn the_interval_of_keep_alives_is_the_offices() {
    let mut setup = setup();
    setup.limits.keep_alive_s = 12;
    assert_eq!(crate::configure::registrar(&setup).keep_alive_s, 12);
}
