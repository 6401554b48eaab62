//! RTCP of the audio streams: ours is made here and theirs ends here, since each side of a bridge has its own stream with us.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "ratings are clamped before each cast; scores need no more than 24 bits; counters are masked to their fields first"
)]

use super::Engine;
use super::session::Session;
use super::timers::TimerKind;
use crate::counters::ticks_between;
use crate::latch::Sender;
use crate::playout::PlayoutConfig;
use crate::quality::{Conditions, GAP_MIN, Impairment, fraction};
use crate::rtcp::{
    Packet, RECEIVER_ADAPTIVE, ReportBlock, SenderInfo, StatisticsSummary, UNKNOWN, VoipMetrics, Writer,
    parse_compound,
};
use crate::{Output, SlotId, StreamKind, StreamStats};
use cordboard_base::{Anchor, Time};
use core::net::SocketAddr;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// The mean time between reports of a session of two (RFC 3550 §6.2: 5 s at least).
const INTERVAL_US: u64 = 5_000_000;
/// Of a codec that is not known.
const DEFAULT_CLOCK_HZ: u32 = 8_000;
/// Seconds from 1900, where NTP counts from, to 1970.
const NTP_TO_UNIX_S: u64 = 2_208_988_800;

/// What the peer says of itself and of our stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct PeerReport {
    /// Middle of the NTP time of its last SR, and when that came.
    last_sr: Option<(u32, Time)>,
    lost: u64,
    jitter_ms: f32,
    round_trip_ms: f32,
    /// Whether a report on our stream has come, and the opinion score that the peer gives it, in tenths.
    has_reported: bool,
    score_10: Option<u8>,
}

impl Engine {
    /// RTCP from an audio peer, on its own port or on RTP's.
    pub(super) fn audio_rtcp(
        &mut self,
        now: Time,
        slot: SlotId,
        stream: StreamKind,
        from: SocketAddr,
        bytes: &[u8],
    ) {
        let anchor = self.config.anchor;
        let Some(session) = self.slots.get(slot) else {
            self.ignored += 1;
            return;
        };
        let Ok(packets) = parse_compound(bytes) else {
            session.state.counters.discarded += 1;
            return;
        };
        if !session.accepts_rtcp(from) {
            session.state.counters.strangers += 1;
            return;
        }
        session.state.counters.last_packet = now;
        session.state.timed_out = false;
        if stream == StreamKind::AudioRtcp
            && session.latch_mut(StreamKind::AudioRtcp).accept(now, from) != Sender::Peer
        {
            self.outputs.push_back(Output::Latch { slot, stream, address: Some(from) });
        }
        if let Some(session) = self.slots.get(slot) {
            packets.iter().for_each(|packet| session.take_report(now, anchor, packet));
        }
    }

    /// Sends a report and sets the next one's time.
    pub(super) fn report(&mut self, now: Time, index: u32) {
        let anchor = self.config.anchor;
        let Some(session) = self.slots.at(index) else { return };
        let slot = session.state.slot;
        if let Some((stream, to)) = session.rtcp_remote() {
            let bytes = session.compound(now, anchor).finish();
            self.outputs.push_back(Output::Packet { slot, stream, to, bytes });
        }
        let due = session.next_report(now);
        self.set_timer(index, TimerKind::Report, Some(due));
    }

    /// Our last word on a stream.
    pub(super) fn goodbye(&mut self, now: Time, session: &mut Session) {
        let Some((stream, to)) = session.rtcp_remote() else { return };
        let ssrc = session.state.counters.sending.ssrc;
        let bytes = session.compound(now, self.config.anchor).goodbye(ssrc).finish();
        self.outputs.push_back(Output::Packet { slot: session.state.slot, stream, to, bytes });
    }
}

impl Session {
    /// RTCP is taken from the host that RTP comes from or was said to come from: another port there is normal.
    fn accepts_rtcp(&self, from: SocketAddr) -> bool {
        let rtp = self.latch(StreamKind::AudioRtp);
        let rtcp = self.latch(StreamKind::AudioRtcp);
        let hosts = match rtp.latched() {
            Some(latched) => [Some(latched), None],
            None => [rtp.remote(), rtcp.remote()],
        };
        hosts.into_iter().flatten().any(|host| host.ip() == from.ip())
    }

