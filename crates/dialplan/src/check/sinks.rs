//! What literals are used as: which argument of which function, verb or option is the name of what.

use super::tree::{Kind, Node};
use crate::codes::{self, Code};
use crate::office::Office;
use crate::registry::{Literal, Receiver};
use crate::verbs::VERBS;
use cordboard_app::{Argument, Manual, Takes};
use std::collections::BTreeSet;

/// What a value is used as.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sink {
    /// A name of the office's.
    Name(Named),
    /// An argument or option of a verb.
    Takes(&'static str, &'static str, Takes),
    /// A word of a verb's own.
    Word(&'static str, &'static str, fn() -> Vec<&'static str>),
    /// A text of a verb's own language.
    Text(fn(&str) -> Result<(), String>),
    /// A context that is entered.
    Context,
    /// Destinations.
    Destination,
}

/// Names of the office's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    User,
    Trunk,
    Queue,
    Mailbox,
    Room,
    Lot,
    Hours,
    Music,
    Prompt,
    Language,
    Group,
    PageGroup,
    Line,
}

impl Named {
    /// The kind of finding, what it is called, the file, and those that there are.
    pub(super) fn facts(self, office: &Office) -> (Code, &'static str, &'static str, &BTreeSet<String>) {
        match self {
            Self::User => (codes::NO_USER, "user", "etc/users.toml", &office.users),
            Self::Trunk => (codes::NO_TRUNK, "trunk", "etc/trunks.toml", &office.trunks),
            Self::Queue => (codes::NO_QUEUE, "queue", "etc/queues.toml", &office.queues),
            Self::Mailbox => (codes::NO_MAILBOX, "mailbox", "etc/voicemail.toml", &office.mailboxes),
            Self::Room => (codes::NO_ROOM, "conference room", "etc/conference.toml", &office.rooms),
            Self::Lot => (codes::NO_LOT, "parking lot", "etc/parking.toml", &office.lots),
            Self::Hours => (codes::NO_HOURS, "set of hours", "etc/hours.toml", &office.hours),
            Self::Music => (codes::NO_MUSIC, "class of music", "etc/music.toml", &office.music),
            Self::Prompt => (codes::NO_PROMPT, "prompt", "the sounds", &office.prompts),
            Self::Language => {
                (codes::NO_LANGUAGE, "language of prompts", "the folder of sounds", &office.languages)
            }
            Self::Group => (codes::NO_GROUP, "pickup group", "etc/users.toml", &office.groups),
            Self::PageGroup => (codes::NO_GROUP, "paging group", "etc/paging.toml", &office.page_groups),
            Self::Line => (codes::NO_LINE, "line", "etc/disa.toml", &office.lines),
        }
    }

    /// A prompt may be known by nobody, and nobody is an empty name.
    pub(super) fn is_unchecked(self, name: &str, office: &Office) -> bool {
        // An office without any trunk is told so elsewhere.
        let of_nobody = match self {
            Self::Prompt => office.prompts.is_empty(),
            Self::Language => office.languages.is_empty(),
            Self::Trunk => office.trunks.is_empty(),
            Self::User | Self::Queue | Self::Mailbox | Self::Room | Self::Lot | Self::Hours | Self::Music => {
                false
            }
            Self::Group | Self::PageGroup | Self::Line => false,
        };
        name.is_empty() || of_nobody
    }
}

/// Functions whose argument is a name: function, which argument, of what.
const FREE: [(&str, usize, Named); 5] = [
    ("user", 0, Named::User),
    ("trunk", 0, Named::Trunk),
    ("queue", 0, Named::Queue),
    ("mailbox", 0, Named::Mailbox),
    ("hours", 0, Named::Hours),
];

/// Verbs of the channel, likewise.
const VERB: [(&str, usize, Named); 11] = [
    ("queue", 0, Named::Queue),
    ("queue_login", 0, Named::Queue),
    ("queue_logout", 0, Named::Queue),
    ("queue_pause", 0, Named::Queue),
    ("queue_resume", 0, Named::Queue),
    ("voicemail", 0, Named::Mailbox),
    ("voicemail_main", 0, Named::Mailbox),
    ("conference", 0, Named::Room),
    ("music", 0, Named::Music),
    ("pickup", 0, Named::Group),
    ("disa", 0, Named::Line),
];

/// Options, by the verb's name or any (`""`).
const OPTION: [(&str, &str, Named); 6] = [
    ("", "lang", Named::Language),
    ("", "music", Named::Music),
    ("", "lot", Named::Lot),
    ("page", "group", Named::PageGroup),
    ("wakeup", "for", Named::User),
    ("hotdesk_login", "user", Named::User),
];

