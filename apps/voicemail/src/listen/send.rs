//! Messages that leave the box: sent on, answered, and calls from it.

use super::menus::MenuId;
use super::{Exit, Listener, State};
use crate::desk::{TRIES, answered, ask, digits};
use crate::listen::login::{Typed, typed};
use crate::request::{Answer, KIND, Request};
use crate::speech::telephone;
use crate::{Part, Uuid};
use cordboard_app::spoken::{Leave, Progress, Recorder, Wish, draw, number};
use cordboard_app::{Reply, Step, Value};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Boxes that one message is sent on to.
const BOXES_MAX: usize = 16;
/// The verb that finds somebody by name.
const DIRECTORY: &str = "directory";
/// The longest number that is called back.
const CALLED_MAX: usize = 32;

/// A message that is being sent on.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Letter {
    boxes: Vec<String>,
    comment: Option<Part>,
    high: i64,
    tries: u8,
}

/// Where it stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Stage {
    /// A box's number is typed: to send on to, or to leave a message in.
    Box(For),
    Knowing(For, String),
    /// Another program finds somebody by name.
    LookingUp,
    Commenting(Box<Recorder>),
    High,
    Low,
    Forwarding,
    /// Another program takes a message.
    Leaving,
    /// A number to call.
    Number,
}

/// What a box is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum For {
    Forward,
    Message,
}

impl Listener {
    /// To whom: by number or by name.
    pub(super) fn forward(&mut self) -> Step {
        self.letter = Letter::default();
        self.enter(MenuId::Recipient, Vec::new())
    }

    /// Another program finds somebody by name.
    pub(super) fn look_up(&mut self) -> Step {
        self.state = State::Sending(Stage::LookingUp);
        let options = BTreeMap::from([("by".to_owned(), Value::Text("both".to_owned()))]);
        Step::Run { app: DIRECTORY.to_owned(), args: Value::List(vec![Value::Map(options)]) }
    }

    fn looked_up(&mut self, reply: &Reply) -> Step {
        let found = if let Reply::Value(outcome) = reply { outcome.entry("number").text() } else { None };
        match found.filter(|number| !number.is_empty()).map(str::to_owned) {
            Some(mailbox) => {
                self.state = State::Sending(Stage::Knowing(For::Forward, mailbox.clone()));
                ask(&Request::Knows { mailbox })
            }
            None => self.enter(MenuId::Recipient, Vec::new()),
        }
    }

    pub(super) fn add_box(&mut self) -> Step {
        self.ask_recipient(For::Forward, &["vm-extension"])
    }

    pub(super) fn leave_message(&mut self) -> Step {
        self.letter = Letter::default();
        self.ask_recipient(For::Message, &["vm-whichbox"])
    }

    fn ask_recipient(&mut self, wanted: For, says: &[&str]) -> Step {
        self.state = State::Sending(Stage::Box(wanted));
        digits(self.prompts(says))
    }

    pub(super) fn sending(&mut self, stage: Stage, reply: &Reply) -> Step {
        match stage {
            Stage::Box(wanted) => match typed(reply) {
                Typed::Number(mailbox) => {
                    self.state = State::Sending(Stage::Knowing(wanted, mailbox.clone()));
                    ask(&Request::Knows { mailbox })
                }
                Typed::Nothing => self.no_such_box(wanted, "vm-sorry"),
                Typed::Star => self.mailbox(&[]),
            },
            Stage::Knowing(wanted, mailbox) => match (answered(reply) == Answer::Done, wanted) {
                (false, _) => self.no_such_box(wanted, "vm-nobox"),
                (true, For::Message) => self.run_deposit(&mailbox),
                (true, For::Forward) => self.add(mailbox),
            },
            Stage::LookingUp => self.looked_up(reply),
            Stage::Commenting(mut recorder) => match recorder.resume(reply) {
                Progress::Step(step) => {
                    self.state = State::Sending(Stage::Commenting(recorder));
                    step
                }
                Progress::Recorded { leave: Leave::HungUp, .. } | Progress::Nothing(Leave::HungUp) => {
                    self.hung_up()
                }
                Progress::Recorded { audio, .. } => self.send(Some(audio)),
                Progress::Nothing(Leave::Failed) => self.mailbox(&["vm-nomail"]),
                Progress::Nothing(Leave::Stays | Leave::Operator) => self.enter(MenuId::Comment, Vec::new()),
            },
            Stage::High => {
                self.letter.high = number(reply);
                self.state = State::Sending(Stage::Low);
                draw()
            }
            Stage::Low => self.hand_over(number(reply)),
            Stage::Forwarding => self.forwarded(reply),
            Stage::Leaving => self.mailbox(&[]),
            Stage::Number => match typed(reply) {
                Typed::Number(called) if self.can_call(&called) => self.close(Exit::Call(called)),
                Typed::Number(_) | Typed::Nothing => self.mailbox(&["vm-sorry"]),
                Typed::Star => self.mailbox(&[]),
            },
        }
    }

    fn no_such_box(&mut self, wanted: For, why: &str) -> Step {
        self.letter.tries += 1;
        if self.letter.tries >= TRIES {
            return self.mailbox(&[why]);
        }
        let asks = if wanted == For::Forward { "vm-extension" } else { "vm-whichbox" };
        self.ask_recipient(wanted, &[why, asks])
    }

