//! Messages that callers leave.

use super::bench::{Bench, play};
use crate::{Fact, Input};
use cordboard_app::{Cause, MessageEnd, Query, Reply, Step, TakeMessage};
use cordboard_base::LegId;
use cordboard_media::{
    Command, Event, PlayEnd, RecordPlace, RecordSettings, RecordSides, RecordingId, RecordingOf,
};

fn message() -> TakeMessage {
    let ends = "#0".to_owned();
    let file = "messages/1".to_owned();
    TakeMessage { file, beep: true, max_ms: 60_000, silence_ms: 10_000, ends, gain_db: 0 }
}

fn taken(file: &str, ms: u32, end: MessageEnd) -> Reply {
    Reply::Taken { file: file.into(), ms, end }
}

/// A caller after the beep.
fn speaking(rest: Vec<Step>) -> (Bench, LegId) {
    let mut steps = vec![Step::TakeMessage(message())];
    steps.extend(rest);
    steps.push(Step::Wait { ms: 1_000_000 });
    let mut bench = Bench::new(&[("1", steps)]);
    let caller = bench.call("101", "1", &["PCMA"]);
    assert!(recorded(&bench, caller).is_empty(), "the beep comes first");
    let beep = bench.last_play(caller).unwrap().id;
    bench.played(caller, beep, PlayEnd::Finished);
    (bench, caller)
}

fn recorded(bench: &Bench, leg: LegId) -> Vec<(RecordingId, RecordSettings)> {
    let of = |command: &&Command| match command {
        Command::Record { id, settings } => Some((*id, settings.clone())),
        _ => None,
    };
    bench.media(leg).iter().filter_map(of).collect()
}

fn ends_asked(bench: &Bench, leg: LegId) -> usize {
    bench.media(leg).iter().filter(|command| matches!(command, Command::EndRecording { .. })).count()
}

/// The disk has the file.
fn complete(bench: &mut Bench, leg: LegId, ms: u64, failure: Option<&str>) {
    let id = recorded(bench, leg)[0].0;
    let file = "messages/1.wav".to_owned();
    bench.input(Input::Media(Event::RecordingEnded { id, file, ms, failure: failure.map(str::to_owned) }));
}

#[test]
fn a_message_is_what_the_caller_says_alone_after_the_beep_and_outlives_a_power_cut() {
    let (bench, caller) = speaking(Vec::new());
    let all = recorded(&bench, caller);
    let (id, settings) = all.first().unwrap();
    assert_eq!((all.len(), id.of), (1, RecordingOf::Leg(caller)));
    assert_eq!((settings.name.as_str(), settings.sides), ("messages/1", RecordSides::Says));
    assert_eq!(
        (settings.file.place, settings.file.durable, settings.file.trim),
        (RecordPlace::Data, true, true)
    );
}

#[test]
fn a_digit_ends_it_and_the_reply_waits_for_the_disk() {
    let (mut bench, caller) = speaking(Vec::new());
    bench.presses(caller, "75#9");
    assert_eq!((ends_asked(&bench, caller), bench.replies().len()), (1, 1));
    complete(&mut bench, caller, 3_200, None);
    let wanted = taken("messages/1.wav", 3_200, MessageEnd::Digit('#'));
    assert_eq!(bench.replies().last(), Some(&wanted));
    assert!(
        !bench.facts().iter().any(|fact| matches!(fact, Fact::Recorded { .. })),
        "it is no call recording"
    );
    bench.hangs_up(caller);
    assert!(bench.record().recordings.is_empty());
}

#[test]
fn what_a_script_records_goes_on_beside_it() {
    let steps = vec![
        Step::Record(Box::default()),
        Step::TakeMessage(TakeMessage { beep: false, ..message() }),
        Step::Wait { ms: 1_000_000 },
    ];
    let mut bench = Bench::new(&[("1", steps)]);
    let caller = bench.call("101", "1", &["PCMA"]);
    let all = recorded(&bench, caller);
    assert_eq!((all.len(), ends_asked(&bench, caller)), (2, 0));
    bench.presses(caller, "#");
    assert_eq!(ends_asked(&bench, caller), 1);
    let ended = |command: &Command| matches!(command, Command::EndRecording { id } if *id == all[1].0);
    assert!(bench.media(caller).into_iter().any(ended), "the message, not the other");
}

