//! What the tests that run the real binary share: an office of their own in a temporary folder, phones with real sockets, and
//! the one way to wait.
//!
//! ```text
//!  Plan ──writes──▶ folder/{etc,dialplan,var} ──▶ Exchange (child process) ◀──UDP, TCP, TLS── Crowd, SIPp, baresip
//!                                                     │ var/cordboard.sqlite ──▶ Record
//! ```
//! Nothing here sleeps for a fixed time: [`wait::until`] looks again and again for what must come, up to a limit.

pub(crate) mod crowd;
pub(crate) mod ear;
pub(crate) mod exchange;
pub(crate) mod folder;
pub(crate) mod messages;
pub(crate) mod plan;
pub(crate) mod ports;
pub(crate) mod process;
pub(crate) mod raw;
pub(crate) mod record;
pub(crate) mod smtp;
pub(crate) mod tape;
pub(crate) mod wait;
pub(crate) mod watcher;
