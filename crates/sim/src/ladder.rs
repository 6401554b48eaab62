//! The ladder: every SIP message that was sent, in order, for the eyes after a failure and for comparing two runs.

use bytes::Bytes;
use cordboard_base::Time;
use core::fmt::{self, Write};
use core::net::SocketAddr;
use std::collections::BTreeMap;

/// How a message fared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// It arrives, once or more often.
    Copies(usize),
    /// By a stream.
    Stream,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceLine {
    /// When it was sent.
    pub at: Time,
    /// By whom.
    pub from: SocketAddr,
    /// To whom.
    pub to: SocketAddr,
    /// How it fared.
    pub sent: Sent,
    /// The bytes.
    pub bytes: Bytes,
}

impl TraceLine {
    /// Request or status line.
    pub fn first_line(&self) -> String {
        let text = String::from_utf8_lossy(&self.bytes);
        text.lines().next().unwrap_or("").to_owned()
    }

    /// What the session description says, in short: codec numbers, port, direction.
    fn summary(&self) -> String {
        let text = String::from_utf8_lossy(&self.bytes);
        let mut out = String::new();
        for line in text.lines() {
            let direction = ["a=sendrecv", "a=sendonly", "a=recvonly", "a=inactive"].contains(&line);
            let rest = line.strip_prefix("m=").or_else(|| line.strip_prefix("a=").filter(|_| direction));
            let header = ["CSeq:", "Reason:", "Replaces:"].iter().any(|name| line.starts_with(name));
            if let Some(part) = rest.or_else(|| header.then_some(line)) {
                let _infallible = write!(out, " | {part}");
            }
        }
        out
    }
}

/// All messages of a world, and the names of its hosts.
#[derive(Debug, Default)]
pub(crate) struct Ladder {
    pub(crate) lines: Vec<TraceLine>,
    pub(crate) names: BTreeMap<SocketAddr, String>,
    /// A hash over all media packets: their times, addresses and bytes.
    pub(crate) media_hash: u64,
    pub(crate) media_packets: u64,
}

impl Ladder {
    pub(crate) fn add(&mut self, line: TraceLine) {
        self.lines.push(line);
    }

    pub(crate) fn add_media(&mut self, at: Time, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        self.media_packets += 1;
        let mut hash =
            self.media_hash ^ at.as_micros() ^ u64::from(from.port()) << 32 ^ u64::from(to.port()) << 16;
        for byte in bytes {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self.media_hash = hash;
    }

    fn name(&self, address: SocketAddr) -> String {
        self.names.get(&address).cloned().unwrap_or_else(|| address.to_string())
    }
}

impl fmt::Display for Ladder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.lines {
            let fate = match line.sent {
                Sent::Copies(0) => "   LOST",
                Sent::Copies(1) => "",
                Sent::Copies(_) => "   TWICE",
                Sent::Stream => "   (tcp)",
            };
            let (from, to) = (self.name(line.from), self.name(line.to));
            writeln!(
                f,
                "{:>12}  {from:>10} → {to:<10} {}{}{fate}",
                line.at.to_string(),
                line.first_line(),
                line.summary()
            )?;
        }
        Ok(())
    }
}
