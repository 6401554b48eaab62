//! Descriptions that do not come alone (RFC 5621).

use crate::basic_call::OFFICE;
use cordboard_sim::{Raw, World};

const MIXED: &str = "Content-Type: multipart/mixed;boundary=\"next one\"";

/// The description and a part of another type.
fn mixed(sdp: &str, head: &str) -> String {
    format!(
        "--next one\r\nContent-Type: application/isup\r\n{head}\r\n\x01\x02\r\n--next one\r\n\
         Content-Type: application/sdp\r\n\r\n{sdp}\r\n--next one--\r\n"
    )
}

fn optional(phone: &Raw) -> String {
    mixed(&phone.sdp(), "Content-Disposition: signal; handling=optional\r\n")
}

#[test]
fn descriptions_in_multipart_bodies_are_found_in_requests_and_responses() {
    let world = World::with_dialplan(OFFICE);
    let (anna, ben, clara) = (world.raw("101"), world.registered("102"), world.raw("103"));
    let mut call = anna.calls("102", MIXED, Some(&optional(&anna)));
    ben.rings();
    ben.answers();
    call.is_answered();
    call.talks_with(&ben);
    call.sends("INVITE", MIXED, Some(&optional(&anna)));
    call.is_answered();
    call.talks_with(&ben);
    call.hangs_up();
    ben.is_over();
    ben.calls("103");
    let mut call = clara.invited();
    call.replies(200, MIXED, Some(&optional(&clara)));
    call.gets("ACK");
    ben.is_answered();
    call.talks_with(&ben);
    call.hangs_up();
    world.is_quiet();
}

#[test]
fn a_part_that_must_be_understood_and_is_not_is_answered_415_and_rings_nobody() {
    let world = World::with_dialplan(OFFICE);
    let (anna, ben) = (world.raw("101"), world.registered("102"));
    let body = mixed(&anna.sdp(), "Content-Disposition: signal; handling=required\r\n");
    let mut call = anna.begins("102", MIXED, Some(&body));
    let refusal = call.gets_answer("415");
    assert!(refusal.headers.lists("Accept", "application/sdp"), "{refusal:?}");
    ben.sees_nothing_for(core::time::Duration::from_secs(2));
    let mut call = anna.calls("102", "", Some(&anna.sdp()));
    ben.rings();
    ben.answers();
    call.is_answered();
    call.sends("INVITE", MIXED, Some(&body));
    call.gets_answer("415");
    call.talks_with(&ben);
}
