//! Two phones of one format: packets are relayed on arrival with our own numbers.
#![cfg(test)]

mod phones;

use cordboard_media::{Command, Event, Source, StreamKind};
use core::net::SocketAddr;
use phones::{PCMA, PCMU, World};

#[test]
fn a_packet_is_forwarded_on_arrival_with_our_own_numbers() {
    let (mut world, a, b) = World::bridge(PCMA, PCMA);
    world.send(a, &[1; 160]);
    world.run_ms(20);
    world.send(a, &[2; 160]);
    let got = world.take_rtp(b);
    assert_eq!(got.len(), 2);
    let (first, second) = (got[0].rtp(), got[1].rtp());
    assert_eq!(got[0].to, world.phones[b].address);
    assert_eq!((first.payload, second.payload), (&[1; 160][..], &[2; 160][..]));
    assert_eq!((first.header.ssrc, first.header.sequence, first.header.payload_type), (0x1002, 2_000, PCMA));
    assert!(first.header.marker && !second.header.marker, "the first packet starts a talkspurt");
    assert_eq!(second.header.sequence, 2_001);
    assert_eq!(second.header.timestamp.wrapping_sub(first.header.timestamp), 160);
}

#[test]
fn payload_numbers_become_those_of_the_other_peer() {
    let (mut world, a, b) = World::bridge(PCMA, PCMA);
    world.setup(b, |audio| audio.send[0].payload_type = 120);
    world.send(a, &[1; 160]);
    assert_eq!(world.take_rtp(b)[0].rtp().header.payload_type, 120);
}

#[test]
fn losses_duplicates_and_reordering_are_passed_on_as_they_happened() {
    let (mut world, a, b) = World::bridge(PCMU, PCMU);
    for sequence in [65_533u16, 65_534, 0, 65_535, 0, 3] {
        let delta = sequence.wrapping_sub(65_533);
        world.phones[a].sequence = sequence;
        world.phones[a].timestamp = 1_000 + u32::from(delta) * 160;
        world.send(a, &[0; 160]);
    }
    let got = world.take_rtp(b);
    let numbers: Vec<_> = got.iter().map(|g| g.rtp().header.sequence).collect();
    assert_eq!(numbers, [2_000, 2_001, 2_003, 2_002, 2_003, 2_006]);
    let start = got[0].rtp().header.timestamp;
    let times: Vec<_> = got.iter().map(|g| (g.rtp().header.timestamp - start) / 160).collect();
    assert_eq!(times, [0, 1, 3, 2, 3, 6]);
}

#[test]
fn the_first_packet_latches_and_a_stranger_is_counted() {
    let (mut world, a, b) = World::bridge(PCMA, PCMA);
    let behind_nat: SocketAddr = "203.0.113.9:33333".parse().unwrap();
    world.phones[a].address = behind_nat;
    world.send(a, &[1; 160]);
    assert!(
        world.events.iter().any(|(_, e)| *e == Event::Latched { leg: world.leg(a), address: behind_nat })
    );
    world.send(b, &[1; 160]);
    assert_eq!(world.take_rtp(a)[0].to, behind_nat);

    world.take_rtp(b);
    world.phones[a].address = "198.51.100.66:666".parse().unwrap();
    world.send(a, &[6; 160]);
    assert!(world.take_rtp(b).is_empty());
    let leg = world.leg(a);
    world.handle(Command::Close { leg });
    let Some((_, Event::Closed { stats, .. })) = world.events.last() else { panic!("{:?}", world.events) };
    assert_eq!((stats.strangers, stats.received), (1, 1));
}

#[test]
fn what_is_not_rtp_or_was_not_agreed_never_latches() {
    let (mut world, a, b) = World::bridge(PCMA, PCMA);
    let elsewhere: SocketAddr = "203.0.113.9:33333".parse().unwrap();
    world.datagram(a, StreamKind::AudioRtp, elsewhere, &[0; 40]);
    world.phones[a].payload_type = PCMU;
    let address = world.phones[a].address;
    world.phones[a].address = elsewhere;
    world.send(a, &[1; 160]);
    world.send(b, &[1; 160]);
    assert_eq!(world.take_rtp(a)[0].to, address);
    assert!(world.take_rtp(b).is_empty());
}

