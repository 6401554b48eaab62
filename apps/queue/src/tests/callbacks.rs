//! Calling back: places that are kept, tries that are counted, and numbers that are looked at again whenever settings change.

use super::{Bench, queue, whom};
use crate::numbers::WISHES_MAX;
use crate::{Answer, Offer, Order, Outcome, Request};
use cordboard_app::{Cause, Destination, ServiceInput};
use cordboard_base::CallId;
use serde_json::json;

fn keys(callback: serde_json::Value) -> serde_json::Value {
    json!({ "retry_s": 0, "callback": callback })
}

fn outside() -> serde_json::Value {
    json!({ "trunk": "itsp", "allow": ["+49"], "another_number": true, "tries": 2 })
}

/// A queue that calls back, whose only agent is busy.
fn busy(callback: serde_json::Value) -> Bench {
    let mut bench = Bench::sales(&["101"], keys(callback));
    bench.sets("101", "busy");
    bench
}

fn wish(number: Option<&str>) -> Request {
    Request::Callback { number: number.map(str::to_owned) }
}

fn offer(order: &Order) -> Option<Offer> {
    match order {
        Order::Wait(room) | Order::Say(_, room) => room.callback,
        Order::Ring(attempt) => attempt.room.callback,
        Order::Leave(_) => None,
    }
}

fn join() -> Request {
    Request::Join(Box::new(crate::Join { queue: "sales".to_owned(), ..crate::Join::default() }))
}

#[test]
fn it_is_offered_where_there_is_a_number_to_call() {
    let another = |key| Some(Offer { key, own: true, another: false });
    for (callback, number, wanted) in [
        (json!({}), "102", another('1')),
        (json!({ "key": "9" }), "102", another('9')),
        (json!({}), "+49301234567", None),
        (outside(), "+49301234567", Some(Offer { key: '1', own: true, another: true })),
        (outside(), "+49900123456", Some(Offer { key: '1', own: false, another: true })),
        (json!({ "trunk": "itsp", "allow": ["+49"] }), "+49900123456", None),
        (json!({ "trunk": "itsp", "allow": ["+49"] }), "+49301234567", another('1')),
        (json!({ "trunk": "itsp", "allow": ["+49"] }), "", None),
    ] {
        let mut bench = busy(callback.clone());
        let Answer::Order(order) = bench.asks_as(1, number, &join()) else { panic!("an order") };
        assert_eq!(offer(&order), wanted, "{number} {callback}");
        let own = bench.asks_as(1, number, &wish(None));
        assert_eq!(
            own == Answer::Done,
            wanted.is_some_and(|offer| offer.own),
            "{number} {callback}: {own:?}"
        );
    }
}

#[test]
fn a_caller_for_whom_the_script_does_not_want_it_is_not_offered_it() {
    let mut bench = busy(outside());
    let join = crate::Join { queue: "sales".to_owned(), no_callback: true, ..crate::Join::default() };
    assert_eq!(offer(&bench.joins_with(1, join)), None);
}

#[test]
fn a_number_waits_for_one_call_at_a_time() {
    let mut bench = busy(outside());
    bench.joins(1, "sales");
    bench.joins(2, "sales");
    assert_eq!(bench.asks(1, &wish(Some("+49301234567"))), Answer::Done);
    assert!(matches!(bench.asks(2, &wish(Some("+49 30 1234567"))), Answer::Refused(_)));
    assert_eq!(bench.asks(2, &wish(Some("+49301234568"))), Answer::Done);
}

#[test]
fn so_many_wait_for_calls_at_most() {
    let mut bench = busy(outside());
    for n in 0..WISHES_MAX {
        let call = u64::try_from(n).unwrap() + 1;
        bench.joins(call, "sales");
        assert_eq!(bench.asks(call, &wish(Some(&format!("+49301000{n:03}")))), Answer::Done, "{n}");
    }
    assert_eq!(offer(&bench.joins(900, "sales")), None, "it is not offered any more");
    assert!(matches!(bench.asks(900, &wish(Some("+49302000000"))), Answer::Refused(_)));
}

/// Somebody wants to be called at a number outside; its turn comes, and its agent is called.
fn calling() -> Bench {
    let mut bench = busy(outside());
    bench.joins(1, "sales");
    assert_eq!(bench.asks(1, &wish(Some("+49301234567"))), Answer::Done);
    bench.input(ServiceInput::Gone { call: CallId(1) });
    bench.sets("101", "idle");
    assert_eq!(bench.originated.len(), 1);
    bench
}

/// The agent answers in this call, and its program asks whom to call.
fn agent_answers(bench: &mut Bench, call: u64) -> Answer {
    let number = bench.originated.last().unwrap().0;
    bench.input(ServiceInput::Originated { number, call: CallId(call), failed: None });
    bench.sets("101", "busy");
    bench.asks(call, &Request::CallBack { number })
}

#[test]
fn the_agent_is_called_first_and_then_the_number() {
    let mut bench = calling();
    // 50, as calls are written.
    let Answer::CallBack(whom) = agent_answers(&mut bench, 50) else { panic!("whom to call") };
    assert_eq!(whom.to, Destination::Trunk { trunk: "itsp".to_owned(), number: "+49301234567".to_owned() });
    bench.input(ServiceInput::Connected { call: CallId(50), parties: [Some(super::user("101")), None] });
    assert!(bench.logged().starts_with("32|sales|SIP/101|CONNECT|"), "{:?}", bench.log);
    bench.asks(50, &Request::Report(Outcome::Answered { by_agent: false }));
    assert!(bench.logged().starts_with("32|sales|SIP/101|COMPLETECALLER|"), "{:?}", bench.log);
    assert!(!bench.rows.keys().any(|key| key.starts_with("callback/")), "{:?}", bench.rows);
}

