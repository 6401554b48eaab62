//! URIs: `sip:`, `sips:`, `tel:`, `urn:` and whatever else a Request-URI may hold (RFC 3261 §19.1, RFC 3966).

use super::host::{self, Host};
use super::{MessageError, Params, escape};
use core::fmt;
use serde::{Deserialize, Serialize};

const MALFORMED: MessageError = MessageError::Malformed("URI");

/// A URI's scheme.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Scheme {
    /// `sip:`
    Sip,
    /// `sips:`
    Sips,
    /// `tel:`; the number is in `user`.
    Tel,
    /// Any other, in lower case; the rest is in `user`, verbatim.
    Other(String),
}

/// A URI. The user part is held unescaped and is escaped when printed. Escaped bytes that are not UTF-8 are kept as
/// private-use characters ([`super::readable`]).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Uri {
    /// The scheme.
    pub scheme: Scheme,
    /// The user part, unescaped.
    pub user: Option<String>,
    /// The password part, verbatim (deprecated, kept).
    pub password: Option<String>,
    /// The host; an empty name for `tel:` and other schemes.
    pub host: Host,
    /// The port.
    pub port: Option<u16>,
    /// `;` parameters.
    pub params: Params,
    /// `?name=value&…` headers, unescaped.
    pub headers: Vec<(String, String)>,
}

impl Uri {
    /// `sip:user@host:port` without parameters.
    pub fn sip(user: Option<&str>, host: Host, port: Option<u16>) -> Self {
        Self {
            scheme: Scheme::Sip,
            user: user.map(str::to_owned),
            password: None,
            host,
            port,
            params: Params::default(),
            headers: Vec::new(),
        }
    }

    /// From text, without angle brackets or white space around it.
    pub fn parse(text: &str) -> Result<Self, MessageError> {
        if text.bytes().any(|b| b <= b' ' || b == 0x7f || matches!(b, b'<' | b'>' | b'"')) {
            return Err(MALFORMED);
        }
        let (scheme, rest) = text.split_once(':').ok_or(MALFORMED)?;
        if scheme.eq_ignore_ascii_case("sip") {
            return Self::parse_sip(Scheme::Sip, rest);
        }
        if scheme.eq_ignore_ascii_case("sips") {
            return Self::parse_sip(Scheme::Sips, rest);
        }
        let name_ok = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
        if !name_ok || rest.is_empty() {
            return Err(MALFORMED);
        }
        if scheme.eq_ignore_ascii_case("tel") {
            return Self::parse_tel(rest);
        }
        Ok(Self::opaque(Scheme::Other(scheme.to_ascii_lowercase()), rest, Params::default()))
    }

    fn opaque(scheme: Scheme, rest: &str, params: Params) -> Self {
        let user = Some(rest.to_owned());
        Self { scheme, user, password: None, host: Host::none(), port: None, params, headers: Vec::new() }
    }

    fn parse_sip(scheme: Scheme, rest: &str) -> Result<Self, MessageError> {
        // A user part may hold `;`, `?` and `/`, so it is taken off first (RFC 3261 §25.1 user-unreserved).
        let (userinfo, rest) = match rest.split_once('@') {
            Some((userinfo, rest)) => (Some(userinfo), rest),
            None => (None, rest),
        };
        let (user, password) =
            match userinfo.map(|u| u.split_once(':').map_or((u, None), |(u, p)| (u, Some(p)))) {
                Some(("", _)) => return Err(MALFORMED),
                Some((user, password)) => (Some(escape::decode(user)), password.map(str::to_owned)),
                None => (None, None),
            };
        let (rest, headers) = match rest.split_once('?') {
            Some((rest, headers)) => (rest, uri_headers(headers)?),
            None => (rest, Vec::new()),
        };
        let (host, params) = rest.split_once(';').map_or((rest, None), |(host, params)| (host, Some(params)));
        let (host, port) = host::host_port(host).map_err(|_| MALFORMED)?;
        let params = params.map(uri_params).transpose()?.unwrap_or_default();
        Ok(Self { scheme, user, password, host, port, params, headers })
    }

    fn parse_tel(rest: &str) -> Result<Self, MessageError> {
        let (digits, params) =
            rest.split_once(';').map_or((rest, None), |(digits, params)| (digits, Some(params)));
        let is_number = digits
            .bytes()
            .enumerate()
            .all(|(at, b)| b.is_ascii_hexdigit() || b"-.()*#".contains(&b) || (b == b'+' && at == 0));
        if digits.is_empty() || !is_number {
            return Err(MALFORMED);
        }
        Ok(Self::opaque(Scheme::Tel, digits, params.map(uri_params).transpose()?.unwrap_or_default()))
    }

