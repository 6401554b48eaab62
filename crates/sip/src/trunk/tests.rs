use super::*;
use crate::message::{Method, NameAddr, Request, Response, Uri, name, parse_datagram};
use crate::session::Credentials;
use cordboard_base::{Interface, Networks, Prefix, SourceKey};
use core::time::Duration;
use proptest::prelude::*;

const NOW: Time = Time::from_secs(1_000);

fn hop(text: &str) -> Hop {
    Hop::new(Transport::Udp, text.parse().unwrap())
}

fn one() -> Hop {
    hop("198.51.100.1:5060")
}

fn two() -> Hop {
    hop("198.51.100.2:5060")
}

fn locals() -> Locals {
    let interface = Interface {
        address: "192.168.1.5".parse().unwrap(),
        bits: 24,
        external: Some("203.0.113.7".parse().unwrap()),
    };
    let networks = Networks { interfaces: vec![interface], local: Vec::new() };
    Locals { networks, udp: Some(5_060), tcp: Some(5_060), tls: None }
}

fn servers(list: &[&str]) -> Vec<Server> {
    list.iter().map(|text| Server::parse(text).unwrap()).collect()
}

fn registering() -> TrunkSettings {
    TrunkSettings {
        servers: servers(&["198.51.100.1", "198.51.100.2"]),
        domain: "itsp.example".into(),
        credentials: Some(Credentials { username: "4420".into(), password: "s3cret".into() }),
        register: true,
        register_s: 600,
        number: "+442079460000".into(),
        ..TrunkSettings::default()
    }
}

fn static_trunk(list: &[&str]) -> TrunkSettings {
    TrunkSettings { servers: servers(list), ..TrunkSettings::default() }
}

struct World {
    trunks: Trunks,
    now: Time,
}

#[derive(Debug)]
struct Sent {
    id: TrunkRequestId,
    hop: Hop,
    request: Request,
}

impl Sent {
    fn header(&self, name: &str) -> &str {
        self.request.headers.first(name).unwrap_or("")
    }

    fn response(&self, status: u16) -> Response {
        self.request.response(status)
    }
}

fn world(list: &[(&str, TrunkSettings)]) -> World {
    let source = Source::new(SourceKey { seed: [8; 16], node: 0, epoch: 1 }, 6);
    let mut world = World { trunks: Trunks::new(locals(), source), now: NOW };
    world.configure(list);
    world
}

impl World {
    fn configure(&mut self, list: &[(&str, TrunkSettings)]) {
        let settings = list.iter().map(|(name, settings)| ((*name).to_owned(), settings.clone())).collect();
        self.trunks.configure(self.now, locals(), settings);
    }

    fn outputs(&mut self) -> Vec<Output> {
        std::iter::from_fn(|| self.trunks.poll()).collect()
    }

    /// Requests sent since the last look; facts and questions are dropped.
    fn sent(&mut self) -> Vec<Sent> {
        let requests = self.outputs().into_iter().filter_map(|output| match output {
            Output::Send { id, hop, request } => Some(Sent { id, hop, request: *request }),
            Output::Resolve { .. } | Output::Fact { .. } => None,
        });
        let list: Vec<Sent> = requests.collect();
        for sent in &list {
            let mut whole = sent.request.clone();
            whole.headers.push_front(name::VIA, "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1");
            parse_datagram(&whole.to_bytes()).unwrap();
        }
        list
    }

    #[track_caller]
    fn one(&mut self) -> Sent {
        let mut sent = self.sent();
        assert_eq!(sent.len(), 1, "{sent:?}");
        sent.remove(0)
    }

    fn facts(&mut self) -> Vec<Fact> {
        let facts = self.outputs().into_iter().filter_map(|output| match output {
            Output::Fact { fact, .. } => Some(fact),
            Output::Send { .. } | Output::Resolve { .. } => None,
        });
        facts.collect()
    }

    fn questions(&mut self) -> Vec<(QuestionId, String)> {
        let questions = self.outputs().into_iter().filter_map(|output| match output {
            Output::Resolve { id, host, .. } => Some((id, host)),
            Output::Send { .. } | Output::Fact { .. } => None,
        });
        questions.collect()
    }

