//! The journey of a call through all that can befall it: what is kept, what is linked, what is not shown.

use cordboard_base::CallId;
use cordboard_call::LegState;
use cordboard_journey::{Entry, Event, ladder, pcap, timeline};
use cordboard_phone::Command;
use cordboard_sim::{Handset, Plan, World};
use std::collections::BTreeSet;

fn office() -> World {
    World::new(&Plan::shipped().with(|setup| {
        setup.services.insert("parking".to_owned(), "{}".to_owned());
    }))
}

fn three(world: &World) -> [Handset; 3] {
    ["101", "102", "103"].map(|user| world.registered(user))
}

fn shown(entries: &[Entry]) -> String {
    timeline(entries, &|us| us.to_string()).join("\n")
}

/// The entries of a call and of all that it is linked with.
fn journey(entries: &[Entry], call: CallId) -> Vec<Entry> {
    let mut calls = BTreeSet::from([call]);
    loop {
        let linked =
            entries.iter().filter(|entry| calls.contains(&entry.call)).filter_map(|entry| entry.event.link());
        let more: BTreeSet<CallId> = linked.chain(calls.iter().copied()).collect();
        if more == calls {
            break;
        }
        calls = more;
    }
    entries.iter().filter(|entry| calls.contains(&entry.call)).cloned().collect()
}

fn calls(entries: &[Entry]) -> BTreeSet<CallId> {
    entries.iter().map(|entry| entry.call).collect()
}

fn ends(entries: &[Entry]) -> usize {
    entries.iter().filter(|entry| matches!(entry.event, Event::Ended { .. })).count()
}

#[test]
fn a_talk_has_all_of_its_messages_steps_and_seconds() {
    let world = office();
    let [anna, ben, _] = three(&world);
    anna.calls_and_talks_with("102", &ben);
    world.run_secs(25);
    anna.hangs_up();
    world.is_quiet();
    let entries = world.entries();
    let text = shown(&entries);
    for wanted in [
        "begins: 101 \"Anna\" dials 102 in internal",
        "← 101 udp:192.0.2.11:5060  INVITE sip:102@",
        "SIP/2.0 401",
        "→ 102",
        "rhai:",
        "dial user 102",
        "102 rings",
        "talks PCMA: it offered",
        "101 and 102 are connected",
        "audio of 101 comes from 192.0.2.11:",
        "ends: answered, cause normal, by caller",
    ] {
        assert!(text.contains(wanted), "{wanted} is not in\n{text}");
    }
    let seconds: usize = entries
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::Figures { leg, seconds, .. } if leg.index == 0 => Some(seconds.len()),
            _ => None,
        })
        .sum();
    assert!((25..30).contains(&seconds), "{seconds} s");
    let talked = entries.iter().any(|entry| {
        matches!(&entry.event, Event::Figures { seconds, .. } if seconds.iter().any(|s| s.received >= 49 && s.sent >= 49))
    });
    assert!(talked, "{text}");
    // The INVITE that was challenged is of this call too: two INVITEs came, and two ACKs.
    let came = |start: &str| {
        let of = |entry: &&Entry| matches!(&entry.event, Event::Message { sent: false, text, .. } if text.starts_with(start));
        entries.iter().filter(of).count()
    };
    assert_eq!((came("INVITE "), came("ACK ")), (2, 2), "{text}");
    let rungs = ladder(&entries, 100, &|us| us.to_string());
    assert!(rungs.iter().all(|line| line.chars().count() <= 100), "{rungs:#?}");
    let heading = rungs.first().unwrap();
    let at = |word: &str| heading.find(word).unwrap_or_else(|| panic!("{word}: {heading}"));
    assert!(at("101") < at("Cordboard") && at("Cordboard") < at("102"));
    for wanted in ["INVITE SDP", "401 Unauthorized", "180 Ringing", "200 OK (BYE)", "▶", "◀"] {
        assert!(rungs.iter().any(|line| line.contains(wanted)), "{wanted}: {rungs:#?}");
    }
    let messages = entries.iter().filter(|entry| matches!(entry.event, Event::Message { .. })).count();
    assert!(pcap(&entries).len() > 24 + messages * 200);
}

