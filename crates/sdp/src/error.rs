//! What is wrong with a description, and how a refusal is told to the peer.

use serde::{Deserialize, Serialize};

/// Why a description can't be read, or an answer does not answer its offer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum SdpError {
    /// Longer than [`SessionDescription::SIZE_MAX`](crate::SessionDescription::SIZE_MAX).
    #[error("description of {size} bytes is too long")]
    TooLong {
        /// Its bytes.
        size: usize,
    },
    /// It does not begin with `v=0`.
    #[error("description does not begin with v=0")]
    NotSdp,
    /// A line is not what its letter asks for.
    #[error("line {line}: {what}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        what: LineFault,
    },
    /// A stream has no `c=` line and the session has none (RFC 8866 §5.7).
    #[error("media line {index} has no connection address")]
    NoAddress {
        /// Which one, from 0.
        index: usize,
    },
    /// The answer has more media lines than the offer, or other kinds (RFC 3264 §6).
    #[error("answer does not match the offer at media line {index}")]
    Mismatch {
        /// Which one, from 0.
        index: usize,
    },
    /// The answer accepts a stream with formats that were not offered.
    #[error("answer names no offered format at media line {index}")]
    NoCommonFormat {
        /// Which one, from 0.
        index: usize,
    },
}

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum LineFault {
    /// Not `x=…`.
    #[error("not a letter, an equals sign and a value")]
    Syntax,
    /// A byte 0.
    #[error("a zero byte")]
    Zero,
    /// `m=` without kind, port, protocol and a format, or a port beyond 65,535.
    #[error("bad media line")]
    Media,
    /// An RTP payload number that is none, or beyond 127.
    #[error("bad payload number")]
    PayloadType,
    /// A network or address type that is not `IN IP4` or `IN IP6`, or an address that is none.
    #[error("bad address")]
    Address,
    /// A limit of lines, attributes, media lines or formats is passed.
    #[error("too many of them")]
    TooMany,
}

/// Why an offer is refused: 488 Not Acceptable Here with a Warning header (RFC 3261 §20.43, §21.4.26).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum Refusal {
    /// Neither audio nor video that we could carry is offered.
    #[error("No audio stream offered")]
    NoMedia,
    /// Audio is offered in encodings that we don't have.
    #[error("No common audio format")]
    NoCommonFormat,
    /// Audio is offered by a transport that we don't speak (encrypted where we have no keys, or not RTP).
    #[error("Incompatible media transport")]
    Transport,
    /// The peer's address is of the family that we have none of.
    #[error("Incompatible network address format")]
    AddressFamily,
    /// The description can't be read.
    #[error("Malformed session description: {0}")]
    Malformed(#[from] SdpError),
}

impl Refusal {
    /// The SIP status: always 488.
    pub const STATUS: u16 = 488;

    /// The warn-code of RFC 3261 §20.43. The text is `to_string()`.
    pub fn warn_code(&self) -> u16 {
        match self {
            Self::NoMedia => 304,
            Self::NoCommonFormat => 305,
            Self::Transport => 302,
            Self::AddressFamily => 301,
            Self::Malformed(_) => 399,
        }
    }
}
