//! The world as a test sees it.

use crate::handset::{Handset, PhoneSpec};
use crate::ladder::TraceLine;
use crate::links::Link;
use crate::media_side::MediaSide;
use crate::nat::Nat;
use crate::office::{DOMAIN, OFFICE, OfficeNode, Plan, key, password};
use crate::peer::{Peer, PeerNode};
use crate::phone_node::PhoneNode;
use crate::provider::{Provider, ProviderNode};
use crate::run::{Event, Inner};
use crate::sounds::Sound;
use crate::stage::Stage;
use crate::store::Store;
use crate::streams::StreamLink;
use cordboard_base::{Format, Hop, Interface, Networks, Source, Time, Transport};
use cordboard_call::CallRecord;
use cordboard_dialplan::Bundle;
use cordboard_exchange::{AdminReply, AdminRequest, Input, LogLine, Setup};
use cordboard_media::RecordPlace;
use cordboard_phone::{Phone, PhoneConfig};
use cordboard_sip::endpoint;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use core::time::Duration;
use std::cell::RefCell;
use std::rc::Rc;

/// Between two looks at what is waited for.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// A world: an office, phones, peers and the links between them. Cheap to clone; all clones are the same world.
#[derive(Clone)]
pub struct World(Rc<RefCell<Inner>>);

impl World {
    /// A world after its plan.
    pub fn new(plan: &Plan) -> Self {
        let office = OfficeNode::new(plan, Time::from_secs(1));
        let mut inner = Inner::new(plan.seed, office);
        inner.stage = plan.prompts.clone().map(Stage::new);
        inner.seats = plan.seats.iter().map(|seat| (seat.address, seat.clone())).collect();
        let world = Self(Rc::new(RefCell::new(inner)));
        world.inner(Inner::drain_office);
        world
    }

    /// An office of eight users with this dialplan.
    pub fn with_dialplan(dialplan: &str) -> Self {
        Self::new(&Plan::new(dialplan))
    }

    pub(crate) fn inner<T>(&self, work: impl FnOnce(&mut Inner) -> T) -> T {
        work(&mut self.0.borrow_mut())
    }

    /// The time.
    pub fn now(&self) -> Time {
        self.inner(|inner| inner.now)
    }

    /// Lets time pass.
    pub fn run_for(&self, span: Duration) {
        let between = self.inner(|inner| inner.between.clone());
        let until = self.now() + span;
        match between {
            None => self.inner(|inner| while inner.step(until) {}),
            Some(between) => {
                while self.inner(|inner| inner.step(until)) {
                    between();
                }
            }
        }
    }

    /// Lets so many seconds pass.
    pub fn run_secs(&self, secs: u64) {
        self.run_for(Duration::from_secs(secs));
    }

    /// Lets so many milliseconds pass.
    pub fn run_ms(&self, ms: u64) {
        self.run_for(Duration::from_millis(ms));
    }

    /// Lets time pass until something is so, for `limit` at most. Says whether it is.
    pub fn run_until(&self, mut is_so: impl FnMut(&Self) -> bool, limit: Duration) -> bool {
        let end = self.now() + limit;
        loop {
            if is_so(self) {
                return true;
            }
            if self.now() >= end {
                return false;
            }
            self.run_for(LOOK_EVERY.min(end.since(self.now())));
        }
    }

    /// A phone of a user's, with usual habits.
    pub fn phone(&self, user: &str) -> Handset {
        self.phone_with(user, |_| ())
    }

    /// A phone of a user's, registered.
    pub fn registered(&self, user: &str) -> Handset {
        let phone = self.phone(user);
        phone.registers();
        phone
    }

