//! A suite of test files, run against an office.

use crate::coverage::Coverage;
use crate::debugger::Debugger;
use crate::engine::{Files, engine};
use crate::fault::{Fault, fault, locate};
use crate::functions::Test;
use crate::house::House;
use crate::outcome::{Failure, Outcome, failure};
use crate::probed::{self, Probed};
use crate::scene::Scene;
use cordboard_dialplan::Place;
use core::time::Duration;
use rhai::{AST, Dynamic, Engine, EvalAltResult, FnPtr, NativeCallContext, Scope};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

/// What Rhai's messages of something missing begin with.
const MISSING: &str = "Expecting";

/// What is run, and how.
#[derive(Clone)]
pub struct Options {
    /// Only tests whose names, or files' names, have this in them.
    pub filter: String,
    /// Nothing is run: the tests are only listed.
    pub only_list: bool,
    /// The first failure ends it.
    pub until_failure: bool,
    /// Time that has passed in the world outside; the shell's.
    pub clock: fn() -> Duration,
    /// Whoever may stop what runs; the house has to be made with it ([`House::with_debugger`]).
    pub debugger: Option<Debugger>,
}

impl Default for Options {
    fn default() -> Self {
        let clock = || Duration::ZERO;
        Self { filter: String::new(), only_list: false, until_failure: false, clock, debugger: None }
    }
}

/// Test files by name, such as `tests/office.rhai`.
pub struct Suite {
    texts: Rc<BTreeMap<String, String>>,
}

/// What a running suite knows.
struct Running {
    house: Rc<House>,
    texts: Rc<BTreeMap<String, String>>,
    options: Options,
    file: String,
    each: Vec<FnPtr>,
    outcomes: Vec<Outcome>,
    taken: BTreeSet<(String, String)>,
    tell: Box<dyn FnMut(&Outcome)>,
    probed: Rc<RefCell<Probed>>,
}

impl Running {
    fn wants(&self, name: &str) -> bool {
        let failed = self.options.until_failure && self.outcomes.iter().any(|outcome| !outcome.passed());
        let filter = &self.options.filter;
        let over = self.options.debugger.as_ref().is_some_and(Debugger::is_over);
        !over && !failed && (name.contains(filter) || self.file.contains(filter))
    }

    fn add(&mut self, outcome: Outcome) {
        (self.tell)(&outcome);
        self.outcomes.push(outcome);
    }
}

type Shared = Rc<RefCell<Running>>;

impl Suite {
    /// These files.
    pub fn new(texts: BTreeMap<String, String>) -> Self {
        Self { texts: Rc::new(texts) }
    }

    /// Whether there is nothing to run.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Runs all tests, file by file, and tells each outcome as it comes.
    pub fn run(
        &self,
        house: &Rc<House>,
        options: &Options,
        tell: impl FnMut(&Outcome) + 'static,
    ) -> (Vec<Outcome>, Coverage) {
        let running: Shared = Rc::new(RefCell::new(Running {
            house: Rc::clone(house),
            texts: Rc::clone(&self.texts),
            options: options.clone(),
            file: String::new(),
            each: Vec::new(),
            outcomes: Vec::new(),
            taken: BTreeSet::new(),
            tell: Box::new(tell),
            probed: Rc::default(),
        }));
        let (mut engine, _) = engine();
        register(&mut engine, &running);
        let (mut asts, faults) = compile(&engine, &self.texts);
        if let Some(debugger) = &options.debugger {
            self.probe(&mut engine, debugger, &running, &mut asts);
        }
        engine.set_module_resolver(Files(asts.clone()));
        for (file, error) in faults {
            self.broken(&running, &file, *error);
        }
        for (file, ast) in &asts {
            {
                let mut running = running.borrow_mut();
                running.file.clone_from(file);
                running.each.clear();
            }
            let result = engine.run_ast_with_scope(&mut Scope::new(), ast);
            if options.debugger.as_ref().is_some_and(Debugger::is_over) {
                break;
            }
            if let Err(error) = result {
                self.broken(&running, file, *error);
            }
        }
        let outcomes = std::mem::take(&mut running.borrow_mut().outcomes);
        let coverage = Coverage::of(house, &running.borrow().taken);
        (outcomes, coverage)
    }

    /// The same files, in which the debugger can stop; and it is asked what it wants.
    fn probe(
        &self,
        engine: &mut Engine,
        debugger: &Debugger,
        running: &Shared,
        asts: &mut BTreeMap<String, AST>,
    ) {
        let probed = Rc::clone(&running.borrow().probed);
        probed::register(engine, debugger, &probed);
        for (file, ast) in asts.iter_mut() {
            let text = self.texts.get(file).map_or("", String::as_str);
            if let Some(mut with_words) = probed.borrow_mut().compile(engine, file, text) {
                with_words.set_source(file);
                *ast = with_words;
            }
        }
        debugger.knows(&self.texts, probed.borrow().points(), Vec::new());
        debugger.begins();
    }

    /// What is missing before the first word of a line is missing at the end of the line before it that has any.
    fn to_end_before(&self, place: &mut Place) {
        let Some(text) = self.texts.get(&place.file) else { return };
        let lines: Vec<&str> = text.lines().collect();
        let own = lines.get(place.line.wrapping_sub(1)).copied().unwrap_or_default();
        if !own.chars().take(place.column.saturating_sub(1)).all(char::is_whitespace) {
            return;
        }
        let has_code = |line: &str| !line.trim().is_empty() && !line.trim().starts_with("//");
        let before = lines.iter().take(place.line.saturating_sub(1)).rposition(|line| has_code(line));
        if let Some(at) = before {
            place.line = at + 1;
            place.column = lines.get(at).map_or(1, |line| line.trim_end().chars().count());
        }
    }

