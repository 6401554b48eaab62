//! A coder that is saved and loaded into a new one at any packet goes on as if nothing had happened.

use crate::samples;
use cordboard_media::codec::{Codec, registry};
use proptest::prelude::*;

/// The packets of speech and the samples made of them, with both coders replaced before packet `cut`.
fn through(codec: &dyn Codec, speech: &[i16], cut: usize) -> Option<(Vec<Vec<u8>>, Vec<i16>)> {
    let rate = codec.sample_rate_hz();
    let (mut encoder, mut decoder) = (codec.encoder(codec.fmtp(), rate)?, codec.decoder(codec.fmtp(), rate)?);
    let frame = codec.frame_samples();
    let packet = (rate as usize / 50).next_multiple_of(frame);
    let (mut packets, mut heard) = (Vec::new(), Vec::new());
    for (n, samples) in speech.chunks_exact(packet).enumerate() {
        if n == cut {
            let mut state = Vec::new();
            encoder.save(&mut state);
            encoder = codec.encoder(codec.fmtp(), rate)?;
            encoder.load(&state);
            state.clear();
            decoder.save(&mut state);
            decoder = codec.decoder(codec.fmtp(), rate)?;
            decoder.load(&state);
        }
        let mut payload = Vec::new();
        encoder.encode(samples, &mut payload);
        decoder.decode(&payload, &mut heard).unwrap();
        packets.push(payload);
    }
    Some((packets, heard))
}

/// Codecs of foreign libraries, which can't say what they remember (see [`cordboard_media::codec::Encoder::save`]).
const FORGETFUL: [&str; 3] = ["opus", "speex", "G729"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_cut_at_any_packet_changes_nothing(cut in 1usize..15) {
        let speech = samples("speech-16k.s16");
        for codec in registry().iter().filter(|codec| !FORGETFUL.contains(&codec.name())) {
            let packets = codec.sample_rate_hz() as usize / 50 * 20;
            let speech = &speech[..packets.min(speech.len())];
            assert_eq!(through(*codec, speech, cut), through(*codec, speech, usize::MAX), "{}", codec.name());
        }
    }
}
