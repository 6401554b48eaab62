//! Rehearsals: tests of an office's dialplan, written in Rhai, that place simulated calls through the very same exchange, script
//! engine and applications that serve real ones. In virtual time, without sockets; nothing of a live system is read or written.
//!
//! ```text
//!  configuration ─▶ Setup ┐                       test file ─▶ test("…", |t| …) ─▶ Scene ─▶ World (crates/sim)
//!  dialplan ─▶ Bundle ────┴─▶ House (made once) ────────────────────────────────────┘        │
//!                                                     Outcome ◀── who heard, saw, did what ◀─┘
//! ```
//! Media are by name ([`cordboard_sim::stage`]): what a person hears is known as the prompt that it is.
//! The shell reads files and clocks; nothing here does.
#![forbid(unsafe_code)]

mod configuration;
mod coverage;
mod debugger;
mod engine;
mod fault;
mod functions;
mod hearing;
mod house;
mod later;
mod manual;
mod mutants;
mod outcome;
mod person;
mod predict;
mod preview;
mod probed;
mod replay;
mod report;
mod scene;
mod suite;
mod words;

pub use configuration::{Changes, Configuration, overlay};
pub use coverage::{Coverage, FileCoverage};
pub use debugger::{Debugger, Terminal};
pub use functions::{FUNCTIONS, Function};
pub use house::{House, Staging};
pub use manual::manual;
pub use mutants::{Mutant, mutants};
pub use outcome::{Failure, Outcome, Source};
pub use predict::{
    Assumed, Caller, End, Event, Heard, LineState, Manner, Otherwise, Prediction, Predictor, Question, Rung,
    Switched, What, Wording,
};
pub use preview::{CALLS_MAX, Change, DAYS_MAX, Examined, Line, Preview, Way, preview};
pub use replay::{Replay, ReplayError, Verdict};
pub use report::{junit, page, text};
pub use suite::{Options, Suite};

#[cfg(test)]
mod agreement;
#[cfg(test)]
mod tests;
