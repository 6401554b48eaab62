//! Calls between phones, through the shipped dialplan.

use crate::harness::crowd::Crowd;
use crate::harness::exchange::Exchange;
use crate::harness::plan::Plan;

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