    fn rtcp_remote(&self) -> Option<(StreamKind, SocketAddr)> {
        let audio = self.state.audio.as_ref()?;
        let rtp = self.latch(StreamKind::AudioRtp).remote();
        // Phones that listen to a group take RTP alone; the next port may be another group's.
        if rtp.is_some_and(|rtp| rtp.ip().is_multicast()) {
            return None;
        }
        if audio.rtcp_mux {
            return Some((StreamKind::AudioRtp, rtp?));
        }
        // RFC 3550 §11: the next port, where nothing else was said or seen.
        let next = || rtp.and_then(|rtp| Some(SocketAddr::new(rtp.ip(), rtp.port().checked_add(1)?)));
        Some((StreamKind::AudioRtcp, self.latch(StreamKind::AudioRtcp).remote().or_else(next)?))
    }

    /// The time of the next report: 0.5 to 1.5 times the interval, corrected for the bias of that draw (RFC 3550 §6.3.1), half
    /// of it before the first. Drawn from the stream's seed, so that a run can be repeated.
    pub(super) fn next_report(&self, now: Time) -> Time {
        let seed = self.state.seed;
        let key = u64::from(seed.ssrc) << 32 | u64::from(seed.timestamp);
        let draw =
            scramble(key ^ u64::from(self.state.counters.srtcp_index).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mean = if self.state.counters.srtcp_index == 0 { INTERVAL_US / 2 } else { INTERVAL_US };
        let drawn = mean / 2 + draw % mean;
        now + Duration::from_micros(drawn * 100_000 / 121_828)
    }

    /// SR or RR, and SDES with the CNAME (RFC 3550 §6.1).
    fn compound(&mut self, now: Time, anchor: Anchor) -> Writer {
        let seed = self.state.seed;
        let reports: Vec<ReportBlock> = self.report_block(now).into_iter().collect();
        let sending = self.state.counters.sending;
        let writer = if sending.packets > self.state.sent_at_report {
            let elapsed = ticks_between(sending.at, now, self.state.clock_out_hz);
            let info = SenderInfo {
                ntp: ntp(anchor, now),
                rtp_timestamp: sending.timestamp.wrapping_add(elapsed),
                packets: (sending.packets & 0xFFFF_FFFF) as u32,
                octets: (sending.octets & 0xFFFF_FFFF) as u32,
            };
            Writer::default().sender_report(sending.ssrc, info, &reports)
        } else {
            Writer::default().receiver_report(sending.ssrc, &reports)
        };
        self.state.sent_at_report = sending.packets;
        self.state.counters.srtcp_index = self.state.counters.srtcp_index.wrapping_add(1);
        // RFC 7022 §4.2: a name of this session alone, that tells nothing of who we are.
        let name =
            scramble(u64::from(seed.ssrc) << 32 | u64::from(seed.timestamp) ^ u64::from(seed.sequence));
        let writer = writer.description(sending.ssrc, &format!("{name:016x}"));
        let (summary, metrics) = self.extended_reports(now);
        writer.extended(sending.ssrc, summary, metrics)
    }

    /// What the peer has asked to be told of its stream beyond that (RFC 3611).
    fn extended_reports(&mut self, now: Time) -> (Option<StatisticsSummary>, Option<VoipMetrics>) {
        let wanted = self.state.audio.as_ref().map(|audio| audio.extended_reports).unwrap_or_default();
        if wanted.is_empty() || self.state.counters.reception.epoch == 0 {
            return (None, None);
        }
        let reception = &mut self.state.counters.reception;
        let interval = wanted.summary.and_then(|flags| Some((flags, reception.take_interval()?)));
        let end = reception.highest.wrapping_add(1);
        let summary = interval.map(|(flags, (interval, lost))| {
            let (mean, deviation) = interval.mean_and_deviation();
            StatisticsSummary {
                ssrc: reception.ssrc,
                begin: (interval.begin & 0xFFFF) as u16,
                end: (end & 0xFFFF) as u16,
                lost: flags.loss.then_some(lost),
                duplicates: flags.duplicates.then_some(interval.duplicates),
                jitter: flags.jitter.then_some([interval.step_min, interval.step_max, mean, deviation]),
            }
        });
        (summary, wanted.voip_metrics.then(|| self.voip_metrics(now)))
    }

    /// How the peer's stream has arrived so far. What is only relayed has no buffer here, and nothing is discarded.
    fn voip_metrics(&self, now: Time) -> VoipMetrics {
        let reception = &self.state.counters.reception;
        let conditions = self.conditions(now);
        let ms = |ms: f64| ms.clamp(0.0, 65_535.0) as u16;
        let rating = |rating: f64| rating.round().clamp(0.0, 100.0) as u8;
        let tenths = |score: f64| (score * 10.0).round().clamp(10.0, 50.0) as u8;
        let listening = Conditions { delay_ms: 0.0, ..conditions };
        let all = (reception.received_ever + reception.lost()).max(1);
        let relayed = VoipMetrics {
            loss_rate: fraction(reception.lost() as f64 / all as f64),
            round_trip_ms: ms(f64::from(self.state.peer_report.round_trip_ms)),
            end_system_ms: self.state.packet_length.ms,
            gap_min: GAP_MIN,
            rating: rating(conditions.rating()),
            listening_score: tenths(listening.score()),
            conversational_score: tenths(conditions.score()),
            ..VoipMetrics::unknown(reception.ssrc)
        };
        let Some(playout) = &self.state.playout else { return relayed };
        let figures = playout.figures(now);
        let bursts = playout.losses().bursts(self.state.packet_length.ms.max(1));
        let buffer_ms = u16::try_from(figures.delay_mean_ms).unwrap_or(u16::MAX);
        VoipMetrics {
            discard_rate: fraction(figures.discarded as f64 / all as f64),
            burst_density: bursts.burst_density,
            gap_density: bursts.gap_density,
            burst_ms: bursts.burst_ms,
            gap_ms: bursts.gap_ms,
            end_system_ms: relayed.end_system_ms.saturating_add(buffer_ms),
            receiver: RECEIVER_ADAPTIVE,
            buffer_ms,
            buffer_max_ms: u16::try_from(figures.delay_max_ms).unwrap_or(u16::MAX),
            buffer_limit_ms: PlayoutConfig::default().delay_max_ms,
            ..relayed
        }
    }

    fn report_block(&mut self, now: Time) -> Option<ReportBlock> {
        let reception = &mut self.state.counters.reception;
        if reception.epoch == 0 {
            return None;
        }
        let (last_sr, delay) = match self.state.peer_report.last_sr {
            Some((sr, at)) => (sr, ticks_between(at, now, 65_536)),
            None => (0, 0),
        };
        Some(ReportBlock {
            ssrc: reception.ssrc,
            fraction_lost: reception.fraction_lost(),
            lost: i32::try_from(reception.lost()).unwrap_or(i32::MAX),
            // Our extended numbers start one cycle up; a peer that jumps ahead may have wrapped them.
            highest: ((reception.highest & 0xFFFF_FFFF) as u32).wrapping_sub(1 << 16),
            jitter: reception.jitter(),
            last_sr,
            delay_since_last_sr: delay,
        })
    }

    fn take_report(&mut self, now: Time, anchor: Anchor, packet: &Packet) {
        let reports = match packet {
            Packet::SenderReport { info, reports, .. } => {
                self.state.peer_report.last_sr = Some(((info.ntp >> 16 & 0xFFFF_FFFF) as u32, now));
                reports
            }
            Packet::ReceiverReport { reports, .. } => reports,
            Packet::Extended { voip, .. } => {
                let ssrc = self.state.counters.sending.ssrc;
                let ours = voip.iter().rfind(|metrics| metrics.ssrc == ssrc);
                if let Some(score) = ours.map(|metrics| metrics.listening_score).filter(|&s| s != UNKNOWN) {
                    self.state.peer_report.score_10 = Some(score);
                }
                return;
            }
            Packet::Description { .. } | Packet::Goodbye { .. } | Packet::Other { .. } => return,
        };
        let (ssrc, clock) = (self.state.counters.sending.ssrc, self.state.clock_out_hz.max(1));
        for report in reports.iter().filter(|report| report.ssrc == ssrc) {
            let peer = &mut self.state.peer_report;
            peer.has_reported = true;
            peer.lost = u64::try_from(report.lost).unwrap_or(0);
            peer.jitter_ms = report.jitter as f32 * 1_000.0 / clock as f32;
            if report.last_sr != 0 {
                // RFC 3550 §6.4.1: arrival − LSR − DLSR, in 1/65536 s, modulo 2³².
                let arrival = (ntp(anchor, now) >> 16 & 0xFFFF_FFFF) as u32;
                let trip = arrival.wrapping_sub(report.last_sr).wrapping_sub(report.delay_since_last_sr);
                if trip.cast_signed() >= 0 {
                    peer.round_trip_ms = trip as f32 * 1_000.0 / 65_536.0;
                }
            }
        }
    }

    /// The figures of the audio stream.
    pub(super) fn stats(&self, now: Time) -> StreamStats {
        let counters = &self.state.counters;
        let peer = self.state.peer_report;
        let figures = self.state.playout.as_ref().map(|playout| playout.figures(now));
        StreamStats {
            received: counters.reception.received_ever,
            sent: counters.sending.packets,
            lost: counters.reception.lost(),
            strangers: counters.strangers,
            discarded: counters.discarded,
            jitter_ms: self.jitter_ms(),
            peer_lost: peer.lost,
            peer_jitter_ms: peer.jitter_ms,
            round_trip_ms: peer.round_trip_ms,
            buffered_ms: figures.map_or(0.0, |figures| figures.delay_mean_ms as f32),
            concealed_ms: figures.map_or(0, |figures| figures.concealed_ms),
            score: self.score(now),
            peer_score: self.peer_score(),
        }
    }

    pub(super) fn jitter_ms(&self) -> f32 {
        self.state.counters.reception.jitter() as f32 * 1_000.0 / self.state.clock_in_hz.max(1) as f32
    }

    /// The score of what the peer says. What is only relayed is not buffered here: a buffer of twice its jitter is assumed.
    fn score(&self, now: Time) -> f32 {
        if self.state.counters.reception.received_ever == 0 {
            return 0.0;
        }
        self.conditions(now).score() as f32
    }

    /// What happened to the peer's stream on its way.
    fn conditions(&self, now: Time) -> Conditions {
        let reception = &self.state.counters.reception;
        let codec =
            self.state.audio.as_ref().and_then(|audio| audio.receive.get(usize::from(self.state.format_in)));
        let impairment = codec.map_or_else(
            || Impairment::of("", DEFAULT_CLOCK_HZ),
            |format| Impairment::of(&format.name, format.clock_rate_hz),
        );
        let all = reception.received_ever + reception.lost();
        let relayed = (reception.lost() as f64 / all.max(1) as f64, 1.0, f64::from(self.jitter_ms()) * 2.0);
        let (loss, burst_ratio, buffered_ms) = self.state.playout.as_ref().map_or(relayed, |playout| {
            let losses = playout.losses();
            (losses.rate(), losses.burst_ratio(), f64::from(playout.figures(now).delay_mean_ms))
        });
        let network_ms = f64::from(self.state.peer_report.round_trip_ms) / 2.0;
        let delay_ms = network_ms + buffered_ms + f64::from(self.state.packet_length.ms);
        Conditions { delay_ms, loss, burst_ratio, impairment }
    }

    /// The score of what the peer hears.
    fn peer_score(&self) -> f32 {
        let peer = self.state.peer_report;
        if let Some(score) = peer.score_10 {
            return f32::from(score) / 10.0;
        }
        let (Some(format), true) = (&self.made.encoder, peer.has_reported) else { return 0.0 };
        let sent = self.state.counters.sending.packets.max(1);
        let conditions = Conditions {
            delay_ms: f64::from(peer.round_trip_ms / 2.0 + peer.jitter_ms * 2.0) + f64::from(self.ptime_ms()),
            loss: (peer.lost as f64 / sent as f64).min(1.0),
            burst_ratio: 1.0,
            impairment: Impairment::of(format.codec.name(), format.codec.clock_rate_hz()),
        };
        conditions.score() as f32
    }
}

/// NTP time: seconds since 1900 in the upper half, a fraction in the lower.
fn ntp(anchor: Anchor, now: Time) -> u64 {
    let unix_us = u64::try_from(anchor.unix_micros(now)).unwrap_or(0);
    let seconds = unix_us / 1_000_000 + NTP_TO_UNIX_S;
    let fraction = ((unix_us % 1_000_000) << 32) / 1_000_000;
    (seconds << 32) | fraction
}

/// A well-mixed function of its argument (the finaliser of splitmix64).
fn scramble(key: u64) -> u64 {
    let a = (key ^ (key >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let b = (a ^ (a >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    b ^ (b >> 31)
}
