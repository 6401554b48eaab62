//! Datagrams, on the shard's thread.

use super::{NetCounters, NetError, NetInput, icmp, listen};
use crate::logging::peer;
use crate::poller::Poller;
use bytes::Bytes;
use cordboard_base::{Hop, Transport};
use cordboard_sip::stun;
use std::io;
use std::net::{SocketAddr, UdpSocket};

/// Datagrams taken from one socket per wait, so that no socket starves the other or the timers.
const BATCH_MAX: usize = 64;
/// The largest datagram there is (RFC 768).
const DATAGRAM_SIZE_MAX: usize = 65_535;
/// The kernel's buffers: a thousand phones that all register at once after a power cut.
const BUFFER_SIZE: usize = 1 << 20;
/// ICMP errors taken from one socket at once: anybody can send them.
const ERRORS_MAX: usize = 64;
/// A socket reports the error of an earlier datagram, to another peer, when the next one is sent, and once only; another may come
/// in between.
const SEND_TRIES: usize = 3;
/// Keep-alives in use are CRLF, a double CRLF, one or four zero bytes: too short to be SIP (RFC 5626 §3.5.1 and practice).
const KEEP_ALIVE_SIZE_MAX: usize = 4;

#[derive(Debug)]
pub(super) struct Udp {
    sockets: Vec<Bound>,
    buffer: Vec<u8>,
}

#[derive(Debug)]
struct Bound {
    local: SocketAddr,
    socket: UdpSocket,
    /// Whether something may be in the error queue that no wait would tell apart.
    has_errors: bool,
}

impl Udp {
    pub(super) fn bind(addresses: &[SocketAddr], dscp: u8) -> Result<Self, NetError> {
        let mut sockets = Vec::new();
        for &address in addresses {
            let options = listen::SocketOptions { dscp, buffer_size: BUFFER_SIZE };
            match listen::udp(address, options) {
                Ok(socket) => {
                    let local = socket.local_addr()?;
                    icmp::watch(&socket, local.is_ipv6())?;
                    sockets.push(Bound { local, socket, has_errors: false });
                }
                Err(error) if listen::family_is_missing(address, &error) => {
                    tracing::warn!(%address, %error, "no socket of this family");
                }
                Err(error) => return Err(NetError::Listen { transport: "udp", address, error }),
            }
        }
        Ok(Self { sockets, buffer: vec![0; DATAGRAM_SIZE_MAX] })
    }

    /// Has every socket watched, under its number.
    pub(super) fn register(&self, poller: &Poller) -> io::Result<()> {
        (0u64..).zip(&self.sockets).try_for_each(|(token, bound)| poller.add(&bound.socket, token))
    }

    pub(super) fn local_addresses(&self) -> impl Iterator<Item = SocketAddr> {
        self.sockets.iter().map(|bound| bound.local)
    }

    /// Takes a batch from the socket numbered `token`.
    pub(super) fn receive(&mut self, token: u64, inputs: &mut Vec<NetInput>, counters: &mut NetCounters) {
        let Some(Bound { socket, has_errors, .. }) =
            usize::try_from(token).ok().and_then(|index| self.sockets.get_mut(index))
        else {
            return;
        };
        for taken in 0..BATCH_MAX {
            let (size, remote) = match socket.recv_from(&mut self.buffer) {
                Ok(received) => received,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    // Woken for no datagram: for an error, then.
                    *has_errors |= taken == 0;
                    break;
                }
                Err(error) => {
                    tracing::debug!(%error, "datagram socket");
                    *has_errors = true;
                    continue;
                }
            };
            counters.datagrams += 1;
            let datagram = self.buffer.get(..size).unwrap_or_default();
            let from = Hop::new(Transport::Udp, remote);
            if size <= KEEP_ALIVE_SIZE_MAX {
                inputs.push(NetInput::Ping(from));
            } else if stun::is_stun(datagram) {
                // RFC 5626 §3.5.2: phones use Binding requests as keep-alives.
                if let Some(answer) = stun::answer(datagram, remote) {
                    counters.stun += 1;
                    if let Err(error) = socket.send_to(&answer, remote) {
                        tracing::debug!(%error, remote = %peer(remote), "STUN answer not sent");
                    }
                }
            } else {
                inputs.push(NetInput::Message { from, bytes: Bytes::copy_from_slice(datagram) });
            }
        }
        if std::mem::take(has_errors) {
            *has_errors = take_errors(socket, &mut self.buffer, inputs, counters);
        }
    }

    /// Whether it is on its way. A full send buffer counts as a loss on the way: retransmissions see to that.
    pub(super) fn send(&mut self, remote: SocketAddr, bytes: &[u8], counters: &mut NetCounters) -> bool {
        let same_family = |bound: &&mut Bound| bound.local.is_ipv4() == remote.is_ipv4();
        let Some(bound) = self.sockets.iter_mut().find(same_family) else { return false };
        for _ in 0..SEND_TRIES {
            match bound.socket.send_to(bytes, remote) {
                Ok(_) => return true,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    counters.send_full += 1;
                    return true;
                }
                Err(error) => {
                    tracing::debug!(%error, remote = %peer(remote), "datagram not sent");
                    bound.has_errors = true;
                }
            }
        }
        false
    }
}

/// Takes what ICMP says of datagrams sent earlier. Whether there may be more.
fn take_errors(
    socket: &UdpSocket,
    buffer: &mut [u8],
    inputs: &mut Vec<NetInput>,
    counters: &mut NetCounters,
) -> bool {
    for _ in 0..ERRORS_MAX {
        let report = match icmp::next(socket, buffer) {
            Ok(Some(report)) => report,
            Ok(None) => return false,
            Err(error) => {
                tracing::debug!(%error, "datagram socket's errors");
                return false;
            }
        };
        // Nobody waits for a keep-alive.
        if report.is_failure && report.size > KEEP_ALIVE_SIZE_MAX {
            counters.undelivered += 1;
            let quoted = Bytes::copy_from_slice(buffer.get(..report.size).unwrap_or_default());
            let hop = Hop::new(Transport::Udp, report.remote);
            inputs.push(NetInput::Undelivered { hop, quoted });
        }
    }
    true
}
