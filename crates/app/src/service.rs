//! Services: the part of an application that is the office's and not a call's, such as a queue's waiting callers, a room's
//! participants, a lot's slots. One owner for each kind, a state machine like every core; programs talk to it by
//! [`crate::Query::Service`] and hear from it by [`crate::Step::Await`].
//!
//! ```text
//!  program ──Ask(Service{kind, request})──▶ exchange ──Asked──▶ service ──Answer──▶ exchange ──Value──▶ program
//!                                                        service ──Tell─────▶ exchange ──Event(Told)──▶ program in Await
//!  call over ────────────────────────────────────────────▶ Gone
//! ```
//! What a service tells somebody to be done is on the disk first: it yields [`ServiceOutput::Commit`], and answers when
//! [`ServiceInput::Written`] has come.

use crate::{Cause, Destination, Level, MailOrder, Originate, PlayList, Value};
use cordboard_base::{CallId, Time};
use cordboard_media::{MixSettings, RecordSettings};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// A request's way back; chosen by the exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AskId(pub u64);

/// Who asks: a call and who is in it, as a display shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asker {
    /// The call. A service forgets it when [`ServiceInput::Gone`] comes.
    pub call: CallId,
    /// Who called.
    pub caller: crate::Identity,
    /// The authenticated user, if it is one of ours.
    pub user: Option<String>,
    /// The language that the caller hears.
    pub lang: String,
}

impl Asker {
    /// The command line, when it asks for something: no call has this number.
    pub const COMMAND_LINE: CallId = CallId(0);
}

/// What a service takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ServiceInput {
    /// Its configuration, JSON of a shape of its own: at the start, before anything else, and at each reload.
    Configured {
        /// JSON.
        settings: String,
    },
    /// A row that it kept in a former life; all of them come after the first `Configured`, before anything else.
    Kept {
        /// As it was kept.
        key: String,
        /// JSON.
        row: String,
    },
    /// A request. It is answered sooner or later, unless the asker is gone first.
    Asked {
        /// To answer by.
        ask: AskId,
        /// Who.
        asker: Asker,
        /// What, in the service's own terms.
        request: Value,
    },
    /// A call that has asked is over, or its program has ended or was left behind by a transfer.
    Gone {
        /// Which.
        call: CallId,
    },
    /// A destination is in another state now: `idle`, `ringing`, `busy`, `hold`, `offline`. Comes for those that were watched.
    State {
        /// Whose.
        who: Destination,
        /// Its state.
        state: String,
    },
    /// What was played to all of a mix has ended.
    Played {
        /// Its mix.
        mix: String,
    },
    /// The recording of a mix is complete.
    Recorded {
        /// Its mix.
        mix: String,
        /// The file within the recordings' directory; empty if none could be made.
        file: String,
        /// How much it holds, in ms.
        ms: u64,
    },
    /// Somebody in a mix begins or ends to talk, where its settings tell it.
    Talking {
        /// Its mix.
        mix: String,
        /// Whose call.
        call: CallId,
        /// Whether.
        talks: bool,
    },
    /// How a call that was originated went: it was answered and its program runs, or it failed.
    Originated {
        /// Which.
        number: u64,
        /// The call and whether somebody answered.
        call: CallId,
        /// `None`: answered; else why not.
        failed: Option<Cause>,
    },
    /// Two parties of a call that has asked talk with each other from now on: a dial was answered, a ringing call picked up.
    Connected {
        /// The call.
        call: CallId,
        /// Who they are, where that is known: first the one that its program drives, then who answered.
        parties: [Option<Destination>; 2],
    },
    /// One of those who talk in a call that has asked leaves the talk to somebody else. The program of the call goes on with that
    /// one, or it is left behind: then [`ServiceInput::Gone`] follows.
    Transferred {
        /// The call.
        call: CallId,
        /// Who leaves, where that is known.
        by: Option<Destination>,
        /// Where the other one goes.
        handover: Handover,
    },
    /// How a [`ServiceOutput::Commit`] went: all of it is on the disk, or none of it.
    Written {
        /// Which.
        number: u64,
        /// `None`: it is written; else why not.
        failed: Option<String>,
    },
    /// Another part of the house says something, in the service's own terms: a mail was delivered.
    Told {
        /// What.
        message: Value,
    },
    /// Time has passed: what was due at [`Service::next_deadline`] is.
    Tick,
}

