//! Stages of a ring plan: looking destinations up, making a leg for every contact, going on to the next stage.

use super::{Alert, Dial, Response, outcome};
use crate::leg::owner::{Owner, Whose};
use crate::leg::{Leg, Side, Stage, identity, reason_of};
use crate::program::stack::{Stack, StackId, Wait};
use crate::program::step::Audible;
use crate::state::{LEGS_MAX, State, Timer};
use crate::world::World;
use crate::{OutOfReach, Output, QueryId, Reach, TrunkRoute, UserRoute};
use cordboard_app::{Cause, Destination, DialOptions, DialResult, Identity, Level, Privacy, Reply};
use cordboard_base::{LegId, Time};
use cordboard_sip::message::{NameAddr, name};
use cordboard_sip::session::NewLeg;
use cordboard_sip::trunk::{Caller, Presentation, Shown};
use core::net::IpAddr;
use core::time::Duration;

/// Destinations that ring together, at most; further ones of a stage are not tried.
pub(crate) const MEMBERS_MAX: usize = LEGS_MAX;

/// How long a stage without a time of its own rings: what a proxy would grant (timer C, RFC 3261 §16.6 step 11), so that a
/// peer that says 100 and nothing more does not keep a leg for ever.
pub(crate) const RING_TIME: Duration = Duration::from_secs(180);

/// Stages of a plan, at most; further ones are not tried.
pub(crate) const STAGES_MAX: usize = 64;

impl State {
    pub(crate) fn start_dial(&mut self, w: &mut World, now: Time, id: StackId, mut options: DialOptions) {
        let Some(subject) = self.stacks.get(&id).map(|stack| stack.subject) else {
            return;
        };
        if self.key_ahead(id, subject, &options.keys) {
            return;
        }
        options.stages.truncate(STAGES_MAX);
        let mut alert = Alert::Silent;
        if let Some(class) = options.music.clone().and_then(|named| self.music_for(w, named)) {
            // Music needs an answered caller, or early media if the program has begun it.
            let early = self.stacks.get(&id).is_some_and(|stack| stack.early);
            if !matches!(self.make_audible(w, now, subject, early), Audible::Never)
                && let Some(leg) = self.legs.get_mut(&subject)
            {
                leg.music = Some(class);
                alert = Alert::Music;
            }
        }
        let dial = Dial {
            options,
            stage: 0,
            reaching: Vec::new(),
            ringing: Vec::new(),
            screening: Vec::new(),
            responses: Vec::new(),
            alert,
            followed: Vec::new(),
        };
        self.park(id, Wait::Dial(Box::new(dial)));
        self.start_stage(w, now, id);
    }

    /// Begins the present stage, or the outcome if there is none left.
    fn start_stage(&mut self, w: &mut World, now: Time, id: StackId) {
        let call = self.id;
        let emergency = self.stacks.get(&id).is_some_and(|stack| stack.emergency);
        let Some(dial) = self.dial(id) else {
            return;
        };
        let Some(members) = dial.options.stages.get(dial.stage).cloned() else {
            return self.dial_over(w, now, id);
        };
        for destination in members.into_iter().take(MEMBERS_MAX) {
            let query = w.query(call);
            dial.reaching.push((query, destination.clone()));
            w.outputs.push_back(Output::Reach { query, call, destination, emergency });
        }
        let timeouts = &dial.options.timeout_ms;
        let timeout = timeouts.get(dial.stage).or(timeouts.last()).copied().unwrap_or(0);
        let time = match timeout {
            0 => RING_TIME,
            ms => Duration::from_millis(u64::from(ms)),
        };
        self.timers.set(Timer::RingStage(id), now + time);
        self.check_stage(w, now, id);
    }

