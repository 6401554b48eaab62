//! Who somebody is, in header fields: From, P-Asserted-Identity and Privacy (RFC 3325, RFC 3323), Remote-Party-ID (an expired
//! draft that gateways still write), Diversion (RFC 5806), History-Info (RFC 7044). What comes from outside is cleaned before
//! it is shown or sent on.

use cordboard_app::{Identity, Privacy};
use cordboard_sip::message::{Headers, Host, NameAddr, Uri, name};

/// The longest name or number that is kept, in characters; the rest is cut. Displays show far less.
pub const IDENTITY_CHARS_MAX: usize = 128;

/// Who calls, as an INVITE says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claimed {
    /// Who.
    pub identity: Identity,
    /// Whether others may be shown it.
    pub privacy: Privacy,
    /// Who was called before.
    pub redirecting: Option<Identity>,
}

/// Reads who calls. Only a trusted peer (a trunk) is believed its P-Asserted-Identity, Privacy and Remote-Party-ID
/// (RFC 3325 §5); of anybody else From is read. Diversion is taken from trusted peers alone as well.
pub fn claimed(headers: &Headers, trusted: bool) -> Claimed {
    let from = headers.from().map(|from| identity_of(&from)).unwrap_or_default();
    if !trusted {
        return Claimed { identity: from, ..Claimed::default() };
    }
    let asserted = address(headers, name::P_ASSERTED_IDENTITY);
    let remote = address(headers, name::REMOTE_PARTY_ID);
    let hidden = headers.all(name::PRIVACY).any(is_private) || remote.as_ref().is_some_and(hides);
    let identity = match asserted.as_ref().or(remote.as_ref()) {
        Some(address) => identity_of(address),
        None => from.clone(),
    };
    // RFC 3325 §9.3 tells to put `id` beside it; carriers that only write an anonymous From mean the same.
    let anonymous = from.number.eq_ignore_ascii_case("anonymous");
    Claimed {
        identity: if identity.number.eq_ignore_ascii_case("anonymous") {
            Identity::default()
        } else {
            identity
        },
        privacy: if hidden || anonymous { Privacy::Restricted } else { Privacy::Allowed },
        redirecting: address(headers, name::DIVERSION)
            .or_else(|| address(headers, name::HISTORY_INFO))
            .map(|address| identity_of(&address)),
    }
}

/// Who the far end says it is now, in an answer, UPDATE or re-INVITE; `None` if it says nothing.
pub(crate) fn asserted(headers: &Headers) -> Option<Identity> {
    address(headers, name::P_ASSERTED_IDENTITY)
        .or_else(|| address(headers, name::REMOTE_PARTY_ID))
        .map(|address| identity_of(&address))
}

fn address(headers: &Headers, name: &str) -> Option<NameAddr> {
    headers.first(name).and_then(|value| NameAddr::parse(value).ok())
}

fn is_private(value: &str) -> bool {
    value.split(';').any(|word| {
        let word = word.trim();
        word.eq_ignore_ascii_case("id")
            || word.eq_ignore_ascii_case("user")
            || word.eq_ignore_ascii_case("header")
    })
}

fn hides(remote: &NameAddr) -> bool {
    remote.params.value("privacy").is_some_and(|value| !value.eq_ignore_ascii_case("off"))
}

fn identity_of(address: &NameAddr) -> Identity {
    Identity {
        number: clean(address.uri.user.as_deref().unwrap_or_default()),
        name: clean(address.display.as_deref().unwrap_or_default()),
    }
}

