//! Baresip 1.0: two desk phones with configurations of their own, led by its control socket, each saying a tone from a file
//! and writing down what it decodes.

mod features;

use crate::harness::ear::{self, MOMENT_MS, Wav};
use crate::harness::exchange::Exchange;
use crate::harness::plan::Plan;
use crate::harness::process::Process;
use crate::harness::{ports, wait};
use serde_json::{Value, json};
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Where Debian puts the modules.
const MODULES: &str = "/usr/lib/baresip/modules";
/// What 101 and 102 say, in Hz.
const VOICES: [u16; 2] = [700, 1_100];
/// From one key to the next.
const KEY: Duration = Duration::from_millis(250);
/// The last moments of a file that count as now: baresip writes what it decodes in large pieces.
const RECENT: usize = 5;
/// Where a WAV file says how many bytes a second has.
const BYTE_RATE: core::ops::Range<usize> = 28..32;

/// A desk phone.
pub(super) struct Baresip {
    // Before the rest: shown first when a test fails.
    process: Process,
    user: &'static str,
    folder: PathBuf,
    control: TcpStream,
    received: Vec<u8>,
    events: Vec<Value>,
    seen: usize,
}

impl Baresip {
    /// `codecs`: what it offers and takes, as baresip writes it; empty: all that it has.
    fn start(exchange: &Exchange, user: &'static str, transport: &str, voice_hz: u16, codecs: &str) -> Self {
        let folder = exchange.folder.file(&format!("baresip-{user}"));
        fs::create_dir_all(&folder).unwrap();
        ear::write_tone(&folder.join("voice.wav"), voice_hz, 60);
        let port = ports::block();
        // Baresip takes the next port for TLS.
        let control_port = port + 4;
        fs::write(folder.join("config"), config(&folder, port, control_port)).unwrap();
        let server = if transport == "tls" { exchange.tls } else { exchange.sip };
        let account = format!(
            "<sip:{user}@cordboard.local;transport={transport}>;auth_user={user};auth_pass={};\
             outbound=\"sip:{server};transport={transport}\";regint=60;answermode=manual{}\n",
            exchange.passwords()[user],
            if codecs.is_empty() { String::new() } else { format!(";audio_codecs={codecs}") },
        );
        fs::write(folder.join("accounts"), account).unwrap();
        fs::write(folder.join("contacts"), "").unwrap();
        let mut command = Command::new("baresip");
        command.arg("-f").arg(&folder).arg("-p").arg(&folder).current_dir(&folder);
        let mut process = Process::start(&format!("baresip {user}"), &mut command, &folder.join("output"));
        let control = wait::until("baresip's control socket", wait::SOON, || {
            assert!(process.runs(), "baresip has ended");
            TcpStream::connect(("127.0.0.1", control_port)).ok()
        });
        control.set_nonblocking(true).unwrap();
        Self { process, user, folder, control, received: Vec::new(), events: Vec::new(), seen: 0 }
    }

    /// Registered, as both see it.
    pub(super) fn registered(
        exchange: &Exchange,
        user: &'static str,
        transport: &str,
        voice_hz: u16,
        codecs: &str,
    ) -> Self {
        let mut phone = Self::start(exchange, user, transport, voice_hz, codecs);
        wait::until("a registration", wait::SOON, || {
            assert!(phone.process.runs(), "baresip has ended");
            (exchange.bindings(user) == 1).then_some(())
        });
        phone
    }

    pub(super) fn does(&mut self, command: &str, parameter: &str) {
        let text = json!({ "command": command, "params": parameter }).to_string();
        self.control.write_all(format!("{}:{text},", text.len()).as_bytes()).unwrap();
    }

    /// Waits for an event that was not looked at yet; gives its parameter.
    pub(super) fn sees(&mut self, kind: &str) -> String {
        let found = wait::at_most(wait::LONG, || {
            self.take_events();
            let hit = self.events.iter().enumerate().skip(self.seen).find(|(_, event)| event["type"] == kind);
            let (at, parameter) =
                hit.map(|(at, event)| (at, event["param"].as_str().unwrap_or("").to_owned()))?;
            self.seen = at + 1;
            Some(parameter)
        });
        found.unwrap_or_else(|| panic!("{} never sees {kind}: {:#?}", self.user, self.events))
    }

