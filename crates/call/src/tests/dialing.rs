//! Ring plans.

use super::bench::{Bench, dial, extensions, play, rejected, user};
use crate::Input;
use cordboard_app::{Cause, Destination, DialEnd, DialOptions, DialResult, Reply, Step};
use cordboard_media::{Audio, Source};
use cordboard_sip::session::{LegCommand, LegEvent};

fn options(stages: &[&[&str]]) -> DialOptions {
    match dial(stages) {
        Step::Dial(options) => *options,
        _ => unreachable!(),
    }
}

fn result(bench: &Bench) -> DialResult {
    match bench.replies().last() {
        Some(Reply::Dialed(result)) => (**result).clone(),
        other => panic!("{other:?}"),
    }
}

fn lost_elsewhere(bench: &Bench, leg: cordboard_base::LegId) -> bool {
    matches!(bench.last_told(leg), Some(LegCommand::End { reason }) if reason.sip == Some(200)
        && reason.text.as_deref() == Some("Call completed elsewhere"))
}

#[test]
fn the_first_to_answer_wins_and_the_others_learn_that_it_was_answered_elsewhere() {
    let mut bench = Bench::new(&[("600", vec![dial(&[&["102", "103", "104"]])])]);
    let caller = bench.call("101", "600", &["PCMA"]);
    let legs: Vec<_> = bench.invites().iter().map(|(leg, _)| *leg).collect();
    assert_eq!(legs.len(), 3);
    legs.iter().for_each(|leg| bench.rings(*leg));
    bench.answers(legs[1]);
    assert!(lost_elsewhere(&bench, legs[0]) && lost_elsewhere(&bench, legs[2]));
    assert_eq!(bench.hears(caller), Source::Leg(legs[1]));
    bench.hangs_up(caller);
    assert_eq!(bench.record().answered_by, Some(user("103")));
}

#[test]
fn all_contacts_of_a_user_ring() {
    let mut bench = Bench::new(&extensions());
    bench.users.insert("102".into(), 3);
    bench.call("101", "102", &["PCMA"]);
    assert_eq!(bench.invites().len(), 3);
}

#[test]
fn several_that_ring_are_one_180_and_never_early_media() {
    let mut bench = Bench::new(&[("600", vec![dial(&[&["102", "103"]])])]);
    let caller = bench.call("101", "600", &["PCMA"]);
    let legs: Vec<_> = bench.invites().iter().map(|(leg, _)| *leg).collect();
    bench.early(legs[0]);
    bench.rings(legs[1]);
    let told = bench.told(caller);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(matches!(told[0], LegCommand::Provisional { status: 180, sdp: None, .. }));
}

#[test]
fn a_183_without_media_is_passed_on_as_nothing_and_one_with_it_as_183() {
    let mut bench = Bench::new(&extensions());
    let caller = bench.call("101", "102", &["PCMA"]);
    let callee = bench.last_invited();
    let before = bench.told(caller).len();
    let bare = LegEvent::Provisional { response: bench.response(183), sdp: None };
    bench.input(Input::Leg(callee, bare));
    assert_eq!(bench.told(caller).len(), before);
    bench.early(callee);
    let told = bench.told(caller);
    assert!(matches!(told.last(), Some(LegCommand::Provisional { status: 183, sdp: Some(_), .. })));
}

#[test]
fn a_caller_without_an_offer_hears_180_of_early_media() {
    let mut bench = Bench::new(&extensions());
    let caller = bench.call("101", "102", &[]);
    bench.early(bench.last_invited());
    let told = bench.told(caller);
    assert!(matches!(told.last(), Some(LegCommand::Provisional { status: 180, sdp: None, .. })));
}

#[test]
fn a_dial_without_a_time_rings_for_three_minutes() {
    let options = DialOptions { timeout_ms: Vec::new(), ..options(&[&["102"]]) };
    let mut bench = Bench::new(&[("1", vec![Step::Dial(Box::new(options))])]);
    bench.call("101", "1", &["PCMA"]);
    let callee = bench.last_invited();
    bench.waits(179_999);
    assert!(!bench.is_over(callee));
    bench.waits(1);
    assert!(bench.is_over(callee));
    assert_eq!(result(&bench).end, DialEnd::NoAnswer);
}

#[test]
fn a_single_callees_early_media_is_heard() {
    let mut bench = Bench::new(&extensions());
    let caller = bench.call("101", "102", &["PCMU", "PCMA"]);
    let callee = bench.last_invited();
    bench.early(callee);
    assert!(matches!(
        bench.last_told(caller),
        Some(LegCommand::Provisional { status: 183, sdp: Some(_), .. })
    ));
    assert_eq!(bench.hears(caller), Source::Leg(callee));
    assert_eq!(bench.codec(caller), bench.codec(callee));
    bench.answers(callee);
    assert!(matches!(bench.last_told(caller), Some(LegCommand::Accept { .. })));
}

