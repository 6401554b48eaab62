//! The queues as a service.

use crate::agent::Device;
use crate::caller::{CallerId, Stage};
use crate::queues::Queues;
use crate::request::{Answer, Farewell, Order, Outcome, Request, Status};
use crate::settings::Settings;
use cordboard_app::{
    Answered, AskId, Asker, Cause, Destination, Handover, Moment, Service, ServiceOutput, Value,
};
use cordboard_base::{CallId, Time};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// All queues of the office.
#[derive(Debug, Serialize, Deserialize)]
pub struct QueueService(pub(crate) Queues);

impl Default for QueueService {
    fn default() -> Self {
        Self(Queues::new())
    }
}

impl QueueService {
    /// As a new office has them.
    pub fn new() -> Self {
        Self::default()
    }

    fn ask(&mut self, now: Time, asker: &Asker, request: &Value) -> Result<Value, String> {
        let is_own = request.to::<Request>().is_some();
        let request = Request::of(request)?;
        let answer = match request {
            Request::List { queue, what } => return self.0.list(now, queue.as_deref(), what),
            Request::Member { queue, who, what } => {
                let by = Some(asker.call).filter(|call| *call != Asker::COMMAND_LINE);
                self.0.change(now, by, (queue.as_deref(), &who), &what)
            }
            Request::Withdraw { call } => self.withdraw(now, &call)?,
            Request::Join(_)
            | Request::Next
            | Request::Report(_)
            | Request::Dumped { .. }
            | Request::Away(_)
            | Request::Left { .. }
            | Request::Callback { .. }
            | Request::CallBack { .. } => self.about_call(now, asker, request)?,
        };
        if is_own {
            return Ok(Value::of(&answer));
        }
        if let Answer::Refused(why) = answer { Err(why) } else { Ok(Value::Unit) }
    }

    /// What the program of a call asks.
    fn about_call(&mut self, now: Time, asker: &Asker, request: Request) -> Result<Answer, String> {
        let call = asker.call;
        if call == Asker::COMMAND_LINE {
            return Err("only a call can do that".to_owned());
        }
        let id = self.0.calls.get(&call).copied();
        match request {
            Request::Join(join) => match self.0.join(now, asker, &join) {
                Ok(_) => {}
                Err(Ok(status)) => {
                    return Ok(Answer::Order(Order::Leave(Box::new(Farewell::at_the_door(status)))));
                }
                Err(Err(why)) => return Err(why),
            },
            Request::Report(outcome) => {
                if let Some(id) = id {
                    return Ok(self.report(now, call, id, outcome));
                }
            }
            Request::Away(away) => {
                if let Some(id) = id {
                    self.away(now, id, away);
                }
            }
            Request::Left { key } => {
                if let Some(id) = id {
                    self.left(now, id, key);
                }
                return Ok(Answer::Done);
            }
            Request::Dumped { who } => {
                if let Some(id) = id {
                    self.0.dumped(id, who);
                }
                return Ok(Answer::Done);
            }
            Request::Callback { number } => {
                return Ok(match self.0.want_callback(now, call, number) {
                    Ok(()) => Answer::Done,
                    Err(why) => Answer::Refused(why),
                });
            }
            Request::CallBack { number } => {
                return Ok(match self.0.call_back(call, CallerId(number)) {
                    Ok(whom) => Answer::CallBack(Box::new(whom)),
                    Err(why) => Answer::Refused(why),
                });
            }
            Request::Next | Request::List { .. } | Request::Member { .. } | Request::Withdraw { .. } => {}
        }
        Ok(self.order(now, call))
    }

    /// The next order, after everything that follows from what was asked.
    fn order(&mut self, now: Time, call: CallId) -> Answer {
        if let Some(caller) = self.0.calls.get(&call).copied().and_then(|id| self.0.callers.get_mut(&id)) {
            caller.poked = true;
        }
        self.0.settle(now);
        match self.0.order(now, call) {
            Some(order) => Answer::Order(order),
            None => Answer::Order(Order::Leave(Box::new(Farewell::at_the_door(Status::Withdraw)))),
        }
    }

    fn report(&mut self, now: Time, call: CallId, id: CallerId, outcome: Outcome) -> Answer {
        let is_callback = self.0.callers.get(&id).is_some_and(|caller| caller.callback.is_some());
        let talks = matches!(self.0.callers.get(&id).map(|caller| &caller.stage), Some(Stage::Talking(_)));
        if is_callback {
            let reached = matches!(outcome, Outcome::Answered { .. });
            if reached || talks {
                self.0.report(now, id, outcome);
            } else {
                self.0.not_reached(now, id, true);
            }
            return Answer::Done;
        }
        self.0.report(now, id, outcome);
        self.order(now, call)
    }

    fn away(&mut self, now: Time, id: CallerId, away: bool) {
        if away {
            self.0.release(now, id);
        }
        let Some(caller) = self.0.callers.get_mut(&id) else { return };
        match (&caller.stage, away) {
            (Stage::Waiting, true) => caller.stage = Stage::Away,
            (Stage::Away, false) => caller.stage = Stage::Waiting,
            (
                Stage::Waiting
                | Stage::Away
                | Stage::Called(_)
                | Stage::Ringing { .. }
                | Stage::Talking(_)
                | Stage::Leaving(_),
                _,
            ) => {}
        }
    }