#[test]
fn silence_ends_it() {
    let (mut bench, caller) = speaking(Vec::new());
    let watch = |bench: &Bench| {
        bench.media(caller).iter().rev().find_map(|command| match command {
            Command::WatchSilence { ms, .. } => Some(*ms),
            _ => None,
        })
    };
    assert_eq!(watch(&bench), Some(10_000));
    bench.input(Input::Media(Event::Silence { leg: caller }));
    assert_eq!(watch(&bench), Some(0), "it is watched no more");
    complete(&mut bench, caller, 1_000, None);
    assert_eq!(bench.replies().last(), Some(&taken("messages/1.wav", 1_000, MessageEnd::Silence)));
}

#[test]
fn it_ends_when_it_is_as_long_as_it_may_be() {
    let (mut bench, caller) = speaking(Vec::new());
    bench.waits(59_999);
    assert_eq!(ends_asked(&bench, caller), 0);
    bench.waits(1);
    complete(&mut bench, caller, 60_000, None);
    assert_eq!(bench.replies().last(), Some(&taken("messages/1.wav", 60_000, MessageEnd::Full)));
}

#[test]
fn a_hang_up_keeps_it_and_only_the_next_step_that_needs_the_caller_is_told() {
    let (mut bench, caller) = speaking(vec![Step::Ask(Query::Now), play("thanks")]);
    bench.hangs_up(caller);
    assert_eq!(bench.replies().len(), 1, "the file is not complete");
    complete(&mut bench, caller, 900, None);
    assert_eq!(bench.replies().last(), Some(&taken("messages/1.wav", 900, MessageEnd::HungUp)));
    let query = bench.out.iter().rev().find_map(|output| match output {
        crate::Output::Ask { query, .. } => Some(*query),
        _ => None,
    });
    bench.input(Input::Answered { query: query.unwrap(), value: Ok(cordboard_app::Value::Int(5)) });
    assert_eq!(bench.replies().last(), Some(&Reply::HungUp(Cause::NORMAL)));
    assert_eq!(bench.records.len(), 1);
}

#[test]
fn a_hang_up_during_the_beep_leaves_no_file() {
    let steps = vec![Step::TakeMessage(message()), play("thanks")];
    let mut bench = Bench::new(&[("1", steps)]);
    let caller = bench.call("101", "1", &["PCMA"]);
    bench.hangs_up(caller);
    let replies = bench.replies();
    assert_eq!(replies[1..], [taken("", 0, MessageEnd::HungUp), Reply::HungUp(Cause::NORMAL)]);
}

#[test]
fn a_disk_that_fails_says_so() {
    let (mut bench, caller) = speaking(Vec::new());
    complete(&mut bench, caller, 400, Some("no space"));
    let wanted = taken("messages/1.wav", 400, MessageEnd::Failed("no space".into()));
    assert_eq!(bench.replies().last(), Some(&wanted));
}

#[test]
fn a_disk_that_never_answers_does_not_keep_the_call() {
    let (mut bench, caller) = speaking(Vec::new());
    bench.hangs_up(caller);
    bench.waits(60_000);
    assert!(
        matches!(bench.replies().last(), Some(Reply::HungUp(_))),
        "told of the failure, then of the hang-up: {:?}",
        bench.replies()
    );
    assert_eq!(bench.records.len(), 1);
}

#[test]
fn a_caller_that_is_transferred_away_has_left_its_message() {
    let mut routes = super::bench::extensions();
    routes.push(("1", vec![Step::TakeMessage(TakeMessage { beep: false, ..message() })]));
    let mut bench = Bench::new(&routes);
    let (anna, ben) = bench.talk("101", "102");
    let speaker = bench.call("103", "1", &["PCMA"]);
    bench.refers(ben, "<sip:103@office.example?Replaces=x%3Bto-tag%3D1%3Bfrom-tag%3D2>");
    let query = bench.out.iter().rev().find_map(|output| match output {
        crate::Output::FindDialog { query, .. } => Some(*query),
        _ => None,
    });
    bench.input(Input::Found { query: query.unwrap(), leg: Some(speaker) });
    assert_eq!(ends_asked(&bench, speaker) + usize::from(bench.is_over(speaker)), 1, "its end was asked for");
    complete(&mut bench, speaker, 700, None);
    assert!(
        bench.replies().contains(&taken("messages/1.wav", 700, MessageEnd::HungUp)),
        "{:?}",
        bench.replies()
    );
    let _who_stays = anna;
}

#[test]
fn a_restart_in_the_middle_changes_nothing() {
    let (mut bench, caller) = speaking(Vec::new());
    bench.restart();
    bench.presses(caller, "#");
    bench.restart();
    complete(&mut bench, caller, 3_200, None);
    assert_eq!(bench.replies().last(), Some(&taken("messages/1.wav", 3_200, MessageEnd::Digit('#'))));
}
