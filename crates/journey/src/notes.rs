//! Which notes of programs are a call's journey: what is of use to those who follow it. The exchange asks before it hands one out.

use cordboard_app::Note;

/// What a note says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told<'a> {
    /// What (`log`, `mark`, `event`) and the words.
    Said(&'static str, &'a str),
    /// A script error, with its place.
    ScriptError(&'a str),
}

/// What a note tells of its call; `None`: nothing, or a variable's value, which may be anything.
pub fn told(note: &Note) -> Option<Told<'_>> {
    match note {
        Note::Log { text, .. } => Some(Told::Said("log", text)),
        Note::Mark(mark) => Some(Told::Said("mark", mark)),
        Note::Event { name, .. } => Some(Told::Said("event", name)),
        Note::ScriptError(text) => Some(Told::ScriptError(text)),
        Note::Tag { .. }
        | Note::SetVar { .. }
        | Note::SetCaller(..)
        | Note::SetConnected(_)
        | Note::TellTransferrer { .. }
        | Note::SetRedirecting(_)
        | Note::SetLang(_)
        | Note::SetMusicClass(_)
        | Note::SetMaxDuration(_) => None,
    }
}
