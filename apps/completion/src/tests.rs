//! The service in an office of three phones, through random schedules, and the programs that are told replies.
#![allow(clippy::unwrap_used, clippy::panic, clippy::wildcard_enum_match_arm, reason = "tests may")]

use crate::recall::CompletionRecall;
use crate::request::{CompletionCancel, CompletionRequest};
use crate::service::Completions;
use crate::settings::Settings;
use crate::talk::{Answer, Request, Wish};
use cordboard_app::{
    App, Application, AskId, Asker, CallInfo, Cause, Change, Destination, Hosted, Identity, Note, PlayResult,
    Query, Reply, ServiceInput, ServiceOutput, Step, Value,
};
use cordboard_base::{CallId, Time};
use cordboard_media::Playhead;
use core::time::Duration;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const START_S: u64 = 1_795_424_400;

/// An office: what its phones do, and a disk.
struct Office {
    service: Completions,
    secs: u64,
    states: BTreeMap<String, String>,
    watched: BTreeSet<String>,
    rows: BTreeMap<String, String>,
    is_full: bool,
    /// Recalls that ring: number and whose phone.
    calls: Vec<(u64, String, Identity)>,
    answers: Vec<Answer>,
}

impl Office {
    fn new(change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::default();
        change(&mut settings);
        let mut office = Self {
            service: Completions::default(),
            secs: 0,
            states: BTreeMap::new(),
            watched: BTreeSet::new(),
            rows: BTreeMap::new(),
            is_full: false,
            calls: Vec::new(),
            answers: Vec::new(),
        };
        office.give(ServiceInput::Configured { settings: serde_json::to_string(&settings).unwrap() });
        office
    }

    fn state(&self, user: &str) -> String {
        self.states.get(user).cloned().unwrap_or_else(|| "idle".to_owned())
    }

    fn give(&mut self, input: ServiceInput) {
        let at = (
            Time::ZERO + Duration::from_secs(self.secs),
            i64::try_from((START_S + self.secs) * 1_000_000).unwrap(),
        );
        self.service.handle(at.0, at.1, input);
        while let Some(output) = self.service.poll() {
            match output {
                ServiceOutput::Answer { value, .. } => self.answers.push(value.unwrap().to().unwrap()),
                ServiceOutput::Watch { who: Destination::User(user), wanted } => {
                    if wanted {
                        self.watched.insert(user.clone());
                        let state = self.state(&user);
                        let who = Destination::User(user);
                        self.service.handle(at.0, at.1, ServiceInput::State { who, state });
                    } else {
                        self.watched.remove(&user);
                    }
                }
                ServiceOutput::Originate { number, originate } => {
                    let Destination::User(user) = originate.dial.stages[0][0].clone() else {
                        panic!("a user")
                    };
                    self.calls.push((number, user, originate.dial.caller.unwrap()));
                }
                ServiceOutput::Commit { number, changes } => {
                    let failed = self.is_full.then(|| "disk full".to_owned());
                    for change in changes.into_iter().filter(|_| failed.is_none()) {
                        match change {
                            Change::Keep { key, row, .. } => drop(self.rows.insert(key, row)),
                            Change::Forget { key } => drop(self.rows.remove(&key)),
                            Change::Mail(_) => panic!("no mail"),
                        }
                    }
                    self.service.handle(at.0, at.1, ServiceInput::Written { number, failed });
                }
                ServiceOutput::Forget { key } => drop(self.rows.remove(&key)),
                ServiceOutput::Log { .. } => {}
                other => panic!("{other:?}"),
            }
        }
        let mut again = Completions::default();
        assert!(again.restore(&self.service.snapshot()));
        self.service = again;
    }

    fn asks(&mut self, call: u64, user: Option<&str>, request: &Request) -> Answer {
        let asker = Asker {
            call: CallId(call),
            caller: Identity::default(),
            user: user.map(str::to_owned),
            lang: "en".to_owned(),
        };
        self.give(ServiceInput::Asked { ask: AskId(1), asker, request: Value::of(request) });
        self.answers.pop().unwrap()
    }

    fn wants(&mut self, caller: &str, callee: &str, busy: bool) -> Answer {
        let shown = Identity { number: callee.to_owned(), name: format!("Name of {callee}") };
        let wish = Wish { callee: callee.to_owned(), number: callee.to_owned(), shown, busy };
        self.asks(1, Some(caller), &Request::Want(wish))
    }

