//! One INVITE usage: the dialogs of a leg, from INVITE to BYE. It hides from the call core forking, PRACK, lost ACKs,
//! CANCEL races, glare, session timers and the choice between re-INVITE and UPDATE; the call core sees commands and events.
//!
//! ```text
//! outgoing:  Inviting ─▶ Early ─▶ Confirmed ─▶ Ended        incoming:  Offered ─▶ Early ─▶ Accepted ─▶ Confirmed ─▶ Ended
//!                 └──────┴─▶ Cancelling ─▶ Ended                                (200 sent)  (ACK came)
//! ```
//! Offers and answers are opaque bytes here: `sdp` crate and call core decide what is in them; the session decides in which
//! message they travel (RFC 3261 §13.2.1, RFC 3262, RFC 3311, RFC 6337). Only one offer is in flight at a time; an offer that
//! comes while another is pending waits for it inside the session.
//!
//! | File | Owns |
//! |---|---|
//! | [`command`], [`event`] | the contract |
//! | [`machine`] | the session's data, and what goes where |
//! | [`outgoing`] | our INVITE: forks, cancelling, fail-over, challenges |
//! | [`incoming`] | the peer's INVITE until its final response |
//! | [`established`] | requests within the dialog, and the end |
//! | [`offer`] | offers in flight, glare |
//! | [`confirm`] | 2xx and ACK, ours and the peer's |
//! | [`reliable`] | 100rel and PRACK |
//! | [`timer`] | session timers |
//! | [`refer`] | references, both ways |
//! | [`reason`] | the Reason header |

mod command;
mod confirm;
mod established;
mod event;
mod incoming;
mod machine;
mod offer;
mod outgoing;
mod reason;
mod refer;
mod reliable;
mod timer;

pub use command::{Credentials, LegCommand, NewLeg};
pub use event::{Carrier, EndedBy, LegEvent};
pub use reason::Reason;

pub use offer::PROPOSALS_MAX;
pub use outgoing::{FORKS_MAX, HOPS_MAX};
pub use reliable::PROVISIONALS_MAX;
pub use timer::MIN_SE;

pub(crate) use machine::{Asked, LegTimer, Session};
pub(crate) use timer::is_too_short;

/// The methods that we take (RFC 3261 §20.5).
pub const ALLOW: &str =
    "INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, INFO, MESSAGE, REFER, NOTIFY, SUBSCRIBE";

/// The extensions that a session knows: RFC 3262, 4028, 3891, 4488.
pub const SUPPORTED: &str = "100rel, timer, replaces, norefersub";
