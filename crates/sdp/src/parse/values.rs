//! The values of single lines.

use crate::payload::{self, PAYLOAD_TYPE_MAX};
use crate::{Address, Family, LineFault, MediaKind, Origin, Payloads, Rtcp, SessionDescription, Timing};
use cordboard_base::{Direction, Format};
use core::net::IpAddr;

impl MediaKind {
    pub(super) fn from_token(token: &str) -> Self {
        match token.to_ascii_lowercase().as_str() {
            "audio" => Self::Audio,
            "video" => Self::Video,
            "image" => Self::Image,
            "application" => Self::Application,
            _ => Self::Other(token.to_owned()),
        }
    }
}

pub(super) fn direction(name: &str) -> Option<Direction> {
    const NAMES: [(&str, Direction); 4] = [
        ("sendrecv", Direction::SendRecv),
        ("sendonly", Direction::SendOnly),
        ("recvonly", Direction::RecvOnly),
        ("inactive", Direction::Inactive),
    ];
    NAMES.iter().find(|(known, _)| name.eq_ignore_ascii_case(known)).map(|(_, direction)| *direction)
}

pub(super) fn origin(value: &str) -> Result<Origin, LineFault> {
    let words: Vec<&str> = value.split_ascii_whitespace().collect();
    // A user name may hold spaces at some makers, so the fixed five are counted from the end.
    let [username @ .., session_id, version, net, family, host] = words.as_slice() else {
        return Err(LineFault::Syntax);
    };
    let username = if username.is_empty() { "-".to_owned() } else { username.join("_") };
    let address = address_of(net, family, host)?;
    Ok(Origin { username, session_id: (*session_id).to_owned(), version: (*version).to_owned(), address })
}

pub(super) fn timing(value: &str) -> Result<Timing, LineFault> {
    let mut words = value.split_ascii_whitespace().map(str::parse);
    match (words.next(), words.next()) {
        (Some(Ok(start)), Some(Ok(stop))) => Ok(Timing { start, stop }),
        (_, _) => Err(LineFault::Syntax),
    }
}

/// `IN IP4 192.0.2.1`, with a multicast's `/ttl/count` dropped.
pub(super) fn address(value: &str) -> Result<Address, LineFault> {
    let mut words = value.split_ascii_whitespace();
    match (words.next(), words.next(), words.next()) {
        (Some(net), Some(family), Some(host)) => address_of(net, family, host),
        (_, _, _) => Err(LineFault::Address),
    }
}

fn address_of(net: &str, family: &str, host: &str) -> Result<Address, LineFault> {
    if !net.eq_ignore_ascii_case("IN") {
        return Err(LineFault::Address);
    }
    let family = match family.to_ascii_uppercase().as_str() {
        "IP4" => Family::V4,
        "IP6" => Family::V6,
        _ => return Err(LineFault::Address),
    };
    let host = host.split('/').next().unwrap_or(host);
    let literal = host.trim_start_matches('[').trim_end_matches(']');
    if let Ok(ip) = literal.parse::<IpAddr>() {
        // Some phones write IP4 before an IPv6 address: the address itself knows better.
        return Ok(Address::Ip(ip));
    }
    let is_name = !host.is_empty()
        && host.len() <= NAME_MAX
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'))
        && host.bytes().any(|b| b.is_ascii_alphabetic());
    if is_name { Ok(Address::Name { family, name: host.to_owned() }) } else { Err(LineFault::Address) }
}

/// The longest domain name (RFC 1035 §2.3.4). A longer one is refused.
const NAME_MAX: usize = 253;

pub(super) fn payloads(port: u16, protocol: &str, tokens: &[&str]) -> Result<Payloads, LineFault> {
    if tokens.len() > SessionDescription::FORMATS_MAX {
        return Err(LineFault::TooMany);
    }
    // A refused stream may come without its formats: some phones cut them off.
    if tokens.is_empty() && port != 0 {
        return Err(LineFault::Media);
    }
    if !protocol.to_ascii_uppercase().split('/').any(|part| part == "RTP") {
        return Ok(Payloads::Other(tokens.iter().map(|token| (*token).to_owned()).collect()));
    }
    let mut formats: Vec<Format> = Vec::with_capacity(tokens.len());
    for token in tokens {
        let number = token.parse().ok().filter(|n| *n <= PAYLOAD_TYPE_MAX).ok_or(LineFault::PayloadType)?;
        if !formats.iter().any(|format| format.payload_type == number) {
            formats.push(payload::default_format(number));
        }
    }
    Ok(Payloads::Rtp(formats))
}

/// The number and the rest of `rtpmap` and `fmtp`.
pub(super) fn numbered(value: &str) -> Option<(u8, &str)> {
    let (number, rest) = value.split_once(|c: char| c.is_ascii_whitespace())?;
    Some((number.parse().ok().filter(|n| *n <= PAYLOAD_TYPE_MAX)?, rest.trim()))
}

/// Whole milliseconds; `20.0` counts as 20. Nonsense and 0 count as not said.
pub(super) fn milliseconds(value: &str) -> Option<u16> {
    let whole = value.split(['.', ' ']).next().unwrap_or(value);
    whole.parse().ok().filter(|ms| *ms > 0)
}

/// `53020` or `53020 IN IP4 126.16.64.4`. Nonsense counts as not said: the next port is the usual one.
pub(super) fn rtcp(value: &str) -> Option<Rtcp> {
    let (port, rest) = value.split_once(' ').unwrap_or((value, ""));
    let port = port.parse().ok().filter(|port| *port != 0)?;
    let address = if rest.trim().is_empty() { None } else { Some(address(rest).ok()?) };
    Some(Rtcp { port, address })
}
