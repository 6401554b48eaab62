//! What each part of the house is told.

use super::office::AnswersKept;
use super::people::{Trunk, User};
use super::value::{CodecName, Name};
use super::{Config, LogFormat};
use crate::journey::{Bounds, Keeping};
use crate::media::{KeepRecordings, MediaConfig, Multicast};
use crate::net::{NetConfig, StreamLimits, TlsFiles};
use crate::store::Retention;
use cordboard_app::Identity;
use cordboard_base::{Anchor, Interface, Networks, SourceKey};
use cordboard_call::Office;
use cordboard_exchange::{Hours, JourneySetup, Limits, Listeners, Setup, TrunkSetup, UserSetup};
use cordboard_journey::{Keeps, Secrets};
use cordboard_sip::session::Credentials;
use cordboard_sip::trunk::{Rule, Shown, TrunkSettings};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;
use toml::Spanned;

/// What the files don't say.
#[derive(Clone, Debug)]
pub struct Facts {
    /// From the store.
    pub key: SourceKey,
    /// From the clock.
    pub anchor: Anchor,
    /// From the machine, [`crate::net::interfaces`].
    pub interfaces: Vec<Interface>,
}

impl Facts {
    /// For checks, which need no key, no clock and no address.
    pub fn of_no_process() -> Self {
        let key = SourceKey { seed: [0; 16], node: 0, epoch: 0 };
        Self { key, anchor: Anchor::default(), interfaces: Vec::new() }
    }
}

impl Config {
    /// The exchange's snapshot.
    pub fn setup(&self, facts: Facts) -> Setup {
        let file = &self.office;
        Setup {
            key: facts.key,
            anchor: facts.anchor,
            networks: self.networks(facts.interfaces),
            listeners: self.listeners(),
            realm: file.office.domain.clone(),
            agent: file.sip.user_agent.clone(),
            time_zone: file.office.time_zone.clone().into(),
            office: Office {
                codecs: names(&file.office.codecs),
                max_duration_ms: file.office.call_max_s.get::<u32>().saturating_mul(1_000),
                rtp_timeout_ms: file.rtp.timeout_s.get::<u32>().saturating_mul(1_000),
                lang: file.office.lang.clone(),
                music: file.office.music.clone(),
                domain: file.office.domain.clone(),
                session_expires_s: file.timers.session_s.get(),
                calls_max: file.limits.calls.get(),
                recording: self.office.recording.setup(&self.users),
                features: self.office.features.setup(),
                emergency: self.emergency(),
            },
            users: self
                .users
                .user
                .iter()
                .map(|(name, user)| (name.as_str().to_owned(), self.user(name, user)))
                .collect(),
            trunks: self
                .trunks
                .trunk
                .iter()
                .map(|(name, trunk)| (name.as_str().to_owned(), trunk_setup(name, trunk)))
                .collect(),
            hours: self.opening_hours(),
            holidays: self.holidays.clone(),
            services: self.services(),
            emergency: self.emergency_setup(),
            journey: self.journey(),
            limits: Limits {
                calls: file.limits.calls.get(),
                contacts_per_user: file.limits.contacts_per_user.get(),
                bindings: file.limits.bindings.get(),
                subscriptions: file.limits.subscriptions.get(),
                register_min_s: file.registration.min_s.get(),
                register_default_s: file.registration.default_s.get(),
                register_max_s: file.registration.max_s.get(),
                keep_alive_s: file.registration.keep_alive_s.get(),
            },
        }
    }

    /// The settings of each service, by its kind.
    fn services(&self) -> BTreeMap<String, String> {
        // Settings are plain data: they have a text.
        let queues = serde_json::to_string(&self.queues).unwrap_or_default();
        let mailboxes = serde_json::to_string(&self.voicemail_settings()).unwrap_or_default();
        let may_spy = self.users.user.iter().filter(|(_, user)| user.may_spy);
        let may_spy = may_spy.map(|(name, _)| name.as_str().to_owned()).collect();
        let spy = serde_json::to_string(&cordboard_spy::Settings { may_spy }).unwrap_or_default();
        let mut services = self.services.settings();
        services.insert(cordboard_spy::KIND.to_owned(), spy);
        services.insert(cordboard_directory::KIND.to_owned(), self.directory());
        services.insert(cordboard_dictation::KIND.to_owned(), self.dictation());
        let hotdesk = cordboard_hotdesk::Office {
            settings: self.services.hotdesk.clone(),
            time_zone: self.office.office.time_zone.clone().into(),
        };
        let hotdesk = serde_json::to_string(&hotdesk).unwrap_or_default();
        services.insert(cordboard_hotdesk::KIND.to_owned(), hotdesk);
        let paging = cordboard_paging::Office {
            settings: self.services.paging.clone(),
            time_zone: self.office.office.time_zone.clone().into(),
            lang: self.office.office.lang.clone(),
            holidays: self.holidays.keys().cloned().collect(),
        };
        let paging = serde_json::to_string(&paging).unwrap_or_default();
        services.insert(cordboard_paging::KIND.to_owned(), paging);
        let wakeup = cordboard_wakeup::Office {
            settings: self.services.wakeup.clone(),
            time_zone: self.office.office.time_zone.clone().into(),
        };
        let wakeup = serde_json::to_string(&wakeup).unwrap_or_default();
        services.insert(cordboard_wakeup::KIND.to_owned(), wakeup);
        let disa = self.disa_settings(|name, user| self.user(name, user).context);
        services.insert(cordboard_disa::KIND.to_owned(), disa);
        services.insert("queue".to_owned(), queues);
        services.insert(cordboard_voicemail::KIND.to_owned(), mailboxes);
        services
    }

