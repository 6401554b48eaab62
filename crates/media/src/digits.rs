//! Digits towards a peer: as RFC 4733 events where agreed, else as tones in the audio. One step per packet interval.
//!
//! ```text
//!  Idle ─▶ Event (updates, then its end END_REPEATS times) ─┐
//!    ▲ └─▶ Tone ────────────────────────────────────────────┼─▶ Gap ─▶ the next digit, or Idle
//!    │ └─▶ Gap (a `w`)  ◀───────────────────────────────────┘
//!    └──────────────────────────────────────────────────────────┘
//! ```

use crate::dtmf;
use crate::telephone_event::EventPayload;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Digits waiting for one leg: longer than any number with its pauses; what is beyond is dropped.
pub const DIGITS_MAX: usize = 256;
/// How often an event's last packet is sent (RFC 4733 §2.5.1.4).
const END_REPEATS: u8 = 3;
/// What `w` waits.
const WAIT_MS: u32 = 500;
/// No digit is shorter: RFC 4733 §2.5.1.2 and every detector want 40 ms.
const DURATION_MIN_MS: u16 = 40;
/// −10 dBm0, what phones commonly say.
const VOLUME: u8 = 10;

/// What is to be sent for one interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// An event packet. The first of an event takes the stream's time as its timestamp, the others repeat it.
    Event { payload: EventPayload, first: bool },
    /// A piece of a digit's tone, from this sample on; silence from `end` on.
    Tone { digit: char, position: u64, end: u64 },
    /// Nothing.
    Pause,
}

/// How digits go to the peer just now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// The interval between packets.
    pub(crate) interval_us: u32,
    /// The clock of agreed events; `None`: as tones.
    pub(crate) event_clock_hz: Option<u32>,
    /// Samples per second of the audio.
    pub(crate) rate_hz: u32,
}

