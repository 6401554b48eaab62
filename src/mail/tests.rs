//! Mails against a server of the test's own, which says what it is told to say.

use super::*;
use crate::mail::server::{Security, Sign};
use cordboard_app::{Identity, MailOrder};
use rusqlite::Connection;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;

/// A mail server: what it answers to the end of each mail's data, in turn; the last answer stays.
struct Server {
    port: u16,
    /// The mails, headers and all, that it has been shown.
    mails: mpsc::Receiver<String>,
}

impl Server {
    fn new(answers: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (tell, mails) = mpsc::sync_channel(1_000);
        let answers: Vec<String> = answers.iter().map(|answer| (*answer).to_owned()).collect();
        std::thread::spawn(move || {
            let mut count = 0;
            for stream in listener.incoming() {
                let answer = answers[count.min(answers.len() - 1)].clone();
                if let Ok(Some(mail)) =
                    stream.map_err(|_| ()).and_then(|stream| talk(stream, &answer).map_err(|_| ()))
                {
                    count += 1;
                    if tell.send(mail).is_err() {
                        return;
                    }
                }
            }
        });
        Self { port, mails }
    }
}

fn talk(stream: TcpStream, answer: &str) -> std::io::Result<Option<String>> {
    stream.set_nodelay(true)?;
    let mut out = stream.try_clone()?;
    let mut say = |line: &str| out.write_all(format!("{line}\r\n").as_bytes());
    say("220 mail.test")?;
    let (mut mail, mut is_data) = (String::new(), false);
    let mut got = None;
    for line in BufReader::new(stream).lines() {
        let line = line?;
        match (is_data, line.as_str()) {
            (true, ".") => {
                is_data = false;
                got = Some(std::mem::take(&mut mail));
                say(answer)?;
            }
            (true, text) => mail.push_str(&format!("{text}\n")),
            (false, text) if text.starts_with("EHLO") => say("250-mail.test\r\n250 8BITMIME")?,
            (false, text) if text.starts_with("RCPT TO:<nobody@") => say("550 5.1.1 no such box")?,
            (false, "DATA") => {
                is_data = true;
                say("354 go on")?;
            }
            (false, "QUIT") => {
                say("221 bye")?;
                return Ok(got);
            }
            (false, _) => say("250 ok")?,
        }
    }
    Ok(got)
}

/// A database with the queue's table, a desk that empties it, and what it tells.
struct World {
    desk: Desk,
    folder: PathBuf,
    told: mpsc::Receiver<Value>,
}

impl World {
    fn new(name: &str, port: u16) -> Self {
        let folder = std::env::temp_dir().join(format!("cordboard-mail-{name}-{}", std::process::id()));
        let _left_by_a_former_run = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(folder.join("messages")).unwrap();
        let path = folder.join("cordboard.sqlite");
        let connection = Connection::open(&path).unwrap();
        for sql in [
            include_str!("../store/migrations/0002_mail_queue.sql"),
            include_str!("../store/migrations/0003_mail_delivery.sql"),
        ] {
            connection.execute_batch(sql).unwrap();
        }
        let (tell, told) = mpsc::sync_channel(10);
        let texts = MailTexts {
            subject: "[PBX]: New message ${VM_MSGNUM} in mailbox ${VM_MAILBOX}".to_owned(),
            body: "${VM_NAME}: ${VM_CALLERID} ${VM_DUR} ${VM_DATE} ${NO_FIELD}.".to_owned(),
            html: "<b>${VM_CALLERID}</b>".to_owned(),
            pager_subject: "new".to_owned(),
            pager_body: "${VM_CIDNUM}".to_owned(),
            dictation_subject: "dictation ${VM_CATEGORY}".to_owned(),
            dictation_body: "${VM_NAME}, ${VM_DUR}".to_owned(),
            date: "%Y-%m-%d %H:%M".to_owned(),
        };
        let server = MailServer {
            host: "127.0.0.1".to_owned(),
            port,
            security: Security::Nothing,
            sign: Sign::Nobody,
            roots: None,
        };
        let config = MailConfig {
            server: Some(server),
            from: "Office <pbx@office.test>".to_owned(),
            texts,
            audio: Attach::Wav,
            time_zone: "Europe/Berlin".to_owned(),
            gain_db: 0,
            boxes: BTreeMap::new(),
            data: folder.clone(),
        };
        let tell: Tell = Box::new(move |message| tell.send(message).unwrap());
        Self { desk: Desk { queue: Queue::open(&path).unwrap(), config, tell }, folder, told }
    }

