//! `Via` (RFC 3261 §20.42, RFC 3581).

use super::{Host, MessageError, Params, host, lex};
use core::fmt;
use core::net::IpAddr;
use serde::{Deserialize, Serialize};

const MALFORMED: MessageError = MessageError::Malformed("Via");

/// One Via.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Via {
    /// `UDP`, `TCP`, `TLS`, … in upper case.
    pub transport: String,
    /// The sent-by host.
    pub host: Host,
    /// The sent-by port.
    pub port: Option<u16>,
    /// `branch`, `received`, `rport`, …
    pub params: Params,
}

impl Via {
    /// The magic cookie of an RFC 3261 branch.
    pub const COOKIE: &'static str = "z9hG4bK";

    /// From one header value. White space may stand around every separator (RFC 3261 §25.1 SLASH, COLON, SEMI).
    pub fn parse(value: &str) -> Result<Self, MessageError> {
        let mut parts = value.splitn(3, '/').map(|part| part.trim_matches(lex::is_space));
        let (protocol, version, rest) = (parts.next(), parts.next(), parts.next().ok_or(MALFORMED)?);
        if !protocol.is_some_and(|p| p.eq_ignore_ascii_case("SIP")) || version != Some("2.0") {
            return Err(MALFORMED);
        }
        let (transport, rest) = rest.split_once(lex::is_space).ok_or(MALFORMED)?;
        if !lex::is_token(transport) {
            return Err(MALFORMED);
        }
        let (sent_by, params) = rest.split_at(rest.find(';').unwrap_or(rest.len()));
        let (host, port) = host::host_port(sent_by.trim_matches(lex::is_space)).map_err(|_| MALFORMED)?;
        let params = Params::parse(params).map_err(|_| MALFORMED)?;
        Ok(Self { transport: transport.to_ascii_uppercase(), host, port, params })
    }

    /// The branch, empty if there is none.
    pub fn branch(&self) -> &str {
        self.params.value("branch").unwrap_or("")
    }

    /// Whether the branch is one of RFC 3261, unique to its transaction: the cookie and more (§8.1.1.7).
    pub fn has_unique_branch(&self) -> bool {
        // The cookie's case does not matter, as no parameter's does.
        let branch = self.branch().as_bytes();
        branch.len() > Self::COOKIE.len()
            && branch
                .get(..Self::COOKIE.len())
                .is_some_and(|b| b.eq_ignore_ascii_case(Self::COOKIE.as_bytes()))
    }

    /// The `received` parameter, with or without brackets (RFC 5118 §4.5).
    pub fn received(&self) -> Option<IpAddr> {
        Host::parse(self.params.value("received")?).ok()?.ip()
    }

    /// The port in `rport`; `None` also for one without a value.
    pub fn rport(&self) -> Option<u16> {
        self.params.value("rport")?.parse().ok()
    }
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SIP/2.0/{} {}", self.transport, self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        write!(f, "{}", self.params)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_around_everything() {
        let via = Via::parse("SIP  / 2.0  / udp  192.0.2.2 : 5061 ;rport; branch = z9hG4bKx").unwrap();
        assert_eq!(via.to_string(), "SIP/2.0/UDP 192.0.2.2:5061;rport;branch=z9hG4bKx");
        assert!(via.has_unique_branch());
        assert_eq!((via.branch(), via.rport()), ("z9hG4bKx", None));
    }

    #[test]
    fn ipv6_and_received() {
        let via = Via::parse("SIP/2.0/TLS [2001:db8::9]:5061;received=[2001:db8::1];branch=z9hG4bK").unwrap();
        assert_eq!(via.received(), Some("2001:db8::1".parse().unwrap()));
        assert_eq!(via.to_string(), "SIP/2.0/TLS [2001:db8::9]:5061;received=[2001:db8::1];branch=z9hG4bK");
        assert!(!via.has_unique_branch());
    }

    #[test]
    fn what_is_not_a_via_is_refused() {
        for text in [
            "",
            "SIP/2.0/UDP",
            "SIP/2.0/UDP ;a",
            "SIP/3.0/UDP h",
            "SIP/2.0/UDP h;;",
            "SIP/2.0/UDP h:99999",
            ";;",
        ] {
            assert!(Via::parse(text).is_err(), "{text}");
        }
    }
}
