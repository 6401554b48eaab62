//! Digits: RFC 4733 events and tones, in, out and across.
#![cfg(test)]

mod phones;

use cordboard_media::{Audio, Command, Event, Play, PlayEnd, PlayId, Playhead, Source, Tone, goertzel};
use phones::{PCMA, PCMU, World};

fn without_events(world: &mut World, phone: usize) {
    world.setup(phone, |audio| audio.telephone_event = None);
}

fn events(world: &mut World, phone: usize) -> Vec<(u16, u32, bool, u8, bool, u16)> {
    let got = world.take_rtp(phone);
    got.iter()
        .filter(|got| got.rtp().header.payload_type == 101)
        .map(|got| {
            let (header, event) =
                (got.rtp().header, cordboard_media::EventPayload::parse(got.rtp().payload).unwrap());
            (header.sequence, header.timestamp, header.marker, event.code, event.end, event.duration)
        })
        .collect()
}

fn send(world: &mut World, phone: usize, digits: &str, duration_ms: u16, gap_ms: u16) {
    let leg = world.leg(phone);
    world.handle(Command::SendDigits { leg, digits: digits.into(), duration_ms, gap_ms });
}

#[test]
fn a_pressed_key_is_one_digit_with_its_length() {
    let mut world = World::new();
    let a = world.phone(PCMA);
    world.press(a, 5);
    world.press(a, 5);
    world.press(a, 11);
    assert_eq!(world.digits(), [('5', 100), ('5', 100), ('#', 100)]);
}

#[test]
fn a_key_whose_ends_are_lost_is_a_digit_all_the_same() {
    let mut world = World::new();
    let a = world.phone(PCMA);
    world.event_packet(a, 7, 160, false);
    world.run_ms(20);
    world.event_packet(a, 7, 320, false);
    world.run_ms(149);
    assert_eq!(world.digits(), []);
    world.run_ms(2);
    assert_eq!(world.digits(), [('7', 40)]);
}

#[test]
fn a_digit_ends_a_play_that_it_may_end_and_is_reported_before() {
    let mut world = World::new();
    let a = world.phone(PCMU);
    let leg = world.leg(a);
    let tone = Tone { frequencies_hz: [500, 0], level_dbm0: -10, cadence_ms: vec![], duration_ms: 0 };
    let play = Play { id: PlayId(1), items: vec![Audio::Tone(tone)], repeat: false, interrupt: "123".into() };
    world.handle(Command::Play { leg, play });
    world.press(a, 4);
    assert!(world.events.iter().all(|(_, e)| !matches!(e, Event::Played { .. })));
    world.run_ms(20);
    world.take_rtp(a);
    world.press(a, 3);
    let told: Vec<_> = world.events.iter().rev().take(2).map(|(_, e)| e.clone()).collect();
    // 220 ms and the packet under way; none of the 100 ms for which the key was down.
    let at = Playhead { item: 0, position_ms: 240, length_ms: None };
    assert_eq!(told[0], Event::Played { leg, play: PlayId(1), end: PlayEnd::Interrupted('3'), at });
    assert!(matches!(told[1], Event::Digit { digit: '3', .. }));
    assert!(world.audio(a).iter().all(|&s| s == 0), "silent from the moment the key goes down");
}

#[test]
fn events_are_relayed_in_the_stream_with_the_other_sides_number() {
    let (mut world, a, b) = World::bridge(PCMA, PCMA);
    world.setup(b, |audio| {
        audio.telephone_event.iter_mut().for_each(|event| event.send_payload_type = 96);
    });
    for _ in 0..3 {
        world.send(a, &[0xD5; 160]);
        world.run_ms(20);
    }
    world.press(a, 9);
    world.send(a, &[0xD5; 160]);
    let got = world.take_rtp(b);
    let types: Vec<u8> = got.iter().map(|g| g.rtp().header.payload_type).collect();
    assert_eq!(types, [8, 8, 8, 96, 96, 96, 96, 96, 96, 96, 96, 8]);
    let start = got[0].rtp().header;
    for (n, got) in (0u16..).zip(&got) {
        assert_eq!(got.rtp().header.sequence, start.sequence + n);
    }
    assert!(got[3..11].iter().all(|g| g.rtp().header.timestamp == start.timestamp + 480));
    assert_eq!(got[11].rtp().header.timestamp, start.timestamp + 480 + 1_600);
    assert_eq!(world.digits(), [('9', 100)]);
}

