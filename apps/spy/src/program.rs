//! Who listens.
//!
//! ```text
//! Knowing ─▶ Beginning ─▶ Joining ─▶ Listening ◀─4 5 6─▶ Joining …   Listening ─▶ Leaving ─▶ done
//! ```

use crate::KIND;
use crate::manual::MANUAL;
use crate::talk::{Answer, Request, Told};
use cordboard_app::{
    Await, CallInfo, Destination, Happening, JoinMix, Machine, Manual, Overhear, PlayList, Query, Reply,
    RouteError, Step, Value, Verb,
};
use cordboard_base::Time;
use cordboard_media::{Audio, MixInput};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// The keys.
const KEYS: &[(char, Key)] = &[
    ('4', Key::Way(Overhear::Listen)),
    ('5', Key::Way(Overhear::Whisper)),
    ('6', Key::Way(Overhear::Barge)),
    ('#', Key::Louder),
    ('*', Key::Next),
];
/// Users whose talks are gone through by `*`, after the first: more than a supervisor has.
const TURN_MAX: usize = 63;
/// By turns, in dB.
const VOLUMES_DB: [i8; 4] = [0, 4, 8, -6];

#[derive(Clone, Copy, Debug)]
enum Key {
    Way(Overhear),
    Louder,
    Next,
}

/// The application.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spy;

impl Verb for Spy {
    type Machine = Program;

    fn manual(&self) -> &'static Manual {
        &MANUAL
    }

    fn begin(&self, info: &CallInfo, arguments: &Value) -> Result<Self::Machine, RouteError> {
        let whom = arguments.argument(0).destinations();
        let Some(first) = whom.first().cloned() else {
            return Err(RouteError::BadArguments("whose talk it is".to_owned()));
        };
        let how = match arguments.argument(1).text() {
            Some("whisper") => Overhear::Whisper,
            Some("barge") => Overhear::Barge,
            Some(_) | None => Overhear::Listen,
        };
        Ok(Program {
            whom: first,
            turn: whom.into_iter().skip(1).take(TURN_MAX).collect(),
            seeks: 0,
            how,
            lang: info.lang.clone(),
            state: State::Start,
            agenda: VecDeque::new(),
            mix: String::new(),
            volume: 0,
            began: None,
        })
    }

    fn prompts(&self) -> Vec<&'static str> {
        vec!["spy-denied", "spy-nocall", "spy-listen", "spy-whisper", "spy-barge", "beep"]
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    Start,
    /// Whether it talks.
    Knowing,
    /// Asks whether it may, of one that talks or not.
    Beginning(bool),
    Listening,
    Leaving(Status),
    Over,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Status {
    Over,
    Denied,
    NoCall,
    Failed,
    HungUp,
}

impl Status {
    fn word(self) -> &'static str {
        match self {
            Self::Over => "over",
            Self::Denied => "denied",
            Self::NoCall => "nocall",
            Self::Failed => "failed",
            Self::HungUp => "hungup",
        }
    }
}

/// What runs for a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Program {
    whom: Destination,
    /// Whose turn it is after that, in order.
    #[serde(default)]
    turn: VecDeque<Destination>,
    /// Of how many it is still to be found out whether they talk, before nobody does.
    #[serde(default)]
    seeks: usize,
    how: Overhear,
    lang: String,
    state: State,
    agenda: VecDeque<Step>,
    mix: String,
    /// Which of the volumes.
    volume: usize,
    began: Option<Time>,
}

impl Machine for Program {
    fn resume(&mut self, now: Time, reply: Reply) -> Step {
        if matches!(reply, Reply::HungUp(_)) {
            return self.hung_up(now);
        }
        if let Some(step) = self.agenda.pop_front() {
            return step;
        }
        match self.state {
            State::Start => {
                self.seeks = self.turn.len();
                self.know()
            }
            // Rights come first: who may not is not told who talks.
            State::Knowing => {
                let talks =
                    matches!(&reply, Reply::Value(state) if matches!(state.text(), Some("busy" | "hold")));
                if talks {
                    self.began.get_or_insert(now);
                }
                self.state = State::Beginning(talks);
                ask(&Request::Begin { whom: self.whom.clone() })
            }
            State::Beginning(talks) => self.begin(now, &reply, talks),
            State::Listening => self.happened(now, &reply),
            State::Leaving(status) => self.done(now, status),
            State::Over => Step::Done(Value::Unit),
        }
    }
}

