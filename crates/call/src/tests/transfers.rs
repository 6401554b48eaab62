//! Transfers and pickup.

use super::bench::{Bench, dial, extensions, rejected};
use crate::{Fact, Input, LegState, Output};
use cordboard_app::{Cause, Destination, DialOptions, Note, Query, Reply, Step, Value};
use cordboard_base::{CallId, LegId};
use cordboard_media::Source;
use cordboard_sip::session::LegCommand;

fn notified(bench: &Bench, leg: LegId) -> Vec<u16> {
    let of = |command: &&LegCommand| match command {
        LegCommand::ReferReply { status } | LegCommand::ReferNotify { status } => Some(*status),
        _ => None,
    };
    bench.told(leg).iter().filter_map(of).collect()
}

fn ended(bench: &Bench, leg: LegId) -> bool {
    bench.told(leg).iter().any(|command| matches!(command, LegCommand::End { .. }))
}

fn shown(bench: &Bench, leg: LegId) -> Option<String> {
    bench.told(leg).iter().rev().find_map(|command| match command {
        LegCommand::Identity { headers } => headers.first().map(|(_, value)| value.clone()),
        _ => None,
    })
}

fn bridged(bench: &Bench, a: LegId, b: LegId) -> bool {
    (bench.hears(a), bench.hears(b)) == (Source::Leg(b), Source::Leg(a))
}

#[test]
fn a_callee_transfers_the_caller_blindly() {
    let mut bench = Bench::new(&extensions());
    let (caller, callee) = bench.talk("101", "102");
    bench.refers(callee, "<sip:103@office.example>");
    assert_eq!(notified(&bench, callee), [202]);
    let third = bench.last_invited();
    assert_eq!(bench.plan.asked.borrow().last().map(|info| info.context.clone()), Some("of-102".into()));
    bench.rings(third);
    bench.answers(third);
    assert_eq!(notified(&bench, callee), [202, 180, 200]);
    assert!(ended(&bench, callee) && !ended(&bench, caller));
    assert!(bridged(&bench, caller, third));
    assert!(shown(&bench, caller).is_some_and(|value| value.contains("103")));
    bench.hangs_up(caller);
    assert_eq!(bench.record().legs.len(), 3);
}

#[test]
fn the_referrer_hears_once_that_it_rings_however_many_ring() {
    let mut bench = Bench::new(&extensions());
    let (_, callee) = bench.talk("101", "102");
    bench.users.insert("103".into(), 2);
    bench.refers(callee, "<sip:103@office.example>");
    let phones: Vec<LegId> = bench.invites().iter().rev().take(2).map(|(leg, _)| *leg).collect();
    phones.iter().for_each(|phone| bench.rings(*phone));
    bench.rings(phones[0]);
    assert_eq!(notified(&bench, callee), [202, 180]);
}

fn referred_by(bench: &Bench) -> Option<String> {
    let headers = bench.invites().last().expect("an INVITE").1.headers.clone();
    headers.into_iter().find(|(name, _)| name == "Referred-By").map(|(_, value)| value)
}

#[test]
fn the_new_invite_says_who_transferred_and_an_ordinary_one_does_not() {
    let mut bench = Bench::new(&extensions());
    let (_, callee) = bench.talk("101", "102");
    assert_eq!(referred_by(&bench), None);
    bench.refers(callee, "<sip:103@office.example>");
    assert_eq!(referred_by(&bench).as_deref(), Some("\"User 102\" <sip:102@office.example>"));
}

#[test]
fn the_transferred_partys_program_sees_exported_variables_and_no_plain_ones() {
    let set = |name: &str, inherited| {
        Step::Note(Note::SetVar { name: name.into(), value: Value::Text("set".into()), inherited })
    };
    let ask = |name: &str| Step::Ask(Query::Var(name.into()));
    let mut bench = Bench::new(&[
        ("102", vec![set("customer", true), set("tries", false), dial(&[&["102"]])]),
        ("103", vec![ask("customer"), ask("tries"), dial(&[&["103"]])]),
    ]);
    let (_, callee) = bench.talk("101", "102");
    bench.refers(callee, "<sip:103@office.example>");
    let replies = bench.replies();
    let values: Vec<_> = replies.iter().filter(|reply| matches!(reply, Reply::Value(_))).collect();
    assert_eq!(values, [&Reply::Value(Value::Text("set".into())), &Reply::Value(Value::Unit)]);
}

