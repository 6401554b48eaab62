//! How long to wait for packets: what nearly all of those of the last seconds would have needed.
//!
//! A packet's *transit* is its arrival less its place on the peer's clock: meaningless by itself, but the least of them is that
//! of a packet that was not held up. How much later than that one the others come is their *lateness*.

use serde::{Deserialize, Serialize};

/// The least transit is looked for in so many windows of that length: 16 s, in which a clock that is 200 ppm off moves 3 ms.
const WINDOWS: usize = 8;
const WINDOW_US: i64 = 2_000_000;
/// Latenesses that are remembered: 5 s of 20 ms packets, so that the delay is back to normal soon after a disturbance.
const REMEMBERED: usize = 256;
/// They are counted in buckets.
const BUCKETS: usize = 64;
const BUCKET_US: i64 = 4_000;
/// Part of the packets for which we need not wait, in percent.
const MISSED_PERCENT: usize = 2;
/// So many latenesses tell more than the delay that a stream starts with.
const KNOWN: usize = 32;
/// A packet that came too late raises the delay at once. It stays for a while, then falls by so much in a second.
const PEAK_HOLD_US: i64 = 2_000_000;
const PEAK_FALL_US_PER_S: i64 = 20_000;

/// Between what the delay may move, in ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlayoutConfig {
    /// The least, however quiet the network is.
    pub delay_min_ms: u16,
    /// The most; what comes later is lost.
    pub delay_max_ms: u16,
    /// Until the network is known.
    pub delay_start_ms: u16,
}

impl Default for PlayoutConfig {
    fn default() -> Self {
        Self { delay_min_ms: 10, delay_max_ms: 200, delay_start_ms: 10 }
    }
}

