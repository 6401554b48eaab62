//! The identities that cross the floors of the house.

use core::fmt;
use serde::{Deserialize, Serialize};

/// One call: legs, and the programs that drive them. Never used twice, not even by a restarted process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CallId(pub u64);

/// One dialog and one media session, for life: transfers, parking and pickup re-wire legs, they never replace one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LegId {
    /// The call that the leg was made in. A leg that moves to another call (pickup, Replaces) keeps its identity.
    pub call: CallId,
    /// Its number within that call, from 0.
    pub index: u16,
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}", self.0)
    }
}

impl fmt::Display for LegId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.call, self.index)
    }
}
