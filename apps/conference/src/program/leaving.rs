//! Out of the room, by a key, by the room, or by a hang-up.

use super::{Program, State, ask, play};
use crate::talk::{Request, Status};
use cordboard_app::{Step, Value};
use cordboard_base::Time;
use std::collections::BTreeMap;

impl Program {
    /// Goes: the service hears of it first, so that it is so even if the caller hangs up now.
    pub(super) fn leave(&mut self, status: Status, says: &[&str]) -> Step {
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

    pub(super) fn hung_up(&mut self, now: Time) -> Step {
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

    pub(super) fn done(&mut self, now: Time, status: Status) -> Step {
        self.state = State::Over;
        let secs = self.entered.map_or(0, |entered| now.since(entered).as_secs());
        Step::Done(Value::Map(BTreeMap::from([
            ("status".to_owned(), Value::Text(status.word().to_owned())),
            ("secs".to_owned(), Value::Int(i64::try_from(secs).unwrap_or(0))),
        ])))
    }
}
