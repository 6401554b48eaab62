//! Abuse of the service, its settings, and the program that is told replies.
#![allow(clippy::unwrap_used, clippy::panic, clippy::wildcard_enum_match_arm, reason = "tests may")]

use crate::guard::{CALLERS_MAX, Callers, Tries};
use crate::program::Disa;
use crate::service::Lines;
use crate::settings::{Office, Settings};
use crate::talk::{Answer, Granted, Request, Typed};
use cordboard_app::{
    App, Application, AskId, Asker, CallInfo, Cause, DigitsEnd, Hosted, Identity, Note, PlayResult, Privacy,
    Query, Reply, ServiceInput, ServiceOutput, Step, Value,
};
use cordboard_base::{CallId, Time};
use cordboard_media::{Audio, Playhead};
use core::time::Duration;
use proptest::prelude::*;
use std::collections::BTreeMap;

const START_US: i64 = 1_795_424_400_000_000;
const SHARED: &str = "739182";
const OF_101: &str = "580274";

fn office() -> Office {
    let settings =
        r#"{"line":{"main":{"context":"disa","pin":"739182","user":{"101":"580274","999":"648391"}}}}"#;
    let contexts = BTreeMap::from([("101".to_owned(), "internal".to_owned())]);
    Office { settings: serde_json::from_str(settings).unwrap(), contexts }
}

struct Desk {
    lines: Lines,
    ms: u64,
    log: Vec<String>,
    rows: BTreeMap<String, String>,
    next_call: u64,
}

impl Desk {
    fn new() -> Self {
        let mut desk =
            Self { lines: Lines::default(), ms: 0, log: Vec::new(), rows: BTreeMap::new(), next_call: 1 };
        desk.give(ServiceInput::Configured { settings: serde_json::to_string(&office()).unwrap() });
        desk
    }

    fn give(&mut self, input: ServiceInput) -> Option<Answer> {
        let now = Time::ZERO + Duration::from_millis(self.ms);
        self.lines.handle(now, START_US + i64::try_from(self.ms).unwrap() * 1_000, input);
        let mut answer = None;
        while let Some(output) = self.lines.poll() {
            match output {
                ServiceOutput::Answer { value, .. } => answer = value.unwrap().to(),
                ServiceOutput::Append { log, line } => {
                    assert_eq!(log, "disa_log");
                    self.log.push(line);
                }
                ServiceOutput::Keep { key, row, .. } => drop(self.rows.insert(key, row)),
                ServiceOutput::Forget { key } => drop(self.rows.remove(&key)),
                ServiceOutput::Log { text, .. } => self.log.push(text),
                ServiceOutput::Event { .. } => {}
                other => panic!("{other:?}"),
            }
        }
        let mut again = Lines::default();
        assert!(again.restore(&self.lines.snapshot()));
        self.lines = again;
        answer
    }

    fn asks(&mut self, call: u64, from: &str, request: &Request) -> Answer {
        let caller = Identity { number: from.to_owned(), name: String::new() };
        let asker = Asker { call: CallId(call), caller, user: None, lang: "en".to_owned() };
        self.give(ServiceInput::Asked { ask: AskId(1), asker, request: Value::of(request) }).unwrap()
    }

    /// In a call of its own.
    fn tries(&mut self, from: &str, pin: &str) -> Answer {
        self.next_call += 1;
        self.asks(self.next_call, from, &try_pin(pin))
    }

    fn passes(&mut self, secs: u64) {
        self.ms += secs * 1_000;
    }
}

fn try_pin(pin: &str) -> Request {
    Request::Try { line: "main".to_owned(), pin: Typed(pin.to_owned()) }
}

#[test]
fn a_pin_opens_its_context_and_nothing_else() {
    let mut desk = Desk::new();
    let granted = |user: Option<&str>, context: &str| {
        Answer::Granted(Granted {
            user: user.map(str::to_owned),
            context: context.to_owned(),
            limit_ms: 3_600_000,
            pause_ms: 3_000,
        })
    };
    assert_eq!(desk.tries("5550100", SHARED), granted(None, "disa"));
    assert_eq!(desk.tries("5550100", OF_101), granted(Some("101"), "internal"));
    assert!(matches!(desk.tries("5550100", "648391"), Answer::Wrong { .. }), "there is no user 999");
    for wrong in ["", "#", "73918", "7391820", "580273"] {
        assert!(matches!(desk.tries(&format!("from {wrong}"), wrong), Answer::Wrong { .. }), "{wrong}");
    }
}

