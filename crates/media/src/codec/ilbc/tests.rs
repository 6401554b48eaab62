//! Against the reference code of RFC 3951; `tests/vectors/README.md` says where each vector comes from.

use super::*;

/// The vectors by name.
const VECTORS: [(&str, &[u8]); 7] = [
    ("speech-8k.s16", include_bytes!("../../../tests/vectors/speech-8k.s16")),
    ("ilbc/20.lbc", include_bytes!("../../../tests/vectors/ilbc/20.lbc")),
    ("ilbc/20.s16", include_bytes!("../../../tests/vectors/ilbc/20.s16")),
    ("ilbc/20-lost.s16", include_bytes!("../../../tests/vectors/ilbc/20-lost.s16")),
    ("ilbc/30.lbc", include_bytes!("../../../tests/vectors/ilbc/30.lbc")),
    ("ilbc/30.s16", include_bytes!("../../../tests/vectors/ilbc/30.s16")),
    ("ilbc/30-lost.s16", include_bytes!("../../../tests/vectors/ilbc/30-lost.s16")),
];

fn bytes(name: &str) -> &'static [u8] {
    VECTORS.iter().find(|(known, _)| *known == name).unwrap().1
}

fn samples(name: &str) -> Vec<i16> {
    bytes(name).as_chunks::<2>().0.iter().map(|pair| i16::from_le_bytes(*pair)).collect()
}

/// How far above the difference of two signals the first one is, in dB.
fn snr(reference: &[i16], other: &[i16]) -> f64 {
    assert_eq!(reference.len(), other.len());
    let square = |x: f64| x * x;
    let signal: f64 = reference.iter().map(|&x| square(f64::from(x))).sum();
    let noise: f64 = reference.iter().zip(other).map(|(&a, &b)| square(f64::from(a) - f64::from(b))).sum();
    10.0 * (signal / noise.max(1.0)).log10()
}

/// The mean over blocks of 20 ms that are not silent of their ratios, each between 0 and 35 dB.
fn segmental_snr(reference: &[i16], other: &[i16]) -> f64 {
    let loud = |block: &&[i16]| block.iter().any(|x| x.unsigned_abs() > 200);
    let blocks = reference.chunks_exact(160).zip(other.chunks_exact(160)).filter(|(a, _)| loud(a));
    let ratios: Vec<f64> = blocks.map(|(a, b)| snr(a, b).clamp(0.0, 35.0)).collect();
    ratios.iter().sum::<f64>() / ratios.len() as f64
}

fn decoded(octets: usize, payload: &[u8], is_lost: impl Fn(usize) -> bool) -> Vec<i16> {
    let mut decoder = ILBC.decoder("", 8_000).unwrap();
    let mut samples = Vec::new();
    for (n, frame) in payload.chunks_exact(octets).enumerate() {
        if is_lost(n) {
            assert!(decoder.conceal(octets / 38 * 160 + octets / 50 * 80, &mut samples));
        } else {
            decoder.decode(frame, &mut samples).unwrap();
        }
    }
    samples
}

fn encoded(fmtp: &str, packet: usize, speech: &[i16]) -> Vec<Vec<u8>> {
    let mut encoder = ILBC.encoder(fmtp, 8_000).unwrap();
    let one = |samples: &[i16]| {
        let mut payload = Vec::new();
        encoder.encode(samples, &mut payload);
        payload
    };
    speech.chunks_exact(packet).map(one).collect()
}

/// The decoder is the reference's but for the order in which floating-point numbers are added.
#[test]
fn decodes_as_the_reference_to_70_db() {
    for (octets, mode) in [(38, "20"), (50, "30")] {
        let heard = decoded(octets, bytes(&format!("ilbc/{mode}.lbc")), |_| false);
        let ratio = snr(&samples(&format!("ilbc/{mode}.s16")), &heard);
        println!("{mode} ms: {ratio:.1} dB");
        assert!(ratio > 70.0, "{mode} ms: {ratio}");
    }
}

#[test]
fn conceals_as_the_reference() {
    for (octets, mode) in [(38, "20"), (50, "30")] {
        let heard = decoded(octets, bytes(&format!("ilbc/{mode}.lbc")), |n| n % 7 == 5 || n % 21 == 6);
        let ratio = snr(&samples(&format!("ilbc/{mode}-lost.s16")), &heard);
        println!("{mode} ms with losses: {ratio:.1} dB");
        assert!(ratio > 30.0, "{mode} ms: {ratio}");
    }
}

/// How well the speech is kept, decoded as the reference does: no less than by the reference's own encoder.
#[test]
fn encodes_no_worse_than_the_reference() {
    let speech = samples("speech-8k.s16");
    // What both ends' high passes leave of it.
    let (mut first, mut second) = (filter::HighPass::of_input(), filter::HighPass::of_output());
    let passed: Vec<i16> =
        speech.iter().map(|&x| second.next(first.next(f32::from(x))).round() as i16).collect();
    for (octets, fmtp, late) in [(38, "mode=20", 40), (50, "mode=30", 80)] {
        let mode = &fmtp[5..];
        let packet = if octets == 38 { 160 } else { 240 };
        let ours = decoded(octets, &encoded(fmtp, packet, &speech).concat(), |_| false);
        let theirs = samples(&format!("ilbc/{mode}.s16"));
        let ratio = |heard: &[i16]| {
            // The noise at full scale at the end is not speech.
            let end = 9_600 - late;
            segmental_snr(&passed[..end], &heard[late..late + end])
        };
        let (ours, theirs) = (ratio(&ours), ratio(&theirs));
        println!("{mode} ms: {ours:.2} dB, the reference {theirs:.2} dB");
        assert!(ours > theirs - 0.3, "{mode} ms: {ours:.2} dB, the reference {theirs:.2} dB");
    }
}

#[test]
fn thirty_milliseconds_out_of_twenty_come_evenly() {
    let speech = samples("speech-8k.s16");
    let sizes: Vec<usize> = encoded("", 160, &speech[..1_920]).iter().map(Vec::len).collect();
    assert_eq!(sizes, [0, 0, 100, 0, 0, 100, 0, 0, 100, 0, 0, 100]);
    assert_eq!(
        encoded("mode=30", 160, &speech[..1_920]).concat(),
        encoded("mode=30", 240, &speech[..1_920]).concat()
    );
}

#[test]
fn what_is_no_whole_frame_is_refused() {
    let mut decoder = ILBC.decoder("", 8_000).unwrap();
    let mut samples = Vec::new();
    for size in [0, 1, 37, 39, 49, 88, 38 * 21] {
        assert_eq!(decoder.decode(&vec![0x55; size], &mut samples), Err(BadPayload), "{size}");
    }
    assert!(samples.is_empty());
    decoder.decode(&[0x55; 100], &mut samples).unwrap();
    assert_eq!(samples.len(), 480);
}

#[test]
fn an_empty_frame_is_concealed() {
    let mut decoder = ILBC.decoder("", 8_000).unwrap();
    let mut samples = Vec::new();
    decoder.decode(&[0xFF; 38], &mut samples).unwrap();
    assert_eq!(samples.len(), 160);
}
