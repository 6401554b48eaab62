//! Voicemail: `ch.voicemail` leaves a message, `ch.voicemail_main` hears messages, and [`Mailboxes`] keeps them.
//!
//! ```text
//!  Deposit  ─┐ Request                      ┌─▶ rows, mails (Commit), files to delete (Unlink)
//!            ├────────▶ Mailboxes ──────────┤
//!  Listener ─┘ ◀─Answer                     └─▶ counts of every box: lamps, mailbox(b)
//! ```
//! A message is a row and audio that is never changed; both have a UUID for a name, and nothing is ever renumbered.
#![forbid(unsafe_code)]

mod desk;
mod leave;
mod listen;
mod mailboxes;
mod manual;
mod message;
mod request;
mod settings;
mod speech;
#[cfg(test)]
mod tests;

pub use cordboard_app::spoken::{Part, Uuid};
pub use mailboxes::Mailboxes;
pub use message::{BoxRow, Folder, Greeting, Message};
pub use request::{Answer, Greeted, KIND, Names, Notice, Opened, Request, Spoken};
pub use settings::{BoxSettings, Own, Settings};

use cordboard_app::{Application, CallInfo, Manual, Privacy, RouteError, Value, Verb};
use leave::Deposit;
use listen::Listener;
use std::rc::Rc;

/// Both of them.
pub fn applications() -> Vec<Rc<dyn Application>> {
    vec![Rc::new(Voicemail), Rc::new(VoicemailMain)]
}

/// `ch.voicemail`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Voicemail;

/// `ch.voicemail_main`.
#[derive(Clone, Copy, Debug, Default)]
pub struct VoicemailMain;

impl Verb for Voicemail {
    type Machine = Deposit;

    fn manual(&self) -> &'static Manual {
        &manual::VOICEMAIL
    }

    fn begin(&self, info: &CallInfo, arguments: &Value) -> Result<Self::Machine, RouteError> {
        let boxes = boxes(arguments.argument(0));
        if boxes.is_empty() {
            return Err(RouteError::BadArguments(
                "voicemail takes a mailbox's number, or several".to_owned(),
            ));
        }
        let options = arguments.argument(1);
        let greet = options.entry("greet").text().unwrap_or("unavail");
        let is = |key: &str| options.entry(key).truth().unwrap_or(false);
        Ok(Deposit {
            lang: info.lang.clone(),
            boxes,
            busy: greet == "busy",
            skip_greeting: greet == "none",
            skip_intro: is("skip_intro"),
            skip_intro_if_greeted: is("skip_intro_if_greeted"),
            exits: options.entry("exits").text().map(str::to_owned),
            lost: 0,
            beep: names(options.entry("beep")),
            gain_db: gain_db(options),
            early: is("early"),
            urgent: is("urgent"),
            anonymous: info.privacy == Privacy::Restricted,
            category: options.entry("category").text().unwrap_or_default().to_owned(),
            greeted: Greeted::default(),
            state: leave::State::Start,
        })
    }

    fn prompts(&self) -> Vec<&'static str> {
        manual::prompts()
    }
}

impl Verb for VoicemailMain {
    type Machine = Listener;

    fn manual(&self) -> &'static Manual {
        &manual::VOICEMAIL_MAIN
    }

    fn begin(&self, info: &CallInfo, arguments: &Value) -> Result<Self::Machine, RouteError> {
        let options = arguments.argument(1);
        let is = |key: &str| options.entry(key).truth().unwrap_or(false);
        let folder = options.entry("folder").text().map(Folder::of_name);
        if folder == Some(None) {
            return Err(RouteError::BadArguments("there is no such folder of a mailbox".to_owned()));
        }
        Ok(Listener {
            lang: info.lang.clone(),
            of_office: info.user.is_some(),
            mailbox: boxes(arguments.argument(0)).into_iter().next().filter(|_| !is("prefix")),
            own: is("own"),
            prefix: boxes(arguments.argument(0)).into_iter().next().filter(|_| is("prefix")),
            skip_pin: is("skip_pin"),
            read_only: is("read_only"),
            gain_db: gain_db(options),
            folder: folder.flatten().unwrap_or_default(),
            opened: Opened::default(),
            list: Vec::new(),
            at: None,
            tries: 0,
            setting_up: false,
            set_up: std::collections::VecDeque::new(),
            letter: listen::Letter::default(),
            state: listen::State::Start,
        })
    }

    fn prompts(&self) -> Vec<&'static str> {
        manual::prompts()
    }
}

/// Prompts: one, or a list of them; `None`: the option is not there.
fn names(option: &Value) -> Option<Vec<String>> {
    match option {
        Value::List(list) => Some(list.iter().filter_map(Value::text).map(str::to_owned).collect()),
        Value::Text(name) | Value::Untrusted(name) => Some(vec![name.clone()]),
        Value::Unit
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::Destination(_)
        | Value::Map(_) => None,
    }
}

fn gain_db(options: &Value) -> i8 {
    options.entry("gain").int().and_then(|db| i8::try_from(db).ok()).unwrap_or(0)
}

/// The numbers in an argument: a text (`101`, `101&102`), a number, or a list of them.
fn boxes(argument: &Value) -> Vec<String> {
    match argument {
        Value::Text(text) | Value::Untrusted(text) => {
            text.split('&').filter(|number| !number.is_empty()).map(str::to_owned).collect()
        }
        Value::Int(number) => vec![number.to_string()],
        Value::List(list) => list.iter().flat_map(boxes).collect(),
        Value::Unit | Value::Bool(_) | Value::Float(_) | Value::Destination(_) | Value::Map(_) => Vec::new(),
    }
}
