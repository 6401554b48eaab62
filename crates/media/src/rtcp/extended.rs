//! Extended reports (RFC 3611): of their blocks only that of VoIP metrics (§4.7).

use thiserror::Error;

/// The packet type of extended reports (§2).
pub(super) const PACKET_TYPE: u8 = 207;
/// The block type of VoIP metrics (§4.7).
const VOIP_METRICS: u8 = 7;
/// Words of that block after its first.
const VOIP_WORDS: u16 = 8;
/// Blocks of one packet that are looked at: there are seven kinds; what follows is ignored.
pub const BLOCKS_MAX: usize = 16;
/// A level, rating or score that is not known (§4.7.3, §4.7.5).
pub const UNKNOWN: u8 = 127;

/// A block of VoIP metrics: how a stream arrived. Fields as in §4.7, in the order of the packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VoipMetrics {
    /// Of which source.
    pub ssrc: u32,
    /// Packets that never came, in 1/256.
    pub loss_rate: u8,
    /// Packets that came too late or too early, in 1/256.
    pub discard_rate: u8,
    /// Lost or discarded within bursts, in 1/256.
    pub burst_density: u8,
    /// Lost or discarded between bursts, in 1/256.
    pub gap_density: u8,
    /// The mean burst, in ms.
    pub burst_ms: u16,
    /// The mean gap, in ms.
    pub gap_ms: u16,
    /// In ms.
    pub round_trip_ms: u16,
    /// What the reporting end adds, in ms: buffer, decoding, sound card.
    pub end_system_ms: u16,
    /// Voice level in dBm0, two's complement; 127: not known.
    pub signal_level: u8,
    /// Noise level in dBm0, two's complement; 127: not known.
    pub noise_level: u8,
    /// Residual echo return loss in dB; 127: not known.
    pub echo_return_loss_db: u8,
    /// The gap threshold that was used, usually 16.
    pub gap_min: u8,
    /// R, 0 to 100; 127: not known.
    pub rating: u8,
    /// R with what comes from a further network; 127: not known.
    pub external_rating: u8,
    /// Listening quality in tenths, 10 to 50; 127: not known.
    pub listening_score: u8,
    /// Conversational quality in tenths; 127: not known.
    pub conversational_score: u8,
    /// Loss concealment and kind of jitter buffer (§4.7.6).
    pub receiver: u8,
    /// The jitter buffer's delay, in ms.
    pub buffer_ms: u16,
    /// What it can grow to now, in ms.
    pub buffer_max_ms: u16,
    /// What it can ever grow to, in ms.
    pub buffer_limit_ms: u16,
}

/// What our own end is: enhanced concealment, an adaptive jitter buffer, its rate not told (§4.7.6).
pub const RECEIVER_ADAPTIVE: u8 = 0b1011_0000;

/// Why the body of an extended report can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("an extended report whose block is longer than the report")]
pub struct BadReport;

/// Reads the VoIP metrics of an extended report's body, that is what follows its first four bytes: its sender, and the blocks.
///
/// # Errors
/// When a block's length does not fit.
pub fn parse_voip_metrics(body: &[u8]) -> Result<(u32, Vec<VoipMetrics>), BadReport> {
    let (sender, mut rest) = body.split_first_chunk::<4>().ok_or(BadReport)?;
    let mut found = Vec::new();
    for _ in 0..BLOCKS_MAX {
        if rest.is_empty() {
            break;
        }
        let (&[kind, _, l0, l1], behind) = rest.split_first_chunk::<4>().ok_or(BadReport)?;
        let words = u16::from_be_bytes([l0, l1]);
        let (block, behind) = behind.split_at_checked(usize::from(words) * 4).ok_or(BadReport)?;
        // §4.7: a block of another length must be ignored.
        if kind == VOIP_METRICS
            && words == VOIP_WORDS
            && let Some(block) = block.first_chunk()
        {
            found.push(metrics(block));
        }
        rest = behind;
    }
    Ok((u32::from_be_bytes(*sender), found))
}

fn metrics(block: &[u8; 32]) -> VoipMetrics {
    let &[
        s0,
        s1,
        s2,
        s3,
        loss_rate,
        discard_rate,
        burst_density,
        gap_density,
        b0,
        b1,
        g0,
        g1,
        r0,
        r1,
        e0,
        e1,
        signal_level,
        noise_level,
        echo_return_loss_db,
        gap_min,
        rating,
        external_rating,
        listening_score,
        conversational_score,
        receiver,
        _,
        n0,
        n1,
        m0,
        m1,
        l0,
        l1,
    ] = block;
    VoipMetrics {
        ssrc: u32::from_be_bytes([s0, s1, s2, s3]),
        loss_rate,
        discard_rate,
        burst_density,
        gap_density,
        burst_ms: u16::from_be_bytes([b0, b1]),
        gap_ms: u16::from_be_bytes([g0, g1]),
        round_trip_ms: u16::from_be_bytes([r0, r1]),
        end_system_ms: u16::from_be_bytes([e0, e1]),
        signal_level,
        noise_level,
        echo_return_loss_db,
        gap_min,
        rating,
        external_rating,
        listening_score,
        conversational_score,
        receiver,
        buffer_ms: u16::from_be_bytes([n0, n1]),
        buffer_max_ms: u16::from_be_bytes([m0, m1]),
        buffer_limit_ms: u16::from_be_bytes([l0, l1]),
    }
}

