//! What a desk hears that is rung because somebody calls for help: that an emergency call has been placed, and by which phone.

use crate::{own_text, prompt};
use cordboard_app::say::{Announcement, grammar, in_groups};
use cordboard_app::{
    Argument, CallInfo, Machine, Manual, Param, PlayList, Reply, RouteError, Step, Takes, Value, Verb,
};
use cordboard_base::Time;
use serde::{Deserialize, Serialize};

const PLACED: &str = "emergency-call-placed";
/// How often it is said: who answers in a hurry misses the first words.
const TIMES: u8 = 3;

static MANUAL: Manual = Manual {
    verb: "emergency_notice",
    summary: "says by which phone an emergency call has been placed; the exchange runs it by itself, on desks that are to be told",
    params: &[Param { name: "number", takes: Argument::One(Takes::AnyText), help: "the phone's number" }],
    required: 1,
    outcome: "nothing",
    menus: &[],
    example: "ch.emergency_notice(\"102\")",
};

/// The application.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Notice;

impl Verb for Notice {
    type Machine = Telling;

    fn manual(&self) -> &'static Manual {
        &MANUAL
    }

    fn begin(&self, info: &CallInfo, arguments: &Value) -> Result<Self::Machine, RouteError> {
        let number = own_text(arguments.argument(0)).unwrap_or_default();
        Ok(Telling { lang: info.lang.clone(), number, told: 0 })
    }

    fn prompts(&self) -> Vec<&'static str> {
        vec![PLACED]
    }
}

/// What runs for a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Telling {
    lang: String,
    number: String,
    told: u8,
}

impl Machine for Telling {
    fn resume(&mut self, _now: Time, reply: Reply) -> Step {
        if self.told >= TIMES || matches!(reply, Reply::HungUp(_) | Reply::Failed(_)) {
            return Step::Done(Value::Unit);
        }
        self.told = self.told.saturating_add(1);
        let mut items = vec![prompt(PLACED, &self.lang)];
        items.extend(in_groups(grammar(&self.lang).telephone(&self.number), &self.lang));
        Step::Play(PlayList { items, interrupt: String::new() })
    }
}
