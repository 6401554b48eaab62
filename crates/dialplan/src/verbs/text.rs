//! Pure functions of texts: `matches(s, pattern)`, `only(s, set)`; and the two that the prepared scripts call:
//! what interpolation and `switch` become.

use crate::engine::STRING_MAX;
use crate::pattern::Pattern;
use crate::registry::{Kind, Literal, Param, Receiver, Verb, any};
use crate::running::{Call, Fault};
use crate::untrusted::{Untrusted, is_untrusted, text_of};
use rhai::{Array, Dynamic, NativeCallContext};

const PATTERN: Param = Param { name: "pattern", literal: Literal::Pattern };

/// What a template with `${…}` becomes: its pieces, joined.
pub(crate) const SPLICE: &str = "splice__";
/// What the value of a `switch` becomes: an untrusted text may be compared with literals there, as anywhere.
pub(crate) const ARM: &str = "arm__";

const fn pure(name: &'static str, params: &'static [Param], run: crate::registry::Run) -> Verb {
    Verb { on: Receiver::Free, name, kind: Kind::Pure, params, required: params.len(), run }
}

pub(super) const VERBS: &[Verb] = &[
    pure("matches", const { &[any("text"), PATTERN] }, |_, arguments| {
        let text =
            arguments.first().and_then(text_of).ok_or("matches(text, pattern): the first is a text")?;
        let pattern = arguments.get(1).and_then(|p| p.clone().into_immutable_string().ok());
        let pattern = pattern.ok_or("matches(text, pattern): the pattern is a plain text")?;
        let parsed = Pattern::parse(&pattern).map_err(|error| format!("`{pattern}`: {error}"))?;
        Ok(parsed.matches(&text).is_ok().into())
    }),
    pure("only", const { &[any("text"), any("characters")] }, |_, arguments| {
        let text =
            arguments.first().and_then(text_of).ok_or("only(text, characters): the first is a text")?;
        let set = arguments.get(1).and_then(|set| set.clone().into_immutable_string().ok());
        let set =
            expand(&set.ok_or("only(text, characters): the characters are a plain text like \"0-9+\"")?);
        Ok(text.chars().filter(|c| set.contains(c)).collect::<String>().into())
    }),
    pure(SPLICE, const { &[any("pieces")] }, splice),
    pure(ARM, const { &[any("value")] }, |_, arguments| {
        let value = arguments.first().cloned().unwrap_or_default();
        Ok(if is_untrusted(&value) { text_of(&value).map_or(Dynamic::UNIT, Dynamic::from) } else { value })
    }),
];

/// `0-9+` → the characters that it names.
fn expand(set: &str) -> Vec<char> {
    let chars: Vec<char> = set.chars().collect();
    let mut rest = chars.as_slice();
    let mut all = Vec::new();
    loop {
        rest = match rest {
            [from, '-', to, after @ ..] => {
                all.extend(*from..=*to);
                after
            }
            [one, after @ ..] => {
                all.push(*one);
                after
            }
            [] => return all,
        };
    }
}

/// Joins pieces as interpolation does; untrusted if any of them is.
fn splice(call: &Call<'_>, arguments: &[Dynamic]) -> Result<Dynamic, Fault> {
    let pieces = arguments.first().and_then(|pieces| pieces.read_lock::<Array>());
    let pieces = pieces.ok_or("splice__ takes pieces")?;
    let mut text = String::new();
    for piece in pieces.iter() {
        text.push_str(&shown(call.context, piece));
        if text.len() > STRING_MAX {
            return Err("the text is too long".into());
        }
    }
    let untrusted = pieces.iter().any(is_untrusted);
    Ok(if untrusted { Untrusted::dynamic(&text) } else { text.into() })
}

fn shown(context: &NativeCallContext<'_>, piece: &Dynamic) -> String {
    if let Some(text) = text_of(piece) {
        return text.to_string();
    }
    let mut copy = piece.clone();
    let shown = context.call_native_fn_raw("to_string", true, &mut [&mut copy]).ok();
    shown.and_then(|shown| shown.into_string().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_name_ranges_and_single_characters() {
        assert_eq!(expand("0-3+"), ['0', '1', '2', '3', '+']);
        assert_eq!(expand("a-"), ['a', '-']);
        assert_eq!(expand(""), []);
    }
}