    /// A destination has been looked up.
    pub(crate) fn reached(
        &mut self,
        w: &mut World,
        now: Time,
        query: QueryId,
        reach: Result<Reach, OutOfReach>,
    ) {
        let asks = |stack: &Stack| {
            stack.dials().is_some_and(|dial| dial.reaching.iter().any(|(asked, _)| *asked == query))
        };
        let Some(id) = self.stacks.iter().find(|(_, stack)| asks(stack)).map(|(id, _)| *id) else {
            return;
        };
        let Some(dial) = self.dial(id) else {
            return;
        };
        let Some(at) = dial.reaching.iter().position(|(asked, _)| *asked == query) else {
            return;
        };
        let (_, destination) = dial.reaching.remove(at);
        let options = dial.options.clone();
        match reach {
            Ok(Reach::User(route)) => self.ring_user(w, now, (id, &destination), route, &options),
            Ok(Reach::Trunk(route)) => self.ring_trunk(w, now, (id, &destination), route, &options),
            Ok(Reach::Route(call)) => self.ring_route(w, now, (id, &destination), call, &options),
            Err(why) => self.note_response(id, Response::OutOfReach(why)),
        }
        self.check_stage(w, now, id);
    }

    fn ring_user(
        &mut self,
        w: &mut World,
        now: Time,
        (id, who): (StackId, &Destination),
        route: UserRoute,
        options: &DialOptions,
    ) {
        // A dialog of another exchange has no place at a phone of ours.
        if route.contacts.is_empty() || self.elsewhere().is_some() {
            return self.note_response(id, Response::OutOfReach(OutOfReach::Offline));
        }
        let (caller, privacy) = self.caller_shown(id, options);
        let from = match privacy {
            Privacy::Restricted => identity::anonymous(),
            Privacy::Allowed => identity::address_of(&caller, &w.office.domain),
        };
        let mut headers = identity::headers(&caller, privacy, &w.office.domain);
        headers.extend(self.past(|who| Some(identity::address_of(who, &w.office.domain))));
        headers.extend(further_headers(options));
        for contact in route.contacts {
            let to = identity::address_of(&route.identity, &w.office.domain);
            let (from, headers) = (from.clone(), headers.clone());
            let peer = contact.hop.remote.ip();
            let invite = new_leg(w, contact.uri, (vec![contact.hop], contact.route), from, to, headers);
            let whose = Whose::User(route.user.clone());
            let owner = Owner { whose, context: route.context.clone(), phone: contact.phone };
            let party = identity::cleaned(&route.identity);
            self.ring(w, now, (id, who), invite, peer, (party, owner), route.codecs.clone());
        }
    }

    fn ring_trunk(
        &mut self,
        w: &mut World,
        now: Time,
        (id, who): (StackId, &Destination),
        route: TrunkRoute,
        options: &DialOptions,
    ) {
        let Some(peer) = route.hops.first().map(|hop| hop.remote.ip()) else {
            return self.note_response(id, Response::OutOfReach(OutOfReach::Offline));
        };
        let elsewhere = self.elsewhere().cloned();
        if elsewhere.as_ref().is_some_and(|elsewhere| !elsewhere.is_at(&route)) {
            return self.note_response(id, Response::OutOfReach(OutOfReach::Unknown));
        }
        let (caller, privacy) = self.caller_shown(id, options);
        let mut presentation = route.presentation;
        // A program that names a number means it to be shown.
        let shown = if options.caller.is_some() { Shown::Caller } else { presentation.shown };
        let private = privacy == Privacy::Restricted;
        let past = self.past(|who| presentation.past(&identity::clean(&who.number)));
        let Caller { from, mut headers } = presentation.shows(shown, &caller.number, &caller.name, private);
        if options.caller.is_some() {
            // … and that for as long as the leg lives, whoever it is connected with later.
            let named = presentation.shows(shown, &caller.number, "", false).from;
            presentation = Presentation { shown: Shown::Line, line: named.uri, ..presentation };
        }
        headers.extend(past);
        headers.extend(further_headers(options));
        let to = NameAddr::new(route.uri.clone());
        let number = Identity { number: route.uri.user.clone().unwrap_or_default(), name: String::new() };
        let mut invite = new_leg(w, route.uri, (route.hops, route.route), from, to, headers);
        invite.credentials = route.credentials;
        if let Some(elsewhere) = elsewhere {
            elsewhere.aim(&mut invite);
        }
        let owner = Owner { whose: Whose::Trunk(route.trunk), context: route.context, phone: None };
        let made = self.ring(w, now, (id, who), invite, peer, (number, owner), route.codecs);
        let emergency = self.stacks.get(&id).is_some_and(|stack| stack.emergency);
        if let Some(leg) = made.and_then(|id| self.legs.get_mut(&id)) {
            leg.presentation = Some(Box::new(presentation));
            leg.emergency = emergency;
        }
    }

