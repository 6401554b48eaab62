//! Descriptions as common phones and gateways write them: read, printed, answered.
#![cfg(test)]

mod world;

use cordboard_base::{Direction, Format};
use cordboard_sdp::{
    Address, Capabilities, Family, MediaKind, Payloads, Refusal, Rtcp, SessionDescription, answer,
};
use world::{caps, local, phone, socket};

const PHONES: [&str; 14] = [
    "yealink",
    "polycom",
    "snom",
    "grandstream",
    "cisco",
    "baresip",
    "linphone",
    "zoiper",
    "asterisk",
    "freeswitch_trunk",
    "carrier_t38",
    "old_gateway_hold",
    "browser",
    "srtp_best_effort",
];

fn names(formats: &[Format]) -> Vec<&str> {
    formats.iter().map(|format| format.name.as_str()).collect()
}

#[test]
fn every_phone_is_read_and_printed_without_loss() {
    for name in PHONES {
        let description = phone(name);
        let again = SessionDescription::parse(&description.to_bytes()).unwrap();
        assert_eq!(again, description, "{name}");
    }
}

#[test]
fn bare_line_feeds_and_lone_carriage_returns_read_the_same() {
    for name in PHONES {
        let text = phone(name).to_string();
        for end in ["\n", "\r", "\n\n", "\r\n\r\n"] {
            let other = text.replace("\r\n", end);
            assert_eq!(SessionDescription::parse(other.as_bytes()).unwrap(), phone(name), "{name} {end:?}");
        }
    }
}

/// Name of the phone, what is agreed (codec with its number, event number and clock, ptime, direction, where to).
fn agreed_line(name: &str, caps: &Capabilities) -> String {
    let offer = phone(name);
    let mut local = local();
    if name == "linphone" {
        local.audio = Some(socket("[2001:db8::5]:20000"));
        local.video = Some(socket("[2001:db8::5]:20002"));
    }
    match answer(&offer, &local, caps, &[], Direction::SendRecv, None) {
        Err(refusal) => format!("{} {refusal}", refusal.warn_code()),
        Ok((answer, agreed)) => {
            assert_eq!(answer.media.len(), offer.media.len());
            let audio = agreed.audio.unwrap();
            let codec = &audio.send[0];
            let event = audio.telephone_event.map(|event| (event.send_pt, event.clock_rate_hz));
            let remote = audio.remote_rtp.map_or("latch".to_owned(), |at| at.to_string());
            let held = if audio.held_by_peer { " held" } else { "" };
            format!(
                "{}={} {event:?} {}ms {:?} {remote}{held}",
                codec.name, codec.payload_type, audio.ptime_ms, audio.direction
            )
        }
    }
}

#[test]
fn each_phone_gets_the_first_of_its_own_codecs_that_we_have() {
    let caps = caps(&["PCMA", "PCMU", "G722"]);
    let table = [
        ("yealink", "G722=9 Some((101, 8000)) 20ms SendRecv 192.168.1.51:11794"),
        ("polycom", "G722=9 Some((127, 8000)) 20ms SendRecv 192.168.1.52:2226"),
        ("snom", "G722=9 Some((101, 8000)) 20ms SendRecv 192.168.1.53:54720"),
        ("grandstream", "PCMU=0 Some((101, 8000)) 20ms SendRecv 192.168.1.54:5004"),
        ("cisco", "G722=9 Some((101, 8000)) 20ms SendRecv 192.168.1.55:22532"),
        ("baresip", "PCMU=0 Some((101, 8000)) 20ms SendRecv 192.168.1.56:18434"),
        ("linphone", "PCMU=0 Some((100, 8000)) 20ms SendRecv [2001:db8::57]:7078"),
        ("zoiper", "G722=9 Some((101, 8000)) 20ms SendRecv 192.168.1.58:53212"),
        ("asterisk", "PCMA=8 Some((101, 8000)) 20ms SendRecv 203.0.113.20:14752"),
        ("freeswitch_trunk", "G722=9 Some((101, 8000)) 20ms SendRecv 198.51.100.7:28470"),
        ("carrier_t38", "PCMA=8 Some((97, 8000)) 10ms SendRecv latch"),
        ("old_gateway_hold", "PCMU=0 Some((101, 8000)) 20ms RecvOnly latch held"),
        ("browser", "302 Incompatible media transport"),
        ("srtp_best_effort", "PCMA=8 Some((101, 8000)) 20ms SendRecv 192.168.1.61:11802"),
    ];
    for (name, expected) in table {
        assert_eq!(agreed_line(name, &caps), expected, "{name}");
    }
}

#[test]
fn opus_brings_its_own_event_clock_and_falls_back_to_8000() {
    let caps = caps(&["opus"]);
    let table = [
        ("baresip", "opus=96 Some((97, 48000)) 20ms SendRecv 192.168.1.56:18434"),
        ("cisco", "opus=114 Some((101, 8000)) 20ms SendRecv 192.168.1.55:22532"),
        ("zoiper", "opus=106 Some((98, 48000)) 20ms SendRecv 192.168.1.58:53212"),
        ("yealink", "305 No common audio format"),
    ];
    for (name, expected) in table {
        assert_eq!(agreed_line(name, &caps), expected, "{name}");
    }
}

