//! The statistics summary block of extended reports (RFC 3611 §4.6): written only.

/// The block type.
const STATISTICS_SUMMARY: u8 = 6;
/// Words of the block after its first.
const WORDS: u16 = 9;

/// What was counted of a stream since the last such report. What is `None` was not asked for, and its flag is not set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StatisticsSummary {
    /// Of which source.
    pub ssrc: u32,
    /// The first number that is told of.
    pub begin: u16,
    /// The number after the last.
    pub end: u16,
    /// Packets that never came.
    pub lost: Option<u32>,
    /// Packets that came more than once.
    pub duplicates: Option<u32>,
    /// Differences of relative transit times, in ticks: least, most, mean, standard deviation.
    pub jitter: Option<[u32; 4]>,
}

impl StatisticsSummary {
    /// The block as it is sent, its first word included. Times to live are not known to us (its two bits are 0).
    pub fn to_bytes(&self) -> [u8; 40] {
        let flag = |is_set: bool, bit: u8| u8::from(is_set) << bit;
        let flags = flag(self.lost.is_some(), 7)
            | flag(self.duplicates.is_some(), 6)
            | flag(self.jitter.is_some(), 5);
        let counts = [self.lost.unwrap_or(0), self.duplicates.unwrap_or(0)];
        let words = counts.into_iter().chain(self.jitter.unwrap_or_default());
        let parts = [STATISTICS_SUMMARY, flags]
            .into_iter()
            .chain(WORDS.to_be_bytes())
            .chain(self.ssrc.to_be_bytes())
            .chain(self.begin.to_be_bytes())
            .chain(self.end.to_be_bytes())
            .chain(words.flat_map(u32::to_be_bytes));
        let mut bytes = [0; 40];
        bytes.iter_mut().zip(parts).for_each(|(place, byte)| *place = byte);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_block_lies_as_rfc_3611_draws_it() {
        let summary = StatisticsSummary {
            ssrc: 0x0102_0304,
            begin: 0x0506,
            end: 0x0708,
            lost: Some(0x0910_1112),
            duplicates: None,
            jitter: Some([1, 2, 3, 4]),
        };
        let written: String = summary.to_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        let expected =
            "06a00009 01020304 05060708 09101112 00000000 00000001 00000002 00000003 00000004 00000000";
        assert_eq!(written, expected.replace(' ', ""));
    }
}
