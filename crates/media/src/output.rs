//! What the engine yields to its shell, and the names by which both speak of sockets and samples.

use crate::rtp::HEADER_LEN;
use crate::{Event, RecordFile, RecordFormat, RecordingId};
use cordboard_base::LegId;
use core::net::{IpAddr, SocketAddr};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A session's place in its engine: the shell's sockets carry it, so that a packet finds its session without a search.
/// The generation tells a late packet of a closed session from one of the session that took its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SlotId {
    /// Index into the engine's table, reused after a close; dense, fit for a `Vec` in the shell.
    pub index: u32,
    /// Grows with every `Open` of the engine.
    pub generation: u32,
}

/// One of a session's four flows, each with a port of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum StreamKind {
    /// Audio (with rtcp-mux its RTCP too).
    AudioRtp,
    /// RTCP of the audio.
    AudioRtcp,
    /// Video (with rtcp-mux its RTCP too).
    VideoRtp,
    /// RTCP of the video.
    VideoRtcp,
}

impl StreamKind {
    /// All four, in the order of their ports.
    pub const ALL: [Self; 4] = [Self::AudioRtp, Self::AudioRtcp, Self::VideoRtp, Self::VideoRtcp];

    /// 0–3, fit for an array.
    pub fn index(self) -> usize {
        match self {
            Self::AudioRtp => 0,
            Self::AudioRtcp => 1,
            Self::VideoRtp => 2,
            Self::VideoRtcp => 3,
        }
    }
}

/// A relayed packet that was rewritten where it lay: send `bytes[start..end]` of the buffer just handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forward {
    /// Whose socket sends.
    pub slot: SlotId,
    /// Which of its sockets.
    pub stream: StreamKind,
    /// To where.
    pub to: SocketAddr,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// Names what can be loaded: the shell decodes it off the media thread and answers with `Engine::loaded`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum SampleKey {
    /// A prompt, looked up in the language first.
    Prompt {
        /// Its name in the sounds' directory, without extension.
        name: String,
        /// The language.
        lang: String,
    },
    /// A stretch of a prompt that is too long to be handed in as a whole: see [`crate::Found`].
    PromptBlock {
        /// As for `Prompt`.
        name: String,
        /// The language.
        lang: String,
        /// Which stretch, from 0.
        block: u64,
    },
    /// A stretch of an application's file.
    FileBlock {
        /// Within the data directory.
        path: String,
        /// Which stretch, from 0.
        block: u64,
    },
    /// A stretch of a class of music: see [`crate::music`].
    Music {
        /// The class.
        class: String,
        /// Which stretch, counted from the clock's beginning.
        block: u64,
    },
}

impl SampleKey {
    /// The name alone, for [`crate::PlayEnd::Missing`].
    pub fn name(&self) -> &str {
        match self {
            Self::Prompt { name, .. }
            | Self::PromptBlock { name, .. }
            | Self::FileBlock { path: name, .. }
            | Self::Music { class: name, .. } => name,
        }
    }
}

/// What the engine wants done, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Bind sockets for a new session and tell the call core [`Event::Opened`]; if that can't be done, tell it
    /// [`Event::OpenFailed`] and call `Engine::abandon`.
    Bind {
        /// The session's place: packets of these sockets are handed in with it.
        slot: SlotId,
        /// Whose.
        leg: LegId,
        /// Where its packets are likely to come from.
        peer: IpAddr,
        /// Whether a video pair is wanted.
        video: bool,
    },
    /// Close the session's sockets. Comes after its last packet; the slot means another session from now on.
    Unbind {
        /// Which.
        slot: SlotId,
        /// Whose.
        leg: LegId,
    },
    /// Send this. Packets that are not simply relayed come this way.
    Packet {
        /// Whose socket sends.
        slot: SlotId,
        /// Which of its sockets.
        stream: StreamKind,
        /// To where.
        to: SocketAddr,
        /// The datagram.
        bytes: Vec<u8>,
    },
    /// Send this from a session's RTP socket: one payload that many are sent, each under its own header.
    Shared {
        /// Whose socket sends.
        slot: SlotId,
        /// To where.
        to: SocketAddr,
        /// The RTP header.
        header: [u8; HEADER_LEN],
        /// What follows it.
        payload: Arc<[u8]>,
    },
    /// The peer's address for a stream is now known by its own packets, so the socket may be connected to it (`Some`), or must
    /// take packets from anywhere again (`None`). A connected socket hides strangers from the engine: the shell may choose not to.
    Latch {
        /// Whose socket.
        slot: SlotId,
        /// Which of its sockets.
        stream: StreamKind,
        /// The peer's address.
        address: Option<SocketAddr>,
    },
    /// For the call core.
    Event(Event),
    /// Decode this and answer with `Engine::loaded`. Asked once per key, however many plays wait for it; blocks of long sounds are
    /// asked for a block ahead of the time when they are heard.
    Load(SampleKey),
    /// Start a recording: 16-bit linear, interleaved. When its file is complete, or can't be written any more, tell
    /// [`Event::RecordingEnded`]; in the latter case `Command::EndRecording` is to be handed in too.
    RecordStarted {
        /// Which.
        id: RecordingId,
        /// The file's name within the directory of its place, without extension.
        name: String,
        /// The form of the file.
        format: RecordFormat,
        /// Where it lies, and how it ends.
        file: RecordFile,
        /// Samples per second and channel.
        rate_hz: u32,
        /// 2: left what the peer says, right what it hears; 1: both in one.
        channels: u8,
    },
    /// More of a recording.
    Recorded {
        /// Which.
        id: RecordingId,
        /// Interleaved.
        samples: Vec<i16>,
    },
    /// The recording is complete.
    RecordEnded {
        /// Which.
        id: RecordingId,
    },
}
