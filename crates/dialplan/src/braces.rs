//! Braces that do not belong together. The engine notices a `}` that is missing where the next function begins or the file ends, far below the
//! `{` that it would close; which one that is shows in how the lines are indented.

use crate::watch::{Token, TokenKind, tokens};

/// A brace without its other half.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Astray {
    /// Line and column of the brace, from 1.
    pub(crate) at: (usize, usize),
    /// Where it shows. What is wrong before that is something else.
    pub(crate) shows_at: (usize, usize),
    /// What is wrong with it.
    pub(crate) message: &'static str,
    /// What to do about it.
    pub(crate) hint: String,
}

const UNCLOSED: &str = "this `{` is never closed";
const SURPLUS: &str = "this `}` closes what is to go on";
const NOTHING_OPEN: &str = "this `}` closes nothing: no `{` is open here";

/// A bracket that waits for its other half.
#[derive(Clone, Copy)]
struct Open<'a> {
    token: Token<'a>,
    /// Columns at which a `}` that closes it may stand: of its line, and of the line in which the call or list began that it is in.
    columns: [usize; 2],
}

impl Open<'_> {
    fn is_brace(&self) -> bool {
        matches!(self.token.text, "{" | "#{")
    }

    fn is_closed_by(&self, close: &str) -> bool {
        matches!((self.token.text, close), ("{" | "#{", "}") | ("(", ")") | ("[", "]"))
    }

    fn unclosed(&self, shows_at: &Token<'_>, hint: String) -> Astray {
        Astray { at: place(&self.token), shows_at: place(shows_at), message: UNCLOSED, hint }
    }
}

fn place(token: &Token<'_>) -> (usize, usize) {
    (token.line, token.column)
}

#[derive(Default)]
struct Scan<'a> {
    open: Vec<Open<'a>>,
    /// The first `}` that stands further left than what it closes.
    short: Option<Astray>,
    /// The first one that stands further right.
    long: Option<Astray>,
    /// Columns of the present line: its own, and that of the call or list that goes on in it.
    columns: [usize; 2],
}

/// The first brace of a text that has no other half; `None`: all have, or another kind of bracket has not.
pub(crate) fn astray(text: &str) -> Option<Astray> {
    let mut scan = Scan::default();
    let tokens = tokens(text);
    let mut before: Option<&Token<'_>> = None;
    for token in &tokens {
        let is_first = before.is_none_or(|before| before.line < token.line);
        if is_first {
            scan.begin_line(token);
        }
        let found = match (token.kind, token.text) {
            (TokenKind::Open, _) => {
                scan.open.push(Open { token: *token, columns: scan.columns });
                None
            }
            (TokenKind::Close, _) => scan.close(token, is_first)?,
            // Functions stand in no block.
            (TokenKind::Word, "fn") if is_first && token.column == 1 => {
                scan.missing_before(token, "function")
            }
            // It follows a block.
            (TokenKind::Word, "else") if before.is_none_or(|before| before.text != "}") => {
                scan.missing_before(token, "`else`")
            }
            (TokenKind::Word | TokenKind::Number | TokenKind::Text | TokenKind::Sign, _) => None,
        };
        if found.is_some() {
            return found;
        }
        before = Some(token);
    }
    let (last, open) = (before?, scan.open.last()?);
    let at_end =
        open.is_brace().then(|| open.unclosed(last, "a `}` is missing at the end of the file".to_owned()));
    scan.short.or(at_end)
}

impl<'a> Scan<'a> {
    fn begin_line(&mut self, token: &Token<'a>) {
        let goes_on = self.open.last().filter(|open| !open.is_brace());
        let outer = goes_on.map_or(token.column, |open| open.columns[1]);
        self.columns = [token.column, outer];
    }

    /// `Some(Some(…))`: found; `None`: it is about another kind of bracket.
    #[allow(clippy::option_option, reason = "what is found, and whether there is anything to look for")]
    fn close(&mut self, token: &Token<'a>, is_first: bool) -> Option<Option<Astray>> {
        let Some(open) = self.open.last().copied() else {
            let surplus = (token.text == "}").then(|| Astray {
                at: place(token),
                shows_at: place(token),
                message: NOTHING_OPEN,
                hint: "take it out, or one before it".to_owned(),
            })?;
            return Some(Some(self.long.take().unwrap_or(surplus)));
        };
        if open.is_closed_by(token.text) {
            if token.text == "}" && is_first && open.token.line < token.line {
                self.compare(&open, token);
            }
            self.open.pop();
            return Some(None);
        }
        if !open.is_brace() {
            return None;
        }
        let hint = format!("a `}}` is missing before the `{}` in line {}", token.text, token.line);
        Some(Some(self.short.take().unwrap_or_else(|| open.unclosed(token, hint))))
    }

