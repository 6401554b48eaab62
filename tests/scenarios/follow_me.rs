//! Follow-me: who does not answer is looked for elsewhere, and takes the call by pressing 1.

use crate::feature_codes::{dials, office, phones, with_trunk};
use cordboard_sip::message::Method;

const ON: [&str; 5] = ["followme/follow-me", "activated", "digits/1", "digits/0", "digits/3"];

#[test]
fn who_does_not_answer_is_looked_for_and_takes_the_call_with_1() {
    let world = office();
    let [anna, ben, clara] = phones(&world, ["101", "102", "103"]);
    dials(&ben, "*21103", &ON);
    anna.calls("102");
    ben.rings();
    world.run_secs(15);
    ben.is_over();
    anna.hears_prompt("followme/pls-hold-while-try");
    assert_eq!(clara.rings().0, "101");
    anna.hears_music("default");
    clara.answers();
    clara.hears_prompt("followme/no-recording");
    clara.hears_prompt("followme/options");
    clara.presses("1");
    anna.is_answered();
    anna.talks_with(&clara);
    anna.hangs_up();
    world.is_quiet();
}

#[test]
fn who_is_found_and_declines_leaves_the_call_to_the_mailbox_that_was_called() {
    let world = office();
    let [anna, ben, clara] = phones(&world, ["101", "102", "103"]);
    dials(&ben, "*21103", &ON);
    ben.unregisters();
    anna.calls("102");
    clara.rings();
    clara.answers();
    clara.hears_prompt("followme/options");
    clara.presses("2");
    clara.is_over();
    for prompt in ["vm-theperson", "digits/1", "digits/0", "digits/2"] {
        anna.hears_prompt(prompt);
    }
    anna.hangs_up();
    world.is_quiet();
}

#[test]
fn follow_me_is_switched_and_asks_for_a_number_when_it_has_none() {
    let world = office();
    let [_anna, ben] = phones(&world, ["101", "102"]);
    ben.calls("*21");
    ben.is_answered();
    ben.hears_prompt("ent-target-attendant");
    ben.presses("103#");
    ON.iter().for_each(|prompt| ben.hears_prompt(prompt));
    ben.is_over();
    dials(&ben, "*21", &["followme/follow-me", "de-activated"]);
    dials(&ben, "*21", &["followme/follow-me", "activated"]);
    world.is_quiet();
}

#[test]
fn somebody_is_looked_for_outside_by_the_trunk() {
    let (world, provider) = with_trunk("from-itsp");
    let [anna, ben] = phones(&world, ["101", "102"]);
    ben.calls("*21923456789");
    ben.is_answered();
    ben.hears_prompt("followme/follow-me");
    ben.hangs_up();
    ben.unregisters();
    anna.calls("102");
    world.run_secs(10);
    let invite = provider.got(&Method::Invite).pop().unwrap();
    let text = String::from_utf8_lossy(&invite.to_bytes()).into_owned();
    // The provider is told of the office's own number, not of an extension.
    assert!(text.starts_with("INVITE sip:23456789@") && text.contains("Diversion: <sip:15550100@"), "{text}");
    anna.hangs_up();
    world.is_quiet();
}
