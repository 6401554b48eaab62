//! What whoever answers hears before it is connected: an announcement, or the question whether it takes the call.

use super::dialog::read;
use super::{ask, prompts};
use crate::request::Request;
use cordboard_app::{CallInfo, Destination, Machine, PlayList, Reply, Step, Value};
use cordboard_base::Time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How often it is asked.
const TRIES: u32 = 3;
/// What is said to whom another agent was faster than.
const TAKEN: &str = "queue-taken";

/// The one who answered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Screens {
    announce: Vec<String>,
    accepts: bool,
    lang: String,
    asked: u32,
    is_late: bool,
    /// Who it is, of those that rang.
    #[serde(default)]
    who: Option<Destination>,
    /// Its leg is gone, and the queue is told so.
    #[serde(default)]
    is_gone: bool,
}

/// Its arguments.
pub(super) fn arguments(announce: &[String], accepts: bool, lang: &str) -> Value {
    let announce = announce.iter().map(|name| Value::Text(name.clone())).collect();
    let entries = [
        ("announce".to_owned(), Value::List(announce)),
        ("accept".to_owned(), Value::Bool(accepts)),
        ("lang".to_owned(), Value::Text(lang.to_owned())),
    ];
    Value::List(vec![Value::Map(BTreeMap::from(entries))])
}

impl Screens {
    pub(super) fn new(info: &CallInfo, arguments: &Value) -> Self {
        let options = arguments.argument(0);
        let announce = options.entry("announce");
        let names = if let Value::List(names) = announce {
            names.as_slice()
        } else {
            core::slice::from_ref(announce)
        };
        let announce = names.iter().filter_map(Value::text).map(str::to_owned).collect();
        let lang = options.entry("lang").text().filter(|lang| !lang.is_empty()).unwrap_or(&info.lang);
        let accepts = options.entry("accept").truth() == Some(true);
        Self {
            announce,
            accepts,
            lang: lang.to_owned(),
            asked: 0,
            is_late: false,
            who: info.callee.as_deref().cloned(),
            is_gone: false,
        }
    }

    fn question(&mut self) -> Step {
        self.asked += 1;
        let mut said = self.announce.clone();
        if said.is_empty() {
            said.push("agent-callfrom".to_owned());
        }
        // A caller that is called back is asked in one sentence.
        if !said.iter().any(|name| name == "queue-callback-here") {
            said.push("press-1".to_owned());
        }
        read(&said, &self.lang, 1, "")
    }
}

impl Machine for Screens {
    fn resume(&mut self, _now: Time, reply: Reply) -> Step {
        match reply {
            Reply::Start if self.accepts => self.question(),
            Reply::Start => {
                let items = prompts(&self.announce, &self.lang);
                Step::Play(PlayList { items, interrupt: String::new() })
            }
            Reply::Digits { digits, .. } => match digits.as_str() {
                "1" => Step::Done(Value::Bool(true)),
                "2" => Step::Done(Value::Bool(false)),
                _ if self.asked < TRIES => self.question(),
                _ => Step::Done(Value::Bool(false)),
            },
            // Another agent was faster.
            Reply::Failed(_) if !self.is_late => {
                self.is_late = true;
                let items = prompts(&[TAKEN.to_owned()], &self.lang);
                Step::Play(PlayList { items, interrupt: String::new() })
            }
            Reply::HungUp(_) if !self.is_gone && !self.is_late => {
                self.is_gone = true;
                ask(&Request::Dumped { who: self.who.clone() })
            }
            _ if self.is_gone => Step::Done(Value::Bool(false)),
            Reply::HungUp(_) | Reply::Failed(_) => Step::Done(Value::Bool(false)),
            Reply::Ok
            | Reply::Played(..)
            | Reply::Dialed(_)
            | Reply::Value(_)
            | Reply::Happened(_)
            | Reply::Taken { .. } => Step::Done(Value::Bool(!self.accepts)),
        }
    }
}
