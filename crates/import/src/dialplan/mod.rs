//! `extensions.conf` as a script.
//!
//! ```text
//!  Plan ─▶ for each extension: Graph (priorities, jumps) ─▶ blocks (if, switch, loop) ─▶ a function
//!            │ a line of it                                                               │
//!            └─▶ Scope (variables, functions, applications) ─▶ a piece of Rhai ◀──────────┘
//! ```

mod dial;
mod emit;
mod expression;
mod functions;
mod graph;
mod jumps;
mod left_out;
mod lines;
pub(crate) mod parse;
mod places;
mod routes;
mod scope;
mod set;
mod special;
mod structure;
mod support;
mod text;
mod value;
mod variables;

use crate::office::Names;
use crate::quoted::{identifier, quoted};
use crate::report::{Place, Report};
use graph::{At, Builder, Called, MARK};
use parse::Plan;
use scope::{Role, Scope, Used, World};
use std::collections::{BTreeMap, BTreeSet};
use value::Value;
use variables::{Held, Variables};

/// A function of the script.
struct Function {
    name: String,
    lines: Vec<String>,
    parameters: Vec<String>,
    calls: Vec<Called>,
    place: Place,
}

/// All functions, by what they are of.
struct Functions<'w> {
    world: &'w World<'w>,
    built: BTreeMap<Called, Function>,
    taken: BTreeSet<String>,
    used: Used,
}

/// Verbs of the call whose names have an underscore: a function that is called so would hide it.
const VERBS: [&str; 24] = [
    "music_stop",
    "wait_silence",
    "send_dtmf",
    "voicemail_main",
    "park_or_retrieve",
    "parked_returns",
    "queue_callback",
    "queue_login",
    "queue_logout",
    "queue_pause",
    "queue_resume",
    "queue_screen",
    "speaking_clock",
    "wakeup_call",
    "call_back_transferer",
    "completion_cancel",
    "completion_recall",
    "completion_request",
    "dictation_send",
    "emergency_callback",
    "emergency_notice",
    "hotdesk_login",
    "hotdesk_logout",
    "in_call_transfer",
];

/// The dialplan's files.
pub(crate) fn translate(plan: &Plan, names: &Names, report: &mut Report) -> BTreeMap<String, String> {
    let world = World { plan, names, variables: Variables::of(plan) };
    let mut functions =
        Functions { world: &world, built: BTreeMap::new(), taken: BTreeSet::new(), used: Used::default() };
    for context in &plan.contexts {
        for exten in &context.extens {
            if world.variables.subroutines.contains(&context.name) && !names.contexts.contains(&context.name)
            {
                continue;
            }
            let Some(first) = exten.steps.keys().next().copied() else { continue };
            if first != 1 {
                let place = exten.steps.values().next().map(|step| step.place.clone()).unwrap_or_default();
                report.lost(&place, &exten.pattern, "it has no priority 1: no call gets there");
                continue;
            }
            let caller = exten.caller.clone();
            functions.build(
                Called {
                    context: context.name.clone(),
                    pattern: exten.pattern.clone(),
                    caller,
                    priority: 1,
                    role: 0,
                },
                report,
            );
        }
    }
    let main = routes::script(&functions, report);
    let mut files = BTreeMap::from([("dialplan/main.rhai".to_owned(), main)]);
    let uses = |name: &&'static str| files.values().any(|text| text.contains(&format!("asterisk::{name}(")));
    let helpers: BTreeSet<&'static str> = functions.used.helpers.iter().copied().filter(uses).collect();
    if !helpers.is_empty() {
        files.insert("dialplan/asterisk.rhai".to_owned(), support::script(&helpers));
    }
    files
}

impl<'w> Functions<'w> {
    /// Builds a function and whatever it calls.
    fn build(&mut self, called: Called, report: &mut Report) {
        let mut left = vec![called];
        while let Some(called) = left.pop() {
            if self.built.contains_key(&called) {
                continue;
            }
            let function = self.one(&called, report);
            left.extend(function.calls.iter().cloned());
            self.built.insert(called, function);
        }
    }

