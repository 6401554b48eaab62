//! Steps.

use super::bench::{Bench, STOOD_AT, dial, extensions, play, rejected};
use crate::{Fact, Input, Output};
use cordboard_app::{Cause, DigitsEnd, Note, PlayList, PlayResult, Query, ReadDigits, Reply, Step, Value};
use cordboard_base::LegId;
use cordboard_media::{Audio, Command, Event, PlayEnd, Source, Tone};
use cordboard_sip::session::LegCommand;

fn prompt(name: &str) -> Vec<Audio> {
    vec![Audio::Prompt { name: name.into(), lang: "en".into() }]
}

fn menu(interrupt: &str) -> Step {
    Step::Play(PlayList { items: prompt("menu"), interrupt: interrupt.into() })
}

fn read(max: u16) -> Step {
    Step::Read(ReadDigits {
        prompt: prompt("enter"),
        max,
        timeout_ms: 5_000,
        digit_timeout_ms: 2_000,
        end: "#".into(),
        secret: false,
    })
}

fn digits(digits: &str, end: DigitsEnd) -> Reply {
    Reply::Digits { digits: digits.into(), end }
}

/// A call to a program of these steps, followed by a wait that keeps it up.
fn run(steps: Vec<Step>) -> (Bench, LegId) {
    let mut steps = steps;
    steps.push(Step::Wait { ms: 1_000_000 });
    let mut bench = Bench::new(&[("1", steps)]);
    let caller = bench.call("101", "1", &["PCMA"]);
    (bench, caller)
}

fn finish(bench: &mut Bench, caller: LegId) {
    let id = bench.last_play(caller).unwrap().id;
    bench.played(caller, id, PlayEnd::Finished);
}

#[test]
fn a_prompt_answers_the_caller_unless_early_media_was_asked_for() {
    let (bench, caller) = run(vec![play("hello")]);
    assert!(matches!(bench.last_told(caller), Some(LegCommand::Accept { .. })));
    let (bench, caller) = run(vec![Step::Progress, play("hello")]);
    assert!(matches!(
        bench.last_told(caller),
        Some(LegCommand::Provisional { status: 183, sdp: Some(_), .. })
    ));
    assert!(bench.last_play(caller).is_some() && bench.setup(caller).is_some());
}

#[test]
fn ringing_is_180_and_the_wait_goes_on() {
    let (mut bench, caller) =
        run(vec![Step::Ringing, Step::Wait { ms: 1_000 }, Step::Hangup(Cause::NO_ANSWER)]);
    assert!(matches!(bench.last_told(caller), Some(LegCommand::Provisional { status: 180, .. })));
    bench.waits(1_000);
    assert_eq!(rejected(&bench, caller).map(|(status, _)| status), Some(480));
}

#[test]
fn a_play_tells_how_it_ended() {
    let ends = [
        (PlayEnd::Finished, PlayResult::Finished),
        (PlayEnd::Missing("menu".into()), PlayResult::Missing("menu".into())),
        (PlayEnd::Interrupted('2'), PlayResult::Interrupted('2')),
    ];
    for (end, result) in ends {
        let (mut bench, caller) = run(vec![menu("12")]);
        let id = bench.last_play(caller).unwrap().id;
        bench.played(caller, id, end);
        assert_eq!(bench.replies().last(), Some(&Reply::Played(result, STOOD_AT)));
    }
}

#[test]
fn the_digit_that_interrupts_is_not_read_again_whichever_report_comes_first() {
    for digit_first in [true, false] {
        let (mut bench, caller) = run(vec![menu("2"), read(1)]);
        let id = bench.last_play(caller).unwrap().id;
        if digit_first {
            bench.presses(caller, "2");
        }
        bench.played(caller, id, PlayEnd::Interrupted('2'));
        if !digit_first {
            bench.presses(caller, "2");
        }
        bench.presses(caller, "2");
        assert_eq!(bench.replies().last(), Some(&digits("2", DigitsEnd::Full)), "{digit_first}");
        let reads = bench.replies().iter().filter(|r| matches!(r, Reply::Digits { .. })).count();
        assert_eq!(reads, 1);
    }
}

#[test]
fn digits_are_read_until_enough_or_an_end_digit_or_time_runs_out() {
    let (mut bench, caller) = run(vec![read(3)]);
    bench.presses(caller, "123");
    assert_eq!(bench.replies().last(), Some(&digits("123", DigitsEnd::Full)));
    let (mut bench, caller) = run(vec![read(3)]);
    bench.presses(caller, "12#");
    assert_eq!(bench.replies().last(), Some(&digits("12", DigitsEnd::Ended('#'))));
    let (mut bench, caller) = run(vec![read(3)]);
    bench.presses(caller, "1");
    bench.waits(1_999);
    assert_eq!(bench.replies().len(), 1);
    bench.waits(1);
    assert_eq!(bench.replies().last(), Some(&digits("1", DigitsEnd::TimedOut)));
}

