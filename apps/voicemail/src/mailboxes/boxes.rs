//! A box in its owner's hands: who is let in, what lies where, greetings and PIN.

use super::{Mailboxes, guard, rows::Work};
use crate::request::{Answer, Opened};
use crate::{Folder, Greeting, Message, Part, Uuid};
use cordboard_app::{AskId, Asker, Moment, ServiceOutput};
use cordboard_base::CallId;

/// Digits of a PIN, at most.
const PIN_MAX: usize = 32;
/// From so many hundredths of its room on a box is nearly full.
const ALMOST_FULL_PERCENT: usize = 90;

impl Mailboxes {
    pub(super) fn own(&self, asker: &Asker) -> Answer {
        let own = asker.user.as_ref().and_then(|user| self.box_of(user));
        own.map_or(Answer::NoBox, |mailbox| Answer::Own { mailbox, pin: self.settings.own_pin })
    }

    pub(super) fn knows(&self, mailbox: &str) -> Answer {
        if self.settings.boxes.contains_key(mailbox) { Answer::Done } else { Answer::NoBox }
    }

    /// Lets somebody in. An unknown box and a wrong PIN look alike, and so do those who are kept out of them.
    pub(super) fn login(
        &mut self,
        at: Moment,
        asker: &Asker,
        mailbox: Option<String>,
        pin: Option<String>,
    ) -> Answer {
        let own = || asker.user.as_ref().and_then(|user| self.box_of(user));
        let Some(mailbox) = mailbox.or_else(own) else { return Answer::Wrong };
        let is_known = self.settings.boxes.contains_key(&mailbox);
        let Some(pin) = pin else {
            // The dialplan vouches for the caller.
            return if is_known { self.open(asker.call, mailbox) } else { Answer::Wrong };
        };
        let doors = guard::doors(&mailbox, asker, &self.settings);
        if self.guard.is_shut(&doors, at.unix_s()) {
            return Answer::Locked;
        }
        if is_known && !pin.is_empty() && pin == self.pin(&mailbox) {
            let gone = self.guard.right(&doors);
            self.out.extend(gone.into_iter().map(|key| ServiceOutput::Forget { key }));
            return self.open(asker.call, mailbox);
        }
        let known = |mailbox: &str| self.settings.boxes.contains_key(mailbox);
        let changes = self.guard.wrong(&doors, at.unix_s(), self.settings.lock_minutes, known);
        self.out.extend(changes);
        if self.guard.is_shut(&doors, at.unix_s()) { Answer::Locked } else { Answer::Wrong }
    }

    fn pin(&self, mailbox: &str) -> &str {
        let chosen = self.rows.get(mailbox).and_then(|row| row.pin.as_deref());
        let configured = self.settings.boxes.get(mailbox).map(|settings| settings.pin.as_str());
        chosen.or(configured).unwrap_or_default()
    }

    fn open(&mut self, call: CallId, mailbox: String) -> Answer {
        self.open.insert((mailbox.clone(), call));
        Answer::Opened(Box::new(self.opened(mailbox)))
    }

    fn opened(&self, mailbox: String) -> Opened {
        let all = &self.settings;
        let (mut new, mut urgent, mut old, mut count) = (0, 0, 0, 0usize);
        for message in self.in_box(&mailbox) {
            count += 1;
            match message.folder {
                Folder::New if message.urgent => urgent += 1,
                Folder::New => new += 1,
                Folder::Old => old += 1,
                Folder::Work
                | Folder::Family
                | Folder::Friends
                | Folder::Five
                | Folder::Six
                | Folder::Seven
                | Folder::Eight
                | Folder::Nine => {}
            }
        }
        let settings = all.boxes.get(&mailbox).cloned().unwrap_or_default();
        let room = usize::try_from(settings.messages_max).unwrap_or(usize::MAX);
        let ms = |s: u32| s.saturating_mul(1_000);
        Opened {
            owners: settings.users,
            new,
            urgent,
            old,
            fresh: self.pin(&mailbox) == mailbox,
            temporary: self.rows.get(&mailbox).is_some_and(|row| row.temporary.is_some()),
            almost_full: count.saturating_mul(100) >= room.saturating_mul(ALMOST_FULL_PERCENT),
            skip_ms: u64::from(ms(all.skip_s)),
            greeting_ms: ms(all.greeting_s),
            message_ms: ms(settings.own.max_s.unwrap_or(all.max_s)),
            silence_ms: ms(all.silence_s),
            envelope: settings.own.envelope.unwrap_or(all.envelope),
            time_zone: settings.time_zone,
            context: settings.context,
            outside_prefix: all.outside_prefix.clone(),
            mailbox,
        }
    }

