//! What everything sounds like: a tone of its own for every phone, prompt and class of music, so that hearing is decoding.
//!
//! | who | Hz |
//! |---|---|
//! | music | 600–750, and by its place 800–1,075 |
//! | phones | 1,100–1,950 |
//! | prompts | one of 2,000–2,675 and one of 2,725–3,400 |

use cordboard_media::music::{BLOCK_MS, MARGIN_MS};
use cordboard_media::{SampleKey, Samples, Tone, goertzel, tone};
use std::sync::Arc;

/// How long the last moment is that an ear judges, in ms.
pub(crate) const MOMENT_MS: u32 = 200;
/// Below this a frequency is not heard.
const THRESHOLD_DBM0: f64 = -26.0;
/// Of everything that sounds.
const LEVEL_DBM0: i8 = -12;
/// Every prompt lasts so long: an ear hears with the delay of a recording, a third of a second, and needs a moment within it.
const PROMPT_MS: u32 = 900;
/// Of prompts and music.
const RATE_HZ: u32 = 8_000;

/// Places in music that can be told apart: blocks, after which it sounds the same again.
pub(crate) const PLACES: u64 = 12;

/// What is added to music of this block.
pub(crate) fn place(block: u64) -> Sound {
    Sound::Tone([800 + 25 * u16::try_from(block % PLACES).unwrap_or(0), 0])
}

/// Something that can be told by its sound.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sound {
    /// The voice of a phone, by its place in the world.
    Voice(usize),
    /// A prompt by its name.
    Prompt(String),
    /// An application's file by its path, where this world has not recorded it itself.
    File(String),
    /// A class of music.
    Music(String),
    /// A tone of the exchange's: its frequencies in Hz, the second 0 for a single one.
    Tone([u16; 2]),
}

impl Sound {
    /// Its frequencies in Hz; a second one of 0 means none.
    pub fn frequencies_hz(&self) -> [u16; 2] {
        match self {
            Self::Voice(index) => {
                assert!(*index < 18, "a world has 18 voices");
                [1_100 + 50 * u16::try_from(*index).unwrap_or(0), 0]
            }
            Self::Prompt(name) | Self::File(name) => {
                let hash = hash(name);
                [2_000 + 25 * (hash % 28), 2_725 + 25 * (hash / 28 % 28)]
            }
            Self::Music(class) => [600 + 25 * (hash(class) % 7), 0],
            Self::Tone(frequencies) => *frequencies,
        }
    }

    /// As a tone without end.
    pub(crate) fn tone(&self) -> Tone {
        Tone {
            frequencies_hz: self.frequencies_hz(),
            level_dbm0: LEVEL_DBM0,
            cadence_ms: Vec::new(),
            duration_ms: 0,
        }
    }

    /// Whether it is in these samples.
    pub(crate) fn is_in(&self, samples: &[i16], rate_hz: u32) -> bool {
        let frequencies: Vec<u16> = self.frequencies_hz().into_iter().filter(|&hz| hz > 0).collect();
        goertzel::heard(samples, rate_hz, &frequencies, THRESHOLD_DBM0).len() == frequencies.len()
    }
}

/// What is decoded for a prompt or a class of music; names that begin with `missing` are not there.
pub(crate) fn samples(key: &SampleKey) -> Option<Arc<Samples>> {
    let (tone, ms) = match key {
        SampleKey::Prompt { name, .. } | SampleKey::PromptBlock { name, .. } => {
            (Sound::Prompt(name.clone()).tone(), PROMPT_MS)
        }
        SampleKey::FileBlock { path, .. } => (Sound::File(path.clone()).tone(), PROMPT_MS),
        SampleKey::Music { class, block } => {
            let ([music, _], [place, _]) =
                (Sound::Music(class.clone()).frequencies_hz(), place(*block).frequencies_hz());
            (Sound::Tone([music, place]).tone(), BLOCK_MS + 2 * MARGIN_MS)
        }
    };
    if key.name().starts_with("missing") {
        return None;
    }
    let count = usize::try_from(ms * (RATE_HZ / 1_000)).unwrap_or(0);
    Some(Arc::new(Samples { rate_hz: RATE_HZ, data: tone::generate(&tone, RATE_HZ, count) }))
}

/// FNV-1a, folded: names that differ sound different, but for one pair in some hundreds.
fn hash(name: &str) -> u16 {
    let hash =
        name.bytes().fold(0x811c_9dc5u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    u16::try_from((hash >> 16) ^ (hash & 0xffff)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_is_heard_as_itself_and_not_as_another() {
        let key = SampleKey::Prompt { name: "vm-goodbye".into(), lang: "en".into() };
        let samples = samples(&key).unwrap();
        assert!(Sound::Prompt("vm-goodbye".into()).is_in(&samples.data, samples.rate_hz));
        assert!(!Sound::Prompt("hello".into()).is_in(&samples.data, samples.rate_hz));
        assert!(!Sound::Voice(3).is_in(&samples.data, samples.rate_hz));
    }
}
