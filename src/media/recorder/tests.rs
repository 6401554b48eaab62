//! What comes of a recording on the disk, and what is told of it.

use super::file::{SAME_NAME_MAX, SoundFile};
use super::*;
use cordboard_base::{CallId, LegId};
use cordboard_media::{RecordFile, RecordFormat, RecordPlace, RecordingOf};
use std::fs::{self, OpenOptions};
use std::path::Path;

const ID: RecordingId = RecordingId { of: RecordingOf::Leg(LegId { call: CallId(7), index: 0 }), number: 1 };

fn form(name: &str, channels: u8) -> Form {
    let (format, file) = (RecordFormat::Wav, RecordFile::default());
    Form { name: name.to_owned(), format, file, rate_hz: 8_000, channels }
}

fn opus(name: &str, channels: u8) -> Form {
    Form { format: RecordFormat::Opus, ..form(name, channels) }
}

fn directory(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("cordboard-rec-{}-{name}", std::process::id()));
    let _absent = fs::remove_dir_all(&path);
    path
}

fn roots(directory: &Path) -> Roots {
    Roots { recordings: directory.to_owned(), data: directory.join("data") }
}

fn data_size(path: &Path) -> (u32, usize) {
    let bytes = fs::read(path).unwrap();
    (u32::from_le_bytes(bytes[40..44].try_into().unwrap()), bytes.len() - 44)
}

/// What is heard of a file.
fn heard(path: &Path) -> Vec<i16> {
    let mut stream = crate::media::prompts::open(path).unwrap();
    let mut samples = Vec::new();
    while stream.read(16_000, &mut samples).unwrap() > 0 {}
    samples
}

fn desk(directory: &Path) -> (Desk, mpsc::Receiver<Event>) {
    let (tell, told) = mpsc::sync_channel(2);
    let tell = Box::new(move |event| tell.try_send(event).map_err(unsent));
    (Desk::new(roots(directory), KeepRecordings::default(), tell), told)
}

fn unsent(error: mpsc::TrySendError<Event>) -> Event {
    match error {
        mpsc::TrySendError::Full(event) | mpsc::TrySendError::Disconnected(event) => event,
    }
}

/// The end that was told: the file, how long it is, why.
fn end(told: &mpsc::Receiver<Event>) -> (String, u64, Option<String>) {
    let Event::RecordingEnded { file, ms, failure, .. } = told.try_recv().unwrap() else { panic!() };
    (file, ms, failure)
}

fn more(desk: &mut Desk, samples: Vec<i16>) {
    desk.take(Piece::More { id: ID, lost: 0, samples });
}

/// A swinging that is loud.
fn loud(count: usize) -> Vec<i16> {
    (0..count).map(|n| if n % 16 < 8 { 6_000 } else { -6_000 }).collect()
}

#[test]
fn a_full_disk_ends_the_recording_with_an_event_and_keeps_what_is_there() {
    for (form, file) in [(form("x", 1), "x.wav"), (opus("x", 1), "x.opus")] {
        let directory = directory("full");
        let (mut desk, told) = desk(&directory);
        desk.take(Piece::Started { id: ID, form });
        more(&mut desk, loud(8_160));
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        desk.files.get_mut(&ID).unwrap().file = full;
        more(&mut desk, loud(8_000));
        let (name, ms, failure) = end(&told);
        assert_eq!(name, file);
        assert!((980..=1_020).contains(&ms), "{ms}");
        assert!(failure.unwrap().contains("space"));
        more(&mut desk, loud(8_000));
        desk.take(Piece::Ended { id: ID, lost: 0 });
        assert!(told.try_recv().is_err(), "it is told once");
        let left = heard(&directory.join(file)).len();
        assert!((15_600..=16_320).contains(&left), "{left}");
    }
}

#[test]
fn a_page_that_had_no_room_is_cut_off() {
    let directory = directory("half");
    let form = opus("x", 1);
    let mut file = SoundFile::create(&directory, &form, 1).unwrap();
    file.append(&loud(8_160)).unwrap();
    let whole = fs::read(directory.join("x.opus")).unwrap();
    // As a write that was cut short leaves it.
    fs::write(directory.join("x.opus"), [whole.as_slice(), b"OggS\0 half a page"].concat()).unwrap();
    file.mend().unwrap();
    assert_eq!(fs::read(directory.join("x.opus")).unwrap(), whole);
}

