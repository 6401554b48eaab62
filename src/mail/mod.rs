//! Mails: taken from the queue in the database, made, handed to the office's mail server, tried again until that has taken them.
//!
//! ```text
//!  store: message + order, one transaction ──wake──▶ this thread ──SMTP──▶ server
//!         row: waiting ──250 for every recipient──▶ sent ──(delete after mail)──▶ service `voicemail`
//!                 └─no server, 4xx──▶ waiting, later and later   └─5xx, or five days──▶ failed
//! ```
//! A recipient is marked as done in the database as soon as the server has said 250. Only a process that dies between the two sends
//! a mail twice, and then under the same Message-ID.

mod audio;
mod message;
mod queue;
mod server;
#[cfg(test)]
mod tests;
mod text;

pub use message::TestMail;
pub(crate) use message::is_address;
pub use queue::{Queue, QueueError, Waiting};
pub use server::{MailServer, Security, SendError, Sign};

use cordboard_app::{Value, VoicemailMail};
use message::{Envelope, Form};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

/// After the first failure; doubled with each further one.
const RETRY_FIRST_S: i64 = 60;
/// But not more.
const RETRY_MOST_S: i64 = 3_600;
/// So long it is tried (RFC 5321 §4.5.4.1 wants four to five days).
const GIVE_UP_S: i64 = 5 * 86_400;
/// Rows of sent and failed mails are kept for so long.
const KEEP_S: i64 = 30 * 86_400;
/// How often the queue is looked at unasked: an operator may have changed it.
const LOOK_EVERY: Duration = Duration::from_secs(20);
/// Mails taken from the queue at once.
const BATCH_MAX: usize = 20;
/// Words that wait for the thread.
const WORDS_MAX: usize = 64;
/// Recipients of one mail; a bit each in the queue.
pub(crate) const RECIPIENTS_MAX: usize = 60;

/// How mails are made and where they go.
#[derive(Clone, Debug, PartialEq)]
pub struct MailConfig {
    /// The office's mail server; `None`: mails wait in the queue.
    pub server: Option<MailServer>,
    /// Who they come from.
    pub from: String,
    /// Their texts.
    pub texts: MailTexts,
    /// How the audio is attached.
    pub audio: Attach,
    /// The office's time zone, IANA.
    pub time_zone: String,
    /// How much louder the audio is attached than it was left, in dB.
    pub gain_db: i8,
    /// What single boxes have in another way.
    pub boxes: BTreeMap<String, BoxMail>,
    /// Where messages are.
    pub data: PathBuf,
}

/// What mails of a box have in another way than the office's; `None`: as the office's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "as the office's")]
pub struct BoxMail {
    pub from: Option<String>,
    pub subject: Option<String>,
    pub body: Option<String>,
    pub html: Option<String>,
    pub pager_from: Option<String>,
    pub pager_subject: Option<String>,
    pub pager_body: Option<String>,
    pub date: Option<String>,
    pub audio: Option<Attach>,
    pub time_zone: Option<String>,
    pub gain_db: Option<i8>,
}

impl MailConfig {
    /// As mails of a box are made.
    fn of(&self, mailbox: &str, form: Form) -> Self {
        let mut config = self.clone();
        let Some(own) = self.boxes.get(mailbox).cloned() else { return config };
        let from = if form == Form::Pager { own.pager_from.or(own.from) } else { own.from };
        config.from = from.unwrap_or(config.from);
        config.audio = own.audio.unwrap_or(config.audio);
        config.gain_db = own.gain_db.unwrap_or(config.gain_db);
        config.time_zone = own.time_zone.unwrap_or(config.time_zone);
        let texts = &mut config.texts;
        // The office's HTML would say something else than the box's own text.
        if own.body.is_some() || own.html.is_some() {
            texts.html = own.html.unwrap_or_default();
        }
        for (text, own) in [
            (&mut texts.subject, own.subject),
            (&mut texts.body, own.body),
            (&mut texts.pager_subject, own.pager_subject),
            (&mut texts.pager_body, own.pager_body),
            (&mut texts.date, own.date),
        ] {
            if let Some(own) = own {
                *text = own;
            }
        }
        config
    }
}