    fn respond(&mut self, sent: &Sent, response: Response) {
        let outcome = Outcome::Final(Box::new(response), sent.hop);
        self.trunks.handle_response(self.now, sent.id, &outcome);
    }

    fn fail(&mut self, sent: &Sent) {
        self.trunks.handle_response(self.now, sent.id, &Outcome::TimedOut);
    }

    fn accept(&mut self, sent: &Sent, expires_s: u32) {
        let mut response = sent.response(200);
        response.headers.push(name::CONTACT, "<sip:else@203.0.113.99>;expires=9");
        response.headers.push(name::CONTACT, format!("{};expires={expires_s}", sent.header(name::CONTACT)));
        self.respond(sent, response);
    }

    fn challenge(&mut self, sent: &Sent, nonce: &str, more: &str) {
        let mut response = sent.response(401);
        let value = format!("Digest realm=\"itsp\", nonce=\"{nonce}\", algorithm=MD5, qop=\"auth\"{more}");
        response.headers.push(name::WWW_AUTHENTICATE, value);
        self.respond(sent, response);
    }

    fn pass(&mut self, secs: u64) {
        let end = self.now + Duration::from_secs(secs);
        while let Some(at) = self.trunks.next_deadline().filter(|at| *at <= end) {
            self.now = at.max(self.now);
            self.trunks.handle_timeout(self.now);
        }
        self.now = end;
    }

    fn usable(&self, name: &str) -> bool {
        self.trunks.usable(self.now, name)
    }
}

#[test]
fn a_registration_answers_its_challenge_and_is_refreshed_in_time() {
    let mut world = world(&[("itsp", registering())]);
    let first = world.one();
    assert_eq!((first.hop, first.request.uri.to_string().as_str()), (one(), "sip:itsp.example"));
    assert_eq!(first.header(name::TO), "<sip:4420@itsp.example>");
    assert!(first.header(name::CONTACT).contains("@203.0.113.7:5060"));
    assert_eq!(first.header(name::EXPIRES), "600");
    assert!(!world.usable("itsp"));
    world.challenge(&first, "n1", "");
    let second = world.one();
    assert!(second.header(name::AUTHORIZATION).contains("username=\"4420\""));
    assert!(!second.header(name::AUTHORIZATION).contains("s3cret"));
    assert_eq!(second.request.headers.cseq().unwrap().number, 2);
    assert_eq!(second.header(name::CALL_ID), first.header(name::CALL_ID));
    world.accept(&second, 300);
    assert_eq!(world.facts(), [Fact::Registered { hop: one(), expires_s: 300 }]);
    assert!(world.usable("itsp"));
    let state = world.trunks.registration(world.now, "itsp");
    assert_eq!(state, Some(RegistrationState::Registered { remaining_s: 300 }));
    world.pass(253);
    assert!(world.sent().is_empty());
    world.pass(15);
    let refresh = world.one();
    assert_eq!(refresh.request.headers.cseq().unwrap().number, 3);
    world.accept(&refresh, 300);
    assert!(world.facts().is_empty(), "a mere refresh is no news");
}

#[test]
fn a_wrong_password_is_not_tried_again_and_again() {
    let mut world = world(&[("itsp", registering())]);
    let first = world.one();
    world.challenge(&first, "n1", "");
    let second = world.one();
    world.challenge(&second, "n2", "");
    let facts = world.facts();
    assert!(
        matches!(facts[..], [Fact::RegistrationFailed { status: Some(401), retry_s: 60.. }]),
        "{facts:?}"
    );
    world.pass(59);
    assert!(world.sent().is_empty());
    assert_eq!(
        world.trunks.registration(world.now, "itsp"),
        Some(RegistrationState::Failed { status: Some(401) })
    );
}

/// The nonce and the count of an Authorization.
fn counted(sent: &Sent) -> (String, String) {
    let value = sent.header(name::AUTHORIZATION);
    let part = |key: &str| value.split(", ").find_map(|part| part.strip_prefix(key)).unwrap_or("").to_owned();
    (part("nonce=").trim_matches('"').to_owned(), part("nc="))
}

