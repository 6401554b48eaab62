//! The office: its setup, and the exchange with all that stands around it.

use crate::gateway::Seat;
use crate::media_side::MediaSide;
use crate::stage::Prompts;
use crate::store::Store;
use cordboard_app::{Identity, Installed, Programs};
use cordboard_base::{Anchor, Interface, Networks, Source, SourceKey, Time};
use cordboard_call::Office;
use cordboard_dialplan::{Bundle, Dialplan, Fibers};
use cordboard_exchange::{Exchange, ExchangeState, Limits, Listeners, LogLine, Setup, StoreRow, UserSetup};
use cordboard_installed::installed;
use cordboard_voicemail::{BoxSettings, Settings};
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Where the office's exchange listens.
pub const OFFICE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 5060);
/// The host of the office's addresses of record, and its digest realm.
pub const DOMAIN: &str = "office.example";
/// Users, 101 and on.
const NAMES: [&str; 8] = ["Anna", "Ben", "Clara", "David", "Emil", "Frida", "Greta", "Hugo"];
/// 2026-11-23 09:00:00 UTC, a Monday.
const START_UNIX_US: i64 = 1_795_424_400_000_000;

/// What a world is made of.
#[derive(Clone, Debug)]
pub struct Plan {
    /// All chance is drawn from it.
    pub seed: u64,
    /// The office's scripts.
    pub dialplan: Bundle,
    /// The office's setup; its key and anchor are the world's concern.
    pub setup: Setup,
    /// Its applications.
    pub installed: fn() -> Installed,
    /// The scripts, where they are loaded already; then `dialplan` is not.
    pub scripts: Option<Scripts>,
    /// Media without sound, by name: prompts are so long.
    pub prompts: Option<Prompts>,
    /// What the store has kept of an exchange before.
    pub rows: Vec<StoreRow>,
    /// Phones that are there when somebody calls them.
    pub seats: Vec<Seat>,
}

/// Scripts that are loaded.
#[derive(Clone)]
pub struct Scripts(pub Rc<dyn Programs>);

impl core::fmt::Debug for Scripts {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_tuple("Scripts").field(&self.0.version()).finish()
    }
}

impl Plan {
    /// An office of eight users from 101 on with this `main.rhai`; their context is `internal`.
    pub fn new(dialplan: &str) -> Self {
        Self::of(Bundle::single(dialplan), setup())
    }

    /// An office of this setup.
    pub fn of(dialplan: Bundle, setup: Setup) -> Self {
        let (scripts, prompts, rows, seats) = (None, None, Vec::new(), Vec::new());
        Self { seed: 1, dialplan, setup, installed, scripts, prompts, rows, seats }
    }

    /// The scripts that an office starts with.
    pub fn shipped() -> Self {
        let bundle = Bundle::single(include_str!("../../../dialplan/main.rhai"))
            .with("office.rhai", include_str!("../../../dialplan/office.rhai"))
            .with("features.rhai", include_str!("../../../dialplan/features.rhai"))
            .with("profiles.rhai", include_str!("../../../dialplan/profiles.rhai"))
            .with("settings.rhai", include_str!("../../../dialplan/settings.rhai"))
            .with("forwarding.rhai", include_str!("../../../dialplan/forwarding.rhai"))
            .with("availability.rhai", include_str!("../../../dialplan/availability.rhai"))
            .with("blocking.rhai", include_str!("../../../dialplan/blocking.rhai"))
            .with("redial.rhai", include_str!("../../../dialplan/redial.rhai"))
            .with("night.rhai", include_str!("../../../dialplan/night.rhai"))
            .with("times.rhai", include_str!("../../../dialplan/times.rhai"));
        Self::new("").bundle(bundle)
    }

    /// With another seed.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// With other scripts.
    #[must_use]
    pub fn bundle(mut self, bundle: Bundle) -> Self {
        self.dialplan = bundle;
        self
    }

    /// With other applications.
    #[must_use]
    pub fn installed(mut self, installed: fn() -> Installed) -> Self {
        self.installed = installed;
        self
    }

    /// With a changed setup.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Setup)) -> Self {
        change(&mut self.setup);
        self
    }
}

/// The password of a user.
pub(crate) fn password(user: &str) -> String {
    format!("secret-of-{user}")
}

