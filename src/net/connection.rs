//! One stream connection, from connect or accept to its end: a task of the streams' runtime.
//!
//! ```text
//! accepted ──┐                 ┌──────────── whole messages ───────▶ shard
//!            ├─▶ handshake ─▶ open ◀──────── outbox ──────────────── hub
//! connect ───┘   (TLS only)    └─▶ closed: by the peer, silent, slow, malformed, not written, stopped
//! ```

use super::tls::TlsContext;
use super::{NetInput, StreamLimits};
use crate::wake::Waker;
use bytes::Bytes;
use cordboard_base::Hop;
use cordboard_sip::message::{Framing, MessageError, StreamParser, refusal};
use rustls::pki_types::ServerName;
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

/// Messages that wait for a connection to come up or a peer to read; one more closes the connection as unwritable.
pub(super) const OUTBOX_MAX: usize = 64;
const READ_SIZE: usize = 16_384;
/// RFC 5626 §4.4.1.
const PONG: &[u8] = b"\r\n";

/// What is to be written: the hop is told when it can't be.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) hop: Hop,
    pub(super) bytes: Bytes,
}

/// How it begins.
#[derive(Debug)]
pub(super) enum Begin {
    Accepted(TcpStream),
    Connect { name: Option<ServerName<'static>>, dscp: u8 },
}

/// Why it ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum End {
    #[error("closed by the peer")]
    Peer,
    #[error("told to")]
    Stopped,
    #[error("no connection in time")]
    ConnectTimeout,
    #[error("no handshake in time")]
    HandshakeTimeout,
    #[error("no whole message in time")]
    Slow,
    #[error("silent")]
    Silent,
    #[error("the peer does not read")]
    Unwritable,
    #[error("{0}")]
    Malformed(#[from] MessageError),
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("the shard is gone")]
    NoShard,
}

/// A connection with its own end of the world.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) is_inbound: bool,
    pub(super) hop: Hop,
    pub(super) limits: StreamLimits,
    pub(super) tls: Option<TlsContext>,
    pub(super) outbox: mpsc::Receiver<Outgoing>,
    pub(super) inputs: mpsc::Sender<NetInput>,
    pub(super) waker: Waker,
}

/// What is left when it is over: why, and the hops of what was not written.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) hop: Hop,
    pub(super) end: End,
    pub(super) undelivered: Vec<Hop>,
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

impl Connection {
    /// Lives until the connection is over.
    pub(super) async fn run(mut self, begin: Begin) -> Ended {
        let mut unwritten = VecDeque::new();
        let end = match self.open(begin).await {
            Ok(stream) => self.exchange(stream, &mut unwritten).await,
            Err(end) => Err(end),
        };
        let end = end.err().unwrap_or(End::Peer);
        self.outbox.close();
        while let Ok(outgoing) = self.outbox.try_recv() {
            unwritten.push_back(outgoing.hop);
        }
        let mut undelivered: Vec<Hop> = unwritten.into();
        undelivered.sort_unstable();
        undelivered.dedup();
        Ended { hop: self.hop, end, undelivered }
    }

    async fn open(&self, begin: Begin) -> Result<Box<dyn Stream>, End> {
        let (tcp, name) = match begin {
            Begin::Accepted(tcp) => (tcp, None),
            Begin::Connect { name, dscp } => {
                let connect = connect(self.hop.remote, dscp);
                let tcp = timeout(self.limits.connect, connect).await.map_err(|_| End::ConnectTimeout)??;
                (tcp, Some(name))
            }
        };
        tcp.set_nodelay(true)?;
        let Some(tls) = &self.tls else { return Ok(Box::new(tcp)) };
        let handshake = async {
            match name {
                None => tls.acceptor.accept(tcp).await.map(|stream| Box::new(stream) as Box<dyn Stream>),
                Some(name) => {
                    let connector = tls.connector(name.is_some());
                    let name = name.unwrap_or_else(|| ServerName::from(self.hop.remote.ip()));
                    connector.connect(name, tcp).await.map(|stream| Box::new(stream) as Box<dyn Stream>)
                }
            }
        };
        Ok(timeout(self.limits.handshake, handshake).await.map_err(|_| End::HandshakeTimeout)??)
    }

