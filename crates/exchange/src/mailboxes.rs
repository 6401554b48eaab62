//! How many messages each mailbox has: the lamps of phones (RFC 3842), and the answer to programs that ask.

use crate::Exchange;
use cordboard_app::{MailboxCounts, Value};
use cordboard_base::Time;
use cordboard_sip::message::Uri;
use cordboard_sip::subscription::{MessageSummary, Package, ResourceState};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// By number, as their service has told.
pub(crate) type Mailboxes = BTreeMap<String, Mailbox>;

/// One of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mailbox {
    counts: MailboxCounts,
    lamps: Vec<String>,
    #[serde(default)]
    account: String,
}

impl Exchange {
    /// A service says how many messages a mailbox has, or that there is none of that number any more.
    pub(crate) fn count_messages(
        &mut self,
        now: Time,
        mailbox: String,
        counts: Option<MailboxCounts>,
        lamps: Vec<String>,
        account: String,
    ) {
        let mailboxes = &mut self.services.desk.mailboxes;
        let before = mailboxes.get(&mailbox).map(|mailbox| mailbox.lamps.clone()).unwrap_or_default();
        match counts {
            Some(counts) => {
                let (lamps, account) = (lamps.clone(), account.clone());
                drop(mailboxes.insert(mailbox, Mailbox { counts, lamps, account }));
            }
            None => drop(mailboxes.remove(&mailbox)),
        }
        for lamp in before.iter().filter(|lamp| counts.is_none() || !lamps.contains(lamp)) {
            self.notifier.remove_resource(now, Package::MessageSummary, lamp);
        }
        let Some(counts) = counts else { return };
        let summary = self.summary(counts, &account);
        let guests = self.phones_with_guests(&lamps);
        let own = lamps.iter().filter(|lamp| self.person_at(lamp) == lamp.as_str());
        let shown: Vec<String> = own.chain(&guests).cloned().collect();
        for lamp in &shown {
            self.notifier.set_state(now, lamp, ResourceState::MessageSummary(summary.clone()));
        }
        self.tell_unasked(now, &shown);
    }

    fn summary(&self, counts: MailboxCounts, account: &str) -> MessageSummary {
        let host = crate::configure::host(&self.setup.realm);
        MessageSummary {
            account: (!account.is_empty()).then(|| Uri::sip(Some(account), host, None)),
            new: counts.new,
            old: counts.old,
            new_urgent: counts.new_urgent,
            old_urgent: counts.old_urgent,
        }
    }

    /// A phone is somebody else's now: it shows that one's messages.
    pub(crate) fn show_messages(&mut self, now: Time, phone: &str) {
        let own = self.mailbox_of(self.person_at(phone));
        let summary = own.map(|(_, summary)| summary);
        let summary = summary.unwrap_or_else(|| self.summary(MailboxCounts::default(), ""));
        self.notifier.set_state(now, phone, ResourceState::MessageSummary(summary));
        self.tell_unasked(now, &[phone.to_owned()]);
    }

    /// A user's mailbox: the first one whose lamp its phones have.
    pub(crate) fn mailbox_of(&self, user: &str) -> Option<(MailboxCounts, MessageSummary)> {
        let mut mailboxes = self.services.desk.mailboxes.values();
        let own = mailboxes.find(|mailbox| mailbox.lamps.iter().any(|lamp| lamp == user))?;
        Some((own.counts, self.summary(own.counts, &own.account)))
    }

    /// Whether phones can watch a mailbox by that name.
    pub(crate) fn has_mailbox(&self, name: &str) -> bool {
        let mailboxes = &self.services.desk.mailboxes;
        mailboxes.contains_key(name)
            || mailboxes.values().any(|mailbox| mailbox.lamps.iter().any(|l| l == name))
    }

    pub(crate) fn mailbox_counts(&self) -> BTreeMap<String, MailboxCounts> {
        let mailboxes = self.services.desk.mailboxes.iter();
        mailboxes.map(|(number, mailbox)| (number.clone(), mailbox.counts)).collect()
    }

    /// What `mailbox(b)` yields.
    pub(crate) fn mailbox(&self, number: &str) -> Value {
        let Some(mailbox) = self.services.desk.mailboxes.get(number) else { return Value::Unit };
        let counts = mailbox.counts;
        let named = [
            ("new_count", counts.new),
            ("old_count", counts.old),
            ("urgent_count", counts.new_urgent.saturating_add(counts.old_urgent)),
        ];
        Value::Map(named.into_iter().map(|(name, n)| (name.to_owned(), Value::Int(n.into()))).collect())
    }
}
