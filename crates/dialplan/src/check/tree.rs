//! The scripts as a tree of our own: chains like `a.b[c].d()` unfolded, the exchange's own words taken out again, the cases of
//! a `switch` (which the engine keeps as hashes) read back from the text. All analyses walk this.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "the nodes and tokens are Rhai's, which adds kinds of them"
)]

use crate::engine::file_of;
use crate::source::Sources;
use crate::verbs::{ARM, SPLICE};
use rhai::{
    AST, ASTFlags, ASTNode, Engine, Expr, FlowControl, FnCallExpr, FnPtr, Position, ScriptFuncDef, Stmt,
    StmtBlock, SwitchCasesCollection, Token,
};
use std::collections::{BTreeMap, VecDeque};

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

struct Reader<'a> {
    tree: &'a mut Tree,
    file: &'a str,
    cases: BTreeMap<Position, Vec<ArmCases>>,
    within: Option<usize>,
}

impl Reader<'_> {
    /// Reads a function's body. The engine shows the body of a definition only where it stands in a tree.
    fn body(&mut self, id: usize, mut alone: AST, all: AST) {
        let Some(function) = self.tree.functions.get(id) else { return };
        let (name, params) = (function.name.clone(), function.params.len());
        alone.combine_filtered(all, |_, _, _, other, count| count == params && other == name);
        let mut body = Vec::new();
        alone.walk(&mut |path: &[ASTNode<'_>]| {
            if let [ASTNode::Stmt(statement)] = path {
                body.push(self.statement(statement));
            }
            true
        });
        if let Some(function) = self.tree.functions.get_mut(id) {
            function.body = body;
        }
    }

    fn block(&mut self, block: &StmtBlock) -> Vec<Node> {
        block.statements().iter().map(|statement| self.statement(statement)).collect()
    }

    fn boxed(&mut self, expression: &Expr) -> Box<Node> {
        Box::new(self.expression(expression))
    }

    fn all<'e>(&mut self, expressions: impl IntoIterator<Item = &'e Expr>) -> Vec<Node> {
        expressions.into_iter().map(|expression| self.expression(expression)).collect()
    }

    fn statement(&mut self, statement: &Stmt) -> Node {
        let at = statement.position();
        let kind = match statement {
            Stmt::If(flow, _) => self.branches(flow),
            Stmt::Switch(parts, _) => self.switch(&parts.0, &parts.1, at),
            Stmt::While(flow, _) => Kind::While {
                cond: (!flow.expr.is_unit()).then(|| self.boxed(&flow.expr)),
                body: self.block(&flow.body),
                at_least_once: false,
            },
            Stmt::Do(flow, ..) => Kind::While {
                cond: Some(self.boxed(&flow.expr)),
                body: self.block(&flow.body),
                at_least_once: true,
            },
            Stmt::For(parts, _) => Kind::For {
                names: [Some(&parts.0), parts.1.as_ref()]
                    .into_iter()
                    .flatten()
                    .map(|ident| ident.name.to_string())
                    .collect(),
                over: self.boxed(&parts.2.expr),
                body: self.block(&parts.2.body),
            },
            Stmt::Var(parts, ..) => {
                let at = parts.0.pos;
                let kind = Kind::Let { name: parts.0.name.to_string(), value: self.boxed(&parts.1) };
                return Node { at, kind };
            }
            Stmt::Assignment(parts) => Kind::Assign {
                to: self.boxed(&parts.1.lhs),
                op: parts.0.get_op_assignment_info().map_or(String::new(), |info| info.3.to_owned()),
                value: self.boxed(&parts.1.rhs),
            },
            Stmt::FnCall(call, position) => return self.call(call, *position),
            Stmt::Block(block) => Kind::Block(self.block(block)),
            Stmt::TryCatch(flow, _) => {
                Kind::Try { body: self.block(&flow.body), handler: self.block(&flow.branch) }
            }
            Stmt::Expr(expression) => return self.expression(expression),
            Stmt::BreakLoop(_, flags, _) => {
                if flags.contains(ASTFlags::BREAK) {
                    Kind::Break
                } else {
                    Kind::Continue
                }
            }
            Stmt::Return(value, flags, _) => {
                let value = value.as_ref().map(|value| self.boxed(value));
                if flags.contains(ASTFlags::BREAK) { Kind::Throw(value) } else { Kind::Return(value) }
            }
            Stmt::Import(import, position) => {
                if let Expr::StringConstant(path, _) = &import.0 {
                    let alias = import.1.name.to_string();
                    let entry = (file_of(path), *position);
                    self.tree.imports.entry(self.file.to_owned()).or_default().insert(alias, entry);
                }
                Kind::Import
            }
            _ => Kind::Nothing,
        };
        Node { at, kind }
    }

    fn branches(&mut self, flow: &FlowControl) -> Kind {
        Kind::If {
            cond: self.boxed(&flow.expr),
            then: self.block(&flow.body),
            other: (!flow.branch.is_empty()).then(|| self.block(&flow.branch)),
        }
    }

    fn switch(&mut self, on: &Expr, arms: &SwitchCasesCollection, at: Position) -> Kind {
        let cases = self.cases.get(&at).filter(|cases| cases.len() == arms.expressions.len()).cloned();
        let mut cases: VecDeque<ArmCases> = cases.unwrap_or_default().into();
        let on = self.boxed(on);
        let arms_read = arms.expressions.iter().map(|arm| {
            let guard = !matches!(arm.lhs, Expr::BoolConstant(true, position) if position.is_none());
            Arm {
                cases: cases.pop_front().unwrap_or_default(),
                guard: guard.then(|| self.expression(&arm.lhs)),
                body: self.expression(&arm.rhs),
            }
        });
        Kind::Switch { on, arms: arms_read.collect(), has_default: arms.def_case.is_some() }
    }

    fn call(&mut self, call: &FnCallExpr, at: Position) -> Node {
        let kind = match call.name.as_str() {
            ARM => return call.args.first().map_or(Node { at, kind: Kind::Unit }, |on| self.expression(on)),
            SPLICE => {
                let pieces = match call.args.first() {
                    Some(Expr::Array(pieces, _)) => self.all(pieces.iter()),
                    _ => Vec::new(),
                };
                // A hole stands in a block of its own.
                Kind::Template(pieces)
            }
            _ if call.op_token.is_some() => Kind::Op(call.name.to_string(), self.all(call.args.iter())),
            "curry" => match call.args.first() {
                Some(function @ Expr::DynamicConstant(..)) => {
                    let node = self.expression(function);
                    if let Kind::Closure(id) = node.kind
                        && let Some(closure) = self.tree.functions.get_mut(id)
                    {
                        closure.captured = call.args.len() - 1;
                    }
                    return node;
                }
                _ => Kind::Op("curry".to_owned(), self.all(call.args.iter())),
            },
            _ => Kind::Call {
                module: call.namespace.path.first().map(|part| part.name.to_string()),
                name: call.name.to_string(),
                args: self.all(call.args.iter()),
            },
        };
        Node { at, kind }
    }

    fn expression(&mut self, expression: &Expr) -> Node {
        let at = expression.position();
        let kind = match expression {
            Expr::Unit(_) => Kind::Unit,
            Expr::BoolConstant(value, _) => Kind::Bool(*value),
            Expr::IntegerConstant(value, _) => Kind::Int(*value),
            Expr::FloatConstant(..) => Kind::Float,
            Expr::CharConstant(value, _) => Kind::Text(value.to_string()),
            Expr::StringConstant(text, _) => Kind::Text(text.to_string()),
            Expr::InterpolatedString(pieces, _) => Kind::Template(self.all(pieces.iter())),
            Expr::Array(items, _) => Kind::Array(self.all(items.iter())),
            Expr::Map(map, _) => {
                let entries = map.0.iter().map(|(key, value)| (key.name.to_string(), self.expression(value)));
                Kind::Map(entries.collect())
            }
            Expr::Variable(variable, ..) => match variable.2.path.first() {
                Some(module) => Kind::Constant(module.name.to_string(), variable.1.to_string()),
                None => Kind::Var(variable.1.to_string()),
            },
            Expr::DynamicConstant(value, _) => match value.read_lock::<FnPtr>() {
                Some(function) => self.closure(function.fn_name()),
                None => Kind::Nothing,
            },
            Expr::FnCall(call, position) => return self.call(call, *position),
            Expr::MethodCall(call, position) => return self.call(call, *position),
            Expr::Dot(parts, flags, _) => {
                let root = self.expression(&parts.lhs);
                return self.chain(root, true, &parts.rhs, flags.contains(ASTFlags::BREAK));
            }
            Expr::Index(parts, flags, _) => {
                let root = self.expression(&parts.lhs);
                return self.chain(root, false, &parts.rhs, flags.contains(ASTFlags::BREAK));
            }
            Expr::And(parts, _) => Kind::And(self.all(parts.iter())),
            Expr::Or(parts, _) => Kind::Or(self.all(parts.iter())),
            Expr::Coalesce(parts, _) => Kind::Coalesce(self.all(parts.iter())),
            Expr::Stmt(block) => {
                let mut nodes = self.block(block);
                nodes.retain(|node| !matches!(node.kind, Kind::Nothing));
                // A single expression in a block of its own is that expression.
                if nodes.len() == 1
                    && let Some(node) = nodes.pop_if(|node| !matches!(node.kind, Kind::Let { .. }))
                {
                    return node;
                }
                Kind::Block(nodes)
            }
            _ => Kind::Nothing,
        };
        Node { at, kind }
    }

    fn closure(&mut self, name: &str) -> Kind {
        let Some(id) = self.tree.closure(self.file, name) else { return Kind::Nothing };
        let within = self.within;
        if let Some(closure) = self.tree.functions.get_mut(id) {
            closure.parent = within;
        }
        Kind::Closure(id)
    }

    /// `rhs` is what follows `on`: one link, or a link and the chain behind it.
    fn chain(&mut self, on: Node, is_dot: bool, rhs: &Expr, is_last: bool) -> Node {
        match rhs {
            Expr::Dot(parts, flags, _) if !is_last => {
                let next = self.link(on, is_dot, &parts.lhs);
                self.chain(next, true, &parts.rhs, flags.contains(ASTFlags::BREAK))
            }
            Expr::Index(parts, flags, _) if !is_last => {
                let next = self.link(on, is_dot, &parts.lhs);
                self.chain(next, false, &parts.rhs, flags.contains(ASTFlags::BREAK))
            }
            link => self.link(on, is_dot, link),
        }
    }

    fn link(&mut self, on: Node, is_dot: bool, link: &Expr) -> Node {
        let at = link.position();
        let on = Box::new(on);
        if !is_dot {
            return Node { at: on.at, kind: Kind::Index(on, self.boxed(link)) };
        }
        match link {
            Expr::Property(property, at) => {
                Node { at: *at, kind: Kind::Field { on, name: property.2.to_string() } }
            }
            Expr::MethodCall(call, at) | Expr::FnCall(call, at) => {
                let args = self.all(call.args.iter());
                Node { at: *at, kind: Kind::Method { on, name: call.name.to_string(), args } }
            }
            _ => Node { at, kind: Kind::Nothing },
        }
    }
}

