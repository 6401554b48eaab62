//! Which variables there are, who sets and reads them, and where they are kept here: in the function where only one uses them,
//! else with the call.

use super::parse::Plan;
use super::text::{Piece, pieces};
use super::value::Kind;
use std::collections::{BTreeMap, BTreeSet};

/// Rounds of looking for variables that hold whole numbers: each round that finds none is the last.
const ROUNDS_MAX: usize = 20;
/// Constants that name constants.
const DEPTH_MAX: usize = 8;

/// Where a variable is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// Of `[globals]`, and never changed.
    Constant(String),
    /// Of `[globals]`, and changed by calls; this is its first value.
    Global(String),
    /// In its function.
    Local(Kind),
    /// With the call.
    Shared(Kind),
    /// Nothing sets it.
    Never,
}

#[derive(Clone, Debug, Default)]
struct Known {
    /// Context and extension of whoever sets or reads it, and whether each begins with setting it, whatever else it does.
    users: BTreeMap<(String, String), bool>,
    /// What it is set to.
    values: Vec<String>,
    /// Whether it is set by an application, as text.
    is_read_in: bool,
    /// `__NAME`
    is_inherited: bool,
}

/// All of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Variables {
    globals: BTreeMap<String, String>,
    changed: BTreeSet<String>,
    known: BTreeMap<String, Known>,
    /// Contexts that are called by Gosub or Macro.
    pub(super) subroutines: BTreeSet<String>,
    ints: BTreeSet<String>,
    /// While looking: whether the extension may have gone another way before.
    has_branched: bool,
    /// Parameters of subroutines that are devices to dial.
    devices: BTreeSet<(String, String)>,
    /// Outcome → who runs an application that sets it.
    outcomes: BTreeMap<&'static str, BTreeSet<(String, String)>>,
}

/// Applications behind which it is not sure what follows.
const BRANCHES: [&str; 12] = [
    "goto",
    "gotoif",
    "gotoiftime",
    "execif",
    "execiftime",
    "while",
    "gosub",
    "gosubif",
    "macro",
    "macroif",
    "background",
    "waitexten",
];

/// Variables that an application sets: its name, the variable, what kind it is.
pub(super) const STATUSES: [(&str, &str, Kind); 8] = [
    ("dial", "DIALSTATUS", Kind::Dialed),
    ("queue", "QUEUESTATUS", Kind::Status),
    ("voicemail", "VMSTATUS", Kind::Status),
    ("directory", "DIRECTORY_RESULT", Kind::Status),
    ("amd", "AMDSTATUS", Kind::Status),
    ("amd", "AMDCAUSE", Kind::Status),
    ("chanisavail", "AVAILSTATUS", Kind::Text),
    ("gosub", "GOSUB_RETVAL", Kind::Text),
];

impl Variables {
    /// Looks through the whole dialplan.
    pub(super) fn of(plan: &Plan) -> Self {
        let globals = plan.globals.iter().map(|(name, (value, _))| (name.clone(), value.clone())).collect();
        let mut all = Self { globals, ..Self::default() };
        for context in &plan.contexts {
            for exten in &context.extens {
                all.has_branched = false;
                for step in exten.steps.values() {
                    all.step(&(context.name.clone(), exten.pattern.clone()), &step.app, &step.args);
                    all.has_branched |= BRANCHES.contains(&step.app.as_str());
                }
            }
        }
        all.find_ints();
        all
    }

    fn step(&mut self, user: &(String, String), app: &str, args: &[String]) {
        for (_, name, _) in STATUSES.iter().filter(|(setter, ..)| *setter == app) {
            self.outcomes.entry(name).or_default().insert(user.clone());
        }
        match app {
            "set" | "mset" => {
                for arg in args {
                    self.assignment(user, arg);
                }
                return;
            }
            "setglobalvar" => {
                if let Some((name, _)) = args.first().and_then(|arg| arg.split_once('=')) {
                    self.changed.insert(name.trim().to_owned());
                }
            }
            "read" => {
                if let Some(name) = args.first() {
                    self.sets(user, name.trim_start_matches('_'), None);
                }
            }
            "execif" | "execiftime" | "exec" | "tryexec" => {
                let whole = args.join(",");
                let (condition, calls) = whole.split_once('?').unwrap_or(("", &whole));
                self.reads(user, condition);
                let before = core::mem::replace(&mut self.has_branched, true);
                for call in super::parse::split(calls, ':') {
                    let (app, args) = super::parse::call_of(&call);
                    if !app.starts_with("exec") && !app.is_empty() {
                        self.step(user, &app, &args);
                    }
                }
                self.has_branched = before;
                return;
            }
            "dial" => {
                let device = args.first().map_or("", String::as_str);
                if let Some(name) = device.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'))
                    && name.starts_with("ARG")
                {
                    self.devices.insert((user.0.clone(), name.to_owned()));
                }
            }
            "gosub" | "gosubif" | "macro" | "macroif" | "macroexclusive" => self.subroutine(user, app, args),
            _ => {}
        }
        for arg in args {
            self.reads(user, arg);
        }
    }

