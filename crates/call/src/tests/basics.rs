//! A call from INVITE to record.

use super::bench::{Bench, dial, extensions, play, rejected};
use crate::{Disposition, Fact, LegState};
use cordboard_app::{Cause, DialEnd, Reply, Step};
use cordboard_base::LegId;
use cordboard_media::{Command, Source};
use cordboard_sip::session::LegCommand;

#[test]
fn a_user_calls_another_they_talk_and_one_record_is_left() {
    let mut bench = Bench::new(&extensions());
    let caller = bench.call("101", "102", &["PCMU", "PCMA"]);
    let callee = bench.last_invited();
    bench.rings(callee);
    assert!(matches!(bench.last_told(caller), Some(LegCommand::Provisional { status: 180, sdp: None, .. })));
    bench.waits(2_000);
    bench.answers(callee);
    assert!(matches!(bench.last_told(caller), Some(LegCommand::Accept { sdp: Some(_), .. })));
    assert_eq!((bench.hears(caller), bench.hears(callee)), (Source::Leg(callee), Source::Leg(caller)));
    assert_eq!(bench.codec(caller), bench.codec(callee));
    bench.waits(5_000);
    bench.hangs_up(caller);
    assert!(matches!(bench.last_told(callee), Some(LegCommand::End { .. })));
    let record = bench.record();
    assert_eq!(
        (record.disposition, record.cause, record.hangup_by.as_str()),
        (Disposition::Answered, Cause::NORMAL, "caller")
    );
    assert_eq!(record.answered_us.map(|at| record.ended_us - at), Some(5_000_000));
    assert_eq!(record.legs.len(), 2);
    assert!(bench.calls.is_empty());
    assert_eq!(bench.calls.next_deadline(), None);
}

#[test]
fn the_callee_hanging_up_lets_the_script_go_on() {
    let mut bench = Bench::new(&[("102", vec![dial(&[&["102"]]), play("vm-goodbye")])]);
    let (caller, callee) = bench.talk("101", "102");
    bench.waits(3_000);
    bench.hangs_up(callee);
    let Some(Reply::Dialed(result)) = bench.replies().last().cloned() else {
        panic!("{:?}", bench.replies());
    };
    assert_eq!((result.end, result.secs, result.hangup_by_callee), (DialEnd::Answered, 3, true));
    let play = bench.last_play(caller).expect("a prompt").id;
    bench.played(caller, play, cordboard_media::PlayEnd::Finished);
    assert!(matches!(bench.last_told(caller), Some(LegCommand::End { .. })));
    assert_eq!(bench.record().hangup_by, "system");
}

#[test]
fn a_callee_that_hangs_up_ends_the_call_where_the_script_ends() {
    let mut bench = Bench::new(&extensions());
    let (caller, callee) = bench.talk("101", "102");
    bench.hangs_up(callee);
    assert!(matches!(bench.last_told(caller), Some(LegCommand::End { reason }) if reason.q850 == Some(16)));
    assert_eq!(bench.record().hangup_by, "callee");
}

#[test]
fn no_route_is_a_404_and_runs_nothing() {
    let mut bench = Bench::new(&extensions());
    let caller = bench.call("101", "999", &["PCMA"]);
    assert_eq!(rejected(&bench, caller), Some((404, Some(Cause::UNALLOCATED))));
    assert!(bench.replies().is_empty());
    assert_eq!((bench.record().disposition, bench.record().cause), (Disposition::Failed, Cause::UNALLOCATED));
}

#[test]
fn an_offer_that_cannot_be_met_is_a_488_and_rings_nobody() {
    let mut bench = Bench::new(&extensions());
    let caller = bench.call("101", "102", &["AMR"]);
    assert_eq!(rejected(&bench, caller).map(|(status, _)| status), Some(488));
    assert!(bench.invites().is_empty());
    assert_eq!(bench.records.len(), 1);
}

#[test]
fn a_caller_with_codecs_of_its_own_is_answered_with_those_alone() {
    let mut bench = Bench::new(&extensions());
    bench.own_codecs = vec!["PCMU".into()];
    let (caller, callee) = bench.talk("101", "102");
    assert_eq!(bench.codec(caller), "PCMU");
    assert_eq!(bench.hears(caller), Source::Leg(callee));
    let stranger = bench.call("101", "103", &["PCMA"]);
    assert_eq!(rejected(&bench, stranger).map(|(status, _)| status), Some(488));
}

#[test]
fn an_invite_without_an_offer_gets_ours_in_the_answer() {
    let mut bench = Bench::new(&extensions());
    let caller = bench.call("101", "102", &[]);
    let callee = bench.last_invited();
    bench.rings(callee);
    bench.answers(callee);
    assert!(matches!(bench.last_told(caller), Some(LegCommand::Accept { sdp: Some(_), .. })));
    assert!(bench.setup(caller).is_none());
    bench.phones_codecs(caller, &["PCMA"]);
    bench.acks(caller);
    assert_eq!(bench.codec(caller), "PCMA");
    assert_eq!(bench.hears(caller), Source::Leg(callee));
}

#[test]
fn a_caller_that_gives_up_ends_what_rings_without_a_reason() {
    let mut bench = Bench::new(&extensions());
    let caller = bench.call("101", "102", &["PCMA"]);
    let callee = bench.last_invited();
    bench.rings(callee);
    bench.hangs_up(caller);
    assert!(
        matches!(bench.last_told(callee), Some(LegCommand::End { reason }) if *reason == Default::default())
    );
    assert_eq!(bench.record().disposition, Disposition::Cancelled);
    assert!(matches!(bench.replies().last(), Some(Reply::HungUp(_))));
}