#[test]
fn a_refresh_goes_with_the_known_nonce_and_a_growing_count() {
    let mut world = world(&[("itsp", registering())]);
    let first = world.one();
    world.challenge(&first, "n1", "");
    let mut sent = world.one();
    for count in ["00000001", "00000002", "00000003"] {
        assert_eq!(counted(&sent), ("n1".to_owned(), count.to_owned()));
        world.accept(&sent, 300);
        world.facts();
        world.pass(270);
        sent = world.one();
    }
    // Its nonce is too old now: one challenge more, and the count begins anew, whether it says `stale` or not.
    for (nonce, more) in [("n2", ", stale=true"), ("n3", "")] {
        world.challenge(&sent, nonce, more);
        let again = world.one();
        assert_eq!(counted(&again), (nonce.to_owned(), "00000001".to_owned()));
        world.accept(&again, 300);
        world.facts();
        world.pass(270);
        sent = world.one();
    }
}

#[test]
fn after_a_refusal_of_the_old_nonce_the_next_attempt_goes_without_it() {
    let mut world = world(&[("itsp", registering())]);
    let first = world.one();
    world.challenge(&first, "n1", "");
    let second = world.one();
    world.accept(&second, 300);
    world.facts();
    world.pass(270);
    let refresh = world.one();
    let response = refresh.response(403);
    world.respond(&refresh, response);
    world.facts();
    world.pass(120);
    assert!(world.one().request.headers.first(name::AUTHORIZATION).is_none());
}

#[test]
fn a_stale_nonce_is_answered_once_more() {
    let mut world = world(&[("itsp", registering())]);
    for more in ["", ", stale=true"] {
        let sent = world.one();
        world.challenge(&sent, "n", more);
    }
    let third = world.one();
    world.challenge(&third, "n3", ", stale=true");
    assert!(world.sent().is_empty(), "not for ever");
}

#[test]
fn an_interval_too_brief_is_lengthened_once() {
    let mut world = world(&[("itsp", registering())]);
    let brief = |sent: &Sent, least: &str| {
        let mut response = sent.response(423);
        response.headers.push(name::MIN_EXPIRES, least);
        response
    };
    let first = world.one();
    let response = brief(&first, "1800");
    world.respond(&first, response);
    let second = world.one();
    assert_eq!(second.header(name::EXPIRES), "1800");
    let response = brief(&second, "3600");
    world.respond(&second, response);
    assert!(matches!(world.facts()[..], [Fact::RegistrationFailed { status: Some(423), .. }]));
    world.pass(120);
    assert_eq!(world.one().header(name::EXPIRES), "1800", "what was learnt is kept");
}

#[test]
fn a_dead_server_is_passed_over_and_the_back_off_grows() {
    let mut world = world(&[("itsp", registering())]);
    let mut waits = Vec::new();
    for _ in 0..9 {
        let first = world.one();
        assert_eq!(first.hop, one());
        world.fail(&first);
        let second = world.one();
        assert_eq!(second.hop, two());
        let response = second.response(503);
        world.respond(&second, response);
        let facts = world.facts();
        let [
            Fact::RegistrationFailed { status: None, retry_s }
            | Fact::RegistrationFailed { status: Some(503), retry_s },
        ] = facts[..]
        else {
            panic!("{facts:?}")
        };
        waits.push(retry_s);
        world.pass(retry_s + 1);
    }
    assert!(waits[0] >= 5 && waits[0] <= 7, "{waits:?}");
    assert!(waits.windows(2).take(5).all(|pair| pair[1] > pair[0]), "{waits:?}");
    assert!(waits[8] >= 300 && waits[8] <= 375, "{waits:?}");
    let first = world.one();
    world.fail(&first);
    let second = world.one();
    world.accept(&second, 300);
    assert_eq!(world.facts(), [Fact::Registered { hop: two(), expires_s: 300 }]);
    world.pass(300);
    assert_eq!(world.one().hop, two(), "a refresh goes where the registration is");
}