#[test]
fn events_are_relayed_between_different_formats_and_clocks() {
    let (mut world, a, b) = World::bridge(PCMA, 96);
    world.send(a, &[0xD5; 160]);
    world.run_ms(20);
    world.press(a, 1);
    let sent: Vec<_> = world
        .take_rtp(b)
        .iter()
        .filter(|g| g.rtp().header.payload_type == 101)
        .map(|g| {
            let event = cordboard_media::EventPayload::parse(g.rtp().payload).unwrap();
            (g.rtp().header.timestamp, event.duration)
        })
        .collect();
    assert_eq!(sent[0].1, 320, "160 ticks of 8 kHz are 320 of 16 kHz");
    assert_eq!(sent.last(), Some(&(sent[0].0, 1_600)));
    assert!(sent.iter().all(|(timestamp, _)| *timestamp == sent[0].0));
}

#[test]
fn a_peer_without_events_hears_a_tone_for_as_long_as_the_key_is_down() {
    let (mut world, a, b) = World::bridge(PCMA, PCMU);
    without_events(&mut world, b);
    world.press(a, 8);
    let audio = world.audio(b);
    assert_eq!(goertzel::dtmf_digit(&audio[160..640], 8_000), Some('8'));
    assert!((800..=960).contains(&audio.len()), "{}", audio.len());
    world.take_rtp(b);
    world.send(a, &[0xD5; 160]);
    assert_eq!(world.take_rtp(b).len(), 1, "and the source goes on");
}

#[test]
fn a_tone_ends_when_its_sender_is_gone() {
    let (mut world, a, b) = World::bridge(PCMA, PCMU);
    without_events(&mut world, b);
    world.event_packet(a, 8, 160, false);
    let leg = world.leg(a);
    world.handle(Command::Close { leg });
    world.take_rtp(b);
    world.run_ms(500);
    assert!(world.take_rtp(b).is_empty());
}

#[test]
fn digits_are_sent_as_events_with_one_timestamp_each() {
    let mut world = World::new();
    let a = world.phone(PCMA);
    send(&mut world, a, "1#", 200, 100);
    world.run_ms(1_000);
    let sent = events(&mut world, a);
    assert_eq!(sent.len(), 2 * 12);
    let (first, second) = sent.split_at(12);
    for (n, event) in (0u16..).zip(first) {
        let duration = (n.min(9) + 1) * 160;
        assert_eq!(*event, (1_000 + n, first[0].1, n == 0, 1, n >= 9, duration));
    }
    assert!(second.iter().all(|e| e.3 == 11 && e.1 == second[0].1));
    assert_eq!(second[0].1 - first[0].1, (200 + 100) * 8, "told apart by their timestamps");
    assert!(second[0].2 && !second[1].2);
}

#[test]
fn digits_at_16_khz_count_in_16_khz_ticks() {
    let mut world = World::new();
    let a = world.phone(96);
    send(&mut world, a, "0", 100, 50);
    world.run_ms(500);
    assert_eq!(events(&mut world, a).last().unwrap().5, 1_600);
}

#[test]
fn without_events_digits_are_sent_as_tones_with_their_pauses() {
    let mut world = World::new();
    let a = world.phone(PCMU);
    without_events(&mut world, a);
    send(&mut world, a, "42", 100, 100);
    world.run_ms(1_000);
    let got = world.take_rtp(a);
    assert_eq!(got.len(), 10);
    let gap = got[5].rtp().header.timestamp - got[4].rtp().header.timestamp;
    assert_eq!(gap, (20 + 100) * 8);
    assert!(got[5].rtp().header.marker);
    world.got.insert(world.phones[a].slot, got);
    let audio = world.audio(a);
    assert_eq!(goertzel::dtmf_digit(&audio[..800], 8_000), Some('4'));
    assert_eq!(goertzel::dtmf_digit(&audio[800..1_600], 8_000), Some('2'));
}

