//! Feature codes: what is set by one call changes the next.

use super::Office;
use cordboard_phone::Command;

#[test]
fn all_calls_are_forwarded_until_that_is_ended() {
    let mut office = Office::open(&[101, 102, 103]);
    office.dials_code(102, "*72103");
    office.calls(101, "102");
    office.rings(103, "101");
    assert!(!office.has_rung(102));
    office.hangs_up(101);
    office.is_over(103);
    office.dials_code(102, "*73");
    office.calls(101, "102");
    office.rings(102, "101");
    office.hangs_up(101);
}

#[test]
fn a_call_to_who_is_busy_or_away_is_forwarded() {
    let mut office = Office::open(&[101, 102, 103]);
    office.dials_code(102, "*90103");
    office.calls(101, "102");
    office.rings(102, "101");
    office.does(102, Command::Decline(486));
    office.rings(103, "101");
    office.hangs_up(101);
    office.is_over(102);
    office.is_over(103);
    office.dials_code(102, "*52103");
    office.does(102, Command::Unregister);
    let gone = office.seat(102);
    office.crowd.expects(gone, "no registration", |h| {
        matches!(h, cordboard_phone::Happening::Unregistered).then_some(())
    });
    office.calls(101, "102");
    office.rings(103, "101");
    office.hangs_up(101);
}

#[test]
fn who_wants_no_calls_is_not_rung() {
    let mut office = Office::open(&[101, 102]);
    office.dials_code(102, "*78");
    office.calls(101, "102");
    office.talks(101);
    office.hears_something(101);
    office.hangs_up(101);
    assert!(!office.has_rung(102));
    office.dials_code(102, "*79");
    office.calls(101, "102");
    office.rings(102, "101");
    office.hangs_up(101);
}

#[test]
fn without_call_waiting_a_second_call_finds_it_busy() {
    let mut office = Office::open(&[101, 102, 104]);
    office.dials_code(102, "*71");
    office.connects(104, 102);
    office.calls(101, "102");
    office.talks(101);
    assert!(!office.has_rung(102));
    office.hangs_up(101);
    office.hangs_up(104);
    office.is_over(102);
    office.dials_code(102, "*70");
    office.connects(104, 102);
    office.calls(101, "102");
    office.rings(102, "101");
    office.hangs_up(101);
    office.hangs_up(104);
}

#[test]
fn follow_me_finds_who_is_elsewhere_and_has_the_call_confirmed() {
    let mut office = Office::open(&[101, 102, 104]);
    office.dials_code(102, "*21104");
    office.does(102, Command::Unregister);
    office.goes_on(300);
    office.calls(101, "102");
    office.rings(104, "101");
    office.answers(104);
    office.hears_something(104);
    office.does_not_hear(104, 101);
    office.presses(104, "1");
    office.hear_each_other(101, 104);
    office.hangs_up(101);
}

#[test]
fn the_last_caller_is_called_back_and_the_last_number_dialled_again() {
    let mut office = Office::open(&[101, 102]);
    office.calls(101, "102");
    office.rings(102, "101");
    office.hangs_up(101);
    office.is_over(102);
    office.calls(102, "*69");
    office.talks(102);
    office.hears_something(102);
    office.presses(102, "1");
    office.rings(101, "102");
    office.hangs_up(102);
    office.is_over(101);
    office.calls(101, "*66");
    office.rings(102, "101");
    office.hangs_up(101);
}

#[test]
fn a_speed_dial_is_set_and_used() {
    let mut office = Office::open(&[101, 102]);
    office.calls(101, "*75");
    office.talks(101);
    office.goes_on(300);
    office.presses(101, "07");
    office.goes_on(300);
    office.presses(101, "102#");
    office.hears_something(101);
    office.is_over(101);
    office.calls(101, "*007");
    office.rings(102, "101");
    office.hangs_up(101);
}

#[test]
fn who_hides_its_number_shows_none() {
    let mut office = Office::open(&[101, 102]);
    office.calls(101, "*67102");
    office.rings(102, "anonymous");
    office.hangs_up(101);
}

#[test]
fn the_night_switch_and_hours_held_by_hand_close_the_office_and_open_it() {
    let mut office = Office::open(&[101, 102]);
    // Open for good, whatever the clock says.
    office.dials_code(101, "*2713");
    rings_from_outside(&mut office);
    for (closes, opens) in [("*280", "*280"), ("*2714", "*2713")] {
        office.dials_code(101, closes);
        office.calls(101, "7777");
        office.hears_something(101);
        office.is_over(101);
        assert!(!office.has_rung(102), "{closes}");
        office.dials_code(101, opens);
        rings_from_outside(&mut office);
    }
}

/// 101 calls as somebody outside would, and 102 rings.
fn rings_from_outside(office: &mut Office) {
    office.calls(101, "7777");
    office.rings(102, "101");
    office.hangs_up(101);
    office.is_over(102);
}

#[test]
fn a_number_that_is_blocked_is_turned_away_until_it_is_so_no_longer() {
    let mut office = Office::open(&[101, 102]);
    office.dials_code(101, "*2713");
    for (code, key) in [("*30101", "2"), ("*30101", "1"), ("*31101", "")] {
        office.calls(101, code);
        office.talks(101);
        office.goes_on(500);
        if !key.is_empty() {
            office.presses(101, key);
        }
        office.hears_something(101);
        office.is_over(101);
        if key == "1" {
            office.calls(101, "7777");
            office.hears_something(101);
            assert_eq!(office.is_over(101), Some(603));
            assert!(!office.has_rung(102));
        } else {
            rings_from_outside(&mut office);
        }
    }
}

#[test]
fn who_hides_its_number_is_turned_away_by_who_wants_that() {
    let mut office = Office::open(&[101, 102]);
    office.dials_code(102, "*77");
    office.calls(101, "*67102");
    office.hears_something(101);
    assert_eq!(office.is_over(101), Some(603));
    assert!(!office.has_rung(102));
    office.dials_code(102, "*77");
    office.calls(101, "*67102");
    office.rings(102, "anonymous");
    office.hangs_up(101);
}