#[test]
fn a_route_that_is_entered_sees_every_variable_of_the_program_that_entered_it() {
    let set = |inherited| Step::Note(Note::SetVar { name: "x".into(), value: Value::Int(1), inherited });
    for inherited in [false, true] {
        let enter = Step::Enter { context: "internal".into(), number: "2".into() };
        let ask = Step::Ask(Query::Var("x".into()));
        let mut bench =
            Bench::new(&[("1", vec![set(inherited), enter]), ("2", vec![ask, Step::Wait { ms: 1 }])]);
        bench.call("101", "1", &["PCMA"]);
        assert_eq!(bench.replies().last(), Some(&Reply::Value(Value::Int(1))));
    }
}

#[test]
fn a_caller_transfers_the_callee_blindly() {
    let mut bench = Bench::new(&extensions());
    let (caller, callee) = bench.talk("101", "102");
    bench.refers(caller, "<sip:103@office.example>");
    let third = bench.last_invited();
    assert_eq!(bench.invites().last().unwrap().1.from.uri.user.as_deref(), Some("102"));
    assert_eq!(bench.plan.asked.borrow().last().map(|info| info.context.clone()), Some("internal".into()));
    bench.answers(third);
    assert!(ended(&bench, caller));
    assert!(bridged(&bench, callee, third));
    bench.hangs_up(third);
    assert!(ended(&bench, callee));
    assert_eq!(bench.records.len(), 1);
}

#[test]
fn a_blind_transfer_that_fails_comes_back() {
    let mut bench = Bench::new(&extensions());
    let (caller, callee) = bench.talk("101", "102");
    bench.refers(callee, "<sip:103@office.example>");
    bench.refuses(bench.last_invited(), 486);
    assert_eq!(notified(&bench, callee), [202, 486]);
    assert!(bridged(&bench, caller, callee));
    bench.hangs_up(callee);
    assert!(ended(&bench, caller));
    assert_eq!(bench.records.len(), 1);
}

#[test]
fn a_blind_transfer_whose_program_hangs_up_comes_back() {
    let mut plan = extensions();
    plan.push(("105", vec![dial(&[&["103"]]), Step::Hangup(Cause::BUSY)]));
    let mut bench = Bench::new(&plan);
    let (caller, callee) = bench.talk("101", "102");
    bench.refers(callee, "<sip:105@office.example>");
    bench.refuses(bench.last_invited(), 486);
    assert_eq!(notified(&bench, callee), [202, 486]);
    assert!(bridged(&bench, caller, callee) && !ended(&bench, caller));
    bench.hangs_up(callee);
    assert!(ended(&bench, caller));
    assert_eq!(bench.records.len(), 1);
}

#[test]
fn a_blind_transfer_to_no_route_comes_back() {
    let mut bench = Bench::new(&extensions());
    let (caller, callee) = bench.talk("101", "102");
    bench.refers(caller, "<sip:999@office.example>");
    assert_eq!(notified(&bench, caller), [202, 404]);
    assert!(bridged(&bench, caller, callee));
}

#[test]
fn a_referrer_that_hangs_up_leaves_the_transfer_going_on() {
    let mut bench = Bench::new(&extensions());
    let (caller, callee) = bench.talk("101", "102");
    bench.refers(callee, "<sip:103@office.example>");
    bench.hangs_up(callee);
    let third = bench.last_invited();
    bench.answers(third);
    assert!(bridged(&bench, caller, third));
    bench.hangs_up(third);
    assert!(ended(&bench, caller));
    assert_eq!(bench.records.len(), 1);
}

#[test]
fn a_transfer_that_fails_with_nobody_to_come_back_to_ends_the_call() {
    let mut bench = Bench::new(&extensions());
    let (caller, callee) = bench.talk("101", "102");
    bench.refers(callee, "<sip:103@office.example>");
    bench.hangs_up(callee);
    bench.refuses(bench.last_invited(), 486);
    assert!(ended(&bench, caller));
    assert_eq!(bench.records.len(), 1);
}

