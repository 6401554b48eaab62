//! Bells that ring by themselves: at times of the week, at phones and loudspeakers. A world begins on Monday, 2026-11-23, at nine.

use cordboard_app::Value;
use cordboard_exchange::{AdminReply, AdminRequest};
use cordboard_paging::{BellSummary, ByHand};
use cordboard_sim::{Handset, Plan, World};
use core::time::Duration;

const OFFICE: &str = r#"
let internal = context("internal");
internal.on("_10X", |ch| { ch.dial(user(ch.dialed), #{ timeout: 25 }); });
"#;

/// A bell at 09:05 on working days, with what more is said of it.
fn school(bell: &str, holidays: &str) -> World {
    let settings = format!(
        r#"{{"settings":{{"group":{{"hall":{{"multicast":"224.0.1.75:5555"}}}},
        "bell":{{"lesson":{{"at":["mon-fri 09:05"],{bell}}}}}}},"time_zone":"UTC","lang":"en","holidays":[{holidays}]}}"#
    );
    World::new(&Plan::new(OFFICE).with(|setup| drop(setup.services.insert("page".to_owned(), settings))))
}

const PHONES: &str = r#""phones":["102","103","104"],"seconds":3"#;

/// Phones that answer by themselves.
fn obedient<const N: usize>(world: &World, users: [&str; N]) -> [Handset; N] {
    users.map(|user| {
        let phone = world.phone_with(user, |spec| spec.config.auto_answer_ms = Some(100));
        phone.registers();
        phone
    })
}

/// Lets time pass until so long after nine.
fn until(world: &World, secs: u64) {
    let wanted = Duration::from_secs(secs);
    world.run_for(wanted.saturating_sub(Duration::from_micros(world.now().as_micros())));
}

fn rings(phone: &Handset) {
    phone.is_answered();
    phone.hears_tone([950, 0]);
}

#[test]
fn all_phones_ring_at_once_at_its_time_and_are_free_again() {
    let world = school(PHONES, "");
    let phones = obedient(&world, ["102", "103", "104"]);
    until(&world, 296);
    phones.iter().for_each(|phone| assert!(phone.unseen().is_empty()));
    phones.iter().for_each(|phone| drop(phone.is_answered()));
    let [first, ..] = &phones;
    assert!(world.run_until(|_| first.hears_a_tone_of(&[950]), Duration::from_secs(10)));
    let rang_ms = world.now().as_millis();
    assert!((300_000..300_600).contains(&rang_ms), "{rang_ms}");
    phones.iter().for_each(|phone| phone.hears_tone([950, 0]));
    for phone in &phones {
        phone.is_over();
    }
    assert!(world.now().as_millis() < 304_500);
    world.is_quiet();
    assert_eq!(world.media_sessions(), 0);
    assert!(world.has_logged("service", "bell lesson: 3 of 3 phones"), "{:?}", world.log());
}