    fn order(&self, message: &str, mail: &VoicemailMail) {
        self.order_of(message, "voicemail", mail);
    }

    fn order_of(&self, message: &str, kind: &str, mail: &VoicemailMail) {
        let order = MailOrder {
            mailbox: mail.mailbox.clone(),
            message: message.to_owned(),
            kind: kind.to_owned(),
            call: None,
            data: serde_json::to_string(mail).unwrap(),
        };
        let connection = Connection::open(self.folder.join("cordboard.sqlite")).unwrap();
        let sql = "INSERT INTO mail_queue (mailbox, message, kind, data) VALUES (?1, ?2, ?3, ?4) \
                   ON CONFLICT (message, kind) DO NOTHING";
        connection.execute(sql, [order.mailbox, order.message, order.kind, order.data]).unwrap();
    }

    /// Tries what is due at that time.
    fn turn(&mut self, now: i64) {
        for waiting in self.desk.queue.due(now, BATCH_MAX).unwrap() {
            self.desk.send(waiting);
        }
    }

    fn only(&self) -> Waiting {
        self.desk.queue.list(10).unwrap().remove(0)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _is_temporary = std::fs::remove_dir_all(&self.folder);
    }
}

fn mail() -> VoicemailMail {
    VoicemailMail {
        to: vec!["anna@office.test".to_owned()],
        name: "Anna".to_owned(),
        mailbox: "101".to_owned(),
        number: 3,
        ms: 64_200,
        caller: Identity { number: "5550100".to_owned(), name: "Bo <b>&\r\nBcc: x@y.test".to_owned() },
        received_unix_us: 1_795_420_800_000_000,
        ..VoicemailMail::default()
    }
}

const FAR: i64 = i64::MAX;

#[test]
fn a_mail_has_the_header_fields_that_filters_know_from_asterisk() {
    let server = Server::new(&["250 taken"]);
    let mut world = World::new("headers", server.port);
    let caller = Identity { number: "5550100".to_owned(), name: "Bo".to_owned() };
    let mail = VoicemailMail { urgent: true, category: "sales".to_owned(), caller, ..mail() };
    world.order("uuid-1", &mail);
    world.turn(FAR);
    let got = server.mails.recv().unwrap();
    let wanted = [
        "VM-Message-Num: 3",
        "VM-Server-Name: Cordboard",
        "VM-Context: default",
        "VM-Extension: 101",
        "VM-Flag: Urgent",
        "VM-Priority: 1",
        "VM-Caller-ID-Num: 5550100",
        "VM-Caller-ID-Name: Bo",
        "VM-Duration: 65",
        "VM-Category: sales",
        "VM-Message-Type: Message",
        "VM-Orig-date: 2026-11-23 09:00",
        "VM-Orig-time: 1795420800",
        "VM-Message-ID: uuid-1",
        "CallerID: 5550100",
        "CallerIDName: Bo",
    ];
    for field in wanted {
        assert!(got.lines().any(|line| line == format!("X-Asterisk-{field}")), "{field}: {got}");
    }
}

#[test]
fn every_field_that_templates_know_from_asterisk_has_its_value() {
    let server = Server::new(&[]);
    let world = World::new("fields", server.port);
    let caller = |number: &str, name: &str| Identity { number: number.to_owned(), name: name.to_owned() };
    let mail = VoicemailMail {
        urgent: true,
        category: "sales".to_owned(),
        caller: caller("5550100", "Bo"),
        original: Some((caller("104", "Dora"), 1_795_424_400_000_000)),
        ..mail()
    };
    let fields = super::text::fields(&world.desk.config, &mail);
    let wanted = [
        ("VM_NAME", "Anna"),
        ("VM_DUR", "1:05"),
        ("VM_MSGNUM", "3"),
        ("VM_CONTEXT", "default"),
        ("VM_MAILBOX", "101"),
        ("VM_CALLERID", "\"Bo\" <5550100>"),
        ("VM_CIDNUM", "5550100"),
        ("VM_CIDNAME", "Bo"),
        ("VM_DATE", "2026-11-23 09:00"),
        ("VM_CATEGORY", "sales"),
        ("VM_FLAG", "Urgent"),
        ("ORIG_VM_CALLERID", "\"Dora\" <104>"),
        ("ORIG_VM_CIDNUM", "104"),
        ("ORIG_VM_CIDNAME", "Dora"),
        ("ORIG_VM_DATE", "2026-11-23 10:00"),
    ];
    for (name, value) in wanted {
        let field = fields.iter().find(|(known, _)| *known == name);
        assert_eq!(field.map(|(_, value)| value.as_str()), Some(value), "{name}");
    }
}

