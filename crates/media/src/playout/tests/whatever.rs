//! Whatever comes: what is kept, what is dropped, and any packets in any order.

use super::*;

#[test]
fn kept_and_restored_it_goes_on_the_same() {
    let (mut dice, mut sent) = (Dice(11), stream(SPEECH, 20));
    sent.iter_mut().for_each(|packet| packet.arrives_us += dice.roll(60_000));
    sent.retain(|_| dice.roll(100) >= 10);
    sent.sort_by_key(|packet| packet.arrives_us);
    let mut playout = Playout::new(8_000, PlayoutConfig::default());
    let (mut formats, mut coming) = (Formats::default(), sent.iter().peekable());
    for tick in 0..200 {
        let now_us = BEGIN_US + tick * 20_000;
        let text = serde_json::to_string(&playout).unwrap();
        let mut restored: Playout = serde_json::from_str(&text).unwrap();
        assert_eq!(restored, playout);
        while let Some(packet) = coming.next_if(|packet| packet.arrives_us <= now_us) {
            playout.push(Time::from_micros(packet.arrives_us), arrived(packet));
            restored.push(Time::from_micros(packet.arrives_us), arrived(packet));
        }
        let (mut out, mut again) = (vec![], vec![]);
        let now = Time::from_micros(now_us);
        assert_eq!(
            playout.pull(now, 20, &mut formats, &mut out),
            restored.pull(now, 20, &mut formats, &mut again)
        );
        assert_eq!((&out, &playout), (&again, &restored));
    }
}

#[test]
fn what_can_not_be_kept_is_dropped_and_counted() {
    let mut playout = Playout::new(8_000, PlayoutConfig::default());
    let mut packet = stream(&SPEECH[..160], 20).remove(0);
    for n in 0..PACKETS_MAX as u64 + 1 {
        packet.sequence = 100 + n;
        playout.push(Time::from_secs(1), arrived(&packet));
        assert_eq!(playout.figures(Time::from_secs(1)).discarded, u64::from(n == PACKETS_MAX as u64));
    }
    packet.sequence = 1_000;
    packet.payload = vec![0; PAYLOAD_MAX + 1];
    playout.push(Time::from_secs(1), arrived(&packet));
    assert_eq!(playout.figures(Time::from_secs(1)).discarded, 2);
}

fn any_step() -> impl Strategy<Value = (u32, Option<Sent>, u16)> {
    let content = prop_oneof![
        4 => (0u8..3).prop_map(|format| Content::Audio { format }),
        1 => Just(Content::ComfortNoise),
        1 => Just(Content::Event),
    ];
    let number = prop_oneof![20 => 0u64..200, 1 => any::<u64>()];
    let timestamp = prop_oneof![10 => 0u32..40_000, 1 => any::<u32>()];
    let clock = prop_oneof![10 => Just(8_000u32), 1 => any::<u32>()];
    let payload = proptest::collection::vec(any::<u8>(), 0..400);
    let sent = (number, timestamp, any::<bool>(), clock, content, payload).prop_map(
        |(sequence, timestamp, marker, clock_hz, content, payload)| Sent {
            arrives_us: 0,
            sequence,
            timestamp,
            marker,
            clock_hz,
            content,
            payload,
        },
    );
    let later = prop_oneof![20 => 0u32..50_000, 1 => any::<u32>()];
    (later, proptest::option::weighted(0.8, sent), 0u16..100)
}

proptest! {
    #[test]
    fn whatever_comes_a_pull_gives_what_was_asked_and_memory_is_bounded(
        steps in proptest::collection::vec(any_step(), 0..200),
        rate_hz in prop_oneof![Just(8_000u32), any::<u32>()],
        config in (any::<u16>(), any::<u16>(), any::<u16>()),
    ) {
        let config = PlayoutConfig { delay_min_ms: config.0, delay_max_ms: config.1, delay_start_ms: config.2 };
        let mut playout = Playout::new(rate_hz, config);
        let (mut formats, mut now_us, mut out) = (Formats::default(), 0, vec![]);
        for (later_us, sent, ms) in steps {
            now_us += u64::from(later_us);
            let now = Time::from_micros(now_us);
            if let Some(sent) = &sent {
                playout.push(now, arrived(sent));
            }
            if ms < 70 {
                out.clear();
                let pulled = playout.pull(now, ms, &mut formats, &mut out);
                prop_assert_eq!(out.len() as u32, pulled.rate_hz * u32::from(ms.clamp(1, 60)) / 1_000);
            } else if ms == 99 {
                playout.reset();
            }
            prop_assert!(playout.buffer.len() <= PACKETS_MAX);
            prop_assert!(playout.ahead.len() <= 48 * 400, "{}", playout.ahead.len());
        }
    }
}
