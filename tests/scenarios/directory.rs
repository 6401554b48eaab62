//! The directory by name: 411.

use cordboard_sim::World;

const BEEP: [u16; 2] = [1_000, 0];

#[test]
fn somebody_is_found_by_letters_spelt_and_rung() {
    let world = World::new(&cordboard_sim::Plan::shipped());
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    anna.calls("411");
    anna.is_answered();
    anna.hears_prompt("dir-usingkeypad");
    anna.presses("236");
    for prompt in ["letters/e", "letters/n", "dir-instr"] {
        anna.hears_prompt(prompt);
    }
    anna.presses("1");
    ben.rings();
    ben.answers();
    anna.talks_with(&ben);
    anna.hangs_up();
    world.run_secs(1);
    world.is_quiet();
}

#[test]
fn who_has_recorded_a_name_is_heard_and_a_message_is_sent_on_by_the_name() {
    let world = World::new(&cordboard_sim::Plan::shipped());
    let (anna, ben, clara) = (world.registered("101"), world.registered("102"), world.registered("103"));
    // Clara says her name.
    clara.calls("*97");
    clara.is_answered();
    clara.hears_prompt("vm-password");
    clara.presses("4103#");
    clara.hears_prompt("vm-youhave");
    clara.presses("0");
    clara.hears_prompt("vm-options");
    clara.presses("3");
    clara.hears_prompt("vm-rec-name");
    clara.hears_tone(BEEP);
    world.run_secs(2);
    clara.presses("#");
    clara.hears_prompt("vm-review");
    clara.presses("1");
    clara.hears_prompt("vm-saved");
    clara.hangs_up();
    // Anna leaves a message for Ben, who sends it on to Clara by her name.
    anna.calls("*102");
    anna.is_answered();
    world.run_ms(500);
    anna.presses("#");
    anna.hears_tone(BEEP);
    world.run_secs(4);
    anna.hangs_up();
    ben.calls("*97");
    ben.is_answered();
    ben.hears_prompt("vm-password");
    ben.presses("4102#");
    ben.hears_prompt("vm-youhave");
    ben.presses("1");
    ben.hears_prompt("vm-received");
    ben.presses("#");
    ben.hears(&anna);
    ben.presses("8");
    ben.hears_prompt("vm-forwardoptions");
    ben.presses("2");
    ben.hears_prompt("dir-usingkeypad");
    ben.presses("252");
    ben.hears(&clara);
    ben.presses("1");
    ben.hears_prompt("vm-forward-multiple");
    ben.presses("#");
    ben.hears_prompt("vm-prependoptions");
    ben.presses("2");
    ben.hears_prompt("vm-msgforwarded");
    ben.hangs_up();
    clara.calls("*97");
    clara.is_answered();
    clara.hears_prompt("vm-password");
    clara.presses("4103#");
    for prompt in ["vm-youhave", "digits/1", "vm-INBOX"] {
        clara.hears_prompt(prompt);
    }
    clara.hangs_up();
    world.run_secs(1);
    world.is_quiet();
}