#[test]
fn a_leg_on_hold_is_neither_sent_to_nor_taken_from() {
    let (mut world, a, b) = World::bridge(PCMA, PCMA);
    world.setup(b, |audio| (audio.sends, audio.receives) = (false, false));
    world.send(a, &[1; 160]);
    world.send(b, &[1; 160]);
    assert!(world.take_rtp(a).is_empty() && world.take_rtp(b).is_empty());
}

#[test]
fn our_stream_goes_on_over_hold_and_transfer() {
    let (mut world, a, b) = World::bridge(PCMA, PCMA);
    let c = world.phone(PCMA);
    for _ in 0..5 {
        world.send(a, &[1; 160]);
        world.run_ms(20);
    }
    world.hear(b, Source::Nothing);
    world.run_ms(1_000);
    world.hear(b, Source::Leg(world.leg(c)));
    world.send(c, &[3; 160]);
    let got = world.take_rtp(b);
    let (before, after) = (got[4].rtp().header, got[5].rtp().header);
    assert_eq!(after.ssrc, before.ssrc);
    assert_eq!(after.sequence, before.sequence + 1);
    assert_eq!(after.timestamp - before.timestamp, 1_020 * 8, "the clock ran while nothing was sent");
    assert!(after.marker);
}

#[test]
fn echo_gives_a_phone_its_own_packets() {
    let mut world = World::new();
    let a = world.phone(PCMU);
    world.hear(a, Source::Echo);
    world.send(a, &[9; 160]);
    assert_eq!(world.take_rtp(a)[0].rtp().payload, [9; 160]);
}

#[test]
fn several_listeners_all_hear_the_same_packet() {
    let (mut world, a, b) = World::bridge(PCMU, PCMU);
    let c = world.phone(PCMU);
    world.hear(c, Source::Leg(world.leg(a)));
    world.send(a, &[9; 160]);
    assert_eq!(world.take_rtp(b)[0].rtp().payload, [9; 160]);
    assert_eq!(world.take_rtp(c)[0].rtp().payload, [9; 160]);
}

#[test]
fn a_packet_of_a_closed_session_does_not_reach_the_one_in_its_place() {
    let (mut world, a, b) = World::bridge(PCMU, PCMU);
    let leg = world.leg(a);
    world.handle(Command::Close { leg });
    let old = world.phones[a].clone();
    let c = world.phone(PCMU);
    assert_eq!(world.phones[c].slot.index, old.slot.index);
    world.hear(b, Source::Leg(world.leg(c)));
    world.send(a, &[1; 160]);
    assert!(world.take_rtp(b).is_empty());
    assert_eq!(world.engine.ignored(), 1);
}

#[test]
fn as_many_formats_as_the_limit_are_known_and_one_more_is_not() {
    let (mut world, a, b) = World::bridge(PCMA, PCMA);
    let formats: Vec<_> =
        (96..=127).chain([8]).map(|n| cordboard_base::Format::new(n, &format!("X{n}"), 8_000)).collect();
    for phone in [a, b] {
        let formats = formats.clone();
        world.setup(phone, |audio| {
            (audio.telephone_event, audio.send, audio.receive) = (None, formats.clone(), formats);
        });
    }
    world.phones[a].payload_type = 127;
    world.send(a, &[1; 40]);
    assert_eq!(world.take_rtp(b).len(), 1, "the 32nd");
    world.phones[a].payload_type = 8;
    world.send(a, &[1; 40]);
    assert!(world.take_rtp(b).is_empty(), "the 33rd");
}

#[test]
fn a_sender_that_jumps_ahead_until_its_numbers_wrap_harms_nothing() {
    let mut world = World::new();
    let a = world.phone(PCMA);
    for n in 0..=1_432_112u32 {
        // 65,536 + 1,432,112 · 2,999 is just above 2³².
        world.phones[a].sequence = u16::try_from(n.wrapping_mul(2_999) & 0xFFFF).unwrap();
        world.engine_only(a);
    }
    world.run_ms(10_000);
    let (counters, _) = world.engine.figures(world.now, world.leg(a)).unwrap();
    assert!((1 << 32..(1 << 32) + 65_536).contains(&counters.reception.highest));
}
