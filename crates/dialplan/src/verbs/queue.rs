//! `queue("sales")`: its members and callers. `.add(user("101"), #{ penalty: 2 })`, `.remove(user)`, `.pause(user, "lunch")`,
//! `.resume(user)`, `.waiting()`, `.agents()`. The service of the queues answers; callers wait by `ch.queue(…)`.

use super::destination::target;
use crate::convert::from_value;
use crate::options::{Reads, Schema, Takes, option};
use crate::registry::{Held, Kind, Param, Receiver, Registrar, Run, Verb, any, options};
use crate::running::{Call, Fault};
use crate::untrusted::text_of;
use cordboard_app::{Query, Value};
use rhai::Dynamic;
use std::collections::BTreeMap;

/// As long as a queue's name or a reason may be.
const TEXT_MAX: usize = 64;

/// A queue in a script: its name, or its number. Whether there is one is known when it is asked.
#[derive(Clone)]
pub(crate) struct Queue(String);

static ADD: Schema = Schema {
    keys: &[
        option("penalty", Takes::Integer(0, 1_000), "Who has less of it is rung first; default: 0."),
        option("name", Takes::Text, "As reports call it; default: the destination."),
        option(
            "state_of",
            Takes::Text,
            "The user whose telephone says whether it is free; default: its own, or always where there is none.",
        ),
    ],
};

const fn of_queue(name: &'static str, params: &'static [Param], required: usize, run: Run) -> Verb {
    Verb { on: Receiver::Value(Held::Queue), name, kind: Kind::Step, params, required, run }
}

pub(super) const VERBS: &[Verb] = &[
    Verb {
        on: Receiver::Free,
        name: "queue",
        kind: Kind::Pure,
        params: &[any("name")],
        required: 1,
        run: |_, arguments| {
            let name = arguments.first().and_then(text_of).filter(|name| is_name(name));
            let name = name.ok_or("queue(name): no queue can be named so")?;
            Ok(Dynamic::from(Queue(name.to_string())))
        },
    },
    of_queue("add", const { &[any("who"), options(&ADD)] }, 1, |call, arguments| {
        let wishes = ADD.read(arguments.get(2))?;
        let penalty = Value::Int(wishes.integer("penalty").unwrap_or(0));
        let text = |key| Value::Text(wishes.text(key).unwrap_or_default());
        let entries = [("penalty", penalty), ("name", text("name")), ("state_of", text("state_of"))];
        change(call, arguments, "add", entries)
    }),
    of_queue("remove", const { &[any("who")] }, 1, |call, arguments| change(call, arguments, "remove", [])),
    of_queue("pause", const { &[any("who"), any("reason")] }, 1, |call, arguments| {
        let reason = arguments.get(2).and_then(text_of).unwrap_or_default();
        let reason = reason.chars().take(TEXT_MAX).collect();
        change(call, arguments, "pause", [("reason", Value::Text(reason))])
    }),
    of_queue("resume", const { &[any("who")] }, 1, |call, arguments| change(call, arguments, "resume", [])),
    of_queue("waiting", &[], 0, |call, arguments| ask(call, arguments, "waiting", BTreeMap::new())),
    of_queue("agents", &[], 0, |call, arguments| ask(call, arguments, "agents", BTreeMap::new())),
];

pub(super) fn register(to: &mut Registrar<'_>) {
    to.type_name::<Queue>("Queue");
}

fn change<const N: usize>(
    call: &Call<'_>,
    arguments: &[Dynamic],
    what: &str,
    more: [(&str, Value); N],
) -> Result<Dynamic, Fault> {
    let who = target(arguments.get(1).unwrap_or(&Dynamic::UNIT))?;
    let mut request = BTreeMap::from([("who".to_owned(), Value::Destination(Box::new(who)))]);
    request.extend(more.into_iter().map(|(key, value)| (key.to_owned(), value)));
    ask(call, arguments, what, request)
}

fn ask(
    call: &Call<'_>,
    arguments: &[Dynamic],
    what: &str,
    mut request: BTreeMap<String, Value>,
) -> Result<Dynamic, Fault> {
    let queue = arguments.first().and_then(|first| first.read_lock::<Queue>().map(|queue| queue.0.clone()));
    let queue =
        queue.ok_or_else(|| Fault::Error(format!("{what} is done with a queue: queue(\"sales\")")))?;
    request.insert("queue".to_owned(), Value::Text(queue));
    request.insert("do".to_owned(), Value::Text(what.to_owned()));
    let query = Query::Service { kind: "queue".to_owned(), request: Value::Map(request) };
    call.ask(query).map(|answer| from_value(&answer))
}

fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+');
    !name.is_empty() && name.len() <= TEXT_MAX && name.chars().all(fits)
}
