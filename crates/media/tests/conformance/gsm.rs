//! GSM full rate against spandsp and libgsm.

use crate::{bytes, codec, decoded, encoded, same, samples};

#[test]
fn encodes_to_the_bit() {
    same(&encoded(codec("GSM", 8_000), &samples("speech-8k.s16"), 160), &bytes("gsm.bin"));
}

#[test]
fn decodes_to_the_bit() {
    same(&decoded(codec("GSM", 8_000), &bytes("gsm.bin"), 33), &samples("gsm.s16"));
}