#[test]
fn wrong_pins_wait_longer_and_longer_and_a_call_has_three() {
    let mut desk = Desk::new();
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(desk.asks(1, "5550100", &try_pin("111222")));
    }
    let expected = [
        Answer::Wrong { wait_ms: 1_000 },
        Answer::Wrong { wait_ms: 2_000 },
        Answer::Enough { wait_ms: 4_000 },
    ];
    assert_eq!(answers, expected);
    assert_eq!(
        desk.tries("5550100", "111222"),
        Answer::Wrong { wait_ms: 8_000 },
        "another call is no fresh start"
    );
}

#[test]
fn six_lock_a_caller_and_the_right_pin_does_not_help() {
    let mut desk = Desk::new();
    for _ in 0..5 {
        assert!(matches!(desk.tries("5550100", "111222"), Answer::Wrong { .. }));
    }
    assert_eq!(desk.tries("5550100", "111222"), Answer::Locked);
    assert_eq!(desk.tries("5550100", SHARED), Answer::Locked);
    assert_eq!(desk.asks(99, "5550100", &Request::Open { line: "main".into() }), Answer::Locked);
    assert!(matches!(desk.tries("5550111", SHARED), Answer::Granted(_)), "others are let in");
    desk.passes(15 * 60 - 1);
    assert_eq!(desk.tries("5550100", SHARED), Answer::Locked);
    desk.passes(1);
    for _ in 0..6 {
        desk.tries("5550100", "111222");
    }
    desk.passes(15 * 60);
    assert_eq!(desk.tries("5550100", SHARED), Answer::Locked, "the second lock is twice as long");
    desk.passes(15 * 60);
    assert!(matches!(desk.tries("5550100", SHARED), Answer::Granted(_)));
}

#[test]
fn a_guesser_that_forges_numbers_locks_the_line() {
    let mut desk = Desk::new();
    let mut n = 0;
    while desk.tries(&format!("55501{n:02}"), "111222") != Answer::Locked {
        n += 1;
        assert!(n < 40, "never locked");
    }
    assert_eq!(n, 29, "the thirtieth");
    assert_eq!(desk.tries("5550999", SHARED), Answer::Locked);
    assert!(desk.log.iter().any(|line| line.starts_with("line main is locked")));
}

#[test]
fn a_whole_week_of_guessing_gets_few_tries() {
    // As fast as answers allow, from one number that is forged anew for every call.
    let mut desk = Desk::new();
    let mut guesses = 0u32;
    for n in 0u64.. {
        if desk.ms > 7 * 24 * 3_600 * 1_000 {
            break;
        }
        match desk.tries(&format!("{n}"), "111222") {
            Answer::Wrong { .. } | Answer::Enough { .. } => guesses += 1,
            _ => desk.passes(600),
        }
        desk.passes(4);
    }
    assert!(guesses < 1_000, "{guesses} of a million");
}

#[test]
fn locks_outlive_the_process() {
    let mut desk = Desk::new();
    for _ in 0..6 {
        desk.tries("5550100", "111222");
    }
    let rows = desk.rows.clone();
    let mut desk = Desk::new();
    desk.ms = 5 * 60 * 1_000;
    for (key, row) in rows {
        desk.give(ServiceInput::Kept { key, row });
    }
    assert_eq!(desk.tries("5550100", SHARED), Answer::Locked);
    assert!(matches!(desk.tries("5550111", SHARED), Answer::Granted(_)));
    desk.passes(10 * 60);
    assert!(matches!(desk.tries("5550100", SHARED), Answer::Granted(_)));
}

