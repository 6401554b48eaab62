//! The streams' thread: a tokio runtime, the table of connections, and the one task that owns it.
//!
//! ```text
//!  shard ──Command──▶ hub ──Outgoing──▶ connection tasks ──NetInput──▶ shard
//!                      ▲──accepted── listener tasks │
//!                      └────────────Ended───────────┘
//! ```

use super::connection::{Begin, Connection, End, Ended, OUTBOX_MAX, Outgoing};
use super::tls::{self, TlsContext};
use super::{NetConfig, NetError, NetInput, STREAM_INPUTS_MAX, StreamLimits, listen, stream_hop};
use crate::logging::peer;
use crate::wake::Waker;
use bytes::Bytes;
use cordboard_base::{ConnectionId, Hop, Transport};
use rustls::pki_types::ServerName;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// Messages from the shard that the hub has not handed on yet; when full the hop is unreachable.
const COMMANDS_MAX: usize = 4_096;
/// Accepted connections that the hub has not taken yet.
const ACCEPTED_MAX: usize = 16;
/// Names of servers; far more than there are trunks. When full, further ones are verified by nobody, so they are refused.
const NAMES_MAX: usize = 1_024;
/// After an accept that failed for want of descriptors: trying at once would only spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// From the shard.
#[derive(Debug)]
pub(super) enum Command {
    Send { hop: Hop, bytes: Bytes },
    KeepAlive(Hop),
    ExpectName(SocketAddr, String),
    Tls(TlsContext),
    Stop,
}

/// What the streams' thread counts, for the shard to read.
#[derive(Debug, Default)]
pub(super) struct StreamCounters {
    pub(super) malformed: AtomicU64,
    pub(super) slow: AtomicU64,
    pub(super) refused: AtomicU64,
}

/// The shard's end of the streams' thread.
#[derive(Debug)]
pub(super) struct Streams {
    commands: mpsc::Sender<Command>,
    inputs: mpsc::Receiver<NetInput>,
    waker: Waker,
    local: Vec<(Transport, SocketAddr)>,
    counters: Arc<StreamCounters>,
    thread: JoinHandle<()>,
}

impl Streams {
    pub(super) fn start(config: &NetConfig, waker: Waker) -> Result<Self, NetError> {
        let tls = tls::load_or_create(&config.tls_files)?;
        let mut listeners = Vec::new();
        let mut local = Vec::new();
        for (transport, addresses) in [(Transport::Tcp, &config.tcp), (Transport::Tls, &config.tls)] {
            for &address in addresses {
                match listen::tcp(address, config.dscp) {
                    Ok(listener) => {
                        local.push((transport, listener.local_addr()?));
                        listeners.push((transport, listener));
                    }
                    Err(error) if listen::family_is_missing(address, &error) => {
                        tracing::warn!(%address, %error, "no socket of this family");
                    }
                    Err(error) => {
                        return Err(NetError::Listen { transport: transport.param(), address, error });
                    }
                }
            }
        }
        let (commands, from_shard) = mpsc::channel(COMMANDS_MAX);
        let (to_shard, inputs) = mpsc::channel(STREAM_INPUTS_MAX);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let counters = Arc::new(StreamCounters::default());
        let hub = Hub {
            counters: Arc::clone(&counters),
            limits: config.streams,
            dscp: config.dscp,
            tls,
            inputs: to_shard,
            waker: waker.clone(),
            links: HashMap::new(),
            by_remote: HashMap::new(),
            per_ip: HashMap::new(),
            names: HashMap::new(),
            tasks: JoinSet::new(),
            last_id: 0,
        };
        let thread = std::thread::Builder::new()
            .name("net-streams".to_owned())
            .spawn(move || runtime.block_on(hub.run(listeners, from_shard)))?;
        Ok(Self { commands, inputs, waker, local, counters, thread })
    }

    pub(super) fn local_addresses(&self) -> &[(Transport, SocketAddr)] {
        &self.local
    }

    pub(super) fn counters(&self) -> &StreamCounters {
        &self.counters
    }

    /// Whether there was room for it.
    pub(super) fn command(&self, command: Command) -> bool {
        self.commands.try_send(command).is_ok()
    }

    /// Takes up to `most` inputs. If there may be more, the next wait returns at once.
    pub(super) fn drain(&mut self, most: usize, inputs: &mut Vec<NetInput>) {
        for _ in 0..most {
            match self.inputs.try_recv() {
                Ok(input) => inputs.push(input),
                Err(_) => return,
            }
        }
        self.waker.wake();
    }

