//! `main.rhai`: constants, contexts with their routes, functions.

use super::emit::block;
use super::graph::{Called, fits, is_dialable};
use super::parse::{Context, Exten};
use super::scope::{Role, Scope, Used};
use super::value::Value;
use super::{Function, Functions, special};
use crate::quoted::{identifier, quoted};
use crate::report::Report;
use std::collections::BTreeSet;

const HEAD: &str = "// The office's dialplan, out of Asterisk's extensions.conf.
//
// What could not be translated stands as a comment, NOT TRANSLATED, where it stood; import-report.txt lists all of it.
// Look at it with `cordboard check` and `cordboard routes`, and write it as you would have written it here.
";

/// A closure that fits in its line.
const INLINE_MAX: usize = 90;

/// What leads to a route: its context and number; `None`: to any of the context.
type Reached = BTreeSet<(String, Option<String>)>;

/// The whole script.
pub(super) fn script(functions: &Functions<'_>, report: &mut Report) -> String {
    let mut text = HEAD.to_owned();
    let constants = functions.constants();
    if !constants.is_empty() {
        text.push_str("\n// [globals]\n");
        text.push_str(&constants.join("\n"));
        text.push('\n');
    }
    let reached = reached(functions);
    let mut written: BTreeSet<Called> = BTreeSet::new();
    let mut bodies = String::new();
    let names = context_names(functions);
    for (context, variable) in functions.world.plan.contexts.iter().zip(&names) {
        hints(context, functions, report);
        if is_subroutine(context, functions) {
            continue;
        }
        let routes = Routes { functions, context, variable, reached: &reached };
        routes.write(&mut text, &mut written, report);
    }
    for context in &functions.world.names.contexts {
        if functions.world.plan.context(context).is_none() {
            text.push_str("\n// Phones or trunks are in this context, and Asterisk has none of this name.\n");
            text.push_str(&format!(
                "context({}).otherwise(|ch| ch.hangup(\"unallocated\"));\n",
                quoted(context)
            ));
        }
    }
    let order = |called: &Called| {
        functions.world.plan.contexts.iter().position(|context| context.name == called.context)
    };
    let is_written = |called: &&Called| written.contains(called) || called.role != 0 || called.priority != 1;
    let mut all: Vec<&Called> = functions.built.keys().filter(is_written).collect();
    all.sort_by_key(|called| {
        (order(called), functions.built.get(called).map(|function| function.place.clone()))
    });
    for called in all {
        if let Some(function) = functions.built.get(called) {
            bodies.push_str(&function_text(functions, called, function));
        }
    }
    text.push_str(&bodies);
    if text.contains("asterisk::") {
        text.insert_str(HEAD.len(), "\nimport \"asterisk\" as asterisk;\n");
    }
    text
}

fn is_subroutine(context: &Context, functions: &Functions<'_>) -> bool {
    let world = functions.world;
    world.variables.subroutines.contains(&context.name) && !world.names.contexts.contains(&context.name)
}

/// A variable for each context.
fn context_names(functions: &Functions<'_>) -> Vec<String> {
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let contexts = functions.world.plan.contexts.iter();
    contexts
        .map(|context| {
            let mut name = identifier(&context.name).to_ascii_lowercase();
            while functions.taken.contains(&name) || !taken.insert(name.clone()) {
                name.push('_');
            }
            name
        })
        .collect()
}

fn function_text(functions: &Functions<'_>, called: &Called, function: &Function) -> String {
    let mut parameters = vec!["ch".to_owned()];
    parameters.extend(function.parameters.iter().cloned());
    let caller = called.caller.as_ref().map_or(String::new(), |caller| format!("/{caller}"));
    let lines = functions.lines(function);
    format!(
        "\n// [{}] {}{caller} ({})\nfn {}({}) {{\n{}}}\n",
        called.context,
        called.pattern,
        function.place,
        function.name,
        parameters.join(", "),
        block(&lines)
    )
}

/// Whatever something leads to.
fn reached(functions: &Functions<'_>) -> Reached {
    let world = functions.world;
    let mut reached: Reached = world.names.contexts.iter().map(|context| (context.clone(), None)).collect();
    reached.extend(world.names.exits.iter().map(|context| (context.clone(), None)));
    for context in &world.plan.contexts {
        reached.extend(context.includes.iter().map(|include| (include.context.clone(), None)));
    }
    for function in functions.built.values() {
        for line in functions.lines(function) {
            for part in line.split("ch.enter(").skip(1) {
                let mut fields = part.trim_start_matches('"').splitn(2, "\", ");
                let (context, rest) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
                let exten = rest
                    .strip_prefix('"')
                    .and_then(|rest| rest.split_once('"'))
                    .map(|(exten, _)| exten.to_owned());
                reached.insert((context.to_owned(), exten));
            }
        }
    }
    reached
}

