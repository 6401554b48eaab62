//! Somebody who looks on while the scripts of a simulation run, statement by statement, and may have them wait.
//!
//! ```text
//!  running ──comes to a statement──▶ Onlooker::comes_to ──no──▶ goes on
//!                                          │ yes
//!                                          ▼
//!                                       waiting ──Onlooker::wish──▶ Wait (the world goes on) │ Evaluate │ GoOn ──▶ goes on
//! ```
//! Only scripts that were loaded for it pass here ([`crate::Dialplan::load_probed`]): before each of their statements stands a word
//! that Rhai's engine has no native function for, but a custom syntax, which is shown the variables. Rhai's own interface of
//! debuggers (its feature `debugging`) is not used: it is built into every engine of the process, and asks before each statement and
//! expression of live calls too.

use crate::finding::Place;
use crate::untrusted::Untrusted;
use crate::verbs::Target;
use rhai::{
    Array, Caches, Dynamic, Engine, EvalAltResult, EvalContext, Expression, GlobalRuntimeState, Map,
    OptimizationLevel, Scope, Stmt,
};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Items of an array or a map that are shown of a variable.
const ITEMS_MAX: usize = 12;
/// How deep a variable is shown.
const DEPTH_MAX: u32 = 4;
/// Characters of a text that are shown of a variable.
const TEXT_MAX: usize = 200;

/// One run of a script: a route's handler with all that it calls.
pub type Program = usize;

/// What a program that waits is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Not known yet: it asks again when the world has had its turn.
    Wait,
    /// Say what this expression is; nothing is changed by it.
    Evaluate(String),
    /// Go on.
    GoOn,
}

/// A function that runs, and the statement within it that was come to last.
#[derive(Clone, Debug)]
pub struct Frame {
    /// How many functions it is in.
    pub level: usize,
    /// Which statement: they are counted file by file, in order.
    pub point: usize,
    /// Where that stands.
    pub place: Place,
    scope: Scope<'static>,
}

impl Frame {
    /// The variables that are seen here, and what they are, in the order in which they came to be.
    pub fn variables(&self) -> Vec<(String, String)> {
        let mut variables: Vec<(String, String)> = Vec::new();
        for (name, _, value) in self.scope.iter_raw() {
            // The newest comes first, and hides others of its name.
            if !variables.iter().any(|(known, _)| known == name) {
                variables.push((name.to_owned(), shown(value)));
            }
        }
        variables.reverse();
        variables
    }
}

/// What a program has come to.
#[derive(Debug)]
pub struct Standing<'a> {
    /// Which.
    pub program: Program,
    /// Of which call, as its program knows it.
    pub call: &'a str,
    /// The verb that it is in; `None`: it stands before a statement.
    pub verb: Option<&'a str>,
    /// The functions that it is in, the innermost last.
    pub frames: &'a [Frame],
}

/// Somebody who looks on.
pub trait Onlooker {
    /// A call takes a route.
    fn takes(&self, call: &str, context: &str, pattern: &str);
    /// A program has come to a statement or a verb. Says whether it waits there.
    fn comes_to(&self, standing: &Standing<'_>) -> bool;
    /// What a program that waits is to do.
    fn wish(&self, program: Program) -> Wish;
    /// What an expression was that it was wished to say, or why that can't be said.
    fn told(&self, program: Program, value: Result<String, String>);
    /// A program has come to its end.
    fn over(&self, program: Program);
}

/// Where the scripts and their onlooker meet.
pub struct Probe {
    pub(crate) onlooker: Rc<dyn Onlooker>,
    frames: RefCell<BTreeMap<Program, Vec<Frame>>>,
    evaluating: Cell<bool>,
    /// Reads expressions; knows no variables, so that those of modules are let through.
    parser: Engine,
}

impl core::fmt::Debug for Probe {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Probe").finish_non_exhaustive()
    }
}

impl Probe {
    /// A probe for this onlooker.
    pub fn new(onlooker: Rc<dyn Onlooker>) -> Self {
        let mut parser = Engine::new();
        parser.set_optimization_level(OptimizationLevel::None);
        parser.set_max_expr_depths(64, 32);
        crate::engine::free_names(&mut parser);
        Self { onlooker, frames: RefCell::default(), evaluating: Cell::new(false), parser }
    }

    /// Whether an expression is being evaluated for the onlooker: the script itself stands still.
    pub(crate) fn is_evaluating(&self) -> bool {
        self.evaluating.get()
    }

    /// A program comes to a statement. While it is to wait, `park` gives others their turn, and says whether the program goes on at
    /// all; what this returns says the same.
    pub fn statement(
        &self,
        context: &EvalContext<'_, '_, '_, '_, '_, '_>,
        (program, call): (Program, &str),
        (point, place): (usize, &Place),
        park: impl FnMut() -> bool,
    ) -> bool {
        if self.evaluating.get() {
            return true;
        }
        let level = context.call_level();
        let frame = Frame { level, point, place: place.clone(), scope: copied(context.scope()) };
        let waits = {
            let mut all = self.frames.borrow_mut();
            let frames = all.entry(program).or_default();
            frames.retain(|outer| outer.level < level);
            frames.push(frame);
            self.onlooker.comes_to(&Standing { program, call, verb: None, frames })
        };
        !waits || self.wait(context.engine(), context.global_runtime_state(), program, park)
    }

