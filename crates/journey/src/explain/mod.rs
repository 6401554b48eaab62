//! What went wrong with a call, in plain words, with the evidence. Pure functions of its entries: nothing is guessed that no entry
//! shows, and a healthy call has no verdict.
//!
//! | File | Finds |
//! |---|---|
//! | [`audio`] | who sent nothing, or nothing but silence; whose audio stopped, keys that never came |
//! | [`signalling`] | ACKs that never came, gateways that rewrite SIP, codecs, passwords |
//! | [`outcome`] | why nobody answered; script errors; who hung up |

mod audio;
mod outcome;
mod signalling;

use crate::Entry;
use crate::story::Story;
use core::fmt;
use serde::{Deserialize, Serialize};

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names and `in_words` say it")]
pub enum Fault {
    ScriptError,
    PhoneRefused,
    TrunkRefused,
    CodecMismatch,
    LostAck,
    SipAlg,
    NoAudio,
    OneWayAudio,
    AudioStopped,
    SilentMicrophone,
    KeysLost,
    TrunkUnreachable,
    PhoneUnreachable,
    NotRegistered,
    TrunkFull,
    TooManyCalls,
    NoRoute,
    Busy,
    Declined,
    NoAnswer,
}

impl Fault {
    /// In a few words.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::ScriptError => "script error",
            Self::PhoneRefused => "the phone's call was refused",
            Self::TrunkRefused => "the trunk refuses us",
            Self::CodecMismatch => "no codec in common",
            Self::LostAck => "the ACK never came",
            Self::SipAlg => "a gateway on the way rewrites SIP (SIP ALG)",
            Self::NoAudio => "no audio",
            Self::OneWayAudio => "one-way audio",
            Self::AudioStopped => "the audio stopped",
            Self::SilentMicrophone => "the microphone was silent",
            Self::KeysLost => "keys never arrived",
            Self::TrunkUnreachable => "the trunk is not reached",
            Self::PhoneUnreachable => "the phone is not reached",
            Self::NotRegistered => "no phone is registered",
            Self::TrunkFull => "the trunk's channels are in use",
            Self::TooManyCalls => "too many calls",
            Self::NoRoute => "the number has no route",
            Self::Busy => "busy",
            Self::Declined => "declined",
            Self::NoAnswer => "nobody answered",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.in_words())
    }
}

/// Something that went wrong, and what shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// What.
    pub fault: Fault,
    /// In plain words: who, what, and what can be done.
    pub text: String,
    /// What shows it, in order of time.
    pub evidence: Vec<Evidence>,
}

/// What shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// When, in microseconds since the Unix epoch.
    pub at_us: i64,
    /// What was seen then.
    pub text: String,
}

/// How a call ended, healthy or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    /// In plain words: who hung up, and why.
    pub text: String,
    /// What shows it.
    pub evidence: Vec<Evidence>,
}

/// What went wrong, the gravest first; none for a healthy call.
pub fn explain(entries: &[Entry]) -> Vec<Verdict> {
    let story = Story::of(entries);
    let mut verdicts = Vec::new();
    outcome::script_errors(&story, &mut verdicts);
    signalling::refused(&story, &mut verdicts);
    signalling::trunk_refuses(&story, &mut verdicts);
    signalling::codecs(&story, &mut verdicts);
    signalling::lost_acks(&story, &mut verdicts);
    audio::silent(&story, &mut verdicts);
    audio::stopped(&story, &mut verdicts);
    audio::microphones(&story, &mut verdicts);
    audio::keys(&story, &mut verdicts);
    signalling::gateways(&story, &mut verdicts);
    if !outcome::was_answered(&story) && verdicts.is_empty() {
        outcome::unanswered(&story, &mut verdicts);
    }
    // A stable sort: of one kind the first came first.
    verdicts.sort_by_key(|verdict| verdict.fault);
    verdicts
}

/// How it ended; `None` as long as it goes on.
pub fn ending(entries: &[Entry]) -> Option<Ending> {
    outcome::ending(&Story::of(entries))
}
