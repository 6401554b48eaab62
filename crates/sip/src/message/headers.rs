//! Header fields: an ordered list of names and values, typed on demand.

use super::text::Text;
use super::{MessageError, Method, NameAddr, Via, lex, name};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The header fields of a message, in order. A comma list is split when parsed, so that each entry is one value
/// (RFC 3261 §7.3.1); names are canonical (compact forms expanded) and compare without case.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(from = "Vec<(String, String)>", into = "Vec<(String, String)>")]
pub struct Headers {
    /// The head as received, where the fields that were parsed lie.
    head: Arc<str>,
    fields: Vec<(Text, Text)>,
}

/// The canonical spelling of a name: a constant where it is known, so that nothing is allocated.
fn canonical(name: &str) -> Text {
    match name::lookup(name) {
        Some(known) => Text::Constant(known.name),
        None => Text::Own(name.to_owned()),
    }
}

/// A compact form asked for is its full name; anything else is compared as it stands.
fn expanded(name: &str) -> &str {
    match name.len() {
        1 => name::lookup(name).map_or(name, |known| known.name),
        _ => name,
    }
}

fn same(stored: &str, asked: &str) -> bool {
    // Constants are mostly asked for with the very constant.
    stored.len() == asked.len() && (core::ptr::eq(stored, asked) || stored.eq_ignore_ascii_case(asked))
}

impl Headers {
    /// No fields yet, of a head they will lie in.
    pub(super) fn of_head(head: Arc<str>, capacity: usize) -> Self {
        Self { head, fields: Vec::with_capacity(capacity) }
    }

    /// All values of these names, in the order of the names, with room for more. What lies in the head is not copied: both
    /// have the head.
    pub(super) fn copied(&self, names: impl Iterator<Item = &'static str>, capacity: usize) -> Self {
        let mut copy = Self::of_head(Arc::clone(&self.head), capacity);
        for wanted in names {
            let all = self.fields.iter().filter(|(name, _)| same(name.of_head(&self.head), wanted));
            copy.fields.extend(all.map(|(_, value)| (Text::Constant(wanted), value.clone())));
        }
        copy
    }

    /// Without the room for more that they were read with: for those that are kept as long as a call lasts.
    pub fn to_keep(mut self) -> Self {
        self.fields.shrink_to_fit();
        self
    }

    /// The first value of `name`.
    pub fn first(&self, name: &str) -> Option<&str> {
        let name = expanded(name);
        self.iter().find(|(n, _)| same(n, name)).map(|(_, value)| value)
    }

    /// Every value of `name`, in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let name = expanded(name);
        self.iter().filter(move |(n, _)| same(n, name)).map(|(_, value)| value)
    }

    /// Every field, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (name.of_head(&self.head), value.of_head(&self.head)))
    }

    /// Adds a value at the end.
    pub fn push(&mut self, name: &str, value: impl Into<String>) {
        self.fields.push((canonical(name), Text::Own(value.into())));
    }

    /// Adds a value before all others (a Via, say).
    pub fn push_front(&mut self, name: &str, value: impl Into<String>) {
        self.fields.insert(0, (canonical(name), Text::Own(value.into())));
    }

    /// Puts one value in the place of all of that name, or adds it.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.remove(name);
        self.push(name, value);
    }

    /// Removes all of that name.
    pub fn remove(&mut self, name: &str) {
        let (head, name) = (&self.head, expanded(name));
        self.fields.retain(|(n, _)| !same(n.of_head(head), name));
    }

    /// How many values there are, of all names.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Adds a field of the head that was parsed; `known` if the name is one.
    pub(super) fn push_received(&mut self, known: Option<&'static str>, name: &str, value: &str) {
        let name = known.map_or_else(|| Text::of(name, &self.head), Text::Constant);
        self.fields.push((name, Text::of(value, &self.head)));
    }

    /// Whether a comma list of tokens (`Supported`, `Require`, `Allow`) names `token`, without case.
    pub fn lists(&self, name: &str, token: &str) -> bool {
        self.all(name).any(|value| value.split(',').any(|t| t.trim().eq_ignore_ascii_case(token)))
    }

    /// The topmost Via.
    pub fn via(&self) -> Result<Via, MessageError> {
        Via::parse(self.required(name::VIA)?)
    }

    /// From.
    pub fn from(&self) -> Result<NameAddr, MessageError> {
        NameAddr::parse(self.required(name::FROM)?)
    }

    /// To.
    pub fn to(&self) -> Result<NameAddr, MessageError> {
        NameAddr::parse(self.required(name::TO)?)
    }

    /// Call-ID.
    pub fn call_id(&self) -> Result<&str, MessageError> {
        self.required(name::CALL_ID)
    }

    /// CSeq.
    pub fn cseq(&self) -> Result<CSeq, MessageError> {
        CSeq::parse(self.required(name::CSEQ)?)
    }

    /// Max-Forwards: 0–255, `None` if absent or anything else (RFC 3261 §20.22).
    pub fn max_forwards(&self) -> Option<u8> {
        let value = self.first(name::MAX_FORWARDS)?;
        value.bytes().all(|b| b.is_ascii_digit()).then(|| value.parse().ok())?
    }

    /// A header that is a number of seconds or a count; parameters after `;` are ignored. `None` if absent or nonsense.
    pub fn number(&self, name: &str) -> Option<u32> {
        self.first(name)?.split([';', ' ', '(']).next()?.trim().parse().ok()
    }

    /// Every address in a list of name-addrs (`Contact`, `Route`, `Record-Route`, `Path`, …). `Contact: *` is not one.
    pub fn addresses(&self, name: &str) -> Result<Vec<NameAddr>, MessageError> {
        self.all(name).map(NameAddr::parse).collect()
    }

    fn required(&self, name: &'static str) -> Result<&str, MessageError> {
        self.first(name).ok_or(MessageError::Missing(name))
    }
}