#[test]
fn retransmissions_are_folded() {
    let world = office();
    let [anna, ben, _] = three(&world);
    world.router(&ben, |bytes| (!bytes.starts_with(b"SIP/2.0 1")).then_some(bytes));
    anna.calls("102");
    ben.rings();
    world.run_secs(3);
    ben.answers();
    anna.is_answered();
    anna.hangs_up();
    world.is_quiet();
    let rungs = ladder(&world.entries(), 100, &|us| us.to_string());
    let invites: Vec<&String> = rungs.iter().filter(|line| line.contains("INVITE SDP ×")).collect();
    assert_eq!(invites.len(), 1, "{rungs:#?}");
}

#[test]
fn secrets_are_not_in_it() {
    let world = office();
    let [anna, ben, _] = three(&world);
    // A mailbox is opened by its PIN, typed by events and by INFO; what is typed in a talk is for the other end.
    for by_info in [false, true] {
        anna.calls("*97");
        anna.is_answered();
        anna.hears_prompt("vm-password");
        if by_info {
            anna.presses_by_info("4101#")
        } else {
            anna.presses("4101#")
        }
        anna.hears_prompt("vm-youhave");
        anna.hangs_up();
        world.run_secs(2);
    }
    anna.calls_and_talks_with("102", &ben);
    anna.presses("9876");
    world.run_secs(4);
    anna.hangs_up();
    world.is_quiet();
    let entries = world.entries();
    let json = serde_json::to_string(&entries).unwrap();
    let digests = json.matches("response=\\\"").count();
    assert!(digests >= 3 && json.matches("response=\\\"xxxxxxxx").count() == digests, "{digests} digests");
    for secret in ["Signal=4", "Signal=1", "\"4101\"", "4101#", "secret-of-"] {
        assert!(!json.contains(secret), "{secret}");
    }
    let pressed: Vec<Option<char>> = entries
        .iter()
        .filter_map(|entry| match entry.event {
            Event::Digit { digit, .. } => Some(digit),
            _ => None,
        })
        .collect();
    assert!(pressed.len() >= 14, "{pressed:?}");
    for digit in ['4', '1', '0', '9', '8', '7', '6'] {
        assert!(!pressed.contains(&Some(digit)), "{pressed:?}");
    }
    let text = shown(&entries);
    assert!(text.contains(" has typed ****") && text.contains("read a secret vm-password"), "{text}");
}

/// What was typed is in nothing that is kept of calls: entries, whatever is made of them, the log.
pub(crate) fn is_nowhere(world: &World, secrets: &[&str]) {
    let entries = world.entries();
    let clock = |us: i64| us.to_string();
    let captured = pcap(&entries);
    let mut live = cordboard_journey::Live::default();
    let kept = [
        serde_json::to_string(&entries).unwrap(),
        shown(&entries),
        ladder(&entries, 400, &clock).join("\n"),
        live.lines(entries.clone(), &clock).join("\n"),
        String::from_utf8_lossy(&captured).into_owned(),
        format!("{:?}", world.log()),
        format!("{:?}", world.records()),
        world.store(|store| format!("{:?}", store.logs)),
    ];
    for (at, text) in kept.iter().enumerate() {
        for secret in secrets {
            // A time in microseconds may have any four digits in it.
            let found = text.split(|c: char| !c.is_ascii_digit()).any(|number| number == *secret);
            assert!(!found, "{secret} is in {at}");
        }
    }
    // Key by key it would be as good as in one.
    let first: Vec<char> = secrets.iter().filter_map(|secret| secret.chars().next()).collect();
    for entry in &entries {
        if let Event::Digit { digit: Some(digit), .. } = entry.event {
            assert!(!first.contains(&digit), "{digit} is shown");
        }
    }
}

