//! The frames of a file, one after the other or from any of them on. Nothing is decoded here.
//!
//! Going to a frame costs a bounded number of octets, however long the file:
//! - near a place that is known, frames are counted from there: exact;
//! - else, where the bit rate is constant, the place is computed, and holds if frames of that rate are there: exact;
//! - else it is estimated, by the encoder's table or by the mean. What is near an estimate is counted from it, so that short ways
//!   forward and back are as long as they should be.

use super::header::{HEADER, Header, Kind};
use super::places::{Place, Places};
use super::tag::Tag;
use super::window::{WINDOW, Window};
use std::io::Result;
use symphonia::core::io::MediaSource;

/// Octets that are counted through for one seek: a minute at 128 kbit/s, a millisecond's work.
pub(super) const SCAN_MAX: u64 = 1 << 20;
/// Octets between two frames that are none: tags and pictures where files were joined. With more the file has ended.
pub(super) const JUNK_MAX: u64 = 1 << 20;
/// Octets before the first frame that are none, in a file that says by its name that it is one.
const LEAD_IN_MAX: u64 = 64 * 1024;
/// Files that begin so are others', whatever their names.
const OTHERS: [&[u8]; 3] = [b"RIFF", b"fLaC", b"OggS"];
/// Frames that must follow each other for a place to be a frame's, where nothing else says so.
const CHAIN: usize = 3;
/// An estimate is made so many frames before what is sought: ways back are counted as far.
const LEAD: u64 = 256;
/// Parts of a file without a tag that are looked at when it is opened, each a window.
const PARTS: u64 = 32;
/// Frames that are looked at in each: they fit into its window, and padding shows among all of them.
const SAMPLE: u64 = 8;
/// Octets by which padding may shift a frame of a constant bit rate.
const SHIFT: u64 = 2;
/// Tags in front of all.
const TAGS_MAX: usize = 8;

/// See the module's documentation.
pub(super) struct Frames {
    window: Window,
    kind: Kind,
    /// Of all frames, if they have one.
    bits_per_s: Option<u32>,
    /// Whether frames are padded where that rate asks for it.
    pads: bool,
    /// Where the first frame is.
    first: u64,
    end: u64,
    next: Place,
    places: Places,
    pub(super) tag: Tag,
    /// How many there are. It may be wrong.
    pub(super) count: u64,
}

