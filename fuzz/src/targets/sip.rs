//! SIP: datagrams, streams, single header values, URIs.

use cordboard_sip::message::{
    CSeq, Framing, Message, NameAddr, Params, StreamParser, Uri, Via, name, parse_datagram, refusal,
};

pub(crate) const WORDS: &[&str] = &[
    "\r\n",
    "\r\n\r\n",
    "\r\n ",
    "\r\n\t",
    "SIP/2.0",
    "INVITE ",
    "REGISTER ",
    "Via: ",
    "v: ",
    "From: ",
    "f: ",
    "To: ",
    "t: ",
    "CSeq: ",
    "Call-ID: ",
    "i: ",
    "Contact: *",
    "m: ",
    "Content-Length: ",
    "l: ",
    "Max-Forwards: ",
    "Record-Route: ",
    ";branch=z9hG4bK",
    ";tag=",
    ";rport",
    ";received=",
    ";lr",
    "<sip:",
    "sips:",
    "tel:",
    "[::1]",
    "%00",
    "\"",
    "\\\"",
    ", ",
    "Digest ",
    "nonce=\"",
    "realm=\"",
    "STUN",
    "\u{0}",
];

pub(crate) const URI_WORDS: &[&str] = &[
    "sip:",
    "sips:",
    "tel:",
    "urn:",
    "@",
    ":",
    ";",
    "?",
    "&",
    "=",
    "[",
    "]",
    "[::1]",
    "%",
    "%25",
    "%zz",
    "<",
    ">",
    "\"",
    "\\",
    ";lr",
    ";transport=",
    ";tag=",
    ";q=",
    "*",
    "+",
    "SIP/2.0/UDP ",
    "z9hG4bK",
];

/// A datagram is refused, and the refusal can be built, or it is read, and then its typed headers can be asked for and what
/// is printed is read again as the same message.
pub fn sip_message(data: &[u8]) {
    match parse_datagram(data) {
        Ok(message) => whole(&message),
        Err(error) => {
            if let Some(response) = refusal(data, &error) {
                let read = parse_datagram(&response.to_bytes());
                assert!(read.is_ok(), "our refusal can't be read: {read:?}");
            }
        }
    }
}

fn whole(message: &Message) {
    typed(message);
    let text = message.to_bytes();
    // Printing may write a Content-Length that was not there, or unfold: at the size limits it may no longer be read.
    if text.len() < cordboard_sip::message::HEAD_SIZE_MAX / 2 {
        assert_eq!(parse_datagram(&text).as_ref(), Ok(message));
    }
}

fn typed(message: &Message) {
    let headers = message.headers();
    headers.via().ok();
    headers.from().ok();
    headers.to().ok();
    headers.call_id().ok();
    headers.cseq().ok();
    for list in [name::CONTACT, name::ROUTE, name::RECORD_ROUTE] {
        headers.addresses(list).ok();
    }
    headers.number("Expires");
    headers.lists("Supported", "100rel");
    if let Message::Request(request) = message {
        parse_datagram(&request.response(200).to_bytes()).ok();
    }
}

/// A stream cut into pieces of all sizes yields messages, asks for more, or ends in an error; it never yields for ever.
pub fn sip_stream(data: &[u8]) {
    let mut parser = StreamParser::default();
    let mut rest = data;
    let mut size = 1;
    while !rest.is_empty() {
        let (piece, tail) = rest.split_at(size.min(rest.len()));
        rest = tail;
        size = (size * 7 + 1) % 4_001;
        parser.push(piece);
        // A message has at least a few bytes: more yields than bytes would be a loop.
        for yields in 0.. {
            assert!(yields <= data.len(), "more messages than bytes");
            match parser.next_message() {
                Ok(Some(Framing::Message(bytes))) => {
                    if let Ok(message) = parse_datagram(&bytes) {
                        typed(&message);
                    }
                }
                Ok(Some(Framing::Ping | Framing::Pong)) => {}
                Ok(None) => break,
                Err(error) => {
                    parser.refused().and_then(|bytes| refusal(bytes, &error));
                    return;
                }
            }
        }
    }
}

/// Single header values of every type.
pub fn sip_headers(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(via) = Via::parse(&text) {
        let printed = via.to_string();
        let again = Via::parse(&printed);
        assert_eq!(again.map(|again| again.to_string()), Ok(printed));
        via.received();
        via.rport();
    }
    if let Ok(address) = NameAddr::parse(&text) {
        let printed = address.to_string();
        let again = NameAddr::parse(&printed);
        assert_eq!(again.map(|again| again.to_string()), Ok(printed));
        address.tag();
    }
    CSeq::parse(&text).ok();
    Params::parse(&text).ok();
}

/// A URI that is read prints as one that is read again, prints the same, and is equivalent.
pub fn sip_uri(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Ok(uri) = Uri::parse(&text) else { return };
    let printed = uri.to_string();
    let again = Uri::parse(&printed);
    assert_eq!(again.as_ref().map(Uri::to_string).as_ref(), Ok(&printed));
    assert!(again.is_ok_and(|again| again.equivalent(&uri)), "{printed} differs from itself");
}
