//! SIP: the message façade, transactions, dialogs, digest authentication, the registrar and event packages.
//!
//! Everything here decides and touches nothing: no socket, no clock, no randomness. Each machine keeps the contract
//! `handle(now, input)`, drain `poll() -> Option<Output>`, `next_deadline() -> Option<Time>`, and
//! `snapshot() -> State` / `restore(State, now)` with `State` plain serialisable data.
//!
//! | Module | Owns |
//! |---|---|
//! | [`message`] | bytes ↔ typed requests and responses; the only place that knows rsip |
//! | [`auth`] | digest, both sides (RFC 7616, RFC 8760) |
//! | [`endpoint`] | transactions, dispatch to sessions; what the exchange talks to |
//! | [`session`] | one INVITE usage per leg: dialogs, offers in flight, timers, transfers |
//! | [`registrar`] | bindings of addresses of record (RFC 3261 §10) |
//! | [`subscription`] | event packages (RFC 6665, RFC 3903) |
//! | [`stun`] | Binding requests on the SIP port |
//! | [`trunk`] | outbound registrations, supervision, recognition of inbound calls |
#![forbid(unsafe_code)]

pub mod auth;
mod dialog;
pub mod endpoint;
pub mod message;
pub mod registrar;
pub mod session;
pub mod stun;
pub mod subscription;
mod transaction;
pub mod trunk;
