//! What is heard: Goertzel's filter over a moment of samples, and over WAV files.

use cordboard_media::goertzel;
use std::path::Path;

/// Below this a frequency is not heard.
const THRESHOLD_DBM0: f64 = -30.0;
/// How long a moment is, in ms.
pub(crate) const MOMENT_MS: u32 = 200;

/// Whether a frequency is in these samples.
pub(crate) fn hears(samples: &[i16], rate_hz: u32, frequency_hz: u16) -> bool {
    !samples.is_empty() && goertzel::heard(samples, rate_hz, &[frequency_hz], THRESHOLD_DBM0).len() == 1
}

/// One channel of a WAV file (16 bit), told by the place of its `data` chunk.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wav {
    pub(crate) rate_hz: u32,
    pub(crate) channels: Vec<Vec<i16>>,
}

impl Wav {
    /// Reads as much as is there; a file that is being written is cut at a whole sample.
    pub(crate) fn read(path: &Path) -> Option<Self> {
        let bytes = std::fs::read(path).ok()?;
        let word = |at: usize| bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes);
        let half = |at: usize| bytes.get(at..at + 2)?.try_into().ok().map(u16::from_le_bytes);
        let mut at = 12;
        let mut wav = Self::default();
        let mut count = 0;
        while let (Some(name), Some(size)) = (bytes.get(at..at + 4), word(at + 4)) {
            let body = at + 8;
            if name == b"fmt " {
                count = usize::from(half(body + 2)?);
                wav.rate_hz = word(body + 4)?;
            } else if name == b"data" {
                let samples: Vec<i16> = bytes
                    .get(body..)?
                    .as_chunks::<2>()
                    .0
                    .iter()
                    .map(|pair| i16::from_le_bytes(*pair))
                    .collect();
                wav.channels = (0..count)
                    .map(|channel| samples.iter().skip(channel).step_by(count).copied().collect())
                    .collect();
                return Some(wav);
            }
            at = body + usize::try_from(size).ok()?;
        }
        None
    }

    /// How many of its moments have this frequency, and how many there are, in one channel.
    pub(crate) fn moments_with(&self, channel: usize, frequency_hz: u16) -> (usize, usize) {
        let length = usize::try_from(self.rate_hz * MOMENT_MS / 1_000).unwrap().max(1);
        let Some(samples) = self.channels.get(channel) else { return (0, 0) };
        let moments = samples.chunks_exact(length);
        let all = moments.len();
        (moments.filter(|moment| hears(moment, self.rate_hz, frequency_hz)).count(), all)
    }
}

/// Writes a mono WAV file at 8 kHz with a tone.
pub(crate) fn write_tone(path: &Path, frequency_hz: u16, seconds: u32) {
    let tone = cordboard_media::Tone {
        frequencies_hz: [frequency_hz, 0],
        level_dbm0: -12,
        cadence_ms: Vec::new(),
        duration_ms: 0,
    };
    let samples = usize::try_from(seconds * 8_000).unwrap();
    write_wav(path, &cordboard_media::tone::generate(&tone, 8_000, samples));
}

/// Writes a mono WAV file at 8 kHz with a hum, which every codec speaks, a vocoder too: of a fundamental all harmonics of the telephone
/// band, those around `strongest_hz`, which is one of them, ten times as strong as the others.
pub(crate) fn write_hum(path: &Path, fundamental_hz: u16, strongest_hz: u16, seconds: u32) {
    let amplitude = |hz: f64| 300.0 + 3_000.0 * (-((hz - f64::from(strongest_hz)) / 150.0).powi(2)).exp();
    let sample = |n: u32| {
        let angle = std::f64::consts::TAU * f64::from(n) / 8_000.0;
        let harmonics =
            (1..).map(|k| f64::from(k * i32::from(fundamental_hz))).take_while(|hz| *hz < 3_400.0);
        let sum: f64 = harmonics.map(|hz| amplitude(hz) * (angle * hz).cos()).sum();
        #[allow(
            clippy::cast_possible_truncation,
            reason = "rounded, and all amplitudes together are below 32,768"
        )]
        let sample = sum.round() as i16;
        sample
    };
    write_wav(path, &(0..seconds * 8_000).map(sample).collect::<Vec<i16>>());
}

/// Writes one with so many samples of silence.
pub(crate) fn write_silence(path: &Path, samples: usize) {
    write_wav(path, &vec![0; samples]);
}

fn write_wav(path: &Path, samples: &[i16]) {
    let data: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let size = u32::try_from(data.len()).unwrap();
    let mut bytes = Vec::new();
    bytes.extend(b"RIFF");
    bytes.extend((36 + size).to_le_bytes());
    bytes.extend(b"WAVEfmt ");
    bytes.extend(16u32.to_le_bytes());
    for half in [1u16, 1] {
        bytes.extend(half.to_le_bytes());
    }
    bytes.extend(8_000u32.to_le_bytes());
    bytes.extend(16_000u32.to_le_bytes());
    for half in [2u16, 16] {
        bytes.extend(half.to_le_bytes());
    }
    bytes.extend(b"data");
    bytes.extend(size.to_le_bytes());
    bytes.extend(data);
    std::fs::write(path, bytes).unwrap();
}
