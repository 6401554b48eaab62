//! Loss, jitter, hold-ups, and packets out of order.

use super::*;

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
