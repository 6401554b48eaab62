//! Voicemail as an office finds it: what callers and owners hear, which lamps they see, what is kept.

use cordboard_exchange::Mwi;
use cordboard_media::goertzel;
use cordboard_sim::{Handset, Peer, Plan, World, mailboxes};
use cordboard_sip::message::Message;
use cordboard_voicemail::{Settings, Uuid};
use std::time::Duration;

/// Voices of the first phones.
const ANNA: u16 = 1_100;
const BEN: u16 = 1_150;
const RATE_HZ: u32 = 8_000;
const BEEP: [u16; 2] = [1_000, 0];

fn office() -> World {
    World::new(&Plan::shipped())
}

/// With other settings of the mailboxes.
pub(crate) fn office_with(change: impl FnOnce(&mut Settings)) -> World {
    let settings = mailboxes(change);
    World::new(&Plan::shipped().with(|setup| drop(setup.services.insert("voicemail".to_owned(), settings))))
}

/// Calls a number that leads to a mailbox, skips the greeting and has heard the beep.
fn reaches(phone: &Handset, number: &str) {
    phone.calls(number);
    phone.is_answered();
    phone.hears_prompt("vm-theperson");
    phone.presses("#");
    phone.hears_tone(BEEP);
}

/// Leaves a message by hanging up.
fn leaves(world: &World, phone: &Handset, number: &str, seconds: u64) {
    reaches(phone, number);
    world.run_secs(seconds);
    phone.hangs_up();
    world.run_secs(1);
}

/// Is in its own box.
fn opens(phone: &Handset) {
    phone.calls("*97");
    phone.is_answered();
    phone.hears_prompt("vm-password");
    phone.presses(&format!("4{}#", phone.user()));
    phone.hears_prompt("vm-youhave");
}

/// Plays a message by a key, past title and envelope.
fn plays(phone: &Handset, key: &str, title: &str) {
    phone.presses(key);
    phone.hears_prompt(title);
    phone.presses("#");
}

fn hears_all(phone: &Handset, prompts: &[&str]) {
    prompts.iter().for_each(|prompt| phone.hears_prompt(prompt));
}

/// A phone's lamp of a mailbox.
fn lamp(world: &World, mailbox: &str) -> Peer {
    let lamp = world.peer("192.0.2.201:5060");
    let request = format!(
        "SUBSCRIBE sip:{mailbox}@office.example SIP/2.0\nTo: <sip:{mailbox}@office.example>\n\
         Event: message-summary\nContact: <sip:103@192.0.2.201:5060>\nAccept: application/simple-message-summary\n\
         Expires: 3600\nContent-Length: 0"
    );
    assert_eq!(lamp.asks_as("103", "mwi1", &request).status, 200);
    lamp
}

/// What the lamp is told next: `1/0 (0/0)`.
fn told(lamp: &Peer) -> String {
    let request = lamp.takes("NOTIFY");
    let body = String::from_utf8(request.body.to_vec()).unwrap();
    assert!(body.contains("Message-Account: sip:*97@office.example"), "{body}");
    let counts = body.split("Voice-Message: ").nth(1).unwrap().trim().to_owned();
    assert_eq!(body.contains("Messages-Waiting: yes"), !counts.starts_with("0/"), "{body}");
    counts
}

/// Until the lamp shows that; requests that were sent again come before.
fn until(lamp: &Peer, wanted: &str) {
    for _ in 0..12 {
        if told(lamp) == wanted {
            return;
        }
    }
    panic!("the lamp never showed {wanted}");
}

/// The only file: its path, and which voices are in each of its seconds.
fn file(world: &World) -> (String, Vec<Vec<u16>>) {
    let mut files = world.files();
    assert_eq!(files.len(), 1, "{:?}", files.iter().map(|(path, _)| path).collect::<Vec<_>>());
    let (path, samples) = files.remove(0);
    let voices = |second: &[i16]| goertzel::heard(second, RATE_HZ, &[ANNA, BEN, 1_000, 1_477], -26.0);
    (path, samples.chunks_exact(RATE_HZ as usize).map(voices).collect())
}

