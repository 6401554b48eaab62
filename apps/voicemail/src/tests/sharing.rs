//! A box with two owners who listen at once.

use super::*;

/// 101 and 102 listen to the box of both, to the first of its two messages.
fn both_listen() -> (Rc<RefCell<Office>>, Call, Call) {
    let office = office(|settings| {
        let of_both = settings.boxes.get_mut("103").unwrap();
        of_both.users = vec!["101".to_owned(), "102".to_owned()];
    });
    (0..2).for_each(|_| message(&office, "5550100", "103", 5_000));
    let listens = |from: &str| {
        let mut call = Call::new(&office, from, "voicemail_main", vec![Value::Text("103".to_owned())]);
        call.types("4103");
        call.presses("1");
        call.presses("#");
        assert!(call.plays()[0].starts_with("messages/"), "{:?}", call.plays());
        call
    };
    let (ann, ben) = (listens("101"), listens("102"));
    (office, ann, ben)
}

#[test]
fn who_leaves_first_takes_nothing_from_the_other_that_is_marked_as_deleted() {
    let (office, mut ann, mut ben) = both_listen();
    ann.presses("7");
    ann.hears(&["vm-deleted"]);
    ben.hangs_up();
    ben.ends("success");
    office.borrow_mut().gone(CallId(102));
    ann.presses("7");
    ann.hears(&["vm-undeleted"]);
    ann.hangs_up();
    ann.ends("success");
    assert_eq!((office.borrow().messages("103").len(), office.borrow().lamp("103")), (2, (1, 1)));
}

#[test]
fn what_was_deleted_goes_with_the_last_of_them() {
    let (office, mut ann, mut ben) = both_listen();
    ann.presses("7");
    ann.hangs_up();
    ann.ends("success");
    assert_eq!((office.borrow().messages("103").len(), office.borrow().lamp("103")), (2, (1, 0)));
    ben.hangs_up();
    ben.ends("success");
    assert_eq!((office.borrow().messages("103").len(), office.borrow().unlinked.len()), (1, 1));
}

#[test]
fn a_call_that_ends_without_leaving_its_box_has_left_it() {
    let (office, mut ann, ben) = both_listen();
    ann.presses("7");
    drop(ann);
    office.borrow_mut().gone(CallId(101));
    assert_eq!(office.borrow().messages("103").len(), 2, "somebody still listens");
    drop(ben);
    office.borrow_mut().gone(CallId(102));
    assert_eq!((office.borrow().messages("103").len(), office.borrow().unlinked.len()), (1, 1));
}
