//! What values can be: a verb's result has known fields and words, a typed digit is a text. Whatever is not sure is `Any`, of
//! which nothing is said. Functions are followed through all files until nothing changes any more.

use super::Reports;
use super::outcomes::Outcomes;
use super::tree::{Case, Form, Function, Kind, Node, Tree};
use crate::codes;
use crate::nearest::did_you_mean;
use rhai::Position;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Rounds in which values are followed; a dialplan that needs more is not checked for them.
const ROUNDS_MAX: usize = 24;

/// What a value can be.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// Nothing is known yet.
    Unreached,
    /// A text; the words that it can be, where they are known, and whose they are.
    Text(Option<Words>),
    /// One of these words, or nothing.
    WordOrNothing(Words),
    Number,
    Bool,
    Nothing,
    Target,
    List,
    /// A map: its fields, and the verb whose result it is.
    Record(Rc<Record>),
    Any,
}

/// The words that a text can be.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Words {
    pub(super) words: BTreeSet<String>,
    /// The verb that yields them; none: the script's own words.
    pub(super) verb: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Record {
    pub(super) verb: Option<String>,
    pub(super) fields: BTreeMap<String, Value>,
}

impl Value {
    fn word(text: &str) -> Self {
        Self::Text(Some(Words { words: BTreeSet::from([text.to_owned()]), verb: None }))
    }

    /// What it is called; none: not known.
    fn name(&self) -> Option<&'static str> {
        match self {
            Self::Text(_) => Some("a text"),
            Self::Number => Some("a number"),
            Self::Bool => Some("true or false"),
            Self::Nothing => Some("nothing, `()`"),
            Self::Target => Some("a destination"),
            Self::List => Some("an array"),
            Self::Record(_) => Some("a map"),
            Self::WordOrNothing(_) | Self::Unreached | Self::Any => None,
        }
    }

    fn join(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unreached, value) | (value, Self::Unreached) => value,
            (Self::Text(Some(a)), Self::Text(Some(b))) => {
                let verb = if a.verb == b.verb { a.verb } else { a.verb.or(b.verb) };
                Self::Text(Some(Words { words: a.words.union(&b.words).cloned().collect(), verb }))
            }
            (Self::Text(_), Self::Text(_)) => Self::Text(None),
            (Self::Record(a), Self::Record(b)) => {
                if a == b {
                    return Self::Record(a);
                }
                let fields = a.fields.iter().filter_map(|(name, value)| {
                    Some((name.clone(), value.clone().join(b.fields.get(name)?.clone())))
                });
                Self::Record(Rc::new(Record { verb: None, fields: fields.collect() }))
            }
            (a, b) if a == b => a,
            _ => Self::Any,
        }
    }
}

/// All that is known.
pub(super) struct Values<'a> {
    tree: &'a Tree,
    outcomes: &'a Outcomes,
    /// Variables and parameters of each function.
    names: Vec<BTreeMap<String, Value>>,
    /// What each function yields.
    yields: Vec<Value>,
    /// Functions that are called in ways that are not seen.
    hidden: Vec<bool>,
    is_settled: bool,
}

impl<'a> Values<'a> {
    pub(super) fn new(tree: &'a Tree, outcomes: &'a Outcomes) -> Self {
        let count = tree.functions.len();
        let mut values = Self {
            tree,
            outcomes,
            names: vec![BTreeMap::new(); count],
            yields: vec![Value::Unreached; count],
            hidden: vec![false; count],
            is_settled: false,
        };
        values.find_hidden();
        for _ in 0..ROUNDS_MAX {
            let before = (values.names.clone(), values.yields.clone());
            for id in 0..count {
                values.round(id);
            }
            if before == (values.names.clone(), values.yields.clone()) {
                values.is_settled = true;
                break;
            }
        }
        values
    }

