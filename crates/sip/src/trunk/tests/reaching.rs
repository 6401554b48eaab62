//! Where a trunk is reached: resolved names, servers that die, fallbacks.

use super::*;

#[test]
fn a_stale_address_serves_while_the_resolver_is_dead() {
    let named = TrunkSettings { register: true, ..static_trunk(&["sip.itsp.example"]) };
    let mut world = world(&[("itsp", named)]);
    let questions = world.questions();
    assert_eq!(questions.len(), 1);
    assert_eq!(questions[0].1, "sip.itsp.example");
    assert!(!world.usable("itsp") && world.trunks.hops("itsp").is_empty());
    world.trunks.handle_resolved(world.now, questions[0].0, vec![one(), two()], 60);
    let register = world.one();
    assert_eq!(register.hop, one(), "registering begins when the first address is known");
    world.accept(&register, 3_600);
    world.facts();
    for _ in 0..5 {
        world.pass(65);
        let asked = world.questions();
        assert!(asked.len() <= 3, "{asked:?}");
        if let Some((id, _)) = asked.last() {
            world.trunks.handle_resolved(world.now, *id, Vec::new(), 0);
        }
        assert_eq!(world.trunks.hops("itsp"), [one(), two()]);
        assert!(world.usable("itsp"));
    }
    world.pass(31);
    let (id, _) = world.questions().pop().unwrap();
    world.trunks.handle_resolved(world.now, id, vec![two()], 60);
    assert_eq!(world.trunks.hops("itsp"), [two()]);
}

#[test]
fn a_late_or_repeated_answer_of_the_resolver_changes_nothing() {
    let mut world = world(&[("itsp", static_trunk(&["sip.itsp.example"]))]);
    let (first, _) = world.questions().remove(0);
    world.pass(31);
    let (second, _) = world.questions().remove(0);
    world.trunks.handle_resolved(world.now, first, vec![one()], 60);
    assert!(world.trunks.hops("itsp").is_empty());
    world.trunks.handle_resolved(world.now, second, vec![two()], 60);
    world.trunks.handle_resolved(world.now, second, vec![one()], 60);
    assert_eq!(world.trunks.hops("itsp"), [two()]);
}

#[test]
fn a_trunk_goes_down_after_three_silences_and_up_after_two_answers() {
    let probed = TrunkSettings { qualify_s: 60, ..static_trunk(&["198.51.100.1"]) };
    let mut world = world(&[("itsp", probed)]);
    for round in 0..3 {
        assert!(world.usable("itsp"), "{round}");
        let probe = world.one();
        assert_eq!(probe.request.method, Method::Options);
        if round == 1 {
            world.respond(&probe, probe.response(503));
        } else {
            world.fail(&probe);
        }
        if round < 2 {
            assert!(world.facts().is_empty());
            world.pass(10);
        }
    }
    assert!(!world.usable("itsp"));
    assert_eq!(world.facts(), [Fact::Down]);
    world.pass(60);
    let probe = world.one();
    world.respond(&probe, probe.response(404));
    assert!(!world.usable("itsp"));
    world.pass(10);
    let probe = world.one();
    world.respond(&probe, probe.response(200));
    assert!(world.usable("itsp"));
    assert_eq!(world.facts(), [Fact::Up]);
}

#[test]
fn a_hop_that_does_not_answer_goes_to_the_end() {
    let probed = TrunkSettings { qualify_s: 60, ..static_trunk(&["198.51.100.1", "198.51.100.2"]) };
    let mut world = world(&[("itsp", probed)]);
    for _ in 0..3 {
        for probe in world.sent() {
            if probe.hop == one() {
                world.fail(&probe);
            } else {
                world.respond(&probe, probe.response(200));
            }
        }
        world.pass(10);
    }
    assert_eq!(world.trunks.hops("itsp"), [two(), one()]);
    assert!(world.usable("itsp"));
}

#[test]
fn calls_fail_over_along_the_chain_and_a_ring_ends() {
    let with = |ip: &str, fallback: &str| TrunkSettings {
        fallback: Some(fallback.into()),
        ..if ip.is_empty() { static_trunk(&["unresolved.example"]) } else { static_trunk(&[ip]) }
    };
    let world = world(&[
        ("a", with("", "b")),
        ("b", with("", "c")),
        ("c", with("192.0.2.3", "a")),
        ("x", with("", "y")),
        ("y", with("", "x")),
        ("z", with("", "nowhere")),
    ]);
    let usable = |name: &str| world.trunks.all_usable(world.now, name).first().cloned();
    let c = || Some("c".to_owned());
    assert_eq!((usable("a"), usable("c")), (c(), c()));
    assert_eq!((usable("x"), usable("z"), usable("none")), (None, None, None));
}
