use super::*;
use crate::endpoint::Outcome;
use crate::message::{CSeq, Method, parse_datagram};
use cordboard_base::{SourceKey, Transport};

const NOW: Time = Time::from_secs(100);
const AOR: &str = "101@office.example";

pub(super) fn registrar() -> Registrar {
    let identity = Uri::parse("sip:office.example").unwrap();
    Registrar::new(Settings::new(identity), Source::new(SourceKey { seed: [2; 16], node: 0, epoch: 1 }, 3))
}

pub(super) fn hop(text: &str) -> Hop {
    Hop::new(Transport::Udp, text.parse().unwrap())
}

fn home() -> Hop {
    hop("192.168.1.7:5060")
}

/// A REGISTER with these further header fields.
pub(super) fn register(call_id: &str, cseq: u32, fields: &[(&str, &str)]) -> Request {
    let mut request = Request::new(Method::Register, Uri::parse("sip:office.example").unwrap());
    request.headers.push(name::VIA, "SIP/2.0/UDP 192.168.1.7:5060;branch=z9hG4bK1");
    request.headers.push(name::FROM, "<sip:101@office.example>;tag=1");
    request.headers.push(name::TO, "<sip:101@office.example>");
    request.headers.push(name::CALL_ID, call_id);
    request.headers.push(name::CSEQ, CSeq { number: cseq, method: Method::Register }.to_string());
    for (name, value) in fields {
        request.headers.push(name, *value);
    }
    request
}

fn contacts(response: &Response) -> Vec<String> {
    response.headers.all(name::CONTACT).map(str::to_owned).collect()
}

/// Registers and says the status and the contacts listed.
#[track_caller]
fn check(registrar: &mut Registrar, now: Time, request: &Request, status: u16, listed: &[&str]) -> Response {
    let response = registrar.handle_register(now, AOR, request, &home());
    assert_eq!(
        (response.status, contacts(&response)),
        (status, listed.iter().map(|s| (*s).into()).collect())
    );
    response
}

fn after(secs: u64) -> Time {
    NOW + Duration::from_secs(secs)
}

const A: (&str, &str) = (name::CONTACT, "<sip:101@192.168.1.7:5060>");
const B: (&str, &str) = (name::CONTACT, "<sip:101@192.168.1.7:5070>;q=0.5;expires=600");

#[test]
fn contacts_have_their_own_expiry_and_the_query_counts_down() {
    let mut registrar = registrar();
    let both = ["<sip:101@192.168.1.7:5060>;expires=1800", "<sip:101@192.168.1.7:5070>;expires=600;q=0.5"];
    check(&mut registrar, NOW, &register("a", 1, &[A, B, (name::EXPIRES, "1800")]), 200, &both);
    let later = ["<sip:101@192.168.1.7:5060>;expires=1201", "<sip:101@192.168.1.7:5070>;expires=1;q=0.5"];
    check(&mut registrar, after(599), &register("q", 1, &[]), 200, &later);
    check(
        &mut registrar,
        after(600),
        &register("q", 2, &[]),
        200,
        &["<sip:101@192.168.1.7:5060>;expires=1200"],
    );
    check(&mut registrar, after(1_800), &register("q", 3, &[]), 200, &[]);
    assert_eq!(registrar.next_deadline(), None);
}

#[test]
fn a_refresh_keeps_the_binding_and_a_new_one_is_a_fact() {
    let mut registrar = registrar();
    check(&mut registrar, NOW, &register("a", 1, &[A]), 200, &["<sip:101@192.168.1.7:5060>;expires=3600"]);
    let facts = |registrar: &mut Registrar| {
        let outputs: Vec<Output> = std::iter::from_fn(|| registrar.poll()).collect();
        outputs.iter().filter(|o| matches!(o, Output::Registered(_))).count()
    };
    assert_eq!(facts(&mut registrar), 1);
    check(
        &mut registrar,
        after(9),
        &register("a", 2, &[A]),
        200,
        &["<sip:101@192.168.1.7:5060>;expires=3600"],
    );
    assert_eq!(facts(&mut registrar), 0);
    assert_eq!(registrar.bindings(AOR)[0].id, BindingId(0));
}

