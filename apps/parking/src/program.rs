//! The per-call part: whoever is to be parked, or fetches somebody.
//!
//! ```text
//!            ┌▶ Parking ─▶ (told) ─▶ Waiting ─▶ Returning ─▶ Ringing ─▶ done
//! Knowing ───┤                          └─▶ fetched, hung up ─▶ Leaving ─▶ done
//!            └▶ Fetching ─▶ Connecting ─▶ done
//! ```
//! Steps whose replies don't matter wait in the agenda; the state says what the reply to the last of them means.

use crate::manual::{PARK, PARK_OR_RETRIEVE, RETURNS, UNPARK};
use crate::may::{May, Who};
use crate::talk::{Answer, Place, Request, Wish, slot_of};
use crate::{KIND, TRANSFERRED_BY};
use cordboard_app::say::grammar;
use cordboard_app::{
    Await, CallInfo, Cause, Connect, Destination, DialEnd, DialOptions, Happening, Identity, Machine, Manual,
    Note, PlayList, Query, Reply, RouteError, Screen, Step, Value,
};
use cordboard_base::{CallId, Time};
use cordboard_media::{Audio, Tone};
use core::time::Duration;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// How long who transferred a call blindly has to hear and read the place before its own leg ends, in ms.
const TELL_MS: u32 = 4_000;
/// How long somebody who is being fetched waits before it asks again, in ms.
const STAY_MS: u32 = 5_000;
/// What who fetches a call hears before it: 150 ms.
const COURTESY: Tone =
    Tone { frequencies_hz: [1_000, 0], level_dbm0: -18, cadence_ms: Vec::new(), duration_ms: 150 };

macro_rules! application {
    ($(#[$doc:meta])* $name:ident, $verb:ident, $manual:expr, $prompts:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default)]
        pub struct $name;

        impl cordboard_app::Verb for $name {
            type Machine = Program;

            fn manual(&self) -> &'static Manual {
                &$manual
            }

            fn begin(&self, info: &CallInfo, arguments: &Value) -> Result<Self::Machine, RouteError> {
                Ok(Program::new(Verb::$verb, info, arguments))
            }

            fn prompts(&self) -> Vec<&'static str> {
                $prompts.to_vec()
            }
        }
    };
}

application!(
    /// `ch.park`.
    Park,
    Park,
    PARK,
    ["call-parked-at", "parking-full", "parking-slottaken", "pbx-invalidpark"]
);
application!(
    /// `ch.unpark`.
    Unpark,
    Unpark,
    UNPARK,
    ["parking-nobody", "pbx-invalidpark"]
);
application!(
    /// `ch.park_or_retrieve`.
    ParkOrRetrieve,
    ParkOrRetrieve,
    PARK_OR_RETRIEVE,
    ["call-parked-at", "parking-nobody", "parking-slottaken", "pbx-invalidpark"]
);

/// Which verb runs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Verb {
    Park,
    Unpark,
    ParkOrRetrieve,
}

/// Where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    Start,
    /// Whether a transfer brought the call is asked.
    Knowing,
    /// The service is asked for a place, or for a call.
    Asking,
    /// Who transferred the call is told the place; if nobody did, the caller is.
    Telling,
    Waiting,
    /// The time is over: the service is told.
    Returning,
    /// Who parked it rings.
    Ringing,
    Connecting,
    /// The service is told that we could not connect, or go; then this is the outcome.
    Leaving(Status),
    Over,
}

/// How it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Status {
    Returned,
    Timeout,
    Full,
    Taken,
    Failed,
    Retrieved,
    HungUp,
    Answered,
    Nobody,
}

impl Status {
    fn word(self) -> &'static str {
        match self {
            Self::Returned => "returned",
            Self::Timeout => "timeout",
            Self::Full => "full",
            Self::Taken => "taken",
            Self::Failed => "failed",
            Self::Retrieved => "retrieved",
            Self::HungUp => "hungup",
            Self::Answered => "answered",
            Self::Nobody => "nobody",
        }
    }
}

/// The program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Program {
    verb: Verb,
    lot: Option<String>,
    slot: Option<u32>,
    timeout_ms: Option<u32>,
    comeback: Option<bool>,
    return_to: Vec<Destination>,
    /// What the two may do by digits in the talk after it was fetched, or has come back.
    #[serde(default)]
    may: May,
    user: Option<String>,
    lang: String,
    state: State,
    agenda: VecDeque<Step>,
    transferred: bool,
    place: Place,
    until: Option<Time>,
    fetching: Option<CallId>,
    secs: u32,
}

impl Machine for Program {
    fn resume(&mut self, now: Time, reply: Reply) -> Step {
        if let Reply::HungUp(cause) = reply {
            return self.hung_up(cause);
        }
        if let Some(step) = self.agenda.pop_front() {
            return step;
        }
        self.go_on(now, reply)
    }
}

