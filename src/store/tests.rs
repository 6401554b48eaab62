use super::*;
use crate::mail::bell;
use crate::poller::Poller;
use cordboard_app::{Cause, Change, Identity, MailOrder, Value};
use cordboard_base::CallId;
use cordboard_call::{CallRecord, Disposition};
use std::time::{Duration, Instant, SystemTime};

const PATIENCE: Duration = Duration::from_secs(20);
const SEED: [u8; 16] = [3; 16];

struct World {
    store: Store,
    found: Found,
    waker: Waker,
    poller: Poller,
}

fn path(name: &str) -> PathBuf {
    let directory = std::env::temp_dir().join(format!("cordboard-store-{}-{name}", std::process::id()));
    let _absent = std::fs::remove_dir_all(&directory);
    directory.join("var/cordboard.sqlite")
}

fn open(path: &Path, now_unix_s: i64) -> World {
    let waker = Waker::new().unwrap();
    let poller = Poller::new().unwrap();
    poller.add(&waker, 0).unwrap();
    let (store, found) = Store::open(path, SEED, now_unix_s, Retention::default(), &waker, bell().0).unwrap();
    World { store, found, waker, poller }
}

impl World {
    fn ask(&mut self, command: StoreCommand) -> Result<Value, String> {
        let expected = asked_by(&command);
        self.store.command(command);
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(StoreReply::Value { id, value }) = self.store.reply() {
                assert_eq!(Some(id), expected);
                return value;
            }
            let left = until.checked_duration_since(Instant::now()).expect("no answer came");
            self.poller.wait(Some(left), &mut Vec::new()).unwrap();
            self.waker.clear();
        }
    }

    fn read(&mut self, key: &str) -> Value {
        self.ask(StoreCommand::Read { id: 1, family: "cf".to_owned(), key: key.to_owned() }).unwrap()
    }

    fn write(&mut self, key: &str, value: Option<Value>) {
        let command = StoreCommand::Write { id: 2, family: "cf".to_owned(), key: key.to_owned(), value };
        assert_eq!(self.ask(command), Ok(Value::Unit));
    }

    fn list(&mut self) -> Value {
        self.ask(StoreCommand::List { id: 3, family: "cf".to_owned() }).unwrap()
    }

    fn keep(&mut self, key: &str, row: &str, expires_unix_s: i64) {
        let (kind, key, row) = ("binding".to_owned(), key.to_owned(), row.to_owned());
        self.store.command(StoreCommand::Keep { kind, key, row, expires_unix_s });
    }
}

fn record(call: u64) -> CallRecord {
    CallRecord {
        call: CallId(call),
        context: "internal".to_owned(),
        caller: Identity { number: "101".to_owned(), name: "Ann".to_owned() },
        user: Some("101".to_owned()),
        trunk: None,
        dialed: "102".to_owned(),
        began_us: 5_000_000,
        answered_us: Some(7_000_000),
        ended_us: 19_999_999,
        disposition: Disposition::Answered,
        cause: Cause::NORMAL,
        hangup_by: "caller".to_owned(),
        answered_by: Some(cordboard_app::Destination::User("102".to_owned())),
        tags: [("k".to_owned(), "v".to_owned())].into(),
        error: None,
        legs: Vec::new(),
        recordings: Vec::new(),
        part_of: None,
    }
}

#[test]
fn the_epoch_grows_at_every_start_and_the_seed_stays() {
    let path = path("epoch");
    let first = open(&path, 0);
    assert_eq!(first.found.key, SourceKey { seed: SEED, node: 0, epoch: 1 });
    first.store.stop();
    let waker = Waker::new().unwrap();
    let (store, found) = Store::open(&path, [9; 16], 0, Retention::default(), &waker, bell().0).unwrap();
    assert_eq!(found.key, SourceKey { seed: SEED, node: 0, epoch: 2 });
    store.stop();
}

#[test]
fn kept_rows_are_there_after_a_restart_but_not_the_expired_or_forgotten() {
    let path = path("kept");
    let mut world = open(&path, 1_000);
    assert!(world.found.rows.is_empty());
    world.keep("101", "old", 2_000);
    world.keep("101", "new", 2_000);
    world.keep("102", "expired", 1_500);
    world.keep("103", "gone", 2_000);
    world.store.command(StoreCommand::Forget { kind: "binding".to_owned(), key: "103".to_owned() });
    world.store.stop();
    let world = open(&path, 1_500);
    let kept = |row: &StoreRow| (row.key.clone(), row.row.clone(), row.expires_unix_s);
    assert_eq!(
        world.found.rows.iter().map(kept).collect::<Vec<_>>(),
        [("101".to_owned(), "new".to_owned(), 2_000)]
    );
    world.store.stop();
}

