//! A checked dialplan: from its text to the programs of calls.

#![allow(clippy::wildcard_enum_match_arm, reason = "the tokens are Rhai's, which adds kinds of them")]

use crate::braces::astray as astray_in;
use crate::build::Builder;
use crate::bundle::Bundle;
use crate::check::Subject;
use crate::codes;
use crate::collisions;
use crate::engine::{Files, engine, file_of};
use crate::fault::locate;
use crate::fiber::Fibers;
use crate::finding::{Finding, Place};
use crate::nearest::did_you_mean;
use crate::newcomer;
use crate::office::Office;
use crate::running::Running;
use crate::script::{SCRIPT_KIND, Script, parse_state};
use crate::session::OPERATIONS_MAX;
use crate::source::Sources;
use crate::table::{Candidate, Route, Table};
use crate::watch::{Onlooker, PointKind, Probe, RouteTaken, Watch, WatchedStep};
use cordboard_app::{
    App, AppState, Applications, CallInfo, Programs, RecordingInfo, RouteError, RouteRequest, Value,
};
use rhai::{AST, Engine, LexError, ParseError, ParseErrorType, Scope, Token};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Unknown variables of a file that are told, after the first.
const VARIABLES_TOLD_MAX: usize = 20;

/// What the scripts of one dialplan share.
pub(crate) struct Shared {
    pub(crate) bundle: Sources,
    pub(crate) version: String,
    pub(crate) engine: Engine,
    pub(crate) running: Rc<Running>,
    pub(crate) table: Table,
    pub(crate) fibers: Fibers,
    pub(crate) applications: Applications,
    /// What the handlers of a call may use.
    pub(crate) operations_max: Cell<u64>,
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
    /// Checks a bundle and builds its table. The error holds all that is wrong, warnings included.
    pub fn load(bundle: &Bundle) -> Result<Self, Vec<Finding>> {
        Self::load_in(bundle, &Fibers::default(), &Applications::default())
    }

    /// The same with the stacks of a shard, which one dialplan inherits from the one before, and with the verbs of applications.
    pub fn load_in(
        bundle: &Bundle,
        fibers: &Fibers,
        applications: &Applications,
    ) -> Result<Self, Vec<Finding>> {
        let Checked { dialplan, findings } = Self::check(bundle, fibers, applications, None);
        dialplan.ok_or(findings)
    }

    /// The same for a simulation: every statement, route and step of its is told to the watch. It is slower, and nothing is checked
    /// but what can't be run: that is done by [`Self::check`].
    pub fn load_watched(
        bundle: &Bundle,
        fibers: &Fibers,
        applications: &Applications,
    ) -> Result<(Self, Rc<Watch>), Vec<Finding>> {
        Self::load_probed(bundle, fibers, applications, None)
    }

    /// The same with an onlooker, who may have a script wait before each of its statements.
    pub fn load_probed(
        bundle: &Bundle,
        fibers: &Fibers,
        applications: &Applications,
        onlooker: Option<&Rc<dyn Onlooker>>,
    ) -> Result<(Self, Rc<Watch>), Vec<Finding>> {
        let mut findings = Vec::new();
        // Nothing can stand before some rare expression: then less of the scripts is watched.
        for kinds in [&[PointKind::Statement, PointKind::Expression][..], &[PointKind::Statement], &[]] {
            let (mut watch, inserts) = Watch::over(bundle, kinds);
            watch.probe = onlooker.map(|onlooker| Probe::new(Rc::clone(onlooker)));
            let watch = Rc::new(watch);
            let sources = Sources::with(bundle, &inserts);
            let checked = Self::make(bundle, sources, Some(Rc::clone(&watch)), (fibers, applications), None);
            if let Some(dialplan) = checked.dialplan {
                // What the top level asked for is no call's.
                watch.steps.take();
                return Ok((dialplan, watch));
            }
            findings = checked.findings;
        }
        Err(findings)
    }