    fn subroutine(&mut self, user: &(String, String), app: &str, args: &[String]) {
        let targets: Vec<String> = match app {
            "macro" | "macroexclusive" => {
                args.first().map(|name| format!("macro-{name}")).into_iter().collect()
            }
            "macroif" => args
                .iter()
                .flat_map(|arg| arg.split(['?', ':']))
                .map(|name| format!("macro-{name}"))
                .collect(),
            _ => {
                let head = args.first().map(String::as_str).unwrap_or_default();
                let whole = head.rsplit_once('?').map_or(head, |(_, rest)| rest);
                let own = args.len() < 3 && !whole.is_empty();
                let contexts: Vec<String> =
                    args.iter().flat_map(|arg| arg.split([':', '?'])).map(str::to_owned).collect();
                if own { contexts.into_iter().chain([user.0.clone()]).collect() } else { contexts }
            }
        };
        self.subroutines.extend(targets.iter().map(|target| target.trim().to_owned()));
    }

    fn assignment(&mut self, user: &(String, String), arg: &str) {
        let Some((name, value)) = arg.split_once('=') else { return self.reads(user, arg) };
        let name = name.trim();
        if let Some((function, inner)) = name.split_once('(') {
            let inner = inner.trim_end_matches(')').trim();
            match function.to_ascii_uppercase().as_str() {
                "GLOBAL" => drop(self.changed.insert(inner.to_owned())),
                "ARRAY" | "HASH" => {
                    for name in inner.split(',') {
                        self.sets(user, name.trim(), None);
                    }
                }
                _ => self.reads(user, name),
            }
            return self.reads(user, value);
        }
        self.reads(user, value);
        let bare = name.trim_start_matches('_');
        self.sets(user, bare, Some(value));
        if name.starts_with('_')
            && let Some(known) = self.known.get_mut(bare)
        {
            known.is_inherited = true;
        }
    }

    fn sets(&mut self, user: &(String, String), name: &str, value: Option<&str>) {
        let known = self.known.entry(name.to_owned()).or_default();
        let sure = !self.has_branched;
        known.users.entry(user.clone()).or_insert(sure);
        match value {
            Some(value) => known.values.push(value.trim().to_owned()),
            None => known.is_read_in = true,
        }
    }

    fn reads(&mut self, user: &(String, String), text: &str) {
        let mut names = Vec::new();
        names_in(text, &mut names, 0);
        for name in names {
            let known = self.known.entry(name).or_default();
            known.users.entry(user.clone()).or_insert(false);
        }
    }

    /// Variables that are only ever set to whole numbers: assumed of all, and taken back until nothing changes.
    fn find_ints(&mut self) {
        let candidates = self.known.iter().filter(|(_, known)| !known.is_read_in && !known.values.is_empty());
        self.ints = candidates.map(|(name, _)| name.clone()).collect();
        for _ in 0..ROUNDS_MAX {
            let is_int = |value: &String| {
                value.parse::<i64>().is_ok() && !value.starts_with('0') || value == "0" || self.is_sum(value)
            };
            let still =
                |name: &&String| self.known.get(*name).is_some_and(|known| known.values.iter().all(is_int));
            let next: BTreeSet<String> = self.ints.iter().filter(still).cloned().collect();
            if next == self.ints {
                return;
            }
            self.ints = next;
        }
        self.ints.clear();
    }

    /// `$[${X} + 1]`, of variables that hold whole numbers.
    fn is_sum(&self, value: &str) -> bool {
        let parts = pieces(value).unwrap_or_default();
        let [Piece::Expression(inner)] = parts.as_slice() else { return false };
        let plain = inner.chars().all(|c| c.is_ascii_alphanumeric() || "_${}+-*% ".contains(c));
        plain && inner.contains(['+', '-', '*', '%']) && !inner.contains('(')
    }

