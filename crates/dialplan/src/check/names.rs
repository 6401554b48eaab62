//! Where values go: a literal that reaches a verb, straight or through variables and functions of whatever file, must be what
//! the verb takes there. What a function does with a parameter is asked of all who call it.

use super::Reports;
use super::plausible::too_long;
use super::sinks::{Named, Sink, uses};
use super::tree::{Form, Kind, Node, Tree};
use crate::codes;
use crate::nearest::{did_you_mean, nearest};
use crate::office::Office;
use crate::options::Checks;
use cordboard_app::{Manual, Takes};
use rhai::{Dynamic, Position};
use std::collections::BTreeSet;

/// Steps from function to function at most.
const DEPTH_MAX: usize = 12;

/// All of it.
pub(super) fn check(
    tree: &Tree,
    manuals: &[&'static Manual],
    office: Option<&Office>,
    contexts: Option<&BTreeSet<String>>,
    reports: &mut Reports<'_>,
) {
    let mut flow = Flow { tree, office, contexts, reports, callers: callers(tree), seen: BTreeSet::new() };
    for (id, function) in tree.functions.iter().enumerate() {
        function.walk(&mut |node| {
            for (value, sink) in uses(node, manuals) {
                flow.seen.clear();
                flow.reach(id, value, sink, DEPTH_MAX, false);
            }
        });
    }
}

/// The calls of each function: who calls, and with what.
fn callers(tree: &Tree) -> Vec<Vec<(usize, &[Node])>> {
    let mut callers = vec![Vec::new(); tree.functions.len()];
    for (id, function) in tree.functions.iter().enumerate() {
        function.walk(&mut |node| {
            if let Kind::Call { module, name, args } = &node.kind
                && let Some(called) = tree.called(&function.file, module.as_deref(), name, args.len())
                && let Some(list) = callers.get_mut(called)
            {
                list.push((id, args.as_slice()));
            }
        });
    }
    callers
}

struct Flow<'a, 'r> {
    tree: &'a Tree,
    office: Option<&'a Office>,
    contexts: Option<&'a BTreeSet<String>>,
    reports: &'a mut Reports<'r>,
    callers: Vec<Vec<(usize, &'a [Node])>>,
    /// Variables that the present value was followed to.
    seen: BTreeSet<(usize, String)>,
}

impl Flow<'_, '_> {
    /// A value of a function gets to a sink: literals are held against it. `is_far`: the literal does not stand at the sink,
    /// so that what is checked there (options and words) is checked here.
    fn reach(&mut self, id: usize, value: &Node, sink: Sink, depth: usize, is_far: bool) {
        let Some(depth) = depth.checked_sub(1) else { return };
        match &value.kind {
            Kind::Text(text) => self.text(id, text, value.at, sink, is_far),
            Kind::Int(number) => self.number(id, *number, value.at, sink, is_far),
            Kind::Array(items) => {
                for item in items {
                    self.reach(id, item, sink, depth, is_far);
                }
            }
            Kind::If { then, other, .. } => {
                for last in [then.last(), other.as_ref().and_then(|other| other.last())].into_iter().flatten()
                {
                    self.reach(id, last, sink, depth, true);
                }
            }
            Kind::Switch { arms, .. } => {
                for arm in arms {
                    self.reach(id, &arm.body, sink, depth, true);
                }
            }
            Kind::Block(nodes) => {
                if let Some(last) = nodes.last() {
                    self.reach(id, last, sink, depth, is_far);
                }
            }
            Kind::Var(name) => self.variable(id, name, sink, depth),
            Kind::Constant(module, name) if module == "global" => {
                let tree = self.tree;
                let Some(file) = tree.function(id).map(|function| function.file.as_str()) else { return };
                let top = |f: &&super::tree::Function| f.form == Form::TopLevel && f.file == file;
                let at = tree.functions.iter().position(|f| top(&f));
                if let Some(at) = at {
                    self.variable(at, name, sink, depth);
                }
            }
            Kind::Field { .. } | Kind::Method { .. } => self.supplied(id, value, sink),
            Kind::Template(parts) | Kind::Op(_, parts) => self.joined(id, value, parts, sink),
            Kind::Map(_) | Kind::Bool(_) | Kind::Float if is_far => {
                if let (Sink::Takes(verb, name, takes), Some(found)) = (sink, dynamic(value))
                    && let Err(wanted) = takes.check(&found)
                {
                    let message =
                        format!("`{verb}`: `{name}` takes {wanted}, not {}", crate::options::kind(&found));
                    let tree = self.tree;
                    let file = tree.function(id).map_or("", |function| function.file.as_str());
                    self.reports.add(file, codes::VALUE, value.at, &message, None);
                }
            }
            _ => {}
        }
    }

    /// What a variable may hold: what it is set to, what a loop gives it, what callers hand over.
    fn variable(&mut self, id: usize, name: &str, sink: Sink, depth: usize) {
        let tree = self.tree;
        if !self.seen.insert((id, name.to_owned())) {
            return;
        }
        let Some(function) = tree.function(id) else { return };
        let mut values: Vec<&Node> = Vec::new();
        function.walk(&mut |node| match &node.kind {
            Kind::Let { name: own, value } if own == name => values.push(value),
            Kind::Assign { to, op, value } if op.is_empty() && to.is_var(name) => values.push(value),
            Kind::For { names, over, .. } if names.first().is_some_and(|own| own == name) => {
                if matches!(over.kind, Kind::Array(_)) {
                    values.push(over);
                }
            }
            _ => {}
        });
        for value in values {
            // `x = x` leads nowhere.
            if !value.is_var(name) {
                self.reach(id, value, sink, depth, true);
            }
        }
        let Some(at) = function.params.iter().position(|param| param == name) else { return };
        match function.form {
            Form::Closure if at < function.captured => {
                if let Some(parent) = function.parent {
                    self.variable(parent, name, sink, depth);
                }
            }
            Form::Closure | Form::TopLevel => {}
            Form::Named => {
                let calls: Vec<(usize, &Node)> = self
                    .callers
                    .get(id)
                    .into_iter()
                    .flatten()
                    .filter_map(|(caller, args)| Some((*caller, args.get(at)?)))
                    .collect();
                for (caller, value) in calls {
                    self.reach(caller, value, sink, depth, true);
                }
            }
        }
    }

    fn text(&mut self, id: usize, text: &str, at: Position, sink: Sink, is_far: bool) {
        let tree = self.tree;
        let file = tree.function(id).map_or("", |function| function.file.as_str());
        match sink {
            Sink::Name(named) => {
                let Some(office) = self.office else { return };
                let (code, what, place, known) = named.facts(office);
                if named.is_unchecked(text, office) || known.contains(text) {
                    return;
                }
                let unwrapped = (named == Named::Prompt).then(|| prompt_within(text, known)).flatten();
                let several = (named == Named::User && text.contains(['&', ','])).then(|| {
                    let users: Vec<String> =
                        text.split(['&', ',']).map(|user| format!("user(\"{}\")", user.trim())).collect();
                    format!("several ring together in an array: `[{}]`", users.join(", "))
                });
                let hint = unwrapped
                    .or(several)
                    .or_else(|| did_you_mean(text, known.iter().map(String::as_str)))
                    .or_else(|| {
                        let few = known.len() <= 8 && !known.is_empty();
                        let list: Vec<&str> = known.iter().map(String::as_str).collect();
                        few.then(|| format!("{place} has {}", list.join(", ")))
                    });
                self.reports.add(file, code, at, &format!("there is no {what} `{text}` in {place}"), hint);
            }
            Sink::Context => {
                let Some(contexts) = self.contexts.filter(|contexts| !contexts.contains(text)) else {
                    return;
                };
                let hint = did_you_mean(text, contexts.iter().map(String::as_str));
                self.reports.add(file, codes::NO_CONTEXT, at, &format!("there is no context `{text}`"), hint);
            }
            Sink::Destination => {
                let message = format!("\"{text}\" is no destination");
                let hint = Some(format!(
                    "a user is `user(\"{text}\")`, a number outside `trunk(\"…\", \"{text}\")`"
                ));
                self.reports.add(file, codes::DESTINATION, at, &message, hint);
            }
            Sink::Takes(verb, name, takes) => {
                let value = Dynamic::from(text.to_owned());
                if (is_far || !matches!(takes, Takes::Word(_)))
                    && let Err(wanted) = takes.check(&value)
                {
                    if !is_far {
                        return;
                    }
                    let hint = match takes {
                        Takes::Word(words) => {
                            nearest(text, words.iter().copied()).map(|near| format!("did you mean `{near}`?"))
                        }
                        _ => None,
                    };
                    let message = format!("`{verb}`: `{name}` takes {wanted}, not \"{text}\"");
                    self.reports.add(file, codes::VALUE, at, &message, hint);
                }
            }
            Sink::Word(verb, name, words) if is_far && !words().contains(&text) => {
                let hint =
                    did_you_mean(text, words()).or_else(|| Some(format!("known: {}", words().join(", "))));
                let message = format!("`{verb}` knows no {name} \"{text}\"");
                self.reports.add(file, codes::WORD, at, &message, hint);
            }
            Sink::Text(check) if is_far => {
                if let Err(message) = check(text) {
                    self.reports.add(file, codes::VALUE, at, &message, None);
                }
            }
            Sink::Word(..) | Sink::Text(_) => {}
        }
    }

    fn number(&mut self, id: usize, number: i64, at: Position, sink: Sink, is_far: bool) {
        let tree = self.tree;
        let file = tree.function(id).map_or("", |function| function.file.as_str());
        let hint = Some(format!("write \"{number}\""));
        if let Sink::Takes(verb, name, takes) = sink
            && let Some((message, hint)) = too_long(verb, name, takes, number)
        {
            self.reports.add(file, codes::LONG, at, &message, Some(hint));
        }
        match sink {
            Sink::Destination => {
                let message = format!("{number} is no destination");
                let hint = Some(format!("a user is `user(\"{number}\")`"));
                self.reports.add(file, codes::DESTINATION, at, &message, hint);
            }
            Sink::Name(Named::User | Named::Mailbox) => {
                self.text(id, &number.to_string(), at, sink, is_far);
            }
            Sink::Name(_) | Sink::Context => {
                self.reports.add(file, codes::VALUE, at, "a name is a text in quotes", hint);
            }
            Sink::Takes(verb, name, takes) if is_far => {
                if let Err(wanted) = takes.check(&Dynamic::from(number)) {
                    let message = format!("`{verb}`: `{name}` takes {wanted}, not {number}");
                    self.reports.add(file, codes::VALUE, at, &message, None);
                }
            }
            Sink::Takes(..) | Sink::Word(..) | Sink::Text(_) => {}
        }
    }

    /// A text that is put together is no destination, and what a caller supplies makes it the caller's.
    fn joined(&mut self, id: usize, whole: &Node, parts: &[Node], sink: Sink) {
        let is_text = match &whole.kind {
            Kind::Op(op, parts) => op == "+" && parts.iter().any(is_text),
            _ => true,
        };
        if !is_text {
            return;
        }
        if let Sink::Destination = sink {
            let file = self.tree.function(id).map_or("", |function| function.file.as_str());
            let hint = "a user is `user(name)`, a number outside `trunk(\"…\", number)`".to_owned();
            let message = "a text is no destination";
            return self.reports.add(file, codes::DESTINATION, whole.at, message, Some(hint));
        }
        let theirs = parts.iter().find(|part| supplied(part).is_some());
        if let Some(part) = theirs {
            self.supplied(id, part, sink);
        }
    }

    /// What a caller supplies must not get where only the script's own words may.
    fn supplied(&mut self, id: usize, value: &Node, sink: Sink) {
        let Some(what) = supplied(value) else { return };
        let tree = self.tree;
        let file = tree.function(id).map_or("", |function| function.file.as_str());
        let refused = match sink {
            Sink::Name(Named::Trunk) => "a trunk",
            Sink::Name(Named::Prompt) => "a prompt",
            Sink::Name(Named::Hours) => "a set of hours",
            Sink::Name(Named::Music) => "a class of music",
            Sink::Context => "a context",
            Sink::Takes(_, name, Takes::Text | Takes::Word(_)) => name,
            Sink::Destination => {
                let message = format!("`{what}` is a text, and no destination");
                let hint = Some(format!("a user is `user({what})`"));
                return self.reports.add(file, codes::DESTINATION, value.at, &message, hint);
            }
            Sink::Name(_) | Sink::Takes(..) | Sink::Word(..) | Sink::Text(_) => return,
        };
        let message = format!("{refused} can't be chosen by what the caller supplies, `{what}`");
        self.reports.add(file, codes::UNTRUSTED, value.at, &message, None);
    }
}

fn is_text(node: &Node) -> bool {
    match &node.kind {
        Kind::Text(_) | Kind::Template(_) => true,
        Kind::Op(op, parts) => op == "+" && parts.iter().any(is_text),
        _ => false,
    }
}

/// A prompt that is named as a file: with its ending, or with the folders before it.
fn prompt_within(text: &str, known: &BTreeSet<String>) -> Option<String> {
    let stem = match text.rsplit_once('.') {
        Some((stem, ending)) if (2..=5).contains(&ending.len()) => stem,
        Some(_) | None => text,
    };
    let starts = stem.char_indices().filter(|(_, c)| *c == '/').map(|(at, _)| at + 1);
    let found = core::iter::once(0).chain(starts).find_map(|at| known.get(stem.get(at..)?));
    match found {
        Some(name) => Some(format!("a prompt is named without its ending and the folder of sounds: `{name}`")),
        None if stem != text || text.starts_with('/') => Some(
            "a prompt is a file in the folder of sounds (`path` of [sounds] in etc/cordboard.toml), named from there and without its ending"
                .to_owned(),
        ),
        None => None,
    }
}

/// What a caller supplies, as the script writes it.
pub(super) fn supplied(node: &Node) -> Option<&'static str> {
    match &node.kind {
        Kind::Field { on, name } if on.is_var("ch") => match name.as_str() {
            "dialed" => Some("ch.dialed"),
            "argument" => Some("ch.argument"),
            _ => None,
        },
        Kind::Field { on, name } => match &on.kind {
            Kind::Field { on, name: part } if on.is_var("ch") && part == "caller" => match name.as_str() {
                "number" => Some("ch.caller.number"),
                "name" => Some("ch.caller.name"),
                _ => None,
            },
            _ => None,
        },
        Kind::Method { on, name, .. } if on.is_var("ch") => match name.as_str() {
            "read" => Some("ch.read(…)"),
            "menu" => Some("ch.menu(…)"),
            _ => None,
        },
        // Parts of it are the caller's too.
        Kind::Method { on, name, .. } if matches!(name.as_str(), "sub_string" | "to_upper" | "to_lower") => {
            supplied(on)
        }
        _ => None,
    }
}

fn dynamic(node: &Node) -> Option<Dynamic> {
    match &node.kind {
        Kind::Bool(value) => Some(Dynamic::from(*value)),
        Kind::Map(_) => Some(Dynamic::from_map(rhai::Map::new())),
        _ => None,
    }
}
