//! Requests outside of calls: REGISTER, OPTIONS, MESSAGE, SUBSCRIBE, PUBLISH, NOTIFY, REFER.

use crate::requests::Owner;
use crate::{Exchange, LogLine, Output, StoreCommand};
use cordboard_app::{Destination, Level};
use cordboard_base::{Hop, Time};
use cordboard_sip::endpoint::{Outcome, RequestId, ServerTxn};
use cordboard_sip::message::{Method, NameAddr, Request, Uri, name};
use cordboard_sip::registrar::{Gone, Output as RegistrarOutput};
use cordboard_sip::subscription::Package;

/// What OPTIONS says of us (RFC 3261 §11.2).
const ALLOW: &str = "INVITE, ACK, BYE, CANCEL, OPTIONS, REGISTER, PRACK, UPDATE, INFO, MESSAGE, REFER, SUBSCRIBE, NOTIFY, PUBLISH";

impl Exchange {
    pub(crate) fn handle_request(&mut self, now: Time, txn: ServerTxn, request: Request, from: Hop) {
        match request.method {
            Method::Register => self.handle_register(now, txn, &request, from),
            Method::Options => self.handle_options(now, txn, &request),
            Method::Subscribe | Method::Publish => self.handle_subscription(now, txn, request, from),
            Method::Message => self.handle_message(now, txn, &request, from),
            // We subscribe to nothing outside of calls, and nobody may have us call around without a dialog.
            Method::Notify => self.respond(now, txn, request.response(481)),
            Method::Refer => self.respond(now, txn, request.response(403)),
            Method::Invite
            | Method::Ack
            | Method::Bye
            | Method::Cancel
            | Method::Prack
            | Method::Update
            | Method::Info => self.respond(now, txn, request.response(481)),
            Method::Other(_) => {
                let mut response = request.response(501);
                response.headers.push(name::ALLOW, ALLOW);
                self.respond(now, txn, response);
            }
        }
    }

    fn handle_register(&mut self, now: Time, txn: ServerTxn, request: &Request, from: Hop) {
        let user = match self.authenticate_user(now, request, &from) {
            Ok(user) => user,
            Err(response) => return self.respond(now, txn, *response),
        };
        // A user registers its own address of record and no other (RFC 3261 §10.3 step 4).
        let own = request.headers.to().ok().and_then(|to| to.uri.user).is_some_and(|aor| aor == user);
        let response = if own {
            self.registrar.handle_register(now, &user, request, &from)
        } else {
            request.response(403)
        };
        self.respond(now, txn, response);
    }

    fn handle_options(&mut self, now: Time, txn: ServerTxn, request: &Request) {
        let known = match request.uri.user.as_deref() {
            None | Some("") => true,
            Some(user) => self.setup.users.contains_key(user),
        };
        let mut response = request.response(if known { 200 } else { 404 });
        response.headers.push(name::ALLOW, ALLOW);
        response.headers.push(name::ACCEPT, "application/sdp");
        response.headers.push(name::SUPPORTED, "100rel, timer, replaces, path, outbound");
        response.headers.push(name::ALLOW_EVENTS, Package::allow());
        self.respond(now, txn, response);
    }

    /// A text between users: passed to every phone of the one it is for; the sender hears of the first that takes it
    /// (RFC 3428 §7).
    fn handle_message(&mut self, now: Time, txn: ServerTxn, request: &Request, from: Hop) {
        let sender = match self.authenticate_user(now, request, &from) {
            Ok(phone) => self.person_at(&phone).to_owned(),
            Err(response) => return self.respond(now, txn, *response),
        };
        let to = request.uri.user.clone().unwrap_or_default();
        if !self.setup.users.contains_key(&to) {
            return self.respond(now, txn, request.response(404));
        }
        let phones: Vec<(Uri, Hop)> =
            self.phones_of(&to).iter().map(|(_, b)| (b.contact.clone(), b.via)).collect();
        if phones.is_empty() {
            return self.respond(now, txn, request.response(480));
        }
        self.relayed.insert(txn, (phones.len(), request.clone()));
        for (contact, hop) in phones {
            let copy = self.relayed_message(request, &sender, &to, contact);
            self.send(now, Owner::Relay(txn), hop, Box::new(copy));
        }
    }

    fn relayed_message(&mut self, request: &Request, sender: &str, to: &str, contact: Uri) -> Request {
        let mut copy = Request::new(Method::Message, contact);
        let tag = self.source.token();
        copy.headers.push(name::FROM, self.user_address(sender).with_tag(&tag).to_string());
        copy.headers.push(name::TO, self.user_address(to).to_string());
        copy.headers.push(name::CALL_ID, self.source.token());
        copy.headers.push(name::CSEQ, "1 MESSAGE");
        if let Some(kind) = request.headers.first(name::CONTENT_TYPE) {
            copy.headers.push(name::CONTENT_TYPE, kind);
        }
        copy.body = request.body.clone();
        copy
    }

