//! Values and conditions of the script: pieces of Rhai that know what they are.

use crate::quoted::quoted;

/// What a piece of script yields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Int,
    /// The outcome of `ch.dial`: `busy`, which Asterisk calls `BUSY`.
    Dialed,
    /// The outcome of an application: `timeout`, which Asterisk calls `TIMEOUT`.
    Status,
}

/// A piece of Rhai that yields something.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Value {
    pub(super) code: String,
    pub(super) kind: Kind,
    /// The text, if it is one that stands in the script.
    pub(super) plain: Option<String>,
    /// Set where it is a truth, which Asterisk writes as 1 and 0.
    pub(super) truth: Option<Condition>,
}

impl Value {
    pub(super) fn plain(text: &str) -> Self {
        Self { code: quoted(text), kind: Kind::Text, plain: Some(text.to_owned()), truth: None }
    }

    pub(super) fn text(code: impl Into<String>) -> Self {
        Self { code: code.into(), kind: Kind::Text, plain: None, truth: None }
    }

    pub(super) fn int(code: impl Into<String>) -> Self {
        Self { code: code.into(), kind: Kind::Int, plain: None, truth: None }
    }

    pub(super) fn truth(condition: Condition) -> Self {
        let code = format!("(if {condition} {{ \"1\" }} else {{ \"0\" }})");
        Self { code, kind: Kind::Text, plain: None, truth: Some(condition) }
    }

    /// The whole number that stands there.
    pub(super) fn number(&self) -> Option<i64> {
        self.plain.as_ref().and_then(|text| text.trim().parse().ok())
    }

    /// As something that a method is called on.
    pub(super) fn receiver(&self) -> String {
        let is_word = |c: char| {
            c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':' | '"' | '(' | ')' | '[' | ']' | ',')
        };
        let is_one = self.code.chars().all(is_word) || self.code.starts_with('`') || self.code.ends_with(')');
        if is_one && self.kind != Kind::Int { self.code.clone() } else { format!("({})", self.code) }
    }
}

/// The outcomes of `ch.dial`: Asterisk's name, ours.
pub(super) const DIALED: [(&str, &str); 7] = [
    ("ANSWER", "answered"),
    ("BUSY", "busy"),
    ("NOANSWER", "no-answer"),
    ("CHANUNAVAIL", "unavailable"),
    ("CONGESTION", "failed"),
    // A caller who hangs up leaves the script: nothing of it runs then.
    ("CANCEL", "cancelled"),
    ("DONTCALL", "declined"),
];

/// What an outcome that Asterisk calls so is called here.
pub(super) fn ours(kind: Kind, theirs: &str) -> Option<String> {
    match kind {
        Kind::Dialed => DIALED.iter().find(|(name, _)| *name == theirs).map(|(_, name)| (*name).to_owned()),
        Kind::Status => Some(theirs.to_ascii_lowercase()),
        Kind::Text | Kind::Int => None,
    }
}

/// A piece of Rhai that is true or false.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Condition {
    Always(bool),
    Compare(String, &'static str, String),
    /// A call, a variable: something that needs no brackets.
    Call(String),
    Not(Box<Condition>),
    All(Vec<Condition>),
    Any(Vec<Condition>),
}

impl Condition {
    /// The opposite.
    pub(super) fn not(self) -> Self {
        let opposite = |op: &str| match op {
            "==" => Some("!="),
            "!=" => Some("=="),
            "<" => Some(">="),
            ">=" => Some("<"),
            ">" => Some("<="),
            "<=" => Some(">"),
            _ => None,
        };
        match self {
            Self::Always(truth) => Self::Always(!truth),
            Self::Not(inner) => *inner,
            Self::Compare(left, op, right) => match opposite(op) {
                Some(op) => Self::Compare(left, op, right),
                None => Self::Not(Box::new(Self::Compare(left, op, right))),
            },
            Self::Call(code) => Self::Not(Box::new(Self::Call(code))),
            Self::All(parts) => Self::Any(parts.into_iter().map(Self::not).collect()),
            Self::Any(parts) => Self::All(parts.into_iter().map(Self::not).collect()),
        }
    }

    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Always(true), other) | (other, Self::Always(true)) => other,
            (Self::Always(false), _) | (_, Self::Always(false)) => Self::Always(false),
            (Self::All(mut parts), other) => {
                parts.push(other);
                Self::All(parts)
            }
            (one, other) => Self::All(vec![one, other]),
        }
    }

    pub(super) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Always(false), other) | (other, Self::Always(false)) => other,
            (Self::Always(true), _) | (_, Self::Always(true)) => Self::Always(true),
            (Self::Any(mut parts), other) => {
                parts.push(other);
                Self::Any(parts)
            }
            (one, other) => Self::Any(vec![one, other]),
        }
    }

    fn inner(&self) -> String {
        match self {
            Self::All(_) | Self::Any(_) => format!("({self})"),
            Self::Always(_) | Self::Compare(..) | Self::Call(_) | Self::Not(_) => self.to_string(),
        }
    }
}

impl core::fmt::Display for Condition {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let joined = |parts: &[Self], by: &str| parts.iter().map(Self::inner).collect::<Vec<_>>().join(by);
        match self {
            Self::Always(truth) => write!(f, "{truth}"),
            Self::Compare(left, op, right) => write!(f, "{left} {op} {right}"),
            Self::Call(code) => f.write_str(code),
            Self::Not(inner) => match inner.as_ref() {
                Self::Call(code) => write!(f, "!{code}"),
                other
                @ (Self::Always(_) | Self::Compare(..) | Self::Not(_) | Self::All(_) | Self::Any(_)) => {
                    write!(f, "!({other})")
                }
            },
            Self::All(parts) => f.write_str(&joined(parts, " && ")),
            Self::Any(parts) => f.write_str(&joined(parts, " || ")),
        }
    }
}
