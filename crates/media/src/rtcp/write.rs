//! Writing of compound packets.

use super::extended::PACKET_TYPE;
use super::{BLOCKS_MAX, ReportBlock, SenderInfo, StatisticsSummary, VoipMetrics};

/// Collects the packets of one datagram.
#[derive(Clone, Debug, Default)]
pub struct Writer(Vec<u8>);

/// Reports that one packet can carry (its count has five bits).
const REPORTS_MAX: usize = 31;
/// A CNAME's longest text (its length has one byte).
const NAME_MAX: usize = 255;

impl Writer {
    /// Appends an SR.
    #[must_use]
    pub fn sender_report(self, ssrc: u32, info: SenderInfo, reports: &[ReportBlock]) -> Self {
        let mut body = ssrc.to_be_bytes().to_vec();
        body.extend(info.ntp.to_be_bytes());
        for word in [info.rtp_timestamp, info.packets, info.octets] {
            body.extend(word.to_be_bytes());
        }
        self.reports(200, body, reports)
    }

    /// Appends an RR.
    #[must_use]
    pub fn receiver_report(self, ssrc: u32, reports: &[ReportBlock]) -> Self {
        self.reports(201, ssrc.to_be_bytes().to_vec(), reports)
    }

    /// Appends an SDES with one CNAME, of at most 255 bytes.
    #[must_use]
    pub fn description(self, ssrc: u32, name: &str) -> Self {
        let name = name.as_bytes().get(..NAME_MAX).unwrap_or(name.as_bytes());
        let mut body = ssrc.to_be_bytes().to_vec();
        body.extend([1, u8::try_from(name.len()).unwrap_or(0)]);
        body.extend(name);
        body.push(0);
        body.resize(body.len().next_multiple_of(4), 0);
        self.packet(202, 1, &body)
    }

    /// Appends a BYE of one source.
    #[must_use]
    pub fn goodbye(self, ssrc: u32) -> Self {
        self.packet(203, 1, &ssrc.to_be_bytes())
    }

    /// Appends an XR of VoIP metrics, of at most [`BLOCKS_MAX`] streams.
    #[must_use]
    pub fn voip_metrics(self, ssrc: u32, metrics: &[VoipMetrics]) -> Self {
        let mut body = ssrc.to_be_bytes().to_vec();
        metrics.iter().take(BLOCKS_MAX).for_each(|block| body.extend(block.to_bytes()));
        self.packet(PACKET_TYPE, 0, &body)
    }

    /// Appends an XR of one stream's statistics and metrics, whichever there are.
    #[must_use]
    pub fn extended(
        self,
        ssrc: u32,
        summary: Option<StatisticsSummary>,
        metrics: Option<VoipMetrics>,
    ) -> Self {
        if summary.is_none() && metrics.is_none() {
            return self;
        }
        let mut body = ssrc.to_be_bytes().to_vec();
        summary.iter().for_each(|block| body.extend(block.to_bytes()));
        metrics.iter().for_each(|block| body.extend(block.to_bytes()));
        self.packet(PACKET_TYPE, 0, &body)
    }

    /// The datagram.
    pub fn finish(self) -> Vec<u8> {
        self.0
    }

    fn reports(self, packet_type: u8, mut body: Vec<u8>, reports: &[ReportBlock]) -> Self {
        let mut count = 0;
        for report in reports.iter().take(REPORTS_MAX) {
            let [_, l0, l1, l2] = report.lost.clamp(-0x80_0000, 0x7F_FFFF).to_be_bytes();
            body.extend(report.ssrc.to_be_bytes());
            body.extend([report.fraction_lost, l0, l1, l2]);
            for word in [report.highest, report.jitter, report.last_sr, report.delay_since_last_sr] {
                body.extend(word.to_be_bytes());
            }
            count += 1;
        }
        self.packet(packet_type, count, &body)
    }

    fn packet(mut self, packet_type: u8, count: u8, body: &[u8]) -> Self {
        let words = u16::try_from(body.len() / 4).unwrap_or(u16::MAX);
        self.0.extend([0x80 | count, packet_type]);
        self.0.extend(words.to_be_bytes());
        self.0.extend(body);
        self
    }
}
