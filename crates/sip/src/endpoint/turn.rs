//! What one turn works with: the time, the timers, and where outputs go. Handed down to every machine of the endpoint.

use super::{Counters, Event, Output, ServerTxn};
use crate::session::LegTimer;
use crate::transaction::{ClientId, ClientTimer, ServerTimer, Timing};
use bytes::Bytes;
use cordboard_base::{Deadlines, Hop, LegId, Time};
use core::time::Duration;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Whose deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum TimerKey {
    Client(ClientId, ClientTimer),
    Server(ServerTxn, ServerTimer),
    Leg(LegId, LegTimer),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Turn {
    pub(crate) now: Time,
    pub(crate) timing: Timing,
    pub(crate) deadlines: Deadlines<TimerKey>,
    pub(crate) outputs: VecDeque<Output>,
    pub(crate) counters: Counters,
}

impl Turn {
    pub(crate) fn new(timing: Timing) -> Self {
        Self {
            now: Time::ZERO,
            timing,
            deadlines: Deadlines::default(),
            outputs: VecDeque::new(),
            counters: Counters::default(),
        }
    }

    pub(crate) fn transmit(&mut self, to: Hop, bytes: Bytes) {
        self.counters.sent = self.counters.sent.saturating_add(1);
        self.outputs.push_back(Output::Transmit { to, bytes });
    }

    pub(crate) fn retransmit(&mut self, to: Hop, bytes: Bytes) {
        self.counters.retransmitted = self.counters.retransmitted.saturating_add(1);
        self.transmit(to, bytes);
    }

    pub(crate) fn event(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }

    pub(crate) fn arm(&mut self, key: TimerKey, after: Duration) {
        self.deadlines.set(key, self.now + after);
    }

    pub(crate) fn disarm(&mut self, key: TimerKey) {
        self.deadlines.cancel(&key);
    }
}
