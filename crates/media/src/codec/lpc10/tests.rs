use super::*;
use proptest::prelude::*;

fn frame(pitch: u8, rms: u8, ratios: [i8; ORDER]) -> Frame {
    Frame { pitch, rms, ratios }
}

#[test]
fn a_frame_of_silence_lies_as_others_write_it() {
    // The first frame that spandsp sends: unvoiced, softest, all coefficients about zero, without protection.
    let octets = [0x01, 0x08, 0x31, 0x08, 0x31, 0x80, 0x30];
    let read = Frame::read(&octets);
    assert_eq!((read.pitch, read.rms), (0, 0));
    let mut written = Vec::new();
    read.write(false, &mut written);
    assert_eq!(written, octets);
    written.clear();
    read.write(true, &mut written);
    assert_eq!((written[6], Frame::read(&written.try_into().unwrap())), (0x34, read));
}

#[test]
fn every_period_that_can_be_sent_has_a_code_of_its_own() {
    let mut codes: Vec<u8> = (PITCH.0..=PITCH.1)
        .filter_map(|period| {
            let code = quantise::pitch_code(period);
            (quantise::pitch(code) == quantise::Pitch::Voiced(period as u8)).then_some(code)
        })
        .collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), 60);
}

#[test]
fn a_number_becomes_the_code_that_means_it() {
    for n in 0..ORDER {
        let bits = frame::RATIO_BITS[n];
        let least = if n < 2 { -15 } else { -(1i8 << (bits - 1)) };
        for code in least..1 << (bits - 1) {
            let mut spoken = Spoken::default();
            spoken.ratios[n] = quantise::ratio(n, code);
            assert_eq!(quantise::code(&spoken).ratios[n], code, "coefficient {n}");
        }
    }
    for code in 0..32 {
        let spoken = Spoken { rms: quantise::level(code), ..Spoken::default() };
        assert_eq!(quantise::code(&spoken).rms, code);
    }
}

#[test]
fn one_wrong_bit_of_a_protected_word_is_put_right() {
    let sent = correct::protected(frame(0, 21, [9, -7, 3, -12, 1, 1, 1, 1, 1, 1]));
    let given = |wrong: &Frame| {
        let mut corrector = Corrector::default();
        let silence = correct::protected(frame(0, 0, [0; ORDER]));
        [silence, *wrong, silence].iter().map(|frame| corrector.take(frame)).last().unwrap()
    };
    let right = given(&sent);
    assert_eq!((right.rms, right.ratios[0]), (quantise::level(21), quantise::ratio(0, 9)));
    for n in 0..4 {
        for bit in 1..5 {
            let mut wrong = sent;
            wrong.ratios[n] = (((wrong.ratios[n] as u8 ^ 1 << bit) << 3) as i8) >> 3;
            assert_eq!(given(&wrong), right, "coefficient {n}, bit {bit}");
        }
    }
    for bit in 1..5 {
        assert_eq!(given(&Frame { rms: sent.rms ^ 1 << bit, ..sent }), right);
    }
    // Two are one too many: what was before goes on.
    let before = given(&Frame { rms: sent.rms ^ 0b110, ..sent });
    assert_eq!(before.rms, quantise::level(0));
}

#[test]
fn half_a_frame_is_refused_and_several_are_taken() {
    let mut decoder = LPC10.decoder("", 8_000).unwrap();
    let mut samples = Vec::new();
    assert_eq!(decoder.decode(&[0; 6], &mut samples), Err(BadPayload));
    assert_eq!(decoder.decode(&[0; 14], &mut samples), Ok(()));
    assert_eq!(samples.len(), 360);
    assert_eq!((LPC10.payload_samples(&[0; 21]), LPC10.payload_samples(&[0; 8])), (Some(540), None));
}

/// The pitch periods that are found in a train of pulses of such a period.
fn found(period: usize) -> Vec<Spoken> {
    let mut sender = Sender::default();
    let mut all = Vec::new();
    for n in 0..20 {
        let samples = core::array::from_fn(|at| {
            let place = (n * FRAME_SAMPLES + at) % period;
            (12_000.0 * (-(place as f32) / 8.0).exp() * (place as f32 / 2.0).cos()) as i16
        });
        sender.analysis.take(&samples);
        let voice = sender.voice.find(sender.analysis.signal());
        all.push(sender.analysis.describe(voice));
    }
    all.split_off(4)
}

#[test]
fn the_pitch_of_a_hum_is_found_and_noise_has_no_voice() {
    for period in [30, 57, 80, 120] {
        for spoken in found(period) {
            assert_eq!(spoken.voiced, [true; 2], "{period}");
            assert!(spoken.pitch.abs_diff(period) <= 2, "{period}: {}", spoken.pitch);
        }
    }
    let mut sender = Sender::default();
    let mut random = 1u32;
    for _ in 0..20 {
        let samples = core::array::from_fn(|_| {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (random >> 16) as i16 / 8
        });
        sender.analysis.take(&samples);
        assert_eq!(sender.voice.find(sender.analysis.signal()).voiced, [false; 2]);
    }
}

proptest! {
    #[test]
    fn any_frames_give_their_samples(octets in prop::collection::vec(any::<[u8; FRAME_OCTETS]>(), 1..60)) {
        let mut receiver = Receiver::default();
        let mut samples = Vec::new();
        receiver.decode(octets.as_flattened(), &mut samples).unwrap();
        prop_assert_eq!(samples.len(), octets.len() * FRAME_SAMPLES);
        prop_assert!(receiver.is_sound());
        for octets in &octets {
            let frame = Frame::read(octets);
            let mut written = Vec::new();
            frame.write(false, &mut written);
            prop_assert_eq!(Frame::read(&written.try_into().unwrap()), frame);
        }
    }

    #[test]
    fn any_samples_make_frames(samples in prop::collection::vec(any::<i16>(), FRAME_SAMPLES * 6)) {
        let mut sender = Sender::default();
        let mut payload = Vec::new();
        sender.encode(&samples, &mut payload);
        prop_assert!(payload.len() == 6 * FRAME_OCTETS && sender.is_sound());
    }
}
