//! What every core shares and nothing else: the clock's value, identifiers, the source of unguessable names,
//! deadlines, payload formats and the rule that picks which of our addresses a peer is shown.
//!
//! Nothing here reads a clock, opens a socket or draws randomness: all of that is handed in.
#![forbid(unsafe_code)]

mod deadlines;
mod few;
mod format;
mod hop;
mod ids;
mod networks;
pub mod pairs;
mod source;
mod time;

pub use deadlines::{Deadlines, FewDeadlines};
pub use few::Few;
pub use format::{Direction, Format};
pub use hop::{ConnectionId, Hop, Transport};
pub use ids::{CallId, LegId};
pub use networks::{Interface, Networks, Prefix};
pub use source::{Source, SourceKey};
pub use time::{Anchor, Time};
