//! What is in a recording: who is heard on which side, and when.

use cordboard_app::RecordRule;
use cordboard_media::goertzel;
use cordboard_phone::Command;
use cordboard_sim::{Handset, Plan, World};
use core::time::Duration;

/// Of every tape: PCMA's.
const RATE_HZ: u32 = 8_000;
/// Voices of the first three phones; music of the class `default` is below 800 Hz, the toggle's tones are 1,400 and 700 Hz.
const ANNA: u16 = 1_100;
const BEN: u16 = 1_150;
const CLARA: u16 = 1_200;

fn office(options: &str) -> String {
    format!(
        r#"
let internal = context("internal");
internal.on("_1XX", |ch| {{ ch.dial(user(ch.dialed), #{{ timeout: 25 {options} }}); }});
internal.on_recording(|rec| log::info(`recorded ${{rec.path}} ${{rec.seconds}} ${{rec.id != ""}}`));
"#
    )
}

/// One side of the only recording, in seconds: those of `voices` that are heard in each.
fn heard(world: &World, side: usize) -> Vec<Vec<u16>> {
    let tapes = world.recordings();
    assert_eq!(tapes.len(), 1, "{:?}", tapes.iter().map(|tape| &tape.0).collect::<Vec<_>>());
    let samples: Vec<i16> = tapes[0].1.iter().skip(side).step_by(2).copied().collect();
    let voices = |second: &[i16]| goertzel::heard(second, RATE_HZ, &[ANNA, BEN, CLARA], -26.0);
    samples.chunks_exact(RATE_HZ as usize).map(voices).collect()
}

/// Without repetitions, and without the seconds in which it changes.
fn course(seconds: &[Vec<u16>]) -> Vec<Vec<u16>> {
    let mut course: Vec<Vec<u16>> = Vec::new();
    for pair in seconds.windows(2) {
        if pair[0] == pair[1] && course.last() != Some(&pair[0]) {
            course.push(pair[0].clone());
        }
    }
    course
}

fn talking(world: &World) -> (Handset, Handset) {
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    anna.calls_and_talks_with("102", &ben);
    (anna, ben)
}

#[test]
fn a_talk_that_is_always_recorded_has_the_caller_left_and_the_callee_right() {
    let world = World::with_dialplan(&office(", record: \"always\""));
    let (anna, ben) = talking(&world);
    world.run_secs(5);
    anna.hangs_up();
    ben.is_over();
    world.is_quiet();
    assert_eq!((course(&heard(&world, 0)), course(&heard(&world, 1))), (vec![vec![ANNA]], vec![vec![BEN]]));
    let record = world.record();
    assert_eq!(record.recordings.len(), 1);
    let path = &record.recordings[0].path;
    assert!(
        path.starts_with("2026-11-23/0900") && path.contains("-101-102-") && path.ends_with(".wav"),
        "{path}"
    );
    assert!(record.recordings[0].ms > 4_000 && record.recordings[0].failure.is_none());
    assert!(world.has_logged("script", &format!("recorded {path} ")), "{:?}", world.log());
}

#[test]
fn a_talk_without_a_rule_is_not_recorded_whatever_is_typed() {
    let world = World::with_dialplan(&office(""));
    let (anna, ben) = talking(&world);
    anna.presses("*1");
    world.run_secs(3);
    ben.hangs_up();
    anna.is_over();
    world.is_quiet();
    assert!(world.recordings().is_empty() && world.record().recordings.is_empty());
}

/// The tone by which both are told that it is recorded, or no longer.
fn both_hear(world: &World, anna: &Handset, ben: &Handset, hz: u16) {
    let (mut by_anna, mut by_ben) = (false, false);
    let heard = world.run_until(
        |_| {
            by_anna |= anna.hears_a_tone_of(&[hz]);
            by_ben |= ben.hears_a_tone_of(&[hz]);
            by_anna && by_ben
        },
        Duration::from_secs(2),
    );
    assert!(heard, "{hz} Hz: heard by her {by_anna}, by him {by_ben}");
}

#[test]
fn the_feature_code_starts_rests_and_goes_on_in_one_file() {
    let world = World::with_dialplan(&office(", record: \"on-demand\""));
    let (anna, ben) = talking(&world);
    world.run_secs(3);
    anna.presses("*1");
    both_hear(&world, &anna, &ben, 1_400);
    world.run_secs(6);
    ben.presses("*1");
    both_hear(&world, &anna, &ben, 700);
    world.run_secs(20);
    ben.presses("*1");
    both_hear(&world, &anna, &ben, 1_400);
    world.run_secs(5);
    anna.talks_with(&ben);
    anna.hangs_up();
    ben.is_over();
    world.is_quiet();
    let seconds = heard(&world, 0);
    assert!((9..=14).contains(&seconds.len()), "{seconds:?}");
    assert_eq!(course(&heard(&world, 1)), [[BEN]]);
    assert_eq!(course(&seconds), [[ANNA]]);
}

#[test]
fn the_code_typed_slowly_or_by_who_may_not_does_nothing() {
    let plan =
        Plan::new(&office(", record: \"on-demand\"")).with(|setup| setup.office.recording.by_callee = false);
    let world = World::new(&plan);
    let (anna, ben) = talking(&world);
    ben.presses("*1");
    world.run_secs(3);
    anna.presses("*");
    world.run_secs(2);
    anna.presses("1");
    world.run_secs(3);
    anna.presses("2*3");
    world.run_secs(3);
    anna.hangs_up();
    ben.is_over();
    assert!(world.recordings().is_empty());
}

#[test]
fn a_users_rule_records_its_talks_and_the_dialplan_has_the_last_word() {
    for (option, count) in [("", 1), (", record: \"never\"", 0)] {
        let plan = Plan::new(&office(option)).with(|setup| {
            setup.office.recording.users.insert("102".to_owned(), RecordRule::Always);
        });
        let world = World::new(&plan);
        let (anna, ben) = talking(&world);
        world.run_secs(2);
        anna.hangs_up();
        ben.is_over();
        assert_eq!(world.recordings().len(), count);
    }
}

#[test]
fn a_hold_in_between_keeps_the_time() {
    let world = World::with_dialplan(&office(", record: \"always\""));
    let (anna, ben) = talking(&world);
    world.run_secs(5);
    ben.holds();
    world.run_secs(10);
    ben.resumes();
    anna.talks_with(&ben);
    world.run_secs(5);
    anna.hangs_up();
    ben.is_over();
    assert_eq!(course(&heard(&world, 0)), [[ANNA]], "what the caller says is recorded while she waits");
    assert_eq!(course(&heard(&world, 1)), [vec![BEN], vec![], vec![BEN]]);
    assert!((20..=24).contains(&heard(&world, 1).len()));
}

#[test]
fn the_recording_goes_on_with_whoever_the_caller_is_connected_to() {
    let world = World::with_dialplan(&office(", record: \"always\""));
    let (anna, ben) = talking(&world);
    let clara = world.registered("103");
    world.run_secs(5);
    ben.does(Command::Transfer("103".to_owned()));
    clara.rings();
    clara.answers();
    anna.talks_with(&clara);
    world.run_secs(5);
    clara.hangs_up();
    anna.is_over();
    world.is_quiet();
    assert_eq!(course(&heard(&world, 0)), [[ANNA]]);
    let callee = course(&heard(&world, 1));
    assert_eq!((callee.first(), callee.last()), (Some(&vec![BEN]), Some(&vec![CLARA])), "{callee:?}");
}

#[test]
fn a_script_records_before_the_bridge_pauses_and_stops() {
    const SCRIPT: &str = r#"
let internal = context("internal");
internal.on("600", |ch| {
    ch.answer();
    let r = ch.record(#{ name: "memo/{caller}", stereo: true });
    ch.wait(4);
    r.pause("gap");
    ch.wait(4);
    r.resume();
    ch.play("thank-you");
    ch.wait(3);
    r.stop();
    ch.wait(3);
});
"#;
    let world = World::with_dialplan(SCRIPT);
    let anna = world.registered("101");
    anna.calls("600");
    anna.is_over();
    world.is_quiet();
    let seconds = heard(&world, 0);
    assert_eq!((course(&seconds), seconds.len()), (vec![vec![ANNA]], 7));
    assert_eq!(world.recordings()[0].0, "memo/101.wav");
    let ms = world.record().recordings[0].ms;
    assert!((7_500..8_200).contains(&ms), "4 s, a prompt and 3 s, without the gap: {ms}");
}

#[test]
fn a_script_chooses_the_form_of_its_file() {
    const SCRIPT: &str = r#"
let internal = context("internal");
internal.on("600", |ch| {
    ch.answer();
    ch.record(#{ name: "memo/{caller}", format: "opus", sides: "says" });
    ch.wait(3);
});
"#;
    let world = World::with_dialplan(SCRIPT);
    let anna = world.registered("101");
    anna.calls("600");
    anna.is_over();
    world.is_quiet();
    let tapes = world.recordings();
    assert_eq!(tapes.iter().map(|tape| tape.0.as_str()).collect::<Vec<_>>(), ["memo/101.opus"]);
    assert_eq!(goertzel::heard(&tapes[0].1, RATE_HZ, &[ANNA, BEN], -26.0), [ANNA]);
}

#[test]
fn calls_with_recordings_are_the_same_after_any_cut() {
    let dialplan = office(", record: \"on-demand\"");
    let run = |cuts: Option<u64>| {
        let world = World::new(&Plan::new(&dialplan));
        if let Some(seed) = cuts {
            world.cut_and_restore(seed, 150);
        }
        let (anna, ben) = (world.registered("101"), world.registered("102"));
        anna.calls("102");
        ben.rings();
        ben.answers();
        anna.is_answered();
        world.run_secs(1);
        anna.presses("*1");
        world.run_secs(3);
        ben.presses("*1");
        world.run_secs(2);
        ben.presses("*1");
        world.run_secs(2);
        anna.hangs_up();
        ben.is_over();
        world.run_secs(35);
        world
    };
    let (plain, cut) = (run(None), run(Some(3)));
    assert!(cut.cuts_made() > 20);
    assert_eq!(plain.records(), cut.records());
    assert_eq!(plain.media_trace(), cut.media_trace());
    assert!(plain.recordings() == cut.recordings(), "the same, sample for sample");
}
