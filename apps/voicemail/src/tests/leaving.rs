//! Leaving messages.

use super::*;
use cordboard_app::Application;

fn options(entries: &[(&str, Value)]) -> Value {
    Value::Map(entries.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect())
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

#[test]
fn a_message_is_taken_after_greeting_and_instructions_and_the_lamp_is_lit() {
    let office = office(|_| ());
    let mut call = Call::leaves(&office, "5550100", "101");
    call.hears(&["vm-theperson", "digits/1", "digits/0", "digits/1", "vm-isunavail", "vm-intro"]);
    call.listens();
    call.speaks(8_000, MessageEnd::Digit('#'));
    call.hears(&["vm-msgsaved"]);
    call.listens();
    let outcome = call.ends("success");
    assert_eq!(outcome.entry("saved"), &Value::Bool(true));
    let office = office.borrow();
    let messages = office.messages("101");
    assert_eq!((messages.len(), messages[0].ms(), office.lamp("101")), (1, 8_000, (1, 0)));
    assert_eq!(messages[0].caller.number, "5550100");
    assert_eq!(messages[0].audio[0].file, format!("messages/{}.wav", messages[0].id));
    assert!(office.unlinked.is_empty() && !office.rows.keys().any(|key| key.starts_with("draft/")));
}

#[test]
fn every_end_of_a_message_has_its_outcome() {
    // (ms, end, says, status, kept)
    let cases = [
        (5_000, MessageEnd::HungUp, None, "success", 1),
        (5_000, MessageEnd::Silence, Some("vm-msgsaved"), "success", 1),
        (5_000, MessageEnd::Full, Some("vm-msgsaved"), "success", 1),
        (5_000, MessageEnd::Failed("full".to_owned()), Some("vm-msgsaved"), "success", 1),
        (2_000, MessageEnd::HungUp, None, "success", 1),
        (1_999, MessageEnd::HungUp, None, "failed", 0),
        (0, MessageEnd::HungUp, None, "failed", 0),
        (0, MessageEnd::Silence, None, "failed", 0),
        (0, MessageEnd::Failed("full".to_owned()), Some("vm-nomail"), "failed", 0),
    ];
    for (ms, end, says, status, kept) in cases {
        let office = office(|_| ());
        let mut call = Call::leaves(&office, "5550100", "101");
        call.listens();
        call.speaks(ms, end.clone());
        if let Some(says) = says {
            call.hears(&[says]);
            call.listens();
        }
        call.ends(status);
        let office = office.borrow();
        assert_eq!(office.messages("101").len(), kept, "{ms} {end:?}");
        assert_eq!(office.unlinked.len(), 1 - kept, "what is not kept is deleted: {ms} {end:?}");
    }
}

#[test]
fn a_message_that_is_too_short_is_asked_for_again_three_times() {
    let office = office(|_| ());
    let mut call = Call::leaves(&office, "5550100", "101");
    call.listens();
    for _ in 0..2 {
        call.speaks(500, MessageEnd::Digit('#'));
        call.hears(&["vm-tooshort"]);
        call.listens();
    }
    call.speaks(500, MessageEnd::Digit('#'));
    call.ends("failed");
    let files = office.borrow().unlinked.clone();
    assert_eq!(files.len(), 3, "{files:?}");
    assert!(files.windows(2).all(|pair| pair[0] != pair[1]), "a file is never written twice");
}

#[test]
fn the_greeting_is_the_temporary_one_else_the_fitting_one_else_the_name_else_the_number() {
    let office = office(|_| ());
    let asker = asker("101");
    let set = |which, file: &str| {
        let audio = Some(Part { file: format!("greetings/{file}.wav"), ms: 3_000 });
        let request = Request::SetGreeting { mailbox: "101".to_owned(), which, audio };
        assert_eq!(office.borrow_mut().ask(&asker, &request), Answer::Done);
    };
    let greeted = |greet: &str| {
        let options = options(&[("greet", text(greet))]);
        Call::new(&office, "5550100", "voicemail", vec![text("101"), options]).plays()
    };
    assert_eq!(greeted("busy")[4..], ["vm-isonphone", "vm-intro"]);
    assert_eq!(greeted("none"), ["vm-intro"]);
    set(Greeting::Name, "name");
    assert_eq!(greeted("busy"), ["greetings/name.wav@0", "vm-isonphone", "vm-intro"]);
    assert_eq!(greeted("unavail"), ["greetings/name.wav@0", "vm-isunavail", "vm-intro"]);
    set(Greeting::Busy, "busy");
    assert_eq!(greeted("busy"), ["greetings/busy.wav@0", "vm-intro"]);
    assert_eq!(greeted("unavail"), ["greetings/name.wav@0", "vm-isunavail", "vm-intro"]);
    set(Greeting::Unavailable, "unavail");
    assert_eq!(greeted("unavail"), ["greetings/unavail.wav@0", "vm-intro"]);
    set(Greeting::Temporary, "temp");
    assert_eq!(greeted("busy"), ["greetings/temp.wav@0", "vm-intro"]);
    assert_eq!(greeted("unavail"), ["greetings/temp.wav@0", "vm-intro"]);
    set(Greeting::Temporary, "other");
    assert_eq!(office.borrow().unlinked, ["greetings/temp.wav"], "what is replaced is deleted");
}

#[test]
fn keys_in_the_greeting_skip_it_or_leave() {
    for (key, operator, status) in
        [('*', false, "userexit"), ('*', true, "userexit"), ('0', true, "userexit")]
    {
        let office = office(|settings| settings.operator = operator);
        let mut call = Call::leaves(&office, "5550100", "101");
        call.presses(&key.to_string());
        assert_eq!(call.ends(status).entry("key"), &text(&key.to_string()));
        assert!(office.borrow().messages("101").is_empty());
    }
    let office = office(|_| ());
    let call = Call::leaves(&office, "5550100", "101");
    let Step::Play(list) = &call.step else { panic!() };
    assert_eq!(list.interrupt, "#*", "without an operator 0 is no key");
}

#[test]
fn zero_while_speaking_leads_to_the_operator_and_the_message_is_kept_if_so_wanted() {
    for (key, kept) in [("1", 1), ("2", 0)] {
        let office = office(|settings| settings.operator = true);
        let mut call = Call::leaves(&office, "5550100", "101");
        call.listens();
        call.speaks(5_000, MessageEnd::Digit('0'));
        call.hears(&["vm-saveoper"]);
        call.presses(key);
        let outcome = call.ends("userexit");
        assert_eq!((outcome.entry("key"), outcome.entry("saved")), (&text("0"), &Value::Bool(kept == 1)));
        assert_eq!(office.borrow().messages("101").len(), kept);
    }
}

#[test]
fn in_the_review_a_message_is_heard_marked_and_recorded_again() {
    let office = office(|settings| settings.review = true);
    let mut call = Call::leaves(&office, "5550100", "101");
    call.listens();
    call.speaks(5_000, MessageEnd::Digit('#'));
    call.hears(&["vm-review", "vm-review-urgent"]);
    call.presses("2");
    assert!(call.plays()[0].starts_with("messages/"), "{:?}", call.plays());
    call.listens();
    call.presses("4");
    call.hears(&["vm-marked-urgent", "vm-review", "vm-review-nonurgent"]);
    call.presses("8");
    call.hears(&["vm-sorry"]);
    call.presses("3");
    call.speaks(7_000, MessageEnd::Digit('#'));
    assert!(office.borrow().messages("101").is_empty(), "nothing is kept before it is accepted");
    call.presses("*");
    call.hears(&["vm-deleted"]);
    call.listens();
    call.speaks(9_000, MessageEnd::Digit('#'));
    call.presses("1");
    call.hears(&["vm-msgsaved"]);
    call.listens();
    call.ends("success");
    let office = office.borrow();
    let messages = office.messages("101");
    assert_eq!((messages.len(), messages[0].ms(), messages[0].urgent), (1, 9_000, true));
    assert_eq!(office.unlinked.len(), 2);
    assert_eq!(office.counts["101"].unwrap().new_urgent, 1);
}

#[test]
fn who_hangs_up_or_sleeps_in_the_review_has_left_the_message() {
    for hangs_up in [true, false] {
        let office = office(|settings| settings.review = true);
        let mut call = Call::leaves(&office, "5550100", "101");
        call.listens();
        call.speaks(5_000, MessageEnd::Digit('#'));
        if hangs_up {
            call.hangs_up();
        } else {
            (0..3).for_each(|_| call.waits());
            call.hears(&["vm-msgsaved"]);
            call.listens();
        }
        call.ends("success");
        assert_eq!(office.borrow().messages("101").len(), 1);
    }
}

#[test]
fn one_message_for_several_boxes_is_one_file() {
    let office = office(|_| ());
    let mut call = Call::leaves(&office, "5550100", "101&102&999&102");
    call.presses("#");
    call.speaks(5_000, MessageEnd::HungUp);
    call.ends("success");
    let (first, second) = (office.borrow().messages("101"), office.borrow().messages("102"));
    assert_eq!((first.len(), second.len()), (1, 1));
    assert_eq!(first[0].audio, second[0].audio);
    assert_ne!(first[0].id, second[0].id);
    let mut ann = Call::opens(&office, "101");
    ann.presses("1");
    ann.presses("7");
    ann.hangs_up();
    ann.ends("success");
    assert!(office.borrow().unlinked.is_empty(), "the other box has it still");
    let mut ben = Call::opens(&office, "102");
    ben.presses("17");
    ben.hangs_up();
    ben.ends("success");
    assert_eq!(office.borrow().unlinked, [first[0].audio[0].file.clone()]);
}

#[test]
fn a_full_box_says_so_and_one_message_less_is_not_full() {
    let office = office(|settings| settings.boxes.get_mut("101").unwrap().messages_max = 2);
    message(&office, "5550100", "101", 5_000);
    message(&office, "5550100", "101", 5_000);
    let mut call = Call::leaves(&office, "5550100", "101");
    assert!(!call.plays().contains(&"vm-intro".to_owned()));
    call.listens();
    call.hears(&["vm-mailboxfull"]);
    call.listens();
    call.ends("failed");
    // Two boxes, one of them full: the other one has it.
    let mut both = Call::leaves(&office, "5550100", "101&102");
    both.presses("#");
    both.speaks(5_000, MessageEnd::HungUp);
    both.ends("success");
    assert_eq!((office.borrow().messages("101").len(), office.borrow().messages("102").len()), (2, 1));
}

#[test]
fn minutes_are_a_bound_as_well() {
    let office = office(|settings| settings.boxes.get_mut("101").unwrap().minutes_max = 1);
    message(&office, "5550100", "101", 50_000);
    let mut call = Call::leaves(&office, "5550100", "101");
    call.presses("#");
    call.speaks(10_001, MessageEnd::Digit('#'));
    call.hears(&["vm-mailboxfull"]);
    call.listens();
    call.ends("failed");
    message(&office, "5550100", "101", 10_000);
    let call = Call::leaves(&office, "5550100", "101");
    assert!(!call.plays().contains(&"vm-intro".to_owned()), "not a second is left");
}

#[test]
fn an_unknown_box_and_a_full_disk_are_said() {
    let office = office(|_| ());
    let mut call = Call::leaves(&office, "5550100", "999");
    call.hears(&["vm-nobox"]);
    call.listens();
    call.ends("failed");
    let mut call = Call::leaves(&office, "5550100", "101");
    call.presses("#");
    office.borrow_mut().fails = true;
    call.speaks(5_000, MessageEnd::Digit('#'));
    call.hears(&["vm-nomail"]);
    call.listens();
    call.ends("failed");
    assert_eq!((office.borrow().messages("101").len(), office.borrow().unlinked.len()), (0, 1));
    office.borrow_mut().fails = false;
    message(&office, "5550100", "101", 5_000);
    assert_eq!(office.borrow().lamp("101"), (1, 0), "what failed is undone");
}

#[test]
fn mail_is_ordered_with_the_message_and_a_delivered_one_may_go() {
    let office = office(|settings| {
        let first = settings.boxes.get_mut("101").unwrap();
        first.email = vec!["ann@example.com".to_owned(), "boss@example.com".to_owned()];
        first.delete_after_mail = true;
    });
    message(&office, "5550100", "101", 5_000);
    message(&office, "5550100", "102", 5_000);
    let mut office = office.borrow_mut();
    assert_eq!(office.mails.len(), 1, "102 has no address");
    let order = office.mails[0].clone();
    let mail: cordboard_app::VoicemailMail = serde_json::from_str(&order.data).unwrap();
    assert_eq!((mail.to.len(), mail.number, mail.ms, mail.delete_after), (2, 1, 5_000, true));
    assert_eq!((order.kind.as_str(), order.mailbox.as_str()), ("voicemail", "101"));
    let message = Uuid::try_from(order.message).unwrap();
    office.tell(&Notice::Mailed { message });
    assert_eq!((office.messages("101").len(), office.lamp("101"), office.unlinked.len()), (0, (0, 0), 1));
}

#[test]
fn a_category_is_in_the_mail_and_goes_on_with_the_message() {
    let office = office(|settings| {
        for mailbox in ["101", "102"] {
            settings.boxes.get_mut(mailbox).unwrap().email = vec!["ann@example.com".to_owned()];
        }
    });
    let options = options(&[("category", text(&"sales ".repeat(20)))]);
    let mut call = Call::new(&office, "5550100", "voicemail", vec![text("101"), options]);
    call.presses("#");
    call.speaks(5_000, MessageEnd::HungUp);
    call.ends("success");
    let mut ann = Call::opens(&office, "101");
    ann.presses("1");
    ann.presses("81");
    ann.types("102");
    ann.presses("#2");
    let mails = office.borrow().mails.clone();
    let categories: Vec<String> = mails
        .iter()
        .map(|order| serde_json::from_str::<cordboard_app::VoicemailMail>(&order.data).unwrap().category)
        .collect();
    assert_eq!(categories, [&"sales ".repeat(11)[..64]; 2]);
}

#[test]
fn a_call_that_dies_leaves_no_file_and_neither_does_a_process() {
    let office = office(|_| ());
    let mut call = Call::leaves(&office, "5550100", "101");
    call.presses("#");
    assert!(matches!(call.step, Step::TakeMessage(_)));
    let drafts = office.borrow().rows.keys().filter(|key| key.starts_with("draft/")).count();
    assert_eq!(drafts, 1);
    office.borrow_mut().restart();
    assert_eq!((office.borrow().unlinked.len(), office.borrow().rows.len()), (1, 0));
}

#[test]
fn early_greetings_are_heard_before_the_answer_and_urgent_ones_are_urgent() {
    let office = office(|_| ());
    let options = options(&[
        ("early", Value::Bool(true)),
        ("urgent", Value::Bool(true)),
        ("skip_intro", Value::Bool(true)),
    ]);
    let mut call = Call::new(
        &office,
        "5550100",
        "voicemail",
        vec![Value::List(vec![text("101"), Value::Int(102)]), options],
    );
    assert!(!call.plays().contains(&"vm-intro".to_owned()));
    call.listens();
    call.speaks(5_000, MessageEnd::HungUp);
    call.ends("success");
    assert!(office.borrow().messages("101")[0].urgent && office.borrow().messages("102")[0].urgent);
}

#[test]
fn a_verb_without_a_box_is_refused() {
    for arguments in [vec![], vec![Value::Unit], vec![text("")], vec![text("&")]] {
        let started = Voicemail.start(&CallInfo::default(), &Value::List(arguments));
        assert!(matches!(started, Err(RouteError::BadArguments(_))));
    }
    let arguments = vec![text("101"), options(&[("folder", text("Wrk"))])];
    assert!(VoicemailMain.start(&CallInfo::default(), &Value::List(arguments)).is_err());
}

#[test]
fn a_greeting_that_can_not_be_played_gives_way_to_the_number() {
    let office = office(|_| ());
    let audio = Some(Part { file: "greetings/gone.wav".to_owned(), ms: 3_000 });
    let request = Request::SetGreeting { mailbox: "101".to_owned(), which: Greeting::Unavailable, audio };
    assert_eq!(office.borrow_mut().ask(&asker("101"), &request), Answer::Done);
    let mut call = Call::leaves(&office, "5550100", "101");
    call.hears(&["greetings/gone.wav@0"]);
    let missing = || {
        Reply::Played(
            PlayResult::Missing("greetings/gone.wav".to_owned()),
            cordboard_media::Playhead::default(),
        )
    };
    call.resume(missing());
    call.hears(&["vm-theperson", "digits/1", "digits/0", "digits/1", "vm-isunavail", "vm-intro"]);
    assert!(call.logged.iter().any(|text| text.contains("greetings/gone.wav")), "{:?}", call.logged);
    // Not even the prompts are there: the message is taken all the same.
    call.resume(missing());
    call.speaks(5_000, MessageEnd::HungUp);
    call.ends("success");
}

/// A call that leaves a message for 101 with these options.
fn leaves_with(office: &Rc<RefCell<Office>>, entries: &[(&str, Value)]) -> Call {
    Call::new(office, "5550100", "voicemail", vec![text("101"), options(entries)])
}

#[test]
fn a_number_that_is_dialled_during_the_greeting_leads_to_its_route() {
    let office = office(|settings| settings.operator = true);
    let mut call = leaves_with(&office, &[("exits", text("desks"))]);
    call.presses("2");
    let Step::Read(read) = &call.step else { panic!("{:?}", call.step) };
    assert_eq!((read.prompt.len(), read.end.as_str(), read.digit_timeout_ms), (0, "#", 3_000));
    call.types("05");
    assert_eq!(call.step, Step::Enter { context: "desks".to_owned(), number: "205".to_owned() });
    assert!(office.borrow().messages("101").is_empty());
    for key in ["0", "*"] {
        let mut call = leaves_with(&office, &[("exits", text("desks"))]);
        call.presses(key);
        assert_eq!(call.ends("userexit").entry("key"), &text(key));
    }
    let call = leaves_with(&office, &[]);
    let Step::Play(list) = &call.step else { panic!() };
    assert_eq!(list.interrupt, "#*0", "without the option digits are no keys");
}

#[test]
fn who_dials_nothing_but_numbers_that_there_are_not_leaves_a_message() {
    let office = office(|_| ());
    let mut call = leaves_with(&office, &[("exits", text("desks"))]);
    for _ in 0..3 {
        call.hears(&["vm-theperson"]);
        call.presses("0");
        call.waits();
        call.hears(&["pbx-invalid"]);
        call.listens();
    }
    let Step::Play(list) = &call.step else { panic!() };
    assert_eq!(list.interrupt, "#*");
    call.listens();
    call.speaks(5_000, MessageEnd::Digit('#'));
    assert_eq!(office.borrow().messages("101").len(), 1);
    let mut call = leaves_with(&office, &[("exits", text("desks"))]);
    call.presses("2");
    call.hangs_up();
    call.ends("failed");
}

#[test]
fn the_beep_can_be_another_one_or_none_and_the_message_louder() {
    let office = office(|_| ());
    let taken = |entries: &[(&str, Value)]| {
        let mut call = leaves_with(&office, entries);
        call.listens();
        let beep = if let Step::Play(list) = &call.step { list.items.len() } else { 0 };
        if beep > 0 {
            call.hears(&["beep"]);
            let Step::Play(list) = &call.step else { panic!() };
            assert_eq!(list.interrupt, "", "nobody speaks before it is over");
            call.listens();
        }
        let Step::TakeMessage(take) = call.step.clone() else { panic!("{:?}", call.step) };
        call.resume(Reply::Taken { file: String::new(), ms: 0, end: MessageEnd::Silence });
        call.ends("failed");
        (beep, take.beep, take.gain_db)
    };
    assert_eq!(taken(&[]), (0, true, 0));
    assert_eq!(taken(&[("beep", text("beep"))]), (1, false, 0));
    assert_eq!(taken(&[("beep", Value::List(vec![text("beep"), text("vm-and")]))]), (2, false, 0));
    assert_eq!(taken(&[("beep", Value::List(Vec::new()))]), (0, false, 0));
    assert_eq!(taken(&[("gain", Value::Int(6))]), (0, true, 6));
}

#[test]
fn instructions_can_be_left_out_where_the_owner_has_greeted() {
    let office = office(|_| ());
    let entries = [("skip_intro_if_greeted", Value::Bool(true))];
    let plays = |greet: &str| {
        let mut entries = entries.to_vec();
        entries.push(("greet", text(greet)));
        leaves_with(&office, &entries).plays()
    };
    assert_eq!(plays("unavail").last().map(String::as_str), Some("vm-intro"));
    let audio = Some(Part { file: "greetings/own.wav".to_owned(), ms: 3_000 });
    let request = Request::SetGreeting { mailbox: "101".to_owned(), which: Greeting::Unavailable, audio };
    assert_eq!(office.borrow_mut().ask(&asker("101"), &request), Answer::Done);
    assert_eq!(plays("unavail"), ["greetings/own.wav@0"]);
    assert_eq!(plays("busy").last().map(String::as_str), Some("vm-intro"), "this one is not recorded");
    assert_eq!(plays("none"), ["vm-intro"]);
}
