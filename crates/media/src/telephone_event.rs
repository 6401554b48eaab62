//! RFC 4733 telephone events as they come in: one digit for many packets, whatever of them is lost or sent again.
//!
//! ```text
//!            first packet of a timestamp            E bit, or quiet for LOST_AFTER, or another event
//!   Idle ───────────────────────────────▶ Pressed ────────────────────────────────────────────────▶ Idle (timestamp kept:
//!                                          ▲   │ updates, further segments of a long digit            what repeats it is ignored)
//!                                          └───┘
//! ```

use crate::dtmf;
use cordboard_base::Time;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// A digit whose packets stop without an end is over after this long: three times the longest interval at which senders
/// repeat them (50 ms, RFC 4733 §2.5.1.2).
pub(crate) const LOST_AFTER: Duration = Duration::from_millis(150);

/// The payload (RFC 4733 §2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventPayload {
    /// The event's code.
    pub code: u8,
    /// Whether the event is over.
    pub end: bool,
    /// Power in −dBm0, 0–63.
    pub volume: u8,
    /// How long it has lasted, in ticks.
    pub duration: u16,
}

impl EventPayload {
    /// Reads the first event of a payload; none if it is too short.
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let &[code, flags, d0, d1] = payload.first_chunk::<4>()?;
        Some(Self {
            code,
            end: flags & 0x80 != 0,
            volume: flags & 0x3F,
            duration: u16::from_be_bytes([d0, d1]),
        })
    }

    /// The four bytes.
    pub fn to_bytes(self) -> [u8; 4] {
        let [d0, d1] = self.duration.to_be_bytes();
        [self.code, u8::from(self.end) << 7 | self.volume & 0x3F, d0, d1]
    }
}

/// A digit that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Released {
    pub(crate) digit: char,
    pub(crate) duration_ms: u16,
    /// See [`EventReceiver::let_pass`].
    pub(crate) is_passed_on: bool,
}

/// What a packet meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Heard {
    /// A digit ended; comes before `pressed` where one packet means both of two digits.
    pub(crate) released_before: Option<Released>,
    /// A digit began.
    pub(crate) pressed: Option<char>,
    /// The digit of this very packet is over.
    pub(crate) released: Option<Released>,
}

/// Collects the packets of one peer's events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EventReceiver {
    pressed: Option<Pressed>,
    /// Epoch and timestamp of the newest event that is over.
    done: Option<(u32, u32)>,
    /// Whether its packets go on to those who hear the peer, though digits are withheld.
    #[serde(default)]
    is_done_passed_on: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Pressed {
    digit: char,
    epoch: u32,
    timestamp: u32,
    /// Ticks of earlier segments.
    before: u32,
    duration: u16,
    #[serde(default)]
    is_passed_on: bool,
    clock_rate_hz: u32,
    last: Time,
}

impl Pressed {
    fn release(self) -> Released {
        let ticks = u64::from(self.before) + u64::from(self.duration);
        let ms = ticks * 1_000 / u64::from(self.clock_rate_hz.max(1));
        let duration_ms = u16::try_from(ms).unwrap_or(u16::MAX);
        Released { digit: self.digit, duration_ms, is_passed_on: self.is_passed_on }
    }
}

impl EventReceiver {
    /// The digit that is down.
    pub(crate) fn pressed(&self) -> Option<char> {
        self.pressed.map(|pressed| pressed.digit)
    }

    /// The digit that is down goes on to those who hear the peer, whatever is withheld from them from now on.
    pub(crate) fn let_pass(&mut self) {
        if let Some(pressed) = &mut self.pressed {
            pressed.is_passed_on = true;
        }
    }

    /// Whether packets of this event are of such a digit.
    #[inline]
    pub(crate) fn lets_pass(&self, epoch: u32, timestamp: u32) -> bool {
        match &self.pressed {
            Some(pressed) => pressed.is_passed_on && pressed.epoch == epoch && pressed.may_have(timestamp),
            None => self.is_done_passed_on && self.done == Some((epoch, timestamp)),
        }
    }

