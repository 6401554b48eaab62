//! From what the exchange hands out to entries: which call a message belongs to, at what time of day, without secrets.
//!
//! Our tags name the leg, so most messages say themselves whose they are. Those that come before our tag is known (an INVITE, its
//! challenge, a CANCEL) wait by their Call-ID until a later one of the same Call-ID says it, or are forgotten:
//!
//! ```text
//!  message ─┬─ has our tag ──────────▶ entry of that leg's call, and of those that wait for its Call-ID
//!           ├─ of a known Call-ID ───▶ entry
//!           └─ neither ──▶ waits ──▶ forgotten after 40 s, or when there are too many
//! ```
//! What is kept for a call is forgotten at its end; a leg that has moved to another call is that call's from then on.

use crate::entry::name_of;
use crate::notes::{Told, told};
use crate::redact::redact;
use crate::secrets::{Keeps, Secrets};
use crate::sip::Sip;
use crate::{End, Entry, Event, Mailed, Seen, What};
use bytes::Bytes;
use cordboard_app::Value;
use cordboard_base::{Anchor, CallId, Hop, LegId, Networks, Time, Transport};
use cordboard_call::{Fact, QueryId};
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::collections::{BTreeMap, VecDeque};

/// Messages that wait to be known: a second of a flood of INVITEs. The oldest gives way.
const WAITING_MAX: usize = 1_024;
/// How long one waits: longer than 64·T1, after which nobody answers any more, in µs.
const WAITS_US: u64 = 40_000_000;
/// A longer Call-ID names nothing: those of phones have 20 to 60 characters.
const CALL_ID_MAX: usize = 256;
/// Calls whose names are known at once: more than a shard can carry. Beyond it messages without our tag are not kept.
const CALLS_MAX: usize = 65_536;
/// Others that a call is told to have met in a mix: a conference of fifty would be everybody's journey else.
const MET_MAX: usize = 8;
/// Questions that wait for an answer at once: one a call, as a rule. One more is not kept.
const ASKED_MAX: usize = 16_384;
/// Bytes of an answer that are kept: a row of a database, not a web page.
const ANSWER_BYTES_MAX: usize = 2_048;
/// So much of a message is kept.
const TEXT_MAX: usize = 16_384;

/// What ties its clock and addresses to the world.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The wall clock.
    pub anchor: Anchor,
    /// Our addresses.
    pub networks: Networks,
    /// Our SIP ports: UDP, TCP, TLS.
    pub ports: [Option<u16>; 3],
}

#[derive(Debug)]
struct Waiting {
    at: Time,
    at_us: i64,
    call_id: Box<str>,
    sent: bool,
    peer: Hop,
    text: Box<str>,
}

/// Makes entries of what was seen. `handle`, then drain `poll`.
#[derive(Debug, Default)]
pub struct Collector {
    origin: Origin,
    waiting: VecDeque<Waiting>,
    /// Of calls that came to us: SIP's name → leg.
    by_call_id: BTreeMap<Box<str>, LegId>,
    /// The same by call, to forget them.
    call_ids: BTreeMap<CallId, Vec<Box<str>>>,
    /// Where a leg is now, if not in the call that it was made in.
    homes: BTreeMap<LegId, CallId>,
    /// Questions of programs that were not answered yet, and whether their answers are secret.
    asked: BTreeMap<(CallId, QueryId), (String, bool)>,
    /// Who is in which mix.
    mixes: BTreeMap<String, Vec<CallId>>,
    /// Of the newest entry, in microseconds since the Unix epoch.
    newest_us: i64,
    secrets: Secrets,
    keeps: Keeps,
    out: VecDeque<Entry>,
}

impl Collector {
    /// A collector that has seen nothing yet.
    pub fn new(origin: Origin) -> Self {
        Self { origin, ..Self::default() }
    }

    /// Our addresses have changed.
    pub fn set_origin(&mut self, origin: Origin) {
        self.origin = origin;
    }

