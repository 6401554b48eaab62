//! What is found before any call: our own walk over the scripts. A misspelt function compiles and would fail only when it
//! is reached; a misspelt option key too.
//!
//! Values have no types before they run, so a method is known if any type has one of that name and number of arguments;
//! only `ch` and its parts are taken by their names (unless a script gives the name `ch` to something else).

#![allow(clippy::wildcard_enum_match_arm, reason = "the nodes are Rhai's, which adds kinds of them")]

mod arguments;
mod count;

use crate::codes::{self, Code};
use crate::engine::file_of;
use crate::finding::{Finding, Place};
use crate::nearest::did_you_mean;
use crate::newcomer::{property_for, verb_for};
use crate::registry::{Known, Part, Receiver, Verb};
use crate::source::Sources;
use crate::verbs::{ARM, PROPERTIES, SPLICE, VERBS};
use cordboard_app::Manual;
use count::Called;
use rhai::{AST, ASTNode, Expr, FnCallExpr, Position, Stmt};
use std::collections::{BTreeMap, BTreeSet};

/// Functions of the engine's own that are called by keyword and are in no list.
const KEYWORDS: [&str; 8] =
    ["Fn", "call", "curry", "is_shared", "type_of", "is_def_var", "is_def_fn", "this"];

/// All files: functions, arguments, literal options, properties of the channel.
pub(super) fn files(
    asts: &BTreeMap<String, AST>,
    known: &Known,
    sources: &Sources,
    manuals: &[&'static Manual],
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, text) in sources.originals() {
        for word in [SPLICE, ARM] {
            if let Some(line) = text.lines().position(|line| line.contains(word)) {
                let place = Place { file: file.to_owned(), line: line + 1, column: 1 };
                let message = format!("`{word}` is the exchange's own");
                findings.push(sources.finding(codes::OWN_WORD, &place, &message, None));
            }
        }
    }
    for (file, ast) in asts {
        let mut walk = Walk::new(file, ast, asts, known, sources, manuals);
        walk.hidden_verbs(ast);
        ast.walk(&mut |path: &[ASTNode<'_>]| {
            walk.node(path);
            true
        });
        findings.append(&mut walk.findings);
    }
    findings
}

struct Walk<'a> {
    file: &'a str,
    asts: &'a BTreeMap<String, AST>,
    known: &'a Known,
    sources: &'a Sources,
    /// The verbs of applications.
    manuals: &'a [&'static Manual],
    /// The file's own functions and their numbers of arguments.
    own: BTreeMap<String, BTreeSet<usize>>,
    /// What its imports are called, and which file each is.
    imports: BTreeMap<String, String>,
    /// Whether a file is imported that is named by no text: what its functions are called is not known.
    imports_unread: bool,
    /// Files whose functions are called, and that are not imported.
    unimported: BTreeSet<String>,
    /// Variables that may hold functions, by whatever way.
    variables: BTreeSet<String>,
    /// Whether `ch` is also the name of something else here.
    ch_is_taken: bool,
    findings: Vec<Finding>,
}

