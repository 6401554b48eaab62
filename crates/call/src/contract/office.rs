//! What the call core is told of the office, and tells of its calls.

use cordboard_app::{Identity, RecordRule};
use cordboard_base::CallId;
use cordboard_media::{RecordBeep, RecordFormat, RecordSides};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the call core is told of the office; replaced at a reload.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Office {
    /// Codecs by name, best first: `["PCMA", "PCMU"]`.
    pub codecs: Vec<String>,
    /// The longest call in ms; 0: no limit.
    pub max_duration_ms: u32,
    /// No RTP for so long ends an answered call, in ms; 0: never.
    pub rtp_timeout_ms: u32,
    /// The default language.
    pub lang: String,
    /// The default class of music.
    pub music: String,
    /// The host that identities of ours carry: `office.example`.
    pub domain: String,
    /// The session interval offered, in s (RFC 4028); 0: none.
    pub session_expires_s: u32,
    /// How many calls at once; above it the exchange answers 503.
    pub calls_max: u32,
    /// How calls are recorded.
    #[serde(default)]
    pub recording: OfficeRecording,
    /// The digits of in-call features.
    #[serde(default)]
    pub features: crate::OfficeFeatures,
    /// Emergency numbers.
    #[serde(default)]
    pub emergency: crate::OfficeEmergency,
}

/// How calls are recorded unless a program says otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OfficeRecording {
    /// The file's name by template, without extension.
    pub name: String,
    /// Its form.
    pub format: RecordFormat,
    /// Which sides, and how.
    pub sides: RecordSides,
    /// The beep, if there is one.
    pub beep: Option<RecordBeep>,
    /// Users with a rule of their own.
    pub users: BTreeMap<String, RecordRule>,
    /// The digits that start and stop a recording on demand; empty: none do.
    pub code: String,
    /// Whether the one who called may use them.
    pub by_caller: bool,
    /// Whether the one who was called may use them.
    pub by_callee: bool,
}

impl Default for OfficeRecording {
    fn default() -> Self {
        Self {
            name: "{date}/{time}-{caller}-{called}-{call}".to_owned(),
            format: RecordFormat::Wav,
            sides: RecordSides::Stereo,
            beep: None,
            users: BTreeMap::new(),
            code: "*1".to_owned(),
            by_caller: true,
            by_callee: true,
        }
    }
}

/// A live call, for `cordboard calls`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallSummary {
    /// Which.
    pub call: CallId,
    /// Who called.
    pub caller: Identity,
    /// What was dialled.
    pub dialed: String,
    /// `routing`, `ringing`, `talking`, `holding`, `application`.
    pub state: String,
    /// The call that this one finds somebody for; `None`: it is a call as its caller sees it.
    #[serde(default)]
    pub part_of: Option<CallId>,
    /// Microseconds since the call began.
    pub age_us: u64,
    /// Its legs, in words.
    pub legs: Vec<String>,
}
