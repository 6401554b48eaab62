//! Who sends a request: challenges it, and checks the answer.
//!
//! ```text
//! no credentials for our realm ─────────────▶ Challenge
//! credentials that don't parse ─────────────▶ Refused (400)
//! unknown user, wrong password ─────────────▶ Challenge, and a fact
//! right password, old or used-up nonce ─────▶ Challenge with stale=true (no fact but for a replay)
//! right password, fresh nonce and count ────▶ Accepted
//! ```
//! An unknown user and a wrong password cannot be told apart: same status, same number of challenges, same hashes computed.
//! A registrar and a user agent challenge with 401 (RFC 3261 §22.2), which is all that an exchange is.

use super::algorithm::{Algorithm, Protection, Secret, Subject};
use super::nonce::{NonceError, Nonces};
use super::params::AuthParams;
use crate::message::{Host, Method, Request, Response, Uri, name};
use cordboard_base::{Hop, Source, Time};
use core::fmt;
use core::hash::Hasher;
use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher24;
use std::collections::VecDeque;

/// Most facts that wait to be drained; the oldest are dropped, so that a flood of guesses costs no memory.
pub const FACTS_MAX: usize = 1_024;

/// Longest user name that is looked up or reported, in bytes; a longer one is an unknown user.
const USER_MAX: usize = 128;

/// Which algorithms a user is offered. MD5 alone by default: some phones in use fail on a second challenge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Offer {
    /// One challenge, MD5.
    #[default]
    Md5,
    /// One challenge, SHA-256.
    Sha256,
    /// Two challenges, SHA-256 first (RFC 8760 §2.3: most preferred first).
    Both,
}

impl Offer {
    /// In the order of the challenges.
    fn algorithms(self) -> &'static [Algorithm] {
        match self {
            Self::Md5 => &[Algorithm::Md5],
            Self::Sha256 => &[Algorithm::Sha256],
            Self::Both => &[Algorithm::Sha256, Algorithm::Md5],
        }
    }
}

/// What is known of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// What the user proves to know.
    pub secret: Secret,
    /// What the user is offered.
    pub offer: Offer,
}

impl From<Secret> for Account {
    fn from(secret: Secret) -> Self {
        Self { secret, offer: Offer::default() }
    }
}

/// How to challenge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// The realm; also part of every stored `H(A1)`.
    pub realm: String,
    /// The offers that the accounts use. An unknown name is given one of them, always the same for the same name, so that
    /// the number of challenges doesn't tell who exists. Empty means [`Offer::default`].
    pub offers_in_use: Vec<Offer>,
    /// What we are called: our domain and addresses. A digest over a URI there is for us, whatever the
    /// Request-URI says.
    pub hosts: Vec<Host>,
}

/// Why somebody is not who they say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailureReason {
    /// There is no such user.
    UnknownUser,
    /// The digest doesn't fit.
    WrongPassword,
    /// An algorithm or protection that the user is not offered.
    NotOffered,
    /// A right digest, but its nonce-count has been used.
    Replay,
    /// The credentials can't be read, or are for a URI of somebody else's.
    Malformed,
}

/// A failed attempt, for the log and whoever bans addresses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthFailure {
    /// The name that was claimed; the first 128 bytes of it.
    pub user: String,
    /// Where the request came from.
    pub from: Hop,
    /// Why.
    pub reason: FailureReason,
}

/// What to do with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It comes from `user`.
    Accepted {
        /// The authenticated name.
        user: String,
    },
    /// Answer with this 401.
    Challenge(Box<Response>),
    /// Answer with this, and don't ask again.
    Refused(Box<Response>),
}

/// Checks digests. One for the exchange; its state holds the key of its nonces, which is a secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verifier {
    settings: Settings,
    source: Source,
    nonces: Nonces,
    decoy_key: (u64, u64),
    decoy_password: String,
    facts: VecDeque<AuthFailure>,
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// Credentials for our realm, as far as they can be read.
struct Claim<'a> {
    username: &'a str,
    nonce: &'a str,
    uri: &'a str,
    response: &'a str,
    algorithm: Algorithm,
    /// `qop=auth` with its count; `None`: the claim has another protection or none.
    auth: Option<Count<'a>>,
}

#[derive(Clone, Copy)]
struct Count<'a> {
    nc: &'a str,
    number: u32,
    cnonce: &'a str,
}

impl Verifier {
    /// A verifier with a fresh nonce key from `source`.
    pub fn new(settings: Settings, mut source: Source) -> Self {
        let nonces = Nonces::new(&mut source);
        let decoy_key = (source.next_u64(), source.next_u64());
        let decoy_password = source.token();
        Self { settings, source, nonces, decoy_key, decoy_password, facts: VecDeque::new() }
    }

