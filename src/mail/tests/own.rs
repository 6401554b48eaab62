//! What mails of a single box have in another way.

use super::*;
use crate::mail::BoxMail;

/// What would be attached to a mail, behind the WAV header.
fn samples(world: &World, mail: &VoicemailMail) -> Vec<i16> {
    let files = audio::attached(&world.desk.config.of(&mail.mailbox, Form::Message), mail);
    assert_eq!(files.len(), 1);
    files[0].bytes[44..].chunks(2).map(|sample| i16::from_le_bytes([sample[0], sample[1]])).collect()
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn a_box_has_its_own_sender_texts_dates_and_loudness_and_others_have_the_offices() {
    let server = Server::new(&["250 taken"; 3]);
    let mut world = World::new("own", server.port);
    std::fs::write(world.folder.join("messages/a.wav"), wav(8_000, 100, 1_000)).unwrap();
    let own = BoxMail {
        from: text("Voicemail <voicemail@office.test>"),
        subject: text("${VM_MAILBOX}: ${VM_CIDNUM}"),
        body: text("on ${VM_DATE}."),
        pager_from: text("pager@office.test"),
        pager_body: text("beep ${VM_CIDNUM}"),
        date: text("%d.%m. %H:%M"),
        time_zone: text("Asia/Tokyo"),
        gain_db: Some(6),
        ..BoxMail::default()
    };
    world.desk.config.boxes.insert("101".to_owned(), own);
    let pager = vec!["annas-pager@office.test".to_owned()];
    let mail = VoicemailMail { attach: true, audio: vec!["messages/a.wav".to_owned()], pager, ..mail() };
    let others = VoicemailMail { mailbox: "102".to_owned(), pager: Vec::new(), ..mail.clone() };
    world.order("uuid-1", &mail);
    world.order("uuid-2", &others);
    world.turn(FAR);
    let [own, paged, plain] = [(); 3].map(|()| server.mails.recv().unwrap());
    assert!(own.contains("From: Voicemail <voicemail@office.test>\n"), "{own}");
    assert!(own.contains("Subject: 101: 5550100\n"), "{own}");
    // 08:00 in UTC is 17:00 in Tokyo.
    assert!(own.contains("on 23.11. 17:00."), "{own}");
    assert!(!own.contains("text/html"), "the office's HTML says something else: {own}");
    assert_eq!((samples(&world, &mail), samples(&world, &others)), (vec![1_995; 100], vec![1_000; 100]));
    assert!(paged.contains("From: pager@office.test\n") && paged.contains("beep 5550100"), "{paged}");
    assert!(plain.contains("From: Office <pbx@office.test>\n"), "{plain}");
    assert!(plain.contains("Subject: [PBX]: New message 3 in mailbox 102\n"), "{plain}");
    assert!(plain.contains("2026-11-23 09:00") && plain.contains("text/html"), "{plain}");
    assert!(own.contains("filename=\"msg0002.wav\"") && plain.contains("filename=\"msg0002.wav\""));
}

#[test]
fn a_box_has_no_file_attached_where_it_wants_none() {
    let server = Server::new(&["250 taken"]);
    let mut world = World::new("own-none", server.port);
    std::fs::write(world.folder.join("messages/a.wav"), wav(8_000, 100, 1_000)).unwrap();
    let own = BoxMail { audio: Some(Attach::Nothing), ..BoxMail::default() };
    world.desk.config.boxes.insert("101".to_owned(), own);
    let mail = VoicemailMail { attach: true, audio: vec!["messages/a.wav".to_owned()], ..mail() };
    world.order("uuid-1", &mail);
    world.turn(FAR);
    let got = server.mails.recv().unwrap();
    assert!(!got.contains("filename=") && !got.contains("not attached"), "{got}");
}
