//! What a playout keeps count of.

use serde::{Deserialize, Serialize};

/// Figures of one peer's stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlayoutFigures {
    /// Packets that never came, or not in time.
    pub lost: u64,
    /// Packets that came when their place was over.
    pub late: u64,
    /// Packets that came twice.
    pub duplicates: u64,
    /// Packets that came and were not played: the late, the double, the broken, those beyond the longest delay.
    pub discarded: u64,
    /// Sound that was extrapolated, in ms.
    pub concealed_ms: u64,
    /// Periods that were left out, to shorten the delay.
    pub shortened: u64,
    /// Periods that were repeated, to lengthen it.
    pub lengthened: u64,
    /// How long after their unhindered arrival samples are pulled now, in ms; not counting how long a packet is.
    pub delay_ms: u32,
    /// The same on average, while somebody spoke.
    pub delay_mean_ms: u32,
    /// The longest.
    pub delay_max_ms: u32,
    /// How long packets are waited for at least, in ms.
    pub target_ms: u32,
    /// By how much the peer's clock is faster than ours, in 10⁻⁶.
    pub drift_ppm: i32,
}

/// The counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counted {
    pub(super) lost: u64,
    pub(super) late: u64,
    pub(super) duplicates: u64,
    pub(super) discarded: u64,
    pub(super) concealed_us: i64,
    pub(super) shortened: u64,
    pub(super) lengthened: u64,
    delay_us: i64,
    delay_max_us: i64,
    delay_sum_us: i64,
    delays: i64,
}

impl Counted {
    pub(super) fn delay(&mut self, delay_us: i64) {
        self.delay_us = delay_us;
        self.delay_max_us = self.delay_max_us.max(delay_us);
        self.delay_sum_us = self.delay_sum_us.saturating_add(delay_us);
        self.delays += 1;
    }

    pub(super) fn figures(&self, target_us: i64, drift_ppb: i32) -> PlayoutFigures {
        let ms = |us: i64| u32::try_from(us.max(0) / 1_000).unwrap_or(u32::MAX);
        PlayoutFigures {
            lost: self.lost,
            late: self.late,
            duplicates: self.duplicates,
            discarded: self.discarded,
            concealed_ms: u64::try_from(self.concealed_us / 1_000).unwrap_or(0),
            shortened: self.shortened,
            lengthened: self.lengthened,
            delay_ms: ms(self.delay_us),
            delay_mean_ms: ms(self.delay_sum_us.checked_div(self.delays).unwrap_or(0)),
            delay_max_ms: ms(self.delay_max_us),
            target_ms: ms(target_us),
            drift_ppm: drift_ppb / 1_000,
        }
    }
}
