//! `user("101")`, `trunk("itsp", number)` and `extension("internal", "205")`: the only ways to a destination, and what they let
//! through.

use crate::options::kind;
use crate::registry::{Kind, Receiver, Registrar, Verb, any};
use crate::running::{Call, Fault};
use crate::untrusted::digits_of;
use cordboard_app::Destination;
use rhai::Dynamic;

/// As long as a user's or a trunk's name may be.
const NAME_MAX: usize = 64;
/// As long as a number for a trunk may be: E.164 has 15 digits, prefixes come before it.
pub(crate) const NUMBER_MAX: usize = 40;

/// A validated destination in a script.
#[derive(Clone)]
pub(crate) struct Target(pub(crate) Destination);

pub(super) const VERBS: &[Verb] = &[
    Verb {
        on: Receiver::Free,
        name: "user",
        kind: Kind::Pure,
        params: &[any("name")],
        required: 1,
        run: user,
    },
    Verb {
        on: Receiver::Free,
        name: "trunk",
        kind: Kind::Pure,
        params: &[any("name"), any("number")],
        required: 2,
        run: trunk,
    },
    Verb {
        on: Receiver::Free,
        name: "extension",
        kind: Kind::Pure,
        params: &[any("context"), any("number")],
        required: 2,
        run: extension,
    },
];

pub(super) fn register(to: &mut Registrar<'_>) {
    to.type_name::<Target>("Destination");
    to.pure("==", |a: Target, b: Target| a.0 == b.0);
    to.pure("!=", |a: Target, b: Target| a.0 != b.0);
    to.pure("to_string", |target: Target| match target.0 {
        Destination::User(user) => format!("user {user}"),
        Destination::Trunk { trunk, number } => format!("{number} by {trunk}"),
        Destination::Extension { context, number } => format!("{number} in {context}"),
    });
}

fn user(_: &Call<'_>, arguments: &[Dynamic]) -> Result<Dynamic, Fault> {
    let name = arguments.first().and_then(digits_of).ok_or("user(name): the name is a text")?;
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+');
    if name.is_empty() || name.len() > NAME_MAX || !name.chars().all(fits) {
        return Err(Fault::Error(format!("user: no user can be named \"{}\"", name.escape_debug())));
    }
    Ok(Dynamic::from(Target(Destination::User(name.to_string()))))
}

fn trunk(_: &Call<'_>, arguments: &[Dynamic]) -> Result<Dynamic, Fault> {
    let [name, number] = arguments else { return Err("trunk(name, number)".into()) };
    // The choice of the trunk is the script's own: a caller must not make it.
    let Ok(trunk) = name.clone().into_immutable_string() else {
        return Err(Fault::Error(format!("trunk: the name is a plain text, not {}", kind(name))));
    };
    let number = digits_of(number).ok_or("trunk: the number is a text")?.to_string();
    let digits = number.strip_prefix('+').unwrap_or(&number);
    if digits.is_empty() || number.len() > NUMBER_MAX || !digits.chars().all(|c| c.is_ascii_digit()) {
        return Err(Fault::Error(format!("trunk: \"{}\" is no number", number.escape_debug())));
    }
    Ok(Dynamic::from(Target(Destination::Trunk { trunk: trunk.to_string(), number })))
}

fn extension(_: &Call<'_>, arguments: &[Dynamic]) -> Result<Dynamic, Fault> {
    let [context, number] = arguments else { return Err("extension(context, number)".into()) };
    // The context says what the number may cost: a caller must not choose it.
    let Ok(context) = context.clone().into_immutable_string() else {
        return Err(Fault::Error(format!("extension: the context is a plain text, not {}", kind(context))));
    };
    let number = digits_of(number).ok_or("extension: the number is a text")?.to_string();
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '*' | '#' | '+' | '.' | '_' | '-');
    if context.is_empty() || context.len() > NAME_MAX {
        return Err(Fault::Error(format!("extension: \"{}\" is no context", context.escape_debug())));
    }
    if number.is_empty() || number.len() > NUMBER_MAX || !number.chars().all(fits) {
        return Err(Fault::Error(format!("extension: \"{}\" is no number", number.escape_debug())));
    }
    Ok(Dynamic::from(Target(Destination::Extension { context: context.to_string(), number })))
}

/// A destination among a verb's arguments.
pub(super) fn target(value: &Dynamic) -> Result<Destination, Fault> {
    value.read_lock::<Target>().map(|target| target.0.clone()).ok_or_else(|| {
        Fault::Error(format!(
            "a destination is made by user(\"…\"), trunk(\"…\", …) or extension(\"…\", …), not by {}",
            kind(value)
        ))
    })
}
