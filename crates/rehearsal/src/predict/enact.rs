//! The call that is foreseen, played through: who is called behaves as it is assumed, and the caller as callers do.
//!
//! ```text
//!  prepare (trunks down, codes dialled, values stored) ─▶ the moment ─▶ dial ─┬─ a phone rings ─▶ answers, refuses, is silent
//!                                                                             ├─ keys are asked for ─▶ pressed a second later
//!                                                                             ├─ a message is taken ─▶ speaks, hangs up
//!                                                                             └─ nothing ends it ─▶ hangs up at last
//! ```
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a phone's user waits for one happening and passes over all others"
)]

use super::assume::{Assumed, LineState, Manner};
use super::event::What;
use super::{Caller, Question};
use crate::house::{House, rows_of};
use cordboard_app::Value;
use cordboard_base::{LegId, Time};
use cordboard_call::Fact;
use cordboard_dialplan::{RouteTaken, WatchedStep};
use cordboard_exchange::{AdminReply, AdminRequest, StoreRow};
use cordboard_journey::What as Seen;
use cordboard_media::Audio;
use cordboard_phone::{Command, Happening};
use cordboard_sim::stage::Prompts;
use cordboard_sim::{Handset, Ordered, World};
use core::net::SocketAddr;
use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// A trunk's longest way from silence to being known as dead: checks are a minute apart, and each is tried for half a minute.
const NOTICED: Duration = Duration::from_secs(330);
/// So long is waited for the end of a call that switches something; then it is hung up.
const CODE: Duration = Duration::from_secs(50);
/// Phones need so long to go offline.
const LEAVING: Duration = Duration::from_secs(2);
/// From being asked for keys, by the last prompt before them, to pressing them.
const KEYS_AFTER: Duration = Duration::from_secs(1);
/// The beep is over by then.
const SPEAKS_AFTER: Duration = Duration::from_millis(500);
/// From the last word of a message to hanging up.
const HANGS_UP_AFTER: Duration = Duration::from_secs(1);
/// What hangs on after the caller is gone is over by then.
const CLEARED: Duration = Duration::from_secs(60);
/// Things that a caller does at most: who goes round in a menu is not followed for ever.
const DEEDS_MAX: usize = 2_000;

