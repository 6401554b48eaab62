//! Number patterns, exactly Asterisk's.
//!
//! A leading `_` makes `X` a digit 0–9, `Z` 1–9, `N` 2–9 (small letters too), `[13-5]` a set, `.` one or more of anything,
//! `!` none or more of anything. Without it the text is literal. `-` is for the eye and skipped on both sides.
//! Order: literals first; of two patterns the one whose first differing place allows fewer characters, then the one whose
//! set starts lower, then the set with the lower characters; `.` after any set, `!` after `.`, the end of a pattern last.

use core::cmp::Ordering;
use core::fmt;

/// As long as a pattern or a number may be (Asterisk's `AST_MAX_EXTENSION`): longer numbers match nothing.
pub const NUMBER_MAX: usize = 80;

/// A parsed pattern; the smallest of those that match a number is its route.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    text: String,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    Literal(String),
    Places(Vec<Place>),
}

/// One place of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// One character out of a set, and how the set was written.
    One(Set, String),
    /// `.`
    Some,
    /// `!`
    Any,
}

/// Why a text is no pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// Nothing in it.
    #[error("a pattern can't be empty")]
    Empty,
    /// Longer than [`NUMBER_MAX`].
    #[error("a pattern has at most {NUMBER_MAX} characters")]
    TooLong,
    /// `[` without `]`.
    #[error("`[` has no `]`")]
    OpenSet,
    /// A set that nothing is in, `[]` or `[9-1]`.
    #[error("the set `[{0}]` is empty")]
    EmptySet(String),
    /// Something after `.` or `!`.
    #[error("nothing can follow `{0}`")]
    AfterWildcard(char),
    /// A character that no number has.
    #[error("`{0}` can't be in a number")]
    Foreign(char),
}

/// Why a number does not match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mismatch {
    /// The literal is another one.
    Other,
    /// It ends where this place is still to come.
    TooShort(String),
    /// It goes on where the pattern ends.
    TooLong,
    /// At this place (from 1) this character is not one of these.
    Character { at: usize, found: char, wanted: String },
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Other => f.write_str("another number"),
            Self::TooShort(wanted) => write!(f, "too short: {wanted} is still to come"),
            Self::TooLong => f.write_str("too long"),
            Self::Character { at, found, wanted } => write!(f, "at {at}, `{found}` is not {wanted}"),
        }
    }
}

/// A set of ASCII characters; lower characters in higher bits, so that a plain comparison puts the lower set first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Set(u128);

impl Set {
    fn bit(c: char) -> u128 {
        u32::from(c).try_into().ok().and_then(|c: u8| 127u32.checked_sub(u32::from(c))).map_or(0, |n| 1 << n)
    }

    fn range(from: char, to: char) -> Self {
        Self((from..=to).fold(0, |set, c| set | Self::bit(c)))
    }

    fn contains(self, c: char) -> bool {
        self.0 & Self::bit(c) != 0
    }

    /// A digit of it if it has one, else its lowest character.
    fn first(self) -> Option<char> {
        let digit = ('0'..='9').find(|c| self.contains(*c));
        digit.or_else(|| (0..=127_u8).map(char::from).find(|c| self.contains(*c)))
    }

    fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// How specific: fewer characters first, then the lower first character, then the lower characters.
    fn rank(self) -> (u32, u32, core::cmp::Reverse<u128>) {
        (self.0.count_ones(), self.0.leading_zeros(), core::cmp::Reverse(self.0))
    }
}

impl Pattern {
    pub(crate) fn parse(text: &str) -> Result<Self, PatternError> {
        if text.is_empty() || text == "_" {
            return Err(PatternError::Empty);
        }
        if text.chars().count() > NUMBER_MAX {
            return Err(PatternError::TooLong);
        }
        if let Some(foreign) = text.chars().find(|c| !c.is_ascii_graphic()) {
            return Err(PatternError::Foreign(foreign));
        }
        let kind = match text.strip_prefix('_') {
            None => Kind::Literal(strip(text)),
            Some(places) => Kind::Places(parse_places(places)?),
        };
        Ok(Self { text: text.to_owned(), kind })
    }

