//! Where a peer is really reached: its Contact may name an address that only its own side of a NAT knows.

use crate::message::{Host, Scheme, Uri, Via};
use cordboard_base::{Hop, Transport};
use core::net::SocketAddr;

/// Where a peer is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reach {
    pub(crate) hop: Hop,
    pub(crate) fallback: Option<Hop>,
    pub(crate) nat: bool,
}

/// From the Contact of a request, its topmost Via and where it came from. `routed`: it came through a proxy that wants to
/// stay in the path; that proxy is then the next hop, and what its Contact says is the proxy's concern.
pub(crate) fn reach(contact: &Uri, via: Option<&Via>, from: &Hop, routed: bool) -> Reach {
    let source = from.by_address();
    let at_source = |nat| Reach { hop: source, fallback: None, nat };
    if routed {
        return at_source(false);
    }
    let is_source = |host: &Host| host.ip().map(|ip| ip.to_canonical() == from.remote.ip().to_canonical());
    match is_source(&contact.host) {
        Some(true) => direct(contact, from),
        Some(false) => at_source(true),
        // A name can't be compared: what the phone believes to be its address stands in Via too.
        None => at_source(via.and_then(|via| is_source(&via.host)) == Some(false)),
    }
}

fn direct(contact: &Uri, from: &Hop) -> Reach {
    let named = contact.params.value("transport").and_then(transport_of);
    let transport = match (&contact.scheme, named) {
        (Scheme::Sips, _) => Transport::Tls,
        (Scheme::Sip | Scheme::Tel | Scheme::Other(_), named) => named.unwrap_or(from.transport),
    };
    let port = contact.port.unwrap_or(transport.default_port());
    let listening = Hop::new(transport, SocketAddr::new(from.remote.ip(), port));
    if transport.is_reliable() && transport == from.transport {
        // RFC 5626, RFC 5923: the connection that is open already is the better way; many phones don't listen at all.
        let fallback = Some(listening).filter(|hop| *hop != from.by_address());
        return Reach { hop: from.by_address(), fallback, nat: false };
    }
    Reach { hop: listening, fallback: None, nat: false }
}

/// A URI's `transport` parameter.
pub(crate) fn transport_of(param: &str) -> Option<Transport> {
    [Transport::Udp, Transport::Tcp, Transport::Tls]
        .into_iter()
        .find(|t| t.param().eq_ignore_ascii_case(param))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hop(transport: Transport, text: &str) -> Hop {
        Hop::new(transport, text.parse().unwrap())
    }

    fn uri(host: &str, port: Option<u16>, transport: Option<&str>) -> Uri {
        let host = host.parse().map_or_else(|_| Host::Name(host.into()), Host::Ip);
        let mut uri = Uri::sip(Some("a"), host, port);
        if let Some(transport) = transport {
            uri.params.set("transport", Some(transport));
        }
        uri
    }

    #[test]
    fn a_phone_on_the_same_network_is_called_at_its_contact() {
        let from = hop(Transport::Udp, "192.168.1.9:49152");
        let reached = reach(&uri("192.168.1.9", Some(5062), None), None, &from, false);
        assert_eq!(
            reached,
            Reach { hop: hop(Transport::Udp, "192.168.1.9:5062"), fallback: None, nat: false }
        );
        let mapped = hop(Transport::Udp, "[::ffff:192.168.1.9]:49152");
        assert!(!reach(&uri("192.168.1.9", None, None), None, &mapped, false).nat);
        let tcp = reach(&uri("192.168.1.9", None, Some("tcp")), None, &from, false);
        assert_eq!(tcp.hop, hop(Transport::Tcp, "192.168.1.9:5060"));
    }

    #[test]
    fn a_phone_behind_a_nat_is_called_where_its_packets_come_from() {
        let from = hop(Transport::Udp, "203.0.113.9:40001");
        let reached = reach(&uri("192.168.1.9", Some(5060), None), None, &from, false);
        assert_eq!(reached, Reach { hop: from, fallback: None, nat: true });
    }

    #[test]
    fn a_contact_with_a_name_is_judged_by_its_via() {
        let from = hop(Transport::Tls, "203.0.113.9:40001");
        let via = |host: &str| Via {
            transport: "TLS".into(),
            host: Host::Ip(host.parse().unwrap()),
            port: None,
            params: crate::message::Params::default(),
        };
        let name = uri("phone.invalid", None, None);
        assert!(reach(&name, Some(&via("10.0.0.1")), &from, false).nat);
        assert!(!reach(&name, Some(&via("203.0.113.9")), &from, false).nat);
        assert_eq!(reach(&name, None, &from, false).hop, from);
    }

    #[test]
    fn an_open_connection_is_used_before_a_new_one() {
        let from = hop(Transport::Tcp, "192.168.1.9:49152");
        let reached = reach(&uri("192.168.1.9", Some(5060), Some("tcp")), None, &from, false);
        assert_eq!(reached.hop, from);
        assert_eq!(reached.fallback, Some(hop(Transport::Tcp, "192.168.1.9:5060")));
    }

    #[test]
    fn a_proxy_in_the_path_is_the_next_hop() {
        let from = hop(Transport::Udp, "192.0.2.2:5060");
        let reached = reach(&uri("10.0.0.1", None, None), None, &from, true);
        assert_eq!(reached, Reach { hop: from, fallback: None, nat: false });
    }
}
