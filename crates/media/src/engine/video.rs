//! Video: passed on as it is, but for the payload number. SSRC and numbering stay the sender's, so that feedback
//! (PLI, NACK) and reports fit on both sides without being understood here.

use super::Engine;
use super::session::Session;
use crate::latch::Sender;
use crate::rtp::{self, Header};
use crate::{Forward, Output, SlotId, StreamKind};
use cordboard_base::Time;
use core::net::SocketAddr;

impl Engine {
    pub(super) fn video(
        &mut self,
        now: Time,
        slot: SlotId,
        stream: StreamKind,
        from: SocketAddr,
        bytes: &mut [u8],
    ) -> Option<Forward> {
        let Some(session) = self.slots.get(slot) else {
            self.ignored += 1;
            return None;
        };
        let is_rtcp = stream == StreamKind::VideoRtcp || rtp::is_rtcp(bytes);
        let taken = if is_rtcp {
            session.take_video_rtcp(now, stream, from)
        } else {
            session.take_video(now, from, bytes)
        };
        if taken? != Sender::Peer {
            self.outputs.push_back(Output::Latch { slot, stream, address: Some(from) });
        }
        let count = self.slots.at(slot.index)?.made.listeners.len();
        for n in 0..count {
            let listener = *self.slots.at(slot.index)?.made.listeners.get(n)?;
            let Some(session) = self.slots.at(listener) else { continue };
            let Some((stream, to)) = session.video_remote(is_rtcp) else { continue };
            let slot = session.state.slot;
            if n + 1 == count {
                return Some(Forward { slot, stream, to, start: 0, end: bytes.len() });
            }
            self.outputs.push_back(Output::Packet { slot, stream, to, bytes: bytes.to_vec() });
        }
        None
    }
}

impl Session {
    /// Checks a video packet and gives it the other side's payload number.
    fn take_video(&mut self, now: Time, from: SocketAddr, bytes: &mut [u8]) -> Option<Sender> {
        let mapped = self.state.video.as_ref().and_then(|video| {
            let header = Header::parse(bytes).ok()?;
            video.payload_map.iter().find(|(known, _)| *known == header.payload_type).map(|&(_, to)| to)
        });
        let (Some(to), Some(second)) = (mapped, bytes.get_mut(1)) else {
            self.state.counters.discarded += 1;
            return None;
        };
        *second = *second & 0x80 | to & 0x7F;
        self.accept_video(now, StreamKind::VideoRtp, from)
    }

    /// RTCP of video is taken from the host that the video comes from.
    fn take_video_rtcp(&mut self, now: Time, stream: StreamKind, from: SocketAddr) -> Option<Sender> {
        let hosts = [StreamKind::VideoRtp, StreamKind::VideoRtcp].map(|stream| self.latch(stream).remote());
        if !hosts.into_iter().flatten().any(|host| host.ip() == from.ip()) {
            self.state.counters.strangers += 1;
            return None;
        }
        match stream {
            StreamKind::VideoRtcp => self.accept_video(now, stream, from),
            StreamKind::VideoRtp | StreamKind::AudioRtp | StreamKind::AudioRtcp => Some(Sender::Peer),
        }
    }

    fn accept_video(&mut self, now: Time, stream: StreamKind, from: SocketAddr) -> Option<Sender> {
        let sender = self.latch_mut(stream).accept(now, from);
        if sender == Sender::Stranger {
            self.state.counters.strangers += 1;
            return None;
        }
        Some(sender)
    }

    fn video_remote(&self, is_rtcp: bool) -> Option<(StreamKind, SocketAddr)> {
        let video = self.state.video.as_ref()?;
        let rtp = self.latch(StreamKind::VideoRtp).remote();
        if !is_rtcp || video.rtcp_mux {
            return Some((StreamKind::VideoRtp, rtp?));
        }
        let next = || rtp.and_then(|rtp| Some(SocketAddr::new(rtp.ip(), rtp.port().checked_add(1)?)));
        Some((StreamKind::VideoRtcp, self.latch(StreamKind::VideoRtcp).remote().or_else(next)?))
    }
}
