//! How long a FLAC file is, from its head. The build script reads it too.

use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The length that the file says itself to have, in ms (RFC 9639 §8.2). `None`: it is none, or does not say.
pub fn length_ms(path: &Path) -> Option<u32> {
    let mut head = [0_u8; 26];
    File::open(path).ok()?.read_exact(&mut head).ok()?;
    if !head.starts_with(b"fLaC") {
        return None;
    }
    let byte = |at: usize| u64::from(head.get(at).copied().unwrap_or(0));
    let rate_hz = byte(18) << 12 | byte(19) << 4 | byte(20) >> 4;
    let samples = (byte(21) & 15) << 32 | byte(22) << 24 | byte(23) << 16 | byte(24) << 8 | byte(25);
    let ms = (samples * 1_000).checked_div(rate_hz)?;
    u32::try_from(ms).ok().filter(|ms| *ms > 0)
}
