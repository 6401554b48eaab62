//! An INVITE that a proxy on the way forks (RFC 3261 §13.2.2.4): several early dialogs, several answers.

use crate::basic_call::OFFICE;
use cordboard_phone::Command;
use cordboard_sim::World;
use core::time::Duration;

#[test]
fn of_two_answers_one_talks_and_the_other_is_acked_and_left() {
    let world = World::with_dialplan(OFFICE);
    let (anna, ben) = (world.registered("101"), world.raw("102"));
    anna.calls("102");
    let mut first = ben.invited();
    let second = first.fork("branch2");
    first.replies(180, "", None);
    second.replies(180, "", None);
    first.replies(200, "", Some(&ben.sdp()));
    second.replies(200, "", Some(&ben.sdp()));
    let acks = [first.gets("ACK"), first.gets("ACK")];
    let mut tags: Vec<_> =
        acks.iter().map(|ack| ack.headers.to().unwrap().tag().unwrap().to_owned()).collect();
    tags.sort();
    assert_eq!(tags, ["branch2", "raw1"]);
    let bye = first.gets("BYE");
    assert_eq!(bye.headers.to().unwrap().tag(), Some("branch2"), "the first one talks");
    first.answers(&bye, 200, "", None);
    anna.is_answered();
    first.talks_with(&anna);
    assert!(ben.gets_within("BYE", Duration::from_secs(5)).is_none(), "one talks on");
    anna.does(Command::Hangup(None));
    let bye = first.gets("BYE");
    assert_eq!(bye.headers.to().unwrap().tag(), Some("raw1"));
    first.answers(&bye, 200, "", None);
    world.is_quiet();
    assert_eq!(world.records().len(), 1);
}

#[test]
fn a_repeated_second_answer_is_acked_again_but_left_once() {
    let world = World::with_dialplan(OFFICE);
    let (anna, ben) = (world.registered("101"), world.raw("102"));
    anna.calls("102");
    let mut first = ben.invited();
    let second = first.fork("branch2");
    first.picks_up();
    second.replies(200, "", Some(&ben.sdp()));
    let ack = first.gets("ACK");
    let bye = first.gets("BYE");
    first.answers(&bye, 200, "", None);
    let before = world.trace().iter().filter(|line| line.bytes == ack.to_bytes()).count();
    let body = ben.sdp();
    second.replies(200, "", Some(&body));
    world.run_secs(2);
    let after = world.trace().iter().filter(|line| line.bytes == ack.to_bytes()).count();
    assert_eq!((before, after), (1, 2));
    first.talks_with(&anna);
}

#[test]
fn several_ring_with_early_media_and_one_that_was_silent_answers() {
    let world = World::with_dialplan(OFFICE);
    let (anna, ben) = (world.registered("101"), world.raw("102"));
    anna.calls("102");
    let mut call = ben.invited();
    for tag in ["one", "two", "three"] {
        let branch = call.fork(tag);
        branch.replies(183, &format!("Require: 100rel\nRSeq: {}", tag.len()), Some(&ben.sdp()));
        let prack = call.gets("PRACK");
        assert_eq!(prack.headers.to().unwrap().tag(), Some(tag));
        call.answers(&prack, 200, "", None);
    }
    call.is_heard_by(&anna);
    let mut other = call.fork("four");
    other.picks_up();
    anna.is_answered();
    other.talks_with(&anna);
    other.hangs_up();
    anna.is_over();
    world.is_quiet();
}

#[test]
fn a_late_offer_that_one_branch_made_is_not_answered_to_another() {
    let world = World::with_dialplan(OFFICE);
    let (anna, ben) = (world.raw("101"), world.raw("102"));
    let mut caller = anna.calls("102", "", Some(&anna.sdp()));
    let first = ben.invited();
    let mut second = first.fork("branch2");
    first.replies(180, "", None);
    second.replies(183, "", Some(&ben.sdp()));
    first.replies(180, "", None);
    second.picks_up();
    caller.is_answered();
    caller.hangs_up();
    second.is_over();
    world.is_quiet();
}