#[test]
fn equal_uris_are_one_binding_however_they_are_written() {
    let mut registrar = registrar();
    check(&mut registrar, NOW, &register("a", 1, &[A]), 200, &["<sip:101@192.168.1.7:5060>;expires=3600"]);
    let same = (name::CONTACT, "<sip:%3101@192.168.1.7:5060>");
    check(&mut registrar, NOW, &register("b", 1, &[same]), 200, &["<sip:101@192.168.1.7:5060>;expires=3600"]);
    let other = (name::CONTACT, "<sip:101@192.168.1.7>");
    assert_eq!(contacts(&registrar.handle_register(NOW, AOR, &register("b", 2, &[other]), &home())).len(), 2);
}

#[test]
fn expires_zero_removes_one_and_a_star_removes_all() {
    let mut registrar = registrar();
    registrar.handle_register(NOW, AOR, &register("a", 1, &[A, B]), &home());
    let gone = (name::CONTACT, "<sip:101@192.168.1.7:5060>;expires=0");
    check(
        &mut registrar,
        NOW,
        &register("a", 2, &[gone]),
        200,
        &["<sip:101@192.168.1.7:5070>;expires=600;q=0.5"],
    );
    let star = [(name::CONTACT, "*"), (name::EXPIRES, "0")];
    check(&mut registrar, NOW, &register("a", 3, &star), 200, &[]);
    check(&mut registrar, NOW, &register("a", 4, &star), 200, &[]);
}

#[test]
fn a_star_must_stand_alone_and_with_expires_zero() {
    let mut registrar = registrar();
    let star = (name::CONTACT, "*");
    for fields in [
        vec![star],
        vec![star, (name::EXPIRES, "60")],
        vec![star, A, (name::EXPIRES, "0")],
        vec![star, star, (name::EXPIRES, "0")],
    ] {
        check(&mut registrar, NOW, &register("a", 1, &fields), 400, &[]);
    }
}

#[test]
fn a_wish_below_the_minimum_is_told_the_minimum() {
    let mut registrar = registrar();
    let response = check(&mut registrar, NOW, &register("a", 1, &[A, (name::EXPIRES, "59")]), 423, &[]);
    assert_eq!(response.headers.first(name::MIN_EXPIRES), Some("60"));
    let listed = ["<sip:101@192.168.1.7:5060>;expires=60"];
    check(&mut registrar, NOW, &register("a", 1, &[A, (name::EXPIRES, "60")]), 200, &listed);
}

#[test]
fn too_long_and_malformed_expiries_become_the_longest_and_the_default() {
    for (wish, given) in
        [("7201", 7_200), ("99999999999", 7_200), ("soon", 3_600), ("-5", 3_600), ("", 3_600)]
    {
        let mut registrar = registrar();
        let listed = format!("<sip:101@192.168.1.7:5060>;expires={given}");
        check(&mut registrar, NOW, &register("a", 1, &[A, (name::EXPIRES, wish)]), 200, &[&listed]);
    }
}

#[test]
fn an_older_request_of_the_same_call_changes_nothing_at_all() {
    let mut registrar = registrar();
    registrar.handle_register(NOW, AOR, &register("a", 5, &[A]), &home());
    let before = registrar.clone();
    for cseq in [4, 5] {
        let response = registrar.handle_register(NOW, AOR, &register("a", cseq, &[B, A]), &home());
        assert_eq!(response.status, 500);
        let star = register("a", cseq, &[(name::CONTACT, "*"), (name::EXPIRES, "0")]);
        assert_eq!(registrar.handle_register(NOW, AOR, &star, &home()).status, 500);
        assert_eq!(registrar, before);
    }
    assert_eq!(registrar.handle_register(NOW, AOR, &register("b", 1, &[B, A]), &home()).status, 200);
    assert_eq!(registrar.bindings(AOR).len(), 2);
}

