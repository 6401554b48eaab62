//! Asks who answers whether they take the call: "press one to accept, press two to reject" (follow-me), or only tells them something
//! before they are connected. Run on the callee by `ch.dial`'s options `confirm` and `announce`; a script may run it on a caller too.
//!
//! ```text
//! announce ─▶ ask ──1──▶ true
//!              │ 2 ────▶ false
//!              └ another key: beeperr, nothing: again, until the tries are over ─▶ false
//! ```
//! An answering machine presses nothing, so that it never takes the call.
#![forbid(unsafe_code)]

use cordboard_app::{
    Argument, CallInfo, DigitsEnd, Key, Machine, Manual, Menu, Param, PlayList, ReadDigits, Reply,
    RouteError, Schema, Step, Takes, Value, Verb, option,
};
use cordboard_base::Time;
use cordboard_media::Audio;
use serde::{Deserialize, Serialize};

/// As Asterisk's follow-me has it.
const ANNOUNCE: &str = "followme/no-recording";
const ASK: &str = "followme/options";
const WRONG: &str = "beeperr";
/// How often it is asked, and how long is waited for a key after it.
const TRIES: u8 = 3;
const TIMEOUT_MS: u32 = 5_000;

const KEYS: &[Key] = &[
    option(
        "announce",
        Takes::Prompts,
        "what is said first; default: followme/no-recording, which says that a call comes in",
    ),
    option(
        "ask",
        Takes::Bool,
        "whether to ask at all; default: true. Else what was announced is all, and the call is taken",
    ),
    option("prompt", Takes::Prompts, "the question; default: followme/options"),
    option("take", Takes::Digits, "the key that takes the call; default: 1"),
    option("decline", Takes::Digits, "the key that declines it; default: 2"),
    option("timeout", Takes::Seconds, "how long to wait for a key; default: 5"),
    option("tries", Takes::Integer(1, 10), "how often to ask; default: 3"),
];

static MANUAL: Manual = Manual {
    verb: "confirm",
    summary: "asks whether a call is taken, as a follow-me phone is asked before it is connected",
    params: &[Param {
        name: "options",
        takes: Argument::Options(&Schema { keys: KEYS }),
        help: "what is said, and which keys there are",
    }],
    required: 0,
    outcome: "true if the call is taken, false if it is declined or nobody presses a key",
    menus: &[Menu { name: "at the question", keys: &[("1", "take the call"), ("2", "decline it")] }],
    example: "ch.dial(user(\"102\"), #{ confirm: true })",
};

/// The application.
#[derive(Clone, Copy, Debug, Default)]
pub struct Confirm;

impl Verb for Confirm {
    type Machine = Asking;

    fn manual(&self) -> &'static Manual {
        &MANUAL
    }

    fn begin(&self, info: &CallInfo, arguments: &Value) -> Result<Self::Machine, RouteError> {
        Ok(Asking::new(&info.lang, arguments.argument(0)))
    }

    fn prompts(&self) -> Vec<&'static str> {
        vec![ANNOUNCE, ASK, WRONG]
    }
}

/// One who is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Asking {
    lang: String,
    announce: Vec<String>,
    /// `None`: nothing is asked.
    question: Option<Question>,
    stage: Stage,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Question {
    prompt: Vec<String>,
    take: String,
    decline: String,
    timeout_ms: u32,
    tries: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Stage {
    Announcing,
    /// Asked so often.
    Asking(u8),
}

impl Asking {
    fn new(lang: &str, options: &Value) -> Self {
        let prompts = |key: &str, default: &str| {
            let given = options.entry(key);
            if let Value::List(all) = given {
                return all.iter().filter_map(Value::text).map(str::to_owned).collect();
            }
            vec![given.text().unwrap_or(default).to_owned()]
        };
        let digits = |key: &str, default: &str| options.entry(key).text().unwrap_or(default).to_owned();
        let question = Question {
            prompt: prompts("prompt", ASK),
            take: digits("take", "1"),
            decline: digits("decline", "2"),
            timeout_ms: options.entry("timeout").seconds_ms().unwrap_or(TIMEOUT_MS),
            tries: options.entry("tries").int().and_then(|tries| u8::try_from(tries).ok()).unwrap_or(TRIES),
        };
        let asks = options.entry("ask").truth().unwrap_or(true);
        Self {
            lang: lang.to_owned(),
            announce: prompts("announce", ANNOUNCE),
            question: asks.then_some(question),
            stage: Stage::Announcing,
        }
    }

    fn audio(&self, names: &[String]) -> Vec<Audio> {
        let prompt = |name: &String| Audio::Prompt { name: name.clone(), lang: self.lang.clone() };
        names.iter().map(prompt).collect()
    }

    /// Asks once more, if there is anything to ask and tries are left.
    fn ask(&mut self, wrong: bool) -> Step {
        let Some(question) = &self.question else { return Step::Done(Value::Bool(true)) };
        let asked = match self.stage {
            Stage::Announcing => 0,
            Stage::Asking(times) => times,
        };
        if asked >= question.tries {
            return Step::Done(Value::Bool(false));
        }
        let mut names = if wrong { vec![WRONG.to_owned()] } else { Vec::new() };
        names.extend(question.prompt.iter().cloned());
        let (timeout_ms, prompt) = (question.timeout_ms, self.audio(&names));
        self.stage = Stage::Asking(asked.saturating_add(1));
        Step::Read(ReadDigits {
            prompt,
            max: 1,
            timeout_ms,
            digit_timeout_ms: timeout_ms,
            end: String::new(),
            secret: false,
        })
    }

    fn answered(&mut self, digits: &str, end: DigitsEnd) -> Step {
        let Some(question) = &self.question else { return Step::Done(Value::Bool(true)) };
        match digits.chars().next() {
            Some(digit) if question.take.contains(digit) => Step::Done(Value::Bool(true)),
            Some(digit) if question.decline.contains(digit) => Step::Done(Value::Bool(false)),
            Some(_) => self.ask(true),
            None => self.ask(matches!(end, DigitsEnd::Ended(_))),
        }
    }
}

impl Machine for Asking {
    fn resume(&mut self, _now: Time, reply: Reply) -> Step {
        match reply {
            Reply::Start => {
                // Who knows the question answers while it is announced.
                let interrupt =
                    self.question.as_ref().map(|q| q.take.clone() + &q.decline).unwrap_or_default();
                Step::Play(PlayList { items: self.audio(&self.announce), interrupt })
            }
            Reply::Played(cordboard_app::PlayResult::Interrupted(digit), _) => {
                self.answered(&digit.to_string(), DigitsEnd::Full)
            }
            Reply::Played(..) => self.ask(false),
            Reply::Digits { digits, end } => self.answered(&digits, end),
            Reply::Ok
            | Reply::Dialed(_)
            | Reply::Value(_)
            | Reply::Happened(_)
            | Reply::Taken { .. }
            | Reply::Failed(_)
            | Reply::HungUp(_) => Step::Done(Value::Bool(false)),
        }
    }
}

#[cfg(test)]
mod tests;
