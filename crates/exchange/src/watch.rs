//! Who watches whom: SUBSCRIBE and PUBLISH of our users, and the lamps that they are told of.

use crate::requests::Owner;
use crate::{Exchange, LogLine, Setup};
use cordboard_app::{Destination, Level};
use cordboard_base::{Hop, LegId, Time};
use cordboard_call::LegState;
use cordboard_sip::endpoint::{Outcome, ServerTxn};
use cordboard_sip::message::{Host, Method, NameAddr, Request, Uri};
use cordboard_sip::subscription::{
    Availability, DialogDirection, DialogPhase, Output as NotifierOutput, Package, Presence, ResourceState,
    Row, RowKey, Settings, SubscriptionId, WatchedDialog,
};

/// Kept states are worth as much as an office's configuration: they go when the user does, not by time.
const NEVER_UNIX_S: i64 = i64::MAX;

pub(crate) fn settings(setup: &Setup) -> Settings {
    let subscriptions_max = usize::try_from(setup.limits.subscriptions).unwrap_or(usize::MAX);
    Settings { subscriptions_max, ..Settings::default() }
}

impl Exchange {
    pub(crate) fn handle_subscription(&mut self, now: Time, txn: ServerTxn, request: Request, from: Hop) {
        let watcher = match self.authenticate_user(now, &request, &from) {
            Ok(user) => user,
            Err(response) => return self.respond(now, txn, *response),
        };
        if request.method == Method::Subscribe && self.subscribes_soft_keys(&watcher, &request) {
            return self.handle_soft_keys(now, watcher, (txn, request, from));
        }
        let watched = request.uri.user.clone().unwrap_or_default();
        let response = if self.is_anothers_soft_keys(&request) {
            request.response(403)
        } else if request.method == Method::Publish {
            // Nobody publishes for somebody else (RFC 3903 §6).
            if watched == watcher {
                self.notifier.handle_publish(now, &watched, &request)
            } else {
                request.response(403)
            }
        } else if self.notifier.resource_of(&request).is_some()
            || self.may_be_watched(now, &watched, &watcher)
        {
            let contact = self.contact_towards(&from);
            // Until now nobody may have watched this user, so that nobody kept its lamp right.
            if self.setup.users.contains_key(&watched) {
                self.set_lamp(now, &watched);
            } else {
                self.show_service_lamp(now, &watched);
            }
            self.notifier.handle_subscribe(now, &watched, &request, &from, &contact)
        } else {
            request.response(404)
        };
        self.respond(now, txn, response);
    }

    /// Whether there is something to be watched by this name: a user, a lamp, a mailbox, or a number that who watches may dial,
    /// whose lamp is dark until a script lights it.
    fn may_be_watched(&mut self, now: Time, watched: &str, watcher: &str) -> bool {
        if self.setup.users.contains_key(watched) || self.has_lamp(watched) || self.has_mailbox(watched) {
            return true;
        }
        let context = self.setup.users.get(watcher).map(|user| user.context.as_str()).unwrap_or_default();
        let is_route = self.calls.has_route(context, watched);
        is_route && self.new_lamp(now, watched)
    }

    /// Our Contact, as a peer at `hop` is shown it.
    pub(crate) fn contact_towards(&self, hop: &Hop) -> Uri {
        let host = self.setup.networks.advertised(hop.remote.ip());
        let host = host.map_or_else(|| crate::configure::host(&self.setup.realm), Host::Ip);
        let ports = crate::configure::ports(&self.setup.listeners);
        let mut uri = Uri::sip(None, host, Some(ports.of(hop.transport)));
        if hop.transport.is_reliable() {
            uri.params.set("transport", Some(hop.transport.param()));
        }
        uri
    }

