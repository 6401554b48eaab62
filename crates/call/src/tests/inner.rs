//! Destinations behind a route of the dialplan.

use super::bench::{Bench, INNER, dial, play, user};
use crate::inner::{PATH_MAX, UNHEARD_MAX};
use cordboard_app::{
    Cause, Destination, DialEnd, DialOptions, DialResult, Note, Query, Reply, Screen, Step, TakeMessage,
    Value,
};
use cordboard_base::LegId;
use cordboard_media::{PlayEnd, Source};
use cordboard_sip::session::LegCommand;

fn extension(number: &str) -> Destination {
    Destination::Extension { context: "office".to_owned(), number: number.to_owned() }
}

fn ring(stages: Vec<Vec<Destination>>) -> Step {
    Step::Dial(Box::new(DialOptions { stages, timeout_ms: vec![20_000], ..DialOptions::default() }))
}

/// 1 rings 205, whose route does this.
fn behind(steps: Vec<Step>) -> Bench {
    Bench::new(&[("1", vec![ring(vec![vec![extension("205")]])]), ("205", steps)])
}

fn results(bench: &Bench) -> Vec<DialResult> {
    let of = |reply| match reply {
        Reply::Dialed(result) => Some(*result),
        _ => None,
    };
    bench.replies().into_iter().filter_map(of).collect()
}

fn is_ended(bench: &Bench, leg: LegId) -> bool {
    matches!(bench.last_told(leg), Some(LegCommand::End { .. }))
}

/// Nothing is left, and each call has left a record.
fn all_over(bench: &mut Bench, calls: usize) {
    bench.waits(100_000);
    assert!(bench.calls.is_empty(), "{:?}", bench.calls.summaries(bench.now));
    assert_eq!(bench.records.len(), calls);
}

#[test]
fn who_answers_behind_a_route_talks_with_the_caller_in_its_call() {
    let mut bench = behind(vec![play("please wait"), dial(&[&["102"]]), play("after")]);
    let caller = bench.call("101", "1", &["PCMA"]);
    let leg = bench.last_invited();
    assert_eq!(leg.call.0 / INNER, 1, "it is rung by a call of its own");
    let asked = bench.plan.asked.borrow().last().cloned().unwrap();
    assert_eq!((asked.context.as_str(), asked.dialed.as_str()), ("office", "205"));
    assert_eq!((asked.user, asked.caller.number.as_str()), (None, "101"), "in nobody's name");
    bench.rings(leg);
    assert!(matches!(bench.last_told(caller), Some(LegCommand::Provisional { status: 180, .. })));
    bench.answers(leg);
    assert_eq!((bench.hears(caller), bench.hears(leg)), (Source::Leg(leg), Source::Leg(caller)));
    bench.waits(10_000);
    assert_eq!(bench.calls.len(), 1, "what the route's program still had to do is over");
    bench.hangs_up(leg);
    let talk = results(&bench).pop().unwrap();
    assert_eq!((talk.end, talk.by, talk.secs), (DialEnd::Answered, Some(extension("205")), 10));
    assert!(talk.hangup_by_callee);
    all_over(&mut bench, 2);
    assert_eq!(bench.records.last().unwrap().answered_by, Some(user("102")), "the record says who it was");
}

#[test]
fn it_goes_on_after_a_restart_at_any_moment() {
    for cut in 0..4 {
        let mut bench = behind(vec![dial(&[&["102"]])]);
        let caller = bench.call("101", "1", &["PCMA"]);
        let leg = bench.last_invited();
        if cut == 0 {
            bench.restart();
        }
        bench.rings(leg);
        if cut == 1 {
            bench.restart();
        }
        bench.answers(leg);
        if cut == 2 {
            bench.restart();
        }
        assert_eq!(bench.hears(caller), Source::Leg(leg));
        bench.hangs_up(caller);
        if cut == 3 {
            bench.restart();
        }
        assert!(is_ended(&bench, leg));
        all_over(&mut bench, 2);
    }
}

#[test]
fn a_caller_that_gives_up_ends_what_rings_behind_the_route() {
    let mut bench = behind(vec![dial(&[&["102"]]), dial(&[&["103"]])]);
    let caller = bench.call("101", "1", &["PCMA"]);
    let leg = bench.last_invited();
    bench.rings(leg);
    bench.hangs_up(caller);
    assert!(is_ended(&bench, leg));
    assert_eq!(bench.invites().len(), 1, "the route's program rings nobody else");
    all_over(&mut bench, 2);
}

