//! Every decoder takes any bytes: it gives samples, not too many, or says that the payload is bad, and goes on.

use cordboard_media::codec::{BadPayload, Codec, registry};
use proptest::prelude::*;

/// No payload that fits a datagram may become more than this many samples; the densest code of a wave has two bits a sample, LPC-10
/// has 26 samples an octet, and a frame's last bits are at most one frame.
fn samples_max(codec: &dyn Codec, payload: usize) -> usize {
    let of_octet = if codec.name() == "LPC" { 26 } else { 8 };
    payload * of_octet * codec.sample_rate_hz().div_ceil(8_000) as usize + codec.frame_samples() * 16
}

fn takes(codec: &dyn Codec, payloads: &[Vec<u8>]) {
    let Some(mut decoder) = codec.decoder(codec.fmtp(), codec.sample_rate_hz()) else { return };
    for payload in payloads {
        let mut samples = vec![7; 3];
        let outcome = decoder.decode(payload, &mut samples);
        assert_eq!(samples[..3], [7; 3]);
        let made = samples.len() - 3;
        assert!(made <= samples_max(codec, payload.len()), "{} made {made}", codec.name());
        if outcome == Err(BadPayload) {
            assert_eq!(made, 0, "{}", codec.name());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_decoded_or_refused(
        payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..400), 1..6),
    ) {
        registry().iter().for_each(|codec| takes(*codec, &payloads));
    }

    #[test]
    fn bytes_of_one_value_drive_no_predictor_away(byte in any::<u8>(), length in 0usize..330) {
        let payloads = vec![vec![byte; length]; 20];
        registry().iter().for_each(|codec| takes(*codec, &payloads));
    }

    #[test]
    fn any_samples_are_encoded(samples in prop::collection::vec(any::<i16>(), 960)) {
        for codec in registry() {
            let Some(mut encoder) = codec.encoder(codec.fmtp(), codec.sample_rate_hz()) else { continue };
            let whole = samples.len() / codec.frame_samples() * codec.frame_samples();
            let mut payload = Vec::new();
            for _ in 0..3 {
                encoder.encode(&samples[..whole], &mut payload);
            }
            takes(*codec, &[payload]);
        }
    }

    #[test]
    fn a_foreign_memory_is_refused_or_works(state in prop::collection::vec(any::<u8>(), 0..700)) {
        for codec in registry() {
            let rate = codec.sample_rate_hz();
            let (Some(mut encoder), Some(mut decoder)) = (codec.encoder(codec.fmtp(), rate), codec.decoder(codec.fmtp(), rate))
            else { continue };
            let mut own = Vec::new();
            encoder.save(&mut own);
            encoder.load(&like(&own, &state));
            own.clear();
            decoder.save(&mut own);
            decoder.load(&like(&own, &state));
            let mut payload = Vec::new();
            encoder.encode(&vec![9_000; codec.frame_samples()], &mut payload);
            let _ = decoder.decode(&payload, &mut Vec::new());
        }
    }
}

/// As long as the codec's own memory, and with its version, but with the bytes of another.
fn like(own: &[u8], state: &[u8]) -> Vec<u8> {
    let cycle = state.iter().copied().chain([0x55]).cycle();
    own.iter().take(1).copied().chain(cycle.take(own.len().saturating_sub(1))).collect()
}