    /// `Fn("name")`, and methods by a function's name.
    fn find_hidden(&mut self) {
        let mut hidden: Vec<(String, String)> = Vec::new();
        for function in &self.tree.functions {
            function.walk(&mut |node| match &node.kind {
                Kind::Call { name, args, .. } if name == "Fn" => {
                    if let Some(Node { kind: Kind::Text(name), .. }) = args.first() {
                        hidden.push((function.file.clone(), name.clone()));
                    }
                }
                Kind::Method { name, .. } => hidden.push((function.file.clone(), name.clone())),
                _ => {}
            });
        }
        for (function, is_hidden) in self.tree.functions.iter().zip(&mut self.hidden) {
            let own = |(file, name): &(String, String)| *file == function.file && *name == function.name;
            *is_hidden = function.form == Form::Closure || hidden.iter().any(own);
        }
    }

    fn round(&mut self, id: usize) {
        let tree = self.tree;
        let Some(function) = tree.function(id) else { return };
        let mut set: Vec<(usize, String, Value)> = Vec::new();
        for (at, param) in function.params.iter().enumerate() {
            let is_captured = at < function.captured;
            if is_captured {
                let outer = function.parent.map_or(Value::Any, |parent| self.variable(parent, param));
                set.push((id, param.clone(), outer));
            } else if self.hidden.get(id) == Some(&true) {
                set.push((id, param.clone(), Value::Any));
            }
        }
        function.walk(&mut |node| match &node.kind {
            Kind::Let { name, value } => set.push((id, name.clone(), self.of(id, value))),
            Kind::Assign { to, op, value } => match &to.kind {
                Kind::Var(name) => {
                    let value = if op.is_empty() { self.of(id, value) } else { self.changed(id, name) };
                    set.push((id, name.clone(), value));
                }
                // A map that is written to has fields that are not seen here.
                Kind::Index(on, _) | Kind::Field { on, .. } => {
                    if let Kind::Var(name) = &on.kind {
                        set.push((id, name.clone(), Value::Any));
                    }
                }
                _ => {}
            },
            Kind::For { names, over, .. } => {
                for (at, name) in names.iter().enumerate() {
                    let value = if at == 0 { self.element(id, over) } else { Value::Number };
                    set.push((id, name.clone(), value));
                }
            }
            Kind::Method { on, name, .. } if changes(name) => {
                if let Kind::Var(name) = &on.kind {
                    let list = self.variable(id, name) == Value::List;
                    set.push((id, name.clone(), if list { Value::List } else { Value::Any }));
                }
            }
            Kind::Call { module, name, args } => {
                if let Some(called) = tree.called(&function.file, module.as_deref(), name, args.len())
                    && let Some(callee) = tree.function(called)
                {
                    for (param, arg) in callee.params.iter().zip(args) {
                        set.push((called, param.clone(), self.of(id, arg)));
                    }
                }
            }
            _ => {}
        });
        let mut yields = self.last(id, &function.body);
        function.walk(&mut |node| {
            if let Kind::Return(value) = &node.kind {
                let value = value.as_ref().map_or(Value::Nothing, |value| self.of(id, value));
                yields = std::mem::replace(&mut yields, Value::Any).join(value);
            }
        });
        for (id, name, value) in set {
            if let Some(names) = self.names.get_mut(id) {
                let before = names.remove(&name).unwrap_or(Value::Unreached);
                names.insert(name, before.join(value));
            }
        }
        if let Some(known) = self.yields.get_mut(id) {
            *known = yields;
        }
    }

    /// After `+=` and the like.
    fn changed(&self, id: usize, name: &str) -> Value {
        match self.variable(id, name) {
            Value::Number => Value::Number,
            Value::Text(_) => Value::Text(None),
            _ => Value::Any,
        }
    }

    fn element(&self, id: usize, over: &Node) -> Value {
        match &over.kind {
            Kind::Array(items) => {
                items.iter().fold(Value::Unreached, |value, item| value.join(self.of(id, item)))
            }
            Kind::Op(name, _) if name.starts_with("..") => Value::Number,
            _ => Value::Any,
        }
    }

    fn variable(&self, id: usize, name: &str) -> Value {
        self.names.get(id).and_then(|names| names.get(name)).cloned().unwrap_or(Value::Any)
    }

    fn last(&self, id: usize, nodes: &[Node]) -> Value {
        nodes.last().map_or(Value::Nothing, |node| self.of(id, node))
    }

