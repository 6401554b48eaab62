//! `$[…]`: Asterisk's expressions.

use super::scope::{Scope, Why};
use super::text::{Piece, bracketed, pieces};
use super::value::{Condition, Kind, Value, ours};

/// Operators of one expression.
const TOKENS_MAX: usize = 500;
/// Brackets within one another.
const DEPTH_MAX: usize = 30;

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Operand(String),
    Op(&'static str),
}

const OPERATORS: [&str; 21] = [
    "==", "!=", "<=", ">=", "=~", "::", "=", "<", ">", "+", "-", "*", "/", "%", "!", "|", "&", "?", ":", "(",
    ")",
];

fn tokens(text: &str) -> Result<Vec<Token>, Why> {
    let mut out = Vec::new();
    let mut rest = text.trim_start();
    while let Some(c) = rest.chars().next() {
        if out.len() > TOKENS_MAX {
            return Err("the expression is too long".to_owned());
        }
        let operator = OPERATORS.iter().find(|operator| rest.starts_with(**operator));
        let taken = match (c, operator) {
            ('"', _) => quotation(rest)?,
            (_, Some(operator)) => {
                out.push(Token::Op(operator));
                rest = rest.get(operator.len()..).unwrap_or("").trim_start();
                continue;
            }
            (_, None) => operand(rest)?,
        };
        let (head, tail) = rest.split_at(taken);
        out.push(Token::Operand(head.to_owned()));
        rest = tail.trim_start();
    }
    Ok(out)
}

fn open() -> Why {
    "its brackets or quotation marks do not close".to_owned()
}

/// The length of `"…"`.
fn quotation(rest: &str) -> Result<usize, Why> {
    let mut at = 1;
    while let Some(tail) = rest.get(at..).filter(|tail| !tail.is_empty()) {
        if tail.starts_with('"') {
            return Ok(at + 1);
        }
        at += step(tail)?;
    }
    Err(open())
}

/// The length of what is put in, or of a character.
fn step(tail: &str) -> Result<usize, Why> {
    if tail.starts_with("${") || tail.starts_with("$[") {
        let (_, after) = tail.get(1..).and_then(bracketed).ok_or_else(open)?;
        return Ok(tail.len() - after.len());
    }
    Ok(tail.chars().next().map_or(1, char::len_utf8))
}

/// The length of a word.
fn operand(rest: &str) -> Result<usize, Why> {
    let mut at = 0;
    while let Some(tail) = rest.get(at..).filter(|tail| !tail.is_empty()) {
        let ends = tail.starts_with(char::is_whitespace)
            || OPERATORS.iter().any(|operator| tail.starts_with(operator));
        if ends || tail.starts_with('"') {
            break;
        }
        at += step(tail)?;
    }
    if at == 0 { Err(open()) } else { Ok(at) }
}

/// An expression, taken apart.
#[derive(Clone, Debug)]
enum Tree {
    /// A word or a text, without its quotation marks.
    Operand(String),
    Two(Box<Tree>, &'static str, Box<Tree>),
    Not(Box<Tree>),
    Minus(Box<Tree>),
    Choice(Box<Tree>, Box<Tree>, Box<Tree>),
}

struct Parser {
    tokens: std::collections::VecDeque<Token>,
    depth: usize,
}

const LEVELS: [&[&str]; 6] =
    [&["|"], &["&"], &["==", "=", "!=", "<=", ">=", "<", ">"], &["+", "-"], &["*", "/", "%"], &["=~", ":"]];

impl Parser {
    fn take(&mut self, operators: &[&'static str]) -> Option<&'static str> {
        let Some(Token::Op(next)) = self.tokens.front() else { return None };
        let found = operators.iter().find(|operator| *operator == next).copied()?;
        self.tokens.pop_front();
        Some(found)
    }

    fn whole(&mut self) -> Result<Tree, Why> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err("its brackets lie too deep".to_owned());
        }
        let first = self.level(0)?;
        let tree = if self.take(&["?"]).is_some() {
            let yes = self.whole()?;
            let no = if self.take(&["::"]).is_some() || self.take(&[":"]).is_some() {
                self.whole()?
            } else {
                Tree::Operand(String::new())
            };
            Tree::Choice(Box::new(first), Box::new(yes), Box::new(no))
        } else {
            first
        };
        self.depth -= 1;
        Ok(tree)
    }

