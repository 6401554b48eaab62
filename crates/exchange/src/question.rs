//! The questions of programs ([`Query`]) and who answers them: the clock, the setup, the lamps, or the store.

use crate::{Exchange, Output, StoreCommand, hours};
use cordboard_app::say::WallTime;
use cordboard_app::{HttpRequest, Query, Value};
use cordboard_base::{CallId, Time};
use cordboard_call::{Input as CallInput, QueryId};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// An answer, or the promise of one from the store or from the web.
enum Answer {
    Now(Value),
    Store(StoreCommand),
    Web(HttpRequest),
}

impl Exchange {
    /// Answers a program's question, at once where it can be.
    pub(crate) fn handle_question(&mut self, now: Time, query: QueryId, call: CallId, question: Query) {
        if let Query::Service { kind, request } = question {
            return self.ask_service(now, query, (call, &kind), request);
        }
        match self.answer(now, call, question) {
            Answer::Now(value) => self.calls.handle(now, CallInput::Answered { query, value: Ok(value) }),
            Answer::Store(command) => {
                self.asked.insert(self.next_store_id, query);
                self.out.push_back(Output::Store(command));
                self.next_store_id += 1;
            }
            Answer::Web(request) => {
                let id = self.next_store_id;
                self.asked.insert(id, query);
                self.out.push_back(Output::Fetch { id, request: Box::new(request) });
                self.next_store_id += 1;
            }
        }
    }

    fn answer(&mut self, now: Time, call: CallId, question: Query) -> Answer {
        let id = self.next_store_id;
        Answer::Now(match question {
            Query::DbRead { family, key } => return Answer::Store(StoreCommand::Read { id, family, key }),
            Query::DbWrite { family, key, value } => {
                self.settings_written(now, &family, &key, &value);
                let value = (value != Value::Unit).then_some(value);
                return Answer::Store(StoreCommand::Write { id, family, key, value });
            }
            Query::DbList { family } => return Answer::Store(StoreCommand::List { id, family }),
            Query::Http(request) => return Answer::Web(*request),
            Query::Now => Value::Int(self.setup.anchor.unix_micros(now)),
            Query::TimeZone => Value::Text(self.setup.time_zone.clone()),
            Query::WallTime(unix_us) => wall_time(unix_us, &self.zone),
            Query::WallTimeIn { unix_us, zone } => match TimeZone::get(&zone) {
                Ok(zone) => wall_time(unix_us, &zone),
                Err(_) => wall_time(unix_us, &self.zone),
            },
            Query::Random { from, to } => Value::Int(self.random(from, to)),
            Query::State(destination) => Value::Text(self.state_of(now, &destination).to_owned()),
            Query::Group(name) => self.group(call, name.as_deref()),
            Query::UserExists(user) => Value::Bool(self.setup.users.contains_key(&user)),
            Query::Identity(user) => {
                self.setup.users.get(&user).map_or(Value::Unit, |user| Value::of(&user.identity))
            }
            Query::TrunkExists(trunk) => Value::Bool(self.setup.trunks.contains_key(&trunk)),
            Query::Hours(name) => self.opening(now, &name),
            Query::Holiday(date) => {
                self.setup.holidays.get(&date).map_or(Value::Unit, |name| Value::Text(name.clone()))
            }
            Query::Limit { group, most } => Value::Bool(self.groups.enter(&group, call, most)),
            Query::Mailbox(mailbox) => self.mailbox(&mailbox),
            // The call core answers these itself: they are facts of the call, and of its dialplan.
            Query::Header(_)
            | Query::Var(_)
            | Query::Record
            | Query::HasRoute { .. }
            | Query::Service { .. } => Value::Unit,
        })
    }

    /// Who is in a group, or shares one with a call's user.
    fn group(&self, call: CallId, name: Option<&str>) -> Value {
        let own = self.calls.info(call).and_then(|info| info.user.as_deref());
        let groups =
            |user: &str| self.setup.users.get(user).map(|user| user.groups.as_slice()).unwrap_or_default();
        let wanted: Vec<&str> = match name {
            Some(name) => vec![name],
            None => own.map(groups).unwrap_or_default().iter().map(String::as_str).collect(),
        };
        let others = self.setup.users.keys().filter(|user| name.is_some() || Some(user.as_str()) != own);
        let within = others.filter(|user| groups(user).iter().any(|group| wanted.contains(&group.as_str())));
        Value::List(within.map(|user| Value::Text(user.clone())).collect())
    }

    fn random(&mut self, from: i64, to: i64) -> i64 {
        let span = to.abs_diff(from).saturating_add(1);
        let drawn = self.source.below(if to < from { 1 } else { span });
        from.wrapping_add_unsigned(drawn)
    }

    fn opening(&self, now: Time, name: &str) -> Value {
        let Some(rules) = self.setup.hours.get(name) else { return Value::Unit };
        let unix_us = self.setup.anchor.unix_micros(now);
        let Some(opening) = hours::opening(rules, &self.setup.holidays, &self.zone, unix_us) else {
            return Value::Unit;
        };
        Value::Map(BTreeMap::from([
            ("open".to_owned(), Value::Bool(opening.open)),
            ("next".to_owned(), opening.until_unix_s.map_or(Value::Unit, Value::Int)),
        ]))
    }
}

fn wall_time(unix_us: i64, zone: &TimeZone) -> Value {
    let Ok(at) = Timestamp::from_microsecond(unix_us) else { return Value::Unit };
    let at = at.to_zoned(zone.clone());
    let number = |of: i8| u8::try_from(of).unwrap_or(0);
    Value::of(&WallTime {
        year: at.year(),
        month: number(at.month()),
        day: number(at.day()),
        weekday: number(at.weekday().to_sunday_zero_offset()),
        hour: number(at.hour()),
        minute: number(at.minute()),
        second: number(at.second()),
    })
}
