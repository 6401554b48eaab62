use super::*;
use crate::{RecordingOf, goertzel};
use cordboard_base::{CallId, LegId};

fn ms(ms: u64) -> Time {
    Time::from_millis(ms)
}

fn new(sides: RecordSides) -> Recording {
    let id = RecordingId { of: RecordingOf::Leg(LegId { call: CallId(1), index: 0 }), number: 1 };
    Recording::new(ms(0), id, RecordSettings::new("r", sides), 8_000)
}

fn stereo() -> Recording {
    new(RecordSides::Stereo)
}

fn add(recording: &mut Recording, side: Side, at: u64, samples: &[i16]) {
    recording.add(side, ms(at), Sounding::now(8_000, samples), &mut Filters::default());
}

#[test]
fn both_sides_stand_at_their_time() {
    let mut recording = stereo();
    add(&mut recording, Side::Says, 10, &[1; 160]);
    add(&mut recording, Side::Hears, 40, &[2; 160]);
    let samples = recording.flush(ms(100), true);
    assert_eq!((samples.len(), recording.handed()), (1_600, 800));
    let at = |t: usize| (samples[t * 16], samples[t * 16 + 1]);
    assert_eq!([at(5), at(15), at(35), at(45), at(65)], [(0, 0), (1, 0), (0, 0), (0, 2), (0, 0)]);
}

#[test]
fn one_side_alone_is_one_channel() {
    for (sides, sample) in [(RecordSides::Says, 1), (RecordSides::Hears, 2), (RecordSides::Mixed, 3)] {
        let mut recording = new(sides);
        add(&mut recording, Side::Says, 0, &[1; 160]);
        add(&mut recording, Side::Hears, 0, &[2; 160]);
        assert_eq!(recording.flush(ms(20), true), vec![sample; 160]);
    }
}

#[test]
fn a_recording_is_as_much_louder_as_it_is_to_be() {
    let id = RecordingId { of: RecordingOf::Leg(LegId { call: CallId(1), index: 0 }), number: 1 };
    let settings = RecordSettings { gain_db: 6, ..RecordSettings::new("r", RecordSides::Stereo) };
    let mut recording = Recording::new(ms(0), id, settings, 8_000);
    add(&mut recording, Side::Says, 0, &[1_000; 160]);
    add(&mut recording, Side::Hears, 0, &[30_000; 160]);
    let samples = recording.flush(ms(20), true);
    assert_eq!((samples.len(), &samples[..2]), (320, &[1_995, i16::MAX][..]));
}

#[test]
fn what_overlaps_is_cut_and_what_is_missing_is_silence() {
    let mut recording = new(RecordSides::Says);
    add(&mut recording, Side::Says, 0, &[1; 160]);
    add(&mut recording, Side::Says, 13, &[2; 160]);
    add(&mut recording, Side::Says, 50, &[3; 160]);
    let samples = recording.flush(ms(70), true);
    let runs = [(0..160, 1), (160..264, 2), (264..400, 0), (400..560, 3)];
    for (range, sample) in runs {
        assert!(samples[range.clone()].iter().all(|&s| s == sample), "{range:?}");
    }
}

#[test]
fn a_silent_pause_keeps_the_time_and_a_gap_does_not() {
    for (pause, length) in [(RecordPause::Silence, 3_000), (RecordPause::Gap, 2_000)] {
        let mut recording = new(RecordSides::Says);
        let mut samples = Vec::new();
        for at in (0..3_000).step_by(20) {
            match at {
                1_000 => samples.extend(recording.pause(ms(at), Some(pause))),
                2_000 => samples.extend(recording.pause(ms(at), None)),
                _ => {}
            }
            add(&mut recording, Side::Says, at, &[i16::try_from(at / 1_000).unwrap() + 1; 160]);
            samples.extend(recording.flush(ms(at), false));
        }
        samples.extend(recording.flush(ms(3_000), true));
        assert_eq!(samples.len(), length * 8);
        assert!(samples[..8_000].iter().all(|&s| s == 1));
        assert!(samples[samples.len() - 8_000..].iter().all(|&s| s == 3));
        assert!(!samples.contains(&2));
    }
}

#[test]
fn a_recording_that_ends_in_a_gap_ends_where_it_was_paused() {
    let mut recording = new(RecordSides::Says);
    assert_eq!(recording.pause(ms(500), Some(RecordPause::Gap)).len(), 4_000);
    assert!(recording.flush(ms(9_000), true).is_empty());
}

#[test]
fn the_beginning_of_a_key_is_taken_out() {
    let mut recording = new(RecordSides::Says);
    (0..10).for_each(|n| add(&mut recording, Side::Says, n * 20, &[5; 160]));
    recording.mute_key(Side::Says);
    let samples = recording.flush(ms(200), true);
    assert!(samples[..1_120].iter().all(|&s| s == 5));
    assert!(samples[1_120..].iter().all(|&s| s == 0));
}

#[test]
fn a_beep_comes_at_once_and_then_again_and_again() {
    let mut recording = stereo();
    recording.settings.beep = Some(RecordBeep { every_ms: 2_000, heard_by: BeepFor::Peer, recorded: false });
    let mut heard = vec![0i16; 8_000 * 5];
    for (n, frame) in heard.chunks_mut(160).enumerate() {
        recording.beep(Ear::Peer, ms(n as u64 * 20), 8_000, frame);
        let mut other = [0i16; 160];
        recording.beep(Ear::Other, ms(n as u64 * 20), 8_000, &mut other);
        recording.beep_recorded(ms(n as u64 * 20), 8_000, &mut other);
        assert_eq!(other, [0; 160]);
    }
    for second in 0..5 {
        let start = &heard[second * 8_000..second * 8_000 + 1_600];
        assert_eq!(goertzel::heard(start, 8_000, &[1_400], -26.0).len(), usize::from(second % 2 == 0));
        assert!(heard[second * 8_000 + 1_600..(second + 1) * 8_000].iter().all(|&s| s == 0));
    }
}

#[test]
fn what_runs_ahead_or_is_never_flushed_fills_no_memory() {
    let mut recording = new(RecordSides::Mixed);
    (0..1_000).for_each(|_| add(&mut recording, Side::Says, 0, &[7; 160]));
    assert!(recording.sides[0].pending.len() <= 160);
    (0..1_000_000).step_by(20).for_each(|at| add(&mut recording, Side::Says, at, &[7; 160]));
    assert!(recording.sides[0].pending.len() <= 8 * 2_400);
}

#[test]
fn another_rate_stands_at_the_same_time() {
    let mut recording = stereo();
    let mut filters = Filters::default();
    let click = |rate: usize, n: usize| {
        let mut frame = vec![0i16; rate / 50];
        if n == 10 {
            frame[0] = 20_000;
        }
        frame
    };
    for n in 0..20 {
        recording.add(Side::Says, ms(n as u64 * 20), Sounding::now(8_000, &click(8_000, n)), &mut filters);
        recording.add(Side::Hears, ms(n as u64 * 20), Sounding::now(16_000, &click(16_000, n)), &mut filters);
    }
    let samples = recording.flush(ms(400), true);
    let peak = |side: usize| {
        let side = samples.iter().skip(side).step_by(2).map(|s| s.unsigned_abs());
        side.enumerate().max_by_key(|(_, s)| *s).unwrap().0
    };
    assert_eq!((peak(0), peak(1)), (1_600, 1_600));
}