#[test]
fn values_are_written_read_listed_and_deleted() {
    let mut world = open(&path("value"), 0);
    assert_eq!(world.read("101"), Value::Unit);
    world.write("101", Some(Value::Untrusted("0123".to_owned())));
    world.write("100", Some(Value::List(vec![Value::Int(1), Value::Bool(true)])));
    assert_eq!(world.read("101"), Value::Untrusted("0123".to_owned()));
    assert_eq!(world.list(), Value::List(vec![Value::Text("100".to_owned()), Value::Text("101".to_owned())]));
    world.write("101", None);
    world.write("100", Some(Value::Unit));
    assert_eq!(world.list(), Value::List(Vec::new()));
    world.store.stop();
}

#[test]
fn what_was_answered_is_there_although_the_process_dies_at_once() {
    let path = path("killed");
    let mut world = open(&path, 0);
    world.write("101", Some(Value::Int(7)));
    // As after a kill: the files are what they are now, nothing is closed or written back.
    let copy = path.with_file_name("copy.sqlite");
    for suffix in ["", "-wal"] {
        let name = |path: &Path| PathBuf::from(format!("{}{suffix}", path.display()));
        std::fs::copy(name(&path), name(&copy)).unwrap();
    }
    let mut after = open(&copy, 0);
    assert_eq!(after.read("101"), Value::Int(7));
    assert_eq!(after.found.key.epoch, 2);
    after.store.stop();
    world.store.stop();
}

#[test]
fn a_call_is_one_row_by_the_wall_clock() {
    let path = path("record");
    let mut world = open(&path, 0);
    for call in [0xabc, 0xabc, 0xabd] {
        let record = Box::new(record(call));
        world.store.command(StoreCommand::Record { record, began_unix_us: 1_000_000_000 });
    }
    world.store.stop();
    let connection = Connection::open(&path).unwrap();
    let rows: i64 = connection.query_row("SELECT count(*) FROM call_record", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 2);
    let sql = "SELECT answered_us, ended_us, billsec, disposition, answered_by, tags FROM call_record WHERE call = 'abc'";
    type Row = (i64, i64, i64, String, String, String);
    let row: Row = connection
        .query_row(sql, [], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?, r.get(5)?)))
        .unwrap();
    let expected = (1_002_000_000, 1_014_999_999, 12, "answered", "102", r#"{"k":"v"}"#);
    assert_eq!((row.0, row.1, row.2, row.3.as_str(), row.4.as_str(), row.5.as_str()), expected);
}

#[test]
fn the_file_is_its_owners_alone_and_a_bad_one_is_named() {
    let path = path("rights");
    open(&path, 0).store.stop();
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let bad = path.with_file_name("bad.sqlite");
    std::fs::write(&bad, [b'x'; 4096]).unwrap();
    let error = Store::open(&bad, SEED, 0, Retention::default(), &Waker::new().unwrap(), bell().0)
        .unwrap_err()
        .to_string();
    assert!(error.contains("bad.sqlite"), "{error}");
}

/// A store of a stalled disk, whose queue has room for one command.
fn stalled() -> (Store, mpsc::Receiver<Box<StoreCommand>>) {
    let waker = Waker::new().unwrap();
    let (commands, held) = mpsc::sync_channel(1);
    let (_replies, replies) = wake::channel(&waker, 1);
    let store = Store {
        commands,
        replies,
        refused: VecDeque::new(),
        refused_ever: 0,
        waiting: VecDeque::new(),
        lost_records: 0,
        thread: std::thread::spawn(|| ()),
    };
    (store, held)
}

fn of_call(call: u64) -> StoreCommand {
    StoreCommand::Record { record: Box::new(record(call)), began_unix_us: 0 }
}

fn call_of(command: &StoreCommand) -> u64 {
    let StoreCommand::Record { record, .. } = command else { panic!("{command:?}") };
    record.call.0
}

#[test]
fn call_records_wait_for_a_stalled_disk_and_come_in_order() {
    let (mut store, held) = stalled();
    for call in 1..=3 {
        store.command(of_call(call));
    }
    assert_eq!((store.waiting.len(), store.refused_ever()), (2, 0));
    for call in 1..=3 {
        assert_eq!(call_of(&held.try_recv().unwrap()), call);
        assert_eq!(store.reply(), None);
    }
    assert!(store.waiting.is_empty());
    drop(held);
    store.stop();
}

