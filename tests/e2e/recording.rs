//! Recordings on a real disk: what a crash, the end of a call and a full disk leave.

use crate::harness::crowd::{Crowd, Seat};
use crate::harness::ear::{MOMENT_MS, Wav};
use crate::harness::exchange::Exchange;
use crate::harness::plan::Plan;
use crate::harness::tape::{self, Tape};
use crate::harness::wait;
use cordboard_phone::Command;
use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};
use std::time::{Duration, Instant};

/// Voices of caller and callee, in Hz.
const ANN: u16 = 700;
const BEN: u16 = 1_100;

fn plan(rule: &str, format: &str) -> Plan {
    let dialplan = format!(
        r#"
let internal = context("internal");
internal.on("_1XX", |ch| {{ ch.dial(user(ch.dialed), #{{ timeout: 25, record: "{rule}" }}); }});
internal.on_recording(|rec| log::info(`the tape ${{rec.path}} is complete`));
"#
    );
    Plan::sample().dialplan(&dialplan).set("recording", "format", format)
}

/// 101 talks with 102.
fn talk(exchange: &Exchange) -> (Crowd, [Seat; 2]) {
    let mut crowd = Crowd::new(exchange);
    let seats = [crowd.phone("101", ANN), crowd.phone("102", BEN)];
    crowd.register(&seats);
    crowd.connects(seats[0], "102", seats[1]);
    (crowd, seats)
}

/// A crash in the middle of a talk: what can be played is no more than a second less than was said.
fn crash(format: &str) {
    let mut exchange = Exchange::start(&plan("always", format));
    let (mut crowd, _) = talk(&exchange);
    let since = Instant::now();
    crowd.goes_on(Duration::from_millis(4_300));
    let said = since.elapsed();
    exchange.kill();
    let tape = Tape::plays(&tape::only(&exchange));
    // A fifth of a second for a machine that is busy with other tests.
    assert!(tape.length() + Duration::from_millis(1_200) > said, "{:?} of {said:?}", tape.length());
    for voice in [ANN, BEN] {
        let (with, all) = tape.moments_with(voice);
        assert!(with + 3 >= all && all > 10, "{voice} Hz in {with} of {all} moments");
    }
    // What was recorded before stays what it was.
    let name = tape::only(&exchange);
    let before = std::fs::read(&name).unwrap();
    exchange.start_again();
    assert_eq!(std::fs::read(tape::only(&exchange)).unwrap(), before);
}

#[test]
fn a_crash_leaves_a_wav_file_that_plays_up_to_the_last_second() {
    crash("wav");
}

#[test]
fn a_crash_leaves_an_opus_file_that_plays_up_to_the_last_second() {
    crash("opus");
}

/// Moments of 200 ms of seconds.
fn moments(seconds: u32) -> usize {
    usize::try_from(seconds * 1_000 / MOMENT_MS).unwrap()
}

/// How often the dialplan was told that a recording is complete.
fn told(exchange: &Exchange) -> usize {
    exchange.log().matches("is complete").count()
}

#[test]
fn the_caller_is_left_the_callee_right_and_a_pause_leaves_a_gap() {
    let exchange = Exchange::start(&plan("on-demand", "wav"));
    let (mut crowd, [ann, ben]) = talk(&exchange);
    let began = Instant::now();
    for rests in [3, 4, 3] {
        crowd.does(ann, Command::Digits("*1".to_owned()));
        crowd.goes_on(Duration::from_secs(rests));
    }
    let lasted = began.elapsed();
    crowd.hangs_up(ann);
    crowd.is_over(ben);
    wait::until("the end of the recording", wait::SOON, || (told(&exchange) > 0).then_some(()));
    let wav = Wav::read(&tape::only(&exchange)).unwrap();
    assert_eq!((wav.rate_hz, wav.channels.len()), (8_000, 2));
    for (side, own, other) in [(0, ANN, BEN), (1, BEN, ANN)] {
        let (with, all) = wav.moments_with(side, own);
        let expected = moments(6);
        assert!(
            all.abs_diff(expected) <= 7,
            "{all} moments of {lasted:?}, of which four seconds are a pause"
        );
        // Ann's keys silence her; both hear the tones that tell of the recording.
        assert!(with + 8 >= all, "{own} Hz in {with} of {all} moments");
        assert_eq!(wav.moments_with(side, other).0, 0, "{other} Hz on the other's side");
    }
    assert_eq!(wav.channels[0].len(), wav.channels[1].len());
    exchange.leaves_records(1);
    assert_eq!(told(&exchange), 1, "the dialplan is told once");
    // The journey of the call hands the same out: what each side has said, on a channel of its own.
    let copy = exchange.folder.file("copy.wav");
    let said = exchange.asks(&["show", "last", "--wav", copy.to_str().unwrap()]);
    assert!(said.contains("copy.wav"), "{said}");
    assert_eq!(Wav::read(&copy).unwrap().channels, wav.channels);
}

#[test]
fn a_whole_opus_recording_has_its_end() {
    let exchange = Exchange::start(&plan("always", "opus"));
    let (mut crowd, [ann, ben]) = talk(&exchange);
    crowd.goes_on(Duration::from_secs(2));
    crowd.hangs_up(ann);
    crowd.is_over(ben);
    wait::until("the end of the recording", wait::SOON, || (told(&exchange) > 0).then_some(()));
    let path = tape::only(&exchange);
    let bytes = std::fs::read(&path).unwrap();
    let last = bytes.windows(5).rposition(|window| window == b"OggS\0").unwrap();
    assert_eq!(bytes[last + 5], 0x04, "the last page ends the stream");
    let length = Tape::plays(&path).length();
    assert!(length > Duration::from_millis(1_900) && length < Duration::from_secs(4), "{length:?}");
}

#[test]
fn a_full_disk_ends_the_recording_and_not_the_call() {
    let mut exchange = Exchange::start(&plan("always", "wav"));
    let (mut crowd, [ann, ben]) = talk(&exchange);
    // Stereo at 8 kHz has 32,000 bytes a second: no file may have more than two seconds of it from now on.
    let process = Pid::from_raw(exchange.process().id()).unwrap();
    let limit = getrlimit(Resource::Fsize);
    let full = Rlimit { current: Some(64_000), ..limit };
    prlimit(Some(process), Resource::Fsize, full).unwrap();
    crowd.until("the end of the recording", |_| exchange.log().contains("recording ended").then_some(()));
    prlimit(Some(process), Resource::Fsize, limit).unwrap();
    crowd.hears(ann, BEN);
    crowd.hears(ben, ANN);
    crowd.hangs_up(ann);
    crowd.is_over(ben);
    let records = exchange.leaves_records(1);
    assert_eq!(records[0].disposition, "answered");
    let length = Tape::plays(&tape::only(&exchange)).length();
    assert!(length > Duration::from_millis(1_400) && length <= Duration::from_secs(2), "{length:?}");
    assert_eq!(told(&exchange), 1, "the dialplan is told of what there is");
}
