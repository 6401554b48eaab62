//! Decoded audio as the shell hands it in: prompts and music.

/// Mono 16-bit linear audio, immutable and shared. Any rate from 8,000 to 48,000 Hz is played; 8,000 and 16,000 are usual.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Samples {
    /// Samples per second.
    pub rate_hz: u32,
    /// The samples.
    pub data: Vec<i16>,
}