#[test]
fn a_source_is_covered_while_digits_are_sent_and_a_play_waits() {
    let (mut world, a, b) = World::bridge(PCMA, PCMA);
    send(&mut world, b, "5", 100, 40);
    world.send(a, &[1; 160]);
    let got = world.take_rtp(b);
    assert!(got.iter().all(|g| g.rtp().header.payload_type == 101));
    let leg = world.leg(b);
    let items = vec![Audio::Silence(100)];
    world.handle(Command::Play {
        leg,
        play: Play { id: PlayId(1), items, repeat: false, interrupt: String::new() },
    });
    world.run_ms(500);
    let types: Vec<u8> = world.take_rtp(b).iter().map(|g| g.rtp().header.payload_type).collect();
    assert_eq!(types.iter().filter(|&&t| t == 8).count(), 5, "{types:?}");
    world.send(a, &[1; 160]);
    assert_eq!(world.take_rtp(b).len(), 1);
}

#[test]
fn digits_of_a_peer_that_hears_itself_come_back() {
    let mut world = World::new();
    let a = world.phone(PCMA);
    world.hear(a, Source::Echo);
    world.press(a, 2);
    assert_eq!(events(&mut world, a).len(), 8);
}

/// A phone without events presses a key: tones in its voice, before and after them a quiet room.
fn press_tone(world: &mut World, phone: usize, digit: char, ms: u32) {
    let tone = cordboard_media::dtmf::tone(digit, 0).unwrap();
    let mut samples = vec![0; 1_600];
    samples.extend(cordboard_media::tone::generate(&tone, 8_000, (ms * 8) as usize));
    samples.resize(samples.len().next_multiple_of(160) + 4_800, 0);
    for packet in samples.chunks(160) {
        world.speak(phone, packet);
        world.run_ms(20);
    }
}

#[test]
fn tones_of_any_length_become_one_event_of_that_length() {
    for ms in [40u32, 50, 70, 100, 250, 500] {
        let (mut world, a, b) = World::bridge(PCMA, PCMU);
        without_events(&mut world, a);
        press_tone(&mut world, a, '7', ms);
        world.run_ms(1_000);
        let [('7', heard_ms)] = world.digits()[..] else { panic!("{ms} ms: {:?}", world.digits()) };
        assert!(u32::from(heard_ms).abs_diff(ms) <= 20, "{heard_ms} for {ms}");
        let got = world.take_rtp(b);
        let events: Vec<_> = got
            .iter()
            .filter(|g| g.rtp().header.payload_type == 101)
            .map(|g| {
                (g.rtp().header.timestamp, cordboard_media::EventPayload::parse(g.rtp().payload).unwrap())
            })
            .collect();
        assert!(events.iter().all(|(timestamp, event)| *timestamp == events[0].0 && event.code == 7));
        let sent_ms = u32::from(events.last().unwrap().1.duration) / 8;
        assert!(sent_ms.abs_diff(ms) <= 20, "{sent_ms} for {ms}");
        world.got.insert(world.phones[b].slot, got);
        let left: Vec<char> =
            world.audio(b).chunks(320).filter_map(|piece| goertzel::dtmf_digit(piece, 8_000)).collect();
        assert!(left.len() <= 1, "of {ms} ms so much is left in the voice: {left:?}");
    }
}

#[test]
fn tones_end_a_play_and_are_relayed_untouched_to_who_takes_no_events() {
    let (mut world, a, b) = World::bridge(PCMA, PCMA);
    without_events(&mut world, a);
    without_events(&mut world, b);
    press_tone(&mut world, a, '3', 100);
    assert_eq!(world.digits().len(), 1);
    let audio = world.audio(b);
    let keys = audio.chunks(160).filter(|piece| goertzel::dtmf_digit(piece, 8_000) == Some('3')).count();
    assert_eq!(keys, 5, "100 ms");
    let leg = world.leg(a);
    let tone = Tone { frequencies_hz: [500, 0], level_dbm0: -10, cadence_ms: vec![], duration_ms: 0 };
    let play = Play { id: PlayId(1), items: vec![Audio::Tone(tone)], repeat: false, interrupt: "3".into() };
    world.handle(Command::Play { leg, play });
    press_tone(&mut world, a, '3', 60);
    let ended = |event: &Event| matches!(event, Event::Played { end: PlayEnd::Interrupted('3'), .. });
    assert!(world.events.iter().any(|(_, event)| ended(event)));
}

