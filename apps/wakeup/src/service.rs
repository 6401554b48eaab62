//! The office-wide part: which wake-up calls there are, and calling when it is time.
//!
//! ```text
//!  Waiting ──due──▶ Ringing ──answered──▶ Answered ──Confirm, Gone──▶ forgotten, or Waiting for the next day
//!     │ too late        │ not answered        └─────Snooze──▶ Waiting, ten minutes
//!     ▼                 ▼
//!   missed ◀─tries── Retry
//! ```
//! What a caller is told to be set or cancelled is on the disk before.

use crate::KIND;
use crate::alarm::{Alarm, Repeat, Stage, next, wall};
use crate::manual::WAKEUP_CALL;
use crate::settings::Office;
use crate::summary::WakeupSummary;
use crate::talk::{Answer, Entry, Request};
use cordboard_app::{
    Answered, AskId, Asker, Cause, Change, Destination, DialOptions, Identity, Level, Moment, OnBehalfOf,
    Originate, Service, ServiceOutput, Then, Value,
};
use cordboard_base::{CallId, Time};
use core::time::Duration;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// How long a snooze is: the prompt says so.
const SNOOZE_S: i64 = 600;
/// Of all phones together at most; one more is refused.
const ALARMS_MAX: usize = 10_000;

/// All wake-up calls.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Wakeups {
    office: Office,
    alarms: BTreeMap<u64, Alarm>,
    next_id: u64,
    commits: BTreeMap<u64, Pending>,
    next_commit: u64,
    deadline: Option<Time>,
    #[serde(skip)]
    out: VecDeque<ServiceOutput>,
}

/// Who waits for what to be written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Pending {
    answer: Option<(AskId, Answer)>,
    /// Which, and what it was before; nothing: there was none.
    id: u64,
    before: Option<Alarm>,
}

impl Service for Wakeups {
    const KIND: &'static str = KIND;

    fn out(&mut self) -> &mut VecDeque<ServiceOutput> {
        &mut self.out
    }

    fn configured(&mut self, _at: Moment, settings: &str) -> Result<(), serde_json::Error> {
        self.office = serde_json::from_str(settings)?;
        Ok(())
    }

    fn kept(&mut self, _at: Moment, key: String, row: &str) {
        self.take_row(&key, row);
    }

    fn asked(&mut self, at: Moment, ask: AskId, asker: &Asker, request: &Value) -> Answered {
        self.requested(at, ask, asker, request.request(KIND)?);
        Ok(None)
    }

    fn originated(&mut self, at: Moment, id: u64, call: CallId, failed: Option<Cause>) {
        let (most, retry_s) = (self.office.settings.tries, i64::from(self.office.settings.retry_s));
        let Some(alarm) = self.alarms.get_mut(&id) else { return };
        let Stage::Ringing { tries } = alarm.stage else { return };
        let Some(cause) = failed else {
            alarm.stage = Stage::Answered { call };
            return;
        };
        let tries = tries.saturating_add(1);
        if tries >= most {
            return self.missed(at, id, &cause.to_string());
        }
        alarm.stage = Stage::Retry { tries, at_unix_s: at.unix_s() + retry_s };
    }

    fn gone(&mut self, at: Moment, call: CallId) {
        if let Some(id) = self.heard_by(call) {
            self.finish(at, id);
        }
    }

    fn written(&mut self, _at: Moment, number: u64, failed: Option<String>) {
        let Some(Pending { answer, id, before }) = self.commits.remove(&number) else { return };
        // What nobody was told of stays as it is here: it is written with the next change.
        let Some((ask, answer)) = answer else { return };
        if failed.is_none() {
            return self.answer(ask, &answer);
        }
        match before {
            Some(before) => drop(self.alarms.insert(id, before)),
            None => drop(self.alarms.remove(&id)),
        }
        self.answer(ask, &Answer::Failed);
    }

    fn tick(&mut self, at: Moment) {
        self.due(at);
    }

    fn settle(&mut self, at: Moment) {
        self.set_deadline(at);
    }

    fn next_deadline(&self) -> Option<Time> {
        self.deadline
    }
}

