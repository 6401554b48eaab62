//! Two phones talk, and either end may hang up.

use cordboard_call::Disposition;
use cordboard_sim::World;

pub(crate) const OFFICE: &str = r#"
let internal = context("internal");
internal.on("_1XX", |ch| { ch.dial(user(ch.dialed), #{ timeout: 25 }); });
"#;

#[test]
fn the_called_phone_rings_with_the_callers_name_and_both_hear_each_other() {
    let world = World::with_dialplan(OFFICE);
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    anna.calls("102");
    assert_eq!(ben.rings(), ("101".to_owned(), "Anna".to_owned()));
    anna.sees_ringing();
    ben.answers();
    assert_eq!(anna.is_answered(), "PCMA");
    anna.talks_with(&ben);
    anna.hangs_up();
    ben.is_over();
    world.is_quiet();
}

#[test]
fn a_call_that_the_caller_ends_has_one_record() {
    let world = World::with_dialplan(OFFICE);
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    anna.calls_and_talks_with("102", &ben);
    world.run_secs(10);
    anna.hangs_up();
    let ended = ben.is_over();
    assert_eq!((ended.status, ended.q850), (None, Some(16)));
    world.is_quiet();
    let record = world.record();
    assert_eq!((record.disposition, record.hangup_by.as_str()), (Disposition::Answered, "caller"));
    assert_eq!((record.caller.number.as_str(), record.dialed.as_str()), ("101", "102"));
    let talked_s = (record.ended_us - record.answered_us.unwrap()) / 1_000_000;
    assert!((10..13).contains(&talked_s), "{talked_s}");
    assert_eq!(record.legs.len(), 2);
}

#[test]
fn a_call_that_the_callee_ends_has_one_record() {
    let world = World::with_dialplan(OFFICE);
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    anna.calls_and_talks_with("102", &ben);
    ben.hangs_up();
    assert_eq!(anna.is_over().q850, Some(16));
    world.is_quiet();
    let record = world.record();
    assert_eq!((record.disposition, record.hangup_by.as_str()), (Disposition::Answered, "callee"));
}
