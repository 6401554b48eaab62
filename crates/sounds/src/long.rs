//! A long file as the blocks that the media engine asks for, one after the other or from anywhere, holding no more of it than one.

use crate::{BLOCK, Index, MARGIN, ReadError, Stream};
use cordboard_media::music::{BLOCK_RATE_HZ, BLOCK_SAMPLES};
use cordboard_media::{Block, Samples};
use std::sync::Arc;

/// See the module's documentation.
#[derive(Debug)]
pub struct Long {
    stream: Stream,
    /// Samples of the next block, with those of its front margin.
    buffer: Vec<i16>,
    /// The number of that block.
    next: u64,
    has_ended: bool,
}

impl Long {
    /// All of a stream that has not been read.
    pub fn new(stream: Stream) -> Self {
        Self { stream, buffer: vec![0; MARGIN], next: 0, has_ended: false }
    }

    /// The number of the block that costs no seeking.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// How long it is, in ms, where the file says so. It may be wrong.
    pub fn length_ms(&self) -> Option<u64> {
        Some(self.stream.length()?.saturating_mul(1_000) / u64::from(BLOCK_RATE_HZ))
    }

    /// As [`crate::Reader::index`].
    pub fn index(&self) -> Option<Index> {
        self.stream.index()
    }

    /// A block. Behind the end it is margins alone. What is damaged ends there, if anything came before.
    pub fn block(&mut self, number: u64) -> Result<Block, ReadError> {
        if number != self.next {
            self.go_to(number)?;
        }
        while self.buffer.len() < BLOCK_SAMPLES && !self.has_ended {
            let lacks = BLOCK_SAMPLES - self.buffer.len();
            match self.stream.read(lacks, &mut self.buffer) {
                Ok(read) => self.has_ended = read < lacks,
                Err(error) if self.next == 0 && self.buffer.len() <= MARGIN => return Err(error),
                Err(_) => self.has_ended = true,
            }
        }
        let own = self.buffer.len().saturating_sub(MARGIN).min(BLOCK);
        let is_last = self.has_ended && self.buffer.len() <= MARGIN + BLOCK;
        let mut data = self.buffer.get(..BLOCK_SAMPLES).unwrap_or(&self.buffer).to_vec();
        data.resize(own + 2 * MARGIN, 0);
        self.buffer.drain(..own);
        self.next = number.saturating_add(1);
        let samples = Arc::new(Samples { rate_hz: BLOCK_RATE_HZ, data });
        Ok(Block { samples, is_last, length_ms: self.length_ms() })
    }

    fn go_to(&mut self, number: u64) -> Result<(), ReadError> {
        let start = number.saturating_mul(BLOCK as u64);
        self.buffer.clear();
        (self.next, self.has_ended) = (number, false);
        // Some containers refuse to go behind their end, others read all that there is to look for it.
        if self.stream.length().is_some_and(|length| start >= length) {
            self.buffer.resize(MARGIN, 0);
            self.has_ended = true;
            return Ok(());
        }
        let ahead = start.min(MARGIN as u64);
        self.buffer.resize(MARGIN - usize::try_from(ahead).unwrap_or(MARGIN), 0);
        self.stream.seek(start - ahead)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Reader;
    use std::io::Cursor;

    /// A WAV file of 16 kHz; what its header says of its length can differ from what is there.
    fn wav(samples: &[i16], bytes_said: usize) -> Vec<u8> {
        let mut bytes = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
        bytes.extend(16_000u32.to_le_bytes());
        bytes.extend(32_000u32.to_le_bytes());
        bytes.extend(b"\x02\0\x10\0data");
        bytes.extend(u32::try_from(bytes_said).unwrap().to_le_bytes());
        bytes.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
        let riff = u32::try_from(36 + bytes_said).unwrap();
        bytes[4..8].copy_from_slice(&riff.to_le_bytes());
        bytes
    }

    fn long(file: Vec<u8>) -> Long {
        let reader = Reader::open(Box::new(Cursor::new(file)), "wav").unwrap();
        Long::new(Stream::new(reader))
    }

    fn sound(count: usize) -> Vec<i16> {
        (0..count).map(|n| i16::try_from(n * 7 % 30_011).unwrap()).collect()
    }

    /// What a block is to be: samples from a margin before its start to one behind its end, silence where there are none.
    fn expected(all: &[i16], number: usize) -> Vec<i16> {
        let (start, end) = ((number * BLOCK).min(all.len()), ((number + 1) * BLOCK).min(all.len()));
        let at = |n: usize| n.checked_sub(MARGIN).and_then(|n| all.get(n)).copied().unwrap_or(0);
        (start..end + 2 * MARGIN).map(at).collect()
    }

    #[test]
    fn blocks_have_their_neighbours_ends_and_the_last_is_as_long_as_it_is() {
        let exact =
            [2 * BLOCK, 2 * BLOCK + 1, 2 * BLOCK + MARGIN, 2 * BLOCK + MARGIN + 1, 3 * BLOCK - 1, 5, 0];
        for count in exact {
            let all = sound(count);
            let mut long = long(wav(&all, count * 2));
            let blocks = count.div_ceil(BLOCK).max(1);
            for number in 0..blocks {
                let block = long.block(number as u64).unwrap();
                assert!(block.samples.data == expected(&all, number), "{count}: block {number}");
                assert_eq!(
                    (block.is_last, long.next()),
                    (number + 1 == blocks, number as u64 + 1),
                    "{count}"
                );
            }
            assert_eq!(long.length_ms().unwrap_or(0), count as u64 / 16);
        }
    }

    #[test]
    fn any_block_can_be_asked_for_in_any_order() {
        let all = sound(4 * BLOCK + 777);
        let mut long = long(wav(&all, all.len() * 2));
        for number in [3usize, 4, 1, 2, 0, 0, 4, 3, 2] {
            let block = long.block(number as u64).unwrap();
            assert!(block.samples.data == expected(&all, number), "block {number}");
            assert_eq!(block.is_last, number == 4);
        }
        for behind in [5, 6, 1_000, u64::MAX / 4, u64::MAX - 1] {
            let block = long.block(behind).unwrap();
            assert_eq!((block.samples.data.len(), block.is_last), (2 * MARGIN, true), "{behind}");
        }
        assert!(long.block(1).unwrap().samples.data == expected(&all, 1), "and back");
    }

    #[test]
    fn what_was_cut_off_or_is_still_being_written_plays_as_far_as_it_goes() {
        let all = sound(BLOCK + 5_000);
        for said in [usize::try_from(u32::MAX).unwrap() - 36, 0x7fff_0000, all.len() * 2 + 40_000] {
            let mut cut = long(wav(&all, said));
            assert!(cut.block(0).unwrap().samples.data == expected(&all, 0), "{said}");
            let last = cut.block(1).unwrap();
            assert!(last.samples.data == expected(&all, 1), "{said}: {}", last.samples.data.len());
            assert!(last.is_last);
            let mut later = long(wav(&all, said));
            assert!(later.block(1).unwrap().samples.data == expected(&all, 1), "{said}: sought");
        }
    }
}