    /// Changes realm or offers; nonces stay good.
    pub fn configure(&mut self, settings: Settings) {
        self.settings = settings;
    }

    /// The realm, for [`Algorithm::ha1`].
    pub fn realm(&self) -> &str {
        &self.settings.realm
    }

    /// The next failed attempt.
    pub fn poll(&mut self) -> Option<AuthFailure> {
        self.facts.pop_front()
    }

    /// Who sent `request`? `lookup` finds an account by its user name; its own duration should not tell who exists.
    pub fn check(
        &mut self,
        now: Time,
        request: &Request,
        from: &Hop,
        lookup: impl Fn(&str) -> Option<Account>,
    ) -> Verdict {
        let Some(params) = self.own_credentials(request) else {
            let user = claimed_address(request);
            let offer = self.offer_for(&user, lookup(&user).as_ref());
            return self.challenge(now, request, offer, false);
        };
        let Some(claim) = Claim::of(&params).filter(|claim| self.is_for_us(claim.uri, request)) else {
            let user = params.value("username").unwrap_or("");
            self.report(user, from, FailureReason::Malformed);
            return Verdict::Refused(Box::new(request.response(400)));
        };
        let user = unescaped(claim.username);
        let account = if user.len() > USER_MAX { None } else { lookup(&user) };
        let offer = self.offer_for(&user, account.as_ref());
        let right = self.digest_is_right(&claim, &request.method, account.as_ref());
        let reason = match (&account, right, claim.auth) {
            (None, _, _) => FailureReason::UnknownUser,
            (Some(_), _, None) => FailureReason::NotOffered,
            (Some(_), _, Some(_)) if !offer.algorithms().contains(&claim.algorithm) => {
                FailureReason::NotOffered
            }
            (Some(_), false, Some(_)) => FailureReason::WrongPassword,
            (Some(_), true, Some(count)) => match self.nonces.take(now, claim.nonce, count.number) {
                Ok(()) => return Verdict::Accepted { user },
                Err(error) => {
                    if error == NonceError::Replayed {
                        self.report(&user, from, FailureReason::Replay);
                    }
                    return self.challenge(now, request, offer, true);
                }
            },
        };
        self.report(&user, from, reason);
        self.challenge(now, request, offer, false)
    }

    /// Which of our users a request says it is from, proven or not: the user name of its credentials for our realm; without
    /// any, From's, if the host is ours. A number that stands before somebody else's host is none of our users.
    pub fn named_by(&self, request: &Request) -> Option<String> {
        match self.own_credentials(request) {
            Some(params) => params.value("username").map(unescaped),
            None => {
                let from = request.headers.from().ok()?.uri;
                from.user.filter(|_| self.settings.hosts.contains(&from.host))
            }
        }
    }

