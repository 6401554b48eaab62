//! A phone whose clock is not ours.

use super::*;

/// Two hours with a phone whose clock is off by `ppm`, and some jitter: the delay, and the largest jump.
fn two_hours(ppm: i64) -> (u32, u32, i32, PlayoutFigures) {
    let tone: Vec<u8> = {
        let mut payload = Vec::new();
        // 400 Hz: whole periods in a packet, so that every packet may be the same.
        let samples: Vec<i16> = (0..160)
            .map(|n| level::to_i16((f64::from(n) * core::f64::consts::TAU / 20.0).sin() * 8_000.0))
            .collect();
        PCMU.encoder("", 8_000).unwrap().encode(&samples, &mut payload);
        payload
    };
    let mut playout = Playout::new(8_000, PlayoutConfig::default());
    let (mut formats, mut dice) = (Formats::default(), Dice(5));
    let (mut out, mut last, mut jump) = (Vec::new(), 0, 0);
    let (mut least, mut most) = (u32::MAX, 0);
    let mut sequence = 0u64;
    let mut arrives_us = BEGIN_US;
    for tick in 0..7_200 * 50u64 {
        let now_us = BEGIN_US + 12_000 + tick * 20_000;
        while arrives_us <= now_us {
            let content = Content::Audio { format: ULAW };
            let timestamp = sequence as u32 * 160;
            let arrived = Arrived {
                sequence,
                timestamp,
                marker: sequence == 0,
                clock_hz: 8_000,
                content,
                payload: &tone,
            };
            playout.push(Time::from_micros(arrives_us), arrived);
            sequence += 1;
            // Sent when the phone's clock has gone on by 20 ms.
            let sent_us = sequence as i64 * 20_000 * 1_000_000 / (1_000_000 + ppm);
            arrives_us = BEGIN_US + sent_us as u64 + dice.roll(5_000);
        }
        out.clear();
        playout.pull(Time::from_micros(now_us), 20, &mut formats, &mut out);
        if tick > 10 {
            for &sample in &out {
                jump = jump.max((i32::from(sample) - last).abs());
                last = i32::from(sample);
            }
            let delay_ms = playout.figures(Time::from_micros(now_us)).delay_ms;
            (least, most) = (least.min(delay_ms), most.max(delay_ms));
        } else {
            last = out.last().copied().map_or(0, i32::from);
        }
    }
    (least, most, jump, playout.figures(Time::from_micros(BEGIN_US + 7_200_000_000)))
}

/// The tone's own largest step is 8000 · 2 sin(π/20) = 2503, and µ-law's error.
const TONE_JUMP: i32 = 2_503 * 11 / 10;

#[test]
fn in_two_hours_with_a_phone_that_is_200_ppm_fast_the_delay_stays() {
    let (least, most, jump, figures) = two_hours(200);
    println!("{least}–{most} ms, jump {jump}, {figures:?}");
    assert!(most - least <= 20, "{least}–{most} ms, {figures:?}");
    assert!(jump <= TONE_JUMP && (198..=202).contains(&figures.drift_ppm), "{jump} {figures:?}");
    assert!(figures.concealed_ms <= 100 && figures.discarded == 0, "{figures:?}");
}

#[test]
fn in_two_hours_with_a_phone_that_is_200_ppm_slow_the_delay_stays() {
    let (least, most, jump, figures) = two_hours(-200);
    println!("{least}–{most} ms, jump {jump}, {figures:?}");
    assert!(most - least <= 20, "{least}–{most} ms, {figures:?}");
    assert!(jump <= TONE_JUMP && (-202..=-198).contains(&figures.drift_ppm), "{jump} {figures:?}");
    assert!(figures.concealed_ms <= 100 && figures.discarded == 0, "{figures:?}");
}
