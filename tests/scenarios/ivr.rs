//! Menus as callers meet them: keys during a prompt, wrong keys, none at all, the hours of an office and its holidays.

use cordboard_dialplan::Bundle;
use cordboard_exchange::{Hours, HoursRule};
use cordboard_sim::{Plan, World};
use core::time::Duration;

const SCRIPT: &str = r#"
let internal = context("internal");
internal.on("300", |ch| {
    ch.answer();
    let day = holiday(today());
    if day != () || !hours("office").open { ch.play("office-closed"); return; }
    switch ch.menu(#{ prompt: ["welcome", "demo-menu"], choices: ["1", "22"], timeout: 3, retries: 2,
                      invalid: "pbx-invalid", no_input: "vm-sorry" }) {
        "1" => { ch.dial(user("102"), #{ timeout: 20 }); }
        "22" => ch.play("activated"),
        _ => ch.play("goodbye"),
    }
    ch.wait(0.5);
});
"#;

fn office(holiday: &str) -> World {
    let always = HoursRule { weekdays: 0x7f, from_min: 0, to_min: 1_440 };
    World::new(&Plan::shipped().bundle(Bundle::single(SCRIPT)).with(|setup| {
        setup.hours = [("office".to_owned(), Hours { open: vec![always], closed_on_holidays: true })].into();
        setup.holidays = [(holiday.to_owned(), "Founders' Day".to_owned())].into();
    }))
}

#[test]
fn a_key_during_the_prompt_stops_it_and_is_the_choice() {
    let world = office("2001-01-01");
    let [anna, ben] = ["101", "102"].map(|user| world.registered(user));
    anna.calls("300");
    anna.is_answered();
    anna.hears_prompt("welcome");
    anna.presses("1");
    ben.rings();
    ben.answers();
    anna.talks_with(&ben);
    anna.hangs_up();
    world.run_secs(1);
    world.is_quiet();
}

#[test]
fn a_choice_of_two_digits_is_taken_without_waiting_and_a_beginning_of_it_after_a_while() {
    let world = office("2001-01-01");
    let anna = world.registered("101");
    anna.calls("300");
    anna.is_answered();
    anna.presses("22");
    anna.hears_prompt("activated");
    anna.is_over();
    anna.calls("300");
    anna.is_answered();
    anna.presses("2");
    world.run_for(Duration::from_secs(3));
    anna.hears_prompt("pbx-invalid");
    anna.hangs_up();
    world.run_secs(1);
    world.is_quiet();
}

#[test]
fn who_types_nothing_is_told_and_asked_again_and_then_let_go() {
    let world = office("2001-01-01");
    let anna = world.registered("101");
    anna.calls("300");
    anna.is_answered();
    anna.hears_prompt("welcome");
    anna.hears_prompt("demo-menu");
    anna.hears_prompt("vm-sorry");
    anna.hears_prompt("welcome");
    anna.hears_prompt("demo-menu");
    anna.hears_prompt("vm-sorry");
    anna.hears_prompt("goodbye");
    anna.is_over();
}

#[test]
fn what_is_wrong_need_not_be_heard_to_its_end() {
    let world = office("2001-01-01");
    let [anna, ben] = ["101", "102"].map(|user| world.registered(user));
    anna.calls("300");
    anna.is_answered();
    anna.hears_prompt("welcome");
    anna.presses("99");
    anna.hears_prompt("pbx-invalid");
    anna.presses("1");
    ben.rings();
    anna.hangs_up();
    world.run_secs(1);
    world.is_quiet();
}

#[test]
fn on_a_holiday_the_menu_is_closed() {
    let world = office("2026-11-23");
    let anna = world.registered("101");
    anna.calls("300");
    anna.is_answered();
    anna.hears_prompt("office-closed");
    anna.is_over();
}
