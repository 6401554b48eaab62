//! Wake-up calls: set by the menu, kept, and the phone is called.

use crate::feature_codes::phones;
use cordboard_phone::Happening;
use cordboard_sim::{Handset, Plan, World};
use cordboard_wakeup::{KIND, Office, Settings};

fn office(change: impl FnOnce(&mut Office)) -> World {
    let mut office = Office {
        settings: Settings { operators: vec!["105".to_owned()], ..Settings::default() },
        ..Office::default()
    };
    change(&mut office);
    let json = serde_json::to_string(&office).unwrap();
    World::new(&Plan::shipped().with(|setup| drop(setup.services.insert(KIND.to_owned(), json))))
}

/// By the menu: time, A M or P M, how often.
fn sets(phone: &Handset, code: &str, keys: [&str; 3]) {
    phone.calls(code);
    phone.is_answered();
    phone.hears_prompt("wakeup-menu");
    phone.presses("1");
    phone.hears_prompt("wakeup-enter");
    phone.presses(keys[0]);
    phone.hears_prompt("wakeup-am-pm");
    phone.presses(keys[1]);
    phone.hears_prompt("wakeup-day");
    phone.presses(keys[2]);
    phone.hears_prompt("wakeup-set");
    phone.hangs_up();
}

/// Time passes until the phone rings.
fn is_woken(world: &World, phone: &Handset, after_secs: u64) {
    phone.unseen();
    world.run_secs(after_secs);
    assert_eq!(phone.rings(), ("*68".to_owned(), "Wake-up call".to_owned()));
}

/// For an hour nobody calls.
fn sleeps(world: &World, phone: &Handset) {
    phone.unseen();
    world.run_secs(3_600);
    let seen = phone.unseen();
    assert!(seen.iter().all(|one| matches!(one, Happening::Registered { .. })), "{seen:?}");
}

#[test]
fn the_phone_rings_at_the_time_and_says_what_time_it_is() {
    let world = office(|_| ());
    let [anna] = phones(&world, ["101"]);
    sets(&anna, "*68", ["0930", "1", "2"]);
    assert!(world.store(|store| store.rows.keys().any(|(kind, _)| kind == "service:wakeup")));
    is_woken(&world, &anna, 30 * 60 - 20);
    anna.answers();
    anna.hears_prompt("this-is-yr-wakeup-call");
    anna.hears_prompt("the-time-is");
    anna.hears_prompt("digits/9");
    anna.hears_prompt("digits/30");
    anna.hears_prompt("wakeup-snooze");
    anna.presses("2");
    anna.hears_prompt("goodbye");
    anna.is_over();
    world.is_quiet();
    assert!(world.store(|store| !store.rows.keys().any(|(kind, _)| kind == "service:wakeup")));
}

#[test]
fn who_snoozes_is_called_again_in_ten_minutes_and_who_hangs_up_is_awake() {
    let world = office(|_| ());
    let [anna] = phones(&world, ["101"]);
    sets(&anna, "*68", ["0930", "1", "2"]);
    is_woken(&world, &anna, 30 * 60 - 20);
    anna.answers();
    anna.hears_prompt("this-is-yr-wakeup-call");
    anna.presses("1");
    anna.hears_prompt("wakeup-set");
    anna.is_over();
    is_woken(&world, &anna, 590);
    anna.answers();
    anna.hears_prompt("this-is-yr-wakeup-call");
    anna.hangs_up();
    sleeps(&world, &anna);
    world.is_quiet();
}

#[test]
fn a_phone_that_nobody_answers_is_called_three_times() {
    let world = office(|office| office.settings.ring_s = 10);
    let [anna] = phones(&world, ["101"]);
    sets(&anna, "*68", ["0930", "1", "2"]);
    is_woken(&world, &anna, 30 * 60 - 20);
    anna.is_over();
    for _ in 0..2 {
        is_woken(&world, &anna, 160);
        anna.is_over();
    }
    sleeps(&world, &anna);
    assert!(world.has_logged("service", "missed: no-answer"), "{:?}", world.log());
}

#[test]
fn it_outlives_the_exchange() {
    let world = office(|_| ());
    let [anna] = phones(&world, ["101"]);
    sets(&anna, "*68", ["0930", "1", "1"]);
    world.restart();
    is_woken(&world, &anna, 30 * 60 - 20);
    anna.answers();
    anna.hears_prompt("this-is-yr-wakeup-call");
    anna.hangs_up();
    world.restart();
    is_woken(&world, &anna, 24 * 3_600 - 20);
}

#[test]
fn an_operator_sets_one_for_another_and_a_colleague_does_not() {
    let world = office(|_| ());
    let [anna, ben, emil] = phones(&world, ["101", "102", "105"]);
    ben.calls("*68101");
    ben.is_answered();
    ben.hears_prompt("wakeup-menu");
    ben.presses("2");
    ben.hears_prompt("call-not-allowed");
    ben.is_over();
    sets(&emil, "*68101", ["0930", "1", "2"]);
    is_woken(&world, &anna, 30 * 60 - 20);
}

#[test]
fn what_is_set_is_heard_and_cancelled() {
    let world = office(|_| ());
    let [anna] = phones(&world, ["101"]);
    sets(&anna, "*68", ["0930", "1", "2"]);
    anna.calls("*68");
    anna.is_answered();
    anna.hears_prompt("wakeup-menu");
    anna.presses("2");
    anna.hears_prompt("wakeup-set");
    anna.hears_prompt("digits/today");
    anna.presses("3");
    anna.hears_prompt("wakeup-menu");
    anna.presses("3");
    anna.hears_prompt("wakeup-cancelled");
    anna.hangs_up();
    sleeps(&world, &anna);
}

#[test]
fn it_is_the_same_after_any_cut() {
    let run = |cuts: Option<u64>| {
        let world = office(|_| ());
        if let Some(seed) = cuts {
            world.cut_and_restore(seed, 100);
        }
        let [anna] = phones(&world, ["101"]);
        sets(&anna, "*68", ["0901", "1", "2"]);
        world.run_secs(40);
        anna.rings();
        anna.answers();
        world.run_secs(2);
        anna.presses("1");
        anna.is_over();
        world.run_secs(20);
        world
    };
    let (plain, cut) = (run(None), run(Some(5)));
    assert!(cut.cuts_made() > 20);
    assert_eq!(plain.records(), cut.records());
    assert_eq!(plain.media_trace(), cut.media_trace());
}
