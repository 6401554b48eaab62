use super::frames::{Frames, JUNK_MAX, SCAN_MAX};
use super::header::Header;
use super::window::WINDOW;
use super::*;
use crate::{Long, Reader, Stream};
use proptest::prelude::*;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What one seek reads at most: frames counted up to a place that was known and from one that was estimated, what lay between them,
/// and the windows that stand over the edges.
const SEEK_MAX: u64 = 2 * SCAN_MAX + JUNK_MAX + 16 * WINDOW as u64;

/// A file that is computed as it is read: `sizes` says what the n-th part holds.
struct Made {
    head: Vec<u8>,
    /// A part's octets, over and over.
    parts: Vec<(Vec<u8>, u64)>,
    length: u64,
    at: u64,
    count: Arc<AtomicU64>,
}

impl Made {
    /// Frames of these headers, each so often in a row, one list after the other.
    fn new(head: Vec<u8>, parts: &[([u8; 4], u64)]) -> Self {
        let frames: Vec<(Vec<u8>, u64)> =
            parts.iter().map(|(header, count)| (frame(*header), *count)).collect();
        let length =
            head.len() as u64 + frames.iter().map(|(frame, count)| frame.len() as u64 * count).sum::<u64>();
        Self { head, parts: frames, length, at: 0, count: Arc::default() }
    }

    #[allow(clippy::cast_possible_truncation, reason = "both are below the size of a part")]
    fn octet(&self, at: u64) -> u8 {
        let mut at = match at.checked_sub(self.head.len() as u64) {
            Some(rest) => rest,
            None => return self.head[at as usize],
        };
        for (part, count) in &self.parts {
            let size = part.len() as u64;
            if at < size * count {
                return part[(at % size) as usize];
            }
            at -= size * count;
        }
        0
    }
}

impl Read for Made {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = buffer.len().min(usize::try_from(self.length.saturating_sub(self.at)).unwrap());
        for (n, octet) in buffer[..count].iter_mut().enumerate() {
            *octet = self.octet(self.at + n as u64);
        }
        self.at += count as u64;
        self.count.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

impl Seek for Made {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        let SeekFrom::Start(at) = to else { panic!("{to:?}") };
        self.at = at;
        Ok(at)
    }
}

impl MediaSource for Made {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.length)
    }
}

/// A frame of silence.
fn frame(header: [u8; 4]) -> Vec<u8> {
    let mut frame = vec![0; Header::parse(&header).unwrap().size];
    frame[..4].copy_from_slice(&header);
    frame
}

/// 44,100 Hz, one channel: 128, 32 and 320 kbit/s; 48,000 Hz at 128.
const MIDDLE: [u8; 4] = [0xFF, 0xFB, 0x90, 0xC0];
const LOW: [u8; 4] = [0xFF, 0xFB, 0x10, 0xC0];
const HIGH: [u8; 4] = [0xFF, 0xFB, 0xE0, 0xC0];
const EVEN: [u8; 4] = [0xFF, 0xFB, 0x94, 0xC0];

fn frames(made: Made) -> (Frames, Arc<AtomicU64>) {
    let count = Arc::clone(&made.count);
    let Ok(frames) = Frames::open(Box::new(made), true).unwrap() else { panic!("no frames") };
    (frames, count)
}

#[test]
fn a_seek_in_ten_hours_reads_a_bounded_number_of_octets() {
    let hours = 10 * 3_600 * 44_100 / 1_152;
    let each = hours / 40;
    let mixed: Vec<([u8; 4], u64)> = (0..40).map(|n| ([LOW, HIGH, MIDDLE][n % 3], each)).collect();
    let files = [
        ("one rate", vec![(MIDDLE, hours)]),
        ("one rate without padding", vec![(EVEN, hours)]),
        ("a rate that varies, and no tag", mixed),
    ];
    for (what, parts) in files {
        let (mut frames, count) = frames(Made::new(Vec::new(), &parts));
        assert!(count.load(Ordering::Relaxed) < 48 * WINDOW as u64, "{what}: opened");
        let all = frames.count;
        for frame in [all / 2, all - 10, 5, all / 3, all / 3 + 2, all / 3 - 90, all - 1, 0, all * 9 / 10] {
            let before = count.load(Ordering::Relaxed);
            frames.go_to(frame).unwrap();
            let read = count.load(Ordering::Relaxed) - before;
            assert!(read <= SEEK_MAX, "{what}: {read} octets for frame {frame}");
            assert_eq!(frames.next().frame, frame, "{what}");
        }
    }
}