#[test]
fn a_mail_says_who_called_when_and_how_long_and_has_the_audio() {
    let server = Server::new(&["250 taken"]);
    let mut world = World::new("whole", server.port);
    std::fs::write(world.folder.join("messages/a.wav"), b"RIFF\xff\xff\xff\xff").unwrap();
    let mail = VoicemailMail { attach: true, audio: vec!["messages/a.wav".to_owned()], ..mail() };
    world.order("uuid-1", &mail);
    world.turn(FAR);
    let got = server.mails.recv().unwrap();
    assert!(got.contains("Subject: [PBX]: New message 3 in mailbox 101\n"), "{got}");
    assert!(got.contains("Message-ID: <uuid-1@office.test>\n"), "{got}");
    assert!(
        got.contains("X-Asterisk-VM-Extension: 101\n") && got.contains("X-Asterisk-VM-Duration: 65\n"),
        "{got}"
    );
    assert!(!got.lines().any(|line| line.starts_with("Bcc:")), "a caller's name made a header field: {got}");
    // 08:00 in UTC is 09:00 in Berlin.
    assert!(got.contains("1:05 2026-11-23 09:00 .") || got.contains("1:05 2026-11-23 09:00=20."), "{got}");
    assert!(got.contains("Bo &lt;b&gt;&amp;"), "HTML is escaped: {got}");
    assert!(got.contains("filename=\"msg0002.wav\"") && got.contains("UklGRv////8="), "{got}");
    let row = world.only();
    assert_eq!((row.state.as_str(), row.detail.as_str(), row.attempts), ("sent", "250 taken", 1));
    world.turn(FAR);
    assert!(server.mails.try_recv().is_err(), "it was sent twice");
}

#[test]
fn a_server_that_is_away_is_tried_later_and_later_and_gets_each_mail_once() {
    let server = Server::new(&["451 not now", "451 not now", "250 taken"]);
    let mut world = World::new("later", server.port);
    world.order("uuid-1", &mail());
    world.order("uuid-1", &mail());
    world.turn(FAR);
    let first = world.only();
    assert_eq!((first.state.as_str(), first.attempts), ("waiting", 1));
    assert!(first.detail.contains("not now"), "{}", first.detail);
    world.turn(first.next_unix_s - 1);
    assert_eq!(world.only().attempts, 1, "it is not tried before its time");
    world.turn(first.next_unix_s);
    let second = world.only();
    assert!(second.next_unix_s - second.changed_unix_s >= 2 * RETRY_FIRST_S);
    world.turn(FAR);
    assert_eq!((world.only().state.as_str(), server.mails.try_iter().count()), ("sent", 3));
    // Nobody listens at all.
    world.order("uuid-2", &mail());
    world.desk.config.server.as_mut().unwrap().port = 1;
    world.turn(FAR);
    assert_eq!(world.only().state, "waiting");
}

#[test]
fn a_hundred_messages_and_a_dead_server_end_in_a_hundred_mails() {
    let server = Server::new(&["250 taken"]);
    let mut world = World::new("hundred", 1);
    (0..100).for_each(|n| world.order(&format!("uuid-{n}"), &mail()));
    for _ in 0..6 {
        world.turn(FAR);
    }
    world.desk.config.server.as_mut().unwrap().port = server.port;
    for _ in 0..6 {
        world.turn(FAR);
    }
    let got: Vec<String> = server.mails.try_iter().collect();
    let ids: std::collections::BTreeSet<&str> =
        got.iter().filter_map(|mail| mail.lines().find(|line| line.starts_with("Message-ID:"))).collect();
    assert_eq!((got.len(), ids.len()), (100, 100));
}

