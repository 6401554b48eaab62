use super::*;
use cordboard_app::Cause;
use cordboard_base::LegId;

const SECOND_US: i64 = 1_000_000;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("cordboard-journey-{}-{name}", std::process::id()));
        let _absent = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, bounds: Bounds) -> File {
        File::open(&path(&self.0), bounds, 0).unwrap()
    }

    fn reader(&self) -> Reader {
        Reader::open(&self.0).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _removed = std::fs::remove_dir_all(&self.0);
    }
}

const UNBOUND: Bounds = Bounds { days: 0, bytes: 0 };

fn said(call: u64, at_s: i64, text: &str) -> Entry {
    let event = Event::Said { what: "log".to_owned(), text: text.to_owned() };
    Entry { at_us: at_s * SECOND_US, call: CallId(call), event }
}

fn texts(journey: &Journey) -> Vec<String> {
    let text = |entry: &Entry| {
        if let Event::Said { text, .. } = &entry.event {
            return text.clone();
        }
        format!("{:?}", entry.event).split([' ', '(']).next().unwrap_or("").to_owned()
    };
    journey.entries.iter().map(text).collect()
}

#[test]
fn what_was_written_is_read_in_order_of_time() {
    let folder = Folder::new("order");
    let mut file = folder.file(UNBOUND);
    file.write(&[said(0x1a, 2, "b"), said(0x1b, 2, "other"), said(0x1a, 1, "a")]);
    file.write(&[said(0x1a, 3, "c")]);
    // The writer is still there: so is the log that was not brought into the file.
    assert_eq!(texts(&folder.reader().journey(CallId(0x1a)).unwrap()), ["a", "b", "c"]);
    // A process that is killed closes nothing.
    std::mem::forget(file);
    assert_eq!(texts(&folder.reader().journey(CallId(0x1b)).unwrap()), ["other"]);
}

#[test]
fn a_call_is_named_by_its_id_by_a_beginning_or_as_the_last() {
    let folder = Folder::new("names");
    assert!(matches!(Reader::open(&folder.0), Err(ReadError::None(_))));
    let mut file = folder.file(UNBOUND);
    let reader = folder.reader();
    assert!(matches!(reader.find("last"), Err(ReadError::NoCall(_))));
    file.write(&[
        said(0x1000001, 1, ""),
        said(0x1000012, 2, ""),
        said(0x2000001, 3, ""),
        said(0x1000123, 4, ""),
        said(0x100, 5, ""),
    ]);
    file.write(&[Entry { at_us: 0, call: NOBODY, event: Event::Missing { entries: 3 } }]);
    for (name, call) in [
        ("1000001", 0x1000001),
        ("10000", 0),
        ("10001", 0x1000123),
        ("2", 0x2000001),
        ("100", 0x100),
        ("last", 0x2000001),
        ("1000012", 0x1000012),
        ("3", 0),
        ("xyz", 0),
        ("", 0),
    ] {
        assert_eq!(reader.find(name).map_or(0, |call| call.0), call, "{name}");
    }
    assert!(reader.find("10000").unwrap_err().to_string().contains("1000001, 1000012"));
}

#[test]
fn calls_that_touched_each_other_are_one_journey_from_either_end() {
    let folder = Folder::new("links");
    let mut file = folder.file(UNBOUND);
    let leg = LegId { call: CallId(1), index: 1 };
    let link = |call: u64, event: Event| Entry { at_us: 2 * SECOND_US, call: CallId(call), event };
    file.write(&[
        said(1, 1, "one"),
        link(1, Event::Moved { leg, to: CallId(2) }),
        link(2, Event::Joined { leg, from: CallId(1) }),
        said(2, 3, "two"),
        said(3, 3, "three"),
        Entry { at_us: 2 * SECOND_US, call: NOBODY, event: Event::Missing { entries: 3 } },
        Entry { at_us: 9 * SECOND_US, call: NOBODY, event: Event::Missing { entries: 3 } },
    ]);
    for call in [1, 2] {
        let journey = folder.reader().journey(CallId(call)).unwrap();
        let shown = texts(&journey);
        assert_eq!((shown.first().unwrap().as_str(), shown.last().unwrap().as_str()), ("one", "two"));
        assert_eq!((shown.len(), journey.calls.len()), (5, 2), "{shown:?}");
        assert!(shown.contains(&"Missing".to_owned()), "a gap within it is said, one after it is not");
    }
    let met = |call: u64| link(10, Event::Met { call: CallId(call), mix: "conference/main".to_owned() });
    file.write(&(100..116).map(met).collect::<Vec<_>>());
    let journey = folder.reader().journey(CallId(10)).unwrap();
    assert_eq!((journey.calls.len(), journey.left_out), (16, 1), "one past the bound is left out, and said");
}