#[test]
fn how_the_route_ends_is_how_the_dial_ends() {
    let message = Step::TakeMessage(TakeMessage { file: "messages/1".into(), ..TakeMessage::default() });
    let hangup = |cause| vec![play("sorry"), Step::Hangup(cause)];
    let cases = [
        (hangup(Cause::BUSY), DialEnd::Busy, Cause::BUSY),
        (hangup(Cause::ABSENT), DialEnd::Unavailable, Cause::ABSENT),
        (hangup(Cause::UNALLOCATED), DialEnd::Failed, Cause::UNALLOCATED),
        (vec![play("no more")], DialEnd::NoAnswer, Cause::NO_ANSWER),
        // A mailbox answers nobody's call.
        (vec![Step::Answer, play("greeting"), message.clone()], DialEnd::NoAnswer, Cause::NO_ANSWER),
        (vec![dial(&[&["109"]]), play("greeting"), message], DialEnd::Failed, Cause::UNALLOCATED),
        (
            vec![Step::Enter { context: "x".into(), number: "none".into() }],
            DialEnd::Failed,
            Cause::UNALLOCATED,
        ),
    ];
    for (steps, end, cause) in cases {
        let mut bench = behind(steps.clone());
        bench.plan.takes_all = false;
        bench.call("101", "1", &["PCMA"]);
        let result = results(&bench).pop().unwrap_or_else(|| panic!("{steps:?}"));
        assert_eq!((result.end, result.cause, result.by), (end, cause, None), "{steps:?}");
        all_over(&mut bench, 2);
    }
}

#[test]
fn a_phone_that_declines_behind_the_route_is_busy_and_the_next_stage_rings() {
    let stages = vec![vec![extension("205")], vec![user("103")]];
    let mut bench = Bench::new(&[("1", vec![ring(stages)]), ("205", vec![dial(&[&["102"]])])]);
    bench.call("101", "1", &["PCMA"]);
    bench.refuses(bench.last_invited(), 603);
    let next = bench.last_invited();
    bench.refuses(next, 404);
    let result = results(&bench).pop().unwrap();
    assert_eq!((result.end, result.cause), (DialEnd::Busy, Cause::REJECTED));
    all_over(&mut bench, 2);
}

#[test]
fn whoever_is_faster_gets_the_call_and_the_others_are_told_so() {
    let stages = vec![vec![extension("205"), user("103")]];
    let routes = [("1", vec![ring(stages)]), ("205", vec![dial(&[&["102", "104"]])])];
    for fast in ["102", "103"] {
        let mut bench = Bench::new(&routes);
        let caller = bench.call("101", "1", &["PCMA"]);
        let legs = bench.invites().into_iter().map(|(leg, new)| (new.target.user.clone().unwrap(), leg));
        let legs: Vec<(String, LegId)> = legs.collect();
        assert_eq!(legs.len(), 3);
        legs.iter().for_each(|(_, leg)| bench.rings(*leg));
        let winner = legs.iter().find(|(name, _)| name == fast).unwrap().1;
        bench.answers(winner);
        assert_eq!(bench.hears(caller), Source::Leg(winner));
        for (name, leg) in legs.iter().filter(|(name, _)| name != fast) {
            let Some(LegCommand::End { reason }) = bench.last_told(*leg) else { panic!("{name} rings") };
            assert_eq!(reason.text.as_deref(), Some("Call completed elsewhere"), "{fast}: {name}");
        }
        bench.hangs_up(caller);
        all_over(&mut bench, 2);
    }
}

#[test]
fn who_is_asked_behind_the_route_has_the_time_to_say_so() {
    let Step::Dial(options) = dial(&[&["102"]]) else { unreachable!() };
    let screen = Some(Screen { app: "ask".into(), args: Value::Unit });
    let screened = Step::Dial(Box::new(DialOptions { screen, ..*options }));
    for outcome in [true, false] {
        let mut bench = Bench::new(&[
            ("1", vec![ring(vec![vec![extension("205")]])]),
            ("205", vec![screened.clone()]),
            ("ask", vec![play("question"), Step::Done(Value::Bool(outcome))]),
        ]);
        let caller = bench.call("101", "1", &["PCMA"]);
        let leg = bench.last_invited();
        bench.rings(leg);
        bench.waits(19_000);
        bench.answers(leg);
        bench.waits(5_000);
        assert!(results(&bench).is_empty(), "the ringing's time is over, the question is not");
        let question = bench.last_play(leg).unwrap().id;
        bench.played(leg, question, PlayEnd::Finished);
        assert_eq!(bench.hears(caller) == Source::Leg(leg), outcome);
        if !outcome {
            assert!(is_ended(&bench, leg));
            assert_eq!(results(&bench).pop().unwrap().end, DialEnd::Busy);
        }
        bench.hangs_up(caller);
        all_over(&mut bench, 2);
    }
}

