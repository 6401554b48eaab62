//! Opening hours that are held open or closed by a code.

use crate::feature_codes::{dials, phones};
use crate::lamps;
use cordboard_dialplan::{Configured, NumberedHours};
use cordboard_exchange::{Hours, HoursRule};
use cordboard_sim::{Handset, Plan, World};
use core::time::Duration;

const OPEN: &[&str] = &["time-condition", "digits/1", "time-condition-open-held", "time-condition-until"];
const CLOSED: &[&str] = &["time-condition", "digits/1", "time-condition-closed-held", "time-condition-until"];
const CLOSED_FOR_GOOD: &[&str] =
    &["time-condition", "digits/1", "time-condition-closed-held", "time-condition-for-good"];
const AUTOMATIC: &[&str] = &["time-condition", "digits/1", "time-condition-automatic"];

/// An office whose hours have the number 1, with somebody outside: 106. It is Monday, nine o'clock.
fn office(from_h: u16, to_h: u16) -> (World, [Handset; 2]) {
    let mut plan = Plan::shipped().with(|setup| {
        let rule = HoursRule { weekdays: 0x7f, from_min: from_h * 60, to_min: to_h * 60 };
        setup.hours = [("office".to_owned(), Hours { open: vec![rule], closed_on_holidays: true })].into();
        if let Some(caller) = setup.users.get_mut("106") {
            caller.context = "from-itsp".to_owned();
        }
    });
    let hours = vec![NumberedHours { name: "office".to_owned(), number: 1 }];
    plan.dialplan = plan.dialplan.configured(Configured { hours, ..Configured::default() });
    let world = World::new(&plan);
    let phones = phones(&world, ["101", "106"]);
    (world, phones)
}

fn finds_it_open(caller: &Handset, anna: &Handset) {
    caller.calls("15550100");
    anna.rings();
    caller.hangs_up();
    anna.is_over();
}

fn finds_it_closed(caller: &Handset, anna: &Handset) {
    caller.calls("15550100");
    caller.is_answered();
    caller.hears_prompt("office-closed");
    caller.is_over();
    anna.sees_nothing_for(Duration::from_secs(1));
}

#[test]
fn an_open_office_is_held_closed_until_the_code_is_dialled_again() {
    let (world, [anna, caller]) = office(8, 18);
    let lamp = lamps::watcher_of(&world, "*271");
    assert_eq!(lamps::next(&lamp), "free");
    finds_it_open(&caller, &anna);
    dials(&anna, "*271", CLOSED);
    lamps::until(&lamp, "confirmed");
    finds_it_closed(&caller, &anna);
    world.restart();
    finds_it_closed(&caller, &anna);
    dials(&anna, "*271", AUTOMATIC);
    // What was told and not answered at once has come several times.
    assert!((0..30).any(|_| lamps::next(&lamp) == "free"));
    finds_it_open(&caller, &anna);
    assert!(world.has_logged("script", "101 holds the hours office closed"), "{:?}", world.log());
    world.is_quiet();
}

/// Nine o'clock on Monday, and so many hours.
fn hours_pass(world: &World, hours: u64) {
    world.run_for(Duration::from_secs(hours * 3_600));
}

#[test]
fn what_is_held_closed_opens_by_itself_when_the_hours_open_next() {
    let (world, [anna, caller]) = office(8, 18);
    let lamp = lamps::watcher_of(&world, "*271");
    anna.calls("*271");
    anna.is_answered();
    CLOSED.iter().for_each(|prompt| anna.hears_prompt(prompt));
    // It was to close at six on this Monday: that is when it ends.
    ["digits/day-1", "digits/6"].iter().for_each(|prompt| anna.hears_prompt(prompt));
    anna.is_over();
    lamps::until(&lamp, "confirmed");
    hours_pass(&world, 8);
    finds_it_closed(&caller, &anna);
    world.restart();
    // A subscription lasts an hour.
    let lamp = lamps::another_watcher_of(&world, "*271", 5_061);
    lamps::until(&lamp, "confirmed");
    hours_pass(&world, 1);
    lamps::until(&lamp, "free");
    finds_it_closed(&caller, &anna);
    hours_pass(&world, 15);
    finds_it_open(&caller, &anna);
    // As nothing is held any more, the code begins anew.
    dials(&anna, "*271", CLOSED);
    world.is_quiet();
}

#[test]
fn a_closed_office_is_held_open_until_its_times_open_it_and_closes_by_them_then() {
    let (world, [anna, caller]) = office(8, 9);
    finds_it_closed(&caller, &anna);
    dials(&anna, "*271", OPEN);
    finds_it_open(&caller, &anna);
    hours_pass(&world, 22);
    finds_it_open(&caller, &anna);
    hours_pass(&world, 2);
    finds_it_closed(&caller, &anna);
    dials(&anna, "*271", OPEN);
    dials(&anna, "*2710", AUTOMATIC);
    finds_it_closed(&caller, &anna);
    world.is_quiet();
}

#[test]
fn what_is_held_for_good_is_ended_by_a_code_alone() {
    let (world, [anna, caller]) = office(8, 18);
    let lamp = lamps::watcher_of(&world, "*271");
    dials(&anna, "*2714", CLOSED_FOR_GOOD);
    lamps::until(&lamp, "confirmed");
    hours_pass(&world, 30);
    world.restart();
    let lamp = lamps::another_watcher_of(&world, "*271", 5_061);
    lamps::until(&lamp, "confirmed");
    finds_it_closed(&caller, &anna);
    dials(&anna, "*271", AUTOMATIC);
    finds_it_open(&caller, &anna);
    assert!((0..30).any(|_| lamps::next(&lamp) == "free"));
    dials(&anna, "*2713", &["time-condition-open-held", "time-condition-for-good"]);
    world.is_quiet();
}

#[test]
fn it_is_held_open_and_closed_by_codes_of_their_own() {
    let (world, [anna, caller]) = office(8, 18);
    for _ in 0..2 {
        dials(&anna, "*2712", CLOSED);
        finds_it_closed(&caller, &anna);
    }
    dials(&anna, "*2711", OPEN);
    finds_it_open(&caller, &anna);
    world.is_quiet();
}

#[test]
fn hours_without_that_number_and_phones_that_are_not_ours_are_told_so() {
    let (world, [anna, caller]) = office(8, 18);
    anna.calls("*272");
    anna.hears_prompt("time-condition-unknown");
    anna.is_refused(404);
    caller.calls("*271");
    caller.is_refused(404);
    assert!(world.store(|store| store.values.is_empty()));
}
