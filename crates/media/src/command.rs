//! What the call core asks of the media engine. Plain data: it crosses threads, and journals later.

use crate::{MixInput, MixSettings, RecordPause, RecordSettings, RecordingId, RecordingOf};
use cordboard_base::{Format, LegId};
use cordboard_sdp::ExtendedReports;
use core::net::{IpAddr, SocketAddr};
use serde::{Deserialize, Serialize};

/// Names one prompt list played to one leg; chosen by the call core, never used twice within a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PlayId(pub u32);

/// Names one mix of a worker's; chosen by whoever makes it, not used again while it lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MixId(pub u64);

/// A command to the engine. For a leg that is not open all but `Open` are ignored and counted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Makes a session. The shell binds an even RTP port and the next one for RTCP (and a second pair for video), and answers
    /// [`crate::Event::Opened`] with the addresses that `peer` is to be shown, or `OpenFailed`.
    Open {
        /// Whose.
        leg: LegId,
        /// Where its packets are likely to come from: decides family and advertised address.
        peer: IpAddr,
        /// Whether a video pair is wanted.
        video: bool,
        /// What its outgoing audio stream starts from.
        seed: StreamSeed,
    },
    /// Says what was agreed with the peer. Repeated after each offer/answer; SSRC, sequence numbers and timestamps go on.
    Setup {
        /// Whose.
        leg: LegId,
        /// The audio stream; `None`: there is none.
        audio: Option<StreamSetup>,
        /// The video stream.
        video: Option<VideoSetup>,
    },
    /// What the leg hears from now on.
    Hear {
        /// Who hears.
        leg: LegId,
        /// What.
        source: Source,
    },
    /// Plays to a leg, in place of what it hears; ends in [`crate::Event::Played`]. A second `Play` takes the first one's place.
    Play {
        /// To whom.
        leg: LegId,
        /// What.
        play: Play,
    },
    /// Ends a play at once. Nothing happens if it has ended already.
    Stop {
        /// To whom.
        leg: LegId,
        /// Which.
        play: PlayId,
    },
    /// Sends digits to the peer, as telephone events where agreed, else as tones in the audio.
    SendDigits {
        /// To whom.
        leg: LegId,
        /// `0-9 A-D * #`, `w` waits 500 ms.
        digits: String,
        /// Length of each, in ms (RFC 4733 wants 40 and more).
        duration_ms: u16,
        /// The pause between two, in ms.
        gap_ms: u16,
    },
    /// Digits of the peer are told, and kept from all who hear it: whoever wants them to be heard sends them. One that is down already
    /// is heard to its end, and told as such. As a peer that knows tones
    /// alone is taken apart for that, its tones are kept from them as well.
    WithholdDigits {
        /// Whose.
        leg: LegId,
        /// Whether.
        withheld: bool,
    },
    /// Reports [`crate::Event::Silence`] when the peer has been quiet for so long; 0 ends the watch.
    WatchSilence {
        /// Who.
        leg: LegId,
        /// For how long, in ms.
        ms: u32,
        /// Below which level, in dBov.
        level_dbov: i8,
    },
    /// Listens whether the peer is an answering machine, and tells by [`crate::Event::Detected`]; `None` ends that.
    DetectMachine {
        /// Who.
        leg: LegId,
        /// How to tell.
        settings: Option<crate::MachineDetection>,
    },
    /// Records a leg or a mix to a file of the shell's. One that runs already ends.
    Record {
        /// Which recording.
        id: RecordingId,
        /// How.
        settings: RecordSettings,
    },
    /// Pauses a recording, or goes on with it (`None`). Nothing happens if it has ended.
    PauseRecording {
        /// Which.
        id: RecordingId,
        /// What stands for the pause.
        pause: Option<RecordPause>,
    },
    /// Ends a recording; [`crate::Event::RecordingEnded`] comes when its file is complete. Closing the leg or ending the mix
    /// does the same.
    EndRecording {
        /// Which.
        id: RecordingId,
    },
    /// Makes a mix, or changes how one behaves. Nobody is in it yet: legs are said into it by `SayInto` and hear it by
    /// `Hear` with [`Source::Mix`], the one without the other if so wanted.
    Mix {
        /// Which.
        mix: MixId,
        /// How it behaves.
        settings: MixSettings,
    },
    /// Ends a mix: who hears it hears nothing, until told otherwise.
    EndMix {
        /// Which.
        mix: MixId,
    },
    /// Says a leg into a mix, changes how, or takes it out (`None`). A leg can be said into several.
    SayInto {
        /// Into which.
        mix: MixId,
        /// Who.
        leg: LegId,
        /// How.
        input: Option<MixInput>,
    },
    /// Plays to all who hear a mix, over what is said; ends in [`crate::Event::PlayedInto`]. `None` ends it; a second one takes
    /// the first one's place. Digits don't interrupt it.
    PlayInto {
        /// Into which.
        mix: MixId,
        /// What.
        play: Option<Play>,
    },
    /// How loud a leg hears a mix.
    HearingVolume {
        /// Who.
        leg: LegId,
        /// Louder or softer by so much, in dB, −24 to 24.
        gain_db: i8,
    },
    /// Ends the session and its sockets. [`crate::Event::Closed`] brings the last figures.
    Close {
        /// Whose.
        leg: LegId,
    },
}

