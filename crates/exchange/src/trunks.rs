//! Trunks: which of them a call comes from or goes out by, their channels, and what they send and ask.

use crate::requests::Owner;
use crate::{Exchange, LogLine, Output, ResolveId, Setup, TrunkSetup, TrunkSummary};
use cordboard_app::Level;
use cordboard_base::{CallId, Hop, LegId, Time};
use cordboard_call::{LegState, OutOfReach, TrunkRoute};
use cordboard_sip::endpoint::Outcome;
use cordboard_sip::message::Request;
use cordboard_sip::trunk::{
    Direction, Fact, Locals, Output as TrunkOutput, QuestionId, RegistrationState, TrunkRequestId,
    TrunkSettings,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Which channels each call holds.
pub(crate) type ChannelsHeld = BTreeMap<CallId, Vec<Held>>;

/// A channel in use: from when it is asked for until its leg ends, in whichever call that is by then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Held {
    /// The leg that uses it; `None`: it has not been made yet.
    #[serde(default)]
    leg: Option<LegId>,
    /// The trunk that was dialled: what its leg is known by.
    dialled: String,
    /// The trunk whose channel it is: that one, or a fallback of it.
    trunk: String,
    direction: Direction,
}

impl Held {
    /// One that goes out by this very trunk, for a leg that is still to be made.
    pub(crate) fn outgoing(trunk: &str) -> Self {
        let (dialled, trunk) = (trunk.to_owned(), trunk.to_owned());
        Self { leg: None, dialled, trunk, direction: Direction::Out }
    }

    /// Whether it was taken for a leg by this trunk that is still to be made.
    fn waits_for(&self, dialled: &str) -> bool {
        self.leg.is_none() && self.direction == Direction::Out && self.dialled == dialled
    }
}

pub(crate) fn locals(setup: &Setup) -> Locals {
    let ports = setup.listeners;
    Locals { networks: setup.networks.clone(), udp: ports.udp, tcp: ports.tcp, tls: ports.tls }
}

pub(crate) fn settings(setup: &Setup) -> BTreeMap<String, TrunkSettings> {
    setup.trunks.iter().map(|(name, trunk)| (name.clone(), trunk.settings.clone())).collect()
}

impl Exchange {
    /// Takes a channel for an incoming call.
    pub(crate) fn reserve_incoming(&mut self, call: CallId, trunk: &str, anyway: bool) -> bool {
        let held = Held {
            leg: Some(LegId { call, index: 0 }),
            dialled: trunk.to_owned(),
            trunk: trunk.to_owned(),
            direction: Direction::In,
        };
        if anyway {
            self.take_channel(call, held);
            return true;
        }
        self.reserve_channel(call, held)
    }

    /// Takes a channel for an emergency call, whether there is one or not.
    pub(crate) fn take_channel(&mut self, call: CallId, held: Held) {
        self.trunks.reserve_anyway(&held.trunk, held.direction);
        self.channels.entry(call).or_default().push(held);
    }

    /// The way out of an emergency call by a trunk: as much of it as is known, whether it is believed to work or not.
    pub(crate) fn emergency_route(&self, trunk: &str, number: &str) -> Option<TrunkRoute> {
        let setup = self.setup.trunks.get(trunk)?;
        Some(TrunkRoute {
            trunk: trunk.to_owned(),
            uri: self.trunks.target_as_is(trunk, number)?,
            hops: Some(self.trunks.hops(trunk)).filter(|hops| !hops.is_empty())?,
            route: Vec::new(),
            presentation: self.trunks.presentation(trunk)?,
            // It transfers nobody.
            context: String::new(),
            credentials: setup.settings.credentials.clone(),
            codecs: setup.codecs.clone(),
        })
    }

    fn reserve_channel(&mut self, call: CallId, held: Held) -> bool {
        let taken = self.trunks.reserve(&held.trunk, held.direction);
        if taken {
            self.channels.entry(call).or_default().push(held);
        }
        taken
    }

    /// The call is over; legs that have gone on in another one have taken their channels with them.
    pub(crate) fn release_channels(&mut self, call: CallId) {
        for held in self.channels.remove(&call).unwrap_or_default() {
            self.trunks.release(&held.trunk, held.direction);
        }
    }

    /// A leg of a trunk is made, or over; the call may go on.
    pub(crate) fn trunk_leg_state(&mut self, call: CallId, leg: LegId, dialled: &str, state: LegState) {
        let Some(all) = self.channels.get_mut(&call) else { return };
        let own = all.iter().position(|held| held.leg == Some(leg));
        // Legs are made in the order in which their channels were taken.
        let Some(index) = own.or_else(|| all.iter().position(|held| held.waits_for(dialled))) else { return };
        if state == LegState::Ended {
            let held = all.remove(index);
            self.trunks.release(&held.trunk, held.direction);
        } else if let Some(held) = all.get_mut(index) {
            held.leg = Some(leg);
        }
    }

    /// A leg goes on in another call.
    pub(crate) fn move_channel(&mut self, from: CallId, leg: LegId, to: CallId) {
        let Some(all) = self.channels.get_mut(&from) else { return };
        let Some(index) = all.iter().position(|held| held.leg == Some(leg)) else { return };
        let held = all.remove(index);
        self.channels.entry(to).or_default().push(held);
    }

    /// A caller's number, as the office writes numbers.
    pub(crate) fn incoming_number(&self, trunk: &str, number: &str) -> String {
        self.trunks.caller_number(trunk, number).unwrap_or_else(|| number.to_owned())
    }

