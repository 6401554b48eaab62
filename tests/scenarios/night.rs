//! Night switches: one code turns the office over.

use crate::feature_codes::{OUTSIDER, calls_in, dials, phones, with_trunk};

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
