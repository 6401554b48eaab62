//! Keys: as telephone events and as INFO, for scripts and for the other end.

use crate::basic_call::OFFICE as PLAIN;
use cordboard_sim::World;

const OFFICE: &str = r#"
let internal = context("internal");
internal.on("610", |ch| {
    ch.answer();
    let typed = ch.read(#{ prompt: "enter-your-code", max: 4, timeout: 5 });
    if typed == "1#" || typed == "42" || typed == "1234" { ch.play("thank-you"); } else { ch.play("sorry"); }
    ch.wait(0.5);
});
internal.on("611", |ch| {
    ch.answer();
    let choice = ch.menu(#{ prompt: "main-menu", choices: "12", timeout: 4, retries: 2, invalid: "not-valid" });
    switch choice {
        "1" => { ch.play("sales"); ch.wait(0.5); }
        "2" => { ch.dial(user("102"), #{ timeout: 20 }); }
        _ => { ch.play("goodbye"); ch.wait(0.5); }
    }
});
"#;

#[test]
fn digits_typed_as_telephone_events_are_read() {
    let world = World::with_dialplan(OFFICE);
    let anna = world.registered("101");
    anna.calls("610");
    anna.is_answered();
    anna.hears_prompt("enter-your-code");
    anna.presses("1234");
    anna.hears_prompt("thank-you");
    anna.is_over();
    world.is_quiet();
}

#[test]
fn digits_typed_as_info_are_read() {
    let world = World::with_dialplan(OFFICE);
    let anna = world.registered("101");
    anna.calls("610");
    anna.is_answered();
    anna.presses_by_info("1234");
    anna.hears_prompt("thank-you");
    anna.is_over();
}

#[test]
fn the_end_key_ends_the_input_before_its_time() {
    let world = World::with_dialplan(OFFICE);
    let anna = world.registered("101");
    anna.calls("610");
    anna.is_answered();
    anna.hears_prompt("enter-your-code");
    anna.presses("42#");
    anna.hears_prompt("thank-you");
}

#[test]
fn who_types_nothing_is_told_so() {
    let world = World::with_dialplan(OFFICE);
    let anna = world.registered("101");
    anna.calls("610");
    anna.is_answered();
    anna.hears_prompt("enter-your-code");
    world.run_secs(5);
    anna.hears_prompt("sorry");
    anna.is_over();
}

#[test]
fn a_menu_tells_a_wrong_key_and_takes_a_right_one() {
    let world = World::with_dialplan(OFFICE);
    let anna = world.registered("101");
    anna.calls("611");
    anna.is_answered();
    anna.hears_prompt("main-menu");
    anna.presses("9");
    anna.hears_prompt("not-valid");
    anna.hears_prompt("main-menu");
    anna.presses("1");
    anna.hears_prompt("sales");
    anna.is_over();
}

#[test]
fn a_menu_leads_to_a_person() {
    let world = World::with_dialplan(OFFICE);
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    anna.calls("611");
    anna.is_answered();
    anna.hears_prompt("main-menu");
    anna.presses("2");
    ben.rings();
    ben.answers();
    anna.talks_with(&ben);
}

#[test]
fn digits_pass_from_phone_to_phone() {
    let world = World::with_dialplan(PLAIN);
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    anna.calls_and_talks_with("102", &ben);
    anna.presses("15*#");
    ben.gets_digits("15*#");
    ben.presses("90");
    anna.gets_digits("90");
    anna.talks_with(&ben);
}

#[test]
fn digits_sent_as_info_reach_a_phone_that_takes_telephone_events() {
    let world = World::with_dialplan(PLAIN);
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    anna.calls_and_talks_with("102", &ben);
    anna.presses_by_info("37");
    ben.gets_digits("37");
}
