//! What applications say around a number: how many messages there are, who is in front of a caller, how long that will take, who else
//! is in a conference, and telephone numbers as people say them.

use super::{Grammar, Noun};
use cordboard_media::Audio;

/// Between two groups of a telephone number, in ms.
const GROUP_PAUSE_MS: u32 = 200;
/// Waiting times are said in whole minutes; below this they are "less than two minutes", in seconds.
const SHORT_WAIT_S: u64 = 90;

/// How many messages a mailbox has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Messages {
    /// New ones that are marked urgent.
    pub urgent: u64,
    /// New ones that are not.
    pub new: u64,
    /// Ones that were heard.
    pub old: u64,
}

/// What every grammar can say of these.
pub trait Announcement: Grammar {
    /// "You have one urgent, two new and three old messages"; "you have no messages".
    fn you_have(&self, messages: Messages) -> Vec<String> {
        let Messages { urgent, new, old } = messages;
        let kinds = [(urgent, "vm-Urgent"), (new, "vm-INBOX"), (old, "vm-Old")];
        let kinds: Vec<(u64, &str)> = kinds.into_iter().filter(|(count, _)| *count > 0).collect();
        let mut said = vec!["vm-youhave".to_owned()];
        for (at, (count, kind)) in kinds.iter().enumerate() {
            if at > 0 && at + 1 == kinds.len() {
                said.push("vm-and".to_owned());
            }
            said.extend(self.counted(whole(*count), self.message().gender));
            said.push((*kind).to_owned());
        }
        let count = kinds.last().map_or(0, |(count, _)| *count);
        if kinds.is_empty() {
            said.push("vm-no".to_owned());
        }
        said.push(named(self.message(), count));
        said
    }

    /// "Three old messages", "no old messages": `kind` is the prompt of a folder, of the words that stand before the noun.
    fn messages_of(&self, count: u64, kind: &str) -> Vec<String> {
        let mut said = match count {
            0 => vec!["vm-no".to_owned()],
            _ => self.counted(whole(count), self.message().gender),
        };
        said.push(kind.to_owned());
        said.push(named(self.message(), count));
        said
    }

    /// A caller's place in a queue, from 1.
    fn place(&self, place: u64) -> Vec<String> {
        if place <= 1 {
            return vec!["queue-youarenext".to_owned()];
        }
        let mut said = vec!["queue-thereare".to_owned()];
        said.extend(self.number(whole(place)));
        said.push("queue-callswaiting".to_owned());
        said
    }

    /// How long a caller will wait, in seconds: in whole minutes, since it is a guess.
    fn waiting_time(&self, seconds: u64) -> Vec<String> {
        let [_, _, minute, _] = self.spans();
        let (minutes, is_short) = match seconds {
            0..SHORT_WAIT_S => (2, true),
            _ => (seconds.saturating_add(30) / 60, false),
        };
        let mut said = vec!["queue-holdtime".to_owned()];
        if is_short {
            said.push("queue-less-than".to_owned());
        }
        if minutes < 60 {
            self.of(minutes, minute, &mut said);
        } else {
            said.extend(self.duration(minutes.saturating_mul(60)));
        }
        said
    }

    /// How many others are in a conference.
    fn others(&self, count: u64) -> Vec<String> {
        match count {
            0 => vec!["conf-onlyperson".to_owned()],
            1 => vec!["conf-onlyone".to_owned()],
            _ => {
                let mut said = vec!["conf-thereare".to_owned()];
                said.extend(self.number(whole(count)));
                said.push("conf-otherinparty".to_owned());
                said
            }
        }
    }

    /// A telephone number, digit by digit, in groups. Those that it is written with are kept (`030 1234-56`); else they are the
    /// language's own. `+` is a group with the digits behind it.
    fn telephone(&self, number: &str) -> Vec<Vec<String>> {
        let is_said = |c: char| c.is_ascii_digit() || matches!(c, '+' | '*' | '#');
        let written: Vec<&str> = number.split(|c| !is_said(c)).filter(|part| !part.is_empty()).collect();
        if let [_, _, ..] = written.as_slice() {
            return written.into_iter().map(|group| self.digits(group)).collect();
        }
        let all: Vec<char> = written.concat().chars().collect();
        let (sign, digits) = match all.split_first() {
            Some(('+', digits)) => (Some('+'), digits),
            _ => (None, all.as_slice()),
        };
        let mut groups = Vec::new();
        let mut rest = digits;
        for size in self.groups(digits.len()) {
            let (group, behind) = rest.split_at(size.min(rest.len()));
            groups
                .extend(Some(self.digits(&group.iter().collect::<String>())).filter(|said| !said.is_empty()));
            rest = behind;
        }
        if !rest.is_empty() {
            groups.push(self.digits(&rest.iter().collect::<String>()));
        }
        if let (Some(sign), Some(first)) = (sign, groups.first_mut()) {
            first.splice(0..0, self.digits(&sign.to_string()));
        }
        groups
    }
}

impl<T: Grammar + ?Sized> Announcement for T {}

/// Prompts of a language as they are played.
pub fn audio(prompts: impl IntoIterator<Item = String>, lang: &str) -> Vec<Audio> {
    prompts.into_iter().map(|name| Audio::Prompt { name, lang: lang.to_owned() }).collect()
}

/// Groups of prompts with a moment between them.
pub fn in_groups(groups: impl IntoIterator<Item = Vec<String>>, lang: &str) -> Vec<Audio> {
    let mut items = Vec::new();
    for group in groups {
        if !items.is_empty() {
            items.push(Audio::Silence(GROUP_PAUSE_MS));
        }
        items.extend(audio(group, lang));
    }
    items
}

/// Every prompt that these ask for, beside what numbers do.
pub(super) fn prompts<G: Grammar + ?Sized>(grammar: &G) -> Vec<String> {
    let mut asked = Vec::new();
    for (urgent, new, old) in [(0, 0, 0), (1, 0, 0), (2, 1, 1), (1, 2, 2)] {
        asked.extend(grammar.you_have(Messages { urgent, new, old }));
    }
    asked.extend([1, 2].into_iter().flat_map(|place| grammar.place(place)));
    asked.extend([0, 120].into_iter().flat_map(|seconds| grammar.waiting_time(seconds)));
    asked.extend((0..3).flat_map(|count| grammar.others(count)));
    asked
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn named(noun: Noun, count: u64) -> String {
    if count == 1 { noun.one } else { noun.many }.to_owned()
}
