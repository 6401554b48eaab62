//! The service against random schedules, its settings, and a program that is told replies.

use crate::program::Park;
use crate::service::Lots;
use crate::settings::{LotSettings, Settings};
use crate::talk::{Answer, Place, Request, Wish};
use cordboard_app::{
    Application, AskId, Asker, CallInfo, Happening, Hosted, Identity, Query, Reply, ServiceInput,
    ServiceOutput, Step, Value,
};
use cordboard_base::{CallId, Time};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn ask(lots: &mut Lots, call: u64, request: &Request) -> Answer {
    let caller = Identity { number: call.to_string(), name: String::new() };
    let asker = Asker { call: CallId(call), caller, user: None, lang: "en".to_owned() };
    let request = Value::of(request);
    lots.handle(Time::ZERO, 0, ServiceInput::Asked { ask: AskId(1), asker, request });
    let mut answer = None;
    while let Some(output) = lots.poll() {
        if let ServiceOutput::Answer { value, .. } = output {
            answer = value.unwrap().to::<Answer>();
        }
    }
    answer.unwrap()
}

fn small() -> Lots {
    let mut lots = Lots::default();
    let settings = r#"{"lot":{"default":{"first":701,"last":703}}}"#.to_owned();
    lots.handle(Time::ZERO, 0, ServiceInput::Configured { settings });
    while lots.poll().is_some() {}
    lots
}

fn park(slot: Option<u32>) -> Request {
    Request::Park(Wish { slot, transferred: true, ..Wish::default() })
}

#[test]
fn places_are_given_in_order_and_one_more_than_there_are_is_refused() {
    let mut lots = small();
    for (call, slot) in [(1, 701), (2, 702), (3, 703)] {
        assert!(matches!(ask(&mut lots, call, &park(None)), Answer::Parked(place) if place.slot == slot));
    }
    assert_eq!(ask(&mut lots, 4, &park(None)), Answer::Full);
    assert_eq!(ask(&mut lots, 4, &park(Some(702))), Answer::Taken);
    assert_eq!(ask(&mut lots, 4, &park(Some(704))), Answer::NoPlace);
    ask(&mut lots, 2, &Request::Leave);
    assert!(matches!(ask(&mut lots, 4, &park(None)), Answer::Parked(place) if place.slot == 702));
}

#[test]
fn who_is_being_fetched_is_nobody_else_s_until_it_is_put_back() {
    let mut lots = small();
    ask(&mut lots, 1, &park(None));
    let fetch = Request::Fetch { lot: None, slot: Some(701) };
    assert!(matches!(ask(&mut lots, 2, &fetch), Answer::Call { call: CallId(1), .. }));
    assert_eq!(ask(&mut lots, 3, &fetch), Answer::Nobody);
    assert_eq!(ask(&mut lots, 1, &Request::ComeBack), Answer::Stay);
    lots.handle(Time::ZERO, 0, ServiceInput::Gone { call: CallId(2) });
    assert!(matches!(ask(&mut lots, 3, &fetch), Answer::Call { call: CallId(1), .. }));
}

#[derive(Clone, Debug)]
enum Move {
    Park(u64, Option<u32>),
    Fetch(u64, Option<u32>),
    PutBack(u64),
    ComeBack(u64),
    Leave(u64),
    Gone(u64),
}

fn moves() -> impl Strategy<Value = Move> {
    let slot = || prop::option::of(700..705u32);
    prop_oneof![
        ((1..6u64), slot()).prop_map(|(call, slot)| Move::Park(call, slot)),
        ((6..9u64), slot()).prop_map(|(call, slot)| Move::Fetch(call, slot)),
        (1..6u64).prop_map(Move::PutBack),
        (1..6u64).prop_map(Move::ComeBack),
        (1..6u64).prop_map(Move::Leave),
        (1..9u64).prop_map(Move::Gone),
    ]
}

proptest! {
    #[test]
    fn no_place_is_given_twice_and_no_call_to_two(all in prop::collection::vec(moves(), 0..80)) {
        let mut lots = small();
        // Who is where, and who has been given whom.
        let mut places: BTreeMap<u32, u64> = BTreeMap::new();
        let mut given: BTreeMap<u64, u64> = BTreeMap::new();
        for one in all {
            match one {
                Move::Park(call, slot) => {
                    places.retain(|_, it| *it != call);
                    given.remove(&call);
                    if let Answer::Parked(Place { slot, .. }) = ask(&mut lots, call, &park(slot)) {
                        prop_assert_eq!(places.insert(slot, call), None);
                    }
                }
                Move::Fetch(by, slot) => {
                    if let Answer::Call { call, .. } = ask(&mut lots, by, &Request::Fetch { lot: None, slot }) {
                        prop_assert!(places.values().any(|it| *it == call.0));
                        prop_assert_eq!(given.insert(call.0, by), None);
                    }
                }
                Move::PutBack(call) => {
                    ask(&mut lots, 6, &Request::PutBack { call: CallId(call) });
                    given.remove(&call);
                }
                Move::ComeBack(call) => {
                    if matches!(ask(&mut lots, call, &Request::ComeBack), Answer::Back { .. }) {
                        prop_assert!(!given.contains_key(&call));
                        places.retain(|_, it| *it != call);
                    }
                }
                Move::Leave(call) => {
                    ask(&mut lots, call, &Request::Leave);
                    places.retain(|_, it| *it != call);
                    given.remove(&call);
                }
                Move::Gone(call) => {
                    lots.handle(Time::ZERO, 0, ServiceInput::Gone { call: CallId(call) });
                    places.retain(|_, it| *it != call);
                    given.retain(|parked, by| *parked != call && *by != call);
                }
            }
            let Answer::Slots(slots) = ask(&mut lots, 9, &Request::List) else { panic!("no list") };
            let listed: BTreeSet<(u32, String)> = slots.into_iter().map(|s| (s.slot, s.call)).collect();
            let known = places.iter().map(|(slot, call)| (*slot, CallId(*call).to_string())).collect();
            prop_assert_eq!(listed, known);
        }
    }
}