    /// Equality by the rules of RFC 3261 §19.1.4 (escapes, case of host and parameters, which parameters must match);
    /// for `tel:` those of RFC 3966 §4; for `urn:` without case; other schemes to the letter.
    pub fn equivalent(&self, other: &Self) -> bool {
        if self.scheme != other.scheme {
            return false;
        }
        match &self.scheme {
            Scheme::Sip | Scheme::Sips => self.same_sip(other),
            Scheme::Tel => self.same_tel(other),
            Scheme::Other(scheme) => match (&self.user, &other.user) {
                (Some(a), Some(b)) if scheme == "urn" => a.eq_ignore_ascii_case(b),
                (a, b) => a == b,
            },
        }
    }

    fn same_sip(&self, other: &Self) -> bool {
        let password = |uri: &Self| uri.password.as_deref().map(escape::decode);
        self.user == other.user
            && password(self) == password(other)
            && self.host == other.host
            && self.port == other.port
            && self.params_agree(other)
            && other.params_agree(self)
            && self.headers.len() == other.headers.len()
            && self.headers.iter().all(|(name, value)| {
                other.headers.iter().any(|(n, v)| n.eq_ignore_ascii_case(name) && v == value)
            })
    }

    /// Each of our parameters agrees with the other's, or is one that may be missing there.
    fn params_agree(&self, other: &Self) -> bool {
        const NEVER_IGNORED: [&str; 4] = ["user", "ttl", "method", "maddr"];
        // Of a parameter that is there twice the first one counts, on both sides.
        let ours = |name| self.params.value(name).unwrap_or("");
        self.params.iter().all(|(name, _)| match other.params.value(name) {
            Some(theirs) => escape::decode(ours(name)).eq_ignore_ascii_case(&escape::decode(theirs)),
            None => !NEVER_IGNORED.iter().any(|never| never.eq_ignore_ascii_case(name)),
        })
    }

    fn same_tel(&self, other: &Self) -> bool {
        let digits = |uri: &Self| -> String {
            let user = uri.user.as_deref().unwrap_or("");
            user.chars().filter(|c| !"-.()".contains(*c)).map(|c| c.to_ascii_lowercase()).collect()
        };
        let covered = |a: &Self, b: &Self| {
            let ours = |name| a.params.value(name).unwrap_or("");
            a.params
                .iter()
                .all(|(n, _)| b.params.value(n).is_some_and(|theirs| theirs.eq_ignore_ascii_case(ours(n))))
        };
        digits(self) == digits(other) && covered(self, other) && covered(other, self)
    }
}

fn uri_params(text: &str) -> Result<Params, MessageError> {
    let mut params = Params::default();
    for param in text.split(';') {
        let (name, value) = param.split_once('=').map_or((param, None), |(n, v)| (n, Some(v)));
        if name.is_empty() || param.contains(',') {
            return Err(MALFORMED);
        }
        params.push(name, value);
    }
    Ok(params)
}