#[test]
fn the_time_for_the_first_digit_runs_from_the_prompts_end() {
    let (mut bench, caller) = run(vec![read(3)]);
    bench.waits(60_000);
    assert_eq!(bench.replies().len(), 1, "the prompt still plays");
    finish(&mut bench, caller);
    bench.waits(5_000);
    assert_eq!(bench.replies().last(), Some(&digits("", DigitsEnd::TimedOut)));
}

#[test]
fn the_first_digit_stops_the_prompt() {
    let (mut bench, caller) = run(vec![read(3)]);
    let id = bench.last_play(caller).unwrap().id;
    bench.presses(caller, "1");
    assert!(bench.media(caller).iter().any(|c| matches!(c, Command::Stop { play, .. } if *play == id)));
}

#[test]
fn digits_typed_ahead_skip_prompts_and_what_is_too_much_waits_for_the_next_question() {
    let (mut bench, caller) = run(vec![play("hello"), read(2), read(2)]);
    bench.presses(caller, "1234");
    finish(&mut bench, caller);
    let replies = bench.replies();
    assert_eq!(replies[2..], [digits("12", DigitsEnd::Full), digits("34", DigitsEnd::Full)]);
    assert!(bench.last_play(caller).unwrap().items == prompt("hello"), "no prompt was needed");
}

#[test]
fn silence_is_waited_for() {
    let step = || Step::WaitSilence { ms: 800, timeout_ms: 3_000 };
    let (mut bench, caller) = run(vec![step()]);
    bench.input(Input::Media(Event::Silence { leg: caller }));
    assert_eq!(bench.replies().last(), Some(&Reply::Value(Value::Bool(true))));
    let (mut bench, _) = run(vec![step()]);
    bench.waits(3_000);
    assert_eq!(bench.replies().last(), Some(&Reply::Value(Value::Bool(false))));
}

#[test]
fn a_machine_is_listened_for_and_if_nobody_decides_time_does() {
    use cordboard_media::{Answerer, AnswererCause, MachineDetection, MachineVerdict};
    let step =
        || Step::DetectMachine(Box::new(MachineDetection { beep_ms: 1_000, ..MachineDetection::default() }));
    let (mut bench, caller) = run(vec![step()]);
    let listens = |bench: &Bench, on: bool| {
        let commands = bench.media(caller);
        commands.iter().any(
            |command| matches!(command, Command::DetectMachine { settings, .. } if settings.is_some() == on),
        )
    };
    assert!(listens(&bench, true));
    let (answerer, cause) = (Answerer::Human, AnswererCause::Silence);
    let verdict = MachineVerdict { answerer, cause, ms: 1_600, words: 1, beep: false };
    bench.input(Input::Media(Event::Detected { leg: caller, verdict }));
    assert_eq!(bench.replies().last(), Some(&Reply::Value(Value::of(&verdict))));
    let (mut bench, _) = run(vec![step()]);
    bench.waits(7_999);
    assert!(!listens(&bench, false));
    bench.waits(1);
    assert!(listens(&bench, false));
    assert!(matches!(bench.replies().last(), Some(Reply::Failed(_))));
}

#[test]
fn echo_ends_with_a_hash() {
    let (mut bench, caller) = run(vec![Step::Echo { timeout_ms: 0 }]);
    assert_eq!(bench.hears(caller), Source::Echo);
    bench.presses(caller, "1#");
    assert_eq!(bench.replies().last(), Some(&Reply::Ok));
    assert_eq!(bench.hears(caller), Source::Nothing);
}

#[test]
fn a_tone_without_end_ends_with_any_digit() {
    let tone = Tone { frequencies_hz: [1_004, 0], level_dbm0: 0, cadence_ms: Vec::new(), duration_ms: 0 };
    let (bench, caller) = run(vec![Step::Tone(tone)]);
    assert_eq!(bench.last_play(caller).unwrap().interrupt.len(), 16);
}

#[test]
fn music_comes_back_after_a_prompt_until_it_is_ended() {
    let (mut bench, caller) =
        run(vec![Step::Music(Some("jazz".into())), play("hello"), Step::Wait { ms: 10 }, Step::Music(None)]);
    finish(&mut bench, caller);
    let music = bench.last_play(caller).cloned().unwrap();
    assert_eq!(music.items, [Audio::Music("jazz".into())]);
    bench.waits(10);
    assert!(bench.media(caller).iter().any(|c| matches!(c, Command::Stop { play, .. } if *play == music.id)));
}