    fn left(&mut self, now: Time, id: CallerId, key: Option<char>) {
        let caller = self.0.callers.get(&id);
        let is_callback = caller.is_some_and(|caller| caller.callback.is_some());
        match caller.map(|caller| &caller.stage) {
            Some(Stage::Talking(_)) if is_callback => {
                self.0.report(now, id, Outcome::Answered { by_agent: true })
            }
            // The agent hung up before the caller was reached: that is not the caller's fault.
            Some(_) if is_callback => self.0.not_reached(now, id, false),
            Some(_) | None => self.0.gone(now, id, key),
        }
    }

    fn withdraw(&mut self, now: Time, call: &str) -> Result<Answer, String> {
        let found = self.0.calls.iter().find(|(id, _)| id.to_string() == call).map(|(_, id)| *id);
        let id = found.ok_or("no such call waits")?;
        if !self.0.callers.get(&id).is_some_and(|caller| caller.is_in_line()) {
            return Err("this caller does not wait".to_owned());
        }
        let caller = self.0.callers.get(&id);
        let rings = caller.is_some_and(|caller| matches!(caller.stage, Stage::Ringing { .. }));
        let call = caller.and_then(|caller| caller.call).filter(|_| rings);
        self.0.release(now, id);
        self.0.leave(id, Status::Withdraw);
        // Whoever rings does so no longer, and the caller hears of it at once.
        let message = crate::leaving::withdrawn();
        self.0.out.extend(call.map(|call| ServiceOutput::Tell { call, message }));
        Ok(Answer::Done)
    }
}

impl Service for QueueService {
    const KIND: &'static str = "queue";

    fn out(&mut self) -> &mut VecDeque<ServiceOutput> {
        &mut self.0.out
    }

    fn configured(&mut self, at: Moment, settings: &str) -> Result<(), serde_json::Error> {
        let settings: Settings = serde_json::from_str(settings)?;
        self.0.configure(at.now, &settings);
        Ok(())
    }

    fn kept(&mut self, at: Moment, key: String, row: &str) {
        self.0.restore_row(at.now, key, row);
    }

    /// Answers; if something changed, when that is on the disk.
    fn asked(&mut self, at: Moment, ask: AskId, asker: &Asker, request: &Value) -> Answered {
        let value = self.ask(at.now, asker, request);
        self.0.settle(at.now);
        match self.commit() {
            Some(number) => {
                self.0.held.insert(number, (ask, value));
                Ok(None)
            }
            None => value.map(Some),
        }
    }

    fn gone(&mut self, at: Moment, call: CallId) {
        if let Some(id) = self.0.calls.get(&call).copied() {
            self.left(at.now, id, None);
        }
    }

    fn state(&mut self, at: Moment, who: Destination, state: String) {
        self.0.state_told(at.now, &who, Device::of(&state));
    }

    fn connected(&mut self, at: Moment, call: CallId, parties: [Option<Destination>; 2]) {
        if let Some(id) = self.0.calls.get(&call).copied() {
            let parties: Vec<_> = parties.into_iter().flatten().collect();
            self.talks(at.now, id, &parties);
        }
    }

    fn transferred(&mut self, at: Moment, call: CallId, _by: Option<Destination>, handover: Handover) {
        if let Some(id) = self.0.calls.get(&call).copied() {
            self.0.transferred(at.now, id, &handover);
        }
    }

    fn originated(&mut self, at: Moment, number: u64, call: CallId, failed: Option<Cause>) {
        self.0.originated(at.now, CallerId(number), call, failed);
    }

    fn written(&mut self, _at: Moment, number: u64, failed: Option<String>) {
        if let Some((ask, value)) = self.0.held.remove(&number) {
            let value = failed.map_or(value, Err);
            self.0.out.push_back(ServiceOutput::Answer { ask, value });
        }
    }

    fn clock(&mut self, at: Moment) {
        self.0.unix_us = at.unix_us;
    }

    fn settle(&mut self, at: Moment) {
        self.0.settle(at.now);
        self.commit();
    }

    fn next_deadline(&self) -> Option<Time> {
        self.0.deadline
    }
}

impl QueueService {
    /// Writes what has changed, if anything has.
    fn commit(&mut self) -> Option<u64> {
        let changes = core::mem::take(&mut self.0.durable);
        if changes.is_empty() {
            return None;
        }
        self.0.next_commit += 1;
        let number = self.0.next_commit;
        self.0.out.push_back(ServiceOutput::Commit { number, changes });
        Some(number)
    }

    /// In a call that calls back, the agent was there first: whoever it is connected with is the caller.
    fn talks(&mut self, now: Time, id: CallerId, parties: &[cordboard_app::Destination]) {
        let caller = self.0.callers.get(&id);
        let rung = caller.filter(|caller| caller.callback.is_some()).and_then(|caller| match &caller.stage {
            Stage::Ringing { whom, .. } => Some(whom.clone()),
            Stage::Waiting | Stage::Away | Stage::Called(_) | Stage::Talking(_) | Stage::Leaving(_) => None,
        });
        match rung {
            Some(rung) => self.0.connected(now, id, &rung),
            None => self.0.connected(now, id, parties),
        }
    }
}
