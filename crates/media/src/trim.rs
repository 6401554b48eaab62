//! Silence at the end of a recording, left out: samples are held back while it is quiet, and given on as they were when it is
//! not any more.

use crate::level;

/// Below this it is quiet, in dBov: as a program that waits for silence has it.
const QUIET_DBOV: f64 = -45.0;
/// It is quiet or not for so long at a time, in ms.
const BLOCK_MS: u32 = 20;
/// So much is held back at most, in ms: longer than the silence that ends a message. What is before stays in the recording.
const HELD_MS_MAX: u32 = 30_000;
/// So much of the silence stays, in ms: a word's end is quiet too.
const KEPT_MS: u32 = 200;

/// What holds silence back. All lengths are in samples of all channels.
#[derive(Clone, Debug)]
pub struct Trimmer {
    held: Vec<i16>,
    block: usize,
    held_max: usize,
    kept: usize,
}

impl Trimmer {
    /// Nothing yet.
    pub fn new(rate_hz: u32, channels: u8) -> Self {
        let samples = |ms: u32| {
            let count = u64::from(ms) * u64::from(rate_hz) / 1_000 * u64::from(channels);
            usize::try_from(count).unwrap_or(usize::MAX).max(1)
        };
        let (block, held_max, kept) = (samples(BLOCK_MS), samples(HELD_MS_MAX), samples(KEPT_MS));
        Self { held: Vec::new(), block, held_max, kept }
    }

    /// Takes samples, appends those that are no silence at the end to `released`.
    pub fn push(&mut self, samples: &[i16], released: &mut Vec<i16>) {
        for block in samples.chunks(self.block) {
            self.held.extend_from_slice(block);
            if level::dbov(block) >= QUIET_DBOV {
                released.append(&mut self.held);
            }
        }
        let beyond = self.held.len().saturating_sub(self.held_max);
        released.extend(self.held.drain(..beyond));
    }

    /// The recording ends: what of the silence stays.
    pub fn end(mut self) -> Vec<i16> {
        self.held.truncate(self.kept);
        self.held
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOUD: [i16; 1_600] = [3_000; 1_600];
    const QUIET: [i16; 1_600] = [100; 1_600];

    /// What is left of tenths of a second at 8 kHz in stereo: `#` is loud.
    fn left(course: &str) -> Vec<i16> {
        let mut trimmer = Trimmer::new(8_000, 2);
        let mut all = Vec::new();
        for tenth in course.chars() {
            trimmer.push(if tenth == '#' { &LOUD } else { &QUIET }, &mut all);
        }
        all.extend(trimmer.end());
        all
    }

    #[test]
    fn silence_at_the_end_goes_but_for_a_moment_and_any_other_stays() {
        let tenths = |course: &str| left(course).len() / 1_600;
        assert_eq!(["", "#", "#.", "#...", ".....#", "#.....#....."].map(tenths), [0, 1, 2, 3, 6, 9]);
        assert_eq!(tenths("....."), 2);
        let expected = [&LOUD[..], &QUIET, &QUIET, &QUIET, &LOUD, &QUIET].concat();
        assert_eq!(left("#...#."), expected);
    }

    #[test]
    fn no_more_is_held_back_than_the_bound() {
        let long = |tenths: usize| left(&format!("#{}", ".".repeat(tenths))).len() / 1_600;
        assert_eq!([long(300), long(301), long(400)], [3, 4, 103]);
    }
}
