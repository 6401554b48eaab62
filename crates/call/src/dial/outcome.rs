//! How a dial ended, from the final responses of all its legs. The best response wins, as a forking proxy chooses (RFC 3261
//! §16.7 step 6), in the terms of people who call: refused by somebody before busy, before unanswered, before the rest.

use crate::OutOfReach;
use cordboard_app::{Cause, DialEnd};
use serde::{Deserialize, Serialize};

/// How one leg or destination ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Response {
    /// A final response, with the cause of its Reason header if it had one; whether the phone had rung.
    Status { status: u16, q850: Option<u8>, rang: bool },
    /// Its time was over.
    TimedOut,
    /// It could not be tried.
    OutOfReach(OutOfReach),
    /// The program of a route that it leads to has ended, for this cause.
    Route(Cause),
}

impl Response {
    /// What it means.
    fn end(self) -> DialEnd {
        match self {
            Self::TimedOut => DialEnd::NoAnswer,
            Self::OutOfReach(OutOfReach::Unknown) => DialEnd::Failed,
            Self::OutOfReach(OutOfReach::Offline | OutOfReach::Full) => DialEnd::Unavailable,
            Self::Route(cause) => match cause {
                Cause::BUSY | Cause::REJECTED | Cause::ELSEWHERE => DialEnd::Busy,
                Cause::NORMAL | Cause::NO_RESPONSE | Cause::NO_ANSWER => DialEnd::NoAnswer,
                Cause::ABSENT
                | Cause::NO_CIRCUIT
                | Cause::NETWORK_FAULT
                | Cause::TEMPORARY
                | Cause::CONGESTION
                | Cause::NOT_AVAILABLE
                | Cause::TIMER => DialEnd::Unavailable,
                _ => DialEnd::Failed,
            },
            Self::Status { status, rang, .. } => match status {
                486 | 600 | 603 => DialEnd::Busy,
                // A phone that was never reached at all is not one that nobody picked up.
                408 if !rang => DialEnd::Unavailable,
                408 | 480 | 487 => DialEnd::NoAnswer,
                500 | 502 | 503 | 504 => DialEnd::Unavailable,
                _ => DialEnd::Failed,
            },
        }
    }

    /// Why, in Q.850: the Reason header says it better than the status (RFC 6432).
    fn cause(self) -> Cause {
        match self {
            Self::TimedOut => Cause::NO_ANSWER,
            Self::OutOfReach(OutOfReach::Unknown) => Cause::UNALLOCATED,
            Self::OutOfReach(OutOfReach::Offline) => Cause::ABSENT,
            Self::OutOfReach(OutOfReach::Full) => Cause::CONGESTION,
            Self::Route(Cause::NORMAL) => Cause::NO_ANSWER,
            Self::Route(cause) => cause,
            Self::Status { q850: Some(cause), .. } => Cause(cause),
            Self::Status { status: 480 | 408, rang: true, .. } => Cause::NO_ANSWER,
            // RFC 3398 makes "no response" (18) of it, which turns into 408 on its way to the caller.
            Self::Status { status: 480, .. } => Cause::ABSENT,
            Self::Status { status, .. } => Cause::of_status(status),
        }
    }

    /// Less is better.
    fn rank(self) -> u8 {
        match self {
            // RFC 3261 §16.7: a 6xx is chosen before all others.
            Self::Status { status: 600..=699, .. } => 0,
            Self::Status { .. } | Self::TimedOut | Self::OutOfReach(_) | Self::Route(_) => match self.end() {
                DialEnd::Answered | DialEnd::Busy | DialEnd::Key(_) => 1,
                DialEnd::NoAnswer => 2,
                DialEnd::Failed => 3,
                DialEnd::Unavailable => 4,
            },
        }
    }
}

/// The outcome of all responses. Nobody to ring at all is a failure.
pub(crate) fn outcome(responses: &[Response]) -> (DialEnd, Cause) {
    match responses.iter().min_by_key(|response| response.rank()) {
        Some(best) => (best.end(), best.cause()),
        None => (DialEnd::Failed, Cause::UNALLOCATED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(status: u16) -> Response {
        Response::Status { status, q850: None, rang: false }
    }

    #[test]
    fn a_decline_wins_then_busy_then_no_answer() {
        let offline = Response::OutOfReach(OutOfReach::Offline);
        let all = [offline, status(404), Response::TimedOut, status(486), status(603)];
        let ends = [
            (5, DialEnd::Busy, Cause::REJECTED),
            (4, DialEnd::Busy, Cause::BUSY),
            (3, DialEnd::NoAnswer, Cause::NO_ANSWER),
            (2, DialEnd::Failed, Cause::UNALLOCATED),
            (1, DialEnd::Unavailable, Cause::ABSENT),
            (0, DialEnd::Failed, Cause::UNALLOCATED),
        ];
        for (count, end, cause) in ends {
            assert_eq!(outcome(&all[..count]), (end, cause), "{count} responses");
        }
    }

    #[test]
    fn a_reason_header_says_it_better_than_the_status() {
        let gone = Response::Status { status: 480, q850: Some(22), rang: true };
        assert_eq!(outcome(&[gone]), (DialEnd::NoAnswer, Cause::CHANGED));
    }

    #[test]
    fn a_phone_that_was_never_reached_is_unavailable() {
        assert_eq!(outcome(&[status(408)]).0, DialEnd::Unavailable);
        let rang = Response::Status { status: 408, q850: None, rang: true };
        assert_eq!(outcome(&[rang]).0, DialEnd::NoAnswer);
    }
}
