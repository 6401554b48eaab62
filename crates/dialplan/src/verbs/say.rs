//! `ch.say.digits(x)`, `.number(n)`, `.spell(x)`, `.time(t, format)`, `.date(t)` → the digit that stopped it, or `()`.
//! Grammars stand in `cordboard_app::say`.

use super::clock::{instant, now, wall, zone};
use super::play::{PROMPTS_MAX, interrupt, lang, play};
use crate::options::{Schema, Takes, key, kind};
use crate::registry::{Kind, Param, Part, Receiver, Run, Verb, any, options};
use crate::running::{Call, Fault};
use crate::untrusted::text_of;
use cordboard_app::say::{Grammar, grammar};
use cordboard_media::Audio;
use rhai::{Dynamic, ImmutableString};

static SAY: Schema = Schema { keys: &[key("interrupt", Takes::Text), key("lang", Takes::Text)] };

const fn verb(name: &'static str, params: &'static [Param], required: usize, run: Run) -> Verb {
    Verb { on: Receiver::Part(Part::Say), name, kind: Kind::Step, params, required, run }
}

pub(super) const VERBS: &[Verb] = &[
    verb("digits", const { &[any("digits"), options(&SAY)] }, 1, |call, arguments| {
        let digits = arguments.first().and_then(text).ok_or("say.digits takes digits")?;
        say(call, arguments.get(1), |grammar| grammar.digits(&digits))
    }),
    verb("spell", const { &[any("text"), options(&SAY)] }, 1, |call, arguments| {
        let letters = arguments.first().and_then(text).ok_or("say.spell takes a text")?;
        say(call, arguments.get(1), |grammar| grammar.spell(&letters))
    }),
    verb("number", const { &[any("number"), options(&SAY)] }, 1, |call, arguments| {
        let given = arguments.first().ok_or("say.number takes a number")?;
        let number = given.as_int().ok().or_else(|| text_of(given)?.trim().parse().ok());
        let number =
            number.ok_or_else(|| Fault::Error(format!("say.number takes a number, not {}", kind(given))))?;
        say(call, arguments.get(1), |grammar| grammar.number(number))
    }),
    verb("time", const { &[any("time"), any("format"), options(&SAY)] }, 0, |call, arguments| {
        moment(call, arguments, "IMp")
    }),
    verb("date", const { &[any("time"), any("format"), options(&SAY)] }, 0, |call, arguments| {
        moment(call, arguments, "ABdY")
    }),
];

fn text(value: &Dynamic) -> Option<ImmutableString> {
    value.as_int().ok().map(|n| n.to_string().into()).or_else(|| text_of(value))
}

/// `.time()`, `.time(t)`, `.time(t, format)`; the office's time zone is asked for.
fn moment(call: &Call<'_>, arguments: &[Dynamic], format: &str) -> Result<Dynamic, Fault> {
    let at = match arguments.first() {
        Some(at) => at.as_int().map_err(|_| "this takes a time in seconds, as now() yields it")?,
        None => now(call)?,
    };
    let format = match arguments.get(1) {
        Some(given) => {
            given.clone().into_immutable_string().map_err(|_| "a format is a text like \"IMp\"")?
        }
        None => format.into(),
    };
    let moment = wall(&instant(at)?.to_zoned(zone(call)?));
    say(call, arguments.get(2), |grammar| grammar.moment(&moment, &format))
}

fn say(
    call: &Call<'_>,
    given: Option<&Dynamic>,
    prompts: impl Fn(&dyn Grammar) -> Vec<String>,
) -> Result<Dynamic, Fault> {
    let options = SAY.read(given)?;
    let lang = options.text("lang").unwrap_or_else(|| lang(call));
    let names = prompts(grammar(&lang));
    if names.len() > PROMPTS_MAX {
        return Err(Fault::Error(format!("at most {PROMPTS_MAX} prompts are said at a time")));
    }
    let items = names.into_iter().map(|name| Audio::Prompt { name, lang: lang.clone() }).collect();
    play(call, items, &interrupt(options.text("interrupt").as_deref())?)
}
