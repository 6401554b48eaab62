//! A subscription from its first request to its last NOTIFY.

use super::*;

#[test]
fn a_refresh_is_told_the_state_and_lives_on() {
    let mut world = world();
    let first = world.subscribe(&[DIALOG, (name::EXPIRES, "100")]);
    world.hear();
    world.pass(Duration::from_secs(90));
    assert_eq!(world.again(&first, &[DIALOG, (name::EXPIRES, "100")]).status, 200);
    assert_eq!(world.hear().state(), "active;expires=100");
    world.pass(Duration::from_secs(99));
    assert_eq!(world.count(), 1);
    world.pass(Duration::from_secs(1));
    assert_eq!(world.hear().state(), "terminated;reason=timeout");
    assert_eq!((world.count(), world.notifier.next_deadline()), (0, None));
}

#[test]
fn a_refresh_from_a_new_address_moves_the_notifies() {
    let mut world = world();
    let first = world.subscribe(&[DIALOG]);
    world.hear();
    assert_eq!(world.again(&first, &[DIALOG, (name::CONTACT, "<sip:x@192.168.1.9:5062>")]).status, 200);
    let outputs = world.outputs();
    let moved = outputs.iter().any(|output| match output {
        Output::Send { hop, request, .. } => {
            hop.remote.port() == 5_062 && request.uri.user.as_deref() == Some("x")
        }
        Output::Persist(_) | Output::Forget(_) | Output::Published { .. } => false,
    });
    assert!(moved);
}

#[test]
fn unsubscribing_and_fetching_end_with_one_last_notify() {
    let mut world = world();
    let first = world.subscribe(&[DIALOG]);
    world.hear();
    assert_eq!(world.again(&first, &[DIALOG, (name::EXPIRES, "0")]).status, 200);
    assert_eq!(world.hear().state(), "terminated;reason=timeout");
    assert_eq!(world.count(), 0);
    world.notifier.set_state(world.now, "101", ringing());
    let fetch = world.subscribe_in("other", "", &[DIALOG, (name::EXPIRES, "0")]);
    assert_eq!((fetch.status, fetch.headers.first(name::EXPIRES)), (200, Some("0")));
    let told = world.hear();
    assert!(told.state().starts_with("terminated") && told.body.contains("early"));
    assert_eq!((world.count(), world.notifier.next_deadline()), (0, None));
}

#[test]
fn the_last_notify_waits_for_the_one_under_way_and_comes_once() {
    let mut world = world();
    let first = world.subscribe(&[DIALOG]);
    let told = world.one();
    world.again(&first, &[DIALOG, (name::EXPIRES, "0")]);
    world.notifier.remove_resource(world.now, Package::Dialog, "101");
    assert!(world.told().is_empty());
    world.respond(&told, 200);
    let last = world.one();
    assert_eq!(last.state(), "terminated;reason=timeout");
    world.notifier.set_state(world.now, "101", ringing());
    world.respond(&last, 200);
    assert!(world.told().is_empty());
    assert_eq!(world.count(), 0);
}

#[test]
fn a_removed_resource_ends_its_subscriptions() {
    let mut world = world();
    world.subscribe(&[DIALOG]);
    world.hear();
    world.notifier.remove_resource(world.now, Package::Dialog, "101");
    assert_eq!(world.hear().state(), "terminated;reason=noresource");
    assert_eq!(world.count(), 0);
}

#[test]
fn wrong_requests_get_their_status() {
    let mut world = world();
    let unknown = world.subscribe(&[(name::EVENT, "weather")]);
    assert_eq!(unknown.status, 489);
    assert_eq!(
        unknown.headers.first(name::ALLOW_EVENTS),
        Some("dialog, message-summary, presence, as-feature-event")
    );
    assert_eq!(world.subscribe(&[]).status, 489);
    let brief = world.subscribe(&[DIALOG, (name::EXPIRES, "59")]);
    assert_eq!((brief.status, brief.headers.first(name::MIN_EXPIRES)), (423, Some("60")));
    assert_eq!(world.subscribe(&[DIALOG, (name::ACCEPT, "text/plain, application/pidf+xml")]).status, 406);
    assert_eq!(world.subscribe(&[DIALOG, (name::CONTACT, "nonsense")]).status, 400);
    assert_eq!(world.subscribe(&[DIALOG, (name::FROM, "<sip:no@tag>")]).status, 400);
    assert_eq!(world.subscribe_in("call", ";tag=none", &[DIALOG]).status, 481);
    assert_eq!((world.count(), world.told().len()), (0, 0));
    let first = world.subscribe(&[DIALOG, (name::ACCEPT, "text/plain, application/*;q=0.5")]);
    assert_eq!(first.status, 200);
    assert_eq!(world.again(&first, &[(name::EVENT, "presence")]).status, 481);
    assert_eq!(world.again(&first, &[DIALOG, (name::FROM, "<sip:102@office.example>;tag=x")]).status, 481);
    assert_eq!(world.again(&first, &[DIALOG, (name::CSEQ, "1 SUBSCRIBE")]).status, 500);
}

