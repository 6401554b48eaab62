//! Where inputs and timers go within a call.

use crate::call::Call;
use crate::feature::typing::Pressed;
use crate::hangup::cause_of;
use crate::info;
use crate::leg::identity;
use crate::leg::reason_of;
use crate::program::stack::Wait;
use crate::state::{Phase, State, Timer};
use crate::world::World;
use cordboard_app::{Cause, Level, MessageEnd, Reply};
use cordboard_base::{LegId, Time};
use cordboard_media::Event;
use cordboard_sip::message::Headers;
use cordboard_sip::session::{LegCommand, LegEvent};

impl State {
    /// From a leg's session.
    pub(crate) fn leg_event(&mut self, w: &mut World, now: Time, id: LegId, event: LegEvent) {
        match event {
            LegEvent::Incoming { .. } => self.adopted(w, now, id),
            LegEvent::Provisional { response, sdp } => self.provisional(w, now, id, &response, sdp),
            LegEvent::Answered { response, sdp } => self.leg_answered(w, now, id, &response, sdp.as_ref()),
            LegEvent::Acknowledged { sdp } => self.acknowledged(w, now, id, sdp.as_ref()),
            LegEvent::Refused { status, response } => {
                self.leg_refused(w, now, id, status, response.as_deref())
            }
            LegEvent::Offered { sdp, by: _, request } => {
                self.identified(id, &request.headers);
                self.offered(w, id, sdp.as_ref());
            }
            LegEvent::OfferAnswered { sdp, by: _ } => self.offer_answered(w, id, &sdp),
            LegEvent::OfferFailed { status: _ } => self.offer_failed(id),
            LegEvent::Identity { request } => self.identified(id, &request.headers),
            LegEvent::Info { content_type, body } => self.info(w, now, id, &content_type, &body),
            LegEvent::Message { content_type, body } => {
                if let Some(partner) = self.partner(id) {
                    w.leg(partner, LegCommand::Message { content_type, body });
                }
            }
            LegEvent::Referred { to, by: _, request: _ } => self.referred(w, now, id, &to),
            // Nothing of ours refers anybody yet.
            LegEvent::ReferProgress { status: _ } => {}
            LegEvent::Ended { by, reason } => {
                let cause = cause_of(by, &reason);
                let by_peer = !matches!(by, cordboard_sip::session::EndedBy::Us);
                let rang = self.stop_ringing(id);
                if let Some(stack) = rang {
                    let response =
                        crate::dial::Response::Status { status: 480, q850: reason.q850, rang: true };
                    self.note_response(stack, response);
                }
                self.leg_over(w, now, id, cause, by_peer);
                if let Some(stack) = rang {
                    self.check_stage(w, now, stack);
                }
            }
        }
    }

    /// A trunk's peer says who it is now. Phones are known by who they are registered as.
    fn identified(&mut self, id: LegId, headers: &Headers) {
        if let Some(leg) = self.legs.get_mut(&id)
            && leg.is_trunk()
            && let Some(party) = identity::asserted(headers)
        {
            leg.party = party;
        }
    }

    /// Digits by INFO.
    fn info(&mut self, w: &mut World, now: Time, id: LegId, content_type: &str, body: &[u8]) {
        let Some(info::Key { digit, duration_ms }) = info::key(content_type, body) else { return };
        // It did not come in the audio, so the relay can't carry it on; if it may begin a code it is passed on when that is decided.
        let withheld = self.legs.get(&id).is_some_and(|leg| leg.withholds);
        self.digit(w, now, id, Pressed { digit, ms: duration_ms, is_heard: false });
        if let Some(partner) = self.partner(id).filter(|_| !withheld) {
            let digits = digit.to_string();
            w.media(cordboard_media::Command::SendDigits { leg: partner, digits, duration_ms, gap_ms: 50 });
        }
    }