#[test]
fn an_answered_caller_hears_ringback_of_ours() {
    let mut bench = Bench::new(&[("600", vec![Step::Answer, dial(&[&["102"]])])]);
    let caller = bench.call("101", "600", &["PCMA"]);
    let callee = bench.last_invited();
    bench.rings(callee);
    let play = bench.last_play(caller).cloned().expect("ringback");
    assert!(play.repeat && matches!(play.items[0], Audio::Tone(_)));
    bench.answers(callee);
    assert!(
        bench
            .media(caller)
            .iter()
            .any(|c| matches!(c, cordboard_media::Command::Stop { play: id, .. } if *id == play.id))
    );
}

#[test]
fn stages_ring_one_after_the_other() {
    let mut bench = Bench::new(&[("600", vec![dial(&[&["102"], &["103"]])])]);
    let caller = bench.call("101", "600", &["PCMA"]);
    let first = bench.last_invited();
    bench.rings(first);
    bench.waits(19_999);
    assert_eq!(bench.invites().len(), 1);
    bench.waits(1);
    assert!(matches!(bench.last_told(first), Some(LegCommand::End { .. })));
    let second = bench.last_invited();
    assert_ne!(first, second);
    bench.waits(20_000);
    assert_eq!((result(&bench).end, result(&bench).cause), (DialEnd::NoAnswer, Cause::NO_ANSWER));
    assert_eq!(rejected(&bench, caller).map(|(status, _)| status), Some(480));
}

#[test]
fn a_stage_in_which_all_refuse_ends_at_once() {
    let mut bench = Bench::new(&[("600", vec![dial(&[&["102"], &["103"]])])]);
    bench.call("101", "600", &["PCMA"]);
    bench.refuses(bench.last_invited(), 486);
    assert_eq!(bench.invites().len(), 2);
}

#[test]
fn a_legs_own_timeout_leaves_the_others_ringing() {
    let mut plan = options(&[&["102", "103"]]);
    plan.leg_timeout_ms = 5_000;
    plan.timeout_ms = vec![0];
    let mut bench = Bench::new(&[("600", vec![Step::Dial(Box::new(plan))])]);
    bench.call("101", "600", &["PCMA"]);
    bench.waits(5_000);
    assert_eq!(result(&bench).end, DialEnd::NoAnswer);
}

#[test]
fn outcomes_follow_the_best_response() {
    let cases: [(&[u16], DialEnd, u16); 6] = [
        (&[486, 480], DialEnd::Busy, 486),
        (&[404, 404], DialEnd::Failed, 404),
        (&[503, 480], DialEnd::NoAnswer, 480),
        (&[503, 500], DialEnd::Unavailable, 503),
        (&[603, 404], DialEnd::Busy, 603),
        (&[488, 503], DialEnd::Failed, 488),
    ];
    for (statuses, end, status) in cases {
        let mut bench = Bench::new(&[("600", vec![dial(&[&["102", "103"]])])]);
        let caller = bench.call("101", "600", &["PCMA"]);
        let legs: Vec<_> = bench.invites().iter().map(|(leg, _)| *leg).collect();
        for (leg, status) in legs.iter().zip(statuses) {
            bench.refuses(*leg, *status);
        }
        assert_eq!(result(&bench).end, end, "{statuses:?}");
        assert_eq!(rejected(&bench, caller).map(|(status, _)| status), Some(status), "{statuses:?}");
        assert_eq!(bench.records.len(), 1);
    }
}

#[test]
fn nobody_registered_is_unavailable_and_nobody_known_has_failed() {
    let mut bench = Bench::new(&extensions());
    bench.users.insert("102".into(), 0);
    bench.users.remove("103");
    bench.call("101", "102", &["PCMA"]);
    assert_eq!(result(&bench).end, DialEnd::Unavailable);
    bench.call("101", "103", &["PCMA"]);
    assert_eq!((result(&bench).end, result(&bench).cause), (DialEnd::Failed, Cause::UNALLOCATED));
}

#[test]
fn a_decline_stops_the_users_other_phones_but_not_other_users() {
    let mut bench = Bench::new(&[("600", vec![dial(&[&["102", "103"]])])]);
    bench.users.insert("102".into(), 2);
    bench.call("101", "600", &["PCMA"]);
    let legs: Vec<_> = bench.invites().iter().map(|(leg, _)| *leg).collect();
    bench.refuses(legs[0], 603);
    assert!(matches!(bench.last_told(legs[1]), Some(LegCommand::End { .. })));
    assert!(matches!(bench.last_told(legs[2]), Some(LegCommand::Invite(_))));
    bench.answers(legs[2]);
    assert_eq!(bench.hears(legs[2]).clone(), Source::Leg(cordboard_base::LegId { index: 0, ..legs[2] }));
}

