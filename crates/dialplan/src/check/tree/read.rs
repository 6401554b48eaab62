//! The engine's tree read into our own.

#![allow(clippy::wildcard_enum_match_arm, reason = "the nodes are Rhai's, which adds kinds of them")]

use super::cases::ArmCases;
use super::{Arm, Kind, Node, Tree};
use crate::engine::file_of;
use crate::verbs::{ARM, SPLICE};
use rhai::{
    AST, ASTFlags, ASTNode, Expr, FlowControl, FnCallExpr, FnPtr, Position, Stmt, StmtBlock,
    SwitchCasesCollection,
};
use std::collections::{BTreeMap, VecDeque};

/// Reads one file.
pub(super) struct Reader<'a> {
    pub(super) tree: &'a mut Tree,
    pub(super) file: &'a str,
    pub(super) cases: BTreeMap<Position, Vec<ArmCases>>,
    pub(super) within: Option<usize>,
}

impl Reader<'_> {
    /// Reads a function's body. The engine shows the body of a definition only where it stands in a tree.
    pub(super) fn body(&mut self, id: usize, mut alone: AST, all: AST) {
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

    pub(super) fn statement(&mut self, statement: &Stmt) -> Node {
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
            Expr::ThisPtr(_) => Kind::Var("this".to_owned()),
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
