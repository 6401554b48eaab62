//! What is heard through the whole engine: every codec to every other, disturbed networks, digits in every form, clocks that do
//! not agree.
#![cfg(test)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::wildcard_enum_match_arm, reason = "tests")]
#![allow(clippy::cast_possible_truncation, reason = "lengths of short signals")]

mod changes;
mod clock;
mod digits;
mod disturbed;
mod measure;
mod pairs;
mod play;
#[cfg(feature = "codec-lpc10")]
mod vocoder;
mod world;

use cordboard_media::codec::{Codec, DVI4_11025, DVI4_22050, G722, GSM, L16_44100, OPUS, PCMA, PCMU};

/// One of each kind; `cargo bench -p cordboard-media --bench quality` takes every pair there is.
#[test]
fn speech_and_tones_cross_from_codec_to_codec_at_their_level_and_in_time() {
    let mut faults = Vec::new();
    for from in [&PCMU as &'static dyn Codec, &G722, &DVI4_11025, &OPUS] {
        let to: [&'static dyn Codec; 6] = [&PCMA, &G722, &GSM, &DVI4_22050, &L16_44100, &OPUS];
        faults.extend(pairs::heard_by(from, &to, (20, 20)).iter().flat_map(pairs::faults));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