    /// The names of the users that are listed, JSON.
    fn directory(&self) -> String {
        let listed = self.users.user.iter().filter(|(_, user)| user.listed && !user.name.trim().is_empty());
        let entry = |(name, user): (&Name, &User)| cordboard_directory::Entry {
            number: user.number.clone().unwrap_or_else(|| name.as_str().to_owned()),
            name: user.name.clone(),
        };
        let settings = cordboard_directory::Settings { entries: listed.map(entry).collect() };
        serde_json::to_string(&settings).unwrap_or_default()
    }

    /// Our addresses: the machine's, with what the world is shown instead; the preferred one first.
    pub fn networks(&self, mut interfaces: Vec<Interface>) -> Networks {
        let network = &self.office.network;
        for interface in &mut interfaces {
            interface.external = match interface.address {
                IpAddr::V4(_) => network.external_ipv4.map(IpAddr::V4),
                IpAddr::V6(_) => network.external_ipv6.map(IpAddr::V6),
            };
        }
        // A stable sort: the others keep the machine's order.
        interfaces.sort_by_key(|interface| Some(interface.address) != network.prefer);
        Networks { interfaces, local: network.local.iter().map(|net| net.0).collect() }
    }

    /// The sockets.
    pub fn net(&self) -> NetConfig {
        let file = &self.office;
        let seconds = |s: u64| Duration::from_secs(s);
        NetConfig {
            udp: file.sip.udp.clone(),
            tcp: file.sip.tcp.clone(),
            tls: file.sip.tls.clone(),
            dscp: file.sip.dscp.get(),
            tls_files: self.tls_files(),
            streams: StreamLimits {
                connections_max: file.limits.connections.get(),
                per_ip_max: file.limits.connections_per_address.get(),
                connect: seconds(file.timers.connect_s.get()),
                handshake: seconds(file.timers.handshake_s.get()),
                message: seconds(file.timers.message_s.get()),
                idle: seconds(file.timers.idle_s.get()),
                write: seconds(file.timers.write_s.get()),
            },
        }
    }

    fn journey(&self) -> JourneySetup {
        let journey = &self.office.journey;
        JourneySetup { on: journey.enabled, messages: journey.messages }
    }

    /// What is kept of the journeys of calls.
    pub fn journey_keeping(&self) -> Keeping {
        let journey = &self.office.journey;
        let bounds = Bounds { days: journey.keep_days.get(), bytes: journey.max_mb.get::<u64>() * 1_000_000 };
        let answers = match journey.answers {
            AnswersKept::All => Keeps::Answers,
            AnswersKept::NoWeb => Keeps::NoWeb,
            AnswersKept::None => Keeps::Nothing,
        };
        Keeping { bounds, answers, secrets: Secrets::new(self.known_secrets()) }
    }

    /// How long call records are kept.
    pub fn retention(&self) -> Retention {
        let records = &self.office.records;
        Retention { days: records.keep_days.get(), records: records.keep_max.get() }
    }

    /// Whose names are trusted, where the office says so.
    pub(super) fn tls_roots(&self) -> Option<std::path::PathBuf> {
        self.office.tls.roots.as_ref().map(|path| self.base.join(path))
    }

    /// Certificate, key and roots; made in the data directory where none are named.
    pub fn tls_files(&self) -> TlsFiles {
        let tls = &self.office.tls;
        let at = |path: &Option<std::path::PathBuf>, made: &str| match path {
            Some(path) => self.base.join(path),
            None => self.data().join(made),
        };
        TlsFiles {
            certificate: at(&tls.certificate, "tls/certificate.pem"),
            key: at(&tls.key, "tls/key.pem"),
            create: tls.certificate.is_none(),
            names: vec![self.office.office.domain.clone()],
            roots: self.tls_roots(),
        }
    }