impl Program {
    fn new(verb: Verb, info: &CallInfo, arguments: &Value) -> Self {
        let (slot, options) = match verb {
            Verb::Park => (arguments.argument(0).entry("slot"), arguments.argument(0)),
            Verb::Unpark | Verb::ParkOrRetrieve => (arguments.argument(0), arguments.argument(1)),
        };
        Self {
            verb,
            lot: options.entry("lot").text().map(str::to_owned),
            slot: slot_of(slot),
            timeout_ms: options.entry("timeout").seconds_ms(),
            comeback: options.entry("comeback").truth(),
            return_to: options.entry("return_to").destinations(),
            may: May::of_options(options),
            user: info.user.clone(),
            lang: info.lang.clone(),
            state: State::Start,
            agenda: VecDeque::new(),
            transferred: false,
            place: Place::default(),
            until: None,
            fetching: None,
            secs: 0,
        }
    }

    fn go_on(&mut self, now: Time, reply: Reply) -> Step {
        match self.state {
            State::Start => {
                self.state = State::Knowing;
                Step::Ask(Query::Var(TRANSFERRED_BY.to_owned()))
            }
            State::Knowing => self.ask(&reply),
            State::Asking => self.answered(now, &reply),
            State::Telling => self.tell(&reply),
            State::Waiting => self.happened(now, reply),
            State::Returning => self.come_back(now, &reply),
            State::Ringing => self.rang(&reply),
            State::Connecting => self.connected(reply),
            State::Leaving(status) => self.done(status),
            State::Over => Step::Done(Value::Unit),
        }
    }

    /// The variable says who transferred the call here, if somebody did.
    fn ask(&mut self, reply: &Reply) -> Step {
        let by = if let Reply::Value(by) = reply { by.clone() } else { Value::Unit };
        self.transferred = by != Value::Unit;
        let parker = match (by, self.transferred) {
            (Value::Text(user), _) => Some(user),
            (_, true) => None,
            (_, false) => self.user.clone(),
        };
        let wish = Wish { lot: self.lot.clone(), slot: self.slot, parker, transferred: self.transferred };
        self.state = State::Asking;
        ask(&match self.verb {
            Verb::Park => Request::Park(wish),
            Verb::ParkOrRetrieve => Request::Key(wish),
            Verb::Unpark => Request::Fetch { lot: self.lot.clone(), slot: self.slot },
        })
    }

    fn answered(&mut self, now: Time, reply: &Reply) -> Step {
        match answer(reply) {
            Some(Answer::Parked(place)) => self.parked(now, place),
            Some(Answer::Call { call, slot, tone, may }) => {
                self.place.slot = slot;
                self.fetching = Some(call);
                self.state = State::Connecting;
                if tone {
                    self.agenda.push_back(Step::Tone(COURTESY));
                }
                let extra = self.may.of_talk(&may, Who::Fetcher);
                self.agenda.push_back(Step::Connect(Connect::Waiting { call, extra }));
                Step::Answer
            }
            Some(Answer::Full) => self.refuse(Status::Full, "parking-full"),
            Some(Answer::Taken) => self.refuse(Status::Taken, "parking-slottaken"),
            Some(Answer::Nobody) => self.refuse(Status::Nobody, "parking-nobody"),
            Some(Answer::NoPlace) => self.refuse(Status::Failed, "pbx-invalidpark"),
            Some(Answer::Stay | Answer::Back { .. } | Answer::Slots(_) | Answer::Done) | None => {
                self.done(Status::Failed)
            }
        }
    }

    /// Who transferred the call gets it back: it must not hear anything, that would be an answer. Anybody else is told.
    fn refuse(&mut self, status: Status, prompt: &str) -> Step {
        if self.transferred {
            return self.done(status);
        }
        self.state = State::Leaving(status);
        self.play(vec![prompt.to_owned()])
    }

    fn parked(&mut self, now: Time, place: Place) -> Step {
        self.place = place;
        let ms = self.timeout_ms.unwrap_or(self.place.timeout_ms);
        self.until = Some(now + Duration::from_millis(u64::from(ms)));
        self.state = State::Telling;
        let mut names = vec!["call-parked-at".to_owned()];
        let slot = self.place.slot.to_string();
        names.extend(grammar(&self.lang).digits(&slot));
        let shown = Identity { number: slot.clone(), name: format!("parked {slot}") };
        if self.transferred {
            return Step::Note(Note::TellTransferrer { shown, says: self.prompts(names) });
        }
        self.agenda.push_back(Step::Note(Note::SetConnected(shown)));
        self.agenda.push_back(self.play(names));
        Step::Answer
    }

    /// It is told, or nobody is there to be told.
    fn tell(&mut self, reply: &Reply) -> Step {
        self.state = State::Waiting;
        let is_told = self.transferred && *reply == Reply::Ok;
        let music = Some(self.place.music.clone()).filter(|class| !class.is_empty());
        if !is_told {
            return Step::Music(music);
        }
        self.agenda.push_back(Step::Music(music));
        // It can be fetched meanwhile: whoever sees the lamp need not wait until the place is said.
        Step::Await(Await { digits: String::new(), timeout_ms: TELL_MS })
    }

