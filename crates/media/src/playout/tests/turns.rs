//! A stream that stops, jumps, changes its format, or is not audio.

use super::*;

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

/// A decoder that rests after packets of one octet, and makes the silence itself.
#[derive(Debug, Default)]
struct Resting(bool);

impl Decoder for Resting {
    fn decode(&mut self, payload: &[u8], samples: &mut Vec<i16>) -> Result<(), crate::codec::BadPayload> {
        self.0 = payload.len() == 1;
        samples.resize(samples.len() + 160, if self.0 { 50 } else { 1_000 });
        Ok(())
    }

    fn conceal(&mut self, count: usize, samples: &mut Vec<i16>) -> bool {
        samples.resize(samples.len() + count, if self.0 { 50 } else { 2_000 });
        true
    }

    fn rests(&self) -> bool {
        self.0
    }
}

#[test]
fn a_decoder_that_knows_the_silence_fills_the_pause_and_nothing_is_lost_by_it() {
    // Half a second of a word, one packet that describes the silence, 600 ms of nothing, and another word.
    let mut sent = stream(&SPEECH[..160 * 51], 20);
    sent[25].payload = vec![0];
    for (n, packet) in (0..).zip(sent.iter_mut()).skip(26) {
        packet.arrives_us += 600_000;
        packet.timestamp = packet.timestamp.wrapping_add(4_800);
        packet.marker = n == 26;
    }
    let mut playout = Playout::new(8_000, PlayoutConfig::default());
    let mut formats = Formats(vec![Box::new(Resting::default())]);
    let (mut coming, mut out, mut noisy) = (sent.iter().peekable(), vec![], 0);
    for tick in 0..84 {
        let now_us = BEGIN_US + 3_000 + tick * 20_000;
        while let Some(packet) = coming.next_if(|packet| packet.arrives_us <= now_us) {
            playout.push(Time::from_micros(packet.arrives_us), arrived(packet));
        }
        let pulled = playout.pull(Time::from_micros(now_us), 20, &mut formats, &mut out);
        noisy += usize::from(pulled.heard == Heard::ComfortNoise && playout.makes_noise());
    }
    assert!((28..=31).contains(&noisy), "{noisy} times 20 ms");
    let first = out.iter().position(|&sample| sample == 1_000).unwrap();
    let last = out.iter().rposition(|&sample| sample == 1_000).unwrap();
    let between = &out[first..=last];
    let count = |value: i16| between.iter().filter(|&&sample| sample == value).count();
    // The first word swells for 2 ms.
    assert_eq!(count(1_000), 50 * 160 - 16);
    assert!(count(50) >= 31 * 160 - 40, "{} samples of silence as it sounds", count(50));
    assert!(between.iter().all(|sample| (50..=1_000).contains(sample)), "neither a hole nor a jump");
    assert_eq!(playout.figures(Time::from_secs(9)).lost, 0);
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
