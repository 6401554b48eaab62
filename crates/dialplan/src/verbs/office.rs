//! What the office knows: `db::get`, `db::set`, `db::del`, `db::list`, `state(to)`, `limit(group, n)`, `mailbox(number)`, `rand(from, to)`,
//! `user_exists(x)`, `ch.header(name)`; and what it is told: `event(name, data)`, `log::info(…)` and its like.

use super::destination::target;
use crate::convert::{from_value, to_value};
use crate::options::kind;
use crate::registry::{Kind, Param, Part, Receiver, Run, Verb, any};
use crate::running::{Call, Fault};
use crate::session::MayLog;
use crate::untrusted::{digits_of, text_of};
use cordboard_app::{Level, Note, Query, Value};
use rhai::Dynamic;

/// As long as a key of the store may be.
const KEY_MAX: usize = 256;
/// Bytes of a log line.
const LINE_MAX: usize = 4_096;

const fn step(on: Receiver, name: &'static str, params: &'static [Param], required: usize, run: Run) -> Verb {
    Verb { on, name, kind: Kind::Step, params, required, run }
}

const DB: Receiver = Receiver::Module("db");
const LOG: Receiver = Receiver::Module("log");
const FREE: Receiver = Receiver::Free;

pub(super) const VERBS: &[Verb] = &[
    step(DB, "get", const { &[any("family"), any("key")] }, 2, |call, arguments| {
        let (family, key) = place(arguments)?;
        call.ask(Query::DbRead { family, key }).map(|value| from_value(&value))
    }),
    step(DB, "set", const { &[any("family"), any("key"), any("value")] }, 3, |call, arguments| {
        let (family, key) = place(arguments)?;
        let value = arguments.get(2).map_or(Ok(Value::Unit), to_value)?;
        call.ask(Query::DbWrite { family, key, value }).map(|_unit| Dynamic::UNIT)
    }),
    step(DB, "del", const { &[any("family"), any("key")] }, 2, |call, arguments| {
        let (family, key) = place(arguments)?;
        call.ask(Query::DbWrite { family, key, value: Value::Unit }).map(|_unit| Dynamic::UNIT)
    }),
    step(DB, "list", const { &[any("family")] }, 1, |call, arguments| {
        let family = name(arguments.first(), "db::list takes a family")?;
        call.ask(Query::DbList { family }).map(|keys| from_value(&keys))
    }),
    step(LOG, "debug", const { &[any("text")] }, 1, |call, arguments| log(call, Level::Debug, arguments)),
    step(LOG, "info", const { &[any("text")] }, 1, |call, arguments| log(call, Level::Info, arguments)),
    step(LOG, "warn", const { &[any("text")] }, 1, |call, arguments| log(call, Level::Warn, arguments)),
    step(LOG, "error", const { &[any("text")] }, 1, |call, arguments| log(call, Level::Error, arguments)),
    step(FREE, "state", const { &[any("to")] }, 1, |call, arguments| {
        let to = target(arguments.first().unwrap_or(&Dynamic::UNIT))?;
        call.ask(Query::State(to)).map(|state| from_value(&state))
    }),
    step(FREE, "user_exists", const { &[any("name")] }, 1, |call, arguments| {
        let name = arguments.first().and_then(text_of).ok_or("user_exists takes a name")?;
        call.ask(Query::UserExists(name.to_string())).map(|exists| from_value(&exists))
    }),
    step(FREE, "mailbox", const { &[any("number")] }, 1, |call, arguments| {
        let number = arguments.first().and_then(text_of).ok_or("mailbox takes a mailbox's number")?;
        call.ask(Query::Mailbox(number.to_string())).map(|counts| from_value(&counts))
    }),
    step(FREE, "limit", const { &[any("group"), any("most")] }, 2, |call, arguments| {
        let group = name(arguments.first(), "limit takes a group's name")?;
        let most =
            arguments.get(1).and_then(|most| most.as_int().ok()).and_then(|most| u32::try_from(most).ok());
        let most = most.ok_or("limit takes a number of calls")?;
        call.ask(Query::Limit { group, most }).map(|within| from_value(&within))
    }),
    step(FREE, "rand", const { &[any("from"), any("to")] }, 2, |call, arguments| {
        let number =
            |at: usize| arguments.get(at).and_then(|n| n.as_int().ok()).ok_or("rand takes two whole numbers");
        let (from, to) = (number(0)?, number(1)?);
        if from > to {
            return Err(Fault::Error(format!("rand: there is no number from {from} to {to}")));
        }
        call.ask(Query::Random { from, to }).map(|number| from_value(&number))
    }),
    step(FREE, "event", const { &[any("name"), any("data")] }, 1, |call, arguments| {
        let name = name(arguments.first(), "event takes a name")?;
        let data = arguments.get(1).map_or(Ok(Value::Unit), to_value)?;
        let bytes = name.len().saturating_add(data.bytes());
        say(call, bytes, Note::Event { name, data })
    }),
    step(Receiver::Part(Part::Channel), "header", const { &[any("name")] }, 1, |call, arguments| {
        let name = name(arguments.first(), "header takes a header field's name")?;
        call.ask(Query::Header(name)).map(|value| from_value(&value))
    }),
];

/// Family and key of the store: the family is the script's own, the key may come from a caller.
fn place(arguments: &[Dynamic]) -> Result<(String, String), Fault> {
    let family = name(arguments.first(), "a family is named by a plain text")?;
    let key = arguments
        .get(1)
        .and_then(digits_of)
        .filter(|key| key.len() <= KEY_MAX)
        .ok_or("a key is a text of at most 256 characters")?;
    Ok((family, key.to_string()))
}

fn name(value: Option<&Dynamic>, wanted: &str) -> Result<String, Fault> {
    let value = value.unwrap_or(&Dynamic::UNIT);
    let name = value.clone().into_immutable_string().ok().filter(|name| name.len() <= KEY_MAX);
    name.map(|name| name.to_string()).ok_or_else(|| Fault::Error(format!("{wanted}, not {}", kind(value))))
}

fn log(call: &Call<'_>, level: Level, arguments: &[Dynamic]) -> Result<Dynamic, Fault> {
    let value = arguments.first().unwrap_or(&Dynamic::UNIT);
    let text = text_of(value).map_or_else(|| value.to_string(), |text| text.to_string());
    // One line, whoever supplied it.
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LINE_MAX).collect();
    say(call, text.len(), Note::Log { level, text })
}

/// A line of the log, as long as the call has not filled it.
fn say(call: &Call<'_>, bytes: usize, note: Note) -> Result<Dynamic, Fault> {
    let note = match call.in_call()?.may_log(bytes) {
        MayLog::Yes => note,
        MayLog::Last => {
            let text = "this call has logged so much that what comes now is left out".to_owned();
            Note::Log { level: Level::Warn, text }
        }
        MayLog::No => return Ok(Dynamic::UNIT),
    };
    call.note(note).map(|()| Dynamic::UNIT)
}
