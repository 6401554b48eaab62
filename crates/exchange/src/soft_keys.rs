//! The soft keys of phones for do not disturb and forwarding, in step with what users have set by codes (`as-feature-event`).
//!
//! What is set is the dialplan's: it keeps it in the family `settings` of the store, under the user's name, as `dialplan/settings.rhai`
//! describes. What a phone wants to set is done by a route of the user's context, as if its user had dialled it, in a call without a
//! caller; so lamps, logs and whatever else belongs to it are as by the code. A context without such routes sets nothing.
//!
//! ```text
//!  SUBSCRIBE ──▶ pressed: the route runs ──▶ reading: what is set? ──▶ 200 and a NOTIFY with all keys
//!       └── nothing to be set ──────────────────▲
//!  a script writes settings ──▶ a NOTIFY to whoever watches
//! ```

use crate::{Exchange, Output, StoreCommand};
use cordboard_app::{CallInfo, Value};
use cordboard_base::{CallId, Hop, Time};
use cordboard_call::Input as CallInput;
use cordboard_sip::endpoint::ServerTxn;
use cordboard_sip::message::{Request, name};
use cordboard_sip::subscription::{
    FeatureKeys, FeatureWish, ForwardKind, Forwarding, Package, ResourceState,
};
use serde::{Deserialize, Serialize};

/// The store's family of what users have set.
const FAMILY: &str = "settings";
/// SUBSCRIBEs that wait for their answer at most; a further one is told to come again.
const WAITING_MAX: usize = 256;

/// SUBSCRIBEs on their way.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct SoftKeys {
    pressed: Vec<(CallId, Waiting)>,
    reading: Vec<(u64, Waiting)>,
}

/// A SUBSCRIBE that waits.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Waiting {
    phone: String,
    /// `None`: nobody has asked, a phone is told of a change.
    asked: Option<Box<(ServerTxn, Request, Hop)>>,
}

impl Exchange {
    /// Whether this SUBSCRIBE is about soft keys, and dealt with here: `phone` has sent it.
    pub(crate) fn subscribes_soft_keys(&self, phone: &str, request: &Request) -> bool {
        if !is_about_soft_keys(request) {
            return false;
        }
        // What is wrong with it is said by who answers: a dialog that is not there, a phone that is another's.
        let is_in_dialog = request.headers.to().is_ok_and(|to| to.tag().is_some());
        let resource = self.notifier.resource_of(request).or(request.uri.user.as_deref());
        let is_known = !is_in_dialog || self.notifier.resource_of(request).is_some();
        is_known && resource == Some(phone)
    }

    /// Whether somebody wants to watch the keys of another one's phone; its own were dealt with before.
    pub(crate) fn is_anothers_soft_keys(&self, request: &Request) -> bool {
        let is_new = request.headers.to().is_ok_and(|to| to.tag().is_none());
        is_new && is_about_soft_keys(request)
    }

    /// Does what the phone wants, and tells it how its keys stand.
    pub(crate) fn handle_soft_keys(&mut self, now: Time, phone: String, asked: (ServerTxn, Request, Hop)) {
        if self.soft_keys.pressed.len() + self.soft_keys.reading.len() >= WAITING_MAX {
            let mut response = asked.1.response(503);
            response.headers.push(name::RETRY_AFTER, "5");
            return self.respond(now, asked.0, response);
        }
        let wish = FeatureWish::parse(&asked.1.body);
        let waiting = Waiting { phone, asked: Some(Box::new(asked)) };
        match wish.and_then(|wish| self.press(now, &waiting.phone, &wish)) {
            // It may be over by now, and its end not yet looked at.
            Some(call) => self.soft_keys.pressed.push((call, waiting)),
            None => self.read_settings(waiting),
        }
    }

    /// Runs the route that sets it.
    fn press(&mut self, now: Time, phone: &str, wish: &FeatureWish) -> Option<CallId> {
        let dialed = route_of(wish);
        let base = CallInfo { dialed, lang: self.setup.office.lang.clone(), ..CallInfo::default() };
        let info = self.user_call(base, phone);
        if info.user.is_none() || !self.calls.has_route(&info.context, &info.dialed) {
            return None;
        }
        let call = self.new_call_id();
        let info = Box::new(CallInfo { call: call.to_string(), ..info });
        self.calls.handle(now, CallInput::Unheard { call, info });
        Some(call)
    }