#[test]
fn retry_after_is_obeyed() {
    let mut world =
        world(&[("itsp", TrunkSettings { servers: servers(&["198.51.100.1"]), ..registering() })]);
    let first = world.one();
    let mut response = first.response(503);
    response.headers.push(name::RETRY_AFTER, "900 (maintenance);duration=5");
    world.respond(&first, response);
    world.pass(899);
    assert!(world.sent().is_empty());
    world.pass(300);
    world.one();
}

#[test]
fn a_registration_that_is_not_refreshed_lapses() {
    let mut world = world(&[("itsp", registering())]);
    let first = world.one();
    world.accept(&first, 60);
    world.facts();
    world.pass(59);
    assert!(world.usable("itsp"));
    world.pass(1);
    assert!(!world.usable("itsp"));
    assert!(world.facts().contains(&Fact::Unregistered));
}

#[test]
fn a_removed_trunk_gives_its_registration_back() {
    let mut world = world(&[("itsp", registering())]);
    let first = world.one();
    world.accept(&first, 300);
    world.facts();
    world.configure(&[]);
    assert!(!world.trunks.is_idle() && world.trunks.names().next().is_none());
    let last = world.one();
    assert_eq!(last.header(name::EXPIRES), "0");
    world.challenge(&last, "n", "");
    let last = world.one();
    let response = last.response(200);
    world.respond(&last, response);
    assert!(world.trunks.is_idle());
    assert_eq!(world.trunks.next_deadline(), None);
}

#[test]
fn a_reload_leaves_an_unchanged_trunk_alone_and_keeps_channels() {
    let mut world = world(&[("itsp", registering()), ("other", static_trunk(&["192.0.2.9"]))]);
    let first = world.one();
    world.accept(&first, 300);
    assert!(world.trunks.reserve("other", Direction::Out));
    world.facts();
    let changed = TrunkSettings { channels: 1, ..static_trunk(&["192.0.2.9"]) };
    world.configure(&[("itsp", registering()), ("other", changed)]);
    assert!(world.sent().is_empty());
    assert!(world.usable("itsp"));
    assert_eq!(world.trunks.channels("other").outbound, 1);
    assert!(!world.trunks.reserve("other", Direction::In));
}

#[test]
fn a_stale_address_serves_while_the_resolver_is_dead() {
    let named = TrunkSettings { register: true, ..static_trunk(&["sip.itsp.example"]) };
    let mut world = world(&[("itsp", named)]);
    let questions = world.questions();
    assert_eq!(questions.len(), 1);
    assert_eq!(questions[0].1, "sip.itsp.example");
    assert!(!world.usable("itsp") && world.trunks.hops("itsp").is_empty());
    world.trunks.handle_resolved(world.now, questions[0].0, vec![one(), two()], 60);
    let register = world.one();
    assert_eq!(register.hop, one(), "registering begins when the first address is known");
    world.accept(&register, 3_600);
    world.facts();
    for _ in 0..5 {
        world.pass(65);
        let asked = world.questions();
        assert!(asked.len() <= 3, "{asked:?}");
        if let Some((id, _)) = asked.last() {
            world.trunks.handle_resolved(world.now, *id, Vec::new(), 0);
        }
        assert_eq!(world.trunks.hops("itsp"), [one(), two()]);
        assert!(world.usable("itsp"));
    }
    world.pass(31);
    let (id, _) = world.questions().pop().unwrap();
    world.trunks.handle_resolved(world.now, id, vec![two()], 60);
    assert_eq!(world.trunks.hops("itsp"), [two()]);
}

#[test]
fn a_late_or_repeated_answer_of_the_resolver_changes_nothing() {
    let mut world = world(&[("itsp", static_trunk(&["sip.itsp.example"]))]);
    let (first, _) = world.questions().remove(0);
    world.pass(31);
    let (second, _) = world.questions().remove(0);
    world.trunks.handle_resolved(world.now, first, vec![one()], 60);
    assert!(world.trunks.hops("itsp").is_empty());
    world.trunks.handle_resolved(world.now, second, vec![two()], 60);
    world.trunks.handle_resolved(world.now, second, vec![one()], 60);
    assert_eq!(world.trunks.hops("itsp"), [two()]);
}

