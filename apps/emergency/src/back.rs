//! The emergency service calls the phone that has called it: it rings whatever its user has set. If nobody answers there, those who
//! were told of the call are rung; then the dialplan has it, as it would have had any other call.

use crate::{own_text, own_texts};
use cordboard_app::{
    Argument, CallInfo, Destination, DialEnd, DialOptions, Machine, Manual, Param, Reply, RouteError, Step,
    Takes, Value, Verb,
};
use cordboard_base::Time;
use serde::{Deserialize, Serialize};

/// How long each rings, in ms.
const RING_MS: u32 = 40_000;

static MANUAL: Manual = Manual {
    verb: "emergency_callback",
    summary: "rings the phone that an emergency service calls back; the exchange runs it by itself, ahead of the dialplan",
    params: &[
        Param { name: "user", takes: Argument::One(Takes::Text), help: "whose phone" },
        Param {
            name: "others",
            takes: Argument::One(Takes::Data),
            help: "who is rung if nobody answers there",
        },
    ],
    required: 1,
    outcome: "nothing; where nobody answers the call goes to the route of its number",
    menus: &[],
    example: "ch.emergency_callback(\"102\", [\"105\"])",
};

/// The application.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Callback;

impl Verb for Callback {
    type Machine = Ringing;

    fn manual(&self) -> &'static Manual {
        &MANUAL
    }

    fn begin(&self, info: &CallInfo, arguments: &Value) -> Result<Self::Machine, RouteError> {
        let Some(user) = own_text(arguments.argument(0)) else {
            return Err(RouteError::BadArguments("a user".to_owned()));
        };
        let (context, number) = (info.context.clone(), info.dialed.clone());
        Ok(Ringing { user, others: own_texts(arguments.argument(1)), context, number })
    }
}

/// What runs for a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Ringing {
    user: String,
    others: Vec<String>,
    /// Where it goes if nobody answers.
    context: String,
    number: String,
}

impl Machine for Ringing {
    fn resume(&mut self, _now: Time, reply: Reply) -> Step {
        match reply {
            Reply::Start => {
                let user = |user: &String| Destination::User(user.clone());
                let mut stages = vec![vec![user(&self.user)]];
                if !self.others.is_empty() {
                    stages.push(self.others.iter().map(user).collect());
                }
                let timeout_ms = vec![RING_MS];
                Step::Dial(Box::new(DialOptions { stages, timeout_ms, ..DialOptions::default() }))
            }
            Reply::Dialed(result) if result.end != DialEnd::Answered => {
                Step::Enter { context: self.context.clone(), number: self.number.clone() }
            }
            Reply::Ok
            | Reply::Dialed(_)
            | Reply::Played(..)
            | Reply::Digits { .. }
            | Reply::Value(_)
            | Reply::Happened(_)
            | Reply::Taken { .. }
            | Reply::Failed(_)
            | Reply::HungUp(_) => Step::Done(Value::Unit),
        }
    }
}
