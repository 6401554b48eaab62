//! Properties of the message façade: what is printed is read back the same, and no bytes make it panic.
#![cfg(test)]

use bytes::Bytes;
use cordboard_sip::message::{
    CSeq, Event, Framing, Headers, Host, MediaType, Message, MessageError, Method, NameAddr, Parameterised,
    Privacy, RAck, ReferTo, Replaces, Request, Response, Scheme, SessionExpires, StreamParser,
    SubscriptionState, Uri, Via, Warning, date, name, parse_datagram, refusal,
};
use cordboard_sip::stun;
use proptest::collection::vec;
use proptest::prelude::*;
use std::path::Path;

/// The torture messages, and a few that are no SIP.
fn corpus() -> Vec<Vec<u8>> {
    let torture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/torture");
    let mut files: Vec<_> = ["rfc4475", "rfc5118"]
        .iter()
        .flat_map(|rfc| std::fs::read_dir(torture.join(rfc)).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let mut corpus: Vec<_> = files.iter().map(|path| std::fs::read(path).unwrap()).collect();
    corpus.push(stun_request());
    corpus.push(b"\r\n\r\n".to_vec());
    corpus
}

fn stun_request() -> Vec<u8> {
    let mut bytes = vec![0, 1, 0, 12, 0x21, 0x12, 0xA4, 0x42];
    bytes.extend_from_slice(b"transaction!");
    bytes.extend_from_slice(&[0x80, 0x22, 0, 6, b'p', b'h', b'o', b'n', b'e', b's', 0, 0]);
    bytes
}

/// One change to a message.
#[derive(Clone, Debug)]
enum Mutation {
    Replace(usize, u8),
    Insert(usize, Vec<u8>),
    Remove(usize, usize),
    Repeat(usize, usize),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let spice = prop_oneof![
        vec(any::<u8>(), 1..8),
        prop::sample::select(vec![
            &b"\r\n"[..],
            b"\n",
            b"\r",
            b"\"",
            b"\\",
            b"<",
            b">",
            b";",
            b",",
            b"%",
            b"%00",
            b"[",
            b"]",
            b":",
            b"@",
            b"?",
            b"=",
            b"\0",
            b" ",
            b"\t",
            b"\r\n ",
            b"\r\n\r\n",
            b"4294967296",
            b"-1",
            b"\xff\xfe",
            b"\xef\x9e\x80",
            b"sip:",
            b"l: 7\r\n",
        ])
        .prop_map(<[u8]>::to_vec),
    ];
    prop_oneof![
        (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Mutation::Replace(at, byte)),
        (any::<usize>(), spice).prop_map(|(at, bytes)| Mutation::Insert(at, bytes)),
        (any::<usize>(), 1..40usize).prop_map(|(at, count)| Mutation::Remove(at, count)),
        (any::<usize>(), 1..200usize).prop_map(|(at, count)| Mutation::Repeat(at, count)),
    ]
}

fn mutate(mut bytes: Vec<u8>, mutations: &[Mutation]) -> Vec<u8> {
    for mutation in mutations {
        let place = |at: usize| at % (bytes.len() + 1);
        match mutation {
            Mutation::Replace(at, byte) => {
                let at = place(*at);
                if let Some(old) = bytes.get_mut(at) {
                    *old = *byte;
                }
            }
            Mutation::Insert(at, more) => {
                let at = place(*at);
                bytes.splice(at..at, more.iter().copied());
            }
            Mutation::Remove(at, count) => {
                let at = place(*at);
                let end = (at + count).min(bytes.len());
                bytes.drain(at..end);
            }
            Mutation::Repeat(at, count) => {
                let at = place(*at);
                let end = (at + count).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
        }
    }
    bytes
}

fn mutated() -> impl Strategy<Value = Vec<u8>> {
    (prop::sample::select(corpus()), vec(mutation(), 1..12))
        .prop_map(|(bytes, mutations)| mutate(bytes, &mutations))
}

/// Everything that reads one header value.
fn read_every_way(value: &str) {
    if let Ok(uri) = Uri::parse(value) {
        assert!(uri.equivalent(&uri), "{value:?}");
        assert_eq!(Uri::parse(&uri.to_string()).as_ref(), Ok(&uri), "{value:?}");
    }
    if let Ok(address) = NameAddr::parse(value) {
        assert_eq!(NameAddr::parse(&address.to_string()).as_ref(), Ok(&address), "{value:?}");
    }
    if let Ok(via) = Via::parse(value) {
        assert_eq!(Via::parse(&via.to_string()).as_ref(), Ok(&via), "{value:?}");
        let _ = (via.received(), via.rport(), via.has_unique_branch());
    }
    let _ = (
        Host::parse(value),
        CSeq::parse(value),
        RAck::parse(value),
        Replaces::parse(value),
        ReferTo::parse(value),
    );
    let _ = (
        Event::parse(value),
        SubscriptionState::parse(value),
        SessionExpires::parse(value),
        date::parse(value),
    );
    let _ =
        (Parameterised::parse(value), MediaType::parse(value), Warning::parse(value), Privacy::parse(value));
}

fn read_whole(message: &Message) {
    match message {
        Message::Request(request) => {
            let _ = request.validate().map_err(|refused| request.refuse(&refused).to_bytes());
        }
        Message::Response(response) => {
            let _ = response.validate();
        }
    }
    message.headers().iter().for_each(|(_, value)| read_every_way(value));
    assert_eq!(parse_datagram(&message.to_bytes()).as_ref(), Ok(message));
}

fn message_body(message: &Message) -> &Bytes {
    match message {
        Message::Request(request) => &request.body,
        Message::Response(response) => &response.body,
    }
}

fn drain(parser: &mut StreamParser, bytes: &[u8], chunk: usize) -> Vec<Framing> {
    let mut seen = Vec::new();
    for chunk in bytes.chunks(chunk) {
        parser.push(chunk);
        loop {
            match parser.next_message() {
                Ok(Some(framing)) => seen.push(framing),
                Ok(None) => break,
                Err(error) => {
                    let _ = parser.refused().and_then(|bytes| refusal(bytes, &error));
                    return seen;
                }
            }
        }
    }
    seen
}

fn token() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9_.!%*+`'~-]{1,12}"
}

fn host() -> impl Strategy<Value = Host> {
    prop_oneof![
        "[a-z][a-z0-9-]{0,10}(\\.[a-z]{2,5}){0,2}".prop_map(Host::Name),
        any::<std::net::IpAddr>().prop_map(Host::Ip)
    ]
}

fn params() -> impl Strategy<Value = Vec<(String, Option<String>)>> {
    vec(("[a-z][a-z0-9-]{0,8}", prop::option::of("[a-zA-Z0-9._~%:/-]{1,12}")), 0..4)
}

fn uri() -> impl Strategy<Value = Uri> {
    let sip = (
        any::<bool>(),
        prop::option::of(("\\PC{1,12}", prop::option::of("[a-z0-9%&=+$,-]{0,8}"))),
        host(),
        any::<Option<u16>>(),
        params(),
        vec(("\\PC{1,6}", "\\PC{0,12}"), 0..3),
    );
    let sip = sip.prop_map(|(secure, user, host, port, params, headers)| {
        let mut uri = Uri::sip(user.as_ref().map(|(user, _)| user.as_str()), host, port);
        uri.scheme = if secure { Scheme::Sips } else { Scheme::Sip };
        uri.password = user.and_then(|(_, password)| password);
        params.iter().for_each(|(name, value)| uri.params.set(name, value.as_deref()));
        uri.headers = headers;
        uri
    });
    let fixed = prop::sample::select(vec![
        "tel:+49-30;phone-context=x.de",
        "urn:service:sos",
        "soap.beep://192.0.2.1:3002",
    ]);
    prop_oneof![4 => sip, 1 => fixed.prop_map(|text| Uri::parse(text).unwrap())]
}

fn name_addr() -> impl Strategy<Value = NameAddr> {
    let quoted =
        "[^\\r\\n]{1,12}".prop_filter("a display name is not blank", |text: &String| !text.is_empty());
    (prop::option::of(quoted), uri(), params()).prop_map(|(display, uri, params)| {
        let mut address = NameAddr::new(uri);
        address.display = display;
        params.iter().for_each(|(name, value)| address.params.set(name, value.as_deref()));
        address
    })
}

fn headers() -> impl Strategy<Value = Headers> {
    let line = "[^\\x00-\\x1f\\x7f ][^\\r\\n]{0,40}[^\\x00-\\x1f\\x7f ]";
    let field = prop_oneof![
        name_addr().prop_map(|address| (name::CONTACT.to_owned(), address.to_string())),
        name_addr().prop_map(|address| (name::FROM.to_owned(), address.to_string())),
        (host(), any::<Option<u16>>(), token()).prop_map(|(host, port, branch)| {
            let mut via = Via { transport: "UDP".to_owned(), host, port, params: Default::default() };
            via.params.set("branch", Some(&branch));
            (name::VIA.to_owned(), via.to_string())
        }),
        token().prop_map(|token| (name::SUPPORTED.to_owned(), token)),
        token().prop_map(|token| (name::ALLOW.to_owned(), token)),
        line.prop_map(|value| (name::SUBJECT.to_owned(), value)),
        ("X-[A-Za-z0-9-]{1,10}", line),
    ];
    vec(field, 0..20).prop_map(|fields| {
        let mut headers = Headers::default();
        fields.into_iter().for_each(|(name, value)| headers.push(&name, value));
        headers
    })
}

fn message() -> impl Strategy<Value = Message> {
    let body = || vec(any::<u8>(), 0..200).prop_map(Bytes::from);
    let request = (token(), uri(), headers(), body()).prop_map(|(method, uri, headers, body)| {
        Message::Request(Request { method: Method::from_token(&method), uri, headers, body })
    });
    let response =
        (100..700u16, "[^\\r\\n]{0,20}", headers(), body()).prop_map(|(status, reason, headers, body)| {
            Message::Response(Response { status, reason, headers, body })
        });
    prop_oneof![request, response]
}

// More with PROPTEST_CASES.
proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(1000)))]

    #[test]
    fn what_is_printed_is_read_back(message in message()) {
        let bytes = message.to_bytes();
        prop_assert_eq!(&parse_datagram(&bytes).unwrap(), &message);
        let mut parser = StreamParser::default();
        prop_assert_eq!(drain(&mut parser, &bytes, 100), [Framing::Message(bytes)]);
    }

    #[test]
    fn addresses_are_read_back(address in name_addr()) {
        prop_assert_eq!(&NameAddr::parse(&address.to_string()).unwrap(), &address);
        prop_assert!(address.uri.equivalent(&address.uri));
    }

    #[test]
    fn mutated_messages_never_panic(bytes in mutated(), chunk in 1..64usize) {
        match parse_datagram(&bytes) {
            Ok(message) => read_whole(&message),
            Err(error) => { let _ = refusal(&bytes, &error).map(|response| response.to_bytes()); }
        }
        for framing in drain(&mut StreamParser::default(), &bytes, chunk) {
            let Framing::Message(whole) = framing else { continue };
            // Whoever reads it finds the same end.
            match parse_datagram(&whole) {
                Ok(message) => {
                    let head = whole.len() - message_body(&message).len();
                    prop_assert!(whole.get(..head).is_some_and(|head| head.ends_with(b"\n")));
                    read_whole(&message);
                }
                Err(error) => prop_assert_ne!(error, MessageError::Malformed("Content-Length")),
            }
        }
        let _ = (stun::is_stun(&bytes), stun::answer(&bytes, "192.0.2.1:5060".parse().unwrap()));
    }

    #[test]
    fn chunks_do_not_matter(bytes in mutated(), chunk in 1..64usize) {
        // But for a double CRLF in two parts, which shows as Pong, Ping.
        let messages = |chunk| {
            let seen = drain(&mut StreamParser::default(), &bytes, chunk);
            seen.into_iter().filter(|framing| matches!(framing, Framing::Message(_))).collect::<Vec<_>>()
        };
        prop_assert_eq!(messages(chunk), messages(bytes.len().max(1)));
    }

    #[test]
    fn odd_values_never_panic(value in "[ \t\"\\\\<>;,:@?=%&/*\\[\\]a-c0-9éﷺ\u{f7a0}]{0,40}") {
        read_every_way(&value);
    }

    #[test]
    fn mutated_stun_never_panics(mutations in vec(mutation(), 1..6)) {
        let bytes = mutate(stun_request(), &mutations);
        let answered = stun::answer(&bytes, "[2001:db8::1]:5060".parse().unwrap());
        prop_assert!(answered.is_none_or(|answer| answer.len() <= 80));
    }

    #[test]
    fn random_bytes_never_panic(bytes in vec(any::<u8>(), 0..300)) {
        let _ = (parse_datagram(&bytes), stun::answer(&bytes, "192.0.2.1:5060".parse().unwrap()));
        drain(&mut StreamParser::default(), &bytes, 50);
    }
}
