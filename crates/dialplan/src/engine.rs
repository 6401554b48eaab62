//! The engine: one per dialplan, its limits, and the operations that let others have their turn.

use crate::registry::{Known, Part, Registrar};
use crate::running::{Running, Tag};
use crate::watch::Watch;
use crate::{build, held, untrusted, verbs};
use cordboard_app::Manual;
use rhai::{
    AST, Dynamic, Engine, EvalAltResult, EvalContext, Expression, LexError, Module, ModuleResolver,
    OptimizationLevel, Position, Scope, Shared, Token,
};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Script functions within one another; 32 of them fit the reserved stack.
const CALL_LEVELS_MAX: usize = 32;
/// Expressions within one another, outside of functions and inside.
const EXPRESSION_DEPTH_MAX: (usize, usize) = (64, 32);
/// Items of an array or a map, all levels counted: an uncapped array nested 5,000 deep overflows the stack.
const ITEMS_MAX: usize = 1_000;
/// Bytes of a string.
pub(crate) const STRING_MAX: usize = 64 * 1024;
/// Variables of a function.
const VARIABLES_MAX: usize = 128;
/// Files that a dialplan is made of.
const MODULES_MAX: usize = 100;
/// Operations of the whole top level.
const LOAD_OPERATIONS_MAX: u64 = 5_000_000;

/// Fixed, so that a script runs alike in every process (replay).
const HASHING_SEED: [u64; 4] = [0x636f_7264, 0x626f_6172, 0x6469_616c, 0x706c_616e];

