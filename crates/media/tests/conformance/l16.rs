//! Linear samples against sox: the same in the network's order (RFC 3551 §4.5.11).

use super::{bytes, codec, decoded, encoded, samples};

#[test]
fn speech_is_the_same_to_the_bit_both_ways() {
    let (speech, sent) = (samples("speech-16k.s16"), bytes("l16.bin"));
    let sent = sent.get(..640).unwrap();
    let l16 = codec("L16", 16_000);
    assert_eq!(encoded(l16, &speech[..320], 320), sent);
    assert_eq!(decoded(l16, sent, 640), speech[..320]);
}
