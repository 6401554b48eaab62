//! Who has typed how many wrong PINs, and what that costs.
//!
//! ```text
//!  wrong ─▶ wait 1, 2, 4 … s ─▶ so many within a day ─▶ locked, the next time twice as long
//! ```
//! Numbers of callers can be forged: so the line as a whole is locked too when too many wrong PINs come from anywhere.

use cordboard_base::Time;
use core::time::Duration;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The longest wait before the next try.
const WAIT_MAX_MS: u32 = 16_000;
/// What is older than this is forgiven.
const FORGIVEN: Duration = Duration::from_secs(24 * 3_600);
/// The longest lock.
const LOCK_MAX: Duration = Duration::from_secs(24 * 3_600);
/// Callers that are remembered. Of more, who has tried least lately is forgotten: the line's own count has it still.
pub(crate) const CALLERS_MAX: usize = 10_000;

/// What is remembered of a caller, or of a line as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tries {
    /// Wrong ones since the last lock.
    wrong: u32,
    /// How often it was locked.
    locks: u32,
    last: Time,
    locked_until: Option<Time>,
}

impl Tries {
    pub(crate) fn is_locked(&self, now: Time) -> bool {
        self.locked_until.is_some_and(|until| until > now)
    }

    /// One more wrong one; whether that locks it.
    pub(crate) fn wrong(&mut self, now: Time, most: u32, lock: Duration) -> bool {
        if now.since(self.last) > FORGIVEN && !self.is_locked(now) {
            *self = Self::default();
        }
        self.last = now;
        self.wrong = self.wrong.saturating_add(1);
        if self.wrong < most {
            return false;
        }
        let lock = lock.saturating_mul(1 << self.locks.min(16)).min(LOCK_MAX);
        (self.wrong, self.locks) = (0, self.locks.saturating_add(1));
        self.locked_until = Some(now + lock);
        true
    }

    /// Somebody knew a PIN: who mistypes now and then does not lock a line over weeks.
    pub(crate) fn right(&mut self) {
        self.wrong /= 2;
    }

    /// As it stands in a process that began after it was written, `gone` later.
    pub(crate) fn in_another_life(self, then: Time, gone: Duration, now: Time) -> Self {
        let locked_until = self.locked_until.map(|until| now + until.since(then).saturating_sub(gone));
        Self { locked_until, last: now, ..self }
    }

    /// What the next try waits, in ms.
    pub(crate) fn wait_ms(&self) -> u32 {
        let doubled = 1_000u32.saturating_mul(1 << self.wrong.saturating_sub(1).min(16));
        doubled.min(WAIT_MAX_MS)
    }
}

/// All callers of all lines.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Callers(BTreeMap<String, Tries>);

impl Callers {
    pub(crate) fn of(&self, caller: &str) -> Tries {
        self.0.get(caller).copied().unwrap_or_default()
    }

    pub(crate) fn put(&mut self, caller: String, tries: Tries) {
        if self.0.len() >= CALLERS_MAX && !self.0.contains_key(&caller) {
            let oldest = self.0.iter().min_by_key(|(_, tries)| tries.last).map(|(caller, _)| caller.clone());
            if let Some(oldest) = oldest {
                self.0.remove(&oldest);
            }
        }
        self.0.insert(caller, tries);
    }

    pub(crate) fn forgive(&mut self, caller: &str) {
        self.0.remove(caller);
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}