    fn is(&mut self, user: &str, state: &str) {
        self.states.insert(user.to_owned(), state.to_owned());
        if self.watched.contains(user) {
            let who = Destination::User(user.to_owned());
            self.give(ServiceInput::State { who, state: state.to_owned() });
        }
    }

    fn passes(&mut self, secs: u64) {
        let until = self.secs + secs;
        while let Some(due) = self.service.next_deadline() {
            let due_s = due.since(Time::ZERO).as_micros().div_ceil(1_000_000);
            let due_s = u64::try_from(due_s).unwrap();
            if due_s > until {
                break;
            }
            self.secs = self.secs.max(due_s);
            self.give(ServiceInput::Tick);
        }
        self.secs = until;
    }

    fn is_called(&mut self, user: &str) -> (u64, Identity) {
        let (number, whom, shown) = self.calls.pop().expect("a recall");
        assert_eq!((whom.as_str(), self.calls.len()), (user, 0));
        (number, shown)
    }

    fn ends(&mut self, number: u64, call: u64, failed: Option<Cause>) {
        self.give(ServiceInput::Originated { number, call: CallId(call), failed });
    }
}

#[test]
fn the_caller_of_a_busy_phone_is_called_when_it_is_idle_for_a_moment() {
    let mut office = Office::new(|_| ());
    office.is("102", "busy");
    assert_eq!(office.wants("101", "102", true), Answer::Set);
    office.passes(100);
    assert!(office.calls.is_empty());
    office.is("102", "idle");
    office.passes(2);
    assert!(office.calls.is_empty());
    office.passes(1);
    let (number, shown) = office.is_called("101");
    assert_eq!(shown.name, "Name of 102");
    office.ends(number, 7, None);
    assert_eq!(office.asks(7, None, &Request::Here { id: number }), Answer::Dial { number: "102".into() });
    office.give(ServiceInput::Gone { call: CallId(7) });
    assert!(office.rows.is_empty() && office.watched.is_empty(), "nothing is left");
}

#[test]
fn after_no_reply_the_callee_has_to_be_on_the_phone_first() {
    let mut office = Office::new(|_| ());
    assert_eq!(office.wants("101", "102", false), Answer::Set);
    office.passes(60);
    office.is("102", "ringing");
    office.is("102", "idle");
    office.passes(60);
    assert!(office.calls.is_empty(), "a phone that rings shows nobody at it");
    office.is("102", "busy");
    office.is("102", "idle");
    office.passes(3);
    office.is_called("101");
}

#[test]
fn a_busy_caller_waits_until_it_is_free_too() {
    let mut office = Office::new(|_| ());
    office.is("102", "busy");
    office.wants("101", "102", true);
    office.is("101", "busy");
    office.is("102", "idle");
    office.passes(60);
    assert!(office.calls.is_empty());
    office.is("101", "idle");
    office.passes(3);
    let (number, _) = office.is_called("101");
    office.ends(number, 7, Some(Cause::BUSY));
    office.passes(29);
    assert!(office.calls.is_empty());
    office.passes(1);
    office.is_called("101");
}

#[test]
fn a_callee_that_is_busy_again_is_waited_for_and_the_first_hour_holds() {
    let mut office = Office::new(|_| ());
    office.is("102", "busy");
    office.wants("101", "102", true);
    office.passes(3_000);
    office.is("102", "idle");
    office.passes(3);
    let (number, _) = office.is_called("101");
    office.ends(number, 7, None);
    office.is("102", "busy");
    assert_eq!(office.wants("101", "102", true), Answer::Set);
    office.give(ServiceInput::Gone { call: CallId(7) });
    assert_eq!(office.rows.len(), 1, "it goes on waiting");
    office.is("102", "idle");
    office.passes(3);
    let (number, _) = office.is_called("101");
    office.ends(number, 8, None);
    // Busy without a call, as who does not want to be disturbed: not called again until there was one.
    assert_eq!(office.wants("101", "102", true), Answer::Set);
    office.give(ServiceInput::Gone { call: CallId(8) });
    office.passes(500);
    assert!(office.calls.is_empty());
    office.passes(600);
    assert!(office.rows.is_empty() && office.watched.is_empty(), "the hour is over");
}

#[test]
fn a_caller_that_does_not_answer_is_forgotten() {
    for cause in [Cause::NO_ANSWER, Cause::REJECTED] {
        let mut office = Office::new(|_| ());
        office.wants("101", "102", true);
        office.passes(3);
        let (number, _) = office.is_called("101");
        office.ends(number, 7, Some(cause));
        assert!(office.rows.is_empty());
    }
}

