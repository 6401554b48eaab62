//! iLBC in frames of 20 and of 30 ms: each phone gets those that were agreed with it (RFC 3952 §5).
#![cfg(all(test, feature = "codec-ilbc"))]
#![allow(clippy::unwrap_used, reason = "tests")]

mod phones;

use cordboard_base::Format;
use cordboard_media::codec::{Codec, ILBC};
use cordboard_media::rtp::Fields;
use cordboard_media::{Source, StreamKind, goertzel};
use phones::{Got, PCMA, World};

const NUMBER: u8 = 97;
const TONE_HZ: f64 = 500.0;

/// A phone that says this of its iLBC; we always say `mode=20`.
fn phone(world: &mut World, said: &str, ptime_ms: u16) -> usize {
    let phone = world.phone(PCMA);
    let format = |fmtp: &str| Format { fmtp: fmtp.to_owned(), ..Format::new(NUMBER, "iLBC", 8_000) };
    world.setup(phone, |audio| {
        audio.send = vec![format(said)];
        audio.receive = vec![format("mode=20")];
        audio.ptime_ms = ptime_ms;
    });
    phone
}

/// A second of a tone from a phone whose frames have so many ms.
fn says_a_tone(world: &mut World, phone: usize, ms: usize) {
    let mut encoder = ILBC.encoder(&format!("mode={ms}"), 8_000).unwrap();
    for n in 0..1_000 / ms {
        #[allow(clippy::cast_possible_truncation, reason = "the amplitude is below 16 bits")]
        let sample =
            |at: usize| ((core::f64::consts::TAU * TONE_HZ * at as f64 / 8_000.0).sin() * 6_000.0) as i16;
        let samples: Vec<i16> = (n * ms * 8..(n + 1) * ms * 8).map(sample).collect();
        let mut payload = Vec::new();
        encoder.encode(&samples, &mut payload);
        let p = world.phones[phone].clone();
        let (sequence, timestamp, ssrc) = (p.sequence, p.timestamp, p.ssrc);
        let fields = Fields { marker: false, payload_type: NUMBER, sequence, timestamp, ssrc };
        world.phones[phone].sequence = sequence.wrapping_add(1);
        world.phones[phone].timestamp = timestamp.wrapping_add(u32::try_from(ms * 8).unwrap());
        world.datagram(phone, StreamKind::AudioRtp, p.address, &fields.packet(&payload));
        world.run_ms(u64::try_from(ms).unwrap());
    }
    world.run_ms(200);
}

/// What a phone hears of it, which are packets of just so many octets, at times that follow each other.
fn hears_it(got: &[Got], octets: usize) {
    let mut decoder = ILBC.decoder("", 8_000).unwrap();
    let mut heard = Vec::new();
    for packet in got {
        assert_eq!(packet.rtp().payload.len(), octets);
        decoder.decode(packet.rtp().payload, &mut heard).unwrap();
    }
    let ticks = if octets == 38 { 160 } else { 240 };
    for two in got.windows(2) {
        let [a, b] = [&two[0], &two[1]].map(|got| got.rtp().header.timestamp);
        assert_eq!(b.wrapping_sub(a), ticks);
    }
    assert!((7_500..=9_000).contains(&heard.len()), "{} samples of a second", heard.len());
    let level = goertzel::level_dbm0(&heard[2_000..6_000], 8_000, TONE_HZ);
    assert!((-14.0..-9.0).contains(&level), "{level} dBm0");
}

#[test]
fn frames_of_the_length_that_was_agreed_are_relayed_and_others_are_made_anew() {
    // What the two say, how long the first one's frames are, and how many octets those have that the second one gets.
    for (from, to, ms, octets) in [
        ("mode=20", "mode=20", 20, 38),
        ("mode=30", "", 30, 50),
        ("mode=20", "mode=30", 20, 50),
        ("", "mode=20", 30, 38),
    ] {
        let mut world = World::new();
        let ptime = |said: &str| if said == "mode=20" { 20 } else { 30 };
        let (a, b) = (phone(&mut world, from, ptime(from)), phone(&mut world, to, ptime(to)));
        world.hear(b, Source::Leg(world.leg(a)));
        says_a_tone(&mut world, a, ms);
        let got = world.take_rtp(b);
        hears_it(&got, octets);
        // What is relayed has come at once.
        let is_relayed = got[0].at.since(cordboard_base::Time::from_secs(1)).is_zero();
        assert_eq!(is_relayed, ptime(from) == ptime(to), "{from} {to}");
    }
}

#[test]
fn what_is_made_for_a_phone_of_30_ms_comes_every_30_ms() {
    let mut world = World::new();
    let speaker = world.phone(PCMA);
    for ptime_ms in [20, 30] {
        let listener = phone(&mut world, "mode=30", ptime_ms);
        world.hear(listener, Source::Leg(world.leg(speaker)));
        for _ in 0..50 {
            world.speak(speaker, &[1_000; 160]);
            world.run_ms(20);
        }
        let got = world.take_rtp(listener);
        assert!((30..=35).contains(&got.len()), "{} packets in a second", got.len());
        assert!(got.iter().all(|got| got.rtp().payload.len() == 50));
        world.hear(listener, Source::Nothing);
    }
}