#[test]
fn one_bad_contact_spoils_the_whole_request() {
    for bad in ["<tel:101>", "<sip:101@h>;q=7", "not a uri", "<sip:101@h>;expires=5"] {
        let mut registrar = registrar();
        let response =
            registrar.handle_register(NOW, AOR, &register("a", 1, &[A, (name::CONTACT, bad)]), &home());
        assert!([400, 423].contains(&response.status), "{bad}");
        assert_eq!((registrar.bindings(AOR).len(), registrar.poll()), (0, None));
    }
}

#[test]
fn path_is_stored_shown_and_routes_the_calls() {
    let mut registrar = registrar();
    let path = (name::PATH, "<sip:edge.example;lr>");
    let contact = (name::CONTACT, "<sip:101@10.0.0.1>");
    let request = register("a", 1, &[contact, path, (name::SUPPORTED, "path"), (name::REQUIRE, "path")]);
    let response = registrar.handle_register(NOW, AOR, &request, &hop("198.51.100.1:5060"));
    assert_eq!(response.headers.first(name::PATH), Some("<sip:edge.example;lr>"));
    let binding = registrar.bindings(AOR)[0].clone();
    assert_eq!(binding.path[0].uri.to_string(), "sip:edge.example;lr");
    assert_eq!((binding.via, binding.nat), (hop("198.51.100.1:5060"), false));
}

#[test]
fn paths_and_contacts_end_at_their_limits() {
    let path = |count| vec![(name::PATH, "<sip:edge.example;lr>"); count];
    let contact = |size: usize| format!("<sip:{}@h>", "x".repeat(size - 8));
    for (count, size, status) in [
        (PATH_MAX, 50, 200),
        (PATH_MAX + 1, 50, 400),
        (0, CONTACT_BYTES_MAX, 200),
        (0, CONTACT_BYTES_MAX + 1, 400),
    ] {
        let contact = contact(size);
        let mut fields = path(count);
        fields.push((name::CONTACT, &contact));
        let response = registrar().handle_register(NOW, AOR, &register("a", 1, &fields), &home());
        assert_eq!(response.status, status, "{count} {size}");
    }
}

#[test]
fn an_unknown_required_option_is_named() {
    let request = register("a", 1, &[A, (name::REQUIRE, "path, gruu"), (name::REQUIRE, "foo")]);
    let response = check(&mut registrar(), NOW, &request, 420, &[]);
    assert_eq!(response.headers.first(name::UNSUPPORTED), Some("gruu, foo"));
}

#[test]
fn a_phone_that_comes_back_elsewhere_replaces_its_own_binding() {
    let mut registrar = registrar();
    let instance = "+sip.instance=\"<urn:uuid:0001>\"";
    let at = |port: u16, reg: &str| format!("<sip:101@192.168.1.7:{port}>;{instance}{reg}");
    let mut go = |call: &str, contact: String| {
        let response =
            registrar.handle_register(NOW, AOR, &register(call, 1, &[(name::CONTACT, &contact)]), &home());
        contacts(&response).len()
    };
    assert_eq!(go("a", at(5060, "")), 1);
    assert_eq!(go("b", at(5061, "")), 1);
    assert_eq!(go("c", at(5062, ";reg-id=1")), 1);
    assert_eq!(go("d", at(5063, ";reg-id=2")), 2);
    assert_eq!(go("e", at(5064, ";reg-id=1")), 2);
    assert_eq!(go("f", "<sip:101@192.168.1.7:5080>;+sip.instance=\"<urn:uuid:0002>\"".into()), 3);
}

