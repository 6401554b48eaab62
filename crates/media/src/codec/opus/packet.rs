//! What an Opus packet tells before it is decoded (RFC 6716 §3).

/// A packet holds no more than 120 ms (RFC 6716 §3.2.5, R5), at 48 kHz.
const SAMPLES_MAX: usize = 5_760;

/// The audio bandwidth and frame length in the first byte (RFC 6716 §3.1 table 2), at 48 kHz.
pub(super) fn frame_samples_48k(toc: u8) -> usize {
    let size = usize::from(toc >> 3 & 0x03);
    match toc >> 3 {
        0..=11 => [480, 960, 1_920, 2_880][size], // SILK
        12..=15 => [480, 960][size & 1],          // both
        _ => 120 << size,                         // CELT
    }
}

/// Samples at 48 kHz in a packet; `None` if it is none.
pub(super) fn samples_48k(packet: &[u8]) -> Option<usize> {
    let toc = *packet.first()?;
    let frames = match toc & 0x03 {
        0 => 1,
        1 | 2 => 2,
        _ => usize::from(*packet.get(1)? & 0x3F),
    };
    let samples = frames * frame_samples_48k(toc);
    (1..=SAMPLES_MAX).contains(&samples).then_some(samples)
}

/// Whether the packet holds a second, coarser copy of the frame before its own (LBRR, RFC 6716 §4.2.4): a flag after those of
/// voice activity in each channel's header bits, which are the first bits of a frame as they all are equally likely (§4.2.3).
pub(super) fn has_previous(packet: &[u8]) -> bool {
    let Some(&toc) = packet.first() else { return false };
    if toc & 0x80 != 0 {
        return false; // CELT alone has none
    }
    let Some(&bits) = first_frame(packet).and_then(<[u8]>::first) else { return false };
    let frames = frame_samples_48k(toc).div_ceil(960); // SILK's own frames have 20 ms
    let is_stereo = toc & 0x04 != 0;
    let flag = |channel: usize| bits >> (7 - frames - channel * (frames + 1)) & 1 == 1;
    flag(0) || is_stereo && flag(1)
}

/// The first frame's bytes (RFC 6716 §3.2).
pub(super) fn first_frame(packet: &[u8]) -> Option<&[u8]> {
    let (&toc, rest) = packet.split_first()?;
    match toc & 0x03 {
        0 => Some(rest),
        1 => rest.get(..rest.len() / 2),
        2 => {
            let (length, rest) = length(rest)?;
            rest.get(..length)
        }
        _ => first_of_many(rest),
    }
}

/// RFC 6716 §3.2.5: a count, the padding's length, the frames' lengths, the frames, the padding.
fn first_of_many(rest: &[u8]) -> Option<&[u8]> {
    let (&counts, mut rest) = rest.split_first()?;
    let count = usize::from(counts & 0x3F);
    let mut padding = 0;
    if counts & 0x40 != 0 {
        loop {
            let (&byte, after) = rest.split_first()?;
            rest = after;
            padding += usize::from(byte).min(254);
            if byte < 255 {
                break;
            }
        }
    }
    let mut size = rest.len().checked_sub(padding)?.checked_div(count)?;
    if counts & 0x80 != 0 {
        for n in 1..count {
            let (length, after) = length(rest)?;
            rest = after;
            size = if n == 1 { length } else { size };
        }
        if count == 1 {
            size = rest.len().checked_sub(padding)?;
        }
    }
    rest.get(..size)
}

/// Reads a frame's length (RFC 6716 §3.2.1).
fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    if first < 252 {
        return Some((usize::from(first), rest));
    }
    let (&second, rest) = rest.split_first()?;
    Some((usize::from(second) * 4 + usize::from(first), rest))
}

/// Writes a frame's length, at most 1,275 (RFC 6716 §3.2.1).
fn write_length(length: usize, packet: &mut Vec<u8>) {
    let low = u8::try_from(length & 0x03).unwrap_or(0);
    match u8::try_from(length) {
        Ok(length) if length < 252 => packet.push(length),
        Ok(_) | Err(_) => {
            packet.push(252 + low);
            packet.push(u8::try_from((length - 252) >> 2).unwrap_or(u8::MAX));
        }
    }
}

/// Appends one packet made of several of one frame each (code 3, variable lengths). All frames of a packet have one
/// configuration: one that has another than the first is left empty, which its receiver conceals (RFC 6716 §3.2.1).
pub(super) fn join(packets: &[&[u8]], joined: &mut Vec<u8>) {
    let Some(toc) = packets.first().and_then(|packet| packet.first()).map(|toc| toc & 0xFC) else { return };
    let frame = |packet: &&[u8]| -> usize {
        let same = packet.first().is_some_and(|&other| other == toc);
        if same { packet.len() - 1 } else { 0 }
    };
    joined.push(toc | 0x03);
    joined.push(0x80 | u8::try_from(packets.len()).unwrap_or(0) & 0x3F);
    let lengths = packets.iter().take(packets.len().saturating_sub(1)).map(frame);
    lengths.for_each(|length| write_length(length, joined));
    for packet in packets {
        joined.extend(packet.iter().skip(1).take(frame(packet)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_come_back_as_they_were_written() {
        for size in 0..=1_275 {
            let mut bytes = Vec::new();
            write_length(size, &mut bytes);
            assert_eq!(length(&bytes), Some((size, &[][..])));
        }
        assert_eq!(length(&[252]), None);
    }

    #[test]
    fn every_packing_tells_its_length_and_its_first_frame() {
        let celt_20ms = 31 << 3;
        assert_eq!(samples_48k(&[celt_20ms]), Some(960));
        assert_eq!(samples_48k(&[celt_20ms | 1, 1, 2]), Some(1_920));
        assert_eq!(samples_48k(&[celt_20ms | 3, 6]), Some(5_760));
        assert_eq!(samples_48k(&[celt_20ms | 3, 7]), None, "more than 120 ms");
        assert_eq!(
            (samples_48k(&[celt_20ms | 3, 0]), samples_48k(&[celt_20ms | 3]), samples_48k(&[])),
            (None, None, None)
        );
        assert_eq!(first_frame(&[0, 1, 2]), Some(&[1, 2][..]));
        assert_eq!(first_frame(&[1, 1, 2]), Some(&[1][..]));
        assert_eq!(first_frame(&[2, 1, 9, 8, 7]), Some(&[9][..]));
        assert_eq!(first_frame(&[3, 2, 9, 8]), Some(&[9][..]));
        assert_eq!(first_frame(&[3, 0x82, 2, 9, 8, 7]), Some(&[9, 8][..]));
        assert_eq!(first_frame(&[3, 0x41, 2, 9, 0, 0]), Some(&[9][..]));
        assert_eq!(first_frame(&[3, 0x41, 200, 9]), None);
    }

    #[test]
    fn joined_frames_are_one_packet_and_a_stranger_is_left_empty() {
        let mut joined = Vec::new();
        join(&[&[0xF0, 1, 2], &[0xF0, 3], &[0x08, 4, 5]], &mut joined);
        assert_eq!(joined, [0xF3, 0x83, 2, 1, 1, 2, 3]);
        assert_eq!((samples_48k(&joined), first_frame(&joined)), (Some(1_440), Some(&[1, 2][..])));
    }
}