    /// A program is in a verb.
    pub(crate) fn verb(
        &self,
        (engine, global): (&Engine, &GlobalRuntimeState),
        (program, call): (Program, &str),
        verb: &str,
        park: impl FnMut() -> bool,
    ) -> bool {
        let waits = {
            let all = self.frames.borrow();
            let frames = all.get(&program).map_or(&[][..], Vec::as_slice);
            self.onlooker.comes_to(&Standing { program, call, verb: Some(verb), frames })
        };
        !waits || self.wait(engine, global, program, park)
    }

    /// A program is over.
    pub fn over(&self, program: Program) {
        self.frames.borrow_mut().remove(&program);
        self.onlooker.over(program);
    }

    fn wait(
        &self,
        engine: &Engine,
        global: &GlobalRuntimeState,
        program: Program,
        mut park: impl FnMut() -> bool,
    ) -> bool {
        loop {
            match self.onlooker.wish(program) {
                Wish::GoOn => return true,
                Wish::Wait if park() => {}
                Wish::Wait => return false,
                Wish::Evaluate(text) => {
                    self.evaluating.set(true);
                    let value = self.evaluate(engine, global, program, &text);
                    self.evaluating.set(false);
                    self.onlooker.told(program, value);
                }
            }
        }
    }

    /// In a copy of the innermost scope, with the functions and modules that are known there.
    fn evaluate(
        &self,
        engine: &Engine,
        global: &GlobalRuntimeState,
        program: Program,
        text: &str,
    ) -> Result<String, String> {
        let scope =
            self.frames.borrow().get(&program).and_then(|frames| frames.last()).map(|f| f.scope.clone());
        let mut scope = scope.unwrap_or_default();
        let parsed = self.parser.compile_expression_with_scope(&scope, text);
        let ast = parsed.map_err(|error| error.err_type().to_string())?;
        let [Stmt::Expr(expression)] = ast.statements() else {
            return Err("this is no expression".to_owned());
        };
        let (mut global, mut caches) = (global.clone(), Caches::new());
        let mut context = EvalContext::new(engine, &mut global, &mut caches, &mut scope, None);
        let value = context.eval_expression_tree(&Expression::from(&**expression));
        value.map(|value| shown(&value)).map_err(|error| said(error.unwrap_inner()))
    }
}

/// An error without its place: that is in what was typed.
fn said(error: &EvalAltResult) -> String {
    let text = error.to_string();
    let text = text.split(" (line 1, position ").next().unwrap_or_default();
    text.strip_prefix("Runtime error: ").unwrap_or(text).to_owned()
}

/// A scope of its own: what is done to it is not done to the script.
fn copied(scope: &Scope<'_>) -> Scope<'static> {
    let mut copy = Scope::new();
    for (name, is_constant, value) in scope.iter() {
        if is_constant {
            copy.push_constant_dynamic(name, value);
        } else {
            copy.push_dynamic(name, value);
        }
    }
    copy
}

/// A value as a script would write it, as far as it can.
fn shown(value: &Dynamic) -> String {
    shown_within(value, DEPTH_MAX)
}

fn shown_within(value: &Dynamic, depth: u32) -> String {
    if let Some(untrusted) = value.read_lock::<Untrusted>() {
        return format!("{} (untrusted)", quoted(&untrusted.0));
    }
    if let Some(target) = value.read_lock::<Target>() {
        return format!("{:?}", target.0);
    }
    if let Some(list) = value.read_lock::<Array>() {
        return format!("[{}]", listed(list.len(), list.iter().map(|item| within(item, depth))));
    }
    if let Some(map) = value.read_lock::<Map>() {
        let pairs = map.iter().map(|(key, item)| format!("{key}: {}", within(item, depth)));
        return format!("#{{ {} }}", listed(map.len(), pairs));
    }
    if value.is_unit() {
        return "()".to_owned();
    }
    if value.is_string() {
        return quoted(&value.clone().into_string().unwrap_or_default());
    }
    if value.is_int() || value.is_float() || value.is_bool() {
        return value.to_string();
    }
    crate::options::kind(value)
}

fn within(value: &Dynamic, depth: u32) -> String {
    depth.checked_sub(1).map_or_else(|| "…".to_owned(), |depth| shown_within(value, depth))
}

fn listed(len: usize, items: impl Iterator<Item = String>) -> String {
    let mut items: Vec<String> = items.take(ITEMS_MAX).collect();
    if len > ITEMS_MAX {
        items.push(format!("… {} more", len - ITEMS_MAX));
    }
    items.join(", ")
}

fn quoted(text: &str) -> String {
    if text.chars().count() <= TEXT_MAX {
        return format!("{text:?}");
    }
    let cut: String = text.chars().take(TEXT_MAX).collect();
    format!("{cut:?}…")
}
