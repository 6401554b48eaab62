//! A NAT box as they stand in homes: one public port for each inside address, open for the remotes that the inside wrote to,
//! forgotten after 30 s without a packet from inside.

use cordboard_base::Time;
use core::net::{IpAddr, SocketAddr};
use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

/// The shortest time-out of boxes in use.
pub(crate) const FORGETS_AFTER: Duration = Duration::from_secs(30);
/// The first public port.
const FIRST_PORT: u16 = 40_000;

#[derive(Debug)]
struct Mapping {
    inside: SocketAddr,
    remotes: BTreeSet<SocketAddr>,
    last: Time,
}

/// One box with one public address.
#[derive(Debug)]
pub(crate) struct Nat {
    pub(crate) public: IpAddr,
    ports: BTreeMap<u16, Mapping>,
    next_port: u16,
}

impl Nat {
    pub(crate) fn new(public: IpAddr) -> Self {
        Self { public, ports: BTreeMap::new(), next_port: FIRST_PORT }
    }

    /// The public source of a packet from inside.
    pub(crate) fn outward(&mut self, now: Time, inside: SocketAddr, remote: SocketAddr) -> SocketAddr {
        self.ports.retain(|_, mapping| now.since(mapping.last) < FORGETS_AFTER);
        let known = self.ports.iter().find(|(_, m)| m.inside == inside).map(|(port, _)| *port);
        let port = known.unwrap_or_else(|| {
            self.next_port = self.next_port.wrapping_add(1).max(FIRST_PORT);
            self.next_port
        });
        let mapping =
            self.ports.entry(port).or_insert(Mapping { inside, remotes: BTreeSet::new(), last: now });
        mapping.last = now;
        mapping.remotes.insert(remote);
        SocketAddr::new(self.public, port)
    }

    /// Whom a packet from outside reaches, if anybody.
    pub(crate) fn inward(&self, now: Time, remote: SocketAddr, public: SocketAddr) -> Option<SocketAddr> {
        let mapping = self.ports.get(&public.port())?;
        (now.since(mapping.last) < FORGETS_AFTER && mapping.remotes.contains(&remote))
            .then_some(mapping.inside)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_is_open_for_its_remote_until_the_inside_was_quiet_for_thirty_seconds() {
        let address = |text: &str| text.parse::<SocketAddr>().unwrap();
        let mut nat = Nat::new("198.51.100.1".parse().unwrap());
        let (inside, office) = (address("10.0.0.2:5060"), address("192.0.2.1:5060"));
        let public = nat.outward(Time::from_secs(1), inside, office);
        assert_eq!(nat.inward(Time::from_secs(30), office, public), Some(inside));
        assert_eq!(nat.inward(Time::from_secs(30), address("192.0.2.1:5062"), public), None);
        assert_eq!(nat.inward(Time::from_secs(31), office, public), None);
        let again = nat.outward(Time::from_secs(32), inside, office);
        assert_ne!(again, public, "a forgotten mapping is not found again");
    }
}
