//! The texts of scripts and tests, as somebody who debugs them asks for them.

use cordboard_dialplan::{Place, TokenKind, Watched, nearest, tokens};
use std::collections::{BTreeMap, BTreeSet};

/// Texts, and where something can stop in them.
#[derive(Default)]
pub(crate) struct Sources {
    files: BTreeMap<String, File>,
    /// Context and pattern.
    routes: Vec<(String, String)>,
}

struct File {
    lines: Vec<String>,
    /// Lines on which a statement begins that runs in calls or tests.
    stops: BTreeSet<usize>,
    functions: Vec<Function>,
    /// Words before a bracket.
    verbs: BTreeSet<String>,
}

/// A function of a script, from its first line to its last.
struct Function {
    name: String,
    from: usize,
    to: usize,
}

impl Sources {
    /// Further files.
    pub(crate) fn add(
        &mut self,
        texts: &BTreeMap<String, String>,
        points: impl Iterator<Item = Watched>,
        routes: Vec<(String, String)>,
    ) {
        for (name, text) in texts {
            let lines = text.lines().map(str::to_owned).collect();
            let file = File { lines, stops: BTreeSet::new(), functions: functions(text), verbs: verbs(text) };
            self.files.insert(name.clone(), file);
        }
        for Watched { place, .. } in points {
            if let Some(file) = self.files.get_mut(&place.file) {
                file.stops.insert(place.line);
            }
        }
        self.routes.extend(routes);
    }

    /// A line's text.
    pub(crate) fn line(&self, file: &str, line: usize) -> &str {
        let lines = self.files.get(file).map_or(&[][..], |file| file.lines.as_slice());
        lines.get(line.wrapping_sub(1)).map_or("", String::as_str)
    }

    /// How many lines a file has.
    pub(crate) fn lines(&self, file: &str) -> usize {
        self.files.get(file).map_or(0, |file| file.lines.len())
    }

    /// The function that a place is in.
    pub(crate) fn function(&self, place: &Place) -> Option<&str> {
        let functions = &self.files.get(&place.file)?.functions;
        // One within another begins later.
        let within = functions.iter().rev().find(|it| (it.from..=it.to).contains(&place.line));
        within.map(|function| function.name.as_str())
    }

    /// The file that is meant: by its name, or the end of it.
    pub(crate) fn file(&self, name: &str) -> Result<String, String> {
        if self.files.contains_key(name) {
            return Ok(name.to_owned());
        }
        let ends = |known: &&String| {
            known
                .strip_suffix(name)
                .or_else(|| known.strip_suffix(&format!("{name}.rhai")))
                .is_some_and(|before| before.ends_with('/'))
                || **known == format!("{name}.rhai")
        };
        let found: Vec<&String> = self.files.keys().filter(ends).collect();
        match found.as_slice() {
            [one] => Ok((*one).clone()),
            [] => {
                let near = nearest(name, self.files.keys().map(String::as_str));
                let near = near.map_or_else(String::new, |near| format!(", did you mean {near}?"));
                Err(format!("there is no file {name}{near}"))
            }
            several => {
                let names: Vec<&str> = several.iter().map(|name| name.as_str()).collect();
                Err(format!("{name} may be {}", names.join(" or ")))
            }
        }
    }

    /// The first line from this one on at which something can stop.
    pub(crate) fn stop_at(&self, file: &str, line: usize) -> Option<usize> {
        self.files.get(file)?.stops.range(line..).next().copied()
    }

    /// A verb that some script uses.
    pub(crate) fn verb(&self, name: &str) -> Result<(), String> {
        if self.files.values().any(|file| file.verbs.contains(name)) {
            return Ok(());
        }
        let known = self.files.values().flat_map(|file| file.verbs.iter().map(String::as_str));
        let near = nearest(name, known);
        let near = near.map_or_else(String::new, |near| format!(", did you mean `{near}`?"));
        Err(format!("no script uses a verb `{name}`{near}"))
    }

    /// A route by its pattern, and its context if several have it.
    pub(crate) fn route(&self, context: Option<&str>, pattern: &str) -> Result<(String, String), String> {
        let fits =
            |(of, it): &&(String, String)| it == pattern && context.is_none_or(|context| of == context);
        let found: Vec<&(String, String)> = self.routes.iter().filter(fits).collect();
        match found.as_slice() {
            [one] => Ok((*one).clone()),
            [] => {
                let near = nearest(pattern, self.routes.iter().map(|(_, pattern)| pattern.as_str()));
                let near = near.map_or_else(String::new, |near| format!(", did you mean {near}?"));
                Err(format!("there is no route {pattern}{near}"))
            }
            several => {
                let contexts: Vec<&str> = several.iter().map(|(context, _)| context.as_str()).collect();
                Err(format!("{} have it: break route CONTEXT {pattern}", contexts.join(", ")))
            }
        }
    }
}

/// The functions of a text that have a name.
fn functions(text: &str) -> Vec<Function> {
    let tokens = tokens(text);
    let mut functions = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let Some(name) = tokens.get(at + 1).filter(|_| token.text == "fn" && token.kind == TokenKind::Word)
        else {
            continue;
        };
        let mut depth = 0_usize;
        let mut to = token.line;
        let rest = tokens.iter().skip(at).skip_while(|token| token.text != "{");
        for token in rest {
            match token.kind {
                TokenKind::Open => depth += 1,
                TokenKind::Close => depth = depth.saturating_sub(1),
                TokenKind::Word | TokenKind::Number | TokenKind::Text | TokenKind::Sign => {}
            }
            to = token.line;
            if depth == 0 {
                break;
            }
        }
        functions.push(Function { name: name.text.to_owned(), from: token.line, to });
    }
    functions
}

/// Words before a bracket.
fn verbs(text: &str) -> BTreeSet<String> {
    let tokens = tokens(text);
    let pairs = tokens.iter().zip(tokens.iter().skip(1));
    let calls = pairs.filter(|(word, open)| word.kind == TokenKind::Word && open.text == "(");
    calls.map(|(word, _)| word.text.to_owned()).collect()
}
