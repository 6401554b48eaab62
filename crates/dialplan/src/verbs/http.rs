//! `http::get(url, options)`, `http::post(url, body, options)` → `#{ status, body, headers, ms }`; `json(text)` → what the text says.
//!
//! The address is the script's own: what a caller supplied goes into `query`, `headers` or the body, where it can't change whom the
//! exchange asks. Which hosts may be asked at all is the office's to say.

use super::fields::fields;
use crate::convert::{from_value, to_value};
use crate::engine::STRING_MAX;
use crate::options::{Options, Reads, Schema, Takes, kind, option};
use crate::registry::{Kind, Param, Receiver, Run, Verb, any, options};
use crate::running::{Call, Fault};
use crate::untrusted::{Untrusted, is_untrusted, text_of};
use cordboard_app::{HttpMethod, HttpRequest, Query, Value};
use rhai::{Array, Dynamic, Map};
use serde_json::Value as Json;

/// Requests of one script at most: those of a call that asks a CRM a few times. `ch.enter` starts anew.
const REQUESTS_MAX: u32 = 20;
/// For a whole request, in ms: without an option, and at most; a caller hears nothing meanwhile.
const TIMEOUT_MS: u32 = 2_000;
const TIMEOUT_MAX_MS: u32 = 10_000;
/// Bytes of an address with its query.
const URL_MAX: usize = 2_048;
/// How deep JSON nests, and how many values it has, at most.
const JSON_DEPTH_MAX: usize = 16;
const JSON_ITEMS_MAX: usize = 1_000;

/// What the exchange sets itself.
const OWN_HEADERS: [&str; 5] =
    ["host", "content-length", "transfer-encoding", "connection", "accept-encoding"];

static REQUEST: Schema = Schema {
    keys: &[
        option("timeout", Takes::Seconds, "For all of it, at most 10; default: 2."),
        option(
            "query",
            Takes::Map,
            "What is put behind the address, encoded: texts and numbers, whoever supplied them.",
        ),
        option("headers", Takes::Map, "Header fields: texts, whoever supplied them."),
    ],
};

const fn web(name: &'static str, params: &'static [Param], required: usize, run: Run) -> Verb {
    Verb { on: Receiver::Module("http"), name, kind: Kind::Step, params, required, run }
}

pub(super) const VERBS: &[Verb] = &[
    web("get", const { &[any("url"), options(&REQUEST)] }, 1, |call, arguments| {
        request(call, HttpMethod::Get, arguments.first(), None, arguments.get(1))
    }),
    web("post", const { &[any("url"), any("body"), options(&REQUEST)] }, 2, |call, arguments| {
        request(call, HttpMethod::Post, arguments.first(), arguments.get(1), arguments.get(2))
    }),
    Verb {
        on: Receiver::Free,
        name: "json",
        kind: Kind::Pure,
        params: &[any("text")],
        required: 1,
        run: |_, arguments| {
            let given = arguments.first().unwrap_or(&Dynamic::UNIT);
            let text = text_of(given).ok_or("json takes a text")?;
            let parsed = serde_json::from_str(&text).map_err(|error| format!("json: {error}"))?;
            let mut left = JSON_ITEMS_MAX;
            of_json(parsed, is_untrusted(given), JSON_DEPTH_MAX, &mut left)
        },
    },
];

fn request(
    call: &Call<'_>,
    method: HttpMethod,
    url: Option<&Dynamic>,
    body: Option<&Dynamic>,
    given: Option<&Dynamic>,
) -> Result<Dynamic, Fault> {
    let options = REQUEST.read(given)?;
    let session = call.in_call()?;
    let asked = session.http_requests.get();
    if asked >= REQUESTS_MAX {
        return Err(Fault::Error(format!("a script makes at most {REQUESTS_MAX} requests")));
    }
    let timeout_ms = options.ms("timeout").unwrap_or(TIMEOUT_MS);
    if timeout_ms > TIMEOUT_MAX_MS || timeout_ms == 0 {
        return Err(Fault::Error(format!(
            "`timeout` is more than 0 and at most {} seconds",
            TIMEOUT_MAX_MS / 1_000
        )));
    }
    let may_set = |name: &str| !OWN_HEADERS.contains(&name.to_ascii_lowercase().as_str());
    let mut headers = fields(&options, may_set, "the exchange sets it")?;
    let body = match body {
        None => String::new(),
        Some(body) => {
            let (text, is_json) = content(body)?;
            let names_it = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
            if is_json && !names_it {
                headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
            }
            text
        }
    };
    let url = address(url.unwrap_or(&Dynamic::UNIT), &options)?;
    session.http_requests.set(asked + 1);
    let request = HttpRequest { method, url, headers, body, timeout_ms };
    call.ask(Query::Http(Box::new(request))).map(|reply| from_value(&reply))
}

