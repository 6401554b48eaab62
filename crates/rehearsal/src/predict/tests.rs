//! Predictions for an office of a few lines.

use super::*;
use crate::house::Staging;
use cordboard_dialplan::Bundle;
use cordboard_sim::Plan;
use cordboard_sim::stage::Prompts;

const OFFICE: &str = r#"
let internal = context("internal");
internal.on("_10X", |ch| {
    let r = ch.dial(user(ch.dialed), #{ timeout: 20 });
    if r.status == "busy" { ch.play("vm-isonphone"); ch.hangup("busy"); }
    if r.status != "answered" { ch.voicemail(ch.dialed); }
});
internal.on("_1XX", |ch| ch.hangup("unallocated"));
internal.on("600", |ch| {
    ch.answer();
    let choice = ch.menu(#{ prompt: "welcome", digits: 1, timeout: 5, retries: 1 });
    switch choice {
        "1" => ch.play("one"),
        "2" => ch.enter("internal", "102"),
        _ => ch.play("goodbye"),
    }
});
internal.on("601", |ch| { ch.play(db::get("a", "b")); });
internal.on("602", |ch| ch.music("default"));
internal.on("*1", |ch| { db::set("a", "b", "switched"); ch.hangup(); });
internal.on("_9X.", |ch| { ch.dial(trunk("itsp", ch.dialed.sub_string(1)), #{ timeout: 30 }); });
let inbound = context("from-itsp");
inbound.on("_X.", |ch| { ch.dial([user("101"), user("102")], #{ timeout: 30 }); ch.voicemail("101"); });
"#;

fn predictor() -> Predictor {
    let prompts = Prompts::new(|_, _| Some(1_500));
    let staging =
        Staging { setup: Plan::new(OFFICE).setup, bundle: Bundle::single(OFFICE), prompts, seed: 1 };
    let house = House::new(staging).unwrap_or_else(|findings| panic!("{findings:?}"));
    let words = [("welcome", "Welcome to the office."), ("vm-isonphone", "is on the phone")];
    let words = words.map(|(name, words)| (("en".to_owned(), name.to_owned()), words.to_owned()));
    Predictor::new(&Rc::new(house), Wording::new(BTreeMap::from(words)))
}

fn assuming(change: impl FnOnce(&House, &mut Assumed) -> Result<(), String>) -> (Predictor, Assumed) {
    let predictor = predictor();
    let mut assumed = Assumed::usual();
    change(&predictor.house, &mut assumed).unwrap();
    (predictor, assumed)
}

fn predict_from(from: &str, number: &str, (predictor, assumed): &(Predictor, Assumed)) -> Prediction {
    let caller = predictor.caller(Some(from), None).unwrap();
    let at_us = predictor.moment("2026-11-23 10:00", 0).unwrap();
    let question = Question { caller, number: number.to_owned(), at_us, assumed: assumed.clone() };
    predictor.predict(&question, true)
}

#[track_caller]
fn has(prediction: &Prediction, parts: &[&str]) {
    let text = prediction.text(false);
    let mut rest = text.as_str();
    for part in parts {
        let at = rest.find(part).unwrap_or_else(|| panic!("{part} is not (there) in\n{text}"));
        rest = &rest[at + part.len()..];
    }
}

#[test]
fn a_phone_that_nobody_answers_leads_to_the_mailbox_and_what_else_might_be_is_told() {
    let prediction = predict_from("101", "102", &(predictor(), Assumed::usual()));
    has(
        &prediction,
        &[
            "-> _10X  internal  main.rhai:3",
            "   _1XX  internal  main.rhai:8",
            "`_10X` in `internal` comes first: it is more specific",
            "main.rhai:4  dial 102, 20 s",
            "102 rings for 20.0 s, nobody answers there",
            "20.0  the caller is answered",
            "hears a beep",
            "message is taken: 5.0 s",
            "hangs up: normal (answered)",
            "if 102 answers: 102 rings for 5.0 s and is answered; talks with 102; over: normal",
            "if who is called is busy: 102 does not ring: busy; hears vm-isonphone: \"is on the phone\"; over: busy",
            "if no phone of 102 is there: 102 does not ring: no phone is there; hears ",
        ],
    );
}

#[test]
fn what_is_assumed_happens() {
    let answered = assuming(|house, assumed| assumed.answer(house, "102:8"));
    has(
        &predict_from("101", "102", &answered),
        &["102 rings for 8.0 s and is answered", "talks with 102 for 30.0 s"],
    );
    let busy = assuming(|house, assumed| assumed.state(house, "102=busy"));
    has(
        &predict_from("101", "102", &busy),
        &["102 does not ring: busy", "ends the call: busy", "102 is busy"],
    );
    let offline = assuming(|house, assumed| assumed.state(house, "102=offline"));
    has(&predict_from("101", "102", &offline), &["102 does not ring: no phone is there"]);
    let down = assuming(|house, assumed| assumed.trunk(house, "itsp=down"));
    has(&predict_from("101", "95550123", &down), &["5550123 by itsp does not ring: the trunk is down"]);
    let refused = assuming(|house, assumed| assumed.trunk(house, "itsp=refuses:503"));
    has(&predict_from("101", "95550123", &refused), &["5550123 by itsp does not ring: "]);
    let picked = assuming(|house, assumed| assumed.trunk(house, "itsp=answers:3"));
    has(&predict_from("101", "95550123", &picked), &["5550123 by itsp rings for 3.0 s and is answered"]);
}

#[test]
fn values_are_stored_and_codes_dialled_before() {
    let stored = assuming(|_, assumed| assumed.value("a/b=hello"));
    has(&predict_from("101", "601", &stored), &["read a/b: \"hello\"", "hears hello"]);
    let dialled = assuming(|house, assumed| assumed.dialed(house, "103=*1"));
    has(&predict_from("101", "601", &dialled), &["hears switched", "103 has dialled *1 before"]);
    let nothing = predict_from("101", "601", &(predictor(), Assumed::usual()));
    has(&nothing, &["the script fails: "]);
}

#[test]
fn keys_lead_on_in_a_menu_and_each_of_them_is_tried() {
    let prediction = predict_from("101", "600", &(predictor(), Assumed::usual()));
    has(
        &prediction,
        &[
            "hears welcome: \"Welcome to the office.\"",
            "hears goodbye",
            "if the caller presses 1: hears welcome: \"Welcome to the office. …\"; hears one; over: normal",
            "if the caller presses 2: hears ",
            "102 rings for 20.0 s",
            "if the caller presses one of 3 4 5 6 7 8 9 0",
        ],
    );
    let keys = assuming(|_, assumed| assumed.keys("2"));
    has(
        &predict_from("101", "600", &keys),
        &["the caller presses 2", "102 takes `_10X` in internal", "102 rings"],
    );
}

#[test]
fn several_phones_ring_together_and_what_does_not_end_ends_with_the_caller_s_patience() {
    let prediction = predict_from("itsp", "5550100", &(predictor(), Assumed::usual()));
    has(
        &prediction,
        &["101, 102 ring for 30.0 s, nobody answers there", "if 101 answers: 101 rings for 5.0 s"],
    );
    let music = predict_from("101", "602", &(predictor(), Assumed::usual()));
    assert!(music.end.is_some());
}

#[test]
fn a_number_without_route_is_refused() {
    let prediction = predict_from("itsp", "*99", &(predictor(), Assumed::usual()));
    has(&prediction, &["no route takes it", "the office ends the call: unallocated"]);
}

#[test]
fn what_is_misspelt_is_told_with_the_nearest_right_thing() {
    let predictor = predictor();
    let mut assumed = Assumed::usual();
    let house = Rc::clone(&predictor.house);
    for (error, wanted) in [
        (assumed.state(&house, "102=bsy"), "did you mean \"busy\"?"),
        (assumed.state(&house, "1o2=busy"), "did you mean \"102\"?"),
        (assumed.state(&house, "102"), "write 101=busy"),
        (assumed.state(&house, "102=answers:x"), "no seconds"),
        (assumed.state(&house, "102=refuses:200"), "a SIP status"),
        (assumed.trunk(&house, "itps=down"), "did you mean \"itsp\"?"),
        (assumed.trunk(&house, "itsp=don"), "did you mean \"down\"?"),
        (assumed.value("night=1"), "FAMILY/KEY=VALUE"),
        (assumed.keys("1x"), "no key `x`"),
        (predictor.caller(Some("itpsp"), None).map(drop), "did you mean \"itsp\"?"),
    ] {
        let message = error.unwrap_err();
        assert!(message.contains(wanted), "{message}");
    }
    assert_eq!(assumed, Assumed::usual());
    let outside = predictor.caller(Some("+442079460001"), None).unwrap();
    assert!(matches!(outside, Caller::Outside { number, .. } if number == "+442079460001"));
}
