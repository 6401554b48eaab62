//! Hold and resume, video, re-INVITEs.

use super::bench::{Bench, extensions};
use crate::{Fact, LegState};
use cordboard_base::Direction;
use cordboard_media::{Audio, Command, Source};
use cordboard_sip::session::{LegCommand, LegEvent};

#[test]
fn a_held_leg_hears_music_and_a_resumed_one_its_partner_again() {
    for hold in [Direction::SendOnly, Direction::Inactive] {
        let mut bench = Bench::new(&extensions());
        let (caller, callee) = bench.talk("101", "102");
        bench.re_offers(callee, hold);
        assert!(matches!(bench.last_told(callee), Some(LegCommand::Answer { .. })));
        let music = bench.last_play(caller).cloned().expect("music");
        assert!(music.repeat && matches!(&music.items[0], Audio::Music(class) if class == "default"));
        assert_eq!(bench.hears(caller), Source::Nothing);
        assert!(!bench.setup(callee).unwrap().sends);
        bench.re_offers(callee, Direction::SendRecv);
        assert!(
            bench.media(caller).iter().any(|c| matches!(c, Command::Stop { play, .. } if *play == music.id))
        );
        assert_eq!((bench.hears(caller), bench.hears(callee)), (Source::Leg(callee), Source::Leg(caller)));
        assert!(bench.setup(callee).unwrap().sends);
    }
}

#[test]
fn an_address_of_zeros_is_a_hold_too() {
    let mut bench = Bench::new(&extensions());
    let (caller, callee) = bench.talk("101", "102");
    let request = Box::new(bench.request("1", "2"));
    let sdp =
        "v=0\r\no=- 1 2 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\nm=audio 20000 RTP/AVP 8\r\n";
    let by = cordboard_sip::session::Carrier::Invite;
    bench.input(crate::Input::Leg(callee, LegEvent::Offered { sdp: Some(sdp.into()), by, request }));
    assert!(matches!(bench.last_play(caller).expect("music").items[0], Audio::Music(_)));
}

#[test]
fn both_may_hold_at_once() {
    let mut bench = Bench::new(&extensions());
    let (caller, callee) = bench.talk("101", "102");
    bench.re_offers(callee, Direction::SendOnly);
    bench.re_offers(caller, Direction::SendOnly);
    bench.re_offers(callee, Direction::SendRecv);
    let music = bench.last_play(callee).expect("music");
    assert!(matches!(music.items[0], Audio::Music(_)));
    bench.re_offers(caller, Direction::SendRecv);
    assert_eq!((bench.hears(caller), bench.hears(callee)), (Source::Leg(callee), Source::Leg(caller)));
}

#[test]
fn a_hold_lights_the_holders_lamp() {
    let mut bench = Bench::new(&extensions());
    let (_, callee) = bench.talk("101", "102");
    bench.re_offers(callee, Direction::SendOnly);
    let holding =
        |fact: &&Fact| matches!(fact, Fact::LegState { leg, state: LegState::Holding, .. } if *leg == callee);
    assert!(bench.facts().iter().any(holding));
    assert_eq!(bench.calls.summaries(bench.now)[0].state, "holding");
}

#[test]
fn without_a_class_of_music_a_held_leg_hears_silence() {
    let mut bench = Bench::new(&extensions());
    let mut office = super::bench::office();
    office.music = String::new();
    bench.calls.set_office(office);
    let (caller, callee) = bench.talk("101", "102");
    bench.re_offers(callee, Direction::SendOnly);
    assert!(bench.last_play(caller).is_none());
    assert_eq!(bench.hears(caller), Source::Nothing);
}

#[test]
fn nonsense_in_a_re_invite_is_refused_and_changes_nothing() {
    let mut bench = Bench::new(&extensions());
    let (caller, callee) = bench.talk("101", "102");
    let request = Box::new(bench.request("1", "2"));
    let by = cordboard_sip::session::Carrier::Invite;
    bench.input(crate::Input::Leg(caller, LegEvent::Offered { sdp: Some("nonsense".into()), by, request }));
    assert!(matches!(bench.last_told(caller), Some(LegCommand::Refuse { status: 488 })));
    assert_eq!(bench.hears(caller), Source::Leg(callee));
}

#[test]
fn a_re_invite_without_an_offer_gets_one() {
    let mut bench = Bench::new(&extensions());
    let (caller, callee) = bench.talk("101", "102");
    let request = Box::new(bench.request("1", "2"));
    let by = cordboard_sip::session::Carrier::Invite;
    bench.input(crate::Input::Leg(caller, LegEvent::Offered { sdp: None, by, request }));
    assert!(matches!(bench.last_told(caller), Some(LegCommand::Answer { .. })));
    bench.answers_offer(caller);
    assert_eq!(bench.hears(caller), Source::Leg(callee));
    assert_eq!(bench.codec(caller), bench.codec(callee));
}

