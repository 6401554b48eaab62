//! G.722 against spandsp and ffmpeg.

use crate::{bytes, codec, decoded, encoded, same, samples};

#[test]
fn encodes_to_the_bit() {
    same(&encoded(codec("G722", 8_000), &samples("speech-16k.s16"), 320), &bytes("g722.bin"));
}

#[test]
fn decodes_to_the_bit() {
    same(&decoded(codec("G722", 8_000), &bytes("g722.bin"), 160), &samples("g722.s16"));
}
