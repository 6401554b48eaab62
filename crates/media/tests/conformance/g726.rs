//! G.726 against spandsp, which is given speech half as loud, as it does not limit what it decodes.

use crate::{bytes, codec, decoded, encoded, same, samples};

fn check(rate: usize) {
    let speech: Vec<i16> = samples("speech-8k.s16").iter().map(|sample| sample >> 1).collect();
    let octets = rate * 20 / 8; // of 20 ms
    let heard = samples(&format!("g726-{rate}.s16"));
    for (name, vector) in [
        (format!("G726-{rate}"), format!("g726-{rate}.bin")),
        (format!("AAL2-G726-{rate}"), format!("g726-{rate}-aal2.bin")),
    ] {
        let (codec, payload) = (codec(&name, 8_000), bytes(&vector));
        same(&encoded(codec, &speech, 160), &payload);
        same(&decoded(codec, &payload, octets), &heard);
    }
}

#[test]
fn at_16_kbits_to_the_bit() {
    check(16);
}

#[test]
fn at_24_kbits_to_the_bit() {
    check(24);
}

#[test]
fn at_32_kbits_to_the_bit() {
    check(32);
}

#[test]
fn at_40_kbits_to_the_bit() {
    check(40);
}