#[test]
fn a_message_is_left_lights_the_lamp_is_heard_and_deleted() {
    let world = office();
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    let lamp = lamp(&world, "102");
    until(&lamp, "0/0 (0/0)");
    anna.calls("102");
    ben.rings();
    world.run_secs(26);
    anna.is_answered();
    hears_all(&anna, &["digits/2", "vm-isunavail", "vm-intro"]);
    anna.hears_tone(BEEP);
    world.run_secs(5);
    anna.presses("#");
    anna.hears_prompt("vm-msgsaved");
    anna.is_over();
    until(&lamp, "1/0 (0/0)");
    let (path, voices) = file(&world);
    assert!(path.starts_with("messages/") && path.ends_with(".wav"));
    assert!(Uuid::try_from(path[9..path.len() - 4].to_owned()).is_ok(), "{path}");
    assert!(voices.len() >= 4 && voices.iter().all(|heard| *heard == [ANNA]), "{voices:?}");
    opens(&ben);
    hears_all(&ben, &["digits/1", "vm-INBOX", "vm-message"]);
    ben.presses("1");
    hears_all(&ben, &["vm-received", "digits/today", "digits/at"]);
    hears_all(&ben, &["vm-from-extension", "digits/1", "digits/0", "digits/1"]);
    ben.hears(&anna);
    world.run_secs(5);
    ben.presses("7");
    ben.hears_prompt("vm-deleted");
    ben.presses("#");
    ben.hears_prompt("vm-goodbye");
    ben.is_over();
    world.is_quiet();
    until(&lamp, "0/0 (0/0)");
    assert_eq!(world.store(|store| store.unlinked.clone()), [path]);
}

#[test]
fn a_hang_up_keeps_the_message_and_a_restart_keeps_it_and_the_lamp() {
    let world = office();
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    let lamp = lamp(&world, "102");
    until(&lamp, "0/0 (0/0)");
    leaves(&world, &anna, "*102", 4);
    until(&lamp, "1/0 (0/0)");
    world.restart();
    until(&lamp, "1/0 (0/0)");
    opens(&ben);
    hears_all(&ben, &["digits/1", "vm-INBOX", "vm-message"]);
    plays(&ben, "1", "vm-received");
    ben.hears(&anna);
    ben.hangs_up();
    until(&lamp, "0/1 (0/0)");
    world.restart();
    until(&lamp, "0/1 (0/0)");
    assert!(world.store(|store| store.unlinked.is_empty()));
}

#[test]
fn silence_ends_a_message_and_a_short_one_is_asked_for_again() {
    let world = office();
    let anna = world.registered("101");
    reaches(&anna, "*102");
    anna.presses("#");
    anna.hears_prompt("vm-tooshort");
    anna.hears_tone(BEEP);
    world.run_secs(4);
    anna.speaks(false);
    world.run_secs(9);
    anna.hears_prompt("vm-msgsaved");
    anna.is_over();
    let (path, voices) = file(&world);
    assert!((3..=6).contains(&voices.len()), "{voices:?}");
    let unlinked = world.store(|store| store.unlinked.clone());
    assert!(unlinked.len() == 1 && unlinked[0] != path);
}

#[test]
fn keys_wind_pause_and_begin_again() {
    let world = office();
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    reaches(&anna, "*102");
    world.run_secs(4);
    anna.speaks(false);
    world.run_secs(6);
    anna.speaks(true);
    world.run_secs(4);
    anna.hangs_up();
    opens(&ben);
    plays(&ben, "1", "vm-received");
    ben.hears(&anna);
    ben.presses("##");
    ben.hears_nothing();
    ben.presses("**");
    ben.hears(&anna);
    ben.presses("0");
    ben.hears_prompt("vm-paused");
    ben.hears_nothing();
    world.run_secs(20);
    ben.presses("0");
    ben.hears(&anna);
    ben.presses("###");
    world.run_ms(300);
    ben.presses("2");
    ben.hears(&anna);
    ben.hangs_up();
    world.is_quiet();
}

