//! What a box, or a call of the verbs, has in another way than all.

use super::*;
use crate::settings::Own;

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn hears_with(office: &Rc<RefCell<Office>>, mailbox: &str, option: &str) -> Call {
    let options = Value::Map(BTreeMap::from([(option.to_owned(), Value::Bool(true))]));
    Call::new(office, "101", "voicemail_main", vec![text(mailbox), options])
}

#[test]
fn where_nothing_is_deleted_the_key_does_nothing_and_the_menu_does_not_name_it() {
    let office = office(|_| ());
    message(&office, "5550100", "101", 5_000);
    let mut call = hears_with(&office, "101", "read_only");
    call.types("4101");
    call.presses("1");
    call.presses("#");
    call.plays_to(0);
    call.listens();
    assert!(!call.plays().contains(&"vm-delete".to_owned()), "{:?}", call.plays());
    call.presses("7");
    call.hears(&["vm-sorry"]);
    call.hangs_up();
    call.ends("success");
    assert_eq!(office.borrow().messages("101").len(), 1);
}

#[test]
fn a_prefix_stands_before_the_number_that_is_typed() {
    let office = office(|_| ());
    let mut call = hears_with(&office, "10", "prefix");
    call.hears(&["vm-login"]);
    call.types("2");
    call.hears(&["vm-password"]);
    call.types("4102");
    call.hears(&["vm-youhave"]);
    call.hangs_up();
    call.ends("success");
}

#[test]
fn a_box_takes_messages_in_its_own_way_and_the_others_as_all_do() {
    let office = office(|settings| {
        let own =
            Own { min_s: Some(5), max_s: Some(20), review: Some(true), operator: Some(true), envelope: None };
        settings.boxes.get_mut("101").unwrap().own = own;
        settings.boxes.get_mut("102").unwrap().own = Own { max_s: Some(1_000), ..Own::default() };
    });
    for (mailbox, keys, max_ms) in [("101", "#*0", 20_000), ("102", "#*", 1_000_000), ("103", "#*", 300_000)]
    {
        let mut call = Call::leaves(&office, "5550100", mailbox);
        let Step::Play(list) = &call.step else { panic!() };
        assert_eq!(list.interrupt, keys, "{mailbox}");
        call.listens();
        let Step::TakeMessage(take) = call.step.clone() else { panic!("{:?}", call.step) };
        assert_eq!(take.max_ms, max_ms, "{mailbox}");
        call.speaks(4_000, MessageEnd::Digit('#'));
        call.hears(&[if mailbox == "101" { "vm-tooshort" } else { "vm-msgsaved" }]);
        if mailbox == "101" {
            call.listens();
            call.speaks(5_000, MessageEnd::Digit('#'));
            call.hears(&["vm-review"]);
            call.presses("1");
            call.hears(&["vm-msgsaved"]);
        }
        assert_eq!(office.borrow().messages(mailbox).len(), 1);
    }
}

#[test]
fn when_a_message_came_is_said_by_the_clock_of_the_box_or_not_at_all() {
    let office = office(|settings| {
        settings.boxes.get_mut("101").unwrap().time_zone = "Asia/Tokyo".to_owned();
        settings.boxes.get_mut("102").unwrap().own.envelope = Some(false);
    });
    ["101", "102", "103"].iter().for_each(|mailbox| message(&office, "5550100", mailbox, 5_000));
    let said = |mailbox: &str| {
        let mut call = Call::opens(&office, mailbox);
        call.presses("1");
        call.listens();
        call.plays()
    };
    let [tokyo, none, office] = ["101", "102", "103"].map(said);
    assert_eq!(tokyo[0], "vm-received");
    assert!(tokyo.contains(&"digits/12".to_owned()), "midnight: {tokyo:?}");
    assert!(none[0].starts_with("messages/"), "{none:?}");
    assert!(office.contains(&"digits/9".to_owned()), "nine o'clock: {office:?}");
}