impl PartialEq for Headers {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Headers {}

impl core::fmt::Debug for Headers {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl From<Headers> for Vec<(String, String)> {
    fn from(headers: Headers) -> Self {
        headers.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }
}

impl From<Vec<(String, String)>> for Headers {
    fn from(fields: Vec<(String, String)>) -> Self {
        let mut headers = Self::default();
        fields.into_iter().for_each(|(name, value)| headers.push(&name, value));
        headers
    }
}

/// `CSeq` (RFC 3261 §20.16).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CSeq {
    /// Below 2³¹.
    pub number: u32,
    /// The method of the request.
    pub method: Method,
}

impl CSeq {
    /// From the header's value.
    pub fn parse(value: &str) -> Result<Self, MessageError> {
        const MALFORMED: MessageError = MessageError::Malformed(name::CSEQ);
        let (digits, method) = value.split_once(lex::is_space).ok_or(MALFORMED)?;
        let is_number = digits.bytes().all(|b| b.is_ascii_digit());
        let number =
            is_number.then(|| digits.parse().ok()).flatten().filter(|n| *n < 1 << 31).ok_or(MALFORMED)?;
        let method = method.trim_matches(lex::is_space);
        if lex::is_token(method) {
            Ok(Self { number, method: Method::from_token(method) })
        } else {
            Err(MALFORMED)
        }
    }
}

impl core::fmt::Display for CSeq {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} {}", self.number, self.method)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compact_names_and_case_do_not_matter() {
        let mut headers = Headers::default();
        headers.push("v", "1");
        headers.push("VIA", "2");
        headers.push("X-Own", "3");
        assert_eq!(headers.all("via").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(headers.first("V"), Some("1"));
        assert_eq!(headers.first("x-own"), Some("3"));
        headers.set("V", "4");
        assert_eq!(headers.iter().collect::<Vec<_>>(), [("X-Own", "3"), ("Via", "4")]);
    }

    #[test]
    fn cseq_is_a_number_below_2_to_the_31_and_a_token() {
        assert_eq!(CSeq::parse("0009 \t INVITE"), Ok(CSeq { number: 9, method: Method::Invite }));
        assert!(CSeq::parse("2147483647 X").is_ok());
        for value in ["2147483648 X", "+1 X", "-1 X", "1", "X", "", "1 X Y", "1 (", " 1 X"] {
            assert_eq!(CSeq::parse(value), Err(MessageError::Malformed("CSeq")), "{value}");
        }
    }

    #[test]
    fn numbers_may_have_comments_and_parameters() {
        let mut headers = Headers::default();
        headers.push(name::RETRY_AFTER, "120 (in a meeting);duration=60");
        headers.push(name::EXPIRES, "10000000000000");
        assert_eq!(headers.number(name::RETRY_AFTER), Some(120));
        assert_eq!(headers.number(name::EXPIRES), None);
    }
}
