//! The per-call part: it talks to its caller, takes part in the mix, and does what the service says.
//!
//! ```text
//! Looking ─▶ Typing ◀─▶ Checking ─▶ Entering ─▶ Arriving ─▶ Present ◀─▶ Menu, Further, Inviting, Acting
//!                                                              └─────▶ Leaving ─▶ done
//! ```
//! Steps whose replies don't matter wait in the agenda; the state says what the reply to the last of them means.

mod entering;
mod inside;
mod leaving;

use crate::KIND;
use crate::manual::MANUAL;
use crate::talk::{Answer, Request, Seat, Status};
use crate::wishes::Wishes;
use cordboard_app::{
    Await, CallInfo, Happening, Machine, Manual, PlayList, PlayResult, ReadDigits, Reply, RouteError, Step,
    Value, Verb,
};
use cordboard_base::Time;
use cordboard_media::Audio;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Tries for a PIN.
const TRIES: u8 = 3;
/// For the first digit of a PIN or number, and between two, in ms.
const FIRST_DIGIT_MS: u32 = 10_000;
const NEXT_DIGIT_MS: u32 = 5_000;
/// For a key after the menu, in ms.
const KEY_MS: u32 = 5_000;
const NAME_LEAST_MS: u32 = 300;
/// Accepts the name, plays it, takes it again.
const REVIEW: &str = "123";

/// The application.
#[derive(Clone, Copy, Debug, Default)]
pub struct Conference;

impl Verb for Conference {
    type Machine = Program;

    fn manual(&self) -> &'static Manual {
        &MANUAL
    }

    fn begin(&self, info: &CallInfo, arguments: &Value) -> Result<Self::Machine, RouteError> {
        let room = arguments.argument(0).text().unwrap_or_default().to_owned();
        Ok(Program::new(room, Wishes::of(arguments.argument(1)), info.lang.clone(), info.call.clone()))
    }

    fn prompts(&self) -> Vec<&'static str> {
        vec![
            "conf-getpin",
            "conf-invalidpin",
            "conf-invalid",
            "conf-locked",
            "conf-full",
            "conf-onlyperson",
            "conf-onlyone",
            "conf-thereare",
            "conf-otherinparty",
            "conf-peopleinconf",
            "conf-waitforleader",
            "conf-leaderhasleft",
            "conf-muted",
            "conf-unmuted",
            "conf-deaf",
            "conf-undeaf",
            "conf-now-muted",
            "conf-now-unmuted",
            "conf-kicked",
            "conf-lastkicked",
            "conf-cannotkick",
            "conf-lockednow",
            "conf-unlockednow",
            "conf-now-recording",
            "conf-recordingstopped",
            "conf-usermenu",
            "conf-adminmenu",
            "conf-extended",
            "conf-ending",
            "conf-adddial",
            "conf-invitefailed",
            "conf-sayname",
            "conf-namereview",
            "conf-hasjoin",
            "conf-hasleft",
        ]
    }
}

/// Where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    Start,
    Looking,
    /// Digits of a PIN are coming.
    Typing(u8),
    /// The service looks at them.
    Checking(u8),
    /// The name is said.
    Naming,
    /// What to do with it is asked.
    Reviewing,
    Accepting,
    Entering,
    /// In the mix or outside of it; the service is told.
    Arriving,
    /// Waits for whatever comes.
    Present,
    /// The menu is read out.
    Menu,
    /// After the menu, a key is waited for.
    Choosing,
    /// After `#`.
    Further,
    /// The service acts for a key.
    Acting,
    /// A number is typed.
    Inviting,
    /// Whether it is a user's is asked.
    Knowing(String),
    /// The service knows that we go.
    Leaving(Status),
    Over,
}

/// The program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Program {
    room: String,
    wishes: Wishes,
    lang: String,
    state: State,
    agenda: VecDeque<Step>,
    seat: Seat,
    /// The call, for the name's file.
    call: String,
    /// The recording of the caller's name.
    name: Option<String>,
    /// Whether the mix is joined.
    joined: bool,
    muted: bool,
    deaf: bool,
    says_db: i8,
    hears_db: i8,
    entered: Option<Time>,
}

