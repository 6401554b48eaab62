//! The soft keys of phones for do not disturb and forwarding, in step with codes (`as-feature-event`).

use crate::feature_codes::{dials, office, phones};
use cordboard_sim::{Peer, World};

/// A second phone of 102's, which knows the event package.
pub(crate) fn desk(world: &World) -> Peer {
    world.peer("192.0.2.210:5060")
}

/// It subscribes, or sets something; with which status that is answered.
pub(crate) fn subscribes(desk: &Peer, user: &str, watched: &str, call: &str, body: &str) -> u16 {
    let request = format!(
        "SUBSCRIBE sip:{watched}@office.example SIP/2.0\nTo: <sip:{watched}@office.example>\nEvent: as-feature-event\n\
         Contact: <sip:{user}@192.0.2.210:5060>\nAccept: application/x-as-feature-event+xml\nExpires: 3600\n\
         Content-Type: application/x-as-feature-event+xml\nContent-Length: {}\n\n{body}",
        body.len()
    );
    desk.asks_as(user, call, &request).status
}

/// What the next NOTIFY of a subscription says: do not disturb, then each forwarding that is on, with its number.
pub(crate) fn shown(desk: &Peer) -> String {
    let notify = desk.takes("NOTIFY");
    assert_eq!(notify.headers.first("Event"), Some("as-feature-event"));
    let body = String::from_utf8(notify.body.to_vec()).unwrap();
    let within = |part: &str, name: &str| {
        part.split(&format!("<{name}>"))
            .nth(1)
            .and_then(|rest| rest.split('<').next())
            .unwrap_or_default()
            .to_owned()
    };
    let mut said = if within(&body, "doNotDisturbOn") == "true" { "quiet" } else { "" }.to_owned();
    for part in body.split("<ForwardingEvent").skip(1) {
        if within(part, "forwardStatus") == "true" {
            said += &format!(" {} {}", within(part, "forwardingType"), within(part, "forwardTo"));
        }
    }
    said
}

/// NOTIFYs until one says this: what was not answered at once, while somebody dialled, has come several times.
pub(crate) fn shows(desk: &Peer, wanted: &str) {
    let seen: Vec<String> = (0..30).map(|_| shown(desk)).take_while(|said| said != wanted).collect();
    assert!(seen.len() < 30, "{seen:?}");
}

pub(crate) fn quiet(on: bool) -> String {
    format!("<SetDoNotDisturb><device/><doNotDisturbOn>{on}</doNotDisturbOn></SetDoNotDisturb>")
}

fn forward(kind: &str, to: Option<&str>) -> String {
    let (on, to) = (to.is_some(), to.unwrap_or_default());
    format!(
        "<SetForwarding><device/><forwardingType>{kind}</forwardingType><activateForward>{on}</activateForward>\
         <forwardDN>{to}</forwardDN></SetForwarding>"
    )
}

#[test]
fn what_a_code_sets_shows_on_the_phone_after_a_restart_too() {
    let world = office();
    let [ben] = phones(&world, ["102"]);
    let desk = desk(&world);
    assert_eq!(subscribes(&desk, "102", "102", "keys", ""), 200);
    assert_eq!(shown(&desk), "");
    dials(&ben, "*78", &["do-not-disturb", "activated"]);
    shows(&desk, "quiet");
    world.restart();
    shows(&desk, "quiet");
    let ben = world.registered("102");
    dials(&ben, "*72103", &["call-fwd-unconditional", "activated"]);
    shows(&desk, "quiet forwardImmediate 103");
    dials(&ben, "*79", &["do-not-disturb", "de-activated"]);
    shows(&desk, " forwardImmediate 103");
}

#[test]
fn what_is_set_before_is_shown_at_once() {
    let world = office();
    let [ben] = phones(&world, ["102"]);
    dials(&ben, "*90103", &["call-fwd-on-busy", "activated"]);
    let desk = desk(&world);
    assert_eq!(subscribes(&desk, "102", "102", "keys", ""), 200);
    assert_eq!(shown(&desk), " forwardBusy 103");
}

#[test]
fn what_the_phone_sets_is_done_as_by_the_code_and_no_call_is_left_of_it() {
    let world = office();
    let [anna, ben, clara] = phones(&world, ["101", "102", "103"]);
    let lamp = crate::lamps::watcher_of(&world, "*76102");
    assert_eq!(crate::lamps::next(&lamp), "free");
    let desk = desk(&world);
    assert_eq!(subscribes(&desk, "102", "102", "first", &quiet(true)), 200);
    assert_eq!(shown(&desk), "quiet");
    crate::lamps::until(&lamp, "confirmed");
    anna.calls("102");
    anna.hears_prompt("vm-theperson");
    anna.hangs_up();
    assert_eq!(subscribes(&desk, "102", "102", "second", &quiet(false)), 200);
    crate::lamps::until(&lamp, "free");
    for kind in ["forwardImmediate", "forwardBusy", "forwardNoAns"] {
        assert_eq!(subscribes(&desk, "102", "102", kind, &forward(kind, Some("103"))), 200);
    }
    anna.calls("102");
    clara.rings();
    anna.hangs_up();
    clara.is_over();
    assert_eq!(subscribes(&desk, "102", "102", "off", &forward("forwardImmediate", None)), 200);
    anna.calls("102");
    ben.rings();
    anna.hangs_up();
    world.is_quiet();
    assert!(world.records().iter().filter(|record| record.part_of.is_none()).count() == 3);
}

#[test]
fn a_number_that_can_not_be_is_not_taken_and_the_phone_sees_that() {
    let world = office();
    let desk = desk(&world);
    assert_eq!(subscribes(&desk, "102", "102", "own", &forward("forwardImmediate", Some("102"))), 200);
    assert_eq!(shown(&desk), "");
}

#[test]
fn nobody_sees_or_sets_the_keys_of_another() {
    let world = office();
    let desk = desk(&world);
    assert_eq!(subscribes(&desk, "103", "102", "others", &quiet(true)), 403);
    let [anna, ben] = phones(&world, ["101", "102"]);
    anna.calls("102");
    ben.rings();
}
