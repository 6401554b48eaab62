//! Recordings as programs ask for them, and as they are told of.

use cordboard_media::{RecordBeep, RecordFile, RecordFormat, RecordPause, RecordSides};
use serde::{Deserialize, Serialize};

/// How a program wants its leg recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordOptions {
    /// The file's name by template, without extension: see [`crate::Step::Record`]; `None`: the office's.
    pub name: Option<String>,
    /// The file's form; `None`: the office's.
    pub format: Option<RecordFormat>,
    /// Which sides, and how; `None`: as the office says.
    pub sides: Option<RecordSides>,
    /// The beep; `None`: the office's.
    pub beep: Option<BeepWish>,
    /// Where the file lies, and how it ends. Of what lies in [`cordboard_media::RecordPlace::Data`] neither the dialplan nor the
    /// call's record is told.
    /// For what a caller says to an application there is [`crate::Step::TakeMessage`].
    #[serde(default)]
    pub file: RecordFile,
}

/// A program's wish for a beep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BeepWish {
    /// None.
    Off,
    /// This one.
    On(RecordBeep),
}

/// What is done with a running recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RecordAction {
    /// Pauses it.
    Pause(RecordPause),
    /// Goes on.
    Resume,
    /// Ends it.
    Stop,
}

/// Whether talks are recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordRule {
    /// Not unless a program says so.
    #[default]
    Never,
    /// By the in-call feature code.
    OnDemand,
    /// From the answer on.
    Always,
}

/// A recording that is complete.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingInfo {
    /// The call, as logs and the command line name it.
    pub call: String,
    /// The file within the directory of its place; empty if none could be made.
    pub path: String,
    /// How much it holds, in ms; without the silence that was left out.
    pub ms: u64,
    /// Why it ended early, if it did: a full disk, say.
    pub failure: Option<String>,
}