/// Devices that phones watch by an extension.
fn hints(context: &Context, functions: &Functions<'_>, report: &mut Report) {
    let names = functions.world.names;
    for (exten, device, place) in &context.hints {
        let source = format!("exten => {exten},hint,{device}");
        let peers = device.split('&').map(|one| one.split_once('/').map_or(one, |(_, peer)| peer));
        let is_own = |peer: &str| names.numbers.get(exten).is_some_and(|user| user == peer);
        let peers: Vec<&str> = peers.collect();
        if exten.starts_with('_') || matches!(peers.as_slice(), [one] if is_own(one)) {
            report.count("hints", 1);
        } else if device.starts_with("park:")
            || device.starts_with("confbridge:")
            || device.starts_with("Queue:")
        {
            report.note(place, &source, "parking places, rooms and queues have lamps of their own here");
        } else if device.starts_with("Custom:") {
            report.differs(place, &source, "a lamp of one's own is switched by lamp(\"name\").set(\"on\")");
        } else {
            report.lost(place, &source, "a lamp shows the user of its number, and no other device");
        }
    }
}

struct Routes<'a, 'w> {
    functions: &'a Functions<'w>,
    context: &'a Context,
    variable: &'a str,
    reached: &'a Reached,
}

impl Routes<'_, '_> {
    fn write(&self, text: &mut String, written: &mut BTreeSet<Called>, report: &mut Report) {
        let name = &self.context.name;
        text.push_str(&format!(
            "\n// [{name}] ({})\nlet {} = context({});\n",
            self.context.place,
            self.variable,
            quoted(name)
        ));
        let mut is_empty = true;
        for include in self.context.includes.iter().filter(|include| include.when.is_none()) {
            if self.functions.world.plan.context(&include.context).is_none() {
                if !self.parked(&include.context, text) {
                    report.lost(
                        &include.place,
                        &format!("include => {}", include.context),
                        "there is no such context",
                    );
                    text.push_str(&format!(
                        "// NOT TRANSLATED: include => {} (there is no such context)\n",
                        include.context
                    ));
                } else {
                    is_empty = false;
                }
                continue;
            }
            text.push_str(&format!("{}.include({});\n", self.variable, quoted(&include.context)));
            is_empty = false;
        }
        if !self.is_reached() {
            report.note(&self.context.place, &format!("[{name}]"), "nothing leads to this context");
        }
        for exten in self.context.extens.iter().filter(|exten| exten.caller.is_none()) {
            if exten.pattern == "h" {
                text.push_str(&self.route("on_hangup", exten, written));
                continue;
            }
            if !self.is_kept(exten) {
                text.push_str(&special::tell(self.context, exten, report));
                continue;
            }
            let route = self.route("on", exten, written);
            is_empty &= route.is_empty();
            text.push_str(&route);
        }
        is_empty &= !self.by_caller_alone(text, written);
        is_empty &= !self.by_time(text, report);
        if is_empty {
            text.push_str(&format!("{}.otherwise(|ch| ch.hangup(\"unallocated\"));\n", self.variable));
        }
    }

    fn is_reached(&self) -> bool {
        self.reached.iter().any(|(context, _)| *context == self.context.name)
    }

    /// Whether anything but a menu, whose choices stand in it, leads to an extension.
    fn is_kept(&self, exten: &Exten) -> bool {
        let own = |reached: &&(String, Option<String>)| reached.0 == self.context.name;
        let fits_it = |reached: &(String, Option<String>)| match &reached.1 {
            None => is_dialable(&exten.pattern) || exten.pattern == "s",
            Some(number) => {
                fits(&exten.pattern, number)
                    && self.context.exten(number).is_none_or(|one| one.pattern == exten.pattern)
            }
        };
        !self.is_reached() || self.reached.iter().filter(own).any(fits_it)
    }

    fn called(&self, exten: &Exten) -> Called {
        let (context, pattern, caller) =
            (self.context.name.clone(), exten.pattern.clone(), exten.caller.clone());
        Called { context, pattern, caller, priority: 1, role: 0 }
    }

    /// A call of an extension's function, or its only line.
    fn body(&self, called: &Called, written: &mut BTreeSet<Called>) -> Option<String> {
        let function = self.functions.built.get(called)?;
        let lines = self.functions.lines(function);
        if let [one] = lines.as_slice()
            && !one.starts_with("//")
            && !one.starts_with("let ")
            && !one.starts_with("return")
            && one.len() <= INLINE_MAX
            && one.ends_with(';')
        {
            let one = one.trim_end_matches(';');
            return Some(if one.contains(" = ") { format!("{{ {one}; }}") } else { one.to_owned() });
        }
        written.insert(called.clone());
        Some(format!("{}(ch)", function.name))
    }

    fn route(&self, verb: &str, exten: &Exten, written: &mut BTreeSet<Called>) -> String {
        let Some(body) = self.body(&self.called(exten), written) else { return String::new() };
        let pattern = if verb == "on" { format!("{}, ", quoted(&exten.pattern)) } else { String::new() };
        let variants: Vec<&Exten> = self
            .context
            .extens
            .iter()
            .filter(|other| other.pattern == exten.pattern && other.caller.is_some())
            .collect();
        if variants.is_empty() {
            return format!("{}.{verb}({pattern}|ch| {body});\n", self.variable);
        }
        let mut text = format!("{}.{verb}({pattern}|ch| {{\n", self.variable);
        for variant in variants {
            text.push_str(&self.variant(variant, written));
        }
        text.push_str(&format!("    {body}\n}});\n"));
        text
    }

