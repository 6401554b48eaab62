//! The office-wide part: who waits for whom, and calling back when both are free.
//!
//! ```text
//!  Want ─▶ Activity ──callee talks──▶ Free ──both idle for a moment──▶ Recalling ──answered──▶ Recalled ──Gone──▶ forgotten
//!            ▲   busy: ───────────────▲ ▲                                │ busy, not there         │ Want: busy again
//!            │                          └────────────────────────────────┘                         │
//!            └─────────────────────────────────────────────────────────────────────────────────────┘
//! ```
//! Of several who wait for one user the first is called, then the next.

use crate::KIND;
use crate::manual::RECALL;
use crate::settings::Settings;
use crate::talk::{Answer, Request, Wish};
use crate::wanted::{Phase, Wanted};
use cordboard_app::{
    Answered, AskId, Asker, Cause, Change, Destination, DialOptions, Level, Moment, OnBehalfOf, Originate,
    Service, ServiceOutput, Then, Value,
};
use cordboard_base::{CallId, Time};
use core::time::Duration;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Requests of all together at most; one more is refused.
const WANTED_MAX: usize = 5_000;

/// Everybody who wants to be called back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Completions {
    settings: Settings,
    all: BTreeMap<u64, Wanted>,
    next_id: u64,
    /// The users that are watched: their states, and since when.
    states: BTreeMap<String, (String, Time)>,
    /// Whose phones are being called, also for requests that were cancelled meanwhile.
    #[serde(default)]
    calling: BTreeMap<u64, String>,
    commits: BTreeMap<u64, Pending>,
    next_commit: u64,
    deadline: Option<Time>,
    #[serde(skip)]
    out: VecDeque<ServiceOutput>,
}

/// What is being written, for whom, and what was there before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Pending {
    ask: AskId,
    answer: Answer,
    before: Vec<(u64, Option<Wanted>)>,
}

impl Service for Completions {
    const KIND: &'static str = KIND;

    fn out(&mut self) -> &mut VecDeque<ServiceOutput> {
        &mut self.out
    }

    fn configured(&mut self, _at: Moment, settings: &str) -> Result<(), serde_json::Error> {
        self.settings = serde_json::from_str(settings)?;
        Ok(())
    }

    fn kept(&mut self, _at: Moment, key: String, row: &str) {
        self.take_row(&key, row);
    }

    fn asked(&mut self, at: Moment, ask: AskId, asker: &Asker, request: &Value) -> Answered {
        self.requested(at, ask, asker, request.request(KIND)?);
        Ok(None)
    }

    fn state(&mut self, at: Moment, who: Destination, state: String) {
        let Destination::User(user) = who else { return };
        let Some(known) = self.states.get_mut(&user) else { return };
        if known.0 != state {
            *known = (state, at.now);
        }
        if self.is_talking(&user) {
            let waits = |wanted: &&mut Wanted| wanted.wish.callee == user && wanted.phase == Phase::Activity;
            self.all.values_mut().filter(waits).for_each(|wanted| wanted.phase = Phase::Free);
        }
    }

    fn originated(&mut self, at: Moment, id: u64, call: CallId, failed: Option<Cause>) {
        let retry = at.now + Duration::from_secs(u64::from(self.settings.retry_s));
        self.calling.remove(&id);
        let Some(wanted) = self.all.get_mut(&id).filter(|wanted| wanted.phase == Phase::Recalling) else {
            return;
        };
        match failed {
            None => wanted.phase = Phase::Recalled(call),
            // Not now: somebody else was quicker, or the phone is away.
            Some(Cause::BUSY | Cause::CONGESTION | Cause::ABSENT) => {
                (wanted.phase, wanted.retry) = (Phase::Free, Some(retry));
            }
            Some(cause) => {
                let text =
                    format!("{} is not called back about {}: {cause}", wanted.caller, wanted.wish.callee);
                self.log(Level::Info, text);
                self.forget(id);
            }
        }
    }

    fn gone(&mut self, _at: Moment, call: CallId) {
        let by = |wanted: &Wanted| wanted.phase == Phase::Recalled(call);
        let over = self.all.iter().find(|(_, wanted)| by(wanted)).map(|(id, _)| *id);
        over.into_iter().for_each(|id| self.forget(id));
    }

    fn written(&mut self, _at: Moment, number: u64, failed: Option<String>) {
        let Some(Pending { ask, answer, before }) = self.commits.remove(&number) else { return };
        if failed.is_none() {
            return self.answer(ask, answer);
        }
        for (id, wanted) in before {
            match wanted {
                Some(wanted) => drop(self.all.insert(id, wanted)),
                None => drop(self.all.remove(&id)),
            }
        }
        self.answer(ask, Answer::Failed);
    }

