//! `ch.wait(seconds)`, `ch.wait_silence(seconds, options)` → whether it was quiet, `ch.echo(options)`,
//! `ch.send_dtmf(digits, options)`, `ch.music(class)`, `ch.music_stop()`.

use crate::options::{Reads, Schema, Takes, milliseconds, option, seconds};
use crate::registry::{Kind, Param, Part, Receiver, Run, Verb, any, options, takes};
use crate::running::{Call, Fault, unexpected};
use crate::untrusted::digits_of;
use cordboard_app::{Reply, Step, Value};
use rhai::Dynamic;

/// How long `wait_silence` waits at most, unless told otherwise.
const SILENCE_TIMEOUT_MS: u32 = 60_000;
/// Length of a sent digit, in ms (RFC 4733 asks for 40 and more).
const DIGIT_MS: i64 = 100;
/// Digits sent at a time at most.
const DIGITS_MAX: usize = 64;

static SILENCE: Schema =
    Schema { keys: &[option("timeout", Takes::Seconds, "How long it waits at most; default: 60.")] };
static ECHO: Schema =
    Schema { keys: &[option("timeout", Takes::Seconds, "How long; default: until # or the hang-up.")] };
static SEND: Schema = Schema {
    keys: &[option("duration_ms", Takes::Integer(40, 2_000), "Of each digit, in ms; default: 100.")],
};

const fn verb(name: &'static str, params: &'static [Param], required: usize, run: Run) -> Verb {
    Verb { on: Receiver::Part(Part::Channel), name, kind: Kind::Step, params, required, run }
}

pub(super) const VERBS: &[Verb] = &[
    verb("wait", const { &[takes("seconds", Takes::Seconds)] }, 1, |call, arguments| {
        call.simple(Step::Wait { ms: ms(arguments.first())? })
    }),
    verb(
        "wait_silence",
        const { &[takes("seconds", Takes::Seconds), options(&SILENCE)] },
        1,
        |call, arguments| {
            let options = SILENCE.read(arguments.get(1))?;
            let timeout_ms = options.ms("timeout").unwrap_or(SILENCE_TIMEOUT_MS);
            let reply = call.step(Step::WaitSilence { ms: ms(arguments.first())?, timeout_ms })?;
            if let Reply::Value(Value::Bool(quiet)) = reply {
                Ok(quiet.into())
            } else {
                Err(unexpected(&reply))
            }
        },
    ),
    verb("echo", const { &[options(&ECHO)] }, 0, |call, arguments| {
        let timeout_ms = ECHO.read(arguments.first())?.ms("timeout").unwrap_or(0);
        call.simple(Step::Echo { timeout_ms })
    }),
    verb("send_dtmf", const { &[any("digits"), options(&SEND)] }, 1, send),
    verb("music", const { &[any("class")] }, 0, |call, arguments| {
        let class = match arguments.first() {
            Some(class) => {
                class.clone().into_immutable_string().map_err(|_| "music takes a class's name")?.to_string()
            }
            None => call.in_call()?.music_class.borrow().clone(),
        };
        call.simple(Step::Music(Some(class)))
    }),
    verb("music_stop", &[], 0, |call, _| call.simple(Step::Music(None))),
];

fn ms(value: Option<&Dynamic>) -> Result<u32, Fault> {
    let wanted = || Fault::from("this takes seconds, 0 to 86400");
    value.and_then(seconds).map(milliseconds).ok_or_else(wanted)
}

fn send(call: &Call<'_>, arguments: &[Dynamic]) -> Result<Dynamic, Fault> {
    let options = SEND.read(arguments.get(1))?;
    let given = arguments.first().ok_or("send_dtmf takes digits")?;
    let digits = digits_of(given).map(|digits| digits.to_uppercase().replace('W', "w")).unwrap_or_default();
    let fits = |c: char| c == 'w' || crate::options::is_digits(&c.to_string());
    if digits.is_empty() || digits.len() > DIGITS_MAX || !digits.chars().all(fits) {
        return Err(Fault::Error(format!(
            "send_dtmf takes 1 to {DIGITS_MAX} of 0-9 * # A-D, and w for a pause"
        )));
    }
    let duration = options.integer("duration_ms").unwrap_or(DIGIT_MS);
    call.simple(Step::SendDigits { digits, duration_ms: u16::try_from(duration).unwrap_or(u16::MAX) })
}