#[test]
fn a_deleted_message_is_kept_after_all_and_saved_in_a_folder() {
    let world = office();
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    leaves(&world, &anna, "*102", 4);
    opens(&ben);
    plays(&ben, "1", "vm-received");
    ben.hears(&anna);
    ben.presses("7");
    ben.hears_prompt("vm-deleted");
    ben.presses("7");
    ben.hears_prompt("vm-delete");
    ben.presses("9");
    ben.hears_prompt("vm-savefolder");
    ben.presses("2");
    hears_all(&ben, &["vm-savedto", "vm-Work"]);
    ben.presses("2");
    ben.hears_prompt("vm-changeto");
    ben.presses("2");
    hears_all(&ben, &["digits/1", "vm-Work"]);
    plays(&ben, "1", "vm-received");
    ben.hears(&anna);
    ben.hangs_up();
    world.is_quiet();
    assert!(world.store(|store| store.unlinked.is_empty()));
}

#[test]
fn a_message_is_sent_on_with_a_comment_before_it() {
    let world = office();
    let (anna, ben, clara) = (world.registered("101"), world.registered("102"), world.registered("103"));
    leaves(&world, &anna, "*102", 4);
    opens(&ben);
    plays(&ben, "1", "vm-received");
    ben.hears(&anna);
    ben.presses("8");
    ben.hears_prompt("vm-forwardoptions");
    ben.presses("1");
    ben.hears_prompt("vm-extension");
    ben.presses("103#");
    ben.hears_prompt("vm-forward-multiple");
    ben.presses("#");
    ben.hears_prompt("vm-prependoptions");
    ben.presses("1");
    ben.hears_prompt("vm-record-prepend");
    ben.hears_tone(BEEP);
    world.run_secs(3);
    ben.presses("#");
    ben.hears_prompt("vm-review");
    ben.presses("1");
    ben.hears_prompt("vm-msgforwarded");
    ben.hangs_up();
    opens(&clara);
    plays(&clara, "1", "vm-received");
    clara.hears(&ben);
    clara.hears(&anna);
    clara.hangs_up();
    world.is_quiet();
}

#[test]
fn greetings_are_those_that_the_owner_has_recorded() {
    let world = office();
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    opens(&ben);
    ben.presses("0");
    ben.hears_prompt("vm-options");
    ben.presses("1");
    ben.hears_prompt("vm-rec-unv");
    ben.hears_tone(BEEP);
    world.run_secs(3);
    ben.presses("#");
    ben.hears_prompt("vm-review");
    ben.presses("2");
    ben.hears(&ben);
    ben.presses("1");
    ben.hears_prompt("vm-saved");
    ben.hangs_up();
    anna.calls("*102");
    anna.is_answered();
    anna.hears(&ben);
    anna.hears_prompt("vm-intro");
    anna.hangs_up();
    // Nobody has recorded one for a busy line: then it is the number.
    anna.calls("102");
    ben.rings();
    ben.declines(486);
    anna.is_answered();
    hears_all(&anna, &["vm-theperson", "vm-isonphone"]);
    anna.hangs_up();
    world.is_quiet();
}

