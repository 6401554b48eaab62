//! Publications (RFC 3903).

use super::*;

#[test]
fn a_publication_is_told_refreshed_modified_and_removed() {
    let mut world = world();
    world.subscribe(&[(name::EVENT, "presence")]);
    assert!(world.hear().body.contains("closed"));
    world.pass(Duration::from_secs(6));
    let first = World::etag(&world.publish(PIDF, &[]));
    assert_eq!(world.hear().body, PIDF);
    world.pass(Duration::from_secs(6));
    let second = World::etag(&world.publish("", &[(name::SIP_IF_MATCH, &first)]));
    assert_ne!(first, second);
    assert!(world.told().is_empty(), "a refresh changes nothing");
    assert_eq!(world.publish("", &[(name::SIP_IF_MATCH, &first)]).status, 412);
    let closed = PIDF.replace("open", "closed");
    let third = World::etag(&world.publish(&closed, &[(name::SIP_IF_MATCH, &second)]));
    assert_eq!(world.hear().body, closed);
    world.pass(Duration::from_secs(6));
    let removed = world.publish("", &[(name::SIP_IF_MATCH, &third), (name::EXPIRES, "0")]);
    assert_eq!((removed.status, removed.headers.first(name::EXPIRES)), (200, Some("0")));
    assert!(world.hear().body.contains("entity=\"sip:101@office.example\""), "our own knowledge again");
}

#[test]
fn a_publication_that_is_not_refreshed_ends() {
    let mut world = world();
    World::etag(&world.publish(PIDF, &[(name::EXPIRES, "60")]));
    assert_eq!(world.facts(), [Some(true)]);
    world.pass(Duration::from_secs(59));
    assert_eq!(world.facts(), []);
    world.pass(Duration::from_secs(1));
    assert_eq!(world.facts(), [None]);
}

#[test]
fn a_wrong_publish_gets_its_status() {
    let mut world = world();
    assert_eq!(world.publish(PIDF, &[(name::EVENT, "dialog")]).status, 489);
    assert_eq!(world.publish(PIDF, &[(name::CONTENT_TYPE, "text/plain")]).status, 415);
    assert_eq!(world.publish("", &[]).status, 400);
    assert_eq!(world.publish(PIDF, &[(name::EXPIRES, "1")]).status, 423);
    assert_eq!(world.publish(PIDF, &[(name::SIP_IF_MATCH, "none")]).status, 412);
    assert_eq!(world.publish(&"x".repeat(BODY_MAX + 1), &[]).status, 413);
    assert_eq!(world.publish(&"x".repeat(BODY_MAX), &[]).status, 200);
    for _ in 1..PUBLICATIONS_PER_RESOURCE_MAX {
        assert_eq!(world.publish(PIDF, &[]).status, 200);
    }
    assert_eq!(world.publish(PIDF, &[]).status, 403);
    let etag = world.notifier.publications.keys().next().unwrap().1.0.clone();
    assert_eq!(world.publish(PIDF, &[(name::SIP_IF_MATCH, &etag)]).status, 200);
    let mut small = super::tests::world();
    small.notifier.configure(Settings { publications_max: 1, ..Settings::default() });
    assert_eq!((small.publish(PIDF, &[]).status, small.publish(PIDF, &[]).status), (200, 503));
}

#[test]
fn publications_outlive_a_restart() {
    let mut world = world();
    let etag = World::etag(&world.publish(PIDF, &[]));
    let rows: Vec<Row> = world
        .outputs()
        .into_iter()
        .filter_map(|output| match output {
            Output::Persist(row) => Some(row),
            Output::Send { .. } | Output::Forget(_) | Output::Published { .. } => None,
        })
        .collect();
    let mut later = World { notifier: notifier(2), now: NOW, cseq: 0 };
    later.notifier.restore_rows(NOW, rows);
    later.subscribe(&[(name::EVENT, "presence")]);
    assert_eq!(later.hear().body, PIDF);
    World::etag(&later.publish("", &[(name::SIP_IF_MATCH, &etag)]));
}
