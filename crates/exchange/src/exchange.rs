//! The composition of the cores: where an input goes, and where what comes out of one core goes next.

use crate::groups::Groups;
use crate::lamps::Lamps;
use crate::requests::{Owner, Requests};
use crate::services::Services;
use crate::{AdminReply, AdminRequest, Input, LogLine, Output, Setup, StoreReply, StoreRow};
use cordboard_app::{Hosted, Level, Programs, ServiceInput};
use cordboard_base::{Source, Time};
use cordboard_call::{Calls, Input as CallInput, Output as CallOutput, QueryId};
use cordboard_sip::auth::{self, Verifier};
use cordboard_sip::endpoint::{self, Endpoint, Event};
use cordboard_sip::registrar::Registrar;
use cordboard_sip::subscription::Notifier;
use cordboard_sip::trunk::Trunks;
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

/// The streams of the one source key, a number for each core.
pub(crate) mod stream {
    pub(crate) const EXCHANGE: u32 = 0;
    pub(crate) const ENDPOINT: u32 = 1;
    pub(crate) const VERIFIER: u32 = 2;
    pub(crate) const REGISTRAR: u32 = 3;
    pub(crate) const NOTIFIER: u32 = 4;
    pub(crate) const TRUNKS: u32 = 5;
}

/// The whole exchange. `handle` an input, then drain `poll`; at `next_deadline` call `handle_timeout`.
pub struct Exchange {
    pub(crate) setup: Setup,
    pub(crate) zone: TimeZone,
    pub(crate) source: Source,
    pub(crate) endpoint: Endpoint,
    pub(crate) verifier: Verifier,
    pub(crate) registrar: Registrar,
    pub(crate) notifier: Notifier,
    pub(crate) trunks: Trunks,
    pub(crate) channels: crate::trunks::ChannelsHeld,
    pub(crate) calls: Calls,
    pub(crate) lamps: Lamps,
    pub(crate) groups: Groups,
    pub(crate) services: Services,
    pub(crate) requests: Requests,
    pub(crate) unsolicited: crate::unsolicited::Unsolicited,
    /// MESSAGEs that are passed on: how many phones have not answered yet, and the sender's request.
    pub(crate) relayed: BTreeMap<endpoint::ServerTxn, (usize, cordboard_sip::message::Request)>,
    /// Programs' questions that wait for the store.
    pub(crate) asked: BTreeMap<u64, QueryId>,
    pub(crate) next_store_id: u64,
    pub(crate) next_call: u32,
    pub(crate) media_totals: crate::counters::MediaTotals,
    pub(crate) authentication_failed: u64,
    pub(crate) refused_lately: crate::journey::RefusedLately,
    pub(crate) emergencies: crate::emergency::Emergencies,
    pub(crate) desks: crate::desks::Desks,
    pub(crate) soft_keys: crate::soft_keys::SoftKeys,
    /// Set while draining: when the rest is hung up.
    pub(crate) drain: Drain,
    pub(crate) out: VecDeque<Output>,
}

/// Whether we are about to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum Drain {
    No,
    Until(Time),
    HangingUp,
    /// No call is left; until then at the latest, trunks' registrations are given back.
    GivingBack(Time),
    Done,
}

impl Exchange {
    /// An exchange of this office, with what was kept of its former life.
    pub fn new(
        now: Time,
        setup: Setup,
        programs: Rc<dyn Programs>,
        services: Vec<Box<dyn Hosted>>,
        rows: Vec<StoreRow>,
    ) -> Self {
        let source = |stream| Source::new(setup.key, stream);
        let mut exchange = Self {
            zone: zone_of(&setup),
            source: source(stream::EXCHANGE),
            endpoint: Endpoint::new(crate::configure::endpoint(&setup)),
            verifier: Verifier::new(crate::configure::verifier(&setup), source(stream::VERIFIER)),
            registrar: Registrar::new(crate::configure::registrar(&setup), source(stream::REGISTRAR)),
            notifier: Notifier::new(crate::watch::settings(&setup), source(stream::NOTIFIER)),
            trunks: Trunks::new(crate::trunks::locals(&setup), source(stream::TRUNKS)),
            channels: BTreeMap::new(),
            calls: Calls::new(setup.key, setup.office.clone(), programs),
            lamps: Lamps::default(),
            groups: Groups::default(),
            services: Services::new(services),
            requests: Requests::default(),
            unsolicited: crate::unsolicited::Unsolicited::default(),
            relayed: BTreeMap::new(),
            asked: BTreeMap::new(),
            next_store_id: 1,
            next_call: 0,
            media_totals: crate::counters::MediaTotals::default(),
            authentication_failed: 0,
            refused_lately: Default::default(),
            emergencies: Default::default(),
            desks: Default::default(),
            soft_keys: Default::default(),
            drain: Drain::No,
            out: VecDeque::new(),
            setup,
        };
        exchange.configure_services(now);
        exchange.restore_rows(now, rows);
        exchange.show_emergencies(now);
        exchange.reconfigure_trunks(now);
        exchange.settle(now);
        exchange
    }