    /// Epoch and timestamp of the newest digit, be it over or not.
    pub(crate) fn newest(&self) -> Option<(u32, u32)> {
        self.pressed.map(|pressed| (pressed.epoch, pressed.timestamp)).or(self.done)
    }

    /// Takes a packet of the numbering `epoch`.
    pub(crate) fn receive(
        &mut self,
        now: Time,
        epoch: u32,
        timestamp: u32,
        event: EventPayload,
        clock_rate_hz: u32,
    ) -> Heard {
        let mut heard = Heard::default();
        let Some(digit) = dtmf::digit(event.code) else { return heard };
        let is_old = |(e, t): (u32, u32)| e == epoch && timestamp.wrapping_sub(t).cast_signed() <= 0;
        if self.done.is_some_and(is_old) {
            return heard; // a repeated end (RFC 4733 §2.5.1.4), or a straggler
        }
        match &mut self.pressed {
            Some(pressed) if pressed.epoch == epoch && pressed.timestamp == timestamp => {
                pressed.duration = pressed.duration.max(event.duration);
                pressed.last = now;
            }
            Some(pressed) if pressed.continues(digit, epoch, timestamp) => {
                pressed.before = pressed.before.saturating_add(u32::from(pressed.duration));
                pressed.timestamp = timestamp;
                pressed.duration = event.duration;
                pressed.last = now;
            }
            Some(pressed)
                if pressed.epoch == epoch && timestamp.wrapping_sub(pressed.timestamp).cast_signed() < 0 =>
            {
                return heard; // overtaken by a newer event
            }
            Some(_) | None => {
                heard.released_before = self.finish();
                heard.pressed = Some(digit);
                let (duration, before, is_passed_on) = (event.duration, 0, false);
                let last = now;
                self.pressed = Some(Pressed {
                    digit,
                    epoch,
                    timestamp,
                    before,
                    duration,
                    is_passed_on,
                    clock_rate_hz,
                    last,
                });
            }
        }
        if event.end {
            heard.released = self.finish();
        }
        heard
    }

    /// Ends a digit whose packets have stopped; else says when to look again.
    pub(crate) fn check(&mut self, now: Time) -> Result<Released, Option<Time>> {
        let Some(pressed) = self.pressed else { return Err(None) };
        let due = pressed.last + LOST_AFTER;
        if due > now {
            return Err(Some(due));
        }
        self.finish().ok_or(None)
    }

    fn finish(&mut self) -> Option<Released> {
        let pressed = self.pressed.take()?;
        self.done = Some((pressed.epoch, pressed.timestamp));
        self.is_done_passed_on = pressed.is_passed_on;
        Some(pressed.release())
    }
}

impl Pressed {
    /// A digit longer than its 16-bit duration goes on in a further segment, which starts where the last one ended (RFC
    /// 4733 §2.5.1.3).
    fn continues(&self, digit: char, epoch: u32, timestamp: u32) -> bool {
        self.digit == digit && self.epoch == epoch && self.is_followed_by(timestamp)
    }

    fn is_followed_by(&self, timestamp: u32) -> bool {
        let gap = timestamp.wrapping_sub(self.timestamp);
        self.duration >= 0xF000 && (0xF000..=0x1_0000).contains(&gap)
    }

