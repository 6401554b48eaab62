//! What a phone takes and yields.

use bytes::Bytes;
use cordboard_base::{Format, Hop, LegId};
use cordboard_sip::endpoint;
use serde::{Deserialize, Serialize};

/// A phone's account and habits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhoneConfig {
    /// The user name.
    pub user: String,
    /// The display name; empty: none.
    pub display: String,
    /// The password.
    pub password: String,
    /// The host of its address of record.
    pub domain: String,
    /// The exchange.
    pub server: Hop,
    /// Codecs, best first.
    pub codecs: Vec<Format>,
    /// Whether telephone events are offered.
    pub telephone_event: bool,
    /// Milliseconds of audio in a packet.
    pub ptime_ms: u16,
    /// The wished length of a registration, in s.
    pub expires_s: u32,
    /// Answers a call by itself after so many ms; `None`: it waits for [`Command::Answer`].
    pub auto_answer_ms: Option<u32>,
    /// Whether it sends INVITEs without an offer.
    pub late_offer: bool,
    /// Its endpoint.
    pub endpoint: endpoint::Config,
}

/// What a phone takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Input {
    /// One datagram or whole message.
    Message {
        /// By what it came.
        from: Hop,
        /// The bytes.
        bytes: Bytes,
    },
    /// Nothing can be sent to that hop.
    Unreachable(Hop),
    /// The network says that a datagram did not get there (ICMP).
    Undelivered {
        /// Where it was to go.
        hop: Hop,
        /// How it begins, as far as that is quoted.
        quoted: Bytes,
    },
    /// From its media engine.
    Media(cordboard_media::Event),
    /// From whoever uses it.
    Command(Command),
}

/// What its user does. Commands about a call mean the newest one that fits, unless they name a line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Registers, and goes on registering.
    Register,
    /// Removes the registration.
    Unregister,
    /// Calls a number or a `sip:` URI.
    Call(String),
    /// Answers the ringing call.
    Answer,
    /// Refuses the ringing call with a status: 486 busy, 603 decline.
    Decline(u16),
    /// Redirects the ringing call to a number (302).
    Redirect(String),
    /// Ends a call: the named line, or the newest.
    Hangup(Option<LegId>),
    /// Puts the newest talking call on hold.
    Hold,
    /// Takes the newest held call back.
    Resume,
    /// Presses digits as telephone events.
    Digits(String),
    /// Presses digits as SIP INFO (`application/dtmf-relay`).
    DigitsByInfo(String),
    /// Blind transfer of the newest call to a number.
    Transfer(String),
    /// Attended transfer: connects the oldest call with the newest.
    TransferAttended,
    /// Sends a text to a number.
    Message {
        /// To whom.
        to: String,
        /// What.
        text: String,
    },
}

/// What a phone yields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Output {
    /// One whole message for the wire.
    Transmit {
        /// Where to.
        to: Hop,
        /// The bytes.
        bytes: Bytes,
    },
    /// To its media engine.
    Media(cordboard_media::Command),
    /// What its user sees.
    Happened(Happening),
}

/// What the display shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Happening {
    /// Registered for so many seconds.
    Registered {
        /// s.
        expires_s: u32,
    },
    /// The registration is gone.
    Unregistered,
    /// The registration failed: a status, 408 when nobody answered.
    RegistrationFailed {
        /// The status.
        status: u16,
    },
    /// It rings.
    Incoming {
        /// Which line.
        line: LegId,
        /// The caller's number or user part.
        number: String,
        /// The caller's display name.
        name: String,
    },
    /// The other end rings.
    Ringing {
        /// Which line.
        line: LegId,
    },
    /// The other end sends audio before it answers.
    EarlyMedia {
        /// Which line.
        line: LegId,
    },
    /// They talk.
    Talking {
        /// Which line.
        line: LegId,
        /// The codec that this side sends.
        codec: String,
    },
    /// Held by the other end.
    Held {
        /// Which line.
        line: LegId,
    },
    /// No longer held by the other end.
    Resumed {
        /// Which line.
        line: LegId,
    },
    /// Our own hold or resume is done.
    Holding {
        /// Which line.
        line: LegId,
        /// Whether it is held now.
        held: bool,
    },
    /// The display's name of the other end has changed.
    Connected {
        /// Which line.
        line: LegId,
        /// Number or user part.
        number: String,
        /// Display name.
        name: String,
    },
    /// The other end pressed a digit.
    Digit {
        /// Which line.
        line: LegId,
        /// Which.
        digit: char,
    },
    /// How a transfer goes.
    TransferProgress {
        /// Which line.
        line: LegId,
        /// The status; 200 and above is the last.
        status: u16,
    },
    /// A text came, or how ours went.
    Text {
        /// From whom; empty for the fate of our own.
        from: String,
        /// The text, or the status.
        text: String,
    },
    /// A call is over.
    Ended {
        /// Which line.
        line: LegId,
        /// The refusal's status; `None` after a talk.
        status: Option<u16>,
        /// The Reason's Q.850 cause.
        q850: Option<u8>,
        /// The Reason's SIP cause, 200 when it was answered elsewhere.
        sip: Option<u16>,
        /// Packets that came.
        received: u64,
    },
}
