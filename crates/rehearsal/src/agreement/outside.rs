//! The same call once more in another world, and what can be seen of it from outside of the exchange: SIP messages on the wire, what
//! the caller's ear hears, the record. Nothing of `predict` is used but the question; people are played by code of this file's own,
//! which knows of the call only what their displays and ears tell them.
#![allow(clippy::wildcard_enum_match_arm, reason = "people wait for one happening and pass over all others")]

use crate::house::House;
use crate::predict::{Caller, LineState, Manner, Question};
use cordboard_base::Time;
use cordboard_call::Disposition;
use cordboard_phone::{Command, Happening};
use cordboard_sim::stage::Given;
use cordboard_sim::{Handset, OFFICE, TraceLine, World};
use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

/// The office has been up for so long when the call comes, and for so much more for each code that is dialled and each trunk that is
/// found to be down before: other times than where it is foreseen.
const UP: Duration = Duration::from_secs(7);
const CODE: Duration = Duration::from_secs(55);
const DOWN: Duration = Duration::from_secs(400);
/// Prompts after which keys are pressed.
const ASKING: [&str; 2] = ["demo-menu", "press-1"];
/// The beep before a message, in Hz.
const BEEP: [u16; 2] = [1_000, 0];

/// Who rang, from when and for how long, in ms, and whether it was answered.
pub(super) type Rang = (String, u64, u64, bool);

/// What was seen of a call from outside.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Trace {
    pub(super) route: Option<(String, String)>,
    /// What the caller heard, and whether to its end.
    pub(super) heard: Vec<(String, bool)>,
    pub(super) rang: Vec<Rang>,
    /// When the caller was answered.
    pub(super) answered_ms: Option<u64>,
    /// The final status, if it was not.
    pub(super) status: Option<u16>,
    pub(super) over_ms: u64,
    pub(super) disposition: &'static str,
    pub(super) cause: String,
}

struct Street<'a> {
    question: &'a Question,
    world: World,
    caller: Handset,
    trunk: core::net::SocketAddr,
    shown: BTreeMap<usize, usize>,
    heard: usize,
    asked: usize,
    plans: BTreeSet<(Time, usize, Plan)>,
    /// Calls that come to the caller's phone: it may be one of a group.
    others: BTreeSet<cordboard_base::LegId>,
    over: Option<Time>,
    has_spoken: bool,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Plan {
    PickUp,
    PutDown,
    Keys(String),
    Speak,
    GiveUp,
    One,
}

pub(super) fn trace(house: &House, question: &Question) -> Trace {
    let is_down = question.assumed.lines.values().any(|state| *state == LineState::Down);
    let codes = u32::try_from(question.assumed.dialed.len()).unwrap();
    let up = UP + CODE * codes + if is_down { DOWN } else { Duration::ZERO };
    let up_us = i64::try_from(up.as_micros()).unwrap();
    house.watch.take_routes();
    house.scripts.take_steps();
    let world = house.world(question.at_us - up_us);
    let trunk = house.line("itsp").map(|(_, line)| line.address).unwrap();
    let start = Time::from_secs(1) + up;
    settle(house, question, &world, trunk, start);
    world.run_for(start.since(world.now()));
    house.watch.take_routes();
    let (messages, heard) = (world.trace().len(), world.look_heard(<[_]>::len));
    let records = world.records().len();
    let caller = match &question.caller {
        Caller::User(user) => world.seat(house.seat_of(user).unwrap()).unwrap(),
        Caller::Outside { number, .. } if number.is_empty() => {
            world.outsider(trunk, "anonymous", "Anonymous", "anonymous.invalid")
        }
        Caller::Outside { number, .. } => world.outsider(trunk, number, "", &trunk.ip().to_string()),
    };
    let shown = world.phones().iter().map(|phone| (phone.index(), phone.shown())).collect();
    let mut street = Street {
        question,
        world: world.clone(),
        caller: caller.clone(),
        trunk,
        shown,
        heard,
        asked: 0,
        plans: BTreeSet::new(),
        others: BTreeSet::new(),
        over: None,
        has_spoken: false,
    };
    caller.acts(Command::Call(question.number.clone()));
    street.live(start);
    let over = street.over.unwrap_or_else(|| world.now());
    world.wait_until(Duration::from_secs(120), |world| world.call_count() == 0);
    world.run_for(Duration::from_millis(50));
    let route = house.watch.take_routes().into_iter().next().map(|route| (route.context, route.pattern));
    let lines = world.trace().split_off(messages);
    let record = world.records().into_iter().nth(records);
    let ms = |at: Time| u64::try_from(at.since(start).as_millis()).unwrap();
    let (answered, status) = answered(&lines, &caller_address(question, house, trunk));
    Trace {
        route,
        heard: heard_by(&world, &caller, heard),
        rang: rang(house, &lines, &ms, trunk),
        answered_ms: answered.map(ms),
        status,
        over_ms: ms(over),
        disposition: record.as_ref().map_or("none", |record| word(record.disposition)),
        cause: record.map(|record| record.cause.to_string()).unwrap_or_default(),
    }
}