#[test]
fn the_oldest_go_when_they_are_too_old() {
    let folder = Folder::new("age");
    let mut file = folder.file(Bounds { days: 1, bytes: 0 });
    let day_s = 86_400;
    file.write(&[said(1, 100, "old")]);
    file.write(&[said(2, 101, "young enough")]);
    file.close();
    let file = File::open(&path(&folder.0), Bounds { days: 1, bytes: 0 }, (100 + day_s) * SECOND_US).unwrap();
    assert_eq!(texts(&folder.reader().journey(CallId(1)).unwrap()), ["old"], "a day is not more than a day");
    file.close();
    let _file =
        File::open(&path(&folder.0), Bounds { days: 1, bytes: 0 }, (100 + day_s) * SECOND_US + 1).unwrap();
    let reader = folder.reader();
    assert!(texts(&reader.journey(CallId(1)).unwrap()).is_empty());
    assert_eq!(texts(&reader.journey(CallId(2)).unwrap()), ["young enough"]);
}

#[test]
fn the_file_stays_within_its_size() {
    let folder = Folder::new("size");
    let mut file = folder.file(UNBOUND);
    for call in 1..=256u64 {
        file.write(&[said(call, 1, &"x".repeat(4_000))]);
    }
    let used = file.bytes_used().unwrap();
    let count = |folder: &Folder| folder.reader().after(0, 10_000).unwrap().len();
    file.close();
    // At the limit all stays; one byte past it the oldest go.
    folder.file(Bounds { days: 0, bytes: used }).close();
    assert_eq!(count(&folder), 256);
    folder.file(Bounds { days: 0, bytes: used - 1 }).close();
    assert!((250..256).contains(&count(&folder)), "{}", count(&folder));
    assert!(texts(&folder.reader().journey(CallId(1)).unwrap()).is_empty());
    // It stays there, however much comes.
    let bound = used / 2;
    let mut file = folder.file(Bounds { days: 0, bytes: bound });
    for call in 1_000..2_000u64 {
        file.write(&[said(call, 1, &"x".repeat(4_000))]);
    }
    let most = bound + 64 * 8_192;
    assert!(file.bytes_used().unwrap() <= most, "{} of {most}", file.bytes_used().unwrap());
    assert_eq!(texts(&folder.reader().journey(CallId(1_999)).unwrap()).len(), 1, "the newest is there");
}

#[test]
fn an_entry_of_another_version_is_left_out() {
    let folder = Folder::new("version");
    let mut file = folder.file(UNBOUND);
    file.write(&[said(1, 1, "known")]);
    file.close();
    let connection = rusqlite::Connection::open(path(&folder.0)).unwrap();
    let sql = "UPDATE journey SET entries = '[[1,{\"danced\":{}}],[2,{\"script_error\":\"x\"}]]'";
    connection.execute(sql, []).unwrap();
    assert_eq!(texts(&folder.reader().journey(CallId(1)).unwrap()), ["ScriptError"]);
}

#[test]
fn what_finds_the_queue_full_is_counted_and_said() {
    let (to_thread, told) = mpsc::sync_channel(1);
    let thread = std::thread::spawn(|| ());
    let mut journeys =
        Journeys { to_thread, batch: Vec::new(), due: None, news: None, missing: 0, lost: 0, thread };
    let seen = || {
        let fact = cordboard_call::Fact::Digit { leg: LegId { call: CallId(1), index: 0 }, digit: None };
        Seen { at: Time::ZERO, what: What::Fact(CallId(1), Box::new(fact)) }
    };
    for _ in 0..BATCH_MAX - 1 {
        journeys.take(seen());
    }
    assert!(told.try_recv().is_err() && journeys.due().is_some(), "a batch waits to be full");
    for _ in 0..=BATCH_MAX {
        journeys.take(seen());
    }
    assert_eq!(journeys.lost(), BATCH_MAX as u64, "there is room for one");
    assert!(matches!(told.try_recv(), Ok(Told::Seen(batch)) if batch.len() == BATCH_MAX));
    journeys.take(seen());
    journeys.hand_over_due(Time::ZERO);
    assert!(told.try_recv().is_err());
    journeys.hand_over_due(Time::ZERO + BATCH_AGE);
    let Ok(Told::Seen(batch)) = told.try_recv() else { panic!() };
    assert_eq!(batch.first().map(|seen| seen.what.clone()), Some(What::Lost(BATCH_MAX as u64)));
}

#[test]
fn a_whole_life_from_the_shards_end_to_a_reader() {
    let folder = Folder::new("life");
    let keeping = Keeping { bounds: UNBOUND, answers: Keeps::Answers, secrets: Secrets::default() };
    let mut journeys = Journeys::start(path(&folder.0), Origin::default(), keeping, 0).unwrap();
    let end = cordboard_journey::End {
        call: CallId(5),
        disposition: cordboard_call::Disposition::Answered,
        cause: Cause::NORMAL,
        by: "caller".to_owned(),
        error: None,
        legs: Vec::new(),
    };
    journeys.take(Seen { at: Time::ZERO, what: What::Ended(Box::new(end)) });
    journeys.stop();
    assert_eq!(texts(&folder.reader().journey(CallId(5)).unwrap()), ["Ended"]);
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(path(&folder.0)).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
}
