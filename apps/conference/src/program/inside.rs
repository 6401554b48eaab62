//! In the room: what happens to the caller, and what its keys do.

use super::{KEY_MS, Program, State, answer, ask, play, read};
use crate::keys::{self, Key};
use crate::talk::{Answer, Place, Request, Status, Told, Word};
use cordboard_app::{Await, Happening, JoinMix, PlayList, PlayResult, Query, Reply, Step, Value};
use cordboard_base::Time;
use cordboard_media::MixInput;
use core::time::Duration;

/// Digits of a number to be called in.
const NUMBER_MAX: u16 = 20;

impl Program {
    pub(super) fn go_on_inside(&mut self, now: Time, reply: Reply) -> Step {
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

    /// The service has heard where we are, and says where we are to be: that can have changed meanwhile.
    pub(super) fn arrived(&mut self, now: Time, reply: &Reply) -> Step {
        match answer(reply) {
            Some(Answer::Place(place)) => {
                self.place(now, place);
                self.next(now)
            }
            _ => self.leave(Status::Failed, &[]),
        }
    }

    /// Goes there: joins the mix or leaves it, with the music that belongs to it; the service is told of a change.
    pub(super) fn place(&mut self, now: Time, place: Place) {
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

    pub(super) fn happened(&mut self, now: Time, reply: Reply) -> Step {
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

    pub(super) fn told(&mut self, now: Time, word: Word) -> Step {
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
                // Who had muted itself stays so when the others may speak again.
                self.seat.held = held;
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

    pub(super) fn pressed(&mut self, now: Time, digit: char) -> Step {
        match keys::key(digit, self.seat.admin) {
            Some(key) => self.act(now, key),
            None => self.stay(now),
        }
    }

    pub(super) fn act(&mut self, now: Time, key: Key) -> Step {
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

    pub(super) fn rejoin_and_say(&mut self, now: Time, prompt: &str) -> Step {
        self.agenda.extend(self.joined.then(|| self.join()));
        self.say_and_stay(now, vec![prompt.to_owned()])
    }

    pub(super) fn say_and_stay(&mut self, now: Time, names: Vec<String>) -> Step {
        if !names.is_empty() {
            self.agenda.push_back(play(self.said_names(&names)));
        }
        self.stay(now)
    }

    /// Does what is on the agenda, and waits again.
    pub(super) fn stay(&mut self, now: Time) -> Step {
        self.state = State::Present;
        self.agenda.push_back(self.wait(now));
        self.next(now)
    }

    pub(super) fn next(&mut self, now: Time) -> Step {
        self.agenda.pop_front().unwrap_or_else(|| self.wait(now))
    }

    pub(super) fn wait(&self, now: Time) -> Step {
        let left_ms = self.until().map(|until| until.since(now).as_millis().max(1));
        let timeout_ms = left_ms.map_or(0, |ms| u32::try_from(ms).unwrap_or(u32::MAX));
        Step::Await(Await { digits: keys::digits(self.seat.admin), timeout_ms })
    }

    pub(super) fn until(&self) -> Option<Time> {
        let entered = self.entered.filter(|_| self.wishes.timeout_ms > 0)?;
        Some(entered + Duration::from_millis(u64::from(self.wishes.timeout_ms)))
    }

    pub(super) fn is_over(&self, now: Time) -> bool {
        self.until().is_some_and(|until| until <= now)
    }

    pub(super) fn join(&self) -> Step {
        let says = Some(MixInput { gain_db: self.says_db, muted: self.muted || self.seat.held });
        let (mix, hears) = (self.seat.mix.clone(), !self.deaf);
        Step::Join(Some(JoinMix { mix, says, hears, hearing_db: self.hears_db }))
    }
}
