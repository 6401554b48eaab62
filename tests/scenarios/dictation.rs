//! Dictation: *34 and *35.

use cordboard_sim::{Handset, World};

const BEEP: [u16; 2] = [1_000, 0];

fn opens(world: &World, phone: &Handset, number: &str) {
    phone.calls("*34");
    phone.is_answered();
    phone.hears_prompt("dictate/enter_filename");
    phone.presses(&format!("{number}#"));
    phone.hears_prompt("dictate/playback_mode");
    world.run_secs(3);
}

#[test]
fn a_letter_is_dictated_in_two_calls_heard_and_mailed() {
    let world = World::new(&cordboard_sim::Plan::shipped());
    let anna = world.registered("101");
    opens(&world, &anna, "12");
    anna.presses("1");
    anna.hears_prompt("dictate/record_mode");
    anna.presses("*");
    anna.hears_tone(BEEP);
    world.run_secs(3);
    anna.presses("*");
    anna.hears_prompt("dictate/pause");
    anna.hangs_up();
    world.restart();
    opens(&world, &anna, "12");
    anna.presses("*");
    anna.hears(&anna);
    anna.presses("1*");
    world.run_secs(4);
    // A hang-up keeps what was said.
    anna.hangs_up();
    world.run_secs(1);
    assert_eq!(world.files().len(), 2);
    anna.calls("*35");
    anna.is_answered();
    anna.hears_prompt("dictate/enter_filename");
    anna.presses("12#");
    anna.hears_prompt("vm-msgsent");
    anna.is_over();
    let mails = world.store(|store| store.mails.clone());
    assert_eq!((mails.len(), mails[0].kind.as_str()), (1, "dictation"));
    let mail: cordboard_app::VoicemailMail = serde_json::from_str(&mails[0].data).unwrap();
    assert_eq!((mail.audio.len(), mail.category.as_str()), (2, "12"));
    assert!((4_000..12_000).contains(&mail.ms), "{}", mail.ms);
    world.is_quiet();
}

#[test]
fn a_dictation_is_erased_and_nothing_is_mailed_of_it() {
    let world = World::new(&cordboard_sim::Plan::shipped());
    let anna = world.registered("101");
    opens(&world, &anna, "3");
    anna.presses("1");
    anna.hears_prompt("dictate/record_mode");
    anna.presses("*");
    anna.hears_tone(BEEP);
    world.run_secs(3);
    anna.presses("8");
    anna.hears_prompt("dictate/truncating_audio");
    anna.presses("#");
    world.run_secs(1);
    anna.presses("#");
    anna.is_over();
    assert_eq!(world.store(|store| store.unlinked.len()), 1);
    anna.calls("*35");
    anna.is_answered();
    world.run_secs(1);
    anna.presses("3#");
    anna.hears_prompt("dictate/nothing");
    anna.is_over();
    world.is_quiet();
}