impl Program {
    fn begin(&mut self, now: Time, reply: &Reply, talks: bool) -> Step {
        let answer: Option<Answer> = reply.answer();
        match answer {
            Some(Answer::Allowed { mix }) if talks => {
                self.mix = mix;
                let step = self.listen();
                self.agenda.push_front(step);
                // Whose talk begins to be heard is told by a beep, as others' is by nothing.
                self.play("beep")
            }
            Some(Answer::Allowed { .. } | Answer::Denied) if self.seeks > 0 => {
                self.seeks -= 1;
                let next = self.next();
                self.agenda.push_back(next);
                ask(&Request::End)
            }
            Some(Answer::Allowed { .. }) => {
                self.agenda.push_back(self.play("spy-nocall"));
                self.leave(Status::NoCall)
            }
            Some(Answer::Denied) => {
                self.state = State::Leaving(Status::Denied);
                self.play("spy-denied")
            }
            Some(Answer::Full | Answer::Done) | None => self.done(now, Status::Failed),
        }
    }

    /// Whether it talks.
    fn know(&mut self) -> Step {
        self.state = State::Knowing;
        Step::Ask(Query::State(self.whom.clone()))
    }

    /// The next one's turn; of a single one it is its own again, in whichever talk it is then.
    fn next(&mut self) -> Step {
        self.mix.clear();
        if let Some(next) = self.turn.pop_front() {
            self.turn.push_back(core::mem::replace(&mut self.whom, next));
        }
        self.know()
    }

    /// Joins the mix, in the way that is wanted now, and tells the service.
    fn listen(&mut self) -> Step {
        self.state = State::Listening;
        let says = (self.how != Overhear::Listen).then(MixInput::default);
        let hearing_db = VOLUMES_DB.get(self.volume).copied().unwrap_or_default();
        self.agenda.push_back(ask(&Request::Here { how: self.how }));
        self.agenda.push_back(wait());
        Step::Join(Some(JoinMix { mix: self.mix.clone(), says, hears: true, hearing_db }))
    }

    fn happened(&mut self, _now: Time, reply: &Reply) -> Step {
        let Reply::Happened(happening) = reply else { return self.leave(Status::Failed) };
        match happening {
            Happening::Digit(digit) => match KEYS.iter().find(|(it, _)| it == digit) {
                Some((_, Key::Way(how))) => {
                    self.how = *how;
                    let step = self.listen();
                    self.agenda.push_front(step);
                    self.play(match how {
                        Overhear::Listen => "spy-listen",
                        Overhear::Whisper => "spy-whisper",
                        Overhear::Barge => "spy-barge",
                    })
                }
                Some((_, Key::Louder)) => {
                    self.volume = (self.volume + 1) % VOLUMES_DB.len();
                    self.listen()
                }
                Some((_, Key::Next)) => {
                    self.seeks = self.turn.len();
                    let next = self.next();
                    self.agenda.push_back(Step::Join(None));
                    self.agenda.push_back(next);
                    ask(&Request::End)
                }
                None => wait(),
            },
            Happening::Told(message) if message.to::<Told>().is_some() => self.leave(Status::Over),
            Happening::Told(_) | Happening::TimedOut => wait(),
        }
    }

    /// The service first: those who talk hear each other again before the mix is over.
    fn leave(&mut self, status: Status) -> Step {
        self.state = State::Leaving(status);
        if !self.mix.is_empty() {
            self.agenda.push_front(Step::Join(None));
        }
        ask(&Request::End)
    }

    fn hung_up(&mut self, now: Time) -> Step {
        self.agenda.clear();
        match self.state {
            State::Start | State::Knowing | State::Over => self.done(now, Status::HungUp),
            State::Leaving(status) => self.done(now, status),
            State::Beginning(_) | State::Listening => {
                self.state = State::Leaving(Status::HungUp);
                ask(&Request::End)
            }
        }
    }

    fn done(&mut self, now: Time, status: Status) -> Step {
        self.state = State::Over;
        let secs = self.began.map_or(0, |began| now.since(began).as_secs());
        Step::Done(Value::Map(BTreeMap::from([
            ("status".to_owned(), Value::Text(status.word().to_owned())),
            ("secs".to_owned(), Value::Int(i64::try_from(secs).unwrap_or(0))),
        ])))
    }

    fn play(&self, name: &str) -> Step {
        let items = vec![Audio::Prompt { name: name.to_owned(), lang: self.lang.clone() }];
        Step::Play(PlayList { items, interrupt: String::new() })
    }
}

fn wait() -> Step {
    Step::Await(Await { digits: KEYS.iter().map(|(digit, _)| *digit).collect(), timeout_ms: 0 })
}

fn ask(request: &Request) -> Step {
    Step::asks(KIND, request)
}
