//! Paging and intercom: phones that answer by themselves say what one says.

use cordboard_sim::{Handset, Plan, World};

const SCRIPT: &str = r#"
let internal = context("internal");
internal.on("_10X", |ch| { ch.dial(user(ch.dialed), #{ timeout: 25 }); });
internal.on("300", |ch| {
    let r = ch.page([user("102"), user("103"), user("104"), user("101")]);
    log::info(`page: ${r.status}, ${r.answered} of ${r.called}`);
});
internal.on("301", |ch| { ch.page([user("102"), user("103")], #{ duplex: true }); });
internal.on("302", |ch| { ch.page([user("102"), user("103")], #{ override: true }); });
"#;

/// A phone that answers by itself.
fn obedient(world: &World, user: &str) -> Handset {
    let phone = world.phone_with(user, |spec| spec.config.auto_answer_ms = Some(100));
    phone.registers();
    phone
}

#[test]
fn the_phones_say_what_the_caller_says_and_what_they_hear_stays_with_them() {
    let world = World::with_dialplan(SCRIPT);
    let anna = world.registered("101");
    let others = ["102", "103"].map(|user| obedient(&world, user));
    anna.calls("300");
    anna.is_answered();
    for phone in &others {
        phone.is_answered();
        phone.hears(&anna);
    }
    anna.hears_nothing();
    let sent = world.trace().iter().any(|line| {
        let text = String::from_utf8_lossy(&line.bytes).into_owned();
        text.starts_with("INVITE sip:102")
            && text.contains("answer-after=0")
            && text.contains("Answer-Mode: Auto")
    });
    assert!(sent, "it is told to answer by itself");
    anna.presses("#");
    anna.is_over();
    for phone in &others {
        phone.is_over();
    }
    world.is_quiet();
    assert!(world.has_logged("script", "page: done, 2 of 2"), "{:?}", world.log());
}

#[test]
fn in_duplex_everybody_hears_everybody() {
    let world = World::with_dialplan(SCRIPT);
    let anna = world.registered("101");
    let [ben, clara] = ["102", "103"].map(|user| obedient(&world, user));
    anna.calls("301");
    anna.is_answered();
    anna.hears_all(&[&ben, &clara]);
    ben.hears_all(&[&anna, &clara]);
    ben.hangs_up();
    anna.hears(&clara);
    clara.hangs_up();
    anna.is_over();
    world.is_quiet();
}

#[test]
fn who_is_in_a_call_is_left_out_unless_it_is_an_emergency() {
    let world = World::with_dialplan(SCRIPT);
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    let clara = obedient(&world, "103");
    let david = world.registered("104");
    david.calls_and_talks_with("102", &ben);
    anna.calls("300");
    clara.is_answered();
    clara.hears(&anna);
    ben.sees_nothing_for(core::time::Duration::from_secs(2));
    anna.hangs_up();
    clara.is_over();
    anna.calls("302");
    ben.rings();
    clara.is_answered();
    anna.hangs_up();
    clara.is_over();
}

#[test]
fn an_intercom_can_be_denied_and_allowed_again() {
    let world = World::new(&Plan::shipped());
    let (anna, ben) = (world.registered("101"), obedient(&world, "102"));
    anna.calls("*80102");
    ben.is_answered();
    anna.is_answered();
    anna.hears(&ben);
    ben.hears(&anna);
    ben.hangs_up();
    anna.is_over();
    ben.calls("*55");
    ben.hears_prompt("intercom-denied");
    ben.is_over();
    let before = world.trace().len();
    anna.calls("*80102");
    ben.is_answered();
    let told = world
        .trace()
        .iter()
        .skip(before)
        .any(|line| String::from_utf8_lossy(&line.bytes).contains("answer-after=0"));
    assert!(!told, "it rings as ever");
    anna.hangs_up();
    ben.is_over();
    ben.calls("*54");
    ben.hears_prompt("intercom-allowed");
    ben.is_over();
}

#[test]
fn an_intercom_does_not_speak_where_somebody_is_not_to_be_disturbed() {
    let world = World::new(&Plan::shipped());
    let (anna, ben, clara) = (world.registered("101"), obedient(&world, "102"), world.registered("103"));
    for code in ["*78", "*78103"] {
        ben.calls(code);
        ben.is_answered();
        ben.is_over();
    }
    anna.calls("*80102");
    anna.hears_prompt("vm-theperson");
    ben.sees_nothing_for(core::time::Duration::from_secs(2));
    anna.hangs_up();
    world.run_secs(1);
    // Who gets through is heard at once.
    clara.calls("*80102");
    ben.is_answered();
    clara.hears(&ben);
    clara.hangs_up();
    ben.is_over();
}

#[test]
fn pages_are_the_same_after_any_cut() {
    let run = |cuts: Option<u64>| {
        let world = World::with_dialplan(SCRIPT);
        if let Some(seed) = cuts {
            world.cut_and_restore(seed, 100);
        }
        let anna = world.registered("101");
        let others = ["102", "103"].map(|user| obedient(&world, user));
        anna.calls("301");
        world.run_secs(5);
        anna.presses("#");
        for phone in &others {
            phone.is_over();
        }
        world.run_secs(40);
        world
    };
    let (plain, cut) = (run(None), run(Some(5)));
    assert!(cut.cuts_made() > 20);
    assert_eq!(plain.records(), cut.records());
    assert_eq!(plain.media_trace(), cut.media_trace());
}

/// An office with a group of loudspeakers.
fn hall() -> World {
    let groups = r#"{"settings":{"group":{"hall":{"multicast":"224.0.1.75:5555"}}}}"#;
    let script = r#"
let internal = context("internal");
internal.on("310", |ch| {
    let r = ch.page([], #{ group: "hall" });
    log::info(`page: ${r.status}, ${r.answered} of ${r.called}`);
});
internal.on("311", |ch| { ch.page([user("102")], #{ group: "hall" }); });
internal.on("312", |ch| { let r = ch.page([], #{ group: "yard" }); log::info(`page: ${r.status}`); });
"#;
    World::new(
        &Plan::new(script).with(|setup| drop(setup.services.insert("page".to_owned(), groups.to_owned()))),
    )
}

#[test]
fn a_group_of_loudspeakers_is_paged_without_any_phone() {
    let world = hall();
    let anna = world.registered("101");
    anna.calls("310");
    anna.is_answered();
    world.run_secs(2);
    let before = world.media_trace().1;
    world.run_secs(1);
    // Each way 50 packets a second: hers, and those to the group. She hears nothing.
    assert!((95..=110).contains(&(world.media_trace().1 - before)), "{}", world.media_trace().1 - before);
    assert_eq!(world.media_sessions(), 2);
    anna.presses("#");
    anna.is_over();
    assert!(world.has_logged("script", "page: done, 0 of 0"), "{:?}", world.log());
    world.is_quiet();
}

#[test]
fn loudspeakers_and_phones_are_paged_together_and_a_group_that_is_none_is_told() {
    let world = hall();
    let anna = world.registered("101");
    let ben = obedient(&world, "102");
    anna.calls("311");
    anna.is_answered();
    ben.is_answered();
    ben.hears(&anna);
    ben.hangs_up();
    world.run_secs(2);
    assert_eq!(world.media_sessions(), 2, "the loudspeakers still listen");
    anna.hangs_up();
    world.is_quiet();
    anna.calls("312");
    anna.hears_prompt("paging-nobody");
    anna.is_over();
    assert!(world.has_logged("script", "page: nobody"), "{:?}", world.log());
}

#[test]
fn pages_to_a_group_are_the_same_after_any_cut() {
    let run = |cuts: Option<u64>| {
        let world = hall();
        if let Some(seed) = cuts {
            world.cut_and_restore(seed, 100);
        }
        let anna = world.registered("101");
        let ben = obedient(&world, "102");
        anna.calls("311");
        world.run_secs(4);
        anna.presses("#");
        ben.is_over();
        world.run_secs(40);
        world
    };
    let (plain, cut) = (run(None), run(Some(5)));
    assert!(cut.cuts_made() > 20);
    assert_eq!(plain.records(), cut.records());
    assert_eq!(plain.media_trace(), cut.media_trace());
}