    /// A phone with habits of its own.
    pub fn phone_with(&self, user: &str, change: impl FnOnce(&mut PhoneSpec)) -> Handset {
        let index = self.inner(|inner| inner.phones.len());
        let last = 11 + u8::try_from(index).unwrap_or(0);
        let mut spec = PhoneSpec::new(config(user, self.inner(|inner| inner.seed), index, last));
        change(&mut spec);
        let ip = if spec.nat {
            IpAddr::V4(Ipv4Addr::new(10, 0, 0, last))
        } else {
            IpAddr::V4(Ipv4Addr::new(192, 0, 2, last))
        };
        spec.config.endpoint.networks = networks(ip);
        if spec.tcp {
            spec.config.server = Hop::new(Transport::Tcp, OFFICE);
        }
        let sip = SocketAddr::new(ip, 5060);
        self.inner(|inner| {
            if spec.nat {
                let public = IpAddr::V4(Ipv4Addr::new(198, 51, 100, last));
                inner.nats.insert(ip, Nat::new(public));
            }
            let twins = inner.phones.iter().filter(|phone| phone.user == user).count();
            let name = if twins == 0 { user.to_owned() } else { format!("{user}-{}", twins + 1) };
            inner.ladder.names.insert(sip, name);
            let media = MediaSide::new(ip, inner.office.setup.anchor, 1);
            let mut node = PhoneNode::new(user, Phone::new(spec.config), media, sip, Sound::Voice(index));
            node.mute = spec.mute;
            inner.phones.push(node);
        });
        Handset { world: self.clone(), index }
    }

    /// A peer that is scripted by hand.
    pub fn peer(&self, address: &str) -> Peer {
        let Ok(address) = address.parse::<SocketAddr>() else { panic!("no address: {address}") };
        let index = self.inner(|inner| {
            inner.peers.push(PeerNode { address, inbox: Vec::new(), read: 0 });
            inner.peers.len() - 1
        });
        Peer { world: self.clone(), index }
    }

    /// A provider, which answers by itself.
    pub fn provider(&self, address: &str) -> Provider {
        let Ok(address) = address.parse::<SocketAddr>() else { panic!("no address: {address}") };
        let index = self.inner(|inner| {
            inner.providers.push(ProviderNode::new(address));
            inner.providers.len() - 1
        });
        Provider { world: self.clone(), index }
    }

    /// Gives a phone's link these faults in both directions.
    pub fn link(&self, phone: &Handset, link: Link) {
        self.link_both(phone, link, link);
    }

    /// Gives a phone's link faults, from it and towards it.
    pub fn link_both(&self, phone: &Handset, up: Link, down: Link) {
        self.inner(|inner| {
            let ip = inner.phones[phone.index].sip.ip();
            inner.links.set(ip, up, down);
        });
    }

    /// From now on a router stands before a phone that changes or swallows (`None`) what it sends, SIP and media.
    pub fn router(&self, phone: &Handset, does: impl Fn(bytes::Bytes) -> Option<bytes::Bytes> + 'static) {
        self.inner(|inner| {
            let ip = inner.phones[phone.index].sip.ip();
            inner.routers.insert(ip, Rc::new(does));
        });
    }

    /// How all streams travel from now on.
    pub fn stream_link(&self, link: StreamLink) {
        self.inner(|inner| inner.streams.link = link);
    }

    /// Closes a phone's streams, as when its switch loses power.
    pub fn cut_streams(&self, phone: &Handset) {
        self.inner(|inner| inner.streams.close(inner.phones[phone.index].sip));
    }

    /// The store.
    pub fn store<T>(&self, look: impl FnOnce(&mut Store) -> T) -> T {
        self.inner(|inner| look(&mut inner.office.store))
    }

    /// The web as scripts see it.
    pub fn web<T>(&self, look: impl FnOnce(&mut crate::Web) -> T) -> T {
        self.inner(|inner| look(&mut inner.office.web))
    }

    /// The call records so far.
    pub fn records(&self) -> Vec<CallRecord> {
        self.store(|store| store.records.clone())
    }

    /// The one call record there is.
    pub fn record(&self) -> CallRecord {
        let mut records = self.records();
        records.retain(|record| record.part_of.is_none());
        assert_eq!(records.len(), 1, "one record is expected: {records:#?}");
        records.remove(0)
    }

