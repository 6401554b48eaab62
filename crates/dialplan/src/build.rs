//! The table under construction, while the top level runs: `context("internal")`, `.on(…)`, `.include(…)`, `.otherwise(…)`,
//! `.on_hangup(…)`, `.on_recording(…)`.

use crate::codes::{self, Code};
use crate::finding::Place;
use crate::handler::Handler;
use crate::pattern::Pattern;
use crate::ranges;
use crate::registry::{Kind, Registrar};
use crate::running::Tag;
use crate::table::{Context, Entry, ON_RECORDING, OTHERWISE, Table};
use core::ops::RangeInclusive;
use rhai::{EvalAltResult, FnPtr, ImmutableString, NativeCallContext, Position};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Routes of one dialplan at most.
#[cfg(not(test))]
const ROUTES_MAX: usize = 100_000;
/// Tests come to the limit, and one past it, in no time.
#[cfg(test)]
pub(crate) const ROUTES_MAX: usize = 1_000;

/// What the scripts have said so far.
#[derive(Default)]
pub(crate) struct Builder {
    table: Table,
    /// Where each context was first named.
    pub(crate) named: BTreeMap<String, Place>,
    /// Includes: who, whom, where.
    pub(crate) includes: Vec<(String, String, Place)>,
    /// Faults that do not stop the top level: place, kind, message.
    pub(crate) faults: Vec<(Place, Code, String)>,
    routes: usize,
    /// Each context's patterns, and where they are.
    taken: BTreeMap<String, BTreeMap<Pattern, Place>>,
    /// Contexts for which the profile has no code for something: they may be left without any route.
    without_codes: BTreeSet<String>,
}

impl Builder {
    /// The finished table, with each context's routes in order.
    pub(crate) fn finish(mut self) -> (Table, Vec<(Place, Code, String)>) {
        for context in self.table.contexts.values_mut() {
            context.routes.sort_by(|a, b| a.pattern.cmp(&b.pattern));
        }
        let mut faults = std::mem::take(&mut self.faults);
        for (_, whom, place) in &self.includes {
            if !self.table.contexts.contains_key(whom) {
                faults.push((place.clone(), codes::NO_CONTEXT, format!("there is no context `{whom}`")));
            }
        }
        for (name, place) in &self.named {
            let empty = self.table.contexts.get(name).is_none_or(|context| {
                context.routes.is_empty() && context.includes.is_empty() && context.otherwise.is_none()
            });
            if empty && !self.without_codes.contains(name) {
                faults.push((
                    place.clone(),
                    codes::EMPTY_CONTEXT,
                    format!("the context `{name}` has no routes"),
                ));
            }
        }
        self.table.named = self.named;
        let places = self.includes.into_iter().map(|(who, whom, place)| ((who, whom), place));
        self.table.include_places = places.collect();
        (self.table, faults)
    }

    fn context(&mut self, name: &str) -> &mut Context {
        self.table.contexts.entry(name.to_owned()).or_default()
    }

    fn add_route(&mut self, context: &str, pattern: &str, handler: Handler) {
        let place = handler.place.clone();
        let parsed = match Pattern::parse(pattern) {
            Ok(parsed) => parsed,
            Err(error) => return self.faults.push((place, codes::PATTERN, format!("`{pattern}`: {error}"))),
        };
        self.routes += 1;
        if self.routes > ROUTES_MAX {
            if self.routes == ROUTES_MAX + 1 {
                let message = format!("a dialplan has at most {ROUTES_MAX} routes");
                self.faults.push((place, codes::TOO_MANY, message));
            }
            return;
        }
        let taken = self.taken.entry(context.to_owned()).or_default();
        if let Some((twin, at)) = taken.get_key_value(&parsed) {
            let message = format!("`{pattern}` is in `{context}` already: `{}` at {at}", twin.as_str());
            return self.faults.push((place, codes::TWICE, message));
        }
        taken.insert(parsed.clone(), place);
        let entry = Entry { pattern: parsed, handler: Rc::new(handler) };
        self.context(context).routes.push(entry);
    }
}

/// A context, as scripts hold it while loading: its name.
#[derive(Clone)]
pub(crate) struct ContextName(ImmutableString);

type Done = Result<(), Box<EvalAltResult>>;

impl Builder {
    fn name_context(&mut self, name: &str, place: Place) {
        if name.is_empty() {
            let message = "a context needs a name".to_owned();
            self.faults.push((place.clone(), codes::EMPTY_CONTEXT, message));
        }
        self.named.entry(name.to_owned()).or_insert(place);
        self.context(name);
    }
}

