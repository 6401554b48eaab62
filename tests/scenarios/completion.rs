//! Completion of calls: who found a colleague busy, or away, is called when both are free.

use crate::feature_codes::{dials, office, phones};
use cordboard_phone::Happening;
use cordboard_sim::{Handset, World};

/// Ben declines as a busy phone does, and Anna asks to be called back.
fn wants(anna: &Handset, world: &World) {
    dials(anna, "*37", &["calling-back"]);
    assert!(world.store(|store| store.rows.keys().any(|(kind, _)| kind == "service:completion")));
}

fn finds_busy(anna: &Handset, ben: &Handset) {
    anna.calls("102");
    ben.rings();
    ben.declines(486);
    anna.is_answered();
    anna.hangs_up();
    ben.is_over();
}

fn nobody_calls(world: &World, phone: &Handset, secs: u64) {
    phone.unseen();
    world.run_secs(secs);
    let seen = phone.unseen();
    assert!(seen.iter().all(|one| matches!(one, Happening::Registered { .. })), "{seen:?}");
}

#[test]
fn who_found_a_colleague_busy_is_called_when_the_talk_is_over() {
    let world = office();
    let [anna, ben, clara] = phones(&world, ["101", "102", "103"]);
    clara.calls_and_talks_with("102", &ben);
    finds_busy(&anna, &ben);
    wants(&anna, &world);
    nobody_calls(&world, &anna, 30);
    clara.hangs_up();
    ben.is_over();
    assert_eq!(anna.rings(), ("102".to_owned(), "Ben".to_owned()));
    anna.answers();
    anna.hears_prompt("callback-ready");
    assert_eq!(ben.rings().0, "101");
    ben.answers();
    ben.talks_with(&anna);
    ben.hangs_up();
    anna.is_over();
    world.is_quiet();
    assert!(world.store(|store| !store.rows.keys().any(|(kind, _)| kind == "service:completion")));
}

#[test]
fn who_found_a_colleague_without_call_waiting_busy_is_called_too() {
    let world = office();
    let [anna, ben, clara] = phones(&world, ["101", "102", "103"]);
    dials(&ben, "*71", &["call-waiting", "de-activated"]);
    clara.calls_and_talks_with("102", &ben);
    anna.calls("102");
    anna.is_answered();
    anna.hears_prompt("vm-theperson");
    anna.hangs_up();
    world.run_secs(1);
    wants(&anna, &world);
    nobody_calls(&world, &anna, 30);
    clara.hangs_up();
    ben.is_over();
    assert_eq!(anna.rings(), ("102".to_owned(), "Ben".to_owned()));
    anna.answers();
    anna.hears_prompt("callback-ready");
    ben.rings();
    ben.answers();
    ben.talks_with(&anna);
}

#[test]
fn after_no_answer_the_colleague_has_to_be_on_the_phone_first() {
    let world = office();
    let [anna, ben, clara] = phones(&world, ["101", "102", "103"]);
    anna.calls("102");
    ben.rings();
    anna.hangs_up();
    ben.is_over();
    world.run_secs(1);
    wants(&anna, &world);
    nobody_calls(&world, &anna, 60);
    clara.calls_and_talks_with("102", &ben);
    ben.hangs_up();
    clara.is_over();
    assert_eq!(anna.rings().1, "Ben");
}

#[test]
fn a_colleague_who_is_busy_again_is_waited_for_again() {
    let world = office();
    let [anna, ben, clara] = phones(&world, ["101", "102", "103"]);
    clara.calls_and_talks_with("102", &ben);
    finds_busy(&anna, &ben);
    wants(&anna, &world);
    clara.hangs_up();
    ben.is_over();
    anna.rings();
    clara.calls_and_talks_with("102", &ben);
    anna.answers();
    anna.hears_prompt("callback-ready");
    ben.rings();
    ben.declines(486);
    anna.hears_prompt("calling-back");
    anna.is_over();
    nobody_calls(&world, &anna, 30);
    clara.hangs_up();
    ben.is_over();
    anna.rings();
}

#[test]
fn who_was_reached_or_cancels_is_not_called() {
    let world = office();
    let [anna, ben, clara] = phones(&world, ["101", "102", "103"]);
    finds_busy(&anna, &ben);
    anna.calls_and_talks_with("103", &clara);
    anna.hangs_up();
    clara.is_over();
    world.run_secs(1);
    dials(&anna, "*37", &["no-last-call"]);
    clara.calls_and_talks_with("102", &ben);
    finds_busy(&anna, &ben);
    wants(&anna, &world);
    dials(&anna, "*38", &["callback-cancelled"]);
    clara.hangs_up();
    ben.is_over();
    nobody_calls(&world, &anna, 30);
}

#[test]
fn a_restart_forgets_nothing_and_who_declines_is_not_called_again() {
    let world = office();
    let [anna, ben, clara] = phones(&world, ["101", "102", "103"]);
    clara.calls_and_talks_with("102", &ben);
    finds_busy(&anna, &ben);
    wants(&anna, &world);
    world.restart();
    assert_eq!(anna.rings().1, "Ben", "after a restart nobody talks");
    anna.declines(603);
    anna.is_over();
    nobody_calls(&world, &anna, 60);
    assert!(world.store(|store| !store.rows.keys().any(|(kind, _)| kind == "service:completion")));
}

#[test]
fn it_is_the_same_after_any_cut() {
    let run = |cuts: Option<u64>| {
        let world = office();
        if let Some(seed) = cuts {
            world.cut_and_restore(seed, 100);
        }
        let [anna, ben, clara] = phones(&world, ["101", "102", "103"]);
        clara.calls("102");
        ben.rings();
        ben.answers();
        world.run_secs(1);
        anna.calls("102");
        world.run_secs(1);
        ben.declines(486);
        world.run_secs(1);
        anna.hangs_up();
        world.run_secs(1);
        anna.calls("*37");
        world.run_secs(3);
        clara.hangs_up();
        world.run_secs(5);
        anna.answers();
        world.run_secs(3);
        ben.answers();
        world.run_secs(2);
        ben.hangs_up();
        world.run_secs(40);
        world
    };
    let (plain, cut) = (run(None), run(Some(5)));
    assert!(cut.cuts_made() > 20);
    assert_eq!(plain.records(), cut.records());
    assert_eq!(plain.media_trace(), cut.media_trace());
}
