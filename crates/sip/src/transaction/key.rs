//! How a request finds its server transaction (RFC 3261 §17.2.3), and how merged requests are known (§8.2.2.2).

use crate::message::{Method, Request, Via};
use serde::{Deserialize, Serialize};

/// Names a server transaction. ACK and CANCEL are looked up with the method of the INVITE they belong to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct ServerKey {
    branch: String,
    sent_by: String,
    method: Method,
}

impl ServerKey {
    /// The key of `request`, taking its method for `method`.
    pub(crate) fn of(request: &Request, via: &Via, method: &Method) -> Self {
        let sent_by = match via.port {
            Some(port) => format!("{}:{port}", via.host),
            None => via.host.to_string(),
        };
        let branch = via.branch();
        let branch = if branch.starts_with(Via::COOKIE) {
            branch.to_owned()
        } else {
            Self::of_an_old_client(request, branch)
        };
        Self { branch, sent_by, method: method.clone() }
    }

    /// RFC 2543 clients do not make branches unique: Call-ID, CSeq number and From stand in (§17.2.3). The Request-URI is
    /// left out, so that an ACK that was routed differently matches as well.
    fn of_an_old_client(request: &Request, branch: &str) -> String {
        let headers = &request.headers;
        let number = headers.cseq().map(|cseq| cseq.number).unwrap_or_default();
        let from = headers.from().ok();
        let tag = from.as_ref().and_then(|from| from.tag()).unwrap_or("");
        format!("{} {number} {tag} {branch}", headers.call_id().unwrap_or(""))
    }

    /// The key of the INVITE that a CANCEL with this key means.
    pub(crate) fn with_method(&self, method: Method) -> Self {
        Self { method, ..self.clone() }
    }
}

/// What two copies of one request share that came by different ways.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct MergeKey {
    pub(crate) call_id: String,
    pub(crate) from_tag: String,
    pub(crate) cseq: u32,
    pub(crate) method: Method,
}
