//! What the program and the service say to each other.

use cordboard_app::spoken::Part;
use serde::{Deserialize, Serialize};

/// The program asks. `number` is what was dialled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Request {
    /// May I? → `Opened`, `WantsPin`, `Wrong`, `Locked`, `Denied`, `Nothing`
    Open { number: String, pin: Option<String> },
    /// A file is about to be recorded: should nothing come of it, it is deleted ([`cordboard_app::spoken::Draft`]). → `Done`
    Draft { file: String, instead_of: Option<String> },
    /// This is played from now on. → `Done`, `Failed`
    Save { number: String, audio: Part },
    /// The original is. → `Done`, `Nothing`, `Failed`
    Reset { number: String },
}

/// The service answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Answer {
    Opened { prompt: String, max_ms: u32 },
    WantsPin,
    Wrong,
    Locked,
    Denied,
    Nothing,
    Done,
    Failed,
}
