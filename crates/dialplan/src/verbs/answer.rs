//! `ch.answer()`, `ch.progress()`, `ch.ringing()`, `ch.hangup(cause)`, `ch.enter(context, number)`; and what `ch` knows of
//! its call from the start: `ch.dialed`, `ch.argument`, `ch.context`, `ch.user`, `ch.trunk`, `ch.id`.

use crate::nearest::did_you_mean;
use crate::options::kind;
use crate::pattern::NUMBER_MAX;
use crate::registry::{Kind, Literal, Param, Part, Property, Receiver, Run, Verb, any};
use crate::running::{Call, Fault};
use crate::session::Ending;
use crate::untrusted::{Untrusted, digits_of};
use cordboard_app::{Cause, Step};
use rhai::Dynamic;

const fn verb(name: &'static str, params: &'static [Param], required: usize, run: Run) -> Verb {
    Verb { on: Receiver::Part(Part::Channel), name, kind: Kind::Step, params, required, run }
}

const CAUSE: Param = Param { name: "cause", literal: Literal::Word(|| Cause::names().collect()) };
const CONTEXT: Param = Param { name: "context", literal: Literal::Context };

pub(super) const VERBS: &[Verb] = &[
    verb("answer", &[], 0, |call, _| call.simple(Step::Answer)),
    verb("progress", &[], 0, |call, _| {
        call.step(Step::Progress)?;
        call.in_call()?.early_media.set(true);
        Ok(Dynamic::UNIT)
    }),
    verb("ringing", &[], 0, |call, _| call.simple(Step::Ringing)),
    verb("hangup", const { &[CAUSE] }, 0, hangup),
    verb("enter", const { &[CONTEXT, any("number")] }, 2, enter),
];

fn hangup(call: &Call<'_>, arguments: &[Dynamic]) -> Result<Dynamic, Fault> {
    let cause = arguments.first().map_or(Ok(Cause::NORMAL), cause)?;
    call.step(Step::Hangup(cause))?;
    // Whatever the answer was, the script has let go of its call.
    call.in_call()?.end(Ending::HungUp(cause));
    Err(Fault::Ended)
}

/// A cause by its name or Q.850 number.
fn cause(value: &Dynamic) -> Result<Cause, Fault> {
    if let Ok(number) = value.as_int() {
        return match u8::try_from(number) {
            Ok(number @ 1..=127) => Ok(Cause(number)),
            _ => Err(Fault::Error(format!("a cause is a Q.850 number from 1 to 127, not {number}"))),
        };
    }
    let Ok(name) = value.clone().into_immutable_string() else {
        return Err(Fault::Error(format!("a cause is a name or a Q.850 number, not {}", kind(value))));
    };
    Cause::by_name(&name).ok_or_else(|| {
        let hint = did_you_mean(&name, Cause::names()).unwrap_or_default();
        Fault::Error(format!("there is no cause \"{name}\" {hint}").trim_end().to_owned())
    })
}

fn enter(call: &Call<'_>, arguments: &[Dynamic]) -> Result<Dynamic, Fault> {
    let [context, number] = arguments else { return Err("enter(context, number)".into()) };
    let Ok(context) = context.clone().into_immutable_string() else {
        return Err(Fault::Error(format!("a context is named by a plain text, not by {}", kind(context))));
    };
    let number = digits_of(number).filter(|number| number.len() <= NUMBER_MAX);
    let number = number.ok_or("enter takes a number of at most 80 characters")?;
    call.in_call()?.end(Ending::Enter { context: context.to_string(), number: number.to_string() });
    Err(Fault::Ended)
}

const fn known(name: &'static str, get: Run) -> Property {
    Property { on: Part::Channel, name, kind: Kind::Pure, get, set: None }
}

fn optional(text: Option<&String>) -> Dynamic {
    text.map_or(Dynamic::UNIT, |text| text.as_str().into())
}

pub(super) const PROPERTIES: &[Property] = &[
    known("dialed", |call, _| Ok(Untrusted::dynamic(&call.in_call()?.info.dialed))),
    known("argument", |call, _| {
        let session = call.in_call()?;
        let after: String = session.info.dialed.chars().skip(session.code_len.get()).collect();
        Ok(Untrusted::dynamic(&after))
    }),
    known("context", |call, _| Ok(call.in_call()?.info.context.as_str().into())),
    known("user", |call, _| Ok(optional(call.in_call()?.info.user.as_ref()))),
    known("trunk", |call, _| Ok(optional(call.in_call()?.info.trunk.as_ref()))),
    known("id", |call, _| Ok(call.in_call()?.info.call.as_str().into())),
];
