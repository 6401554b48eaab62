//! Whether somebody talks, and how loud: by energy over a floor that follows the room's own noise.
#![allow(clippy::cast_possible_truncation, reason = "levels need no more than 24 bits")]

use crate::level::{SILENCE_DBOV, mean_square_of_dbov};
use cordboard_base::Time;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// Nobody talks as softly as this: hum and comfort noise stay below.
const QUIET_DBOV: f64 = -50.0;
/// Talking is so many times (9 dB) more energy than the room's noise.
const OVER_FLOOR: f32 = 8.0;
/// A room's noise above this (−35 dBov) is taken for somebody who talks without a pause.
const FLOOR_DBOV_MAX: f64 = -35.0;
/// The floor rises by this part per round (to twice in 3 s), and falls at once.
const FLOOR_RISE: f32 = 1.005;
/// Pauses between words are shorter than this.
const HANG_OVER: Duration = Duration::from_millis(400);
/// How much of the level is kept from round to round: it falls by half in 60 ms, and rises at once.
const LEVEL_KEPT: f32 = 0.8;
/// Who is heard already counts for four times (6 dB) the energy.
const STAYS: f32 = 4.0;

/// One input's voice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Activity {
    /// Mean square of the newest rounds.
    level: f32,
    /// Mean square of the room's noise; 0: not known yet.
    floor: f32,
    talks_until: Option<Time>,
    chosen: bool,
}

impl Activity {
    /// Takes a round's samples. `Some`: it has begun or ended to talk.
    pub(super) fn hear(&mut self, now: Time, samples: &[i16]) -> Option<bool> {
        let mean_square = mean_square(samples);
        self.level = mean_square.max(self.level * LEVEL_KEPT);
        let before = self.talks();
        let quiet = mean_square_of_dbov(QUIET_DBOV) as f32;
        if mean_square > quiet && mean_square > self.floor * OVER_FLOOR {
            self.talks_until = Some(now + HANG_OVER);
        } else if self.talks_until.is_some_and(|until| until <= now) {
            self.talks_until = None;
        }
        let highest = mean_square_of_dbov(FLOOR_DBOV_MAX) as f32;
        let least = mean_square_of_dbov(SILENCE_DBOV) as f32;
        self.floor = mean_square.min(self.floor * FLOOR_RISE).clamp(least, highest);
        if self.floor <= least {
            self.floor = mean_square.clamp(least, quiet);
        }
        (before != self.talks()).then_some(self.talks())
    }

    pub(super) fn talks(&self) -> bool {
        self.talks_until.is_some()
    }

    pub(super) fn mean_square(&self) -> f32 {
        self.level
    }

    /// What it competes with for being heard.
    pub(super) fn rank(&self) -> f32 {
        let talks = if self.talks() { self.level } else { self.level / STAYS };
        if self.chosen { talks * STAYS } else { talks }
    }

    pub(super) fn choose(&mut self, chosen: bool) {
        self.chosen = chosen;
    }

    pub(super) fn is_chosen(&self) -> bool {
        self.chosen
    }
}

fn mean_square(samples: &[i16]) -> f32 {
    let energy: i64 = samples.iter().map(|&sample| i64::from(i32::from(sample) * i32::from(sample))).sum();
    energy as f32 / samples.len().max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounds(activity: &mut Activity, from_ms: u64, count: u64, level: i16) -> Vec<(u64, bool)> {
        let samples: Vec<i16> = (0..160).map(|n| if n % 2 == 0 { level } else { -level }).collect();
        (0..count)
            .map(|n| from_ms + n * 20)
            .filter_map(|ms| activity.hear(Time::from_millis(ms), &samples).map(|talks| (ms, talks)))
            .collect()
    }

    #[test]
    fn a_word_begins_at_once_and_ends_after_the_pause() {
        let mut activity = Activity::default();
        assert_eq!(rounds(&mut activity, 0, 50, 4), []);
        assert_eq!(rounds(&mut activity, 1_000, 10, 2_000), [(1_000, true)]);
        assert_eq!(rounds(&mut activity, 1_200, 50, 4), [(1_580, false)]);
    }

    #[test]
    fn a_loud_fan_is_no_talker_for_long() {
        let mut activity = Activity::default();
        rounds(&mut activity, 0, 10, 4);
        let changes = rounds(&mut activity, 200, 3_000, 300);
        assert_eq!(changes.first(), Some(&(200, true)));
        assert_eq!(changes.last().map(|change| change.1), Some(false), "{changes:?}");
    }

    #[test]
    fn one_who_never_pauses_still_talks() {
        let mut activity = Activity::default();
        rounds(&mut activity, 0, 10, 4);
        assert_eq!(rounds(&mut activity, 200, 3_000, 3_000), [(200, true)]);
    }
}
