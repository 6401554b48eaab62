//! Answering machines, told from people: `ch.amd()`, for a script that has called somebody. What decides is
//! [`cordboard_media::MachineDetection`]; here are its options, by the names and with the defaults of Asterisk's `amd.conf`.
//!
//! ```text
//! answered ─▶ listening ─▶ human, machine, unsure, hangup
//!                 └─ machine, with `beep`: until its beep has ended ─▶ machine
//! ```
#![forbid(unsafe_code)]

use cordboard_app::{
    Application, Argument, CallInfo, Key, Machine, Manual, Param, Reply, RouteError, Schema, Step, Takes,
    Value, Verb, option,
};
use cordboard_base::Time;
use cordboard_media::{Answerer, AnswererCause, MachineDetection, MachineVerdict};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::rc::Rc;

/// The longest of all times, in ms.
const MS_MAX: i64 = 60_000;

const KEYS: &[Key] = &[
    option(
        "initial_silence",
        Takes::Integer(0, MS_MAX),
        "who says nothing for so long at first is a machine; default: 2500 ms",
    ),
    option(
        "greeting",
        Takes::Integer(0, MS_MAX),
        "so much speech in a greeting is a machine's; default: 1500 ms",
    ),
    option(
        "after_greeting_silence",
        Takes::Integer(0, MS_MAX),
        "so long a silence after a greeting is a person's; default: 800 ms",
    ),
    option(
        "total_analysis_time",
        Takes::Integer(100, MS_MAX),
        "after so long it is not known; default: 5000 ms",
    ),
    option("minimum_word_length", Takes::Integer(20, MS_MAX), "what is shorter is no word; default: 100 ms"),
    option(
        "between_words_silence",
        Takes::Integer(20, MS_MAX),
        "so long a silence ends a word; default: 50 ms",
    ),
    option("maximum_number_of_words", Takes::Integer(0, 100), "more words are a machine's; default: 3"),
    option(
        "maximum_word_length",
        Takes::Integer(100, MS_MAX),
        "a longer word is a machine's; default: 5000 ms",
    ),
    option(
        "silence_threshold",
        Takes::Integer(0, 32_767),
        "the mean magnitude of samples that is speech, of 32767; default: 256",
    ),
    option(
        "beep",
        Takes::Seconds,
        "how long to wait for the beep of a machine, so that what is said then is recorded; default: 0, it is not waited for",
    ),
];

static MANUAL: Manual = Manual {
    verb: "amd",
    summary: "tells an answering machine from a person by how the call is answered",
    params: &[Param {
        name: "options",
        takes: Argument::Options(&Schema { keys: KEYS }),
        help: "the parameters of Asterisk's amd.conf",
    }],
    required: 0,
    outcome: "#{ status, cause, ms, words, beep }; status: human, machine, unsure, hangup; cause: silence (after a greeting), \
              initial-silence, max-words, max-word-length, long-greeting, beep, too-long, hangup; ms: how long it took; beep: whether one was heard",
    menus: &[],
    example: "if ch.amd(#{ beep: 20 }).status == \"machine\" { ch.play(\"office-closed\"); }",
};

/// All verbs.
pub fn applications() -> Vec<Rc<dyn Application>> {
    vec![Rc::new(Amd)]
}

/// The application.
#[derive(Clone, Copy, Debug, Default)]
pub struct Amd;

impl Verb for Amd {
    type Machine = Program;

    fn manual(&self) -> &'static Manual {
        &MANUAL
    }

    fn begin(&self, _info: &CallInfo, arguments: &Value) -> Result<Self::Machine, RouteError> {
        Ok(Program { detection: detection(arguments.argument(0)), state: State::Start })
    }
}

fn detection(options: &Value) -> MachineDetection {
    let usual = MachineDetection::default();
    let ms = |key: &str, or: u32| {
        options.entry(key).int().and_then(|number| u32::try_from(number).ok()).unwrap_or(or)
    };
    let threshold = options.entry("silence_threshold").int().and_then(|number| u16::try_from(number).ok());
    MachineDetection {
        initial_silence_ms: ms("initial_silence", usual.initial_silence_ms),
        greeting_ms: ms("greeting", usual.greeting_ms),
        after_greeting_silence_ms: ms("after_greeting_silence", usual.after_greeting_silence_ms),
        total_analysis_ms: ms("total_analysis_time", usual.total_analysis_ms),
        minimum_word_ms: ms("minimum_word_length", usual.minimum_word_ms),
        between_words_silence_ms: ms("between_words_silence", usual.between_words_silence_ms),
        maximum_words: ms("maximum_number_of_words", usual.maximum_words),
        maximum_word_ms: ms("maximum_word_length", usual.maximum_word_ms),
        silence_threshold: threshold.unwrap_or(usual.silence_threshold),
        beep_ms: options.entry("beep").seconds_ms().unwrap_or(usual.beep_ms),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    Start,
    Listening,
    Over,
}

/// What runs for a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Program {
    detection: MachineDetection,
    state: State,
}

