//! Which questions of a program are followed, because only their moment knew the answer: what the configuration, the clock or the call
//! itself say can be found out again.

use cordboard_app::{Destination, Query};

/// Parts of names whose values are nobody's business.
const SECRETS: [&str; 9] = ["pin", "pass", "secret", "token", "auth", "cookie", "code", "key", "digest"];

/// A question in words by which it is known again, without what may be secret in it, and whether its answer may be. `None`: it is not
/// followed.
pub fn question(query: &Query) -> Option<(String, bool)> {
    let open = |what: String| Some((what, false));
    match query {
        Query::DbRead { family, key } => {
            Some((format!("db {family}/{key}"), is_secret(family) || is_secret(key)))
        }
        Query::DbList { family } => open(format!("db {family}")),
        Query::Http(request) => {
            // Who asks, and what for, may be in the rest of an address.
            let address = request.url.split(['?', '#']).next().unwrap_or_default();
            let address = address.split_once("://").map_or(address, |(_, rest)| rest);
            let address = address.rsplit_once('@').map_or(address, |(_, rest)| rest);
            open(format!("http {address}"))
        }
        Query::Header(name) => Some((format!("header {name}"), is_secret(name))),
        Query::Random { from, to } => open(format!("random {from} to {to}")),
        Query::State(Destination::User(user)) => open(format!("state of {user}")),
        Query::State(Destination::Trunk { trunk, .. }) => open(format!("state of trunk {trunk}")),
        Query::State(Destination::Extension { context, number }) => {
            open(format!("state of {number} in {context}"))
        }
        Query::Limit { group, most } => open(format!("limit {group} {most}")),
        Query::Mailbox(number) => open(format!("mailbox {number}")),
        Query::Now
        | Query::TimeZone
        | Query::WallTime(_)
        | Query::WallTimeIn { .. }
        | Query::HasRoute { .. }
        | Query::Var(_)
        | Query::Record
        | Query::Group(_)
        | Query::UserExists(_)
        | Query::Identity(_)
        | Query::TrunkExists(_)
        | Query::Hours(_)
        | Query::Holiday(_)
        | Query::DbWrite { .. }
        | Query::Service { .. } => None,
    }
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRETS.iter().any(|secret| name.contains(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_secret_is_not_in_a_question_or_marked() {
        let read = |family: &str, key: &str| Query::DbRead { family: family.to_owned(), key: key.to_owned() };
        for (query, what) in [
            (read("cf", "101"), Some(("db cf/101", false))),
            (read("UserPINs", "101"), Some(("db UserPINs/101", true))),
            (read("office", "password"), Some(("db office/password", true))),
            (Query::Header("Authorization".to_owned()), Some(("header Authorization", true))),
            (Query::State(Destination::User("102".to_owned())), Some(("state of 102", false))),
            (Query::Now, None),
            (Query::Hours("office".to_owned()), None),
        ] {
            let asked = question(&query);
            assert_eq!(asked.as_ref().map(|(what, secret)| (what.as_str(), *secret)), what);
        }
        let request = cordboard_app::HttpRequest {
            method: cordboard_app::HttpMethod::Get,
            url: "https://ann:secret@crm.example/who?token=4711".to_owned(),
            headers: Vec::new(),
            body: String::new(),
            timeout_ms: 1_000,
        };
        let asked = question(&Query::Http(Box::new(request)));
        assert_eq!(asked, Some(("http crm.example/who".to_owned(), false)));
    }
}