/// Templates: `${VM_NAME}` and its like are filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct MailTexts {
    pub subject: String,
    pub body: String,
    /// Empty: no HTML part.
    pub html: String,
    pub pager_subject: String,
    pub pager_body: String,
    pub dictation_subject: String,
    pub dictation_body: String,
    /// strftime's letters.
    pub date: String,
}

/// The form of an attached message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Attach {
    Wav,
    Opus,
    Nothing,
}

#[derive(Debug)]
enum Word {
    Look,
    Configure(Box<MailConfig>),
    Stop,
}

/// Told when a message's mail is sent and the message is to go.
pub type Tell = Box<dyn Fn(Value) + Send>;

/// The mails' thread.
#[derive(Debug)]
pub struct Mailer {
    words: SyncSender<Word>,
    thread: JoinHandle<()>,
}

/// Wakes the mails' thread.
#[derive(Clone, Debug)]
pub struct Bell(SyncSender<Word>);

/// The thread's end of a bell.
#[derive(Debug)]
pub struct Ear {
    words: SyncSender<Word>,
    heard: Receiver<Word>,
}

/// A bell for the store, which is there before the thread is.
pub fn bell() -> (Bell, Ear) {
    let (words, heard) = sync_channel(WORDS_MAX);
    (Bell(words.clone()), Ear { words, heard })
}

impl Bell {
    /// There is something new in the queue. A full channel means that it is awake anyway.
    pub fn ring(&self) {
        let _is_awake_anyway = self.0.try_send(Word::Look);
    }
}

impl Mailer {
    /// Starts the thread. `database` is brought up to date already.
    pub fn start(database: PathBuf, config: MailConfig, ear: Ear, tell: Tell) -> std::io::Result<Self> {
        let Ear { words, heard } = ear;
        let thread =
            std::thread::Builder::new().name("mail".to_owned()).spawn(move || {
                match Queue::open(&database) {
                    Ok(queue) => Desk { queue, config, tell }.serve(&heard),
                    Err(error) => tracing::error!(%error, "no mails are sent: the queue can't be opened"),
                }
            })?;
        Ok(Self { words, thread })
    }

    /// From now on mails are made and sent so.
    pub fn configure(&self, config: MailConfig) {
        if self.words.try_send(Word::Configure(Box::new(config))).is_err() {
            tracing::error!("the mails' thread does not hear of the new configuration");
        }
    }

    /// Ends the thread; what is being sent is sent to its end or its time-out.
    pub fn stop(self) {
        let _is_gone = self.words.send(Word::Stop);
        if self.thread.join().is_err() {
            tracing::error!("the mails' thread had ended early");
        }
    }
}

struct Desk {
    queue: Queue,
    config: MailConfig,
    tell: Tell,
}

