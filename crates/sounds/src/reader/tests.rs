use super::*;
use crate::{RATE_HZ, Stream};
use cordboard_media::codec::{Codec, GSM};
use cordboard_media::{Tone, tone};
use proptest::prelude::*;
use std::io::Cursor;

fn open(bytes: Vec<u8>) -> Result<Reader, ReadError> {
    Reader::open(Box::new(Cursor::new(bytes)), "")
}

fn all(mut reader: Reader) -> Vec<i16> {
    let mut samples = Vec::new();
    while reader.read(&mut samples).unwrap() {}
    samples
}

fn sine(rate_hz: u32, count: usize) -> Vec<i16> {
    let tone = Tone { frequencies_hz: [440, 0], level_dbm0: -10, cadence_ms: vec![], duration_ms: 0 };
    tone::generate(&tone, rate_hz, count)
}

/// A WAV file: format tag, channels, rate, bytes per block, what follows the sixteen bytes of the format, samples.
fn wav(tag: u16, channels: u16, rate_hz: u32, block: u16, more: &[u8], data: &[u8]) -> Vec<u8> {
    let mut bytes = b"RIFF\0\0\0\0WAVEfmt ".to_vec();
    bytes.extend((16 + u32::try_from(more.len()).unwrap()).to_le_bytes());
    bytes.extend(tag.to_le_bytes());
    bytes.extend(channels.to_le_bytes());
    bytes.extend(rate_hz.to_le_bytes());
    bytes.extend((rate_hz * u32::from(block)).to_le_bytes());
    bytes.extend(block.to_le_bytes());
    let bits = if tag == 0x31 { 0 } else { 8 * block / channels };
    bytes.extend(bits.to_le_bytes());
    bytes.extend(more);
    bytes.extend(b"data");
    bytes.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
    bytes.extend(data);
    let size = u32::try_from(bytes.len() - 8).unwrap();
    bytes[4..8].copy_from_slice(&size.to_le_bytes());
    bytes
}

fn linear(rate_hz: u32, samples: &[i16]) -> Vec<u8> {
    let data: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    wav(1, 1, rate_hz, 2, &[], &data)
}

/// Frames of RTP's as Microsoft packs them: the reverse of what is tested.
fn microsoft(frames: &[u8]) -> Vec<u8> {
    let mut bits = Vec::new();
    for frame in frames.chunks_exact(33) {
        let mut at = 4;
        let widths = [6usize, 6, 5, 5, 4, 4, 3, 3].into_iter();
        let part = [7usize, 2, 2, 6].into_iter().chain([3; 13]);
        for width in widths.chain((0..4).flat_map(|_| part.clone())) {
            let field: Vec<u8> = (at..at + width).map(|n| frame[n / 8] >> (7 - n % 8) & 1).collect();
            bits.extend(field.into_iter().rev());
            at += width;
        }
    }
    bits.chunks(8).map(|byte| byte.iter().enumerate().map(|(n, bit)| bit << n).sum()).collect()
}

fn gsm(samples: &[i16]) -> (Vec<u8>, Vec<i16>) {
    let mut frames = Vec::new();
    GSM.encoder("", 8_000).unwrap().encode(samples, &mut frames);
    let mut decoded = Vec::new();
    GSM.decoder("", 8_000).unwrap().decode(&frames, &mut decoded).unwrap();
    (wav(0x31, 1, 8_000, 65, &[2, 0, 0x40, 1], &microsoft(&frames)), decoded)
}

#[test]
fn linear_files_are_read_to_the_bit_and_stereo_is_averaged() {
    let samples = sine(8_000, 5_003);
    assert_eq!(all(open(linear(8_000, &samples)).unwrap()), samples);
    let data: Vec<u8> = [10i16, 20, -10, -20].iter().flat_map(|sample| sample.to_le_bytes()).collect();
    assert_eq!(all(open(wav(1, 2, 16_000, 4, &[], &data)).unwrap()), [15, -15]);
}

#[test]
fn a_law_and_u_law_files_are_read_as_the_codecs_do() {
    use cordboard_media::codec::{PCMA, PCMU};
    let samples = sine(8_000, 1_600);
    for (tag, codec) in [(6, &PCMA as &dyn Codec), (7, &PCMU)] {
        let (mut payload, mut expected) = (Vec::new(), Vec::new());
        codec.encoder("", 8_000).unwrap().encode(&samples, &mut payload);
        codec.decoder("", 8_000).unwrap().decode(&payload, &mut expected).unwrap();
        assert_eq!(all(open(wav(tag, 1, 8_000, 1, &[0, 0], &payload)).unwrap()), expected, "{tag}");
    }
}