    /// The steps that a watched dialplan's scripts took, in order; they are forgotten then.
    pub fn take_steps(&self) -> Vec<WatchedStep> {
        let steps = self.0.running.watch.as_ref().map(|watch| watch.steps.take()).unwrap_or_default();
        let original = |step: WatchedStep| WatchedStep { place: self.0.bundle.original(&step.place), ..step };
        steps.into_iter().map(original).collect()
    }

    /// Checks a bundle and builds its table, and holds the names in it against those of an office. All that is wrong is found
    /// at once, as far as one fault does not hide another.
    pub fn check(
        bundle: &Bundle,
        fibers: &Fibers,
        applications: &Applications,
        office: Option<&Office>,
    ) -> Checked {
        Self::make(bundle, Sources::new(bundle), None, (fibers, applications), office)
    }

    fn make(
        bundle: &Bundle,
        sources: Sources,
        watch: Option<Rc<Watch>>,
        (fibers, applications): (&Fibers, &Applications),
        office: Option<&Office>,
    ) -> Checked {
        let is_checked = watch.is_none();
        let running = Rc::new(Running::of(bundle.configured.clone(), watch));
        let manuals = applications.manuals();
        let (mut engine, known) = engine(&running, &manuals);
        let (asts, mut findings) = compile(&mut engine, &sources);
        engine.set_module_resolver(Files::new(asts.clone()));
        let subject = Subject {
            asts: &asts,
            engine: &engine,
            known: &known,
            sources: &sources,
            manuals: &manuals,
            main: &bundle.main,
            office,
        };
        if is_checked {
            findings.extend(subject.files());
        }
        let Some(main) = asts.get(&bundle.main).filter(|_| findings.is_empty()).cloned() else {
            if !bundle.files.contains_key(&bundle.main) {
                let place = Place { file: bundle.main.clone(), ..Place::default() };
                findings.push(sources.finding(codes::NO_FILE, &place, "this file is missing", None));
            }
            // Without a table some of it can't be known; what can is said all the same.
            let partial = subject.whole(None);
            findings.extend(partial.into_iter().filter(Finding::is_error));
            return Checked { dialplan: None, findings: sorted(findings, &sources) };
        };
        let (table, faults) = build(&engine, &running, &main, &sources);
        // Where the top level has stopped, the table has not what it would have made.
        let is_whole = !faults.iter().any(|fault| fault.code == codes::TOP_LEVEL);
        findings.extend(faults);
        if is_checked {
            let found = subject.whole(is_whole.then_some(&table));
            findings.extend(found.into_iter().filter(|finding| is_whole || finding.is_error()));
        }
        findings.extend(collisions::of(&table, &sources));
        let findings = sorted(findings, &sources);
        if findings.iter().any(Finding::is_error) {
            return Checked { dialplan: None, findings };
        }
        let dialplan = Self(Rc::new(Shared {
            version: bundle.version(),
            bundle: sources,
            engine,
            running,
            table,
            fibers: fibers.clone(),
            applications: applications.clone(),
            operations_max: Cell::new(OPERATIONS_MAX),
            warnings: findings.clone(),
        }));
        Checked { dialplan: Some(dialplan), findings }
    }

    /// The handlers of each call to come may use so many operations instead of [`OPERATIONS_MAX`]: for tests that want to see many of
    /// them run out.
    pub fn limit_operations(&self, most: u64) {
        self.0.operations_max.set(most);
    }

    /// All routes, context by context, in the order in which they are tried.
    pub fn routes(&self) -> Vec<Route> {
        self.0.table.routes()
    }

