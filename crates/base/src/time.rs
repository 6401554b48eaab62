//! The cores' clock: a plain number of microseconds that the shell hands in with every input.

use core::fmt;
use core::ops::{Add, Sub};
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// A monotonic instant in microseconds since the [`Anchor`]. The cores never read a clock: every input carries its `Time`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Time(u64);

impl Time {
    /// The anchor itself.
    pub const ZERO: Self = Self(0);

    /// `us` microseconds after the anchor.
    pub const fn from_micros(us: u64) -> Self {
        Self(us)
    }

    /// `ms` milliseconds after the anchor.
    pub const fn from_millis(ms: u64) -> Self {
        Self(ms.saturating_mul(1_000))
    }

    /// `secs` seconds after the anchor.
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1_000_000))
    }

    /// Microseconds since the anchor.
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// Whole milliseconds since the anchor.
    pub const fn as_millis(self) -> u64 {
        self.0 / 1_000
    }

    /// The time since `earlier`; zero if `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Time {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(span.as_micros()).unwrap_or(u64::MAX)))
    }
}

impl Sub<Time> for Time {
    type Output = Duration;

    fn sub(self, earlier: Self) -> Duration {
        self.since(earlier)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06}", self.0 / 1_000_000, self.0 % 1_000_000)
    }
}

/// Ties [`Time::ZERO`] to the wall clock, once, at start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// Microseconds since 1970-01-01T00:00:00Z at [`Time::ZERO`].
    pub unix_us: i64,
}

impl Anchor {
    /// Microseconds since the Unix epoch at `now`.
    pub fn unix_micros(self, now: Time) -> i64 {
        self.unix_us.saturating_add(i64::try_from(now.as_micros()).unwrap_or(i64::MAX))
    }

    /// Whole seconds since the Unix epoch at `now`.
    pub fn unix_secs(self, now: Time) -> i64 {
        self.unix_micros(now).div_euclid(1_000_000)
    }

    /// The instant at which the wall clock shows `unix_us`; [`Time::ZERO`] if that was before the anchor.
    pub fn at_unix_micros(self, unix_us: i64) -> Time {
        Time(u64::try_from(unix_us.saturating_sub(self.unix_us)).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_before_the_anchor_is_the_anchor() {
        let anchor = Anchor { unix_us: 1_000_000 };
        assert_eq!(anchor.at_unix_micros(5), Time::ZERO);
        assert_eq!(anchor.at_unix_micros(3_000_000), Time::from_secs(2));
    }

    #[test]
    fn differences_never_go_below_zero() {
        assert_eq!(Time::from_secs(1) - Time::from_secs(2), Duration::ZERO);
    }
}