/// An engine with all verbs, whose tag leads to `running`.
pub(crate) fn engine(running: &Rc<Running>, manuals: &[&'static Manual]) -> (Engine, Known) {
    // Once per process; later calls find the same seed set.
    let _already_set = rhai::config::hashing::set_hashing_seed(Some(HASHING_SEED));
    let mut engine = Engine::new();
    engine.set_default_tag(Dynamic::from(Tag(Rc::clone(running))));
    engine.set_optimization_level(OptimizationLevel::None);
    engine.set_strict_variables(true);
    engine.set_fail_on_invalid_map_property(true);
    engine.set_max_call_levels(CALL_LEVELS_MAX);
    engine.set_max_expr_depths(EXPRESSION_DEPTH_MAX.0, EXPRESSION_DEPTH_MAX.1);
    engine.set_max_array_size(ITEMS_MAX);
    engine.set_max_map_size(ITEMS_MAX);
    engine.set_max_string_size(STRING_MAX);
    engine.set_max_variables(VARIABLES_MAX);
    engine.set_max_modules(MODULES_MAX);
    for symbol in ["eval", "print", "debug"] {
        engine.disable_symbol(symbol);
    }
    free_names(&mut engine);
    let on_operation = Rc::clone(running);
    engine.on_progress(move |_count| operation(&on_operation).then_some(Dynamic::UNIT));
    held::watch(&mut engine, running);

    let mut registrar = Registrar::new(&mut engine);
    for part in Part::ALL {
        registrar.part(part);
    }
    untrusted::register(&mut registrar);
    build::register(&mut registrar);
    verbs::register(&mut registrar);
    for manual in manuals {
        registrar.application(manual);
    }
    // Rhai's own would hold up the thread, whatever way it is called.
    registrar.pure("sleep", |_seconds: i64| no_sleep());
    registrar.pure("sleep", |_seconds: f64| no_sleep());
    let watch = running.watch.clone();
    if let Some(watch) = watch.clone().filter(|watch| watch.probe.is_none()) {
        registrar.pure(crate::watch::HIT, move |id: i64| watch.hit(id));
    }
    let known = registrar.finish();
    if let Some(watch) = watch.filter(|watch| watch.probe.is_some()) {
        probed(&mut engine, running, &watch);
    }
    (engine, known)
}

/// Before each statement the probe is asked. It must see the variables there, which no native function does.
fn probed(engine: &mut Engine, running: &Rc<Running>, watch: &Rc<Watch>) {
    let (running, watch) = (Rc::clone(running), Rc::clone(watch));
    let reached = move |context: &mut EvalContext<'_, '_, '_, '_, '_, '_>, inputs: &[Expression<'_>]| {
        let id = inputs.first().and_then(Expression::get_literal_value::<i64>).unwrap_or(-1);
        watch.hit(id);
        let (Some(probe), Some(session), Some(point)) = (&watch.probe, running.session(), watch.point(id))
        else {
            return Ok(Dynamic::UNIT);
        };
        let at = (session.program(), session.info.call.as_str());
        if probe.statement(context, at, point, || session.parks(&running.slot)) {
            Ok(Dynamic::UNIT)
        } else {
            Err(Box::new(EvalAltResult::ErrorTerminated(Dynamic::UNIT, Position::NONE)))
        }
    };
    // What stands for a call is read as one.
    let registered = engine.register_custom_syntax([crate::watch::HIT, "(", "$int$", ")"], false, reached);
    debug_assert!(registered.is_ok(), "a name and its brackets are a syntax");
}

/// `export` and `debug` are words of Rhai's own; in `ch.export` and `log::debug` they are ours.
#[allow(deprecated, reason = "Rhai marks its volatile parts so; the examples of both in the manual hold it")]
pub(crate) fn free_names(engine: &mut Engine) {
    let before = Cell::new(Token::EOF);
    engine.on_parse_token(move |token, _, _| {
        let name = match (before.replace(token.clone()), &token) {
            (Token::Period, Token::Export) => "export",
            (Token::DoubleColon, Token::LexError(error)) if is_debug(error) => "debug",
            _ => return token,
        };
        Token::Identifier(Box::new(name.into()))
    });
}

fn is_debug(error: &LexError) -> bool {
    matches!(error, LexError::ImproperSymbol(word, _) if word == "debug")
}

fn no_sleep() -> Result<(), Box<EvalAltResult>> {
    Err("`sleep` would hold up all calls: use ch.wait(seconds)".into())
}

/// Counts one operation of the script that runs; `true` ends it. Called for every statement and expression.
fn operation(running: &Running) -> bool {
    // Not borrowed: the script may be parked within.
    if let Some(session) = running.session() {
        return session.operation(&running.slot);
    }
    let operations = running.load_operations.get() + 1;
    running.load_operations.set(operations);
    operations > LOAD_OPERATIONS_MAX
}

/// Imports within a bundle: `import "office" as office` is the file `office.rhai`.
/// Each file's top level runs once, whoever imports it.
pub(crate) struct Files {
    asts: BTreeMap<String, AST>,
    /// `None` while the file's top level runs.
    done: RefCell<BTreeMap<String, Option<Shared<Module>>>>,
}

impl Files {
    pub(crate) fn new(asts: BTreeMap<String, AST>) -> Self {
        Self { asts, done: RefCell::new(BTreeMap::new()) }
    }
}

/// The file that an import names.
pub(crate) fn file_of(path: &str) -> String {
    if path.ends_with(".rhai") { path.to_owned() } else { format!("{path}.rhai") }
}

impl ModuleResolver for Files {
    fn resolve(
        &self,
        engine: &Engine,
        _source: Option<&str>,
        path: &str,
        position: Position,
    ) -> Result<Shared<Module>, Box<EvalAltResult>> {
        let file = file_of(path);
        let Some(ast) = self.asts.get(&file) else {
            return Err(EvalAltResult::ErrorModuleNotFound(path.to_owned(), position).into());
        };
        match self.done.borrow().get(&file) {
            Some(Some(module)) => return Ok(Shared::clone(module)),
            Some(None) => return Err(format!("`{file}` imports itself, perhaps by way of others").into()),
            None => {}
        }
        self.done.borrow_mut().insert(file.clone(), None);
        let module = Module::eval_ast_as_new(Scope::new(), ast, engine)
            .map_err(|error| Box::new(EvalAltResult::ErrorInModule(file.clone(), error, position)))?;
        let module = Shared::new(module);
        self.done.borrow_mut().insert(file, Some(Shared::clone(&module)));
        Ok(module)
    }
}