#[test]
fn a_pin_that_is_chosen_by_telephone_is_nowhere() {
    let world = office();
    let [anna, ben, _] = three(&world);
    for (phone, by_info) in [(&anna, false), (&ben, true)] {
        let press = |keys: &str| if by_info { phone.presses_by_info(keys) } else { phone.presses(keys) };
        phone.calls("*97");
        phone.is_answered();
        phone.hears_prompt("vm-password");
        press(&format!("4{}#", phone.user()));
        phone.hears_prompt("vm-youhave");
        press("0");
        phone.hears_prompt("vm-options");
        press("5");
        phone.hears_prompt("vm-newpassword");
        press("739152#");
        phone.hears_prompt("vm-reenterpassword");
        // One that does not fit, and then it is asked for anew.
        press("739999#");
        phone.hears_prompt("vm-mismatch");
        phone.hears_prompt("vm-newpassword");
        press("739152#");
        phone.hears_prompt("vm-reenterpassword");
        press("739152#");
        phone.hears_prompt("vm-passchanged");
        phone.hangs_up();
        world.run_secs(2);
    }
    world.is_quiet();
    is_nowhere(&world, &["739152", "739999", "4101", "4102"]);
    let text = shown(&world.entries());
    assert!(text.contains(" has typed ******") && text.contains("presses 5"), "{text}");
}

