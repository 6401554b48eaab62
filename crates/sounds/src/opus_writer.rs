//! Samples into an Ogg-Opus file (RFC 7845), one or two channels.
//!
//! ```text
//!  samples ─▶ the codec's rate ─▶ frames of 20 ms ─▶ packets ─▶ a page every half second
//! ```
//! What was appended at any time is a file that can be played: a process that is killed loses no more than the page that it
//! works on. Only the last page says by its granule position where within its last packet the sound ends.

use crate::ogg::{Pages, Place};
use cordboard_media::codec::{self, FileEncoder};
use cordboard_media::{Resampler, Tail};

/// Opus counts time at this rate (RFC 7845 §4).
const CLOCK_HZ: u64 = 48_000;
/// A frame of 20 ms, at that rate.
const FRAME_48K: u64 = 960;
/// A page ends after so much, at that rate: half a second. RFC 7845 §6 advises against more than one.
const PAGE_48K: u64 = 24_000;
/// A frame that could not be encoded: one of 20 ms, of SILK and narrow-band, with nothing in it, which a player conceals
/// (RFC 6716 §3.1, §3.2.1).
const NOTHING: u8 = 1 << 3;
const NOTHING_STEREO: u8 = NOTHING | 1 << 2;
/// Who wrote the file.
const VENDOR: &str = "Cordboard";

/// See the module's documentation.
#[derive(Debug)]
pub struct OpusWriter {
    encoder: FileEncoder,
    rate_hz: u32,
    channels: usize,
    /// For a rate that Opus has not: a filter, and its memory for each channel.
    filter: Option<(Resampler, Vec<Tail>)>,
    /// Samples of less than a frame, interleaved.
    pending: Vec<i16>,
    pages: Pages,
    packet: Vec<u8>,
    /// Samples given so far, of each channel, at `rate_hz`.
    given: u64,
    /// What has been encoded, at 48 kHz, and what of that is on pages.
    encoded: u64,
    paged: u64,
}

impl OpusWriter {
    /// Appends the two headers to `bytes`. The serial number tells the stream from others in the same file, of which there are
    /// none. `None`: Opus is not built in, there are other than one or two channels, or the rate is none.
    pub fn new(rate_hz: u32, channels: u8, serial: u32, bytes: &mut Vec<u8>) -> Option<Self> {
        let opus = codec::named("opus").filter(|_| rate_hz > 0)?;
        let own_rate = opus.rate_near(rate_hz);
        let encoder = opus.file_encoder(own_rate, channels)?;
        let tails = || vec![Tail::default(); usize::from(channels)];
        let filter = (own_rate != rate_hz).then(|| (Resampler::new(rate_hz, own_rate), tails()));
        let mut pages = Pages::new(serial);
        pages.put(&head(rate_hz, channels, encoder.pre_skip));
        pages.end(Place::First, 0, bytes);
        pages.put(&tags());
        pages.end(Place::Middle, 0, bytes);
        Some(Self {
            encoder,
            rate_hz,
            channels: usize::from(channels),
            filter,
            pending: Vec::new(),
            pages,
            packet: Vec::new(),
            given: 0,
            encoded: 0,
            paged: 0,
        })
    }

    /// Takes samples, interleaved, and appends the pages that have become full to `bytes`.
    pub fn write(&mut self, samples: &[i16], bytes: &mut Vec<u8>) {
        self.given += (samples.len() / self.channels) as u64;
        match &mut self.filter {
            None => self.pending.extend_from_slice(samples),
            Some((filter, tails)) => {
                let each = tails.iter_mut().enumerate().map(|(channel, tail)| {
                    let channel: Vec<i16> =
                        samples.iter().skip(channel).step_by(self.channels).copied().collect();
                    let mut made = Vec::new();
                    tail.push(filter, &channel, &mut made);
                    made
                });
                interleave(&each.collect::<Vec<_>>(), &mut self.pending);
            }
        }
        self.encode_frames(bytes, false);
    }

