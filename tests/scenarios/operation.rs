//! Running an office: limits, drain, reload, restart, long calls, texts.

use crate::basic_call::OFFICE;
use cordboard_exchange::{AdminReply, AdminRequest};
use cordboard_phone::{Command, Happening};
use cordboard_sim::{Plan, World};
use core::time::Duration;

fn last_answer(world: &World, status: &str) -> String {
    let trace = world.trace();
    let line = trace.iter().rev().find(|line| line.first_line().starts_with(status)).unwrap();
    String::from_utf8_lossy(&line.bytes).into_owned()
}

#[test]
fn a_full_office_asks_to_try_again_later() {
    let world = World::new(&Plan::new(OFFICE).with(|setup| setup.limits.calls = 1));
    let [anna, ben, clara] = ["101", "102", "103"].map(|user| world.registered(user));
    anna.calls_and_talks_with("102", &ben);
    clara.calls("104");
    clara.is_refused(503);
    assert!(last_answer(&world, "SIP/2.0 503").contains("Retry-After:"));
    anna.talks_with(&ben);
    anna.hangs_up();
    world.is_quiet();
    clara.calls_and_talks_with("102", &ben);
}

#[test]
fn a_draining_office_takes_no_calls_and_ends_the_others_after_its_grace() {
    let world = World::with_dialplan(OFFICE);
    let [anna, ben, clara] = ["101", "102", "103"].map(|user| world.registered(user));
    anna.calls_and_talks_with("102", &ben);
    world.drain(Duration::from_secs(10));
    let began = world.now();
    clara.calls("101");
    clara.is_refused(503);
    anna.talks_with(&ben);
    assert_eq!(world.drained(), None);
    anna.is_over();
    ben.is_over();
    world.run_secs(1);
    let waited = world.drained().unwrap().since(began).as_secs();
    assert!((10..=11).contains(&waited), "{waited} s");
    assert_eq!(world.records().len(), 1);
}

#[test]
fn an_office_without_calls_drains_at_once() {
    let world = World::with_dialplan(OFFICE);
    world.drain(Duration::from_secs(60));
    assert_eq!(world.drained(), Some(world.now()));
}

const BEFORE: &str = r#"
let internal = context("internal");
internal.on("700", |ch| { ch.answer(); ch.play("first"); ch.wait(20); ch.play("old-script"); ch.wait(1); });
"#;
const AFTER: &str = r#"
let internal = context("internal");
internal.on("700", |ch| { ch.answer(); ch.play("new-script"); ch.wait(1); });
"#;

#[test]
fn a_call_in_progress_keeps_its_script_and_the_next_one_has_the_new() {
    let world = World::with_dialplan(BEFORE);
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    anna.calls("700");
    anna.hears_prompt("first");
    world.reload(AFTER, |_| ());
    ben.calls("700");
    ben.hears_prompt("new-script");
    ben.is_over();
    world.run_secs(15);
    anna.hears_prompt("old-script");
    anna.is_over();
    world.is_quiet();
}

#[test]
fn a_user_who_is_removed_by_a_reload_is_out() {
    let world = World::with_dialplan(OFFICE);
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    world.reload(OFFICE, |setup| drop(setup.users.remove("102")));
    ben.calls("101");
    let refused = ben.is_over();
    assert!(matches!(refused.status, Some(401 | 407)), "{refused:?}");
    anna.calls("102");
    assert!(anna.is_over().status.is_some());
}

#[test]
fn registrations_outlive_the_process() {
    let world = World::with_dialplan(OFFICE);
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    world.restart();
    anna.calls_and_talks_with("102", &ben);
}

#[test]
fn a_call_of_an_hour_is_refreshed_and_stays() {
    let world = World::new(&Plan::new(OFFICE).with(|setup| setup.office.rtp_timeout_ms = 0));
    let (anna, ben) =
        (world.phone_with("101", |spec| spec.mute = true), world.phone_with("102", |spec| spec.mute = true));
    anna.registers();
    ben.registers();
    anna.calls("102");
    ben.rings();
    ben.answers();
    anna.is_answered();
    let before = world.trace().len();
    world.run_secs(3_600);
    assert_eq!((anna.lines().len(), ben.lines().len()), (1, 1), "both still talk");
    let refresh = |line: &&cordboard_sim::TraceLine| {
        line.first_line().starts_with("UPDATE") || line.first_line().starts_with("INVITE")
    };
    let refreshes = world.trace().iter().skip(before).filter(refresh).count();
    assert!(refreshes >= 3, "{refreshes}");
    ben.hangs_up();
    anna.is_over();
    world.is_quiet();
}

#[test]
fn an_operator_ends_a_call() {
    let world = World::with_dialplan(OFFICE);
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    anna.calls_and_talks_with("102", &ben);
    let AdminReply::Calls(calls) = world.admin(AdminRequest::Calls) else { panic!("no list") };
    assert_eq!((calls.len(), calls[0].state.as_str(), calls[0].dialed.as_str()), (1, "talking", "102"));
    assert_eq!(world.admin(AdminRequest::Hangup { call: calls[0].call }), AdminReply::Done);
    anna.is_over();
    ben.is_over();
    world.is_quiet();
    assert_eq!(world.record().hangup_by, "system");
}

#[test]
fn a_text_reaches_the_other_phone() {
    let world = World::with_dialplan(OFFICE);
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    anna.does(Command::Message { to: "102".to_owned(), text: "lunch?".to_owned() });
    let text = |h: &Happening| match h {
        Happening::Text { from, text } => Some((from.clone(), text.clone())),
        _ => None,
    };
    assert_eq!(ben.expects("a text", text), ("101".to_owned(), "lunch?".to_owned()));
    assert_eq!(anna.expects("its fate", text), (String::new(), "200".to_owned()));
}

#[test]
fn a_call_ends_when_its_longest_time_is_over() {
    let world = World::new(&Plan::new(OFFICE).with(|setup| setup.office.max_duration_ms = 60_000));
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    anna.calls_and_talks_with("102", &ben);
    world.run_secs(55);
    anna.talks_with(&ben);
    anna.is_over();
    ben.is_over();
    world.is_quiet();
    assert_eq!(world.record().hangup_by, "system");
}

#[test]
fn a_phone_that_dies_while_on_hold_is_found_by_the_session_timer() {
    let world = World::new(&Plan::new(OFFICE).with(|setup| setup.office.session_expires_s = 120));
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    anna.calls_and_talks_with("102", &ben);
    anna.holds();
    world.link(&anna, cordboard_sim::Link::lossy(100));
    world.run_secs(200);
    assert!(ben.lines().is_empty(), "ben listens to music for ever");
    world.is_quiet();
}
