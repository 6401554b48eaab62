//! Everybody in a replay: who does what and when, by what was kept of them.

use crate::house::House;
use cordboard_base::Time;
use cordboard_journey::{Callee, Deed, Does, Gap, Inputs, Message, Since, What};
use cordboard_phone::{Command, Happening};
use cordboard_sim::{Handset, World};
use core::net::SocketAddr;
use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

/// Less than this between the end of a message and its silence is nothing that was said.
const SAID_MIN: Duration = Duration::from_millis(500);

/// So much longer than the call was its caller waits for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Somebody, and what it has yet to do.
struct Actor {
    phone: Handset,
    /// How much of its display was looked at.
    seen: usize,
    began: Option<Time>,
    answered: Option<Time>,
    deeds: VecDeque<Deed>,
}

impl Actor {
    fn new(phone: Handset, deeds: &[Deed]) -> Self {
        Self { phone, seen: 0, began: None, answered: None, deeds: deeds.to_vec().into() }
    }

    /// When its next deed is due, if that is known yet.
    fn due(&self, reads: &[Time], talk: Option<Time>, patience: Time) -> Option<Time> {
        let deed = self.deeds.front()?;
        let since = match deed.since {
            Since::Began => self.began,
            Since::Answered => self.answered,
            // Whoever waits for an answer that does not come has had enough some time.
            Since::Talk if talk.is_none() => return Some(patience),
            Since::Talk => talk,
            Since::Read(number) => number.checked_sub(1).and_then(|at| reads.get(at)).copied(),
        };
        Some(since? + Duration::from_micros(deed.after_us.unsigned_abs()))
    }
}

pub(super) struct People<'a> {
    house: &'a House,
    world: &'a World,
    /// The caller first.
    actors: BTreeMap<usize, Actor>,
    caller: usize,
    dialed: String,
    /// What those who are called do, by user or trunk, in the order in which they are called.
    plans: BTreeMap<String, VecDeque<Callee>>,
    /// When digits were asked for.
    reads: Vec<Time>,
    /// How much of what the exchange told was looked at.
    told: usize,
    /// What the caller says when a message is taken.
    messages: VecDeque<Message>,
    began: Time,
    /// So long the caller waits for somebody who is called now and does not answer.
    patience: Time,
    pub(super) gaps: Vec<Gap>,
}

impl<'a> People<'a> {
    pub(super) fn new(house: &'a House, world: &'a World, caller: Handset, inputs: &Inputs) -> Self {
        let mut plans: BTreeMap<String, VecDeque<Callee>> = BTreeMap::new();
        for callee in &inputs.callees {
            plans.entry(callee.who.clone()).or_default().push_back(callee.clone());
        }
        let index = caller.index();
        let mut actor = Actor::new(caller, &inputs.deeds);
        actor.seen = actor.phone.shown();
        Self {
            house,
            world,
            actors: BTreeMap::from([(index, actor)]),
            caller: index,
            dialed: inputs.dialed.clone(),
            plans,
            reads: Vec::new(),
            told: world.look_seen(<[_]>::len),
            messages: inputs.messages.clone().into(),
            began: world.now(),
            patience: world.now() + Duration::from_micros(inputs.took_us.unsigned_abs()) + PATIENCE,
            gaps: Vec::new(),
        }
    }

    /// The caller dials, and all do what they do, until the call is over or so much time has passed.
    pub(super) fn act(&mut self, most: Duration) {
        let end = self.world.now() + most;
        if let Some(caller) = self.actors.get_mut(&self.caller) {
            caller.began = Some(self.world.now());
            caller.phone.acts(Command::Call(self.dialed.clone()));
        }
        loop {
            self.look();
            self.do_what_is_due();
            if self.is_over() {
                return;
            }
            let now = self.world.now();
            if now >= end {
                return self.give_up();
            }
            let (reads, talk, patience) = (&self.reads, self.talk(), self.patience);
            let next = self.actors.values().filter_map(|actor| actor.due(reads, talk, patience)).min();
            let until = next.unwrap_or(end).min(end).max(now);
            let before = self.so_far();
            let changed = |_: &World| self.so_far() != before;
            self.world.wait_until(until.since(now), changed);
        }
    }

    /// When the last of those who were called has answered.
    fn talk(&self) -> Option<Time> {
        let others = self.actors.iter().filter(|(index, _)| **index != self.caller);
        others.filter_map(|(_, actor)| actor.answered).max()
    }

    /// How much there is to be looked at.
    fn so_far(&self) -> (usize, usize) {
        let shown = self.world.phones().iter().map(Handset::shown).sum();
        (self.world.look_seen(<[_]>::len), shown)
    }