#[test]
fn two_homes_with_the_same_private_address_are_two_bindings() {
    let mut registrar = registrar();
    for (n, from) in ["203.0.113.1:1024", "203.0.113.2:1024"].iter().enumerate() {
        let contact = format!("<sip:101@192.168.0.2>;+sip.instance=\"<urn:uuid:{n}>\"");
        let request = register(&format!("call{n}"), 1, &[(name::CONTACT, &contact)]);
        registrar.handle_register(NOW, AOR, &request, &hop(from));
    }
    let vias: Vec<Hop> = registrar.bindings(AOR).iter().map(|b| b.via).collect();
    assert_eq!(vias, [hop("203.0.113.2:1024"), hop("203.0.113.1:1024")]);
}

#[test]
fn the_most_wanted_contact_comes_first() {
    let mut registrar = registrar();
    for (n, q) in [("1", ";q=0.2"), ("2", ""), ("3", ";q=0.9")] {
        let contact = format!("<sip:{n}@192.168.1.7>{q}");
        registrar.handle_register(NOW, AOR, &register(n, 1, &[(name::CONTACT, &contact)]), &home());
    }
    let order: Vec<&str> =
        registrar.bindings(AOR).iter().map(|b| b.contact.user.as_deref().unwrap()).collect();
    assert_eq!(order, ["2", "3", "1"]);
}

fn fill(registrar: &mut Registrar, contacts: usize) -> Vec<u16> {
    (0..contacts)
        .map(|n| {
            let contact = format!("<sip:101@192.168.1.7:{}>", 6_000 + n);
            let request = register(&n.to_string(), 1, &[(name::CONTACT, &contact)]);
            let now = NOW + Duration::from_secs(n.try_into().unwrap());
            registrar.handle_register(now, AOR, &request, &home()).status
        })
        .collect()
}

#[test]
fn one_contact_too_many_replaces_the_oldest_or_is_refused() {
    let mut registrar = registrar();
    assert_eq!(fill(&mut registrar, 11), [200; 11]);
    assert_eq!(registrar.bindings(AOR).len(), 10);
    assert!(registrar.bindings(AOR).iter().all(|b| b.contact.port != Some(6_000)));
    let mut refusing = super::tests::registrar();
    let settings = Settings { when_full: WhenFull::Refuse, ..refusing.settings.clone() };
    refusing.configure(settings);
    let mut expected = vec![200; 10];
    expected.push(403);
    assert_eq!(fill(&mut refusing, 11), expected);
    let again = register("0", 2, &[(name::CONTACT, "<sip:101@192.168.1.7:6000>")]);
    assert_eq!(
        refusing.handle_register(after(20), AOR, &again, &home()).status,
        200,
        "a refresh is not one more"
    );
}

#[test]
fn a_request_with_more_contacts_than_can_be_is_refused() {
    let many = |count: usize| {
        let texts: Vec<String> = (0..count).map(|n| format!("<sip:{n}@192.168.1.7>;expires=0")).collect();
        let fields: Vec<(&str, &str)> = texts.iter().map(|t| (name::CONTACT, t.as_str())).collect();
        registrar().handle_register(NOW, AOR, &register("a", 1, &fields), &home()).status
    };
    assert_eq!((many(20), many(21)), (200, 403));
    let ten = |count: usize| {
        let texts: Vec<String> = (0..count).map(|n| format!("<sip:{n}@192.168.1.7>")).collect();
        let fields: Vec<(&str, &str)> = texts.iter().map(|t| (name::CONTACT, t.as_str())).collect();
        registrar().handle_register(NOW, AOR, &register("a", 1, &fields), &home()).status
    };
    assert_eq!((ten(10), ten(11)), (200, 403));
}

#[test]
fn a_full_registrar_refreshes_but_takes_nobody_new() {
    let mut registrar = registrar();
    registrar.settings.bindings_max = 2;
    let mut go =
        |aor: &str, cseq: u32| registrar.handle_register(NOW, aor, &register(aor, cseq, &[A]), &home());
    assert_eq!([go("a", 1).status, go("b", 1).status], [200, 200]);
    let full = go("c", 1);
    assert_eq!((full.status, full.headers.first(name::RETRY_AFTER)), (503, Some("60")));
    assert_eq!(go("a", 2).status, 200);
}

