//! What is no description, and every limit at it and one past.
#![cfg(test)]

mod world;

use cordboard_sdp::{LineFault, Refusal, SdpError, SessionDescription};

const HEAD: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n";

fn error(text: &str) -> SdpError {
    SessionDescription::parse(text.as_bytes()).unwrap_err()
}

fn fault(line: &str) -> LineFault {
    let error = error(&format!("{HEAD}{line}\r\n"));
    let SdpError::Line { line: 6, what } = error else { panic!("{error}") };
    what
}

#[test]
fn it_begins_with_version_zero() {
    for text in ["", "\r\n", "hello", "v=1\r\n", "o=- 1 1 IN IP4 192.0.2.1\r\n", "<xml/>", "v =0\r\n"] {
        assert_eq!(error(text), SdpError::NotSdp, "{text:?}");
    }
}

#[test]
fn each_bad_line_is_named_with_its_fault() {
    let table = [
        ("nonsense", LineFault::Syntax),
        ("=x", LineFault::Syntax),
        ("ab=x", LineFault::Syntax),
        ("s=a\0b", LineFault::Zero),
        ("t=now later", LineFault::Syntax),
        ("m=audio", LineFault::Media),
        ("m=audio 4000 RTP/AVP", LineFault::Media),
        ("m=audio x RTP/AVP 0", LineFault::Media),
        ("m=audio -1 RTP/AVP 0", LineFault::Media),
        ("m=audio 65536 RTP/AVP 0", LineFault::Media),
        ("m=audio 4000/x RTP/AVP 0", LineFault::Media),
        ("m=audio 4000 RTP/AVP 128", LineFault::PayloadType),
        ("m=audio 4000 RTP/AVP t38", LineFault::PayloadType),
        ("c=IN IP4", LineFault::Address),
        ("c=IN IP5 192.0.2.1", LineFault::Address),
        ("c=ATM IP4 192.0.2.1", LineFault::Address),
        ("c=IN IP4 192.0.2.300", LineFault::Address),
        ("c=IN IP6 2001:db8::1::2", LineFault::Address),
        ("o=- 1 1 IN IP4", LineFault::Address),
        ("o=- 1 1", LineFault::Syntax),
    ];
    for (line, expected) in table {
        assert_eq!(fault(line), expected, "{line}");
    }
}

#[test]
fn a_stream_needs_an_address_unless_it_is_refused() {
    let head = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n";
    let text = format!("{head}m=audio 0 RTP/AVP 0\r\nm=audio 4000 RTP/AVP 0\r\n");
    assert_eq!(error(&text), SdpError::NoAddress { index: 1 });
    assert!(SessionDescription::parse(format!("{head}m=audio 0 RTP/AVP 0\r\n").as_bytes()).is_ok());
    assert!(SessionDescription::parse(format!("{text}c=IN IP4 192.0.2.1\r\n").as_bytes()).is_ok());
}

#[test]
fn a_malformed_description_is_refused_with_a_code_and_a_text() {
    let refusal = Refusal::from(error("v=0\r\nrubbish\r\n"));
    assert_eq!((Refusal::STATUS, refusal.warn_code()), (488, 399));
    let text = "Malformed session description: line 2: not a letter, an equals sign and a value";
    assert_eq!(refusal.to_string(), text);
}

#[test]
fn sloppy_but_clear_descriptions_are_read() {
    for text in [
        "v=0\nc=IN IP4 192.0.2.1\nm=audio 4000 RTP/AVP 0\n",
        "v=0 \r\nc=in ip4 192.0.2.1\r\nm=AUDIO  4000   rtp/avp 0 \r\n",
        "v=0\r\no=the phone 1 1 IN IP4 192.0.2.1\r\ns=\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 0 0\r\n\r\n",
        "v=0\r\nt=0 0\r\ns=-\r\nx=vendor\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0\r\na=rtpmap\r\na=rtpmap:x y\r\na=fmtp:0\r\na=\r\na=:\r\n",
    ] {
        let read = SessionDescription::parse(text.as_bytes()).unwrap();
        assert_eq!(read.media[0].formats().len(), 1, "{text:?}");
    }
    let latin = b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=B\xfcro\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n";
    assert!(SessionDescription::parse(latin).is_ok());
}

#[test]
fn sizes_are_limited() {
    let body = |size: usize| {
        let mut text = HEAD.to_owned();
        text.push_str("a=");
        text.push_str(&"x".repeat(size - text.len()));
        text
    };
    assert!(SessionDescription::parse(body(SessionDescription::SIZE_MAX).as_bytes()).is_ok());
    let size = SessionDescription::SIZE_MAX + 1;
    assert_eq!(error(&body(size)), SdpError::TooLong { size });
}

#[test]
fn media_lines_formats_and_lines_are_limited() {
    let media = |count: usize| format!("{HEAD}{}", "m=audio 0 RTP/AVP 0\r\n".repeat(count));
    let formats = |count: usize| {
        let numbers: String = (0..count).map(|n| format!(" {n}")).collect();
        format!("{HEAD}m=audio 4000 RTP/AVP{numbers}\r\n")
    };
    let tokens = |count: usize| format!("{HEAD}m=image 4000 udptl{}\r\n", " t38".repeat(count));
    let lines = |count: usize| format!("{HEAD}m=audio 4000 RTP/AVP 0\r\n{}", "a=x\r\n".repeat(count));
    let session = |count: usize| format!("v=0\r\n{}", "a=x\r\n".repeat(count));
    let check = |make: &dyn Fn(usize) -> String, most: usize| {
        assert!(SessionDescription::parse(make(most).as_bytes()).is_ok());
        let past = error(&make(most + 1));
        assert!(matches!(past, SdpError::Line { what: LineFault::TooMany, .. }), "{past}");
    };
    check(&media, SessionDescription::MEDIA_MAX);
    check(&formats, SessionDescription::FORMATS_MAX);
    check(&tokens, SessionDescription::FORMATS_MAX);
    check(&lines, SessionDescription::LINES_MAX);
    check(&session, SessionDescription::LINES_MAX);
}

#[test]
fn the_longest_name_is_253_characters() {
    let named = |length: usize| {
        let name = "a".repeat(length);
        SessionDescription::parse(format!("v=0\r\nc=IN IP4 {name}\r\n").as_bytes())
    };
    assert!(named(253).is_ok());
    assert_eq!(named(254), Err(SdpError::Line { line: 2, what: LineFault::Address }));
}
