//! Questions and notes of programs. What the call knows it answers itself; the rest goes to the exchange.

use super::stack::{StackId, Wait};
use crate::leg::identity;
use crate::program::question::question as followed;
use crate::state::{EndBy, State, Timer};
use crate::world::World;
use crate::{Fact, Output, QueryId};
use cordboard_app::{Note, Query, Reply, Value};
use cordboard_base::Time;
use core::time::Duration;
use std::collections::BTreeMap;

/// Variables that a program may see, plain and exported.
pub(crate) const VARS_MAX: usize = 256;

/// Bytes of a variable's or tag's name, and of a value, at most.
pub(crate) const VAR_BYTES_MAX: usize = 64 * 1024;

/// Tags and marks of a call record.
pub(crate) const TAGS_MAX: usize = 256;

impl State {
    pub(crate) fn step_ask(&mut self, w: &mut World, now: Time, id: StackId, question: Query) {
        match question {
            Query::Header(name) => {
                let value = match self.headers.first(&name) {
                    Some(text) => Value::Untrusted(text.to_owned()),
                    None => Value::Unit,
                };
                self.answered_itself(w, &Query::Header(name), &value);
                self.reply(id, Reply::Value(value));
            }
            Query::Var(name) => {
                let own = self.stacks.get(&id).and_then(|stack| stack.vars.get(&name));
                let value = own.or_else(|| self.exported.get(&name)).cloned().unwrap_or_default();
                self.reply(id, Reply::Value(value));
            }
            Query::Record => {
                let value = self.record_so_far(now);
                self.reply(id, Reply::Value(value));
            }
            Query::Now
            | Query::TimeZone
            | Query::WallTime(_)
            | Query::WallTimeIn { .. }
            | Query::HasRoute { .. }
            | Query::Random { .. }
            | Query::State(_)
            | Query::Group(_)
            | Query::UserExists(_)
            | Query::Identity(_)
            | Query::TrunkExists(_)
            | Query::Hours(_)
            | Query::Holiday(_)
            | Query::DbRead { .. }
            | Query::DbWrite { .. }
            | Query::DbList { .. }
            | Query::Limit { .. }
            | Query::Service { .. }
            | Query::Http(_)
            | Query::Mailbox(_) => {
                let query = w.query(self.id);
                if let Some((what, secret)) = followed(&question) {
                    self.followed.insert(query);
                    w.fact(self.id, Fact::Asked { query, what, secret });
                }
                w.outputs.push_back(Output::Ask { query, call: self.id, question });
                self.park(id, Wait::Ask(query));
            }
        }
    }

    /// The answer to a question of any of the call's stacks.
    pub(crate) fn asked(&mut self, w: &mut World, query: QueryId, value: Result<Value, String>) {
        if self.followed.remove(&query) {
            w.fact(self.id, Fact::Answered { query, value: value.clone() });
        }
        let waits = self.stacks.values_mut().find(|stack| stack.wait == Wait::Ask(query));
        if let Some(stack) = waits {
            stack.reply(match value {
                Ok(value) => Reply::Value(value),
                Err(text) => Reply::Failed(text),
            });
        }
    }

    /// A question that needs nobody else is followed like any other.
    fn answered_itself(&self, w: &mut World, asked: &Query, value: &Value) {
        let Some((what, secret)) = followed(asked) else { return };
        let query = w.query(self.id);
        w.queries.remove(&query);
        w.fact(self.id, Fact::Asked { query, what, secret });
        w.fact(self.id, Fact::Answered { query, value: Ok(value.clone()) });
    }

    pub(crate) fn step_note(&mut self, w: &mut World, now: Time, id: StackId, note: Note) {
        // Of a script error the call's record tells too.
        let note = self.typed.hidden_in(note);
        w.fact(self.id, Fact::Note(note.clone()));
        let done = if let Note::TellTransferrer { shown, says } = note {
            self.tell_transferrer(w, id, &shown, says)
        } else {
            self.note(now, id, note)
        };
        self.reply(id, done.map_or_else(|what| Reply::Failed(what.to_owned()), |()| Reply::Ok));
    }

