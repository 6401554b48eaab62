//! How good a call sounds, estimated from what happened to its packets: ITU-T G.107's E-model, simplified as usual for packet
//! networks (all that is not delay, codec or loss at its default), and the loss statistics that it takes.
//!
//! `R = 93.2 − Id(delay) − Ie,eff(codec, loss)`; the opinion score follows from `R` (G.107 annex B). The scale is that of narrow-band
//! telephony: a wide-band codec without loss is told as 93.2, not as the better sound that it is.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "ratings and scores are clamped to their small ranges before each cast"
)]

use serde::{Deserialize, Serialize};

/// R with all impairments at their default (G.107 §7.7).
const R_DEFAULT: f64 = 93.2;
/// The worst equipment impairment (G.107 §7.5).
const IMPAIRMENT_MAX: f64 = 95.0;
/// From here on delay disturbs the conversation itself, in ms.
const DELAY_KNEE_MS: f64 = 177.3;

/// What a codec costs in quality.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Impairment {
    /// Ie: without loss.
    pub equipment: f64,
    /// Bpl: how well it stands random loss; higher is better.
    pub robustness: f64,
}

impl Impairment {
    /// Of a codec by its registered name, with loss concealment. Published are, in ITU-T G.113 appendix I (2007): Ie of G.711 0, G.726 at
    /// 40, 32, 24 and 16 kbit/s 2, 7, 25 and 50, G.729A 11, G.723.1 at 6.3 kbit/s 15, GSM 20, GSM-EFR 5 (table I.1); and with Bpl, of G.711
    /// with concealment 0 and 25.1 (without it 4.3), G.729A with VAD 11 and 19.0, G.723.1 with VAD 15 and 16.1, GSM-EFR 5 and 10.0
    /// (table I.4). Else it is estimated from the nearest one there (marked below).
    pub fn of(name: &str, clock_rate_hz: u32) -> Self {
        const TABLE: [(&str, f64, f64); 16] = [
            ("PCMU", 0.0, 25.1),
            ("PCMA", 0.0, 25.1),
            ("L16", 0.0, 25.1),
            ("G722", 0.0, 25.1),   // estimated: as G.711
            ("opus", 0.0, 25.1),   // estimated: as G.711; its error correction does better
            ("speex", 11.0, 19.0), // estimated: as G.729A
            ("iLBC", 11.0, 32.0),  // estimated from published listening tests
            ("GSM", 20.0, 10.0),   // Bpl estimated: as GSM-EFR
            ("G729", 11.0, 19.0),
            ("G723", 15.0, 16.1),
            ("G726-40", 2.0, 25.1), // Bpl of the G.726s estimated: as G.711
            ("G726-32", 7.0, 25.1),
            ("G726-24", 25.0, 25.1),
            ("G726-16", 50.0, 25.1),
            ("DVI4", 7.0, 25.1), // estimated: as G.726 at 32 kbit/s
            ("LPC", 50.0, 10.0), // estimated
        ];
        // AAL2 packing changes the order of the bits only.
        let name = name.strip_prefix("AAL2-").unwrap_or(name);
        let known = TABLE.iter().find(|(known, ..)| known.eq_ignore_ascii_case(name));
        let (equipment, robustness) = known.map_or((11.0, 19.0), |&(_, ie, bpl)| (ie, bpl));
        // Speex at 16 and 32 kHz is its wide-band mode.
        let is_wide = clock_rate_hz > 8_000 && name.eq_ignore_ascii_case("speex");
        Self { equipment: if is_wide { 0.0 } else { equipment }, robustness }
    }
}

/// What was measured on one way.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conditions {
    /// From mouth to ear, in ms: network, jitter buffer, packets.
    pub delay_ms: f64,
    /// Packets that were not played, 0 to 1.
    pub loss: f64,
    /// 1 for random losses, more where they come in bursts (G.107 §7.5).
    pub burst_ratio: f64,
    /// The codec's.
    pub impairment: Impairment,
}

impl Conditions {
    /// The rating R, 0 to 93.2.
    pub fn rating(&self) -> f64 {
        let delay = self.delay_ms.max(0.0);
        let beyond = (delay - DELAY_KNEE_MS).max(0.0);
        let by_delay = 0.024 * delay + 0.11 * beyond;
        let percent = (self.loss * 100.0).clamp(0.0, 100.0);
        let Impairment { equipment, robustness } = self.impairment;
        let share = percent / (percent / self.burst_ratio.max(1.0) + robustness.max(1.0));
        let by_equipment = equipment + (IMPAIRMENT_MAX - equipment) * share;
        (R_DEFAULT - by_delay - by_equipment).clamp(0.0, 100.0)
    }