#[test]
fn gsm_files_are_read_as_the_codec_does() {
    let (file, decoded) = gsm(&sine(8_000, 8_000));
    let reader = open(file.clone()).unwrap();
    assert_eq!((reader.rate_hz(), reader.length()), (8_000, Some(8_000)));
    assert_eq!(all(reader), decoded);
    // Cut in the middle of a block it plays as far as it goes.
    let cut = open(file[..file.len() - 30].to_vec()).unwrap();
    assert_eq!(all(cut), decoded[..8_000 - 320]);
}

#[test]
fn what_is_sought_is_what_would_have_been_read() {
    let samples = sine(8_000, 24_000);
    let (gsm, decoded) = gsm(&samples);
    for (file, whole, slack) in [(linear(8_000, &samples), &samples, 0), (gsm, &decoded, 600)] {
        for place in [0usize, 1, 799, 800, 801, 12_345, 23_999, 24_000, 30_000] {
            let mut reader = open(file.clone()).unwrap();
            assert!(reader.read(&mut Vec::new()).unwrap());
            // Past the end a container may refuse, or have nothing more.
            if reader.seek(place as u64).is_err() {
                assert!(place >= 24_000);
                continue;
            }
            let rest = all(reader);
            let expected = whole.get(place..).unwrap_or_default();
            assert_eq!(rest.len(), expected.len(), "from {place}");
            let close = |(a, b): (&i16, &i16)| (i32::from(*a) - i32::from(*b)).abs() <= slack;
            assert!(rest.iter().zip(expected).all(close), "from {place}");
        }
    }
}

#[test]
fn a_stream_is_the_same_however_it_is_read_or_sought() {
    for rate_hz in [8_000, 16_000, 44_100, 11_025, 48_000] {
        let count = rate_hz as usize * 2 + 7;
        let file = linear(rate_hz, &sine(rate_hz, count));
        let stream = || Stream::open(Box::new(Cursor::new(file.clone())), "wav").unwrap();
        let mut whole = Vec::new();
        let read = stream().read(1 << 20, &mut whole).unwrap();
        let expected = count as u64 * u64::from(RATE_HZ) / u64::from(rate_hz);
        assert!(read as u64 - expected <= 1 && whole.len() == read, "{rate_hz}: {read} of {expected}");
        let (mut bits, mut piecewise) = (stream(), Vec::new());
        while bits.read(333, &mut piecewise).unwrap() > 0 {}
        assert_eq!(piecewise, whole);
        for place in [0, 5, 9_999, 20_001, whole.len() - 1] {
            let mut sought = stream();
            sought.read(50, &mut Vec::new()).unwrap();
            sought.seek(place as u64).unwrap();
            let mut rest = Vec::new();
            sought.read(1 << 20, &mut rest).unwrap();
            assert_eq!(rest, whole[place..], "{rate_hz} from {place}");
        }
    }
}

#[test]
fn rates_that_nobody_plays_are_refused() {
    for (rate_hz, fits) in [(4_000, true), (3_999, false), (96_000, true), (96_001, false), (0, false)] {
        assert_eq!(open(linear(rate_hz, &[0; 100])).is_ok(), fits, "{rate_hz}");
    }
}

#[test]
fn what_is_no_sound_is_said_to_be_none() {
    for bytes in [&b""[..], b"R", b"RIFF", b"RIFF\0\0\0\0WAVE", b"plain words, nothing else", &[0; 5_000]] {
        assert!(open(bytes.to_vec()).is_err());
    }
    let mut many = b"RIFF\xff\xff\xff\xffWAVE".to_vec();
    (0..2_000).for_each(|_| many.extend(b"junk\0\0\0\0"));
    assert!(open(many).is_err());
}

proptest! {
    #[test]
    fn no_file_however_damaged_is_more_than_an_error(
        kind in 0..3, at in prop::collection::vec((0usize..400, any::<u8>()), 1..12), end in 0usize..3_000, place in any::<u64>(),
    ) {
        let samples = sine(8_000, 1_600);
        let mut bytes = match kind {
            0 => linear(8_000, &samples),
            1 => gsm(&samples).0,
            _ => wav(7, 1, 8_000, 1, &[0, 0], &[0x55; 1_600]),
        };
        for (at, byte) in at {
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
        }
        bytes.truncate(end.max(1));
        if let Ok(mut reader) = open(bytes) {
            let mut samples = Vec::new();
            for _ in 0..50 {
                if !reader.read(&mut samples).unwrap_or(false) {
                    break;
                }
            }
            prop_assert!(samples.len() < 100_000);
            let _refused = reader.seek(place);
            let _more = reader.read(&mut samples);
        }
    }
}
