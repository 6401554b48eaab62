//! Call forwarding by feature codes: what the one who sets it hears, and where callers then arrive.

use crate::feature_codes::{dials, office, phones, with_trunk};
use cordboard_app::Value;
use cordboard_sim::Handset;
use cordboard_sip::message::Method;

/// Calls 102; 103 is reached, and is shown who calls.
fn reaches(caller: &Handset, other: &Handset) {
    caller.calls("102");
    assert_eq!(other.rings().0, caller.user());
    other.answers();
    caller.is_answered();
    caller.talks_with(other);
    caller.hangs_up();
}

const TO_103: [&str; 5] = ["activated", "to-extension", "digits/1", "digits/0", "digits/3"];

fn on(name: &'static str) -> Vec<&'static str> {
    [name].into_iter().chain(TO_103).collect()
}

#[test]
fn all_calls_go_where_they_are_forwarded_until_that_is_cancelled() {
    let world = office();
    let [anna, ben, clara] = phones(&world, ["101", "102", "103"]);
    dials(&ben, "*72103", &on("call-fwd-unconditional"));
    reaches(&anna, &clara);
    assert_eq!(ben.unseen(), []);
    dials(&ben, "*73", &["call-fwd-unconditional", "de-activated"]);
    anna.calls("102");
    ben.rings();
    anna.hangs_up();
    world.is_quiet();
}

#[test]
fn the_number_is_asked_for_where_the_code_has_none() {
    for code in ["*72", "*93"] {
        let world = office();
        let [anna, ben, clara] = phones(&world, ["101", "102", "103"]);
        ben.calls(code);
        ben.is_answered();
        ben.hears_prompt("ent-target-attendant");
        ben.presses("103#");
        on("call-fwd-unconditional").iter().for_each(|prompt| ben.hears_prompt(prompt));
        ben.is_over();
        reaches(&anna, &clara);
        world.is_quiet();
    }
}

#[test]
fn a_busy_phone_has_its_calls_forwarded() {
    let world = office();
    let [anna, ben, clara] = phones(&world, ["101", "102", "103"]);
    dials(&ben, "*90103", &on("call-fwd-on-busy"));
    anna.calls("102");
    ben.rings();
    ben.declines(486);
    clara.rings();
    clara.answers();
    anna.is_answered();
    anna.talks_with(&clara);
    anna.hangs_up();
    dials(&ben, "*91", &["call-fwd-on-busy", "de-activated"]);
    anna.calls("102");
    ben.rings();
    ben.declines(486);
    anna.hears_prompt("vm-theperson");
    anna.hangs_up();
    world.is_quiet();
}

#[test]
fn a_phone_that_nobody_answers_or_that_is_not_there_has_its_calls_forwarded() {
    let world = office();
    let [anna, ben, clara] = phones(&world, ["101", "102", "103"]);
    dials(&ben, "*52103", &on("call-fwd-no-ans"));
    reaches_after_ben(&anna, &ben, &clara);
    ben.unregisters();
    reaches(&anna, &clara);
    ben.registers();
    dials(&ben, "*96", &["call-fwd-no-ans", "de-activated"]);
    dials(&ben, "*96", &on("call-fwd-no-ans"));
    dials(&ben, "*53", &["call-fwd-no-ans", "de-activated"]);
    ben.unregisters();
    anna.calls("102");
    anna.hears_prompt("vm-theperson");
    anna.hangs_up();
    world.is_quiet();
}

fn reaches_after_ben(caller: &Handset, ben: &Handset, other: &Handset) {
    caller.calls("102");
    ben.rings();
    assert_eq!(other.rings().0, caller.user());
    ben.is_over();
    caller.hangs_up();
}

#[test]
fn a_colleagues_forwarding_is_ended_for_them() {
    for (set, end, name) in
        [("*72103", "*74", "call-fwd-unconditional"), ("*90103", "*92", "call-fwd-on-busy")]
    {
        let world = office();
        let [anna, ben] = phones(&world, ["101", "102"]);
        dials(&ben, set, &on(name));
        anna.calls(end);
        anna.is_answered();
        anna.hears_prompt("hotdesk-enter");
        anna.presses("102#");
        anna.hears_prompt(name);
        anna.hears_prompt("de-activated");
        anna.is_over();
        assert!(world.has_logged("script", "of 102"));
        anna.calls("102");
        ben.rings();
        anna.hangs_up();
        world.is_quiet();
    }
}

#[test]
fn who_is_forwarded_to_still_reaches_the_one_who_forwards() {
    let world = office();
    let [ben, clara] = phones(&world, ["102", "103"]);
    dials(&ben, "*72103", &on("call-fwd-unconditional"));
    clara.calls_and_talks_with("102", &ben);
    clara.hangs_up();
    world.is_quiet();
}

#[test]
fn one_can_not_forward_to_oneself_or_to_no_number() {
    let world = office();
    let [ben] = phones(&world, ["102"]);
    dials(&ben, "*72102", &["forward-loop"]);
    dials(&ben, "*72*", &["pbx-invalid"]);
    assert!(world.store(|store| store.values.is_empty()), "nothing was set");
    world.is_quiet();
}

#[test]
fn five_forwards_are_gone_and_a_circle_of_them_ends_with_an_answer() {
    let world = office();
    let all = phones(&world, ["101", "102", "103", "104", "105", "106", "107"]);
    let [anna, others @ ..] = &all;
    for (phone, code) in others.iter().zip(["*72103", "*72104", "*72105", "*72106", "*72107"]) {
        phone.calls(code);
        phone.is_over();
    }
    anna.calls("102");
    others[5].rings();
    anna.hangs_up();
    others[5].is_over();
    others[5].calls("*72102");
    others[5].is_over();
    anna.calls("102");
    anna.hears_prompt("cannot-complete-as-dialed");
    anna.is_refused(404);
    assert!(world.has_logged("script", "forwarded 5 times"), "{:?}", world.log());
    world.is_quiet();
}

#[test]
fn a_call_is_forwarded_outside_and_the_provider_is_told_by_whom() {
    let (world, provider) = with_trunk("from-itsp");
    let [anna, ben] = phones(&world, ["101", "102"]);
    ben.calls("*72923456789");
    ben.is_answered();
    ben.hears_prompt("call-fwd-unconditional");
    ben.hears_prompt("activated");
    ben.hears_prompt("to-phonenumber");
    ben.hangs_up();
    anna.calls("102");
    anna.is_answered();
    let invite = provider.got(&Method::Invite).pop().unwrap();
    let text = String::from_utf8_lossy(&invite.to_bytes()).into_owned();
    assert!(text.starts_with("INVITE sip:23456789@"), "{text}");
    assert!(invite.headers.first("Diversion").is_some_and(|by| by.contains("sip:15550100@")), "{text}");
    assert!(!text.contains("102"), "no extension of ours goes outside: {text}");
    anna.hangs_up();
    world.is_quiet();
}

#[test]
fn a_forward_dials_what_its_owners_context_lets_it_dial_and_no_more() {
    let (world, provider) = with_trunk("from-itsp");
    let anna = world.registered("101");
    for (context, calls) in [("visitors", 0), ("internal", 1)] {
        let text = |text: &str| Value::Text(text.to_owned());
        let map = |entries: &[(&str, Value)]| {
            Value::Map(entries.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect())
        };
        let place =
            map(&[("number", text("923456789")), ("context", text(context)), ("on", Value::Bool(true))]);
        let key = ("settings".to_owned(), "104".to_owned());
        world.store(|store| store.values.insert(key, map(&[("always", place)])));
        anna.calls("104");
        world.run_secs(2);
        assert_eq!(provider.got(&Method::Invite).len(), calls, "{context}");
        if calls == 0 {
            anna.is_over();
        } else {
            anna.hangs_up();
        }
    }
    world.is_quiet();
}
