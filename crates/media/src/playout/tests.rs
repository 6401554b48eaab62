//! Streams over networks that lose, delay, double and reorder, in virtual time.

use super::*;
use crate::codec::{Codec, L16_16000, PCMU};
use crate::level;
use proptest::prelude::*;

const SPEECH: &[u8] = include_bytes!("../../tests/vectors/speech-8k.ulaw");

/// Receive formats of the tests: µ-law, 16 kHz linear, and one that can't be decoded.
const ULAW: u8 = 0;
const WIDE: u8 = 1;

struct Formats(Vec<Box<dyn Decoder>>);

impl Default for Formats {
    fn default() -> Self {
        Self(vec![PCMU.decoder("", 8_000).unwrap(), L16_16000.decoder("", 16_000).unwrap()])
    }
}

impl Decoders for Formats {
    fn decoder(&mut self, format: u8) -> Option<Decoding<'_>> {
        let rate_hz = if format == ULAW { 8_000 } else { 16_000 };
        let decoder = self.0.get_mut(usize::from(format))?.as_mut();
        Some(Decoding { decoder, rate_hz })
    }
}

/// A packet on its way.
#[derive(Clone, Debug)]
struct Sent {
    arrives_us: u64,
    sequence: u64,
    timestamp: u32,
    marker: bool,
    clock_hz: u32,
    content: Content,
    payload: Vec<u8>,
}

/// When the first packet of the tests is sent.
const BEGIN_US: u64 = 1_000_000;

/// Audio in packets of `ms`, without any delay.
fn stream(bytes: &[u8], ms: usize) -> Vec<Sent> {
    let packet = |(n, payload): (usize, &[u8])| Sent {
        arrives_us: BEGIN_US + (n * ms * 1_000) as u64,
        sequence: 65_536 + n as u64,
        timestamp: (u32::MAX - 1_000).wrapping_add((n * ms * 8) as u32),
        marker: n == 0,
        clock_hz: 8_000,
        content: Content::Audio { format: ULAW },
        payload: payload.to_vec(),
    };
    bytes.chunks(ms * 8).enumerate().map(packet).collect()
}

fn decoded(bytes: &[u8]) -> Vec<i16> {
    let mut samples = Vec::new();
    PCMU.decoder("", 8_000).unwrap().decode(bytes, &mut samples).unwrap();
    samples
}

/// A repeatable choice of 0 to `below`.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

/// What came out of a whole stream.
struct Played {
    playout: Playout,
    samples: Vec<i16>,
    heard: Vec<Heard>,
    delays_ms: Vec<u32>,
    end: Time,
}

/// Plays it, pulling every `ms` from a little after [`BEGIN_US`] until `tail_ms` after the last packet.
fn play(mut sent: Vec<Sent>, ms: u16, tail_ms: u64) -> Played {
    sent.sort_by_key(|packet| packet.arrives_us);
    let until_us = sent.last().map_or(BEGIN_US, |packet| packet.arrives_us) + tail_ms * 1_000;
    let mut played = Played {
        playout: Playout::new(8_000, PlayoutConfig::default()),
        samples: vec![],
        heard: vec![],
        delays_ms: vec![],
        end: Time::ZERO,
    };
    let mut formats = Formats::default();
    let mut coming = sent.iter().peekable();
    let mut now_us = BEGIN_US + 3_000;
    while now_us < until_us {
        while let Some(packet) = coming.next_if(|packet| packet.arrives_us <= now_us) {
            played.playout.push(Time::from_micros(packet.arrives_us), arrived(packet));
        }
        let before = played.samples.len();
        let now = Time::from_micros(now_us);
        let pulled = played.playout.pull(now, ms, &mut formats, &mut played.samples);
        assert_eq!(played.samples.len() - before, usize::from(ms) * pulled.rate_hz as usize / 1_000);
        played.heard.push(pulled.heard);
        played.delays_ms.push(played.playout.figures(now).delay_ms);
        played.end = now;
        now_us += u64::from(ms) * 1_000;
    }
    played
}

fn arrived(packet: &Sent) -> Arrived<'_> {
    let &Sent { sequence, timestamp, marker, clock_hz, content, ref payload, .. } = packet;
    Arrived { sequence, timestamp, marker, clock_hz, content, payload }
}

impl Played {
    fn figures(&self) -> PlayoutFigures {
        self.playout.figures(self.end)
    }

    fn is_anywhere(&self, part: &[i16]) -> bool {
        self.samples.windows(part.len()).any(|window| window == part)
    }
}

fn largest_jump(samples: &[i16]) -> i32 {
    samples.windows(2).map(|w| (i32::from(w[1]) - i32::from(w[0])).abs()).max().unwrap_or(0)
}