    /// The media threads.
    pub fn media(&self, networks: Networks, seed: u64) -> MediaConfig {
        let file = &self.office;
        let paging = &self.services.paging;
        MediaConfig {
            multicast: Multicast { ttl: paging.multicast_ttl, from: paging.multicast_from },
            workers: file.rtp.workers.get(),
            ports: file.rtp.port_first.get()..=file.rtp.port_last.get(),
            seed,
            dscp: file.rtp.dscp.get(),
            networks,
            sounds: self.sounds_path(),
            music: self.music_classes(),
            lang: file.office.lang.clone(),
            cache_bytes: file.sounds.cache_mib.get::<u64>() << 20,
            recordings: self.recordings_path(),
            data: self.data(),
            keep: self.keep_recordings(),
        }
    }

    /// Where recordings go.
    pub fn recordings_path(&self) -> PathBuf {
        match &self.office.paths.recordings {
            Some(path) => self.base.join(path),
            None => self.data().join("recordings"),
        }
    }

    /// How long recordings are kept.
    pub fn keep_recordings(&self) -> KeepRecordings {
        let recording = &self.office.recording;
        KeepRecordings { days: recording.keep_days.get(), bytes: recording.keep_mb.get::<u64>() * 1_000_000 }
    }

    /// Whether the log is JSON.
    pub fn log_is_json(&self) -> bool {
        self.office.log.format == LogFormat::Json
    }

    fn listeners(&self) -> Listeners {
        let port = |addresses: &[SocketAddr]| addresses.first().map(SocketAddr::port);
        let sip = &self.office.sip;
        Listeners { udp: port(&sip.udp), tcp: port(&sip.tcp), tls: port(&sip.tls) }
    }

    fn user(&self, name: &Name, user: &User) -> UserSetup {
        let number = user.number.clone().unwrap_or_else(|| name.as_str().to_owned());
        UserSetup {
            identity: Identity { number, name: user.name.clone() },
            password: self.secrets.password(name).unwrap_or_default().to_owned(),
            algorithms: user.algorithms.iter().map(|algorithm| algorithm.token().to_owned()).collect(),
            context: user.context.as_ref().map_or("internal", Name::as_str).to_owned(),
            codecs: names(&user.codecs),
            lang: user.lang.clone(),
            groups: user.group.iter().map(|group| group.as_str().to_owned()).collect(),
            calls_max: user.calls_max.get(),
            mwi: user.mwi,
        }
    }

    /// Opening hours by name.
    pub fn opening_hours(&self) -> BTreeMap<String, Hours> {
        let hours = self.hours.hours.iter().map(|(name, hours)| {
            let open = hours.open.iter().map(|span| span.0).collect();
            (name.as_str().to_owned(), Hours { open, closed_on_holidays: hours.closed_on_holidays })
        });
        hours.collect()
    }

    /// By which number codes know these hours.
    pub fn number_of_hours(&self, name: &str) -> Option<u8> {
        let found = self.hours.hours.iter().find(|(known, _)| known.as_str() == name);
        found.and_then(|(_, hours)| hours.number).map(|number| number.get())
    }
}

fn trunk_setup(name: &Name, trunk: &Trunk) -> TrunkSetup {
    let credentials = |username: &Option<Spanned<String>>, password: &Option<Spanned<super::Password>>| {
        let (username, password) = username.as_ref().zip(password.as_ref())?;
        Some(Credentials { username: username.as_ref().clone(), password: password.as_ref().0.clone() })
    };
    let rules = |rules: &[super::people::NumberRule]| {
        rules.iter().map(|rule| Rule::new(&rule.strip, &rule.add)).collect()
    };
    let settings = TrunkSettings {
        servers: trunk.servers.iter().map(|server| server.0.clone()).collect(),
        transport: trunk.transport.transport(),
        domain: trunk.domain.as_str().to_owned(),
        credentials: credentials(&trunk.username, &trunk.password),
        register: trunk.register,
        register_s: trunk.register_s.get(),
        qualify_s: trunk.qualify_s.get(),
        accept_from: trunk.accept_from.iter().map(|net| net.0).collect(),
        inbound: credentials(&trunk.inbound_username, &trunk.inbound_password),
        channels: trunk.channels.get(),
        channels_in: 0,
        channels_out: 0,
        number: trunk.number.clone(),
        shown: if trunk.show_caller { Shown::Caller } else { Shown::Line },
        past: trunk.show_past,
        caller: rules(&trunk.caller),
        outgoing: rules(&trunk.outgoing),
        incoming: rules(&trunk.incoming),
        fallback: trunk.fallback.as_ref().map(|name| name.as_ref().as_str().to_owned()),
    };
    let context = trunk
        .context
        .as_ref()
        .map(Name::as_str)
        .map_or_else(|| format!("from-{}", name.as_str()), str::to_owned);
    TrunkSetup { settings, context, codecs: names(&trunk.codecs) }
}

fn names(codecs: &[CodecName]) -> Vec<String> {
    codecs.iter().map(|codec| codec.as_str().to_owned()).collect()
}
