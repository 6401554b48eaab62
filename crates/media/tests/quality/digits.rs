//! Digits from every form to every other: telephone events of three clocks, and tones.

use super::world::{EVENTS, Manner, START, World, calm, lasting};
use cordboard_base::Time;
use cordboard_media::codec::{Codec, G722, L16_16000, L16_48000, PCMA, PCMU};
use cordboard_media::{
    Command, EventPayload, MixId, MixInput, MixSettings, RecordSettings, RecordSides, RecordingId,
    RecordingOf, Source, dtmf, goertzel, tone,
};
use core::time::Duration;

const ROOM: MixId = MixId(3);

/// How a phone says keys.
#[derive(Clone, Copy, Debug)]
struct Form {
    codec: &'static dyn Codec,
    event_clock_hz: Option<u32>,
}

const fn form(codec: &'static dyn Codec, event_clock_hz: Option<u32>) -> Form {
    Form { codec, event_clock_hz }
}

static FORMS: [Form; 6] = [
    form(&PCMA, Some(8_000)),
    form(&L16_16000, Some(16_000)),
    form(&L16_48000, Some(48_000)),
    form(&PCMU, None),
    form(&L16_16000, None),
    form(&G722, None),
];

/// A phone waits, presses a key for so long, and waits again.
fn press(world: &mut World, phone: usize, form: Form, digit: char, ms: u32) {
    let rate_hz = form.codec.sample_rate_hz();
    let quiet = |ms: u32| vec![0; (rate_hz / 1_000 * ms) as usize];
    world.say(phone, START, &quiet(400), &calm);
    let at = START + Duration::from_millis(400);
    if let Some(clock_hz) = form.event_clock_hz {
        world.press(phone, at, dtmf::code(digit).unwrap(), ms, clock_hz);
        let after = at + Duration::from_millis(u64::from(ms.div_ceil(20) * 20));
        world.say(phone, after, &quiet(600), &calm);
    } else {
        let key = tone::generate(&dtmf::tone(digit, 0).unwrap(), rate_hz, (rate_hz / 1_000 * ms) as usize);
        world.say(phone, at, &[key, quiet(600)].concat(), &calm);
    }
    world.run_until(START + Duration::from_millis(2_000));
}

/// The tones in a sound: each with its length in ms.
fn tones(samples: &[i16], rate_hz: u32) -> Vec<(char, u32)> {
    let (window, step) = (rate_hz as usize / 50, rate_hz as usize / 200);
    let mut found: Vec<(char, u32)> = Vec::new();
    let mut before = None;
    for at in (0..samples.len().saturating_sub(window)).step_by(step) {
        let digit = goertzel::dtmf_digit(&samples[at..at + window], rate_hz);
        match (digit, before) {
            (Some(digit), Some(same)) if digit == same => found.last_mut().unwrap().1 += 5,
            (Some(digit), _) => found.push((digit, 5)),
            (None, _) => {}
        }
        before = digit;
    }
    found
}

/// The digits that a phone was sent as events.
fn events(world: &World, phone: usize, clock_hz: u32) -> Vec<(u8, u32)> {
    let mut found: Vec<(u32, u8, u32)> = Vec::new();
    for got in world.phones[phone].got.iter().filter(|got| got.payload_type == EVENTS) {
        let event = EventPayload::parse(&got.payload).unwrap();
        let ms = u32::from(event.duration) * 1_000 / clock_hz;
        match found.last_mut() {
            Some(last) if (last.0, last.1) == (got.timestamp, event.code) => last.2 = ms,
            _ => found.push((got.timestamp, event.code, ms)),
        }
    }
    found.into_iter().map(|(_, code, ms)| (code, ms)).collect()
}

fn room_and_recording(world: &mut World, a: usize) -> usize {
    let guest = world.phone(&PCMU, Manner::of(&PCMU));
    world.handle(Command::Mix { mix: ROOM, settings: MixSettings::default() });
    let leg = world.leg(a);
    world.handle(Command::SayInto { mix: ROOM, leg, input: Some(MixInput::default()) });
    world.hear(guest, Source::Mix(ROOM));
    let id = RecordingId { of: RecordingOf::Leg(leg), number: 1 };
    world.handle(Command::Record { id, settings: RecordSettings::new("r", RecordSides::Stereo) });
    guest
}

#[test]
fn a_digit_crosses_every_pair_of_forms_once_with_its_length_and_leaves_no_beep() {
    let mut faults = Vec::new();
    for (from, to) in FORMS.iter().flat_map(|from| FORMS.iter().map(move |to| (from, to))) {
        for ms in [40, 50, 60, 100, 250, 500] {
            let mut world = World::new();
            let phone = |world: &mut World, form: &Form| {
                let manner = Manner { ptime_ms: 20, event_clock_hz: form.event_clock_hz };
                world.phone(form.codec, manner)
            };
            let (a, b) = (phone(&mut world, from), phone(&mut world, to));
            world.bridge(a, b);
            let guest = room_and_recording(&mut world, a);
            press(&mut world, a, *from, '7', ms);
            let what = format!("{from:?} → {to:?}, {ms} ms");
            let is_one = |found: &[(char, u32)]| matches!(found, [('7', heard)] if heard.abs_diff(ms) <= 20);
            let told: Vec<_> = world.digits().iter().map(|d| (d.0, u32::from(d.1))).collect();
            if !is_one(&told) {
                faults.push(format!("{what}: told {told:?}"));
            }
            let heard = match to.event_clock_hz {
                Some(clock_hz) => {
                    let events = events(&world, b, clock_hz);
                    events.iter().map(|(code, ms)| (dtmf::digit(*code).unwrap_or('?'), *ms)).collect()
                }
                None => tones(&world.ear(b, START), to.codec.sample_rate_hz()),
            };
            if !is_one(&heard) {
                faults.push(format!("{what}: passed on as {heard:?}"));
            }
            let leaks = tones(&world.ear(guest, START), 8_000);
            let rate_hz = world.recorded.rate_hz;
            let side = |n: usize| -> Vec<i16> {
                world.recorded.samples.iter().skip(n).step_by(2).copied().collect()
            };
            let recorded = [tones(&side(0), rate_hz), tones(&side(1), rate_hz)].concat();
            let in_voice = match to.event_clock_hz {
                Some(_) => tones(&world.ear(b, START), to.codec.sample_rate_hz()),
                None => vec![],
            };
            if !leaks.is_empty() || !recorded.is_empty() || !in_voice.is_empty() {
                faults.push(format!(
                    "{what}: left in the mix {leaks:?}, recorded {recorded:?}, in the voice {in_voice:?}"
                ));
            }
            assert!(!world.recorded.samples.is_empty() && !world.phones[guest].got.is_empty(), "{what}");
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn speech_of_a_phone_without_events_is_whole() {
    let mut world = World::new();
    let (a, b) = (
        world.phone(&PCMU, Manner { ptime_ms: 20, event_clock_hz: None }),
        world.phone(&L16_16000, Manner::of(&L16_16000)),
    );
    world.bridge(a, b);
    let speech = super::measure::resampled(&super::measure::speech_16k(), 16_000, 8_000);
    world.say(a, START, &speech, &calm);
    let end: Time = START + lasting(speech.len() as u64, 8_000);
    world.run_until(end + Duration::from_millis(500));
    assert_eq!(world.digits(), []);
    let heard = super::measure::resampled(&world.ear(b, START), 16_000, 8_000);
    let likeness = super::measure::compare(&speech, &heard, 1_200);
    assert!(likeness.snr_db > 30.0, "{likeness:?}");
}
