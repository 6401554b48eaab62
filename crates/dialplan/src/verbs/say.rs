//! `ch.say.digits(x)`, `.telephone(x)`, `.number(n)`, `.ordinal(n)`, `.spell(x)`, `.phonetic(x)`, `.money(n, "EUR")`, `.duration(seconds)`,
//! `.time(t, format)`, `.date(t)`, `.day(t)`, `.when(t)` → the digit that stopped it, or `()`.
//! Grammars stand in `cordboard_app::say`; the one of `lang` speaks, or English where that language has none.

use super::clock::{instant, now, wall, zone};
use super::play::{PROMPTS_MAX, interrupt, lang, play};
use crate::options::{Reads, Schema, Takes, kind, option};
use crate::registry::{Kind, Param, Part, Receiver, Run, Verb, any, options};
use crate::running::{Call, Fault};
use crate::untrusted::digits_of;
use cordboard_app::say::{
    Announcement, Currency, Decimal, Grammar, Money, WallTime, audio, grammar, in_groups,
};
use cordboard_media::Audio;
use rhai::Dynamic;

static SAY: Schema = Schema {
    keys: &[
        option("interrupt", Takes::Text, "Digits that stop it, or \"any\"; default: none."),
        option("lang", Takes::Text, "The language; default: the call's."),
    ],
};

const fn verb(name: &'static str, params: &'static [Param], required: usize, run: Run) -> Verb {
    Verb { on: Receiver::Part(Part::Say), name, kind: Kind::Step, params, required, run }
}

pub(super) const VERBS: &[Verb] = &[
    verb("digits", const { &[any("digits"), options(&SAY)] }, 1, |call, arguments| {
        let digits = arguments.first().and_then(digits_of).ok_or("say.digits takes digits")?;
        say(call, arguments.get(1), |grammar| grammar.digits(&digits))
    }),
    verb("telephone", const { &[any("number"), options(&SAY)] }, 1, |call, arguments| {
        let number = arguments.first().and_then(digits_of).ok_or("say.telephone takes a number")?;
        said(call, arguments.get(1), |grammar, lang| in_groups(grammar.telephone(&number), lang))
    }),
    verb("spell", const { &[any("text"), options(&SAY)] }, 1, |call, arguments| {
        let letters = arguments.first().and_then(digits_of).ok_or("say.spell takes a text")?;
        say(call, arguments.get(1), |grammar| grammar.spell(&letters))
    }),
    verb("phonetic", const { &[any("text"), options(&SAY)] }, 1, |call, arguments| {
        let letters = arguments.first().and_then(digits_of).ok_or("say.phonetic takes a text")?;
        say(call, arguments.get(1), |grammar| grammar.phonetic(&letters))
    }),
    verb("number", const { &[any("number"), options(&SAY)] }, 1, |call, arguments| {
        let number = decimal(arguments.first(), "say.number takes a number")?;
        say(call, arguments.get(1), |grammar| grammar.decimal(&number))
    }),
    verb("ordinal", const { &[any("number"), options(&SAY)] }, 1, |call, arguments| {
        let number = whole(arguments.first(), "say.ordinal takes a whole number from 1 on")?;
        say(call, arguments.get(1), |grammar| grammar.ordinal(number))
    }),
    verb("money", const { &[any("amount"), any("currency"), options(&SAY)] }, 2, |call, arguments| {
        let amount = decimal(arguments.first(), "say.money takes an amount, 5 or \"4.99\"")?;
        let code = arguments.get(1).and_then(digits_of).ok_or("say.money takes a currency, \"EUR\"")?;
        let currency = Currency::of_code(&code).ok_or_else(|| {
            Fault::Error(format!("say.money knows EUR, USD, CAD, AUD, NZD, GBP, CHF and JPY, not {code}"))
        })?;
        let money = Money::new(&amount, currency).ok_or("say.money: this amount has too many digits")?;
        say(call, arguments.get(2), |grammar| grammar.money(&money))
    }),
    verb("duration", const { &[any("seconds"), options(&SAY)] }, 1, |call, arguments| {
        let seconds = whole(arguments.first(), "say.duration takes seconds")?;
        say(call, arguments.get(1), |grammar| grammar.duration(seconds))
    }),
    verb("time", const { &[any("time"), any("format"), options(&SAY)] }, 0, |call, arguments| {
        moment(call, arguments, |grammar| grammar.time_format())
    }),
    verb("date", const { &[any("time"), any("format"), options(&SAY)] }, 0, |call, arguments| {
        moment(call, arguments, |grammar| grammar.date_format())
    }),
    verb("day", const { &[any("time"), options(&SAY)] }, 1, |call, arguments| {
        seen_from_now(call, arguments, |grammar, at, now| grammar.day(at, now))
    }),
    verb("when", const { &[any("time"), options(&SAY)] }, 1, |call, arguments| {
        seen_from_now(call, arguments, |grammar, at, now| grammar.when(at, now))
    }),
];

