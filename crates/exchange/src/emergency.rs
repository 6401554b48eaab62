//! Emergency calls: they are let in and find a way out whatever is full, down or stopping; people of the office are told; and
//! the service that is called reaches the phone again.
//!
//! ```text
//!  INVITE 112 ──▶ gate: let in ──▶ call core: its own program ──▶ Reach ──▶ any trunk's route, without its limits
//!                                        └─▶ Fact ──▶ log, emergency_log, lamp `emergency`, texts, desks that are rung
//!  INVITE by a trunk, from that service, for half an hour ──▶ gate: let in ──▶ the phone rings, whatever its user has set
//! ```
//! That it is the service shows by its number, or by `Priority: psap-callback` (RFC 7090): the numbers that services call back
//! from are often others than those that they are called by.

use crate::gate::Origin;
use crate::requests::Owner;
use crate::trunks::Held;
use crate::{Exchange, LogLine, Output, StoreCommand, StoreRow};
use cordboard_app::{
    CallInfo, Change, Destination, DialOptions, Identity, Level, MailOrder, OnBehalfOf, Originate, Then,
    Value, VoicemailMail,
};
use cordboard_base::{CallId, Hop, Time};
use cordboard_call::{Input as CallInput, OutOfReach, Reach, TrunkRoute};
use cordboard_sip::endpoint::Outcome;
use cordboard_sip::message::{Method, Request, Uri, name};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The kind of the rows that are kept of emergency calls.
pub(crate) const ROWS: &str = "emergency";

/// The lamp that is lit while somebody calls for help.
const LAMP: &str = "emergency";

/// The file of the data directory that has a line for each.
const LOG: &str = "emergency_log";

/// How long a desk rings, in ms.
const DESK_RINGS_MS: u32 = 60_000;

/// What is known of emergency calls.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Emergencies {
    /// In progress, and who calls.
    live: BTreeMap<CallId, Identity>,
    /// The last one of each user's phone: no more of them than there are users.
    placed: BTreeMap<String, Placed>,
    /// While we stop: how trunks are reached that are given back.
    routes: BTreeMap<String, TrunkRoute>,
}

/// An emergency call of a user's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Placed {
    number: String,
    /// What was shown as the caller's; empty: the trunk's own.
    caller: String,
    at_unix_s: i64,
}

/// Why a call is let in whatever is full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Urgent {
    /// One of ours calls for help.
    Out,
    /// The service calls back: whom, and who else may take it.
    Back { user: String, others: Vec<String> },
}

impl Urgent {
    /// What runs instead of the dialplan. Of a call for help the call core knows.
    pub(crate) fn program(self) -> Option<(String, Value)> {
        let Self::Back { user, others } = self else { return None };
        let others = others.into_iter().map(Value::Text).collect();
        let args = Value::List(vec![Value::Text(user), Value::List(others)]);
        Some(("emergency_callback".to_owned(), args))
    }
}

impl Exchange {
    /// Whether an INVITE could be urgent: who it is from is not sure yet.
    pub(crate) fn may_be_emergency(&self, request: &Request) -> bool {
        let dialed = request.uri.user.as_deref().unwrap_or_default();
        self.setup.office.emergency.number_of(dialed).is_some() || !self.emergencies.placed.is_empty()
    }

    /// Whether a call is let in whatever is full.
    pub(crate) fn urgent(&self, now: Time, origin: &Origin, request: &Request) -> Option<Urgent> {
        match origin {
            Origin::User(_) => {
                let dialed = request.uri.user.as_deref().unwrap_or_default();
                self.setup.office.emergency.number_of(dialed).map(|_| Urgent::Out)
            }
            Origin::Trunk(trunk) => self.called_back(now, trunk, request),
        }
    }

