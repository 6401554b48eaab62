//! Texts with `${…}` and `$[…]` in them, as pieces.

use super::parse::split;

/// Texts within one another: `${${${…}}}`.
const DEPTH_MAX: usize = 20;

/// A piece of a text.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    /// As it stands.
    Plain(String),
    /// `${NAME}`, whose name may itself be put together.
    Variable { name: Vec<Piece>, cut: Option<Cut> },
    /// `${NAME(a,b)}`
    Function { name: String, args: Vec<String>, cut: Option<Cut> },
    /// `$[…]`
    Expression(String),
}

/// `:offset:length`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    pub(super) offset: i64,
    pub(super) length: Option<i64>,
}

/// The pieces of a text; `None` if its brackets do not close, or lie too deep.
pub(super) fn pieces(text: &str) -> Option<Vec<Piece>> {
    pieces_in(text, 0)
}

fn pieces_in(text: &str, depth: usize) -> Option<Vec<Piece>> {
    if depth > DEPTH_MAX {
        return None;
    }
    let mut out = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if rest.starts_with("${") || rest.starts_with("$[") {
            let (inner, after) = bracketed(rest.get(1..)?)?;
            if !plain.is_empty() {
                out.push(Piece::Plain(core::mem::take(&mut plain)));
            }
            out.push(if rest.starts_with("${") {
                variable(inner, depth)?
            } else {
                Piece::Expression(inner.to_owned())
            });
            rest = after;
            continue;
        }
        rest = rest.get(c.len_utf8()..)?;
        if c == '\\' {
            let Some(next) = rest.chars().next() else { break };
            plain.push(next);
            rest = rest.get(next.len_utf8()..)?;
        } else {
            plain.push(c);
        }
    }
    if !plain.is_empty() {
        out.push(Piece::Plain(plain));
    }
    Some(out)
}

/// `{a}b` → `a`, `b`
pub(super) fn bracketed(text: &str) -> Option<(&str, &str)> {
    let (mut curly, mut square) = (0_i32, 0_i32);
    for (at, c) in text.char_indices() {
        match c {
            '{' => curly += 1,
            '}' => curly -= 1,
            '[' => square += 1,
            ']' => square -= 1,
            _ => {}
        }
        let closed = if text.starts_with('{') { curly == 0 } else { square == 0 };
        if closed {
            return Some((text.get(1..at)?, text.get(at + c.len_utf8()..)?));
        }
    }
    None
}

fn variable(inner: &str, depth: usize) -> Option<Piece> {
    let (body, cut) = cut_of(inner);
    if let Some((name, args)) = body.split_once('(')
        && let Some(args) = args.trim_end().strip_suffix(')')
        && !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    {
        let args = if args.is_empty() { Vec::new() } else { split(args, ',') };
        return Some(Piece::Function { name: name.to_ascii_uppercase(), args, cut });
    }
    Some(Piece::Variable { name: pieces_in(body, depth + 1)?, cut })
}

/// `NAME:1:-2` → `NAME` and what is cut. A colon within brackets belongs to the name.
fn cut_of(inner: &str) -> (&str, Option<Cut>) {
    let mut depth = 0_i32;
    let at = inner.char_indices().find_map(|(at, c)| {
        match c {
            '(' | '{' | '[' => depth += 1,
            ')' | '}' | ']' => depth -= 1,
            _ => {}
        }
        (c == ':' && depth == 0).then_some(at)
    });
    let Some((body, rest)) = at.and_then(|at| Some((inner.get(..at)?, inner.get(at + 1..)?))) else {
        return (inner, None);
    };
    let (offset, length) =
        rest.split_once(':').map_or((rest, None), |(offset, length)| (offset, Some(length)));
    let number = |text: &str| text.trim().parse::<i64>().ok();
    match (number(offset), length.map(number)) {
        (Some(offset), None) => (body, Some(Cut { offset, length: None })),
        (Some(offset), Some(Some(length))) => (body, Some(Cut { offset, length: Some(length) })),
        (None, _) | (_, Some(None)) => (inner, None),
    }
}

/// The text, if nothing is put in.
pub(super) fn plain(pieces: &[Piece]) -> Option<String> {
    match pieces {
        [] => Some(String::new()),
        [Piece::Plain(text)] => Some(text.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_functions_and_expressions_are_pieces() {
        let cut = Some(Cut { offset: 1, length: Some(-2) });
        assert_eq!(
            pieces("a${B:1:-2}$[1+${C}]"),
            Some(vec![
                Piece::Plain("a".to_owned()),
                Piece::Variable { name: vec![Piece::Plain("B".to_owned())], cut },
                Piece::Expression("1+${C}".to_owned()),
            ])
        );
        let function = pieces("${CALLERID(num):-4}").unwrap();
        assert_eq!(
            function,
            [Piece::Function {
                name: "CALLERID".to_owned(),
                args: vec!["num".to_owned()],
                cut: Some(Cut { offset: -4, length: None })
            }]
        );
    }

    #[test]
    fn what_does_not_close_or_lies_too_deep_is_no_text() {
        assert_eq!(pieces("${A"), None);
        let nested = |depth: usize| format!("{}A{}", "${".repeat(depth), "}".repeat(depth));
        assert!(pieces(&nested(DEPTH_MAX)).is_some());
        assert_eq!(pieces(&nested(DEPTH_MAX + 2)), None);
    }
}
