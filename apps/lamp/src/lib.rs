//! Lamps that scripts switch: `lamp("*280").set("on")` lights the keys of all phones that watch it, and it is lit after a restart
//! as well. A key whose number is a code's shows what the code has done, and is pressed to do it again.
//!
//! ```text
//!  set ──▶ Commit ──Written──▶ lit, and answered ──until──▶ out      Kept (after a restart) ──▶ lit
//! ```
#![forbid(unsafe_code)]

mod switches;

pub use switches::{LAMPS_MAX, Switches};

/// What requests call the service.
pub const KIND: &str = "lamp";
