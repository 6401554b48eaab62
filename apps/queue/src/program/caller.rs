//! The caller's program: it waits in the line, and does what the service orders.
//!
//! ```text
//!  Start ──▶ Asking ◀─────────── told "ask me", played, dialled ──────────┐
//!              ├── Wait ──▶ Tuning ──▶ Waiting ────────────────────────────┤
//!              ├── Say  ──▶ Saying ────────────────────────────────────────┤
//!              ├── Ring ──▶ Dialling ──▶ Asking(Report) ───────────────────┘
//!              └── Leave ─▶ done         Waiting, Saying, Dialling ── a key ──▶ Dialog │ Exiting ──▶ another route
//! ```

use super::dialog::{Dialog, Turn};
use super::{answer, ask, prompts};
use crate::request::{Answer, Attempt, Farewell, Join, Order, Outcome, Request, Room, Status};
use cordboard_app::{
    Await, CallInfo, Destination, DialEnd, DialOptions, DialResult, Happening, Machine, PlayList, PlayResult,
    RecordRule, Reply, Screen, Step, Value,
};
use cordboard_base::Time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A caller who waits.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Waits {
    wishes: Wishes,
    lang: String,
    own_number: String,
    room: Room,
    /// It hears its music now.
    is_tuned: bool,
    talk: Option<(Option<Destination>, u32)>,
    state: State,
}

/// What the script asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Wishes {
    join: Join,
    music: Option<String>,
    ringing: bool,
    goes_on: bool,
    record: Option<RecordRule>,
    extra: BTreeMap<String, Value>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum State {
    Start,
    Asking,
    Tuning,
    Waiting,
    Saying,
    Dialling,
    Reporting { by_agent: bool },
    Dialog(Dialog),
    Exiting(String),
    Over,
}

impl Waits {
    pub(super) fn new(info: &CallInfo, arguments: &Value) -> Self {
        let options = arguments.argument(1);
        let penalty = |key: &str| options.entry(key).int().and_then(|penalty| u32::try_from(penalty).ok());
        let join = Join {
            queue: arguments.argument(0).text().unwrap_or_default().to_owned(),
            priority: options.entry("priority").int().unwrap_or(0),
            timeout_ms: options.entry("timeout").seconds_ms().unwrap_or(0),
            penalty_min: penalty("penalty_min"),
            penalty_max: penalty("penalty_max"),
            no_callback: options.entry("callback").truth() == Some(false),
        };
        let given = |key: &str| Some(options.entry(key).clone()).filter(|value| *value != Value::Unit);
        let extra = ["transfer", "park"].into_iter().filter_map(|key| Some((key.to_owned(), given(key)?)));
        let record = options.entry("record").text().map(|rule| match rule {
            "always" => RecordRule::Always,
            "on-demand" => RecordRule::OnDemand,
            _ => RecordRule::Never,
        });
        let wishes = Wishes {
            join,
            music: options.entry("music").text().map(str::to_owned),
            ringing: options.entry("ringing").truth() == Some(true),
            goes_on: options.entry("continue").truth() == Some(true),
            record,
            extra: extra.collect(),
        };
        Self {
            wishes,
            lang: info.lang.clone(),
            own_number: info.caller.number.clone(),
            room: Room::default(),
            is_tuned: false,
            talk: None,
            state: State::Start,
        }
    }

    fn ask(&mut self, request: &Request) -> Step {
        self.state = State::Asking;
        ask(request)
    }

    fn obey(&mut self, answer: Answer) -> Step {
        match answer {
            Answer::Order(Order::Wait(room)) => {
                self.room = room;
                self.wait()
            }
            Answer::Order(Order::Say(names, room)) => {
                self.room = room;
                self.state = State::Saying;
                Step::Play(PlayList { items: prompts(&names, &self.lang), interrupt: self.keys() })
            }
            Answer::Order(Order::Ring(attempt)) => self.ring(*attempt),
            Answer::Order(Order::Leave(farewell)) => self.leave(&farewell, false),
            Answer::Refused(why) => {
                self.state = State::Over;
                let text = |text: &str| Value::Text(text.to_owned());
                let queue = ("queue".to_owned(), text(&self.wishes.join.queue));
                let entries =
                    [("status".to_owned(), text("failed")), queue, ("error".to_owned(), text(&why))];
                Step::Done(Value::Map(BTreeMap::from(entries)))
            }
            Answer::CallBack(_) | Answer::Member { .. } | Answer::Done => self.ask(&Request::Next),
        }
    }

    fn wait(&mut self) -> Step {
        if self.is_tuned {
            return self.await_word();
        }
        self.is_tuned = true;
        self.state = State::Tuning;
        if self.wishes.ringing { Step::Ringing } else { Step::Music(Some(self.music())) }
    }

    fn await_word(&mut self) -> Step {
        self.state = State::Waiting;
        Step::Await(Await { digits: self.keys(), timeout_ms: 0 })
    }

    fn music(&self) -> String {
        self.wishes.music.clone().unwrap_or_else(|| self.room.music.clone())
    }