/// The settings of the office's mailboxes, changed: a box for every user, 101 and on, with the PIN 4101 and on.
pub fn mailboxes(change: impl FnOnce(&mut Settings)) -> String {
    let own = |(index, name): (usize, &&str)| {
        let number = (101 + index).to_string();
        let (users, pin) = (vec![number.clone()], format!("4{number}"));
        (
            number,
            BoxSettings {
                name: (*name).to_owned(),
                users,
                pin,
                context: "internal".to_owned(),
                ..BoxSettings::default()
            },
        )
    };
    let boxes = NAMES.iter().enumerate().map(own).collect();
    let mut settings = Settings { boxes, ..Settings::default() };
    change(&mut settings);
    serde_json::to_string(&settings).unwrap_or_else(|error| panic!("settings are plain data: {error}"))
}

/// Everybody dictates, and has an address.
fn dictation() -> String {
    let author = |(index, name): (usize, &&str)| {
        let number = (101 + index).to_string();
        let email = vec![format!("{number}@{DOMAIN}")];
        let author = cordboard_dictation::Author {
            name: (*name).to_owned(),
            number: number.clone(),
            email,
            lang: String::new(),
        };
        (number, author)
    };
    let authors = NAMES.iter().enumerate().map(author).collect();
    let settings = cordboard_dictation::Settings { authors, ..cordboard_dictation::Settings::default() };
    serde_json::to_string(&settings).unwrap_or_else(|error| panic!("settings are plain data: {error}"))
}

/// Everybody is in the directory by name.
fn directory() -> String {
    let entry = |(index, name): (usize, &&str)| cordboard_directory::Entry {
        number: (101 + index).to_string(),
        name: (*name).to_owned(),
    };
    let settings = cordboard_directory::Settings { entries: NAMES.iter().enumerate().map(entry).collect() };
    serde_json::to_string(&settings).unwrap_or_else(|error| panic!("settings are plain data: {error}"))
}

fn setup() -> Setup {
    let user = |(index, name): (usize, &&str)| {
        let number = (101 + index).to_string();
        let setup = UserSetup {
            identity: Identity { number: number.clone(), name: (*name).to_owned() },
            password: password(&number),
            algorithms: vec!["MD5".to_owned()],
            context: "internal".to_owned(),
            codecs: Vec::new(),
            lang: String::new(),
            groups: vec!["office".to_owned()],
            calls_max: 0,
            mwi: cordboard_exchange::Mwi::Subscribed,
        };
        (number, setup)
    };
    Setup {
        key: SourceKey { seed: [0; 16], node: 0, epoch: 1 },
        anchor: Anchor { unix_us: START_UNIX_US },
        networks: Networks {
            interfaces: vec![Interface { address: OFFICE.ip(), bits: 24, external: None }],
            local: Vec::new(),
        },
        listeners: Listeners { udp: Some(5060), tcp: Some(5060), tls: None },
        realm: DOMAIN.to_owned(),
        agent: "Cordboard".to_owned(),
        time_zone: "UTC".to_owned(),
        office: Office {
            codecs: vec!["PCMA".to_owned(), "PCMU".to_owned()],
            max_duration_ms: 0,
            rtp_timeout_ms: 30_000,
            lang: "en".to_owned(),
            music: "default".to_owned(),
            domain: DOMAIN.to_owned(),
            session_expires_s: 1_800,
            calls_max: 100,
            recording: Default::default(),
            features: Default::default(),
            emergency: Default::default(),
        },
        users: NAMES.iter().enumerate().map(user).collect(),
        trunks: BTreeMap::new(),
        hours: BTreeMap::new(),
        holidays: BTreeMap::new(),
        services: BTreeMap::from([
            (cordboard_voicemail::KIND.to_owned(), mailboxes(|_| ())),
            (cordboard_directory::KIND.to_owned(), directory()),
            (cordboard_dictation::KIND.to_owned(), dictation()),
        ]),
        emergency: Default::default(),
        journey: Default::default(),
        limits: Limits {
            calls: 100,
            contacts_per_user: 10,
            bindings: 1_000,
            subscriptions: 1_000,
            register_min_s: 60,
            register_default_s: 3_600,
            register_max_s: 7_200,
            keep_alive_s: 25,
        },
    }
}

/// Media engines of the office, as on a machine of three cores: calls that are brought together move.
const ENGINES: u16 = 3;

