//! What the call core takes and yields.

use crate::CallRecord;
use cordboard_app::{
    CallInfo, Cause, Destination, Identity, Level, Note, Originate, PlayList, Query, RecordRule, Value,
};
use cordboard_base::{CallId, Hop, LegId};
use cordboard_media::{MixSettings, RecordBeep, RecordFormat, RecordSettings, RecordSides};
use cordboard_sip::message::{NameAddr, Request, Uri};
use cordboard_sip::session::{Credentials, LegCommand, LegEvent};
use cordboard_sip::trunk::Presentation;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A question of the call core's to the exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct QueryId(pub u64);

/// What the call core takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Input {
    /// An admitted, authenticated INVITE that the endpoint is about to adopt as `leg` (its `Incoming` event follows at once).
    New(Box<NewCall>),
    /// The office makes a call of itself. Told of by [`Output::Originated`].
    Originate {
        /// Its id.
        call: CallId,
        /// What its program will see, made of [`Originate::on_behalf_of`] by the exchange.
        info: Box<CallInfo>,
        /// Whom to ring, and what then.
        originate: Box<Originate>,
    },
    /// A program runs for a user and nobody hears it: a key of its phone has asked for what a code does. Over in
    /// [`crate::UNHEARD_TIME`] at the latest.
    Unheard {
        /// Its id.
        call: CallId,
        /// What its program sees: the user, its context, the route.
        info: Box<CallInfo>,
    },
    /// Somebody who has joined this mix listens to the talk of this leg; `None`: no longer.
    Overhear {
        /// Whose talk.
        leg: LegId,
        /// The mix, by its name.
        mix: String,
        /// In which way.
        how: Option<cordboard_app::Overhear>,
    },
    /// From a leg's session.
    Leg(LegId, LegEvent),
    /// From the media engine.
    Media(cordboard_media::Event),
    /// The answer to [`Output::Ask`].
    Answered {
        /// To which question.
        query: QueryId,
        /// The answer; an error's text where it could not be had.
        value: Result<Value, String>,
    },
    /// The answer to [`Output::Reach`].
    Reached {
        /// To which question.
        query: QueryId,
        /// How the destination is reached.
        reach: Result<Reach, OutOfReach>,
    },
    /// A service says something to the program that drives a call.
    Told {
        /// Which call.
        call: CallId,
        /// What.
        message: Value,
    },
    /// A service does something with a mix as a whole. Nothing happens if nobody takes part in it.
    Mix {
        /// Its name.
        mix: String,
        /// What.
        action: MixAction,
    },
    /// Ends a call from outside (command line, drain).
    Hangup {
        /// Which.
        call: CallId,
        /// Why.
        cause: Cause,
    },
    /// The answer to [`Output::FindDialog`].
    Found {
        /// To which question.
        query: QueryId,
        /// Whose dialog it is; `None`: of no leg of ours.
        leg: Option<LegId>,
    },
    /// Takes over the dialog that an INVITE's Replaces names (RFC 3891): `new` replaces `old` in whatever it is bridged with.
    Replace {
        /// The call that the new INVITE made; its program is not started.
        new: CallId,
        /// The leg that goes.
        old: LegId,
    },
}

/// What is done with a mix as a whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum MixAction {
    /// It is there though nobody takes part in it; or no longer. Any other action does nothing to a mix that is not there.
    Hold(bool),
    /// How it behaves from now on.
    Set(MixSettings),
    /// Plays to all who hear it; `None` ends that.
    Play(Option<PlayList>),
    /// Records it; `None` ends that.
    Record(Option<Box<RecordSettings>>),
    /// Sends it to these multicast groups, and to no others, as long as it lasts.
    Multicast(Vec<cordboard_media::MulticastStream>),
}

/// What befell a mix as a whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum MixNews {
    /// What was played to all has ended.
    Played,
    /// Somebody in it begins or ends to talk.
    Talking {
        /// Whose call.
        call: CallId,
        /// Whether.
        talks: bool,
    },
    /// Its recording is complete.
    Recorded {
        /// The file within the recordings' directory; empty if none could be made.
        file: String,
        /// How much it holds, in ms.
        ms: u64,
    },
}

