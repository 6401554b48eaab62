//! The menus: what each key does, and what is said of it. The keys are those of Comedian Mail.

use super::Listener;
use crate::{Folder, Greeting};
use serde::{Deserialize, Serialize};

/// Which menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum MenuId {
    Mailbox,
    Folders,
    SaveTo,
    Advanced,
    CallBack,
    Recipient,
    Boxes,
    Comment,
    Options,
    Temporary,
}

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    First,
    Folders,
    Open(Folder),
    Advanced,
    Reply,
    CallBack,
    CallNumber,
    Envelope,
    DialOut,
    LeaveMessage,
    Previous,
    Repeat,
    Next,
    Delete,
    Forward,
    TypeBox,
    Directory,
    AddBox,
    NoMoreBoxes,
    Comment,
    AsItIs,
    Save,
    SaveTo(Folder),
    Options,
    Record(Greeting),
    Temporary,
    Erase,
    Pin,
    Help,
    Exit,
}

const MAILBOX: &[(char, Action)] = &[
    ('1', Action::First),
    ('2', Action::Folders),
    ('3', Action::Advanced),
    ('4', Action::Previous),
    ('5', Action::Repeat),
    ('6', Action::Next),
    ('7', Action::Delete),
    ('8', Action::Forward),
    ('9', Action::Save),
    ('0', Action::Options),
    ('*', Action::Help),
    ('#', Action::Exit),
];
const ADVANCED: &[(char, Action)] = &[
    ('1', Action::Reply),
    ('2', Action::CallBack),
    ('3', Action::Envelope),
    ('4', Action::DialOut),
    ('5', Action::LeaveMessage),
    ('*', Action::Help),
];
const CALL_BACK: &[(char, Action)] =
    &[('1', Action::CallNumber), ('2', Action::DialOut), ('*', Action::Help)];
const RECIPIENT: &[(char, Action)] = &[('1', Action::TypeBox), ('2', Action::Directory), ('*', Action::Help)];
const BOXES: &[(char, Action)] = &[('1', Action::AddBox), ('#', Action::NoMoreBoxes), ('*', Action::Help)];
const COMMENT: &[(char, Action)] = &[('1', Action::Comment), ('2', Action::AsItIs), ('*', Action::Help)];
const OPTIONS: &[(char, Action)] = &[
    ('1', Action::Record(Greeting::Unavailable)),
    ('2', Action::Record(Greeting::Busy)),
    ('3', Action::Record(Greeting::Name)),
    ('4', Action::Temporary),
    ('5', Action::Pin),
    ('*', Action::Help),
];
const TEMPORARY: &[(char, Action)] =
    &[('1', Action::Record(Greeting::Temporary)), ('2', Action::Erase), ('*', Action::Options)];

/// What a key does in a menu.
pub(crate) fn action(menu: MenuId, key: char) -> Option<Action> {
    let of = |table: &[(char, Action)]| table.iter().find(|(of, _)| *of == key).map(|(_, action)| *action);
    let folder = |to: fn(Folder) -> Action| match key {
        '#' | '*' => Some(Action::Help),
        _ => Folder::of_key(key).map(to),
    };
    match menu {
        MenuId::Mailbox => of(MAILBOX),
        MenuId::Folders => folder(Action::Open),
        MenuId::SaveTo => folder(Action::SaveTo),
        MenuId::Advanced => of(ADVANCED),
        MenuId::CallBack => of(CALL_BACK),
        MenuId::Recipient => of(RECIPIENT),
        MenuId::Boxes => of(BOXES),
        MenuId::Comment => of(COMMENT),
        MenuId::Options => of(OPTIONS),
        MenuId::Temporary => of(TEMPORARY),
    }
}

/// What is said of a menu as it stands.
pub(crate) fn said(listener: &Listener, menu: MenuId) -> Vec<String> {
    let names: &[&str] = match menu {
        MenuId::Mailbox => return mailbox(listener),
        MenuId::Folders => &["vm-changeto", "vm-folders", "vm-tocancel"],
        MenuId::SaveTo => &["vm-savefolder", "vm-folders", "vm-tocancel"],
        MenuId::Advanced => return advanced(listener),
        MenuId::CallBack => &["vm-tocallnum", "vm-calldiffnum", "vm-star-cancel"],
        MenuId::Recipient => &["vm-forwardoptions", "vm-star-cancel"],
        MenuId::Boxes => &["vm-forward-multiple"],
        MenuId::Comment => &["vm-prependoptions", "vm-star-cancel"],
        MenuId::Options => &["vm-options"],
        MenuId::Temporary if listener.opened.temporary => &["vm-tempgreeting2", "vm-star-cancel"],
        MenuId::Temporary => &["vm-tempgreeting", "vm-star-cancel"],
    };
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn mailbox(listener: &Listener) -> Vec<String> {
    let mut names = Vec::new();
    if let Some((at, message)) = listener.at.zip(listener.current()) {
        names.extend((at > 0).then_some("vm-prev"));
        names.extend(["vm-advopts", "vm-repeat"]);
        names.extend((at + 1 < listener.list.len()).then_some("vm-next"));
        let delete = if message.deleted { "vm-undelete" } else { "vm-delete" };
        names.extend((!listener.read_only).then_some(delete));
        names.extend(["vm-toforward", "vm-savemessage", "vm-mailboxopts"]);
    } else {
        if !listener.list.is_empty() {
            names.extend(["vm-onefor", listener.folder.prompt(), "vm-messages"]);
        }
        // Folders, what is advanced, the options, in Asterisk's order.
        names.push("vm-opts");
    }
    names.push("vm-helpexit");
    names.into_iter().map(str::to_owned).collect()
}

fn advanced(listener: &Listener) -> Vec<String> {
    let mut names = Vec::new();
    if let Some(message) = listener.current() {
        names.extend(message.sender.is_some().then_some("vm-toreply"));
        names.extend(listener.calls_in().map(|_| "vm-tocallback"));
        names.push("vm-tohearenv");
    }
    names.extend(listener.calls_in().map(|_| "vm-tomakecall"));
    names.extend(["vm-leavemsg", "vm-starmain"]);
    names.into_iter().map(str::to_owned).collect()
}