/// What is heard while these steps let somebody wait.
fn music_of(steps: Vec<Step>) -> Vec<Audio> {
    let (bench, caller) = run(steps);
    bench.last_play(caller).unwrap().items.clone()
}

#[test]
fn the_calls_own_class_of_music_goes_before_the_one_that_a_program_names() {
    let own = || Step::Note(Note::SetMusicClass("own".into()));
    let wait = || Step::Wait { ms: 1_000 };
    let music = |class: &str| Step::Music(Some(class.into()));
    let Step::Dial(mut plan) = dial(&[&["102"]]) else { panic!() };
    plan.music = Some("jazz".into());
    let dial = || Step::Dial(plan.clone());
    let heard = |class: &str| vec![Audio::Music(class.into())];
    assert_eq!(music_of(vec![own(), music("jazz"), wait()]), heard("own"));
    assert_eq!(music_of(vec![own(), dial()]), heard("own"));
    assert_eq!(music_of(vec![dial()]), heard("jazz"));
    // None is named: the call's own, else the office's.
    assert_eq!(music_of(vec![own(), music(""), wait()]), heard("own"));
    assert_eq!(music_of(vec![music(""), wait()]), heard("default"));
}

#[test]
fn digits_are_sent_and_take_their_time() {
    let (mut bench, caller) = run(vec![Step::SendDigits { digits: "1w2".into(), duration_ms: 100 }]);
    assert!(
        bench
            .media(caller)
            .iter()
            .any(|c| matches!(c, Command::SendDigits { digits, .. } if digits == "1w2"))
    );
    bench.waits(899);
    assert_eq!(bench.replies().len(), 1);
    bench.waits(1);
    assert_eq!(bench.replies().last(), Some(&Reply::Ok));
}

#[test]
fn digits_by_info_are_digits() {
    let (mut bench, caller) = run(vec![read(2)]);
    for (kind, body) in
        [("application/dtmf-relay", "Signal= 4\r\nDuration=160\r\n"), ("application/dtmf", "2")]
    {
        let event = cordboard_sip::session::LegEvent::Info { content_type: kind.into(), body: body.into() };
        bench.input(Input::Leg(caller, event));
    }
    assert_eq!(bench.replies().last(), Some(&digits("42", DigitsEnd::Full)));
}

#[test]
fn a_digit_by_info_goes_on_to_the_partner_once_with_its_length() {
    for ms in [40u16, 60, 100, 250, 500] {
        let mut bench = Bench::new(&extensions());
        let (caller, callee) = bench.talk("101", "102");
        let body = format!("Signal=7\r\nDuration={ms}\r\n").into_bytes();
        let event = cordboard_sip::session::LegEvent::Info {
            content_type: "application/dtmf-relay".into(),
            body: body.into(),
        };
        bench.input(Input::Leg(caller, event));
        let sent: Vec<(String, u16)> = bench
            .media(callee)
            .iter()
            .filter_map(|command| match command {
                Command::SendDigits { digits, duration_ms, .. } => Some((digits.clone(), *duration_ms)),
                _ => None,
            })
            .collect();
        assert_eq!(sent, [("7".to_owned(), ms)]);
    }
}

#[test]
fn questions_of_the_call_are_answered_here_and_others_by_the_exchange() {
    let var = Note::SetVar { name: "x".into(), value: Value::Int(7), inherited: false };
    let (mut bench, _) = run(vec![
        Step::Note(var),
        Step::Ask(Query::Var("x".into())),
        Step::Ask(Query::Header("From".into())),
        Step::Ask(Query::Header("X-None".into())),
        Step::Ask(Query::Now),
    ]);
    let replies = bench.replies();
    assert_eq!(replies[2], Reply::Value(Value::Int(7)));
    assert!(matches!(&replies[3], Reply::Value(Value::Untrusted(text)) if text.contains("101")));
    assert_eq!(replies[4], Reply::Value(Value::Unit));
    let query = bench.out.iter().find_map(|output| match output {
        Output::Ask { query, question: Query::Now, .. } => Some(*query),
        _ => None,
    });
    let query = query.expect("a question");
    bench.input(Input::Answered { query, value: Ok(Value::Int(1)) });
    bench.input(Input::Answered { query, value: Ok(Value::Int(2)) });
    assert_eq!(bench.replies().last(), Some(&Reply::Value(Value::Int(1))));
}