    fn is_over(&self) -> bool {
        let Some(caller) = self.actors.get(&self.caller) else { return true };
        let ended = |happening: &Happening| matches!(happening, Happening::Ended { .. }).then_some(());
        caller.phone.find(0, ended).is_some() && self.world.call_count() == 0
    }

    fn give_up(&mut self) {
        let after_us = self.since_began();
        let what = "it goes on for longer than it did; the caller is taken to hang up".to_owned();
        self.gaps.push(Gap { after_us, what, is_the_end: false });
        if let Some(caller) = self.actors.get(&self.caller) {
            caller.phone.acts(Command::Hangup(None));
        }
    }

    fn since_began(&self) -> i64 {
        i64::try_from(self.world.now().since(self.began).as_micros()).unwrap_or(i64::MAX)
    }

    /// What has come since: somebody rings, an answer, a question for digits.
    fn look(&mut self) {
        let (told, reads) = (self.told, &mut self.reads);
        let mut taken = 0_usize;
        self.told = self.world.look_seen(|seen| {
            for seen in seen.iter().skip(told) {
                if let What::Fact(_, fact) = &seen.what
                    && let cordboard_call::Fact::Step { what, .. } = fact.as_ref()
                {
                    if what.starts_with("read") {
                        reads.push(seen.at);
                    }
                    taken += usize::from(what == "take_message");
                }
            }
            seen.len()
        });
        (0..taken).for_each(|_| self.speaks());
        for phone in self.world.phones() {
            self.look_at(&phone);
        }
    }

    /// A message is taken: the caller says something for as long as it did, as far as that is known.
    fn speaks(&mut self) {
        let silence = Duration::from_secs(u64::from(self.house.silence_s()));
        let span = match self.messages.pop_front() {
            // The silence that ended it was none of what was said.
            Some(Message { took_us, ended_itself: true }) => {
                Duration::from_micros(took_us.unsigned_abs()).saturating_sub(silence)
            }
            Some(Message { took_us, ended_itself: false }) => Duration::from_micros(took_us.unsigned_abs()),
            None => silence,
        };
        if let Some(caller) = self.actors.get(&self.caller).filter(|_| span > SAID_MIN) {
            caller.phone.says_for(span);
        }
    }

    fn look_at(&mut self, phone: &Handset) {
        let index = phone.index();
        let seen = self.actors.get(&index).map_or(0, |actor| actor.seen);
        let news: Vec<(Time, Happening)> = phone.display().into_iter().skip(seen).collect();
        for (at, happening) in news {
            if matches!(happening, Happening::Incoming { .. }) {
                self.rings(phone, at);
            }
            let Some(actor) = self.actors.get_mut(&index) else { continue };
            actor.seen += 1;
            if matches!(happening, Happening::Talking { .. }) {
                actor.answered = actor.answered.or(Some(at));
            }
        }
    }

    /// Somebody is called: it does what it did then, when it was called as often.
    fn rings(&mut self, phone: &Handset, at: Time) {
        let who = self.who(phone);
        let plan = self.plans.get_mut(&who).and_then(VecDeque::pop_front);
        if plan.is_none() {
            let what = format!("what {who} does, who was not called then: nobody answers there");
            self.gaps.push(Gap { after_us: self.since_began(), what, is_the_end: false });
        }
        let deeds = plan.map(|plan| plan.deeds).unwrap_or_default();
        let seen = self.actors.get(&phone.index()).map_or(0, |actor| actor.seen);
        let mut actor = Actor::new(phone.clone(), &deeds);
        (actor.seen, actor.began) = (seen, Some(at));
        self.actors.insert(phone.index(), actor);
    }

    /// The user whose phone it is, or the trunk.
    fn who(&self, phone: &Handset) -> String {
        let is_at = |address: SocketAddr| {
            self.world.called_at(address).iter().any(|called| called.index() == phone.index())
        };
        let trunk = self.house.lines.iter().find(|(_, line)| is_at(line.address));
        trunk.map_or_else(|| phone.user(), |(name, _)| name.clone())
    }

    fn do_what_is_due(&mut self) {
        let now = self.world.now();
        let (talk, patience, reads) = (self.talk(), self.patience, &self.reads);
        let mut due = Vec::new();
        for actor in self.actors.values_mut() {
            while actor.due(reads, talk, patience).is_some_and(|at| at <= now) {
                let Some(deed) = actor.deeds.pop_front() else { break };
                due.push((actor.phone.clone(), deed.does));
            }
        }
        for (phone, does) in due {
            phone.acts(match does {
                Does::Presses(digit) => Command::Digits(digit.to_string()),
                Does::Answers => Command::Answer,
                Does::Refuses(status) => Command::Decline(status),
                Does::Holds => Command::Hold,
                Does::Resumes => Command::Resume,
                Does::Transfers(number) => Command::Transfer(number),
                Does::HangsUp => Command::Hangup(None),
            });
        }
    }
}