    /// Whether it is an emergency service that calls the phone which has called it. Of several phones it is the one whose number
    /// is dialled, else the last one.
    fn called_back(&self, now: Time, trunk: &str, request: &Request) -> Option<Urgent> {
        if self.emergencies.placed.is_empty() {
            return None;
        }
        let info = self.trunk_call(CallInfo::default(), trunk, request);
        let says_so = request
            .headers
            .first("Priority")
            .is_some_and(|value| value.trim().eq_ignore_ascii_case("psap-callback"));
        let since = self.setup.anchor.unix_secs(now) - i64::from(self.setup.emergency.callback_s);
        let fresh = |placed: &Placed| placed.at_unix_s > since;
        let fits = |placed: &Placed| says_so || placed.number == info.caller.number;
        let dialed = digits(&info.dialed);
        let is_for = |placed: &Placed| !placed.caller.is_empty() && digits(&placed.caller) == dialed;
        let all = self.emergencies.placed.iter().filter(|(_, placed)| fresh(placed) && fits(placed));
        let (phone, _) = all.max_by_key(|(_, placed)| (is_for(placed), placed.at_unix_s))?;
        let user = self.person_at(phone);
        let others =
            self.setup.emergency.notify.iter().filter(|other| other.as_str() != user).cloned().collect();
        Some(Urgent::Back { user: user.to_owned(), others })
    }

    /// How an emergency call goes out: by this trunk, whether it is believed to work and has a channel free or not.
    pub(crate) fn reach_in_emergency(
        &mut self,
        now: Time,
        call: CallId,
        destination: &Destination,
    ) -> Result<Reach, OutOfReach> {
        let Destination::Trunk { trunk, number } = destination else {
            return self.reach(now, call, destination);
        };
        let known = || self.emergencies.routes.get(trunk).map(|route| addressed(route.clone(), number));
        let Some(route) = self.emergency_route(trunk, number).or_else(known) else {
            return Err(OutOfReach::Offline);
        };
        self.take_channel(call, Held::outgoing(trunk));
        Ok(Reach::Trunk(route))
    }

    /// Trunks are about to be given back.
    pub(crate) fn keep_emergency_routes(&mut self) {
        let trunks = &self.setup.office.emergency.trunks;
        let routes =
            trunks.iter().filter_map(|trunk| Some((trunk.clone(), self.emergency_route(trunk, "")?)));
        self.emergencies.routes = routes.collect();
    }

    /// Somebody calls for help: whoever is to know is told.
    pub(crate) fn begin_emergency(
        &mut self,
        now: Time,
        call: CallId,
        (user, phone): (&str, &str),
        number: String,
        caller: String,
    ) {
        let who = self.setup.users.get(user).map(|setup| setup.identity.clone()).unwrap_or_default();
        let place = self.setup.emergency.places.get(phone).cloned().unwrap_or_default();
        let line = LogLine::of(call, Level::Warn, "emergency call").with("user", user).with("phone", phone);
        self.log(
            line.with("name", &who.name).with("number", &number).with("place", &place).with("shown", &caller),
        );
        let at_unix_s = self.setup.anchor.unix_secs(now);
        let line =
            format!("{at_unix_s}|{call}|{phone}|{user}|{}|{number}|{}", field(&who.name), field(&place));
        self.out.push_back(Output::Store(StoreCommand::Append { log: LOG.to_owned(), line }));
        self.emergencies.live.insert(call, who.clone());
        self.show_emergencies(now);
        let place = if place.is_empty() { place } else { format!(" ({place})") };
        let at = if phone == user { String::new() } else { format!(", at the phone {phone}") };
        let text = format!("Emergency call from {} {} to {number}{at}{place}", who.number, who.name);
        for other in self.setup.emergency.notify.clone() {
            self.text(now, user, &other, &text);
        }
        self.mail_desk(now, call, &who, &text);
        for desk in self.setup.emergency.ring.clone().into_iter().filter(|desk| desk != user) {
            self.ring_desk(now, desk, &who);
        }
        let placed = Placed { number, caller, at_unix_s };
        let expires_unix_s = at_unix_s + i64::from(self.setup.emergency.callback_s);
        self.keep(ROWS, phone.to_owned(), &placed, expires_unix_s);
        self.emergencies.placed.insert(phone.to_owned(), placed);
    }

    /// A call is over.
    pub(crate) fn end_emergency(&mut self, now: Time, call: CallId) {
        if self.emergencies.live.remove(&call).is_some() {
            self.show_emergencies(now);
        }
    }

    /// The lamp: lit while somebody calls for help, with who it is.
    pub(crate) fn show_emergencies(&mut self, now: Time) {
        let who = self.emergencies.live.values().next().cloned();
        let state = if who.is_some() { "busy" } else { "idle" };
        self.service_lamp(now, LAMP, state, &who.unwrap_or_default());
    }