#[test]
fn what_a_yealink_says_is_read_in_full() {
    let yealink = phone("yealink");
    let audio = yealink.active(&MediaKind::Audio).unwrap();
    assert_eq!(names(audio.formats()), ["G722", "PCMU", "PCMA", "G729", "telephone-event"]);
    assert_eq!(audio.formats()[3].fmtp, "annexb=no");
    assert_eq!((audio.ptime_ms, audio.maxptime_ms, audio.rtcp_mux), (Some(20), None, false));
    let address = Some(Address::Ip("192.168.1.51".parse().unwrap()));
    assert_eq!(audio.rtcp, Some(Rtcp { port: 11795, address }));
    assert_eq!(yealink.audio_ip(), Some("192.168.1.51".parse().unwrap()));
}

#[test]
fn static_numbers_are_explained_and_a_missing_clock_of_events_is_8000() {
    let gateway = phone("old_gateway_hold");
    let formats = gateway.media[0].formats();
    assert_eq!(formats[0], Format::new(0, "PCMU", 8_000));
    assert_eq!(formats[1], Format::new(101, "telephone-event", 8_000));
}

#[test]
fn a_session_level_direction_reaches_the_streams() {
    let text = phone("polycom").to_string().replacen("t=0 0\r\n", "t=0 0\r\na=sendonly\r\n", 1);
    let silent = text.replacen("a=sendrecv\r\n", "", 1);
    let description = SessionDescription::parse(silent.as_bytes()).unwrap();
    assert_eq!(description.media[0].direction, Direction::SendOnly);
    let description = SessionDescription::parse(text.as_bytes()).unwrap();
    assert_eq!(description.media[0].direction, Direction::SendRecv);
}

#[test]
fn a_name_in_the_connection_line_is_kept_and_latched_upon() {
    let carrier = phone("carrier_t38");
    let name = Address::Name { family: Family::V4, name: "sbc7.carrier.example".to_owned() };
    assert_eq!(carrier.connection, Some(name));
    assert_eq!(carrier.audio_ip(), None);
}

#[test]
fn fax_and_encrypted_streams_are_refused_in_place_and_keep_their_protocol() {
    let (reply, _) =
        answer(&phone("carrier_t38"), &local(), &caps(&["PCMA"]), &[], Direction::SendRecv, None).unwrap();
    let fax = &reply.media[1];
    assert_eq!((fax.port, fax.protocol.as_str(), &fax.kind), (0, "udptl", &MediaKind::Image));
    assert_eq!(fax.payloads, Payloads::Other(vec!["t38".to_owned()]));

    let offer = phone("srtp_best_effort");
    let (reply, _) = answer(&offer, &local(), &caps(&["PCMA"]), &[], Direction::SendRecv, None).unwrap();
    assert_eq!((reply.media[0].port, reply.media[0].protocol.as_str()), (0, "RTP/SAVP"));
    assert_eq!((reply.media[1].port, reply.media[1].protocol.as_str()), (20_000, "RTP/AVP"));
}

#[test]
fn the_feedback_profile_is_answered_in_kind() {
    let mut local = local();
    local.audio = Some(socket("[2001:db8::5]:20000"));
    let (reply, _) =
        answer(&phone("linphone"), &local, &caps(&["PCMA"]), &[], Direction::SendRecv, None).unwrap();
    assert_eq!(reply.media[0].protocol, "RTP/AVPF");
    assert!(
        reply.to_string().starts_with("v=0\r\no=- 7 1 IN IP6 2001:db8::5\r\ns=-\r\nc=IN IP6 2001:db8::5\r\n")
    );
}

#[test]
fn an_ipv6_phone_can_not_be_answered_from_an_ipv4_address() {
    let refusal = answer(&phone("linphone"), &local(), &caps(&["PCMA"]), &[], Direction::SendRecv, None);
    assert_eq!(refusal.unwrap_err(), Refusal::AddressFamily);
    assert_eq!(Refusal::AddressFamily.warn_code(), 301);
}

#[test]
fn our_answer_to_a_yealink_is_this_text() {
    let (reply, _) = answer(
        &phone("yealink"),
        &local(),
        &caps(&["PCMU", "PCMA"]),
        &[Format::new(8, "PCMA", 8_000)],
        Direction::SendRecv,
        None,
    )
    .unwrap();
    let expected = "v=0\no=- 7 1 IN IP4 192.168.1.5\ns=-\nc=IN IP4 192.168.1.5\nt=0 0\nm=audio 20000 RTP/AVP 8 101\n\
        a=rtpmap:8 PCMA/8000\na=rtpmap:101 telephone-event/8000\na=fmtp:101 0-15\na=ptime:20\na=sendrecv\n";
    assert_eq!(reply.to_string(), expected.replace('\n', "\r\n"));
}
