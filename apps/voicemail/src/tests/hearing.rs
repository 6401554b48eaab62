//! Hearing messages, and a box's options.

use super::*;

fn with_messages(lengths: &[u32]) -> Rc<RefCell<Office>> {
    let office = office(|_| ());
    lengths.iter().for_each(|ms| message(&office, "5550100", "101", *ms));
    office
}

/// Past title and envelope, into the message.
fn skip(call: &mut Call) {
    call.presses("#");
    assert!(call.plays()[0].starts_with("messages/"), "{:?}", call.plays());
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

#[test]
fn a_box_is_opened_with_its_pin_and_says_what_is_in_it() {
    let office = with_messages(&[5_000, 5_000]);
    let call = Call::opens(&office, "101");
    call.hears(&[
        "vm-youhave",
        "digits/2",
        "vm-INBOX",
        "vm-messages",
        "vm-onefor",
        "vm-INBOX",
        "vm-messages",
    ]);
    let empty = Call::opens(&office, "102");
    empty.hears(&["vm-youhave", "vm-no", "vm-messages", "vm-opts", "vm-helpexit"]);
}

#[test]
fn urgent_new_and_old_ones_are_counted_apart_and_urgent_ones_come_first() {
    let office = with_messages(&[5_000, 5_000]);
    let mut call = Call::opens(&office, "101");
    call.presses("1");
    skip(&mut call);
    call.hangs_up();
    call.ends("success");
    let options = Value::Map(BTreeMap::from([("urgent".to_owned(), Value::Bool(true))]));
    let mut urgent = Call::new(&office, "102", "voicemail", vec![text("101"), options]);
    urgent.presses("#");
    urgent.speaks(3_000, MessageEnd::HungUp);
    urgent.ends("success");
    assert_eq!(office.borrow().lamp("101"), (2, 1));
    let mut call = Call::opens(&office, "101");
    call.hears(&[
        "vm-youhave",
        "digits/1",
        "vm-Urgent",
        "vm-and",
        "digits/1",
        "vm-INBOX",
        "vm-and",
        "digits/1",
        "vm-Old",
        "vm-message",
    ]);
    call.presses("1");
    call.hears(&["vm-first", "vm-Urgent", "vm-message"]);
    call.listens();
    call.hears(&["vm-received"]);
    let plays = call.plays();
    assert!(
        plays.ends_with(&["vm-from-extension", "digits/1", "digits/0", "digits/2"].map(str::to_owned)),
        "{plays:?}"
    );
    call.presses("6");
    call.hears(&["vm-last", "vm-message"]);
    call.listens();
    let plays = call.plays();
    assert!(plays.contains(&"vm-from-phonenumber".to_owned()), "{plays:?}");
}

/// One call that types a PIN at box 101 until it is thrown out; how often it was asked for.
fn guesses(office: &Rc<RefCell<Office>>, from: &str, mailbox: &str) -> u32 {
    let mut call = Call::new(office, from, "voicemail_main", vec![text(mailbox)]);
    let mut asked = 0;
    while matches!(call.step, Step::Read(_)) {
        asked += 1;
        call.types("9");
    }
    call.listens();
    if matches!(call.step, Step::Play(_)) {
        call.listens();
    }
    call.ends("failed");
    asked
}

#[test]
fn three_wrong_pins_keep_who_typed_them_out_for_a_while_and_nobody_else() {
    let office = office(|_| ());
    let mut call = Call::new(&office, "102", "voicemail_main", vec![text("101")]);
    for pin in ["1", ""] {
        call.types(pin);
        call.hears(&["vm-incorrect", "vm-password"]);
    }
    call.types("9");
    call.hears(&["vm-goodbye"]);
    call.listens();
    call.ends("failed");
    // An empty one was none; a third wrong one shuts the door.
    let mut call = Call::new(&office, "102", "voicemail_main", vec![text("101")]);
    call.types("9");
    call.hears(&["vm-locked"]);
    call.listens();
    call.hears(&["vm-goodbye"]);
    call.listens();
    call.ends("failed");
    office.borrow_mut().restart();
    let mut right = Call::new(&office, "102", "voicemail_main", vec![text("101")]);
    right.types("4101");
    right.hears(&["vm-locked"]);
    right.listens();
    right.listens();
    right.ends("failed");
    // The owner's own phone gets in, and 102 into other boxes.
    Call::opens(&office, "101").hears(&["vm-youhave"]);
    Call::opens(&office, "102").hears(&["vm-youhave"]);
    office.borrow_mut().pass(299);
    let mut late = Call::new(&office, "102", "voicemail_main", vec![text("101")]);
    late.types("4101");
    late.hears(&["vm-locked"]);
    office.borrow_mut().pass(1);
    let mut late = Call::new(&office, "102", "voicemail_main", vec![text("101")]);
    late.types("4101");
    late.hears(&["vm-youhave"]);
}

#[test]
fn strangers_who_guess_wait_longer_and_longer_and_never_keep_the_owners_phone_out() {
    let office = office(|_| ());
    assert_eq!(guesses(&office, "5550100", "101"), 3);
    assert_eq!(guesses(&office, "5550100", "101"), 1, "this one waits");
    // Each number that they claim has tries of its own, but not without end.
    let asked: u32 = (0..20).map(|n| guesses(&office, &format!("55502{n:02}"), "101")).sum();
    assert_eq!(asked, 4 * 3 + 16, "fifteen wrong ones from outside are the bound of the box");
    let mut owner = Call::new(&office, "5550300", "voicemail_main", vec![text("101")]);
    owner.types("4101");
    owner.hears(&["vm-locked"]);
    Call::opens(&office, "101").hears(&["vm-youhave"]);
    office.borrow_mut().pass(300);
    let mut owner = Call::new(&office, "5550300", "voicemail_main", vec![text("101")]);
    owner.types("4101");
    owner.hears(&["vm-youhave"]);
}

#[test]
fn wrong_pins_at_ones_own_phone_shut_that_phone_out() {
    let office = office(|_| ());
    assert_eq!(guesses(&office, "101", "101"), 3);
    Call::opens(&office, "101").hears(&["vm-locked"]);
    let mut elsewhere = Call::new(&office, "102", "voicemail_main", vec![text("101")]);
    elsewhere.types("4101");
    elsewhere.hears(&["vm-youhave"]);
}

#[test]
fn an_unknown_box_and_a_wrong_pin_look_alike() {
    let office = office(|_| ());
    for mailbox in ["101", "999"] {
        let mut call = Call::new(&office, "102", "voicemail_main", vec![]);
        call.hears(&["vm-login"]);
        for _ in 0..2 {
            call.types(mailbox);
            call.hears(&["vm-password"]);
            call.types(&format!("{mailbox}0"));
            call.hears(&["vm-incorrect-mailbox"]);
        }
        call.resume(Reply::Digits { digits: String::new(), end: DigitsEnd::Ended('*') });
        call.ends("userexit");
    }
}

#[test]
fn ones_own_box_is_found_and_its_pin_is_asked_for_unless_configured() {
    let own = || vec![text(""), Value::Map(BTreeMap::from([("own".to_owned(), Value::Bool(true))]))];
    let office = office(|_| ());
    let call = Call::new(&office, "101", "voicemail_main", own());
    call.hears(&["vm-password"]);
    let stranger = Call::new(&office, "5550100", "voicemail_main", own());
    stranger.hears(&["vm-login"]);
    let free = super::office(|settings| settings.own_pin = false);
    Call::new(&free, "101", "voicemail_main", own()).hears(&["vm-youhave"]);
    let skip = Value::Map(BTreeMap::from([("skip_pin".to_owned(), Value::Bool(true))]));
    Call::new(&office, "5550100", "voicemail_main", vec![text("101"), skip]).hears(&["vm-youhave"]);
}

#[test]
fn keys_wind_while_a_message_plays() {
    let office = with_messages(&[20_000]);
    let file = office.borrow().messages("101")[0].audio[0].file.clone();
    let mut call = Call::opens(&office, "101");
    call.presses("1");
    skip(&mut call);
    // (played to, key, goes on at)
    for (at, key, from) in [(5_000, "#", 8_000), (9_000, "*", 6_000), (1_000, "*", 0), (7_000, "2", 0)] {
        call.plays_to(at);
        call.presses(key);
        assert_eq!(call.plays(), [format!("{file}@{from}")], "{key} at {at}");
    }
    call.plays_to(4_000);
    call.presses("0");
    call.hears(&["vm-paused"]);
    call.presses("0");
    assert_eq!(call.plays(), [format!("{file}@4000")]);
    call.presses("0");
    call.presses("#");
    assert_eq!(call.plays(), [format!("{file}@7000")]);
    call.listens();
    call.hears(&["vm-advopts", "vm-repeat", "vm-delete"]);
    call.presses("5");
    call.hears(&["vm-first"]);
}

#[test]
fn heard_messages_are_old_when_the_box_is_left_and_not_before() {
    let office = with_messages(&[5_000, 5_000]);
    let mut call = Call::opens(&office, "101");
    call.presses("1");
    skip(&mut call);
    assert_eq!(office.borrow().lamp("101"), (2, 0));
    call.listens();
    call.presses("#");
    call.hears(&["vm-goodbye"]);
    call.listens();
    call.ends("success");
    assert_eq!(office.borrow().lamp("101"), (1, 1));
}

#[test]
fn a_message_is_deleted_and_kept_after_all() {
    let office = with_messages(&[5_000, 5_000]);
    let mut call = Call::opens(&office, "101");
    call.presses("1");
    skip(&mut call);
    call.presses("7");
    call.hears(&["vm-deleted", "vm-advopts", "vm-repeat", "vm-next", "vm-undelete"]);
    assert!(office.borrow().messages("101")[0].deleted, "written before it is said");
    call.presses("7");
    call.hears(&["vm-undeleted"]);
    call.presses("67");
    call.hears(&["vm-deleted"]);
    call.presses("#");
    call.listens();
    call.ends("success");
    let left = office.borrow().messages("101");
    assert_eq!((left.len(), office.borrow().lamp("101"), office.borrow().unlinked.len()), (1, (0, 1), 1));
}

#[test]
fn what_was_deleted_is_gone_after_a_restart_and_the_lamp_is_right() {
    let office = with_messages(&[5_000, 5_000, 5_000]);
    let mut call = Call::opens(&office, "101");
    call.presses("17");
    call.presses("6");
    office.borrow_mut().restart();
    assert_eq!((office.borrow().messages("101").len(), office.borrow().lamp("101")), (2, (1, 1)));
    assert_eq!(office.borrow().unlinked.len(), 1);
}

#[test]
fn messages_are_saved_in_folders_and_heard_there() {
    let office = with_messages(&[5_000, 6_000]);
    let mut call = Call::opens(&office, "101");
    call.presses("9");
    call.hears(&["vm-nomore"]);
    call.presses("1");
    skip(&mut call);
    call.presses("9");
    call.hears(&["vm-savefolder"]);
    call.presses("2");
    call.hears(&["vm-message", "vm-savedto", "vm-Work"]);
    call.presses("2");
    call.hears(&["vm-changeto"]);
    call.presses("2");
    call.hears(&["vm-youhave", "digits/1", "vm-Work", "vm-message"]);
    call.presses("1");
    call.hears(&["vm-first", "vm-message"]);
    skip(&mut call);
    call.presses("23");
    call.hears(&["vm-toreply"].map(|_| "vm-tocallback"));
    call.hangs_up();
    call.ends("success");
    assert_eq!(office.borrow().messages("101")[0].folder, Folder::Work);
    let folder = Value::Map(BTreeMap::from([("folder".to_owned(), text("work"))]));
    let mut work = Call::new(&office, "101", "voicemail_main", vec![text("101"), folder]);
    work.types("4101");
    assert!(work.plays().windows(2).any(|pair| pair == ["vm-onefor", "vm-Work"]), "{:?}", work.plays());
}

#[test]
fn a_message_put_back_among_the_new_ones_stays_new() {
    let office = with_messages(&[5_000]);
    let mut call = Call::opens(&office, "101");
    call.presses("1");
    skip(&mut call);
    call.presses("90");
    call.hears(&["vm-message", "vm-savedto", "vm-INBOX"]);
    call.hangs_up();
    assert_eq!(office.borrow().lamp("101"), (1, 0));
}

#[test]
fn the_list_has_its_ends() {
    let office = with_messages(&[5_000, 5_000, 5_000]);
    let mut call = Call::opens(&office, "101");
    call.presses("4");
    call.hears(&["vm-nomore"]);
    call.presses("6");
    call.hears(&["vm-first"]);
    call.presses("6");
    call.hears(&["vm-message", "vm-number", "digits/2"]);
    call.presses("6");
    call.hears(&["vm-last"]);
    call.presses("6");
    call.hears(&["vm-nomore"]);
    call.presses("4");
    call.hears(&["vm-message", "vm-number", "digits/2"]);
    call.presses("*");
    call.hears(&["vm-prev", "vm-advopts"]);
}

#[test]
fn a_message_is_sent_on_with_a_comment_before_it() {
    let office = with_messages(&[5_000]);
    let mut call = Call::opens(&office, "101");
    call.presses("1");
    skip(&mut call);
    call.presses("8");
    call.hears(&["vm-forwardoptions"]);
    call.presses("1");
    call.hears(&["vm-extension"]);
    call.types("999");
    call.hears(&["vm-nobox", "vm-extension"]);
    call.types("102");
    call.hears(&["vm-forward-multiple"]);
    call.presses("1");
    call.types("103");
    call.presses("#");
    call.hears(&["vm-prependoptions"]);
    call.presses("1");
    call.hears(&["vm-record-prepend"]);
    call.listens();
    call.speaks(2_000, MessageEnd::Digit('#'));
    call.hears(&["vm-review"]);
    call.presses("1");
    call.hears(&["vm-msgforwarded"]);
    call.hangs_up();
    call.ends("success");
    let sent = office.borrow().messages("102").remove(0);
    assert_eq!((sent.audio.len(), sent.ms(), sent.caller.number.as_str()), (2, 7_000, "101"));
    assert_eq!(sent.original.as_ref().unwrap().0.number, "5550100");
    assert_eq!(office.borrow().messages("103").len(), 1);
    assert!(office.borrow().unlinked.is_empty());
    // It is heard comment first, and winding goes over the border.
    let mut ben = Call::opens(&office, "102");
    ben.presses("1");
    skip(&mut ben);
    assert_eq!(ben.plays().len(), 2);
    ben.plays_to(1_500);
    ben.presses("#");
    assert_eq!(ben.plays(), [format!("{}@2500", sent.audio[1].file)]);
    ben.plays_to(2_600);
    ben.presses("*");
    assert_eq!(ben.plays()[0], format!("{}@1600", sent.audio[0].file));
}

#[test]
fn a_message_is_sent_on_as_it_is_and_outlives_its_first_box() {
    let office = with_messages(&[5_000]);
    let mut call = Call::opens(&office, "101");
    call.presses("1");
    skip(&mut call);
    call.presses("81");
    call.types("102");
    call.presses("#2");
    call.hears(&["vm-msgforwarded"]);
    call.presses("7");
    call.presses("#");
    call.listens();
    call.ends("success");
    assert_eq!((office.borrow().messages("101").len(), office.borrow().messages("102").len()), (0, 1));
    assert!(office.borrow().unlinked.is_empty());
}

#[test]
fn replies_and_calls_go_to_who_left_the_message() {
    let office = office(|_| ());
    message(&office, "102", "101", 5_000);
    let mut call = Call::opens(&office, "101");
    call.presses("1");
    skip(&mut call);
    call.presses("3");
    call.hears(&["vm-toreply", "vm-tocallback", "vm-tohearenv", "vm-tomakecall", "vm-leavemsg"]);
    call.presses("1");
    let Step::Run { app, args } = &call.step else { panic!("{:?}", call.step) };
    assert_eq!((app.as_str(), args.argument(0)), ("voicemail", &text("102")));
    call.resume(Reply::Value(Value::Unit));
    call.presses("33");
    call.hears(&["vm-received"]);
    assert!(call.plays().contains(&"vm-duration".to_owned()));
    call.listens();
    call.presses("32");
    call.hears(&["vm-num-i-have", "digits/1"]);
    assert!(call.plays().contains(&"vm-tocallnum".to_owned()), "{:?}", call.plays());
    call.presses("1");
    assert_eq!(call.step, Step::Enter { context: "internal".to_owned(), number: "102".to_owned() });
    assert_eq!(office.borrow().lamp("101"), (0, 1), "the box was closed before");
}

/// Has heard the first message of its box, and is in the menu of what is advanced.
fn after_the_first(office: &Rc<RefCell<Office>>, number: &str) -> Call {
    let mut call = Call::opens(office, number);
    call.presses("1");
    skip(&mut call);
    call.presses("3");
    call
}

#[test]
fn an_outside_caller_is_called_back_by_the_rules_of_the_owners_context() {
    let office = office(|settings| {
        settings.outside_prefix = "9".to_owned();
        settings.boxes.get_mut("101").unwrap().context = "sales".to_owned();
    });
    message(&office, "5550100", "101", 5_000);
    let mut call = after_the_first(&office, "101");
    call.presses("2");
    call.hears(&["vm-num-i-have", "digits/5"]);
    call.presses("1");
    assert_eq!(call.step, Step::Enter { context: "sales".to_owned(), number: "95550100".to_owned() });
    // Another number, as its own phone would dial it.
    for keys in ["4", "22"] {
        let mut call = Call::opens(&office, "101");
        // The first call has heard the message: it is an old one now.
        call.presses("211");
        skip(&mut call);
        call.presses("3");
        call.presses(keys);
        call.hears(&["vm-enter-num-to-call", "vm-then-pound"]);
        call.types("95550199");
        assert_eq!(call.step, Step::Enter { context: "sales".to_owned(), number: "95550199".to_owned() });
    }
    // Whoever opens it from another phone of the office calls by the owner's rules too: the PIN is the owner's.
    let mut other = Call::new(&office, "102", "voicemail_main", vec![text("101")]);
    other.types("4101");
    other.presses("34");
    other.types("95550199");
    assert_eq!(other.step, Step::Enter { context: "sales".to_owned(), number: "95550199".to_owned() });
}

#[test]
fn a_box_without_a_user_calls_nobody_and_an_unknown_caller_has_no_number() {
    let office = office(|settings| settings.boxes.get_mut("101").unwrap().context.clear());
    message(&office, "5550100", "101", 5_000);
    let mut call = after_the_first(&office, "101");
    call.hears(&["vm-tohearenv", "vm-leavemsg"]);
    call.presses("2");
    call.hears(&["vm-sorry"]);
    call.presses("34");
    call.hears(&["vm-sorry"]);
    let office = super::office(|_| ());
    let asker = Asker { caller: Identity::default(), user: None, ..asker("5550100") };
    let part = Part { file: "messages/x.wav".to_owned(), ms: 5_000 };
    let request = Request::Deposit {
        id: Uuid::drawn(1, 1),
        boxes: vec!["101".to_owned()],
        audio: part,
        urgent: false,
        anonymous: false,
        category: String::new(),
    };
    assert_eq!(office.borrow_mut().ask(&asker, &request), Answer::Done);
    let mut call = after_the_first(&office, "101");
    call.presses("2");
    call.hears(&["vm-nonumber", "vm-enter-num-to-call"]);
    call.types("102");
    assert_eq!(call.step, Step::Enter { context: "internal".to_owned(), number: "102".to_owned() });
}

#[test]
fn who_is_not_of_the_office_calls_nobody_from_a_box() {
    let office = office(|_| ());
    message(&office, "5550100", "101", 5_000);
    let mut call = Call::new(&office, "5550199", "voicemail_main", vec![text("101")]);
    call.types("4101");
    call.presses("1");
    skip(&mut call);
    call.presses("32");
    call.hears(&["vm-sorry"]);
    call.presses("34");
    call.hears(&["vm-sorry"]);
    call.presses("31");
    call.hears(&["vm-noreply"]);
    call.presses("35");
    call.hears(&["vm-whichbox"]);
    call.types("102");
    assert!(matches!(call.step, Step::Run { .. }));
}

#[test]
fn greetings_are_recorded_heard_and_erased() {
    let office = office(|_| ());
    let mut call = Call::opens(&office, "101");
    call.presses("0");
    call.hears(&["vm-options"]);
    for (key, asks) in [("1", "vm-rec-unv"), ("2", "vm-rec-busy"), ("3", "vm-rec-name")] {
        call.presses(key);
        call.hears(&[asks]);
        call.listens();
        call.speaks(4_000, MessageEnd::Digit('#'));
        call.hears(&["vm-review"]);
        call.presses("2");
        assert!(call.plays()[0].starts_with("greetings/"));
        call.presses("1");
        call.hears(&["vm-saved", "vm-options"]);
    }
    call.presses("4");
    call.hears(&["vm-tempgreeting"]);
    call.presses("1");
    call.listens();
    call.speaks(4_000, MessageEnd::Digit('#'));
    call.presses("1");
    call.presses("4");
    call.hears(&["vm-tempgreeting2"]);
    Call::opens(&office, "101").hears(&["vm-tempgreetactive", "vm-youhave"]);
    call.presses("2");
    call.hears(&["vm-tempremoved"]);
    // One that is given up changes nothing.
    call.presses("1");
    call.listens();
    call.speaks(4_000, MessageEnd::Digit('#'));
    call.presses("*");
    call.hears(&["vm-options"]);
    call.hangs_up();
    call.ends("success");
    let row: BoxRow = serde_json::from_str(&office.borrow().rows["box/101"]).unwrap();
    assert!(row.unavailable.is_some() && row.busy.is_some() && row.name.is_some() && row.temporary.is_none());
    assert_eq!(office.borrow().unlinked.len(), 2);
}

#[test]
fn a_pin_is_changed_and_easy_ones_are_refused() {
    let office = office(|_| ());
    let mut call = Call::opens(&office, "101");
    call.presses("05");
    call.hears(&["vm-newpassword"]);
    for easy in ["123", "7777"] {
        call.types(easy);
        call.hears(&["vm-reenterpassword"]);
        call.types(easy);
        call.hears(&["vm-invalid-password", "vm-newpassword"]);
    }
    call.types("8642");
    call.types("8643");
    call.hears(&["vm-options"]);
    call.presses("5");
    call.types("8642");
    call.types("8642");
    call.hears(&["vm-passchanged", "vm-options"]);
    call.hangs_up();
    office.borrow_mut().restart();
    let mut again = Call::new(&office, "101", "voicemail_main", vec![text("101")]);
    again.types("4101");
    again.hears(&["vm-incorrect"]);
    again.types("8642");
    again.hears(&["vm-youhave"]);
}

#[test]
fn a_new_box_whose_pin_is_its_number_is_set_up_first() {
    let office = office(|settings| settings.boxes.get_mut("101").unwrap().pin = "101".to_owned());
    message(&office, "5550100", "101", 5_000);
    let mut call = Call::new(&office, "101", "voicemail_main", vec![text("101")]);
    call.types("101");
    call.hears(&["vm-newuser", "vm-newpassword"]);
    call.types("101");
    call.types("101");
    call.hears(&["vm-invalid-password"]);
    call.types("2468");
    call.types("2468");
    for asks in ["vm-rec-name", "vm-rec-unv", "vm-rec-busy"] {
        assert!(call.plays().contains(&asks.to_owned()), "{asks}: {:?}", call.plays());
        call.listens();
        call.speaks(3_000, MessageEnd::Digit('#'));
        call.presses("1");
    }
    call.hears(&["vm-saved", "vm-youhave", "digits/1", "vm-INBOX", "vm-message"]);
    call.hangs_up();
    call.ends("success");
    let mut again = Call::new(&office, "101", "voicemail_main", vec![text("101")]);
    again.types("2468");
    again.hears(&["vm-youhave"]);
}

#[test]
fn who_does_nothing_is_said_goodbye_to() {
    let office = with_messages(&[5_000]);
    let mut call = Call::opens(&office, "101");
    call.waits();
    call.waits();
    call.hears(&["vm-onefor"]);
    call.waits();
    call.hears(&["vm-goodbye"]);
    call.listens();
    call.ends("success");
}

#[test]
fn old_messages_go_after_their_days() {
    let office = office(|settings| settings.boxes.get_mut("101").unwrap().keep_days = 2);
    message(&office, "5550100", "101", 5_000);
    office.borrow_mut().pass(86_400);
    message(&office, "5550100", "101", 5_000);
    message(&office, "5550100", "102", 5_000);
    office.borrow_mut().tick();
    assert_eq!(office.borrow().messages("101").len(), 2);
    office.borrow_mut().pass(86_400);
    office.borrow_mut().tick();
    assert_eq!((office.borrow().messages("101").len(), office.borrow().messages("102").len()), (1, 1));
    assert_eq!(office.borrow().unlinked.len(), 1);
}

#[test]
fn a_box_that_is_nearly_full_says_so() {
    let office = office(|settings| settings.boxes.get_mut("101").unwrap().messages_max = 10);
    (0..8).for_each(|_| message(&office, "5550100", "101", 3_000));
    Call::opens(&office, "101").hears(&["vm-youhave"]);
    message(&office, "5550100", "101", 3_000);
    Call::opens(&office, "101").hears(&["vm-almostfull", "vm-youhave"]);
}

#[test]
fn a_message_is_sent_on_to_somebody_whom_the_directory_finds() {
    let office = with_messages(&[5_000]);
    let mut call = Call::opens(&office, "101");
    call.presses("1");
    skip(&mut call);
    call.presses("82");
    let Step::Run { app, .. } = &call.step else { panic!("{:?}", call.step) };
    assert_eq!(app, "directory");
    // Nobody was found, or there is no such application.
    for reply in [Reply::Value(Value::Unit), Reply::Failed("none".to_owned())] {
        call.resume(reply);
        call.hears(&["vm-forwardoptions"]);
        call.presses("2");
    }
    let found = BTreeMap::from([("number".to_owned(), text("102"))]);
    call.resume(Reply::Value(Value::Map(found)));
    call.presses("#2");
    call.hears(&["vm-msgforwarded"]);
    assert_eq!(office.borrow().messages("102").len(), 1);
}

#[test]
fn a_message_that_can_not_be_played_is_said_and_logged_and_stays() {
    let office = with_messages(&[5_000]);
    let mut call = Call::opens(&office, "101");
    call.presses("1");
    skip(&mut call);
    call.resume(Reply::Played(PlayResult::Missing("messages/x.wav".to_owned()), Playhead::default()));
    call.hears(&["an-error-has-occurred"]);
    assert!(call.logged.iter().any(|text| text.contains("messages/x.wav")), "{:?}", call.logged);
    call.presses("#");
    call.listens();
    call.ends("success");
    assert_eq!(office.borrow().messages("101").len(), 1);
}
