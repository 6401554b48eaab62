//! Entries, put in order for whoever shows or explains them: who is who, what each leg did, which messages are repeats.

use crate::sdp::Audio;
use crate::sip::Sip;
use crate::{Entry, Event};
use cordboard_base::{LegId, Transport};
use cordboard_call::LegState;
use cordboard_media::Second;
use core::net::SocketAddr;
use std::collections::BTreeMap;

/// A message of a leg.
#[derive(Clone, Debug)]
pub(crate) struct Told<'a> {
    /// Which of the entries.
    pub(crate) index: usize,
    pub(crate) at_us: i64,
    pub(crate) sent: bool,
    pub(crate) sip: Sip<'a>,
    pub(crate) peer: SocketAddr,
    pub(crate) transport: Transport,
    /// When it came or went again, with not a letter changed.
    pub(crate) again_us: Vec<i64>,
}

impl Told<'_> {
    /// Whether it is a response to a request of that method, of that hundred.
    pub(crate) fn answers(&self, method: &str, hundred: u16) -> bool {
        self.sip.status().is_some_and(|status| status / 100 == hundred) && self.sip.method() == method
    }

    pub(crate) fn is_request(&self, method: &str) -> bool {
        self.sip.status().is_none() && self.sip.method() == method
    }

    /// `INVITE`, `180 Ringing`, `200 OK (BYE)`, with what it describes.
    pub(crate) fn in_short(&self) -> String {
        let mut text = match self.sip.status() {
            Some(_) => {
                let status = self.sip.first.strip_prefix("SIP/2.0 ").unwrap_or(self.sip.first);
                let method = self.sip.method();
                if method == "INVITE" { status.to_owned() } else { format!("{status} ({method})") }
            }
            None => self.sip.method().to_owned(),
        };
        if Audio::of(&self.sip).is_some() {
            text.push_str(" SDP");
        }
        if !self.again_us.is_empty() {
            text.push_str(&format!(" ×{}", self.again_us.len() + 1));
        }
        text
    }
}

/// A leg.
#[derive(Clone, Debug, Default)]
pub(crate) struct Leg<'a> {
    pub(crate) who: String,
    pub(crate) trunk: bool,
    pub(crate) outgoing: bool,
    pub(crate) states: Vec<(i64, LegState)>,
    pub(crate) messages: Vec<Told<'a>>,
    pub(crate) codec: String,
    pub(crate) seconds: Vec<(i64, Second)>,
    pub(crate) latched: Vec<(i64, SocketAddr)>,
    pub(crate) silent_us: Option<i64>,
    pub(crate) digits: usize,
}

impl Leg<'_> {
    /// The newest description of the peer's (or ours), at that time.
    pub(crate) fn audio(&self, sent: bool, until_us: i64) -> Option<Audio> {
        let of_it = self.messages.iter().rev().filter(|told| told.sent == sent && told.at_us <= until_us);
        of_it.filter_map(|told| Audio::of(&told.sip)).next()
    }

    /// The final answer to its first INVITE that is no challenge; `None`: none came (or went).
    pub(crate) fn refusal(&self) -> Option<&Told<'_>> {
        let mut finals = self.messages.iter().filter(|told| {
            told.sip.status().is_some_and(|status| status >= 300) && told.sip.method() == "INVITE"
        });
        finals.rfind(|told| !matches!(told.sip.status(), Some(401 | 407 | 491)))
    }

    pub(crate) fn was_up(&self) -> bool {
        self.states.iter().any(|(_, state)| *state == LegState::Talking)
    }

    /// Seconds in which it could be heard: it is up, nobody holds, from the second after its answer to the last whole one.
    pub(crate) fn talk(&self) -> Vec<(i64, Second)> {
        const SECOND_US: i64 = 1_000_000;
        let state_at =
            |at: i64| self.states.iter().rev().find(|(since, _)| *since <= at).map(|(_, state)| *state);
        let talks = |(from, _): &&(i64, Second)| {
            state_at(*from) == Some(LegState::Talking)
                && state_at(*from + SECOND_US) == Some(LegState::Talking)
        };
        self.seconds.iter().filter(talks).copied().collect()
    }
}

/// A journey in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Story<'a> {
    pub(crate) entries: &'a [Entry],
    pub(crate) legs: BTreeMap<LegId, Leg<'a>>,
    /// In the order in which they came.
    pub(crate) order: Vec<LegId>,
    /// Of messages that are repeats: the message that they repeat, by index.
    pub(crate) repeats: BTreeMap<usize, usize>,
    /// How often a message was repeated, by index.
    pub(crate) times: BTreeMap<usize, usize>,
}

