//! *8 and **1XX: a call is taken that rings at somebody else's phone.

use cordboard_phone::Happening;
use cordboard_sim::{Handset, Plan, World};

fn office() -> (World, [Handset; 4]) {
    let world = World::new(&Plan::shipped().with(|setup| {
        // 104 is in no group.
        if let Some(user) = setup.users.get_mut("104") {
            user.groups.clear();
        }
    }));
    let phones = ["101", "102", "103", "104"].map(|user| world.registered(user));
    (world, phones)
}

/// Whom the display shows when that changes.
fn shows(phone: &Handset) -> String {
    phone.expects("another name on the display", |happening| match happening {
        Happening::Connected { number, .. } => Some(number.clone()),
        _ => None,
    })
}

#[test]
fn star_8_takes_the_longest_ringing_call_of_the_group() {
    let (world, [anna, ben, clara, dan]) = office();
    anna.calls("102");
    ben.rings();
    dan.calls("101");
    anna.rings();
    clara.calls("*8");
    anna.is_answered();
    clara.talks_with(&anna);
    assert_eq!(ben.is_over().sip, Some(200), "answered elsewhere: no missed call");
    assert_eq!(shows(&clara), "101", "the display shows whose call it is");
    clara.hangs_up();
    world.run_secs(1);
    drop(dan);
}

#[test]
fn the_caller_is_shown_who_has_taken_its_call() {
    let (world, [_anna, ben, clara, _dan]) = office();
    let caller = world.peer("192.0.2.200:5060");
    let sdp = "v=0\no=- 1 1 IN IP4 192.0.2.200\ns=-\nc=IN IP4 192.0.2.200\nt=0 0\nm=audio 41000 RTP/AVP 8\n";
    // Lines end with two octets.
    let length = sdp.len() + sdp.lines().count();
    let invite = format!(
        "INVITE sip:102@office.example SIP/2.0\nTo: <sip:102@office.example>\nContact: <sip:106@192.0.2.200:5060>\n\
         Content-Type: application/sdp\nContent-Length: {length}\n\n{sdp}"
    );
    caller.sends_as("106", "taken", &invite);
    ben.rings();
    clara.calls("*8");
    let answer = caller.receives("SIP/2.0 200");
    let shown = answer.lines().find(|line| line.starts_with("P-Asserted-Identity:"));
    assert!(shown.is_some_and(|line| line.contains("sip:103@")), "{answer}");
}

#[test]
fn two_stars_and_a_number_take_the_call_of_that_phone() {
    let (world, [anna, ben, clara, _dan]) = office();
    anna.calls("104");
    world.run_secs(2);
    clara.calls("**104");
    clara.is_answered();
    anna.is_answered();
    clara.talks_with(&anna);
    anna.hangs_up();
    clara.is_over();
    world.is_quiet();
    drop(ben);
}

#[test]
fn nothing_rings_and_that_is_said() {
    let (world, [_anna, _ben, clara, _dan]) = office();
    clara.calls("*8");
    clara.hears_prompt("pbx-invalid");
    clara.is_refused(404);
    world.is_quiet();
}

#[test]
fn who_is_in_no_group_picks_up_nothing_with_star_8() {
    let (world, [anna, ben, _clara, dan]) = office();
    anna.calls("102");
    ben.rings();
    dan.calls("*8");
    dan.hears_prompt("pbx-invalid");
    dan.is_refused(404);
    ben.answers();
    anna.is_answered();
    anna.talks_with(&ben);
    anna.hangs_up();
    world.is_quiet();
}

#[test]
fn the_record_of_the_call_says_who_picked_it_up() {
    let (world, [anna, ben, clara, _dan]) = office();
    anna.calls("102");
    ben.rings();
    clara.calls("*8");
    anna.is_answered();
    world.run_secs(3);
    anna.hangs_up();
    clara.is_over();
    world.is_quiet();
    let records = world.records();
    let call = records.iter().find(|record| record.dialed == "102").unwrap();
    assert_eq!(call.answered_by, Some(cordboard_app::Destination::User("103".into())));
}