fn retry_after(bench: &Bench, leg: LegId) -> Option<String> {
    bench.told(leg).iter().find_map(|command| match command {
        LegCommand::Reject { headers, .. } => {
            headers.iter().find(|(name, _)| name == "Retry-After").map(|(_, value)| value.clone())
        }
        _ => None,
    })
}

#[test]
fn a_refusal_for_want_of_lines_says_when_to_try_again_and_others_do_not() {
    for (cause, after) in [(Cause::CONGESTION, true), (Cause::BUSY, false)] {
        let mut bench = Bench::new(&[("1", vec![Step::Hangup(cause)])]);
        let caller = bench.call("101", "1", &["PCMA"]);
        assert_eq!(retry_after(&bench, caller).is_some(), after, "{cause}");
    }
}

#[test]
fn a_call_without_a_port_is_a_503() {
    let mut bench = Bench::new(&extensions());
    bench.media_answers = false;
    let caller = bench.call("101", "102", &["PCMA"]);
    bench.input(crate::Input::Media(cordboard_media::Event::OpenFailed { leg: caller }));
    assert_eq!(rejected(&bench, caller).map(|(status, _)| status), Some(503));
    assert_eq!(retry_after(&bench, caller), Some(crate::leg::RETRY_AFTER_S.to_string()));
    assert_eq!(bench.records.len(), 1);
    let record = &bench.records[0];
    assert_eq!((record.disposition, record.cause), (crate::Disposition::Failed, Cause::NO_CIRCUIT));
}

#[test]
fn a_media_engine_that_never_answers_does_not_keep_the_call() {
    let mut bench = Bench::new(&extensions());
    bench.media_answers = false;
    let caller = bench.call("101", "102", &["PCMA"]);
    bench.waits(60_000);
    assert_eq!(rejected(&bench, caller).map(|(status, _)| status), Some(503));
    assert_eq!(bench.records.len(), 1);
}

#[test]
fn a_session_that_never_ends_does_not_keep_the_call() {
    let mut bench = Bench::new(&extensions());
    bench.sessions_end = false;
    let (caller, _) = bench.talk("101", "102");
    bench.hangs_up(caller);
    assert!(bench.records.is_empty());
    bench.waits(100_000);
    assert_eq!(bench.records.len(), 1);
}

#[test]
fn hangup_by_command_ends_all_legs() {
    let mut bench = Bench::new(&extensions());
    let (caller, callee) = bench.talk("101", "102");
    bench.input(crate::Input::Hangup { call: caller.call, cause: Cause::TEMPORARY });
    for leg in [caller, callee] {
        assert!(matches!(bench.last_told(leg), Some(LegCommand::End { .. })), "{leg}");
    }
    assert_eq!((bench.record().cause, bench.record().hangup_by.as_str()), (Cause::TEMPORARY, "system"));
}

#[test]
fn lamps_follow_both_legs() {
    let mut bench = Bench::new(&extensions());
    let (caller, callee) = bench.talk("101", "102");
    bench.hangs_up(caller);
    let of = |leg| {
        let states = bench.facts().into_iter().filter_map(move |fact| match fact {
            Fact::LegState { leg: id, state, .. } if *id == leg => Some(*state),
            _ => None,
        });
        states.collect::<Vec<_>>()
    };
    assert_eq!(of(callee), [LegState::Trying, LegState::Ringing, LegState::Talking, LegState::Ended]);
    assert_eq!(of(caller), [LegState::Trying, LegState::Talking, LegState::Ended]);
}

#[test]
fn silence_on_the_wire_ends_an_answered_call_but_not_a_held_one() {
    let mut bench = Bench::new(&extensions());
    let (caller, callee) = bench.talk("101", "102");
    assert_eq!(bench.setup(caller).map(|setup| setup.timeout_ms), Some(30_000));
    bench.re_offers(caller, cordboard_base::Direction::SendOnly);
    assert_eq!(bench.setup(caller).map(|setup| setup.timeout_ms), Some(0));
    bench.input(crate::Input::Media(cordboard_media::Event::Timeout { leg: caller }));
    assert!(bench.records.is_empty());
    bench.input(crate::Input::Media(cordboard_media::Event::Timeout { leg: callee }));
    bench.waits(1);
    assert_eq!(bench.records.len(), 1);
}

#[test]
fn every_port_that_is_opened_is_closed() {
    let mut bench = Bench::new(&extensions());
    let (caller, callee) = bench.talk("101", "102");
    bench.hangs_up(callee);
    for leg in [caller, callee] {
        let closes = bench.media(leg).iter().filter(|c| matches!(c, Command::Close { .. })).count();
        assert_eq!(closes, 1, "{leg}");
    }
}

#[test]
fn hangup_refuses_an_unanswered_caller_with_its_cause() {
    let mut bench = Bench::new(&[("1", vec![Step::Hangup(Cause::BUSY)])]);
    let caller = bench.call("101", "1", &["PCMA"]);
    assert_eq!(rejected(&bench, caller), Some((486, Some(Cause::BUSY))));
    assert_eq!(bench.record().disposition, Disposition::Busy);
}
