//! What is known of the stream that comes in: sequence numbers checked and extended, losses and jitter (RFC 3550 appendix
//! A.1, A.3, A.8).

use crate::counters::ticks_at;
use cordboard_base::Time;
use serde::{Deserialize, Serialize};

/// A jump ahead of up to so many packets is loss (RFC 3550 A.1).
const DROPOUT_MAX: u16 = 3_000;
/// A packet up to so many numbers behind is late; further behind, the sender has started again (RFC 3550 A.1).
const MISORDER_MAX: u16 = 100;
/// Extended numbers start here, so that a packet from before the first one still has a number.
const FIRST_CYCLE: u64 = 1 << 16;

/// Counters of the peer's current stream, and of those before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reception {
    /// The stream's SSRC; changes are counted in `epoch`.
    pub ssrc: u32,
    /// Grows when numbering starts anew: another SSRC, or a jump. 0: nothing has come yet.
    pub epoch: u32,
    /// The highest number, extended.
    pub highest: u64,
    /// The first number of this epoch, extended.
    pub base: u64,
    /// Packets of this epoch, duplicates too.
    pub received: u64,
    /// Packets of all epochs.
    pub received_ever: u64,
    /// Packets lost in epochs before this one.
    pub lost_before: u64,
    /// The number that would confirm a jump (RFC 3550 A.1 `bad_seq`).
    pub jump: Option<u16>,
    /// Arrival minus timestamp of the newest packet, in ticks.
    pub transit: Option<u32>,
    /// Jitter in sixteenths of a tick.
    pub jitter_16: u32,
    /// Expected and received at the last report.
    pub prior: (u64, u64),
    /// Which of the 64 numbers up to the highest have come, the highest in the lowest bit.
    #[serde(default)]
    pub seen: u64,
    /// Since the last extended report.
    #[serde(default)]
    pub interval: Interval,
}

/// What is counted between two extended reports (RFC 3611 §4.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interval {
    /// The first number that belongs to it, extended; 0: nothing has come in it yet.
    pub begin: u64,
    /// Packets that came, without copies.
    pub received: u32,
    /// Packets that came again.
    pub duplicates: u32,
    /// Differences of relative transit times, in ticks: how many, least, most, sum and sum of squares.
    pub steps: u32,
    /// The least.
    pub step_min: u32,
    /// The most.
    pub step_max: u32,
    /// Their sum.
    pub step_sum: u64,
    /// The sum of their squares.
    pub step_squares: u64,
}

impl Interval {
    #[inline]
    fn step(&mut self, ticks: u32) {
        self.step_min = if self.steps == 0 { ticks } else { self.step_min.min(ticks) };
        self.step_max = self.step_max.max(ticks);
        self.steps = self.steps.saturating_add(1);
        self.step_sum = self.step_sum.saturating_add(u64::from(ticks));
        self.step_squares = self.step_squares.saturating_add(u64::from(ticks) * u64::from(ticks));
    }

    /// Mean and standard deviation of the differences.
    pub(crate) fn mean_and_deviation(&self) -> (u32, u32) {
        let count = u64::from(self.steps.max(1));
        let mean = self.step_sum / count;
        let variance = (self.step_squares / count).saturating_sub(mean.saturating_mul(mean));
        (u32::try_from(mean).unwrap_or(u32::MAX), u32::try_from(variance.isqrt()).unwrap_or(u32::MAX))
    }
}

/// What a packet's number means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Numbered {
    /// Fine, with its extended number (which may be older than the highest).
    Taken(u64),
    /// A jump that nothing confirms yet: dropped (RFC 3550 A.1).
    Jumped,
}

