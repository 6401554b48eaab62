//! Calls a user back who has handed a caller over to somebody that did not answer: twice, ten seconds apart. The caller hears music;
//! who is called back sees why, and may transfer once more.

use cordboard_app::{
    Argument, CallInfo, Destination, DialEnd, DialOptions, Identity, Machine, Manual, Param, Reply,
    RouteError, Step, Takes, Value, Verb,
};
use cordboard_base::Time;
use serde::{Deserialize, Serialize};

const TIMES: u8 = 2;
const PAUSE_MS: u32 = 10_000;
const RING_MS: u32 = 20_000;

static MANUAL: Manual = Manual {
    verb: "call_back_transferer",
    summary: "rings who has transferred a caller to somebody that does not answer; the exchange runs it by itself",
    params: &[
        Param { name: "user", takes: Argument::One(Takes::AnyText), help: "whom to ring" },
        Param {
            name: "music",
            takes: Argument::One(Takes::Data),
            help: "what the caller hears, a class of music",
        },
        Param {
            name: "number",
            takes: Argument::One(Takes::AnyText),
            help: "the number that the user is shown",
        },
        Param { name: "why", takes: Argument::One(Takes::AnyText), help: "the name that the user is shown" },
    ],
    required: 1,
    outcome: "true after a talk, false if nobody answers",
    menus: &[],
    example: "ch.call_back_transferer(\"101\")",
};

/// The application.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CallBack;

impl Verb for CallBack {
    type Machine = Calling;

    fn manual(&self) -> &'static Manual {
        &MANUAL
    }

    fn begin(&self, _info: &CallInfo, arguments: &Value) -> Result<Self::Machine, RouteError> {
        let user = arguments.argument(0).text().unwrap_or_default().to_owned();
        let music = arguments.argument(1).text().map(str::to_owned);
        let text = |at: usize| arguments.argument(at).text().unwrap_or_default().to_owned();
        let shown = Some(Identity { number: text(2), name: text(3) }).filter(|it| !it.name.is_empty());
        Ok(Calling { user, music, shown, rung: 0, pauses: false })
    }
}

/// What runs for a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Calling {
    user: String,
    music: Option<String>,
    /// What the user sees; `None`: the caller.
    #[serde(default)]
    shown: Option<Identity>,
    /// How often.
    rung: u8,
    /// Between two times: first the music, then the wait.
    pauses: bool,
}

impl Calling {
    fn ring(&mut self) -> Step {
        self.rung = self.rung.saturating_add(1);
        self.pauses = false;
        Step::Dial(Box::new(DialOptions {
            stages: vec![vec![Destination::User(self.user.clone())]],
            timeout_ms: vec![RING_MS],
            music: self.music.clone(),
            caller: self.shown.clone(),
            extra: [("transfer".to_owned(), Value::Text("callee".to_owned()))].into(),
            ..DialOptions::default()
        }))
    }
}

impl Machine for Calling {
    fn resume(&mut self, _now: Time, reply: Reply) -> Step {
        match reply {
            Reply::Start => self.ring(),
            Reply::Dialed(result) if result.end == DialEnd::Answered => Step::Done(Value::Bool(true)),
            Reply::Dialed(_) if self.rung >= TIMES => Step::Done(Value::Bool(false)),
            Reply::Dialed(_) => Step::Music(self.music.clone()),
            Reply::Ok if self.pauses => self.ring(),
            Reply::Ok => {
                self.pauses = true;
                Step::Wait { ms: PAUSE_MS }
            }
            Reply::Played(..)
            | Reply::Digits { .. }
            | Reply::Value(_)
            | Reply::Happened(_)
            | Reply::Taken { .. }
            | Reply::Failed(_)
            | Reply::HungUp(_) => Step::Done(Value::Bool(false)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cordboard_app::{Cause, DialResult};

    fn failed() -> Reply {
        let (end, cause) = (DialEnd::NoAnswer, Cause::NO_ANSWER);
        Reply::Dialed(Box::new(DialResult { end, by: None, cause, secs: 0, hangup_by_callee: false }))
    }

    #[test]
    fn it_rings_twice_with_a_pause_and_gives_up() {
        let mut app =
            Calling { user: "101".into(), music: Some("jazz".into()), shown: None, rung: 0, pauses: false };
        let now = Time::ZERO;
        assert!(matches!(app.resume(now, Reply::Start), Step::Dial(_)));
        assert_eq!(app.resume(now, failed()), Step::Music(Some("jazz".into())));
        assert_eq!(app.resume(now, Reply::Ok), Step::Wait { ms: 10_000 });
        assert!(matches!(app.resume(now, Reply::Ok), Step::Dial(_)));
        assert_eq!(app.resume(now, failed()), Step::Done(Value::Bool(false)));
    }
}
