//! Registering, refreshing, leaving, and not being let in.

use crate::basic_call::OFFICE;
use cordboard_exchange::{AdminReply, AdminRequest, PhoneSummary};
use cordboard_sim::{Handset, World};

fn phones(world: &World, user: &str) -> Vec<PhoneSummary> {
    let AdminReply::Phones(phones) = world.admin(AdminRequest::Phones) else { panic!("no list of phones") };
    phones.into_iter().filter(|phone| phone.user == user && !phone.contact.is_empty()).collect()
}

#[test]
fn a_phone_registers_for_an_hour_and_is_listed() {
    let world = World::with_dialplan(OFFICE);
    let anna = world.phone("101");
    assert_eq!(anna.registers(), 3_600);
    let listed = phones(&world, "101");
    assert_eq!(listed.len(), 1);
    assert_eq!((listed[0].address.as_str(), listed[0].nat), ("udp:192.0.2.11:5060", false));
    assert_eq!(listed[0].state, "idle");
}

#[test]
fn a_registration_is_refreshed_and_stays() {
    let world = World::with_dialplan(OFFICE);
    let anna = world.registered("101");
    world.run_secs(3 * 3_600);
    assert_eq!(phones(&world, "101").len(), 1);
    anna.expects("a refresh", |h| matches!(h, cordboard_phone::Happening::Registered { .. }).then_some(()));
}

#[test]
fn a_registration_that_is_not_refreshed_ends_in_time() {
    let world = World::with_dialplan(OFFICE);
    let anna = world.phone_with("101", |spec| spec.config.expires_s = 120);
    anna.registers();
    world.link(&anna, cordboard_sim::Link::lossy(100));
    world.run_secs(119);
    assert_eq!(phones(&world, "101").len(), 1);
    world.run_secs(2);
    assert_eq!(phones(&world, "101").len(), 0);
}

#[test]
fn a_phone_that_unregisters_is_gone_at_once() {
    let world = World::with_dialplan(OFFICE);
    let anna = world.registered("101");
    anna.unregisters();
    assert_eq!(phones(&world, "101"), []);
}

#[test]
fn two_phones_of_a_user_are_both_registered() {
    let world = World::with_dialplan(OFFICE);
    let (_desk, _pocket) = (world.registered("101"), world.registered("101"));
    assert_eq!(phones(&world, "101").len(), 2);
}

#[test]
fn a_wrong_password_and_an_unknown_user_can_not_be_told_apart() {
    let seen = |user: &str| {
        let world = World::with_dialplan(OFFICE);
        let phone: Handset = world.phone_with(user, |spec| "wrong".clone_into(&mut spec.config.password));
        phone.fails_to_register(401);
        let times: Vec<_> = world.trace().iter().map(|line| line.at).collect();
        let answers = world.trace().into_iter().filter(|line| line.from == cordboard_sim::OFFICE);
        let shapes: Vec<_> = answers.map(|line| shape(&String::from_utf8_lossy(&line.bytes), user)).collect();
        (world.ladder_of(&phone), times, shapes)
    };
    let (known, unknown) = (seen("101"), seen("999"));
    assert_eq!(known, unknown);
    assert!(known.0.len() >= 4, "{:?}", known.0);
}

/// A response without what must differ: nonces, tags, branches and the name itself.
fn shape(text: &str, user: &str) -> Vec<String> {
    let mask = |line: &str| match line.split_once(':') {
        Some((name, value)) if ["Call-ID", "Via", "From", "To"].contains(&name) => {
            format!("{name}: {}", value.len())
        }
        Some(("WWW-Authenticate", value)) => value
            .split(',')
            .map(|part| part.split('=').next().unwrap().to_owned())
            .collect::<Vec<_>>()
            .join(","),
        Some(_) | None => line.replace(user, "user"),
    };
    text.lines().map(mask).collect()
}
