//! Figures of every session, second by second: differences of the counters that are kept anyway, so that packets cost nothing for
//! them. All sessions are looked at in one round, a second after the other, and each tells some seconds at once.

use super::Engine;
use super::session::Session;
use super::timers::Due;
use crate::codec::Codec;
use crate::level::Power;
use crate::{Event, Second};
use cordboard_base::Time;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// Between two rounds.
const ROUND: Duration = Duration::from_secs(1);
/// Seconds that a session keeps before it tells them: a hundred bytes, and a message to the shard that nobody notices.
const KEPT_MAX: usize = 10;

/// What a session keeps for them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Figures {
    /// When the first of `seconds` began.
    from: Time,
    seconds: Vec<Second>,
    /// The counters at the last round: received, sent, lost, strangers.
    last: [u64; 4],
    /// How loud what comes is.
    #[serde(default)]
    power: Power,
}

impl Figures {
    /// Audio has come, so loud.
    #[inline]
    pub(super) fn heard(&mut self, mean_square: u32) {
        self.power.add(mean_square);
    }

    /// Audio has come in a codec that does not say how loud; who decodes it may know better.
    #[inline]
    pub(super) fn passed(&mut self, codec: Option<&'static dyn Codec>, payload: &[u8]) {
        self.power.estimate(|| codec?.estimated_mean_square(payload));
    }

    /// `played`: how loud its playout was, for codecs whose payloads do not say it.
    fn take(&mut self, now: Time, counted: [u64; 4], jitter_ms: f32, played: Option<u8>) {
        if self.seconds.is_empty() {
            self.from = Time::from_micros(now.as_micros().saturating_sub(1_000_000));
            self.seconds.reserve_exact(KEPT_MAX);
        }
        let since = |at: usize| {
            let (new, old) = (counted.get(at), self.last.get(at));
            let more = new.zip(old).map_or(0, |(new, old)| new.saturating_sub(*old));
            u16::try_from(more).unwrap_or(u16::MAX)
        };
        let (received, sent, lost, strangers) = (since(0), since(1), since(2), since(3));
        let (known, estimated) = self.power.take();
        let below_dbov = known.or(played).or(estimated).filter(|_| received > 0);
        let jitter_ms = whole_ms(jitter_ms);
        self.seconds.push(Second { received, sent, lost, jitter_ms, strangers, below_dbov });
        self.last = counted;
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped before the cast")]
fn whole_ms(ms: f32) -> u16 {
    ms.round().clamp(0.0, 65_535.0) as u16
}

impl Engine {
    /// Rounds go on while there are sessions.
    pub(super) fn begin_figures(&mut self, now: Time) {
        if self.config.figures && self.timers.at(&Due::Figures).is_none() {
            self.timers.set(Due::Figures, now + ROUND);
        }
    }

    /// A second is over. A round that comes late is counted from when it was due, so that seconds stay seconds.
    pub(super) fn take_figures(&mut self, due: Time, now: Time) {
        if self.slots.len() == 0 {
            return;
        }
        let at = if now.since(due) < ROUND { due } else { now };
        self.timers.set(Due::Figures, at + ROUND);
        let mut told = Vec::new();
        for session in self.slots.iter_mut() {
            session.take_figures(at);
            if session.state.figures.seconds.len() >= KEPT_MAX {
                told.extend(session.tell_figures());
            }
        }
        told.into_iter().for_each(|event| self.event(event));
    }

    /// What a session that closes has not told yet; of its last second what there was of it.
    pub(super) fn last_figures(&mut self, session: &mut Session) {
        if !self.config.figures {
            return;
        }
        let at = self.timers.at(&Due::Figures).unwrap_or_default();
        session.take_figures(at);
        if let Some(event) = session.tell_figures() {
            self.event(event);
        }
    }
}

impl Session {
    fn take_figures(&mut self, now: Time) {
        // Before anything is agreed there is nothing to count.
        if self.state.audio.is_none() {
            return;
        }
        let jitter_ms = self.jitter_ms();
        let played = self.state.playout.as_mut().and_then(|playout| playout.take_power());
        let counters = &self.state.counters;
        let counted = [
            counters.reception.received_ever,
            counters.sending.packets,
            counters.reception.lost(),
            counters.strangers,
        ];
        self.state.figures.take(now, counted, jitter_ms, played);
    }

    fn tell_figures(&mut self) -> Option<Event> {
        let figures = &mut self.state.figures;
        let (leg, from) = (self.state.leg, figures.from);
        // A new list has room for as many again when it is needed.
        let seconds = core::mem::take(&mut figures.seconds);
        (!seconds.is_empty()).then_some(Event::Figures { leg, from, seconds })
    }
}