    /// Appends what is left to `bytes`, with the end of the stream.
    pub fn finish(mut self, bytes: &mut Vec<u8>) {
        if let Some((filter, tails)) = &mut self.filter {
            let each = tails.iter_mut().map(|tail| {
                let mut made = Vec::new();
                tail.finish(filter, &mut made);
                made
            });
            interleave(&each.collect::<Vec<_>>(), &mut self.pending);
        }
        // What the encoder has not given yet trails by the pre-skip.
        let end = u64::from(self.encoder.pre_skip) + self.given * CLOCK_HZ / u64::from(self.rate_hz);
        let frame = self.encoder.frame * self.channels;
        while self.encoded < end || self.encoded == self.paged {
            self.pending.resize(self.pending.len().max(1).next_multiple_of(frame), 0);
            self.encode_frames(bytes, true);
        }
        self.pages.end(Place::Last, end, bytes);
    }

    /// What is on pages, in ms.
    pub fn paged_ms(&self) -> u64 {
        self.paged.saturating_sub(u64::from(self.encoder.pre_skip)) * 1_000 / CLOCK_HZ
    }

    /// Encodes whole frames. The last page must have a packet to end in: `last` leaves what is encoded on the page.
    fn encode_frames(&mut self, bytes: &mut Vec<u8>, last: bool) {
        let frame = self.encoder.frame * self.channels;
        let mut pending = core::mem::take(&mut self.pending);
        let frames = pending.chunks_exact(frame);
        let rest = pending.len() - frames.remainder().len();
        for samples in frames {
            self.packet.clear();
            self.encoder.encoder.encode(samples, &mut self.packet);
            if self.packet.is_empty() {
                self.packet.push(if self.channels == 1 { NOTHING } else { NOTHING_STEREO });
            }
            if !self.pages.fits(self.packet.len()) {
                self.end_page(bytes);
            }
            // An empty page has room for any packet of 20 ms: six segments of 255.
            self.pages.put(&self.packet);
            self.encoded += FRAME_48K;
            if !last && self.encoded - self.paged >= PAGE_48K {
                self.end_page(bytes);
            }
        }
        pending.drain(..rest);
        self.pending = pending;
    }

    fn end_page(&mut self, bytes: &mut Vec<u8>) {
        self.pages.end(Place::Middle, self.encoded, bytes);
        self.paged = self.encoded;
    }
}

fn interleave(channels: &[Vec<i16>], samples: &mut Vec<i16>) {
    let count = channels.iter().map(Vec::len).min().unwrap_or(0);
    for n in 0..count {
        samples.extend(channels.iter().filter_map(|channel| channel.get(n)));
    }
}

/// RFC 7845 §5.1: version 1, no gain, mapping family 0.
fn head(rate_hz: u32, channels: u8, pre_skip: u16) -> Vec<u8> {
    let mut head = b"OpusHead\x01".to_vec();
    head.push(channels);
    head.extend(pre_skip.to_le_bytes());
    head.extend(rate_hz.to_le_bytes());
    head.extend([0, 0, 0]);
    head
}

