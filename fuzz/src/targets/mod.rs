//! The parsers under test, a file per protocol.

pub(crate) mod codecs;
pub(crate) mod digits;
pub(crate) mod media;
pub(crate) mod playout;
pub(crate) mod rtcp;
pub(crate) mod rtp;
pub(crate) mod sdp;
pub(crate) mod sip;
pub(crate) mod sounds;
pub(crate) mod stun;