    /// As it was written.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn matches(&self, number: &str) -> Result<(), Mismatch> {
        match &self.kind {
            Kind::Literal(literal) if *literal == strip(number) => Ok(()),
            Kind::Literal(_) => Err(Mismatch::Other),
            Kind::Places(places) => match_places(places, number),
        }
    }
}

impl Pattern {
    /// Whether it matches every number that the other one matches.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        match (&self.kind, &other.kind) {
            (_, Kind::Literal(literal)) => self.matches(literal).is_ok(),
            // A pattern of one number may be written with sets; that a literal covers it is then not seen.
            (Kind::Literal(_), Kind::Places(_)) => false,
            (Kind::Places(mine), Kind::Places(others)) => covers(mine, others),
        }
    }
}

impl Pattern {
    /// Whether it stands for one number.
    pub(crate) fn is_literal(&self) -> bool {
        matches!(self.kind, Kind::Literal(_))
    }

    /// A number that both match; none: there is none.
    pub(crate) fn overlap(&self, other: &Self) -> Option<String> {
        match (&self.kind, &other.kind) {
            (Kind::Places(a), Kind::Places(b)) => overlap(a, b),
            (Kind::Literal(literal), _) => other.matches(literal).is_ok().then(|| literal.clone()),
            (_, Kind::Literal(literal)) => self.matches(literal).is_ok().then(|| literal.clone()),
        }
    }

    /// Whether it takes more numbers than another one: longer ones without bound, or more of the same length.
    pub(crate) fn is_wider_than(&self, other: &Self) -> bool {
        self.size() >= other.size()
    }

    /// How many numbers: whether without bound, and the logarithm of those that its fixed places make.
    fn size(&self) -> (bool, u32) {
        match &self.kind {
            Kind::Literal(_) => (false, 0),
            Kind::Places(places) => {
                let open = places.iter().any(|place| matches!(place, Place::Some | Place::Any));
                // In thousandths of a bit.
                let bits = places.iter().map(|place| match place {
                    Place::One(set, _) => thousandths_of_log2(set.0.count_ones()),
                    Place::Some | Place::Any => 0,
                });
                (open, bits.sum())
            }
        }
    }

    /// How many fixed characters it begins with, and how many it has at most; none: without bound.
    pub(crate) fn shape(&self) -> (usize, Option<usize>) {
        match &self.kind {
            Kind::Literal(literal) => (literal.len(), Some(literal.len())),
            Kind::Places(places) => {
                let fixed = |place: &&Place| matches!(place, Place::One(set, _) if set.0.count_ones() == 1);
                let open = places.iter().any(|place| matches!(place, Place::Some | Place::Any));
                (places.iter().take_while(fixed).count(), (!open).then_some(places.len()))
            }
        }
    }
}

/// 1,000 times the binary logarithm, for up to 128 characters.
fn thousandths_of_log2(count: u32) -> u32 {
    // Characters of a set are few: between powers of two a straight line is near enough to compare by.
    let whole = count.max(1).ilog2();
    let base = 1_u32 << whole;
    whole * 1_000 + (count.max(1) - base) * 1_000 / base
}

fn overlap(a: &[Place], b: &[Place]) -> Option<String> {
    let first = |place: &Place| match place {
        Place::One(set, _) => set.first(),
        Place::Some | Place::Any => Some('0'),
    };
    match (a, b) {
        ([], []) => Some(String::new()),
        ([Place::Any], rest) | (rest, [Place::Any]) => rest.iter().map(first).collect(),
        ([Place::Some], rest) | (rest, [Place::Some]) => match rest {
            [] => None,
            rest => rest.iter().map(first).collect(),
        },
        ([Place::One(one, _), a @ ..], [Place::One(other, _), b @ ..]) => {
            let both = Set(one.0 & other.0).first()?;
            overlap(a, b).map(|rest| format!("{both}{rest}"))
        }
        ([], _) | (_, []) | ([Place::Some | Place::Any, ..], _) | (_, [Place::Some | Place::Any, ..]) => None,
    }
}

fn covers(mine: &[Place], others: &[Place]) -> bool {
    match (mine, others) {
        ([Place::Any], _) | ([], []) => true,
        ([Place::Some], others) => !matches!(others, [] | [Place::Any]),
        ([Place::One(set, _), mine @ ..], [Place::One(other, _), others @ ..]) => {
            set.or(*other) == *set && covers(mine, others)
        }
        // What a wildcard of theirs stands for, a place of ours does not.
        ([Place::One(..) | Place::Any | Place::Some, ..] | [], _) => false,
    }
}