#[test]
fn a_recording_that_can_not_begin_is_told_too() {
    let (mut desk, told) = desk(Path::new("/dev/null/x"));
    desk.take(Piece::Started { id: ID, form: form("x", 1) });
    let (file, ms, failure) = end(&told);
    assert_eq!((file.as_str(), ms, failure.is_some()), ("", 0, true));
}

#[test]
fn a_recording_is_a_whole_file_at_its_end() {
    let directory = directory("whole");
    let recorder =
        Recorder::start(roots(&directory), KeepRecordings::default(), Box::new(|_| Ok(()))).unwrap();
    let mut tape = recorder.tape();
    tape.started(ID, form("2026/call-7", 2));
    tape.more(ID, vec![1, 2, 3, 4]);
    tape.more(ID, vec![5, 6]);
    tape.ended(ID);
    tape.more(ID, vec![7; 100]);
    drop(tape);
    recorder.stop();
    let bytes = fs::read(directory.join("2026/call-7.wav")).unwrap();
    assert_eq!(bytes.len(), 44 + 12);
    assert_eq!(bytes[44..], [1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0]);
    assert_eq!(data_size(&directory.join("2026/call-7.wav")), (12, 12));
}

#[test]
fn an_opus_file_has_the_length_that_was_recorded() {
    let directory = directory("opus");
    let (mut desk, told) = desk(&directory);
    desk.take(Piece::Started { id: ID, form: opus("x", 2) });
    (0..25).for_each(|_| more(&mut desk, loud(1_600)));
    desk.take(Piece::More { id: ID, lost: 1_600, samples: loud(1_600) });
    desk.take(Piece::Ended { id: ID, lost: 16 });
    assert_eq!(end(&told), ("x.opus".to_owned(), 2_701, None));
    assert_eq!(heard(&directory.join("x.opus")).len(), 2_701 * 16);
}

#[test]
fn a_file_that_is_never_finished_can_be_played_up_to_its_last_half_second() {
    let directory = directory("crash");
    for (rate_hz, channels) in [(8_000, 1), (8_000, 2), (16_000, 1), (44_100, 2)] {
        for format in [RecordFormat::Wav, RecordFormat::Opus] {
            let name = format!("{rate_hz}-{channels}");
            let form = Form { rate_hz, format, ..form(&name, channels) };
            let mut file = SoundFile::create(&directory, &form, 1).unwrap();
            for pieces in 1..=27 {
                file.append(&loud(usize::try_from(rate_hz).unwrap() / 10 * usize::from(channels))).unwrap();
                // A file without any sound is none that a reader opens.
                if pieces <= 5 {
                    continue;
                }
                let there = heard(&file.path()).len();
                let recorded = pieces * 1_600;
                assert!(
                    there + 8_000 + 640 > recorded && there <= recorded,
                    "{form:?}: {there} of {recorded}"
                );
            }
        }
    }
}

#[test]
fn what_must_be_durable_is_trimmed_and_told_with_what_is_left() {
    let directory = directory("durable");
    for (format, path) in [(RecordFormat::Wav, "messages/1.wav"), (RecordFormat::Opus, "messages/1.opus")] {
        let (mut desk, told) = desk(&directory);
        let file = RecordFile { place: RecordPlace::Data, durable: true, trim: true };
        desk.take(Piece::Started { id: ID, form: Form { format, file, ..form("messages/1", 1) } });
        more(&mut desk, loud(8_000));
        (0..50).for_each(|_| more(&mut desk, vec![20; 800]));
        desk.take(Piece::Ended { id: ID, lost: 8_000 });
        assert_eq!(end(&told), (path.to_owned(), 1_200, None));
        assert_eq!(heard(&directory.join("data").join(path)).len(), 1_200 * 16);
    }
}

#[test]
fn what_can_not_be_made_durable_has_failed() {
    let directory = directory("lost");
    let (mut desk, told) = desk(&directory);
    let file = RecordFile { place: RecordPlace::Data, durable: true, trim: false };
    desk.take(Piece::Started { id: ID, form: Form { file, ..form("messages/1", 1) } });
    more(&mut desk, loud(800));
    fs::remove_dir_all(directory.join("data")).unwrap();
    desk.take(Piece::Ended { id: ID, lost: 0 });
    assert!(end(&told).2.is_some());
}

