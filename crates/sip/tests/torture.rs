//! The torture messages of RFC 4475 and RFC 5118, byte for byte as in the archives of their appendices
//! (`tests/torture/`), each with what the RFC wants done.
#![cfg(test)]

use cordboard_sip::message::{Framing, Message, MessageError, StreamParser, name, parse_datagram, refusal};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// Accepted by parser and validation; what comes then (404, 406, 415, 420, 483 …) is for the layers above.
    Taken,
    /// Answered with this status.
    Answered(u16),
    /// Dropped.
    Dropped,
}
use Fate::{Answered, Dropped, Taken};

fn directory(rfc: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/torture").join(rfc)
}

fn read(rfc: &str, file: &str) -> Vec<u8> {
    std::fs::read(directory(rfc).join(file)).unwrap()
}

fn fate(bytes: &[u8]) -> Fate {
    let answer = match parse_datagram(bytes) {
        Ok(Message::Request(request)) => match request.validate() {
            Ok(()) => return Taken,
            Err(refused) => Some(request.refuse(&refused)),
        },
        Ok(Message::Response(response)) => match response.validate() {
            Ok(()) => return Taken,
            Err(_) => None,
        },
        Err(error) => refusal(bytes, &error),
    };
    answer.map_or(Dropped, |response| Answered(response.status))
}

/// File, section, fate. Where the RFC leaves a choice between repairing and refusing, a message whose meaning is in
/// doubt is refused.
const RFC_4475: [(&str, &str, Fate); 50] = [
    ("wsinv", "3.1.1.1", Taken),
    ("intmeth", "3.1.1.2", Taken),
    ("esc01", "3.1.1.3", Taken),
    ("escnull", "3.1.1.4", Taken),
    ("esc02", "3.1.1.5", Taken),
    ("lwsdisp", "3.1.1.6", Taken),
    ("longreq", "3.1.1.7", Taken),
    ("dblreq", "3.1.1.8", Taken),
    ("semiuri", "3.1.1.9", Taken),
    ("transports", "3.1.1.10", Taken),
    ("mpart01", "3.1.1.11", Taken),
    ("unreason", "3.1.1.12", Taken),
    ("noreason", "3.1.1.13", Taken),
    ("badinv01", "3.1.2.1", Answered(400)),
    ("clerr", "3.1.2.2", Answered(400)),
    ("ncl", "3.1.2.3", Answered(400)),
    ("scalar02", "3.1.2.4", Answered(400)),
    ("scalarlg", "3.1.2.5", Dropped),
    ("quotbal", "3.1.2.6", Answered(400)),
    ("ltgtruri", "3.1.2.7", Answered(400)),
    ("lwsruri", "3.1.2.8", Answered(400)),
    ("lwsstart", "3.1.2.9", Answered(400)),
    ("trws", "3.1.2.10", Answered(400)),
    ("escruri", "3.1.2.11", Answered(400)),
    ("baddate", "3.1.2.12", Answered(400)),
    ("regbadct", "3.1.2.13", Answered(400)),
    ("badaspec", "3.1.2.14", Answered(400)),
    ("baddn", "3.1.2.15", Answered(400)),
    ("badvers", "3.1.2.16", Answered(505)),
    ("mismatch01", "3.1.2.17", Answered(400)),
    ("mismatch02", "3.1.2.18", Answered(400)),
    ("bigcode", "3.1.2.19", Dropped),
    ("badbranch", "3.2.1", Taken),
    ("insuf", "3.3.1", Answered(400)),
    ("unkscm", "3.3.2", Answered(416)),
    ("novelsc", "3.3.3", Answered(416)),
    ("unksm2", "3.3.4", Taken),
    ("bext01", "3.3.5", Taken),
    ("invut", "3.3.6", Taken),
    ("regaut01", "3.3.7", Taken),
    ("multi01", "3.3.8", Answered(400)),
    ("mcl01", "3.3.9", Answered(400)),
    ("bcast", "3.3.10", Taken),
    ("zeromf", "3.3.11", Taken),
    ("cparam01", "3.3.12", Taken),
    ("cparam02", "3.3.13", Taken),
    ("regescrt", "3.3.14", Taken),
    ("sdp01", "3.3.15", Taken),
    ("inv2543", "3.4.1", Taken),
    ("test", "in the archive, but in no section", Dropped),
];

const RFC_5118: [(&str, &str, Fate); 12] = [
    ("ipv6-good", "4.1", Taken),
    ("ipv6-bad", "4.2", Answered(400)),
    ("port-ambiguous", "4.3", Taken),
    ("port-unambiguous", "4.4", Taken),
    ("via-received-param-with-delim", "4.5", Taken),
    ("via-received-param-no-delim", "4.5", Taken),
    ("ipv6-in-sdp", "4.6", Taken),
    ("mult-ip-in-header", "4.7", Taken),
    ("mult-ip-in-sdp", "4.8", Taken),
    ("ipv4-mapped-ipv6", "4.9", Taken),
    ("ipv6-bug-abnf-3-colons", "4.10", Taken),
    ("ipv6-correct-abnf-2-colons", "4.10", Taken),
];