/// The functions that build the table.
pub(crate) fn register(to: &mut Registrar<'_>) {
    to.type_name::<ContextName>("Context");
    to.load("context", |context: NativeCallContext<'_>, name: ImmutableString| {
        let place = place_of(&context);
        with(&context, |builder| builder.name_context(&name, place))?;
        Ok::<_, Box<EvalAltResult>>(ContextName(name))
    });
    to.load(
        "on",
        |context: NativeCallContext<'_>,
         to: &mut ContextName,
         pattern: ImmutableString,
         function: FnPtr|
         -> Done {
            let handler = Handler::new(&context, (&to.0, &pattern), place_of(&context), function);
            with(&context, |builder| builder.add_route(&to.0, &pattern, handler))
        },
    );
    to.load(
        "on",
        |context: NativeCallContext<'_>,
         to: &mut ContextName,
         numbers: RangeInclusive<i64>,
         function: FnPtr| add_range(&context, &to.0, &numbers, &function),
    );
    to.load(
        "code",
        |context: NativeCallContext<'_>, to: &mut ContextName, code: ImmutableString, function: FnPtr| {
            add_code(&context, &to.0, (&code, ""), function)
        },
    );
    to.load(
        "code",
        |context: NativeCallContext<'_>,
         to: &mut ContextName,
         code: ImmutableString,
         more: ImmutableString,
         function: FnPtr| add_code(&context, &to.0, (&code, &more), function),
    );
    to.load("otherwise", |context: NativeCallContext<'_>, to: &mut ContextName, function: FnPtr| -> Done {
        let handler = Handler::new(&context, (&to.0, OTHERWISE), place_of(&context), function);
        with(&context, |builder| {
            let place = handler.place.clone();
            let before = builder.context(&to.0).otherwise.replace(Rc::new(handler));
            if let Some(before) = before {
                let message = format!("`{}` has an `otherwise` already, at {}", to.0, before.place);
                builder.faults.push((place, codes::OTHERWISE_TWICE, message));
            }
        })
    });
    to.load("on_hangup", |context: NativeCallContext<'_>, to: &mut ContextName, function: FnPtr| -> Done {
        let handler = Handler::new(&context, (&to.0, "on_hangup"), place_of(&context), function);
        with(&context, |builder| builder.context(&to.0).on_hangup.push(Rc::new(handler)))
    });
    to.load(
        "on_recording",
        |context: NativeCallContext<'_>, to: &mut ContextName, function: FnPtr| -> Done {
            let handler = Handler::new(&context, (&to.0, ON_RECORDING), place_of(&context), function);
            with(&context, |builder| builder.context(&to.0).on_recording.push(Rc::new(handler)))
        },
    );
    to.load("include", |context: NativeCallContext<'_>, to: &mut ContextName, other: ContextName| -> Done {
        include(&context, &to.0, &other.0)
    });
    to.load(
        "include",
        |context: NativeCallContext<'_>, to: &mut ContextName, other: ImmutableString| -> Done {
            include(&context, &to.0, &other)
        },
    );
}

/// All numbers from one to another.
fn add_range(
    context: &NativeCallContext<'_>,
    to: &str,
    numbers: &RangeInclusive<i64>,
    function: &FnPtr,
) -> Done {
    let place = place_of(context);
    with(context, |builder| {
        let Some(patterns) = ranges::patterns(numbers) else {
            let message = format!("from {} to {} there are no numbers", numbers.start(), numbers.end());
            return builder.faults.push((place, codes::PATTERN, message));
        };
        for pattern in patterns {
            let handler = Handler::new(context, (to, &pattern), place.clone(), function.clone());
            builder.add_route(to, &pattern, handler);
        }
    })
}

/// A feature code, and what is dialled after it. No code: the profile has none for this.
fn add_code(context: &NativeCallContext<'_>, to: &str, (code, more): (&str, &str), function: FnPtr) -> Done {
    if code.is_empty() {
        return with(context, |builder| {
            builder.without_codes.insert(to.to_owned());
        });
    }
    let pattern = if more.is_empty() { code.to_owned() } else { format!("_{code}{more}") };
    let place = place_of(context);
    let mut handler = Handler::new(context, (to, &pattern), place.clone(), function);
    handler.code_len = code.len();
    with(context, |builder| {
        if code.chars().all(|c| c.is_ascii_digit() || matches!(c, '*' | '#')) {
            builder.add_route(to, &pattern, handler);
        } else {
            let message = format!("`{code}` is no code: only 0-9 * # can be dialled");
            builder.faults.push((place, codes::NO_CODE, message));
        }
    })
}

fn include(context: &NativeCallContext<'_>, to: &str, other: &str) -> Done {
    let place = place_of(context);
    with(context, |builder| {
        if to == other {
            let message = format!("`{to}` includes itself");
            builder.faults.push((place.clone(), codes::INCLUDES_ITSELF, message));
        }
        builder.includes.push((to.to_owned(), other.to_owned(), place));
        builder.context(to).includes.push(other.to_owned());
    })
}

fn with<R>(
    context: &NativeCallContext<'_>,
    act: impl FnOnce(&mut Builder) -> R,
) -> Result<R, Box<EvalAltResult>> {
    let tag = context.tag().and_then(|tag| tag.read_lock::<Tag>().map(|tag| Rc::clone(&tag.0)));
    let running = tag.ok_or("this engine runs no dialplan")?;
    let mut builder = running.builder.borrow_mut();
    match builder.as_mut() {
        Some(builder) => Ok(act(builder)),
        None => Err("routes are made while loading: this can't be done in a call".into()),
    }
}

/// Where a native function was called: the file is that of the script function around the call.
pub(crate) fn place_of(context: &NativeCallContext<'_>) -> Place {
    place(file_of_call(context), context.call_position())
}

/// The file of that place.
pub(crate) fn file_of_call<'a>(context: &'a NativeCallContext<'_>) -> &'a str {
    let library = context.namespaces().last().and_then(|library| library.id());
    library.or_else(|| context.call_source()).unwrap_or_default()
}

pub(crate) fn place(file: &str, position: Position) -> Place {
    Place {
        file: file.to_owned(),
        line: position.line().unwrap_or(0),
        column: position.position().unwrap_or(0),
    }
}

impl Registrar<'_> {
    /// A function that builds the table.
    fn load<A: 'static, const N: usize, const X: bool, R: rhai::Variant + Clone, const F: bool>(
        &mut self,
        name: &'static str,
        function: impl rhai::RhaiNativeFunc<A, N, X, R, F> + 'static,
    ) {
        self.engine.register_fn(name, function);
        self.remember(name, N, Kind::Load);
    }
}
