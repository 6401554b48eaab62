//! Media without sound: a world's legs as they are set up and wired, and who would hear what, by name. A play takes as long as
//! its prompts, a key is a digit for the exchange, a person speaks or is silent; nothing is encoded, nothing ticks. Time can
//! jump from one happening to the next, and what is heard is known exactly.
//!
//! ```text
//!  exchange ──Command──▶ Stage ◀──Command── phones          the wire between an office's leg and a phone's line is told by
//!           ◀──Event────       ────Event──▶                 the addresses of their descriptions
//! ```
//! It takes the place of the engines of the office and of all phones where a plan wants so ([`crate::Plan::by_name`]).

mod ear;
mod mixes;
mod office;
mod person;
mod playing;

pub use ear::Ear;
pub use playing::{Given, Heard};

use cordboard_base::{LegId, Time};
use cordboard_media::{Event, MixId};
use core::fmt;
use core::net::{IpAddr, SocketAddr};
use mixes::StageMix;
use office::OfficeLeg;
use person::PhoneLine;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

/// The first media port of a world.
const FIRST_PORT: u16 = 20_000;

/// A prompt's length in ms, by its name and language.
type LengthMs = dyn Fn(&str, &str) -> Option<u32>;

/// How long prompts are.
#[derive(Clone)]
pub struct Prompts(Rc<LengthMs>);

impl fmt::Debug for Prompts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Prompts")
    }
}

impl Prompts {
    /// By name and language: ms; `None`: there is no such prompt.
    pub fn new(length_ms: impl Fn(&str, &str) -> Option<u32> + 'static) -> Self {
        Self(Rc::new(length_ms))
    }

    /// Whether there is such a prompt in any language.
    pub fn knows(&self, name: &str) -> bool {
        self.length_ms(name, "").is_some()
    }

    /// How long a prompt is, in ms; `None`: there is no such prompt.
    pub fn length_ms(&self, name: &str, lang: &str) -> Option<u32> {
        (self.0)(name, lang)
    }
}

/// For whom an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    Office,
    Phone(usize),
}

/// All media of a world.
#[derive(Debug)]
pub(crate) struct Stage {
    prompts: Prompts,
    office: BTreeMap<LegId, OfficeLeg>,
    lines: BTreeMap<(usize, LegId), PhoneLine>,
    by_address: BTreeMap<SocketAddr, (Side, LegId)>,
    mixes: BTreeMap<MixId, StageMix>,
    /// Files of recordings that are complete, as plays name them, and ms.
    files: BTreeMap<String, u64>,
    next_port: u16,
    out: VecDeque<(Side, Event)>,
    /// Everything that was played to anybody, in order.
    pub(crate) heard: Vec<Heard>,
}

impl Stage {
    pub(crate) fn new(prompts: Prompts) -> Self {
        Self {
            prompts,
            office: BTreeMap::new(),
            lines: BTreeMap::new(),
            by_address: BTreeMap::new(),
            mixes: BTreeMap::new(),
            files: BTreeMap::new(),
            next_port: FIRST_PORT,
            out: VecDeque::new(),
            heard: Vec::new(),
        }
    }

    pub(crate) fn poll(&mut self) -> Option<(Side, Event)> {
        self.out.pop_front()
    }

    /// Sessions of the office.
    pub(crate) fn sessions(&self) -> usize {
        self.office.len()
    }

    /// A file of an application's is deleted.
    pub(crate) fn unlink(&mut self, file: &str) {
        self.files.remove(file);
    }

    /// The next moment at which something happens by itself.
    pub(crate) fn next_deadline(&self) -> Option<Time> {
        let office = self.office.values().filter_map(OfficeLeg::deadline);
        let lines = self.lines.values().filter_map(PhoneLine::deadline);
        let mixes = self.mixes.values().filter_map(StageMix::deadline);
        office.chain(lines).chain(mixes).min()
    }

    /// Lets time pass.
    pub(crate) fn tick(&mut self, now: Time) {
        let legs: Vec<LegId> = self.office.keys().copied().collect();
        legs.into_iter().for_each(|leg| self.tick_office(now, leg));
        let lines: Vec<(usize, LegId)> = self.lines.keys().copied().collect();
        lines.into_iter().for_each(|line| self.tick_line(now, line));
        let mixes: Vec<MixId> = self.mixes.keys().copied().collect();
        mixes.into_iter().for_each(|mix| self.tick_mix(now, mix));
    }

    fn tell(&mut self, side: Side, event: Event) {
        self.out.push_back((side, event));
    }

    /// A session's sockets: an address of its own.
    fn bind(&mut self, side: Side, leg: LegId, ip: IpAddr, video: bool) -> SocketAddr {
        let port = self.next_port;
        self.next_port = self.next_port.checked_add(4).unwrap_or(FIRST_PORT);
        let address = SocketAddr::new(ip, port);
        self.by_address.insert(address, (side, leg));
        let video = video.then(|| SocketAddr::new(ip, port + 2));
        self.tell(side, Event::Opened { leg, audio: address, video });
        address
    }

    /// The line at the other end of an office's leg.
    fn line_of(&self, leg: LegId) -> Option<(usize, LegId)> {
        let remote = self.office.get(&leg)?.remote()?;
        match self.by_address.get(&remote)? {
            (Side::Phone(phone), line) => Some((*phone, *line)),
            (Side::Office, _) => None,
        }
    }

    /// The office's leg at the other end of a line.
    fn leg_of(&self, line: (usize, LegId)) -> Option<LegId> {
        let remote = self.lines.get(&line)?.remote()?;
        match self.by_address.get(&remote)? {
            (Side::Office, leg) => Some(*leg),
            (Side::Phone(_), _) => None,
        }
    }
}
