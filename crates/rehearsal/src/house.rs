//! The office as it is rehearsed: its configuration with made-up secrets and addresses, its scripts compiled once, its phones
//! registered once. Every test begins with a world of its own made of it.

use crate::configuration::Configuration;
use crate::debugger::Debugger;
use cordboard_app::{MailOrder, Programs};
use cordboard_base::{Anchor, Interface, Networks, SourceKey, Transport};
use cordboard_dialplan::{Bundle, Configured, Dialplan, Fibers, Finding, Watch};
use cordboard_exchange::{Listeners, Mwi, Setup, StoreRow, TrunkSetup};
use cordboard_installed::installed;
use cordboard_phone::Command;
use cordboard_sim::stage::Prompts;
use cordboard_sim::{OFFICE, Plan, Scripts, Seat, Store, World, seat_address};
use cordboard_sip::trunk::{Server, TrunkSettings};
use cordboard_voicemail::Settings as Voicemail;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Users that are given a phone; an address is reserved for each.
const PHONES_MAX: usize = 60_000;
/// So long is a registration: longer than any test.
const REGISTERED_S: u32 = 1_000_000_000;
/// When phones register: before any test, at the beginning of 2020.
const REGISTERED_AT_US: i64 = 1_577_836_800_000_000;
/// What the names of contexts for calls from outside begin with.
const FROM: &str = "from-";

/// What an office is rehearsed with.
#[derive(Clone, Debug)]
pub struct Staging {
    /// As the configuration says; its secrets, addresses and clock are replaced.
    pub setup: Setup,
    /// The scripts.
    pub bundle: Bundle,
    /// How long prompts are.
    pub prompts: Prompts,
    /// All chance is drawn from it.
    pub seed: u64,
}

/// A provider as the rehearsal plays it.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) address: SocketAddr,
    pub(crate) context: String,
}

/// The office, ready for tests.
pub struct House {
    pub(crate) setup: Setup,
    pub(crate) bundle: Bundle,
    pub(crate) prompts: Prompts,
    pub(crate) seed: u64,
    pub(crate) scripts: Dialplan,
    pub(crate) watch: Rc<Watch>,
    pub(crate) seats: Vec<Seat>,
    rows: Vec<StoreRow>,
    pub(crate) lines: BTreeMap<String, Line>,
    /// Trunks that the configuration does not have.
    made_up: BTreeSet<String>,
    /// The PINs of mailboxes.
    pub(crate) pins: BTreeMap<String, String>,
    configuration: Option<Rc<dyn Configuration>>,
    debugger: Option<Debugger>,
}

impl House {
    /// Makes the office ready. The scripts were checked before: here only what does not even load is found.
    pub fn new(staging: Staging) -> Result<Self, Vec<Finding>> {
        let loaded = load(&staging.bundle)?;
        Ok(Self::furnished(staging, loaded))
    }

    fn furnished(staging: Staging, (scripts, watch): (Dialplan, Rc<Watch>)) -> Self {
        let Staging { mut setup, bundle, prompts, seed } = staging;
        let own: BTreeSet<String> = setup.trunks.keys().cloned().collect();
        let lines = provide_lines(&mut setup, &scripts.contexts());
        let made_up = lines.keys().filter(|name| !own.contains(*name)).cloned().collect();
        let pins = give_pins(&mut setup);
        let seats = give_seats(&mut setup);
        settle(&mut setup);
        let mut house = Self {
            setup,
            bundle,
            prompts,
            seed,
            scripts,
            watch,
            seats,
            rows: Vec::new(),
            lines,
            made_up,
            pins,
            configuration: None,
            debugger: None,
        };
        house.rows = house.registered();
        house
    }

    /// Tests may have another configuration for themselves.
    #[must_use]
    pub fn with_configuration(mut self, configuration: Rc<dyn Configuration>) -> Self {
        self.configuration = Some(configuration);
        self
    }

    /// What knows the configuration's files, if tests may change them.
    pub(crate) fn configuration(&self) -> Option<&Rc<dyn Configuration>> {
        self.configuration.as_ref()
    }

    /// The same scripts in an office that is configured otherwise. They are loaded anew where they are told of it while they load.
    pub(crate) fn configured(&self, setup: Setup, configured: Configured) -> Result<Self, Vec<Finding>> {
        let mut bundle = self.bundle.clone();
        let loaded = if configured == bundle.configured {
            (self.scripts.clone(), Rc::clone(&self.watch))
        } else {
            bundle.configured = configured;
            match &self.debugger {
                Some(debugger) => probed(&bundle, debugger)?,
                None => load(&bundle)?,
            }
        };
        let staging = Staging { setup, bundle, prompts: self.prompts.clone(), seed: self.seed };
        let mut house = Self::furnished(staging, loaded);
        house.configuration.clone_from(&self.configuration);
        house.debugger.clone_from(&self.debugger);
        Ok(house)
    }