/// A number as a script may have it: whole, a fraction, or a text that the caller may have supplied.
fn decimal(value: Option<&Dynamic>, wanted: &'static str) -> Result<Decimal, Fault> {
    let given = value.ok_or(wanted)?;
    let written = given.as_float().ok().map(|number| number.to_string().into()).or_else(|| digits_of(given));
    written
        .and_then(|written| Decimal::parse(&written))
        .ok_or_else(|| Fault::Error(format!("{wanted}, not {}", kind(given))))
}

fn whole(value: Option<&Dynamic>, wanted: &'static str) -> Result<u64, Fault> {
    let number = decimal(value, wanted)?;
    if number.negative || !number.fraction.is_empty() {
        return Err(wanted.into());
    }
    Ok(number.whole)
}

fn seconds(value: &Dynamic) -> Result<i64, Fault> {
    value.as_int().map_err(|_| "this takes a time in seconds, as now() yields it".into())
}

/// `.time()`, `.time(t)`, `.time(t, format)`; the office's time zone is asked for.
fn moment(
    call: &Call<'_>,
    arguments: &[Dynamic],
    usual: impl Fn(&dyn Grammar) -> &'static str,
) -> Result<Dynamic, Fault> {
    let at = match arguments.first() {
        Some(at) => seconds(at)?,
        None => now(call)?,
    };
    let format = match arguments.get(1) {
        Some(given) => {
            Some(given.clone().into_immutable_string().map_err(|_| "a format is a text like \"IMp\"")?)
        }
        None => None,
    };
    let moment = wall(&instant(at)?.to_zoned(zone(call)?));
    say(call, arguments.get(2), |grammar| {
        grammar.moment(&moment, format.as_deref().unwrap_or_else(|| usual(grammar)))
    })
}

/// `.day(t)`, `.when(t)`: what is now decides between "yesterday" and a date.
fn seen_from_now(
    call: &Call<'_>,
    arguments: &[Dynamic],
    prompts: impl Fn(&dyn Grammar, &WallTime, &WallTime) -> Vec<String>,
) -> Result<Dynamic, Fault> {
    let at = seconds(arguments.first().ok_or("this takes a time in seconds, as now() yields it")?)?;
    let (now, zone) = (now(call)?, zone(call)?);
    let (at, now) = (wall(&instant(at)?.to_zoned(zone.clone())), wall(&instant(now)?.to_zoned(zone)));
    say(call, arguments.get(1), |grammar| prompts(grammar, &at, &now))
}

fn say(
    call: &Call<'_>,
    given: Option<&Dynamic>,
    prompts: impl Fn(&dyn Grammar) -> Vec<String>,
) -> Result<Dynamic, Fault> {
    said(call, given, |grammar, lang| audio(prompts(grammar), lang))
}

fn said(
    call: &Call<'_>,
    given: Option<&Dynamic>,
    items: impl Fn(&dyn Grammar, &str) -> Vec<Audio>,
) -> Result<Dynamic, Fault> {
    let options = SAY.read(given)?;
    let lang = options.text("lang").unwrap_or_else(|| lang(call));
    let items = items(grammar(&lang), &lang);
    if items.len() > PROMPTS_MAX {
        return Err(Fault::Error(format!("at most {PROMPTS_MAX} prompts are said at a time")));
    }
    play(call, items, &interrupt(options.text("interrupt").as_deref())?)
}