    fn add(&mut self, mailbox: String) -> Step {
        if !self.letter.boxes.contains(&mailbox) && self.letter.boxes.len() < BOXES_MAX {
            self.letter.boxes.push(mailbox);
        }
        self.enter(MenuId::Boxes, Vec::new())
    }

    pub(super) fn comment(&mut self) -> Step {
        let (recorder, step) = Recorder::start(Wish {
            service: KIND.to_owned(),
            lang: self.lang.clone(),
            folder: "messages".to_owned(),
            says: vec!["vm-record-prepend".to_owned()],
            min_ms: 0,
            max_ms: self.opened.message_ms,
            silence_ms: self.opened.silence_ms,
            review: true,
            urgent: false,
            operator: false,
            unjudged: true,
            gives_up: true,
            beep: None,
            gain_db: self.gain_db,
        });
        self.state = State::Sending(Stage::Commenting(Box::new(recorder)));
        step
    }

    pub(super) fn send(&mut self, comment: Option<Part>) -> Step {
        self.letter.comment = comment;
        self.state = State::Sending(Stage::High);
        draw()
    }

    fn hand_over(&mut self, low: i64) -> Step {
        let Some(message) = self.current() else { return self.mailbox(&["vm-nomore"]) };
        let request = Request::Forward {
            id: message.id,
            new: Uuid::drawn(self.letter.high, low),
            boxes: self.letter.boxes.clone(),
            comment: self.letter.comment.clone(),
            from: self.opened.mailbox.clone(),
        };
        self.state = State::Sending(Stage::Forwarding);
        ask(&request)
    }

    fn forwarded(&mut self, reply: &Reply) -> Step {
        let says = match answered(reply) {
            Answer::Done => "vm-msgforwarded",
            Answer::Full => "vm-mailboxfull",
            Answer::NoBox => "vm-nobox",
            Answer::Gone
            | Answer::Wrong
            | Answer::Locked
            | Answer::Failed
            | Answer::Greeting(_)
            | Answer::Own { .. }
            | Answer::Opened(_)
            | Answer::Messages(_) => "vm-nomail",
        };
        self.mailbox(&[says])
    }

    /// A message to who left this one.
    pub(super) fn reply(&mut self) -> Step {
        match self.current().map(|message| message.sender.clone()) {
            Some(Some(mailbox)) => self.run_deposit(&mailbox),
            Some(None) => self.mailbox(&["vm-noreply"]),
            None => self.mailbox(&["vm-nomore"]),
        }
    }

    fn run_deposit(&mut self, mailbox: &str) -> Step {
        self.state = State::Sending(Stage::Leaving);
        let options = BTreeMap::from([("greet".to_owned(), Value::Text("none".to_owned()))]);
        let args = Value::List(vec![Value::Text(mailbox.to_owned()), Value::Map(options)]);
        Step::Run { app: crate::manual::VOICEMAIL.verb.to_owned(), args }
    }

    /// Says the number of who left the message, and asks whether that one is to be called, or another one.
    pub(super) fn call_back(&mut self) -> Step {
        let Some(message) = self.current() else { return self.mailbox(&["vm-nomore"]) };
        if self.calls_in().is_none() {
            return self.mailbox(&["vm-sorry"]);
        }
        let mut says = self.prompts(&["vm-num-i-have"]);
        says.extend(telephone(&self.lang, &message.caller.number));
        match self.number_back() {
            Some(_) => self.enter(MenuId::CallBack, says),
            None => self.ask_number(&["vm-nonumber", "vm-enter-num-to-call", "vm-then-pound"]),
        }
    }

    pub(super) fn call_number(&mut self) -> Step {
        match self.number_back() {
            Some(called) => self.close(Exit::Call(called)),
            None => self.mailbox(&["vm-sorry"]),
        }
    }

    /// The number that reaches who left the present message, as the owner would dial it.
    fn number_back(&self) -> Option<String> {
        let message = self.current()?;
        let prefix = if message.outside { self.opened.outside_prefix.as_str() } else { "" };
        Some(&message.caller.number)
            .filter(|number| self.can_call(number))
            .map(|number| format!("{prefix}{number}"))
    }

    pub(super) fn dial_out(&mut self) -> Step {
        if self.calls_in().is_none() {
            return self.mailbox(&["vm-sorry"]);
        }
        self.ask_number(&["vm-enter-num-to-call", "vm-then-pound"])
    }

    fn ask_number(&mut self, says: &[&str]) -> Step {
        self.state = State::Sending(Stage::Number);
        digits(self.prompts(says))
    }

    /// The context in which a number that is called from here is routed: the owner's own, whose rules decide what may be called.
    /// Nothing is called for somebody outside the office, nor from a box that is no user's.
    pub(super) fn calls_in(&self) -> Option<&str> {
        Some(self.opened.context.as_str()).filter(|context| self.of_office && !context.is_empty())
    }

    /// Whether a number can be called from here at all.
    fn can_call(&self, called: &str) -> bool {
        let digits = called.strip_prefix('+').unwrap_or(called);
        let is_number = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit());
        self.calls_in().is_some() && is_number && called.len() <= CALLED_MAX
    }
}
