//! Mailboxes: left, announced, heard, deleted.

use super::Office;
use crate::harness::wait;

/// Leaves some seconds of its voice.
fn leaves_a_message(office: &mut Office, caller: u16, number: &str) {
    office.calls(caller, number);
    office.talks(caller);
    office.goes_on(300);
    // Straight to the beep.
    office.presses(caller, "#");
    office.goes_on(4_000);
    office.hangs_up(caller);
}

#[test]
fn a_message_is_left_straight_in_a_box_and_heard_by_who_knows_its_pin() {
    let mut office = Office::open(&[101, 105]);
    leaves_a_message(&mut office, 101, "*102");
    wait::until("the message", wait::SOON, || (office.exchange.new_messages("102") == 1).then_some(()));
    let pin = office.exchange.mailbox("102")["first_pin"].as_str().unwrap().to_owned();
    // From a colleague's phone, which is asked for the box.
    office.calls(105, "*98");
    office.talks(105);
    office.goes_on(300);
    office.presses(105, "102#");
    office.goes_on(300);
    office.presses(105, &format!("{pin}#"));
    office.goes_on(2_000);
    office.presses(105, "1#");
    office.hears(105, 101);
    office.presses(105, "7#");
    office.is_over(105);
    wait::until("its end", wait::SOON, || (office.exchange.new_messages("102") == 0).then_some(()));
}

#[test]
fn a_wrong_pin_opens_no_box() {
    let mut office = Office::open(&[101]);
    office.calls(101, "*98");
    office.talks(101);
    office.goes_on(300);
    office.presses(101, "102#");
    for _ in 0..3 {
        office.goes_on(700);
        office.presses(101, "0815#");
    }
    office.is_over(101);
}