    fn settle(&mut self, at: Moment) {
        self.go_on(at);
    }

    fn next_deadline(&self) -> Option<Time> {
        self.deadline
    }
}

impl Completions {
    fn take_row(&mut self, key: &str, row: &str) {
        let id = key.strip_prefix("wanted/").and_then(|id| id.parse::<u64>().ok());
        let (Some(id), Ok(wanted)) = (id, serde_json::from_str::<Wanted>(row)) else {
            return self.log(Level::Error, format!("{key} not understood"));
        };
        self.next_id = self.next_id.max(id.saturating_add(1));
        self.all.insert(id, wanted);
    }

    fn requested(&mut self, at: Moment, ask: AskId, asker: &Asker, request: Request) {
        let answer = match (request, &asker.user) {
            (Request::Want(wish), Some(caller)) if *caller != wish.callee => {
                return self.want(at, ask, caller.clone(), wish);
            }
            (Request::Cancel { callee }, Some(caller)) => return self.cancel(ask, caller, callee.as_deref()),
            (Request::Here { id }, _) => match self.all.get_mut(&id) {
                Some(wanted) if wanted.phase == Phase::Recalled(asker.call) => {
                    Answer::Dial { number: wanted.wish.number.clone() }
                }
                Some(_) | None => Answer::Refused,
            },
            (Request::Want(_) | Request::Cancel { .. }, _) => Answer::Refused,
        };
        self.answer(ask, answer);
    }

    fn want(&mut self, at: Moment, ask: AskId, caller: String, wish: Wish) {
        let same = |wanted: &Wanted| wanted.caller == caller && wanted.wish.callee == wish.callee;
        let callee_talks = self.is_talking(&wish.callee);
        if let Some((_, wanted)) = self.all.iter_mut().find(|(_, wanted)| same(wanted)) {
            // It goes on waiting, as long as it would have. Who was busy without a call has to be in one first.
            if let Phase::Recalled(_) = wanted.phase {
                wanted.phase = if callee_talks { Phase::Free } else { Phase::Activity };
            }
            return self.answer(ask, Answer::Set);
        }
        let count =
            |is_so: &dyn Fn(&Wanted) -> bool| self.all.values().filter(|wanted| is_so(wanted)).count();
        let most = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        if count(&|wanted| wanted.caller == caller) >= most(self.settings.per_caller)
            || count(&|wanted| wanted.wish.callee == wish.callee) >= most(self.settings.per_callee)
            || self.all.len() >= WANTED_MAX
        {
            return self.answer(ask, Answer::Full);
        }
        let id = self.next_id;
        self.next_id = self.next_id.saturating_add(1);
        let phase = if wish.busy { Phase::Free } else { Phase::Activity };
        let expires_unix_s = at.unix_s().saturating_add(i64::from(self.settings.expires_s));
        let wanted = Wanted { caller, wish, expires_unix_s, phase, retry: None };
        let row = serde_json::to_string(&wanted).unwrap_or_default();
        self.all.insert(id, wanted);
        let change = Change::Keep { key: key(id), row, expires_unix_s };
        self.commit(ask, Answer::Set, vec![change], vec![(id, None)]);
    }

    fn cancel(&mut self, ask: AskId, caller: &str, callee: Option<&str>) {
        let is_meant = |wanted: &Wanted| {
            wanted.caller == caller && callee.is_none_or(|callee| wanted.wish.callee == callee)
        };
        let meant: Vec<u64> =
            self.all.iter().filter(|(_, wanted)| is_meant(wanted)).map(|(id, _)| *id).collect();
        let answer = Answer::Cancelled(u32::try_from(meant.len()).unwrap_or(u32::MAX));
        if meant.is_empty() {
            return self.answer(ask, answer);
        }
        let changes = meant.iter().map(|id| Change::Forget { key: key(*id) }).collect();
        let before = meant.into_iter().map(|id| (id, self.all.remove(&id))).collect();
        self.commit(ask, answer, changes, before);
    }

    fn commit(
        &mut self,
        ask: AskId,
        answer: Answer,
        changes: Vec<Change>,
        before: Vec<(u64, Option<Wanted>)>,
    ) {
        let number = self.next_commit;
        self.next_commit = self.next_commit.wrapping_add(1);
        self.commits.insert(number, Pending { ask, answer, before });
        self.out.push_back(ServiceOutput::Commit { number, changes });
    }

    /// It is over; nobody waits for that to be written.
    fn forget(&mut self, id: u64) {
        self.all.remove(&id);
        self.out.push_back(ServiceOutput::Forget { key: key(id) });
    }

