//! Up to the seat: the PIN, the name, what is said on entering, or why not.

use super::{Program, REVIEW, State, ask, play, read};
use crate::pins::DIGITS_MAX;
use crate::talk::{Answer, Place, Refusal, Request, Seat, Status};
use cordboard_app::{PlayList, Step, TakeMessage};
use cordboard_base::Time;
use cordboard_media::Audio;

/// A name is at most so long, is over after so much silence, and is none if it is shorter than that, in ms.
const NAME_MS: u32 = 8_000;
const NAME_SILENCE_MS: u32 = 2_000;

impl Program {
    pub(super) fn read_pin(&mut self, tries: u8, mut prompt: Vec<Audio>) -> Step {
        self.state = State::Typing(tries);
        prompt.extend(self.said(&["conf-getpin"]));
        self.agenda.push_back(read(prompt, u16::try_from(DIGITS_MAX).unwrap_or(16)).secretly());
        Step::Answer
    }

    /// Goes in; where names are announced it is asked for its name before.
    pub(super) fn enter(&mut self, admin: bool, named: bool) -> Step {
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

    pub(super) fn take_name(&mut self) -> Step {
        self.state = State::Naming;
        self.agenda.push_back(Step::TakeMessage(TakeMessage {
            file: format!("names/conference-{}", self.call),
            beep: true,
            max_ms: NAME_MS,
            silence_ms: NAME_SILENCE_MS,
            ends: "#*0123456789".to_owned(),
            gain_db: 0,
        }));
        play(self.said(&["conf-sayname"]))
    }

    /// The name is there: it is heard, accepted or said again.
    pub(super) fn review(&mut self, mut before: Vec<Audio>) -> Step {
        self.state = State::Reviewing;
        before.extend(self.said(&["conf-namereview"]));
        Step::Play(PlayList { items: before, interrupt: REVIEW.to_owned() })
    }

    pub(super) fn reviewed(&mut self, digit: Option<char>) -> Step {
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

    pub(super) fn sit_down(&mut self, now: Time, seat: Seat) -> Step {
        self.entered = Some(now);
        self.muted = seat.muted;
        let welcome = self.said_names(&seat.welcome);
        let waits = seat.waits;
        self.seat = seat;
        self.agenda.push_back(play(welcome));
        self.place(now, if waits { Place::Waits } else { Place::InCompany });
        Step::Answer
    }

    /// Not let in.
    pub(super) fn refuse(&mut self, answer: Option<Answer>) -> Step {
        match answer {
            Some(Answer::Refused(Refusal::NoRoom)) => self.end_with(Status::Failed, &["conf-invalid"]),
            Some(Answer::Refused(Refusal::Locked)) => self.end_with(Status::Locked, &["conf-locked"]),
            Some(Answer::Refused(Refusal::Full)) => self.end_with(Status::Full, &["conf-full"]),
            Some(Answer::Refused(Refusal::LockedOut)) => self.end_with(Status::Pin, &["conf-invalidpin"]),
            _ => self.end_with(Status::Failed, &[]),
        }
    }

    /// Ends without having been in the room.
    pub(super) fn end_with(&mut self, status: Status, says: &[&str]) -> Step {
        self.state = State::Leaving(status);
        if says.is_empty() { self.done(Time::ZERO, status) } else { play(self.said(says)) }
    }
}