/// A call that was played through, as the office has seen it.
pub(crate) struct Enacted {
    pub(crate) world: World,
    /// When the caller dialled.
    pub(crate) began: Time,
    /// What was seen, and what was ordered, before.
    pub(crate) seen_before: usize,
    pub(crate) orders_before: usize,
    pub(crate) steps: Vec<WatchedStep>,
    pub(crate) routes: Vec<RouteTaken>,
    /// What the caller did.
    pub(crate) deeds: Vec<(Time, What)>,
    /// How often the caller was asked for keys.
    pub(crate) asked: usize,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Act {
    Answer(usize),
    /// Who has answered takes the call that it is asked to take.
    Accept(usize),
    CalleeHangsUp(usize),
    Press(String),
    Speak,
    HangUp(&'static str),
}

struct Stage<'a> {
    house: &'a House,
    question: &'a Question,
    world: &'a World,
    caller: Handset,
    /// The line by which it calls.
    line: Option<LegId>,
    agenda: BTreeSet<(Time, Act)>,
    /// How much of each display was looked at.
    shown: BTreeMap<usize, usize>,
    seen: usize,
    caller_leg: Option<LegId>,
    /// Lines of the caller's phone on which others call it.
    called_on: BTreeSet<LegId>,
    /// Who has answered last.
    talking: Option<usize>,
    asked: usize,
    deeds: Vec<(Time, What)>,
    is_over: bool,
}

/// What codes have left in the store.
#[derive(Clone, Debug, PartialEq)]
pub struct Switched {
    rows: Vec<StoreRow>,
    values: BTreeMap<(String, String), Value>,
}

/// Has the codes dialled that are assumed to have been, just before a moment, in microseconds since the Unix epoch.
pub(crate) fn switch(house: &Rc<House>, assumed: &Assumed, at_us: i64) -> Switched {
    let codes =
        Assumed { dialed: assumed.dialed.clone(), values: assumed.values.clone(), ..Assumed::usual() };
    let world = prepared(house, &codes, at_us);
    world.store(|store| Switched { rows: rows_of(store), values: store.values.clone() })
}

/// Plays the call through.
pub(crate) fn enact(house: &Rc<House>, question: &Question) -> Enacted {
    let world = prepared(house, &question.assumed, question.at_us);
    let (seen_before, orders_before) = (world.look_seen(<[_]>::len), world.look_orders(<[_]>::len));
    let began = world.now();
    let caller = dials(house, question, &world);
    let shown = world.phones().iter().map(|phone| (phone.index(), phone.shown())).collect();
    let mut stage = Stage {
        house,
        question,
        world: &world,
        caller,
        line: None,
        agenda: BTreeSet::new(),
        shown,
        seen: seen_before,
        caller_leg: None,
        called_on: BTreeSet::new(),
        talking: None,
        asked: 0,
        deeds: Vec::new(),
        is_over: false,
    };
    stage.caller.acts(Command::Call(question.number.clone()));
    stage.line = stage.caller.lines().last().copied();
    stage.play(began);
    let (deeds, asked) = (stage.deeds, stage.asked);
    let (steps, routes) = (house.scripts.take_steps(), house.watch.take_routes());
    Enacted { world, began, seen_before, orders_before, steps, routes, deeds, asked }
}

/// The office at a moment, with everything that is assumed to have been before.
fn prepared(house: &House, assumed: &Assumed, at_us: i64) -> World {
    house.scripts.take_steps();
    let lead = lead(assumed);
    let begins_us = at_us.saturating_sub(i64::try_from(lead.as_micros()).unwrap_or(0));
    let world = match assumed.switched.as_deref() {
        Some(switched) => house.world_with(begins_us, switched.rows.clone()),
        None => house.world(begins_us),
    };
    prepare(house, assumed, &world);
    let moment = Time::from_secs(1) + lead;
    world.run_for(moment.since(world.now()));
    house.scripts.take_steps();
    house.watch.take_routes();
    world
}

/// What has to be before the call takes so long.
fn lead(assumed: &Assumed) -> Duration {
    let is_down = assumed.lines.values().any(|state| *state == LineState::Down);
    let codes = u32::try_from(codes(assumed).len()).unwrap_or(u32::MAX);
    let noticed = if is_down { NOTICED } else { Duration::ZERO };
    LEAVING + noticed + (CODE + LEAVING).saturating_mul(codes)
}

/// The codes that are still to be dialled.
fn codes(assumed: &Assumed) -> &[(String, String)] {
    if assumed.switched.is_some() { &[] } else { &assumed.dialed }
}

fn prepare(house: &House, assumed: &Assumed, world: &World) {
    world.store(|store| {
        for (family, key, value) in &assumed.values {
            store.values.insert((family.clone(), key.clone()), value.clone());
        }
        if let Some(switched) = &assumed.switched {
            store.values.extend(switched.values.clone());
        }
    });
    for (user, number) in codes(assumed) {
        let Some(phone) = house.seat_of(user).and_then(|address| world.seat(address)) else { continue };
        let shown = phone.shown();
        phone.acts(Command::Call(number.clone()));
        let is_over = |happening: &Happening| matches!(happening, Happening::Ended { .. }).then_some(());
        if !world.wait_until(CODE, |_| phone.find(shown, is_over).is_some()) {
            phone.acts(Command::Hangup(None));
        }
        world.run_for(Duration::from_secs(1));
    }
    for (name, state) in &assumed.lines {
        let Some((_, line)) = house.line(name) else { continue };
        match state {
            LineState::Down => {
                world.gateway_lives(line.address, false);
                let checks = house.setup.trunks.get(name).is_some_and(|trunk| trunk.settings.qualify_s > 0);
                if checks {
                    world.wait_until(NOTICED, |world| is_offline(world, name));
                }
            }
            LineState::Refuses(status) => world.gateway_refuses(line.address, Some(*status)),
            LineState::Called(_) => {}
        }
    }
    for (user, manner) in &assumed.users {
        let phone = house.seat_of(user).and_then(|address| world.seat(address));
        if let Some(phone) = phone.filter(|_| *manner == Manner::Offline) {
            phone.acts(Command::Unregister);
        }
    }
}

fn is_offline(world: &World, name: &str) -> bool {
    let Some(AdminReply::Trunks(trunks)) = world.ask(AdminRequest::Trunks) else { return false };
    trunks.iter().any(|trunk| trunk.trunk == name && trunk.state == "offline")
}

/// Whoever calls, with its phone in its hand.
fn dials(house: &House, question: &Question, world: &World) -> Handset {
    let outside = |trunk: &str, number: &str, name: &str, domain: Option<&str>| {
        let address = house.line(trunk).map_or(cordboard_sim::OFFICE, |(_, line)| line.address);
        let ip = address.ip().to_string();
        world.outsider(address, number, name, domain.unwrap_or(&ip))
    };
    match &question.caller {
        Caller::User(user) => house
            .seat_of(user)
            .and_then(|address| world.seat(address))
            .unwrap_or_else(|| outside("", user, "", None)),
        // RFC 3323 §4.1.1.3
        Caller::Outside { trunk, number, .. } if number.is_empty() => {
            outside(trunk, "anonymous", "Anonymous", Some("anonymous.invalid"))
        }
        Caller::Outside { trunk, number, name } => outside(trunk, number, name, None),
    }
}

impl Stage<'_> {
    fn play(&mut self, began: Time) {
        let patience = began + Duration::from_secs(u64::from(self.question.assumed.patience_s.max(1)));
        self.agenda.insert((patience, Act::HangUp("has waited long enough")));
        self.look();
        while !self.is_over {
            let Some((next, _)) = self.agenda.first().cloned() else { break };
            let pulse = self.world.pulse();
            self.world.wait_until(next.since(self.world.now()), |world| world.pulse() != pulse);
            self.look();
            while let Some((at, act)) = self.agenda.first().cloned() {
                if at > self.world.now() || self.is_over {
                    break;
                }
                self.agenda.pop_first();
                self.act(act);
                self.look();
            }
        }
        self.world.wait_until(CLEARED, |world| world.call_count() == 0);
        // The last of the scripts' steps come with the end of their calls.
        self.world.run_for(Duration::from_millis(10));
    }