    /// Where a variable is kept.
    pub(super) fn held(&self, name: &str, context: &str) -> Held {
        if let Some((_, name, kind)) = STATUSES.iter().find(|(_, known, _)| *known == name) {
            return self.held_outcome(name, *kind);
        }
        let known = self.known.get(name).filter(|known| known.is_read_in || !known.values.is_empty());
        let Some(known) = known else {
            return match self.globals.get(name) {
                Some(first) if self.changed.contains(name) => Held::Global(first.clone()),
                Some(_) => match self.constant(&format!("${{{name}}}")) {
                    Some(text) => Held::Constant(text),
                    None => Held::Never,
                },
                None if self.changed.contains(name) => Held::Global(String::new()),
                None => Held::Never,
            };
        };
        let kind = if self.ints.contains(name) { Kind::Int } else { Kind::Text };
        let contexts: BTreeSet<&str> = known.users.keys().map(|(context, _)| context.as_str()).collect();
        // Extensions that no telephone can dial are parts of the one that leads to them.
        let mains = known
            .users
            .iter()
            .filter(|((_, pattern), _)| pattern == "s" || super::graph::is_dialable(pattern));
        let is_one =
            contexts.len() == 1 && (mains.clone().count() == 1 || self.subroutines.contains(context));
        let begins = if is_one {
            mains.clone().any(|(_, begins)| *begins)
        } else {
            known.users.values().all(|begins| *begins)
        };
        if begins && !known.is_inherited && !self.globals.contains_key(name) {
            Held::Local(kind)
        } else {
            Held::Shared(Kind::Text)
        }
    }

    /// An outcome stays in its function if all who ask for it run what it comes of themselves.
    fn held_outcome(&self, name: &str, kind: Kind) -> Held {
        let Some(readers) = self.known.get(name).map(|known| &known.users) else { return Held::Local(kind) };
        let setters = self.outcomes.get(name).cloned().unwrap_or_default();
        let sets = |reader: &(String, String)| {
            let of_context = || setters.iter().any(|(context, _)| *context == reader.0);
            setters.contains(reader) || self.subroutines.contains(&reader.0) && of_context()
        };
        if setters.is_empty() {
            Held::Never
        } else if readers.keys().all(sets) {
            Held::Local(kind)
        } else {
            Held::Shared(kind)
        }
    }

    /// Whether anything asks for a variable.
    pub(super) fn is_read(&self, name: &str) -> bool {
        self.known.contains_key(name)
    }

    /// Whether an extension, or a part of it, asks for a variable.
    pub(super) fn is_read_in(&self, name: &str, context: &str, pattern: &str) -> bool {
        let is_part = |own: &(String, String)| {
            let part =
                own.1 == pattern || !super::graph::is_dialable(&own.1) || self.subroutines.contains(context);
            own.0 == context && part
        };
        self.known.get(name).is_some_and(|known| known.users.keys().any(is_part))
    }

    /// Whether a parameter of a subroutine is a device to dial.
    pub(super) fn is_device(&self, context: &str, parameter: &str) -> bool {
        self.devices.contains(&(context.to_owned(), parameter.to_owned()))
    }

    /// A text with the constants of `[globals]` put in, whatever else stands in it.
    pub(super) fn folded(&self, text: &str) -> String {
        let mut out = text.to_owned();
        for name in self.globals.keys() {
            let marked = format!("${{{name}}}");
            if out.contains(&marked)
                && let Some(value) = self.constant(&marked)
            {
                out = out.replace(&marked, &value);
            }
        }
        out
    }

    /// A text whose variables are all constants of `[globals]`.
    pub(super) fn constant(&self, text: &str) -> Option<String> {
        self.constant_in(text, 0)
    }

    fn constant_in(&self, text: &str, depth: usize) -> Option<String> {
        if depth > DEPTH_MAX {
            return None;
        }
        let mut out = String::new();
        for piece in pieces(text)? {
            match piece {
                Piece::Plain(text) => out.push_str(&text),
                Piece::Variable { name, cut } => {
                    let name = super::text::plain(&name)?;
                    let is_set = self
                        .known
                        .get(&name)
                        .is_some_and(|known| known.is_read_in || !known.values.is_empty());
                    let value =
                        self.globals.get(&name).filter(|_| !is_set && !self.changed.contains(&name))?;
                    let value = self.constant_in(value, depth + 1)?;
                    out.push_str(
                        &cut.map_or(value.clone(), |cut| super::scope::part(&value, cut.offset, cut.length)),
                    );
                }
                Piece::Function { .. } | Piece::Expression(_) => return None,
            }
        }
        Some(out)
    }
}

/// The names of variables that a text reads.
fn names_in(text: &str, names: &mut Vec<String>, depth: usize) {
    if depth > DEPTH_MAX {
        return;
    }
    for piece in pieces(text).unwrap_or_default() {
        match piece {
            Piece::Plain(_) => {}
            Piece::Expression(inner) => names_in(&inner, names, depth + 1),
            Piece::Variable { name, .. } => match super::text::plain(&name) {
                Some(name) => names.push(name),
                None => {
                    for part in name {
                        if let Piece::Variable { name, .. } = part {
                            names.extend(super::text::plain(&name));
                        }
                    }
                }
            },
            Piece::Function { name, args, .. } => {
                if matches!(name.as_str(), "CUT" | "FIELDQTY" | "LOCAL" | "STRREPLACE" | "REPLACE") {
                    names.extend(args.first().cloned());
                }
                for arg in &args {
                    names_in(arg, names, depth + 1);
                }
            }
        }
    }
}
