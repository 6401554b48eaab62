//! The way out of an emergency call.
//!
//! ```text
//!  each trunk: is it up? ──▶ dial: those that are up in order, then the others ──answered──▶ talk ──▶ done
//!                              ▲                    │ nobody
//!                              └── a second later ──┤ for so many rounds
//!                                                   └─▶ all-circuits-busy-now, congestion
//! ```
//! A trunk that seems to be down is tried all the same, after the others: it may be our belief that is wrong.

use crate::{kept, own_text, own_texts, prompt, restored};
use cordboard_app::{
    App, AppState, Application, Argument, CallInfo, Cause, Destination, DialEnd, DialOptions, Identity,
    Manual, Param, PlayList, Query, Reply, RouteError, Step, Takes, Value,
};
use cordboard_base::Time;
use serde::{Deserialize, Serialize};

/// How long a trunk may take to ring before the next one is tried, in ms. Calls to a mobile network take up to ten seconds.
const PATIENCE_MS: u32 = 12_000;
/// The last one may take longer.
const LAST_MS: u32 = 60_000;
/// How often all are tried, and how long after each other, in ms.
const ROUNDS: u8 = 3;
const PAUSE_MS: u32 = 1_000;

const REGRET: &str = "all-circuits-busy-now";

static MANUAL: Manual = Manual {
    verb: "emergency",
    summary: "dials an emergency number by every trunk there is; the exchange runs it by itself, ahead of the dialplan",
    params: &[
        Param { name: "number", takes: Argument::One(Takes::Text), help: "the number" },
        Param { name: "trunks", takes: Argument::One(Takes::Data), help: "the trunks, in order" },
        Param {
            name: "caller",
            takes: Argument::One(Takes::Text),
            help: "the number that is shown; empty: the trunk's own",
        },
    ],
    required: 2,
    outcome: "nothing; the call is over",
    menus: &[],
    example: "ch.emergency(\"112\", [\"itsp\"])",
};

/// The application.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Emergency;

