//! What offers, answers and acceptances of one stream have in common.

use crate::payload::{answered_parameters, compatible, is_codec, is_noise};
use crate::{
    Address, Attribute, Events, Local, Media, MediaKind, Origin, Payloads, SessionDescription,
    TelephoneEvent, Timing,
};
use cordboard_base::{Direction, Format};
use core::net::{IpAddr, SocketAddr};

/// The discard port: "no address yet" (RFC 8839 §4.2.5, and older habit).
const DISCARD_PORT: u16 = 9;

/// Packet lengths that we follow when a peer asks, in steps of ten; what lies outside is sent at our own length.
const PTIME_MS: core::ops::RangeInclusive<u16> = 10..=60;

/// The telephone events that we take: digits, `*`, `#`, A–D.
const EVENTS_FMTP: &str = "0-15";

/// The number of telephone-event/8000 in most phones' offers, and so in ours where it is free.
const EVENTS_PAYLOAD_TYPE: u8 = 101;

/// A description of ours without streams.
pub(crate) fn empty(local: &Local) -> SessionDescription {
    let address = Address::Ip(local.ip());
    SessionDescription {
        origin: Origin {
            username: "-".to_owned(),
            session_id: local.session_id.to_string(),
            version: local.version.to_string(),
            address: address.clone(),
        },
        name: "-".to_owned(),
        connection: Some(address),
        bandwidth: Vec::new(),
        times: vec![Timing::default()],
        attributes: Vec::new(),
        media: Vec::new(),
    }
}

/// Gives a description the version that follows `previous`: the same if nothing else changed, else one more (RFC 3264 §8).
pub(crate) fn versioned(
    mut ours: SessionDescription,
    previous: Option<&SessionDescription>,
) -> SessionDescription {
    if let Some(previous) = previous {
        ours.origin.version.clone_from(&previous.origin.version);
        if ours != *previous {
            let version: u64 = previous.origin.version.parse().unwrap_or(0);
            ours.origin.version = version.wrapping_add(1).to_string();
        }
    }
    ours
}

/// A stream of ours at `at`. Its `c=` stands only where it differs from the session's.
pub(crate) fn ours(kind: MediaKind, at: SocketAddr, local: &Local, formats: Vec<Format>) -> Media {
    let ip = at.ip().to_canonical();
    Media {
        kind,
        port: at.port(),
        port_count: 1,
        protocol: "RTP/AVP".to_owned(),
        payloads: Payloads::Rtp(formats),
        connection: (ip != local.ip()).then_some(Address::Ip(ip)),
        bandwidth: Vec::new(),
        attributes: Vec::new(),
        direction: Direction::SendRecv,
        ptime_ms: None,
        maxptime_ms: None,
        rtcp: None,
        rtcp_mux: local.rtcp_mux,
    }
}

/// `theirs` refused or removed: port 0, the rest of the line as it was (RFC 3264 §6, §8.2), nothing more said.
pub(crate) fn refused(theirs: &Media) -> Media {
    let payloads = match &theirs.payloads {
        // RFC 8866 §9 asks for a format; which one says nothing.
        Payloads::Rtp(formats) if formats.is_empty() => {
            Payloads::Rtp(vec![crate::payload::default_format(0)])
        }
        Payloads::Rtp(formats) => {
            let bare = |format: &Format| crate::payload::default_format(format.payload_type);
            Payloads::Rtp(formats.iter().map(bare).collect())
        }
        Payloads::Other(tokens) if tokens.is_empty() => Payloads::Other(vec!["0".to_owned()]),
        Payloads::Other(tokens) => Payloads::Other(tokens.clone()),
    };
    Media {
        kind: theirs.kind.clone(),
        port: 0,
        port_count: 1,
        protocol: theirs.protocol.clone(),
        payloads,
        connection: None,
        bandwidth: Vec::new(),
        attributes: Vec::<Attribute>::new(),
        direction: Direction::Inactive,
        ptime_ms: None,
        maxptime_ms: None,
        rtcp: None,
        rtcp_mux: false,
    }
}

/// Where a peer's stream is received, RTP and RTCP. Both unknown for held streams, names, multicast and port 9.
pub(crate) fn remote(
    description: &SessionDescription,
    media: &Media,
    rtcp_mux: bool,
) -> (Option<SocketAddr>, Option<SocketAddr>) {
    let unicast = |address: &Address| match address {
        Address::Ip(ip) if ip.is_unspecified() || ip.is_multicast() || is_broadcast(*ip) => None,
        Address::Ip(ip) => Some(*ip),
        Address::Name { .. } => None,
    };
    let port = Some(media.port).filter(|port| *port != 0 && *port != DISCARD_PORT);
    let ip = description.address_of(media).and_then(unicast);
    let (Some(port), Some(ip)) = (port, ip) else { return (None, None) };
    let rtp = SocketAddr::new(ip, port);
    let rtcp = match &media.rtcp {
        _ if rtcp_mux => Some(rtp),
        Some(rtcp) => {
            let ip = rtcp.address.as_ref().map_or(Some(ip), unicast);
            ip.map(|ip| SocketAddr::new(ip, rtcp.port))
        }
        // RFC 3550 §11: the next higher port.
        None => port.checked_add(1).map(|port| SocketAddr::new(ip, port)),
    };
    (Some(rtp), rtcp)
}

