//! What is wrong about values: conditions, comparisons, fields and cases that can't be meant.

use super::{Value, Values, Words};
use crate::check::Reports;
use crate::check::outcomes::Outcomes;
use crate::check::tree::{Case, Kind, Node, Tree};
use crate::codes;
use crate::nearest::did_you_mean;
use crate::registry::{Literal, Part, Receiver};
use crate::verbs::VERBS;
use rhai::Position;
use std::collections::BTreeSet;

/// How several are called at once.
const TOGETHER: &str = "several ring together in an array: `[user(\"101\"), user(\"102\")]`";

/// Conditions, comparisons, fields and cases.
pub(in crate::check) fn check(tree: &Tree, outcomes: &Outcomes, reports: &mut Reports<'_>) {
    let values = Values::new(tree, outcomes);
    if !values.is_settled {
        return;
    }
    for (id, function) in tree.functions.iter().enumerate() {
        let mut checks = Checks { values: &values, id, file: &function.file, reports };
        function.walk(&mut |node| checks.node(node));
    }
}

struct Checks<'a, 'r> {
    values: &'a Values<'a>,
    id: usize,
    file: &'a str,
    reports: &'a mut Reports<'r>,
}

impl Checks<'_, '_> {
    fn node(&mut self, node: &Node) {
        match &node.kind {
            Kind::If { cond, .. } => self.condition(cond),
            Kind::While { cond: Some(cond), .. } => self.condition(cond),
            Kind::And(parts) | Kind::Or(parts) => parts.iter().for_each(|part| self.condition(part)),
            Kind::Op(name, args) if name == "!" => args.iter().for_each(|part| self.condition(part)),
            Kind::Op(name, args) if name == "==" || name == "!=" => self.comparison(node, args),
            Kind::Op(name, args) if name == "contains" => self.membership(args),
            Kind::Op(name, args) if ["&", "|", "+", "-", "*", "/"].contains(&name.as_str()) => {
                self.destinations(node, name, args);
            }
            Kind::Method { on, name, args } if on.is_var("ch") => self.options(name, args),
            Kind::Field { on, name } => self.field(node, on, name),
            Kind::Switch { on, arms, has_default } => {
                let value = self.values.of(self.id, on);
                let mut seen = BTreeSet::new();
                for arm in arms {
                    for (case, at) in &arm.cases {
                        self.case(&value, case, *at);
                        if arm.guard.is_none() && *case != Case::Other && !seen.insert(case.clone()) {
                            self.reports.add(
                                self.file,
                                codes::ARM_TWICE,
                                *at,
                                "this case stands here twice",
                                None,
                            );
                        }
                    }
                }
                if let (Value::Text(Some(words)), false) = (&value, has_default) {
                    self.left_out(node.at, words, &seen);
                }
            }
            _ => {}
        }
    }

    fn condition(&mut self, cond: &Node) {
        let value = self.values.of(self.id, cond);
        if matches!(value, Value::Bool) {
            return;
        }
        let Some(what) = value.name() else { return };
        let hint = matches!(cond.kind, Kind::Text(_) | Kind::Int(_))
            .then(|| "each side of `||` and `&&` is a whole comparison: `a == 1 || a == 2`".to_owned());
        let is_hours = matches!(&cond.kind, Kind::Call { module: None, name, .. } if name == "hours");
        let hint = hint.or_else(|| is_hours.then(|| "whether it is open is `hours(\"…\").open`".to_owned()));
        let message = format!("this is {what}, where true or false is wanted");
        self.reports.add(self.file, codes::CONDITION, cond.at, &message, hint);
    }

    fn comparison(&mut self, node: &Node, args: &[Node]) {
        let [left, right] = args else { return };
        let is_constant = |node: &Node| matches!(node.kind, Kind::Text(_) | Kind::Int(_) | Kind::Bool(_));
        if is_constant(left) && is_constant(right) || same(left, right) {
            let message = "this comparison always has the same result";
            return self.reports.add(self.file, codes::CONSTANT, node.at, message, None);
        }
        let (a, b) = (self.values.of(self.id, left), self.values.of(self.id, right));
        if let (Some(what), Some(other)) = (a.name(), b.name())
            && what != other
        {
            let hint = literal_as_text(left).or_else(|| literal_as_text(right));
            let of_result = |value: &Value, node: &Node| match (value, &node.kind) {
                (Value::Record(record), Kind::Var(name)) if record.fields.contains_key("status") => {
                    Some(format!("how it ended is `{name}.status`"))
                }
                _ => None,
            };
            let hint = hint.or_else(|| of_result(&a, left)).or_else(|| of_result(&b, right));
            let message = format!("{what} is never equal to {other}");
            return self.reports.add(self.file, codes::KINDS, node.at, &message, hint);
        }
        for (value, literal) in [(&a, right), (&b, left)] {
            if let Kind::Text(text) = &literal.kind {
                self.word(value, text, literal.at);
            }
        }
    }

