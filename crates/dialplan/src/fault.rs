//! Rhai's errors as places and sentences.

#![allow(clippy::wildcard_enum_match_arm, reason = "the errors are Rhai's, which adds kinds of them")]

use crate::build::place;
use crate::finding::Place;
use rhai::EvalAltResult;

/// Where an error arose, and what it says. `file` is where the outermost frame stands; errors within script functions
/// carry the name of theirs.
pub(crate) fn locate(mut error: Box<EvalAltResult>, file: &str) -> (Place, String) {
    match *error {
        EvalAltResult::ErrorInFunctionCall(_, source, inner, position) => {
            let file = if source.is_empty() { file } else { source.as_str() };
            let mut inner = inner;
            if inner.position().is_none() {
                inner.set_position(position);
            }
            locate(inner, file)
        }
        EvalAltResult::ErrorInModule(module, inner, position) => {
            if inner.position().is_none() {
                return (place(file, position), inner.to_string());
            }
            locate(inner, &module)
        }
        _ => {
            let position = error.take_position();
            (place(file, position), sentence(&error))
        }
    }
}

fn sentence(error: &EvalAltResult) -> String {
    match error {
        // A text that a caller's digits or name are in is a text too.
        EvalAltResult::ErrorRuntime(value, _) => crate::untrusted::text_of(value)
            .map_or_else(|| format!("thrown: {value}"), |text| text.to_string()),
        EvalAltResult::ErrorFunctionNotFound(signature, _) => {
            format!(
                "there is no function `{}`",
                signature.replace("&str | ImmutableString | String", "string")
            )
        }
        EvalAltResult::ErrorVariableNotFound(name, _) => format!("there is no variable `{name}`"),
        EvalAltResult::ErrorPropertyNotFound(name, _) => format!("there is no property `{name}`"),
        EvalAltResult::ErrorModuleNotFound(name, _) => format!("there is no file `{name}.rhai`"),
        EvalAltResult::ErrorStackOverflow(_) => "functions call one another too deep".to_owned(),
        EvalAltResult::ErrorParsing(kind, _) => kind.to_string(),
        other => other.to_string(),
    }
}
