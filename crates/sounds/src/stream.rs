//! A reader's samples at the one rate of blocks, as many at a time as are wanted.

use crate::{Index, ReadError, Reader};
use cordboard_media::music::BLOCK_RATE_HZ;
use cordboard_media::{Resampler, Tail};
use symphonia::core::io::MediaSource;

/// Samples per second.
pub const RATE_HZ: u32 = BLOCK_RATE_HZ;

/// See the module's documentation.
#[derive(Debug)]
pub struct Stream {
    reader: Reader,
    /// None where the file has our rate already.
    filter: Option<(Resampler, Tail)>,
    packet: Vec<i16>,
    ready: Vec<i16>,
    /// Samples of `ready` that were given.
    given: usize,
    /// Samples at our rate to be dropped after a seek.
    dropping: usize,
    has_ended: bool,
    position: u64,
}

impl Stream {
    /// As [`Reader::open`].
    pub fn open(source: Box<dyn MediaSource>, extension: &str) -> Result<Self, ReadError> {
        Ok(Self::new(Reader::open(source, extension)?))
    }

    /// All that a reader has still to give.
    pub fn new(reader: Reader) -> Self {
        let rate_hz = reader.rate_hz();
        let filter = (rate_hz != RATE_HZ).then(|| (Resampler::new(rate_hz, RATE_HZ), Tail::default()));
        let (packet, ready) = (Vec::new(), Vec::new());
        Self { reader, filter, packet, ready, given: 0, dropping: 0, has_ended: false, position: 0 }
    }

    /// How many samples there are, where the file says so. It may be wrong.
    pub fn length(&self) -> Option<u64> {
        let length = u128::from(self.reader.length()?);
        let scaled = length * u128::from(RATE_HZ) / u128::from(self.reader.rate_hz().max(1));
        u64::try_from(scaled).ok()
    }

    /// As [`Reader::index`].
    pub fn index(&self) -> Option<Index> {
        self.reader.index()
    }

    /// The number of the next sample.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Appends so many samples and says how many they were: fewer only at the end.
    pub fn read(&mut self, count: usize, samples: &mut Vec<i16>) -> Result<usize, ReadError> {
        while self.ready.len() - self.given < count && !self.has_ended {
            self.read_packet()?;
        }
        let end = self.ready.len().min(self.given + count);
        let given = self.ready.get(self.given..end).unwrap_or_default();
        samples.extend_from_slice(given);
        let count = given.len();
        self.given += count;
        self.position += count as u64;
        if self.given == self.ready.len() {
            self.ready.clear();
            self.given = 0;
        }
        Ok(count)
    }

    fn read_packet(&mut self) -> Result<(), ReadError> {
        self.ready.drain(..self.given);
        self.given = 0;
        self.packet.clear();
        let before = self.ready.len();
        self.has_ended = !self.reader.read(&mut self.packet)?;
        match &mut self.filter {
            None => self.ready.append(&mut self.packet),
            Some((filter, tail)) if self.has_ended => tail.finish(filter, &mut self.ready),
            Some((filter, tail)) => tail.push(filter, &self.packet, &mut self.ready),
        }
        let dropped = self.dropping.min(self.ready.len() - before);
        self.ready.drain(before..before + dropped);
        self.dropping -= dropped;
        Ok(())
    }

    /// Goes to a sample: the next one that is read. Past the end nothing more is read.
    pub fn seek(&mut self, sample: u64) -> Result<(), ReadError> {
        let (mut from, mut dropping) = (sample, 0);
        if let Some((filter, tail)) = &mut self.filter {
            let (place, ahead) = filter.run_up(sample);
            (from, dropping) = (place, ahead);
            *tail = Tail::default();
        }
        self.reader.seek(from)?;
        self.ready.clear();
        (self.given, self.has_ended, self.position) = (0, false, sample);
        self.dropping = usize::try_from(dropping).unwrap_or(usize::MAX);
        Ok(())
    }
}
