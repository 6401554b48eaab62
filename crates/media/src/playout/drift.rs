//! The difference between the peer's clock and ours: the trend of the least transit over minutes.

use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// The least transit of each such span is a point of the trend.
const SPAN_US: i64 = 10_000_000;
/// A span with fewer packets says nothing.
const PACKETS_MIN: u32 = 50;
/// Points that are kept: five minutes.
const POINTS_MAX: usize = 30;
/// Points that make a trend: half a minute.
const POINTS_MIN: usize = 3;
/// With so many points, a trend that can't be told from none is none.
const POINTS_SURE: usize = 12;
/// A step of the least transit by more than this is another way through the network, or another clock.
const STEP_US: i64 = 20_000;
/// What is not worth a correction: 22 ms in two hours, which the delay's adaption does by itself.
const WORTH_PPB: f64 = 3_000.0;
/// What no quartz can be off by; it bounds what a hostile peer can do.
const PPB_MAX: f64 = 1_000_000.0;
/// A trend is believed if it is larger than its standard error by this.
const SURE: f64 = 3.0;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Drift {
    span_began_us: Option<i64>,
    /// When the least transit was seen, and how much it was.
    least: (i64, i64),
    packets: u32,
    points: VecDeque<(i64, i64)>,
    /// By how much the peer's clock is faster than ours, in 10⁻⁹.
    ppb: i32,
}

impl Drift {
    pub(super) fn ppb(&self) -> i32 {
        self.ppb
    }

    /// Forgets the points, not what they told: the peer has set its timestamps anew.
    pub(super) fn start_again(&mut self) {
        self.span_began_us = None;
        self.points.clear();
    }

    pub(super) fn note(&mut self, now_us: i64, transit_us: i64) {
        let began = *self.span_began_us.get_or_insert(now_us);
        if now_us - began >= SPAN_US {
            if self.packets >= PACKETS_MIN {
                self.add_point();
            }
            self.span_began_us = Some(now_us);
            self.packets = 0;
        }
        if self.packets == 0 || transit_us < self.least.1 {
            self.least = (now_us, transit_us);
        }
        self.packets = self.packets.saturating_add(1);
    }

    fn add_point(&mut self) {
        let (at, transit) = self.least;
        if let Some(&(before, was)) = self.points.back() {
            let expected = was - (at - before) / 1_000 * i64::from(self.ppb) / 1_000_000;
            if (transit - expected).abs() > STEP_US {
                self.points.clear();
            }
        }
        if self.points.len() == POINTS_MAX {
            self.points.pop_front();
        }
        self.points.push_back((at, transit));
        self.estimate();
    }

    fn estimate(&mut self) {
        let count = self.points.len();
        let Some(&(first_at, first)) = self.points.front().filter(|_| count >= POINTS_MIN) else { return };
        let n = count as f64;
        let points = || self.points.iter().map(|&(at, us)| ((at - first_at) as f64, (us - first) as f64));
        let (mean_x, mean_y) = points().fold((0.0, 0.0), |sum, (x, y)| (sum.0 + x / n, sum.1 + y / n));
        let spread: f64 = points().map(|(x, _)| (x - mean_x) * (x - mean_x)).sum();
        let slope = points().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum::<f64>() / spread.max(1.0);
        let residue: f64 = points().map(|(x, y)| (y - mean_y - slope * (x - mean_x)).powi(2)).sum();
        let doubt = (residue / (n - 2.0) / spread.max(1.0)).sqrt();
        // The transit falls while the peer's clock runs ahead.
        let ppb = -slope * 1e9;
        if ppb.abs() > WORTH_PPB && slope.abs() > SURE * doubt {
            self.ppb = as_ppb(ppb);
        } else if count >= POINTS_SURE || self.ppb == 0 {
            self.ppb = 0;
        }
    }
}

#[allow(clippy::cast_possible_truncation, reason = "clamped to a million")]
fn as_ppb(ppb: f64) -> i32 {
    ppb.clamp(-PPB_MAX, PPB_MAX) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After `seconds` of 20 ms packets from a clock that is off by `ppm`, with jitter of up to `jitter_us`.
    fn after(seconds: i64, ppm: i64, jitter_us: i64) -> i32 {
        let mut drift = Drift::default();
        for n in 0..seconds * 50 {
            let real = n * 20_000;
            let media = real + real * ppm / 1_000_000;
            let late = if jitter_us == 0 { 0 } else { n * 2_654_435_761 % 1_000_003 * jitter_us / 1_000_003 };
            drift.note(real + late, real + late - media);
        }
        drift.ppb()
    }

    #[test]
    fn a_clock_that_is_off_is_known_within_a_few_ppm_after_a_minute() {
        for (ppm, jitter_us) in [(200, 0), (-200, 0), (200, 60_000), (-200, 60_000), (50, 20_000)] {
            let found = i64::from(after(120, ppm, jitter_us));
            assert!((found - ppm * 1_000).abs() < 12_000, "{ppm} ppm, {jitter_us} µs: {found}");
        }
    }

    #[test]
    fn clocks_that_agree_are_left_alone_whatever_the_jitter() {
        assert_eq!((after(300, 0, 0), after(300, 0, 40_000)), (0, 0));
    }

    #[test]
    fn what_no_clock_does_is_bounded() {
        assert_eq!(after(120, 1_500, 0), 1_000_000);
    }

    #[test]
    fn another_way_through_the_network_is_not_a_drift() {
        let mut drift = Drift::default();
        for n in 0..6_000i64 {
            let way = if n < 3_000 { 0 } else { 80_000 };
            drift.note(n * 20_000 + way, way);
        }
        assert_eq!(drift.ppb(), 0);
    }
}
