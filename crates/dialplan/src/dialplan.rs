//! A checked dialplan: from its text to the programs of calls.

use crate::build::Builder;
use crate::bundle::Bundle;
use crate::check;
use crate::collisions;
use crate::engine::{Files, engine, file_of};
use crate::fault::locate;
use crate::fiber::Fibers;
use crate::finding::{Finding, Place};
use crate::running::Running;
use crate::script::{SCRIPT_KIND, Script, parse_state};
use crate::source::Sources;
use crate::table::{Candidate, Route, Table};
use crate::watch::{RouteTaken, Watch, WatchedStep};
use cordboard_app::{
    App, AppState, Applications, CallInfo, Programs, RecordingInfo, RouteError, RouteRequest, Value,
};
use rhai::{AST, Engine, Scope};
use std::collections::BTreeMap;
use std::rc::Rc;

/// What the scripts of one dialplan share.
pub(crate) struct Shared {
    pub(crate) bundle: Sources,
    pub(crate) version: String,
    pub(crate) engine: Engine,
    pub(crate) running: Rc<Running>,
    pub(crate) table: Table,
    pub(crate) fibers: Fibers,
    pub(crate) applications: Applications,
    warnings: Vec<Finding>,
}

/// One checked dialplan. Calls keep the one that they began with; it lives until the last of their scripts is gone.
#[derive(Clone)]
pub struct Dialplan(Rc<Shared>);

impl core::fmt::Debug for Dialplan {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Dialplan").field("version", &self.0.version).finish_non_exhaustive()
    }
}

impl Dialplan {
    /// Checks a bundle and builds its table. All that is wrong is found at once, as far as one fault does not hide another.
    pub fn load(bundle: &Bundle) -> Result<Self, Vec<Finding>> {
        Self::load_in(bundle, &Fibers::default(), &Applications::default())
    }

    /// The same with the stacks of a shard, which one dialplan inherits from the one before, and with the verbs of applications.
    pub fn load_in(
        bundle: &Bundle,
        fibers: &Fibers,
        applications: &Applications,
    ) -> Result<Self, Vec<Finding>> {
        Self::build(bundle, Sources::new(bundle), None, (fibers, applications))
    }

    /// The same for a simulation: every statement, route and step of its is told to the watch. It is slower, and checks no calls of
    /// functions: that is done by [`Self::load_in`].
    pub fn load_watched(
        bundle: &Bundle,
        fibers: &Fibers,
        applications: &Applications,
    ) -> Result<(Self, Rc<Watch>), Vec<Finding>> {
        let (watch, inserts) = Watch::over(bundle);
        let watch = Rc::new(watch);
        let sources = Sources::with(bundle, &inserts);
        let dialplan = Self::build(bundle, sources, Some(Rc::clone(&watch)), (fibers, applications))?;
        // What the top level asked for is no call's.
        watch.steps.take();
        Ok((dialplan, watch))
    }

    /// The steps that a watched dialplan's scripts took, in order; they are forgotten then.
    pub fn take_steps(&self) -> Vec<WatchedStep> {
        let steps = self.0.running.watch.as_ref().map(|watch| watch.steps.take()).unwrap_or_default();
        let original = |step: WatchedStep| WatchedStep { place: self.0.bundle.original(&step.place), ..step };
        steps.into_iter().map(original).collect()
    }

