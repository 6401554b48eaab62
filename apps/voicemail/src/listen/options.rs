//! The owner's settings: greetings, name, PIN; and the set-up of a new box, which asks for all of them.

use super::menus::MenuId;
use super::{Ending, Listener, State};
use crate::desk::{TRIES, answered, ask, digits};
use crate::listen::login::{Typed, typed};
use crate::request::{Answer, KIND, Request};
use crate::{Greeting, Part};
use cordboard_app::spoken::{Leave, Progress, Recorder, Wish};
use cordboard_app::{Reply, Step};
use serde::{Deserialize, Serialize};

/// Where it stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Stage {
    Recording(Greeting, Box<Recorder>),
    Storing(Greeting),
    Erasing,
    Pin,
    PinAgain(String),
    StoringPin,
}

impl Listener {
    pub(super) fn options(&mut self, says: &[&str]) -> Step {
        let says = self.prompts(says);
        self.enter(MenuId::Options, says)
    }

    /// A new box: PIN, then name and greetings.
    pub(super) fn begin_set_up(&mut self) -> Step {
        self.setting_up = true;
        self.set_up = [Greeting::Name, Greeting::Unavailable, Greeting::Busy].into();
        self.new_pin(&["vm-newuser", "vm-newpassword"])
    }

    pub(super) fn option(&mut self, stage: Stage, reply: &Reply) -> Step {
        match stage {
            Stage::Recording(which, mut recorder) => match recorder.resume(reply) {
                Progress::Step(step) => {
                    self.state = State::Options(Stage::Recording(which, recorder));
                    step
                }
                Progress::Recorded { leave: Leave::HungUp, .. } | Progress::Nothing(Leave::HungUp) => {
                    self.hung_up()
                }
                Progress::Recorded { audio, .. } => self.store(which, Some(audio)),
                Progress::Nothing(Leave::Failed) => self.options(&["vm-nomail"]),
                Progress::Nothing(Leave::Stays | Leave::Operator) => self.go_on(&[]),
            },
            Stage::Storing(which) => match answered(reply) == Answer::Done {
                true => {
                    self.opened.temporary |= which == Greeting::Temporary;
                    self.go_on(&["vm-saved"])
                }
                false => self.go_on(&["vm-nomail"]),
            },
            Stage::Erasing => {
                let is_done = answered(reply) == Answer::Done;
                self.opened.temporary &= !is_done;
                self.options(&[if is_done { "vm-tempremoved" } else { "vm-nomail" }])
            }
            Stage::Pin => match typed(reply) {
                Typed::Number(pin) => {
                    self.state = State::Options(Stage::PinAgain(pin));
                    digits(self.prompts(&["vm-reenterpassword"])).secretly()
                }
                Typed::Nothing => self.pin_again("vm-invalid-password"),
                Typed::Star => self.give_pin_up(),
            },
            Stage::PinAgain(pin) => match typed(reply) {
                Typed::Number(again) if again == pin => {
                    self.state = State::Options(Stage::StoringPin);
                    ask(&Request::SetPin { mailbox: self.opened.mailbox.clone(), pin })
                }
                Typed::Number(_) | Typed::Nothing => self.pin_again("vm-mismatch"),
                Typed::Star => self.give_pin_up(),
            },
            Stage::StoringPin => match answered(reply) {
                Answer::Done => {
                    self.opened.fresh = false;
                    self.go_on(&["vm-passchanged"])
                }
                Answer::Wrong => self.pin_again("vm-invalid-password"),
                Answer::NoBox
                | Answer::Full
                | Answer::Gone
                | Answer::Locked
                | Answer::Failed
                | Answer::Greeting(_)
                | Answer::Own { .. }
                | Answer::Opened(_)
                | Answer::Messages(_) => self.give_pin_up(),
            },
        }
    }

    /// The next part of the set-up, or the menu.
    fn go_on(&mut self, says: &[&str]) -> Step {
        if let Some(which) = self.set_up.pop_front() {
            let mut names = says.to_vec();
            names.push(asks_for(which));
            return self.record(which, &names);
        }
        if core::mem::take(&mut self.setting_up) {
            let says = self.prompts(says);
            return self.welcome(says);
        }
        self.options(says)
    }

    pub(super) fn record_greeting(&mut self, which: Greeting) -> Step {
        self.record(which, &[asks_for(which)])
    }

    fn record(&mut self, which: Greeting, says: &[&str]) -> Step {
        let (recorder, step) = Recorder::start(Wish {
            service: KIND.to_owned(),
            lang: self.lang.clone(),
            folder: "greetings".to_owned(),
            says: says.iter().map(|name| (*name).to_owned()).collect(),
            min_ms: 0,
            max_ms: self.opened.greeting_ms,
            silence_ms: self.opened.silence_ms,
            review: true,
            urgent: false,
            operator: false,
            unjudged: true,
            gives_up: true,
            beep: None,
            gain_db: self.gain_db,
        });
        self.state = State::Options(Stage::Recording(which, Box::new(recorder)));
        step
    }

    fn store(&mut self, which: Greeting, audio: Option<Part>) -> Step {
        self.state = State::Options(Stage::Storing(which));
        ask(&Request::SetGreeting { mailbox: self.opened.mailbox.clone(), which, audio })
    }

    pub(super) fn erase_temporary(&mut self) -> Step {
        self.state = State::Options(Stage::Erasing);
        let (mailbox, which) = (self.opened.mailbox.clone(), Greeting::Temporary);
        ask(&Request::SetGreeting { mailbox, which, audio: None })
    }

    pub(super) fn new_pin(&mut self, says: &[&str]) -> Step {
        self.tries = 0;
        self.state = State::Options(Stage::Pin);
        digits(self.prompts(says)).secretly()
    }

    fn pin_again(&mut self, why: &str) -> Step {
        self.tries += 1;
        if self.tries >= TRIES {
            return self.give_pin_up();
        }
        self.state = State::Options(Stage::Pin);
        digits(self.prompts(&[why, "vm-newpassword"])).secretly()
    }

    /// A new box without a PIN of its own stays closed.
    fn give_pin_up(&mut self) -> Step {
        if self.opened.fresh { self.leave(Ending::Failed) } else { self.options(&[]) }
    }
}

fn asks_for(which: Greeting) -> &'static str {
    match which {
        Greeting::Unavailable => "vm-rec-unv",
        Greeting::Busy => "vm-rec-busy",
        Greeting::Name => "vm-rec-name",
        Greeting::Temporary => "vm-rec-temp",
    }
}