fn uri_headers(text: &str) -> Result<Vec<(String, String)>, MessageError> {
    let pair = |header: &str| {
        let (name, value) = header.split_once('=').unwrap_or((header, ""));
        if name.is_empty() { Err(MALFORMED) } else { Ok((escape::decode(name), escape::decode(value))) }
    };
    text.split('&').map(pair).collect()
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user = self.user.as_deref();
        match &self.scheme {
            Scheme::Sip => f.write_str("sip:")?,
            Scheme::Sips => f.write_str("sips:")?,
            Scheme::Tel => return write!(f, "tel:{}{}", user.unwrap_or(""), self.params),
            Scheme::Other(scheme) => return write!(f, "{scheme}:{}", user.unwrap_or("")),
        }
        if let Some(user) = user {
            escape::encode(f, user, escape::USER)?;
            if let Some(password) = &self.password {
                write!(f, ":{password}")?;
            }
            f.write_str("@")?;
        }
        write!(f, "{}", self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        write!(f, "{}", self.params)?;
        for (index, (name, value)) in self.headers.iter().enumerate() {
            f.write_str(if index == 0 { "?" } else { "&" })?;
            escape::encode(f, name, escape::HEADER)?;
            f.write_str("=")?;
            escape::encode(f, value, escape::HEADER)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printing_what_was_parsed_gives_the_same_text() {
        for text in [
            "sip:alice@example.com",
            "sips:[2001:db8::1]:5061;transport=tls;lr",
            "sip:user;par=u%40example.net@example.com",
            "sip:sips%3Auser%40example.com@example.net",
            "sip:null-%00-null@example.com",
            "sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com",
            "sip:a:p@b?Subject=hi%20there&Route=%3Csip:x%3Blr%3E",
            "sip:%FE@b",
            "tel:+1-201-555-0123;phone-context=example.com",
            "tel:*21#",
            "urn:service:sos",
            "soap.beep://192.0.2.103:3002",
        ] {
            assert_eq!(Uri::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Uri::parse("sip:%61lice@EXAMPLE.com").unwrap().to_string(), "sip:alice@example.com");
        assert_eq!(
            Uri::parse("sip:a@[2001:db8:::192.0.2.1]").unwrap().to_string(),
            "sip:a@[2001:db8::c000:201]"
        );
    }

    #[test]
    fn parts_are_told_apart() {
        let uri = Uri::parse("sip:a%20b:pw@[::1]:5070;lr;x=%41?h=1").unwrap();
        assert_eq!(uri.user.as_deref(), Some("a b"));
        assert_eq!(uri.password.as_deref(), Some("pw"));
        assert_eq!(uri.host.ip(), Some("::1".parse().unwrap()));
        assert_eq!(uri.port, Some(5070));
        assert_eq!(uri.params.value("X"), Some("%41"));
        assert_eq!(uri.headers, [("h".to_owned(), "1".to_owned())]);
    }

    #[test]
    fn what_is_not_a_uri_is_refused() {
        for text in [
            "",
            "sip:",
            "sip:@h",
            "<sip:a@b>",
            "sip:a@b; lr",
            "sip:a b@c",
            "sip:2001:db8::10",
            "sip:a@b:x",
            "sip:a@b:",
            "sip:a@b:70000",
            "sip:a@[::1",
            "sip:a@b;",
            "sip:a@b;;c",
            "nocolon",
            "1x:a",
            "tel:",
            "tel:abc-xyz",
            "sip:a@b@c",
            "sip:a@b:+5",
            "sip:a@b?=x",
        ] {
            assert!(Uri::parse(text).is_err(), "{text}");
        }
    }

    #[track_caller]
    fn check_equivalent(a: &str, b: &str, expected: bool) {
        let (left, right) = (Uri::parse(a).unwrap(), Uri::parse(b).unwrap());
        assert_eq!(left.equivalent(&right), expected, "{a} {b}");
        assert_eq!(right.equivalent(&left), expected, "{b} {a}");
    }

    #[test]
    fn a_uri_with_a_parameter_twice_is_equivalent_to_itself() {
        for text in ["sip:a@h;method=A;method=B", "tel:+1;x=1;x=2"] {
            let uri = Uri::parse(text).unwrap();
            assert!(uri.equivalent(&uri), "{text}");
        }
    }

    #[test]
    fn equivalence_follows_the_examples_of_rfc_3261_19_1_4() {
        check_equivalent(
            "sip:%61lice@atlanta.com;transport=TCP",
            "sip:alice@AtLanTa.CoM;Transport=tcp",
            true,
        );
        check_equivalent("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", true);
        check_equivalent("sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on", true);
        check_equivalent(
            "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
            "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
            true,
        );
        check_equivalent(
            "sip:alice@atlanta.com?subject=p&priority=u",
            "sip:alice@atlanta.com?priority=u&subject=p",
            true,
        );
        check_equivalent("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP", false);
        check_equivalent("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", false);
        check_equivalent("sip:bob@biloxi.com", "sip:bob@biloxi.com;method=REGISTER", false);
        check_equivalent("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next", false);
        check_equivalent("sip:bob@phone21", "sip:bob@192.0.2.4", false);
        check_equivalent("sip:bob@x;a=1", "sip:bob@x;a=2", false);
        check_equivalent("sip:bob@x", "sips:bob@x", false);
        check_equivalent("sip:a@[2001:db8::0:1]", "sip:a@[2001:DB8::1]", true);
        check_equivalent("tel:+1-201-555", "tel:+1(201)555", true);
        check_equivalent("tel:7042;phone-context=a", "tel:7042", false);
        check_equivalent("urn:UUID:AB", "urn:uuid:ab", true);
    }
}
