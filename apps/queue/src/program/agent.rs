//! Agents' codes: logging in and out, pausing and resuming, by the telephone of the user that it is about.

use super::{answer, ask, named, prompts};
use crate::request::{Answer, Change, Request};
use cordboard_app::{CallInfo, Destination, Machine, PlayList, Reply, Step, Value};
use cordboard_base::Time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A change that a user makes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Changes {
    queue: Option<String>,
    who: Option<String>,
    what: Change,
    lang: String,
    state: State,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum State {
    Start,
    Asking,
    Saying(Value),
}

impl Changes {
    fn new(info: &CallInfo, arguments: &Value, what: Change) -> Self {
        let queue = arguments.argument(0).text().filter(|queue| !queue.is_empty()).map(str::to_owned);
        Self { queue, who: info.user.clone(), what, lang: info.lang.clone(), state: State::Start }
    }

    pub(super) fn login(info: &CallInfo, arguments: &Value) -> Self {
        let options = arguments.argument(1);
        let penalty = options.entry("penalty").int().and_then(|penalty| u32::try_from(penalty).ok());
        let name = options.entry("name").text().unwrap_or_default().to_owned();
        let what = match options.entry("toggle").truth() {
            Some(true) => Change::Toggle,
            Some(false) | None => Change::Add { penalty: penalty.unwrap_or(0), name, state_of: None },
        };
        Self::new(info, arguments, what)
    }

    pub(super) fn logout(info: &CallInfo, arguments: &Value) -> Self {
        Self::new(info, arguments, Change::Remove)
    }

    pub(super) fn pause(info: &CallInfo, arguments: &Value) -> Self {
        let options = arguments.argument(1);
        let reason = options.entry("reason").text().unwrap_or_default().to_owned();
        let what = match options.entry("toggle").truth() {
            Some(true) => Change::TogglePause { reason },
            Some(false) | None => Change::Pause { reason },
        };
        Self::new(info, arguments, what)
    }

    pub(super) fn resume_work(info: &CallInfo, arguments: &Value) -> Self {
        Self::new(info, arguments, Change::Resume)
    }

    fn say(&mut self, prompt: &str, outcome: Value) -> Step {
        self.state = State::Saying(outcome);
        Step::Play(PlayList { items: prompts(&named(&[prompt]), &self.lang), interrupt: String::new() })
    }

    fn refused(&mut self, why: String) -> Step {
        let outcome = Value::Map(BTreeMap::from([("error".to_owned(), Value::Text(why))]));
        self.say("agent-nomember", outcome)
    }

    fn changed(&mut self, queues: Vec<String>, is_in: bool, is_paused: bool) -> Step {
        let prompt = match (&self.what, is_in, is_paused) {
            (_, false, _) => "agent-loggedoff",
            (_, true, true) => "agent-paused",
            (Change::Add { .. } | Change::Toggle, true, false) => "agent-loginok",
            (
                Change::Remove | Change::Pause { .. } | Change::Resume | Change::TogglePause { .. },
                true,
                false,
            ) => "agent-unpaused",
        };
        let queues = Value::List(queues.into_iter().map(Value::Text).collect());
        let entries = [
            ("queues".to_owned(), queues),
            ("member".to_owned(), Value::Bool(is_in)),
            ("paused".to_owned(), Value::Bool(is_paused)),
        ];
        self.say(prompt, Value::Map(BTreeMap::from(entries)))
    }
}

impl Machine for Changes {
    fn resume(&mut self, _now: Time, reply: Reply) -> Step {
        match (core::mem::replace(&mut self.state, State::Saying(Value::Unit)), reply) {
            (State::Start, _) => match &self.who {
                Some(user) => {
                    let who = Destination::User(user.clone());
                    self.state = State::Asking;
                    ask(&Request::Member { queue: self.queue.clone(), who, what: self.what.clone() })
                }
                None => self.refused("only users of the office take calls of queues".to_owned()),
            },
            (State::Asking, reply) => match answer(reply) {
                Answer::Member { queues, is_in, is_paused } => self.changed(queues, is_in, is_paused),
                Answer::Refused(why) => self.refused(why),
                Answer::Order(_) | Answer::CallBack(_) | Answer::Done => {
                    self.refused("not an answer".to_owned())
                }
            },
            (State::Saying(outcome), _) => Step::Done(outcome),
        }
    }
}
