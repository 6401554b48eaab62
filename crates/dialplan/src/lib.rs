//! The Rhai binding: a bundle of scripts becomes a checked table of routes, and a call's route becomes a program that the
//! call core resumes step by step.
//!
//! ```text
//!  Bundle ─load─▶ compile ─▶ check (calls, options) ─▶ run the top level once ─▶ Table
//!                                                                                  │ route(context, number)
//!  call core ◀── Step ── Script (a fiber that runs a handler) ◀─────────────────────┘
//!            ─── Reply ─▶
//! ```
//! Never here: a clock, a file, a socket, randomness. Whatever a script wants to know of the world is a step.

mod braces;
mod build;
mod bundle;
mod check;
pub mod codes;
mod collisions;
mod configured;
mod convert;
mod dialplan;
mod engine;
mod fault;
mod fiber;
mod finding;
mod handler;
mod held;
mod help;
mod in_time;
mod nearest;
mod newcomer;
mod office;
mod options;
mod pages;
mod pattern;
mod prepare;
mod ranges;
mod registry;
mod running;
mod script;
mod session;
mod source;
mod table;
mod untrusted;
mod verbs;
mod watch;

pub use bundle::Bundle;
pub use codes::{Code, Explanation, Severity, Within};
pub use configured::{Configured, NumberedHours, ParkingLot};
pub use dialplan::{Checked, Dialplan};
pub use fiber::{FIBERS_MAX, Fibers};
pub use finding::{Finding, Place};
pub use held::HELD_MAX;
pub use help::{APPLICATIONS, Help, Item};
pub use in_time::InTime;
pub use nearest::nearest;
pub use office::Office;
pub use pattern::{NUMBER_MAX, PatternError};
pub use script::{ERROR_PROMPT, SCRIPT_KIND};
pub use session::{HANGUP_OPERATIONS_MAX, HANGUP_STEPS_MAX, OPERATIONS_MAX, REPLIES_BYTES_MAX, REPLIES_MAX};
pub use table::{Candidate, Route};
pub use watch::{
    Frame, Onlooker, Point, PointKind, Probe, Program, RouteTaken, Standing, Token, TokenKind, Watch,
    Watched, WatchedStep, Wish, points, tokens,
};

#[cfg(test)]
mod tests;
