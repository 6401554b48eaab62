//! What somebody hears to whom a parked call comes back, before the two are connected.

use crate::manual::RETURNS;
use crate::talk::slot_of;
use cordboard_app::say::grammar;
use cordboard_app::{CallInfo, Machine, Manual, PlayList, Reply, RouteError, Step, Value, Verb};
use cordboard_base::Time;
use cordboard_media::Audio;
use serde::{Deserialize, Serialize};

/// Any key connects at once.
const KEYS: &str = "0123456789*#";

/// The application.
#[derive(Clone, Copy, Debug, Default)]
pub struct ParkedReturns;

impl Verb for ParkedReturns {
    type Machine = Says;

    fn manual(&self) -> &'static Manual {
        &RETURNS
    }

    fn begin(&self, info: &CallInfo, arguments: &Value) -> Result<Self::Machine, RouteError> {
        let slot = slot_of(arguments.argument(0)).unwrap_or(0);
        Ok(Says { slot, lang: info.lang.clone(), said: false })
    }

    fn prompts(&self) -> Vec<&'static str> {
        vec!["parking-comeback", "parking-timeout"]
    }
}

/// What runs for a call.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Says {
    slot: u32,
    lang: String,
    said: bool,
}

impl Machine for Says {
    fn resume(&mut self, _now: Time, reply: Reply) -> Step {
        if self.said || matches!(reply, Reply::HungUp(_)) {
            return Step::Done(Value::Bool(true));
        }
        self.said = true;
        let mut names = vec!["parking-comeback".to_owned()];
        names.extend(grammar(&self.lang).digits(&self.slot.to_string()));
        names.push("parking-timeout".to_owned());
        let items = names.into_iter().map(|name| Audio::Prompt { name, lang: self.lang.clone() }).collect();
        Step::Play(PlayList { items, interrupt: KEYS.to_owned() })
    }
}