#[test]
fn a_new_pin_counts_at_once_and_three_wrong_ones_keep_that_phone_out() {
    let world = office();
    let ben = world.registered("102");
    opens(&ben);
    ben.presses("0");
    ben.hears_prompt("vm-options");
    ben.presses("5");
    ben.hears_prompt("vm-newpassword");
    ben.presses("2468#");
    ben.hears_prompt("vm-reenterpassword");
    ben.presses("2468#");
    ben.hears_prompt("vm-passchanged");
    ben.hangs_up();
    world.restart();
    ben.calls("*98");
    ben.is_answered();
    ben.hears_prompt("vm-login");
    ben.presses("102#");
    ben.hears_prompt("vm-password");
    ben.presses("4102#");
    ben.hears_prompt("vm-incorrect-mailbox");
    ben.presses("102#");
    ben.hears_prompt("vm-password");
    ben.presses("2468#");
    ben.hears_prompt("vm-youhave");
    ben.hangs_up();
    ben.calls("*97");
    ben.is_answered();
    for _ in 0..2 {
        ben.hears_prompt("vm-password");
        ben.presses("1111#");
        ben.hears_prompt("vm-incorrect");
    }
    ben.presses("1111#");
    hears_all(&ben, &["vm-locked", "vm-goodbye"]);
    ben.is_over();
    ben.calls("*97");
    ben.is_answered();
    ben.hears_prompt("vm-password");
    ben.presses("2468#");
    ben.hears_prompt("vm-locked");
    ben.is_over();
    // It is this phone that is kept out, nobody else.
    let anna = world.registered("101");
    anna.calls("*98");
    anna.is_answered();
    anna.hears_prompt("vm-login");
    anna.presses("102#");
    anna.hears_prompt("vm-password");
    anna.presses("2468#");
    anna.hears_prompt("vm-youhave");
    anna.hangs_up();
    world.run_secs(300);
    ben.calls("*97");
    ben.is_answered();
    ben.hears_prompt("vm-password");
    ben.presses("2468#");
    ben.hears_prompt("vm-youhave");
    ben.hangs_up();
}

#[test]
fn a_full_box_an_unknown_one_and_a_full_disk_are_said() {
    let world = office_with(|settings| {
        settings.boxes.get_mut("102").unwrap().messages_max = 1;
        settings.boxes.remove("104");
    });
    let anna = world.registered("101");
    leaves(&world, &anna, "*102", 3);
    anna.calls("*102");
    anna.is_answered();
    anna.hears_prompt("vm-isunavail");
    anna.hears_prompt("vm-mailboxfull");
    anna.is_over();
    anna.calls("*104");
    anna.is_answered();
    anna.hears_prompt("vm-nobox");
    anna.is_over();
    reaches(&anna, "*103");
    world.store(|store| store.fails = Some("disk full".to_owned()));
    world.run_secs(3);
    anna.presses("#");
    anna.hears_prompt("vm-nomail");
    anna.is_over();
    assert!(world.has_logged("service: not stored", "disk full"));
    world.is_quiet();
}

#[test]
fn a_message_is_one_mail() {
    let world = office_with(|settings| {
        settings.boxes.get_mut("102").unwrap().email = vec!["ben@example.com".to_owned()];
    });
    let anna = world.registered("101");
    leaves(&world, &anna, "*102", 3);
    leaves(&world, &anna, "*103", 3);
    let mails = world.store(|store| store.mails.clone());
    assert_eq!(mails.len(), 1);
    let mail: cordboard_app::VoicemailMail = serde_json::from_str(&mails[0].data).unwrap();
    assert_eq!(
        (mail.to, mail.caller.number.as_str(), mail.mailbox.as_str()),
        (vec!["ben@example.com".to_owned()], "101", "102")
    );
    assert!((2_000..5_000).contains(&mail.ms), "{}", mail.ms);
    // The call that left it leads to it, and no other one does.
    let entries = world.entries();
    let mailed: Vec<_> = entries
        .iter()
        .filter_map(|entry| match &entry.event {
            cordboard_journey::Event::Mailed { mailbox, kind, message, .. } => {
                Some((entry.call, mailbox.as_str(), kind.as_str(), message.clone()))
            }
            _ => None,
        })
        .collect();
    let first =
        entries.iter().find(|entry| matches!(entry.event, cordboard_journey::Event::Began { .. })).unwrap();
    assert_eq!(mailed, [(first.call, "102", "voicemail", mails[0].message.clone())]);
}

