//! How loud an input is mixed in: what was asked for, and the levelling that brings voices together. Never in steps: a frame
//! ramps from the gain of the last one to its own, so that choosing, muting and levelling are heard without a click.
#![allow(clippy::cast_possible_truncation, reason = "gains need no more than 24 bits")]

use crate::level::ratio;
use serde::{Deserialize, Serialize};

/// Where levelling brings voices, in dBov: the usual active speech level on a telephone line (−26 dBov, ITU-T P.56) and a bit.
const TARGET_DBOV: f64 = -23.0;
/// Levelling changes a voice by at most so much, in dB.
const LEVELLING_DB_MAX: f32 = 12.0;
/// So much of the difference is made up for in a round of speech: half of it in 0.7 s.
const APPROACH: f32 = 0.02;
/// A gain asked for, in dB.
const GAIN_DB_MAX: i8 = 24;

/// The gains at both ends of a frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ramp {
    pub(super) from: f32,
    pub(super) to: f32,
}

impl Ramp {
    const UNITY: Self = Self { from: 1.0, to: 1.0 };

    pub(super) fn is_unity(self) -> bool {
        self == Self::UNITY
    }
}

/// One input's gain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Gain {
    /// At the end of the newest frame.
    now: f32,
    levelling_db: f32,
}

impl Gain {
    pub(super) fn is_silent(self) -> bool {
        self.now == 0.0
    }

    /// The gains of the next frame. `wanted_db`: none if it is not heard. `mean_square`: of its voice, while it talks.
    pub(super) fn next(&mut self, wanted_db: Option<i8>, mean_square: Option<f32>, levelled: bool) -> Ramp {
        if let Some(mean_square) = mean_square {
            let level_dbov = 10.0 * (2.0 * f64::from(mean_square) / (32_767.0 * 32_767.0)).log10();
            let missing = (TARGET_DBOV - level_dbov) as f32;
            let missing = missing.clamp(-LEVELLING_DB_MAX, LEVELLING_DB_MAX);
            self.levelling_db += (missing - self.levelling_db) * APPROACH;
        } else if !levelled {
            self.levelling_db = 0.0;
        }
        let to = wanted_db.map_or(0.0, |db| {
            let db = f64::from(db.clamp(-GAIN_DB_MAX, GAIN_DB_MAX)) + f64::from(self.levelling_db);
            if db == 0.0 { 1.0 } else { ratio(db) as f32 }
        });
        let from = core::mem::replace(&mut self.now, to);
        Ramp { from, to }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn muting_ramps_down_over_a_frame_and_back() {
        let mut gain = Gain::default();
        assert_eq!(gain.next(Some(0), None, false), Ramp { from: 0.0, to: 1.0 });
        assert!(gain.next(Some(0), None, false).is_unity());
        assert_eq!(gain.next(None, None, false), Ramp { from: 1.0, to: 0.0 });
        assert!(gain.is_silent());
    }

    #[test]
    fn a_soft_voice_is_raised_and_a_loud_one_lowered_within_bounds() {
        let level = |dbov: f64| crate::level::mean_square_of_dbov(dbov) as f32;
        for (dbov, expected_db) in [(-30.0, 7.0), (-60.0, 12.0), (-13.0, -10.0)] {
            let mut gain = Gain::default();
            for _ in 0..500 {
                gain.next(Some(0), Some(level(dbov)), true);
            }
            let db = 20.0 * gain.now.log10();
            assert!((db - expected_db).abs() < 0.1, "{dbov} dBov: {db} dB");
        }
    }
}
