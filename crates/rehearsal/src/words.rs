//! Steps of scripts and what is heard, in words.

use cordboard_app::{Destination, DialOptions, Note, Query, Step, Value};
use cordboard_media::Audio;
use cordboard_sim::stage::Given;

/// Something that is played.
pub(crate) fn given(given: &Given) -> String {
    match given {
        Given::Prompt(name) | Given::File(name) => name.clone(),
        Given::Music(class) => format!("music \"{class}\""),
        Given::Tone([one, 0]) => format!("a tone of {one} Hz"),
        Given::Tone([one, two]) => format!("a tone of {one} and {two} Hz"),
        Given::Silence(ms) => format!("{ms} ms of silence"),
    }
}

fn audio(items: &[Audio]) -> String {
    let name = |item: &Audio| match item {
        Audio::Prompt { name, .. } => name.clone(),
        Audio::File { path, .. } => path.clone(),
        Audio::Music(class) => format!("music \"{class}\""),
        Audio::Silence(ms) => format!("{ms} ms of silence"),
        Audio::Tone(_) => "a tone".to_owned(),
    };
    items.iter().map(name).collect::<Vec<_>>().join(", ")
}

pub(crate) fn destination(to: &Destination) -> String {
    match to {
        Destination::User(user) => user.clone(),
        Destination::Extension { context, number } => format!("{number} in {context}"),
        Destination::Trunk { trunk, number } => format!("{number} by {trunk}"),
    }
}

fn dial(options: &DialOptions) -> String {
    let stage = |stage: &Vec<Destination>| stage.iter().map(destination).collect::<Vec<_>>().join(" & ");
    let stages = options.stages.iter().map(stage).collect::<Vec<_>>().join(", then ");
    match options.timeout_ms.first() {
        Some(ms) if *ms > 0 => format!("dial {stages}, {} s", ms / 1_000),
        Some(_) | None => format!("dial {stages}"),
    }
}

/// A value as a script would write it.
pub(crate) fn value(value: &Value) -> String {
    match value {
        Value::Unit => "()".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Text(text) | Value::Untrusted(text) => format!("\"{text}\""),
        Value::Destination(to) => destination(to),
        Value::List(list) => format!("[{}]", list.iter().map(self::value).collect::<Vec<_>>().join(", ")),
        Value::Map(map) => {
            let pairs: Vec<String> =
                map.iter().map(|(key, of)| format!("{key}: {}", self::value(of))).collect();
            format!("#{{{}}}", pairs.join(", "))
        }
    }
}

/// A step of a script.
pub(crate) fn step(step: &Step) -> String {
    match step {
        Step::Answer => "answer".to_owned(),
        Step::Progress => "early media".to_owned(),
        Step::Ringing => "ringing".to_owned(),
        Step::Hangup(cause) => format!("hang up: {cause}"),
        Step::Dial(options) => dial(options),
        Step::Enter { context, number } => format!("go on with {number} in {context}"),
        Step::Run { app, args } => format!("run {app} {}", value(args)),
        Step::Play(list) => format!("play {}", audio(&list.items)),
        Step::Read(read) => format!("read {} digit(s) after {}", read.max, audio(&read.prompt)),
        Step::Wait { ms } => format!("wait {ms} ms"),
        Step::WaitSilence { ms, .. } => format!("wait for {ms} ms of silence"),
        Step::DetectMachine(_) => "listen for a machine".to_owned(),
        Step::Echo { .. } => "echo".to_owned(),
        Step::Tone(_) => "tone".to_owned(),
        Step::Music(Some(class)) => format!("music \"{class}\""),
        Step::Music(None) => "music ends".to_owned(),
        Step::Record(_) => "record".to_owned(),
        Step::ControlRecording { .. } => "recording changes".to_owned(),
        Step::SendDigits { digits, .. } => format!("send digits {digits}"),
        Step::Ask(query) => ask(query),
        Step::Note(note) => self::note(note),
        Step::Await(_) => "wait for something".to_owned(),
        Step::Join(_) => "join a mix".to_owned(),
        Step::TakeMessage(_) => "take a message".to_owned(),
        Step::Connect(_) => "connect with another call".to_owned(),
        Step::Transfer(_) => "transfer".to_owned(),
        Step::Yield => "go on".to_owned(),
        Step::Done(_) => "done".to_owned(),
    }
}

fn ask(query: &Query) -> String {
    match query {
        Query::Now => "ask for the time".to_owned(),
        Query::TimeZone | Query::WallTime(_) | Query::WallTimeIn { .. } => "ask for the clock".to_owned(),
        Query::HasRoute { context, number } => format!("ask whether {number} leads anywhere in {context}"),
        Query::Random { from, to } => format!("draw a number of {from} to {to}"),
        Query::Header(name) => format!("ask for the header {name}"),
        Query::Var(name) => format!("ask for the variable {name}"),
        Query::Record => "ask for the record".to_owned(),
        Query::State(to) => format!("ask how {} is", destination(to)),
        Query::Group(group) => format!("ask for the group {}", group.as_deref().unwrap_or("of the caller")),
        Query::UserExists(user) => format!("ask for the user {user}"),
        Query::Identity(user) => format!("ask who {user} is"),
        Query::TrunkExists(trunk) => format!("ask for the trunk {trunk}"),
        Query::Hours(name) => format!("ask for the hours {name}"),
        Query::Holiday(date) => format!("ask whether {date} is a holiday"),
        Query::DbRead { family, key } => format!("read {family}/{key}"),
        Query::DbWrite { family, key, value: Value::Unit } => format!("delete {family}/{key}"),
        Query::DbWrite { family, key, value } => format!("write {family}/{key} = {}", self::value(value)),
        Query::DbList { family } => format!("list {family}"),
        Query::Limit { group, most } => format!("count among {most} of {group}"),
        Query::Service { kind, request } => format!("ask {kind} {}", value(request)),
        Query::Http(request) => format!("ask the web server {}", request.url),
        Query::Mailbox(number) => format!("ask for the mailbox {number}"),
    }
}

fn note(note: &Note) -> String {
    match note {
        Note::Log { text, .. } => format!("log \"{text}\""),
        Note::Tag { key, value } => format!("tag {key} = {value}"),
        Note::Mark(mark) => format!("mark {mark}"),
        Note::Event { name, .. } => format!("event {name}"),
        Note::SetVar { name, value, .. } => format!("set {name} = {}", self::value(value)),
        Note::SetCaller(identity, _) => format!("the caller is {} \"{}\"", identity.number, identity.name),
        Note::SetConnected(identity) => format!("show {} \"{}\"", identity.number, identity.name),
        Note::TellTransferrer { .. } => "tell who has transferred".to_owned(),
        Note::SetRedirecting(identity) => {
            format!("diverted by {}", identity.as_ref().map_or("nobody", |identity| identity.number.as_str()))
        }
        Note::SetLang(lang) => format!("language {lang}"),
        Note::SetMusicClass(class) => format!("music class {class}"),
        Note::SetMaxDuration(ms) => format!("at most {} s", ms / 1_000),
        Note::ScriptError(text) => format!("SCRIPT ERROR {text}"),
    }
}
