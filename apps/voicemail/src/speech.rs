//! What is said: names of prompts and files of speech as things to play.

use crate::request::{Opened, Spoken};
use crate::{Folder, Message, Part};
use cordboard_app::say::{Announcement, Gender, WallTime, grammar, in_groups};
use cordboard_media::Audio;

/// Prompts by their names.
pub(crate) fn prompts<S: AsRef<str>>(lang: &str, names: &[S]) -> Vec<Audio> {
    let prompt = |name: &S| Audio::Prompt { name: name.as_ref().to_owned(), lang: lang.to_owned() };
    names.iter().map(prompt).collect()
}

/// A file of speech, from so many ms on.
pub(crate) fn file(part: &Part, from_ms: u64) -> Audio {
    Audio::File { path: part.file.clone(), from_ms }
}

/// How a caller is greeted: "the person at extension 101 is unavailable", where nothing was recorded.
pub(crate) fn greeting(lang: &str, heard: &Spoken) -> Vec<Audio> {
    let state = |busy: bool| if busy { "vm-isonphone" } else { "vm-isunavail" };
    match heard {
        Spoken::Own(part) => vec![file(part, 0)],
        Spoken::Name(part, busy) => {
            let mut said = vec![file(part, 0)];
            said.extend(prompts(lang, &[state(*busy)]));
            said
        }
        Spoken::Number(number, busy) => {
            let mut names = vec!["vm-theperson".to_owned()];
            names.extend(grammar(lang).digits(number));
            names.push(state(*busy).to_owned());
            prompts(lang, &names)
        }
    }
}

/// "You have two urgent and three new and one old message".
pub(crate) fn counts(lang: &str, opened: &Opened) -> Vec<Audio> {
    let kinds = [(opened.urgent, "vm-Urgent"), (opened.new, "vm-INBOX"), (opened.old, "vm-Old")];
    let mut names = vec!["vm-youhave".to_owned()];
    let mut last = 0;
    for (count, kind) in kinds.into_iter().filter(|(count, _)| *count > 0) {
        if last > 0 {
            names.push("vm-and".to_owned());
        }
        names.extend(grammar(lang).counted(count.into(), Gender::Feminine));
        names.push(kind.to_owned());
        last = count;
    }
    if last == 0 {
        names.push("vm-no".to_owned());
    }
    names.push(noun(last).to_owned());
    prompts(lang, &names)
}

/// "You have two work messages".
pub(crate) fn folder(lang: &str, folder: Folder, count: usize) -> Vec<Audio> {
    let mut names = vec!["vm-youhave".to_owned()];
    match i64::try_from(count) {
        Ok(0) => names.push("vm-no".to_owned()),
        number => names.extend(grammar(lang).counted(number.unwrap_or(i64::MAX), Gender::Feminine)),
    }
    names.push(folder.prompt().to_owned());
    names.push(noun(u32::try_from(count).unwrap_or(u32::MAX)).to_owned());
    prompts(lang, &names)
}

fn noun(count: u32) -> &'static str {
    if count == 1 { "vm-message" } else { "vm-messages" }
}

/// "First message", "message number three", and whether it is urgent.
pub(crate) fn title(lang: &str, message: &Message, at: usize, of: usize) -> Vec<Audio> {
    let mut names = Vec::new();
    let place = if at == 0 {
        Some("vm-first")
    } else if at + 1 == of {
        Some("vm-last")
    } else {
        None
    };
    names.extend(place.map(str::to_owned));
    if message.urgent {
        names.push("vm-Urgent".to_owned());
    }
    names.push("vm-message".to_owned());
    if place.is_none() {
        names.push("vm-number".to_owned());
        names.extend(grammar(lang).number(i64::try_from(at + 1).unwrap_or(i64::MAX)));
    }
    prompts(lang, &names)
}

/// When a message came and from whom.
pub(crate) fn envelope(lang: &str, message: &Message, received: &WallTime, now: &WallTime) -> Vec<Audio> {
    let mut names = vec!["vm-received".to_owned()];
    names.extend(grammar(lang).when(received, now));
    names.extend(sender(lang, message));
    prompts(lang, &names)
}

/// How long it is.
pub(crate) fn duration(lang: &str, message: &Message) -> Vec<Audio> {
    let mut names = vec!["vm-duration".to_owned()];
    names.extend(grammar(lang).duration(message.ms().div_ceil(1_000)));
    prompts(lang, &names)
}

/// A telephone number, in groups.
pub(crate) fn telephone(lang: &str, number: &str) -> Vec<Audio> {
    in_groups(grammar(lang).telephone(number), lang)
}

fn sender(lang: &str, message: &Message) -> Vec<String> {
    let number = &message.caller.number;
    let words = match (&message.sender, number.is_empty()) {
        (Some(mailbox), _) => ("vm-from-extension", grammar(lang).digits(mailbox)),
        (None, false) => ("vm-from-phonenumber", grammar(lang).digits(number)),
        (None, true) => ("vm-from", vec!["vm-unknown-caller".to_owned()]),
    };
    std::iter::once(words.0.to_owned()).chain(words.1).collect()
}