    /// The same office with other scripts.
    pub fn with_scripts(&self, bundle: &Bundle) -> Result<Self, Vec<Finding>> {
        Ok(self.with(bundle, load(bundle)?))
    }

    /// The same office, whose scripts somebody may stop.
    pub fn with_debugger(&self, debugger: &Debugger) -> Result<Self, Vec<Finding>> {
        let mut house = self.with(&self.bundle, probed(&self.bundle, debugger)?);
        house.debugger = Some(debugger.clone());
        let routes = house.scripts.routes().into_iter().map(|route| (route.context, route.pattern));
        let points = house.watch.statements().into_iter().map(|(point, _)| point);
        debugger.knows(&house.bundle.files, points, routes.collect());
        Ok(house)
    }

    fn with(&self, bundle: &Bundle, (scripts, watch): (Dialplan, Rc<Watch>)) -> Self {
        Self {
            setup: self.setup.clone(),
            bundle: bundle.clone(),
            prompts: self.prompts.clone(),
            seed: self.seed,
            scripts,
            watch,
            seats: self.seats.clone(),
            rows: self.rows.clone(),
            lines: self.lines.clone(),
            made_up: self.made_up.clone(),
            pins: self.pins.clone(),
            configuration: self.configuration.clone(),
            debugger: self.debugger.clone(),
        }
    }

    /// The scripts.
    pub fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// All routes, and what was reached so far.
    pub(crate) fn scripts(&self) -> &Dialplan {
        &self.scripts
    }

    /// A world that begins at this moment, in microseconds since the Unix epoch.
    pub(crate) fn world(&self, unix_us: i64) -> World {
        self.world_with(unix_us, self.rows.clone())
    }

    /// The same, in which this is kept already.
    pub(crate) fn world_with(&self, unix_us: i64, rows: Vec<StoreRow>) -> World {
        let mut plan = self.plan();
        plan.rows = rows;
        self.world_of(unix_us, plan)
    }

    /// The office as it is, with no trunk that it does not have, and these programs for its calls.
    pub(crate) fn world_as_it_is(&self, unix_us: i64, programs: Rc<dyn Programs>) -> World {
        let mut plan = self.plan();
        plan.rows.clone_from(&self.rows);
        plan.scripts = Some(Scripts(programs));
        plan.setup.trunks.retain(|name, _| !self.made_up.contains(name));
        plan.setup.office.emergency.trunks.retain(|name| !self.made_up.contains(name));
        self.world_of(unix_us, plan)
    }

    fn world_of(&self, unix_us: i64, mut plan: Plan) -> World {
        // A world begins a second after its anchor.
        plan.setup.anchor = Anchor { unix_us: unix_us.saturating_sub(1_000_000) };
        let world = World::new(&plan);
        world.is_discreet();
        for (name, line) in &self.lines {
            world.gateway(name, line.address);
        }
        // Trunks register.
        world.run_for(Duration::from_millis(50));
        world
    }

    fn plan(&self) -> Plan {
        let mut plan = Plan::of(Bundle::single(""), self.setup.clone()).seed(self.seed);
        let programs: Rc<dyn Programs> = Rc::new(self.scripts.clone());
        plan.scripts = Some(Scripts(programs));
        plan.prompts = Some(self.prompts.clone());
        plan.seats = self.seats.clone();
        plan.installed(installed)
    }

    /// What the store keeps when every phone has registered.
    fn registered(&self) -> Vec<StoreRow> {
        // Their registrations are other ones than those that they make in tests.
        let plan = self.plan().seed(!self.seed);
        let world = World::new(&plan);
        world.is_discreet();
        for phone in self.seats.iter().filter_map(|seat| world.seat(seat.address)) {
            phone.acts(Command::Register);
        }
        world.run_for(Duration::from_secs(2));
        world.store(|store| rows_of(store))
    }

    /// The address of a user's phone.
    pub(crate) fn seat_of(&self, user: &str) -> Option<SocketAddr> {
        self.seats.iter().find(|seat| seat.user == user).map(|seat| seat.address)
    }

    /// So long a silence ends a message, in s.
    pub(crate) fn silence_s(&self) -> u32 {
        let text = self.setup.services.get(cordboard_voicemail::KIND);
        let settings = text.and_then(|text| serde_json::from_str::<Voicemail>(text).ok());
        settings.unwrap_or_default().silence_s
    }

    /// Whether the configuration has this trunk.
    pub(crate) fn has_trunk(&self, name: &str) -> bool {
        self.lines.contains_key(name) && !self.made_up.contains(name)
    }

    /// The line of a trunk by its name, or by the context of its calls.
    pub(crate) fn line(&self, name: &str) -> Option<(&str, &Line)> {
        let by_name = self.lines.get_key_value(name);
        let by_context = || self.lines.iter().find(|(_, line)| line.context == name);
        by_name.or_else(by_context).map(|(name, line)| (name.as_str(), line))
    }
}

