//! Mutants of a dialplan: small faults put into its scripts, each of which some test should notice.

use cordboard_dialplan::{Bundle, Point, PointKind, Token, TokenKind, points, tokens};
use serde::Serialize;

/// A fault that was put in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mutant {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What was changed.
    pub what: String,
    /// The file's text with the fault.
    #[serde(skip)]
    pub text: String,
}

impl Mutant {
    /// The dialplan with the fault.
    pub fn of(&self, bundle: &Bundle) -> Bundle {
        let mut bundle = bundle.clone();
        bundle.files.insert(self.file.clone(), self.text.clone());
        bundle
    }
}

/// What stands for another word: statuses, dispositions and truths.
const SWAPPED: [(&str, &str); 8] = [
    ("\"answered\"", "\"busy\""),
    ("\"busy\"", "\"no-answer\""),
    ("\"no-answer\"", "\"busy\""),
    ("\"unavailable\"", "\"answered\""),
    ("true", "false"),
    ("false", "true"),
    ("\"on\"", "\"off\""),
    ("\"off\"", "\"on\""),
];
const OPERATORS: [(&str, &str); 6] =
    [("==", "!="), ("!=", "=="), ("&&", "||"), ("||", "&&"), ("<", ">="), (">=", "<")];

/// All mutants of a dialplan, `most` of them at most, spread over all of it.
pub fn mutants(bundle: &Bundle, most: usize) -> Vec<Mutant> {
    let mut all = Vec::new();
    for (file, text) in &bundle.files {
        of_file(file, text, &mut all);
    }
    if all.len() <= most || most == 0 {
        return all;
    }
    let count = all.len();
    let chosen: std::collections::BTreeSet<usize> = (0..most).map(|n| n * count / most).collect();
    all.into_iter().enumerate().filter(|(n, _)| chosen.contains(n)).map(|(_, mutant)| mutant).collect()
}

fn of_file(file: &str, text: &str, all: &mut Vec<Mutant>) {
    let tokens = tokens(text);
    let mut put = |line: usize, what: String, (start, end): (usize, usize), with: &str| {
        let (Some(head), Some(tail)) = (text.get(..start), text.get(end..)) else { return };
        all.push(Mutant { file: file.to_owned(), line, what, text: format!("{head}{with}{tail}") });
    };
    for point in points(text).iter().filter(|point| point.kind == PointKind::Statement) {
        if let Some(what) = removable(text, point) {
            put(point.line, format!("removed `{what}`"), (point.start, point.end), "();");
        }
    }
    let mut depth_of_functions = 0_usize;
    for (n, token) in tokens.iter().enumerate() {
        let range = (token.start, token.start + token.text.len());
        depth_of_functions += usize::from(token.text == "{");
        if let Some((_, with)) = swap(token, n.checked_sub(1).and_then(|n| tokens.get(n))) {
            put(token.line, format!("`{}` became `{with}`", token.text), range, with);
        }
        if token.text == "if"
            && let Some(end) = condition_end(&tokens, n)
        {
            let condition = text.get(range.1..end).unwrap_or("").trim();
            put(
                token.line,
                format!("`if {condition}` was negated"),
                (range.1, end),
                &format!(" !({condition}) "),
            );
        }
        if token.kind == TokenKind::Number && depth_of_functions > 0 {
            let changed = changed(token.text);
            put(token.line, format!("{} became {changed}", token.text), range, &changed);
        }
    }
}

fn swap<'a>(token: &Token<'_>, before: Option<&Token<'_>>) -> Option<&'a (&'static str, &'static str)> {
    let words = matches!(token.kind, TokenKind::Text | TokenKind::Word);
    // A key of a map is no value.
    let table: &[(&str, &str)] = if words { &SWAPPED } else { &OPERATORS };
    let is_closure =
        token.text == "||" && before.is_some_and(|before| matches!(before.text, "(" | "," | "="));
    table.iter().find(|(word, _)| *word == token.text && !is_closure)
}

/// A number that differs enough to be noticed.
fn changed(number: &str) -> String {
    match number.parse::<i64>() {
        Ok(0) => "1".to_owned(),
        Ok(n) if n < 4 => (n + 1).to_string(),
        Ok(n) => (n * 3).to_string(),
        Err(_) => format!("{number}9"),
    }
}

/// Statements that can go: calls. What declares a variable or changes the flow would only fail to compile, or is an `if` that is
/// negated anyway.
fn removable(text: &str, point: &Point) -> Option<String> {
    let statement = text.get(point.start..point.end)?.trim();
    let first = statement.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("");
    let keeps = ["let", "if", "switch", "for", "while", "loop", "do", "import", "const", "fn", "try", ""];
    if keeps.contains(&first) || !statement.contains('(') || !statement.ends_with(';') {
        return None;
    }
    let short: String = statement.lines().next().unwrap_or("").chars().take(60).collect();
    Some(short)
}

/// Where the condition of an `if` ends: at its brace.
fn condition_end(tokens: &[Token<'_>], at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for token in tokens.iter().skip(at + 1) {
        match (token.kind, token.text) {
            (TokenKind::Open, "{") if depth == 0 => return Some(token.start),
            (TokenKind::Open, _) => depth += 1,
            (TokenKind::Close, _) => depth = depth.checked_sub(1)?,
            (TokenKind::Word | TokenKind::Number | TokenKind::Text | TokenKind::Sign, _) => {}
        }
    }
    None
}
