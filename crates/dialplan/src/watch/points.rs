//! Where a script's statements begin: in blocks and files, in the arms of a `switch`, and as the body of a closure.

use super::tokens::{Token, TokenKind, tokens};

/// How a point stands in its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PointKind {
    /// A statement of a block or a file: another one can stand before it.
    Statement,
    /// An expression that is an arm of a `switch` or the body of a closure: an operator can stand before it.
    Expression,
}

/// The beginning of something that is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// How it stands.
    pub kind: PointKind,
    /// In bytes.
    pub start: usize,
    /// Where it ends, in bytes: behind its `;`, or where its block closes.
    pub end: usize,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// Whether it stands within a function, a closure or a block: it runs in calls, not only while loading.
    pub in_function: bool,
}

/// Statements that nothing can stand before, or that do nothing themselves.
const NOT_RUN: [&str; 5] = ["import", "export", "fn", "private", "const"];
/// Statements that end with a block, without `;`.
const BLOCKS: [&str; 9] = ["if", "while", "for", "loop", "switch", "fn", "private", "try", "do"];
/// What goes on after a block.
const GOES_ON: [&str; 2] = ["else", "catch"];
/// What can not be an operand.
const NO_OPERAND: [&str; 10] =
    ["return", "throw", "break", "continue", "let", "for", "while", "loop", "do", "if"];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Frame {
    File,
    Block,
    Switch,
    Other,
}

struct Level<'a> {
    frame: Frame,
    /// The first word of the statement that stands here.
    first: &'a str,
    /// Its point.
    point: Option<usize>,
}

struct Finder<'a> {
    points: Vec<Point>,
    levels: Vec<Level<'a>>,
    /// A statement may begin with the next token.
    begins: bool,
    /// An expression begins with the next token, unless that opens a block.
    operand: bool,
    /// `switch` was said at this depth: its brace comes.
    switches: Vec<usize>,
    /// Within the bars of a closure's parameters.
    in_bars: bool,
    before: Option<Token<'a>>,
}

/// The points of a script, in order.
pub fn points(text: &str) -> Vec<Point> {
    let mut finder = Finder {
        points: Vec::new(),
        levels: vec![Level { frame: Frame::File, first: "", point: None }],
        begins: true,
        operand: false,
        switches: Vec::new(),
        in_bars: false,
        before: None,
    };
    for token in tokens(text) {
        finder.take(token);
        finder.before = Some(token);
    }
    finder.end_statement(text.len());
    finder.points
}

impl<'a> Finder<'a> {
    fn take(&mut self, token: Token<'a>) {
        if self.in_bars {
            if token.text == "|" {
                self.in_bars = false;
                self.operand = true;
            }
            return;
        }
        let is_closure = token.text == "|" || token.text == "||";
        if is_closure && self.expects_operand() {
            if self.begins {
                self.begin(token);
            }
            self.operand = token.text == "||";
            self.in_bars = token.text == "|";
            return;
        }
        let operand = core::mem::take(&mut self.operand);
        if operand && token.text != "{" && !NO_OPERAND.contains(&token.text) && token.kind != TokenKind::Close
        {
            self.point(token, PointKind::Expression);
        }
        if core::mem::take(&mut self.begins) && token.kind != TokenKind::Close && token.text != ";" {
            self.begin(token);
        }
        match token.kind {
            TokenKind::Open => self.open(token),
            TokenKind::Close => self.close(token),
            TokenKind::Word if token.text == "switch" => self.switches.push(self.levels.len()),
            TokenKind::Sign if token.text == ";" => self.end_statement(token.start + 1),
            TokenKind::Sign if token.text == "=>" => self.operand = true,
            TokenKind::Word | TokenKind::Number | TokenKind::Text | TokenKind::Sign => {}
        }
    }

    /// Whether an operand comes next, so that a bar opens a closure.
    fn expects_operand(&self) -> bool {
        match self.before {
            None => true,
            Some(before) => match before.kind {
                TokenKind::Open => true,
                TokenKind::Sign => before.text != ")",
                TokenKind::Word => before.text == "return",
                TokenKind::Number | TokenKind::Text | TokenKind::Close => false,
            },
        }
    }

