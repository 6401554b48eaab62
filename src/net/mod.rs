//! The SIP sockets: bytes to and from the shard.
//!
//! ```text
//!   UDP sockets ──epoll──▶ shard's thread ◀──bounded channel + eventfd── streams' thread ◀── TCP, TLS
//!                          Net::wait/send ──bounded channel────────────▶ (a tokio runtime)
//! ```
//! UDP is read and written on the shard's own thread. Streams wait on their peers, so they live on a runtime of their own
//! ([`streams`]), which cuts them into messages. Which connection serves a [`Hop`] is decided there; nothing here reads SIP.

mod connection;
mod hub;
mod icmp;
mod interfaces;
pub(crate) mod listen;
mod tls;
mod udp;

#[cfg(test)]
mod tests;

pub use interfaces::interfaces;
pub use tls::{TlsError, TlsFiles, is_provable, make_certificate};

use crate::poller::Poller;
use crate::wake::Waker;
use bytes::Bytes;
use cordboard_base::{ConnectionId, Hop, Transport};
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Messages that wait between the streams' thread and the shard; when full, the streams are not read until there is room.
const STREAM_INPUTS_MAX: usize = 1_024;
/// Stream inputs taken per wait, so that a flood on streams does not starve datagrams, timers and media events.
const STREAM_BATCH_MAX: usize = 256;
/// Token of the waker in epoll; UDP sockets have the numbers below.
const WAKER_TOKEN: u64 = u64::MAX;

/// What to listen on, and the bounds.
#[derive(Clone, Debug)]
pub struct NetConfig {
    /// UDP addresses; at most one for each family is sent from.
    pub udp: Vec<SocketAddr>,
    /// TCP addresses.
    pub tcp: Vec<SocketAddr>,
    /// TLS addresses.
    pub tls: Vec<SocketAddr>,
    /// The differentiated services code point of all SIP (24: CS3, RFC 4594 §2.3).
    pub dscp: u8,
    /// Certificate, key and trusted roots.
    pub tls_files: TlsFiles,
    /// Bounds of stream connections.
    pub streams: StreamLimits,
}

/// Bounds of stream connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamLimits {
    /// At once, in and out; a further one is closed as soon as it is accepted.
    pub connections_max: usize,
    /// At once with one address.
    pub per_ip_max: usize,
    /// For an outbound connection to come up, before the hop is unreachable.
    pub connect: Duration,
    /// For a TLS handshake.
    pub handshake: Duration,
    /// From the first byte of a message to its last one, and from a connection's begin to the end of its first message.
    pub message: Duration,
    /// Without a byte from the peer.
    pub idle: Duration,
    /// For the peer to take what we write.
    pub write: Duration,
}

impl Default for StreamLimits {
    fn default() -> Self {
        Self {
            connections_max: 2_048,
            per_ip_max: 256,
            connect: Duration::from_secs(4),
            handshake: Duration::from_secs(10),
            message: Duration::from_secs(30),
            idle: Duration::from_secs(3_900),
            write: Duration::from_secs(10),
        }
    }
}

/// What comes from the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NetInput {
    /// One datagram, or one whole message cut from a stream.
    Message {
        /// By what it came.
        from: Hop,
        /// The bytes.
        bytes: Bytes,
    },
    /// A keep-alive. It has been answered where it wants an answer.
    Ping(Hop),
    /// What was sent to this hop did not get there: refused, reset, no route, TLS failure, a queue at its bound.
    Unreachable(Hop),
    /// ICMP says that a datagram could not be delivered.
    Undelivered {
        /// Where it was to go.
        hop: Hop,
        /// How it begins, as far as it is quoted.
        quoted: Bytes,
    },
    /// A connection is gone. Nothing that was sent to it is known to be lost.
    Closed {
        /// Which.
        hop: Hop,
        /// Why, in words.
        why: String,
    },
}

/// Why the sockets could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// A socket.
    #[error("{transport} {address}: {error}")]
    Listen {
        /// Its transport.
        transport: &'static str,
        /// Where.
        address: SocketAddr,
        /// Why not.
        error: io::Error,
    },
    /// The certificate.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Threads, epoll.
    #[error("network: {0}")]
    Io(#[from] io::Error),
}

/// Counted since the start; for metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NetCounters {
    /// Datagrams taken.
    pub datagrams: u64,
    /// STUN Binding requests answered.
    pub stun: u64,
    /// Datagrams that could not be delivered, as ICMP says.
    pub undelivered: u64,
    /// Datagrams that the kernel's send buffer had no room for.
    pub send_full: u64,
    /// Messages for streams that found the queue to the streams' thread full.
    pub streams_full: u64,
    /// Connections that were closed for bytes that are no SIP.
    pub streams_malformed: u64,
    /// Connections that were closed because a handshake or a message did not come to its end in time.
    pub streams_slow: u64,
    /// Connections that were not taken: too many in all, or from one address.
    pub streams_refused: u64,
}

