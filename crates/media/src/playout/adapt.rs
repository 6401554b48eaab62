//! How the delay is brought to where it should be.
//!
//! Packets are decoded at our ticks: the one that follows what stands ahead is needed at the tick by which that is used up. The
//! *slack* is by how much that tick is later than the target asks for. Too little: a period is repeated. Too much, even if the
//! next tick were the worst for it: one is left out. So the delay stays within a tick and a period above the target.

use super::flow::Next;
use super::stretch::{PERIOD_MS, Stretch};
use super::{Content, Decoders, Flow, Frame, Playout};

/// The periods that are left out or repeated.
const PERIOD_MIN_US: i64 = PERIOD_MS.0 as i64 * 1_000;
const PERIOD_MAX_US: i64 = PERIOD_MS.1 as i64 * 1_000;
/// Too little slack that is not worth a repetition.
const SHORT_US: i64 = 5_000;
/// Between two stretches, while somebody speaks.
const CALM_US: i64 = 80_000;
/// The same while the delay is off by more than this.
const HASTY_US: i64 = 40_000;

impl Playout {
    /// Drops what came so late that the longest delay would be exceeded.
    pub(super) fn shed(&mut self, frame: Frame) {
        let Some(base_us) = self.delay.base_us() else { return };
        let oldest_us = frame.now_us - self.delay.max_us() - frame.us - base_us;
        let mut is_cut = false;
        while let Some(first) = self.buffer.first()
            && first.media_us < oldest_us
            && first.content != Content::Event
        {
            let (sequence, media_us) = (first.sequence, first.media_us);
            self.advance(sequence, true);
            self.end_us = media_us + self.packet_us;
            self.buffer.drop_first();
            self.counted.discarded += 1;
            self.losses.lost();
            is_cut = true;
        }
        if is_cut && self.flow != Flow::Paused {
            self.concealer.lost(0, &mut self.ahead);
            self.flow = Flow::Talking;
        }
    }

    /// Leaves out or repeats a period, if the delay asks for it. `needed` samples will be taken from what stands ahead.
    pub(super) fn adapt(&mut self, frame: Frame, needed: usize, decoders: &mut dyn Decoders) {
        if self.flow != Flow::Talking {
            return;
        }
        let Some(base_us) = self.delay.base_us() else { return };
        let target_us = self.delay.target_us(frame.now_us);
        let left_us = self.us_of(self.ahead.len().saturating_sub(needed));
        let decoded_at_us = frame.now_us + frame.us * (1 + left_us / frame.us);
        let slack_us = decoded_at_us - self.end_us - base_us - target_us;
        let excess_us = frame.now_us + frame.us - (self.end_us - left_us) - base_us - target_us - frame.us;
        let in_haste = excess_us > HASTY_US || slack_us < -HASTY_US;
        let pace_us = if in_haste { CALM_US / 2 } else { CALM_US };
        if frame.now_us - self.stretched_at_us < pace_us {
            return;
        }
        let longest = self.samples_of_us(if slack_us < -SHORT_US {
            PERIOD_MAX_US
        } else {
            excess_us.min(PERIOD_MAX_US)
        });
        let stretch = Stretch { rate_hz: self.rate_hz, longest, in_haste };
        if slack_us < -SHORT_US {
            if stretch.lengthen(&mut self.ahead, &mut self.scratch).is_some() {
                self.stretched_at_us = frame.now_us;
                self.counted.lengthened += 1;
            }
        } else if excess_us >= PERIOD_MIN_US
            && self.reach(frame, needed, stretch, decoders)
            && stretch.shorten(&mut self.ahead, &mut self.scratch).is_some()
        {
            self.stretched_at_us = frame.now_us;
            self.counted.shortened += 1;
        }
    }

    /// Decodes ahead until a period can be left out; only what is there in order.
    fn reach(&mut self, frame: Frame, needed: usize, stretch: Stretch, decoders: &mut dyn Decoders) -> bool {
        let wanted = needed + stretch.needs();
        while self.ahead.len() < wanted {
            if self.next(frame, decoders) != Next::Play {
                return false;
            }
            self.take(Next::Play, 0, decoders);
        }
        true
    }
}