    fn soon(&mut self, after: Duration, act: Act) {
        if self.deeds.len() + self.agenda.len() < DEEDS_MAX {
            self.agenda.insert((self.world.now() + after, act));
        }
    }

    fn act(&mut self, act: Act) {
        let now = self.world.now();
        let phone = |index: usize| self.world.phones().into_iter().nth(index);
        match act {
            Act::Answer(index) => phone(index).into_iter().for_each(|phone| phone.acts(Command::Answer)),
            Act::Accept(index) => {
                phone(index).into_iter().for_each(|phone| phone.acts(Command::Digits("1".to_owned())));
            }
            Act::CalleeHangsUp(index) => {
                phone(index).into_iter().for_each(|phone| phone.acts(Command::Hangup(None)));
            }
            Act::Press(keys) => {
                self.caller.acts(Command::Digits(keys.clone()));
                self.deeds.push((now, What::Presses { keys }));
            }
            Act::Speak => {
                let span = Duration::from_secs(u64::from(self.question.assumed.message_s));
                self.caller.says_for(span);
                let ms = u64::from(self.question.assumed.message_s) * 1_000;
                self.deeds.push((now, What::Message { ms }));
                self.soon(span + HANGS_UP_AFTER, Act::HangUp("has left its message"));
            }
            Act::HangUp(why) => {
                self.deeds.push((now, What::GivesUp { why: why.to_owned() }));
                // Its phone may ring as well, as one of a group that it calls.
                self.caller.acts(Command::Hangup(self.line));
                self.is_over = true;
            }
        }
    }

    /// What is new, and what somebody does because of it.
    fn look(&mut self) {
        for phone in self.world.phones() {
            let shown = phone.shown();
            let from = self.shown.insert(phone.index(), shown).unwrap_or(0);
            if shown == from {
                continue;
            }
            let mut news = Vec::new();
            phone.find(from, |happening| {
                news.push(happening.clone());
                None::<()>
            });
            for happening in news {
                if phone.index() == self.caller.index() {
                    self.at_caller(&happening);
                } else {
                    self.called(&phone, &happening);
                }
            }
        }
        self.look_inside();
    }

    /// The caller's own phone may be rung too, as one of a group.
    fn at_caller(&mut self, happening: &Happening) {
        match happening {
            Happening::Incoming { line, .. } => drop(self.called_on.insert(*line)),
            Happening::Ended { line, .. } => self.is_over |= !self.called_on.contains(line),
            _ => {}
        }
    }

