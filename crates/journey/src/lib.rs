//! The journey of a call: all that befell it on one line of time, whatever it went through: transfers, parking, queues, voicemail,
//! conferences.
//!
//! ```text
//!  Exchange ──Seen──▶ Collector ──Entry──▶ store ──Entry…──▶ timeline │ ladder │ pcap │ explain
//!  (shares bytes,     (to which call,                         pure functions of the entries
//!   formats nothing)   without secrets)
//! ```
//! What the exchange hands out is cheap: messages as they lie in memory, facts as they are moved. Everything else (to which call a
//! message belongs, what of it is secret, how it is written) is the [`Collector`]'s, on whatever thread that runs.
//!
//! | Module | Owns |
//! |---|---|
//! | [`Seen`] | what the exchange hands out |
//! | [`Entry`], [`Event`] | what is kept |
//! | [`Collector`] | from the one to the other |
//! | [`timeline`], [`Live`], [`ladder`] | text for a terminal: of a whole journey, of what comes, of its messages |
//! | [`pcap`] | a file for Wireshark and sngrep |
//! | [`explain`](explain()) | what went wrong, with the evidence |
//! | [`Inputs`], [`Course`] | what came into a call, to run it again; the way that it took, to compare two runs |
#![forbid(unsafe_code)]

mod collector;
mod course;
mod entry;
mod explain;
mod family;
mod inputs;
mod ladder;
mod live;
mod notes;
mod pcap;
mod redact;
mod sdp;
mod secrets;
mod seen;
mod sip;
mod story;
mod timeline;

pub use collector::{Collector, Origin};
pub use course::{Course, Line};
pub use entry::{Entry, Event, LegEnd, Refused};
pub use explain::{Ending, Evidence, Fault, Verdict, ending, explain};
pub use inputs::{Answer, Callee, Caller, Deed, Does, Gap, Inputs, InputsError, Message, Since};
pub use ladder::{COLUMNS_MAX, ladder};
pub use live::Live;
pub use notes::{Told, told};
pub use pcap::pcap;
pub use secrets::{Keeps, Secrets};
pub use seen::{End, Mailed, Seen, What};
pub use timeline::{Clock, timeline};