/// RFC 7845 §5.2: the vendor, and no comments.
fn tags() -> Vec<u8> {
    let mut tags = b"OpusTags".to_vec();
    tags.extend(u32::try_from(VENDOR.len()).unwrap_or(0).to_le_bytes());
    tags.extend(VENDOR.bytes());
    tags.extend(0_u32.to_le_bytes());
    tags
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Reader;
    use crate::ogg::tests::{Page, read};
    use cordboard_media::{Tone, goertzel, tone};
    use std::io::Cursor;

    fn tone_of(frequency_hz: u16, rate_hz: u32, ms: usize) -> Vec<i16> {
        let frequencies_hz = [frequency_hz, 0];
        let tone = Tone { frequencies_hz, level_dbm0: -12, cadence_ms: Vec::new(), duration_ms: 0 };
        tone::generate(&tone, rate_hz, rate_hz as usize * ms / 1_000)
    }

    /// A file of what is written in pieces of `piece` samples.
    fn file(rate_hz: u32, channels: u8, samples: &[i16], piece: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut writer = OpusWriter::new(rate_hz, channels, 7, &mut bytes).unwrap();
        samples.chunks(piece).for_each(|piece| writer.write(piece, &mut bytes));
        writer.finish(&mut bytes);
        bytes
    }

    fn decoded(bytes: &[u8]) -> Vec<i16> {
        let mut reader = Reader::open(Box::new(Cursor::new(bytes.to_vec())), "opus").unwrap();
        assert_eq!(reader.rate_hz(), 16_000);
        let mut samples = Vec::new();
        while reader.read(&mut samples).unwrap() {}
        samples
    }

    fn pages(bytes: &[u8]) -> Vec<Page> {
        let (pages, rest) = read(bytes);
        assert_eq!(rest, 0);
        pages
    }

    #[test]
    fn a_file_has_its_headers_a_page_every_half_second_and_an_end() {
        let pages = pages(&file(8_000, 1, &tone_of(700, 8_000, 2_345), 800));
        let head = b"OpusHead\x01\x01\x38\x01\x40\x1f\0\0\0\0\0";
        assert_eq!(
            (pages[0].flags, pages[0].granule, pages[0].packets.as_slice()),
            (2, 0, &[head.to_vec()][..])
        );
        assert_eq!((pages[1].flags, pages[1].granule, pages[1].packets.len()), (0, 0, 1));
        assert_eq!(pages[1].packets[0], b"OpusTags\x09\0\0\0Cordboard\0\0\0\0");
        let audio: Vec<(u8, u64)> = pages[2..].iter().map(|page| (page.flags, page.granule)).collect();
        assert_eq!(audio, [(0, 24_000), (0, 48_000), (0, 72_000), (0, 96_000), (4, 312 + 2_345 * 48)]);
        assert!(pages.iter().zip(0..).all(|(page, n)| (page.sequence, page.serial) == (n, 7)));
        assert_eq!(pages[5].packets.len(), 25);
    }

    #[test]
    fn every_length_and_rate_comes_back_in_the_length_that_it_had() {
        for rate_hz in [8_000, 11_025, 16_000, 22_050, 44_100, 48_000] {
            for ms in [0, 1, 13, 20, 33, 500, 1_200] {
                let samples = tone_of(700, rate_hz, ms);
                let length = decoded(&file(rate_hz, 1, &samples, 777)).len();
                let expected = samples.len() * 16_000 / rate_hz as usize;
                assert!(length.abs_diff(expected) <= 2, "{rate_hz} Hz, {ms} ms: {length}, {expected}");
            }
        }
    }

    #[test]
    fn what_is_read_back_sounds_and_begins_when_it_did() {
        for (rate_hz, channels) in [(8_000, 1), (8_000, 2), (44_100, 2), (16_000, 1)] {
            // A second of silence, a second of a tone; in both channels, which the reader makes one of.
            let mut mono = vec![0; rate_hz as usize];
            mono.extend(tone_of(700, rate_hz, 1_000));
            let samples: Vec<i16> =
                mono.iter().flat_map(|&sample| vec![sample; usize::from(channels)]).collect();
            let decoded = decoded(&file(rate_hz, channels, &samples, 1_000));
            assert_eq!(goertzel::heard(&decoded[16_500..31_500], 16_000, &[700, 1_100], -20.0), [700]);
            let begins = decoded.iter().position(|sample| sample.unsigned_abs() > 1_500).unwrap();
            assert!(begins.abs_diff(16_000) < 80, "{rate_hz} Hz: {begins}, 5 ms and more off");
        }
    }

    #[test]
    fn a_file_that_is_cut_off_anywhere_plays_up_to_its_last_half_second() {
        let mut bytes = Vec::new();
        let mut writer = OpusWriter::new(16_000, 1, 1, &mut bytes).unwrap();
        let samples = tone_of(700, 16_000, 3_300);
        for (given, piece) in samples.chunks(1_600).enumerate() {
            writer.write(piece, &mut bytes);
            let pages = pages(&bytes);
            let there_ms = writer.paged_ms();
            assert_eq!(pages.last().unwrap().granule.saturating_sub(312) / 48, there_ms);
            let given_ms = (given as u64 + 1) * 100;
            assert!(there_ms + 500 > given_ms, "{there_ms} of {given_ms}");
        }
        let whole = decoded(&bytes).len();
        assert!((47_000..=48_000).contains(&whole), "{whole}");
        for cut in [1, 30, 500] {
            let left = decoded(&bytes[..bytes.len() - cut]).len();
            assert!(left >= whole - 8_000 && left < whole, "{left}");
        }
    }

    #[test]
    fn what_opus_can_not_is_refused() {
        for (rate_hz, channels) in [(8_000, 0), (8_000, 3), (0, 1)] {
            assert!(OpusWriter::new(rate_hz, channels, 1, &mut Vec::new()).is_none());
        }
    }
}
