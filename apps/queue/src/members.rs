//! Members: logging in and out, pausing, and the lamps that show it. Who logged in and who is paused is kept.

use crate::agent::{Device, Work};
use crate::caller::Stage;
use crate::queue::{Member, Origin, Pause};
use crate::queues::{MEMBERS_MAX, Queues};
use crate::request::{Answer, Change};
use crate::settings::AutoPause;
use crate::statistics::key_of;
use cordboard_app::{Change as Row, Destination, Identity, ServiceOutput};
use cordboard_base::{CallId, Time};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Characters of a reason or a member's name.
const TEXT_MAX: usize = 80;

/// A member as it is kept: one that logged in, or one of the settings' that is paused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MemberRow {
    pub(crate) queue: String,
    pub(crate) who: Destination,
    pub(crate) penalty: u32,
    pub(crate) name: String,
    pub(crate) is_dynamic: bool,
    pub(crate) paused: Option<Pause>,
    #[serde(default)]
    pub(crate) state_of: Option<String>,
}

impl Queues {
    /// Wants to be told of the states of all members, and no longer of those who are none any more: who logs out and in again still has
    /// its work after a call.
    pub(crate) fn watch_members(&mut self, now: Time) {
        let mut all: BTreeMap<Destination, Option<String>> = BTreeMap::new();
        for member in self.queues.values().flat_map(|queue| &queue.members) {
            let state_of = all.entry(member.who.clone()).or_default();
            *state_of = state_of.take().or_else(|| member.state_of.clone());
        }
        self.agents
            .retain(|who, agent| all.contains_key(who) || agent.work != Work::Free || agent.wrapped_up > now);
        let mut asked = BTreeSet::new();
        for (who, state_of) in all {
            let known = self.agents.get(&who).map(|agent| &agent.state_of) == Some(&state_of);
            let agent = self.agents.entry(who.clone()).or_default();
            agent.state_of = state_of;
            if !known {
                asked.insert(agent.watched(&who));
            }
        }
        let watched: BTreeSet<Destination> =
            self.agents.iter().map(|(who, agent)| agent.watched(who)).collect();
        for who in self.watched.difference(&watched).cloned() {
            self.out.push_back(ServiceOutput::Watch { who, wanted: false });
        }
        // One that is watched already says once more how it is.
        asked.extend(watched.difference(&self.watched).cloned());
        for who in asked {
            self.out.push_back(ServiceOutput::Watch { who, wanted: true });
        }
        self.watched = watched;
    }

    /// A telephone is in another state: that of all who are known by it.
    pub(crate) fn state_told(&mut self, now: Time, watched: &Destination, device: Device) {
        let known_by = self.agents.iter().filter(|(who, agent)| agent.watched(who) == *watched);
        let agents: Vec<Destination> = known_by.map(|(who, _)| who.clone()).collect();
        for who in agents {
            self.device(now, &who, device);
        }
    }

    /// Changes a member, of one queue or of all that it is in; `by` is the call that wants it.
    pub(crate) fn change(
        &mut self,
        now: Time,
        by: Option<CallId>,
        (queue, who): (Option<&str>, &Destination),
        what: &Change,
    ) -> Answer {
        let names: Vec<String> = match queue {
            Some(queue) => match self.name_of(queue) {
                Some(name) => vec![name],
                None => return Answer::Refused(format!("there is no queue {}", queue.escape_debug())),
            },
            None => {
                let of =
                    |name: &&String| self.queues.get(*name).is_some_and(|queue| queue.member(who).is_some());
                self.queues.keys().filter(of).cloned().collect()
            }
        };
        if names.is_empty() {
            return Answer::Refused("no member of any queue".to_owned());
        }
        let what = if queue.is_none() { self.for_all(&names, who, what) } else { what.clone() };
        for name in &names {
            if let Err(why) = self.change_one(now, by, (name, who), &what) {
                return Answer::Refused(why);
            }
        }
        self.watch_members(now);
        let members = names.iter().filter_map(|name| self.queues.get(name)?.member(who));
        let members: Vec<&Member> = members.collect();
        let is_paused = !members.is_empty() && members.iter().all(|member| member.paused.is_some());
        let is_in = !members.is_empty();
        Answer::Member { is_in, is_paused, queues: names }
    }

