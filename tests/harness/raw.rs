//! SIP by hand, for what no well-behaved phone would send.

use super::wait;
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

static NEXT: AtomicU32 = AtomicU32::new(1);
/// Between two sendings of an OPTIONS that was not answered.
const AGAIN: Duration = Duration::from_millis(20);

/// Something that no other request of this process has.
pub(crate) fn unique() -> String {
    format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A socket on loopback that does not block for long.
pub(crate) fn socket() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(AGAIN)).unwrap();
    socket
}

/// A request outside of a dialog.
pub(crate) fn request(method: &str, to: &str, from: SocketAddr, transport: &str, more: &str) -> String {
    let id = unique();
    format!(
        "{method} sip:{to} SIP/2.0\r\nVia: SIP/2.0/{transport} {from};branch=z9hG4bK{id};rport\r\nMax-Forwards: 70\r\n\
         From: <sip:test@{from}>;tag={id}\r\nTo: <sip:{to}>\r\nCall-ID: {id}\r\nCSeq: 1 {method}\r\n\
         Contact: <sip:test@{from}>\r\n{more}Content-Length: 0\r\n\r\n"
    )
}

/// Asks until an OPTIONS is answered with 200, as long as whoever should answer lives.
pub(crate) fn options(server: SocketAddr, limit: Duration, mut lives: impl FnMut() -> bool) {
    let socket = socket();
    let text = request("OPTIONS", &server.to_string(), socket.local_addr().unwrap(), "UDP", "");
    let mut buffer = [0; 4_096];
    wait::until("an answer to OPTIONS", limit, || {
        assert!(lives(), "the exchange has ended");
        // Before the exchange listens, ICMP makes sending and receiving fail.
        socket.send_to(text.as_bytes(), server).ok()?;
        let (length, _) = socket.recv_from(&mut buffer).ok()?;
        String::from_utf8_lossy(&buffer[..length]).starts_with("SIP/2.0 200").then_some(())
    });
}

/// Sends one datagram and waits for what comes back first; `None`: nothing came in that time.
pub(crate) fn exchange(server: SocketAddr, bytes: &[u8], limit: Duration) -> Option<String> {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(limit)).unwrap();
    socket.send_to(bytes, server).unwrap();
    let mut buffer = [0; 65_536];
    let (length, _) = socket.recv_from(&mut buffer).ok()?;
    Some(String::from_utf8_lossy(&buffer[..length]).into_owned())
}

/// How long a stream stays open, read until the other end closes it; `None`: longer than the limit.
pub(crate) fn closed_after(stream: &mut std::net::TcpStream, limit: Duration) -> Option<Duration> {
    use std::io::Read;
    let began = Instant::now();
    stream.set_read_timeout(Some(limit)).unwrap();
    let mut buffer = [0; 1_024];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return Some(began.elapsed()),
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return None,
            Err(_) => return Some(began.elapsed()),
        }
    }
}
