//! Packets into pages of an Ogg stream (RFC 3533 §6). A page is whole packets: none goes on in the next, so that a file which was
//! cut off anywhere ends with a packet.

/// A page's header without its table of segments.
const HEADER_SIZE: usize = 27;
/// Segments of a page, of 255 bytes each at most.
const SEGMENTS_MAX: usize = 255;
const SEGMENT: usize = 255;
/// Where the checksum stands in a page.
const CHECKSUM_AT: core::ops::Range<usize> = 22..26;

/// A page's place in its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    First,
    Middle,
    Last,
}

/// Pages of one logical stream.
#[derive(Clone, Debug)]
pub(crate) struct Pages {
    serial: u32,
    sequence: u32,
    /// The lacing values of the packets that wait for their page.
    segments: Vec<u8>,
    packets: Vec<u8>,
}

impl Pages {
    pub(crate) fn new(serial: u32) -> Self {
        Self { serial, sequence: 0, segments: Vec::new(), packets: Vec::new() }
    }

    /// Whether one more packet of this size has room on the page.
    pub(crate) fn fits(&self, size: usize) -> bool {
        self.segments.len() + size / SEGMENT < SEGMENTS_MAX
    }

    /// Puts a packet onto the page; false if it has no room there, and is left out.
    pub(crate) fn put(&mut self, packet: &[u8]) -> bool {
        if !self.fits(packet.len()) {
            return false;
        }
        // A packet whose size is a multiple of 255 ends with a segment of none (RFC 3533 §5).
        self.segments.resize(self.segments.len() + packet.len() / SEGMENT, u8::MAX);
        self.segments.push(u8::try_from(packet.len() % SEGMENT).unwrap_or(0));
        self.packets.extend_from_slice(packet);
        true
    }

    /// Ends the page and appends it to `bytes`. `granule` is the stream's time at its end.
    pub(crate) fn end(&mut self, place: Place, granule: u64, bytes: &mut Vec<u8>) {
        let flags: u8 = match place {
            Place::First => 0x02,
            Place::Middle => 0x00,
            Place::Last => 0x04,
        };
        let start = bytes.len();
        bytes.reserve(HEADER_SIZE + self.segments.len() + self.packets.len());
        bytes.extend_from_slice(b"OggS\0");
        bytes.push(flags);
        bytes.extend_from_slice(&granule.to_le_bytes());
        bytes.extend_from_slice(&self.serial.to_le_bytes());
        bytes.extend_from_slice(&self.sequence.to_le_bytes());
        bytes.extend_from_slice(&[0; 4]);
        bytes.push(u8::try_from(self.segments.len()).unwrap_or(u8::MAX));
        bytes.append(&mut self.segments);
        bytes.append(&mut self.packets);
        self.sequence = self.sequence.wrapping_add(1);
        let page = bytes.get_mut(start..).unwrap_or_default();
        let checksum = checksum(page);
        if let Some(place) = page.get_mut(CHECKSUM_AT) {
            place.copy_from_slice(&checksum.to_le_bytes());
        }
    }
}

/// The CRC of a page whose checksum field is zero: 0x04C11DB7, not reflected, from zero, not inverted (RFC 3533 §6).
fn checksum(page: &[u8]) -> u32 {
    page.iter().fold(0, |crc, byte| {
        let at = usize::try_from(crc >> 24).unwrap_or(0) ^ usize::from(*byte);
        (crc << 8) ^ TABLE.get(at).copied().unwrap_or(0)
    })
}

static TABLE: [u32; 256] = table();

#[allow(clippy::indexing_slicing, reason = "a constant: what is out of bounds does not compile")]
const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    let mut first = 0_u32;
    while byte < table.len() {
        let mut crc = first << 24;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 0x8000_0000 == 0 { crc << 1 } else { (crc << 1) ^ 0x04C1_1DB7 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
        first += 1;
    }
    table
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A page as it is read back.
    #[derive(Debug, PartialEq, Eq)]
    pub(crate) struct Page {
        pub(crate) flags: u8,
        pub(crate) granule: u64,
        pub(crate) serial: u32,
        pub(crate) sequence: u32,
        pub(crate) packets: Vec<Vec<u8>>,
    }

    /// All pages of a stream, each with a checksum computed bit by bit; what is left when one is cut off.
    pub(crate) fn read(mut bytes: &[u8]) -> (Vec<Page>, usize) {
        let mut pages = Vec::new();
        while let Some(count) = bytes.get(26).map(|count| usize::from(*count)) {
            let body = HEADER_SIZE + count;
            let Some(table) = bytes.get(HEADER_SIZE..body) else { break };
            let size = table.iter().map(|segment| usize::from(*segment)).sum::<usize>();
            let Some(page) = bytes.get(..body + size) else { break };
            assert_eq!(&page[..5], b"OggS\0");
            let word = |at: usize| u32::from_le_bytes(page[at..at + 4].try_into().unwrap());
            let mut zeroed = page.to_vec();
            zeroed[CHECKSUM_AT].fill(0);
            assert_eq!(word(22), bitwise(&zeroed), "checksum");
            let (mut packets, mut packet, mut at) = (Vec::new(), Vec::new(), body);
            for segment in &page[HEADER_SIZE..body] {
                packet.extend_from_slice(&page[at..at + usize::from(*segment)]);
                at += usize::from(*segment);
                if *segment < 255 {
                    packets.push(core::mem::take(&mut packet));
                }
            }
            assert!(packet.is_empty(), "a packet that goes on in the next page");
            let granule = u64::from_le_bytes(page[6..14].try_into().unwrap());
            pages.push(Page { flags: page[5], granule, serial: word(14), sequence: word(18), packets });
            bytes = &bytes[body + size..];
        }
        (pages, bytes.len())
    }

    fn bitwise(bytes: &[u8]) -> u32 {
        bytes.iter().fold(0_u32, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte) << 24, |crc, _| {
                (crc << 1) ^ if crc >> 31 == 1 { 0x04C1_1DB7 } else { 0 }
            })
        })
    }

    #[test]
    fn packets_of_every_size_come_back_as_they_were() {
        let packets: Vec<Vec<u8>> = [0, 1, 254, 255, 256, 509, 510, 511].map(|size| vec![7; size]).to_vec();
        let (mut pages, mut bytes) = (Pages::new(0x0102_0304), Vec::new());
        assert!(packets.iter().all(|packet| pages.put(packet)));
        pages.end(Place::First, u64::MAX - 1, &mut bytes);
        pages.end(Place::Last, 5, &mut bytes);
        let (read, rest) = read(&bytes);
        assert_eq!(rest, 0);
        let (serial, granule) = (0x0102_0304, u64::MAX - 1);
        assert_eq!(read[0], Page { flags: 2, granule, serial, sequence: 0, packets });
        assert_eq!(read[1], Page { flags: 4, granule: 5, serial, sequence: 1, packets: Vec::new() });
    }

    #[test]
    fn a_page_takes_255_segments_and_not_one_more() {
        let mut pages = Pages::new(1);
        assert!((0..255).all(|_| pages.put(&[1])) && !pages.put(&[]));
        let mut pages = Pages::new(1);
        assert!(!pages.put(&vec![0; 255 * 255]) && pages.put(&vec![0; 255 * 255 - 1]));
        let mut bytes = Vec::new();
        pages.end(Place::Middle, 0, &mut bytes);
        assert_eq!(read(&bytes).0[0].packets[0].len(), 255 * 255 - 1);
    }
}