/// Properties of the channel that are set to a name.
const PROPERTY: [(&str, Named); 2] = [("music_class", Named::Music), ("lang", Named::Language)];

/// Arguments and options that are prompts without their schema saying so.
const PROMPTS: [(&str, usize); 1] = [("play", 0)];

/// What a node's parts are used as.
pub(super) fn uses<'n>(node: &'n Node, manuals: &[&'static Manual]) -> Vec<(&'n Node, Sink)> {
    let mut found = Vec::new();
    match &node.kind {
        Kind::Call { module: None, name, args } => {
            for (verb, at, named) in FREE {
                if verb == name
                    && let Some(value) = args.get(at)
                {
                    found.push((value, Sink::Name(named)));
                }
            }
            if name == "extension" {
                found.extend(args.first().map(|value| (value, Sink::Context)));
            }
            of_verb(Receiver::Free, name, args, &mut found);
        }
        Kind::Call { module: Some(_), .. } => {}
        Kind::Method { on, name, args } if is_call(on) => {
            for (verb, at, named) in VERB {
                if verb == name
                    && let Some(value) = args.get(at)
                {
                    found.push((value, Sink::Name(named)));
                }
            }
            for (verb, at) in PROMPTS {
                if verb == name
                    && let Some(value) = args.get(at)
                {
                    found.push((value, Sink::Name(Named::Prompt)));
                }
            }
            match name.as_str() {
                "enter" => found.extend(args.first().map(|value| (value, Sink::Context))),
                "dial" => found.extend(args.first().map(|value| (value, Sink::Destination))),
                _ => {}
            }
            of_verb(Receiver::Part(crate::registry::Part::Channel), name, args, &mut found);
            if let Some(manual) = manuals.iter().find(|manual| manual.verb == name) {
                of_manual(manual, args, &mut found);
            }
        }
        Kind::Assign { to, op, value } if op.is_empty() => {
            if let Kind::Field { on, name } = &to.kind
                && on.is_var("ch")
                && let Some((_, named)) = PROPERTY.iter().find(|(property, _)| property == name)
            {
                found.push((value, Sink::Name(*named)));
            }
        }
        _ => {}
    }
    found
}

fn is_call(on: &Node) -> bool {
    on.is_var("ch")
}

fn of_verb<'n>(on: Receiver, name: &str, args: &'n [Node], found: &mut Vec<(&'n Node, Sink)>) {
    let Some(verb) = VERBS.iter().copied().flatten().find(|verb| verb.on == on && verb.name == name) else {
        return;
    };
    for (param, value) in verb.params.iter().zip(args) {
        match param.literal {
            Literal::Any | Literal::Context | Literal::Pattern => {}
            Literal::Text(check) => found.push((value, Sink::Text(check))),
            Literal::Word(words) => found.push((value, Sink::Word(verb.name, param.name, words))),
            Literal::Takes(takes) => found.push((value, Sink::Takes(verb.name, param.name, takes))),
            Literal::Options(schema) => of_options(verb.name, schema, value, found),
        }
    }
}

fn of_manual<'n>(manual: &'static Manual, args: &'n [Node], found: &mut Vec<(&'n Node, Sink)>) {
    for (param, value) in manual.params.iter().zip(args) {
        match param.takes {
            Argument::One(takes) => {
                found.push((value, Sink::Takes(manual.verb, param.name, takes)));
                if takes == Takes::Prompts {
                    found.push((value, Sink::Name(Named::Prompt)));
                }
            }
            Argument::Options(schema) => of_options(manual.verb, schema, value, found),
        }
    }
}

fn of_options<'n>(
    verb: &'static str,
    schema: &'static cordboard_app::Schema,
    options: &'n Node,
    found: &mut Vec<(&'n Node, Sink)>,
) {
    let Kind::Map(entries) = &options.kind else { return };
    for (key, value) in entries {
        let Some(known) = schema.key(key) else { continue };
        found.push((value, Sink::Takes(verb, known.name, known.takes)));
        if known.takes == Takes::Prompts {
            found.push((value, Sink::Name(Named::Prompt)));
        }
        let named = OPTION.iter().find(|(of, option, _)| (of.is_empty() || *of == verb) && option == key);
        if let Some((.., named)) = named {
            found.push((value, Sink::Name(*named)));
        }
    }
}