    fn level(&mut self, at: usize) -> Result<Tree, Why> {
        let Some(operators) = LEVELS.get(at) else { return self.unary() };
        let mut tree = self.level(at + 1)?;
        while let Some(operator) = self.take(operators) {
            let right = self.level(at + 1)?;
            tree = Tree::Two(Box::new(tree), operator, Box::new(right));
        }
        Ok(tree)
    }

    fn unary(&mut self) -> Result<Tree, Why> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err("its brackets lie too deep".to_owned());
        }
        let tree = if self.take(&["!"]).is_some() {
            Tree::Not(Box::new(self.unary()?))
        } else if self.take(&["-"]).is_some() {
            Tree::Minus(Box::new(self.unary()?))
        } else if self.take(&["("]).is_some() {
            let tree = self.whole()?;
            self.take(&[")"]).ok_or_else(open)?;
            tree
        } else {
            match self.tokens.pop_front() {
                Some(Token::Operand(text)) => {
                    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
                    Tree::Operand(inner.map(str::to_owned).unwrap_or(text))
                }
                other => {
                    if let Some(token) = other {
                        self.tokens.push_front(token);
                    }
                    Tree::Operand(String::new())
                }
            }
        };
        self.depth -= 1;
        Ok(tree)
    }
}

fn parse(text: &str) -> Result<Tree, Why> {
    let mut parser = Parser { tokens: tokens(text)?.into(), depth: 0 };
    let tree = parser.whole()?;
    if parser.tokens.is_empty() { Ok(tree) } else { Err("this is no expression".to_owned()) }
}