/// Packets of events, and pieces of 40 ms with a key's tone, that have come to a phone.
fn keys_heard(world: &mut World, phone: usize) -> (usize, usize) {
    let got = world.take_rtp(phone);
    let events = got.iter().filter(|got| got.rtp().header.payload_type == 101).count();
    world.got.insert(world.phones[phone].slot, got);
    let audio = world.audio(phone);
    (events, audio.chunks(320).filter(|piece| goertzel::dtmf_digit(piece, 8_000).is_some()).count())
}

#[test]
fn a_key_that_is_withheld_is_told_and_heard_by_nobody() {
    // Events or tones, to who takes events or tones.
    for (from, to) in [(true, true), (true, false), (false, true), (false, false)] {
        let (mut world, a, b) = World::bridge(PCMA, PCMA);
        if !from {
            without_events(&mut world, a);
        }
        if !to {
            without_events(&mut world, b);
        }
        for withheld in [true, false] {
            let leg = world.leg(a);
            world.handle(Command::WithholdDigits { leg, withheld });
            keys_heard(&mut world, b);
            if from {
                world.press(a, 5);
                world.run_ms(500);
            } else {
                press_tone(&mut world, a, '5', 200);
            }
            let (events, tones) = keys_heard(&mut world, b);
            if withheld {
                assert!(events == 0 && tones <= 1, "{from} {to}: {events} {tones}");
            } else {
                assert!(events > 2 || tones > 1, "{from} {to}: {events} {tones}");
            }
        }
        assert_eq!(world.digits().len(), 2, "{from} {to}");
    }
}

#[test]
fn a_key_that_is_down_when_keys_begin_to_be_withheld_is_heard_once_and_whole() {
    // Events or tones, to who takes events or tones.
    for (from, to) in [(true, true), (true, false), (false, true), (false, false)] {
        let (mut world, a, b) = World::bridge(PCMA, PCMA);
        if !from {
            without_events(&mut world, a);
        }
        if !to {
            without_events(&mut world, b);
        }
        let leg = world.leg(a);
        let tone = cordboard_media::dtmf::tone('5', 0).unwrap();
        let mut tone = cordboard_media::tone::generate(&tone, 8_000, 1_600);
        tone.resize(1_600 + 4_800, 0);
        for n in 0..40u16 {
            if n == 5 {
                world.handle(Command::WithholdDigits { leg, withheld: true });
            }
            match (from, n) {
                (true, 0..=9) => world.event_packet(a, 5, (n + 1) * 160, false),
                (true, 10..=12) => world.event_packet(a, 5, 1_600, true),
                (true, _) => {}
                (false, n) => world.speak(a, &tone[usize::from(n) * 160..][..160]),
            }
            world.run_ms(20);
        }
        world.run_ms(500);
        let told: Vec<_> =
            world.events.iter().filter(|(_, event)| matches!(event, Event::Digit { .. })).collect();
        assert!(
            matches!(
                told[..],
                [(_, Event::Digit { digit: '5', duration_ms: 180..=220, is_passed_on: true, .. })]
            ),
            "{from} {to}: {told:?}"
        );
        let got = world.take_rtp(b);
        let events: Vec<_> = got
            .iter()
            .filter(|got| got.rtp().header.payload_type == 101)
            .map(|got| {
                (got.rtp().header.timestamp, cordboard_media::EventPayload::parse(got.rtp().payload).unwrap())
            })
            .collect();
        world.got.insert(world.phones[b].slot, got);
        let audio = world.audio(b);
        let keys = audio.chunks(160).filter(|piece| goertzel::dtmf_digit(piece, 8_000) == Some('5')).count();
        if to {
            let (first, (_, last)) = (events[0].0, events.last().unwrap());
            assert!(events.iter().all(|(timestamp, _)| *timestamp == first), "{from}: {events:?}");
            assert!(last.end && (1_440..=1_760).contains(&last.duration), "{from}: {last:?}");
            assert!(keys <= 2, "{from}: {keys} pieces of the tone are left");
        } else {
            assert!(events.is_empty() && (9..=11).contains(&keys), "{from}: {keys} times 20 ms");
        }
        // The next one is withheld.
        if from {
            world.phones[a].timestamp += 8_000;
            world.press(a, 7);
            world.run_ms(500);
        } else {
            press_tone(&mut world, a, '7', 200);
        }
        let (events, tones) = keys_heard(&mut world, b);
        assert!(events == 0 && tones <= 1, "{from} {to}: {events} {tones}");
    }
}
