//! opusinfo (opus-tools): what looks at every page of a file and complains of whatever is not as RFC 3533 and RFC 7845 want it.

use super::ffmpeg::{End, recorded};
use std::path::Path;
use std::process::Command;

fn information(path: &Path) -> String {
    let output = Command::new("opusinfo").arg(path).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    String::from_utf8_lossy(&said).into_owned()
}

#[test]
fn nothing_is_wrong_with_a_whole_file() {
    let (_exchange, path) = recorded("opus", End::HangUp);
    let said = information(&path);
    assert!(!said.to_uppercase().contains("WARNING"), "{said}");
    for expected in
        ["Channels: 2", "Original sample rate: 8000 Hz", "Pre-skip: 312", "Encoded with Cordboard"]
    {
        assert!(said.contains(expected), "no {expected}: {said}");
    }
}

#[test]
fn after_a_crash_nothing_is_missing_but_the_end() {
    let (_exchange, path) = recorded("opus", End::Crash);
    let said = information(&path);
    let complaints: Vec<&str> = said.lines().filter(|line| line.to_uppercase().contains("WARNING")).collect();
    assert!(complaints.iter().all(|line| line.contains("EOS")) && complaints.len() == 1, "{said}");
}
