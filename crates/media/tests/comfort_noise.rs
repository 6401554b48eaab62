//! Phones that describe silence instead of sending it (RFC 3389): the description goes on to who takes it, and everybody else hears
//! the noise.
#![cfg(test)]
#![allow(clippy::unwrap_used, reason = "tests")]

mod phones;

use cordboard_base::Format;
use cordboard_media::rtp::Fields;
use cordboard_media::{StreamKind, level};
use phones::{Got, PCMA, PCMU, World};

/// The number of comfort noise at 8,000 Hz (RFC 3551 §6).
const CN: u8 = 13;
/// What is described, in −dBov.
const QUIET: u8 = 40;

/// Gives a phone's leg comfort noise too.
fn with_noise(world: &mut World, phone: usize) {
    world.setup(phone, |audio| {
        audio.send.push(Format::new(CN, "CN", 8_000));
        audio.receive.push(Format::new(CN, "CN", 8_000));
    });
}

/// A description of silence that lasts so long.
fn describe(world: &mut World, phone: usize, level: u8, ms: u32) {
    let p = world.phones[phone].clone();
    let fields = Fields {
        marker: false,
        payload_type: CN,
        sequence: p.sequence,
        timestamp: p.timestamp,
        ssrc: p.ssrc,
    };
    world.phones[phone].sequence = p.sequence.wrapping_add(1);
    world.phones[phone].timestamp = p.timestamp.wrapping_add(ms * 8);
    world.datagram(phone, StreamKind::AudioRtp, p.address, &fields.packet(&[level]));
    world.run_ms(u64::from(ms));
}

fn word(at: usize) -> Vec<i16> {
    let sample = |n: usize| {
        let angle = core::f64::consts::TAU * 400.0 * n as f64 / 8_000.0;
        #[allow(clippy::cast_possible_truncation, reason = "the amplitude is below 16 bits")]
        let sample = (angle.sin() * 8_000.0) as i16;
        sample
    };
    (at * 160..(at + 1) * 160).map(sample).collect()
}

/// Half a second of a word, 600 ms of described silence in two parts, and another word.
fn says_two_words(world: &mut World, phone: usize) {
    for n in 0..25 {
        world.speak(phone, &word(n));
        world.run_ms(20);
    }
    describe(world, phone, QUIET, 200);
    describe(world, phone, QUIET, 400);
    for n in 0..25 {
        world.speak(phone, &word(n));
        world.run_ms(20);
    }
    world.run_ms(200);
}

fn numbers_are_even(got: &[Got]) {
    for two in got.windows(2) {
        let [a, b] = [&two[0], &two[1]].map(|got| got.rtp().header);
        assert_eq!(b.sequence, a.sequence.wrapping_add(1));
    }
}

#[test]
fn a_description_goes_on_to_who_takes_it_between_packets_that_are_relayed() {
    let (mut world, a, b) = World::bridge(PCMA, PCMA);
    with_noise(&mut world, a);
    with_noise(&mut world, b);
    says_two_words(&mut world, a);
    let got = world.take_rtp(b);
    numbers_are_even(&got);
    let kinds: Vec<u8> = got.iter().map(|got| got.rtp().header.payload_type).collect();
    assert_eq!(kinds, [vec![PCMA; 25], vec![CN; 2], vec![PCMA; 25]].concat());
    assert!(got[25..27].iter().all(|got| got.rtp().payload == [QUIET]));
    // Nothing was moved: the second word begins 1,100 ms after the first.
    let apart = got[27].rtp().header.timestamp.wrapping_sub(got[0].rtp().header.timestamp);
    assert_eq!(apart, 1_100 * 8);
}

#[test]
fn who_takes_no_descriptions_hears_the_noise_and_both_words() {
    for to in [PCMA, PCMU] {
        let (mut world, a, b) = World::bridge(PCMA, to);
        with_noise(&mut world, a);
        says_two_words(&mut world, a);
        let got = world.take_rtp(b);
        numbers_are_even(&got);
        assert!(got.iter().all(|got| got.rtp().header.payload_type == to));
        // A packet for every 20 ms, silence or not, each with its own time.
        let times: Vec<u32> = got.iter().map(|got| got.rtp().header.timestamp).collect();
        let after_the_change = times[25..].windows(2).all(|two| two[1].wrapping_sub(two[0]) == 160);
        assert!(after_the_change, "{times:?}");
        assert!((88..=92).contains(&got.len()), "{} packets of 1.8 s", got.len());
        world.got.insert(world.phones[b].slot, got);
        let heard = world.audio(b);
        let quiet =
            heard[..12_000].chunks(800).filter(|piece| level::dbov(piece) < -20.0).collect::<Vec<_>>();
        let inner = &quiet[1..quiet.len() - 1];
        assert!((4..=6).contains(&inner.len()), "{} pieces of 100 ms are quiet", quiet.len());
        for piece in inner {
            // What RFC 3389 calls 0 dBov is a square wave, 3.01 dB above a sine.
            let apart = level::dbov(piece) - 3.01 + f64::from(QUIET);
            assert!(apart.abs() < 2.5, "{apart} dB from what was described");
        }
        let loud = heard.chunks(160).filter(|piece| level::dbov(piece) > -20.0).count();
        assert!((48..=53).contains(&loud), "{loud} times 20 ms of two words of half a second");
    }
}

#[test]
fn a_phone_that_describes_silence_once_is_heard_on_without_a_gap_by_who_comes_later() {
    let (mut world, a, b) = World::bridge(PCMA, PCMA);
    with_noise(&mut world, a);
    describe(&mut world, a, QUIET, 200);
    let got = world.take_rtp(b);
    assert!(got.len() >= 8, "noise from the first packet on: {}", got.len());
    with_noise(&mut world, b);
    for n in 0..25 {
        world.speak(a, &word(n));
        world.run_ms(20);
    }
    world.run_ms(100);
    let heard = world.audio(b);
    let loud = heard.chunks(160).filter(|piece| level::dbov(piece) > -20.0).count();
    assert!((24..=26).contains(&loud), "{loud}");
}
