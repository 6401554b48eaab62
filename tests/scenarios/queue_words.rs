//! What callers and agents of queues hear: positions, announcements, whispers; and being called back.

use crate::queue::{SALES, SCRIPT, has_logged, logged, office, office_with, phones};
use core::time::Duration;

fn sales(keys: &str) -> String {
    SALES.replace("ring_s = 10", keys)
}

#[test]
fn a_caller_hears_its_position_and_that_it_has_moved_up() {
    let world = office(&sales("ring_s = 60\nannounce_s = 30\nannounce_min_s = 1"));
    let [ben, anna, david, emil] = phones(&world, ["102", "101", "104", "105"]);
    anna.calls("620");
    ben.rings();
    ben.answers();
    anna.talks_with(&ben);
    david.calls("620");
    david.hears_prompt("queue-youarenext");
    david.hears_prompt("queue-thankyou");
    david.hears_music("default");
    emil.calls("620");
    for word in ["queue-thereare", "digits/2", "queue-callswaiting", "queue-thankyou"] {
        emil.hears_prompt(word);
    }
    emil.hears_music("default");
    david.hangs_up();
    emil.hears_prompt("queue-youarenext");
}

#[test]
fn announcements_come_between_attempts_and_nobody_loses_its_place() {
    let world = office(&sales("ring_s = 5\nperiodic_s = 8\nperiodic = [\"hello-world\"]"));
    let [anna, ben, david] = phones(&world, ["101", "102", "104"]);
    anna.calls("620");
    ben.rings();
    david.calls("620");
    david.hears_music("default");
    ben.is_over();
    anna.hears_music("default");
    anna.hears_prompt("hello-world");
    assert_eq!(ben.rings().0, "101", "who came first is served first");
    ben.answers();
    anna.talks_with(&ben);
}

#[test]
fn the_welcome_comes_before_all_else() {
    let world = office(&sales("ring_s = 10\njoin_announce = [\"welcome\"]"));
    let [anna, ben] = phones(&world, ["101", "102"]);
    anna.calls("620");
    anna.hears_prompt("welcome");
    ben.rings();
    anna.hears_music("default");
}

#[test]
fn an_agent_hears_what_the_call_is_about_and_takes_it_with_1() {
    let world = office(&sales("ring_s = 20\nagent_accepts = true\nagent_announce = [\"agent-callfrom\"]"));
    let [anna, ben, clara] = phones(&world, ["101", "102", "103"]);
    anna.calls("620");
    ben.rings();
    clara.rings();
    ben.answers();
    ben.hears_prompt("agent-callfrom");
    anna.hears_music("default");
    ben.presses("1");
    anna.talks_with(&ben);
    clara.is_over();
}

#[test]
fn a_caller_is_called_back_when_it_is_its_turn() {
    let world = office(&format!("{}\n[queue.sales.callback]\nconfirm = false\n", sales("ring_s = 20")));
    let [anna, ben, david] = phones(&world, ["101", "102", "104"]);
    david.calls("620");
    ben.rings();
    ben.answers();
    david.talks_with(&ben);
    anna.calls("620");
    anna.hears_music("default");
    anna.presses("1");
    anna.hears_prompt("queue-callback-confirm");
    world.run_secs(5);
    anna.presses("1");
    anna.hears_prompt("queue-callback-set");
    anna.is_over();
    assert!(world.has_logged("script", "queue: callback"), "{:?}", logged(&world));
    // Somebody who comes later is served later.
    let [emil] = phones(&world, ["105"]);
    emil.calls("620");
    emil.hears_music("default");
    david.hangs_up();
    ben.is_over();
    assert_eq!(ben.rings().1, "Sales: Anna");
    ben.answers();
    anna.rings();
    anna.answers();
    anna.talks_with(&ben);
    anna.hangs_up();
    ben.is_over();
    assert_eq!(ben.rings().0, "105");
    assert!(has_logged(&world, "CALLBACK|101|", "sales"), "{:?}", logged(&world));
    assert!(has_logged(&world, "CONNECT|", "sales|SIP/102"), "{:?}", logged(&world));
}

#[test]
fn a_wish_to_be_called_back_survives_the_process() {
    let settings = format!("{}\n[queue.sales.callback]\n", sales("ring_s = 20"));
    let world = office_with(SCRIPT, &settings);
    let [anna] = phones(&world, ["101"]);
    anna.calls("620");
    anna.hears_music("default");
    anna.presses("1");
    anna.hears_prompt("queue-callback-confirm");
    world.run_secs(5);
    anna.presses("1");
    anna.hears_prompt("queue-callback-set");
    anna.is_over();
    world.restart();
    anna.registers();
    world.run_for(Duration::from_secs(2));
    let ben = world.registered("102");
    assert_eq!(ben.rings().1, "Sales: Anna");
    ben.answers();
    anna.rings();
    anna.answers();
    anna.hears_prompt("queue-callback-here");
    anna.presses("1");
    anna.talks_with(&ben);
}
