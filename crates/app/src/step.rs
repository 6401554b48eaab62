//! What a program asks the call core to do next.

use crate::{Cause, DialOptions, Note, Query, RecordAction, RecordOptions, Transfer, Value};
use cordboard_media::{Audio, Tone};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One step of a program. The program is parked until the call core has its [`crate::Reply`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Step {
    /// Answers the caller if it is not answered yet. → `Ok`
    Answer,
    /// Early media: 183 with a description. → `Ok`
    Progress,
    /// 180. → `Ok`
    Ringing,
    /// Ends the call. → `HungUp`
    Hangup(Cause),
    /// Rings and connects; parked until the talk is over. → `Dialed`
    Dial(Box<DialOptions>),
    /// Leaves this program for the route of a number in a context. The last step of the program. → none
    Enter {
        /// The context.
        context: String,
        /// The number.
        number: String,
    },
    /// Runs an application on top of this program. → `Value` with its outcome
    Run {
        /// Its registered name: `voicemail`.
        app: String,
        /// Its arguments.
        args: Value,
    },
    /// Plays. The caller is answered, or given early media if the program asked for `Progress`. → `Played`
    Play(PlayList),
    /// Plays and collects digits. → `Digits`
    Read(ReadDigits),
    /// Does nothing for a time; what the caller hears goes on. → `Ok`
    Wait {
        /// ms.
        ms: u32,
    },
    /// Waits until the caller has been quiet for a time. → `Value(Bool)`: whether it was, before the timeout
    WaitSilence {
        /// Quiet for so long, in ms.
        ms: u32,
        /// At most so long, in ms.
        timeout_ms: u32,
    },
    /// Listens whether the caller is an answering machine. → `Value`: [`Value::of`] a [`cordboard_media::MachineVerdict`]
    DetectMachine(Box<cordboard_media::MachineDetection>),
    /// Sends the caller back to itself until `#` or the timeout. → `Ok`
    Echo {
        /// ms; 0: until hang-up.
        timeout_ms: u32,
    },
    /// Plays a tone; its `duration_ms` 0 is until hang-up or a digit. → `Played`
    Tone(Tone),
    /// Music of this class from now on, under whatever comes; `None` ends it. A class that the call has of its own goes before it, and
    /// "" is that or the office's. → `Ok`
    Music(Option<String>),
    /// Records what the caller says and hears, from now on and whatever it is connected with, until it is told to stop or the caller
    /// is gone. In the file's name `{date}`, `{time}`, `{caller}`, `{called}` and `{call}` are filled in. → `Value(Int)`: the
    /// recording's number
    Record(Box<RecordOptions>),
    /// Pauses, goes on with or ends a recording of this call's; nothing happens if it is over. → `Ok`
    ControlRecording {
        /// Its number.
        number: u32,
        /// What.
        action: RecordAction,
    },
    /// Sends digits to the caller. → `Ok` when they are sent
    SendDigits {
        /// `0-9 A-D * # w`.
        digits: String,
        /// Of each, in ms.
        duration_ms: u16,
    },
    /// Asks for something that others or the clock can change. → `Value`
    Ask(Query),
    /// Tells something; nothing is waited for. → `Ok`
    Note(Note),
    /// Waits for whatever comes first: a digit, a word of a service's, the end of the time. What the caller hears goes on: music, a
    /// mix. Digits that were typed ahead count. → `Happened`
    Await(Await),
    /// From now on the caller is said into a mix and hears it, under whatever is played to it; `None`: no longer. → `Ok`
    Join(Option<JoinMix>),
    /// Records what the caller says as a message. Before it a beep, if so wanted. A hang-up ends it too: then the reply is `Taken`
    /// all the same, and the next step that needs the caller is answered `HungUp`. → `Taken`, when the file is on the disk
    TakeMessage(TakeMessage),
    /// Connects the caller with a party of another call: one that is parked in [`Step::Await`], or one that is being rung for (a
    /// pickup). → `Failed` if there is no such call any more; `Dialed` when the talk with a fetched party is over; `HungUp` with
    /// cause `elsewhere` after a pickup, by which the caller goes on in the call that rang, whose program knows what comes after
    /// the talk
    Connect(Connect),
    /// For the program that an in-call feature has begun beside a talk: what becomes of the talk. → as [`Transfer`] says
    Transfer(Transfer),
    /// The program used up its share of this turn and goes on in the next. → `Ok`
    Yield,
    /// The program has ended.
    Done(Value),
}

impl Step {
    /// Asks a service in its own terms; [`crate::Reply::answer`] has what it says.
    pub fn asks(kind: &str, request: &impl Serialize) -> Self {
        Self::Ask(Query::Service { kind: kind.to_owned(), request: Value::of(request) })
    }

    /// The same, and what is typed at it is a PIN or a password: see [`ReadDigits::secret`]. Nothing is changed of any other step.
    #[must_use]
    pub fn secretly(mut self) -> Self {
        if let Self::Read(read) = &mut self {
            read.secret = true;
        }
        self
    }
}

/// A list of prompts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PlayList {
    /// What, in order.
    pub items: Vec<Audio>,
    /// Digits that stop it; the digit is in the reply.
    pub interrupt: String,
}

/// Collecting digits.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReadDigits {
    /// Played first; the first digit stops it.
    pub prompt: Vec<Audio>,
    /// How many at most, 1–64.
    pub max: u16,
    /// For the first digit after the prompt, in ms.
    pub timeout_ms: u32,
    /// Between two digits, in ms.
    pub digit_timeout_ms: u32,
    /// Digits that end the input and are not part of it; often `#`.
    pub end: String,
    /// Whether what is typed is a PIN or a password: no log and no journey shows it.
    #[serde(default)]
    pub secret: bool,
}

/// What ends an [`Step::Await`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Await {
    /// These digits do.
    pub digits: String,
    /// After so long in ms; 0: never.
    pub timeout_ms: u32,
}

/// How the caller takes part in a mix.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinMix {
    /// The mix's name, unique in the office: `conference/main`.
    pub mix: String,
    /// How it is said into it; `None`: it only listens.
    pub says: Option<cordboard_media::MixInput>,
    /// Whether it hears it.
    pub hears: bool,
    /// How much louder or softer it hears, in dB, −24 to 24.
    pub hearing_db: i8,
}

/// A message to be taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakeMessage {
    /// Where it is kept, relative to the data directory, without extension: `messages/<uuid>`.
    pub file: String,
    /// Whether a beep comes first.
    pub beep: bool,
    /// At most so long, in ms.
    pub max_ms: u32,
    /// So long a silence ends it and is not part of it, in ms; 0: none does.
    pub silence_ms: u32,
    /// Digits that end it.
    pub ends: String,
    /// How much louder it is kept than it was said, in dB, −24 to 24.
    #[serde(default)]
    pub gain_db: i8,
}

/// Whom to be connected with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Connect {
    /// The party of a call that waits in [`Step::Await`], such as a parked one; its program is told that it was fetched, by a hang-up
    /// with cause `elsewhere`.
    Waiting {
        /// That call.
        call: cordboard_base::CallId,
        /// What both may do by digits in the talk, as [`crate::DialOptions::extra`] has it: `transfer`, `park`, `disconnect`, `hold`.
        #[serde(default)]
        extra: BTreeMap<String, Value>,
    },
    /// Whoever calls one of these users and has rung longest.
    RingingAt(Vec<String>),
}
