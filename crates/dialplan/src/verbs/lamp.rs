//! `lamp("*280").set("on")`, `.state()`: lamps that scripts switch. The service of the lamps keeps them and has phones show them.

use crate::convert::from_value;
use crate::registry::{Held, Kind, Param, Receiver, Registrar, Run, Verb, any};
use crate::running::{Call, Fault};
use crate::untrusted::text_of;
use cordboard_app::{Query, Value};
use rhai::Dynamic;
use std::collections::BTreeMap;

/// A lamp in a script: its name. Whether it can be named so is said when it is asked.
#[derive(Clone)]
pub(crate) struct Lamp(String);

const fn of_lamp(name: &'static str, params: &'static [Param], required: usize, run: Run) -> Verb {
    Verb { on: Receiver::Value(Held::Lamp), name, kind: Kind::Step, params, required, run }
}

pub(super) const VERBS: &[Verb] = &[
    Verb {
        on: Receiver::Free,
        name: "lamp",
        kind: Kind::Pure,
        params: &[any("name")],
        required: 1,
        run: |_, arguments| {
            let name = arguments.first().and_then(text_of).ok_or("lamp takes a name")?;
            Ok(Dynamic::from(Lamp(name.to_string())))
        },
    },
    of_lamp("set", const { &[any("state"), any("until")] }, 1, |call, arguments| {
        let state =
            arguments.get(1).and_then(text_of).ok_or("a lamp is set to \"on\", \"off\" or \"blinking\"")?;
        let until = match arguments.get(2).filter(|until| !until.is_unit()) {
            Some(until) => Value::Int(
                until.as_int().map_err(|_| "a lamp is lit until a time in seconds, as now() yields it")?,
            ),
            None => Value::Unit,
        };
        let to = Value::Text(state.to_string());
        ask(call, arguments, [("to".to_owned(), to), ("until".to_owned(), until)])
    }),
    of_lamp("state", &[], 0, |call, arguments| ask(call, arguments, [])),
];

pub(super) fn register(to: &mut Registrar<'_>) {
    to.type_name::<Lamp>("Lamp");
}

fn ask<const N: usize>(
    call: &Call<'_>,
    arguments: &[Dynamic],
    more: [(String, Value); N],
) -> Result<Dynamic, Fault> {
    let lamp = arguments.first().and_then(|first| first.read_lock::<Lamp>().map(|lamp| lamp.0.clone()));
    let lamp = lamp.ok_or("this is done with a lamp: lamp(\"*280\")")?;
    let mut request = BTreeMap::from([("lamp".to_owned(), Value::Text(lamp))]);
    request.extend(more);
    let query = Query::Service { kind: "lamp".to_owned(), request: Value::Map(request) };
    call.ask(query).map(|answer| from_value(&answer))
}
