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
    if is_equivalent(text, point, statement) {
        return None;
    }
    let keeps = ["let", "if", "switch", "for", "while", "loop", "do", "import", "const", "fn", "try", ""];
    if keeps.contains(&first) || !statement.contains('(') || !statement.ends_with(';') {
        return None;
    }
    let short: String = statement.lines().next().unwrap_or("").chars().take(60).collect();
    Some(short)
}

/// Verbs that a caller is to hear, or that listen to the caller: they answer a call that nobody has answered, unless it has early media.
const ANSWERS: [&str; 12] = [
    "play",
    "read",
    "menu",
    "authenticate",
    "say",
    "tone",
    "echo",
    "music",
    "send_dtmf",
    "wait_silence",
    "conference",
    "amd",
];

/// Whether nothing would be different without it, so that no test could notice: `ch.answer()`, where the next that is done with the call
/// answers by itself.
fn is_equivalent(text: &str, point: &Point, statement: &str) -> bool {
    let Some(call) = statement.strip_suffix(".answer();") else { return false };
    let function = text.get(..point.start).unwrap_or_default();
    let function = function.rfind("\nfn ").and_then(|at| function.get(at..)).unwrap_or(function);
    let rest = text.get(point.end..).unwrap_or_default();
    let rest = rest.find("\nfn ").and_then(|at| rest.get(..at)).unwrap_or(rest);
    let Some((before, verb)) = next_verb(rest, call) else { return false };
    // Another function may do anything with the call; only one that is given what the verb yields comes after it.
    let earlier = before.rfind([';', '{', '}']).and_then(|at| before.get(..at)).unwrap_or_default();
    ANSWERS.contains(&verb) && !earlier.contains(&format!("({call}")) && !function.contains(".progress()")
}

/// The next verb of a call in a text, and what stands before it: `ch.play(`, `ch.say.number(`; properties are none.
fn next_verb<'t>(text: &'t str, call: &str) -> Option<(&'t str, &'t str)> {
    let receiver = format!("{call}.");
    let mut from = 0;
    while let Some(at) = text.get(from..)?.find(&receiver).map(|at| at + from) {
        let rest = text.get(at + receiver.len()..)?;
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        if after.starts_with('(') || word == "say" {
            return Some((text.get(..at)?, word));
        }
        from = at + receiver.len();
    }
    None
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What is removed from a script.
    fn removed(body: &str) -> Vec<String> {
        let mut all = Vec::new();
        of_file("a.rhai", &format!("fn f(ch) {{\n    {body}\n}}\n"), &mut all);
        all.into_iter().filter_map(|mutant| Some(mutant.what.strip_prefix("removed ")?.to_owned())).collect()
    }

    #[test]
    fn an_answer_before_what_answers_by_itself_stays() {
        for (body, left) in [
            ("ch.answer();\n    ch.play(\"a\");", 1),
            ("ch.answer();\n    let typed = ch.read(#{});", 0),
            ("ch.answer();\n    ch.say.number(3);", 1),
            ("ch.answer();\n    db::set(\"a\", ch.dialed, 1);\n    ch.play(\"b\");", 2),
            ("ch.answer();\n    next(ch, ch.read(#{}));", 1),
            // These are something else: nothing is heard, it is too late, or it would be early media.
            ("ch.answer();\n    ch.wait(3);", 2),
            ("ch.answer();\n    db::set(\"a\", \"b\", 1);", 2),
            ("ch.progress();\n    ch.play(\"a\");\n    ch.answer();\n    ch.play(\"b\");", 4),
            ("ch.answer();\n    other.play(\"a\");", 2),
            ("ch.answer();\n    other(ch);\n    ch.play(\"a\");", 3),
        ] {
            assert_eq!(removed(body).len(), left, "{body}: {:?}", removed(body));
        }
    }
}
