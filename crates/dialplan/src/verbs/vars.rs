//! What a call carries: `ch.vars["x"]`, `ch.export(name, value)`, `ch.cdr`, `ch.mark(name)`, `ch.lang`, `ch.music_class`,
//! `ch.max_duration`.
//!
//! `ch.vars["x"] = v` is the running program's own: whatever it enters with `ch.enter` sees it, nobody else does.
//! `ch.export("x", v)` is the call's: when one of the two parties is transferred, the program that then runs for the other
//! reads it as `ch.vars["x"]` too. Neither goes out in a SIP header; the option `headers` of `ch.dial` is for that. A name is
//! plain or exported, whichever was said last.

use crate::convert::{from_value, to_value};
use crate::options::{kind, milliseconds, seconds};
use crate::registry::{Kind, Param, Part, Property, Receiver, Registrar, Run, Verb, any};
use crate::running::{Call, Fault};
use crate::untrusted::text_of;
use cordboard_app::{Note, Query, Value};
use rhai::Dynamic;

/// Bytes of a variable's, tag's or mark's name.
const NAME_MAX: usize = 64;
/// Bytes of a tag's value.
const TAG_MAX: usize = 1_024;

const fn step(on: Part, name: &'static str, params: &'static [Param], required: usize, run: Run) -> Verb {
    Verb { on: Receiver::Part(on), name, kind: Kind::Step, params, required, run }
}

pub(super) const VERBS: &[Verb] = &[
    step(Part::Channel, "export", const { &[any("name"), any("value")] }, 2, |call, arguments| {
        set(call, arguments, true)
    }),
    step(Part::Channel, "mark", const { &[any("name")] }, 1, |call, arguments| {
        call.note(Note::Mark(name(arguments.first())?)).map(|()| Dynamic::UNIT)
    }),
    step(Part::Cdr, "tag", const { &[any("key"), any("value")] }, 2, |call, arguments| {
        let value = arguments.get(1).unwrap_or(&Dynamic::UNIT);
        let value = text_of(value).map_or_else(|| value.to_string(), |text| text.to_string());
        let value = value.chars().filter(|c| !c.is_control()).take(TAG_MAX).collect();
        call.note(Note::Tag { key: name(arguments.first())?, value }).map(|()| Dynamic::UNIT)
    }),
];

const fn record(name: &'static str, get: Run) -> Property {
    Property { on: Part::Cdr, name, kind: Kind::Step, get, set: None }
}

const fn setting(name: &'static str, get: Run, set: Run) -> Property {
    Property { on: Part::Channel, name, kind: Kind::Pure, get, set: Some(set) }
}

pub(super) const PROPERTIES: &[Property] = &[
    record("disposition", |call, _| of_record(call, "disposition")),
    record("billsec", |call, _| of_record(call, "billsec")),
    record("duration", |call, _| of_record(call, "duration")),
    record("answered", |call, _| of_record(call, "answered")),
    record("cause", |call, _| of_record(call, "cause")),
    record("tags", |call, _| of_record(call, "tags")),
    setting(
        "lang",
        |call, _| Ok(call.in_call()?.lang.borrow().as_str().into()),
        |call, arguments| {
            let lang = name(arguments.first())?;
            call.in_call()?.lang.replace(lang.clone());
            call.note(Note::SetLang(lang)).map(|()| Dynamic::UNIT)
        },
    ),
    setting(
        "music_class",
        |call, _| Ok(call.in_call()?.music_class.borrow().as_str().into()),
        |call, arguments| {
            let class = name(arguments.first())?;
            call.in_call()?.music_class.replace(class.clone());
            call.note(Note::SetMusicClass(class)).map(|()| Dynamic::UNIT)
        },
    ),
    setting(
        "max_duration",
        |call, _| Ok(i64::from(call.in_call()?.max_duration_ms.get() / 1_000).into()),
        |call, arguments| {
            let ms = arguments.first().and_then(seconds).map(milliseconds);
            let ms = ms.ok_or("max_duration takes seconds, 0 to 86400")?;
            call.in_call()?.max_duration_ms.set(ms);
            call.note(Note::SetMaxDuration(ms)).map(|()| Dynamic::UNIT)
        },
    ),
];

pub(super) fn register(to: &mut Registrar<'_>) {
    to.index(
        Part::Vars,
        |call, arguments| call.ask(Query::Var(name(arguments.first())?)).map(|value| from_value(&value)),
        |call, arguments| set(call, arguments, false),
    );
}

fn set(call: &Call<'_>, arguments: &[Dynamic], inherited: bool) -> Result<Dynamic, Fault> {
    let value = arguments.get(1).map_or(Ok(Value::Unit), to_value)?;
    call.note(Note::SetVar { name: name(arguments.first())?, value, inherited }).map(|()| Dynamic::UNIT)
}

fn of_record(call: &Call<'_>, field: &str) -> Result<Dynamic, Fault> {
    let answer = call.ask(Query::Record)?;
    let Value::Map(record) = answer else {
        return Err(Fault::Error(format!("the exchange says the call record is {answer:?}")));
    };
    Ok(record.get(field).map_or(Dynamic::UNIT, from_value))
}

/// A name that the script chose itself.
fn name(value: Option<&Dynamic>) -> Result<String, Fault> {
    let value = value.unwrap_or(&Dynamic::UNIT);
    let name = value.clone().into_immutable_string().ok();
    let name =
        name.filter(|name| !name.is_empty() && name.len() <= NAME_MAX && !name.chars().any(char::is_control));
    name.map(|name| name.to_string()).ok_or_else(|| {
        Fault::Error(format!("a name is a plain text of 1 to {NAME_MAX} characters, not {}", kind(value)))
    })
}
