//! TCP connections of the world: reliable, in order, numbered.

use cordboard_base::{ConnectionId, Hop, Transport};
use core::net::SocketAddr;

/// The first of a host's own ports.
const EPHEMERAL: u16 = 49_152;

/// One connection between a phone (or peer) and the office.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stream {
    pub(crate) id: ConnectionId,
    /// The host's end, as the office sees it.
    pub(crate) remote: SocketAddr,
    /// Where the host listens.
    pub(crate) listens: SocketAddr,
    pub(crate) open: bool,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Streams(Vec<Stream>);

impl Streams {
    /// The host's connection to the office; a new one if it has none.
    pub(crate) fn of_host(&mut self, listens: SocketAddr) -> Stream {
        match self.0.iter().rev().find(|s| s.open && s.listens == listens) {
            Some(stream) => *stream,
            None => self.open(listens),
        }
    }

    /// The connection by which the office reaches a hop; a new one if somebody listens there.
    pub(crate) fn of_hop(&mut self, hop: &Hop, listener: Option<SocketAddr>) -> Option<Stream> {
        let named = |s: &&Stream| s.open && Some(s.id) == hop.connection;
        let there = |s: &&Stream| s.open && (s.remote == hop.remote || s.listens == hop.remote);
        let known = self.0.iter().find(named).or_else(|| self.0.iter().rev().find(there)).copied();
        known.or_else(|| listener.map(|listens| self.open(listens)))
    }

    pub(crate) fn by_id(&self, id: ConnectionId) -> Option<Stream> {
        self.0.iter().find(|s| s.open && s.id == id).copied()
    }

    /// Closes all connections of a host.
    pub(crate) fn close(&mut self, listens: SocketAddr) {
        self.0.iter_mut().filter(|s| s.listens == listens).for_each(|s| s.open = false);
    }

    fn open(&mut self, listens: SocketAddr) -> Stream {
        let number = u16::try_from(self.0.len()).unwrap_or(u16::MAX);
        let remote = SocketAddr::new(listens.ip(), EPHEMERAL.saturating_add(number));
        let stream = Stream { id: ConnectionId(u64::from(number) + 1), remote, listens, open: true };
        self.0.push(stream);
        stream
    }
}

impl Stream {
    /// As the office sees it.
    pub(crate) fn hop(&self) -> Hop {
        Hop { transport: Transport::Tcp, remote: self.remote, connection: Some(self.id) }
    }
}
