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

/// In a call of two, whose packets are converted one by one.
#[test]
fn in_a_call_of_two_conversion_costs_no_delay() {
    let mut faults = Vec::new();
    // The packet itself is 20 ms. Opus looks ahead for 6.5 more (RFC 7845 §4.2).
    let calls: [(&'static dyn Codec, &'static dyn Codec, f64); 12] = [
        (&PCMU, &G722, 27.0),
        (&G722, &PCMU, 27.0),
        (&PCMA, &G726_32, 27.0),
        (&G726_32, &G722, 27.0),
        (&L16_16000, &PCMA, 27.0),
        (&PCMA, &L16_48000, 27.0),
        (&L16_48000, &G722, 27.0),
        (&PCMA, &PCMU, 27.0),
        (&PCMU, &OPUS, 27.0),
        (&OPUS, &PCMU, 27.0),
        (&OPUS, &G722, 28.0),
        (&GSM, &OPUS, 27.0),
    ];
    for (from, to, most_ms) in calls {
        for pair in pairs::heard_by(from, &[to], (20, 20)) {
            faults.extend(pairs::faults(&pair));
            if pair.delay_ms > most_ms {
                faults.push(format!("{}: {:.1} ms", pair.name(), pair.delay_ms));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
