//! aiosmtpd: a mail server that is not ours. A message that baresip leaves arrives there as a mail, with its sound, the lamp's counts
//! change, and `cordboard mail` says what became of it.

mod secure;

use super::baresip::Baresip;
use crate::harness::ear::{MOMENT_MS, Wav, hears};
use crate::harness::exchange::Exchange;
use crate::harness::plan::Plan;
use crate::harness::process::Process;
use crate::harness::watcher::Watcher;
use crate::harness::{ports, wait};
use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the caller says, in Hz.
const VOICE: u16 = 700;

/// A server that puts what it takes into a Maildir.
struct MailServer {
    _process: Process,
    mails: PathBuf,
}

impl MailServer {
    fn start(folder: &Path, port: u16) -> Self {
        let mails = folder.join("maildir");
        let mut command = Command::new("aiosmtpd");
        command
            .args(["-n", "-l", &format!("127.0.0.1:{port}"), "-c", "aiosmtpd.handlers.Mailbox"])
            .arg(&mails);
        let mut process = Process::start("aiosmtpd", &mut command, &folder.join("aiosmtpd-output"));
        wait::until("the mail server", wait::SOON, || {
            assert!(process.runs(), "aiosmtpd has ended");
            TcpStream::connect(("127.0.0.1", port)).ok()
        });
        Self { _process: process, mails }
    }

    fn mails(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.mails.join("new")) else { return Vec::new() };
        entries.map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap()).collect()
    }
}

/// An office whose 103 is away and has mails sent, with a server at `port`.
fn office(port: u16) -> Exchange {
    let plan = Plan::sample()
        .dialplan(
            "let internal = context(\"internal\");
            internal.on(\"_10X\", |ch| ch.voicemail(ch.dialed, #{ greet: \"none\", skip_intro: true }));
            internal.on(\"*97\", |ch| ch.voicemail_main(\"\", #{ own: true }));",
        )
        .file(
            "etc/mail.toml",
            &format!("[server]\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"none\"\n"),
        )
        .file("etc/voicemail.toml", "[box.103]\nemail = [\"carol@office.test\"]\n");
    Exchange::start(&plan)
}

/// 101 leaves a message for 103, some seconds of its voice, and hangs up.
fn leaves_a_message(exchange: &Exchange) {
    let mut ann = Baresip::registered(exchange, "101", "udp", VOICE, "PCMA/8000/1");
    ann.does("dial", "103");
    ann.sees("CALL_ESTABLISHED");
    // A WAV file of 8 kHz has 16,000 bytes a second.
    wait::until("four seconds of a message", wait::LONG, || {
        let entries = fs::read_dir(exchange.folder.file("var/messages")).ok()?;
        entries
            .filter_map(Result::ok)
            .any(|entry| entry.metadata().is_ok_and(|meta| meta.len() > 64_000))
            .then_some(())
    });
    ann.does("hangup", "");
    ann.sees("CALL_CLOSED");
}

#[test]
fn a_message_arrives_as_a_mail_that_can_be_played() {
    let port = ports::block();
    let exchange = office(port);
    let server = MailServer::start(&exchange.folder.file("."), port);
    leaves_a_message(&exchange);
    let mail = wait::until("the mail", wait::LONG, || server.mails().pop());
    for line in ["To: carol@office.test", "X-Asterisk-VM-Extension: 103", "X-Asterisk-VM-Caller-ID-Num: 101"]
    {
        assert!(mail.lines().any(|given| given == line), "no `{line}`: {}", shortened(&mail));
    }
    let path = exchange.folder.file("attached.wav");
    fs::write(&path, attachment(&mail)).unwrap();
    let wav = Wav::read(&path).expect("the attachment is no WAV file");
    let moment = usize::try_from(wav.rate_hz * MOMENT_MS / 1_000).unwrap();
    let moments: Vec<bool> =
        wav.channels[0].chunks_exact(moment).map(|samples| hears(samples, wav.rate_hz, VOICE)).collect();
    let good = moments.iter().filter(|is_heard| **is_heard).count();
    assert!(good >= 10 && good + 4 >= moments.len(), "the caller's voice: {moments:?}");
    // The server has it a moment before it says so.
    let listed = wait::until("the mail's fate", wait::SOON, || {
        Some(exchange.asks(&["mail", "list"])).filter(|listed| listed.contains("sent"))
    });
    assert!(listed.contains("103"), "{listed}");
}

#[test]
fn a_message_is_mailed_lights_the_lamp_and_is_heard_and_deleted_by_keys() {
    let port = ports::block();
    let exchange = office(port);
    let server = MailServer::start(&exchange.folder.file("."), port);
    let password = exchange.passwords()["103"].clone();
    let mut lamp = Watcher::of_mailbox(exchange.sip, "103", &password);
    lamp.shows("0/0 (0/0)");
    leaves_a_message(&exchange);
    wait::until("the mail", wait::LONG, || server.mails().pop());
    lamp.shows("1/0 (0/0)");
    let mut carol = Baresip::registered(&exchange, "103", "udp", 1_700, "PCMA/8000/1");
    let boxes = exchange.asks_json(&["mailboxes", "--json"]);
    let pin = boxes.iter().find(|mailbox| mailbox["mailbox"] == "103").unwrap()["first_pin"].clone();
    carol.does("dial", "*97");
    carol.sees("CALL_ESTABLISHED");
    carol.presses(&format!("{}#", pin.as_str().unwrap()));
    carol.presses("1");
    carol.hears(VOICE);
    carol.presses("7#");
    carol.sees("CALL_CLOSED");
    lamp.shows("0/0 (0/0)");
    let messages = exchange.folder.file("var/messages");
    wait::until("the file's end", wait::SOON, || {
        (fs::read_dir(&messages).unwrap().count() == 0).then_some(())
    });
    assert_eq!(server.mails().len(), 1);
}

#[test]
fn while_the_server_is_away_a_mail_waits_and_then_arrives_once() {
    let port = ports::block();
    let exchange = office(port);
    leaves_a_message(&exchange);
    wait::until("an attempt that failed", wait::LONG, || {
        let listed = exchange.asks(&["mail", "list"]);
        (listed.contains("waiting") && listed.contains("refused")).then_some(())
    });
    let server = MailServer::start(&exchange.folder.file("."), port);
    exchange.asks(&["mail", "retry"]);
    wait::until("the mail", wait::LONG, || server.mails().pop());
    wait::until("its end in the queue", wait::LONG, || {
        exchange.asks(&["mail", "list"]).contains("sent").then_some(())
    });
    assert_eq!(server.mails().len(), 1);
}

fn shortened(mail: &str) -> String {
    mail.lines().take(60).collect::<Vec<_>>().join("\n")
}

/// The bytes of the attached file.
fn attachment(mail: &str) -> Vec<u8> {
    let (_, part) = mail.split_once("filename=\"msg0000.wav\"").expect("no attachment");
    let (_, body) = part.split_once("\n\n").expect("an empty attachment");
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0u32, 0);
    for c in body.bytes().take_while(|c| *c != b'-') {
        let digit = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => continue,
        };
        bits = bits << 6 | u32::from(digit);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xFF).unwrap());
        }
    }
    bytes
}
