//! The addresses of a trunk's servers, as far as they are known now.

use super::probe::Health;
use super::srv::HOPS_MAX;
use super::{Output, QuestionId, Server, Timer, Trunk, TrunkSettings, Trunks};
use crate::message::Host;
use cordboard_base::{Hop, Time, Transport};
use core::net::SocketAddr;
use core::time::Duration;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// An answer of the resolver's is asked for again no sooner than that, and after a failure.
const TTL_MIN: Duration = Duration::from_secs(30);

/// Nor later than that.
const TTL_MAX: Duration = Duration::from_secs(3_600);

/// Patience with the resolver: a question without an answer counts as failed then, and is asked again.
const PATIENCE: Duration = Duration::from_secs(30);

/// One server's addresses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Resolution {
    server: Server,
    transport: Option<Transport>,
    /// The last good answer, however old.
    hops: Vec<Hop>,
}

impl Resolution {
    pub(super) fn of(server: &Server, settings: &TrunkSettings) -> Self {
        let transport = settings.transport.unwrap_or_default();
        let hops = match &server.host {
            Host::Ip(ip) => {
                let port = server.port.unwrap_or(transport.default_port());
                vec![Hop::new(transport, SocketAddr::new(*ip, port))]
            }
            Host::Name(_) => Vec::new(),
        };
        Self { server: server.clone(), transport: settings.transport, hops }
    }

    pub(super) fn needs_resolver(&self) -> bool {
        matches!(self.server.host, Host::Name(_))
    }
}

impl Trunk {
    /// Every known hop once, in order of preference.
    pub(super) fn all_hops(&self) -> Vec<Hop> {
        let mut seen = BTreeSet::new();
        let hops = self.servers.iter().flat_map(|server| server.hops.iter().copied());
        hops.filter(|hop| seen.insert(*hop)).take(HOPS_MAX).collect()
    }

    /// The same, those that answer first.
    pub(super) fn hops(&self) -> Vec<Hop> {
        let (mut up, down): (Vec<Hop>, Vec<Hop>) =
            self.all_hops().into_iter().partition(|hop| self.is_up(hop));
        up.extend(down);
        up
    }

    pub(super) fn is_up(&self, hop: &Hop) -> bool {
        self.health.get(hop).is_none_or(Health::is_up)
    }
}

impl Trunks {
    /// An answer of the resolver's: addresses with their ports, best first; none: it failed, or there are none. What was known
    /// before is used until there is something better.
    pub fn handle_resolved(&mut self, now: Time, id: QuestionId, hops: Vec<Hop>, ttl_s: u32) {
        let Some((name, index)) = self.questions.remove(&id) else { return };
        let Some(trunk) = self.trunks.get_mut(&name) else { return };
        let ttl =
            if hops.is_empty() { TTL_MIN } else { Duration::from_secs(ttl_s.into()).clamp(TTL_MIN, TTL_MAX) };
        self.timers.set(Timer::Resolve(name.clone(), index), now + ttl);
        if hops.is_empty() {
            return;
        }
        let first = trunk_has_no_hops(trunk);
        if let Some(server) = trunk.servers.get_mut(index) {
            server.hops = hops;
            server.hops.truncate(HOPS_MAX);
        }
        let known: BTreeSet<Hop> = trunk.all_hops().into_iter().collect();
        trunk.health.retain(|hop, _| known.contains(hop));
        if first {
            self.wake(now, &name);
        }
    }

    pub(super) fn resolve(&mut self, now: Time, name: &str, index: usize) {
        let Some(resolution) = self.trunks.get(name).and_then(|trunk| trunk.servers.get(index)) else {
            return;
        };
        let Host::Name(host) = resolution.server.host.clone() else { return };
        let (port, transport) = (resolution.server.port, resolution.transport);
        // An earlier question that was never answered is given up.
        self.questions.retain(|_, (of, at)| of != name || *at != index);
        let id = QuestionId(self.next_id);
        self.next_id = self.next_id.saturating_add(1);
        self.questions.insert(id, (name.to_owned(), index));
        self.timers.set(Timer::Resolve(name.to_owned(), index), now + PATIENCE);
        self.outputs.push_back(Output::Resolve { id, host, port, transport });
    }

    /// The first address of a trunk is known: what waited for it begins.
    fn wake(&mut self, now: Time, name: &str) {
        let Some(trunk) = self.trunks.get(name) else { return };
        if trunk.registration.is_some() {
            self.register(now, name);
        }
        if self.timers.at(&Timer::Probe(name.to_owned())).is_some() {
            self.probe(now, name);
        }
    }
}

fn trunk_has_no_hops(trunk: &Trunk) -> bool {
    trunk.servers.iter().all(|server| server.hops.is_empty())
}