#[test]
fn a_diversion_is_followed_to_our_own_users_once() {
    let mut bench = Bench::new(&extensions());
    bench.call("101", "102", &["PCMA"]);
    let divert = |bench: &mut Bench, to: &str| {
        let leg = bench.last_invited();
        let mut response = bench.response(302);
        response.headers.push("Contact", format!("<sip:{to}@office.example>"));
        bench.input(crate::Input::Leg(leg, LegEvent::Refused { status: 302, response: Some(response) }));
    };
    divert(&mut bench, "103");
    assert_eq!(bench.invites().len(), 2);
    divert(&mut bench, "102");
    assert_eq!(bench.invites().len(), 2, "102 has been tried");
    assert_eq!(result(&bench).end, DialEnd::Failed);
}

#[test]
fn music_takes_the_place_of_ringback_and_answers_the_caller() {
    let mut plan = options(&[&["102"]]);
    plan.music = Some("jazz".into());
    let mut bench = Bench::new(&[("600", vec![Step::Dial(Box::new(plan))])]);
    let caller = bench.call("101", "600", &["PCMA"]);
    assert!(bench.told(caller).iter().any(|c| matches!(c, LegCommand::Accept { .. })));
    bench.rings(bench.last_invited());
    assert!(matches!(&bench.last_play(caller).unwrap().items[0], Audio::Music(class) if class == "jazz"));
    bench.waits(20_000);
    assert_eq!(result(&bench).end, DialEnd::NoAnswer);
}

#[test]
fn a_limited_talk_ends_and_the_script_goes_on() {
    let mut plan = options(&[&["102"]]);
    plan.limit_ms = 10_000;
    let mut bench = Bench::new(&[("102", vec![Step::Dial(Box::new(plan))])]);
    let (_, callee) = bench.talk("101", "102");
    bench.waits(10_000);
    assert!(matches!(bench.last_told(callee), Some(LegCommand::End { .. })));
    assert_eq!(
        (result(&bench).end, result(&bench).secs, result(&bench).hangup_by_callee),
        (DialEnd::Answered, 10, false)
    );
}

#[test]
fn an_answer_that_fits_no_offer_is_no_answer() {
    let mut bench = Bench::new(&extensions());
    bench.call("101", "102", &["PCMA"]);
    let callee = bench.last_invited();
    let event = LegEvent::Answered { response: bench.response(200), sdp: Some("v=0\r\nnonsense".into()) };
    bench.input(crate::Input::Leg(callee, event));
    assert!(matches!(bench.last_told(callee), Some(LegCommand::End { .. })));
    assert_eq!(result(&bench).end, DialEnd::Failed);
}

#[test]
fn a_trunk_is_dialled_with_our_identity_there_and_added_headers() {
    let mut plan = DialOptions {
        stages: vec![vec![Destination::Trunk { trunk: "itsp".into(), number: "4930123".into() }]],
        headers: vec![
            ("X-Tag".into(), "7".into()),
            ("Via".into(), "evil".into()),
            ("X".into(), "a\r\nb".into()),
        ],
        ..DialOptions::default()
    };
    plan.timeout_ms = vec![60_000];
    let mut bench = Bench::new(&[("9", vec![Step::Dial(Box::new(plan))])]);
    bench.call("101", "9", &["PCMA"]);
    let invites = bench.invites();
    let (_, new) = invites.first().unwrap();
    assert_eq!(new.from.uri.user.as_deref(), Some("4420000"));
    let names: Vec<&str> = new.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["P-Asserted-Identity", "X-Tag"]);
}

#[test]
fn codecs_of_the_caller_come_first_in_the_offer() {
    let mut bench = Bench::new(&extensions());
    bench.phones.insert("102".into(), vec!["L16".into(), "PCMA".into(), "PCMU".into()]);
    let caller = bench.call("101", "102", &["PCMU", "L16"]);
    let (callee, new) = bench.invites()[0];
    let offer = cordboard_sdp::SessionDescription::parse(new.sdp.as_ref().unwrap()).unwrap();
    let names: Vec<String> =
        offer.formats_of(&cordboard_sdp::MediaKind::Audio).iter().map(|f| f.name.clone()).collect();
    assert_eq!(names, ["PCMU", "L16", "PCMA"]);
    bench.answers(callee);
    assert_eq!((bench.codec(caller), bench.codec(callee)), ("L16".to_owned(), "L16".to_owned()));
}

