//! A talk one end of which is aside: a program drives it, the other end hears music.
//!
//! ```text
//!            code               ┌─ its program ends ──▶ talk
//!  talk ───────────▶ aside ─────┼─ Blind ────────────▶ the partner has a new program, the transferer is gone
//!                      │        └─ the partner is gone ▶ as if they had talked
//!                   Consult ──▶ see `consult.rs`
//! ```

use super::consult::Consult;
use crate::bridge::Bridge;
use crate::leg::reason_of;
use crate::program::stack::{Role, StackId};
use crate::state::{Beside, Run, State};
use crate::transfer::Transfer as Reference;
use crate::world::World;
use cordboard_app::{Cause, Reply, Transfer};
use cordboard_base::{LegId, Time};
use serde::{Deserialize, Serialize};

/// The application that asks for the number and has the menu of a consultation.
const PROGRAM: &str = "in_call_transfer";

/// A talk that is set aside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Aside {
    pub(crate) transferer: LegId,
    pub(crate) partner: LegId,
    /// The stack that drives the transferer, once it has begun.
    pub(crate) stack: Option<StackId>,
    pub(crate) consult: Option<Consult>,
}

impl State {
    /// Takes `from` out of its talk.
    pub(super) fn set_aside(&mut self, w: &mut World, from: LegId, partner: LegId, mode: &str) {
        self.bridge = None;
        self.hold(w, partner);
        let aside = Aside { transferer: from, partner, stack: None, consult: None };
        self.aside = Some(Box::new(aside));
        let args = super::arguments(&w.office.features, mode);
        let run = Run::App { app: PROGRAM.to_owned(), args };
        self.beside.push(Beside { subject: from, role: Role::Feature, run });
    }

    /// A leg that waits for somebody hears music.
    pub(super) fn hold(&mut self, w: &World, leg: LegId) {
        let music = self.hold_music(w);
        if let Some(leg) = self.legs.get_mut(&leg) {
            leg.music = music;
        }
    }

    /// A leg waits no more.
    pub(super) fn unhold(&mut self, w: &mut World, leg: LegId) {
        self.stop_prompt(w, leg);
        self.leave_mix(w, leg);
        if let Some(leg) = self.legs.get_mut(&leg) {
            leg.music = None;
            leg.typed.clear();
        }
    }

    /// Two legs talk, whatever they heard before.
    pub(super) fn talk_again(&mut self, w: &mut World, now: Time, a: LegId, b: LegId) {
        self.unhold(w, a);
        self.unhold(w, b);
        if self.is_live(a) && self.is_live(b) {
            self.make_bridge(w, Bridge::new(a, b, now));
        }
    }

    /// The transferer's program has begun.
    pub(crate) fn aside_begun(&mut self, id: StackId) {
        if let Some(aside) = &mut self.aside {
            aside.stack = Some(id);
        }
    }

    /// The transferer's program has ended: the two talk again.
    pub(crate) fn aside_over(&mut self, w: &mut World, now: Time, id: Option<StackId>) {
        if self.aside.as_ref().is_none_or(|aside| aside.stack != id) {
            return;
        }
        self.abort_consult(w, now);
        if let Some(aside) = self.aside.take() {
            self.talk_again(w, now, aside.partner, aside.transferer);
        }
    }

    /// Whether a leg's talk is set aside.
    pub(crate) fn is_aside(&self, leg: LegId) -> bool {
        self.aside.as_ref().is_some_and(|aside| aside.transferer == leg || aside.partner == leg)
    }

    /// A program that is no feature's has no talk to transfer.
    pub(crate) fn has_aside(&self, id: StackId) -> bool {
        self.aside.as_ref().is_some_and(|aside| aside.stack == Some(id))
    }

    pub(crate) fn step_transfer(&mut self, w: &mut World, now: Time, id: StackId, transfer: Transfer) {
        if !self.has_aside(id) {
            return self.reply(id, Reply::Failed("there is no talk to transfer".to_owned()));
        }
        match transfer {
            Transfer::Blind { number } => self.transfer_aside(w, now, id, number),
            Transfer::Consult { number, timeout_ms, codes } => {
                self.start_consult(now, id, number, timeout_ms, codes);
            }
            Transfer::Complete => self.complete_asked(w, now, id),
            Transfer::ThreeWay => self.three_way(w, id),
            Transfer::Swap => self.swap(w, now, id),
            Transfer::Abort => {
                self.abort_consult(w, now);
                self.reply(id, Reply::Ok);
            }
        }
    }

    /// The partner goes to a number of the transferer's.
    fn transfer_aside(&mut self, w: &mut World, now: Time, id: StackId, number: String) {
        let Some(aside) = self.aside.take() else { return };
        let Aside { transferer, partner, .. } = *aside;
        self.unhold(w, partner);
        self.hang(w, now, id, Cause::NORMAL);
        let reference = Reference {
            referrer: transferer,
            subject: partner,
            number: number.clone(),
            rang: false,
            elsewhere: None,
        };
        self.begin_transfer(w, now, reference, number.clone());
        // It has said where to, and is gone.
        self.transfer = None;
        self.returns_to(transferer, partner, number);
        self.end_legs(w, now, &[transferer], Cause::NORMAL, reason_of(Cause::NORMAL));
    }

    /// A leg is gone while a talk is set aside. What is left is as it would be had they talked, or has a new driver.
    pub(crate) fn aside_left(&mut self, w: &mut World, now: Time, leg: LegId) {
        let Some(aside) = self.aside.as_deref().filter(|_| self.is_aside(leg)) else { return };
        let (transferer, partner) = (aside.transferer, aside.partner);
        match (aside.consult.is_some(), leg == transferer) {
            (true, true) => self.complete(w, now),
            (true, false) => self.consult_drives(w, now),
            (false, _) => {
                let stack = self.aside.take().and_then(|aside| aside.stack);
                if let Some(stack) = stack {
                    self.hang(w, now, stack, Cause::NORMAL);
                }
                self.unhold(w, if leg == partner { transferer } else { partner });
                self.bridge = Some(Bridge::new(partner, transferer, now));
            }
        }
    }
}
