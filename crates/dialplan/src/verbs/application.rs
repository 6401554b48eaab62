//! The verbs of applications: `ch.voicemail("101", #{ greet: "busy" })`. Each is made of the application's own manual.

use crate::convert::{from_value, to_value};
use crate::options::{Checks, Reads, kind};
use crate::running::{Call, Fault, unexpected};
use cordboard_app::{Argument, Manual, Reply, Step, Value};
use rhai::Dynamic;

/// Checks the arguments against the manual, runs the application, and yields its outcome.
pub(crate) fn run_application(
    manual: &'static Manual,
    call: &Call<'_>,
    given: &[Dynamic],
) -> Result<Dynamic, Fault> {
    for (param, value) in manual.params.iter().zip(given) {
        match param.takes {
            Argument::One(takes) => takes.check(value).map_err(|wanted| {
                let verb = manual.verb;
                Fault::Error(format!("{verb}: {} is {wanted}, not {}", param.name, kind(value)))
            })?,
            Argument::Options(schema) => drop(schema.read(Some(value))?),
        }
    }
    let arguments = given.iter().map(to_value).collect::<Result<_, _>>()?;
    let reply = call.step(Step::Run { app: manual.verb.to_owned(), args: Value::List(arguments) })?;
    if let Reply::Value(outcome) = reply { Ok(from_value(&outcome)) } else { Err(unexpected(&reply)) }
}
