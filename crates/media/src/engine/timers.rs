//! What is due when. Packets set no timers: what depends on them (time-outs, silence) looks at the counters when its
//! timer fires, and sets it again.

use super::Engine;
use crate::latch::RELATCH_AFTER_US;
use crate::{Event, MixId, Output, StreamKind};
use cordboard_base::Time;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// A peer that hears nothing from us for so long gets a packet of silence, so that NATs on the way keep their binding:
/// half of the 30 s after which the hastiest forget it (RFC 6263 §4.6 wants at least every 15 s).
const KEEP_ALIVE_AFTER: Duration = Duration::from_secs(15);
/// How often latches are looked at: a quiet one is released at most so much later.
const RELATCH_AFTER: Duration = Duration::from_micros(RELATCH_AFTER_US);

/// What has a deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Due {
    Session(Timer),
    /// A mix's next round.
    Mix(MixId),
    /// A second of all sessions' figures is over.
    Figures,
}

/// One timer of one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Timer {
    pub(super) index: u32,
    pub(super) kind: TimerKind,
}

/// What a timer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum TimerKind {
    /// The next packet of our own.
    Generate,
    /// The next round of its playout.
    PlayOut,
    /// The next RTCP report.
    Report,
    /// Whether the peer has gone.
    Timeout,
    /// Whether an event's packets have stopped.
    EventLost,
    /// Whether the peer is quiet.
    Silence,
    /// Whether the peer is an answering machine.
    Detect,
    /// Whether the peer has heard nothing.
    KeepAlive,
    /// More of a recording.
    Record,
    /// Whether a latched address has gone quiet.
    Relatch,
}

impl TimerKind {
    const ALL: [Self; 10] = [
        Self::Generate,
        Self::PlayOut,
        Self::Report,
        Self::Timeout,
        Self::EventLost,
        Self::Silence,
        Self::Detect,
        Self::KeepAlive,
        Self::Record,
        Self::Relatch,
    ];
}

impl Engine {
    pub(super) fn due(&mut self, now: Time) {
        while let Some(due) = self.timers.next().filter(|&due| due <= now)
            && let Some(next) = self.timers.pop_due(now)
        {
            let Timer { index, kind } = match next {
                Due::Session(timer) => timer,
                Due::Mix(mix) => {
                    self.mix_round(due, now, mix);
                    continue;
                }
                Due::Figures => {
                    self.take_figures(due, now);
                    continue;
                }
            };
            match kind {
                TimerKind::Generate => self.generate(due, now, index),
                TimerKind::PlayOut => self.play_out_next(due, now, index),
                TimerKind::Report => self.report(now, index),
                TimerKind::Timeout => self.check_timeout(now, index),
                TimerKind::EventLost => self.check_event(now, index),
                TimerKind::Silence => self.check_silence(now, index),
                TimerKind::Detect => self.check_machine(now, index),
                TimerKind::KeepAlive => self.keep_alive(now, index),
                TimerKind::Record => self.flush_recordings(now, index),
                TimerKind::Relatch => self.check_latches(now, index),
            }
        }
    }

    pub(super) fn set_timer(&mut self, index: u32, kind: TimerKind, at: Option<Time>) {
        let timer = Due::Session(Timer { index, kind });
        match at {
            Some(at) => self.timers.set(timer, at),
            None => {
                self.timers.cancel(&timer);
            }
        }
    }

    pub(super) fn is_set(&self, index: u32, kind: TimerKind) -> bool {
        self.timers.at(&Due::Session(Timer { index, kind })).is_some()
    }

    pub(super) fn forget_timers(&mut self, index: u32) {
        TimerKind::ALL.into_iter().for_each(|kind| self.set_timer(index, kind, None));
    }

    /// Takes all of a session's timers, for it to go on with them elsewhere.
    pub(super) fn take_timers(&mut self, index: u32) -> Vec<(TimerKind, Time)> {
        let at = |kind| Some((kind, self.timers.at(&Due::Session(Timer { index, kind }))?));
        let set = TimerKind::ALL.into_iter().filter_map(at).collect();
        self.forget_timers(index);
        set
    }