    /// Netstrings of JSON.
    fn take_events(&mut self) {
        let mut buffer = [0; 4_096];
        while let Ok(length @ 1..) = self.control.read(&mut buffer) {
            self.received.extend_from_slice(&buffer[..length]);
        }
        while let Some(colon) = self.received.iter().position(|byte| *byte == b':') {
            let size: usize = String::from_utf8_lossy(&self.received[..colon]).parse().unwrap();
            if self.received.len() < colon + size + 2 {
                return;
            }
            let value: Value = serde_json::from_slice(&self.received[colon + 1..=colon + size]).unwrap();
            self.received.drain(..colon + size + 2);
            self.events.push(value);
        }
    }

    /// Presses keys, slowly enough for each to be one of its own.
    pub(super) fn presses(&mut self, keys: &str) {
        for key in keys.chars() {
            self.does("sndcode", &key.to_string());
            wait::at_most(KEY, || None::<()>);
        }
    }

    /// Hears this tone now, or soon.
    pub(super) fn hears(&self, hz: u16) {
        let is_heard = wait::at_most(wait::SOON, || {
            let heard = self.heard_so_far(hz)?;
            heard.iter().rev().take(RECENT).any(|is_heard| *is_heard).then_some(())
        });
        assert!(is_heard.is_some(), "{} does not hear {hz} Hz: {:?}", self.user, self.heard_so_far(hz));
    }

    /// The file of what it decodes, newest call last.
    fn heard_file(&self) -> Option<PathBuf> {
        let files = fs::read_dir(&self.folder).unwrap().map(|entry| entry.unwrap().path());
        files.filter(|path| path.to_string_lossy().ends_with("-dec.wav")).max()
    }

    /// Listens for another second, whatever its codec's rate and channels.
    fn listens(&self) {
        let written = || {
            let path = self.heard_file()?;
            let bytes = fs::read(path).ok()?;
            let second = u32::from_le_bytes(bytes.get(BYTE_RATE)?.try_into().ok()?);
            Some((bytes.len(), usize::try_from(second).ok()?))
        };
        let before = written().map_or(0, |(size, _)| size);
        wait::until("a second of audio", wait::SOON, || {
            let (size, second) = written()?;
            (second > 0 && size >= before + second).then_some(())
        });
    }

    /// Of each moment of the call: whether this tone was in it.
    fn heard(&self, hz: u16) -> Vec<bool> {
        self.heard_so_far(hz).expect("nothing was decoded")
    }

    fn heard_so_far(&self, hz: u16) -> Option<Vec<bool>> {
        let wav = Wav::read(&self.heard_file()?)?;
        let moment = usize::try_from(wav.rate_hz * MOMENT_MS / 1_000).ok().filter(|length| *length > 0)?;
        let moments = wav.channels.first()?.chunks_exact(moment);
        Some(moments.map(|samples| ear::hears(samples, wav.rate_hz, hz)).collect())
    }
}

fn config(folder: &Path, port: u16, control_port: u16) -> String {
    let modules = ["g711.so", "g722.so", "opus.so", "aufile.so", "aubridge.so", "sndfile.so"];
    let modules: String = modules.iter().map(|name| format!("module {name}\n")).collect();
    let applications = ["menu.so", "ctrl_tcp.so"];
    let applications: String = applications.iter().map(|name| format!("module_app {name}\n")).collect();
    let folder = folder.display();
    format!(
        "poll_method epoll\nsip_listen 127.0.0.1:{port}\ncall_local_timeout 120\ncall_max_calls 4\n\
         audio_source aufile,{folder}/voice.wav\naudio_player aubridge,ear\naudio_alert aubridge,alert\n\
         ausrc_srate 8000\nauplay_srate 8000\nausrc_channels 1\nauplay_channels 1\n\
         ausrc_format s16\nauplay_format s16\nauenc_format s16\naudec_format s16\naudio_buffer 20-160\n\
         rtp_timeout 60\nmodule_path {MODULES}\n{modules}module_tmp account.so\n{applications}\
         ctrl_tcp_listen 127.0.0.1:{control_port}\nsnd_path {folder}\n"
    )
}

/// Both registered and talking: an exchange, 101 and 102.
fn talking(transport: &str) -> (Exchange, Baresip, Baresip) {
    talking_in(transport, ["PCMA/8000/1"; 2])
}