impl Machine for Program {
    fn resume(&mut self, now: Time, reply: Reply) -> Step {
        if matches!(reply, Reply::HungUp(_)) {
            return self.hung_up(now);
        }
        if let Some(step) = self.agenda.pop_front() {
            return step;
        }
        self.go_on(now, reply)
    }
}

impl Program {
    fn new(room: String, wishes: Wishes, lang: String, call: String) -> Self {
        Self {
            room,
            wishes,
            lang,
            state: State::Start,
            agenda: VecDeque::new(),
            seat: Seat::default(),
            call,
            name: None,
            joined: false,
            muted: false,
            deaf: false,
            says_db: 0,
            hears_db: 0,
            entered: None,
        }
    }

    fn go_on(&mut self, now: Time, reply: Reply) -> Step {
        match self.state.clone() {
            State::Start => {
                self.state = State::Looking;
                ask(&Request::Look { room: self.room.clone(), wishes: Box::new(self.wishes.clone()) })
            }
            State::Looking => match answer(&reply) {
                Some(Answer::Free { named }) => self.enter(self.wishes.admin, named),
                Some(Answer::WantsPin) => self.read_pin(0, Vec::new()),
                other => self.refuse(other),
            },
            State::Typing(tries) => {
                let Reply::Digits { digits, .. } = reply else { return self.refuse(None) };
                self.state = State::Checking(tries);
                let (room, wishes) = (self.room.clone(), Box::new(self.wishes.clone()));
                ask(&Request::Pin { room, typed: digits, wishes })
            }
            State::Checking(tries) => match answer(&reply) {
                Some(Answer::Right { admin, named }) => self.enter(admin || self.wishes.admin, named),
                Some(Answer::Wrong) if tries + 1 < TRIES => {
                    self.read_pin(tries + 1, self.said(&["conf-invalidpin"]))
                }
                Some(Answer::Wrong) => self.end_with(Status::Pin, &["conf-invalidpin"]),
                other => self.refuse(other),
            },
            State::Naming => {
                let Reply::Taken { file, ms, end: _ } = reply else {
                    return self.enter(self.seat.admin, false);
                };
                self.name = Some(file).filter(|file| !file.is_empty());
                if ms < NAME_LEAST_MS { self.enter(self.seat.admin, false) } else { self.review(Vec::new()) }
            }
            State::Reviewing => {
                if let Reply::Played(PlayResult::Interrupted(digit), _) = reply {
                    return self.reviewed(Some(digit));
                }
                self.state = State::Accepting;
                Step::Await(Await { digits: REVIEW.to_owned(), timeout_ms: KEY_MS })
            }
            State::Accepting => {
                let digit =
                    if let Reply::Happened(Happening::Digit(digit)) = reply { Some(digit) } else { None };
                self.reviewed(digit)
            }
            State::Entering => match answer(&reply) {
                Some(Answer::Seat(seat)) => self.sit_down(now, seat),
                other => self.refuse(other),
            },
            State::Arriving
            | State::Present
            | State::Menu
            | State::Choosing
            | State::Further
            | State::Acting
            | State::Inviting
            | State::Knowing(_) => self.go_on_inside(now, reply),
            State::Leaving(status) => self.done(now, status),
            State::Over => Step::Done(Value::Unit),
        }
    }

    fn said(&self, names: &[&str]) -> Vec<Audio> {
        let prompt = |name: &&str| Audio::Prompt { name: (*name).to_owned(), lang: self.lang.clone() };
        names.iter().map(prompt).collect()
    }

    fn said_names(&self, names: &[String]) -> Vec<Audio> {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        self.said(&names)
    }
}

fn play(items: Vec<Audio>) -> Step {
    Step::Play(PlayList { items, interrupt: String::new() })
}

fn read(prompt: Vec<Audio>, max: u16) -> Step {
    let (timeout_ms, digit_timeout_ms) = (FIRST_DIGIT_MS, NEXT_DIGIT_MS);
    Step::Read(ReadDigits { prompt, max, timeout_ms, digit_timeout_ms, end: "#".to_owned(), secret: false })
}

fn ask(request: &Request) -> Step {
    Step::asks(KIND, request)
}

fn answer(reply: &Reply) -> Option<Answer> {
    reply.answer()
}