    /// `exten => 100/555,1,…`
    fn variant(&self, variant: &Exten, written: &mut BTreeSet<Called>) -> String {
        let caller = variant.caller.clone().unwrap_or_default();
        let Some(body) = self.body(&self.called(variant), written) else { return String::new() };
        let condition = match caller.as_str() {
            "" => "ch.caller.number == \"\"".to_owned(),
            caller if caller.starts_with('_') => format!("matches(ch.caller.number, {})", quoted(caller)),
            caller => format!("ch.caller.number == {}", quoted(caller)),
        };
        format!("    if {condition} {{ return {body}; }}\n")
    }

    /// Extensions that are there for some callers only.
    fn by_caller_alone(&self, text: &mut String, written: &mut BTreeSet<Called>) -> bool {
        let mut any = false;
        let mut done: BTreeSet<&str> = BTreeSet::new();
        for exten in self.context.extens.iter().filter(|exten| exten.caller.is_some()) {
            if self.context.exten(&exten.pattern).is_some() || !done.insert(&exten.pattern) {
                continue;
            }
            text.push_str(&format!("{}.on({}, |ch| {{\n", self.variable, quoted(&exten.pattern)));
            for variant in self.context.extens.iter().filter(|other| other.pattern == exten.pattern) {
                text.push_str(&self.variant(variant, written));
            }
            text.push_str("    ch.hangup(\"unallocated\")\n});\n");
            any = true;
        }
        any
    }

    /// `include => parkedcalls`
    fn parked(&self, context: &str, text: &mut String) -> bool {
        let Some((first, last, parks)) = self.functions.world.names.parking.get(context) else {
            return false;
        };
        if !parks.is_empty() {
            text.push_str(&format!("{}.on({}, |ch| ch.park());\n", self.variable, quoted(parks)));
        }
        let (from, to) = (first.to_string(), last.to_string());
        let shared = from.chars().zip(to.chars()).take_while(|(a, b)| a == b).count();
        if from.len() != to.len() {
            return !parks.is_empty();
        }
        let places = "X".repeat(from.len() - shared);
        let pattern = format!("_{}{places}", from.get(..shared).unwrap_or_default());
        let condition = format!("ch.dialed < \"{from}\" || ch.dialed > \"{to}\"");
        text.push_str(&format!(
            "{}.on(\"{pattern}\", |ch| {{\n    if {condition} {{ ch.hangup(\"unallocated\"); }}\n    ch.unpark(ch.dialed)\n}});\n",
            self.variable
        ));
        true
    }

    /// `include => day,09:00-17:00,mon-fri,*,*`: a route for each of its extensions, which asks what time it is.
    fn by_time(&self, text: &mut String, report: &mut Report) -> bool {
        let timed: Vec<_> = self.context.includes.iter().filter(|include| include.when.is_some()).collect();
        let mut patterns: Vec<&str> = Vec::new();
        for include in &timed {
            let Some(of) = self.functions.world.plan.context(&include.context) else {
                report.lost(
                    &include.place,
                    &format!("include => {}", include.context),
                    "there is no such context",
                );
                continue;
            };
            for exten in of.extens.iter().filter(|exten| exten.pattern != "h") {
                if self.context.exten(&exten.pattern).is_none() && !patterns.contains(&exten.pattern.as_str())
                {
                    patterns.push(&exten.pattern);
                }
            }
        }
        let any = !patterns.is_empty();
        for pattern in patterns {
            text.push_str(&format!("{}.on({}, |ch| {{\n", self.variable, quoted(pattern)));
            for include in self.context.includes.iter() {
                let of = self.functions.world.plan.context(&include.context);
                if of.is_none_or(|of| of.exten(pattern).is_none()) {
                    continue;
                }
                let enter = format!("ch.enter({}, ch.dialed)", quoted(&include.context));
                match &include.when {
                    None => text.push_str(&format!("    {enter};\n")),
                    Some(when) => match self.when(when, report) {
                        Ok(condition) => text.push_str(&format!("    if {condition} {{ {enter}; }}\n")),
                        Err(why) => {
                            let source = format!("include => {},{}", include.context, when.join(","));
                            report.lost(&include.place, &source, &why);
                            text.push_str(&format!(
                                "    // NOT TRANSLATED: {source} ({why}; it is never included)\n"
                            ));
                        }
                    },
                }
            }
            text.push_str("    ch.hangup(\"unallocated\")\n});\n");
        }
        any
    }

    fn when(&self, fields: &[String], report: &mut Report) -> Result<String, String> {
        let mut scope = Scope {
            world: self.functions.world,
            report,
            context: self.context.name.clone(),
            pattern: String::new(),
            role: Role::Route,
            exten: Value::text("ch.dialed"),
            used: Used::default(),
            place: self.context.place.clone(),
            source: "include".to_owned(),
            depth: 0,
        };
        scope.times(fields).map(|condition| condition.to_string())
    }
}