    fn one(&mut self, called: &Called, report: &mut Report) -> Function {
        let role = Role::of(called.role);
        let is_pattern = called.pattern.starts_with('_');
        let exten = match role {
            _ if !is_pattern => Value::plain(&called.pattern),
            Role::Route => Value::text("ch.dialed"),
            Role::Gosub | Role::Macro => Value::text("EXTEN"),
        };
        let place = self
            .world
            .plan
            .context(&called.context)
            .and_then(|context| {
                context
                    .extens
                    .iter()
                    .find(|exten| exten.pattern == called.pattern && exten.caller == called.caller)
            })
            .and_then(|exten| exten.steps.get(&called.priority))
            .map(|step| step.place.clone())
            .unwrap_or_default();
        if called.priority != 1 && is_pattern && role == Role::Route {
            report.differs(
                &place,
                &called.pattern,
                "who jumps here from another extension keeps what it has dialled as ${EXTEN}",
            );
        }
        let mut scope = Scope {
            world: self.world,
            report,
            context: called.context.clone(),
            pattern: called.pattern.clone(),
            role,
            exten: exten.clone(),
            used: Used::default(),
            place: place.clone(),
            source: String::new(),
            depth: 0,
        };
        if self.stops_recordings(called) {
            scope.used.locals.insert("recording".to_owned(), value::Kind::Text);
        }
        let start = At {
            pattern: called.pattern.clone(),
            caller: called.caller.clone(),
            priority: called.priority,
            exten,
        };
        let (graph, calls) = Builder::build(&mut scope, start);
        let used = scope.used;
        let lines = emit::declared(emit::tidied(structure::body(&graph)), &used.locals);
        self.used.helpers.extend(used.helpers.iter());
        self.used.constants.extend(used.constants.iter().cloned());
        let parameters = if role == Role::Route { Vec::new() } else { used.parameters.into_iter().collect() };
        Function { name: self.name(called), lines, parameters, calls, place }
    }

    /// Whether an extension ends recordings that it has begun.
    fn stops_recordings(&self, called: &Called) -> bool {
        let context = self.world.plan.context(&called.context);
        let extens = context.into_iter().flat_map(|context| context.extens.iter());
        let own =
            extens.filter(|exten| exten.pattern == called.pattern).flat_map(|exten| exten.steps.values());
        let apps: Vec<&str> = own.map(|step| step.app.as_str()).collect();
        let ends = ["stopmixmonitor", "stopmonitor", "pausemonitor", "unpausemonitor"];
        apps.iter().any(|app| ends.contains(app))
            && apps.iter().any(|app| ["mixmonitor", "monitor"].contains(app))
    }

    /// A name for a function that no other one has.
    fn name(&mut self, called: &Called) -> String {
        let special = |c: char| match c {
            '*' => "star".to_owned(),
            '#' => "hash".to_owned(),
            '+' => "plus".to_owned(),
            '.' | '!' => "any".to_owned(),
            '[' | ']' => String::new(),
            c => c.to_string(),
        };
        let exten: String = called.pattern.trim_start_matches('_').chars().map(special).collect();
        let mut name = identifier(&format!("{}_{exten}", called.context)).to_ascii_lowercase();
        if called.priority != 1 {
            name.push_str(&format!("_at_{}", self.label(called)));
        }
        if VERBS.contains(&name.as_str()) {
            name.push('_');
        }
        let base = name.clone();
        let mut number = 2;
        while !self.taken.insert(name.clone()) {
            name = format!("{base}_{number}");
            number += 1;
        }
        name
    }

    fn label(&self, called: &Called) -> String {
        let context = self.world.plan.context(&called.context);
        let exten =
            context.and_then(|context| context.extens.iter().find(|exten| exten.pattern == called.pattern));
        let label =
            exten.and_then(|exten| exten.steps.get(&called.priority)).and_then(|step| step.label.clone());
        label.map_or_else(|| called.priority.to_string(), |label| identifier(&label).to_ascii_lowercase())
    }

    /// The lines of a function, with the calls that it makes.
    fn lines(&self, function: &Function) -> Vec<String> {
        function.lines.iter().map(|line| self.with_calls(function, line)).collect()
    }

    fn with_calls(&self, function: &Function, line: &str) -> String {
        let mut out = String::new();
        let mut rest = line;
        while let Some((before, after)) = rest.split_once(MARK) {
            out.push_str(before);
            let end = format!("{MARK}{MARK}");
            let (call, tail) = after.split_once(&end).unwrap_or((after, ""));
            let mut fields = call.split(MARK);
            let at = fields.next().and_then(|at| at.parse::<usize>().ok());
            let called = at.and_then(|at| function.calls.get(at)).and_then(|called| self.built.get(called));
            let (exten, own) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
            let args: Vec<&str> = fields.collect();
            if let Some(called) = called {
                let mut given = vec!["ch".to_owned()];
                for parameter in &called.parameters {
                    given.push(match parameter.as_str() {
                        "EXTEN" => exten.to_owned(),
                        "MACRO_EXTEN" => own.to_owned(),
                        other => {
                            let number =
                                other.strip_prefix("ARG").and_then(|number| number.parse::<usize>().ok());
                            let value =
                                number.and_then(|number| number.checked_sub(1)).and_then(|at| args.get(at));
                            value.map_or_else(|| "\"\"".to_owned(), |value| (*value).to_owned())
                        }
                    });
                }
                out.push_str(&format!("{}({})", called.name, given.join(", ")));
            }
            rest = tail;
        }
        out.push_str(rest);
        out
    }

    /// The constants that functions use.
    fn constants(&self) -> Vec<String> {
        let of = |name: &String| match self.world.variables.held(name, "") {
            Held::Constant(text) => Some(format!("const {} = {};", identifier(name), quoted(&text))),
            Held::Global(_) | Held::Local(_) | Held::Shared(_) | Held::Never => None,
        };
        self.used.constants.iter().filter_map(of).collect()
    }
}
