//! What the call core takes and yields.

mod fact;
mod input;
mod office;
mod output;
mod reach;

pub use fact::{Fact, Hidden, LegState};
pub use input::{Input, MixAction, NewCall};
pub use office::{CallSummary, Office, OfficeRecording};
pub use output::{MixNews, Output};
pub use reach::{Contact, OutOfReach, Reach, TrunkRoute, UserRoute};

use serde::{Deserialize, Serialize};

/// A question of the call core's to the exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct QueryId(pub u64);
