//! What the tests of this crate start from.
#![allow(dead_code, reason = "each test binary takes what it needs")]

use cordboard_base::Format;
use cordboard_sdp::{Capabilities, Local, SessionDescription};
use core::net::SocketAddr;

const PHONES: [(&str, &str); 14] = [
    ("yealink", include_str!("../phones/yealink.sdp")),
    ("polycom", include_str!("../phones/polycom.sdp")),
    ("snom", include_str!("../phones/snom.sdp")),
    ("grandstream", include_str!("../phones/grandstream.sdp")),
    ("cisco", include_str!("../phones/cisco.sdp")),
    ("baresip", include_str!("../phones/baresip.sdp")),
    ("linphone", include_str!("../phones/linphone.sdp")),
    ("zoiper", include_str!("../phones/zoiper.sdp")),
    ("asterisk", include_str!("../phones/asterisk.sdp")),
    ("freeswitch_trunk", include_str!("../phones/freeswitch_trunk.sdp")),
    ("carrier_t38", include_str!("../phones/carrier_t38.sdp")),
    ("old_gateway_hold", include_str!("../phones/old_gateway_hold.sdp")),
    ("browser", include_str!("../phones/browser.sdp")),
    ("srtp_best_effort", include_str!("../phones/srtp_best_effort.sdp")),
];

/// All bodies, with the line ends of the wire.
pub(crate) fn bodies() -> Vec<Vec<u8>> {
    PHONES.iter().map(|(_, text)| text.replace('\n', "\r\n").into_bytes()).collect()
}

pub(crate) fn phone(name: &str) -> SessionDescription {
    let (_, text) = PHONES.iter().find(|(known, _)| *known == name).unwrap();
    SessionDescription::parse(text.replace('\n', "\r\n").as_bytes()).unwrap()
}

pub(crate) fn parse(text: &str) -> SessionDescription {
    SessionDescription::parse(text.as_bytes()).unwrap()
}

pub(crate) fn socket(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

pub(crate) fn local() -> Local {
    Local { session_id: 7, version: 1, audio: Some(socket("192.168.1.5:20000")), video: None, rtcp_mux: true }
}

pub(crate) fn format(name: &str) -> Format {
    match name {
        "PCMU" => Format::new(0, name, 8_000),
        "GSM" => Format::new(3, name, 8_000),
        "PCMA" => Format::new(8, name, 8_000),
        "G722" => Format::new(9, name, 8_000),
        "opus" => Format { channels: 2, fmtp: "useinbandfec=1".to_owned(), ..Format::new(96, name, 48_000) },
        "speex" => Format::new(97, name, 16_000),
        "VP8" => Format::new(98, name, 90_000),
        "H264" => Format { fmtp: "packetization-mode=1".to_owned(), ..Format::new(99, name, 90_000) },
        other => panic!("no such format here: {other}"),
    }
}

pub(crate) fn caps(names: &[&str]) -> Capabilities {
    let audio = names.iter().map(|name| format(name)).collect();
    Capabilities { audio, telephone_event: true, ptime_ms: 20, video: None }
}
