//! An office without a network: the exchange with the project's own dialplan, and phones whose datagrams arrive at once.
//! Everything that the exchange is told is written down, so that it can be told again without the phones.
#![allow(unreachable_pub, missing_docs, reason = "a part of a benchmark")]

use anyhow::{Context, Result, ensure};
use cordboard_app::{Identity, Programs, Value};
use cordboard_base::{Anchor, Format, Hop, Interface, LegId, Networks, SourceKey, Time, Transport};
use cordboard_dialplan::{Bundle, Dialplan, Fibers};
use cordboard_exchange::{
    Exchange, Input, Limits, Listeners, Output, Setup, StoreCommand, StoreReply, UserSetup,
};
use cordboard_media::{Command as MediaCommand, Event as MediaEvent, StreamStats};
use cordboard_phone::{Command, Happening, Input as PhoneInput, Output as PhoneOutput, Phone, PhoneConfig};
use cordboard_sip::endpoint;
use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::rc::Rc;

const DOMAIN: &str = "office.example";
const OFFICE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)), 5060);
/// The first user; phone `n` has this number plus `n`.
const FIRST: usize = 1_000;
/// 2026-11-23 09:00:00 UTC, a Monday.
const START_UNIX_US: i64 = 1_795_424_400_000_000;

/// What the exchange was told.
#[derive(Clone, Debug)]
pub enum Told {
    /// Something came.
    Input(Time, Box<Input>),
    /// Time passed.
    Timeout(Time),
}

/// The office.
pub struct Office {
    pub now: Time,
    exchange: Exchange,
    phones: Vec<Phone>,
    /// Datagrams on their way: from, to, bytes.
    wire: VecDeque<(SocketAddr, SocketAddr, bytes::Bytes)>,
    next_port: u16,
    /// What the exchange was told, in order.
    pub told: Vec<Told>,
    /// Calls that both ends saw answered.
    pub talking: usize,
    /// Lines that have ended.
    pub ended: usize,
    /// Datagrams that the exchange got and sent.
    pub datagrams: [usize; 2],
}

/// The project's dialplan, with room for more than ten users.
pub fn dialplan() -> Result<Rc<dyn Programs>> {
    let main = include_str!("../../dialplan/main.rhai");
    ensure!(main.contains("\"_10X\""), "the dialplan has no route _10X any more");
    let bundle = Bundle::single(&main.replace("\"_10X\"", "\"_1XXX\""))
        .with("office.rhai", include_str!("../../dialplan/office.rhai"))
        .with("features.rhai", include_str!("../../dialplan/features.rhai"))
        .with("profiles.rhai", include_str!("../../dialplan/profiles.rhai"))
        .with("settings.rhai", include_str!("../../dialplan/settings.rhai"))
        .with("forwarding.rhai", include_str!("../../dialplan/forwarding.rhai"))
        .with("availability.rhai", include_str!("../../dialplan/availability.rhai"))
        .with("blocking.rhai", include_str!("../../dialplan/blocking.rhai"))
        .with("redial.rhai", include_str!("../../dialplan/redial.rhai"))
        .with("night.rhai", include_str!("../../dialplan/night.rhai"))
        .with("times.rhai", include_str!("../../dialplan/times.rhai"));
    let dialplan =
        Dialplan::load_in(&bundle, &Fibers::default(), &cordboard_installed::installed().applications)
            .map_err(|findings| anyhow::anyhow!("{findings:?}"))?;
    Ok(Rc::new(dialplan))
}

/// What a store that has nothing answers.
fn nothing_stored(command: StoreCommand) -> Option<Input> {
    let (id, value) = match command {
        StoreCommand::Read { id, .. } | StoreCommand::Write { id, .. } | StoreCommand::Commit { id, .. } => {
            (id, Value::Unit)
        }
        StoreCommand::List { id, .. } => (id, Value::List(Vec::new())),
        StoreCommand::Keep { .. }
        | StoreCommand::Forget { .. }
        | StoreCommand::Unlink { .. }
        | StoreCommand::Append { .. }
        | StoreCommand::Record { .. } => return None,
    };
    Some(Input::Stored(StoreReply::Value { id, value: Ok(value) }))
}

/// An exchange as at its start.
pub fn exchange(users: usize) -> Result<Exchange> {
    Ok(Exchange::new(Time::from_secs(1), setup(users), dialplan()?, Vec::new(), Vec::new()))
}

/// Tells an exchange something and throws away what it yields. Says how much that was.
pub fn tell(exchange: &mut Exchange, told: Told) -> usize {
    match told {
        Told::Input(now, input) => exchange.handle(now, *input),
        Told::Timeout(now) => exchange.handle_timeout(now),
    }
    let mut outputs = 0;
    while let Some(output) = exchange.poll() {
        std::hint::black_box(&output);
        outputs += 1;
    }
    outputs
}

