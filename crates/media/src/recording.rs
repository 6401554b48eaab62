//! A recording of one leg: two sides on one clock. What comes is put where its time is, what never comes is silence, and
//! everything is given away a little later than it happened, when stragglers have had their chance.

use crate::level::mix;
use crate::resample::{Filters, Tail};
use cordboard_base::Time;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// How often samples are handed out.
pub(crate) const FLUSH_EVERY: Duration = Duration::from_millis(100);
/// Samples are held back for so long: longer than the jitter of a usable call.
const HOLD_MS: u64 = 100;
/// A stream may arrive so much later than its own clock says before the difference is taken for a pause.
const SLACK_MS: u64 = 60;
/// A side may run ahead of the clock by so much; what is beyond is dropped, so that a flood can't fill the memory.
const AHEAD_MS: u64 = 200;

/// Who is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// The leg's peer.
    Says,
    /// What the leg's peer is given to hear.
    Hears,
}

/// A running recording.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Recording {
    rate_hz: u32,
    stereo: bool,
    started: Time,
    sides: [Track; 2],
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Track {
    /// From the first sample that was not handed out.
    pending: Vec<i16>,
    /// For a stream of another rate: which, and its filter's memory.
    tail: Option<(u32, Tail)>,
}

impl Recording {
    pub(crate) fn new(now: Time, rate_hz: u32, stereo: bool) -> Self {
        Self { rate_hz, stereo, started: now, sides: [Track::default(), Track::default()] }
    }

    pub(crate) fn channels(&self) -> u8 {
        if self.stereo { 2 } else { 1 }
    }

    /// Adds samples that began to sound now. `recorded`: samples handed out so far.
    pub(crate) fn add(
        &mut self,
        side: Side,
        now: Time,
        recorded: u64,
        (rate_hz, samples): (u32, &[i16]),
        filters: &mut Filters,
    ) {
        let at = self.position(now);
        let (slack, ahead) = (self.samples(SLACK_MS), self.samples(AHEAD_MS));
        let own_rate = self.rate_hz;
        let [says, hears] = &mut self.sides;
        let track = match side {
            Side::Says => says,
            Side::Hears => hears,
        };
        let cursor = recorded + track.pending.len() as u64;
        if cursor > at + ahead {
            return;
        }
        let slack = if track.pending.is_empty() { 0 } else { slack };
        if cursor + slack < at {
            let gap = usize::try_from(at - cursor).unwrap_or(0);
            track.pending.resize(track.pending.len() + gap, 0);
        }
        match filters.between(rate_hz, own_rate) {
            None => track.pending.extend_from_slice(samples),
            Some(filter) => {
                if track.tail.as_ref().is_none_or(|(rate, _)| *rate != rate_hz) {
                    track.tail = Some((rate_hz, Tail::default()));
                }
                if let Some((_, tail)) = &mut track.tail {
                    tail.push(filter, samples, &mut track.pending);
                }
            }
        }
    }

    /// What may be handed out now, interleaved; `last`: all up to now.
    pub(crate) fn flush(&mut self, now: Time, recorded: &mut u64, last: bool) -> Vec<i16> {
        let hold = if last { 0 } else { self.samples(HOLD_MS) };
        let until = self.position(now).saturating_sub(hold);
        let count = usize::try_from(until.saturating_sub(*recorded)).unwrap_or(0);
        let [says, hears] = self.sides.each_mut().map(|track| track.take(count));
        *recorded += count as u64;
        let pairs = says.into_iter().zip(hears);
        if self.stereo {
            pairs.flat_map(|(says, hears)| [says, hears]).collect()
        } else {
            pairs.map(|(says, hears)| mix(says, hears)).collect()
        }
    }

    fn position(&self, now: Time) -> u64 {
        (now.as_micros() - self.started.as_micros().min(now.as_micros())) / 10 * u64::from(self.rate_hz)
            / 100_000
    }

    fn samples(&self, ms: u64) -> u64 {
        ms * u64::from(self.rate_hz) / 1_000
    }
}

impl Track {
    /// Takes `count` samples from the front, silence where there are none.
    fn take(&mut self, count: usize) -> Vec<i16> {
        let rest = self.pending.split_off(count.min(self.pending.len()));
        let mut taken = core::mem::replace(&mut self.pending, rest);
        taken.resize(count, 0);
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Time {
        Time::from_millis(ms)
    }

    #[test]
    fn both_sides_stand_at_their_time() {
        let mut recording = Recording::new(ms(0), 8_000, true);
        let (mut recorded, mut filters) = (0, Filters::default());
        recording.add(Side::Says, ms(10), recorded, (8_000, &[1; 160]), &mut filters);
        recording.add(Side::Hears, ms(40), recorded, (8_000, &[2; 160]), &mut filters);
        let samples = recording.flush(ms(100), &mut recorded, true);
        assert_eq!((samples.len(), recorded), (1_600, 800));
        let at = |t: usize| (samples[t * 16], samples[t * 16 + 1]);
        assert_eq!([at(5), at(15), at(35), at(45), at(65)], [(0, 0), (1, 0), (0, 0), (0, 2), (0, 0)]);
    }

    #[test]
    fn jitter_leaves_no_gaps_in_a_stream() {
        let mut recording = Recording::new(ms(0), 8_000, false);
        let (mut recorded, mut filters, mut out) = (0, Filters::default(), Vec::new());
        for n in 0..50 {
            let late = [0, 35, 10, 50, 5][usize::try_from(n % 5).unwrap()];
            recording.add(Side::Says, ms(n * 20 + late), recorded, (8_000, &[7; 160]), &mut filters);
            out.extend(recording.flush(ms(n * 20 + late), &mut recorded, false));
        }
        out.extend(recording.flush(ms(1_000), &mut recorded, true));
        assert_eq!(out.len(), 8_000);
        assert!(out.iter().all(|&s| s == 7));
    }

    #[test]
    fn a_flood_runs_ahead_by_no_more_than_its_limit() {
        let mut recording = Recording::new(ms(0), 8_000, false);
        let mut filters = Filters::default();
        (0..1_000).for_each(|_| recording.add(Side::Says, ms(0), 0, (8_000, &[7; 160]), &mut filters));
        assert_eq!(recording.sides[0].pending.len(), 1_760);
    }
}