    /// The log so far.
    pub fn log(&self) -> Vec<LogLine> {
        self.inner(|inner| inner.office.log.iter().map(|(_, line)| line.clone()).collect())
    }

    /// What befell the office's calls so far, as its store would keep it.
    pub fn entries(&self) -> Vec<cordboard_journey::Entry> {
        self.inner(|inner| {
            let setup = &inner.office.setup;
            let listeners = setup.listeners;
            let origin = cordboard_journey::Origin {
                anchor: setup.anchor,
                networks: setup.networks.clone(),
                ports: [listeners.udp, listeners.tcp, listeners.tls],
            };
            let mut collector = cordboard_journey::Collector::new(origin);
            inner.office.seen.iter().cloned().for_each(|seen| collector.handle(seen));
            let mut entries: Vec<_> = std::iter::from_fn(|| collector.poll()).collect();
            entries.sort_by_key(|entry| entry.at_us);
            entries
        })
    }

    /// Whether the log has a line of this event with this text in one of its fields.
    pub fn has_logged(&self, event: &str, text: &str) -> bool {
        self.log()
            .iter()
            .any(|line| line.event == event && line.fields.iter().any(|(_, value)| value.contains(text)))
    }

    /// Live calls.
    pub fn call_count(&self) -> usize {
        self.inner(|inner| inner.office.exchange.call_count())
    }

    /// Media sessions of the office.
    pub fn media_sessions(&self) -> usize {
        self.inner(|inner| match &inner.stage {
            Some(stage) => stage.sessions(),
            None => inner.office.media.sessions(),
        })
    }

    /// Sessions that have gone from one of the office's media engines to another, because they came to hear each other.
    pub fn media_moves(&self) -> usize {
        self.inner(|inner| inner.office.media.moved)
    }

    /// Recordings that are complete: their names and samples.
    pub fn recordings(&self) -> Vec<(String, Vec<i16>)> {
        self.tapes(RecordPlace::Recordings)
    }

    /// What applications have recorded for themselves, such as messages: paths within the data directory, and samples.
    pub fn files(&self) -> Vec<(String, Vec<i16>)> {
        self.tapes(RecordPlace::Data)
    }

    fn tapes(&self, place: RecordPlace) -> Vec<(String, Vec<i16>)> {
        self.inner(|inner| {
            let tapes = inner.office.media.complete.iter().filter(|tape| tape.place == place);
            tapes.map(|tape| (tape.file.clone(), tape.samples.clone())).collect()
        })
    }

    /// Nothing is left of any call: no call, no media session, no program.
    pub fn is_quiet(&self) {
        self.run_until(
            |world| world.call_count() == 0 && world.media_sessions() == 0,
            Duration::from_secs(70),
        );
        assert_eq!((self.call_count(), self.media_sessions()), (0, 0), "calls and media sessions are left");
    }

    /// Asks as the command line does.
    pub fn admin(&self, request: AdminRequest) -> AdminReply {
        self.inner(|inner| {
            inner.tell_office(Input::Admin { id: 1, request });
            match inner.office.admin.pop() {
                Some((_, reply)) => reply,
                None => panic!("no answer to an administrator's request"),
            }
        })
    }

    /// Another dialplan and setup for calls to come.
    pub fn reload(&self, dialplan: &str, change: impl FnOnce(&mut Setup)) {
        self.inner(|inner| {
            inner.office.set_programs(&Bundle::single(dialplan));
            change(&mut inner.office.setup);
            let setup = inner.office.setup.clone();
            inner.tell_office(Input::Reload(Box::new(setup)));
        });
    }

    /// No new calls, and an end to the others after a grace.
    pub fn drain(&self, grace: Duration) {
        let grace_ms = u32::try_from(grace.as_millis()).unwrap_or(u32::MAX);
        self.inner(|inner| inner.tell_office(Input::Drain { grace_ms }));
    }

    /// When the office had drained.
    pub fn drained(&self) -> Option<Time> {
        self.inner(|inner| inner.office.drained)
    }

