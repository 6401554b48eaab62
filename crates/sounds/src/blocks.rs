//! An endless stream, or a long one, cut into the blocks that the media engine asks for: see [`cordboard_media::music`].

use cordboard_media::Samples;
use cordboard_media::music::{BLOCK_MS, BLOCK_RATE_HZ, BLOCK_SAMPLES, MARGIN_MS};

/// Samples of a block without its margins.
pub const BLOCK: usize = (BLOCK_RATE_HZ / 1_000 * BLOCK_MS) as usize;
/// Samples of a margin.
pub const MARGIN: usize = (BLOCK_RATE_HZ / 1_000 * MARGIN_MS) as usize;

/// Cuts a stream of 16 kHz into blocks, each with its neighbours' ends as margins.
#[derive(Clone, Debug)]
pub struct Cutter {
    samples: Vec<i16>,
}

impl Default for Cutter {
    fn default() -> Self {
        Self { samples: vec![0; MARGIN] }
    }
}

impl Cutter {
    /// How many samples the next block still lacks.
    pub fn lacks(&self) -> usize {
        BLOCK_SAMPLES.saturating_sub(self.samples.len())
    }

    /// Samples that are in no block yet.
    pub fn held(&self) -> usize {
        self.samples.len().saturating_sub(MARGIN)
    }

    /// Where more samples are appended.
    pub fn samples(&mut self) -> &mut Vec<i16> {
        &mut self.samples
    }

    /// The next block, once it is whole.
    pub fn cut(&mut self) -> Option<Samples> {
        let data = self.samples.get(..BLOCK_SAMPLES)?.to_vec();
        self.samples.drain(..BLOCK);
        Some(Samples { rate_hz: BLOCK_RATE_HZ, data })
    }

    /// The stream's last block: as long as it happens to be, silence for its margins.
    pub fn last(&mut self) -> Samples {
        let mut data = core::mem::replace(&mut self.samples, vec![0; MARGIN]);
        data.resize(data.len() + MARGIN, 0);
        Samples { rate_hz: BLOCK_RATE_HZ, data }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_overlap_by_both_margins_and_nothing_is_lost() {
        let mut cutter = Cutter::default();
        assert_eq!(cutter.lacks(), BLOCK + MARGIN);
        let all: Vec<i16> = (0..80_000).map(|n: i32| i16::try_from(n % 30_000).unwrap()).collect();
        cutter.samples().extend(&all);
        let (one, two) = (cutter.cut().unwrap(), cutter.cut().unwrap());
        assert_eq!(one.data.len(), BLOCK_SAMPLES);
        assert_eq!(one.data[MARGIN..], all[..BLOCK + MARGIN]);
        assert_eq!(one.data[BLOCK_SAMPLES - 2 * MARGIN..], two.data[..2 * MARGIN]);
        assert!(cutter.cut().is_none());
        let last = cutter.last();
        assert_eq!(last.data[MARGIN..last.data.len() - MARGIN], all[2 * BLOCK..]);
        assert_eq!(cutter.held(), 0);
    }
}
