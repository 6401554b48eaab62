//! What the signalling of a call costs in parsing and printing, beside rsip alone doing the same.

#![allow(clippy::unwrap_used, reason = "a benchmark stops where something is wrong")]

use cordboard_sip::message::{CSeq, Message, NameAddr, StreamParser, Via, parse_datagram};
use divan::{Bencher, black_box};
use rsip::headers::typed::{Tokenize, tokenizers};
use rsip::headers::{ToTypedHeader, UntypedHeader};
use rsip::message::HeadersExt;

fn main() {
    divan::main();
}

const SDP: &str = "v=0\r\no=- 3724394400 3724394405 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\n\
    m=audio 40376 RTP/AVP 8 0 9 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:9 G722/8000\r\n\
    a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n";

const VIA: &str = "SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKPj3f1c7e0d9a5b4c2e;rport";
const FROM: &str = "\"Alice Example\" <sip:101@pbx.example.com>;tag=a48s9d7f6g5h";
const CSEQ: &str = "20348 INVITE";

fn message(start_line: &str, to_tag: &str, cseq: &str, body: &str) -> Vec<u8> {
    let content_type = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
    format!(
        "{start_line}\r\nVia: {VIA}\r\nMax-Forwards: 70\r\nFrom: {FROM}\r\nTo: <sip:102@pbx.example.com>{to_tag}\r\n\
         Contact: <sip:101@192.0.2.10:5060;ob>\r\nCall-ID: 7d1c6bd1-31e6-4a8f-a9d1-c7e6ad7b2f11\r\nCSeq: {cseq}\r\n\
         Allow: PRACK, INVITE, ACK, BYE, CANCEL, UPDATE, INFO, SUBSCRIBE, NOTIFY, REFER, MESSAGE, OPTIONS\r\n\
         Supported: replaces, 100rel, timer, norefersub\r\nSession-Expires: 1800\r\nMin-SE: 90\r\n\
         User-Agent: Deskphone T42/66.85.0.5\r\n{content_type}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn invite() -> Vec<u8> {
    message("INVITE sip:102@pbx.example.com SIP/2.0", "", CSEQ, SDP)
}

/// The messages of one leg; a call has two.
fn leg() -> [Vec<u8>; 7] {
    let tag = ";tag=9f8e7d6c";
    [
        invite(),
        message("SIP/2.0 100 Trying", "", CSEQ, ""),
        message("SIP/2.0 180 Ringing", tag, CSEQ, ""),
        message("SIP/2.0 200 OK", tag, CSEQ, SDP),
        message("ACK sip:102@192.0.2.20:5060 SIP/2.0", tag, "20348 ACK", ""),
        message("BYE sip:102@192.0.2.20:5060 SIP/2.0", tag, "20349 BYE", ""),
        message("SIP/2.0 200 OK", tag, "20349 BYE", ""),
    ]
}

/// What the layers above look at in every message.
fn typed_access(message: &Message) -> usize {
    let headers = message.headers();
    let (via, from, to) = (headers.via().unwrap(), headers.from().unwrap(), headers.to().unwrap());
    let cseq = headers.cseq().unwrap();
    via.branch().len()
        + from.tag().map_or(0, str::len)
        + to.tag().map_or(0, str::len)
        + cseq.method.as_str().len()
}

#[divan::bench]
fn call_of_14_messages_parsed_validated_read_and_printed(bencher: Bencher) {
    let leg = leg();
    bencher.bench_local(|| {
        for bytes in leg.iter().chain(&leg) {
            let message = parse_datagram(black_box(bytes)).unwrap();
            let mandatory = match &message {
                Message::Request(request) => request.mandatory(),
                Message::Response(response) => response.mandatory(),
            };
            black_box(mandatory.unwrap());
            black_box(message.to_bytes());
        }
    });
}

mod invite {
    use super::*;

    #[divan::bench]
    fn parse(bencher: Bencher) {
        let bytes = invite();
        bencher.bench_local(|| parse_datagram(black_box(&bytes)).unwrap());
    }

    /// What a stream costs beside: its message is cut out by its length, and parsed by whoever takes it.
    #[divan::bench]
    fn cut_from_a_stream(bencher: Bencher) {
        let bytes = invite();
        let mut parser = StreamParser::default();
        bencher.bench_local(|| {
            parser.push(black_box(&bytes));
            parser.next_message().unwrap().unwrap()
        });
    }

    #[divan::bench]
    fn parse_by_rsip(bencher: Bencher) {
        let bytes = invite();
        bencher.bench_local(|| rsip::SipMessage::try_from(black_box(bytes.as_slice())).unwrap());
    }

    #[divan::bench]
    fn parse_and_read(bencher: Bencher) {
        let bytes = invite();
        bencher.bench_local(|| typed_access(&parse_datagram(black_box(&bytes)).unwrap()));
    }

    #[divan::bench]
    fn parse_and_read_by_rsip(bencher: Bencher) {
        let bytes = invite();
        bencher.bench_local(|| {
            let message = rsip::Request::try_from(black_box(bytes.as_slice())).unwrap();
            let via = message.via_header().unwrap().typed().unwrap();
            let from = message.from_header().unwrap().typed().unwrap();
            let to = message.to_header().unwrap().typed().unwrap();
            let cseq = message.cseq_header().unwrap().typed().unwrap();
            (via, from, to, cseq, message)
        });
    }

    #[divan::bench]
    fn validate(bencher: Bencher) {
        let Message::Request(request) = parse_datagram(&invite()).unwrap() else { unreachable!() };
        bencher.bench_local(|| black_box(&request).validate());
    }

    #[divan::bench]
    fn print(bencher: Bencher) {
        let message = parse_datagram(&invite()).unwrap();
        bencher.bench_local(|| black_box(&message).to_bytes());
    }

    #[divan::bench]
    fn print_by_rsip(bencher: Bencher) {
        let message = rsip::Request::try_from(invite().as_slice()).unwrap();
        bencher.bench_local(|| black_box(&message).to_string());
    }
}

mod header {
    use super::*;

    #[divan::bench]
    fn via() -> Via {
        Via::parse(black_box(VIA)).unwrap()
    }

    #[divan::bench]
    fn via_tokens_by_rsip() -> usize {
        tokenizers::ViaTokenizer::tokenize(black_box(VIA)).unwrap().params.len()
    }

    #[divan::bench]
    fn via_by_rsip() -> rsip::typed::Via {
        rsip::headers::Via::new(black_box(VIA)).typed().unwrap()
    }

    #[divan::bench]
    fn from() -> NameAddr {
        NameAddr::parse(black_box(FROM)).unwrap()
    }

    #[divan::bench]
    fn from_tokens_by_rsip() -> usize {
        tokenizers::DisplayUriParamsTokenizer::tokenize(black_box(FROM)).unwrap().params.len()
    }

    #[divan::bench]
    fn from_by_rsip() -> rsip::typed::From {
        rsip::headers::From::new(black_box(FROM)).typed().unwrap()
    }

    #[divan::bench]
    fn cseq() -> CSeq {
        CSeq::parse(black_box(CSEQ)).unwrap()
    }

    #[divan::bench]
    fn cseq_by_rsip() -> rsip::typed::CSeq {
        rsip::headers::CSeq::new(black_box(CSEQ)).typed().unwrap()
    }
}
