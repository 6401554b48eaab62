//! Keys while agents ring: those of the caller, and those of agents who are asked whether they take the call.

use crate::queue::{SALES, has_logged, logged, office, phones};
use cordboard_sim::World;

fn sales(keys: &str) -> World {
    office(&SALES.replace("ring_s = 10", keys))
}

#[test]
fn a_caller_leaves_by_a_key_while_agents_ring() {
    let world = sales("ring_s = 20\nexit = { 0 = \"0\" }");
    let [anna, ben, clara, david] = phones(&world, ["101", "102", "103", "104"]);
    anna.calls("620");
    ben.rings();
    clara.rings();
    anna.is_answered();
    anna.presses("5");
    world.run_secs(1);
    anna.presses("0");
    david.rings();
    ben.is_over();
    clara.is_over();
    david.answers();
    anna.talks_with(&david);
    assert!(has_logged(&world, "EXITWITHKEY|0|1|1|", "sales|NONE"), "{:?}", logged(&world));
    assert!(has_logged(&world, "RINGCANCELED|", "sales|SIP/102"), "{:?}", logged(&world));
    anna.hangs_up();
    david.is_over();
    world.is_quiet();
}

#[test]
fn a_caller_asks_to_be_called_back_while_agents_ring_and_they_are_free_for_the_next_one() {
    let callback = "\n[queue.sales.callback]\nconfirm = false\n";
    let world = office(&format!("{}{callback}", SALES.replace("ring_s = 10", "ring_s = 20")));
    let [anna, ben, david] = phones(&world, ["101", "102", "104"]);
    anna.calls("620");
    ben.rings();
    anna.is_answered();
    anna.presses("1");
    anna.hears_prompt("queue-callback-confirm");
    ben.is_over();
    david.calls("620");
    assert_eq!(ben.rings().0, "104", "she has stepped aside");
    ben.answers();
    world.run_secs(5);
    anna.presses("1");
    anna.hears_prompt("queue-callback-set");
    anna.is_over();
    david.hangs_up();
    ben.is_over();
    assert_eq!(ben.rings().0, "101");
    ben.answers();
    anna.rings();
    anna.answers();
    anna.talks_with(&ben);
}

#[test]
fn a_key_counts_during_the_welcome() {
    let world = sales("ring_s = 20\njoin_announce = [\"welcome\"]\nexit = { 0 = \"0\" }");
    let [anna, david] = phones(&world, ["101", "104"]);
    anna.calls("620");
    anna.hears_prompt("welcome");
    anna.presses("0");
    david.rings();
}

#[test]
fn two_agents_are_asked_at_once_and_one_gets_the_call() {
    let world = sales("ring_s = 20\nagent_accepts = true\nagent_announce = [\"agent-callfrom\"]");
    let [anna, ben, clara] = phones(&world, ["101", "102", "103"]);
    anna.calls("620");
    ben.rings();
    clara.rings();
    ben.answers();
    clara.answers();
    ben.hears_prompt("agent-callfrom");
    clara.hears_prompt("agent-callfrom");
    // Both press 1 in the same moment.
    clara.presses("1");
    ben.presses("1");
    anna.talks_with(&ben);
    clara.hears_prompt("queue-taken");
    clara.is_over();
    world.run_secs(2);
    anna.talks_with(&ben);
    ben.hangs_up();
    anna.hears_prompt("goodbye");
    let log = logged(&world);
    assert_eq!(log.iter().filter(|line| line.contains("|CONNECT|")).count(), 1, "{log:?}");
    assert!(has_logged(&world, "COMPLETEAGENT", "sales|SIP/102"), "{log:?}");
    // Nobody is stuck: the next caller rings both.
    let [david] = phones(&world, ["104"]);
    david.calls("620");
    ben.rings();
    clara.rings();
}

#[test]
fn an_agent_who_declines_after_it_answered_leaves_the_call_to_the_others() {
    let world = sales("ring_s = 20\nagent_accepts = true");
    let [anna, ben, clara] = phones(&world, ["101", "102", "103"]);
    anna.calls("620");
    ben.rings();
    clara.rings();
    ben.answers();
    ben.hears_prompt("agent-callfrom");
    ben.presses("2");
    ben.is_over();
    clara.answers();
    clara.hears_prompt("agent-callfrom");
    clara.presses("1");
    anna.talks_with(&clara);
}
