//! Every decoder of the registry: payloads that a stranger or a broken phone might send.

use cordboard_media::codec::{BadPayload, Codec, registry};

/// Samples that an octet may become: the densest code has two bits, and Opus frames can be long.
const SAMPLES_PER_OCTET_MAX: usize = 6_000;

/// The first octet chooses the codec, the rest are payloads, each with its length before it: nothing panics, a refused
/// payload appends nothing, and what is appended is bounded.
pub fn codecs(data: &[u8]) {
    let Some((&which, rest)) = data.split_first() else { return };
    let Some(codec) = registry().get(usize::from(which) % registry().len()) else { return };
    decoded(*codec, rest);
}

/// How many samples came out.
fn decoded(codec: &dyn Codec, mut rest: &[u8]) -> usize {
    let Some(mut decoder) = codec.decoder("", codec.sample_rate_hz()) else { return 0 };
    let mut heard = 0;
    let mut samples = Vec::new();
    while let Some((&length, tail)) = rest.split_first() {
        let (payload, tail) = tail.split_at(usize::from(length).min(tail.len()));
        rest = tail;
        samples.clear();
        let outcome = decoder.decode(payload, &mut samples);
        assert!(samples.len() <= (payload.len() + 1) * SAMPLES_PER_OCTET_MAX, "{}", codec.name());
        assert!(outcome != Err(BadPayload) || samples.is_empty(), "{}", codec.name());
        heard += samples.len();
    }
    heard
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seeds_are_heard() {
        let seeds = crate::seeds("codecs");
        assert_eq!(seeds.len(), registry().len());
        for (codec, seed) in registry().iter().zip(&seeds) {
            let is_coded = codec.decoder("", codec.sample_rate_hz()).is_some();
            assert_eq!(decoded(*codec, &seed[1..]) > 0, is_coded, "{}", codec.name());
        }
    }
}