#[test]
fn on_a_holiday_no_phone_rings_and_the_day_after_they_do() {
    let world = school(PHONES, r#""2026-11-23""#);
    let [ben, ..] = obedient(&world, ["102", "103"]);
    until(&world, 600);
    assert!(ben.unseen().is_empty());
    until(&world, 86_400 + 290);
    until(&world, 86_400 + 302);
    rings(&ben);
    ben.is_over();
}

#[test]
fn who_is_in_a_call_is_not_disturbed() {
    let world = school(PHONES, "");
    let [clara] = obedient(&world, ["103"]);
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    anna.calls_and_talks_with("102", &ben);
    until(&world, 296);
    rings(&clara);
    anna.talks_with(&ben);
    clara.is_over();
    assert!(ben.unseen().is_empty());
    anna.hangs_up();
    assert!(world.has_logged("service", "bell lesson: 1 of 3 phones"), "{:?}", world.log());
}

#[test]
fn loudspeakers_ring_without_any_phone_and_for_no_longer_than_it_lasts() {
    let world = school(r#""group":"hall","seconds":3"#, "");
    until(&world, 296);
    assert_eq!(world.media_sessions(), 0);
    until(&world, 300);
    let before = world.media_trace().1;
    until(&world, 302);
    let sent = world.media_trace().1 - before;
    // 50 packets a second to the group.
    assert!((95..=105).contains(&sent), "{sent}");
    assert_eq!(world.media_sessions(), 1);
    until(&world, 305);
    assert_eq!(world.media_sessions(), 0);
    world.is_quiet();
}

#[test]
fn prompts_are_said_by_phones_and_loudspeakers_together() {
    let world = school(r#""phones":["102"],"group":"hall","prompts":["welcome","goodbye"]"#, "");
    let [ben] = obedient(&world, ["102"]);
    until(&world, 299);
    ben.is_answered();
    assert_eq!(world.media_sessions(), 2);
    ben.hears_prompt("welcome");
    ben.hears_prompt("goodbye");
    ben.is_over();
    world.run_secs(1);
    assert_eq!(world.media_sessions(), 0);
}

#[test]
fn a_restart_neither_loses_a_bell_nor_rings_it_twice() {
    let world = school(PHONES, "");
    let [ben] = obedient(&world, ["102"]);
    until(&world, 200);
    world.restart();
    until(&world, 296);
    rings(&ben);
    ben.is_over();
    world.restart();
    until(&world, 400);
    assert!(!ben.unseen().iter().any(|it| matches!(it, cordboard_phone::Happening::Incoming { .. })));
}

/// What `cordboard bells` asks.
fn asks(world: &World, request: Value) -> Value {
    match world.admin(AdminRequest::Service { kind: "page".to_owned(), request }) {
        AdminReply::Service(answer) => answer,
        other => panic!("{other:?}"),
    }
}

fn listed(world: &World) -> BellSummary {
    cordboard_paging::listed(&asks(world, cordboard_paging::list())).unwrap().remove(0)
}

fn rung_by_hand(world: &World, bell: &str) -> Option<ByHand> {
    cordboard_paging::rung(&asks(world, cordboard_paging::ring(bell)))
}

#[test]
fn the_command_line_lists_when_it_rings_next_and_when_it_rang_last() {
    let world = school(PHONES, "");
    let [ben] = obedient(&world, ["102"]);
    let times = || (listed(&world).next, listed(&world).last);
    assert_eq!(times(), ("2026-11-23 09:05".to_owned(), String::new()));
    until(&world, 296);
    rings(&ben);
    ben.is_over();
    world.run_secs(1);
    world.restart();
    assert_eq!(times(), ("2026-11-24 09:05".to_owned(), "2026-11-23 09:05".to_owned()));
    assert_eq!(listed(&world).phones, ["102", "103", "104"]);
}

#[test]
fn a_bell_that_is_rung_by_hand_rings_at_once_and_at_its_time_as_well() {
    let world = school(PHONES, "");
    let [ben, clara] = obedient(&world, ["102", "103"]);
    until(&world, 60);
    assert_eq!(rung_by_hand(&world, "lunch"), Some(ByHand::Unknown));
    assert_eq!(rung_by_hand(&world, "lesson"), Some(ByHand::Rings { phones: 2, of: 3 }));
    [&ben, &clara].into_iter().for_each(rings);
    for phone in [&ben, &clara] {
        phone.is_over();
    }
    assert_eq!(
        (listed(&world).next.as_str(), listed(&world).last.as_str()),
        ("2026-11-23 09:05", "2026-11-23 09:01")
    );
    until(&world, 296);
    rings(&ben);
    ben.is_over();
    world.is_quiet();
}

#[test]
fn a_bell_is_the_same_after_any_cut() {
    let run = |cuts: Option<u64>| {
        let world = school(r#""phones":["102","103"],"group":"hall","seconds":3"#, "");
        let phones = obedient(&world, ["102", "103"]);
        until(&world, 290);
        if let Some(seed) = cuts {
            world.cut_and_restore(seed, 100);
        }
        until(&world, 299);
        phones.iter().for_each(rings);
        for phone in &phones {
            phone.is_over();
        }
        until(&world, 320);
        world
    };
    let (plain, cut) = (run(None), run(Some(5)));
    assert!(cut.cuts_made() > 20);
    assert_eq!(plain.records(), cut.records());
    assert_eq!(plain.media_trace(), cut.media_trace());
}
