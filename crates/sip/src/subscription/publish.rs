//! PUBLISH: a phone says its own presence (RFC 3903).
//!
//! ```text
//! initial (body, no SIP-If-Match) ─▶ Publication ─┬─ refresh (no body), modify (body): a new entity tag each time
//!                                                 └─ Expires: 0, expiry ─▶ (nothing)
//! ```
//! Watchers are sent the newest publication as it stands; without one, what the exchange itself knows.

use super::package::Event;
use super::subscribe::wished_expiry;
use super::{Notifier, Output, Package, Row, RowKey, Timer, full};
use crate::message::{Request, Response, name};
use bytes::Bytes;
use cordboard_base::Time;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// Longest document that is taken, in bytes; past that 413. It is sent to every watcher.
pub const BODY_MAX: usize = 8 * 1_024;

/// Most publications of one resource; past that 403. One a phone, and what its restarts leave behind until they expire.
pub const PUBLICATIONS_PER_RESOURCE_MAX: usize = 10;

/// An entity tag (RFC 3903 §11.3.1).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ETag(pub String);

/// What a phone has published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    /// By what the phone names it next time.
    pub etag: ETag,
    /// Of which resource.
    pub resource: String,
    /// The document.
    pub body: Bytes,
    /// When it was published last.
    pub at: Time,
    /// When it ends.
    pub expires: Time,
}

impl Publication {
    pub(super) fn key(&self) -> (String, ETag) {
        (self.resource.clone(), self.etag.clone())
    }
}

/// What a PUBLISH wants (RFC 3903 §4, table 1).
enum Operation {
    Initial,
    Refresh(Publication),
    Modify(Publication),
    Remove(Publication),
}

impl Notifier {
    /// Answers a PUBLISH for `resource`, whose sender the caller has authenticated and allowed.
    pub fn handle_publish(&mut self, now: Time, resource: &str, request: &Request) -> Response {
        self.handle_timeout(now);
        let event = request.headers.first(name::EVENT).and_then(Event::parse);
        if event.map(|event| event.package) != Some(Package::Presence) {
            let mut response = request.response(489);
            response.headers.push(name::ALLOW_EVENTS, Package::Presence.token());
            return response;
        }
        let expires_s = match wished_expiry(request, &self.settings) {
            Ok(expires_s) => expires_s,
            Err(response) => return *response,
        };
        let operation = match self.operation(resource, request, expires_s) {
            Ok(operation) => operation,
            Err(response) => return *response,
        };
        let (old, body) = match operation {
            Operation::Remove(old) => {
                self.unpublish(now, old.key());
                let mut response = request.response(200);
                response.headers.push(name::SIP_ETAG, old.etag.0);
                response.headers.push(name::EXPIRES, "0");
                return response;
            }
            Operation::Initial => (None, request.body.clone()),
            Operation::Modify(old) => (Some(old.key()), request.body.clone()),
            Operation::Refresh(old) => (Some(old.key()), old.body),
        };
        let before = self.published(resource);
        if let Some(old) = old {
            self.drop_publication(&old);
        }
        let etag = ETag(self.source.token());
        let expires = now + Duration::from_secs(expires_s.into());
        let publication =
            Publication { etag: etag.clone(), resource: resource.to_owned(), body, at: now, expires };
        self.outputs.push_back(Output::Persist(Row::Publication {
            publication: publication.clone(),
            remaining_s: expires_s,
        }));
        self.timers.set(Timer::Publication(resource.to_owned(), etag.clone()), expires);
        self.publications.insert(publication.key(), publication);
        self.publication_changed(now, resource, before);
        let mut response = request.response(200);
        response.headers.push(name::SIP_ETAG, etag.0);
        response.headers.push(name::EXPIRES, expires_s.to_string());
        response
    }

    fn operation(
        &self,
        resource: &str,
        request: &Request,
        expires_s: u32,
    ) -> Result<Operation, Box<Response>> {
        let refuse = |status| Err(Box::new(request.response(status)));
        let content_type =
            request.headers.first(name::CONTENT_TYPE).and_then(|value| value.split(';').next());
        let readable =
            content_type.is_some_and(|t| t.trim().eq_ignore_ascii_case(Package::Presence.content_type()));
        if !request.body.is_empty() && (!readable || core::str::from_utf8(&request.body).is_err()) {
            return refuse(415);
        }
        if request.body.len() > BODY_MAX {
            return refuse(413);
        }
        let Some(etag) = request.headers.first(name::SIP_IF_MATCH) else {
            if request.body.is_empty() || expires_s == 0 {
                return refuse(400);
            }
            if self.of_resource(resource).count() >= PUBLICATIONS_PER_RESOURCE_MAX {
                return refuse(403);
            }
            if self.publications.len() >= self.settings.publications_max {
                return Err(Box::new(full(request)));
            }
            return Ok(Operation::Initial);
        };
        let key = (resource.to_owned(), ETag(etag.trim().to_owned()));
        let Some(old) = self.publications.get(&key).cloned() else { return refuse(412) };
        Ok(match (expires_s, request.body.is_empty()) {
            (0, _) => Operation::Remove(old),
            (_, true) => Operation::Refresh(old),
            (_, false) => Operation::Modify(old),
        })
    }

    /// The document of a resource's newest publication.
    pub(super) fn published(&self, resource: &str) -> Option<Bytes> {
        self.of_resource(resource).max_by_key(|p| (p.at, &p.etag)).map(|p| p.body.clone())
    }

    pub(super) fn unpublish(&mut self, now: Time, key: (String, ETag)) {
        let before = self.published(&key.0);
        self.drop_publication(&key);
        self.publication_changed(now, &key.0, before);
    }

    fn of_resource<'a>(&'a self, resource: &'a str) -> impl Iterator<Item = &'a Publication> {
        self.publications
            .range((resource.to_owned(), ETag(String::new()))..)
            .map(|(_, publication)| publication)
            .take_while(move |publication| publication.resource == resource)
    }

    fn drop_publication(&mut self, key: &(String, ETag)) {
        self.timers.cancel(&Timer::Publication(key.0.clone(), key.1.clone()));
        if self.publications.remove(key).is_some() {
            self.outputs.push_back(Output::Forget(RowKey::Publication(key.1.clone())));
        }
    }

    fn publication_changed(&mut self, now: Time, resource: &str, before: Option<Bytes>) {
        let after = self.published(resource);
        if before == after {
            return;
        }
        let open = after.map(|body| says_open(&body));
        self.outputs.push_back(Output::Published { resource: resource.to_owned(), open });
        self.changed(now, &(Package::Presence, resource.to_owned()));
    }
}

/// Whether a PIDF document has an open tuple (RFC 3863 §4.1.4); white space around the word is let pass.
fn says_open(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body);
    text.split("basic>").any(|part| part.trim_start().starts_with("open"))
}
