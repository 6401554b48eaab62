//! The transferer's part.
//!
//! ```text
//! Number ──typed──▶ blind: gone
//!   ▲  └─ none, or not one ─▶ pbx-invalid, again; after the last: beeperr ─▶ talk
//!   │
//!   └─ no such number ◀── Consulting ──┬─ nobody answers ─▶ beeperr ─▶ talk
//!                           ▲    │     ├─ over, abort ────▶ talk
//!                           └────┘     └─ complete ───────▶ gone
//!                        swap, three-way
//! ```

use cordboard_app::{
    Argument, CallInfo, Cause, Consulted, Machine, Manual, Menu, Param, PlayList, ReadDigits, Reply,
    RouteError, Step, Takes, Transfer, Value, Verb,
};
use cordboard_base::Time;
use cordboard_media::Audio;
use serde::{Deserialize, Serialize};

const WHERE: &str = "pbx-transfer";
const INVALID: &str = "pbx-invalid";
const FAILED: &str = "beeperr";
/// The longest number that is typed.
const NUMBER_MAX: u16 = 32;

static MANUAL: Manual = Manual {
    verb: "in_call_transfer",
    summary: "what a user's phone hears that has typed the code of a transfer while it talks; the exchange runs it by itself",
    params: &[Param {
        name: "how",
        takes: Argument::One(Takes::Map),
        help: "mode (blind or attended) and the codes of [features] in cordboard.toml",
    }],
    required: 0,
    outcome: "nothing: the two talk again",
    menus: &[
        Menu { name: "after the code", keys: &[("digits", "the number, ended by # or by waiting")] },
        Menu {
            name: "while somebody is consulted",
            keys: &[
                ("*3", "back to the other one"),
                ("*4, or hang up", "connect the two"),
                ("*5", "all three talk"),
                ("*6", "change over"),
            ],
        },
    ],
    example: "ch.dial(user(\"102\"), #{ transfer: true })",
};

/// The application.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct InCallTransfer;

impl Verb for InCallTransfer {
    type Machine = Transferring;

    fn manual(&self) -> &'static Manual {
        &MANUAL
    }

    fn begin(&self, info: &CallInfo, arguments: &Value) -> Result<Self::Machine, RouteError> {
        Ok(Transferring::new(&info.lang, arguments.argument(0)))
    }

    fn prompts(&self) -> Vec<&'static str> {
        vec![WHERE, INVALID, FAILED]
    }
}

/// What runs for a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Transferring {
    lang: String,
    attended: bool,
    codes: Codes,
    digit_timeout_ms: u32,
    answer_timeout_ms: u32,
    attempts: u8,
    stage: Stage,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Codes {
    abort: String,
    complete: String,
    three_way: String,
    swap: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Stage {
    /// Asked so often for the number.
    Number(u8),
    Consulting(u8),
    /// Something is said, and then the two talk again.
    Leaving,
}

impl Transferring {
    fn new(lang: &str, how: &Value) -> Self {
        let text = |key: &str| how.entry(key).text().unwrap_or_default().to_owned();
        let number = |key: &str, default: u32| {
            how.entry(key).int().and_then(|number| u32::try_from(number).ok()).unwrap_or(default)
        };
        Self {
            lang: lang.to_owned(),
            attended: how.entry("mode").text() == Some("attended"),
            codes: Codes {
                abort: text("abort"),
                complete: text("complete"),
                three_way: text("three_way"),
                swap: text("swap"),
            },
            digit_timeout_ms: number("digit_timeout_ms", 3_000),
            answer_timeout_ms: number("answer_timeout_ms", 15_000),
            attempts: u8::try_from(number("attempts", 3)).unwrap_or(3),
            stage: Stage::Number(0),
        }
    }

    fn audio(&self, name: &str) -> Vec<Audio> {
        vec![Audio::Prompt { name: name.to_owned(), lang: self.lang.clone() }]
    }

    /// Asks for the number, if tries are left.
    fn ask(&mut self, asked: u8, prompt: &str) -> Step {
        if asked >= self.attempts {
            return self.leave();
        }
        self.stage = Stage::Number(asked.saturating_add(1));
        Step::Read(ReadDigits {
            prompt: self.audio(prompt),
            max: NUMBER_MAX,
            timeout_ms: self.digit_timeout_ms,
            digit_timeout_ms: self.digit_timeout_ms,
            end: "#".to_owned(),
            secret: false,
        })
    }

    fn leave(&mut self) -> Step {
        self.stage = Stage::Leaving;
        Step::Play(PlayList { items: self.audio(FAILED), interrupt: String::new() })
    }

    fn typed(&mut self, asked: u8, number: String) -> Step {
        if number.is_empty() {
            return self.ask(asked, INVALID);
        }
        if !self.attended {
            return Step::Transfer(Transfer::Blind { number });
        }
        self.stage = Stage::Consulting(asked);
        let Codes { abort, complete, three_way, swap } = self.codes.clone();
        let codes = vec![abort, complete, three_way, swap];
        Step::Transfer(Transfer::Consult { number, timeout_ms: self.answer_timeout_ms, codes })
    }

    fn consulted(&mut self, asked: u8, how: &Consulted) -> Step {
        match how {
            Consulted::Failed(Cause::UNALLOCATED | Cause::NO_ROUTE) => self.ask(asked, INVALID),
            Consulted::Failed(_) => self.leave(),
            Consulted::Over => Step::Done(Value::Unit),
            Consulted::Code(code) if *code == self.codes.complete => Step::Transfer(Transfer::Complete),
            Consulted::Code(code) if *code == self.codes.three_way => Step::Transfer(Transfer::ThreeWay),
            Consulted::Code(code) if *code == self.codes.swap => Step::Transfer(Transfer::Swap),
            Consulted::Code(_) => Step::Transfer(Transfer::Abort),
        }
    }
}

impl Machine for Transferring {
    fn resume(&mut self, _now: Time, reply: Reply) -> Step {
        match (self.stage, reply) {
            (Stage::Number(asked), Reply::Start) => self.ask(asked, WHERE),
            (Stage::Number(asked), Reply::Digits { digits, .. }) => self.typed(asked, digits),
            (Stage::Number(asked) | Stage::Consulting(asked), Reply::Failed(_)) => self.ask(asked, INVALID),
            (Stage::Consulting(asked), Reply::Value(value)) => match value.to::<Consulted>() {
                Some(how) => self.consulted(asked, &how),
                None => Step::Done(Value::Unit),
            },
            (Stage::Number(_) | Stage::Consulting(_) | Stage::Leaving, _) => Step::Done(Value::Unit),
        }
    }
}

#[cfg(test)]
mod tests;
