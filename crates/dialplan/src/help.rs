//! What there is to say of a verb: `cordboard help` and the pages in `docs/` are made of it.

use cordboard_app::{Argument, Manual, Menu};

/// A verb's page.
#[derive(Clone, Debug)]
pub struct Help {
    /// With what it is called on: `ch.voicemail`, `ch.say.digits`, `db::get`, `user`.
    pub name: String,
    /// Name and arguments, those that may be left out in brackets: `ch.voicemail(mailbox [, options])`.
    pub usage: String,
    /// What it is for.
    pub summary: &'static str,
    /// Its arguments in order, but for the map of options.
    pub arguments: Vec<Item>,
    /// The keys of its map of options.
    pub options: Vec<Item>,
    /// What it yields.
    pub outcome: &'static str,
    /// What the keys of the telephone do in it, menu by menu.
    pub menus: &'static [Menu],
    /// A line of script that uses it.
    pub example: &'static str,
}

/// An argument or option.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its name.
    pub name: &'static str,
    /// What it takes: `seconds (0 to 86400)`.
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
                Argument::Options(schema) => options.extend(schema.keys.iter().map(|key| Item {
                    name: key.name,
                    takes: key.takes.to_string(),
                    help: key.help,
                })),
            }
        }
        Self {
            usage: usage(&name, manual.params.iter().map(|param| param.name), manual.required),
            name,
            summary: manual.summary,
            arguments,
            options,
            outcome: manual.outcome,
            menus: manual.menus,
            example: manual.example,
        }
    }
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