/// The address with its query.
fn address(url: &Dynamic, options: &Options) -> Result<String, Fault> {
    let Ok(url_given) = url.clone().into_immutable_string() else {
        return Err(Fault::Error(format!(
            "an address is a plain text; what a caller supplied goes into `query`: not {}",
            kind(url)
        )));
    };
    let mut url = url_given.to_string();
    let is_web = url.starts_with("https://") || url.starts_with("http://");
    if !is_web || url.chars().any(|c| !c.is_ascii_graphic()) {
        return Err(Fault::Error(format!("\"{}\" is no address: https://host/path", url.escape_debug())));
    }
    if let Some(query) = options.get("query").and_then(|query| query.read_lock::<Map>()) {
        for (name, value) in query.iter() {
            let value = plain(value).ok_or_else(|| {
                Fault::Error(format!("`query`: `{name}` is a text or a number, not {}", kind(value)))
            })?;
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(&format!("{}={}", encoded(name), encoded(&value)));
        }
    }
    if url.len() > URL_MAX {
        return Err(Fault::Error(format!("an address has at most {URL_MAX} bytes")));
    }
    Ok(url)
}

/// Percent-encoding (RFC 3986 §2.1): all but the unreserved characters.
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn plain(value: &Dynamic) -> Option<String> {
    let number = value.as_int().map(|n| n.to_string()).or_else(|_| value.as_float().map(|n| n.to_string()));
    number
        .ok()
        .or_else(|| value.as_bool().ok().map(|b| b.to_string()))
        .or_else(|| text_of(value).map(|t| t.to_string()))
}

/// A text as it is, anything else as JSON; and whether it is JSON.
fn content(body: &Dynamic) -> Result<(String, bool), Fault> {
    let (text, is_json) = match text_of(body) {
        Some(text) => (text.to_string(), false),
        None => (to_json(&to_value(body)?)?.to_string(), true),
    };
    if text.len() > STRING_MAX {
        return Err(Fault::Error(format!("a body has at most {STRING_MAX} bytes")));
    }
    Ok((text, is_json))
}

fn to_json(value: &Value) -> Result<Json, Fault> {
    Ok(match value {
        Value::Unit => Json::Null,
        Value::Bool(truth) => Json::Bool(*truth),
        Value::Int(number) => Json::from(*number),
        Value::Float(number) => Json::from(*number),
        Value::Text(text) | Value::Untrusted(text) => Json::from(text.as_str()),
        Value::List(list) => Json::Array(list.iter().map(to_json).collect::<Result<_, _>>()?),
        Value::Map(map) => {
            let pairs = map.iter().map(|(key, value)| Ok((key.clone(), to_json(value)?)));
            Json::Object(pairs.collect::<Result<_, Fault>>()?)
        }
        Value::Destination(_) => return Err("a destination is no data for others".into()),
    })
}

/// Texts of an untrusted text are untrusted; keys are not: they name what is looked up.
fn of_json(json: Json, is_untrusted: bool, depth: usize, left: &mut usize) -> Result<Dynamic, Fault> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(Fault::Error(format!("json: this nests more than {JSON_DEPTH_MAX} deep")));
    };
    *left = left.checked_sub(1).ok_or_else(|| format!("json: this has more than {JSON_ITEMS_MAX} values"))?;
    Ok(match json {
        Json::Null => Dynamic::UNIT,
        Json::Bool(truth) => truth.into(),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => whole.into(),
            None => number.as_f64().ok_or("json: this number is too large")?.into(),
        },
        Json::String(text) if is_untrusted => Untrusted::dynamic(&text),
        Json::String(text) => text.into(),
        Json::Array(items) => {
            let items = items.into_iter().map(|item| of_json(item, is_untrusted, depth, left));
            items.collect::<Result<Array, _>>()?.into()
        }
        Json::Object(pairs) => {
            let pairs = pairs
                .into_iter()
                .map(|(key, item)| Ok((key.into(), of_json(item, is_untrusted, depth, left)?)));
            pairs.collect::<Result<Map, Fault>>()?.into()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_into_an_address_is_encoded() {
        assert_eq!(encoded("+49 30/a&b=c~é"), "%2B49%2030%2Fa%26b%3Dc~%C3%A9");
    }

    #[test]
    fn json_is_bounded_in_depth_and_number() {
        let read = |text: &str, untrusted| {
            let mut left = JSON_ITEMS_MAX;
            of_json(serde_json::from_str(text).unwrap(), untrusted, JSON_DEPTH_MAX, &mut left)
        };
        let nested = |deep: usize| format!("{}{}", "[".repeat(deep), "]".repeat(deep));
        assert!(read(&nested(JSON_DEPTH_MAX), true).is_ok());
        assert!(read(&nested(JSON_DEPTH_MAX + 1), true).is_err());
        let list = |count: usize| format!("[{}]", vec!["1"; count].join(","));
        assert!(read(&list(JSON_ITEMS_MAX - 1), true).is_ok());
        assert!(read(&list(JSON_ITEMS_MAX), true).is_err());
        let map = read("{\"a\": [1, 2.5, true, null, \"x\"]}", true).unwrap();
        let list = map.read_lock::<Map>().unwrap()["a"].clone().into_array().unwrap();
        assert_eq!((list[0].as_int(), list[1].as_float(), list[2].as_bool()), (Ok(1), Ok(2.5), Ok(true)));
        assert!(list[3].is_unit() && is_untrusted(&list[4]));
        assert!(read("\"x\"", false).unwrap().is_string());
    }
}
