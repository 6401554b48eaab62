//! `ch.menu(options)` → the choice, `""` if none was made in all tries; `ch.authenticate(pin, options)` → whether the
//! right one was typed.

use super::play::{lang, play, prompts};
use super::read::{DIGIT_TIMEOUT, END, PROMPT, TIMEOUT, read, wanted};
use crate::options::{Options, Reads, Schema, Takes, option};
use crate::registry::{Kind, Part, Receiver, Verb, any, options};
use crate::running::{Call, Fault};
use crate::untrusted::{Untrusted, digits_of, text_of};
use cordboard_app::Key;
use rhai::{Array, Dynamic};

/// How often a menu is offered, unless told otherwise.
const RETRIES: i64 = 3;

const RETRIES_OPTION: Key = option("retries", Takes::Integer(1, 20), "How often it is asked; default: 3.");
const INVALID: Key = option(
    "invalid",
    Takes::Prompts,
    "What is played after an input that does not fit, before it is asked again; a digit stops it; default: nothing.",
);
const NO_INPUT: Key =
    option("no_input", Takes::Prompts, "The same where nothing was typed in time; default: nothing.");

static MENU: Schema = Schema {
    keys: &[
        PROMPT,
        option("choices", Takes::Data, "The inputs that fit: \"123\", or [\"1\", \"22\"]; default: any."),
        option(
            "digits",
            Takes::Integer(1, 64),
            "How many digits at most; default: as many as the longest choice has, else 1.",
        ),
        TIMEOUT,
        DIGIT_TIMEOUT,
        RETRIES_OPTION,
        INVALID,
        NO_INPUT,
        END,
    ],
};

static AUTHENTICATE: Schema =
    Schema { keys: &[PROMPT, RETRIES_OPTION, INVALID, NO_INPUT, TIMEOUT, DIGIT_TIMEOUT, END] };

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
        let longest = choices.iter().flatten().map(String::len).max().unwrap_or(1);
        let digits = options.integer("digits").and_then(|n| u16::try_from(n).ok());
        let digits = digits.or_else(|| u16::try_from(longest.clamp(1, 64)).ok()).unwrap_or(1);
        let fits =
            |typed: &str| choices.as_ref().is_none_or(|list| list.iter().any(|choice| choice == typed));
        tries(call, &options, (digits, false), &fits)
            .map(|choice| Untrusted::dynamic(&choice.unwrap_or_default()))
    }),
    verb("authenticate", const { &[any("pin"), options(&AUTHENTICATE)] }, |call, arguments| {
        let options = AUTHENTICATE.read(arguments.get(1))?;
        let pin = arguments.first().and_then(digits_of);
        let pin = pin.filter(|pin| !pin.is_empty()).ok_or("authenticate takes a PIN")?;
        let right = |typed: &str| typed == pin.as_str();
        tries(call, &options, (super::read::DIGITS_MAX, true), &right).map(|typed| typed.is_some().into())
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

/// Reads until an input fits, as often as `retries` says. What was wrong is said in front of the next prompt, so that the caller need
/// not hear either to its end; after the last try it stands alone.
fn tries(
    call: &Call<'_>,
    options: &Options,
    (digits, secret): (u16, bool),
    fits: &dyn Fn(&str) -> bool,
) -> Result<Option<String>, Fault> {
    let mut complaint = Vec::new();
    for _ in 0..options.integer("retries").unwrap_or(RETRIES) {
        let mut wanted = wanted(call, options, digits)?;
        wanted.prompt.splice(0..0, complaint);
        wanted.secret = secret;
        let typed = read(call, wanted)?;
        if !typed.is_empty() && fits(&typed) {
            return Ok(Some(typed));
        }
        let said = options.get(if typed.is_empty() { "no_input" } else { "invalid" });
        complaint = said.map_or(Ok(Vec::new()), |said| prompts(said, &lang(call)))?;
    }
    let _digit = play(call, complaint, "")?;
    Ok(None)
}
