//! Stopping: no new calls, a grace for those in progress, then BYE to all, then [`Output::Drained`]. Trunks are told at once
//! that we are gone, so that their calls find another way.

use crate::exchange::Drain;
use crate::{AdminReply, AdminRequest, Exchange, LogLine, Output, PhoneSummary};
use cordboard_app::{Cause, Destination, Level};
use cordboard_base::Time;
use cordboard_call::{CallSummary, Input as CallInput};
use core::time::Duration;

/// How long a provider may take to hear that we are gone. Without an answer our registration runs out by itself.
const GIVE_BACK: Duration = Duration::from_secs(2);

impl Exchange {
    pub(crate) fn start_drain(&mut self, now: Time, grace_ms: u32) {
        if self.drain == Drain::No {
            self.drain = Drain::Until(now + Duration::from_millis(u64::from(grace_ms)));
            self.log(
                LogLine::new(Level::Info, "draining")
                    .with("calls", self.calls.len())
                    .with("grace_ms", grace_ms),
            );
            self.keep_emergency_routes();
            self.trunks.stop(now);
        } else {
            self.drain_sooner(now, grace_ms);
        }
        self.drain_further(now);
    }

    /// Told again: the grace is shortened; once it is over, emergency calls are ended as well.
    fn drain_sooner(&mut self, now: Time, grace_ms: u32) {
        let sooner = now + Duration::from_millis(u64::from(grace_ms));
        match self.drain {
            Drain::Until(at) => self.drain = Drain::Until(at.min(sooner)),
            Drain::HangingUp => {
                for summary in self.calls.summaries(now) {
                    self.calls.handle(now, CallInput::Hangup { call: summary.call, cause: Cause::TEMPORARY });
                }
            }
            Drain::No | Drain::GivingBack(_) | Drain::Done => {}
        }
    }

    /// After the grace, every remaining call is hung up.
    pub(crate) fn drain_further(&mut self, now: Time) {
        let Drain::Until(at) = self.drain else { return };
        if at > now && !self.calls.is_empty() {
            return;
        }
        self.drain = Drain::HangingUp;
        for summary in self.calls.summaries(now) {
            // Whoever stops the process may end it; we don't.
            if self.calls.is_emergency(summary.call) {
                continue;
            }
            self.calls.handle(now, CallInput::Hangup { call: summary.call, cause: Cause::TEMPORARY });
        }
    }

    pub(crate) fn finish_drain(&mut self, now: Time) {
        if matches!(self.drain, Drain::Until(_) | Drain::HangingUp) && self.calls.is_empty() {
            self.drain = Drain::GivingBack(now + GIVE_BACK);
        }
        if matches!(self.drain, Drain::GivingBack(_)) && !self.calls.is_empty() {
            // An emergency, the last moment.
            self.drain = Drain::HangingUp;
        }
        if let Drain::GivingBack(at) = self.drain
            && (self.trunks.is_idle() || at <= now)
        {
            self.drain = Drain::Done;
            self.out.push_back(Output::Drained);
        }
    }

    pub(crate) fn handle_admin(&mut self, now: Time, request: AdminRequest) -> AdminReply {
        match request {
            AdminRequest::Phones => AdminReply::Phones(self.phones(now)),
            AdminRequest::Calls => AdminReply::Calls(self.whole_calls(now)),
            AdminRequest::Trunks => AdminReply::Trunks(self.trunk_summaries(now)),
            AdminRequest::Mailboxes => AdminReply::Mailboxes(self.mailbox_counts()),
            AdminRequest::Counters => AdminReply::Counters(self.counted()),
            // A service answers for itself, when it likes.
            AdminRequest::Service { .. } => Self::refuse_admin("a service answers this"),
            AdminRequest::Hangup { call } => {
                if self.calls.summaries(now).iter().any(|summary| summary.call == call) {
                    self.calls.handle(now, CallInput::Hangup { call, cause: Cause::NORMAL });
                    AdminReply::Done
                } else {
                    Self::refuse_admin("no such call; `cordboard calls` lists them")
                }
            }
        }
    }

    /// The live calls as callers see them.
    fn whole_calls(&self, now: Time) -> Vec<CallSummary> {
        let mut calls = self.calls.summaries(now);
        calls.retain(|call| call.part_of.is_none());
        calls
    }

    /// Every user, with a line for each binding.
    fn phones(&self, now: Time) -> Vec<PhoneSummary> {
        let mut phones = Vec::new();
        for (user, setup) in &self.setup.users {
            let state = self.state_of(now, &Destination::User(user.clone())).to_owned();
            let base = PhoneSummary {
                user: user.clone(),
                name: self.name_at(user, &setup.identity.name),
                state,
                ..Default::default()
            };
            let bindings = self.registrar.bindings(user);
            if bindings.is_empty() {
                phones.push(base.clone());
            }
            phones.extend(bindings.into_iter().map(|binding| PhoneSummary {
                contact: binding.contact.to_string(),
                address: binding.via.to_string(),
                nat: binding.nat,
                expires_s: binding.remaining_s(now),
                agent: binding.user_agent.clone().unwrap_or_default(),
                ..base.clone()
            }));
        }
        phones
    }
}