#[test]
fn call_records_wait_up_to_a_bound_and_one_more_is_counted_as_lost() {
    let (mut store, held) = stalled();
    for call in 0..=u64::try_from(RECORDS_MAX).unwrap() {
        store.command(of_call(call));
    }
    assert_eq!((store.waiting.len(), store.lost_records()), (RECORDS_MAX, 0));
    store.command(of_call(u64::MAX));
    assert_eq!((store.waiting.len(), store.lost_records()), (RECORDS_MAX, 1));
    drop(held);
    store.stop();
}

/// How many call records are left, and when the oldest began, in days.
fn kept(path: &Path) -> (i64, i64) {
    let connection = Connection::open(path).unwrap();
    let sql = "SELECT count(*), min(began_us) / 86400000000 FROM call_record";
    connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
}

fn days(path: &Path, keep: Retention, calls: impl Iterator<Item = i64>) {
    let waker = Waker::new().unwrap();
    let (mut store, _) = Store::open(path, SEED, 0, keep, &waker, bell().0).unwrap();
    for day in calls {
        let mut record = record(u64::try_from(day).unwrap());
        record.call = CallId(u64::try_from(day).unwrap());
        let began_unix_us = day * 86_400_000_000;
        store.command(StoreCommand::Record { record: Box::new(record), began_unix_us });
    }
    store.stop();
}

#[test]
fn records_are_kept_for_ever_where_no_bound_is_set() {
    let path = path("no-bound");
    days(&path, Retention::default(), 1..=600);
    assert_eq!(kept(&path), (600, 1));
}

#[test]
fn records_that_are_too_old_go_and_those_at_the_bound_stay() {
    let path = path("old");
    days(&path, Retention::default(), 1..=100);
    let waker = Waker::new().unwrap();
    let at = |day: i64| day * 86_400;
    let keep = Retention { days: 30, records: 0 };
    Store::open(&path, SEED, at(100), keep, &waker, bell().0).unwrap().0.stop();
    assert_eq!(kept(&path), (31, 70));
}

#[test]
fn records_that_are_too_many_go_while_new_ones_come() {
    let path = path("many");
    days(&path, Retention { days: 0, records: 10 }, 1..=1_000);
    let (count, _) = kept(&path);
    let most = i64::try_from(10 + SWEEP_EVERY + BATCH_MAX).unwrap();
    assert!((10..most).contains(&count), "{count}");
    let waker = Waker::new().unwrap();
    Store::open(&path, SEED, 0, Retention { days: 0, records: 10 }, &waker, bell().0).unwrap().0.stop();
    assert_eq!(kept(&path), (10, 991));
}

#[test]
fn a_full_queue_refuses_and_answers_that_it_did() {
    let (mut store, held) = stalled();
    let read = |id| StoreCommand::Read { id, family: "f".to_owned(), key: "k".to_owned() };
    store.command(read(1));
    store.command(read(2));
    assert!(matches!(store.reply(), Some(StoreReply::Value { id: 2, value: Err(_) })));
    assert_eq!((store.reply(), store.refused_ever()), (None, 1));
    drop(held);
    store.stop();
}

fn order(message: &str) -> Change {
    let (mailbox, kind) = ("101".to_owned(), "voicemail".to_owned());
    Change::Mail(Box::new(MailOrder {
        mailbox,
        message: message.to_owned(),
        kind,
        call: None,
        data: "{}".to_owned(),
    }))
}

fn keeping(key: &str) -> Change {
    Change::Keep { key: key.to_owned(), row: "{}".to_owned(), expires_unix_s: i64::MAX }
}

#[test]
fn changes_of_one_commit_are_there_together_after_a_restart() {
    let path = path("commit");
    let mut world = open(&path, 0);
    let commit = |id, changes| StoreCommand::Commit { id, kind: "service:voicemail".to_owned(), changes };
    assert_eq!(world.ask(commit(7, vec![keeping("message/a"), order("a")])), Ok(Value::Unit));
    // A commit that is done again orders no second mail.
    assert_eq!(
        world.ask(commit(8, vec![keeping("message/a"), keeping("message/b"), order("a")])),
        Ok(Value::Unit)
    );
    let forget = Change::Forget { key: "message/b".to_owned() };
    assert_eq!(world.ask(commit(9, vec![forget])), Ok(Value::Unit));
    world.store.stop();
    let world = open(&path, 0);
    let keys: Vec<&str> = world.found.rows.iter().map(|row| row.key.as_str()).collect();
    assert_eq!(keys, ["message/a"]);
    world.store.stop();
    let connection = Connection::open(&path).unwrap();
    let mails: i64 = connection.query_row("SELECT count(*) FROM mail_queue", [], |row| row.get(0)).unwrap();
    assert_eq!(mails, 1);
}

