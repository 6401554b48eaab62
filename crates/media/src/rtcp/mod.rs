//! RTCP packets (RFC 3550 §6): parsed with bounds, and written.

mod extended;
mod parse;
mod summary;
mod write;

pub use extended::{BLOCKS_MAX, BadReport, RECEIVER_ADAPTIVE, UNKNOWN, VoipMetrics, parse_voip_metrics};
pub use parse::{ParseError, parse_compound};
pub use summary::StatisticsSummary;
pub use write::Writer;

/// Packets of one datagram that are looked at: a compound has three or four.
pub const PACKETS_MAX: usize = 32;

/// One packet of a compound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packet {
    /// SR: what its sender sent and heard.
    SenderReport {
        /// Who.
        ssrc: u32,
        /// What.
        info: SenderInfo,
        /// What it heard, at most 31.
        reports: Vec<ReportBlock>,
    },
    /// RR: what its sender heard.
    ReceiverReport {
        /// Who.
        ssrc: u32,
        /// What it heard, at most 31.
        reports: Vec<ReportBlock>,
    },
    /// SDES: of its items only the canonical names.
    Description {
        /// Source and CNAME, at most 31.
        names: Vec<(u32, String)>,
    },
    /// BYE.
    Goodbye {
        /// Who leaves, at most 31.
        sources: Vec<u32>,
    },
    /// XR (RFC 3611): of its blocks only the VoIP metrics.
    Extended {
        /// Who.
        ssrc: u32,
        /// How streams arrived at it.
        voip: Vec<VoipMetrics>,
    },
    /// APP, feedback and what else there is.
    Other {
        /// The packet type.
        packet_type: u8,
    },
}

/// The sender's part of an SR (RFC 3550 §6.4.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SenderInfo {
    /// NTP time, seconds in the upper half.
    pub ntp: u64,
    /// The same instant on the RTP clock.
    pub rtp_timestamp: u32,
    /// Packets sent.
    pub packets: u32,
    /// Payload bytes sent.
    pub octets: u32,
}

/// What one source's receiver saw (RFC 3550 §6.4.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReportBlock {
    /// Of which source.
    pub ssrc: u32,
    /// Lost since the last report, in 1/256.
    pub fraction_lost: u8,
    /// Lost in all, 24 bits, signed.
    pub lost: i32,
    /// Highest sequence number, with the lower half of the cycles.
    pub highest: u32,
    /// Jitter in ticks.
    pub jitter: u32,
    /// Middle of the NTP time of the last SR; 0: none.
    pub last_sr: u32,
    /// Since then, in 1/65536 s.
    pub delay_since_last_sr: u32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn block() -> ReportBlock {
        ReportBlock {
            ssrc: 7,
            fraction_lost: 12,
            lost: -3,
            highest: 0x0001_8000,
            jitter: 80,
            last_sr: 0xAABB_CCDD,
            delay_since_last_sr: 65_536,
        }
    }

    #[test]
    fn a_compound_is_parsed_as_it_was_written() {
        let info = SenderInfo { ntp: 1 << 33, rtp_timestamp: 5, packets: 6, octets: 7 };
        let bytes =
            Writer::default().sender_report(1, info, &[block()]).description(1, "a@b").goodbye(1).finish();
        let packets = parse_compound(&bytes).unwrap();
        assert_eq!(
            packets,
            [
                Packet::SenderReport { ssrc: 1, info, reports: vec![block()] },
                Packet::Description { names: vec![(1, "a@b".into())] },
                Packet::Goodbye { sources: vec![1] },
            ]
        );
    }

    #[test]
    fn a_receiver_report_may_be_empty() {
        let bytes = Writer::default().receiver_report(9, &[]).finish();
        assert_eq!(bytes, [0x80, 201, 0, 1, 0, 0, 0, 9]);
        assert_eq!(parse_compound(&bytes), Ok(vec![Packet::ReceiverReport { ssrc: 9, reports: vec![] }]));
    }

    #[test]
    fn lengths_that_do_not_fit_are_refused() {
        let good = Writer::default().receiver_report(9, &[block()]).finish();
        assert!(parse_compound(&good).is_ok());
        for cut in 0..good.len() {
            assert!(parse_compound(&good[..cut]).is_err(), "{cut}");
        }
        assert_eq!(
            parse_compound(&[0x81, 201, 0, 1, 0, 0, 0, 9]),
            Err(ParseError::Short),
            "counts more than it has"
        );
        assert_eq!(parse_compound(&[0x40, 201, 0, 0]), Err(ParseError::Version));
        assert_eq!(parse_compound(&[0x80, 100, 0, 0]), Err(ParseError::Type(100)));
    }

    #[test]
    fn as_many_packets_as_the_limit_are_taken_and_one_more_is_refused() {
        let one = [0x80, 201, 0, 1, 0, 0, 0, 9];
        assert_eq!(parse_compound(&one.repeat(PACKETS_MAX)).map(|p| p.len()), Ok(PACKETS_MAX));
        assert_eq!(parse_compound(&one.repeat(PACKETS_MAX + 1)), Err(ParseError::TooMany));
    }

    proptest! {
        #[test]
        fn no_datagram_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse_compound(&bytes);
        }

        #[test]
        fn no_near_miss_panics(mut bytes in proptest::collection::vec(any::<u8>(), 4..200), kind in 200u8..206, words in 0u8..50) {
            bytes[0] = bytes[0] & 0x3F | 0x80;
            bytes[1] = kind;
            bytes[2] = 0;
            bytes[3] = words;
            let _ = parse_compound(&bytes);
        }
    }
}
