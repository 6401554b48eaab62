//! What watchers are told, and when.

use super::*;

#[test]
fn a_watcher_is_answered_and_told_the_state_at_once() {
    let mut world = world();
    world.notifier.set_state(NOW, "101", ringing());
    let response = world.subscribe(&[DIALOG, (name::EXPIRES, "600")]);
    assert_eq!((response.status, response.headers.first(name::EXPIRES)), (200, Some("600")));
    assert_eq!(response.headers.first(name::CONTACT), Some("<sip:192.168.1.5>"));
    let told = world.hear();
    assert_eq!(told.state(), "active;expires=600");
    assert_eq!(told.header(name::EVENT), "dialog;id=5");
    assert_eq!(told.header(name::FROM), response.headers.first(name::TO).unwrap());
    assert_eq!(told.header(name::TO), "<sip:102@office.example>;tag=w");
    assert_eq!(told.request.uri.to_string(), "sip:102@192.168.1.9:5060");
    assert_eq!(told.header(name::CONTENT_TYPE), "application/dialog-info+xml");
    assert!(told.body.contains("<state>early</state>") && told.body.contains("version=\"0\""));
}

#[test]
fn changes_are_told_in_order_and_merged_while_one_is_under_way() {
    let mut world = world();
    world.subscribe(&[DIALOG]);
    let first = world.one();
    for state in [ringing(), idle(), ringing()] {
        world.notifier.set_state(world.now, "101", state);
    }
    assert!(world.told().is_empty(), "one at a time");
    world.pass(Duration::from_secs(1));
    world.respond(&first, 200);
    let second = world.hear();
    assert!(second.body.contains("<state>early</state>") && second.body.contains("version=\"1\""));
    assert_eq!(second.cseq(), first.cseq() + 1);
    world.pass(Duration::from_secs(60));
    assert!(world.told().is_empty(), "nothing has changed");
}

#[test]
fn a_flickering_lamp_is_told_at_its_rate_and_ends_right() {
    let mut world = world();
    world.subscribe(&[DIALOG]);
    world.hear();
    let mut bodies = Vec::new();
    for n in 0..100 {
        world.notifier.set_state(world.now, "101", if n % 2 == 0 { ringing() } else { idle() });
        for told in world.told() {
            world.respond(&told, 200);
            bodies.push(told.body);
        }
        world.pass(Duration::from_millis(20));
    }
    world.pass(Duration::from_secs(1));
    bodies.extend(world.told().into_iter().map(|told| told.body));
    assert!((9..=12).contains(&bodies.len()), "{}", bodies.len());
    assert!(!bodies.last().unwrap().contains("early"));
}

#[test]
fn the_same_state_again_tells_nobody() {
    let mut world = world();
    world.notifier.set_state(NOW, "101", ringing());
    world.subscribe(&[DIALOG]);
    world.hear();
    world.notifier.set_state(world.now, "101", ringing());
    world.notifier.set_state(world.now, "102", ringing());
    world.pass(Duration::from_secs(5));
    assert!(world.told().is_empty());
}

#[test]
fn a_mailbox_is_told_with_and_without_subscription() {
    let mut world = world();
    world.subscribe(&[(name::EVENT, "message-summary")]);
    assert!(world.hear().body.starts_with("Messages-Waiting: no"));
    let summary = MessageSummary { new: 3, ..MessageSummary::default() };
    world.pass(Duration::from_secs(2));
    world.notifier.set_state(world.now, "101", ResourceState::MessageSummary(summary.clone()));
    let told = world.hear();
    assert!(told.body.contains("Voice-Message: 3/0 (0/0)"));
    let (target, identity) =
        (Uri::parse("sip:x@192.168.1.9").unwrap(), Uri::parse("sip:101@office").unwrap());
    let told = world.notifier.unsolicited(&target, &identity, &identity, &summary);
    assert_eq!((told.uri.clone(), told.headers.first(name::EVENT)), (target, Some("message-summary")));
    assert!(String::from_utf8_lossy(&told.body).contains("Messages-Waiting: yes"));
}
