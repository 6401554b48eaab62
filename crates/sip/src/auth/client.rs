//! Our answer to a peer's challenge.

use super::algorithm::{Algorithm, Protection, Subject};
use super::params::AuthParams;
use crate::message::{Method, Request, Response, Uri, name};
use crate::session::Credentials;

/// Answers a challenge: the value of `WWW-Authenticate` or `Proxy-Authenticate` in, the value of `Authorization` or
/// `Proxy-Authorization` out. Of several challenges in one value the strongest that we can do is answered (RFC 8760 §2.4).
/// `cnonce` comes from the caller's source, `nc` counts the requests sent with that nonce, from 1.
///
/// `None`: it is no digest challenge, or asks for an algorithm or protection that we don't have.
pub fn answer(
    challenge_header_value: &str,
    method: &Method,
    uri: &Uri,
    body: &[u8],
    credentials: &Credentials,
    cnonce: &str,
    nc: u32,
) -> Option<String> {
    let challenge = strongest(core::iter::once(challenge_header_value))?;
    Some(challenge.answer(method, &uri.to_string(), body, credentials, &Count { cnonce, nc }))
}

/// Puts the answer to a 401 or 407 into `request`, in place of an earlier one for the same realm. Says whether it could:
/// `false` means that no challenge of the response is one that we can answer.
pub fn authorize(
    request: &mut Request,
    response: &Response,
    credentials: &Credentials,
    cnonce: &str,
    nc: u32,
) -> bool {
    let (challenges, header) = match response.status {
        407 => (name::PROXY_AUTHENTICATE, name::PROXY_AUTHORIZATION),
        _ => (name::WWW_AUTHENTICATE, name::AUTHORIZATION),
    };
    let Some(challenge) = strongest(response.headers.all(challenges)) else { return false };
    let uri = request.uri.to_string();
    let value = challenge.answer(&request.method, &uri, &request.body, credentials, &Count { cnonce, nc });
    request.headers.remove(header);
    request.headers.push(header, value);
    true
}

pub(super) struct Count<'a> {
    pub(super) cnonce: &'a str,
    pub(super) nc: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Qop {
    None,
    Auth,
    AuthInt,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Challenge<'a> {
    realm: &'a str,
    nonce: &'a str,
    opaque: Option<&'a str>,
    /// As the challenge writes it, if it does: it is echoed as it came.
    algorithm_text: Option<&'a str>,
    algorithm: Algorithm,
    session: bool,
    qop: Qop,
}

fn strongest<'a>(values: impl Iterator<Item = &'a str>) -> Option<Challenge<'a>> {
    strongest_of(values).map(|(challenge, _)| challenge)
}

/// The strongest challenge that we can answer, with the value that it stands in.
pub(super) fn strongest_of<'a>(values: impl Iterator<Item = &'a str>) -> Option<(Challenge<'a>, &'a str)> {
    let of_value = |value: &'a str| {
        let parsed = AuthParams::parse_digests(value);
        let challenges: Vec<Challenge<'a>> = parsed.iter().filter_map(Challenge::of).collect();
        challenges.into_iter().map(move |challenge| (challenge, value))
    };
    // The first of equals: `max_by_key` would take the last.
    let stronger = |next: &Challenge<'_>, best: &Challenge<'_>| next.algorithm > best.algorithm;
    values.flat_map(of_value).reduce(|best, next| if stronger(&next.0, &best.0) { next } else { best })
}

impl<'a> Challenge<'a> {
    fn of(params: &AuthParams<'a>) -> Option<Self> {
        let algorithm_text = params.value("algorithm");
        let (algorithm, session) = Algorithm::parse(algorithm_text.unwrap_or("MD5"))?;
        let qop = match params.value("qop") {
            None | Some("") => Qop::None,
            Some(list) => {
                let offers = |token: &str| list.split(',').any(|q| q.trim().eq_ignore_ascii_case(token));
                match (offers("auth"), offers("auth-int")) {
                    (true, _) => Qop::Auth,
                    (false, true) => Qop::AuthInt,
                    (false, false) => return None,
                }
            }
        };
        let (realm, nonce) = (params.value("realm")?, params.value("nonce")?);
        Some(Self { realm, nonce, opaque: params.value("opaque"), algorithm_text, algorithm, session, qop })
    }

    pub(super) fn answer(
        &self,
        method: &Method,
        uri: &str,
        body: &[u8],
        credentials: &Credentials,
        count: &Count<'_>,
    ) -> String {
        let nc = format!("{:08x}", count.nc);
        let cnonce = count.cnonce;
        let protection = match self.qop {
            Qop::None => Protection::None,
            Qop::Auth => Protection::Auth { nc: &nc, cnonce },
            Qop::AuthInt => Protection::AuthInt { nc: &nc, cnonce, body },
        };
        // The hash is over what stands between the quotes (RFC 7616 §3.4.2), so the name is escaped before both.
        let username = credentials.username.replace('\\', "\\\\").replace('"', "\\\"");
        let mut ha1 = self.algorithm.ha1(&username, self.realm, &credentials.password);
        if self.session {
            ha1 = self.algorithm.hash(&[ha1.as_bytes(), self.nonce.as_bytes(), cnonce.as_bytes()]);
        }
        let subject = Subject {
            algorithm: self.algorithm,
            nonce: self.nonce,
            method: method.as_str(),
            uri,
            protection,
        };
        let response = subject.response(&ha1);
        let (realm, nonce) = (self.realm, self.nonce);
        let mut value = format!(
            "Digest username=\"{username}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", response=\"{response}\""
        );
        if let Some(algorithm) = self.algorithm_text {
            value.push_str(&format!(", algorithm={algorithm}"));
        }
        match self.qop {
            Qop::None if self.session => value.push_str(&format!(", cnonce=\"{cnonce}\"")),
            Qop::None => {}
            Qop::Auth => value.push_str(&format!(", qop=auth, nc={nc}, cnonce=\"{cnonce}\"")),
            Qop::AuthInt => value.push_str(&format!(", qop=auth-int, nc={nc}, cnonce=\"{cnonce}\"")),
        }
        if let Some(opaque) = self.opaque {
            value.push_str(&format!(", opaque=\"{opaque}\""));
        }
        value
    }
}

/// Whether a challenge says that only the nonce was too old, not the password wrong.
pub(crate) fn is_stale(challenge_header_value: &str) -> bool {
    let challenges = AuthParams::parse_digests(challenge_header_value);
    challenges
        .iter()
        .any(|params| params.value("stale").is_some_and(|stale| stale.eq_ignore_ascii_case("true")))
}