    fn note(&mut self, now: Time, id: StackId, note: Note) -> Result<(), &'static str> {
        match note {
            Note::Log { .. } | Note::Event { .. } | Note::TellTransferrer { .. } => {}
            Note::Tag { key, value } => self.tag(key, value)?,
            Note::Mark(name) => {
                let ms = now.since(self.began).as_millis();
                self.tag(format!("mark.{name}"), ms.to_string())?;
            }
            Note::SetVar { name, value, inherited } => self.set_var(id, name, value, inherited)?,
            Note::SetCaller(caller, privacy) => {
                self.info.caller = identity::cleaned(&caller);
                self.info.privacy = privacy;
                let first = self.first_leg();
                if let Some(leg) = self.legs.get_mut(&first) {
                    leg.party = self.info.caller.clone();
                    leg.privacy = privacy;
                }
            }
            Note::SetConnected(connected) => self.connected = Some(identity::cleaned(&connected)),
            Note::SetRedirecting(from) => self.info.redirecting = from.as_ref().map(identity::cleaned),
            Note::SetLang(lang) => self.info.lang = lang,
            Note::SetMusicClass(class) => self.music_class = Some(class),
            Note::SetMaxDuration(0) => {
                self.timers.cancel(&Timer::CallLimit);
            }
            Note::SetMaxDuration(ms) => {
                self.timers.set(Timer::CallLimit, now + Duration::from_millis(u64::from(ms)));
            }
            Note::ScriptError(text) => {
                self.note_end(cordboard_app::Cause::INTERWORKING, EndBy::System);
                self.error = Some(text);
            }
        }
        Ok(())
    }

    fn tag(&mut self, key: String, value: String) -> Result<(), &'static str> {
        if key.len() > VAR_BYTES_MAX || value.len() > VAR_BYTES_MAX {
            return Err("tag too long");
        }
        if self.tags.len() >= TAGS_MAX && !self.tags.contains_key(&key) {
            return Err("too many tags");
        }
        self.tags.insert(key, value);
        Ok(())
    }

    /// A name is either plain or exported: the last word counts.
    fn set_var(
        &mut self,
        id: StackId,
        name: String,
        value: Value,
        inherited: bool,
    ) -> Result<(), &'static str> {
        if name.len() > VAR_BYTES_MAX || bytes_of(&value) > VAR_BYTES_MAX {
            return Err("variable too long");
        }
        let Some(stack) = self.stacks.get_mut(&id) else {
            return Ok(());
        };
        let known = self.exported.contains_key(&name) || stack.vars.contains_key(&name);
        if !known && self.exported.len() + stack.vars.len() >= VARS_MAX {
            return Err("too many variables");
        }
        if inherited {
            stack.vars.remove(&name);
            self.exported.insert(name, value);
        } else {
            self.exported.remove(&name);
            stack.vars.insert(name, value);
        }
        Ok(())
    }

    /// The exported variables of a call that a leg comes from (dialplan: `ch.export`): what this call has set itself stays, and
    /// what is past the limit is left behind.
    pub(crate) fn inherit(&mut self, exported: BTreeMap<String, Value>) {
        for (name, value) in exported {
            let own = self.stacks.values().any(|stack| stack.vars.contains_key(&name));
            if !own && !self.exported.contains_key(&name) && self.exported.len() < VARS_MAX {
                self.exported.insert(name, value);
            }
        }
    }

    fn record_so_far(&self, now: Time) -> Value {
        let seconds = |span: Duration| Value::Int(i64::try_from(span.as_secs()).unwrap_or(i64::MAX));
        let text = |text: &str| Value::Text(text.to_owned());
        let tags = self.tags.iter().map(|(key, value)| (key.clone(), Value::Text(value.clone())));
        let cause = self.end.as_ref().map(|end| end.cause.to_string()).unwrap_or_default();
        Value::Map(BTreeMap::from([
            ("disposition".to_owned(), text(crate::record::word(self.disposition()))),
            ("billsec".to_owned(), self.answered.map_or(Value::Int(0), |at| seconds(now.since(at)))),
            ("duration".to_owned(), seconds(now.since(self.began))),
            ("answered".to_owned(), Value::Bool(self.answered.is_some())),
            ("cause".to_owned(), Value::Text(cause)),
            ("tags".to_owned(), Value::Map(tags.collect())),
        ]))
    }
}

/// Roughly what a value takes. Its depth is bounded by who makes it: the script engine caps nesting.
fn bytes_of(value: &Value) -> usize {
    match value {
        Value::Unit | Value::Bool(_) | Value::Int(_) | Value::Float(_) => 8,
        Value::Text(text) | Value::Untrusted(text) => text.len(),
        Value::Destination(_) => 64,
        Value::List(values) => values.iter().map(bytes_of).sum::<usize>() + 8 * values.len(),
        Value::Map(values) => values.iter().map(|(key, value)| key.len() + 8 + bytes_of(value)).sum(),
    }
}
