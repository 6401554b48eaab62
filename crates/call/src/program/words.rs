//! A step in a few words, for those who follow a call. What may be a secret is left out: arguments, values, digits that are sent or
//! said.

use cordboard_app::{Destination, DialOptions, Note, Query, Step};
use cordboard_media::Audio;
use std::borrow::Cow;

/// Of a list, at most: a ring group of fifty needs no more to be known again.
const LISTED_MAX: usize = 6;

/// In a few words.
pub(crate) fn in_words(step: &Step) -> Cow<'static, str> {
    match step {
        Step::Dial(options) => dial(options).into(),
        Step::Enter { context, number } => format!("enter {context} {number}").into(),
        Step::Run { app, .. } => format!("run {app}").into(),
        Step::Play(list) => audio("play", &list.items).into(),
        Step::Read(read) if read.secret => audio("read a secret", &read.prompt).into(),
        Step::Read(read) => audio("read", &read.prompt).into(),
        Step::Hangup(cause) => format!("hangup {cause}").into(),
        Step::Wait { ms } => format!("wait {ms} ms").into(),
        Step::Music(Some(class)) => format!("music {class}").into(),
        Step::Join(Some(wanted)) => format!("join {}", wanted.mix).into(),
        Step::Ask(query) => asks(query),
        Step::Note(note) => notes(note).into(),
        Step::Answer
        | Step::Progress
        | Step::Ringing
        | Step::WaitSilence { .. }
        | Step::DetectMachine(_)
        | Step::Echo { .. }
        | Step::Tone(_)
        | Step::Music(None)
        | Step::SendDigits { .. }
        | Step::Record(_)
        | Step::ControlRecording { .. }
        | Step::Await(_)
        | Step::Join(None)
        | Step::TakeMessage(_)
        | Step::Connect(_)
        | Step::Transfer(_)
        | Step::Yield
        | Step::Done(_) => name_of(step).into(),
    }
}

fn dial(options: &DialOptions) -> String {
    let mut text = "dial".to_owned();
    for (at, destination) in options.stages.iter().flatten().take(LISTED_MAX + 1).enumerate() {
        let comma = if at == 0 { "" } else { "," };
        if at == LISTED_MAX {
            text.push_str(", …");
            break;
        }
        let named = match destination {
            Destination::User(user) => format!("user {user}"),
            Destination::Trunk { trunk, number } => format!("trunk {trunk} {number}"),
            Destination::Extension { context, number } => format!("extension {number} in {context}"),
        };
        text.push_str(&format!("{comma} {named}"));
    }
    text
}

/// Digits that are read out may be a PIN.
fn audio(verb: &str, items: &[Audio]) -> String {
    let mut text = verb.to_owned();
    let mut names: Vec<&str> = items
        .iter()
        .map(|item| match item {
            Audio::Prompt { name, .. } if name.starts_with("digits/") => "digits",
            Audio::Prompt { name, .. } => name,
            Audio::File { path, .. } => path,
            Audio::Music(class) => class,
            Audio::Silence(_) => "silence",
            Audio::Tone(_) => "tone",
        })
        .collect();
    names.dedup();
    for name in names.iter().take(LISTED_MAX) {
        text.push(' ');
        text.push_str(name);
    }
    if names.len() > LISTED_MAX {
        text.push_str(" …");
    }
    text
}

fn asks(query: &Query) -> Cow<'static, str> {
    match query {
        Query::Service { kind, .. } => format!("ask {kind}").into(),
        Query::DbRead { family, .. } => format!("ask db {family}").into(),
        Query::DbWrite { family, .. } => format!("write db {family}").into(),
        Query::Limit { group, .. } => format!("ask limit {group}").into(),
        Query::Hours(name) => format!("ask hours {name}").into(),
        Query::Now
        | Query::TimeZone
        | Query::WallTime(_)
        | Query::WallTimeIn { .. }
        | Query::HasRoute { .. }
        | Query::Random { .. }
        | Query::Header(_)
        | Query::Var(_)
        | Query::Record
        | Query::State(_)
        | Query::Group(_)
        | Query::UserExists(_)
        | Query::Identity(_)
        | Query::TrunkExists(_)
        | Query::Holiday(_)
        | Query::DbList { .. }
        | Query::Http(_)
        | Query::Mailbox(_) => "ask".into(),
    }
}

