//! From the INVITE to the program: the endpoint hands the leg over, the media engine opens its port, in either order.

use crate::leg::{Port, Side, Stage, reason_of};
use crate::program::stack::Role;
use crate::state::{Beside, EndBy, Phase, Run, State, Timer, Wanted};
use crate::world::World;
use cordboard_app::{Cause, Level};
use cordboard_base::{LegId, Time};

impl State {
    /// The endpoint has handed the INVITE over.
    pub(crate) fn adopted(&mut self, w: &mut World, now: Time, id: LegId) {
        let Some(leg) = self.legs.get_mut(&id).filter(|leg| leg.is_incoming()) else {
            return;
        };
        match leg.stage {
            Stage::Preparing => {}
            // It was ended before it began.
            Stage::Leaving => return leg.reject(w, leg.cause, &reason_of(leg.cause)),
            Stage::Trying | Stage::Early | Stage::Up | Stage::Gone => return,
        }
        leg.stage = Stage::Trying;
        match &mut self.phase {
            Phase::Opening { adopted } | Phase::Replacing { adopted, .. } => *adopted = true,
            Phase::Live | Phase::Ending => {}
        }
        self.begin(w, now);
    }

    /// A port is open.
    pub(crate) fn opened(
        &mut self,
        w: &mut World,
        now: Time,
        id: LegId,
        audio: core::net::SocketAddr,
        video: Option<core::net::SocketAddr>,
    ) {
        let Some(leg) = self.legs.get_mut(&id).filter(|leg| leg.port == Port::Opening) else {
            return;
        };
        leg.port = Port::Open { audio, video };
        self.timers.cancel(&Timer::Port(id));
        if leg.is_incoming() {
            self.begin(w, now);
        } else {
            self.send_invite(w, id);
        }
    }

    /// A port can't be opened, or is closed, or nobody has said for too long.
    pub(crate) fn port_failed(&mut self, w: &mut World, now: Time, id: LegId) {
        self.timers.cancel(&Timer::Port(id));
        let Some(leg) = self.legs.get_mut(&id) else {
            return;
        };
        let was = leg.port;
        leg.port = Port::Closed;
        self.await_recordings(w, now, id);
        if was != Port::Opening {
            return;
        }
        self.log(w, Level::Error, "no media port");
        if id == self.first_leg() {
            // The record says why, as the refusal does.
            self.note_end(Cause::NO_CIRCUIT, EndBy::System);
        }
        let rings = self.stop_ringing(id);
        self.end_legs(w, now, &[id], Cause::NO_CIRCUIT, reason_of(Cause::NO_CIRCUIT));
        if let Some(stack) = rings {
            let response = crate::dial::Response::Status { status: 503, q850: None, rang: false };
            self.note_response(stack, response);
            self.check_stage(w, now, stack);
        }
    }

    /// Both the INVITE and the port are there: the program may start.
    fn begin(&mut self, w: &mut World, now: Time) {
        let id = self.first_leg();
        let Some(leg) = self.legs.get(&id).filter(|leg| matches!(leg.port, Port::Open { .. })) else {
            return;
        };
        // An offer that can't be met is refused before anybody is rung for it.
        let meets = match &leg.side {
            Side::Incoming { offer: Some(offer) } => {
                leg.can_answer(w, offer).map_err(|refusal| refusal.to_string())
            }
            Side::Incoming { offer: None } | Side::Outgoing { .. } => Ok(()),
        };
        match self.phase {
            Phase::Opening { adopted: true } => match meets {
                Ok(()) => {
                    self.phase = Phase::Live;
                    if let Some((app, args)) = self.runs.take() {
                        let run = Run::App { app, args };
                        return self.beside.push(Beside { subject: id, role: Role::Drives, run });
                    }
                    let (context, number) = (self.info.context.clone(), self.info.dialed.clone());
                    self.wanted =
                        Some(Wanted { subject: id, context, number, enters: 0, vars: Default::default() });
                }
                Err(why) => {
                    self.phase = Phase::Live;
                    self.log(w, Level::Info, why);
                    self.note_end(Cause::INCOMPATIBLE, EndBy::System);
                    self.end_legs(w, now, &[id], Cause::INCOMPATIBLE, reason_of(Cause::INCOMPATIBLE));
                }
            },
            Phase::Replacing { adopted: true, old: Some(old) } => {
                w.errands.push_back(crate::world::Errand::Replace { new: self.id, old });
            }
            Phase::Opening { adopted: false } | Phase::Replacing { .. } | Phase::Live | Phase::Ending => {}
        }
    }

    /// The exchange has said which leg this call's INVITE replaces.
    pub(crate) fn replaces(&mut self, w: &mut World, now: Time, replaced: LegId) {
        if let Phase::Replacing { old, .. } = &mut self.phase {
            *old = Some(replaced);
            self.timers.cancel(&Timer::Replace);
            self.begin(w, now);
        }
    }
}