    /// From the media engine.
    pub(crate) fn media_event(&mut self, w: &mut World, now: Time, id: LegId, event: Event) {
        match event {
            Event::Opened { audio, video, .. } => self.opened(w, now, id, audio, video),
            Event::OpenFailed { .. } => self.port_failed(w, now, id),
            Event::Digit { digit, duration_ms, is_passed_on, .. } => {
                self.digit(w, now, id, Pressed { digit, ms: duration_ms, is_heard: is_passed_on });
            }
            Event::Played { play, end, at, .. } => self.played(w, now, id, play, (end, at)),
            Event::Silence { .. } => match self.wait_of(id) {
                Some((stack, Wait::Silence)) => self.end_silence(w, stack, id, true),
                Some((stack, Wait::Message(_))) => self.end_message(w, stack, MessageEnd::Silence),
                Some(_) | None => {}
            },
            Event::Detected { verdict, .. } => {
                if let Some((stack, Wait::Machine)) = self.wait_of(id) {
                    self.detected(stack, &verdict);
                }
            }
            Event::Timeout { .. } => self.media_lost(w, now, id),
            Event::Talking { mix, talks, .. } => w.talking(mix, self.id, talks),
            Event::Latched { .. } | Event::PlayedInto { .. } | Event::Figures { .. } => {}
            Event::RecordingEnded { id, file, ms, failure } => {
                self.recording_ended(w, now, id, (file, ms, failure));
            }
            Event::Closed { .. } => {
                self.timers.cancel(&Timer::Port(id));
                if let Some(leg) = self.legs.get_mut(&id) {
                    leg.port_closed(&event);
                }
                self.await_recordings(w, now, id);
            }
        }
    }

    /// No packet for too long ends an answered leg, unless its peer holds.
    fn media_lost(&mut self, w: &mut World, now: Time, id: LegId) {
        // A caller in need may be silent: its phone says when it is gone, or its session timer does.
        if self.is_emergency() {
            return self.log(w, Level::Warn, format!("leg {id}: no media"));
        }
        if self.legs.get(&id).is_some_and(|leg| leg.is_up() && !leg.is_holding()) {
            self.log(w, Level::Warn, format!("leg {id}: no media"));
            self.end_legs(w, now, &[id], Cause::TEMPORARY, reason_of(Cause::TEMPORARY));
        }
    }
}

impl Call {
    /// Everything that is due.
    pub(crate) fn timers(&mut self, w: &mut World, now: Time) {
        while let Some(timer) = self.state.timers.pop_due(now) {
            self.timer(w, now, timer);
        }
    }

    /// It is this call's turn: programs that yielded go on.
    pub(crate) fn take_turn(&mut self) {
        self.state.turn = None;
        let yielded = self.state.stacks.values_mut().filter(|stack| stack.wait == Wait::Yield);
        yielded.for_each(|stack| stack.reply(Reply::Ok));
    }

    fn timer(&mut self, w: &mut World, now: Time, timer: Timer) {
        let state = &mut self.state;
        match timer {
            Timer::Step(stack) => state.step_timer(w, now, stack),
            Timer::RingStage(stack) => state.stage_timer(w, now, stack),
            Timer::RingLeg(leg) => state.ring_leg_timer(w, now, leg),
            Timer::TalkLimit(stack) => {
                let talk = state.stacks.get(&stack).and_then(|stack| stack.talk());
                if let Some(leg) = talk.map(|talk| talk.leg) {
                    state.end_legs(w, now, &[leg], Cause::TIMER, reason_of(Cause::TIMER));
                }
            }
            // An emergency call takes as long as it takes.
            Timer::CallLimit if state.is_emergency() => {}
            Timer::CallLimit => state.end_call(w, now, Cause::TIMER),
            Timer::Unwind(stack) => self.unwind_timer(w, stack),
            Timer::Recordings(leg) => state.recordings_timer(w, leg),
            Timer::Port(leg) => state.port_failed(w, now, leg),
            Timer::Code(leg) => state.code_timer(w, leg),
            Timer::Leave(leg) => {
                state.log(w, Level::Error, format!("leg {leg}: its session did not end"));
                state.leg_over(w, now, leg, Cause::TEMPORARY, false);
            }
            Timer::Replace => {
                if matches!(state.phase, Phase::Replacing { .. }) {
                    state.end_call(w, now, Cause::TEMPORARY);
                }
            }
        }
    }
}
