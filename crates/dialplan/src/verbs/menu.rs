//! `ch.menu(options)` → the choice, `""` if none was made in all tries; `ch.authenticate(pin, options)` → whether the
//! right one was typed.

use super::play::{lang, play, prompts};
use super::read::{read, wanted};
use crate::options::{Options, Reads, Schema, Takes, option};
use crate::registry::{Kind, Part, Receiver, Verb, any, options};
use crate::running::{Call, Fault};
use crate::untrusted::{Untrusted, text_of};
use rhai::{Array, Dynamic};

/// How often a menu is offered, unless told otherwise.
const RETRIES: i64 = 3;

static MENU: Schema = Schema {
    keys: &[
        option("prompt", Takes::Prompts, "What is played; the first digit stops it."),
        option("digits", Takes::Integer(1, 64), "How many digits at most; default: 1."),
        option("timeout", Takes::Seconds, "For the first digit, from the end of the prompt on; default: 5."),
        option("digit_timeout", Takes::Seconds, "Between two digits; default: 3."),
        option("retries", Takes::Integer(1, 20), "How often it is asked; default: 3."),
        option(
            "invalid",
            Takes::Prompts,
            "What is played after an input that does not fit; default: nothing.",
        ),
        option("choices", Takes::Data, "The inputs that fit: \"123\", or [\"1\", \"22\"]; default: any."),
        option("end", Takes::Digits, "Digits that end the input and are not part of it; default: #."),
    ],
};

static AUTHENTICATE: Schema = Schema {
    keys: &[
        option("prompt", Takes::Prompts, "What is played; the first digit stops it."),
        option("retries", Takes::Integer(1, 20), "How often it is asked; default: 3."),
        option(
            "invalid",
            Takes::Prompts,
            "What is played after an input that does not fit; default: nothing.",
        ),
        option("timeout", Takes::Seconds, "For the first digit, from the end of the prompt on; default: 5."),
        option("digit_timeout", Takes::Seconds, "Between two digits; default: 3."),
        option("end", Takes::Digits, "Digits that end the input and are not part of it; default: #."),
    ],
};

const fn verb(
    name: &'static str,
    params: &'static [crate::registry::Param],
    run: crate::registry::Run,
) -> Verb {
    Verb { on: Receiver::Part(Part::Channel), name, kind: Kind::Step, params, required: 1, run }
}

pub(super) const VERBS: &[Verb] = &[
    verb("menu", const { &[options(&MENU)] }, |call, arguments| {
        let options = MENU.read(arguments.first())?;
        let choices = options.get("choices").map(choices).transpose()?;
        let digits = options.integer("digits").and_then(|n| u16::try_from(n).ok()).unwrap_or(1);
        let fits =
            |typed: &str| choices.as_ref().is_none_or(|list| list.iter().any(|choice| choice == typed));
        tries(call, &options, digits, &fits).map(|choice| Untrusted::dynamic(&choice.unwrap_or_default()))
    }),
    verb("authenticate", const { &[any("pin"), options(&AUTHENTICATE)] }, |call, arguments| {
        let options = AUTHENTICATE.read(arguments.get(1))?;
        let pin = arguments
            .first()
            .and_then(|pin| pin.as_int().ok().map(|n| n.to_string().into()).or_else(|| text_of(pin)));
        let pin = pin.filter(|pin| !pin.is_empty()).ok_or("authenticate takes a PIN")?;
        let right = |typed: &str| typed == pin.as_str();
        tries(call, &options, super::read::DIGITS_MAX, &right).map(|typed| typed.is_some().into())
    }),
];

/// The inputs that a menu knows: `["1", "22"]`, or `"123"` for single digits.
fn choices(given: &Dynamic) -> Result<Vec<String>, Fault> {
    if let Some(list) = given.read_lock::<Array>() {
        return Ok(list.iter().filter_map(text_of).map(|choice| choice.to_string()).collect());
    }
    let text = text_of(given).ok_or("`choices` takes digits, or an array of inputs")?;
    Ok(text.chars().map(String::from).collect())
}

/// Reads until an input fits, as often as `retries` says.
fn tries(
    call: &Call<'_>,
    options: &Options,
    digits: u16,
    fits: &dyn Fn(&str) -> bool,
) -> Result<Option<String>, Fault> {
    for _ in 0..options.integer("retries").unwrap_or(RETRIES) {
        let typed = read(call, wanted(call, options, digits)?)?;
        if !typed.is_empty() && fits(&typed) {
            return Ok(Some(typed));
        }
        if !typed.is_empty()
            && let Some(invalid) = options.get("invalid")
        {
            let _digit = play(call, prompts(invalid, &lang(call))?, "")?;
        }
    }
    Ok(None)
}
