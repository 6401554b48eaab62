//! The program stack: a program may run an application on top of itself, that one another. One stack drives the call; stacks
//! whose leg is gone, or that a transfer or an `enter` has replaced, unwind beside it.
//!
//! ```text
//!          ┌────── Ready(reply) ◀── event, timer, answer ──┐
//!  resume  ▼                                               │
//!  App ──step──▶ done at once ─▶ Ready      parked ─▶ Play │ Read │ Pause │ Ask │ Dial │ Talk │ …
//!          └──▶ Done ─▶ the frame below is Ready; no frame left: the stack is gone
//! ```

use super::message::Message;
use crate::QueryId;
use crate::dial::Dial;
use cordboard_app::{Cause, Destination, Reply, Step, Value};
use cordboard_base::{LegId, Time};
use cordboard_media::PlayId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// Programs on top of each other, at most: voicemail in a script in a queue needs three; a loop of them needs an end.
pub(crate) const STACK_DEPTH_MAX: usize = 16;

/// How often a call may leave its program for another route by `enter`. A loop of routes ends the call.
pub(crate) const ENTERS_MAX: u16 = 100;

/// Names a stack within its call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct StackId(pub(crate) u16);

/// What a stack is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Role {
    /// It drives the call, or did: see [`crate::state::State::main`].
    #[default]
    Drives,
    /// It decides whether who has answered is connected with the subject of this stack, which dials.
    Screens(StackId),
    /// It drives one end of a talk that is set aside: see `feature/aside.rs`.
    Feature,
    /// It leads that end to somebody else, for the stack of the feature.
    Consults(StackId),
}

/// Programs on top of each other; only the topmost runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Stack {
    /// The leg that it drives.
    pub(crate) subject: LegId,
    #[serde(default)]
    pub(crate) role: Role,
    pub(crate) wait: Wait,
    /// Set when its leg is gone: whatever needs one is answered `HungUp`.
    pub(crate) hung: Option<Cause>,
    /// How often it was entered anew.
    pub(crate) enters: u16,
    /// It asked for `Progress`: prompts are early media, they don't answer.
    pub(crate) early: bool,
    /// Plain variables: a program that a transfer starts does not see them.
    pub(crate) vars: BTreeMap<String, Value>,
    /// How its last dial failed.
    pub(crate) last_cause: Option<Cause>,
    /// Whether its leg has talked with somebody.
    #[serde(default)]
    pub(crate) talked: bool,
    /// It dials an emergency number.
    #[serde(default)]
    pub(crate) emergency: bool,
    /// What services have said to it and it has not taken yet.
    #[serde(default)]
    pub(crate) told: VecDeque<Value>,
}

/// What a stack waits for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Wait {
    /// Its turn, with this reply.
    Ready(Box<Reply>),
    /// Nothing: its program runs.
    Running,
    /// The answer to our offer in the ACK of a late offer; then the step is done again.
    Acknowledged(Box<Step>),
    /// The end of a play.
    Play(PlayId),
    /// Digits.
    Read(Reading),
    /// [`crate::state::Timer::Step`], then `Ok`.
    Pause,
    /// The caller to be quiet.
    Silence,
    /// A verdict whether it is a machine.
    Machine,
    /// `#`, or the timer.
    Echo,
    /// An answer.
    Ask(QueryId),
    /// Somebody to answer.
    Dial(Box<Dial>),
    /// The talk to end.
    Talk(Talk),
    /// Its call's turn.
    Yield,
    /// One of these digits, a word of a service's, the timer.
    Await(String),
    /// Its consultation to end, or a code of it.
    Consult,
    /// To be connected, between this turn and the next.
    Connect,
    /// A message to be complete.
    Message(Box<Message>),
}

/// Digits being collected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reading {
    /// What is played first.
    pub(crate) prompt: Option<PlayId>,
    pub(crate) digits: String,
    pub(crate) max: usize,
    pub(crate) end: String,
    pub(crate) timeout_ms: u32,
    pub(crate) digit_timeout_ms: u32,
    #[serde(default)]
    pub(crate) secret: bool,
}

/// A talk between the driven leg and who answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Talk {
    /// Who answered.
    pub(crate) leg: LegId,
    /// Whose leg that is.
    pub(crate) by: Option<Destination>,
    pub(crate) since: Time,
}

impl Stack {
    pub(crate) fn new(subject: LegId, enters: u16, vars: BTreeMap<String, Value>) -> Self {
        Self {
            subject,
            role: Role::Drives,
            wait: Wait::Ready(Box::new(Reply::Start)),
            hung: None,
            enters,
            early: false,
            vars,
            last_cause: None,
            talked: false,
            emergency: false,
            told: VecDeque::new(),
        }
    }

    pub(crate) fn reply(&mut self, reply: Reply) {
        self.wait = Wait::Ready(Box::new(reply));
    }

    /// The reply that it is to be resumed with, if it has one.
    pub(crate) fn take_reply(&mut self) -> Option<Reply> {
        if !matches!(self.wait, Wait::Ready(_)) {
            return None;
        }
        let Wait::Ready(reply) = core::mem::replace(&mut self.wait, Wait::Running) else {
            return None;
        };
        Some(*reply)
    }

    pub(crate) fn dial(&mut self) -> Option<&mut Dial> {
        if let Wait::Dial(dial) = &mut self.wait { Some(dial) } else { None }
    }

    pub(crate) fn dials(&self) -> Option<&Dial> {
        match &self.wait {
            Wait::Dial(dial) => Some(dial),
            Wait::Ready(_)
            | Wait::Running
            | Wait::Acknowledged(_)
            | Wait::Play(_)
            | Wait::Read(_)
            | Wait::Pause
            | Wait::Silence
            | Wait::Machine
            | Wait::Echo
            | Wait::Ask(_)
            | Wait::Talk(_)
            | Wait::Yield
            | Wait::Await(_)
            | Wait::Connect
            | Wait::Consult
            | Wait::Message(_) => None,
        }
    }

    /// Whether it dials, and this leg rings, or is asked, for it.
    pub(crate) fn dials_leg(&self, leg: LegId) -> bool {
        self.dials().is_some_and(|dial| dial.ringing.contains(&leg) || dial.screening.contains(&leg))
    }

    pub(crate) fn talk(&self) -> Option<&Talk> {
        match &self.wait {
            Wait::Talk(talk) => Some(talk),
            Wait::Ready(_)
            | Wait::Running
            | Wait::Acknowledged(_)
            | Wait::Play(_)
            | Wait::Read(_)
            | Wait::Pause
            | Wait::Silence
            | Wait::Machine
            | Wait::Echo
            | Wait::Ask(_)
            | Wait::Dial(_)
            | Wait::Yield
            | Wait::Await(_)
            | Wait::Connect
            | Wait::Consult
            | Wait::Message(_) => None,
        }
    }
}
