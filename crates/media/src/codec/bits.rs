//! Codes of a few bits within octets, the first in the most significant place.
#![allow(clippy::cast_possible_truncation, reason = "the octet that is full is cut off on purpose")]

/// Takes codes out of octets; past their end there are zeros.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    octets: core::slice::Iter<'a, u8>,
    held: u32,
    count: u32,
}

impl<'a> Reader<'a> {
    pub(super) fn new(octets: &'a [u8]) -> Self {
        Self { octets: octets.iter(), held: 0, count: 0 }
    }

    /// The next code, of at most eight bits.
    #[inline]
    pub(super) fn take(&mut self, bits: u32) -> u8 {
        if self.count < bits {
            self.held = self.held << 8 | u32::from(self.octets.next().copied().unwrap_or(0));
            self.count += 8;
        }
        self.count -= bits;
        (self.held >> self.count & ((1 << bits) - 1)) as u8
    }
}

/// Appends codes to octets; a last one that is not full is not written.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    octets: &'a mut Vec<u8>,
    held: u32,
    count: u32,
}

impl<'a> Writer<'a> {
    pub(super) fn new(octets: &'a mut Vec<u8>) -> Self {
        Self { octets, held: 0, count: 0 }
    }

    /// Puts a code of at most eight bits, whose other bits are zero.
    #[inline]
    pub(super) fn put(&mut self, code: u8, bits: u32) {
        self.held = self.held << bits | u32::from(code);
        self.count += bits;
        if self.count >= 8 {
            self.count -= 8;
            self.octets.push((self.held >> self.count) as u8);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_is_taken() {
        let mut octets = Vec::new();
        let mut writer = Writer::new(&mut octets);
        let codes = [(5, 3), (0, 2), (31, 5), (1, 1), (200, 8), (9, 5)];
        codes.iter().for_each(|&(code, bits)| writer.put(code, bits));
        assert_eq!(octets, [0b1010_0111, 0b1111_1001, 0b0000_1001]);
        let mut reader = Reader::new(&octets);
        codes.iter().for_each(|&(code, bits)| assert_eq!(reader.take(bits), code));
        assert_eq!(reader.take(8), 0);
    }
}
