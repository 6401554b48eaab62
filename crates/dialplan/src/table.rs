//! The table of routes: data that can be listed, searched and explained without a call.

use crate::finding::Place;
use crate::handler::Handler;
use crate::pattern::{NUMBER_MAX, Pattern};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::rc::Rc;

/// One route, as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// The context that it stands in.
    pub context: String,
    /// Its pattern; `otherwise` for what takes the numbers that nothing matches.
    pub pattern: String,
    /// Where it was written.
    pub place: Place,
}

/// A route that was looked at for a number, in the order of looking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// The route's pattern; `otherwise` for what takes the rest.
    pub pattern: String,
    /// The context that it stands in.
    pub context: String,
    /// Where it was written.
    pub place: Place,
    /// Whether the number matches. The first that does is taken.
    pub matched: bool,
    /// Whether it is the one that is taken.
    pub taken: bool,
    /// Why it was taken, or why not.
    pub reason: String,
    /// Whether it is a feature code.
    pub is_code: bool,
}

pub(crate) struct Entry {
    pub(crate) pattern: Pattern,
    pub(crate) handler: Rc<Handler>,
}

#[derive(Default)]
pub(crate) struct Context {
    /// Most specific first.
    pub(crate) routes: Vec<Entry>,
    pub(crate) includes: Vec<String>,
    pub(crate) otherwise: Option<Rc<Handler>>,
    pub(crate) on_hangup: Vec<Rc<Handler>>,
    pub(crate) on_recording: Vec<Rc<Handler>>,
}

#[derive(Default)]
pub(crate) struct Table {
    pub(crate) contexts: BTreeMap<String, Context>,
    /// Where each context was first named.
    pub(crate) named: BTreeMap<String, Place>,
    /// Who includes whom, and where it says so.
    pub(crate) include_places: BTreeMap<(String, String), Place>,
}

/// What the handlers of complete recordings are called in snapshots.
pub(crate) const ON_RECORDING: &str = "on_recording";
/// What a route without pattern is called in lists and snapshots.
pub(crate) const OTHERWISE: &str = "otherwise";

