//! Addresses on the web, taken apart.

/// Where a URL leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    /// Whether it is spoken to over TLS.
    pub is_secure: bool,
    /// A name or an address, without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// From the first `/` on, with the query and without a fragment.
    pub path: String,
}

impl Url {
    /// `http://host[:port][/path]`, or `https://`.
    pub fn parse(text: &str) -> Option<Self> {
        let (is_secure, rest) = match text.strip_prefix("https://") {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix("http://")?),
        };
        let (place, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let place = place.rsplit_once('@').map_or(place, |(_, place)| place);
        let (host, port) = match place.strip_prefix('[') {
            Some(rest) => {
                let (host, port) = rest.split_once(']')?;
                (host, port.strip_prefix(':'))
            }
            None => place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port))),
        };
        let port = port.map_or(Ok(if is_secure { 443 } else { 80 }), str::parse).ok()?;
        let path = path.split('#').next().unwrap_or_default();
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        let is_clean = !host.is_empty() && text.chars().all(|c| !c.is_whitespace() && !c.is_control());
        is_clean.then(|| Self { is_secure, host: host.to_owned(), port, path })
    }

    fn usual_port(&self) -> u16 {
        if self.is_secure { 443 } else { 80 }
    }

    /// `https://host:port`
    pub fn origin(&self) -> String {
        format!("{}://{}", if self.is_secure { "https" } else { "http" }, self.authority())
    }

    /// `host:port`, the port left out where it is the usual one: the field Host.
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        if self.port == self.usual_port() { host } else { format!("{host}:{}", self.port) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        let url = |host: &str, port, path: &str| {
            Some(Url { is_secure: false, host: host.into(), port, path: path.into() })
        };
        assert_eq!(Url::parse("http://radio.example"), url("radio.example", 80, "/"));
        assert_eq!(
            Url::parse("http://radio.example:8000/live?x=1#y"),
            url("radio.example", 8_000, "/live?x=1")
        );
        assert_eq!(Url::parse("http://[2001:db8::1]:81/a"), url("2001:db8::1", 81, "/a"));
        let secure = Url::parse("https://radio.example/live").unwrap();
        assert_eq!((secure.port, secure.origin().as_str()), (443, "https://radio.example"));
        assert!(secure.is_secure);
        assert_eq!(Url::parse("http://[2001:db8::1]:81/a").unwrap().authority(), "[2001:db8::1]:81");
        for bad in [
            "httpx://x",
            "http://",
            "https://",
            "http://x:y/",
            "http://x/a\r\nHost: y",
            "http://x:70000/",
            "ftp://x",
        ] {
            assert_eq!(Url::parse(bad), None, "{bad}");
        }
    }
}