#[test]
fn a_pin_that_a_script_asks_for_is_nowhere_whatever_the_script_does_with_it() {
    let world = World::with_dialplan(
        r#"
let internal = context("internal");
internal.on("700", |ch| {
    ch.answer();
    let chosen = ch.read(#{ prompt: "vm-newpassword", max: 4, secret: true });
    db::set("doors", "front", chosen);
    log::info(`the front door opens by ${chosen}, and by 7391520 not`);
    log::info(`it opens by ${db::get("doors", "front")}`);
    throw `no door for ${chosen}`;
});
internal.on("701", |ch| {
    ch.answer();
    if !ch.authenticate("8264", #{ prompt: "agent-pass", retries: 2 }) { ch.hangup("rejected"); }
    ch.wait(1);
    let door = db::get("doors", "front");
});
"#,
    );
    let anna = world.registered("101");
    anna.calls("700");
    anna.is_answered();
    anna.hears_prompt("vm-newpassword");
    anna.presses("7391");
    anna.is_over();
    anna.calls("701");
    anna.is_answered();
    anna.hears_prompt("agent-pass");
    anna.presses("8111#");
    world.run_secs(2);
    anna.presses("8264#");
    anna.is_over();
    world.is_quiet();
    is_nowhere(&world, &["7391", "8264", "8111"]);
    let text = shown(&world.entries());
    assert!(text.contains("the front door opens by xxxx, and by 7391520 not"), "{text}");
    assert!(text.contains("db doors/front is (not kept)") && text.contains("no door for xxxx"), "{text}");
}

#[test]
fn an_attended_transfer_is_one_journey_from_either_call() {
    let world = office();
    let [anna, ben, clara] = three(&world);
    anna.calls_and_talks_with("102", &ben);
    anna.holds();
    anna.calls("103");
    clara.rings();
    clara.answers();
    anna.is_answered();
    anna.does(Command::TransferAttended);
    anna.transfer_ends(200);
    ben.talks_with(&clara);
    ben.hangs_up();
    world.is_quiet();
    let entries = world.entries();
    assert_eq!(calls(&entries).len(), 2);
    for call in calls(&entries) {
        let whole = journey(&entries, call);
        assert_eq!((calls(&whole).len(), ends(&whole)), (2, 2), "{}", shown(&entries));
        let text = shown(&whole);
        assert!(
            text.contains("transfers")
                && text.contains("goes on in call")
                && text.contains("comes from call"),
            "{text}"
        );
    }
    // What the moved leg does later is told in the call that it is in now.
    let moved = entries.iter().find_map(|entry| match entry.event {
        Event::Moved { leg, to } => Some((leg, to, entry.at_us)),
        _ => None,
    });
    let (leg, to, at_us) = moved.unwrap();
    let bye = entries.iter().filter(|entry| entry.at_us > at_us && entry.event.leg() == Some(leg));
    assert!(bye.clone().count() > 0 && bye.clone().all(|entry| entry.call == to), "{}", shown(&entries));
}

#[test]
fn a_blind_transfer_stays_one_call() {
    let world = office();
    let [anna, ben, clara] = three(&world);
    anna.calls_and_talks_with("102", &ben);
    anna.does(Command::Transfer("103".to_owned()));
    clara.rings();
    clara.answers();
    anna.transfer_ends(200);
    ben.hangs_up();
    world.is_quiet();
    let entries = world.entries();
    assert_eq!((calls(&entries).len(), ends(&entries)), (1, 1));
    let text = shown(&entries);
    assert!(
        text.contains("101 transfers 102 to 103") && text.contains("102 and 103 are connected"),
        "{text}"
    );
}

#[test]
fn who_is_fetched_from_a_parking_place_is_on_the_journey_of_who_fetches() {
    let world = office();
    let [anna, ben, clara] = three(&world);
    anna.calls_and_talks_with("102", &ben);
    ben.presses("#72");
    ben.hears_prompt("call-parked-at");
    ben.is_over();
    clara.calls("701");
    clara.is_answered();
    clara.talks_with(&anna);
    clara.hangs_up();
    world.is_quiet();
    let entries = world.entries();
    let first = entries.iter().find(|entry| matches!(entry.event, Event::Began { .. })).unwrap().call;
    let whole = journey(&entries, first);
    assert_eq!(calls(&whole).len(), 2, "{}", shown(&entries));
    let text = shown(&whole);
    for wanted in
        ["run park", "parking: parked on 701", "parking: fetched from 701 by call ", "parking: fetches call "]
    {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
}

#[test]
fn voicemail_and_what_it_records_are_steps_of_the_call() {
    let world = office();
    let [anna, ..] = three(&world);
    anna.calls("102");
    // Nobody answers at 102: its mailbox takes over.
    anna.expects_within(core::time::Duration::from_secs(60), "the mailbox", |happening| {
        matches!(happening, cordboard_phone::Happening::Talking { .. }).then_some(())
    });
    world.run_secs(15);
    anna.hangs_up();
    world.is_quiet();
    let entries = world.entries();
    let text = shown(&entries);
    assert!(text.contains("run voicemail") && text.contains("take_message"), "{text}");
    let rang = |entry: &Entry| matches!(&entry.event, Event::Leg { who, state: LegState::Ringing, .. } if who == "102");
    assert!(entries.iter().any(rang), "{text}");
}

#[test]
fn a_conference_is_one_journey() {
    let world = World::with_dialplan(
        "let internal = context(\"internal\");\ninternal.on(\"500\", |ch| { ch.conference(\"main\"); });",
    );
    let phones = three(&world);
    for phone in &phones {
        phone.calls("500");
        phone.is_answered();
        world.run_secs(6);
    }
    phones.iter().for_each(Handset::hangs_up);
    world.is_quiet();
    let entries = world.entries();
    assert_eq!(calls(&entries).len(), 3);
    for call in calls(&entries) {
        let whole = journey(&entries, call);
        assert_eq!(calls(&whole).len(), 3, "{}", shown(&entries));
        assert!(
            shown(&whole).contains("joins conference/main")
                && shown(&whole).contains("is in conference/main too")
        );
    }
}

#[test]
fn what_is_not_wanted_is_not_handed_out() {
    for (on, messages) in [(true, false), (false, true)] {
        let world = World::new(&Plan::shipped().with(|setup| {
            (setup.journey.on, setup.journey.messages) = (on, messages);
        }));
        let [anna, ben, _] = three(&world);
        anna.calls_and_talks_with("102", &ben);
        world.run_secs(12);
        anna.hangs_up();
        world.is_quiet();
        let entries = world.entries();
        assert_eq!(entries.is_empty(), !on);
        assert!(!entries.iter().any(|entry| matches!(entry.event, Event::Message { .. })));
        assert_eq!(ladder(&entries, 80, &|us| us.to_string()), ["no SIP message of this call is kept"]);
    }
}