    /// Who a call from a trunk is for, as the office writes numbers.
    pub(crate) fn dialled_by_trunk(&self, trunk: &str, request: &Request) -> String {
        self.trunks.dialled(trunk, request).unwrap_or_default()
    }

    /// The trunk, or the first of its fallbacks that is up and has a channel free.
    pub(crate) fn reach_trunk(
        &mut self,
        now: Time,
        call: CallId,
        trunk: &str,
        number: &str,
    ) -> Result<TrunkRoute, OutOfReach> {
        if !self.setup.trunks.contains_key(trunk) {
            return Err(OutOfReach::Unknown);
        }
        let all = self.trunks.all_usable(now, trunk);
        if all.is_empty() {
            return Err(OutOfReach::Offline);
        }
        let free = all.into_iter().find(|usable| {
            let held = Held {
                leg: None,
                dialled: trunk.to_owned(),
                trunk: usable.clone(),
                direction: Direction::Out,
            };
            self.reserve_channel(call, held)
        });
        let usable = free.ok_or(OutOfReach::Full)?;
        let setup = self.setup.trunks.get(&usable).ok_or(OutOfReach::Unknown)?;
        Ok(TrunkRoute {
            uri: self.trunks.target(&usable, number).ok_or(OutOfReach::Unknown)?,
            hops: self.trunks.hops(&usable),
            route: Vec::new(),
            presentation: self.trunks.presentation(&usable).ok_or(OutOfReach::Unknown)?,
            context: setup.context.clone(),
            credentials: setup.settings.credentials.clone(),
            codecs: setup.codecs.clone(),
            trunk: usable,
        })
    }

    /// Every trunk, for the command line.
    pub(crate) fn trunk_summaries(&self, now: Time) -> Vec<TrunkSummary> {
        let summary = |(name, setup): (&String, &TrunkSetup)| {
            let (registration, expires_s) = match self.trunks.registration(now, name) {
                None => ("none".to_owned(), 0),
                Some(RegistrationState::Registered { remaining_s }) => ("registered".to_owned(), remaining_s),
                Some(RegistrationState::Asking) => ("asking".to_owned(), 0),
                Some(RegistrationState::Failed { status: None }) => ("failed".to_owned(), 0),
                Some(RegistrationState::Failed { status: Some(status) }) => (format!("failed: {status}"), 0),
            };
            let channels = self.trunks.channels(name);
            let shown = |(hop, up): (Hop, bool)| if up { hop.to_string() } else { format!("{hop} down") };
            TrunkSummary {
                trunk: name.clone(),
                state: self.state_of_trunk(now, name).to_owned(),
                registration,
                expires_s,
                calls_in: channels.inbound,
                calls_out: channels.outbound,
                channels: setup.settings.channels,
                servers: self.trunks.servers(name).into_iter().map(shown).collect(),
            }
        };
        self.setup.trunks.iter().map(summary).collect()
    }

    pub(crate) fn state_of_trunk(&self, now: Time, trunk: &str) -> &'static str {
        if !self.setup.trunks.contains_key(trunk) {
            return "unknown";
        }
        let channels = self.trunks.channels(trunk);
        let used = u32::from(channels.inbound) + u32::from(channels.outbound);
        let most = self.setup.trunks.get(trunk).map_or(0, |setup| u32::from(setup.settings.channels));
        match self.trunks.usable(now, trunk) {
            false => "offline",
            true if most > 0 && used >= most => "busy",
            true => "idle",
        }
    }

    pub(crate) fn handle_resolved(&mut self, now: Time, id: ResolveId, hops: Vec<Hop>, ttl_s: u32) {
        self.trunks.handle_resolved(now, QuestionId(id.0), hops, ttl_s);
    }

    pub(crate) fn trunk_response(&mut self, now: Time, id: TrunkRequestId, outcome: &Outcome) {
        self.trunks.handle_response(now, id, outcome);
    }

    pub(crate) fn reconfigure_trunks(&mut self, now: Time) {
        self.trunks.configure(now, locals(&self.setup), settings(&self.setup));
    }

    pub(crate) fn drain_trunks(&mut self, now: Time) -> bool {
        let mut moved = false;
        while let Some(output) = self.trunks.poll() {
            moved = true;
            match output {
                TrunkOutput::Send { id, hop, request } => self.send(now, Owner::Trunk(id), hop, request),
                TrunkOutput::Resolve { id, host, port, transport } => {
                    self.out.push_back(Output::Resolve { id: ResolveId(id.0), host, port, transport });
                }
                TrunkOutput::Fact { trunk, fact } => self.log_trunk(&trunk, fact),
            }
        }
        moved
    }

    fn log_trunk(&mut self, trunk: &str, fact: Fact) {
        let line = |level, event| LogLine::new(level, event).with("trunk", trunk);
        let line = match fact {
            Fact::Registered { hop, expires_s } => {
                line(Level::Info, "trunk registered").with("hop", hop).with("expires_s", expires_s)
            }
            Fact::RegistrationFailed { status, retry_s } => line(Level::Warn, "trunk registration failed")
                .with("status", status.map_or_else(|| "none".to_owned(), |status| status.to_string()))
                .with("retry_s", retry_s),
            Fact::Unregistered => line(Level::Info, "trunk unregistered"),
            Fact::Up => line(Level::Info, "trunk up"),
            Fact::Down => line(Level::Warn, "trunk down"),
        };
        self.log(line);
    }
}
