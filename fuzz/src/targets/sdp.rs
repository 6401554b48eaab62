//! Session descriptions: read, answered, accepted, printed.

use cordboard_base::{Direction, Format};
use cordboard_sdp::{Capabilities, Local, MediaKind, SessionDescription, accept, answer, offer};
use core::net::{Ipv4Addr, SocketAddr};

pub(crate) const WORDS: &[&str] = &[
    "\r\nm=audio 4000 RTP/AVP 0 8 101\r\n",
    "\r\nm=video 4002 RTP/AVPF 96\r\n",
    "\r\nm=image 5000 udptl t38\r\n",
    "\r\na=rtpmap:",
    "\r\na=fmtp:",
    "\r\na=ptime:",
    "\r\na=maxptime:",
    "\r\na=rtcp:",
    "\r\na=rtcp-mux\r\n",
    "\r\na=sendonly\r\n",
    "\r\na=recvonly\r\n",
    "\r\na=inactive\r\n",
    "\r\nc=IN IP4 0.0.0.0\r\n",
    "\r\nc=IN IP6 ::\r\n",
    "telephone-event/8000",
    "opus/48000/2",
    "PCMU/8000",
    "G722/16000",
    "0-15",
    "IN IP4 ",
    "IN IP6 ",
    "RTP/SAVP",
    "v=0\r\n",
    "\r\nb=AS:64\r\n",
    "\r\nt=0 0\r\n",
    "\r\no=- 1 1 IN IP4 192.0.2.1\r\n",
];

fn socket(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::new(192, 0, 2, 5), port))
}

/// What is read can be printed and read again, unchanged; an answer has the offer's lines and can be read; nothing panics.
pub fn sdp(data: &[u8]) {
    let Ok(theirs) = SessionDescription::parse(data) else { return };
    let text = theirs.to_bytes();
    let again = SessionDescription::parse(&text);
    // Printing adds lines (an rtpmap for every format), so at the limits of lines and bytes it may no longer be read.
    if data.len() < SessionDescription::SIZE_MAX / 4
        && theirs.media.iter().all(|media| media.attributes.len() < 64)
    {
        assert_eq!(again.as_ref().map(SessionDescription::to_bytes), Ok(text));
    }
    let local = Local {
        session_id: 1,
        version: 1,
        audio: Some(socket(4000)),
        video: Some(socket(4002)),
        rtcp_mux: true,
    };
    let opus = Format { channels: 2, ..Format::new(96, "opus", 48_000) };
    let audio = vec![
        opus,
        Format::new(9, "G722", 8_000),
        Format::new(8, "PCMA", 8_000),
        Format::new(0, "PCMU", 8_000),
    ];
    let video = Some(theirs.formats_of(&MediaKind::Video));
    let caps = Capabilities { audio, telephone_event: true, ptime_ms: 20, video };
    let prefer = theirs.formats_of(&MediaKind::Audio);
    let ours = offer(&local, &caps, Direction::SendRecv, None);
    if let Ok((reply, _)) = answer(&theirs, &local, &caps, &prefer, Direction::SendRecv, Some(&ours)) {
        assert_eq!(reply.media.len(), theirs.media.len());
        let read = SessionDescription::parse(&reply.to_bytes());
        assert_eq!(read.as_ref(), Ok(&reply));
        let later = offer(&local, &caps, Direction::SendOnly, Some(&reply));
        assert!(later.media.len() >= reply.media.len());
    }
    accept(&ours, &theirs).ok();
}
