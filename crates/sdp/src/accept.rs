//! The peer's answers (RFC 3264 §7).

use crate::stream::{
    common, narrowed, peers_direction, pick_event, pick_noise, ptime, remote, telephone_event,
};
use crate::{
    Agreed, AgreedAudio, AgreedVideo, ExtendedReports, Media, MediaKind, SdpError, SessionDescription,
};
use cordboard_base::Format;

/// The packet length where neither side names one (RFC 3551 §4.2).
const PTIME_DEFAULT_MS: u16 = 20;

/// What was agreed, from the offerer's view. A stream that the answer leaves out at the end counts as refused; no stream at
/// all is `Ok` with two `None`s, and the caller's decision.
pub fn accept(offered: &SessionDescription, answer: &SessionDescription) -> Result<Agreed, SdpError> {
    if answer.media.len() > offered.media.len() {
        return Err(SdpError::Mismatch { index: offered.media.len() });
    }
    let mut agreed = Agreed::default();
    for (index, (ours, theirs)) in offered.media.iter().zip(&answer.media).enumerate() {
        if ours.kind != theirs.kind {
            return Err(SdpError::Mismatch { index });
        }
        // A stream that we offered as removed stays removed, whatever port the peer writes (RFC 3264 §8.2).
        if ours.port == 0 || theirs.port == 0 || !ours.is_plain_rtp() {
            continue;
        }
        if !theirs.is_plain_rtp() {
            return Err(SdpError::Mismatch { index });
        }
        let stream = Stream::of(answer, ours, theirs).ok_or(SdpError::NoCommonFormat { index })?;
        match ours.kind {
            MediaKind::Audio if agreed.audio.is_none() => agreed.audio = Some(stream.audio()),
            MediaKind::Video if agreed.video.is_none() => agreed.video = Some(stream.video()),
            MediaKind::Audio
            | MediaKind::Video
            | MediaKind::Image
            | MediaKind::Application
            | MediaKind::Other(_) => {}
        }
    }
    Ok(agreed)
}

/// An accepted stream.
struct Stream<'a> {
    answer: &'a SessionDescription,
    ours: &'a Media,
    theirs: &'a Media,
    their_formats: Vec<Format>,
    send: Vec<Format>,
    receive: Vec<Format>,
}

impl<'a> Stream<'a> {
    /// `None` if no offered codec is accepted.
    fn of(answer: &'a SessionDescription, ours: &'a Media, theirs: &'a Media) -> Option<Self> {
        let their_formats: Vec<Format> =
            theirs.formats().iter().map(|format| explained(format, ours)).collect();
        let pairs = common(&their_formats, ours.formats());
        let noise = pairs.first().and_then(|(codec, _)| pick_noise(&their_formats, ours.formats(), codec));
        let mut send: Vec<Format> = pairs.iter().map(|(their, _)| (*their).clone()).collect();
        let mut receive: Vec<Format> = Vec::with_capacity(pairs.len());
        for (_, our) in pairs {
            if !receive.contains(our) {
                receive.push(our.clone());
            }
        }
        if let Some((their, our)) = noise {
            send.push(their.clone());
            receive.push(our.clone());
        }
        if send.is_empty() { None } else { Some(Self { answer, ours, theirs, their_formats, send, receive }) }
    }

    fn audio(self) -> AgreedAudio {
        let rtcp_mux = self.ours.rtcp_mux && self.theirs.rtcp_mux;
        let (remote_rtp, remote_rtcp) = remote(self.answer, self.theirs, rtcp_mux);
        let peers = peers_direction(self.answer, self.theirs);
        AgreedAudio {
            remote_rtp,
            remote_rtcp,
            rtcp_mux,
            telephone_event: self.event(),
            ptime_ms: ptime(self.theirs, self.ours.ptime_ms.unwrap_or(PTIME_DEFAULT_MS)),
            direction: narrowed(self.ours.direction, peers),
            // A peer that can't receive because we don't send has not put us on hold.
            held_by_peer: self.ours.direction.sends() && !peers.receives(),
            extended_reports: ExtendedReports::wanted(self.answer, self.theirs),
            send: self.send,
            receive: self.receive,
        }
    }

    fn event(&self) -> Option<crate::TelephoneEvent> {
        let our_event = |their: &Format| {
            self.ours.formats().iter().find(|our| our.is_telephone_event() && our.same_encoding(their))
        };
        let shared: Vec<Format> =
            self.their_formats.iter().filter(|their| our_event(their).is_some()).cloned().collect();
        let their = pick_event(&shared, self.send.first()?)?;
        Some(telephone_event(their, our_event(their)?))
    }

    fn video(self) -> AgreedVideo {
        let rtcp_mux = self.ours.rtcp_mux && self.theirs.rtcp_mux;
        let (remote_rtp, remote_rtcp) = remote(self.answer, self.theirs, rtcp_mux);
        let direction = narrowed(self.ours.direction, peers_direction(self.answer, self.theirs));
        AgreedVideo { remote_rtp, remote_rtcp, rtcp_mux, send: self.send, receive: self.receive, direction }
    }
}

/// A format of an answer; if the peer left out the `rtpmap` of a dynamic number, that of our offer is meant.
fn explained(format: &Format, ours: &Media) -> Format {
    if !format.name.is_empty() {
        return format.clone();
    }
    let ours = ours.formats().iter().find(|our| our.payload_type == format.payload_type);
    ours.map_or_else(|| format.clone(), |our| Format { fmtp: format.fmtp.clone(), ..our.clone() })
}