    fn wait(&self, now: Time) -> Step {
        let left = self.until.map_or(Duration::ZERO, |until| until.since(now));
        let timeout_ms = u32::try_from(left.as_millis().max(1)).unwrap_or(u32::MAX);
        Step::Await(Await { digits: String::new(), timeout_ms })
    }

    fn happened(&mut self, now: Time, reply: Reply) -> Step {
        let is_over = self.until.is_none_or(|until| until <= now);
        if reply == Reply::Happened(Happening::TimedOut) && is_over {
            self.state = State::Returning;
            return ask(&Request::ComeBack);
        }
        self.wait(now)
    }

    fn come_back(&mut self, now: Time, reply: &Reply) -> Step {
        match answer(reply) {
            Some(Answer::Stay) => {
                self.until = Some(now + Duration::from_millis(STAY_MS.into()));
                self.state = State::Waiting;
                self.wait(now)
            }
            Some(Answer::Back { who, parker, comeback, ring_ms, may }) => {
                let parker = parker.map(Destination::User).into_iter().collect();
                let whom = if self.return_to.is_empty() { parker } else { self.return_to.clone() };
                if whom.is_empty() || !self.comeback.unwrap_or(comeback) {
                    self.state = State::Leaving(Status::Timeout);
                    return Step::Music(None);
                }
                self.ring(whom, &who, (ring_ms, &may))
            }
            Some(
                Answer::Parked(_)
                | Answer::Full
                | Answer::Taken
                | Answer::NoPlace
                | Answer::Call { .. }
                | Answer::Nobody
                | Answer::Slots(_)
                | Answer::Done,
            )
            | None => self.done(Status::Failed),
        }
    }

    fn ring(&mut self, whom: Vec<Destination>, who: &Identity, (ring_ms, may): (u32, &May)) -> Step {
        self.state = State::Ringing;
        let name = if who.name.is_empty() { &who.number } else { &who.name };
        let slot = self.place.slot;
        let shown = Identity { number: who.number.clone(), name: format!("parked {slot}: {name}") };
        let args = Value::List(vec![Value::Int(i64::from(slot))]);
        Step::Dial(Box::new(DialOptions {
            stages: vec![whom],
            timeout_ms: vec![ring_ms],
            music: Some(self.place.music.clone()).filter(|class| !class.is_empty()),
            caller: Some(shown),
            screen: Some(Screen { app: RETURNS.verb.to_owned(), args }),
            extra: self.may.of_talk(may, Who::Parked),
            ..DialOptions::default()
        }))
    }

    fn rang(&mut self, reply: &Reply) -> Step {
        let Reply::Dialed(result) = reply else { return self.done(Status::Failed) };
        self.secs = result.secs;
        let is_answered = result.end == DialEnd::Answered;
        self.state = State::Leaving(if is_answered { Status::Returned } else { Status::Timeout });
        Step::Music(None)
    }

    fn connected(&mut self, reply: Reply) -> Step {
        if let Reply::Dialed(result) = reply {
            self.secs = result.secs;
            return self.done(Status::Answered);
        }
        self.state = State::Leaving(Status::Nobody);
        self.agenda.push_back(self.play(vec!["parking-nobody".to_owned()]));
        self.put_back()
    }

    fn put_back(&self) -> Step {
        match self.fetching {
            Some(call) => ask(&Request::PutBack { call }),
            None => ask(&Request::Leave),
        }
    }

    fn hung_up(&mut self, cause: Cause) -> Step {
        self.agenda.clear();
        match self.state {
            State::Start | State::Knowing => self.done(Status::HungUp),
            State::Asking | State::Telling | State::Waiting | State::Returning => {
                // Whoever fetches a call takes it from here with that cause.
                let fetched = cause == Cause::ELSEWHERE;
                self.state = State::Leaving(if fetched { Status::Retrieved } else { Status::HungUp });
                ask(&Request::Leave)
            }
            State::Connecting => {
                self.state = State::Leaving(Status::HungUp);
                self.put_back()
            }
            State::Ringing => self.done(Status::HungUp),
            State::Leaving(status) => self.done(status),
            State::Over => Step::Done(Value::Unit),
        }
    }

    fn done(&mut self, status: Status) -> Step {
        self.state = State::Over;
        Step::Done(Value::Map(BTreeMap::from([
            ("status".to_owned(), Value::Text(status.word().to_owned())),
            ("slot".to_owned(), Value::Int(i64::from(self.place.slot))),
            ("secs".to_owned(), Value::Int(i64::from(self.secs))),
        ])))
    }

    fn play(&self, names: Vec<String>) -> Step {
        Step::Play(PlayList { items: self.prompts(names), interrupt: String::new() })
    }

    fn prompts(&self, names: Vec<String>) -> Vec<Audio> {
        names.into_iter().map(|name| Audio::Prompt { name, lang: self.lang.clone() }).collect()
    }
}

fn ask(request: &Request) -> Step {
    Step::asks(KIND, request)
}

fn answer(reply: &Reply) -> Option<Answer> {
    reply.answer()
}
