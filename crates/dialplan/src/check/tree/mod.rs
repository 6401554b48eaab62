//! The scripts as a tree of our own: chains like `a.b[c].d()` unfolded, the exchange's own words taken out again, the cases of
//! a `switch` (which the engine keeps as hashes) read back from the text. All analyses walk this.

mod cases;
mod read;

use crate::engine::file_of;
use crate::source::Sources;
use cases::{ArmCases, cases};
use read::Reader;
use rhai::{AST, Engine, Position, ScriptFuncDef};
use std::collections::BTreeMap;

/// An expression or a statement.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) at: Position,
    pub(super) kind: Kind,
}

/// What it is.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// `()`
    Unit,
    Bool(bool),
    Int(i64),
    Float,
    Text(String),
    /// A text with holes.
    Template(Vec<Node>),
    Array(Vec<Node>),
    Map(Vec<(String, Node)>),
    Var(String),
    /// `global::NAME`, `module::NAME`
    Constant(String, String),
    /// A closure, by its number among the functions.
    Closure(usize),
    /// `f(x)`, `module::f(x)`
    Call {
        module: Option<String>,
        name: String,
        args: Vec<Node>,
    },
    /// An operator; `in` is `contains`, its container first.
    Op(String, Vec<Node>),
    Method {
        on: Box<Node>,
        name: String,
        args: Vec<Node>,
    },
    Field {
        on: Box<Node>,
        name: String,
    },
    Index(Box<Node>, Box<Node>),
    And(Vec<Node>),
    Or(Vec<Node>),
    Coalesce(Vec<Node>),
    Block(Vec<Node>),
    If {
        cond: Box<Node>,
        then: Vec<Node>,
        other: Option<Vec<Node>>,
    },
    Switch {
        on: Box<Node>,
        arms: Vec<Arm>,
        has_default: bool,
    },
    /// `while`, `loop` (no condition) and `do`.
    While {
        cond: Option<Box<Node>>,
        body: Vec<Node>,
        at_least_once: bool,
    },
    For {
        names: Vec<String>,
        over: Box<Node>,
        body: Vec<Node>,
    },
    Let {
        name: String,
        value: Box<Node>,
    },
    /// `op` is empty for a plain `=`.
    Assign {
        to: Box<Node>,
        op: String,
        value: Box<Node>,
    },
    Break,
    Continue,
    Return(Option<Box<Node>>),
    Throw(Option<Box<Node>>),
    Try {
        body: Vec<Node>,
        handler: Vec<Node>,
    },
    Import,
    Nothing,
}

/// An arm of a `switch`.
#[derive(Clone, Debug)]
pub(super) struct Arm {
    /// Its cases; empty: the default, or cases that could not be read back.
    pub(super) cases: Vec<(Case, Position)>,
    pub(super) guard: Option<Node>,
    pub(super) body: Node,
}

/// A case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Case {
    Text(String),
    Int(i64),
    Bool(bool),
    Other,
}

/// What a function is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// The lines of a file outside of its functions.
    TopLevel,
    Named,
    Closure,
}

/// A function, a closure or a file's top level.
#[derive(Clone, Debug)]
pub(super) struct Function {
    pub(super) file: String,
    pub(super) name: String,
    pub(super) form: Form,
    /// Those that a closure has captured come first.
    pub(super) params: Vec<String>,
    pub(super) captured: usize,
    /// The function in which a closure stands.
    pub(super) parent: Option<usize>,
    pub(super) body: Vec<Node>,
    pub(super) at: Position,
}

/// All files.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    pub(super) functions: Vec<Function>,
    /// File → alias → file.
    pub(super) imports: BTreeMap<String, BTreeMap<String, (String, Position)>>,
    named: BTreeMap<(String, String, usize), usize>,
    closures: BTreeMap<(String, String), usize>,
}

impl Tree {
    pub(super) fn new(asts: &BTreeMap<String, AST>, engine: &Engine, sources: &Sources) -> Self {
        let mut tree = Self::default();
        // Into a tree without any function the engine copies them all, whatever the filter says.
        let empty = engine.compile("fn empty__() {}").ok();
        for (file, ast) in asts {
            let cases = sources
                .texts()
                .find(|(name, _)| file_of(name) == *file)
                .map(|(_, text)| cases(engine, text))
                .unwrap_or_default();
            tree.file(file, ast, cases, empty.as_ref());
        }
        tree
    }

