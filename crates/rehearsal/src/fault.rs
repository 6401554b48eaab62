//! Assertions that do not hold, and where.
#![allow(clippy::wildcard_enum_match_arm, reason = "the errors are Rhai's, which adds kinds of them")]

use cordboard_dialplan::{Place, nearest};
use rhai::{Dynamic, EvalAltResult, Position};

/// What was wanted, and what there was instead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) message: String,
    pub(crate) expected: Option<String>,
    pub(crate) actual: Option<String>,
}

/// Something that does not hold.
pub(crate) fn fault(message: impl Into<String>) -> Fault {
    Fault { message: message.into(), ..Fault::default() }
}

impl Fault {
    /// With what was wanted.
    pub(crate) fn wants(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// With what there was.
    pub(crate) fn but(mut self, actual: impl Into<String>) -> Self {
        self.actual = Some(actual.into());
        self
    }

    /// With the nearest right word.
    pub(crate) fn like(mut self, word: &str, known: &[&str]) -> Self {
        if let Some(near) = nearest(word, known.iter().copied()) {
            self.message.push_str(&format!(", did you mean \"{near}\"?"));
        }
        self
    }
}

impl From<Fault> for Box<EvalAltResult> {
    fn from(fault: Fault) -> Self {
        Box::new(EvalAltResult::ErrorRuntime(Dynamic::from(fault), Position::NONE))
    }
}

/// Where an error arose, and what it says. `file` is that of the outermost frame.
pub(crate) fn locate(error: EvalAltResult, file: &str) -> (Place, Fault) {
    match error {
        EvalAltResult::ErrorInFunctionCall(_, source, inner, position) => {
            let file = if source.is_empty() { file } else { source.as_str() };
            let mut inner = inner;
            if inner.position().is_none() {
                inner.set_position(position);
            }
            locate(*inner, file)
        }
        EvalAltResult::ErrorInModule(module, inner, _) => {
            locate(*inner, if module.is_empty() { file } else { &module })
        }
        mut other => {
            let position = other.take_position();
            let place = Place {
                file: file.to_owned(),
                line: position.line().unwrap_or(0),
                column: position.position().unwrap_or(0),
            };
            (place, sentence(other))
        }
    }
}

fn sentence(error: EvalAltResult) -> Fault {
    match error {
        EvalAltResult::ErrorRuntime(value, _) => match value.clone().try_cast::<Fault>() {
            Some(fault) => fault,
            None => fault(format!("thrown: {value}")),
        },
        EvalAltResult::ErrorFunctionNotFound(signature, _) => {
            let name = signature.split([' ', '(']).next().unwrap_or_default();
            let known: Vec<&str> = crate::FUNCTIONS.iter().map(|function| function.name).collect();
            let named = fault(format!("there is no function `{}`", crate::engine::said(&signature)));
            if known.contains(&name) {
                let usage = crate::FUNCTIONS.iter().filter(|function| function.name == name);
                let usage: Vec<&str> = usage.map(|function| function.usage).collect();
                named.wants(usage.join(" or "))
            } else {
                named.like(name, &known)
            }
        }
        EvalAltResult::ErrorParsing(kind, _) => fault(kind.to_string()),
        EvalAltResult::ErrorModuleNotFound(name, _) => fault(format!("there is no file `{name}.rhai`")),
        other => fault(other.to_string()),
    }
}