/// The files of RFC 5118's archive are text: lines end with LF, two lack the empty line, and Content-Length counts CRLF
/// in ways that fit neither. Only that is changed: the bytes that the sections are about stay.
fn rfc_5118(file: &str) -> Vec<u8> {
    let text = String::from_utf8(read("rfc5118", file)).unwrap();
    let (head, body) = text.split_once("\n\n").unwrap_or((text.trim_end(), ""));
    let body = body.replace('\n', "\r\n");
    let is_length = |line: &&str| line.starts_with("Content-Length");
    let head: Vec<&str> = head.lines().filter(|line| !is_length(line)).collect();
    format!("{}\r\nContent-Length: {}\r\n\r\n{body}", head.join("\r\n"), body.len()).into_bytes()
}

fn taken(bytes: &[u8]) -> Message {
    assert_eq!(fate(bytes), Taken);
    parse_datagram(bytes).unwrap()
}

fn request(rfc: &str, file: &str) -> cordboard_sip::message::Request {
    let bytes = if rfc == "rfc5118" { rfc_5118(file) } else { read(rfc, file) };
    match taken(&bytes) {
        Message::Request(request) => request,
        Message::Response(_) => panic!("{file} is a request"),
    }
}

#[test]
fn every_message_of_rfc_4475_meets_its_fate() {
    let found: BTreeMap<&str, Fate> =
        RFC_4475.iter().map(|(file, ..)| (*file, fate(&read("rfc4475", &format!("{file}.dat"))))).collect();
    let wanted: BTreeMap<&str, Fate> = RFC_4475.iter().map(|(file, _, fate)| (*file, *fate)).collect();
    assert_eq!(found, wanted);
    assert_eq!(std::fs::read_dir(directory("rfc4475")).unwrap().count(), RFC_4475.len());
}

#[test]
fn every_message_of_rfc_5118_meets_its_fate() {
    let found: BTreeMap<&str, Fate> =
        RFC_5118.iter().map(|(file, ..)| (*file, fate(&rfc_5118(file)))).collect();
    let wanted: BTreeMap<&str, Fate> = RFC_5118.iter().map(|(file, _, fate)| (*file, *fate)).collect();
    assert_eq!(found, wanted);
    assert_eq!(std::fs::read_dir(directory("rfc5118")).unwrap().count(), RFC_5118.len());
}

#[test]
fn what_was_taken_survives_printing_and_parsing() {
    let all = RFC_4475.iter().map(|(file, ..)| read("rfc4475", &format!("{file}.dat")));
    let all = all.chain(RFC_5118.iter().map(|(file, ..)| rfc_5118(file)));
    let mut count = 0;
    for message in all.filter_map(|bytes| parse_datagram(&bytes).ok()) {
        assert_eq!(parse_datagram(&message.to_bytes()).unwrap(), message);
        count += 1;
    }
    assert!(count >= 50, "{count}");
}

#[test]
fn a_stream_yields_the_same_messages() {
    for (file, ..) in RFC_4475 {
        let bytes = read("rfc4475", &format!("{file}.dat"));
        let Ok(message) = parse_datagram(&bytes) else { continue };
        // Without a length a stream takes no body, and two requests are two (not one with a tail).
        if ["inv2543", "dblreq"].contains(&file) {
            continue;
        }
        let mut parser = StreamParser::default();
        for chunk in bytes.chunks(7) {
            parser.push(chunk);
        }
        let Ok(Some(Framing::Message(whole))) = parser.next_message() else { panic!("{file}") };
        assert_eq!(parse_datagram(&whole), Ok(message), "{file}");
    }
    let mut parser = StreamParser::default();
    parser.push(&read("rfc4475", "dblreq.dat"));
    assert!(matches!(parser.next_message(), Ok(Some(Framing::Message(_)))));
    // The empty line between the two looks like half a keep-alive.
    assert_eq!(parser.next_message(), Ok(Some(Framing::Pong)));
    assert!(matches!(parser.next_message(), Ok(Some(Framing::Message(_)))));
}