    /// Writes what is queued, closes every connection, and waits for the thread.
    pub(super) fn stop(mut self) {
        if self.commands.blocking_send(Command::Stop).is_err() {
            tracing::debug!("the streams' thread had ended");
        }
        // Nobody reads inputs any more: connections that wait for the shard must not wait for ever.
        self.inputs.close();
        if self.thread.join().is_err() {
            tracing::error!("the streams' thread panicked");
        }
    }
}

/// A connection as the hub knows it.
#[derive(Debug)]
struct Link {
    hop: Hop,
    outbox: mpsc::Sender<Outgoing>,
}

struct Hub {
    counters: Arc<StreamCounters>,
    limits: StreamLimits,
    dscp: u8,
    tls: TlsContext,
    inputs: mpsc::Sender<NetInput>,
    waker: Waker,
    links: HashMap<ConnectionId, Link>,
    /// The newest connection with each peer.
    by_remote: HashMap<(Transport, SocketAddr), ConnectionId>,
    per_ip: HashMap<IpAddr, usize>,
    names: HashMap<SocketAddr, ServerName<'static>>,
    tasks: JoinSet<Ended>,
    last_id: u64,
}

impl Hub {
    async fn run(
        mut self,
        listeners: Vec<(Transport, std::net::TcpListener)>,
        mut commands: mpsc::Receiver<Command>,
    ) {
        let (sender, mut accepted) = mpsc::channel(ACCEPTED_MAX);
        let mut accepting = JoinSet::new();
        for (transport, listener) in listeners {
            match TcpListener::from_std(listener) {
                Ok(listener) => drop(accepting.spawn(accept(transport, listener, sender.clone()))),
                Err(error) => tracing::error!(%error, "listener"),
            }
        }
        loop {
            tokio::select! {
                command = commands.recv() => match command {
                    None | Some(Command::Stop) => break,
                    Some(Command::Send { hop, bytes }) => self.send(hop, bytes).await,
                    Some(Command::KeepAlive(hop)) => self.keep_alive(hop),
                    Some(Command::ExpectName(address, name)) => self.expect_name(address, name),
                    Some(Command::Tls(context)) => self.tls = context,
                },
                Some((transport, stream, remote)) = accepted.recv() => {
                    if !self.begin(transport, remote, Begin::Accepted(stream), None) {
                        tracing::warn!(remote = %peer(remote), "connection refused: too many");
                        self.counters.refused.fetch_add(1, Ordering::Relaxed);
                    }
                }
                Some(ended) = self.tasks.join_next() => self.ended(ended).await,
            }
        }
        accepting.shutdown().await;
        // Closing an outbox lets its task write what is left, then end.
        self.links.clear();
        let drain = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(self.limits.write, drain).await.is_err() {
            self.tasks.shutdown().await;
        }
    }

    async fn send(&mut self, hop: Hop, bytes: Bytes) {
        let Some(outgoing) = self.enqueue(Outgoing { hop, bytes }) else { return };
        if !self.begin(hop.transport, hop.remote, self.connect_to(hop), Some(outgoing)) {
            tracing::warn!(hop = %peer(hop), "no further connection: too many");
            self.tell(NetInput::Unreachable(hop)).await;
        }
    }

    fn connect_to(&self, hop: Hop) -> Begin {
        Begin::Connect { name: self.names.get(&hop.remote).cloned(), dscp: self.dscp }
    }

    /// Queues it on a connection that serves its hop; gives it back if there is none.
    fn enqueue(&mut self, outgoing: Outgoing) -> Option<Outgoing> {
        let Some(id) = self.serving(outgoing.hop) else { return Some(outgoing) };
        let link = self.links.get(&id)?;
        match link.outbox.try_send(outgoing) {
            Ok(()) => None,
            Err(mpsc::error::TrySendError::Closed(outgoing)) => {
                self.forget(id);
                Some(outgoing)
            }
            Err(mpsc::error::TrySendError::Full(outgoing)) => {
                // The peer does not read. Without its outbox the task ends, and what it held comes back as unreachable.
                tracing::info!(hop = %peer(link.hop), "connection dropped: the peer does not read");
                self.forget(id);
                Some(outgoing)
            }
        }
    }

    /// The connection named by the hop if it is open, else the newest one to its address (RFC 3261 §18.2.2, RFC 5923).
    fn serving(&self, hop: Hop) -> Option<ConnectionId> {
        let named = hop
            .connection
            .filter(|id| self.links.get(id).is_some_and(|link| link.hop.transport == hop.transport));
        named.or_else(|| self.by_remote.get(&(hop.transport, hop.remote)).copied())
    }

