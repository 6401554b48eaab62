use super::*;
use crate::endpoint::Outcome;
use crate::message::{CSeq, Method, Uri, name, parse_datagram};
use cordboard_base::{SourceKey, Transport};

const NOW: Time = Time::from_secs(100);

/// A notifier, and its watcher's side of the wire.
struct World {
    notifier: Notifier,
    now: Time,
    cseq: u32,
}

fn hop() -> Hop {
    Hop::new(Transport::Udp, "192.168.1.9:5060".parse().unwrap())
}

fn notifier(epoch: u32) -> Notifier {
    Notifier::new(Settings::default(), Source::new(SourceKey { seed: [4; 16], node: 0, epoch }, 4))
}

fn world() -> World {
    World { notifier: notifier(1), now: NOW, cseq: 0 }
}

fn ringing() -> ResourceState {
    ResourceState::Dialog(vec![WatchedDialog {
        id: "1".into(),
        phase: DialogPhase::Early,
        direction: DialogDirection::Recipient,
        remote: None,
        replaces: None,
    }])
}

fn idle() -> ResourceState {
    ResourceState::Dialog(Vec::new())
}

/// A NOTIFY as the watcher sees it.
#[derive(Debug)]
struct Told {
    id: Option<SubscriptionId>,
    request: Request,
    body: String,
}

impl Told {
    fn header(&self, name: &str) -> &str {
        self.request.headers.first(name).unwrap_or("")
    }

    fn state(&self) -> &str {
        self.header(name::SUBSCRIPTION_STATE)
    }

    fn cseq(&self) -> u32 {
        self.request.headers.cseq().unwrap().number
    }
}

impl World {
    fn subscribe(&mut self, fields: &[(&str, &str)]) -> Response {
        self.subscribe_in("call", "", fields)
    }

    fn subscribe_in(&mut self, call_id: &str, to_params: &str, fields: &[(&str, &str)]) -> Response {
        self.cseq += 1;
        let mut request = Request::new(Method::Subscribe, Uri::parse("sip:101@office.example").unwrap());
        request.headers.push(name::VIA, "SIP/2.0/UDP 192.168.1.9:5060;branch=z9hG4bK1");
        request.headers.push(name::FROM, "<sip:102@office.example>;tag=w");
        request.headers.push(name::TO, format!("<sip:101@office.example>{to_params}"));
        request.headers.push(name::CALL_ID, call_id);
        request.headers.push(name::CSEQ, CSeq { number: self.cseq, method: Method::Subscribe }.to_string());
        request.headers.push(name::CONTACT, "<sip:102@192.168.1.9:5060>");
        for (name, value) in fields {
            request.headers.set(name, *value);
        }
        let contact = Uri::parse("sip:192.168.1.5").unwrap();
        self.notifier.handle_subscribe(self.now, "101", &request, &hop(), &contact)
    }

    fn again(&mut self, first: &Response, fields: &[(&str, &str)]) -> Response {
        let tag = first.headers.to().unwrap().tag().unwrap().to_owned();
        self.subscribe_in("call", &format!(";tag={tag}"), fields)
    }

    /// What has been told up to now.
    fn told(&mut self) -> Vec<Told> {
        self.outputs()
            .into_iter()
            .filter_map(|output| match output {
                Output::Send { id, request, hop: to } => {
                    assert_eq!(to, hop());
                    let mut whole = (*request).clone();
                    whole.headers.push_front(name::VIA, "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1");
                    parse_datagram(&whole.to_bytes()).unwrap();
                    let body = String::from_utf8(request.body.to_vec()).unwrap();
                    Some(Told { id, request: *request, body })
                }
                Output::Persist(_) | Output::Forget(_) | Output::Published { .. } => None,
            })
            .collect()
    }

    fn outputs(&mut self) -> Vec<Output> {
        std::iter::from_fn(|| self.notifier.poll()).collect()
    }

    #[track_caller]
    fn one(&mut self) -> Told {
        let mut told = self.told();
        assert_eq!(told.len(), 1, "{told:?}");
        told.remove(0)
    }

    fn respond(&mut self, told: &Told, status: u16) {
        let outcome = Outcome::Final(Box::new(told.request.response(status)), hop());
        self.notifier.handle_response(self.now, told.id.unwrap(), &outcome);
    }

    /// Takes one NOTIFY and answers it 200.
    #[track_caller]
    fn hear(&mut self) -> Told {
        let told = self.one();
        self.respond(&told, 200);
        told
    }

    fn pass(&mut self, span: Duration) {
        self.now = self.now + span;
        self.notifier.handle_timeout(self.now);
    }

    fn count(&self) -> usize {
        self.notifier.subscriptions().count()
    }
}

const DIALOG: (&str, &str) = (name::EVENT, "dialog;id=5");

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
    assert_eq!(unknown.headers.first(name::ALLOW_EVENTS), Some("dialog, message-summary, presence"));
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
    world.notifier.notify_unsolicited(&target, hop(), &identity, &summary);
    let told = world.one();
    assert_eq!((told.id, told.header(name::EVENT)), (None, "message-summary"));
    assert!(told.body.contains("Messages-Waiting: yes"));
}

const PIDF: &str = "<presence><tuple><status><basic>open</basic></status></tuple></presence>";

impl World {
    fn publish(&mut self, body: &str, fields: &[(&str, &str)]) -> Response {
        let mut request = Request::new(Method::Publish, Uri::parse("sip:101@office.example").unwrap());
        request.headers.push(name::EVENT, "presence");
        request.headers.push(name::CONTENT_TYPE, "application/pidf+xml");
        for (name, value) in fields {
            request.headers.set(name, *value);
        }
        request.body = body.to_owned().into();
        self.notifier.handle_publish(self.now, "101", &request)
    }

    fn etag(response: &Response) -> String {
        assert_eq!(response.status, 200, "{response:?}");
        response.headers.first(name::SIP_ETAG).unwrap().to_owned()
    }

    fn facts(&mut self) -> Vec<Option<bool>> {
        let open = |output| match output {
            Output::Published { open, .. } => Some(open),
            Output::Send { .. } | Output::Persist(_) | Output::Forget(_) => None,
        };
        self.outputs().into_iter().filter_map(open).collect()
    }
}

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
