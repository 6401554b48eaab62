//! Agents hand callers on: what becomes of the call, of the agent, and what the log says.

use crate::queue::{SALES, has_logged, logged, office_with, phones};
use cordboard_phone::Command;
use cordboard_sim::{Handset, World};

const SCRIPT: &str = r#"
let internal = context("internal");
internal.on("620", |ch| { ch.queue("sales", #{ transfer: "callee" }); });
internal.on("_10X", |ch| { ch.dial(user(ch.dialed), #{ timeout: 25, transfer: true }); });
"#;

/// Anna has waited and talks with Ben, who is an agent; Clara is none. Two seconds later.
fn talking() -> (World, [Handset; 3]) {
    let world = office_with(SCRIPT, &SALES.replace("[[queue.sales.member]]\nuser = \"103\"\n", ""));
    let [anna, ben, clara] = phones(&world, ["101", "102", "103"]);
    anna.calls("620");
    ben.rings();
    ben.answers();
    anna.talks_with(&ben);
    world.run_secs(2);
    (world, [anna, ben, clara])
}

/// One event ends the talk in the log.
fn is_logged(world: &World, event: &str, to: &str) {
    let log = logged(world);
    let ends = ["COMPLETE", "TRANSFER", "ABANDON"];
    let ended: Vec<&String> = log.iter().filter(|line| ends.iter().any(|end| line.contains(end))).collect();
    assert_eq!(ended.len(), 1, "{log:?}");
    assert!(ended[0].starts_with(&format!("sales|SIP/102|{event}|{to}")), "{log:?}");
    // Waited no time, talked for some seconds, was the first.
    let fields: Vec<&str> = ended[0].split('|').collect();
    assert_eq!(fields.len(), 8, "{fields:?}");
    assert!((2..30).contains(&fields[6].parse::<u32>().unwrap()), "{fields:?}");
    assert_eq!((fields[5], fields[7]), ("0", "1"));
}

/// The agent takes the next call, the one who was handed on talks still.
fn goes_on(world: &World, ben: &Handset, anna: &Handset, clara: &Handset) {
    let [david] = phones(world, ["104"]);
    david.calls("620");
    ben.rings();
    ben.answers();
    david.talks_with(ben);
    anna.talks_with(clara);
    anna.hangs_up();
    clara.is_over();
    david.hangs_up();
    ben.is_over();
    world.is_quiet();
    assert!(has_logged(world, "COMPLETECALLER", "sales|SIP/102"), "{:?}", logged(world));
}

#[test]
fn a_blind_transfer_by_the_agents_phone() {
    let (world, [anna, ben, clara]) = talking();
    ben.does(Command::Transfer("103".to_owned()));
    clara.rings();
    clara.answers();
    ben.transfer_ends(200);
    anna.talks_with(&clara);
    is_logged(&world, "TRANSFER", "103|internal|");
    goes_on(&world, &ben, &anna, &clara);
}

#[test]
fn a_blind_transfer_by_digits() {
    let (world, [anna, ben, clara]) = talking();
    ben.presses("##");
    ben.hears_prompt("pbx-transfer");
    ben.presses("103#");
    ben.is_over();
    clara.rings();
    clara.answers();
    anna.talks_with(&clara);
    is_logged(&world, "TRANSFER", "103|internal|");
    goes_on(&world, &ben, &anna, &clara);
}

#[test]
fn an_attended_transfer_by_the_agents_phone() {
    let (world, [anna, ben, clara]) = talking();
    ben.holds();
    ben.calls("103");
    clara.rings();
    clara.answers();
    ben.is_answered();
    assert!(!has_logged(&world, "ATTENDED", ""), "a consultation is none");
    ben.does(Command::TransferAttended);
    ben.transfer_ends(200);
    anna.talks_with(&clara);
    is_logged(&world, "ATTENDEDTRANSFER", "BRIDGE|");
    world.run_secs(2);
    goes_on(&world, &ben, &anna, &clara);
}

#[test]
fn an_attended_transfer_by_digits() {
    let (world, [anna, ben, clara]) = talking();
    ben.presses("*2");
    ben.hears_prompt("pbx-transfer");
    ben.presses("103#");
    clara.rings();
    clara.answers();
    ben.talks_with(&clara);
    assert!(!has_logged(&world, "ATTENDED", ""), "a consultation is none");
    ben.hangs_up();
    anna.talks_with(&clara);
    is_logged(&world, "ATTENDEDTRANSFER", "BRIDGE|");
    goes_on(&world, &ben, &anna, &clara);
}

#[test]
fn a_consultation_that_is_aborted_changes_nothing() {
    let (world, [anna, ben, clara]) = talking();
    ben.presses("*2");
    ben.hears_prompt("pbx-transfer");
    ben.presses("103#");
    clara.rings();
    clara.answers();
    ben.talks_with(&clara);
    clara.hangs_up();
    anna.talks_with(&ben);
    ben.hangs_up();
    anna.is_over();
    assert!(has_logged(&world, "COMPLETEAGENT|0|", "sales|SIP/102"), "{:?}", logged(&world));
    assert!(
        !has_logged(&world, "TRANSFER", "") && !has_logged(&world, "ATTENDED", ""),
        "{:?}",
        logged(&world)
    );
}
