//! SUBSCRIBE: new, refresh, fetch and end (RFC 6665 §4.2.1).

use super::package::Event;
use super::watcher::{EndReason, Telling, watcher_of};
use super::{Notifier, Output, Package, Settings, Subscription, SubscriptionId, Timer, full};
use crate::message::{NameAddr, Request, Response, Uri, name};
use crate::registrar::reach;
use cordboard_base::{Hop, Time};
use core::time::Duration;

/// Most routes of a dialog; past that 400. Every proxy on the way adds one.
const ROUTES_MAX: usize = 16;

/// Longest product name that is kept of User-Agent, in characters.
const USER_AGENT_MAX: usize = 128;

impl Notifier {
    /// Answers a SUBSCRIBE. For a new one the caller has found `resource`, and decided that the sender may watch it; in a
    /// dialog of ours `resource` is not looked at. `contact` is the Contact that the watcher shall see. A NOTIFY with the
    /// state comes out after it, to be sent after the response (RFC 6665 §4.2.1.2).
    pub fn handle_subscribe(
        &mut self,
        now: Time,
        resource: &str,
        request: &Request,
        from: &Hop,
        contact: &Uri,
    ) -> Response {
        self.handle_timeout(now);
        let Some(event) = request.headers.first(name::EVENT).and_then(Event::parse) else {
            let mut response = request.response(489);
            response.headers.push(name::ALLOW_EVENTS, Package::allow());
            return response;
        };
        let expires_s = match wished_expiry(request, &self.settings) {
            Ok(expires_s) => expires_s,
            Err(response) => return *response,
        };
        let in_dialog = request.headers.to().ok().is_some_and(|to| to.tag().is_some());
        if in_dialog {
            return self.refresh(now, request, from, &event, expires_s);
        }
        if !accepts(request, event.package) {
            return request.response(406);
        }
        let watcher = request.headers.from().map(|from| watcher_of(&from)).unwrap_or_default();
        if self
            .by_watcher
            .get(&watcher)
            .is_some_and(|count| *count >= self.settings.subscriptions_per_watcher_max)
        {
            return request.response(403);
        }
        if self.subscriptions.len() >= self.settings.subscriptions_max {
            return full(request);
        }
        let Some(mut subscription) = self.read(now, resource, request, from, &event) else {
            return request.response(400);
        };
        subscription.contact = contact.clone();
        subscription.expires = now + Duration::from_secs(expires_s.into());
        if expires_s == 0 {
            // A fetch: one NOTIFY that is the last as well (RFC 6665 §4.4.3).
            subscription.ending = Some(EndReason::Timeout);
        }
        let response = accepted(request, &subscription, expires_s);
        let id = subscription.id;
        self.insert(now, subscription);
        self.notify(now, id);
        response
    }

    /// The subscription whose dialog a request belongs to.
    pub(super) fn find(&self, request: &Request) -> Option<SubscriptionId> {
        let call_id = request.headers.call_id().ok()?.to_owned();
        let local_tag = request.headers.to().ok()?.tag()?.to_owned();
        let id = *self.by_dialog.get(&(call_id, local_tag))?;
        let remote_tag = request.headers.from().ok()?;
        let subscription = self.subscriptions.get(&id)?;
        (subscription.remote.tag() == remote_tag.tag()).then_some(id)
    }

