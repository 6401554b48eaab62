//! Media: RTP and RTCP, codecs, prompts, tones, telephone events. The [`Engine`] is a core like the others; a worker
//! thread of the shell gives it packets, ticks and decoded prompts, and sends what it yields.
//!
//! The model: every leg has one session; each session *hears* one [`Source`], and a prompt or tone that plays to it covers
//! that source while it lasts. A call core re-wires by `Hear`; it never touches packets.
#![forbid(unsafe_code)]

pub mod codec;
mod command;
mod counters;
mod engine;
mod event;
mod latch;
mod mapping;
mod output;
mod reception;
pub mod rtp;
mod samples;

pub use counters::{Counters, Sending};
pub use engine::{Engine, EngineConfig};
pub use output::{Forward, Output, SampleKey, SlotId, StreamKind};
pub use reception::Reception;
pub use samples::Samples;

pub use command::{
    Audio, Command, Play, PlayId, Source, StreamSeed, StreamSetup, TelephoneEvent, Tone, VideoSetup,
};
pub use event::{Event, PlayEnd, StreamStats};
