//! The sockets on loopback. Nothing sleeps for a fixed time: every wait ends with an event or fails after [`PATIENCE`].

use super::*;
use rustls::pki_types::ServerName;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;
use std::time::Instant;

const PATIENCE: Duration = Duration::from_secs(20);
const OPTIONS: &str = "OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK1\r\n\
    From: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n";

struct World {
    net: Net,
    inputs: Vec<NetInput>,
    directory: std::path::PathBuf,
}

impl Drop for World {
    fn drop(&mut self) {
        let _removed = std::fs::remove_dir_all(&self.directory);
    }
}

fn any(address: &str) -> Vec<SocketAddr> {
    vec![address.parse().unwrap()]
}

/// A network on free loopback ports; `name` is the test's own, for its directory.
fn world(name: &str, streams: StreamLimits) -> World {
    let directory = std::env::temp_dir().join(format!("cordboard-net-{}-{name}", std::process::id()));
    let net = Net::start(&config(&directory, streams), Waker::new().unwrap()).unwrap();
    World { net, inputs: Vec::new(), directory }
}

/// The same at another loopback address.
fn world_at(name: &str, udp: &str) -> World {
    let directory = std::env::temp_dir().join(format!("cordboard-net-{}-{name}", std::process::id()));
    let config = NetConfig { udp: any(udp), ..config(&directory, StreamLimits::default()) };
    World { net: Net::start(&config, Waker::new().unwrap()).unwrap(), inputs: Vec::new(), directory }
}

fn config(directory: &std::path::Path, streams: StreamLimits) -> NetConfig {
    NetConfig {
        udp: any("127.0.0.1:0"),
        tcp: any("127.0.0.1:0"),
        tls: any("127.0.0.1:0"),
        dscp: 24,
        tls_files: TlsFiles {
            certificate: directory.join("tls/cert.pem"),
            key: directory.join("tls/key.pem"),
            create: true,
            names: vec!["localhost".to_owned()],
            roots: None,
        },
        streams,
    }
}

impl World {
    fn port(&self, transport: Transport) -> SocketAddr {
        self.net.local_addresses().into_iter().find(|(t, _)| *t == transport).unwrap().1
    }

    /// The next input that `wanted` accepts; those before it are dropped.
    fn next<T>(&mut self, mut wanted: impl FnMut(NetInput) -> Option<T>) -> T {
        let until = Instant::now() + PATIENCE;
        loop {
            while !self.inputs.is_empty() {
                if let Some(found) = wanted(self.inputs.remove(0)) {
                    return found;
                }
            }
            let left = until.checked_duration_since(Instant::now()).expect("no such input came");
            self.net.wait(Some(left), &mut self.inputs).unwrap();
        }
    }

    fn message(&mut self) -> (Hop, Bytes) {
        self.next(|input| match input {
            NetInput::Message { from, bytes } => Some((from, bytes)),
            NetInput::Ping(_)
            | NetInput::Unreachable(_)
            | NetInput::Undelivered { .. }
            | NetInput::Closed { .. } => None,
        })
    }

    fn unreachable(&mut self) -> Hop {
        self.next(|input| if let NetInput::Unreachable(hop) = input { Some(hop) } else { None })
    }

    fn closed(&mut self) -> Hop {
        self.next(|input| if let NetInput::Closed { hop, .. } = input { Some(hop) } else { None })
    }

