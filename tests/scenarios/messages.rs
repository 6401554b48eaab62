//! Messages that applications take: what is in them, and how they end.

use cordboard_app::{
    App, AppState, Application, Applications, CallInfo, Installed, Level, Manual, Note, Reply, RouteError,
    Step, TakeMessage, Value,
};
use cordboard_base::Time;
use cordboard_media::goertzel;
use cordboard_sim::{Handset, Plan, World};
use std::rc::Rc;

/// Of the first phone's voice, and of the key `#`.
const ANNA: u16 = 1_100;
const RATE_HZ: u32 = 8_000;

/// Takes one message and writes into the log what came of it.
struct Memo;

static MANUAL: Manual = Manual {
    verb: "memo",
    summary: "takes a message",
    params: &[],
    required: 0,
    outcome: "nothing",
    menus: &[],
    example: "ch.memo()",
};

impl Application for Memo {
    fn manual(&self) -> &'static Manual {
        &MANUAL
    }

    fn start(&self, _info: &CallInfo, _arguments: &Value) -> Result<Box<dyn App>, RouteError> {
        Ok(Box::new(Taking))
    }

    fn restore(&self, _state: &AppState) -> Result<Box<dyn App>, RouteError> {
        Ok(Box::new(Taking))
    }
}

struct Taking;

impl App for Taking {
    fn resume(&mut self, _now: Time, reply: Reply) -> Step {
        match reply {
            Reply::Start => Step::TakeMessage(TakeMessage {
                file: "messages/one".to_owned(),
                beep: true,
                max_ms: 20_000,
                silence_ms: 4_000,
                ends: "#".to_owned(),
                gain_db: 0,
            }),
            Reply::Taken { file, ms, end } => {
                Step::Note(Note::Log { level: Level::Info, text: format!("{file} {ms} {end:?}") })
            }
            _ => Step::Done(Value::Unit),
        }
    }

    fn snapshot(&self) -> AppState {
        AppState { kind: "memo".to_owned(), version: 1, data: String::new() }
    }
}

fn memo() -> Installed {
    Installed { applications: Applications::new(vec![Rc::new(Memo)]), services: Vec::new() }
}

/// Anna has heard the beep.
fn leaving() -> (World, Handset) {
    let plan = Plan::new("let internal = context(\"internal\"); internal.on(\"5\", |ch| ch.memo());");
    let world = World::new(&plan.installed(memo));
    let anna = world.registered("101");
    anna.calls("5");
    anna.is_answered();
    anna.hears_tone([1_000, 0]);
    (world, anna)
}

/// The one message: its length in ms, and its samples.
fn message(world: &World, end: &str) -> (u64, Vec<i16>) {
    world.is_quiet();
    let files = world.files();
    assert_eq!(files.len(), 1);
    assert!(world.recordings().is_empty() && world.record().recordings.is_empty());
    let (path, samples) = files.into_iter().next().unwrap();
    let ms = samples.len() as u64 * 1_000 / u64::from(RATE_HZ);
    assert_eq!(path, "messages/one.wav");
    assert!(world.has_logged("script", &format!("{path} {ms} {end}")), "{:?}", world.log());
    (ms, samples)
}

fn is_anna_alone(samples: &[i16]) {
    for second in samples.chunks_exact(RATE_HZ as usize) {
        assert_eq!(goertzel::heard(second, RATE_HZ, &[ANNA, 1_000, 1_477], -26.0), [ANNA]);
    }
}

#[test]
fn a_message_that_a_key_ends_holds_what_the_caller_said_alone() {
    let (world, anna) = leaving();
    world.run_secs(5);
    anna.presses("#");
    anna.is_over();
    let (ms, samples) = message(&world, "Digit('#')");
    assert!((4_500..6_500).contains(&ms), "{ms}");
    is_anna_alone(&samples);
}

#[test]
fn a_message_that_silence_ends_does_not_hold_the_silence() {
    let (world, anna) = leaving();
    world.run_secs(3);
    anna.speaks(false);
    world.run_secs(6);
    anna.is_over();
    let (ms, samples) = message(&world, "Silence");
    assert!((2_500..4_500).contains(&ms), "{ms}");
    is_anna_alone(&samples[..samples.len() - RATE_HZ as usize]);
}

#[test]
fn a_message_is_kept_when_the_caller_hangs_up() {
    let (world, anna) = leaving();
    world.run_secs(4);
    anna.hangs_up();
    let (ms, samples) = message(&world, "HungUp");
    assert!((3_500..5_500).contains(&ms), "{ms}");
    is_anna_alone(&samples);
}

#[test]
fn a_message_ends_when_it_is_as_long_as_it_may_be() {
    let (world, anna) = leaving();
    world.run_secs(21);
    anna.is_over();
    let (ms, _samples) = message(&world, "Full");
    assert!((19_500..20_500).contains(&ms), "{ms}");
}

#[test]
fn a_message_is_the_same_with_cuts() {
    let run = |cuts: Option<u64>| {
        let plan = Plan::new("let internal = context(\"internal\"); internal.on(\"5\", |ch| ch.memo());");
        let world = World::new(&plan.installed(memo));
        if let Some(cuts) = cuts {
            world.cut_and_restore(cuts, 150);
        }
        let anna = world.registered("101");
        anna.calls("5");
        anna.is_answered();
        world.run_secs(3);
        anna.hangs_up();
        world.is_quiet();
        world.files()
    };
    assert_eq!(run(None), run(Some(1)));
}