impl Application for Emergency {
    fn manual(&self) -> &'static Manual {
        &MANUAL
    }

    fn start(&self, info: &CallInfo, arguments: &Value) -> Result<Box<dyn App>, RouteError> {
        let Some(number) = own_text(arguments.argument(0)) else {
            return Err(RouteError::BadArguments("a number that no caller supplied".to_owned()));
        };
        Ok(Box::new(Calling {
            lang: info.lang.clone(),
            number,
            caller: own_text(arguments.argument(2)).unwrap_or_default(),
            ask: own_texts(arguments.argument(1)).into_iter().rev().collect(),
            up: Vec::new(),
            down: Vec::new(),
            round: 0,
            stage: Stage::Looking,
        }))
    }

    fn restore(&self, state: &AppState) -> Result<Box<dyn App>, RouteError> {
        Ok(Box::new(restored::<Calling>(state)?))
    }

    fn prompts(&self) -> Vec<&'static str> {
        vec![REGRET]
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Calling {
    lang: String,
    number: String,
    /// What is shown as the caller's; empty: the trunk's own.
    caller: String,
    /// Trunks of which it is not known whether they are up, the first one last.
    ask: Vec<String>,
    up: Vec<String>,
    down: Vec<String>,
    round: u8,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Stage {
    /// Asks of the last one in `ask`.
    Looking,
    Dialling,
    Pausing,
    /// Early media is there: it is said that there is no way.
    Opening,
    Regretting,
    Over,
}

impl Calling {
    fn destination(&self, trunk: &str) -> Destination {
        Destination::Trunk { trunk: trunk.to_owned(), number: self.number.clone() }
    }

    fn look(&mut self) -> Step {
        match self.ask.last() {
            Some(trunk) => Step::Ask(Query::State(self.destination(trunk))),
            None => self.dial(),
        }
    }

    fn looked(&mut self, state: Option<&str>) -> Step {
        if let Some(trunk) = self.ask.pop() {
            let up = matches!(state, Some("idle" | "busy"));
            if up { self.up.push(trunk) } else { self.down.push(trunk) }
        }
        self.look()
    }

    fn dial(&mut self) -> Step {
        self.stage = Stage::Dialling;
        self.round = self.round.saturating_add(1);
        let stages: Vec<_> =
            self.up.iter().chain(&self.down).map(|trunk| vec![self.destination(trunk)]).collect();
        let mut timeout_ms = vec![PATIENCE_MS; stages.len()];
        if let Some(last) = timeout_ms.last_mut() {
            *last = LAST_MS;
        }
        let shown = Identity { number: self.caller.clone(), name: String::new() };
        let caller = Some(shown).filter(|shown| !shown.number.is_empty());
        Step::Dial(Box::new(DialOptions { stages, timeout_ms, caller, ..DialOptions::default() }))
    }

    fn regret(&mut self) -> Step {
        self.stage = Stage::Opening;
        Step::Progress
    }
}

impl App for Calling {
    fn resume(&mut self, _now: Time, reply: Reply) -> Step {
        match (self.stage, reply) {
            (_, Reply::HungUp(_)) => Step::Done(Value::Unit),
            (Stage::Looking, Reply::Start) => self.look(),
            (Stage::Looking, Reply::Value(value)) => self.looked(value.text()),
            (Stage::Looking, _) => self.looked(None),
            (Stage::Dialling, Reply::Dialed(result)) if result.end == DialEnd::Answered => {
                Step::Done(Value::Unit)
            }
            (Stage::Dialling, _) if self.round >= ROUNDS => self.regret(),
            (Stage::Dialling, _) => {
                self.stage = Stage::Pausing;
                Step::Wait { ms: PAUSE_MS }
            }
            (Stage::Pausing, _) => self.dial(),
            (Stage::Opening, _) => {
                self.stage = Stage::Regretting;
                Step::Play(PlayList { items: vec![prompt(REGRET, &self.lang)], interrupt: String::new() })
            }
            (Stage::Regretting, _) => {
                self.stage = Stage::Over;
                Step::Hangup(Cause::CONGESTION)
            }
            (Stage::Over, _) => Step::Done(Value::Unit),
        }
    }

    fn snapshot(&self) -> AppState {
        kept(MANUAL.verb, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cordboard_app::DialResult;

    fn calls(trunks: &[&str], caller: &str) -> Box<dyn App> {
        let text = |text: &str| Value::Text(text.to_owned());
        let trunks = trunks.iter().map(|trunk| text(trunk)).collect();
        let args = Value::List(vec![text("112"), Value::List(trunks), text(caller)]);
        Emergency.start(&CallInfo::default(), &args).unwrap()
    }

    fn resume(app: &mut Box<dyn App>, reply: Reply) -> Step {
        *app = Emergency.restore(&app.snapshot()).unwrap();
        app.resume(Time::ZERO, reply)
    }

    fn state(state: &str) -> Reply {
        Reply::Value(Value::Text(state.to_owned()))
    }

    fn ended(end: DialEnd) -> Reply {
        let cause = Cause::CONGESTION;
        Reply::Dialed(Box::new(DialResult { end, by: None, cause, secs: 0, hangup_by_callee: false }))
    }

    fn dialled(step: Step) -> (Vec<String>, Vec<u32>, Option<Identity>) {
        let Step::Dial(options) = step else { panic!("{step:?}") };
        let trunk = |stage: &Vec<Destination>| {
            let [Destination::Trunk { trunk, number }] = stage.as_slice() else { panic!("{stage:?}") };
            assert_eq!(number, "112");
            trunk.clone()
        };
        (options.stages.iter().map(trunk).collect(), options.timeout_ms, options.caller)
    }

    #[test]
    fn trunks_that_are_down_are_tried_after_those_that_are_up() {
        let mut app = calls(&["a", "b", "c"], "+49305550");
        resume(&mut app, Reply::Start);
        resume(&mut app, state("offline"));
        resume(&mut app, state("busy"));
        let (trunks, patience, caller) = dialled(resume(&mut app, state("idle")));
        assert_eq!(
            (trunks, patience),
            (vec!["b".into(), "c".into(), "a".into()], vec![12_000, 12_000, 60_000])
        );
        assert_eq!(caller.unwrap().number, "+49305550");
        assert_eq!(resume(&mut app, ended(DialEnd::Answered)), Step::Done(Value::Unit));
    }

    #[test]
    fn all_are_tried_three_times_before_it_is_said_that_there_is_no_way() {
        let mut app = calls(&["a"], "");
        resume(&mut app, Reply::Start);
        let mut step = resume(&mut app, Reply::Failed("who knows".to_owned()));
        for round in 1..=3 {
            assert_eq!(dialled(step), (vec!["a".into()], vec![60_000], None), "round {round}");
            step = resume(&mut app, ended(DialEnd::Unavailable));
            if round < 3 {
                assert_eq!(step, Step::Wait { ms: 1_000 });
                step = resume(&mut app, Reply::Ok);
            }
        }
        assert_eq!(step, Step::Progress);
        assert!(matches!(resume(&mut app, Reply::Ok), Step::Play(_)));
        assert_eq!(resume(&mut app, Reply::Ok), Step::Hangup(Cause::CONGESTION));
    }

    #[test]
    fn a_number_that_a_caller_supplied_is_none() {
        let args = Value::List(vec![Value::Untrusted("112".to_owned())]);
        assert!(Emergency.start(&CallInfo::default(), &args).is_err());
    }
}