    fn client(&self, transport: Transport) -> TcpStream {
        let stream = TcpStream::connect(self.port(transport)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }
}

fn read_some(stream: &mut impl Read) -> Vec<u8> {
    let mut buffer = [0; 4096];
    let size = stream.read(&mut buffer).unwrap();
    buffer[..size].to_vec()
}

fn short(limit: impl FnOnce(&mut StreamLimits)) -> StreamLimits {
    let mut limits = StreamLimits::default();
    limit(&mut limits);
    limits
}

/// Sends to a port that nobody has, then to one that somebody has, as long as it takes until ICMP has come.
fn closed_port_is_told(name: &str, loopback: &str) {
    let mut world = world_at(name, loopback);
    let closed = UdpSocket::bind(loopback).unwrap().local_addr().unwrap();
    let open = UdpSocket::bind(loopback).unwrap();
    open.set_read_timeout(Some(PATIENCE)).unwrap();
    world.net.send(Hop::new(Transport::Udp, closed), Bytes::from_static(OPTIONS.as_bytes()));
    for n in 0..3u8 {
        // The error of the datagram before is not taken for one of these.
        world.net.send(Hop::new(Transport::Udp, open.local_addr().unwrap()), vec![n; 10].into());
        let mut buffer = [0; 100];
        assert_eq!(open.recv(&mut buffer).unwrap(), 10);
        assert_eq!(buffer[0], n);
    }
    let (hop, quoted) = world.next(|input| match input {
        NetInput::Undelivered { hop, quoted } => Some((hop, quoted)),
        NetInput::Message { .. } | NetInput::Ping(_) | NetInput::Unreachable(_) | NetInput::Closed { .. } => {
            None
        }
    });
    assert_eq!(hop, Hop::new(Transport::Udp, closed));
    assert_eq!(quoted, OPTIONS.as_bytes());
    // The sockets go on, and the queue is empty.
    open.send_to(OPTIONS.as_bytes(), world.port(Transport::Udp)).unwrap();
    world.message();
    assert_eq!(world.net.counters().undelivered, 1);
    world.net.wait(Some(Duration::ZERO), &mut world.inputs).unwrap();
    assert_eq!(world.inputs, []);
}

#[test]
fn a_datagram_to_a_closed_port_is_told_with_what_it_was() {
    closed_port_is_told("icmp", "127.0.0.1:0");
}

#[test]
fn a_datagram_to_a_closed_port_is_told_by_icmpv6_too() {
    closed_port_is_told("icmp6", "[::1]:0");
}

#[test]
fn a_flood_of_errors_is_taken_in_portions_and_ends() {
    let mut world = world("icmp-flood", StreamLimits::default());
    let closed = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for _ in 0..200 {
        world.net.send(Hop::new(Transport::Udp, closed), Bytes::from_static(OPTIONS.as_bytes()));
    }
    world.net.keep_alive(Hop::new(Transport::Udp, closed));
    world.net.wait(Some(PATIENCE), &mut world.inputs).unwrap();
    assert!((1..=64).contains(&world.inputs.len()), "{}", world.inputs.len());
    // The kernel bounds how many errors a host sends and a socket keeps; what is left is taken by the next waits.
    loop {
        let before = world.inputs.len();
        world.net.wait(Some(Duration::ZERO), &mut world.inputs).unwrap();
        if world.inputs.len() == before {
            break;
        }
    }
    assert!(
        world
            .inputs
            .iter()
            .all(|input| matches!(input, NetInput::Undelivered { quoted, .. } if quoted.len() > 4))
    );
}

#[test]
fn a_datagram_comes_in_and_the_answer_goes_back() {
    let mut world = world("udp", StreamLimits::default());
    let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
    peer.set_read_timeout(Some(PATIENCE)).unwrap();
    peer.send_to(OPTIONS.as_bytes(), world.port(Transport::Udp)).unwrap();
    let (from, bytes) = world.message();
    assert_eq!(
        (from, &bytes[..]),
        (Hop::new(Transport::Udp, peer.local_addr().unwrap()), OPTIONS.as_bytes())
    );
    world.net.send(from, Bytes::from_static(b"SIP/2.0 200 OK"));
    let mut buffer = [0; 100];
    assert_eq!(peer.recv(&mut buffer).unwrap(), 14);
}

#[test]
fn keep_alive_datagrams_are_no_messages() {
    let mut world = world("ping", StreamLimits::default());
    let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
    for datagram in [&b"\r\n\r\n"[..], b"\0", b"", b"\r\n"] {
        peer.send_to(datagram, world.port(Transport::Udp)).unwrap();
        world.next(|input| if let NetInput::Ping(_) = input { Some(()) } else { panic!("{input:?}") });
    }
}

#[test]
fn a_binding_request_is_answered_and_other_stun_dropped() {
    let mut world = world("stun", StreamLimits::default());
    let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
    peer.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut request = [0u8; 20];
    request[1] = 1;
    request[4..8].copy_from_slice(&[0x21, 0x12, 0xa4, 0x42]);
    let indication = {
        let mut other = request;
        other[1] = 0x11;
        other
    };
    for datagram in [indication, request] {
        peer.send_to(&datagram, world.port(Transport::Udp)).unwrap();
    }
    peer.send_to(OPTIONS.as_bytes(), world.port(Transport::Udp)).unwrap();
    let (_, bytes) = world.message();
    assert!(bytes.starts_with(b"OPTIONS"), "STUN is no message");
    let mut answer = [0; 100];
    let size = peer.recv(&mut answer).unwrap();
    assert_eq!((answer[0], answer[1], size), (1, 1, 32), "one success response with our mapped address");
    assert_eq!(world.net.counters().stun, 1);
}

#[test]
fn a_datagram_for_a_family_without_a_socket_is_unreachable() {
    let mut world = world("family", StreamLimits::default());
    let hop = Hop::new(Transport::Udp, "[::1]:5060".parse().unwrap());
    world.net.send(hop, Bytes::from_static(b"x"));
    assert_eq!(world.unreachable(), hop);
}

#[test]
fn a_stream_is_cut_into_messages_across_reads() {
    let mut world = world("framing", StreamLimits::default());
    let mut peer = world.client(Transport::Tcp);
    let twice = format!("{OPTIONS}{OPTIONS}");
    let (head, tail) = twice.as_bytes().split_at(OPTIONS.len() + 40);
    peer.write_all(head).unwrap();
    let (first, _) = world.message();
    peer.write_all(tail).unwrap();
    let (second, bytes) = world.message();
    assert_eq!(first, second);
    assert!(first.connection.is_some());
    assert!(bytes.starts_with(b"OPTIONS sip:x@127.0.0.1 SIP/2.0\r\n"));
    world.net.send(first, Bytes::from_static(b"SIP/2.0 200 OK\r\n\r\n"));
    assert_eq!(read_some(&mut peer), b"SIP/2.0 200 OK\r\n\r\n");
}

#[test]
fn a_ping_on_a_stream_is_answered() {
    let mut world = world("pong", StreamLimits::default());
    let mut peer = world.client(Transport::Tcp);
    peer.write_all(b"\r\n\r\n").unwrap();
    assert_eq!(read_some(&mut peer), b"\r\n");
    world.next(|input| if let NetInput::Ping(hop) = input { Some(hop) } else { None });
}

#[test]
fn a_request_whose_end_is_in_doubt_is_answered_400_and_the_stream_closed() {
    let mut world = world("broken", StreamLimits::default());
    let mut peer = world.client(Transport::Tcp);
    peer.write_all(OPTIONS.replace("Length: 0", "Length: 0\r\nContent-Length: 7").as_bytes()).unwrap();
    let mut answer = Vec::new();
    peer.read_to_end(&mut answer).unwrap();
    assert!(answer.starts_with(b"SIP/2.0 400"), "{}", String::from_utf8_lossy(&answer));
    world.closed();
    assert_eq!(world.net.counters().streams_malformed, 1);
}

#[test]
fn a_slow_peer_is_closed_although_it_keeps_sending() {
    let limits = short(|l| l.message = Duration::from_millis(200));
    let mut world = world("slow", limits);
    let mut peer = world.client(Transport::Tcp);
    let writer = {
        let mut peer = peer.try_clone().unwrap();
        std::thread::spawn(move || {
            for byte in OPTIONS.as_bytes().iter().take(OPTIONS.len() - 4).cycle() {
                // Paced, so that the time-out is reached before the bound on a head is.
                std::thread::park_timeout(Duration::from_millis(5));
                if peer.write_all(&[*byte]).is_err() {
                    return;
                }
            }
        })
    };
    world.closed();
    assert_eq!(world.net.counters().streams_slow, 1);
    let mut rest = Vec::new();
    // Reset or end, both are a closed connection.
    let _closed = peer.read_to_end(&mut rest);
    writer.join().unwrap();
}

#[test]
fn a_silent_peer_is_closed_after_connecting_and_when_idle() {
    let limits = short(|l| {
        l.message = Duration::from_millis(150);
        l.idle = Duration::from_millis(300);
    });
    let mut world = world("silent", limits);
    let mut mute = world.client(Transport::Tcp);
    assert_eq!(mute.read(&mut [0; 8]).unwrap(), 0);
    let mut quiet = world.client(Transport::Tcp);
    quiet.write_all(OPTIONS.as_bytes()).unwrap();
    assert_eq!(quiet.read(&mut [0; 8]).unwrap(), 0);
    let from = world.message().0;
    assert_eq!(world.closed(), from);
}

#[test]
fn a_peer_that_never_ends_its_handshake_is_closed() {
    let limits = short(|l| l.handshake = Duration::from_millis(150));
    let mut world = world("handshake", limits);
    let mut peer = world.client(Transport::Tls);
    assert_eq!(peer.read(&mut [0; 8]).unwrap(), 0);
    world.closed();
}

#[test]
fn connections_over_the_limit_are_closed_at_once() {
    let limits = short(|l| l.per_ip_max = 2);
    let mut world = world("limit", limits);
    let mut peers: Vec<TcpStream> = (0..3).map(|_| world.client(Transport::Tcp)).collect();
    assert_eq!(peers[2].read(&mut [0; 8]).unwrap(), 0, "one past the limit");
    peers[1].write_all(OPTIONS.as_bytes()).unwrap();
    world.message();
    drop(peers.remove(0));
    world.closed();
    let mut next = world.client(Transport::Tcp);
    next.write_all(OPTIONS.as_bytes()).unwrap();
    world.message();
    assert_eq!(world.net.counters().streams_refused, 1);
}

#[test]
fn an_outbound_connection_is_made_once_and_used_again() {
    let mut world = world("reuse", StreamLimits::default());
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let hop = Hop::new(Transport::Tcp, server.local_addr().unwrap());
    world.net.send(hop, Bytes::from_static(b"one "));
    world.net.send(hop, Bytes::from_static(b"two"));
    let (mut peer, _) = server.accept().unwrap();
    let mut both = [0; 7];
    peer.read_exact(&mut both).unwrap();
    assert_eq!(&both, b"one two");
    // The answer to a request that came by a connection that is closed by now finds the one that is open.
    let stale = Hop { connection: Some(ConnectionId(4_711)), ..hop };
    world.net.send(stale, Bytes::from_static(b"three"));
    let mut third = [0; 5];
    peer.read_exact(&mut third).unwrap();
    server.set_nonblocking(true).unwrap();
    assert!(server.accept().is_err(), "there is but one connection");
}

#[test]
fn a_refused_connection_makes_the_hop_unreachable() {
    let mut world = world("refused", StreamLimits::default());
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let hop = Hop { connection: Some(ConnectionId(9)), ..Hop::new(Transport::Tcp, free) };
    world.net.send(hop, Bytes::from_static(b"x"));
    assert_eq!(world.unreachable(), hop);
}

#[test]
fn a_peer_that_does_not_read_is_dropped_and_told_unreachable() {
    let limits = short(|l| l.write = Duration::from_millis(100));
    let mut world = world("unread", limits);
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let hop = Hop::new(Transport::Tcp, server.local_addr().unwrap());
    let big = Bytes::from(vec![b'x'; 8 << 20]);
    world.net.send(hop, big);
    let _peer = server.accept().unwrap();
    assert_eq!(world.unreachable(), hop);
}

#[test]
fn a_keep_alive_opens_no_connection() {
    let mut world = world("keep-alive", StreamLimits::default());
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let hop = Hop::new(Transport::Tcp, server.local_addr().unwrap());
    world.net.keep_alive(hop);
    world.net.send(hop, Bytes::from_static(b"x"));
    world.net.keep_alive(hop);
    let (mut peer, _) = server.accept().unwrap();
    let mut bytes = [0; 5];
    peer.read_exact(&mut bytes).unwrap();
    assert_eq!(&bytes, b"x\r\n\r\n");
}

#[test]
fn tls_works_both_ways_with_the_certificate_made_at_the_first_start() {
    let mut server = world("tls-server", StreamLimits::default());
    let mut client = world("tls-client", StreamLimits::default());
    client
        .net
        .send(Hop::new(Transport::Tls, server.port(Transport::Tls)), Bytes::from_static(OPTIONS.as_bytes()));
    let (from, bytes) = server.message();
    assert_eq!(from.transport, Transport::Tls);
    assert!(bytes.starts_with(b"OPTIONS"));
    server.net.send(from, Bytes::from_static(OPTIONS.as_bytes()));
    client.message();
    let key = std::fs::metadata(server.directory.join("tls/key.pem")).unwrap();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&key.permissions()) & 0o777, 0o600);
}