#[test]
fn a_constant_rate_is_sought_exactly_and_cheaply() {
    for header in [MIDDLE, EVEN] {
        let size = frame(header).len() as u64;
        let (mut frames, count) = frames(Made::new(Vec::new(), &[(header, 1_000_000)]));
        for wanted in [999_999, 0, 500_000, 250_001, 7] {
            let before = count.load(Ordering::Relaxed);
            frames.go_to(wanted).unwrap();
            let read = count.load(Ordering::Relaxed) - before;
            assert!(read <= 3 * WINDOW as u64, "{read} octets for frame {wanted}");
            assert_eq!((frames.next().frame, frames.next().at), (wanted, size * wanted));
            assert!(frames.read(&mut Vec::new()).unwrap(), "{wanted}");
        }
    }
}

/// Encoders pad some frames, so that the rate is met.
#[test]
fn frames_are_found_whichever_are_padded() {
    let (mut file, mut places, mut octets) = (Vec::new(), Vec::new(), 0u64);
    for n in 1..=20_000u64 {
        places.push(file.len() as u64);
        let padded = n * 1_152 / 8 * 128_000 / 44_100 - octets > 417;
        file.extend(frame([0xFF, 0xFB, if padded { 0x92 } else { 0x90 }, 0xC0]));
        octets = file.len() as u64;
    }
    let Ok(mut frames) = Frames::open(Box::new(Cursor::new(file)), false).unwrap() else { panic!() };
    for wanted in [19_000usize, 12_345, 4_000, 18_999, 0] {
        frames.go_to(wanted as u64).unwrap();
        assert_eq!(frames.next().at, places[wanted], "{wanted}");
    }
}

#[test]
fn what_is_near_is_counted_up_to_the_limit_and_estimated_past_it() {
    // A rate that varies: the first frames are small, so that the mean misleads.
    let parts = [(LOW, 20_000), (HIGH, 20_000)];
    let low = frame(LOW).len() as u64;
    let (mut frames, _) = frames(Made::new(Vec::new(), &parts));
    let near = SCAN_MAX / low.max(frames.places().mean_size());
    frames.go_to(near).unwrap();
    assert_eq!(frames.next().at, near * low, "counted");
    let mut passed = Vec::new();
    while frames.next().frame < 20_050 {
        assert!(frames.read(&mut passed).unwrap());
    }
    for wanted in [3, 9_999, 20_001, 20_049] {
        frames.go_to(wanted).unwrap();
        let expected = wanted.min(20_000) * low + wanted.saturating_sub(20_000) * frame(HIGH).len() as u64;
        assert_eq!(frames.next().at, expected, "what was read on is known");
    }
    frames.go_to(39_000).unwrap();
    assert_eq!(frames.next().frame, 39_000);
    // From an estimate on, and some way back, ways are exact.
    let there = frames.next().at;
    frames.go_to(38_900).unwrap();
    assert_eq!(there - frames.next().at, 100 * frame(HIGH).len() as u64);
}

#[test]
fn a_table_leads_to_where_the_encoder_says() {
    // The first half of the time takes a tenth of the octets.
    let (count, low, high) = (100_000u64, frame(LOW).len() as u64, frame(HIGH).len() as u64);
    let mut tag = frame(MIDDLE);
    let octets = tag.len() as u64 + count * (low + high);
    let mut content = b"Xing\0\0\0\x07".to_vec();
    content.extend(u32::try_from(2 * count).unwrap().to_be_bytes());
    content.extend(u32::try_from(octets).unwrap().to_be_bytes());
    let at = |hundredth: u64| 2 * count * hundredth / 100;
    let place = |frame: u64| frame.min(count) * low + frame.saturating_sub(count) * high;
    content.extend((0..100).map(|n| u8::try_from(place(at(n)) * 256 / octets).unwrap()));
    tag[21..21 + content.len()].copy_from_slice(&content);
    let (mut frames, _) = frames(Made::new(tag, &[(LOW, count), (HIGH, count)]));
    assert_eq!(frames.count, 2 * count);
    for hundredth in [10, 40, 60, 75, 99] {
        frames.go_to(at(hundredth)).unwrap();
        let found = frames.next().at;
        let expected = place(at(hundredth));
        // A step of the table is a 256th of the file.
        assert!(found.abs_diff(expected) < octets / 256 + high * 600, "{hundredth}: {found} for {expected}");
    }
}

