//! What the media engine tells the call core.

use crate::{Audio, MixId, PlayId, RecordingId, RecordingOf};
use cordboard_base::{LegId, Time};
use core::net::SocketAddr;
use serde::{Deserialize, Serialize};

/// From the engine, or from the shell that opens its sockets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The session's sockets are bound.
    Opened {
        /// Whose.
        leg: LegId,
        /// What the peer is to be shown for audio.
        audio: SocketAddr,
        /// What the peer is to be shown for video.
        video: Option<SocketAddr>,
    },
    /// No port was free, or we have no address of that family.
    OpenFailed {
        /// Whose.
        leg: LegId,
    },
    /// The peer pressed a digit; once per digit, however it came (RFC 4733; tones later), at its end.
    Digit {
        /// Who.
        leg: LegId,
        /// `0-9 A-D * #`
        digit: char,
        /// How long, in ms.
        duration_ms: u16,
        /// Digits are withheld ([`crate::Command::WithholdDigits`]), but this one was down before, and those who hear the leg have been
        /// given it to its end.
        #[serde(default)]
        is_passed_on: bool,
    },
    /// A play has ended.
    Played {
        /// To whom.
        leg: LegId,
        /// Which.
        play: PlayId,
        /// How.
        end: PlayEnd,
        /// Where in its list it was then.
        #[serde(default)]
        at: Playhead,
    },
    /// The peer has been quiet for as long as `WatchSilence` said.
    Silence {
        /// Who.
        leg: LegId,
    },
    /// Whether the peer is an answering machine, as `DetectMachine` wanted to know.
    Detected {
        /// Who.
        leg: LegId,
        /// What was found.
        verdict: crate::MachineVerdict,
    },
    /// No packet has come for as long as `timeout_ms` said. Comes once, until packets flow again.
    Timeout {
        /// Who.
        leg: LegId,
    },
    /// The peer's packets come from this address; ours go there from now on.
    Latched {
        /// Who.
        leg: LegId,
        /// Where from.
        address: SocketAddr,
    },
    /// A leg that is said into a mix has begun or ended to talk, where the mix tells it.
    Talking {
        /// Into which.
        mix: MixId,
        /// Who.
        leg: LegId,
        /// Whether it talks.
        talks: bool,
    },
    /// What was played to all of a mix has ended.
    PlayedInto {
        /// Into which.
        mix: MixId,
        /// Which.
        play: PlayId,
        /// How.
        end: PlayEnd,
    },
    /// A recording's file is complete, or can't be written any more. Of a leg it can come after [`Event::Closed`].
    RecordingEnded {
        /// Which.
        id: RecordingId,
        /// The file's name within the directory of its place; empty if there is none.
        file: String,
        /// How much it holds, in ms; without the silence that was left out.
        ms: u64,
        /// Why it could not be written on; what came before is there.
        failure: Option<String>,
    },
    /// How a session's audio went, second by second: some seconds at once, and what is left before [`Event::Closed`].
    Figures {
        /// Whose.
        leg: LegId,
        /// When the first of them began.
        from: Time,
        /// Second by second.
        seconds: Vec<Second>,
    },
    /// The session is closed.
    Closed {
        /// Whose.
        leg: LegId,
        /// Its last figures.
        stats: StreamStats,
    },
}

impl Event {
    /// Whose session it is about; none for an event of a mix as a whole.
    pub fn leg(&self) -> Option<LegId> {
        match self {
            Self::Opened { leg, .. }
            | Self::OpenFailed { leg }
            | Self::Digit { leg, .. }
            | Self::Played { leg, .. }
            | Self::Silence { leg }
            | Self::Detected { leg, .. }
            | Self::Timeout { leg }
            | Self::Latched { leg, .. }
            | Self::Talking { leg, .. }
            | Self::Figures { leg, .. }
            | Self::Closed { leg, .. } => Some(*leg),
            Self::RecordingEnded { id, .. } => match id.of {
                RecordingOf::Leg(leg) => Some(leg),
                RecordingOf::Mix(_) => None,
            },
            Self::PlayedInto { .. } => None,
        }
    }
}

