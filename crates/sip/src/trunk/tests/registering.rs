//! Registrations: challenges, refreshes, refusals, back-off.

use super::*;

#[test]
fn a_registration_answers_its_challenge_and_is_refreshed_in_time() {
    let mut world = world(&[("itsp", registering())]);
    let first = world.one();
    assert_eq!((first.hop, first.request.uri.to_string().as_str()), (one(), "sip:itsp.example"));
    assert_eq!(first.header(name::TO), "<sip:4420@itsp.example>");
    assert!(first.header(name::CONTACT).contains("@203.0.113.7:5060"));
    assert_eq!(first.header(name::EXPIRES), "600");
    assert!(!world.usable("itsp"));
    world.challenge(&first, "n1", "");
    let second = world.one();
    assert!(second.header(name::AUTHORIZATION).contains("username=\"4420\""));
    assert!(!second.header(name::AUTHORIZATION).contains("s3cret"));
    assert_eq!(second.request.headers.cseq().unwrap().number, 2);
    assert_eq!(second.header(name::CALL_ID), first.header(name::CALL_ID));
    world.accept(&second, 300);
    assert_eq!(world.facts(), [Fact::Registered { hop: one(), expires_s: 300 }]);
    assert!(world.usable("itsp"));
    let state = world.trunks.registration(world.now, "itsp");
    assert_eq!(state, Some(RegistrationState::Registered { remaining_s: 300 }));
    world.pass(253);
    assert!(world.sent().is_empty());
    world.pass(15);
    let refresh = world.one();
    assert_eq!(refresh.request.headers.cseq().unwrap().number, 3);
    world.accept(&refresh, 300);
    assert!(world.facts().is_empty(), "a mere refresh is no news");
}

#[test]
fn a_wrong_password_is_not_tried_again_and_again() {
    let mut world = world(&[("itsp", registering())]);
    let first = world.one();
    world.challenge(&first, "n1", "");
    let second = world.one();
    world.challenge(&second, "n2", "");
    let facts = world.facts();
    assert!(
        matches!(facts[..], [Fact::RegistrationFailed { status: Some(401), retry_s: 60.. }]),
        "{facts:?}"
    );
    world.pass(59);
    assert!(world.sent().is_empty());
    assert_eq!(
        world.trunks.registration(world.now, "itsp"),
        Some(RegistrationState::Failed { status: Some(401) })
    );
}

/// The nonce and the count of an Authorization.
fn counted(sent: &Sent) -> (String, String) {
    let value = sent.header(name::AUTHORIZATION);
    let part = |key: &str| value.split(", ").find_map(|part| part.strip_prefix(key)).unwrap_or("").to_owned();
    (part("nonce=").trim_matches('"').to_owned(), part("nc="))
}

#[test]
fn a_refresh_goes_with_the_known_nonce_and_a_growing_count() {
    let mut world = world(&[("itsp", registering())]);
    let first = world.one();
    world.challenge(&first, "n1", "");
    let mut sent = world.one();
    for count in ["00000001", "00000002", "00000003"] {
        assert_eq!(counted(&sent), ("n1".to_owned(), count.to_owned()));
        world.accept(&sent, 300);
        world.facts();
        world.pass(270);
        sent = world.one();
    }
    // Its nonce is too old now: one challenge more, and the count begins anew, whether it says `stale` or not.
    for (nonce, more) in [("n2", ", stale=true"), ("n3", "")] {
        world.challenge(&sent, nonce, more);
        let again = world.one();
        assert_eq!(counted(&again), (nonce.to_owned(), "00000001".to_owned()));
        world.accept(&again, 300);
        world.facts();
        world.pass(270);
        sent = world.one();
    }
}

#[test]
fn after_a_refusal_of_the_old_nonce_the_next_attempt_goes_without_it() {
    let mut world = world(&[("itsp", registering())]);
    let first = world.one();
    world.challenge(&first, "n1", "");
    let second = world.one();
    world.accept(&second, 300);
    world.facts();
    world.pass(270);
    let refresh = world.one();
    let response = refresh.response(403);
    world.respond(&refresh, response);
    world.facts();
    world.pass(120);
    assert!(world.one().request.headers.first(name::AUTHORIZATION).is_none());
}

