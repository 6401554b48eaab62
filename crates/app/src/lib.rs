//! The contract between the call core and what drives a call. A dialplan script and an application in Rust speak it alike:
//! `resume(now, Reply) -> Step`. The call core cannot tell them apart; neither of them ever sees a SIP type.
//!
//! Everything here is plain serialisable data: steps and replies are logged to replay a script, and will be journalled.
#![forbid(unsafe_code)]

mod cause;
mod destination;
mod info;
mod program;
mod query;
mod record;
mod reply;
pub mod say;
mod step;
mod value;

pub use cause::Cause;
pub use destination::{Destination, DialEnd, DialOptions, DialResult};
pub use info::{CallInfo, Identity, Privacy};
pub use program::{App, AppState, Programs, RouteError, RouteRequest};
pub use query::{Level, Note, Query};
pub use record::{BeepWish, RecordAction, RecordOptions, RecordRule, RecordingInfo};
pub use reply::{DigitsEnd, PlayResult, Reply};
pub use step::{PlayList, ReadDigits, Step};
pub use value::Value;
