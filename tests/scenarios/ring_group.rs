//! Several phones ring: together or one after the other.

use cordboard_sim::World;
use core::time::Duration;

const OFFICE: &str = r#"
let internal = context("internal");
internal.on("600", |ch| { ch.dial([user("102"), user("103"), user("104")], #{ timeout: 30 }); });
internal.on("601", |ch| { ch.dial([[user("102")], [user("103")]], #{ timeout: 10 }); });
internal.on("_10X", |ch| { ch.dial(user(ch.dialed), #{ timeout: 25 }); });
"#;

#[test]
fn all_ring_and_those_who_did_not_answer_are_told_that_it_was_answered_elsewhere() {
    let world = World::with_dialplan(OFFICE);
    let anna = world.registered("101");
    let group = ["102", "103", "104"].map(|user| world.registered(user));
    anna.calls("600");
    group.iter().for_each(|phone| drop(phone.rings()));
    group[1].answers();
    anna.is_answered();
    for loser in [&group[0], &group[2]] {
        assert_eq!(loser.is_over().sip, Some(200), "RFC 3326: answered elsewhere");
    }
    anna.talks_with(&group[1]);
    anna.hangs_up();
    group[1].is_over();
    world.is_quiet();
    assert_eq!(world.record().legs.len(), 4);
}

#[test]
fn all_phones_of_one_user_ring_together() {
    let world = World::with_dialplan(OFFICE);
    let (anna, desk, pocket) = (world.registered("101"), world.registered("102"), world.registered("102"));
    anna.calls("102");
    desk.rings();
    pocket.rings();
    pocket.answers();
    assert_eq!(desk.is_over().sip, Some(200));
    anna.is_answered();
    anna.talks_with(&pocket);
}

#[test]
fn the_second_rings_when_the_first_does_not_answer_in_its_time() {
    let world = World::with_dialplan(OFFICE);
    let (anna, ben, clara) = (world.registered("101"), world.registered("102"), world.registered("103"));
    anna.calls("601");
    ben.rings();
    clara.sees_nothing_for(Duration::from_secs(9));
    clara.rings();
    assert_ne!(ben.is_over().sip, Some(200), "nobody answered elsewhere: it just took too long");
    clara.answers();
    anna.is_answered();
    anna.talks_with(&clara);
}

#[test]
fn the_second_rings_at_once_when_the_first_is_busy() {
    let world = World::with_dialplan(OFFICE);
    let (anna, ben, clara) = (world.registered("101"), world.registered("102"), world.registered("103"));
    anna.calls("601");
    ben.rings();
    ben.declines(486);
    let declined_at = world.now();
    clara.rings();
    assert!(world.now().since(declined_at) < Duration::from_secs(1));
    clara.answers();
    anna.talks_with(&clara);
}

#[test]
fn one_busy_phone_of_a_group_does_not_end_the_call() {
    let world = World::with_dialplan(OFFICE);
    let anna = world.registered("101");
    let (ben, clara) = (world.registered("102"), world.registered("103"));
    anna.calls("600");
    ben.rings();
    clara.rings();
    ben.declines(486);
    world.run_secs(2);
    clara.answers();
    anna.is_answered();
    anna.talks_with(&clara);
}
