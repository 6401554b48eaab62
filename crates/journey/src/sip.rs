//! Just so much of a SIP message as is needed to know whose it is and to show it: header fields by name, tags, bodies. What is not
//! SIP yields nothing; nothing is decided by it.

use cordboard_base::{CallId, LegId};

/// Header fields that are looked at: more than any message of a phone has, and an end to those that have no end.
const HEADERS_MAX: usize = 256;

/// A message, looked into.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sip<'a> {
    /// Request or status line.
    pub(crate) first: &'a str,
    head: &'a str,
    /// What comes after the empty line.
    pub(crate) body: &'a str,
}

impl<'a> Sip<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        let (head, body) = match text.split_once("\r\n\r\n") {
            Some(parts) => parts,
            None => text.split_once("\n\n").unwrap_or((text, "")),
        };
        let (first, head) = head.split_once('\n').unwrap_or((head, ""));
        Self { first: first.trim_end(), head, body }
    }

    /// The first header field of a name, given long and in its compact form (RFC 3261 §7.3.3).
    pub(crate) fn header(&self, name: &str, compact: &str) -> Option<&'a str> {
        self.headers().find(|(found, _)| is(found, name, compact)).map(|(_, value)| value)
    }

    /// All header fields.
    pub(crate) fn headers(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let lines = self.head.lines().take(HEADERS_MAX);
        lines.filter_map(|line| line.split_once(':')).map(|(name, value)| (name.trim(), value.trim()))
    }

    /// The status, if it is a response.
    pub(crate) fn status(&self) -> Option<u16> {
        self.first.strip_prefix("SIP/2.0 ")?.get(..3)?.parse().ok()
    }

    /// The method: of a response the one that CSeq names.
    pub(crate) fn method(&self) -> &'a str {
        if self.status().is_some() {
            return self.cseq().map_or("", |(_, method)| method);
        }
        self.first.split(' ').next().unwrap_or("")
    }

    /// `CSeq`: number and method.
    pub(crate) fn cseq(&self) -> Option<(u32, &'a str)> {
        let (number, method) = self.header("CSeq", "CSeq")?.split_once(' ')?;
        Some((number.trim().parse().ok()?, method.trim()))
    }

    pub(crate) fn call_id(&self) -> Option<&'a str> {
        self.header("Call-ID", "i")
    }

    /// The leg that our own tag names: From has it in requests that we send and in responses to them, To in the others.
    pub(crate) fn leg(&self, sent: bool) -> Option<LegId> {
        let ours_is_from = sent == self.status().is_none();
        let value = if ours_is_from { self.header("From", "f") } else { self.header("To", "t") };
        leg_of_tag(tag(value?)?)
    }
}

pub(crate) fn is(found: &str, name: &str, compact: &str) -> bool {
    found.eq_ignore_ascii_case(name) || found.eq_ignore_ascii_case(compact)
}

/// The `tag` parameter of From or To.
pub(crate) fn tag(value: &str) -> Option<&str> {
    let params = value.rsplit_once('>').map_or(value, |(_, params)| params);
    let mut all = params.split(';').map(str::trim);
    let own = all.find(|param| param.get(..4).is_some_and(|name| name.eq_ignore_ascii_case("tag=")))?;
    own.get(4..)
}

/// The leg that one of our tags names: `call.index-token`.
fn leg_of_tag(tag: &str) -> Option<LegId> {
    let (leg, _token) = tag.split_once('-')?;
    let (call, index) = leg.split_once('.')?;
    Some(LegId { call: CallId(u64::from_str_radix(call, 16).ok()?), index: index.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    const INVITE: &str = "INVITE sip:102@office.example SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1\r\n\
        f: \"Anna <x>\" <sip:101@office.example>;tag=1a.3-abc\r\nTo: <sip:102@office.example>\r\ni: one\r\n\
        CSeq: 7 INVITE\r\n\r\nv=0\r\n";

    #[test]
    fn a_message_tells_what_it_is_and_whose() {
        let sip = Sip::of(INVITE);
        assert_eq!((sip.method(), sip.status(), sip.call_id()), ("INVITE", None, Some("one")));
        assert_eq!((sip.cseq(), sip.body), (Some((7, "INVITE")), "v=0\r\n"));
        assert_eq!(sip.leg(true), Some(LegId { call: CallId(0x1a), index: 3 }));
        assert_eq!(sip.leg(false), None, "a stranger's tag is not ours, however it looks");
    }

    #[test]
    fn a_response_is_of_the_method_that_it_answers() {
        let text = INVITE.replace("INVITE sip:102@office.example SIP/2.0", "SIP/2.0 486 Busy Here");
        let sip = Sip::of(&text);
        assert_eq!((sip.status(), sip.method()), (Some(486), "INVITE"));
        assert_eq!(sip.leg(false), Some(LegId { call: CallId(0x1a), index: 3 }), "an answer to what we sent");
        assert_eq!(sip.leg(true), None);
    }

    proptest::proptest! {
        #[test]
        fn whatever_comes_is_looked_into(text in ".{0,200}", sent in proptest::bool::ANY) {
            let sip = Sip::of(&text);
            let _whatever = (sip.leg(sent), sip.cseq(), sip.call_id(), sip.method().len(), sip.headers().count());
        }
    }
}