/// A new incoming call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewCall {
    /// Its id, from which its first leg is `LegId { call, index: 0 }`.
    pub call: CallId,
    /// What its program will see: context, number, caller, user, trunk.
    pub info: CallInfo,
    /// The INVITE, for its headers and identities.
    pub request: Request,
    /// Where it came from.
    pub from: Hop,
    /// Codecs that the caller (a user, a trunk) may use, best first; empty: the office's.
    pub codecs: Vec<String>,
    /// Of a caller behind a trunk: how others are shown there. `None`: it is told of nobody.
    #[serde(default)]
    pub presentation: Option<Presentation>,
    /// An application with its arguments, which runs instead of the route that the number has.
    #[serde(default)]
    pub runs: Option<(String, Value)>,
    /// Set when the INVITE's Replaces names a leg of ours: no program is started, [`Input::Replace`] follows.
    pub replaces: bool,
}

/// How a destination is reached: one new leg for each contact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::large_enum_variant, reason = "lives for one input, never in a table")]
pub enum Reach {
    /// A user's registered contacts.
    User(UserRoute),
    /// A trunk.
    Trunk(TrunkRoute),
    /// A route of the dialplan, in a call of this id.
    Route(CallId),
}

/// A user's phones.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct UserRoute {
    /// The user.
    pub user: String,
    /// The name and number that others are shown.
    pub identity: Identity,
    /// All registered contacts, best q first.
    pub contacts: Vec<Contact>,
    /// Codecs this user may use, best first; empty: the office's.
    pub codecs: Vec<String>,
    /// The context that the user's own calls are routed in: transfers that this user makes go there. Empty: it transfers
    /// nobody.
    pub context: String,
}

/// One registered contact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contact {
    /// The Request-URI.
    pub uri: Uri,
    /// Where to send it.
    pub hop: Hop,
    /// Path (RFC 3327).
    pub route: Vec<NameAddr>,
    /// q in thousandths.
    pub q: u16,
    /// The user whose phone it is.
    #[serde(default)]
    pub phone: Option<String>,
}

/// A trunk, with the number in its format.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrunkRoute {
    /// The trunk.
    pub trunk: String,
    /// The Request-URI.
    pub uri: Uri,
    /// Where to, in order of preference.
    pub hops: Vec<Hop>,
    /// Preloaded routes.
    pub route: Vec<NameAddr>,
    /// How callers are shown there.
    pub presentation: Presentation,
    /// The context that its own calls are routed in: transfers that whoever is behind it makes go there. Empty: it transfers
    /// nobody.
    pub context: String,
    /// For 401 and 407.
    pub credentials: Option<Credentials>,
    /// Codecs, best first; empty: the office's.
    pub codecs: Vec<String>,
}

/// Why a destination can't be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OutOfReach {
    /// There is no such user or trunk.
    Unknown,
    /// The user has no contact, the trunk is down.
    Offline,
    /// The trunk's channels are all taken; the office has as many calls as it may.
    Full,
}

/// What the call core yields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Output {
    /// To a leg's session.
    Leg(LegId, LegCommand),
    /// To the media engine.
    Media(cordboard_media::Command),
    /// A program's question; the answer comes as [`Input::Answered`]. The call core answers `Header`, `Var` and `Record` itself.
    Ask {
        /// To answer by.
        query: QueryId,
        /// Whose program asks.
        call: CallId,
        /// What.
        question: Query,
    },
    /// How to reach a destination; the answer comes as [`Input::Reached`].
    Reach {
        /// To answer by.
        query: QueryId,
        /// For which call.
        call: CallId,
        /// Whom.
        destination: Destination,
        /// Whether it is for an emergency call, for which any way is good enough.
        emergency: bool,
    },
    /// Which leg of ours a Replaces names (RFC 3891 §3); the answer comes as [`Input::Found`]. The tags are as the header
    /// says them: `to-tag` is ours on that leg, `from-tag` its peer's.
    FindDialog {
        /// To answer by.
        query: QueryId,
        /// Its Call-ID.
        call_id: String,
        /// Our tag.
        to_tag: String,
        /// The peer's tag.
        from_tag: String,
    },
    /// How a call that the office made of itself went.
    Originated {
        /// Which.
        call: CallId,
        /// `None`: somebody has answered, and its program starts.
        failed: Option<Cause>,
    },
    /// What befell a mix as a whole.
    Mix {
        /// Its name.
        mix: String,
        /// What.
        news: MixNews,
    },
    /// What happened, for log, lamps, metrics and event stream.
    Fact(CallId, Fact),
    /// The call is over and forgotten: its one record.
    Ended(Box<CallRecord>),
}

