//! Files that other programs made (ffmpeg 5.1, sox 14.4.2): one second of 440 Hz in each format.
#![cfg(test)]

use cordboard_media::goertzel;
use cordboard_sounds::{RATE_HZ, Reader, Stream};
use std::io::Cursor;

const FILES: [(&str, &[u8], u32); 5] = [
    ("opus", include_bytes!("files/tone.opus"), 16_000),
    ("mp3", include_bytes!("files/tone.mp3"), 22_050),
    ("ogg", include_bytes!("files/tone.ogg"), 16_000),
    ("flac", include_bytes!("files/tone.flac"), 8_000),
    ("wav", include_bytes!("files/tone.wav"), 8_000),
];

fn stream(bytes: &[u8], extension: &str) -> Stream {
    Stream::open(Box::new(Cursor::new(bytes.to_vec())), extension).unwrap()
}

#[test]
fn every_format_is_heard_at_its_rate_and_length() {
    for (extension, bytes, rate_hz) in FILES {
        let reader = Reader::open(Box::new(Cursor::new(bytes.to_vec())), extension).unwrap();
        assert_eq!(reader.rate_hz(), rate_hz, "{extension}");
        let mut samples = Vec::new();
        let count = stream(bytes, extension).read(1 << 20, &mut samples).unwrap();
        // MP3 and GSM end with a whole frame.
        assert!((16_000..16_000 + 1_700).contains(&count), "{extension}: {count}");
        assert_eq!(
            goertzel::heard(&samples[4_000..12_000], RATE_HZ, &[440, 620], -30.0),
            [440],
            "{extension}"
        );
    }
}

#[test]
fn what_is_sought_sounds_as_what_would_have_been_read() {
    for (extension, bytes, _) in FILES {
        let mut whole = Vec::new();
        stream(bytes, extension).read(1 << 20, &mut whole).unwrap();
        for place in [0usize, 3_333, 8_000, 12_001] {
            let mut sought = stream(bytes, extension);
            let mut rest = Vec::new();
            sought.read(100, &mut rest).unwrap();
            rest.clear();
            sought.seek(place as u64).unwrap();
            sought.read(1 << 20, &mut rest).unwrap();
            assert_eq!(rest.len(), whole.len() - place, "{extension} from {place}");
            let energy = |samples: &mut dyn Iterator<Item = f64>| samples.map(|s| s * s).sum::<f64>();
            let both = rest.iter().zip(&whole[place..]);
            let noise = energy(&mut both.map(|(a, b)| f64::from(*a) - f64::from(*b)));
            let signal = energy(&mut rest.iter().map(|a| f64::from(*a)));
            // Codecs with memory come back to what they would have said; the tone's phase is right.
            assert!(noise < signal / 100.0, "{extension} from {place}: {noise:.0} in {signal:.0}");
        }
    }
}

#[test]
fn damaged_files_are_errors_or_short_but_never_endless() {
    for (extension, bytes, _) in FILES {
        for damage in 0..300usize {
            let mut bytes = bytes.to_vec();
            let length = bytes.len();
            for n in 0..=damage % 7 {
                bytes[(damage * 7_919 + n * 104_729) % length] ^= u8::try_from(1 << (damage % 8)).unwrap();
            }
            if damage % 3 == 0 {
                bytes.truncate((damage * 31) % length);
            }
            let source = Box::new(Cursor::new(bytes));
            let Ok(mut reader) = Reader::open(source, extension) else { continue };
            let mut samples = Vec::new();
            let mut packets = 0;
            while reader.read(&mut samples).unwrap_or(false) {
                packets += 1;
                assert!(packets < 10_000 && samples.len() < 10_000_000, "{extension} {damage}");
            }
        }
    }
}