impl NetCounters {
    /// Each with its name, for operators.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let Self {
            datagrams,
            stun,
            undelivered,
            send_full,
            streams_full,
            streams_malformed,
            streams_slow,
            streams_refused,
        } = *self;
        [
            ("net.datagrams", datagrams),
            ("net.send_full", send_full),
            ("net.streams_full", streams_full),
            ("net.streams_malformed", streams_malformed),
            ("net.streams_refused", streams_refused),
            ("net.streams_slow", streams_slow),
            ("net.stun", stun),
            ("net.undelivered", undelivered),
        ]
        .into_iter()
    }
}

/// The open sockets.
#[derive(Debug)]
pub struct Net {
    poller: Poller,
    ready: Vec<u64>,
    waker: Waker,
    udp: udp::Udp,
    streams: hub::Streams,
    /// Failures found while sending; handed out by the next wait.
    failed: Vec<NetInput>,
    counters: NetCounters,
}

impl Net {
    /// Binds everything; the certificate is made here if there is none. `waker` wakes [`Net::wait`].
    pub fn start(config: &NetConfig, waker: Waker) -> Result<Self, NetError> {
        let poller = Poller::new()?;
        poller.add(&waker, WAKER_TOKEN)?;
        let udp = udp::Udp::bind(&config.udp, config.dscp)?;
        udp.register(&poller)?;
        let streams = hub::Streams::start(config, waker.clone())?;
        Ok(Self {
            poller,
            ready: Vec::new(),
            waker,
            udp,
            streams,
            failed: Vec::new(),
            counters: NetCounters::default(),
        })
    }

    /// Where we listen, ports filled in.
    pub fn local_addresses(&self) -> Vec<(Transport, SocketAddr)> {
        let udp = self.udp.local_addresses().map(|address| (Transport::Udp, address));
        udp.chain(self.streams.local_addresses().iter().copied()).collect()
    }

    /// Sleeps until there is input, somebody rings the waker, or `timeout` is over; appends what came to `inputs`.
    pub fn wait(&mut self, timeout: Option<Duration>, inputs: &mut Vec<NetInput>) -> io::Result<()> {
        let timeout = if self.failed.is_empty() { timeout } else { Some(Duration::ZERO) };
        self.poller.wait(timeout, &mut self.ready)?;
        inputs.append(&mut self.failed);
        for &token in &self.ready {
            if token == WAKER_TOKEN {
                self.waker.clear();
                self.streams.drain(STREAM_BATCH_MAX, inputs);
            } else {
                self.udp.receive(token, inputs, &mut self.counters);
            }
        }
        Ok(())
    }

    /// Sends one whole message. Failures come back as [`NetInput::Unreachable`].
    pub fn send(&mut self, hop: Hop, bytes: Bytes) {
        match hop.transport {
            Transport::Udp => {
                if !self.udp.send(hop.remote, &bytes, &mut self.counters) {
                    self.failed.push(NetInput::Unreachable(hop));
                }
            }
            Transport::Tcp | Transport::Tls => {
                if !self.streams.command(hub::Command::Send { hop, bytes }) {
                    self.counters.streams_full += 1;
                    self.failed.push(NetInput::Unreachable(hop));
                }
            }
        }
    }

    /// A double CRLF (RFC 5626 §3.5.1) to keep a NAT's mapping open. Never opens a connection.
    pub fn keep_alive(&mut self, hop: Hop) {
        match hop.transport {
            Transport::Udp => {
                self.udp.send(hop.remote, b"\r\n\r\n", &mut self.counters);
            }
            Transport::Tcp | Transport::Tls => {
                if !self.streams.command(hub::Command::KeepAlive(hop)) {
                    self.counters.streams_full += 1;
                }
            }
        }
    }

    /// The name that a TLS server at `address` must prove, once it has been found under that name by DNS.
    pub fn expect_name(&mut self, address: SocketAddr, name: &str) {
        self.streams.command(hub::Command::ExpectName(address, name.to_owned()));
    }

    /// Reads certificate, key and roots again; new connections use them. On an error the old ones stay.
    pub fn reload_tls(&mut self, files: &TlsFiles) -> Result<(), TlsError> {
        let context = tls::load_or_create(files)?;
        self.streams.command(hub::Command::Tls(context));
        Ok(())
    }

    /// What was counted.
    pub fn counters(&self) -> NetCounters {
        let streams = self.streams.counters();
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        NetCounters {
            streams_malformed: read(&streams.malformed),
            streams_slow: read(&streams.slow),
            streams_refused: read(&streams.refused),
            ..self.counters
        }
    }

    /// Closes everything; what was queued for streams is written first, within their write time-out.
    pub fn stop(self) {
        self.streams.stop();
    }
}

/// A hop by a connection.
fn stream_hop(transport: Transport, remote: SocketAddr, id: ConnectionId) -> Hop {
    Hop { transport, remote, connection: Some(id) }
}
