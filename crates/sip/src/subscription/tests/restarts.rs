//! What outlives a restart.

use super::*;

#[test]
fn lamps_are_right_after_a_restart_without_a_new_subscribe() {
    let mut world = world();
    let first = world.subscribe(&[DIALOG, (name::EXPIRES, "1000")]);
    let before = world.one();
    world.respond(&before, 200);
    let mut rows = BTreeMap::new();
    world.notifier.set_state(world.now, "101", ringing());
    world.again(&first, &[DIALOG, (name::EXPIRES, "1000")]);
    for output in world.outputs() {
        match output {
            Output::Persist(row) => {
                let text = serde_json::to_string(&row).unwrap();
                rows.insert(row.key(), serde_json::from_str::<Row>(&text).unwrap());
            }
            Output::Forget(key) => assert!(rows.remove(&key).is_some()),
            Output::Send { .. } | Output::Published { .. } => {}
        }
    }
    let mut later = World { notifier: notifier(2), now: Time::from_secs(3), cseq: 9 };
    let left = rows.into_values().map(|row| {
        let left_s = row.remaining_s().unwrap_or(0).saturating_sub(400);
        row.with_remaining_s(left_s)
    });
    later.notifier.restore_rows(later.now, left);
    later.pass(Duration::from_secs(1));
    let told = later.hear();
    assert!(told.body.contains("early"));
    assert_eq!(told.state(), "active;expires=599");
    assert!(told.cseq() > before.cseq() + 1_000);
    assert_eq!(told.header(name::CALL_ID), before.header(name::CALL_ID));
    assert_eq!(told.header(name::FROM), before.header(name::FROM));
    later.notifier.set_state(later.now, "101", idle());
    later.pass(Duration::from_secs(1));
    assert!(!later.hear().body.contains("early"));
    assert_eq!(later.again(&first, &[DIALOG]).status, 200, "the phone's next SUBSCRIBE still finds it");
}

#[test]
fn rows_without_time_left_are_forgotten() {
    let mut world = world();
    world.subscribe(&[DIALOG]);
    let row = world.notifier.subscriptions().next().unwrap().row(world.now).with_remaining_s(0);
    let mut later = notifier(2);
    later.restore_rows(NOW, [row.clone()]);
    assert_eq!(later.poll(), Some(Output::Forget(row.key())));
    assert_eq!((later.poll(), later.next_deadline()), (None, None));
}

#[test]
fn a_restored_snapshot_behaves_as_the_original() {
    let mut world = world();
    world.publish(PIDF, &[]);
    world.subscribe(&[DIALOG]);
    world.subscribe_in("p", "", &[(name::EVENT, "presence")]);
    let mut other = World {
        notifier: serde_json::from_str(&serde_json::to_string(&world.notifier).unwrap()).unwrap(),
        now: world.now,
        cseq: world.cseq,
    };
    assert_eq!(other.notifier, world.notifier);
    for world in [&mut world, &mut other] {
        for told in world.told() {
            world.respond(&told, 200);
        }
        world.notifier.set_state(world.now, "101", ringing());
        world.pass(Duration::from_secs(5_000));
    }
    assert_eq!(other.outputs(), world.outputs());
    assert_eq!(other.notifier, world.notifier);
}
