//! Our offers (RFC 3264 §5, §8).

use crate::payload::{DYNAMIC, compatible, is_codec, is_noise};
use crate::stream::{empty, event_formats, ours, refused, versioned};
use crate::{Capabilities, Local, Media, MediaKind, SessionDescription};
use cordboard_base::{Direction, Format};
use core::net::SocketAddr;

/// An offer of what `caps` has, at the addresses of `local`. A later one in a dialog keeps the media lines and the payload
/// numbers of `previous`, our last description (RFC 3264 §8, §8.3.2); a stream that `local` has no address for is removed.
pub fn offer(
    local: &Local,
    caps: &Capabilities,
    direction: Direction,
    previous: Option<&SessionDescription>,
) -> SessionDescription {
    let mut ours = empty(local);
    let before = previous.map_or(&[][..], |previous| &previous.media[..]);
    let audio_slot = slot(before, &MediaKind::Audio);
    let video_slot = slot(before, &MediaKind::Video);
    let audio = |at, before: Option<&Media>| audio_stream(at, local, caps, direction, before);
    let video = |at, before: Option<&Media>| video_stream(at, local, caps, direction, before);
    for (index, old) in before.iter().enumerate() {
        let stream = if audio_slot == Some(index) {
            local.audio.map(|at| audio(at, Some(old)))
        } else if video_slot == Some(index) {
            local.video.and_then(|at| video(at, Some(old)))
        } else {
            None
        };
        ours.media.push(stream.unwrap_or_else(|| refused(old)));
    }
    if audio_slot.is_none() {
        ours.media.extend(local.audio.map(|at| audio(at, None)));
    }
    if video_slot.is_none() {
        ours.media.extend(local.video.and_then(|at| video(at, None)));
    }
    // A dialog whose streams were all of kinds that we refuse could grow past the limit: the peer would not read it.
    ours.media.truncate(SessionDescription::MEDIA_MAX.max(before.len()));
    versioned(ours, previous)
}

/// The line of an earlier description that a kind's stream stands in: the active one, else a removed one, which may be used
/// again (RFC 3264 §8.1).
fn slot(before: &[Media], kind: &MediaKind) -> Option<usize> {
    let fits = |media: &Media| media.kind == *kind && media.is_plain_rtp();
    before.iter().position(|media| fits(media) && media.port != 0).or_else(|| before.iter().position(fits))
}

fn audio_stream(
    at: SocketAddr,
    local: &Local,
    caps: &Capabilities,
    direction: Direction,
    before: Option<&Media>,
) -> Media {
    let mut numbers = Numbers::after(before);
    let codecs = caps.audio.iter().filter(|format| is_codec(format));
    let mut formats: Vec<Format> = codecs.filter_map(|format| numbers.numbered(format)).collect();
    let events = if caps.telephone_event {
        event_formats(&formats, |event| numbers.number(event))
    } else {
        Vec::new()
    };
    formats.extend(caps.audio.iter().filter(|format| is_noise(format)).filter_map(|f| numbers.numbered(f)));
    formats.extend(events);
    let ptime_ms = Some(caps.ptime_ms);
    let protocol = protocol_of(before);
    Media { ptime_ms, direction, protocol, ..ours(MediaKind::Audio, at, local, formats) }
}

/// `None` if there is nothing to pass through.
fn video_stream(
    at: SocketAddr,
    local: &Local,
    caps: &Capabilities,
    direction: Direction,
    before: Option<&Media>,
) -> Option<Media> {
    let mut numbers = Numbers::after(before);
    let codecs = caps.video.iter().flatten().filter(|format| is_codec(format));
    let formats: Vec<Format> = codecs.filter_map(|format| numbers.numbered(format)).collect();
    if formats.is_empty() {
        return None;
    }
    let protocol = protocol_of(before);
    Some(Media { direction, protocol, ..ours(MediaKind::Video, at, local, formats) })
}

fn protocol_of(before: Option<&Media>) -> String {
    before.map_or_else(|| "RTP/AVP".to_owned(), |media| media.protocol.clone())
}

/// Hands out payload numbers: an encoding keeps the number that it had, and no number gets another meaning within a session
/// (RFC 3264 §8.3.2).
struct Numbers<'a> {
    before: &'a [Format],
    taken: Vec<u8>,
}

impl<'a> Numbers<'a> {
    fn after(before: Option<&'a Media>) -> Self {
        Self { before: before.map_or(&[], Media::formats), taken: Vec::new() }
    }

    fn numbered(&mut self, format: &Format) -> Option<Format> {
        if self.taken.len() >= SessionDescription::FORMATS_MAX {
            return None;
        }
        Some(Format { payload_type: self.number(format)?, ..format.clone() })
    }

    /// `None` if no number is left, or a static one is asked for twice.
    fn number(&mut self, format: &Format) -> Option<u8> {
        let number = self.choose(format)?;
        self.taken.push(number);
        Some(number)
    }

    fn choose(&self, format: &Format) -> Option<u8> {
        let taken = |number: u8| self.taken.contains(&number);
        let had = self.before.iter().find(|old| compatible(old, format) && !taken(old.payload_type));
        if let Some(had) = had {
            return Some(had.payload_type);
        }
        let free =
            |number: &u8| !taken(*number) && !self.before.iter().any(|old| old.payload_type == *number);
        if free(&format.payload_type) {
            return Some(format.payload_type);
        }
        if DYNAMIC.contains(&format.payload_type) { DYNAMIC.clone().find(free) } else { None }
    }
}
