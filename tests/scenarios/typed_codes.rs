//! What the other end hears while the code of a feature is typed in a talk: nothing, unless it is none.

use cordboard_phone::Happening;
use cordboard_sim::{Handset, Plan, World};
use core::time::Duration;

/// 102 may transfer, record and hold; 202 may do nothing.
const OFFICE: &str = r#"
let internal = context("internal");
internal.on("102", |ch| { ch.dial(user("102"), #{ timeout: 25, transfer: true, hold: true, record: "on-demand" }); });
internal.on("103", |ch| { ch.dial(user("103"), #{ timeout: 25 }); });
internal.on("202", |ch| { ch.dial(user("102"), #{ timeout: 25 }); });
"#;

/// Anna has called Ben, and they talk; neither knows telephone events where they speak tones.
fn talking(tones: bool, number: &str) -> (World, Handset, Handset) {
    let world = World::new(&Plan::new(OFFICE));
    let [anna, ben] = ["101", "102"].map(|user| {
        let phone = world.phone_with(user, |spec| spec.config.telephone_event = !tones);
        phone.registers();
        phone
    });
    anna.calls_and_talks_with(number, &ben);
    (world, anna, ben)
}

/// The keys that a phone gets within some seconds.
fn keys(world: &World, phone: &Handset) -> String {
    all_keys(phone);
    world.run_secs(4);
    all_keys(phone)
}

/// The keys that it has got and nobody has asked for yet.
fn all_keys(phone: &Handset) -> String {
    let keys = phone.unseen().into_iter().filter_map(|happening| match happening {
        Happening::Digit { digit, .. } => Some(digit),
        _ => None,
    });
    keys.collect()
}

#[test]
fn a_code_is_not_heard_by_the_other_end() {
    for tones in [false, true] {
        let (world, anna, ben) = talking(tones, "102");
        ben.presses("##");
        ben.hears_prompt("pbx-transfer");
        anna.hears_music("default");
        world.run_secs(2);
        assert_eq!(all_keys(&anna), "", "tones: {tones}");
        ben.hangs_up();
    }
}

#[test]
fn recording_and_hold_are_not_heard_by_the_other_end() {
    let (world, anna, ben) = talking(false, "102");
    anna.presses("*1");
    world.run_secs(2);
    anna.presses("*9");
    ben.hears_music("default");
    anna.presses("*9");
    world.run_secs(2);
    anna.talks_with(&ben);
    assert_eq!(all_keys(&ben), "");
    anna.hangs_up();
    world.is_quiet();
    assert_eq!(world.records()[0].recordings.len(), 1);
}

#[test]
fn what_is_no_code_is_heard_in_its_order() {
    for tones in [false, true] {
        let (world, anna, ben) = talking(tones, "102");
        // Each * may begin a code, 7 begins none, and 2 would end one if * stood before it.
        anna.presses("15*7#*82");
        assert_eq!(keys(&world, &ben), "15*7#*82", "tones: {tones}");
        anna.talks_with(&ben);
    }
}

#[test]
fn the_beginning_of_a_code_is_heard_when_nothing_follows_in_time() {
    let (world, anna, ben) = talking(false, "102");
    let pressed = world.now();
    anna.presses("*");
    ben.gets_digits("*");
    let waited = world.now().since(pressed);
    assert!((1_000..1_600).contains(&waited.as_millis()), "{waited:?}");
    world.run_for(Duration::from_millis(100));
    anna.presses("2");
    ben.gets_digits("2");
    anna.talks_with(&ben);
}

#[test]
fn keys_that_come_as_info_are_withheld_and_passed_on_too() {
    let (world, anna, ben) = talking(false, "102");
    anna.presses_by_info("*7");
    assert_eq!(keys(&world, &ben), "*7");
    anna.presses_by_info("*9");
    ben.hears_music("default");
    world.run_secs(2);
    assert_eq!(all_keys(&ben), "");
}

#[test]
fn whom_one_consults_does_not_hear_the_codes_of_that() {
    let (world, anna, ben) = talking(false, "102");
    let clara = world.registered("103");
    ben.presses("*2");
    ben.hears_prompt("pbx-transfer");
    ben.presses("103#");
    clara.rings();
    clara.answers();
    world.run_secs(3);
    ben.presses("*6");
    world.run_secs(2);
    anna.talks_with(&ben);
    ben.presses("4*8");
    assert_eq!(keys(&world, &anna), "4*8", "those are for her");
    ben.presses("*3");
    world.run_secs(2);
    anna.talks_with(&ben);
    assert_eq!((all_keys(&anna).as_str(), all_keys(&clara).as_str()), ("", ""));
}

#[test]
fn without_the_right_to_anything_keys_are_heard_while_they_are_pressed() {
    let (world, anna, ben) = talking(false, "202");
    anna.presses("*2##");
    assert_eq!(keys(&world, &ben), "*2##");
    anna.talks_with(&ben);
}

#[test]
fn codes_are_the_same_after_any_cut() {
    let run = |cuts: Option<u64>| {
        let (world, anna, ben) = talking(false, "102");
        if let Some(seed) = cuts {
            world.cut_and_restore(seed, 100);
        }
        anna.presses("1*7*");
        let heard = keys(&world, &ben);
        anna.presses("*9");
        ben.hears_music("default");
        anna.hangs_up();
        world.run_secs(40);
        (world, heard)
    };
    let ((plain, heard), (cut, again)) = (run(None), run(Some(5)));
    assert_eq!((heard.as_str(), again.as_str()), ("1*7*", "1*7*"));
    assert!(cut.cuts_made() > 20);
    assert_eq!(plain.records(), cut.records());
    assert_eq!(plain.media_trace(), cut.media_trace());
}