    /// What is not to be in any entry, and what is kept of the answers that programs get.
    pub fn set_secrets(&mut self, secrets: Secrets, keeps: Keeps) {
        let before = core::mem::replace(&mut self.secrets, secrets);
        self.secrets.learn_all(before);
        self.keeps = keeps;
    }

    /// The next entry.
    pub fn poll(&mut self) -> Option<Entry> {
        self.out.pop_front()
    }

    /// Calls that something is kept for: for a test of what is forgotten.
    pub fn kept(&self) -> usize {
        self.call_ids.len() + self.homes.len() + self.mixes.len() + self.waiting.len() + self.asked.len()
    }

    /// Takes what was seen.
    pub fn handle(&mut self, seen: Seen) {
        let Seen { at, what } = seen;
        // Each has a moment of its own, so that their order is that of their times, however late one finds its call.
        self.newest_us = self.origin.anchor.unix_micros(at).max(self.newest_us.saturating_add(1));
        let at_us = self.newest_us;
        while self.waiting.front().is_some_and(|oldest| is_old(oldest.at, at)) {
            self.waiting.pop_front();
        }
        match what {
            What::Message { sent, peer, bytes } => self.message((at, at_us), sent, peer, &bytes),
            What::Fact(call, fact) => self.fact(at_us, call, *fact),
            What::OutOfReach { call, whom, why } => {
                let (who, trunk) = name_of(&whom);
                self.entry(at_us, call, Event::OutOfReach { who, trunk, why });
            }
            What::Figures { leg, from, seconds } => {
                let from_us = self.origin.anchor.unix_micros(from);
                self.entry(at_us, self.home(leg), Event::Figures { leg, from_us, seconds });
            }
            What::Latched { leg, address } => {
                self.entry(at_us, self.home(leg), Event::Latched { leg, address });
            }
            What::Silent { leg } => self.entry(at_us, self.home(leg), Event::Silent { leg }),
            What::Refused(refused) => {
                let call = CallId(refused.call);
                let call_id = refused.call_id.clone();
                self.known(&call_id, LegId { call, index: 0 });
                self.entry(at_us, call, Event::Refused(*refused));
                // What follows, its ACK, is of no interest.
                self.forget(call);
            }
            What::Ended(end) => self.ended(at_us, *end),
            What::Mailed(mail) => {
                let Mailed { call, mailbox, kind, message } = *mail;
                self.entry(at_us, call, Event::Mailed { mailbox, kind, message, state: None });
            }
            What::Said { call, who, text } => {
                let event = self.said(&who, &text);
                self.entry(at_us, call, event);
            }
            What::Lost(entries) => self.entry(at_us, CallId(0), Event::Missing { entries }),
        }
    }

    fn entry(&mut self, at_us: i64, call: CallId, event: Event) {
        self.out.push_back(Entry { at_us, call, event });
    }

    fn home(&self, leg: LegId) -> CallId {
        self.homes.get(&leg).copied().unwrap_or(leg.call)
    }

    fn message(&mut self, (at, at_us): (Time, i64), sent: bool, peer: Hop, bytes: &Bytes) {
        // Keep-alives and STUN are no messages.
        if bytes.len() < 16 || !bytes.first().is_some_and(u8::is_ascii_alphabetic) {
            return;
        }
        let whole = String::from_utf8_lossy(bytes);
        let mut end = whole.len().min(TEXT_MAX);
        while !whole.is_char_boundary(end) {
            end -= 1;
        }
        let text = whole.get(..end).unwrap_or("");
        let sip = Sip::of(text);
        let call_id = sip.call_id().filter(|id| id.len() <= CALL_ID_MAX);
        if let Some(leg) = sip.leg(sent) {
            if let Some(call_id) = call_id {
                self.known(call_id, leg);
            }
            return self.told(at_us, leg, sent, peer, text);
        }
        let Some(call_id) = call_id else { return };
        if let Some(leg) = self.by_call_id.get(call_id).copied() {
            return self.told(at_us, leg, sent, peer, text);
        }
        if !matches!(sip.method(), "INVITE" | "ACK" | "CANCEL") {
            return;
        }
        if self.waiting.len() >= WAITING_MAX {
            self.waiting.pop_front();
        }
        self.waiting.push_back(Waiting { at, at_us, call_id: call_id.into(), sent, peer, text: text.into() });
    }

