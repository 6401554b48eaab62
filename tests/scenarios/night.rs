//! Night switches: one code turns the office over.

use crate::feature_codes::{OUTSIDER, calls_in, dials, phones, with_trunk};
use cordboard_exchange::{Hours, HoursRule};
use cordboard_sim::{Handset, Plan, World};

/// When the world begins.
const TODAY: &str = "2026-11-23";

#[test]
fn the_night_switch_closes_the_office_and_opens_it_again() {
    let (world, _provider) = with_trunk("from-itsp");
    let [anna] = phones(&world, ["101"]);
    let from = format!("{OUTSIDER}@itsp.example");
    dials(&anna, "*280", &["callflow-night"]);
    assert!(world.has_logged("script", "night switch 0 on"));
    let _caller = calls_in(&world, "15550100", &from, 5_070);
    anna.sees_nothing_for(core::time::Duration::from_secs(3));
    dials(&anna, "*281", &["callflow-night"]);
    dials(&anna, "*280", &["callflow-day"]);
    let _caller = calls_in(&world, "15550100", &from, 5_071);
    assert_eq!(anna.rings().0, OUTSIDER);
}

/// An office that is open at all hours but on holidays, one of which is today; a phone that is outside calls it.
fn on(holiday: &str) -> (World, Handset, Handset) {
    let always = HoursRule { weekdays: 0x7f, from_min: 0, to_min: 1_440 };
    let world = World::new(&Plan::shipped().with(|setup| {
        setup.hours = [("office".to_owned(), Hours { open: vec![always], closed_on_holidays: true })].into();
        setup.holidays = [(holiday.to_owned(), "Founders' Day".to_owned())].into();
        if let Some(caller) = setup.users.get_mut("106") {
            caller.context = "from-itsp".to_owned();
        }
    }));
    let [anna, caller] = phones(&world, ["101", "106"]);
    (world, anna, caller)
}

#[test]
fn on_a_holiday_a_caller_hears_that_the_office_is_closed_and_no_phone_rings() {
    let (_world, anna, caller) = on(TODAY);
    caller.calls("15550100");
    caller.is_answered();
    caller.hears_prompt("office-closed");
    caller.is_over();
    anna.sees_nothing_for(core::time::Duration::from_secs(3));

    let (_world, anna, caller) = on("2001-01-01");
    caller.calls("15550100");
    anna.rings();
}
