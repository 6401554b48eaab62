//! A class of music as the endless stream that the media engine asks for block by block: all its pieces one after the other, again
//! and again, on the clock that everybody shares.

use cordboard_media::music::{BLOCK_MS, BLOCK_RATE_HZ, BLOCK_SAMPLES, MARGIN_MS};
use cordboard_media::{Resampler, Samples};

/// The pieces of one class, decoded, at the rate of blocks.
#[derive(Debug, Default)]
pub(super) struct Station {
    samples: Vec<i16>,
}

impl Station {
    /// A station without any piece.
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Adds a piece. False: there is no room for all of it within `samples_max`.
    pub(super) fn add(&mut self, piece: &Samples, samples_max: usize) -> bool {
        if piece.rate_hz == BLOCK_RATE_HZ {
            self.samples.extend_from_slice(&piece.data);
        } else {
            let filter = Resampler::new(piece.rate_hz, BLOCK_RATE_HZ);
            let count = filter.output_len(piece.data.len());
            self.samples.extend((0..count).map(|n| filter.at(&piece.data, n)));
        }
        let fits = self.samples.len() <= samples_max;
        self.samples.truncate(samples_max);
        fits
    }

    /// A block by its number, with its margins. None: there is nothing to play.
    pub(super) fn block(&self, number: u64) -> Option<Samples> {
        let length = u64::try_from(self.samples.len()).ok().filter(|&length| length > 0)?;
        let per_ms = u64::from(BLOCK_RATE_HZ / 1_000);
        let first = (number % length) * (u64::from(BLOCK_MS) * per_ms % length) % length;
        let first = (first + length - u64::from(MARGIN_MS) * per_ms % length) % length;
        let first = usize::try_from(first).ok()?;
        let data = self.samples.iter().cycle().skip(first).take(BLOCK_SAMPLES).copied().collect();
        Some(Samples { rate_hz: BLOCK_RATE_HZ, data })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(count: i16) -> Samples {
        Samples { rate_hz: 16_000, data: (0..count).collect() }
    }

    #[test]
    fn blocks_follow_each_other_around_the_pieces_with_their_margins() {
        let mut station = Station::new();
        assert!(station.add(&ramp(20_000), 100_000) && station.add(&ramp(700), 100_000));
        let (one, two) = (station.block(5).unwrap(), station.block(6).unwrap());
        assert_eq!((one.data.len(), two.data.len()), (BLOCK_SAMPLES, BLOCK_SAMPLES));
        let margin = usize::try_from(MARGIN_MS * 16).unwrap();
        assert_eq!(
            one.data[BLOCK_SAMPLES - 2 * margin..],
            two.data[..2 * margin],
            "they overlap by both margins"
        );
        assert_eq!(i64::from(one.data[margin]), (5 * 32_000) % 20_700, "the clock says where");
        assert!(Station::new().block(1).is_none());
    }

    #[test]
    fn another_rate_is_brought_to_that_of_blocks_and_too_much_is_cut() {
        let mut station = Station::new();
        let piece = Samples { rate_hz: 8_000, data: vec![1_000; 800] };
        assert!(station.add(&piece, 1_600));
        assert_eq!(station.samples.len(), 1_600);
        assert!(station.samples[100..1_500].iter().all(|&sample| (990..=1_010).contains(&sample)));
        assert!(!station.add(&piece, 1_600), "one past the bound");
        assert_eq!(station.samples.len(), 1_600);
    }
}