    /// What was kept of an emergency call, if it still matters.
    pub(crate) fn restore_emergency(&mut self, row: &StoreRow, now_unix_s: i64) -> serde_json::Result<()> {
        let placed = serde_json::from_str::<Placed>(&row.row)?;
        if row.expires_unix_s > now_unix_s && self.setup.users.contains_key(&row.key) {
            self.emergencies.placed.insert(row.key.clone(), placed);
        }
        Ok(())
    }

    /// A mail to those who want one. It waits in the queue of mails as all others do.
    fn mail_desk(&mut self, now: Time, call: CallId, who: &Identity, text: &str) {
        let to = self.setup.emergency.mail.clone();
        if to.is_empty() {
            return;
        }
        let received_unix_us = self.setup.anchor.unix_micros(now);
        let mail = VoicemailMail {
            to,
            name: text.to_owned(),
            caller: who.clone(),
            category: text.to_owned(),
            received_unix_us,
            urgent: true,
            ..VoicemailMail::default()
        };
        let Ok(data) = serde_json::to_string(&mail) else { return };
        let message = format!("emergency-{received_unix_us}-{call}");
        let (mailbox, kind) = (who.number.clone(), ROWS.to_owned());
        let order = MailOrder { mailbox, message, kind, call: Some(call), data };
        let id = self.next_store_id;
        self.next_store_id += 1;
        let changes = vec![Change::Mail(Box::new(order))];
        self.out.push_back(Output::Store(StoreCommand::Commit { id, kind: ROWS.to_owned(), changes }));
    }

    /// A desk is rung, and who answers is told.
    fn ring_desk(&mut self, now: Time, desk: String, who: &Identity) {
        let shown = Identity { number: who.number.clone(), name: format!("EMERGENCY {}", who.name) };
        let args = Value::List(vec![Value::Text(who.number.clone())]);
        let originate = Originate {
            dial: DialOptions {
                stages: vec![vec![Destination::User(desk)]],
                timeout_ms: vec![DESK_RINGS_MS],
                headers: vec![("Priority".to_owned(), "emergency".to_owned())],
                caller: Some(shown),
                ..DialOptions::default()
            },
            on_behalf_of: OnBehalfOf { caller: who.clone(), ..OnBehalfOf::default() },
            then: Then::Run { app: "emergency_notice".to_owned(), args },
        };
        let call = self.new_call_id();
        let info = Box::new(self.originated_info(call, &originate));
        self.calls.handle(now, CallInput::Originate { call, info, originate: Box::new(originate) });
    }

    /// A text of the office's to every phone of a user.
    fn text(&mut self, now: Time, from: &str, to: &str, text: &str) {
        let phones: Vec<(Uri, Hop)> =
            self.phones_of(to).iter().map(|(_, b)| (b.contact.clone(), b.via)).collect();
        if phones.is_empty() {
            self.log(LogLine::new(Level::Warn, "emergency text: no phone").with("user", to));
        }
        for (contact, hop) in phones {
            let mut request = Request::new(Method::Message, contact);
            let tag = self.source.token();
            request.headers.push(name::FROM, self.user_address(from).with_tag(&tag).to_string());
            request.headers.push(name::TO, self.user_address(to).to_string());
            request.headers.push(name::CALL_ID, self.source.token());
            request.headers.push(name::CSEQ, "1 MESSAGE");
            request.headers.push("Priority", "emergency");
            request.headers.push(name::CONTENT_TYPE, "text/plain;charset=utf-8");
            request.body = text.to_owned().into();
            self.send(now, Owner::Text, hop, Box::new(request));
        }
    }

    /// What became of a text.
    pub(crate) fn text_response(&mut self, outcome: &Outcome) {
        let why = match outcome {
            Outcome::Final(response, _) if (200..300).contains(&response.status) => return,
            Outcome::Final(response, _) => response.status.to_string(),
            Outcome::TimedOut => "no answer".to_owned(),
            Outcome::Unreachable => "out of reach".to_owned(),
        };
        self.log(LogLine::new(Level::Warn, "emergency text not taken").with("why", why));
    }
}

fn addressed(route: TrunkRoute, number: &str) -> TrunkRoute {
    TrunkRoute { uri: Uri { user: Some(number.to_owned()), ..route.uri }, ..route }
}

/// The digits of a number: `+49 30 5550` is `49305550`.
fn digits(number: &str) -> String {
    number.chars().filter(char::is_ascii_digit).collect()
}

/// A text as a field of the log.
fn field(text: &str) -> String {
    text.replace(['|', '\n', '\r'], " ")
}
