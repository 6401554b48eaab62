//! `ch.dial(to, options)` → `#{ status, by, cause, secs, hangup_by, key }`. `to` is a destination, an array of those that ring
//! together, or an array of such arrays that ring one after the other. With the option `keys: "0*"` the caller may press one of these
//! while it rings: nobody is rung any more, `status` is `key`, and `key` says which.

use super::destination::{Target, target};
use super::fields::fields;
use crate::convert::to_value;
use crate::options::{Options, Reads, Schema, Takes, milliseconds, option, seconds};
use crate::registry::{Kind, Part, Receiver, Verb, any, options};
use crate::running::{Call, Fault, unexpected};
use cordboard_app::{
    Destination, DialEnd, DialOptions, DialResult, Identity, RecordRule, Reply, Screen, Step, Value,
};
use rhai::{Array, Dynamic, Map};
use std::collections::BTreeMap;

/// Destinations of one dial at most.
const DESTINATIONS_MAX: usize = 64;

/// Handed on to the applications of later floors as they are.
const EXTRA: [&str; 4] = ["transfer", "park", "disconnect", "hold"];

static DIAL: Schema = Schema {
    keys: &[
        option(
            "timeout",
            Takes::SecondsList,
            "How long it rings; an array: each stage, the last one for all further stages; default: 180.",
        ),
        option(
            "leg_timeout",
            Takes::Seconds,
            "How long a single phone rings within its stage; default: as long as the stage.",
        ),
        option("limit", Takes::Seconds, "The longest time of the talk; default: the office's."),
        option(
            "music",
            Takes::Text,
            "The caller hears music of this class instead of ringing, and is answered for it.",
        ),
        option(
            "headers",
            Takes::Map,
            "Header fields for the new legs: X-…, Alert-Info, Subject; at most 16.",
        ),
        option("caller", Takes::Map, "The identity that is shown, #{ number, name }; default: the caller's."),
        option(
            "transfer",
            Takes::Data,
            "Who may transfer by the feature digits: true for both, \"caller\", \"callee\"; default: nobody.",
        ),
        option(
            "park",
            Takes::Data,
            "Who may park the other one by a code while talking: true, \"caller\" or \"callee\"; users of the office only. The code is in cordboard.toml.",
        ),
        option(
            "disconnect",
            Takes::Data,
            "Who may end the talk by the feature digits: true for both, \"caller\", \"callee\"; default: nobody.",
        ),
        option(
            "hold",
            Takes::Data,
            "Who may put the other one on hold by a code while talking: true, \"caller\" or \"callee\". The code is in cordboard.toml.",
        ),
        option("confirm", Takes::Bool, "Whoever answers is asked whether to take the call; default: false."),
        option("announce", Takes::Prompts, "What whoever answers hears before it is connected."),
        option(
            "keys",
            Takes::Digits,
            "Keys of the caller that end the ringing: the status is `key`, and `key` says which; default: none.",
        ),
        option(
            "record",
            Takes::Word(&["always", "on-demand", "never"]),
            "Whether the talk is recorded, or may be by digits; default: as the rules of caller and callee say.",
        ),
    ],
};

pub(super) const VERBS: &[Verb] = &[Verb {
    on: Receiver::Part(Part::Channel),
    name: "dial",
    kind: Kind::Step,
    params: &[any("to"), options(&DIAL)],
    required: 1,
    run: dial,
}];

fn dial(call: &Call<'_>, arguments: &[Dynamic]) -> Result<Dynamic, Fault> {
    let options = DIAL.read(arguments.get(1))?;
    let stages = arguments.first().map_or(Ok(Vec::new()), stages)?;
    let count: usize = stages.iter().map(Vec::len).sum();
    if count == 0 || count > DESTINATIONS_MAX {
        return Err(Fault::Error(format!("dial takes 1 to {DESTINATIONS_MAX} destinations, not {count}")));
    }
    let step = DialOptions {
        stages,
        timeout_ms: timeouts(&options),
        leg_timeout_ms: options.ms("leg_timeout").unwrap_or(0),
        music: options.text("music"),
        headers: fields(&options, may_set, "only X-…, Alert-Info, Subject")?,
        caller: caller(&options)?,
        limit_ms: options.ms("limit").unwrap_or(0),
        record: options.text("record").map(|rule| match rule.as_str() {
            "always" => RecordRule::Always,
            "on-demand" => RecordRule::OnDemand,
            _ => RecordRule::Never,
        }),
        screen: screen(&options)?,
        keys: options.text("keys").unwrap_or_default(),
        until: None,
        extra: EXTRA
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), to_value(options.get(name)?).ok()?)))
            .collect(),
    };
    let reply = call.step(Step::Dial(Box::new(step)))?;
    let Reply::Dialed(result) = reply else { return Err(unexpected(&reply)) };
    let session = call.in_call()?;
    session.last_cause.set(result.cause);
    if result.end == DialEnd::Answered {
        session.answered.set(true);
    }
    Ok(result_map(&result))
}

