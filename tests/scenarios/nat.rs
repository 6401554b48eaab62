//! Phones behind NAT boxes that forget after 30 s.

use crate::basic_call::OFFICE;
use cordboard_exchange::{AdminReply, AdminRequest};
use cordboard_sim::{Handset, World};

fn behind_nat(world: &World, user: &str) -> Handset {
    let phone = world.phone_with(user, |spec| spec.nat = true);
    phone.registers();
    phone
}

#[test]
fn a_phone_behind_a_nat_is_reached_after_five_idle_minutes_and_talks() {
    let world = World::with_dialplan(OFFICE);
    let (anna, ben) = (behind_nat(&world, "101"), world.registered("102"));
    world.run_secs(300);
    ben.calls("101");
    anna.rings();
    anna.answers();
    ben.is_answered();
    ben.talks_with(&anna);
    ben.hangs_up();
    anna.is_over();
    world.is_quiet();
}

#[test]
fn two_phones_behind_nats_hear_each_other_and_either_may_hang_up() {
    let world = World::with_dialplan(OFFICE);
    let (anna, ben) = (behind_nat(&world, "101"), behind_nat(&world, "102"));
    world.run_secs(120);
    anna.calls_and_talks_with("102", &ben);
    world.run_secs(60);
    anna.talks_with(&ben);
    ben.hangs_up();
    anna.is_over();
    ben.calls_and_talks_with("101", &anna);
    ben.hangs_up();
    anna.is_over();
    world.is_quiet();
}

#[test]
fn the_list_of_phones_says_who_is_behind_a_nat() {
    let world = World::with_dialplan(OFFICE);
    let _anna = behind_nat(&world, "101");
    let AdminReply::Phones(phones) = world.admin(AdminRequest::Phones) else { panic!("no list") };
    let listed: Vec<_> = phones.iter().filter(|phone| phone.user == "101").collect();
    assert!(listed[0].nat && listed[0].address.starts_with("udp:198.51.100.11:"), "{listed:?}");
}

#[test]
fn a_held_caller_behind_a_nat_is_heard_again_after_a_minute() {
    let world = World::with_dialplan(OFFICE);
    let (anna, ben) = (behind_nat(&world, "101"), world.registered("102"));
    anna.calls_and_talks_with("102", &ben);
    ben.holds();
    anna.hears_music("default");
    world.run_secs(60);
    ben.resumes();
    anna.talks_with(&ben);
}
