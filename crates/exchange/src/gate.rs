//! Who may call: an INVITE is recognised (a trunk), authenticated (a user), admitted against the limits, and becomes a call.
//!
//! # Whose call it is
//! ```text
//! to the Contact that we registered there ─────────────────────▶ that trunk's: nobody else knows its unguessable user
//! from a trunk's address ─┬─ names no user of ours ────────────▶ that trunk's
//!                         └─ names one, or is at home with one ─┐
//! from anywhere else ───────────────────────────────────────────┴▶ challenged: the user's (or trunk's) that proves it
//! ```
//! An address is the weakest proof: a phone can share one with a trunk's server (a gateway at a branch, a provider's network
//! that phones are in, one NAT in front of both). Taken for the trunk, it would be let in without a password, in the trunk's
//! context, with whatever identity it asserts. So a digest wins over an address: whoever says that it is a user of ours, by
//! credentials for our realm or by a From with one of our names at one of our hosts, must prove it, and so must whoever calls
//! from the very address and port that a phone of ours is registered at, since a caller that withholds its number puts no
//! name into From (RFC 3323 §4.1). Saying so gains nothing: what fails the digest is refused, and is no trunk's call either.
//!
//! A trunk's caller whose number happens to be a user's name keeps being the trunk's, as the provider writes its own host
//! into From. A gateway that registers as a user and is a trunk by the same socket is the user.

use crate::emergency::Urgent;
use crate::exchange::Drain;
use crate::{Exchange, LogLine};
use cordboard_app::{CallInfo, Identity, Level};
use cordboard_base::{CallId, Hop, LegId, Time};
use cordboard_call::{Input as CallInput, NewCall};
use cordboard_sip::auth::Verdict;
use cordboard_sip::endpoint::{Command, ServerTxn};
use cordboard_sip::message::{Replaces, Request, Response, name};
use cordboard_sip::trunk::{Recognised, RecognisedBy};

/// Where an INVITE comes from, once that is sure: whose phone, or which trunk.
pub(crate) enum Origin {
    User(String),
    Trunk(String),
}

/// What `Retry-After` says when we are full, in s: long enough to shed load, short enough for a patient caller.
const RETRY_AFTER_S: u32 = 5;

impl Exchange {
    pub(crate) fn handle_invite(&mut self, now: Time, txn: ServerTxn, request: Request, from: Hop) {
        // An emergency is let in until the very end, and whatever is full.
        if self.drain == Drain::Done || (self.drain != Drain::No && !self.may_be_emergency(&request)) {
            return self.respond(now, txn, busy(&request));
        }
        let origin = match self.origin(now, &request, &from) {
            Ok(origin) => origin,
            Err(response) => {
                let failure = self.verifier.poll();
                // The first challenge is asked of everybody; whoever is refused for good, or has failed it, can't call.
                if failure.is_some() || !matches!(response.status, 401 | 407) {
                    self.see_refused(now, &request, &from, response.status, failure.as_ref());
                }
                failure.into_iter().for_each(|failure| self.log_auth_failure(failure));
                return self.respond(now, txn, *response);
            }
        };
        let replaced = match self.replaced(&request) {
            Ok(replaced) => replaced,
            Err(status) => return self.respond(now, txn, request.response(status)),
        };
        let urgent = self.urgent(now, &origin, &request);
        if urgent.is_some() {
            return self.admit(now, txn, request, from, &origin, (replaced, urgent));
        }
        if self.drain != Drain::No {
            return self.respond(now, txn, busy(&request));
        }
        let full = self.calls.whole() >= usize::try_from(self.setup.limits.calls).unwrap_or(usize::MAX);
        if (full && replaced.is_none()) || self.is_over_own_limit(&origin) {
            self.log(LogLine::new(Level::Warn, "call refused: limit reached").with("from", from));
            self.see_refused(now, &request, &from, 503, None);
            return self.respond(now, txn, busy(&request));
        }
        self.admit(now, txn, request, from, &origin, (replaced, None));
    }

    /// Whose call it is, as the module says. `Err` is what to answer.
    fn origin(&mut self, now: Time, request: &Request, from: &Hop) -> Result<Origin, Box<Response>> {
        match self.trunks.recognise(request, from) {
            Some(Recognised { trunk, by: RecognisedBy::Registration }) => return Ok(Origin::Trunk(trunk)),
            Some(Recognised { trunk, by: RecognisedBy::Address }) if !self.is_a_users(request, from) => {
                return Ok(Origin::Trunk(trunk));
            }
            Some(Recognised { by: RecognisedBy::Address, .. }) | None => {}
        }
        let user = self.authenticate(now, request, from)?;
        if self.setup.users.contains_key(&user) {
            return Ok(Origin::User(user));
        }
        let trunk = self.trunks.inbound_account(&user).map(|(trunk, _)| trunk.to_owned());
        trunk.map(Origin::Trunk).ok_or_else(|| Box::new(request.response(403)))
    }

    /// Whether a request says that it is a user's of ours, or comes from where a phone of ours is.
    fn is_a_users(&self, request: &Request, from: &Hop) -> bool {
        let named = self.verifier.named_by(request).is_some_and(|user| self.setup.users.contains_key(&user));
        named || self.registrar.all().any(|binding| binding.via == *from)
    }

    /// One of our users, proven by digest; a trunk's credentials open calls and nothing else.
    pub(crate) fn authenticate_user(
        &mut self,
        now: Time,
        request: &Request,
        from: &Hop,
    ) -> Result<String, Box<Response>> {
        let user = self.authenticate(now, request, from)?;
        if self.setup.users.contains_key(&user) { Ok(user) } else { Err(Box::new(request.response(403))) }
    }

