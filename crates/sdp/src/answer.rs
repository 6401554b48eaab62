//! Our answers (RFC 3264 §6).

use crate::payload::compatible;
use crate::stream::{
    answered, answered_event, common, empty, narrowed, ours, peers_direction, pick_event, pick_noise, ptime,
    refused, remote, telephone_event, versioned,
};
use crate::{
    Address, Agreed, AgreedAudio, AgreedVideo, Capabilities, ExtendedReports, Local, Media, MediaKind,
    Refusal, SessionDescription,
};
use cordboard_base::{Direction, Format};
use core::net::SocketAddr;

/// Answers `offer` with one audio codec (and telephone-event and comfort noise), and what we agree on by that. One codec, because a peer that
/// is answered with several may change between them, or send another offer to be sure.
///
/// The codec is the first of `prefer` (what the other leg of the bridge speaks, its present codec first) that both the peer
/// and `caps` have, so that nothing is transcoded that need not be; else the first of the offer that `caps` has. `direction`
/// is what we want; the peer's narrows it. `previous` is our last description in this dialog.
///
/// Only the first usable stream of audio and of video is accepted; every other one is answered with port 0.
pub fn answer(
    offer: &SessionDescription,
    local: &Local,
    caps: &Capabilities,
    prefer: &[Format],
    direction: Direction,
    previous: Option<&SessionDescription>,
) -> Result<(SessionDescription, Agreed), Refusal> {
    let answering = Answering { offer, local, caps, prefer, direction };
    let mut description = empty(local);
    let mut agreed = Agreed::default();
    let mut refusal = Refusal::NoMedia;
    for theirs in &offer.media {
        let accepted = match theirs.kind {
            MediaKind::Audio if agreed.audio.is_none() => match answering.audio(theirs) {
                Ok((media, audio)) => {
                    agreed.audio = Some(audio);
                    Some(media)
                }
                Err(why) => {
                    refusal = if refusal == Refusal::NoMedia { why } else { refusal };
                    None
                }
            },
            MediaKind::Video if agreed.video.is_none() => answering.video(theirs).map(|(media, video)| {
                agreed.video = Some(video);
                media
            }),
            MediaKind::Audio
            | MediaKind::Video
            | MediaKind::Image
            | MediaKind::Application
            | MediaKind::Other(_) => None,
        };
        description.media.push(accepted.unwrap_or_else(|| refused(theirs)));
    }
    if agreed.audio.is_none() && agreed.video.is_none() {
        return Err(refusal);
    }
    // RFC 3264 §6: the answer's t= is the offer's.
    description.times.clone_from(&offer.times);
    Ok((versioned(description, previous), agreed))
}

struct Answering<'a> {
    offer: &'a SessionDescription,
    local: &'a Local,
    caps: &'a Capabilities,
    prefer: &'a [Format],
    direction: Direction,
}

impl Answering<'_> {
    fn audio(&self, theirs: &Media) -> Result<(Media, AgreedAudio), Refusal> {
        let at = self.local.audio.filter(|_| theirs.port != 0).ok_or(Refusal::NoMedia)?;
        if !theirs.is_plain_rtp() {
            return Err(Refusal::Transport);
        }
        let (offered, our) = self.codec(theirs).ok_or(Refusal::NoCommonFormat)?;
        if !self.same_family(theirs, at) {
            return Err(Refusal::AddressFamily);
        }
        let codec = answered(our, offered);
        let event = pick_event(theirs.formats(), offered).filter(|_| self.caps.telephone_event);
        let our_event = event.map(answered_event);
        let noise = pick_noise(theirs.formats(), &self.caps.audio, offered);
        let receive: Vec<Format> =
            core::iter::once(codec).chain(noise.map(|(their, our)| answered(our, their))).collect();
        let formats: Vec<Format> = receive.iter().cloned().chain(our_event.clone()).collect();
        let peers = peers_direction(self.offer, theirs);
        let direction = narrowed(self.direction, peers);
        let ptime_ms = ptime(theirs, self.caps.ptime_ms);
        let rtcp_mux = theirs.rtcp_mux && self.local.rtcp_mux;
        let (remote_rtp, remote_rtcp) = remote(self.offer, theirs, rtcp_mux);
        let protocol = theirs.protocol.clone();
        let stream = ours(MediaKind::Audio, at, self.local, formats);
        let extended_reports = ExtendedReports::wanted(self.offer, theirs);
        // Who knows extended reports can tell us as much.
        let attributes = extended_reports.attribute().into_iter().collect();
        let media = Media { protocol, direction, ptime_ms: Some(ptime_ms), rtcp_mux, attributes, ..stream };
        let agreed = AgreedAudio {
            remote_rtp,
            remote_rtcp,
            rtcp_mux,
            send: core::iter::once(offered).chain(noise.map(|(their, _)| their)).cloned().collect(),
            receive,
            telephone_event: event.zip(our_event).map(|(peers, ours)| telephone_event(peers, &ours)),
            ptime_ms,
            direction,
            held_by_peer: !peers.receives(),
            extended_reports,
        };
        Ok((media, agreed))
    }

    /// The codec as offered, and as we have it.
    fn codec<'a>(&'a self, theirs: &'a Media) -> Option<(&'a Format, &'a Format)> {
        let pairs = common(theirs.formats(), &self.caps.audio);
        let shared = |wish: &Format| pairs.iter().find(|(offered, _)| compatible(offered, wish));
        self.prefer.iter().find_map(shared).or_else(|| pairs.first()).copied()
    }

    /// `None` if the stream is not one that we pass through.
    fn video(&self, theirs: &Media) -> Option<(Media, AgreedVideo)> {
        let at = self.local.video.filter(|_| theirs.port != 0 && theirs.is_plain_rtp())?;
        let pairs = common(theirs.formats(), self.caps.video.as_deref()?);
        if pairs.is_empty() || !self.same_family(theirs, at) {
            return None;
        }
        let receive: Vec<Format> = pairs.iter().map(|(offered, our)| answered(our, offered)).collect();
        let send = pairs.iter().map(|(offered, _)| (*offered).clone()).collect();
        let direction = narrowed(self.direction, peers_direction(self.offer, theirs));
        let rtcp_mux = theirs.rtcp_mux && self.local.rtcp_mux;
        let (remote_rtp, remote_rtcp) = remote(self.offer, theirs, rtcp_mux);
        let protocol = theirs.protocol.clone();
        let stream = ours(MediaKind::Video, at, self.local, receive.clone());
        let media = Media { protocol, direction, rtcp_mux, ..stream };
        Some((media, AgreedVideo { remote_rtp, remote_rtcp, rtcp_mux, send, receive, direction }))
    }

    /// Whether packets from `at` can reach the peer. A name or an unspecified address says nothing of that.
    fn same_family(&self, theirs: &Media, at: SocketAddr) -> bool {
        match self.offer.address_of(theirs) {
            Some(Address::Ip(ip)) if !ip.is_unspecified() => {
                ip.to_canonical().is_ipv4() == at.ip().to_canonical().is_ipv4()
            }
            Some(Address::Ip(_) | Address::Name { .. }) | None => true,
        }
    }
}