    /// The credentials for our realm; a request may carry some for others (RFC 3261 §22.3).
    fn own_credentials<'a>(&self, request: &'a Request) -> Option<AuthParams<'a>> {
        request
            .headers
            .all(name::AUTHORIZATION)
            .flat_map(AuthParams::parse_digests)
            .find(|params| params.value("realm").is_some_and(|realm| unescaped(realm) == self.settings.realm))
    }

    /// Whether credentials for `uri` do for `request` (RFC 7616 §3.4.6 asks that both designate the same resource). The
    /// digest itself is over `uri` as the client wrote it. Phones write there what they dialled, their registrar, or the
    /// address that they send to, while the Request-URI is another of these, or is rewritten on the way: so any URI is good
    /// whose host is us. One of somebody else's is not, lest a digest made for another exchange be good here.
    fn is_for_us(&self, uri: &str, request: &Request) -> bool {
        let Ok(uri) = Uri::parse(uri) else { return false };
        same_resource(&uri, &request.uri) || self.settings.hosts.contains(&uri.host)
    }

    fn offer_for(&self, user: &str, account: Option<&Account>) -> Offer {
        // Hashed for a known user too, so that both take as long.
        let mut hasher = SipHasher24::new_with_keys(self.decoy_key.0, self.decoy_key.1);
        hasher.write(user.as_bytes());
        let offers = &self.settings.offers_in_use;
        let count = u64::try_from(offers.len()).unwrap_or(1).max(1);
        let index = usize::try_from(core::hint::black_box(hasher.finish()) % count).unwrap_or(0);
        let decoy = offers.get(index).copied().unwrap_or_default();
        account.map_or(decoy, |account| account.offer)
    }

    /// Computes the same number of hashes whoever the user is.
    fn digest_is_right(&self, claim: &Claim<'_>, method: &Method, account: Option<&Account>) -> bool {
        let stored = account.and_then(|account| account.secret.stored_ha1(claim.algorithm));
        let password = match account.map(|account| &account.secret) {
            Some(Secret::Password(password)) => Some(password),
            Some(Secret::Ha1 { .. }) | None => None,
        };
        let hashed = claim.algorithm.ha1(
            claim.username,
            &self.settings.realm,
            password.unwrap_or(&self.decoy_password),
        );
        let hashed = core::hint::black_box(hashed);
        let ha1 = stored.unwrap_or(&hashed);
        let (nc, cnonce) = claim.auth.map_or(("", ""), |count| (count.nc, count.cnonce));
        let subject = Subject {
            algorithm: claim.algorithm,
            nonce: claim.nonce,
            method: method.as_str(),
            uri: claim.uri,
            protection: Protection::Auth { nc, cnonce },
        };
        let same = same_digest(&subject.response(ha1), claim.response);
        same && (stored.is_some() || password.is_some())
    }

    fn challenge(&mut self, now: Time, request: &Request, offer: Offer, stale: bool) -> Verdict {
        let mut response = request.response(401);
        let realm = self.settings.realm.replace('\\', "\\\\").replace('"', "\\\"");
        for algorithm in offer.algorithms() {
            let nonce = self.nonces.issue(now, &mut self.source);
            let stale = if stale { ", stale=true" } else { "" };
            let algorithm = algorithm.token();
            response.headers.push(
                name::WWW_AUTHENTICATE,
                format!(
                    "Digest realm=\"{realm}\", nonce=\"{nonce}\", algorithm={algorithm}, qop=\"auth\"{stale}"
                ),
            );
        }
        Verdict::Challenge(Box::new(response))
    }

    fn report(&mut self, user: &str, from: &Hop, reason: FailureReason) {
        if self.facts.len() >= FACTS_MAX {
            self.facts.pop_front();
        }
        let end = (0..=USER_MAX.min(user.len())).rev().find(|end| user.is_char_boundary(*end)).unwrap_or(0);
        let user = user.get(..end).unwrap_or("").to_owned();
        self.facts.push_back(AuthFailure { user, from: *from, reason });
    }
}

impl<'a> Claim<'a> {
    /// `None`: a parameter is missing or unreadable (400).
    fn of(params: &AuthParams<'a>) -> Option<Self> {
        let uri = params.value("uri")?;
        let (algorithm, session) = Algorithm::parse(params.value("algorithm").unwrap_or("MD5"))?;
        let auth = match params.value("qop") {
            Some(qop) if qop.eq_ignore_ascii_case("auth") && !session => {
                let nc = params.value("nc")?;
                let number = u32::from_str_radix(nc, 16).ok().filter(|_| nc.len() == 8)?;
                Some(Count { nc, number, cnonce: params.value("cnonce")? })
            }
            Some(_) | None => None,
        };
        let (username, nonce) = (params.value("username")?, params.value("nonce")?);
        Some(Self { username, nonce, uri, response: params.value("response")?, algorithm, auth })
    }
}

/// Whose account a request without credentials speaks for: `To` of a REGISTER, `From` of all else.
fn claimed_address(request: &Request) -> String {
    let address =
        if request.method == Method::Register { request.headers.to() } else { request.headers.from() };
    let user = address.ok().and_then(|address| address.uri.user).unwrap_or_default();
    if user.len() > USER_MAX { String::new() } else { user }
}

/// Whether credentials for one URI do for the other: user and host count, and the port where both name one. Phones write the
/// rest differently in the two places.
fn same_resource(one: &Uri, other: &Uri) -> bool {
    let port = one.port.is_none() || other.port.is_none() || one.port == other.port;
    one.user == other.user && one.host == other.host && port
}

/// A quoted string's content without its escapes.
fn unescaped(text: &str) -> String {
    let mut escaped = false;
    text.chars()
        .filter(|c| {
            escaped = *c == '\\' && !escaped;
            !escaped
        })
        .collect()
}

/// Compares in a time that doesn't depend on where they differ.
fn same_digest(ours: &str, theirs: &str) -> bool {
    let theirs = theirs.to_ascii_lowercase();
    let differences = ours.bytes().zip(theirs.bytes()).fold(0u8, |differences, (a, b)| differences | (a ^ b));
    ours.len() == theirs.len() && core::hint::black_box(differences) == 0
}
