//! Whatever happens: reloads, restarts, and any answers in any order.

use super::*;

#[test]
fn a_reload_leaves_an_unchanged_trunk_alone_and_keeps_channels() {
    let mut world = world(&[("itsp", registering()), ("other", static_trunk(&["192.0.2.9"]))]);
    let first = world.one();
    world.accept(&first, 300);
    assert!(world.trunks.reserve("other", Direction::Out));
    world.facts();
    let changed = TrunkSettings { channels: 1, ..static_trunk(&["192.0.2.9"]) };
    world.configure(&[("itsp", registering()), ("other", changed)]);
    assert!(world.sent().is_empty());
    assert!(world.usable("itsp"));
    assert_eq!(world.trunks.channels("other").outbound, 1);
    assert!(!world.trunks.reserve("other", Direction::In));
}

#[test]
fn a_restored_snapshot_behaves_as_the_original() {
    let probed = TrunkSettings { qualify_s: 30, ..registering() };
    let mut first = world(&[("itsp", probed), ("named", static_trunk(&["sip.itsp.example"]))]);
    let register = first.sent().into_iter().find(|sent| sent.request.method == Method::Register).unwrap();
    let text = serde_json::to_string(&first.trunks).unwrap();
    let mut second = World { trunks: serde_json::from_str(&text).unwrap(), now: first.now };
    for world in [&mut first, &mut second] {
        world.accept(&register, 120);
        world.pass(500);
    }
    assert_eq!(first.outputs(), second.outputs());
    assert_eq!(first.trunks, second.trunks);
}

#[derive(Clone, Debug)]
enum Step {
    Respond { status: u16, field: usize },
    Silence,
    Resolve { hops: usize },
    Pass { secs: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    let status = prop_oneof![Just(200u16), Just(401), Just(407), Just(423), Just(503), 300u16..700];
    prop_oneof![
        5 => (status, 0usize..5).prop_map(|(status, field)| Step::Respond { status, field }),
        2 => Just(Step::Silence),
        2 => (0usize..3).prop_map(|hops| Step::Resolve { hops }),
        3 => (0u64..1_000).prop_map(|secs| Step::Pass { secs }),
    ]
}

const FIELDS: [(&str, &str); 5] = [
    (name::WWW_AUTHENTICATE, "Digest realm=\"r\", nonce=\"n\", stale=true"),
    (name::MIN_EXPIRES, "4000000000"),
    (name::RETRY_AFTER, "4294967295"),
    (name::CONTACT, "*"),
    (name::EXPIRES, "0"),
];

proptest! {
    #[test]
    fn whatever_a_provider_answers_we_go_on_trying(steps in prop::collection::vec(step(), 1..60)) {
        let named = TrunkSettings { servers: servers(&["sip.itsp.example"]), qualify_s: 60, ..registering() };
        let mut world = world(&[("itsp", named)]);
        let (mut waiting, mut questions) = (Vec::new(), Vec::new());
        for step in steps {
            for output in world.outputs() {
                match output {
                    Output::Send { id, hop, request } => waiting.push(Sent { id, hop, request: *request }),
                    Output::Resolve { id, .. } => questions.push(id),
                    Output::Fact { fact: Fact::RegistrationFailed { retry_s, .. }, .. } => {
                        prop_assert!(retry_s <= 2 * 24 * 3_600);
                    }
                    Output::Fact { .. } => {}
                }
            }
            match step {
                Step::Respond { status, field } => {
                    if let Some(sent) = waiting.pop() {
                        let mut response = sent.response(status);
                        response.headers.push(FIELDS[field].0, FIELDS[field].1);
                        world.respond(&sent, response);
                    }
                }
                Step::Silence => {
                    if let Some(sent) = waiting.pop() {
                        world.fail(&sent);
                    }
                }
                Step::Resolve { hops } => {
                    if let Some(id) = questions.pop() {
                        let hops = [one(), two()].into_iter().take(hops).collect();
                        world.trunks.handle_resolved(world.now, id, hops, 60);
                    }
                }
                Step::Pass { secs } => world.pass(secs),
            }
            let asking = world.trunks.requests.values().any(|p| *p == Purpose::Register("itsp".into()));
            let planned = world.trunks.timers.at(&Timer::Register("itsp".into())).is_some();
            prop_assert!(asking != planned, "either at it, or going to be");
            prop_assert!(world.trunks.requests.len() <= 3 && world.trunks.questions.len() <= 1);
            prop_assert!(world.trunks.next_deadline().is_some_and(|at| at >= world.now));
        }
    }
}
