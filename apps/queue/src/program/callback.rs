//! The agent's side of a callback: it has answered, hears whom it is going to talk to, and the caller is called.
//!
//! `Asking ──▶ Announcing ──▶ Dialling ──▶ reported, done`

use super::{answer, ask, prompts};
use crate::request::{Answer, CallBack, Outcome, Request};
use cordboard_app::{CallInfo, DialEnd, DialOptions, Machine, PlayList, Reply, Screen, Step, Value, say};
use cordboard_base::Time;
use serde::{Deserialize, Serialize};

/// The agent's program.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct CallsBack {
    number: Option<u64>,
    lang: String,
    state: State,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum State {
    Start,
    Asking,
    Announcing(Box<CallBack>),
    Dialling,
    Over,
}

impl CallsBack {
    pub(super) fn new(info: &CallInfo, arguments: &Value) -> Self {
        let number = crate::callback::caller_of(arguments);
        Self { number, lang: info.lang.clone(), state: State::Start }
    }

    fn announce(&mut self, whom: Box<CallBack>) -> Step {
        let mut said = super::named(&["agent-callfrom"]);
        said.extend(say::grammar(&self.lang).digits(&whom.number));
        self.state = State::Announcing(whom);
        Step::Play(PlayList { items: prompts(&said, &self.lang), interrupt: String::new() })
    }

    fn dial(&mut self, whom: &CallBack) -> Step {
        self.state = State::Dialling;
        let args = super::screen::arguments(&["queue-callback-here".to_owned()], true, &whom.lang);
        Step::Dial(Box::new(DialOptions {
            stages: vec![vec![whom.to.clone()]],
            timeout_ms: vec![whom.ring_ms],
            screen: whom.confirm.then(|| Screen { app: "queue_screen".to_owned(), args }),
            ..DialOptions::default()
        }))
    }
}

impl Machine for CallsBack {
    fn resume(&mut self, _now: Time, reply: Reply) -> Step {
        if matches!(reply, Reply::HungUp(_)) && !matches!(self.state, State::Over) {
            self.state = State::Over;
            return ask(&Request::Left { key: None });
        }
        match (core::mem::replace(&mut self.state, State::Over), reply) {
            (State::Start, _) => match self.number {
                Some(number) => {
                    self.state = State::Asking;
                    ask(&Request::CallBack { number })
                }
                None => Step::Done(Value::Unit),
            },
            (State::Asking, reply) => match answer(reply) {
                Answer::CallBack(whom) => self.announce(whom),
                Answer::Order(_) | Answer::Member { .. } | Answer::Done | Answer::Refused(_) => {
                    Step::Done(Value::Unit)
                }
            },
            (State::Announcing(whom), _) => self.dial(&whom),
            (State::Dialling, Reply::Dialed(result)) => {
                // The agent is the one that this program drives: the called one is the caller.
                let outcome = match result.end {
                    DialEnd::Answered => Outcome::Answered { by_agent: !result.hangup_by_callee },
                    DialEnd::Busy => Outcome::Busy,
                    DialEnd::NoAnswer => Outcome::NoAnswer,
                    DialEnd::Unavailable | DialEnd::Failed | DialEnd::Key(_) => Outcome::Unavailable,
                };
                ask(&Request::Report(outcome))
            }
            (State::Dialling, _) => ask(&Request::Report(Outcome::Unavailable)),
            (State::Over, _) => Step::Done(Value::Unit),
        }
    }
}