#[test]
fn scripts_count_messages_and_leave_one_in_several_boxes() {
    const SCRIPT: &str = r#"
let internal = context("internal");
internal.on("5", |ch| { let r = ch.voicemail(["102", "103"], #{ greet: "none" }); log::info(`left ${r.status}`); });
internal.on("6", |ch| { ch.say.number(mailbox("102").new_count); ch.wait(1); ch.say.number(mailbox("103").old_count); });
internal.on("7", |ch| { if mailbox("999") == () { ch.play("vm-nobox"); } });
internal.on("8", |ch| { ch.voicemail_main("103", #{ skip_pin: true }); });
internal.on_hangup(|ch| log::info("over"));
"#;
    let world = World::with_dialplan(SCRIPT);
    let (anna, clara) = (world.registered("101"), world.registered("103"));
    anna.calls("5");
    anna.is_answered();
    anna.hears_prompt("vm-intro");
    anna.hears_tone(BEEP);
    world.run_secs(4);
    anna.presses("#");
    anna.hears_prompt("vm-msgsaved");
    anna.is_over();
    assert!(world.has_logged("script", "left success"));
    clara.calls("8");
    clara.is_answered();
    clara.hears_prompt("vm-youhave");
    plays(&clara, "1", "vm-received");
    clara.hears(&anna);
    clara.presses("7");
    clara.hears_prompt("vm-deleted");
    clara.hangs_up();
    assert!(world.store(|store| store.unlinked.is_empty()), "102 has the same audio");
    anna.calls("6");
    anna.is_answered();
    anna.hears_prompt("digits/1");
    anna.hears_prompt("digits/0");
    anna.is_over();
    anna.calls("7");
    anna.is_answered();
    anna.hears_prompt("vm-nobox");
    anna.is_over();
}

#[test]
fn a_reply_goes_to_who_left_the_message_and_a_call_back_rings_its_phone() {
    let world = office();
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    leaves(&world, &anna, "*102", 4);
    opens(&ben);
    plays(&ben, "1", "vm-received");
    ben.hears(&anna);
    ben.presses("3");
    ben.hears_prompt("vm-toreply");
    ben.presses("1");
    ben.hears_prompt("vm-intro");
    ben.hears_tone(BEEP);
    world.run_secs(3);
    ben.presses("#");
    ben.hears_prompt("vm-msgsaved");
    ben.presses("3");
    ben.hears_prompt("vm-toreply");
    ben.presses("2");
    hears_all(&ben, &["digits/1", "digits/0", "vm-tocallnum", "vm-calldiffnum"]);
    ben.presses("1");
    anna.rings();
    anna.answers();
    anna.talks_with(&ben);
    ben.hangs_up();
    world.run_secs(1);
    anna.is_over();
    // The prompt for the PIN sounds here like one that has been heard: it is not waited for.
    anna.calls("*97");
    anna.is_answered();
    world.run_secs(1);
    anna.presses("4101#");
    anna.hears_prompt("vm-youhave");
    plays(&anna, "1", "vm-received");
    anna.hears(&ben);
    anna.hangs_up();
    world.is_quiet();
}

#[test]
fn voicemail_is_the_same_with_cuts() {
    let run = |cuts: Option<u64>| {
        let world = office();
        if let Some(seed) = cuts {
            world.cut_and_restore(seed, 100);
        }
        let (anna, ben) = (world.registered("101"), world.registered("102"));
        anna.calls("*102");
        world.run_secs(1);
        anna.presses("#");
        world.run_secs(5);
        anna.presses("#");
        world.run_secs(3);
        ben.calls("*97");
        world.run_secs(1);
        ben.presses("4102#");
        world.run_secs(2);
        ben.presses("1");
        world.run_secs(1);
        ben.presses("#");
        world.run_secs(2);
        ben.presses("*7");
        world.run_secs(2);
        ben.hangs_up();
        world.run_secs(35);
        world
    };
    let (plain, cut) = (run(None), run(Some(5)));
    assert!(cut.cuts_made() > 20);
    assert_eq!(plain.records(), cut.records());
    assert_eq!(plain.media_trace(), cut.media_trace());
    assert_eq!(plain.store(|store| store.rows.clone()), cut.store(|store| store.rows.clone()));
    assert_eq!(cut.store(|store| store.unlinked.len()), 1, "heard, deleted, gone");
}

/// A desk phone that registers and does not subscribe.
fn silent_phone(world: &World, call: &str) -> Peer {
    let phone = world.peer("192.0.2.210:5060");
    let request = "REGISTER sip:office.example SIP/2.0\nTo: <sip:102@office.example>\n\
                   Contact: <sip:102@192.0.2.210:5060>\nExpires: 3600\nContent-Length: 0";
    assert_eq!(phone.asks_as("102", call, request).status, 200);
    phone
}

/// An office whose 102 is told of its messages without having subscribed.
fn office_that_tells() -> World {
    World::new(&Plan::shipped().with(|setup| setup.users.get_mut("102").unwrap().mwi = Mwi::Unsolicited))
}

#[test]
fn a_phone_that_does_not_subscribe_has_its_lamp_all_the_same() {
    let world = office_that_tells();
    let anna = world.registered("101");
    let phone = silent_phone(&world, "reg1");
    phone.receives_nothing_for(Duration::from_secs(4));
    until(&phone, "0/0 (0/0)");
    leaves(&world, &anna, "*102", 4);
    until(&phone, "1/0 (0/0)");
    // A refresh is not a new phone; one that has started anew has its lamp out.
    let refresh = "REGISTER sip:office.example SIP/2.0\nTo: <sip:102@office.example>\n\
                   Contact: <sip:102@192.0.2.210:5060>\nExpires: 3600\nContent-Length: 0";
    assert_eq!(phone.asks_as("102", "reg2", refresh).status, 200);
    until(&phone, "1/0 (0/0)");
    world.restart();
    until(&phone, "1/0 (0/0)");
}

#[test]
fn a_phone_that_subscribes_is_not_told_twice_and_one_that_refuses_not_again() {
    let world = office_that_tells();
    let anna = world.registered("101");
    let phone = silent_phone(&world, "reg1");
    let subscribe = "SUBSCRIBE sip:102@office.example SIP/2.0\nTo: <sip:102@office.example>\n\
                     Event: message-summary\nContact: <sip:102@192.0.2.210:5060>\n\
                     Accept: application/simple-message-summary\nExpires: 3600\nContent-Length: 0";
    assert_eq!(phone.asks_as("102", "mwi1", subscribe).status, 200);
    until(&phone, "0/0 (0/0)");
    phone.receives_nothing_for(Duration::from_secs(20));
    leaves(&world, &anna, "*102", 4);
    until(&phone, "1/0 (0/0)");
    while let Some(again) = phone.next_within(Duration::from_secs(5)) {
        assert!(again.contains("Call-ID: mwi1"), "{again}");
    }
    // Another phone knows nothing of the kind.
    let world = office_that_tells();
    let anna = world.registered("101");
    let phone = silent_phone(&world, "reg1");
    let Message::Request(request) = phone.receives_message("NOTIFY") else { panic!("no NOTIFY") };
    phone.answers(&request, 489);
    world.run_secs(1);
    leaves(&world, &anna, "*102", 4);
    phone.receives_nothing_for(Duration::from_secs(20));
}

#[test]
fn an_option_of_the_wrong_type_that_is_only_known_in_the_call_is_said_and_logged_with_its_place() {
    const SCRIPT: &str = r#"
let internal = context("internal");
internal.on("5", |ch| {
    ch.answer();
    let greet = ch.dialed.len();
    ch.voicemail("102", #{ greet: greet });
});
"#;
    let world = World::with_dialplan(SCRIPT);
    let anna = world.registered("101");
    anna.calls("5");
    anna.is_answered();
    anna.hears_prompt("an-error-has-occurred");
    anna.is_over();
    assert!(world.has_logged("script error", "main.rhai:6:"), "{:?}", world.log());
    world.is_quiet();
}
