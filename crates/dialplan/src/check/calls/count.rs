//! Calls with too many or too few arguments, and what the function takes.

use super::{Walk, find_verb, is_of_calls};
use crate::codes;
use crate::registry::{Held, Part, Receiver};
use crate::verbs::VERBS;
use rhai::{FnCallExpr, Position};
use std::collections::BTreeSet;

/// What contexts have.
const OF_CONTEXTS: [(&str, &str); 6] = [
    ("code", "code(\"*72\", |ch| …)"),
    ("include", "include(other)"),
    ("on", "on(\"500\", |ch| …)"),
    ("on_hangup", "on_hangup(|ch| …)"),
    ("on_recording", "on_recording(|recording| …)"),
    ("otherwise", "otherwise(|ch| …)"),
];

/// How a function is called.
#[derive(Clone, Copy, Debug)]
pub(super) enum Called<'c> {
    /// `f(x)`
    Alone,
    /// `module::f(x)`
    Of(&'c str),
    /// `x.f(y)`, where it is known what `x` is.
    On(Option<Part>),
}

impl Walk<'_> {
    pub(super) fn wrong_count(
        &mut self,
        (call, position): (&FnCallExpr, Position),
        how: Called<'_>,
        wanted: &BTreeSet<usize>,
        given: usize,
    ) {
        let wanted: Vec<String> = wanted.iter().map(ToString::to_string).collect();
        let message = format!("`{}` takes {} arguments, not {given}", call.name, wanted.join(" or "));
        let hint = match how {
            Called::Alone => self.shape_alone(&call.name),
            Called::Of(module) => self.shape_of_module(module, &call.name),
            Called::On(part) => self.shape_of_method(part, &call.name),
        };
        self.report(codes::ARITY, position, &message, hint);
    }

    fn shape_alone(&self, name: &str) -> Option<String> {
        if let Some(shape) = self.shape_in_file(self.file, "", name) {
            return Some(shape);
        }
        if let Some(verb) = find_verb(Receiver::Free, name) {
            let params = verb.params.iter().map(|param| param.name);
            return Some(format!("it is `{name}({})`", listed(params, verb.required)));
        }
        // Rhai calls a method with what stands before it as its first argument.
        if let Some((_, shape)) = OF_CONTEXTS.iter().find(|(of_contexts, _)| *of_contexts == name) {
            return Some(format!("it is a context's: `internal.{shape}`"));
        }
        is_of_calls(name, self.manuals).then(|| format!("it is a verb of the call: `ch.{name}(…)`"))
    }

    fn shape_of_module(&self, module: &str, name: &str) -> Option<String> {
        if let Some(file) = self.imports.get(module) {
            return self.shape_in_file(file, &format!("{module}::"), name);
        }
        let is_meant = |of: Receiver| matches!(of, Receiver::Module(known) if known == module);
        let verb = VERBS.iter().copied().flatten().find(|verb| verb.name == name && is_meant(verb.on))?;
        let params = verb.params.iter().map(|param| param.name);
        Some(format!("it is `{module}::{name}({})`", listed(params, verb.required)))
    }

    fn shape_of_method(&self, part: Option<Part>, name: &str) -> Option<String> {
        if let Some((_, shape)) = OF_CONTEXTS.iter().find(|(of_contexts, _)| *of_contexts == name) {
            return Some(format!("it is `internal.{shape}`"));
        }
        let of_channel = part.is_none_or(|part| part == Part::Channel);
        if let Some(manual) = self.manuals.iter().find(|manual| of_channel && manual.verb == name) {
            let params = manual.params.iter().map(|param| param.name);
            return Some(format!("it is `ch.{name}({})`", listed(params, manual.required)));
        }
        let fits = |of: Receiver| match of {
            Receiver::Part(known) => part.is_none_or(|part| part == known),
            Receiver::Value(_) => part.is_none(),
            Receiver::Free | Receiver::Module(_) => false,
        };
        let verb = VERBS.iter().copied().flatten().find(|verb| verb.name == name && fits(verb.on))?;
        let of = match verb.on {
            Receiver::Part(part) => {
                part.property().map_or("ch".to_owned(), |property| format!("ch.{property}"))
            }
            Receiver::Value(Held::Lamp) => "lamp(\"…\")".to_owned(),
            Receiver::Value(Held::Queue) => "queue(\"…\")".to_owned(),
            Receiver::Value(Held::Recording) => "recording".to_owned(),
            Receiver::Free | Receiver::Module(_) => return None,
        };
        let params = verb.params.iter().map(|param| param.name);
        Some(format!("it is `{of}.{name}({})`", listed(params, verb.required)))
    }

    /// A script's own function.
    fn shape_in_file(&self, file: &str, before: &str, name: &str) -> Option<String> {
        let ast = self.asts.get(file)?;
        let function = ast.iter_functions().find(|function| function.name == name)?;
        Some(format!("it is `{before}{name}({})`", function.params.join(", ")))
    }
}

/// `to, [options]`: what may be left out stands in brackets.
fn listed<'p>(params: impl Iterator<Item = &'p str>, required: usize) -> String {
    let all: Vec<String> = params
        .enumerate()
        .map(|(at, name)| if at < required { name.to_owned() } else { format!("[{name}]") })
        .collect();
    all.join(", ")
}