/// The same, each with codecs of its own.
fn talking_in(transport: &str, codecs: [&str; 2]) -> (Exchange, Baresip, Baresip) {
    let exchange = Exchange::start(&Plan::sample());
    let mut ann = Baresip::registered(&exchange, "101", transport, VOICES[0], codecs[0]);
    let mut ben = Baresip::registered(&exchange, "102", transport, VOICES[1], codecs[1]);
    ann.does("dial", "102");
    ben.sees("CALL_INCOMING");
    ben.does("accept", "");
    ben.sees("CALL_ESTABLISHED");
    ann.sees("CALL_ESTABLISHED");
    ann.listens();
    ben.listens();
    (exchange, ann, ben)
}

fn end(exchange: &Exchange, ann: &mut Baresip, ben: &mut Baresip) {
    ann.does("hangup", "");
    ben.sees("CALL_CLOSED");
    ann.sees("CALL_CLOSED");
    let record = exchange.leaves_records(1).remove(0);
    assert_eq!(
        (record.disposition.as_str(), record.hangup_by.as_str()),
        ("answered", "caller"),
        "{record:?}"
    );
}

fn both_hear_each_other(transport: &str) {
    both_hear_in(transport, ["PCMA/8000/1"; 2]);
}

fn both_hear_in(transport: &str, codecs: [&str; 2]) {
    let (exchange, mut ann, mut ben) = talking_in(transport, codecs);
    end(&exchange, &mut ann, &mut ben);
    for (phone, hz) in [(&ann, VOICES[1]), (&ben, VOICES[0])] {
        let heard = phone.heard(hz);
        let good = heard.iter().filter(|is_heard| **is_heard).count();
        assert!(good >= 4 && good + 3 >= heard.len(), "{} hears {hz} Hz: {heard:?}", phone.user);
    }
}

#[test]
fn two_phones_hear_each_other_by_udp() {
    both_hear_each_other("udp");
}

#[test]
fn two_phones_hear_each_other_by_tcp() {
    both_hear_each_other("tcp");
}

#[test]
fn two_phones_hear_each_other_by_tls() {
    both_hear_each_other("tls");
}

#[test]
fn a_phone_with_opus_alone_talks_to_one_with_a_law_alone() {
    both_hear_in("udp", ["opus/48000/2", "PCMA/8000/1"]);
}

#[test]
fn a_phone_with_g722_alone_talks_to_one_with_opus_alone() {
    both_hear_in("udp", ["G722/16000/1", "opus/48000/2"]);
}

#[test]
fn two_phones_with_opus_are_only_relayed() {
    both_hear_in("udp", ["opus/48000/2", "opus/48000/2"]);
}

#[test]
fn digits_arrive_at_the_other_phone() {
    let (exchange, mut ann, mut ben) = talking("udp");
    for digit in ["1", "5", "#"] {
        ann.does("sndcode", digit);
        assert_eq!(ben.sees("CALL_DTMF_START"), digit);
        ben.sees("CALL_DTMF_END");
    }
    end(&exchange, &mut ann, &mut ben);
}

/// Who holds says nothing to the other meanwhile: `caller_holds`, or the callee does, by a re-INVITE from that end.
fn hold_and_resume(caller_holds: bool) {
    let (exchange, mut ann, mut ben) = talking("udp");
    let (holder, other) = if caller_holds { (&mut ann, &mut ben) } else { (&mut ben, &mut ann) };
    holder.does("hold", "");
    // Two whole seconds: the way into the hold may still carry a moment of voice.
    other.listens();
    other.listens();
    holder.does("resume", "");
    other.listens();
    other.listens();
    end(&exchange, &mut ann, &mut ben);
    let (other, voice) = if caller_holds { (&ben, VOICES[0]) } else { (&ann, VOICES[1]) };
    let heard = other.heard(voice);
    let first = heard.iter().position(|is_heard| *is_heard).expect("the voice before the hold");
    let pause = heard[first..].iter().position(|is_heard| !is_heard).expect("a pause") + first;
    let silent = heard[pause..].iter().take_while(|is_heard| !**is_heard).count();
    assert!(silent >= 5, "the voice is heard in spite of the hold: {heard:?}");
    assert!(
        heard[pause + silent..].iter().filter(|is_heard| **is_heard).count() >= 4,
        "no voice after: {heard:?}"
    );
}

#[test]
fn the_caller_holds_and_resumes() {
    hold_and_resume(true);
}

#[test]
fn the_callee_holds_and_resumes() {
    hold_and_resume(false);
}
