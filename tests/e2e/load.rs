//! Many at once, and one too many.

use crate::harness::crowd::{Crowd, Seat};
use crate::harness::exchange::Exchange;
use crate::harness::plan::Plan;
use crate::harness::wait;
use cordboard_phone::Command;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Everybody can be dialled by four digits.
const DIALPLAN: &str = r#"
let internal = context("internal");
internal.on("_XXXX", |ch| ch.dial(user(ch.dialed), #{ timeout: 60 }));
"#;
/// Registered at a time: a burst that fits the sockets' receive buffers.
pub(crate) const WAVE: usize = 50;

/// A socket for each phone: the soft limit of 1,024 would not do.
pub(crate) fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
}

pub(crate) fn names(from: u32, count: u32) -> Vec<String> {
    (from..from + count).map(|number| number.to_string()).collect()
}

#[test]
fn a_thousand_phones_register() {
    raise_file_limit();
    let users = names(2_000, 1_000);
    let exchange = Exchange::start(&Plan::sample().dialplan(DIALPLAN).users(users.clone()));
    let mut crowd = Crowd::new(&exchange);
    let seats: Vec<Seat> = users.iter().map(|user| crowd.mute(user)).collect();
    for wave in seats.chunks(WAVE) {
        crowd.register(wave);
    }
    let phones = exchange.asks_json(&["phones", "--json"]);
    assert_eq!(phones.iter().filter(|phone| phone["contact"] != "").count(), 1_000);
}

#[test]
fn two_hundred_calls_at_once_and_those_with_voices_are_heard() {
    raise_file_limit();
    let [callers, callees] = [names(2_000, 200), names(3_000, 200)];
    let users = callers.iter().chain(&callees).cloned();
    let plan = Plan::sample().dialplan(DIALPLAN).users(users).media_ports(1_000);
    let mut exchange = Exchange::start(&plan);
    let mut crowd = Crowd::new(&exchange);
    // Every twentieth pair speaks.
    let hz = |index: usize, speaks: u16| if index.is_multiple_of(20) { speaks } else { 0 };
    let mut seats = |users: &[String], voice| -> Vec<Seat> {
        users.iter().enumerate().map(|(index, user)| crowd.phone(user, hz(index, voice))).collect()
    };
    let [calling, called] = [seats(&callers, 700), seats(&callees, 1_100)];
    for wave in calling.chunks(WAVE).chain(called.chunks(WAVE)) {
        crowd.register(wave);
    }
    for (wave, group) in calling.chunks(WAVE).zip(called.chunks(WAVE)).enumerate() {
        for (index, caller) in group.0.iter().enumerate() {
            crowd.calls(*caller, &callees[wave * WAVE + index]);
        }
        for callee in group.1 {
            crowd.rings(*callee);
            crowd.does(*callee, Command::Answer);
        }
        for seat in group.0.iter().chain(group.1) {
            crowd.talks(*seat);
        }
    }
    assert_eq!(exchange.calls(), 200);
    for (caller, callee) in calling.iter().zip(&called).step_by(20) {
        crowd.hears(*caller, 1_100);
        crowd.hears(*callee, 700);
    }
    for caller in &calling {
        crowd.does(*caller, Command::Hangup(None));
    }
    for seat in calling.iter().chain(&called) {
        assert_eq!(crowd.is_over(*seat), None);
    }
    let records = exchange.leaves_records(200);
    assert!(records.iter().all(|record| record.disposition == "answered" && record.error.is_none()));
    assert_eq!(exchange.calls(), 0);
    exchange.still_answers();
}

#[test]
fn a_call_past_the_limit_gets_503_with_retry_after_and_room_is_room_again() {
    let users = names(2_000, 6);
    let plan = Plan::sample().dialplan(DIALPLAN).users(users.clone()).set("limits", "calls", 2);
    let exchange = Exchange::start(&plan);
    let mut crowd = Crowd::new(&exchange);
    let seats: Vec<Seat> = users.iter().map(|user| crowd.mute(user)).collect();
    crowd.register(&seats);
    crowd.connects(seats[0], "2001", seats[1]);
    crowd.connects(seats[2], "2003", seats[3]);
    crowd.calls(seats[4], "2005");
    assert_eq!(crowd.is_over(seats[4]), Some(503));
    let refusal = crowd.heard_on_the_wire(seats[4], "SIP/2.0 503");
    assert!(refusal.contains("\r\nRetry-After: "), "{refusal}");
    crowd.hangs_up(seats[0]);
    crowd.is_over(seats[1]);
    // Who is called has yet to confirm it: until then the call takes its place.
    wait::until("the end of the first call", wait::LONG, || (exchange.calls() == 1).then_some(()));
    crowd.connects(seats[4], "2005", seats[5]);
}
