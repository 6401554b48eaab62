//! Baresip as the desk phone of those who use the office's applications: conference, queue, parking, transfer, recording.

use super::Baresip;
use crate::harness::ear::Wav;
use crate::harness::exchange::Exchange;
use crate::harness::plan::{Plan, project};
use crate::harness::wait;
use std::fs;

/// What 101, 102 and 103 say, in Hz.
const VOICES: [(&str, u16); 3] = [("101", 700), ("102", 1_100), ("103", 1_700)];

fn three(plan: &Plan) -> (Exchange, [Baresip; 3]) {
    let exchange = Exchange::start(plan);
    let phones = VOICES.map(|(user, hz)| Baresip::registered(&exchange, user, "udp", hz, "PCMA/8000/1"));
    (exchange, phones)
}

/// Two hear each other.
fn talk(one: (&Baresip, u16), other: (&Baresip, u16)) {
    one.0.hears(other.1);
    other.0.hears(one.1);
}

/// 101 calls 102, and they talk.
fn two_of_three_talk(plan: &Plan) -> (Exchange, [Baresip; 3]) {
    let (exchange, [mut ann, mut ben, cleo]) = three(plan);
    ann.does("dial", "102");
    ben.sees("CALL_INCOMING");
    ben.does("accept", "");
    ben.sees("CALL_ESTABLISHED");
    ann.sees("CALL_ESTABLISHED");
    talk((&ann, 700), (&ben, 1_100));
    (exchange, [ann, ben, cleo])
}

#[test]
fn three_in_a_conference_hear_each_other() {
    let (_exchange, [mut ann, mut ben, mut cleo]) = three(&Plan::sample());
    for phone in [&mut ann, &mut ben, &mut cleo] {
        phone.does("dial", "500");
        phone.sees("CALL_ESTABLISHED");
    }
    talk((&ann, 700), (&ben, 1_100));
    talk((&ben, 1_100), (&cleo, 1_700));
    talk((&cleo, 1_700), (&ann, 700));
}

#[test]
fn both_agents_of_a_queue_ring_and_one_gets_the_caller() {
    const QUEUE: &str =
        "[queue.sales]\n[[queue.sales.member]]\nuser = \"102\"\n[[queue.sales.member]]\nuser = \"103\"\n";
    const SCRIPT: &str = "context(\"internal\").on(\"620\", |ch| ch.queue(\"sales\"));";
    let plan = Plan::sample().dialplan(SCRIPT).file("etc/queues.toml", QUEUE);
    let (exchange, [mut ann, mut ben, mut cleo]) = three(&plan);
    ann.does("dial", "620");
    ben.sees("CALL_INCOMING");
    cleo.sees("CALL_INCOMING");
    cleo.does("accept", "");
    cleo.sees("CALL_ESTABLISHED");
    ben.sees("CALL_CLOSED");
    talk((&ann, 700), (&cleo, 1_700));
    ann.does("hangup", "");
    cleo.sees("CALL_CLOSED");
    let log = wait::until("the queue's log", wait::SOON, || {
        let log = fs::read_to_string(exchange.folder.file("var/queue_log")).ok()?;
        log.contains("COMPLETECALLER").then_some(log)
    });
    for event in ["ENTERQUEUE", "CONNECT", "COMPLETECALLER"] {
        assert_eq!(log.matches(event).count(), 1, "{log}");
    }
}

#[test]
fn a_call_is_parked_by_the_transfer_key_and_fetched_by_another_phone() {
    let (_exchange, [mut ann, mut ben, mut cleo]) = two_of_three_talk(&Plan::sample());
    ben.does("transfer", "700");
    ben.sees("CALL_CLOSED");
    cleo.does("dial", "701");
    cleo.sees("CALL_ESTABLISHED");
    talk((&ann, 700), (&cleo, 1_700));
    cleo.does("hangup", "");
    ann.sees("CALL_CLOSED");
}

#[test]
fn an_attended_transfer_by_keys_connects_the_other_two() {
    let (_exchange, [mut ann, mut ben, mut cleo]) = two_of_three_talk(&Plan::sample());
    ann.presses("*2103");
    cleo.sees("CALL_INCOMING");
    cleo.does("accept", "");
    cleo.sees("CALL_ESTABLISHED");
    talk((&ann, 700), (&cleo, 1_700));
    ann.does("hangup", "");
    talk((&ben, 1_100), (&cleo, 1_700));
    ben.does("hangup", "");
    cleo.sees("CALL_CLOSED");
}

#[test]
fn a_code_in_the_talk_records_both_sides() {
    let users = fs::read_to_string(project().join("etc/users.toml")).unwrap();
    let users = users.replace("name = \"Ann Archer\"\n", "name = \"Ann Archer\"\nrecord = \"on-demand\"\n");
    let (exchange, [mut ann, mut ben, _cleo]) =
        two_of_three_talk(&Plan::sample().file("etc/users.toml", &users));
    ann.presses("*1");
    let file = wait::until("the recording", wait::SOON, || exchange.recordings().pop());
    wait::until("both sides in it", wait::SOON, || {
        let wav = Wav::read(&file)?;
        (wav.moments_with(0, 700).0 >= 5 && wav.moments_with(1, 1_100).0 >= 5).then_some(())
    });
    ann.does("hangup", "");
    ben.sees("CALL_CLOSED");
}
