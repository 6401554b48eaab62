//! A script's text as tokens: enough to tell where its statements begin and end.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A name or a word of the language.
    Word,
    /// A number.
    Number,
    /// A string, a character or a template with all that is in it.
    Text,
    /// One of `( [ {`, or `#{`.
    Open,
    /// One of `) ] }`.
    Close,
    /// Anything else; operators of several characters are one token.
    Sign,
}

/// A token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: TokenKind,
    /// Its text.
    pub text: &'a str,
    /// Where it begins, in bytes.
    pub start: usize,
    /// Its line, from 1.
    pub line: usize,
    /// Its column, from 1, in characters.
    pub column: usize,
}

/// Operators of more than one character, longest first.
const SIGNS: [&str; 24] = [
    "..=", "**=", "<<=", ">>=", "=>", "==", "!=", "<=", ">=", "&&", "||", "??", "?.", "?[", "::", "..", "+=",
    "-=", "*=", "/=", "%=", "**", "<<", ">>",
];

/// The tokens of a script; comments are none.
pub fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let (mut at, mut line, mut column) = (0, 1, 1);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let (kind, len) = next(rest);
        let Some(taken) = rest.get(..len) else { break };
        if let Some(kind) = kind {
            tokens.push(Token { kind, text: taken, start: at, line, column });
        }
        for c in taken.chars() {
            if c == '\n' {
                (line, column) = (line + 1, 1);
            } else {
                column += 1;
            }
        }
        at += len;
    }
    tokens
}

/// The kind and length in bytes of what comes next; no kind: space or comment.
fn next(rest: &str) -> (Option<TokenKind>, usize) {
    let Some(first) = rest.chars().next() else { return (None, 0) };
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let run = |fits: &dyn Fn(char) -> bool| rest.find(|c: char| !fits(c)).unwrap_or(rest.len());
    match first {
        c if c.is_whitespace() => (None, run(&char::is_whitespace)),
        _ if rest.starts_with("//") => (None, rest.find('\n').unwrap_or(rest.len())),
        _ if rest.starts_with("/*") => (None, comment(rest)),
        '"' | '\'' => (Some(TokenKind::Text), quoted(rest, first)),
        '`' => (Some(TokenKind::Text), template(rest)),
        '#' if rest.starts_with("#{") => (Some(TokenKind::Open), 2),
        '#' => (Some(TokenKind::Text), raw(rest)),
        '(' | '[' | '{' => (Some(TokenKind::Open), 1),
        ')' | ']' | '}' => (Some(TokenKind::Close), 1),
        c if c.is_ascii_digit() => {
            // `0..3` is a number, a sign and a number.
            let whole = run(&word);
            let fraction = rest.get(whole..).and_then(|rest| rest.strip_prefix('.'));
            let digits =
                fraction.map_or(0, |rest| rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
            (Some(TokenKind::Number), if digits > 0 { whole + 1 + digits } else { whole })
        }
        c if word(c) => (Some(TokenKind::Word), run(&word)),
        c => {
            let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign));
            (Some(TokenKind::Sign), sign.map_or(c.len_utf8(), |sign| sign.len()))
        }
    }
}

fn comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(tail) = rest.get(at..).filter(|tail| !tail.is_empty()) {
        if tail.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if tail.starts_with("*/") {
            depth = depth.saturating_sub(1);
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += tail.chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

fn raw(rest: &str) -> usize {
    let hashes = rest.len() - rest.trim_start_matches('#').len();
    let Some(body) = rest.get(hashes..).filter(|body| body.starts_with('"')) else { return hashes };
    let end = format!("\"{}", "#".repeat(hashes));
    body.get(1..).and_then(|body| body.find(&end)).map_or(rest.len(), |at| hashes + 1 + at + end.len())
}

/// A template, with the holes in it and the templates in those.
fn template(rest: &str) -> usize {
    let mut at = 1;
    while let Some(tail) = rest.get(at..).filter(|tail| !tail.is_empty()) {
        if tail.starts_with("``") {
            at += 2;
        } else if tail.starts_with('`') {
            return at + 1;
        } else if tail.starts_with("${") {
            at += 2 + hole(tail.get(2..).unwrap_or(""));
        } else {
            at += tail.chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// Up to and with the brace that closes a hole.
fn hole(rest: &str) -> usize {
    let mut depth = 1_usize;
    let mut at = 0;
    while let Some(tail) = rest.get(at..).filter(|tail| !tail.is_empty()) {
        let (kind, len) = next(tail);
        let text = tail.get(..len).unwrap_or("");
        match kind {
            Some(TokenKind::Open) if text.ends_with('{') => depth += 1,
            Some(TokenKind::Close) if text == "}" => depth -= 1,
            Some(_) | None => {}
        }
        at += len.max(1);
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        tokens(text).iter().map(|token| token.text).collect()
    }

    #[test]
    fn strings_templates_and_comments_are_whole() {
        assert_eq!(
            texts("a /* { */ `x ${f(`y ${#{a: 1}}`)} z` \"}\" // {\n}"),
            ["a", "`x ${f(`y ${#{a: 1}}`)} z`", "\"}\"", "}"]
        );
        assert_eq!(
            texts("0..3 1.5 a.b #{x:1} ## #\"{\"#"),
            ["0", "..", "3", "1.5", "a", ".", "b", "#{", "x", ":", "1", "}", "##", "#\"{\"#"]
        );
    }

    proptest::proptest! {
        #[test]
        fn tokens_stand_where_they_say(text in "[ -~\n`$\\{\\}\"#/*'é]{0,80}") {
            let mut before = 0;
            for token in tokens(&text) {
                proptest::prop_assert!(token.start >= before);
                proptest::prop_assert_eq!(text.get(token.start..token.start + token.text.len()), Some(token.text));
                before = token.start + token.text.len();
            }
        }
    }
}