impl Reception {
    /// Takes a packet's number.
    #[inline]
    pub(crate) fn number(&mut self, ssrc: u32, sequence: u16) -> Numbered {
        if self.epoch == 0 || ssrc != self.ssrc {
            self.start(ssrc, sequence);
        }
        let delta = sequence.wrapping_sub((self.highest & 0xFFFF) as u16);
        let extended = if delta < DROPOUT_MAX {
            self.highest += u64::from(delta);
            self.highest
        } else if delta > u16::MAX - MISORDER_MAX {
            self.highest.saturating_sub(u64::from(delta.wrapping_neg()))
        } else if self.jump == Some(sequence) {
            self.start(ssrc, sequence);
            self.highest
        } else {
            self.jump = Some(sequence.wrapping_add(1));
            return Numbered::Jumped;
        };
        self.received += 1;
        self.received_ever += 1;
        self.mark(extended, delta);
        Numbered::Taken(extended)
    }

    /// Whether a number that has just been taken is the newest, and the one before it has come too (or nothing was before).
    #[inline]
    pub(crate) fn is_successor(&self, extended: u64) -> bool {
        extended == self.highest && (extended == self.base || self.seen & 0b10 != 0)
    }

    /// Notes that a number has come, which was `delta` ahead of the highest, or is behind it.
    #[inline]
    fn mark(&mut self, extended: u64, delta: u16) {
        let behind = self.highest.saturating_sub(extended);
        if behind == 0 && delta > 0 {
            self.seen = self.seen.checked_shl(u32::from(delta)).unwrap_or(0);
        }
        let bit = u32::try_from(behind).ok().and_then(|behind| 1u64.checked_shl(behind)).unwrap_or(0);
        if self.seen & bit != 0 {
            self.interval.duplicates = self.interval.duplicates.saturating_add(1);
            return;
        }
        self.seen |= bit;
        if self.interval.begin == 0 {
            self.interval.begin = extended;
        }
        if extended >= self.interval.begin {
            self.interval.received = self.interval.received.saturating_add(1);
        }
    }

    /// What was counted since it was last asked, up to the highest number, and how many of its packets are lost. `None`: nothing came.
    pub(crate) fn take_interval(&mut self) -> Option<(Interval, u32)> {
        if self.interval.begin == 0 || self.interval.begin > self.highest {
            return None;
        }
        let taken = self.interval;
        let expected = self.highest - taken.begin + 1;
        let lost = u32::try_from(expected.saturating_sub(u64::from(taken.received))).unwrap_or(u32::MAX);
        self.interval = Interval { begin: self.highest + 1, ..Interval::default() };
        Some((taken, lost))
    }

    fn start(&mut self, ssrc: u32, sequence: u16) {
        self.lost_before = self.lost();
        self.ssrc = ssrc;
        self.epoch = self.epoch.wrapping_add(1).max(1);
        self.highest = FIRST_CYCLE + u64::from(sequence);
        self.base = self.highest;
        self.received = 0;
        self.jump = None;
        self.transit = None;
        self.prior = (0, 0);
        self.seen = 0;
        self.interval = Interval::default();
    }

    /// Takes an audio packet's timestamp for the jitter (A.8). Events are left out: theirs stands still.
    #[inline]
    pub(crate) fn time(&mut self, now: Time, timestamp: u32, clock_rate_hz: u32) {
        let arrival = ticks_at(now, clock_rate_hz);
        let transit = arrival.wrapping_sub(timestamp);
        if let Some(before) = self.transit {
            let step = transit.wrapping_sub(before);
            let d = step.min(step.wrapping_neg()).min(0x00FF_FFFF);
            self.interval.step(d);
            self.jitter_16 = (self.jitter_16 + d).saturating_sub((self.jitter_16 + 8) >> 4);
        }
        self.transit = Some(transit);
    }

    fn expected(&self) -> u64 {
        if self.epoch == 0 { 0 } else { self.highest - self.base + 1 }
    }

    /// Packets lost over all epochs; duplicates can't make it negative.
    pub fn lost(&self) -> u64 {
        self.lost_before + self.expected().saturating_sub(self.received)
    }

    /// Jitter in ticks.
    pub fn jitter(&self) -> u32 {
        self.jitter_16 >> 4
    }

