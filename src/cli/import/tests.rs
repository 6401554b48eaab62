//! What is imported passes the checks of an office, all of them.

use super::*;
use crate::config::{Config, Facts};
use crate::{agree, scripts};
use cordboard_dialplan::{Dialplan, Fibers};

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/import/tests/samples")
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("cordboard-import-{name}-{}", std::process::id()));
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    folder
}

fn asterisk(dir: PathBuf, out: &Path, spool: Option<PathBuf>) -> Result<()> {
    run(ImportCommand::Asterisk { dir, out: out.to_owned(), spool })
}

#[test]
fn every_sample_becomes_an_office_that_passes_check() {
    for sample in fs::read_dir(samples()).unwrap() {
        let dir = sample.unwrap().path();
        let name = dir.file_name().unwrap().to_str().unwrap().to_owned();
        let out = folder(&name);
        asterisk(dir, &out, None).unwrap();
        let config = Config::check(&out.join("etc")).unwrap_or_else(|errors| panic!("{name}: {errors}"));
        let bundle = scripts::read(&config).unwrap();
        let applications = cordboard_installed::installed().applications;
        let dialplan = Dialplan::load_in(&bundle, &Fibers::default(), &applications).unwrap();
        let setup = config.setup(Facts::of_no_process());
        let refused = agree::refused(&agree::findings(&setup, &dialplan, None));
        assert_eq!(refused, None, "{name}");
        assert!(!setup.users.is_empty(), "{name}");
        fs::remove_dir_all(&out).unwrap();
    }
}

#[test]
fn passwords_and_pins_are_those_of_asterisk_and_for_their_owners_eyes_alone() {
    use std::os::unix::fs::PermissionsExt;
    let out = folder("secrets");
    asterisk(samples().join("small-office"), &out, None).unwrap();
    let config = Config::check(&out.join("etc")).unwrap();
    let setup = config.setup(Facts::of_no_process());
    assert_eq!(setup.users["101"].password, "s3cret-101");
    assert_eq!(config.voicemail_settings().boxes["102"].pin, "4712");
    for file in SECRETS {
        let mode = fs::metadata(out.join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    fs::remove_dir_all(&out).unwrap();
}

#[test]
fn nothing_is_written_over() {
    let out = folder("over");
    asterisk(samples().join("hotdesk"), &out, None).unwrap();
    let error = asterisk(samples().join("hotdesk"), &out, None).unwrap_err().to_string();
    assert!(error.contains("is there already"), "{error}");
    fs::remove_dir_all(&out).unwrap();
}

#[test]
fn a_folder_without_asterisk_is_told_so() {
    let empty = folder("empty");
    fs::create_dir_all(&empty).unwrap();
    let error = asterisk(empty.clone(), &empty, None).unwrap_err().to_string();
    assert!(error.contains("has no file of Asterisk's configuration"), "{error}");
    fs::remove_dir_all(&empty).unwrap();
}

/// A tenth of a second of a rising line, as Asterisk writes it.
fn tone() -> Vec<u8> {
    crate::media::wav_file(8_000, &(0..800).collect::<Vec<i16>>())
}

#[test]
fn messages_and_greetings_come_along() {
    let (out, spool) = (folder("spool"), folder("spool-asterisk"));
    let inbox = spool.join("default/101/INBOX");
    fs::create_dir_all(&inbox).unwrap();
    let text = "[message]\ncallerid=\"Carla\" <5550100>\norigtime=1700000000\nflag=Urgent\nduration=1\n";
    fs::write(inbox.join("msg0000.txt"), text).unwrap();
    fs::write(inbox.join("msg0000.wav"), tone()).unwrap();
    fs::write(inbox.join("msg0001.txt"), text).unwrap();
    fs::write(spool.join("default/101/unavail.wav"), tone()).unwrap();
    asterisk(samples().join("small-office"), &out, Some(spool.clone())).unwrap();
    let report = fs::read_to_string(out.join("import-report.txt")).unwrap();
    assert!(report.contains("1 voicemail messages") && report.contains("1 voicemail greetings"), "{report}");
    assert!(report.contains("msg0001.txt") && report.contains("it has no audio"), "{report}");

    let rows = crate::store::read_rows(&out.join("var/cordboard.sqlite")).unwrap();
    let message = rows.iter().find(|row| row.key.starts_with("message/")).unwrap();
    let message: cordboard_voicemail::Message = serde_json::from_str(&message.row).unwrap();
    assert_eq!((message.caller.name.as_str(), message.caller.number.as_str()), ("Carla", "5550100"));
    assert_eq!((message.mailbox.as_str(), message.urgent, message.ms()), ("101", true, 100));
    assert_eq!(message.received_unix_us, 1_700_000_000_000_000);
    assert_eq!(fs::read(out.join("var").join(&message.audio[0].file)).unwrap(), tone());
    let greetings = rows.iter().find(|row| row.key == "box/101").unwrap();
    let greetings: cordboard_voicemail::BoxRow = serde_json::from_str(&greetings.row).unwrap();
    assert_eq!(greetings.unavailable.map(|part| part.ms), Some(100));
    assert_eq!(greetings.busy, None);
    [out, spool].iter().for_each(|folder| fs::remove_dir_all(folder).unwrap());
}
