//! What people do, see and hear.

use super::Registrar;
use crate::fault::{Fault, fault};
use crate::person::Person;
use crate::scene::Scene;
use core::time::Duration;
use rhai::{Array, Dynamic, EvalAltResult, Map};
use std::rc::Rc;

type Done<T> = Result<T, Box<EvalAltResult>>;

/// The longest that somebody waits or speaks, in s.
const SECONDS_MAX: f64 = 86_400.0;

/// Seconds as a script writes them.
pub(super) fn seconds(given: &Dynamic) -> Result<Duration, Fault> {
    #[allow(clippy::cast_precision_loss, reason = "seconds of a test are few")]
    let s = given.as_float().or_else(|_| given.as_int().map(|s| s as f64));
    match s {
        Ok(s) if (0.0..=SECONDS_MAX).contains(&s) => Ok(Duration::from_secs_f64(s)),
        Ok(_) | Err(_) => Err(fault(format!("{given} are no seconds, from 0 to {SECONDS_MAX}"))),
    }
}

/// A text or a number as a text: `"101"` or `101`.
pub(super) fn text(given: &Dynamic) -> Result<String, Fault> {
    if let Ok(number) = given.as_int() {
        return Ok(number.to_string());
    }
    given.clone().into_string().map_err(|kind| fault(format!("a text is wanted, not a value of type {kind}")))
}

fn status(given: i64) -> Result<u16, Fault> {
    u16::try_from(given)
        .ok()
        .filter(|status| (300..=699).contains(status))
        .ok_or_else(|| fault(format!("{given} refuses nothing: a SIP status from 300 to 699 does")))
}

/// Something that is to be heard.
fn hears(who: &Person, what: &Dynamic) -> Result<Person, Fault> {
    if let Some(other) = what.clone().try_cast::<Person>() {
        return who.hears_person(&other);
    }
    if let Some(list) = what.read_lock::<Array>() {
        for item in list.iter() {
            hears(who, item)?;
        }
        return Ok(who.clone());
    }
    match text(what)?.as_str() {
        "music" => who.hears_music(None),
        "ringback" => who.hears_ringing(),
        "tone" => who.hears_tone(),
        "itself" => who.hears_itself(),
        "nothing" => who.hears_nothing(),
        prompt => who.hears_prompt(prompt),
    }
}

/// The route that the last call of somebody took first is this one.
fn took(who: &Person, context: &str, pattern: &str) -> Result<Person, Fault> {
    let scene: &Scene = &who.scene;
    scene.collect();
    let routes = scene.routes.borrow();
    let own: Vec<String> = routes
        .iter()
        .skip(who.routes.get())
        .filter(|route| match &route.info.user {
            Some(user) => *user == who.name,
            None => route.info.trunk.is_some(),
        })
        .map(|route| format!("{} in {}", route.pattern, route.context))
        .collect();
    let wanted = format!("{pattern} in {context}");
    if own.contains(&wanted) {
        return Ok(who.clone());
    }
    let actual = if own.is_empty() { "no route".to_owned() } else { own.join(", then ") };
    Err(fault(format!("the call of {} takes another route", who.name)).wants(wanted).but(actual))
}

