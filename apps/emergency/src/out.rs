//! The way out of an emergency call.
//!
//! ```text
//!  each trunk: is it up? ──▶ dial: those that are up in order, then the others ──answered──▶ talk ──▶ done
//!                                                   │ nobody
//!                              ┌── one-moment-please, a second ◀──┐
//!                              └──▶ dial: all of them at once ────┤ for so many rounds
//!                                                                 └─▶ all-circuits-busy-now, congestion
//! ```
//! A trunk that says nothing at all is left soon, so that the next one has its turn; one that rings is given its time. Who has been
//! silent may only be slow: the later rounds have more patience, and ask all together.
//! A trunk that seems to be down is tried all the same, after the others: it may be our belief that is wrong.

use crate::{own_text, own_texts, prompt};
use cordboard_app::{
    Argument, CallInfo, Cause, Destination, DialEnd, DialOptions, Identity, Machine, Manual, Param, PlayList,
    Query, Reply, RouteError, Step, Takes, Value, Verb,
};
use cordboard_base::Time;
use serde::{Deserialize, Serialize};

/// How long a trunk may take to say that it rings before it is left, in ms, in each round: all are tried so often.
const PATIENCE_MS: [u32; 3] = [8_000, 12_000, 20_000];
/// Between two rounds, in ms, beside what is said then: a trunk that refuses at once is not asked a hundred times.
const PAUSE_MS: u32 = 1_000;

/// What the caller hears between two rounds: it is not to give up.
const HOLD: &str = "one-moment-please";
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

impl Verb for Emergency {
    type Machine = Calling;

    fn manual(&self) -> &'static Manual {
        &MANUAL
    }

    fn begin(&self, info: &CallInfo, arguments: &Value) -> Result<Self::Machine, RouteError> {
        let Some(number) = own_text(arguments.argument(0)) else {
            return Err(RouteError::BadArguments("a number that no caller supplied".to_owned()));
        };
        Ok(Calling {
            lang: info.lang.clone(),
            number,
            caller: own_text(arguments.argument(2)).unwrap_or_default(),
            ask: own_texts(arguments.argument(1)).into_iter().rev().collect(),
            up: Vec::new(),
            down: Vec::new(),
            round: 0,
            stage: Stage::Looking,
        })
    }

    fn prompts(&self) -> Vec<&'static str> {
        vec![HOLD, REGRET]
    }
}

/// What runs for a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Calling {
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
    /// Early media is to be there: what is said then costs nothing, and is no answer.
    Opening,
    Holding,
    Pausing,
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
        let patience = PATIENCE_MS.get(usize::from(self.round)).copied().unwrap_or(PAUSE_MS);
        self.stage = Stage::Dialling;
        self.round = self.round.saturating_add(1);
        let trunks = self.up.iter().chain(&self.down).map(|trunk| self.destination(trunk));
        let stages: Vec<_> =
            if self.round == 1 { trunks.map(|trunk| vec![trunk]).collect() } else { vec![trunks.collect()] };
        let shown = Identity { number: self.caller.clone(), name: String::new() };
        let caller = Some(shown).filter(|shown| !shown.number.is_empty());
        Step::Dial(Box::new(DialOptions {
            stages,
            timeout_ms: vec![patience],
            caller,
            ..DialOptions::default()
        }))
    }

    fn say(&mut self) -> Step {
        let is_over = usize::from(self.round) >= PATIENCE_MS.len();
        let (stage, name) = if is_over { (Stage::Regretting, REGRET) } else { (Stage::Holding, HOLD) };
        self.stage = stage;
        Step::Play(PlayList { items: vec![prompt(name, &self.lang)], interrupt: String::new() })
    }
}

impl Machine for Calling {
    fn resume(&mut self, _now: Time, reply: Reply) -> Step {
        match (self.stage, reply) {
            (_, Reply::HungUp(_)) => Step::Done(Value::Unit),
            (Stage::Looking, Reply::Start) => self.look(),
            (Stage::Looking, Reply::Value(value)) => self.looked(value.text()),
            (Stage::Looking, _) => self.looked(None),
            (Stage::Dialling, Reply::Dialed(result)) if result.end == DialEnd::Answered => {
                Step::Done(Value::Unit)
            }
            (Stage::Dialling, _) => {
                self.stage = Stage::Opening;
                Step::Progress
            }
            (Stage::Opening, _) => self.say(),
            (Stage::Holding, _) => {
                self.stage = Stage::Pausing;
                Step::Wait { ms: PAUSE_MS }
            }
            (Stage::Pausing, _) => self.dial(),
            (Stage::Regretting, _) => {
                self.stage = Stage::Over;
                Step::Hangup(Cause::CONGESTION)
            }
            (Stage::Over, _) => Step::Done(Value::Unit),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cordboard_app::{App, Application, DialResult};

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

    /// Which trunks are rung after one another, and together; how long each.
    fn dialled(step: Step) -> (Vec<Vec<String>>, Vec<u32>, Option<Identity>) {
        let Step::Dial(options) = step else { panic!("{step:?}") };
        let trunk = |to: &Destination| {
            let Destination::Trunk { trunk, number } = to else { panic!("{to:?}") };
            assert_eq!(number, "112");
            trunk.clone()
        };
        let stages = options.stages.iter().map(|stage| stage.iter().map(trunk).collect()).collect();
        (stages, options.timeout_ms, options.caller)
    }

    fn says(step: Step) -> String {
        let Step::Play(list) = step else { panic!("{step:?}") };
        let [cordboard_media::Audio::Prompt { name, .. }] = list.items.as_slice() else { panic!("{list:?}") };
        name.clone()
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
            (vec![vec!["b".into()], vec!["c".into()], vec!["a".into()]], vec![8_000])
        );
        assert_eq!(caller.unwrap().number, "+49305550");
        assert_eq!(resume(&mut app, ended(DialEnd::Answered)), Step::Done(Value::Unit));
    }

    #[test]
    fn all_are_tried_three_times_before_it_is_said_that_there_is_no_way() {
        let mut app = calls(&["a", "b"], "");
        resume(&mut app, Reply::Start);
        resume(&mut app, Reply::Failed("who knows".to_owned()));
        let mut step = resume(&mut app, Reply::Failed("who knows".to_owned()));
        let one = |name: &str| vec![name.to_owned()];
        let both = || vec![vec!["a".to_owned(), "b".to_owned()]];
        let rounds = [(vec![one("a"), one("b")], 8_000), (both(), 12_000), (both(), 20_000)];
        for (round, (stages, patience)) in rounds.into_iter().enumerate() {
            assert_eq!(dialled(step), (stages, vec![patience], None), "round {round}");
            assert_eq!(resume(&mut app, ended(DialEnd::Unavailable)), Step::Progress);
            step = resume(&mut app, Reply::Ok);
            if round < 2 {
                assert_eq!(says(step), HOLD);
                assert_eq!(resume(&mut app, Reply::Ok), Step::Wait { ms: 1_000 });
                step = resume(&mut app, Reply::Ok);
            }
        }
        assert_eq!(says(step), REGRET);
        assert_eq!(resume(&mut app, Reply::Ok), Step::Hangup(Cause::CONGESTION));
    }

    #[test]
    fn a_number_that_a_caller_supplied_is_none() {
        let args = Value::List(vec![Value::Untrusted("112".to_owned())]);
        assert!(Emergency.start(&CallInfo::default(), &args).is_err());
    }
}