    /// The mean opinion score, 1 to 4.5.
    pub fn score(&self) -> f64 {
        score_of(self.rating())
    }
}

/// The opinion score of a rating (G.107 annex B).
pub fn score_of(rating: f64) -> f64 {
    let r = rating.clamp(0.0, 100.0);
    (1.0 + 0.035 * r + r * (r - 60.0) * (100.0 - r) * 7e-6).clamp(1.0, 4.5)
}

/// How many packets in a row have to be received between two losses that do not belong together (RFC 3611 §4.7.2 recommends 16).
pub const GAP_MIN: u8 = 16;

/// Statistics of losses: how many, how they cluster. Fed with every packet in the order of the stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Losses {
    /// Packets played.
    pub received: u64,
    /// Packets not played.
    pub lost: u64,
    /// Runs of losses, of whatever length.
    runs: u64,
    /// Received since the last loss, and since when there were losses closer than [`GAP_MIN`].
    since_loss: u64,
    /// Of what has been closed: packets and losses within bursts, and how many there were.
    burst_packets: u64,
    burst_lost: u64,
    bursts: u64,
    /// Of the cluster that is not closed: packets from its first loss to its last, and losses.
    open_packets: u64,
    open_lost: u64,
}

impl Losses {
    /// A packet was played.
    pub fn received(&mut self) {
        self.received += 1;
        self.since_loss = self.since_loss.saturating_add(1);
    }

    /// A packet was lost or came too late.
    pub fn lost(&mut self) {
        if self.since_loss > 0 || self.lost == 0 {
            self.runs += 1;
        }
        self.lost += 1;
        if self.open_lost > 0 && self.since_loss < u64::from(GAP_MIN) {
            self.open_packets += self.since_loss + 1;
            self.open_lost += 1;
        } else {
            self.close();
            (self.open_packets, self.open_lost) = (1, 1);
        }
        self.since_loss = 0;
    }

    /// A single loss is part of a gap, more are a burst (RFC 3611 §4.7.2).
    fn close(&mut self) {
        if self.open_lost > 1 {
            self.burst_packets += self.open_packets;
            self.burst_lost += self.open_lost;
            self.bursts += 1;
        }
    }

    /// The part that was lost, 0 to 1.
    pub fn rate(&self) -> f64 {
        ratio(self.lost, self.lost + self.received)
    }

    /// How much longer runs of losses are than random ones would be (G.107 §7.5); 1 at least.
    pub fn burst_ratio(&self) -> f64 {
        let mean_run = self.lost as f64 / self.runs.max(1) as f64;
        (mean_run * (1.0 - self.rate())).max(1.0)
    }

    /// Bursts and gaps as RFC 3611 §4.7.2 tells them, of packets of `packet_ms`.
    pub fn bursts(&self, packet_ms: u16) -> Bursts {
        let mut all = *self;
        all.close();
        let total = all.lost + all.received;
        let gap_packets = total.saturating_sub(all.burst_packets);
        let ms = |packets: u64, parts: u64| {
            u16::try_from(packets * u64::from(packet_ms) / parts.max(1)).unwrap_or(u16::MAX)
        };
        Bursts {
            burst_density: fraction(ratio(all.burst_lost, all.burst_packets)),
            gap_density: fraction(ratio(all.lost - all.burst_lost, gap_packets)),
            burst_ms: ms(all.burst_packets, all.bursts),
            gap_ms: ms(gap_packets, all.bursts + 1),
        }
    }
}

/// Densities in 1/256, durations in ms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bursts {
    /// Losses within bursts.
    pub burst_density: u8,
    /// Losses between bursts.
    pub gap_density: u8,
    /// The mean burst.
    pub burst_ms: u16,
    /// The mean gap.
    pub gap_ms: u16,
}

fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}

