//! Queues, conferences, paging.

use super::Office;
use cordboard_phone::Command;

#[test]
fn a_caller_waits_with_music_and_an_agent_takes_the_call() {
    let mut office = Office::open(&[101, 102]);
    office.calls(101, "620");
    office.talks(101);
    office.rings(102, "101");
    office.hears_something(101);
    office.answers(102);
    office.hear_each_other(101, 102);
    office.hangs_up(102);
    office.is_over(101);
}

#[test]
fn an_agent_logs_in_pauses_and_logs_out_by_code() {
    let mut office = Office::open(&[101, 104]);
    office.dials_code(104, "*45630");
    office.calls(101, "630");
    office.rings(104, "101");
    office.hangs_up(101);
    office.is_over(104);
    office.dials_code(104, "*46");
    office.calls(101, "630");
    office.talks(101);
    office.goes_on(1_000);
    assert!(!office.has_rung(104), "an agent who pauses rings");
    // Who waits is counted at another phone.
    office.dials_code(104, "*47630");
    office.hangs_up(101);
    office.dials_code(104, "*46");
    office.calls(101, "630");
    office.rings(104, "101");
    office.hangs_up(101);
    office.is_over(104);
    office.dials_code(104, "*45630");
    let members = office.exchange.asks(&["queues", "630"]);
    assert!(!members.contains("104"), "{members}");
}

#[test]
fn a_caller_is_transferred_into_a_conference() {
    let mut office = Office::open(&[101, 102, 103]);
    office.calls(103, "500");
    office.talks(103);
    office.connects(101, 102);
    office.does(102, Command::Transfer("500".to_owned()));
    office.is_over(102);
    office.hear_each_other(101, 103);
    let rooms = office.exchange.asks(&["rooms"]);
    assert!(rooms.contains("main") && rooms.contains("101") && rooms.contains("103"), "{rooms}");
    office.hangs_up(101);
    office.hangs_up(103);
}

#[test]
fn who_mutes_itself_in_a_conference_is_not_heard() {
    let mut office = Office::open(&[101, 102]);
    for user in [101, 102] {
        office.calls(user, "500");
        office.talks(user);
    }
    office.hear_each_other(101, 102);
    office.presses(101, "1");
    office.goes_on(500);
    office.does_not_hear(102, 101);
    office.presses(101, "1");
    office.hears(102, 101);
    office.hangs_up(101);
    office.hangs_up(102);
}

#[test]
fn in_an_intercom_both_are_heard() {
    let mut office = Office::open(&[101, 102]);
    office.calls(101, "*80102");
    office.rings(102, "101");
    office.answers(102);
    office.talks(101);
    office.hear_each_other(101, 102);
    office.hangs_up(102);
    office.is_over(101);
}

#[test]
fn a_phone_that_takes_no_intercoms_rings_as_ever() {
    let mut office = Office::open(&[101, 102]);
    office.dials_code(102, "*55");
    office.calls(101, "*80102");
    office.rings(102, "101");
    office.hangs_up(101);
    office.is_over(102);
    office.dials_code(102, "*54");
}
