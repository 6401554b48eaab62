//! Mutated input against every parser that the network reaches.
//!
//! A target is a plain function of bytes that panics where something is wrong, so any fuzzer can drive it. The one here is
//! small and repeatable: [`drive`] takes seeds, mutates them by a numbered stream of choices, and catches panics.
//! `cargo xtask fuzz` runs it in a release build; the tests run each target briefly.
#![forbid(unsafe_code)]

mod drive;
mod mutate;
mod seeds;
mod targets;

pub use drive::{Failure, Outcome, drive};
pub use seeds::seeds;
pub use targets::codecs::codecs;
pub use targets::digits::digits;
pub use targets::media::media;
pub use targets::playout::playout;
pub use targets::rtcp::rtcp;
pub use targets::rtp::rtp;
pub use targets::sdp::sdp;
pub use targets::sip::{sip_headers, sip_message, sip_stream, sip_uri};
pub use targets::sounds::sounds;
pub use targets::stun::stun;

/// One parser under test.
#[derive(Clone, Copy)]
pub struct Target {
    /// What the command line calls it.
    pub name: &'static str,
    /// Panics if something is wrong.
    pub run: fn(&[u8]),
    /// Words that mutations put in.
    pub dictionary: &'static [&'static str],
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target { name: "sip_message", run: sip_message, dictionary: targets::sip::WORDS },
    Target { name: "sip_stream", run: sip_stream, dictionary: targets::sip::WORDS },
    Target { name: "sip_headers", run: sip_headers, dictionary: targets::sip::WORDS },
    Target { name: "sip_uri", run: sip_uri, dictionary: targets::sip::URI_WORDS },
    Target { name: "sdp", run: sdp, dictionary: targets::sdp::WORDS },
    Target { name: "stun", run: stun, dictionary: &[] },
    Target { name: "rtp", run: rtp, dictionary: &[] },
    Target { name: "rtcp", run: rtcp, dictionary: &[] },
    Target { name: "media", run: media, dictionary: &[] },
    Target { name: "playout", run: playout, dictionary: &[] },
    Target { name: "codecs", run: codecs, dictionary: &[] },
    Target { name: "digits", run: digits, dictionary: &[] },
    Target { name: "sounds", run: sounds, dictionary: &[] },
];

/// The target of a name.
pub fn target(name: &str) -> Option<Target> {
    TARGETS.iter().find(|target| target.name == name).copied()
}