#[test]
fn a_trunk_goes_down_after_three_silences_and_up_after_two_answers() {
    let probed = TrunkSettings { qualify_s: 60, ..static_trunk(&["198.51.100.1"]) };
    let mut world = world(&[("itsp", probed)]);
    for round in 0..3 {
        assert!(world.usable("itsp"), "{round}");
        let probe = world.one();
        assert_eq!(probe.request.method, Method::Options);
        if round == 1 {
            world.respond(&probe, probe.response(503));
        } else {
            world.fail(&probe);
        }
        if round < 2 {
            assert!(world.facts().is_empty());
            world.pass(10);
        }
    }
    assert!(!world.usable("itsp"));
    assert_eq!(world.facts(), [Fact::Down]);
    world.pass(60);
    let probe = world.one();
    world.respond(&probe, probe.response(404));
    assert!(!world.usable("itsp"));
    world.pass(10);
    let probe = world.one();
    world.respond(&probe, probe.response(200));
    assert!(world.usable("itsp"));
    assert_eq!(world.facts(), [Fact::Up]);
}

#[test]
fn a_hop_that_does_not_answer_goes_to_the_end() {
    let probed = TrunkSettings { qualify_s: 60, ..static_trunk(&["198.51.100.1", "198.51.100.2"]) };
    let mut world = world(&[("itsp", probed)]);
    for _ in 0..3 {
        for probe in world.sent() {
            if probe.hop == one() {
                world.fail(&probe);
            } else {
                world.respond(&probe, probe.response(200));
            }
        }
        world.pass(10);
    }
    assert_eq!(world.trunks.hops("itsp"), [two(), one()]);
    assert!(world.usable("itsp"));
}

#[test]
fn calls_fail_over_along_the_chain_and_a_ring_ends() {
    let with = |ip: &str, fallback: &str| TrunkSettings {
        fallback: Some(fallback.into()),
        ..if ip.is_empty() { static_trunk(&["unresolved.example"]) } else { static_trunk(&[ip]) }
    };
    let world = world(&[
        ("a", with("", "b")),
        ("b", with("", "c")),
        ("c", with("192.0.2.3", "a")),
        ("x", with("", "y")),
        ("y", with("", "x")),
        ("z", with("", "nowhere")),
    ]);
    let usable = |name: &str| world.trunks.all_usable(world.now, name).first().cloned();
    let c = || Some("c".to_owned());
    assert_eq!((usable("a"), usable("c")), (c(), c()));
    assert_eq!((usable("x"), usable("z"), usable("none")), (None, None, None));
}

fn invite(target: &str, to: &str, from: &str) -> Request {
    let mut request = Request::new(Method::Invite, Uri::parse(target).unwrap());
    request.headers.push(name::TO, to);
    request.headers.push(name::FROM, from);
    request
}

#[test]
fn a_call_to_our_contact_is_the_trunks_and_for_its_to() {
    let mut world = world(&[("itsp", registering())]);
    let contact = NameAddr::parse(world.one().header(name::CONTACT)).unwrap().uri;
    let call = invite(&contact.to_string(), "<sip:02079460000@itsp.example>", "<sip:1@x>;tag=1");
    let stranger = hop("192.0.2.77:9999");
    let expected = Recognised { trunk: "itsp".into(), by: RecognisedBy::Registration };
    assert_eq!(world.trunks.recognise(&call, &stranger), Some(expected));
    assert_eq!(world.trunks.dialled("itsp", &call).as_deref(), Some("02079460000"));
    let again = super::tests::world(&[("itsp", registering())]).one().request;
    assert!(again.headers.first(name::CONTACT).unwrap().contains(contact.user.as_deref().unwrap()));
    let mut other = registering();
    other.credentials.as_mut().unwrap().password = "other".into();
    let other = super::tests::world(&[("itsp", other)]).one().request;
    assert!(!other.headers.first(name::CONTACT).unwrap().contains(contact.user.as_deref().unwrap()));
}