impl Wakeups {
    fn zone(&self) -> TimeZone {
        // The configuration's check says so if the tables don't know it.
        TimeZone::get(&self.office.time_zone).unwrap_or(TimeZone::UTC)
    }

    fn take_row(&mut self, key: &str, row: &str) {
        let id = key.strip_prefix("alarm/").and_then(|id| id.parse::<u64>().ok());
        let (Some(id), Ok(alarm)) = (id, serde_json::from_str::<Alarm>(row)) else {
            return self.log(Level::Error, format!("{key} not understood"));
        };
        self.next_id = self.next_id.max(id.saturating_add(1));
        self.alarms.insert(id, alarm);
    }

    fn requested(&mut self, at: Moment, ask: AskId, asker: &Asker, request: Request) {
        let answer = match request {
            Request::Set { user, hour, minute, repeat } => match self.allowed(asker, user.as_deref()) {
                Some(user) => return self.set(at, ask, asker, (user, (hour, minute), repeat)),
                None => Answer::NotAllowed,
            },
            Request::List { user } => match self.allowed(asker, user.as_deref()) {
                Some(user) => {
                    Answer::All { now: wall(at.unix_s(), &self.zone()), entries: self.entries(&user) }
                }
                None => Answer::NotAllowed,
            },
            Request::Cancel { id } => return self.cancel(ask, asker, id),
            Request::Ring { id } => {
                if let Some(alarm) = self.alarms.get_mut(&id) {
                    alarm.stage = Stage::Answered { call: asker.call };
                }
                Answer::Now(wall(at.unix_s(), &self.zone()))
            }
            Request::Snooze { id } if self.heard_by(asker.call) == Some(id) => {
                return self.snooze(at, ask, id);
            }
            Request::Snooze { .. } => Answer::Failed,
            Request::Confirm { id } => {
                if self.heard_by(asker.call) == Some(id) {
                    self.finish(at, id);
                }
                Answer::Done
            }
            Request::Summaries if asker.call == Asker::COMMAND_LINE => Answer::Summaries(self.summaries()),
            Request::Summaries => Answer::NotAllowed,
        };
        self.answer(ask, &answer);
    }

    /// Whose wake-up calls an asker may set: its own, and an operator everybody's.
    fn allowed(&self, asker: &Asker, user: Option<&str>) -> Option<String> {
        let own = asker.user.as_deref()?;
        let user = user.unwrap_or(own);
        (user == own || self.office.settings.operators.iter().any(|operator| operator == own))
            .then(|| user.to_owned())
    }

    fn set(
        &mut self,
        at: Moment,
        ask: AskId,
        asker: &Asker,
        (user, time, repeat): (String, (u8, u8), Repeat),
    ) {
        let Some(due_unix_s) = next(time, repeat, at.unix_s(), &self.zone()) else {
            return self.answer(ask, &Answer::Failed);
        };
        let (hour, minute) = time;
        let same = |alarm: &Alarm| {
            alarm.user == user
                && (alarm.due_unix_s, alarm.repeat, alarm.stage) == (due_unix_s, repeat, Stage::Waiting)
        };
        let known = self.alarms.iter().find(|(_, alarm)| same(alarm)).map(|(id, _)| *id);
        let of_user = self.alarms.values().filter(|alarm| alarm.user == user).count();
        let per_user = usize::try_from(self.office.settings.per_user).unwrap_or(usize::MAX);
        if known.is_none() && (of_user >= per_user || self.alarms.len() >= ALARMS_MAX) {
            return self.answer(ask, &Answer::Full);
        }
        let set_by = asker.user.clone().unwrap_or_default();
        self.log(Level::Info, format!("{set_by} sets {} for {user} at {hour:02}:{minute:02}", repeat.word()));
        let id = known.unwrap_or(self.next_id);
        self.next_id = self.next_id.max(id.saturating_add(1));
        let alarm = Alarm { user, hour, minute, repeat, due_unix_s, set_by, stage: Stage::Waiting };
        let answer = Answer::Set {
            now: wall(at.unix_s(), &self.zone()),
            entry: Entry { id, at: wall(due_unix_s, &self.zone()), repeat },
        };
        let before = self.alarms.insert(id, alarm);
        self.commit(id, before, Some((ask, answer)));
    }

