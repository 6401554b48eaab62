//! The way between a host and the others: delay, jitter (which reorders), loss, duplication, all drawn from the seed.

use cordboard_base::Source;
use core::net::IpAddr;
use core::time::Duration;
use std::collections::BTreeMap;

/// One direction of a host's link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// At least.
    pub delay: Duration,
    /// At most so much more, drawn for each packet: packets overtake each other where it is more than their distance.
    pub jitter: Duration,
    /// Packets lost of a hundred.
    pub loss_percent: u8,
    /// Packets that come twice of a hundred.
    pub duplicate_percent: u8,
}

impl Default for Link {
    fn default() -> Self {
        Self {
            delay: Duration::from_millis(2),
            jitter: Duration::ZERO,
            loss_percent: 0,
            duplicate_percent: 0,
        }
    }
}

impl Link {
    /// A good link but for this loss.
    pub fn lossy(loss_percent: u8) -> Self {
        Self { loss_percent, ..Self::default() }
    }
}

/// Both directions of every host's link; a host without an entry has a good one.
#[derive(Debug, Default)]
pub(crate) struct Links {
    up: BTreeMap<IpAddr, Link>,
    down: BTreeMap<IpAddr, Link>,
}

impl Links {
    pub(crate) fn set(&mut self, host: IpAddr, up: Link, down: Link) {
        self.up.insert(host, up);
        self.down.insert(host, down);
    }

    /// When the copies of a packet arrive, counted from now; none if it is lost.
    pub(crate) fn arrivals(&self, from: IpAddr, to: IpAddr, chance: &mut Source) -> Vec<Duration> {
        let up = self.up.get(&from).copied().unwrap_or_default();
        let down = self.down.get(&to).copied().unwrap_or_default();
        let mut percent = |percent: u8| percent > 0 && chance.below(100) < u64::from(percent);
        if percent(up.loss_percent) || percent(down.loss_percent) {
            return Vec::new();
        }
        let twice = percent(up.duplicate_percent) || percent(down.duplicate_percent);
        let base = up.delay + down.delay;
        let jitter_us = u64::try_from((up.jitter + down.jitter).as_micros()).unwrap_or(0);
        (0..=usize::from(twice)).map(|_| base + Duration::from_micros(chance.below(jitter_us + 1))).collect()
    }
}
