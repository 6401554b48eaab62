//! How long a peer's packets are, told from what they carry.

use serde::{Deserialize, Serialize};

/// So many packets of another length in a row mean that the peer has changed it; fewer are stragglers of a talkspurt.
const LENGTH_CONFIRMED: u8 = 3;

/// How long a peer's packets are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PacketLength {
    /// 0: not known.
    pub(super) ms: u16,
    other_ms: u16,
    times: u8,
}

impl PacketLength {
    #[inline]
    pub(super) fn note(&mut self, ms: u16) {
        if ms == self.ms {
            self.times = 0;
            return;
        }
        self.times = if ms == self.other_ms { self.times + 1 } else { 1 };
        self.other_ms = ms;
        if self.ms == 0 || self.times >= LENGTH_CONFIRMED {
            *self = Self { ms, other_ms: ms, times: 0 };
        }
    }
}
