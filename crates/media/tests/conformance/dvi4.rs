//! DVI4 against spandsp, in packets of 20 ms.

use crate::{bytes, codec, decoded, encoded, same, samples};

fn check(clock_rate_hz: u32, kilo: &str) {
    let (codec, packet) = (codec("DVI4", clock_rate_hz), clock_rate_hz as usize / 50);
    let payloads = bytes(&format!("dvi4-{kilo}.bin"));
    same(&encoded(codec, &samples(&format!("speech-{kilo}.s16")), packet), &payloads);
    same(&decoded(codec, &payloads, 4 + packet / 2), &samples(&format!("dvi4-{kilo}.s16")));
}

#[test]
fn at_8000_to_the_bit() {
    check(8_000, "8k");
}

#[test]
fn at_16000_to_the_bit() {
    check(16_000, "16k");
}
