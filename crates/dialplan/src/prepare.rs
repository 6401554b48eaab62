//! What a script's text becomes before the engine sees it. Two things of Rhai would lose what is known of a value:
//!
//! - `` `to ${x}` `` always yields a plain string, also of an untrusted text: it becomes `` splice__([`to `, {x}]) ``;
//! - `switch x` takes the default arm for any value of a type of ours: it becomes `switch arm__(x)`.
//!
//! Lines stay lines; where columns move is remembered, so that every message names the place in the file as written.

use crate::verbs::{ARM, SPLICE};
use std::collections::BTreeMap;

/// A prepared script.
#[derive(Clone, Debug, Default)]
pub(crate) struct Prepared {
    /// For the engine.
    pub(crate) text: String,
    /// Line → columns in `text` at which something was put in, and how many characters more there are from there on.
    shifts: BTreeMap<usize, Vec<(usize, usize)>>,
    /// A comment that the file ends in.
    pub(crate) unclosed: Option<Unclosed>,
}

/// A `/*` whose `*/` never comes: line and column in `text`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unclosed {
    pub(crate) line: usize,
    pub(crate) column: usize,
    /// Where the first comment within it begins, if one does.
    pub(crate) nested: Option<(usize, usize)>,
}

impl Prepared {
    /// The column in the file of a column in `text`. Within something put in: where that stands.
    pub(crate) fn original_column(&self, line: usize, column: usize) -> usize {
        let mut more = 0;
        for &(at, count) in self.shifts.get(&line).into_iter().flatten() {
            if column < at {
                break;
            }
            if column < at + count {
                return at.saturating_sub(more);
            }
            more += count;
        }
        column.saturating_sub(more)
    }
}

/// What the scanner is within.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Within {
    /// `(`, `[`, `{`
    Bracket,
    /// `${` of a template
    Hole,
    /// `switch` and its `{`: what lies between is the value
    Switch,
}

struct Scanner<'a> {
    rest: &'a str,
    out: Prepared,
    line: usize,
    column: usize,
    within: Vec<Within>,
    /// What is put in where: byte → text, in order.
    inserts: &'a [(usize, String)],
    /// Bytes of the whole text.
    size: usize,
}

/// Prepares a script. Whatever it is not sure of it leaves as it is: the engine reports what is wrong with it.
pub(crate) fn prepare(text: &str) -> Prepared {
    prepare_with(text, &[])
}

/// The same, with something put in before tokens: byte → text, in order.
pub(crate) fn prepare_with(text: &str, inserts: &[(usize, String)]) -> Prepared {
    let mut scanner = Scanner {
        rest: text,
        out: Prepared::default(),
        line: 1,
        column: 1,
        within: Vec::new(),
        inserts,
        size: text.len(),
    };
    while scanner.token() {}
    scanner.out
}

