//! NOTIFY: when, with what, and what its response means (RFC 6665 §4.2.2).

use super::watcher::{EndReason, Telling};
use super::{
    MessageSummary, Notifier, Output, Package, ResourceState, SubscriptionId, Timer, document, features,
};
use crate::endpoint::Outcome;
use crate::message::{CSeq, Method, NameAddr, Request, Uri, name};
use bytes::Bytes;
use cordboard_base::Time;
use core::time::Duration;

/// After which time a watcher is tried again that could not be reached, or was not able to take a NOTIFY just now.
const RETRY: Duration = Duration::from_secs(30);

impl Notifier {
    /// The outcome of an [`Output::Send`].
    pub fn handle_response(&mut self, now: Time, id: SubscriptionId, outcome: &Outcome) {
        let Some(subscription) = self.subscriptions.get_mut(&id) else { return };
        let Telling::InFlight { again } = subscription.telling else { return };
        subscription.telling = Telling::Idle;
        let verdict = verdict(outcome);
        if verdict == Verdict::Gone || (subscription.ending.is_some() && !again) {
            self.remove(id);
        } else if subscription.ending.is_some() {
            self.notify(now, id);
        } else if verdict == Verdict::Later {
            subscription.telling = Telling::Waiting;
            self.timers.set(Timer::Notify(id), now + RETRY);
        } else if again {
            self.touch(now, id);
        }
    }

    /// What tells a mailbox's phone about its messages without a subscription: many phones want it, though RFC 6665 §4.1.3 does not
    /// know it. Whoever sends it hears its response.
    pub fn unsolicited(
        &mut self,
        target: &Uri,
        identity: &Uri,
        contact: &Uri,
        summary: &MessageSummary,
    ) -> Request {
        let mut request = Request::new(Method::Notify, target.clone());
        let from = NameAddr::new(identity.clone()).with_tag(&self.source.token());
        request.headers.push(name::FROM, from.to_string());
        request.headers.push(name::TO, NameAddr::new(target.clone()).to_string());
        request.headers.push(name::CALL_ID, self.source.token());
        request.headers.push(name::CSEQ, CSeq { number: 1, method: Method::Notify }.to_string());
        request.headers.push(name::CONTACT, NameAddr::new(contact.clone()).to_string());
        request.headers.push(name::EVENT, Package::MessageSummary.token());
        request.headers.push(name::SUBSCRIPTION_STATE, "terminated;reason=noresource");
        request.headers.push(name::CONTENT_TYPE, Package::MessageSummary.content_type());
        request.body = Bytes::from(document::message_summary(identity, summary));
        request
    }

    /// What a subscription watches has changed: its watcher is told as soon as the rate allows.
    pub(super) fn touch(&mut self, now: Time, id: SubscriptionId) {
        let Some(subscription) = self.subscriptions.get_mut(&id) else { return };
        if subscription.ending.is_some() {
            return;
        }
        match &mut subscription.telling {
            Telling::Waiting => {}
            Telling::InFlight { again } => *again = true,
            Telling::Idle => {
                let due = subscription.told.map_or(now, |told| told + subscription.package.gap());
                if due <= now {
                    self.notify(now, id);
                } else {
                    subscription.telling = Telling::Waiting;
                    self.timers.set(Timer::Notify(id), due);
                }
            }
        }
    }

    /// Ends a subscription with a last NOTIFY.
    pub(super) fn terminate(&mut self, now: Time, id: SubscriptionId, reason: EndReason) {
        let Some(subscription) = self.subscriptions.get_mut(&id) else { return };
        if subscription.ending.is_some() {
            return;
        }
        subscription.ending = Some(reason);
        self.timers.cancel(&Timer::Expiry(id));
        self.notify(now, id);
    }

    /// Tells the watcher now, or right after the NOTIFY that is under way.
    pub(super) fn notify(&mut self, now: Time, id: SubscriptionId) {
        let Some(subscription) = self.subscriptions.get_mut(&id) else { return };
        self.timers.cancel(&Timer::Notify(id));
        if let Telling::InFlight { again } = &mut subscription.telling {
            *again = true;
            return;
        }
        let mut request = subscription.next_notify(now);
        let version = subscription.version;
        subscription.version = version.saturating_add(1);
        subscription.telling = Telling::InFlight { again: false };
        subscription.told = Some(now);
        let (hop, package, resource) =
            (subscription.hop, subscription.package, subscription.resource.clone());
        let entity = subscription.local.uri.clone();
        request.headers.push(name::CONTENT_TYPE, package.content_type_of_all());
        request.body = self.document(&entity, package, resource, version);
        self.outputs.push_back(Output::Send { id: Some(id), hop, request: Box::new(request) });
    }

    fn document(&self, entity: &Uri, package: Package, resource: String, version: u32) -> Bytes {
        let published = if package == Package::Presence { self.published(&resource) } else { None };
        if let Some(published) = published {
            return published;
        }
        let unknown = ResourceState::unknown(package);
        match self.states.get(&(package, resource)).unwrap_or(&unknown) {
            ResourceState::Dialog(dialogs) => document::dialog_info(entity, version, dialogs),
            ResourceState::MessageSummary(summary) => document::message_summary(entity, summary),
            ResourceState::Presence(presence) => document::pidf(entity, presence),
            ResourceState::FeatureKeys(keys) => features::documents(entity, keys),
        }
        .into()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Delivered,
    /// To be tried again.
    Later,
    /// The watcher knows nothing of the subscription.
    Gone,
}

/// RFC 6665 §4.2.2 and the table of RFC 5057 §5.1: which responses end a subscription. A connection that is closed doesn't:
/// the phone behind it comes back, and after our restart none of them is open yet.
fn verdict(outcome: &Outcome) -> Verdict {
    match outcome {
        Outcome::TimedOut => Verdict::Gone,
        Outcome::Unreachable => Verdict::Later,
        Outcome::Final(response, _) => match response.status {
            404 | 405 | 408 | 410 | 416 | 480..=485 | 489 | 501 | 604 => Verdict::Gone,
            500 | 503 | 504 => Verdict::Later,
            _ => Verdict::Delivered,
        },
    }
}