    fn called(&mut self, phone: &Handset, happening: &Happening) {
        let assumed = &self.question.assumed;
        match happening {
            Happening::Incoming { .. } => match self.manner(phone) {
                Manner::Silent | Manner::Offline => {}
                Manner::Answers(after) => {
                    self.soon(Duration::from_secs(u64::from(after)), Act::Answer(phone.index()));
                }
                Manner::Refuses(status) => phone.acts(Command::Decline(status)),
            },
            Happening::Talking { .. } => {
                self.talking = Some(phone.index());
                let talk = Duration::from_secs(u64::from(assumed.talk_s));
                self.soon(talk, Act::CalleeHangsUp(phone.index()));
            }
            _ => {}
        }
    }

    /// How whoever has this phone takes calls.
    fn manner(&self, phone: &Handset) -> Manner {
        let assumed = &self.question.assumed;
        let at =
            |address: SocketAddr| self.world.called_at(address).iter().any(|it| it.index() == phone.index());
        for (name, line) in &self.house.lines {
            if at(line.address) {
                return match assumed.lines.get(name) {
                    Some(LineState::Called(manner)) => manner.clone(),
                    Some(LineState::Down | LineState::Refuses(_)) | None => Manner::Silent,
                };
            }
        }
        assumed.users.get(&phone.user()).cloned().unwrap_or_default()
    }

    /// What the office asks of the caller, and of who has answered.
    fn look_inside(&mut self) {
        let from = self.seen;
        let (news, seen) = self.world.look_seen(|seen| {
            let news = seen.iter().skip(from).filter_map(|seen| match &seen.what {
                Seen::Fact(_, fact) => news_of(seen.at, fact),
                _ => None,
            });
            (news.collect::<Vec<_>>(), seen.len())
        });
        self.seen = seen;
        for news in news {
            match news {
                News::Caller(leg) => self.caller_leg = self.caller_leg.or(Some(leg)),
                News::Reads(at) => self.asked(at),
                News::TakesMessage => self.soon(SPEAKS_AFTER, Act::Speak),
            }
        }
    }

    /// Somebody is asked for keys: who hears the prompt for them. Without a prompt it is the caller.
    fn asked(&mut self, at: Time) {
        let prompts = &self.house.prompts;
        let asks = self.world.look_orders(|orders| {
            let now = orders.iter().rev().take_while(|order| order.at >= at);
            let asks = now.filter_map(|order| match &order.what {
                Ordered::Plays(play) if !play.interrupt.is_empty() => {
                    Some((order.leg, last_begins(prompts, &play.items)))
                }
                Ordered::Plays(_) | Ordered::Ended { .. } => None,
            });
            asks.take(1).collect::<Vec<_>>()
        });
        let (leg, begins) =
            asks.first().map_or((None, Duration::ZERO), |(leg, begins)| (Some(*leg), *begins));
        if leg.is_some_and(|leg| Some(leg) != self.caller_leg) {
            let talking = self.talking;
            return talking.into_iter().for_each(|index| self.soon(begins + KEYS_AFTER, Act::Accept(index)));
        }
        let keys = self.question.assumed.keys.get(self.asked).cloned();
        self.asked += 1;
        if let Some(keys) = keys.filter(|keys| !keys.is_empty()) {
            self.soon(begins + KEYS_AFTER, Act::Press(keys));
        }
    }
}

/// When the last of these begins: it is what asks.
fn last_begins(prompts: &Prompts, items: &[Audio]) -> Duration {
    let before = items.iter().rev().skip(1);
    let ms = before.map(|item| match item {
        Audio::Prompt { name, lang } => prompts.length_ms(name, lang).unwrap_or(0),
        Audio::Silence(ms) => *ms,
        Audio::File { .. } | Audio::Music(_) | Audio::Tone(_) => 0,
    });
    Duration::from_millis(ms.map(u64::from).sum())
}

enum News {
    Caller(LegId),
    Reads(Time),
    TakesMessage,
}

fn news_of(at: Time, fact: &Fact) -> Option<News> {
    match fact {
        Fact::LegState { leg, outgoing: false, .. } => Some(News::Caller(*leg)),
        Fact::Step { what, .. } if what.starts_with("read") => Some(News::Reads(at)),
        Fact::Step { what, .. } if what == "take_message" => Some(News::TakesMessage),
        _ => None,
    }
}
