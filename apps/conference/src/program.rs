//! The per-call part: it talks to its caller, takes part in the mix, and does what the service says.
//!
//! ```text
//! Looking ─▶ Typing ◀─▶ Checking ─▶ Entering ─▶ Arriving ─▶ Present ◀─▶ Menu, Further, Inviting, Acting
//!                                                              └─────▶ Leaving ─▶ done
//! ```
//! Steps whose replies don't matter wait in the agenda; the state says what the reply to the last of them means.

use crate::KIND;
use crate::keys::{self, Key};
use crate::manual::MANUAL;
use crate::pins::DIGITS_MAX;
use crate::talk::{Answer, Place, Refusal, Request, Seat, Status, Told, Word};
use crate::wishes::Wishes;
use cordboard_app::{
    App, AppState, Application, Await, CallInfo, Happening, JoinMix, Manual, PlayList, PlayResult, Query,
    ReadDigits, Reply, RouteError, Step, TakeMessage, Value,
};
use cordboard_base::Time;
use cordboard_media::{Audio, MixInput};
use core::time::Duration;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// Tries for a PIN.
const TRIES: u8 = 3;
/// For the first digit of a PIN or number, and between two, in ms.
const FIRST_DIGIT_MS: u32 = 10_000;
const NEXT_DIGIT_MS: u32 = 5_000;
/// For a key after the menu, in ms.
const KEY_MS: u32 = 5_000;
/// A name is at most so long, is over after so much silence, and is none if it is shorter than that, in ms.
const NAME_MS: u32 = 8_000;
const NAME_SILENCE_MS: u32 = 2_000;
const NAME_LEAST_MS: u32 = 300;
/// Accepts the name, plays it, takes it again.
const REVIEW: &str = "123";
/// Digits of a number to be called in.
const NUMBER_MAX: u16 = 20;

/// The application.
#[derive(Clone, Copy, Debug, Default)]
pub struct Conference;

