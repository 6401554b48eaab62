//! SIGTERM: no new calls, a grace for those in progress, BYE to all, exit code 0.

use crate::harness::crowd::Crowd;
use crate::harness::exchange::Exchange;
use crate::harness::plan::Plan;
use crate::harness::wait;
use rustix::process::Signal;
use std::time::{Duration, Instant};

#[test]
fn without_calls_it_ends_at_once() {
    let mut exchange = Exchange::start(&Plan::sample().grace_s(60));
    exchange.signal(Signal::TERM);
    exchange.process().succeeds(wait::SOON);
}

#[test]
fn calls_have_their_grace_new_ones_are_refused_then_all_are_hung_up() {
    let mut exchange = Exchange::start(&Plan::sample().grace_s(3));
    let mut crowd = Crowd::new(&exchange);
    let [ann, ben] = [crowd.phone("101", 700), crowd.phone("102", 1_100)];
    let cleo = crowd.mute("103");
    crowd.register(&[ann, ben, cleo]);
    crowd.connects(ann, "102", ben);
    let began = Instant::now();
    exchange.signal(Signal::TERM);
    wait::until("the drain", wait::SOON, || exchange.log().contains("draining").then_some(()));
    crowd.calls(cleo, "101");
    assert_eq!(crowd.is_over(cleo), Some(503));
    crowd.hears(ann, 1_100);
    assert_eq!(crowd.is_over(ann), None);
    assert_eq!(crowd.is_over(ben), None);
    assert!(began.elapsed() >= Duration::from_secs(2), "hung up before the grace was over");
    // The phones' 200s to BYE let it go.
    crowd.until("its end", |_| (!exchange.process().runs()).then_some(()));
    exchange.process().succeeds(wait::SOON);
    let records = exchange.records();
    assert_eq!(records.iter().filter(|record| record.disposition == "answered").count(), 1, "{records:?}");
}

#[test]
fn a_call_that_ends_by_itself_ends_the_grace() {
    let mut exchange = Exchange::start(&Plan::sample().grace_s(120));
    let mut crowd = Crowd::new(&exchange);
    let [ann, ben] = [crowd.mute("101"), crowd.mute("102")];
    crowd.register(&[ann, ben]);
    crowd.connects(ann, "102", ben);
    exchange.signal(Signal::TERM);
    wait::until("the drain", wait::SOON, || exchange.log().contains("draining").then_some(()));
    crowd.hangs_up(ben);
    crowd.is_over(ann);
    crowd.until("its end", |_| (!exchange.process().runs()).then_some(()));
    exchange.process().succeeds(wait::SOON);
}