/// The segmental signal-to-noise ratio of what was played against the clean decode: for each 20 ms of the clean signal that is
/// louder than −45 dBov, the best ratio at any delay up to 300 ms, between −5 and 35 dB. Their mean over all such segments, and
/// over those that were lost.
fn segmental_snr(clean: &[i16], played: &[i16], kept: &[bool]) -> (f64, f64) {
    let (mut all, mut lost) = (Vec::new(), Vec::new());
    for ((n, segment), &kept) in clean.chunks_exact(160).enumerate().zip(kept) {
        if level::dbov(segment) < -45.0 {
            continue;
        }
        let energy: i64 = segment.iter().map(|&s| i64::from(s) * i64::from(s)).sum();
        let error = |at: usize| -> Option<i64> {
            let window = played.get(at..at + 160)?;
            Some(segment.iter().zip(window).map(|(&a, &b)| (i64::from(a) - i64::from(b)).pow(2)).sum())
        };
        let Some(least) = (n * 160..n * 160 + 2_400).filter_map(error).min() else { continue };
        let ratio = (10.0 * (energy as f64 / (least as f64).max(1.0)).log10()).clamp(-5.0, 35.0);
        all.push(ratio);
        if !kept {
            lost.push(ratio);
        }
    }
    let mean = |ratios: &[f64]| ratios.iter().sum::<f64>() / ratios.len().max(1) as f64;
    (mean(&all), mean(&lost))
}

#[test]
fn an_undisturbed_stream_comes_out_as_it_was_said_at_every_packet_length() {
    let clean = decoded(SPEECH);
    let whole = &SPEECH[..64 * 480];
    for (packet_ms, pull_ms) in [(20, 20), (10, 20), (30, 20), (60, 20), (20, 10), (60, 10), (40, 20)] {
        let played = play(stream(whole, packet_ms), pull_ms, 400);
        assert!(played.is_anywhere(&clean[160..whole.len() - 480]), "{packet_ms} ms pulled by {pull_ms}");
        let figures = played.figures();
        assert_eq!((figures.lost, figures.discarded, figures.shortened), (0, 0, 0));
        // Packets of 30 ms pulled by 20 are needed 10 ms earlier every other time.
        assert!(figures.lengthened <= u64::from(packet_ms % usize::from(pull_ms) != 0), "{figures:?}");
        assert!(figures.delay_max_ms <= 32, "{figures:?}");
    }
}

#[test]
fn the_first_sound_is_kept_and_comes_early() {
    let clean = decoded(SPEECH);
    let played = play(stream(SPEECH, 20), 20, 100);
    let at = played.samples.iter().position(|&sample| sample != 0).unwrap();
    let begins = clean.iter().position(|&sample| sample != 0).unwrap();
    assert!(at < begins + 30 * 8, "{at} {begins}");
    assert!(played.is_anywhere(&clean[16..1_600]), "all but the first 2 ms, which are faded in");
}

#[test]
fn reordered_and_doubled_packets_are_heard_as_they_were_sent() {
    let mut sent = stream(SPEECH, 20);
    let mut dice = Dice(1);
    for n in 0..sent.len() {
        sent[n].arrives_us += dice.roll(8_000);
        if n % 3 == 0 && n > 30 {
            sent[n].arrives_us += 24_000; // after the next one
        }
        if n % 4 == 0 {
            let mut again = sent[n].clone();
            again.arrives_us += 5_000 + dice.roll(3) * 100_000;
            sent.push(again);
        }
    }
    let played = play(sent, 20, 400);
    let clean = decoded(SPEECH);
    assert!(played.is_anywhere(&clean[20_000..30_000]), "once the delay is known");
    let figures = played.figures();
    assert!(figures.lost <= 2 && figures.duplicates + figures.lost >= 49, "{figures:?}");
    assert!(figures.delay_max_ms < 70, "copies that come late raise no delay: {figures:?}");
}