impl VoipMetrics {
    /// A block that says of everything that it is not known (RFC 3611 §4.7).
    pub fn unknown(ssrc: u32) -> Self {
        Self {
            ssrc,
            loss_rate: 0,
            discard_rate: 0,
            burst_density: 0,
            gap_density: 0,
            burst_ms: 0,
            gap_ms: 0,
            round_trip_ms: 0,
            end_system_ms: 0,
            signal_level: UNKNOWN,
            noise_level: UNKNOWN,
            echo_return_loss_db: UNKNOWN,
            gap_min: 0,
            rating: UNKNOWN,
            external_rating: UNKNOWN,
            listening_score: UNKNOWN,
            conversational_score: UNKNOWN,
            receiver: 0,
            buffer_ms: 0,
            buffer_max_ms: 0,
            buffer_limit_ms: 0,
        }
    }

    /// The block as it is sent, its first word included.
    pub fn to_bytes(&self) -> [u8; 36] {
        let mut bytes = [0; 36];
        let words = VOIP_WORDS.to_be_bytes();
        let quality = [
            self.signal_level,
            self.noise_level,
            self.echo_return_loss_db,
            self.gap_min,
            self.rating,
            self.external_rating,
            self.listening_score,
            self.conversational_score,
            self.receiver,
            0,
        ];
        let times = [self.burst_ms, self.gap_ms, self.round_trip_ms, self.end_system_ms];
        let buffer = [self.buffer_ms, self.buffer_max_ms, self.buffer_limit_ms];
        let parts = [VOIP_METRICS, 0]
            .into_iter()
            .chain(words)
            .chain(self.ssrc.to_be_bytes())
            .chain([self.loss_rate, self.discard_rate, self.burst_density, self.gap_density])
            .chain(times.into_iter().flat_map(u16::to_be_bytes))
            .chain(quality)
            .chain(buffer.into_iter().flat_map(u16::to_be_bytes));
        bytes.iter_mut().zip(parts).for_each(|(place, byte)| *place = byte);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtcp::{Packet, Writer, parse_compound};

    fn sample() -> VoipMetrics {
        VoipMetrics {
            ssrc: 0x0102_0304,
            loss_rate: 5,
            discard_rate: 6,
            burst_density: 7,
            gap_density: 8,
            burst_ms: 0x0910,
            gap_ms: 0x1112,
            round_trip_ms: 0x1314,
            end_system_ms: 0x1516,
            signal_level: 0x17,
            noise_level: 0x18,
            echo_return_loss_db: 0x19,
            gap_min: 16,
            rating: 93,
            external_rating: UNKNOWN,
            listening_score: 44,
            conversational_score: 43,
            receiver: RECEIVER_ADAPTIVE,
            buffer_ms: 0x2021,
            buffer_max_ms: 0x2223,
            buffer_limit_ms: 0x2425,
        }
    }

    #[test]
    fn the_block_lies_as_rfc_3611_draws_it() {
        let expected = "07000008 01020304 05060708 09101112 13141516 17181910 5d7f2c2b b0002021 22232425";
        let written: String = sample().to_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(written, expected.replace(' ', ""));
    }

    #[test]
    fn a_report_is_read_as_it_was_written_between_blocks_of_other_kinds() {
        let compound = Writer::default().receiver_report(9, &[]).voip_metrics(9, &[sample()]).finish();
        let packets = parse_compound(&compound).unwrap();
        assert_eq!(packets[1], Packet::Extended { ssrc: 9, voip: vec![sample()] });
        let mut body = 9u32.to_be_bytes().to_vec();
        body.extend([4, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0]); // receiver reference time
        body.extend(sample().to_bytes());
        body.extend([7, 0, 0, 1, 0, 0, 0, 0]); // of another length: ignored
        assert_eq!(parse_voip_metrics(&body), Ok((9, vec![sample()])));
    }

    #[test]
    fn lengths_that_do_not_fit_are_refused_and_blocks_beyond_the_limit_ignored() {
        let whole = [&9u32.to_be_bytes()[..], &sample().to_bytes()].concat();
        for cut in (0..whole.len()).filter(|&cut| cut != 4) {
            assert_eq!(parse_voip_metrics(&whole[..cut]), Err(BadReport), "{cut}");
        }
        let many = |count: usize| {
            let body = [&9u32.to_be_bytes()[..], &sample().to_bytes().repeat(count)].concat();
            parse_voip_metrics(&body).map(|(_, found)| found.len())
        };
        assert_eq!((many(BLOCKS_MAX), many(BLOCKS_MAX + 1)), (Ok(BLOCKS_MAX), Ok(BLOCKS_MAX)));
    }

    proptest::proptest! {
        #[test]
        fn no_body_panics(body in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let _ = parse_voip_metrics(&body);
        }
    }
}