fn strip(text: &str) -> String {
    text.chars().filter(|c| *c != '-').collect()
}

fn parse_places(text: &str) -> Result<Vec<Place>, PatternError> {
    let mut places = Vec::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if let Some(wild) = [Place::Some, Place::Any].iter().find(|w| places.last() == Some(*w)) {
            return Err(PatternError::AfterWildcard(if *wild == Place::Some { '.' } else { '!' }));
        }
        match c {
            '-' => {}
            '.' => places.push(Place::Some),
            '!' => places.push(Place::Any),
            'X' | 'x' => places.push(Place::One(Set::range('0', '9'), "0-9 (X)".into())),
            'Z' | 'z' => places.push(Place::One(Set::range('1', '9'), "1-9 (Z)".into())),
            'N' | 'n' => places.push(Place::One(Set::range('2', '9'), "2-9 (N)".into())),
            '[' => {
                let (set, after) = rest.as_str().split_once(']').ok_or(PatternError::OpenSet)?;
                places.push(Place::One(parse_set(set)?, format!("one of [{set}]")));
                rest = after.chars();
            }
            other => places.push(Place::One(Set::range(other, other), format!("`{other}`"))),
        }
    }
    if places.is_empty() { Err(PatternError::Empty) } else { Ok(places) }
}

fn parse_set(text: &str) -> Result<Set, PatternError> {
    let chars: Vec<char> = text.chars().collect();
    let mut set = Set::default();
    let mut rest = chars.as_slice();
    loop {
        rest = match rest {
            [from, '-', to, after @ ..] => {
                set = set.or(Set::range(*from, *to));
                after
            }
            [one, after @ ..] => {
                set = set.or(Set::range(*one, *one));
                after
            }
            [] => break,
        };
    }
    if set.0 == 0 { Err(PatternError::EmptySet(text.to_owned())) } else { Ok(set) }
}

fn match_places(places: &[Place], number: &str) -> Result<(), Mismatch> {
    let mut digits = number.chars().filter(|c| *c != '-').enumerate();
    for place in places {
        let next = digits.next();
        match (place, next) {
            (Place::Any, _) | (Place::Some, Some(_)) => return Ok(()),
            (Place::Some, None) => return Err(Mismatch::TooShort("at least one more".into())),
            (Place::One(_, wanted), None) => return Err(Mismatch::TooShort(wanted.clone())),
            (Place::One(set, _), Some((_, c))) if set.contains(c) => {}
            (Place::One(_, wanted), Some((at, found))) => {
                return Err(Mismatch::Character { at: at + 1, found, wanted: wanted.clone() });
            }
        }
    }
    if digits.next().is_some() { Err(Mismatch::TooLong) } else { Ok(()) }
}

impl Ord for Place {
    fn cmp(&self, other: &Self) -> Ordering {
        let class = |place: &Self| match place {
            Self::One(..) => 0,
            Self::Some => 1,
            Self::Any => 2,
        };
        match (self, other) {
            (Self::One(a, _), Self::One(b, _)) => a.rank().cmp(&b.rank()),
            _ => class(self).cmp(&class(other)),
        }
    }
}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Pattern {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.kind, &other.kind) {
            (Kind::Literal(a), Kind::Literal(b)) => a.cmp(b),
            (Kind::Literal(_), Kind::Places(_)) => Ordering::Less,
            (Kind::Places(_), Kind::Literal(_)) => Ordering::Greater,
            (Kind::Places(a), Kind::Places(b)) => {
                let differing = a.iter().zip(b).map(|(a, b)| a.cmp(b)).find(|o| o.is_ne());
                // The end counts as less specific than anything: of two patterns the longer one comes first.
                differing.unwrap_or_else(|| b.len().cmp(&a.len()))
            }
        }
    }
}

impl PartialOrd for Pattern {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Two patterns are equal if they match the same numbers by the same places, however they are written.
impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Pattern {}

#[cfg(test)]
#[path = "pattern_tests.rs"]
mod tests;
