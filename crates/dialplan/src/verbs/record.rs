//! `let r = ch.record(options)`, then `r.pause()`, `r.pause("gap")`, `r.resume()`, `r.stop()`: what the caller says and hears goes to
//! a file, whatever it is connected with.

use crate::options::{Options, Reads, Schema, Takes, option};
use crate::registry::{Held, Kind, Literal, Param, Part, Receiver, Registrar, Run, Verb, options};
use crate::running::{Call, Fault, unexpected};
use crate::untrusted::text_of;
use cordboard_app::{BeepWish, RecordAction, RecordOptions, Reply, Step, Value};
use cordboard_media::{BeepFor, RecordBeep, RecordFile, RecordFormat, RecordPause, RecordSides};
use rhai::Dynamic;

/// As long as a file's name may be, with its directories.
const NAME_MAX: usize = 160;
/// From one beep to the next where only `beep: true` is said, in ms.
const BEEP_EVERY_MS: u32 = 15_000;

/// A recording in a script: its number.
#[derive(Clone)]
pub(crate) struct Recording(u32);

static RECORD: Schema = Schema {
    keys: &[
        option(
            "name",
            Takes::Text,
            "The file's, below the directory of recordings, without extension; {date}, {time}, {caller}, {called} and {call} are filled in; default: the office's.",
        ),
        option("format", Takes::Word(&["wav", "opus"]), "The form of the file; default: the office's."),
        option(
            "stereo",
            Takes::Bool,
            "true: left what the caller says, right what it hears; false: both in one channel; default: the office's.",
        ),
        option(
            "sides",
            Takes::Word(&["both", "says", "hears"]),
            "Both, only what the caller says, or only what it hears; default: the office's.",
        ),
        option("beep", Takes::Bool, "Whether a beep tells that it is recorded; default: the office's."),
        option("beep_every", Takes::Integer(1, 60), "Seconds from one beep to the next; default: 15."),
        option("beep_for", Takes::Word(&["both", "caller", "callee"]), "Who hears the beep; default: both."),
        option("beep_recorded", Takes::Bool, "Whether the beep stands in the recording; default: true."),
    ],
};

pub(super) const VERBS: &[Verb] = &[
    Verb {
        on: Receiver::Part(Part::Channel),
        name: "record",
        kind: Kind::Step,
        params: &[options(&RECORD)],
        required: 0,
        run: record,
    },
    of_recording("pause", const { &[GAP] }, |call, arguments| {
        let pause = match arguments.get(1).map(text_of) {
            None => RecordPause::Silence,
            Some(Some(word)) if word == "silence" => RecordPause::Silence,
            Some(Some(word)) if word == "gap" => RecordPause::Gap,
            Some(_) => return Err("pause takes \"silence\" or \"gap\"".into()),
        };
        control(call, arguments, RecordAction::Pause(pause))
    }),
    of_recording("resume", &[], |call, arguments| control(call, arguments, RecordAction::Resume)),
    of_recording("stop", &[], |call, arguments| control(call, arguments, RecordAction::Stop)),
];

/// What stands in the file for the time of a pause.
const GAP: Param = Param { name: "gap", literal: Literal::Word(|| vec!["silence", "gap"]) };

const fn of_recording(name: &'static str, params: &'static [Param], run: Run) -> Verb {
    Verb { on: Receiver::Value(Held::Recording), name, kind: Kind::Step, params, required: 0, run }
}

pub(super) fn register(to: &mut Registrar<'_>) {
    to.type_name::<Recording>("Recording");
}

fn record(call: &Call<'_>, arguments: &[Dynamic]) -> Result<Dynamic, Fault> {
    let options = RECORD.read(arguments.first())?;
    let name = options.text("name");
    if let Some(name) = name.as_ref().filter(|name| !is_name(name)) {
        return Err(Fault::Error(format!("a recording can't be named \"{}\"", name.escape_debug())));
    }
    let format = options.text("format").map(|word| match word.as_str() {
        "opus" => RecordFormat::Opus,
        _ => RecordFormat::Wav,
    });
    let (sides, beep) = (sides(&options), beep(&options));
    let wanted = RecordOptions { name, format, sides, beep, file: RecordFile::default() };
    let reply = call.step(Step::Record(Box::new(wanted)))?;
    let Reply::Value(Value::Int(number)) = reply else { return Err(unexpected(&reply)) };
    let number = u32::try_from(number).map_err(|_| "the exchange gave no number for the recording")?;
    Ok(Dynamic::from(Recording(number)))
}

fn sides(options: &Options) -> Option<RecordSides> {
    match (options.text("sides").as_deref(), options.bool("stereo")) {
        (Some("says"), _) => Some(RecordSides::Says),
        (Some("hears"), _) => Some(RecordSides::Hears),
        (_, Some(false)) => Some(RecordSides::Mixed),
        (_, Some(true)) | (Some(_), None) => Some(RecordSides::Stereo),
        (None, None) => None,
    }
}

fn beep(options: &Options) -> Option<BeepWish> {
    let every_ms = options.integer("beep_every").and_then(|s| u32::try_from(s).ok()).map(|s| s * 1_000);
    let heard_by = options.text("beep_for").map(|who| match who.as_str() {
        "caller" => BeepFor::Peer,
        "callee" => BeepFor::Others,
        _ => BeepFor::Both,
    });
    let recorded = options.bool("beep_recorded");
    let described = every_ms.is_some() || heard_by.is_some() || recorded.is_some();
    match options.bool("beep") {
        Some(false) => Some(BeepWish::Off),
        None if !described => None,
        Some(true) | None => Some(BeepWish::On(RecordBeep {
            every_ms: every_ms.unwrap_or(BEEP_EVERY_MS),
            heard_by: heard_by.unwrap_or_default(),
            recorded: recorded.unwrap_or(true),
        })),
    }
}

fn control(call: &Call<'_>, arguments: &[Dynamic], action: RecordAction) -> Result<Dynamic, Fault> {
    let recording = arguments.first().and_then(|given| given.read_lock::<Recording>().map(|r| r.0));
    let number = recording.ok_or("this is done with a recording: let r = ch.record()")?;
    call.simple(Step::ControlRecording { number, action })
}

/// A name within the recordings' directory: `{date}/sales-{caller}`.
fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/' | '.' | '+' | '{' | '}');
    !name.is_empty()
        && name.len() <= NAME_MAX
        && name.chars().all(fits)
        && name.split('/').all(|part| !part.is_empty() && !part.starts_with('.'))
}