fn is_broadcast(ip: IpAddr) -> bool {
    matches!(ip, IpAddr::V4(ip) if ip.is_broadcast())
}

/// A peer's direction from its own view, with RFC 2543's hold (`c=0.0.0.0`) read as "does not receive" (RFC 3264 §8.4).
/// With the discard port the address is merely not known yet.
pub(crate) fn peers_direction(description: &SessionDescription, media: &Media) -> Direction {
    let held =
        media.port != DISCARD_PORT && description.address_of(media).is_some_and(Address::is_unspecified);
    Direction::of(media.direction.sends(), media.direction.receives() && !held)
}

/// What both may do: `ours` narrowed by the peer's direction, from our view (RFC 3264 §6.1).
pub(crate) fn narrowed(ours: Direction, peers: Direction) -> Direction {
    Direction::of(ours.sends() && peers.receives(), ours.receives() && peers.sends())
}

/// The packet length to send with: the peer's wish, else ours, and not above its limit.
pub(crate) fn ptime(peer: &Media, ours_ms: u16) -> u16 {
    let wish = peer.ptime_ms.filter(|ms| PTIME_MS.contains(ms)).unwrap_or(ours_ms);
    let wish = match peer.maxptime_ms {
        Some(most) if PTIME_MS.contains(&most) => wish.min(most),
        Some(_) | None => wish,
    };
    wish - wish % 10
}

/// The telephone-event formats of an offer: one for each clock among the codecs, with free numbers.
pub(crate) fn event_formats(codecs: &[Format], mut free: impl FnMut(&Format) -> Option<u8>) -> Vec<Format> {
    let mut clocks: Vec<u32> = codecs.iter().map(|format| format.clock_rate_hz).collect();
    clocks.sort_unstable();
    clocks.dedup();
    let event = |clock| Format {
        fmtp: EVENTS_FMTP.to_owned(),
        ..Format::new(EVENTS_PAYLOAD_TYPE, "telephone-event", clock)
    };
    let numbered = |format: Format| Some(Format { payload_type: free(&format)?, ..format });
    clocks.into_iter().map(event).filter_map(numbered).collect()
}

/// Picks the telephone-event that goes with a codec: its own clock (RFC 4733 §2.1), else 8,000 Hz, which some phones offer
/// whatever their codec.
pub(crate) fn pick_event<'a>(formats: &'a [Format], codec: &Format) -> Option<&'a Format> {
    let at = |clock: u32| formats.iter().find(move |f| f.is_telephone_event() && f.clock_rate_hz == clock);
    at(codec.clock_rate_hz).or_else(|| at(8_000))
}

/// The comfort noise that a peer names and we take, of the clock of `codec`, which it stands in for (RFC 3389 §4); theirs and ours.
pub(crate) fn pick_noise<'a>(
    theirs: &'a [Format],
    ours: &'a [Format],
    codec: &Format,
) -> Option<(&'a Format, &'a Format)> {
    let fits = |format: &&Format| is_noise(format) && format.clock_rate_hz == codec.clock_rate_hz;
    let their = theirs.iter().find(fits)?;
    Some((their, ours.iter().find(|our| our.same_encoding(their))?))
}

/// What was agreed about events, from the peer's format and ours.
pub(crate) fn telephone_event(peers: &Format, ours: &Format) -> TelephoneEvent {
    TelephoneEvent {
        send_pt: peers.payload_type,
        receive_pt: ours.payload_type,
        clock_rate_hz: peers.clock_rate_hz,
        events: Events::from_fmtp(&peers.fmtp),
    }
}

/// A format of ours for an answer: our parameters with the number that the offer gave it (RFC 3264 §6.1).
pub(crate) fn answered(ours: &Format, offered: &Format) -> Format {
    Format { payload_type: offered.payload_type, fmtp: answered_parameters(ours, offered), ..ours.clone() }
}

/// The pairs (theirs, ours) that can be spoken, in the order of `theirs`.
pub(crate) fn common<'a>(theirs: &'a [Format], ours: &'a [Format]) -> Vec<(&'a Format, &'a Format)> {
    let pair = |their: &'a Format| ours.iter().find(|our| compatible(their, our)).map(|our| (their, our));
    theirs.iter().filter(|their| is_codec(their)).filter_map(pair).collect()
}

/// The formats of our answer's telephone-event, taken from the offer.
pub(crate) fn answered_event(offered: &Format) -> Format {
    Format { fmtp: EVENTS_FMTP.to_owned(), ..offered.clone() }
}
