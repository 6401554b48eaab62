//! Digest authentication, both sides (RFC 3261 §22, RFC 7616, RFC 8760).
//!
//! | File | Owns |
//! |---|---|
//! | [`params`](self) | the text of challenges and credentials |
//! | [`algorithm`](Algorithm) | the hashes, and the digest's formulas |
//! | `client` | answers a peer's challenge |
//! | `known` | reuses its nonce for further requests |
//! | `nonce` | our nonces: verifiable without a table, replay refused by a bounded one |
//! | `verifier` | challenges and checks what comes to us |
//!
//! Nothing here logs or prints a secret: the types that hold one have a `Debug` that leaves it out.

mod algorithm;
mod client;
mod known;
mod nonce;
mod params;
mod shared;
#[cfg(test)]
mod tests;
mod verifier;

pub use algorithm::{Algorithm, Secret};
pub(crate) use client::is_stale;
pub use client::{answer, authorize};
pub use known::{CHALLENGE_BYTES_MAX, Known};
pub use nonce::{NONCE_LIFETIME, NONCES_MAX};
pub use params::{PARAMS_MAX, VALUE_MAX};
pub use shared::ACCOUNTS_MAX;
pub(crate) use shared::Shared;
pub use verifier::{Account, AuthFailure, FACTS_MAX, FailureReason, Offer, Settings, Verdict, Verifier};
