//! What tests of feature codes share; and that codes are for our own phones alone.

use cordboard_exchange::{Hours, HoursRule, TrunkSetup};
use cordboard_sim::{Handset, Peer, Plan, Provider, Sound, World};
use cordboard_sip::trunk::{Server, TrunkSettings};
use core::time::Duration;

const PROVIDER: &str = "198.51.100.9:5060";
/// Who calls from outside.
pub(crate) const OUTSIDER: &str = "442079460123";

pub(crate) fn office() -> World {
    World::new(&Plan::shipped())
}

/// The office with the trunk `itsp`, whose calls begin in this context.
pub(crate) fn with_trunk(context: &str) -> (World, Provider) {
    let settings = TrunkSettings {
        servers: vec![Server::parse(PROVIDER).unwrap()],
        number: "15550100".to_owned(),
        ..TrunkSettings::default()
    };
    let trunk = TrunkSetup { settings, context: context.to_owned(), codecs: Vec::new() };
    let always = HoursRule { weekdays: 0x7f, from_min: 0, to_min: 1_440 };
    let world = World::new(&Plan::shipped().with(|setup| {
        setup.trunks = [("itsp".to_owned(), trunk)].into();
        setup.hours = [("office".to_owned(), Hours { open: vec![always], closed_on_holidays: false })].into();
    }));
    let provider = world.provider(PROVIDER);
    (world, provider)
}

pub(crate) fn phones<const N: usize>(world: &World, users: [&str; N]) -> [Handset; N] {
    users.map(|user| world.registered(user))
}

/// Dials a code, hears this, and is rung off.
pub(crate) fn dials(phone: &Handset, code: &str, prompts: &[&str]) {
    phone.calls(code);
    phone.is_answered();
    prompts.iter().for_each(|prompt| phone.hears_prompt(prompt));
    phone.is_over();
}

/// Waits for a prompt that comes after a long number.
pub(crate) fn hears_at_last(phone: &Handset, world: &World, prompt: &str) {
    let wanted = Sound::Prompt(prompt.to_owned());
    assert!(world.run_until(|_| phone.ear().contains(&wanted), Duration::from_secs(30)), "{:?}", phone.ear());
}

/// A call by the trunk, from this user part; `port` tells calls apart.
pub(crate) fn calls_in(world: &World, number: &str, from: &str, port: u16) -> Peer {
    let peer = world.peer(&format!("198.51.100.9:{port}"));
    peer.sends(&format!(
        "INVITE sip:{number}@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 198.51.100.9:{port};branch=z9hG4bKin{port}\n\
         Max-Forwards: 70\nFrom: <sip:{from}>;tag=in{port}\nTo: <sip:{number}@itsp.example>\n\
         Call-ID: in{port}\nCSeq: 1 INVITE\nContact: <sip:gw@198.51.100.9:{port}>\nContent-Type: application/sdp\n\
         Content-Length: auto\n\nv=0\no=- 1 1 IN IP4 198.51.100.9\ns=-\nc=IN IP4 198.51.100.9\nt=0 0\n\
         m=audio 41000 RTP/AVP 8\n"
    ));
    peer
}

/// The same call is given up.
pub(crate) fn gives_up(peer: &Peer, number: &str, from: &str, port: u16) {
    peer.sends(&format!(
        "CANCEL sip:{number}@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 198.51.100.9:{port};branch=z9hG4bKin{port}\n\
         Max-Forwards: 70\nFrom: <sip:{from}>;tag=in{port}\nTo: <sip:{number}@itsp.example>\n\
         Call-ID: in{port}\nCSeq: 1 CANCEL\nContent-Length: 0\n\n"
    ));
}

#[test]
fn a_code_from_a_phone_that_is_none_of_ours_is_refused() {
    let codes = [
        "*72102", "*73", "*90", "*96", "*78", "*71", "*21", "*30", "*32", "*77", "*69", "*66", "*75", "*280",
    ];
    for (port, code) in (5_070..).zip(codes) {
        let (world, _provider) = with_trunk("internal");
        let stranger = calls_in(&world, code, &format!("{OUTSIDER}@itsp.example"), port);
        stranger.receives("SIP/2.0 603");
        assert!(world.store(|store| store.values.is_empty()), "{code} has set something");
    }
}