/// Where somebody is transferred.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handover {
    /// The number, where one was dialled for it. Untrusted.
    pub number: String,
    /// The context in which a blind transfer's number is looked up; empty: it is an attended one.
    pub context: String,
    /// The call in which it talks from now on.
    pub into: CallId,
}

/// Who hears somebody who listens to a talk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Overhear {
    /// Nobody.
    #[default]
    Listen,
    /// The user whose talk it is.
    Whisper,
    /// Both who talk.
    Barge,
}

/// One of the changes that are written together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Change {
    /// Keeps a row, as [`ServiceOutput::Keep`] does.
    Keep {
        /// Unique within the service.
        key: String,
        /// JSON.
        row: String,
        /// In Unix seconds; `i64::MAX`: never.
        expires_unix_s: i64,
    },
    /// Forgets a row.
    Forget {
        /// Which.
        key: String,
    },
    /// Orders a mail: it is in the queue of mails as soon as the other changes are there.
    Mail(Box<MailOrder>),
}

/// How many messages a mailbox has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailboxCounts {
    /// New ones, urgent ones included.
    pub new: u32,
    /// Old ones, urgent ones included.
    pub old: u32,
    /// New urgent ones.
    pub new_urgent: u32,
    /// Old urgent ones.
    pub old_urgent: u32,
}

/// Somebody who has logged in at another's phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guest {
    /// Who.
    pub user: String,
    /// Whether the guest's own phone rings as well.
    pub at_home: bool,
    /// Whether the phone rings for its own user as well.
    pub for_owner: bool,
}

/// What a service yields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ServiceOutput {
    /// Answers a request.
    Answer {
        /// Which.
        ask: AskId,
        /// With what; an error's text is the program's failed step.
        value: Result<Value, String>,
    },
    /// Tells a call's program something; kept until it awaits.
    Tell {
        /// Which call.
        call: CallId,
        /// What.
        message: Value,
    },
    /// Keeps a row until it is forgotten, or until it expires.
    Keep {
        /// Unique within the service.
        key: String,
        /// JSON.
        row: String,
        /// In Unix seconds; `i64::MAX`: never.
        expires_unix_s: i64,
    },
    /// Forgets a row.
    Forget {
        /// Which.
        key: String,
    },
    /// Writes all of these changes or none; told by [`ServiceInput::Written`] when they are on the disk.
    Commit {
        /// To tell by.
        number: u64,
        /// What.
        changes: Vec<Change>,
    },
    /// Deletes a file of the service's from the data directory, after everything that it has written so far.
    Unlink {
        /// Within the data directory: `messages/3f1c….wav`.
        file: String,
    },
    /// How many messages a mailbox has now: for the lamps of phones (RFC 3842) and for [`crate::Query::Mailbox`].
    Mailbox {
        /// Its number.
        mailbox: String,
        /// `None`: there is no such mailbox any more.
        counts: Option<MailboxCounts>,
        /// What phones subscribe to in order to watch it: the mailbox itself, and the users whose it is.
        lamps: Vec<String>,
        /// The number to call to hear them; empty: the one that is watched.
        account: String,
    },
    /// What is played for a prompt, in whatever language, is this file from now on; or the prompt itself again.
    Prompt {
        /// Its name, as scripts have it.
        name: String,
        /// Within the data directory.
        file: Option<String>,
    },
    /// Keeps a mix there though nobody takes part in it, for what is played into it; or no longer.
    HoldMix {
        /// Its name.
        mix: String,
        /// Whether.
        held: bool,
    },
    /// From now on the phone of a user makes and takes the calls of somebody else.
    Desk {
        /// Whose phone.
        phone: String,
        /// Who has logged in there; `None`: it is its own user's again.
        guest: Option<Guest>,
    },
    /// A lamp of that name, as phones watch it: `park-701`, `queue-sales`.
    Lamp {
        /// Its name: the user part that phones subscribe to.
        name: String,
        /// Its state: `idle`, `ringing`, `busy`.
        state: String,
        /// Whom it shows as the other end; empty: nobody.
        other: crate::Identity,
    },
    /// Wants [`ServiceInput::State`] of a destination, now and whenever it changes; or no longer.
    Watch {
        /// Whose.
        who: Destination,
        /// Whether.
        wanted: bool,
    },
    /// How a mix behaves. Programs come and go by [`crate::Step::Join`]; nothing happens while nobody takes part in it, here and in
    /// what follows.
    Mix {
        /// Its name, unique in the office: `conference/main`.
        mix: String,
        /// How.
        settings: MixSettings,
    },
    /// Plays to all who hear a mix; `None` ends it.
    PlayInto {
        /// Its name.
        mix: String,
        /// What.
        play: Option<PlayList>,
    },
    /// Begins to record a mix; `None` ends it.
    RecordMix {
        /// Its name.
        mix: String,
        /// How; the template's fields are those of the mix.
        settings: Option<Box<RecordSettings>>,
    },
    /// Sends a mix to multicast groups, and to no others, as long as somebody takes part in it.
    Multicast {
        /// Its name.
        mix: String,
        /// Which groups.
        streams: Vec<cordboard_media::MulticastStream>,
    },
    /// Has a user's talk overheard: both who talk are said into a mix from now on, as long as somebody takes part in it, and who of
    /// them hears it depends on the way. `None`: no longer. Nothing happens if that user does not talk.
    Overhear {
        /// Whose talk.
        who: Destination,
        /// The mix that whoever listens has joined.
        mix: String,
        /// In which way.
        how: Option<Overhear>,
    },
    /// Calls somebody, and runs a program when they answer. Told by [`ServiceInput::Originated`].
    Originate {
        /// To tell by.
        number: u64,
        /// Whom, how, and what then.
        originate: Box<Originate>,
    },
    /// A line of the queue log, or of another log that programs outside read: appended to that file in the data directory.
    Append {
        /// The file's name: `queue_log`.
        log: String,
        /// One line, without its end.
        line: String,
    },
    /// How it stands with a call, for those who follow it: `place 2 in sales`, `parked on 701`. Numbers and names of callers are in
    /// its journey anyway.
    Note {
        /// Which call.
        call: CallId,
        /// In words.
        text: String,
    },
    /// An event for whoever listens to the event stream.
    Event {
        /// Its name.
        name: String,
        /// Its data.
        data: Value,
    },
    /// A line for the log.
    Log {
        /// How grave.
        level: Level,
        /// What.
        text: String,
    },
}

