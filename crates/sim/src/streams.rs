//! TCP connections of the world: reliable, in order, numbered.

use bytes::Bytes;
use cordboard_base::{ConnectionId, Hop, Source, Time, Transport};
use cordboard_sip::message::{Framing, StreamParser};
use core::net::SocketAddr;
use core::time::Duration;
use std::collections::BTreeMap;

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

/// How segments of streams travel: never out of order, whatever their jitter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamLink {
    /// At least.
    pub delay: Duration,
    /// At most so much more, drawn for each segment; those behind it wait for it.
    pub jitter: Duration,
    /// What is written is cut into segments of 1 to so many bytes, wherever that falls; 0: it arrives as it was written.
    pub segment_max: u32,
}

impl Default for StreamLink {
    fn default() -> Self {
        Self { delay: Duration::from_millis(4), jitter: Duration::ZERO, segment_max: 0 }
    }
}

/// Which way along a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Way {
    ToOffice,
    ToHost,
}

/// One way of a connection: when its last segment arrives, and what has arrived of a message.
#[derive(Debug, Default)]
struct Pipe {
    last: Time,
    parser: StreamParser,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Streams {
    all: Vec<Stream>,
    pipes: BTreeMap<(ConnectionId, Way), Pipe>,
    pub(crate) link: StreamLink,
}

impl Streams {
    /// The host's connection to the office; a new one if it has none.
    pub(crate) fn of_host(&mut self, listens: SocketAddr) -> Stream {
        match self.all.iter().rev().find(|s| s.open && s.listens == listens) {
            Some(stream) => *stream,
            None => self.open(listens),
        }
    }

    /// The connection by which the office reaches a hop; a new one if somebody listens there.
    pub(crate) fn of_hop(&mut self, hop: &Hop, listener: Option<SocketAddr>) -> Option<Stream> {
        let named = |s: &&Stream| s.open && Some(s.id) == hop.connection;
        let there = |s: &&Stream| s.open && (s.remote == hop.remote || s.listens == hop.remote);
        let known = self.all.iter().find(named).or_else(|| self.all.iter().rev().find(there)).copied();
        known.or_else(|| listener.map(|listens| self.open(listens)))
    }

    pub(crate) fn by_id(&self, id: ConnectionId) -> Option<Stream> {
        self.all.iter().find(|s| s.open && s.id == id).copied()
    }

    /// Closes all connections of a host.
    pub(crate) fn close(&mut self, listens: SocketAddr) {
        self.all.iter_mut().filter(|s| s.listens == listens).for_each(|s| s.open = false);
    }

    fn open(&mut self, listens: SocketAddr) -> Stream {
        let number = u16::try_from(self.all.len()).unwrap_or(u16::MAX);
        let remote = SocketAddr::new(listens.ip(), EPHEMERAL.saturating_add(number));
        let stream = Stream { id: ConnectionId(u64::from(number) + 1), remote, listens, open: true };
        self.all.push(stream);
        stream
    }

    /// When each segment of what is written now arrives.
    pub(crate) fn segments(
        &mut self,
        now: Time,
        id: ConnectionId,
        way: Way,
        bytes: &Bytes,
        chance: &mut Source,
    ) -> Vec<(Time, Bytes)> {
        let link = self.link;
        let pipe = self.pipes.entry((id, way)).or_default();
        let jitter_us = u64::try_from(link.jitter.as_micros()).unwrap_or(0);
        let mut rest = bytes.clone();
        let mut segments = Vec::new();
        while !rest.is_empty() {
            let most = rest.len();
            let size = match u64::from(link.segment_max) {
                0 => most,
                max => usize::try_from(1 + chance.below(max)).unwrap_or(most).min(most),
            };
            let jitter = Duration::from_micros(if jitter_us == 0 { 0 } else { chance.below(jitter_us + 1) });
            pipe.last = pipe.last.max(now + link.delay + jitter);
            segments.push((pipe.last, rest.split_to(size)));
        }
        segments
    }

    /// A segment is there: the messages that it completes, as the exchange's sockets would hand them on.
    pub(crate) fn arrive(&mut self, id: ConnectionId, way: Way, bytes: &Bytes) -> Vec<Bytes> {
        let pipe = self.pipes.entry((id, way)).or_default();
        pipe.parser.push(bytes);
        let mut messages = Vec::new();
        loop {
            match pipe.parser.next_message() {
                Ok(Some(Framing::Message(message))) => messages.push(message),
                Ok(Some(Framing::Ping | Framing::Pong)) => {}
                Ok(None) => return messages,
                Err(error) => panic!("a stream that can't be read: {error}"),
            }
        }
    }
}

impl Stream {
    /// As the office sees it.
    pub(crate) fn hop(&self) -> Hop {
        Hop { transport: Transport::Tcp, remote: self.remote, connection: Some(self.id) }
    }
}