    /// What is worth a look but may be meant.
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

/// What a check has found, and the dialplan if it may be used.
#[derive(Debug)]
pub struct Checked {
    /// None if there is an error among the findings.
    pub dialplan: Option<Dialplan>,
    /// Errors and warnings, by their places.
    pub findings: Vec<Finding>,
}

/// Runs the top level once.
fn build(engine: &Engine, running: &Rc<Running>, main: &AST, sources: &Sources) -> (Table, Vec<Finding>) {
    *running.builder.borrow_mut() = Some(Builder::default());
    let result = engine.run_ast_with_scope(&mut Scope::new(), main);
    let builder = running.builder.borrow_mut().take().unwrap_or_default();
    let (table, faults) = builder.finish();
    let finding = |(place, code, message): (Place, codes::Code, String)| {
        let hint = (code == codes::NO_CONTEXT)
            .then(|| message.split('`').nth(1).and_then(|name| did_you_mean(name, table.names())))
            .flatten();
        sources.finding(code, &sources.original(&place), &message, hint)
    };
    let mut findings: Vec<Finding> = faults.into_iter().map(finding).collect();
    if let Err(error) = result {
        let (place, message) = locate(error, main.source().unwrap_or_default());
        // What comes after it was never run: that it is missing is no finding of its own.
        let hint = message.contains("`on (Context, i64").then(|| "a pattern is a text: `\"500\"`".to_owned());
        findings.push(sources.finding(codes::TOP_LEVEL, &sources.original(&place), &message, hint));
    }
    (table, findings)
}

/// By their places, each once, without warnings that the script itself says are meant.
fn sorted(mut findings: Vec<Finding>, sources: &Sources) -> Vec<Finding> {
    findings.retain(|finding| finding.is_error() || !sources.allows(finding));
    findings.sort();
    findings.dedup();
    findings
}

/// Every file of the bundle, compiled. A file with an unknown variable is compiled all the same, so that the rest of it is
/// checked too.
fn compile(engine: &mut Engine, sources: &Sources) -> (BTreeMap<String, AST>, Vec<Finding>) {
    let mut asts = BTreeMap::new();
    let mut findings = Vec::new();
    for (file, text) in sources.texts() {
        if let Some((place, nested)) = sources.unclosed(file) {
            // What the engine would say of such a file is about what is left of it.
            findings.push(unclosed(sources, &place, nested.as_ref()));
            continue;
        }
        let mut result = engine.compile(text);
        if let Err(error) = &result {
            findings.push(unreadable(engine, sources, file, text, error));
            if matches!(error.err_type(), ParseErrorType::VariableUndefined(_)) {
                findings.extend(further_variables(engine, sources, (file, text), error));
                engine.set_strict_variables(false);
                result = engine.compile(text);
                engine.set_strict_variables(true);
            }
        }
        if let Ok(mut ast) = result {
            ast.set_source(file);
            asts.insert(file_of(file), ast);
        }
    }
    (asts, findings)
}

fn unclosed(sources: &Sources, place: &Place, nested: Option<&Place>) -> Finding {
    let message = "this comment is never closed: all that follows in the file is part of it";
    let hint = nested.map(|nested| {
        let (line, column) = (nested.line, nested.column);
        format!("comments nest: the `/*` at {line}:{column} within it needs a `*/` of its own")
    });
    sources.finding(codes::UNCLOSED, place, message, hint)
}

/// The engine stops at the first unknown variable: with a number in its place it finds the next one.
fn further_variables(
    engine: &Engine,
    sources: &Sources,
    (file, text): (&str, &str),
    first: &ParseError,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut text = text.to_owned();
    let mut error = first.clone();
    for _ in 0..VARIABLES_TOLD_MAX {
        let ParseErrorType::VariableUndefined(name) = error.err_type() else { break };
        let Some(at) = offset(&text, error.position())
            .filter(|at| text.get(*at..).is_some_and(|rest| rest.starts_with(name.as_str())))
        else {
            break;
        };
        let number = format!("1{}", "_".repeat(name.len().saturating_sub(1)));
        text.replace_range(at..at + name.len(), &number);
        match engine.compile(&text) {
            Err(next) if matches!(next.err_type(), ParseErrorType::VariableUndefined(_)) => {
                findings.push(unreadable(engine, sources, file, &text, &next));
                error = next;
            }
            // That a number stands there now may be wrong as well.
            Ok(_) | Err(_) => break,
        }
    }
    findings
}

/// The byte at which a position is.
fn offset(text: &str, position: rhai::Position) -> Option<usize> {
    let (line, column) = (position.line()?, position.position()?);
    let start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let (at, _) = text.get(start..)?.char_indices().nth(column.checked_sub(1)?)?;
    Some(start + at)
}

fn unreadable(engine: &Engine, sources: &Sources, file: &str, text: &str, error: &ParseError) -> Finding {
    let place = sources.original(&crate::build::place(file, error.position()));
    let ParseErrorType::VariableUndefined(name) = error.err_type() else {
        let code = match error.err_type() {
            ParseErrorType::MismatchedType(..) => codes::CONDITION,
            _ => codes::SYNTAX,
        };
        if let Some(finding) = astray(sources, &place, error.err_type()) {
            return finding;
        }
        let is_missing = matches!(error.err_type(), ParseErrorType::MissingToken(..));
        let place = if is_missing { sources.end_before(place) } else { place };
        let mut finding = sources.finding(code, &place, &error.err_type().to_string(), None);
        finding.hint = newcomer::of_syntax(&finding.message, &finding.source, finding.column);
        return finding;
    };
    let (tokens, _control) = engine.lex([&text]);
    let mut before = Token::EOF;
    let (mut known, mut constants) = (Vec::new(), Vec::new());
    // Of the file itself: no function sees it.
    let (mut depth, mut is_outside, mut is_module) = (0_usize, false, false);
    for (token, _) in tokens.take_while(|(token, _)| *token != Token::EOF) {
        match &token {
            Token::LeftBrace | Token::MapStart => depth += 1,
            Token::RightBrace => depth = depth.saturating_sub(1),
            _ => {}
        }
        if let Token::Identifier(word) = &token {
            is_outside |= depth == 0 && before == Token::Let && word.as_str() == name;
            is_module |= before == Token::As && word.as_str() == name;
            match before {
                Token::Const => constants.push(word.to_string()),
                Token::Let | Token::Pipe | Token::Comma | Token::LeftParen | Token::For | Token::As
                    if word.as_str() != name =>
                {
                    known.push(word.to_string());
                }
                _ => {}
            }
        }
        before = token;
    }
    let hint = match constants.contains(name) {
        true => Some(format!("within a function it is `global::{name}`")),
        false if is_module => Some(format!("a function of another file is called by `::`: `{name}::…(ch)`")),
        false if is_outside => Some(format!(
            "a function sees what it is given, and constants: `const {name} = …;`, and in the function `global::{name}`"
        )),
        false => did_you_mean(name, known.iter().map(String::as_str))
            .or_else(|| Some(format!("a text needs quotes: `\"{name}\"`"))),
    };
    let message = format!("there is no variable `{name}`");
    let mut finding = sources.finding(codes::NO_VARIABLE, &place, &message, None);
    finding.hint = newcomer::of_variable(name, &finding.source).or(hint);
    finding
}

/// The brace without its other half that an error comes from, if it comes from one.
fn astray(sources: &Sources, place: &Place, error: &ParseErrorType) -> Option<Finding> {
    // A text that is never closed has braces in it that are none.
    if matches!(error, ParseErrorType::BadInput(fault) if !matches!(fault, LexError::UnexpectedInput(_))) {
        return None;
    }
    let found = astray_in(sources.original_text(&place.file)?)?;
    let is_of_braces = match error {
        ParseErrorType::WrongFnDefinition | ParseErrorType::UnexpectedEOF => true,
        ParseErrorType::MissingToken(token, _) => token == "}",
        _ => false,
    };
    if !is_of_braces && place.line > 0 && (place.line, place.column) < found.shows_at {
        return None;
    }
    let (line, column) = found.at;
    let at = Place { line, column, ..place.clone() };
    Some(sources.finding(codes::BRACES, &at, found.message, Some(found.hint)))
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
                at: watch.now.get(),
                context: handler.context.clone(),
                pattern: handler.pattern.clone(),
                place: handler.place.clone(),
                info: info.clone(),
            });
            if let Some(probe) = &watch.probe {
                probe.onlooker.takes(&info.call, &handler.context, &handler.pattern);
            }
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