    /// A change of all queues does the same in each of them. The log has a line for all, as Asterisk's has, before those of each.
    fn for_all(&mut self, names: &[String], who: &Destination, what: &Change) -> Change {
        let is_paused = |name: &String| self.queues.get(name)?.member(who)?.paused.as_ref();
        let all_paused = names.iter().all(|name| is_paused(name).is_some());
        let what = match what {
            Change::TogglePause { .. } if all_paused => Change::Resume,
            Change::TogglePause { reason } => Change::Pause { reason: reason.clone() },
            Change::Add { .. } | Change::Remove | Change::Toggle | Change::Pause { .. } | Change::Resume => {
                what.clone()
            }
        };
        let event = match what {
            Change::Pause { .. } => Some("PAUSEALL"),
            Change::Resume => Some("UNPAUSEALL"),
            Change::Add { .. } | Change::Remove | Change::Toggle | Change::TogglePause { .. } => None,
        };
        if let Some(event) = event {
            self.journal_agent(who, event);
        }
        what
    }

    fn change_one(
        &mut self,
        now: Time,
        by: Option<CallId>,
        (name, who): (&str, &Destination),
        what: &Change,
    ) -> Result<(), String> {
        let member = self.queues.get(name).and_then(|queue| queue.member(who));
        let (is_in, is_paused) = (member.is_some(), member.is_some_and(|member| member.paused.is_some()));
        let is_static = member.is_some_and(|member| member.origin == Origin::Static);
        match what {
            Change::Toggle if is_static => self.pause(name, who, (!is_paused).then_some("")),
            Change::Toggle if is_in => self.remove(now, by, (name, who)),
            Change::Toggle => self.add(by, (name, who), 0, ("", None)),
            Change::Add { .. } if is_static => self.pause(name, who, None),
            Change::Add { penalty, name: own, state_of } => {
                self.add(by, (name, who), *penalty, (own, state_of.clone()))
            }
            // Who is always a member pauses instead: the settings can't be logged out of.
            Change::Remove if is_static => self.pause(name, who, Some("")),
            Change::Remove => self.remove(now, by, (name, who)),
            Change::Pause { reason } => self.pause(name, who, Some(reason)),
            Change::Resume => self.pause(name, who, None),
            Change::TogglePause { reason } => self.pause(name, who, (!is_paused).then_some(reason)),
        }
    }

    fn add(
        &mut self,
        by: Option<CallId>,
        (name, who): (&str, &Destination),
        penalty: u32,
        (own, state_of): (&str, Option<String>),
    ) -> Result<(), String> {
        let own: String = own.chars().filter(|c| !c.is_control()).take(TEXT_MAX).collect();
        let Some(queue) = self.queues.get_mut(name) else { return Ok(()) };
        let may = queue.settings.may_login.is_empty()
            || matches!(who, Destination::User(user) if queue.settings.may_login.contains(user));
        if !may {
            return Err(format!("{} may not log in to {name}", key_of(who)));
        }
        let is_full = queue.members.len() >= MEMBERS_MAX;
        match queue.member_mut(who) {
            Some(member) => {
                let was = core::mem::replace(&mut member.penalty, penalty);
                member.name = own;
                member.state_of = state_of;
                if was != penalty {
                    self.journal(None, name, Some(who), "PENALTY", &[&penalty.to_string()]);
                }
            }
            None if is_full => return Err(format!("{name} has too many members")),
            None => {
                let member = Member::new(who.clone(), penalty, own, Origin::Dynamic);
                queue.members.push(Member { state_of, ..member });
                self.journal(by, name, Some(who), "ADDMEMBER", &[""]);
            }
        }
        self.keep_member(name, who);
        Ok(())
    }

    fn remove(
        &mut self,
        now: Time,
        by: Option<CallId>,
        (name, who): (&str, &Destination),
    ) -> Result<(), String> {
        let Some(queue) = self.queues.get_mut(name) else { return Ok(()) };
        if queue.member(who).is_none() {
            return Err(format!("{} is no member of {name}", key_of(who)));
        }
        self.journal(by, name, Some(who), "REMOVEMEMBER", &[""]);
        if let Some(queue) = self.queues.get_mut(name) {
            queue.members.retain(|member| member.who != *who);
        }
        self.take_back(now, name, who);
        self.durable.push(Row::Forget { key: key(name, who) });
        Ok(())
    }

    /// Calls that are about to ring there do not.
    fn take_back(&mut self, now: Time, name: &str, who: &Destination) {
        let called = self.callers.iter().find(|(_, caller)| {
            caller.queue == name && matches!(&caller.stage, Stage::Called(whom) if whom.contains(who))
        });
        if let Some(id) = called.map(|(id, _)| *id) {
            self.release(now, id);
        }
    }

