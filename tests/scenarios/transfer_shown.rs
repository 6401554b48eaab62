//! What displays show after transfers: whom one talks with, and not who was there before.

use crate::transfer_codes::{consulting, talking, types};
use cordboard_phone::{Command, Happening};
use cordboard_sim::Handset;

/// Whom the display shows when that changes.
fn shown(phone: &Handset) -> String {
    phone.expects("another number on the display", |happening| match happening {
        Happening::Connected { number, .. } => Some(number.clone()),
        _ => None,
    })
}

/// Two talk with each other whose displays showed somebody else.
fn show_each_other(one: &Handset, other: &Handset) {
    one.talks_with(other);
    assert_eq!((shown(one), shown(other)), (other.user(), one.user()));
}

#[test]
fn after_an_attended_transfer_by_digits_each_is_shown_the_other() {
    for code in ["", "*4"] {
        let (_world, [anna, ben, clara, _]) = consulting();
        anna.unseen();
        clara.unseen();
        if code.is_empty() {
            ben.hangs_up()
        } else {
            ben.presses(code)
        }
        show_each_other(&anna, &clara);
    }
}

#[test]
fn who_transfers_attended_is_shown_whom_it_talks_with_meanwhile() {
    let (world, [_anna, ben, _clara, _]) = consulting();
    assert_eq!(shown(&ben), "103");
    ben.presses("*6");
    assert_eq!(shown(&ben), "101");
    ben.presses("*6");
    assert_eq!(shown(&ben), "103");
    ben.presses("*3");
    assert_eq!(shown(&ben), "101");
    drop(world);
}

#[test]
fn of_three_who_stay_are_shown_each_other() {
    let (world, [anna, ben, clara, _]) = consulting();
    ben.presses("*5");
    world.run_secs(2);
    anna.unseen();
    clara.unseen();
    ben.hangs_up();
    show_each_other(&anna, &clara);
}

#[test]
fn after_a_blind_transfer_who_was_transferred_is_shown_who_answered() {
    let (_world, [anna, ben, clara, _]) = talking();
    types(&ben, &anna, "##");
    anna.unseen();
    ben.presses("103#");
    assert_eq!(clara.rings(), ("101".to_owned(), "Anna".to_owned()));
    clara.answers();
    anna.talks_with(&clara);
    assert_eq!(shown(&anna), "103");
}

#[test]
fn after_a_transfer_by_the_phones_own_keys_each_is_shown_the_other() {
    let (_world, [anna, ben, clara, _]) = talking();
    anna.unseen();
    ben.does(Command::Transfer("103".to_owned()));
    assert_eq!(clara.rings().0, "101");
    clara.answers();
    anna.talks_with(&clara);
    assert_eq!(shown(&anna), "103");

    let (_world, [anna, ben, clara, _]) = talking();
    ben.holds();
    ben.calls("103");
    assert_eq!(clara.rings().0, "102");
    clara.answers();
    ben.is_answered();
    anna.unseen();
    clara.unseen();
    ben.does(Command::TransferAttended);
    show_each_other(&anna, &clara);
}
