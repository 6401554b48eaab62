//! Calls between phones, through the shipped dialplan.

use crate::harness::crowd::Crowd;
use crate::harness::exchange::Exchange;
use crate::harness::plan::Plan;
use std::time::{Duration, Instant};

#[test]
fn two_phones_register_call_and_hear_each_other() {
    let exchange = Exchange::start(&Plan::sample());
    let mut crowd = Crowd::new(&exchange);
    let [ann, ben] = [crowd.phone("101", 700), crowd.phone("102", 1_100)];
    crowd.register(&[ann, ben]);
    crowd.connects(ann, "102", ben);
    crowd.hears(ann, 1_100);
    crowd.hears(ben, 700);
    assert_eq!(exchange.calls(), 1);
    crowd.hangs_up(ann);
    crowd.is_over(ben);
    let records = exchange.leaves_records(1);
    assert_eq!(records.len(), 1, "{records:?}");
    let record = &records[0];
    assert_eq!((record.caller.as_str(), record.dialed.as_str()), ("101", "102"));
    assert_eq!((record.disposition.as_str(), record.hangup_by.as_str()), ("answered", "caller"));
    assert_eq!(record.answered_by.as_deref(), Some("102"));
    assert_eq!(record.error, None);
    assert_eq!(exchange.calls(), 0);
}

const PATIENT: &str = r#"
context("internal").on("_1XX", |ch| { let r = ch.dial(user(ch.dialed), #{ timeout: 60 }); ch.hangup(r.status); });
"#;

#[test]
fn a_phone_that_is_gone_costs_the_caller_no_time() {
    let exchange = Exchange::start(&Plan::sample().dialplan(PATIENT));
    let mut crowd = Crowd::new(&exchange);
    let [ann, ben] = [crowd.mute("101"), crowd.mute("102")];
    crowd.register(&[ann, ben]);
    crowd.vanishes(ben);
    let began = Instant::now();
    crowd.calls(ann, "102");
    assert!(crowd.is_over(ann).is_some_and(|status| status >= 400));
    assert!(began.elapsed() < Duration::from_secs(10), "without ICMP: Timer B, 32 s");
    assert_eq!(exchange.bindings("102"), 1, "it may come back");
}
