//! What looks at an office from outside leaves its data as they are: checks, tests, predictions.

use crate::harness::crowd::Crowd;
use crate::harness::exchange::Exchange;
use crate::harness::plan::Plan;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A test that would change all that an office has, if it could: the database, a mailbox, users' settings, records.
const TEST: &str = r#"
test("what changes much", |t| {
    t.database().set("doors", "front", "open");
    let ann = t.call("101", "102");
    t.phone("102").ignores();
    ann.hears_at_last("vm-intro");
    ann.hears("tone");
    ann.says(5);
    ann.hangs_up();
    t.mailbox("102").has(1);
    let ben = t.call("102", "*78");
    ben.is_over();
    assert(t.records().len() > 1);
});
"#;

/// Every file below a folder: its octets and when it was written.
fn files(folder: &Path, into: &mut BTreeMap<PathBuf, (Vec<u8>, SystemTime)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            files(&entry.path(), into);
        } else if entry.file_type().unwrap().is_file() {
            let written = entry.metadata().unwrap().modified().unwrap();
            into.insert(entry.path(), (fs::read(entry.path()).unwrap(), written));
        }
    }
}

#[test]
fn checks_tests_and_predictions_leave_an_offices_data_as_they_are() {
    let mut exchange = Exchange::start(&Plan::sample().file("dialplan/tests/much.rhai", TEST));
    let mut crowd = Crowd::new(&exchange);
    let [ann, ben] = [("101", 700), ("102", 1_100)].map(|(user, voice_hz)| crowd.phone(user, voice_hz));
    crowd.register(&[ann, ben]);
    crowd.connects(ann, "102", ben);
    crowd.hangs_up(ann);
    crowd.is_over(ben);
    exchange.leaves_records(1);
    // Nobody else writes from now on. Even so the database of a running exchange is there.
    exchange.kill();
    let now = || {
        let mut all = BTreeMap::new();
        files(exchange.folder.path(), &mut all);
        all
    };
    let before = now();
    assert!(before.keys().any(|path| path.starts_with(exchange.folder.file("var"))), "{:?}", before.keys());
    for command in [
        &["check"][..],
        &["test"],
        &["test", "--mutate", "3"],
        &["test", "--coverage", "--filter", "much"],
        &["routes", "--why", "102", "--from", "101"],
        &["routes", "--why", "*78", "--from", "101"],
        &["preview", "--days", "3"],
    ] {
        let output = exchange.command(command);
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
        let after = now();
        assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>(), "{command:?}");
        let changed: Vec<&PathBuf> =
            before.iter().filter(|(path, file)| after[*path] != **file).map(|(path, _)| path).collect();
        assert!(changed.is_empty(), "{command:?} has changed {changed:?}");
    }
}