impl Office {
    /// An office of so many users, all registered.
    pub fn new(users: usize) -> Result<Self> {
        let phones = (0..users).map(|index| Phone::new(phone(index))).collect();
        let mut office = Self {
            now: Time::from_secs(1),
            exchange: exchange(users)?,
            phones,
            wire: VecDeque::new(),
            next_port: 20_000,
            told: Vec::new(),
            talking: 0,
            ended: 0,
            datagrams: [0; 2],
        };
        office.settle();
        for index in 0..users {
            office.does(index, Command::Register);
        }
        Ok(office)
    }

    /// A phone does something, and everything that follows at once.
    pub fn does(&mut self, phone: usize, command: Command) {
        self.tell_phone(phone, PhoneInput::Command(command));
        self.settle();
    }

    /// The number of a phone.
    pub fn number(phone: usize) -> String {
        (FIRST + phone).to_string()
    }

    /// Lets time pass: timers go off in their order.
    pub fn run_until(&mut self, until: Time) {
        loop {
            let office = self.exchange.next_deadline().map(|at| (at, None));
            let phones = self.phones.iter().enumerate();
            let phones = phones.filter_map(|(index, phone)| Some((phone.next_deadline()?, Some(index))));
            let Some((at, who)) = office.into_iter().chain(phones).min().filter(|(at, _)| *at <= until)
            else {
                break;
            };
            self.now = self.now.max(at);
            match who {
                None => self.tell_office(Told::Timeout(self.now)),
                Some(index) => {
                    self.phones[index].handle_timeout(self.now);
                    self.drain_phone(index);
                }
            }
            self.settle();
        }
        self.now = until;
    }

    fn settle(&mut self) {
        while let Some((from, to, bytes)) = self.wire.pop_front() {
            let from = Hop::new(Transport::Udp, from);
            if to == OFFICE {
                self.datagrams[0] += 1;
                self.tell_office(Told::Input(self.now, Box::new(Input::Message { from, bytes })));
            } else if let Some(index) = phone_at(to) {
                self.tell_phone(index, PhoneInput::Message { from, bytes });
            }
        }
    }

    fn tell_office(&mut self, told: Told) {
        self.told.push(told.clone());
        match told {
            Told::Input(now, input) => self.exchange.handle(now, *input),
            Told::Timeout(now) => self.exchange.handle_timeout(now),
        }
        let mut events = Vec::new();
        while let Some(output) = self.exchange.poll() {
            match output {
                Output::Transmit { to, bytes } => {
                    self.datagrams[1] += 1;
                    self.wire.push_back((OFFICE, to.remote, bytes));
                }
                Output::Media(command) => {
                    events.extend(self.media(&command, OFFICE.ip()).into_iter().map(Input::Media));
                }
                Output::Store(command) => events.extend(nothing_stored(command)),
                Output::Resolve { .. }
                | Output::Fetch { .. }
                | Output::Log(_)
                | Output::Journey(_)
                | Output::Admin { .. }
                | Output::Drained => {}
            }
        }
        for event in events {
            self.tell_office(Told::Input(self.now, Box::new(event)));
        }
    }

    fn tell_phone(&mut self, index: usize, input: PhoneInput) {
        self.phones[index].handle(self.now, input);
        self.drain_phone(index);
    }

    fn drain_phone(&mut self, index: usize) {
        while let Some(output) = self.phones[index].poll() {
            match output {
                PhoneOutput::Transmit { to, bytes } => {
                    self.wire.push_back((address(index), to.remote, bytes));
                }
                PhoneOutput::Media(command) => {
                    if let Some(event) = self.media(&command, address(index).ip()) {
                        self.phones[index].handle(self.now, PhoneInput::Media(event));
                    }
                }
                PhoneOutput::Happened(Happening::Incoming { line, .. }) => self.ring(index, line),
                PhoneOutput::Happened(Happening::Talking { .. }) => self.talking += 1,
                PhoneOutput::Happened(Happening::Ended { .. }) => self.ended += 1,
                PhoneOutput::Happened(_) => {}
            }
        }
    }

    /// A phone that rings is picked up at once.
    fn ring(&mut self, index: usize, _line: LegId) {
        self.phones[index].handle(self.now, PhoneInput::Command(Command::Answer));
    }

    /// Media that opens and closes, and is silent.
    fn media(&mut self, command: &MediaCommand, ip: IpAddr) -> Option<MediaEvent> {
        match command {
            MediaCommand::Open { leg, .. } => {
                self.next_port = self.next_port.checked_add(2).unwrap_or(20_000);
                let audio = SocketAddr::new(ip, self.next_port);
                Some(MediaEvent::Opened { leg: *leg, audio, video: None })
            }
            MediaCommand::Close { leg } => {
                Some(MediaEvent::Closed { leg: *leg, stats: StreamStats::default() })
            }
            MediaCommand::Setup { .. }
            | MediaCommand::Hear { .. }
            | MediaCommand::Play { .. }
            | MediaCommand::Stop { .. }
            | MediaCommand::SendDigits { .. }
            | MediaCommand::WithholdDigits { .. }
            | MediaCommand::WatchSilence { .. }
            | MediaCommand::DetectMachine { .. }
            | MediaCommand::Mix { .. }
            | MediaCommand::EndMix { .. }
            | MediaCommand::SayInto { .. }
            | MediaCommand::PlayInto { .. }
            | MediaCommand::HearingVolume { .. }
            | MediaCommand::Record { .. }
            | MediaCommand::PauseRecording { .. }
            | MediaCommand::EndRecording { .. } => None,
        }
    }
}

