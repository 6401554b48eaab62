//! What a benchmark reads off the system: processor time of a thread, and the middle of several rounds.
#![allow(dead_code, unreachable_pub, reason = "each benchmark is a crate of its own and uses a part")]

use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// Processor time that the calling thread has used.
pub fn thread_cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// The middle one: other work on the machine moves it less than the mean. The least and the most say how quiet it was.
pub fn spread(mut all: Vec<f64>) -> Spread {
    all.sort_by(f64::total_cmp);
    let at = |index: usize| all.get(index).copied().unwrap_or(f64::NAN);
    Spread { least: at(0), median: at(all.len() / 2), most: at(all.len().saturating_sub(1)) }
}

/// Several rounds of one figure.
#[derive(Clone, Copy, Debug)]
pub struct Spread {
    /// The best round.
    pub least: f64,
    /// The middle round.
    pub median: f64,
    /// The worst round.
    pub most: f64,
}

impl std::fmt::Display for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.2} ({:.2} to {:.2})", self.median, self.least, self.most)
    }
}