/// What a store keeps, as a world can be given it.
pub(crate) fn rows_of(store: &Store) -> Vec<StoreRow> {
    let rows = store.rows.clone();
    let row = |((kind, key), (row, expires_unix_s))| StoreRow { kind, key, row, expires_unix_s };
    rows.into_iter().map(row).collect()
}

fn load(bundle: &Bundle) -> Result<(Dialplan, Rc<Watch>), Vec<Finding>> {
    Dialplan::load_watched(bundle, &Fibers::default(), &installed().applications)
}

/// The same, and somebody may stop them.
fn probed(bundle: &Bundle, debugger: &Debugger) -> Result<(Dialplan, Rc<Watch>), Vec<Finding>> {
    let onlooker = debugger.onlooker();
    Dialplan::load_probed(bundle, &Fibers::default(), &installed().applications, Some(&onlooker))
}

/// Every trunk leads to a provider of the rehearsal's own; a context for calls from outside that no trunk has is given one.
fn provide_lines(setup: &mut Setup, contexts: &[String]) -> BTreeMap<String, Line> {
    for context in contexts {
        let Some(name) = context.strip_prefix(FROM).filter(|name| !name.is_empty()) else { continue };
        let is_served = setup.trunks.values().any(|trunk| trunk.context == *context);
        if !is_served && !setup.trunks.contains_key(name) {
            let settings = TrunkSettings { qualify_s: 60, ..TrunkSettings::default() };
            let made_up = TrunkSetup { settings, context: context.clone(), codecs: Vec::new() };
            setup.trunks.insert(name.to_owned(), made_up);
            setup.office.emergency.trunks.push(name.to_owned());
        }
    }
    let mut lines = BTreeMap::new();
    for (place, (name, trunk)) in setup.trunks.iter_mut().enumerate() {
        let last = u32::try_from(place).unwrap_or(0);
        let ip = Ipv4Addr::from(0xc612_0001_u32.saturating_add(last));
        let address = SocketAddr::new(IpAddr::V4(ip), 5060);
        let settings: &mut TrunkSettings = &mut trunk.settings;
        settings.servers = Server::parse(&address.to_string()).into_iter().collect();
        settings.transport = Some(Transport::Udp);
        settings.inbound = None;
        lines.insert(name.clone(), Line { address, context: trunk.context.clone() });
    }
    lines
}

/// Every mailbox that draws its PIN has one that is made up.
fn give_pins(setup: &mut Setup) -> BTreeMap<String, String> {
    let text = setup.services.get(cordboard_voicemail::KIND).cloned().unwrap_or_default();
    let Ok(mut settings) = serde_json::from_str::<Voicemail>(&text) else { return BTreeMap::new() };
    let mut pins = BTreeMap::new();
    for (number, settings) in &mut settings.boxes {
        settings.pin = format!("4{number}");
        pins.insert(number.clone(), settings.pin.clone());
    }
    if let Ok(text) = serde_json::to_string(&settings) {
        setup.services.insert(cordboard_voicemail::KIND.to_owned(), text);
    }
    pins
}

fn give_seats(setup: &mut Setup) -> Vec<Seat> {
    let domain = setup.realm.clone();
    let seat = |(index, (user, settings)): (usize, (&String, &mut cordboard_exchange::UserSetup))| {
        settings.password = format!("made-up-{user}");
        settings.codecs.clear();
        // Phones are told of messages where they ask for it, and these don't.
        settings.mwi = Mwi::Subscribed;
        Seat {
            user: user.clone(),
            password: settings.password.clone(),
            domain: domain.clone(),
            address: seat_address(u32::try_from(index).unwrap_or(0)),
        }
    };
    setup.users.iter_mut().take(PHONES_MAX).enumerate().map(seat).collect()
}

/// What no configuration says of a rehearsal.
fn settle(setup: &mut Setup) {
    setup.anchor = Anchor { unix_us: REGISTERED_AT_US };
    setup.key = SourceKey { seed: [0; 16], node: 0, epoch: 1 };
    let interface = Interface { address: OFFICE.ip(), bits: 24, external: None };
    setup.networks = Networks { interfaces: vec![interface], local: Vec::new() };
    setup.listeners = Listeners { udp: Some(OFFICE.port()), tcp: None, tls: None };
    setup.limits.register_max_s = REGISTERED_S;
    setup.limits.bindings = u32::MAX;
    // Nobody sends packets: silence is no sign of a phone that is gone.
    setup.office.rtp_timeout_ms = 0;
    setup.office.codecs = ["PCMA", "PCMU"].map(str::to_owned).to_vec();
    setup.trunks.values_mut().for_each(|trunk| trunk.codecs.clear());
}

/// A mail in words.
pub(crate) fn mail_fields(mail: &MailOrder) -> BTreeMap<String, serde_json::Value> {
    serde_json::from_str(&mail.data).unwrap_or_default()
}
