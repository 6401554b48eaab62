//! Codecs against other implementations of them, on speech. `tests/vectors/README.md` says where each vector comes from.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
#![allow(dead_code, reason = "some are only for codecs that can be built out")]

#[cfg(feature = "codec-dvi4")]
mod dvi4;
mod g711;
#[cfg(feature = "codec-g722")]
mod g722;
#[cfg(feature = "codec-g726")]
mod g726;
#[cfg(feature = "codec-gsm")]
mod gsm;
mod hostile;
mod l16;
#[cfg(feature = "codec-lpc10")]
mod lpc10;
mod memory;

use cordboard_media::codec::{Codec, registry};
use std::path::Path;

/// The codec of a name and clock.
fn codec(name: &str, clock_rate_hz: u32) -> &'static dyn Codec {
    let found =
        registry().iter().find(|codec| codec.name() == name && codec.clock_rate_hz() == clock_rate_hz);
    *found.unwrap_or_else(|| panic!("no {name}"))
}

/// A vector's bytes.
fn bytes(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A vector of 16-bit samples, low byte first.
fn samples(name: &str) -> Vec<i16> {
    bytes(name).as_chunks::<2>().0.iter().map(|pair| i16::from_le_bytes(*pair)).collect()
}

/// What the encoder makes of speech, given in packets of `packet` samples.
fn encoded(codec: &dyn Codec, speech: &[i16], packet: usize) -> Vec<u8> {
    let mut encoder = codec.encoder(codec.fmtp(), codec.sample_rate_hz()).unwrap();
    let mut payload = Vec::new();
    speech.chunks(packet).for_each(|samples| encoder.encode(samples, &mut payload));
    payload
}

/// What the decoder makes of payloads of `packet` bytes.
fn decoded(codec: &dyn Codec, payload: &[u8], packet: usize) -> Vec<i16> {
    let mut decoder = codec.decoder(codec.fmtp(), codec.sample_rate_hz()).unwrap();
    let mut samples = Vec::new();
    payload.chunks(packet).for_each(|payload| decoder.decode(payload, &mut samples).unwrap());
    samples
}

/// Fails with the first place where two runs of values part.
fn same<T: PartialEq + core::fmt::Debug>(ours: &[T], theirs: &[T]) {
    if let Some(at) = ours.iter().zip(theirs).position(|(a, b)| a != b) {
        panic!("the first difference is at {at}: {:?} should be {:?}", ours[at], theirs[at]);
    }
    assert_eq!(ours.len(), theirs.len());
}