#[test]
fn tags_and_pictures_between_joined_files_are_passed_over_up_to_a_limit() {
    let tag = |size: u32| {
        let bits = [size >> 21, size >> 14, size >> 7, size].map(|part| u8::try_from(part & 0x7F).unwrap());
        [b"ID3\x04\0\0".to_vec(), bits.to_vec(), vec![0xFF; size as usize]].concat()
    };
    let one = frame(MIDDLE).repeat(50);
    let junk = vec![0x55; usize::try_from(JUNK_MAX).unwrap() - 1];
    let file = [tag(3_000), one.clone(), tag(2_000_000), one.clone(), junk.clone(), one.clone()].concat();
    let all = |file: Vec<u8>| {
        let Ok(mut frames) = Frames::open(Box::new(Cursor::new(file)), false).unwrap() else { panic!() };
        let mut frame = Vec::new();
        while frames.read(&mut frame).unwrap() {}
        frames.next().frame
    };
    assert_eq!(all(file), 150);
    let past = [one.clone(), junk, vec![0x55], one].concat();
    assert_eq!(all(past), 50, "so much else is the end");
}

#[test]
fn other_files_are_given_back_as_they_were() {
    for bytes in
        [&b"RIFF\0\0\0\0WAVE"[..], b"OggS", b"", b"ID3", &[0xFF, 0xFB, 0x90, 0xC0, 1, 2, 3], &[0; 70_000]]
    {
        let given = Frames::open(Box::new(Cursor::new(bytes.to_vec())), true).unwrap();
        let Err(mut source) = given else {
            assert_eq!(bytes.len(), 7, "a header at the very end is a frame that was cut off");
            continue;
        };
        let mut again = Vec::new();
        source.read_to_end(&mut again).unwrap();
        assert_eq!(again, bytes);
    }
}

/// What is decoded for a block anywhere is as much as for the first, and the way of a listener back and forth is known to the next.
#[test]
fn blocks_of_an_hour_cost_the_same_wherever_they_are() {
    let hour = 3_600 * 44_100 / 1_152;
    let made = Made::new(Vec::new(), &[(MIDDLE, hour)]);
    let count = Arc::clone(&made.count);
    let mut long = Long::new(Stream::new(Reader::open(Box::new(made), "mp3").unwrap()));
    assert!((3_598_000..3_602_000).contains(&long.length_ms().unwrap()));
    for block in [1_700, 3, 1_790, 900] {
        let before = count.load(Ordering::Relaxed);
        assert_eq!(long.block(block).unwrap().samples.data.len(), crate::BLOCK + 2 * crate::MARGIN);
        let read = count.load(Ordering::Relaxed) - before;
        assert!(read <= 12 * WINDOW as u64, "{read} octets for block {block}");
    }
    let mut other = Reader::open(Box::new(Made::new(Vec::new(), &[(MIDDLE, hour)])), "mp3").unwrap();
    other.learn(long.index().unwrap());
    other.seek(44_100 * 1_801).unwrap();
    let mut samples = Vec::new();
    assert!(other.read(&mut samples).unwrap());
}

#[test]
fn what_can_not_be_decoded_takes_its_time_until_it_is_too_much() {
    let mut damaged = frame(MIDDLE);
    damaged[4..40].fill(0xFF);
    let read = |count: usize| {
        let file = [frame(MIDDLE).repeat(5), damaged.repeat(count), frame(MIDDLE).repeat(5)].concat();
        let mut reader = Reader::open(Box::new(Cursor::new(file)), "mp3").unwrap();
        let mut samples = Vec::new();
        loop {
            match reader.read(&mut samples) {
                Ok(true) => {}
                Ok(false) => return Some(samples.len()),
                Err(ReadError::Damaged) => return None,
                Err(error) => panic!("{error}"),
            }
        }
    };
    let most = BAD_MAX as usize;
    assert_eq!(read(most), Some((most + 10) * 1_152));
    assert_eq!(read(most + 1), None);
}

proptest! {
    #[test]
    fn no_frames_however_damaged_are_more_than_an_end(
        damage in prop::collection::vec((0usize..20_000, any::<u8>()), 0..30), wanted in prop::collection::vec(any::<u16>(), 1..6),
        cut in 0usize..20_000,
    ) {
        let mut file = [frame(MIDDLE).repeat(10), frame(HIGH).repeat(5), frame(LOW).repeat(50)].concat();
        for (at, octet) in damage {
            if let Some(place) = file.get_mut(at) {
                *place = octet;
            }
        }
        file.truncate(cut.max(1));
        let Ok(mut frames) = Frames::open(Box::new(Cursor::new(file)), true).unwrap() else { return Ok(()) };
        let mut frame = Vec::new();
        for wanted in wanted {
            frames.go_to(u64::from(wanted)).unwrap();
            let mut rest = 0;
            while frames.read(&mut frame).unwrap() {
                rest += 1;
                prop_assert!(rest < 1_000);
            }
        }
    }
}
