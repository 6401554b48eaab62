//! Whatever happens, in whatever order: no panic, one record for each call, every port closed, nothing left. And a restart
//! between any two turns changes nothing.

use super::bench::{Bench, STOOD_AT, dial, extensions, play};
use crate::{Input, Output};
use bytes::Bytes;
use cordboard_app::{Cause, DialOptions, Note, Query, ReadDigits, Step, Value};
use cordboard_base::{CallId, Direction, LegId};
use cordboard_media::{Command, Event, PlayEnd, PlayId, StreamStats};
use cordboard_sip::message::NameAddr;
use cordboard_sip::session::{Carrier, EndedBy, LegEvent, Reason};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Something that happens. Legs and calls are picked from those there have been; numbers wrap around.
#[derive(Clone, Debug)]
enum Happening {
    Call { from: u8, to: u8, offer: u8 },
    Replace { old: u8 },
    Rings(u8),
    Early(u8),
    Answers(u8),
    AnswersNonsense(u8),
    Refuses(u8, u16),
    Acks(u8),
    HangsUp(u8),
    ReOffers(u8, u8),
    OfferAnswered(u8),
    OfferFailed(u8),
    Refers(u8, u8),
    Joins(u8, u8),
    Digit(u8, u8),
    Played(u8, u8),
    Silence(u8),
    Lost(u8),
    Closed(u8),
    OpenFailed(u8),
    Answered(u8),
    Hangup(u8),
    Waits(u16),
}

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    use Happening::*;
    let n = any::<u8>;
    let one = prop_oneof![
        4 => (n(), n(), n()).prop_map(|(from, to, offer)| Call { from, to, offer }),
        1 => n().prop_map(|old| Replace { old }),
        3 => n().prop_map(Rings),
        1 => n().prop_map(Early),
        6 => n().prop_map(Answers),
        1 => n().prop_map(AnswersNonsense),
        2 => (n(), prop_oneof![Just(302u16), Just(404), Just(486), Just(480), Just(503), Just(603)]).prop_map(|(l, s)| Refuses(l, s)),
        1 => n().prop_map(Acks),
        3 => n().prop_map(HangsUp),
        2 => (n(), n()).prop_map(|(l, d)| ReOffers(l, d)),
        2 => n().prop_map(OfferAnswered),
        1 => n().prop_map(OfferFailed),
        2 => (n(), n()).prop_map(|(l, to)| Refers(l, to)),
        2 => (n(), n()).prop_map(|(l, with)| Joins(l, with)),
        2 => (n(), n()).prop_map(|(l, d)| Digit(l, d)),
        2 => (n(), n()).prop_map(|(l, p)| Played(l, p)),
        1 => n().prop_map(Silence),
        1 => n().prop_map(Lost),
        1 => n().prop_map(Closed),
        1 => n().prop_map(OpenFailed),
        2 => n().prop_map(Answered),
        1 => n().prop_map(Hangup),
        2 => any::<u16>().prop_map(Waits),
    ];
    proptest::collection::vec(one, 1..60)
}

const NUMBERS: [&str; 10] = ["101", "102", "103", "104", "group", "ivr", "music", "loop", "app", "none"];

fn office() -> Bench {
    let mut routes = extensions();
    let music = match dial(&[&["103"]]) {
        Step::Dial(options) => DialOptions { music: Some("m".into()), limit_ms: 30_000, ..*options },
        _ => unreachable!(),
    };
    let read = ReadDigits {
        max: 2,
        timeout_ms: 3_000,
        digit_timeout_ms: 1_000,
        end: "#".into(),
        ..ReadDigits::default()
    };
    let enter = Step::Enter { context: "x".into(), number: "loop".into() };
    routes.extend([
        ("group", vec![Step::Ringing, dial(&[&["102", "103"], &["104", "999"]]), play("sorry")]),
        (
            "ivr",
            vec![
                Step::Progress,
                play("hello"),
                Step::Read(read),
                Step::Ask(Query::Now),
                Step::Echo { timeout_ms: 4_000 },
                Step::WaitSilence { ms: 500, timeout_ms: 4_000 },
                Step::DetectMachine(Default::default()),
                dial(&[&["104"]]),
                Step::Hangup(Cause::BUSY),
            ],
        ),
        (
            "music",
            vec![Step::Music(Some("jazz".into())), Step::Dial(Box::new(music)), Step::Wait { ms: 3_000 }],
        ),
        ("loop", vec![Step::Yield, enter]),
        (
            "app",
            vec![
                Step::Run { app: "group".into(), args: Value::Unit },
                Step::Note(Note::Mark("x".into())),
                play("bye"),
            ],
        ),
    ]);
    let mut bench = Bench::new(&routes);
    bench.phones.insert("103".into(), vec!["PCMU".into()]);
    bench.phones.insert("104".into(), vec!["G722".into(), "PCMA".into()]);
    bench.users.insert("104".into(), 2);
    bench
}

