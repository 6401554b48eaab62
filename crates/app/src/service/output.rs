//! What a service yields.

use super::AskId;
use crate::{Destination, Level, MailOrder, Originate, PlayList, Value};
use cordboard_base::CallId;
use cordboard_media::{MixSettings, RecordSettings};
use serde::{Deserialize, Serialize};

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
