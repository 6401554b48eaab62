//! What an application tells of itself: its verb, arguments, options and keys. The dialplan's check, the verb itself, `cordboard help`
//! and the pages in `docs/` are all made of this one table.

use core::fmt;

/// The manual of an application, one for each verb.
#[derive(Clone, Copy, Debug)]
pub struct Manual {
    /// The verb of the channel that runs it, which is also the application's name: `voicemail`.
    pub verb: &'static str,
    /// What it is for, one line.
    pub summary: &'static str,
    /// Its arguments in order; an option map, if there is one, comes last.
    pub params: &'static [Param],
    /// How many of them must be given.
    pub required: usize,
    /// What the verb yields.
    pub outcome: &'static str,
    /// What the keys of the telephone do in it, menu by menu.
    pub menus: &'static [Menu],
    /// A line of script that uses it.
    pub example: &'static str,
}

/// An argument of a verb.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// As messages name it.
    pub name: &'static str,
    /// What it takes.
    pub takes: Argument,
    /// What it means.
    pub help: &'static str,
}

/// What an argument takes.
#[derive(Clone, Copy, Debug)]
pub enum Argument {
    /// One value.
    One(Takes),
    /// A map of options.
    Options(&'static Schema),
}

/// The options of a verb.
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    /// Its keys.
    pub keys: &'static [Key],
}

impl Schema {
    /// The option of a name.
    pub fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }

    /// All names.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.keys.iter().map(|key| key.name)
    }
}

/// One option.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// What it means, and what holds without it.
    pub help: &'static str,
}

/// An option with its help.
pub const fn option(name: &'static str, takes: Takes, help: &'static str) -> Key {
    Key { name, takes, help }
}

/// What an option takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Takes {
    /// Seconds, with fractions: 0 to a day.
    Seconds,
    /// Seconds, or an array of them.
    SecondsList,
    /// A whole number in a range.
    Integer(i64, i64),
    /// A plain text.
    Text,
    /// A text, whoever supplied it.
    AnyText,
    /// A prompt's name, or an array of them.
    Prompts,
    /// Digits of a telephone key pad.
    Digits,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A plain truth value.
    Bool,
    /// A map.
    Map,
    /// A destination, or an array of them.
    Destinations,
    /// Anything that can be kept as data.
    Data,
}

/// As messages and manuals say it: `a number from 1 to 64`.
impl fmt::Display for Takes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Seconds => "seconds (0 to 86400)",
            Self::SecondsList => "seconds, or an array of them",
            Self::Integer(from, to) => return write!(f, "a number from {from} to {to}"),
            Self::Text => "a text (not one that a caller supplied)",
            Self::AnyText => "a text",
            Self::Prompts => "a prompt's name, or an array of them",
            Self::Digits => "digits 0-9 * # A-D",
            Self::Word(words) => return write!(f, "one of {}", words.join(", ")),
            Self::Bool => "true or false",
            Self::Map => "a map",
            Self::Destinations => "a destination, or an array of them",
            Self::Data => "plain data",
        })
    }
}

/// The keys of one of an application's menus.
#[derive(Clone, Copy, Debug)]
pub struct Menu {
    /// Where: `while a message plays`.
    pub name: &'static str,
    /// Key and what it does.
    pub keys: &'static [(&'static str, &'static str)],
}
