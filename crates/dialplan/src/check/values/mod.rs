//! What values can be: a verb's result has known fields and words, a typed digit is a text. Whatever is not sure is `Any`, of
//! which nothing is said. Functions are followed through all files until nothing changes any more.

mod judged;

pub(super) use judged::check;

use super::outcomes::Outcomes;
use super::tree::{Form, Function, Kind, Node, Tree};
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