impl<'a> Walk<'a> {
    fn new(
        file: &'a str,
        ast: &'a AST,
        asts: &'a BTreeMap<String, AST>,
        known: &'a Known,
        sources: &'a Sources,
        manuals: &'a [&'static Manual],
    ) -> Self {
        let mut walk = Self {
            file,
            asts,
            known,
            sources,
            manuals,
            own: functions(ast),
            imports: BTreeMap::new(),
            imports_unread: false,
            unimported: BTreeSet::new(),
            variables: BTreeSet::new(),
            ch_is_taken: false,
            findings: Vec::new(),
        };
        ast.walk(&mut |path: &[ASTNode<'_>]| {
            if let Some(ASTNode::Stmt(statement)) = path.last() {
                walk.names(statement);
            }
            true
        });
        walk
    }

    /// Collects what a statement gives a name to.
    fn names(&mut self, statement: &Stmt) {
        match statement {
            Stmt::Var(definition, ..) => {
                self.variables.insert(definition.0.name.to_string());
                self.ch_is_taken |= definition.0.name == "ch";
            }
            Stmt::For(definition, ..) => self.ch_is_taken |= definition.0.name == "ch",
            Stmt::Import(import, ..) => match &import.0 {
                Expr::StringConstant(path, _) => {
                    let alias = Some(import.1.name.as_str()).filter(|alias| !alias.is_empty());
                    self.imports.insert(alias.unwrap_or(path).to_owned(), file_of(path));
                }
                _ => self.imports_unread = true,
            },
            // The statement types are Rhai's, and it may add some.
            _ => {}
        }
    }

    fn report(&mut self, code: Code, position: Position, message: &str, hint: Option<String>) {
        let place = self.sources.original(&crate::build::place(self.file, position));
        let finding = self.sources.finding(code, &place, message, hint);
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    fn node(&mut self, path: &[ASTNode<'_>]) {
        match path.last() {
            Some(
                ASTNode::Expr(Expr::FnCall(call, position)) | ASTNode::Stmt(Stmt::FnCall(call, position)),
            ) => {
                self.function(call, *position);
            }
            Some(ASTNode::Expr(Expr::Dot(parts, ..))) => self.dot(&parts.lhs, &parts.rhs),
            Some(ASTNode::Expr(Expr::MethodCall(call, position))) => self.any_method(call, *position),
            Some(ASTNode::Stmt(Stmt::Import(import, position))) => {
                self.import(&import.0, import.1.name.as_str(), *position);
            }
            // Rhai may add kinds of nodes.
            _ => {}
        }
    }

    /// Rhai takes `ch.echo(x)` for a script's own `echo(x)` if there is one.
    fn hidden_verbs(&mut self, ast: &AST) {
        for function in ast.iter_fn_def() {
            let hidden = VERBS.iter().copied().flatten().find(|verb| {
                let fits = (verb.required..=verb.params.len()).contains(&function.params.len());
                matches!(verb.on, Receiver::Part(_)) && verb.name == function.name.as_str() && fits
            });
            let is_application = self.manuals.iter().any(|m| {
                m.verb == function.name.as_str()
                    && (m.required..=m.params.len()).contains(&function.params.len())
            });
            if hidden.is_some() || is_application {
                let message = format!("the function `{0}` hides the verb `{0}` of the call", function.name);
                self.report(
                    codes::HIDES_VERB,
                    function.body.start_position(),
                    &message,
                    Some("give it another name".to_owned()),
                );
            }
        }
    }

    fn import(&mut self, path: &Expr, alias: &str, position: Position) {
        if let Expr::StringConstant(path, at) = path {
            let file = file_of(path);
            if alias.is_empty() {
                let hint = Some(format!("`import \"{path}\" as {path};`"));
                self.report(
                    codes::NO_ALIAS,
                    position,
                    "this import has no name to call its functions by",
                    hint,
                );
            }
            if !self.sources.names().any(|name| name == file) {
                let names: Vec<&str> =
                    self.sources.names().map(|name| name.trim_end_matches(".rhai")).collect();
                let hint = did_you_mean(path, names);
                self.report(
                    codes::NO_FILE,
                    if at.is_none() { position } else { *at },
                    &format!("there is no file `{file}`"),
                    hint,
                );
            }
        }
    }

    /// `f(x)`, `module::f(x)`.
    fn function(&mut self, call: &FnCallExpr, position: Position) {
        if call.op_token.is_some() || KEYWORDS.contains(&call.name.as_str()) {
            return;
        }
        let given = call.args.len();
        if call.is_qualified() {
            return self.qualified(call, position, given);
        }
        if call.name == "sleep" {
            return self.report(
                codes::SLEEP,
                position,
                "`sleep` would hold up all calls",
                Some("use `ch.wait(seconds)`".to_owned()),
            );
        }
        // A captured variable may be called like a function.
        if self.variables.contains(call.name.as_str()) {
            return;
        }
        let verb = find_verb(Receiver::Free, &call.name);
        self.arguments(verb, call);
        let mut arities: BTreeSet<usize> = self.own.get(call.name.as_str()).cloned().unwrap_or_default();
        arities.extend(self.known.functions.get(call.name.as_str()).into_iter().flatten());
        if arities.is_empty() {
            let names =
                self.own.keys().chain(self.known.functions.keys()).map(String::as_str).filter(|n| is_word(n));
            let hint = verb_for(&call.name).or_else(|| did_you_mean(&call.name, names));
            self.report(codes::NO_FUNCTION, position, &format!("there is no function `{}`", call.name), hint);
        } else if !arities.contains(&given) {
            self.wrong_count((call, position), Called::Alone, &arities, given);
        }
    }

    fn qualified(&mut self, call: &FnCallExpr, position: Position, given: usize) {
        let Some(root) = call.namespace.path.first().map(|part| part.name.to_string()) else { return };
        if root == "global" || call.namespace.path.len() > 1 {
            return;
        }
        if let Some(file) = self.imports.get(&root) {
            let Some(ast) = self.asts.get(file) else { return };
            let functions = functions(ast);
            match functions.get(call.name.as_str()) {
                Some(arities) if arities.contains(&given) => {}
                Some(arities) => {
                    let arities = arities.clone();
                    self.wrong_count((call, position), Called::Of(&root), &arities, given);
                }
                None => {
                    let hint = did_you_mean(&call.name, functions.keys().map(String::as_str));
                    self.report(
                        codes::NO_FUNCTION,
                        position,
                        &format!("`{file}` has no function `{}`", call.name),
                        hint,
                    );
                }
            }
            return;
        }
        let path = format!("{root}::{}", call.name);
        match self.known.module_functions.get(&path) {
            Some(arities) if arities.contains(&given) => {
                let is_meant = |verb: &&Verb| {
                    matches!(verb.on, Receiver::Module(module) if module == root) && verb.name == call.name
                };
                self.arguments(VERBS.iter().copied().flatten().find(is_meant), call);
            }
            Some(arities) => {
                self.wrong_count((call, position), Called::Of(&root), arities, given);
            }
            // What is wrong is the import.
            None if self.imports_unread || self.is_unimported(&root, position) => {}
            None => {
                let known = self.known.module_functions.keys().map(String::as_str);
                let hint = did_you_mean(&path, known.chain(self.imports.keys().map(String::as_str)));
                self.report(codes::NO_FUNCTION, position, &format!("there is no function `{path}`"), hint);
            }
        }
    }

    /// Whether it is a file of the office that this one does not import: that is said once.
    fn is_unimported(&mut self, root: &str, position: Position) -> bool {
        let file = format!("{root}.rhai");
        if !self.sources.names().any(|name| name == file) {
            return false;
        }
        if self.unimported.insert(root.to_owned()) {
            let message = format!("`{root}` is not imported in this file");
            let hint = Some(format!("`import \"{root}\" as {root};` stands before the file's functions"));
            self.report(codes::NO_FUNCTION, position, &message, hint);
        }
        true
    }

    /// `x.f(y)`, whatever `x` is: some type must have such a method.
    fn any_method(&mut self, call: &FnCallExpr, position: Position) {
        let name = call.name.as_str();
        if KEYWORDS.contains(&name) {
            return;
        }
        let given = call.args.len() + 1;
        let mut arities = self.known.functions.get(name).cloned().unwrap_or_default();
        // A script's function takes what it is called on as `this`.
        arities.extend(self.own.get(name).into_iter().flatten().map(|count| count + 1));
        if arities.is_empty() {
            let names = self.known.functions.keys().map(String::as_str).filter(|n| is_word(n));
            let verbs = verbs_of(Receiver::Part(Part::Channel)).map(|verb| verb.name);
            let verbs = verbs.chain(self.manuals.iter().map(|manual| manual.verb));
            let hint =
                verb_for(name).or_else(|| did_you_mean(name, verbs)).or_else(|| did_you_mean(name, names));
            self.report(codes::NO_FUNCTION, position, &format!("there is no function `{name}`"), hint);
        } else if !arities.contains(&given) {
            let less = arities.iter().map(|count| count.saturating_sub(1)).collect();
            self.wrong_count((call, position), Called::On(None), &less, given - 1);
        } else if !self.own.contains_key(name) {
            // Of which type the value is, is known by the verb alone, if only one type has it.
            let mut held =
                VERBS.iter().copied().flatten().filter(|verb| verb.name == name && is_of_value(verb));
            if let (Some(verb), None) = (held.next(), held.next()) {
                self.arguments(Some(verb), call);
            }
        }
    }

    /// `ch.…` and `ch.part.…`, which are known by their names.
    fn dot(&mut self, left: &Expr, right: &Expr) {
        let Expr::Variable(variable, ..) = left else { return };
        if variable.1 == "ch" && !self.ch_is_taken {
            self.on_part(Part::Channel, right);
        }
    }

    fn on_part(&mut self, part: Part, right: &Expr) {
        match right {
            Expr::MethodCall(call, position) => self.verb(part, call, *position),
            Expr::Property(property, position) => self.property(part, &property.2, *position),
            Expr::Dot(chain, ..) => {
                match &chain.lhs {
                    Expr::Property(property, position) => {
                        self.property(part, &property.2, *position);
                        let next = Part::ALL.into_iter().find(|p| p.property() == Some(property.2.as_str()));
                        if part == Part::Channel
                            && let Some(next) = next
                        {
                            self.on_part(next, &chain.rhs);
                        }
                    }
                    Expr::MethodCall(call, position) => self.verb(part, call, *position),
                    _ => {}
                };
            }
            Expr::Index(chain, ..) => {
                if let Expr::Property(property, position) = &chain.lhs {
                    self.property(part, &property.2, *position);
                }
            }
            _ => {}
        }
    }

    fn verb(&mut self, part: Part, call: &FnCallExpr, position: Position) {
        let receiver = Receiver::Part(part);
        if let Some(verb) = find_verb(receiver, &call.name) {
            let given = call.args.len();
            if given < verb.required || given > verb.params.len() {
                let wanted = (verb.required..=verb.params.len()).collect();
                self.wrong_count((call, position), Called::On(Some(part)), &wanted, given);
            }
            return self.arguments(Some(verb), call);
        }
        let application = self.manuals.iter().copied().find(|manual| manual.verb == call.name.as_str());
        if let Some(manual) = application.filter(|_| part == Part::Channel) {
            return self.application(manual, call, position);
        }
        let general = ["type_of", "is_shared", "to_string"].contains(&call.name.as_str());
        if !general && !self.own.contains_key(call.name.as_str()) {
            let of_applications =
                self.manuals.iter().map(|manual| manual.verb).filter(|_| part == Part::Channel);
            let near =
                did_you_mean(&call.name, verbs_of(receiver).map(|verb| verb.name).chain(of_applications));
            let hint = verb_for(&call.name).filter(|_| part == Part::Channel).or(near);
            let of = part.property().map_or("ch".to_owned(), |property| format!("ch.{property}"));
            // What no type knows is reported by `any_method` already.
            let is_of_functions = ["call", "curry"].contains(&call.name.as_str());
            if is_of_functions || self.known.functions.contains_key(call.name.as_str()) {
                self.report(codes::NO_FUNCTION, position, &format!("`{of}` has no `{}`", call.name), hint);
            }
        }
    }

    fn property(&mut self, part: Part, name: &str, position: Position) {
        let properties = PROPERTIES.iter().copied().flatten().filter(|p| p.on == part).map(|p| p.name);
        let parts = Part::ALL.into_iter().filter_map(Part::property).filter(|_| part == Part::Channel);
        let names: Vec<&str> = properties.chain(parts).collect();
        if !names.contains(&name) {
            let of = part.property().map_or("ch".to_owned(), |property| format!("ch.{property}"));
            let theirs = property_for(name).filter(|_| part == Part::Channel);
            let of_vars = (part == Part::Vars).then(|| format!("`ch.vars[\"{name}\"]`"));
            let near = theirs.or(of_vars).or_else(|| did_you_mean(name, names.iter().copied()));
            let hint = near.or_else(|| {
                let is_verb = find_verb(Receiver::Part(part), name).is_some();
                is_verb.then(|| format!("`{name}` is called: `{of}.{name}(…)`"))
            });
            self.report(codes::NO_PROPERTY, position, &format!("`{of}` has no property `{name}`"), hint);
        }
    }
}

fn functions(ast: &AST) -> BTreeMap<String, BTreeSet<usize>> {
    let mut functions: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for function in ast.iter_functions() {
        functions.entry(function.name.to_owned()).or_default().insert(function.params.len());
    }
    functions
}

fn verbs_of(on: Receiver) -> impl Iterator<Item = &'static Verb> {
    VERBS.iter().copied().flatten().filter(move |verb| verb.on == on)
}

fn find_verb(on: Receiver, name: &str) -> Option<&'static Verb> {
    verbs_of(on).find(|verb| verb.name == name)
}

/// Whether it is a verb of the call, or an application's.
pub(super) fn is_of_calls(name: &str, manuals: &[&'static Manual]) -> bool {
    find_verb(Receiver::Part(Part::Channel), name).is_some()
        || manuals.iter().any(|manual| manual.verb == name)
}

fn is_of_value(verb: &Verb) -> bool {
    matches!(verb.on, Receiver::Value(_))
}

fn is_word(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !name.ends_with("__")
}
