//! How queues stand, as plain values: for scripts and the command line.

use crate::agent::Work;
use crate::caller::Caller;
use crate::queue::{Member, Queue};
use crate::queues::Queues;
use crate::request::Listed;
use cordboard_app::Value;
use cordboard_base::Time;
use std::collections::BTreeMap;

impl Queues {
    /// What was asked for.
    pub(crate) fn list(&self, now: Time, queue: Option<&str>, what: Listed) -> Result<Value, String> {
        let Some(asked) = queue else {
            let all = self.queues.iter().map(|(name, queue)| self.overview(now, name, queue));
            return Ok(Value::List(all.collect()));
        };
        let name =
            self.name_of(asked).ok_or_else(|| format!("there is no queue {}", asked.escape_debug()))?;
        let queue = self.queues.get(&name).ok_or("there is no such queue")?;
        Ok(match what {
            Listed::Waiting => {
                int(self.callers.values().filter(|c| c.queue == name && c.is_in_line()).count())
            }
            Listed::Agents => {
                Value::List(queue.members.iter().map(|m| self.member_value(now, &name, m)).collect())
            }
            Listed::All => self.overview(now, &name, queue),
        })
    }

    fn overview(&self, now: Time, name: &str, queue: &Queue) -> Value {
        let line = self.line().into_iter().filter_map(|id| self.callers.get(&id));
        let line = line.filter(|caller| caller.queue == name);
        let talks = |caller: &&Caller| caller.queue == name && !caller.is_in_line();
        let figures = queue.figures.of(self.today());
        map([
            ("name", text(name)),
            ("title", text(self.title(name))),
            ("waiting", Value::List(line.map(|caller| caller_value(now, caller)).collect())),
            ("talking", int(self.callers.values().filter(talks).count())),
            ("agents", Value::List(queue.members.iter().map(|m| self.member_value(now, name, m)).collect())),
            ("offered", int(figures.offered)),
            ("answered", int(figures.answered)),
            ("abandoned", int(figures.abandoned)),
            ("missed", int(figures.missed)),
            ("callbacks", int(figures.callbacks)),
            ("service_level", int(figures.service_level())),
            ("wait_s", int(figures.wait_s())),
            ("talk_s", int(figures.talk_s())),
        ])
    }

    fn member_value(&self, now: Time, queue: &str, member: &Member) -> Value {
        let agent = self.agents.get(&member.who).cloned().unwrap_or_default();
        let figures = member.figures.of(self.today());
        let state = match agent.work {
            Work::Rung(_) => "ringing",
            Work::Talking(_) => "talking",
            Work::Free if agent.wrapped_up > now => "wrap-up",
            Work::Free => agent.device.word(),
        };
        map([
            ("who", Value::Destination(Box::new(member.who.clone()))),
            ("name", text(&self.agent_name(queue, &member.who))),
            ("penalty", int(member.penalty)),
            ("state", text(state)),
            ("paused", Value::Bool(member.paused.is_some())),
            ("reason", text(member.paused.as_ref().map_or("", |pause| &pause.reason))),
            ("calls", int(member.calls)),
            ("today", int(figures.answered)),
            ("missed", int(figures.missed)),
        ])
    }
}

fn caller_value(now: Time, caller: &Caller) -> Value {
    map([
        ("number", Value::Untrusted(caller.who.number.clone())),
        ("name", Value::Untrusted(caller.who.name.clone())),
        ("call", text(&caller.call.map(|call| call.to_string()).unwrap_or_default())),
        ("waited_s", int(caller.waited_ms(now) / 1_000)),
        ("priority", Value::Int(caller.priority)),
        ("callback", Value::Bool(caller.callback.is_some())),
    ])
}

fn map<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Map(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<BTreeMap<_, _>>())
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn int(number: impl TryInto<i64>) -> Value {
    Value::Int(number.try_into().unwrap_or(i64::MAX))
}