/// A part of 1 as RTCP tells it, in 1/256 (RFC 3611 §4.7.1).
pub fn fraction(part: f64) -> u8 {
    (part * 256.0).clamp(0.0, 255.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conditions(name: &str, delay_ms: f64, loss: f64) -> Conditions {
        Conditions { delay_ms, loss, burst_ratio: 1.0, impairment: Impairment::of(name, 8_000) }
    }

    #[test]
    fn known_points_of_the_model_are_met() {
        // G.107 annex B, table B.1: R 90 → 4.34, 80 → 4.03, 70 → 3.60, 60 → 3.10, 50 → 2.58.
        for (rating, score) in [(90.0, 4.34), (80.0, 4.03), (70.0, 3.60), (60.0, 3.10), (50.0, 2.58)] {
            assert!((score_of(rating) - score).abs() < 0.01, "{rating}: {}", score_of(rating));
        }
        assert!((conditions("PCMU", 0.0, 0.0).score() - 4.41).abs() < 0.005);
        assert!((conditions("g729", 0.0, 0.0).rating() - 82.2).abs() < 0.01);
    }

    #[test]
    fn what_is_published_is_what_we_reckon_with() {
        // G.113 appendix I.
        let published =
            [("PCMA", 0.0, 25.1), ("PCMU", 0.0, 25.1), ("G729", 11.0, 19.0), ("G723", 15.0, 16.1)];
        for (name, equipment, robustness) in published {
            assert_eq!(Impairment::of(name, 8_000), Impairment { equipment, robustness }, "{name}");
        }
        for (name, equipment) in
            [("G726-40", 2.0), ("G726-32", 7.0), ("G726-24", 25.0), ("G726-16", 50.0), ("GSM", 20.0)]
        {
            assert!((Impairment::of(name, 8_000).equipment - equipment).abs() < 1e-9, "{name}");
        }
        // G.107 §7.5 by hand: 2 % of G.729A: 11 + 84 · 2 / 21 = 19; of G.711: 95 · 2 / 27.1 = 7.011.
        assert!((conditions("G729", 0.0, 0.02).rating() - 74.2).abs() < 0.01);
        assert!((conditions("PCMA", 0.0, 0.02).rating() - 86.189).abs() < 0.01);
        // The simplified delay impairment: 0.024 · 200 + 0.11 · 22.7 = 7.297.
        assert!((conditions("PCMA", 200.0, 0.0).rating() - 85.903).abs() < 0.01);
    }

    #[test]
    fn loss_delay_and_bursts_each_cost_something_and_more_costs_more() {
        let mut before = conditions("PCMA", 0.0, 0.0).score();
        for loss in [0.01, 0.03, 0.1, 0.5, 1.0] {
            let score = conditions("PCMA", 0.0, loss).score();
            assert!(score < before);
            before = score;
        }
        assert!(conditions("PCMA", 300.0, 0.0).score() < conditions("PCMA", 100.0, 0.0).score());
        let bursty = Conditions { burst_ratio: 2.0, ..conditions("PCMA", 0.0, 0.1) };
        assert!(bursty.score() < conditions("PCMA", 0.0, 0.1).score());
    }

    #[test]
    fn no_figures_leave_the_scale() {
        for (delay_ms, loss, burst_ratio) in
            [(f64::MAX, 2.0, 0.0), (-5.0, -1.0, -1.0), (1e9, 1.0, 1e9), (0.0, 0.0, f64::MAX)]
        {
            let impairment = Impairment::of("unheard of", 8_000);
            let conditions = Conditions { delay_ms, loss, burst_ratio, impairment };
            assert!((1.0..=4.5).contains(&conditions.score()), "{conditions:?}");
        }
    }

    fn losses(pattern: &str) -> Losses {
        let mut losses = Losses::default();
        for mark in pattern.chars() {
            if mark == 'x' { losses.lost() } else { losses.received() }
        }
        losses
    }

    #[test]
    fn clustered_losses_have_a_higher_burst_ratio_than_single_ones() {
        let single = losses(&"x.........".repeat(20));
        let clustered = losses(&format!("xxxx{}", ".".repeat(36)).repeat(5));
        assert!((single.rate() - clustered.rate()).abs() < 1e-9);
        assert!((single.burst_ratio() - 1.0).abs() < 1e-9);
        assert!((clustered.burst_ratio() - 3.6).abs() < 1e-9);
    }

    #[test]
    fn bursts_and_gaps_are_told_apart_at_16_received_packets() {
        let gap = ".".repeat(100);
        let burst = losses(&format!("{gap}x..............xx{gap}"));
        // From the first loss to the last: 17 packets, of which 3 are lost.
        let told = burst.bursts(20);
        assert_eq!((told.burst_ms, told.burst_density), (17 * 20, fraction(3.0 / 17.0)));
        assert_eq!((told.gap_ms, told.gap_density), (100 * 20, 0));
        let apart = losses(&format!("{gap}x{}x{gap}", ".".repeat(16))).bursts(20);
        assert_eq!((apart.burst_ms, apart.burst_density), (0, 0));
        assert_eq!(apart.gap_density, fraction(2.0 / 218.0));
        let near = losses(&format!("{gap}x{}x{gap}", ".".repeat(15))).bursts(20);
        assert_eq!(near.burst_ms, 17 * 20);
        assert_eq!(losses("").bursts(20), Bursts::default());
    }
}