    /// Takes an input.
    pub fn handle(&mut self, now: Time, input: Input) {
        match input {
            Input::Message { from, bytes } => {
                self.see_message(now, false, from, &bytes);
                self.endpoint.handle(now, endpoint::Input::Message { from, bytes })
            }
            Input::Unreachable(hop) => self.endpoint.handle(now, endpoint::Input::Unreachable(hop)),
            Input::Undelivered { hop, quoted } => {
                self.endpoint.handle(now, endpoint::Input::Undelivered { hop, quoted })
            }
            Input::Media(mut event) => {
                if !self.see_media(now, &mut event) {
                    self.calls.handle(now, CallInput::Media(event));
                }
            }
            Input::Stored(StoreReply::Value { id, value }) => {
                if let Some(query) = self.asked.remove(&id) {
                    self.calls.handle(now, CallInput::Answered { query, value });
                } else if !self.settings_read(now, id, &value) {
                    let _is_a_services = self.service_written(now, id, value.err());
                }
            }
            Input::Fetched { id, reply } => {
                if let Some(query) = self.asked.remove(&id) {
                    self.calls.handle(now, CallInput::Answered { query, value: Ok(reply.value()) });
                }
            }
            Input::Resolved { id, hops, ttl_s } => self.handle_resolved(now, id, hops, ttl_s),
            Input::Admin { id, request: AdminRequest::Service { kind, request } } => {
                self.ask_service_for_admin(now, id, &kind, request);
            }
            Input::Admin { id, request } => {
                let reply = self.handle_admin(now, request);
                self.out.push_back(Output::Admin { id, reply });
            }
            Input::Tell { service, message } => {
                self.serve(now, &service, ServiceInput::Told { message });
            }
            Input::Reload(setup) => self.reconfigure(now, *setup),
            Input::Drain { grace_ms } => self.start_drain(now, grace_ms),
        }
        self.settle(now);
    }

    /// Puts a checked dialplan in the place of the present one; calls in progress keep theirs.
    pub fn set_programs(&mut self, programs: Rc<dyn Programs>) {
        self.calls.set_programs(programs);
    }

