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

use cordboard_media::codec::{
    Codec, DVI4_11025, DVI4_22050, G722, G726_32, GSM, L16_16000, L16_44100, L16_48000, OPUS, PCMA, PCMU,
};

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

/// In a call of two, whose packets are converted one by one where both codecs go sample by sample.
#[test]
fn in_a_call_of_two_codecs_without_frames_cost_no_delay() {
    let mut faults = Vec::new();
    let calls: [(&'static dyn Codec, &'static dyn Codec); 8] = [
        (&PCMU, &G722),
        (&G722, &PCMU),
        (&PCMA, &G726_32),
        (&G726_32, &G722),
        (&L16_16000, &PCMA),
        (&PCMA, &L16_48000),
        (&L16_48000, &G722),
        (&PCMA, &PCMU),
    ];
    for (from, to) in calls {
        for pair in pairs::heard_by(from, &[to], (20, 20)) {
            faults.extend(pairs::faults(&pair));
            if pair.delay_ms > 27.0 {
                faults.push(format!("{}: {:.1} ms", pair.name(), pair.delay_ms));
            }
        }
    }
    // Opus at the other side's rate.
    for (from, to) in [(&PCMU as &'static dyn Codec, &OPUS as &'static dyn Codec), (&OPUS, &PCMU)] {
        faults.extend(pairs::heard_by(from, &[to], (20, 20)).iter().flat_map(pairs::faults));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