    #[allow(clippy::too_many_arguments, reason = "one leg takes this much; a struct would only rename them")]
    fn ring(
        &mut self,
        w: &mut World,
        now: Time,
        (stack, who): (StackId, &Destination),
        invite: NewLeg,
        peer: IpAddr,
        (party, owner): (Identity, Owner),
        codecs: Vec<String>,
    ) -> Option<LegId> {
        let index = self.next_index;
        if !self.has_room() || index == u16::MAX {
            self.log(w, Level::Warn, "too many legs in one call");
            self.note_response(stack, Response::OutOfReach(OutOfReach::Full));
            return None;
        }
        self.next_index = index.saturating_add(1);
        let id = LegId { call: self.id, index };
        let video = self
            .stacks
            .get(&stack)
            .and_then(|stack| self.legs.get(&stack.subject))
            .is_some_and(|leg| !leg.sdp.video.is_empty());
        let side = Side::Outgoing { who: who.clone(), invite: Some(Box::new(invite)), rang: false };
        let mut leg = Leg::new(w, now, id, side, peer, video);
        leg.party = party;
        leg.owner = owner;
        leg.codecs = codecs;
        self.legs.insert(id, leg);
        self.timers.set(Timer::Port(id), now + crate::call::PORT_TIME);
        let dial = self.dial(stack)?;
        dial.ringing.push(id);
        if dial.options.leg_timeout_ms > 0 {
            let ms = u64::from(dial.options.leg_timeout_ms);
            self.timers.set(Timer::RingLeg(id), now + Duration::from_millis(ms));
        }
        Some(id)
    }

    pub(crate) fn caller_shown(&self, id: StackId, options: &DialOptions) -> (Identity, Privacy) {
        let leg = self.stacks.get(&id).and_then(|stack| self.legs.get(&stack.subject));
        // The office itself calls in the name of whoever wants it.
        let party = leg.map_or_else(|| self.info.caller.clone(), |leg| leg.party.clone());
        let caller = options.caller.clone().unwrap_or(party);
        let privacy = leg.map_or(self.info.privacy, |leg| leg.privacy);
        // Nobody hides from an emergency service.
        let hides = self.stacks.get(&id).is_some_and(|stack| !stack.emergency);
        (identity::cleaned(&caller), if hides { privacy } else { Privacy::Allowed })
    }

    /// What an INVITE says beside who calls: who was called before, and who referred, as the one who is called may know them.
    fn past(&self, shown: impl Fn(&Identity) -> Option<NameAddr>) -> Vec<(String, String)> {
        let diverted = self.info.redirecting.as_ref().and_then(&shown).map(identity::diversion);
        let referred = self.referred_by.as_ref().and_then(&shown);
        let referred = referred.map(|by| (name::REFERRED_BY.to_owned(), by.to_string()));
        diverted.into_iter().chain(referred).collect()
    }

    pub(crate) fn dial(&mut self, id: StackId) -> Option<&mut Dial> {
        self.stacks.get_mut(&id).and_then(Stack::dial)
    }

    pub(crate) fn note_response(&mut self, id: StackId, response: Response) {
        if let Some(dial) = self.dial(id) {
            dial.responses.push(response);
        }
    }

    /// Whether anybody may still answer; if not, the next stage.
    pub(crate) fn check_stage(&mut self, w: &mut World, now: Time, id: StackId) {
        let Some(dial) = self.dial(id) else {
            return;
        };
        if dial.reaching.is_empty() && dial.ringing.is_empty() && dial.screening.is_empty() {
            dial.stage += 1;
            self.start_stage(w, now, id);
        }
    }

    /// The stage's time is over: whoever rings is ended; the next stage begins, if nobody has answered who is still asked.
    pub(crate) fn stage_timer(&mut self, w: &mut World, now: Time, id: StackId) {
        if let Some(until) = self.emergency_rings_until(id).filter(|until| *until > now) {
            return self.timers.set(Timer::RingStage(id), until);
        }
        let Some(dial) = self.dial(id) else {
            return;
        };
        dial.reaching.clear();
        dial.responses.push(Response::TimedOut);
        let ringing = core::mem::take(&mut dial.ringing);
        self.end_legs(w, now, &ringing, Cause::NO_ANSWER, reason_of(Cause::NO_ANSWER));
        self.check_stage(w, now, id);
    }