#[test]
fn five_percent_loss_and_60_ms_of_jitter_leave_good_speech() {
    let clean = decoded(SPEECH);
    let (mut dice, mut sent) = (Dice(7), stream(SPEECH, 20));
    sent.iter_mut().for_each(|packet| packet.arrives_us += dice.roll(60_000));
    let kept: Vec<bool> = sent.iter().map(|_| dice.roll(100) >= 5).collect();
    let mut keep = kept.iter();
    sent.retain(|_| *keep.next().unwrap());
    let lost = kept.iter().filter(|kept| !**kept).count();
    let played = play(sent, 20, 500);
    let figures = played.figures();
    let (all_db, lost_db) = segmental_snr(&clean, &played.samples, &kept);
    println!("{lost} of {} lost: {all_db:.2} dB, of the lost {lost_db:.2} dB; {figures:?}", kept.len());
    let losses = played.playout.losses();
    assert_eq!((losses.lost, losses.received), (figures.lost, (kept.len() - lost) as u64));
    // Silence in place of the lost packets would be 0 dB.
    assert!(all_db > 30.0 && lost_db > 3.0, "{all_db} {lost_db}");
    let (jump, bound) = (largest_jump(&played.samples), largest_jump(&clean) * 5 / 4);
    assert!(jump <= bound, "{jump} > {bound}");
    assert!(figures.lost as usize >= lost && figures.lost as usize <= lost + 12, "{lost} {figures:?}");
    assert!(figures.delay_max_ms <= 140, "{figures:?}");
}

#[test]
fn the_delay_grows_with_the_jitter_and_returns_to_normal() {
    let bytes = SPEECH.repeat(12);
    let (mut dice, mut sent) = (Dice(3), stream(&bytes, 20));
    let disturbed = 300..900;
    sent[disturbed.clone()].iter_mut().for_each(|packet| packet.arrives_us += dice.roll(80_000));
    let played = play(sent, 20, 400);
    let (before, within, after) =
        (played.delays_ms[280], played.delays_ms[880], *played.delays_ms.last().unwrap());
    assert!(before <= 35 && (60..=130).contains(&within) && after <= 50, "{before} {within} {after}");
    assert!(largest_jump(&played.samples) <= largest_jump(&decoded(SPEECH)) * 5 / 4);
    let figures = played.figures();
    assert!(figures.late <= 12 && figures.lengthened + figures.shortened > 5, "{figures:?}");
}

#[test]
fn after_a_hold_up_all_that_came_late_is_heard_and_the_delay_returns() {
    let bytes = SPEECH.repeat(8);
    let mut sent = stream(&bytes, 20);
    let free_us = sent[308].arrives_us;
    sent[300..308].iter_mut().for_each(|packet| packet.arrives_us = free_us);
    let played = play(sent, 20, 400);
    let figures = played.figures();
    assert_eq!((figures.lost, figures.late), (0, 0), "{figures:?}");
    assert!((120..=200).contains(&figures.delay_max_ms), "{figures:?}");
    assert!(*played.delays_ms.last().unwrap() <= 50, "{figures:?}");
}

#[test]
fn a_pause_is_no_loss_and_the_next_word_is_whole() {
    let mut sent = stream(SPEECH, 20);
    let second = sent.split_off(60);
    let pause_us = 730_000;
    for mut packet in second {
        packet.arrives_us += pause_us;
        packet.timestamp = packet.timestamp.wrapping_add(730 * 8);
        packet.marker = packet.sequence == 65_536 + 60;
        sent.push(packet);
    }
    let clean = decoded(SPEECH);
    let played = play(sent, 20, 300);
    let figures = played.figures();
    assert_eq!((figures.lost, figures.late, figures.discarded), (0, 0, 0));
    assert!(figures.concealed_ms <= 201, "what follows the last packet before a pause: {figures:?}");
    assert!(played.is_anywhere(&clean[60 * 160 + 16..clean.len() - 160]), "the first 2 ms are faded in");
    assert!(played.heard.iter().filter(|heard| **heard == Heard::Nothing).count() > 25);
    assert!(largest_jump(&played.samples) <= largest_jump(&clean));
}

#[test]
fn comfort_noise_fills_the_pause_at_its_level() {
    let mut sent = stream(&SPEECH[..8_000], 20);
    let last = sent.last().unwrap().clone();
    for n in 0..3 {
        sent.push(Sent {
            arrives_us: last.arrives_us + 20_000 + n * 400_000,
            sequence: last.sequence + 1 + n,
            timestamp: last.timestamp.wrapping_add(160 + n as u32 * 3_200),
            content: Content::ComfortNoise,
            payload: vec![50],
            ..last.clone()
        });
    }
    let played = play(sent, 20, 200);
    assert_eq!(played.figures().lost, 0);
    assert_eq!(played.heard.last(), Some(&Heard::ComfortNoise));
    let noise = &played.samples[played.samples.len() - 4_000..];
    assert!((level::dbov(noise) - 3.01 + 50.0).abs() < 1.5, "{}", level::dbov(noise));
}