    /// Whether a packet with this timestamp is one of its own, or of its next segment.
    fn may_have(&self, timestamp: u32) -> bool {
        self.timestamp == timestamp || self.is_followed_by(timestamp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    struct Line {
        receiver: EventReceiver,
        now: Time,
        digits: Vec<(char, u16)>,
    }

    impl Line {
        fn new() -> Self {
            Self { receiver: EventReceiver::default(), now: Time::ZERO, digits: Vec::new() }
        }

        fn packet(&mut self, timestamp: u32, code: u8, duration: u16, end: bool) -> Heard {
            self.now = self.now + Duration::from_millis(20);
            let event = EventPayload { code, end, volume: 10, duration };
            let heard = self.receiver.receive(self.now, 1, timestamp, event, 8_000);
            let released = heard.released_before.into_iter().chain(heard.released);
            self.digits.extend(released.map(|r| (r.digit, r.duration_ms)));
            heard
        }

        fn wait_ms(&mut self, ms: u64) {
            self.now = self.now + Duration::from_millis(ms);
            if let Ok(released) = self.receiver.check(self.now) {
                self.digits.push((released.digit, released.duration_ms));
            }
        }
    }

    #[test]
    fn a_digit_with_its_end_sent_three_times_is_one_digit() {
        let mut line = Line::new();
        assert_eq!(line.packet(1_000, 5, 160, false).pressed, Some('5'));
        line.packet(1_000, 5, 320, false);
        for _ in 0..3 {
            line.packet(1_000, 5, 800, true);
        }
        assert_eq!(line.digits, [('5', 100)]);
    }

    #[test]
    fn the_same_key_twice_is_two_digits() {
        let mut line = Line::new();
        line.packet(1_000, 5, 800, true);
        line.packet(2_600, 5, 800, true);
        assert_eq!(line.digits, [('5', 100), ('5', 100)]);
    }

    #[test]
    fn a_digit_whose_ends_are_lost_is_over_when_its_packets_stop() {
        let mut line = Line::new();
        line.packet(1_000, 11, 160, false);
        line.wait_ms(149);
        assert!(line.digits.is_empty());
        line.wait_ms(1);
        assert_eq!(line.digits, [('#', 20)]);
        line.packet(1_000, 11, 800, true);
        assert_eq!(line.digits.len(), 1, "its end, come late, is not another digit");
    }

    #[test]
    fn the_next_digit_ends_one_whose_ends_are_lost() {
        let mut line = Line::new();
        line.packet(1_000, 1, 160, false);
        let heard = line.packet(3_000, 2, 160, false);
        assert_eq!((heard.released_before.unwrap().digit, heard.pressed), ('1', Some('2')));
        line.packet(1_000, 1, 800, true);
        line.packet(3_000, 2, 400, true);
        assert_eq!(line.digits, [('1', 20), ('2', 50)]);
    }

    #[test]
    fn a_long_digit_in_segments_is_one_digit() {
        let mut line = Line::new();
        line.packet(1_000, 7, 0xFFFF, false);
        line.packet(1_000 + 0xFFFF, 7, 160, false);
        line.packet(1_000 + 0xFFFF, 7, 8_000, true);
        assert_eq!(
            line.digits,
            [('7', (0xFFFF + 8_000) / 8)].map(|(d, ms): (char, u32)| (d, u16::try_from(ms).unwrap()))
        );
    }

    #[test]
    fn flash_and_other_events_are_no_digits() {
        let mut line = Line::new();
        assert_eq!(line.packet(1_000, 16, 160, true), Heard::default());
    }

    proptest! {
        #[test]
        fn whatever_is_lost_or_doubled_each_digit_comes_once(
            digits in proptest::collection::vec(0u8..16, 1..8),
            fates in proptest::collection::vec(0u8..4, 64),
        ) {
            let mut line = Line::new();
            let mut fates = fates.into_iter().cycle();
            let mut expected = Vec::new();
            for (n, &code) in (0u32..).zip(&digits) {
                let timestamp = 1_000 + n * 4_000;
                let mut arrived = false;
                for (k, end) in [(1u16, false), (2, false), (3, false), (4, true), (4, true), (4, true)] {
                    let fate = fates.next().unwrap();
                    for _ in 0..match fate { 0 => 0, 3 => 2, _ => 1 } {
                        line.packet(timestamp, code, k * 160, end);
                        arrived = true;
                    }
                }
                line.wait_ms(150);
                if arrived {
                    expected.push(dtmf::digit(code).unwrap());
                }
            }
            let got: Vec<char> = line.digits.iter().map(|d| d.0).collect();
            prop_assert_eq!(got, expected);
        }

        #[test]
        fn no_packet_panics(packets in proptest::collection::vec((any::<u32>(), proptest::collection::vec(any::<u8>(), 0..6)), 0..40)) {
            let mut receiver = EventReceiver::default();
            for (timestamp, payload) in packets {
                if let Some(event) = EventPayload::parse(&payload) {
                    receiver.receive(Time::ZERO, 1, timestamp, event, 8_000);
                }
            }
        }
    }
}