    fn build(
        bundle: &Bundle,
        sources: Sources,
        watch: Option<Rc<Watch>>,
        (fibers, applications): (&Fibers, &Applications),
    ) -> Result<Self, Vec<Finding>> {
        let running = Rc::new(Running::watched_by(watch));
        let manuals = applications.manuals();
        let (mut engine, known) = engine(&running, &manuals);
        let asts = compile(&engine, &sources)?;
        let mut findings = match running.watch {
            Some(_) => Vec::new(),
            None => check::files(&asts, &known, &sources, &manuals),
        };
        if !findings.is_empty() {
            findings.sort();
            return Err(findings);
        }
        let Some(main) = asts.get(&bundle.main).cloned() else {
            return Err(vec![sources.finding(
                &Place { file: bundle.main.clone(), ..Place::default() },
                "this file is missing",
                None,
            )]);
        };
        engine.set_module_resolver(Files::new(asts.clone()));
        *running.builder.borrow_mut() = Some(Builder::default());
        let result = engine.run_ast_with_scope(&mut Scope::new(), &main);
        let builder = running.builder.borrow_mut().take().unwrap_or_default();
        let (table, faults) = builder.finish();
        findings.extend(
            faults
                .into_iter()
                .map(|(place, message)| sources.finding(&sources.original(&place), &message, None)),
        );
        if let Err(error) = result {
            let (place, message) = locate(error, &bundle.main);
            findings.push(sources.finding(&sources.original(&place), &message, None));
        }
        findings.extend(check::contexts(&asts, &table, &sources));
        let (clashes, warnings) = collisions::of(&table, &sources);
        findings.extend(clashes);
        if !findings.is_empty() {
            findings.sort();
            return Err(findings);
        }
        let fibers = fibers.clone();
        Ok(Self(Rc::new(Shared {
            version: bundle.version(),
            bundle: sources,
            engine,
            running,
            table,
            fibers,
            applications: applications.clone(),
            warnings,
        })))
    }

    /// All routes, context by context, in the order in which they are tried.
    pub fn routes(&self) -> Vec<Route> {
        self.0.table.routes()
    }

    /// What is worth a look but may be meant: routes of a context that hide one of those that it includes.
    pub fn warnings(&self) -> &[Finding] {
        &self.0.warnings
    }

    /// The names of the contexts.
    pub fn contexts(&self) -> Vec<String> {
        self.0.table.contexts.keys().cloned().collect()
    }

    /// Every route that a number is held against, in order, and why it is taken or not.
    pub fn why(&self, number: &str, context: &str) -> Vec<Candidate> {
        self.0.table.why(context, number)
    }
}

/// Every file of the bundle, compiled. Faults of all of them are collected.
fn compile(engine: &Engine, sources: &Sources) -> Result<BTreeMap<String, AST>, Vec<Finding>> {
    let mut asts = BTreeMap::new();
    let mut findings = Vec::new();
    for (file, text) in sources.texts() {
        match engine.compile(text) {
            Ok(mut ast) => {
                ast.set_source(file);
                asts.insert(file_of(file), ast);
            }
            Err(error) => {
                let place = crate::build::place(file, error.position());
                findings.push(sources.finding(
                    &sources.original(&place),
                    &error.err_type().to_string(),
                    None,
                ));
            }
        }
    }
    if findings.is_empty() { Ok(asts) } else { Err(findings) }
}

impl Programs for Dialplan {
    fn route(&self, request: &RouteRequest) -> Result<Box<dyn App>, RouteError> {
        let info = &request.info;
        if !self.0.table.contexts.contains_key(&info.context) {
            return Err(RouteError::NoContext);
        }
        let handler = self.0.table.find(&info.context, &info.dialed).ok_or(RouteError::NoRoute)?;
        if let Some(watch) = &self.0.running.watch {
            watch.routes.borrow_mut().push(RouteTaken {
                context: handler.context.clone(),
                pattern: handler.pattern.clone(),
                place: handler.place.clone(),
                info: info.clone(),
            });
        }
        Ok(Box::new(Script::start(&self.0, &handler, Rc::new(info.clone()))?))
    }

    fn has_route(&self, context: &str, number: &str) -> bool {
        self.0.table.has(context, number)
    }

    fn app(&self, name: &str, info: &CallInfo, args: &Value) -> Result<Box<dyn App>, RouteError> {
        self.0.applications.start(name, info, args)
    }

    fn recorded(&self, info: &CallInfo, recording: &RecordingInfo) -> Option<Box<dyn App>> {
        let script = Script::recorded(&self.0, Rc::new(info.clone()), recording.clone()).ok()?;
        Some(Box::new(script))
    }

    fn restore(&self, state: &AppState) -> Result<Box<dyn App>, RouteError> {
        if state.kind != SCRIPT_KIND {
            return self.0.applications.restore(state);
        }
        let state = parse_state(state)?;
        if state.version != self.0.version {
            return Err(RouteError::BadArguments("the script belongs to another dialplan".to_owned()));
        }
        Ok(Box::new(Script::replay(&self.0, state)?))
    }

    fn version(&self) -> &str {
        &self.0.version
    }
}