fn notes(note: &Note) -> &'static str {
    match note {
        Note::Log { .. } => "log",
        Note::Tag { .. } => "tag",
        Note::Mark(_) => "mark",
        Note::Event { .. } => "event",
        Note::SetVar { .. } => "set a variable",
        Note::SetCaller(..) => "set the caller",
        Note::SetConnected(_) => "set the connected",
        Note::TellTransferrer { .. } => "tell the transferrer",
        Note::SetRedirecting(_) => "set the redirecting",
        Note::SetLang(_) => "set the language",
        Note::SetMusicClass(_) => "set the music",
        Note::SetMaxDuration(_) => "set the longest time",
        Note::ScriptError(_) => "script error",
    }
}

/// In a word.
fn name_of(step: &Step) -> &'static str {
    match step {
        Step::Answer => "answer",
        Step::Progress => "progress",
        Step::Ringing => "ringing",
        Step::Hangup(_) => "hangup",
        Step::Dial(_) => "dial",
        Step::Enter { .. } => "enter",
        Step::Run { .. } => "run",
        Step::Play(_) => "play",
        Step::Read(_) => "read",
        Step::Wait { .. } => "wait",
        Step::WaitSilence { .. } => "wait_silence",
        Step::DetectMachine(_) => "detect_machine",
        Step::Echo { .. } => "echo",
        Step::Tone(_) => "tone",
        Step::Music(_) => "music",
        Step::SendDigits { .. } => "send_digits",
        Step::Record(_) => "record",
        Step::ControlRecording { .. } => "control_recording",
        Step::Ask(_) => "ask",
        Step::Note(_) => "note",
        Step::Await(_) => "await",
        Step::Join(_) => "join",
        Step::TakeMessage(_) => "take_message",
        Step::Connect(_) => "connect",
        Step::Transfer(_) => "transfer",
        Step::Yield => "yield",
        Step::Done(_) => "done",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cordboard_app::{PlayList, ReadDigits, Value};

    #[test]
    fn a_step_says_what_it_does_and_no_secret() {
        let prompt = |name: &str| Audio::Prompt { name: name.to_owned(), lang: "en".to_owned() };
        let users = |count: u32| (0..count).map(|n| Destination::User((100 + n).to_string())).collect();
        let dial = |count| {
            Step::Dial(Box::new(DialOptions { stages: vec![users(count)], ..DialOptions::default() }))
        };
        let said = PlayList {
            items: vec![prompt("vm-newpassword"), prompt("digits/4"), prompt("digits/2")],
            ..PlayList::default()
        };
        let read = ReadDigits { prompt: vec![prompt("vm-password")], ..ReadDigits::default() };
        let written =
            Query::DbWrite { family: "pins".to_owned(), key: "101".to_owned(), value: Value::Int(4711) };
        for (step, words) in [
            (dial(2), "dial user 100, user 101"),
            (dial(6), "dial user 100, user 101, user 102, user 103, user 104, user 105"),
            (dial(7), "dial user 100, user 101, user 102, user 103, user 104, user 105, …"),
            (Step::Play(said), "play vm-newpassword digits"),
            (Step::Read(read).secretly(), "read a secret vm-password"),
            (Step::Ask(written), "write db pins"),
            (Step::SendDigits { digits: "4711".to_owned(), duration_ms: 100 }, "send_digits"),
            (Step::Run { app: "voicemail".to_owned(), args: Value::Int(4711) }, "run voicemail"),
        ] {
            assert_eq!(in_words(&step), words);
        }
    }
}
