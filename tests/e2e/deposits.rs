//! A hundred messages at once in one process, and mail servers that do not take them as they are.

use crate::harness::crowd::{Crowd, Seat};
use crate::harness::exchange::Exchange;
use crate::harness::messages;
use crate::harness::plan::Plan;
use crate::harness::smtp::MailServer;
use crate::harness::tape::Tape;
use crate::harness::wait;
use cordboard_phone::Command;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::collections::BTreeSet;
use std::time::Duration;

const CALLERS: u32 = 100;
/// Registered at a time: a burst that fits the sockets' receive buffers.
const WAVE: usize = 25;
/// Two voices, so that a message that went astray is heard.
const VOICE: u16 = 700;
const OTHER_VOICE: u16 = 1_100;
const SCRIPT: &str = r#"
let internal = context("internal");
internal.on("5", |ch| { ch.voicemail("102", #{ greet: "none", skip_intro: true }); });
"#;

fn office(server: &MailServer, voicemail: &str) -> Plan {
    Plan::sample().dialplan(SCRIPT).file("etc/mail.toml", &server.settings()).file(
        "etc/voicemail.toml",
        &format!("min_s = 0\n[box.102]\nemail = [\"ben@office.test\"]\n{voicemail}"),
    )
}

#[test]
fn a_hundred_messages_left_at_once_are_there_once_and_mailed_once() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
    let server = MailServer::start();
    let users: Vec<String> = (2_000..2_000 + CALLERS).map(|number| number.to_string()).collect();
    let plan = office(&server, "messages_max = 1000\n").users(users.clone()).media_ports(600);
    let mut exchange = Exchange::start(&plan);
    let mut crowd = Crowd::new(&exchange);
    let seat = |(index, user): (usize, &String)| {
        (user.clone(), if index.is_multiple_of(3) { VOICE } else { OTHER_VOICE })
    };
    let plans: Vec<_> = users.iter().enumerate().map(seat).collect();
    let seats: Vec<Seat> = plans.iter().map(|(user, voice_hz)| crowd.phone(user, *voice_hz)).collect();
    for wave in seats.chunks(WAVE) {
        wave.iter().for_each(|seat| crowd.calls(*seat, "5"));
        wave.iter().for_each(|seat| crowd.talks(*seat));
    }
    assert_eq!(exchange.calls(), seats.len());
    crowd.goes_on(Duration::from_secs(2));
    // Half hang up, half end their message by a key.
    for (index, seat) in seats.iter().enumerate() {
        if index.is_multiple_of(2) {
            crowd.does(*seat, Command::Hangup(None));
        } else {
            crowd.presses(*seat, "#");
        }
    }
    for seat in &seats {
        assert_eq!(crowd.is_over(*seat), None);
    }
    let kept = wait::until("a hundred messages", wait::LONG, || {
        let kept = messages::all(&exchange);
        (kept.len() >= seats.len()).then_some(kept)
    });
    let callers: BTreeSet<&str> = kept.iter().map(|message| message.caller.as_str()).collect();
    assert_eq!((kept.len(), callers.len()), (seats.len(), seats.len()), "each caller has left one");
    let files: BTreeSet<_> = kept.iter().map(|message| message.file.clone()).collect();
    assert_eq!(messages::files(&exchange, "messages"), files);
    for (user, voice_hz) in &plans {
        let own = kept.iter().find(|message| message.caller == *user).unwrap();
        let (with, all) = Tape::plays(&own.file).moments_with(*voice_hz);
        // Under such a load some packets of a debug build's phones come late.
        assert!(all >= 3 && with * 2 >= all, "{user}: {with} of {all} moments are its own");
    }
    let ids: BTreeSet<String> = kept.into_iter().map(|message| message.id).collect();
    let mails = wait::until("a hundred mails", wait::LONG, || {
        let mails = server.mails();
        (mails.len() >= seats.len()).then_some(mails)
    });
    assert_eq!(mails.len(), seats.len(), "none is doubled");
    assert_eq!(mails.into_iter().map(|mail| mail.id).collect::<BTreeSet<_>>(), ids);
    let records = exchange.leaves_records(seats.len());
    assert!(records.iter().all(|record| record.disposition == "answered" && record.error.is_none()));
    assert_eq!(exchange.calls(), 0);
    exchange.still_answers();
}

#[test]
fn a_server_that_refuses_files_gets_the_mail_without_and_the_message_stays() {
    let server = MailServer::start();
    server.refuses_attachments();
    let exchange = Exchange::start(&office(&server, ""));
    let mut crowd = Crowd::new(&exchange);
    let ann = crowd.phone("101", VOICE);
    crowd.calls(ann, "5");
    crowd.talks(ann);
    crowd.goes_on(Duration::from_secs(1));
    crowd.hangs_up(ann);
    let mail = wait::until("the mail", wait::LONG, || server.mails().pop());
    assert!(!mail.has_file);
    let kept = messages::all(&exchange);
    assert!(kept.len() == 1 && kept[0].id == mail.id && kept[0].file.exists());
    wait::until("its end in the queue", wait::SOON, || {
        exchange.asks(&["mail", "list"]).contains("sent").then_some(())
    });
}

#[test]
fn options_of_the_wrong_type_are_found_with_their_place_and_nothing_is_replaced() {
    let exchange = Exchange::start(&office(&MailServer::start(), ""));
    let cases = [
        ("ch.voicemail(\"102\", #{ greet: 5 });", "greet", "main.rhai:3:"),
        ("ch.voicemail(\"102\", #{ greet: \"bsy\" });", "busy", "main.rhai:3:"),
        ("ch.voicemail(\"102\", #{ urgnt: true });", "did you mean `urgent`", "main.rhai:3:"),
        ("ch.directory(#{ letters: 9 });", "1 to 8", "main.rhai:3:"),
        ("ch.dictate(#{});", "dictate", "main.rhai:3:"),
    ];
    for (line, says, place) in cases {
        let script =
            format!("let internal = context(\"internal\");\ninternal.on(\"5\", |ch| {{\n{line}\n}});\n");
        exchange.folder.write("dialplan/main.rhai", &script);
        for command in ["check", "reload"] {
            let output = exchange.command(&[command]);
            let said = [output.stdout, output.stderr].concat();
            let said = String::from_utf8_lossy(&said);
            assert!(!output.status.success(), "{command} takes {line}");
            assert!(said.contains(says) && said.contains(place), "{command}, {line}: {said}");
        }
    }
    let mut crowd = Crowd::new(&exchange);
    let ann = crowd.phone("101", VOICE);
    crowd.calls(ann, "5");
    crowd.talks(ann);
    crowd.goes_on(Duration::from_secs(1));
    crowd.hangs_up(ann);
    wait::until("the message", wait::SOON, || (messages::all(&exchange).len() == 1).then_some(()));
}