    /// The name that `request` comes from, proven by digest. `Err` is what to answer: a challenge, or a refusal.
    pub(crate) fn authenticate(
        &mut self,
        now: Time,
        request: &Request,
        from: &Hop,
    ) -> Result<String, Box<Response>> {
        let (setup, trunks) = (&self.setup, &self.trunks);
        let find = |user: &str| {
            let own = crate::configure::account(setup, user);
            own.or_else(|| trunks.inbound_account(user).map(|(_, account)| account))
        };
        match self.verifier.check(now, request, from, find) {
            Verdict::Accepted { user } => Ok(user),
            Verdict::Challenge(response) | Verdict::Refused(response) => Err(response),
        }
    }

    /// The leg that a Replaces names (RFC 3891 §3): `Err` is the status where it names none of ours.
    fn replaced(&self, request: &Request) -> Result<Option<LegId>, u16> {
        let Some(value) = request.headers.first(name::REPLACES) else { return Ok(None) };
        let replaces = Replaces::parse(value).map_err(|_| 400u16)?;
        match self.endpoint.leg_of_dialog(&replaces.call_id, &replaces.to_tag, &replaces.from_tag) {
            Some(leg) => Ok(Some(leg)),
            None => Err(481),
        }
    }

    fn is_over_own_limit(&self, origin: &Origin) -> bool {
        match origin {
            Origin::User(phone) => {
                let user = self.person_at(phone);
                let most = self.setup.users.get(user).map_or(0, |user| user.calls_max);
                most > 0 && self.lamps.calls_of_user(user) >= usize::from(most)
            }
            // A trunk's channels are counted where one is taken.
            Origin::Trunk(_) => false,
        }
    }

    fn admit(
        &mut self,
        now: Time,
        txn: ServerTxn,
        request: Request,
        from: Hop,
        origin: &Origin,
        (replaced, urgent): (Option<LegId>, Option<Urgent>),
    ) {
        let call = self.new_call_id();
        let info = self.call_info(call, &request, origin);
        if let Origin::Trunk(trunk) = origin
            && !self.reserve_incoming(call, trunk, urgent.is_some())
        {
            return self.respond(now, txn, busy(&request));
        }
        let codecs = self.codecs_of(origin);
        let presentation = match origin {
            Origin::Trunk(trunk) => self.trunks.presentation(trunk),
            Origin::User(_) => None,
        };
        let runs = urgent.and_then(Urgent::program);
        let replaces = replaced.is_some();
        let new = NewCall { call, info, request, from, codecs, presentation, runs, replaces };
        self.calls.handle(now, CallInput::New(Box::new(new)));
        self.command(now, Command::Adopt { txn, leg: LegId { call, index: 0 } });
        if let Some(old) = replaced {
            self.calls.handle(now, CallInput::Replace { new: call, old });
        }
    }

    /// The codecs that a caller may use; empty: the office's.
    fn codecs_of(&self, origin: &Origin) -> Vec<String> {
        match origin {
            Origin::User(user) => self.setup.users.get(user).map(|user| user.codecs.clone()),
            Origin::Trunk(trunk) => self.setup.trunks.get(trunk).map(|trunk| trunk.codecs.clone()),
        }
        .unwrap_or_default()
    }

    /// The epoch and a counter: never the same twice, and short enough to type.
    pub(crate) fn new_call_id(&mut self) -> CallId {
        self.next_call = self.next_call.wrapping_add(1);
        CallId(u64::from(self.setup.key.epoch) << 24 | u64::from(self.next_call & 0x00ff_ffff))
    }

    fn call_info(&self, call: CallId, request: &Request, origin: &Origin) -> CallInfo {
        let dialed = request.uri.user.clone().unwrap_or_default();
        let lang = self.setup.office.lang.clone();
        let base = CallInfo { call: call.to_string(), dialed, lang, ..CallInfo::default() };
        match origin {
            Origin::User(phone) => self.user_call(base, phone),
            Origin::Trunk(trunk) => self.trunk_call(base, trunk, request),
        }
    }

    /// A user is who the configuration says, whatever its phone writes into From; at a phone where somebody else has logged in it is
    /// that one.
    pub(crate) fn user_call(&self, base: CallInfo, phone: &str) -> CallInfo {
        let user = self.person_at(phone);
        let Some(setup) = self.setup.users.get(user) else { return base };
        let lang = if setup.lang.is_empty() { base.lang } else { setup.lang.clone() };
        CallInfo {
            context: setup.context.clone(),
            caller: setup.identity.clone(),
            user: Some(user.to_owned()),
            phone: Some(phone.to_owned()),
            lang,
            ..base
        }
    }

    /// A trunk is trusted to say who calls: P-Asserted-Identity, else From (RFC 3325 §9.1).
    pub(crate) fn trunk_call(&self, base: CallInfo, trunk: &str, request: &Request) -> CallInfo {
        let Some(setup) = self.setup.trunks.get(trunk) else { return base };
        let asserted = request
            .headers
            .addresses(name::P_ASSERTED_IDENTITY)
            .ok()
            .and_then(|mut all| if all.is_empty() { None } else { Some(all.swap_remove(0)) });
        let who = asserted.or_else(|| request.headers.from().ok());
        let caller = who.map(|who| Identity {
            number: self.incoming_number(trunk, &who.uri.user.unwrap_or_default()),
            name: who.display.unwrap_or_default(),
        });
        CallInfo {
            context: setup.context.clone(),
            dialed: self.dialled_by_trunk(trunk, request),
            caller: caller.unwrap_or_default(),
            trunk: Some(trunk.to_owned()),
            ..base
        }
    }
}

fn busy(request: &Request) -> Response {
    let mut response = request.response(503);
    response.headers.push(name::RETRY_AFTER, RETRY_AFTER_S.to_string());
    response
}