    /// Sets what a new agreement asks for.
    pub(super) fn set_stream_timers(&mut self, now: Time, index: u32) {
        let Some(session) = self.slots.at(index) else { return };
        let audio = session.state.audio.as_ref();
        let timeout_ms = audio.filter(|audio| audio.receives).map_or(0, |audio| audio.timeout_ms);
        let timeout = (timeout_ms > 0).then(|| now + Duration::from_millis(u64::from(timeout_ms)));
        let report = audio.map(|_| session.next_report(now));
        let keep_alive = audio.map(|_| now + KEEP_ALIVE_AFTER);
        self.set_timer(index, TimerKind::Timeout, timeout);
        self.set_timer(index, TimerKind::KeepAlive, keep_alive);
        self.set_timer(index, TimerKind::Relatch, Some(now + RELATCH_AFTER));
        // A repeated agreement does not put the report off.
        if report.is_none() || !self.is_set(index, TimerKind::Report) {
            self.set_timer(index, TimerKind::Report, report);
        }
    }

    /// Begins to send packets of our own, unless that goes on already.
    pub(super) fn start_generating(&mut self, now: Time, index: u32) {
        if self.is_set(index, TimerKind::Generate) {
            return;
        }
        let Some(session) = self.slots.at(index).filter(|session| session.is_covered()) else { return };
        if session.state.audio.is_some() {
            self.generate(now, now, index);
        } else {
            // An agreement that comes by then still finds the first of it: who answers and plays at once says so in this order.
            let by_then = now + Duration::from_micros(session.frame_us());
            self.set_timer(index, TimerKind::Generate, Some(by_then));
        }
    }

    /// A first agreement: what waits for it is sent at once.
    pub(super) fn generate_now(&mut self, now: Time, index: u32) {
        if self.is_set(index, TimerKind::Generate) {
            self.generate(now, now, index);
        }
    }

    fn check_timeout(&mut self, now: Time, index: u32) {
        let Some(session) = self.slots.at(index) else { return };
        let Some(audio) = session.state.audio.as_ref().filter(|audio| audio.receives && audio.timeout_ms > 0)
        else {
            return;
        };
        let after = Duration::from_millis(u64::from(audio.timeout_ms));
        let quiet_until = session.state.counters.last_packet + after;
        let leg = session.state.leg;
        if quiet_until > now {
            self.set_timer(index, TimerKind::Timeout, Some(quiet_until));
            return;
        }
        if !core::mem::replace(&mut session.state.timed_out, true) {
            self.event(Event::Timeout { leg });
        }
        self.set_timer(index, TimerKind::Timeout, Some(now + after));
    }

    fn check_event(&mut self, now: Time, index: u32) {
        let Some(session) = self.slots.at(index) else { return };
        match session.state.events.check(now) {
            Ok(released) => self.released(now, index, released),
            Err(again) => self.set_timer(index, TimerKind::EventLost, again),
        }
    }

    fn check_silence(&mut self, now: Time, index: u32) {
        let Some(session) = self.slots.at(index) else { return };
        let leg = session.state.leg;
        let Some(watch) = &mut session.state.watch else { return };
        let reports = watch.check(now);
        let due = watch.due();
        if reports {
            self.event(Event::Silence { leg });
        }
        self.set_timer(index, TimerKind::Silence, due);
    }

    fn check_machine(&mut self, now: Time, index: u32) {
        let Some(session) = self.slots.at(index) else { return };
        let Some(detector) = &mut session.state.detection else { return };
        let (verdict, due) = (detector.check(now), detector.due());
        match verdict {
            Some(verdict) => self.detected(index, verdict),
            None => self.set_timer(index, TimerKind::Detect, Some(due)),
        }
    }

    fn keep_alive(&mut self, now: Time, index: u32) {
        let Some(session) = self.slots.at(index) else { return };
        let quiet_until = session.state.counters.sending.at + KEEP_ALIVE_AFTER;
        if quiet_until > now {
            self.set_timer(index, TimerKind::KeepAlive, Some(quiet_until));
            return;
        }
        let slot = session.state.slot;
        session.silent_frame(&mut self.scratch.frame);
        if let Some((to, bytes)) = session.encoded(now, 0, &self.scratch.frame) {
            self.outputs.push_back(Output::Packet { slot, stream: StreamKind::AudioRtp, to, bytes });
        }
        self.set_timer(index, TimerKind::KeepAlive, Some(now + KEEP_ALIVE_AFTER));
    }

    /// A connected socket hides all other addresses: it is opened again when the peer's has gone quiet.
    fn check_latches(&mut self, now: Time, index: u32) {
        let Some(session) = self.slots.at(index) else { return };
        let slot = session.state.slot;
        for stream in StreamKind::ALL {
            if session.latch_mut(stream).release_if_quiet(now) {
                self.outputs.push_back(Output::Latch { slot, stream, address: None });
            }
        }
        self.set_timer(index, TimerKind::Relatch, Some(now + RELATCH_AFTER));
    }
}
