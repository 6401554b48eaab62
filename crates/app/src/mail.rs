//! Mails that applications order. They are handed over by a row in the store, written together with what they are about; whoever
//! sends them takes them from there, so that neither a dead mail server nor a dead process loses or doubles one.

use crate::Identity;
use cordboard_base::CallId;
use serde::{Deserialize, Serialize};

/// A mail to be made and sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailOrder {
    /// Whose: the mailbox's number.
    pub mailbox: String,
    /// The message that it is about; with `kind` it is unique for ever, so that an order that is written twice is one.
    pub message: String,
    /// What kind of mail: `voicemail`.
    pub kind: String,
    /// The call that it came of, for its journey.
    #[serde(default)]
    pub call: Option<CallId>,
    /// All that its text is made of, JSON: of a `voicemail` it is a [`VoicemailMail`].
    pub data: String,
}

/// What the mail of a message says. The fields are those that templates name (`VM_NAME`, `VM_DUR` …).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct VoicemailMail {
    /// Who gets it.
    pub to: Vec<String>,
    /// Who gets the short form.
    pub pager: Vec<String>,
    /// The owner's name.
    pub name: String,
    /// The mailbox's number.
    pub mailbox: String,
    /// How many messages the box has with this one: the number of it.
    pub number: u32,
    /// Its length, in ms.
    pub ms: u64,
    /// Its audio, in order: files within the data directory.
    pub audio: Vec<String>,
    /// Whether the audio is attached.
    pub attach: bool,
    /// Whether the message is deleted when the mail has been taken by the server: the sender tells the service `voicemail` so.
    pub delete_after: bool,
    /// Who left it.
    pub caller: Identity,
    /// When, in microseconds since the Unix epoch.
    pub received_unix_us: i64,
    /// Whether it is urgent.
    pub urgent: bool,
    /// What category the dialplan gave it.
    pub category: String,
    /// Of a forwarded message: who left it first, and when.
    pub original: Option<(Identity, i64)>,
    /// The language of the mailbox; empty: the office's.
    pub lang: String,
}
