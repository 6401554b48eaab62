//! From the office's setup to the settings of each core, at the start and at a reload.

use crate::exchange::zone_of;
use crate::{Exchange, Listeners, LogLine, Setup};
use cordboard_app::Level;
use cordboard_base::Time;
use cordboard_sip::auth::{self, Account, Offer, Secret};
use cordboard_sip::endpoint;
use cordboard_sip::message::{Host, Uri};
use cordboard_sip::registrar;
use core::time::Duration;

/// How many contacts more than legs a call may ring: sessions are sized for calls with two legs and some that ring many.
const SESSIONS_PER_CALL: usize = 4;

pub(crate) fn endpoint(setup: &Setup) -> endpoint::Config {
    let mut config =
        endpoint::Config::new(setup.key, crate::exchange::stream::ENDPOINT, setup.networks.clone());
    config.ports = ports(&setup.listeners);
    config.user_agent = setup.agent.clone();
    config.limits.sessions = size(setup.limits.calls).saturating_mul(SESSIONS_PER_CALL).max(16);
    config.session_expires = (setup.office.session_expires_s > 0)
        .then(|| Duration::from_secs(u64::from(setup.office.session_expires_s)));
    config
}

pub(crate) fn ports(listeners: &Listeners) -> endpoint::Ports {
    endpoint::Ports { udp: listeners.udp, tcp: listeners.tcp, tls: listeners.tls }
}

pub(crate) fn verifier(setup: &Setup) -> auth::Settings {
    let mut offers_in_use: Vec<Offer> = setup.users.values().map(|user| offer(&user.algorithms)).collect();
    offers_in_use.sort_unstable();
    offers_in_use.dedup();
    let addresses = setup.networks.interfaces.iter().flat_map(|i| [Some(i.address), i.external]).flatten();
    let mut hosts = vec![host(&setup.realm), host(&setup.office.domain)];
    hosts.extend(addresses.map(Host::Ip));
    auth::Settings { realm: setup.realm.clone(), offers_in_use, hosts }
}

pub(crate) fn registrar(setup: &Setup) -> registrar::Settings {
    let limits = &setup.limits;
    let mut settings = registrar::Settings::new(Uri::sip(None, host(&setup.realm), None));
    settings.expires_default_s = limits.register_default_s;
    settings.expires_min_s = limits.register_min_s;
    settings.expires_max_s = limits.register_max_s;
    settings.contacts_max = usize::from(limits.contacts_per_user);
    settings.bindings_max = size(limits.bindings);
    settings.keep_alive_s = limits.keep_alive_s;
    settings
}

/// A host from configured text; whatever is no address is a name.
pub(crate) fn host(text: &str) -> Host {
    Host::parse(text).unwrap_or_else(|_| Host::Name(text.to_ascii_lowercase()))
}

fn offer(algorithms: &[String]) -> Offer {
    let has = |name: &str| algorithms.iter().any(|a| a.eq_ignore_ascii_case(name));
    match (has("MD5"), has("SHA-256")) {
        (true, true) => Offer::Both,
        (false, true) => Offer::Sha256,
        (true, false) | (false, false) => Offer::Md5,
    }
}

fn size(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// What a user authenticates with.
pub(crate) fn account(setup: &Setup, user: &str) -> Option<Account> {
    let setup = setup.users.get(user)?;
    Some(Account { secret: Secret::Password(setup.password.clone()), offer: offer(&setup.algorithms) })
}

impl Exchange {
    /// Takes a new setup. What identifies this process (key, anchor) stays; calls in progress go on.
    pub(crate) fn reconfigure(&mut self, now: Time, setup: Setup) {
        let setup = Setup { key: self.setup.key, anchor: self.setup.anchor, ..setup };
        self.zone = zone_of(&setup);
        self.endpoint.reconfigure(endpoint(&setup));
        self.verifier.configure(verifier(&setup));
        self.registrar.configure(registrar(&setup));
        self.calls.set_office(setup.office.clone());
        self.setup = setup;
        self.reconfigure_trunks(now);
        self.configure_services(now);
        self.reconfigure_subscriptions(now);
        self.watch_all_unasked(now);
        self.log(LogLine::new(Level::Info, "reloaded").with("users", self.setup.users.len()));
    }
}