impl Machine for Program {
    fn resume(&mut self, _now: Time, reply: Reply) -> Step {
        match (self.state, reply) {
            (State::Start, Reply::Start) => {
                self.state = State::Listening;
                Step::DetectMachine(Box::new(self.detection))
            }
            (State::Listening, Reply::Value(value)) => match value.to::<MachineVerdict>() {
                Some(verdict) => self.done(&verdict),
                None => self.not_known("unsure", "too-long"),
            },
            (_, Reply::HungUp(_)) => self.not_known("hangup", "hangup"),
            _ => self.not_known("unsure", "too-long"),
        }
    }
}

impl Program {
    fn done(&mut self, verdict: &MachineVerdict) -> Step {
        let status = match verdict.answerer {
            Answerer::Human => "human",
            Answerer::Machine => "machine",
            Answerer::Unsure => "unsure",
        };
        let cause = match verdict.cause {
            AnswererCause::InitialSilence => "initial-silence",
            AnswererCause::MaxWords => "max-words",
            AnswererCause::MaxWordLength => "max-word-length",
            AnswererCause::LongGreeting => "long-greeting",
            AnswererCause::Beep => "beep",
            AnswererCause::Silence => "silence",
            AnswererCause::TooLong => "too-long",
        };
        self.outcome(status, cause, (verdict.ms, verdict.words, verdict.beep))
    }

    fn not_known(&mut self, status: &str, cause: &str) -> Step {
        self.outcome(status, cause, (0, 0, false))
    }

    fn outcome(&mut self, status: &str, cause: &str, (ms, words, beep): (u32, u32, bool)) -> Step {
        self.state = State::Over;
        let text = |text: &str| Value::Text(text.to_owned());
        Step::Done(Value::Map(BTreeMap::from([
            ("status".to_owned(), text(status)),
            ("cause".to_owned(), text(cause)),
            ("ms".to_owned(), Value::Int(i64::from(ms))),
            ("words".to_owned(), Value::Int(i64::from(words))),
            ("beep".to_owned(), Value::Bool(beep)),
        ])))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests may")]
    use super::*;
    use cordboard_app::{App, Application, Cause};

    fn started(options: &[(&str, Value)]) -> (Box<dyn App>, MachineDetection) {
        let map = options.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
        let mut app = Amd.start(&CallInfo::default(), &Value::List(vec![Value::Map(map)])).unwrap();
        let Step::DetectMachine(detection) = app.resume(Time::ZERO, Reply::Start) else {
            panic!("no detection")
        };
        (Amd.restore(&app.snapshot()).unwrap(), *detection)
    }

    fn outcome(step: &Step) -> (String, String, i64, i64, bool) {
        let Step::Done(outcome) = step else { panic!("{step:?}") };
        let text = |key: &str| outcome.entry(key).text().unwrap().to_owned();
        let int = |key: &str| outcome.entry(key).int().unwrap();
        (text("status"), text("cause"), int("ms"), int("words"), outcome.entry("beep").truth().unwrap())
    }

    #[test]
    fn without_options_it_is_as_amd_conf_has_it() {
        assert_eq!(started(&[]).1, MachineDetection::default());
        let options = [
            ("initial_silence", Value::Int(1)),
            ("greeting", Value::Int(2)),
            ("after_greeting_silence", Value::Int(3)),
            ("total_analysis_time", Value::Int(4)),
            ("minimum_word_length", Value::Int(5)),
            ("between_words_silence", Value::Int(6)),
            ("maximum_number_of_words", Value::Int(7)),
            ("maximum_word_length", Value::Int(8)),
            ("silence_threshold", Value::Int(9)),
            ("beep", Value::Float(1.5)),
        ];
        let expected = MachineDetection {
            initial_silence_ms: 1,
            greeting_ms: 2,
            after_greeting_silence_ms: 3,
            total_analysis_ms: 4,
            minimum_word_ms: 5,
            between_words_silence_ms: 6,
            maximum_words: 7,
            maximum_word_ms: 8,
            silence_threshold: 9,
            beep_ms: 1_500,
        };
        assert_eq!(started(&options).1, expected);
    }

    #[test]
    fn the_verdict_is_the_outcome() {
        let (mut app, _) = started(&[]);
        let (answerer, cause) = (Answerer::Machine, AnswererCause::MaxWords);
        let verdict = MachineVerdict { answerer, cause, ms: 1_240, words: 4, beep: true };
        let expected = ("machine".to_owned(), "max-words".to_owned(), 1_240, 4, true);
        assert_eq!(outcome(&app.resume(Time::ZERO, Reply::Value(Value::of(&verdict)))), expected);
    }

    #[test]
    fn a_hang_up_is_told_and_a_failure_is_not_known() {
        let (mut app, _) = started(&[]);
        let expected = ("hangup".to_owned(), "hangup".to_owned(), 0, 0, false);
        assert_eq!(outcome(&app.resume(Time::ZERO, Reply::HungUp(Cause::NORMAL))), expected);
        let (mut app, _) = started(&[]);
        let expected = ("unsure".to_owned(), "too-long".to_owned(), 0, 0, false);
        assert_eq!(outcome(&app.resume(Time::ZERO, Reply::Failed("no common media".to_owned()))), expected);
    }
}
