//! The parsers under test, a file per protocol.

pub(crate) mod sdp;
pub(crate) mod sip;
