//! Whom scripts may ask. A script's address is its own, but answers redirect and names lead anywhere: so that nobody makes the exchange
//! speak to a machine behind the office's walls, only listed hosts are asked, and of their addresses only public ones or those of
//! listed networks.

use super::Url;
use cordboard_base::Prefix;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A host that may be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// A name or an address.
    pub host: String,
    /// The only port; `None`: 443 and 80.
    pub port: Option<u16>,
}

/// What the office allows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// Hosts. An address in here is allowed as it is, private or not.
    pub hosts: Vec<Allowed>,
    /// Networks that are not public, to which names of listed hosts may lead.
    pub networks: Vec<Prefix>,
}

impl Rules {
    /// Whether an address may be asked at all.
    pub(super) fn allow(&self, url: &Url) -> bool {
        let name = |host: &str| host.trim_end_matches('.').to_ascii_lowercase();
        let host = name(&url.host);
        self.hosts.iter().any(|allowed| {
            let port = allowed.port.map_or([443, 80].contains(&url.port), |port| port == url.port);
            name(&allowed.host) == host && port
        })
    }

    /// Whether a connection may be made to what a listed host's name leads to.
    pub(super) fn allow_address(&self, address: IpAddr) -> bool {
        is_public(address) || self.networks.iter().any(|network| network.contains(address))
    }
}

/// Whether an address is one of the Internet's own: not of this machine, a link, a private network, nor of any other special use
/// (RFC 6890), nor an IPv4 address in IPv6 clothes that is.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = matches!(
        (a, b, c),
        (0 | 10 | 127, ..)
            | (100, 64..=127, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
            | (224.., ..)
    );
    !is_special && !address.is_private() && !address.is_link_local()
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match (a, b) {
        // Mapped (RFC 4291 §2.5.5), translated (RFC 6052), 6to4 (RFC 3056): what they stand for counts.
        (0, 0) if (c, d, e, f) == (0, 0, 0, 0xffff) => is_public_v4(v4(g, h)),
        (0x64, 0xff9b) if (c, d, e, f) == (0, 0, 0, 0) => is_public_v4(v4(g, h)),
        (0x2002, _) => is_public_v4(v4(b, c)),
        // Teredo, documentation, benchmarks and the like.
        (0x2001, 0..=0x1ff | 0xdb8) => false,
        (0x2000..=0x3fff, _) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_hosts_and_ports_are_asked() {
        let host = |host: &str, port| Allowed { host: host.to_owned(), port };
        let rules = Rules {
            hosts: vec![
                host("CRM.example", None),
                host("erp.example", Some(8080)),
                host("2001:db8::1", Some(81)),
            ],
            ..Rules::default()
        };
        for (url, allowed) in [
            ("https://crm.example/a", true),
            ("http://crm.example./a", true),
            ("http://crm.example:8080/", false),
            ("http://erp.example:8080/", true),
            ("https://erp.example/", false),
            ("http://[2001:db8::1]:81/", true),
            ("https://crm.example@evil.example/", false),
            ("https://evil.example/crm.example", false),
            ("https://xcrm.example/", false),
            ("https://crm.example\\@evil.example/", false),
        ] {
            assert_eq!(rules.allow(&Url::parse(url).unwrap()), allowed, "{url}");
        }
        assert!(
            !Rules::default().allow(&Url::parse("https://crm.example/").unwrap()),
            "nobody unless listed"
        );
    }

    #[test]
    fn addresses_within_walls_are_refused_unless_their_network_is_listed() {
        let office = Prefix { address: "192.168.1.0".parse().unwrap(), bits: 24 };
        let rules = Rules { networks: vec![office], ..Rules::default() };
        let allowed = |address: &str| rules.allow_address(address.parse().unwrap());
        for public in [
            "93.184.216.34",
            "1.1.1.1",
            "2606:4700::1111",
            "::ffff:1.1.1.1",
            "192.168.1.7",
            "172.32.0.1",
            "64:ff9b::101:101",
        ] {
            assert!(allowed(public), "{public}");
        }
        for private in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.2.7",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.2.1",
            "198.18.0.1",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:192.168.2.7",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "2001::1",
        ] {
            assert!(!allowed(private), "{private}");
        }
    }
}