impl Scanner<'_> {
    /// Copies so many bytes.
    fn copy(&mut self, bytes: usize) {
        let (head, tail) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.out.text.push_str(head);
        for c in head.chars() {
            if c == '\n' {
                (self.line, self.column) = (self.line + 1, 1);
            } else {
                self.column += 1;
            }
        }
        self.rest = tail;
    }

    /// Puts something in that the file does not have.
    fn put(&mut self, text: &str) {
        let count = text.chars().count();
        self.out.shifts.entry(self.line).or_default().push((self.column, count));
        self.out.text.push_str(text);
        self.column += count;
    }

    fn copy_char(&mut self) {
        self.copy(self.rest.chars().next().map_or(0, char::len_utf8));
    }

    /// Copies up to and with `end`, or all.
    fn copy_through(&mut self, from: usize, end: &str) {
        let tail = self.rest.get(from..).unwrap_or("");
        self.copy(tail.find(end).map_or(self.rest.len(), |at| from + at + end.len()));
    }

    /// One token; `false` at the end.
    fn token(&mut self) -> bool {
        let Some(c) = self.rest.chars().next() else { return false };
        while let Some(((at, text), later)) = self.inserts.split_first()
            && *at <= self.size - self.rest.len()
        {
            self.put(text);
            self.inserts = later;
        }
        match c {
            '/' if self.rest.starts_with("//") => self.copy(self.rest.find('\n').unwrap_or(self.rest.len())),
            '/' if self.rest.starts_with("/*") => self.comment(),
            '"' => self.string('"'),
            '\'' => self.string('\''),
            '`' => self.template(),
            '#' => self.hash(),
            '(' | '[' => self.open(),
            '{' => self.brace(),
            ')' | ']' | '}' => self.close(),
            'a'..='z' | 'A'..='Z' | '_' => self.word(),
            _ => self.copy_char(),
        }
        true
    }

    /// Comments nest.
    fn comment(&mut self) {
        let mut depth = 0_usize;
        let (line, column) = (self.line, self.column);
        let mut nested = None;
        loop {
            if self.rest.starts_with("/*") {
                if depth > 0 {
                    nested = nested.or(Some((self.line, self.column)));
                }
                depth += 1;
                self.copy(2);
            } else if self.rest.starts_with("*/") {
                depth = depth.saturating_sub(1);
                self.copy(2);
            } else if self.rest.is_empty() {
                self.out.unclosed = Some(Unclosed { line, column, nested });
                return;
            } else {
                self.copy_char();
            }
            if depth == 0 {
                return;
            }
        }
    }

    fn string(&mut self, quote: char) {
        self.copy_char();
        while let Some(c) = self.rest.chars().next() {
            self.copy_char();
            match c {
                '\\' => self.copy_char(),
                _ if c == quote => return,
                _ => {}
            }
        }
    }

    /// `#{` of a map, or a raw string `#"…"#`.
    fn hash(&mut self) {
        let hashes = self.rest.len() - self.rest.trim_start_matches('#').len();
        match self.rest.get(hashes..).and_then(|rest| rest.chars().next()) {
            Some('"') => self.copy_through(hashes + 1, &format!("\"{}", "#".repeat(hashes))),
            Some('{') => {
                self.copy(hashes + 1);
                self.within.push(Within::Bracket);
            }
            _ => self.copy(hashes),
        }
    }

    fn open(&mut self) {
        self.copy_char();
        self.within.push(Within::Bracket);
    }

    fn brace(&mut self) {
        if self.within.last() == Some(&Within::Switch) {
            self.within.pop();
            self.put(")");
        }
        self.open();
    }

    fn close(&mut self) {
        if self.within.last() == Some(&Within::Switch) {
            // Nothing that the engine would take: leave it to say so.
            self.within.pop();
        }
        let hole = self.within.pop() == Some(Within::Hole);
        self.copy_char();
        if hole {
            self.after_hole();
        }
    }

    fn word(&mut self) {
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let is_switch = self.rest.get(..end) == Some("switch");
        self.copy(end);
        if !is_switch {
            return;
        }
        let value = self.rest.trim_start();
        // A block, `if` or `switch` as the value has braces of its own before the arms: rare, and left alone.
        let first = value.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or("");
        if value.is_empty()
            || value.starts_with('{')
            || ["if", "switch", "loop", "while", "for", "do"].contains(&first)
        {
            return;
        }
        self.copy(self.rest.len() - value.len());
        self.put(&format!("{ARM}("));
        self.within.push(Within::Switch);
    }

    /// A template; one with holes becomes a call.
    fn template(&mut self) {
        let body = self.rest.get(1..).unwrap_or("");
        let hole = body.find("${");
        let end = body.replace("``", "  ").find('`');
        if hole.is_some_and(|hole| end.is_none_or(|end| hole < end)) {
            self.put(&format!("{SPLICE}(["));
            self.copy_char();
            self.piece();
        } else {
            self.copy_char();
            while !self.rest.is_empty() {
                if self.rest.starts_with("``") {
                    self.copy(2);
                    continue;
                }
                let last = self.rest.starts_with('`');
                self.copy_char();
                if last {
                    return;
                }
            }
        }
    }

    /// The text between two holes of a template, up to the next hole or the end.
    fn piece(&mut self) {
        loop {
            if self.rest.starts_with("``") {
                self.copy(2);
            } else if self.rest.starts_with("${") {
                // `$` goes: what is put in for it counts one less.
                self.rest = self.rest.get(1..).unwrap_or("");
                self.put_for_dollar();
                self.copy_char();
                self.within.push(Within::Hole);
                return;
            } else if self.rest.starts_with('`') {
                self.copy_char();
                self.put("])");
                return;
            } else if self.rest.is_empty() {
                return;
            } else {
                self.copy_char();
            }
        }
    }

    /// `` `,  `` for `$`.
    fn put_for_dollar(&mut self) {
        self.out.text.push_str("`, ");
        self.out.shifts.entry(self.line).or_default().push((self.column + 1, 2));
        self.column += 3;
    }

    /// A hole was closed: the template goes on.
    fn after_hole(&mut self) {
        // The engine drops a line end at the start of a template: one that stands here is the text's own.
        let own_line_end = self.rest.starts_with('\n') || self.rest.starts_with("\r\n");
        self.put(if own_line_end { ", \"\\n\", `" } else { ", `" });
        self.piece();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn becomes(text: &str, wanted: &str) {
        assert_eq!(prepare(text).text, wanted, "{text}");
    }

    #[test]
    fn templates_with_holes_become_calls() {
        becomes("`a ${x} b`", "splice__([`a `, {x}, ` b`])");
        becomes("`${x}`", "splice__([``, {x}, ``])");
        becomes("`${x}${y}`;", "splice__([``, {x}, ``, {y}, ``]);");
        becomes("`a ${`b ${c}`}`", "splice__([`a `, {splice__([`b `, {c}, ``])}, ``])");
        becomes("`${#{a: 1}.a}`", "splice__([``, {#{a: 1}.a}, ``])");
        becomes("`${x}\nb`", "splice__([``, {x}, \"\\n\", `\nb`])");
        becomes("`no $x {y}`", "`no $x {y}`");
        becomes("`quoted `` ${x}`", "splice__([`quoted `` `, {x}, ``])");
        becomes("`a``b` + `${x}`", "`a``b` + splice__([``, {x}, ``])");
    }

    #[test]
    fn switches_take_their_value_unmarked() {
        becomes("switch x { 1 => 2 }", "switch arm__(x ){ 1 => 2 }");
        becomes("switch f(|y| { y }, #{a: 1}) { _ => 2 }", "switch arm__(f(|y| { y }, #{a: 1}) ){ _ => 2 }");
        becomes("switch a { _ => switch b { } }", "switch arm__(a ){ _ => switch arm__(b ){ } }");
        becomes("switch { 1 } { }", "switch { 1 } { }");
        becomes("switched { }", "switched { }");
        becomes("a.switch_it", "a.switch_it");
    }

    #[test]
    fn strings_and_comments_are_left_alone() {
        for text in [
            "\"${x} switch y {\"",
            "\"\\\"` ${x}\"",
            "// `${x}` switch y {\n1",
            "/* `${x}` /* switch */ y { */ 1",
            "'`' + '\\''",
            "#\"`${x}`\"# + 1",
            "##\"\"# switch y {\"##",
            "#{ a: 1 }",
        ] {
            becomes(text, text);
        }
    }

    #[test]
    fn a_comment_without_an_end_is_known_by_its_beginning() {
        let at = |text: &str| prepare(text).unclosed.map(|it| (it.line, it.column, it.nested));
        assert_eq!(at("a\n  /* b\nc"), Some((2, 3, None)));
        assert_eq!(at("/* *72/*73 */\na"), Some((1, 1, Some((1, 7)))));
        for closed in ["/* a */ b", "/* /* a */ */", "// /* a\nb", "\"/*\"", "`/*`", "/**/"] {
            assert_eq!(at(closed), None, "{closed}");
        }
    }

    #[test]
    fn columns_lead_back_to_the_file() {
        let text = "let a = `x ${bad} y` + worse;\nswitch x { _ => bad }";
        let prepared = prepare(text);
        let lines: Vec<&str> = prepared.text.lines().collect();
        for (line, word) in [(1, "bad"), (1, "worse"), (2, "bad"), (2, "_ =>")] {
            let at = lines[line - 1].find(word).unwrap() + 1;
            let original = text.lines().nth(line - 1).unwrap().find(word).unwrap() + 1;
            assert_eq!(prepared.original_column(line, at), original, "{line} {word}");
        }
        assert_eq!(prepared.original_column(1, 9), 9);
        assert_eq!(prepared.original_column(7, 3), 3);
    }

    #[test]
    fn unfinished_scripts_end() {
        for text in [
            "`${",
            "`${x",
            "`${x}",
            "\"abc",
            "/* /*",
            "switch",
            "switch x",
            "switch x)",
            "}",
            "#\"a",
            "'",
            "\\",
        ] {
            let _whatever = prepare(text);
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_lost_or_panics(text in "[ -~\n`$\\{\\}\"#/*'é]{0,60}") {
            let prepared = prepare(&text);
            proptest::prop_assert_eq!(prepared.text.lines().count(), text.lines().count());
            for line in 0..5 {
                for column in 0..200 {
                    let _some = prepared.original_column(line, column);
                }
            }
        }
    }
}