    /// Whether a `}` stands where the line of its `{` begins.
    fn compare(&mut self, open: &Open<'a>, close: &Token<'a>) {
        let line = open.token.line;
        if open.columns.iter().all(|column| close.column < *column) {
            let hint = format!(
                "the `}}` in line {} stands further left than line {line}: one is missing before it",
                close.line
            );
            self.short.get_or_insert_with(|| open.unclosed(close, hint));
        } else if open.columns.iter().all(|column| close.column > *column) {
            let hint =
                format!("it closes the `{{` of line {line}, which begins further left: one `}}` too many");
            let (at, message) = (place(close), SURPLUS);
            self.long.get_or_insert(Astray { at, shows_at: at, message, hint });
        }
    }

    /// Nothing may be open but what a `}` before this word would close.
    fn missing_before(&mut self, token: &Token<'a>, what: &str) -> Option<Astray> {
        let open = self.open.last().filter(|open| open.is_brace())?;
        let hint = format!("a `}}` is missing before the {what} in line {}", token.line);
        let here = open.unclosed(token, hint);
        Some(self.short.take().unwrap_or(here))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFICE: &str = "\
fn ring(ch) {
    let r = ch.dial(user(\"101\"), #{
        timeout: 20,
    });
    if r.status == \"busy\" {
        if hours(\"office\").open {
            ch.play(\"vm-isonphone\");
        } else {
            ch.play(\"office-closed\");
        }
    }
    switch r.status {
        \"failed\" => {
            ch.hangup(\"failed\");
        }
        _ => (),
    }
}

fn greet(ch) {
    ch.play(\"welcome\");
}

let internal = context(\"internal\");
internal.on(\"500\", |ch| {
    ch.answer();
});
internal.on(\"501\",
    |ch| {
        ch.answer();
    }
);
internal.on(\"502\", |ch| { ch.dial([user(\"101\"),
                                user(\"102\")], #{
    timeout: 20
}); });
";

    /// The office without a line, by its number, and the line that is found.
    fn without(line: usize) -> Option<(usize, &'static str)> {
        let lines: Vec<&str> =
            OFFICE.lines().enumerate().filter(|(n, _)| n + 1 != line).map(|(_, text)| text).collect();
        astray(&lines.join("\n")).map(|found| (found.at.0, found.message))
    }

    #[test]
    fn whose_brace_is_missing_shows_in_how_lines_are_indented() {
        assert_eq!(astray(OFFICE), None);
        // Without the `}` of the inner else, of the outer if, of an arm, of a switch, of two functions.
        for (line, opened) in [(10, 8), (11, 5), (15, 13), (17, 12), (18, 1), (22, 20)] {
            assert_eq!(without(line), Some((opened, UNCLOSED)), "without line {line}");
        }
        // A `}` before `else` goes with it: the rest of that line is missing too.
        let text = OFFICE.replace("        } else {", "        else {");
        assert_eq!(astray(&text).map(|found| found.at.0), Some(6));
        // The `});` of a handler: what it closes is a bracket too, which the engine tells better.
        let text = OFFICE.replacen("    ch.answer();\n});", "    ch.answer();\n);", 1);
        assert_eq!(astray(&text).map(|found| (found.at, found.message)), Some(((25, 25), UNCLOSED)));
    }

    #[test]
    fn a_brace_too_many_is_found_where_it_stands() {
        let doubled = |line: usize| {
            let lines: Vec<String> = OFFICE
                .lines()
                .enumerate()
                .map(|(n, text)| if n + 1 == line { format!("{text}\n{text}") } else { text.to_owned() })
                .collect();
            astray(&lines.join("\n")).map(|found| (found.at.0, found.message))
        };
        assert_eq!(doubled(11), Some((12, SURPLUS)));
        assert_eq!(doubled(17), Some((18, SURPLUS)));
        assert_eq!(doubled(22), Some((23, NOTHING_OPEN)));
    }

    #[test]
    fn other_brackets_and_texts_are_left_to_the_engine() {
        for text in ["f(x;", "f(x\n}", "let a = [1, 2;\nfn f(ch) { }", "\"{\"", "// {", "`{`", "x)", ""] {
            assert_eq!(astray(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_written_the_place_is_in_it(text in "[ \na-c{}()\\[\\]#;]{0,60}|(fn|else|\\{|\\}| |\n){0,30}") {
            if let Some(found) = astray(&text) {
                let line = text.lines().nth(found.at.0 - 1).unwrap();
                let c = line.chars().nth(found.at.1 - 1).unwrap();
                proptest::prop_assert!("{}#".contains(c), "{}", c);
            }
        }
    }
}
