//! `[http]` of `etc/cordboard.toml`: whom scripts may ask.

use super::Config;
use super::value::{Net, Within};
use crate::http::{Allowed, HttpConfig, Rules};
use serde::{Deserialize, Serialize};
use std::net::Ipv6Addr;

/// Whom scripts may ask.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct HttpSection {
    pub allow: Vec<WebHost>,
    pub networks: Vec<Net>,
    pub concurrent: Within<1, 64>,
}

impl Default for HttpSection {
    fn default() -> Self {
        Self { allow: Vec::new(), networks: Vec::new(), concurrent: Within::new(16) }
    }
}

/// `crm.example`, `crm.example:8443`, `192.168.1.10`, `[2001:db8::1]:8080`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WebHost(String);

impl TryFrom<String> for WebHost {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if parse(&text).is_some() {
            Ok(Self(text))
        } else {
            Err(format!("\"{text}\" is no host: crm.example, crm.example:8443 or an address"))
        }
    }
}

impl From<WebHost> for String {
    fn from(host: WebHost) -> Self {
        host.0
    }
}

fn parse(text: &str) -> Option<Allowed> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']')?;
            host.parse::<Ipv6Addr>().ok()?;
            (host, if port.is_empty() { None } else { Some(port.strip_prefix(':')?) })
        }
        None => text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
    };
    let port = port.map(str::parse::<u16>).transpose().ok()?.filter(|port| *port > 0);
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':');
    let is_host = !host.is_empty() && host.len() <= 253 && host.chars().all(fits);
    is_host.then(|| Allowed { host: host.to_owned(), port })
}

impl Config {
    /// Whom scripts may ask.
    pub fn http(&self) -> HttpConfig {
        let section = &self.office.http;
        HttpConfig {
            rules: Rules {
                hosts: section.allow.iter().filter_map(|host| parse(&host.0)).collect(),
                networks: section.networks.iter().map(|net| net.0).collect(),
            },
            roots: self.tls_roots(),
            concurrent_max: section.concurrent.get(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_may_have_a_port() {
        let host = |host: &str, port| Some(Allowed { host: host.to_owned(), port });
        for (text, expected) in [
            ("crm.example", host("crm.example", None)),
            ("crm.example:8443", host("crm.example", Some(8_443))),
            ("192.168.1.10", host("192.168.1.10", None)),
            ("[2001:db8::1]", host("2001:db8::1", None)),
            ("[2001:db8::1]:81", host("2001:db8::1", Some(81))),
            ("https://crm.example", None),
            ("crm.example/path", None),
            ("crm.example:0x50", None),
            ("crm.example:99999", None),
            ("[crm]:80", None),
            ("*.example", None),
            ("", None),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
    }
}
