//! Speed dial: two digits that stand for a number.

use crate::feature_codes::{office, phones};
use cordboard_sim::Handset;

/// Sets a code, and hears what it is set to.
fn sets(phone: &Handset, number: &str, said: &str) {
    phone.calls("*75");
    phone.is_answered();
    phone.hears_prompt("speed-enterlocation");
    phone.presses("07");
    phone.hears_prompt("speed-enternumber");
    phone.presses(&format!("{number}#"));
    for prompt in ["speed-dial", "digits/0", "digits/7", said] {
        phone.hears_prompt(prompt);
    }
    phone.is_over();
}

fn has_none(phone: &Handset) {
    phone.calls("*007");
    phone.hears_prompt("speed-dial-empty");
    phone.is_refused(404);
}

#[test]
fn two_digits_dial_a_users_own_number() {
    let world = office();
    let [anna, ben] = phones(&world, ["101", "102"]);
    has_none(&anna);
    sets(&anna, "102", "has-been-set-to");
    anna.calls_and_talks_with("*007", &ben);
    anna.hangs_up();
    ben.is_over();
    has_none(&ben);
    sets(&anna, "", "has-been-cleared");
    has_none(&anna);
    world.is_quiet();
}

#[test]
fn a_code_that_is_none_is_refused() {
    let world = office();
    let [anna] = phones(&world, ["101"]);
    anna.calls("*75");
    anna.is_answered();
    anna.hears_prompt("speed-enterlocation");
    anna.presses("7#");
    anna.hears_prompt("pbx-invalid");
    anna.is_over();
    world.is_quiet();
}
