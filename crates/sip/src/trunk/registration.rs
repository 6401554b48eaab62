//! Our registration with a trunk: asking, refreshing, and what failures mean.

use super::{Fact, Life, Purpose, Timer, TrunkSettings, Trunks};
use crate::auth;
use crate::endpoint::Outcome;
use crate::message::{CSeq, Method, NameAddr, Request, Response, Uri, name};
use cordboard_base::{Hop, Source, Time};
use core::time::Duration;
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};

/// The wish where the configuration names none.
const EXPIRES_DEFAULT_S: u32 = 3_600;

/// The longest Min-Expires or Retry-After that is believed; a registrar that wants more is refusing.
const BELIEVED_MAX_S: u32 = 24 * 3_600;

/// Challenges answered in one attempt: one, and another if the first nonce was stale.
const CHALLENGES_MAX: u8 = 2;

/// First wait after a failure of the network or the server; it doubles up to the longest.
const BACK_OFF: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(300));

/// The same after a refusal: asking again at once makes providers lock accounts.
const BACK_OFF_REFUSED: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(1_800));

/// Wait for the first address of a trunk whose names are not resolved yet. The answer itself wakes it too.
const UNRESOLVED: Duration = Duration::from_secs(5);

/// Where a registration stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RegistrationState {
    /// It holds for so long yet.
    Registered {
        /// Seconds.
        remaining_s: u64,
    },
    /// It doesn't, but we are at it.
    Asking,
    /// It failed and will be tried again.
    Failed {
        /// The last status; `None`: silence, or nothing to reach.
        status: Option<u16>,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Registration {
    phase: Phase,
    /// The user of our Contact. Made of what the configuration says, so that it is the same after a restart, when calls
    /// still come to the Contact of before; and of the password, so that nobody guesses it.
    token: String,
    call_id: String,
    tag: String,
    cseq: u32,
    wish_s: u32,
    failures: u32,
    held: Option<Held>,
    /// The nonce of the last challenge, for refreshes.
    known: auth::Known,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Held {
    until: Time,
    hop: Hop,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Phase {
    Idle,
    Asking(Box<Attempt>),
    Failed { status: Option<u16> },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Attempt {
    request: Request,
    hop: Hop,
    /// To be tried if this one fails.
    others: Vec<Hop>,
    challenges: u8,
    brief: bool,
}

impl Registration {
    pub(super) fn new(settings: &TrunkSettings, trunk: &str, source: &mut Source) -> Self {
        let mut hash = Md5::new();
        hash.update(trunk);
        hash.update(settings.account().to_string());
        hash.update(settings.credentials.as_ref().map(|c| c.password.as_str()).unwrap_or_default());
        let digest = hash.finalize();
        let token = digest.iter().take(10).map(|byte| format!("{byte:02x}")).collect();
        let wish_s = if settings.register_s == 0 { EXPIRES_DEFAULT_S } else { settings.register_s };
        Self {
            phase: Phase::Idle,
            token,
            call_id: source.token(),
            tag: source.token(),
            cseq: 0,
            wish_s,
            failures: 0,
            held: None,
            known: auth::Known::default(),
        }
    }

    pub(super) fn token(&self) -> &str {
        &self.token
    }

    pub(super) fn holds(&self, now: Time) -> bool {
        self.held.is_some_and(|held| held.until > now)
    }

    pub(super) fn state(&self, now: Time) -> RegistrationState {
        match (self.held, &self.phase) {
            (Some(held), _) if held.until > now => {
                RegistrationState::Registered { remaining_s: (held.until - now).as_secs() }
            }
            (_, Phase::Failed { status }) => RegistrationState::Failed { status: *status },
            (_, Phase::Idle | Phase::Asking(_)) => RegistrationState::Asking,
        }
    }

    fn request(&mut self, settings: &TrunkSettings, contact: Uri, expires_s: u32, cnonce: &str) -> Request {
        let mut request = Request::new(Method::Register, Uri::sip(None, settings.domain_host(), None));
        let account = NameAddr::new(settings.account());
        let headers = &mut request.headers;
        headers.push(name::FROM, account.clone().with_tag(&self.tag).to_string());
        headers.push(name::TO, account.to_string());
        headers.push(name::CALL_ID, self.call_id.as_str());
        headers.push(name::CSEQ, "");
        headers.push(name::CONTACT, NameAddr::new(contact).to_string());
        headers.push(name::EXPIRES, expires_s.to_string());
        self.number(&mut request);
        if let Some(credentials) = &settings.credentials {
            self.known.authorize(&mut request, credentials, cnonce);
        }
        request
    }

    /// Gives a request the next CSeq (RFC 3261 §10.2).
    fn number(&mut self, request: &mut Request) {
        self.cseq = self.cseq.saturating_add(1);
        let cseq = CSeq { number: self.cseq, method: Method::Register };
        request.headers.set(name::CSEQ, cseq.to_string());
    }
}

/// What to do after a response.
enum Next {
    Registered { expires_s: u32, hop: Hop },
    Again(Box<Attempt>),
    OtherHop { status: Option<u16>, retry_after_s: Option<u32> },
    Refused { status: u16, retry_after_s: Option<u32> },
}

impl Trunks {
    /// Begins an attempt, if none is under way.
    pub(super) fn register(&mut self, now: Time, name: &str) {
        let Some(trunk) = self.trunks.get(name) else { return };
        let Some(registration) = &trunk.registration else { return };
        if matches!(registration.phase, Phase::Asking(_)) {
            return;
        }
        let mut hops = trunk.hops();
        if hops.is_empty() {
            self.timers.set(Timer::Register(name.to_owned()), now + UNRESOLVED);
            return;
        }
        // A refresh goes where the registration is.
        if let Some(held) = registration.held.filter(|held| trunk.is_up(&held.hop)) {
            hops.sort_by_key(|hop| *hop != held.hop);
        }
        let wish_s = registration.wish_s;
        self.timers.cancel(&Timer::Register(name.to_owned()));
        self.ask(now, name, hops, wish_s, None);
    }

    /// Gives the registration back. Says whether there is one to give.
    pub(super) fn unregister(&mut self, now: Time, name: &str) -> bool {
        let Some(registration) = self.trunks.get_mut(name).and_then(|trunk| trunk.registration.as_mut())
        else {
            return false;
        };
        let Some(held) = registration.held.take().filter(|held| held.until > now) else { return false };
        self.timers.cancel(&Timer::Register(name.to_owned()));
        self.timers.cancel(&Timer::Lapse(name.to_owned()));
        self.requests.retain(|_, purpose| *purpose != Purpose::Register(name.to_owned()));
        self.fact(name, Fact::Unregistered);
        self.ask(now, name, vec![held.hop], 0, None);
        self.trunks.contains_key(name)
    }

    pub(super) fn lapse(&mut self, name: &str) {
        if let Some(registration) = self.trunks.get_mut(name).and_then(|trunk| trunk.registration.as_mut()) {
            registration.held = None;
            self.fact(name, Fact::Unregistered);
        }
    }

    /// Sends a new REGISTER to the first hop that we have a Contact for. `status`: why the hop before failed.
    fn ask(&mut self, now: Time, name: &str, hops: Vec<Hop>, expires_s: u32, failed: Option<Failure>) {
        let mut hops = hops.into_iter();
        for hop in hops.by_ref() {
            let Some(trunk) = self.trunks.get_mut(name) else { return };
            let Some(registration) = &mut trunk.registration else { return };
            let Some(contact) = self.locals.contact(&registration.token, &hop) else { continue };
            let cnonce = self.source.token();
            let request = registration.request(&trunk.settings, contact, expires_s, &cnonce);
            let attempt = Attempt { request, hop, others: hops.collect(), challenges: 0, brief: false };
            self.send_attempt(name, attempt);
            return;
        }
        self.registration_failed(now, name, failed.unwrap_or_default(), BACK_OFF);
    }

    fn send_attempt(&mut self, name: &str, attempt: Attempt) {
        let (hop, request) = (attempt.hop, attempt.request.clone());
        if let Some(registration) = self.trunks.get_mut(name).and_then(|trunk| trunk.registration.as_mut()) {
            registration.phase = Phase::Asking(Box::new(attempt));
            self.send(Purpose::Register(name.to_owned()), hop, request);
        }
    }

    pub(super) fn handle_registered(&mut self, now: Time, name: &str, outcome: &Outcome) {
        let cnonce = self.source.token();
        let Some(trunk) = self.trunks.get_mut(name) else { return };
        let Some(registration) = &mut trunk.registration else { return };
        let Phase::Asking(attempt) = core::mem::replace(&mut registration.phase, Phase::Idle) else { return };
        let (others, retiring) = (attempt.others.clone(), trunk.life == Life::Retiring);
        let next = registration.next(*attempt, outcome, &trunk.settings, &cnonce);
        let wish_s = registration.wish_s;
        match next {
            Next::Again(attempt) => self.send_attempt(name, *attempt),
            Next::Registered { .. } | Next::OtherHop { .. } | Next::Refused { .. } if retiring => {
                self.drop_trunk(name);
            }
            Next::Registered { expires_s, hop } => self.registered(now, name, expires_s, hop),
            Next::OtherHop { status, retry_after_s } => {
                self.ask(now, name, others, wish_s, Some(Failure { status, retry_after_s }));
            }
            Next::Refused { status, retry_after_s } => {
                let failure = Failure { status: Some(status), retry_after_s };
                self.registration_failed(now, name, failure, BACK_OFF_REFUSED);
            }
        }
    }

    fn registered(&mut self, now: Time, name: &str, expires_s: u32, hop: Hop) {
        let Some(registration) = self.trunks.get_mut(name).and_then(|trunk| trunk.registration.as_mut())
        else {
            return;
        };
        let until = now + Duration::from_secs(expires_s.into());
        let news = registration.failures > 0 || registration.held.is_none_or(|held| held.hop != hop);
        registration.held = Some(Held { until, hop });
        registration.failures = 0;
        // A tenth early at least, and early enough for one lost request (64·T1 = 32 s), but never more than half.
        let margin_s = (expires_s / 10).max(32.min(expires_s / 2));
        let refresh_ms = u64::from(expires_s.saturating_sub(margin_s)) * 1_000;
        let early_ms = self.source.below(refresh_ms / 20);
        let refresh = now + Duration::from_millis((refresh_ms - early_ms).max(1_000));
        self.timers.set(Timer::Register(name.to_owned()), refresh);
        self.timers.set(Timer::Lapse(name.to_owned()), until);
        if news {
            self.fact(name, Fact::Registered { hop, expires_s });
        }
    }

    fn registration_failed(
        &mut self,
        now: Time,
        name: &str,
        failure: Failure,
        back_off: (Duration, Duration),
    ) {
        let Some(trunk) = self.trunks.get_mut(name) else { return };
        if trunk.life == Life::Retiring {
            self.drop_trunk(name);
            return;
        }
        let Some(registration) = &mut trunk.registration else { return };
        registration.phase = Phase::Failed { status: failure.status };
        let doublings = registration.failures.min(16);
        registration.failures = registration.failures.saturating_add(1);
        let wait = back_off.0.saturating_mul(1 << doublings).min(back_off.1);
        let told = Duration::from_secs(failure.retry_after_s.unwrap_or(0).min(BELIEVED_MAX_S).into());
        let wait_ms = u64::try_from(wait.max(told).as_millis()).unwrap_or(u64::MAX);
        // Up to a quarter later: after an outage not everybody comes back at once.
        let wait_ms = wait_ms.saturating_add(self.source.below(wait_ms / 4));
        self.timers.set(Timer::Register(name.to_owned()), now + Duration::from_millis(wait_ms));
        self.fact(name, Fact::RegistrationFailed { status: failure.status, retry_s: wait_ms / 1_000 });
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Failure {
    status: Option<u16>,
    retry_after_s: Option<u32>,
}

impl Registration {
    fn next(
        &mut self,
        mut attempt: Attempt,
        outcome: &Outcome,
        settings: &TrunkSettings,
        cnonce: &str,
    ) -> Next {
        let Outcome::Final(response, _) = outcome else {
            return Next::OtherHop { status: None, retry_after_s: None };
        };
        let (status, retry_after_s) = (response.status, response.headers.number(name::RETRY_AFTER));
        match status {
            200..=299 => {
                let expires_s = self.granted(response);
                Next::Registered { expires_s, hop: attempt.hop }
            }
            401 | 407 => {
                let known = settings.credentials.as_ref().filter(|_| attempt.challenges < CHALLENGES_MAX);
                let answered = known.is_some_and(|credentials| {
                    self.known.answer(&mut attempt.request, response, credentials, cnonce)
                });
                // A second challenge that isn't for a stale nonce says that the password is wrong.
                if !answered || (attempt.challenges > 0 && !says_stale(response)) {
                    self.known.forget();
                    return Next::Refused { status, retry_after_s };
                }
                attempt.challenges += 1;
                self.number(&mut attempt.request);
                Next::Again(Box::new(attempt))
            }
            423 => match response.headers.number(name::MIN_EXPIRES) {
                Some(least_s) if !attempt.brief && (self.wish_s..=BELIEVED_MAX_S).contains(&least_s) => {
                    self.wish_s = least_s;
                    attempt.brief = true;
                    attempt.request.headers.set(name::EXPIRES, least_s.to_string());
                    self.number(&mut attempt.request);
                    // A new request, so the nonce's next count: the old one has been used (RFC 7616 §3.4).
                    if let Some(credentials) = &settings.credentials {
                        self.known.authorize(&mut attempt.request, credentials, cnonce);
                    }
                    Next::Again(Box::new(attempt))
                }
                Some(_) | None => Next::Refused { status, retry_after_s },
            },
            408 | 480 | 500..=599 => Next::OtherHop { status: Some(status), retry_after_s },
            _ => {
                // It may have been the old nonce that was refused: the next attempt goes without.
                self.known.forget();
                Next::Refused { status, retry_after_s }
            }
        }
    }

    /// The seconds that the registrar gave our Contact (RFC 3261 §10.2.4); it may list others'.
    fn granted(&self, response: &Response) -> u32 {
        let contacts = response.headers.all(name::CONTACT).filter_map(|text| NameAddr::parse(text).ok());
        let mut ours = contacts.filter(|contact| contact.uri.user.as_deref() == Some(self.token.as_str()));
        let own = ours.find_map(|contact| contact.params.value("expires").and_then(|text| text.parse().ok()));
        let given_s: u32 = own.or_else(|| response.headers.number(name::EXPIRES)).unwrap_or(self.wish_s);
        given_s.clamp(2, BELIEVED_MAX_S)
    }
}

fn says_stale(response: &Response) -> bool {
    let mut challenges =
        response.headers.all(name::WWW_AUTHENTICATE).chain(response.headers.all(name::PROXY_AUTHENTICATE));
    challenges.any(auth::is_stale)
}