    /// Ringing is no activity: whoever is away does not hear it.
    fn is_talking(&self, user: &str) -> bool {
        self.states.get(user).is_some_and(|(state, _)| matches!(state.as_str(), "busy" | "hold"))
    }

    /// What follows from an input, or from time: who is no longer wanted, watched, waited for; and who is to be called.
    fn go_on(&mut self, at: Moment) {
        let is_over = |wanted: &Wanted| wanted.expires_unix_s <= at.unix_s() && !wanted.phase.is_under_way();
        let over: Vec<u64> = self.all.iter().filter(|(_, one)| is_over(one)).map(|(id, _)| *id).collect();
        over.into_iter().for_each(|id| self.forget(id));
        self.watch(at.now);
        self.deadline = None;
        let ids: Vec<u64> = self.all.keys().copied().collect();
        for id in ids {
            if let Some(due) = self.recall_at(id) {
                if due <= at.now {
                    self.recall(id);
                } else {
                    self.wake_at(due);
                }
            }
        }
        let first = self.all.values().filter(|wanted| !wanted.phase.is_under_way());
        if let Some(expires_unix_s) = first.map(|wanted| wanted.expires_unix_s).min() {
            let us = expires_unix_s.saturating_mul(1_000_000).saturating_sub(at.unix_us);
            self.wake_at(at.now + Duration::from_micros(u64::try_from(us).unwrap_or(0)));
        }
    }

    fn wake_at(&mut self, due: Time) {
        self.deadline = Some(self.deadline.map_or(due, |known| known.min(due)));
    }

    /// Those who wait and those who are waited for are watched, and nobody else.
    fn watch(&mut self, now: Time) {
        let wanted: BTreeSet<String> =
            self.all.values().flat_map(|one| [one.caller.clone(), one.wish.callee.clone()]).collect();
        let watched: BTreeSet<String> = self.states.keys().cloned().collect();
        for user in watched.difference(&wanted) {
            self.states.remove(user);
            let who = Destination::User(user.clone());
            self.out.push_back(ServiceOutput::Watch { who, wanted: false });
        }
        for user in wanted.difference(&watched) {
            self.states.insert(user.clone(), (String::new(), now));
            let who = Destination::User(user.clone());
            self.out.push_back(ServiceOutput::Watch { who, wanted: true });
        }
    }

    /// From when on somebody can be called back, as things stand; `None`: not as they stand.
    fn recall_at(&self, id: u64) -> Option<Time> {
        let wanted = self.all.get(&id).filter(|wanted| wanted.phase == Phase::Free)?;
        let callee = &wanted.wish.callee;
        let is_first = |other: &Wanted| {
            let same = other.wish.callee == *callee || other.caller == wanted.caller;
            !(same && other.phase.is_under_way())
        };
        if !self.all.values().all(is_first) || self.calling.values().any(|user| *user == wanted.caller) {
            return None;
        }
        let idle = Duration::from_secs(u64::from(self.settings.idle_s));
        let since = |user: &str| {
            let known = self.states.get(user).filter(|(state, _)| state == "idle");
            known.map(|(_, since)| *since + idle)
        };
        let due = since(callee)?.max(since(&wanted.caller)?);
        Some(wanted.retry.map_or(due, |retry| retry.max(due)))
    }

    fn recall(&mut self, id: u64) {
        let ring_ms = self.settings.ring_s.saturating_mul(1_000);
        let Some(wanted) = self.all.get_mut(&id) else { return };
        wanted.phase = Phase::Recalling;
        self.calling.insert(id, wanted.caller.clone());
        let originate = Originate {
            dial: DialOptions {
                stages: vec![vec![Destination::User(wanted.caller.clone())]],
                timeout_ms: vec![ring_ms],
                caller: Some(wanted.wish.shown.clone()),
                ..DialOptions::default()
            },
            on_behalf_of: OnBehalfOf { user: Some(wanted.caller.clone()), ..OnBehalfOf::default() },
            then: Then::Run {
                app: RECALL.verb.to_owned(),
                args: Value::List(vec![Value::Int(i64::try_from(id).unwrap_or(0))]),
            },
        };
        self.out.push_back(ServiceOutput::Originate { number: id, originate: Box::new(originate) });
    }

    fn answer(&mut self, ask: AskId, answer: Answer) {
        self.out.push_back(ServiceOutput::Answer { ask, value: Ok(Value::of(&answer)) });
    }

    fn log(&mut self, level: Level, text: String) {
        self.out.push_back(ServiceOutput::Log { level, text });
    }
}

fn key(id: u64) -> String {
    format!("wanted/{id:012}")
}