fn address(phone: usize) -> SocketAddr {
    let number = u32::try_from(phone).unwrap_or(0) + 0x0A00_0100;
    SocketAddr::new(IpAddr::V4(Ipv4Addr::from_bits(number)), 5060)
}

fn phone_at(address: SocketAddr) -> Option<usize> {
    match address.ip() {
        IpAddr::V4(ip) => usize::try_from(ip.to_bits().checked_sub(0x0A00_0100)?).ok(),
        IpAddr::V6(_) => None,
    }
}

fn networks(ip: IpAddr) -> Networks {
    Networks { interfaces: vec![Interface { address: ip, bits: 16, external: None }], local: Vec::new() }
}

fn phone(index: usize) -> PhoneConfig {
    let mut seed = [1; 16];
    seed[..8].copy_from_slice(&(index as u64 + 1).to_be_bytes());
    let key = SourceKey { seed, node: 0, epoch: 1 };
    PhoneConfig {
        user: Office::number(index),
        display: String::new(),
        password: "secret".to_owned(),
        domain: DOMAIN.to_owned(),
        server: Hop::new(Transport::Udp, OFFICE),
        codecs: vec![Format::new(8, "PCMA", 8_000), Format::new(0, "PCMU", 8_000)],
        telephone_event: true,
        ptime_ms: 20,
        expires_s: 3_600,
        auto_answer_ms: None,
        late_offer: false,
        endpoint: endpoint::Config::new(key, 1, networks(address(index).ip())),
    }
}

fn setup(users: usize) -> Setup {
    let user = |index| {
        let number = Office::number(index);
        let user = UserSetup {
            identity: Identity { number: number.clone(), name: format!("User {number}") },
            password: "secret".to_owned(),
            algorithms: vec!["MD5".to_owned()],
            context: "internal".to_owned(),
            codecs: Vec::new(),
            lang: String::new(),
            groups: Vec::new(),
            calls_max: 0,
            mwi: cordboard_exchange::Mwi::Subscribed,
        };
        (number, user)
    };
    Setup {
        key: SourceKey { seed: [7; 16], node: 0, epoch: 1 },
        anchor: Anchor { unix_us: START_UNIX_US },
        networks: networks(OFFICE.ip()),
        listeners: Listeners { udp: Some(5060), tcp: Some(5060), tls: None },
        realm: DOMAIN.to_owned(),
        agent: "Cordboard".to_owned(),
        time_zone: "UTC".to_owned(),
        office: cordboard_call::Office {
            codecs: vec!["PCMA".to_owned(), "PCMU".to_owned()],
            max_duration_ms: 14_400_000,
            rtp_timeout_ms: 60_000,
            lang: "en".to_owned(),
            music: "default".to_owned(),
            domain: DOMAIN.to_owned(),
            session_expires_s: 1_800,
            calls_max: 2_000,
            recording: Default::default(),
            features: Default::default(),
            emergency: Default::default(),
        },
        users: (0..users).map(user).collect(),
        trunks: BTreeMap::new(),
        hours: BTreeMap::new(),
        holidays: BTreeMap::new(),
        services: std::collections::BTreeMap::new(),
        emergency: Default::default(),
        journey: Default::default(),
        limits: Limits {
            calls: 2_000,
            contacts_per_user: 10,
            bindings: 5_000,
            subscriptions: 20_000,
            register_min_s: 60,
            register_default_s: 600,
            register_max_s: 3_600,
            keep_alive_s: 25,
        },
    }
}

/// So many calls after each other, `every_us` apart and `held_s` long.
pub fn play(office: &mut Office, plan: Plan) -> Result<()> {
    let users = office.phones.len() / 2;
    let start = office.now;
    let at = |call: usize| start + std::time::Duration::from_micros(plan.every_us * call as u64);
    let held = usize::try_from(plan.held_s * 1_000_000 / plan.every_us).context("held")?;
    for step in 0..plan.calls + held {
        office.run_until(at(step));
        if step < plan.calls {
            let caller = step % users;
            office.does(caller, Command::Call(Office::number(users + (step * 7) % users)));
        }
        if let Some(over) = step.checked_sub(held) {
            // The caller's oldest line is the call that began so long ago.
            let caller = over % users;
            let oldest = office.phones[caller].lines().first().copied();
            office.does(caller, Command::Hangup(oldest));
        }
    }
    Ok(())
}

/// A load.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How many.
    pub calls: usize,
    /// From one beginning to the next.
    pub every_us: u64,
    /// From the call's beginning to its end.
    pub held_s: u64,
}
