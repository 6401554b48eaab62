//! What a recording is told: of whom, which sides, in which form, with which beep. Plain data.

use crate::MixId;
use cordboard_base::LegId;
use serde::{Deserialize, Serialize};

/// Recordings of one leg at a time: what a rule wants, a script's, one on demand, and a message. A further one is not begun.
pub const RECORDINGS_MAX: usize = 4;

/// What is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RecordingOf {
    /// A leg: what its peer says, and what it is given to hear.
    Leg(LegId),
    /// All that is heard of a mix.
    Mix(MixId),
}

/// Names a recording. A leg has several at a time, [`RECORDINGS_MAX`] at most; of a mix a second one ends the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RecordingId {
    /// Of whom.
    pub of: RecordingOf,
    /// Tells one recording from the next one of the same leg or mix; chosen by who starts it.
    pub number: u32,
}

/// How something is recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordSettings {
    /// The file's name within the directory of its place, without extension; `/` makes directories.
    pub name: String,
    /// What is written.
    pub format: RecordFormat,
    /// Who is heard; a mix has no sides and is mixed.
    pub sides: RecordSides,
    /// The tone that tells those who talk.
    pub beep: Option<RecordBeep>,
    /// How much louder it is written than it was heard, in dB, −24 to 24; what would be above full scale is cut.
    #[serde(default)]
    pub gain_db: i8,
    /// Where the file lies, and how it ends.
    #[serde(default)]
    pub file: RecordFile,
}

impl RecordSettings {
    /// Both sides of a leg, or a mix, as WAV and without a beep.
    pub fn new(name: impl Into<String>, sides: RecordSides) -> Self {
        let (name, format, file) = (name.into(), RecordFormat::Wav, RecordFile::default());
        Self { name, format, sides, beep: None, gain_db: 0, file }
    }
}

/// The form of a recording's file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordFormat {
    /// 16-bit linear.
    #[default]
    Wav,
    /// Opus in Ogg (RFC 7845); where it is not built in the recording fails.
    Opus,
}

impl RecordFormat {
    /// The file's extension.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Wav => "wav",
            Self::Opus => "opus",
        }
    }
}

/// Where a recording's file lies, and how it ends. As it is by default, it is one of the office's recordings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RecordFile {
    /// In which directory.
    pub place: RecordPlace,
    /// Whether the end is told only when the file and its directories' entries are on the disk (fsync): what is told of then
    /// outlives a power cut.
    pub durable: bool,
    /// Whether silence at the end is left out, but for the last moment.
    pub trim: bool,
}

/// The directory that a recording's name is relative to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum RecordPlace {
    /// Of recordings: told to the dialplan and to the call's record, deleted by age and size.
    #[default]
    Recordings,
    /// Of the exchange's data: an application's own, that nobody else is told of or deletes.
    Data,
}

/// Who is heard in a recording of a leg.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum RecordSides {
    /// Left what the peer says, right what it hears.
    Stereo,
    /// Both in one channel.
    #[default]
    Mixed,
    /// The peer alone.
    Says,
    /// What the peer hears alone.
    Hears,
}

/// The tone that tells that a call is recorded: 1,400 Hz for 200 ms, as 47 CFR 64.501 had it, over what is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordBeep {
    /// From one to the next, in ms: 1,000 to 60,000. The first one comes at once.
    pub every_ms: u32,
    /// Who hears it.
    pub heard_by: BeepFor,
    /// Whether it stands in the recording.
    pub recorded: bool,
}

/// Who hears a recording's beep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum BeepFor {
    /// Everybody.
    #[default]
    Both,
    /// The recorded leg's peer alone.
    Peer,
    /// Those alone who hear the recorded leg.
    Others,
}

/// What stands for a pause in a recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum RecordPause {
    /// Silence of the same length: the recording's time stays that of the call.
    #[default]
    Silence,
    /// Nothing: what came before and what comes after stand side by side.
    Gap,
}