impl PlayoutConfig {
    /// The limits in µs, put in order.
    fn bounds_us(self) -> (i64, i64) {
        let (min, max) = (i64::from(self.delay_min_ms) * 1_000, i64::from(self.delay_max_ms) * 1_000);
        (min, max.max(min))
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Delay {
    config: PlayoutConfig,
    /// The least transit of each window, the newest last; empty before the first packet.
    least: Vec<i64>,
    window_began_us: i64,
    /// A ring of buckets, and where the next goes.
    recent: Vec<u8>,
    at: usize,
    counts: Vec<u16>,
    wanted_us: i64,
    peak_us: i64,
    peak_at_us: i64,
}

impl Delay {
    pub(super) fn new(config: PlayoutConfig) -> Self {
        Self {
            config,
            least: vec![],
            window_began_us: 0,
            recent: vec![],
            at: 0,
            counts: vec![],
            wanted_us: 0,
            peak_us: 0,
            peak_at_us: 0,
        }
    }

    /// The transit of a packet that was not held up, if any came yet.
    pub(super) fn base_us(&self) -> Option<i64> {
        self.least.iter().copied().min()
    }

    /// Takes a packet's transit; gives its lateness.
    pub(super) fn note(&mut self, now_us: i64, transit_us: i64) -> i64 {
        if self.least.is_empty() || now_us - self.window_began_us >= WINDOW_US {
            if self.least.len() == WINDOWS {
                self.least.remove(0);
            }
            self.least.push(transit_us);
            self.window_began_us = now_us;
        }
        if let Some(newest) = self.least.last_mut() {
            *newest = transit_us.min(*newest);
        }
        let late_us = transit_us - self.base_us().unwrap_or(transit_us);
        if self.remember(late_us) {
            self.wanted_us = self.percentile();
        }
        late_us
    }

    /// Whether that changes anything: nearly always a lateness takes the place of one that is as long.
    fn remember(&mut self, late_us: i64) -> bool {
        let bucket = u8::try_from(late_us / BUCKET_US).unwrap_or(u8::MAX).min(BUCKETS as u8 - 1);
        self.counts.resize(BUCKETS, 0);
        let at = self.at;
        self.at = (at + 1) % REMEMBERED;
        if let Some(place) = self.recent.get_mut(at) {
            let old = core::mem::replace(place, bucket);
            if old == bucket {
                return false;
            }
            if let Some(count) = self.counts.get_mut(usize::from(old)) {
                *count -= 1;
            }
        } else {
            self.recent.push(bucket);
        }
        if let Some(count) = self.counts.get_mut(usize::from(bucket)) {
            *count += 1;
        }
        true
    }

    /// The lateness that only few exceed: the upper end of its bucket.
    fn percentile(&self) -> i64 {
        let missed = self.recent.len() * MISSED_PERCENT / 100;
        let mut above = 0;
        for (bucket, &count) in self.counts.iter().enumerate().rev() {
            above += usize::from(count);
            if above > missed {
                return (bucket as i64 + 1) * BUCKET_US;
            }
        }
        0
    }

    /// A packet came when its place was over.
    pub(super) fn missed(&mut self, now_us: i64, late_us: i64) {
        self.peak_us = self.peak_now(now_us).max(late_us);
        self.peak_at_us = now_us;
    }

    fn peak_now(&self, now_us: i64) -> i64 {
        let falls_for_us = (now_us - self.peak_at_us - PEAK_HOLD_US).clamp(0, 1_000_000_000);
        self.peak_us - falls_for_us * PEAK_FALL_US_PER_S / 1_000_000
    }

    /// How long after the unhindered arrival of a packet it should be decoded.
    pub(super) fn target_us(&self, now_us: i64) -> i64 {
        let (min, max) = self.config.bounds_us();
        let start = i64::from(self.config.delay_start_ms) * 1_000;
        let wanted = if self.recent.len() < KNOWN { self.wanted_us.max(start) } else { self.wanted_us };
        wanted.max(self.peak_now(now_us)).clamp(min, max)
    }

    pub(super) fn max_us(&self) -> i64 {
        self.config.bounds_us().1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fed(delay: &mut Delay, packets: core::ops::Range<i64>, late: impl Fn(i64) -> i64) {
        for n in packets {
            let media = n * 20_000;
            let now = media + 500_000 + late(n);
            let transit = now - media;
            delay.note(now, transit);
        }
    }

    #[test]
    fn a_quiet_network_needs_the_least_delay() {
        let mut delay = Delay::new(PlayoutConfig::default());
        fed(&mut delay, 0..100, |_| 0);
        assert_eq!((delay.base_us(), delay.target_us(2_500_000)), (Some(500_000), 10_000));
    }

    #[test]
    fn jitter_is_waited_for_and_forgotten_when_it_is_over() {
        let mut delay = Delay::new(PlayoutConfig::default());
        fed(&mut delay, 0..500, |n| n * 7_919 % 60_000);
        assert!((56_000..=60_000).contains(&delay.target_us(10_500_000)), "{}", delay.target_us(10_500_000));
        fed(&mut delay, 500..800, |_| 0);
        assert_eq!(delay.target_us(16_500_000), 10_000);
    }

    #[test]
    fn one_packet_that_was_missed_raises_the_delay_at_once_but_not_beyond_the_limit() {
        let mut delay = Delay::new(PlayoutConfig::default());
        fed(&mut delay, 0..100, |_| 0);
        delay.missed(2_500_000, 90_000);
        assert_eq!(delay.target_us(2_500_000), 90_000);
        assert_eq!(delay.target_us(2_500_000 + 4_000_000), 50_000);
        assert_eq!(delay.target_us(60_000_000), 10_000);
        delay.missed(60_000_000, 900_000);
        assert_eq!(delay.target_us(60_000_000), 200_000);
    }

    #[test]
    fn a_longer_way_becomes_the_new_normal() {
        let mut delay = Delay::new(PlayoutConfig::default());
        fed(&mut delay, 0..200, |_| 0);
        fed(&mut delay, 200..1_500, |_| 70_000);
        assert_eq!((delay.base_us(), delay.target_us(40_000_000)), (Some(570_000), 10_000));
    }
}
