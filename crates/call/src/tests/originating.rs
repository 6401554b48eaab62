//! Calls that the office makes of itself, and parties of other calls that are fetched or picked up.

use super::bench::{Bench, dial, extensions, play, user};
use crate::{Disposition, Input, Output};
use cordboard_app::{
    Await, CallInfo, Cause, Connect, DialEnd, DialOptions, Happening, Identity, OnBehalfOf, Originate, Reply,
    Step, Then, Value,
};
use cordboard_base::{CallId, LegId};
use cordboard_media::Source;
use cordboard_sip::session::LegCommand;
use std::collections::BTreeMap;

const CALL: CallId = CallId(40);

fn originate(bench: &mut Bench, stages: &[&[&str]], then: Then) {
    let Step::Dial(options) = dial(stages) else { unreachable!() };
    let caller = Identity { number: "700".into(), name: "Wake-up".into() };
    let dial = DialOptions { caller: Some(caller.clone()), ..*options };
    let info = CallInfo { call: "40".into(), context: "internal".into(), caller, ..CallInfo::default() };
    let originate = Box::new(Originate { dial, on_behalf_of: OnBehalfOf::default(), then });
    bench.input(Input::Originate { call: CALL, info: Box::new(info), originate });
}

fn run() -> Then {
    Then::Run { app: "wake".into(), args: Value::Unit }
}

fn told(bench: &Bench) -> Vec<Option<Cause>> {
    let of = |output: &Output| match output {
        Output::Originated { call, failed } => Some((*call, *failed)),
        _ => None,
    };
    bench.out.iter().filter_map(of).map(|(call, failed)| (call == CALL).then_some(failed).unwrap()).collect()
}

fn office() -> Bench {
    let mut routes = extensions();
    routes.push(("wake", vec![play("hello"), dial(&[&["103"]])]));
    routes.push((
        "700",
        vec![Step::Music(Some("jazz".into())), Step::Await(Await { digits: "1".into(), timeout_ms: 0 })],
    ));
    routes.push((
        "*8",
        vec![Step::Connect(Connect::RingingAt(vec!["102".into(), "103".into()])), play("nobody")],
    ));
    Bench::new(&routes)
}

#[test]
fn who_answers_gets_the_program_and_the_service_is_told() {
    let mut bench = office();
    originate(&mut bench, &[&["102"]], run());
    let (leg, invite) = bench.invites()[0];
    assert_eq!(invite.from.uri.user.as_deref(), Some("700"));
    bench.rings(leg);
    assert_eq!(told(&bench), []);
    bench.answers(leg);
    assert_eq!(told(&bench), [None]);
    let id = bench.last_play(leg).unwrap().id;
    bench.played(leg, id, cordboard_media::PlayEnd::Finished);
    let third = bench.last_invited();
    bench.answers(third);
    assert_eq!((bench.hears(leg), bench.hears(third)), (Source::Leg(third), Source::Leg(leg)));
    bench.hangs_up(leg);
    let record = bench.record();
    assert_eq!((record.disposition, record.caller.number.as_str()), (Disposition::Answered, "700"));
    assert_eq!(record.legs.len(), 2);
}

#[test]
fn a_route_may_follow_in_the_context_of_whom_it_is_for() {
    let mut bench = office();
    originate(&mut bench, &[&["102"]], Then::Enter { number: "104".into() });
    let leg = bench.last_invited();
    bench.answers(leg);
    let info = bench.plan.asked.borrow().last().cloned().unwrap();
    assert_eq!((info.context.as_str(), info.dialed.as_str()), ("internal", "104"));
    assert_ne!(bench.last_invited(), leg, "104 rings");
}

#[test]
fn nobody_answers_and_the_record_says_so() {
    let mut bench = office();
    originate(&mut bench, &[&["102"], &["103"]], run());
    bench.refuses(bench.last_invited(), 486);
    assert_eq!(told(&bench), []);
    bench.waits(20_000);
    assert_eq!(told(&bench), [Some(Cause::BUSY)], "the best of both answers");
    assert_eq!(bench.record().disposition, Disposition::Busy);
}

#[test]
fn nobody_there_is_told_at_once() {
    let mut bench = office();
    bench.users.insert("102".into(), 0);
    originate(&mut bench, &[&["102"]], run());
    assert_eq!((told(&bench), bench.records.len()), (vec![Some(Cause::ABSENT)], 1));
}

#[test]
fn a_call_that_is_ended_while_it_rings_is_told() {
    let mut bench = office();
    originate(&mut bench, &[&["102"]], run());
    bench.restart();
    bench.input(Input::Hangup { call: CALL, cause: Cause::TEMPORARY });
    assert_eq!((told(&bench), bench.records.len()), (vec![Some(Cause::TEMPORARY)], 1));
    assert!(bench.is_over(bench.last_invited()));
}