    /// A call is over: if it has set something for a phone, what is set now is looked up.
    pub(crate) fn pressed(&mut self, call: CallId) {
        let at = self.soft_keys.pressed.iter().position(|(pressed, _)| *pressed == call);
        if let Some(at) = at {
            let (_, waiting) = self.soft_keys.pressed.remove(at);
            self.read_settings(waiting);
        }
    }

    fn read_settings(&mut self, waiting: Waiting) {
        let id = self.next_store_id;
        self.next_store_id += 1;
        let key = self.person_at(&waiting.phone).to_owned();
        self.soft_keys.reading.push((id, waiting));
        self.out.push_back(Output::Store(StoreCommand::Read { id, family: FAMILY.to_owned(), key }));
    }

    /// What the store has answered; `false`: somebody else has asked for it.
    pub(crate) fn settings_read(&mut self, now: Time, id: u64, value: &Result<Value, String>) -> bool {
        let Some(at) = self.soft_keys.reading.iter().position(|(reading, _)| *reading == id) else {
            return false;
        };
        let (_, Waiting { phone, asked }) = self.soft_keys.reading.remove(at);
        if let Ok(value) = value {
            self.notifier.set_state(now, &phone, ResourceState::FeatureKeys(keys_of(value)));
        }
        if let Some(asked) = asked {
            let (txn, request, from) = *asked;
            let contact = self.contact_towards(&from);
            let response = self.notifier.handle_subscribe(now, &phone, &request, &from, &contact);
            self.respond(now, txn, response);
        }
        true
    }

    /// A script writes a value: if it is what a user has set, whoever watches that is told.
    pub(crate) fn settings_written(&mut self, now: Time, family: &str, key: &str, value: &Value) {
        if family != FAMILY {
            return;
        }
        let keys = keys_of(value);
        for phone in self.phones_with_soft_keys(key) {
            self.notifier.set_state(now, &phone, ResourceState::FeatureKeys(keys.clone()));
        }
    }

    /// Somebody else is at a phone now.
    pub(crate) fn soft_keys_moved(&mut self, phone: &str) {
        if self.notifier.is_watched(Package::FeatureKeys, phone) {
            self.read_settings(Waiting { phone: phone.to_owned(), asked: None });
        }
    }

    fn phones_with_soft_keys(&self, user: &str) -> Vec<String> {
        let is_its = |phone: &&String| {
            self.notifier.is_watched(Package::FeatureKeys, phone) && self.person_at(phone) == user
        };
        self.setup.users.keys().filter(is_its).cloned().collect()
    }
}

fn is_about_soft_keys(request: &Request) -> bool {
    let event = request.headers.first(name::EVENT).unwrap_or_default();
    let token = event.split(';').next().unwrap_or_default().trim();
    token.eq_ignore_ascii_case(Package::FeatureKeys.token())
}

/// The number of the route that does it.
fn route_of(wish: &FeatureWish) -> String {
    match wish {
        FeatureWish::DoNotDisturb(true) => "soft-key-quiet-on".to_owned(),
        FeatureWish::DoNotDisturb(false) => "soft-key-quiet-off".to_owned(),
        FeatureWish::Forward { kind, to } => {
            let kind = match kind {
                ForwardKind::Always => "always",
                ForwardKind::Busy => "busy",
                ForwardKind::Unanswered => "missed",
            };
            match to {
                Some(to) => format!("soft-key-{kind}-to-{to}"),
                None => format!("soft-key-{kind}-off"),
            }
        }
    }
}

/// What `dialplan/settings.rhai` keeps of a user; whatever else stands there says that nothing is set.
fn keys_of(value: &Value) -> FeatureKeys {
    let forwarding = |key: &str| {
        let place = value.entry(key);
        Forwarding {
            on: place.entry("on").truth() == Some(true),
            to: place.entry("number").text().unwrap_or_default().to_owned(),
        }
    };
    FeatureKeys {
        do_not_disturb: value.entry("quiet").truth() == Some(true),
        always: forwarding("always"),
        busy: forwarding("busy"),
        unanswered: forwarding("unanswered"),
    }
}
