//! Watching for silence: by energy, and by packets that do not come.

use cordboard_base::Time;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// A watch over what a peer says.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Watch {
    after: Duration,
    /// Mean square of a packet that is loud.
    loud: f64,
    quiet_since: Time,
    /// It has been reported, and nothing loud has come since.
    reported: bool,
}

impl Watch {
    pub(super) fn new(now: Time, ms: u32, level_dbov: i8) -> Self {
        let loud = crate::level::mean_square_of_dbov(f64::from(level_dbov));
        Self { after: Duration::from_millis(u64::from(ms)), loud, quiet_since: now, reported: false }
    }

    /// When it is to be checked; none while it waits for something loud.
    pub(super) fn due(&self) -> Option<Time> {
        (!self.reported).then(|| self.quiet_since + self.after)
    }

    /// Takes a packet. Says whether the watch begins anew with it.
    pub(super) fn hear(&mut self, now: Time, samples: &[i16]) -> bool {
        let energy: i64 = samples.iter().map(|&sample| i64::from(sample) * i64::from(sample)).sum();
        if samples.is_empty() || (energy as f64) < self.loud * samples.len() as f64 {
            return false;
        }
        self.quiet_since = now;
        core::mem::replace(&mut self.reported, false)
    }

    /// Says whether silence is to be reported now.
    pub(super) fn check(&mut self, now: Time) -> bool {
        let reports = self.due().is_some_and(|due| due <= now);
        self.reported |= reports;
        reports
    }
}
