//! What somebody hears to whom a parked call comes back, before the two are connected.

use crate::manual::RETURNS;
use crate::talk::slot_of;
use cordboard_app::say::grammar;
use cordboard_app::{App, AppState, Application, CallInfo, Manual, PlayList, Reply, RouteError, Step, Value};
use cordboard_base::Time;
use cordboard_media::Audio;
use serde::{Deserialize, Serialize};

/// Any key connects at once.
const KEYS: &str = "0123456789*#";

/// The application.
#[derive(Clone, Copy, Debug, Default)]
pub struct ParkedReturns;

impl Application for ParkedReturns {
    fn manual(&self) -> &'static Manual {
        &RETURNS
    }

    fn start(&self, info: &CallInfo, arguments: &Value) -> Result<Box<dyn App>, RouteError> {
        let slot = slot_of(arguments.argument(0)).unwrap_or(0);
        Ok(Box::new(Says { slot, lang: info.lang.clone(), said: false }))
    }

    fn restore(&self, state: &AppState) -> Result<Box<dyn App>, RouteError> {
        Ok(Box::new(state.program::<Says>()?))
    }

    fn prompts(&self) -> Vec<&'static str> {
        vec!["parking-comeback", "parking-timeout"]
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Says {
    slot: u32,
    lang: String,
    said: bool,
}

impl App for Says {
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

    fn snapshot(&self) -> AppState {
        AppState::of(RETURNS.verb, self)
    }
}