    /// The office's process dies and starts again, from what its store kept.
    pub fn restart(&self) {
        self.inner(|inner| {
            let now = inner.now;
            inner.office.restart(now);
            inner.drain_office();
        });
    }

    /// From now on the office is cut and restored from its data after so many of 1,000 turns, drawn from `seed`.
    pub fn cut_and_restore(&self, seed: u64, per_mille: u64) {
        self.inner(|inner| inner.office.cuts = Some((Source::new(key(seed, 0), 77), per_mille)));
    }

    /// How many turns the office has made.
    pub fn turns(&self) -> u64 {
        self.inner(|inner| inner.office.turns)
    }

    /// How often it was cut and restored.
    pub fn cuts_made(&self) -> u64 {
        self.inner(|inner| inner.office.cuts_made)
    }

    /// All SIP so far.
    pub fn trace(&self) -> Vec<TraceLine> {
        self.inner(|inner| inner.ladder.lines.clone())
    }

    /// First lines of what the office sent to a phone and got from it, in order: `> INVITE …`, `< SIP/2.0 180 …`.
    pub fn ladder_of(&self, phone: &Handset) -> Vec<String> {
        self.inner(|inner| {
            let sip = inner.phones[phone.index].sip;
            let lines = inner.ladder.lines.iter();
            lines
                .filter_map(|line| match (line.from == sip, line.to == sip) {
                    (true, _) => Some(format!("< {}", line.first_line())),
                    (_, true) => Some(format!("> {}", line.first_line())),
                    (false, false) => None,
                })
                .collect()
        })
    }

    /// A hash over all media packets so far, and their number.
    pub fn media_trace(&self) -> (u64, u64) {
        self.inner(|inner| (inner.ladder.media_hash, inner.ladder.media_packets))
    }

    /// Everything that sounds in this world: what an ear can tell apart.
    pub(crate) fn sounds(&self) -> Vec<Sound> {
        self.inner(|inner| {
            let asked = inner.office.media.asked.iter().map(|key| match key {
                cordboard_media::SampleKey::Prompt { name, .. }
                | cordboard_media::SampleKey::PromptBlock { name, .. } => Sound::Prompt(name.clone()),
                cordboard_media::SampleKey::FileBlock { path, .. } => Sound::File(path.clone()),
                cordboard_media::SampleKey::Music { class, .. } => Sound::Music(class.clone()),
            });
            let mut sounds: Vec<Sound> =
                asked.chain(inner.phones.iter().map(|phone| phone.voice.clone())).collect();
            sounds.sort();
            sounds.dedup();
            sounds
        })
    }

    pub(crate) fn command(&self, index: usize, command: cordboard_phone::Command) {
        let input = Box::new(cordboard_phone::Input::Command(command));
        self.inner(|inner| inner.put(Duration::ZERO, Event::Phone(index, input)));
    }
}

fn networks(ip: IpAddr) -> Networks {
    Networks { interfaces: vec![Interface { address: ip, bits: 24, external: None }], local: Vec::new() }
}

fn config(user: &str, seed: u64, index: usize, last: u8) -> PhoneConfig {
    let key = key(seed, 100 + u16::try_from(index).unwrap_or(0));
    let ip = IpAddr::V4(Ipv4Addr::new(192, 0, 2, last));
    let mut endpoint = endpoint::Config::new(key, 1, networks(ip));
    endpoint.user_agent = format!("Phone {user}");
    PhoneConfig {
        user: user.to_owned(),
        display: String::new(),
        password: password(user),
        domain: DOMAIN.to_owned(),
        server: Hop::new(Transport::Udp, OFFICE),
        codecs: vec![Format::new(8, "PCMA", 8_000), Format::new(0, "PCMU", 8_000)],
        telephone_event: true,
        ptime_ms: 20,
        expires_s: 3_600,
        auto_answer_ms: None,
        late_offer: false,
        endpoint,
    }
}
