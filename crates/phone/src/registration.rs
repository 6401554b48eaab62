//! The phone's registration: one binding, refreshed at half of its time (RFC 3261 §10.2).

use crate::PhoneConfig;
use cordboard_base::{Source, Time};
use cordboard_sip::auth;
use cordboard_sip::message::{Method, NameAddr, Request, Response, Uri, name};
use cordboard_sip::session::Credentials;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// After a failure it tries again so much later.
const RETRY: Duration = Duration::from_secs(30);

/// Two challenges in a row are normal (a stale nonce); a third means that the password is wrong.
const CHALLENGES_MAX: u8 = 2;

/// What the phone is told of its registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// A further request is to be sent.
    Again,
    Registered {
        expires_s: u32,
    },
    Unregistered,
    Failed {
        status: u16,
    },
}

/// The registration's state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Registration {
    call_id: String,
    from_tag: String,
    cseq: u32,
    /// 0 asks for removal.
    wished_s: u32,
    challenges: u8,
    /// The last challenge and how often its nonce was used.
    challenge: Option<(Response, u32)>,
    due: Option<Time>,
    asking: bool,
}

impl Registration {
    pub(crate) fn new(source: &mut Source) -> Self {
        Self {
            call_id: source.token(),
            from_tag: source.token(),
            cseq: 0,
            wished_s: 0,
            challenges: 0,
            challenge: None,
            due: None,
            asking: false,
        }
    }

    /// Whether an answer is awaited.
    pub(crate) fn is_asking(&self) -> bool {
        self.asking
    }

    pub(crate) fn due(&self) -> Option<Time> {
        self.due
    }

    /// Starts anew with this length, 0 to remove.
    pub(crate) fn start(&mut self, wished_s: u32) {
        self.wished_s = wished_s;
        self.challenges = 0;
        self.due = None;
    }

    /// The next REGISTER, authorised if a challenge is known.
    pub(crate) fn request(&mut self, config: &PhoneConfig, contact: Uri, source: &mut Source) -> Request {
        self.due = None;
        self.asking = true;
        self.cseq += 1;
        let domain = crate::line::host(&config.domain);
        let mut aor = NameAddr::new(Uri::sip(Some(&config.user), domain.clone(), None));
        aor.display = (!config.display.is_empty()).then(|| config.display.clone());
        let mut request = Request::new(Method::Register, Uri::sip(None, domain, None));
        request.headers.push(name::FROM, aor.clone().with_tag(&self.from_tag).to_string());
        request.headers.push(name::TO, aor.to_string());
        request.headers.push(name::CALL_ID, self.call_id.clone());
        request.headers.push(name::CSEQ, format!("{} REGISTER", self.cseq));
        request.headers.push(name::CONTACT, format!("<{contact}>"));
        request.headers.push(name::EXPIRES, self.wished_s.to_string());
        if let Some((challenge, count)) = &mut self.challenge {
            *count += 1;
            let credentials =
                Credentials { username: config.user.clone(), password: config.password.clone() };
            auth::authorize(&mut request, challenge, &credentials, &source.token(), *count);
        }
        request
    }

    /// Takes the final response; `None` if nobody answered.
    pub(crate) fn handle_response(&mut self, now: Time, response: Option<Response>) -> Progress {
        let status = response.as_ref().map_or(408, |r| r.status);
        self.asking = false;
        match response {
            Some(response) if response.is_success() && self.wished_s > 0 => {
                self.challenges = 0;
                let expires_s = granted_s(&response).unwrap_or(self.wished_s);
                self.due = Some(now + Duration::from_secs(u64::from(expires_s.max(2) / 2)));
                Progress::Registered { expires_s }
            }
            Some(response) if response.is_success() => Progress::Unregistered,
            Some(response) if matches!(status, 401 | 407) && self.challenges < CHALLENGES_MAX => {
                self.challenges += 1;
                self.challenge = Some((response, 0));
                Progress::Again
            }
            Some(response) if status == 423 && self.wished_s > 0 => {
                match response.headers.number(name::MIN_EXPIRES) {
                    Some(least) if least > self.wished_s => {
                        self.wished_s = least;
                        Progress::Again
                    }
                    Some(_) | None => self.fail(now, status),
                }
            }
            Some(_) | None => self.fail(now, status),
        }
    }

    fn fail(&mut self, now: Time, status: u16) -> Progress {
        self.challenges = 0;
        self.challenge = None;
        self.due = (self.wished_s > 0).then_some(now + RETRY);
        Progress::Failed { status }
    }
}

/// What the registrar granted: our Contact's `expires`, else Expires (RFC 3261 §10.2.4).
fn granted_s(response: &Response) -> Option<u32> {
    let contacts = response.headers.addresses(name::CONTACT).ok()?;
    let own = contacts.iter().filter_map(|c| c.params.value("expires")?.parse().ok()).max();
    own.or_else(|| response.headers.number(name::EXPIRES))
}
