//! Challenges that we have answered: their nonces serve further requests, with a growing count, so that not every refresh and
//! every request within a dialog costs a 401 first (RFC 7616 §3.3, RFC 3261 §22.3).

use super::client::{Count, strongest_of};
use super::params::AuthParams;
use crate::message::{Request, Response, name};
use crate::session::Credentials;
use serde::{Deserialize, Serialize};

/// Bytes of a challenge that is kept. What is longer is answered, but not remembered.
pub const CHALLENGE_BYTES_MAX: usize = 2_048;

/// What a peer, and a proxy on the way to it, have asked of us last: one challenge each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    peer: Option<Standing>,
    proxy: Option<Standing>,
}

/// A challenge, and how many requests have been sent with its nonce.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Standing {
    challenge: String,
    count: u32,
}

impl Known {
    /// Answers the challenge of a 401 or 407 into `request`, in place of an earlier answer, and remembers it. Says whether it
    /// could: `false` means that no challenge of the response is one that we can answer.
    pub fn answer(
        &mut self,
        request: &mut Request,
        response: &Response,
        credentials: &Credentials,
        cnonce: &str,
    ) -> bool {
        let (asked, header, standing) = match response.status {
            407 => (name::PROXY_AUTHENTICATE, name::PROXY_AUTHORIZATION, &mut self.proxy),
            _ => (name::WWW_AUTHENTICATE, name::AUTHORIZATION, &mut self.peer),
        };
        let values = response.headers.all(asked);
        let Some((challenge, value)) = strongest_of(values) else { return false };
        let before = standing.take().filter(|known| nonce_of(&known.challenge) == nonce_of(value));
        // The same nonce again, after a stale answer of ours got lost: its count goes on (RFC 7616 §3.4).
        let count = before.map_or(1, |known| known.count.saturating_add(1));
        let uri = request.uri.to_string();
        let counted = Count { cnonce, nc: count };
        let answer = challenge.answer(&request.method, &uri, &request.body, credentials, &counted);
        request.headers.remove(header);
        request.headers.push(header, answer);
        if value.len() <= CHALLENGE_BYTES_MAX {
            *standing = Some(Standing { challenge: value.to_owned(), count });
        }
        true
    }

    /// Puts answers into a request before anybody asks, where a nonce is known.
    pub fn authorize(&mut self, request: &mut Request, credentials: &Credentials, cnonce: &str) {
        let both = [(name::AUTHORIZATION, &mut self.peer), (name::PROXY_AUTHORIZATION, &mut self.proxy)];
        for (header, standing) in both {
            let Some(known) = standing else { continue };
            let Some((challenge, _)) = strongest_of(core::iter::once(known.challenge.as_str())) else {
                continue;
            };
            known.count = known.count.saturating_add(1);
            let uri = request.uri.to_string();
            let counted = Count { cnonce, nc: known.count };
            let answer = challenge.answer(&request.method, &uri, &request.body, credentials, &counted);
            request.headers.remove(header);
            request.headers.push(header, answer);
        }
    }

    /// Whether there is no nonce yet.
    pub fn is_empty(&self) -> bool {
        self.peer.is_none() && self.proxy.is_none()
    }

    /// Forgets everything: what was answered was refused.
    pub fn forget(&mut self) {
        *self = Self::default();
    }
}

fn nonce_of(challenge: &str) -> Option<String> {
    AuthParams::parse_digests(challenge).first().and_then(|params| params.value("nonce")).map(str::to_owned)
}