#[test]
fn a_watcher_that_knows_nothing_of_it_is_told_no_more() {
    for status in [481, 408, 404, 489] {
        let mut world = world();
        world.subscribe(&[DIALOG]);
        let told = world.one();
        world.respond(&told, status);
        assert_eq!((world.count(), world.notifier.next_deadline()), (0, None), "{status}");
        assert!(world.outputs().contains(&Output::Forget(RowKey::Subscription(told.id.unwrap()))));
    }
    let mut world = world();
    world.subscribe(&[DIALOG]);
    let told = world.one();
    world.notifier.handle_response(world.now, told.id.unwrap(), &Outcome::TimedOut);
    assert_eq!(world.count(), 0);
}

#[test]
fn a_watcher_out_of_reach_is_tried_again_later() {
    let mut world = world();
    world.subscribe(&[DIALOG]);
    let told = world.one();
    world.notifier.handle_response(world.now, told.id.unwrap(), &Outcome::Unreachable);
    world.notifier.set_state(world.now, "101", ringing());
    world.pass(Duration::from_secs(29));
    assert!(world.told().is_empty());
    world.pass(Duration::from_secs(1));
    let told = world.one();
    assert!(told.body.contains("early"));
    world.respond(&told, 503);
    world.pass(Duration::from_secs(30));
    assert_eq!(world.hear().cseq(), 3);
}

#[test]
fn notifies_follow_a_phone_that_moves() {
    let mut world = world();
    world.subscribe(&[DIALOG]);
    let told = world.one();
    world.notifier.handle_response(world.now, told.id.unwrap(), &Outcome::Unreachable);
    let new = Hop::new(Transport::Udp, "192.168.1.9:6000".parse().unwrap());
    let sent_to = |world: &mut World| -> Vec<Hop> {
        let outputs = world.outputs().into_iter();
        outputs
            .filter_map(|output| match output {
                Output::Send { hop, .. } => Some(hop),
                Output::Persist(_) | Output::Forget(_) | Output::Published { .. } => None,
            })
            .collect()
    };
    world.notifier.handle_moved(world.now, "103", hop(), new);
    world.notifier.handle_moved(world.now, "102", new, hop());
    assert!(sent_to(&mut world).is_empty(), "somebody else has moved");
    world.notifier.handle_moved(world.now, "102", hop(), new);
    assert_eq!(sent_to(&mut world), [new], "at once, not after the wait");
}

#[test]
fn subscriptions_end_at_their_limits() {
    let mut world = world();
    world.notifier.configure(Settings {
        subscriptions_max: 3,
        subscriptions_per_watcher_max: 2,
        ..Settings::default()
    });
    assert_eq!(world.subscribe_in("a", "", &[DIALOG]).status, 200);
    assert_eq!(world.subscribe_in("b", "", &[DIALOG]).status, 200);
    assert_eq!(world.subscribe_in("c", "", &[DIALOG]).status, 403);
    let other = (name::FROM, "<sip:103@office.example>;tag=1");
    assert_eq!(world.subscribe_in("d", "", &[DIALOG, other]).status, 200);
    let third = (name::FROM, "<sip:104@office.example>;tag=1");
    let full = world.subscribe_in("e", "", &[DIALOG, third]);
    assert_eq!((full.status, full.headers.first(name::RETRY_AFTER)), (503, Some("60")));
    let routes = |count: usize| {
        let list = vec!["<sip:p;lr>"; count];
        let mut world = super::tests::world();
        let mut request = Request::new(Method::Subscribe, Uri::parse("sip:101@office.example").unwrap());
        for (name, value) in [
            (name::FROM, "<sip:a@b>;tag=1"),
            (name::TO, "<sip:101@b>"),
            (name::CALL_ID, "c"),
            (name::CSEQ, "1 SUBSCRIBE"),
            (name::CONTACT, "<sip:a@b>"),
            DIALOG,
        ] {
            request.headers.push(name, value);
        }
        for route in list {
            request.headers.push(name::RECORD_ROUTE, route);
        }
        let contact = Uri::parse("sip:x").unwrap();
        world.notifier.handle_subscribe(NOW, "101", &request, &hop(), &contact).status
    };
    assert_eq!((routes(16), routes(17)), (200, 400));
}
