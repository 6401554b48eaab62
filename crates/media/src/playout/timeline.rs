//! Timestamps as places in time on the peer's clock, in µs, whatever its rate, and however often the peer sets it anew.

use super::Arrived;
use serde::{Deserialize, Serialize};

/// A transit that differs by more than this from the usual is not the network's doing: the timestamps have jumped.
const JUMP_US: i64 = 1_000_000;
/// The same where the marker says that a talkspurt begins: some phones stop their clock while they are silent.
const JUMP_AT_MARKER_US: i64 = 150_000;
/// Rates of clocks; others are taken as the nearest.
const CLOCKS_HZ: (u32, u32) = (1_000, 192_000);

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Timeline {
    /// None before the first packet, and after a new start.
    course: Option<Course>,
    newest_us: i64,
}

/// One run of one clock.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Course {
    clock_hz: u32,
    /// The newest timestamp, and the same counted on from the run's first.
    timestamp: u32,
    ticks: i64,
    /// The place of a tick of this run.
    origin_ticks: i64,
    origin_us: i64,
}

/// Where a packet belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) media_us: i64,
    /// The peer's clock was set anew.
    pub(super) is_anew: bool,
}

impl Timeline {
    /// Places a packet, of which the transit should be about `base_us`, if that is known.
    pub(super) fn place(&mut self, now_us: i64, arrived: &Arrived<'_>, base_us: Option<i64>) -> Placed {
        let clock_hz = arrived.clock_hz.clamp(CLOCKS_HZ.0, CLOCKS_HZ.1);
        let usual_us = now_us - base_us.unwrap_or(now_us);
        let mut is_anew = false;
        if self.course.is_none_or(|course| course.clock_hz != clock_hz) {
            is_anew = true;
            self.course = Some(Course {
                clock_hz,
                timestamp: arrived.timestamp,
                ticks: 0,
                origin_ticks: 0,
                origin_us: usual_us,
            });
        }
        let Some(course) = &mut self.course else { return Placed { media_us: usual_us, is_anew } };
        let step = i64::from(arrived.timestamp.wrapping_sub(course.timestamp).cast_signed());
        let ticks = course.ticks + step;
        let mut media_us =
            course.origin_us + (ticks - course.origin_ticks).saturating_mul(1_000_000) / i64::from(clock_hz);
        let jump_us = if arrived.marker { JUMP_AT_MARKER_US } else { JUMP_US };
        if (media_us - usual_us).abs() > jump_us {
            is_anew = true;
            media_us = usual_us;
            course.origin_us = usual_us;
            course.origin_ticks = ticks;
        }
        if step > 0 || is_anew {
            course.timestamp = arrived.timestamp;
            course.ticks = ticks;
            self.newest_us = media_us;
        }
        Placed { media_us, is_anew }
    }

    /// The place of the newest packet.
    pub(super) fn newest_us(&self) -> i64 {
        self.newest_us
    }

    /// The next packet's timestamp has nothing to do with those before it.
    pub(super) fn start_again(&mut self) {
        self.course = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::playout::Content;

    fn place(timeline: &mut Timeline, now_ms: i64, timestamp: u32, clock_hz: u32) -> Placed {
        let content = Content::Event;
        let arrived = Arrived { sequence: 0, timestamp, marker: false, clock_hz, content, payload: &[] };
        timeline.place(now_ms * 1_000, &arrived, Some(0))
    }

    #[test]
    fn timestamps_go_on_over_their_wrap_and_back() {
        let mut timeline = Timeline::default();
        assert!(place(&mut timeline, 100, u32::MAX - 79, 8_000).is_anew);
        assert_eq!(place(&mut timeline, 120, 80, 8_000), Placed { media_us: 120_000, is_anew: false });
        assert_eq!(place(&mut timeline, 121, u32::MAX - 79, 8_000).media_us, 100_000);
        assert_eq!(timeline.newest_us(), 120_000);
    }

    #[test]
    fn a_jump_and_another_clock_start_where_the_packet_came() {
        let mut timeline = Timeline::default();
        place(&mut timeline, 100, 0, 8_000);
        assert_eq!(place(&mut timeline, 120, 80_000, 8_000), Placed { media_us: 120_000, is_anew: true });
        assert_eq!(place(&mut timeline, 140, 80_160, 8_000), Placed { media_us: 140_000, is_anew: false });
        assert_eq!(place(&mut timeline, 150, 7, 48_000), Placed { media_us: 150_000, is_anew: true });
        assert_eq!(place(&mut timeline, 170, 967, 48_000), Placed { media_us: 170_000, is_anew: false });
    }

    #[test]
    fn a_pause_is_no_jump() {
        let mut timeline = Timeline::default();
        place(&mut timeline, 0, 0, 8_000);
        assert_eq!(place(&mut timeline, 60_000, 480_000, 8_000).media_us, 60_000_000);
    }

    #[test]
    fn hours_of_44100_hz_are_counted_to_the_microsecond() {
        let mut timeline = Timeline::default();
        let mut placed = place(&mut timeline, 0, 0, 44_100);
        for second in 1..7_200u32 {
            placed = place(&mut timeline, i64::from(second) * 1_000, second * 44_100, 44_100);
        }
        assert_eq!(placed, Placed { media_us: 7_199_000_000, is_anew: false });
    }
}