#[test]
fn events_between_the_audio_are_no_losses_and_silent() {
    let mut sent = stream(SPEECH, 20);
    for packet in &mut sent[40..50] {
        packet.content = Content::Event;
        packet.payload = vec![5, 10, 0, 160];
    }
    let played = play(sent, 20, 300);
    let figures = played.figures();
    assert_eq!((figures.lost, figures.discarded), (0, 0), "{figures:?}");
    assert!(figures.concealed_ms <= 101, "nothing but what follows the end: {figures:?}");
    let clean = decoded(SPEECH);
    assert!(played.is_anywhere(&clean[50 * 160 + 16..clean.len() - 160]));
    assert!(largest_jump(&played.samples) <= largest_jump(&clean));
}

#[test]
fn timestamps_that_jump_and_numbers_that_start_again_are_followed() {
    let mut sent = stream(SPEECH, 20);
    for packet in &mut sent[60..] {
        packet.timestamp = packet
            .timestamp
            .wrapping_mul(3)
            .wrapping_add(1 << 30)
            .wrapping_sub(packet.timestamp.wrapping_mul(2));
    }
    for packet in &mut sent[120..] {
        packet.sequence -= 60_000;
    }
    let played = play(sent, 20, 300);
    let clean = decoded(SPEECH);
    assert!(played.is_anywhere(&clean[62 * 160..118 * 160]));
    assert!(played.is_anywhere(&clean[122 * 160..clean.len() - 160]));
    assert!(largest_jump(&played.samples) <= largest_jump(&clean) * 5 / 4);
}

#[test]
fn another_format_in_the_middle_is_followed_at_its_rate() {
    let mut sent = stream(SPEECH, 20);
    let wide: Vec<u8> =
        decoded(SPEECH).iter().flat_map(|sample| [sample.to_be_bytes(); 2].concat()).collect();
    for (packet, payload) in sent.iter_mut().zip(wide.chunks(640)).skip(60) {
        packet.content = Content::Audio { format: WIDE };
        packet.payload = payload.to_vec();
    }
    let mut playout = Playout::new(8_000, PlayoutConfig::default());
    let (mut formats, mut rates, mut out) = (Formats::default(), vec![], vec![]);
    for packet in &sent {
        playout.push(Time::from_micros(packet.arrives_us), arrived(packet));
        let pulled = playout.pull(Time::from_micros(packet.arrives_us + 3_000), 20, &mut formats, &mut out);
        rates.push(pulled.rate_hz);
    }
    rates.dedup();
    assert_eq!(rates, [8_000, 16_000]);
    assert!(playout.figures(Time::from_secs(5)).lost <= 1);
    assert!(largest_jump(&out) <= largest_jump(&decoded(SPEECH)) * 5 / 4);
}

#[test]
fn a_format_that_can_not_be_decoded_is_concealed() {
    let mut sent = stream(SPEECH, 20);
    sent[50].content = Content::Audio { format: 9 };
    let played = play(sent, 20, 300);
    assert_eq!((played.figures().discarded, played.figures().concealed_ms >= 20), (1, true));
}

/// A decoder with an opinion on everything.
#[derive(Debug)]
struct Outspoken;

impl Decoder for Outspoken {
    fn decode(&mut self, _: &[u8], samples: &mut Vec<i16>) -> Result<(), crate::codec::BadPayload> {
        samples.extend([1_000; 160]);
        Ok(())
    }

    fn conceal(&mut self, count: usize, samples: &mut Vec<i16>) -> bool {
        samples.resize(samples.len() + count, 2_000);
        true
    }

    fn recover(&mut self, next: &[u8], count: usize, samples: &mut Vec<i16>) -> bool {
        samples.resize(samples.len() + count, i16::from(next[0]) * 100);
        true
    }
}

#[test]
fn a_lost_packet_is_recovered_from_the_next_and_others_are_left_to_the_decoder() {
    let mut sent = stream(&SPEECH[..160 * 60], 20);
    sent[21].payload = vec![30];
    sent.retain(|packet| ![20, 30, 31].contains(&(packet.sequence - 65_536)));
    let mut playout = Playout::new(8_000, PlayoutConfig::default());
    let mut formats = Formats(vec![Box::new(Outspoken)]);
    let (mut coming, mut out) = (sent.iter().peekable(), vec![]);
    for tick in 0..62 {
        let now_us = BEGIN_US + 15_000 + tick * 20_000;
        while let Some(packet) = coming.next_if(|packet| packet.arrives_us <= now_us + 40_000) {
            playout.push(Time::from_micros(packet.arrives_us.min(now_us)), arrived(packet));
        }
        playout.pull(Time::from_micros(now_us), 20, &mut formats, &mut out);
    }
    let runs = |value: i16| out.iter().filter(|&&sample| sample == value).count();
    assert_eq!(runs(3_000), 160, "from the next packet's 30");
    assert!(runs(2_000) >= 160, "the first of the two by concealment");
    assert_eq!(playout.figures(Time::from_secs(9)).lost, 3);
}

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