    /// A statement begins; what goes on after a block is none.
    fn begin(&mut self, token: Token<'a>) {
        let Some(level) = self.levels.last_mut() else { return };
        let goes_on =
            GOES_ON.contains(&token.text) || level.first == "do" && ["while", "until"].contains(&token.text);
        if goes_on && !level.first.is_empty() {
            return;
        }
        if let Some(before) = level.point.take().and_then(|point| self.points.get_mut(point)) {
            before.end = token.start;
        }
        level.first = token.text;
        if !NOT_RUN.contains(&token.text) {
            level.point = Some(self.points.len());
            self.point(token, PointKind::Statement);
        }
    }

    fn point(&mut self, token: Token<'a>, kind: PointKind) {
        let in_function = self.levels.len() > 1;
        let (line, column, start) = (token.line, token.column, token.start);
        self.points.push(Point { kind, start, end: start, line, column, in_function });
    }

    fn open(&mut self, token: Token<'a>) {
        let frame = match token.text {
            "{" if self.switches.last() == Some(&self.levels.len()) => {
                self.switches.pop();
                Frame::Switch
            }
            "{" => Frame::Block,
            _ => Frame::Other,
        };
        self.levels.push(Level { frame, first: "", point: None });
        self.begins = frame == Frame::Block;
    }

    fn close(&mut self, token: Token<'a>) {
        if self.levels.len() < 2 {
            return;
        }
        self.end_statement(token.start);
        self.begins = false;
        let Some(closed) = self.levels.pop() else { return };
        let depth = self.levels.len();
        self.switches.retain(|at| *at <= depth);
        if let Some(level) = self.levels.last() {
            let is_block = matches!(closed.frame, Frame::Block | Frame::Switch);
            let stands_alone = BLOCKS.contains(&level.first) || level.first == "{";
            self.begins = is_block && stands_alone && matches!(level.frame, Frame::Block | Frame::File);
        }
    }

    fn end_statement(&mut self, at: usize) {
        let Some(level) = self.levels.last_mut() else { return };
        if let Some(point) = level.point.take().and_then(|point| self.points.get_mut(point)) {
            point.end = at;
        }
        level.first = "";
        self.begins = matches!(level.frame, Frame::Block | Frame::File);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The texts of all points up to where they end, an expression's up to the end of its line.
    fn found(text: &str) -> Vec<String> {
        let show = |point: &Point| {
            let to = text[point.start..].find('\n').map_or(text.len(), |at| point.start + at);
            let end = if point.kind == PointKind::Statement { point.end.min(to) } else { to };
            text[point.start..end].trim().to_owned()
        };
        points(text).iter().map(show).collect()
    }

    #[test]
    fn statements_of_blocks_arms_and_closures_are_found() {
        let text = "import \"a\" as a;\nlet c = context(\"x\");\nc.on(\"1\", |ch| a::f(ch));\nfn f(ch) {\n    if x { a(); } else { b() }\n    let r = if y { 1 } else { 2 };\n    switch r {\n        1 | 2 => a(),\n        3 => {\n            b();\n        }\n        _ => (),\n    }\n    done(r)\n}\n";
        assert_eq!(
            found(text),
            [
                "let c = context(\"x\");",
                "c.on(\"1\", |ch| a::f(ch));",
                "a::f(ch));",
                "if x { a(); } else { b() }",
                "a();",
                "b()",
                "let r = if y { 1 } else { 2 };",
                "1",
                "2",
                "switch r {",
                "a(),",
                "b();",
                "(),",
                "done(r)"
            ]
        );
    }

    #[test]
    fn the_ends_of_statements_are_theirs() {
        let text = "{ a(); if b { c(); } d() }";
        let ends: Vec<&str> = points(text).iter().map(|point| text[point.start..point.end].trim()).collect();
        assert_eq!(ends, [text, "a();", "if b { c(); }", "c();", "d()"]);
    }
}