#[test]
fn a_call_is_recognised_by_address_and_by_the_number_called() {
    let prefix = Prefix { address: "192.0.2.0".parse().unwrap(), bits: 24 };
    let line = |number: &str| TrunkSettings {
        number: number.into(),
        accept_from: vec![prefix],
        ..static_trunk(&["198.51.100.1"])
    };
    let world = world(&[("first", line("100")), ("second", line("200"))]);
    let who = |number: &str, from: &Hop| {
        let call = invite(&format!("sip:{number}@203.0.113.7"), "<sip:x@y>", "<sip:1@x>;tag=1");
        world.trunks.recognise(&call, from).map(|recognised| recognised.trunk)
    };
    assert_eq!(who("200", &hop("192.0.2.4:1")).as_deref(), Some("second"));
    assert_eq!(who("100", &hop("[::ffff:192.0.2.4]:1")).as_deref(), Some("first"));
    assert_eq!(who("300", &hop("198.51.100.1:5099")).as_deref(), Some("first"));
    assert_eq!(who("200", &hop("192.0.3.4:1")), None);
}

#[test]
fn a_trunk_whose_calls_authenticate_is_not_known_by_address() {
    let credentials = Credentials { username: "branch".into(), password: "pw".into() };
    let settings = TrunkSettings { inbound: Some(credentials), ..static_trunk(&["198.51.100.1"]) };
    let world = world(&[("branch", settings)]);
    let call = invite("sip:100@203.0.113.7", "<sip:x@y>", "<sip:1@x>;tag=1");
    assert_eq!(world.trunks.recognise(&call, &one()), None);
    let (name, account) = world.trunks.inbound_account("branch").unwrap();
    assert_eq!(name, "branch");
    assert_eq!(account.secret, crate::auth::Secret::Password("pw".into()));
    assert!(world.trunks.inbound_account("other").is_none());
}

#[test]
fn channels_end_at_their_limits() {
    let settings = TrunkSettings { channels: 3, channels_out: 2, ..static_trunk(&["192.0.2.1"]) };
    let mut world = world(&[("itsp", settings), ("free", static_trunk(&["192.0.2.1"]))]);
    let mut take = |direction| world.trunks.reserve("itsp", direction);
    assert!(take(Direction::Out) && take(Direction::Out) && !take(Direction::Out));
    assert!(take(Direction::In) && !take(Direction::In));
    world.trunks.release("itsp", Direction::Out);
    assert!(world.trunks.reserve("itsp", Direction::In));
    assert_eq!(world.trunks.channels("itsp"), Channels { inbound: 2, outbound: 1 });
    assert!((0..1_000).all(|_| world.trunks.reserve("free", Direction::Out)));
    assert!(!world.trunks.reserve("none", Direction::Out));
}

#[test]
fn numbers_and_callers_are_written_as_the_provider_wants() {
    let settings = TrunkSettings {
        outgoing: vec![Rule::new("00", "+"), Rule::new("0", "+44")],
        incoming: vec![Rule::new("+44", "0")],
        caller: vec![Rule::new("", "+442079460")],
        shown: Shown::Caller,
        ..registering()
    };
    let hidden = TrunkSettings { shown: Shown::Line, ..settings.clone() };
    let world = world(&[("itsp", settings), ("hidden", hidden)]);
    let trunks = &world.trunks;
    assert_eq!(trunks.target("itsp", "020 7946 0999").unwrap().to_string(), "sip:+442079460999@itsp.example");
    assert_eq!(trunks.caller_number("itsp", "+442079460999").as_deref(), Some("02079460999"));
    let caller = trunks.presentation("itsp").unwrap().caller("101", "Alice", false);
    assert_eq!(caller.from.to_string(), "\"Alice\" <sip:+442079460101@itsp.example>");
    assert_eq!(caller.headers.len(), 1);
    let private = trunks.presentation("itsp").unwrap().caller("101", "Alice", true);
    assert_eq!(private.from.to_string(), "\"Anonymous\" <sip:anonymous@anonymous.invalid>");
    assert!(
        private.headers[0].1.contains("+442079460101")
            && private.headers[1] == ("Privacy".into(), "id".into())
    );
    let nameless = trunks.presentation("itsp").unwrap().caller("", "Alice", false);
    assert_eq!(nameless.from.to_string(), "<sip:+442079460000@itsp.example>");
    let hidden = trunks.presentation("hidden").unwrap().caller("101", "Alice", false);
    assert_eq!(hidden.from.to_string(), "<sip:+442079460000@itsp.example>");
}

