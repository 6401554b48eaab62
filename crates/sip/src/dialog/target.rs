//! Where a request within a dialog is sent: RFC 3261 §12.2.1.1 as far as addresses go, and past it for peers behind a NAT,
//! whose Contact names an address that only they can reach.

use crate::message::{Scheme, Uri};
use cordboard_base::{Hop, Networks, Transport};
use core::net::{IpAddr, SocketAddr};

/// What is known about the way to a peer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reach<'a> {
    /// Where its last message came from.
    pub(crate) peer: Hop,
    /// Our networks.
    pub(crate) networks: &'a Networks,
}

/// Where to send. Addresses only: a dialog outlives connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) hop: Hop,
    /// Where to try when that is unreachable.
    pub(crate) second: Option<Hop>,
}

/// The way to `uri` (the first route, or the remote target):
/// - a host name is not resolved in the middle of a call: the way the dialog was made by stays;
/// - an address that cannot be reached from here stands behind a NAT: the way its last message came by;
/// - the very host that its messages come from: its named port; or, if it is a stream, the far end of the stream that it
///   uses, with the named port as the second way when that stream is gone;
/// - any other address: that one.
pub(crate) fn next_hop(uri: &Uri, reach: Reach<'_>) -> Way {
    let peer = reach.peer.by_address();
    let only = |hop| Way { hop, second: None };
    let Some(ip) = uri.host.ip().map(|ip| ip.to_canonical()) else { return only(peer) };
    let source = peer.remote.ip().to_canonical();
    let transport = named_transport(uri);
    let port = uri.port.unwrap_or(transport.unwrap_or(peer.transport).default_port());
    if ip == source {
        let transport = transport.unwrap_or(peer.transport);
        let named = Hop::new(transport, SocketAddr::new(peer.remote.ip(), port));
        let same_stream = transport == peer.transport && transport.is_reliable() && named != peer;
        return if same_stream { Way { hop: peer, second: Some(named) } } else { only(named) };
    }
    if !is_reachable(ip, source, reach.networks) {
        return only(peer);
    }
    only(Hop::new(transport.unwrap_or(Transport::Udp), SocketAddr::new(ip, port)))
}

fn named_transport(uri: &Uri) -> Option<Transport> {
    if uri.scheme == Scheme::Sips {
        return Some(Transport::Tls);
    }
    let value = uri.params.value("transport")?;
    [Transport::Udp, Transport::Tcp, Transport::Tls]
        .into_iter()
        .find(|t| value.eq_ignore_ascii_case(t.param()))
}

/// Whether an address that a peer names can be its address for us, given that its messages come from `source`. A private one
/// counts only when both it and the source are on our side of the NAT: a phone far away may well be in a network numbered
/// like ours.
fn is_reachable(ip: IpAddr, source: IpAddr, networks: &Networks) -> bool {
    if ip.is_unspecified() || ip.is_multicast() {
        return false;
    }
    if ip.is_loopback() {
        return source.is_loopback();
    }
    if is_private(ip) { networks.is_inside(ip) && networks.is_inside(source) } else { true }
}

/// RFC 1918, RFC 6598, link-local and unique local addresses.
fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, _, _] = ip.octets();
            ip.is_private() || ip.is_link_local() || (a == 100 && (64..128).contains(&b))
        }
        IpAddr::V6(ip) => ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Host;
    use cordboard_base::{ConnectionId, Interface};

    fn networks() -> Networks {
        let address = "192.168.1.5".parse().unwrap();
        Networks { interfaces: vec![Interface { address, bits: 24, external: None }], local: vec![] }
    }

    fn hop(transport: Transport, contact: &str, port: Option<u16>, source: &str) -> String {
        let uri = Uri::sip(Some("a"), Host::parse(contact).unwrap(), port);
        let peer = Hop { connection: Some(ConnectionId(7)), ..Hop::new(transport, source.parse().unwrap()) };
        next_hop(&uri, Reach { peer, networks: &networks() }).hop.to_string()
    }

    #[test]
    fn a_neighbours_contact_is_taken_at_its_word() {
        assert_eq!(
            hop(Transport::Udp, "192.168.1.9", Some(5070), "192.168.1.9:5060"),
            "udp:192.168.1.9:5070"
        );
        assert_eq!(hop(Transport::Udp, "192.168.1.9", None, "192.168.1.9:5062"), "udp:192.168.1.9:5060");
        assert_eq!(
            hop(Transport::Udp, "192.168.1.10", Some(5070), "192.168.1.9:5060"),
            "udp:192.168.1.10:5070"
        );
    }

    #[test]
    fn a_phone_behind_a_nat_is_answered_where_it_spoke_from() {
        assert_eq!(hop(Transport::Udp, "10.0.0.4", Some(5060), "203.0.113.9:31000"), "udp:203.0.113.9:31000");
        // Its network has the same numbers as ours.
        assert_eq!(hop(Transport::Udp, "192.168.1.9", None, "203.0.113.9:31000"), "udp:203.0.113.9:31000");
        assert_eq!(hop(Transport::Tcp, "0.0.0.0", None, "203.0.113.9:31000"), "tcp:203.0.113.9:31000");
        assert_eq!(hop(Transport::Udp, "127.0.0.1", None, "203.0.113.9:31000"), "udp:203.0.113.9:31000");
    }

    #[test]
    fn a_public_contact_elsewhere_is_followed() {
        assert_eq!(hop(Transport::Udp, "198.51.100.2", None, "203.0.113.9:5060"), "udp:198.51.100.2:5060");
    }

    #[test]
    fn a_name_keeps_the_way_the_dialog_was_made_by() {
        assert_eq!(
            hop(Transport::Tls, "phone.example", Some(1), "203.0.113.9:31000"),
            "tls:203.0.113.9:31000"
        );
    }

    #[test]
    fn a_stream_peer_is_spoken_to_where_its_stream_ends_and_else_where_it_listens() {
        let uri = Uri::sip(None, Host::parse("192.168.1.9").unwrap(), Some(5060));
        let peer = Hop {
            connection: Some(ConnectionId(7)),
            ..Hop::new(Transport::Tcp, "192.168.1.9:40000".parse().unwrap())
        };
        let way = next_hop(&uri, Reach { peer, networks: &networks() });
        assert_eq!(way.hop, peer.by_address());
        assert_eq!(way.second, Some(Hop::new(Transport::Tcp, "192.168.1.9:5060".parse().unwrap())));
    }
}