impl Application for Conference {
    fn manual(&self) -> &'static Manual {
        &MANUAL
    }

    fn start(&self, info: &CallInfo, arguments: &Value) -> Result<Box<dyn App>, RouteError> {
        let room = arguments.argument(0).text().unwrap_or_default().to_owned();
        Ok(Box::new(Program::new(
            room,
            Wishes::of(arguments.argument(1)),
            info.lang.clone(),
            info.call.clone(),
        )))
    }

    fn restore(&self, state: &AppState) -> Result<Box<dyn App>, RouteError> {
        let program: Program =
            serde_json::from_str(&state.data).map_err(|error| RouteError::BadArguments(error.to_string()))?;
        Ok(Box::new(program))
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
struct Program {
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

impl App for Program {
    fn resume(&mut self, now: Time, reply: Reply) -> Step {
        if matches!(reply, Reply::HungUp(_)) {
            return self.hung_up(now);
        }
        if let Some(step) = self.agenda.pop_front() {
            return step;
        }
        self.go_on(now, reply)
    }

    fn snapshot(&self) -> AppState {
        let data = serde_json::to_string(self).unwrap_or_default();
        AppState { kind: MANUAL.verb.to_owned(), version: 1, data }
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

    fn go_on_inside(&mut self, now: Time, reply: Reply) -> Step {
        match self.state.clone() {
            State::Arriving => self.arrived(now, &reply),
            State::Present => self.happened(now, reply),
            State::Menu => {
                if let Reply::Played(PlayResult::Interrupted(digit), _) = reply {
                    return self.pressed(now, digit);
                }
                self.state = State::Choosing;
                Step::Await(Await { digits: keys::digits(self.seat.admin), timeout_ms: KEY_MS })
            }
            State::Choosing => self.happened(now, reply),
            State::Further => {
                let Reply::Happened(Happening::Digit(digit)) = reply else {
                    return self.happened(now, reply);
                };
                match keys::further(digit) {
                    Some(key) => self.act(now, key),
                    None => self.stay(now),
                }
            }
            State::Acting => match answer(&reply) {
                Some(Answer::Said(names)) => self.say_and_stay(now, names),
                _ => self.stay(now),
            },
            State::Inviting => {
                let Reply::Digits { digits, .. } = reply else { return self.stay(now) };
                if digits.is_empty() {
                    return self.stay(now);
                }
                self.state = State::Knowing(digits.clone());
                Step::Ask(Query::UserExists(digits))
            }
            State::Knowing(number) => {
                self.state = State::Acting;
                let known_user = reply == Reply::Value(Value::Bool(true));
                ask(&Request::Invite { number, known_user })
            }
            State::Start
            | State::Looking
            | State::Typing(_)
            | State::Checking(_)
            | State::Naming
            | State::Reviewing
            | State::Accepting
            | State::Entering
            | State::Leaving(_)
            | State::Over => Step::Done(Value::Unit),
        }
    }

    fn read_pin(&mut self, tries: u8, mut prompt: Vec<Audio>) -> Step {
        self.state = State::Typing(tries);
        prompt.extend(self.said(&["conf-getpin"]));
        self.agenda.push_back(read(prompt, u16::try_from(DIGITS_MAX).unwrap_or(16)));
        Step::Answer
    }

    /// Goes in; where names are announced it is asked for its name before.
    fn enter(&mut self, admin: bool, named: bool) -> Step {
        self.seat.admin = admin;
        if named {
            let asks = self.take_name();
            self.agenda.push_front(asks);
            return Step::Answer;
        }
        self.state = State::Entering;
        let (room, wishes) = (self.room.clone(), Box::new(self.wishes.clone()));
        ask(&Request::Enter { room, wishes, admin, name: self.name.clone() })
    }

    fn take_name(&mut self) -> Step {
        self.state = State::Naming;
        self.agenda.push_back(Step::TakeMessage(TakeMessage {
            file: format!("names/conference-{}", self.call),
            beep: true,
            max_ms: NAME_MS,
            silence_ms: NAME_SILENCE_MS,
            ends: "#*0123456789".to_owned(),
        }));
        play(self.said(&["conf-sayname"]))
    }

    /// The name is there: it is heard, accepted or said again.
    fn review(&mut self, mut before: Vec<Audio>) -> Step {
        self.state = State::Reviewing;
        before.extend(self.said(&["conf-namereview"]));
        Step::Play(PlayList { items: before, interrupt: REVIEW.to_owned() })
    }

    fn reviewed(&mut self, digit: Option<char>) -> Step {
        match digit {
            Some('2') => {
                let path = self.name.clone().unwrap_or_default();
                self.review(vec![Audio::File { path, from_ms: 0 }])
            }
            Some('3') => {
                self.agenda.clear();
                self.take_name()
            }
            // Who says nothing accepts.
            Some(_) | None => self.enter(self.seat.admin, false),
        }
    }

    fn sit_down(&mut self, now: Time, seat: Seat) -> Step {
        self.entered = Some(now);
        self.muted = seat.muted;
        let welcome = self.said_names(&seat.welcome);
        let waits = seat.waits;
        self.seat = seat;
        self.agenda.push_back(play(welcome));
        self.place(now, if waits { Place::Waits } else { Place::InCompany });
        Step::Answer
    }

    /// The service has heard where we are, and says where we are to be: that can have changed meanwhile.
    fn arrived(&mut self, now: Time, reply: &Reply) -> Step {
        match answer(reply) {
            Some(Answer::Place(place)) => {
                self.place(now, place);
                self.next(now)
            }
            _ => self.leave(Status::Failed, &[]),
        }
    }

    /// Goes there: joins the mix or leaves it, with the music that belongs to it; the service is told of a change.
    fn place(&mut self, now: Time, place: Place) {
        let music = Some(self.seat.music.clone()).filter(|class| !class.is_empty());
        let was_in = self.joined;
        match place {
            Place::Waits => {
                if was_in {
                    self.agenda.push_back(Step::Join(None));
                }
                self.agenda.push_back(Step::Music(music));
                self.joined = false;
            }
            Place::Alone | Place::InCompany => {
                self.agenda.push_back(Step::Music(music.filter(|_| place == Place::Alone)));
                self.joined = true;
                if !was_in {
                    self.agenda.push_back(self.join());
                }
            }
        }
        if was_in != self.joined || self.state == State::Entering {
            self.agenda.push_back(ask(&Request::Here { talks: self.joined }));
            self.state = State::Arriving;
        } else {
            self.agenda.push_back(self.wait(now));
            self.state = State::Present;
        }
    }

    fn happened(&mut self, now: Time, reply: Reply) -> Step {
        let Reply::Happened(happening) = reply else { return self.stay(now) };
        match happening {
            Happening::Digit(digit) => self.pressed(now, digit),
            Happening::Told(message) => match message.to::<Told>() {
                Some(told) => self.told(now, told.conference),
                None => self.stay(now),
            },
            Happening::TimedOut if self.is_over(now) => self.leave(Status::Timeout, &[]),
            Happening::TimedOut => self.stay(now),
        }
    }

    fn told(&mut self, now: Time, word: Word) -> Step {
        match word {
            Word::Place(place) => {
                self.place(now, place);
                self.next(now)
            }
            Word::LeaderLeft => {
                self.agenda.push_back(play(self.said(&["conf-leaderhasleft"])));
                self.place(now, Place::Waits);
                self.next(now)
            }
            Word::Held(held) => {
                self.seat.held = held;
                self.muted = held;
                self.agenda.extend(self.joined.then(|| self.join()));
                self.stay(now)
            }
            Word::Go { status, says } => {
                let says: Vec<&str> = says.iter().map(String::as_str).collect();
                self.leave(status, &says)
            }
            Word::Say(names) => self.say_and_stay(now, names),
            Word::Play(items) => {
                self.agenda.push_back(play(items));
                self.stay(now)
            }
        }
    }

    fn pressed(&mut self, now: Time, digit: char) -> Step {
        match keys::key(digit, self.seat.admin) {
            Some(key) => self.act(now, key),
            None => self.stay(now),
        }
    }

    fn act(&mut self, now: Time, key: Key) -> Step {
        match key {
            Key::Menu if self.state == State::Choosing => self.stay(now),
            Key::Menu => {
                self.state = State::Menu;
                let menu = if self.seat.admin { "conf-adminmenu" } else { "conf-usermenu" };
                let interrupt = keys::digits(self.seat.admin);
                Step::Play(PlayList { items: self.said(&[menu]), interrupt })
            }
            Key::Further => {
                self.state = State::Further;
                Step::Await(Await { digits: keys::further_digits(), timeout_ms: KEY_MS })
            }
            Key::Mute if self.seat.held => self.say_and_stay(now, vec!["conf-now-muted".to_owned()]),
            Key::Mute => {
                self.muted = !self.muted;
                self.agenda.push_back(ask(&Request::Muted(self.muted)));
                self.rejoin_and_say(now, if self.muted { "conf-muted" } else { "conf-unmuted" })
            }
            Key::Deaf => {
                self.deaf = !self.deaf;
                self.rejoin_and_say(now, if self.deaf { "conf-deaf" } else { "conf-undeaf" })
            }
            Key::Hear(by) => {
                self.hears_db = keys::stepped(self.hears_db, by);
                self.agenda.extend(self.joined.then(|| self.join()));
                self.stay(now)
            }
            Key::Speak(by) => {
                self.says_db = keys::stepped(self.says_db, by);
                self.agenda.extend(self.joined.then(|| self.join()));
                self.stay(now)
            }
            Key::Leave => self.leave(Status::Left, &[]),
            Key::Invite => {
                self.state = State::Inviting;
                read(self.said(&["conf-adddial"]), NUMBER_MAX)
            }
            Key::Act(act) => {
                self.state = State::Acting;
                ask(&Request::Act(act))
            }
        }
    }

    fn rejoin_and_say(&mut self, now: Time, prompt: &str) -> Step {
        self.agenda.extend(self.joined.then(|| self.join()));
        self.say_and_stay(now, vec![prompt.to_owned()])
    }

    fn say_and_stay(&mut self, now: Time, names: Vec<String>) -> Step {
        if !names.is_empty() {
            self.agenda.push_back(play(self.said_names(&names)));
        }
        self.stay(now)
    }

    /// Does what is on the agenda, and waits again.
    fn stay(&mut self, now: Time) -> Step {
        self.state = State::Present;
        self.agenda.push_back(self.wait(now));
        self.next(now)
    }

    fn next(&mut self, now: Time) -> Step {
        self.agenda.pop_front().unwrap_or_else(|| self.wait(now))
    }

    fn wait(&self, now: Time) -> Step {
        let left_ms = self.until().map(|until| until.since(now).as_millis().max(1));
        let timeout_ms = left_ms.map_or(0, |ms| u32::try_from(ms).unwrap_or(u32::MAX));
        Step::Await(Await { digits: keys::digits(self.seat.admin), timeout_ms })
    }

    fn until(&self) -> Option<Time> {
        let entered = self.entered.filter(|_| self.wishes.timeout_ms > 0)?;
        Some(entered + Duration::from_millis(u64::from(self.wishes.timeout_ms)))
    }

    fn is_over(&self, now: Time) -> bool {
        self.until().is_some_and(|until| until <= now)
    }

    fn join(&self) -> Step {
        let says = Some(MixInput { gain_db: self.says_db, muted: self.muted });
        let (mix, hears) = (self.seat.mix.clone(), !self.deaf);
        Step::Join(Some(JoinMix { mix, says, hears, hearing_db: self.hears_db }))
    }

    /// Not let in.
    fn refuse(&mut self, answer: Option<Answer>) -> Step {
        match answer {
            Some(Answer::Refused(Refusal::NoRoom)) => self.end_with(Status::Failed, &["conf-invalid"]),
            Some(Answer::Refused(Refusal::Locked)) => self.end_with(Status::Locked, &["conf-locked"]),
            Some(Answer::Refused(Refusal::Full)) => self.end_with(Status::Full, &["conf-full"]),
            Some(Answer::Refused(Refusal::LockedOut)) => self.end_with(Status::Pin, &["conf-invalidpin"]),
            _ => self.end_with(Status::Failed, &[]),
        }
    }

    /// Ends without having been in the room.
    fn end_with(&mut self, status: Status, says: &[&str]) -> Step {
        self.state = State::Leaving(status);
        if says.is_empty() { self.done(Time::ZERO, status) } else { play(self.said(says)) }
    }

    /// Goes: the service hears of it first, so that it is so even if the caller hangs up now.
    fn leave(&mut self, status: Status, says: &[&str]) -> Step {
        self.state = State::Leaving(status);
        self.agenda.clear();
        if self.joined {
            self.agenda.push_back(Step::Join(None));
        }
        self.agenda.push_back(Step::Music(None));
        if !says.is_empty() {
            self.agenda.push_back(play(self.said(says)));
        }
        ask(&Request::Leave)
    }

    fn hung_up(&mut self, now: Time) -> Step {
        self.agenda.clear();
        match self.state {
            State::Start | State::Looking | State::Typing(_) | State::Checking(_) => {
                self.done(now, Status::HungUp)
            }
            State::Leaving(status) => self.done(now, status),
            State::Over => Step::Done(Value::Unit),
            State::Naming | State::Reviewing | State::Accepting => {
                self.state = State::Leaving(Status::HungUp);
                match self.name.clone() {
                    Some(name) => ask(&Request::Unnamed(name)),
                    None => self.done(now, Status::HungUp),
                }
            }
            State::Entering
            | State::Arriving
            | State::Present
            | State::Menu
            | State::Choosing
            | State::Further
            | State::Acting
            | State::Inviting
            | State::Knowing(_) => {
                self.state = State::Leaving(Status::HungUp);
                ask(&Request::Leave)
            }
        }
    }

    fn done(&mut self, now: Time, status: Status) -> Step {
        self.state = State::Over;
        let secs = self.entered.map_or(0, |entered| now.since(entered).as_secs());
        Step::Done(Value::Map(BTreeMap::from([
            ("status".to_owned(), Value::Text(status.word().to_owned())),
            ("secs".to_owned(), Value::Int(i64::try_from(secs).unwrap_or(0))),
        ])))
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
    Step::Read(ReadDigits { prompt, max, timeout_ms, digit_timeout_ms, end: "#".to_owned() })
}

fn ask(request: &Request) -> Step {
    Step::Ask(Query::Service { kind: KIND.to_owned(), request: Value::of(request) })
}

fn answer(reply: &Reply) -> Option<Answer> {
    if let Reply::Value(value) = reply { value.to() } else { None }
}
