//! What an outside party may choose (toll fraud): where it can lead a call is what its trunk's own context offers, whoever it
//! talks to and whichever call it has come into.

use super::bench::{Bench, dial, extensions};
use crate::{Input, Output};
use cordboard_app::{CallInfo, Destination, DialEnd, DialOptions, Identity, Reply, Step};
use cordboard_base::{CallId, LegId};
use cordboard_sip::session::{LegCommand, LegEvent};

fn trunk() -> Destination {
    Destination::Trunk { trunk: "itsp".into(), number: "555".into() }
}

/// Extensions, and `9`, which dials out.
fn office() -> Vec<(&'static str, Vec<Step>)> {
    let options =
        DialOptions { stages: vec![vec![trunk()]], timeout_ms: vec![20_000], ..DialOptions::default() };
    let mut routes = extensions();
    routes.push(("9", vec![Step::Dial(Box::new(options))]));
    routes
}

/// 101 talks to somebody outside, whom it has called: its leg, and theirs.
fn called_out(bench: &mut Bench) -> (LegId, LegId) {
    let caller = bench.call("101", "9", &["PCMA"]);
    let outside = bench.last_invited();
    bench.answers(outside);
    (caller, outside)
}

/// Somebody outside talks to a user, whom it has called by a trunk of that context: its leg, and the user's.
fn called_in(bench: &mut Bench, id: u64, context: &str, to: &str) -> (LegId, LegId) {
    let info = CallInfo {
        context: context.into(),
        dialed: to.into(),
        trunk: Some("itsp".into()),
        caller: Identity { number: "020".into(), name: String::new() },
        ..CallInfo::default()
    };
    let outside = bench.call_as(CallId(id), info, &["PCMA"], false);
    let callee = bench.last_invited();
    bench.answers(callee);
    (outside, callee)
}

fn statuses(bench: &Bench, leg: LegId) -> Vec<u16> {
    let of = |command: &&LegCommand| match command {
        LegCommand::ReferReply { status } | LegCommand::ReferNotify { status } => Some(*status),
        _ => None,
    };
    bench.told(leg).iter().filter_map(of).collect()
}

/// What the last program that was looked for was told: its context, its user, its trunk.
fn asked(bench: &Bench) -> (String, Option<String>, Option<String>) {
    let last = bench.plan.asked.borrow().last().cloned().unwrap();
    (last.context, last.user, last.trunk)
}

/// `referrer` is told to join its partner with that of `consultation`.
fn join(bench: &mut Bench, referrer: LegId, consultation: LegId) {
    bench.refers(referrer, "<sip:103@office.example?Replaces=abc%3Bto-tag%3D1%3Bfrom-tag%3D2>");
    let query = bench.out.iter().rev().find_map(|output| match output {
        Output::FindDialog { query, .. } => Some(*query),
        _ => None,
    });
    bench.input(Input::Found { query: query.unwrap(), leg: Some(consultation) });
}

#[test]
fn an_outside_party_that_transfers_dials_in_its_trunks_context_and_never_in_its_partners() {
    let mut bench = Bench::new(&office());
    let (_, outside) = called_out(&mut bench);
    bench.refers(outside, "<sip:103@office.example>");
    assert_eq!(asked(&bench).0, "from-itsp");
    let (outside, _) = called_in(&mut bench, 50, "from-itsp", "102");
    bench.refers(outside, "<sip:103@office.example>");
    assert_eq!(asked(&bench).0, "from-itsp");
}

#[test]
fn a_referrer_without_a_context_of_its_own_is_refused() {
    let mut bench = Bench::new(&office());
    bench.trunk_context = String::new();
    let (caller, outside) = called_out(&mut bench);
    let before = bench.plan.asked.borrow().len();
    bench.refers(outside, "<sip:103@office.example>");
    join_is_refused(&mut bench, outside);
    assert_eq!(statuses(&bench, outside), [603, 603]);
    assert_eq!(bench.plan.asked.borrow().len(), before);
    bench.refers(caller, "<sip:103@office.example>");
    assert_eq!(statuses(&bench, caller), [202], "its partner may");
}

fn join_is_refused(bench: &mut Bench, referrer: LegId) {
    bench.refers(referrer, "<sip:103@office.example?Replaces=abc%3Bto-tag%3D1%3Bfrom-tag%3D2>");
    assert!(!bench.out.iter().any(|output| matches!(output, Output::FindDialog { .. })));
}

#[test]
fn an_outside_caller_that_was_fetched_into_another_call_keeps_its_own_context() {
    let mut bench = Bench::new(&office());
    let (outside, carol2) = called_in(&mut bench, 50, "from-itsp", "103");
    let (alice, carol1) = bench.talk("101", "103");
    join(&mut bench, carol1, carol2);
    assert_eq!(bench.calls.call_of(outside), Some(alice.call));
    bench.refers(outside, "<sip:9@office.example>");
    assert_eq!(asked(&bench).0, "from-itsp");
}

#[test]
fn an_outside_caller_that_is_transferred_has_no_rights_of_the_user_whose_call_it_has_come_into() {
    let mut bench = Bench::new(&office());
    let (outside, carol2) = called_in(&mut bench, 50, "from-itsp", "103");
    let (alice, carol1) = bench.talk("101", "103");
    join(&mut bench, carol1, carol2);
    assert_eq!(bench.calls.call_of(outside), Some(alice.call));
    bench.refers(alice, "<sip:104@office.example>");
    assert_eq!(asked(&bench), ("internal".to_owned(), None, Some("itsp".to_owned())));
}

#[test]
fn a_user_that_is_transferred_has_its_own_rights_and_no_trunks() {
    let mut bench = Bench::new(&office());
    let (outside, _) = called_in(&mut bench, 50, "from-itsp", "102");
    bench.refers(outside, "<sip:103@office.example>");
    assert_eq!(asked(&bench), ("from-itsp".to_owned(), Some("102".to_owned()), None));
}

#[test]
fn a_trunk_that_diverts_is_not_followed() {
    let options =
        DialOptions { stages: vec![vec![trunk()]], timeout_ms: vec![20_000], ..DialOptions::default() };
    let mut bench =
        Bench::new(&[("9", vec![Step::Dial(Box::new(options))]), ("102", vec![dial(&[&["102"]])])]);
    bench.call("101", "9", &["PCMA"]);
    let leg = bench.last_invited();
    let mut response = bench.response(302);
    response.headers.push("Contact", "<sip:102@office.example>");
    bench.input(Input::Leg(leg, LegEvent::Refused { status: 302, response: Some(response) }));
    assert_eq!(bench.invites().len(), 1);
    let replies = bench.replies();
    let Some(Reply::Dialed(result)) = replies.last() else { panic!("{replies:?}") };
    assert_eq!(result.end, DialEnd::Failed);
}
