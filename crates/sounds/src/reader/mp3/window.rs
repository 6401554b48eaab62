//! A few kilobytes of a source, anywhere in it.

use std::io::{ErrorKind, Result, SeekFrom};
use symphonia::core::io::MediaSource;

/// Octets that are read at a time: some tens of frames.
pub(super) const WINDOW: usize = 16 * 1024;

/// See the module's documentation.
pub(super) struct Window {
    source: Box<dyn MediaSource>,
    octets: Vec<u8>,
    /// Where they stand in the source.
    start: u64,
}

impl Window {
    pub(super) fn new(source: Box<dyn MediaSource>) -> Self {
        Self { source, octets: Vec::new(), start: 0 }
    }

    /// The source, at its beginning.
    pub(super) fn into_source(mut self) -> Result<Box<dyn MediaSource>> {
        self.source.seek(SeekFrom::Start(0))?;
        Ok(self.source)
    }

    /// Octets of the source.
    pub(super) fn length(&self) -> Option<u64> {
        self.source.byte_len()
    }

    /// So many octets from a place on, [`WINDOW`] at most; fewer only at the end.
    pub(super) fn at(&mut self, at: u64, count: usize) -> Result<&[u8]> {
        let count = count.min(WINDOW);
        let from = at.checked_sub(self.start).and_then(|from| usize::try_from(from).ok());
        let from = match from.filter(|from| from.saturating_add(count) <= self.octets.len()) {
            Some(from) => from,
            None => {
                self.fill(at)?;
                0
            }
        };
        let rest = self.octets.get(from..).unwrap_or_default();
        Ok(rest.get(..count).unwrap_or(rest))
    }

    fn fill(&mut self, at: u64) -> Result<()> {
        self.octets.clear();
        self.source.seek(SeekFrom::Start(at))?;
        self.octets.resize(WINDOW, 0);
        let mut filled = 0;
        while let Some(room) = self.octets.get_mut(filled..).filter(|room| !room.is_empty()) {
            match self.source.read(room) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    self.octets.clear();
                    return Err(error);
                }
            }
        }
        self.octets.truncate(filled);
        self.start = at;
        Ok(())
    }
}