#[test]
fn extensions_that_lead_to_one_another_ring_nobody() {
    let mut bench = behind(vec![ring(vec![vec![extension("205")]])]);
    bench.call("101", "1", &["PCMA"]);
    let result = results(&bench).pop().unwrap();
    assert_eq!((result.end, result.cause), (DialEnd::Failed, Cause(25)));
    all_over(&mut bench, 2);
}

#[test]
fn extensions_lead_so_far_and_no_further() {
    for (depth, reached) in [(PATH_MAX, true), (PATH_MAX + 1, false)] {
        let names: Vec<String> = (0..depth).map(|n| format!("2{n:02}")).collect();
        let mut routes = vec![("1", vec![ring(vec![vec![extension("200")]])])];
        for (n, name) in names.iter().enumerate() {
            let next = names.get(n + 1).map_or_else(|| user("102"), |next| extension(next));
            routes.push((name, vec![ring(vec![vec![next]])]));
        }
        let mut bench = Bench::new(&routes);
        let caller = bench.call("101", "1", &["PCMA"]);
        assert_eq!(!bench.invites().is_empty(), reached, "{depth}");
        if reached {
            let leg = bench.last_invited();
            bench.answers(leg);
            assert_eq!(bench.hears(caller), Source::Leg(leg));
            bench.hangs_up(caller);
        }
        all_over(&mut bench, 1 + PATH_MAX);
    }
}

#[test]
fn a_program_that_plays_to_nobody_without_end_is_ended() {
    for (prompts, rings) in [(UNHEARD_MAX, true), (UNHEARD_MAX + 1, false)] {
        let mut steps = vec![play("again"); usize::from(prompts)];
        steps.push(dial(&[&["102"]]));
        let mut bench = behind(steps);
        let caller = bench.call("101", "1", &["PCMA"]);
        assert_eq!(!bench.invites().is_empty(), rings, "{prompts}");
        bench.hangs_up(caller);
        all_over(&mut bench, 2);
    }
}

#[test]
fn a_bug_behind_the_route_is_an_extension_that_fails_and_spares_the_caller() {
    let stages = vec![vec![extension("205")], vec![user("103")]];
    let broken = vec![Step::Ask(Query::Header("panic!".into()))];
    let mut bench = Bench::new(&[("1", vec![ring(stages)]), ("205", broken)]);
    let caller = bench.call("101", "1", &["PCMA"]);
    let leg = bench.last_invited();
    bench.answers(leg);
    assert_eq!(bench.hears(caller), Source::Leg(leg));
    bench.hangs_up(caller);
    all_over(&mut bench, 2);
}

#[test]
fn a_bug_in_the_call_that_rings_leaves_nobody_ringing_behind_the_route() {
    let mut bench = Bench::new(&[
        ("1", vec![ring(vec![vec![extension("205")]])]),
        ("205", vec![dial(&[&["102"]])]),
        ("666", vec![Step::Ask(Query::Header("panic!".into()))]),
    ]);
    let Step::Dial(options) = ring(vec![vec![extension("205"), user("103")]]) else { unreachable!() };
    let screen = Some(Screen { app: "666".into(), args: Value::Unit });
    bench.plan.routes.insert("1".into(), vec![Step::Dial(Box::new(DialOptions { screen, ..*options }))]);
    let plan = std::rc::Rc::new(bench.plan.clone());
    bench.calls.set_programs(plan);
    bench.call("101", "1", &["PCMA"]);
    let legs = bench.invites().into_iter().map(|(leg, new)| (new.target.user.clone().unwrap(), leg));
    let legs: Vec<(String, LegId)> = legs.collect();
    let of = |name: &str| legs.iter().find(|(user, _)| user == name).unwrap().1;
    bench.answers(of("103"));
    assert_eq!(bench.calls.counts().panicked, 1);
    assert!(is_ended(&bench, of("102")));
    all_over(&mut bench, 2);
}

#[test]
fn what_the_route_says_of_the_caller_is_shown_there_and_changes_nothing_for_the_caller() {
    let shown = cordboard_app::Identity { number: "5".into(), name: "Sales".into() };
    let set = Step::Note(Note::SetCaller(shown, cordboard_app::Privacy::Allowed));
    let mut bench = behind(vec![set, dial(&[&["102"]])]);
    let caller = bench.call("101", "1", &["PCMA"]);
    let (leg, invite) = bench.invites().pop().unwrap();
    assert_eq!(invite.from.uri.user.as_deref(), Some("5"));
    bench.answers(leg);
    bench.hangs_up(caller);
    all_over(&mut bench, 2);
    let callers: Vec<&str> = bench.records.iter().map(|record| record.caller.number.as_str()).collect();
    assert!(callers.contains(&"101") && callers.contains(&"5"), "{callers:?}");
}