    fn pause(&mut self, name: &str, who: &Destination, reason: Option<&str>) -> Result<(), String> {
        let since_unix_s = self.unix_us.div_euclid(1_000_000);
        let Some(member) = self.queues.get_mut(name).and_then(|queue| queue.member_mut(who)) else {
            return Err(format!("{} is no member of {name}", key_of(who)));
        };
        let reason: Option<String> =
            reason.map(|reason| reason.chars().filter(|c| !c.is_control()).take(TEXT_MAX).collect());
        if member.paused.as_ref().map(|pause| &pause.reason) == reason.as_ref() {
            return Ok(());
        }
        member.paused = reason.clone().map(|reason| Pause { reason, since_unix_s });
        match reason {
            Some(reason) => self.journal(None, name, Some(who), "PAUSE", &[&reason]),
            None => self.journal(None, name, Some(who), "UNPAUSE", &[""]),
        }
        self.keep_member(name, who);
        Ok(())
    }

    /// Pauses an agent that did not answer.
    pub(crate) fn auto_pause(&mut self, now: Time, name: &str, who: &Destination, how_far: AutoPause) {
        let change = Change::Pause { reason: "Auto-Pause".to_owned() };
        let queue = (how_far != AutoPause::All).then_some(name);
        let _paused = self.change(now, None, (queue, who), &change);
    }

    fn keep_member(&mut self, name: &str, who: &Destination) {
        let Some(member) = self.queues.get(name).and_then(|queue| queue.member(who)) else { return };
        let key = key(name, who);
        let is_dynamic = member.origin == Origin::Dynamic;
        if !is_dynamic && member.paused.is_none() {
            return self.durable.push(Row::Forget { key });
        }
        let row = MemberRow {
            queue: name.to_owned(),
            who: who.clone(),
            penalty: member.penalty,
            name: member.name.clone(),
            is_dynamic,
            paused: member.paused.clone(),
            state_of: member.state_of.clone(),
        };
        if let Ok(row) = serde_json::to_string(&row) {
            self.durable.push(Row::Keep { key, row, expires_unix_s: i64::MAX });
        }
    }

    /// A member as it was kept. A queue that is gone has none.
    pub(crate) fn restore_member(&mut self, now: Time, row: MemberRow) {
        let Some(queue) = self.queues.get_mut(&row.queue) else { return };
        let has_room = queue.members.len() < MEMBERS_MAX;
        match queue.member_mut(&row.who) {
            Some(member) => member.paused = row.paused,
            None if row.is_dynamic && has_room => {
                let mut member = Member::new(row.who, row.penalty, row.name, Origin::Dynamic);
                member.paused = row.paused;
                member.state_of = row.state_of;
                queue.members.push(member);
            }
            None => {}
        }
        self.watch_members(now);
    }

    /// Lamps: `queue-sales` blinks while callers wait; `queue-sales-101` is lit while 101 is a member, and blinks while it is paused.
    pub(crate) fn show_lamps(&mut self) {
        let mut lamps = Vec::new();
        for (name, queue) in &self.queues {
            let mut waiting =
                self.callers.values().filter(|caller| caller.queue == *name && caller.is_in_line());
            let first = waiting.next().map(|caller| caller.who.clone());
            let state = if first.is_some() { "ringing" } else { "idle" };
            lamps.push((format!("queue-{name}"), state, first.unwrap_or_default()));
            let members = queue.members.iter().filter_map(|member| match &member.who {
                Destination::User(user) => Some((user, Some(member.paused.is_some()))),
                Destination::Trunk { .. } | Destination::Extension { .. } => None,
            });
            let may_login = queue.settings.may_login.iter().map(|user| (user, None));
            let users: BTreeMap<&String, Option<bool>> = may_login.chain(members).collect();
            for (user, is_paused) in users {
                let state = match is_paused {
                    Some(false) => "busy",
                    Some(true) => "ringing",
                    None => "idle",
                };
                lamps.push((format!("queue-{name}-{user}"), state, Identity::default()));
            }
        }
        for (name, state, other) in lamps {
            let shown = (state.to_owned(), other.clone());
            if self.lamps.get(&name) != Some(&shown) {
                self.lamps.insert(name.clone(), shown);
                self.out.push_back(ServiceOutput::Lamp { name, state: state.to_owned(), other });
            }
        }
    }
}

fn key(queue: &str, who: &Destination) -> String {
    format!("member/{queue}/{}", key_of(who))
}