/// Without control characters and the marks that turn text around, cut to [`IDENTITY_CHARS_MAX`].
pub fn clean(text: &str) -> String {
    let shown = |c: &char| {
        !c.is_control()
            && !matches!(*c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.trim().chars().filter(shown).take(IDENTITY_CHARS_MAX).collect()
}

/// Cleans both parts.
pub(crate) fn cleaned(identity: &Identity) -> Identity {
    Identity { number: clean(&identity.number), name: clean(&identity.name) }
}

/// An address of ours for an identity.
pub(crate) fn address_of(identity: &Identity, domain: &str) -> NameAddr {
    let user = if identity.number.is_empty() { "anonymous" } else { identity.number.as_str() };
    let host = host(domain);
    let mut address = NameAddr::new(Uri::sip(Some(user), host, None));
    address.display = Some(identity.name.clone()).filter(|name| !name.is_empty());
    address
}

fn host(domain: &str) -> Host {
    Host::parse(domain).unwrap_or_else(|_| Host::Name("anonymous.invalid".to_owned()))
}

/// RFC 3323 §4.1.1.3.
pub(crate) fn anonymous() -> NameAddr {
    let host = Host::Name("anonymous.invalid".to_owned());
    let mut address = NameAddr::new(Uri::sip(Some("anonymous"), host, None));
    address.display = Some("Anonymous".to_owned());
    address
}

/// What tells a phone of ours whom it is connected with; of a hidden identity it learns that it is anonymous.
pub(crate) fn headers(identity: &Identity, privacy: Privacy, domain: &str) -> Vec<(String, String)> {
    match privacy {
        Privacy::Allowed if identity.number.is_empty() => Vec::new(),
        Privacy::Allowed => {
            vec![(name::P_ASSERTED_IDENTITY.to_owned(), address_of(identity, domain).to_string())]
        }
        Privacy::Restricted => vec![(name::PRIVACY.to_owned(), "id".to_owned())],
    }
}

/// Tells from whom a call was diverted.
pub(crate) fn diversion(mut address: NameAddr) -> (String, String) {
    address.params.set("reason", Some("unknown"));
    (name::DIVERSION.to_owned(), address.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers_of(fields: &[(&str, &str)]) -> Headers {
        let mut headers = Headers::default();
        fields.iter().for_each(|(name, value)| headers.push(name, *value));
        headers
    }

    #[test]
    fn a_stranger_is_not_believed_its_asserted_identity() {
        let headers = headers_of(&[
            ("From", "\"Eve\" <sip:666@a.example>;tag=1"),
            ("P-Asserted-Identity", "<sip:112@a.example>"),
        ]);
        assert_eq!(claimed(&headers, false).identity, Identity { number: "666".into(), name: "Eve".into() });
        assert_eq!(claimed(&headers, true).identity.number, "112");
    }

    #[test]
    fn a_trunks_privacy_is_kept_and_its_number_known() {
        let headers = headers_of(&[
            ("From", "\"Anonymous\" <sip:anonymous@anonymous.invalid>;tag=1"),
            ("P-Asserted-Identity", "\"Ann\" <sip:+4420@itsp.example>"),
            ("Privacy", "user;id"),
            ("Diversion", "<sip:555@itsp.example>;reason=user-busy"),
        ]);
        let claimed = claimed(&headers, true);
        assert_eq!(claimed.privacy, Privacy::Restricted);
        assert_eq!(claimed.identity.number, "+4420");
        assert_eq!(claimed.redirecting.map(|r| r.number), Some("555".to_owned()));
    }

    #[test]
    fn names_lose_control_characters_and_are_cut() {
        assert_eq!(clean("A\r\nB\u{202e}\u{7}C "), "ABC");
        assert_eq!(clean(&"x".repeat(IDENTITY_CHARS_MAX)).len(), IDENTITY_CHARS_MAX);
        assert_eq!(clean(&"x".repeat(IDENTITY_CHARS_MAX + 1)).len(), IDENTITY_CHARS_MAX);
    }

    #[test]
    fn a_hidden_identity_reaches_phones_not_at_all() {
        let ann = Identity { number: "101".into(), name: "Ann".into() };
        let phone = headers(&ann, Privacy::Restricted, "office.example");
        assert!(phone.iter().all(|(_, value)| !value.contains("101")));
    }
}