#[test]
fn a_file_is_deleted_in_a_folder_of_ours_alone() {
    let path = path("unlink");
    let mut world = open(&path, 0);
    let folder = path.parent().unwrap().join("messages");
    std::fs::create_dir_all(&folder).unwrap();
    for file in ["a.wav", "b.wav"] {
        std::fs::write(folder.join(file), "RIFF").unwrap();
    }
    for file in
        ["messages/a.wav", "messages/a.wav", "cordboard.sqlite", "messages/../cordboard.sqlite", "/etc/x"]
    {
        world.store.command(StoreCommand::Unlink { file: file.to_owned() });
    }
    world.read("k");
    assert!(!folder.join("a.wav").exists() && folder.join("b.wav").exists() && path.exists());
    world.store.stop();
}

#[test]
fn a_file_that_nothing_names_is_deleted_at_the_start_once_it_is_old() {
    let path = path("orphans");
    let mut world = open(&path, 0);
    let uuid = |n: u8| format!("00000000-0000-4000-8000-0000000000{n:02}");
    let keep = |key: String, row: String| Change::Keep { key, row, expires_unix_s: i64::MAX };
    let order = |n: u8| MailOrder {
        mailbox: "101".to_owned(),
        message: uuid(n),
        call: None,
        kind: "voicemail".to_owned(),
        data: format!("{{\"audio\":[\"messages/{}.wav\"]}}", uuid(n)),
    };
    let changes = vec![
        keep("message/x".to_owned(), format!("{{\"audio\":[{{\"file\":\"messages/{}.wav\"}}]}}", uuid(1))),
        keep(format!("draft/greetings/{}.wav", uuid(2)), "{}".to_owned()),
        Change::Mail(Box::new(order(3))),
    ];
    let kind = "service:voicemail".to_owned();
    assert_eq!(world.ask(StoreCommand::Commit { id: 9, kind, changes }), Ok(Value::Unit));
    let data = path.parent().unwrap();
    let file = |name: String| data.join(name);
    // (file, minutes since it was written to, whether it is kept)
    let files = [
        (format!("messages/{}.wav", uuid(1)), 90, true),
        (format!("greetings/{}.wav", uuid(2)), 90, true),
        (format!("messages/{}.wav", uuid(3)), 90, true),
        (format!("messages/{}.wav", uuid(4)), 90, false),
        (format!("messages/{}.wav", uuid(5)), 50, true),
        (format!("greetings/{}.ogg", uuid(6)), 90, false),
        (format!("messages/{}.txt", uuid(7)), 90, true),
        ("messages/holiday.wav".to_owned(), 90, true),
        (format!("recordings/{}.wav", uuid(8)), 90, true),
        // What somebody has said its name to be in a conference of a process that is gone.
        ("names/conference-1000007.wav".to_owned(), 1, false),
        ("names/conference-1000007-2.ogg".to_owned(), 90, false),
        ("names/conference-.wav".to_owned(), 90, true),
        ("names/somebody.wav".to_owned(), 90, true),
        // The same name in another folder is another file.
        (format!("greetings/{}.wav", uuid(1)), 90, false),
    ];
    for (name, minutes, _) in &files {
        std::fs::create_dir_all(file(name.clone()).parent().unwrap()).unwrap();
        let made = std::fs::File::create(file(name.clone())).unwrap();
        made.set_modified(SystemTime::now() - Duration::from_secs(minutes * 60)).unwrap();
    }
    // Its mail waits: it is not deleted with its message.
    world.store.command(StoreCommand::Unlink { file: files[2].0.clone() });
    world.read("k");
    assert!(file(files[2].0.clone()).exists());
    world.store.stop();
    let mut world = open(&path, 0);
    world.read("k");
    for (name, minutes, is_kept) in files {
        assert_eq!(file(name.clone()).exists(), is_kept, "{name}, {minutes} minutes");
    }
    world.store.stop();
    let connection = Connection::open(&path).unwrap();
    connection.execute("UPDATE mail_queue SET state = 'sent'", []).unwrap();
    drop(connection);
    let mut world = open(&path, 0);
    world.read("k");
    assert!(!data.join(format!("messages/{}.wav", uuid(3))).exists(), "its mail has gone");
    world.store.stop();
}
