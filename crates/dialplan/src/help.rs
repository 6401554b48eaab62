//! What there is to say of a verb: `cordboard help` and the pages in `docs/` are made of it.

use crate::pages::{GROUPS, Page};
use crate::registry::{Literal, Param, Receiver, Verb};
use crate::verbs::VERBS;
use cordboard_app::{Argument, Key, Manual, Menu};

/// The heading of the pages of applications.
pub const APPLICATIONS: &str = "Applications";

/// A verb's page.
#[derive(Clone, Debug)]
pub struct Help {
    /// With what it is called on: `ch.voicemail`, `ch.say.digits`, `db::get`, `user`.
    pub name: String,
    /// The heading of the list that it stands in.
    pub group: &'static str,
    /// Name and arguments, those that may be left out in brackets: `ch.voicemail(mailbox [, options])`.
    pub usage: String,
    /// What it is for.
    pub summary: &'static str,
    /// Its arguments in order, but for the map of options.
    pub arguments: Vec<Item>,
    /// The keys of its map of options.
    pub options: Vec<Item>,
    /// What it yields; empty: nothing.
    pub outcome: &'static str,
    /// What the keys of the telephone do in it, menu by menu.
    pub menus: &'static [Menu],
    /// Lines of script that use it.
    pub example: &'static str,
}

/// An argument or option.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its name.
    pub name: &'static str,
    /// What it takes: `seconds (0 to 86400)`; empty if its meaning says it.
    pub takes: String,
    /// What it means.
    pub help: &'static str,
}

impl Help {
    /// The last part of the name, by which it is asked for too: `voicemail`, `digits`.
    pub fn word(&self) -> &str {
        self.name.rsplit(['.', ':']).next().unwrap_or(&self.name)
    }

    /// An application's page.
    pub fn of_application(manual: &Manual) -> Self {
        let name = format!("ch.{}", manual.verb);
        let (mut arguments, mut options) = (Vec::new(), Vec::new());
        for param in manual.params {
            match param.takes {
                Argument::One(takes) => {
                    arguments.push(Item { name: param.name, takes: takes.to_string(), help: param.help });
                }
                Argument::Options(schema) => options.extend(schema.keys.iter().map(item)),
            }
        }
        Self {
            usage: usage(&name, manual.params.iter().map(|param| param.name), manual.required),
            name,
            group: APPLICATIONS,
            summary: manual.summary,
            arguments,
            options,
            outcome: manual.outcome,
            menus: manual.menus,
            example: manual.example,
        }
    }

    /// The pages of the language's own verbs, functions and properties, in the order of reading.
    pub fn of_language() -> Vec<Self> {
        let pages = GROUPS.iter().flat_map(|group| group.pages.iter().map(|page| (group.title, page)));
        pages.map(|(group, page)| of_page(group, page)).collect()
    }
}

fn of_page(group: &'static str, page: &Page) -> Help {
    let verb = VERBS.iter().copied().flatten().find(|verb| full_name(verb) == page.name);
    let params = verb.map_or(&[][..], |verb| verb.params);
    let takes = |name: &str| params.iter().find(|param| param.name == name).map_or_else(String::new, takes);
    let schemas = params.iter().filter_map(|param| match param.literal {
        Literal::Options(schema) => Some(schema),
        Literal::Any
        | Literal::Context
        | Literal::Word(_)
        | Literal::Pattern
        | Literal::Text(_)
        | Literal::Takes(_) => None,
    });
    Help {
        name: page.name.to_owned(),
        group,
        usage: verb.map_or_else(
            || page.usage.to_owned(),
            |verb| usage(page.name, verb.params.iter().map(|param| param.name), verb.required),
        ),
        summary: page.summary,
        arguments: page
            .arguments
            .iter()
            .map(|(name, help)| Item { name, takes: takes(name), help })
            .collect(),
        options: schemas.flat_map(|schema| schema.keys).map(item).collect(),
        outcome: page.outcome,
        menus: &[],
        example: page.example,
    }
}

/// A verb's name with what it is called on.
pub(crate) fn full_name(verb: &Verb) -> String {
    match verb.on {
        Receiver::Free => verb.name.to_owned(),
        Receiver::Module(module) => format!("{module}::{}", verb.name),
        Receiver::Value(held) => format!("{}.{}", held.name(), verb.name),
        Receiver::Part(part) => match part.property() {
            None => format!("ch.{}", verb.name),
            Some(property) => format!("ch.{property}.{}", verb.name),
        },
    }
}

/// What is known of an argument beside its meaning.
fn takes(param: &Param) -> String {
    match param.literal {
        Literal::Any | Literal::Context | Literal::Pattern | Literal::Text(_) | Literal::Options(_) => {
            String::new()
        }
        Literal::Takes(takes) => takes.to_string(),
        Literal::Word(words) => format!("one of {}", words().join(", ")),
    }
}

fn item(key: &Key) -> Item {
    Item { name: key.name, takes: key.takes.to_string(), help: key.help }
}

/// `ch.dial(to [, options])`
fn usage(name: &str, params: impl Iterator<Item = &'static str>, required: usize) -> String {
    let mut text = format!("{name}(");
    let mut open = 0;
    for (at, param) in params.enumerate() {
        let is_optional = at >= required;
        let before = match (at, is_optional) {
            (0, false) => "",
            (0, true) => "[",
            (_, false) => ", ",
            (_, true) => " [, ",
        };
        open += usize::from(is_optional);
        text.push_str(before);
        text.push_str(param);
    }
    text + "]".repeat(open).as_str() + ")"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_left_out_stands_in_brackets() {
        assert_eq!(usage("a", [].into_iter(), 0), "a()");
        assert_eq!(usage("a", ["b", "c"].into_iter(), 2), "a(b, c)");
        assert_eq!(usage("a", ["b", "c", "d"].into_iter(), 1), "a(b [, c [, d]])");
        assert_eq!(usage("a", ["b", "c"].into_iter(), 0), "a([b [, c]])");
    }
}