#[test]
fn a_recipient_that_there_is_not_fails_and_the_others_have_theirs_once() {
    let server = Server::new(&["250 taken"]);
    let mut world = World::new("refused", server.port);
    let to = ["anna@office.test", "nobody@office.test", "bo@office.test"].map(str::to_owned).to_vec();
    world.order(
        "uuid-1",
        &VoicemailMail { to, pager: vec!["1@pager.test".to_owned()], delete_after: true, ..mail() },
    );
    world.turn(FAR);
    let row = world.only();
    assert_eq!((row.state.as_str(), row.done), ("failed", 0b1101));
    assert!(row.detail.contains("nobody@office.test") || row.detail.contains("taken"), "{}", row.detail);
    assert_eq!(server.mails.try_iter().count(), 3);
    assert!(world.told.try_recv().is_err(), "not everybody has it: the message stays");
    // An operator tries again: nobody gets it twice.
    assert_eq!(world.desk.queue.retry(None).unwrap(), 1);
    world.turn(FAR);
    assert_eq!(server.mails.try_iter().count(), 0);
}

#[test]
fn what_is_too_large_goes_without_its_audio_and_says_so() {
    let server = Server::new(&["552 5.3.4 too big", "250 taken"]);
    let mut world = World::new("large", server.port);
    std::fs::write(world.folder.join("messages/a.wav"), b"RIFFxxxx").unwrap();
    let mail = VoicemailMail {
        attach: true,
        audio: vec!["messages/a.wav".to_owned()],
        delete_after: true,
        ..mail()
    };
    world.order("uuid-1", &mail);
    world.turn(FAR);
    let got: Vec<String> = server.mails.try_iter().collect();
    assert!(got[0].contains("msg0002.wav") && !got[1].contains("msg0002.wav"));
    assert!(got[1].contains("not attached"), "{}", got[1]);
    assert_eq!(world.only().state, "sent");
    let told = world.told.try_recv().unwrap();
    assert_eq!(told, Value::Text(r#"{"Mailed":{"message":"uuid-1"}}"#.to_owned()));
}

#[test]
fn an_order_that_is_not_understood_fails_and_the_next_one_is_sent() {
    let server = Server::new(&["250 taken"]);
    let mut world = World::new("garbage", server.port);
    let connection = Connection::open(world.folder.join("cordboard.sqlite")).unwrap();
    let sql = "INSERT INTO mail_queue (mailbox, message, kind, data) VALUES ('1', 'x', 'voicemail', '{')";
    connection.execute(sql, []).unwrap();
    world.order("uuid-1", &VoicemailMail { audio: vec!["../secret".to_owned()], attach: true, ..mail() });
    world.turn(FAR);
    let states: Vec<String> = world.desk.queue.list(10).unwrap().into_iter().map(|row| row.state).collect();
    assert_eq!(states, ["sent", "failed"]);
    assert!(!server.mails.recv().unwrap().contains("filename"), "a file outside is not attached");
}

#[test]
fn times_between_attempts_double_up_to_an_hour() {
    let times: Vec<i64> = (1..=9).map(retry_s).collect();
    assert_eq!(times, [60, 120, 240, 480, 960, 1_920, 3_600, 3_600, 3_600]);
}

/// A WAV file of so many samples of one value.
fn wav(rate_hz: u32, samples: usize, value: i16) -> Vec<u8> {
    let size = u32::try_from(samples * 2).unwrap();
    let mut wav = Vec::new();
    wav.extend(b"RIFF");
    wav.extend((size + 36).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    wav.extend(rate_hz.to_le_bytes());
    wav.extend((rate_hz * 2).to_le_bytes());
    wav.extend(b"\x02\0\x10\0data");
    wav.extend(size.to_le_bytes());
    (0..samples).for_each(|_| wav.extend(value.to_le_bytes()));
    wav
}

#[test]
fn a_dictation_is_one_file_unless_its_parts_sound_differently() {
    // (rate of the second part, names of what is attached)
    let cases: [(u32, &[&str]); 2] =
        [(8_000, &["dictation-12.wav"]), (16_000, &["dictation-12-1.wav", "dictation-12-2.wav"])];
    for (rate_hz, names) in cases {
        let server = Server::new(&["250 taken"]);
        let mut world = World::new(&format!("dictation-{rate_hz}"), server.port);
        std::fs::write(world.folder.join("messages/a.wav"), wav(8_000, 100, 1)).unwrap();
        std::fs::write(world.folder.join("messages/b.wav"), wav(rate_hz, 50, 2)).unwrap();
        let audio = ["messages/a.wav", "messages/gone.wav", "messages/b.wav"].map(str::to_owned).to_vec();
        let mail = VoicemailMail { audio, category: "12".to_owned(), ..mail() };
        world.order_of("uuid-1", "dictation", &mail);
        world.turn(FAR);
        let got = server.mails.recv().unwrap();
        assert!(got.contains("Subject: dictation 12\n"), "{got}");
        assert!(!got.contains("X-Asterisk-"), "a filter for messages must not take it: {got}");
        let attached: Vec<&str> =
            got.split("filename=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        if rate_hz == 8_000 {
            assert_eq!(attached, names);
        } else {
            assert_eq!(attached.len(), 2, "{attached:?}");
        }
        assert_eq!(world.only().state, "sent");
    }
}

#[test]
fn a_message_whose_file_can_not_be_read_is_a_mail_all_the_same_that_says_so() {
    let server = Server::new(&["250 taken"]);
    let mut world = World::new("unreadable", server.port);
    let mail = VoicemailMail { attach: true, audio: vec!["messages/gone.wav".to_owned()], ..mail() };
    world.order("uuid-1", &mail);
    world.turn(FAR);
    let got = server.mails.recv().unwrap();
    assert!(!got.contains("filename=") && got.contains("not attached: its file can't be read"), "{got}");
    assert_eq!(world.only().state, "sent");
}

#[test]
fn names_in_any_script_are_encoded_in_header_and_body() {
    let server = Server::new(&["250 taken"]);
    let mut world = World::new("scripts", server.port);
    world.desk.config.from = "Büro 電話 <pbx@office.test>".to_owned();
    world.desk.config.texts.subject = "${VM_CIDNAME}: ${VM_NAME}".to_owned();
    let caller = Identity { number: "5550100".to_owned(), name: "Дмитрий Øst 王".to_owned() };
    world.order("uuid-1", &VoicemailMail { name: "Zoë Müller".to_owned(), caller, ..mail() });
    world.turn(FAR);
    let got = format!("\n{}", server.mails.recv().unwrap());
    assert!(got.is_ascii(), "SMTP without SMTPUTF8 is ASCII: {got}");
    let header = |name: &str| {
        let from = got.find(&format!("\n{name}: ")).unwrap_or_else(|| panic!("no {name}: {got}"));
        let rest = &got[from + 1..];
        let ends =
            rest.match_indices('\n').find(|(at, _)| !rest[at + 1..].starts_with([' ', '\t'])).unwrap().0;
        rest[..ends].to_owned()
    };
    // RFC 2047: an encoded word for what is not ASCII, the address as it is.
    assert!(header("From").contains("=?utf-8?b?") && header("From").contains("<pbx@office.test>"), "{got}");
    for name in ["Subject", "X-Asterisk-CallerIDName", "X-Asterisk-VM-Caller-ID-Name"] {
        assert!(header(name).contains("=?utf-8?b?"), "{name}: {got}");
    }
    assert!(got.contains("Zo=C3=AB M=C3=BCller"), "{got}");
}

#[test]
fn the_mail_of_an_emergency_call_says_in_its_subject_what_has_happened() {
    let server = Server::new(&["250 taken"]);
    let mut world = World::new("emergency", server.port);
    let mail = VoicemailMail {
        to: vec!["desk@office.example".to_owned()],
        category: "Emergency call from 101 Anna to 112 (first floor)".to_owned(),
        urgent: true,
        ..mail()
    };
    world.order_of("emergency-1", "emergency", &mail);
    world.turn(FAR);
    let got = server.mails.recv().unwrap();
    assert!(got.contains("Subject: Emergency call from 101 Anna to 112 (first floor)\n"), "{got}");
    assert_eq!(world.only().state, "sent");
    assert!(!got.contains("not attached"), "{got}");
}

mod own;