#[test]
fn a_phone_whose_nat_gives_it_another_port_says_where_it_was() {
    let mut registrar = registrar();
    let (old, new) = (hop("203.0.113.9:40001"), hop("203.0.113.9:40002"));
    let contact = (name::CONTACT, "<sip:101@10.1.1.1:5060>");
    for (cseq, from, was) in [(1, old, None), (2, old, None), (3, new, Some(old)), (4, new, None)] {
        registrar.handle_register(NOW, AOR, &register("a", cseq, &[contact]), &from);
        let binding = registrar.bindings(AOR)[0];
        assert_eq!((binding.id, binding.via, binding.moved_from), (BindingId(0), from, was));
    }
}

/// Runs the registrar's own time on, and tells what came out when.
fn run_until(registrar: &mut Registrar, end: Time) -> Vec<(Time, Output)> {
    let mut seen = Vec::new();
    while let Some(at) = registrar.next_deadline().filter(|at| *at <= end) {
        registrar.handle_timeout(at);
        while let Some(output) = registrar.poll() {
            seen.push((at, output));
        }
    }
    seen
}

#[test]
fn a_phone_behind_a_nat_hears_from_us_within_every_25_seconds() {
    let mut registrar = registrar();
    let far = hop("203.0.113.9:40001");
    let contact = (name::CONTACT, "<sip:101@10.1.1.1:5060>;expires=600");
    registrar.handle_register(NOW, AOR, &register("a", 1, &[contact]), &far);
    while registrar.poll().is_some() {}
    assert!(registrar.bindings(AOR)[0].nat);
    let mut last = NOW;
    let mut count = 0;
    for (at, output) in run_until(&mut registrar, after(599)) {
        let Output::KeepAlive { hop, request, .. } = output else { panic!("{output:?}") };
        assert!(at - last <= Duration::from_secs(25) && at - last >= Duration::from_secs(20));
        assert_eq!((hop, &request.method), (far, &Method::Options));
        assert_eq!(request.uri.to_string(), "sip:101@10.1.1.1:5060");
        let mut whole = *request;
        whole.headers.push_front(name::VIA, "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1");
        parse_datagram(&whole.to_bytes()).unwrap();
        (last, count) = (at, count + 1);
    }
    assert!((23..=29).contains(&count));
    let outputs = run_until(&mut registrar, after(700));
    assert!(matches!(outputs.last(), Some((_, Output::Unregistered { why: Gone::Expired, .. }))));
    assert_eq!(registrar.next_deadline(), None);
}

#[test]
fn refreshing_often_does_not_put_off_the_keep_alive() {
    let mut registrar = registrar();
    let contact = (name::CONTACT, "<sip:101@10.1.1.1:5060>");
    let mut alive = 0;
    for n in 1..=10 {
        let request = register("a", n, &[contact]);
        registrar.handle_register(after(u64::from(n) * 10), AOR, &request, &hop("203.0.113.9:40001"));
        alive +=
            std::iter::from_fn(|| registrar.poll()).filter(|o| matches!(o, Output::KeepAlive { .. })).count();
    }
    assert!(alive >= 3, "{alive}");
}

#[test]
fn a_phone_at_home_or_on_a_stream_is_left_alone() {
    let mut registrar = registrar();
    registrar.handle_register(NOW, AOR, &register("a", 1, &[A]), &home());
    let stream = Hop { transport: Transport::Tls, ..hop("203.0.113.9:40001") };
    let contact = (name::CONTACT, "<sip:101@10.1.1.1:5060;transport=tls>");
    registrar.handle_register(NOW, AOR, &register("b", 1, &[contact]), &stream);
    let all: Vec<Output> = run_until(&mut registrar, after(3_599)).into_iter().map(|(_, o)| o).collect();
    assert!(!all.iter().any(|o| matches!(o, Output::KeepAlive { .. })));
}