#[test]
fn a_changed_codec_is_followed_on_the_other_leg() {
    let mut bench = Bench::new(&extensions());
    let caller = bench.call("101", "102", &["PCMA", "PCMU"]);
    let callee = bench.last_invited();
    bench.answers(callee);
    bench.phones_codecs(callee, &["PCMU"]);
    bench.re_offers(callee, Direction::SendRecv);
    assert_eq!(bench.codec(callee), "PCMU");
    assert!(matches!(bench.last_told(caller), Some(LegCommand::Offer { .. })));
    bench.answers_offer(caller);
    assert_eq!(bench.codec(caller), "PCMU");
}

#[test]
fn an_offer_of_ours_that_waits_for_the_peers_is_answered_after_it() {
    let mut bench = Bench::new(&extensions());
    let caller = bench.call("101", "102", &["PCMA", "PCMU"]);
    let callee = bench.last_invited();
    bench.answers(callee);
    bench.phones_codecs(callee, &["PCMU"]);
    bench.re_offers(callee, Direction::SendRecv);
    assert!(matches!(bench.last_told(caller), Some(LegCommand::Offer { .. })));
    let heard = bench.heard(caller);
    bench.re_offers(caller, Direction::SendOnly);
    assert!(bench.calls.summaries(bench.now)[0].state == "holding");
    bench.hear_again(caller, heard);
    bench.answers_offer(caller);
    assert_eq!(bench.codec(caller), "PCMU");
}

#[test]
fn an_answer_that_changes_when_the_session_repeats_itself_is_taken() {
    let mut bench = Bench::new(&extensions());
    let (caller, callee) = bench.talk("101", "102");
    let sdp =
        "v=0\r\no=- 1 2 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n";
    let by = cordboard_sip::session::Carrier::Invite;
    bench.input(crate::Input::Leg(callee, LegEvent::OfferAnswered { sdp: sdp.into(), by }));
    let remote = bench.setup(callee).and_then(|setup| setup.remote_rtp).map(|at| at.to_string());
    assert_eq!(remote.as_deref(), Some("192.0.2.9:4000"));
    assert_eq!(bench.hears(caller), Source::Leg(callee));
}

#[test]
fn a_refused_offer_leaves_the_session_as_it_was() {
    let mut bench = Bench::new(&extensions());
    let caller = bench.call("101", "102", &["PCMA", "PCMU"]);
    let callee = bench.last_invited();
    bench.answers(callee);
    bench.phones_codecs(callee, &["PCMU"]);
    bench.re_offers(callee, Direction::SendRecv);
    bench.input(crate::Input::Leg(caller, LegEvent::OfferFailed { status: 488 }));
    assert_eq!(bench.codec(caller), "PCMA");
    assert_eq!(bench.hears(caller), Source::Leg(callee));
}

fn video(bench: &Bench, leg: cordboard_base::LegId) -> Option<Vec<(u8, u8)>> {
    bench.media(leg).iter().rev().find_map(|command| match command {
        Command::Setup { video, .. } => Some(video.as_ref().map(|video| video.payload_map.clone())),
        _ => None,
    })?
}

#[test]
fn video_is_passed_through_between_phones_that_both_have_it() {
    let mut bench = Bench::new(&extensions());
    let caller = bench.video_call("101", "102", &["PCMA"]);
    let callee = bench.last_invited();
    bench.set_video(callee);
    bench.answers(callee);
    let maps = (video(&bench, caller), video(&bench, callee));
    assert_eq!(maps.0.as_ref().map(Vec::len), Some(1), "{maps:?}");
    assert_eq!(maps.1.as_ref().map(Vec::len), Some(1), "{maps:?}");
}

#[test]
fn video_that_the_callee_lacks_is_refused_to_the_caller() {
    let mut bench = Bench::new(&extensions());
    let caller = bench.video_call("101", "102", &["PCMA"]);
    let callee = bench.last_invited();
    bench.answers(callee);
    assert_eq!((video(&bench, caller), video(&bench, callee)), (None, None));
    assert_eq!(bench.codec(caller), "PCMA");
}

#[test]
fn video_added_later_is_offered_on_before_it_is_answered() {
    let mut bench = Bench::new(&extensions());
    let caller = bench.video_call("101", "102", &["PCMA"]);
    let callee = bench.last_invited();
    bench.answers(callee);
    bench.set_video(callee);
    bench.re_offers(caller, Direction::SendRecv);
    assert!(matches!(bench.last_told(callee), Some(LegCommand::Offer { .. })));
    assert!(matches!(bench.last_told(caller), Some(LegCommand::Accept { .. })), "waits");
    bench.answers_offer(callee);
    assert!(matches!(bench.last_told(caller), Some(LegCommand::Answer { .. })));
    assert_eq!(video(&bench, caller).map(|map| map.len()), Some(1));
    assert_eq!(video(&bench, callee).map(|map| map.len()), Some(1));
}
