//! Watching with OPTIONS whether a trunk's servers live.

use super::{Fact, Life, Purpose, Timer, Trunks};
use crate::endpoint::Outcome;
use crate::message::{CSeq, Method, NameAddr, Request, Uri, name};
use cordboard_base::{Hop, Time};
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// So many probes in a row must fail until a hop is down: one lost packet is retransmitted anyway, one slow minute forgiven.
const FAILURES: u8 = 3;

/// So many must be answered until it is up again: a server that is starting answers OPTIONS before it takes calls.
const SUCCESSES: u8 = 2;

/// Between probes while a hop is on its way down or up.
const DOUBTFUL: Duration = Duration::from_secs(10);

/// Whether a hop answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Health {
    Up { failures: u8, probing: bool },
    Down { successes: u8, probing: bool },
}

impl Health {
    pub(super) fn is_up(&self) -> bool {
        matches!(self, Self::Up { .. })
    }

    fn is_probing(self) -> bool {
        match self {
            Self::Up { probing, .. } | Self::Down { probing, .. } => probing,
        }
    }

    fn is_doubtful(self) -> bool {
        match self {
            Self::Up { failures, .. } => failures > 0,
            Self::Down { successes, .. } => successes > 0,
        }
    }

    fn asked(self) -> Self {
        match self {
            Self::Up { failures, .. } => Self::Up { failures, probing: true },
            Self::Down { successes, .. } => Self::Down { successes, probing: true },
        }
    }

    fn heard(self, alive: bool) -> Self {
        let probing = false;
        match (self, alive) {
            (Self::Up { .. }, true) => Self::Up { failures: 0, probing },
            (Self::Up { failures, .. }, false) if failures + 1 < FAILURES => {
                Self::Up { failures: failures + 1, probing }
            }
            (Self::Up { .. }, false) | (Self::Down { .. }, false) => Self::Down { successes: 0, probing },
            (Self::Down { successes, .. }, true) if successes + 1 < SUCCESSES => {
                Self::Down { successes: successes + 1, probing }
            }
            (Self::Down { .. }, true) => Self::Up { failures: 0, probing },
        }
    }
}

const FRESH: Health = Health::Up { failures: 0, probing: false };

impl Trunks {
    /// Probes every hop that is not being probed.
    pub(super) fn probe(&mut self, now: Time, name: &str) {
        let Some(trunk) = self.trunks.get_mut(name) else { return };
        if trunk.life == Life::Retiring {
            return;
        }
        let mut due = Vec::new();
        for hop in trunk.all_hops() {
            let health = trunk.health.entry(hop).or_insert(FRESH);
            if !health.is_probing() {
                *health = health.asked();
                // A name that changes its addresses and back may find its old probe still under way.
                let purpose = Purpose::Probe(name.to_owned(), hop);
                if !self.requests.values().any(|under_way| *under_way == purpose) {
                    due.push(hop);
                }
            }
        }
        let (account, domain) = (trunk.settings.account(), trunk.settings.domain_host());
        for hop in due {
            let request = self.options(&account, Uri::sip(None, domain.clone(), None));
            self.send(Purpose::Probe(name.to_owned(), hop), hop, request);
        }
        self.plan_probe(now, name);
    }

    fn plan_probe(&mut self, now: Time, name: &str) {
        let Some(trunk) = self.trunks.get(name) else { return };
        let normal_ms = u64::from(trunk.settings.qualify_s) * 1_000;
        let doubtful = trunk.health.values().any(|health| health.is_doubtful());
        let doubtful_ms = u64::try_from(DOUBTFUL.as_millis()).unwrap_or(0);
        let wait_ms = if doubtful { normal_ms.min(doubtful_ms) } else { normal_ms };
        // Up to a tenth early, so that trunks don't stay in step.
        let early_ms = self.source.below(wait_ms / 10);
        let at = now + Duration::from_millis(wait_ms.saturating_sub(early_ms));
        self.timers.set(Timer::Probe(name.to_owned()), at);
    }

    fn options(&mut self, account: &Uri, target: Uri) -> Request {
        let mut request = Request::new(Method::Options, target.clone());
        let from = NameAddr::new(account.clone()).with_tag(&self.source.token());
        request.headers.push(name::FROM, from.to_string());
        request.headers.push(name::TO, NameAddr::new(target).to_string());
        request.headers.push(name::CALL_ID, self.source.token());
        request.headers.push(name::CSEQ, CSeq { number: 1, method: Method::Options }.to_string());
        request.headers.push(name::ACCEPT, "application/sdp");
        request
    }

    /// Any final response shows life, but for 503 and 408: a proxy says them for a server behind it.
    pub(super) fn handle_probed(&mut self, now: Time, name: &str, hop: Hop, outcome: &Outcome) {
        let alive = match outcome {
            Outcome::Final(response, _) => !matches!(response.status, 408 | 503),
            Outcome::TimedOut | Outcome::Unreachable => false,
        };
        let Some(trunk) = self.trunks.get_mut(name) else { return };
        let Some(health) = trunk.health.get_mut(&hop) else { return };
        *health = health.heard(alive);
        let doubtful = health.is_doubtful();
        let up = trunk.all_hops().iter().any(|hop| trunk.is_up(hop));
        let changed = core::mem::replace(&mut trunk.up, up) != up;
        if doubtful {
            self.plan_probe(now, name);
        }
        if changed {
            self.fact(name, if up { Fact::Up } else { Fact::Down });
        }
    }
}
