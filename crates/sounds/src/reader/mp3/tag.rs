//! What an encoder says of the whole file in a frame of its own before the first: Xing's tag ("Xing" where the bit rate varies, "Info"
//! where it does not) with LAME's extension, or Fraunhofer's "VBRI". All of it may be wrong, and is only ever an estimate.

use super::header::{HEADER, Header};

/// Points of Xing's table: the place at each hundredth of the time, in 256ths of the octets.
const XING_POINTS: usize = 100;
/// Where VBRI stands behind the header, whatever the side information.
const VBRI_AT: usize = 32;
/// Samples that a decoder is late by.
const DECODER_DELAY: u32 = 529;

/// See the module's documentation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tag {
    /// Frames behind the tag's.
    pub(super) frames: Option<u64>,
    /// Octets from an equal part of the time to the next, counted from the tag's frame; at least two, rising.
    pub(super) table: Vec<u64>,
    /// The encoder did not keep one bit rate.
    pub(super) varies: bool,
    /// Samples at the beginning and at the end that were not in what was encoded.
    pub(super) delay: u32,
    pub(super) padding: u32,
}

impl Tag {
    /// None: the frame is one of sound. `rest` is how many octets there are from its beginning to the file's end.
    pub(super) fn read(frame: &[u8], header: Header, rest: u64) -> Option<Self> {
        xing(frame, header, rest).or_else(|| vbri(frame, rest))
    }
}

fn xing(frame: &[u8], header: Header, rest: u64) -> Option<Tag> {
    let mut fields = Fields(frame.get(HEADER + header.kind.side_information()..)?);
    let name = fields.take(4)?;
    if name != b"Xing" && name != b"Info" {
        return None;
    }
    let mut tag = Tag { varies: name == b"Xing", ..Tag::default() };
    let flags = fields.u32()?;
    let told = |fields: &mut Fields<'_>, flag: u32| (flags & flag != 0).then(|| fields.u32()).flatten();
    tag.frames = told(&mut fields, 1).filter(|frames| *frames > 0).map(u64::from);
    let octets = told(&mut fields, 2).filter(|octets| *octets > 0).map_or(rest, u64::from).min(rest);
    if flags & 4 != 0 {
        let points = fields.take(XING_POINTS)?;
        let place = |point: &u8| octets * u64::from(*point) / 256;
        tag.table = rising(points.iter().map(place).chain([octets]).collect());
    }
    told(&mut fields, 8);
    lame(&mut fields, &mut tag);
    Some(tag)
}

/// LAME's extension, which libavcodec writes as well: nine letters of a name, and at 21 octets twice twelve bits.
fn lame(fields: &mut Fields<'_>, tag: &mut Tag) {
    let Some(&[a, b, c, d, ..]) = fields.take(21) else { return };
    let Some(&[x, y, z]) = fields.take(3) else { return };
    if [b"LAME", b"Lavf", b"Lavc"].contains(&&[a, b, c, d]) {
        let (delay, padding) = (u32::from(x) << 4 | u32::from(y) >> 4, u32::from(y & 15) << 8 | u32::from(z));
        (tag.delay, tag.padding) = (delay + DECODER_DELAY, padding.saturating_sub(DECODER_DELAY));
    }
}

fn vbri(frame: &[u8], rest: u64) -> Option<Tag> {
    let mut fields = Fields(frame.get(HEADER + VBRI_AT..)?);
    // Its version is 1; delay and quality follow.
    if fields.take(4)? != b"VBRI" || fields.u16()? != 1 || fields.take(4).is_none() {
        return None;
    }
    let (_octets, frames) = (fields.u32()?, fields.u32()?);
    let (count, scale, size, _frames_each) = (fields.u16()?, fields.u16()?, fields.u16()?, fields.u16()?);
    let mut tag =
        Tag { frames: Some(u64::from(frames)).filter(|frames| *frames > 0), varies: true, ..Tag::default() };
    // Each entry is how many octets the next part of the time takes, in one to four octets.
    let mut at = u64::try_from(frame.len()).unwrap_or(0);
    let mut table = vec![at.min(rest)];
    for _ in 0..count {
        let Some(entry) = fields.take(usize::from(size.clamp(1, 4))) else { break };
        let value = entry.iter().fold(0u64, |value, octet| value << 8 | u64::from(*octet));
        at = at.saturating_add(value * u64::from(scale)).min(rest);
        table.push(at);
    }
    tag.table = rising(table);
    Some(tag)
}

/// A table that is none is left out.
fn rising(table: Vec<u64>) -> Vec<u64> {
    let rises = table.windows(2).all(|pair| pair.first() <= pair.last());
    if rises && table.len() > 1 && table.first() < table.last() { table } else { Vec::new() }
}

/// Octets, read one after the other.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OCTETS: [u8; 4] = [0xFF, 0xFB, 0x90, 0xC0];

    fn read(place: usize, content: &[u8]) -> Option<Tag> {
        let mut frame = vec![0; 417];
        frame[..4].copy_from_slice(&OCTETS);
        frame[place..place + content.len()].copy_from_slice(content);
        Tag::read(&frame, Header::parse(&OCTETS).unwrap(), 1_000_000)
    }

    #[test]
    fn xings_tag_has_length_table_and_lames_delays() {
        let mut content = b"Xing\0\0\0\x0F\0\0\x03\xE8\0\x04\0\0".to_vec();
        content.extend((0..100).map(|n| n * 2));
        content.extend(b"\0\0\0\x50LAME3.100");
        content.extend([0; 12]);
        content.extend([0x24, 0x04, 0x65]);
        let tag = read(21, &content).unwrap();
        assert_eq!((tag.frames, tag.varies), (Some(1_000), true));
        assert_eq!((tag.delay, tag.padding), (0x240 + 529, 0x465 - 529));
        assert_eq!(tag.table.len(), 101);
        assert_eq!((tag.table[50], tag.table[100]), (262_144 * 100 / 256, 262_144));
        assert!(!read(21, b"Info\0\0\0\0").unwrap().varies);
    }

    #[test]
    fn fraunhofers_tag_has_the_size_of_each_part() {
        let content = b"VBRI\0\x01\0\0\0\0\0\0\x10\0\0\0\x01\0\0\x03\0\x02\0\x02\0\x55\0\x0A\0\x14\0\x1E";
        let tag = read(36, content).unwrap();
        assert_eq!((tag.frames, tag.varies), (Some(256), true));
        assert_eq!(tag.table, [417, 437, 477, 537]);
    }

    #[test]
    fn what_is_wrong_is_left_out() {
        assert_eq!(read(21, b""), None);
        assert_eq!(read(36, b"VBRI\0\x02"), None);
        let mut falls = b"Xing\0\0\0\x04".to_vec();
        falls.extend((0..100).rev());
        assert_eq!(read(21, &falls).unwrap().table, [] as [u64; 0]);
        let flat = [b"Xing\0\0\0\x05\0\0\0\0".to_vec(), vec![0; 100]].concat();
        let tag = read(21, &flat).unwrap();
        assert_eq!(
            (tag.frames, tag.table.len()),
            (None, 101),
            "all of it in the last part: strange, and possible"
        );
    }
}