impl Frames {
    /// The frames of a source, or the source again, at its beginning, if it has none. `is_named` says that its name is an MP3's.
    pub(super) fn open(
        source: Box<dyn MediaSource>,
        is_named: bool,
    ) -> Result<core::result::Result<Self, Box<dyn MediaSource>>> {
        let mut window = Window::new(source);
        let Some(end) = window.length() else { return Ok(Err(window.into_source()?)) };
        let lead_in = if is_named { LEAD_IN_MAX } else { 1 };
        if OTHERS.contains(&window.at(0, 4)?) {
            return Ok(Err(window.into_source()?));
        }
        let start = skip_tags(&mut window, 0)?;
        let Some((start, header)) = find(&mut window, start, lead_in, None)? else {
            return Ok(Err(window.into_source()?));
        };
        let frame = window.at(start, header.size)?;
        let tag = Tag::read(frame, header, end.saturating_sub(start));
        let size = u64::try_from(header.size).unwrap_or(0);
        let at = if tag.is_some() { start + size } else { start };
        let tag = tag.unwrap_or_default();
        let bits_per_s = header_at(&mut window, at, header.kind)?.unwrap_or(header).bits_per_s;
        let survey = survey(&mut window, (at, end), header.kind)?;
        let mut table: Vec<u64> = tag.table.iter().map(|place| place.saturating_add(start).max(at)).collect();
        if table.len() < 2 {
            table = if tag.frames.is_some() { vec![at, end.max(at)] } else { survey.table };
        }
        let count = tag.frames.unwrap_or(survey.frames);
        let first = Place { frame: 0, at };
        Ok(Ok(Self {
            window,
            kind: header.kind,
            bits_per_s: Some(bits_per_s).filter(|_| !tag.varies && !survey.varies),
            pads: survey.pads,
            first: at,
            end,
            next: first,
            places: Places::new(first, table, count),
            tag,
            count,
        }))
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    /// The frame that is read next.
    pub(super) fn next(&self) -> Place {
        self.next
    }

    pub(super) fn places(&self) -> &Places {
        &self.places
    }

    /// What another reader of the same file has learnt.
    pub(super) fn learn(&mut self, places: Places) {
        self.places = places;
    }

    /// Puts the next frame into `frame`; false at the end.
    pub(super) fn read(&mut self, frame: &mut Vec<u8>) -> Result<bool> {
        let Some(header) = self.header()? else { return Ok(false) };
        let octets = self.window.at(self.next.at, header.size)?;
        if octets.len() < header.size {
            return Ok(false);
        }
        frame.clear();
        frame.extend_from_slice(octets);
        self.pass(header);
        Ok(true)
    }

    /// Goes to a frame, or to the end.
    pub(super) fn go_to(&mut self, frame: u64) -> Result<()> {
        let known = self.places.before(frame);
        let ahead = (frame - known.frame.min(frame)).saturating_mul(self.places.mean_size());
        if known.frame <= frame && ahead <= SCAN_MAX {
            self.next = known;
            if self.count_to(frame)? {
                return Ok(());
            }
        }
        if let Some(place) = self.by_rate(frame)? {
            self.places.begin(place);
            self.next = place;
            return Ok(());
        }
        self.by_estimate(frame)
    }

    /// Passes frames up to a number, or to the end; false if that is too far.
    fn count_to(&mut self, frame: u64) -> Result<bool> {
        let most = self.next.at.saturating_add(SCAN_MAX);
        while self.next.frame < frame {
            if self.next.at > most {
                return Ok(false);
            }
            let Some(header) = self.header()? else { return Ok(true) };
            self.pass(header);
        }
        Ok(true)
    }

    /// Where a frame is if all are of one bit rate.
    fn by_rate(&mut self, frame: u64) -> Result<Option<Place>> {
        let Some(bits_per_s) = self.bits_per_s else { return Ok(None) };
        let octets = u128::from(self.kind.samples() / 8) * u128::from(bits_per_s);
        let rate_hz = u128::from(self.kind.rate_hz);
        let ahead = match self.pads {
            true => u128::from(frame) * octets / rate_hz,
            false => u128::from(frame) * (octets / rate_hz),
        };
        let place = u64::try_from(ahead).unwrap_or(u64::MAX).saturating_add(self.first);
        for at in place.saturating_sub(SHIFT).max(self.first)..=place.saturating_add(SHIFT).min(self.end) {
            let header = header_at(&mut self.window, at, self.kind)?;
            let Some(header) = header.filter(|header| header.bits_per_s == bits_per_s) else { continue };
            if follow(&mut self.window, at, header, Some(bits_per_s))? {
                return Ok(Some(Place { frame, at }));
            }
        }
        Ok(None)
    }

    fn by_estimate(&mut self, frame: u64) -> Result<()> {
        let at = self.places.estimate(frame.saturating_sub(LEAD)).max(self.first);
        let Some((at, _)) = find(&mut self.window, at, JUNK_MAX, Some(self.kind))? else {
            self.next = Place { frame, at: self.end };
            return Ok(());
        };
        self.next = Place { frame: self.places.frame_at(at).min(frame), at };
        self.places.begin(self.next);
        if !self.count_to(frame)? {
            // It was an estimate before, and is one now.
            self.next.frame = frame;
            self.places.begin(self.next);
        }
        Ok(())
    }

    /// That of the next frame, which may stand behind something else; none at the end.
    fn header(&mut self) -> Result<Option<Header>> {
        if let Some(header) = header_at(&mut self.window, self.next.at, self.kind)? {
            return Ok(Some(header));
        }
        let from = skip_tags(&mut self.window, self.next.at)?;
        let Some((at, header)) = find(&mut self.window, from, JUNK_MAX, Some(self.kind))? else {
            return Ok(None);
        };
        let moved = Place { at, ..self.next };
        self.places.moved(self.next, moved);
        self.next = moved;
        Ok(Some(header))
    }

    fn pass(&mut self, header: Header) {
        let size = u64::try_from(header.size).unwrap_or(u64::MAX);
        let behind =
            Place { frame: self.next.frame.saturating_add(1), at: self.next.at.saturating_add(size) };
        self.places.passed(self.next, behind);
        self.next = behind;
    }
}

/// What some frames all over the file show.
struct Survey {
    varies: bool,
    pads: bool,
    frames: u64,
    /// Octets at equal parts of the time.
    table: Vec<u64>,
}

fn survey(window: &mut Window, (first, end): (u64, u64), kind: Kind) -> Result<Survey> {
    let all = end.saturating_sub(first);
    if all <= PARTS * WINDOW as u64 {
        return counted(window, (first, end), kind);
    }
    let place = |part: u64| first.saturating_add(all / PARTS * part);
    let (mut rates, mut padded) = (Vec::new(), 0);
    // Frames up to the end of each part, in 1024ths.
    let (mut sums, mut frames) = (vec![0u64], 0u64);
    for part in 0..PARTS {
        let found = find(window, place(part), LEAD_IN_MAX, Some(kind))?;
        let (mut count, mut octets, mut next) = (0u64, 0u64, found);
        while let Some((at, header)) = next.filter(|_| count < SAMPLE) {
            let size = u64::try_from(header.size).unwrap_or(u64::MAX);
            (count, octets) = (count + 1, octets.saturating_add(size));
            padded += u32::from(header.is_padded);
            rates.push(header.bits_per_s);
            let behind = at.saturating_add(size);
            next = header_at(window, behind, kind)?.map(|header| (behind, header));
        }
        let width = if part + 1 < PARTS { all / PARTS } else { end.saturating_sub(place(part)) };
        frames = frames.saturating_add(width.saturating_mul(count * 1_024) / octets.max(1));
        sums.push(frames);
    }
    let varies = rates.iter().any(|rate| Some(rate) != rates.first());
    Ok(Survey {
        varies,
        pads: padded > 0,
        frames: frames.div_ceil(1_024),
        table: by_time(&sums, &|part| place(part).min(end), end),
    })
}

/// As much is read of a short file to count it.
fn counted(window: &mut Window, (first, end): (u64, u64), kind: Kind) -> Result<Survey> {
    let (mut at, mut frames) = (first, 0);
    while let Some(header) = header_at(window, at, kind)? {
        (at, frames) = (at.saturating_add(u64::try_from(header.size).unwrap_or(u64::MAX)), frames + 1);
    }
    let all = end.saturating_sub(first);
    // What follows something else is taken to be as dense.
    let frames = frames * all.max(1) / at.saturating_sub(first).max(1);
    Ok(Survey { varies: true, pads: false, frames, table: vec![first, end.max(first)] })
}

/// A table of frames at equal parts of the octets as one of octets at equal parts of the frames.
fn by_time(sums: &[u64], place: &dyn Fn(u64) -> u64, end: u64) -> Vec<u64> {
    let parts = (sums.len() as u64).saturating_sub(1);
    let frames = sums.last().copied().unwrap_or(0);
    let octet = |frame: u64| {
        let part = sums.partition_point(|sum| *sum <= frame).saturating_sub(1);
        let (Some(from), Some(to)) = (sums.get(part), sums.get(part + 1)) else { return end };
        let (begin, behind) =
            (place(part as u64), if part as u64 + 1 < parts { place(part as u64 + 1) } else { end });
        let ahead = u128::from(behind.saturating_sub(begin)) * u128::from(frame - from)
            / u128::from((to - from).max(1));
        begin.saturating_add(u64::try_from(ahead).unwrap_or(0))
    };
    let frame = |part: u64| {
        u64::try_from(u128::from(frames) * u128::from(part) / u128::from(parts.max(1))).unwrap_or(frames)
    };
    (0..=parts).map(|part| octet(frame(part))).collect()
}

/// The header of a frame of a kind at a place.
fn header_at(window: &mut Window, at: u64, kind: Kind) -> Result<Option<Header>> {
    Ok(Header::parse(window.at(at, HEADER)?).filter(|header| header.kind == kind))
}

/// The first place of so many that is a frame's.
fn find(window: &mut Window, from: u64, places: u64, kind: Option<Kind>) -> Result<Option<(u64, Header)>> {
    for at in from..from.saturating_add(places) {
        let octets = window.at(at, HEADER)?;
        if octets.len() < HEADER {
            return Ok(None);
        }
        let Some(header) = Header::parse(octets).filter(|header| kind.is_none_or(|kind| header.kind == kind))
        else {
            continue;
        };
        if follow(window, at, header, None)? {
            return Ok(Some((at, header)));
        }
    }
    Ok(None)
}

/// Whether frames follow a header, of one bit rate if it is given. At the end of the file fewer will do.
fn follow(window: &mut Window, at: u64, header: Header, bits_per_s: Option<u32>) -> Result<bool> {
    let (mut at, mut header) = (at, header);
    for _ in 0..CHAIN {
        at = at.saturating_add(u64::try_from(header.size).unwrap_or(u64::MAX));
        let octets = window.at(at, HEADER)?;
        if octets.len() < HEADER || octets.starts_with(b"TAG") || octets.starts_with(b"ID3") {
            return Ok(true);
        }
        let next = Header::parse(octets).filter(|next| next.kind == header.kind);
        let Some(next) = next.filter(|next| bits_per_s.is_none_or(|rate| next.bits_per_s == rate)) else {
            return Ok(false);
        };
        header = next;
    }
    Ok(true)
}

/// Behind the ID3v2 tags at a place (id3.org, ID3v2.4 §3.1: the size has seven bits in each of four octets).
fn skip_tags(window: &mut Window, from: u64) -> Result<u64> {
    let mut at = from;
    for _ in 0..TAGS_MAX {
        let &[b'I', b'D', b'3', _, _, flags, a, b, c, d] = window.at(at, 10)? else { break };
        let size = [a, b, c, d].iter().fold(0u64, |size, octet| size << 7 | u64::from(octet & 0x7F));
        let footer = if flags & 0x10 != 0 { 10 } else { 0 };
        at = at.saturating_add(10 + size + footer);
    }
    Ok(at)
}
