//! A long call between clocks that do not agree.
#![allow(dead_code, reason = "the benchmark uses a part of it")]

use super::measure::{compare, largest_jump, resampled, speech_16k};
use super::world::{Manner, START, World, calm};
use cordboard_base::Time;
use cordboard_media::codec::{L16_16000, PCMU};
use core::time::Duration;

/// How a long call went.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    /// From the mouth to the ear in the first minute and in the last, in ms.
    pub(crate) delay_ms: (f64, f64),
    /// The least and the most of all minutes.
    pub(crate) delay_range_ms: (f64, f64),
    /// The largest step between two samples that was heard, and the largest that was said.
    pub(crate) jump: (i32, i32),
}

/// A phone whose clock is `ppm` fast talks for so many minutes to another, in another codec.
pub(crate) fn call(minutes: u64, ppm: i64) -> Call {
    let mut world = World::new();
    let (a, b) = (world.phone(&PCMU, Manner::of(&PCMU)), world.phone(&L16_16000, Manner::of(&L16_16000)));
    world.bridge(a, b);
    let speech = resampled(&speech_16k(), 16_000, 8_000);
    // A minute: speech, and a tone whose steps are known.
    let tone: Vec<i16> = (0..480_000 - speech.len())
        .map(|n| ((n as f64 * core::f64::consts::TAU * 300.0 / 8_000.0).sin() * 6_000.0) as i16)
        .collect();
    let mut delays = Vec::new();
    let mut heard_jump = 0;
    for minute in 0..minutes {
        let minute_us = 60_000_000i64 * (1_000_000 - ppm) / 1_000_000;
        let begin = START + Duration::from_micros(minute * u64::try_from(minute_us).unwrap());
        world.phones[a].got.clear();
        world.phones[b].got.clear();
        world.phones[a].ppm = ppm;
        world.say(a, begin, &[speech.as_slice(), &tone].concat(), &calm);
        let end: Time = begin + Duration::from_micros(u64::try_from(minute_us).unwrap());
        world.run_until(end);
        let ear = resampled(&world.ear(b, begin), 16_000, 8_000);
        let likeness = compare(&speech, &ear, 1_600);
        // While the clocks' difference is being found out the speech moves within its second.
        assert!(likeness.snr_db > 4.0, "minute {minute}: {likeness:?}");
        delays.push(likeness.lag / 8.0);
        // Where the tone is: the speech has larger steps of its own.
        let from = speech.len() + 1_600;
        heard_jump = heard_jump.max(largest_jump(&ear[from..ear.len() - 800]));
    }
    let range = delays.iter().fold((f64::MAX, f64::MIN), |(a, b), &d| (a.min(d), b.max(d)));
    Call {
        delay_ms: (delays[0], delays[delays.len() - 1]),
        delay_range_ms: range,
        jump: (heard_jump, largest_jump(&tone)),
    }
}

/// What is wrong with it.
pub(crate) fn faults(call: &Call) -> Option<String> {
    let keeps_delay = (call.delay_ms.0 - call.delay_ms.1).abs() < 20.0
        && call.delay_range_ms.1 - call.delay_range_ms.0 < 20.0;
    // µ-law's own steps are a few percent.
    let is_smooth = call.jump.0 <= call.jump.1 * 5 / 4;
    (!keeps_delay || !is_smooth).then(|| format!("{call:?}"))
}

#[test]
fn a_fast_and_a_slow_clock_neither_grow_the_delay_nor_click() {
    for ppm in [200, -200] {
        let call = call(3, ppm);
        println!("{ppm} ppm: {call:?}");
        assert_eq!(faults(&call), None);
    }
}