impl Table {
    /// The names of the contexts.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.contexts.keys().map(String::as_str)
    }

    /// The context, then what it includes in order and depth first, each once: an include loop ends where it began.
    pub(crate) fn searched(&self, context: &str) -> Vec<(&str, &Context)> {
        let mut order: Vec<(&str, &Context)> = Vec::new();
        let mut waiting = vec![context];
        while let Some(name) = waiting.pop() {
            let Some((name, found)) = self.contexts.get_key_value(name) else { continue };
            if order.iter().any(|(seen, _)| seen == name) {
                continue;
            }
            order.push((name, found));
            waiting.extend(found.includes.iter().rev().map(String::as_str));
        }
        order
    }

    /// The route of a number. Literals and patterns of all searched contexts come before any `otherwise`.
    pub(crate) fn find(&self, context: &str, number: &str) -> Option<Rc<Handler>> {
        let searched = self.searched(context);
        if number.len() <= NUMBER_MAX {
            for (_, context) in &searched {
                if let Some(entry) = context.routes.iter().find(|entry| entry.pattern.matches(number).is_ok())
                {
                    return Some(Rc::clone(&entry.handler));
                }
            }
        }
        searched.iter().find_map(|(_, context)| context.otherwise.clone())
    }

    /// Whether a number has a route, beside any `otherwise`.
    pub(crate) fn has(&self, context: &str, number: &str) -> bool {
        let fits = |entry: &Entry| entry.pattern.matches(number).is_ok();
        number.len() <= NUMBER_MAX
            && self.searched(context).iter().any(|(_, context)| context.routes.iter().any(fits))
    }

    /// A route by its name: the context that it stands in, and its pattern.
    pub(crate) fn by_name(&self, context: &str, pattern: &str) -> Option<Rc<Handler>> {
        let context = self.contexts.get(context)?;
        if pattern == OTHERWISE {
            return context.otherwise.clone();
        }
        context
            .routes
            .iter()
            .find(|entry| entry.pattern.as_str() == pattern)
            .map(|entry| Rc::clone(&entry.handler))
    }

    /// The handlers for the end of a call: of the context it is in, then of those that it includes.
    pub(crate) fn hangup_handlers(&self, context: &str) -> Vec<Rc<Handler>> {
        self.searched(context).iter().flat_map(|(_, context)| context.on_hangup.iter().cloned()).collect()
    }

    /// The handlers for a complete recording: of the context that the call is in, then of those that it includes.
    pub(crate) fn recording_handlers(&self, context: &str) -> Vec<Rc<Handler>> {
        let searched = self.searched(context);
        searched.iter().flat_map(|(_, context)| context.on_recording.iter().cloned()).collect()
    }

    /// All routes, context by context, in the order in which they are tried.
    pub(crate) fn routes(&self) -> Vec<Route> {
        let mut routes = Vec::new();
        for (name, context) in &self.contexts {
            let mut push = |pattern: &str, handler: &Handler| {
                routes.push(Route {
                    context: name.clone(),
                    pattern: pattern.to_owned(),
                    place: handler.place.clone(),
                });
            };
            for entry in &context.routes {
                push(entry.pattern.as_str(), &entry.handler);
            }
            if let Some(handler) = &context.otherwise {
                push(OTHERWISE, handler);
            }
        }
        routes
    }

    /// Every route that is looked at for a number, in order, and why it is taken or not.
    pub(crate) fn why(&self, context: &str, number: &str) -> Vec<Candidate> {
        let searched = self.searched(context);
        let mut candidates: Vec<Candidate> = Vec::new();
        let mut taken: Option<(String, String)> = None;
        let too_long = number.len() > NUMBER_MAX;
        for (name, context) in &searched {
            for entry in &context.routes {
                let mismatch = match entry.pattern.matches(number) {
                    _ if too_long => Some(format!("numbers have at most {NUMBER_MAX} characters")),
                    Ok(()) => None,
                    Err(mismatch) => Some(mismatch.to_string()),
                };
                let pattern = entry.pattern.as_str().to_owned();
                let place = entry.handler.place.clone();
                let is_code = entry.handler.code_len > 0;
                let is_first = mismatch.is_none() && taken.is_none();
                let (matched, reason) = match mismatch {
                    Some(reason) => (false, reason),
                    None => (true, take(&mut taken, &pattern, name)),
                };
                let context = (*name).to_owned();
                candidates.push(Candidate {
                    pattern,
                    context,
                    place,
                    matched,
                    taken: is_first,
                    reason,
                    is_code,
                });
            }
        }
        for (name, context) in &searched {
            if let Some(handler) = &context.otherwise {
                let matched = taken.is_none();
                let reason = take(&mut taken, OTHERWISE, name);
                let (pattern, place) = (OTHERWISE.to_owned(), handler.place.clone());
                let context = (*name).to_owned();
                candidates.push(Candidate {
                    pattern,
                    context,
                    place,
                    matched,
                    taken: matched,
                    reason,
                    is_code: false,
                });
            }
        }
        candidates
    }
}

/// Why a route that matches is taken, or why another one is.
fn take(taken: &mut Option<(String, String)>, pattern: &str, context: &str) -> String {
    let Some((by, of)) = taken else {
        *taken = Some((pattern.to_owned(), context.to_owned()));
        return "taken: the first that matches".to_owned();
    };
    let why = match (pattern, of == context) {
        (OTHERWISE, _) => "this one takes what no other does".to_owned(),
        (_, true) => "it is more specific".to_owned(),
        (_, false) => format!("`{of}` is searched before `{context}`"),
    };
    format!("`{by}` in `{of}` comes first: {why}")
}
