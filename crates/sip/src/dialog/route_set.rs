//! The route set (RFC 3261 §12.1, §12.2.1.1, §16.12.1).

use crate::message::{Headers, NameAddr, Uri, name};
use serde::{Deserialize, Serialize};

/// More Record-Route entries than any path of proxies has; the rest is ignored, and the dialog then fails by itself.
const ROUTES_MAX: usize = 32;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct RouteSet(Vec<NameAddr>);

impl RouteSet {
    /// The callee's: as the request lists them.
    pub(crate) fn of_request(headers: &Headers) -> Self {
        Self(
            headers
                .all(name::RECORD_ROUTE)
                .take(ROUTES_MAX)
                .filter_map(|r| NameAddr::parse(r).ok())
                .collect(),
        )
    }

    /// The caller's: in reverse.
    pub(crate) fn of_response(headers: &Headers) -> Self {
        let mut routes = Self::of_request(headers);
        routes.0.reverse();
        routes
    }

    /// The first hop's URI.
    pub(crate) fn first(&self) -> Option<&Uri> {
        self.0.first().map(|route| &route.uri)
    }

    /// Request-URI and Route values of a request to `target`. A first router without `lr` routes strictly: it wants itself
    /// in the Request-URI and the target last in Route.
    pub(crate) fn applied_to(&self, target: &Uri) -> (Uri, Vec<String>) {
        match self.0.split_first() {
            None => (request_uri(target), Vec::new()),
            Some((first, _)) if first.uri.params.has("lr") => {
                (request_uri(target), self.0.iter().map(NameAddr::to_string).collect())
            }
            Some((first, rest)) => {
                let mut routes: Vec<String> = rest.iter().map(NameAddr::to_string).collect();
                routes.push(NameAddr::new(target.clone()).to_string());
                (request_uri(&first.uri), routes)
            }
        }
    }
}

/// A URI without what may not stand in a Request-URI (RFC 3261 §19.1.1, table 1): headers and `method`.
fn request_uri(uri: &Uri) -> Uri {
    let mut uri = uri.clone();
    uri.headers.clear();
    uri.params.remove("method");
    uri
}