impl Command {
    /// Whose session it is for; none for a command to a mix as a whole.
    pub fn leg(&self) -> Option<LegId> {
        match self {
            Self::Open { leg, .. }
            | Self::Setup { leg, .. }
            | Self::Hear { leg, .. }
            | Self::Play { leg, .. }
            | Self::Stop { leg, .. }
            | Self::SendDigits { leg, .. }
            | Self::WithholdDigits { leg, .. }
            | Self::WatchSilence { leg, .. }
            | Self::DetectMachine { leg, .. }
            | Self::SayInto { leg, .. }
            | Self::HearingVolume { leg, .. }
            | Self::Close { leg } => Some(*leg),
            Self::Record { id, .. } | Self::PauseRecording { id, .. } | Self::EndRecording { id } => {
                match id.of {
                    RecordingOf::Leg(leg) => Some(leg),
                    RecordingOf::Mix(_) => None,
                }
            }
            Self::Mix { .. } | Self::EndMix { .. } | Self::PlayInto { .. } => None,
        }
    }
}

/// Where an outgoing stream starts, drawn by the call core (RFC 3550 §5.1 wants them unguessable).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "RTP's own words")]
pub struct StreamSeed {
    pub ssrc: u32,
    pub sequence: u16,
    pub timestamp: u32,
}

/// The audio stream as both sides agreed on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamSetup {
    /// Where RTP goes until a packet from the peer shows better (symmetric latching); `None`: wait for one.
    pub remote_rtp: Option<SocketAddr>,
    /// Where RTCP goes; `None`: RTP's port + 1, or the same with `rtcp_mux`.
    pub remote_rtcp: Option<SocketAddr>,
    /// RTP and RTCP on one port (RFC 5761).
    pub rtcp_mux: bool,
    /// Formats that the peer takes, best first; the first is used. Payload types are the peer's.
    pub send: Vec<Format>,
    /// Formats that we said we take; payload types are ours.
    pub receive: Vec<Format>,
    /// Telephone events, if agreed.
    pub telephone_event: Option<TelephoneEvent>,
    /// Packet length in ms towards the peer: 10–60.
    pub ptime_ms: u16,
    /// Whether we may send to the peer.
    pub sends: bool,
    /// Whether the peer sends to us.
    pub receives: bool,
    /// After how much silence on the wire [`crate::Event::Timeout`] comes, in ms; 0: never. Does not run while `receives` is false.
    pub timeout_ms: u32,
    /// The extended RTCP reports that the peer would like to get (RFC 3611).
    #[serde(default)]
    pub extended_reports: ExtendedReports,
}

/// RFC 4733 as agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TelephoneEvent {
    /// Payload type towards the peer.
    pub send_payload_type: u8,
    /// Payload type from the peer.
    pub receive_payload_type: u8,
    /// Its clock in Hz.
    pub clock_rate_hz: u32,
}

/// A video stream: relayed to the leg that this one hears, never decoded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VideoSetup {
    /// Where it goes until latched.
    pub remote_rtp: Option<SocketAddr>,
    /// Where its RTCP goes.
    pub remote_rtcp: Option<SocketAddr>,
    /// RTP and RTCP on one port.
    pub rtcp_mux: bool,
    /// Payload types: as this peer sends them → as the other leg's peer knows them.
    pub payload_map: Vec<(u8, u8)>,
}

/// A stream to a multicast group: "basic" RTP, as phones take it that listen for pages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MulticastStream {
    /// The group and its port.
    pub to: SocketAddr,
    /// In this format.
    pub format: Format,
}

/// What a leg hears.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// Nothing: no packets are sent (comfort for NATs is the engine's concern).
    #[default]
    Nothing,
    /// Another leg. Two legs that hear each other are a two-party bridge and are relayed without decoding where formats allow.
    Leg(LegId),
    /// Itself.
    Echo,
    /// A mix, without its own part of it. Nothing while there is no such mix.
    Mix(MixId),
}

/// A list of things to play, without gaps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Play {
    /// Its name.
    pub id: PlayId,
    /// What, in order.
    pub items: Vec<Audio>,
    /// Again and again until stopped.
    pub repeat: bool,
    /// Digits that end it at once (they are reported all the same); empty: none.
    pub interrupt: String,
}

/// One thing to play.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Audio {
    /// A prompt by its name in the sounds' directory, without extension: `vm-goodbye`, `digits/1`. Looked up in the language first.
    Prompt {
        /// The name.
        name: String,
        /// The language: `en`, `de`.
        lang: String,
    },
    /// A file of an application's, whatever its length: a message, a greeting, a recording.
    File {
        /// Within the data directory, with its extension: `messages/3f1c….wav`. Never a caller's words.
        path: String,
        /// Where it begins, in ms; behind its end it is over at once.
        from_ms: u64,
    },
    /// Music of a class; goes on where it was for whoever comes back.
    Music(String),
    /// Silence in ms.
    Silence(u32),
    /// A tone.
    Tone(Tone),
}

/// One or two frequencies with a cadence (ITU-T E.180, E.182).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tone {
    /// Hz; the second is 0 for a single tone.
    pub frequencies_hz: [u16; 2],
    /// Of each frequency, in dBm0 (0 dBm0 is −3.14 dBov in G.711).
    pub level_dbm0: i8,
    /// On and off in ms, alternating; empty: on without end.
    pub cadence_ms: Vec<u16>,
    /// Its length in ms; 0: without end.
    pub duration_ms: u32,
}