#[test]
fn the_transferred_party_hanging_up_ends_everything() {
    let mut bench = Bench::new(&extensions());
    let (caller, callee) = bench.talk("101", "102");
    bench.refers(callee, "<sip:103@office.example>");
    let third = bench.last_invited();
    bench.hangs_up(caller);
    assert!(ended(&bench, callee) && ended(&bench, third));
    assert_eq!(bench.records.len(), 1);
}

#[test]
fn only_one_who_talks_can_transfer() {
    let mut bench = Bench::new(&[("1", vec![Step::Answer, Step::Wait { ms: 60_000 }])]);
    let caller = bench.call("101", "1", &["PCMA"]);
    bench.refers(caller, "<sip:103@office.example>");
    assert_eq!(notified(&bench, caller), [603]);
}

/// `referrer` is told to join its partner with that of its leg `consultation`.
fn join(bench: &mut Bench, referrer: LegId, consultation: Option<LegId>) {
    bench.refers(referrer, "<sip:103@office.example?Replaces=abc%3Bto-tag%3D1%3Bfrom-tag%3D2>");
    let query = bench.out.iter().rev().find_map(|output| match output {
        Output::FindDialog { query, call_id, to_tag, from_tag } => {
            assert_eq!((call_id.as_str(), to_tag.as_str(), from_tag.as_str()), ("abc", "1", "2"));
            Some(*query)
        }
        _ => None,
    });
    bench.input(Input::Found { query: query.expect("a question"), leg: consultation });
}

#[test]
fn a_callee_joins_its_caller_with_whom_it_has_called() {
    let mut bench = Bench::new(&extensions());
    let (alice, bob) = bench.talk("101", "102");
    let (bob2, carol) = bench.talk("102", "103");
    join(&mut bench, bob, Some(bob2));
    assert_eq!(notified(&bench, bob), [202, 200]);
    hears_the_outcome_before_its_end(&bench, bob);
    assert!(ended(&bench, bob) && ended(&bench, bob2));
    assert!(bridged(&bench, alice, carol));
    assert!(shown(&bench, alice).is_some_and(|value| value.contains("103")));
    assert!(shown(&bench, carol).is_some_and(|value| value.contains("101")));
    assert_eq!(bench.records.len(), 1, "the consultation's");
    assert_eq!(bench.calls.call_of(carol), Some(alice.call));
    bench.hangs_up(carol);
    assert!(ended(&bench, alice));
    assert_eq!(bench.records.len(), 2);
}

#[test]
fn one_who_called_both_joins_them() {
    let mut bench = Bench::new(&extensions());
    let (alice1, bob) = bench.talk("101", "102");
    let (alice2, carol) = bench.talk("101", "103");
    join(&mut bench, alice1, Some(alice2));
    hears_the_outcome_before_its_end(&bench, alice1);
    assert!(ended(&bench, alice1) && ended(&bench, alice2));
    assert!(bridged(&bench, bob, carol));
    bench.hangs_up(bob);
    assert!(ended(&bench, carol));
    assert_eq!(bench.records.len(), 2);
    assert!(bench.calls.is_empty());
}

#[test]
fn one_who_was_called_by_both_joins_them() {
    let mut bench = Bench::new(&extensions());
    let (alice, carol1) = bench.talk("101", "103");
    let (bob, carol2) = bench.talk("102", "103");
    join(&mut bench, carol1, Some(carol2));
    hears_the_outcome_before_its_end(&bench, carol1);
    assert!(bridged(&bench, alice, bob));
    bench.hangs_up(alice);
    assert!(ended(&bench, bob));
    assert_eq!(bench.records.len(), 2);
    assert_eq!(lamp(&bench, bob), Some((Some(Destination::User("102".into())), LegState::Ended)));
}

/// What was last told of a leg's lamp, and whose it is.
fn lamp(bench: &Bench, leg: LegId) -> Option<(Option<Destination>, LegState)> {
    bench.facts().iter().rev().find_map(|fact| match fact {
        Fact::LegState { leg: of, who, state, .. } if *of == leg => Some((who.clone(), *state)),
        _ => None,
    })
}

