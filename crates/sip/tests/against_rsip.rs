//! Where rsip reads a message too, it and our façade must have read the same.
#![cfg(test)]

use cordboard_sip::message::{Message, name, parse_datagram};
use proptest::prelude::*;
use rsip::headers::ToTypedHeader;
use rsip::message::{HasHeaders, HeadersExt};
use std::path::Path;

/// Compares what both read; `false` if one of them refused, ours by validation too, or rsip did not understand a header it left untyped.
fn agree(bytes: &[u8]) -> bool {
    let (Ok(ours), Ok(theirs)) = (parse_datagram(bytes), rsip::SipMessage::try_from(bytes)) else {
        return false;
    };
    let valid = match &ours {
        Message::Request(request) => request.validate().is_ok(),
        Message::Response(response) => response.validate().is_ok(),
    };
    if !valid {
        return false;
    }
    match (&ours, &theirs) {
        (Message::Request(ours), rsip::SipMessage::Request(theirs)) => {
            assert_eq!(ours.method.as_str(), theirs.method.to_string());
        }
        (Message::Response(ours), rsip::SipMessage::Response(theirs)) => {
            assert_eq!(ours.status, theirs.status_code.code());
        }
        _ => panic!("one read a request, the other a response"),
    }
    read_alike(&ours, &theirs).is_some()
}

fn read_alike<T: HeadersExt + HasHeaders>(ours: &Message, theirs: &T) -> Option<()> {
    let headers = ours.headers();
    let via = theirs.via_header().ok()?.typed().ok()?;
    let (from, to) = (theirs.from_header().ok()?.typed().ok()?, theirs.to_header().ok()?.typed().ok()?);
    let cseq = theirs.cseq_header().ok()?.typed().ok()?;
    let mine = headers.via().unwrap();
    assert_eq!(mine.branch(), via.branch().map_or("", |branch| branch.value()));
    assert_eq!(mine.transport, via.transport.to_string());
    assert_eq!(mine.host.to_string(), via.uri.host().to_string().to_lowercase());
    let tag = |tag: Option<&rsip::param::Tag>| tag.map(|tag| tag.value().to_owned());
    assert_eq!(headers.from().unwrap().tag().map(str::to_owned), tag(from.tag()));
    assert_eq!(headers.to().unwrap().tag().map(str::to_owned), tag(to.tag()));
    let mine = headers.cseq().unwrap();
    assert_eq!((mine.number, mine.method.as_str().to_owned()), (cseq.seq, cseq.method.to_string()));
    assert_eq!(
        headers.call_id().unwrap(),
        theirs.call_id_header().ok()?.to_string().trim_start_matches("Call-ID: ")
    );
    Some(())
}

#[test]
fn on_the_torture_messages_both_read_the_same() {
    let torture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/torture/rfc4475");
    let files = std::fs::read_dir(torture).unwrap();
    let agreed = files.filter(|file| agree(&std::fs::read(file.as_ref().unwrap().path()).unwrap())).count();
    // The others are refused by one of the two, or rsip leaves a header of theirs untyped.
    assert_eq!(agreed, 17);
}

proptest! {
    #[test]
    fn on_plain_messages_both_read_the_same(
        method in prop::sample::select(vec!["INVITE", "ACK", "BYE", "OPTIONS", "REGISTER"]),
        user in "[a-z0-9]{1,8}",
        host in "[a-z]{1,8}(\\.[a-z]{2,3})?",
        tag in "[a-zA-Z0-9]{1,12}",
        cseq in 1..i32::MAX,
        status in prop::option::of(prop::sample::select(vec![100, 180, 200, 404, 486, 603])),
    ) {
        let start_line = match status {
            Some(status) => format!("SIP/2.0 {status} Phrase"),
            None => format!("{method} sip:{user}@{host} SIP/2.0"),
        };
        let bytes = format!(
            "{start_line}\r\nVia: SIP/2.0/TCP {host}:5062;branch=z9hG4bK{tag}\r\nFrom: \"{user}\" <sip:{user}@{host}>;tag={tag}\r\n\
             To: <sip:x@{host};transport=tcp>\r\nCall-ID: {tag}@{host}\r\nCSeq: {cseq} {method}\r\nContent-Length: 0\r\n\r\n"
        );
        prop_assert!(agree(bytes.as_bytes()));
        let message = parse_datagram(bytes.as_bytes()).unwrap();
        prop_assert_eq!(message.headers().all(name::VIA).count(), 1);
        // What we print, rsip reads.
        prop_assert!(agree(&message.to_bytes()));
    }
}
