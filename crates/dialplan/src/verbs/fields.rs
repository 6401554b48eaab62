//! Header fields that a script gives as a map: of the legs of a dial, of a request over HTTP.

use crate::options::Options;
use crate::running::Fault;
use crate::untrusted::digits_of;
use rhai::Map;

/// Fields of one message at most, and bytes of a value.
const FIELDS_MAX: usize = 16;
const VALUE_MAX: usize = 1_024;

/// The option `headers`: names that are tokens and that `may_set` lets through, values of one line (RFC 3261 §7.3.1, RFC 9110 §5.5).
/// `wanted` says which names those are.
pub(super) fn fields(
    options: &Options,
    may_set: impl Fn(&str) -> bool,
    wanted: &str,
) -> Result<Vec<(String, String)>, Fault> {
    let Some(map) = options.get("headers").and_then(|headers| headers.read_lock::<Map>()) else {
        return Ok(Vec::new());
    };
    if map.len() > FIELDS_MAX {
        return Err(Fault::Error(format!("there are at most {FIELDS_MAX} header fields")));
    }
    let mut fields = Vec::new();
    for (name, value) in map.iter() {
        let is_token = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        if !is_token || !may_set(name) {
            return Err(Fault::Error(format!("the header field `{name}` can't be set: {wanted}")));
        }
        let value =
            digits_of(value).filter(|text| text.len() <= VALUE_MAX && !text.chars().any(char::is_control));
        let value =
            value.ok_or_else(|| Fault::Error(format!("the header field `{name}` takes one line of text")))?;
        fields.push((name.to_string(), value.to_string()));
    }
    Ok(fields)
}
