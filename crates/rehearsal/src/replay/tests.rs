use super::*;
use crate::{House, Staging};
use cordboard_app::Value;
use cordboard_dialplan::Bundle;
use cordboard_exchange::TrunkSetup;
use cordboard_phone::Command;
use cordboard_sim::Plan;
use cordboard_sim::stage::Prompts;
use cordboard_sip::trunk::TrunkSettings;

const OFFICE: &str = r#"
let internal = context("internal");
internal.on("_10X", |ch| {
    let r = ch.dial(user(ch.dialed), #{ timeout: 20 });
    if r.status == "busy" { ch.play("vm-isonphone"); } else { ch.play("vm-nobodyavail"); }
});
internal.on("600", |ch| {
    ch.answer();
    let choice = ch.menu(#{ prompt: "welcome", digits: 1, timeout: 5, retries: 1 });
    switch choice {
        "1" => ch.play("one"),
        "2" => ch.play("two"),
        _ => ch.play("goodbye"),
    }
});
internal.on("601", |ch| { ch.play(db::get("sounds", ch.caller.number)); });
internal.on("602", |ch| { if db::get("pins", "door") == "4711" { ch.play("open"); } });
internal.on("603", |ch| {
    if state(user("103")) == "idle" { ch.dial([user("102"), user("103")], #{ timeout: 10 }); }
    ch.hangup("busy");
});
internal.on("*97", |ch| { ch.voicemail_main("101"); });
internal.on("_9X.", |ch| { ch.dial(trunk("itsp", ch.dialed.sub_string(1)), #{ timeout: 30 }); });
let inbound = context("from-itsp");
inbound.on("_X.", |ch| { ch.voicemail("101"); });
"#;

/// 2026-11-23 09:00:00 UTC, a Monday.
const MONDAY_US: i64 = 1_795_424_400_000_000;

fn house(main: &str) -> House {
    let prompts = Prompts::new(|_, _| Some(1_000));
    let settings = TrunkSettings { qualify_s: 60, ..TrunkSettings::default() };
    let itsp = TrunkSetup { settings, context: "from-itsp".to_owned(), codecs: Vec::new() };
    let setup = Plan::new("").with(|setup| drop(setup.trunks.insert("itsp".to_owned(), itsp))).setup;
    let staging = Staging { setup, bundle: Bundle::single(main), prompts, seed: 1 };
    House::new(staging).unwrap_or_else(|findings| panic!("{findings:?}"))
}

/// A call that really takes place: what is kept of it, as it is read from the store again.
fn kept(house: &House, happens: impl Fn(&House, &World)) -> (Vec<Entry>, CallId) {
    // Another seed than that of replays: other ports, other draws.
    let world = house.world(MONDAY_US);
    happens(house, &world);
    world.run_for(Duration::from_secs(40));
    let text = serde_json::to_string(&world.entries()).unwrap();
    let entries: Vec<Entry> = serde_json::from_str(&text).unwrap();
    let call = entries.iter().find(|entry| matches!(entry.event, Event::Began { .. })).unwrap().call;
    (entries, call)
}

fn again(changed: &str, (entries, call): &(Vec<Entry>, CallId)) -> Replay {
    house(changed).replay(entries, *call).unwrap()
}

fn rows(replay: &Replay) -> Vec<String> {
    let side = |line: &Option<Line>| line.as_ref().map_or_else(|| "-".to_owned(), |line| line.text.clone());
    replay.rows.iter().map(|(then, now)| format!("{} | {}", side(then), side(now))).collect()
}

/// Only the rows with one side.
fn differences(replay: &Replay) -> Vec<String> {
    rows(replay).into_iter().filter(|row| row.starts_with("- |") || row.ends_with("| -")).collect()
}

fn is_the_same(happened: &(Vec<Entry>, CallId)) -> Replay {
    let replay = again(OFFICE, happened);
    assert_eq!(replay.verdict(), Verdict::Same, "{:#?}\n{:#?}", rows(&replay), replay.gaps);
    assert!(replay.rows.len() > 2, "{:#?}", rows(&replay));
    replay
}

fn phone(house: &House, world: &World, user: &str) -> Handset {
    world.seat(house.seat_of(user).unwrap()).unwrap()
}

fn secs(world: &World, s: f64) {
    world.run_for(Duration::from_secs_f64(s));
}

fn dials(house: &House, world: &World, number: &str) -> Handset {
    let ann = phone(house, world, "101");
    ann.acts(Command::Call(number.to_owned()));
    ann
}

/// 102 answers after three seconds, talks for thirty, and hangs up.
fn talk(house: &House, world: &World) {
    let _ann = dials(house, world, "102");
    let ben = phone(house, world, "102");
    secs(world, 3.0);
    ben.acts(Command::Answer);
    secs(world, 30.0);
    ben.acts(Command::Hangup(None));
}

#[test]
fn a_talk_goes_the_same_way_again_and_another_way_through_a_changed_dialplan() {
    let happened = kept(&house(OFFICE), talk);
    let replay = is_the_same(&happened);
    let lines = rows(&replay);
    for line in ["route _10X in internal", "102 is called", "102 answers", "play vm-nobodyavail"] {
        assert!(lines.contains(&format!("{line} | {line}")), "{line}: {lines:#?}");
    }
    assert_eq!(replay.gaps, []);
    let changed = again(&OFFICE.replace("play(\"vm-nobodyavail\")", "play(\"vm-goodbye\")"), &happened);
    assert_eq!(changed.verdict(), Verdict::Different);
    assert_eq!(differences(&changed), ["play vm-nobodyavail | -", "- | play vm-goodbye"]);
    // A line more above it moves places, and is no difference.
    let moved = again(&format!("// new\n\n{OFFICE}"), &happened);
    assert_eq!(moved.verdict(), Verdict::Same, "{:#?}", rows(&moved));
}

#[test]
fn a_caller_hangs_up_so_long_after_the_answer_as_then() {
    let happened = kept(&house(OFFICE), |house, world| {
        let ann = dials(house, world, "102");
        secs(world, 3.0);
        phone(house, world, "102").acts(Command::Answer);
        secs(world, 2.0);
        ann.acts(Command::Hangup(None));
    });
    is_the_same(&happened);
    // However long it is before: an announcement, which answers the caller, and a moment of waiting.
    let with = "ch.play(\"welcome\"); ch.wait(30); let r = ch.dial(user(ch.dialed)";
    let changed = again(&OFFICE.replace("let r = ch.dial(user(ch.dialed)", with), &happened);
    assert_eq!(differences(&changed), ["- | play welcome", "- | wait 30000 ms"]);
}

#[test]
fn who_was_not_called_then_does_nothing_now_and_that_is_said() {
    let happened = kept(&house(OFFICE), talk);
    let changed = again(&OFFICE.replace("ch.dial(user(ch.dialed)", "ch.dial(user(\"103\")"), &happened);
    assert_eq!(changed.verdict(), Verdict::Different);
    let told = differences(&changed);
    for line in [
        "dial user 102 | -",
        "102 is called | -",
        "- | dial user 103",
        "- | 103 is called",
        "102 answers | -",
    ] {
        assert!(told.iter().any(|row| row == line), "{line}: {told:#?}");
    }
    assert!(changed.gaps.iter().any(|gap| gap.what.contains("103")), "{:?}", changed.gaps);
}

#[test]
fn keys_are_pressed_when_they_are_asked_for() {
    let happened = kept(&house(OFFICE), |house, world| {
        let ann = dials(house, world, "600");
        secs(world, 2.5);
        ann.acts(Command::Digits("1".to_owned()));
    });
    let replay = is_the_same(&happened);
    assert!(rows(&replay).contains(&"1 is typed | 1 is typed".to_owned()), "{:#?}", rows(&replay));
    // However much comes before the question.
    let changed = again(&OFFICE.replace("ch.answer();", "ch.answer(); ch.wait(10);"), &happened);
    assert_eq!(differences(&changed), ["- | wait 10000 ms"]);
    let changed =
        again(&OFFICE.replace("\"1\" => ch.play(\"one\")", "\"1\" => ch.play(\"three\")"), &happened);
    assert_eq!(differences(&changed), ["play one | -", "- | play three"]);
}

#[test]
fn refusals_patience_and_absence_are_taken_over() {
    let refused = kept(&house(OFFICE), |house, world| {
        let _ann = dials(house, world, "102");
        secs(world, 1.0);
        phone(house, world, "102").acts(Command::Decline(486));
    });
    assert!(rows(&is_the_same(&refused)).contains(&"play vm-isonphone | play vm-isonphone".to_owned()));
    let unanswered = kept(&house(OFFICE), |house, world| drop(dials(house, world, "102")));
    is_the_same(&unanswered);
    let given_up = kept(&house(OFFICE), |house, world| {
        let ann = dials(house, world, "102");
        secs(world, 8.0);
        ann.acts(Command::Hangup(None));
    });
    let replay = is_the_same(&given_up);
    assert!(rows(&replay).last().unwrap().contains("by caller"), "{:#?}", rows(&replay));
    let absent = kept(&house(OFFICE), |house, world| {
        phone(house, world, "102").acts(Command::Unregister);
        secs(world, 2.0);
        drop(dials(house, world, "102"));
    });
    assert!(rows(&is_the_same(&absent)).iter().any(|row| row.starts_with("102 has no phone")));
}

#[test]
fn the_database_and_the_states_of_others_are_as_they_were() {
    let happened = kept(&house(OFFICE), |house, world| {
        let key = ("sounds".to_owned(), "101".to_owned());
        world.store(|store| store.values.insert(key, Value::Text("song".to_owned())));
        dials(house, world, "601");
    });
    assert!(rows(&is_the_same(&happened)).contains(&"play song | play song".to_owned()));
    let busy = kept(&house(OFFICE), |house, world| {
        let clara = phone(house, world, "103");
        clara.acts(Command::Call("600".to_owned()));
        secs(world, 1.0);
        dials(house, world, "603");
    });
    let call = busy.0.iter().rev().find(|entry| matches!(entry.event, Event::Began { .. })).unwrap().call;
    let replay = is_the_same(&(busy.0, call));
    assert!(!rows(&replay).iter().any(|row| row.contains("is called")), "{:#?}", rows(&replay));
    // What is asked for the first time is not known.
    let changed = again(&OFFICE.replace("db::get(\"sounds\"", "db::get(\"songs\""), &happened);
    assert!(changed.gaps.iter().any(|gap| gap.what.contains("db songs/101")), "{:?}", changed.gaps);
}

#[test]
fn secrets_are_not_kept_and_that_is_said() {
    let happened = kept(&house(OFFICE), |house, world| {
        let key = ("pins".to_owned(), "door".to_owned());
        world.store(|store| store.values.insert(key, Value::Text("4711".to_owned())));
        dials(house, world, "602");
    });
    assert!(!serde_json::to_string(&happened.0).unwrap().contains("4711"), "it is not in the journey");
    let replay = again(OFFICE, &happened);
    assert!(replay.gaps.iter().any(|gap| gap.what.contains("db pins/door")), "{:?}", replay.gaps);
    let typed = kept(&house(OFFICE), |house, world| {
        let ann = dials(house, world, "*97");
        secs(world, 4.0);
        ann.acts(Command::Digits("4101#".to_owned()));
        secs(world, 5.0);
        ann.acts(Command::Hangup(None));
    });
    let replay = again(OFFICE, &typed);
    assert_eq!(replay.verdict(), Verdict::Unknown, "{:#?}\n{:#?}", rows(&replay), replay.gaps);
    assert!(replay.gaps.iter().any(|gap| gap.is_the_end && gap.what.contains("PIN")), "{:?}", replay.gaps);
}

#[test]
fn calls_from_and_to_the_outside_go_the_same_way() {
    let message = kept(&house(OFFICE), |house, world| {
        let (_, line) = house.line("itsp").unwrap();
        let caller = world.outsider(line.address, "+442079460000", "Ann", &line.address.ip().to_string());
        caller.acts(Command::Call("5550100".to_owned()));
        secs(world, 4.0);
        caller.says_for(Duration::from_secs(20));
        secs(world, 15.0);
        caller.acts(Command::Hangup(None));
    });
    is_the_same(&message);
    let silent = kept(&house(OFFICE), |house, world| {
        let (_, line) = house.line("itsp").unwrap();
        let caller = world.outsider(line.address, "+442079460000", "Ann", &line.address.ip().to_string());
        caller.acts(Command::Call("5550100".to_owned()));
    });
    is_the_same(&silent);
    let outside = kept(&house(OFFICE), |house, world| {
        let ann = dials(house, world, "95550123");
        secs(world, 4.0);
        let (_, line) = house.line("itsp").unwrap();
        let them = world.called_at(line.address).remove(0);
        them.acts(Command::Answer);
        secs(world, 60.0);
        ann.acts(Command::Hangup(None));
    });
    let replay = is_the_same(&outside);
    assert!(
        rows(&replay).contains(&"trunk itsp answers | trunk itsp answers".to_owned()),
        "{:#?}",
        rows(&replay)
    );
    let refused = kept(&house(OFFICE), |house, world| {
        let (_, line) = house.line("itsp").unwrap();
        world.gateway_refuses(line.address, Some(503));
        dials(house, world, "95550123");
    });
    let replay = again(OFFICE, &refused);
    assert_eq!(replay.verdict(), Verdict::Same, "{:#?}", rows(&replay));
}

#[test]
fn what_can_not_be_run_again_says_why() {
    let (entries, call) = kept(&house(OFFICE), talk);
    let without = |is_it: fn(&Event) -> bool| -> Vec<Entry> {
        entries.iter().filter(|entry| !is_it(&entry.event)).cloned().collect()
    };
    let house = house(OFFICE);
    let why = |entries: &[Entry]| house.replay(entries, call).unwrap_err().to_string();
    assert!(why(&without(|event| matches!(event, Event::Ended { .. }))).contains("not over"));
    assert!(why(&without(|event| matches!(event, Event::Began { .. }))).contains("beginning"));
    let changed: Vec<Entry> = entries
        .iter()
        .cloned()
        .map(|mut entry| {
            if let Event::Began { user, .. } = &mut entry.event {
                *user = Some("999".to_owned());
            }
            entry
        })
        .collect();
    assert_eq!(why(&changed), "there is no user 999 any more");
}

#[test]
fn without_messages_the_end_says_who_did_what() {
    for happens in [talk, |house: &House, world: &World| {
        let _ann = dials(house, world, "102");
        secs(world, 1.0);
        phone(house, world, "102").acts(Command::Decline(486));
    }] {
        let (mut entries, call) = kept(&house(OFFICE), happens);
        entries.retain(|entry| !matches!(entry.event, Event::Message { .. }));
        is_the_same(&(entries, call));
    }
}

#[test]
fn who_held_and_resumed_then_does_so_again() {
    let happened = kept(&house(OFFICE), |house, world| {
        let ann = dials(house, world, "102");
        let ben = phone(house, world, "102");
        secs(world, 3.0);
        ben.acts(Command::Answer);
        secs(world, 5.0);
        ben.acts(Command::Hold);
        secs(world, 10.0);
        ben.acts(Command::Resume);
        secs(world, 4.0);
        ann.acts(Command::Hold);
        secs(world, 6.0);
        ann.acts(Command::Resume);
        secs(world, 5.0);
        ann.acts(Command::Hangup(None));
    });
    let lines = rows(&is_the_same(&happened));
    let held: Vec<&str> =
        lines.iter().filter_map(|row| row.split_once(" | ")).map(|(then, _)| then).collect();
    let held: Vec<&str> =
        held.into_iter().filter(|line| line.ends_with("holds") || line.ends_with("resumes")).collect();
    assert_eq!(held, ["102 holds", "102 resumes", "the caller holds", "the caller resumes"], "{lines:#?}");
}

/// 604 leads to 102 by its route.
fn by_route() -> String {
    format!(
        "{OFFICE}internal.on(\"604\", |ch| {{ let r = ch.dial(extension(\"internal\", \"102\"), #{{ timeout: 20 }});
            if r.status != \"answered\" {{ ch.play(\"vm-goodbye\"); }} }});"
    )
}

#[test]
fn who_answers_behind_an_extension_is_a_part_of_the_call() {
    let office = by_route();
    let happened = kept(&house(&office), |house, world| {
        let ann = dials(house, world, "604");
        let ben = phone(house, world, "102");
        secs(world, 3.0);
        ben.acts(Command::Answer);
        secs(world, 20.0);
        ann.acts(Command::Hangup(None));
    });
    let replay = again(&office, &happened);
    assert_eq!(replay.verdict(), Verdict::Same, "{:#?}\n{:#?}", rows(&replay), replay.gaps);
    let lines = rows(&replay);
    for line in ["route _10X in internal", "102 is called", "102 answers"] {
        assert!(lines.contains(&format!("{line} | {line}")), "{line}: {lines:#?}");
    }
    assert_eq!(replay.gaps, []);
    // What its route does otherwise is seen in the call itself.
    let changed = again(
        &office.replace("user(ch.dialed), #{ timeout: 20 }", "user(\"103\"), #{ timeout: 20 }"),
        &happened,
    );
    let differs = differences(&changed);
    assert!(differs.contains(&"102 is called | -".to_owned()), "{differs:#?}");
    assert!(differs.contains(&"- | 103 is called".to_owned()), "{differs:#?}");
}

#[test]
fn who_does_not_answer_behind_an_extension_does_not_answer_now() {
    let office = by_route();
    let happened = kept(&house(&office), |house, world| {
        let _ann = dials(house, world, "604");
        secs(world, 3.0);
        phone(house, world, "102").acts(Command::Decline(486));
        secs(world, 20.0);
    });
    let replay = again(&office, &happened);
    assert_eq!(replay.verdict(), Verdict::Same, "{:#?}\n{:#?}", rows(&replay), replay.gaps);
    assert!(rows(&replay).contains(&"play vm-goodbye | play vm-goodbye".to_owned()), "{:#?}", rows(&replay));
}