#[test]
fn the_log_has_every_attempt_and_never_a_pin() {
    let mut desk = Desk::new();
    desk.tries("55\n|50", "111222");
    assert!(matches!(desk.asks(7, "", &try_pin(OF_101)), Answer::Granted(_)));
    desk.asks(7, "", &Request::Dialed { number: "900900".to_owned() });
    desk.give(ServiceInput::Gone { call: CallId(7) });
    let words = [
        "|WRONG|main|5550|",
        "|GRANTED|main|anonymous|101",
        "|DIAL|main|anonymous|900900",
        "|END|main|anonymous|",
    ];
    assert_eq!(desk.log.len(), words.len());
    for (line, word) in desk.log.iter().zip(words) {
        assert!(line.ends_with(word), "{line}: {word}");
    }
    let all = format!("{:?} {:?} {:?}", desk.log, desk.lines, try_pin(SHARED));
    assert!(!all.contains(SHARED) && !all.contains(OF_101) && !all.contains("111222"), "{all}");
    desk.asks(9, "", &Request::Dialed { number: "1".to_owned() });
    assert_eq!(desk.log.len(), 4, "who was not let in dials nothing");
}

#[test]
fn settings_that_do_not_parse_shut_every_line() {
    let mut desk = Desk::new();
    desk.give(ServiceInput::Configured { settings: "{".to_owned() });
    assert_eq!(desk.tries("5550100", SHARED), Answer::NoLine);
}

