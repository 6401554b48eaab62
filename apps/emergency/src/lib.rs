//! Emergency calls. The exchange runs these programs by itself, ahead of the dialplan: [`out`] tries every way out, [`notice`] tells a
//! desk that answers who calls for help, [`back`] rings the phone that the service calls back.
#![forbid(unsafe_code)]

mod back;
mod notice;
mod out;

use cordboard_app::{AppState, Application, RouteError, Value};
use cordboard_media::Audio;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::rc::Rc;

/// All three.
pub fn applications() -> Vec<Rc<dyn Application>> {
    vec![Rc::new(out::Emergency), Rc::new(back::Callback), Rc::new(notice::Notice)]
}

fn restored<T: DeserializeOwned>(state: &AppState) -> Result<T, RouteError> {
    serde_json::from_str(&state.data).map_err(|error| RouteError::BadArguments(error.to_string()))
}

fn kept(kind: &str, program: &impl Serialize) -> AppState {
    let data = serde_json::to_string(program).unwrap_or_default();
    AppState { kind: kind.to_owned(), version: 1, data }
}

/// A text that no caller has supplied: nobody outside chooses whom the office calls.
fn own_text(value: &Value) -> Option<String> {
    if let Value::Text(text) = value { Some(text.clone()) } else { None }
}

fn own_texts(value: &Value) -> Vec<String> {
    let Value::List(all) = value else { return Vec::new() };
    all.iter().filter_map(own_text).collect()
}

fn prompt(name: &str, lang: &str) -> Audio {
    Audio::Prompt { name: name.to_owned(), lang: lang.to_owned() }
}
