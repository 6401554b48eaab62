//! The nonces of our accounts at other servers, for all legs alike: a call to a trunk goes out with the nonce of the call before and
//! the next count, and needs no 407 first (RFC 7616 §3.3, §3.4: a nonce serves until it is called stale).

use super::Known;
use crate::session::Credentials;
use serde::{Deserialize, Serialize};

/// Accounts whose nonces are kept: more than an office has trunks. The one that was used longest ago goes, and pays with a 407.
pub const ACCOUNTS_MAX: usize = 64;

/// A user name at a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Account {
    username: String,
    host: String,
}

/// What the servers of our accounts have asked of us, the account used last at the end.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Shared {
    accounts: Vec<(Account, Known)>,
}

impl Shared {
    /// What is known of an account.
    pub(crate) fn of(&mut self, credentials: &Credentials, host: &str) -> &mut Known {
        let is_it = |(account, _): &(Account, Known)| {
            account.username == credentials.username && account.host.eq_ignore_ascii_case(host)
        };
        let entry = match self.accounts.iter().position(is_it) {
            Some(at) => self.accounts.remove(at),
            None => {
                if self.accounts.len() >= ACCOUNTS_MAX {
                    self.accounts.remove(0);
                }
                let account = Account { username: credentials.username.clone(), host: host.to_owned() };
                (account, Known::default())
            }
        };
        &mut self.accounts.push_mut(entry).1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Method, Request, Uri};

    fn credentials(username: &str) -> Credentials {
        Credentials { username: username.to_owned(), password: "p".to_owned() }
    }

    fn knows(shared: &mut Shared, username: &str, host: &str) -> bool {
        !shared.of(&credentials(username), host).is_empty()
    }

    fn challenged(shared: &mut Shared, username: &str) {
        let mut request = Request::new(Method::Invite, Uri::parse("sip:1@itsp.example").unwrap());
        let mut response = request.response(401);
        response.headers.push("WWW-Authenticate", "Digest realm=\"x\", nonce=\"n\", qop=\"auth\"");
        let credentials = credentials(username);
        let known = shared.of(&credentials, "itsp.example");
        assert!(known.answer(&mut request, &response, &credentials, "cnonce"));
    }

    #[test]
    fn an_account_is_known_by_user_and_host_and_the_one_used_longest_ago_is_forgotten() {
        let mut shared = Shared::default();
        for number in 0..ACCOUNTS_MAX {
            challenged(&mut shared, &number.to_string());
        }
        assert!(knows(&mut shared, "0", "ITSP.example"));
        challenged(&mut shared, "one more");
        assert!(knows(&mut shared, "0", "itsp.example") && knows(&mut shared, "one more", "itsp.example"));
        assert!(!knows(&mut shared, "1", "itsp.example"));
        assert!(!knows(&mut shared, "0", "other.example"));
        assert_eq!(shared.accounts.len(), ACCOUNTS_MAX);
    }
}
