//! The sums of one round, at each rate that a listener has, and what each speaker has put into them.

use super::gain::Ramp;
use super::limit::limit;
use super::{Frame, ROUND_MS};
use crate::level::to_i16;
use crate::resample::{Filters, Tail};
use serde::{Deserialize, Serialize};

/// Samples below this are quiet: −54 dBov.
const QUIET_BELOW: i32 = 64;

/// A mix's working space; nothing in it outlives a round.
#[derive(Debug, Default)]
pub(crate) struct Bus {
    sums: Vec<Sum>,
    parts: Vec<Part>,
    parts_used: usize,
    ramped: Vec<i16>,
}

#[derive(Debug, Default)]
struct Sum {
    rate_hz: u32,
    samples: Vec<i32>,
}

/// What one speaker has put into one sum.
#[derive(Debug, Default)]
struct Part {
    session: u32,
    rate_hz: u32,
    samples: Vec<i16>,
}

/// One speaker's way to another rate.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Way {
    from_hz: u32,
    to_hz: u32,
    tail: Tail,
    pending: Vec<i16>,
}

impl Bus {
    /// Empties the bus for a round at these rates.
    pub(super) fn clear(&mut self, rates_hz: &[u32]) {
        self.parts_used = 0;
        self.sums.resize_with(rates_hz.len(), Sum::default);
        for (sum, &rate_hz) in self.sums.iter_mut().zip(rates_hz) {
            sum.rate_hz = rate_hz;
            sum.samples.clear();
            sum.samples.resize(samples_of(rate_hz), 0);
        }
    }

    /// Adds a speaker to every sum.
    pub(super) fn add(
        &mut self,
        session: u32,
        frame: Frame<'_>,
        ramp: Ramp,
        ways: &mut Vec<Way>,
        filters: &mut Filters,
    ) {
        self.ramped.clear();
        if ramp.is_unity() {
            self.ramped.extend_from_slice(frame.samples);
        } else {
            let step = (ramp.to - ramp.from) / frame.samples.len().max(1) as f32;
            let mut gain = ramp.from;
            self.ramped.extend(frame.samples.iter().map(|&sample| {
                gain += step;
                to_i16(f64::from(f32::from(sample) * gain))
            }));
        }
        for sum in &mut self.sums {
            if self.parts.len() <= self.parts_used {
                self.parts.push(Part::default());
            }
            let Some(part) = self.parts.get_mut(self.parts_used) else { return };
            self.parts_used += 1;
            (part.session, part.rate_hz) = (session, sum.rate_hz);
            part.samples.clear();
            match filters.between(frame.rate_hz, sum.rate_hz) {
                None => part.samples.extend_from_slice(&self.ramped),
                Some(filter) => {
                    let mut way = take_way(ways, frame.rate_hz, sum.rate_hz);
                    way.tail.push(filter, &self.ramped, &mut way.pending);
                    // A filter's first output is short by its delay: silence stands before it.
                    let ready = way.pending.len().min(sum.samples.len());
                    part.samples.resize(sum.samples.len() - ready, 0);
                    part.samples.extend(way.pending.drain(..ready));
                    ways.push(way);
                }
            }
            for (sum, &sample) in sum.samples.iter_mut().zip(&part.samples) {
                *sum += i32::from(sample);
            }
        }
    }

    /// Adds what is there at one of the rates to its sum alone.
    pub(crate) fn add_at(&mut self, frame: Frame<'_>) {
        for sum in self.sums.iter_mut().filter(|sum| sum.rate_hz == frame.rate_hz) {
            for (sum, &sample) in sum.samples.iter_mut().zip(frame.samples) {
                *sum += i32::from(sample);
            }
        }
    }

    /// Whether a session has a part in this round: then what it hears is its own.
    pub(crate) fn speaks(&self, session: u32) -> bool {
        self.parts.iter().take(self.parts_used).any(|part| part.session == session)
    }

    /// Whether there is next to nothing to be heard in this round.
    pub(crate) fn is_quiet(&self) -> bool {
        self.sums.iter().all(|sum| sum.samples.iter().all(|sample| sample.abs() < QUIET_BELOW))
    }

    /// Appends what a session hears, at one of the rates of this round: all but itself. `None`: what everybody hears.
    pub(crate) fn heard(&self, session: Option<u32>, rate_hz: u32, out: &mut Vec<i16>) {
        let Some(sum) = self.sums.iter().find(|sum| sum.rate_hz == rate_hz) else { return };
        let own = self
            .parts
            .iter()
            .take(self.parts_used)
            .find(|part| Some(part.session) == session && part.rate_hz == rate_hz);
        match own {
            None => out.extend(sum.samples.iter().map(|&sum| limit(sum))),
            Some(own) => {
                let rest =
                    sum.samples.iter().zip(&own.samples).map(|(&sum, &own)| limit(sum - i32::from(own)));
                out.extend(rest);
            }
        }
    }
}

/// The way between two rates, to be put back. A speaker's old ways go when it comes at another rate.
fn take_way(ways: &mut Vec<Way>, from_hz: u32, to_hz: u32) -> Way {
    ways.retain(|way| way.from_hz == from_hz);
    let at = ways.iter().position(|way| way.to_hz == to_hz);
    at.map_or_else(|| Way { from_hz, to_hz, ..Way::default() }, |at| ways.swap_remove(at))
}

fn samples_of(rate_hz: u32) -> usize {
    usize::try_from(rate_hz * ROUND_MS / 1_000).unwrap_or(0)
}
