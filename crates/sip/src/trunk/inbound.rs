//! Calls that come in: from which trunk, and for whom.

use super::{Life, Trunk, Trunks, numbers};
use crate::auth::{Account, Secret};
use crate::message::Request;
use cordboard_base::Hop;
use serde::{Deserialize, Serialize};

/// How a call was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RecognisedBy {
    /// By the unguessable user of the Contact that we registered.
    Registration,
    /// By where it comes from.
    Address,
}

/// From which trunk a call comes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recognised {
    /// Its name.
    pub trunk: String,
    /// How we know.
    pub by: RecognisedBy,
}

impl Trunks {
    /// From which trunk a request comes. `None`: from none, or from one whose calls must authenticate: challenge it, with
    /// [`Self::inbound_account`] among the accounts.
    pub fn recognise(&self, request: &Request, from: &Hop) -> Option<Recognised> {
        let serving = || self.trunks.iter().filter(|(_, trunk)| trunk.life == Life::Serving);
        let user = request.uri.user.as_deref().unwrap_or("");
        let by_contact = serving().find(|(_, trunk)| trunk.token() == Some(user));
        if let Some((name, _)) = by_contact {
            return Some(Recognised { trunk: name.clone(), by: RecognisedBy::Registration });
        }
        // Several trunks may lead to one provider: the one whose number is called, or whose domain calls, goes first.
        let by_address = serving()
            .filter(|(_, trunk)| trunk.settings.inbound.is_none() && trunk.is_home_of(from))
            .enumerate()
            .min_by_key(|(index, (_, trunk))| (!trunk.is_meant_by(request), *index));
        let (_, (name, _)) = by_address?;
        Some(Recognised { trunk: name.clone(), by: RecognisedBy::Address })
    }

    /// The trunk whose calls authenticate with that user name, and with what.
    pub fn inbound_account(&self, user: &str) -> Option<(&str, Account)> {
        let (name, trunk) = self.trunks.iter().find(|(_, trunk)| {
            trunk.life == Life::Serving && trunk.settings.inbound.as_ref().is_some_and(|c| c.username == user)
        })?;
        let password = trunk.settings.inbound.as_ref()?.password.clone();
        Some((name, Secret::Password(password).into()))
    }

    /// Whom a call from the trunk is for: the Request-URI's user, or To's where the Request-URI is the Contact that we
    /// registered. In our format.
    pub fn dialled(&self, trunk: &str, request: &Request) -> Option<String> {
        let trunk = self.trunks.get(trunk)?;
        let user = request.uri.user.as_deref().filter(|user| trunk.token() != Some(*user));
        let to = request.headers.to().ok().and_then(|to| to.uri.user);
        let number = user.or(to.as_deref()).filter(|user| !user.is_empty()).unwrap_or(&trunk.settings.number);
        Some(numbers::apply(&trunk.settings.incoming, number))
    }

    /// A caller's number in our format.
    pub fn caller_number(&self, trunk: &str, number: &str) -> Option<String> {
        Some(numbers::apply(&self.trunks.get(trunk)?.settings.incoming, number))
    }
}

impl Trunk {
    fn token(&self) -> Option<&str> {
        self.registration.as_ref().map(|registration| registration.token())
    }

    fn is_home_of(&self, from: &Hop) -> bool {
        let ip = from.remote.ip().to_canonical();
        self.settings.accept_from.iter().any(|prefix| prefix.contains(ip))
            || self.all_hops().iter().any(|hop| hop.remote.ip().to_canonical() == ip)
    }

    fn is_meant_by(&self, request: &Request) -> bool {
        let to = request.headers.to().ok().and_then(|to| to.uri.user);
        let number = numbers::plain(&self.settings.number);
        let called = [request.uri.user.as_deref(), to.as_deref()];
        let from = request.headers.from().ok().map(|from| from.uri.host);
        let mut called = called.into_iter().flatten();
        called.any(|user| !number.is_empty() && numbers::plain(user) == number)
            || from == Some(self.settings.domain_host())
    }
}
