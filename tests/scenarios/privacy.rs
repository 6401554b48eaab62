//! Hidden callers are asked for their number, unknown ones for a digit.

use crate::feature_codes::OUTSIDER;
use cordboard_dialplan::Bundle;
use cordboard_sim::{Handset, Plan, Sound, World};

/// The shipped functions, used by a main script of the test's own.
const SCRIPT: &str = r#"
import "blocking" as blocking;
let internal = context("internal");
internal.on("800", |ch| {
    ch.caller.privacy = "restricted";
    log::info(`identified: ${blocking::identify(ch)}`);
    ch.dial(user("102"), #{ timeout: 20 });
});
internal.on("801", |ch| log::info(`challenged: ${blocking::challenge(ch)}`));
internal.on("802", |ch| { blocking::know("0044 20 7946 0123"); ch.play("hello"); });
"#;

fn office() -> World {
    let bundle = Bundle::single(SCRIPT)
        .with("blocking.rhai", include_str!("../../dialplan/blocking.rhai"))
        .with("settings.rhai", include_str!("../../dialplan/settings.rhai"));
    World::new(&Plan::new("").bundle(bundle))
}

fn pressed(world: &World, phone: &Handset) -> String {
    phone.hears_prompt("vm-press");
    world.run_secs(1);
    let digit = (1..=9).find(|digit| phone.ear().contains(&Sound::Prompt(format!("digits/{digit}"))));
    digit.expect("a digit is said").to_string()
}

#[test]
fn a_hidden_caller_is_asked_for_its_number_which_is_shown_then() {
    let world = office();
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    anna.calls("800");
    anna.is_answered();
    anna.hears_prompt("privacy-unident");
    anna.hears_prompt("privacy-prompt");
    anna.presses("123#");
    anna.hears_prompt("privacy-incorrect");
    anna.hears_prompt("privacy-prompt");
    anna.presses("02079460123#");
    anna.hears_prompt("auth-thankyou");
    assert_eq!(ben.rings(), ("02079460123".to_owned(), "unchecked number".to_owned()));
    assert!(world.has_logged("script", "identified: true"));
}

#[test]
fn who_has_no_number_to_say_after_three_tries_is_told_from_others() {
    let world = office();
    let anna = world.registered("101");
    anna.calls("800");
    anna.is_answered();
    anna.hears_prompt("privacy-unident");
    for _ in 0..3 {
        anna.hears_prompt("privacy-prompt");
        anna.presses("#");
        anna.hears_prompt("privacy-incorrect");
    }
    world.run_secs(2);
    assert!(world.has_logged("script", "identified: false"));
}

#[test]
fn an_unknown_caller_presses_what_is_said_and_a_machine_does_not() {
    let world = office();
    let anna = world.registered("101");
    anna.calls("801");
    anna.is_answered();
    let digit = pressed(&world, &anna);
    anna.presses(&digit);
    anna.is_over();
    assert!(world.has_logged("script", "challenged: true"));
    anna.calls("801");
    anna.is_answered();
    for _ in 0..3 {
        pressed(&world, &anna);
        anna.presses("0");
    }
    anna.is_over();
    assert!(world.has_logged("script", "challenged: false"));
}

#[test]
fn whom_the_office_has_called_is_known_however_its_number_is_written() {
    let world = office();
    let anna = world.registered("101");
    anna.calls("802");
    anna.hears_prompt("hello");
    anna.is_over();
    let keys: Vec<String> =
        world.store(|store| store.values.keys().map(|(of, key)| format!("{of}/{key}")).collect());
    assert_eq!(keys, [format!("known/{}", &OUTSIDER[OUTSIDER.len() - 9..])]);
}