impl Desk {
    fn serve(mut self, words: &Receiver<Word>) {
        loop {
            let now = unix_s();
            match self.queue.due(now, BATCH_MAX) {
                Ok(due) => due.into_iter().for_each(|waiting| self.send(waiting)),
                Err(error) => tracing::error!(%error, "the queue of mails can't be read"),
            }
            if let Err(error) = self.queue.sweep(unix_s() - KEEP_S) {
                tracing::error!(%error, "old mails are not forgotten");
            }
            let next = self.queue.next_s().ok().flatten().map(|at| at.saturating_sub(unix_s()).max(1));
            let wait = next.and_then(|s| u64::try_from(s).ok()).map_or(LOOK_EVERY, Duration::from_secs);
            match words.recv_timeout(wait.min(LOOK_EVERY)) {
                Ok(Word::Look) | Err(RecvTimeoutError::Timeout) => {}
                Ok(Word::Configure(config)) => self.config = *config,
                Ok(Word::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Tries each recipient that is not done with.
    fn send(&mut self, mut waiting: Waiting) {
        let Some(server) = self.config.server.clone() else { return };
        let now = unix_s();
        let Some(mail) = waiting.data() else {
            waiting.fail("the order is not understood");
            return self.note(&waiting, now);
        };
        waiting.attempts += 1;
        if waiting.begun_unix_s == 0 {
            waiting.begun_unix_s = now;
        }
        let everybody = recipients(&mail);
        let (mut is_delivered, mut is_refused) = (true, false);
        for (n, (to, is_pager)) in everybody.iter().enumerate() {
            if waiting.is_done(n) {
                continue;
            }
            match self.send_to(&server, &waiting, &mail, to, *is_pager) {
                Ok(answer) => {
                    waiting.done_with(n, &answer);
                    // At once: this recipient must not get it again.
                    self.note(&waiting, now);
                    tracing::info!(
                        mailbox = waiting.mailbox,
                        message = waiting.message,
                        to,
                        answer,
                        "mail sent"
                    );
                }
                Err(SendError::Refused(answer)) => {
                    tracing::error!(mailbox = waiting.mailbox, to, answer, "mail refused");
                    waiting.detail = format!("{to}: {answer}");
                    is_refused = true;
                }
                Err(SendError::Later(reason)) => {
                    tracing::warn!(mailbox = waiting.mailbox, to, reason, "mail not sent yet");
                    waiting.detail = format!("{to}: {reason}");
                    is_delivered = false;
                    // The next recipient would wait as long for the same server.
                    break;
                }
            }
        }
        let is_too_old = now - waiting.begun_unix_s >= GIVE_UP_S;
        match (is_delivered, is_refused) {
            (true, false) => {
                waiting.state = "sent".to_owned();
                if mail.delete_after && !everybody.is_empty() {
                    (self.tell)(Value::of(&serde_json::json!({ "Mailed": { "message": waiting.message } })));
                }
            }
            (true, true) => waiting.state = "failed".to_owned(),
            (false, _) if is_too_old => waiting.state = "failed".to_owned(),
            (false, _) => waiting.next_unix_s = now + retry_s(waiting.attempts),
        }
        self.note(&waiting, now);
    }

    fn send_to(
        &self,
        server: &MailServer,
        waiting: &Waiting,
        mail: &VoicemailMail,
        to: &str,
        is_pager: bool,
    ) -> Result<String, SendError> {
        let form = match (waiting.is_dictation(), is_pager) {
            _ if waiting.is_emergency() => Form::Emergency,
            (true, _) => Form::Dictation,
            (false, true) => Form::Pager,
            (false, false) => Form::Message,
        };
        let envelope = Envelope { to, form, id: &waiting.message };
        let config = &match form {
            Form::Message | Form::Pager => self.config.of(&mail.mailbox, form),
            Form::Dictation | Form::Emergency => self.config.clone(),
        };
        let attached = match form {
            Form::Message if mail.attach => audio::attached(config, mail),
            Form::Dictation => audio::dictated(config, mail),
            Form::Message | Form::Pager | Form::Emergency => Vec::new(),
        };
        let is_wanted =
            !matches!(form, Form::Pager | Form::Emergency) && mail.attach && config.audio != Attach::Nothing;
        let unreadable = (is_wanted && attached.is_empty()).then_some("its file can't be read");
        let whole = message::voicemail(config, mail, &envelope, &attached, unreadable)?;
        match server.send(&whole) {
            // A server that refuses a mail for its size or its attachment may take it without (RFC 1870: 552; RFC 5321: 554).
            Err(SendError::Refused(answer)) if !attached.is_empty() => {
                let reason = format!("the mail server refused it ({answer})");
                let bare = message::voicemail(config, mail, &envelope, &[], Some(&reason))?;
                server.send(&bare)
            }
            sent => sent,
        }
    }

    fn note(&mut self, waiting: &Waiting, now: i64) {
        if let Err(error) = self.queue.note(waiting, now) {
            tracing::error!(%error, message = waiting.message, "what became of a mail is not noted");
        }
    }
}

/// Everybody who gets a mail: an address, and whether it is the short form.
fn recipients(mail: &VoicemailMail) -> Vec<(String, bool)> {
    let (to, pager) =
        (mail.to.iter().map(|to| (to.clone(), false)), mail.pager.iter().map(|to| (to.clone(), true)));
    to.chain(pager).take(RECIPIENTS_MAX).collect()
}

/// How long after an attempt that failed the next one comes.
fn retry_s(attempts: u32) -> i64 {
    RETRY_FIRST_S.saturating_mul(1 << attempts.saturating_sub(1).min(20)).min(RETRY_MOST_S)
}

fn unix_s() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
