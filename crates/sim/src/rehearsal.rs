//! What a rehearsal asks of its world beyond what scenarios do: to wait for something step by step, and what was heard by name.

use crate::stage::{Ear, Heard};
use crate::{Handset, Order, World};
use cordboard_base::{LegId, Time};
use cordboard_call::CallSummary;
use cordboard_exchange::{AdminReply, AdminRequest, Input, LogLine};
use cordboard_journey::Seen;
use cordboard_phone::{Command, Happening};
use core::time::Duration;

impl World {
    /// Lets one thing after the other happen until something is so, for `limit` at most. Says whether it is.
    pub fn wait_until(&self, limit: Duration, mut is_so: impl FnMut(&Self) -> bool) -> bool {
        let end = self.now() + limit;
        let between = self.inner(|inner| inner.between.clone());
        loop {
            if is_so(self) {
                return true;
            }
            if !self.inner(|inner| inner.step(end)) {
                return is_so(self);
            }
            if let Some(between) = &between {
                between();
            }
        }
    }

    /// From now on this is called after each thing that happens. Meanwhile time stands still, and the world can be looked at.
    pub fn between(&self, does: impl Fn() + 'static) {
        self.inner(|inner| inner.between = Some(std::rc::Rc::new(does)));
    }

    /// Says nothing when it is dropped by a panic: whoever rehearses tells what went wrong itself.
    pub fn is_discreet(&self) {
        self.inner(|inner| inner.discreet = true);
    }

    /// All that was played to anybody so far, in order.
    pub fn look_heard<T>(&self, look: impl FnOnce(&[Heard]) -> T) -> T {
        self.inner(|inner| look(inner.stage.as_ref().map_or(&[], |stage| stage.heard.as_slice())))
    }

    /// What the office itself has seen and done so far, in order.
    pub fn look_seen<T>(&self, look: impl FnOnce(&[Seen]) -> T) -> T {
        self.inner(|inner| look(&inner.office.seen))
    }

    /// What the office has had its media play so far, in order.
    pub fn look_orders<T>(&self, look: impl FnOnce(&[Order]) -> T) -> T {
        self.inner(|inner| look(&inner.orders))
    }

    /// A number that grows with whatever the office does and displays show: as long as it is the same, nothing is new.
    pub fn pulse(&self) -> usize {
        self.inner(|inner| {
            let shown: usize = inner.phones.iter().map(|phone| phone.happened.len()).sum();
            shown + inner.office.seen.len() + inner.stage.as_ref().map_or(0, |stage| stage.heard.len())
        })
    }

    /// The ladder so far, as text.
    pub fn ladder(&self) -> String {
        self.inner(|inner| inner.ladder.to_string())
    }

    /// The log so far, with its times.
    pub fn timed_log(&self) -> Vec<(Time, LogLine)> {
        self.inner(|inner| inner.office.log.clone())
    }

    /// Live calls.
    pub fn live_calls(&self) -> Vec<CallSummary> {
        match self.ask(AdminRequest::Calls) {
            Some(AdminReply::Calls(calls)) => calls,
            Some(_) | None => Vec::new(),
        }
    }

    /// Asks as the command line does.
    pub fn ask(&self, request: AdminRequest) -> Option<AdminReply> {
        self.inner(|inner| {
            inner.tell_office(Input::Admin { id: 1, request });
            inner.office.admin.pop().map(|(_, reply)| reply)
        })
    }

    /// The user of a phone by its place, or the number of an outsider.
    pub fn name_of_phone(&self, index: usize) -> String {
        self.inner(|inner| inner.phones.get(index).map(|phone| phone.user.clone()).unwrap_or_default())
    }

    /// Those who have a phone that has done anything or was called, by place.
    pub fn phones(&self) -> Vec<Handset> {
        let count = self.inner(|inner| inner.phones.len());
        (0..count).map(|index| Handset { world: self.clone(), index }).collect()
    }
}

impl Handset {
    /// Its place in the world.
    pub fn index(&self) -> usize {
        self.index
    }

    /// All that its display has shown, with the time.
    pub fn display(&self) -> Vec<(Time, Happening)> {
        self.world.inner(|inner| inner.phones[self.index].happened.clone())
    }

    /// How many things its display has shown.
    pub fn shown(&self) -> usize {
        self.world.inner(|inner| inner.phones[self.index].happened.len())
    }

    /// The first thing from this place on that its display has shown and that is looked for, with its place.
    pub fn find<T>(&self, from: usize, mut find: impl FnMut(&Happening) -> Option<T>) -> Option<(usize, T)> {
        self.world.inner(|inner| {
            let happened = inner.phones[self.index].happened.iter().enumerate().skip(from);
            happened.filter_map(|(at, (_, happening))| find(happening).map(|found| (at, found))).next()
        })
    }

    /// Does something, and lets what follows at once happen.
    pub fn acts(&self, command: Command) {
        self.does(command);
        self.world.run_ms(0);
    }

    /// Does something after so long, whatever else happens meanwhile.
    pub fn acts_later(&self, after: Duration, command: Command) {
        self.world.inner(|inner| inner.later(self.index, after, command));
    }

    /// From now on it answers by itself, so long after it has begun to ring.
    pub fn answers_by_itself(&self, after: Duration) {
        self.world.inner(|inner| inner.phones[self.index].answers_after = Some(after));
    }

    /// What is heard on its newest line that has media.
    pub fn hears_now(&self) -> Vec<Ear> {
        self.world.inner(|inner| {
            let Some(stage) = &inner.stage else { return Vec::new() };
            stage.lines_of(self.index).last().map(|line| stage.ear(self.index, *line)).unwrap_or_default()
        })
    }

    /// What is heard on a line.
    pub fn hears_on(&self, line: LegId) -> Vec<Ear> {
        self.world
            .inner(|inner| inner.stage.as_ref().map(|stage| stage.ear(self.index, line)).unwrap_or_default())
    }

    /// Its user says something from now on, for so long.
    pub fn says_for(&self, span: Duration) {
        self.world.inner(|inner| {
            let until = inner.now + span;
            if let Some(stage) = &mut inner.stage {
                stage.speak(self.index, until);
            }
            inner.drain_stage();
        });
    }

    /// It is a machine that has answered.
    pub fn is_a_machine(&self) {
        self.world.inner(|inner| {
            if let Some(stage) = &mut inner.stage {
                stage.is_machine(self.index);
            }
        });
    }
}
