//! One registry for everybody: the built-in codecs, and those that the shell has brought.
//!
//! A codec whose library is loaded at run time needs code that a core may not have (files, FFI), so the shell makes it and hands
//! it in. It is brought once, when the process starts and before the first call, and the table never changes afterwards: the
//! engine, the negotiation and the configuration all see the same one, and no leg ever has a codec that another part of the
//! house does not know. That is why this is a static and not an argument of each of them. It is no shared state in the sense of
//! the house's rules: nothing is read before it is written, and a core that is given no libraries behaves the same in every run.

use super::{BUILT_IN, Codec};
use std::sync::OnceLock;
use thiserror::Error;

static COMPLETE: OnceLock<Vec<&'static dyn Codec>> = OnceLock::new();

/// Codecs were brought a second time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("codecs were brought already")]
pub struct TooLate;

/// Brings codecs. One of a built-in codec's name and clock takes that one's place, such as a codec proper that of an entry which
/// can only be passed through; any other is added.
///
/// # Errors
/// [`TooLate`] at every call but the first.
pub fn provide(codecs: &[&'static dyn Codec]) -> Result<(), TooLate> {
    COMPLETE.set(complete(BUILT_IN, codecs)).map_err(|_| TooLate)
}

fn complete(built_in: &[&'static dyn Codec], brought: &[&'static dyn Codec]) -> Vec<&'static dyn Codec> {
    let same = |a: &dyn Codec, b: &dyn Codec| a.name() == b.name() && a.clock_rate_hz() == b.clock_rate_hz();
    let mut all = built_in.to_vec();
    for codec in brought {
        match all.iter_mut().find(|known| same(**known, *codec)) {
            Some(known) => *known = *codec,
            None => all.push(*codec),
        }
    }
    all
}

/// All codecs, in no order of preference.
pub fn registry() -> &'static [&'static dyn Codec] {
    COMPLETE.get().map_or(BUILT_IN, Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{L16_8000, L16_16000, PCMA, PCMU};

    #[test]
    fn a_brought_codec_takes_the_place_of_its_namesake_or_is_added() {
        let all = complete(&[&PCMA, &L16_8000], &[&L16_8000, &L16_16000, &PCMU]);
        let names: Vec<_> = all.iter().map(|codec| (codec.name(), codec.clock_rate_hz())).collect();
        assert_eq!(names, [("PCMA", 8_000), ("L16", 8_000), ("L16", 16_000), ("PCMU", 8_000)]);
    }
}
