//! Session descriptions (RFC 8866, which obsoletes RFC 4566), and offer/answer (RFC 3264, RFC 6337) as pure functions.
//!
//! What this crate owns: reading and writing descriptions, and deciding what two sides agreed on. What it never does: keep
//! state, choose ports or addresses ([`Local`] brings them), know of calls, or touch audio.
//!
//! ```text
//!  we offer:   offer(local, caps, direction, previous) ──► description ──► peer
//!              accept(ours, theirs) ◄───────────────────── description ◄──
//!  they offer: answer(theirs, local, caps, prefer, direction, previous) ──► (description, Agreed) │ Refusal (488)
//! ```
//! `previous` is always *our own* last description in the same dialog, whether it was an offer or an answer: it keeps the
//! order of the media lines, the payload numbers, and the version in `o=` (which grows exactly when the text changes).
#![forbid(unsafe_code)]

mod accept;
mod agreed;
mod answer;
mod description;
mod error;
mod extended_reports;
mod local;
mod offer;
mod parse;
mod payload;
mod print;
mod stream;

pub use accept::accept;
pub use agreed::{Agreed, AgreedAudio, AgreedVideo, Events, TelephoneEvent};
pub use answer::answer;
pub use description::{
    Address, Attribute, Family, Media, MediaKind, Origin, Payloads, Rtcp, SessionDescription, Timing,
};
pub use error::{LineFault, Refusal, SdpError};
pub use extended_reports::{ExtendedReports, Summary};
pub use local::{Capabilities, Local};
pub use offer::offer;