#[test]
fn a_consultation_that_still_rings_is_joined_too() {
    let mut bench = Bench::new(&extensions());
    let (alice, bob) = bench.talk("101", "102");
    let bob2 = bench.call("102", "103", &["PCMA"]);
    let carol = bench.last_invited();
    bench.rings(carol);
    join(&mut bench, bob, Some(bob2));
    bench.answers(carol);
    assert!(bridged(&bench, alice, carol));
    bench.hangs_up(alice);
    assert_eq!(bench.records.len(), 2);
}

/// After its BYE nobody can be told anything (RFC 3515 §2.4.5).
fn hears_the_outcome_before_its_end(bench: &Bench, referrer: LegId) {
    let told = bench.told(referrer);
    let at = |is: fn(&LegCommand) -> bool| told.iter().position(|command| is(command)).unwrap();
    let outcome = at(|command| matches!(command, LegCommand::ReferNotify { status: 200 }));
    let end = at(|command| matches!(command, LegCommand::End { .. }));
    assert!(outcome < end, "{told:?}");
}

/// `referrer` is told to have its partner take a place at another exchange.
fn refer_elsewhere(bench: &mut Bench, referrer: LegId, host: &str) {
    bench.refers(referrer, &format!("<sip:9555@{host}?Replaces=abc%3Bto-tag%3D1%3Bfrom-tag%3D2>"));
    let query = bench.out.iter().rev().find_map(|output| match output {
        Output::FindDialog { query, .. } => Some(*query),
        _ => None,
    });
    bench.input(Input::Found { query: query.expect("a question"), leg: None });
}

fn with_trunk() -> Vec<(&'static str, Vec<Step>)> {
    let trunk = Destination::Trunk { trunk: "itsp".into(), number: "555".into() };
    let stages = vec![vec![trunk]];
    let dial =
        Step::Dial(Box::new(DialOptions { stages, timeout_ms: vec![20_000], ..DialOptions::default() }));
    let mut routes = extensions();
    routes.push(("9555", vec![dial]));
    routes
}

#[test]
fn a_dialog_of_another_exchange_is_replaced_by_way_of_the_route_that_its_number_has() {
    let mut bench = Bench::new(&with_trunk());
    let (alice, bob) = bench.talk("101", "102");
    refer_elsewhere(&mut bench, bob, "itsp.example;x=y");
    let there = bench.last_invited();
    let (_, invite) = bench.invites().into_iter().find(|(leg, _)| *leg == there).unwrap();
    assert_eq!(invite.target.to_string(), "sip:9555@itsp.example;x=y");
    let has = |name: &str, value: &str| {
        assert!(invite.headers.iter().any(|(n, v)| n == name && v.contains(value)), "{:?}", invite.headers);
    };
    has("Replaces", "abc;to-tag=1;from-tag=2");
    has("Require", "replaces");
    // Our line, not the extension that transfers.
    has("Referred-By", "sip:4420000@");
    bench.answers(there);
    assert_eq!(notified(&bench, bob), [202, 200]);
    hears_the_outcome_before_its_end(&bench, bob);
    assert!(bridged(&bench, alice, there));
}

#[test]
fn a_dialog_elsewhere_is_replaced_at_the_trunk_s_own_host_and_nowhere_else() {
    for (host, status) in [("evil.example", 404), ("198.51.100.66", 404)] {
        let mut bench = Bench::new(&with_trunk());
        let (alice, bob) = bench.talk("101", "102");
        let before = bench.invites().len();
        refer_elsewhere(&mut bench, bob, host);
        assert_eq!(bench.invites().len(), before, "{host}");
        assert_eq!(notified(&bench, bob), [202, status], "{host}");
        assert!(bridged(&bench, alice, bob));
    }
}