fn word(disposition: Disposition) -> &'static str {
    match disposition {
        Disposition::Answered => "answered",
        Disposition::Busy => "busy",
        Disposition::NoAnswer => "no-answer",
        Disposition::Failed => "failed",
        Disposition::Cancelled => "cancelled",
    }
}

/// Everything is as it is assumed, by the moment.
fn settle(house: &House, question: &Question, world: &World, trunk: core::net::SocketAddr, start: Time) {
    let assumed = &question.assumed;
    for (user, code) in &assumed.dialed {
        let phone = world.seat(house.seat_of(user).unwrap()).unwrap();
        phone.acts(Command::Call(code.clone()));
        let over = |phone: &Handset| {
            phone.display().iter().rev().find_map(|(_, happening)| match happening {
                Happening::Ended { .. } => Some(true),
                Happening::Talking { .. } => Some(false),
                _ => None,
            }) == Some(true)
        };
        let shown = phone.shown();
        world.wait_until(Duration::from_secs(50), |_| phone.shown() > shown && over(&phone));
        if !over(&phone) {
            phone.acts(Command::Hangup(None));
        }
        world.run_for(Duration::from_secs(3));
    }
    for state in assumed.lines.values() {
        match state {
            LineState::Down => {
                world.gateway_lives(trunk, false);
                // It is found out a minute later and half a minute after that, at the latest.
                world.run_for(DOWN);
            }
            LineState::Refuses(status) => world.gateway_refuses(trunk, Some(*status)),
            LineState::Called(_) => {}
        }
    }
    for (user, manner) in &assumed.users {
        if *manner == Manner::Offline {
            world.seat(house.seat_of(user).unwrap()).unwrap().acts(Command::Unregister);
        }
    }
    assert!(world.now() < start, "the preparation takes too long");
}