/// Something that happened to a call. A value, never a sentence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Fact {
    /// A call began.
    Began {
        /// As its program sees it.
        info: CallInfo,
    },
    /// A leg's state, for lamps: of a user's (or trunk's) leg.
    LegState {
        /// Which.
        leg: LegId,
        /// Whose.
        who: Option<Destination>,
        /// `trying`, `ringing`, `talking`, `holding`, `ended`.
        state: LegState,
        /// Whether the office calls it (or it called us).
        outgoing: bool,
        /// The other end.
        other: Identity,
    },
    /// Somebody of ours calls an emergency number.
    Emergency {
        /// Who.
        user: String,
        /// The user whose phone it is: another where somebody has logged in at it.
        phone: String,
        /// The number.
        number: String,
        /// What is shown as the caller's; empty: the trunk's own.
        caller: String,
    },
    /// Two legs talk.
    Bridged(LegId, LegId),
    /// Somebody was connected elsewhere: by REFER, or by an INVITE with Replaces.
    Transferred {
        /// Who asked for it, and leaves.
        by: LegId,
        /// Who stays and is connected anew.
        subject: LegId,
        /// Where to: the number for a blind transfer or a consultation by digits; empty for another attended one or a pickup.
        to: String,
        /// The context in which a blind transfer's number was looked up; empty: it was no blind one.
        context: String,
    },
    /// A leg goes on in another call, by a transfer or a pickup: what was counted of it here counts there.
    Moved {
        /// Which; it keeps its name.
        leg: LegId,
        /// Into which call.
        to: CallId,
    },
    /// A leg that was rung by a route of the dialplan has answered for the one that leads there, in this call from now on.
    AnswersFor {
        /// Which; it has kept its name, which says in which call it was rung.
        leg: LegId,
        /// For whom.
        who: Destination,
        /// The call in which the route's program ran.
        inner: CallId,
    },
    /// A route of the dialplan is asked who rings, in a call of its own that is a part of this one.
    Inside {
        /// That call.
        inner: CallId,
        /// The destination that leads there.
        who: Destination,
    },
    /// Which codec a leg uses, and whether it is transcoded.
    Codec {
        /// Which.
        leg: LegId,
        /// Its name.
        name: String,
        /// Whether its bridge transcodes.
        transcoded: bool,
    },
    /// A recording is complete, or could not be written any more.
    Recorded {
        /// Of which leg.
        leg: LegId,
        /// Which file, and how it ended.
        recording: cordboard_app::RecordingInfo,
    },
    /// A digit.
    Digit {
        /// From which leg.
        leg: LegId,
        /// Which; `None` where it is nobody's business: a PIN is being typed, or what is typed goes to whoever the leg talks with,
        /// or nobody knows yet what it is for.
        digit: Option<char>,
    },
    /// A program has had digits typed.
    Read {
        /// From which leg.
        leg: LegId,
        /// What was typed; `None`: a PIN or a password.
        digits: Option<String>,
        /// How many digits.
        count: u16,
        /// Whether no more came in time.
        timed_out: bool,
    },
    /// A leg takes part in a mix from now on: a conference, a page.
    Mixed {
        /// Which.
        leg: LegId,
        /// The mix's name: `conference/main`.
        mix: String,
    },
    /// What a program told.
    Note(Note),
    /// A step of the program, for traces. No secrets are in it.
    Step {
        /// What, in short: `dial user 102`.
        what: Cow<'static, str>,
        /// Where in its script.
        place: Option<cordboard_app::Place>,
    },
    /// A route of the dialplan was taken.
    Routed {
        /// The context that it stands in.
        context: String,
        /// Its pattern.
        pattern: String,
    },
    /// A program has asked something that only the moment knows; an answer follows, unless the call ends before.
    Asked {
        /// Which question.
        query: QueryId,
        /// What: see [`crate::question`].
        what: String,
        /// Whether the answer is nobody's business.
        secret: bool,
    },
    /// It was answered.
    Answered {
        /// Which question.
        query: QueryId,
        /// What; a text says why there is none.
        value: Result<cordboard_app::Value, String>,
    },
    /// A line for the log.
    Log {
        /// How grave.
        level: Level,
        /// What.
        text: String,
    },
}

/// A leg as a lamp shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub enum LegState {
    Trying,
    Ringing,
    Talking,
    Holding,
    Ended,
}

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
