//! The B2BUA core: calls, their legs, who hears whom, the programs that drive them, ring plans, and the record of it all.
//!
//! [`Calls`] owns every call of a shard. It decides and touches nothing: SIP goes in and out as leg commands and
//! events, media as commands and events, questions as [`Output::Ask`].
//!
//! A *Leg* is one dialog and one media session. A *Bridge* says who hears whom. A *Call* is legs and the programs that drive
//! them. Transfers, pickup and parking edit the bridge table; nothing swaps the inside of a live leg.
#![forbid(unsafe_code)]

mod answering;
mod bridge;
mod call;
mod calls;
mod contract;
mod dial;
mod dispatch;
mod emergency;
mod feature;
mod fetch;
mod hangup;
mod info;
mod inner;
mod leg;
mod mixes;
mod offering;
mod opening;
mod originate;
mod overhear;
mod program;
mod record;
mod recording;
mod settle;
mod snapshot;
mod state;
#[cfg(test)]
mod tests;
mod transfer;
mod world;

pub use calls::{Calls, Counts};

pub use contract::{
    CallSummary, Contact, Fact, Hidden, Input, LegState, MixAction, MixNews, NewCall, Office,
    OfficeRecording, OutOfReach, Output, QueryId, Reach, TrunkRoute, UserRoute,
};
pub use emergency::OfficeEmergency;
pub use feature::OfficeFeatures;
pub use inner::UNHEARD_TIME;
pub use leg::identity::{Claimed, IDENTITY_CHARS_MAX, claimed, clean};
pub use program::question::question;
pub use record::{CallRecord, Disposition, LegRecord, RecordingRecord};
pub use snapshot::CallsState;
