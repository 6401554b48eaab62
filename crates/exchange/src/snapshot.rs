//! The whole exchange as data: `restore(snapshot(x))` behaves as `x`. Programs are replayed by the call core.

use crate::exchange::{Drain, zone_of};
use crate::groups::Groups;
use crate::lamps::Lamps;
use crate::requests::Requests;
use crate::services::{Desk, Services};
use crate::{Exchange, Setup};
use cordboard_app::{Hosted, Programs};
use cordboard_base::{Source, Time};
use cordboard_call::{Calls, CallsState, QueryId};
use cordboard_sip::auth::Verifier;
use cordboard_sip::endpoint::{self, Endpoint, ServerTxn};
use cordboard_sip::message::Request;
use cordboard_sip::registrar::Registrar;
use cordboard_sip::subscription::Notifier;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

/// Everything that an exchange knows. The verifier's key and users' passwords are in it: it is a secret.
#[derive(Clone, Serialize, Deserialize)]
pub struct ExchangeState {
    /// Raised when the data changes its shape.
    pub version: u32,
    setup: Setup,
    source: Source,
    endpoint: endpoint::State,
    verifier: Verifier,
    registrar: Registrar,
    notifier: Notifier,
    trunks: cordboard_sip::trunk::Trunks,
    channels: crate::trunks::ChannelsHeld,
    calls: CallsState,
    lamps: Lamps,
    groups: Groups,
    services: BTreeMap<String, String>,
    desk: Desk,
    requests: Requests,
    #[serde(default)]
    unsolicited: crate::unsolicited::Unsolicited,
    relayed: Vec<(ServerTxn, (usize, Request))>,
    asked: BTreeMap<u64, QueryId>,
    next_store_id: u64,
    next_call: u32,
    media_totals: crate::counters::MediaTotals,
    authentication_failed: u64,
    #[serde(default)]
    refused_lately: crate::journey::RefusedLately,
    #[serde(default)]
    emergencies: crate::emergency::Emergencies,
    #[serde(default)]
    desks: crate::desks::Desks,
    #[serde(default)]
    soft_keys: crate::soft_keys::SoftKeys,
    drain: Drain,
}

impl ExchangeState {
    /// The present shape.
    pub const VERSION: u32 = 1;
}

impl Exchange {
    /// Everything, as data. Outputs are to be drained first.
    pub fn snapshot(&self) -> ExchangeState {
        ExchangeState {
            version: ExchangeState::VERSION,
            setup: self.setup.clone(),
            source: self.source.clone(),
            endpoint: self.endpoint.snapshot(),
            verifier: self.verifier.clone(),
            registrar: self.registrar.clone(),
            notifier: self.notifier.clone(),
            trunks: self.trunks.clone(),
            channels: self.channels.clone(),
            calls: self.calls.snapshot(),
            lamps: self.lamps.clone(),
            groups: self.groups.clone(),
            services: self.services.snapshot(),
            desk: self.services.desk.clone(),
            requests: self.requests.clone(),
            unsolicited: self.unsolicited.clone(),
            relayed: self.relayed.clone().into_iter().collect(),
            asked: self.asked.clone(),
            next_store_id: self.next_store_id,
            next_call: self.next_call,
            media_totals: self.media_totals,
            authentication_failed: self.authentication_failed,
            refused_lately: self.refused_lately,
            emergencies: self.emergencies.clone(),
            desks: self.desks.clone(),
            soft_keys: self.soft_keys.clone(),
            drain: self.drain,
        }
    }

    /// The same again. `programs` are for calls to come; `by_version` finds those that a call in progress began with.
    pub fn restore(
        state: ExchangeState,
        programs: Rc<dyn Programs>,
        by_version: &dyn Fn(&str) -> Option<Rc<dyn Programs>>,
        services: Vec<Box<dyn Hosted>>,
        now: Time,
    ) -> Self {
        let mut exchange = Self {
            zone: zone_of(&state.setup),
            source: state.source,
            endpoint: Endpoint::restore(state.endpoint, now),
            verifier: state.verifier,
            registrar: state.registrar,
            notifier: state.notifier,
            trunks: state.trunks,
            channels: state.channels,
            calls: Calls::restore(state.calls, programs, by_version, now),
            lamps: state.lamps,
            groups: state.groups,
            services: Services::restore(services, state.desk, &state.services),
            requests: state.requests,
            unsolicited: state.unsolicited,
            relayed: state.relayed.into_iter().collect(),
            asked: state.asked,
            next_store_id: state.next_store_id,
            next_call: state.next_call,
            media_totals: state.media_totals,
            authentication_failed: state.authentication_failed,
            refused_lately: state.refused_lately,
            emergencies: state.emergencies,
            desks: state.desks,
            soft_keys: state.soft_keys,
            drain: state.drain,
            out: VecDeque::new(),
            setup: state.setup,
        };
        exchange.settle(now);
        exchange
    }
}
