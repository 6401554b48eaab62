//! Reading of compound packets, reduced-size ones too (RFC 5506).

use super::extended::{self, parse_voip_metrics};
use super::{PACKETS_MAX, Packet, ReportBlock, SenderInfo};
use thiserror::Error;

/// Why a datagram is not RTCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ParseError {
    /// A length or a count says more than there is.
    #[error("shorter than its own header says")]
    Short,
    /// Not version 2.
    #[error("not RTCP version 2")]
    Version,
    /// A packet type outside of 192–223 (RFC 5761 §4).
    #[error("{0} is no RTCP packet type")]
    Type(u8),
    /// More than [`PACKETS_MAX`].
    #[error("too many packets in one datagram")]
    TooMany,
}

/// A cursor over the body of one packet.
struct Body<'a>(&'a [u8]);

impl<'a> Body<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], ParseError> {
        let (head, rest) = self.0.split_at_checked(count).ok_or(ParseError::Short)?;
        self.0 = rest;
        Ok(head)
    }

    fn u8(&mut self) -> Result<u8, ParseError> {
        let (&first, rest) = self.0.split_first().ok_or(ParseError::Short)?;
        self.0 = rest;
        Ok(first)
    }

    fn u32(&mut self) -> Result<u32, ParseError> {
        let (head, rest) = self.0.split_first_chunk::<4>().ok_or(ParseError::Short)?;
        self.0 = rest;
        Ok(u32::from_be_bytes(*head))
    }

    fn report(&mut self) -> Result<ReportBlock, ParseError> {
        let ssrc = self.u32()?;
        let loss = self.u32()?;
        let [fraction_lost, ..] = loss.to_be_bytes();
        Ok(ReportBlock {
            ssrc,
            fraction_lost,
            lost: (loss << 8).cast_signed() >> 8, // 24 bits, sign-extended
            highest: self.u32()?,
            jitter: self.u32()?,
            last_sr: self.u32()?,
            delay_since_last_sr: self.u32()?,
        })
    }

    fn reports(&mut self, count: u8) -> Result<Vec<ReportBlock>, ParseError> {
        (0..count).map(|_| self.report()).collect()
    }

    /// One chunk of a description: its source and its CNAME, if it has one (RFC 3550 §6.5).
    fn chunk(&mut self) -> Result<(u32, Option<String>), ParseError> {
        const END: u8 = 0;
        const CNAME: u8 = 1;
        let ssrc = self.u32()?;
        let mut name = None;
        let mut taken = 0;
        loop {
            let kind = self.u8()?;
            taken += 1;
            if kind == END {
                break;
            }
            let len = usize::from(self.u8()?);
            let text = self.take(len)?;
            taken += 1 + len;
            if kind == CNAME {
                name = Some(String::from_utf8_lossy(text).into_owned());
            }
        }
        let padding = taken.next_multiple_of(4) - taken;
        self.take(padding)?;
        Ok((ssrc, name))
    }
}

/// Reads all packets of a datagram.
///
/// # Errors
/// When a packet in it is not RTCP version 2, a length or a count does not fit, or there are more than [`PACKETS_MAX`].
pub fn parse_compound(bytes: &[u8]) -> Result<Vec<Packet>, ParseError> {
    let mut rest = bytes;
    let mut packets = Vec::new();
    loop {
        let &[first, packet_type, l0, l1] = rest.first_chunk::<4>().ok_or(ParseError::Short)?;
        if first >> 6 != 2 {
            return Err(ParseError::Version);
        }
        if !(192..=223).contains(&packet_type) {
            return Err(ParseError::Type(packet_type));
        }
        if packets.len() == PACKETS_MAX {
            return Err(ParseError::TooMany);
        }
        let len = usize::from(u16::from_be_bytes([l0, l1])) * 4;
        let (packet, behind) = rest.split_at_checked(4 + len).ok_or(ParseError::Short)?;
        let mut body = packet.get(4..).ok_or(ParseError::Short)?;
        if first & 0x20 != 0 {
            let padding = body.last().map_or(0, |&count| usize::from(count));
            body =
                body.len().checked_sub(padding).and_then(|end| body.get(..end)).ok_or(ParseError::Short)?;
        }
        packets.push(parse_one(first & 0x1F, packet_type, Body(body))?);
        rest = behind;
        if rest.is_empty() {
            return Ok(packets);
        }
    }
}

fn parse_one(count: u8, packet_type: u8, mut body: Body<'_>) -> Result<Packet, ParseError> {
    match packet_type {
        200 => {
            let ssrc = body.u32()?;
            let ntp = u64::from(body.u32()?) << 32 | u64::from(body.u32()?);
            let info =
                SenderInfo { ntp, rtp_timestamp: body.u32()?, packets: body.u32()?, octets: body.u32()? };
            Ok(Packet::SenderReport { ssrc, info, reports: body.reports(count)? })
        }
        201 => Ok(Packet::ReceiverReport { ssrc: body.u32()?, reports: body.reports(count)? }),
        202 => {
            let mut names = Vec::new();
            for _ in 0..count {
                if let (ssrc, Some(name)) = body.chunk()? {
                    names.push((ssrc, name));
                }
            }
            Ok(Packet::Description { names })
        }
        203 => Ok(Packet::Goodbye { sources: (0..count).map(|_| body.u32()).collect::<Result<_, _>>()? }),
        // A broken one is no reason to drop the reports beside it.
        extended::PACKET_TYPE => Ok(parse_voip_metrics(body.0)
            .map_or(Packet::Other { packet_type }, |(ssrc, voip)| Packet::Extended { ssrc, voip })),
        _ => Ok(Packet::Other { packet_type }),
    }
}