#[test]
fn lines_that_are_unsafe_are_refused_where_they_stand() {
    assert!(Settings::default().line.is_empty());
    for (line, wrong) in [
        (r#"{"context":"x"}"#, "nobody could use it"),
        (r#"{"pin":"739182"}"#, "needs a `context`"),
        (r#"{"context":"x","pin":""}"#, "6 to 32 digits"),
        (r#"{"context":"x","pin":"1234"}"#, "6 to 32 digits"),
        (r#"{"context":"x","pin":"123456"}"#, "too easy"),
        (r#"{"user":{"101":"910158"}}"#, "its number in it"),
        (r#"{"user":{"101":"739182","102":"739182"}}"#, "the same PIN"),
        (r#"{"context":"x","pin":"739182","user":{"102":"739182"}}"#, "the same PIN"),
        (r#"{"context":"x","pin":"739182","tries":6}"#, "must be 1 to 5"),
        (r#"{"context":"x","pin":"739182","line_lock_after":4}"#, "must be 5 to 1000"),
        (r#"{"context":"x","pin":"739182","open":true}"#, "unknown field"),
    ] {
        let text = format!(r#"{{"line":{{"main":{line}}}}}"#);
        let error = serde_json::from_str::<Settings>(&text).unwrap_err().to_string();
        assert!(error.contains(wrong), "{line}: {error}");
    }
}

#[test]
fn ten_thousand_callers_are_remembered_and_of_one_more_the_oldest_is_forgotten() {
    let mut callers = Callers::default();
    for n in 0..=CALLERS_MAX {
        let mut tries = Tries::default();
        let now = Time::ZERO + Duration::from_secs(u64::try_from(n).unwrap());
        tries.wrong(now, 6, Duration::from_secs(60));
        callers.put(format!("{n}"), tries);
    }
    assert_eq!(callers.len(), CALLERS_MAX);
    assert_eq!(callers.of("0"), Tries::default());
    assert_ne!(callers.of("1"), Tries::default());
}

proptest! {
    /// Whoever tries whatever: without a PIN of the line nobody is let in.
    #[test]
    fn nobody_is_let_in_without_a_pin(all in prop::collection::vec(("[0-9*#]{0,12}", 0..5u32, 0..2_000u64), 1..60)) {
        let mut desk = Desk::new();
        for (pin, from, secs) in all {
            prop_assume!(pin != SHARED && pin != OF_101);
            let answer = desk.tries(&from.to_string(), &pin);
            prop_assert!(!matches!(answer, Answer::Granted(_)));
            desk.passes(secs);
        }
    }
}

// The program.

fn start() -> Box<dyn App> {
    let info = CallInfo { lang: "en".to_owned(), ..CallInfo::default() };
    Disa.start(&info, &Value::List(vec![Value::Text("main".to_owned())])).unwrap()
}

fn next(app: &mut Box<dyn App>, reply: Reply) -> Step {
    *app = Disa.restore(&app.snapshot()).unwrap();
    app.resume(Time::ZERO, reply)
}

fn told(answer: &Answer) -> Reply {
    Reply::Value(Value::of(answer))
}

fn typed(digits: &str) -> Reply {
    Reply::Digits { digits: digits.to_owned(), end: DigitsEnd::TimedOut }
}

fn request(step: &Step) -> Request {
    match step {
        Step::Ask(Query::Service { request, .. }) => request.to().unwrap(),
        other => panic!("{other:?}"),
    }
}

fn says(step: &Step, wanted: &str) {
    let items = match step {
        Step::Play(list) => &list.items,
        Step::Read(read) => &read.prompt,
        other => panic!("{other:?}"),
    };
    assert!(
        items.iter().any(|item| matches!(item, Audio::Prompt { name, .. } if name == wanted)),
        "{items:?}"
    );
}

fn asked_for_a_pin() -> Box<dyn App> {
    let mut app = start();
    assert_eq!(request(&next(&mut app, Reply::Start)), Request::Open { line: "main".into() });
    assert_eq!(next(&mut app, told(&Answer::Open)), Step::Answer);
    says(&next(&mut app, Reply::Ok), "enter-password");
    app
}

#[test]
fn who_knows_a_users_pin_is_that_user_and_dials_in_its_context_for_so_long() {
    let mut app = asked_for_a_pin();
    assert_eq!(request(&next(&mut app, typed(OF_101))), try_pin(OF_101));
    let granted =
        Granted { user: Some("101".into()), context: "internal".into(), limit_ms: 60_000, pause_ms: 3_000 };
    assert_eq!(next(&mut app, told(&Answer::Granted(granted))), Step::Ask(Query::Identity("101".into())));
    let anna = Identity { number: "101".into(), name: "Anna".into() };
    let shows = Step::Note(Note::SetCaller(anna.clone(), Privacy::Allowed));
    assert_eq!(next(&mut app, Reply::Value(Value::of(&anna))), shows);
    assert_eq!(next(&mut app, Reply::Ok), Step::Note(Note::SetMaxDuration(60_000)));
    let Step::Read(tone) = next(&mut app, Reply::Ok) else { panic!("no dial tone") };
    assert!(matches!(tone.prompt.last(), Some(Audio::Tone(tone)) if tone.frequencies_hz == [350, 440]));
    assert_eq!(tone.digit_timeout_ms, 3_000);
    assert_eq!(request(&next(&mut app, typed("102"))), Request::Dialed { number: "102".into() });
    let expected = Step::Enter { context: "internal".into(), number: "102".into() };
    assert_eq!(next(&mut app, told(&Answer::Done)), expected);
}

#[test]
fn a_wrong_pin_waits_and_is_asked_again_and_one_too_many_ends_it() {
    let mut app = asked_for_a_pin();
    next(&mut app, typed("1"));
    assert_eq!(next(&mut app, told(&Answer::Wrong { wait_ms: 2_000 })), Step::Wait { ms: 2_000 });
    says(&next(&mut app, Reply::Ok), "auth-incorrect");
    next(&mut app, typed("2"));
    assert_eq!(next(&mut app, told(&Answer::Enough { wait_ms: 4_000 })), Step::Wait { ms: 4_000 });
    says(&next(&mut app, Reply::Ok), "goodbye");
    let Step::Done(outcome) = next(&mut app, Reply::Played(PlayResult::Finished, Playhead::default())) else {
        panic!("not done")
    };
    assert_eq!(outcome.entry("status").text(), Some("denied"));
}

#[test]
fn a_failed_question_opens_nothing() {
    for reply in [Reply::Failed("disk".into()), Reply::Ok, Reply::Value(Value::Unit), told(&Answer::NoLine)] {
        let mut app = asked_for_a_pin();
        next(&mut app, typed(SHARED));
        says(&next(&mut app, reply), "ss-noservice");
    }
    let mut app = start();
    next(&mut app, Reply::Start);
    says(&next(&mut app, told(&Answer::Locked)), "auth-locked");
    let mut app = asked_for_a_pin();
    let hung = next(&mut app, Reply::HungUp(Cause::NORMAL));
    assert!(matches!(hung, Step::Done(outcome) if outcome.entry("status").text() == Some("hungup")));
}

#[test]
fn who_dials_nothing_hears_the_tone_three_times() {
    let mut app = asked_for_a_pin();
    next(&mut app, typed(SHARED));
    next(&mut app, told(&Answer::Granted(Granted { context: "disa".into(), ..Granted::default() })));
    for _ in 0..3 {
        assert!(matches!(next(&mut app, typed("")), Step::Read(_)));
    }
    says(&next(&mut app, typed("")), "goodbye");
}
