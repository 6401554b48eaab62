//! Whose box: its number and its PIN, in three tries.

use super::{Ending, Listener, State};
use crate::desk::{TRIES, answered, ask, digits, play};
use crate::request::{Answer, Request};
use cordboard_app::{DigitsEnd, Reply, Step};
use serde::{Deserialize, Serialize};

/// Where it stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Stage {
    FindingOwn,
    Box,
    Pin(String),
    /// The mailboxes are asked.
    Entering,
    /// "Too many wrong passwords."
    Locked,
}

impl Listener {
    pub(super) fn log_in(&mut self) -> Step {
        if self.own {
            self.state = State::Login(Stage::FindingOwn);
            return ask(&Request::Own);
        }
        match self.mailbox.clone() {
            Some(mailbox) if self.skip_pin => self.enter_box(mailbox, None),
            Some(mailbox) => self.ask_pin(mailbox, &["vm-password"]),
            None => self.ask_box("vm-login"),
        }
    }

    pub(super) fn login(&mut self, stage: Stage, reply: &Reply) -> Step {
        match stage {
            Stage::FindingOwn => match answered(reply) {
                Answer::Own { mailbox, pin } if pin && !self.skip_pin => {
                    self.mailbox = Some(mailbox.clone());
                    self.ask_pin(mailbox, &["vm-password"])
                }
                Answer::Own { mailbox, .. } => self.enter_box(mailbox, None),
                Answer::Done
                | Answer::NoBox
                | Answer::Full
                | Answer::Gone
                | Answer::Wrong
                | Answer::Locked
                | Answer::Failed
                | Answer::Greeting(_)
                | Answer::Opened(_)
                | Answer::Messages(_) => self.ask_box("vm-login"),
            },
            Stage::Box => match typed(reply) {
                Typed::Star => super::done(Ending::UserExit),
                Typed::Nothing => self.wrong(),
                Typed::Number(typed) => {
                    let mailbox = format!("{}{typed}", self.prefix.as_deref().unwrap_or_default());
                    self.ask_pin(mailbox, &["vm-password"])
                }
            },
            Stage::Pin(mailbox) => match typed(reply) {
                Typed::Star => super::done(Ending::UserExit),
                Typed::Nothing => self.wrong(),
                Typed::Number(pin) => self.enter_box(mailbox, Some(pin)),
            },
            Stage::Entering => self.entered(reply),
            Stage::Locked => self.leave(Ending::Failed),
        }
    }

    fn ask_box(&mut self, prompt: &str) -> Step {
        self.state = State::Login(Stage::Box);
        digits(self.prompts(&[prompt]))
    }

    fn ask_pin(&mut self, mailbox: String, says: &[&str]) -> Step {
        self.state = State::Login(Stage::Pin(mailbox));
        digits(self.prompts(says)).secretly()
    }

    fn enter_box(&mut self, mailbox: String, pin: Option<String>) -> Step {
        self.state = State::Login(Stage::Entering);
        ask(&Request::Login { mailbox: Some(mailbox), pin })
    }

    fn entered(&mut self, reply: &Reply) -> Step {
        match answered(reply) {
            Answer::Opened(opened) => {
                self.opened = *opened;
                self.tries = 0;
                if self.opened.fresh { self.begin_set_up() } else { self.welcome(Vec::new()) }
            }
            Answer::Locked => {
                self.state = State::Login(Stage::Locked);
                play(self.prompts(&["vm-locked"]), "")
            }
            Answer::Done
            | Answer::NoBox
            | Answer::Full
            | Answer::Gone
            | Answer::Wrong
            | Answer::Failed
            | Answer::Greeting(_)
            | Answer::Own { .. }
            | Answer::Messages(_) => self.wrong(),
        }
    }

    /// Once more: with the number if it was asked for, or the PIN alone.
    fn wrong(&mut self) -> Step {
        self.tries += 1;
        if self.tries >= TRIES {
            return self.leave(Ending::Failed);
        }
        match self.mailbox.clone() {
            Some(mailbox) => self.ask_pin(mailbox, &["vm-incorrect", "vm-password"]),
            None => self.ask_box("vm-incorrect-mailbox"),
        }
    }
}

/// A number that was asked for.
pub(super) enum Typed {
    Number(String),
    Nothing,
    Star,
}

pub(super) fn typed(reply: &Reply) -> Typed {
    let Reply::Digits { digits, end } = reply else { return Typed::Nothing };
    match end {
        DigitsEnd::Ended('*') => Typed::Star,
        DigitsEnd::Ended(_) | DigitsEnd::Full | DigitsEnd::TimedOut if digits.is_empty() => Typed::Nothing,
        DigitsEnd::Ended(_) | DigitsEnd::Full | DigitsEnd::TimedOut => Typed::Number(digits.clone()),
    }
}