#[test]
fn servers_are_read_with_and_without_ports() {
    assert_eq!(servers(&["[2001:db8::1]:5070"])[0].port, Some(5_070));
    assert_eq!(servers(&["sip.example"])[0].port, None);
    for text in ["", "user@host", "host:x", "host;transport=tcp", "a b"] {
        assert!(Server::parse(text).is_err(), "{text}");
    }
}

#[test]
fn a_restored_snapshot_behaves_as_the_original() {
    let probed = TrunkSettings { qualify_s: 30, ..registering() };
    let mut first = world(&[("itsp", probed), ("named", static_trunk(&["sip.itsp.example"]))]);
    let register = first.sent().into_iter().find(|sent| sent.request.method == Method::Register).unwrap();
    let text = serde_json::to_string(&first.trunks).unwrap();
    let mut second = World { trunks: serde_json::from_str(&text).unwrap(), now: first.now };
    for world in [&mut first, &mut second] {
        world.accept(&register, 120);
        world.pass(500);
    }
    assert_eq!(first.outputs(), second.outputs());
    assert_eq!(first.trunks, second.trunks);
}

#[derive(Clone, Debug)]
enum Step {
    Respond { status: u16, field: usize },
    Silence,
    Resolve { hops: usize },
    Pass { secs: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    let status = prop_oneof![Just(200u16), Just(401), Just(407), Just(423), Just(503), 300u16..700];
    prop_oneof![
        5 => (status, 0usize..5).prop_map(|(status, field)| Step::Respond { status, field }),
        2 => Just(Step::Silence),
        2 => (0usize..3).prop_map(|hops| Step::Resolve { hops }),
        3 => (0u64..1_000).prop_map(|secs| Step::Pass { secs }),
    ]
}

const FIELDS: [(&str, &str); 5] = [
    (name::WWW_AUTHENTICATE, "Digest realm=\"r\", nonce=\"n\", stale=true"),
    (name::MIN_EXPIRES, "4000000000"),
    (name::RETRY_AFTER, "4294967295"),
    (name::CONTACT, "*"),
    (name::EXPIRES, "0"),
];

proptest! {
    #[test]
    fn whatever_a_provider_answers_we_go_on_trying(steps in prop::collection::vec(step(), 1..60)) {
        let named = TrunkSettings { servers: servers(&["sip.itsp.example"]), qualify_s: 60, ..registering() };
        let mut world = world(&[("itsp", named)]);
        let (mut waiting, mut questions) = (Vec::new(), Vec::new());
        for step in steps {
            for output in world.outputs() {
                match output {
                    Output::Send { id, hop, request } => waiting.push(Sent { id, hop, request: *request }),
                    Output::Resolve { id, .. } => questions.push(id),
                    Output::Fact { fact: Fact::RegistrationFailed { retry_s, .. }, .. } => {
                        prop_assert!(retry_s <= 2 * 24 * 3_600);
                    }
                    Output::Fact { .. } => {}
                }
            }
            match step {
                Step::Respond { status, field } => {
                    if let Some(sent) = waiting.pop() {
                        let mut response = sent.response(status);
                        response.headers.push(FIELDS[field].0, FIELDS[field].1);
                        world.respond(&sent, response);
                    }
                }
                Step::Silence => {
                    if let Some(sent) = waiting.pop() {
                        world.fail(&sent);
                    }
                }
                Step::Resolve { hops } => {
                    if let Some(id) = questions.pop() {
                        let hops = [one(), two()].into_iter().take(hops).collect();
                        world.trunks.handle_resolved(world.now, id, hops, 60);
                    }
                }
                Step::Pass { secs } => world.pass(secs),
            }
            let asking = world.trunks.requests.values().any(|p| *p == Purpose::Register("itsp".into()));
            let planned = world.trunks.timers.at(&Timer::Register("itsp".into())).is_some();
            prop_assert!(asking != planned, "either at it, or going to be");
            prop_assert!(world.trunks.requests.len() <= 3 && world.trunks.questions.len() <= 1);
            prop_assert!(world.trunks.next_deadline().is_some_and(|at| at >= world.now));
        }
    }
}
