//! Calls that nobody takes: busy, declined, not answered, cancelled, offline, unknown.

use crate::basic_call::OFFICE;
use cordboard_call::Disposition;
use cordboard_sim::World;

#[test]
fn a_busy_phone_is_busy_to_its_caller() {
    let world = World::with_dialplan(OFFICE);
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    anna.calls("102");
    ben.rings();
    ben.declines(486);
    anna.is_refused(486);
    world.is_quiet();
    assert_eq!(world.record().disposition, Disposition::Busy);
}

#[test]
fn a_declined_call_is_refused() {
    let world = World::with_dialplan(OFFICE);
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    anna.calls("102");
    ben.rings();
    ben.declines(603);
    let ended = anna.is_over();
    assert!(matches!(ended.status, Some(486 | 603)), "{ended:?}");
    world.is_quiet();
    assert_eq!(world.record().disposition, Disposition::Busy);
}

#[test]
fn a_phone_that_nobody_answers_stops_ringing_after_its_time() {
    let world = World::with_dialplan(OFFICE);
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    anna.calls("102");
    ben.rings();
    let rang_at = world.now();
    let ended = anna.is_over();
    assert_eq!(ended.status, Some(480), "{ended:?}");
    let rang_s = world.now().since(rang_at).as_secs();
    assert!((24..=26).contains(&rang_s), "{rang_s} s");
    ben.is_over();
    world.is_quiet();
    assert_eq!(world.record().disposition, Disposition::NoAnswer);
}

#[test]
fn a_caller_who_gives_up_stops_the_ringing() {
    let world = World::with_dialplan(OFFICE);
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    anna.calls("102");
    ben.rings();
    anna.hangs_up();
    let ended = ben.is_over();
    assert_ne!(ended.sip, Some(200), "nobody answered elsewhere");
    world.is_quiet();
    assert_eq!(world.record().disposition, Disposition::Cancelled);
}

#[test]
fn a_user_without_a_phone_is_temporarily_unavailable() {
    let world = World::with_dialplan(OFFICE);
    let anna = world.registered("101");
    anna.calls("102");
    anna.is_refused(480);
    world.is_quiet();
}

#[test]
fn a_number_without_a_route_is_not_found() {
    let world = World::with_dialplan(OFFICE);
    let anna = world.registered("101");
    anna.calls("5550100");
    anna.is_refused(404);
    world.is_quiet();
}

#[test]
fn a_phone_that_vanished_does_not_hold_its_caller_for_ever() {
    let world = World::with_dialplan(OFFICE);
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    world.link(&ben, cordboard_sim::Link::lossy(100));
    anna.calls("102");
    let ended = anna.is_over();
    assert!(ended.status.is_some_and(|status| [408, 480, 504].contains(&status)), "{ended:?}");
    world.is_quiet();
}

#[test]
fn a_caller_with_a_wrong_password_reaches_nobody() {
    let world = World::with_dialplan(OFFICE);
    let ben = world.registered("102");
    let thief = world.phone_with("101", |spec| "wrong".clone_into(&mut spec.config.password));
    thief.calls("102");
    let ended = thief.is_over();
    assert!(matches!(ended.status, Some(401 | 407)), "{ended:?}");
    ben.sees_nothing_for(core::time::Duration::from_secs(5));
    assert_eq!(world.records(), []);
}

#[test]
fn a_redirected_call_goes_where_the_phone_says() {
    let world = World::with_dialplan(OFFICE);
    let [anna, ben, clara] = ["101", "102", "103"].map(|user| world.registered(user));
    anna.calls("102");
    ben.rings();
    ben.does(cordboard_phone::Command::Redirect("103".to_owned()));
    clara.rings();
    clara.answers();
    anna.is_answered();
    anna.talks_with(&clara);
}