    /// Keys that do something while the caller waits.
    fn keys(&self) -> String {
        let exits = self.room.exits.iter().map(|(key, _)| *key);
        exits.chain(self.room.callback.map(|offer| offer.key)).collect()
    }

    fn pressed(&mut self, key: char) -> Step {
        if let Some(offer) = self.room.callback.filter(|offer| offer.key == key) {
            self.state = State::Dialog(Dialog::new(&self.own_number, offer));
            return ask(&Request::Away(true));
        }
        match self.room.exits.iter().find(|(exit, _)| *exit == key) {
            Some((_, number)) => {
                self.state = State::Exiting(number.clone());
                ask(&Request::Left { key: Some(key) })
            }
            None => self.ask(&Request::Next),
        }
    }

    fn ring(&mut self, attempt: Attempt) -> Step {
        self.state = State::Dialling;
        self.is_tuned = false;
        self.room = attempt.room;
        let music = self.music();
        let args = super::screen::arguments(&attempt.announce, attempt.accepts, &self.lang);
        let wants_screen = attempt.accepts || !attempt.announce.is_empty();
        Step::Dial(Box::new(DialOptions {
            stages: vec![attempt.whom],
            timeout_ms: vec![attempt.ring_ms],
            music: (!self.wishes.ringing).then_some(music),
            caller: Some(attempt.shown),
            record: self.wishes.record,
            screen: wants_screen.then(|| Screen { app: "queue_screen".to_owned(), args }),
            keys: self.keys(),
            until: Some(crate::leaving::withdrawn()),
            extra: self.wishes.extra.clone(),
            ..DialOptions::default()
        }))
    }

    fn dialled(&mut self, result: &DialResult) -> Step {
        let outcome = match result.end {
            DialEnd::Answered => {
                let by_agent = result.hangup_by_callee;
                self.talk = Some((result.by.clone(), result.secs));
                self.state = State::Reporting { by_agent };
                return ask(&Request::Report(Outcome::Answered { by_agent }));
            }
            DialEnd::Busy => Outcome::Busy,
            DialEnd::NoAnswer => Outcome::NoAnswer,
            DialEnd::Unavailable | DialEnd::Failed => Outcome::Unavailable,
            DialEnd::Key(key) => return self.pressed(key),
        };
        self.ask(&Request::Report(outcome))
    }

    fn leave(&mut self, farewell: &Farewell, by_agent: bool) -> Step {
        self.state = State::Over;
        let goes_on = farewell.status == Status::Answered && by_agent && self.wishes.goes_on;
        let status = if goes_on { Status::Continue } else { farewell.status };
        let (by, secs) = self.talk.clone().unwrap_or_default();
        let int = |number: u64| Value::Int(i64::try_from(number).unwrap_or(i64::MAX));
        let by = by.or_else(|| farewell.by.clone());
        let entries = [
            ("status", Value::Text(status.word().to_owned())),
            ("queue", Value::Text(self.wishes.join.queue.clone())),
            ("by", by.map_or(Value::Unit, |by| Value::Destination(Box::new(by)))),
            ("wait", int(farewell.waited_s.saturating_sub(u64::from(secs)))),
            ("secs", int(u64::from(secs))),
            ("position", int(u64::try_from(farewell.position).unwrap_or(0))),
        ];
        Step::Done(Value::Map(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()))
    }

    fn dialog(&mut self, mut dialog: Dialog, reply: Reply) -> Step {
        match dialog.resume(reply, &self.lang) {
            Turn::Step(step) => {
                self.state = State::Dialog(dialog);
                *step
            }
            Turn::Back => self.ask(&Request::Away(false)),
            Turn::Set => self.leave(&Farewell::at_the_door(Status::Callback), false),
        }
    }
}

impl Machine for Waits {
    fn resume(&mut self, _now: Time, reply: Reply) -> Step {
        if matches!(reply, Reply::HungUp(_)) && !matches!(self.state, State::Over) {
            self.state = State::Over;
            return ask(&Request::Left { key: None });
        }
        match (core::mem::replace(&mut self.state, State::Over), reply) {
            (State::Start, _) => self.ask(&Request::Join(Box::new(self.wishes.join.clone()))),
            (State::Asking, reply) => self.obey(answer(reply)),
            (State::Reporting { by_agent }, reply) => {
                let answer = answer(reply);
                if let Answer::Order(Order::Leave(farewell)) = &answer {
                    return self.leave(farewell, by_agent);
                }
                self.obey(answer)
            }
            (State::Tuning, _) => self.await_word(),
            (State::Waiting, Reply::Happened(Happening::Digit(key)))
            | (State::Saying, Reply::Played(PlayResult::Interrupted(key), _)) => self.pressed(key),
            (State::Waiting | State::Saying, _) => self.ask(&Request::Next),
            (State::Dialling, Reply::Dialed(result)) => self.dialled(&result),
            (State::Dialling, _) => self.ask(&Request::Report(Outcome::Unavailable)),
            (State::Dialog(dialog), reply) => self.dialog(dialog, reply),
            (State::Exiting(number), _) => Step::Enter { context: self.room.exit_context.clone(), number },
            (State::Over, _) => Step::Done(Value::Unit),
        }
    }
}