    /// Lets time pass: does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Time) {
        self.endpoint.handle(now, endpoint::Input::Tick);
        self.registrar.handle_timeout(now);
        self.notifier.handle_timeout(now);
        self.trunks.handle_timeout(now);
        self.calls.tick(now);
        self.tick_services(now);
        self.tell_due_unasked(now);
        self.drain_further(now);
        self.settle(now);
    }

    /// The next output.
    pub fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// When `handle_timeout` is due.
    pub fn next_deadline(&self) -> Option<Time> {
        let drain = match self.drain {
            Drain::Until(at) | Drain::GivingBack(at) => Some(at),
            Drain::No | Drain::HangingUp | Drain::Done => None,
        };
        let cores = [
            self.endpoint.next_deadline(),
            self.registrar.next_deadline(),
            self.notifier.next_deadline(),
            self.trunks.next_deadline(),
            self.calls.next_deadline(),
            self.services.next_deadline(),
            self.unsolicited.next_deadline(),
            drain,
        ];
        cores.into_iter().flatten().min()
    }

    /// Live calls.
    pub fn call_count(&self) -> usize {
        self.calls.len()
    }

    /// What the endpoint has counted.
    pub fn counters(&self) -> endpoint::Counters {
        self.endpoint.counters()
    }

    /// Moves what each core yields to where it belongs, until all are quiet.
    pub(crate) fn settle(&mut self, now: Time) {
        loop {
            let before = self.turns(now);
            if !before {
                break;
            }
        }
        self.finish_drain(now);
    }

    fn turns(&mut self, now: Time) -> bool {
        let mut moved = false;
        while let Some(output) = self.endpoint.poll() {
            moved = true;
            match output {
                endpoint::Output::Transmit { to, bytes } => {
                    self.see_message(now, true, to, &bytes);
                    self.out.push_back(Output::Transmit { to, bytes })
                }
                endpoint::Output::Event(event) => self.handle_event(now, event),
            }
        }
        while let Some(output) = self.calls.poll() {
            moved = true;
            self.handle_call(now, output);
        }
        moved |= self.drain_services(now);
        moved |= self.drain_registrar(now);
        moved |= self.drain_notifier(now);
        moved |= self.drain_trunks(now);
        while let Some(failure) = self.verifier.poll() {
            self.log_auth_failure(failure);
        }
        moved
    }

    fn handle_event(&mut self, now: Time, event: Event) {
        match event {
            Event::Invite { txn, request, from } => self.handle_invite(now, txn, *request, from),
            // The endpoint has answered 487; nothing of ours began.
            Event::InviteCancelled(_) => {}
            Event::Request { txn, request, from } => self.handle_request(now, txn, *request, from),
            Event::Response { id, outcome } => self.handle_response(now, id, outcome),
            Event::Leg(leg, event) => self.calls.handle(now, CallInput::Leg(leg, event)),
        }
    }

    fn handle_call(&mut self, now: Time, output: CallOutput) {
        match output {
            CallOutput::Leg(leg, command) => self.command(now, endpoint::Command::Leg(leg, command)),
            CallOutput::Media(command) => {
                let command = self.with_own_prompts(self.dated(now, command));
                self.out.push_back(Output::Media(command));
            }
            CallOutput::Ask { query, call, question } => self.handle_question(now, query, call, question),
            CallOutput::Reach { query, call, destination, emergency } => {
                let reach = if emergency {
                    self.reach_in_emergency(now, call, &destination)
                } else {
                    self.reach(now, call, &destination)
                };
                if let Err(why) = reach {
                    self.see_out_of_reach(now, call, destination, why);
                }
                self.calls.handle(now, CallInput::Reached { query, reach });
            }
            CallOutput::FindDialog { query, call_id, to_tag, from_tag } => {
                let leg = self.endpoint.leg_of_dialog(&call_id, &to_tag, &from_tag);
                self.calls.handle(now, CallInput::Found { query, leg });
            }
            CallOutput::Originated { call, failed } => self.originated(now, call, failed),
            CallOutput::Mix { mix, news } => self.handle_mix(now, mix, news),
            CallOutput::Fact(call, fact) => {
                self.see_fact(now, call, &fact);
                self.handle_fact(now, call, fact);
            }
            CallOutput::Ended(record) => self.handle_ended(now, record),
        }
    }

    pub(crate) fn command(&mut self, now: Time, command: endpoint::Command) {
        self.endpoint.handle(now, endpoint::Input::Command(command));
    }

    pub(crate) fn respond(
        &mut self,
        now: Time,
        txn: endpoint::ServerTxn,
        response: cordboard_sip::message::Response,
    ) {
        self.command(now, endpoint::Command::Respond { txn, response: Box::new(response) });
    }

    /// Sends a request outside of sessions, for one of the machines.
    pub(crate) fn send(
        &mut self,
        now: Time,
        owner: Owner,
        to: cordboard_base::Hop,
        request: Box<cordboard_sip::message::Request>,
    ) {
        let id = self.requests.add(owner);
        self.command(now, endpoint::Command::Send { id, to, request });
    }

    pub(crate) fn log(&mut self, line: LogLine) {
        self.out.push_back(Output::Log(line));
    }

    pub(crate) fn log_auth_failure(&mut self, failure: auth::AuthFailure) {
        self.authentication_failed = self.authentication_failed.saturating_add(1);
        let line = LogLine::new(Level::Warn, "authentication failed")
            .with("user", failure.user)
            .with("from", failure.from)
            .with("reason", format!("{:?}", failure.reason));
        self.log(line);
    }

    pub(crate) fn refuse_admin(text: &str) -> AdminReply {
        AdminReply::Refused(text.to_owned())
    }
}

/// The office's zone; UTC if the tables don't know it (the configuration check says so before it comes here).
pub(crate) fn zone_of(setup: &Setup) -> TimeZone {
    TimeZone::get(&setup.time_zone).unwrap_or(TimeZone::UTC)
}
