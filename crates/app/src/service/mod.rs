//! Services: the part of an application that is the office's and not a call's, such as a queue's waiting callers, a room's
//! participants, a lot's slots. One owner for each kind, a state machine like every core; programs talk to it by
//! [`crate::Query::Service`] and hear from it by [`crate::Step::Await`].
//!
//! ```text
//!  program ──Ask(Service{kind, request})──▶ exchange ──Asked──▶ service ──Answer──▶ exchange ──Value──▶ program
//!                                                        service ──Tell─────▶ exchange ──Event(Told)──▶ program in Await
//!  call over ────────────────────────────────────────────▶ Gone
//! ```
//! What a service tells somebody to be done is on the disk first: it yields [`ServiceOutput::Commit`], and answers when
//! [`ServiceInput::Written`] has come.

mod input;
mod output;

pub use input::{AskId, Asker, Handover, ServiceInput};
pub use output::{Change, Guest, MailboxCounts, Overhear, ServiceOutput};

use crate::{Cause, Destination, Level, Value};
use cordboard_base::{CallId, Time};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::VecDeque;

/// When something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The exchange's time.
    pub now: Time,
    /// The wall clock, in µs since the Unix epoch.
    pub unix_us: i64,
}

impl Moment {
    /// The wall clock, in s since the Unix epoch.
    pub fn unix_s(self) -> i64 {
        self.unix_us.div_euclid(1_000_000)
    }
}

/// What a request is answered with: at once, or, with `None`, by [`ServiceOutput::Answer`] later. An error's text is the program's
/// failed step.
pub type Answered = Result<Option<Value>, String>;

/// A service: what it is told, each in a method; what it does not care for it leaves out. Its data is its state, and is kept as such.
///
/// Of [`ServiceInput`] every kind has its method, where it is said what each means.
#[allow(unused_variables, reason = "the names are for those who write one")]
pub trait Service: Serialize + DeserializeOwned + 'static {
    /// What requests, rows and settings call it: `queue`.
    const KIND: &'static str;

    /// Where its outputs wait.
    fn out(&mut self) -> &mut VecDeque<ServiceOutput>;

    /// [`ServiceInput::Configured`]. An error is logged.
    fn configured(&mut self, at: Moment, settings: &str) -> Result<(), serde_json::Error> {
        Ok(())
    }

    /// [`ServiceInput::Kept`].
    fn kept(&mut self, at: Moment, key: String, row: &str) {}

    /// [`ServiceInput::Asked`].
    fn asked(&mut self, at: Moment, ask: AskId, asker: &Asker, request: &Value) -> Answered;

    /// [`ServiceInput::Gone`].
    fn gone(&mut self, at: Moment, call: CallId) {}

    /// [`ServiceInput::State`].
    fn state(&mut self, at: Moment, who: Destination, state: String) {}

    /// [`ServiceInput::Played`].
    fn played(&mut self, at: Moment, mix: String) {}

    /// [`ServiceInput::Recorded`].
    fn recorded(&mut self, at: Moment, mix: &str, file: String, ms: u64) {}

    /// [`ServiceInput::Talking`].
    fn talking(&mut self, at: Moment, mix: &str, call: CallId, talks: bool) {}

    /// [`ServiceInput::Originated`].
    fn originated(&mut self, at: Moment, number: u64, call: CallId, failed: Option<Cause>) {}

    /// [`ServiceInput::Connected`].
    fn connected(&mut self, at: Moment, call: CallId, parties: [Option<Destination>; 2]) {}

    /// [`ServiceInput::Transferred`].
    fn transferred(&mut self, at: Moment, call: CallId, by: Option<Destination>, handover: Handover) {}

    /// [`ServiceInput::Written`].
    fn written(&mut self, at: Moment, number: u64, failed: Option<String>) {}

    /// [`ServiceInput::Told`].
    fn told(&mut self, at: Moment, message: &Value) {}

    /// [`ServiceInput::Tick`].
    fn tick(&mut self, at: Moment) {}

    /// Before each of these: what time it is.
    fn clock(&mut self, at: Moment) {}

    /// After each of these: what follows of whatever has changed.
    fn settle(&mut self, at: Moment) {}

    /// When [`Service::tick`] is wanted.
    fn next_deadline(&self) -> Option<Time> {
        None
    }

    /// What is yielded when nothing waits any more.
    fn last(&mut self) -> Option<ServiceOutput> {
        None
    }
}

/// A service as the exchange drives it: `handle`, then drain `poll`.
pub trait Hosted {
    /// What requests, rows and settings call it: `queue`.
    fn kind(&self) -> &'static str;

    /// Takes an input. `unix_us` is the wall clock in microseconds.
    fn handle(&mut self, now: Time, unix_us: i64, input: ServiceInput);

    /// The next output.
    fn poll(&mut self) -> Option<ServiceOutput>;

    /// When [`ServiceInput::Tick`] is wanted.
    fn next_deadline(&self) -> Option<Time>;

    /// Everything that it knows, JSON.
    fn snapshot(&self) -> String;

    /// Takes the place of everything that it knows; `false`: that is not a state of its.
    fn restore(&mut self, state: &str) -> bool;
}

impl<S: Service> Hosted for S {
    fn kind(&self) -> &'static str {
        S::KIND
    }

    fn handle(&mut self, now: Time, unix_us: i64, input: ServiceInput) {
        let at = Moment { now, unix_us };
        self.clock(at);
        match input {
            ServiceInput::Configured { settings } => {
                if let Err(error) = self.configured(at, &settings) {
                    let text = format!("settings of {}: {error}", S::KIND);
                    self.out().push_back(ServiceOutput::Log { level: Level::Error, text });
                }
            }
            ServiceInput::Kept { key, row } => self.kept(at, key, &row),
            ServiceInput::Asked { ask, asker, request } => {
                if let Some(value) = self.asked(at, ask, &asker, &request).transpose() {
                    self.out().push_back(ServiceOutput::Answer { ask, value });
                }
            }
            ServiceInput::Gone { call } => self.gone(at, call),
            ServiceInput::State { who, state } => self.state(at, who, state),
            ServiceInput::Played { mix } => self.played(at, mix),
            ServiceInput::Recorded { mix, file, ms } => self.recorded(at, &mix, file, ms),
            ServiceInput::Talking { mix, call, talks } => self.talking(at, &mix, call, talks),
            ServiceInput::Originated { number, call, failed } => self.originated(at, number, call, failed),
            ServiceInput::Connected { call, parties } => self.connected(at, call, parties),
            ServiceInput::Transferred { call, by, handover } => self.transferred(at, call, by, handover),
            ServiceInput::Written { number, failed } => self.written(at, number, failed),
            ServiceInput::Told { message } => self.told(at, &message),
            ServiceInput::Tick => self.tick(at),
        }
        self.settle(at);
    }

    fn poll(&mut self) -> Option<ServiceOutput> {
        self.out().pop_front().or_else(|| self.last())
    }

    fn next_deadline(&self) -> Option<Time> {
        Service::next_deadline(self)
    }

    fn snapshot(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    fn restore(&mut self, state: &str) -> bool {
        serde_json::from_str(state).map(|state| *self = state).is_ok()
    }
}
