//! The one place where the process's clocks become the cores' [`Time`].

use cordboard_base::{Anchor, Time};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Counts from the start of the process. Copies show the same time.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
    anchor: Anchor,
}

impl Clock {
    /// Begins at [`Time::ZERO`] and notes the wall clock.
    pub fn start() -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let unix_us = i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX);
        Self { start: Instant::now(), anchor: Anchor { unix_us } }
    }

    /// The wall clock at [`Time::ZERO`].
    pub fn anchor(&self) -> Anchor {
        self.anchor
    }

    /// Now.
    pub fn now(&self) -> Time {
        Time::ZERO + self.start.elapsed()
    }

    /// How long until `deadline`; zero if it is over.
    pub fn until(&self, deadline: Time) -> Duration {
        deadline.since(self.now())
    }
}
