//! Which of our addresses a peer is shown: the rule behind `Via`, `Contact` and the `c=` line. A pure table, filled by the
//! shell from the interfaces it found and the configuration.

use core::net::IpAddr;
use serde::{Deserialize, Serialize};

/// An address prefix, such as `192.168.1.0/24`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prefix {
    /// Any address within it.
    pub address: IpAddr,
    /// Leading bits that count: 0–32 or 0–128.
    pub bits: u8,
}

impl Prefix {
    /// Whether `ip` lies within. An IPv4-mapped IPv6 address counts as the IPv4 one.
    pub fn contains(&self, ip: IpAddr) -> bool {
        match (self.address.to_canonical(), ip.to_canonical()) {
            (IpAddr::V4(net), IpAddr::V4(ip)) => {
                let shift = 32u32.saturating_sub(u32::from(self.bits));
                (net.to_bits() ^ ip.to_bits()).checked_shr(shift).unwrap_or(0) == 0
            }
            (IpAddr::V6(net), IpAddr::V6(ip)) => {
                let shift = 128u32.saturating_sub(u32::from(self.bits));
                (net.to_bits() ^ ip.to_bits()).checked_shr(shift).unwrap_or(0) == 0
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

/// One of the machine's own addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interface {
    /// The address.
    pub address: IpAddr,
    /// Its network's prefix length.
    pub bits: u8,
    /// What peers outside of [`Networks::local`] are shown instead, when this one stands behind a NAT.
    pub external: Option<IpAddr>,
}

/// Our addresses and which peers count as inside.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Networks {
    /// In order of preference: the first one of the right family serves peers that share no prefix with any.
    pub interfaces: Vec<Interface>,
    /// Networks that are reached without NAT although no interface stands in them.
    pub local: Vec<Prefix>,
}

impl Networks {
    /// The address that `peer` is shown. `None` if we have none of its family.
    pub fn advertised(&self, peer: IpAddr) -> Option<IpAddr> {
        let peer = peer.to_canonical();
        let same_family = |i: &&Interface| i.address.is_ipv4() == peer.is_ipv4();
        let neighbour =
            |i: &&Interface| Prefix { address: i.address, bits: i.bits }.contains(peer) || i.address == peer;
        if let Some(interface) = self.interfaces.iter().filter(same_family).find(neighbour) {
            return Some(interface.address);
        }
        let far = |i: &&Interface| same_family(i) && !i.address.is_loopback();
        let interface =
            self.interfaces.iter().find(far).or_else(|| self.interfaces.iter().find(same_family))?;
        if self.is_inside(peer) {
            Some(interface.address)
        } else {
            Some(interface.external.unwrap_or(interface.address))
        }
    }

    /// Whether `peer` is reached without a NAT of ours: it shares a prefix with an interface, or stands in a local network.
    pub fn is_inside(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        peer.is_loopback()
            || self.local.iter().any(|net| net.contains(peer))
            || self.interfaces.iter().any(|i| Prefix { address: i.address, bits: i.bits }.contains(peer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn office() -> Networks {
        let interface = |address, bits, external| Interface { address: ip(address), bits, external };
        Networks {
            interfaces: vec![
                interface("127.0.0.1", 8, None),
                interface("192.168.1.5", 24, Some(ip("203.0.113.7"))),
                interface("2001:db8::5", 64, None),
            ],
            local: vec![Prefix { address: ip("10.8.0.0"), bits: 16 }],
        }
    }

    #[test]
    fn a_neighbour_sees_the_interface_it_shares() {
        assert_eq!(office().advertised(ip("192.168.1.77")), Some(ip("192.168.1.5")));
        assert_eq!(office().advertised(ip("127.0.0.2")), Some(ip("127.0.0.1")));
        assert_eq!(office().advertised(ip("::ffff:192.168.1.77")), Some(ip("192.168.1.5")));
    }

    #[test]
    fn the_world_sees_the_external_address_and_a_routed_office_does_not() {
        assert_eq!(office().advertised(ip("198.51.100.1")), Some(ip("203.0.113.7")));
        assert_eq!(office().advertised(ip("10.8.3.4")), Some(ip("192.168.1.5")));
    }

    #[test]
    fn an_ipv6_peer_sees_an_ipv6_address() {
        assert_eq!(office().advertised(ip("2001:db8:1::1")), Some(ip("2001:db8::5")));
    }
}