    fn file(&mut self, file: &str, ast: &AST, cases: BTreeMap<Position, Vec<ArmCases>>, empty: Option<&AST>) {
        let first = self.functions.len();
        for definition in ast.iter_fn_def() {
            self.declare(file, definition);
        }
        let last = self.functions.len();
        let mut reader = Reader { tree: self, file, cases, within: None };
        let all = ast.clone_functions_only();
        for id in first..last {
            reader.within = Some(id);
            if let Some(empty) = empty {
                reader.body(id, empty.clone(), all.clone());
            }
        }
        let id = reader.tree.functions.len();
        reader.within = Some(id);
        let top = Function {
            file: file.to_owned(),
            name: String::new(),
            form: Form::TopLevel,
            params: Vec::new(),
            captured: 0,
            parent: None,
            body: Vec::new(),
            at: Position::NONE,
        };
        reader.tree.functions.push(top);
        let body = ast.statements().iter().map(|statement| reader.statement(statement)).collect();
        if let Some(function) = self.functions.get_mut(id) {
            function.body = body;
        }
    }

    fn declare(&mut self, file: &str, definition: &ScriptFuncDef) {
        let id = self.functions.len();
        let name = definition.name.to_string();
        let form = if name.starts_with("anon$") { Form::Closure } else { Form::Named };
        let params: Vec<String> = definition.params.iter().map(ToString::to_string).collect();
        match form {
            Form::Named => {
                self.named.insert((file.to_owned(), name.clone(), params.len()), id);
            }
            Form::Closure | Form::TopLevel => {
                self.closures.insert((file.to_owned(), name.clone()), id);
            }
        }
        self.functions.push(Function {
            file: file.to_owned(),
            name,
            form,
            params,
            captured: 0,
            parent: None,
            body: Vec::new(),
            at: definition.body.start_position(),
        });
    }

    /// The function that a call within `file` leads to.
    pub(super) fn called(&self, file: &str, module: Option<&str>, name: &str, args: usize) -> Option<usize> {
        let file = match module {
            None => file,
            Some(alias) => self.imports.get(file)?.get(alias)?.0.as_str(),
        };
        self.named.get(&(file.to_owned(), name.to_owned(), args)).copied()
    }

    /// A closure by the name that the engine gave it.
    pub(super) fn closure(&self, file: &str, name: &str) -> Option<usize> {
        self.closures.get(&(file.to_owned(), name.to_owned())).copied()
    }

    pub(super) fn function(&self, id: usize) -> Option<&Function> {
        self.functions.get(id)
    }
}

impl Node {
    /// Calls `visit` with this node and all within it, outer ones first; closures' bodies are functions of their own.
    pub(super) fn walk<'n>(&'n self, visit: &mut dyn FnMut(&'n Node)) {
        visit(self);
        self.children(&mut |child| child.walk(visit));
    }

    /// What it is made of.
    pub(super) fn children<'n>(&'n self, visit: &mut dyn FnMut(&'n Node)) {
        match &self.kind {
            Kind::Unit
            | Kind::Bool(_)
            | Kind::Int(_)
            | Kind::Float
            | Kind::Text(_)
            | Kind::Var(_)
            | Kind::Constant(..)
            | Kind::Closure(_)
            | Kind::Break
            | Kind::Continue
            | Kind::Import
            | Kind::Nothing => {}
            Kind::Template(nodes)
            | Kind::Array(nodes)
            | Kind::Op(_, nodes)
            | Kind::And(nodes)
            | Kind::Or(nodes)
            | Kind::Coalesce(nodes)
            | Kind::Block(nodes) => nodes.iter().for_each(visit),
            Kind::Map(entries) => entries.iter().for_each(|(_, value)| visit(value)),
            Kind::Call { args, .. } => args.iter().for_each(visit),
            Kind::Method { on, args, .. } => {
                visit(on);
                args.iter().for_each(visit);
            }
            Kind::Field { on, .. } => visit(on),
            Kind::Index(on, index) => {
                visit(on);
                visit(index);
            }
            Kind::If { cond, then, other } => {
                visit(cond);
                then.iter().for_each(&mut *visit);
                other.iter().flatten().for_each(visit);
            }
            Kind::Switch { on, arms, .. } => {
                visit(on);
                for arm in arms {
                    arm.guard.iter().for_each(&mut *visit);
                    visit(&arm.body);
                }
            }
            Kind::While { cond, body, .. } => {
                cond.iter().for_each(|cond| visit(cond));
                body.iter().for_each(visit);
            }
            Kind::For { over, body, .. } => {
                visit(over);
                body.iter().for_each(visit);
            }
            Kind::Let { value, .. } => visit(value),
            Kind::Assign { to, value, .. } => {
                visit(to);
                visit(value);
            }
            Kind::Return(value) | Kind::Throw(value) => value.iter().for_each(|value| visit(value)),
            Kind::Try { body, handler } => {
                body.iter().for_each(&mut *visit);
                handler.iter().for_each(visit);
            }
        }
    }

    /// Whether it is the variable of this name.
    pub(super) fn is_var(&self, name: &str) -> bool {
        matches!(&self.kind, Kind::Var(own) if own == name)
    }
}

impl Function {
    /// All nodes of its body.
    pub(super) fn walk<'n>(&'n self, visit: &mut dyn FnMut(&'n Node)) {
        self.body.iter().for_each(|node| node.walk(visit));
    }
}