#[test]
fn tags_and_marks_and_script_errors_stand_in_the_record() {
    let (mut bench, caller) = run(vec![
        Step::Note(Note::Tag { key: "dept".into(), value: "sales".into() }),
        Step::Note(Note::Mark("greeted".into())),
        Step::Ask(Query::Record),
        Step::Note(Note::ScriptError("main.rhai:3:1: oops".into())),
        Step::Hangup(Cause::INTERWORKING),
    ]);
    assert!(matches!(&bench.replies()[3], Reply::Value(Value::Map(map)) if map.len() == 6));
    bench.waits(1);
    assert_eq!(rejected(&bench, caller).map(|(status, _)| status), Some(500));
    let record = bench.record();
    assert_eq!(record.tags.get("dept").map(String::as_str), Some("sales"));
    assert!(record.tags.contains_key("mark.greeted"));
    assert_eq!(record.error.as_deref(), Some("main.rhai:3:1: oops"));
}

#[test]
fn an_application_runs_on_top_and_its_outcome_comes_back() {
    let run_app = Step::Run { app: "voicemail".into(), args: Value::Unit };
    let wait = Step::Wait { ms: 100_000 };
    let mut bench = Bench::new(&[("1", vec![run_app, wait]), ("voicemail", vec![play("vm-intro")])]);
    let caller = bench.call("101", "1", &["PCMA"]);
    finish(&mut bench, caller);
    assert_eq!(bench.replies().last(), Some(&Reply::Value(Value::Text("done".into()))));
    bench.hangs_up(caller);
    assert_eq!(bench.records.len(), 1);
}

#[test]
fn an_unknown_application_is_a_failed_step_and_the_script_goes_on() {
    let (bench, _) = run(vec![Step::Run { app: "nonsense".into(), args: Value::Unit }]);
    assert!(matches!(bench.replies().last(), Some(Reply::Failed(_))));
}

#[test]
fn every_program_on_the_stack_unwinds_at_a_hang_up() {
    let run_app = Step::Run { app: "voicemail".into(), args: Value::Unit };
    let mut bench = Bench::new(&[("1", vec![run_app]), ("voicemail", vec![play("vm-intro")])]);
    let caller = bench.call("101", "1", &["PCMA"]);
    bench.hangs_up(caller);
    let hung = bench.replies().iter().filter(|reply| matches!(reply, Reply::HungUp(_))).count();
    assert_eq!(hung, 2);
    assert_eq!(bench.records.len(), 1);
}

#[test]
fn enter_leaves_for_another_route() {
    let enter = Step::Enter { context: "other".into(), number: "2".into() };
    let mut bench = Bench::new(&[("1", vec![enter]), ("2", vec![Step::Hangup(Cause::BUSY)])]);
    let caller = bench.call("101", "1", &["PCMA"]);
    assert_eq!(rejected(&bench, caller).map(|(status, _)| status), Some(486));
    assert_eq!((bench.record().context.as_str(), bench.record().dialed.as_str()), ("other", "2"));
}

#[test]
fn a_script_that_yields_lets_others_have_their_turn() {
    let (mut bench, _) = run(vec![Step::Yield, Step::Wait { ms: 5 }]);
    assert_eq!(bench.replies().len(), 1);
    assert_eq!(bench.calls.next_deadline(), Some(bench.now));
    bench.waits(0);
    assert_eq!(bench.replies().len(), 2);
}

#[test]
fn the_longest_time_of_a_call_ends_it() {
    let (mut bench, caller) = run(vec![Step::Answer, Step::Note(Note::SetMaxDuration(9_000))]);
    bench.waits(9_000);
    assert!(matches!(bench.last_told(caller), Some(LegCommand::End { .. })));
    assert_eq!(bench.record().cause, Cause::TIMER);
}

#[test]
fn a_program_that_ends_unanswered_passes_its_last_dials_cause_on() {
    let mut bench = Bench::new(&[("1", vec![dial(&[&["102"]])])]);
    let caller = bench.call("101", "1", &["PCMA"]);
    bench.refuses(bench.last_invited(), 486);
    assert_eq!(rejected(&bench, caller), Some((486, Some(Cause::BUSY))));
}

#[test]
fn each_step_is_a_fact() {
    let (bench, _) = run(vec![Step::Answer]);
    let steps = bench.facts().into_iter().filter(|fact| matches!(fact, Fact::Step { .. })).count();
    assert_eq!(steps, 2);
}

#[test]
fn a_new_dialplan_is_for_new_calls() {
    let enter = Step::Enter { context: "x".into(), number: "2".into() };
    let routes = [("1", vec![Step::Wait { ms: 10 }, enter.clone()]), ("2", vec![Step::Hangup(Cause::BUSY)])];
    let mut bench = Bench::new(&routes);
    let caller = bench.call("101", "1", &["PCMA"]);
    bench.calls.set_programs(std::rc::Rc::new(super::bench::Plan::default()));
    bench.waits(10);
    assert_eq!(rejected(&bench, caller).map(|(status, _)| status), Some(486));
    let second = bench.call("101", "1", &["PCMA"]);
    assert_eq!(rejected(&bench, second).map(|(status, _)| status), Some(404));
}