    fn cancel(&mut self, ask: AskId, asker: &Asker, id: u64) {
        let Some(user) = self.alarms.get(&id).map(|alarm| alarm.user.clone()) else {
            return self.answer(ask, &Answer::Done);
        };
        if self.allowed(asker, Some(&user)).is_none() {
            return self.answer(ask, &Answer::NotAllowed);
        }
        self.log(Level::Info, format!("{} cancels one of {user}", asker.user.as_deref().unwrap_or_default()));
        let before = self.alarms.remove(&id);
        self.commit(id, before, Some((ask, Answer::Done)));
    }

    fn snooze(&mut self, at: Moment, ask: AskId, id: u64) {
        let zone = self.zone();
        let retry_s = i64::from(self.office.settings.retry_s);
        let Some(alarm) = self.alarms.get_mut(&id) else { return self.answer(ask, &Answer::Failed) };
        // Should it not be written, the phone is called again as if nobody had answered.
        let again = Stage::Retry { tries: 1, at_unix_s: at.unix_s() + retry_s };
        let before = Alarm { stage: again, ..alarm.clone() };
        (alarm.due_unix_s, alarm.stage) = (at.unix_s() + SNOOZE_S, Stage::Waiting);
        let entry = Entry { id, at: wall(alarm.due_unix_s, &zone), repeat: alarm.repeat };
        let answer = Answer::Set { now: wall(at.unix_s(), &zone), entry };
        self.commit(id, Some(before), Some((ask, answer)));
    }

    /// Writes a wake-up call as it is now; who asked is answered when that is done.
    fn commit(&mut self, id: u64, before: Option<Alarm>, answer: Option<(AskId, Answer)>) {
        let key = format!("alarm/{id:012}");
        let change = match self.alarms.get(&id) {
            Some(alarm) => {
                let row = Alarm { stage: Stage::Waiting, ..alarm.clone() };
                let row = serde_json::to_string(&row).unwrap_or_default();
                Change::Keep { key, row, expires_unix_s: i64::MAX }
            }
            None => Change::Forget { key },
        };
        let number = self.next_commit;
        self.next_commit = self.next_commit.wrapping_add(1);
        self.commits.insert(number, Pending { answer, id, before });
        self.out.push_back(ServiceOutput::Commit { number, changes: vec![change] });
    }

    fn entries(&self, user: &str) -> Vec<Entry> {
        let zone = self.zone();
        let mut all: Vec<(i64, Entry)> = (self.alarms.iter().filter(|(_, alarm)| alarm.user == user))
            .map(|(id, alarm)| {
                let entry = Entry { id: *id, at: wall(alarm.due_unix_s, &zone), repeat: alarm.repeat };
                (alarm.due_unix_s, entry)
            })
            .collect();
        all.sort_by_key(|(due, entry)| (*due, entry.id));
        all.into_iter().map(|(_, entry)| entry).collect()
    }

    /// Calls whoever is to be woken now.
    fn due(&mut self, at: Moment) {
        let is_due = |alarm: &Alarm| alarm.due().is_some_and(|due| due <= at.unix_s());
        let due: Vec<u64> =
            self.alarms.iter().filter(|(_, alarm)| is_due(alarm)).map(|(id, _)| *id).collect();
        let late_s = i64::from(self.office.settings.late_minutes) * 60;
        for id in due {
            let Some(alarm) = self.alarms.get_mut(&id) else { continue };
            let tries = match alarm.stage {
                Stage::Waiting if at.unix_s() - alarm.due_unix_s > late_s => {
                    self.missed(at, id, "the exchange was down");
                    continue;
                }
                Stage::Waiting => 0,
                Stage::Retry { tries, .. } => tries,
                Stage::Ringing { .. } | Stage::Answered { .. } => continue,
            };
            alarm.stage = Stage::Ringing { tries };
            self.ring(id);
        }
    }