    /// A Call-ID is of this leg: what waits for it has found it.
    fn known(&mut self, call_id: &str, leg: LegId) {
        if self.by_call_id.contains_key(call_id) {
            return;
        }
        let of_it = |waiting: &Waiting| *waiting.call_id == *call_id;
        if !self.waiting.iter().any(of_it) {
            return;
        }
        let (found, rest): (Vec<_>, Vec<_>) = self.waiting.drain(..).partition(of_it);
        self.waiting = rest.into();
        for Waiting { at_us, sent, peer, text, .. } in found {
            self.told(at_us, leg, sent, peer, &text);
        }
        if self.call_ids.len() < CALLS_MAX {
            self.by_call_id.insert(call_id.into(), leg);
            self.call_ids.entry(leg.call).or_default().push(call_id.into());
        }
    }

    fn told(&mut self, at_us: i64, leg: LegId, sent: bool, peer: Hop, text: &str) {
        let Hop { transport, remote, .. } = peer;
        let local = self.local(transport, remote.ip());
        let event =
            Event::Message { leg: Some(leg), sent, transport, local, peer: remote, text: redact(text) };
        self.entry(at_us, self.home(leg), event);
    }

    fn local(&self, transport: Transport, peer: IpAddr) -> SocketAddr {
        let none = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        let ip = self.origin.networks.advertised(peer.to_canonical()).unwrap_or(none);
        let [udp, tcp, tls] = self.origin.ports;
        let port = match transport {
            Transport::Udp => udp,
            Transport::Tcp => tcp,
            Transport::Tls => tls,
        };
        SocketAddr::new(ip, port.unwrap_or(transport.default_port()))
    }

    fn fact(&mut self, at_us: i64, call: CallId, fact: Fact) {
        let event = match fact {
            Fact::Began { info } => Event::Began {
                from: info.caller.number,
                name: info.caller.name,
                dialed: info.dialed,
                context: info.context,
                user: info.user,
                trunk: info.trunk,
            },
            Fact::LegState { leg, who, state, outgoing, other } => {
                let (who, trunk) = who.as_ref().map(name_of).unwrap_or_default();
                Event::Leg { leg, who, trunk, outgoing, state, other: other.number }
            }
            Fact::Emergency { user, number, .. } => Event::Emergency { user, number },
            Fact::Bridged(a, b) => Event::Bridged { a, b },
            Fact::Transferred { by, subject, to, .. } => Event::Transferred { by, subject, to },
            Fact::Moved { leg, to } => {
                if leg.call == to {
                    self.homes.remove(&leg);
                } else {
                    self.homes.insert(leg, to);
                }
                self.entry(at_us, to, Event::Joined { leg, from: call });
                Event::Moved { leg, to }
            }
            // A leg that was rung by a route of the dialplan, in a call of its own, is this one's from now on.
            Fact::AnswersFor { leg, inner, .. } => {
                self.homes.insert(leg, call);
                self.entry(at_us, call, Event::Joined { leg, from: inner });
                return self.entry(at_us, inner, Event::Moved { leg, to: call });
            }
            Fact::Inside { inner, who } => {
                let (who, trunk) = name_of(&who);
                // Only routes are asked so.
                debug_assert!(!trunk, "{who}");
                Event::Inside { call: inner, who }
            }
            Fact::Codec { leg, name, transcoded } => Event::Codec { leg, name, transcoded },
            Fact::Recorded { leg, recording } => {
                Event::Recorded { leg, path: recording.path, ms: recording.ms, failure: recording.failure }
            }
            Fact::Digit { leg, digit } => Event::Digit { leg, digit },
            Fact::Read { leg, digits, count, timed_out } => Event::Read { leg, digits, count, timed_out },
            Fact::Typed(hidden) => return self.secrets.learn(&hidden.0),
            Fact::Mixed { leg, mix } => {
                self.mixed(at_us, call, &mix);
                Event::Mixed { leg, mix }
            }
            Fact::Note(note) => match told(&note) {
                Some(Told::Said(what, text)) => self.said(what, text),
                Some(Told::ScriptError(text)) => Event::ScriptError(self.secrets.blotted(text)),
                None => return,
            },
            Fact::Routed { context, pattern } => Event::Routed { context, pattern },
            Fact::Asked { query, what, secret } => return self.asks(call, query, what, secret),
            Fact::Answered { query, value } => match self.answered(call, query, value) {
                Some(event) => event,
                None => return,
            },
            Fact::Step { what, place } => Event::Step { what: self.secrets.blotted(&what), place },
            Fact::Log { text, .. } => self.said("log", &text),
        };
        self.entry(at_us, call, event);
    }