/// The digits that one leg's peer is still to be sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DigitSender {
    queue: VecDeque<Queued>,
    current: Option<Current>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Queued {
    digit: char,
    duration_ms: u16,
    gap_ms: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Current {
    Event { code: u8, elapsed_us: u32, duration_us: u32, ends_left: u8, gap_ms: u16 },
    Tone { digit: char, elapsed_us: u32, duration_us: u32, gap_ms: u16 },
    Gap { left_us: u32 },
}

impl DigitSender {
    /// Queues digits; says how many were dropped, because they are none or too many.
    pub(crate) fn queue(&mut self, digits: &str, duration_ms: u16, gap_ms: u16) -> usize {
        let mut dropped = 0;
        for digit in digits.chars() {
            let known = digit.eq_ignore_ascii_case(&'w') || dtmf::code(digit).is_some();
            if known && self.queue.len() < DIGITS_MAX {
                let duration_ms = duration_ms.max(DURATION_MIN_MS);
                self.queue.push_back(Queued { digit: digit.to_ascii_uppercase(), duration_ms, gap_ms });
            } else {
                dropped += 1;
            }
        }
        dropped
    }

    /// Whether anything is left to be sent.
    pub(crate) fn is_active(&self) -> bool {
        self.current.is_some() || !self.queue.is_empty()
    }

    /// What goes out in this interval; `None`: no digits are left.
    pub(crate) fn step(&mut self, line: Line) -> Option<Step> {
        if self.current.is_none() {
            let queued = self.queue.pop_front()?;
            self.current = Some(Current::of(queued, line));
        }
        match self.current.take()? {
            Current::Event { code, elapsed_us, duration_us, ends_left, gap_ms } => {
                let clock = u64::from(line.event_clock_hz.unwrap_or(8_000));
                let first = elapsed_us == 0;
                let elapsed_us = elapsed_us.saturating_add(line.interval_us);
                let end = elapsed_us >= duration_us;
                let lasted_us = elapsed_us.min(duration_us);
                // 16 bits of ticks: 8 s at 8 kHz. Longer digits than that are cut, nobody presses them.
                let ticks = u16::try_from(u64::from(lasted_us) * clock / 1_000_000).unwrap_or(u16::MAX);
                let payload = EventPayload { code, end, volume: VOLUME, duration: ticks };
                let ends_left = ends_left - u8::from(end);
                self.current = Some(if ends_left == 0 {
                    // The repeated ends have taken a part of the gap.
                    let gap_us = u32::from(gap_ms) * 1_000;
                    Current::Gap { left_us: gap_us.saturating_sub(line.interval_us.saturating_mul(2)) }
                } else {
                    Current::Event { code, elapsed_us, duration_us, ends_left, gap_ms }
                });
                Some(Step::Event { payload, first })
            }
            Current::Tone { digit, elapsed_us, duration_us, gap_ms } => {
                let samples = |us: u32| u64::from(us) * u64::from(line.rate_hz) / 1_000_000;
                let (position, end) = (samples(elapsed_us), samples(duration_us));
                let elapsed_us = elapsed_us.saturating_add(line.interval_us);
                self.current = Some(if elapsed_us >= duration_us {
                    Current::Gap { left_us: u32::from(gap_ms) * 1_000 }
                } else {
                    Current::Tone { digit, elapsed_us, duration_us, gap_ms }
                });
                Some(Step::Tone { digit, position, end })
            }
            Current::Gap { left_us } => {
                let left_us = left_us.saturating_sub(line.interval_us);
                if left_us > 0 {
                    self.current = Some(Current::Gap { left_us });
                }
                Some(Step::Pause)
            }
        }
    }
}

impl Current {
    fn of(queued: Queued, line: Line) -> Self {
        let Queued { digit, duration_ms, gap_ms } = queued;
        let duration_us = u32::from(duration_ms) * 1_000;
        match (dtmf::code(digit), line.event_clock_hz) {
            (None, _) => Self::Gap { left_us: WAIT_MS * 1_000 },
            (Some(code), Some(_)) => {
                Self::Event { code, elapsed_us: 0, duration_us, ends_left: END_REPEATS, gap_ms }
            }
            (Some(_), None) => Self::Tone { digit, elapsed_us: 0, duration_us, gap_ms },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: Line = Line { interval_us: 20_000, event_clock_hz: Some(8_000), rate_hz: 8_000 };

    fn all(sender: &mut DigitSender, line: Line) -> Vec<Step> {
        std::iter::from_fn(|| sender.step(line)).collect()
    }

    #[test]
    fn an_event_grows_and_its_end_is_sent_three_times() {
        let mut sender = DigitSender::default();
        assert_eq!(sender.queue("5", 100, 100), 0);
        let steps = all(&mut sender, LINE);
        let events: Vec<_> = steps
            .iter()
            .filter_map(|step| match step {
                Step::Event { payload, first } => Some((payload.code, payload.duration, payload.end, *first)),
                Step::Tone { .. } | Step::Pause => None,
            })
            .collect();
        assert_eq!(
            events,
            [
                (5, 160, false, true),
                (5, 320, false, false),
                (5, 480, false, false),
                (5, 640, false, false),
                (5, 800, true, false),
                (5, 800, true, false),
                (5, 800, true, false),
            ]
        );
        assert_eq!(steps.len(), 7 + 3, "two intervals of the gap have gone with the repeated ends");
    }

    #[test]
    fn durations_are_in_ticks_of_the_events_clock() {
        let mut sender = DigitSender::default();
        sender.queue("1", 60, 0);
        let line = Line { event_clock_hz: Some(48_000), ..LINE };
        let Some(Step::Event { payload, .. }) = sender.step(line) else { panic!("an event first") };
        assert_eq!(payload.duration, 960);
    }

    #[test]
    fn without_events_digits_are_tones() {
        let mut sender = DigitSender::default();
        sender.queue("9", 50, 40);
        let line = Line { event_clock_hz: None, ..LINE };
        let tone = |position| Step::Tone { digit: '9', position, end: 400 };
        assert_eq!(all(&mut sender, line), [tone(0), tone(160), tone(320), Step::Pause, Step::Pause]);
    }

    #[test]
    fn a_w_waits_half_a_second() {
        let mut sender = DigitSender::default();
        sender.queue("w", 100, 100);
        assert_eq!(all(&mut sender, LINE).len(), 25);
    }

    #[test]
    fn what_is_no_digit_or_beyond_the_limit_is_dropped() {
        let mut sender = DigitSender::default();
        assert_eq!(sender.queue("1x2-", 100, 100), 2);
        assert_eq!(sender.queue(&"1".repeat(DIGITS_MAX - 2), 100, 100), 0);
        assert_eq!(sender.queue("1", 100, 100), 1);
    }
}