    fn keep_alive(&mut self, hop: Hop) {
        if self.serving(hop).is_some() {
            let ping = Outgoing { hop, bytes: Bytes::from_static(b"\r\n\r\n") };
            if self.enqueue(ping).is_some() {
                tracing::debug!(hop = %peer(hop), "keep-alive: connection gone");
            }
        }
    }

    fn expect_name(&mut self, address: SocketAddr, name: String) {
        match ServerName::try_from(name) {
            Ok(name) if self.names.len() < NAMES_MAX || self.names.contains_key(&address) => {
                self.names.insert(address, name);
            }
            Ok(_) => tracing::warn!(%address, "too many names of TLS servers"),
            Err(error) => tracing::warn!(%address, %error, "not a name that a certificate can prove"),
        }
    }

    /// Starts a connection's task, with its first message queued. Whether the limits allow it.
    fn begin(
        &mut self,
        transport: Transport,
        remote: SocketAddr,
        begin: Begin,
        first: Option<Outgoing>,
    ) -> bool {
        let of_this_ip = self.per_ip.get(&remote.ip()).copied().unwrap_or(0);
        if self.links.len() >= self.limits.connections_max || of_this_ip >= self.limits.per_ip_max {
            return false;
        }
        self.last_id += 1;
        let id = ConnectionId(self.last_id);
        let hop = stream_hop(transport, remote, id);
        let (outbox, outgoing) = mpsc::channel(OUTBOX_MAX);
        if let Some(first) = first
            && outbox.try_send(first).is_err()
        {
            return false;
        }
        let connection = Connection {
            is_inbound: matches!(begin, Begin::Accepted(_)),
            hop,
            limits: self.limits,
            tls: (transport == Transport::Tls).then(|| self.tls.clone()),
            outbox: outgoing,
            inputs: self.inputs.clone(),
            waker: self.waker.clone(),
        };
        self.tasks.spawn(connection.run(begin));
        self.links.insert(id, Link { hop, outbox });
        self.by_remote.insert((transport, remote), id);
        *self.per_ip.entry(remote.ip()).or_default() += 1;
        true
    }

    async fn ended(&mut self, ended: Result<Ended, tokio::task::JoinError>) {
        let Ok(Ended { hop, end, undelivered }) = ended else {
            // Its link stays until somebody sends to it and finds the outbox closed.
            tracing::error!("a connection's task panicked");
            return;
        };
        tracing::debug!(hop = %peer(hop), %end, undelivered = undelivered.len(), "connection ended");
        match end {
            End::Malformed(_) => self.counters.malformed.fetch_add(1, Ordering::Relaxed),
            End::Slow | End::HandshakeTimeout => self.counters.slow.fetch_add(1, Ordering::Relaxed),
            End::Peer
            | End::Stopped
            | End::ConnectTimeout
            | End::Silent
            | End::Unwritable
            | End::Io(_)
            | End::NoShard => 0,
        };
        if let Some(id) = hop.connection {
            self.forget(id);
        }
        // Why comes first: who gives up at what follows has heard it.
        if !matches!(end, End::NoShard) {
            self.tell(NetInput::Closed { hop, why: end.to_string() }).await;
        }
        for hop in undelivered {
            self.tell(NetInput::Unreachable(hop)).await;
        }
    }

    fn forget(&mut self, id: ConnectionId) {
        let Some(link) = self.links.remove(&id) else { return };
        let key = (link.hop.transport, link.hop.remote);
        if self.by_remote.get(&key) == Some(&id) {
            self.by_remote.remove(&key);
        }
        let ip = link.hop.remote.ip();
        if let Some(count) = self.per_ip.get_mut(&ip) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.per_ip.remove(&ip);
            }
        }
    }

    /// To the shard, waiting while it is busy.
    async fn tell(&self, input: NetInput) {
        if self.inputs.send(input).await.is_ok() {
            self.waker.wake();
        }
    }
}

/// Hands accepted connections to the hub.
async fn accept(
    transport: Transport,
    listener: TcpListener,
    to_hub: mpsc::Sender<(Transport, TcpStream, SocketAddr)>,
) {
    loop {
        match listener.accept().await {
            Ok((stream, remote)) => {
                if to_hub.send((transport, stream, remote)).await.is_err() {
                    return;
                }
            }
            Err(error) => {
                tracing::warn!(%error, "accept");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
