//! Headers that more than one module needs typed. Each has `parse` from one header value and prints itself back.

mod dialog_ref;
mod event;
mod media_type;
mod parameterised;
mod privacy;
mod refer_to;
mod reliable;
mod session_timer;
mod warning;

pub use dialog_ref::Replaces;
pub use event::{Event, SubscriptionState, Substate};
pub use media_type::MediaType;
pub use parameterised::Parameterised;
pub use privacy::Privacy;
pub use refer_to::ReferTo;
pub use reliable::RAck;
pub use session_timer::{Refresher, SessionExpires};
pub use warning::Warning;