#[test]
fn of_two_who_wait_the_first_is_called_and_then_the_second() {
    let mut office = Office::new(|_| ());
    office.is("102", "busy");
    office.wants("101", "102", true);
    office.wants("103", "102", true);
    office.is("102", "idle");
    office.passes(60);
    let (number, _) = office.is_called("101");
    office.ends(number, 7, None);
    office.is("102", "busy");
    office.give(ServiceInput::Gone { call: CallId(7) });
    office.is("102", "idle");
    office.passes(3);
    office.is_called("103");
}

#[test]
fn five_of_a_caller_and_five_for_a_callee_are_the_most() {
    let mut office = Office::new(|_| ());
    for callee in 1..=5 {
        assert_eq!(office.wants("101", &format!("20{callee}"), false), Answer::Set);
    }
    assert_eq!(office.wants("101", "206", false), Answer::Full);
    assert_eq!(office.wants("101", "205", false), Answer::Set, "the same again is the same");
    for caller in 2..=5 {
        assert_eq!(office.wants(&format!("10{caller}"), "201", false), Answer::Set);
    }
    assert_eq!(office.wants("106", "201", false), Answer::Full);
}

#[test]
fn what_is_cancelled_is_gone_and_what_is_none_of_ours_is_refused() {
    let mut office = Office::new(|_| ());
    office.wants("101", "102", false);
    office.wants("101", "103", false);
    office.wants("104", "103", false);
    let one = Request::Cancel { callee: Some("102".to_owned()) };
    assert_eq!(office.asks(1, Some("101"), &one), Answer::Cancelled(1));
    assert_eq!(office.asks(1, Some("101"), &Request::Cancel { callee: None }), Answer::Cancelled(1));
    assert_eq!((office.rows.len(), office.watched.len()), (1, 2));
    assert_eq!(office.asks(1, None, &Request::Cancel { callee: None }), Answer::Refused);
    assert_eq!(office.wants("101", "101", true), Answer::Refused);
    assert_eq!(office.asks(99, Some("101"), &Request::Here { id: 2 }), Answer::Refused);
}

#[test]
fn what_can_not_be_written_is_not_promised_and_a_restart_forgets_nothing() {
    let mut office = Office::new(|_| ());
    office.is_full = true;
    assert_eq!(office.wants("101", "102", true), Answer::Failed);
    assert!(office.watched.is_empty());
    office.is_full = false;
    office.is("102", "busy");
    office.wants("101", "102", true);
    let rows = office.rows.clone();
    let mut office = Office::new(|_| ());
    office.secs = 50;
    for (key, row) in rows {
        office.give(ServiceInput::Kept { key, row });
    }
    office.passes(3);
    office.is_called("101");
}

proptest! {
    /// Nobody is called twice at once, nobody who is not idle, and nothing is left when the hour is over.
    #[test]
    fn whatever_happens_nobody_is_called_twice_at_once(
        all in prop::collection::vec((0..7u8, 0..3u8, 0..3u8, any::<bool>()), 1..80)
    ) {
        let mut office = Office::new(|_| ());
        let mut live: Vec<(u64, u64)> = Vec::new();
        let mut next_call = 10;
        for (what, one, other, flag) in all {
            let (user, peer) = (format!("10{one}"), format!("10{other}"));
            match what {
                0 => drop(office.wants(&user, &peer, flag)),
                1 => office.is(&user, "busy"),
                2 => office.is(&user, "idle"),
                3 => office.passes(u64::from(one) * 10),
                4 => if let Some((number, _, _)) = office.calls.pop() {
                    let failed = flag.then_some(if one == 0 { Cause::NO_ANSWER } else { Cause::BUSY });
                    if failed.is_none() { live.push((number, next_call)); }
                    office.ends(number, next_call, failed);
                    next_call += 1;
                },
                5 => if let Some((_, call)) = live.pop() { office.give(ServiceInput::Gone { call: CallId(call) }); },
                _ => drop(office.asks(1, Some(&user), &Request::Cancel { callee: None })),
            }
            let callers: BTreeSet<&String> = office.calls.iter().map(|(_, user, _)| user).collect();
            prop_assert_eq!(callers.len(), office.calls.len());
        }
        for user in ["100", "101", "102"] { office.is(user, "busy"); }
        for (number, _, _) in core::mem::take(&mut office.calls) { office.ends(number, 5, Some(Cause::NO_ANSWER)); }
        for (_, call) in live { office.give(ServiceInput::Gone { call: CallId(call) }); }
        office.passes(3_600);
        prop_assert!(office.rows.is_empty() && office.watched.is_empty() && office.service.next_deadline().is_none());
    }
}