impl Scope<'_> {
    /// What an expression yields.
    pub(super) fn expression(&mut self, text: &str) -> Result<Value, Why> {
        let tree = parse(text)?;
        self.tree_value(&tree)
    }

    /// Whether an expression is true.
    pub(super) fn expression_holds(&mut self, text: &str) -> Result<Condition, Why> {
        let tree = parse(text)?;
        // What stands in it is put together by values, which count how deep they are.
        self.tree_holds(&tree)
    }

    fn tree_value(&mut self, tree: &Tree) -> Result<Value, Why> {
        match tree {
            Tree::Operand(text) => self.value(text),
            Tree::Two(left, operator @ ("+" | "-" | "*" | "/" | "%"), right) => {
                if *operator == "/" {
                    self.differs("a division yields whole numbers here");
                }
                let left = self.tree_value(left)?;
                let (left, right) = (self.int(&left), self.tree_value(right)?);
                let right = self.int(&right);
                let is_sum = |code: &String| {
                    [" + ", " - ", " * ", " / ", " % "].iter().any(|sign| code.contains(sign))
                        || code.starts_with('-')
                };
                let bracket = |code: String| if is_sum(&code) { format!("({code})") } else { code };
                Ok(Value::int(format!("{} {operator} {}", bracket(left), bracket(right))))
            }
            Tree::Minus(inner) => {
                let inner = self.tree_value(inner)?;
                Ok(Value::int(format!("-({})", self.int(&inner))))
            }
            Tree::Choice(condition, yes, no) => {
                let condition = self.tree_holds(condition)?;
                let (yes, no) = (self.tree_value(yes)?, self.tree_value(no)?);
                Ok(self.choice(&condition, &yes, &no))
            }
            Tree::Two(left, ":" | "=~", right) => self.tree_match(left, right).map(Value::truth),
            Tree::Two(..) | Tree::Not(_) => Ok(Value::truth(self.tree_holds(tree)?)),
        }
    }

    fn tree_match(&mut self, left: &Tree, right: &Tree) -> Result<Condition, Why> {
        let (Tree::Operand(text), Tree::Operand(pattern)) = (left, right) else {
            return Err("a regular expression is compared with something that is put together".to_owned());
        };
        let text = self.value(text)?;
        self.regex(&text, pattern)
    }

    fn tree_holds(&mut self, tree: &Tree) -> Result<Condition, Why> {
        match tree {
            Tree::Two(left, "&", right) => Ok(self.tree_holds(left)?.and(self.tree_holds(right)?)),
            Tree::Two(left, "|", right) => Ok(self.tree_holds(left)?.or(self.tree_holds(right)?)),
            Tree::Not(inner) => Ok(self.tree_holds(inner)?.not()),
            Tree::Two(left, ":" | "=~", right) => self.tree_match(left, right),
            Tree::Two(left, operator @ ("==" | "=" | "!="), right) => {
                let operator = if *operator == "!=" { "!=" } else { "==" };
                self.equal(left, operator, right)
            }
            Tree::Two(left, operator @ ("<" | ">" | "<=" | ">="), right) => {
                if let Some(limit) = self.group_limit(left, operator, right)? {
                    return Ok(limit);
                }
                let (left, right) = (self.tree_value(left)?, self.tree_value(right)?);
                Ok(Condition::Compare(self.int(&left), operator, self.int(&right)))
            }
            Tree::Operand(_) | Tree::Two(..) | Tree::Minus(_) | Tree::Choice(..) => {
                let value = self.tree_value(tree)?;
                Ok(self.holds(&value))
            }
        }
    }

    /// `${GROUP_COUNT(g)} > 4`: counting and asking are one verb here.
    fn group_limit(&mut self, left: &Tree, operator: &str, right: &Tree) -> Result<Option<Condition>, Why> {
        let Tree::Operand(text) = left else { return Ok(None) };
        let parts = pieces(text).unwrap_or_default();
        let [Piece::Function { name, args, .. }] = parts.as_slice() else { return Ok(None) };
        if name != "GROUP_COUNT" {
            return Ok(None);
        }
        let right = self.tree_value(right)?;
        let group = self.value(args.first().map_or("", |group| group.split('@').next().unwrap_or(group)))?;
        let most = self.int(&right);
        let less = match right.number() {
            Some(number) => (number - 1).to_string(),
            None => format!("{most} - 1"),
        };
        let group = group.code;
        Ok(Some(match operator {
            ">" => Condition::Call(format!("limit({group}, {most})")).not(),
            ">=" => Condition::Call(format!("limit({group}, {less})")).not(),
            "<" => Condition::Call(format!("limit({group}, {less})")),
            _ => Condition::Call(format!("limit({group}, {most})")),
        }))
    }

    fn equal(&mut self, left: &Tree, operator: &'static str, right: &Tree) -> Result<Condition, Why> {
        if let (Tree::Operand(one), Tree::Operand(other)) = (left, right) {
            // `x${A}` = `x`: the x is there because an empty side was an error once.
            let (one, other) = without_common(one, other);
            let (left, right) = (self.value(&one)?, self.value(&other)?);
            return Ok(self.same(left, operator, right));
        }
        let (left, right) = (self.tree_value(left)?, self.tree_value(right)?);
        Ok(self.same(left, operator, right))
    }

    fn same(&mut self, left: Value, operator: &'static str, right: Value) -> Condition {
        let (left, right) = if left.plain.is_some() { (right, left) } else { (left, right) };
        if let (Some(truth), Some(text)) = (&left.truth, &right.plain) {
            let is_one = (text == "1") == (operator == "==");
            return if is_one { truth.clone() } else { truth.clone().not() };
        }
        if let (Some(one), Some(other)) = (&left.plain, &right.plain) {
            return Condition::Always((one == other) == (operator == "=="));
        }
        if let Some(text) = right.plain.as_ref().and_then(|text| ours(left.kind, text)) {
            return Condition::Compare(left.code, operator, crate::quoted::quoted(&text));
        }
        if left.kind == Kind::Int && (right.kind == Kind::Int || right.number().is_some()) {
            let right = self.int(&right);
            return Condition::Compare(left.code, operator, right);
        }
        let is_something = right.plain.as_ref().is_some_and(|text| !text.is_empty());
        let (left, right) = (self.as_text(&left), self.as_text(&right));
        // What was never set is no text, and different from any but the empty one.
        let bare =
            left.strip_prefix("asterisk::text(").and_then(|rest| rest.strip_suffix(')')).map(str::to_owned);
        let held = left.strip_prefix("asterisk::variable(ch, ").and_then(|rest| rest.strip_suffix(')'));
        let bare = bare.or_else(|| held.map(|name| format!("ch.vars[{name}]")));
        Condition::Compare(bare.filter(|_| is_something).unwrap_or(left), operator, right)
    }
}

/// Both sides without the characters that both begin with, and end with.
fn without_common(one: &str, other: &str) -> (String, String) {
    let (mut one, mut other) = (one, other);
    let is_simple = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '@' | '#');
    while let (Some(a), Some(b)) = (one.chars().next(), other.chars().next()) {
        // A plain text against a plain text is left as it is.
        if a != b || !is_simple(a) || !(one.contains("${") ^ other.contains("${")) {
            break;
        }
        (one, other) = (one.get(1..).unwrap_or(""), other.get(1..).unwrap_or(""));
    }
    (one.to_owned(), other.to_owned())
}