/// The exchange, its media, its store and its logs.
pub(crate) struct OfficeNode {
    pub(crate) exchange: Exchange,
    pub(crate) media: MediaSide,
    pub(crate) store: Store,
    pub(crate) web: crate::web::Web,
    pub(crate) log: Vec<(Time, LogLine)>,
    pub(crate) seen: Vec<cordboard_journey::Seen>,
    pub(crate) setup: Setup,
    installed: fn() -> Installed,
    pub(crate) current: Rc<dyn Programs>,
    /// Every dialplan that was ever loaded, by version.
    versions: BTreeMap<String, Rc<dyn Programs>>,
    pub(crate) admin: Vec<(u64, cordboard_exchange::AdminReply)>,
    pub(crate) drained: Option<Time>,
    /// Draws the turns after which all is cut and restored: so many of 1,000.
    pub(crate) cuts: Option<(Source, u64)>,
    pub(crate) turns: u64,
    pub(crate) cuts_made: u64,
}

pub(crate) fn load(bundle: &Bundle, installed: fn() -> Installed) -> Rc<dyn Programs> {
    match Dialplan::load_in(bundle, &Fibers::default(), &installed().applications) {
        Ok(dialplan) => Rc::new(dialplan),
        Err(findings) => {
            let text: Vec<String> = findings.iter().map(ToString::to_string).collect();
            panic!("the dialplan does not load:\n{}", text.join("\n"))
        }
    }
}

impl OfficeNode {
    pub(crate) fn new(plan: &Plan, now: Time) -> Self {
        let installed = plan.installed;
        let current = match &plan.scripts {
            Some(scripts) => Rc::clone(&scripts.0),
            None => load(&plan.dialplan, installed),
        };
        let mut setup = plan.setup.clone();
        setup.key = key(plan.seed, 0);
        let exchange =
            Exchange::new(now, setup.clone(), Rc::clone(&current), installed().services, plan.rows.clone());
        let mut media = MediaSide::new(OFFICE.ip(), setup.anchor, ENGINES);
        media.archives = true;
        media.tells_figures(setup.anchor);
        let versions = BTreeMap::from([(current.version().to_owned(), Rc::clone(&current))]);
        Self {
            exchange,
            media,
            store: Store::default(),
            web: crate::web::Web::default(),
            log: Vec::new(),
            seen: Vec::new(),
            setup,
            installed,
            current,
            versions,
            admin: Vec::new(),
            drained: None,
            cuts: None,
            turns: 0,
            cuts_made: 0,
        }
    }

    /// Another dialplan for calls to come.
    pub(crate) fn set_programs(&mut self, bundle: &Bundle) {
        self.current = load(bundle, self.installed);
        self.versions.insert(self.current.version().to_owned(), Rc::clone(&self.current));
        self.exchange.set_programs(Rc::clone(&self.current));
    }

    /// The process dies and comes again: what was kept is all that is left.
    pub(crate) fn restart(&mut self, now: Time) {
        self.setup.key.epoch += 1;
        let rows = self.store.kept(self.setup.anchor.unix_secs(now));
        self.exchange = Exchange::new(
            now,
            self.setup.clone(),
            Rc::clone(&self.current),
            (self.installed)().services,
            rows,
        );
        self.media.restart(self.setup.anchor);
    }

    /// Cuts everything and restores it from its data, if chance wants so.
    pub(crate) fn maybe_cut(&mut self, now: Time) -> bool {
        self.turns += 1;
        let Some((source, per_mille)) = &mut self.cuts else { return false };
        if source.below(1_000) >= *per_mille {
            return false;
        }
        self.cuts_made += 1;
        self.cut(now);
        true
    }

    fn cut(&mut self, now: Time) {
        let state: ExchangeState = through_json("the exchange", &self.exchange.snapshot());
        let by_version = |version: &str| self.versions.get(version).cloned();
        self.exchange =
            Exchange::restore(state, Rc::clone(&self.current), &by_version, (self.installed)().services, now);
        self.media.restore_engines(|engine| {
            cordboard_media::Engine::restore(through_json("a media engine", &engine.snapshot()), now)
        });
    }
}

/// Plain data survives its own text.
fn through_json<T: serde::Serialize + serde::de::DeserializeOwned>(what: &str, state: &T) -> T {
    let text =
        serde_json::to_string(state).unwrap_or_else(|error| panic!("{what} is not plain data: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{what} is not read again: {error}"))
}

/// The key of a host's sources.
pub(crate) fn key(seed: u64, host: u16) -> SourceKey {
    let mut bytes = [0u8; 16];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    bytes[8..10].copy_from_slice(&host.to_be_bytes());
    SourceKey { seed: bytes, node: 0, epoch: 1 }
}