#[test]
fn an_answered_keep_alive_measures_and_a_silent_one_marks() {
    let mut registrar = registrar();
    let contact = (name::CONTACT, "<sip:101@10.1.1.1:5060>");
    registrar.handle_register(NOW, AOR, &register("a", 1, &[contact]), &hop("203.0.113.9:40001"));
    let at = registrar.next_deadline().unwrap();
    registrar.handle_timeout(at);
    let response = Request::new(Method::Options, Uri::parse("sip:a").unwrap()).response(404);
    let outcome = Outcome::Final(Box::new(response), hop("203.0.113.9:40001"));
    registrar.handle_keep_alive(at + Duration::from_millis(40), BindingId(0), &outcome);
    let state = registrar.bindings(AOR)[0].contact_state;
    assert_eq!(state, ContactState::Reachable { round_trip: Duration::from_millis(40) });
    let at = registrar.next_deadline().unwrap();
    registrar.handle_timeout(at);
    registrar.handle_keep_alive(at, BindingId(0), &Outcome::TimedOut);
    assert_eq!(registrar.bindings(AOR)[0].contact_state, ContactState::Unreachable);
    assert_eq!(registrar.bindings(AOR).len(), 1);
}

#[test]
fn stored_rows_come_back_with_the_time_they_have_left() {
    let mut first = registrar();
    first.handle_register(NOW, AOR, &register("a", 7, &[A, B]), &home());
    let mut rows = BTreeMap::new();
    while let Some(output) = first.poll() {
        if let Output::Store(row) = output {
            let text = serde_json::to_string(&row).unwrap();
            rows.insert(row.binding.id, serde_json::from_str::<Row>(&text).unwrap());
        }
    }
    let mut second = registrar();
    // Ten minutes passed by the wall clock: one row has nothing left.
    second.restore_rows(
        Time::from_secs(1),
        rows.into_values().map(|row| Row { remaining_s: row.remaining_s.saturating_sub(600), ..row }),
    );
    let query = second.handle_register(Time::from_secs(1), AOR, &register("q", 1, &[]), &home());
    assert_eq!(contacts(&query), ["<sip:101@192.168.1.7:5060>;expires=3000"]);
    assert!(std::iter::from_fn(|| second.poll()).any(|o| matches!(o, Output::Erase(_))));
    let old = second.handle_register(Time::from_secs(1), AOR, &register("a", 7, &[A]), &home());
    assert_eq!(old.status, 500, "the order of requests outlives the restart");
    second.handle_register(Time::from_secs(1), AOR, &register("n", 1, &[B]), &home());
    assert_eq!(second.bindings(AOR)[0].id, BindingId(0));
    assert_eq!(second.bindings(AOR)[1].id, BindingId(2), "ids are not used twice");
}

#[test]
fn a_binding_removed_by_hand_is_gone_everywhere() {
    let mut registrar = registrar();
    registrar.handle_register(NOW, AOR, &register("a", 1, &[A]), &home());
    while registrar.poll().is_some() {}
    assert!(registrar.remove(BindingId(0)) && !registrar.remove(BindingId(0)));
    assert_eq!(registrar.poll(), Some(Output::Erase(BindingId(0))));
    assert!(matches!(registrar.poll(), Some(Output::Unregistered { why: Gone::Removed, .. })));
    assert_eq!((registrar.all().count(), registrar.next_deadline()), (0, None));
}

#[test]
fn a_restored_snapshot_behaves_as_the_original() {
    let mut first = registrar();
    let contact = (name::CONTACT, "<sip:101@10.1.1.1:5060>;expires=120");
    first.handle_register(NOW, AOR, &register("a", 1, &[contact, A]), &hop("203.0.113.9:40001"));
    let mut second: Registrar = serde_json::from_str(&serde_json::to_string(&first).unwrap()).unwrap();
    assert_eq!(run_until(&mut first, after(8_000)), run_until(&mut second, after(8_000)));
}