type ArmCases = Vec<(Case, Position)>;

/// Every `switch` of a text, by where it stands: the cases of its arms in order.
fn cases(engine: &Engine, text: &str) -> BTreeMap<Position, Vec<ArmCases>> {
    let (tokens, _control) = engine.lex([&text]);
    // The end is told again and again.
    let tokens: Vec<(Token, Position)> = tokens.take_while(|(token, _)| *token != Token::EOF).collect();
    let switches = tokens.iter().enumerate().filter(|(_, (token, _))| *token == Token::Switch);
    switches.map(|(at, (_, position))| (*position, arms(tokens.get(at + 1..).unwrap_or_default()))).collect()
}

/// The cases of the arms of a switch, from behind its word.
fn arms(tokens: &[(Token, Position)]) -> Vec<ArmCases> {
    let mut arms = Vec::new();
    let mut depth = 0_usize;
    // What has been read since the last arm's end, at the switch's own depth.
    let mut head: Vec<&(Token, Position)> = Vec::new();
    let mut is_open = false;
    let mut in_head = true;
    for item in tokens {
        match &item.0 {
            Token::LeftBrace | Token::MapStart | Token::LeftParen | Token::LeftBracket => {
                depth += 1;
                if !is_open && item.0 == Token::LeftBrace && depth == 1 {
                    is_open = true;
                }
                continue;
            }
            Token::RightBrace | Token::RightParen | Token::RightBracket => {
                depth = depth.saturating_sub(1);
                if is_open && depth == 0 {
                    break;
                }
                // A block as an arm's body needs no comma behind it.
                if is_open && depth == 1 && item.0 == Token::RightBrace && !in_head {
                    in_head = true;
                    head.clear();
                }
                continue;
            }
            _ if !is_open || depth != 1 => continue,
            Token::DoubleArrow => {
                arms.push(read_cases(&head));
                head.clear();
                in_head = false;
            }
            Token::Comma => {
                in_head = true;
                head.clear();
            }
            // What goes on after a block was no end of an arm.
            _ => head.push(item),
        }
    }
    arms
}

/// `"a" | "b" if …`
fn read_cases(head: &[&(Token, Position)]) -> ArmCases {
    let mut cases = Vec::new();
    for (token, position) in head {
        let case = match token {
            Token::If => break,
            Token::Pipe | Token::Underscore => continue,
            Token::StringConstant(text) => Case::Text(text.to_string()),
            Token::CharConstant(c) => Case::Text(c.to_string()),
            Token::IntegerConstant(value) => Case::Int(*value),
            Token::True => Case::Bool(true),
            Token::False => Case::Bool(false),
            _ => Case::Other,
        };
        cases.push((case, *position));
    }
    cases
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