    /// A file that does not compile, or fails outside of its tests, is a failed test.
    fn broken(&self, running: &Shared, file: &str, error: EvalAltResult) {
        let (mut place, fault) = locate(error, file);
        if fault.message.starts_with(MISSING) {
            self.to_end_before(&mut place);
        }
        let source =
            self.texts.get(&place.file).and_then(|text| text.lines().nth(place.line.wrapping_sub(1)));
        let failure = Failure {
            source: source.unwrap_or_default().to_owned(),
            at: place.clone().into(),
            message: fault.message,
            expected: fault.expected,
            actual: fault.actual,
            ..Failure::default()
        };
        let name = format!("{file} can be run");
        let (at, took, virtual_s) = (place.into(), Duration::ZERO, 0.0);
        running.borrow_mut().add(Outcome { name, at, failure: Some(failure), took, virtual_s });
    }
}

/// Every file, and what does not compile.
type Compiled = (BTreeMap<String, AST>, Vec<(String, Box<EvalAltResult>)>);

fn compile(engine: &Engine, texts: &BTreeMap<String, String>) -> Compiled {
    let (mut asts, mut faults) = (BTreeMap::new(), Vec::new());
    for (file, text) in texts {
        match engine.compile(text) {
            Ok(mut ast) => {
                ast.set_source(file);
                asts.insert(file.clone(), ast);
            }
            Err(error) => faults.push((file.clone(), error.into())),
        }
    }
    (asts, faults)
}

fn register(engine: &mut Engine, running: &Shared) {
    let shared = Rc::clone(running);
    engine.register_fn("each", move |function: FnPtr| shared.borrow_mut().each.push(function));
    let shared = Rc::clone(running);
    engine.register_fn("test", move |context: NativeCallContext<'_>, name: &str, function: FnPtr| {
        run_test(&shared, &context, name, &function);
    });
}

fn run_test(running: &Shared, context: &NativeCallContext<'_>, name: &str, function: &FnPtr) {
    if !running.borrow().wants(name) {
        return;
    }
    let (house, file, each, options, texts) = {
        let running = running.borrow();
        (
            Rc::clone(&running.house),
            running.file.clone(),
            running.each.clone(),
            running.options.clone(),
            Rc::clone(&running.texts),
        )
    };
    let position = context.call_position();
    let at = Place {
        file: file.clone(),
        line: position.line().unwrap_or(0),
        column: position.position().unwrap_or(0),
    };
    let began = (options.clock)();
    let scene = Scene::new(&house);
    if let Some(debugger) = options.debugger.as_ref().filter(|_| !options.only_list) {
        scene.debugged_by(debugger);
        debugger.enters(&scene, name, &at);
    }
    let failure = if options.only_list {
        None
    } else {
        let result = guarded(context, &scene, each.iter().chain([function]));
        let result = result.map_err(|error| locate(*error, &file)).and_then(|()| ends_well(&scene, &at));
        let probed = Rc::clone(&running.borrow().probed);
        let result = result.map_err(|(place, fault)| (probed.borrow().original(place), fault));
        if let (Err((place, fault)), Some(debugger)) = (&result, &options.debugger) {
            debugger.fails(place, &fault.message);
        }
        if options.debugger.as_ref().is_some_and(Debugger::is_over) {
            return;
        }
        result.err().map(|(place, fault)| failure(&scene, place, fault, &texts))
    };
    let virtual_s = scene.begun().map_or(0.0, |world| world.now().as_micros() as f64 / 1e6 - 1.0);
    scene.collect();
    let routes = scene.routes.take().into_iter().map(|route| (route.context, route.pattern));
    running.borrow_mut().taken.extend(routes);
    // The world goes with its scripts: that is part of the test's time.
    drop(scene);
    let took = (options.clock)().saturating_sub(began);
    running.borrow_mut().add(Outcome { name: name.to_owned(), at: at.into(), failure, took, virtual_s });
}

/// Runs a test's functions. What panics is a bug, and fails this test alone.
fn guarded<'a>(
    context: &NativeCallContext<'_>,
    scene: &Rc<Scene>,
    functions: impl Iterator<Item = &'a FnPtr>,
) -> Result<(), Box<EvalAltResult>> {
    for function in functions {
        let run = || function.call_within_context::<Dynamic>(context, (Test(Rc::clone(scene)),));
        match catch_unwind(AssertUnwindSafe(run)) {
            Ok(result) => drop(result?),
            Err(panic) => {
                let text = panic.downcast_ref::<String>().map(String::as_str);
                let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a bug");
                return Err(fault(format!("the rehearsal itself failed: {text}")).into());
            }
        }
    }
    Ok(())
}

/// A script that failed fails its test, unless that was meant.
fn ends_well(scene: &Scene, at: &Place) -> Result<(), (Place, Fault)> {
    let Some(world) = scene.begun() else { return Ok(()) };
    let log = world.log();
    let error = log.iter().find(|line| line.event == "script error");
    let text =
        error.map(|line| line.fields.iter().map(|(_, value)| value.clone()).collect::<Vec<_>>().join(" "));
    match (text, scene.errs.get()) {
        (Some(text), false) => Err((at.clone(), fault("a script of the dialplan failed").but(text))),
        (None, true) => Err((at.clone(), fault("a script error was expected, and none came"))),
        (Some(_), true) | (None, false) => Ok(()),
    }
}
