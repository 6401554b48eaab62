//! What the exchange has counted since its start, under names for operators. For metrics, never for decisions.

use crate::Exchange;
use cordboard_call::{CallRecord, Counts};
use cordboard_sip::endpoint::{Counters, Load};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Media of the legs of calls that are over, summed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MediaTotals {
    received: u64,
    sent: u64,
    lost: u64,
    strangers: u64,
    discarded: u64,
}

impl MediaTotals {
    pub(crate) fn add(&mut self, record: &CallRecord) {
        for stats in record.legs.iter().map(|leg| &leg.stats) {
            self.received = self.received.saturating_add(stats.received);
            self.sent = self.sent.saturating_add(stats.sent);
            self.lost = self.lost.saturating_add(stats.lost);
            self.strangers = self.strangers.saturating_add(stats.strangers);
            self.discarded = self.discarded.saturating_add(stats.discarded);
        }
    }
}

impl Exchange {
    /// Everything counted, by name.
    pub(crate) fn counted(&self) -> BTreeMap<String, u64> {
        let Counters {
            received,
            sent,
            garbage,
            malformed,
            repeated,
            retransmitted,
            stray,
            overloaded,
            refused,
        } = self.endpoint.counters();
        let Load { clients, servers, sessions, lingering } = self.endpoint.load();
        let Counts { began, ended, panicked, stray: stray_inputs } = self.calls.counts();
        let media = self.media_totals;
        let size = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        [
            ("calls.began", began),
            ("calls.ended", ended),
            ("calls.live", size(self.calls.whole())),
            ("calls.panicked", panicked),
            ("calls.parts", size(self.calls.parts())),
            ("calls.stray", stray_inputs),
            ("media.discarded", media.discarded),
            ("media.lost", media.lost),
            ("media.received", media.received),
            ("media.sent", media.sent),
            ("media.strangers", media.strangers),
            ("sip.authentication_failed", self.authentication_failed),
            ("sip.garbage", garbage),
            ("sip.malformed", malformed),
            ("sip.overloaded", overloaded),
            ("sip.received", received),
            ("sip.refused", refused),
            ("sip.repeated", repeated),
            ("sip.retransmitted", retransmitted),
            ("sip.sent", sent),
            ("sip.sessions", size(sessions)),
            ("sip.sessions_lingering", size(lingering)),
            ("sip.stray", stray),
            ("sip.transactions", size(clients.saturating_add(servers))),
        ]
        .into_iter()
        .map(|(name, number)| (name.to_owned(), number))
        .collect()
    }
}