    fn ring(&mut self, id: u64) {
        let Some(alarm) = self.alarms.get(&id) else { return };
        let settings = &self.office.settings;
        let shown = Identity { number: settings.number.clone(), name: settings.name.clone() };
        let originate = Originate {
            dial: DialOptions {
                stages: vec![vec![Destination::User(alarm.user.clone())]],
                timeout_ms: vec![settings.ring_s.saturating_mul(1_000)],
                caller: Some(shown.clone()),
                ..DialOptions::default()
            },
            on_behalf_of: OnBehalfOf {
                user: Some(alarm.user.clone()),
                caller: shown,
                ..OnBehalfOf::default()
            },
            then: Then::Run {
                app: WAKEUP_CALL.verb.to_owned(),
                args: Value::List(vec![Value::Int(i64::try_from(id).unwrap_or(0))]),
            },
        };
        self.out.push_back(ServiceOutput::Originate { number: id, originate: Box::new(originate) });
    }

    fn missed(&mut self, at: Moment, id: u64, why: &str) {
        let Some(alarm) = self.alarms.get(&id) else { return };
        let text =
            format!("wake-up call of {} at {:02}:{:02} missed: {why}", alarm.user, alarm.hour, alarm.minute);
        let data = Value::Map(BTreeMap::from([
            ("user".to_owned(), Value::Text(alarm.user.clone())),
            ("due".to_owned(), Value::Int(alarm.due_unix_s)),
            ("why".to_owned(), Value::Text(why.to_owned())),
        ]));
        self.log(Level::Warn, text);
        self.out.push_back(ServiceOutput::Event { name: "missed-wakeup".to_owned(), data });
        self.finish(at, id);
    }

    /// It is over, or comes again on another day.
    fn finish(&mut self, at: Moment, id: u64) {
        let zone = self.zone();
        let Some(alarm) = self.alarms.get_mut(&id) else { return };
        let again = match alarm.repeat {
            Repeat::Once => None,
            Repeat::Daily | Repeat::Weekdays => {
                next((alarm.hour, alarm.minute), alarm.repeat, at.unix_s(), &zone)
            }
        };
        match again {
            Some(due) => (alarm.due_unix_s, alarm.stage) = (due, Stage::Waiting),
            None => drop(self.alarms.remove(&id)),
        }
        self.commit(id, None, None);
    }

    /// Which one a call is about.
    fn heard_by(&self, by: CallId) -> Option<u64> {
        let is_so = |alarm: &Alarm| matches!(alarm.stage, Stage::Answered { call } if call == by);
        self.alarms.iter().find(|(_, alarm)| is_so(alarm)).map(|(id, _)| *id)
    }

    fn set_deadline(&mut self, at: Moment) {
        let first = self.alarms.values().filter_map(Alarm::due).min();
        self.deadline = first.map(|due_unix_s| {
            let us = due_unix_s.saturating_mul(1_000_000).saturating_sub(at.unix_us);
            at.now + Duration::from_micros(u64::try_from(us).unwrap_or(0))
        });
    }

    fn summaries(&self) -> Vec<WakeupSummary> {
        let zone = self.zone();
        let mut all: Vec<WakeupSummary> = (self.alarms.iter())
            .map(|(id, alarm)| {
                let wall = wall(alarm.due_unix_s, &zone);
                let state = match alarm.stage {
                    Stage::Waiting => "waiting".to_owned(),
                    Stage::Retry { tries, .. } => format!("retry {tries}"),
                    Stage::Ringing { .. } => "ringing".to_owned(),
                    Stage::Answered { .. } => "answered".to_owned(),
                };
                WakeupSummary {
                    id: *id,
                    user: alarm.user.clone(),
                    at: format!(
                        "{:04}-{:02}-{:02} {:02}:{:02}",
                        wall.year, wall.month, wall.day, wall.hour, wall.minute
                    ),
                    at_unix_s: alarm.due_unix_s,
                    repeat: alarm.repeat.word().to_owned(),
                    state,
                    set_by: alarm.set_by.clone(),
                }
            })
            .collect();
        all.sort_by_key(|one| (one.at_unix_s, one.id));
        all
    }

    fn answer(&mut self, ask: AskId, answer: &Answer) {
        self.out.push_back(ServiceOutput::Answer { ask, value: Ok(Value::of(answer)) });
    }

    fn log(&mut self, level: Level, text: String) {
        self.out.push_back(ServiceOutput::Log { level, text });
    }
}