    fn refresh(
        &mut self,
        now: Time,
        request: &Request,
        from: &Hop,
        event: &Event,
        expires_s: u32,
    ) -> Response {
        let Some(id) = self.find(request) else { return request.response(481) };
        let Some(subscription) = self.subscriptions.get_mut(&id) else { return request.response(481) };
        if subscription.event() != *event || subscription.ending.is_some() {
            return request.response(481);
        }
        let Ok(cseq) = request.headers.cseq() else { return request.response(400) };
        if cseq.number <= subscription.remote_cseq {
            // RFC 3261 §12.2.2.
            return request.response(500);
        }
        subscription.remote_cseq = cseq.number;
        // A SUBSCRIBE is a target refresh (RFC 6665 §4.4.1); behind a NAT the phone may have moved without knowing.
        if let Some(target) =
            request.headers.addresses(name::CONTACT).ok().and_then(|list| list.into_iter().next())
        {
            let via = request.headers.via().ok();
            let routed = !subscription.routes.is_empty();
            subscription.hop = reach(&target.uri, via.as_ref(), from, routed).hop;
            subscription.target = target.uri;
        }
        subscription.expires = now + Duration::from_secs(expires_s.into());
        let response = accepted(request, subscription, expires_s);
        if expires_s == 0 {
            self.terminate(now, id, EndReason::Timeout);
            return response;
        }
        self.outputs.push_back(Output::Persist(subscription.row(now)));
        self.timers.set(Timer::Expiry(id), now + Duration::from_secs(expires_s.into()));
        self.notify(now, id);
        response
    }

    /// A subscription of what a SUBSCRIBE says; `None` if it lacks something or makes no sense.
    fn read(
        &mut self,
        now: Time,
        resource: &str,
        request: &Request,
        from: &Hop,
        event: &Event,
    ) -> Option<Subscription> {
        let headers = &request.headers;
        let target = headers.addresses(name::CONTACT).ok()?.into_iter().next()?.uri;
        let routes = headers.addresses(name::RECORD_ROUTE).ok()?;
        if routes.len() > ROUTES_MAX {
            return None;
        }
        let remote = headers.from().ok()?;
        remote.tag()?;
        let reached = reach(&target, headers.via().ok().as_ref(), from, !routes.is_empty());
        let id = SubscriptionId(self.next_id);
        self.next_id = self.next_id.saturating_add(1);
        Some(Subscription {
            id,
            package: event.package,
            resource: resource.to_owned(),
            event_id: event.id.clone(),
            call_id: headers.call_id().ok()?.to_owned(),
            local: headers.to().ok()?.with_tag(&self.source.token()),
            remote,
            contact: target.clone(),
            target,
            routes,
            hop: reached.hop,
            user_agent: headers
                .first(name::USER_AGENT)
                .map(|text| text.chars().take(USER_AGENT_MAX).collect()),
            expires: now,
            remote_cseq: headers.cseq().ok()?.number,
            local_cseq: 0,
            version: 0,
            telling: Telling::Idle,
            ending: None,
            told: None,
        })
    }
}

/// The expiry given; `Err`: 423.
pub(super) fn wished_expiry(request: &Request, settings: &Settings) -> Result<u32, Box<Response>> {
    let wished_s = request.headers.number(name::EXPIRES).unwrap_or(settings.expires_default_s);
    if wished_s > 0 && wished_s < settings.expires_min_s {
        let mut response = request.response(423);
        response.headers.push(name::MIN_EXPIRES, settings.expires_min_s.to_string());
        return Err(Box::new(response));
    }
    Ok(wished_s.min(settings.expires_max_s))
}

/// Whether the watcher can read our documents; without Accept the package's own type is meant (RFC 6665 §3.1.3).
fn accepts(request: &Request, package: Package) -> bool {
    let content_type = package.content_type();
    let mut any = false;
    for value in request.headers.all(name::ACCEPT).flat_map(|value| value.split(',')) {
        any = true;
        let range = value.split(';').next().unwrap_or("").trim();
        let wanted = range == "*/*"
            || range.eq_ignore_ascii_case("application/*")
            || range.eq_ignore_ascii_case(content_type);
        if wanted {
            return true;
        }
    }
    !any
}

fn accepted(request: &Request, subscription: &Subscription, expires_s: u32) -> Response {
    let mut response = request.response(200);
    response.headers.set(name::TO, subscription.local.to_string());
    response.headers.push(name::CONTACT, NameAddr::new(subscription.contact.clone()).to_string());
    response.headers.push(name::EXPIRES, expires_s.to_string());
    response
}