/// Characters of a field of a log that other programs read: far above any number or name, far below a line that hurts.
const FIELD_MAX: usize = 256;

impl ServiceOutput {
    /// A line of a log that programs outside read: fields with bars between them. No field has a bar or a line's end in it, whoever
    /// supplied it: a caller's name can't make a line of its own.
    pub fn line(log: &str, fields: &[&str]) -> Self {
        let plain = |text: &&str| -> String {
            text.chars().filter(|c| !c.is_control() && *c != '|').take(FIELD_MAX).collect()
        };
        let line = fields.iter().map(plain).collect::<Vec<_>>().join("|");
        Self::Append { log: log.to_owned(), line }
    }
}

/// When something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The exchange's time.
    pub now: Time,
    /// The wall clock, in µs since the Unix epoch.
    pub unix_us: i64,
}

impl Moment {
    /// The wall clock, in s since the Unix epoch.
    pub fn unix_s(self) -> i64 {
        self.unix_us.div_euclid(1_000_000)
    }
}

/// What a request is answered with: at once, or, with `None`, by [`ServiceOutput::Answer`] later. An error's text is the program's
/// failed step.
pub type Answered = Result<Option<Value>, String>;

/// A service: what it is told, each in a method; what it does not care for it leaves out. Its data is its state, and is kept as such.
///
/// Of [`ServiceInput`] every kind has its method, where it is said what each means.
#[allow(unused_variables, reason = "the names are for those who write one")]
pub trait Service: Serialize + DeserializeOwned + 'static {
    /// What requests, rows and settings call it: `queue`.
    const KIND: &'static str;

    /// Where its outputs wait.
    fn out(&mut self) -> &mut VecDeque<ServiceOutput>;

    /// [`ServiceInput::Configured`]. An error is logged.
    fn configured(&mut self, at: Moment, settings: &str) -> Result<(), serde_json::Error> {
        Ok(())
    }

    /// [`ServiceInput::Kept`].
    fn kept(&mut self, at: Moment, key: String, row: &str) {}

    /// [`ServiceInput::Asked`].
    fn asked(&mut self, at: Moment, ask: AskId, asker: &Asker, request: &Value) -> Answered;

    /// [`ServiceInput::Gone`].
    fn gone(&mut self, at: Moment, call: CallId) {}

    /// [`ServiceInput::State`].
    fn state(&mut self, at: Moment, who: Destination, state: String) {}

    /// [`ServiceInput::Played`].
    fn played(&mut self, at: Moment, mix: String) {}

    /// [`ServiceInput::Recorded`].
    fn recorded(&mut self, at: Moment, mix: &str, file: String, ms: u64) {}

    /// [`ServiceInput::Talking`].
    fn talking(&mut self, at: Moment, mix: &str, call: CallId, talks: bool) {}

    /// [`ServiceInput::Originated`].
    fn originated(&mut self, at: Moment, number: u64, call: CallId, failed: Option<Cause>) {}

    /// [`ServiceInput::Connected`].
    fn connected(&mut self, at: Moment, call: CallId, parties: [Option<Destination>; 2]) {}

    /// [`ServiceInput::Transferred`].
    fn transferred(&mut self, at: Moment, call: CallId, by: Option<Destination>, handover: Handover) {}

    /// [`ServiceInput::Written`].
    fn written(&mut self, at: Moment, number: u64, failed: Option<String>) {}

    /// [`ServiceInput::Told`].
    fn told(&mut self, at: Moment, message: &Value) {}

    /// [`ServiceInput::Tick`].
    fn tick(&mut self, at: Moment) {}

    /// Before each of these: what time it is.
    fn clock(&mut self, at: Moment) {}

    /// After each of these: what follows of whatever has changed.
    fn settle(&mut self, at: Moment) {}

    /// When [`Service::tick`] is wanted.
    fn next_deadline(&self) -> Option<Time> {
        None
    }

    /// What is yielded when nothing waits any more.
    fn last(&mut self) -> Option<ServiceOutput> {
        None
    }
}