#[test]
fn the_short_tortuous_invite_is_read_right() {
    let invite = request("rfc4475", "wsinv.dat");
    let headers = &invite.headers;
    assert!(invite.uri.params.has("unknownparam"));
    assert_eq!(headers.to().unwrap().tag(), Some("1918181833n"));
    let from = headers.from().unwrap();
    assert_eq!(from.display.as_deref(), Some("J Rosenberg \\\""));
    assert_eq!(from.tag(), Some("98asjd8"));
    assert_eq!(headers.max_forwards(), Some(68));
    assert_eq!(headers.cseq().unwrap().to_string(), "9 INVITE");
    let vias: Vec<_> = headers.all(name::VIA).collect();
    assert_eq!(vias.len(), 3);
    assert_eq!(headers.via().unwrap().branch(), "390skdjuw");
    assert_eq!(headers.first(name::SUBJECT), Some(""));
    assert_eq!(headers.first("NewFangledHeader"), Some("newfangled value continued newfangled value"));
    assert_eq!(headers.first("UnknownHeaderWithUnusualValue"), Some(";;,,;;,;"));
    let contact = &headers.addresses("m").unwrap()[0];
    assert_eq!(contact.display.as_deref(), Some("Quoted string \"\""));
    assert_eq!(contact.params.value("newparam"), Some("newvalue"));
    assert!(contact.params.has("secondparam"));
    assert_eq!(contact.params.value("q"), Some("0.33"));
    assert_eq!(invite.body.len(), 150);
}

#[test]
fn unusual_characters_are_kept() {
    let message = request("rfc4475", "intmeth.dat");
    assert_eq!(message.method.as_str(), "!interesting-Method0123456789_*+`.%indeed'~");
    assert_eq!(message.headers.to().unwrap().display.as_deref(), Some("BEL:\u{7} NUL:\0 DEL:\u{7f}"));
    let from = message.headers.from().unwrap();
    assert_eq!(from.display.as_deref(), Some("token1~` token2'+_ token3*%!.-"));
    assert_eq!(from.params.text("fromParam''~+*_!.-%").as_deref(), Some("работающий"));
    assert_eq!(message.headers.first("extensionHeader-!.%*+_`'~"), Some("\u{feff}大停電"));
    let escaped = request("rfc4475", "esc01.dat");
    assert_eq!(escaped.uri.user.as_deref(), Some("sips:user@example.com"));
    assert_eq!(escaped.headers.to().unwrap().uri.user.as_deref(), Some("user"));
    assert_eq!(escaped.headers.from().unwrap().uri.user.as_deref(), Some("I have spaces"));
    let null = request("rfc4475", "escnull.dat");
    assert_eq!(null.headers.to().unwrap().uri.user.as_deref(), Some("null-\0-null"));
    assert_eq!(null.headers.addresses(name::CONTACT).unwrap()[1].uri.user.as_deref(), Some("\0\0"));
    let method = request("rfc4475", "esc02.dat");
    assert_eq!(method.method.as_str(), "RE%47IST%45R");
    assert_eq!(method.headers.all(name::CONTACT).count(), 2);
}

#[test]
fn parameters_belong_to_what_they_stand_at() {
    let at = |file: &str| request("rfc4475", file).headers.addresses(name::CONTACT).unwrap().remove(0);
    assert!(at("cparam01.dat").params.has("unknownparam"));
    assert!(at("cparam02.dat").uri.params.has("unknownparam"));
    assert_eq!(at("regescrt.dat").uri.headers[0].1, "<sip:sip.example.com>");
    assert_eq!(request("rfc4475", "semiuri.dat").uri.user.as_deref(), Some("user;par=u@example.net"));
    assert_eq!(request("rfc4475", "longreq.dat").headers.all(name::VIA).count(), 34);
    assert_eq!(request("rfc4475", "mpart01.dat").body.len(), 553);
    assert_eq!(request("rfc4475", "bext01.dat").headers.all(name::REQUIRE).count(), 2);
}

#[test]
fn ipv6_addresses_are_read_right() {
    let ip = |text: &str| Some(text.parse().unwrap());
    assert_eq!(request("rfc5118", "port-ambiguous").uri.host.ip(), ip("2001:db8::10:5070"));
    assert_eq!(request("rfc5118", "port-ambiguous").uri.port, None);
    assert_eq!(request("rfc5118", "port-unambiguous").uri.port, Some(5070));
    for file in ["via-received-param-with-delim", "via-received-param-no-delim"] {
        assert_eq!(request("rfc5118", file).headers.via().unwrap().received(), ip("2001:db8::9:255"));
    }
    assert_eq!(
        request("rfc5118", "ipv4-mapped-ipv6").headers.via().unwrap().host.ip(),
        ip("::ffff:192.0.2.10")
    );
    let (three, two) =
        (request("rfc5118", "ipv6-bug-abnf-3-colons"), request("rfc5118", "ipv6-correct-abnf-2-colons"));
    assert!(three.uri.equivalent(&two.uri));
}

#[test]
fn a_version_we_do_not_speak_is_told_so() {
    let bytes = read("rfc4475", "badvers.dat");
    let error = parse_datagram(&bytes).unwrap_err();
    assert_eq!(error, MessageError::Version);
    assert_eq!(refusal(&bytes, &error).unwrap().status, 505);
}
