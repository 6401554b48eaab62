//! The one way to wait: looks for what must come until it is there, and fails when its time is over.

use std::time::{Duration, Instant};

/// Between two looks.
const STEP: Duration = Duration::from_millis(2);
/// For what takes no time but that of a busy machine.
pub(crate) const SOON: Duration = Duration::from_secs(20);
/// For what waits for a timer of SIP's: 64·T1 = 32 s (RFC 3261 §17.1.1.2), and a busy machine.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// Looks until there is something.
pub(crate) fn until<T>(what: &str, limit: Duration, look: impl FnMut() -> Option<T>) -> T {
    at_most(limit, look).unwrap_or_else(|| panic!("waited {limit:?} in vain for {what}"))
}

/// Looks until there is something or the time is over.
pub(crate) fn at_most<T>(limit: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + limit;
    loop {
        if let Some(found) = look() {
            return Some(found);
        }
        if Instant::now() >= end {
            return None;
        }
        std::thread::park_timeout(STEP);
    }
}
