//! Why a call or leg ends: ITU-T Q.850 causes, and their SIP statuses (RFC 3398 §7.2.4.1, §8.2.6.1).

use core::fmt;
use serde::{Deserialize, Serialize};

/// A Q.850 cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Cause(pub u8);

macro_rules! causes {
    ($($constant:ident = $number:literal, $name:literal, $status:literal;)*) => {
        impl Cause {
            $(#[doc = concat!("`", $name, "`: Q.850 cause ", stringify!($number), ", SIP ", stringify!($status), ".")]
            pub const $constant: Self = Self($number);)*

            const TABLE: &'static [(u8, &'static str, u16)] = &[$(($number, $name, $status)),*];
        }
    };
}

causes! {
    UNALLOCATED = 1, "unallocated", 404;
    NO_ROUTE = 3, "no-route", 404;
    NORMAL = 16, "normal", 480;
    BUSY = 17, "busy", 486;
    NO_RESPONSE = 18, "no-response", 408;
    NO_ANSWER = 19, "no-answer", 480;
    ABSENT = 20, "absent", 480;
    REJECTED = 21, "rejected", 603;
    CHANGED = 22, "changed", 410;
    ELSEWHERE = 26, "elsewhere", 486;
    DESTINATION_FAULT = 27, "destination-fault", 502;
    INVALID_NUMBER = 28, "invalid-number", 484;
    FACILITY_REJECTED = 29, "facility-rejected", 501;
    UNSPECIFIED = 31, "unspecified", 480;
    NO_CIRCUIT = 34, "no-circuit", 503;
    NETWORK_FAULT = 38, "network-fault", 503;
    TEMPORARY = 41, "temporary", 503;
    CONGESTION = 42, "congestion", 503;
    BARRED = 57, "barred", 403;
    NOT_AVAILABLE = 58, "not-available", 503;
    NOT_IMPLEMENTED = 79, "not-implemented", 501;
    INCOMPATIBLE = 88, "incompatible", 488;
    TIMER = 102, "timer", 504;
    INTERWORKING = 127, "interworking", 500;
}

impl Cause {
    /// By its name, as `ch.hangup("busy")` writes it.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::TABLE.iter().find(|(_, n, _)| *n == name).map(|(number, ..)| Self(*number))
    }

    /// Every name, for "did you mean".
    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::TABLE.iter().map(|(_, name, _)| *name)
    }

    /// Its name; `cause-N` has none and yields `None`.
    pub fn name(self) -> Option<&'static str> {
        Self::TABLE.iter().find(|(number, ..)| *number == self.0).map(|(_, name, _)| *name)
    }

    /// The final status for an INVITE that is refused for this cause.
    pub fn status(self) -> u16 {
        Self::TABLE.iter().find(|(number, ..)| *number == self.0).map_or(480, |(.., status)| *status)
    }

    /// The cause of a SIP refusal (RFC 3398 §8.2.6.1).
    pub fn of_status(status: u16) -> Self {
        match status {
            200..=299 => Self::NORMAL,
            401 | 402 | 403 | 407 => Self::REJECTED,
            404 | 604 => Self::UNALLOCATED,
            405 | 420 | 421 | 501 | 505 => Self::INTERWORKING,
            408 | 504 => Self::TIMER,
            410 => Self::CHANGED,
            413 | 414 | 416 => Self::INTERWORKING,
            480 => Self::NO_RESPONSE,
            481 | 500 | 503 => Self::TEMPORARY,
            482 | 483 => Self(25),
            484 => Self::INVALID_NUMBER,
            485 => Self::UNALLOCATED,
            486 | 600 => Self::BUSY,
            487 => Self::NORMAL,
            488 | 606 | 415 => Self::INCOMPATIBLE,
            502 => Self::NETWORK_FAULT,
            603 => Self::REJECTED,
            _ => Self::INTERWORKING,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "cause-{}", self.0),
        }
    }
}