impl Street<'_> {
    fn live(&mut self, start: Time) {
        let patience = start + Duration::from_secs(u64::from(self.question.assumed.patience_s));
        self.plans.insert((patience, self.caller.index(), Plan::GiveUp));
        self.watch();
        while self.over.is_none() {
            let next = self.plans.first().map(|(at, ..)| *at).unwrap();
            let pulse = self.world.pulse();
            self.world.wait_until(next.since(self.world.now()), |world| world.pulse() != pulse);
            self.watch();
            while let Some((at, who, plan)) = self.plans.first().cloned() {
                if at > self.world.now() || self.over.is_some() {
                    break;
                }
                self.plans.pop_first();
                self.carry_out(who, plan);
                self.watch();
            }
        }
    }

    fn plan(&mut self, after_ms: u64, who: usize, plan: Plan) {
        self.plans.insert((self.world.now() + Duration::from_millis(after_ms), who, plan));
    }

    fn carry_out(&mut self, who: usize, plan: Plan) {
        let phone = self.world.phones().swap_remove(who);
        match plan {
            Plan::PickUp => phone.acts(Command::Answer),
            Plan::PutDown => phone.acts(Command::Hangup(None)),
            Plan::Keys(keys) => phone.acts(Command::Digits(keys)),
            Plan::One => phone.acts(Command::Digits("1".to_owned())),
            Plan::Speak => {
                let s = self.question.assumed.message_s;
                phone.says_for(Duration::from_secs(u64::from(s)));
                self.plan(u64::from(s) * 1_000 + 1_000, who, Plan::GiveUp);
            }
            Plan::GiveUp => {
                let mut lines = phone.lines().into_iter();
                phone.acts(Command::Hangup(lines.find(|line| !self.others.contains(line))));
                self.over = Some(self.world.now());
            }
        }
    }

    /// What displays show and ears hear that is new.
    fn watch(&mut self) {
        for phone in self.world.phones() {
            let shown = phone.shown();
            let from = self.shown.insert(phone.index(), shown).unwrap_or(0);
            if shown == from {
                continue;
            }
            for (_, happening) in phone.display().into_iter().skip(from) {
                if phone.index() != self.caller.index() {
                    self.is_called(&phone, &happening);
                    continue;
                }
                match happening {
                    Happening::Incoming { line, .. } => drop(self.others.insert(line)),
                    Happening::Ended { line, .. } if !self.others.contains(&line) => {
                        self.over = self.over.or(Some(self.world.now()));
                    }
                    _ => {}
                }
            }
        }
        let new = self.world.look_heard(|heard| heard.get(self.heard..).unwrap_or_default().to_vec());
        self.heard += new.len();
        for heard in new {
            let is_caller = heard.phone == Some(self.caller.index());
            match (&heard.what, heard.phone) {
                (Given::Prompt(name), Some(_)) if is_caller && ASKING.contains(&name.as_str()) => {
                    let keys = self.question.assumed.keys.get(self.asked).cloned();
                    self.asked += 1;
                    keys.into_iter().for_each(|keys| self.plan(1_000, self.caller.index(), Plan::Keys(keys)));
                }
                (Given::Tone(BEEP), Some(_)) if is_caller && !self.has_spoken => {
                    self.has_spoken = true;
                    self.plan(500, self.caller.index(), Plan::Speak);
                }
                // Who is asked whether to take a call does.
                (Given::Prompt(name), Some(other)) if !is_caller && name.contains("options") => {
                    self.plan(1_000, other, Plan::One);
                }
                _ => {}
            }
        }
    }

    fn is_called(&mut self, phone: &Handset, happening: &Happening) {
        let assumed = &self.question.assumed;
        let is_outside = self.world.called_at(self.trunk).iter().any(|it| it.index() == phone.index());
        let manner = match assumed.lines.get("itsp") {
            Some(LineState::Called(manner)) if is_outside => manner.clone(),
            _ if is_outside => Manner::Silent,
            _ => assumed.users.get(&phone.user()).cloned().unwrap_or_default(),
        };
        match (happening, manner) {
            (Happening::Incoming { .. }, Manner::Answers(after)) => {
                self.plan(u64::from(after) * 1_000, phone.index(), Plan::PickUp);
            }
            (Happening::Incoming { .. }, Manner::Refuses(status)) => phone.acts(Command::Decline(status)),
            (Happening::Talking { .. }, _) => {
                self.plan(u64::from(assumed.talk_s) * 1_000, phone.index(), Plan::PutDown);
            }
            _ => {}
        }
    }
}

fn caller_address(question: &Question, house: &House, trunk: core::net::SocketAddr) -> core::net::SocketAddr {
    match &question.caller {
        Caller::User(user) => house.seat_of(user).unwrap(),
        Caller::Outside { .. } => trunk,
    }
}

fn heard_by(world: &World, caller: &Handset, from: usize) -> Vec<(String, bool)> {
    world.look_heard(|heard| {
        let own = heard.iter().skip(from).filter(|heard| heard.phone == Some(caller.index()));
        own.filter_map(|heard| match &heard.what {
            Given::Prompt(name) => Some((name.clone(), heard.whole)),
            Given::File(_) => Some(("a recording".to_owned(), heard.whole)),
            Given::Music(class) => Some((format!("music \"{class}\""), heard.whole)),
            Given::Tone(_) | Given::Silence(_) => None,
        })
        .collect()
    })
}

