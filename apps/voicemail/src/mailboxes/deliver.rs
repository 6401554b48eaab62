//! Messages that come: left by a caller, or sent on by the owner of another box.

use super::{Mailboxes, rows::Work};
use crate::request::{Answer, Greeted, Names, Spoken};
use crate::settings::BoxSettings;
use crate::{Folder, Message, Part, Uuid};
use cordboard_app::{AskId, Asker, Identity, MailOrder, Moment, VoicemailMail};
use cordboard_base::CallId;

/// Boxes that one message can be left in; more are left out. A name of a copy is one of four thousand millions.
const BOXES_MAX: usize = 64;

/// Names that are asked for at once.
const NAMES_MAX: usize = 64;
/// Characters of a category.
const CATEGORY_CHARS_MAX: usize = 64;

/// What a caller has left.
#[derive(Debug)]
pub(super) struct Left {
    pub(super) audio: Part,
    pub(super) urgent: bool,
    pub(super) anonymous: bool,
    pub(super) category: String,
}

impl Mailboxes {
    pub(super) fn greet(&self, boxes: &[String], busy: bool) -> Answer {
        let known = self.known(boxes);
        let Some((mailbox, settings)) =
            known.first().and_then(|first| Some((first, self.settings.boxes.get(first)?)))
        else {
            return Answer::NoBox;
        };
        let row = self.rows.get(mailbox).cloned().unwrap_or_default();
        let fitting = if busy { row.busy } else { row.unavailable };
        let greeting = match (row.temporary.or(fitting), row.name) {
            (Some(own), _) => Spoken::Own(own),
            (None, Some(name)) => Spoken::Name(name, busy),
            (None, None) => Spoken::Number(mailbox.clone(), busy),
        };
        let ms = |s: u32| s.saturating_mul(1_000);
        let all = &self.settings;
        Answer::Greeting(Box::new(Greeted {
            greeting,
            full: !known.iter().any(|mailbox| self.has_room(mailbox, 0)),
            instructions: settings.instructions,
            review: settings.own.review.unwrap_or(all.review),
            operator: settings.own.operator.unwrap_or(all.operator),
            min_ms: ms(settings.own.min_s.unwrap_or(all.min_s)),
            max_ms: ms(settings.own.max_s.unwrap_or(all.max_s)),
            silence_ms: ms(all.silence_s),
            boxes: known,
        }))
    }

    /// Keeps a message in every box that has room for it.
    pub(super) fn deposit(
        &mut self,
        at: Moment,
        (ask, asker): (AskId, &Asker),
        id: Uuid,
        boxes: &[String],
        left: Left,
    ) {
        let caller = if left.anonymous { Identity::default() } else { asker.caller.clone() };
        let sender = asker.user.as_ref().and_then(|user| self.box_of(user));
        let message = Message {
            id,
            mailbox: String::new(),
            folder: Folder::New,
            audio: vec![left.audio.clone()],
            caller,
            sender: sender.filter(|_| !left.anonymous),
            received_unix_us: at.unix_us,
            urgent: left.urgent,
            heard: false,
            deleted: false,
            outside: asker.user.is_none(),
            category: left.category.chars().take(CATEGORY_CHARS_MAX).collect(),
            original: None,
        };
        let call = Some(asker.call).filter(|call| *call != Asker::COMMAND_LINE);
        self.deliver((ask, call), message, boxes, Some(&left.audio.file));
    }

    /// Sends a message on, in the name of the box `from`.
    pub(super) fn forward(
        &mut self,
        at: Moment,
        ask: AskId,
        (id, new): (Uuid, Uuid),
        boxes: &[String],
        (comment, from): (Option<Part>, &str),
    ) {
        let Some(sent) = self.messages.get(&id) else { return self.answer(ask, &Answer::Gone) };
        let name = self.settings.boxes.get(from).map(|settings| settings.name.clone()).unwrap_or_default();
        let file = comment.as_ref().map(|part| part.file.clone());
        let message = Message {
            id: new,
            folder: Folder::New,
            audio: comment.into_iter().chain(sent.audio.iter().cloned()).collect(),
            caller: Identity { number: from.to_owned(), name },
            sender: Some(from.to_owned()),
            received_unix_us: at.unix_us,
            heard: false,
            deleted: false,
            outside: false,
            original: Some(sent.original.clone().unwrap_or((sent.caller.clone(), sent.received_unix_us))),
            ..sent.clone()
        };
        self.deliver((ask, None), message, boxes, file.as_deref());
    }