    async fn exchange(&mut self, stream: Box<dyn Stream>, unwritten: &mut VecDeque<Hop>) -> Result<(), End> {
        let (mut reader, mut writer) = tokio::io::split(stream);
        let mut parser = StreamParser::default();
        let mut buffer = vec![0; READ_SIZE];
        // A peer that has just connected owes us a message; later on it only owes the rest of one that it began.
        let mut owed_since = self.is_inbound.then(Instant::now);
        let mut heard = Instant::now();
        loop {
            let deadline = match owed_since {
                Some(since) => (since + self.limits.message).min(heard + self.limits.idle),
                None => heard + self.limits.idle,
            };
            tokio::select! {
                size = reader.read(&mut buffer) => {
                    let size = size?;
                    if size == 0 {
                        return Err(End::Peer);
                    }
                    heard = Instant::now();
                    parser.push(buffer.get(..size).unwrap_or_default());
                    let whole = self.take_messages(&mut parser, &mut writer).await?;
                    owed_since = if parser.is_empty() && (whole || owed_since.is_none()) {
                        None
                    } else if whole {
                        Some(heard)
                    } else {
                        owed_since.or(Some(heard))
                    };
                }
                outgoing = self.outbox.recv() => {
                    let Some(Outgoing { hop, bytes }) = outgoing else { return Err(End::Stopped) };
                    unwritten.push_back(hop);
                    self.write(&mut writer, &bytes).await?;
                    unwritten.clear();
                }
                () = tokio::time::sleep_until(deadline) => {
                    return Err(if owed_since.is_some() { End::Slow } else { End::Silent });
                }
            }
        }
    }

    /// Hands whole messages to the shard, waiting while it is busy: then this peer is not read. Whether there was one.
    async fn take_messages(
        &self,
        parser: &mut StreamParser,
        writer: &mut (impl AsyncWrite + Unpin),
    ) -> Result<bool, End> {
        let mut whole = false;
        loop {
            let framing = match parser.next_message() {
                Ok(Some(framing)) => framing,
                Ok(None) => return Ok(whole),
                Err(error) => {
                    self.refuse(parser, &error, writer).await?;
                    return Err(End::Malformed(error));
                }
            };
            whole = true;
            let input = match framing {
                Framing::Message(bytes) => NetInput::Message { from: self.hop, bytes },
                Framing::Ping => {
                    self.write(writer, PONG).await?;
                    NetInput::Ping(self.hop)
                }
                Framing::Pong => continue,
            };
            self.inputs.send(input).await.map_err(|_| End::NoShard)?;
            self.waker.wake();
        }
    }

    /// Says why before the stream is closed: its bounds are lost (RFC 3261 §18.3).
    async fn refuse(
        &self,
        parser: &StreamParser,
        error: &MessageError,
        writer: &mut (impl AsyncWrite + Unpin),
    ) -> Result<(), End> {
        match parser.refused().and_then(|bytes| refusal(bytes, error)) {
            Some(response) => self.write(writer, &response.to_bytes()).await,
            None => Ok(()),
        }
    }

    async fn write(&self, writer: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> Result<(), End> {
        let write = async {
            writer.write_all(bytes).await?;
            writer.flush().await
        };
        Ok(timeout(self.limits.write, write).await.map_err(|_| End::Unwritable)??)
    }
}

/// Connects from any port; the packets are marked from the first one on.
async fn connect(remote: SocketAddr, dscp: u8) -> io::Result<TcpStream> {
    let socket =
        if remote.is_ipv4() { tokio::net::TcpSocket::new_v4()? } else { tokio::net::TcpSocket::new_v6()? };
    super::listen::mark(&socket2::SockRef::from(&socket), remote.is_ipv6(), dscp)?;
    socket.connect(remote).await
}