pub(super) fn register(to: &mut Registrar<'_>) {
    to.on("person");
    to.engine.register_type_with_name::<Person>("Person");
    to.add("calls", |who: &mut Person, number: Dynamic| -> Done<Person> { Ok(who.calls(&text(&number)?)) });
    to.add("rings", |who: &mut Person| -> Done<Map> {
        let shown = who.rings()?;
        Ok(Map::from([("number".into(), shown.number.into()), ("name".into(), shown.name.into())]))
    });
    to.add("does_not_ring", |who: &mut Person| -> Done<Person> {
        Ok(who.does_not_ring(Duration::from_secs(1))?)
    });
    to.add("does_not_ring", |who: &mut Person, s: Dynamic| -> Done<Person> {
        Ok(who.does_not_ring(seconds(&s)?)?)
    });
    to.add("answers", |who: &mut Person| -> Done<Person> { Ok(who.answers()?) });
    to.add("declines", |who: &mut Person| -> Done<Person> { Ok(who.refuses(603)?) });
    to.add("is_busy", |who: &mut Person| -> Done<Person> { Ok(who.refuses(486)?) });
    to.add("refuses", |who: &mut Person, s: i64| -> Done<Person> { Ok(who.refuses(status(s)?)?) });
    to.add("ignores", |who: &mut Person| -> Done<Person> { Ok(who.ignores()?) });
    to.add("is_answered", |who: &mut Person| -> Done<Person> { Ok(who.is_answered()?) });
    to.add("hangs_up", |who: &mut Person| -> Done<Person> { Ok(who.hangs_up()?) });
    to.add("is_over", |who: &mut Person| -> Done<Person> { Ok(who.is_over(None)?) });
    to.add("is_over", |who: &mut Person, cause: Dynamic| -> Done<Person> {
        Ok(who.is_over(Some(&text(&cause)?))?)
    });
    to.add("is_refused", |who: &mut Person, s: i64| -> Done<Person> { Ok(who.is_refused(status(s)?)?) });
    to.add("presses", |who: &mut Person, keys: Dynamic| -> Done<Person> { Ok(who.presses(&text(&keys)?)?) });
    to.add("gets_keys", |who: &mut Person, keys: Dynamic| -> Done<Person> {
        Ok(who.gets_digits(&text(&keys)?)?)
    });
    to.add("says", |who: &mut Person, s: Dynamic| -> Done<Person> { Ok(who.says(seconds(&s)?)?) });
    to.add("waits", |who: &mut Person, s: Dynamic| -> Done<Person> {
        who.scene.world().run_for(seconds(&s)?);
        Ok(who.clone())
    });
    to.add("holds", |who: &mut Person| -> Done<Person> { Ok(who.holds(true)?) });
    to.add("resumes", |who: &mut Person| -> Done<Person> { Ok(who.holds(false)?) });
    to.add("is_held", |who: &mut Person| -> Done<Person> { Ok(who.is_held()?) });
    to.add("transfers", |who: &mut Person, number: Dynamic| -> Done<Person> {
        Ok(who.transfers(Some(&text(&number)?))?)
    });
    to.add("connects", |who: &mut Person| -> Done<Person> { Ok(who.transfers(None)?) });
    to.add("registers", |who: &mut Person| -> Done<Person> { Ok(who.registers(true)?) });
    to.add("goes_offline", |who: &mut Person| -> Done<Person> { Ok(who.registers(false)?) });
    to.add("later", |who: &mut Person, s: Dynamic, what: &str| -> Done<Person> {
        Ok(who.later(seconds(&s)?, what, None)?)
    });
    to.add("later", |who: &mut Person, s: Dynamic, what: &str, with: Dynamic| -> Done<Person> {
        Ok(who.later(seconds(&s)?, what, Some(&text(&with)?))?)
    });
    to.add("answers_by_itself", |who: &mut Person| -> Person { who.answers_by_itself(Duration::ZERO) });
    to.add("answers_by_itself", |who: &mut Person, s: Dynamic| -> Done<Person> {
        Ok(who.answers_by_itself(seconds(&s)?))
    });
    to.add("is_a_machine", |who: &mut Person| -> Person {
        who.handset.is_a_machine();
        who.clone()
    });
    register_senses(to);
}

fn register_senses(to: &mut Registrar<'_>) {
    to.add("hears", |who: &mut Person, what: Dynamic| -> Done<Person> { Ok(hears(who, &what)?) });
    to.add("hears_at_last", |who: &mut Person, prompt: &str| -> Done<Person> {
        Ok(who.hears_at_last(prompt)?)
    });
    to.add("hears_music", |who: &mut Person, class: &str| -> Done<Person> {
        Ok(who.hears_music(Some(class))?)
    });
    to.add("hears_nothing", |who: &mut Person| -> Done<Person> { Ok(who.hears_nothing()?) });
    to.add("talks_with", |who: &mut Person, other: Person| -> Done<Person> { Ok(who.talks_with(&other)?) });
    to.add("does_not_hear", |who: &mut Person, other: Person| -> Done<Person> {
        Ok(who.does_not_hear(&other)?)
    });
    to.add("heard", |who: &mut Person| -> Array {
        who.prompts_heard().into_iter().map(Dynamic::from).collect()
    });
    to.add("sees", |who: &mut Person, number: Dynamic| -> Done<Person> {
        Ok(who.sees(&text(&number)?, None)?)
    });
    to.add("sees", |who: &mut Person, number: Dynamic, name: &str| -> Done<Person> {
        Ok(who.sees(&text(&number)?, Some(name))?)
    });
    to.add("reads", |who: &mut Person, part: &str| -> Done<Person> { Ok(who.reads(part)?) });
    to.add("took", |who: &mut Person, context: &str, pattern: &str| -> Done<Person> {
        Ok(took(who, context, pattern)?)
    });
    to.engine.register_get("name", |who: &mut Person| who.name.clone());
    to.engine.register_fn("to_string", |who: &mut Person| who.name.clone());
    to.engine.register_fn("==", |one: Person, other: Person| {
        Rc::ptr_eq(&one.scene, &other.scene) && one.handset.index() == other.handset.index()
    });
}