impl<'a> Story<'a> {
    pub(crate) fn of(entries: &'a [Entry]) -> Self {
        let mut story = Self { entries, ..Self::default() };
        let mut seen: BTreeMap<(bool, &str), usize> = BTreeMap::new();
        for (index, entry) in entries.iter().enumerate() {
            let Some(id) = entry.event.leg() else { continue };
            if !story.legs.contains_key(&id) {
                story.order.push(id);
            }
            let leg = story.legs.entry(id).or_default();
            let at_us = entry.at_us;
            match &entry.event {
                Event::Leg { who, trunk, outgoing, state, .. } => {
                    if leg.who.is_empty() {
                        leg.who.clone_from(who);
                    }
                    (leg.trunk, leg.outgoing) = (*trunk, *outgoing);
                    leg.states.push((at_us, *state));
                }
                Event::Message { sent, transport, peer, text, .. } => {
                    if let Some(first) = seen.get(&(*sent, text.as_str())).copied() {
                        story.repeats.insert(index, first);
                        *story.times.entry(first).or_default() += 1;
                        if let Some(told) = leg.messages.iter_mut().find(|told| told.index == first) {
                            told.again_us.push(at_us);
                        }
                        continue;
                    }
                    seen.insert((*sent, text), index);
                    let (sent, transport, peer) = (*sent, *transport, *peer);
                    let (sip, again_us) = (Sip::of(text), Vec::new());
                    leg.messages.push(Told { index, at_us, sent, sip, peer, transport, again_us });
                }
                Event::Codec { name, .. } => leg.codec.clone_from(name),
                Event::Figures { from_us, seconds, .. } => {
                    let times =
                        (0i64..).map(|second| from_us.saturating_add(second.saturating_mul(1_000_000)));
                    leg.seconds.extend(times.zip(seconds.iter().copied()));
                }
                Event::Latched { address, .. } => leg.latched.push((at_us, *address)),
                Event::Silent { .. } => leg.silent_us = leg.silent_us.or(Some(at_us)),
                Event::Digit { .. } => leg.digits += 1,
                Event::Read { count, .. } => leg.digits += usize::from(*count),
                Event::Began { .. }
                | Event::Refused(_)
                | Event::Step { .. }
                | Event::Routed { .. }
                | Event::Answered { .. }
                | Event::Bridged { .. }
                | Event::Transferred { .. }
                | Event::Moved { .. }
                | Event::Joined { .. }
                | Event::Mixed { .. }
                | Event::Met { .. }
                | Event::Recorded { .. }
                | Event::Mailed { .. }
                | Event::Inside { .. }
                | Event::Emergency { .. }
                | Event::Said { .. }
                | Event::ScriptError(_)
                | Event::OutOfReach { .. }
                | Event::Ended { .. }
                | Event::Missing { .. } => {}
            }
        }
        story
    }

    /// What a leg is called: `101`, `itsp`; where one has several legs, each with its number: `101 (1a.3)`.
    pub(crate) fn name(&self, id: LegId) -> String {
        let who = self.legs.get(&id).map_or("", |leg| leg.who.as_str());
        if who.is_empty() {
            return match self.caller_of(id) {
                Some(caller) => caller.to_owned(),
                None => format!("leg {id}"),
            };
        }
        let same = self.legs.values().filter(|leg| leg.who == who).count();
        if same > 1 { format!("{who} ({id})") } else { who.to_owned() }
    }

    /// The first leg of a call is its caller's.
    fn caller_of(&self, id: LegId) -> Option<&'a str> {
        if id.index != 0 {
            return None;
        }
        let of_it = self.entries.iter().filter(|entry| entry.call == id.call);
        of_it.filter_map(|entry| caller(&entry.event)).next()
    }

    /// The end of the first call, or of the last entry.
    pub(crate) fn end_us(&self) -> i64 {
        self.entries.last().map_or(0, |entry| entry.at_us)
    }
}

fn caller(event: &Event) -> Option<&str> {
    if let Event::Began { from, user, trunk, .. } = event {
        return Some(user.as_deref().or(trunk.as_deref()).unwrap_or(from));
    }
    if let Event::Refused(refused) = event { Some(&refused.from) } else { None }
}