#[test]
fn an_end_that_nobody_has_time_for_is_told_later() {
    let directory = directory("untold");
    let (mut desk, told) = desk(&directory);
    for number in 1..=4 {
        let id = RecordingId { number, ..ID };
        desk.take(Piece::Started { id, form: form("x", 1) });
        desk.take(Piece::Ended { id, lost: 0 });
    }
    let ends: Vec<String> = (0..4)
        .map(|_| {
            let (file, ..) = end(&told);
            desk.retell();
            file
        })
        .collect();
    assert_eq!(ends, ["x.wav", "x-2.wav", "x-3.wav", "x-4.wav"]);
}

#[test]
fn an_overflow_becomes_silence_of_the_same_length() {
    let directory = directory("overflow");
    let (queue, pieces) = mpsc::sync_channel(2);
    let mut tape = Tape { queue, late: VecDeque::new(), lost: BTreeMap::new(), lost_ever: 0 };
    tape.started(ID, form("x", 1));
    tape.more(ID, vec![1; 3]);
    tape.more(ID, vec![2; 3]);
    tape.more(ID, vec![2; 4]);
    assert_eq!(tape.lost_ever, 7);
    tape.ended(ID);
    let thread = std::thread::spawn({
        let roots = roots(&directory);
        move || Desk::new(roots, KeepRecordings::default(), Box::new(|_| Ok(()))).serve(&pieces)
    });
    while !tape.late.is_empty() {
        tape.retry();
        std::thread::yield_now();
    }
    drop(tape);
    thread.join().unwrap();
    let bytes = fs::read(directory.join("x.wav")).unwrap();
    assert_eq!(bytes.len(), 44 + 20);
    assert_eq!(bytes[44..50], [1, 0, 1, 0, 1, 0]);
    assert!(bytes[50..].iter().all(|byte| *byte == 0));
}

#[test]
fn a_name_that_is_taken_gets_a_number() {
    let directory = directory("names");
    fs::create_dir_all(&directory).unwrap();
    // A link that leads nowhere is a name that is taken: nothing is written through it.
    std::os::unix::fs::symlink(directory.join("elsewhere"), directory.join("x.wav")).unwrap();
    for _ in 1..SAME_NAME_MAX {
        SoundFile::create(&directory, &form("x", 1), 1).unwrap();
    }
    assert!(directory.join("x-100.wav").exists() && !directory.join("elsewhere").exists());
    assert!(SoundFile::create(&directory, &form("x", 1), 1).is_err(), "one past the bound");
    assert!(SoundFile::create(&directory, &opus("x", 1), 1).is_ok());
}

#[test]
fn no_name_leads_out_of_the_directory() {
    let directory = directory("escape");
    let long = "x".repeat(201);
    let names = [
        "../x",
        "a/../../x",
        "/x",
        "/",
        "",
        ".",
        "..",
        ".x",
        "a/.x",
        "a//x",
        "a/",
        "x\0y",
        "x\ny",
        "x\\..\\y",
        &long,
        "~/x",
        "x;y",
        "$x",
    ];
    for name in names {
        let made = SoundFile::create(&directory, &form(name, 1), 1);
        assert!(made.is_err(), "{name:?}");
    }
    assert!(!directory.exists(), "nothing was made on the way");
    assert!(SoundFile::create(&directory, &form(&"x".repeat(200), 1), 1).is_ok());
}

#[test]
fn old_recordings_go_while_calls_are_recorded() {
    let directory = directory("sweep");
    fs::create_dir_all(directory.join("2001")).unwrap();
    let put = |name: &str| {
        fs::write(directory.join(name), [0; 1_000]).unwrap();
        let file = OpenOptions::new().write(true).open(directory.join(name)).unwrap();
        file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000)).unwrap();
    };
    put("2001/old.wav");
    let keep = |days| KeepRecordings { days, bytes: 0 };
    let recorder = Recorder::start(roots(&directory), keep(0), Box::new(|_| Ok(()))).unwrap();
    let mut tape = recorder.tape();
    tape.started(ID, form("new", 1));
    tape.more(ID, loud(800));
    recorder.keep(keep(1));
    while directory.join("2001").exists() {
        std::thread::yield_now();
    }
    tape.ended(ID);
    drop(tape);
    recorder.stop();
    assert_eq!(data_size(&directory.join("new.wav")), (1_600, 1_600));
}
