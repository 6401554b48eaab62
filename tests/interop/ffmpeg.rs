//! ffmpeg: what a player that is not ours makes of our recordings.

use crate::harness::crowd::Crowd;
use crate::harness::ear::Wav;
use crate::harness::exchange::Exchange;
use crate::harness::plan::Plan;
use crate::harness::{tape, wait};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const DIALPLAN: &str = r#"
let internal = context("internal");
internal.on("_1XX", |ch| { ch.dial(user(ch.dialed), #{ timeout: 25, record: "always" }); });
internal.on_recording(|rec| log::info(`the tape ${rec.path} is complete`));
"#;
/// Voices of caller and callee, in Hz.
const ANN: u16 = 700;
const BEN: u16 = 1_100;

/// How a talk ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    HangUp,
    Crash,
}

/// A talk of three seconds and a bit; the exchange, and the file that it has recorded.
pub(crate) fn recorded(format: &str, end: End) -> (Exchange, PathBuf) {
    let mut exchange = Exchange::start(&Plan::sample().dialplan(DIALPLAN).set("recording", "format", format));
    let mut crowd = Crowd::new(&exchange);
    let [ann, ben] = [crowd.phone("101", ANN), crowd.phone("102", BEN)];
    crowd.register(&[ann, ben]);
    crowd.connects(ann, "102", ben);
    let until = Instant::now() + Duration::from_millis(3_300);
    crowd.until("time to pass", |_| (Instant::now() >= until).then_some(()));
    if end == End::Crash {
        exchange.kill();
    } else {
        crowd.hangs_up(ann);
        crowd.is_over(ben);
        wait::until("the recording", wait::SOON, || exchange.log().contains("is complete").then_some(()));
    }
    let path = tape::only(&exchange);
    (exchange, path)
}

/// What a program says of a file; it must have nothing to complain of.
fn says(program: &str, arguments: &[&str], path: &Path) -> String {
    let output = Command::new(program).args(arguments).arg(path).stdin(Stdio::null()).output().unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && complaints.is_empty(), "{program} {}: {complaints}", path.display());
    String::from_utf8(output.stdout).unwrap()
}

fn is_heard_as_it_was_said(format: &str, codec: &str, end: End) {
    let (exchange, path) = recorded(format, end);
    let fields =
        ["-v", "error", "-of", "csv=p=0", "-show_entries", "stream=codec_name,channels:format=duration"];
    let probed = says("ffprobe", &fields, &path);
    let mut lines = probed.lines();
    assert_eq!(lines.next(), Some(format!("{codec},2").as_str()), "{probed}");
    let seconds: f64 = lines.next().unwrap().parse().unwrap();
    // A crash costs a second at most; a fifth of one for a busy machine.
    assert!(seconds > if end == End::Crash { 2.1 } else { 3.2 } && seconds < 5.0, "{seconds}");
    let decoded = exchange.folder.file("decoded.wav");
    let to = decoded.to_str().unwrap();
    let status = Command::new("ffmpeg")
        .args(["-v", "error", "-xerror", "-y", "-i", path.to_str().unwrap(), "-ar", "8000", to])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let complaints = String::from_utf8_lossy(&status.stderr);
    assert!(status.status.success() && complaints.is_empty(), "{complaints}");
    let wav = Wav::read(&decoded).unwrap();
    assert_eq!(wav.channels.len(), 2);
    for (side, own, other) in [(0, ANN, BEN), (1, BEN, ANN)] {
        let (with, all) = wav.moments_with(side, own);
        assert!(with + 2 >= all && all >= 10, "{own} Hz in {with} of {all} moments");
        assert_eq!(wav.moments_with(side, other).0, 0, "{other} Hz on the other's side");
    }
}

#[test]
fn an_opus_recording_is_heard_as_it_was_said() {
    is_heard_as_it_was_said("opus", "opus", End::HangUp);
}

#[test]
fn a_wav_recording_is_heard_as_it_was_said() {
    is_heard_as_it_was_said("wav", "pcm_s16le", End::HangUp);
}

#[test]
fn an_opus_recording_is_heard_after_a_crash() {
    is_heard_as_it_was_said("opus", "opus", End::Crash);
}

#[test]
fn a_wav_recording_is_heard_after_a_crash() {
    is_heard_as_it_was_said("wav", "pcm_s16le", End::Crash);
}