#[test]
fn an_answered_caller_is_re_invited_rather_than_transcoded() {
    let mut bench = Bench::new(&[("600", vec![Step::Answer, dial(&[&["102"]])])]);
    bench.phones.insert("102".into(), vec!["PCMU".into()]);
    let caller = bench.call("101", "600", &["PCMA", "PCMU"]);
    let callee = bench.last_invited();
    bench.answers(callee);
    assert_eq!((bench.codec(caller), bench.codec(callee)), ("PCMA".to_owned(), "PCMU".to_owned()));
    assert!(matches!(bench.last_told(caller), Some(LegCommand::Offer { .. })));
    bench.answers_offer(caller);
    assert_eq!(bench.codec(caller), "PCMU");
}

#[test]
fn ends_that_share_nothing_are_left_to_the_transcoder() {
    let mut bench = Bench::new(&[("600", vec![Step::Answer, dial(&[&["102"]])])]);
    bench.phones.insert("102".into(), vec!["PCMU".into()]);
    let caller = bench.call("101", "600", &["PCMA"]);
    let callee = bench.last_invited();
    bench.answers(callee);
    assert!(!bench.told(caller).iter().any(|c| matches!(c, LegCommand::Offer { .. })));
    assert!(bench.facts().iter().any(|fact| matches!(fact, crate::Fact::Codec { transcoded: true, .. })));
}

fn with_keys(keys: &str) -> Step {
    Step::Dial(Box::new(DialOptions { keys: keys.into(), ..options(&[&["102", "103"], &["104"]]) }))
}

#[test]
fn a_key_of_the_callers_ends_the_ringing_at_once_and_others_do_not() {
    let mut bench = Bench::new(&[("600", vec![Step::Answer, with_keys("0*"), play("after")])]);
    let caller = bench.call("101", "600", &["PCMA"]);
    bench.acks(caller);
    let legs: Vec<_> = bench.invites().iter().map(|(leg, _)| *leg).collect();
    legs.iter().for_each(|leg| bench.rings(*leg));
    bench.presses(caller, "7");
    assert!(bench.replies().iter().all(|reply| !matches!(reply, Reply::Dialed(_))), "they ring on");
    bench.presses(caller, "0");
    let dialed = bench.replies().into_iter().rev().find_map(|reply| match reply {
        Reply::Dialed(result) => Some(result),
        _ => None,
    });
    assert_eq!(dialed.map(|result| (result.end, result.by)), Some((DialEnd::Key('0'), None)));
    for leg in legs {
        let told = bench.last_told(leg);
        assert!(matches!(told, Some(LegCommand::End { reason }) if reason.sip.is_none()), "{told:?}");
    }
    assert_eq!(bench.invites().len(), 2, "no further stage");
    assert!(bench.last_play(caller).is_some(), "the program goes on");
    bench.hangs_up(caller);
    assert_eq!(bench.records.len(), 1);
}

#[test]
fn a_key_that_was_pressed_before_the_ringing_counts_too() {
    let pause = Step::Wait { ms: 1_000 };
    let mut bench = Bench::new(&[("600", vec![Step::Answer, pause, with_keys("0*"), play("after")])]);
    let caller = bench.call("101", "600", &["PCMA"]);
    bench.acks(caller);
    bench.presses(caller, "7*3");
    bench.waits(1_100);
    assert!(bench.invites().is_empty());
    assert!(
        bench.replies().iter().any(|reply| matches!(reply, Reply::Dialed(r) if r.end == DialEnd::Key('*')))
    );
}

#[test]
fn a_key_ends_the_question_whether_somebody_takes_the_call() {
    let screen = Some(cordboard_app::Screen { app: "ask".into(), args: cordboard_app::Value::Unit });
    let Step::Dial(options) = with_keys("0") else { unreachable!() };
    let screened = Step::Dial(Box::new(DialOptions { screen, ..*options }));
    let ask = vec![play("question"), Step::Done(cordboard_app::Value::Bool(true))];
    let mut bench = Bench::new(&[("600", vec![Step::Answer, screened, play("after")]), ("ask", ask)]);
    let caller = bench.call("101", "600", &["PCMA"]);
    bench.acks(caller);
    let leg = bench.last_invited();
    bench.rings(leg);
    bench.answers(leg);
    bench.presses(caller, "0");
    assert!(matches!(bench.last_told(leg), Some(LegCommand::End { .. })));
    assert!(
        bench.replies().iter().any(|reply| matches!(reply, Reply::Dialed(r) if r.end == DialEnd::Key('0')))
    );
}
