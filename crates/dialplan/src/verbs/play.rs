//! `ch.play("a")`, `ch.play(["a", "b"], options)` → the digit that stopped it, or `()`.
//! With `position: true` → `#{ digit, item, position, length }`: also which prompt it was in, from 0, how far, and how long that one
//! is (or `()`), in seconds.

use crate::options::{Reads, Schema, Takes, kind, option};
use crate::registry::{Kind, Part, Receiver, Verb, options, takes};
use crate::running::{Call, Fault, unexpected};
use crate::untrusted::Untrusted;
use cordboard_app::{Level, Note, PlayList, PlayResult, Reply, Step};
use cordboard_media::{Audio, Playhead};
use core::time::Duration;
use rhai::{Array, Dynamic, Map};

/// Prompts of one list at most.
pub(super) const PROMPTS_MAX: usize = 200;
/// As long as a prompt's name may be.
const NAME_MAX: usize = 128;
/// Every digit stops the prompt.
const ANY_DIGIT: &str = "0123456789*#ABCD";

static PLAY: Schema = Schema {
    keys: &[
        option("interrupt", Takes::Text, "Digits that stop it, or \"any\"; default: none."),
        option("lang", Takes::Text, "The language of the prompts; default: the call's."),
        option(
            "position",
            Takes::Bool,
            "true: yields #{ digit, item, position, length } instead of the digit; default: false.",
        ),
    ],
};

pub(super) const VERBS: &[Verb] = &[Verb {
    on: Receiver::Part(Part::Channel),
    name: "play",
    kind: Kind::Step,
    params: &[takes("prompts", Takes::Prompts), options(&PLAY)],
    required: 1,
    run: |call, arguments| {
        let options = PLAY.read(arguments.get(1))?;
        let lang = options.text("lang").unwrap_or_else(|| lang(call));
        let items = arguments.first().map_or(Ok(Vec::new()), |given| prompts(given, &lang))?;
        let stops = interrupt(options.text("interrupt").as_deref())?;
        if !options.bool("position").unwrap_or(false) {
            return play(call, items, &stops);
        }
        let reply = call.step(Step::Play(PlayList { items, interrupt: stops }))?;
        let digit = played(call, &reply)?;
        Ok(Dynamic::from_map(with_position(digit, &reply)))
    },
}];

/// The call's language.
pub(super) fn lang(call: &Call<'_>) -> String {
    call.session().map_or_else(String::new, |session| session.lang.borrow().clone())
}

/// The digits that an `interrupt` option names: digits, or `any`.
pub(super) fn interrupt(given: Option<&str>) -> Result<String, Fault> {
    match given {
        None => Ok(String::new()),
        Some("any") => Ok(ANY_DIGIT.to_owned()),
        Some(digits) if crate::options::is_digits(digits) => Ok(digits.to_owned()),
        Some(other) => Err(Fault::Error(format!("`interrupt` takes digits or \"any\", not \"{other}\""))),
    }
}

/// A prompt's name, or an array of them: plain texts only, so that no caller names a file.
pub(super) fn prompts(given: &Dynamic, lang: &str) -> Result<Vec<Audio>, Fault> {
    let one = |value: &Dynamic| {
        let name = value.clone().into_immutable_string().ok().filter(|name| is_name(name));
        name.map(|name| Audio::Prompt { name: name.to_string(), lang: lang.to_owned() })
            .ok_or_else(|| Fault::Error(format!("a prompt is a name like \"digits/1\", not {}", kind(value))))
    };
    let list = match given.read_lock::<Array>() {
        Some(list) => list.iter().map(one).collect::<Result<Vec<_>, _>>()?,
        None => vec![one(given)?],
    };
    if list.len() > PROMPTS_MAX {
        return Err(Fault::Error(format!("at most {PROMPTS_MAX} prompts are played at a time")));
    }
    Ok(list)
}

fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/' | '.' | '+');
    !name.is_empty()
        && name.len() <= NAME_MAX
        && name.chars().all(fits)
        && name.split('/').all(|part| !part.is_empty() && !part.starts_with('.'))
}

/// Plays, and says which digit stopped it.
pub(super) fn play(call: &Call<'_>, items: Vec<Audio>, interrupt: &str) -> Result<Dynamic, Fault> {
    if items.is_empty() {
        return Ok(Dynamic::UNIT);
    }
    let reply = call.step(Step::Play(PlayList { items, interrupt: interrupt.to_owned() }))?;
    played(call, &reply)
}

/// How a play ended, and where.
fn with_position(digit: Dynamic, reply: &Reply) -> Map {
    let at = match reply {
        Reply::Played(_, at) => *at,
        Reply::Start
        | Reply::Ok
        | Reply::Digits { .. }
        | Reply::Dialed(_)
        | Reply::Happened(_)
        | Reply::Taken { .. }
        | Reply::Value(_)
        | Reply::Failed(_)
        | Reply::HungUp(_) => Playhead::default(),
    };
    let seconds = |ms: u64| Dynamic::from_float(Duration::from_millis(ms).as_secs_f64());
    Map::from([
        ("digit".into(), digit),
        ("item".into(), Dynamic::from_int(i64::from(at.item))),
        ("position".into(), seconds(at.position_ms)),
        ("length".into(), at.length_ms.map_or(Dynamic::UNIT, seconds)),
    ])
}

/// What a play's reply is to the script: the digit, or nothing. A missing prompt is worth a line in the log, not an error.
pub(super) fn played(call: &Call<'_>, reply: &Reply) -> Result<Dynamic, Fault> {
    match reply {
        Reply::Played(PlayResult::Finished, _) | Reply::Ok => Ok(Dynamic::UNIT),
        Reply::Played(PlayResult::Interrupted(digit), _) => Ok(Untrusted::dynamic(&digit.to_string())),
        Reply::Played(PlayResult::Missing(name), _) => {
            let text = format!("there is no prompt \"{name}\"");
            call.note(Note::Log { level: Level::Warn, text })?;
            Ok(Dynamic::UNIT)
        }
        other @ (Reply::Start
        | Reply::Digits { .. }
        | Reply::Dialed(_)
        | Reply::Value(_)
        | Reply::Happened(_)
        | Reply::Taken { .. }
        | Reply::Failed(_)
        | Reply::HungUp(_)) => Err(unexpected(other)),
    }
}
