//! Calls: whose they are, how many at once, which numbers they carry.

use super::*;

fn invite(target: &str, to: &str, from: &str) -> Request {
    let mut request = Request::new(Method::Invite, Uri::parse(target).unwrap());
    request.headers.push(name::TO, to);
    request.headers.push(name::FROM, from);
    request
}

#[test]
fn a_call_to_our_contact_is_the_trunks_and_for_its_to() {
    let mut world = world(&[("itsp", registering())]);
    let contact = NameAddr::parse(world.one().header(name::CONTACT)).unwrap().uri;
    let call = invite(&contact.to_string(), "<sip:02079460000@itsp.example>", "<sip:1@x>;tag=1");
    let stranger = hop("192.0.2.77:9999");
    let expected = Recognised { trunk: "itsp".into(), by: RecognisedBy::Registration };
    assert_eq!(world.trunks.recognise(&call, &stranger), Some(expected));
    assert_eq!(world.trunks.dialled("itsp", &call).as_deref(), Some("02079460000"));
    let again = super::tests::world(&[("itsp", registering())]).one().request;
    assert!(again.headers.first(name::CONTACT).unwrap().contains(contact.user.as_deref().unwrap()));
    let mut other = registering();
    other.credentials.as_mut().unwrap().password = "other".into();
    let other = super::tests::world(&[("itsp", other)]).one().request;
    assert!(!other.headers.first(name::CONTACT).unwrap().contains(contact.user.as_deref().unwrap()));
}

#[test]
fn a_call_is_recognised_by_address_and_by_the_number_called() {
    let prefix = Prefix { address: "192.0.2.0".parse().unwrap(), bits: 24 };
    let line = |number: &str| TrunkSettings {
        number: number.into(),
        accept_from: vec![prefix],
        ..static_trunk(&["198.51.100.1"])
    };
    let world = world(&[("first", line("100")), ("second", line("200"))]);
    let who = |number: &str, from: &Hop| {
        let call = invite(&format!("sip:{number}@203.0.113.7"), "<sip:x@y>", "<sip:1@x>;tag=1");
        world.trunks.recognise(&call, from).map(|recognised| recognised.trunk)
    };
    assert_eq!(who("200", &hop("192.0.2.4:1")).as_deref(), Some("second"));
    assert_eq!(who("100", &hop("[::ffff:192.0.2.4]:1")).as_deref(), Some("first"));
    assert_eq!(who("300", &hop("198.51.100.1:5099")).as_deref(), Some("first"));
    assert_eq!(who("200", &hop("192.0.3.4:1")), None);
}

#[test]
fn a_trunk_whose_calls_authenticate_is_not_known_by_address() {
    let credentials = Credentials { username: "branch".into(), password: "pw".into() };
    let settings = TrunkSettings { inbound: Some(credentials), ..static_trunk(&["198.51.100.1"]) };
    let world = world(&[("branch", settings)]);
    let call = invite("sip:100@203.0.113.7", "<sip:x@y>", "<sip:1@x>;tag=1");
    assert_eq!(world.trunks.recognise(&call, &one()), None);
    let (name, account) = world.trunks.inbound_account("branch").unwrap();
    assert_eq!(name, "branch");
    assert_eq!(account.secret, crate::auth::Secret::Password("pw".into()));
    assert!(world.trunks.inbound_account("other").is_none());
}

#[test]
fn channels_end_at_their_limits() {
    let settings = TrunkSettings { channels: 3, channels_out: 2, ..static_trunk(&["192.0.2.1"]) };
    let mut world = world(&[("itsp", settings), ("free", static_trunk(&["192.0.2.1"]))]);
    let mut take = |direction| world.trunks.reserve("itsp", direction);
    assert!(take(Direction::Out) && take(Direction::Out) && !take(Direction::Out));
    assert!(take(Direction::In) && !take(Direction::In));
    world.trunks.release("itsp", Direction::Out);
    assert!(world.trunks.reserve("itsp", Direction::In));
    assert_eq!(world.trunks.channels("itsp"), Channels { inbound: 2, outbound: 1 });
    assert!((0..1_000).all(|_| world.trunks.reserve("free", Direction::Out)));
    assert!(!world.trunks.reserve("none", Direction::Out));
}

#[test]
fn numbers_and_callers_are_written_as_the_provider_wants() {
    let settings = TrunkSettings {
        outgoing: vec![Rule::new("00", "+"), Rule::new("0", "+44")],
        incoming: vec![Rule::new("+44", "0")],
        caller: vec![Rule::new("", "+442079460")],
        shown: Shown::Caller,
        ..registering()
    };
    let hidden = TrunkSettings { shown: Shown::Line, ..settings.clone() };
    let world = world(&[("itsp", settings), ("hidden", hidden)]);
    let trunks = &world.trunks;
    assert_eq!(trunks.target("itsp", "020 7946 0999").unwrap().to_string(), "sip:+442079460999@itsp.example");
    assert_eq!(trunks.caller_number("itsp", "+442079460999").as_deref(), Some("02079460999"));
    let caller = trunks.presentation("itsp").unwrap().caller("101", "Alice", false);
    assert_eq!(caller.from.to_string(), "\"Alice\" <sip:+442079460101@itsp.example>");
    assert_eq!(caller.headers.len(), 1);
    let private = trunks.presentation("itsp").unwrap().caller("101", "Alice", true);
    assert_eq!(private.from.to_string(), "\"Anonymous\" <sip:anonymous@anonymous.invalid>");
    assert!(
        private.headers[0].1.contains("+442079460101")
            && private.headers[1] == ("Privacy".into(), "id".into())
    );
    let nameless = trunks.presentation("itsp").unwrap().caller("", "Alice", false);
    assert_eq!(nameless.from.to_string(), "<sip:+442079460000@itsp.example>");
    let hidden = trunks.presentation("hidden").unwrap().caller("101", "Alice", false);
    assert_eq!(hidden.from.to_string(), "<sip:+442079460000@itsp.example>");
}

#[test]
fn servers_are_read_with_and_without_ports() {
    assert_eq!(servers(&["[2001:db8::1]:5070"])[0].port, Some(5_070));
    assert_eq!(servers(&["sip.example"])[0].port, None);
    for text in ["", "user@host", "host:x", "host;transport=tcp", "a b"] {
        assert!(Server::parse(text).is_err(), "{text}");
    }
}
