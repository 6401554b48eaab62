//! Media: RTP and RTCP, codecs, prompts, tones, telephone events. The [`Engine`] is a core like the others; a worker
//! thread of the shell gives it packets, ticks and decoded prompts, and sends what it yields.
//!
//! The model: every leg has one session; each session *hears* one [`Source`], and a prompt or tone that plays to it covers
//! that source while it lasts. A call core re-wires by `Hear`; it never touches packets.
#![forbid(unsafe_code)]

mod agreed;
pub mod codec;
pub mod comfort_noise;
mod command;
mod conceal;
mod counters;
mod digits;
pub mod dtmf;
mod engine;
mod event;
pub mod goertzel;
mod inband;
mod latch;
pub mod level;
mod loaded;
mod machine;
mod mapping;
mod mix;
pub mod music;
mod output;
mod pitch;
mod placement;
mod play;
pub mod playout;
pub mod quality;
mod reception;
mod record;
mod recording;
mod resample;
pub mod rtcp;
pub mod rtp;
mod samples;
mod scratch;
mod telephone_event;
pub mod tone;
mod trim;

pub use conceal::Concealer;
pub use counters::{Counters, Sending};
pub use digits::DIGITS_MAX;
pub use engine::{Engine, EngineConfig, EngineState, Moved, Party, STATE_VERSION};
pub use latch::RELATCH_AFTER_US;
pub use loaded::{Block, Found};
pub use machine::{Answerer, AnswererCause, MachineDetection, MachineVerdict};
pub use mix::{MixInput, MixSettings};
pub use output::{Forward, Output, SampleKey, SlotId, StreamKind};
pub use placement::{Move, Placement, WorkerId};
pub use reception::Reception;
pub use record::{
    BeepFor, RECORDINGS_MAX, RecordBeep, RecordFile, RecordFormat, RecordPause, RecordPlace, RecordSettings,
    RecordSides, RecordingId, RecordingOf,
};
pub use resample::{Resampler, Tail};
pub use samples::Samples;
pub use telephone_event::EventPayload;
pub use trim::Trimmer;

pub use command::{
    Audio, Command, MixId, MulticastStream, Play, PlayId, Source, StreamSeed, StreamSetup, TelephoneEvent,
    Tone, VideoSetup,
};
pub use event::{Event, PlayEnd, Playhead, Second, StreamStats};
