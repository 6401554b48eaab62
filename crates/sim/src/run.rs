//! The world's insides: one queue in the order of time, and what each thing in it does.

use crate::gateway::{GatewayNode, Seat};
use crate::ladder::{Ladder, Sent, TraceLine};
use crate::links::Links;
use crate::media_side::Effect;
use crate::nat::Nat;
use crate::office::{OFFICE, OfficeNode};
use crate::orders::Order;
use crate::peer::PeerNode;
use crate::phone_node::PhoneNode;
use crate::provider::ProviderNode;
use crate::stage::{Side, Stage};
use crate::streams::{Streams, Way};
use bytes::Bytes;
use cordboard_base::{ConnectionId, Hop, Source, Time, Transport};
use cordboard_exchange::{Input, Output, StoreReply};
use cordboard_media::Event as MediaEvent;
use cordboard_phone::{Command, Happening, Input as PhoneInput, Output as PhoneOutput};
use core::net::{IpAddr, SocketAddr};
use core::time::Duration;
use std::collections::BTreeMap;

/// From a media worker to its shard.
const THREAD_HOP: Duration = Duration::from_micros(50);
/// From the store's thread.
const STORE_HOP: Duration = Duration::from_micros(500);
/// Until it is known that nobody listens.
const REFUSED: Duration = Duration::from_millis(4);

/// Something that is under way.
pub(crate) enum Event {
    Datagram { from: SocketAddr, to: SocketAddr, bytes: Bytes },
    StreamToOffice { connection: ConnectionId, bytes: Bytes },
    StreamToHost { connection: ConnectionId, bytes: Bytes },
    Office(Box<Input>),
    Phone(usize, Box<PhoneInput>),
    Stored(StoreReply),
    OfficeMedia(MediaEvent),
}

/// What is next.
enum Next {
    Event,
    Office,
    OfficeMedia,
    Stage,
    Phone(usize),
    PhoneMedia(usize),
}

pub(crate) struct Inner {
    pub(crate) now: Time,
    pub(crate) seed: u64,
    pub(crate) chance: Source,
    queue: BTreeMap<(Time, u64), Event>,
    next_event: u64,
    pub(crate) office: OfficeNode,
    pub(crate) phones: Vec<PhoneNode>,
    pub(crate) peers: Vec<PeerNode>,
    pub(crate) providers: Vec<ProviderNode>,
    pub(crate) links: Links,
    pub(crate) nats: BTreeMap<IpAddr, Nat>,
    pub(crate) streams: Streams,
    pub(crate) routers: BTreeMap<IpAddr, Router>,
    pub(crate) ladder: Ladder,
    pub(crate) gateways: Vec<GatewayNode>,
    /// Phones that are there when somebody calls them.
    pub(crate) seats: BTreeMap<SocketAddr, Seat>,
    /// Media by name, in the place of all engines.
    pub(crate) stage: Option<Stage>,
    /// What was to be played by it.
    pub(crate) orders: Vec<Order>,
    /// Nothing is written when it is dropped by a panic.
    pub(crate) discreet: bool,
    /// Called after each thing that happens.
    pub(crate) between: Option<Between>,
}

/// What a debugger does between two things that happen; time stands still meanwhile.
pub(crate) type Between = std::rc::Rc<dyn Fn()>;

/// What becomes of a datagram on its way out of a network; `None`: it is swallowed.
pub(crate) type Router = std::rc::Rc<dyn Fn(Bytes) -> Option<Bytes>>;

impl Drop for Inner {
    fn drop(&mut self) {
        if std::thread::panicking() && !self.discreet {
            eprintln!(
                "{}\nseed {}, time {}, {} media packets",
                self.ladder, self.seed, self.now, self.ladder.media_packets
            );
            for (at, line) in &self.office.log {
                eprintln!("{:>12}  {:?} {} {:?}", at.to_string(), line.level, line.event, line.fields);
            }
        }
    }
}

impl Inner {
    pub(crate) fn new(seed: u64, office: OfficeNode) -> Self {
        let chance = Source::new(crate::office::key(seed, u16::MAX), 0);
        let mut inner = Self {
            now: Time::from_secs(1),
            seed,
            chance,
            queue: BTreeMap::new(),
            next_event: 0,
            office,
            phones: Vec::new(),
            peers: Vec::new(),
            providers: Vec::new(),
            links: Links::default(),
            nats: BTreeMap::new(),
            streams: Streams::default(),
            routers: BTreeMap::new(),
            ladder: Ladder::default(),
            gateways: Vec::new(),
            seats: BTreeMap::new(),
            stage: None,
            orders: Vec::new(),
            discreet: false,
            between: None,
        };
        inner.ladder.names.insert(OFFICE, "office".to_owned());
        inner
    }