    fn said(&self, what: &str, text: &str) -> Event {
        Event::Said { what: what.to_owned(), text: self.secrets.blotted(text) }
    }

    fn asks(&mut self, call: CallId, query: QueryId, what: String, secret: bool) {
        if self.asked.len() < ASKED_MAX {
            self.asked.insert((call, query), (what, secret));
        }
    }

    fn answered(&mut self, call: CallId, query: QueryId, value: Result<Value, String>) -> Option<Event> {
        let (what, secret) = self.asked.remove(&(call, query))?;
        let is_kept = match self.keeps {
            Keeps::Answers => true,
            Keeps::NoWeb => !what.starts_with("http "),
            Keeps::Nothing => false,
        };
        let is_short = || serde_json::to_string(&value).is_ok_and(|text| text.len() <= ANSWER_BYTES_MAX);
        let is_kept = is_kept && !secret && is_short() && !self.secrets.are_in(&value);
        Some(Event::Answered { what: self.secrets.blotted(&what), value: is_kept.then_some(value) })
    }

    /// Who is in one mix is on one journey.
    fn mixed(&mut self, at_us: i64, call: CallId, mix: &str) {
        let members = self.mixes.entry(mix.to_owned()).or_default();
        if members.contains(&call) {
            return;
        }
        let others: Vec<CallId> = members.iter().copied().take(MET_MAX).collect();
        if members.len() < MET_MAX {
            members.push(call);
        }
        for other in others {
            self.entry(at_us, call, Event::Met { call: other, mix: mix.to_owned() });
            self.entry(at_us, other, Event::Met { call, mix: mix.to_owned() });
        }
    }

    fn ended(&mut self, at_us: i64, end: End) {
        let End { call, disposition, cause, by, error, legs } = end;
        let error = error.map(|error| self.secrets.blotted(&error));
        self.entry(at_us, call, Event::Ended { disposition, cause, by, error, legs });
        self.forget(call);
    }

    fn forget(&mut self, call: CallId) {
        for call_id in self.call_ids.remove(&call).unwrap_or_default() {
            self.by_call_id.remove(&call_id);
        }
        // A leg that has left this call lives on in another; one that had come to it is gone.
        self.homes.retain(|_, home| *home != call);
        self.asked.retain(|(asks, _), _| *asks != call);
        self.mixes.retain(|_, members| {
            members.retain(|member| *member != call);
            !members.is_empty()
        });
    }
}

fn is_old(since: Time, now: Time) -> bool {
    now.as_micros().saturating_sub(since.as_micros()) > WAITS_US
}

#[cfg(test)]
mod tests;