    /// What a node's value can be.
    pub(super) fn of(&self, id: usize, node: &Node) -> Value {
        match &node.kind {
            Kind::Unit => Value::Nothing,
            Kind::Bool(_) | Kind::And(_) | Kind::Or(_) => Value::Bool,
            Kind::Int(_) | Kind::Float => Value::Number,
            Kind::Text(text) => Value::word(text),
            Kind::Template(_) => Value::Text(None),
            Kind::Array(_) => Value::List,
            Kind::Map(entries) => {
                let fields = entries.iter().map(|(key, value)| (key.clone(), self.of(id, value)));
                Value::Record(Rc::new(Record { verb: None, fields: fields.collect() }))
            }
            Kind::Var(name) => self.variable(id, name),
            Kind::Constant(module, name) if module == "global" => {
                let file = self.tree.function(id).map_or("", |function| function.file.as_str());
                let top = |f: &Function| f.form == Form::TopLevel && f.file == file;
                self.tree.functions.iter().position(top).map_or(Value::Any, |top| self.variable(top, name))
            }
            Kind::Op(name, args) => self.operator(id, name, args),
            Kind::Call { module, name, args } => {
                let file = self.tree.function(id).map_or("", |function| function.file.as_str());
                match self.tree.called(file, module.as_deref(), name, args.len()) {
                    Some(called) => self.yields.get(called).cloned().unwrap_or(Value::Any),
                    None => self.outcomes.of_function(module.as_deref(), name),
                }
            }
            Kind::Method { on, name, args } => self.outcomes.of_method(on, name, args),
            Kind::Field { on, name } => match self.of(id, on) {
                Value::Record(record) => record.fields.get(name).cloned().unwrap_or(Value::Any),
                _ => self.outcomes.of_field(on, name),
            },
            Kind::Block(nodes) => self.last(id, nodes),
            Kind::If { then, other, .. } => match other {
                Some(other) => self.last(id, then).join(self.last(id, other)),
                None => self.last(id, then).join(Value::Nothing),
            },
            Kind::Switch { arms, has_default, .. } => {
                let start = if *has_default { Value::Unreached } else { Value::Nothing };
                arms.iter().fold(start, |value, arm| value.join(self.of(id, &arm.body)))
            }
            // They leave: what follows is never theirs.
            Kind::Return(_) | Kind::Throw(_) | Kind::Break | Kind::Continue => Value::Unreached,
            Kind::Let { .. } | Kind::Assign { .. } | Kind::Import | Kind::Nothing => Value::Nothing,
            Kind::Constant(..)
            | Kind::Closure(_)
            | Kind::Index(..)
            | Kind::Coalesce(_)
            | Kind::While { .. }
            | Kind::For { .. }
            | Kind::Try { .. } => Value::Any,
        }
    }

    fn operator(&self, id: usize, name: &str, args: &[Node]) -> Value {
        match name {
            "==" | "!=" | "<" | ">" | "<=" | ">=" | "!" | "contains" => Value::Bool,
            "+" => match args.iter().map(|arg| self.of(id, arg)).reduce(Value::join) {
                Some(Value::Text(_)) => Value::Text(None),
                Some(Value::Number) => Value::Number,
                _ => Value::Any,
            },
            "-" | "*" | "/" | "%" => Value::Number,
            _ => Value::Any,
        }
    }
}

/// Methods that change what they are called on.
fn changes(name: &str) -> bool {
    matches!(name, "push" | "append" | "insert" | "remove" | "clear" | "mixin" | "set" | "pop" | "truncate")
}

/// Conditions, comparisons, fields and cases.
pub(super) fn check(tree: &Tree, outcomes: &Outcomes, reports: &mut Reports<'_>) {
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
            let message = format!("{what} is never equal to {other}");
            return self.reports.add(self.file, codes::KINDS, node.at, &message, hint);
        }
        for (value, literal) in [(&a, right), (&b, left)] {
            if let Kind::Text(text) = &literal.kind {
                self.word(value, text, literal.at);
            }
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