#[test]
fn settings_are_checked_where_they_stand() {
    let read = |text: &str| serde_json::from_str::<Settings>(text).map_err(|error| error.to_string());
    assert_eq!(read("{}").unwrap().lot.len(), 1);
    for (text, wrong) in [
        (r#"{"lot":{"a":{"first":710,"last":701}}}"#, "lot `a`"),
        (r#"{"lot":{"a":{"first":1,"last":1001}}}"#, "1 to 1000 places"),
        (r#"{"lot":{"a":{"first":701,"last":720},"b":{"first":720,"last":730}}}"#, "share the place 720"),
        (r#"{"lot":{"a":{"timeout_s":4}}}"#, "must be 5 to 86400"),
        (r#"{"lot":{"a":{"colour":"red"}}}"#, "unknown field"),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.contains(wrong), "{text}: {error}");
    }
    assert!(read(r#"{"lot":{"a":{"first":1,"last":1000}}}"#).is_ok());
}

/// A program, told one reply after the other; snapshots are taken in between.
fn plays(arguments: Value, replies: Vec<(u64, Reply)>) -> Vec<Step> {
    let info = CallInfo { user: Some("102".to_owned()), lang: "en".to_owned(), ..CallInfo::default() };
    let mut app = Park.start(&info, &arguments).unwrap();
    let mut steps = Vec::new();
    for (at, reply) in replies {
        app = Park.restore(&app.snapshot()).unwrap();
        steps.push(app.resume(Time::from_secs(at), reply));
    }
    steps
}

fn told(answer: &Answer) -> Reply {
    Reply::Value(Value::of(answer))
}

#[test]
fn a_transferred_call_tells_who_transferred_it_waits_and_rings_it_when_the_time_is_over() {
    let place = Place { slot: 701, music: "default".to_owned(), timeout_ms: 45_000 };
    let back = Answer::Back {
        may: LotSettings::default().may(),
        who: Identity { number: "101".to_owned(), name: "Anna".to_owned() },
        parker: Some("102".to_owned()),
        comeback: true,
        ring_ms: 30_000,
    };
    let steps = plays(
        Value::List(Vec::new()),
        vec![
            (0, Reply::Start),
            (0, Reply::Value(Value::Text("102".to_owned()))),
            (0, told(&Answer::Parked(place))),
            (0, Reply::Ok),
            (4, Reply::Happened(Happening::TimedOut)),
            (4, Reply::Ok),
            (45, Reply::Happened(Happening::TimedOut)),
            (45, told(&back)),
        ],
    );
    let wish = Request::Park(Wish { parker: Some("102".to_owned()), transferred: true, ..Wish::default() });
    let asked = Step::Ask(Query::Service { kind: "parking".to_owned(), request: Value::of(&wish) });
    assert_eq!(steps[1], asked);
    assert!(matches!(&steps[2], Step::Note(_)), "{:?}", steps[2]);
    // While its place is said it can be fetched.
    assert!(matches!(&steps[3], Step::Await(wanted) if wanted.timeout_ms == 4_000), "{:?}", steps[3]);
    assert_eq!(steps[4], Step::Music(Some("default".to_owned())));
    assert!(matches!(&steps[5], Step::Await(wanted) if wanted.timeout_ms == 41_000), "{:?}", steps[5]);
    let Step::Dial(dial) = &steps[7] else { panic!("{:?}", steps[7]) };
    assert_eq!(dial.caller.as_ref().unwrap().name, "parked 701: Anna");
}

#[test]
fn a_transferred_call_for_which_there_is_no_place_hears_nothing_and_goes_back() {
    let by = Reply::Value(Value::Text("102".to_owned()));
    let steps = plays(Value::List(Vec::new()), vec![(0, Reply::Start), (0, by), (0, told(&Answer::Full))]);
    assert!(matches!(&steps[2], Step::Done(outcome) if outcome.entry("status").text() == Some("full")));
}
