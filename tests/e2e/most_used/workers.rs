//! Calls on different media threads that are brought together: all the tests of this folder run with four threads, here each kind
//! of meeting comes after another, and it is counted that sessions moved for it.

use super::Office;
use crate::harness::plan::Plan;
use crate::harness::wait;
use cordboard_phone::Command;

impl Office {
    /// Sessions that have moved from one thread to another.
    fn moved(&self) -> u64 {
        let stats: serde_json::Value =
            serde_json::from_str(&self.exchange.asks(&["stats", "--json"])).unwrap();
        stats["media.moved"].as_u64().unwrap()
    }
}

#[test]
fn four_callers_of_four_threads_hear_each_other_in_a_conference() {
    let users = [101, 102, 103, 104];
    let mut office = Office::open(&users);
    for user in users {
        office.calls(user, "500");
        office.talks(user);
    }
    // Three are heard at once: one mutes itself.
    office.presses(104, "1");
    for (one, other) in [(101, 102), (102, 103), (103, 101)] {
        office.hear_each_other(one, other);
        office.hears(104, one);
    }
    office.does_not_hear(101, 104);
    assert!(office.moved() >= 3, "{}", office.moved());
    users.iter().for_each(|&user| office.hangs_up(user));
    office.exchange.leaves_records(4);
}

#[test]
fn a_caller_who_is_queued_parked_picked_up_and_transferred_is_heard_by_each() {
    let mut office = Office::open(&[101, 102, 103, 105, 106]);
    // Others talk meanwhile, so that there are several threads at work.
    office.connects(105, 106);
    office.calls(101, "620");
    office.talks(101);
    office.rings(102, "101");
    office.hears_something(101);
    office.answers(102);
    office.hear_each_other(101, 102);
    office.does(102, Command::Transfer("700".to_owned()));
    office.is_over(102);
    office.hears_something(101);
    wait::until("the parked call", wait::SOON, || {
        office.crowd.turn();
        (office.exchange.asks_json(&["parked", "--json"]).len() == 1).then_some(())
    });
    office.calls(103, "701");
    office.talks(103);
    office.hear_each_other(101, 103);
    // 103 asks 102 and connects the two.
    office.does(103, Command::Hold);
    office.hears_something(101);
    office.calls(103, "102");
    office.rings(102, "103");
    office.answers(102);
    office.talks(103);
    office.hears(102, 103);
    office.does(103, Command::TransferAttended);
    office.is_over(103);
    office.hear_each_other(101, 102);
    office.hear_each_other(105, 106);
    assert!(office.moved() >= 2, "{}", office.moved());
    office.hangs_up(101);
    office.hangs_up(105);
}

#[test]
fn one_thread_is_enough_and_then_nobody_moves() {
    let mut office = Office::of(&Plan::sample().set("rtp", "workers", 1), &[101, 102, 103]);
    office.connects(101, 102);
    office.does(102, Command::Transfer("103".to_owned()));
    office.rings(103, "101");
    office.answers(103);
    office.is_over(102);
    office.hear_each_other(101, 103);
    assert_eq!(office.moved(), 0);
    office.hangs_up(101);
}