    /// A user as others see it.
    pub(crate) fn user_address(&self, user: &str) -> NameAddr {
        let host = crate::configure::host(&self.setup.realm);
        let mut address = NameAddr::new(Uri::sip(Some(user), host, None));
        let name = self.setup.users.get(user).map(|setup| setup.identity.name.clone());
        address.display = name.filter(|name| !name.is_empty());
        address
    }

    pub(crate) fn handle_response(&mut self, now: Time, id: RequestId, outcome: Outcome) {
        let Some(owner) = self.requests.take(id) else { return };
        match owner {
            Owner::KeepAlive(binding) => self.registrar.handle_keep_alive(now, binding, &outcome),
            Owner::Subscription(Some(id)) => self.subscription_response(now, id, &outcome),
            Owner::Subscription(None) => {}
            Owner::Unsolicited(binding) => self.unasked_response(binding, &outcome),
            Owner::Trunk(id) => self.trunk_response(now, id, &outcome),
            Owner::Relay(txn) => self.relay_response(now, txn, &outcome),
            Owner::Text => self.text_response(&outcome),
        }
    }

    fn relay_response(&mut self, now: Time, txn: ServerTxn, outcome: &Outcome) {
        let status = match outcome {
            Outcome::Final(response, _) => response.status,
            Outcome::TimedOut => 408,
            Outcome::Unreachable => 480,
        };
        let Some((left, request)) = self.relayed.get_mut(&txn) else { return };
        *left = left.saturating_sub(1);
        if (200..300).contains(&status) || *left == 0 {
            let response = request.response(status);
            self.relayed.remove(&txn);
            self.respond(now, txn, response);
        }
    }

    pub(crate) fn drain_registrar(&mut self, now: Time) -> bool {
        let mut moved = false;
        while let Some(output) = self.registrar.poll() {
            moved = true;
            match output {
                RegistrarOutput::Store(row) => {
                    let expires_unix_s = self.setup.anchor.unix_secs(now) + i64::from(row.remaining_s);
                    let key = row.binding.id.0.to_string();
                    self.keep("binding", key, &row, expires_unix_s);
                    self.watch_unasked(now, &row.binding);
                }
                RegistrarOutput::Erase(id) => {
                    self.unsolicited.forget(id);
                    self.forget("binding", id.0.to_string());
                }
                RegistrarOutput::Registered(binding) => {
                    let line = LogLine::new(Level::Info, "registered")
                        .with("user", &binding.aor)
                        .with("contact", &binding.contact)
                        .with("from", binding.via)
                        .with("nat", binding.nat);
                    self.log(line);
                    if let Some(old) = binding.moved_from {
                        self.notifier.handle_moved(now, &binding.aor, old, binding.via);
                    }
                    self.user_changed(now, &binding.aor);
                }
                RegistrarOutput::Unregistered { binding, why } => {
                    let line = LogLine::new(Level::Info, gone(why))
                        .with("user", &binding.aor)
                        .with("contact", &binding.contact);
                    self.log(line);
                    self.user_changed(now, &binding.aor);
                }
                RegistrarOutput::KeepAlive { id, hop, request } => {
                    self.send(now, Owner::KeepAlive(id), hop, request)
                }
            }
        }
        moved
    }

    /// A user can be reached now, or no longer: its lamp, and services that watch it.
    pub(crate) fn user_changed(&mut self, now: Time, phone: &str) {
        let person = self.person_at(phone).to_owned();
        if person != phone {
            self.person_changed(now, &person);
        }
        self.person_changed(now, phone);
    }

    fn person_changed(&mut self, now: Time, user: &str) {
        self.refresh_lamp(now, user);
        self.tell_watchers(now, &Destination::User(user.to_owned()));
    }

    /// Keeps a row in the store. A row that does not serialise is a fault of ours: it is logged and not kept.
    pub(crate) fn keep(&mut self, kind: &str, key: String, row: &impl serde::Serialize, expires_unix_s: i64) {
        match serde_json::to_string(row) {
            Ok(row) => {
                let command = StoreCommand::Keep { kind: kind.to_owned(), key, row, expires_unix_s };
                self.out.push_back(Output::Store(command));
            }
            Err(error) => {
                self.log(LogLine::new(Level::Error, "row not kept").with("kind", kind).with("error", error))
            }
        }
    }

    pub(crate) fn forget(&mut self, kind: &str, key: String) {
        self.out.push_back(Output::Store(StoreCommand::Forget { kind: kind.to_owned(), key }));
    }
}

fn gone(why: Gone) -> &'static str {
    match why {
        Gone::Expired => "registration expired",
        Gone::Unregistered => "unregistered",
        Gone::Replaced => "registration replaced",
        Gone::Removed => "registration removed",
    }
}