/// A header's value.
fn header<'a>(text: &'a str, name: &str) -> &'a str {
    let line = text.lines().find_map(|line| line.strip_prefix(name).and_then(|rest| rest.strip_prefix(':')));
    line.unwrap_or_default().trim()
}

fn is_of_invite(text: &str) -> bool {
    header(text, "CSeq").ends_with("INVITE")
}

fn status_of(line: &str) -> Option<u16> {
    line.strip_prefix("SIP/2.0 ")?.get(..3)?.parse().ok()
}

/// When the caller's INVITE got its 200, or which final status it got, as the caller's phone has it from the wire.
fn answered(lines: &[TraceLine], caller: &core::net::SocketAddr) -> (Option<Time>, Option<u16>) {
    let invite = lines
        .iter()
        .find(|line| line.from == *caller && line.to == OFFICE && line.first_line().starts_with("INVITE "));
    let Some(invite) = invite else { return (None, None) };
    let text = String::from_utf8_lossy(&invite.bytes).into_owned();
    let call = header(&text, "Call-ID").to_owned();
    for line in lines.iter().filter(|line| line.to == *caller && line.from == OFFICE) {
        let text = String::from_utf8_lossy(&line.bytes).into_owned();
        if header(&text, "Call-ID") != call || !is_of_invite(&text) {
            continue;
        }
        match status_of(&line.first_line()) {
            // Its password is asked for.
            Some(401 | 407) => {}
            Some(200..=299) => return (Some(line.at), None),
            Some(status @ 300..) => return (None, Some(status)),
            _ => {}
        }
    }
    (None, None)
}

/// Who rang, as its phone and the office have said it on the wire.
fn rang(
    house: &House,
    lines: &[TraceLine],
    ms: &dyn Fn(Time) -> u64,
    trunk: core::net::SocketAddr,
) -> Vec<Rang> {
    let mut rung: BTreeMap<String, (Time, String)> = BTreeMap::new();
    let mut called: BTreeMap<String, String> = BTreeMap::new();
    let mut done = Vec::new();
    // Of two who answer at the same moment one is sent away at once.
    let is_sent_away = |call: &str, answered: Time| {
        lines.iter().any(|line| {
            let near = line.at >= answered && line.at.since(answered) < Duration::from_millis(100);
            let is_bye = line.from == OFFICE && line.first_line().starts_with("BYE ");
            near && is_bye && header(&String::from_utf8_lossy(&line.bytes), "Call-ID") == call
        })
    };
    for line in lines {
        let text = String::from_utf8_lossy(&line.bytes).into_owned();
        let call = header(&text, "Call-ID").to_owned();
        let first = line.first_line();
        if line.from == OFFICE && first.starts_with("INVITE ") && !called.contains_key(&call) {
            let number = first.trim_start_matches("INVITE sip:").split(['@', ';']).next().unwrap_or_default();
            let user = house.seats.iter().find(|seat| seat.address == line.to);
            let who = match user {
                Some(seat) if line.to != trunk => seat.user.clone(),
                _ => format!("{number} by itsp"),
            };
            called.insert(call.clone(), who);
        }
        let Some(who) = called.get(&call) else { continue };
        match (line.to == OFFICE, status_of(&first)) {
            (true, Some(180)) => drop(rung.entry(call.clone()).or_insert((line.at, who.clone()))),
            (true, Some(status @ 200..)) if is_of_invite(&text) => {
                if let Some((from, who)) = rung.remove(&call) {
                    let has_it = status < 300 && !is_sent_away(&call, line.at);
                    done.push((who, ms(from), ms(line.at) - ms(from), has_it));
                }
            }
            _ => {
                if first.starts_with("CANCEL ")
                    && let Some((from, who)) = rung.remove(&call)
                {
                    done.push((who, ms(from), ms(line.at) - ms(from), false));
                }
            }
        }
    }
    done
}
