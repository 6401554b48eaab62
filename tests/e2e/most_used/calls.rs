//! Calling: who rings, and what becomes of a call that nobody takes.

use super::Office;
use cordboard_phone::Command;

#[test]
fn a_phone_rings_shows_who_calls_and_they_talk() {
    let mut office = Office::open(&[101, 102]);
    office.calls(101, "102");
    office.rings(102, "101");
    office.answers(102);
    office.talks(101);
    office.hear_each_other(101, 102);
    office.hangs_up(102);
    office.is_over(101);
}

#[test]
fn who_is_busy_or_away_has_a_mailbox() {
    let mut office = Office::open(&[101, 102]);
    // Ben refuses.
    office.calls(101, "102");
    office.rings(102, "101");
    office.does(102, Command::Decline(486));
    office.talks(101);
    office.hears_something(101);
    office.hangs_up(101);
    office.is_over(102);
    // Cleo has no phone.
    office.calls(101, "103");
    office.talks(101);
    office.hears_something(101);
    office.hangs_up(101);
}

#[test]
fn all_phones_of_the_ring_group_ring_and_one_takes_the_call() {
    let mut office = Office::open(&[101, 102, 103, 104]);
    office.calls(104, "600");
    for user in [101, 102, 103] {
        office.rings(user, "104");
    }
    office.answers(103);
    office.talks(104);
    office.hear_each_other(103, 104);
    for user in [101, 102] {
        assert_eq!(office.is_over(user), None, "answered elsewhere is no missed call");
    }
    office.hangs_up(104);
}

#[test]
fn a_number_that_nobody_has_is_said_to_be_none() {
    let mut office = Office::open(&[101]);
    office.calls(101, "777");
    office.hears_something(101);
    assert_eq!(office.is_over(101), Some(404));
}

#[test]
fn a_menu_takes_a_key_and_does_what_it_stands_for() {
    let mut office = Office::open(&[101, 102]);
    office.calls(101, "610");
    office.talks(101);
    office.hears_something(101);
    // Typed ahead, over the greeting: 1 rings all.
    office.presses(101, "1");
    office.rings(102, "101");
    office.answers(102);
    office.hear_each_other(101, 102);
    office.hangs_up(101);
}

#[test]
fn echo_milliwatt_clock_and_own_number_are_heard() {
    let mut office = Office::open(&[101]);
    office.calls(101, "*41");
    office.talks(101);
    office.crowd.hears(office.seat(101), 1_004);
    office.hangs_up(101);
    for code in ["*60", "*65"] {
        office.dials_code(101, code);
    }
    office.calls(101, "*43");
    office.talks(101);
    // After a long explanation.
    office.hears(101, 101);
    office.presses(101, "#");
    office.hears_something(101);
    office.hangs_up(101);
}

#[test]
fn a_text_reaches_the_other_phone() {
    let mut office = Office::open(&[101, 102]);
    office.does(101, Command::Message { to: "102".to_owned(), text: "lunch?".to_owned() });
    let seat = office.seat(102);
    let said = office.crowd.expects(seat, "a text", |h| match h {
        cordboard_phone::Happening::Text { from, text } if !from.is_empty() => {
            Some((from.clone(), text.clone()))
        }
        _ => None,
    });
    assert_eq!(said, ("101".to_owned(), "lunch?".to_owned()));
}
