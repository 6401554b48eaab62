//! What somebody sets up at the desk: a hot desk, a wake-up call, a call back; and the directory.

use super::Office;
use crate::harness::wait;

#[test]
fn who_logs_in_at_another_phone_calls_and_is_called_there() {
    let mut office = Office::open(&[101, 106]);
    let pin = office.exchange.mailbox("102")["first_pin"].as_str().unwrap().to_owned();
    office.calls(106, "*11102");
    office.talks(106);
    office.goes_on(500);
    office.presses(106, &format!("{pin}#"));
    office.is_over(106);
    office.calls(106, "101");
    office.rings(101, "102");
    office.hangs_up(106);
    office.is_over(101);
    office.calls(101, "102");
    office.rings(106, "101");
    office.hangs_up(101);
    office.is_over(106);
    office.dials_code(106, "*12");
    office.calls(106, "101");
    office.rings(101, "106");
    office.hangs_up(106);
}

#[test]
fn somebody_is_found_by_the_letters_of_a_name() {
    let mut office = Office::open(&[101, 102]);
    office.calls(101, "411");
    office.talks(101);
    office.goes_on(500);
    // B E N
    office.presses(101, "236");
    office.hears_something(101);
    office.goes_on(1_500);
    office.presses(101, "1");
    office.rings(102, "101");
    office.answers(102);
    office.hear_each_other(101, 102);
    office.hangs_up(101);
}

#[test]
fn who_found_a_colleague_busy_is_called_when_it_is_free() {
    let mut office = Office::open(&[101, 102, 103]);
    office.dials_code(102, "*71");
    office.connects(103, 102);
    office.calls(101, "102");
    office.talks(101);
    office.hears_something(101);
    office.hangs_up(101);
    // That is noted when the call has ended.
    office.exchange.leaves_records(2);
    office.goes_on(500);
    office.dials_code(101, "*37");
    office.hangs_up(103);
    office.is_over(102);
    office.rings(101, "102");
    office.answers(101);
    office.rings(102, "101");
    office.answers(102);
    office.hear_each_other(101, 102);
    office.hangs_up(102);
}

#[test]
fn a_wake_up_call_is_set_and_cancelled_by_keys() {
    let mut office = Office::open(&[101]);
    office.calls(101, "*68");
    office.talks(101);
    // Half past six in the morning, every day.
    for keys in ["1", "0630", "1", "1"] {
        office.goes_on(500);
        office.presses(101, keys);
    }
    let all = wakeups(&mut office, 1);
    let shown = |key: &str| all[0][key].as_str().unwrap().to_owned();
    assert_eq!((shown("user"), shown("repeat")), ("101".to_owned(), "daily".to_owned()));
    assert!(shown("at").ends_with(" 06:30"), "{all:?}");
    office.hears_something(101);
    office.hangs_up(101);
    office.calls(101, "*68");
    office.talks(101);
    office.goes_on(500);
    office.presses(101, "3");
    wakeups(&mut office, 0);
    office.hangs_up(101);
}

/// Those that are set, when there are so many.
fn wakeups(office: &mut Office, count: usize) -> Vec<serde_json::Value> {
    wait::until("the wake-up calls", wait::SOON, || {
        office.crowd.turn();
        let all = office.exchange.asks_json(&["wakeups", "--json"]);
        (all.len() == count).then_some(all)
    })
}