#[test]
fn a_named_server_must_prove_its_name() {
    let mut server = world("name-server", StreamLimits::default());
    let mut client = world("name-client", StreamLimits::default());
    let files = TlsFiles {
        certificate: client.directory.join("tls/cert.pem"),
        key: client.directory.join("tls/key.pem"),
        create: false,
        names: Vec::new(),
        roots: Some(server.directory.join("tls/cert.pem")),
    };
    client.net.reload_tls(&files).unwrap();
    let hop = Hop::new(Transport::Tls, server.port(Transport::Tls));
    client.net.expect_name(hop.remote, "other.example");
    client.net.send(hop, Bytes::from_static(OPTIONS.as_bytes()));
    assert_eq!(client.unreachable(), hop);
    client.net.expect_name(hop.remote, "localhost");
    client.net.send(hop, Bytes::from_static(OPTIONS.as_bytes()));
    server.message();
}

#[test]
fn a_reloaded_certificate_is_shown_to_new_connections() {
    let mut world = world("reload", StreamLimits::default());
    let shown = |world: &World| {
        let config = tokio_rustls::rustls::ClientConfig::builder_with_provider(Arc::new(
            rustls::crypto::ring::default_provider(),
        ))
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(tls::unverified_for_tests())
        .with_no_client_auth();
        let name = ServerName::try_from("localhost").unwrap();
        let mut session = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
        let mut tcp = world.client(Transport::Tls);
        while session.is_handshaking() {
            session.complete_io(&mut tcp).unwrap();
        }
        session.peer_certificates().unwrap()[0].to_vec()
    };
    let before = shown(&world);
    let files = TlsFiles {
        certificate: world.directory.join("new/cert.pem"),
        key: world.directory.join("new/key.pem"),
        create: true,
        names: vec!["localhost".to_owned()],
        roots: None,
    };
    world.net.reload_tls(&files).unwrap();
    let until = Instant::now() + PATIENCE;
    while shown(&world) == before {
        assert!(Instant::now() < until, "the old certificate is still shown");
    }
    let missing = TlsFiles { create: false, key: world.directory.join("none.pem"), ..files };
    assert!(world.net.reload_tls(&missing).is_err());
    assert_ne!(shown(&world), before);
}

#[test]
fn stop_writes_what_is_queued() {
    let mut world = world("stop", StreamLimits::default());
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let hop = Hop::new(Transport::Tcp, server.local_addr().unwrap());
    world.net.send(hop, Bytes::from_static(b"last words"));
    let unused =
        Net::start(&config(&world.directory, StreamLimits::default()), Waker::new().unwrap()).unwrap();
    std::mem::replace(&mut world.net, unused).stop();
    let (mut peer, _) = server.accept().unwrap();
    let mut said = Vec::new();
    peer.read_to_end(&mut said).unwrap();
    assert_eq!(said, b"last words");
}
