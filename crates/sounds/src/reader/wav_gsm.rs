//! WAV with GSM full rate in it, Microsoft's format tag 0x31: blocks of 65 bytes are two frames of 260 bits without the
//! signature, the low bits first, where RTP (RFC 3551 §4.5.8) begins each of 33 bytes with 0xD and has the high bits first.

use super::ReadError;
use cordboard_media::codec::{self, Decoder};
use std::io::SeekFrom;
use symphonia::core::io::MediaSource;

/// The format's number.
const TAG: u16 = 0x31;
const BLOCK_BYTES: usize = 65;
const BLOCK_SAMPLES: u64 = 320;
/// A frame as RTP has it.
const FRAME_BYTES: usize = 33;
/// Chunks before the samples; a file with more is none.
const CHUNKS_MAX: usize = 1_000;
/// Bits of a frame's parameters: eight log area ratios, then four times lag, gain, grid, maximum and 13 pulses (GSM 06.10
/// table 1.1).
const RATIO_BITS: [u8; 8] = [6, 6, 5, 5, 4, 4, 3, 3];
const PART_BITS: [u8; 17] = [7, 2, 2, 6, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3];

/// Where the samples are, and of which rate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    rate_hz: u32,
    start: u64,
    bytes: u64,
    samples: Option<u64>,
}

/// Looks whether a source is such a file, and puts it back to its beginning if not.
pub(super) fn find(source: &mut dyn MediaSource) -> Result<Option<Found>, ReadError> {
    if !source.is_seekable() {
        return Ok(None);
    }
    // What is too short for a chunk is none of these files.
    let is_short = |error: &std::io::Error| error.kind() == std::io::ErrorKind::UnexpectedEof;
    let found = chunks(source).or_else(|error| if is_short(&error) { Ok(None) } else { Err(error) })?;
    if found.is_none() {
        source.seek(SeekFrom::Start(0))?;
    }
    Ok(found)
}

fn chunks(source: &mut dyn MediaSource) -> std::io::Result<Option<Found>> {
    let mut head = [0; 12];
    source.read_exact(&mut head)?;
    let (riff, wave) = (head.get(..4), head.get(8..));
    if riff != Some(b"RIFF") || wave != Some(b"WAVE") {
        return Ok(None);
    }
    let mut at = 12u64;
    let (mut rate_hz, mut samples) = (None, None);
    for _ in 0..CHUNKS_MAX {
        let mut head = [0; 8];
        source.read_exact(&mut head)?;
        let [a, b, c, d, size @ ..] = head;
        let size = u64::from(u32::from_le_bytes(size));
        at += 8;
        match &[a, b, c, d] {
            b"fmt " => {
                let mut format = [0; 8];
                source.read_exact(&mut format)?;
                let [t0, t1, c0, c1, rate @ ..] = format;
                if u16::from_le_bytes([t0, t1]) != TAG || u16::from_le_bytes([c0, c1]) != 1 {
                    return Ok(None);
                }
                rate_hz = Some(u32::from_le_bytes(rate));
            }
            b"fact" => {
                let mut count = [0; 4];
                source.read_exact(&mut count)?;
                samples = Some(u64::from(u32::from_le_bytes(count))).filter(|&count| count > 0);
            }
            b"data" => {
                let rest = source.byte_len().map_or(u64::MAX, |length| length.saturating_sub(at));
                // Who wrote it as it came did not know its size: then it goes on to the end.
                let bytes = if size == 0 { rest } else { size.min(rest) };
                return Ok(rate_hz.map(|rate_hz| Found { rate_hz, start: at, bytes, samples }));
            }
            _ => {}
        }
        at = at.saturating_add(size.next_multiple_of(2));
        source.seek(SeekFrom::Start(at))?;
    }
    Ok(None)
}

pub(super) struct WavGsm {
    source: Box<dyn MediaSource>,
    found: Found,
    decoder: Box<dyn Decoder>,
    /// Blocks read.
    block: u64,
}

impl WavGsm {
    pub(super) fn new(mut source: Box<dyn MediaSource>, found: Found) -> Result<Self, ReadError> {
        source.seek(SeekFrom::Start(found.start))?;
        Ok(Self { source, found, decoder: decoder()?, block: 0 })
    }

    pub(super) fn rate_hz(&self) -> u32 {
        self.found.rate_hz
    }

    pub(super) fn length(&self) -> Option<u64> {
        let held = self.blocks().saturating_mul(BLOCK_SAMPLES);
        Some(self.found.samples.map_or(held, |samples| samples.min(held)))
    }

    fn blocks(&self) -> u64 {
        self.found.bytes / BLOCK_BYTES as u64
    }

    pub(super) fn read(&mut self, samples: &mut Vec<i16>) -> Result<bool, ReadError> {
        let mut block = [0; BLOCK_BYTES];
        if self.block >= self.blocks() {
            return Ok(false);
        }
        match self.source.read_exact(&mut block) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        self.block += 1;
        let start = samples.len();
        if self.decoder.decode(&frames(&block), samples).is_err() {
            return Err(ReadError::Damaged);
        }
        // The last block may be padded.
        let end = self.length().unwrap_or(u64::MAX);
        let padding = usize::try_from((self.block * BLOCK_SAMPLES).saturating_sub(end)).unwrap_or(0);
        samples.truncate(samples.len().saturating_sub(padding).max(start));
        Ok(true)
    }

    pub(super) fn seek(&mut self, sample: u64) -> Result<u64, ReadError> {
        let block = (sample / BLOCK_SAMPLES).min(self.blocks());
        self.source.seek(SeekFrom::Start(self.found.start + block * BLOCK_BYTES as u64))?;
        (self.block, self.decoder) = (block, decoder()?);
        Ok(block * BLOCK_SAMPLES)
    }
}

fn decoder() -> Result<Box<dyn Decoder>, ReadError> {
    codec::named("GSM")
        .and_then(|gsm| gsm.decoder("", gsm.sample_rate_hz()))
        .ok_or(ReadError::Unsupported("GSM"))
}

/// A block as two frames of RTP's.
fn frames(block: &[u8; BLOCK_BYTES]) -> [u8; 2 * FRAME_BYTES] {
    let mut frames = [0; 2 * FRAME_BYTES];
    let mut from = 0;
    for (number, frame) in frames.chunks_exact_mut(FRAME_BYTES).enumerate() {
        let mut to = 0;
        put(frame, &mut to, 0xD, 4);
        let parts = [PART_BITS; 4];
        for &bits in RATIO_BITS.iter().chain(parts.iter().flatten()) {
            let value = take(block, from, bits);
            from += usize::from(bits);
            put(frame, &mut to, value, bits);
        }
        debug_assert_eq!((from, to), (260 * (number + 1), 264));
    }
    frames
}

/// `bits` bits from bit `from` on, the low ones first.
fn take(bytes: &[u8], from: usize, bits: u8) -> u8 {
    (0..bits).fold(0, |value, n| {
        let at = from + usize::from(n);
        let bit = bytes.get(at / 8).map_or(0, |byte| byte >> (at % 8) & 1);
        value | bit << n
    })
}

/// Writes `bits` bits at bit `to`, the high ones first.
fn put(bytes: &mut [u8], to: &mut usize, value: u8, bits: u8) {
    for n in (0..bits).rev() {
        if let Some(byte) = bytes.get_mut(*to / 8) {
            *byte |= (value >> n & 1) << (7 - *to % 8);
        }
        *to += 1;
    }
}