    /// The messages of a folder in the order in which they are heard: urgent ones first, then the oldest.
    pub(super) fn list(&self, mailbox: &str, folder: Folder) -> Vec<Message> {
        let mut list: Vec<Message> =
            self.in_box(mailbox).filter(|message| message.folder == folder).cloned().collect();
        list.sort_by_key(|message| (!message.urgent, message.received_unix_us, message.id));
        list
    }

    /// Changes a message.
    pub(super) fn change(&mut self, ask: AskId, id: Uuid, change: impl FnOnce(&mut Message)) {
        let Some(mut message) = self.messages.get(&id).cloned() else {
            return self.answer(ask, &Answer::Gone);
        };
        let mut work = Work::default();
        change(&mut message);
        if self.messages.get(&id) != Some(&message) {
            self.put_message(&mut work, message);
        }
        self.commit(work, Some((ask, Answer::Done)));
    }

    pub(super) fn set_greeting(&mut self, ask: AskId, mailbox: String, which: Greeting, audio: Option<Part>) {
        if !self.settings.boxes.contains_key(&mailbox) {
            return self.answer(ask, &Answer::NoBox);
        }
        let mut row = self.rows.get(&mailbox).cloned().unwrap_or_default();
        let file = audio.as_ref().map(|part| part.file.clone());
        *row.greeting_mut(which) = audio;
        let mut work = Work::default();
        self.put_box(&mut work, mailbox, row);
        if let Some(file) = file {
            self.name_draft(&mut work, &file);
        }
        self.commit(work, Some((ask, Answer::Done)));
    }

    pub(super) fn set_pin(&mut self, ask: AskId, mailbox: String, pin: String) {
        if !self.settings.boxes.contains_key(&mailbox) {
            return self.answer(ask, &Answer::NoBox);
        }
        let least = usize::try_from(self.settings.pin_min).unwrap_or(usize::MAX);
        let is_digits = pin.chars().all(|c| c.is_ascii_digit());
        let is_one_digit = pin.chars().all(|c| pin.starts_with(c));
        if !(least..=PIN_MAX).contains(&pin.len()) || !is_digits || is_one_digit || pin == mailbox {
            return self.answer(ask, &Answer::Wrong);
        }
        let mut row = self.rows.get(&mailbox).cloned().unwrap_or_default();
        row.pin = Some(pin);
        let mut work = Work::default();
        self.put_box(&mut work, mailbox, row);
        self.commit(work, Some((ask, Answer::Done)));
    }

    pub(super) fn close(&mut self, ask: AskId, call: CallId, mailbox: String) {
        let mut work = Work::default();
        let left = (mailbox, call);
        self.open.remove(&left);
        self.leave(&mut work, &left.0);
        self.commit(work, Some((ask, Answer::Done)));
    }

    /// A call is gone that has left no box by itself.
    pub(super) fn abandoned(&mut self, call: CallId) {
        let left: Vec<_> = self.open.extract_if(.., |(_, of)| *of == call).collect();
        if !left.is_empty() {
            let mut work = Work::default();
            left.iter().for_each(|(mailbox, _)| self.leave(&mut work, mailbox));
            self.commit(work, None);
        }
    }

    /// What was heard is old. What was deleted goes, unless somebody else still listens there, who may want it back.
    pub(super) fn leave(&mut self, work: &mut Work, mailbox: &str) {
        let is_open = self.open.iter().any(|(open, _)| open == mailbox);
        let of_box = |message: &&Message| message.mailbox == mailbox;
        let touched: Vec<Message> = self.messages.values().filter(of_box).cloned().collect();
        for message in touched {
            if message.deleted && !is_open {
                self.drop_message(work, message.id);
            } else if message.heard && message.folder == Folder::New {
                self.put_message(work, Message { folder: Folder::Old, ..message });
            }
        }
    }
}