/// Who answers is told something, or asked whether to take the call, by the application `confirm`.
fn screen(options: &Options) -> Result<Option<Screen>, Fault> {
    let ask = options.get("confirm").and_then(|ask| ask.as_bool().ok()).unwrap_or(false);
    let announce = options.get("announce").map(to_value).transpose()?;
    if !ask && announce.is_none() {
        return Ok(None);
    }
    let mut arguments = BTreeMap::from([("ask".to_owned(), Value::Bool(ask))]);
    arguments.extend(announce.map(|announce| ("announce".to_owned(), announce)));
    Ok(Some(Screen { app: "confirm".to_owned(), args: Value::List(vec![Value::Map(arguments)]) }))
}

pub(super) fn stages(to: &Dynamic) -> Result<Vec<Vec<Destination>>, Fault> {
    let Some(list) = to.read_lock::<Array>() else { return Ok(vec![vec![target(to)?]]) };
    if list.iter().any(|item| item.read_lock::<Array>().is_some()) {
        return list.iter().map(together).collect();
    }
    Ok(vec![list.iter().map(target).collect::<Result<_, _>>()?])
}

fn together(stage: &Dynamic) -> Result<Vec<Destination>, Fault> {
    match stage.read_lock::<Array>() {
        Some(list) => list.iter().map(target).collect(),
        None => Ok(vec![target(stage)?]),
    }
}

fn timeouts(options: &Options) -> Vec<u32> {
    let ms = |value: &Dynamic| seconds(value).map(milliseconds);
    let Some(given) = options.get("timeout") else { return Vec::new() };
    given
        .read_lock::<Array>()
        .map_or_else(|| ms(given).into_iter().collect(), |l| l.iter().filter_map(ms).collect())
}

/// Nothing that the exchange sets itself.
fn may_set(name: &str) -> bool {
    name.starts_with("X-") || name.starts_with("x-") || ["Alert-Info", "Subject"].contains(&name)
}

fn caller(options: &Options) -> Result<Option<Identity>, Fault> {
    static CALLER: Schema = Schema {
        keys: &[
            option("number", Takes::AnyText, "The number that is shown."),
            option("name", Takes::AnyText, "The name that is shown."),
        ],
    };
    let Some(map) = options.get("caller") else { return Ok(None) };
    let caller = CALLER.read(Some(map))?;
    let part = |name| caller.text(name).unwrap_or_default();
    Ok(Some(Identity { number: part("number"), name: part("name") }))
}

fn result_map(result: &DialResult) -> Dynamic {
    let status = match result.end {
        DialEnd::Answered => "answered",
        DialEnd::Busy => "busy",
        DialEnd::NoAnswer => "no-answer",
        DialEnd::Unavailable => "unavailable",
        DialEnd::Failed => "failed",
        DialEnd::Key(_) => "key",
    };
    let key = if let DialEnd::Key(key) = result.end { Dynamic::from(key.to_string()) } else { Dynamic::UNIT };
    let by = result.by.clone().map_or(Dynamic::UNIT, |by| Dynamic::from(Target(by)));
    let hangup_by = match result.end {
        DialEnd::Answered if result.hangup_by_callee => "callee".into(),
        DialEnd::Answered => "caller".into(),
        DialEnd::Busy | DialEnd::NoAnswer | DialEnd::Unavailable | DialEnd::Failed | DialEnd::Key(_) => {
            Dynamic::UNIT
        }
    };
    Dynamic::from(Map::from([
        ("status".into(), status.into()),
        ("by".into(), by),
        ("cause".into(), result.cause.to_string().into()),
        ("secs".into(), i64::from(result.secs).into()),
        ("hangup_by".into(), hangup_by),
        ("key".into(), key),
    ]))
}
