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
        Numbered::Taken(extended)
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
    }

    /// Takes an audio packet's timestamp for the jitter (A.8). Events are left out: theirs stands still.
    #[inline]
    pub(crate) fn time(&mut self, now: Time, timestamp: u32, clock_rate_hz: u32) {
        let arrival = ticks_at(now, clock_rate_hz);
        let transit = arrival.wrapping_sub(timestamp);
        if let Some(before) = self.transit {
            let step = transit.wrapping_sub(before);
            let d = step.min(step.wrapping_neg()).min(0x00FF_FFFF);
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
}