    /// `call`: who is leaving it, if somebody is.
    fn deliver(
        &mut self,
        (ask, call): (AskId, Option<CallId>),
        message: Message,
        boxes: &[String],
        draft: Option<&str>,
    ) {
        let known = self.known(boxes);
        if known.is_empty() {
            return self.answer(ask, &Answer::NoBox);
        }
        let ms = message.ms();
        let roomy: Vec<String> = known.into_iter().filter(|mailbox| self.has_room(mailbox, ms)).collect();
        if roomy.is_empty() {
            return self.answer(ask, &Answer::Full);
        }
        let mut work = Work::default();
        for (n, mailbox) in roomy.into_iter().enumerate() {
            let message = Message { id: message.id.nth(n), mailbox, ..message.clone() };
            if let Some(order) = self.mail_of(&message) {
                Self::order_mail(&mut work, MailOrder { call, ..order });
            }
            self.put_message(&mut work, message);
        }
        if let Some(file) = draft {
            self.name_draft(&mut work, file);
        }
        self.commit(work, Some((ask, Answer::Done)));
    }

    fn mail_of(&self, message: &Message) -> Option<MailOrder> {
        let settings = self.settings.boxes.get(&message.mailbox)?;
        if settings.email.is_empty() && settings.pager.is_empty() {
            return None;
        }
        let count = self.in_box(&message.mailbox).filter(|other| other.folder == Folder::New).count();
        let BoxSettings { name, email, pager, lang, .. } = settings.clone();
        let mail = VoicemailMail {
            to: email,
            pager,
            name,
            mailbox: message.mailbox.clone(),
            number: u32::try_from(count + 1).unwrap_or(u32::MAX),
            ms: message.ms(),
            audio: message.audio.iter().map(|part| part.file.clone()).collect(),
            attach: settings.attach,
            delete_after: settings.delete_after_mail,
            caller: message.caller.clone(),
            received_unix_us: message.received_unix_us,
            urgent: message.urgent,
            category: message.category.clone(),
            original: message.original.clone(),
            lang,
        };
        Some(MailOrder {
            mailbox: message.mailbox.clone(),
            message: message.id.to_string(),
            kind: "voicemail".to_owned(),
            call: None,
            data: serde_json::to_string(&mail).unwrap_or_default(),
        })
    }

    /// The recorded names of boxes, as far as there are any.
    pub(super) fn names(&self, mailboxes: &[String]) -> Names {
        let name = |mailbox: &String| self.rows.get(mailbox).and_then(|row| row.name.clone());
        mailboxes.iter().take(NAMES_MAX).map(name).collect()
    }

    /// Those of the boxes that there are, each once.
    fn known(&self, boxes: &[String]) -> Vec<String> {
        let mut known: Vec<String> = Vec::new();
        for mailbox in boxes.iter().filter(|mailbox| self.settings.boxes.contains_key(*mailbox)) {
            if !known.contains(mailbox) && known.len() < BOXES_MAX {
                known.push(mailbox.clone());
            }
        }
        known
    }

    /// Whether a box has room for one more message of that length.
    pub(super) fn has_room(&self, mailbox: &str, ms: u64) -> bool {
        let Some(settings) = self.settings.boxes.get(mailbox) else { return false };
        let (mut count, mut total_ms) = (0u32, ms);
        for message in self.in_box(mailbox) {
            count += 1;
            total_ms += message.ms();
        }
        let most_ms = u64::from(settings.minutes_max) * 60_000;
        let in_time = if ms == 0 { total_ms < most_ms } else { total_ms <= most_ms };
        count < settings.messages_max && (most_ms == 0 || in_time)
    }

    /// A user's own box.
    pub(super) fn box_of(&self, user: &str) -> Option<String> {
        let boxes = self.settings.boxes.iter();
        let mut own = boxes.filter(|(_, settings)| settings.users.iter().any(|other| other == user));
        own.next().map(|(mailbox, _)| mailbox.clone())
    }
}