    /// `user("101") & user("102")`
    fn destinations(&mut self, node: &Node, op: &str, args: &[Node]) {
        if args.iter().any(|arg| self.values.of(self.id, arg) == Value::Target) {
            let message = format!("`{op}` joins no destinations");
            self.reports.add(self.file, codes::DESTINATION, node.at, &message, Some(TOGETHER.to_owned()));
        }
    }

    /// `ch.dial(user("101"), user("102"))`: what stands where options do, and is none of its kind. Literals are looked at elsewhere.
    fn options(&mut self, name: &str, args: &[Node]) {
        let verb = VERBS.iter().copied().flatten();
        let verb =
            verb.filter(|verb| verb.on == Receiver::Part(Part::Channel)).find(|verb| verb.name == name);
        for (param, given) in verb.into_iter().flat_map(|verb| verb.params).zip(args) {
            let value = self.values.of(self.id, given);
            if !matches!(param.literal, Literal::Options(_))
                || matches!(given.kind, Kind::Text(_) | Kind::Int(_) | Kind::Bool(_))
                || matches!(value, Value::Record(_) | Value::Nothing)
            {
                continue;
            }
            let Some(what) = value.name() else { continue };
            let message = format!("`{name}` takes options as a map, `#{{ … }}`, and this is {what}");
            let hint = (value == Value::Target).then(|| TOGETHER.to_owned());
            self.reports.add(self.file, codes::VALUE, given.at, &message, hint);
        }
    }

    /// `x in ["a", "b"]`
    fn membership(&mut self, args: &[Node]) {
        let [Node { kind: Kind::Array(items), .. }, item] = args else { return };
        let value = self.values.of(self.id, item);
        for item in items {
            match &item.kind {
                Kind::Text(text) => self.case(&value, &Case::Text(text.clone()), item.at),
                Kind::Int(number) => self.case(&value, &Case::Int(*number), item.at),
                _ => {}
            }
        }
    }

    fn case(&mut self, value: &Value, case: &Case, at: Position) {
        let (what, hint) = match case {
            Case::Text(text) => {
                self.word(value, text, at);
                ("a text", None)
            }
            Case::Int(number) => ("a number", Some(format!("did you mean `\"{number}\"`?"))),
            Case::Bool(_) => ("true or false", None),
            Case::Other => return,
        };
        if let Some(other) = value.name().filter(|other| *other != what) {
            let message = format!("{other} is never equal to {what}");
            self.reports.add(self.file, codes::KINDS, at, &message, hint);
        }
    }

    fn word(&mut self, value: &Value, text: &str, at: Position) {
        let (Value::Text(Some(known)) | Value::WordOrNothing(known)) = value else { return };
        if known.words.contains(text) {
            return;
        }
        let hint = did_you_mean(text, known.words.iter().map(String::as_str)).or_else(|| {
            let words: Vec<String> = known.words.iter().map(|word| format!("\"{word}\"")).collect();
            (words.len() <= 12).then(|| format!("it is one of {}", words.join(", ")))
        });
        match &known.verb {
            Some(verb) => {
                let message = format!("`{verb}` never yields \"{text}\" here");
                self.reports.add(self.file, codes::NEVER, at, &message, hint);
            }
            None => {
                let message = format!("this is never \"{text}\"");
                self.reports.add(self.file, codes::NOT_PASSED, at, &message, hint);
            }
        }
    }

    fn left_out(&mut self, at: Position, known: &Words, seen: &BTreeSet<Case>) {
        let Some(verb) = &known.verb else { return };
        let missing: Vec<String> = known
            .words
            .iter()
            .filter(|word| !seen.contains(&Case::Text((*word).clone())))
            .map(|word| format!("\"{word}\""))
            .collect();
        if !missing.is_empty() {
            let message = format!("`{verb}` also yields {}, for which there is no arm", missing.join(", "));
            let hint = Some("add `_ => …` for all others".to_owned());
            self.reports.add(self.file, codes::NOT_ALL, at, &message, hint);
        }
    }

    fn field(&mut self, node: &Node, on: &Node, name: &str) {
        let Value::Record(record) = self.values.of(self.id, on) else { return };
        let Some(verb) = &record.verb else { return };
        if record.fields.contains_key(name) {
            return;
        }
        let known: Vec<&str> = record.fields.keys().map(String::as_str).collect();
        let hint = did_you_mean(name, known.iter().copied())
            .or_else(|| Some(format!("it has {}", known.join(", "))));
        let message = format!("what `{verb}` yields has no `{name}`");
        self.reports.add(self.file, codes::NO_FIELD, node.at, &message, hint);
    }
}

fn literal_as_text(node: &Node) -> Option<String> {
    match &node.kind {
        Kind::Int(number) => Some(format!("did you mean `\"{number}\"`?")),
        _ => None,
    }
}

/// Whether both are the same variable or the same property of one.
fn same(a: &Node, b: &Node) -> bool {
    match (&a.kind, &b.kind) {
        (Kind::Var(a), Kind::Var(b)) => a == b,
        (Kind::Field { on: a, name: x }, Kind::Field { on: b, name: y }) => x == y && same(a, b),
        _ => false,
    }
}