#[test]
fn a_dialog_elsewhere_needs_a_route_and_never_rings_a_phone_of_ours() {
    // Without a route of that number, and with one that leads to a user.
    for routes in [extensions(), [extensions(), vec![("9555", vec![dial(&[&["104"]])])]].concat()] {
        let mut bench = Bench::new(&routes);
        let (alice, bob) = bench.talk("101", "102");
        let before = bench.invites().len();
        refer_elsewhere(&mut bench, bob, "itsp.example");
        assert_eq!(bench.invites().len(), before);
        assert!(matches!(notified(&bench, bob)[..], [202, 400..=699]));
        assert!(bridged(&bench, alice, bob));
    }
}

#[test]
fn who_is_no_user_of_ours_can_not_have_a_dialog_elsewhere_replaced() {
    let mut bench = Bench::new(&with_trunk());
    let alice = bench.call("101", "9555", &["PCMA"]);
    let outside = bench.last_invited();
    bench.answers(outside);
    refer_elsewhere(&mut bench, outside, "itsp.example");
    assert_eq!(notified(&bench, outside), [202, 403]);
    assert!(bridged(&bench, alice, outside));
}

#[test]
fn a_dialog_that_is_not_ours_is_told_and_the_talk_goes_on() {
    let mut bench = Bench::new(&extensions());
    let (alice, bob) = bench.talk("101", "102");
    join(&mut bench, bob, None);
    assert_eq!(notified(&bench, bob), [202, 481]);
    assert!(bridged(&bench, alice, bob));
}

fn replace(bench: &mut Bench, from: &str, old: LegId) -> LegId {
    let id = CallId(77);
    let info = bench.info(id.0, from, "102");
    let new = bench.call_as(id, info, &["PCMA", "PCMU"], true);
    bench.input(Input::Replace { new: id, old });
    new
}

#[test]
fn a_ringing_call_is_picked_up() {
    let mut bench = Bench::new(&extensions());
    let alice = bench.call("101", "102", &["PCMA"]);
    let bob = bench.last_invited();
    bench.rings(bob);
    let carol = replace(&mut bench, "103", bob);
    assert!(ended(&bench, bob));
    assert!(bridged(&bench, alice, carol));
    assert!(bench.facts().iter().any(|fact| matches!(fact, Fact::Transferred { by, .. } if *by == bob)));
    bench.hangs_up(carol);
    assert!(ended(&bench, alice));
    assert_eq!(bench.records.len(), 2);
    assert!(bench.calls.is_empty());
}

#[test]
fn a_talking_leg_is_replaced_on_either_side() {
    for caller_leaves in [false, true] {
        let mut bench = Bench::new(&extensions());
        let (alice, bob) = bench.talk("101", "102");
        let (old, stays) = if caller_leaves { (alice, bob) } else { (bob, alice) };
        let carol = replace(&mut bench, "103", old);
        assert!(ended(&bench, old) && bridged(&bench, stays, carol), "{caller_leaves}");
        assert!(shown(&bench, stays).is_some_and(|value| value.contains("103")));
        bench.hangs_up(carol);
        assert!(ended(&bench, stays));
        assert_eq!(bench.records.len(), 2);
    }
}

#[test]
fn what_is_gone_cannot_be_replaced() {
    let mut bench = Bench::new(&extensions());
    let (alice, bob) = bench.talk("101", "102");
    bench.hangs_up(alice);
    let carol = replace(&mut bench, "103", bob);
    assert_eq!(rejected(&bench, carol).map(|(status, _)| status), Some(481));
    assert_eq!(bench.records.len(), 2);
}

#[test]
fn codecs_are_brought_together_after_a_transfer() {
    let mut bench = Bench::new(&[("102", vec![dial(&[&["102"]])]), ("103", vec![dial(&[&["103"]])])]);
    bench.phones.insert("103".into(), vec!["PCMU".into()]);
    let (alice, bob) = bench.talk("101", "102");
    assert_eq!(bench.codec(alice), "PCMA");
    let bob2 = bench.call("102", "103", &["PCMU"]);
    let carol = bench.last_invited();
    bench.answers(carol);
    join(&mut bench, bob, Some(bob2));
    assert!(matches!(bench.last_told(alice), Some(LegCommand::Offer { headers, .. }) if !headers.is_empty()));
    bench.answers_offer(alice);
    assert_eq!((bench.codec(alice), bench.codec(carol)), ("PCMU".to_owned(), "PCMU".to_owned()));
}
