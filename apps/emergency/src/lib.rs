//! Emergency calls. The exchange runs these programs by itself, ahead of the dialplan: [`out`] tries every way out, [`notice`] tells a
//! desk that answers who calls for help, [`back`] rings the phone that the service calls back.
#![forbid(unsafe_code)]

mod back;
mod notice;
mod out;

use cordboard_app::{Application, Value};
use cordboard_media::Audio;
use std::rc::Rc;

/// All three.
pub fn applications() -> Vec<Rc<dyn Application>> {
    vec![Rc::new(out::Emergency), Rc::new(back::Callback), Rc::new(notice::Notice)]
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
