//! `ch.read(options)` → what was typed, `""` if nothing.

use super::play::{lang, prompts};
use crate::options::{Options, Reads, Schema, Takes, option};
use crate::registry::{Kind, Part, Receiver, Verb, options};
use crate::running::{Call, Fault, unexpected};
use crate::untrusted::Untrusted;
use cordboard_app::{Key, ReadDigits, Reply, Step};

/// Digits of one input at most.
pub(super) const DIGITS_MAX: u16 = 64;
/// For the first digit, in ms.
pub(super) const TIMEOUT_MS: u32 = 5_000;
/// Between two digits, in ms.
pub(super) const DIGIT_TIMEOUT_MS: u32 = 3_000;

/// Options of whatever reads digits.
pub(super) const PROMPT: Key = option("prompt", Takes::Prompts, "What is played; the first digit stops it.");
pub(super) const TIMEOUT: Key =
    option("timeout", Takes::Seconds, "For the first digit, from the end of the prompt on; default: 5.");
pub(super) const DIGIT_TIMEOUT: Key =
    option("digit_timeout", Takes::Seconds, "Between two digits; default: 3.");
pub(super) const END: Key =
    option("end", Takes::Digits, "Digits that end the input and are not part of it; default: #.");

static READ: Schema = Schema {
    keys: &[
        PROMPT,
        option("max", Takes::Integer(1, 64), "How many digits at most; default: 64."),
        TIMEOUT,
        DIGIT_TIMEOUT,
        END,
        option(
            "secret",
            Takes::Bool,
            "Whether it is a PIN or a password, which no log shows; default: false.",
        ),
    ],
};

pub(super) const VERBS: &[Verb] = &[Verb {
    on: Receiver::Part(Part::Channel),
    name: "read",
    kind: Kind::Step,
    params: &[options(&READ)],
    required: 0,
    run: |call, arguments| {
        let options = READ.read(arguments.first())?;
        let max = options.integer("max").and_then(|max| u16::try_from(max).ok()).unwrap_or(DIGITS_MAX);
        let digits = read(call, wanted(call, &options, max)?)?;
        Ok(Untrusted::dynamic(&digits))
    },
}];

/// The step that `read`-like options ask for.
pub(super) fn wanted(call: &Call<'_>, options: &Options, max: u16) -> Result<ReadDigits, Fault> {
    Ok(ReadDigits {
        prompt: options.get("prompt").map_or(Ok(Vec::new()), |given| prompts(given, &lang(call)))?,
        max,
        timeout_ms: options.ms("timeout").unwrap_or(TIMEOUT_MS),
        digit_timeout_ms: options.ms("digit_timeout").unwrap_or(DIGIT_TIMEOUT_MS),
        end: options.text("end").unwrap_or_else(|| "#".to_owned()),
        secret: options.bool("secret").unwrap_or(false),
    })
}

pub(super) fn read(call: &Call<'_>, wanted: ReadDigits) -> Result<String, Fault> {
    let reply = call.step(Step::Read(wanted))?;
    if let Reply::Digits { digits, .. } = reply { Ok(digits) } else { Err(unexpected(&reply)) }
}