    pub(crate) fn put(&mut self, after: Duration, event: Event) {
        self.next_event += 1;
        self.queue.insert((self.now + after, self.next_event), event);
    }

    /// Does the next thing that is due by `until`; false when there is none, and then it is `until`.
    pub(crate) fn step(&mut self, until: Time) -> bool {
        let mut best: Option<(Time, Next)> = self.queue.keys().next().map(|(at, _)| (*at, Next::Event));
        let mut consider = |at: Option<Time>, next: Next| {
            if let Some(at) = at
                && best.as_ref().is_none_or(|(time, _)| at < *time)
            {
                best = Some((at, next));
            }
        };
        consider(self.office.exchange.next_deadline(), Next::Office);
        consider(self.stage.as_ref().and_then(Stage::next_deadline), Next::Stage);
        let has_engines = self.stage.is_none();
        if has_engines {
            consider(self.office.media.next_deadline(), Next::OfficeMedia);
        }
        for (index, phone) in self.phones.iter().enumerate() {
            consider(phone.phone.next_deadline(), Next::Phone(index));
            if has_engines {
                consider(phone.media.next_deadline(), Next::PhoneMedia(index));
            }
        }
        let Some((at, next)) = best.filter(|(at, _)| *at <= until) else {
            self.now = self.now.max(until);
            return false;
        };
        self.now = self.now.max(at);
        let now = self.now;
        match next {
            Next::Event => {
                if let Some((_, event)) = self.queue.pop_first() {
                    self.happen(event);
                }
            }
            Next::Office => {
                self.office.exchange.handle_timeout(now);
                self.drain_office();
            }
            Next::Stage => {
                if let Some(stage) = &mut self.stage {
                    stage.tick(now);
                }
                self.drain_stage();
            }
            Next::OfficeMedia => {
                self.office.media.tick(now);
                self.drain_office();
            }
            Next::Phone(index) => {
                self.phones[index].phone.handle_timeout(now);
                self.drain_phone(index);
            }
            Next::PhoneMedia(index) => {
                self.phones[index].media.tick(now);
                self.drain_phone(index);
            }
        }
        true
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Datagram { from, to, bytes } => self.arrive(from, to, bytes),
            Event::StreamToOffice { connection, bytes } => {
                let Some(stream) = self.streams.by_id(connection) else { return };
                for bytes in self.streams.arrive(connection, Way::ToOffice, &bytes) {
                    self.tell_office(Input::Message { from: stream.hop(), bytes });
                }
            }
            Event::StreamToHost { connection, bytes } => {
                let Some(stream) = self.streams.by_id(connection) else { return };
                let Some(index) = self.phone_at(stream.listens) else { return };
                let from = Hop { transport: Transport::Tcp, remote: OFFICE, connection: Some(connection) };
                for bytes in self.streams.arrive(connection, Way::ToHost, &bytes) {
                    self.tell_phone(index, PhoneInput::Message { from, bytes });
                }
            }
            Event::Office(input) => self.tell_office(*input),
            Event::Phone(index, input) => self.tell_phone(index, *input),
            Event::Stored(reply) => self.tell_office(Input::Stored(reply)),
            Event::OfficeMedia(event) => {
                self.orders.extend(Order::of_event(self.now, &event));
                self.tell_office(Input::Media(event));
            }
        }
    }

    pub(crate) fn tell_office(&mut self, input: Input) {
        self.office.exchange.handle(self.now, input);
        self.drain_office();
    }

    pub(crate) fn tell_phone(&mut self, index: usize, input: PhoneInput) {
        self.phones[index].phone.handle(self.now, input);
        self.drain_phone(index);
    }

    fn phone_at(&self, sip: SocketAddr) -> Option<usize> {
        self.phones.iter().position(|phone| phone.sip == sip)
    }

    /// A datagram is there: through a NAT, at a SIP port, or at a media port.
    fn arrive(&mut self, from: SocketAddr, to: SocketAddr, bytes: Bytes) {
        if let Some(nat) = self.nats.values().find(|nat| nat.public == to.ip()) {
            if let Some(inside) = nat.inward(self.now, from, to) {
                self.arrive(from, inside, bytes);
            }
            return;
        }
        if to == OFFICE {
            return self.tell_office(Input::Message { from: Hop::new(Transport::Udp, from), bytes });
        }
        if self.office.media.owns(to) {
            let effect = self.office.media.packet(self.now, from, to, &bytes);
            self.apply_office(effect);
            return self.drain_office();
        }
        if self.is_gateway(to) {
            return self.arrive_at_gateway(to, from, bytes);
        }
        if let Some(index) = self.phone_at(to).or_else(|| self.sit_down(to)) {
            let from = Hop::new(Transport::Udp, from);
            return self.tell_phone(index, PhoneInput::Message { from, bytes });
        }
        if let Some(index) = self.phones.iter().position(|phone| phone.media.owns(to)) {
            let effect = self.phones[index].media.packet(self.now, from, to, &bytes);
            self.apply_phone(index, effect);
            return self.drain_phone(index);
        }
        if let Some(provider) = self.providers.iter_mut().find(|provider| provider.address == to) {
            if let Some(answer) = provider.answer(&bytes) {
                self.send(to, from, answer);
            }
            return;
        }
        if let Some(peer) = self.peers.iter_mut().find(|peer| peer.address == to) {
            peer.inbox.push((from, bytes));
        }
    }

    pub(crate) fn drain_office(&mut self) {
        let now = self.now;
        loop {
            if let Some(output) = self.office.exchange.poll() {
                self.office_output(output);
                continue;
            }
            match self.office.media.poll(now) {
                Some(effect) => self.apply_office(Some(effect)),
                None => break,
            }
        }
        self.drain_stage();
        if self.office.maybe_cut(now) {
            self.drain_restored();
        }
    }

    /// A restored engine asks for its prompts again; nothing else may come.
    fn drain_restored(&mut self) {
        while let Some(effect) = self.office.media.poll(self.now) {
            self.apply_office(Some(effect));
        }
        while let Some(output) = self.office.exchange.poll() {
            self.office_output(output);
        }
    }

    fn office_output(&mut self, output: Output) {
        match output {
            Output::Transmit { to, bytes } => self.office_sends(to, bytes),
            Output::Media(command) => match &mut self.stage {
                Some(stage) => {
                    self.orders.extend(Order::of_command(self.now, &command));
                    stage.command_office(self.now, OFFICE.ip(), command);
                }
                None => self.office.media.command(self.now, command),
            },
            Output::Store(command) => {
                if let cordboard_exchange::StoreCommand::Unlink { file } = &command {
                    self.office.media.unlink(file);
                    if let Some(stage) = &mut self.stage {
                        stage.unlink(file);
                    }
                }
                if let Some(reply) = self.office.store.handle(command) {
                    self.put(STORE_HOP, Event::Stored(reply));
                }
            }
            Output::Resolve { id, .. } => {
                let answer = Input::Resolved { id, hops: Vec::new(), ttl_s: 60 };
                self.put(STORE_HOP, Event::Office(Box::new(answer)));
            }
            Output::Fetch { id, request } => {
                let (after, reply) = self.office.web.answer(*request);
                self.put(after, Event::Office(Box::new(Input::Fetched { id, reply: Box::new(reply) })));
            }
            Output::Log(line) => self.office.log.push((self.now, line)),
            Output::Journey(seen) => self.office.seen.push(seen),
            Output::Admin { id, reply } => self.office.admin.push((id, reply)),
            Output::Drained => self.office.drained = Some(self.now),
        }
    }

    fn office_sends(&mut self, to: Hop, bytes: Bytes) {
        if !to.transport.is_reliable() {
            return self.send(OFFICE, to.remote, bytes);
        }
        let listener = self.phone_at(to.remote).map(|index| self.phones[index].sip);
        match self.streams.of_hop(&to, listener) {
            Some(stream) => {
                self.trace(OFFICE, stream.listens, Sent::Stream, &bytes);
                self.write(stream.id, Way::ToHost, &bytes);
            }
            None => self.put(REFUSED, Event::Office(Box::new(Input::Unreachable(to)))),
        }
    }

    fn apply_office(&mut self, effect: Option<Effect>) {
        match effect {
            Some(Effect::Send { from, to, bytes }) => self.send(from, to, bytes),
            Some(Effect::Event(event)) => self.put(THREAD_HOP, Event::OfficeMedia(event)),
            None => {}
        }
    }

    pub(crate) fn drain_phone(&mut self, index: usize) {
        let now = self.now;
        loop {
            let node = &mut self.phones[index];
            if let Some(output) = node.phone.poll() {
                match output {
                    PhoneOutput::Transmit { to, bytes } => self.phone_sends(index, to, bytes),
                    PhoneOutput::Media(command) => match &mut self.stage {
                        Some(stage) => stage.command_phone(now, (index, node.sip.ip()), command),
                        None => node.command(now, command),
                    },
                    PhoneOutput::Happened(happening) => {
                        let rings = matches!(happening, Happening::Incoming { .. });
                        node.happened.push((now, happening));
                        if let Some(after) = node.answers_after.filter(|_| rings) {
                            self.later(index, after, Command::Answer);
                        }
                    }
                }
                continue;
            }
            match node.media.poll(now) {
                Some(effect) => self.apply_phone(index, Some(effect)),
                None => break,
            }
        }
        self.drain_stage();
    }

    /// A phone's user does something after so long.
    pub(crate) fn later(&mut self, index: usize, after: Duration, command: Command) {
        self.put(after, Event::Phone(index, Box::new(PhoneInput::Command(command))));
    }

    /// What media by name tell goes on its way.
    pub(crate) fn drain_stage(&mut self) {
        while let Some((side, event)) = self.stage.as_mut().and_then(Stage::poll) {
            let event = match side {
                Side::Office => Event::OfficeMedia(event),
                Side::Phone(index) => Event::Phone(index, Box::new(PhoneInput::Media(event))),
            };
            self.put(THREAD_HOP, event);
        }
    }

    fn phone_sends(&mut self, index: usize, to: Hop, bytes: Bytes) {
        let from = self.phones[index].sip;
        if !self.leaves_gateway(from, index, &bytes) {
            return;
        }
        if !to.transport.is_reliable() {
            return self.send(from, to.remote, bytes);
        }
        let stream = self.streams.of_host(from);
        self.trace(from, OFFICE, Sent::Stream, &bytes);
        self.write(stream.id, Way::ToOffice, &bytes);
    }

    fn write(&mut self, connection: ConnectionId, way: Way, bytes: &Bytes) {
        let now = self.now;
        for (at, bytes) in self.streams.segments(now, connection, way, bytes, &mut self.chance) {
            let event = match way {
                Way::ToOffice => Event::StreamToOffice { connection, bytes },
                Way::ToHost => Event::StreamToHost { connection, bytes },
            };
            self.put(at.since(now), event);
        }
    }

    fn apply_phone(&mut self, index: usize, effect: Option<Effect>) {
        match effect {
            Some(Effect::Send { from, to, bytes }) => self.send(from, to, bytes),
            Some(Effect::Event(event)) => {
                self.put(THREAD_HOP, Event::Phone(index, Box::new(PhoneInput::Media(event))));
            }
            None => {}
        }
    }

    /// A datagram goes on its way.
    pub(crate) fn send(&mut self, from: SocketAddr, to: SocketAddr, bytes: Bytes) {
        let router = self.routers.get(&from.ip()).cloned();
        let Some(bytes) = router.map_or(Some(bytes.clone()), |router| router(bytes)) else { return };
        let arrivals = self.links.arrivals(from.ip(), to.ip(), &mut self.chance);
        let is_media = bytes.first().is_some_and(|first| first & 0xc0 == 0x80);
        if is_media {
            self.ladder.add_media(self.now, from, to, &bytes);
        } else {
            self.trace(from, to, Sent::Copies(arrivals.len()), &bytes);
        }
        let now = self.now;
        let source = self.nats.get_mut(&from.ip()).map_or(from, |nat| nat.outward(now, from, to));
        for after in arrivals {
            self.put(after, Event::Datagram { from: source, to, bytes: bytes.clone() });
        }
    }

    fn trace(&mut self, from: SocketAddr, to: SocketAddr, sent: Sent, bytes: &Bytes) {
        self.ladder.add(TraceLine { at: self.now, from, to, sent, bytes: bytes.clone() });
    }
}