fn pick(bench: &Bench, n: u8) -> Option<LegId> {
    let opened = bench.out.iter().filter_map(|output| match output {
        Output::Media(Command::Open { leg, .. }) => Some(*leg),
        _ => None,
    });
    let legs: Vec<LegId> = opened.collect();
    // The latest legs are the likeliest: most of what happens, happens to them.
    legs.len().checked_sub(1).and_then(|last| legs.get(last - usize::from(n) % legs.len().min(6))).copied()
}

#[allow(clippy::too_many_lines, reason = "a table of what may happen")]
fn happen(bench: &mut Bench, what: &Happening) {
    use Happening::*;
    match what {
        Call { from, to, offer } => {
            let codecs: &[&str] =
                [&["PCMA", "PCMU"][..], &["PCMU"], &["G722"], &[], &["AMR"]][usize::from(*offer) % 5];
            let number = NUMBERS[usize::from(*to) % NUMBERS.len()];
            bench.call(NUMBERS[usize::from(*from) % 4], number, codecs);
            return;
        }
        Waits(ms) => return bench.waits(u64::from(*ms)),
        _ => {}
    }
    let index = match what {
        Call { .. } | Waits(_) => return,
        Replace { old } => *old,
        Rings(n)
        | Early(n)
        | Answers(n)
        | AnswersNonsense(n)
        | Refuses(n, _)
        | Acks(n)
        | HangsUp(n)
        | ReOffers(n, _)
        | OfferAnswered(n)
        | OfferFailed(n)
        | Refers(n, _)
        | Joins(n, _)
        | Digit(n, _)
        | Played(n, _)
        | Silence(n)
        | Lost(n)
        | Closed(n)
        | OpenFailed(n)
        | Answered(n)
        | Hangup(n) => *n,
    };
    let Some(leg) = pick(bench, index) else {
        return;
    };
    // A session reports one end and nothing after it.
    if bench.is_over(leg) && matches!(what, HangsUp(_) | Refuses(..)) {
        return;
    }
    let request = Box::new(bench.request("1", "2"));
    let event = |event| Input::Leg(leg, event);
    let input = match what {
        Call { .. } | Waits(_) => return,
        Replace { .. } => {
            let id = CallId(1_000 + bench.out.len() as u64);
            let info = bench.info(id.0, "103", "102");
            bench.call_as(id, info, &["PCMA"], true);
            Input::Replace { new: id, old: leg }
        }
        Rings(_) => return bench.rings(leg),
        Early(_) => return bench.early(leg),
        Answers(_) => return bench.answers(leg),
        AnswersNonsense(_) => {
            event(LegEvent::Answered { response: bench.response(200), sdp: Some(Bytes::from_static(b"v=0")) })
        }
        Refuses(_, status) => {
            bench.mark_over(leg);
            return bench.refuses(leg, *status);
        }
        Acks(_) => return bench.acks(leg),
        HangsUp(_) => {
            bench.mark_over(leg);
            return bench.hangs_up(leg);
        }
        ReOffers(_, direction) => {
            let directions =
                [Direction::SendRecv, Direction::SendOnly, Direction::Inactive, Direction::RecvOnly];
            return bench.re_offers(leg, directions[usize::from(*direction) % 4]);
        }
        OfferAnswered(_) => match bench.answer_of(leg) {
            Some(sdp) => event(LegEvent::OfferAnswered { sdp, by: Carrier::Invite }),
            None => event(LegEvent::OfferAnswered { sdp: Bytes::new(), by: Carrier::Update }),
        },
        OfferFailed(_) => event(LegEvent::OfferFailed { status: 488 }),
        Refers(_, to) => {
            let number = NUMBERS[usize::from(*to) % NUMBERS.len()];
            let to = NameAddr::parse(&format!("<sip:{number}@office.example>")).unwrap();
            event(LegEvent::Referred { to, by: None, request })
        }
        Joins(_, with) => {
            let to = NameAddr::parse("<sip:1@o.example?Replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D2>").unwrap();
            bench.input(event(LegEvent::Referred { to, by: None, request }));
            let asked = bench.out.iter().rev().find_map(|output| match output {
                Output::FindDialog { query, .. } => Some(*query),
                _ => None,
            });
            let Some(query) = asked else {
                return;
            };
            Input::Found { query, leg: pick(bench, *with) }
        }
        Digit(_, digit) => {
            let digit = char::from(b"0123456789*#ABCDx"[usize::from(*digit) % 17]);
            Input::Media(Event::Digit { leg, digit, duration_ms: 100, is_passed_on: false })
        }
        Played(_, end) => {
            let play = bench.last_play(leg).map_or(PlayId(7), |play| play.id);
            let ends = [
                PlayEnd::Finished,
                PlayEnd::Interrupted('1'),
                PlayEnd::Missing("x".into()),
                PlayEnd::Stopped,
            ];
            Input::Media(Event::Played { leg, play, end: ends[usize::from(*end) % 4].clone(), at: STOOD_AT })
        }
        Silence(_) => Input::Media(Event::Silence { leg }),
        Lost(_) => Input::Media(Event::Timeout { leg }),
        Closed(_) => Input::Media(Event::Closed { leg, stats: StreamStats::default() }),
        OpenFailed(_) => Input::Media(Event::OpenFailed { leg }),
        Answered(n) => {
            let asked: Vec<_> = bench
                .out
                .iter()
                .filter_map(|output| match output {
                    Output::Ask { query, .. } => Some(*query),
                    _ => None,
                })
                .collect();
            match asked.get(usize::from(*n) % asked.len().max(1)) {
                Some(query) => Input::Answered { query: *query, value: Ok(Value::Int(1)) },
                None => return,
            }
        }
        Hangup(_) => Input::Hangup { call: leg.call, cause: Cause::TEMPORARY },
    };
    bench.input(input);
}