fn parked(bench: &mut Bench) -> LegId {
    let caller = bench.call("101", "700", &["PCMA"]);
    assert!(bench.last_play(caller).is_some());
    caller
}

fn fetches(bench: &mut Bench, from: &str, call: CallId) -> LegId {
    let steps = vec![Step::Connect(Connect::Waiting { call, extra: BTreeMap::new() }), play("over")];
    bench.plan.routes.insert("701".into(), steps);
    bench.calls.set_programs(std::rc::Rc::new(bench.plan.clone()));
    bench.call(from, "701", &["PCMA"])
}

#[test]
fn a_party_that_waits_is_fetched_and_both_talk() {
    let mut bench = office();
    let anna = parked(&mut bench);
    let ben = fetches(&mut bench, "102", anna.call);
    assert_eq!((bench.hears(anna), bench.hears(ben)), (Source::Leg(ben), Source::Leg(anna)));
    assert!(bench.replies().contains(&Reply::HungUp(Cause::ELSEWHERE)), "its program is told");
    assert_eq!(bench.records.len(), 1, "its call is over");
    let shown = bench.told(anna).iter().any(|command| match command {
        LegCommand::Identity { headers } => headers.iter().any(|(_, value)| value.contains("102")),
        _ => false,
    });
    assert!(shown, "her display: {:?}", bench.told(anna));
    bench.hangs_up(anna);
    let Some(Reply::Dialed(result)) = bench.replies().last().cloned() else {
        panic!("{:?}", bench.replies())
    };
    assert_eq!((result.end, result.by), (DialEnd::Answered, Some(user("101"))));
    bench.hangs_up(ben);
    assert_eq!(bench.records.len(), 2);
}

#[test]
fn nobody_is_fetched_who_does_not_wait() {
    for gone in [true, false] {
        let mut bench = office();
        let call = if gone { CallId(77) } else { bench.talk("101", "103").0.call };
        let ben = fetches(&mut bench, "102", call);
        assert!(matches!(bench.replies().last(), Some(Reply::Failed(_))), "{:?}", bench.replies());
        assert!(!bench.is_over(ben));
    }
}

#[test]
fn a_word_of_a_service_that_comes_first_leaves_nobody_to_fetch() {
    let mut bench = office();
    let anna = parked(&mut bench);
    bench.presses(anna, "1");
    assert!(bench.replies().contains(&Reply::Happened(Happening::Digit('1'))));
    fetches(&mut bench, "102", anna.call);
    assert!(matches!(bench.replies().last(), Some(Reply::Failed(_))));
}

#[test]
fn a_pickup_takes_the_call_that_has_rung_longest() {
    let mut bench = office();
    let first = bench.call("101", "102", &["PCMA"]);
    let at_ben = bench.last_invited();
    bench.rings(at_ben);
    bench.waits(1_000);
    let second = bench.call("104", "103", &["PCMA"]);
    let at_clara = bench.last_invited();
    bench.rings(at_clara);
    let picker = bench.call("105", "*8", &["PCMA"]);
    assert_eq!((bench.hears(first), bench.hears(picker)), (Source::Leg(picker), Source::Leg(first)));
    assert!(matches!(bench.last_told(at_ben), Some(LegCommand::End { reason }) if reason.sip == Some(200)));
    assert!(!bench.is_over(at_clara) && !bench.is_over(second));
    assert!(matches!(bench.told(picker)[0], LegCommand::Accept { .. }));
    let shows = |leg: LegId, number: &str| {
        bench.told(leg).iter().any(|command| match command {
            LegCommand::Accept { headers, .. } | LegCommand::Identity { headers } => {
                headers.iter().any(|(_, value)| value.contains(number))
            }
            _ => false,
        })
    };
    assert!(shows(first, "sip:105@") && shows(picker, "sip:101@"), "both displays");
    bench.hangs_up(picker);
    let Some(Reply::Dialed(result)) =
        bench.replies().into_iter().rev().find(|reply| matches!(reply, Reply::Dialed(_)))
    else {
        panic!("{:?}", bench.replies())
    };
    assert_eq!(result.end, DialEnd::Answered);
}

#[test]
fn a_pickup_without_anybody_who_rings_says_so() {
    let mut bench = office();
    bench.call("101", "104", &["PCMA"]);
    bench.rings(bench.last_invited());
    bench.call("105", "*8", &["PCMA"]);
    assert!(matches!(bench.replies().last(), Some(Reply::Failed(_))), "104 is in no group of hers");
}