// The programs.

fn info() -> CallInfo {
    CallInfo {
        lang: "en".to_owned(),
        user: Some("101".to_owned()),
        context: "internal".to_owned(),
        ..CallInfo::default()
    }
}

fn next(app: &mut Box<dyn App>, reply: Reply) -> Step {
    let state = app.snapshot();
    *app = match state.kind.as_str() {
        "completion_request" => CompletionRequest.restore(&state),
        "completion_cancel" => CompletionCancel.restore(&state),
        _ => CompletionRecall.restore(&state),
    }
    .unwrap();
    app.resume(Time::ZERO, reply)
}

fn request(step: &Step) -> Request {
    match step {
        Step::Ask(Query::Service { request, .. }) => request.to().unwrap(),
        other => panic!("{other:?}"),
    }
}

fn played() -> Reply {
    Reply::Played(PlayResult::Finished, Playhead::default())
}

fn says(step: &Step, name: &str) {
    let Step::Play(list) = step else { panic!("{step:?}") };
    assert!(format!("{:?}", list.items).contains(name), "{list:?}");
}

fn status(step: &Step) -> String {
    let Step::Done(outcome) = step else { panic!("{step:?}") };
    outcome.entry("status").text().unwrap().to_owned()
}

#[test]
fn who_asks_hears_what_became_of_it() {
    for (answer, prompt, word) in [
        (Answer::Set, "calling-back", "set"),
        (Answer::Full, "pls-try-call-later", "full"),
        (Answer::Refused, "call-not-allowed", "refused"),
        (Answer::Failed, "an-error-has-occurred", "failed"),
    ] {
        let callee = Value::Destination(Box::new(Destination::User("102".to_owned())));
        let options = Value::Map([("reason".to_owned(), Value::Text("no-answer".to_owned()))].into());
        let mut app = CompletionRequest.start(&info(), &Value::List(vec![callee, options])).unwrap();
        assert_eq!(next(&mut app, Reply::Start), Step::Ask(Query::Identity("102".to_owned())));
        let ben = Identity { number: "102".to_owned(), name: "Ben".to_owned() };
        let asked = request(&next(&mut app, Reply::Value(Value::of(&ben))));
        assert!(matches!(asked, Request::Want(wish) if wish.shown == ben && !wish.busy));
        says(&next(&mut app, Reply::Value(Value::of(&answer))), prompt);
        assert_eq!(status(&next(&mut app, played())), word);
    }
}

#[test]
fn a_user_that_does_not_exist_is_told() {
    let callee = Value::Destination(Box::new(Destination::User("999".to_owned())));
    let mut app = CompletionRequest.start(&info(), &Value::List(vec![callee])).unwrap();
    next(&mut app, Reply::Start);
    says(&next(&mut app, Reply::Value(Value::Unit)), "pbx-invalid");
    assert!(CompletionRequest.start(&info(), &Value::List(vec![Value::Text("102".into())])).is_err());
}

#[test]
fn a_cancellation_says_how_many() {
    let mut app = CompletionCancel.start(&info(), &Value::List(Vec::new())).unwrap();
    assert_eq!(request(&next(&mut app, Reply::Start)), Request::Cancel { callee: None });
    says(&next(&mut app, Reply::Value(Value::of(&Answer::Cancelled(2)))), "callback-cancelled");
    let Step::Done(outcome) = next(&mut app, played()) else { panic!("not done") };
    assert_eq!(outcome.entry("cancelled").int(), Some(2));
}

#[test]
fn who_is_called_back_dials_as_its_phone_would_and_the_script_knows_why() {
    let mut app = CompletionRecall.start(&info(), &Value::List(vec![Value::Int(7)])).unwrap();
    assert_eq!(request(&next(&mut app, Reply::Start)), Request::Here { id: 7 });
    says(&next(&mut app, Reply::Value(Value::of(&Answer::Dial { number: "102".into() }))), "callback-ready");
    let marks = next(&mut app, played());
    assert!(matches!(marks, Step::Note(Note::SetVar { ref name, .. }) if name == "completion"), "{marks:?}");
    let expected = Step::Enter { context: "internal".to_owned(), number: "102".to_owned() };
    assert_eq!(next(&mut app, Reply::Ok), expected);
    assert_eq!(next(&mut app, Reply::HungUp(Cause::NORMAL)), Step::Done(Value::Unit));
}