/// How a play ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PlayEnd {
    /// To its end.
    Finished,
    /// By `Stop`, another `Play` or `Close`.
    Stopped,
    /// By this digit.
    Interrupted(char),
    /// This prompt or file could not be found or decoded; what came before it was played.
    Missing(String),
}

/// Where in a list of things a play stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Playhead {
    /// Which of the list's items, from 0; after the end the last one.
    pub item: u32,
    /// How far in it, in ms from its beginning; after the end its length. 0 for music, which goes by its own clock.
    pub position_ms: u64,
    /// The item's length in ms where it is known: not for music and endless tones. Of a file it is what the file says, until its end
    /// has been read.
    pub length_ms: Option<u64>,
}

impl Playhead {
    /// Where a list begins.
    pub fn at_beginning_of(items: &[Audio]) -> Self {
        let position_ms = match items.first() {
            Some(Audio::File { from_ms, .. }) => *from_ms,
            Some(Audio::Prompt { .. } | Audio::Music(_) | Audio::Silence(_) | Audio::Tone(_)) | None => 0,
        };
        Self { position_ms, ..Self::default() }
    }
}

/// What was counted of a session's audio in a second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<u16>", into = "Vec<u16>")]
pub struct Second {
    /// Packets from the peer that were taken.
    pub received: u16,
    /// Packets sent.
    pub sent: u16,
    /// Packets lost on the way to us.
    pub lost: u16,
    /// Interarrival jitter at its end, in ms.
    pub jitter_ms: u16,
    /// Packets from other addresses than the peer's, dropped.
    pub strangers: u16,
    /// How loud what came was: a level in dBov without its sign, as in RFC 6464 §3, 0 the loudest and 127 nothing but zeros. `None`:
    /// nothing came, or it is passed on in a codec that does not tell it without decoding. Of G.722 and Opus that are passed on it is a
    /// guess at one packet of the second, by the codec's own steps and gains.
    pub below_dbov: Option<u8>,
}

/// Five numbers, and the level where it is known: an earlier version has none.
impl From<Vec<u16>> for Second {
    fn from(numbers: Vec<u16>) -> Self {
        let number = |at: usize| numbers.get(at).copied().unwrap_or(0);
        let below_dbov = numbers.get(5).and_then(|level| u8::try_from(*level).ok());
        Self {
            received: number(0),
            sent: number(1),
            lost: number(2),
            jitter_ms: number(3),
            strangers: number(4),
            below_dbov,
        }
    }
}

impl From<Second> for Vec<u16> {
    fn from(second: Second) -> Self {
        let Second { received, sent, lost, jitter_ms, strangers, below_dbov } = second;
        let counted = [received, sent, lost, jitter_ms, strangers];
        counted.into_iter().chain(below_dbov.map(u16::from)).collect()
    }
}

/// Figures of a session's audio stream (RFC 3550 §6.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StreamStats {
    /// Packets from the peer that were taken.
    pub received: u64,
    /// Packets sent.
    pub sent: u64,
    /// Packets lost on the way to us.
    pub lost: u64,
    /// Packets from a stranger's address after latching, dropped.
    pub strangers: u64,
    /// Packets that were not RTP, of an unknown payload type, or came too late.
    pub discarded: u64,
    /// Interarrival jitter in ms.
    pub jitter_ms: f32,
    /// Packets that the peer says it lost.
    pub peer_lost: u64,
    /// Jitter that the peer says it sees, in ms.
    pub peer_jitter_ms: f32,
    /// Round trip in ms, 0 when unknown.
    pub round_trip_ms: f32,
    /// How long what the peer says waits with us before it is decoded, in ms; 0 where it is only relayed.
    pub buffered_ms: f32,
    /// What was made up in place of lost sound, in ms; 0 where it is only relayed.
    pub concealed_ms: u64,
    /// The opinion score of what the peer says, 1 to 4.5, as it is when it leaves us (ITU-T G.107, see [`crate::quality`]); 0: nothing
    /// has come.
    pub score: f32,
    /// The opinion score of what the peer hears: what it says itself (RFC 3611), else estimated from its reports; 0: it says nothing.
    pub peer_score: f32,
}