#[test]
fn a_stale_nonce_is_answered_once_more() {
    let mut world = world(&[("itsp", registering())]);
    for more in ["", ", stale=true"] {
        let sent = world.one();
        world.challenge(&sent, "n", more);
    }
    let third = world.one();
    world.challenge(&third, "n3", ", stale=true");
    assert!(world.sent().is_empty(), "not for ever");
}

#[test]
fn an_interval_too_brief_is_lengthened_once() {
    let mut world = world(&[("itsp", registering())]);
    let brief = |sent: &Sent, least: &str| {
        let mut response = sent.response(423);
        response.headers.push(name::MIN_EXPIRES, least);
        response
    };
    let first = world.one();
    let response = brief(&first, "1800");
    world.respond(&first, response);
    let second = world.one();
    assert_eq!(second.header(name::EXPIRES), "1800");
    let response = brief(&second, "3600");
    world.respond(&second, response);
    assert!(matches!(world.facts()[..], [Fact::RegistrationFailed { status: Some(423), .. }]));
    world.pass(120);
    assert_eq!(world.one().header(name::EXPIRES), "1800", "what was learnt is kept");
}

#[test]
fn a_dead_server_is_passed_over_and_the_back_off_grows() {
    let mut world = world(&[("itsp", registering())]);
    let mut waits = Vec::new();
    for _ in 0..9 {
        let first = world.one();
        assert_eq!(first.hop, one());
        world.fail(&first);
        let second = world.one();
        assert_eq!(second.hop, two());
        let response = second.response(503);
        world.respond(&second, response);
        let facts = world.facts();
        let [
            Fact::RegistrationFailed { status: None, retry_s }
            | Fact::RegistrationFailed { status: Some(503), retry_s },
        ] = facts[..]
        else {
            panic!("{facts:?}")
        };
        waits.push(retry_s);
        world.pass(retry_s + 1);
    }
    assert!(waits[0] >= 5 && waits[0] <= 7, "{waits:?}");
    assert!(waits.windows(2).take(5).all(|pair| pair[1] > pair[0]), "{waits:?}");
    assert!(waits[8] >= 300 && waits[8] <= 375, "{waits:?}");
    let first = world.one();
    world.fail(&first);
    let second = world.one();
    world.accept(&second, 300);
    assert_eq!(world.facts(), [Fact::Registered { hop: two(), expires_s: 300 }]);
    world.pass(300);
    assert_eq!(world.one().hop, two(), "a refresh goes where the registration is");
}

#[test]
fn retry_after_is_obeyed() {
    let mut world =
        world(&[("itsp", TrunkSettings { servers: servers(&["198.51.100.1"]), ..registering() })]);
    let first = world.one();
    let mut response = first.response(503);
    response.headers.push(name::RETRY_AFTER, "900 (maintenance);duration=5");
    world.respond(&first, response);
    world.pass(899);
    assert!(world.sent().is_empty());
    world.pass(300);
    world.one();
}

#[test]
fn a_registration_that_is_not_refreshed_lapses() {
    let mut world = world(&[("itsp", registering())]);
    let first = world.one();
    world.accept(&first, 60);
    world.facts();
    world.pass(59);
    assert!(world.usable("itsp"));
    world.pass(1);
    assert!(!world.usable("itsp"));
    assert!(world.facts().contains(&Fact::Unregistered));
}

#[test]
fn a_removed_trunk_gives_its_registration_back() {
    let mut world = world(&[("itsp", registering())]);
    let first = world.one();
    world.accept(&first, 300);
    world.facts();
    world.configure(&[]);
    assert!(!world.trunks.is_idle() && world.trunks.names().next().is_none());
    let last = world.one();
    assert_eq!(last.header(name::EXPIRES), "0");
    world.challenge(&last, "n", "");
    let last = world.one();
    let response = last.response(200);
    world.respond(&last, response);
    assert!(world.trunks.is_idle());
    assert_eq!(world.trunks.next_deadline(), None);
}
