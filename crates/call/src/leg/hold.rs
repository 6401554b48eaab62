//! What a leg's media session is told: the agreed stream, who may send, and the relayed video. Derived from the agreement
//! after every turn, so that hold and resume need no state of their own (RFC 3264 §8.4).

use super::{Leg, Stage};
use cordboard_base::Format;
use cordboard_media::{StreamSetup, VideoSetup};
use cordboard_sdp::AgreedVideo;

impl Leg {
    /// Whether its peer has put us on hold.
    pub(crate) fn is_holding(&self) -> bool {
        self.stage == Stage::Up && self.sdp.held_by_peer()
    }

    /// The audio stream as the media engine is to have it.
    pub(crate) fn stream_setup(&self, rtp_timeout_ms: u32) -> Option<StreamSetup> {
        let audio = self.sdp.agreed.as_ref()?.audio.as_ref()?;
        // Silence on the wire ends an answered call only, and never one that its peer has put on hold.
        let watched = self.stage == Stage::Up && !audio.held_by_peer && audio.direction.receives();
        Some(StreamSetup::of(audio, if watched { rtp_timeout_ms } else { 0 }))
    }

    /// The video stream, with the payload numbers of `other`'s peer.
    pub(crate) fn video_setup(&self, other: Option<&Self>) -> Option<VideoSetup> {
        let video = self.sdp.agreed.as_ref()?.video.as_ref()?;
        let theirs = other.and_then(|leg| leg.sdp.agreed.as_ref()).and_then(|agreed| agreed.video.as_ref());
        Some(VideoSetup {
            remote_rtp: video.remote_rtp,
            remote_rtcp: video.remote_rtcp,
            rtcp_mux: video.rtcp_mux,
            payload_map: theirs.map(|theirs| payload_map(video, theirs)).unwrap_or_default(),
        })
    }
}

/// As this peer sends them → as the other leg's peer knows them.
fn payload_map(from: &AgreedVideo, to: &AgreedVideo) -> Vec<(u8, u8)> {
    let same = |a: &Format| to.send.iter().find(|b| a.same_encoding(b)).map(|b| b.payload_type);
    from.receive.iter().filter_map(|format| Some((format.payload_type, same(format)?))).collect()
}