    /// Fraction lost since the last report, in 1/256 (A.3).
    pub(crate) fn fraction_lost(&mut self) -> u8 {
        let (expected, received) = (self.expected(), self.received);
        let expected_interval = expected.saturating_sub(self.prior.0);
        let received_interval = received.saturating_sub(self.prior.1);
        self.prior = (expected, received);
        let lost = expected_interval.saturating_sub(received_interval);
        (lost * 256).checked_div(expected_interval).unwrap_or(0).min(255) as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(reception: &mut Reception, numbers: &[u16]) {
        for &number in numbers {
            reception.number(9, number);
        }
    }

    #[test]
    fn numbers_are_extended_over_the_wrap_and_back() {
        let mut reception = Reception::default();
        let numbers: Vec<_> = [65_534, 65_535, 1, 0, 2].map(|s| reception.number(9, s)).to_vec();
        let first = FIRST_CYCLE + 65_534;
        assert_eq!(numbers, [0, 1, 3, 2, 4].map(|n| Numbered::Taken(first + n)));
        assert_eq!(reception.lost(), 0);
    }

    #[test]
    fn a_jump_is_believed_when_the_next_packet_confirms_it() {
        let mut reception = Reception::default();
        reception.number(9, 100);
        assert_eq!(reception.number(9, 30_000), Numbered::Jumped);
        assert_eq!(reception.epoch, 1);
        assert!(matches!(reception.number(9, 30_001), Numbered::Taken(_)));
        assert_eq!(reception.epoch, 2);
    }

    #[test]
    fn another_ssrc_starts_anew_and_keeps_the_losses() {
        let mut reception = Reception::default();
        take(&mut reception, &[1, 2, 5]);
        assert_eq!(reception.lost(), 2);
        reception.number(10, 7);
        assert_eq!((reception.lost(), reception.epoch, reception.received_ever), (2, 2, 4));
    }

    #[test]
    fn the_fraction_lost_is_of_the_time_since_the_last_report() {
        let mut reception = Reception::default();
        take(&mut reception, &[1, 2, 3, 4]);
        assert_eq!(reception.fraction_lost(), 0);
        take(&mut reception, &[5, 8]);
        assert_eq!(reception.fraction_lost(), 128);
        assert_eq!(reception.fraction_lost(), 0);
    }

    #[test]
    fn a_steady_stream_has_no_jitter_and_a_shaken_one_has() {
        let mut reception = Reception::default();
        for n in 0..50u32 {
            reception.time(Time::from_millis(u64::from(n) * 20), n * 160, 8_000);
        }
        assert_eq!(reception.jitter(), 0);
        for n in 50..400u32 {
            let late = u64::from(n % 2) * 10;
            reception.time(Time::from_millis(u64::from(n) * 20 + late), n * 160, 8_000);
        }
        assert!((70..=80).contains(&reception.jitter()), "10 ms are 80 ticks: {}", reception.jitter());
    }

    #[test]
    fn an_interval_counts_losses_copies_and_unevenness_once() {
        let mut reception = Reception::default();
        assert_eq!(reception.take_interval(), None);
        for (ms, sequence) in [(0, 65_534), (20, 65_535), (40, 1), (70, 1), (60, 2), (80, 0)] {
            reception.number(9, sequence);
            reception.time(Time::from_millis(1_000 + ms), u32::from(sequence.wrapping_add(2)) * 160, 8_000);
        }
        let (interval, lost) = reception.take_interval().unwrap();
        assert_eq!((interval.received, interval.duplicates, lost), (5, 1, 0));
        assert_eq!((interval.begin & 0xFFFF, interval.steps), (65_534, 5));
        assert_eq!(reception.take_interval(), None, "nothing new");
        reception.number(9, 5);
        let (interval, lost) = reception.take_interval().unwrap();
        assert_eq!((interval.begin & 0xFFFF, interval.received, lost), (3, 1, 2));
    }

    #[test]
    fn unevenness_is_told_by_mean_and_deviation() {
        let mut interval = Interval::default();
        [10, 20, 30].into_iter().for_each(|ticks| interval.step(ticks));
        assert_eq!((interval.step_min, interval.step_max, interval.mean_and_deviation()), (10, 30, (20, 8)));
        assert_eq!(Interval::default().mean_and_deviation(), (0, 0));
    }
}