/// All phones hang up, time goes on.
fn wind_up(bench: &mut Bench) {
    for _ in 0..3 {
        let legs: Vec<LegId> = bench.opened();
        for leg in legs {
            if !bench.is_over(leg) {
                bench.mark_over(leg);
                let ended = LegEvent::Ended { by: EndedBy::Peer, reason: Reason::default() };
                bench.input(Input::Leg(leg, ended));
            }
        }
        bench.waits(200_000);
    }
}

fn check(bench: &Bench) {
    assert_eq!(bench.calls.counts().panicked, 0, "panics");
    assert!(bench.calls.is_empty(), "{:?}", bench.calls.summaries(bench.now));
    assert_eq!(bench.calls.next_deadline(), None);
    let mut records: BTreeMap<CallId, usize> = BTreeMap::new();
    bench.records.iter().for_each(|record| *records.entry(record.call).or_default() += 1);
    assert!(records.values().all(|count| *count == 1), "{records:?}");
    assert_eq!(records.len() as u64, bench.calls.counts().began);
    for leg in bench.opened() {
        let closed = bench.media(leg).iter().any(|command| matches!(command, Command::Close { .. }));
        assert!(closed || bench.failed.contains(&leg), "{leg} is open");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_call_ends_with_one_record_and_nothing_open(what in happenings()) {
        let mut bench = office();
        what.iter().for_each(|what| happen(&mut bench, what));
        wind_up(&mut bench);
        check(&bench);
    }

    #[test]
    fn a_restart_between_any_two_turns_changes_nothing(what in happenings(), cut in proptest::collection::vec(any::<bool>(), 60)) {
        let (mut kept, mut restarted) = (office(), office());
        for (what, cut) in what.iter().zip(cut) {
            happen(&mut kept, what);
            happen(&mut restarted, what);
            if cut {
                restarted.restart();
            }
        }
        wind_up(&mut kept);
        wind_up(&mut restarted);
        prop_assert_eq!(&kept.out, &restarted.out);
        prop_assert_eq!(kept.replies(), restarted.replies());
    }
}
