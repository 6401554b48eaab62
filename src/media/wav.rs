//! The header of a 16-bit linear WAV file.

/// Its length in bytes.
const HEADER_SIZE: usize = 44;
/// The same.
pub(super) const HEADER_LEN: u64 = HEADER_SIZE as u64;
/// The most bytes of audio that the header's 32-bit lengths can say: they count the rest of the header too.
pub(super) const DATA_SIZE_MAX: u64 = u32::MAX as u64 - HEADER_LEN;

/// The header in front of `data_size` bytes of audio.
pub(super) fn header(rate_hz: u32, channels: u16, data_size: u32) -> [u8; HEADER_SIZE] {
    let block = channels.saturating_mul(2);
    let mut header = [0; HEADER_SIZE];
    let fields: [&[u8]; 13] = [
        b"RIFF",
        &data_size.saturating_add(36).to_le_bytes(),
        b"WAVE",
        b"fmt ",
        &16u32.to_le_bytes(),
        &1u16.to_le_bytes(),
        &channels.to_le_bytes(),
        &rate_hz.to_le_bytes(),
        &rate_hz.saturating_mul(u32::from(block)).to_le_bytes(),
        &block.to_le_bytes(),
        &16u16.to_le_bytes(),
        b"data",
        &data_size.to_le_bytes(),
    ];
    for (place, byte) in header.iter_mut().zip(fields.into_iter().flatten()) {
        *place = *byte;
    }
    header
}

/// A whole file of one channel.
pub(crate) fn wav_file(rate_hz: u32, samples: &[i16]) -> Vec<u8> {
    let size = u32::try_from(samples.len().saturating_mul(2)).unwrap_or(u32::MAX);
    let mut file = header(rate_hz, 1, size).to_vec();
    file.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    file
}
