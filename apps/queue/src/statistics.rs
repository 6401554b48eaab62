//! Figures per queue and member, kept in the store by the day (of UTC): a row for each, written when something counts.

use crate::queues::Queues;
use cordboard_app::{Destination, ServiceOutput};
use serde::{Deserialize, Serialize};

/// Seconds of a day.
const DAY_S: i64 = 86_400;

/// What is counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Figures {
    /// The day, from 1970-01-01 on.
    pub(crate) day: i64,
    /// Callers that joined; of a member: calls that rang there.
    pub(crate) offered: u32,
    pub(crate) answered: u32,
    /// Of the answered ones: within the service level.
    pub(crate) in_time: u32,
    pub(crate) abandoned: u32,
    /// Left by a rule, a key or the time; of a member: not answered.
    pub(crate) missed: u32,
    pub(crate) callbacks: u32,
    /// Of the answered ones, in ms.
    pub(crate) waited_ms: u64,
    pub(crate) talked_ms: u64,
}

impl Figures {
    /// Seconds that an answered caller waited, on average.
    pub(crate) fn wait_s(&self) -> u64 {
        self.waited_ms.checked_div(u64::from(self.answered)).unwrap_or(0) / 1_000
    }

    /// Seconds of a talk, on average.
    pub(crate) fn talk_s(&self) -> u64 {
        self.talked_ms.checked_div(u64::from(self.answered)).unwrap_or(0) / 1_000
    }

    /// How many of 100 answered or abandoned callers were answered within the service level.
    pub(crate) fn service_level(&self) -> u32 {
        let all = u64::from(self.answered) + u64::from(self.abandoned);
        let level = (u64::from(self.in_time) * 100).checked_div(all).unwrap_or(100);
        u32::try_from(level).unwrap_or(100)
    }

    /// Those of a day: nothing, if nothing has happened on it.
    pub(crate) fn of(&self, day: i64) -> Self {
        if self.day == day { self.clone() } else { Self { day, ..Self::default() } }
    }

    fn turn(&mut self, day: i64) {
        if self.day != day {
            *self = Self { day, ..Self::default() };
        }
    }
}

/// A destination in a row's key.
pub(crate) fn key_of(who: &Destination) -> String {
    match who {
        Destination::User(user) => user.clone(),
        Destination::Trunk { trunk, number } => format!("{number}@{trunk}"),
        // No number of a trunk begins so, and a slash would part the key.
        Destination::Extension { context, number } => {
            format!("extension.{number}@{}", context.replace('/', "_"))
        }
    }
}

impl Queues {
    pub(crate) fn today(&self) -> i64 {
        self.unix_us.div_euclid(1_000_000 * DAY_S)
    }

    /// Counts something of a queue and, if one is named, of a member, and keeps both rows.
    pub(crate) fn count(
        &mut self,
        queue: &str,
        who: Option<&Destination>,
        count: impl Fn(&mut Figures, bool),
    ) {
        let today = self.today();
        let expires_unix_s = (today + i64::from(self.statistics.keep_days)) * DAY_S;
        let Some(found) = self.queues.get_mut(queue) else { return };
        found.figures.turn(today);
        count(&mut found.figures, true);
        let mut rows = vec![(format!("day/{queue}/{today}"), serde_json::to_string(&found.figures))];
        if let Some(member) = who.and_then(|who| found.member_mut(who)) {
            member.figures.turn(today);
            count(&mut member.figures, false);
            let key = format!("agent-day/{queue}/{}/{today}", key_of(&member.who));
            rows.push((key, serde_json::to_string(&member.figures)));
        }
        for (key, row) in rows {
            if let Ok(row) = row {
                self.out.push_back(ServiceOutput::Keep { key, row, expires_unix_s });
            }
        }
    }
}
