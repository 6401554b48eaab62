//! A laboratory: faults are put into calls, and the cause that is told must be the one that was put in; and into healthy calls of
//! many kinds none, and then none may be told. `docs/explain.md` is written from it: `cargo xtask docs` writes it anew.

use crate::basic_call::OFFICE as PLAIN;
use bytes::Bytes;
use cordboard_app::{CallInfo, Identity};
use cordboard_base::Format;
use cordboard_exchange::TrunkSetup;
use cordboard_journey::{Entry, Fault, Verdict, ending, explain};
use cordboard_phone::Command;
use cordboard_sim::{Handset, Link, Peer, Plan, World};
use cordboard_sip::message::Message;
use cordboard_sip::session::Credentials;
use cordboard_sip::trunk::{Server, TrunkSettings};
use std::fmt::Write as _;

const TRUNK: &str = "198.51.100.9:5060";
const SCRIPT: &str = r#"
let internal = context("internal");
internal.on("_10X", |ch| { ch.dial(user(ch.dialed), #{ timeout: 25 }); });
internal.on("_9X.", |ch| { ch.dial(trunk("itsp", ch.dialed.sub_string(1)), #{ timeout: 40 }); });
internal.on("703", |ch| { ch.answer(); ch.wait(60); });
internal.on("704", |ch| {
    ch.answer();
    for n in 0..2 { let d = ch.read(#{ prompt: "enter-your-code", max: 4, timeout: 4 }); }
});
internal.on("705", |ch| {
    ch.answer();
    let list = [];
    ch.wait(list[7]);
});
internal.on("600", |ch| { ch.echo(); });
internal.on("500", |ch| { ch.conference("main"); });
internal.on("610", |ch| { ch.answer(); ch.read(#{ prompt: "enter-your-code", max: 4, timeout: 5 }); ch.play("thank-you"); });
internal.on("_20X", |ch| { ch.dial([user("102"), user("103")], #{ timeout: 25 }); });
"#;

fn office() -> World {
    World::new(&plan())
}

fn plan() -> Plan {
    let settings = TrunkSettings {
        servers: vec![Server::parse(TRUNK).unwrap()],
        credentials: Some(Credentials { username: "office".to_owned(), password: "secret".to_owned() }),
        qualify_s: 0,
        number: "15550100".to_owned(),
        ..TrunkSettings::default()
    };
    let trunk = TrunkSetup { settings, context: "from-itsp".to_owned(), codecs: Vec::new() };
    Plan::new(SCRIPT).with(|setup| drop(setup.trunks.insert("itsp".to_owned(), trunk)))
}

fn is_media(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|first| first & 0xc0 == 0x80)
}

/// A router that lets no media out.
fn keeps_media(world: &World, phone: &Handset) {
    world.router(phone, |bytes| (!is_media(&bytes)).then_some(bytes));
}

fn behind_nat(world: &World, user: &str) -> Handset {
    let phone = world.phone_with(user, |spec| spec.nat = true);
    phone.registers();
    phone
}

/// They are connected for so long, whatever they hear.
fn connected(world: &World, caller: &Handset, number: &str, callee: &Handset, seconds: u64) {
    caller.calls(number);
    callee.rings();
    callee.answers();
    caller.is_answered();
    world.run_secs(seconds);
}

fn over(world: &World, who: &Handset) -> Vec<Entry> {
    who.hangs_up();
    world.is_quiet();
    world.entries()
}

fn one_way_audio() -> Vec<Entry> {
    let world = office();
    let (anna, ben) = (behind_nat(&world, "101"), world.registered("102"));
    keeps_media(&world, &anna);
    connected(&world, &anna, "102", &ben, 8);
    over(&world, &ben)
}

fn no_audio() -> Vec<Entry> {
    let world = office();
    let (anna, ben) = (behind_nat(&world, "101"), behind_nat(&world, "102"));
    keeps_media(&world, &anna);
    keeps_media(&world, &ben);
    connected(&world, &anna, "102", &ben, 8);
    over(&world, &anna)
}

/// Both phones talk in this codec alone, which is passed on as it comes.
fn in_codec(format: &Format, act: impl FnOnce(&World, &Handset, &Handset)) -> Vec<Entry> {
    let names = vec![format.name.clone()];
    let world = World::new(&plan().with(|setup| {
        setup.office.codecs.clone_from(&names);
    }));
    let [anna, ben] = ["101", "102"].map(|user| {
        let phone = world.phone_with(user, |spec| spec.config.codecs = vec![format.clone()]);
        phone.registers();
        phone
    });
    act(&world, &anna, &ben);
    over(&world, &ben)
}

fn g722() -> Format {
    Format::new(9, "G722", 8_000)
}

fn opus() -> Format {
    Format { channels: 2, ..Format::new(111, "opus", 48_000) }
}

/// A talk in which one microphone is silent.
fn muted(world: &World, anna: &Handset, ben: &Handset) {
    anna.calls("102");
    ben.rings();
    anna.speaks(false);
    ben.answers();
    anna.is_answered();
    anna.speaks(false);
    world.run_secs(15);
}

/// A talk of two who are heard.
fn talks(world: &World, anna: &Handset, ben: &Handset) {
    anna.calls_and_talks_with("102", ben);
    world.run_secs(14);
}

fn silent_microphone() -> Vec<Entry> {
    let world = office();
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    muted(&world, &anna, &ben);
    over(&world, &ben)
}

fn lost_ack() -> Vec<Entry> {
    let world = office();
    let anna = world.registered("101");
    let is_answered = std::cell::Cell::new(false);
    // The first ACK is that of the challenge.
    world.router(&anna, move |bytes| {
        let is_ack = bytes.starts_with(b"ACK ");
        let seen = is_answered.replace(is_answered.get() || is_ack);
        (!(is_ack && seen)).then_some(bytes)
    });
    anna.calls("703");
    anna.is_answered();
    world.run_secs(40);
    world.is_quiet();
    world.entries()
}

/// Writes the public address into Contact and the description's address, forgets Via and the description's origin, and opens no
/// way for audio.
fn gateway(bytes: Bytes) -> Option<Bytes> {
    if is_media(&bytes) {
        return None;
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return Some(bytes) };
    let body = body.replace("c=IN IP4 10.0.0.11", "c=IN IP4 198.51.100.11");
    let mut changed = String::new();
    for line in head.lines() {
        if line.starts_with("Contact:") {
            changed.push_str(&line.replace("10.0.0.11", "198.51.100.11"));
        } else if line.starts_with("Content-Length:") {
            let _infallible = write!(changed, "Content-Length: {}", body.len());
        } else {
            changed.push_str(line);
        }
        changed.push_str("\r\n");
    }
    Some(Bytes::from(format!("{changed}\r\n{body}")))
}

fn sip_alg() -> Vec<Entry> {
    let world = office();
    let (anna, ben) = (behind_nat(&world, "101"), world.registered("102"));
    world.router(&anna, gateway);
    connected(&world, &anna, "102", &ben, 8);
    over(&world, &ben)
}

fn codec_mismatch() -> Vec<Entry> {
    let world = office();
    let anna = world.phone_with("101", |spec| spec.config.codecs = vec![Format::new(3, "GSM", 8_000)]);
    anna.registers();
    anna.calls("102");
    anna.is_over();
    world.is_quiet();
    world.entries()
}

fn keys_lost() -> Vec<Entry> {
    let world = office();
    let anna = world.phone_with("101", |spec| spec.config.telephone_event = false);
    anna.registers();
    anna.calls("704");
    anna.is_answered();
    anna.is_over();
    world.is_quiet();
    world.entries()
}

fn wrong_password() -> Vec<Entry> {
    let world = office();
    let anna = world.phone_with("101", |spec| spec.config.password = "not-it".to_owned());
    anna.calls("102");
    anna.is_over();
    world.is_quiet();
    world.entries()
}

/// Answers each INVITE of the trunk's with this.
fn answers_all(world: &World, itsp: &Peer, status: u16, lines: &[(&'static str, &str)], times: usize) {
    for _ in 0..times {
        let Message::Request(invite) = itsp.receives_message("INVITE") else { panic!("no INVITE") };
        let mut response = invite.response(status);
        lines.iter().for_each(|(name, value)| response.headers.push(name, *value));
        itsp.sends_bytes(&response.to_bytes());
        world.run_ms(100);
    }
}

fn trunk_refuses() -> Vec<Entry> {
    let world = office();
    let (anna, itsp) = (world.registered("101"), world.peer(TRUNK));
    anna.calls("95550123");
    let challenge = "Digest realm=\"itsp\", nonce=\"n1\", algorithm=MD5, qop=\"auth\"";
    answers_all(&world, &itsp, 401, &[("WWW-Authenticate", challenge)], 2);
    anna.is_over();
    world.is_quiet();
    world.entries()
}

fn trunk_unreachable() -> Vec<Entry> {
    let world = office();
    let (anna, itsp) = (world.registered("101"), world.provider(TRUNK));
    itsp.dies();
    anna.calls("95550123");
    anna.expects_within(core::time::Duration::from_secs(80), "the end", |happening| {
        matches!(happening, cordboard_phone::Happening::Ended { .. }).then_some(())
    });
    world.is_quiet();
    world.entries()
}

fn script_error() -> Vec<Entry> {
    let world = office();
    let anna = world.registered("101");
    anna.calls("705");
    anna.is_over();
    world.is_quiet();
    world.entries()
}

fn not_registered() -> Vec<Entry> {
    let world = office();
    let anna = world.registered("101");
    anna.calls("104");
    anna.is_over();
    world.is_quiet();
    world.entries()
}

fn audio_stops() -> Vec<Entry> {
    let world = office();
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    connected(&world, &anna, "102", &ben, 12);
    keeps_media(&world, &ben);
    world.run_secs(45);
    world.is_quiet();
    world.entries()
}

fn phone_gone() -> Vec<Entry> {
    let world = office();
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    world.link(&ben, Link::lossy(100));
    anna.calls("102");
    anna.expects_within(core::time::Duration::from_secs(60), "the end", |happening| {
        matches!(happening, cordboard_phone::Happening::Ended { .. }).then_some(())
    });
    world.is_quiet();
    world.entries()
}

fn refused_with(status: u16) -> Vec<Entry> {
    let world = office();
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    anna.calls("102");
    ben.rings();
    ben.declines(status);
    anna.is_over();
    world.is_quiet();
    world.entries()
}

fn nobody_answers() -> Vec<Entry> {
    let world = office();
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    anna.calls("102");
    ben.rings();
    anna.is_over();
    world.is_quiet();
    world.entries()
}

fn no_route() -> Vec<Entry> {
    let world = office();
    let anna = world.registered("101");
    anna.calls("7777777");
    anna.is_over();
    world.is_quiet();
    world.entries()
}

type Case = (&'static str, Fault, &'static str, fn() -> Vec<Entry>);

/// What is put in, what must be told, a word that must be in it.
const FAULTS: [Case; 21] = [
    ("A router lets no audio of one phone out", Fault::OneWayAudio, "10.0.0.11", one_way_audio),
    (
        "The microphone of one phone is silent, its packets come",
        Fault::SilentMicrophone,
        "muted",
        silent_microphone,
    ),
    ("The same in G.722, which is passed on as it comes", Fault::SilentMicrophone, "muted", || {
        in_codec(&g722(), muted)
    }),
    ("The same in Opus", Fault::SilentMicrophone, "muted", || in_codec(&opus(), muted)),
    ("Routers let no audio of either phone out", Fault::NoAudio, "private address", no_audio),
    ("The ACK of the 200 never comes", Fault::LostAck, "32 s", lost_ack),
    ("A router rewrites Contact and SDP, not Via (SIP ALG)", Fault::SipAlg, "198.51.100.11", sip_alg),
    ("The phone knows GSM alone", Fault::CodecMismatch, "offered GSM", codec_mismatch),
    ("The phone does not agree on telephone-event, a menu waits", Fault::KeysLost, "RFC 2833", keys_lost),
    ("The phone has a wrong password", Fault::PhoneRefused, "another password", wrong_password),
    ("The provider does not accept our password", Fault::TrunkRefused, "password is wrong", trunk_refuses),
    ("The provider's server is dead", Fault::TrunkUnreachable, "not answered our INVITE", trunk_unreachable),
    ("The dialplan reads behind the end of a list", Fault::ScriptError, "main.rhai:", script_error),
    ("The phone is not registered", Fault::NotRegistered, "104", not_registered),
    ("A router forgets one phone's audio after 12 s", Fault::AudioStopped, "stopped", audio_stops),
    ("The phone has lost its network", Fault::PhoneUnreachable, "has not answered", phone_gone),
    ("The phone is busy", Fault::Busy, "busy", || refused_with(486)),
    ("The phone declines", Fault::Declined, "603", || refused_with(603)),
    ("The phone rings for 25 s", Fault::NoAnswer, "25 s", nobody_answers),
    ("The number has no route", Fault::NoRoute, "7777777", no_route),
    ("The provider forbids the call", Fault::TrunkRefused, "forbids", || {
        let world = office();
        let (anna, itsp) = (world.registered("101"), world.peer(TRUNK));
        anna.calls("95550123");
        answers_all(&world, &itsp, 403, &[], 1);
        anna.is_over();
        world.is_quiet();
        world.entries()
    }),
];

fn table(rows: &[(&str, Fault, Option<Verdict>)]) -> String {
    let right =
        rows.iter().filter(|(_, fault, told)| told.as_ref().is_some_and(|told| told.fault == *fault)).count();
    let mut text = format!(
        "# What `cordboard explain` finds\n\nWritten by the laboratory in `tests/scenarios/explain.rs`, which puts each fault into \
         a call in the simulated network and has it explained (`cargo test -p cordboard-sim --test scenarios explain`).\n\n\
         Of {} faults the right cause is told for {right}; of {} healthy calls, of many kinds, none has a fault told.\n\n\
         | What was put in | What is told first | In words |\n|---|---|---|\n",
        rows.len(),
        HEALTHY.len()
    );
    for (what, _, told) in rows {
        let (fault, words) = told.as_ref().map_or(("nothing".to_owned(), String::new()), |told| {
            (told.fault.to_string(), told.text.clone())
        });
        let _infallible = writeln!(text, "| {what} | {fault} | {words} |");
    }
    text
}

#[test]
fn the_right_cause_is_told_for_each_fault() {
    let mut wrong = Vec::new();
    let mut rows: Vec<(&str, Fault, Option<Verdict>)> = Vec::new();
    for (what, fault, word, run) in FAULTS {
        let entries = run();
        let told = explain(&entries).into_iter().next();
        let fits =
            |told: &Verdict| told.fault == fault && told.text.contains(word) && !told.evidence.is_empty();
        if !told.as_ref().is_some_and(fits) {
            let lines = cordboard_journey::timeline(&entries, &|us| us.to_string());
            wrong.push(format!("{what}: {:#?}\n{}", explain(&entries), lines.join("\n")));
        }
        rows.push((what, fault, told));
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), FAULTS.len(), wrong.join("\n\n"));
    let table = table(&rows);
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/explain.md");
    if std::env::var_os("CORDBOARD_WRITE").is_some() {
        std::fs::write(file, &table).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(file).unwrap_or_default(),
        table,
        "docs/explain.md is stale: `cargo xtask docs` writes it anew"
    );
}

fn talk(
    change: impl FnOnce(&mut cordboard_sim::PhoneSpec),
    act: impl FnOnce(&World, &Handset, &Handset),
) -> Vec<Entry> {
    let world = World::with_dialplan(PLAIN);
    let anna = world.phone_with("101", change);
    anna.registers();
    let ben = world.registered("102");
    anna.calls_and_talks_with("102", &ben);
    world.run_secs(6);
    act(&world, &anna, &ben);
    over(&world, &ben)
}

/// One phone and a program.
fn alone(number: &str, act: impl FnOnce(&World, &Handset)) -> Vec<Entry> {
    let world = office();
    let anna = world.registered("101");
    anna.calls(number);
    anna.is_answered();
    act(&world, &anna);
    world.is_quiet();
    world.entries()
}

fn three(act: impl FnOnce(&World, &Handset, &Handset, &Handset)) -> Vec<Entry> {
    let world = World::new(&Plan::shipped());
    let [anna, ben, clara] = ["101", "102", "103"].map(|user| world.registered(user));
    anna.calls_and_talks_with("102", &ben);
    world.run_secs(4);
    act(&world, &anna, &ben, &clara);
    world.is_quiet();
    world.entries()
}

type Healthy = (&'static str, fn() -> Vec<Entry>);

const HEALTHY: [Healthy; 22] = [
    ("a talk in G.722", || in_codec(&g722(), talks)),
    ("a talk in Opus", || in_codec(&opus(), talks)),
    ("a talk", || talk(|_| (), |_, _, _| ())),
    ("a talk in PCMU", || {
        talk(|spec| spec.config.codecs = vec![Format::new(0, "PCMU", 8_000)], |_, _, _| ())
    }),
    ("a phone behind a NAT", || talk(|spec| spec.nat = true, |_, _, _| ())),
    ("SIP by TCP", || talk(|spec| spec.tcp = true, |_, _, _| ())),
    ("an INVITE without an offer", || talk(|spec| spec.config.late_offer = true, |_, _, _| ())),
    ("a phone without telephone-event", || talk(|spec| spec.config.telephone_event = false, |_, _, _| ())),
    ("packets of 40 ms", || talk(|spec| spec.config.ptime_ms = 40, |_, _, _| ())),
    ("hold and resume", || {
        talk(
            |_| (),
            |world, anna, _| {
                anna.holds();
                world.run_secs(20);
                anna.resumes();
                world.run_secs(5);
            },
        )
    }),
    ("a hold that ends the call", || {
        talk(
            |_| (),
            |world, anna, _| {
                anna.holds();
                world.run_secs(20);
            },
        )
    }),
    ("keys in a talk", || {
        talk(
            |_| (),
            |world, anna, _| {
                anna.presses("1234#");
                world.run_secs(3);
            },
        )
    }),
    ("a lossy link", || {
        talk(
            |_| (),
            |world, anna, _| {
                world.link(anna, Link::lossy(5));
                world.run_secs(20);
            },
        )
    }),
    ("a talk of two minutes", || talk(|_| (), |world, _, _| world.run_secs(120))),
    ("an echo", || {
        alone("600", |world, anna| {
            world.run_secs(6);
            anna.hangs_up();
        })
    }),
    ("digits that are read", || {
        alone("610", |_, anna| {
            anna.hears_prompt("enter-your-code");
            anna.presses("1234");
            anna.is_over();
        })
    }),
    ("digits by INFO", || {
        alone("610", |_, anna| {
            anna.hears_prompt("enter-your-code");
            anna.presses_by_info("12#");
            anna.is_over();
        })
    }),
    ("a blind transfer", || {
        three(|world, anna, ben, clara| {
            anna.does(Command::Transfer("103".to_owned()));
            clara.rings();
            clara.answers();
            anna.transfer_ends(200);
            world.run_secs(5);
            ben.hangs_up();
        })
    }),
    ("an attended transfer", || {
        three(|world, anna, ben, clara| {
            anna.holds();
            anna.calls("103");
            clara.rings();
            clara.answers();
            anna.is_answered();
            world.run_secs(4);
            anna.does(Command::TransferAttended);
            anna.transfer_ends(200);
            world.run_secs(5);
            ben.hangs_up();
        })
    }),
    ("a conference", || {
        let world = office();
        let [anna, ben] = ["101", "102"].map(|user| world.registered(user));
        anna.calls("500");
        anna.is_answered();
        ben.calls("500");
        ben.is_answered();
        world.run_secs(15);
        anna.hangs_up();
        over(&world, &ben)
    }),
    ("a group, of which one answers", || {
        let world = office();
        let [anna, ben, clara] = ["101", "102", "103"].map(|user| world.registered(user));
        anna.calls("200");
        ben.rings();
        clara.rings();
        clara.answers();
        anna.is_answered();
        world.run_secs(6);
        over(&world, &anna)
    }),
    ("a caller who hangs up at once", || {
        let world = office();
        let (anna, ben) = (world.registered("101"), world.registered("102"));
        connected(&world, &anna, "102", &ben, 0);
        over(&world, &anna)
    }),
];

#[test]
fn of_healthy_calls_no_fault_is_told() {
    let mut wrong = Vec::new();
    for (what, run) in HEALTHY {
        let entries = run();
        let verdicts = explain(&entries);
        if !verdicts.is_empty() || ending(&entries).is_none() {
            let lines = cordboard_journey::timeline(&entries, &|us| us.to_string());
            wrong.push(format!("{what}: {verdicts:#?}\n{}", lines.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), HEALTHY.len(), wrong.join("\n\n"));
}

#[test]
fn who_hung_up_first_is_told() {
    let ends = |caller: bool| {
        let world = office();
        let (anna, ben) = (world.registered("101"), world.registered("102"));
        connected(&world, &anna, "102", &ben, 4);
        let entries = over(&world, if caller { &anna } else { &ben });
        ending(&entries).unwrap().text
    };
    assert!(ends(true).starts_with("101 hung up first"), "{}", ends(true));
    assert!(ends(false).starts_with("102 hung up first"), "{}", ends(false));
    let world = office();
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    anna.calls("102");
    ben.rings();
    let text = ending(&over(&world, &anna)).unwrap().text;
    assert!(text.starts_with("101 gave up before it was answered"), "{text}");
}

#[test]
fn nonsense_is_explained_as_nothing() {
    let call = cordboard_base::CallId(1);
    let info = CallInfo { caller: Identity::default(), ..CallInfo::default() };
    let seen = cordboard_journey::What::Fact(call, Box::new(cordboard_call::Fact::Began { info }));
    let mut collector = cordboard_journey::Collector::default();
    collector.handle(cordboard_journey::Seen { at: cordboard_base::Time::ZERO, what: seen });
    let entries: Vec<Entry> = std::iter::from_fn(|| collector.poll()).collect();
    assert_eq!(
        (explain(&entries), explain(&[]), ending(&entries), ending(&[])),
        (vec![], vec![], None, None)
    );
}