/// A service as the exchange drives it: `handle`, then drain `poll`.
pub trait Hosted {
    /// What requests, rows and settings call it: `queue`.
    fn kind(&self) -> &'static str;

    /// Takes an input. `unix_us` is the wall clock in microseconds.
    fn handle(&mut self, now: Time, unix_us: i64, input: ServiceInput);

    /// The next output.
    fn poll(&mut self) -> Option<ServiceOutput>;

    /// When [`ServiceInput::Tick`] is wanted.
    fn next_deadline(&self) -> Option<Time>;

    /// Everything that it knows, JSON.
    fn snapshot(&self) -> String;

    /// Takes the place of everything that it knows; `false`: that is not a state of its.
    fn restore(&mut self, state: &str) -> bool;
}

impl<S: Service> Hosted for S {
    fn kind(&self) -> &'static str {
        S::KIND
    }

    fn handle(&mut self, now: Time, unix_us: i64, input: ServiceInput) {
        let at = Moment { now, unix_us };
        self.clock(at);
        match input {
            ServiceInput::Configured { settings } => {
                if let Err(error) = self.configured(at, &settings) {
                    let text = format!("settings of {}: {error}", S::KIND);
                    self.out().push_back(ServiceOutput::Log { level: Level::Error, text });
                }
            }
            ServiceInput::Kept { key, row } => self.kept(at, key, &row),
            ServiceInput::Asked { ask, asker, request } => {
                if let Some(value) = self.asked(at, ask, &asker, &request).transpose() {
                    self.out().push_back(ServiceOutput::Answer { ask, value });
                }
            }
            ServiceInput::Gone { call } => self.gone(at, call),
            ServiceInput::State { who, state } => self.state(at, who, state),
            ServiceInput::Played { mix } => self.played(at, mix),
            ServiceInput::Recorded { mix, file, ms } => self.recorded(at, &mix, file, ms),
            ServiceInput::Talking { mix, call, talks } => self.talking(at, &mix, call, talks),
            ServiceInput::Originated { number, call, failed } => self.originated(at, number, call, failed),
            ServiceInput::Connected { call, parties } => self.connected(at, call, parties),
            ServiceInput::Transferred { call, by, handover } => self.transferred(at, call, by, handover),
            ServiceInput::Written { number, failed } => self.written(at, number, failed),
            ServiceInput::Told { message } => self.told(at, &message),
            ServiceInput::Tick => self.tick(at),
        }
        self.settle(at);
    }

    fn poll(&mut self) -> Option<ServiceOutput> {
        self.out().pop_front().or_else(|| self.last())
    }

    fn next_deadline(&self) -> Option<Time> {
        Service::next_deadline(self)
    }

    fn snapshot(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    fn restore(&mut self, state: &str) -> bool {
        serde_json::from_str(state).map(|state| *self = state).is_ok()
    }
}
