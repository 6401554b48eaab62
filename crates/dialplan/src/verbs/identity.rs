//! `ch.caller`, `ch.connected`, `ch.redirecting`: numbers and names that displays show; `ch.caller.privacy`.

use crate::options::kind;
use crate::registry::{Kind, Part, Property, Run};
use crate::running::{Call, Fault};
use crate::untrusted::{Untrusted, digits_of};
use cordboard_app::{Note, Privacy};
use rhai::Dynamic;

/// Bytes of a number or name.
const TEXT_MAX: usize = 128;

const fn property(on: Part, name: &'static str, get: Run, set: Run) -> Property {
    Property { on, name, kind: Kind::Pure, get, set: Some(set) }
}

pub(super) const PROPERTIES: &[Property] = &[
    property(
        Part::Caller,
        "number",
        |call, _| Ok(Untrusted::dynamic(&call.in_call()?.caller.borrow().0.number)),
        |call, arguments| {
            call.in_call()?.caller.borrow_mut().0.number = text(arguments)?;
            tell_caller(call)
        },
    ),
    property(
        Part::Caller,
        "name",
        |call, _| Ok(Untrusted::dynamic(&call.in_call()?.caller.borrow().0.name)),
        |call, arguments| {
            call.in_call()?.caller.borrow_mut().0.name = text(arguments)?;
            tell_caller(call)
        },
    ),
    property(
        Part::Caller,
        "privacy",
        |call, _| {
            Ok(match call.in_call()?.caller.borrow().1 {
                Privacy::Allowed => "allowed".into(),
                Privacy::Restricted => "restricted".into(),
            })
        },
        |call, arguments| {
            let privacy = match text(arguments)?.as_str() {
                "allowed" => Privacy::Allowed,
                "restricted" => Privacy::Restricted,
                other => {
                    return Err(Fault::Error(format!(
                        "privacy is \"allowed\" or \"restricted\", not \"{other}\""
                    )));
                }
            };
            call.in_call()?.caller.borrow_mut().1 = privacy;
            tell_caller(call)
        },
    ),
    property(
        Part::Connected,
        "number",
        |call, _| Ok(call.in_call()?.connected.borrow().number.as_str().into()),
        |call, arguments| {
            call.in_call()?.connected.borrow_mut().number = text(arguments)?;
            tell_connected(call)
        },
    ),
    property(
        Part::Connected,
        "name",
        |call, _| Ok(call.in_call()?.connected.borrow().name.as_str().into()),
        |call, arguments| {
            call.in_call()?.connected.borrow_mut().name = text(arguments)?;
            tell_connected(call)
        },
    ),
    property(Part::Redirecting, "from", redirecting_number, set_redirecting_number),
    property(Part::Redirecting, "number", redirecting_number, set_redirecting_number),
    property(
        Part::Redirecting,
        "name",
        |call, _| {
            let redirecting = call.in_call()?.redirecting.borrow();
            Ok(redirecting.as_ref().map_or(Dynamic::UNIT, |who| Untrusted::dynamic(&who.name)))
        },
        |call, arguments| {
            call.in_call()?.redirecting.borrow_mut().get_or_insert_default().name = text(arguments)?;
            tell_redirecting(call)
        },
    ),
];

fn redirecting_number(call: &Call<'_>, _: &[Dynamic]) -> Result<Dynamic, Fault> {
    let redirecting = call.in_call()?.redirecting.borrow();
    Ok(redirecting.as_ref().map_or(Dynamic::UNIT, |who| Untrusted::dynamic(&who.number)))
}

fn set_redirecting_number(call: &Call<'_>, arguments: &[Dynamic]) -> Result<Dynamic, Fault> {
    call.in_call()?.redirecting.borrow_mut().get_or_insert_default().number = text(arguments)?;
    tell_redirecting(call)
}

/// What a display shows: one line, whoever supplied it.
fn text(arguments: &[Dynamic]) -> Result<String, Fault> {
    let value = arguments.first().unwrap_or(&Dynamic::UNIT);
    let text = digits_of(value).filter(|text| text.len() <= TEXT_MAX && !text.chars().any(char::is_control));
    text.map(|text| text.to_string()).ok_or_else(|| {
        Fault::Error(format!("this takes a text of at most {TEXT_MAX} bytes, not {}", kind(value)))
    })
}

fn tell_caller(call: &Call<'_>) -> Result<Dynamic, Fault> {
    let (identity, privacy) = call.in_call()?.caller.borrow().clone();
    call.note(Note::SetCaller(identity, privacy)).map(|()| Dynamic::UNIT)
}

fn tell_connected(call: &Call<'_>) -> Result<Dynamic, Fault> {
    let identity = call.in_call()?.connected.borrow().clone();
    call.note(Note::SetConnected(identity)).map(|()| Dynamic::UNIT)
}

fn tell_redirecting(call: &Call<'_>) -> Result<Dynamic, Fault> {
    let identity = call.in_call()?.redirecting.borrow().clone();
    call.note(Note::SetRedirecting(identity)).map(|()| Dynamic::UNIT)
}