    /// An emergency service that has been reached and rings is given all the time that there is before another way is tried.
    fn emergency_rings_until(&self, id: StackId) -> Option<Time> {
        let stack = self.stacks.get(&id).filter(|stack| stack.emergency)?;
        let ringing = stack.dials()?.ringing.iter().filter_map(|leg| self.legs.get(leg));
        ringing.filter(|leg| leg.stage == Stage::Early).map(|leg| leg.began + RING_TIME).max()
    }

    /// A leg's own time is over.
    pub(crate) fn ring_leg_timer(&mut self, w: &mut World, now: Time, leg: LegId) {
        if let Some(id) = self.stop_ringing(leg) {
            self.end_legs(w, now, &[leg], Cause::NO_ANSWER, reason_of(Cause::NO_ANSWER));
            self.note_response(id, Response::TimedOut);
            self.check_stage(w, now, id);
        } else {
            self.end_legs(w, now, &[leg], Cause::TIMER, reason_of(Cause::TIMER));
        }
    }

    /// Takes a leg out of those that ring: for which stack it did.
    pub(crate) fn stop_ringing(&mut self, leg: LegId) -> Option<StackId> {
        self.timers.cancel(&Timer::RingLeg(leg));
        let id = self.dialler(leg)?;
        let dial = self.dial(id)?;
        let before = dial.ringing.len();
        dial.ringing.retain(|id| *id != leg);
        if dial.alert == Alert::Early(leg) {
            dial.alert = Alert::Ringing;
        }
        (dial.ringing.len() < before).then_some(id)
    }

    /// Nobody answered.
    fn dial_over(&mut self, w: &mut World, now: Time, id: StackId) {
        self.timers.cancel(&Timer::RingStage(id));
        let Some(dial) = self.dial(id) else {
            return;
        };
        let (end, cause) = outcome::outcome(&dial.responses);
        if self.then.is_some() {
            return self.originate_failed(w, cause);
        }
        if self.call_back(w, now, id) {
            return;
        }
        let Some(stack) = self.stacks.get_mut(&id) else {
            return;
        };
        stack.last_cause = Some(cause);
        let result = DialResult { end, by: None, cause, secs: 0, hangup_by_callee: false };
        stack.reply(Reply::Dialed(Box::new(result)));
        let subject = stack.subject;
        if let Some(leg) = self.legs.get_mut(&subject) {
            leg.music = None;
        }
    }
}

fn new_leg(
    w: &World,
    target: cordboard_sip::message::Uri,
    (hops, route): (Vec<cordboard_base::Hop>, Vec<NameAddr>),
    from: NameAddr,
    to: NameAddr,
    headers: Vec<(String, String)>,
) -> NewLeg {
    let session_expires = match w.office.session_expires_s {
        0 => None,
        seconds => Some(Duration::from_secs(u64::from(seconds))),
    };
    NewLeg { target, hops, route, from, to, sdp: None, headers, credentials: None, session_expires }
}

/// What the program adds.
fn further_headers(options: &DialOptions) -> impl Iterator<Item = (String, String)> {
    options.headers.iter().filter(|(name, value)| is_safe_header(name, value)).cloned()
}

/// A header that a script adds must not become two, nor one that the dialog lives by.
fn is_safe_header(name: &str, value: &str) -> bool {
    const KEPT: &[&str] = &[
        "via",
        "from",
        "to",
        "call-id",
        "cseq",
        "contact",
        "route",
        "record-route",
        "max-forwards",
        "content-length",
        "content-type",
        "authorization",
        "proxy-authorization",
        "require",
        "proxy-require",
        "supported",
        "replaces",
        "referred-by",
    ];
    let token = |c: char| c.is_ascii_alphanumeric() || "-.!%*_+`'~".contains(c);
    !name.is_empty()
        && name.chars().all(token)
        && !value.chars().any(char::is_control)
        && !KEPT.iter().any(|kept| kept.eq_ignore_ascii_case(name))
}
