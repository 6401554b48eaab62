//! What providers are told of the people of the office, and what of theirs reaches our phones.

use cordboard_exchange::TrunkSetup;
use cordboard_phone::Command;
use cordboard_sim::{Handset, Peer, Plan, Provider, World};
use cordboard_sip::message::{Method, Request};
use cordboard_sip::trunk::{Past, Rule, Server, Shown, TrunkSettings};

const ITSP: &str = "198.51.100.9:5060";

const OFFICE: &str = r#"
let internal = context("internal");
internal.on("_10X", |ch| { ch.dial(user(ch.dialed), #{ timeout: 20, transfer: true }); });
internal.on("_9X.", |ch| { ch.dial(trunk("itsp", ch.dialed.sub_string(1)), #{ timeout: 60 }); });
internal.on("_8X.", |ch| { ch.redirecting.from = "104"; ch.enter("internal", "9" + ch.dialed.sub_string(1)); });
let inbound = context("from-itsp");
inbound.on("_X.", |ch| { ch.dial(user("102"), #{ timeout: 20 }); });
"#;

fn office(past: Past, shown: Shown) -> (World, Provider, [Handset; 2]) {
    let settings = TrunkSettings {
        servers: vec![Server::parse(ITSP).unwrap()],
        number: "15550100".to_owned(),
        caller: vec![Rule::new("", "1555")],
        past,
        shown,
        ..TrunkSettings::default()
    };
    let trunk = TrunkSetup { settings, context: "from-itsp".to_owned(), codecs: Vec::new() };
    let world =
        World::new(&Plan::new(OFFICE).with(|setup| setup.trunks = [("itsp".to_owned(), trunk)].into()));
    let provider = world.provider(ITSP);
    let phones = ["101", "102"].map(|user| world.registered(user));
    (world, provider, phones)
}

fn text(request: &Request) -> String {
    String::from_utf8_lossy(&request.to_bytes()).into_owned()
}

fn header(request: &Request, name: &str) -> String {
    request.headers.first(name).unwrap_or_default().to_owned()
}

/// Who transferred a call outside, as the provider is told.
fn transferred(past: Past) -> (String, String) {
    let (world, provider, [anna, ben]) = office(past, Shown::Line);
    anna.calls_and_talks_with("102", &ben);
    ben.does(Command::Transfer("923456".to_owned()));
    ben.transfer_ends(200);
    world.run_secs(1);
    let invite = provider.got(&Method::Invite).pop().unwrap();
    if past != Past::Own {
        let whole = text(&invite);
        for word in [":101@", ":102@", "Anna", "Ben", "office.example"] {
            assert!(!whole.contains(word), "{word} is in\n{whole}");
        }
    }
    (header(&invite, "Referred-By"), header(&invite, "Diversion"))
}

#[test]
fn who_transferred_a_call_is_the_office_to_the_provider_unless_the_trunk_says_otherwise() {
    let line = "<sip:15550100@198.51.100.9>".to_owned();
    assert_eq!(transferred(Past::Line), (line.clone(), format!("{line};reason=unknown")));
    assert_eq!(transferred(Past::None), (String::new(), String::new()));
    let own = "<sip:1555102@198.51.100.9>".to_owned();
    assert_eq!(transferred(Past::Own), (own.clone(), format!("{own};reason=unknown")));
}

#[test]
fn who_forwarded_a_call_is_the_office_as_well() {
    for (past, shown) in [(Past::Line, "sip:15550100@"), (Past::Own, "sip:1555104@")] {
        let (_world, provider, [anna, _]) = office(past, Shown::Line);
        anna.calls("823456");
        anna.is_answered();
        let invite = provider.got(&Method::Invite).pop().unwrap();
        let diversion = header(&invite, "Diversion");
        assert!(diversion.contains(shown) && !diversion.contains("\""), "{diversion}");
    }
}

#[test]
fn a_caller_is_shown_by_name_and_own_number_only_where_the_trunk_says_so() {
    let (_world, provider, [anna, _]) = office(Past::Line, Shown::Line);
    anna.calls("923456");
    anna.is_answered();
    anna.hangs_up();
    for method in [Method::Invite, Method::Ack, Method::Bye] {
        let got = provider.got(&method).pop().unwrap();
        let whole = text(&got);
        for word in [":101@", "Anna", "office.example"] {
            assert!(!whole.contains(word), "{word} is in\n{whole}");
        }
    }
    let (_world, provider, [anna, _]) = office(Past::Line, Shown::Caller);
    anna.calls("923456");
    anna.is_answered();
    let invite = provider.got(&Method::Invite).pop().unwrap();
    assert!(
        header(&invite, "From").starts_with("\"Anna\" <sip:1555101@198.51.100.9>")
            || header(&invite, "From").starts_with("Anna <sip:1555101@"),
        "{}",
        header(&invite, "From")
    );
}

/// Somebody calls by the trunk, with all that would make a phone ring oddly or answer by itself.
fn calls_in(world: &World) -> Peer {
    let peer = world.peer("198.51.100.9:5080");
    peer.sends(
        "INVITE sip:15550100@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 198.51.100.9:5080;branch=z9hG4bKin\n\
         Max-Forwards: 70\nFrom: <sip:442079460123@itsp.example>;tag=in\nTo: <sip:15550100@itsp.example>\n\
         Call-ID: in\nCSeq: 1 INVITE\nContact: <sip:gw@198.51.100.9:5080>\n\
         Alert-Info: <http://evil.example/ring.wav>;info=alert-autoanswer\nCall-Info: <sip:evil.example>;answer-after=0\n\
         Answer-Mode: Auto;require\nPriv-Answer-Mode: Auto\nReason: SIP;cause=200;text=\"evil words\"\n\
         Subject: evil words\nReply-To: <sip:evil@evil.example>\nP-Auto-Answer: normal\nX-Anything: evil\n\
         Referred-By: <sip:evil@evil.example>\nRemote-Party-ID: <sip:evil@evil.example>\n\
         Content-Type: application/sdp\nContent-Length: auto\n\n\
         v=0\no=- 1 1 IN IP4 198.51.100.9\ns=-\nc=IN IP4 198.51.100.9\nt=0 0\nm=audio 41000 RTP/AVP 8\n",
    );
    peer
}

#[test]
fn nothing_that_an_outsider_writes_makes_a_phone_ring_oddly_or_answer() {
    let (world, _provider, [_, ben]) = office(Past::Line, Shown::Line);
    let _caller = calls_in(&world);
    assert_eq!(ben.rings().0, "442079460123");
    let invite =
        world.trace().into_iter().rfind(|line| line.first_line().starts_with("INVITE sip:102@")).unwrap();
    let whole = String::from_utf8_lossy(&invite.bytes).into_owned();
    for word in [
        "Alert-Info",
        "Call-Info",
        "Answer-Mode",
        "Reason",
        "Subject",
        "Reply-To",
        "Auto-Answer",
        "X-Anything",
        "Referred-By",
        "evil.example",
    ] {
        assert!(!whole.contains(word), "{word} is in\n{whole}");
    }
}

#[test]
fn of_why_an_outsider_hangs_up_a_phone_is_told_the_cause_and_no_words() {
    let (world, provider, [anna, _]) = office(Past::Line, Shown::Line);
    anna.calls("923456");
    anna.is_answered();
    provider.hangs_up_with(
        "Reason: SIP;cause=200;text=\"evil words\"\r\nReason: Q.850;cause=31;text=\"evil words\"\r\n",
    );
    anna.is_over();
    let bye = world.trace().into_iter().rfind(|line| line.first_line().starts_with("BYE ")).unwrap();
    let whole = String::from_utf8_lossy(&bye.bytes).into_owned();
    assert!(whole.contains("cause=31") && !whole.contains("evil"), "{whole}");
}