    /// What `state()` says of a destination: `idle|ringing|busy|hold|offline|unknown`.
    pub(crate) fn state_of(&self, now: Time, destination: &Destination) -> &'static str {
        match destination {
            Destination::User(user) if !self.setup.users.contains_key(user) => "unknown",
            Destination::User(user) => match self.lamps.state_of_user(user) {
                "idle" if self.phones_of(user).is_empty() => "offline",
                state => state,
            },
            Destination::Trunk { trunk, .. } => self.state_of_trunk(now, trunk),
            // Who rings there is not known before it rings.
            Destination::Extension { .. } => "idle",
        }
    }

    /// Tells the watchers of a user what it is doing now. Without any there is nothing to do: most users have none, and a
    /// call changes its users' lamps eight times.
    pub(crate) fn refresh_lamp(&mut self, now: Time, user: &str) {
        if [Package::Dialog, Package::Presence].iter().any(|package| self.notifier.is_watched(*package, user))
        {
            self.set_lamp(now, user);
        }
    }

    fn set_lamp(&mut self, now: Time, user: &str) {
        let dialogs = self.lamps.of_user(user).map(|(leg, lamp)| self.watched(leg, lamp)).collect();
        let availability = match self.state_of(now, &Destination::User(user.to_owned())) {
            "idle" => Availability::Available,
            "ringing" | "busy" | "hold" => Availability::OnThePhone,
            _ => Availability::Offline,
        };
        self.notifier.set_state(now, user, ResourceState::Dialog(dialogs));
        self.notifier.set_state(now, user, ResourceState::Presence(Presence { availability, note: None }));
    }

    fn watched(&self, leg: LegId, lamp: &crate::lamps::Lamp) -> WatchedDialog {
        let mut remote = NameAddr::new(Uri::sip(
            Some(&lamp.other.number),
            crate::configure::host(&self.setup.realm),
            None,
        ));
        remote.display = (!lamp.other.name.is_empty()).then(|| lamp.other.name.clone());
        let phase = match lamp.state {
            LegState::Trying => DialogPhase::Trying,
            LegState::Ringing => DialogPhase::Early,
            LegState::Talking | LegState::Holding => DialogPhase::Confirmed,
            LegState::Ended => DialogPhase::Terminated,
        };
        let direction = if lamp.outgoing { DialogDirection::Recipient } else { DialogDirection::Initiator };
        // The watcher's Replaces names the dialog as its own side sees it: our tag is its to-tag (RFC 3891 §3).
        let replaces = self
            .endpoint
            .dialog_of_leg(leg)
            .map(|dialog| (dialog.call_id, dialog.remote_tag, dialog.local_tag));
        WatchedDialog {
            id: leg.to_string(),
            phase,
            direction,
            remote: (!lamp.other.number.is_empty()).then_some(remote),
            replaces,
        }
    }

    pub(crate) fn subscription_response(&mut self, now: Time, id: SubscriptionId, outcome: &Outcome) {
        self.notifier.handle_response(now, id, outcome);
    }

    /// Users that are gone are no longer watched; new ones are idle until their phones say otherwise.
    pub(crate) fn reconfigure_subscriptions(&mut self, now: Time) {
        self.notifier.configure(settings(&self.setup));
        let watched: std::collections::BTreeSet<String> =
            self.notifier.subscriptions().map(|subscription| subscription.resource.clone()).collect();
        let is_gone = |name: &String| {
            !self.setup.users.contains_key(name) && !self.has_lamp(name) && !self.has_mailbox(name)
        };
        let gone: Vec<String> = watched.into_iter().filter(is_gone).collect();
        for user in gone {
            for package in Package::ALL {
                self.notifier.remove_resource(now, package, &user);
            }
        }
    }

    pub(crate) fn drain_notifier(&mut self, now: Time) -> bool {
        let mut moved = false;
        while let Some(output) = self.notifier.poll() {
            moved = true;
            match output {
                NotifierOutput::Send { id, hop, request } => {
                    self.send(now, Owner::Subscription(id), hop, request)
                }
                NotifierOutput::Persist(row) => self.keep_row(now, &row),
                NotifierOutput::Forget(key) => self.forget("subscription", key_text(&key)),
                NotifierOutput::Published { resource, open } => {
                    let line = LogLine::new(Level::Debug, "presence published").with("user", resource);
                    self.log(line.with("open", format!("{open:?}")));
                }
            }
        }
        moved
    }

    fn keep_row(&mut self, now: Time, row: &Row) {
        // A restarted exchange works these out anew, from its bindings and from what services keep; but for what users have set, which
        // the store alone knows: phones are told at once.
        if matches!(row, Row::State { state, .. } if state.package() != Package::FeatureKeys) {
            return;
        }
        let now_unix_s = self.setup.anchor.unix_secs(now);
        let expires =
            row.remaining_s().map_or(NEVER_UNIX_S, |left| now_unix_s.saturating_add(i64::from(left)));
        self.keep("subscription", key_text(&row.key()), row, expires);
    }
}

/// A key as the store holds it: short, and never the same for two rows.
fn key_text(key: &RowKey) -> String {
    match key {
        RowKey::Subscription(id) => format!("subscription {}", id.0),
        RowKey::State(package, resource) => format!("state {} {resource}", package.token()),
        RowKey::Publication(etag) => format!("publication {etag:?}"),
    }
}
