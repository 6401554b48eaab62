//! LPC-10 against spandsp: their decoder's samples, and each other's frames.

use crate::{bytes, codec, decoded, encoded, samples};

/// How far two sounds' spectra are apart, in dB: over frames of 32 ms that are loud enough, in bands of 250 Hz. `late` is by how many
/// samples the second one lags.
fn spectral_distance(wanted: &[i16], heard: &[i16], late: usize) -> f64 {
    let bands = |frame: &[i16]| -> Vec<f64> {
        let power = |hz: f64| {
            let turn = core::f64::consts::TAU * hz / 8_000.0;
            let (mut re, mut im) = (0.0, 0.0);
            for (n, &sample) in frame.iter().enumerate() {
                let window =
                    0.5 - 0.5 * (core::f64::consts::TAU * (n as f64 + 0.5) / frame.len() as f64).cos();
                re += window * f64::from(sample) * (turn * n as f64).cos();
                im += window * f64::from(sample) * (turn * n as f64).sin();
            }
            re * re + im * im + 2_500.0
        };
        let lines =
            |band: u32| (0..8).map(move |line| 250.0 + f64::from(band) * 250.0 + f64::from(line) * 31.25);
        (0..12).map(|band| 10.0 * lines(band).map(power).sum::<f64>().log10()).collect()
    };
    let frames = wanted.windows(256).step_by(128).zip(heard.get(late..).unwrap().windows(256).step_by(128));
    let is_loud =
        |frame: &[i16]| frame.iter().map(|&s| f64::from(s) * f64::from(s)).sum::<f64>() > 256.0 * 3_000.0;
    let distances: Vec<f64> = frames
        .filter(|(wanted, _)| is_loud(wanted))
        .map(|(wanted, heard)| {
            let (wanted, heard) = (bands(wanted), bands(heard));
            let sum: f64 = wanted.iter().zip(&heard).map(|(a, b)| (a - b) * (a - b)).sum();
            (sum / wanted.len() as f64).sqrt()
        })
        .collect();
    distances.iter().sum::<f64>() / distances.len() as f64
}

/// The least distance at any lag that the two may have.
fn best_distance(wanted: &[i16], heard: &[i16]) -> f64 {
    (480..1_200).step_by(60).map(|late| spectral_distance(wanted, heard, late)).fold(f64::MAX, f64::min)
}

fn snr_db(wanted: &[i16], heard: &[i16]) -> f64 {
    assert_eq!(wanted.len(), heard.len());
    let energy: f64 = wanted.iter().map(|&s| f64::from(s) * f64::from(s)).sum();
    let noise: f64 = wanted.iter().zip(heard).map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2)).sum();
    10.0 * (energy / noise.max(1.0)).log10()
}

#[test]
fn decodes_as_spandsp_does_within_40_db() {
    for name in ["lpc10", "lpc10-ours"] {
        let snr = snr_db(
            &samples(&format!("{name}.s16")),
            &decoded(codec("LPC", 8_000), &bytes(&format!("{name}.bin")), 7),
        );
        assert!(snr >= 40.0, "{name}: {snr:.1} dB");
    }
}

#[test]
fn spandsp_understands_our_frames_as_well_as_its_own() {
    let speech = samples("speech-8k.s16");
    let ours = best_distance(&speech, &samples("lpc10-ours.s16"));
    let theirs = best_distance(&speech, &samples("lpc10.s16"));
    assert!(ours <= theirs + 0.3, "ours {ours:.2} dB, theirs {theirs:.2} dB");
}

#[test]
fn writes_what_others_are_to_decode() {
    let speech = samples("speech-8k.s16");
    let frames = encoded(codec("LPC", 8_000), &speech[..speech.len() / 180 * 180], 180);
    if std::env::var_os("LPC10_WRITE").is_some() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/lpc10-ours.bin");
        std::fs::write(path, &frames).unwrap();
    }
    // Another processor's arithmetic may choose another code where two are equally near.
    let known = bytes("lpc10-ours.bin");
    let same = frames.chunks(7).zip(known.chunks(7)).filter(|(a, b)| a == b).count();
    assert_eq!(frames.len(), known.len());
    assert!(same * 100 >= known.len() / 7 * 95, "{same} frames of {}", known.len() / 7);
}