#[test]
fn who_is_not_reached_is_tried_again_after_a_pause_so_often_and_no_more() {
    let mut bench = calling();
    for attempt in 1..=2 {
        agent_answers(&mut bench, 50 + attempt);
        bench.asks(50 + attempt, &Request::Report(Outcome::NoAnswer));
        bench.sets("101", "idle");
        bench.passes(299);
        assert_eq!(bench.originated.len(), usize::try_from(attempt).unwrap(), "not before its pause is over");
        bench.passes(1);
    }
    assert_eq!(bench.originated.len(), 2, "two tries, no more");
    assert!(bench.log.iter().any(|line| line.ends_with("|CALLBACKFAILED|+49301234567|2")), "{:?}", bench.log);
    assert!(!bench.rows.keys().any(|key| key.starts_with("callback/")));
}

#[test]
fn an_agent_who_does_not_answer_is_no_failure_of_the_callers() {
    let mut bench = calling();
    for _ in 0..5 {
        let number = bench.originated.last().unwrap().0;
        let failed = Some(Cause::NO_ANSWER);
        bench.input(ServiceInput::Originated { number, call: CallId(50), failed });
        bench.passes(1);
    }
    assert_eq!(bench.originated.len(), 6);
    assert!(!bench.log.iter().any(|line| line.contains("CALLBACKFAILED")));
}

/// The agent answers and hangs up before the caller is there.
fn agent_hangs_up(bench: &mut Bench, call: u64) {
    let number = bench.originated.last().unwrap().0;
    bench.input(ServiceInput::Originated { number, call: CallId(call), failed: None });
    bench.asks(call, &Request::CallBack { number });
    bench.asks(call, &Request::Left { key: None });
    bench.input(ServiceInput::Gone { call: CallId(call) });
}

#[test]
fn an_agent_who_hangs_up_on_it_again_and_again_is_called_less_and_less_often() {
    let mut bench = calling();
    let mut pauses = Vec::new();
    for call in 50..60 {
        let so_far = bench.originated.len();
        agent_hangs_up(&mut bench, call);
        let mut seconds = 0;
        while bench.originated.len() == so_far {
            bench.passes(1);
            seconds += 1;
            assert!(seconds <= 300, "it is not given up: {pauses:?}");
        }
        pauses.push(seconds);
    }
    assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 300, 300, 300, 300]);
    assert!(bench.log.contains(&"32|sales|SIP/101|AGENTDUMP|".to_owned()), "{:?}", bench.log);
    assert!(!bench.log.iter().any(|line| line.contains("CALLBACKFAILED")), "it is not the caller's fault");
}

#[test]
fn the_next_agent_is_called_at_once_when_one_hangs_up_on_it() {
    let mut bench = Bench::sales(&["101", "102"], json!({ "retry_s": 5, "callback": outside() }));
    bench.sets("101", "busy");
    bench.sets("102", "busy");
    bench.joins(1, "sales");
    assert_eq!(bench.asks(1, &wish(Some("+49301234567"))), Answer::Done);
    bench.input(ServiceInput::Gone { call: CallId(1) });
    bench.sets("101", "idle");
    bench.sets("102", "idle");
    let first = bench.originated.len();
    agent_hangs_up(&mut bench, 50);
    assert_eq!(bench.originated.len(), first + 1, "without a pause");
    agent_hangs_up(&mut bench, 51);
    assert_eq!(bench.originated.len(), first + 1, "both have been asked");
    let dumped: Vec<&String> = bench.log.iter().filter(|line| line.contains("AGENTDUMP")).collect();
    assert!(dumped.len() == 2 && dumped[0] != dumped[1], "{dumped:?}");
}

#[test]
fn a_number_that_may_no_longer_be_called_is_not() {
    for later in [json!({}), json!({ "trunk": "itsp", "allow": ["+44"] })] {
        let mut bench = busy(outside());
        bench.joins(1, "sales");
        bench.asks(1, &wish(Some("+49301234567")));
        bench.reloads(json!({ "sales": queue(&["101"], keys(later)) }));
        bench.sets("101", "idle");
        assert!(bench.originated.is_empty());
        assert!(bench.log.iter().any(|line| line.contains("CALLBACKFAILED")), "{:?}", bench.log);
    }
}

#[test]
fn nor_is_it_when_the_settings_changed_while_the_process_was_down() {
    let mut bench = busy(outside());
    bench.joins(1, "sales");
    bench.asks(1, &wish(Some("+49301234567")));
    bench.reloads(json!({ "sales": queue(&["101"], keys(outside())) }));
    bench.restarts();
    assert_eq!(bench.rows.keys().filter(|key| key.starts_with("callback/")).count(), 1, "it is kept");
    bench.restarts_with(json!({ "sales": queue(&["101"], keys(json!({}))) }));
    bench.sets("101", "idle");
    assert!(bench.originated.is_empty());
    assert!(!bench.rows.keys().any(|key| key.starts_with("callback/")), "and then it is not");
}

#[test]
fn a_wish_keeps_its_place_before_those_who_came_later() {
    let mut bench = busy(outside());
    bench.joins(1, "sales");
    bench.passes(1);
    bench.joins(2, "sales");
    bench.asks(1, &wish(Some("+49301234567")));
    bench.sets("101", "idle");
    assert_eq!(bench.originated.len(), 1);
    assert!(whom(&bench.next(2)).is_empty());
}
